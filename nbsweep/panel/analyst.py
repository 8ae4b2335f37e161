"""Keeps the axes, the ranking and the outlook of a panel fresh, within a share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from nbsweep.errors import SweepError
from nbsweep.panel import analyses
from nbsweep.panel.axes import Axes
from nbsweep.panel.jobs import Jobs
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.findings import findings
from nbsweep.view.model import PanelFinding, PanelImportance, PanelOutlook, PanelVolume

LOADED_FROM = 8  # ended runs, shortly before there are enough for a ranking
SHARE = 0.005  # of the time, that axes, ranking and outlook may cost
RANKING_S = 1.0  # between two rankings at least


class Analyst:
    """The analyses of one panel; rankings are made on a thread of its own.

    Args:
        clock: unix time in seconds.
        on_news: called on that thread when `importance` or `outlook` may have changed.

    Attributes:
        importance, outlook, hypervolume: the newest there are; None before the first.
        findings: the newest there are.
    """

    def __init__(self, clock: Callable[[], float], on_news: Callable[[], None]) -> None:
        self.importance: PanelImportance | None = None
        self.outlook: PanelOutlook | None = None
        self.hypervolume: PanelVolume | None = None
        self.findings: list[PanelFinding] = []
        self._clock = clock
        self._on_news = on_news
        self._jobs = Jobs("nbsweep-analyst")
        self._axes: Axes | None = None
        self._axes_due = (0.0, -1)  # not before this time; ended runs they were made with
        self._ranking_due = (0.0, -1)
        self._outlook_due = 0.0
        self._is_ranking = False
        self._is_finished = False

    def axes(self, snapshot: Snapshot, config: SweepConfig) -> Axes:
        """The axes, made from this snapshot when that is due."""
        due_at, made_with = self._axes_due
        ended = _ended(snapshot)
        old = self._axes
        if old is not None and (
            (ended == made_with and not old.is_outgrown) or self._clock() < due_at
        ):
            return old
        began = time.thread_time()
        axes = analyses.axes(snapshot, config)
        if (
            old is not None
            and not old.is_outgrown
            and (old.listed, old.names) == (axes.listed, axes.names)
        ):
            axes = old  # rows need not find their places again
        self._axes = axes
        self._axes_due = self._clock() + (time.thread_time() - began) / SHARE, ended
        return axes

    def forget_axes(self) -> None:
        """Have the next axes made from the next snapshot."""
        self._axes = None

    def rank_when_due(self, snapshot: Snapshot, config: SweepConfig) -> None:
        """Have the parameters ranked on the analyst's thread, when runs have ended."""
        if self._is_ranking or self._is_finished:
            return
        due_at, made_with = self._ranking_due
        if _ended(snapshot) != made_with and self._clock() >= due_at:
            self._is_ranking = True
            self._jobs.put(lambda: self._rank(snapshot, config))

    def finish(self, snapshot: Snapshot, config: SweepConfig) -> None:
        """Rank all runs of the last snapshot at once; nothing is ranked after that."""
        self._is_finished = True
        self._axes_due = (0.0, -1)
        self.importance = analyses.ranking(snapshot, config)
        self.outlook = analyses.outlook(snapshot, config)
        self.hypervolume = analyses.volume(snapshot, config)
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

        def job() -> None:
            try:
                ranking, error = analyses.ranking(snapshot, config, **what), ""
            except SweepError as wrong:
                ranking, error = None, str(wrong)
            answer(ranking, error)

        self._jobs.put(job)

    def close(self) -> None:
        """End the thread."""
        self._jobs.close()

    def _rank(self, snapshot: Snapshot, config: SweepConfig) -> None:
        if _ended(snapshot) >= LOADED_FROM:
            analyses.load()  # a second or two that do not measure what a ranking costs
        outlook = self._outlook_when_due(snapshot, config)
        began = time.thread_time()
        try:
            importance = analyses.ranking(snapshot, config)
            hypervolume = analyses.volume(snapshot, config)
            found = findings(snapshot, config)
        finally:
            wait_s = max(RANKING_S, (time.thread_time() - began) / SHARE)
            self._ranking_due = (self._clock() + wait_s, _ended(snapshot))
            self._is_ranking = False
        if not self._is_finished:
            self.importance, self.outlook = importance, outlook
            self.hypervolume, self.findings = hypervolume, found
            self._on_news()

    def _outlook_when_due(self, snapshot: Snapshot, config: SweepConfig) -> PanelOutlook | None:
        if self._clock() < self._outlook_due:
            return self.outlook
        began = time.thread_time()
        outlook = analyses.outlook(snapshot, config)
        few = _ended(snapshot) < LOADED_FROM
        cost_s = 0.0 if few else time.thread_time() - began
        self._outlook_due = self._clock() + max(RANKING_S, cost_s / SHARE)
        return outlook


def _ended(snapshot: Snapshot) -> int:
    return sum(run.state.ended for run in snapshot.runs)
