"""The plots of a sweep as plotly figures, with a still picture where plotly cannot draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from nbsweep.errors import UsageError
from nbsweep.handles import importances
from nbsweep.handles.stored import StoredSweep

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from nbsweep.analysis.charts.chart import Chart
    from nbsweep.analysis.charts.learning_curves import Logged
    from nbsweep.analysis.frame import Frame
    from nbsweep.analysis.importance import Method
    from nbsweep.records import Snapshot


def parallel_coordinates(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.parallel_coordinates`."""
    from nbsweep.analysis.parallel_coordinates import collect
    from nbsweep.plots.figures.parallel_coordinates import draw_parallel_coordinates
    from nbsweep.view.render import plot_bundle
    from nbsweep.view.svg import lines_plot

    columns = _frame(sweep, metric)
    data = collect(columns)

    def still() -> dict[str, str]:
        plot = lines_plot(columns, data)
        return plot_bundle(plot) if plot else {}

    return _with_still(draw_parallel_coordinates(data), still)


def importance(
    sweep: StoredSweep, metric: str | None, method: Method, target: str | None
) -> go.Figure:
    """See `Sweep.importance`."""
    from nbsweep.plots.figures.importance import draw_importance
    from nbsweep.view.render import plot_bundle
    from nbsweep.view.svg import importance_plot

    ranking = importances.of_sweep(sweep, method=method, metric=metric, target=target)
    return _with_still(draw_importance(ranking), lambda: plot_bundle(importance_plot(ranking)))


