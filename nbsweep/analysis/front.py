"""The Pareto front of a sweep: which runs lead, how the front grew, and what each run adds to it.

Pure, from run records. With several objectives no one run is the best: the runs that no other
dominates are the front. With limits (`at_most`, `at_least`) only runs that are known to keep
them count, so that with one objective the best is the best of those.

Volumes are hypervolumes: what a set of points dominates, below a reference point that lies a
little behind the worst values of the final front (`nbsweep.objectives.reference_point`). They
are computed in units of the box between the front's best values and that point, so that
objectives on scales 10⁹ apart lose no digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from nbsweep.objectives import (
    Judged,
    Point,
    Staircase,
    dominates,
    front,
    hypervolume,
    judged,
    reference_point,
)
from nbsweep.records import Metric, RunRecord
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import joined, number, plural

# Runs that join the front up to which volumes are exact, by the number of objectives; with
# two they always are.
EXACT_3, EXACT_MORE = 300, 50
SAMPLES = 16_384  # points that stand for the box beyond that: an error of half a per cent


class Lead(NamedTuple):
    """The runs of a sweep that can be called good.

    Attributes:
        best: the best run of a sweep with one objective; None with several, and where no run
            with a value is known to keep the limits.
        front: with several objectives the runs that none dominates, in the order of the first
            objective, its best value first; equal runs are all in it. Else ().
        nearest: where runs have values and none is known to keep the limits, the run that
            breaks them least; else None.
    """

    best: RunRecord | None = None
    front: tuple[RunRecord, ...] = ()
    nearest: RunRecord | None = None


class LeadFinder:
    """Finds the leading runs of one snapshot after the other, at the cost of what changed.

    A snapshot shares the records of runs that did not change with the one before, and these
    are not looked into again: with 10,000 runs a look takes about a millisecond.

    Args:
        metrics: all metrics of the sweep, in the order of its config.
    """

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = tuple(metrics)
        self._known: dict[str, tuple[RunRecord, Judged]] = {}
        self._front: dict[str, Point] = {}

    def of(self, runs: Sequence[RunRecord]) -> Lead:
        """The leading runs among all runs of the sweep, in order of (number, attempt)."""
        self._update(runs)
        found = [self._known[run_id][0] for run_id in self._front]
        found.sort(key=lambda run: (self._front[run.id], run.number, run.attempt))
        if sum(metric.is_objective for metric in self._metrics) > 1:
            return Lead(front=tuple(found), nearest=None if found else self._nearest())
        return Lead(best=found[0]) if found else Lead(nearest=self._nearest())

    def _update(self, runs: Sequence[RunRecord]) -> None:
        is_anew, fresh = not self._front, []
        for run in runs:
            known = self._known.get(run.id)
            if known is not None and known[0] is run:
                continue
            now = judged(run, self._metrics)
            self._known[run.id] = run, now
            point, before = _kept(now), None if known is None else _kept(known[1])
            if point != before:  # one that went on from an end may have left the front
                is_anew = is_anew or before is not None
                fresh.append((run.id, point))
        if len(self._known) > len(runs):  # some are no longer there
            ids = {run.id for run in runs}
            self._known = {key: value for key, value in self._known.items() if key in ids}
            is_anew = True
        if is_anew:
            kept = [(key, _kept(each)) for key, (_, each) in self._known.items()]
            points = [(key, point) for key, point in kept if point is not None]
            self._front = dict(points[i] for i in front([point for _, point in points]))
            return
        for key, point in fresh:
            if point is not None:
                self._insert(key, point)

    def _insert(self, key: str, point: Point) -> None:
        if any(dominates(other, point) for other in self._front.values()):
            return
        self._front = {
            each: other for each, other in self._front.items() if not dominates(point, other)
        }
        self._front[key] = point

    def _nearest(self) -> RunRecord | None:
        """The run that breaks the limits least; of equals the earliest."""
        broken = [
            (each.violation, run.number, run.attempt, run)
            for run, each in self._known.values()
            if each.violation and each.point is not None
        ]
        return min(broken, key=lambda entry: entry[:3])[3] if broken else None


def lead(runs: Sequence[RunRecord], config: SweepConfig) -> Lead:
    """The leading runs of a sweep, see `Lead`; an empty one for a sweep without a metric."""
    if config.metrics:
        return LeadFinder(config.metrics).of(runs)
    best = config.metric.best_run(runs) if config.metric is not None else None
    return Lead(best=best[0] if best else None)


def ranked(runs: Iterable[RunRecord], config: SweepConfig) -> list[RunRecord]:
    """The runs of a sweep with one objective that count and keep its limits, the best first."""
    metric = config.metric
    if metric is None:
        return []
    signed = [
        (metric.sign * value, run.number, run)
        for run in runs
        if (value := metric.counted(run)) is not None
        and (not config.limits or judged(run, config.metrics).is_feasible)
    ]
    return [run for _, _, run in sorted(signed, key=lambda entry: entry[:2])]


def broken_limits(values: Sequence[float | None], metrics: Sequence[Metric]) -> str:
    """The limits that a run breaks, such as "latency 25.1 (at most 20)"; "" for none."""
    broken = [
        f"{metric.name} {number(value)} ({limit_text(metric)})"
        for value, metric in zip(values, metrics, strict=True)
        if value is not None and metric.beyond(value)
    ]
    return joined(broken, "and") if broken else ""


def not_kept(run: RunRecord, metrics: Sequence[Metric]) -> str:
    """Why a run that counts is not known to keep the limits: "" when it does, or does not count.

    The limits that it breaks, or which metric with a limit it has no value of.
    """
    each = judged(run, metrics)
    if each.is_feasible or all(value is None for value in each.values):
        return ""
    missing = [
        metric.name
        for value, metric in zip(each.values, metrics, strict=True)
        if value is None and metric.has_limit
    ]
    return broken_limits(each.values, metrics) or f"no value of {joined(missing, 'and')}"


def limit_text(metric: Metric) -> str:
    """The limits of a metric in words: "at most 20", "at least 0.9 and at most 1"; "" for none."""
    words = []
    if metric.at_least is not None:
        words.append(f"at least {number(metric.at_least)}")
    if metric.at_most is not None:
        words.append(f"at most {number(metric.at_most)}")
    return " and ".join(words)


def lead_text(found: Lead, config: SweepConfig) -> str:
    """What leads where no one run can be called the best; "" where one can, or before any run.

    Such as "Front of loss and latency: 7 runs", or "No run keeps latency at most 20 yet. Run 3
    comes nearest: latency 25.1 (at most 20)".
    """
    if found.front:
        return f"Front of {front_text(config)}: {plural(len(found.front), 'run')}"
    if found.nearest is None:
        return ""
    limits = joined([f"{metric.name} {limit_text(metric)}" for metric in config.limits], "and")
    values = judged(found.nearest, config.metrics).values
    broken = broken_limits(values, config.metrics)
    return f"No run keeps {limits} yet. Run {found.nearest.number} comes nearest: {broken}"


def front_text(config: SweepConfig) -> str:
    """The names of the objectives: "loss, accuracy and latency"."""
    return joined([metric.name for metric in config.objectives], "and")


# --- volumes --------------------------------------------------------------------------


class Growth(NamedTuple):
    """How the hypervolume of a sweep grew, run by run.

    Attributes:
        runs: those that count, have every objective and are known to keep the limits, by
            number.
        volumes: the volume after each of them; it never falls. In units of the objectives
            where floats hold that, else of the box (`unit` is 1 then).
        added: by how much each raised it when it came; 0 for one that was dominated.
        reference: the reference point, each objective in its own sign; None without runs.
        unit: volume of the box between the final front's best values and the reference.
        is_exact: False where volumes are estimates, by SAMPLES points.
    """

    runs: tuple[RunRecord, ...] = ()
    volumes: tuple[float, ...] = ()
    added: tuple[float, ...] = ()
    reference: tuple[float, ...] | None = None
    unit: float = 1.0
    is_exact: bool = True


def growth(runs: Iterable[RunRecord], metrics: Sequence[Metric]) -> Growth:
    """The hypervolume after each run, to the reference point of the front that there is now.

    Exact for two and three objectives, and for more where few runs join the front: a new point
    adds its box less what the front dominates of it (While, Bradstreet & Barone 2012). Else an
    estimate: the share of SAMPLES fixed points that the front dominates.
    """
    known = [(run, point) for run in runs if (point := _kept(judged(run, metrics))) is not None]
    known.sort(key=lambda entry: (entry[0].number, entry[0].attempt))
    points = [point for _, point in known]
    box = _Box.of(points)
    if box is None:
        return Growth()
    scaled = [box.scaled(point) for point in points]
    added, is_exact = _added(scaled)
    signs = [metric.sign for metric in metrics if metric.is_objective]
    return Growth(
        runs=tuple(run for run, _ in known),
        volumes=tuple(box.unit * volume for volume in accumulate(added)),
        added=tuple(box.unit * volume for volume in added),
        reference=tuple(s * r for s, r in zip(signs, box.reference, strict=True)),
        unit=box.unit,
        is_exact=is_exact,
    )


def shares(points: Sequence[Point]) -> list[float]:
    """What each point of a front adds to its volume that no other covers, as a share of it.

    0 for points that equal another one. Exact; O(n²) and more, so meant for fronts.
    """
    box = _Box.of(points)
    if box is None:
        return []
    scaled = [box.scaled(point) for point in points]
    whole = hypervolume(scaled, (1.0,) * len(box.ideal))
    return [
        _exclusive(point, scaled[:i] + scaled[i + 1 :]) / whole if whole > 0 else 0.0
        for i, point in enumerate(scaled)
    ]


def covering(points: Sequence[Point], count: int) -> list[int]:
    """Places of the points of a front that together cover most of its volume, in their order.

    Chosen one by one, each the one that adds most to those before it, which covers at least
    1 − 1/e of what the best choice does (Nemhauser, Wolsey & Fisher 1978).
    """
    box = _Box.of(points)
    if box is None or count >= len(points):
        return list(range(len(points)))[: max(0, count)]
    scaled = [box.scaled(point) for point in points]
    left, chosen = list(range(len(points))), list[int]()
    while left and len(chosen) < count:
        taken = [scaled[i] for i in chosen]
        best = max(left, key=lambda i: (_exclusive(scaled[i], taken), -i))
        chosen.append(best)
        left.remove(best)
    return sorted(chosen)


class _Box(NamedTuple):
    """The box between the best values of a front (0 when scaled) and its reference point (1)."""

    ideal: Point
    reference: Point

    @classmethod
    def of(cls, points: Sequence[Point]) -> _Box | None:
        """The box of the front of some points; None without points."""
        reference = reference_point(points)
        if reference is None:
            return None
        best = [points[i] for i in front(points)]
        return cls(tuple(map(min, zip(*best, strict=True))), reference)

    @property
    def unit(self) -> float:
        """Its volume; 1 where no float holds that."""
        volume = math.prod(r - a for a, r in zip(self.ideal, self.reference, strict=True))
        return volume if 0 < volume < math.inf else 1.0

    def scaled(self, point: Point) -> Point:
        """The point in the box's units; beyond the reference it is above 1."""
        # Halved, since ±1e308 are further apart than any float.
        return tuple(
            (a / 2 - low / 2) / extent if (extent := high / 2 - low / 2) > 0 else float(a > low)
            for a, low, high in zip(point, self.ideal, self.reference, strict=True)
        )


