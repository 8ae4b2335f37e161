"""Conditions, ties and constraints: every method respects them."""

import itertools
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbsweep import search
from nbsweep.errors import ConfigError, UsageError
from nbsweep.records import Observation, RunState, Suggestion
from nbsweep.search.encoding import Encoding
from nbsweep.search.grid_search import grid_indices
from nbsweep.search.random_search import draw
from nbsweep.space.values import value_key
from nbsweep.sweep_config import parse, to_dict
from nbsweep.testing import SearchContract

METRIC = {"name": "loss", "goal": "minimize"}
FINITE = {
    "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
    "momentum": {"values": [0.0, 0.5, 0.9], "when": {"optimizer": "sgd"}},
    "nesterov": {"values": [True, False], "when": {"momentum": [0.5, 0.9]}},
    "batch_size": {"values": [64, 128, 256]},
    "grad_accum": {"values": [1, 2, 4]},
    "model": {"values": ["small", "large"]},
    "lr": {"values": [0.1, 0.01]},
}
MIXED = {
    "optimizer": {"values": ["adam", "sgd"]},
    "sgd": {
        "parameters": {
            "momentum": {"min": 0.0, "max": 0.99},
            "kind": {"values": ["a", "b"], "when": {"optimizer": ["sgd"]}},
        },
        "when": {"optimizer": "sgd"},
    },
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
    "layers": {"min": 1, "max": 4},
    "width2": {"min": 8, "max": 64, "when": {"layers": [2, 3, 4]}},
    "seed": {"value": 3},
}


def finite(method="grid", **more):
    return parse(
        {
            "method": method,
            "metric": METRIC,
            "parameters": FINITE,
            "zip": ["model", "lr"],
            "constraints": ["batch_size * grad_accum <= 256", "not (model == 'large' and lr > 1)"],
            **more,
        }
    )


def mixed(method, **more):
    return parse(
        {
            "method": method,
            "metric": METRIC,
            "parameters": MIXED,
            "constraints": [
                "not (optimizer == 'sgd' and lr > 0.5)",
                "lr * layers <= 1",
                "sgd.momentum <= 0.9 or width2 < 32",
            ],
            **more,
        }
    )


OPTUNA = {
    "scheduler": {"engine": "optuna", "sampler": {"name": "TPESampler", "n_startup_trials": 3}}
}


class TestGrid(SearchContract):
    def config(self):
        return finite()


class TestRandom(SearchContract):
    repeats = True

    def config(self):
        return mixed("random")


class TestBayes(SearchContract):
    def config(self):
        return mixed("bayes")


class TestBayesOnAFiniteSpace(SearchContract):
    def config(self):
        return parse(
            {
                "method": "bayes",
                "metric": METRIC,
                "parameters": {
                    "a": {"values": ["x", "y"]},
                    "b": {"min": 1, "max": 4, "when": {"a": "x"}},
                    "c": {"values": [1, 2, 3]},
                },
                "constraints": ["b + c <= 5"],
            }
        )


class TestOptuna(SearchContract):
    repeats = True

    def config(self):
        pytest.importorskip("optuna")
        return mixed("custom", **OPTUNA)


def brute_force(config):
    """The grid's points by going through the whole product."""
    space = config.space
    axes = [axis.distribution.grid for axis in space.axes]
    points = {}
    for index, values in enumerate(itertools.product(*axes)):
        names = [axis.name for axis in space.axes]
        params = space.spread(dict(zip(names, values, strict=True)))
        if space.violated(params) is None:
            points.setdefault(value_key(params), (index, params))
    return sorted(points.values(), key=lambda item: item[0])


def test_grid_visits_what_is_left_of_the_product_in_its_order():
    config = finite()
    expected = brute_force(config)
    assert list(config.space.combinations()) == expected
    assert config.space.grid_size == config.space.size == len(expected)
    # 6 ways to choose the optimizer with its own, 6 of 9 batch shapes, 2 models.
    assert len(expected) == (1 + 1 + 1 + 2 * 2) * 6 * 2


def test_grid_knows_the_numbers_of_its_points_again():
    config = finite()
    for index, params in config.space.combinations():
        assert grid_indices(config.space, [params]) == {index}


def test_a_huge_grid_is_counted_without_going_through_it():
    config = parse(
        {
            "method": "grid",
            "parameters": {
                "a": {"values": list(range(1000))},
                "b": {"values": list(range(1000)), "when": {"on": True}},
                "c": {"values": list(range(1000))},
                "d": {"values": list(range(1000))},
                "on": {"values": [True, False]},
                "x": {"values": [1, 2, 3]},
                "y": {"values": [1, 2, 3]},
            },
            "constraints": ["x < y"],
        }
    )
    assert config.space.grid_size == 1000**3 * 1001 * 3
    suggestion = search.suggest(config, [], [], search.generator(0, 1))
    assert suggestion.params == {"a": 0, "b": 0, "c": 0, "d": 0, "on": True, "x": 1, "y": 2}


values = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)


@st.composite
def spaces(draw):
    """Small spaces with conditions that point anywhere but in circles, and constraints."""
    names = draw(st.permutations("abcd"))
    parameters = {}
    for i, name in enumerate(names):
        spec = {"values": draw(values)}
        for other in names[:i]:
            if draw(st.integers(0, 2)) == 0:
                some = st.sampled_from(parameters[other]["values"])
                spec.setdefault("when", {})[other] = draw(st.lists(some, min_size=1, max_size=2))
        parameters[name] = spec
    terms = st.sampled_from(["a", "b", "c", "d"])
    kinds = st.sampled_from(["{} + {} < 5", "{} != {}", "not ({} == 1 and {} == 2)"])
    constraints = [
        draw(kinds).format(draw(terms), draw(terms)) for _ in range(draw(st.integers(0, 2)))
    ]
    return {"parameters": parameters, "constraints": constraints}


