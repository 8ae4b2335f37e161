"""What a list of sweeps says of each: counts and best values, without the rest of their runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from nbsweep import sweep_config
from nbsweep.control.lost_runs import mark_crashed
from nbsweep.objectives import front_runs, judged
from nbsweep.records import RunRecord, RunResult, Snapshot, SweepRecord
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.picture import expected_total, state_word


def overviews(store: Store, project: str | None = None) -> list[dict[str, Any]]:
    """What a list of sweeps says of each, at the cost of what it says: no curve is read."""
    results, now = store.results(project), time.time()
    return [
        _overview(store, record, results.get(record.id, []), now)
        for record in store.sweeps(project)
    ]


def _overview(
    store: Store, record: SweepRecord, runs: Sequence[RunResult], now: float
) -> dict[str, Any]:
    config = sweep_config.parse(record.config)
    if any(not run.state.ended for run in runs):
        snapshot = store.snapshot(record.id)
        if mark_crashed(store, snapshot.runs):  # as the next agent would: they do not run
            snapshot = store.snapshot(record.id)
    elif record.edits:  # how many runs the grid of now does not have, their params tell
        snapshot = store.snapshot(record.id)
    else:
        snapshot = Snapshot(record, (), {}, 0, now)
    drawn = snapshot.runs or runs
    newest = {run.number: run for run in drawn}  # in order of (number, attempt)
    done, total = sum(run.state.ended for run in newest.values()), expected_total(snapshot, config)
    return {
        "id": record.id,
        "name": record.name or config.name or "",
        "project": record.project,
        "method": config.method,
        "state": state_word(
            snapshot.sweep.state,
            done=done,
            total=None if total is None else max(total, done),
            active=sum(not run.state.ended for run in drawn),
            any_run=bool(drawn),
        ),
        "runs": len(drawn),
        "metric": ", ".join(metric.name for metric in config.objectives) or None,
        "best": _best_value(config, drawn),
        "front": _front_size(config, drawn),
        "created": _date(record.created_at),
    }


def _best_value(config: SweepConfig, runs: Sequence[RunRecord] | Sequence[RunResult]) -> Any:
    """The best value of the runs that keep the limits; None with several objectives."""
    if config.metric is None or config.has_front:
        return None
    kept = (run for run in runs if not config.limits or judged(run, config.metrics).is_feasible)
    return config.metric.best_value(kept)


def _front_size(config: SweepConfig, runs: Sequence[RunRecord] | Sequence[RunResult]) -> int | None:
    """How many runs are on the front of a sweep with several objectives; None with one."""
    if not config.has_front:
        return None
    return len(front_runs(runs, config.metrics))


def _date(time_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s))
