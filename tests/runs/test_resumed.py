"""`init(id=…, resume=…)`: a run outside of sweeps goes on."""

import subprocess
import sys

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import session
from nbsweep.runs.start import start_run
from nbsweep.testing.clock import FakeClock


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield session.store()
    for run in session.live_runs():
        run.finish()
    nbsweep.setup(None)


def steps(store, run):
    return [(row.step, dict(row.values)) for row in store.history(run.id)]


@pytest.mark.parametrize("resume", ["allow", "must", "auto", True, "ALLOW"])
@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_run_goes_on_with_its_steps_summary_and_config(resume, exit_code, store):
    first = nbsweep.init(
        id="mine", name="first", config={"lr": 0.1, "epochs": 2}, tags=["a"], project="p"
    )
    first.log({"loss": 3.0}, step=4)
    first.log({"loss": 2.0, "once": 1}, step=7)
    first.summary["best"] = 2.0
    first.finish(exit_code)
    assert not first.resumed
    with nbsweep.init(id="mine", resume=resume, config={"epochs": 3}, notes="again") as run:
        assert run.resumed
        assert (run.step, run.starting_step, run.name, run.project) == (8, 8, "first", "p")
        assert run.start_time == first.start_time
        assert run.summary == {"loss": 2.0, "once": 1, "best": 2.0}
        assert run.config == {"lr": 0.1, "epochs": 3}
        run.log({"loss": 1.0})
    assert steps(store, run) == [
        (4, {"loss": 3.0}),
        (7, {"loss": 2.0, "once": 1}),
        (8, {"loss": 1.0}),
    ]
    record = store.run("mine")
    assert (record.state, record.exit_code, record.error) == (RunState.FINISHED, 0, None)
    assert record.summary == {"loss": 1.0, "once": 1, "best": 2.0}
    assert record.config == {"lr": 0.1, "epochs": 3}
    assert (record.tags, record.notes, record.name) == (("a",), "again", "first")
    assert len(store.runs()) == 1


def test_allow_and_never_begin_a_run_that_is_not_there(store):
    for number, resume in enumerate(("allow", "never", "auto", None)):
        with nbsweep.init(id=f"run{number}", resume=resume) as run:
            assert not run.resumed
            assert run.step == 0
    with nbsweep.init(resume="allow") as run:
        assert not run.resumed
    assert len(store.runs()) == 5


def test_must_needs_a_run(store):
    with pytest.raises(UsageError) as caught:
        nbsweep.init(id="nothing", resume="must")
    assert str(caught.value) == (
        "init(id='nothing', resume=\"must\"): there is no run of that id to go on with. Check the "
        'id, or begin it with resume="allow".'
    )
    with pytest.raises(UsageError) as caught:
        nbsweep.init(resume="must")
    assert str(caught.value) == (
        'init(resume="must"): which run is to go on? Give its id: init(id="…", resume="must").'
    )
    assert store.runs() == []


def test_never_refuses_a_run_that_is_there(store):
    nbsweep.init(id="mine").finish()
    with pytest.raises(UsageError) as caught:
        nbsweep.init(id="mine", resume="never")
    assert str(caught.value) == (
        "init(id='mine', resume=\"never\"): there is a run of that id (finished). Give another "
        'id, or go on with that run: resume="allow".'
    )


def test_a_run_that_is_under_way_elsewhere_is_refused(store):
    now = FakeClock(1000.0)
    elsewhere = RunRecord(
        "mine", "p", name="far", state=RunState.RUNNING, agent_id="other:7:1:a", host="other",
        pid=7, heartbeat_at=now(), started_at=now(), created_at=now(),
    )  # fmt: skip
    store.claim_run(elsewhere)
    with pytest.raises(UsageError) as caught:
        start_run(run_id="mine", resume="must", clock=now)
    assert str(caught.value) == (
        "init(id='mine'): run far is still under way, in process 7 on other. Wait for its end "
        "or stop it there, or give another id."
    )
    assert store.run("mine") == elsewhere
    now.advance(61)  # it has been silent for so long that it must be gone
    assert start_run(run_id="mine", resume="must", clock=now).resumed


def test_a_run_whose_process_was_killed_goes_on(store):
    script = (
        "import nbsweep, os\nfrom nbsweep.runs import session\n"
        f"nbsweep.setup({store.url!r})\n"
        "run = nbsweep.init(id='mine', config={'lr': 0.1})\nrun.log({'loss': 2.0})\n"
        "session.writer().flush_soon(10)\nos._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert store.run("mine").state is RunState.RUNNING
    with nbsweep.init(id="mine", resume="allow") as run:
        assert run.resumed
        run.log({"loss": 1.0})
    assert steps(store, run) == [(0, {"loss": 2.0}), (1, {"loss": 1.0})]


def test_a_run_that_is_open_in_this_process_is_refused_beside_itself():
    nbsweep.init(id="mine", name="first")
    with pytest.raises(UsageError, match=r"^init\(id='mine'\): run first is still under way"):
        nbsweep.init(id="mine", resume="allow", reinit="create_new")
    again = nbsweep.init(id="mine", resume="allow", reinit="finish_previous")
    assert again.resumed


def test_runs_of_a_sweep_go_on_with_their_sweep(store):
    sweep = nbsweep.sweep({"method": "grid", "parameters": {"x": {"values": [1]}}})

    def train():
        run = nbsweep.init(id="other", resume="must")  # means nothing here
        assert not run.resumed

    nbsweep.agent(sweep, train, show=False)
    (record,) = store.runs(sweep_id=sweep)
    assert record.state is RunState.FINISHED
    with pytest.raises(UsageError) as caught:
        nbsweep.init(id=record.id, resume="allow")
    assert str(caught.value) == (
        f"init(id={record.id!r}): run {record.name} belongs to sweep {sweep}. "
        f"nbsweep.resume({sweep!r}, train) goes on with it. For a run of its own give another id."
    )


def test_auto_goes_on_with_the_last_run_that_did_not_finish(store):
    first = nbsweep.init(resume=True)
    first.finish(exit_code=1)
    nbsweep.init().finish(exit_code=1)  # another one, without resume
    second = nbsweep.init(resume="auto")
    assert (second.id, second.resumed) == (first.id, True)
    second.finish()
    third = nbsweep.init(resume="auto")
    assert third.id != first.id
    assert not third.resumed


def test_the_environment_and_the_settings_name_them_too(monkeypatch, store):
    nbsweep.init(id="mine").finish()
    with nbsweep.init(settings=nbsweep.Settings(run_id="mine", resume="must")) as run:
        assert run.resumed
    monkeypatch.setenv("WANDB_RUN_ID", "mine")
    monkeypatch.setenv("WANDB_RESUME", "allow")
    with nbsweep.init() as run:
        assert run.resumed
    assert len(store.runs()) == 1


def test_a_disabled_run_resumes_nothing(store):
    nbsweep.init(id="mine").finish()
    with nbsweep.init(id="mine", resume="must", mode="disabled") as run:
        assert not run.resumed
    assert store.run("mine").history_rows == 0
