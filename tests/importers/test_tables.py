"""Tables and W&B's exports as sweeps."""

import csv
import json
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.importers import bring_in
from nbsweep.importers.assembly import Wishes
from nbsweep.importers.cells import value_of
from nbsweep.importers.csv_table import read_csv
from nbsweep.importers.wandb_export import read_export
from nbsweep.runs import session
from nbsweep.sweep_config import parse

# As W&B's web app writes it: every cell quoted, empty where a run lacks a value.
WANDB_HEADER = (
    "Name,State,Notes,User,Tags,Created,Runtime,Sweep,batch_size,learning_rate,optimizer.name,"
    "epochs,epoch,train/loss,val_loss"
).split(",")
WANDB_ROWS = [
    "sunny-1,finished,-,me,big fast,2024-03-01T10:00:00.000Z,61,ab12,16,0.001,adam,5,4,0.4,0.5",
    "sunny-2,crashed,-,me,,2024-03-01T10:05:00.000Z,7,ab12,32,0.01,sgd,5,1,0.9,",
    "sunny-3,finished,-,me,,2024-03-01T10:06:00.000Z,60,ab12,16,0.1,adam,5,4,0.2,0.3",
    "sunny-4,running,-,me,,2024-03-01T10:09:00.000Z,3,ab12,32,0.05,adam,5,0,0.8,0.9",
]


def write(text, name="runs.csv"):
    Path(name).write_text(text)
    return name


def wandb_table(name="wandb.csv"):
    with Path(name).open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(WANDB_HEADER)
        writer.writerows(row.split(",") for row in WANDB_ROWS)
    return name


def refusal(read, *arguments, **wishes):
    with pytest.raises(UsageError) as caught:
        read(*arguments, Wishes(**wishes))
    return str(caught.value)


# Any table


def test_a_plain_table_needs_no_words():
    foreign = read_csv(write("lr,layers,loss\n0.1,1,0.5\n0.2,2,0.25\n"), Wishes())
    assert foreign.config == {
        "method": "bayes",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {
            "lr": {"distribution": "uniform", "min": 0.1, "max": 0.2},
            "layers": {"distribution": "int_uniform", "min": 1, "max": 2},
        },
    }
    assert [(dict(run.params), run.summary) for run in foreign.runs] == [
        ({"lr": 0.1, "layers": 1}, {"loss": 0.5}),
        ({"lr": 0.2, "layers": 2}, {"loss": 0.25}),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_and_a_byte_order_mark_are_fine(delimiter):
    text = "\ufefflr,opt,accuracy\n1,a,0.5\n2,b,0.6\n".replace(",", delimiter)
    foreign = read_csv(write(text), Wishes())
    assert list(foreign.config["parameters"]) == ["lr", "opt"]
    assert foreign.config["metric"] == {"name": "accuracy", "goal": "maximize"}


@pytest.mark.parametrize(
    ("header", "metric"),
    [
        ("number,value,datetime_start,params_lr,params_opt,user_attrs_size,state", "value"),
        ("run_id,metrics.rmse,start_time,params.lr,params.opt,tags.mlflow.user,status", "rmse"),
        ("trial_id,score,date,config/lr,config/opt,summary.size,done", "score"),
    ],
)
def test_tables_of_optuna_mlflow_and_ray_say_what_is_a_parameter(header, metric):
    text = f"{header}\n0,0.5,2024-01-01 00:00:00,0.1,a,3,COMPLETE\n1,0.4,,0.2,b,4,FAIL\n"
    foreign = read_csv(write(text), Wishes())
    assert sorted(foreign.config["parameters"]) == ["lr", "opt"]
    assert foreign.config["metric"]["name"] == metric
    assert foreign.runs[0].summary[metric] == 0.5


def test_the_table_of_nbsweep_runs_comes_back_as_it_was():
    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config.x})

    space = {"x": {"values": [3, 1, 2]}, "opt": {"values": ["a", "b"]}}
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": space}
    first = nbsweep.Sweep(nbsweep.sweep(config))
    nbsweep.agent(first, train, show=False)
    from nbsweep.handles.export import to_csv

    foreign = read_csv(write(to_csv(first.rows())), Wishes(config=parse(config)))
    second = nbsweep.Sweep(bring_in(foreign, session.store(), "again"))
    assert [run.params for run in second.runs] == [run.params for run in first.runs]
    assert [run.metric for run in second.runs] == [run.metric for run in first.runs]
    second.resume()  # a grid that is complete has nothing left
    nbsweep.agent(second, train, show=False)
    assert len(second.runs) == 6


