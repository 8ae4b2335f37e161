"""`nbsweep.analyze`: runs of any origin are looked at, and nothing is stored."""

import csv
import dataclasses
import datetime
import enum
import gc
import json
import math
import threading
import time
import types
import weakref
from collections import namedtuple
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.handles.analyzed import STEERING, AnalyzedRuns
from nbsweep.importers.objects import plain
from nbsweep.runs import session

ROWS = [
    {"lr": round(0.01 * i, 4), "opt": ("adam", "sgd")[i % 2], "loss": 1 / i} for i in range(1, 25)
]
SAID = {"metric": "loss", "goal": "minimize", "params": ["lr", "opt"]}


def looked_at(runs, **options):
    return nbsweep.analyze(runs, **options)


def refusal(*arguments, **options):
    with pytest.raises(UsageError) as caught:
        nbsweep.analyze(*arguments, **options)
    return str(caught.value)


def values(runs, *names):
    return [tuple(row.get(name) for name in names) for row in runs.rows()]


def made_sweep(name, opt, runs=4):
    """A sweep of the store with finished runs."""
    sweep_id = nbsweep.sweep(
        {
            "method": "random",
            "name": name,
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"lr": {"min": 0.0, "max": 1.0}, "opt": {"value": opt}},
        }
    )

    def train():
        with nbsweep.init() as run:
            for step in range(3):
                run.log({"loss": run.config.lr + 1 / (step + 1), "acc": run.config.lr})
            print("ended")

    nbsweep.agent(sweep_id, train, count=runs, show=False)
    return nbsweep.Sweep(sweep_id)


# What it takes


@dataclasses.dataclass
class Outcome:
    lr: float
    opt: str
    loss: float


Row = namedtuple("Row", "lr opt loss")


@pytest.mark.parametrize(
    "made",
    [
        lambda rows: rows,
        lambda rows: (row for row in rows),
        lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
        lambda rows: {str(i): row for i, row in enumerate(rows)},
        lambda rows: [Outcome(**row) for row in rows],
        lambda rows: [Row(**row) for row in rows],
        pd.DataFrame,
        lambda rows: pd.DataFrame(rows).to_records(index=False),
        lambda rows: pd.DataFrame(rows).set_index("lr"),
        lambda rows: pd.DataFrame(rows).set_index(["lr", "opt"]),
        lambda rows: [
            {"config": {"lr": row["lr"], "opt": row["opt"]}, "summary": {"loss": row["loss"]}}
            for row in rows
        ],
        lambda rows: [
            {"params": {"lr": row["lr"], "opt": row["opt"]}, "metrics": {"loss": row["loss"]}}
            for row in rows
        ],
    ],
    ids=[
        *("dicts", "generator", "columns", "by-name", "dataclasses", "namedtuples", "frame"),
        *("records", "index", "multi-index", "wandb", "params-metrics"),
    ],
)
def test_the_same_runs_are_read_from_each_kind_of_object(made):
    runs = looked_at(made(ROWS))
    assert values(runs, "lr", "opt", "loss") == [tuple(row.values()) for row in ROWS]
    assert runs.config["metric"] == {"name": "loss", "goal": "minimize"}
    assert list(runs.config["parameters"]) == ["lr", "opt"]


def test_polars_and_arrow_are_known_by_what_they_can_do():
    class Polars:
        columns = ("lr", "loss")

        def to_dicts(self):
            return [{"lr": 1.0, "loss": 2.0}, {"lr": None, "loss": 1.0}]

    class Lazy:
        def collect_schema(self):
            raise AssertionError("costs a pass over the data")

        def collect(self):
            return Polars()

    class Arrow:
        column_names = ("lr", "loss")

        def to_pylist(self):
            return Polars().to_dicts()

    for table in (Polars(), Lazy(), Arrow()):
        assert values(looked_at(table), "lr", "loss") == [(1.0, 2.0), (None, 1.0)]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl"])
def test_a_file_is_read(suffix):
    path = Path(f"runs{suffix}")
    if suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, ROWS[0])
            writer.writeheader()
            writer.writerows(ROWS)
    else:
        lines = [json.dumps(row) for row in ROWS]
        path.write_text("\n".join(lines) if suffix == ".jsonl" else f"[{','.join(lines)}]")
    for place in (path, str(path)):
        runs = looked_at(place)
        assert values(runs, "lr", "opt", "loss") == [tuple(row.values()) for row in ROWS]
    assert runs.source == f"the table runs{suffix}"


