"""``wandb.Api()``: paths, filters, orders, runs, files, and what is refused."""

import json
import math
from pathlib import Path

import pytest

import nbsweep
from nbsweep.as_wandb.filters import parse_filter, sort_runs
from nbsweep.errors import CommError, MissingNameError, NotFoundError, UsageError
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import session

CONFIG = {
    "method": "grid",
    "name": "first",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"values": [0.1, 0.2, 0.3]}, "opt": {"value": "adam"}},
}


def train():
    with nbsweep.init(tags=["t"]) as run:
        for epoch in range(4):
            run.log({"loss": run.config.lr / (epoch + 1), "epoch": epoch, "val": {"acc": epoch}})
        if run.config.lr == 0.2:
            run.log({"extra": 1})
            Path("note.txt").write_text("hello")
            run.save("note.txt")
            artifact = nbsweep.Artifact("model", "model")
            with artifact.new_file("w.txt") as file:
                file.write("w")
            run.log_artifact(artifact)
            print("seen by nobody")


@pytest.fixture
def sweep_id():
    sweep_id = nbsweep.sweep(CONFIG, project="p")
    nbsweep.agent(sweep_id, train, show=False)
    return sweep_id


def test_a_sweep_of_the_api_has_wandbs_surface(sweep_id):
    for path in (sweep_id, f"p/{sweep_id}", f"me/p/{sweep_id}", f"me/p/sweeps/{sweep_id}"):
        sweep = nbsweep.Api().sweep(path)
        assert sweep.id == sweep_id
    assert (sweep.name, sweep.state, sweep.order) == ("first", "FINISHED", "+summary_metrics.loss")
    assert sweep.expected_run_count == 3
    assert sweep.best_loss == pytest.approx(0.025)
    assert len(sweep.runs) == 3
    best = sweep.best_run()
    assert best.config["lr"] == 0.1
    assert best.summary.get("loss") == best.summary._json_dict["loss"] == pytest.approx(0.025)
    assert sweep.best_run(order="config.lr").config["lr"] == 0.3
    assert sweep.best_run(order="+config.lr").config["lr"] == 0.1
    assert sweep.load(force=True)["method"] == "grid"
    (agent,) = sweep.agents()
    assert (agent.state, len(agent.runs)) == ("FINISHED", 3)
    assert sweep.agent(agent.id).name == agent.id
    assert (sweep.entity, sweep.url, sweep.path) == ("", None, ["p", sweep_id])
    assert "first" in sweep.to_html()


def test_the_usual_table_of_runs_can_be_built(sweep_id):
    """The idiom of W&B's own notebooks, unchanged."""
    api = nbsweep.Api()
    sweep = api.sweep(sweep_id)
    runs = api.runs("me/p", order=sweep.order, filters={"$and": [{"sweep": sweep_id}]})
    summaries, configs, names = [], [], []
    for run in runs:
        summaries.append(run.summary._json_dict)
        configs.append({k: v for k, v in run.config.items() if not k.startswith("_")})
        names.append(run.name)
    assert [config["lr"] for config in configs] == [0.1, 0.2, 0.3]
    assert [summary["epoch"] for summary in summaries] == [3, 3, 3]
    assert len(set(names)) == 3


def test_history_of_a_run(sweep_id):
    run = next(run for run in nbsweep.Api().sweep(sweep_id).runs if run.config["lr"] == 0.2)
    frame = run.history()
    assert list(frame["loss"].dropna()) == pytest.approx([0.2, 0.1, 0.2 / 3, 0.05])
    assert {"_step", "_timestamp", "_runtime", "val.acc"} <= set(frame.columns)
    assert run.history(keys=["loss"], pandas=False)[0] == {"_step": 0, "loss": 0.2}
    assert len(run.history(samples=3, pandas=False)) == 3
    assert list(run.scan_history(keys=["extra", "_step"])) == [{"extra": 1, "_step": 4}]
    assert [row["_step"] for row in run.scan_history(min_step=1, max_step=3)] == [1, 2]
    assert run.lastHistoryStep == 4
    rows = nbsweep.Api().runs("p").histories(keys=["epoch"])
    assert len(rows) == 12
    assert set(rows[0]) == {"run_id", "_step", "epoch"}
    assert len(nbsweep.Api().runs("p").histories(format="pandas")) == 13


