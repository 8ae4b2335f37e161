"""The curves of several metrics side by side."""

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joint_examples import joint_config, runs_of

from nbsweep.records import RunState
from nbsweep.search.joint_curves import Standing

RUNNING, FINISHED = RunState.RUNNING, RunState.FINISHED


def one(*curves, config=None):
    (run,) = runs_of(config or joint_config(), {"a": (RUNNING, *curves)})
    return run


def test_metrics_of_the_same_rows_stand_side_by_side_low_values_good():
    run = one([0.9, 0.5], [0.1, 0.3])
    assert run.iterations == 2
    assert run.standing(1) == Standing((0.9, -0.1), 0.0)
    assert run.standing(2) == Standing((0.5, -0.3), 0.0)


def test_a_metric_that_is_logged_less_often_keeps_its_last_value():
    run = one([0.9, 0.8, 0.7, 0.6, 0.5], {1: 0.1, 3: 0.3})
    assert run.iterations == 5
    assert run.standing(1).point is None  # not shown by then
    assert [run.standing(k).point for k in (2, 3, 4, 5)] == [
        (0.8, -0.1),
        (0.7, -0.1),
        (0.6, -0.3),
        (0.5, -0.3),
    ]


def test_iterations_are_those_of_the_metric_that_is_logged_most():
    run = one({4: 0.5, 9: 0.4}, list(range(10)))
    assert run.iterations == 10
    assert run.standing(4).point is None
    assert run.standing(5).point == (0.5, -4.0)
    assert run.standing(10).point == (0.4, -9.0)


def test_of_metrics_in_rows_of_their_own_the_first_counts():
    run = one({0: 0.9, 2: 0.8, 4: 0.7}, {1: 0.1, 3: 0.2})
    assert run.iterations == 3
    assert run.standing(3).point == (0.7, -0.2)


def test_a_value_logged_once_at_the_start_holds_to_the_end():
    run = one([0.9, 0.8, 0.7], {0: 1e9})
    assert run.standing(3).point == (0.7, -1e9)


def test_what_has_diverged_is_infinitely_bad_from_then_on():
    run = one([0.9, 0.8, nan, nan, nan], [0.1] * 5)
    assert run.iterations == 5
    assert run.standing(2).point == (0.8, -0.1)
    assert run.standing(3).point == (inf, -0.1)
    other = one([0.9] * 5, [0.1, 0.2, nan, nan, nan])
    assert [other.standing(k).point for k in (2, 3)] == [(0.9, -0.2), (0.9, inf)]
    assert not other.standing(3).is_finite


def test_a_single_nan_is_passed_over():
    run = one([0.9, nan, 0.7], [0.1, 0.2, nan])
    assert run.iterations == 2
    assert run.standing(2).point == (0.7, -0.2)


def test_a_metric_that_is_nan_from_the_start_has_diverged():
    run = one([0.9, 0.8], [nan, nan])
    assert run.standing(1).point == (0.9, inf)
    assert one([nan], [nan]).standing(1).point == (inf, inf)


def test_best_and_mean_are_of_each_objective_by_itself():
    run = one([0.9, 0.5, 0.7], [0.1, 0.4, 0.3])
    assert run.standing(3, "best").point == (0.5, -0.4)
    assert run.standing(3, "mean").point == pytest.approx((0.7, -0.8 / 3))


LIMITED = joint_config(
    {"name": "loss", "goal": "minimize"}, {"name": "ms", "at_most": 20, "mode": "max"}
)


def test_a_limit_counts_by_its_mode_and_is_kept_while_it_is_unknown():
    run = one([0.9, 0.8, 0.7], {1: 30.0, 2: 10.0}, config=LIMITED)
    assert [run.standing(k).violation for k in (1, 2, 3)] == [0.0, 0.5, 0.5]
    assert [run.standing(k).point for k in (1, 2, 3)] == [(0.9,), (0.8,), (0.7,)]
    lost = one([0.9] * 4, [1.0, nan, nan, nan], config=LIMITED)
    assert lost.standing(4).violation == inf


def test_a_result_needs_every_metric_as_it_ended():
    assert one([0.9, 0.5], [10, 30], config=LIMITED).result() == Standing((0.5,), 0.5)
    assert one([0.9, 0.5], [], config=LIMITED).result() == Standing((0.5,), inf)
    assert one([0.9, nan, nan, nan], [0.1] * 4).result() == Standing((inf, -0.1), 0.0)


def test_a_run_as_it_was_has_nothing_of_what_came_later():
    run = one([0.9, 0.8, 0.7, 0.6], {1: 0.1, 3: 0.3})
    early = run.until(3)
    assert early.iterations == 3
    assert [c.values for c in early.curves] == [(0.9, 0.8, 0.7), (0.1,)]
    lost = one([0.9, nan, nan, nan, nan], [0.1] * 5).until(4)
    assert (lost.iterations, lost.curves[0].diverged) == (4, 3)
    assert lost.standing(4).point == (inf, -0.1)


def test_a_run_without_the_clock_is_counted_by_what_it_has():
    config = joint_config()
    runs = runs_of(config, {"a": (FINISHED, [1.0] * 5, [0.1] * 5), "b": (RUNNING, [], [0.1, 0.2])})
    assert [run.iterations for run in runs] == [5, 2]
    assert runs[1].standing(2).point is None


logged = st.dictionaries(
    st.integers(0, 12), st.sampled_from([0.25, 0.5, 1.0, nan]), min_size=1, max_size=10
).map(lambda rows: dict(sorted(rows.items())))


@given(logged, logged, logged)
@settings(max_examples=60)
def test_a_run_stands_where_it_stood_when_it_was_there(one, other, third):
    config = joint_config()
    runs = runs_of(config, {"a": (FINISHED, one, other), "b": (FINISHED, third, third)})
    for run in runs:
        for iteration in range(1, run.iterations + 1):
            early = run.until(iteration)
            assert early.state is RUNNING
            # A value that is not finite is an iteration only once others followed it.
            if run.curves[run.clock].iterations and early.iterations == iteration:
                for how in ("last", "best", "mean"):
                    assert early.standing(iteration, how) == run.standing(iteration, how)
            else:
                assert run.curves[run.clock].diverged or not run.curves[run.clock].values
