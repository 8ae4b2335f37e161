"""Check on a machine with an NVIDIA GPU that sweeps share it as they promise.

    python tools/gpu_check.py                 # 200 runs by processes, 200 by threads
    python tools/gpu_check.py --device cpu    # a dry run of this script, without its GPU checks

Short trainings of a small network run through ``executor="processes", workers=4`` on one
GPU, one of which asks for more memory than there is. It alone may fail; the others
finish; the memory of the GPU, of the workers and of the agent's own process is the same
from run 20 on; ``CUDA_VISIBLE_DEVICES`` names one device in each worker. The same with
threads. Needs PyTorch, no network. One line a check; exit code 1 when one fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

import nbsweep

RUNS = 200
GREEDY = 57  # the run that asks for too much
SETTLED = 20  # runs after which memory is to stay
WORKERS = 4
SLACK_MIB = 64.0  # a quarter of what one leaked training would add in 180 runs
SAMPLE_S = 0.2
MIB = 2.0**20


@dataclass
class Checks:
    """What was checked so far; prints as it goes."""

    failed: int = 0

    def say(self, good: bool, text: str) -> None:
        """One line."""
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {text}", flush=True)


@dataclass
class Samples:
    """Memory by number of ended runs, in MiB."""

    runs: list[int] = field(default_factory=list)
    agent: list[float] = field(default_factory=list)
    gpu: list[float] = field(default_factory=list)

    def growth(self, values: list[float]) -> float:
        """By how much the last quarter is above the first one after run SETTLED."""
        settled = [v for n, v in zip(self.runs, values, strict=True) if n >= SETTLED]
        quarter = max(1, len(settled) // 4)
        if not settled:
            return float("inf")
        early, late = settled[:quarter], settled[-quarter:]
        return sum(late) / len(late) - sum(early) / len(early)


def train() -> None:
    """A few steps on random images; run GREEDY wants more memory than there is."""
    import torch

    run = nbsweep.init()
    device = os.environ["GPU_CHECK_DEVICE"]
    torch.manual_seed(run.config["seed"])
    if run.config["seed"] == GREEDY:
        if device == "cpu":
            raise torch.OutOfMemoryError("dry run: a GPU would have no memory left")
        _, total = torch.cuda.mem_get_info()
        torch.empty(2 * total, dtype=torch.uint8, device=device)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(10)
    ).to(device)
    images, labels = torch.rand(256, 1, 28, 28), torch.randint(10, (256,))
    model(images[:1].to(device))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
        loss.backward()
        optimizer.step()
        run.log({"loss": loss.item()})
    run.summary["pid"] = os.getpid()
    run.summary["visible"] = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    run.summary["worker_mib"] = psutil.Process().memory_info().rss / MIB
    if device != "cpu":
        run.summary["torch_mib"] = torch.cuda.memory_allocated() / MIB


def gpu_used_mib(device: str) -> float:
    """Memory in use on the GPU, by all processes."""
    if device == "cpu":
        return 0.0
    import torch

    free, total = torch.cuda.mem_get_info()
    return (total - free) / MIB


@contextmanager
def sampling(sweep: nbsweep.Sweep, device: str) -> Iterator[Samples]:
    """Watch the memory beside the agent."""
    samples, done = Samples(), threading.Event()
    process = psutil.Process()

    def watch() -> None:
        while not done.wait(SAMPLE_S):
            samples.runs.append(sum(run.state not in ("pending", "running") for run in sweep.runs))
            samples.agent.append(process.memory_info().rss / MIB)
            samples.gpu.append(gpu_used_mib(device))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def check(executor: str, device: str, runs: int, checks: Checks) -> None:
    """One sweep of `runs` points by `executor`."""
    config = {
        "method": "grid",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"seed": {"values": list(range(1, runs + 1))}},
    }
    sweep_id = nbsweep.sweep(config, project="gpu-check")
    sweep = nbsweep.Sweep(sweep_id)
    options: dict[str, Any] = {"workers": WORKERS, "executor": executor, "show": False}
    if executor == "processes" and device != "cpu":
        options["workers_per_gpu"] = WORKERS
    began = time.monotonic()
    with sampling(sweep, device) as samples:
        nbsweep.agent(sweep_id, train, **options)
    took = time.monotonic() - began
    report(executor, device, sweep.runs, samples, took, checks)


def report(
    executor: str, device: str, runs: list[Any], samples: Samples, took: float, checks: Checks
) -> None:
    """The checks of one sweep."""
    by_seed = {run.params["seed"]: run for run in runs}
    finished = [run for run in runs if run.state == "finished"]
    failed = [run.params["seed"] for run in runs if run.state != "finished"]
    checks.say(
        failed == [GREEDY] and len(by_seed) == len(runs),
        f"{executor}: {len(finished)} of {len(runs)} runs finished in {took:.0f} s; "
        f"not finished: {failed} (only {GREEDY} may be)",
    )
    error = (by_seed[GREEDY].error or "").strip().splitlines()[-1:] if GREEDY in by_seed else []
    checks.say(
        bool(error) and "memory" in error[0].lower(),
        f"{executor}: run {GREEDY} failed for want of memory: {error[0][:80] if error else '-'}",
    )
    growth = samples.growth(samples.agent)
    checks.say(
        growth < SLACK_MIB,
        f"{executor}: the agent's process grew by {growth:.0f} MiB after run {SETTLED}",
    )
    if executor == "processes":
        _report_workers(finished, device, checks)
    if device != "cpu":
        growth = samples.growth(samples.gpu)
        checks.say(
            growth < SLACK_MIB,
            f"{executor}: the GPU's memory in use grew by {growth:.0f} MiB after run {SETTLED}",
        )


def _report_workers(finished: list[Any], device: str, checks: Checks) -> None:
    by_pid: dict[int, list[Any]] = {}
    for run in finished:
        by_pid.setdefault(run.summary["pid"], []).append(run)
    checks.say(len(by_pid) == WORKERS, f"processes: {len(by_pid)} workers, none was replaced")
    first = SETTLED // WORKERS
    sizes = [[run.summary["worker_mib"] for run in mine[first:]] for mine in by_pid.values()]
    growth = max((of_one[-1] - of_one[0] for of_one in sizes if of_one), default=0.0)
    checks.say(growth < SLACK_MIB, f"processes: workers grew by at most {growth:.0f} MiB")
    if device == "cpu":
        return
    visible = sorted({run.summary["visible"] for run in finished})
    checks.say(
        len(visible) == 1 and visible[0] != "" and "," not in visible[0],
        f"processes: CUDA_VISIBLE_DEVICES is {' or '.join(map(repr, visible))} in each worker",
    )


def main() -> int:
    """All checks; 0 when each held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each sweep, at least {GREEDY}")
    given = parser.parse_args()
    os.environ["GPU_CHECK_DEVICE"] = given.device
    checks = Checks()
    if given.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            print("No GPU that PyTorch can use: nothing was checked. --device cpu is a dry run.")
            return 1
        print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NBSWEEP_DIR"] = folder
        os.chdir(folder)
        for executor in ("processes", "threads"):
            check(executor, given.device, given.runs, checks)
    print("All checks hold." if not checks.failed else f"{checks.failed} checks failed.")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
