"""What trackio, MLflow, TensorBoard's writers and Ray Tune wrote, read without them."""

import json
import math
import shutil
import sqlite3
import struct
from pathlib import Path

import pytest
import yaml

import nbsweep
from nbsweep.errors import StoreError, UsageError
from nbsweep.importers import bring_in
from nbsweep.importers.assembly import Wishes
from nbsweep.importers.mlflow_store import read_experiment
from nbsweep.importers.ray_results import read_results
from nbsweep.importers.tensorboard_logs import read_logs
from nbsweep.importers.trackio_store import read_project
from nbsweep.runs import session
from nbsweep.sweep_config import parse

LOSS = Wishes(metric="loss")


def refusal(read, *arguments, error=UsageError):
    with pytest.raises(error) as caught:
        read(*arguments)
    return str(caught.value)


def curve(run, name="loss"):
    return [row.values[name] for row in run.history if name in row.values]


def brought_in(foreign):
    return nbsweep.Sweep(bring_in(foreign, session.store(), "p"))


# trackio


def test_a_project_of_trackio_becomes_a_sweep(written_by):
    folder = written_by("trackio")
    foreign = read_project(folder / "trackio", LOSS)
    sweep = brought_in(foreign)
    assert sweep.name == "digits"
    assert [run.params for run in sweep.runs] == [
        {"lr": 0.1, "model.depth": 2, "batch_size": 16},
        {"lr": 0.01, "model.depth": 3, "batch_size": 32},
        {"lr": 0.001, "model.depth": 2, "batch_size": 64},
    ]
    assert [run.metric for run in sweep.runs] == [1.3333, 0.4333, 0.3433]
    assert curve(foreign.runs[1]) == [1.1, 0.6, 0.4333]
    assert math.isnan(foreign.runs[0].summary["odd"])
    assert (sweep.runs[0].name, sweep.runs[0].group) == ("run 0", "grid")
    assert sweep.runs[0].config == {"lr": 0.1, "model": {"depth": 2}, "batch_size": 16}
    assert foreign.notes[0] == "trackio does not keep how a run ended: all count as finished."


def test_a_project_is_found_by_its_file_by_its_name_and_in_trackios_folder(written_by, monkeypatch):
    folder = written_by("trackio") / "trackio"
    before = sorted(path.name for path in folder.iterdir())
    monkeypatch.setenv("TRACKIO_DIR", str(folder))
    for path in (folder / "digits.db", "digits", None):
        assert len(read_project(path, LOSS).runs) == 3
    assert sorted(path.name for path in folder.iterdir()) == before  # nothing was written
    shutil.copy(folder / "digits.db", folder / "other.db")
    assert refusal(read_project, None, LOSS) == (
        f"{folder} has 2 projects: digits, other. Name one: nbsweep import trackio digits."
    )
    assert refusal(read_project, "nonesuch", LOSS) == "There is no file 'nonesuch'."
    monkeypatch.setenv("TRACKIO_DIR", str(folder / "none"))
    assert refusal(read_project, None, LOSS) == (
        f"trackio has no projects in {folder / 'none'}. Name the project's file, or set "
        "TRACKIO_DIR."
    )


def test_a_project_of_an_older_trackio_has_runs_by_name():
    with sqlite3.connect("old.db") as connection:
        connection.executescript(
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT,"
            " step INTEGER, metrics TEXT);"
            "CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT,"
            " created_at TEXT);"
        )
        for number in (1, 2):
            name, time = f"run{number}", "2025-08-01T10:00:00"
            config = json.dumps({"lr": number, "_Username": "me"})
            connection.execute(
                "INSERT INTO configs (run_name, config, created_at) VALUES (?, ?, ?)",
                (name, config, time),
            )
            connection.execute(
                "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, 0, ?)",
                (time, name, json.dumps({"loss": number / 2})),
            )
    connection.close()
    runs = read_project("old.db", LOSS).runs
    assert [(run.name, run.params, run.summary) for run in runs] == [
        ("run1", {"lr": 1}, {"loss": 0.5}),
        ("run2", {"lr": 2}, {"loss": 1.0}),
    ]


