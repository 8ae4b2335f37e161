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


# What people have


def test_names_that_a_config_cannot_have_are_changed_with_a_note():
    text = "batch size,model/depth,größe,1lr,lr,loss\n1,2,3,0.5,0.1,1\n2,3,4,0.25,0.2,2\n"
    foreign = read_csv(write(text), Wishes())
    assert list(foreign.config["parameters"]) == [
        "batch_size", "model_depth", "groesse", "_1lr", "lr"
    ]  # fmt: skip
    assert foreign.runs[0].params == {
        "batch_size": 1, "model_depth": 2, "groesse": 3, "_1lr": 0.5, "lr": 0.1
    }  # fmt: skip
    assert foreign.notes == [
        "Parameters have other names here, as a sweep config allows: "
        '"batch size" → batch_size, "model/depth" → model_depth, "größe" → groesse, '
        '"1lr" → _1lr. Training code that goes on with the sweep reads them from its config '
        "by these."
    ]
    parse(foreign.config)
    for name in ("batch size", "batch_size"):
        assert list(read_csv(Path("runs.csv"), Wishes(params=[name])).config["parameters"]) == [
            "batch_size"
        ]
    config = parse({"method": "random", "parameters": {"batch_size": {"min": 1, "max": 9}}})
    assert read_csv("runs.csv", Wishes(config=config)).runs[1].params == {"batch_size": 2}


@pytest.mark.parametrize("first", ["", "Unnamed: 0"])
@pytest.mark.parametrize("start", [0, 1])
def test_the_index_that_pandas_writes_is_not_a_parameter(first, start):
    text = f"{first},lr,loss\n{start},0.1,1\n{start + 1},0.2,2\n"
    assert list(read_csv(write(text), Wishes()).config["parameters"]) == ["lr"]


def test_an_index_of_texts_names_the_runs_and_other_unnamed_columns_stay():
    foreign = read_csv(write(",lr,loss\nsunny,0.1,1\nrainy,0.2,2\n"), Wishes())
    assert [run.name for run in foreign.runs] == ["sunny", "rainy"]
    foreign = read_csv(write(",lr,,loss\n3,0.1,7,1\n5,0.2,8,2\n"), Wishes())
    assert list(foreign.config["parameters"]) == ["column_1", "lr", "column_3"]


def test_params_of_mlflow_and_ray_keep_their_place_in_the_config():
    text = "metrics.loss,params.batch size,params.opt\n1,16,a\n2,32,b\n"
    assert list(read_csv(write(text), Wishes()).config["parameters"]) == ["batch_size", "opt"]
    text = "loss,config/opt/lr,config/opt/eps,config/n\n1,0.1,1,1\n2,0.2,2,2\n"
    specs = read_csv(write(text), Wishes()).config["parameters"]
    assert list(specs) == ["opt", "n"]
    assert list(specs["opt"]["parameters"]) == ["lr", "eps"]


@pytest.mark.parametrize(
    "marker",
    ["", "-", "N/A", "n/a", "NA", "#N/A", "<NA>", "NULL", "null", "None", "nan", "NaN", "NaT"],
)
def test_a_cell_that_says_missing_is_missing(marker):
    text = f"lr,opt,loss\n0.1,a,1\n{marker},{marker},2\n0.3,b,3\n"
    foreign = read_csv(write(text), Wishes())
    assert foreign.runs[1].params == {}
    assert foreign.config["parameters"]["lr"]["distribution"] == "uniform"
    assert foreign.config["parameters"]["opt"] == {"values": ["a", "b"]}
    assert foreign.notes == ["lr is missing in 1 of 3 runs.", "opt is missing in 1 of 3 runs."]
    parse(foreign.config)


def test_a_metric_may_be_nan_and_a_choice_may_be_called_none():
    foreign = read_csv(write("opt,loss\nnone,1\ncosine,nan\nnone,N/A\n"), Wishes())
    assert foreign.config["parameters"]["opt"] == {"values": ["none", "cosine"]}
    assert foreign.runs[1].summary["loss"] != foreign.runs[1].summary["loss"]
    assert foreign.runs[2].summary == {}


