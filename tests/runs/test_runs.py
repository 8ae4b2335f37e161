"""What `init`, `log`, `config`, `summary` and `finish` do, through the public names."""

import math
import pickle
import threading
import warnings

import numpy as np
import pytest

import nbsweep
from nbsweep.errors import RunStopped, UsageError
from nbsweep.records import EarlyTermination, Metric, RunRecord, WorkOrder
from nbsweep.runs import session
from nbsweep.runs.run import Run


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    for run in session.live_runs():
        run.finish()
    nbsweep.setup(None)


def rows(run):
    return [(row.step, dict(row.values)) for row in session.store().history(run.id)]


def test_block_records_history_summary_config_and_state(store):
    with nbsweep.init(project="p", config={"lr": 0.1}, name="first", tags=["a"]) as run:
        nbsweep.log({"loss": 2.0})
        nbsweep.log({"loss": 1.0, "val": {"acc": 0.5}})
        nbsweep.config.units = 8
    record = store.run(run.id)
    assert record.state == "finished"
    assert record.exit_code == 0
    assert (record.project, record.name, list(record.tags)) == ("p", "first", ["a"])
    assert record.config == {"lr": 0.1, "units": 8}
    assert record.summary == {"loss": 1.0, "val": {"acc": 0.5}}
    assert rows(run) == [(0, {"loss": 2.0}), (1, {"loss": 1.0, "val": {"acc": 0.5}})]


def test_summary_and_config_stay_readable_after_the_end():
    with nbsweep.init(config={"lr": 0.1}) as run:
        run.log({"loss": 1.0})
    assert run.summary["loss"] == run.summary.loss == 1.0
    assert run.config.lr == 0.1


def test_exception_in_the_block_fails_the_run_and_passes_on(store):
    with pytest.raises(ZeroDivisionError), nbsweep.init() as run:
        1 / 0  # noqa: B018
    record = store.run(run.id)
    assert record.state == "failed"
    assert record.exit_code == 1
    assert "ZeroDivisionError" in record.error
    assert "1 / 0" in record.error


def test_finish_with_an_exit_code_fails_the_run(store):
    run = nbsweep.init()
    nbsweep.finish(exit_code=3)
    assert store.run(run.id).state == "failed"
    assert store.run(run.id).exit_code == 3
    assert nbsweep.run is None


def test_module_names_follow_the_current_run():
    assert nbsweep.run is None
    with nbsweep.init(config={"lr": 0.1}) as run:
        assert nbsweep.run is run
        assert nbsweep.config.lr == 0.1
        run.log({"loss": 1.0})
        assert nbsweep.summary["loss"] == 1.0
        run.best_epoch = 3
        assert nbsweep.run.best_epoch == 3


@pytest.mark.parametrize("use", [
    lambda: nbsweep.log({"loss": 1}),
    lambda: nbsweep.config.lr,
    lambda: nbsweep.config["lr"],
    lambda: nbsweep.summary["loss"],
    lambda: nbsweep.define_metric("loss"),
])  # fmt: skip
def test_use_without_a_run_says_to_call_init(use):
    with pytest.raises(UsageError, match=r"You must call nbsweep.init\(\) before nbsweep"):
        use()


def test_commit_false_collects_into_the_next_row():
    with nbsweep.init() as run:
        run.log({"a": 1}, commit=False)
        run.log({"b": 2})
        run.log({"c": 3})
    assert rows(run) == [(0, {"a": 1, "b": 2}), (1, {"c": 3})]


def test_explicit_steps_merge_jump_and_never_go_back():
    with nbsweep.init() as run:
        run.log({"a": 1}, step=5)
        run.log({"b": 2}, step=5)
        run.log({"c": 3}, step=7)
        with pytest.warns(UserWarning, match=r"log\(step=6\) is dropped"):
            run.log({"d": 4}, step=6)
        run.log({"e": 5})
    assert rows(run) == [(5, {"a": 1, "b": 2}), (7, {"c": 3, "e": 5})]


def test_open_row_is_written_at_the_end():
    with nbsweep.init() as run:
        run.log({"a": 1}, commit=False)
    assert rows(run) == [(0, {"a": 1})]
    assert run.summary["a"] == 1


def test_odd_values_survive_the_store():
    with nbsweep.init() as run:
        run.log({"nan": math.nan, "inf": -math.inf, "none": None, "text": "x", "np": np.float32(1)})
    ((_, values),) = rows(run)
    assert math.isnan(values.pop("nan"))
    assert values == {"inf": -math.inf, "none": None, "text": "x", "np": 1.0}


@pytest.mark.parametrize("data", [[1, 2], "loss", 3.0, None])
def test_log_takes_a_mapping_only(data):
    with nbsweep.init() as run, pytest.raises(TypeError, match="log takes a dict"):
        run.log(data)


def test_log_takes_text_keys_only():
    with nbsweep.init() as run, pytest.raises(TypeError, match="keys are text, but 3 is int"):
        run.log({3: 1.0})


