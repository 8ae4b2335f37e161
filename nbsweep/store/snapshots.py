"""How a snapshot grows out of the one before it, whatever the store reads from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from nbsweep.continued import rewound
from nbsweep.objectives import is_objective
from nbsweep.records import Curve, RunRecord, Snapshot, SweepRecord
from nbsweep.store.metric_text import curve_points

SAMPLED_FROM = 4  # times the points wanted: shorter histories are read whole

# Run id, index of the first row, and the indices of those wanted (None: all from the first
# on) -> step and JSON text of each.
ReadHistory = Callable[[str, int, "Sequence[int] | None"], Iterable[Sequence[Any]]]


def usable(
    previous: Snapshot | None, sweep_id: str, version: int, *, curves: bool
) -> Snapshot | None:
    """`previous` when the next snapshot can start from it, else None.

    It cannot when it is of another sweep, from a store that was replaced since
    (versions only grow), or without the curves that are asked for now.
    """
    if previous is None or previous.sweep.id != sweep_id or previous.version > version:
        return None
    if curves and len(previous.curves) != len(previous.runs):
        return None
    if curves and len(previous.curves_of) != len(_metric_names(previous.sweep.config)[1]):
        return None  # without a run the number of curves does not tell
    if any(curve.is_sampled for curve in islice(previous.curves.values(), 1)):
        return None  # all of them are, or none
    return previous


def unchanged(previous: Snapshot, *, curves: bool, at: float) -> Snapshot:
    """`previous` as it would be read now, when its version is still the present one."""
    if previous.curves and not curves:
        return replace(previous, curves={}, curves_of={}, taken_at=at)
    return replace(previous, taken_at=at)


def advance(
    previous: Snapshot | None,
    sweep: SweepRecord,
    version: int,
    changed: Sequence[RunRecord],
    *,
    read_history: ReadHistory | None,
    at: float,
    points: int | None = None,
) -> Snapshot:
    """The snapshot of `version`: the previous one with the changed runs in their places.

    Args:
        previous: a usable older snapshot, or None.
        sweep: the sweep now.
        version: the version now.
        changed: runs that are new or changed since `previous` (all without one), by
            (number, attempt).
        read_history: gives the rows of a run as of the same transaction; None when
            curves are not asked for.
        at: unix time in seconds.
        points: see `Store.snapshot`; then without a previous one.
    """
    runs = _merge(previous.runs, changed) if previous else tuple(changed)
    if read_history is None:
        return Snapshot(sweep, runs, {}, version, at)
    metric, names = _metric_names(sweep.config)
    if points is not None:  # only to be drawn
        curves = {run.id: _sampled(run, metric, read_history, points) for run in changed}
        return Snapshot(sweep, runs, curves, version, at)
    curves = dict(previous.curves) if previous else {}
    others = [name for name in names if name != metric]
    curves_of = {name: dict(previous.curves_of[name]) if previous else {} for name in others}
    for run in changed:
        read = _once(read_history) if others else read_history
        curves[run.id] = _extend(curves.get(run.id), run, metric, read)
        for name, of_runs in curves_of.items():
            of_runs[run.id] = _extend(of_runs.get(run.id), run, name, read)
    by_name = {name: curves_of.get(name, curves) for name in names}
    return Snapshot(sweep, runs, curves, version, at, by_name)


def _place(run: RunRecord) -> tuple[int, int]:
    return (run.number, run.attempt)


def _merge(runs: Sequence[RunRecord], changed: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """`runs` with the changed ones replaced or put in, by (number, attempt).

    By bisection: one changed run among thousands costs one copy of the list.
    """
    merged = list(runs)
    for run in changed:
        index = bisect_left(merged, _place(run), key=_place)
        if index < len(merged) and _place(merged[index]) == _place(run):
            merged[index] = run
        else:
            merged.insert(index, run)
    return tuple(merged)


def _metric_names(config: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """The metric that `Snapshot.curves` are of, and all of them where there are `metrics`.

    Of `metrics` it is the first objective, as in `SweepConfig.metric`.
    """
    block, blocks = config.get("metric"), config.get("metrics")
    if isinstance(block, Mapping) or not isinstance(blocks, Sequence):
        return _name(block), []
    objectives = (each for each in blocks if isinstance(each, Mapping) and is_objective(each))
    names = [name for each in blocks if (name := _name(each)) is not None]
    return _name(next(objectives, None)), names


def _name(block: Any) -> str | None:
    name = block.get("name") if isinstance(block, Mapping) else None
    return name if isinstance(name, str) else None


def _once(read_history: ReadHistory) -> ReadHistory:
    """Reads the rows of one run once, for several curves that have got as far."""
    known: dict[int, list[Sequence[Any]]] = {}

    def read(run_id: str, start: int, places: Sequence[int] | None) -> Iterable[Sequence[Any]]:
        if start not in known:
            known[start] = list(read_history(run_id, start, places))
        return known[start]

    return read


def _extend(
    curve: Curve | None, run: RunRecord, metric: str | None, read_history: ReadHistory
) -> Curve:
    """The run's curve with the rows that it did not hold yet."""
    curve = curve or Curve(run.id, run.state)
    if metric is None or run.history_rows == curve.rows_read:
        return replace(curve, state=run.state, rows_read=run.history_rows)
    rows = iter(read_history(run.id, curve.rows_read, None))
    for mark in run.continued:
        if curve.rows_read <= mark["rows"] < run.history_rows:
            before = list(islice(rows, mark["rows"] - curve.rows_read))
            curve = rewound(_grown(curve, before, metric, mark["rows"]), mark)
    return replace(_grown(curve, rows, metric, run.history_rows), state=run.state)


def _grown(curve: Curve, rows: Iterable[Sequence[Any]], metric: str, rows_read: int) -> Curve:
    """A curve with what further rows hold, up to row `rows_read` of the run."""
    steps, values, diverged = curve_points(rows, metric, curve.diverged)
    return replace(
        curve,
        steps=curve.steps + steps,
        values=curve.values + values,
        rows_read=rows_read,
        diverged=diverged,
    )


def _sampled(run: RunRecord, metric: str | None, read_history: ReadHistory, points: int) -> Curve:
    """The run's curve from few of its rows, where each of those holds the metric; else all."""
    rows = run.history_rows
    if metric is not None and rows > SAMPLED_FROM * points and not run.continued:
        places = [round(i * (rows - 1) / (points - 1)) for i in range(points)]
        steps, values, _ = curve_points(read_history(run.id, 0, places), metric)
        if len(values) == len(places):
            return Curve(run.id, run.state, steps, values, rows, is_sampled=True)
    return replace(_extend(None, run, metric, read_history), is_sampled=True)
