"""Claims about parameters as sentences, each with its figures and its numbers of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nbsweep.analysis.claim_features import Part, ranks
from nbsweep.analysis.frame import Column
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.wording import clip, digits_between, duration, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

NAME, CATEGORY = 60, 40  # characters
DUE_TO_OTHERS = "more than half of that goes with other parameters"
Centre = Literal["mean", "median"]


class Sides(NamedTuple):
    """Two groups of runs that a claim compares.

    Attributes:
        subject, other: which runs, in words; the claim is about the first.
        first, second: shape (n,), which runs these are.
        is_inside: whether the first are those inside of the part.
    """

    subject: str
    other: str
    first: Mask
    second: Mask
    is_inside: bool


def sides(column: Column, part: Part, numbers: Floats) -> Sides:
    """The runs inside of a part and those outside, the fewer of a step's first.

    Args:
        column: the parameter.
        part: of its axis.
        numbers: shape (n,), places of the runs, NaN where missing.
    """
    present = ~np.isnan(numbers)
    if part.shape == "trend":
        return _thirds(column, numbers, present)
    inside = part.holds(numbers) & present
    outside = ~inside & present
    subject, other = _words(column, part, numbers, inside, outside)
    # Of equal numbers the upper side is the subject.
    if part.shape == "step" and outside.sum() < inside.sum():
        return Sides(other, subject, outside, inside, is_inside=False)
    return Sides(subject, other, inside, outside, is_inside=True)


def name_of(column: Column) -> str:
    """The parameter's name, cut where it is long."""
    return clip(column.name, NAME)


def metric_text(
    part: Part, both: Sides, values: Floats, metric: MetricColumn, *, is_good: bool
) -> str:
    """What a part of a parameter did to the metric.

    Args:
        part: of the parameter's axis.
        both: its sides.
        values: shape (n,), the metric in its own sign.
        metric: its name and axis.
        is_good: whether the subject is the better side.
    """
    centre = centre_of(metric)
    verb = "helped" if is_good else "hurt"
    if part.shape == "trend":
        verb = f"did {'better' if is_good else 'worse'}"
    elif part.shape == "category":
        verb = f"did {'better' if is_good else 'worse'} than {both.other}"
    what = f"{centre} {clip(metric.name, NAME)}"
    first, second = _centres(values, both, centre)
    figures = " against ".join(apart(first, second))
    return f"{both.subject} {verb}: {what} {figures}, {_counts(both)} runs{_which(part)}"


def failure_text(part: Part, both: Sides, failed: Mask, what: str) -> str:
    """Where runs broke: "lr above 0.3: 9 of 10 failed, against 1 of 40".

    Args:
        part: of the parameter's axis.
        both: its sides, those that failed more often first.
        failed: shape (n,).
        what: what they did, "failed" or "failed or gave no loss".
    """
    first, second = (
        f"{int((failed & side).sum())} of {int(side.sum())}" for side in (both.first, both.second)
    )
    return f"runs with {both.subject} {what}: {first}, against {second}{_which(part)}"


def runtime_text(part: Part, both: Sides, seconds: Floats) -> str:
    """How much longer runs took."""
    first, second = _centres(seconds, both, "median")
    times = f"{duration(first)} against {duration(second)} (median)"
    return (
        f"{both.subject} took {ratio_words(first / second)}: {times}, "
        f"{_counts(both)} runs{_which(part)}"
    )


def ratio_words(ratio: float) -> str:
    """Half the time, 70 % of the time, 1.3 times as long, twice as long."""
    if 0.45 <= ratio <= 0.55:
        return "half the time"
    if ratio < 1:
        return f"{100 * ratio:.2g} % of the time"
    return "twice as long" if 1.9 <= ratio <= 2.1 else f"{ratio:.2g} times as long"


def centre_of(metric: MetricColumn) -> Centre:
    """The mean, or the median where one bad run would decide the mean."""
    return "mean" if metric.kind == "linear" and not metric.n_beyond else "median"


