"""The table of search methods: found by name, imported when needed, seeded by number."""

import dataclasses
import subprocess
import sys

import pytest

from nbsweep import search
from nbsweep.errors import UnsupportedError, UsageError
from nbsweep.sweep_config import METHODS, parse

CONFIG = parse({"method": "random", "parameters": {"a": {"min": 0.0, "max": 1.0}}})


def test_every_method_of_a_config_can_be_searched_by():
    assert set(search.METHODS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_suggest_finds_the_method_by_its_name(method):
    given = {"method": method, "metric": {"name": "loss"}, "parameters": {"a": {"values": [1, 2]}}}
    if method == "custom":
        pytest.importorskip("optuna")
        given["scheduler"] = {"engine": "optuna"}
    config = parse(given)
    suggestion = search.suggest(config, [], [], search.generator(0, 1))
    assert suggestion.origin["method"] == method
    assert suggestion.params["a"] in (1, 2)


def test_an_unknown_method_is_refused():
    unknown = dataclasses.replace(CONFIG, method="annealing")
    with pytest.raises(UnsupportedError) as caught:
        search.suggest(unknown, [], [], search.generator(0, 1))
    assert str(caught.value) == (
        'There is no search method "annealing". Use one of: bayes, custom, grid, random.'
    )


def test_a_custom_method_without_a_scheduler_is_no_method_of_ours():
    custom = dataclasses.replace(CONFIG, method="custom")
    with pytest.raises(UsageError, match="needs a search function"):
        search.suggest(custom, [], [], search.generator(0, 1))


def test_each_suggestion_has_its_own_random_numbers():
    draws = {(seed, number): search.generator(seed, number).random() for seed in (0, 1, 2**63 - 1)
             for number in (1, 2, 3)}  # fmt: skip
    assert len(set(draws.values())) == len(draws)
    assert draws == {key: search.generator(*key).random() for key in draws}


def test_a_grid_needs_no_numpy():
    code = (
        "import sys; from nbsweep import search; from nbsweep.sweep_config import parse; "
        "config = parse({'method': 'grid', 'parameters': {'a': {'values': [1]}}}); "
        "assert search.suggest(config, [], [], None).params == {'a': 1}; "
        "print(*{'numpy', 'scipy', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
