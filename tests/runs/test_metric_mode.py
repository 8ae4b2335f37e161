"""`metric.mode`: which of the values of a run counts, the same wherever it is looked at."""

import pytest

import nbsweep
from nbsweep.analysis.frame import frame
from nbsweep.records import Metric, aggregated
from nbsweep.runs.summary import Summary
from nbsweep.search.evidence import Evidence
from nbsweep.sweep_config import parse
from nbsweep.view.picture import picture

CURVES = {1: [3.0, 1.0, 8.0], 2: [4.0, 2.0, 3.0], 3: [5.0, 9.0, 0.5]}
EXPECTED = {
    # mode: value of each run, number of the best one
    ("best", "minimize"): ([1.0, 2.0, 0.5], 3),
    ("best", "maximize"): ([8.0, 4.0, 9.0], 3),
    ("last", "minimize"): ([8.0, 3.0, 0.5], 3),
    ("last", "maximize"): ([8.0, 3.0, 0.5], 1),
    ("min", "maximize"): ([1.0, 2.0, 0.5], 2),
    ("max", "minimize"): ([8.0, 4.0, 9.0], 2),
    ("mean", "minimize"): ([4.0, 3.0, 14.5 / 3], 2),
    ("first", "minimize"): ([3.0, 4.0, 5.0], 1),
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def train(log=lambda run, value: run.log({"loss": value})):
    with nbsweep.init() as run:
        for value in CURVES[run.config.x]:
            log(run, value)


def swept(mode, goal, function=train, name="loss"):
    config = {
        "method": "grid",
        "metric": {"name": name, "goal": goal, "mode": mode},
        "parameters": {"x": {"values": [1, 2, 3]}},
    }
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, function, show=False)
    return nbsweep.Sweep(sweep_id)


@pytest.mark.parametrize(("mode", "goal"), EXPECTED)
def test_search_best_run_table_and_plots_agree(mode, goal):
    values, best = EXPECTED[mode, goal]
    sweep = swept(mode, goal)
    snapshot, config = sweep.snapshot(curves=True), parse(sweep.config)
    assert [run.metric for run in sweep.runs] == pytest.approx(values)
    assert [o.value for o in Evidence.of(snapshot, config).observations] == pytest.approx(values)
    assert list(frame(snapshot, config).metric.values) == pytest.approx(values)
    rows = picture(snapshot, config, total=3, now=0.0)["rows"]
    assert [row["metric"] for row in rows] == pytest.approx(values)
    assert sweep.best_run().number == best
    assert Metric("loss", goal, mode=mode).best_run(snapshot.runs)[0].number == best


def test_the_last_value_stays_in_the_summary_beside_the_aggregate():
    first = swept("best", "minimize").runs[0]
    assert first.summary == {"loss": 8.0, "loss.min": 1.0}


def test_without_a_mode_it_is_the_summary_as_in_wandb():
    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"x": {"values": [1]}},
        }
    )
    nbsweep.agent(sweep_id, train, show=False)
    run = nbsweep.Sweep(sweep_id).runs[0]
    assert (run.metric, run.summary) == (8.0, {"loss": 8.0})


@pytest.mark.parametrize("mode", ["last", "mean"])
def test_define_metric_does_not_change_what_counts(mode):
    def defining():
        nbsweep.init().define_metric("loss", summary="min")
        train()

    sweep = swept(mode, "minimize", defining)
    assert [run.metric for run in sweep.runs] == pytest.approx(EXPECTED[mode, "minimize"][0])


def test_nested_metrics_have_a_mode_too():
    def nested():
        train(lambda run, value: run.log({"val": {"loss": value}}))

    sweep = swept("best", "minimize", nested, name="val.loss")
    assert [run.metric for run in sweep.runs] == [1.0, 2.0, 0.5]


def test_what_is_no_number_is_passed_over():
    summary = Summary({})
    summary.follow("loss", "min")
    for value in (2.0, float("nan"), None, 3.0, "text"):
        summary.record({"loss": value})
    assert Metric("loss", mode="min").of(summary.as_dict()) == 2.0


def test_target_is_reached_by_the_value_that_counts():
    config = {
        "method": "grid",
        "metric": {"name": "loss", "goal": "minimize", "mode": "best", "target": 1.0},
        "parameters": {"x": {"values": [1, 2, 3]}},
    }
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, train, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    assert [run.number for run in sweep.runs] == [1]
    assert sweep.store.sweep(sweep_id).end_reason == "target reached: loss 1 in run 1"


def test_prior_runs_count_by_the_mode_of_the_new_sweep():
    earlier = [run.id for run in swept("best", "minimize").runs]
    config = {
        "method": "bayes",
        "metric": {"name": "loss", "goal": "minimize", "mode": "best"},
        "parameters": {"x": {"min": 0.0, "max": 4.0}},
    }
    sweep = nbsweep.Sweep(nbsweep.sweep(config, prior_runs=earlier))
    prior = sweep.store.sweep(sweep.id).prior
    assert [entry["value"] for entry in prior] == [1.0, 2.0, 0.5]


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("min", 1.0), ("max", 3.0), ("mean", 2.0), ("first", 3.0), ("last", 2.0), (None, 2.0)],
)
def test_aggregated(aggregate, expected):
    assert aggregated([3.0, 1.0, 2.0], aggregate) == expected
