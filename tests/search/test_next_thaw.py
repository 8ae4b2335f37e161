"""Which paused run goes on instead of a new one."""

import pytest

from nbsweep.records import Curve, RunState
from nbsweep.search.curve_model import ShownRun
from nbsweep.search.thaw import next_thaw
from nbsweep.sweep_config import parse

H = 40
OTHERS = (0.9, 0.3, 0.5, 0.35, 0.7)


def config(goal="minimize", **rule):
    return parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "goal": goal},
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
            "early_terminate": {"type": "auto", "thaw": True, **rule},
        }
    )


def shown(run_id, end, iterations=H, state=RunState.STOPPED, sign=1.0):
    values = tuple(sign * (end + 0.8 * k**-0.8) for k in range(1, iterations + 1))
    return ShownRun({"x": end}, Curve(run_id, state, tuple(range(iterations)), values))


def finished(sign=1.0):
    return [shown(f"f{i}", end, state=RunState.FINISHED, sign=sign) for i, end in enumerate(OTHERS)]


def thawed(paused, suggestion, rule=None, runs=None):
    runs = finished() if runs is None else runs
    return next_thaw(rule or config(), paused, [*runs, *paused], suggestion)


def test_the_most_promising_paused_run_goes_on_when_it_promises_more_than_the_new_one():
    paused = [shown("a", 0.6, 10), shown("b", 0.1, 20), shown("c", 0.25, 20)]
    decision = thawed(paused, {"x": 0.9})
    assert decision is not None
    assert decision.run_id == "b"
    end, chance = decision.reason.split("; ", 1)
    value = float(end.removeprefix("ends at ").split(" ± ")[0])
    assert value == pytest.approx(0.1 + 0.8 * H**-0.8, abs=0.05)
    assert chance == (
        "chance to beat 0.3228: above 99 %; promises more for its time than a new run"
    )


def test_none_goes_on_when_the_new_run_promises_more():
    assert thawed([shown("a", 0.6, 10), shown("c", 0.5, 20)], {"x": 0.25}) is None


def test_a_metric_to_maximize_is_compared_in_its_own_sign():
    paused = [shown("a", 0.6, 10, sign=-1.0), shown("b", 0.1, 20, sign=-1.0)]
    decision = thawed(paused, {"x": 0.9}, config(goal="maximize"), finished(sign=-1.0))
    assert decision is not None
    assert decision.run_id == "b"
    assert "chance to beat -0.3418: above 99 %" in decision.reason


def test_without_a_new_run_only_what_may_still_win_goes_on_the_best_first():
    paused = [shown("a", 0.8, 20), shown("b", 0.1, 20), shown("c", 0.2, 20)]
    decision = thawed(paused, None)
    assert decision is not None
    assert decision.run_id == "b"
    assert decision.reason.endswith("; no paused run promises more for its time")
    assert thawed(paused[:1], None) is None


def test_confidence_decides_what_may_still_win():
    near = [shown("near", 0.31, 8)]
    chances = [thawed(near, None, config(confidence=c)) is None for c in (0.5, 0.9999)]
    assert chances == [True, False]


@pytest.mark.parametrize(
    "paused",
    [
        [],
        [shown("past the end", 0.1, H)],
        [ShownRun({"x": 0.1}, Curve("silent", RunState.STOPPED))],
        [ShownRun({"x": 0.1}, Curve("lost", RunState.STOPPED, (0,), (0.5,), 9, 8))],
    ],
    ids=["none", "past the end", "no value", "diverged"],
)
@pytest.mark.parametrize("suggestion", [None, {"x": 0.9}])
def test_what_cannot_be_predicted_does_not_go_on(paused, suggestion):
    assert thawed(paused, suggestion) is None


def test_nothing_goes_on_before_a_run_has_finished():
    paused = [shown("a", 0.1, 20), shown("b", 0.5, 20)]
    assert thawed(paused, {"x": 0.9}, runs=[]) is None


def test_the_order_of_runs_does_not_matter():
    paused = [shown("a", 0.1, 20), shown("b", 0.1, 20), shown("c", 0.25, 20)]
    decision = thawed(paused, {"x": 0.9})
    assert decision is not None
    assert decision == thawed(paused[::-1], {"x": 0.9}, runs=finished()[::-1])
