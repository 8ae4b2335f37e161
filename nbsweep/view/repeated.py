"""Repeated runs as one row: in tables the runs of the same params are one configuration."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nbsweep.records import Metric, RunRecord
from nbsweep.search.replicates import Configuration, configurations, has_replicates
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.model import BestRun, Repeated
from nbsweep.wording import plus_minus


def repeated(
    runs: Sequence[RunRecord], config: SweepConfig, leads: Collection[str]
) -> list[Repeated]:
    """The configurations with several runs, in the order of their first ones.

    [] while no run was repeated on purpose: points that a method happened to try twice, and a
    grid over seeds, keep their rows.

    Args:
        runs: of the sweep, in order of (number, attempt).
        config: of the sweep.
        leads: ids of the runs with a star. A configuration that has one of them is told by it,
            so that no star is hidden.
    """
    metric = config.metric
    if metric is None or not has_replicates(runs):
        return []
    further = [_by_run(runs, each, config) for each in config.further_metrics]
    found = []
    for each in configurations(runs, metric, config.space):
        if each.n == 1:
            continue
        starred = (run for run in each.runs if run.id in leads)
        head = next(starred, each.middle)
        found.append(
            Repeated(
                id=head.id,
                others=[run.id for run in each.runs if run is not head],
                n=each.n,
                metric=each.mean,
                metric_text=_text(each),
                results=[_text(known[head.id]) if head.id in known else "" for known in further],
            )
        )
    return found


def with_mean(best: BestRun | None, entries: Sequence[Repeated]) -> BestRun | None:
    """The best run, told by the mean of its configuration where that was run several times."""
    if best is None:
        return None
    text = next((each["metric_text"] for each in entries if each["id"] == best["id"]), best["text"])
    return {**best, "text": text}


def _by_run(
    runs: Sequence[RunRecord], metric: Metric, config: SweepConfig
) -> dict[str, Configuration]:
    groups = configurations(runs, metric, config.space)
    return {run.id: each for each in groups for run in each.runs}


def _text(configuration: Configuration) -> str:
    return plus_minus(configuration.mean, configuration.error or 0.0)