def test_files_artifacts_and_facts_of_a_run(sweep_id, tmp_path):
    run = nbsweep.Api().runs("p", filters={"config.lr": 0.2})[0]
    assert [f.name for f in run.files()] == [
        "note.txt",
        "output.log",
        "config.yaml",
        "wandb-summary.json",
    ]
    with run.file("note.txt").download(root="down") as file:
        assert file.read() == "hello"
    with pytest.raises(UsageError, match="is there already"):
        run.file("note.txt").download(root="down")
    run.file("note.txt").download(root="down", replace=True).close()
    with run.file("output.log").download(root="down") as file:
        assert "seen by nobody" in file.read()
    with pytest.raises(UsageError, match=r"has no such file. It has: note\.txt"):
        run.file("none")
    assert [one.name for one in run.logged_artifacts()] == ["model:v0"]
    assert nbsweep.Api().artifact("p/model:latest").file("w") == "w/w.txt"
    assert nbsweep.Api().artifact_exists("p/model:v0")
    assert not nbsweep.Api().artifact_exists("p/model:v1")
    assert [a.version for a in nbsweep.Api().artifacts("model", "p/model")] == ["v0"]
    assert [c.name for c in nbsweep.Api().artifact_collections("p", "model")] == ["model"]
    assert run.sweep.id == run.sweep_name == sweep_id
    assert json.loads(run.json_config)["lr"] == {"value": 0.2}
    assert (run.state, run.tags, run.project) == ("finished", ["t"], "p")
    assert run.created_at.endswith("Z")
    assert run.metadata["host"]
    assert run.name in run.to_html()
    run.wait_until_finished()
    assert run.update_state("finished")


def test_ended_runs_do_not_change(sweep_id):
    run = nbsweep.Api().runs("p")[0]
    run.update()  # nothing changed
    run.tags.append("late")
    with pytest.raises(UsageError) as caught:
        run.update()
    assert str(caught.value) == (
        f"update: run {run.name} (finished) keeps what it has: ended runs never change, and a "
        "config only by its own run. Keep a table of your own beside them: "
        "Sweep(sweep_id).dataframe()."
    )
    with pytest.raises(UsageError, match="the run has ended and its summary is final"):
        run.summary["x"] = 1
    with pytest.raises(MissingNameError) as caught:
        run.delete()
    assert str(caught.value) == (
        "PublicRun.delete is W&B's and not offered here. The store keeps every run: it is what the "
        "search learns from."
    )


def test_labels_of_a_run_under_way_can_be_changed():
    with nbsweep.init(project="p") as run:
        public = nbsweep.Api().run(f"p/{run.id}")
        assert public.state == "running"
        public.tags, public.notes = ["a"], "n"
        public.update()
        assert session.store().run(run.id).notes == "n"
        public.stop()
        assert session.store().run(run.id).stop_requested == "stopped by hand"
    run.finish()


def test_paths_of_another_project_and_unknown_ids_are_told(sweep_id):
    api = nbsweep.Api()
    with pytest.raises(NotFoundError) as caught:
        api.sweep(f"other/{sweep_id}")
    assert str(caught.value) == (
        f"Sweep {sweep_id} is in project 'p', not 'other': sweep('p/{sweep_id}'), or the id alone, "
        "finds it."
    )
    run_id = api.runs("p")[0].id
    with pytest.raises(NotFoundError, match=f"Run {run_id} is in project 'p', not 'q'"):
        api.run(f"me/q/{run_id}")
    with pytest.raises(CommError):
        api.run("p/nosuchid")
    with pytest.raises(UsageError, match="give 'id', 'project/id' or 'entity/project/id'"):
        api.run("a/b/c/d")
    with pytest.raises(UsageError):
        api.sweep("")


def test_projects_and_paths(sweep_id):
    api = nbsweep.Api()
    assert [project.name for project in api.projects()] == ["p"]
    assert [sweep.id for sweep in api.project("p").sweeps()] == [sweep_id]
    run_id = api.runs("p")[0].id
    assert api.from_path(f"me/p/runs/{run_id}").id == run_id
    assert api.from_path(f"p/sweeps/{sweep_id}").id == sweep_id
    assert api.from_path("p").name == "p"
    with pytest.raises(MissingNameError, match="Teams are about W&B's service"):
        api.create_team("x")


def record(run_id, **fields):
    return RunRecord(id=run_id, project="p", **fields)


