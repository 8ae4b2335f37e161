"""The charts there are, each with its name, whether a sweep can have it, and its collector.

What the panel's menu and whatever goes through all charts of a sweep read. Collectors are
imported when they are called: some bring numpy along, one the surrogate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nbsweep.analysis.charts.chart import Chart
from nbsweep.analysis.frame import Frame
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    from nbsweep.analysis.importance import Importance


@dataclass(frozen=True)
class Shown:
    """What the charts of a sweep are made of; what several of them need is computed once.

    Attributes:
        frame: the runs.
        snapshot: with curves, that the frame was made from.
        config: of the sweep.
    """

    frame: Frame
    snapshot: Snapshot
    config: SweepConfig

    @cached_property
    def ranking(self) -> Importance:
        """Which parameters come first where there is room for a few."""
        from nbsweep.analysis.charts.leading import ranking

        return ranking(self.frame)


class Entry(NamedTuple):
    """A chart that a sweep may have.

    Attributes:
        label: its name in a menu.
        collect: makes it.
        suits: whether a sweep of such a config can have it; None when every one can.
        is_further: it is in the menu of further charts; else the panel has it anyway.
    """

    label: str
    collect: Callable[[Shown], Chart]
    suits: Callable[[SweepConfig], bool] | None = None
    is_further: bool = True


def collect_chart(name: str, shown: Shown) -> Chart:
    """The chart of a name in CHARTS."""
    return CHARTS[name].collect(shown)


def charts_for(config: SweepConfig) -> dict[str, str]:
    """The further charts that make sense for a sweep: name to label, in the menu's order."""
    return {name: CHARTS[name].label for name in names_for(config) if CHARTS[name].is_further}


def names_for(config: SweepConfig) -> list[str]:
    """The names of all charts that make sense for a sweep."""
    return [name for name, entry in CHARTS.items() if entry.suits is None or entry.suits(config)]


def _has_metric(config: SweepConfig) -> bool:
    return config.metric is not None


def _has_front(config: SweepConfig) -> bool:
    return config.has_front


def _history(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.history import collect_history

    return collect_history(shown.frame)


def _learning_curves(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.learning_curves import collect_learning_curves, logged_steps

    return collect_learning_curves(shown.frame, logged_steps(shown.snapshot, shown.frame))


def _parallel(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.parallel import collect_parallel
    from nbsweep.analysis.parallel_coordinates import collect

    return collect_parallel(collect(shown.frame), shown.ranking)


def _importance(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.ranking import collect_ranking
    from nbsweep.analysis.importance import importance

    return collect_ranking(importance(shown.frame))


def _slice(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.slice import collect_slice

    return collect_slice(shown.frame)


def _dependence(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.dependence import collect_dependence

    return collect_dependence(shown.frame, found=shown.ranking)


def _contour(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.contour import collect_contour

    return collect_contour(shown.frame, found=shown.ranking)


def _rank(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.rank import collect_rank

    return collect_rank(shown.frame, found=shown.ranking)


def _front(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.front import collect_front_chart
    from nbsweep.analysis.front_plot import collect_front

    return collect_front_chart(collect_front(shown.snapshot, shown.config))


def _hypervolume(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.front import collect_hypervolume_chart
    from nbsweep.analysis.front_plot import collect_hypervolume

    return collect_hypervolume_chart(collect_hypervolume(shown.snapshot, shown.config))


def _edf(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.edf import collect_edf

    return collect_edf(shown.frame)


def _correlation(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.correlation import collect_correlation
    from nbsweep.analysis.charts.further_results import further_results

    return collect_correlation(
        shown.frame, results=further_results(shown.frame, shown.snapshot, shown.config)
    )


def _cost(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.cost import collect_cost

    return collect_cost(shown.frame, shown.snapshot)


def _surrogate(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.surrogate import collect_surrogate

    return collect_surrogate(shown.frame, shown.snapshot, shown.config)


def _calibration(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.calibration import collect_calibration

    return collect_calibration(shown.frame, shown.snapshot)


def _rungs(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.rungs import collect_rungs

    return collect_rungs(shown.frame, shown.snapshot, shown.config)


def _timeline(shown: Shown) -> Chart:
    from nbsweep.analysis.charts.timeline import collect_timeline

    return collect_timeline(shown.snapshot, shown.config)


CHARTS: Mapping[str, Entry] = {
    "parallel_coordinates": Entry("Parallel coordinates", _parallel, is_further=False),
    "importance": Entry("Importance", _importance, _has_metric, is_further=False),
    "front": Entry("Front", _front, _has_front, is_further=False),
    "hypervolume": Entry("Hypervolume", _hypervolume, _has_front, is_further=False),
    "learning_curves": Entry("Learning curves", _learning_curves, _has_metric, is_further=False),
    "history": Entry("Metric of each run", _history, _has_metric, is_further=False),
    "slice": Entry("Metric against each parameter", _slice, _has_metric),
    "dependence": Entry("Effect of each parameter", _dependence, _has_metric),
    "contour": Entry("Effect of two parameters", _contour, _has_metric),
    "rank": Entry("Pairs of parameters by rank", _rank, _has_metric),
    "cost": Entry("Cost against result", _cost, _has_metric),
    "correlation": Entry("Correlations", _correlation),
    "edf": Entry("Distribution of the metric", _edf, _has_metric),
    "surrogate": Entry("What the model believes", _surrogate, _has_metric),
    "calibration": Entry(
        "Predictions and what came",
        _calibration,
        lambda config: config.metric is not None and config.method == "bayes",
    ),
    "rungs": Entry(
        "Early termination",
        _rungs,
        lambda config: config.metric is not None and config.early_terminate is not None,
    ),
    "timeline": Entry("Workers over time", _timeline),
}
