"""Runs that are a part of another one, as the folds of a cross-validation are.

`init(group=…)` inside a sweep's open run makes one, in its thread, in another one or in a
process that the training code started. It is no suggestion and no observation; when the
parent ends without a value of the sweep's metric, it takes the mean over its children,
and their standard deviation as ``metric.sd``.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbsweep import sweep_config
from nbsweep.errors import RunStopped
from nbsweep.records import Metric, RunRecord, RunState, is_number
from nbsweep.runs import session
from nbsweep.runs.folders import run_folder
from nbsweep.runs.identity import AgentIdentity, new_id
from nbsweep.runs.run import Run
from nbsweep.store import open_store
from nbsweep.store.base import Store

PARENT = "NBSWEEP_PARENT_RUN"
PARENT_STORE = "NBSWEEP_PARENT_STORE"


class ChildRun(Run):
    """A part of a sweep's run.

    Args:
        record: the claimed run, with its parent's id.
        store: where both are.
        metric: of the parent's sweep.
        parent: the parent, when it lives in this process.
        clock: unix time in seconds.
    """

    def __init__(
        self,
        record: RunRecord,
        store: Store,
        metric: Metric | None,
        parent: Run | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(record, store, run_folder(store, record.id), clock)
        self.parent = parent
        if parent is not None:
            self._channel.follow(parent._channel)
        self._follow(metric)

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Add metrics to the run's history, see `Run.log`; a stop of its parent ends it too."""
        if self.parent is not None and self.parent.stop_reason is not None:
            raise RunStopped(self.parent.id, self.parent.stop_reason, self.parent.stop_state)
        super().log(data, step, commit, sync)

    def _take_parts(self, state: RunState) -> None:
        """It has none."""


def child_of_open_run(
    handed_out: Run | None, labels: Mapping[str, Any], clock: Callable[[], float]
) -> ChildRun | None:
    """A new part of the run in whose middle `init` was called, None when it was in none.

    Args:
        handed_out: the run that an agent or `ask` gave to this context.
        labels: name, group, … as given to `init`; without a group there is no child.
        clock: unix time in seconds.
    """
    if labels.get("group") is None:
        return None
    if handed_out is not None:
        if not handed_out.is_open:
            return None
        previous = session.current_run()
        if isinstance(previous, ChildRun) and previous.parent is handed_out:
            previous.finish()
        record, store, metric = handed_out.as_record(), handed_out.store, handed_out.metric
    elif os.environ.get(PARENT) and not session.live_runs():
        store = open_store(os.environ.get(PARENT_STORE))
        record = store.run(os.environ[PARENT])
        if record.state.ended:
            return None
        metric = _metric_of(record, store)
    else:
        return None
    claimed = store.claim_run(_record(record, len(store.runs(parent_id=record.id)), labels, clock))
    return ChildRun(claimed, store, metric, handed_out, clock)


def _metric_of(record: RunRecord, store: Store) -> Metric | None:
    if record.sweep_id is None:
        return None
    return sweep_config.parse(store.sweep(record.sweep_id).config).metric


def _record(
    parent: RunRecord, before: int, labels: Mapping[str, Any], clock: Callable[[], float]
) -> RunRecord:
    now, agent = clock(), AgentIdentity.create()
    return RunRecord(
        id=new_id(),
        project=parent.project,
        parent_id=parent.id,
        name=str(labels.get("name") or f"{parent.name}-part-{before + 1}"),
        state=RunState.RUNNING,
        config=dict(parent.config),
        agent_id=agent.id,
        host=agent.host,
        pid=agent.pid,
        created_at=now,
        started_at=now,
        heartbeat_at=now,
        notes=labels.get("notes"),
        tags=tuple(labels.get("tags", ())),
        group=labels.get("group"),
        job_type=labels.get("job_type"),
    )


def metric_of_parts(parts: Sequence[RunRecord], metric: Metric) -> dict[str, float]:
    """The metric of a run from its finished parts: their mean, and ``name.sd`` for two or more.

    The standard deviation is that of a sample (n − 1).
    """
    finished = [metric.of(part.summary) for part in parts if part.state is RunState.FINISHED]
    values = [value for value in finished if value is not None]
    if not values:
        return {}
    mean = math.fsum(value / len(values) for value in values)
    result = {metric.name: mean}
    if len(values) > 1:
        # Scaled, so that squares of huge values do not overflow.
        largest = max(abs(value - mean) for value in values) or 1.0
        squares = math.fsum(((value - mean) / largest) ** 2 for value in values)
        result[f"{metric.name}.sd"] = largest * math.sqrt(squares / (len(values) - 1))
    return {name: value for name, value in result.items() if is_number(value)}
