"""Where runs end, told from curves and params."""

import dataclasses
import math
import random
import time

import numpy as np
import pytest

from nbsweep.records import Curve, Observation, RunState
from nbsweep.search import known_points
from nbsweep.search.bayes_search import suggest
from nbsweep.search.curve_model import CurveModel, PredictedEnd, ShownRun
from nbsweep.search.encoding import Encoding
from nbsweep.search.known_points import PARTIAL_NOISE, KnownPoints
from nbsweep.sweep_config import parse

LENGTH = 50
FINISHED, RUNNING, STOPPED = RunState.FINISHED, RunState.RUNNING, RunState.STOPPED


def config(goal="minimize", mode=None, **parameters):
    searched = parameters or {"lr": {"min": 0.0, "max": 1.0}, "width": {"min": 0.0, "max": 1.0}}
    metric = {"name": "loss", "goal": goal} | ({"mode": mode} if mode else {})
    early = {"type": "hyperband", "min_iter": 3}
    return parse(
        {"method": "bayes", "metric": metric, "parameters": searched, "early_terminate": early}
    )


CONFIG = config()


def shown(name, values, state=FINISHED, params=None, steps=None):
    """A run with a curve; NaNs at its end have diverged."""
    finite = [float(v) for v in values if math.isfinite(v)]
    steps = tuple(range(len(finite))) if steps is None else tuple(steps)
    curve = Curve(name, state, steps, tuple(finite), len(values), len(values) - len(finite))
    return ShownRun(params or {}, curve)


def power_laws(n, rng, noise=0.01, length=LENGTH):
    """Params and whole curves (n, length), a + b·k^(−c); a and c depend on the params."""
    k = np.arange(1, length + 1.0)
    params = [{"lr": float(rng.random()), "width": float(rng.random())} for _ in range(n)]
    curves = [
        0.2 + (p["lr"] - 0.3) ** 2 + (0.5 + 0.3 * rng.random()) * k ** -(0.4 + p["width"])
        for p in params
    ]
    return params, np.array(curves) + noise * rng.normal(size=(n, length))


def sweep(curves, params, finished, upto, state=RUNNING):
    """The first runs finished, the others after `upto` values."""
    return [
        shown(
            f"run{i}", row if i < finished else row[:upto], FINISHED if i < finished else state, p
        )
        for i, (row, p) in enumerate(zip(curves, params, strict=True))
    ]


def model_of(runs, of=CONFIG, **given):
    model = CurveModel.of(of, runs, **given)
    assert model is not None
    return model


@pytest.mark.parametrize("noise", [0.003, 0.05])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_intervals_hold_the_end_about_as_often_as_they_say(noise, share):
    hits, errors = [], []
    for seed in range(8):
        params, curves = power_laws(30, np.random.default_rng(seed), noise)
        model = model_of(sweep(curves, params, 14, int(share * LENGTH)))
        for i in range(14, 30):
            end = model.end(f"run{i}")
            hits.append(end.low <= curves[i, -1] <= end.high)
            errors.append(abs(end.value - curves[i, -1]))
    assert 0.72 <= np.mean(hits) <= 0.97
    assert np.median(errors) < 0.02 + noise


def test_params_alone_tell_where_a_new_run_ends():
    rng = np.random.default_rng(1)
    params, curves = power_laws(40, rng)
    model = model_of(sweep(curves[:25], params[:25], 20, 5))
    hits = []
    for end, truth in zip(model.new(params[25:]), curves[25:, -1], strict=True):
        assert (end.run_id, end.horizon) == (None, LENGTH)
        assert abs(end.value - truth) < 0.12
        hits.append(end.low <= truth <= end.high)
    assert np.mean(hits) >= 0.6
    assert model.new([]) == []


def test_what_a_run_has_shown_narrows_the_interval():
    params, curves = power_laws(20, np.random.default_rng(2))
    reach = []
    for upto in (2, 10, 40):
        end = model_of(sweep(curves, params, 19, upto)).end("run19")
        reach.append(end.high - end.low)
    assert reach[0] > reach[1] > reach[2]


