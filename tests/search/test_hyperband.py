"""The rules of early termination on curves written by hand."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.records import Curve, RunState
from nbsweep.search.early_termination import bands, next_check, stops
from nbsweep.sweep_config import parse, parse_early_terminate


def config(goal="minimize", **block):
    return parse(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": goal},
            "parameters": {"x": {"value": 1}},
            "early_terminate": block,
        }
    )


def curves(*values, ended=()):
    """Runs "0", "1", …; those at the places in `ended` have finished."""
    return [
        Curve(str(i), RunState.FINISHED if i in ended else RunState.RUNNING, values=tuple(of_run))
        for i, of_run in enumerate(values)
    ]


def reasons(config, curves, judged=None):
    return {d.run_id: d.reason for d in stops(config, curves, judged)}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"min_iter": 3}, [3, 9, 27, 81]),
        ({"min_iter": 2, "eta": 1.5}, [2, 3, 4, 6]),
        ({"max_iter": 27, "s": 2}, [3, 9]),
        ({"max_iter": 27, "s": 9}, [1, 3, 9]),
        ({"max_iter": 81, "s": 2, "eta": 4}, [5, 20]),
        ({"min_iter": 1, "eta": 1e300}, [1, 10**300]),
    ],
)
def test_bands_of_hyperband(block, expected):
    rule = parse_early_terminate({"type": "hyperband", **block})
    assert list(islice(bands(rule), len(expected))) == [pytest.approx(b) for b in expected]


def test_rungs_of_asha_end_below_max_iter():
    rule = parse_early_terminate({"type": "asha", "min_iter": 2, "max_iter": 16, "eta": 2})
    assert list(bands(rule)) == [2, 4, 8]
    assert next_check(rule, 4) == 8
    assert next_check(rule, 8) is None


def test_median_is_judged_at_its_warm_up_and_every_interval_after_it():
    rule = parse_early_terminate({"type": "median", "min_iter": 5, "interval": 3})
    checks = [next_check(rule, iterations) for iterations in range(10)]
    assert checks == [5, 5, 5, 5, 5, 8, 8, 8, 11, 11]


@pytest.mark.parametrize(("runs", "survivors"), list(enumerate([1, 1, 2, 2, 2, 3, 3, 3, 4], 1)))
def test_so_many_of_n_runs_survive_a_band_of_hyperband(runs, survivors):
    started = curves(*([float(i)] for i in range(runs)))
    stopped = stops(config(type="hyperband", min_iter=1), started)
    assert runs - len(stopped) == survivors


@pytest.mark.parametrize(("runs", "survivors"), list(enumerate([1, 1, 1, 1, 1, 2, 2, 2, 3], 1)))
def test_asha_promotes_the_best_third_and_at_least_one(runs, survivors):
    started = curves(*([float(i)] for i in range(runs)))
    assert runs - len(stops(config(type="asha"), started)) == survivors


def test_hyperband_says_why():
    seven = curves(*([1.0, 1.0, v] for v in (0.1, 0.2, 0.33, 0.41, 0.5, 0.6, 0.7)), ended=range(3))
    rule = {"type": "hyperband", "min_iter": 3}
    assert reasons(config(**rule), seven)["3"] == (
        "band 3: 0.41 is worse than 0.33, top 1/3 of 7 runs"
    )
    close = curves([0.3], [0.30001], ended=[0])
    assert reasons(config(type="hyperband", min_iter=1), close) == {
        "1": "band 1: 0.30001 is worse than 0.3, top 1/3 of 2 runs"
    }


def test_a_metric_to_maximize_keeps_its_sign_in_the_reason():
    better_first = curves([0.9], [0.4], ended=[0])
    assert reasons(config("maximize", type="hyperband", min_iter=1), better_first) == {
        "1": "band 1: 0.4 is worse than 0.9, top 1/3 of 2 runs"
    }


def test_without_strict_the_best_value_so_far_counts():
    runs = curves([0.5, 0.5, 0.5], [0.4, 0.9, 0.9], [0.6, 0.9, 0.9], ended=[0])
    rule = {"type": "hyperband", "min_iter": 3, "eta": 4}
    assert list(reasons(config(**rule), runs)) == ["1", "2"]
    assert reasons(config(**rule, strict=False), runs) == {
        "2": "band 3: the best so far, 0.6 is worse than 0.5, top 1/4 of 3 runs"
    }


def test_asha_keeps_what_it_promised_a_run_until_its_next_rung():
    runs = curves([5.0, 5.0, 5.0], [1.0, 1.0], ended=[1])
    rule = config(type="asha", min_iter=2, eta=2)
    assert reasons(rule, runs, judged={"0": 2}) == {}
    assert reasons(rule, runs, judged={"0": 1}) == {
        "0": "rung 2: 5 is worse than 1, the best of 2 runs"
    }


def test_median_compares_the_best_so_far_with_averages_of_ended_runs():
    rule = {"type": "median", "min_iter": 2, "min_runs": 3}
    ended = [[4.0, 2.0], [3.0, 1.0], [1.0, 1.0]]  # averages 3, 2, 1
    assert reasons(config(**rule), curves(*ended, [9.0, 2.0], ended=range(3))) == {}
    assert reasons(config(**rule), curves(*ended, [9.0, 2.5], ended=range(3))) == {
        "3": "iteration 2: the best so far, 2.5, is worse than 2, median of the averages of 3 runs"
    }
    assert reasons(config(**rule), curves(*ended, [9.0, 2.5], ended=range(2))) == {}
    half = config(**rule, percentile=25)
    assert reasons(half, curves(*ended, [9.0, 1.75], ended=range(3))) == {
        "3": "iteration 2: the best so far, 1.75, is worse than 1.5, "
        "best 25 % of the averages of 3 runs"
    }


@pytest.mark.parametrize("kind", ["hyperband", "asha", "median"])
@given(st.lists(st.lists(st.floats(-1e300, 1e300), max_size=12), max_size=8))
def test_the_best_run_and_the_first_at_a_band_go_on(kind, values):
    block = {"type": kind, "min_iter": 2}
    best, first = [-1.7e308] * 12, [1.7e308] * 18
    with_best = reasons(config(**block), curves(best, *values))
    assert "0" not in with_best
    assert "" not in with_best.values()
    if kind != "median":  # nobody else has reached iteration 18
        assert "0" not in reasons(config(**block), curves(first, *values))


def test_without_the_block_or_a_metric_nothing_is_stopped():
    plain = parse({"method": "random", "parameters": {"x": {"value": 1}}})
    assert stops(plain, curves([1.0], [2.0])) == []


def diverged(run_id, *finite, since, state=RunState.RUNNING):
    return Curve(run_id, state, values=finite, diverged=since)


BLOCKS = {
    "hyperband": {"type": "hyperband", "min_iter": 2},
    "best so far": {"type": "hyperband", "min_iter": 2, "strict": False},
    "counted down": {"type": "hyperband", "max_iter": 18, "s": 2},
    "asha": {"type": "asha", "min_iter": 2, "max_iter": 20},
    "median": {"type": "median", "min_iter": 2, "min_runs": 2},
}


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_run_without_a_finite_value_is_ended_as_the_worst_is(block, goal):
    rule = config(goal, **block)
    others = curves([3.0, 2.0], [2.0, 3.0], ended=(0, 1))
    assert set(reasons(rule, [*others, diverged("nan", since=2)])) == {"nan"}
    assert not reasons(rule, [*others, diverged("nan", since=1)]), "before it is judged"


def test_the_reason_names_what_a_diverged_run_showed():
    others = curves([1.0, 1.0], [2.0, 2.0], ended=(0, 1))
    found = reasons(config(type="hyperband", min_iter=2), [*others, diverged("nan", since=2)])
    assert found == {"nan": "band 2: NaN or infinity is worse than 1, top 1/3 of 2 runs"}


def test_a_run_that_diverges_later_is_ended_at_the_next_band():
    rule = config(type="hyperband", min_iter=2)
    others = curves([5.0] * 6, [6.0] * 6, ended=(0, 1))
    assert not reasons(rule, [*others, diverged("late", 1.0, 1.0, 1.0, since=2)])
    assert set(reasons(rule, [*others, diverged("late", 1.0, 1.0, 1.0, since=3)])) == {"late"}
    assert not reasons(rule, [*others, diverged("odd", *[1.0] * 5, since=1)]), "a bad batch"


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_diverged_run_changes_no_other_runs_fate(block):
    rule = config(**block)
    finite = curves([1.0] * 3, [1.5] * 3, [2.0] * 3, [3.0] * 3, ended=(0, 1))
    alone = reasons(rule, finite)
    beside = reasons(rule, [*finite, diverged("nan", since=3)])
    assert beside.pop("nan")
    assert beside == alone


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_diverged_runs_alone_are_not_compared(block):
    assert not reasons(config(**block), [diverged("a", since=5), diverged("b", since=4)])
