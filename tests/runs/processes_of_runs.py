"""What the tests of processes inside runs start: spawned processes find it by its name."""

import os

import nbsweep

VALUES = (0.3, 0.2, 0.1)


def square(value):
    return value * value


def log_one(value):
    nbsweep.log({"loss": float(value), "pid": os.getpid()})
    return value


def rank(number):
    with nbsweep.init(config={f"rank{number}": True}) as run:
        for value in VALUES:
            run.log({"loss": number + value, f"seen{number}": value})
        run.summary[f"note{number}"] = "there"


def rank_that_fails(number):
    rank(number)
    raise ValueError("no")


def open_after(path, _number=0):
    """`init` once the run of the process that started this one has ended."""
    import time

    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    try:
        nbsweep.init()
    except nbsweep.UsageError as error:
        path.with_suffix(".error").write_text(str(error))
        raise
