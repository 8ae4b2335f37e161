"""Optuna's samplers behind our search contract."""

import dataclasses
import json
import sys
import warnings

import pytest

import nbsweep
from nbsweep import search
from nbsweep.errors import ConfigError, MissingDependencyError
from nbsweep.records import Observation, RunState
from nbsweep.search import optuna_search
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract
from nbsweep.testing.searches import ended
from tests.search_spaces import EVERY_LAW, FINITE, MIXED

optuna = pytest.importorskip("optuna")


def config_of(sampler, parameters=MIXED, goal="minimize"):
    scheduler = {"engine": "optuna"} | ({"sampler": sampler} if sampler else {})
    return parse(
        {
            "method": "custom",
            "scheduler": scheduler,
            "metric": {"name": "loss", "goal": goal},
            "parameters": parameters,
        }
    )


def run_sweep(config, loss, runs):
    """Observations of runs one after the other."""
    seen = []
    for number in range(1, runs + 1):
        suggestion = search.suggest(config, seen, [], search.generator(3, number))
        if suggestion is None:
            break
        seen.append(ended(suggestion, loss(suggestion.params)))
    return seen


class TestTPE(SearchContract):
    repeats = True
    runs = 14  # the first ten are random

    def config(self):
        return config_of(None)


class TestEveryLaw(SearchContract):
    repeats = True
    runs = 14

    def config(self):
        return config_of({"name": "TPESampler", "multivariate": True}, EVERY_LAW)


class TestRandom(SearchContract):
    repeats = True

    def config(self):
        return config_of("RandomSampler")


class TestBruteForce(SearchContract):
    def config(self):
        return config_of("BruteForceSampler", FINITE)


class TestGrid(SearchContract):
    def config(self):
        space = {"a": [1, 2, 3], "b": ["x", "y"]}
        return config_of({"name": "GridSampler", "search_space": space}, FINITE)

    def test_runs_from_elsewhere_do_not_stop_it(self):
        """Not inherited: numbers of other spaces move to the nearest point of this one."""


class TestNsga2(SearchContract):
    repeats = True

    def config(self):
        return config_of({"name": "NSGAIISampler", "population_size": 4})


class TestQmc(SearchContract):
    repeats = True

    def config(self):
        return config_of({"name": "QMCSampler", "scramble": True}, {"x": {"min": 0.0, "max": 1.0}})


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_tpe_comes_closer_to_the_optimum_than_its_random_start(goal):
    sign = 1 if goal == "minimize" else -1
    config = config_of({"name": "TPESampler", "multivariate": True}, goal=goal)

    def loss(params):
        return sign * (
            (params["momentum"] - 0.7) ** 2 + params["layers"] / 10 + (params["optimizer"] != "sgd")
        )

    values = [sign * run.value for run in run_sweep(config, loss, 40)]
    assert min(values[25:]) < min(values[:10])
    assert sorted(values[25:])[7] < sorted(values[:10])[2]


def test_what_a_sampler_leaves_in_its_study_is_given_back():
    """A Sobol sequence goes on: without its place in it, each point would be the first."""
    config = config_of("QMCSampler", {"x": {"min": 0.0, "max": 1.0}})
    points = [run.params["x"] for run in run_sweep(config, lambda params: 0.0, 9)]
    assert sorted(points[1:]) == [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]


def test_an_evolution_reaches_its_second_generation():
    config = config_of({"name": "NSGAIISampler", "population_size": 4})
    runs = run_sweep(config, lambda params: params["momentum"], 10)
    kept = [run.origin["kept"]["trial"] for run in runs]
    generations = [next(v for k, v in each.items() if "generation" in k) for each in kept]
    assert generations == [0] * 4 + [1] * 4 + [2] * 2


def test_cmaes_learns_from_what_it_kept():
    pytest.importorskip("cmaes")
    space = {"x": {"min": -1.0, "max": 1.0}, "y": {"min": -1.0, "max": 1.0}}
    config = config_of("CmaEsSampler", space)
    runs = run_sweep(config, lambda p: (p["x"] - 0.5) ** 2 + (p["y"] + 0.5) ** 2, 50)
    assert sum(run.value for run in runs[-10:]) < 0.2 * sum(run.value for run in runs[:10])


