"""What was read from elsewhere, and how it becomes a sweep with runs."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbsweep import sweep_config
from nbsweep.errors import UsageError
from nbsweep.records import HistoryRow, RunEnd, RunRecord, RunState, SweepRecord, SweepState
from nbsweep.runs.identity import new_id
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig

SEED_BITS = 32
AGENT = "import"  # who owned the runs


@dataclass(frozen=True)
class ForeignRun:
    """A run as another program kept it.

    Attributes:
        params: flat parameter name to value; may lack some.
        summary: last value of each metric.
        state: one of an ended run.
        id: of the run where it comes from, or None.
        name: display name; "" for one that is made up.
        config: the whole config, nested; None for the params alone.
        history: the rows it logged, in order.
        began_at: unix time in seconds, None when unknown.
        ended_at: unix time in seconds, None when unknown.
        error: why it failed, or None.
        notes: free text, or None.
        tags: labels.
        group: label, or None.
        origin: what else is known of why it has its params.
        code_hash: version of the training code, or None.
        console: what it printed.
    """

    params: Mapping[str, Any]
    summary: Mapping[str, Any]
    state: RunState = RunState.FINISHED
    id: str | None = None
    name: str = ""
    config: Mapping[str, Any] | None = None
    history: Sequence[HistoryRow] = ()
    began_at: float | None = None
    ended_at: float | None = None
    error: str | None = None
    notes: str | None = None
    tags: Sequence[str] = ()
    group: str | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    code_hash: str | None = None
    console: str = ""


@dataclass(frozen=True)
class ForeignSweep:
    """Runs of another program that searched one space.

    Attributes:
        source: what was read, in words.
        config: a sweep config for them, not checked yet.
        runs: in the order in which they began.
        notes: remarks for the user about how they were read.
    """

    source: str
    config: Mapping[str, Any]
    runs: Sequence[ForeignRun]
    notes: Sequence[str] = field(default_factory=list)


def by_step(rows: Iterable[tuple[int, float, Mapping[str, Any]]]) -> list[HistoryRow]:
    """Rows in the order of their steps, what was logged at the same step in one.

    Args:
        rows: step, unix time in seconds, values; the later of two values of one name holds.
    """
    steps: dict[int, tuple[float, dict[str, Any]]] = {}
    for step, time_s, values in rows:
        steps.setdefault(step, (time_s, {}))[1].update(values)
    return [HistoryRow(step, *steps[step]) for step in sorted(steps)]


def bring_in(
    foreign: ForeignSweep,
    store: Store,
    project: str,
    changes: Mapping[str, Any] | None = None,
) -> str:
    """Write runs from elsewhere as a finished sweep and return its id.

    Args:
        foreign: what was read.
        store: where to write.
        project: label to file the sweep under.
        changes: top-level keys of the config to replace; None leaves them.

    Raises:
        UsageError: there are no runs.
        ConfigError: the sweep config that results is wrong.
        StoreError: a value cannot be stored.
    """
    sweep, config = sweep_of(foreign, project, changes)
    store.create_sweep(sweep)
    for number, run in enumerate(foreign.runs, start=1):
        record, end = record_of(run, new_id(), number, sweep, config, foreign.source)
        store.claim_run(record)
        store.finish_run(record.id, record.agent_id, end)
    store.set_sweep_state(
        sweep.id, SweepState.FINISHED, reason=f"imported from {foreign.source}", at=time.time()
    )
    return sweep.id


def sweep_of(
    foreign: ForeignSweep, project: str, changes: Mapping[str, Any] | None = None
) -> tuple[SweepRecord, SweepConfig]:
    """The record of a new sweep for these runs, and its config; see `bring_in`."""
    if not foreign.runs:
        raise UsageError(f"{foreign.source} has no runs to import.")
    replaced = {key: value for key, value in (changes or {}).items() if value is not None}
    config = sweep_config.parse({**foreign.config, **replaced})
    sweep = SweepRecord(
        id=new_id(),
        project=project,
        name=config.name,
        config=sweep_config.to_dict(config),
        seed=secrets.randbits(SEED_BITS) if config.seed is None else config.seed,
        created_at=time.time(),
    )
    return sweep, config


def record_of(
    run: ForeignRun,
    run_id: str,
    number: int,
    sweep: SweepRecord,
    config: SweepConfig,
    source: str,
) -> tuple[RunRecord, RunEnd]:
    """A run as a store keeps it while it is under way, and how it ended."""
    ended_at = sweep.created_at if run.ended_at is None else run.ended_at
    began_at = ended_at if run.began_at is None else min(run.began_at, ended_at)
    nested = config.space.nest(run.params) if run.config is None else run.config
    origin = {**run.origin, "method": "imported", "source": source}
    record = RunRecord(
        id=run_id,
        project=sweep.project,
        sweep_id=sweep.id,
        number=number,
        name=run.name or f"imported-{number}",
        state=RunState.RUNNING,
        params=run.params,
        config=nested,
        origin=origin if run.id is None else {**origin, "id": run.id},
        agent_id=AGENT,
        created_at=began_at,
        started_at=None if run.began_at is None or run.ended_at is None else began_at,
        heartbeat_at=ended_at,
        notes=run.notes,
        tags=tuple(run.tags),
        group=run.group,
        code_hash=run.code_hash,
    )
    end = RunEnd(
        run.state,
        run.summary,
        nested,
        exit_code=0 if run.state.counts else 1,
        at=ended_at,
        rows=run.history,
        console=run.console,
        error=run.error,
    )
    return record, end


def incomplete(runs: Sequence[ForeignRun], names: Sequence[str]) -> list[str]:
    """Sentences about parameters that some of the runs do not have."""
    counts = Counter(name for run in runs for name in run.params)
    return [
        f"{name} is missing in {len(runs) - counts[name]} of {len(runs)} runs."
        for name in names
        if counts[name] < len(runs)
    ]