@pytest.mark.parametrize(
    ("program", "place", "kind"),
    [
        ("tensorboard", "torch", "tensorboard"),
        ("mlflow", "mlruns", "mlflow"),
        ("wandb", "", "wandb-export"),
    ],
)
def test_what_other_programs_wrote_is_read_from_its_path(written_by, program, place, kind):
    options = {"experiment": "digits"} if program == "mlflow" else {}
    folder = written_by(program) / place
    told = looked_at(str(folder), metric="loss", **options)
    said = looked_at(str(folder), metric="loss", kind=kind, **options)
    assert told.rows()
    assert [row["loss"] for row in told.rows()] == [row["loss"] for row in said.rows()]


def test_a_study_of_optuna_keeps_its_ranges():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", study_name="digits")

    def objective(trial):
        trial.set_user_attr("seconds", trial.number + 1.0)
        return trial.suggest_float("lr", 1e-5, 1.0, log=True) + trial.suggest_int("depth", 1, 8)

    study.optimize(objective, n_trials=6)
    runs = looked_at(study)
    assert runs.config["metric"] == {"name": "value", "goal": "maximize"}
    assert runs.config["parameters"]["lr"] == {
        "distribution": "log_uniform_values",
        "min": 1e-5,
        "max": 1.0,
    }
    assert [run.metric for run in runs.runs] == study.trials_dataframe().value.tolist()
    by_time = looked_at(study, metric="seconds", params=["depth"])
    assert by_time.best_run().metric == 1.0
    assert list(by_time.config["parameters"]) == ["depth"]
    assert (
        looked_at(study, goal="minimize").best_run().metric == study.trials_dataframe().value.min()
    )
    assert looked_at(study.trials, metric="value").rows()
    assert refusal(study, params=["width"]) == (
        'No run has the parameter "width". Did you mean "depth"? There are lr, depth.'
    )


def test_runs_of_wandb_mlflow_and_ray_are_known_by_their_attributes():
    asked = []

    def run(number):
        return types.SimpleNamespace(
            config={"lr": 0.1 * number, "_wandb": {}},
            summary=types.SimpleNamespace(_json_dict={"loss": 1.0 / number, "_step": 3}),
            id=f"id{number}",
            name=f"sunny-{number}",
            state="finished",
            created_at=f"2026-01-0{5 - number}T00:00:00Z",  # the newest first
            tags=["big"],
            history=lambda pandas: (
                asked.append(number) or [{"_step": i, "loss": i} for i in (0, 1)]
            ),
        )

    of_wandb = looked_at([run(number) for number in (1, 2, 3)])
    assert values(of_wandb, "name", "lr") == [
        ("sunny-3", pytest.approx(0.3)),
        ("sunny-2", 0.2),
        ("sunny-1", 0.1),
    ]
    assert asked == []
    assert of_wandb.runs[0].history() == []
    with_curves = looked_at([run(1), run(2)], curves=True)
    assert [row["loss"] for row in with_curves.runs[0].history()] == [0, 1]
    of_mlflow = looked_at(
        [
            types.SimpleNamespace(
                data=types.SimpleNamespace(params={"lr": "0.5"}, metrics={"loss": 0.25}),
                info=types.SimpleNamespace(run_id="a", run_name="b", status="FINISHED"),
            )
        ]
    )
    assert values(of_mlflow, "name", "lr", "loss") == [("b", 0.5, 0.25)]
    of_ray = looked_at(
        [
            types.SimpleNamespace(
                config={"lr": 0.5}, metrics={"loss": 0.25, "config": {}}, error=None
            )
        ]
    )
    assert values(of_ray, "lr", "loss") == [(0.5, 0.25)]


# Our own sweeps


def test_a_sweep_is_looked_at_by_another_metric():
    sweep = made_sweep("one", "adam")
    by_accuracy = looked_at(sweep, metric="acc")
    assert by_accuracy.config["metric"] == {"name": "acc", "goal": "maximize"}
    assert by_accuracy.config["parameters"]["lr"] == {"min": 0.0, "max": 1.0}
    best = by_accuracy.best_run()
    assert best.metric == max(run.summary["acc"] for run in sweep.runs)
    assert best.id in {run.id for run in sweep.runs}
    assert best.console() == "ended\n"
    assert len(best.history()) == 3
    assert best.code_hash == sweep.runs[0].code_hash
    assert values(looked_at(sweep.id), "lr", "loss") == values(sweep, "lr", "loss")


