"""Whether the best runs sit at the end of a parameter's range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbsweep.analysis import claim_words
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.in_common import best_tenth
from nbsweep.analysis.metric_column import position_between
from nbsweep.analysis.takeaways import Takeaway
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.widening import widened

# Of the axis, that the best run and most of the best tenth are within of its end, and that
# one of them is within at least.
NEAR, NEAREST = 0.2, 0.1
MOST = 2 / 3
# Where on the axis it is looked from, and the place that the end must be better than.
HALF, BEFORE = 0.5, 0.85


@dataclass(frozen=True)
class Edge:
    """A range at whose end the best runs sit.

    Attributes:
        name: of the parameter.
        is_upper: which end.
        spec: keys of its spec that make the range wider, see `sweep_config.widening`.
        text: the same in a sentence.
        n: runs that it rests on.
    """

    name: str
    is_upper: bool
    spec: Mapping[str, Any]
    text: str
    n: int


def edges(frame: Frame, config: SweepConfig, claims: Sequence[Takeaway]) -> list[Edge]:
    """The ranges that may be too narrow, in the order of the claims.

    That is where a claim says that towards an end it gets better, most of the best runs are
    near it, the best of all among them, it still gets better up to the very end, and that is
    no hard limit. Without a claim the
    best runs of many parameters sit at some end by chance.
    """
    top = best_tenth(frame)
    if not top or frame.has_front:
        return []
    columns = {column.name: column for column in frame.params}
    tied = {name for tie in config.space.ties for name in tie}
    searched = {parameter.name: parameter for parameter in config.space.searched}
    found = []
    for claim in claims:
        parameter, column = searched.get(claim.parameter), columns.get(claim.parameter)
        is_upper = towards(claim, column) if column is not None else None
        if parameter is None or column is None or is_upper is None or parameter.name in tied:
            continue
        bounds = parameter.distribution.bounds
        if bounds is None or not bounds[0] < bounds[1]:
            continue
        places = [_place(column, bounds, i) for i in top]
        gaps = [None if p is None else (1 - p if is_upper else p) for p in places]
        near = [gap for gap in gaps if gap is not None and gap <= NEAR]
        if gaps[0] not in near or len(near) < MOST * len(top) or min(near) > NEAREST:
            continue
        spec = widened(parameter, is_upper=is_upper)
        if spec is not None and _still_better(frame, column, bounds, is_upper=is_upper):
            n = len(frame.counted)
            text = _text(column, bounds[is_upper], len(near), len(top), n, is_upper=is_upper)
            found.append(Edge(parameter.name, is_upper, spec, text, n))
    return found


def towards(claim: Takeaway, column: Column) -> bool | None:
    """Whether the claim says that the metric gets better upwards; None for neither way."""
    if column.kind == "category" or claim.kind not in ("trend", "threshold"):
        return None
    return claim.is_good


def _place(column: Column, bounds: tuple[float, float], i: int) -> float | None:
    """Where a run lies between the bounds of the distribution, 0 to 1."""
    number = column.numbers[i]
    if number is None:
        return None
    low, high = map(float, bounds)
    return position_between(column.kind, low, high, min(max(number, low), high))


def _still_better(
    frame: Frame, column: Column, bounds: tuple[float, float], *, is_upper: bool
) -> bool:
    """Whether the metric still gets better up to the end, rather than best shortly before it.

    By a parabola through the runs in that half of the axis.
    """
    metric = frame.metric
    assert metric is not None
    points = [
        (place if is_upper else 1 - place, metric.quality(value))
        for i in frame.counted
        if (place := _place(column, bounds, i)) is not None
        and (value := metric.values[i]) is not None
    ]
    outer = [(x, y) for x, y in points if x >= HALF]
    order = min(2, len({x for x, _ in outer}) - 1)
    if order < 1:
        return False
    x, y = np.array(outer).T
    at_end, before = np.polyval(np.polyfit(x - 1, y, order), [0.0, BEFORE - 1])
    return bool(at_end >= before)


def _text(column: Column, end: float, near: int, top: int, n: int, *, is_upper: bool) -> str:
    who = f"The best {top} of {n:,} runs" if near == top else f"{near} of the best {top} runs"
    rests = "" if near == top else f" ({n:,} in all)"
    side = "upper" if is_upper else "lower"
    return (
        f"{who} sit at {claim_words.name_of(column)}'s {side} end, "
        f"{claim_words.in_words(column, float(end))}{rests}: a wider range may hold better values."
    )
