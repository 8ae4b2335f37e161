"""What early termination would have saved, to be shown: `Sweep.early_termination_preview`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from html import escape

from nbsweep.continued import with_present_curves
from nbsweep.objectives import front_runs
from nbsweep.records import RunRecord, RunState, Snapshot
from nbsweep.search.early_termination import next_check
from nbsweep.search.verdicts import Shown, in_state, shown_runs, stops, until
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import plural

ROWS_SHOWN = 50


@dataclass(frozen=True)
class StopPreview:
    """A run that would have been stopped.

    Attributes:
        number: of the run.
        name: of the run.
        iteration: number of values of the metric that it would have logged.
        saved: number of values that it logged after that.
        reason: why, in words.
    """

    number: int
    name: str
    iteration: int
    saved: int
    reason: str


@dataclass(frozen=True)
class EarlyTerminationPreview:
    """Which ended runs early termination would have stopped; shows itself as text and HTML.

    Attributes:
        stops: one for each run that would have been stopped, the earliest first.
        runs: number of runs that ended and logged the metric.
        iterations: number of values of the metric that they logged.
        best: number of the best run, None without one, and with several objectives.
        front: with several objectives the numbers of the runs that no other is better than,
            the best of the first objective first.
    """

    stops: tuple[StopPreview, ...]
    runs: int
    iterations: int
    best: int | None
    front: tuple[int, ...] = ()

    @property
    def saved(self) -> int:
        """Number of iterations that would not have been made."""
        return sum(stop.saved for stop in self.stops)

    @property
    def keeps_best(self) -> bool:
        """Whether the best run would have gone on to its end; all of the front, where it is one."""
        return not self._lost and all(stop.number != self.best for stop in self.stops)

    @property
    def _lost(self) -> list[int]:
        stopped = {stop.number for stop in self.stops}
        return [number for number in self.front if number in stopped]

    @property
    def verdict(self) -> str:
        """The preview in one sentence."""
        share = self.saved / self.iterations if self.iterations else 0.0
        text = (
            f"{len(self.stops)} of {plural(self.runs, 'run')} would have been stopped, "
            f"{self.saved} of {plural(self.iterations, 'iteration')} ({share:.0%}) saved"
        )
        if self.front and self.stops:
            lost = f"{len(self._lost)} of" if self._lost else "none of"
            return f"{text}; {lost} the {plural(len(self.front), 'run')} on the front lost."
        if self.best is None or not self.stops:
            return f"{text}."
        fate = "would have gone on" if self.keeps_best else "would have been lost"
        return f"{text}; the best run, {self.best}, {fate}."

    def __str__(self) -> str:
        lines = [
            f"  run {stop.number} at iteration {stop.iteration}, {stop.saved} saved: {stop.reason}"
            for stop in self.stops[:ROWS_SHOWN]
        ]
        return "\n".join([self.verdict, *lines, *self._more()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th style="text-align:left">{word}</th>'
            for word in ("run", "stopped at", "saved", "why")
        )
        rows = "".join(
            f"<tr><td>{stop.number} {escape(stop.name)}</td><td>{stop.iteration}</td>"
            f'<td>{stop.saved}</td><td style="text-align:left">{escape(stop.reason)}</td></tr>'
            for stop in self.stops[:ROWS_SHOWN]
        )
        table = f"<table><tr>{head}</tr>{rows}</table>" if rows else ""
        more = "".join(f"<div>{line.strip()}</div>" for line in self._more())
        return f"<div><b>{escape(self.verdict)}</b>{table}{more}</div>"

    def _more(self) -> list[str]:
        hidden = len(self.stops) - ROWS_SHOWN
        return [f"  … and {hidden} more, see .stops"] if hidden > 0 else []


def preview(snapshot: Snapshot, config: SweepConfig) -> EarlyTerminationPreview:
    """The stops that `config.early_terminate` would have made, of a snapshot with curves.

    A run's values are taken to have come evenly between its start and its end, so runs that
    were side by side meet again; a stopped run goes no further and counts with what it
    showed until then. Runs start when they did: that others would have made room sooner is
    left out.
    """
    snapshot = with_present_curves(snapshot)
    shown = shown_runs(config, snapshot)
    ended = [run for run in snapshot.runs if run.state.counts and shown[run.id].iterations]
    front: list[RunRecord] = []
    if config.metrics:
        front = front_runs(ended, config.metrics)
    elif config.metric and (best := config.metric.best_run(ended)):
        front = [best[0]]
    return EarlyTerminationPreview(
        stops=tuple(_would_be_stopped(config, ended, shown)),
        runs=len(ended),
        iterations=sum(shown[run.id].iterations for run in ended),
        best=front[0].number if front and not config.has_front else None,
        front=tuple(run.number for run in front) if config.has_front else (),
    )


def _would_be_stopped(
    config: SweepConfig, runs: Sequence[RunRecord], curves: Mapping[str, Shown]
) -> list[StopPreview]:
    """The stops in the order of their time; runs have ended and logged the metric."""
    rule = config.early_terminate
    if rule is None:
        return []
    by_id = {run.id: run for run in runs}
    params = {run.id: run.params for run in runs}
    whole = {run.id: curves[run.id] for run in runs}
    shown: dict[str, Shown] = {}
    judged: dict[str, int] = {}
    stopped: list[StopPreview] = []

    def event(run_id: str, iteration: int) -> tuple[float, float, int, int, int, str]:
        run, share = by_id[run_id], iteration / whole[run_id].iterations
        began = run.started_at or run.created_at
        at = began + share * (run.duration_s or 0.0)
        return at, began, run.number, run.attempt, iteration, run_id

    def following(run_id: str, iteration: int) -> int:
        """The iteration at which this run is judged next, else its last one."""
        last = whole[run_id].iterations
        return min(next_check(rule, iteration) or last, last)

    events = [event(run_id, following(run_id, 0)) for run_id in whole]
    heapify(events)
    while events:
        *_, iteration, run_id = heappop(events)
        if run_id in shown and shown[run_id].state is RunState.STOPPED:
            continue
        full = whole[run_id]
        shown[run_id] = until(full, iteration)
        for decision in stops(config, list(shown.values()), judged, params, {run_id}):
            curve = shown[decision.run_id]
            done, last = curve.iterations, whole[decision.run_id].iterations
            shown[decision.run_id] = in_state(curve, RunState.STOPPED)
            if done < last:  # else it had nothing left to do
                run = by_id[decision.run_id]
                stopped.append(
                    StopPreview(run.number, run.name, done, last - done, decision.reason)
                )
        judged[run_id] = iteration
        if iteration == full.iterations:
            if shown[run_id].state is RunState.RUNNING:
                shown[run_id] = full
        elif shown[run_id].state is RunState.RUNNING:
            heappush(events, event(run_id, following(run_id, iteration)))
    return stopped
