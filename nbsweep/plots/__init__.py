"""The plots of a sweep: `nbsweep.plots.history(sweep)` is `sweep.plot_history()`.

Each takes a sweep, or what `nbsweep.analyze` returns, and the arguments of the method, and
returns a plotly figure. `nbsweep.plots.use_theme("dark")` draws them for dark pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from nbsweep.plots import in_use

if TYPE_CHECKING:
    import plotly.graph_objects as go


def use_theme(theme: str) -> in_use.Chosen:
    """Draw all figures from now on in a theme: "light", as at first, or "dark".

    Figures that are there already stay as they are. Still pictures, which stand where
    nothing draws plotly, follow the page by themselves.

    Args:
        theme: "light" or "dark".

    Returns:
        What ends the theme again after a ``with`` block; else it stays.

    Raises:
        UsageError: there is no such theme.

    Example:
        >>> with nbsweep.plots.use_theme("dark"):
        ...     sweep.plot_history().write_html("history.html")
    """
    return in_use.choose(theme)


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


def slice(  # noqa: A001 - as Optuna calls it
    sweep: Any, metric: str | None = None, params: Sequence[str] | None = None
) -> go.Figure:
    """The metric against each parameter."""
    return sweep.plot_slice(metric, params)


def learning_curves(
    sweep: Any, metric: str | None = None, x: str = "step", log: bool | None = None
) -> go.Figure:
    """A metric of each run over steps, time or another metric."""
    return sweep.plot_learning_curves(metric, x, log)


def dependence(
    sweep: Any, metric: str | None = None, params: Sequence[str] | None = None
) -> go.Figure:
    """What the metric would be over each parameter, with a band that shows how sure."""
    return sweep.plot_dependence(metric, params)


def contour(
    sweep: Any, metric: str | None = None, params: Sequence[str] | None = None
) -> go.Figure:
    """The metric over two parameters, as a forest predicts it, the runs as points."""
    return sweep.plot_contour(metric, params)


def rank(sweep: Any, metric: str | None = None, params: Sequence[str] | None = None) -> go.Figure:
    """Pairs of parameters, the runs coloured by their rank in the metric."""
    return sweep.plot_rank(metric, params)


def edf(sweep: Any, metric: str | None = None, others: Sequence[Any] = ()) -> go.Figure:
    """The share of runs that reached a value of the metric, of several sweeps a line each."""
    return sweep.plot_edf(metric, others)


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


def comparison(sweep: Any, *others: Any, **options: Any) -> go.Figure:
    """Best so far and all values of sweeps side by side; options are those of `Sweep.compare`."""
    return sweep.compare(*others, **options).plot()
