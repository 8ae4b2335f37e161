"""What W&B's Run offers besides logging: files, watching, alerts, settings, links."""

import logging
import pickle
import sys
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

import nbsweep
from nbsweep.errors import MissingNameError, NotFoundError, UnsupportedError, UsageError
from nbsweep.runs import session
from nbsweep.runs.watch import histogram


@pytest.fixture
def run():
    with nbsweep.init(project="p") as run:
        yield run
    for live in session.live_runs():
        live.finish()


# save and restore


def test_saved_files_come_back_also_from_another_run(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.h5").write_text("weights")
    (tmp_path / "out" / "log.txt").write_text("log")
    kept = nbsweep.save("out/*")
    assert [Path(path).relative_to(run.dir).as_posix() for path in kept] == [
        "files/out/log.txt",
        "files/out/model.h5",
    ]
    run.finish()
    (tmp_path / "out" / "model.h5").write_text("later")
    with nbsweep.restore("out/model.h5", run_path=f"me/p/{run.id}", root="back") as file:
        assert file.read() == "weights"
    with nbsweep.restore("out/model.h5", run_path=run.id) as file:
        assert file.read() == "later"  # it is there, and not replaced
    with nbsweep.restore("out/model.h5", run_path=run.id, replace=True) as file:
        assert file.read() == "weights"
    with pytest.raises(NotFoundError):
        nbsweep.restore("x", run_path="p/unknown1")


def test_names_are_kept_relative_to_a_base(run, tmp_path):
    path = tmp_path / "a" / "b.txt"
    path.parent.mkdir()
    path.write_text("b")
    assert nbsweep.save(str(path))[0].endswith("/files/b.txt")
    assert nbsweep.save(path, base_path=tmp_path)[0].endswith("/files/a/b.txt")
    assert nbsweep.save(str(tmp_path / "a" / "*.txt"))[0].endswith("/files/b.txt")
    assert nbsweep.save() == []
    assert nbsweep.save("none*") == []


def test_paths_that_leave_their_folder_are_refused(run, tmp_path):
    with pytest.raises(UsageError) as caught:
        nbsweep.save("../secret.txt")
    assert str(caught.value) == (
        "save('../secret.txt'): the path leaves its folder. Give a relative path without '..', or "
        "say with base_path below which folder names are kept."
    )
    with pytest.raises(UsageError) as caught:
        nbsweep.restore("../../etc/passwd")
    assert str(caught.value) == (
        "restore('../../etc/passwd'): the path leaves its folder. "
        "Give a relative path without '..'."
    )
    with pytest.raises(UsageError, match="the file is not below base_path"):
        nbsweep.save("/etc/hostname", base_path=tmp_path)
    with pytest.raises(UsageError):
        nbsweep.restore("/etc/passwd")


def test_missing_files_and_policies_are_told(run, caplog):
    assert nbsweep.save("none.txt") == []
    assert [record.getMessage() for record in caplog.records] == [
        f"save('none.txt'): there is no such file, in {Path.cwd()} or in the run's folder; nothing "
        "is saved."
    ]
    with pytest.raises(UsageError, match="accepted are live, now, end"):
        nbsweep.save("none.txt", policy="never")
    with pytest.raises(UsageError, match=r"the run has no such file. It has: none"):
        nbsweep.restore("none.txt")


@pytest.mark.parametrize(
    ("name", "where"),
    [("m.h5", "m.h5"), ("*.h5", "m.h5"), ("sub/m.h5", "sub/m.h5"), ("sub/*", "sub/m.h5")],
)
def test_files_that_lie_in_the_runs_folder_are_saved_by_their_name(name, where, run):
    file = Path(run.dir, where)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("weights")
    (kept,) = nbsweep.save(name)
    assert Path(kept).read_text() == "weights"
    assert kept == str(Path(run.dir, "files", file.relative_to(run.dir)))
    assert nbsweep.save(name) == [kept]
    assert nbsweep.save(str(file)) == [str(Path(run.dir, "files", file.name))]
    assert nbsweep.save(kept) == [kept]


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_saved(run, caplog):
    Path("a.txt").write_text("a")
    Path("b.txt").write_text("b")
    Path(run.dir, "files", "a.txt").mkdir(parents=True)
    Path(run.dir, "files", "a.txt", "a.txt").mkdir()
    assert nbsweep.save("*.txt") == [str(Path(run.dir, "files", "b.txt"))]
    assert "a.txt is not saved (Is a directory)" in caplog.text


@pytest.mark.parametrize("name", ["gone/*.pt", "gone/m.pt", "/gone/m.pt", "/gone/**"])
def test_nothing_to_save_is_no_end_of_a_run(name, run, caplog):
    assert nbsweep.save(name, policy="end") == []
    assert nbsweep.save(name, glob=False) == []
    assert f"save({name!r}): there is no such file" in caplog.text


def test_code_is_kept_as_an_artifact(run, tmp_path):
    (tmp_path / "train.py").write_text("1")
    (tmp_path / "notes.md").write_text("n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.py").write_text("x")
    assert list(run.log_code().manifest.entries) == ["train.py"]
    both = run.log_code(include_fn=lambda path: path.endswith((".py", ".md")), name="both")
    assert sorted(both.manifest.entries) == ["notes.md", "train.py"]
    assert run.log_code("node_modules", exclude_fn=lambda path, root: True) is None


# watch


def test_watched_gradients_and_parameters_go_into_the_next_row(run):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    nbsweep.watch(model, log="all", log_freq=2, log_graph=True)
    for step in range(4):
        model(torch.ones(5, 3)).sum().backward()
        run.log({"loss": step})
    nbsweep.unwatch(model)
    model(torch.ones(5, 3)).sum().backward()
    run.log({"loss": 9})
    run.finish()
    rows = [row.values for row in session.store().history(run.id)]
    assert [sorted(row) == ["loss"] for row in rows] == [True, False, True, False, True]
    names = [name for name, _ in model.named_parameters()]
    assert {key for key in rows[1] if key != "loss"} == {
        f"{kind}/{name}" for kind in ("gradients", "parameters") for name in names
    }
    assert sum(rows[1]["parameters/0.weight"]["values"]) == 6
    assert run.summary["graph_0"]["_type"] == "graph-file"


def test_a_second_model_has_a_prefix_and_wrong_calls_are_told(run):
    torch = pytest.importorskip("torch")
    one, two = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    nbsweep.watch([one, two], log_freq=1)
    (one(torch.ones(1, 2)) + two(torch.ones(1, 2))).sum().backward()
    run.log({"loss": 1})
    assert {"gradients/weight", "gradients/graph_1weight"} <= set(run.summary.keys())
    with pytest.raises(UsageError, match="watched already"):
        nbsweep.watch(one)
    with pytest.raises(UsageError, match="accepted are 'gradients', 'parameters', 'all', None"):
        nbsweep.watch(two, log="weights")
    with pytest.raises(UsageError, match="a whole number of at least 1"):
        nbsweep.watch(two, log_freq=0)
    with pytest.raises(TypeError, match="watch takes torch modules, not int"):
        nbsweep.watch(3)
    run.finish()
    assert not one.weight._backward_hooks


def test_histograms_of_tensors_are_numpys():
    torch = pytest.importorskip("torch")
    values = torch.randn(500, generator=torch.Generator().manual_seed(1))
    found = histogram(values)
    counts, edges = np.histogram(values.numpy(), bins=64)
    assert np.abs(np.array(found["values"]) - counts).sum() <= 4  # float32 edges
    assert found["bins"] == pytest.approx(edges.tolist(), abs=1e-5)
    assert histogram(torch.tensor([1.0, float("nan")]))["values"] == [1]
    assert histogram(torch.empty(0))["values"] == [0]


# summary, define_metric


def test_an_assigned_summary_reaches_the_run(run):
    run.log({"loss": 1})
    nbsweep.summary = {"best": 2}
    assert dict(run.summary) == {"best": 2}
    run.summary = {"loss": 3, "img": nbsweep.Image(np.eye(2))}
    assert run.summary["img"]["_type"] == "image-file"
    assert nbsweep.summary.loss == 3
    nbsweep.config = {"lr": 1}
    assert run.config.lr == nbsweep.config.lr == 1
    run.finish()
    with pytest.raises(UsageError, match="You must call nbsweep"):
        nbsweep.summary = {"x": 1}
    assert session.store().run(run.id).summary["loss"] == 3


def test_what_the_sweep_suggested_survives_an_assigned_config():
    sweep_id = nbsweep.sweep({"method": "grid", "parameters": {"lr": {"values": [5]}}})

    def train():
        with nbsweep.init():
            nbsweep.config = {"lr": 1, "epochs": 2}
            assert (nbsweep.config.lr, nbsweep.config.epochs) == (5, 2)

    nbsweep.agent(sweep_id, train, show=False)
    assert nbsweep.Sweep(sweep_id).runs[0].state == "finished"


def test_step_metrics_join_the_rows_of_their_metrics(run):
    nbsweep.define_metric("epoch", hidden=True)
    found = nbsweep.define_metric("val/*", step_metric="epoch", summary="min")
    nbsweep.define_metric("val/*", summary="max", goal="maximize")
    assert found.step_metric == "epoch"
    run.log({"epoch": 3})
    run.log({"val/acc": 0.5})
    run.log({"train": 1})
    run.log({"val/acc": 0.4, "epoch": 4})
    assert run.summary["val/acc"] == {"min": 0.4, "max": 0.5}, "definitions add up as in W&B"
    assert "epoch" not in run.to_html()
    run.finish()
    rows = [dict(row.values) for row in session.store().history(run.id)]
    assert rows == [
        {"epoch": 3}, {"val/acc": 0.5, "epoch": 3}, {"train": 1}, {"val/acc": 0.4, "epoch": 4}
    ]  # fmt: skip


def test_wrong_definitions_are_told(run):
    with pytest.raises(UsageError, match=r"define_metric\('a\*b'\): a metric's name, or a pattern"):
        run.define_metric("a*b")
    with pytest.raises(UsageError, match="unknown goal 'up'"):
        run.define_metric("a", goal="up")
    with pytest.raises(UsageError, match="unknown summary 'median'"):
        run.define_metric("a", summary="median")


# the rest


def test_alerts_are_warnings_and_not_repeated_too_soon(run, caplog):
    with caplog.at_level(logging.WARNING, "nbsweep"):
        run.alert("low", "accuracy is low", level=nbsweep.AlertLevel.WARN, wait_duration=60)
        run.alert("low", "again", wait_duration=60)
        nbsweep.alert("other", "text")
    assert caplog.messages == [
        f"Alert (WARN) of run {run.name}: low: accuracy is low",
        f"Alert (INFO) of run {run.name}: other: text",
    ]
    with pytest.raises(UsageError, match="accepted are INFO, WARN, ERROR"):
        run.alert("a", "b", level="LOUD")


def test_settings_stand_for_arguments_of_init():
    settings = nbsweep.Settings(run_name="n", run_tags=("a",), mode="disabled", silent=True)
    with nbsweep.init(settings=settings, tags=["b"]) as run:
        assert (run.name, run.tags, run.disabled) == ("n", ("b",), True)
        assert run.settings.silent is True
        assert run.settings.never_set is None
    with nbsweep.init(settings={"project": "q"}) as run:
        assert run.project == "q"


def test_attach_teardown_and_messages(run, capsys):
    assert nbsweep.attach(run.id) is run
    with pytest.raises(UnsupportedError, match="no run of that id is open in this process"):
        nbsweep.attach("nothere1")
    nbsweep.termlog("hello\nworld")
    nbsweep.termwarn("careful", repeat=False)
    nbsweep.termwarn("careful", repeat=False)
    nbsweep.termerror("bad", prefix=False)
    assert capsys.readouterr().err == (
        "nbsweep: hello\nnbsweep: world\nnbsweep: WARNING careful\nERROR bad\n"
    )
    nbsweep.teardown()
    assert session.store().run(run.id).state == "finished"
    with pytest.raises(UsageError, match="You must call nbsweep"):
        nbsweep.save("x")


def test_wandbs_attributes_of_a_run_are_there(run):
    assert run.url is run.project_url is run.sweep_url is run.get_url() is None
    assert (run.project_name(), run.starting_step, run.entity) == ("p", 0, "")
    assert run.config_static == {}
    assert run.status().sync_items_pending == 0
    run.write_logs("a line")
    run.pin_config_keys(["a"])
    with pytest.raises(UnsupportedError, match="filled by one run"):
        run.upsert_artifact("a")
    with pytest.raises(MissingNameError, match="Did you mean 'finish'"):
        run.finsh()
    run.own_attribute = 3
    assert run.own_attribute == 3
    run.finish()
    assert session.store().console(run.id) == "a line\n"


def test_functions_that_use_the_package_by_another_name_travel():
    """Notebook code says ``import nbsweep as wandb``; workers get its functions pickled."""
    namespace = {"wandb": nbsweep}
    exec("def train():\n    return wandb.__name__", namespace)
    assert pickle.loads(cloudpickle.dumps(namespace["train"]))() == "nbsweep"
    assert sys.modules["nbsweep"] is nbsweep


def test_util():
    assert nbsweep.util.make_artifact_name_safe("a b/c") == "a_b_c"
    assert len(nbsweep.util.make_artifact_name_safe("x" * 200)) == 128
    assert len(nbsweep.util.generate_id()) == 8
    assert nbsweep.util.json_friendly(np.float32(1.5)) == (1.5, True)
    with pytest.raises(MissingNameError, match=r"W&B's own machinery. nbsweep.util has"):
        nbsweep.util.downsample([1], 2)
