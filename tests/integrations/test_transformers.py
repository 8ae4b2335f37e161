"""Hugging Face's Trainer with report_to="wandb", its W&B sweeps, and our callback."""

import json

import pytest

import nbsweep


@pytest.fixture
def sweeps(sweeps_of):
    return sweeps_of("transformers")


def test_the_trainer_reports_to_the_run_of_the_sweep(sweeps):
    slow, fast = sweeps["as_wandb"].runs
    assert (slow.params, fast.params) == ({"learning_rate": 0.001}, {"learning_rate": 0.1})
    rows = slow.history()
    assert [row["train/global_step"] for row in rows if "train/loss" in row] == [2, 4]
    (checked,) = [row for row in rows if "eval/loss" in row]
    assert slow.metric == checked["eval/loss"]
    assert slow.summary["train_loss"] > 0
    assert slow.config["learning_rate"] == 0.001
    assert slow.config["hidden_size"] == 8  # of the model
    assert slow.config["model/num_parameters"] > 0
    kept = nbsweep.Api().run(f"transformers/{slow.id}").logged_artifacts()
    assert [each.type for each in kept] == ["model", "model"]  # as it begins, as it ends
    assert "model.safetensors" in {entry.path for entry in kept[-1].files()}


def test_its_hyperparameter_search_runs_a_sweep(sweeps, done):
    _, printed = done("transformers")
    best = json.loads(printed.splitlines()[-1])
    sweep = sweeps["of_transformers"]
    assert [run.config["learning_rate"] for run in sweep.runs] == [0.001, 0.1]
    found = min(sweep.runs, key=lambda run: run.metric)
    assert best == {"run_id": found.id, "objective": pytest.approx(found.metric)}


def test_accelerate_tracks_into_the_run_of_the_sweep(sweeps):
    for run in sweeps["accelerate"].runs:
        rate = run.config["learning_rate"]
        assert [row["eval/loss"] for row in run.history()] == [rate, rate / 2, rate / 3]
        assert run.config["own"] == 1


def test_our_callback_logs_under_the_same_names(sweeps):
    theirs, ours = sweeps["as_wandb"].runs[1], sweeps["ours"].runs[1]
    assert ours.metric == pytest.approx(theirs.metric)
    assert [row["step"] for row in ours.history() if "train/loss" in row] == [2, 4]
    assert "train_runtime" in ours.summary
    assert "train/train_runtime" not in ours.summary
    assert ours.config == {"learning_rate": 0.1}
