"""What the best runs share, in words: for the static twin and for the findings of a panel."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.ticks import number_labels
from nbsweep.wording import digits_between, plural

NAMED_RUNS = 10  # with fewer runs, "what the best have in common" is chance
FEWEST = 3  # of the best runs
SHARE = 10  # of all runs one in so many
NAMED = 4  # parameters


def in_common(columns: Frame, names: Collection[str] | None = None) -> str:
    """What the best runs share that the others do not, in words; "" when nothing.

    The best tenth, at least three runs; with a front the runs on it, if these are at least
    three and at most half. A category is named when all of them have it, a number when they
    take up at most a third of the axis.

    Args:
        columns: the runs.
        names: of parameters, such as those of which a claim holds, to speak of no others and
            to say how many runs there are.
    """
    top = best_tenth(columns)
    ranked = _ranked(columns)
    if not top or (columns.has_front and len(top) > len(ranked) / 2):
        return ""
    parts = [
        text
        for column in columns.params
        if (names is None or column.name in names) and (text := _shared(column, top, ranked))
    ]
    if not parts:
        return ""
    of = "" if names is None else f" of {len(ranked):,}"
    if columns.has_front:
        whole = "" if names is None else f", {plural(len(ranked), 'run')} in all,"
        who = f"{len(top)} runs of the front{whole}"
    else:
        who = f"best {len(top)}{of} runs"
    return f"The {who} have {', '.join(parts[:NAMED])}"


def best_tenth(columns: Frame) -> list[int]:
    """Indices of the best tenth of the runs that count, at least three, the best first.

    With several objectives the front. [] while there are too few runs.
    """
    ranked = _ranked(columns)
    if columns.metric is None or len(columns.counted) < NAMED_RUNS:
        return []
    top = list(columns.front) if columns.has_front else ranked[: max(FEWEST, len(ranked) // SHARE)]
    return top if len(top) >= FEWEST else []


def _ranked(columns: Frame) -> list[int]:
    """Runs that count and keep the limits, the best first."""
    metric = columns.metric
    if metric is None:
        return []
    sign = metric.goal.sign
    kept = [i for i in columns.counted if not (columns.beyond and columns.beyond[i])]
    return sorted(kept, key=lambda i: sign * (metric.values[i] or 0.0))


def _shared(column: Column, top: Sequence[int], ranked: Sequence[int]) -> str:
    """The values of the best runs, where they are few; "" where they are not."""
    numbers = [place for i in top if (place := column.numbers[i]) is not None]
    if len(numbers) < len(top) or len({column.numbers[i] for i in ranked}) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    if column.kind == "category":
        return f"{column.name} {column.categories[int(low)]}" if low == high else ""
    if column.position(high) - column.position(low) > 1 / 3:
        return ""
    # With a digit less than tells values apart: these are ends of a crowd.
    digits = 17 if column.is_integer else digits_between(column.low, column.high, 3) - 1
    span = number_labels([float(f"{end:.{digits}g}") for end in (low, high)])
    return f"{column.name} {' to '.join(dict.fromkeys(span))}"