def test_several_sweeps_get_a_column_that_says_which():
    one, two = made_sweep("one", "adam"), made_sweep("two", "sgd", runs=3)
    for given in (
        [one, two],
        [one.id, two.id],
        {"one": one, "two": two.id},
        [*one.runs, *two.runs],
    ):
        runs = looked_at(given)
        assert [row["sweep"] for row in runs.rows()] == ["one"] * 4 + ["two"] * 3
        assert runs.config["parameters"]["lr"] == {"min": 0.0, "max": 1.0}
        assert runs.config["parameters"]["opt"] == {"values": ["adam", "sgd"]}
    assert runs.source == "2 sweeps (one, two)"
    same = looked_at([one, one])
    assert {row["sweep"] for row in same.rows()} == {"one", "one (2)"}


def test_sweeps_with_different_metrics_need_a_common_one():
    one = made_sweep("one", "adam")
    other = nbsweep.Sweep(
        nbsweep.sweep(
            {"method": "random", "name": "two", "parameters": {"lr": {"min": 0.0, "max": 1.0}}}
        )
    )
    assert refusal([one, other]) == (
        "The sweeps have different metrics: loss (minimize) in one, none in two. Name one that "
        'they share: metric="NAME".'
    )


def test_a_sweep_without_runs_is_said_to_have_none():
    empty = nbsweep.sweep(
        {"method": "random", "name": "new", "parameters": {"lr": {"min": 0.0, "max": 1.0}}}
    )
    assert refusal(empty) == "analyze: sweep new has no runs yet."


# What is what


def test_what_was_guessed_is_said(capsys):
    runs = looked_at(ROWS)
    assert runs.notes == [
        "Read 24 runs from a list of dicts.",
        "Metric: loss (minimize).",
        'Parameters: lr: 0.01 to 0.3; opt: "sgd", "adam".',
    ]
    assert capsys.readouterr().out == "\n".join(runs.notes) + "\n"


def test_what_was_said_is_not_repeated(capsys):
    assert looked_at(ROWS, **SAID).notes == []
    assert capsys.readouterr().out == ""


def test_columns_can_be_named_as_parameters_metrics_or_neither():
    rows = [{"lr": i, "size": i * i, "gain": -i, "loss": i} for i in range(1, 9)]
    plain_runs = looked_at(rows)
    assert list(plain_runs.config["parameters"]) == ["lr", "size", "gain"]
    named = looked_at(rows, metrics=["gain"], ignore="size")
    assert list(named.config["parameters"]) == ["lr"]
    assert named.runs[0].summary == {"gain": -1, "loss": 1}
    assert list(looked_at(rows, params=["size"]).config["parameters"]) == ["size"]
    assert looked_at(rows, metric="gain", goal="maximize").best_run().metric == -1


def test_several_metrics_are_several_objectives():
    rows = [{"lr": i, "loss": i, "seconds": 9 - i} for i in range(1, 9)]
    runs = looked_at(rows, metric=["loss", "seconds"], goal=["minimize", "minimize"])
    assert [run.params["lr"] for run in runs.best_runs()] == list(range(1, 9))


def test_curves_and_nested_configs_are_kept():
    rows = [
        {
            "config": {"opt": {"name": "adam", "lr": i}},
            "summary": {"val": {"loss": 1.0 / i}},
            "history": [{"val": {"loss": 2.0}}, {"val": {"loss": 1.0 / i}}],
        }
        for i in range(1, 5)
    ]
    runs = looked_at(rows, metric="val.loss")
    assert runs.runs[1].config == {"opt": {"name": "adam", "lr": 2}}
    assert [row["val"]["loss"] for row in runs.runs[1].history()] == [2.0, 0.5]
    assert len(runs.snapshot(curves=True).curves) == 4


