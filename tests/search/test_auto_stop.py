"""Early termination of type "auto": what is stopped, what is not, and why."""

import pytest

from nbsweep.records import Curve, RunState, StopDecision
from nbsweep.search.auto_stop import auto_stops
from nbsweep.search.curve_model import ShownRun
from nbsweep.search.early_termination import next_check, stops
from nbsweep.sweep_config import parse, parse_early_terminate

H = 40  # iterations of a whole run


def config(method="random", goal="minimize", parameters=None, **rule):
    return parse(
        {
            "method": method,
            "metric": {"name": "loss", "goal": goal},
            "parameters": parameters or {"x": {"min": 0.0, "max": 1.0}},
            "early_terminate": {"type": "auto", **rule},
        }
    )


def power_law(end, k):
    return end + 0.8 * k**-0.8


def shown(run_id, end, iterations=H, state=RunState.FINISHED, *, sign=1.0, x=None, diverged=0):
    """A run whose curve falls to `end` as a power law does."""
    values = tuple(sign * power_law(end, k) for k in range(1, iterations + 1))
    params = {"x": end if x is None else x}
    return ShownRun(params, Curve(run_id, state, tuple(range(iterations)), values, 0, diverged))


def finished(*ends, sign=1.0):
    return [shown(f"f{i}", end, sign=sign) for i, end in enumerate(ends)]


def running(run_id, end, iterations, **more):
    return shown(run_id, end, iterations, RunState.RUNNING, **more)


OTHERS = (0.9, 0.2, 0.5, 0.35, 0.7)


def stopped(config, runs):
    return [stop.run_id for stop in auto_stops(config, runs)]


def test_a_run_that_cannot_become_the_best_is_stopped_and_a_promising_one_goes_on():
    runs = [*finished(*OTHERS), running("bad", 0.8, 10), running("good", 0.1, 10)]
    assert stopped(config(), runs) == ["bad"]


def test_the_reason_says_where_the_run_ends_and_what_it_had_to_beat():
    (stop,) = auto_stops(config(), [*finished(*OTHERS), running("bad", 0.8, 20)])
    text, chance = stop.reason.split("; ")
    end, sd = (float(part) for part in text.removeprefix("ends at ").split(" ± "))
    assert end == pytest.approx(power_law(0.8, H), abs=0.05)
    assert 0 < sd < 0.1
    assert chance == f"chance to beat {power_law(0.2, H):.4g}: below 1 %"


def test_a_metric_to_maximize_is_judged_and_told_in_its_own_sign():
    runs = [*finished(*OTHERS, sign=-1.0), running("bad", 0.8, 20, sign=-1.0)]
    runs.append(running("good", 0.1, 20, sign=-1.0))
    (stop,) = auto_stops(config(goal="maximize"), runs)
    assert stop.run_id == "bad"
    assert stop.reason.startswith("ends at -0.8")
    assert f"chance to beat {-power_law(0.1, 20):.4g}: below 1 %" in stop.reason


@pytest.mark.parametrize(
    "others",
    [
        [],
        [shown("s", 0.2, 30, RunState.STOPPED), shown("c", 0.3, 39, RunState.CRASHED)],
        [ShownRun({"x": 0.5}, Curve("empty", RunState.FINISHED))],
        [ShownRun({"x": 0.5}, Curve("once", RunState.FINISHED, (0,), (0.1,)))],
    ],
    ids=["alone", "none finished", "finished without a value", "finished with one value"],
)
def test_nothing_is_judged_before_a_run_has_shown_how_runs_end(others):
    assert stopped(config(), [*others, running("bad", 0.9, 20)]) == []


def test_now_and_then_a_run_that_would_be_stopped_goes_on_to_show_its_end():
    """For each finished run two are stopped, then one has to finish."""
    runs = [*finished(0.5, 0.2), running("bad", 0.8, 20)]
    ended = [shown(f"s{i}", 0.7 + 0.01 * i, 6, RunState.STOPPED) for i in range(4)]
    assert stopped(config(), [*runs, *ended[:3]]) == ["bad"]
    assert stopped(config(), [*runs, *ended]) == []
    assert stopped(config(), [*runs, *ended, shown("checked", 0.9)]) == ["bad"]


