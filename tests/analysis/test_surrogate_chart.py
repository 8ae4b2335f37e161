"""What the search believes around the best run."""

import random
from dataclasses import replace

import numpy as np
import pytest

from nbsweep import sweep_config
from nbsweep.analysis.charts.chart import Band, Line, Points, Rule
from nbsweep.analysis.charts.surrogate import MOST_PANELS, collect_surrogate
from nbsweep.analysis.frame import frame
from nbsweep.records import Observation
from nbsweep.search.bayes_search import predict
from nbsweep.search.slices import slices

PARAMETERS = {
    "x": {"min": 0.0, "max": 1.0},
    "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
    "kind": {"values": ["a", "b", "c"]},
}


def config_of(parameters=PARAMETERS, method="bayes", **more):
    metric = {} if "metrics" in more else {"metric": {"name": "loss"}}
    return sweep_config.parse({"method": method, "parameters": parameters, **metric, **more})


def rows(n, parameters=PARAMETERS):
    rng = random.Random(1)
    space = config_of(parameters).space
    return [
        {p.name: p.distribution.quantile(rng.random()) for p in space.parameters} for _ in range(n)
    ]


def loss(row):
    return (row["x"] - 0.3) ** 2 + 0.3 * (row["kind"] == "b")


def chart(make_snapshot, params, values, config=None, metric=None, **more):
    config = config or config_of()
    shot = make_snapshot(params, values, **more)
    return collect_surrogate(frame(shot, config, metric=metric), shot, config)


def panels(drawn):
    return {panel.x.title: panel for panel in drawn.panels}


def test_slices_are_what_the_search_predicts_through_the_best_run(make_snapshot):
    params = rows(30)
    values = list(map(loss, params))
    best = params[int(np.argmin(values))]
    config = config_of()
    observations = [Observation(p, v) for p, v in zip(params, values, strict=True)]
    found = slices(config, observations, best)
    for each in found.slices:
        told = predict(
            config, observations, [{**best, each.names[0]: value} for value in each.values]
        )
        # Not to the last digit: natural values are rounded.
        for name in ("median", "low", "high"):
            ours, theirs = getattr(each, name), getattr(told, name)
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)
    assert found.predicts
    assert found.n_runs == 30
    by_name = {each.names: each.values for each in found.slices}
    assert (by_name["x",][0], by_name["x",][-1], len(by_name["x",])) == (0.0, 1.0, 41)
    assert by_name["kind",] == ("a", "b", "c")


def test_panels_come_in_the_order_in_which_the_model_goes_up_and_down(make_snapshot):
    params = rows(40)
    drawn = chart(make_snapshot, params, list(map(loss, params)))
    assert [panel.x.title for panel in drawn.panels] == ["x", "kind", "lr"]
    x = panels(drawn)["x"]
    (band,) = [mark for mark in x.marks if isinstance(mark, Band)]
    (line,) = [mark for mark in x.marks if isinstance(mark, Line)]
    lowest = line.x[int(np.argmin(line.y))]
    assert lowest == pytest.approx(0.3, abs=0.06)
    assert all(a <= m <= b for a, m, b in zip(band.low, line.y, band.high, strict=True))
    stars = [mark for mark in x.marks if isinstance(mark, Points) and mark.symbol == "star"]
    assert stars[0].x == (min(params, key=loss)["x"],)
    assert panels(drawn)["lr"].x.kind == "log"
    kind = panels(drawn)["kind"]
    expected = next(m for m in kind.marks if isinstance(m, Points) and m.name == "expected")
    assert expected.x == (0.0, 1.0, 2.0)
    assert expected.y[1] > expected.y[0] + 0.2
    assert drawn.subtitle.startswith("a model of 40 runs: of the differences between runs it ")
    assert "band: 68 % probability" in drawn.caption


def test_other_methods_see_what_the_model_would_believe(make_snapshot):
    params = rows(15)
    config = config_of(method="random")
    drawn = chart(make_snapshot, params, list(map(loss, params)), config)
    assert "a model of 15 runs: method random does not use it; " in drawn.subtitle