def test_runs_under_way_are_known_to_samplers_that_avoid_them():
    sampler = {"name": "TPESampler", "constant_liar": True, "multivariate": True}
    config = config_of(sampler, {"x": {"min": 0.0, "max": 1.0}})
    seen = run_sweep(config, lambda params: (params["x"] - 0.5) ** 2, 12)
    waiting = []
    for _ in range(4):  # the same random numbers each time
        waiting.append(search.suggest(config, seen, waiting, search.generator(0, 13)))
    assert [suggestion.origin["pending"] for suggestion in waiting] == [0, 1, 2, 3]
    assert len({suggestion.params["x"] for suggestion in waiting}) == 4


def test_a_seed_in_the_sampler_makes_the_sweep_repeatable_and_its_points_differ():
    config = config_of({"name": "RandomSampler", "seed": 4})
    seen = []
    for number in range(1, 4):
        one, other = (
            search.suggest(config, seen, [], search.generator(seed, number)) for seed in (1, 2)
        )
        assert one.params == other.params
        seen.append(ended(one, 0.0))
    assert len({run.params["momentum"] for run in seen}) == 3


def test_samplers_may_be_arguments_of_samplers():
    sampler = {
        "name": "PartialFixedSampler",
        "fixed_params": {"layers": 3},
        "base_sampler": {"name": "TPESampler", "n_startup_trials": 3},
    }
    runs = run_sweep(config_of(sampler), lambda params: params["momentum"], 6)
    assert {run.params["layers"] for run in runs} == {3}


def test_a_class_of_another_package_is_named_by_its_path():
    config = config_of("optuna.samplers.RandomSampler")
    assert search.suggest(config, [], [], search.generator(0, 1)).origin["sampler"] == (
        "RandomSampler"
    )


def test_prior_runs_count_whole_or_at_the_nearest_point_and_not_in_part():
    prior = {"method": "prior"}
    params = {"lr": 5.0, "momentum": 0.1, "layers": 9, "batch": 32, "optimizer": None, "epochs": 5}
    fits = Observation(params, 0.5, RunState.FINISHED, prior)
    unknown = Observation({**params, "optimizer": "lion"}, 0.4, RunState.FINISHED, prior)
    partial = Observation({"lr": 0.1}, 0.4, RunState.FINISHED, prior)
    found = search.suggest(
        config_of("RandomSampler"), [fits, unknown, partial], [], search.generator(0, 1)
    )
    assert found.origin["observations"] == 1
    assert found.origin["trial"] == 1


def test_nothing_is_printed_and_nothing_warned(capsys):
    config = config_of({"name": "TPESampler", "multivariate": True, "group": True})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search.suggest(config, [], [], search.generator(0, 1))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("sampler", "message"),
    [
        ("TPESmpler", r'scheduler\.sampler: Optuna has no sampler "TPESmpler"\. Did you mean '
         r'"TPESampler"\? It has: .*CmaEsSampler, '),
        ("tpe", 'Did you mean "TPESampler"'),
        ("BaseSampler", 'Optuna has no sampler "BaseSampler"'),
        ("nsgaii", 'Optuna has no sampler "nsgaii"'),
        ("nowhere.Sampler", r"nowhere\.Sampler cannot be imported: No module named 'nowhere'\."),
        ({"name": "TPESampler", "n_trials": 3}, "TPESampler does not take this: .*n_trials"),
        ("GridSampler", "GridSampler does not take this: .*search_space"),
    ],
)  # fmt: skip
def test_an_impossible_sampler_is_refused_when_the_sweep_is_made(sampler, message, tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    with pytest.raises(ConfigError, match=message):
        nbsweep.sweep(dict(config_of(sampler).source))
    nbsweep.setup(None)


def test_without_optuna_the_extra_is_named(monkeypatch):
    config = config_of(None)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingDependencyError) as caught:
        search.check(config)
    assert str(caught.value) == (
        'scheduler.engine "optuna" needs an extra package: pip install "nbsweep[optuna]"'
    )


