"""The front of a sweep: who leads, how its volume grew, and which runs stand for it."""

import math
import random
import time
from dataclasses import replace
from itertools import combinations

import pytest

from nbsweep.analysis import front
from nbsweep.analysis.forecast import forecast
from nbsweep.analysis.front import LeadFinder, covering, growth, lead, lead_text, shares
from nbsweep.analysis.why import explain
from nbsweep.objectives import dominates, hypervolume, reference_point
from nbsweep.objectives import front as front_of
from nbsweep.records import Metric, RunRecord, RunState
from tests.made_up_sweeps import VALUES, front_sweep

LOSS, TIME = Metric("loss"), Metric("time")
LIMITED = [{"name": "loss", "goal": "minimize"}, {"name": "latency", "at_most": 20}]


def run(number, state=RunState.FINISHED, attempt=0, **summary):
    return RunRecord(
        f"r{number}.{attempt}", "demo", "ab", number, attempt, name="n", state=state,
        summary=summary,
    )  # fmt: skip


def numbers(runs):
    return [run.number for run in runs]


def test_the_front_leads_in_the_order_of_its_first_objective():
    sweep = front_sweep()
    found = lead(sweep.runs, sweep.config)
    assert numbers(found.front) == [3, 6, 1]
    assert (found.best, found.nearest) == (None, None)
    assert lead_text(found, sweep.config) == "Front of loss and accuracy: 3 runs"


def test_with_limits_and_one_objective_the_best_run_is_one_that_keeps_them():
    sweep = front_sweep([(0.3, 25.0), (0.5, 19.0), (0.4, 20.0), (0.1, None)], LIMITED)
    found = lead(sweep.runs, sweep.config)
    assert (found.best.number, found.front, lead_text(found, sweep.config)) == (3, (), "")


@pytest.mark.parametrize("metrics", [LIMITED, [*LIMITED, {"name": "size", "goal": "minimize"}]])
def test_where_no_run_keeps_the_limits_the_nearest_is_named_and_none_leads(metrics):
    values = [(0.3, 30.0, 1.0), (0.9, 25.5, 1.0), (0.1, 80.0, 1.0), (0.1, None, 1.0)]
    sweep = front_sweep([row[: len(metrics)] for row in values], metrics)
    found = lead(sweep.runs, sweep.config)
    assert (found.best, found.front, found.nearest.number) == (None, (), 2)
    assert lead_text(found, sweep.config) == (
        "No run keeps latency at most 20 yet. Run 2 comes nearest: latency 25.5 (at most 20)"
    )


def test_a_limit_on_two_sides_and_a_missing_value_are_told():
    metrics = [LOSS, Metric("heat", at_least=10.0, at_most=20.0, is_objective=False)]
    assert front.not_kept(run(1, loss=0.1, heat=5.0), metrics) == (
        "heat 5 (at least 10 and at most 20)"
    )
    assert front.not_kept(run(1, loss=0.1), metrics) == "no value of heat"
    assert front.not_kept(run(1, loss=0.1, heat=15.0), metrics) == ""
    assert front.not_kept(run(1, RunState.FAILED, loss=0.1, heat=99.0), metrics) == ""


def test_looking_again_and_again_finds_what_a_look_at_all_runs_does():
    """Runs come, end, are taken back, and lose their place by going on."""
    rng = random.Random(5)
    metrics = (LOSS, TIME, Metric("heat", at_most=6.0, is_objective=False))
    for _ in range(40):
        leaders, runs = LeadFinder(metrics), []
        for number in range(1, 25):
            values = {name: float(rng.randrange(8)) for name in ("loss", "time", "heat")}
            state = rng.choice([RunState.FINISHED, RunState.FINISHED, RunState.RUNNING])
            runs.append(run(number, state, **values))
            k = rng.randrange(len(runs))
            runs[k] = replace(runs[k], state=rng.choice([RunState.FINISHED, RunState.FAILED]))
            if rng.random() < 0.1:
                del runs[rng.randrange(len(runs))]
            assert leaders.of(runs) == LeadFinder(metrics).of(runs)


