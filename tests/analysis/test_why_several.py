"""What `Sweep.why` says of a run under `metrics`."""

import pytest

from nbsweep import search
from nbsweep.analysis.why import explain
from nbsweep.records import RunState
from nbsweep.search.evidence import Evidence
from nbsweep.search.recompute import recompute, seen
from nbsweep.sweep_config import parse

SPACE = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}
LOSS, SIZE = {"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}
MS = {"name": "ms", "at_most": 20}
ORIGIN = {
    "method": "bayes",
    "why": "model",
    "observations": 11,
    "pending": 2,
    "predicted_mean": 0.31,
    "predicted_sd": 0.04,
    "expected_improvement": None,
    "probability_of_improvement": 0.62,
    "probability_of_success": None,
    "probability_of_limits": 0.9,
    "expected_hypervolume_improvement": 0.5,
    "hypervolume": 10.0,
    "predicted": {
        "loss": {"mean": 0.31, "sd": 0.04},
        "size": {"mean": 12.0, "sd": 2.0},
        "ms": {"mean": 18.0, "sd": None},
    },
}


@pytest.fixture
def why(make_sweep):
    """Explains a run of that origin, in a sweep with those metrics."""

    def told(origin, metrics, summary, state=RunState.FINISHED):
        sweep = make_sweep({"method": "bayes", "metrics": metrics, "parameters": SPACE})
        run = sweep.add(state, origin=origin, summary=summary, params={"x": 0.5, "y": 0.25})
        return explain(run, sweep.snapshot(), sweep.config).sentences

    return told


def test_two_objectives_and_a_limit(why):
    summary = {"loss": 0.3, "size": 11.0, "ms": 25.0}
    assert why(ORIGIN, [LOSS, SIZE, MS], summary) == (
        "Chosen where models of 11 runs (and 2 under way) expected the front of loss and size to "
        "grow most and the limits would be kept.",
        "Predicted: loss 0.31 ± 0.04, and it was 0.3; size 12 ± 2, and it was 11; ms 18, and it "
        "was 25.",
        "Chance to be on the front: 62 %; growth of its hypervolume to expect: 5 %.",
        "Chance that a run there keeps the limits: 90 %.",
    )


def test_one_objective_within_limits(why):
    origin = {**ORIGIN, "expected_improvement": 0.02, "probability_of_success": 0.8}
    told = why(origin, [LOSS, MS], {"loss": 0.3})
    assert told[0] == (
        "Chosen where models of 11 runs (and 2 under way) expected the largest improvement of "
        "loss and the limits would be kept."
    )
    assert told[2:] == (
        "Chance to beat the best that keeps the limits: 62 %.",
        "Chance that a run there keeps the limits: 90 %.",
        "Chance that a run there gives all metrics: 80 %.",
        "It ended without a value of ms.",
    )


def test_while_no_run_has_kept_the_limits(why):
    told = why({**ORIGIN, "why": "limits"}, [LOSS, SIZE, MS], {}, RunState.FAILED)
    assert told[0] == (
        "Chosen where models of 11 runs (and 2 under way) expected that the limits are most "
        "likely kept (ms): no run had kept them yet."
    )
    assert told[-1] == "It failed."


def test_a_suggestion_of_several_objectives_is_computed_again_from_the_store(make_sweep):
    config = {"method": "bayes", "metrics": [LOSS, SIZE, MS], "parameters": SPACE}
    sweep = make_sweep(config)
    for number in range(1, 9):
        runs = sweep.snapshot().runs
        evidence = Evidence.of(sweep.snapshot(), sweep.config)
        rng = search.generator(sweep.snapshot().sweep.seed, number)
        found = search.suggest(parse(config), evidence.observations, evidence.pending, rng)
        x, y = found.params["x"], found.params["y"]
        summary = {"loss": (x - 0.2) ** 2 + y, "size": (x - 0.8) ** 2 + y, "ms": 30.0 * x}
        origin = {**found.origin, "seen": seen(runs, 0)}
        run = sweep.add(origin=origin, summary=summary, params=found.params)
    assert run.origin["why"] == "model"
    assert recompute(run, sweep.snapshot()) == found