def middle(values: Floats, centre: Centre) -> float:
    """The mean or the median, of values of any size: many of 1e308 add up to infinity."""
    size = float(np.abs(values).max()) or 1.0
    shares = values / size
    return size * float(np.mean(shares) if centre == "mean" else np.median(shares))


def apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers with as few digits as tell them apart."""
    digits = max(2, digits_between(min(first, second), max(first, second), 2) - 1)
    texts = (number(first, digits=digits), number(second, digits=digits))
    if texts[0] == texts[1] and first != second:
        texts = (number(first, digits=17), number(second, digits=17))
    return texts


def _centres(values: Floats, both: Sides, centre: Centre) -> tuple[float, float]:
    return middle(values[both.first], centre), middle(values[both.second], centre)


def _counts(both: Sides) -> str:
    return f"{int(both.first.sum()):,} and {int(both.second.sum()):,}"


def _which(part: Part) -> str:
    return " (the highest and the lowest third)" if part.shape == "trend" else ""


def _thirds(column: Column, numbers: Floats, present: Mask) -> Sides:
    """The runs with the highest and the lowest third of the values."""
    rank = np.full(len(numbers), np.nan)
    rank[present] = ranks(numbers[present])
    third = (present.sum() - 1) / 3
    low, high = rank <= max(third, np.nanmin(rank)), rank >= min(2 * third, np.nanmax(rank))
    name = name_of(column)
    return Sides(f"higher {name}", f"lower {name}", high, low, is_inside=True)


def _words(
    column: Column, part: Part, numbers: Floats, inside: Mask, outside: Mask
) -> tuple[str, str]:
    """The runs inside and outside of a part that is not the whole axis."""
    name = name_of(column)
    if part.shape == "category":
        rest = [float(code) for code in np.unique(numbers[outside])]
        other = _category(column, rest[0]) if len(rest) == 1 else "the others"
        return f"{name} {_category(column, part.low)}", other
    low, high = _ends(column, part, numbers, inside)
    if part.shape == "range":
        if low == high:
            return f"{name} {low}", f"other {name}"
        return f"{name} from {low} to {high}", f"{name} outside {low} to {high}"
    only = [_alone(column, numbers[side]) for side in (inside, outside)]
    return (
        f"{name} {only[0]}" if only[0] else f"{name} above {low}",
        f"{name} {only[1]}" if only[1] else f"{name} up to {low}",
    )


def _ends(column: Column, part: Part, numbers: Floats, inside: Mask) -> tuple[str, str]:
    """The ends of a part in words; between listed values those that are there."""
    low, high = part.low, part.high
    if column.is_integer or column.marks:
        held = numbers[inside]
        under = numbers[numbers <= low]
        low = float(held.min()) if part.shape == "range" else float(under.max())
        high = float(held.max())
    return in_words(column, low), in_words(column, high) if math.isfinite(high) else ""


def _alone(column: Column, numbers: Floats) -> str:
    """The one value of some runs where values are listed, else ""."""
    distinct = np.unique(numbers)
    return in_words(column, float(distinct[0])) if len(distinct) == 1 and column.marks else ""


def in_words(column: Column, value: float) -> str:
    """A place on a parameter's axis as text."""
    if column.kind == "category":
        return _category(column, value)
    if column.is_integer and value.is_integer():
        return str(int(value)) if abs(value) < 1e15 else number(value)
    return number(value, digits=max(4, digits_between(column.low, column.high)))


def _category(column: Column, code: float) -> str:
    return clip(column.categories[int(code)], CATEGORY)


def names_text(names: Sequence[str], limit: int) -> str:
    """Some names: ``a, b and c``, ``a, b and 7 others``."""
    shown = [clip(name, NAME) for name in names]
    if len(shown) > limit + 1:
        return f"{', '.join(shown[:limit])} and {len(shown) - limit} others"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
