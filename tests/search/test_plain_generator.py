"""numpy's numbers without numpy."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbsweep
from nbsweep import search
from nbsweep.errors import MissingDependencyError
from nbsweep.search.plain_generator import PlainGenerator

SEEDS = st.lists(st.integers(0, 2**70), min_size=1, max_size=6)


@given(SEEDS, st.integers(0, 20))
def test_they_are_numpys_numbers(seed, n):
    expected = np.random.default_rng(seed)
    generator = PlainGenerator(seed)
    assert generator.random(n).tolist() == expected.random(n).tolist()
    assert generator.random() == expected.random()


def test_what_only_numpy_has_is_refused_with_the_way_out():
    with pytest.raises(MissingDependencyError, match=r"rng\.normal: numpy is not installed"):
        PlainGenerator([1]).normal()


@pytest.mark.parametrize("method", ["random", "grid"])
def test_a_sweep_suggests_the_same_without_numpy(method, monkeypatch):
    def train():
        with nbsweep.init() as run:
            run.log({"a": 1.0})

    def suggested():
        nbsweep.setup(f"memory://{method}{'numpy' in sys.modules}{monkeypatch}")
        space = {"a": {"values": [1, 2, 3]}, "b": {"values": [0.1, 0.2]}}
        if method == "random":
            space["c"] = {"distribution": "log_normal", "mu": 0.0, "sigma": 1.0}
            space["d"] = {"distribution": "q_uniform", "min": 0, "max": 9, "q": 3}
        config = {"method": method, "metric": {"name": "a"}, "parameters": space, "seed": 5}
        sweep = nbsweep.Sweep(nbsweep.sweep(config))
        nbsweep.agent(sweep, train, count=5, show=False)
        return [dict(run.config) for run in sweep.runs]

    expected = suggested()
    assert isinstance(search.generator(5, 1), np.random.Generator)
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert isinstance(search.generator(5, 1), PlainGenerator)
    assert suggested() == expected
    assert len(expected) == 5
