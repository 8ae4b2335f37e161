"""Records and calls that tests of a store are made of."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

from nbsweep.records import (
    HistoryRow,
    RunEnd,
    RunRecord,
    RunState,
    SweepRecord,
)
from nbsweep.store.base import Store

NAN = float("nan")

ODD_VALUES: dict[str, Any] = {
    "infinite": math.inf,
    "minus_infinite": -math.inf,
    "minus_zero": -0.0,
    "tiny": 5e-324,
    "tenth": 0.1,
    "none": None,
    "true": True,
    "beyond_64_bits": 2**200,
    "empty": {},
    "nested": {"layers": [{"units": 64}, {"units": 32}], "a.b": {"": []}},
    "text": "naïve 模型 🚀 \u2028 \x00 \udc80 </script>",
    "ключ": "dict keys too",
}


def a_sweep(sweep_id: str = "sweep001", **fields: Any) -> SweepRecord:
    """A sweep that minimises "loss"."""
    config = {"method": "grid", "metric": {"name": "loss", "goal": "minimize"}}
    defaults: dict[str, Any] = {"project": "demo", "name": None, "config": config, "seed": 7}
    return SweepRecord(id=sweep_id, **{**defaults, "created_at": 100.0, **fields})


def a_run(number: int = 1, sweep_id: str | None = "sweep001", **fields: Any) -> RunRecord:
    """A running run of agent "ann", by default number 1 of the sweep of `a_sweep`."""
    defaults: dict[str, Any] = {
        "id": f"{sweep_id or 'alone'}-{number}-{fields.get('attempt', 0)}",
        "project": "demo",
        "name": f"run-{number}",
        "state": RunState.RUNNING,
        "params": {"lr": 0.1 * number},
        "agent_id": "ann",
        "created_at": 100.0 + number,
        "heartbeat_at": 100.0 + number,
    }
    return RunRecord(sweep_id=sweep_id, number=number, **{**defaults, **fields})


def a_row(step: int, **values: Any) -> HistoryRow:
    """A history row of that step."""
    return HistoryRow(step, 100.0 + step, values)


def end(store: Store, run_id: str, state: RunState = RunState.FINISHED, **fields: Any) -> RunRecord:
    """Finish a run of agent "ann" at time 900."""
    fields = {"summary": {}, "config": {}, "exit_code": 0, "at": 900.0, **fields}
    return store.finish_run(run_id, "ann", RunEnd(state, **fields))


def race(count: int, contender: Callable[[int], object]) -> list[object]:
    """What `contender(0)` … `contender(count - 1)` give when threads start them together.

    An exception counts as the result of its contender.
    """
    results: list[object] = [None] * count
    gate = threading.Barrier(count)

    def enter(index: int) -> None:
        gate.wait()
        try:
            results[index] = contender(index)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[index] = error

    threads = [threading.Thread(target=enter, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
