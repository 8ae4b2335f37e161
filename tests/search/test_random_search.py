"""Random search draws from the distributions, reproducibly."""

import pytest

from nbsweep.search import generator, suggest
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract

EVERY_DISTRIBUTION = {
    "categorical": {"values": ["adam", None, [1, 2], {"a": True}]},
    "weighted": {"values": ["a", "b", "c"], "probabilities": [0.7, 0.3, 0]},
    "constant": {"value": {"layers": [64, 32]}},
    "int": {"min": -3, "max": 3},
    "uniform": {"min": 0, "max": 0.1},
    "q_uniform": {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.3},
    "log": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
    "q_log": {"distribution": "q_log_uniform_values", "min": 32, "max": 256, "q": 8},
    "exponents": {"distribution": "log_uniform", "min": -5, "max": 2},
    "inv_log": {"distribution": "inv_log_uniform_values", "min": 0.1, "max": 10},
    "normal": {"distribution": "normal", "mu": 1, "sigma": 2},
    "q_normal": {"distribution": "q_normal", "q": 0.5},
    "log_normal": {"distribution": "log_normal"},
    "q_log_normal": {"distribution": "q_log_normal"},
    "beta": {"distribution": "beta", "a": 2, "b": 5},
    "q_beta": {"distribution": "q_beta", "q": 0.1},
    "nested": {"parameters": {"deeper": {"parameters": {"lr": {"min": 0.0, "max": 1.0}}}}},
}


def random_config(parameters):
    return parse({"method": "random", "parameters": parameters})


class TestRandomSearch(SearchContract):
    repeats = True
    runs = 40

    def config(self):
        return random_config(EVERY_DISTRIBUTION)


def test_repeats_points_and_never_ends():
    config = random_config({"a": {"values": [1, 2]}})
    drawn = [suggest(config, [], [], generator(0, number)).params["a"] for number in range(20)]
    assert set(drawn) == {1, 2}


def test_each_suggestion_number_draws_anew_and_each_seed_too():
    config = random_config({"a": {"min": 0.0, "max": 1.0}})
    draws = {
        suggest(config, [], [], generator(seed, number)).params["a"]
        for seed in range(5)
        for number in range(5)
    }
    assert len(draws) == 25


def test_a_seeded_sweep_draws_the_same_values_in_every_release():
    """Replays of stored sweeps rest on it: a change of these numbers is a breaking change."""
    config = random_config({"b": {"min": 0.0, "max": 1.0}, "a": {"min": 1, "max": 1000}})
    drawn = [suggest(config, [], [], generator(42, number)).params for number in (1, 2)]
    assert [params["a"] for params in drawn] == [794, 290]
    assert [params["b"] for params in drawn] == pytest.approx(
        [0.24595865734140498, 0.9519967136151274]
    )


def test_origin_is_the_method_alone():
    config = random_config({"a": {"value": 1}})
    assert suggest(config, [], [], generator(0, 1)).origin == {"method": "random"}
