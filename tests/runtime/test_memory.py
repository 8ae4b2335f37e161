"""Memory stays flat over many runs of a model in one process."""

import subprocess
import sys

import pytest

from nbsweep.runtime.memory import resident_bytes

SCRIPT = """
import os, sys
os.environ["NBSWEEP_STORE"] = "memory://memory"
import torch
import nbsweep
from nbsweep.runtime.memory import resident_bytes

torch.set_num_threads(1)
sizes = []

def train():
    with nbsweep.init() as run:
        model = torch.nn.Sequential(torch.nn.Linear(500, 1000), torch.nn.Linear(1000, 10))
        model.myself = [model]  # a cycle, as hooks and callbacks make them
        model.huge = torch.ones(2_000_000)  # 8 MB
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(2):
            loss = model(torch.ones(4, 500)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log({"loss": loss})
    sizes.append(resident_bytes())
    if run.number % 5 == 0:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")

sweep_id = nbsweep.sweep(
    {"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}, "metric": {"name": "loss"}}
)
os.environ["WANDB_AGENT_DISABLE_FLAPPING"] = "true"
nbsweep.agent(sweep_id, train, count=200, show=False)
states = [run.state for run in nbsweep.Sweep(sweep_id).runs]
assert states.count("failed") == 40, states
print(max(sizes[20:60]) // 2**20, max(sizes[160:]) // 2**20)
"""


@pytest.mark.slow
@pytest.mark.skipif(resident_bytes() is None, reason="the system does not tell resident memory")
def test_memory_is_flat_over_200_runs_of_a_torch_model_some_of_which_fail():
    pytest.importorskip("torch", reason='pip install "nbsweep[tutorial]"')
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    early_mb, late_mb = map(int, done.stdout.split()[-2:])
    assert late_mb <= early_mb + 60, f"{early_mb} MB in runs 20 to 60, {late_mb} MB in the last 40"
