"""Ended runs that go on: which of them can, and what the store is told of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Any

from nbsweep.continued import mark_of, present_curve, present_rows
from nbsweep.control.schedule import Schedule
from nbsweep.errors import ClaimConflictError
from nbsweep.records import (
    Continuation,
    Curve,
    HistoryRow,
    Metric,
    RunRecord,
    RunState,
    Snapshot,
    is_diverged,
    is_number,
    lookup,
)
from nbsweep.runs.checkpoint import last_checkpoint
from nbsweep.runs.identity import AgentIdentity
from nbsweep.search.evidence import Evidence
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig


@dataclass(frozen=True)
class GoOn:
    """The controller's decision that an ended run goes on.

    Attributes:
        run: the run, as it was read.
        requested: whether a person asked for it.
        why: why the sweep wants it, in words; None otherwise.
    """

    run: RunRecord
    requested: bool = False
    why: str | None = None


@dataclass
class Reach:
    """Which checkpoints an agent can get at from where it works.

    Args:
        folder: run id → the run's own folder.
        shared: whether every agent of the store sees the same folders.
    """

    folder: Callable[[str], str]
    shared: bool
    _known: dict[str, tuple[float | None, bool, str | None]] = field(default_factory=dict)

    def holds(self, run: RunRecord) -> bool:
        """Whether the folder of a run is here, or can be nowhere else."""
        here = self.shared or run.host in ("", socket.gethostname())
        return here or Path(self.folder(run.id)).is_dir()

    def thaws(self, run: RunRecord, code: str | None) -> bool:
        """Whether an ended run can go on from a checkpoint that this version of the code wrote.

        Args:
            run: an ended run.
            code: version of the training code, None when unknown.
        """
        known = self._known.get(run.id)
        if known is None or known[0] != run.ended_at:
            checkpoint, _ = last_checkpoint(Path(self.folder(run.id)))
            there = checkpoint is not None
            known = (run.ended_at, there, checkpoint.code_hash if checkpoint else None)
            self._known[run.id] = known
        _, there, saved_by = known
        return there and (code is None or saved_by is None or code == saved_by)


def paused_runs(latest: Mapping[int, RunRecord], reach: Reach, code: str | None) -> list[RunRecord]:
    """The runs that early termination stopped and that can go on from here.

    None where the code was seen to ignore a checkpoint: it would begin anew each time.
    """
    for run in latest.values():
        ignored = any(mark.get("anew") for mark in run.continued)
        if ignored and (code is None or run.code_hash in (None, code)):
            return []
    stopped = (run for run in latest.values() if run.state is RunState.STOPPED)
    return [run for run in stopped if reach.thaws(run, code)]


class Thaw:
    """Chooses the paused run that goes on, for one agent.

    Args:
        reach: which checkpoints it can get at.
        code: version of the training code, None when unknown.
    """

    def __init__(self, reach: Reach, code: str | None) -> None:
        self._reach = reach
        self._code = code
        self._nothing: tuple[int, int] | None = None  # runs, and ended ones, at that answer

    def choose(
        self,
        config: SweepConfig,
        known: Evidence,
        snapshot: Snapshot,
        schedule: Schedule,
        params: Mapping[str, Any] | None,
    ) -> GoOn | None:
        """The paused run that is worth more than a new one, None without one.

        Args:
            config: of the sweep.
            known: its runs.
            snapshot: with their curves.
            schedule: what time allows.
            params: of the new run that would be handed out; None when there is none, and only
                what may still become the best goes on.
        """
        # Asked again and again at the end of a sweep: only an end can change the answer.
        present = (len(known.latest), sum(run.state.ended for run in known.latest.values()))
        if params is None and present == self._nothing:
            return None
        paused = paused_runs(known.latest, self._reach, self._code)
        paused = [run for run in paused if known.is_inside(run.params)]
        in_time = schedule.fits(config, known.observations, [run.params for run in paused])
        paused = list(compress(paused, in_time))
        decision = None
        if paused:
            from nbsweep.search import thaw
            from nbsweep.search.curve_model import ShownRun

            shown = {
                run.id: ShownRun(run.params, present_curve(run, snapshot.curves[run.id]))
                for run in known.latest.values()
            }
            stopped = [shown[run.id] for run in paused]
            decision = thaw.next_thaw(config, stopped, list(shown.values()), params)
        if decision is None:
            self._nothing = present if params is None else None
            return None
        run = next(run for run in paused if run.id == decision.run_id)
        return GoOn(run, why=decision.reason)


def elsewhere(wanted: Iterable[RunRecord]) -> str:
    """Says that runs wait for an agent where their checkpoints are."""
    runs = sorted(wanted, key=lambda run: run.number)
    numbers = ", ".join(str(run.number) for run in runs)
    one = len(runs) == 1
    return (
        f"run{'' if one else 's'} {numbers} can only go on where "
        f"{'its checkpoint is' if one else 'their checkpoints are'}: call agent on "
        f"{', '.join(sorted({run.host for run in runs}))}"
    )


def go_on(
    decision: GoOn,
    store: Store,
    agent: AgentIdentity,
    config: SweepConfig,
    snapshot: Snapshot,
    *,
    starts_at_once: bool,
    code: str | None,
    at: float,
) -> RunRecord:
    """Have a run go on, owned by an agent; the run as it is then.

    Args:
        decision: the run, and why.
        store: where it is.
        agent: its new owner.
        config: of its sweep.
        snapshot: of its sweep, with curves or without.
        starts_at_once: whether it does not wait for a worker.
        code: version of the training code that it goes on with.
        at: unix time in seconds.

    Raises:
        ClaimConflictError: another agent was faster, or somebody asked for more meanwhile.
    """
    run_id = decision.run.id
    going_on = _continuation(
        *(decision, store, config, snapshot), starts_at_once=starts_at_once, code=code
    )
    went_on = store.reopen_run(
        *(run_id, agent.id), host=agent.host, pid=agent.pid, at=at, continuation=going_on
    )
    if not went_on:
        raise ClaimConflictError(f"Another agent went on with run {run_id!r} first.")
    return store.run(run_id)


def _continuation(
    decision: GoOn,
    store: Store,
    config: SweepConfig,
    snapshot: Snapshot,
    *,
    starts_at_once: bool,
    code: str | None,
) -> Continuation:
    """What the store is told of a run that goes on; arguments as of `go_on`."""
    run = decision.run
    rows = store.history(run.id)
    curve = snapshot.curves.get(run.id) or _curve(run, rows, config.metric)
    end = max((row.step + 1 for row in rows), default=0)
    others = {
        metric: snapshot.curves_of.get(metric.name, {}).get(run.id) or _curve(run, rows, metric)
        for metric in config.metrics
        if metric != config.metric
    }
    mark = mark_of(run, curve, end, config.metric, others)
    changes = run.continue_requested.get("config", {})
    if decision.requested:
        mark["requested"] = True
    if changes:
        mark["config"] = changes
    if decision.why is not None:
        mark["why"] = decision.why
    state = RunState.RUNNING if starts_at_once else RunState.PENDING
    changed = with_changes(run.config, changes)
    return Continuation(run.ended_at, run.continue_requested, mark, changed, state, code)


def with_changes(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A run's config with other values at some keys: literal ones, else dotted paths."""
    result = dict(config)
    for name, value in changes.items():
        head, _, rest = name.partition(".")
        below = result.get(head)
        if name not in result and rest and isinstance(below, Mapping):
            result[head] = with_changes(below, {rest: value})
        else:
            result[name] = value
    return result


def _curve(run: RunRecord, rows: list[HistoryRow], metric: Metric | None) -> Curve | None:
    if metric is None:
        return None
    logged = [(row.step, lookup(row.values, metric.name)) for row in present_rows(run, rows)]
    finite = [(step, float(value)) for step, value in logged if is_number(value)]
    diverged = 0
    for _, value in reversed(logged):
        if is_number(value):
            break
        diverged += is_diverged(value)
    steps, values = zip(*finite, strict=True) if finite else ((), ())
    return Curve(run.id, run.state, steps, values, len(rows), diverged)