def test_runs_that_did_not_change_are_not_looked_into_again(monkeypatch):
    looked = []
    judged = front.judged
    monkeypatch.setattr(
        front, "judged", lambda run, metrics: looked.append(run) or judged(run, metrics)
    )
    runs = [run(number, loss=float(number), time=-float(number)) for number in range(1, 2001)]
    leaders = LeadFinder((LOSS, TIME))
    assert len(leaders.of(runs).front) == 2000
    looked.clear()
    assert len(leaders.of([*runs, run(2001, loss=0.0, time=0.0)]).front) == 2001
    assert numbers(looked) == [2001]


@pytest.mark.slow
@pytest.mark.parametrize("m", [2, 3])
def test_ten_thousand_runs_are_looked_at_within_a_tick(m):
    """All of them on the front, and random ones."""
    rng = random.Random(2)
    names = ["loss", "time", "size"][:m]
    metrics = tuple(map(Metric, names))
    for is_front in (False, True):
        runs = []
        for number in range(1, 10_001):
            values = [rng.random() for _ in names]
            total = sum(values) if is_front else 1.0
            point = {name: v / total for name, v in zip(names, values, strict=True)}
            runs.append(run(number, **point))
        leaders = LeadFinder(metrics)
        leaders.of(runs)
        took = []
        for k in range(3):
            runs = [*runs, run(10_001 + k, **dict.fromkeys(names, 2.0))]
            began = time.thread_time()
            leaders.of(runs)
            took.append(time.thread_time() - began)
        assert min(took) < 0.1, took


# --- volumes


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_the_volume_after_each_run_is_that_of_the_runs_until_then(m):
    rng = random.Random(m)
    for trial in range(30):
        values = [
            [float(rng.randrange(5)) if trial % 2 else rng.random() for _ in range(m)]
            for _ in range(12)
        ]
        metrics = [Metric(f"m{k}", "maximize" if k % 2 else "minimize") for k in range(m)]
        runs = [
            run(i + 1, **{f"m{k}": value for k, value in enumerate(row)})
            for i, row in enumerate(values)
        ]
        grown = growth(runs, metrics)
        points = [tuple(s.sign * v for s, v in zip(metrics, row, strict=True)) for row in values]
        reference = reference_point(points)
        signs = [metric.sign for metric in metrics]
        assert grown.reference == pytest.approx(
            [s * r for s, r in zip(signs, reference, strict=True)]
        )
        wanted = [hypervolume(points[: i + 1], reference) for i in range(len(points))]
        assert grown.volumes == pytest.approx(wanted)
        assert grown.is_exact
        assert sum(grown.added) == pytest.approx(grown.volumes[-1])


@pytest.mark.parametrize("m", [3, 4])
def test_where_many_runs_join_the_front_an_estimate_comes_near(m, monkeypatch):
    rng = random.Random(7)
    runs = [run(i, **{f"m{k}": rng.random() for k in range(m)}) for i in range(1, 120)]
    metrics = [Metric(f"m{k}") for k in range(m)]
    exact = growth(runs, metrics)
    assert exact.is_exact
    monkeypatch.setattr(front, "EXACT_3", 5)
    monkeypatch.setattr(front, "EXACT_MORE", 5)
    estimate = growth(runs, metrics)
    assert not estimate.is_exact
    off = [abs(a - b) for a, b in zip(exact.volumes, estimate.volumes, strict=True)]
    assert max(off) < 0.01 * exact.volumes[-1]


def test_scales_a_billion_apart_lose_no_digits():
    rng = random.Random(3)
    rows = [(rng.random(), rng.random()) for _ in range(30)]
    plain = growth([run(i, loss=a, time=b) for i, (a, b) in enumerate(rows)], [LOSS, TIME])
    far = growth(
        [run(i, loss=1e-5 * a, time=1e9 * b) for i, (a, b) in enumerate(rows)], [LOSS, TIME]
    )
    assert far.volumes == pytest.approx([1e4 * volume for volume in plain.volumes], rel=1e-9)


def test_volumes_that_no_float_holds_are_shares_of_the_box():
    rows = [(1e300, 3e300), (2e300, 1e300)]
    grown = growth([run(i, loss=a, time=b) for i, (a, b) in enumerate(rows)], [LOSS, TIME])
    assert grown.unit == 1.0
    assert 0 < grown.volumes[0] < grown.volumes[-1] < 1


