"""The analyses that a panel shows, from a snapshot: its axes, and which parameters decide.

Pure, and slow enough (scikit-learn loads with the first ranking) to be called on a thread
of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from nbsweep.errors import UsageError
from nbsweep.panel.axes import Axes
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.model import PanelChart, PanelImportance, PanelOutlook, PanelVolume
from nbsweep.view.spelling import CURVE_DIGITS, FINER, rounded
from nbsweep.wording import digits_of, number, without_surrogates

if TYPE_CHECKING:
    from nbsweep.analysis.importance import Importance, Method

_log = logging.getLogger("nbsweep")

Found = TypeVar("Found")

FAILED = "failed"  # the target of whether a run fails, unless a result has that name
CURVES = 10  # parameters, the most important ones, whose partial dependence is computed


def load(*, with_forest: bool) -> None:
    """Import what the analyses need, so that the first of them takes no longer than the next.

    Args:
        with_forest: and scikit-learn, which few runs do not need.
    """
    from nbsweep.analysis import dependence, forecast, frame, importance, results  # noqa: F401

    if with_forest:
        import sklearn.tree  # noqa: F401


def where_possible(
    analysis: Callable[[Snapshot, SweepConfig], Found | None],
    snapshot: Snapshot,
    config: SweepConfig,
) -> Found | None:
    """What one of them finds; None where what it needs is not installed, as in a browser."""
    try:
        return analysis(snapshot, config)
    except ImportError as error:
        _log.warning("The panel's %s is left out: %s", analysis.__name__, error)
        return None


def ranking_or_why(snapshot: Snapshot, config: SweepConfig) -> PanelImportance | None:
    """Which parameters decide the metric, or why that cannot be told here; see `ranking`."""
    try:
        return ranking(snapshot, config)
    except ImportError as error:
        package = "scikit-learn" if (error.name or "").startswith("sklearn") else error.name
        why = f"{package} is missing. pip install {package}, then restart the kernel."
    except Exception as error:  # noqa: BLE001 - whoever looks waits for an answer
        why = f"{type(error).__name__}: {error}"
    _log.warning("The parameters cannot be ranked: %s", why)
    return PanelImportance(
        verdict=f"The parameters cannot be ranked here: {why}",
        n_runs=0,
        is_ranked=False,
        rows=[],
        left_out="",
        metric=config.metric.name if config.metric else "",
        method="forest",
        heading="",
        explained="",
        notes=[],
    )


def load_axes() -> None:
    """Import what `axes` needs."""
    from nbsweep.analysis import frame, results  # noqa: F401


def axes(snapshot: Snapshot, config: SweepConfig) -> Axes:
    """The axes of the parallel coordinates plot, other results of the runs among them.

    Args:
        snapshot: with curves.
        config: of the sweep.
    """
    from nbsweep.analysis.frame import frame
    from nbsweep.analysis.results import result_column, results

    columns = frame(snapshot, config)
    extras = results(snapshot, config, [column.name for column in columns.params])
    return Axes(columns, [(result, result_column(result, snapshot)) for result in extras])


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
        target: name of a result's axis, or "failed" for whether a run fails; the sweep's
            metric by default.
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
    from nbsweep.analysis.results import about, about_failure, among, result_column, results

    columns = frame(snapshot, config)
    if target and (config.metric is None or target != config.metric.name):
        taken = [column.name for column in columns.params]
        by_name = {result.name: result for result in results(snapshot, config, taken)}
        if target in by_name:
            columns = about(columns, result_column(by_name[target], snapshot))
        elif target == FAILED:
            columns = about_failure(columns)
        else:
            raise UsageError(f"No run has a result {target!r}. There are: {', '.join(by_name)}.")
    if columns.metric is None:
        return None
    if run_ids is not None:
        columns = among(columns, set(run_ids))
    ranked = importance(columns, method=method)
    names = [row.name for row in ranked.rows[:CURVES]]
    return panel_importance(ranked, partial_dependence(columns, names))


def panel_importance(
    importance: Importance, dependence: Mapping[str, Sequence[tuple[float, float]]] | None = None
) -> PanelImportance:
    """The importance analysis and the partial dependences as JSON values."""
    from nbsweep.analysis.importance import WORDING

    curves = dependence or {}
    return PanelImportance(
        verdict=importance.verdict,
        n_runs=importance.n_runs,
        is_ranked=importance.is_ranked,
        rows=[
            {
                "name": row.name,
                "importance": round(row.importance, 4),
                "error": round(row.error, 4),
                "correlation": None if row.correlation is None else round(row.correlation, 3),
                "high_value": row.high_value,
                "ratio": None if row.correlation_ratio is None else round(row.correlation_ratio, 3),
                "best_value": row.best_value,
                "n_runs": row.n_runs,
                "stands_out": row.stands_out,
                "dependence": _light_curve(curves.get(row.name, ())),
            }
            for row in importance.rows
        ],
        left_out=importance.left_out,
        metric=importance.metric or "",
        method=importance.method,
        heading=WORDING[importance.method].title,
        explained=importance.explained_text() if importance.is_ranked else "",
        notes=[*importance.together(), *importance.notes],
    )


def _light_curve(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    """The points with digits that keep them apart."""
    finer = [max(CURVE_DIGITS, digits_of(column) + FINER) for column in zip(*points, strict=True)]
    return [
        [rounded(number, digits) for number, digits in zip(point, finer, strict=True)]
        for point in points
    ]


def volume(snapshot: Snapshot, config: SweepConfig) -> PanelVolume | None:
    """How the hypervolume of the front grew; None for a sweep without a front."""
    if not config.has_front:
        return None
    from nbsweep.analysis.front import growth
    from nbsweep.analysis.front_plot import reference_text

    grown = growth(snapshot.runs, config.metrics)
    steps = [
        (run.number, rounded(whole, CURVE_DIGITS))
        for run, whole, added in zip(grown.runs, grown.volumes, grown.added, strict=True)
        if added
    ]
    about = "" if grown.is_exact else "about "
    now = number(grown.volumes[-1]) if grown.volumes else ""
    return PanelVolume(
        steps=steps,
        text=f"{about}{now}, {reference_text(grown, config)}" if now else "",
    )


def chart(snapshot: Snapshot, config: SweepConfig, name: str) -> PanelChart:
    """A further chart of the sweep as a still picture.

    Args:
        snapshot: with curves.
        config: of the sweep.
        name: one of `analysis.charts.catalogue.charts_for`.

    Raises:
        UsageError: the sweep has no such chart.
    """
    from nbsweep.analysis.charts.catalogue import Shown, charts_for, collect_chart
    from nbsweep.analysis.frame import frame
    from nbsweep.view.chart_svg import chart_plot

    known = charts_for(config)
    if name not in known:
        raise UsageError(
            f"There is no chart {name!r} of this sweep. There are: {', '.join(known)}."
        )
    began = time.perf_counter()
    plot = chart_plot(collect_chart(name, Shown(frame(snapshot, config), snapshot, config)))
    return PanelChart(
        title=without_surrogates(plot.title),
        caption=without_surrogates(plot.caption),
        alt=without_surrogates(plot.alt),
        svg=without_surrogates(plot.svg),
        n_runs=len(snapshot.runs),
        n_ended=sum(run.state.ended for run in snapshot.runs),
        took_s=round(time.perf_counter() - began, 3),
    )


def outlook(snapshot: Snapshot, config: SweepConfig) -> PanelOutlook:
    """Whether it is worth going on, and where the runs under way are heading."""
    from nbsweep.analysis.forecast import forecast

    expected = forecast(snapshot, config)
    return PanelOutlook(
        suggestion=expected.suggestion,
        verdict=expected.verdict,
        sentences=list(expected.sentences),
    )
