"""Where to search next: what changes, why, and that it stays inside of hard limits."""

import math

import numpy as np
import pytest

from nbsweep import sweep_config
from nbsweep.analysis.edges import edges
from nbsweep.analysis.findings import findings, sweep_takeaways
from nbsweep.analysis.frame import frame
from nbsweep.analysis.next_space import next_space
from nbsweep.records import RunState
from nbsweep.search import generator, suggest
from tests import drawn_runs

SPACE = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-3},
    "dropout": {"min": 0.0, "max": 0.5},
    "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
    "width": {"min": 4, "max": 64},
}


def parsed(parameters=SPACE, **more):
    metric = {"name": "loss", "goal": "minimize"}
    return sweep_config.parse(
        {"method": "random", "metric": metric, "parameters": parameters, **more}
    )


def drawn(config, n, seed=0):
    return [dict(suggest(config, (), (), generator(seed, i)).params) for i in range(n)]


@pytest.fixture
def swept(make_snapshot):
    """A snapshot of random runs of a function, and its config."""

    def make(function, n=40, parameters=SPACE, seed=0, states=None, **more):
        config = parsed(parameters, **more)
        rows = drawn(config, n, seed)
        errors = 0.05 * np.random.default_rng(seed).normal(size=n)
        values = [float(function(row) + e) for row, e in zip(rows, errors, strict=True)]
        if states is not None:
            states = [states(row) for row in rows]
            values = [v if s.counts else None for v, s in zip(values, states, strict=True)]
        return make_snapshot(rows, values, states), config

    return make


def beyond(row):
    """The best learning rate is 0.03, a factor of 30 beyond the range."""
    return 0.3 * (math.log10(row["lr"]) + 1.5) ** 2


def test_a_range_at_whose_end_the_best_sit_gets_wider(swept):
    snapshot, config = swept(beyond)
    found = next_space(snapshot, config)
    assert found.is_changed
    law = next(p.distribution for p in found.config.space if p.name == "lr")
    assert law.max == 0.03
    assert 1e-6 < law.min < 1e-3
    assert found.reasons == (
        f"lr: 1e-06 to 0.001, log → {law.min:g} to 0.03, log. The best 4 of 40 runs sit at lr's "
        "upper end, 0.001: a wider range may hold better values.",
    )


def test_an_edge_without_a_claim_is_chance_and_is_not_told(swept):
    told = 0
    for seed in range(30):
        snapshot, config = swept(lambda row: 0.0, seed=seed)
        claims = sweep_takeaways(snapshot, config)
        told += any(each.kind == "edge" for each in claims)
        assert bool(findings(snapshot, config)) <= bool(claims)
    assert told <= 2


def test_the_end_of_a_range_that_is_a_hard_limit_is_not_told(swept):
    snapshot, config = swept(lambda row: row["dropout"])  # best at 0
    assert not any(each.kind == "edge" for each in sweep_takeaways(snapshot, config))
    found = next_space(snapshot, config)
    law = next(p.distribution for p in found.config.space if p.name == "dropout")
    assert law.min == 0
    assert law.max < 0.5


def test_a_range_gets_narrower_around_the_best_where_a_parameter_decides(swept):
    snapshot, config = swept(lambda row: abs(row["width"] - 30) / 10, n=60)
    found = next_space(snapshot, config)
    law = next(p.distribution for p in found.config.space if p.name == "width")
    assert 4 < law.min < 30 < law.max < 64
    assert isinstance(law.min, int)
    others = {p.name: p.distribution for p in config.space if p.name != "width"}
    assert {p.name: p.distribution for p in found.config.space if p.name != "width"} == others
    assert "width from" in found.reasons[0]


def test_a_category_that_is_worse_goes(swept):
    snapshot, config = swept(lambda row: float(row["optimizer"] == "sgd"))
    found = next_space(snapshot, config)
    law = next(p.distribution for p in found.config.space if p.name == "optimizer")
    assert list(law.values) == ["adam", "rmsprop"]
    assert found.reasons[0].startswith(
        'optimizer: "adam", "sgd", "rmsprop" → "adam", "rmsprop". optimizer sgd did worse than '
        "the others: mean loss "
    )


def test_where_runs_fail_is_left(swept):
    snapshot, config = swept(
        lambda row: 0.0,
        n=60,
        states=lambda row: RunState.FAILED if row["width"] > 44 else RunState.FINISHED,
    )
    found = next_space(snapshot, config)
    law = next(p.distribution for p in found.config.space if p.name == "width")
    assert law.min == 4
    assert 38 <= law.max <= 46
    assert "failed: " in found.reasons[0]


def test_what_hardly_matters_is_fixed_only_when_asked_for(swept):
    snapshot, config = swept(lambda row: float(row["optimizer"] == "sgd"), n=150)
    found = next_space(snapshot, config)
    assert {p.name for p in found.config.space.searched} == {p.name for p in config.space}
    best = min(snapshot.runs, key=lambda run: run.summary["loss"])
    assert f"width could be fixed at {best.params['width']}: it hardly mattered in 150 runs." in (
        found.suggestions
    )
    fixed = next_space(snapshot, config, fix=True)
    assert fixed.config.space.constants["width"] == best.params["width"]
    assert not fixed.suggestions


