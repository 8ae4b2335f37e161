"""The helpers for checkpoints: a training that was cut off ends as one that was not."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import nbsweep

LIBRARIES = ["torch", "xgboost", "keras", "lightning"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_training_that_was_cut_off_ends_as_one_that_was_not(library, tmp_path):
    if find_spec(library) is None or find_spec("torch") is None:
        pytest.skip(f"needs {library} and torch")
    program = Path(__file__).parent / "programs" / "with_checkpoints.py"
    done = subprocess.run(
        [sys.executable, str(program), library],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(nbsweep.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cut, whole = json.loads((tmp_path / "results.json").read_text())[library]
    assert (cut["attempts"], cut["state"]) == (2, "finished")
    assert (whole["attempts"], whole["state"]) == (1, "finished")
    assert (len(cut["values"]), len(whole["values"])) == (4, 6), "trained longer by two"
    assert cut["values"] == pytest.approx(whole["values"][:4], rel=1e-5)
    assert len(set(whole["values"])) == 6


def test_a_part_without_a_state_is_refused():
    pytest.importorskip("torch")
    from nbsweep.integrations.torch import TrainingState

    with pytest.raises(TypeError) as caught:
        TrainingState(epoch=3)
    assert str(caught.value) == (
        "TrainingState(epoch=…): int has no state_dict and load_state_dict. Give numbers and "
        "texts to save(): state.save(epoch=3)."
    )


def test_a_checkpoint_that_does_not_fit_is_said_with_the_way_out():
    torch = pytest.importorskip("torch")
    from nbsweep.integrations.torch import TrainingState

    sweep_id = nbsweep.sweep(
        {"method": "grid", "metric": {"name": "loss"}, "parameters": {"n": {"value": 1}}}
    )
    sizes = iter([2, 3])

    def train():
        with nbsweep.init() as run:
            state = TrainingState(model=torch.nn.Linear(next(sizes), 1))
            state.load()
            run.log({"loss": 1.0})
            assert state.save(epoch=1)

    nbsweep.agent(sweep_id, train, show=False, executor="inline")
    sweep = nbsweep.Sweep(sweep_id)
    sweep.continue_run(1)
    nbsweep.agent(sweep_id, train, show=False, executor="inline")
    assert sweep.runs[0].state == "failed"
    last = sweep.runs[0].error.strip().splitlines()
    assert f"nbsweep.Sweep('{sweep_id}').retry(1) begins anew." in last[-1]
    assert sweep.best_run().id == sweep.runs[0].id, "what it had come to stands"