RUNS = [
    record("a", name="red-1", state=RunState.FINISHED, config={"lr": 0.1, "o": {"k": "x"}},
           summary={"acc": 0.5}, tags=("t", "u"), created_at=1.0),
    record("b", name="blue-2", state=RunState.FAILED, config={"lr": 0.2, "flag": True},
           summary={"acc": 0.9}, group="g", created_at=2.0),
    record("c", name="Red-3", state=RunState.RUNNING, config={"lr": "auto"},
           summary={"acc": math.nan, "m": {"min": 1, "last": 4}}, created_at=3.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (None, "abc"),
        ({}, "abc"),
        ({"state": "finished"}, "a"),
        ({"state": {"$in": ["finished", "failed"]}}, "ab"),
        ({"state": {"$nin": ["finished"]}}, "bc"),
        ({"config.lr": {"$gt": 0.1}}, "b"),
        ({"config.lr": {"$gte": 0.1, "$lt": 0.2}}, "a"),
        ({"config.lr.value": 0.2}, "b"),
        ({"config.o.k": "x"}, "a"),
        ({"config.flag": True}, "b"),
        ({"config.flag": 1}, ""),
        ({"config.none": None}, "abc"),
        ({"config.none": {"$exists": False}}, "abc"),
        ({"config.o": {"$exists": True}}, "a"),
        ({"config.lr": {"$ne": 0.1}}, "bc"),
        ({"summary_metrics.acc": {"$gt": 0.6}}, "b"),
        ({"tags": "t"}, "a"),
        ({"tags": {"$in": ["u", "z"]}}, "a"),
        ({"tags": {"$contains": "u"}}, "a"),
        ({"display_name": {"$regex": "^red"}}, "a"),
        ({"displayName": {"$regex": "^red", "$options": "i"}}, "ac"),
        ({"name": "b"}, "b"),
        ({"group": "g"}, "b"),
        ({"created_at": {"$gt": "1970-01-01T00:00:01Z"}}, "bc"),
        ({"$or": [{"state": "failed"}, {"config.lr": 0.1}]}, "ab"),
        ({"$and": [{"state": "failed"}, {"config.lr": 0.1}]}, ""),
        ({"$nor": [{"state": "failed"}, {"config.lr": 0.1}]}, "c"),
        ({"config.lr": {"$not": {"$lt": 0.2}}}, "bc"),
    ],
)
def test_filters_mean_what_mongos_do(filters, found):
    test = parse_filter(filters)
    assert "".join(run.id for run in RUNS if test(run)) == found


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"stat": "x"}, "filters: unknown field 'stat'. Did you mean 'state'? Accepted: name, "),
        ({"state": {"$eqq": "x"}}, "filters: unknown operator '$eqq' for state. Did you mean"),
        ({"$xor": []}, "filters: unknown operator '$xor' at the top of a filter."),
        ({"state": {"$in": "finished"}}, "filters: state: $in takes a list, not 'finished'."),
        ({"$and": {"state": "x"}}, "filters: $and takes a list of filters, not {'state': 'x'}."),
        ({"state": {"$regex": "("}}, "filters: state: $regex '(' is not a pattern: "),
        ("state=finished", "filters='state=finished': a dict is needed, such as "),
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_told_at_once(filters, message):
    with pytest.raises(UsageError) as caught:
        nbsweep.Api().runs("p", filters=filters)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("+created_at", "abc"),
        ("-created_at", "cba"),
        ("-summary_metrics.acc", "bac"),
        ("+summary_metrics.acc", "abc"),
        ("acc", "abc"),
        ("config.lr", "abc"),
        ("+m", "cab"),
        ("-none", "abc"),
    ],
)
def test_orders_put_runs_without_the_value_last(order, found):
    assert "".join(run.id for run in sort_runs(RUNS, order)) == found


def test_an_order_without_a_name_is_refused():
    with pytest.raises(UsageError, match="name a field, such as"):
        nbsweep.Api().runs("p", order="+")


def test_summaries_hold_what_wandb_adds():
    def skipping():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
            run.log({"loss": 0.5}, step=40)
            run.log({"loss": 0.25}, step=90, commit=True)

    sweep_id = nbsweep.sweep({**CONFIG, "name": "second"}, project="p")
    nbsweep.agent(sweep_id, skipping, count=1, show=False)
    nbsweep.agent(sweep_id, nbsweep.init, count=1, show=False)
    run, silent = nbsweep.Api().sweep(sweep_id).runs
    row = list(run.scan_history())[-1]
    assert run.summary["_step"] == run.lastHistoryStep == 90
    for name in ("_runtime", "_timestamp"):
        assert run.summary[name] == run.summary._json_dict[name] == row[name]
        assert isinstance(run.summary_metrics[name], float)
    assert run.summary["loss"] == 0.25
    assert dict(silent.summary) == {}
    assert run.files(["wandb-summary.json"])
    assert "_step" not in nbsweep.Sweep(sweep_id).rows()[0], "tables have no columns for them"
    found = nbsweep.Api().runs("p", filters={"summary_metrics._runtime": {"$gte": 0}})
    assert run.id in [entry.id for entry in found]
