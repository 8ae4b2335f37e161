"""Early termination of type "auto" by several metrics: what is stopped, and why."""

import random
from math import nan

import pytest
from joint_examples import joint_config, runs_of

from nbsweep.records import RunState
from nbsweep.search.joint_auto import Chances
from nbsweep.search.joint_stops import joint_stops

RUNNING, FINISHED = RunState.RUNNING, RunState.FINISHED
H = 30  # iterations of a whole run
COST = [{"name": "loss", "goal": "minimize"}, {"name": "ms", "goal": "minimize"}]
LIMITED = [{"name": "loss", "goal": "minimize"}, {"name": "ms", "at_most": 20}]


def config(*metrics, **rule):
    return joint_config(*(metrics or COST), early_terminate={"type": "auto", **rule})


def falling(end, n=H):
    """Falls to `end` as a power law does."""
    return [end + 0.8 * k**-0.8 for k in range(1, n + 1)]


def level(value, n=H):
    """Measured anew at each iteration, and always about the same."""
    rng = random.Random(value)
    return [value * (1 + 0.01 * rng.gauss(0, 1)) for _ in range(n)]


ENDS = [(0.2, 30.0), (0.3, 20.0), (0.5, 10.0), (0.7, 5.0), (0.6, 25.0), (0.9, 12.0)]


def finished(ends=ENDS):
    return {f"f{i}": (FINISHED, falling(a), level(b)) for i, (a, b) in enumerate(ends)}


def under_way(loss, ms, n=12):
    return (RUNNING, falling(loss, n), level(ms, n))


def stops(config, runs, params=None, due=None):
    return joint_stops(config, runs_of(config, runs, params), {}, due)


def stopped(config, runs):
    return [stop.run_id for stop in stops(config, runs)]


def test_a_run_whose_end_is_behind_the_front_is_stopped_and_one_that_may_enter_goes_on():
    runs = finished() | {
        "behind": under_way(0.7, 28.0),
        "as good": under_way(0.1, 28.0),
        "fast": under_way(0.9, 2.0),
        "between": under_way(0.4, 13.0),
    }
    assert stopped(config(), runs) == ["behind"]


def test_the_reason_says_where_it_ends_and_beside_whom():
    (stop,) = stops(config(), finished() | {"behind": under_way(0.8, 15.0, 14)})
    ends, chance = stop.reason.split("; ")
    assert ends.startswith("ends at loss 0.8")
    assert ", ms 1" in ends
    assert chance.startswith("chance to enter the front beside loss 0.55")
    assert chance.endswith(": below 1 %")


def test_objectives_to_maximize_are_judged_in_their_own_sign():
    metrics = [{"name": "acc", "goal": "maximize"}, {"name": "ms", "goal": "minimize"}]
    runs = {
        run_id: (state, [1 - value for value in loss], ms)
        for run_id, (state, loss, ms) in (
            finished() | {"behind": under_way(0.7, 28.0), "good": under_way(0.1, 28.0)}
        ).items()
    }
    (stop,) = stops(config(*metrics), runs)
    assert stop.run_id == "behind"
    assert stop.reason.startswith("ends at acc 0.2")


def test_the_chance_is_a_bound_for_ends_that_go_together():
    """With ends that rise and fall against each other, the chances of both add up."""
    own = config()
    runs = runs_of(own, finished() | {"new": under_way(0.5, 10.2, 3)})
    chances = Chances(own, runs)
    end = {ends.metric.name: ends.of(runs[-1]) for ends in chances._ends}
    by_point = [end["loss"].beats(loss) + end["ms"].beats(ms) for loss, ms in chances._front]
    chance = chances.of(runs[-1]).value
    assert chance == pytest.approx(min(1.0, *by_point), abs=0.15)  # late turns may add to it
    assert chance >= min(1.0, *by_point) - 1e-12


def test_scales_do_not_count():
    runs = finished() | {"behind": under_way(0.7, 28.0), "good": under_way(0.1, 28.0)}
    scaled = {
        run_id: (state, [1e9 * v for v in loss], [1e-9 * v for v in ms])
        for run_id, (state, loss, ms) in runs.items()
    }
    assert stopped(config(), scaled) == stopped(config(), runs) == ["behind"]


def test_the_order_of_the_runs_does_not_count():
    runs = finished() | {"behind": under_way(0.7, 28.0), "good": under_way(0.1, 28.0)}
    rest = dict(sorted(runs.items(), key=lambda item: item[0][::-1]))
    assert stops(config(), runs) == stops(config(), rest)


def test_only_what_is_due_is_stopped():
    runs = finished() | {"a": under_way(0.7, 28.0), "b": under_way(0.8, 28.0)}
    assert stopped(config(), runs) == ["a", "b"]
    assert [stop.run_id for stop in stops(config(), runs, due={"b"})] == ["b"]


def test_nothing_is_stopped_before_a_run_has_finished_or_the_first_iteration():
    only = {"a": under_way(0.9, 30.0), "b": under_way(0.1, 1.0)}
    assert stopped(config(), only) == []
    assert stopped(config(min_iter=13), finished() | {"a": under_way(0.9, 30.0)}) == []


def test_for_each_run_that_finishes_two_are_stopped_at_most():
    own, doomed = config(), {"a": under_way(0.9, 30.0)}
    one = dict(list(finished().items())[:3])
    before = {f"s{i}": (RunState.STOPPED, falling(0.8, 9), level(30, 9)) for i in range(6)}
    assert stopped(own, one | before | doomed) == []
    del before["s0"]
    assert stopped(own, one | before | doomed) == ["a"]


