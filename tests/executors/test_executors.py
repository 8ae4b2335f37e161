import contextvars
import multiprocessing
import os
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import loky
import pytest

import nbsweep
from nbsweep.errors import RunStopped, UsageError
from nbsweep.executors.base import InlineExecutor, ThreadExecutor
from nbsweep.executors.placement import Placement, make_executor
from nbsweep.runs import session
from nbsweep.testing import ExecutorContract


class TestThreadExecutor(ExecutorContract):
    def executor(self):
        return ThreadExecutor()


class TestInlineExecutor(ExecutorContract):
    def executor(self):
        return InlineExecutor()

    def test_error_arrives_and_the_executor_goes_on(self):
        """On the caller's own thread a BaseException is the caller's, as Ctrl-C is."""
        executor = self.executor()
        assert isinstance(executor.submit(int, "x").exception(), ValueError)

        def stop():
            raise RunStopped("run", "enough")

        with pytest.raises(RunStopped):
            executor.submit(stop)
        assert executor.submit(int, "3").result() == 3


class TestThreadPoolExecutor(ExecutorContract):
    def executor(self):
        return ThreadPoolExecutor(2)


class TestLokyExecutor(ExecutorContract):
    def executor(self):
        return loky.ProcessPoolExecutor(1)


def test_thread_sees_the_context_of_its_caller_and_does_not_change_it():
    variable = contextvars.ContextVar("variable", default="none")
    variable.set("caller")

    def change():
        before = variable.get()
        variable.set("thread")
        return before

    assert ThreadExecutor().submit(change).result(timeout=10) == "caller"
    assert variable.get() == "caller"


def test_interrupt_ends_a_busy_thread():
    executor = ThreadExecutor()
    started = threading.Event()

    def spin():
        started.set()
        while True:
            threading.Event().wait(0.001)

    future = executor.submit(spin)
    assert started.wait(10)
    executor.interrupt(future)
    assert isinstance(future.exception(timeout=10), RunStopped)


def test_interrupt_of_an_ended_call_does_nothing():
    executor = ThreadExecutor()
    future = executor.submit(int, "3")
    assert future.result(timeout=10) == 3
    executor.interrupt(future)


def test_unknown_name_says_what_is_accepted():
    with pytest.raises(UsageError, match=r"unknown name 'gpu'\. Accepted: 'threads'"):
        make_executor("gpu")


def test_what_is_no_executor_is_refused():
    with pytest.raises(UsageError, match="an object of type int is not an executor"):
        make_executor(4)


def test_executor_of_this_process_gets_the_function_itself():
    with ThreadPoolExecutor(1) as executor:
        placement = make_executor(executor)
        assert placement == Placement(executor)
        assert placement.prepare(print, "memory://here") is print
        placement.close()
        assert executor.submit(int, "3").result(timeout=10) == 3, "it is the caller's to shut down"


class Elsewhere(Executor):
    """Says that its worker is on another host, or whatever else it is asked for."""

    def __init__(self, answer):
        self.answer = answer

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        else:
            future.set_result(self.answer)
        return future


def test_sqlite_file_is_refused_for_workers_on_other_hosts():
    placement = make_executor(Elsewhere(("node7", 1)))
    assert placement.remote
    with pytest.raises(UsageError) as caught:
        placement.prepare(print, "sqlite:////data/runs.db")
    assert str(caught.value) == (
        "The store sqlite:////data/runs.db is a file on this host, but workers of this executor "
        "are on others (node7). Either keep the runs in PostgreSQL, "
        "nbsweep.setup(store='postgresql+psycopg://user:password@host/database'), or run them on "
        "this host: executor='processes', or a dask.distributed.LocalCluster."
    )
    placement.prepare(print, "postgresql+psycopg://host/database")


def test_executor_whose_workers_lack_nbsweep_is_refused():
    with pytest.raises(UsageError, match=r"cannot execute a call of nbsweep .*No module"):
        make_executor(Elsewhere(ModuleNotFoundError("No module named 'nbsweep'")))


def test_pool_of_the_standard_library_trains_and_says_so_when_it_breaks(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    try:
        sweep_id = nbsweep.sweep(
            {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2]}}}
        )

        def train():
            with nbsweep.init() as run:
                if run.config.x == 2:
                    os._exit(1)
                run.log({"loss": 1.0, "pid": os.getpid()})

        context = multiprocessing.get_context("spawn")
        with (
            ProcessPoolExecutor(1, mp_context=context) as executor,
            pytest.raises(
                UsageError, match=r"ProcessPoolExecutor takes no more runs .*'processes'"
            ),
        ):
            nbsweep.agent(sweep_id, train, executor=executor, show=False)
        states = [run.state for run in nbsweep.Sweep(sweep_id).runs]
        assert states == ["finished", "crashed", "preempted"], "the last never began"
        assert nbsweep.Sweep(sweep_id).runs[0].summary["pid"] != os.getpid()
    finally:
        session.store().close()
        nbsweep.setup(None)
