# ruff: noqa: D102  # an override is described by the method that it overrides
"""Every distribution of a sweep config: quantiles, cdf, supports and grids.

Natural values only: what the training function sees. Points of the unit cube exist
in `search.encoding` alone. Standard library at import; scipy.special for beta.

Notation: u in [0, 1] is a probability, v a natural value; F is the cdf, F⁻¹ the
quantile function of a distribution.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from nbsweep.records import is_number
from nbsweep.space.values import STEP_TOLERANCE, Steps, fresh, same_value, value_key

# F⁻¹ of an unbounded law is infinite at 0 and 1; these are the outermost u that a
# double can tell from them on both sides, about 8.2 standard deviations from the mean.
_U_MIN, _U_MAX = 2.0**-53, 1.0 - 2.0**-53

# Two listed values show no spacing; from this ratio on they belong on a log axis.
_LOG_RATIO_OF_TWO = 10.0
# Listed values such as 1, 2, 5, 10 count as evenly spaced in the logarithm.
_LOG_GAP_SPREAD = 2.5


@dataclass(frozen=True)
class Distribution:
    """The law that one parameter is drawn from.

    Subclasses: Constant, Categorical (with optional probabilities), IntUniform,
    Uniform, LogUniform (natural bounds; the exponent spellings are converted by
    `sweep_config`), InvLogUniform, Normal, LogNormal, Beta. All but the first three
    and InvLogUniform take ``q``: None, or the step to which drawn values are rounded.

    Nothing is checked here: `sweep_config.parse` does, with messages for the user.
    """

    @property
    def kind(self) -> str:
        """W&B's name of the distribution, such as ``q_log_uniform_values``."""
        raise NotImplementedError

    def quantile(self, u: float) -> Any:
        """F⁻¹(u), the natural value at probability u; a plain Python value."""
        raise NotImplementedError

    def cdf(self, v: Any) -> float:
        """F(v) in [0, 1]; for values in a finite support the middle of their step.

        Hence quantile(cdf(v)) is v. Numbers outside the bounds give 0 or 1; what a
        distribution cannot place at all (an unknown category, text) is a ValueError.
        """
        raise NotImplementedError

    def contains(self, v: Any) -> bool:
        """Whether the distribution can produce v, by a draw or on its grid."""
        raise NotImplementedError

    @property
    def support(self) -> Sequence[Any] | None:
        """All values it can draw, lazily and in order; None when there is no end of them."""
        return None

    @property
    def grid(self) -> Sequence[Any] | None:
        """The values that grid search visits, as W&B does; None when it cannot."""
        return None

    @property
    def is_numeric(self) -> bool:
        """Whether values are ordered numbers (numeric `values` lists included)."""
        return True

    @property
    def is_log(self) -> bool:
        """Whether values belong on a logarithmic axis; all of them are > 0 then."""
        return False

    @property
    def bounds(self) -> tuple[float, float] | None:
        """(lowest, highest) value it can produce; None when unbounded or not numeric."""
        return None


@dataclass(frozen=True, eq=False)
class Constant(Distribution):
    """One value, always; any JSON value."""

    value: Any

    @property
    def kind(self) -> str:
        return "constant"

    def quantile(self, u: float) -> Any:  # noqa: ARG002  # one value at every u
        return fresh(self.value)

    def cdf(self, v: Any) -> float:
        if not self.contains(v):
            raise ValueError(f"{v!r} is not the constant {self.value!r}")
        return 0.5

    def contains(self, v: Any) -> bool:
        return same_value(v, self.value)

    @property
    def support(self) -> Sequence[Any]:
        return (self.value,)

    @property
    def grid(self) -> Sequence[Any]:
        return (self.value,)

    @property
    def is_numeric(self) -> bool:
        return is_number(self.value)

    @property
    def bounds(self) -> tuple[float, float] | None:
        return (self.value, self.value) if self.is_numeric else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and same_value(self.value, other.value)

    def __hash__(self) -> int:
        return hash(value_key(self.value))


