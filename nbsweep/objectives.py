"""Several metrics at once: limits, dominance, the Pareto front, and the volume that it covers.

A sweep with ``metrics`` has objectives, each to be minimised or maximised, and limits
(``at_most``, ``at_least``) that a run keeps or breaks. Among runs that keep the limits, one
dominates another when it is at least as good in every objective and better in one; the front
are those that none dominates. Points are tuples of objectives, each times its metric's sign,
so that low values are the good ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from nbsweep.records import Metric, RunRecord, RunResult

Point = tuple[float, ...]
AnyRun = TypeVar("AnyRun", bound=RunRecord | RunResult)

LIMITS = ("at_most", "at_least")

MARGIN = 0.1  # of a front's range: so far behind its worst values lies the reference point


def is_objective(block: Mapping[str, Any]) -> bool:
    """Whether a block of `metrics` is to be optimised: one with a limit alone is not."""
    return "goal" in block or not any(limit in block for limit in LIMITS)


class Judged(NamedTuple):
    """A run by the metrics of its sweep.

    Attributes:
        values: of each metric in its own sign; None where it has none, or did not end well.
        point: its objectives, low values good; None when one of them is unknown.
        violation: sum over the limits of how far it is beyond each, in units of the limit
            (of 1 where that is smaller); 0 when it keeps them, None when one is not known.
    """

    values: tuple[float | None, ...]
    point: Point | None
    violation: float | None

    @property
    def is_feasible(self) -> bool:
        """Whether it is known to keep every limit."""
        return self.violation == 0.0


def judged(run: RunRecord | RunResult, metrics: Sequence[Metric]) -> Judged:
    """A run by the metrics of its sweep, see `Judged`."""
    return of_values([metric.counted(run) for metric in metrics], metrics)


def of_values(values: Sequence[float | None], metrics: Sequence[Metric]) -> Judged:
    """Values by the metrics that they are of, in the same order."""
    pairs = list(zip(values, metrics, strict=True))
    signed = [
        None if value is None else metric.sign * value
        for value, metric in pairs
        if metric.is_objective
    ]
    known = [value for value in signed if value is not None]
    beyond = [metric.beyond(value) if value is not None else None for value, metric in pairs]
    missing = any(value is None and metric.has_limit for value, metric in pairs)
    violation = None if missing else sum(b for b in beyond if b is not None)
    point = tuple(known) if len(known) == len(signed) else None
    return Judged(tuple(values), point, violation)


def excesses(values: Sequence[float | None], metrics: Sequence[Metric]) -> tuple[float, ...] | None:
    """How far values are beyond each limit, negative where it is kept; None if one is unknown.

    In units as in `Metric.beyond`; a metric's upper limit comes before its lower one.
    """
    beyond = []
    for value, metric in zip(values, metrics, strict=True):
        for limit, sign in ((metric.at_most, 1.0), (metric.at_least, -1.0)):
            if limit is None:
                continue
            if value is None:
                return None
            beyond.append(sign * (value - limit) / max(abs(limit), 1.0))
    return tuple(beyond)


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether a point is nowhere worse than another, and somewhere better."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def front(points: Sequence[Point]) -> list[int]:
    """Places of the points that no other dominates, in their order; equal points are all in it.

    Args:
        points: n points of m objectives, low values good. Takes O(n log n) for up to three
            objectives, O(n · size of the front) for more.
    """
    order = sorted(range(len(points)), key=lambda i: points[i])
    if points and len(points[0]) <= 3:
        return sorted(_swept(points, order))
    kept: list[int] = []
    for i in order:  # whatever dominates a point comes before it
        if not any(dominates(points[k], points[i]) for k in kept):
            kept.append(i)
    return sorted(kept)


def _swept(points: Sequence[Point], order: Sequence[int]) -> Iterator[int]:
    """The front of points in rising order: only what comes before a point dominates it.

    So with three objectives it is enough to look whether one before has lower values of the
    other two (Kung, Luccio & Preparata 1975).
    """
    steps = Staircase()
    last: Point | None = None  # of the front; equal points follow each other
    for i in order:
        point = points[i]
        rest = (*point[1:], 0.0, 0.0)
        if point == last or not steps.covers(rest[0], rest[1]):
            steps.add(rest[0], rest[1])
            last = point
            yield i


class Staircase:
    """The front of points of two objectives, to which one after the other is added.

    Each takes O(log n) comparisons.
    """

    def __init__(self) -> None:
        self._xs: list[float] = []  # rising
        self._ys: list[float] = []  # falling

    def covers(self, x: float, y: float) -> bool:
        """Whether a point so far dominates this one, or equals it."""
        place = bisect_right(self._xs, x)
        return place > 0 and self._ys[place - 1] <= y

    def add(self, x: float, y: float) -> float:
        """Add a point; returns the area of it below (1, 1) that no other dominated."""
        if self.covers(x, y):
            return 0.0
        xs, ys = self._xs, self._ys
        first = last = bisect_right(xs, x)
        if first and xs[first - 1] == x:
            first -= 1
        height = ys[last - 1] if last else 1.0
        area, left = 0.0, x
        while last < len(xs) and ys[last] >= y:  # those that it dominates
            area += _rectangle(left, xs[last], y, height)
            left, height = xs[last], ys[last]
            last += 1
        area += _rectangle(left, xs[last] if last < len(xs) else 1.0, y, height)
        xs[first:last], ys[first:last] = [x], [y]
        return area


def _rectangle(left: float, right: float, low: float, high: float) -> float:
    """The area of a rectangle as far as it lies below (1, 1)."""
    return max(0.0, min(right, 1.0) - left) * max(0.0, min(high, 1.0) - low)


def front_runs(runs: Iterable[AnyRun], metrics: Sequence[Metric]) -> list[AnyRun]:
    """The runs on the front, in the order of the first objective, the best first.

    Only runs that count, have every objective and are known to keep the limits. With one
    objective it is the best run, and those that equal it.
    """
    found = [(run, judged(run, metrics)) for run in runs]
    known = [(run, each.point) for run, each in found if each.is_feasible and each.point]
    places = front([point for _, point in known])
    return [known[i][0] for i in sorted(places, key=lambda i: (known[i][1], i))]


def reference_point(points: Sequence[Point]) -> Point | None:
    """The point that a front's volume is measured to; None without points.

    The worst value of each objective on the front, and MARGIN of its range on the front beyond
    it (of the value itself where all are equal), as in BoTorch's `infer_reference_point`.
    """
    if not points:
        return None
    reference = []
    for values in zip(*(points[i] for i in front(points)), strict=True):
        worst, extent = max(values), max(values) - min(values)
        reference.append(worst + MARGIN * (extent or abs(worst) or 1.0))
    return tuple(reference)


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """The volume that points dominate below a reference point; 0 without one below it.

    By slices along the last objective (Fonseca, Paquete & López-Ibáñez 2006): exact for any
    number of objectives, O(n log n) for two, a factor of n for each more.
    """
    inside = [p for p in points if all(a < r for a, r in zip(p, reference, strict=True))]
    return _volume(inside, reference)


def _volume(points: Sequence[Point], reference: Point) -> float:
    if not points:
        return 0.0
    if len(reference) == 1:
        return reference[0] - min(point[0] for point in points)
    if len(reference) == 2:
        total, lowest = 0.0, reference[1]
        for first, second in sorted(points):
            if second < lowest:
                total += (reference[0] - first) * (lowest - second)
                lowest = second
        return total
    total = 0.0
    by_last = sorted(points, key=lambda point: point[-1])
    for i, point in enumerate(by_last):
        until = by_last[i + 1][-1] if i + 1 < len(by_last) else reference[-1]
        if until > point[-1]:
            slice_ = [each[:-1] for each in by_last[: i + 1]]
            kept = [slice_[k] for k in front(slice_)]
            total += (until - point[-1]) * _volume(kept, reference[:-1])
    return total