def test_a_curve_that_has_flattened_ends_where_it_is():
    """As all others did: exponential decays that are over after a third of the way."""
    rng = np.random.default_rng(3)
    k = np.arange(LENGTH)
    floors = rng.random(16)
    curves = floors[:, None] + np.exp(-k / 2.0) + 1e-4 * rng.normal(size=(16, LENGTH))
    params = [{"lr": float(rng.random()), "width": 0.5} for _ in range(16)]  # say nothing
    model = model_of(sweep(curves, params, 15, 25))
    end = model.end("run15")
    assert end.value == pytest.approx(floors[15], abs=0.005)
    assert end.high - end.low < 0.06


def test_late_bloomers_keep_intervals_wide():
    """One in three falls by half a unit between iteration 30 and 45; nothing tells which."""
    rng = np.random.default_rng(4)
    k = np.arange(LENGTH)

    def curve(blooms):
        falls = 0.5 / (1.0 + np.exp(-(k - rng.uniform(30, 45))))
        return 1.0 + 0.5 / (1 + k) - (falls if blooms else 0.0) + 0.005 * rng.normal(size=LENGTH)

    params = [{"lr": float(rng.random()), "width": float(rng.random())} for _ in range(25)]
    late = np.array([curve(i % 3 == 0) for i in range(25)])
    flat = np.array([curve(False) for _ in range(25)])
    end = model_of(sweep(late, params, 24, 20)).end("run24")
    assert end.low < 0.75
    assert end.chance(0.8) > 0.1
    usual = model_of(sweep(flat, params, 24, 20)).end("run24")
    assert usual.chance(0.8) < 0.01
    assert usual.high - usual.low < 0.2 * (end.high - end.low)


def test_warm_restarts_and_double_descent_are_expected_once_they_were_seen():
    rng = np.random.default_rng(5)
    k = np.arange(LENGTH)
    level = rng.random(15)
    params = [{"lr": float(rng.random()), "width": float(rng.random())} for _ in range(15)]
    restarts = level[:, None] + 0.3 * (1 - (k % 20) / 20) + 0.005 * rng.normal(size=(15, LENGTH))
    bump = 0.4 * np.exp(-0.5 * ((k - 25) / 6.0) ** 2)
    double = level[:, None] + 1 / (1 + k) + bump + 0.005 * rng.normal(size=(15, LENGTH))
    for curves in (restarts, double):
        end = model_of(sweep(curves, params, 14, 22)).end("run14")
        now = curves[14, 21]
        assert end.value - now == pytest.approx(curves[14, -1] - now, abs=0.08)
        assert end.value < now - 0.05  # it falls, though the curve rises just then


def test_spikes_do_little():
    params, curves = power_laws(20, np.random.default_rng(6), noise=0.003)
    expected = model_of(sweep(curves, params, 19, 20)).end("run19")
    spiky = curves.copy()
    spiky[19, 9] = spiky[3, 30] = spiky[7, 12] = 40.0
    found = model_of(sweep(spiky, params, 19, 20)).end("run19")
    assert found.value == pytest.approx(expected.value, abs=0.05)


def test_runs_that_diverged_are_not_predicted_and_disturb_nobody():
    params, curves = power_laws(20, np.random.default_rng(7))
    runs = sweep(curves, params, 18, 20)
    expected = CurveModel.of(CONFIG, runs).end("run19")
    diverged = [
        shown("nan", [0.9, 0.5, *[math.nan] * 3], RUNNING, params[0]),
        shown("inf", [0.9, 0.5, *[math.inf] * 9], FINISHED, params[1]),
        shown("never", [math.nan] * 9, RUNNING, params[2]),
    ]
    model = model_of(runs + diverged)
    assert model.horizon == LENGTH
    assert [model.end(name) for name in ("nan", "inf", "never", "unknown")] == [None] * 4
    assert model.end("run19") == expected
    huge = model_of([*runs, shown("huge", [1.0, 1e3, 1e30, 1e300], RUNNING, params[3])])
    assert huge.end("huge").low <= huge.end("huge").value <= huge.end("huge").high
    assert huge.end("huge").value == 1e300
    assert huge.end("huge").chance(expected.value) < 0.01
    assert huge.end("run19").value == pytest.approx(expected.value, abs=0.05)


