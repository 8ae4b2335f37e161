"""`nbsweep --help` beyond a bare interpreter, and W&B's: `bench_cli.py nbsweep|wandb`.

Processor time of the child: what a person waits for on an idle machine, and what a busy
one does not falsify.
"""

from __future__ import annotations

import os
import subprocess
import sys

from common import Row, give, median, version

REPEATS = 15
TARGET_MS = 150
BARE = ["-c", "pass"]
HELP = {"nbsweep": ["-m", "nbsweep", "--help"], "wandb": ["-m", "wandb", "--help"]}


def seconds(arguments: list[str]) -> float:
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def main() -> None:
    who = sys.argv[1]
    bare, ours = [], []
    seconds(HELP[who])  # the first one compiles
    for _ in range(REPEATS):  # interleaved, so that both meet the same load
        bare.append(seconds(BARE))
        ours.append(seconds(HELP[who]))
    cost_ms = 1000 * (median(ours) - median(bare))
    what = "--help beyond a bare interpreter"
    if who == "nbsweep":
        give([Row(what, who, f"{cost_ms:.0f} ms", f"≤ {TARGET_MS} ms", cost_ms <= TARGET_MS)])
    else:
        give([Row(what, version(who), f"{cost_ms:.0f} ms")])


main()
