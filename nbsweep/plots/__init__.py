"""The plots of a sweep: `nbsweep.plots.history(sweep)` is `sweep.plot_history()`.

Each takes a sweep, or what `nbsweep.analyze` returns, and the arguments of the method, and
returns a plotly figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go


def parallel_coordinates(sweep: Any, metric: str | None = None) -> go.Figure:
    """An axis per parameter, the metric last, coloured by it."""
    return sweep.plot_parallel_coordinates(metric)


def importance(
    sweep: Any, metric: str | None = None, *, method: str = "forest", target: str | None = None
) -> go.Figure:
    """How much each parameter decides, beside its correlation; see `Sweep.importances`."""
    return sweep.plot_importance(metric, method=method, target=target)


def history(sweep: Any, metric: str | None = None) -> go.Figure:
    """The metric of each run and the best so far."""
    return sweep.plot_history(metric)


def slice(sweep: Any, metric: str | None = None) -> go.Figure:  # noqa: A001 - as Optuna calls it
    """The metric against each parameter."""
    return sweep.plot_slice(metric)


def edf(sweep: Any, metric: str | None = None) -> go.Figure:
    """The share of runs that reached a value of the metric."""
    return sweep.plot_edf(metric)


def front(sweep: Any) -> go.Figure:
    """The Pareto front of a sweep with several objectives."""
    return sweep.plot_front()


def hypervolume(sweep: Any) -> go.Figure:
    """The hypervolume of the front after each run."""
    return sweep.plot_hypervolume()


def comparison(sweep: Any, *others: Any, **options: Any) -> go.Figure:
    """Best so far and all values of sweeps side by side; options are those of `Sweep.compare`."""
    return sweep.compare(*others, **options).plot()