def test_it_is_silent_where_too_little_is_known():
    params, curves = power_laws(20, np.random.default_rng(8))
    assert CurveModel.of(CONFIG, []) is None
    assert CurveModel.of(CONFIG, sweep(curves, params, 0, 20)) is None  # nothing has finished
    once = [shown(f"run{i}", row[-1:], FINISHED, params[i]) for i, row in enumerate(curves)]
    assert CurveModel.of(CONFIG, once) is None  # no curves: the metric was logged once
    assert CurveModel.of(CONFIG, [shown("a", [math.nan] * 5)]) is None
    no_metric = parse({"method": "random", "parameters": {"lr": {"min": 0.0, "max": 1.0}}})
    assert CurveModel.of(no_metric, sweep(curves, params, 10, 20)) is None
    few = sweep(curves[:4], params[:4], 2, 5)
    assert CurveModel.of(CONFIG, few).end("run3") is None
    longer = sweep(curves[:4], params[:4], 2, 6)
    assert CurveModel.of(CONFIG, longer).end("run3") is not None
    flat = [*longer[:2], shown("flat", [1.0] * 8, RUNNING, params[3])]
    assert CurveModel.of(CONFIG, flat).end("flat") is None
    enough = sweep(curves[:5], params[:5], 3, 1)
    assert CurveModel.of(CONFIG, enough).end("run4") is not None


def test_a_horizon_may_be_given_where_nobody_has_been():
    params, curves = power_laws(20, np.random.default_rng(9), noise=0.001, length=100)
    runs = sweep(curves[:, :50], params, 20, 0)
    model = model_of(runs, horizon=100)
    assert model.horizon == 100
    ends = [model.end(f"run{i}") for i in range(20)]
    assert {end.horizon for end in ends} == {100}
    errors = [abs(end.value - row[-1]) for end, row in zip(ends, curves, strict=True)]
    assert np.median(errors) < 0.02
    near = model_of(runs, horizon=30)
    assert near.end("run0") == PredictedEnd("run0", 30, *[curves[0, 29]] * 3, 0.0)
    beside = [*runs[:18], shown("live", curves[19, :10], RUNNING, params[19])]
    assert model_of(beside, horizon=30).end("live").value == pytest.approx(curves[19, 29], abs=0.02)
    # What is shown beyond the horizon changes nothing, whatever became of the run.
    cut = [shown(r.curve.run_id, r.curve.values[:30], STOPPED, r.params) for r in runs[:18]]
    found = model_of([*cut, beside[-1]], horizon=30).end("live")
    assert found.value == pytest.approx(model_of(beside, horizon=30).end("live").value)
    assert CurveModel.of(CONFIG, runs, horizon=1) is None


def test_the_end_of_a_finished_run_is_known_wherever_it_ended():
    params, curves = power_laws(10, np.random.default_rng(10))
    runs = [
        shown(f"run{i}", row[: 20 + 3 * i], FINISHED, params[i]) for i, row in enumerate(curves)
    ]
    model = model_of(runs)
    for i, run in enumerate(runs):
        end = model.end(f"run{i}")
        assert (end.horizon, end.sd) == (20 + 3 * i, 0.0)
        assert end.value == end.low == end.high == run.curve.values[-1]
        assert (end.chance(end.value + 1e-9), end.chance(end.value)) == (1.0, 0.0)


def test_a_run_longer_than_usual_is_compared_with_the_longer_ones():
    params, curves = power_laws(12, np.random.default_rng(11), length=60)
    lengths = [20] * 7 + [60] * 3
    runs = [shown(f"run{i}", curves[i, :n], FINISHED, params[i]) for i, n in enumerate(lengths)]
    live = shown("live", curves[11, :30], RUNNING, params[11])
    beyond = shown("beyond", curves[10], RUNNING, params[10])
    model = model_of([*runs, live, beyond])
    assert model.horizon == 20
    assert model.end("live").horizon == 60
    assert model.end("beyond") is None