def test_late_bloomers_are_known_once_one_of_them_has_finished():
    """They stand at 0.95 for 25 of 40 iterations and end better than all others."""

    def bloomer(run_id, end, iterations, state):
        values = [0.95 - 0.001 * k if k < 25 else end + 0.8 * 0.7 ** (k - 24) for k in range(H)]
        curve = Curve(run_id, state, tuple(range(iterations)), tuple(values[:iterations]))
        return ShownRun({"x": 0.05 + end}, curve)

    runs = finished(0.5, 0.3, 0.7, 0.9, 0.4)
    for iterations in (8, 15, 24):
        late = bloomer("late", 0.1, iterations, RunState.RUNNING)
        seen = bloomer("seen", 0.15, H, RunState.FINISHED)
        assert stopped(config(), [*runs, late, seen]) == []


def test_no_run_is_judged_before_min_iter():
    runs = [*finished(*OTHERS), running("bad", 0.8, 10)]
    assert stopped(config(min_iter=11), runs) == []
    assert stopped(config(min_iter=10), runs) == ["bad"]


def test_the_order_of_runs_does_not_matter():
    runs = [*finished(*OTHERS), running("bad", 0.8, 10), running("poor", 0.6, 12)]
    first = auto_stops(config(), runs)
    assert first == auto_stops(config(), runs)
    again = auto_stops(config(), runs[::-1])
    assert {stop.run_id: stop for stop in first} == {stop.run_id: stop for stop in again}
    assert len(first) == 2


def test_only_runs_that_are_due_are_judged_and_only_those_under_way():
    runs = [*finished(*OTHERS), running("bad", 0.8, 10), running("poor", 0.7, 12)]
    runs.append(shown("on its way out", 0.8, 10, RunState.PREEMPTING))
    assert [stop.run_id for stop in auto_stops(config(), runs, {"poor"})] == ["poor"]
    assert stopped(config(), runs) == ["bad", "poor"]


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
def test_it_works_with_every_method(method):
    parameters = {"x": {"values": [0.1 * i for i in range(1, 10)]}}
    runs = [*finished(*OTHERS), running("bad", 0.8, 10), running("good", 0.1, 10)]
    assert stopped(config(method, parameters=parameters), runs) == ["bad"]


def test_it_works_without_params_to_learn_from():
    runs = [*finished(*OTHERS), running("bad", 0.8, 15), running("good", 0.1, 15)]
    runs = [run._replace(params={}) for run in runs]
    assert stopped(config(), runs) == ["bad"]


def test_a_hopeless_run_is_stopped_when_the_grid_has_nothing_left_for_its_place():
    parameters = {"x": {"values": [*OTHERS, 0.8]}}
    runs = [*finished(*OTHERS), running("bad", 0.8, 10)]
    assert stopped(config("grid", parameters=parameters), runs) == ["bad"]


def test_a_run_that_diverged_for_long_is_stopped_where_another_got_as_far():
    lost = running("lost", 0.1, 4, diverged=3)
    assert auto_stops(config(), [lost, running("other", 0.3, 7)]) == [
        StopDecision("lost", "NaN or infinity for 3 iterations")
    ]
    assert stopped(config(), [lost, running("other", 0.3, 6)]) == []
    assert stopped(config(min_iter=8), [lost, running("other", 0.3, 7)]) == []
    twice = running("twice", 0.1, 4, diverged=2)
    assert stopped(config(), [twice, running("other", 0.3, 7)]) == []
    never = ShownRun({"x": 0.1}, Curve("never", RunState.RUNNING, diverged=1))
    assert auto_stops(config(), [never, running("other", 0.3, 7)]) == [
        StopDecision("never", "NaN or infinity for 1 iteration")
    ]


def test_confidence_says_how_sure_it_has_to_be():
    """The same run is stopped at 50 % and goes on at 99.99 %."""
    chances = {}
    for confidence in (0.5, 0.9999):
        runs = [*finished(*OTHERS), running("near", 0.24, 6)]
        chances[confidence] = stopped(config("bayes", confidence=confidence), runs)
    assert chances == {0.5: ["near"], 0.9999: []}


def test_a_run_is_paused_by_the_rule_by_which_it_would_be_stopped():
    runs = [*finished(*OTHERS), running("middling", 0.24, 6), running("bad", 0.8, 10)]
    assert auto_stops(config("bayes", thaw=True), runs) == auto_stops(config("bayes"), runs)
    assert "bad" in stopped(config("bayes", thaw=True), runs)


