"""How a snapshot grows out of the one before it, whatever the store reads from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from nbsweep.continued import rewound
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
    if any(curve.is_sampled for curve in islice(previous.curves.values(), 1)):
        return None  # all of them are, or none
    return previous


def unchanged(previous: Snapshot, *, curves: bool, at: float) -> Snapshot:
    """`previous` as it would be read now, when its version is still the present one."""
    if previous.curves and not curves:
        return replace(previous, curves={}, taken_at=at)
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
    curves: dict[str, Curve] = {}
    if read_history is not None:
        curves = dict(previous.curves) if previous else {}
        metric = _metric_name(sweep.config)
        for run in changed:
            if points is None:
                curves[run.id] = _extend(curves.get(run.id), run, metric, read_history)
            else:
                curves[run.id] = _sampled(run, metric, read_history, points)
    return Snapshot(sweep, runs, curves, version, at)


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


def _metric_name(config: Mapping[str, Any]) -> str | None:
    metric = config.get("metric")
    name = metric.get("name") if isinstance(metric, Mapping) else None
    return name if isinstance(name, str) else None


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