def test_what_a_killed_writer_left_beside_its_database_counts(written_by):
    """SQLite in WAL mode keeps the last writes in a file of its own until it is closed."""
    path = written_by("trackio") / "trackio" / "odd name? #1.db"
    path.with_name("digits.db").rename(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE metrics SET metrics = '{\"loss\": 9}' WHERE run_name = 'run 2'")
        connection.commit()
        assert path.with_name(f"{path.name}-wal").stat().st_size > 0
        assert read_project(path, LOSS).runs[2].summary == {"loss": 9}
    connection.close()


def test_a_database_of_something_else_is_refused():
    sqlite3.connect("empty.db").execute("CREATE TABLE t (x)").connection.close()
    assert refusal(read_project, "empty.db", LOSS, error=StoreError) == (
        "empty.db is not a project of trackio's: it has no table of metrics."
    )
    assert refusal(read_experiment, "empty.db", LOSS, error=StoreError) == (
        "empty.db is not MLflow's: it has no table of runs."
    )
    Path("text.db").write_text("text")
    assert refusal(read_experiment, "text.db", LOSS, error=StoreError) == (
        "text.db is not a SQLite file."
    )
    assert refusal(read_project, "text.db", LOSS, error=StoreError) == (
        "text.db cannot be read: file is not a database."
    )


# MLflow


@pytest.mark.parametrize("store", ["mlflow.db", "mlruns"])
def test_an_experiment_of_mlflow_becomes_a_sweep(written_by, store):
    foreign = read_experiment(written_by("mlflow") / store, LOSS, "digits")
    sweep = brought_in(foreign)
    assert [run.name for run in sweep.runs] == ["run 0", "run 1", "run 2", "run 3"]
    assert sweep.runs[1].params == {"lr": 0.01, "model.depth": 3, "batch_size": 32}
    assert sweep.runs[1].config == {"lr": 0.01, "model": {"depth": 3}, "batch_size": 32}
    assert [run.state for run in sweep.runs] == ["finished"] * 3 + ["failed"]
    assert [run.metric for run in sweep.runs][:3] == [1.3333, 0.4333, 0.3433]
    assert curve(foreign.runs[1]) == [1.1, 0.6, 0.4333]
    assert curve(foreign.runs[1], "val/acc") == [0.5, 0.6, 0.7]
    odd = foreign.runs[1].summary
    assert math.isnan(odd["odd"])
    assert odd["big"] == math.inf
    assert (sweep.runs[0].notes, sweep.runs[0].tags) == ("a note", ["stage:dev"])
    assert sweep.runs[0].duration_s > 0


def test_the_experiment_has_to_be_named_where_several_have_runs(written_by, monkeypatch):
    folder = written_by("mlflow")
    monkeypatch.chdir(folder)
    for path in ("mlflow.db", "sqlite:///mlflow.db", "mlruns", f"file://{folder}/mlruns", "."):
        message = refusal(read_experiment, path, LOSS)
        assert message.endswith(
            "has runs of several experiments. It has 'digits', 'other'. Name one: "
            "--experiment NAME."
        )
    assert refusal(read_experiment, "mlflow.db", LOSS, "digit") == (
        "mlflow.db has no experiment 'digit' with runs. Did you mean \"digits\"? "
        "It has 'digits', 'other'."
    )
    assert refusal(read_experiment, "http://localhost:5000", LOSS) == (
        "http://localhost:5000: only MLflow's SQLite files and its folder mlruns can be read. "
        "Export the runs: mlflow.search_runs().to_csv(…), then nbsweep import csv."
    )
    foreign = read_experiment("mlflow.db", Wishes(), "2")  # by its id
    assert foreign.config["metric"]["name"] == "m"
    experiment = next(path for path in Path("mlruns").glob("*/meta.yaml") if "other" in
                      path.read_text()).parent  # fmt: skip
    assert len(read_experiment(experiment, Wishes()).runs) == 1
    (run,) = (path for path in experiment.iterdir() if path.is_dir() and path.name != "tags")
    assert refusal(read_experiment, run, LOSS) == (
        f"{run} is a single run. Name the folder of its experiment."
    )


def test_runs_that_mlflow_deleted_and_parents_without_anything_stay_behind(written_by):
    folder = written_by("mlflow")
    for store in ("mlflow.db", "mlruns"):
        names = [run.name for run in read_experiment(folder / store, LOSS, "digits").runs]
        assert not {"deleted", "search"} & set(names)


# TensorBoard


@pytest.mark.parametrize("writer", ["tensorboardx", "torch"])
def test_event_files_with_hyperparameters_become_a_sweep(written_by, writer):
    foreign = read_logs(written_by("tensorboard") / writer, Wishes())
    assert foreign.config["metric"] == {"name": "hparam/loss", "goal": "minimize"}
    sweep = brought_in(foreign)
    assert [run.name for run in sweep.runs] == ["run0", "run1", "run2"]
    first = sweep.runs[0]
    assert (first.params["lr"], first.params["depth"], first.params["batch_size"]) == (0.1, 2, 16)
    assert first.params["opt"] == "adam"
    assert first.metric == pytest.approx(1.3333)
    assert curve(foreign.runs[0]) == pytest.approx([2.0, 1.5, 1.3333])
    assert curve(foreign.runs[0], "val/acc") == pytest.approx([0.5, 0.6, 0.7])
    if writer == "torch":  # add_scalars: a folder for each curve
        assert curve(foreign.runs[0], "both_b/both") == pytest.approx([4.0, 3.0, 2.6666])


def test_several_sessions_below_one_folder_are_several_runs(written_by):
    folder = written_by("tensorboard") / "tensorboardx"
    for number in (1, 2):
        (inner,) = (path for path in (folder / f"run{number}").iterdir() if path.is_dir())
        inner.rename(folder / "run0" / inner.name)
        shutil.rmtree(folder / f"run{number}")
    foreign = read_logs(folder, Wishes())
    assert sorted(run.params["lr"] for run in foreign.runs) == [0.001, 0.01, 0.1]


def test_an_event_file_is_read_as_far_as_it_goes(written_by):
    folder = written_by("tensorboard") / "tensorboardx" / "run0"
    (path,) = folder.glob("*.tfevents.*")
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    foreign = read_logs(folder, LOSS)
    assert len(curve(foreign.runs[0])) == 3
    assert len(curve(foreign.runs[0], "val/acc")) == 2
    assert foreign.notes[0].startswith(f"{path.name} is damaged after ")
    path.write_bytes(data[:5])
    assert "damaged after 0 of 5 bytes" in read_logs(folder, Wishes()).notes[0]


def test_lightnings_hparams_are_the_parameters(written_by):
    folder = written_by("tensorboard") / "tensorboardx"
    for number in range(3):
        version = folder / f"run{number}"
        for inner in version.iterdir():
            if inner.is_dir():
                shutil.rmtree(inner)
        params = {"lr": 10.0**-number, "optimizer": {"name": "adam"}}
        (version / "hparams.yaml").write_text(yaml.safe_dump(params))
    foreign = read_logs(folder, LOSS)
    assert foreign.config["parameters"]["optimizer"]["parameters"]["name"] == {"value": "adam"}
    (folder / "run1" / "hparams.yaml").write_text("{}\n")
    assert read_logs(folder, LOSS).notes[0] == "1 of 3 runs do not say what was set: left out."


def test_python_objects_in_lightnings_hparams_are_plain_values(written_by):
    folder = written_by("tensorboard") / "tensorboardx" / "run0"
    (folder / "hparams.yaml").write_text(
        "args: !!python/object:argparse.Namespace\n  width: 8\n"
        "sizes: !!python/tuple [1, 2]\nact: !!python/name:torch.nn.ReLU ''\n"
    )
    (run,) = read_logs(folder, LOSS).runs
    assert (run.params["args.width"], run.params["sizes"]) == (8, [1, 2])


def test_logs_that_do_not_say_what_was_set_are_refused(written_by):
    folder = written_by("tensorboard") / "tensorboardx"
    for inner in folder.glob("run*/*"):
        if inner.is_dir():
            shutil.rmtree(inner)
    assert refusal(read_logs, folder, LOSS) == (
        f"{folder} has 3 runs, but none says what was set: neither add_hparams nor "
        "hparams.yaml. Write a table of parameters and metrics and use nbsweep import csv."
    )
    empty = folder / "empty"
    empty.mkdir()
    assert refusal(read_logs, empty, LOSS) == (
        f"{empty} has no event files of TensorBoard's (*.tfevents.*)."
    )


def test_numbers_in_tensors_are_scalars_and_other_tensors_are_not(tmp_path):
    from tests.importers.test_wandb_offline import field

    def event(tag, dtype, content, size=None):
        shape = b"" if size is None else field(2, field(2, field(1, size)))
        tensor = field(1, dtype) + shape + content
        value = field(1, tag) + field(8, tensor) + field(9, field(1, field(1, "scalars")))
        return field(1, 5.0) + field(2, 7) + field(5, field(1, value))

    fixed32 = bytes([5 << 3 | 5]) + struct.pack("<f", 0.5)
    events = [
        event("float", 1, fixed32),
        event("packed", 1, field(5, struct.pack("<f", 0.5))),
        event("raw", 2, field(4, struct.pack("<d", 0.25))),
        event("long", 9, field(4, struct.pack("<q", -3))),
        event("vector", 1, field(4, struct.pack("<2f", 1, 2)), size=2),
        event("text", 7, field(8, "words")),
    ]
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(b"".join(struct.pack("<QI", len(e), 0) + e + bytes(4) for e in events))
    (tmp_path / "hparams.yaml").write_text("lr: 1\n")
    (run,) = read_logs(tmp_path, Wishes(metric="float")).runs
    assert run.summary == {"float": 0.5, "packed": 0.5, "raw": 0.25, "long": -3.0}
    assert [row.step for row in run.history] == [7]


# Ray Tune


def test_an_experiment_of_ray_tune_becomes_a_sweep(written_by):
    foreign = read_results(written_by("ray") / "digits", Wishes())
    assert foreign.config["metric"] == {"name": "loss", "goal": "minimize"}
    sweep = brought_in(foreign)
    assert (sweep.name, len(sweep.runs)) == ("digits", 6)
    assert sweep.runs[0].params == {"lr": 0.1, "model.depth": 2, "batch_size": 16}
    assert sweep.runs[0].config == {"lr": 0.1, "model": {"depth": 2}, "batch_size": 16}
    assert curve(foreign.runs[0]) == [2.0, 1.5, 1.3333, 1.25]
    assert foreign.runs[0].summary["val"] == {"acc": 0.8}
    states = [run.state for run in sweep.runs]
    assert states == ["finished"] * 4 + ["failed"] * 2
    assert sweep.runs[4].error == "ValueError: diverged"
    assert sweep.runs[0].duration_s > 0
    assert foreign.notes[0] == (
        "Ray does not keep which trials its scheduler stopped: they count as finished."
    )


def test_trials_are_read_without_the_state_and_from_their_tables(written_by):
    folder = written_by("ray") / "digits"
    (state,) = folder.glob("experiment_state-*.json")
    state.unlink()
    trials = sorted(path for path in folder.iterdir() if path.is_dir())
    (trials[0] / "result.json").write_text("")  # as after a full disk
    result = trials[1] / "result.json"
    result.write_text(result.read_text()[:-30])  # as after a kill
    foreign = read_results(folder, LOSS)
    assert curve(foreign.runs[0]) == [2.0, 1.5, 1.3333, 1.25]
    assert foreign.runs[0].summary["val/acc"] == 0.8
    assert curve(foreign.runs[1]) == [1.1, 0.6, 0.4333]
    states = [run.state for run in foreign.runs]
    assert states == ["finished", "crashed", "finished", "finished", "failed", "failed"]


def test_the_state_of_an_older_ray_is_understood(written_by):
    folder = written_by("ray") / "digits"
    (state,) = folder.glob("experiment_state-*.json")
    trials = sorted(path for path in folder.iterdir() if path.is_dir())
    words = ["TERMINATED", "ERROR", "RUNNING", "PENDING", "TERMINATED", "TERMINATED"]
    checkpoints = [
        json.dumps({"status": word, "trial_id": trial.name[:5], "logdir": f"/data/{trial.name}"})
        for word, trial in zip(words, trials, strict=True)
    ]
    state.write_text(json.dumps({"checkpoints": checkpoints, "runner_data": {}}))
    foreign = read_results(folder, LOSS)
    assert [run.state for run in foreign.runs] == ["finished", "failed", "finished", "finished"]
    assert "2 of 6 runs had not ended: left out." in foreign.notes


def test_the_folder_above_is_enough_and_one_below_is_too_little(written_by):
    folder = written_by("ray")
    assert len(read_results(folder, Wishes()).runs) == 6
    (trial, *_) = sorted(path for path in (folder / "digits").iterdir() if path.is_dir())
    assert refusal(read_results, trial, Wishes()) == (
        f"{trial} is a single trial. Name the folder of its experiment."
    )
    shutil.copytree(folder / "digits", folder / "other")
    assert refusal(read_results, folder, Wishes()) == (
        f"{folder} has 2 experiments: digits, other. Name one of them."
    )
    empty = folder / "empty"
    empty.mkdir()
    assert refusal(read_results, empty, Wishes()) == (
        f"{empty} has no results of Ray Tune's: an experiment's folder has one for each trial, "
        "with params.json and result.json."
    )


def without_a_point(folder):
    """A search over six points that has one left to run."""
    shutil.rmtree(next(folder.glob("train_*")))
    return folder


@pytest.mark.parametrize(
    ("program", "read"),
    [
        ("trackio", lambda folder: read_project(folder / "trackio", LOSS)),
        ("mlflow", lambda folder: read_experiment(folder / "mlruns", LOSS, "digits")),
        ("tensorboard", lambda folder: read_logs(folder / "torch", LOSS)),
        ("ray", lambda folder: read_results(without_a_point(folder / "digits"), LOSS)),
    ],
)
def test_what_was_read_can_be_learnt_from_and_resumed(written_by, program, read):
    foreign = read(written_by(program))
    parse(foreign.config)
    sweep = brought_in(foreign)

    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config["lr"]})

    before = len(sweep.runs)
    nbsweep.resume(sweep.id, train, count=1, show=False)
    assert len(sweep.runs) == before + 1
    assert sweep.runs[-1].state == "finished"
