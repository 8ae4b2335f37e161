"""The plots of a sweep, as methods of `Sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from nbsweep.handles import figures, saving

if TYPE_CHECKING:
    from pathlib import Path

    import plotly.graph_objects as go

    from nbsweep.analysis.importance import Method
    from nbsweep.handles.saving import SavedFigures
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

    def slice(self, metric: str | None = None, params: Sequence[str] | None = None) -> go.Figure:
        """A plotly figure: the metric against each parameter, a panel each.

        Args:
            metric: another metric than the sweep's.
            params: names of the parameters to draw; by default all, at most 16.

        Raises:
            UsageError: there is no parameter of that name.
        """
        return figures.slices(self.stored, metric, params)

    def plot_learning_curves(
        self, metric: str | None = None, x: str = "step", log: bool | None = None
    ) -> go.Figure:
        """A plotly figure: a metric of each run as it was logged.

        How a run ended is marked at its last point: stopped early, failed, running; a ring
        where it was continued. Of hundreds of runs the best and some others are drawn.

        Args:
            metric: any that the runs logged; by default the sweep's.
            x: "step", "time" since the run began, or another metric, such as "epoch".
            log: whether the metric's axis is logarithmic; by default where that shows more.

        Example:
            >>> sweep.plot_learning_curves("val.accuracy", x="epoch")
        """
        return figures.learning_curves(self.stored, metric, x, log)

    def plot_dependence(
        self, metric: str | None = None, params: Sequence[str] | None = None
    ) -> go.Figure:
        """A plotly figure: what the metric would be over a parameter, all else as it is.

        Partial dependence of a random forest, with a band that shows how sure it is: where
        8 in 10 forests lie that were grown on resampled runs (Friedman 2001).

        Args:
            metric: another metric than the sweep's.
            params: names of parameters, a panel each; by default the six most important.

        Raises:
            UsageError: there is no parameter of that name.
        """
        return figures.dependence(self.stored, metric, params)

    def plot_contour(
        self, metric: str | None = None, params: Sequence[str] | None = None
    ) -> go.Figure:
        """A plotly figure: the metric over two parameters, the runs as points.

        The cells are what a random forest predicts, all other parameters as in the runs;
        where it predicts nothing, the subtitle says so.

        Args:
            metric: another metric than the sweep's.
            params: names of two parameters; by default the two most important.

        Raises:
            UsageError: there is no parameter of that name, or these are not two.
        """
        return figures.contour(self.stored, metric, params)

    def plot_rank(
        self, metric: str | None = None, params: Sequence[str] | None = None
    ) -> go.Figure:
        """A plotly figure: pairs of parameters, the runs coloured by their rank.

        Args:
            metric: another metric than the sweep's.
            params: names of parameters, all pairs of which are drawn; by default the four
                most important.

        Raises:
            UsageError: there is no parameter of that name.
        """
        return figures.rank(self.stored, metric, params)

    def plot_edf(self, metric: str | None = None, others: Sequence[Plots] = ()) -> go.Figure:
        """A plotly figure: the share of runs that reached a value of the metric, or a better one.

        How good the search space is by itself, apart from its one best run.

        Args:
            metric: another metric than the sweep's.
            others: further sweeps to compare it with, a line each.
        """
        return figures.edf(self.stored, metric, [other.stored for other in others])

    def plot_timeline(self) -> go.Figure:
        """A plotly figure: who worked when, a lane for each worker and a bar for each run.

        Thin bars are runs that were handed out and had not begun; parts of one that went on
        after an end are bars of their own; long times in which nothing ran are cut out. The
        subtitle says how busy the workers were.
        """
        return figures.timeline(self.stored)

    def plot_correlation(
        self, metric: str | None = None, method: Literal["spearman", "pearson"] = "spearman"
    ) -> go.Figure:
        """A plotly figure: how parameters and results go together, as a matrix.

        Categories are compared by the correlation ratio, two of them by Cramér's V, both
        corrected for how many categories there are. Of many parameters those are shown that go
        with the metric most.

        Args:
            metric: another summary key to look at; the sweep's own by default.
            method: "spearman" (of ranks) or "pearson" (of places on the axes, so of the
                logarithm where the axis is logarithmic).

        Raises:
            UsageError: there is no such method.
        """
        return figures.correlation(self.stored, metric, method)

    def plot_rungs(self) -> go.Figure:
        """A plotly figure: how many runs reached each rung of early termination and stopped there.

        Beside it what they showed, the threshold, and where they were stopped; the subtitle
        says what that saved.
        """
        return figures.rungs(self.stored)

    def plot_surrogate(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: what the search's model believes along each parameter.

        Through the best run, all other parameters as they are in it; the band holds the metric
        without its noise with 68 % probability. For methods other than "bayes" it is what that
        model would believe of the runs.

        Args:
            metric: one of the sweep's `metrics`; the first objective by default.
        """
        return figures.surrogate(self.stored, metric)

    def plot_calibration(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: what was predicted of runs against what came, and the share that held.

        Args:
            metric: one of the sweep's `metrics`; the first objective by default.
        """
        return figures.calibration(self.stored, metric)

    def plot_cost(self, metric: str | None = None, by: str = "_runtime") -> go.Figure:
        """A plotly figure: what runs cost against what they came to, with the front of the two.

        Args:
            metric: another summary key to look at; the sweep's own by default.
            by: a summary key of which less is better, such as "parameters"; by default the
                seconds that a run took.
        """
        return figures.cost(self.stored, metric, by)

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

    def save_figures(
        self,
        folder: str | Path,
        formats: Sequence[str] | str = ("svg",),
        names: Sequence[str] | str | None = None,
        metric: str | None = None,
        theme: str = "light",
    ) -> SavedFigures:
        """Write the plots as files, one each: ``figures/history.svg`` and so on.

        SVG needs nothing beside nbsweep; PNG and PDF are drawn by matplotlib, or by kaleido
        where only that is installed. Files of these names are replaced.

        Args:
            folder: where to write; made where it is not there.
            formats: "svg", "png" and "pdf", or some of them.
            names: of plots, such as "history" or "contour"; by default all that make sense
                for the sweep.
            metric: another metric than the sweep's.
            theme: "light" or "dark".

        Returns:
            The paths; printed they also say which plots were left out, and why, as
            ``.left_out`` does.

        Raises:
            UsageError: there is no such format, plot or theme; a file cannot be written.
            MissingDependencyError: for PNG or PDF, without matplotlib. Nothing is written.

        Example:
            >>> sweep.save_figures("figures", formats=("svg", "pdf"), names=["history", "rank"])
        """
        return saving.save_figures(self.stored, folder, formats, names, metric, theme)

    plot_parallel_coordinates = parallel_coordinates
    plot_importance = importance
    plot_history = history
    plot_slice = slice  # noqa: A003 - the method above
    plot_front = front
    plot_hypervolume = hypervolume
