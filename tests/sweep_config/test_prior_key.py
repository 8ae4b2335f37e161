"""The key `prior`: which earlier sweeps a config lets its own learn from."""

import pytest

from nbsweep.sweep_config import parse, to_dict

BASE = {
    "method": "bayes",
    "metric": {"name": "loss"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("auto", "auto"),
        ("none", None),
        (None, None),
        ([], None),
        (["k3w9x2ab", "p7d2m4qx"], ("k3w9x2ab", "p7d2m4qx")),
        (("k3w9x2ab",), ("k3w9x2ab",)),
    ],
)
def test_what_prior_can_be(given, read):
    config = parse({**BASE, "prior": given})
    assert config.prior == read
    assert parse(to_dict(config)) == config


def test_a_config_without_the_key_has_none():
    assert parse(BASE).prior is None
