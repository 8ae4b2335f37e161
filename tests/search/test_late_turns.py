"""Runs that made up late what they were behind."""

import pytest

from nbsweep.records import Curve, Metric, RunState
from nbsweep.search.curve_model import ShownRun
from nbsweep.search.late_turns import LateTurns

LOSS = Metric("loss", "minimize")
H = 20


def shown(run_id, values, state=RunState.FINISHED):
    return ShownRun({}, Curve(run_id, state, tuple(range(len(values))), tuple(values)))


def falling(run_id, turn, low=0.1, high=1.0):
    return shown(run_id, [high if k < turn else low for k in range(H)])


def under_way(iterations, value=1.0):
    return shown("r", [value] * iterations, RunState.RUNNING)


def test_a_run_that_turned_about_as_late_counts_with_its_share():
    flat = [shown(f"f{i}", [0.5] * H) for i in range(3)]
    turns = LateTurns(LOSS, [*flat, falling("late", 12)])
    assert turns.share(under_way(11), 0.2) == 1 / 5
    assert turns.share(under_way(15), 0.2) == 1 / 5, "it stood as badly at 12 of 15"
    assert turns.share(under_way(17), 0.2) == 0.0, "at 13, three quarters of 17, no longer"
    assert LateTurns(LOSS, flat).share(under_way(11), 0.2) == 0.0


def test_it_has_to_have_made_up_enough_from_as_bad_a_place():
    turns = LateTurns(LOSS, [falling("late", 12)])
    assert turns.share(under_way(12), 0.1) == 1 / 2
    assert turns.share(under_way(12), 0.09) == 0.0, "it fell by 0.9"
    assert turns.share(under_way(12, 1.2), 0.3) == 0.0, "it never stood at 1.2"
    assert turns.share(under_way(12, 0.6), 0.1) == 1 / 2


def test_as_many_iterations_as_are_left_have_to_be_enough():
    slow = shown("slow", [1.0] * 10 + [1.0 - 0.1 * k for k in range(1, 11)])
    turns = LateTurns(LOSS, [slow])  # 0.9 after 11, 0.3 six later, as many as 14 have left
    assert turns.share(under_way(14, 0.9), 0.31) == 1 / 2
    assert turns.share(under_way(14, 0.9), 0.29) == 0.0


def test_a_run_before_its_half_counts_those_that_made_up_most_of_it_after_theirs():
    late = shown("late", [1.0] * 9 + [0.9] * 3 + [0.1] * 8)
    assert LateTurns(LOSS, [late]).share(under_way(5), 0.15) == 1 / 2
    assert LateTurns(LOSS, [late]).share(under_way(5), 0.05) == 0.0, "it ended at 0.1"
    assert LateTurns(LOSS, [late]).share(under_way(5, 1.1), 0.15) == 0.0, "it never stood at 1.1"
    early = shown("early", [1.0] * 9 + [0.7] * 3 + [0.1] * 8)  # 0.6 of 0.85 after its half
    assert LateTurns(LOSS, [early]).share(under_way(5), 0.15) == 0.0
    assert LateTurns(LOSS, [falling("soon", 7)]).share(under_way(5), 0.2) == 0.0


def test_a_metric_to_maximize_turns_upwards():
    accuracy = Metric("accuracy", "maximize")
    turns = LateTurns(accuracy, [falling("late", 12, low=0.9, high=0.1)])
    assert turns.share(under_way(12, 0.1), 0.8) == 1 / 2
    assert turns.share(under_way(12, 0.1), 0.95) == 0.0


@pytest.mark.parametrize(
    "other",
    [
        shown("stopped", [1.0] * 12 + [0.1] * 8, RunState.STOPPED),
        shown("short", [1.0] * 5 + [0.1] * 5),
        shown("silent", []),
        shown("r", [1.0] * 12 + [0.1] * 8),
    ],
    ids=["not finished", "shorter than this one", "no value", "the run itself"],
)
def test_runs_that_tell_nothing_do_not_count(other):
    assert LateTurns(LOSS, [other]).share(under_way(12), 0.2) == 0.0
