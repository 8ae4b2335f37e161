"""Points that people give: `Sweep.enqueue` and `initial_points`."""

import threading

import pytest

import nbsweep
from nbsweep.errors import ConfigError, UsageError
from nbsweep.sweep_config import parse

SPACE = {
    "lr": {"min": 0.0, "max": 0.1},
    "optimizer": {"values": ["adam", "sgd"]},
    "momentum": {"min": 0.0, "max": 0.99, "when": {"optimizer": "sgd"}},
    "net": {"parameters": {"width": {"min": 8, "max": 64}}},
    "epochs": {"value": 5},
}
METRIC = {"name": "loss", "goal": "minimize"}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def new_sweep(method="random", parameters=SPACE, **more):
    config = {"method": method, "metric": METRIC, "parameters": parameters, **more}
    return nbsweep.Sweep(nbsweep.sweep(config))


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.get("lr", 0.0)})


def run_all(sweep, count):
    nbsweep.agent(sweep.id, train, count=count, show=False)
    return sweep.runs


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_whole_points_come_first_in_order_and_need_no_method(method):
    first = {"lr": 0.01, "optimizer": "adam", "net.width": 16}
    second = {"lr": 0.02, "optimizer": "sgd", "momentum": 0.9, "net": {"width": 32}}
    sweep = new_sweep(method, initial_points=[first])
    sweep.enqueue(second)
    runs = run_all(sweep, 3)
    assert runs[0].params == {"epochs": 5, **first}
    assert runs[1].params == {
        "epochs": 5,
        "lr": 0.02,
        "momentum": 0.9,
        "net.width": 32,
        "optimizer": "sgd",
    }
    seen = {"ended": "", "pending": ""}
    assert runs[0].origin == {"method": "enqueued", "initial_point": 0, "seen": seen}
    assert (runs[1].origin["method"], runs[1].origin["enqueued"]) == ("enqueued", 0)
    assert runs[2].origin["method"] == method
    assert runs[1].config["net"] == {"width": 32}


@pytest.mark.parametrize("method", ["random", "bayes", "custom"])
def test_what_a_point_leaves_out_is_chosen_by_the_method(method):
    scheduler = {"scheduler": {"engine": "optuna"}} if method == "custom" else {}
    if scheduler:
        pytest.importorskip("optuna")
    sweep = new_sweep(method, **scheduler)
    run_all(sweep, 6)
    sweep.enqueue([{"optimizer": "sgd", "lr": 0.05}, {"net": {"width": 8}}])
    runs = run_all(sweep, 3)[6:]
    space = parse(sweep.config).space
    assert all(space.contains(run.params) for run in runs)
    assert (runs[0].params["optimizer"], runs[0].params["lr"]) == ("sgd", 0.05)
    assert 0.0 <= runs[0].params["momentum"] <= 0.99
    assert runs[1].params["net.width"] == 8
    assert [run.origin.get("given") for run in runs] == [
        ["lr", "optimizer"],
        ["net.width"],
        None,
    ]


def test_a_search_function_fills_in_too():
    answers = iter([{"lr": 0.03, "optimizer": "adam", "net.width": 9}] * 2)
    sweep = new_sweep("custom", initial_points=[{"lr": 0.07}])
    nbsweep.agent(sweep.id, train, count=2, show=False, search=lambda *_: next(answers))
    assert [run.params["lr"] for run in sweep.runs] == [0.07, 0.03]


def test_points_of_a_grid_count_as_tried():
    grid = {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}}
    sweep = new_sweep("grid", grid, initial_points=[{"a": 2, "b": "y"}, {"a": 3}])
    runs = run_all(sweep, None)
    pairs = [(run.params["a"], run.params["b"]) for run in runs]
    assert pairs == [(2, "y"), (3, "x"), (1, "x"), (1, "y"), (2, "x"), (3, "y")]
    assert sweep.state == "FINISHED"


def test_an_exhausted_grid_still_runs_what_is_enqueued():
    sweep = new_sweep("grid", {"a": {"values": [1, 2]}})
    run_all(sweep, None)
    sweep.enqueue({"a": 1})
    sweep.resume()
    assert [run.params["a"] for run in run_all(sweep, None)] == [1, 2, 1]
    assert sweep.state == "FINISHED"


def test_run_cap_counts_enqueued_points():
    sweep = new_sweep(run_cap=2)
    sweep.enqueue([{"lr": 0.01}, {"lr": 0.02}, {"lr": 0.03}])
    assert [run.params["lr"] for run in run_all(sweep, None)] == [0.01, 0.02]


def test_two_agents_take_each_point_once():
    sweep = new_sweep("grid", {"a": {"values": list(range(30))}})
    sweep.enqueue([{"a": a} for a in (20, 21, 22, 23, 24, 25)])
    agents = [
        threading.Thread(target=nbsweep.agent, args=(sweep.id, train), kwargs={"show": False})
        for _ in range(4)
    ]
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join()
    runs = sweep.runs
    assert [run.params["a"] for run in runs[:6]] == [20, 21, 22, 23, 24, 25]
    assert sorted(run.params["a"] for run in runs) == list(range(30))


