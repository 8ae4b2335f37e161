"""Early termination by several metrics: what is stopped, what is not, and why."""

from math import nan

import pytest
from joint_examples import METRICS, joint_config, runs_of

from nbsweep.records import RunState, StopDecision
from nbsweep.search.joint_stops import joint_stops

RUNNING, FINISHED, STOPPED = RunState.RUNNING, RunState.FINISHED, RunState.STOPPED
ASHA = {"type": "asha", "min_iter": 2, "eta": 3}
HYPERBAND = {"type": "hyperband", "min_iter": 2, "eta": 3}
MEDIAN = {"type": "median", "min_runs": 2}
LIMITED = [{"name": "loss", "goal": "minimize"}, {"name": "ms", "at_most": 20}]


def stops(rule, runs, *metrics, judged=None):
    config = joint_config(*(metrics or METRICS), early_terminate=rule)
    return joint_stops(config, runs_of(config, runs), judged or {})


def stopped(rule, runs, *metrics, judged=None):
    return [stop.run_id for stop in stops(rule, runs, *metrics, judged=judged)]


def flat(loss, other, n=2, state=RUNNING):
    return (state, [loss] * n, [other] * n)


TRADE_OFFS = {
    "fast": flat(0.9, 0.8, state=FINISHED),
    "good": flat(0.1, 0.2, state=FINISHED),
    "even": flat(0.5, 0.6, state=FINISHED),
}


@pytest.mark.parametrize("rule", [ASHA, HYPERBAND])
def test_a_run_behind_the_front_of_its_rung_is_stopped_and_one_on_it_goes_on(rule):
    runs = TRADE_OFFS | {"behind": flat(0.6, 0.5), "between": flat(0.3, 0.4)}
    assert stopped(rule, runs) == ["behind"]


def test_the_reason_names_the_objectives_and_the_place():
    assert stops(ASHA, TRADE_OFFS | {"behind": flat(0.6, 0.5)}) == [
        StopDecision("behind", "rung 2: loss 0.6, acc 0.5 is number 4; the best 3 go on of 4 runs")
    ]
    (stop,) = stops(HYPERBAND, {"a": flat(0.1, 0.9), "b": flat(0.2, 0.8)})
    assert stop.reason == "band 2: loss 0.2, acc 0.8 is number 2; only the best goes on of 2 runs"


def test_as_many_go_on_as_with_one_metric_where_the_front_is_small():
    runs = {f"r{i}": flat(i / 10, -i / 10) for i in range(9)}
    assert stopped(ASHA, runs) == [f"r{i}" for i in range(3, 9)]
    assert stopped(HYPERBAND, runs) == [f"r{i}" for i in range(4, 9)]  # index int(9 / 3)


def test_asha_judges_a_run_once_at_each_rung():
    runs = TRADE_OFFS | {"behind": flat(0.6, 0.5, 4)}
    assert stopped(ASHA, runs, judged={"behind": 2}) == []
    assert stopped(ASHA, runs, judged={"behind": 1}) == ["behind"]
    assert stopped(HYPERBAND, runs, judged={"behind": 2}) == ["behind"]


def test_a_run_is_judged_by_what_it_showed_at_the_rung():
    late = (RUNNING, [0.6, 0.6, 0.0], [0.5, 0.5, 1.0])
    assert stopped(ASHA, TRADE_OFFS | {"late": late}) == ["late"]
    so_far = HYPERBAND | {"strict": False}
    assert stopped(so_far, TRADE_OFFS | {"late": late}) == []
    (stop,) = stops(so_far, TRADE_OFFS | {"behind": (RUNNING, [0.6, 0.9], [0.4, 0.5])})
    assert stop.reason.startswith("band 2: the best so far, loss 0.6, acc 0.5 is number 4;")


def test_a_run_that_has_not_shown_an_objective_is_not_judged_at_that_rung():
    runs = TRADE_OFFS | {"half": (RUNNING, [9.0, 9.0], []), "late": (RUNNING, [9, 9, 9], {2: 0})}
    for rule in (ASHA, HYPERBAND, MEDIAN):
        assert "half" not in stopped(rule, runs)
    assert "late" not in stopped(ASHA, runs)


def test_a_run_that_diverged_in_one_objective_is_the_worst():
    runs = TRADE_OFFS | {"lost": (RUNNING, [0.0] * 4, [1.0, nan, nan, nan])}
    assert stops(ASHA, runs) == [
        StopDecision("lost", "rung 2: NaN or infinity; the best 3 go on of 3 runs")
    ]
    assert stopped(ASHA, {"a": flat(nan, nan), "b": flat(nan, nan)}) == []  # nobody shows a number


