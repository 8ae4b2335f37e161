"""Beliefs as marks on a panel's axes, and brushes that become beliefs."""

from __future__ import annotations

import pytest

from nbsweep import sweep_config
from nbsweep.errors import SweepError
from nbsweep.panel.believing import beliefs_of_brushes, panel_beliefs

PARAMETERS = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0, "belief": [1e-3, 1e-2]},
    "u": {"min": 0.0, "max": 10.0, "belief": {"distribution": "normal", "mu": 5, "sigma": 1}},
    "n": {"min": 0, "max": 8, "belief": 2},
    "kind": {"values": ["adam", "sgd", "lion", "rms"], "belief": ["adam", "lion"]},
    "free": {"min": 0.0, "max": 1.0},
}
PLAIN = {"ticks": [], "categories": [], "is_metric": False, "is_extra": False, "best": 0, "poor": 0}
AXES = [
    {**PLAIN, "name": "lr", "kind": "log", "low": 1e-4, "high": 1.0},
    {**PLAIN, "name": "u", "kind": "linear", "low": 0.0, "high": 10.0},
    {**PLAIN, "name": "n", "kind": "linear", "low": 0.0, "high": 8.0},
    {**PLAIN, "name": "kind", "kind": "category", "low": 0, "high": 3}
    | {"categories": ["adam", "sgd", "lion", "rms"]},
    {**PLAIN, "name": "free", "kind": "linear", "low": 0.0, "high": 1.0},
    {**PLAIN, "name": "loss", "kind": "linear", "low": 0.0, "high": 1.0, "is_metric": True},
]


def config(parameters=PARAMETERS):
    metric = {"name": "loss", "goal": "minimize"}
    return sweep_config.parse({"method": "bayes", "metric": metric, "parameters": parameters})


def test_beliefs_are_marked_where_they_lie_on_their_axes():
    marks = {b["name"]: (b["text"], b["ranges"]) for b in panel_beliefs(AXES, config())}
    assert list(marks) == ["lr", "u", "n", "kind"]
    assert marks["lr"] == ("0.001 to 0.01, log", [(0.25, 0.5)])
    text, [(low, high)] = marks["u"]
    assert text == "normal, mu 5, sigma 1"
    assert (low, high) == pytest.approx((0.4, 0.6), abs=0.01)
    assert marks["n"] == ("2", [(0.25, 0.25)])
    assert marks["kind"] == ('"adam", "lion"', [(0.75, 1.0), (0.25, 0.5)])


def test_a_belief_without_an_axis_is_listed_all_the_same():
    first = {"name": "lr", "text": "0.001 to 0.01, log", "ranges": []}
    assert panel_beliefs([], config())[0] == first
    assert panel_beliefs(AXES, config({"free": {"min": 0.0, "max": 1.0}})) == []


def test_brushes_become_beliefs_that_a_config_takes():
    brushes = {"ranges": {"lr": [[0.25, 0.5]], "kind": [[0.75, 1.0]]}, "invert": False}
    beliefs = beliefs_of_brushes(AXES, brushes, (), config())
    assert beliefs == {"lr": [0.001, 0.01], "kind": ["adam"]}
    parameters = {name: {**spec, "belief": beliefs.get(name)} for name, spec in PARAMETERS.items()}
    assert set(config(parameters).beliefs) == {"lr", "kind"}


def test_without_a_brush_there_is_nothing_to_believe():
    with pytest.raises(SweepError, match=r"believe: brush an axis, or select at least 2 runs\."):
        beliefs_of_brushes(AXES, {"ranges": {}}, (), config())
