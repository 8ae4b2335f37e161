"""16 processes claim the points of one grid on one PostgreSQL: each point exactly once.

The server is private and on this machine; it shares the cores with the 16 processes.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time

from common import Row, give

PROCESSES = 16
POINTS = int(os.environ.get("BENCH_POINTS", "10000"))
TARGET_PER_S = 500


def claim(url: str, sweep_id: str, gate: object, tellings: object) -> None:
    """Claim points until none is left; tell their numbers."""
    from nbsweep.control.controller import Controller, Halt
    from nbsweep.runs.identity import AgentIdentity
    from nbsweep.store import open_store

    controller = Controller(open_store(url), sweep_id, AgentIdentity.create(), str)
    controller.config.space  # noqa: B018 - parsed before the clock starts
    claimed = []
    gate.wait()
    while not isinstance(order := controller.next_order(), Halt):
        claimed.append((order.run.number, order.run.params["x"], order.run.params["y"]))
    tellings.put(claimed)


def main() -> None:
    import nbsweep
    from tests.postgres import PostgresServer, missing_postgres

    if missing_postgres():
        give([])
        print(missing_postgres(), file=sys.stderr)
        return
    with PostgresServer() as server:
        url = os.environ["NBSWEEP_STORE"] = server.new_database()
        side = round(POINTS**0.5)
        axis = {"values": list(range(side))}
        sweep_id = nbsweep.sweep({"method": "grid", "parameters": {"x": axis, "y": axis}})
        spawn = multiprocessing.get_context("spawn")
        gate, tellings = spawn.Barrier(PROCESSES + 1), spawn.Queue()
        processes = [
            spawn.Process(target=claim, args=(url, sweep_id, gate, tellings), daemon=True)
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        gate.wait()
        begin = time.perf_counter()
        told = [tellings.get() for _ in processes]
        seconds = time.perf_counter() - begin
        for process in processes:
            process.join()
    claims = [claim for claimed in told for claim in claimed]
    assert sorted(number for number, *_ in claims) == list(range(1, side**2 + 1))
    assert {(x, y) for _, x, y in claims} == {(x, y) for x in range(side) for y in range(side)}
    rate = len(claims) / seconds
    give(
        [
            Row(
                f"{len(claims):,} grid points claimed by {PROCESSES} processes",
                f"nbsweep {nbsweep.__version__}, PostgreSQL",
                f"{rate:,.0f}/s, each once",
                f">= {TARGET_PER_S}/s",
                rate >= TARGET_PER_S,
            )
        ]
    )


if __name__ == "__main__":
    main()