def test_equal_runs_share_their_fate():
    runs = {"a": flat(0.1, 0.9), "b": flat(0.1, 0.9), "c": flat(0.1, 0.9)}
    assert stopped(ASHA, runs) == stopped(HYPERBAND, runs) == []


def test_perfectly_correlated_objectives_are_one():
    runs = {f"r{i}": (RUNNING, [i * 1e9] * 2, [-i * 1e-9] * 2) for i in range(6)}
    assert stopped(ASHA, runs) == ["r2", "r3", "r4", "r5"]


def test_a_run_that_breaks_a_limit_is_behind_all_that_keep_it():
    runs = {
        "kept": flat(0.9, 19.0, state=FINISHED),
        "kept too": flat(0.8, 20.0, state=FINISHED),
        "broken": flat(0.1, 25.0),
    }
    (stop,) = stops(ASHA, runs, *LIMITED)
    assert stop == StopDecision(
        "broken",
        "rung 2: loss 0.1, 0.25 beyond the limits, is number 3; only the best goes on of 3 runs",
    )
    assert stopped(ASHA, runs | {"better": flat(0.7, 1.0)}, *LIMITED) == ["broken"]


def test_median_stops_what_is_worse_in_every_objective():
    runs = {
        "a": flat(0.2, 0.5, state=FINISHED),
        "b": flat(0.4, 0.7, state=STOPPED),
        "worse in both": flat(0.5, 0.1),
        "better in one": flat(0.9, 0.9),
    }
    assert stops(MEDIAN, runs) == [
        StopDecision(
            "worse in both",
            "iteration 2: the best so far, loss 0.5, acc 0.1, is worse in all than loss 0.3, "
            "acc 0.6, median of the averages of 2 runs",
        )
    ]
    assert stopped(MEDIAN | {"min_runs": 3}, runs) == []
    assert stopped(MEDIAN | {"min_iter": 3}, runs) == []


def test_median_looks_at_the_best_of_each_objective_so_far():
    runs = {
        "a": flat(0.2, 0.5, 3, FINISHED),
        "b": flat(0.4, 0.7, 3, FINISHED),
        "was good": (RUNNING, [0.1, 0.9, 0.9], [0.0, 0.0, 0.0]),
    }
    assert stopped(MEDIAN, runs) == []


def test_median_compares_with_runs_that_break_the_limits_no_more():
    runs = {
        "a": flat(0.1, 30.0, state=FINISHED),
        "b": flat(0.2, 30.0, state=FINISHED),
        "keeps": flat(0.5, 10.0),
        "breaks": flat(0.5, 40.0),
    }
    assert stopped(MEDIAN, runs, *LIMITED) == ["breaks"]


@pytest.mark.parametrize(
    ("limit", "values", "reason"),
    [
        (
            {"at_most": 20, "mode": "max"},
            [10, 25, 12],
            "the highest ms, 25, is above at_most 20 for good",
        ),
        (
            {"at_least": 5, "mode": "min"},
            [10, 4, 12],
            "the lowest ms, 4, is below at_least 5 for good",
        ),
        (
            {"at_least": 5, "at_most": 20, "mode": "first"},
            [4, 10, 12],
            "the first ms, 4, is below at_least 5 for good",
        ),
        ({"at_most": 20, "mode": "min"}, [30, 25, 22], None),
        ({"at_least": 5, "mode": "max"}, [1, 2, 3], None),
        ({"at_most": 20}, [30, 25, 22], None),  # the last value may still be below
        ({"at_most": 20, "mode": "max"}, [20, 20, 20], None),
    ],
)
@pytest.mark.parametrize("kind", ["asha", "hyperband", "median", "auto"])
def test_a_limit_that_no_further_value_helps_to_keep_ends_the_run(kind, limit, values, reason):
    rule = {"type": kind, "min_iter": 3} if kind != "auto" else {"type": "auto"}
    runs = {"a": (RUNNING, [0.5] * 3, values)}
    metrics = [LIMITED[0], {"name": "ms", **limit}]
    assert [stop.reason for stop in stops(rule, runs, *metrics)] == ([reason] if reason else [])
    if kind != "auto":
        assert stopped(rule | {"min_iter": 4}, runs, *metrics) == []  # not judged before


def test_only_runs_under_way_are_stopped():
    runs = TRADE_OFFS | {"behind": flat(0.6, 0.5, state=RunState.PREEMPTING)}
    assert stopped(ASHA, runs) == []