def test_runs_of_different_lengths_are_judged_by_their_own():
    """With 80 epochs ahead a run that stands at 0.5 after 20 may still win, with 24 not."""
    space = {"x": {"min": 0.0, "max": 1.0}, "epochs": {"min": 5, "max": 100}}
    runs = []
    for i, (end, epochs) in enumerate(zip(OTHERS, (20, 30, 40, 30, 24), strict=True)):
        run = shown(f"f{i}", end, epochs)
        runs.append(run._replace(params={"x": end, "epochs": epochs}))

    def under_way(epochs):
        curve = Curve(
            "r", RunState.RUNNING, tuple(range(20)), tuple(1.5 - 0.05 * k for k in range(20))
        )
        return ShownRun({"x": 0.5, "epochs": epochs}, curve)

    sure = config(parameters=space, confidence=0.99)
    assert stopped(sure, [*runs, under_way(21)]) == ["r"]
    assert stopped(sure, [*runs, under_way(80)]) == []


@pytest.mark.parametrize("values", [(1e300, -1e300), (0.0, 0.0), (1e-320, 2e-320)])
def test_values_that_no_model_can_hold_stop_nothing(values):
    runs = [
        ShownRun({"x": 0.1 * i}, Curve(f"f{i}", RunState.FINISHED, (0, 1, 2, 3), values * 2))
        for i in range(4)
    ]
    runs.append(ShownRun({"x": 0.9}, Curve("r", RunState.RUNNING, (0, 1), values)))
    assert stopped(config(), runs) == []


def test_it_is_asked_at_iterations_that_grow_by_a_tenth():
    rule = parse_early_terminate({"type": "auto"})
    checks, at = [], 0
    while at < 30:
        at = next_check(rule, at)
        checks.append(at)
    assert checks == [*range(1, 21), 22, 24, 26, 28, 30]
    assert next_check(rule, 1000) <= 1100
    assert next_check(parse_early_terminate({"type": "auto", "min_iter": 7}), 3) == 7


def test_stops_hands_it_the_params_and_the_whole_config():
    runs = [*finished(*OTHERS), running("bad", 0.8, 10)]
    params = {run.curve.run_id: run.params for run in runs}
    decisions = stops(config(), [run.curve for run in runs], None, params)
    assert decisions == auto_stops(config(), runs)
    assert [stop.run_id for stop in decisions] == ["bad"]
    assert stops(config(), [run.curve for run in runs], None, params, due=()) == []


def test_nothing_of_a_curve_that_is_flat_is_taken_for_a_reason_to_stop_the_best():
    flat = [
        ShownRun({"x": 0.1 * i}, Curve(f"f{i}", RunState.FINISHED, tuple(range(9)), (0.5,) * 9))
        for i in range(5)
    ]
    best = ShownRun({"x": 0.9}, Curve("r", RunState.RUNNING, (0, 1, 2), (0.5, 0.4, 0.3)))
    assert stopped(config(), [*flat, best]) == []


def turning(run_id, end, turn, iterations, state=RunState.RUNNING):
    """A run that stands at 0.95 up to the iteration `turn` of 40 and then falls to `end`."""
    values = [0.95 - 0.001 * k if k < turn else end + 0.8 * 0.5 ** (k - turn + 1) for k in range(H)]
    curve = Curve(run_id, state, tuple(range(iterations)), tuple(values[:iterations]))
    return ShownRun({"x": 0.05 + end}, curve)


def test_where_a_finished_run_turned_late_one_that_turns_later_still_is_not_stopped():
    """The one that finished fell at 22 of 40: a model takes one that stands at 29 for lost."""
    runs = finished(0.5, 0.3, 0.7, 0.9, 0.4, 0.6)
    late = turning("late", 0.1, 30, 29)
    assert stopped(config(confidence=0.9), [*runs, late]) == ["late"]
    seen = turning("seen", 0.15, 22, H, RunState.FINISHED)
    assert stopped(config(confidence=0.9), [*runs, seen, late]) == []


def test_a_run_beyond_its_half_shows_its_end_while_few_have():
    few = finished(0.5, 0.2)
    assert stopped(config(), [*few, running("bad", 0.8, 20)]) == ["bad"]
    assert stopped(config(), [*few, running("bad", 0.8, 21)]) == []
    assert stopped(config(), [*finished(0.5, 0.2, 0.4), running("bad", 0.8, 21)]) == ["bad"]