def test_a_sweep_whose_optimum_lies_outside_finds_it_in_two_steps(make_snapshot):
    config = parsed()
    best = []
    for step in range(3):
        rows = drawn(config, 40, step)
        values = [beyond(row) + 0.02 * (row["optimizer"] == "sgd") for row in rows]
        best.append(min(values))
        snapshot = make_snapshot(rows, [float(v) for v in values])
        config = next_space(snapshot, config).config
    assert best[0] > 0.5
    assert min(best) < 0.02


@pytest.mark.parametrize(
    ("spec", "function", "name"),
    [
        ({"min": 1, "max": 8}, lambda x: abs(x - 14) / 5, "layers"),
        ({"values": [16, 32, 64]}, lambda x: abs(math.log2(x) - 8), "batch"),
        ({"min": -1.0, "max": 1.0}, lambda x: abs(x + 2), "shift"),
        ({"distribution": "q_uniform", "min": 10, "max": 50, "q": 10}, lambda x: -x / 50, "steps"),
    ],
)
def test_optima_outside_are_reached_for_every_kind_of_range(make_snapshot, spec, function, name):
    config = parsed({name: spec, "dropout": {"min": 0.0, "max": 0.5}})
    best = []
    for step in range(3):
        rows = drawn(config, 40, step)
        values = [float(function(row[name])) for row in rows]
        best.append(min(values))
        if name == "layers":
            assert all(isinstance(row[name], int) and row[name] > 0 for row in rows)
        config = next_space(make_snapshot(rows, values), config).config
    assert best[1] < best[0]
    assert best[2] <= best[1]


def test_a_constraint_is_kept(swept):
    parameters = {"a": {"min": 1, "max": 8}, "b": {"min": 1, "max": 8}}
    snapshot, config = swept(
        lambda row: -float(row["a"]), parameters=parameters, constraints=["a + b <= 16"]
    )
    found = next_space(snapshot, config)
    assert found.config.space.constraints == config.space.constraints
    assert next(p.distribution for p in found.config.space if p.name == "a").max > 8


def test_tied_parameters_are_not_widened_alone(swept):
    parameters = {"a": {"values": [1, 2, 4, 8]}, "b": {"values": [10, 20, 40, 80]}}
    snapshot, config = swept(lambda row: -float(row["a"]), parameters=parameters, zip=[["a", "b"]])
    found = next_space(snapshot, config)  # no error, and the rows stay together
    laws = {p.name: p.distribution for p in found.config.space}
    assert edges(frame(snapshot, config), config, sweep_takeaways(snapshot, config)) == []
    rows = [tuple(law.support) for law in (laws["a"], laws["b"])]
    assert [10 * a for a in rows[0]] == list(rows[1])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "No takeaways yet: no run with a value of loss, 8 are needed."),
        ([1.0], "No takeaways yet: 1 run with a value of loss, 8 are needed."),
        ([math.nan] * 12, "No takeaways yet: no run with a value of loss, 8 are needed."),
        ([1.0] * 12, "No takeaways: all 12 runs have the same loss."),
    ],
)
def test_without_ground_nothing_changes_and_the_reason_is_said(make_snapshot, values, reason):
    config = parsed()
    found = next_space(make_snapshot(drawn(config, len(values)), values), config)
    assert not found.is_changed
    assert found.config.space == config.space
    assert found.reasons == (f"Nothing to change. {reason}",)


def test_findings_say_what_the_best_share_and_which_range_to_widen(swept):
    snapshot, config = swept(beyond)
    shared, edge, claim = findings(snapshot, config)
    assert shared.text.startswith("The best 4 of 40 runs have lr ")
    assert edge.parameters == {"lr": {"max": 0.03}}
    assert claim.text.startswith("Higher lr did better: ")


def test_with_several_objectives_there_is_no_one_direction(make_snapshot):
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}]
    config = sweep_config.parse({"method": "random", "metrics": metrics, "parameters": SPACE})
    rows = drawn(config, 60)
    snapshot = make_snapshot(rows, [0.0] * 60)
    for run in snapshot.runs:
        run.summary.update(loss=run.params["dropout"], size=float(run.params["width"]))
    told = sweep_takeaways(snapshot, config)
    assert {(each.metric, each.parameter) for each in told if each.p_value is not None} == {
        ("loss", "dropout"),
        ("size", "width"),
    }
    found = next_space(snapshot, config)
    assert not found.is_changed
    assert found.reasons == (
        "With several objectives no one place is best, so nothing is proposed. "
        "narrow(runs=sweep.best_runs()) keeps what lies around the front.",
    )


@pytest.mark.parametrize("seed", [3, 11, 12, 13, 18, 21])
def test_what_a_search_settled_on_by_chance_is_neither_narrowed_nor_shown(make_snapshot, seed):
    # In each of these the raw contrast of dropout is clear, and all of it is of others.
    config = parsed(drawn_runs.SPACE)
    snapshot = make_snapshot(*drawn_runs.settled_sweep(seed))
    found = next_space(snapshot, config)
    assert not any(reason.startswith("dropout") for reason in found.reasons)
    assert not any("dropout" in each.text for each in findings(snapshot, config))