def test_a_config_says_what_is_a_parameter():
    config = {
        "method": "random",
        "metric": {"name": "y", "goal": "maximize"},
        "parameters": {"lr": {"min": 0, "max": 1}, "absent": {"values": [1, 2]}},
    }
    foreign = read_csv(write("a,lr,y\n1,0.5,3\n"), Wishes(config=parse(config)))
    assert foreign.config == config
    assert (foreign.runs[0].params, foreign.notes) == (
        {"lr": 0.5},
        ["absent is missing in 1 of 1 runs."],
    )
    message = refusal(read_csv, write("a,y\n1,3\n"), config=parse(config))
    assert message == (
        "the table runs.csv has none of the config's parameters absent, lr. Its columns are a, y."
    )


def test_what_cannot_be_told_is_asked():
    several = write("lr,train_loss,val_loss\n1,2,3\n")
    assert refusal(read_csv, several) == (
        "the table runs.csv: which one is the metric? Name it: --metric NAME. "
        "There are train_loss, val_loss."
    )
    assert read_csv(several, Wishes(metric="val_loss")).config["metric"]["name"] == "val_loss"
    assert refusal(read_csv, several, metric="vall_loss") == (
        'No run has the metric "vall_loss". Did you mean "val_loss"? '
        "There are train_loss, val_loss."
    )
    assert refusal(read_csv, several, metric="val_loss", params=["layer"]) == (
        'No run has the parameter "layer". There are lr.'
    )
    assert refusal(read_csv, write("loss\n1\n")) == (
        "Which columns are the parameters? Name them: --param NAME. There are none."
    )


def test_a_metric_with_any_name_and_params_that_look_like_metrics_can_be_named():
    foreign = read_csv(
        write("max_loss,y\n1,5\n2,6\n"), Wishes(metric="y", goal="maximize", params=["max_loss"])
    )
    assert list(foreign.config["parameters"]) == ["max_loss"]
    assert foreign.runs[1].summary == {"y": 6}


def test_files_that_are_no_tables_are_refused():
    assert refusal(read_csv, "none.csv") == "There is no file 'none.csv'."
    assert refusal(read_csv, write("a,b\n")) == (
        "runs.csv has no runs: a header and a line for each run are needed."
    )
    assert refusal(read_csv, write("a,a\n1,2\n")) == (
        "runs.csv: the column 'a' is there twice. Rename one."
    )
    assert refusal(read_csv, write("a,b\n1,2,3\n")) == (
        "runs.csv: row 2 has 3 cells, the header 2."
    )
    Path("binary.csv").write_bytes(b"\xff\xfe\x00")
    assert refusal(read_csv, "binary.csv") == "binary.csv is not a text file (UTF-8 is needed)."


def test_cells_are_values():
    cells = ["", "3", "3.0", "1e-5", "True", "text", "[1, 2]", '{"a": 1}', "[oops"]
    assert [value_of(cell) for cell in cells] == [
        None, 3, 3.0, 1e-5, True, "text", [1, 2], {"a": 1}, "[oops"
    ]  # fmt: skip


# W&B


def test_a_table_of_wandbs_web_app_becomes_a_sweep_with_its_nested_config():
    foreign = read_export(wandb_table(), Wishes(metric="val_loss"))
    assert foreign.config["parameters"] == {
        "batch_size": {"distribution": "int_uniform", "min": 16, "max": 32},
        "learning_rate": {"distribution": "log_uniform_values", "min": 0.001, "max": 0.1},
        "optimizer": {"parameters": {"name": {"values": ["adam", "sgd"]}}},
        "epochs": {"value": 5},  # which training code needs when the sweep goes on
    }
    assert foreign.notes == ["1 of 4 runs had not ended: left out."]
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    first, second, _ = sweep.runs
    assert (first.name, first.state, first.metric) == ("sunny-1", "finished", 0.5)
    assert first.duration_s == 61
    assert (second.state, second.metric) == ("crashed", None)
    assert sweep.best_run().params == {
        "batch_size": 16,
        "learning_rate": 0.1,
        "optimizer.name": "adam",
        "epochs": 5,
    }


