"""Where axes have ticks and what they say.

Tick values are 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
labels", Graphics Gems, 1990). Everything here is in natural units; positions on the
axis are the caller's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

_NICE = (1.0, 2.0, 5.0, 10.0)


def linear_ticks(low: float, high: float, n: int = 5, *, integer: bool = False) -> list[float]:
    """About `n` evenly spaced nice numbers within [low, high]; one when low == high.

    Args:
        low: lower end of the axis, finite.
        high: upper end, finite, not below `low`.
        n: wished number of ticks, at least 2; half to twice as many are returned.
        integer: whole numbers only; the ends are whole then, too.
    """
    # Scaled down before subtracting, since ±1e308 are further apart than any float.
    rough = high / (n - 1) - low / (n - 1)
    if rough <= 0 or not math.isfinite(rough):
        return [low]
    exponent = math.floor(math.log10(rough))
    # Finer than the floats near the ends, multiples of a step would repeat.
    if rough < 16 * math.ulp(max(abs(low), abs(high))):
        return [low, high]
    nice = min(_NICE, key=lambda candidate: abs(candidate - rough / 10.0**exponent))
    if nice == 10.0:
        nice, exponent = 1.0, exponent + 1
    if integer and exponent < 0:
        nice, exponent = 1.0, 0
    step = nice * 10.0**exponent
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Through text, since 3 * 0.1 is not 0.3.
    return [float(f"{k * nice:.0f}e{exponent}") for k in range(first, last + 1)] or [low]


def log_ticks(low: float, high: float, n: int = 6) -> list[float]:
    """Nice numbers on a logarithmic axis: decades, every k-th decade, or 1-2-5.

    An axis from one power of two to another (batch sizes, layer widths) gets powers of
    two.

    Args:
        low: lower end of the axis, > 0.
        high: upper end, finite, not below `low`.
        n: wished number of ticks.
    """
    if math.frexp(low)[0] == math.frexp(high)[0] == 0.5 and 4 <= high / low <= 2.0**12:
        exponents = range(math.frexp(low)[1] - 1, math.frexp(high)[1])
        return [2.0 ** exponents[i] for i in thin(len(exponents), n + 1)]
    first, last = math.log10(low), math.log10(high)
    decades = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
    if len(decades) >= 3:
        stride = max(1, math.ceil(len(decades) / n))
        return [float(f"1e{exponent}") for exponent in decades[::stride]]
    within = [
        value
        for exponent in range(math.floor(first), math.ceil(last) + 1)
        for digit in (1, 2, 5)
        if low * (1 - 1e-9) <= (value := float(f"{digit}e{exponent}")) <= high * (1 + 1e-9)
    ]
    return within if len(within) >= 3 else linear_ticks(low, high, n)


def number_label(value: float, digits: int = 6) -> str:
    """The number as people write it in a sweep config: 0.001, 1e-4, 32, 2.5e6.

    Args:
        value: any finite number.
        digits: significant digits at most.
    """
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        text = f"{value:.{digits}g}"
        if "e" not in text:
            return text
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


def number_labels(values: Sequence[float]) -> list[str]:
    """The labels of different numbers, with as many digits as tell them apart."""
    labels: list[str] = []
    for digits in (6, 9, 12, 17):
        labels = [number_label(value, digits) for value in values]
        if len(set(labels)) == len(set(values)):
            break
    return labels


def shorten(labels: Sequence[str], width: int = 18) -> list[str]:
    """The labels cut to `width` characters, at the place that keeps them apart.

    Names such as "bert-base-uncased" and "bert-base-cased" differ at their end, file
    names at their start: the first of end, middle and start whose loss makes no two labels
    equal is cut; when each does, equal ones are numbered.
    """
    flat = [" ".join(label.split()) or label for label in labels]
    if all(len(label) <= width for label in flat):
        return flat
    for at in (1.0, 0.5, 0.0):
        short = [_cut(label, width, at) for label in flat]
        if len(set(short)) == len(set(flat)):
            return short
    seen: Counter[str] = Counter()
    numbered = []
    for label in (_cut(label, width, 1.0) for label in flat):
        seen[label] += 1
        numbered.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return numbered


def _cut(label: str, width: int, at: float) -> str:
    """The label with an ellipsis at its end (1), middle (0.5) or start (0)."""
    if len(label) <= width:
        return label
    head = round((width - 1) * at)
    return f"{label[:head]}…{label[len(label) - (width - 1 - head) :]}"


def thin(n: int, at_most: int) -> range:
    """Evenly spaced indices of at most `at_most` of `n` things, the first always there."""
    return range(0, n, max(1, math.ceil(n / at_most)))