def test_a_param_may_set_the_length():
    """Cosine schedules: what matters is the share of the way."""
    rng = np.random.default_rng(12)
    of = config(lr={"min": 0.0, "max": 1.0}, epochs={"values": [10, 20, 40]})
    runs, ends = [], {}
    for i in range(18):
        epochs, lr = (10, 20, 40)[i % 3], float(rng.random())
        k = np.arange(1, 2 * epochs + 1)  # it logs twice an epoch
        values = lr + 0.5 * (1 + np.cos(np.pi * k / len(k))) + 0.002 * rng.normal(size=len(k))
        finished = i < 15
        upto = len(k) if finished else len(k) // 2
        ends[f"run{i}"] = values[-1]
        state = FINISHED if finished else RUNNING
        runs.append(shown(f"run{i}", values[:upto], state, {"lr": lr, "epochs": epochs}))
    model = model_of(runs, of)
    for name, length in (("run15", 20), ("run16", 40), ("run17", 80)):
        assert model.end(name).horizon == length
        assert model.end(name).value == pytest.approx(ends[name], abs=0.1)
    assert [end.horizon for end in model.new([{"lr": 0.5, "epochs": 40}])] == [80]


def test_runs_that_log_more_or_less_often_are_compared_by_step():
    params, curves = power_laws(16, np.random.default_rng(13), noise=0.002, length=60)
    runs = []
    for i, row in enumerate(curves):
        every = (1, 3)[i % 2]
        upto = 60 if i < 14 else 24
        steps = range(every - 1, upto, every)
        state = FINISHED if i < 14 else RUNNING
        runs.append(shown(f"run{i}", row[list(steps)], state, params[i], steps))
    model = model_of(runs)
    for name, horizon in (("run14", 60), ("run15", 20)):
        end = model.end(name)
        assert end.horizon == horizon
        assert end.value == pytest.approx(curves[int(name[3:]), -1], abs=0.05)


def test_curves_that_lack_values_are_compared_by_step():
    params, curves = power_laws(16, np.random.default_rng(14), noise=0.002, length=200)
    thin = np.unique(np.geomspace(1, 200, 40).astype(int) - 1)
    runs = [
        shown(f"run{i}", row[thin], FINISHED, params[i], map(int, thin))
        for i, row in enumerate(curves[:14])
    ]
    runs = [run._replace(curve=dataclasses.replace(run.curve, is_sampled=True)) for run in runs]
    runs.append(shown("live", curves[15, :60], RUNNING, params[15]))
    assert model_of(runs).end("live").value == pytest.approx(curves[15, -1], abs=0.05)


def test_neither_the_order_of_runs_nor_their_ids_matter():
    params, curves = power_laws(90, np.random.default_rng(15))
    runs = sweep(curves, params, 80, 12)
    expected, new = model_of(runs), [{"lr": 0.2, "width": 0.7}]
    shuffled = random.Random(0).sample(runs, len(runs))
    found = model_of(shuffled)
    ids = [run.curve.run_id for run in runs]
    assert [found.end(each) for each in ids] == [expected.end(each) for each in ids]
    assert found.new(new) == expected.new(new)
    renamed = [
        run._replace(curve=dataclasses.replace(run.curve, run_id=f"x{random.Random(i).random()}"))
        for i, run in enumerate(runs)
    ]
    assert model_of(renamed).new(new) == expected.new(new)


@pytest.mark.parametrize("mode", [None, "best", "mean"])
def test_maximizing_mirrors_minimizing(mode):
    params, curves = power_laws(20, np.random.default_rng(16))
    down = model_of(sweep(curves, params, 17, 10), config("minimize", mode)).end("run18")
    up = model_of(sweep(-curves, params, 17, 10), config("maximize", mode)).end("run18")
    mirrored = pytest.approx([-down.value, -down.high, -down.low, down.sd])
    assert [up.value, up.low, up.high, up.sd] == mirrored
    assert up.chance(-down.value + 0.01) == pytest.approx(down.chance(down.value - 0.01))


