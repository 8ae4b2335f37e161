"""The plots of a sweep, as methods of `Sweep`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbsweep.handles import figures

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from nbsweep.analysis.importance import Method
    from nbsweep.handles.stored import StoredSweep


class Plots:
    """What a sweep draws: plotly figures, each of the runs there are now.

    Attributes:
        stored: what the store has of the sweep.
    """

    stored: StoredSweep

    def parallel_coordinates(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: an axis per swept parameter, the metric last, coloured by it.

        With several objectives, or limits, all these metrics have an axis at the right.
        """
        return figures.parallel_coordinates(self.stored, metric)

    def importance(
        self,
        metric: str | None = None,
        *,
        method: Method = "forest",
        target: str | None = None,
    ) -> go.Figure:
        """A plotly figure: how much each parameter decides, beside its correlation.

        Args:
            metric: another one than the sweep's.
            method: see `importances`, which has the numbers.
            target: in place of a metric "failed", whether a run fails, or "duration".
        """
        return figures.importance(self.stored, metric, method, target)

    def history(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: the metric of each run and the best so far."""
        return figures.history(self.stored, metric)

    def slice(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: the metric against each parameter."""
        return figures.slices(self.stored, metric)

    def plot_edf(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: the share of runs that reached a value of the metric, or a better one.

        How good the search space is by itself, apart from its one best run.
        """
        return figures.edf(self.stored, metric)

    def front(self) -> go.Figure:
        """A plotly figure: the Pareto front among the runs of a sweep with several objectives.

        Two objectives against each other, or each pair of the first four. Runs on the front
        are orange, dominated ones pale, and those that break a limit hollow; lines show the
        limits, and with two objectives the steps of the front.

        Raises:
            UsageError: the sweep has fewer than two objectives.
        """
        return figures.front(self.stored)

    def hypervolume(self) -> go.Figure:
        """A plotly figure: the hypervolume of the front after each run.

        That is what the front dominates, to a reference point a tenth of its range behind its
        worst values; the caption names it. The numbers are in the first trace:
        ``figure.data[0].x`` are the runs that count, ``.y`` the volume after each of them.

        Raises:
            UsageError: the sweep has fewer than two objectives.

        Example:
            >>> line = sweep.hypervolume().data[0]
            >>> dict(zip(line.x, line.y))
        """
        return figures.hypervolume(self.stored)

    plot_parallel_coordinates = parallel_coordinates
    plot_importance = importance
    plot_history = history
    plot_slice = slice  # noqa: A003 - the method above
    plot_front = front
    plot_hypervolume = hypervolume
