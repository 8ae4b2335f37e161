"""W&B's callbacks for Keras, and ours."""

import pytest

import nbsweep


@pytest.fixture
def sweeps(sweeps_of):
    return sweeps_of("keras")


def test_the_metrics_logger_logs_epochs_and_every_second_batch(sweeps):
    run, _ = sweeps["metrics_logger"].runs
    epochs = [row for row in run.history() if "epoch/epoch" in row]
    assert [row["epoch/epoch"] for row in epochs] == [0, 1]
    assert all(row["epoch/learning_rate"] == pytest.approx(0.3) for row in epochs)
    assert run.metric == epochs[-1]["epoch/val_loss"] < epochs[0]["epoch/val_loss"]
    batches = [row["batch/batch_step"] for row in run.history() if "batch/loss" in row]
    assert batches == [0, 2]  # 2 epochs of 2 batches
    checkpoints = nbsweep.Api().run(f"keras/{run.id}").logged_artifacts()
    assert [entry.path for each in checkpoints for entry in each.files()] == [
        "01.keras",  # Keras counts from 1 here
        "02.keras",
    ]


def test_the_first_callback_keeps_the_best_epoch_and_its_model(sweeps, done):
    folder, _ = done("keras")
    for run in sweeps["first_callback"].runs:
        losses = [row["val_loss"] for row in run.history()]
        assert run.summary["best_val_loss"] == min(losses)
        assert run.summary["best_epoch"] == losses.index(min(losses))
        assert (folder / "runs" / run.id / "model-best.keras").is_file()
        weights = [key for key in run.history()[0] if key.startswith("parameters/")]
        assert len(weights) == 2  # kernel and bias


def test_our_callback_logs_epochs_and_batches(sweeps):
    theirs, ours = sweeps["first_callback"].runs[0], sweeps["ours"].runs[0]
    epochs = [row for row in ours.history() if "epoch" in row]
    assert [row["val_loss"] for row in epochs] == [row["val_loss"] for row in theirs.history()]
    assert epochs[0]["learning_rate"] == pytest.approx(0.3)
    batches = [row["batch/step"] for row in ours.history() if "batch/loss" in row]
    assert batches == [1, 2, 3, 4]


def test_early_termination_ends_a_fit(sweeps):
    runs = sweeps["stopped"].runs
    assert [run.state for run in runs] == ["finished", "finished", "stopped", "stopped"]
    assert [len(run.history()) for run in runs] == [4, 4, 2, 2]
