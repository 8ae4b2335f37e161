"""The plots of a sweep: `nbsweep.plots.history(sweep)` is `sweep.plot_history()`.

Each takes a sweep, or what `nbsweep.analyze` returns, and the arguments of the method, and
returns a plotly figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import plotly.graph_objects as go


def parallel_coordinates(sweep: Any, metric: str | None = None) -> go.Figure:
    """An axis per parameter, the metric last, coloured by it."""
    return sweep.plot_parallel_coordinates(metric)


def importance(sweep: Any, metric: str | None = None) -> go.Figure:
    """How much each parameter decides, beside its correlation."""
    return sweep.plot_importance(metric)


def history(sweep: Any, metric: str | None = None) -> go.Figure:
    """The metric of each run and the best so far."""
    return sweep.plot_history(metric)


def slice(sweep: Any, metric: str | None = None) -> go.Figure:  # noqa: A001 - as Optuna calls it
    """The metric against each parameter."""
    return sweep.plot_slice(metric)


def edf(sweep: Any, metric: str | None = None) -> go.Figure:
    """The share of runs that reached a value of the metric."""
    return sweep.plot_edf(metric)


def timeline(sweep: Any) -> go.Figure:
    """Who worked when: a lane for each worker, a bar for each run."""
    return sweep.plot_timeline()


def correlation(
    sweep: Any, metric: str | None = None, method: Literal["spearman", "pearson"] = "spearman"
) -> go.Figure:
    """How parameters and results go together, as a matrix."""
    return sweep.plot_correlation(metric, method)


def rungs(sweep: Any) -> go.Figure:
    """What early termination stopped where, and what that saved."""
    return sweep.plot_rungs()


def surrogate(sweep: Any, metric: str | None = None) -> go.Figure:
    """What the search's model believes along each parameter, through the best run."""
    return sweep.plot_surrogate(metric)


def calibration(sweep: Any, metric: str | None = None) -> go.Figure:
    """What was predicted of runs against what came."""
    return sweep.plot_calibration(metric)


def cost(sweep: Any, metric: str | None = None, by: str = "_runtime") -> go.Figure:
    """What runs cost against what they came to."""
    return sweep.plot_cost(metric, by)


def front(sweep: Any) -> go.Figure:
    """The Pareto front of a sweep with several objectives."""
    return sweep.plot_front()


def hypervolume(sweep: Any) -> go.Figure:
    """The hypervolume of the front after each run."""
    return sweep.plot_hypervolume()
