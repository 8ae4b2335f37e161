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


@pytest.mark.parametrize("end", [
    lambda run: run.finish(),
    lambda run: run.finish(exit_code=1),
    lambda run: nbsweep.finish(),
    lambda run: run.__exit__(None, None, None),
    lambda run: nbsweep.init(reinit="finish_previous").finish(),
    lambda run: nbsweep.teardown(),
])  # fmt: skip
def test_log_after_the_end_is_an_error_that_code_can_catch(end):
    run = nbsweep.init(name="first")
    end(run)
    with pytest.raises(UsageError) as caught:
        run.log({"loss": 1.0})
    assert str(caught.value) == (
        "log: run first has ended. Log inside the `with nbsweep.init()` block, before finish()."
    )


def test_log_after_a_stop_and_the_end_still_ends_the_thread_that_logs():
    run = nbsweep.init()
    run.request_stop("enough")
    run.finish()
    with pytest.raises(RunStopped, match="enough"):
        run.log({"loss": 1.0})


def test_log_after_tell_and_after_the_function_are_errors_too():
    sweep = nbsweep.Sweep(nbsweep.sweep(
        {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2]}}}
    ))  # fmt: skip
    asked = sweep.ask()
    asked.tell(1.0)
    kept = []
    nbsweep.agent(sweep, lambda: kept.append(nbsweep.init()), show=False)
    for run in (asked, *kept):
        with pytest.raises(UsageError, match="has ended"):
            run.log({"loss": 1.0})


def test_a_new_run_beside_the_current_one_leaves_it_alone():
    with nbsweep.init(config={"lr": 1}) as run:
        with nbsweep.init(config={"lr": 2}, reinit="create_new") as other:
            assert nbsweep.run is run
            assert nbsweep.config.lr == 1
            nbsweep.log({"of": "run"})
            other.log({"of": "other"})
        assert nbsweep.run is run
    assert nbsweep.run is None
    assert rows(run) == [(0, {"of": "run"})]
    assert rows(other) == [(0, {"of": "other"})]


# --- what init refuses ---


@pytest.mark.parametrize(("given", "message"), [
    ({"conifg": {}}, "init(conifg=…): there is no such argument. Did you mean 'config'? There "),
    ({"projct": "a"}, "init(projct=…): there is no such argument. Did you mean 'project'? "),
    ({"allow_val_changes": 1}, "init(allow_val_changes=…): there is no such argument. Did you "
     "mean 'allow_val_change'? "),
    ({"zzz": 1}, "init(zzz=…): there is no such argument. There are entity, project, dir, id, "),
    ({"mode": "onlin"}, "init(mode='onlin'): accepted are online, offline, disabled, shared, "
     'dryrun, run. Did you mean "online"?'),
    ({"settings": {"mode": "of"}}, "init(settings=Settings(mode='of')): accepted are online, "),
    ({"reinit": "creat_new"}, "init(reinit='creat_new'): accepted are 'default', "
     "'return_previous', 'finish_previous', 'create_new', True and False. Did you mean "
     '"create_new"?'),
    ({"resume": "alow"}, "init(resume='alow'): accepted are 'allow', 'must', 'never', 'auto', "
     'True and False. Did you mean "allow"?'),
])  # fmt: skip
def test_what_init_does_not_know_is_refused(given, message, store):
    with pytest.raises(UsageError) as caught:
        nbsweep.init(**given)
    assert str(caught.value).startswith(message)
    assert store.runs() == []


def test_a_mode_of_the_environment_that_is_not_known_is_refused(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "ofline")
    with pytest.raises(UsageError) as caught:
        nbsweep.init()
    assert str(caught.value) == (
        "WANDB_MODE=ofline: accepted are online, offline, disabled, shared, dryrun, run. Did you "
        'mean "offline"?'
    )


@pytest.mark.parametrize("mode", ["online", "offline", "shared", "dryrun", "run", "OFFLINE"])
def test_modes_of_wandb_are_accepted(mode):
    with nbsweep.init(mode=mode) as run:
        assert not run.disabled


@pytest.mark.parametrize(
    "argument",
    "anonymous fork_from magic monitor_gym resume_from save_code sync_tensorboard "
    "tensorboard".split(),
)
def test_arguments_of_wandb_that_mean_nothing_here_are_accepted(argument):
    with nbsweep.init(**{argument: None}):
        pass


# --- keys that keep their values ---


def test_keys_of_a_script_keep_their_values_unless_told_otherwise(store, monkeypatch):
    monkeypatch.setattr("nbsweep.runs.start._notebook", lambda: False)
    with nbsweep.init(config={"lr": 0.1}) as run:
        with pytest.raises(nbsweep.ConfigError, match=r"config\.lr: is 0\.1, as it was recorded"):
            nbsweep.config.lr = 0.2
        run.config.update({"lr": 0.3}, allow_val_change=True)
    assert store.run(run.id).config == {"lr": 0.3}
    with nbsweep.init(config={"lr": 0.1}, allow_val_change=True) as run:
        run.config.lr = 0.2
    assert store.run(run.id).config == {"lr": 0.2}


def test_keys_of_a_notebook_and_of_a_sweeps_run_may_change(monkeypatch, store):
    def train():
        with nbsweep.init(config={"epochs": 1}) as run:
            run.config.epochs = 2

    sweep = nbsweep.sweep({"method": "grid", "parameters": {"x": {"values": [1]}}})
    nbsweep.agent(sweep, train, show=False)
    assert store.runs(sweep_id=sweep)[0].config == {"x": 1, "epochs": 2}
    monkeypatch.setattr("nbsweep.runs.start._notebook", lambda: True)
    with nbsweep.init(config={"epochs": 1}) as run:
        run.config.epochs = 2
    assert store.run(run.id).config == {"epochs": 2}


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
    assert nbsweep.run is second  # as in W&B, "create_new" leaves it alone
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