@pytest.mark.parametrize(
    ("rows", "added"),
    [
        ([], []),
        ([(1.0, 1.0)], [0.01]),
        ([(1.0, 1.0), (1.0, 1.0)], [0.01, 0.0]),  # a tie adds nothing
        ([(3.0, 3.0), (2.0, 2.0), (1.0, 1.0)], [0.0, 0.0, 0.01]),  # correlated: a front of one
        ([(1.0, 2.0), (2.0, 2.0)], [0.02, 0.0]),  # one of them constant
        ([(0.0, 0.0)], [1e-2]),
    ],
)  # fmt: skip
def test_small_fronts_have_a_volume(rows, added):
    grown = growth([run(i, loss=a, time=b) for i, (a, b) in enumerate(rows)], [LOSS, TIME])
    assert grown.added == pytest.approx(added)


def test_runs_without_an_objective_or_beyond_a_limit_have_no_part_in_it():
    sweep = front_sweep([*VALUES, (math.nan, 0.9, 1.0), (0.1, math.inf, 1.0)])
    grown = growth(sweep.runs, sweep.config.metrics)
    assert numbers(grown.runs) == [1, 2, 3, 4, 6]
    assert [
        number for number, each in zip(numbers(grown.runs), grown.added, strict=True) if each
    ] == [1, 3, 6]
    assert grown.reference == pytest.approx((0.52, 0.79))


def test_each_run_of_the_front_is_told_what_it_alone_adds():
    points = [(0.0, 1.0), (0.5, 0.5), (0.5, 0.5), (1.0, 0.0)]
    reference = (1.1, 1.1)
    assert reference_point(points) == pytest.approx(reference)
    whole = hypervolume(points, reference)
    alone = [whole - hypervolume(points[:i] + points[i + 1 :], reference) for i in range(4)]
    assert shares(points) == pytest.approx([each / whole for each in alone])
    assert shares(points)[1:3] == [0.0, 0.0]


def test_the_runs_that_stand_for_a_front_cover_most_of_it():
    rng = random.Random(11)
    for m in (2, 3):
        for _ in range(20):
            points = [tuple(rng.random() for _ in range(m)) for _ in range(30)]
            points = [points[i] for i in front_of(points)]
            reference = reference_point(points)
            for count in range(1, min(4, len(points))):
                chosen = hypervolume([points[i] for i in covering(points, count)], reference)
                best = max(
                    hypervolume(list(some), reference) for some in combinations(points, count)
                )
                assert chosen >= (1 - 1 / math.e) * best
                if count == 1:
                    assert chosen == pytest.approx(best)


def test_more_runs_than_there_are_on_the_front_are_all_of_it():
    points = [(0.0, 1.0), (1.0, 0.0)]
    assert covering(points, 5) == [0, 1]
    assert covering(points, 0) == covering([], 3) == []


def test_equal_points_do_not_crowd_out_others():
    assert covering([(0.0, 1.0), (0.0, 1.0), (1.0, 0.0)], 2) in ([0, 2], [1, 2])


def test_no_point_of_a_large_front_is_dominated_and_every_other_point_is():
    rng = random.Random(8)
    for m in (2, 3, 4):
        points = [tuple(float(rng.randrange(30)) for _ in range(m)) for _ in range(300)]
        places = set(front_of(points))
        for i, point in enumerate(points):
            assert any(dominates(other, point) for other in points) == (i not in places)


# --- what else is said of the best run


def test_no_forecast_of_one_best_run_is_made_for_a_front():
    sweep = front_sweep([(0.1 * i, 1 - 0.1 * i, 1.0) for i in range(15)])
    found = forecast(sweep.snapshot(), sweep.config)
    assert found.suggestion == "unknown"
    assert found.verdict == (
        "No forecast with several objectives. While the hypervolume of the front still grows, "
        "further runs help."
    )
    sweep.add(RunState.RUNNING)
    assert all(run.chance is None for run in forecast(sweep.snapshot(), sweep.config).runs)


def test_why_names_no_best_value_for_a_front():
    sweep = front_sweep()
    chance = {"predicted_mean": 0.4, "predicted_sd": 0.1, "probability_of_improvement": 0.25}
    origin = {**chance, "expected_improvement": 0.02, "method": "bayes"}
    sweep.replace(5, replace(sweep.runs[5], origin=origin, created_at=2e9))
    text = str(explain(sweep.runs[5], sweep.snapshot(), sweep.config))
    assert "Predicted loss: 0.4 ± 0.1." in text
    assert "Chance to improve on the front: 25 %" in text
    assert "best" not in text