def test_infinite_and_huge_values_are_choices_that_a_config_can_have():
    foreign = read_csv(
        write(f"clip,big,loss\n1.0,{'9' * 400},1\ninf,7,2\n1.0,{'9' * 400},3\n"), Wishes()
    )
    assert foreign.config["parameters"]["clip"] == {"values": [1.0, float("inf")]}
    assert foreign.config["parameters"]["big"] == {"values": ["9" * 400, 7]}
    parse(foreign.config)


def test_decimal_commas_between_semicolons():
    text = "lr;layers;groups;loss\n0,001;1;1.024;0,5\n0,1;2;2.048;1.234,25\n"
    foreign = read_csv(write(text), Wishes())
    assert [(run.params, run.summary) for run in foreign.runs] == [
        ({"lr": 0.001, "layers": 1, "groups": 1024}, {"loss": 0.5}),
        ({"lr": 0.1, "layers": 2, "groups": 2048}, {"loss": 1234.25}),
    ]
    assert foreign.notes == ["Its numbers have decimal commas: 0,5 is read as 0.5."]


def test_commas_in_cells_are_not_decimal_where_points_are():
    foreign = read_csv(write("hidden;lr;loss\n64,32;0.1;1\n128,64;0.2;2\n64,32;0.1;3\n"), Wishes())
    assert foreign.config["parameters"]["hidden"] == {"values": ["64,32", "128,64"]}
    assert foreign.notes == []


def test_tables_that_excel_saves_are_read():
    text = "sep=;\r\ngröße;loss\r\n1;0,5\r\n2;0,25\r\n"
    path = Path("runs.csv")
    path.write_bytes(text.encode("cp1252"))
    foreign = read_csv(path, Wishes())
    assert list(foreign.config["parameters"]) == ["groesse"]
    assert foreign.notes[0] == "runs.csv is not UTF-8: read as Windows-1252."
    path.write_bytes("größe\tloss\n1\t2\n2\t3\n".encode("utf-16"))
    assert list(read_csv(path, Wishes()).config["parameters"]) == ["groesse"]


def test_a_header_with_commas_in_a_name_does_not_hide_the_delimiter():
    foreign = read_csv(write('"a, b, c, d";loss\n1;2\n2;3\n'), Wishes())
    assert list(foreign.config["parameters"]) == ["a_b_c_d"]


def snippet(form):
    """As W&B's documentation exports a project: a data frame of summaries, configs, names."""
    rows = [
        {
            "summary": {"loss": n / 2, "_step": 3, "odd": float("nan"), "_wandb": {"runtime": 5}},
            "config": {"lr": n / 10, "model": {"depth": n, "sizes": (n, 2)}, "batch size": None},
            "name": f"sunny-{n}",
        }
        for n in (1, 2, 3)
    ]
    if form == "jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
        return write(text, "project.jsonl")
    with Path("project.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "summary", "config", "name"])
        writer.writerows([i, *row.values()] for i, row in enumerate(rows))
    return "project.csv"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("read", [read_csv, read_export])
def test_what_the_snippet_in_wandbs_documentation_writes_is_read(form, read):
    foreign = read(snippet(form), Wishes())
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    assert [run.name for run in sweep.runs] == ["sunny-1", "sunny-2", "sunny-3"]
    assert sweep.runs[1].config["model"] == {"depth": 2, "sizes": [2, 2]}
    assert sweep.runs[1].params["model.depth"] == 2
    assert [run.metric for run in sweep.runs] == [0.5, 1.0, 1.5]
    assert "_step" not in sweep.runs[0].summary


def test_a_table_of_configs_takes_its_other_columns_for_metrics():
    text = "name,improvement,config\na,0.5,\"{'lr': np.float64(0.1), 'x': nan}\"\n"
    foreign = read_csv(write(text + "b,0.7,\"{'lr': 0.2, 'ok': np.True_}\"\n"), Wishes())
    assert foreign.config["metric"]["name"] == "improvement"
    assert [run.params.get("lr") for run in foreign.runs] == [0.1, 0.2]
    assert foreign.runs[1].params["ok"] is True
    assert refusal(read_csv, write("config,loss\n<object>,1\n")) == (
        'runs.csv: row 2: found the config "<object>"; it has to be a dict, as JSON or as Python '
        "writes it."
    )


def test_rows_as_json_are_a_table():
    lines = write('{"lr": 0.1, "loss": 1}\n\n{"lr": 0.2, "loss": 2}\n', "runs.jsonl")
    listed = write('[{"lr": 0.1, "loss": 1}, {"lr": 0.2, "loss": 2}]', "runs.json")
    for path in (lines, listed):
        assert [run.params for run in read_csv(path, Wishes()).runs] == [{"lr": 0.1}, {"lr": 0.2}]
    nested = write('{"params": {"lr": 1}, "metrics": {"loss": 2}}\n', "runs.ndjson")
    (run,) = read_csv(nested, Wishes()).runs
    assert (run.params, run.summary) == ({"lr": 1}, {"loss": 2})
    assert refusal(read_csv, write('{"a": 1}\n{oops\n', "a.jsonl")).startswith(
        "a.jsonl, line 2 is not JSON: "
    )
    assert refusal(read_csv, write("[1]\n", "a.jsonl")) == (
        "a.jsonl, line 1: found [1]; a run is an object."
    )
    assert refusal(read_csv, write("\n", "a.jsonl")) == (
        "a.jsonl has no runs: a line for each run is needed."
    )
    assert refusal(read_csv, write("3", "a.json")) == (
        "a.json has no runs: a list with an object for each run is needed."
    )


def test_the_json_of_nbsweep_runs_comes_back_as_it_was():
    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config.opt["x"]})

    space = {"opt": {"parameters": {"x": {"values": [3, 1, 2]}}}}
    first = nbsweep.Sweep(
        nbsweep.sweep({"method": "grid", "metric": {"name": "loss"}, "parameters": space})
    )
    nbsweep.agent(first, train, show=False)
    from nbsweep.handles.export import run_record, to_json

    path = write(to_json([run_record(run) for run in first.runs]), "runs.json")
    foreign = read_csv(path, Wishes())
    assert [run.config for run in foreign.runs] == [{"opt": {"x": x}} for x in (3, 1, 2)]
    assert [run.summary["loss"] for run in foreign.runs] == [3, 1, 2]