def test_a_model_that_predicts_nothing_says_so(make_snapshot):
    rng = random.Random(2)
    params = rows(30)
    drawn = chart(make_snapshot, params, [rng.random() for _ in params])
    assert "it predicts a run from the others no better than their mean does" in drawn.subtitle


def test_a_category_that_no_run_had_has_its_place(make_snapshot):
    params = [{**row, "kind": "a" if row["kind"] == "b" else row["kind"]} for row in rows(12)]
    drawn = chart(make_snapshot, params, list(map(loss, params)))
    kind = panels(drawn)["kind"]
    assert [tick.label for tick in kind.x.ticks] == ["a", "b", "c"]
    expected = next(m for m in kind.marks if isinstance(m, Points) and m.name == "expected")
    assert expected.x == (0.0, 1.0, 2.0)


def test_parameters_that_the_best_run_lacks_are_left_out(make_snapshot):
    parameters = {
        "opt": {"values": ["adam", "sgd"]},
        "momentum": {"min": 0.0, "max": 1.0, "when": {"opt": "sgd"}},
    }
    params = [{"opt": "sgd", "momentum": k / 10} if k % 2 else {"opt": "adam"} for k in range(12)]
    values = [0.5 + k / 100 if k % 2 else 0.1 + k / 1000 for k in range(12)]
    drawn = chart(make_snapshot, params, values, config_of(parameters))
    assert list(panels(drawn)) == ["opt"]
    assert "1 parameter without a value in run-1 not shown" in drawn.caption


def test_tied_parameters_share_a_panel(make_snapshot):
    parameters = {"w": {"values": [1, 2, 3]}, "d": {"values": [4, 5, 6]}, "x": PARAMETERS["x"]}
    config = config_of(parameters, zip=["w", "d"])
    params = [{"w": 1 + k % 3, "d": 4 + k % 3, "x": k / 12} for k in range(12)]
    drawn = chart(make_snapshot, params, [p["w"] + p["x"] for p in params], config)
    tied = panels(drawn)["d and w"]
    assert [tick.label for tick in tied.x.ticks] == ["4, 1", "5, 2", "6, 3"]
    (rule,) = [mark for mark in tied.marks if isinstance(mark, Rule)]
    assert rule.at == 0.0


def test_of_200_parameters_nine_are_drawn(make_snapshot):
    parameters = {f"p{k}": {"min": 0.0, "max": 1.0} for k in range(200)}
    params = rows(20, parameters)
    drawn = chart(make_snapshot, params, [p["p7"] for p in params], config_of(parameters))
    assert len(drawn.panels) == MOST_PANELS
    assert "191 parameters along which it changes less not shown" in drawn.caption


def test_with_several_objectives_each_has_its_model(make_snapshot):
    config = config_of(
        metrics=[{"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}]
    )
    shot = make_snapshot(rows(12), [None] * 12)
    runs = tuple(
        replace(run, summary={"loss": loss(run.params), "size": run.params["x"]})
        for run in shot.runs
    )
    shot = replace(shot, runs=runs)
    drawn = collect_surrogate(frame(shot, config, metric="size"), shot, config)
    assert drawn.panels[0].x.title == "x"
    assert drawn.panels[0].y.title == "size"
    other = collect_surrogate(frame(shot, config, metric="accuracy"), shot, config)
    assert other.empty == "No run has ended with a value of accuracy yet."


@pytest.mark.parametrize(
    ("values", "words"),
    [([], "No run has ended with a value of loss yet."), ([None], None)],
)
def test_without_a_value_it_says_so(make_snapshot, values, words):
    drawn = chart(make_snapshot, rows(len(values)), values)
    assert drawn.empty == (words or "No run has ended with a value of loss yet.")


def test_one_run_equal_and_extreme_values_break_nothing(make_snapshot):
    for values in ([0.5], [0.5] * 5, [1e308, -1e308, 0.0], [1e-300, 2e-300, 5e-300]):
        drawn = chart(make_snapshot, rows(len(values)), values)
        assert drawn.panels or drawn.empty
        for panel in drawn.panels:
            for mark in panel.marks:
                if isinstance(mark, Line | Points):
                    ys = [y for y in mark.y if y is not None]
                    assert all(panel.y.low <= y <= panel.y.high for y in ys)
