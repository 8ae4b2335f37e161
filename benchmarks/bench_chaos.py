"""kill -9 of agents at random during one long sweep: what is lost, by `tools/chaos.py`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from common import Row, give

RUNS = int(os.environ.get("BENCH_CHAOS_RUNS", "2000"))
KILLS = RUNS // 10
LOST_S = 0.5
CHAOS = Path(__file__).parents[1] / "tools" / "chaos.py"


def storm(store: str) -> Row:
    command = [sys.executable, str(CHAOS), "--runs", str(RUNS), "--kills", str(KILLS)]
    command += ["--store", store, "--lost-s", str(LOST_S)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout, file=sys.stderr)
    lost = re.search(r"at most ([\d.]+) s", done.stdout)
    if lost is None:
        raise SystemExit(done.stderr)
    wrong = done.stdout.count("WRONG: ")
    checked = (
        "nothing lost, changed, skipped or done twice" if not wrong else f"{wrong} things wrong"
    )
    integrity = ", integrity check ok" if "integrity check ok" in done.stdout else ""
    return Row(
        f"chaos: {KILLS} × kill -9 of 4 agents in {RUNS:,} runs",
        {"sqlite": "nbsweep, SQLite", "postgres": "nbsweep, PostgreSQL"}[store],
        f"{checked}{integrity}; at most {lost[1]} s of history",
        f"nothing, ≤ {LOST_S:g} s",
        done.returncode == 0,
    )


def main() -> None:
    from tests.postgres import missing_postgres

    rows = [storm("sqlite")]
    if missing_postgres():
        print(missing_postgres(), file=sys.stderr)
    else:
        rows.append(storm("postgres"))
    give(rows)


main()