def test_objectives_of_optunas_table_are_all_kept():
    text = "number,values_0,values_1,params_x,state\n0,1,5,0.1,COMPLETE\n1,2,6,0.2,COMPLETE\n"
    foreign = read_csv(write(text), Wishes())
    assert foreign.config["metrics"] == [
        {"name": "value_0", "goal": "minimize"},
        {"name": "value_1", "goal": "minimize"},
    ]
    assert foreign.runs[0].summary == {"value_0": 1, "value_1": 5}
    assert foreign.notes == [
        "The table does not say which way its 2 objectives go; by their names: value_0 minimize "
        "and value_1 minimize. Say it with --metric value_0 --goal minimize and so on."
    ]
    assert read_csv("runs.csv", Wishes(metric="value_1")).config["metric"]["name"] == "value_1"


def test_several_metrics_that_the_user_names_are_objectives():
    """Neither is a parameter, though the name of the second does not look like a metric."""
    path = write("lr,acc,cost_eur,layers\n0.1,0.9,3,2\n0.2,0.8,2,4\n")
    foreign = read_csv(path, Wishes(metric="acc", others=[("cost_eur", "minimize")]))
    assert foreign.config["metrics"] == [
        {"name": "acc", "goal": "maximize"},
        {"name": "cost_eur", "goal": "minimize"},
    ]
    assert set(foreign.config["parameters"]) == {"lr", "layers"}
    assert foreign.runs[1].summary == {"acc": 0.8, "cost_eur": 2}
    with pytest.raises(UsageError) as caught:
        read_csv(path, Wishes(metric="acc", others=[("costs_eur", None)]))
    assert str(caught.value) == ('No run has the metric "costs_eur". There are acc.')


def test_more_cells_are_values():
    cells = ["1_000", "(1, 2)", "{'a': nan}", "{'a': object()}", ".5", "1.", "+3", "-", "0x1"]
    values = [value_of(cell) for cell in cells]
    assert values[:2] == ["1_000", [1, 2]]
    assert values[2]["a"] != values[2]["a"]
    assert values[3:] == ["{'a': object()}", 0.5, 1.0, 3, None, "0x1"]
    assert value_of("7" * 100_000 + "x").startswith("777")
