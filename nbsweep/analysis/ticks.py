"""Where axes have ticks and what they say.

Tick values are 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
labels", Graphics Gems, 1990). Everything here is in natural units; positions on the
axis are the caller's.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

from nbsweep.wording import WHOLE, clip

_NICE = (1.0, 2.0, 5.0, 10.0)
_LONG_MANTISSA = 5  # characters, such as 1.234; a longer one is no shorthand any more


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

    A large number of which more digits count is written out: 1700000030.

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
    if _is_large(value) and len(mantissa.strip("-")) > _LONG_MANTISSA:
        return _written_out(value, digits)
    return f"{mantissa}e{int(exponent)}"


def number_labels(values: Sequence[float]) -> list[str]:
    """The labels of different numbers, with as many digits as tell them apart."""
    labels: list[str] = []
    for digits in (6, 9, 12, 17):
        labels = [number_label(value, digits) for value in values]
        if len(set(labels)) == len(set(values)):
            break
    large = [_is_large(value) for value in values]
    if any(flag and "e" not in label for flag, label in zip(large, labels, strict=True)):
        # All of them, when one is written out.
        labels = [
            _written_out(value, digits) if flag else label
            for value, flag, label in zip(values, large, labels, strict=True)
        ]
    return labels


def _is_large(value: float) -> bool:
    """Whether it has more digits than people like to count, but none that it does not mean."""
    return 1e6 <= abs(value) < WHOLE


def _written_out(value: float, digits: int) -> str:
    text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shorten(labels: Sequence[str], width: int = 18) -> list[str]:
    """The labels cut to `width` characters, at the place that keeps them apart.

    Names such as "bert-base-uncased" and "bert-base-cased" differ at their end, file
    names at their start: the first of end, middle and start whose loss makes no two labels
    equal is cut. When each does, it is tried again without what all of them begin with,
    such as "optimizer_config."; in the end, equal ones are numbered.
    """
    flat = [" ".join(label.split()) or label for label in labels]
    distinct = len(set(labels))
    if len(set(flat)) == distinct:
        if all(len(label) <= width for label in flat):
            return flat
        for whole in (flat, _without_prefix(flat)):
            for at in (1.0, 0.5, 0.0):
                short = [_cut(label, width, at) for label in whole]
                if len(set(short)) == distinct:
                    return short
    return _numbered(labels, [_cut(label, width, 1.0) for label in flat])


def clipped(labels: Sequence[str], width: int) -> dict[str, str]:
    """Each label and its text in a table: `clip`, or where that makes two equal `shorten`."""
    texts = [clip(label, width) for label in labels]
    if len(set(texts)) < len(set(labels)):
        texts = shorten(labels, width)
    return dict(zip(labels, texts, strict=True))


def _without_prefix(labels: Sequence[str]) -> list[str]:
    """The labels with an ellipsis for the words that all of them begin with."""
    columns = itertools.takewhile(
        lambda letters: len(set(letters)) == 1, zip(*labels, strict=False)
    )
    shared = "".join(letters[0] for letters in columns)
    end = max(shared.rfind(mark) for mark in "./_- ") + 1
    return [f"…{label[end:]}" for label in labels] if end > 1 else list(labels)


def _numbered(labels: Sequence[str], short: Sequence[str]) -> list[str]:
    """Short labels, with a number where different labels became the same."""
    taken: dict[str, str] = {}  # what a short label stands for
    numbered: dict[str, str] = {}
    times: Counter[str] = Counter()
    for label, text in zip(labels, short, strict=True):
        while label not in numbered:
            times[text] += 1
            candidate = text if times[text] == 1 else f"{text} ({times[text]})"
            if taken.setdefault(candidate, label) == label:
                numbered[label] = candidate
    return [numbered[label] for label in labels]


def _cut(label: str, width: int, at: float) -> str:
    """The label with an ellipsis at its end (1), middle (0.5) or start (0)."""
    if len(label) <= width:
        return label
    head = round((width - 1) * at)
    return f"{label[:head]}…{label[len(label) - (width - 1 - head) :]}"


def thin(n: int, at_most: int) -> range:
    """Evenly spaced indices of at most `at_most` of `n` things, the first always there."""
    return range(0, n, max(1, math.ceil(n / at_most)))