def test_without_what_a_sampler_needs_that_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmaes", None)
    monkeypatch.setattr(optuna.samplers._cmaes, "cmaes", None, raising=False)
    monkeypatch.setattr(
        optuna.samplers.CmaEsSampler, "__init__", lambda self, seed=None: __import__("cmaes")
    )
    with pytest.raises(MissingDependencyError, match=r"CmaEsSampler needs a package"):
        search.check(config_of("CmaEsSampler"))


def test_an_agent_searches_with_it_and_another_goes_on(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")

    def train():
        with nbsweep.init() as run:
            run.log({"loss": (run.config.momentum - 0.5) ** 2})

    sweep_id = nbsweep.sweep({**config_of(None).source, "seed": 1})
    nbsweep.agent(sweep_id, train, count=3, show=False)
    nbsweep.agent(sweep_id, train, count=3, workers=2, show=False)
    runs = nbsweep.Sweep(sweep_id).runs
    assert [run.origin["trial"] for run in runs] == list(range(6))
    assert json.loads(json.dumps(runs[-1].origin)) == runs[-1].origin
    assert "Optuna's TPESampler" in str(nbsweep.Sweep(sweep_id).why(6))
    nbsweep.setup(None)


def test_every_natural_value_survives_the_way_to_optuna_and_back():
    for parameter in config_of(None, EVERY_LAW).space:
        axis = optuna_search._Axis.of(parameter)
        law = axis.to_optuna(optuna)
        for i in range(41):
            value = parameter.distribution.quantile(i / 40)
            there = axis.of_natural(value)
            assert law._contains(law.to_internal_repr(there)), (parameter.name, value, there)
            back = axis.natural(there)
            assert type(back) is type(value)
            assert back == pytest.approx(value) if isinstance(value, float) else back == value


# Several objectives, and limits

FRONT = [{"name": "loss"}, {"name": "acc", "goal": "maximize"}]
LIMITED = [{"name": "loss"}, {"name": "acc", "at_least": 0.25, "at_most": 0.75}]
XY = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}


def config_with(metrics, sampler=None, parameters=XY):
    scheduler = {"engine": "optuna"} | ({"sampler": sampler} if sampler else {})
    config = {"method": "custom", "scheduler": scheduler, "metrics": metrics}
    return parse({**config, "parameters": parameters})


def run_several(config, measure, runs):
    """Observations of runs one after the other, each with the values of all metrics."""
    seen = []
    for number in range(1, runs + 1):
        suggestion = search.suggest(config, seen, [], search.generator(3, number))
        values = tuple(measure(suggestion.params))
        first = config.metrics.index(config.metric)
        seen.append(dataclasses.replace(ended(suggestion, values[first]), values=values))
    return seen


class TestSeveralObjectives(SearchContract):
    repeats = True
    runs = 14

    def config(self):
        return config_with(FRONT, parameters=MIXED)

    def suggest(self, config, observations, pending, rng):
        """Each run has a second value that goes against its first."""
        several = [
            dataclasses.replace(run, values=(run.value, run.value and -run.value))
            for run in observations
        ]
        return search.suggest(config, several, pending, rng)


def study_of(config, observations):
    axes = [optuna_search._Axis.of(axis) for axis in config.space.searched_axes]
    trials = optuna_search.trials_of(config.space, axes, observations, [], config.metrics)
    return optuna_search._study(optuna, config, optuna.samplers.RandomSampler(), trials, axes)


