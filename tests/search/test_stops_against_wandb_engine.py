"""Hyperband stops the runs that W&B's own engine, the PyPI package `sweeps`, stops."""

import math
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