def test_log_after_the_end_says_so():
    with nbsweep.init() as run:
        pass
    with pytest.raises(UsageError, match="has ended"):
        run.config.lr = 1


def test_stop_request_ends_the_run_at_its_next_log(store):
    run = nbsweep.init()
    run.request_stop("enough")
    swallowed = False

    def train():
        nonlocal swallowed
        with run:
            try:
                run.log({"loss": 1.0})
            except Exception:  # noqa: BLE001 - what users write; it must not swallow a stop
                swallowed = True

    with pytest.raises(RunStopped, match="enough"):
        train()
    assert not swallowed
    assert store.run(run.id).state == "killed"


def test_second_init_finishes_or_returns_the_open_run_as_asked():
    first = nbsweep.init(reinit="finish_previous")
    second = nbsweep.init(reinit="finish_previous")
    assert first.ended_as == "finished"
    assert nbsweep.init(reinit="return_previous") is second
    third = nbsweep.init(reinit="create_new")
    assert second.is_open
    assert nbsweep.run is third
    third.finish()
    second.finish()


def test_thread_of_the_training_code_sees_the_only_run():
    with nbsweep.init() as run:
        thread = threading.Thread(target=lambda: nbsweep.log({"from": "thread"}))
        thread.start()
        thread.join()
    assert rows(run) == [(0, {"from": "thread"})]


def test_thread_with_several_runs_open_gets_a_clear_error():
    first, second = nbsweep.init(reinit="create_new"), nbsweep.init(reinit="create_new")
    caught = []

    def train():
        try:
            nbsweep.log({"loss": 1})
        except UsageError as error:
            caught.append(str(error))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert caught
    assert caught[0].startswith("2 runs are open in this process")
    first.finish()
    second.finish()


def test_disabled_mode_keeps_nothing(store):
    with nbsweep.init(mode="disabled", config={"lr": 1}) as run:
        run.log({"loss": 1.0})
    assert run.summary["loss"] == 1.0
    assert store.runs() == []


def test_config_file_and_defaults_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config-defaults.yaml").write_text("lr:\n  value: 0.1\nunits:\n  value: 4\n")
    (tmp_path / "mine.yaml").write_text("units: 8\n")
    with nbsweep.init(config="mine.yaml") as run:
        assert dict(run.config) == {"lr": 0.1, "units": 8}
    with pytest.raises(UsageError, match="there is no such file"):
        nbsweep.init(config="other.yaml")


def test_old_arguments_of_wandb_are_accepted():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with nbsweep.init(
            entity="me", anonymous="allow", settings=None, resume=True, magic=True, save_code=True
        ) as run:
            run.log({"loss": 1}, sync=True)
            run.finish(quiet=True)


def test_login_says_that_no_account_is_needed(capsys):
    assert nbsweep.login(key="x", relogin=True) is True
    assert capsys.readouterr().out == (
        "nbsweep needs no account: everything stays on this machine.\n"
    )


class UntouchableStore:
    """Fails at whatever is asked of it."""

    def __getattr__(self, name):
        raise AssertionError(f"store.{name} is used")


def order_of(**fields):
    record = RunRecord("run", "p", sweep_id="sweep", agent_id="ann")
    return WorkOrder(record, "memory://", "/nowhere/run", **fields)


def test_making_a_run_asks_no_store_and_starts_no_thread(monkeypatch):
    rule = EarlyTermination("median")
    order = order_of(metric=Metric("loss", mode="best"), early_terminate=rule)
    threads = threading.active_count()
    with monkeypatch.context() as without_files:
        for name in ("builtins.open", "os.open"):
            without_files.setattr(name, lambda *_, **__: pytest.fail("a file is opened"))
        run = Run(order, UntouchableStore())
    assert threading.active_count() == threads
    assert (run.id, run.metric.name, run.is_open) == ("run", "loss", False)
    assert session.live_run("run") is None


def test_an_order_of_a_version_without_metric_and_rule_still_loads():
    order = order_of()
    for field in ("metric", "early_terminate"):
        vars(order).pop(field)
    old = pickle.loads(pickle.dumps(order))
    assert (old.metric, old.early_terminate) == (None, None)
    assert old == order_of()


def test_labels_are_stored_when_they_are_set_and_final_after_the_end(store):
    with nbsweep.init() as run:
        run.name, run.notes, run.tags = 3, "a note", ["a", "b"]
        run.group, run.job_type = "cv", "train"
        assert (run.name, run.tags) == ("3", ("a", "b"))
    record = store.run(run.id)
    assert (record.name, record.notes, list(record.tags)) == ("3", "a note", ["a", "b"])
    assert (record.group, record.job_type) == ("cv", "train")
    with pytest.raises(UsageError, match=r"run\.notes: run 3 has ended and is final\."):
        run.notes = "another"
    assert run.notes == "a note"