def test_a_study_has_a_direction_for_each_objective_and_a_constraint_for_each_limit():
    """A run without one of the values has failed: nobody knows whether it keeps the limits."""
    metrics = [{"name": "ms", "at_most": 20}, *FRONT, {"name": "size", "at_least": 0.5}]
    config = config_with([*metrics[:3], {**metrics[3], "goal": "maximize"}])
    params = {"x": 0.5, "y": 0.5}
    whole = Observation(params, 0.1, RunState.FINISHED, {"trial": 0}, values=(30.0, 0.1, 0.9, 0.7))
    others = [
        dataclasses.replace(whole, origin={"trial": 1}, values=(None, 0.1, 0.9, 0.7)),
        dataclasses.replace(whole, origin={"trial": 2}, values=(3.0, 0.1, None, 0.7)),
        dataclasses.replace(whole, origin={"trial": 3}, state=RunState.FAILED),
    ]
    study = study_of(config, [whole, *others])
    assert [direction.name for direction in study.directions] == [
        "MINIMIZE",
        "MAXIMIZE",
        "MAXIMIZE",
    ]
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "FAIL", "FAIL"]
    assert study.trials[0].values == [0.1, 0.9, 0.7]
    assert study.trials[0].system_attrs["constraints"] == pytest.approx([0.5, -0.2])


def test_one_objective_with_limits_is_a_study_of_one():
    study = study_of(config_with(LIMITED), [])
    assert [direction.name for direction in study.directions] == ["MINIMIZE"]


@pytest.mark.parametrize("spec", [None, {"name": "NSGAIISampler", "population_size": 8}])
def test_samplers_approach_the_front(spec):
    """Best where y is 0, anywhere along x."""
    config = config_with(FRONT, spec)
    runs = run_several(config, lambda p: (p["x"] + p["y"], p["x"] - p["y"]), 48)
    late = [run.params["y"] for run in runs[-10:]]
    assert sum(late) / 10 < 0.35


@pytest.mark.parametrize("version", [4, 5])
def test_samplers_keep_away_from_where_limits_are_broken(monkeypatch, version):
    """The lowest loss is where the limits on acc are broken."""
    monkeypatch.setattr(optuna_search, "_major", lambda optuna: version)

    def inside(metrics):
        runs = run_several(config_with(metrics), lambda p: (p["x"], p["x"])[: len(metrics)], 40)
        return sum(0.25 <= run.params["x"] <= 0.75 for run in runs[-20:])

    assert inside(LIMITED) > inside(LIMITED[:1]) + 5


@pytest.mark.slow
def test_the_gaussian_process_takes_objectives_and_limits_at_once():
    pytest.importorskip("torch")
    sampler = {"name": "GPSampler", "n_startup_trials": 4}
    config = config_with([*FRONT, {"name": "ms", "at_most": 0.5}], sampler, {"x": XY["x"]})
    runs = run_several(config, lambda p: (p["x"], p["x"], p["x"]), 5)
    assert len({run.params["x"] for run in runs}) == 5


def test_a_sampler_of_one_objective_is_refused_when_the_sweep_is_made(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    with pytest.raises(ConfigError) as caught:
        nbsweep.sweep(dict(config_with(FRONT, "CmaEsSampler").source))
    nbsweep.setup(None)
    assert str(caught.value) == (
        "scheduler.sampler: CmaEsSampler does not search for 2 objectives (If the study is being "
        "used for multi-objective optimization, CmaEsSampler cannot be used). Use TPESampler, "
        'GPSampler, NSGAIISampler or NSGAIIISampler, or method "bayes".'
    )


@pytest.mark.parametrize("sampler", ["CmaEsSampler", "TPESampler", None])
def test_a_sampler_that_does_not_look_at_limits_is_told(sampler, tmp_path, capsys):
    nbsweep.setup(f"memory://{tmp_path}")
    nbsweep.sweep(dict(config_with(LIMITED, sampler).source))
    nbsweep.setup(None)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Note")]
    assert told == (
        [
            "Note: scheduler.sampler: CmaEsSampler does not look at limits, so it may go where "
            "they are broken; GPSampler, NSGAIIISampler, NSGAIISampler and TPESampler keep away "
            "from there."
        ]
        if sampler == "CmaEsSampler"
        else []
    )