@dataclass(frozen=True, eq=False)
class Categorical(Distribution):
    """One of the listed values, drawn with equal or with given probabilities.

    Attributes:
        values: any JSON values, in the order listed; `support` keeps that order for
            numbers too. A value listed twice counts twice in draws and once elsewhere.
        probabilities: one for each value, or None for equal ones.
    """

    values: tuple[Any, ...]
    probabilities: tuple[float, ...] | None = None

    @property
    def kind(self) -> str:
        return "categorical" if self.probabilities is None else "categorical_w_probabilities"

    @cached_property
    def _ends(self) -> list[float]:
        """Upper end of each value's step of u, shape (len(values),); the last is 1."""
        if self.probabilities is None:
            return [(i + 1) / len(self.values) for i in range(len(self.values))]
        ends = list(itertools.accumulate(self.probabilities))
        return [end / ends[-1] for end in ends]

    @cached_property
    def _index(self) -> dict[Hashable, int]:
        """First place of each value that can be drawn."""
        index: dict[Hashable, int] = {}
        for i, value in enumerate(self.values):
            if self.probabilities is None or self.probabilities[i] > 0:
                index.setdefault(value_key(value), i)
        return index

    def quantile(self, u: float) -> Any:
        if self.probabilities is None:
            i = min(max(math.ceil(u * len(self.values)) - 1, 0), len(self.values) - 1)
        else:
            # First i with u < ends[i]: values of probability 0 have empty steps. The
            # cap at u = 1 is the last value whose step is not empty.
            i = min(bisect.bisect_right(self._ends, u), bisect.bisect_left(self._ends, 1.0))
        return fresh(self.values[i])

    def cdf(self, v: Any) -> float:
        i = self._index.get(value_key(v))
        if i is None:
            raise ValueError(f"{v!r} is not one of {list(self.values)!r}")
        return ((self._ends[i - 1] if i else 0.0) + self._ends[i]) / 2

    def contains(self, v: Any) -> bool:
        return value_key(v) in self._index

    @cached_property
    def support(self) -> Sequence[Any]:
        return tuple(self.values[i] for i in self._index.values())

    @property
    def grid(self) -> Sequence[Any] | None:
        return self.support if self.probabilities is None else None

    @cached_property
    def is_numeric(self) -> bool:
        return all(is_number(value) for value in self.values)

    @cached_property
    def is_log(self) -> bool:
        """Whether the numbers are spaced more evenly in the logarithm than as they are."""
        if not self.is_numeric or min(self.values) <= 0:
            return False
        ordered = sorted(set(self.values))
        if len(ordered) == 2:
            return bool(ordered[1] / ordered[0] >= _LOG_RATIO_OF_TWO)
        gaps = [b - a for a, b in itertools.pairwise(ordered)]
        log_gaps = [math.log(b) - math.log(a) for a, b in itertools.pairwise(ordered)]
        if len(gaps) < 2 or min(log_gaps) <= 0:
            return False
        spread = max(log_gaps) / min(log_gaps)
        return spread <= _LOG_GAP_SPREAD and spread < max(gaps) / min(gaps)

    @property
    def bounds(self) -> tuple[float, float] | None:
        return (min(self.support), max(self.support)) if self.is_numeric else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Categorical):
            return NotImplemented
        return value_key(self.values) == value_key(other.values) and (
            self.probabilities == other.probabilities
        )

    def __hash__(self) -> int:
        return hash((value_key(self.values), self.probabilities))


@dataclass(frozen=True)
class IntUniform(Distribution):
    """Integers from `min` to `max`, both included, all equally likely."""

    min: int
    max: int

    @property
    def kind(self) -> str:
        return "int_uniform"

    def quantile(self, u: float) -> int:
        count = self.max - self.min + 1
        return self.min + min(max(math.ceil(u * count) - 1, 0), count - 1)

    def cdf(self, v: Any) -> float:
        _check_number(v)
        middle: float = (v - self.min + 0.5) / (self.max - self.min + 1)
        return min(max(middle, 0.0), 1.0)

    def contains(self, v: Any) -> bool:
        return is_number(v) and v == int(v) and self.min <= v <= self.max

    @property
    def support(self) -> Sequence[int]:
        return range(self.min, self.max + 1)

    @property
    def grid(self) -> Sequence[int]:
        return range(self.min, self.max + 1)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.min, self.max


def _check_number(v: Any) -> None:
    if isinstance(v, bool) or not isinstance(v, (int, float)) or math.isnan(v):
        raise ValueError(f"{v!r} is not a number")


def _ratio(x: float) -> tuple[int, int]:
    """The ratio of integers that x stands for in decimals: 0.1 and 0.3 - 0.2 are 1/10.

    15 digits: every decimal number of so many survives the way through a float, and what
    computing in floats adds to it does not.
    """
    return Decimal(x if isinstance(x, int) else f"{x:.15g}").as_integer_ratio()


