"""`Sweep.importances` and the figure of each method."""

import pytest

import nbsweep
from nbsweep.analysis.importance import METHODS, Importance
from nbsweep.errors import UsageError

CONFIG = {
    "method": "random",
    "name": "demo",
    "metric": {"name": "acc", "goal": "maximize"},
    "parameters": {
        "x": {"min": 0.0, "max": 1.0},
        "y": {"min": 0.0, "max": 1.0},
        "kind": {"values": ["p", "q", "r"]},
    },
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    nbsweep.setup(f"memory://{tmp_path_factory.mktemp('store')}")
    sweep_id = nbsweep.sweep(CONFIG, project="p")

    def train():
        with nbsweep.init() as run:
            if run.config.y > 0.8:
                raise ValueError("too large")
            run.log({"acc": run.config.x, "cost": 1.0 - run.config.y})

    found = nbsweep.Sweep(sweep_id)
    while (left := 60 - len(found.runs)) > 0:  # an agent gives up after some failures
        nbsweep.agent(sweep_id, train, count=left, show=False)
    yield found
    nbsweep.setup(None)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "shap"])
def test_each_method_ranks_and_has_a_figure(sweep, method):
    found = sweep.importances(method)
    assert isinstance(found, Importance)
    assert (found.method, found.metric, found.rows[0].name) == (method, "acc", "x")
    figure = sweep.importance(method=method)
    assert figure.data[0].x[0] == found.rows[0].importance
    assert nbsweep.plots.importance(sweep, method=method).data[0].x == figure.data[0].x


def test_another_metric_the_duration_and_failure_are_targets(sweep):
    assert sweep.importances(metric="cost").rows[0].name == "y"
    assert sweep.importances(metric="_runtime").metric == "_runtime"
    assert sweep.importances(target="duration").metric == "_runtime"
    failed = sweep.importances(target="failed")
    assert (failed.metric, failed.rows[0].name, failed.n_runs) == ("failure", "y", 60)
    assert sweep.importance(target="failed").data[0].x[0] == failed.rows[0].importance


def test_a_metric_that_no_run_has_is_named(sweep):
    found = sweep.importances(metric="f1")
    assert found.rows == ()
    assert found.verdict.startswith("None of ")
    assert found.verdict.endswith(" finished runs has a value of f1.")
    assert sweep.importance("f1").data == ()


def test_what_cannot_be_asked_for_is_said(sweep):
    with pytest.raises(UsageError) as raised:
        sweep.importances(target="crash")
    assert str(raised.value) == (
        "importances: there is no target 'crash'. Give \"failed\" for whether a run fails, "
        '"duration" for how long it takes, or metric="…" for a metric.'
    )
    with pytest.raises(UsageError) as raised:
        sweep.importances(metric="acc", target="failed")
    assert str(raised.value) == (
        "importances: metric 'acc' and target 'failed' exclude each other. Give one."
    )


def test_same_seed_same_result(sweep):
    assert sweep.importances(seed=3) == sweep.importances(seed=3)
    assert sweep.importances(seed=3) != sweep.importances(seed=4)