def _kept(each: Judged) -> Point | None:
    """The objectives of a run that counts: it has all of them, and is known to keep the limits."""
    return each.point if each.is_feasible else None


def _exclusive(point: Point, others: Sequence[Point]) -> float:
    """What a point adds to others, in units of the box.

    Its own box less what the others dominate of that: they are moved to its corner, where
    most of them coincide (While, Bradstreet & Barone 2012, "exclhv").
    """
    if any(a >= 1 for a in point):
        return 0.0
    moved = {tuple(map(max, point, other)) for other in others}
    inside = [other for other in moved if all(a < 1 for a in other)]
    kept = [inside[i] for i in front(inside)]
    own = math.prod(1 - a for a in point)
    return max(0.0, own - hypervolume(kept, (1.0,) * len(point)))


def _added(points: Sequence[Point]) -> tuple[list[float], bool]:
    """What each point adds to those before it, in units of the box, and whether exactly."""
    if len(points[0]) == 1:
        lowest = accumulate((min(1.0, a) for (a,) in points), min)
        levels = [1.0, *lowest]
        return [before - after for before, after in pairwise(levels)], True
    if len(points[0]) == 2:
        steps = Staircase()
        return [steps.add(*point) for point in points], True
    joining = _joining(points)
    if len(joining) > (EXACT_3 if len(points[0]) == 3 else EXACT_MORE):
        return _estimated(points, joining), False
    added, archive = [0.0] * len(points), list[Point]()
    for i in joining:
        added[i] = _exclusive(points[i], archive)
        archive = [other for other in archive if not dominates(points[i], other)]
        archive.append(points[i])
    return added, True


def _joining(points: Sequence[Point]) -> list[int]:
    """Places of the points inside the box that no earlier one dominates or equals."""
    import numpy as np

    joined_ = np.empty((len(points), len(points[0])))
    places: list[int] = []
    for i, point in enumerate(points):
        earlier = joined_[: len(places)]
        if max(point) < 1 and not (earlier <= point).all(axis=1).any():
            joined_[len(places)] = point
            places.append(i)
    return places


def _estimated(points: Sequence[Point], joining: Sequence[int]) -> list[float]:
    """What each point adds by the share of fixed points in the box that it dominates first.

    These are Roberts's R sequence, which fills a box of any dimension evenly.
    """
    import numpy as np

    m = len(points[0])
    ratio = 2.0
    for _ in range(64):  # the root of x^(m+1) = x + 1
        ratio = (1 + ratio) ** (1 / (m + 1))
    left = (0.5 + np.outer(np.arange(SAMPLES), ratio ** -np.arange(1.0, m + 1))) % 1.0
    added = [0.0] * len(points)
    for i in joining:
        is_below = (left >= points[i]).all(axis=1)
        added[i] = float(is_below.sum()) / SAMPLES
        left = left[~is_below]
    return added
