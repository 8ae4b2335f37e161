"""Training functions that are no plain functions: run as a whole, or refused by name."""

import asyncio
import contextlib
import functools
import threading
import time

import pytest

import nbsweep
from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.control.stopping import StopLevel
from nbsweep.errors import UsageError
from nbsweep.executors.coroutines import complete
from nbsweep.runs import session

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1]}},
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/a.db")
    yield session.store()
    nbsweep.setup(None)


async def train():
    with nbsweep.init() as run:
        await asyncio.sleep(0)
        run.log({"loss": 0.25})
        print("in the loop")


async def train_with(value, *, key):
    with nbsweep.init() as run:
        await asyncio.gather(asyncio.sleep(0), log_later(run, value + key))


async def log_later(run, value):
    await asyncio.sleep(0)
    run.log({"loss": value})


class Training:
    async def __call__(self):
        await train()

    async def method(self):
        await train()

    @classmethod
    async def of_class(cls):
        await train()


def decorated():
    """A plain function, that gives a coroutine."""
    return train()


def one_run(function, executor="threads"):
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    nbsweep.agent(sweep.id, function, executor=executor, show=False)
    (run,) = sweep.runs
    return run


@pytest.mark.parametrize(
    "function",
    [
        train,
        functools.partial(train_with, 0.2, key=0.05),
        Training(),
        Training().method,
        Training.of_class,
        decorated,
        functools.partial(functools.partial(Training().method)),
    ],
)
@pytest.mark.parametrize("executor", ["threads", "inline"])
def test_coroutines_are_run_to_their_end(function, executor):
    run = one_run(function, executor)
    assert (run.state, run.metric, run.error) == ("finished", 0.25, None)


@pytest.mark.parametrize("function", [train, Training().method])
def test_coroutines_run_in_worker_processes(function):
    run = one_run(function, "processes")
    assert (run.state, run.metric, run.error) == ("finished", 0.25, None)
    assert run.console() == "in the loop\n"


def test_a_loop_that_runs_already_as_a_kernels_does_is_left_alone():
    async def cell():
        return one_run(train, "inline")

    assert asyncio.run(cell()).state == "finished"


def test_an_error_is_shown_from_the_users_function_on():
    async def wrong():
        await asyncio.sleep(0)
        raise ValueError("no")

    run = one_run(wrong)
    lines = run.error.splitlines()
    assert run.state == "failed"
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith("in wrong")
    assert lines[-1] == "ValueError: no"


def test_a_stop_ends_a_coroutine_that_sleeps_and_its_finally_runs(store):
    begun, cleaned = threading.Event(), threading.Event()

    async def sleeper():
        try:
            begun.set()
            await asyncio.sleep(600)
        finally:
            cleaned.set()

    sweep_id = nbsweep.sweep(CONFIG)
    agent = Agent(store, sweep_id, AgentOptions(function=sleeper), folder=str)

    def stop():
        assert begun.wait(30)
        agent.stop(StopLevel.NOW, "enough")

    stopper = threading.Thread(target=stop)
    stopper.start()
    began_at = time.monotonic()
    report = agent.run()
    stopper.join()
    assert [outcome.state.value for outcome in report.outcomes] == ["killed"]
    assert cleaned.is_set()
    assert time.monotonic() - began_at < 30


def generator():
    yield 1


async def async_generator():
    yield 1


class Generating:
    def __call__(self):
        yield 1

    def method(self):
        yield 1


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (generator, "generator"),
        (async_generator, "async_generator"),
        (functools.partial(generator), "generator"),
        (Generating(), "Generating"),
        (functools.partial(Generating()), "Generating"),
        (Generating().method, "method"),
    ],
)
def test_generators_are_refused_by_name_before_any_run(store, function, name):
    sweep_id = nbsweep.sweep(CONFIG)
    with pytest.raises(UsageError) as caught:
        nbsweep.agent(sweep_id, function, show=False)
    assert str(caught.value) == (
        f"agent: {name} is a generator (it has a yield), so that calling it executes nothing of "
        f"it. Pass a function without yield, or one that uses it up: lambda: [None for _ in "
        f"{name}()]."
    )
    assert store.runs() == []


def hidden_generator():
    """Decorated, for one, so that it is not seen before it is called."""
    return generator()


@pytest.mark.parametrize("function", [hidden_generator, contextlib.contextmanager(generator)])
def test_what_turns_out_to_be_a_generator_fails_its_run(function):
    with pytest.raises(UsageError, match="is a generator"):
        complete(function)


def test_a_function_that_only_makes_another_fails_its_run():
    def make_train():
        def inner():
            nbsweep.init()

        return inner

    run = one_run(make_train)
    assert (run.state, run.error) == (
        "failed",
        "The training function returned a function and executed nothing of it. Pass that one to "
        "agent: agent(sweep_id, make_train()).",
    )


def test_a_function_may_return_one_after_training():
    def trained():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
        return print

    def predictor():
        nbsweep.init().log({"loss": 1.0})
        return lambda x: x

    assert [one_run(f).state for f in (trained, predictor)] == ["finished", "finished"]
