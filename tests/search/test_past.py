"""What earlier sweeps foretell: used while they do, dropped when the runs contradict them."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from nbsweep.records import Observation, RunState, SweepRecord
from nbsweep.search import generator, past, suggest
from nbsweep.search.bayes_search import predict
from nbsweep.search.encoding import Encoding
from nbsweep.search.evidence import Evidence
from nbsweep.search.gp import GaussianProcess, Hyperparameters
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.past import Past, WeightedMean
from nbsweep.search.surrogate import Model
from nbsweep.sweep_config import parse
from nbsweep.testing.searches import same_suggestion

CONFIG = parse(
    {
        "method": "bayes",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {
            "x": {"min": 0.0, "max": 1.0},
            "y": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
            "kind": {"values": ["a", "b"]},
        },
    }
)


def loss(params, x=0.3, y=1e-3, sign=1.0, scale=1.0):
    """Lowest at x, y and kind "a"."""
    far = 4 * (params["x"] - x) ** 2 + 0.3 * math.log10(params["y"] / y) ** 2
    return sign * scale * (far + (params["kind"] == "b"))


def runs(value, n, source=None, config=CONFIG, seed=5):
    """Ended runs at random points."""
    encoding = Encoding(config.space)
    points = map(encoding.decode, encoding.sample(n, np.random.default_rng(seed)))
    return [Observation(point, value(point), source=source) for point in points]


def searched(value, n, before=(), config=CONFIG, seed=1):
    """The runs of a sweep that knows of earlier ones."""
    own = []
    for number in range(1, n + 1):
        suggestion = suggest(config, [*before, *own], [], generator(seed, number))
        own.append(
            Observation(suggestion.params, value(suggestion.params), origin=suggestion.origin)
        )
    return own


ALIKE = runs(loss, 25, "alike")
OPPOSITE = runs(lambda params: loss(params, sign=-1.0), 25, "opposite")


def test_the_first_run_is_the_best_of_an_earlier_sweep():
    best = min(ALIKE, key=lambda run: run.value)
    (first,) = searched(loss, 1, ALIKE)
    assert first.params == best.params
    assert first.origin["why"] == "start-up"
    assert first.origin["past"] == {"alike": 1.0}
    assert first.origin["observations"] == 0


def test_a_second_sweep_starts_where_the_first_was_after_ten_runs():
    shifted = [lambda p, s=s: loss(p, 0.3 + s, 1e-3 * 10**s, scale=3.0) for s in (-0.05, 0.05)]
    before = [run for i, f in enumerate(shifted) for run in runs(f, 25, f"old{i}", seed=i)]
    cold = [min(run.value for run in searched(loss, 10, seed=seed)) for seed in range(4)]
    warm = [min(run.value for run in searched(loss, 3, before, seed=seed)) for seed in range(4)]
    assert np.mean(warm) < np.mean(cold)


def test_a_past_that_the_runs_contradict_gets_no_weight_and_changes_nothing():
    own = runs(loss, 20, seed=8)
    plain = suggest(CONFIG, own, [], generator(1, 21))
    beside = suggest(CONFIG, [*OPPOSITE, *own], [], generator(1, 21))
    assert beside.params == plain.params
    assert beside.origin == {**plain.origin, "past": {"opposite": 0.0}}


def test_of_two_pasts_the_one_that_foretells_the_runs_has_the_say():
    own = runs(loss, 6, seed=8)
    weights = suggest(CONFIG, [*OPPOSITE, *ALIKE, *own], [], generator(1, 7)).origin["past"]
    assert weights["opposite"] == 0.0
    assert weights["alike"] > 0.5


def test_predictions_rest_on_the_past_where_no_run_is_near():
    own = runs(loss, 4, seed=8)
    encoding = Encoding(CONFIG.space)
    points = [encoding.decode(x) for x in encoding.sample(40, np.random.default_rng(3))]
    truth = np.array([loss(point) for point in points])
    plain = predict(CONFIG, own, points).median
    informed = predict(CONFIG, [*ALIKE, *own], points).median
    assert np.abs(informed - truth).mean() < 0.5 * np.abs(plain - truth).mean()


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_the_goal_turns_what_is_best(goal):
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "goal": goal},
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
        }
    )
    before = runs(lambda p: (p["x"] - 0.8) ** 2, 20, "old", config)
    (first,) = searched(lambda _: 0.0, 1, before, config)
    assert abs(first.params["x"] - (0.8 if goal == "minimize" else 0.0)) < 0.1


def test_the_order_of_runs_and_sources_does_not_matter():
    own = runs(loss, 5, seed=8)
    there = [*ALIKE, *OPPOSITE, *own]
    past._models.clear()
    one = suggest(CONFIG, there, [], generator(1, 6))
    past._models.clear()
    other = suggest(CONFIG, there[::-1], [], generator(1, 6))
    assert same_suggestion(one, other)


def test_models_of_earlier_sweeps_are_fitted_once(monkeypatch):
    fitted = []
    whole = past._fitted
    monkeypatch.setattr(past, "_fitted", lambda key, *rest: fitted.append(key) or whole(key, *rest))
    past._models.clear()
    searched(loss, 4, [*ALIKE, *OPPOSITE])
    assert sorted(fitted) == ["alike", "opposite"]
    searched(loss, 1, [dataclasses.replace(run, value=run.value + 1) for run in ALIKE])
    assert sorted(fitted) == ["alike", "alike", "opposite"]
    before = past._model.cache_info().misses
    searched(loss, 1, [dataclasses.replace(run) for run in ALIKE])  # read from the store again
    assert past._model.cache_info().misses == before


@pytest.mark.parametrize(
    "before",
    [
        ALIKE[:4],
        [dataclasses.replace(run, value=1.0) for run in ALIKE],
        [dataclasses.replace(run, value=None, state=RunState.FAILED) for run in ALIKE],
        [dataclasses.replace(run, value=math.nan) for run in ALIKE],
    ],
    ids=["few", "constant", "failed", "not a number"],
)
def test_pasts_that_tell_nothing_change_nothing(before):
    assert searched(loss, 3, before) == searched(loss, 3)


def test_values_from_other_spaces_are_taken_as_far_as_they_fit():
    strange = [
        dataclasses.replace(run, params={"x": 5.0 * run.params["x"], "kind": "unheard of"})
        for run in ALIKE
    ]
    for run in searched(loss, 4, strange):
        assert CONFIG.space.contains(run.params)
    huge = [dataclasses.replace(run, value=run.value * 1e300) for run in ALIKE]
    for run in searched(loss, 4, huge):
        assert CONFIG.space.contains(run.params)
        json.dumps(run.origin, allow_nan=False)


def test_constraints_of_this_sweep_keep_points_of_earlier_ones_out():
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": {"x": {"min": 0.0, "max": 1.0}, "z": {"min": 0.0, "max": 1.0}},
            "constraints": ["x + z >= 1.9"],
        }
    )
    wide = parse({**config.source, "constraints": []})
    before = runs(lambda p: p["x"] + p["z"], 20, "old", wide)
    for run in searched(lambda p: p["x"] + p["z"], 3, before, config):
        assert run.params["x"] + run.params["z"] >= 1.9


def test_a_finite_space_ends_when_its_own_runs_have_had_every_point():
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": {"n": {"values": [1, 2, 3]}, "kind": {"values": ["a", "b"]}},
        }
    )
    before = runs(lambda p: p["n"] + (p["kind"] == "b"), 12, "old", config)
    own = searched(lambda p: p["n"] + (p["kind"] == "b"), 6, before, config)
    assert len({repr(run.params) for run in own}) == 6
    assert own[0].params == {"kind": "a", "n": 1}
    assert suggest(config, [*before, *own], [], generator(1, 7)) is None


def test_what_is_repeated_is_a_run_of_this_sweep_and_not_of_an_earlier_one():
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "repeats": "auto",
            "run_cap": 20,
            "parameters": {"n": {"values": [1, 2, 3]}, "data": {"value": "new"}},
        }
    )
    noise = np.random.default_rng(0)
    earlier = [
        Observation({"data": "before", "n": 1 + i % 3}, 1.0 + i % 3 + noise.normal(), source="old")
        for i in range(12)
    ]
    own = searched(lambda p: p["n"] + 2.0 * noise.normal(), 8, earlier, config)
    assert {run.params["data"] for run in own} == {"new"}
    assert len({run.params["n"] for run in own}) == 3


def test_under_several_metrics_the_first_run_is_the_best_by_the_first_objective():
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}]
    source = {key: value for key, value in CONFIG.source.items() if key != "metric"}
    config = parse({**source, "metrics": metrics})
    earlier = [dataclasses.replace(run, values=(run.value, 0.0)) for run in ALIKE]
    first = suggest(config, earlier, [], generator(1, 1))
    assert first.params == min(ALIKE, key=lambda run: run.value).params
    assert first.origin["past"] == {"alike": 1.0}
    own = [
        dataclasses.replace(run, values=(run.value, run.params["x"]))
        for run in runs(loss, 8, seed=8)
    ]
    plain = suggest(config, own, [], generator(1, 9))
    assert suggest(config, [*earlier, *own], [], generator(1, 9)) == plain


def test_runs_under_way_at_the_start_leave_each_other_room():
    under_way = []
    for number in range(1, 9):
        under_way.append(suggest(CONFIG, ALIKE, under_way, generator(1, number)))
    assert len({repr(s.params) for s in under_way}) == 8
    from_past = [s for s in under_way if any(s.origin["past"].values())]
    assert len(from_past) == 4


def test_the_gradient_of_the_weighted_mean_is_its_slope():
    encoding = Encoding(CONFIG.space)
    found = Past.of(encoding, CONFIG.metric, [*ALIKE, *OPPOSITE])
    mean = WeightedMean(tuple((0.3, source.gp) for source in found.sources), 2.0)
    x = encoding.sample(5, np.random.default_rng(0))
    value, gradient = mean.value_and_gradient(x)
    assert value == pytest.approx(mean.value(x))
    step = np.zeros(3)
    for j, is_category in enumerate(encoding.is_category):
        step[:] = 0.0
        step[j] = 1e-6
        slope = (mean.value(x + step) - mean.value(x - step)) / 2e-6
        expected = np.zeros(5) if is_category else slope
        assert gradient[:, j] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_a_process_with_a_prior_mean_returns_to_it_far_from_its_points():
    class Slope:
        def value(self, x):
            return 3.0 * x[:, 0]

        def value_and_gradient(self, x):
            return 3.0 * x[:, 0], np.full(x.shape, 3.0)

    x, y = np.array([[0.1], [0.2]]), np.array([1.0, -1.0])
    gp = GaussianProcess(
        x, y, np.array([False]), Hyperparameters(np.array([0.02]), 1.0, 1e-6), prior_mean=Slope()
    )
    mean, _ = gp.posterior(np.array([[0.1], [0.9]]))
    assert mean[0] == pytest.approx([1.0, 2.7], abs=1e-3)
    assert gp.mean(np.array([[0.9]])) == pytest.approx(2.7)
    at = np.array([[0.13], [0.5]])
    _, _, gradient, _ = gp.posterior_with_gradient(at)
    slope = (gp.mean(at + 1e-6) - gp.mean(at - 1e-6)) / 2e-6
    assert gradient[0, :, 0] == pytest.approx(slope[0], rel=1e-4)
    assert gp.joint(at)[0] == pytest.approx(gp.posterior(at)[0])


def test_a_model_that_expects_something_is_fitted_to_the_rest():
    encoding = Encoding(CONFIG.space)
    known = KnownPoints.of(encoding, CONFIG.metric, runs(loss, 12, seed=8))
    model = Model.of(known, encoding.is_category, encoding.may_bend)
    found = Past.of(encoding, CONFIG.metric, ALIKE)
    informed, weights = found.informed(model, encoding.may_bend)
    assert weights["alike"] > 0.0
    assert informed.cost < model.cost
    assert informed.skill > model.skill
    draws = informed.with_draws(generator(1, 1))
    assert len(draws.hyperparameters) == 7
    assert draws.posterior(model.x)[0][0] == pytest.approx(informed.gp.posterior(model.x)[0][0])
    pending = encoding.sample(2, generator(1, 2))
    believing = informed.with_pending(informed.gp, pending)
    assert believing.posterior(pending)[0] == pytest.approx(
        informed.gp.posterior(pending)[0], abs=1e-3
    )


def test_evidence_keeps_earlier_sweeps_apart():
    entries = [
        {"run_id": "a", "params": {"x": 0.1}, "value": -9.0, "state": "finished", "sweep": "old"},
        {"run_id": "b", "params": {"x": 0.2}, "value": 2.0, "state": "finished"},
    ]
    record = SweepRecord("s", "p", None, {}, 0, prior=entries)
    evidence = Evidence(CONFIG, record)
    assert [(o.source, o.value) for o in evidence.observations] == [("old", -9.0), (None, 2.0)]
    assert evidence.best == 2.0
    assert [entry["run_id"] for entry in record.prior_runs] == ["b"]
    for method in ("random", "custom"):
        other = Evidence(dataclasses.replace(CONFIG, method=method), record)
        assert [o.source for o in other.observations] == [None]
