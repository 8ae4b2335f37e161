"""What early termination would have done to runs that have ended: `replay`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from nbsweep.records import Curve, RunRecord, RunState
from nbsweep.search.early_termination import next_check, stops
from nbsweep.sweep_config import SweepConfig


@dataclass(frozen=True)
class ReplayedStop:
    """A run that would have been stopped.

    Attributes:
        run_id: the run.
        iteration: number of values of the metric that it would have logged.
        iterations: number that it did log.
        reason: why, in words.
    """

    run_id: str
    iteration: int
    iterations: int
    reason: str


def replay(
    config: SweepConfig, runs: Sequence[RunRecord], curves: Mapping[str, Curve]
) -> list[ReplayedStop]:
    """The stops that `config.early_terminate` would have made, in the order of their time.

    A run's values are taken to have come evenly between its start and its end, so runs
    that were side by side meet again; a stopped run goes no further and counts with
    what it showed until then. Runs start when they did: that others would have made
    room sooner is left out.

    Args:
        config: the sweep, with the early termination to try.
        runs: ended runs.
        curves: run id → the metric as logged.
    """
    rule = config.early_terminate
    if rule is None:
        return []
    order = {run.id: (run.started_at or run.created_at, run.number, run.attempt) for run in runs}
    whole = {run.id: curves[run.id] for run in runs if curves[run.id].values}
    length_s = {run.id: run.duration_s or 0.0 for run in runs}
    shown: dict[str, Curve] = {}
    judged: dict[str, int] = {}
    stopped: list[ReplayedStop] = []

    def event(run_id: str, iteration: int) -> tuple[float, tuple[float, int, int], int, str]:
        share = iteration / len(whole[run_id].values)
        return order[run_id][0] + share * length_s[run_id], order[run_id], iteration, run_id

    def following(run_id: str, iteration: int) -> int:
        """The iteration at which this run is judged next, else its last one."""
        last = len(whole[run_id].values)
        return min(next_check(rule, iteration) or last, last)

    events = [event(run_id, following(run_id, 0)) for run_id in whole]
    heapify(events)
    while events:
        _, _, iteration, run_id = heappop(events)
        if run_id in shown and shown[run_id].state is RunState.STOPPED:
            continue
        full = whole[run_id]
        shown[run_id] = replace(full, values=full.values[:iteration], state=RunState.RUNNING)
        for decision in stops(config, list(shown.values()), judged):
            curve = shown[decision.run_id]
            done, last = len(curve.values), len(whole[decision.run_id].values)
            shown[decision.run_id] = replace(curve, state=RunState.STOPPED)
            if done < last:  # else it had nothing left to do
                stopped.append(ReplayedStop(decision.run_id, done, last, decision.reason))
        judged[run_id] = iteration
        if iteration == len(full.values):
            if shown[run_id].state is RunState.RUNNING:
                shown[run_id] = full
        elif shown[run_id].state is RunState.RUNNING:
            heappush(events, event(run_id, following(run_id, iteration)))
    return stopped
