"""What early termination would have saved, to be shown: `Sweep.early_termination_preview`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from html import escape

from nbsweep.analysis.front import lead
from nbsweep.continued import with_present_curves
from nbsweep.records import Curve, RunRecord, RunState, Snapshot
from nbsweep.search.early_termination import next_check, stops
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
        best: number of the best run, None without one.
        front: numbers of the runs on the front of a sweep with several objectives; () else.
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
        """Whether the best run, or all runs of the front, would have gone on to their end."""
        return all(
            stop.number != self.best and stop.number not in self.front for stop in self.stops
        )

    @property
    def verdict(self) -> str:
        """The preview in one sentence."""
        share = self.saved / self.iterations if self.iterations else 0.0
        text = (
            f"{len(self.stops)} of {plural(self.runs, 'run')} would have been stopped, "
            f"{self.saved} of {plural(self.iterations, 'iteration')} ({share:.0%}) saved"
        )
        if self.front and self.stops:
            return f"{text}; {self._fate_of_front()}."
        if self.best is None or not self.stops:
            return f"{text}."
        fate = "would have gone on" if self.keeps_best else "would have been lost"
        return f"{text}; the best run, {self.best}, {fate}."

    def _fate_of_front(self) -> str:
        stopped = {stop.number for stop in self.stops}
        n_lost = sum(number in stopped for number in self.front)
        runs = plural(len(self.front), "run")
        lost = f"{n_lost} would have been lost" if n_lost else "none would have been lost"
        return f"of the {runs} on the front {lost}"

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
    ended = [
        run for run in snapshot.runs if run.state.counts and snapshot.curves[run.id].iterations
    ]
    found = lead(ended, config)
    return EarlyTerminationPreview(
        stops=tuple(_would_be_stopped(config, ended, snapshot.curves)),
        runs=len(ended),
        iterations=sum(snapshot.curves[run.id].iterations for run in ended),
        best=found.best.number if found.best else None,
        front=tuple(run.number for run in found.front),
    )


def _would_be_stopped(
    config: SweepConfig, runs: Sequence[RunRecord], curves: Mapping[str, Curve]
) -> list[StopPreview]:
    """The stops in the order of their time; runs have ended and logged the metric."""
    rule = config.early_terminate
    if rule is None:
        return []
    by_id = {run.id: run for run in runs}
    params = {run.id: run.params for run in runs}
    whole = {run.id: curves[run.id] for run in runs}
    shown: dict[str, Curve] = {}
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
        shown[run_id] = _until(full, iteration)
        for decision in stops(config, list(shown.values()), judged, params, {run_id}):
            curve = shown[decision.run_id]
            done, last = curve.iterations, whole[decision.run_id].iterations
            shown[decision.run_id] = replace(curve, state=RunState.STOPPED)
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


def _until(curve: Curve, iteration: int) -> Curve:
    """What a run under way had shown after so many iterations."""
    values = curve.values[:iteration]
    return replace(curve, values=values, diverged=iteration - len(values), state=RunState.RUNNING)