def history(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.history`."""
    from nbsweep.analysis.charts.history import collect_history

    return chart_figure(collect_history(_frame(sweep, metric)))


def slices(
    sweep: StoredSweep, metric: str | None, params: Sequence[str] | None = None
) -> go.Figure:
    """See `Sweep.slice`."""
    from nbsweep.analysis.charts.slice import collect_slice

    return chart_figure(collect_slice(_frame(sweep, metric), params))


def learning_curves(
    sweep: StoredSweep, metric: str | None, x: str = "step", log: bool | None = None
) -> go.Figure:
    """See `Sweep.plot_learning_curves`."""
    from nbsweep.analysis.charts.learning_curves import collect_learning_curves

    frame, logged = logged_of(sweep, metric, x)
    return chart_figure(collect_learning_curves(frame, logged, x=x, log=log))


def logged_of(
    sweep: StoredSweep, metric: str | None, x: str = "step"
) -> tuple[Frame, list[Logged]]:
    """The frame of a metric, and what the runs logged of it over something."""
    from nbsweep.analysis.charts.learning_curves import STEP, logged_rows, logged_steps
    from nbsweep.analysis.frame import frame

    snapshot = sweep.snapshot(curves=True)
    config = sweep.config
    columns = frame(snapshot, config, metric=metric)
    own = {each.name for each in (config.metric, *config.metrics) if each is not None}
    if columns.metric is None:
        return columns, []
    if x == STEP and columns.metric.name in own:
        return columns, logged_steps(snapshot, columns)
    rows = {run.id: sweep.store.history(run.id) for run in snapshot.runs if run.history_rows}
    return columns, logged_rows(snapshot.runs, rows, columns, x)


def dependence(
    sweep: StoredSweep, metric: str | None, params: Sequence[str] | None = None
) -> go.Figure:
    """See `Sweep.plot_dependence`."""
    from nbsweep.analysis.charts.dependence import collect_dependence

    return chart_figure(collect_dependence(_frame(sweep, metric), params))


def contour(
    sweep: StoredSweep, metric: str | None, params: Sequence[str] | None = None
) -> go.Figure:
    """See `Sweep.plot_contour`."""
    from nbsweep.analysis.charts.contour import collect_contour

    return chart_figure(collect_contour(_frame(sweep, metric), params))


def rank(sweep: StoredSweep, metric: str | None, params: Sequence[str] | None = None) -> go.Figure:
    """See `Sweep.plot_rank`."""
    from nbsweep.analysis.charts.rank import collect_rank

    return chart_figure(collect_rank(_frame(sweep, metric), params))


def front(sweep: StoredSweep) -> go.Figure:
    """See `Sweep.front`."""
    from nbsweep.analysis.front_plot import collect_front
    from nbsweep.plots.figures.front import draw_front
    from nbsweep.view.front_svg import front_plot
    from nbsweep.view.render import plot_bundle

    data = collect_front(_several(sweep, "front"), sweep.config)
    return _with_still(draw_front(data), lambda: plot_bundle(front_plot(data)))


def hypervolume(sweep: StoredSweep) -> go.Figure:
    """See `Sweep.hypervolume`."""
    from nbsweep.analysis.front_plot import collect_hypervolume
    from nbsweep.plots.figures.front import draw_hypervolume
    from nbsweep.view.front_svg import hypervolume_plot
    from nbsweep.view.render import plot_bundle

    data = collect_hypervolume(_several(sweep, "hypervolume"), sweep.config)
    return _with_still(draw_hypervolume(data), lambda: plot_bundle(hypervolume_plot(data)))


def edf(sweep: StoredSweep, metric: str | None, others: Sequence[StoredSweep] = ()) -> go.Figure:
    """See `Sweep.plot_edf`."""
    from nbsweep.analysis.charts.edf import collect_edf

    columns = _frame(sweep, metric)
    name = columns.metric.name if columns.metric else metric
    return chart_figure(collect_edf(columns, [_frame(other, name) for other in others]))


def timeline(sweep: StoredSweep) -> go.Figure:
    """See `Sweep.plot_timeline`."""
    from nbsweep.analysis.charts.timeline import collect_timeline

    return chart_figure(collect_timeline(sweep.snapshot(), sweep.config))


def correlation(
    sweep: StoredSweep, metric: str | None, method: Literal["spearman", "pearson"]
) -> go.Figure:
    """See `Sweep.plot_correlation`."""
    from nbsweep.analysis.charts.correlation import collect_correlation
    from nbsweep.analysis.charts.further_results import further_results

    columns, snapshot = _frame_and_runs(sweep, metric)
    results = further_results(columns, snapshot, sweep.config)
    return chart_figure(collect_correlation(columns, method, results))


def rungs(sweep: StoredSweep) -> go.Figure:
    """See `Sweep.plot_rungs`."""
    from nbsweep.analysis.charts.rungs import collect_rungs

    columns, snapshot = _frame_and_runs(sweep, None, curves=True)
    return chart_figure(collect_rungs(columns, snapshot, sweep.config))


def surrogate(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.plot_surrogate`."""
    from nbsweep.analysis.charts.surrogate import collect_surrogate

    learns = sweep.config.learns_from_curves
    columns, snapshot = _frame_and_runs(sweep, metric, curves=learns)
    return chart_figure(collect_surrogate(columns, snapshot, sweep.config))


def calibration(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.plot_calibration`."""
    from nbsweep.analysis.charts.calibration import collect_calibration

    return chart_figure(collect_calibration(*_frame_and_runs(sweep, metric)))


def cost(sweep: StoredSweep, metric: str | None, by: str) -> go.Figure:
    """See `Sweep.plot_cost`."""
    from nbsweep.analysis.charts.cost import collect_cost

    return chart_figure(collect_cost(*_frame_and_runs(sweep, metric), by))


def chart_figure(chart: Chart) -> go.Figure:
    """A chart as a plotly figure that brings its still picture."""
    from nbsweep.plots.figures.chart import figure_dict
    from nbsweep.plots.still import FigureWithStill
    from nbsweep.view.chart_svg import chart_plot
    from nbsweep.view.render import plot_bundle

    return FigureWithStill(figure_dict(chart), lambda: plot_bundle(chart_plot(chart)))


def _with_still(figure: go.Figure, still: Callable[[], Mapping[str, str]]) -> go.Figure:
    """A figure drawn in light colours in those of the theme in use, with its still picture."""
    from nbsweep.plots.repaint import in_theme
    from nbsweep.plots.still import FigureWithStill

    return FigureWithStill(in_theme(figure), still)


def _several(sweep: StoredSweep, what: str) -> Snapshot:
    """The snapshot of a sweep with several objectives."""
    if not sweep.config.has_front:
        metric = sweep.config.metric
        found = f"one objective ({metric.name})" if metric is not None else "no metric"
        raise UsageError(
            f"{what}: sweep {sweep.id} has {found}, so it has no front. Name several objectives "
            'in the config: "metrics": [{"name": "loss", "goal": "minimize"}, '
            '{"name": "latency", "goal": "minimize"}].'
        )
    return sweep.snapshot()


def _frame(sweep: StoredSweep, metric: str | None) -> Frame:
    return _frame_and_runs(sweep, metric)[0]


def _frame_and_runs(
    sweep: StoredSweep, metric: str | None, *, curves: bool = False
) -> tuple[Frame, Snapshot]:
    """The frame, and the snapshot that it was made from."""
    from nbsweep.analysis.frame import frame

    snapshot = sweep.snapshot(curves=curves)
    return frame(snapshot, sweep.config, metric=metric), snapshot
