"""Results beside the metric, and importance for them, among some runs, by permutation."""

import math
import random

import pytest

from nbsweep import sweep_config
from nbsweep.analysis.dependence import partial_dependence
from nbsweep.analysis.frame import frame
from nbsweep.analysis.importance import importance
from nbsweep.analysis.results import DURATION, about, among, result_column, results
from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord

CONFIG = sweep_config.parse(
    {
        "method": "random",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {
            "rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
            "kind": {"values": ["a", "b", "c"]},
            "noise": {"min": 0.0, "max": 1.0},
        },
    }
)


def snapshot(n=60, state=RunState.FINISHED):
    """loss follows rate, the duration follows kind, the accuracy nothing but chance."""
    runs, curves = [], {}
    for number in range(1, n + 1):
        rng = random.Random(number)
        params = {p.name: p.distribution.quantile(rng.random()) for p in CONFIG.space}
        loss = abs(math.log10(params["rate"]) + 2) + 0.01 * rng.random()
        run = RunRecord(
            f"run{number}", "demo", "ab12cd34", number, state=state, params=params,
            summary={"loss": loss, "acc": {"max": rng.random()}, "_step": 9, "text": "x"},
            started_at=0.0, heartbeat_at=1.0, ended_at=5.0 + 3 * "abc".index(params["kind"]),
        )  # fmt: skip
        runs.append(run)
        curves[run.id] = Curve(run.id, state, (0, 1, 2), (loss + 1, loss - 0.1, loss))
    record = SweepRecord("ab12cd34", "demo", None, CONFIG.source, 1)
    return Snapshot(record, tuple(runs), curves, 1, 0.0)


def column(seen, name):
    found = {result.name: result for result in results(seen, CONFIG)}
    return result_column(found[name], seen)


def test_extremes_other_metrics_and_the_duration_are_results():
    seen = snapshot(5)
    assert [result.name for result in results(seen, CONFIG)] == [
        "loss min", "loss max", "loss last", "acc.max", DURATION,
    ]  # fmt: skip
    loss = seen.runs[0].summary["loss"]
    values = {
        result.name: result.value(seen.runs[0], seen.curves["run1"])
        for result in results(seen, CONFIG)
    }
    assert values["loss min"] == loss - 0.1
    assert values["loss max"] == loss + 1
    assert values["loss last"] == loss
    assert column(seen, "acc.max").goal == "maximize"


def test_a_metric_named_like_a_parameter_keeps_apart():
    names = [result.name for result in results(snapshot(3), CONFIG, taken=["acc.max"])]
    assert "acc.max (logged)" in names


def test_runs_under_way_have_no_results():
    assert results(snapshot(3, RunState.RUNNING), CONFIG) == []


def test_importance_can_be_asked_for_another_result():
    seen = snapshot()
    columns = frame(seen, CONFIG)
    assert importance(columns).rows[0].name == "rate"
    found = importance(about(columns, column(seen, DURATION)))
    assert found.rows[0].name == "kind"
    assert found.metric == DURATION


def test_importance_among_some_runs_counts_them_alone():
    columns = frame(snapshot(), CONFIG)
    found = importance(among(columns, columns.run_ids[:25]))
    assert found.n_runs == 25
    assert found.left_out == "35 runs left out: 35 not selected"


def test_permutation_importance_finds_what_decides_and_not_the_noise():
    found = importance(frame(snapshot(), CONFIG), method="permutation")
    assert found.method == "permutation"
    assert found.rows[0].name == "rate"
    assert found.rows[0].importance > 0.8
    assert {row.name: row.stands_out for row in found.rows}["noise"] is False


def test_partial_dependence_has_its_valley_where_the_loss_has():
    found = partial_dependence(frame(snapshot(120), CONFIG), ["rate", "kind"])
    assert set(found) == {"rate", "kind"}
    assert [place for place, _ in found["kind"]] == [0.0, 1.0, 2.0]
    valley = min(found["rate"], key=lambda point: point[1])
    assert math.log10(valley[0]) == pytest.approx(-2, abs=0.5)
    places = [place for place, _ in found["rate"]]
    assert places == sorted(places)


def test_partial_dependence_of_few_or_equal_runs_is_empty():
    assert partial_dependence(frame(snapshot(4), CONFIG), ["rate"]) == {}
