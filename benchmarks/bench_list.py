"""What lists cost in a store with a long past: `bench_list.py nbsweep [ROWS]`.

100 sweeps of 50 runs with 10,000,000 history rows in total, written by SQL. Processor
time, as in bench_cli: of commands beyond the same ones in a store with one run, and of
calls in a process that has the store open.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from common import Row, give, median

SWEEPS, RUNS_EACH = 100, 50
ROWS = 10_000_000
REPEATS = 5
TARGET_S = 0.3
CONFIG = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"min": 0.0001, "max": 0.1}, "batch": {"values": [16, 32, 64]}},
}
COPY_SWEEP = """
    INSERT INTO sweeps ({names}) SELECT {values} FROM sweeps, nth WHERE sweeps.id = :sweep"""
COPY_RUN = """
    INSERT INTO runs ({names}) SELECT {values} FROM runs, sweeps, nth WHERE runs.id = :run"""
HISTORY = """
    INSERT INTO history (run_id, "row", step, time_s, "values")
    SELECT runs.id, n, n, 1700000000.0 + n,
           '{"loss":' || (1.0 / (n + 1) + runs.number / 100.0) || ',"epoch":' || n || '}'
    FROM runs, nth ORDER BY runs.id, n"""


def small(path: Path) -> tuple[str, str]:
    """Write a store of one sweep with one run, and give their ids."""
    import nbsweep

    nbsweep.setup(f"sqlite:///{path}")
    sweep_id = nbsweep.sweep(CONFIG, project="bench")
    nbsweep.agent(sweep_id, lambda: nbsweep.init().log({"loss": 1.0}), count=1, show=False)
    return sweep_id, nbsweep.Sweep(sweep_id).runs[0].id


def fill(path: Path, rows: int) -> None:
    """Write the store: one sweep with one run by nbsweep, the others as copies of them."""
    import sqlite3

    sweep_id, run_id = small(path)
    each = rows // (SWEEPS * RUNS_EACH)
    with closing(sqlite3.connect(path)) as base, base:
        names = {
            table: [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
            for table in ("sweeps", "runs")
        }
        base.execute("CREATE TEMP TABLE nth (n INTEGER PRIMARY KEY)")

        def numbers(first: int, end: int) -> None:
            base.execute("DELETE FROM nth")
            base.executemany("INSERT INTO nth VALUES (?)", ((n,) for n in range(first, end)))

        def copy(statement: str, table: str, changed: dict[str, str], key: dict[str, str]) -> None:
            columns = names[table]
            values = [changed.get(name, f'{table}."{name}"') for name in columns]
            quoted = ", ".join(f'"{name}"' for name in columns)
            base.execute(statement.format(names=quoted, values=", ".join(values)), key)

        base.execute("DELETE FROM history")
        numbers(1, SWEEPS)
        copy(COPY_SWEEP, "sweeps", {"id": "'s' || n"}, {"sweep": sweep_id})
        numbers(2, RUNS_EACH + 2)
        changed = {
            "id": "sweeps.id || 'r' || n",
            "sweep_id": "sweeps.id",
            "number": "n",
            "history_rows": str(each),
            "summary": "'{\"loss\":' || (n / 100.0) || ',\"_step\":' || n || '}'",
        }
        copy(COPY_RUN, "runs", changed, {"run": run_id})
        base.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        numbers(0, each)
        base.execute(HISTORY)


def child_s(arguments: list[str], folder: Path) -> float:
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "nbsweep", *arguments],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = os.times()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def own_s(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def row(what: str, cost_s: float, more: str = "") -> Row:
    return Row(what, "nbsweep", f"{cost_s:.2f} s{more}", f"≤ {TARGET_S} s", cost_s <= TARGET_S)


def main() -> None:
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else ROWS
    path, empty = Path("list.db").resolve(), Path("empty.db").resolve()
    there, _ = small(empty)
    if not path.exists():
        fill(path, rows)
    import nbsweep

    url = f"sqlite:///{path}"
    nbsweep.setup(url)
    api = nbsweep.Api({"project": "bench"})
    found = []
    for words in (["ls"], ["show", "s1"], ["runs", "s1"], ["runs", "s1", "--csv"]):
        base = [word if word != "s1" else there for word in words]
        bare, spent = [], []
        for _ in range(REPEATS):  # interleaved, so that both meet the same load
            bare.append(child_s(["--store", f"sqlite:///{empty}", *base], path.parent))
            spent.append(child_s(["--store", url, *words], path.parent))
        cost_s = median(spent) - median(bare)
        what = f"nbsweep {' '.join(words)}, {rows:,} rows in the store"
        found.append(row(what, cost_s, f" ({median(spent):.2f} s with the start)"))
    calls: dict[str, Callable[[], object]] = {
        "Api().runs(), 5,000 of them": lambda: list(api.runs()),
        "Api().project().sweeps(), 100 of them": lambda: api.project("bench").sweeps(),
        "all sweeps' best_run()": lambda: [s.best_loss for s in api.project("bench").sweeps()],
        "nbsweep.show(), to the first picture": lambda: nbsweep.show("s1").close(),
    }
    for what, call in calls.items():
        call()
        found.append(row(what, median([own_s(call) for _ in range(REPEATS)])))
    give(found)


main()
