"""Keeps the axes, the ranking and the outlook of a panel fresh, within a share of the time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from nbsweep import threads
from nbsweep.analysis.logged import logged_names
from nbsweep.errors import SweepError
from nbsweep.panel import analyses
from nbsweep.panel.axes import Axes
from nbsweep.panel.jobs import Jobs
from nbsweep.panel.series import Answer, Question, ReadHistory, SeriesReader
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.findings import findings
from nbsweep.view.model import (
    PanelChart,
    PanelFinding,
    PanelImportance,
    PanelOutlook,
    PanelVolume,
)

Found = TypeVar("Found")

LOADED_FROM = 8  # ended runs, shortly before there are enough for a ranking
SHARE = 0.005  # of the time, that axes, ranking and outlook may cost
URGENT_SHARE = 0.05  # the same for what no longer fits the runs
GROWTH = 1.5  # so many times the runs that it was made from, and it no longer fits them
RANKING_S = 1.0  # between two rankings at least


class Due:
    """When an analysis is made again: after a while by what it cost, sooner where it is false.

    Args:
        clock: seconds.
        shortest_s: between two times at least.
    """

    def __init__(self, clock: Callable[[], float], shortest_s: float = 0.0) -> None:
        self._clock = clock
        self._shortest_s = shortest_s
        self._made: tuple[float, float, int] | None = None  # when, cost in s, from how many runs

    def is_due(self, n_runs: int, *, is_outgrown: bool = False) -> bool:
        """Whether to make it again, now that so many runs have ended.

        Args:
            n_runs: that have ended.
            is_outgrown: there is something that has no place in it.
        """
        if self._made is None:
            return True
        at, cost_s, made_with = self._made
        if n_runs == made_with and not is_outgrown:
            return False
        urgent = is_outgrown or n_runs >= GROWTH * made_with
        wait_s = max(self._shortest_s, cost_s / (URGENT_SHARE if urgent else SHARE))
        return abs(self._clock() - at) >= wait_s  # the clock may be set back

    def made(self, n_runs: int, cost_s: float) -> None:
        """It was made, from the runs that had ended, in so many seconds of processor time."""
        self._made = self._clock(), cost_s, n_runs

    def forget(self) -> None:
        """Have it made again at once."""
        self._made = None


class Analyst:
    """The analyses of one panel; rankings and charts are made on a thread of its own.

    Args:
        clock: unix time in seconds.
        on_news: called on that thread when `importance` or `outlook` may have changed.
        timer: processor seconds of the calling thread.
        history: reads rows of a run; None where nobody can.

    Attributes:
        importance, outlook, hypervolume: the newest there are; None before the first.
        findings: the newest there are.
        logged: the metrics whose curves can be asked for.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        on_news: Callable[[], None],
        timer: Callable[[], float] = threads.cpu_time,
        history: ReadHistory | None = None,
    ) -> None:
        self.importance: PanelImportance | None = None
        self.outlook: PanelOutlook | None = None
        self.hypervolume: PanelVolume | None = None
        self._timer = timer
        self.findings: list[PanelFinding] = []
        self.logged: list[str] = []
        self._on_news = on_news
        self._series = SeriesReader(history) if history is not None else None
        self._jobs = Jobs("nbsweep-analyst")
        self._axes: Axes | None = None
        self._axes_due = Due(clock)
        self._ranking_due = Due(clock, RANKING_S)
        self._outlook_due = Due(clock, RANKING_S)
        self._is_ranking = False
        self._end = threading.Lock()  # what was begun before `finish` must not come after it
        self._is_finished = False
        self._asked: dict[str, int] = {}  # how often each chart was

    def axes(self, snapshot: Snapshot, config: SweepConfig) -> Axes:
        """The axes, made from this snapshot when that is due."""
        ended = _ended(snapshot)
        old = self._axes
        if old is not None and not self._axes_due.is_due(ended, is_outgrown=old.is_outgrown):
            return old
        analyses.load_axes()  # what imports take says nothing of the next axes
        began = self._timer()
        axes = analyses.axes(snapshot, config)
        if self._series is not None:
            self.logged = logged_names(snapshot.runs)
        if (
            old is not None
            and not old.is_outgrown
            and (old.listed, old.names) == (axes.listed, axes.names)
        ):
            axes = old  # rows need not find their places again
        self._axes = axes
        self._axes_due.made(ended, self._timer() - began)
        return axes

    def forget_axes(self) -> None:
        """Have the next axes made from the next snapshot."""
        self._axes = None

    def rank_when_due(self, snapshot: Snapshot, config: SweepConfig) -> None:
        """Have the parameters ranked on the analyst's thread, when runs have ended."""
        if self._is_ranking or self._is_finished:
            return
        if self._ranking_due.is_due(_ended(snapshot)):
            self._is_ranking = True
            self._jobs.put(lambda: self._rank(snapshot, config))

    def finish(self, snapshot: Snapshot, config: SweepConfig) -> None:
        """Rank all runs of the last snapshot at once; nothing is ranked after that."""
        with self._end:
            self._is_finished = True
        self._axes_due.forget()
        known = analyses.where_possible
        self.importance = analyses.ranking_or_why(snapshot, config)
        self.outlook = known(analyses.outlook, snapshot, config)
        self.hypervolume = known(analyses.volume, snapshot, config)
        self.findings = findings(snapshot, config)

    def analyse(
        self,
        answer: Callable[[PanelImportance | None, str], None],
        snapshot: Snapshot,
        config: SweepConfig,
        **what: Any,
    ) -> None:
        """Rank parameters on the analyst's thread for somebody who asks.

        Args:
            answer: takes the ranking, or None and what is wrong.
            snapshot: with curves.
            config: of the sweep.
            what: see `analyses.ranking`.
        """
        self._answer(
            answer,
            lambda: analyses.ranking(snapshot, config, **what),
            "It could not be ranked: ",
        )

    def draw(
        self,
        answer: Callable[[PanelChart | None, str], None],
        snapshot: Snapshot,
        config: SweepConfig,
        name: str,
    ) -> None:
        """Draw a further chart on the analyst's thread, once where it is asked for again meanwhile.

        Args:
            answer: takes the chart, or None and what is wrong.
            snapshot: with curves.
            config: of the sweep.
            name: see `analyses.chart`.
        """
        number = self._asked[name] = self._asked.get(name, 0) + 1

        self._answer(
            answer,
            lambda: analyses.chart(snapshot, config, name),
            "It could not be drawn: ",
            is_wanted=lambda: number == self._asked[name],  # else a newer one is to come
        )

    def series(
        self, answer: Callable[[Answer | None, str], None], snapshot: Snapshot, question: Question
    ) -> None:
        """Read curves on the analyst's thread.

        Args:
            answer: takes the curves, or None and what is wrong.
            snapshot: of now.
            question: what is asked for.
        """

        def read() -> Answer:
            if self._series is None:
                raise SweepError("Nothing here reads what runs have logged.")
            return self._series.answer(snapshot, question)

        self._answer(answer, read)

    def close(self) -> None:
        """End the thread."""
        self._jobs.close()

    def _answer(
        self,
        answer: Callable[[Found | None, str], None],
        find: Callable[[], Found | None],
        failed: str = "",
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Have something found on the analyst's thread, for a page that waits for an answer.

        Args:
            answer: takes what was found, or None and what is wrong.
            find: finds it.
            failed: what an error that is not ours begins with.
            is_wanted: whether it still is, when its turn has come.
        """

        def job() -> None:
            if not is_wanted():
                return
            found, error = None, ""
            try:
                found = find()
            except SweepError as wrong:
                error = str(wrong)
            except Exception as wrong:  # noqa: BLE001 - the page waits for an answer
                error = f"{failed}{type(wrong).__name__}: {wrong}"
            answer(found, error)

        self._jobs.do(job)

    def _rank(self, snapshot: Snapshot, config: SweepConfig) -> None:
        with suppress(ImportError):  # the ranking says so
            # A second or two that do not measure what a ranking costs.
            analyses.load(with_forest=_ended(snapshot) >= LOADED_FROM)
        began = self._timer()
        try:
            importance = analyses.ranking_or_why(snapshot, config)
            hypervolume = analyses.volume(snapshot, config)
            found = findings(snapshot, config)
        finally:
            self._ranking_due.made(_ended(snapshot), self._timer() - began)
            self._is_ranking = False
        outlook = self._outlook_when_due(snapshot, config)
        with self._end:
            if self._is_finished:
                return
            self.importance, self.outlook = importance, outlook
            self.hypervolume, self.findings = hypervolume, found
        self._on_news()

    def _outlook_when_due(self, snapshot: Snapshot, config: SweepConfig) -> PanelOutlook | None:
        if not self._outlook_due.is_due(_ended(snapshot)):
            return self.outlook
        began = self._timer()
        try:
            return analyses.outlook(snapshot, config)
        finally:
            self._outlook_due.made(_ended(snapshot), self._timer() - began)


def _ended(snapshot: Snapshot) -> int:
    return sum(run.state.ended for run in snapshot.runs)