@pytest.mark.parametrize("mode", ["best", "min", "max", "mean", "first", "last"])
def test_the_mode_says_what_an_end_is(mode):
    """Curves that overfit: the best value is not the last."""
    rng = np.random.default_rng(17)
    of = config(mode=mode)
    k = np.arange(LENGTH)
    params, curves = power_laws(24, rng, noise=0.005)
    curves += 0.4 * np.maximum(0, k - 20) / LENGTH
    model = model_of(sweep(curves, params, 20, 15), of)
    for i in range(20, 24):
        end, truth = model.end(f"run{i}"), of.metric.of_curve(curves[i].tolist())
        assert end.value == pytest.approx(truth, abs=0.08)
    assert model.end("run0").value == of.metric.of_curve(curves[0].tolist())


def test_a_constant_metric_stays_what_it_is():
    params, curves = power_laws(12, np.random.default_rng(18))
    end = model_of(sweep(np.full_like(curves, 0.5), params, 10, 20)).end("run11")
    assert (end.value, end.low, end.high) == (0.5, 0.5, 0.5)
    assert (end.chance(0.6), end.chance(0.5), end.chance(0.4)) == (1.0, 0.0, 0.0)


def test_a_sweep_may_search_nothing():
    _, curves = power_laws(12, np.random.default_rng(19))
    metric = {"name": "loss", "goal": "minimize"}
    of = parse({"method": "grid", "metric": metric, "parameters": {"lr": {"value": 0.1}}})
    model = model_of(sweep(curves, [{"lr": 0.1}] * 12, 10, 20), of)
    assert model.end("run11").value == pytest.approx(curves[11, -1], abs=0.1)
    assert model.new([{"lr": 0.1}])[0].low < model.new([{"lr": 0.1}])[0].high


def test_the_chance_goes_with_the_interval():
    end = PredictedEnd("a", 50, 0.5, 0.4, 0.7, 0.1)
    assert end.chance(0.5) == pytest.approx(0.5)
    assert end.chance(0.4) == pytest.approx(0.1)
    assert end.chance(0.7) == pytest.approx(0.9)
    up = dataclasses.replace(end, sign=-1.0)
    assert up.chance(0.7) == pytest.approx(0.1)
    assert up.chance(0.4) == pytest.approx(0.9)


def test_runs_the_model_is_not_made_of_are_predicted_as_well():
    """Of 200 runs it is made of 64; where the others end follows from these."""
    params, curves = power_laws(200, np.random.default_rng(20))
    model = model_of(sweep(curves, params, 120, 10))
    hits = []
    for i in range(120, 200):
        end = model.end(f"run{i}")
        hits.append(end.low <= curves[i, -1] <= end.high)
        assert abs(end.value - curves[i, -1]) < 0.1
    assert np.mean(hits) >= 0.65


def test_a_decision_is_quick():
    """100 curves of 100 values in at most 100 ms; the limit here leaves room for a busy machine."""
    params, curves = power_laws(100, np.random.default_rng(21), length=100)
    runs = sweep(curves, params, 80, 99)
    seconds = []
    for _ in range(3):
        began = time.thread_time()
        model = model_of(runs)
        for i in range(100):
            model.end(f"run{i}")
        seconds.append(time.thread_time() - began)
    assert min(seconds) < 0.3


# --- what the search makes of it ---


def observed(runs):
    return [
        Observation(run.params, run.curve.values[-1], run.curve.state, {}, run.curve)
        for run in runs
    ]


def test_a_stopped_run_counts_with_its_predicted_end():
    params, curves = power_laws(20, np.random.default_rng(22))
    runs = sweep(curves, params, 15, 8, STOPPED)
    encoding, model = Encoding(CONFIG.space), model_of(runs)
    known = KnownPoints.of(encoding, CONFIG.metric, observed(runs))
    assert len(known.values) == 20
    noises = []
    for i, run in enumerate(runs):
        row = np.flatnonzero((known.x == encoding.encode(params[i])[0]).all(axis=1))[0]
        end = model.end(f"run{i}")
        assert known.values[row] == end.value
        if run.curve.state is STOPPED:
            assert known.values[row] < run.curve.values[-1] - 0.05
            assert 0.0 < known.extra_noise[row] <= PARTIAL_NOISE
            noises.append(known.extra_noise[row])
        else:
            assert known.extra_noise[row] == 0.0
    assert len(set(noises)) == 5  # each as sure as its prediction


