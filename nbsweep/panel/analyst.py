"""The analyses that a panel shows, from a snapshot: its axes, and which parameters decide.

Pure, and slow enough (scikit-learn loads with the first ranking) to be called on a thread
of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from nbsweep.errors import UsageError
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.changes import Axes, PanelImportance, PanelOutlook, panel_importance

if TYPE_CHECKING:
    from nbsweep.analysis.importance import Method

CURVES = 10  # parameters, the most important ones, whose partial dependence is computed


def load() -> None:
    """Import what the analyses need, so that the first of them takes no longer than the next."""
    import sklearn.tree  # noqa: F401

    from nbsweep.analysis import forecast  # noqa: F401
    from nbsweep.search import outlook  # noqa: F401


def axes(snapshot: Snapshot, config: SweepConfig) -> Axes:
    """The axes of the parallel coordinates plot, other results of the runs among them.

    Args:
        snapshot: with curves.
        config: of the sweep.
    """
    from nbsweep.analysis.frame import frame
    from nbsweep.analysis.results import result_column, results

    columns = frame(snapshot, config)
    found = results(snapshot, config, [column.name for column in columns.params])
    return Axes(columns, [(result, result_column(result, snapshot)) for result in found])


def ranking(
    snapshot: Snapshot,
    config: SweepConfig,
    *,
    target: str = "",
    run_ids: Collection[str] | None = None,
    method: Method = "forest",
) -> PanelImportance | None:
    """Which parameters decide a result, with error bars and partial dependences.

    Args:
        snapshot: with curves, where `target` is an extreme of one.
        config: of the sweep.
        target: name of a result's axis; the sweep's metric by default.
        run_ids: the runs to learn from, all of them by default.
        method: see `analysis.importance`.

    Returns:
        None for a sweep without metric, when no target is named.

    Raises:
        UsageError: there is no such result.
    """
    from nbsweep.analysis.dependence import partial_dependence
    from nbsweep.analysis.frame import frame
    from nbsweep.analysis.importance import importance
    from nbsweep.analysis.results import about, among, result_column, results

    columns = frame(snapshot, config)
    if target and (config.metric is None or target != config.metric.name):
        taken = [column.name for column in columns.params]
        found = {result.name: result for result in results(snapshot, config, taken)}
        if target not in found:
            raise UsageError(f"No run has a result {target!r}. There are: {', '.join(found)}.")
        columns = about(columns, result_column(found[target], snapshot))
    if columns.metric is None:
        return None
    if run_ids is not None:
        columns = among(columns, set(run_ids))
    ranked = importance(columns, method=method)
    names = [row.name for row in ranked.rows[:CURVES]]
    return panel_importance(ranked, partial_dependence(columns, names))


def outlook(snapshot: Snapshot, config: SweepConfig) -> PanelOutlook:
    """Whether it is worth going on, and where the runs under way are heading."""
    from nbsweep.analysis.forecast import forecast

    found = forecast(snapshot, config)
    return PanelOutlook(
        suggestion=found.suggestion, verdict=found.verdict, sentences=list(found.sentences)
    )