def test_a_number_measured_once_is_the_end_of_it():
    runs = {run_id: (state, loss, {0: ms[0]}) for run_id, (state, loss, ms) in finished().items()}
    behind = {"behind": (RUNNING, falling(0.7, 12), {0: 28.0})}
    front = {"fast": (RUNNING, falling(0.9, 12), {0: 2.0})}
    assert stops(config(), runs | behind | front)[0].reason.startswith("ends at loss 0.7")
    assert stopped(config(), runs | behind | front) == ["behind"]


def test_a_number_measured_at_the_end_is_told_from_the_params():
    """The latency is 40 x, and nobody has measured that of the runs under way."""
    own = config()
    rng = random.Random(3)
    xs = [rng.random() for _ in range(14)]
    runs = {f"f{i}": (FINISHED, falling(0.8 - 0.6 * x), {H: 40 * x}) for i, x in enumerate(xs)}
    params = {f"f{i}": {"x": x} for i, x in enumerate(xs)} | {
        "slow": {"x": 0.9},
        "fast": {"x": 0.01},
    }
    under = {"slow": (RUNNING, falling(0.8, 12), {}), "fast": (RUNNING, falling(0.9, 12), {})}
    (stop,) = stops(own, runs | under, params)
    assert stop.run_id == "slow"
    assert ", ms 3" in stop.reason.split(";")[0]


def test_an_objective_that_no_run_shows_lets_all_go_on():
    runs = {run_id: (state, loss, []) for run_id, (state, loss, _) in finished().items()}
    assert stopped(config(), runs | {"a": (RUNNING, falling(0.9, 12), [])}) == []


def test_runs_that_lack_an_objective_are_no_part_of_the_front():
    runs = finished() | {"half": (FINISHED, falling(0.0), [])}
    assert stopped(config(), runs | {"good": under_way(0.1, 28.0)}) == []


def test_a_run_that_diverged_in_one_objective_is_stopped():
    lost = (RUNNING, falling(0.1, 12), [*level(5.0, 8), nan, nan, nan, nan])
    (stop,) = stops(config(), finished() | {"lost": lost})
    assert (stop.run_id, stop.reason) == ("lost", "ms: NaN or infinity for 4 iterations")


def test_a_run_that_will_break_a_limit_is_stopped_however_good_it_is():
    runs = finished() | {"good": under_way(0.1, 28.0), "kept": under_way(0.25, 15.0)}
    (stop,) = stops(config(*LIMITED), runs)
    assert stop.run_id == "good"
    assert stop.reason.startswith("ends at ms 2")
    assert stop.reason.endswith("; chance to keep at_most 20: below 1 %")


def test_with_limits_the_best_run_that_keeps_them_is_to_be_beaten():
    # 0.2 was reached with 30 ms, which is too slow: 0.5 is to be beaten
    ends = [(0.2, 30.0), (0.5, 10.0), (0.6, 12.0), (0.7, 5.0), (0.9, 12.0)]
    runs = finished(ends) | {"better": under_way(0.4, 15.0), "worse": under_way(0.8, 15.0)}
    (stop,) = stops(config(*LIMITED), runs)
    assert stop.run_id == "worse"
    assert stop.reason.split("; ")[1].startswith("chance to beat loss 0.55")


def test_a_limit_that_is_reached_late_counts_as_it_ends():
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "acc", "at_least": 0.6}]
    ends = [0.8, 0.7, 0.9, 0.65, 0.5, 0.75]
    runs = {
        f"f{i}": (FINISHED, falling(1 - a), [1 - v for v in falling(1 - a)])
        for i, a in enumerate(ends)
    }
    early = falling(0.1, 6)  # 0.1 + 0.19 from its end, and no accuracy of 0.6 yet
    runs["rising"] = (RUNNING, early, [1 - value for value in early])
    assert stopped(config(*metrics), runs) == []


def test_without_a_run_that_keeps_the_limits_only_these_count():
    ends = [(0.2, 30.0), (0.3, 40.0), (0.5, 35.0), (0.4, 50.0)]
    runs = finished(ends) | {"slow": under_way(0.1, 38.0), "bad": under_way(0.9, 3.0)}
    assert stopped(config(*LIMITED), runs) == ["slow"]


def test_perfectly_correlated_objectives_are_no_fault():
    runs = {
        run_id: (state, loss, [2 * value for value in loss])
        for run_id, (state, loss, _) in (
            finished() | {"bad": under_way(0.8, 1.0), "good": under_way(0.1, 1.0)}
        ).items()
    }
    assert stopped(config(), runs) == ["bad"]


def test_metrics_logged_at_steps_of_their_own_are_predicted_each_by_itself():
    def every(n, values):
        return {i: value for i, value in enumerate(values) if i % n == n - 1}

    runs = {
        run_id: (state, loss, every(5, ms))
        for run_id, (state, loss, ms) in (
            finished() | {"bad": under_way(0.8, 28.0), "good": under_way(0.1, 28.0)}
        ).items()
    }
    assert stopped(config(), runs) == ["bad"]


def test_a_run_that_a_restart_throws_back_is_not_given_up():
    """All curves jump at iteration 10, far beyond what the model of ends tells apart."""

    def restarted(end, n=H):
        return [
            v + (4.0 * (1 - (k - 10) / 5) if 10 <= k < 15 else 0)
            for k, v in enumerate(falling(end, n), start=1)
        ]

    runs = {
        run_id: (state, restarted(ENDS[i][0]), ms)
        for i, (run_id, (state, _, ms)) in enumerate(finished().items())
    }
    back = {"good": (RUNNING, restarted(0.1, 10), level(28.0, 10))}
    assert stopped(config(), runs | back) == []
    without = {"exploded": (RUNNING, [*falling(0.7, 9), 9.0], level(28.0, 10))}
    assert stopped(config(), runs | back | without) == ["exploded"]
