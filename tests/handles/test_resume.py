import time

import pytest

import nbsweep
from nbsweep.control import lost_runs
from nbsweep.errors import UsageError
from nbsweep.records import RunRecord, RunState, SweepState
from nbsweep.runs import session

GRID = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": [1, 2, 3]}},
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x})


def leave_one_behind(store):
    """A sweep whose kernel died in its first run."""
    sweep_id = nbsweep.sweep({**GRID, "name": "left"})
    store.set_sweep_state(sweep_id, SweepState.RUNNING)
    store.claim_run(
        RunRecord(
            id="gone",
            project="p",
            sweep_id=sweep_id,
            number=1,
            state=RunState.RUNNING,
            params={"x": 1},
            origin={"method": "grid", "grid_index": 0},
            agent_id="elsewhere",
            host="elsewhere",
            heartbeat_at=time.time() - 3600,
        )
    )
    return sweep_id


def test_continues_what_is_missing(store, monkeypatch):
    monkeypatch.setattr(lost_runs, "STALE_AFTER_S", 0.5)  # seen silent for so long, not by a clock
    sweep_id = leave_one_behind(store)
    nbsweep.resume(sweep_id, train, show=False)
    runs = nbsweep.Sweep(sweep_id).runs
    assert [(run.number, run.attempt, run.state) for run in runs] == [
        (1, 0, "crashed"),
        (1, 1, "finished"),
        (2, 0, "finished"),
        (3, 0, "finished"),
    ]


def test_opens_an_ended_sweep_again_and_takes_the_newest_when_none_is_named():
    sweep_id = nbsweep.sweep(GRID)
    nbsweep.agent(sweep_id, train, count=1, show=False)
    nbsweep.Sweep(sweep_id).stop()
    nbsweep.resume(None, train, count=1, show=False)
    assert len(nbsweep.Sweep(sweep_id).runs) == 2


def test_without_any_sweep_says_so():
    with pytest.raises(UsageError, match="there is no sweep yet"):
        nbsweep.resume(None, train)


def test_a_new_sweep_mentions_an_unfinished_one_of_an_earlier_kernel_once(store, capsys):
    left = leave_one_behind(store)
    session._used.discard(store.url)  # as in a new kernel
    capsys.readouterr()
    nbsweep.sweep(GRID)
    assert capsys.readouterr().out.splitlines()[0] == (
        f"Note: sweep left ({left}) was left unfinished in run 1. "
        f"nbsweep.resume('{left}', train) continues it."
    )
    nbsweep.sweep(GRID)
    assert "unfinished" not in capsys.readouterr().out
