"""Run all benchmarks side by side and write benchmarks/README.md: `run.py [NAME…]`.

With names, such as ``bench_log bench_runs``, only those; the page then says so.

Each one runs in a process and folder of its own; peers that are not installed are
left out and named.
"""

from __future__ import annotations

import datetime
import importlib.util
import sys
import tempfile
from pathlib import Path

from common import Row, in_fresh_process, machine

HERE = Path(__file__).parent
BENCHMARKS = [
    ("bench_import.py", "nbsweep"),
    ("bench_cli.py", "nbsweep"),
    ("bench_cli.py", "wandb"),
    ("bench_log.py", "nbsweep"),
    ("bench_log.py", "wandb"),
    ("bench_log.py", "mlflow"),
    ("bench_log.py", "optuna"),
    ("bench_runs.py", "nbsweep"),
    ("bench_runs.py", "optuna"),
    ("bench_parallel.py", "nbsweep"),
    ("bench_store.py", "nbsweep"),
    ("bench_list.py", "nbsweep"),
    ("bench_chaos.py", "nbsweep"),
    ("bench_view.py", "nbsweep"),
    ("bench_panel.py", "nbsweep"),
    ("bench_click.py", "nbsweep"),
    ("bench_importance.py", "nbsweep"),
    ("bench_importance.py", "optuna"),
    ("bench_takeaways.py", "nbsweep"),
    ("bench_plots.py", "nbsweep"),
    ("bench_plots.py", "optuna"),
]

HEAD = """# Benchmarks

`make bench` measures nbsweep and its peers in one run and rewrites this page. Figures
depend on the machine and on what else it does; compare within one run only.

"""


def main() -> None:
    rows: list[Row] = []
    missing: list[str] = []
    failed: list[str] = []
    wanted = set(sys.argv[1:])
    left_out = sorted({script for script, _ in BENCHMARKS if wanted and script[:-3] not in wanted})
    for script, who in BENCHMARKS:
        if script in left_out:
            continue
        if importlib.util.find_spec(who) is None:
            missing.append(who)
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                found = in_fresh_process(HERE / script, who, folder=folder)
        except SystemExit as error:  # the others' minutes are not to be lost
            print(error, file=sys.stderr)
            failed.append(f"{script} {who}")
            continue
        for row in found:
            print(f"{row.what:44} {row.who:32} {row.figure:28} {row.target:22} {_mark(row)}")
        rows += found
    when = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    text = [HEAD, f"Measured on {when}: {machine()}.\n\n"]
    text.append("| what | who | measured | target | met |\n|---|---|--:|---|---|\n")
    text += [f"| {r.what} | {r.who} | {r.figure} | {r.target} | {_mark(r)} |\n" for r in rows]
    if missing:
        text.append(f"\nNot installed, so not measured: {', '.join(sorted(set(missing)))}.\n")
    if failed:
        text.append(f"\nFailed, so not measured: {', '.join(failed)}.\n")
    if left_out:
        text.append(f"\nLeft out of this run: {', '.join(left_out)}.\n")
    text.append(
        "\nSearch quality against other searchers: `make bench-search`, search/README.md.\n"
    )
    (HERE / "README.md").write_text("".join(text), encoding="utf-8")
    if failed:
        raise SystemExit(f"Failed: {', '.join(failed)}.")


def _mark(row: Row) -> str:
    return "" if row.met is None else "yes" if row.met else "**no**"


main()
