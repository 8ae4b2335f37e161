"""The plots of a sweep as plotly figures, with a still picture where plotly cannot draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbsweep.errors import UsageError
from nbsweep.handles import importances
from nbsweep.handles.stored import StoredSweep

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from nbsweep.analysis.charts.chart import Chart
    from nbsweep.analysis.frame import Frame
    from nbsweep.analysis.importance import Method
    from nbsweep.records import Snapshot


def parallel_coordinates(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.parallel_coordinates`."""
    from nbsweep.analysis.parallel_coordinates import collect
    from nbsweep.plots.figures.parallel_coordinates import draw_parallel_coordinates
    from nbsweep.plots.still import FigureWithStill
    from nbsweep.view.render import plot_bundle
    from nbsweep.view.svg import lines_plot

    columns = _frame(sweep, metric)
    data = collect(columns)

    def still() -> dict[str, str]:
        plot = lines_plot(columns, data)
        return plot_bundle(plot) if plot else {}

    return FigureWithStill(draw_parallel_coordinates(data), still)


def importance(
    sweep: StoredSweep, metric: str | None, method: Method, target: str | None
) -> go.Figure:
    """See `Sweep.importance`."""
    from nbsweep.plots.figures.importance import draw_importance
    from nbsweep.plots.still import FigureWithStill
    from nbsweep.view.render import plot_bundle
    from nbsweep.view.svg import importance_plot

    ranking = importances.of_sweep(sweep, method=method, metric=metric, target=target)
    return FigureWithStill(draw_importance(ranking), lambda: plot_bundle(importance_plot(ranking)))


def history(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.history`."""
    from nbsweep.plots.figures.history import collect_history, draw_history

    return draw_history(collect_history(_frame(sweep, metric)))


def slices(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.slice`."""
    from nbsweep.plots.figures.slice import collect_slice, draw_slice

    return draw_slice(collect_slice(_frame(sweep, metric)))


def front(sweep: StoredSweep) -> go.Figure:
    """See `Sweep.front`."""
    from nbsweep.analysis.front_plot import collect_front
    from nbsweep.plots.figures.front import draw_front
    from nbsweep.plots.still import FigureWithStill
    from nbsweep.view.front_svg import front_plot
    from nbsweep.view.render import plot_bundle

    data = collect_front(_several(sweep, "front"), sweep.config)
    return FigureWithStill(draw_front(data), lambda: plot_bundle(front_plot(data)))


def hypervolume(sweep: StoredSweep) -> go.Figure:
    """See `Sweep.hypervolume`."""
    from nbsweep.analysis.front_plot import collect_hypervolume
    from nbsweep.plots.figures.front import draw_hypervolume
    from nbsweep.plots.still import FigureWithStill
    from nbsweep.view.front_svg import hypervolume_plot
    from nbsweep.view.render import plot_bundle

    data = collect_hypervolume(_several(sweep, "hypervolume"), sweep.config)
    return FigureWithStill(draw_hypervolume(data), lambda: plot_bundle(hypervolume_plot(data)))


def edf(sweep: StoredSweep, metric: str | None) -> go.Figure:
    """See `Sweep.plot_edf`."""
    from nbsweep.analysis.charts.edf import collect_edf

    return chart_figure(collect_edf(_frame(sweep, metric)))


def chart_figure(chart: Chart) -> go.Figure:
    """A chart as a plotly figure that brings its still picture."""
    from nbsweep.plots.figures.chart import draw_chart
    from nbsweep.plots.still import FigureWithStill
    from nbsweep.view.chart_svg import chart_plot
    from nbsweep.view.render import plot_bundle

    return FigureWithStill(draw_chart(chart), lambda: plot_bundle(chart_plot(chart)))


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
    from nbsweep.analysis.frame import frame

    return frame(sweep.snapshot(), sweep.config, metric=metric)
