"""What the live view costs a training loop that logs 1,000 rows a second.

The view's thread competes with training for the interpreter, so its processor time is
what it takes away. Beside it: the steps a fixed time allows with the view and without,
in turns; on a busy machine that ratio is mostly noise.
"""

from __future__ import annotations

import time

from common import Row, give, median

import nbsweep
from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.runs.start import run_folder
from nbsweep.view.live import Ahead, CellDisplay, LiveView

RATE = 1_000  # rows a second
SECONDS = 6.0
TURNS = 3
TARGET = 0.01

CONFIG = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {f"p{n}": {"min": 0.0, "max": 1.0} for n in range(6)},
}


def train(steps: list[int]) -> None:
    """Compute all the time, log every millisecond, for `SECONDS`."""
    with nbsweep.init() as run:
        begin = time.perf_counter()
        done, logged, total = 0, 0, 0.0
        while (now := time.perf_counter() - begin) < SECONDS:
            for number in range(200):
                total += number * 0.5
            done += 1
            if now * RATE >= logged:
                run.log({"loss": 1 / (1 + now), "total": total})
                logged += 1
        steps.append(done)


class ViewTimer:
    """Processor seconds of the view's thread, as the view itself reads them."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def __call__(self) -> float:
        self.spent_s = time.thread_time()
        return self.spent_s


def once(timer: ViewTimer | None) -> int:
    """Steps of one run, with a view whose messages are made and thrown away, or without."""
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    steps: list[int] = []
    agent = Agent(
        sweep.store,
        sweep.id,
        AgentOptions(function=lambda: train(steps), count=1),
        folder=lambda run_id: run_folder(sweep.store, run_id),
    )
    if timer is None:
        agent.run()
        return steps[0]
    view = LiveView(
        sweep.stored.snapshots(curves=True),
        agent.controller.config,
        ahead=lambda snapshot: Ahead(agent.new_runs_left(snapshot), 1),
        display=CellDisplay(lambda bundle, display_id, update: None),
        timer=timer,
    )
    view.start()
    agent.run()
    view.stop()
    return steps[0]


def main() -> None:
    with_view, without, spent = [], [], []
    for _ in range(TURNS):
        without.append(once(None))
        timer = ViewTimer()
        with_view.append(once(timer))
        spent.append(timer.spent_s)
    share = median(spent) / SECONDS
    slower = 1 - median([float(n) for n in with_view]) / median([float(n) for n in without])
    give(
        [
            Row(
                f"live view, {RATE:,} rows/s",
                "nbsweep",
                f"{100 * share:.2f} % of the time ({100 * slower:+.1f} % fewer steps)",
                f"≤ {100 * TARGET:.0f} %",
                share <= TARGET,
            )
        ]
    )


main()
