"""Hyperband stops the runs that W&B's own engine, the PyPI package `sweeps`, stops."""

import itertools
import math
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbsweep.errors import ConfigError
from nbsweep.records import Curve, RunState, is_number
from nbsweep.search.early_termination import stops
from nbsweep.sweep_config import parse

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic 2 deprecates how `sweeps` uses it
    sweeps = pytest.importorskip("sweeps")
    from sweeps.hyperband_stopping import hyperband_stop_runs

# Few different values, so that ties and runs at the threshold come up; junk that neither
# side counts as an iteration.
numbers = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 2, -1.5]), st.floats(-1e6, 1e6), st.integers(-3, 3)
)
junk = st.sampled_from([math.nan, math.inf, -math.inf, None, "0.1", True])
histories = st.lists(st.one_of(numbers, numbers, numbers, junk), max_size=14)
blocks = st.one_of(
    st.fixed_dictionaries({"min_iter": st.integers(1, 6)}),
    st.fixed_dictionaries({"max_iter": st.integers(20, 60), "s": st.integers(1, 5)}),
).flatmap(
    lambda form: st.fixed_dictionaries(
        {"type": st.just("hyperband"), **{key: st.just(value) for key, value in form.items()}},
        optional={
            "eta": st.sampled_from([1.1, 1.5, 2, 3, 4, 7.5]),
            "strict": st.booleans(),
        },
    )
)
STATES = {
    RunState.RUNNING: "running",
    RunState.FINISHED: "finished",
    RunState.FAILED: "failed",
    RunState.CRASHED: "crashed",
    RunState.KILLED: "killed",
    RunState.PENDING: "pending",
}
states = st.sampled_from([RunState.RUNNING] * 3 + list(STATES))


@settings(
    max_examples=1000,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(blocks, st.sampled_from(["minimize", "maximize"]), st.lists(st.tuples(states, histories)))
def test_the_same_runs_are_stopped(block, goal, runs):
    config = {
        "method": "random",
        "metric": {"name": "loss", "goal": goal},
        "parameters": {"x": {"value": 1}},
        "early_terminate": block,
    }
    theirs = hyperband_stop_runs(
        [
            sweeps.SweepRun(
                name=str(i),
                state=STATES[state],
                history=[{"loss": value} for value in history] + [{"other": 1.0}],
            )
            for i, (state, history) in enumerate(runs)
        ],
        config,
    )
    ours = stops(
        parse(config),
        [
            Curve(str(i), state, values=tuple(float(v) for v in history if is_number(v)))
            for i, (state, history) in enumerate(runs)
        ],
    )
    assert [decision.run_id for decision in ours] == [run.name for run in theirs]
    assert all(decision.reason for decision in ours)


ABSENT = object()
KEYS = {
    "min_iter": [ABSENT, 0, 1, 3, 3.0, 1.5],
    "max_iter": [ABSENT, 0, 2, 27, 27.0, 30.5],
    "s": [ABSENT, 0, 1, 3, 2.0, 2.5, -1, "2"],
    "eta": [ABSENT, 1, 1.5, 2],
    "strict": [ABSENT, True, False],
}
CURVES = [
    [1.0 + i * 0.01 * rank - (0.5 if i == 2 * rank else 0) for i in range(30)] for rank in range(6)
]


def curves_stopped(block):
    """What the engine and we stop of six running curves; None for who takes no such block."""
    config = {
        "method": "random",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"x": {"value": 1}},
        "early_terminate": block,
    }
    runs = [
        sweeps.SweepRun(name=str(i), state="running", history=[{"loss": v} for v in curve])
        for i, curve in enumerate(CURVES)
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = [run.name for run in hyperband_stop_runs(runs, config)]
    except Exception:  # noqa: BLE001 - whatever it raises, it does not take the block
        theirs = None
    try:
        parsed = parse(config)
    except ConfigError:
        return theirs, None
    curves = [Curve(str(i), RunState.RUNNING, values=tuple(v)) for i, v in enumerate(CURVES)]
    return theirs, [decision.run_id for decision in stops(parsed, curves)]


def test_every_combination_of_hyperband_s_keys_means_what_it_means_in_wandb():
    stopped = set()
    for values in itertools.product(*KEYS.values()):
        block = {key: value for key, value in zip(KEYS, values, strict=True) if value is not ABSENT}
        block = {"type": "hyperband", **block}
        theirs, mine = curves_stopped(block)
        if theirs is None and mine is not None:
            # A text that spells a number, and a whole float where the engine crashes.
            block["s"] = int(block["s"])
            theirs, _ = curves_stopped(block)
        assert mine == theirs, block
        stopped.add(None if mine is None else tuple(mine))
    assert None in stopped
    assert len(stopped) >= 6  # different sets of runs