def test_where_nothing_can_be_predicted_it_counts_as_it_is():
    params, curves = power_laws(4, np.random.default_rng(23))
    runs = sweep(curves, params, 1, 3, STOPPED)
    encoding = Encoding(CONFIG.space)
    without = [dataclasses.replace(o, curve=None) for o in observed(runs)]
    for observations in (observed(runs), without):
        known = KnownPoints.of(encoding, CONFIG.metric, observations)
        assert sorted(known.values) == sorted(run.curve.values[-1] for run in runs)
        assert sorted(known.extra_noise) == [0.0] + [PARTIAL_NOISE] * 3


def test_no_model_is_made_where_no_run_was_stopped(monkeypatch):
    params, curves = power_laws(8, np.random.default_rng(24))
    runs = sweep(curves, params, 6, 8, RunState.KILLED)
    monkeypatch.setattr(known_points.CurveModel, "fitted", lambda *_: pytest.fail("it was made"))
    known = KnownPoints.of(Encoding(CONFIG.space), CONFIG.metric, observed(runs))
    assert sorted(known.extra_noise) == [0.0] * 6 + [PARTIAL_NOISE] * 2


def test_a_suggestion_does_not_depend_on_the_order_of_stopped_runs():
    params, curves = power_laws(14, np.random.default_rng(25))
    observations = observed(sweep(curves, params, 9, 8, STOPPED))
    expected = suggest(CONFIG, observations, [], np.random.default_rng(0))
    for seed in range(3):
        shuffled = random.Random(seed).sample(observations, len(observations))
        assert suggest(CONFIG, shuffled, [], np.random.default_rng(0)) == expected


def test_a_slow_starter_in_a_good_place_is_not_held_against_it():
    """Wide nets start badly and end well; stopped ones would draw the search away."""
    rng = np.random.default_rng(26)
    k = np.arange(LENGTH)
    params = [{"lr": float(rng.random()), "width": float(i) / 19} for i in range(20)]
    curves = np.array([1 - p["width"] + np.exp(-k / (3 + 12 * p["width"])) for p in params])
    runs = [
        shown(f"run{i}", row if i % 2 else row[:12], FINISHED if i % 2 else STOPPED, params[i])
        for i, row in enumerate(curves)
    ]
    known = KnownPoints.of(Encoding(CONFIG.space), CONFIG.metric, observed(runs))
    widths = known.x[:, 1]
    assert np.corrcoef(widths, known.values)[0, 1] < -0.98


@pytest.mark.parametrize("jump", [0.9, 1.001, 1.05, 1.2, 3.0, 100.0])
def test_a_run_that_jumps_to_the_end_of_the_scale_is_not_predicted_too_surely(jump):
    """The transformation cuts such values off: an interval there had no width."""
    params, curves = power_laws(30, np.random.default_rng(3))
    off_scale = model_of(sweep(curves, params, 20, 25))._transform.worst
    rows = curves.copy()
    rows[25, 24] = off_scale * jump
    model = model_of(sweep(rows, params, 20, 25))
    end, usual = model.end("run25"), model.end("run26")
    assert end.low < end.value < end.high
    assert end.high - end.low > usual.high - usual.low
    assert end.sd > usual.sd
    assert end.value == pytest.approx(max(off_scale, rows[25, 24]), rel=0.06)


def test_a_run_that_has_been_off_the_scale_for_long_stays_there():
    params, curves = power_laws(30, np.random.default_rng(3))
    rows = curves.copy()
    rows[25] = 100.0 + 0.01 * np.random.default_rng(4).normal(size=LENGTH)
    end = model_of(sweep(rows, params, 20, 25)).end("run25")
    assert end.value == pytest.approx(100.0, rel=1e-3)
    assert 50.0 < end.low < 90.0
    assert 110.0 < end.high < 150.0
