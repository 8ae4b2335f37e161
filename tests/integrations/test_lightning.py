"""Lightning's own W&B logger, unmodified, and ours."""

import pytest

import nbsweep

PACKAGES = ["lightning", "pytorch_lightning"]


@pytest.fixture(params=PACKAGES)
def sweeps(request, sweeps_of):
    """The sweeps of one of the packages: as_wandb and ours."""
    found = sweeps_of("lightning", needs="lightning pytorch_lightning")
    ways = [(name.split(), sweep) for name, sweep in found.items()]
    return {way: sweep for (package, way), sweep in ways if package == request.param}


def test_its_wandb_logger_logs_to_the_run_of_the_sweep(sweeps):
    slow, fast = sweeps["as_wandb"].runs
    assert (slow.params, fast.params) == ({"learning_rate": 0.01}, {"learning_rate": 0.1})
    assert slow.config["hidden"] == 4  # of save_hyperparameters
    losses = [row["train_loss"] for row in fast.history() if "train_loss" in row]
    assert len(losses) == 8  # 2 epochs of 4 batches
    checks = [row for row in fast.history() if "val_loss" in row]
    assert [row["trainer/global_step"] for row in checks] == [3, 7]
    assert [row["epoch"] for row in checks] == [0, 1]
    assert fast.metric == checks[-1]["val_loss"] < slow.metric
    assert sweeps["as_wandb"].best_run().id == fast.id
    kept = nbsweep.Api().run(f"lightning/{fast.id}").logged_artifacts()
    assert [(each.name.partition(":")[0], each.type) for each in kept] == [
        (f"model-{fast.id}", "model"),
        (f"model-{fast.id}", "model"),
    ]
    assert "best" in kept[-1].aliases
    assert "notes" in fast.summary  # a Table


def test_our_logger_logs_the_same(sweeps):
    theirs, ours = sweeps["as_wandb"].runs[1], sweeps["ours"].runs[1]
    assert ours.metric == pytest.approx(theirs.metric)
    assert ours.config["hidden"] == 4
    checks = [row for row in ours.history() if "val_loss" in row]
    assert [row["step"] for row in checks] == [3, 7]


def test_our_logger_keeps_checkpoints_in_the_folder_of_the_run(sweeps, done):
    folder, _ = done("lightning")
    for run in sweeps["ours"].runs:
        kept = (folder / "runs" / run.id / "checkpoints").glob("*.ckpt")
        assert [path.name for path in kept] == ["epoch=1-step=8.ckpt"]