class Size(enum.Enum):
    BIG = "big"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        (np.array(4.0), 4.0),
        (np.array([4.0]), 4.0),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(1500, "ms"), 1.5),
        (pd.Timestamp("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (pd.Timedelta("90s"), 90.0),
        (pd.NaT, None),
        (pd.NA, None),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.timedelta(minutes=2), 120.0),
        (Decimal("0.25"), 0.25),
        (Size.BIG, "big"),
        (Path("a/b"), str(Path("a/b"))),
        ({"a": (1, np.int8(2))}, {"a": [1, 2]}),
        ({3, 1}, [1, 3]),
        (b"raw", "raw"),
        (math.sqrt, "sqrt"),
        (object, "object"),
        (None, None),
        (math.inf, math.inf),
    ],
)
def test_values_of_other_libraries_become_plain(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_an_object_without_a_text_of_its_own_is_its_type():
    assert plain(Outcome) == "Outcome"
    assert plain(type("Thing", (), {})()) == "Thing"


def test_missing_values_are_missing_and_a_metric_may_be_nan():
    frame = pd.DataFrame(
        {
            "lr": [0.1, np.nan, 0.3, 0.4],
            "depth": pd.array([1, None, 3, 4], dtype="Int64"),
            "opt": pd.Categorical(["a", None, "b", "a"]),
            "on": [True, False, None, True],
            "loss": [1.0, 2.0, np.nan, 0.5],
        }
    )
    runs = looked_at(frame)
    assert [dict(run.params) for run in runs.runs][:2] == [
        {"lr": 0.1, "depth": 1, "opt": "a", "on": True},
        {"on": False},
    ]
    assert [run.metric for run in runs.runs] == [1.0, 2.0, None, 0.5]
    assert "lr is missing in 1 of 4 runs." in runs.notes


def test_texts_that_are_all_numbers_are_read_as_such():
    rows = [{"lr": "0.1", "loss": "1e-3", "tag": "x1"}, {"lr": "", "loss": "nan", "tag": "7"}]
    assert values(looked_at(rows), "lr", "loss", "tag")[0] == (0.1, 0.001, "x1")


def test_lists_are_categories_and_infinities_do_not_make_numbers_categories():
    rows = [
        {
            "layers": [64, 32] if i % 2 else [8],
            "clip": math.inf if i % 5 == 0 else i / 10,
            "loss": i,
        }
        for i in range(1, 41)
    ]
    specs = looked_at(rows).config["parameters"]
    assert specs["layers"] == {"values": [[64, 32], [8]]}
    assert specs["clip"] == {"distribution": "uniform", "min": 0.1, "max": 4.0}
    few = [{"clip": math.inf if i % 2 else 1.0, "loss": i} for i in range(1, 9)]
    assert looked_at(few).config["parameters"]["clip"] == {"values": [math.inf, 1.0]}


def test_columns_of_several_levels_are_joined_by_dots():
    frame = pd.DataFrame(ROWS)
    frame.columns = pd.MultiIndex.from_tuples([("config", "lr"), ("config", "opt"), ("loss", "")])
    assert values(looked_at(frame), "lr", "loss")[0] == (0.01, 1.0)


# What it gives


def test_plots_importance_and_report_work_as_of_a_sweep(tmp_path):
    runs = looked_at(ROWS, **SAID)
    assert len(runs.history().data[0].x) == 24
    assert runs.slice().data
    assert runs.parallel_coordinates().data
    assert runs.importance().data
    assert runs.best_run().metric == min(row["loss"] for row in ROWS)
    assert set(runs._repr_mimebundle_()) == {"text/html", "text/plain"}
    page = runs.report(tmp_path / "page.html")
    assert "adam" in page.read_text()
    assert len(runs.dataframe()) == 24
    assert repr(runs) == "<24 runs from a list of dicts (loss, minimize)>"
    assert runs.name == "A list of dicts"
    assert looked_at(ROWS, name="mine", **SAID).name == "mine"


def test_the_panel_shows_the_runs_without_buttons_that_steer():
    panel = looked_at(ROWS, **SAID).panel
    try:
        assert panel.controls["actions"] == []
        assert len(panel.picture["rows"]) == 24
    finally:
        panel.close()


def test_nothing_is_written_and_no_thread_left(tmp_path, monkeypatch):
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    before = {thread.name for thread in threading.enumerate()}
    runs = looked_at(ROWS, **SAID)
    runs.importance(), runs.history(), runs.rows(), runs._repr_mimebundle_(), repr(runs)
    assert list(place.iterdir()) == []
    assert not session.store_is_there()
    assert {thread.name for thread in threading.enumerate()} == before


def test_the_store_of_the_user_is_not_changed():
    sweep = made_sweep("one", "adam")
    store = session.store()
    before = store.snapshot(sweep.id)
    runs = looked_at([sweep, sweep])
    runs.importance()
    assert store.snapshot(sweep.id).version == before.version
    assert [each.id for each in store.sweeps()] == [sweep.id]


def test_the_runs_go_with_the_object():
    runs = looked_at(ROWS, **SAID)
    runs.rows()
    gone = [weakref.ref(runs), weakref.ref(runs.store)]
    del runs
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


STEPS = {
    "tell": (1, 0.5),
    "enqueue": ({"lr": 0.1},),
    "kill": (1,),
    "edit": ({"lr": {"max": 1}},),
    "believe": ({"lr": 0.1},),
    "retry": (1,),
    "continue_run": (1,),
    "run_ids_inside": ({},),
    "recompute": (1,),
}


@pytest.mark.parametrize("verb", STEERING)
def test_what_steers_a_sweep_is_refused(verb):
    runs = looked_at(ROWS, **SAID)
    before = runs.snapshot().version
    with pytest.raises(UsageError) as caught:
        getattr(runs, verb)(*STEPS.get(verb, ()))
    assert str(caught.value) == (
        f"{verb}: the runs from a list of dicts are here only to be looked at: none can be handed "
        "out, changed or continued. keep() makes a sweep of them in your store, which can."
    )
    assert runs.snapshot().version == before


def test_whatever_else_would_write_meets_a_sealed_store():
    runs = looked_at(ROWS, **SAID)
    run = runs.snapshot().runs[0]
    calls = {
        "claim_run": lambda: runs.store.claim_run(dataclasses.replace(run, id="new")),
        "set_sweep_state": lambda: runs.store.set_sweep_state(runs.id, "RUNNING"),
        "enqueue": lambda: runs.store.enqueue(runs.id, [{}]),
        "request_stop": lambda: runs.store.request_stop(run.id, "why"),
        "request_retry": lambda: runs.store.request_retry(run.id),
        "mark_crashed": lambda: runs.store.mark_crashed(run.id, seen_heartbeat_at=0.0, at=0.0),
    }
    for call in calls.values():
        with pytest.raises(UsageError, match="only to be looked at"):
            call()


def test_a_sweep_of_a_narrower_space_is_made_in_the_store_of_the_user():
    runs = looked_at(ROWS, **SAID)
    children = [runs.narrow({"lr": (0.05, 0.1)}), runs.next_space()]
    assert not session.store_is_there()
    for child in children:
        assert child.prior_runs == ()
        assert "prior_runs" not in child.code
    made = nbsweep.Sweep(children[0].create())
    assert made.config["parameters"]["lr"]["max"] == 0.1
    assert [each.id for each in session.store().sweeps()] == [made.id]


def test_an_agent_is_refused():
    with pytest.raises(UsageError, match=r"^agent: the runs from a list of dicts are here only"):
        nbsweep.agent(looked_at(ROWS, **SAID), lambda: None)


def test_keep_makes_a_sweep_of_them():
    kept = looked_at(ROWS, name="mine", **SAID).keep("old")
    assert not isinstance(kept, AnalyzedRuns)
    assert (kept.name, kept.project, kept.state) == ("mine", "old", "FINISHED")
    assert values(kept, "lr", "loss") == [(row["lr"], row["loss"]) for row in ROWS]
    kept.resume()
    assert kept.state == "RUNNING"


# What is refused


REFUSED = [
    (
        [ROWS],
        {"metric": "los"},
        'No run has the metric "los". Did you mean "loss"? There are loss, lr.',
    ),
    (
        [ROWS],
        {"goal": "max"},
        'goal: found the text "max". Did you mean "maximize"? Write "minimize" or "maximize".',
    ),
    ([ROWS], {"goal": ["minimize"] * 2, "metric": "loss"}, "goal: 2 goals for 1 metric."),
    ([ROWS], {"metric": 5}, "metric: found 5; a name or a list of names is needed."),
    ([ROWS], {"ignore": ["opd"]}, 'No run has "opd". Did you mean "opt"? There are lr, opt, loss.'),
    (
        [ROWS],
        {"params": ["lrr"]},
        'No run has the parameter "lrr". Did you mean "lr"? There are lr, opt.',
    ),
    ([[]], {}, "analyze: a list without any runs was given."),
    ([pd.DataFrame(ROWS).head(0)], {}, "analyze: a pandas DataFrame without any runs was given."),
    (
        [[1]],
        {},
        "analyze: item 0 of the list is 1; a run is a dict of its parameters and metrics, such as "
        '{"lr": 0.01, "loss": 0.3}.',
    ),
    (
        [{"lr": [1, 2], "loss": [1]}],
        {},
        "analyze: the columns of a dict need one value for each run; found lr 2, loss 1.",
    ),
    (
        [[{"lr": 1, "loss": 2, "state": "running"}]],
        {},
        "a list of dicts has no runs that ended, so there is nothing to analyze.",
    ),
    (
        [[{"lr": 1, "opt": "a"}]],
        {},
        'a list of dicts: which one is the metric? Name it: metric="NAME". No column looks like '
        "one.",
    ),
    (
        [[{"lr": 1, "loss": 1, "acc": 1}]],
        {},
        'a list of dicts: which one is the metric? Name it: metric="NAME". There are loss, acc.',
    ),
    (
        [[{"lr": i, "loss": math.nan} for i in range(5)]],
        {"metric": "loss"},
        "a list of dicts: loss is not a number in any run.",
    ),
    (
        [[{"loss": i} for i in range(5)]],
        {},
        'Which columns are the parameters? Name them: params=["NAME"]. There are none.',
    ),
    (
        [5],
        {},
        "analyze(5): there are no runs in it. Accepted are a list of dicts, a pandas or polars "
        "DataFrame, an Optuna study, runs of W&B, MLflow or Ray, the path of a file, a sweep or "
        "its id, and lists of these.",
    ),
    (
        [pd.DataFrame([[1, 2]], columns=["a", "a"])],
        {},
        "analyze: the column 'a' is there twice. Rename one.",
    ),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
def test_what_makes_no_sense_is_said(arguments, options, message):
    assert refusal(*arguments, **options) == message


def test_a_path_that_is_not_there_may_have_been_meant_as_a_sweep():
    assert refusal("nosuch.csv") == (
        f"analyze('nosuch.csv'): there is no such file or folder in {Path.cwd()}, and no sweep of "
        "that id in the store. nbsweep ls lists the sweeps."
    )


def test_a_path_that_tells_nothing_asks_for_its_kind():
    Path("notes.xyz").write_text("hello")
    assert refusal("notes.xyz") == (
        'notes.xyz: it cannot be told where these runs come from. Say it: kind="…", one of csv, '
        "mlflow, optuna, ray, tensorboard, trackio or wandb-export."
    )
    assert refusal("notes.xyz", kind="cvs") == (
        'kind="cvs": there is no such kind. Did you mean "csv"? csv, mlflow, optuna, ray, '
        "tensorboard, trackio, wandb-export."
    )


@pytest.mark.parametrize(
    "rows",
    [
        [{"lr": 0.1, "loss": 1.0}],
        [{"lr": i, "loss": 1.0} for i in range(12)],
        [{"lr": i, "loss": math.inf if i % 2 else i} for i in range(12)],
        [{**{f"p{k}": i * k for k in range(200)}, "loss": i} for i in range(30)],
        [{"name_of_it": f"v{i % 500}", "loss": i} for i in range(1000)],
        [{"lr": i, "loss": 1e-9 if i % 2 else 1e9} for i in range(30)],
    ],
    ids=["one-run", "constant", "inf", "200-parameters", "500-categories", "two-scales"],
)
def test_poor_runs_still_give_sentences_and_plots(rows):
    runs = looked_at(rows, metric="loss")
    runs.importance(), runs.history(), runs.slice(), runs.parallel_coordinates()
    assert runs._repr_mimebundle_()["text/plain"]


@pytest.mark.slow
def test_ten_thousand_runs_are_read_in_two_seconds():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((10_000, 19)), columns=[f"x{i}" for i in range(19)])
    frame["loss"] = rng.random(10_000)
    nbsweep.analyze(frame.head(), metric="loss")
    began = time.process_time()
    nbsweep.analyze(frame, metric="loss")
    assert time.process_time() - began < 2.0
