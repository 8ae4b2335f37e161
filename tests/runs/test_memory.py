"""Memory stays flat over many runs of a model in one process."""

import os
import subprocess
import sys

import pytest

from nbsweep.runs.memory import ran_out

SCRIPT = """
import os, sys
os.environ["NBSWEEP_STORE"] = "memory://memory"
import torch
import nbsweep
from nbsweep.runs.memory import resident_bytes

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
def test_memory_is_flat_over_200_runs_of_a_torch_model_some_of_which_fail():
    pytest.importorskip("torch", reason='pip install "nbsweep[tutorial]"')
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    early_mb, late_mb = map(int, done.stdout.split()[-2:])
    assert late_mb <= early_mb + 60, f"{early_mb} MB in runs 20 to 60, {late_mb} MB in the last 40"


FORKED = """
import os
from nbsweep.runs.memory import resident_bytes

before = resident_bytes()
if os.fork() == 0:
    held = b"x" * 100_000_000
    print(before < resident_bytes() - 90_000_000, flush=True)
else:
    os.wait()
    print(resident_bytes() < before + 50_000_000)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_tells_its_own_memory():
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


OUT_OF_MEMORY = """
import gc, os, weakref
os.environ["NBSWEEP_STORE"] = "memory://memory"
import torch
import nbsweep

gc.disable()  # what is not let go stays
held, found = [], []

def allocate(model):
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

def train():
    with nbsweep.init() as run:
        found.append([reference() is None for reference in held])
        model = torch.nn.Linear(1000, 1000)
        model.myself = model  # a cycle, as hooks make them
        held.append(weakref.ref(model))
        if run.number == 1:
            try:
                allocate(model)
            except RuntimeError as error:
                raise ValueError("wrapped by a library") from error
        if run.number == 2:
            allocate(model)
        run.log({"loss": float(model(torch.ones(1000)).sum())})

sweep_id = nbsweep.sweep(
    {"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}, "metric": {"name": "loss"}}
)
nbsweep.agent(sweep_id, train, count=3, show=False)
for run in nbsweep.Sweep(sweep_id).runs:
    print(run.state, (run.error or "").strip().splitlines()[-1:])
print(found)
"""


def test_running_out_of_gpu_memory_fails_that_run_and_the_next_one_starts_clean():
    """No GPU is needed: the error is what CUDA's allocator raises through PyTorch."""
    pytest.importorskip("torch", reason='pip install "nbsweep[tutorial]"')
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *lines, found = done.stdout.splitlines()[-4:]
    assert lines[0] == "failed ['ValueError: wrapped by a library']"
    assert lines[1].startswith("failed [")
    assert "OutOfMemoryError: CUDA out of memory. Tried" in lines[1]
    assert lines[2] == "finished []"
    assert found.endswith("[True, True]]"), "models of runs that ended are gone"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", True),
        ("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB", True),
        ("XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating", True),
        ("MemoryError", True),
        ("ValueError: x is two", False),
    ],
)
def test_words_that_say_that_memory_ran_out(error, expected):
    assert ran_out(error) is expected
