"""Runs on a real Dask cluster of processes, whose workers die under way."""

import os
import signal
import time

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.executors.dask import DaskExecutor, is_client
from nbsweep.executors.placement import Placement, make_executor
from nbsweep.runs import session
from nbsweep.store import open_store
from nbsweep.testing import ExecutorContract

distributed = pytest.importorskip("distributed", reason='pip install "nbsweep[dask]"')


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


class TestDaskExecutor(ExecutorContract):
    @pytest.fixture(autouse=True)
    def with_client(self, client):
        self.client = client

    def executor(self):
        return DaskExecutor(self.client)


def test_run_of_a_killed_worker_is_crashed_and_tried_once_more_at_another_time(
    store, client, tmp_path
):
    begun = tmp_path / "begun"

    def train():
        with nbsweep.init() as run:
            with begun.open("a") as file:
                file.write(f"{run.config.x} {os.getpid()}\n")
            if run.config.x == 2:
                time.sleep(0.2)  # the other worker is at work meanwhile
                os.kill(os.getpid(), signal.SIGKILL)
            run.log({"loss": float(run.config.x), "pid": os.getpid()})

    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "loss"},
            "parameters": {"x": {"values": [1, 2, 3, 4]}},
        },
        project="p",
    )
    nbsweep.agent(sweep_id, train, executor=client, workers=2, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    assert [(run.params["x"], run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "finished"),
        (2, 0, "crashed"),
        (2, 1, "crashed"),
        (3, 0, "finished"),
        (4, 0, "finished"),
    ]
    assert sweep.runs[1].error == "the worker process that had the run ended"
    calls = [line.split() for line in begun.read_text().splitlines()]
    assert sorted(x for x, _ in calls) == ["1", "2", "2", "3", "4"], "Dask repeated none by itself"
    assert str(os.getpid()) not in {pid for _, pid in calls}


def test_training_code_may_start_processes_though_dasks_workers_are_daemonic(store, client):
    def child(value):
        nbsweep.init().log({"loss": value})

    def train():
        import multiprocessing

        with nbsweep.init() as run:
            process = multiprocessing.Process(target=child, args=(run.config.x,))
            process.start()
            process.join()
            assert process.exitcode == 0

    sweep_id = nbsweep.sweep(
        {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2]}}},
        project="p",
    )
    nbsweep.agent(sweep_id, train, executor=client, workers=2, show=False)
    runs = nbsweep.Sweep(sweep_id).runs
    assert [(run.error, run.metric) for run in runs] == [(None, 1.0), (None, 2.0)]
    assert len(store.runs()) == 2, "no stray run"


def test_workers_write_to_a_server_themselves(postgres_server, client):
    url = postgres_server.new_database()
    nbsweep.setup(url)

    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config.x, "pid": os.getpid()})

    try:
        sweep_id = nbsweep.sweep(
            {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2]}}}
        )
        nbsweep.agent(sweep_id, train, executor=client, workers=2, show=False)
        runs = nbsweep.Sweep(sweep_id).runs
        assert [(run.state, run.summary["loss"]) for run in runs] == [
            ("finished", 1),
            ("finished", 2),
        ]
        assert os.getpid() not in {run.summary["pid"] for run in runs}
    finally:
        nbsweep.setup(None)
        client.run(_close, url)  # the workers live on, the server does not
        open_store(url).close()


def _close(url):
    open_store(url).close()


def test_cluster_on_this_host_may_write_to_a_sqlite_file(client):
    placement = make_executor(client)
    assert not placement.remote
    assert not placement.owned
    placement.prepare(print, "sqlite:////data/runs.db")
    with pytest.raises(UsageError, match="lives in this process"):
        placement.prepare(print, "memory://here")


def test_cluster_in_this_process_gets_the_function_itself():
    with (
        distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        placement = make_executor(client)
        assert placement == Placement(placement.executor)
        assert placement.prepare(print, "memory://here") is print


def test_other_objects_are_no_client():
    assert not is_client(object())
    assert not is_client("distributed")
