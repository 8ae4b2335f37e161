"""Wider ranges, for when the best values lie at the end of one.

Which limits are hard is not known, so it is guessed from what is there: what cannot be
below 0 does not go below it, a probability stays one.
"""

from __future__ import annotations

import math
from typing import Any

from nbsweep.space.continuous import Continuous, LogUniform, Uniform
from nbsweep.space.distributions import Categorical, Distribution, IntUniform
from nbsweep.space.search_space import Parameter
from nbsweep.space.values import value_key

SHARE = 0.5  # of its length, that a range grows by at one end
LEAST_FACTOR = 2.0  # that a logarithmic one grows by
# Names of what is a share, below 1 for good.
SHARES = ("dropout", "momentum", "beta", "prob", "subsample", "colsample", "fraction", "smoothing")


def widened(parameter: Parameter, *, is_upper: bool) -> dict[str, Any] | None:
    """The keys of the parameter's spec that change when its range grows at one end.

    By half of its length, in logarithms where the axis is logarithmic; a list of numbers by
    one that goes on as they do. Whole numbers and multiples of a step stay what they are.

    Args:
        parameter: of the space.
        is_upper: whether at the upper end.

    Returns:
        ``{"max": …}``, ``{"min": …}`` or ``{"values": […]}``; None where the end is a hard
        limit or there is no end.
    """
    law = parameter.distribution
    if isinstance(law, Categorical):
        return _longer_list(law, is_upper=is_upper)
    if not isinstance(law, (IntUniform, Uniform, LogUniform)):
        return None
    low, high = float(law.min), float(law.max)
    if not is_upper and low == 0:
        return None
    if is_upper and high == 1 and low == 0 and not law.is_log:
        return None  # of a probability
    new = _beyond(low, high, is_log=law.is_log, is_upper=is_upper)
    new = _kept_inside(new, parameter, is_upper=is_upper)
    new = _on_steps(law, new, is_upper=is_upper)
    if not math.isfinite(new) or (new <= high if is_upper else new >= low):
        return None
    value: float = int(new) if isinstance(law.max if is_upper else law.min, int) else new
    return {"max" if is_upper else "min": value}


def _beyond(low: float, high: float, *, is_log: bool, is_upper: bool) -> float:
    """A number with few digits beyond one end of a range."""
    if is_log:
        factor = max(LEAST_FACTOR, (high / low) ** SHARE)
        new = high * factor if is_upper else low / factor
        return float(f"{new:.1g}") if factor > 4 * LEAST_FACTOR else float(f"{new:.2g}")
    length = high - low
    new = high + SHARE * length if is_upper else low - SHARE * length
    if not math.isfinite(new) or length <= 0:
        return math.inf if is_upper else -math.inf
    unit = 10.0 ** (math.floor(math.log10(length)) - 1)
    return float(f"{round(new / unit) * unit:.12g}")


def _kept_inside(new: float, parameter: Parameter, *, is_upper: bool) -> float:
    """The number on this side of 0, and of 1 for shares."""
    law = parameter.distribution
    assert law.bounds is not None
    low, high = map(float, (law.min, law.max))  # type: ignore[attr-defined]
    if not is_upper:
        return max(new, low / 2) if low > 0 and not law.is_log else new
    if law.is_log or low < 0 or high > 1 or isinstance(law, IntUniform):
        # A share on a logarithmic axis, such as a decay of 0.9 to 0.999, is one as well.
        return min(new, (high + 1) / 2) if is_share(parameter.name) and high <= 1 else new
    return min(new, (high + 1) / 2) if is_share(parameter.name) else min(new, max(1.0, high))


def is_share(name: str) -> bool:
    """Whether what is called that is a share of 1, by its last name."""
    last = name.rpartition(".")[2].lower()
    return any(word in last for word in SHARES)


def _on_steps(law: Distribution, new: float, *, is_upper: bool) -> float:
    if isinstance(law, IntUniform):
        if is_upper:
            return float(max(math.floor(new), law.max + 1))
        least = 1 if law.min > 0 else -math.inf
        return float(max(min(math.ceil(new), law.min - 1), least))
    if isinstance(law, Continuous) and law.q is not None and math.isfinite(new):
        steps = new / law.q
        whole = math.floor(steps + 1e-9) if is_upper else math.ceil(steps - 1e-9)
        return float(f"{whole * law.q:.12g}")
    return new


def _longer_list(law: Categorical, *, is_upper: bool) -> dict[str, Any] | None:
    """The list with the next number, as the last two lead to it."""
    if not law.is_numeric or law.probabilities is not None or len(law.support) < 3:
        return None
    ordered = sorted(law.support)
    last, before = (ordered[-1], ordered[-2]) if is_upper else (ordered[0], ordered[1])
    step = last - before
    new = last * (last / before) if law.is_log else last + step
    if all(isinstance(value, int) for value in ordered):
        if abs(new - round(new)) > 1e-9:
            return None
        new = round(new)
    else:
        new = float(f"{new:.6g}")
    if ordered[0] > 0 and not new > 0:
        return None
    if ordered[0] >= 0 and (new < 0 or (new >= 1 > last)):
        return None
    if any(value_key(new) == value_key(value) for value in ordered):
        return None
    values = list(law.values)
    # Where a person listed them in order, the new one stands where it belongs.
    at_end = is_upper == (values[0] <= values[-1])
    return {"values": [*values, new] if at_end else [new, *values]}
