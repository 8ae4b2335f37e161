"""Which run of a sweep is its best: the one place that decides."""

from __future__ import annotations

from nbsweep.records import RunRecord, Snapshot
from nbsweep.search.replicates import has_replicates
from nbsweep.sweep_config import SweepConfig


def best_run(snapshot: Snapshot, config: SweepConfig) -> tuple[RunRecord, float] | None:
    """The best run of a sweep and its value of the metric; None when none has one.

    Where runs were repeated on purpose (`Sweep.confirm`, `repeats`) it is the run that stands
    for the leading configuration, see `search.leaders`; else the one of `Metric.best_run`.
    """
    metric = config.metric
    if metric is None:
        return None
    if not has_replicates(snapshot.runs):
        return metric.best_run(snapshot.runs)
    from nbsweep.search.leaders import ranked  # with numpy, which other sweeps need not load

    ranking = ranked(snapshot, config)
    if not ranking:
        return None
    run = ranking[0].configuration.middle
    value = metric.counted(run)
    assert value is not None
    return run, value
