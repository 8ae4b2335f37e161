"""How long runs are: by a parameter that tells it, else by the finished runs."""

import pytest

from nbsweep.records import Curve, RunState
from nbsweep.search.curve_model import ShownRun
from nbsweep.search.run_length import RunLengths


def run(iterations, state=RunState.FINISHED, **params):
    values = tuple(1.0 / k for k in range(1, iterations + 1))
    return ShownRun(params, Curve("r", state, tuple(range(iterations)), values))


def under_way(iterations, **params):
    return run(iterations, RunState.RUNNING, **params)


def test_runs_of_one_length_are_all_as_long():
    lengths = RunLengths.of([run(50, lr=0.1), run(50, lr=0.2), run(51, lr=0.3)])
    assert lengths.horizons(under_way(20, lr=0.5)) == (50,)
    assert lengths.horizons(under_way(50, lr=0.5)) == ()


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("epochs", [run(10, epochs=10), run(30, epochs=30)]),
        ("k", [run(11, k=10), run(31, k=30)]),
        ("steps", [run(10, steps=1000), run(30, steps=3000), run(20, steps=2000)]),
        (
            "opt.epochs",
            [run(10, **{"opt.epochs": 10, "lr": 10}), run(20, **{"opt.epochs": 20, "lr": 3})],
        ),
    ],
    ids=["as many", "one more", "a hundredth", "nested"],
)
def test_a_parameter_tells_the_length_of_a_run(name, runs):
    lengths = RunLengths.of(runs)
    per_unit = runs[0].curve.iterations / runs[0].params[name]
    value = 4 * runs[0].params[name]
    told = round(per_unit * value) if per_unit < 0.5 else value
    assert lengths.param == name
    assert lengths.of_params({name: value}) == told
    assert lengths.horizons(under_way(5, **{name: value})) == (told,)
    assert lengths.horizons(under_way(told, **{name: value})) == ()


def test_one_length_is_no_evidence_for_anything_but_a_parameter_of_that_name():
    others = [under_way(3, epochs=90, batch=64)]
    assert RunLengths.of([run(30, epochs=30, batch=30), *others]).param == "epochs"
    assert RunLengths.of([run(30, batch=30), under_way(3, batch=64)]).param is None
    assert RunLengths.of([run(30, epochs=30), under_way(3, epochs=30)]).param is None


@pytest.mark.parametrize("value", [None, "many", True, -3, float("nan")])
def test_a_parameter_without_a_number_tells_nothing(value):
    lengths = RunLengths.of([run(10, epochs=10), run(30, epochs=30)])
    assert lengths.of_params({"epochs": value}) == lengths.usual == 10
    assert RunLengths.of([run(10, epochs=value), run(30, epochs=30)]).param is None


def test_where_nothing_tells_it_a_run_goes_as_far_as_those_that_went_further():
    lengths = RunLengths.of([run(n, lr=n % 7 + 0.5) for n in (10, 20, 30, 40, 90)])
    assert lengths.horizons(under_way(5, lr=1.0)) == (30, 90)
    assert lengths.horizons(under_way(25, lr=1.0)) == (40, 90)
    assert lengths.horizons(under_way(50, lr=1.0)) == (90,)
    assert lengths.horizons(under_way(90, lr=1.0)) == ()


def test_only_finished_runs_with_a_value_count():
    nothing = ShownRun({}, Curve("r", RunState.FINISHED, diverged=9))
    assert RunLengths.of([run(9, RunState.STOPPED), under_way(5), nothing]) is None
    assert RunLengths.of([run(9, RunState.STOPPED), run(20), nothing]).usual == 20