def test_a_crashed_point_is_handed_out_again_as_any_other():
    sweep = new_sweep(retry={"failed": 1}, initial_points=[{"lr": 0.01}])
    calls = []

    def fails_once():
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("no")
        train()

    nbsweep.agent(sweep.id, fails_once, count=2, show=False)
    assert [(r.number, r.attempt, r.params["lr"]) for r in sweep.runs] == [
        (1, 0, 0.01),
        (1, 1, 0.01),
    ]


def test_tied_values_follow_the_one_that_is_given():
    tied = {"model": {"values": ["s", "l"]}, "width": {"values": [8, 64]}}
    sweep = new_sweep("random", tied, zip=["model", "width"], initial_points=[{"model": "l"}])
    assert run_all(sweep, 1)[0].params == {"model": "l", "width": 64}


def test_why_says_who_gave_the_point():
    sweep = new_sweep(initial_points=[{"lr": 0.01}])
    sweep.enqueue({"lr": 0.02, "optimizer": "adam", "net.width": 16})
    run_all(sweep, 2)
    assert sweep.why(1).sentences == (
        "One of the config's initial_points, which gives lr; the rest was left to method random.",
    )
    assert sweep.why(2).sentences == (
        "Enqueued by hand: handed out before anything that the search suggests.",
    )


def test_given_points_can_be_computed_again_after_an_edit_that_excludes_them():
    sweep = new_sweep(parameters={"lr": {"min": 0.0, "max": 1.0}}, initial_points=[{"lr": 0.9}])
    run_all(sweep, 1)
    sweep.edit({"lr": {"max": 0.5}})
    assert sweep.recompute(1) == {"lr": 0.9}
    assert run_all(sweep, 1)[1].params["lr"] <= 0.5


@pytest.mark.parametrize("method", ["random", "bayes", "grid"])
def test_given_points_can_be_computed_again(method):
    space = {"a": {"values": [1, 2, 3]}, "b": {"values": [1, 2]}} if method == "grid" else SPACE
    first = {"a": 2} if method == "grid" else {"lr": 0.01}
    sweep = new_sweep(method, space, initial_points=[first])
    run_all(sweep, 4)
    sweep.enqueue({"b": 2} if method == "grid" else {"optimizer": "sgd"})
    for run in run_all(sweep, 2):
        if method == "grid" and "given" not in run.origin:
            with pytest.raises(UsageError, match="points were enqueued in sweep"):
                sweep.recompute(run)
        else:
            assert sweep.recompute(run) == run.params


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (5, 'params: found 5; a dict is needed, such as {"learning_rate": 0.01}.'),
        (
            {"lrs": 0.1},
            'params: "lrs" is not a parameter of this sweep. Did you mean "lr"? Parameters: '
            "epochs, lr, momentum, net.width, optimizer.",
        ),
        ({"lr": 0.5}, "params.lr: found 0.5; a number from 0 to 0.1 is needed."),
        ({"net.width": 4.5}, "params.net.width: found 4.5; a whole number from 8 to 64 is needed."),
        (
            {"optimizer": "sdg"},
            'params.optimizer: found the text "sdg"; one of ["adam", "sgd"] is needed.',
        ),
        ({"epochs": 6}, "params.epochs: found 6; it is always 5."),
        (
            {"momentum": 0.9},
            'params: momentum has a value only when optimizer is "sgd". Give optimizer as well, '
            "or leave momentum out.",
        ),
        (
            {"momentum": 0.9, "optimizer": "adam"},
            'params: momentum has a value only when optimizer is "sgd", and it is "adam". Leave '
            "momentum out.",
        ),
        (
            {"lr": 0.08, "net.width": 60},
            'params: lr 0.08, net.width 60: constraints[0], "lr * net.width < 4", is not met.',
        ),
    ],
)
def test_messages(point, message):
    sweep = new_sweep(constraints=["lr * net.width < 4"])
    with pytest.raises(ConfigError) as caught:
        sweep.enqueue(point)
    assert str(caught.value) == message
    assert sweep.store.sweep(sweep.id).queue == ()


def test_one_wrong_point_keeps_all_of_them_out():
    sweep = new_sweep()
    with pytest.raises(ConfigError, match=r"params\[1\].lr: found 2; a number from 0 to 0.1"):
        sweep.enqueue([{"lr": 0.1}, {"lr": 2}])
    assert sweep.store.sweep(sweep.id).queue == ()


def test_initial_points_are_checked_with_the_config():
    with pytest.raises(ConfigError) as caught:
        new_sweep(initial_points={"lr": 0.1})
    assert str(caught.value) == (
        'initial_points: found the dict {"lr": 0.1}; a list of points is needed, such as '
        '[{"learning_rate": 0.01}].'
    )
    with pytest.raises(ConfigError) as caught:
        new_sweep(initial_points=[{"lr": 0.1}, {"optimizer": "lion"}])
    assert str(caught.value) == (
        'initial_points[1].optimizer: found the text "lion"; one of ["adam", "sgd"] is needed.'
    )
