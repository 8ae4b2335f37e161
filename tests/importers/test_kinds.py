"""What kind of runs a path holds, and the command that takes it without one."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbsweep.cli import main
from nbsweep.errors import UsageError
from nbsweep.importers.kinds import kind_of

WANDB = '"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","loss"\n'


@pytest.mark.parametrize(
    ("program", "place", "kind"),
    [
        ("wandb", "wandb", "wandb-export"),
        ("wandb", ".", "wandb-export"),
        ("wandb", "wandb/*run0", "wandb-export"),
        ("wandb", "wandb/*run0/*.wandb", "wandb-export"),
        ("trackio", "trackio", "trackio"),
        ("trackio", "trackio/digits.db", "trackio"),
        ("mlflow", "mlflow.db", "mlflow"),
        ("mlflow", "mlruns", "mlflow"),
        ("mlflow", "mlruns/8*", "mlflow"),
        ("mlflow", ".", "mlflow"),
        ("tensorboard", "torch", "tensorboard"),
        ("tensorboard", "torch/run0/events*", "tensorboard"),
        ("ray", "digits", "ray"),
        ("ray", ".", "ray"),
    ],
)
def test_a_path_tells_whose_runs_it_holds(written_by, program, place, kind):
    folder = written_by(program)
    path = folder if place == "." else next(folder.glob(place))
    assert kind_of(str(path)) == kind


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("runs.csv", "lr,loss\n1,2\n", "csv"),
        ("runs.tsv", "lr\tloss\n1\t2\n", "csv"),
        ("wandb.csv", WANDB, "wandb-export"),
        ("runs.jsonl", '{"lr": 1, "loss": 2}\n', "csv"),
        ("runs.json", '[{"config": {"lr": 1}, "summary": {}}]', "wandb-export"),
        ("journal.log", '{"op_code": 0, "study_name": "x"}\n', "optuna"),
    ],
)
def test_a_file_tells_by_its_beginning(name, text, kind):
    Path(name).write_text(text)
    assert kind_of(name) == kind


def test_a_database_tells_by_its_tables():
    sqlite3.connect("s.db").executescript(
        "CREATE TABLE studies (x); CREATE TABLE trials (x)"
    ).connection.close()
    assert kind_of("s.db") == kind_of("sqlite:///s.db") == "optuna"
    assert kind_of("postgresql://host/db") == "optuna"


@pytest.mark.parametrize("name", ["notes.txt.gz", "folder", "other.db"])
def test_what_cannot_be_told_is_asked(name):
    if name == "folder":
        Path(name).mkdir()
    elif name == "other.db":
        sqlite3.connect(name).execute("CREATE TABLE t (x)").connection.close()
    else:
        Path(name).write_text("x")
    with pytest.raises(UsageError) as caught:
        kind_of(name)
    assert str(caught.value) == (
        f"{name}: it cannot be told where these runs come from. Say it: nbsweep import KIND "
        f"{name}, where KIND is csv, mlflow, optuna, ray, tensorboard, trackio or wandb-export."
    )
    with pytest.raises(UsageError, match=r"There is no file 'nonesuch\.csv'\."):
        kind_of("nonesuch.csv")


def call(*arguments):
    return CliRunner().invoke(main, arguments)


def test_import_takes_a_path_and_tells_what_it_is(written_by):
    folder = written_by("mlflow")
    result = call("import", str(folder / "mlruns"), "--experiment", "digits", "--metric", "loss")
    assert result.output.startswith("Read 4 runs from MLflow's experiment digits.\n")
    assert result.exit_code == 0
    (row,) = json.loads(call("ls", "--json").output)
    assert (row["name"], row["best"]) == ("digits", 0.3433)
    for program, place in (("trackio", "trackio"), ("ray", "digits"), ("wandb", "wandb")):
        result = call("import", str(written_by(program) / place), "--metric", "loss")
        assert result.exit_code == 0, result.output
    result = call("import", str(written_by("tensorboard") / "torch"))
    assert "Metric: hparam/loss, minimize" in result.output


def test_each_kind_can_be_said(written_by):
    for kind, place in (
        ("trackio", "trackio"),
        ("mlflow", "mlflow.db"),
        ("tensorboard", "torch"),
        ("ray", "digits"),
    ):
        path = str(written_by(kind) / place)
        more = ["--experiment", "digits"] if kind == "mlflow" else []
        result = call("import", kind, path, "--metric", "loss", "-p", "old", *more)
        assert result.exit_code == 0, result.output
    assert {row["project"] for row in json.loads(call("ls", "--json").output)} == {"old"}


def test_a_kind_that_is_not_there_names_those_that_are():
    result = call("import", "wandb", "runs.csv")
    assert result.exit_code == 2
    assert result.output.endswith(
        "Error: No such command 'wandb'. There are csv, mlflow, optuna, ray, tensorboard, "
        "trackio, wandb-export.\n"
    )
    assert "There is no file 'none.csv'." in call("import", "none.csv").output
