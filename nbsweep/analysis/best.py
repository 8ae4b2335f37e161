"""Which run of a sweep is its best, or leads: the one place that decides."""

from __future__ import annotations

from collections.abc import Iterable

from nbsweep.analysis import front
from nbsweep.objectives import judged
from nbsweep.records import RunRecord, Snapshot
from nbsweep.search.replicates import has_replicates
from nbsweep.sweep_config import SweepConfig


def best_run(snapshot: Snapshot, config: SweepConfig) -> tuple[RunRecord, float] | None:
    """The best run of a sweep and its value of the metric; None when none has one.

    Where runs were repeated on purpose (`Sweep.confirm`, `repeats`) it is the run that stands
    for the leading configuration, see `search.leaders`; else the one of `front.lead`.
    """
    if config.metric is None:
        return None
    if by_configuration(snapshot.runs, config):
        run = next(iter(ranked(snapshot, config)), None)
    else:
        run = front.lead(snapshot.runs, config).best
    value = None if run is None else config.metric.counted(run)
    return None if run is None or value is None else (run, value)


def ranked(snapshot: Snapshot, config: SweepConfig) -> list[RunRecord]:
    """The runs of a sweep with one objective that count and keep its limits, the best first.

    Where runs were repeated on purpose one for each configuration.
    """
    if not by_configuration(snapshot.runs, config):
        latest = {run.number: run for run in snapshot.runs}
        return front.ranked(latest.values(), config)
    from nbsweep.search import leaders  # with numpy, which other sweeps need not load

    return [each.configuration.middle for each in leaders.ranked(snapshot, config)]


def leading_runs(snapshot: Snapshot, config: SweepConfig, count: int | None) -> list[RunRecord]:
    """The best runs of a sweep with a metric: the first of `ranked`, or of the front.

    Args:
        snapshot: of the sweep.
        config: its config.
        count: so many of them at most; with several objectives those of the front that
            together cover most of its hypervolume. None for all.
    """
    if not config.has_front:
        return ranked(snapshot, config)[:count]
    found = front.lead(snapshot.runs, config).front
    if count is None:
        return list(found)
    points = [point for run in found if (point := judged(run, config.metrics).point)]
    return [found[i] for i in front.covering(points, count)]


def by_configuration(runs: Iterable[RunRecord], config: SweepConfig) -> bool:
    """Whether configurations are compared rather than runs."""
    return not config.has_front and has_replicates(runs)