class Continuous(Distribution):
    """A law on the real line, rounded to multiples of ``q`` when that is given.

    Rounded values are round(X / q) · q with ties to even, as in W&B, but stay inside
    the limits, are exact in decimals, and are ints when q is a whole number.
    """

    q: float | None
    _family: ClassVar[str]

    def _ppf(self, u: float) -> float:
        """F⁻¹ of the law before rounding."""
        raise NotImplementedError

    def _cdf(self, v: float) -> float:
        """F of the law before rounding, for v inside the limits."""
        raise NotImplementedError

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the law before rounding, possibly infinite."""
        return -math.inf, math.inf

    @property
    def kind(self) -> str:
        return self._family if self.q is None else f"q_{self._family}"

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest number that a draw gives before rounding; both finite."""
        low, high = self.limits
        return (
            low if math.isfinite(low) else self._ppf(0.0),
            high if math.isfinite(high) else self._ppf(1.0),
        )

    @cached_property
    def _multiples(self) -> tuple[float, float]:
        """Lowest and highest k such that k · q is inside the limits; may be infinite."""
        assert self.q is not None
        q_top, q_bottom = _ratio(self.q)
        low, high = self.limits
        if math.isfinite(low):
            top, bottom = _ratio(low)
            low = -((-top * q_bottom) // (bottom * q_top))
        if math.isfinite(high):
            top, bottom = _ratio(high)
            high = (top * q_bottom) // (bottom * q_top)
        return low, high

    @cached_property
    def _q_ratio(self) -> tuple[int, int]:
        assert self.q is not None
        return _ratio(self.q)

    def _multiple(self, k: int) -> int | float:
        top, bottom = self._q_ratio
        return k * top if bottom == 1 else k * top / bottom

    def _nearest(self, x: float) -> int:
        """The k whose multiple of q the value x is rounded to."""
        assert self.q is not None
        low, high = self._multiples
        return int(min(max(round(x / self.q), low), high))

    def quantile(self, u: float) -> Any:
        low, high = self.limits
        x = min(max(self._ppf(u), low), high)
        return float(x) if self.q is None else self._multiple(self._nearest(x))

    def _clipped_cdf(self, v: float) -> float:
        low, high = self.limits
        if v <= low:
            return 0.0
        return 1.0 if v >= high else min(max(self._cdf(v), 0.0), 1.0)

    def cdf(self, v: Any) -> float:
        _check_number(v)
        if self.q is None or not self._is_multiple(v):
            return self._clipped_cdf(v)
        k = self._nearest(v)
        low, high = self._multiples
        below = 0.0 if k == low else self._clipped_cdf((k - 0.5) * self.q)
        above = 1.0 if k == high else self._clipped_cdf((k + 0.5) * self.q)
        return (below + above) / 2

    def _is_multiple(self, v: float) -> bool:
        assert self.q is not None
        if not math.isfinite(v / self.q):
            return False
        slack = STEP_TOLERANCE * max(abs(v), self.q)
        return abs(self._multiple(self._nearest(v)) - v) <= slack

    def contains(self, v: Any) -> bool:
        if not is_number(v):
            return False
        if self.q is not None:
            return self._is_multiple(v) or (self.grid is not None and v in self.grid)
        low, high = self.limits
        return bool(low <= v <= high)

    @property
    def support(self) -> Sequence[Any] | None:
        if self.q is None or not all(map(math.isfinite, self._multiples)):
            return None
        low, high = map(int, self._multiples)
        top, bottom = self._q_ratio
        return Steps(range(low * top, high * top + 1, top), bottom)

    @property
    def bounds(self) -> tuple[float, float] | None:
        if not all(map(math.isfinite, self.limits)):
            return None
        if self.q is None:
            return self.limits
        low, high = map(int, self._multiples)
        return self._multiple(low), self._multiple(high)


@dataclass(frozen=True)
class Uniform(Continuous):
    """Between `min` and `max`, everywhere alike."""

    min: float
    max: float
    q: float | None = None
    _family: ClassVar[str] = "uniform"

    @property
    def limits(self) -> tuple[float, float]:
        return self.min, self.max

    def _ppf(self, u: float) -> float:
        span = self.max - self.min
        # Bounds such as ±1e308 are further apart than any float.
        return self.min + u * span if math.isfinite(span) else self.min * (1 - u) + self.max * u

    def _cdf(self, v: float) -> float:
        span = self.max - self.min
        if math.isfinite(span):
            return (v - self.min) / span
        return (v / 2 - self.min / 2) / (self.max / 2 - self.min / 2)

    @property
    def grid(self) -> Sequence[Any] | None:
        """With q: min, min + q, … below max, which W&B leaves out; None without q."""
        if self.q is None:
            return None
        ratios = [_ratio(self.min), _ratio(self.max), self._q_ratio]
        denominator = math.lcm(ratios[0][1], ratios[2][1])
        start = ratios[0][0] * denominator // ratios[0][1]
        stop = -(-ratios[1][0] * denominator // ratios[1][1])
        return Steps(range(start, stop, ratios[2][0] * denominator // ratios[2][1]), denominator)


@dataclass(frozen=True)
class LogUniform(Continuous):
    """Between `min` and `max`, ln v everywhere alike; both > 0."""

    min: float
    max: float
    q: float | None = None
    _family: ClassVar[str] = "log_uniform_values"

    @property
    def limits(self) -> tuple[float, float]:
        return self.min, self.max

    def _ppf(self, u: float) -> float:
        low, high = math.log(self.min), math.log(self.max)
        if low == high:  # limits so close that their logarithms are one float
            return self.min + u * (self.max - self.min)
        # exp(log(max)) may round up beyond the largest float; the caller clips.
        exponent = low + u * (high - low)
        return math.exp(exponent) if exponent < high else self.max

    def _cdf(self, v: float) -> float:
        low, high = math.log(self.min), math.log(self.max)
        if low == high:
            return (v - self.min) / (self.max - self.min)
        return (math.log(v) - low) / (high - low)

    @property
    def is_log(self) -> bool:
        return True


@dataclass(frozen=True)
class InvLogUniform(LogUniform):
    """Between `min` and `max`, ln(1/v) everywhere alike: the same law as LogUniform."""

    _family: ClassVar[str] = "inv_log_uniform_values"


def _standard_normal_quantile(u: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(min(max(u, _U_MIN), _U_MAX))


def _standard_normal_cdf(z: float) -> float:
    # erfc keeps its digits in the lower tail, where 1 + erf loses all of them.
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@dataclass(frozen=True)
class Normal(Continuous):
    """Mean `mu`, standard deviation `sigma` > 0."""

    mu: float = 0.0
    sigma: float = 1.0
    q: float | None = None
    _family: ClassVar[str] = "normal"

    def _ppf(self, u: float) -> float:
        return self.mu + self.sigma * _standard_normal_quantile(u)

    def _cdf(self, v: float) -> float:
        return _standard_normal_cdf((v - self.mu) / self.sigma)


@dataclass(frozen=True)
class LogNormal(Continuous):
    """ln v is normal with mean `mu` and standard deviation `sigma` > 0."""

    mu: float = 0.0
    sigma: float = 1.0
    q: float | None = None
    _family: ClassVar[str] = "log_normal"

    @property
    def limits(self) -> tuple[float, float]:
        return 0.0, math.inf

    def _ppf(self, u: float) -> float:
        return math.exp(self.mu + self.sigma * _standard_normal_quantile(u))

    def _cdf(self, v: float) -> float:
        return _standard_normal_cdf((math.log(v) - self.mu) / self.sigma)

    def contains(self, v: Any) -> bool:
        return super().contains(v) and (v > 0 or self.q is not None)

    @property
    def is_log(self) -> bool:
        return self.q is None  # rounding gives 0, which has no logarithm


@dataclass(frozen=True)
class Beta(Continuous):
    """Between 0 and 1 with density proportional to v^(a-1) · (1-v)^(b-1); a, b > 0."""

    a: float = 1.0
    b: float = 1.0
    q: float | None = None
    _family: ClassVar[str] = "beta"

    @property
    def limits(self) -> tuple[float, float]:
        return 0.0, 1.0

    def _ppf(self, u: float) -> float:
        from scipy.special import betaincinv

        # Between 0 and about 1e-40 scipy's inverse is NaN for some a and b.
        return float(betaincinv(self.a, self.b, u if u <= 0.0 else max(u, _U_MIN)))

    def _cdf(self, v: float) -> float:
        from scipy.special import betainc

        return float(betainc(self.a, self.b, v))
