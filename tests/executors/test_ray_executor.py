"""Runs on a real local Ray, whose workers die under way."""

import os
import signal
import sys
import time

import pytest

import nbsweep
from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.executors.base import WorkerLostError
from nbsweep.executors.placement import make_executor
from nbsweep.executors.ray import RayExecutor, _share
from nbsweep.runs import session
from nbsweep.testing import ExecutorContract

ray = pytest.importorskip("ray", reason='pip install "nbsweep[ray]"')

pytestmark = [
    pytest.mark.slow,
    # Ray's own: it leaves sockets and its log files to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def local_ray(tmp_path_factory):
    # Ray's sockets need a short path; pytest's own folders are too deep.
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


@pytest.fixture
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


@pytest.mark.usefixtures("local_ray")
class TestRayExecutor(ExecutorContract):
    def executor(self):
        return RayExecutor()


def test_run_of_a_killed_worker_is_crashed_and_tried_once_more_at_another_time(
    store, local_ray, tmp_path
):
    begun = tmp_path / "begun"

    def train():
        with nbsweep.init() as run:
            with begun.open("a") as file:
                file.write(f"{run.config.x} {os.getpid()}\n")
            if run.config.x == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            run.log({"loss": float(run.config.x)})

    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "loss"},
            "parameters": {"x": {"values": [1, 2, 3, 4]}},
        },
        project="p",
    )
    nbsweep.agent(sweep_id, train, executor="ray", workers=2, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    assert [(run.params["x"], run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "finished"),
        (2, 0, "crashed"),
        (2, 1, "crashed"),
        (3, 0, "finished"),
        (4, 0, "finished"),
    ]
    assert sweep.runs[1].error.startswith("the Ray worker that had the run ended: ")
    calls = [line.split() for line in begun.read_text().splitlines()]
    assert sorted(x for x, _ in calls) == ["1", "2", "2", "3", "4"], "Ray repeated none by itself"
    assert str(os.getpid()) not in {pid for _, pid in calls}
    assert ray.is_initialized(), "the Ray that was there is left alone"


def test_killed_call_is_lost_and_others_go_on(local_ray, tmp_path):
    begun = tmp_path / "begun"

    def hang():
        begun.touch()
        time.sleep(600)

    with RayExecutor() as executor:
        lost = executor.submit(hang)
        deadline = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        executor.kill(lost)
        assert isinstance(lost.exception(timeout=60), WorkerLostError)
        assert executor.submit(int, "3").result(timeout=60) == 3
    with pytest.raises(RuntimeError, match="was shut down"):
        executor.submit(int, "3")


def test_ray_on_this_host_may_write_to_a_sqlite_file(local_ray):
    placement = make_executor("ray")
    assert not placement.remote
    placement.prepare(print, "sqlite:////data/runs.db")
    with pytest.raises(UsageError, match="lives in this process"):
        placement.prepare(print, "memory://here")


def test_share_of_a_gpu_follows_workers_per_gpu():
    assert _share(0, 4, None) == 0.0
    assert _share(2, 4, None) == 0.5
    assert _share(8, 2, None) == 1.0
    assert _share(2, 8, 4) == 0.25


def test_missing_ray_is_said_with_the_pip_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "nbsweep\[ray\]"'):
        make_executor("ray")