def run_of_json(number, **more):
    history = [{"_step": i, "_timestamp": 1e9 + i, "loss": 1 / (i + number)} for i in range(1, 4)]
    return {
        "id": f"id{number}",
        "name": f"run-{number}",
        "state": "finished",
        "config": {"lr": {"value": 0.1 * number}, "model": {"value": {"depth": number, "a": 1}}},
        "summary": {"loss": history[-1]["loss"], "_runtime": 5, "_wandb": {"runtime": 5}},
        "history": history,
        "created_at": "2024-01-01T00:00:00",
        **more,
    }


@pytest.mark.parametrize("form", ["a file each", "one list", "by id", "folders", "columns"])
def test_runs_as_json_bring_config_summary_and_history(form):
    folder = Path("export")
    folder.mkdir()
    runs = [run_of_json(number) for number in (1, 2, 3)]
    if form == "one list":
        (folder / "runs.json").write_text(json.dumps(runs))
    elif form == "by id":
        (folder / "runs.json").write_text(json.dumps({run["id"]: run for run in runs}))
    for run in runs:
        if form == "columns":  # as DataFrame.to_json writes a history
            rows = run["history"]
            columns = {k: {str(i): row[k] for i, row in enumerate(rows)} for k in rows[0]}
            run["history"] = columns
        if form in ("a file each", "columns"):
            (folder / f"{run['id']}.json").write_text(json.dumps(run))
        if form == "folders":
            inner = folder / run["id"]
            inner.mkdir()
            (inner / "config.json").write_text(json.dumps(run["config"]))
            (inner / "summary.json").write_text(json.dumps(run["summary"]))
            lines = [json.dumps(row) for row in run["history"]]
            (inner / "history.jsonl").write_text("\n".join(lines))
    sweep = nbsweep.Sweep(bring_in(read_export(folder, Wishes()), session.store(), "p"))
    assert [run.params for run in sweep.runs] == [
        {"lr": 0.1 * number, "model.depth": number, "model.a": 1} for number in (1, 2, 3)
    ]
    assert sweep.runs[0].config == {"lr": 0.1, "model": {"depth": 1, "a": 1}}
    assert [row["loss"] for row in sweep.runs[1].history()] == [1 / 3, 1 / 4, 1 / 5]
    assert sweep.runs[1].metric == 1 / 5
    assert sweep.config["parameters"]["model"]["parameters"]["depth"]["min"] == 1


def test_the_folder_that_wandbs_client_leaves_tells_what_was_swept():
    for number in (1, 2, 3):
        files = Path(f"wandb/run-20240101_00000{number}-id{number}/files")
        files.mkdir(parents=True)
        values = {"lr": number, "seed": {"value": number, "desc": None}, "_wandb": {"value": {}}}
        (files / "config.yaml").write_text(
            json.dumps({k: v if isinstance(v, dict) else {"value": v} for k, v in values.items()})
        )
        (files / "wandb-summary.json").write_text(json.dumps({"acc": number / 10, "_step": 3}))
        params = Path("wandb/sweep-ab12cd34")
        params.mkdir(exist_ok=True)
        (params / f"config-id{number}.yaml").write_text("lr:\n  value: 1\nwandb_version: 1\n")
    foreign = read_export("wandb", Wishes())
    assert foreign.config["parameters"] == {
        "lr": {"distribution": "int_uniform", "min": 1, "max": 3}
    }
    assert foreign.config["metric"] == {"name": "acc", "goal": "maximize"}
    assert [run.id for run in foreign.runs] == ["id1", "id2", "id3"]
    assert foreign.runs[2].config == {"lr": 3, "seed": 3}
    assert foreign.notes[0].startswith("W&B's local folder keeps neither states nor history")


def test_exports_without_runs_and_broken_ones_are_refused():
    Path("empty").mkdir()
    assert refusal(read_export, "empty").startswith("empty holds no runs. A folder needs a JSON")
    assert refusal(read_export, write("{oops", "a.json")).startswith("a.json is not JSON: ")
    assert refusal(read_export, write('{"a": 1}', "b.json")).startswith("b.json holds no runs.")
    running = write(json.dumps(run_of_json(1, state="running")), "c.json")
    assert refusal(read_export, running) == (
        "W&B's export c.json has no runs that ended, so there is nothing to import."
    )
