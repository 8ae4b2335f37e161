"""`stop_run`: one way to stop a run, wherever it executes."""

import pytest

import nbsweep
from nbsweep.errors import RunStopped
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import session
from nbsweep.runs.stop import stop_run


class FrozenWriter:
    """Never flushes, so that a stop can only arrive directly."""

    def add(self, channel):
        pass

    def remove(self, channel):
        pass


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    for run in session.live_runs():
        run.end_at_exit(0)
    nbsweep.setup(None)


def test_a_run_of_this_process_is_stopped_at_its_next_log_without_waiting_for_a_flush(
    store, monkeypatch
):
    monkeypatch.setattr(session, "writer", FrozenWriter)
    run = nbsweep.init()
    run.log({"loss": 1.0})
    assert stop_run(store, run.id, "worse than the median", RunState.STOPPED)
    with pytest.raises(RunStopped, match="worse than the median") as raised:
        run.log({"loss": 1.0})
    assert raised.value.state is RunState.STOPPED
    record = store.run(run.id)
    assert (record.stop_requested, record.stop_state) == ("worse than the median", "stopped")
    run.finish()


def test_a_run_elsewhere_finds_the_request_in_the_store(store):
    store.claim_run(RunRecord("elsewhere", "p", state=RunState.RUNNING, agent_id="ann"))
    assert stop_run(store, "elsewhere", "enough")
    reply = store.append_history("elsewhere", "ann", (), summary=None, at=1.0)
    assert (reply.reason, reply.state) == ("enough", RunState.KILLED)


def test_a_run_that_has_ended_is_not_stopped(store):
    with nbsweep.init() as run:
        pass
    assert not stop_run(store, run.id, "too late")
    assert store.run(run.id).stop_requested is None


def test_kill_stops_a_run_of_this_process_at_its_next_log(monkeypatch):
    config = {"method": "random", "parameters": {"x": {"value": 1}}}
    sweep = nbsweep.Sweep(nbsweep.sweep(config))
    monkeypatch.setattr(session, "writer", FrozenWriter)
    with sweep.ask() as run:
        sweep.kill(run.id)
        run.log({"loss": 1.0})
        pytest.fail("the log does not return")
    assert sweep.runs[0].state == "killed"
