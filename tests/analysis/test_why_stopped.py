"""The sentence that says why a run was stopped, for whatever a run can be stopped by."""

import dataclasses

import pytest

from nbsweep.analysis.why import explain
from nbsweep.analysis.why_stopped import why_stopped
from nbsweep.records import Curve, EarlyTermination, Goal, Metric, RunState
from nbsweep.search.auto_stop import reason_of, reason_of_divergence
from nbsweep.search.early_termination import stops_by
from nbsweep.search.going_on import Prospect

LOSS = Metric("loss", Goal.MINIMIZE)


def reason_by(rule, ends):
    """Why the rule stops a run whose curve of 3 values ends worst; the others' ends are given."""
    others = [
        Curve(f"r{i}", RunState.FINISHED, (0, 1, 2), (9.0, 8.0, end)) for i, end in enumerate(ends)
    ]
    own = Curve("own", RunState.RUNNING, (0, 1, 2), (9.9, 9.5, 9.0))
    (decision,) = stops_by(rule, LOSS, [*others, own])
    return decision.reason


@pytest.fixture
def stopped(make_sweep):
    """Says why a run was stopped after 3 of 20 iterations."""

    def told(reason, state=RunState.STOPPED, **fields):
        sweep = make_sweep()
        for _ in range(3):
            sweep.add()
        run = sweep.add(state, stop_requested=reason, error=None, **fields)
        snapshot = sweep.snapshot()
        curve = Curve(run.id, state, (0, 1, 2), (0.9, 0.85, 0.81))
        snapshot = dataclasses.replace(snapshot, curves={**snapshot.curves, run.id: curve})
        return why_stopped(run, snapshot, sweep.config)

    return told


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            EarlyTermination("hyperband", min_iter=3),
            "at iteration 3 its loss, 9, was worse than 0.2, the limit of the best 1/3 of 5 runs",
        ),
        (
            EarlyTermination("hyperband", min_iter=3, strict=False),
            "at iteration 3 its best loss, 9, was worse than 0.2, "
            "the limit of the best 1/3 of 5 runs",
        ),
        (
            EarlyTermination("asha", min_iter=3),
            "at iteration 3 its loss, 9, was worse than 0.1, the best of 5 runs",
        ),
        (
            EarlyTermination("asha", min_iter=3, eta=2),
            "at iteration 3 its loss, 9, was worse than 0.2, the last of the best 2 of 5 runs",
        ),
        (
            EarlyTermination("median", min_iter=3),
            "at iteration 3 its best loss, 9, was worse than 5.75, "
            "median of the averages of 4 runs",
        ),
    ],
)
def test_what_the_rules_give_as_a_reason_is_told_as_a_sentence(stopped, rule, said):
    reason = reason_by(rule, [0.1, 0.2, 0.3, 0.4])
    assert stopped(reason) == [f"Stopped early after 3 of 20 iterations: {said}."]


def test_what_the_model_expected_is_told(stopped):
    from nbsweep.search.joint_ends import PredictedEnd

    names = [field.name for field in dataclasses.fields(PredictedEnd)]
    end = PredictedEnd(**{**dict.fromkeys(names, 0.0), "value": 0.41, "sd": 0.03})
    reason = reason_of(Prospect("r", end, 5, to_beat=0.2, gain=0.0, chance=0.012))
    assert stopped(reason) == [
        "Stopped early after 3 of 20 iterations: the model expected it to end at 0.41 ± 0.03, "
        "with a chance of 1 % to beat 0.2."
    ]


def test_divergence_is_told_as_it_is(stopped):
    lost = Curve("own", RunState.RUNNING, (0,), (1.0,), diverged=5)
    reason = reason_of_divergence(
        lost, [Curve("r", RunState.FINISHED, tuple(range(9)), (1.0,) * 9)]
    )
    assert stopped(reason) == [
        "Stopped early after 3 of 20 iterations: NaN or infinity for 5 iterations."
    ]


@pytest.mark.parametrize(
    ("reason", "state", "said"),
    [
        ("stopped by hand", RunState.KILLED, "Killed after 3 of 20 iterations: stopped by hand."),
        (
            "the deadline of 14:32 came",
            RunState.STOPPED,
            "Stopped after 3 of 20 iterations: the deadline of 14:32 came.",
        ),
        (
            "rung 9: loss 0.8 is number 4; the best 2 go on of 9 runs",
            RunState.STOPPED,
            "Stopped early after 3 of 20 iterations: at iteration 9, loss 0.8 is number 4; "
            "the best 2 go on of 9 runs.",
        ),
        ("my own.", RunState.STOPPED, "Stopped early after 3 of 20 iterations: my own."),
        ("band 3: odd", RunState.RUNNING, "It has been asked to stop: at iteration 3, odd."),
    ],
)
def test_other_reasons_and_states(stopped, reason, state, said):
    assert stopped(reason, state) == [said]


def test_a_run_that_was_faster_than_the_request_or_failed_was_not_stopped(stopped, make_sweep):
    assert stopped("band 3: odd", RunState.FINISHED) == []
    assert stopped(None, RunState.STOPPED) == []
    sweep = make_sweep()
    run = sweep.add(RunState.FAILED, stop_requested="timeout")
    assert why_stopped(run, sweep.snapshot(), sweep.config) == []


def test_sweep_why_says_it_too(make_sweep):
    sweep = make_sweep()
    run = sweep.add(RunState.STOPPED, stop_requested="stopped by hand")
    without_curves = dataclasses.replace(sweep.snapshot(), curves={})
    said = explain(run, without_curves, sweep.config).sentences
    assert said[-1] == "Stopped early: stopped by hand."
