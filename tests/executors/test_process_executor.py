"""Runs in worker processes: what travels, what dies, what is stopped."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import nbsweep
from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.control.stopping import StopLevel
from nbsweep.errors import RunStopped, UsageError
from nbsweep.executors import portable
from nbsweep.executors.base import WorkerLostError
from nbsweep.executors.placement import make_executor
from nbsweep.executors.portable import PortableFunction
from nbsweep.executors.processes import (
    ProcessExecutor,
    _listed_devices,
    assign_devices,
    visible_devices,
)
from nbsweep.runs import session
from nbsweep.testing import ExecutorContract

posix = pytest.mark.skipif(os.name != "posix", reason="signals between processes are POSIX's")


class TestProcessExecutor(ExecutorContract):
    def executor(self):
        return ProcessExecutor(2)


@pytest.fixture
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


def grid(*values, **more):
    config = {
        "method": "grid",
        "metric": {"name": "loss"},
        "parameters": {"x": {"values": list(values)}},
        **more,
    }
    return nbsweep.sweep(config, project="p")


def in_processes(sweep_id, function, **arguments):
    nbsweep.agent(sweep_id, function, executor="processes", show=False, **arguments)
    return nbsweep.Sweep(sweep_id)


def wait_for(path):
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


def test_function_and_what_it_refers_to_travel_and_one_crash_is_nobody_elses(store):
    factor = 2.0

    def double(value):
        return factor * value

    def train():
        with nbsweep.init() as run:
            os.kill(os.getpid(), signal.SIGINT)  # a kernel's interrupt reaches its whole group
            if run.config.x == 2:
                os._exit(3)
            run.log({"loss": double(run.config.x), "pid": os.getpid()})

    sweep = in_processes(grid(1, 2, 3, 4, 5), train, workers=2)
    assert [(run.params["x"], run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "finished"),
        (2, 0, "crashed"),
        (2, 1, "crashed"),
        (3, 0, "finished"),
        (4, 0, "finished"),
        (5, 0, "finished"),
    ]
    assert sweep.runs[1].error == "the worker process ended: exit code 3"
    assert [run.metric for run in sweep.runs if run.state == "finished"] == [2.0, 6.0, 8.0, 10.0]
    pids = {run.summary["pid"] for run in sweep.runs if run.state == "finished"}
    assert os.getpid() not in pids
    assert sweep.state == "FINISHED"


@posix
def test_signal_that_ended_the_worker_is_named(store):
    def train():
        with nbsweep.init():
            os.kill(os.getpid(), signal.SIGKILL)

    (run,) = in_processes(grid(1), train, count=1).runs
    assert run.state == "crashed"
    assert run.error == (
        "the worker process ended: exit code -9 "
        "(SIGKILL, by hand or by the system for lack of memory)"
    )


@posix
def test_stop_ends_a_run_that_never_logs_and_its_finally_runs(store, tmp_path):
    begun, cleaned = tmp_path / "begun", tmp_path / "cleaned"

    def train():
        begun.touch()
        try:
            while True:
                time.sleep(0.01)
        finally:
            cleaned.touch()

    agent = Agent(store, grid(1, 2), AgentOptions(function=train, executor="processes"), folder=str)

    def stop():
        wait_for(begun)
        agent.stop(StopLevel.NOW, "enough")

    stopper = threading.Thread(target=stop)
    stopper.start()
    report = agent.run()
    stopper.join()
    assert [outcome.state.value for outcome in report.outcomes] == ["killed"]
    assert cleaned.exists()


def test_run_that_cannot_be_stopped_is_left_behind_and_its_process_ended(store, tmp_path):
    begun = tmp_path / "begun"

    def train():
        with nbsweep.init() as run:
            run.log({"pid": os.getpid()})
            while True:
                try:
                    begun.touch()
                    time.sleep(0.01)
                except BaseException:  # noqa: BLE001 - swallows every stop
                    pass

    agent = Agent(store, grid(1), AgentOptions(function=train, executor="processes"), folder=str)

    def stop():
        wait_for(begun)
        while not (session.store().runs()[0].summary or {}).get("pid"):
            time.sleep(0.01)
        agent.stop(StopLevel.LEAVE, "interrupted")

    stopper = threading.Thread(target=stop)
    stopper.start()
    agent.run()
    stopper.join()
    (run,) = store.runs()
    assert run.state.value == "killed"
    with pytest.raises(ProcessLookupError):
        os.kill(run.summary["pid"], 0)


def test_interrupt_reaches_the_training_function_only_and_once():
    assert portable.interrupt_call() is None, "outside of a call it does nothing"
    cleaned = []

    def train():
        try:
            portable.interrupt_call()
        finally:
            portable.interrupt_call()
            cleaned.append(True)

    function, arguments = PortableFunction(lambda: None).__reduce__()
    assert function(*arguments)() is None
    with pytest.raises(RunStopped):
        portable.ArrivedFunction(train)()
    assert cleaned == [True]


def test_killed_call_is_lost_and_the_worker_replaced(tmp_path):
    begun = tmp_path / "begun"

    def hang():
        begun.touch()
        time.sleep(600)

    with ProcessExecutor(1) as executor:
        lost = executor.submit(hang)
        wait_for(begun)
        executor.kill(lost)
        assert isinstance(lost.exception(timeout=30), WorkerLostError)
        assert executor.submit(int, "3").result(timeout=30) == 3
    with pytest.raises(RuntimeError, match="was shut down"):
        executor.submit(int, "3")


@pytest.mark.parametrize("getppid", ["os.getppid", "lambda: int(sys.argv[1])"])
def test_a_worker_ends_with_the_process_that_started_it(getppid):
    """On Windows too, where `os.getppid` goes on naming a parent that is gone."""
    watch = (
        "import os, sys; from nbsweep.executors import processes;"
        f"os.getppid = {getppid}; processes.PARENT_CHECK_S = 0.01;"
        "print('watching', flush=True); processes._end_with(int(sys.argv[1]))"
    )
    start = (
        "import os, subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-c', sys.argv[1], str(os.getpid())]);"
        "time.sleep(600)"
    )
    command = [sys.executable, "-c", start, watch]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline().strip() == b"watching"
        time.sleep(0.2)
        assert parent.poll() is None
        parent.kill()
        parent.wait()
        assert parent.stdout.read() == b"", "the worker held the other end until it ended"


def test_each_worker_sees_its_own_device(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,MIG-7")

    def device(name):
        (tmp_path / name).touch()
        while len(list(tmp_path.iterdir())) < 2:  # both are under way at once
            time.sleep(0.01)
        return os.environ["CUDA_VISIBLE_DEVICES"]

    with ProcessExecutor(2) as executor:
        futures = [executor.submit(device, name) for name in "ab"]
        assert [future.result(timeout=30) for future in futures] == ["0", "MIG-7"]


def test_visible_devices_are_those_of_the_environment_or_of_nvidia_smi(monkeypatch, tmp_path):
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "2, 3"}) == ["2", "3"]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": ""}) == []
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "1,-1,2"}) == ["1"], "as CUDA reads it"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_devices({}) == []
    gpus = "GPU 0: NVIDIA H200 (UUID: GPU-a1)\nGPU 1: NVIDIA H200 (UUID: GPU-b2)\n"
    assert _listed_devices(gpus) == ["0", "1"]
    part = "  MIG 1g.18gb     Device  0: (UUID: MIG-c3)\n"
    assert _listed_devices("GPU 0: NVIDIA H200 (UUID: GPU-a1)\n" + part) == ["MIG-c3"]
    assert _listed_devices("No devices found.\n") == []


def test_devices_are_shared_evenly_or_as_far_as_asked():
    assert assign_devices([], 2, None) == [None, None]
    assert assign_devices(["0", "1"], 3, None) == ["0", "1", "0"]
    assert assign_devices(["0", "1"], 4, 2) == ["0", "1", "0", "1"]
    with pytest.raises(UsageError) as caught:
        assign_devices(["0", "1"], 5, 2)
    assert str(caught.value) == (
        "workers=5 are too many for the GPUs 0, 1 with workers_per_gpu=2. Pass workers=4 or "
        "workers_per_gpu=3."
    )
    with pytest.raises(UsageError, match="workers_per_gpu=0: a whole number"):
        assign_devices(["0"], 1, 0)


def test_unpicklable_function_is_refused_before_any_run(store):
    lock = threading.Lock()

    def guarded():
        return lock

    def train():
        guarded()

    sweep_id = grid(1)
    with pytest.raises(UsageError) as caught:
        in_processes(sweep_id, train)
    assert str(caught.value) == (
        "train cannot be sent to another process: it uses guarded → lock, and a lock cannot be "
        "pickled. Make such objects (open files, locks, connections, generators) inside train, "
        "or use executor='threads'."
    )
    assert store.runs() == []


def test_store_of_this_process_alone_is_refused():
    placement = make_executor("processes")
    with pytest.raises(UsageError, match=r"memory://here lives in this process"):
        placement.prepare(print, "memory://here")


def test_function_that_cannot_be_loaded_fails_with_the_reason():
    with pytest.raises(RuntimeError, match="could not be loaded in the worker process") as caught:
        portable._unpack(b"digest", b"no pickle")()
    assert caught.value.__cause__ is not None


def test_function_is_loaded_once_for_many_runs_and_pickled_once():
    function = PortableFunction(lambda: None)
    unpack, arguments = function.__reduce__()
    assert unpack(*arguments) is unpack(*arguments)
    assert function.pack() is function.pack()


def test_generators_are_seeded_from_the_run(monkeypatch):
    import numpy as np

    class Seeded:
        seed = 5

    monkeypatch.setattr(session, "assigned_run", Seeded)
    draw = portable.ArrivedFunction(lambda: (random.random(), np.random.random()))
    state, numpy_state = random.getstate(), np.random.get_state()
    try:
        assert draw() == draw() == (random.Random(5).random(), np.random.RandomState(5).random())
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)


def test_workers_seed_every_generator_of_a_run_whichever_worker_has_it(store):
    """Torch too, whether the notebook imports it or the training function does."""
    pytest.importorskip("torch", reason='pip install "nbsweep[tutorial]"')

    def train():
        import numpy
        import torch  # in the first run of a worker it is not there yet

        with nbsweep.init() as run:
            draws = [random.random(), numpy.random.random(), float(torch.rand(()))]
            run.log({"loss": 0.0, "draws": draws, "seed": run.seed, "pid": os.getpid()})

    sweeps = [in_processes(grid(1, 2, 3, seed=5), train, workers=n) for n in (1, 2)]
    alone, together = ([run.summary["draws"] for run in sweep.runs] for sweep in sweeps)
    assert alone == together
    assert len({draws[2] for draws in alone}) == 3
    seed = sweeps[0].runs[0].summary["seed"]
    assert alone[0][0] == random.Random(seed).random()