def parsed(method, given_space):
    try:
        return parse({"method": method, "metric": METRIC, **given_space})
    except ConfigError as error:
        message = str(error)
    assert "satisf" in message or "constant" in message  # none left, or nothing to search
    return None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spaces())
def test_grid_of_any_space_is_what_is_left_of_the_product(given_space):
    config = parsed("grid", given_space)
    if config is not None:
        expected = brute_force(config)
        assert list(config.space.combinations()) == expected
        assert config.space.grid_size == len(expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spaces(), st.integers(0, 1000))
def test_random_draws_of_any_space_are_in_it(given_space, seed):
    config = parsed("random", given_space)
    if config is not None:
        assert config.space.contains(draw(config.space, search.generator(seed, 1)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spaces(), st.integers(0, 1000))
def test_bayes_tries_each_point_of_any_space_once(given_space, seed):
    config = parsed("bayes", given_space)
    if config is None:
        return
    done = []
    for number in range(12):
        suggestion = search.suggest(config, done, [], search.generator(seed, number))
        if suggestion is None:
            assert len(done) == config.space.size
            break
        assert config.space.contains(suggestion.params)
        done.append(Observation(suggestion.params, float(number % 3), RunState.FINISHED))
    assert len({value_key(run.params) for run in done}) == len(done)


def test_a_constant_passes_on_what_it_depends_on():
    given = {
        "b": {"values": [0, 1]},
        "c": {"value": 5, "when": {"b": [0]}},
        "d": {"values": [0, 1], "when": {"c": [5]}},
    }
    encoding = Encoding(parsed("bayes", {"parameters": given, "constraints": []}).space)
    found = [encoding.decode(x) for x in encoding.enumerate()]
    assert found == [{"b": 0, "c": 5, "d": 0}, {"b": 0, "c": 5, "d": 1}, {"b": 1}]


def test_inactive_parameters_do_not_tell_points_apart():
    encoding = Encoding(mixed("bayes").space)
    params = {"optimizer": "adam", "lr": 0.1, "layers": 1, "seed": 3}
    point, fits = encoding.encode(params)
    assert fits
    again, _ = encoding.encode({**params, "sgd.momentum": 0.3, "sgd.kind": "b", "width2": 9})
    assert point.tolist() == again.tolist()
    assert set(encoding.decode(point)) == set(params)


def test_bayes_finds_an_optimum_on_the_edge_of_a_constraint():
    config = parse(
        {
            "method": "bayes",
            "metric": METRIC,
            "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
            "constraints": ["x + y <= 0.8"],
        }
    )
    done = []
    for number in range(1, 21):
        params = search.suggest(config, done, [], search.generator(1, number)).params
        assert params["x"] + params["y"] <= 0.8
        # Without the constraint the best point is (0.7, 0.7); with it (0.4, 0.4).
        value = (params["x"] - 0.7) ** 2 + (params["y"] - 0.7) ** 2
        done.append(Observation(params, value))
    assert min(run.value for run in done) < 0.18 * 1.08


def test_draws_that_never_fit_end_with_a_message():
    config = parse(
        {
            "method": "random",
            "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
            "constraints": ["x == 0.5"],
        }
    )
    with pytest.raises(UsageError) as caught:
        draw(config.space, search.generator(0, 1))
    assert str(caught.value) == (
        'None of 10,000 draws from the search space meets constraints ("x == 0.5"). Narrow the '
        "parameters to where they hold, or loosen them."
    )


def test_the_config_comes_back_as_it_was():
    config = finite()
    assert parse(to_dict(config)) == config
    assert to_dict(config)["parameters"] == FINITE


def test_a_search_function_may_say_too_much_but_nothing_forbidden():
    config = parse(
        {
            "method": "custom",
            "metric": METRIC,
            "parameters": {
                "optimizer": {"values": ["adam", "sgd"]},
                "momentum": {"min": 0.0, "max": 1.0, "when": {"optimizer": "sgd"}},
                "model": {"values": ["s", "l"]},
                "width": {"values": [1, 2]},
            },
            "zip": ["model", "width"],
            "constraints": ["momentum < 0.5"],
        }
    )
    answer = {"optimizer": "adam", "momentum": 0.9, "model": "s", "width": 1}
    method = search.method_for(config, lambda *_: answer)
    rng = search.generator(0, 1)
    assert method(config, [], [], rng).params == {"model": "s", "optimizer": "adam", "width": 1}
    answer["optimizer"] = "sgd"
    with pytest.raises(UsageError, match=r'do not meet the constraint "momentum < 0\.5"'):
        method(config, [], [], rng)
    answer.update(momentum=0.1, width=2)
    with pytest.raises(UsageError, match="values of parameters that zip ties do not go together"):
        method(config, [], [], rng)


def test_pending_suggestions_of_a_conditional_space_count():
    config = mixed("bayes")
    first = search.suggest(config, [], [], search.generator(0, 1))
    second = search.suggest(config, [], [Suggestion(first.params)], search.generator(0, 2))
    assert second.params != first.params
    assert all(math.isfinite(second.params[name]) for name in ("lr", "layers"))
