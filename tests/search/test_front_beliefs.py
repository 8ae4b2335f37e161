"""Beliefs under `metrics`: they count for each suggestion, and are dropped by the front."""

import json

import numpy as np
import pytest

from nbsweep.search.bayes_search import suggest
from nbsweep.search.beliefs import Beliefs
from nbsweep.search.encoding import Encoding
from nbsweep.search.multi_objective import MetricRuns, Surrogates
from tests.search.test_multi_objective_search import LOSS, SIZE, config, drive, two_hills

LIMITED = (LOSS, {"name": "size", "at_most": 0.25})


def square(**beliefs):
    return {
        name: {"min": 0.0, "max": 1.0} | ({"belief": beliefs[name]} if name in beliefs else {})
        for name in "xy"
    }


def chosen(runs):
    return [run for run in runs if run.origin["why"] != "start-up"]


def judged(sweep, runs):
    encoding = Encoding(sweep.space)
    beliefs = Beliefs.of(sweep, encoding)
    surrogates = Surrogates(MetricRuns.of(encoding, sweep, runs), encoding)
    return surrogates.judged(beliefs, np.random.default_rng(0))


def test_a_belief_counts_in_what_the_surrogates_choose():
    """Between two ends of the front that are alike, the believed one is looked into first."""
    near = {}
    for belief in ([0.2, 0.4], [0.6, 0.8]):
        sweep = config(space=square(x=belief))
        runs = chosen(drive(sweep, two_hills, 10))
        assert {run.origin["belief"] for run in runs} == {"followed"}
        near[belief[0]] = np.mean([abs(run.params["x"] - np.mean(belief)) for run in runs])
    plain = chosen(drive(config(), two_hills, 10))
    assert all("belief" not in run.origin for run in plain)
    for low, middle in ((0.2, 0.3), (0.6, 0.7)):
        assert near[low] < np.mean([abs(run.params["x"] - middle) for run in plain])


def test_a_wrong_belief_is_dropped_and_a_good_one_is_kept_by_axis():
    sweep = config(space=square(x=[0.4, 0.6], y=[0.9, 1.0]))
    runs = drive(sweep, two_hills, 16)
    last = runs[-1].origin
    assert last["belief"] == "followed"
    reason = "no run inside of it is on the front, or may be hoped to be"
    assert last["belief_dropped"] == {"y": reason}
    assert json.loads(json.dumps(dict(last))) == dict(last)
    assert min(abs(run.params["y"] - 0.4) for run in runs) < 0.1


def test_a_belief_about_one_part_of_the_front_is_not_contradicted_by_the_others():
    """No objective alone is best inside of it."""
    sweep = config(space=square(x=[0.45, 0.55]))
    runs = drive(config(), two_hills, 20)
    assert judged(sweep, runs).followed
    assert min(run.params["x"] for run in runs) < 0.3


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_with_limits_the_best_run_that_keeps_them_decides(goal):
    """Loss alone falls towards x = 1, where no run keeps the limit; the best kept one is at 0.5."""
    sign = 1.0 if goal == "minimize" else -1.0

    def values(p):
        return sign * (2.0 - p["x"] + (p["y"] - 0.4) ** 2), p["x"] ** 2

    metrics = ({"name": "loss", "goal": goal}, LIMITED[1])
    runs = drive(config(metrics), values, 20)
    good = judged(config(metrics, square(x=[0.4, 0.55])), runs)
    assert (good.dropped, bool(good.followed)) == ({}, True)
    worse = judged(config(metrics, square(x=[0.0, 0.1])), runs)
    assert "was reached, inside" in worse.dropped["x"]
    reached = float(worse.dropped["x"].split(" ")[3])
    assert reached == pytest.approx(sign * 1.5, abs=0.05)
    beyond = judged(config(metrics, square(x=[0.9, 1.0])), runs)
    assert beyond.dropped == {"x": "no run inside of it is likely to keep the limits"}


def test_while_no_run_keeps_the_limits_nothing_contradicts():
    metrics = (LOSS, {"name": "size", "at_most": -1.0})
    sweep = config(metrics, square(x=[0.9, 1.0]))
    runs = drive(sweep, lambda p: (p["x"], 1.0 + p["x"] + p["y"]), 12)
    assert runs[-1].origin["belief"] == "followed"
    assert "belief_dropped" not in runs[-1].origin


def test_the_order_of_the_runs_does_not_matter():
    sweep = config((LOSS, SIZE), square(x=[0.4, 0.6], y=[0.9, 1.0]))
    runs = drive(sweep, two_hills, 10)
    once = suggest(sweep, runs, [], np.random.default_rng(5))
    assert once == suggest(sweep, runs[::-1], [], np.random.default_rng(5))
