"""`sweep(config, prior_runs=[…])`: what earlier runs are to a new sweep."""

import warnings

import pytest

import nbsweep
from nbsweep.errors import NotFoundError, UsageError

SPACE = {
    "lr": {"distribution": "log_uniform_values", "min": 0.001, "max": 1.0},
    "optimizer": {"parameters": {"name": {"values": ["adam", "sgd"]}}},
}
LOSS = {"name": "loss", "goal": "minimize"}
BAYES = {"method": "bayes", "metric": LOSS, "parameters": SPACE, "seed": 1}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def plain_run(config, fails=False, **metrics):
    """The id of a run outside of any sweep."""
    with nbsweep.init(config=config) as run:
        run.log(metrics)
        run.finish(exit_code=int(fails))
    return run.id


def train():
    with nbsweep.init() as run:
        run.log({"loss": 1.0})


def notes_of(capsys):
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("Note")]


def prior_of(sweep_id):
    return list(nbsweep.Sweep(sweep_id).store.sweep(sweep_id).prior)


def test_runs_of_another_sweep_are_learnt_from(capsys):
    first = nbsweep.sweep({**BAYES, "method": "random"})
    nbsweep.agent(first, train, count=6, show=False)
    earlier = nbsweep.Sweep(first).runs
    capsys.readouterr()
    second = nbsweep.sweep(BAYES, prior_runs=[run.id for run in earlier])
    nbsweep.agent(second, train, count=1, show=False)
    assert notes_of(capsys) == []
    (run,) = nbsweep.Sweep(second).runs
    assert run.origin["observations"] == 6
    assert run.origin["why"] != "start-up"
    assert prior_of(second) == [
        {"run_id": run.id, "params": run.params, "value": 1.0, "state": "finished"}
        for run in earlier
    ]


def test_plain_runs_are_read_from_their_nested_config(capsys):
    run_id = plain_run({"lr": 0.1, "optimizer": {"name": "adam"}, "batch": 8}, loss=0.5)
    (entry,) = prior_of(nbsweep.sweep(BAYES, prior_runs=[f"me/project/{run_id}", run_id]))
    assert entry["run_id"] == run_id
    assert entry["params"] == {"lr": 0.1, "optimizer.name": "adam"}
    assert entry["value"] == 0.5


def test_values_that_do_not_fit_are_told_and_taken_as_far_as_they_go(capsys):
    runs = [
        plain_run({"lr": 0.1, "optimizer": {"name": "adam"}}, loss=0.5),
        plain_run({"lr": 3.0, "optimizer": {"name": "lion"}}, loss=0.4),
        plain_run({"lr": 5.00001}, accuracy=0.4),
        plain_run({"epochs": 3}, loss=0.4),
    ]
    capsys.readouterr()
    sweep_id = nbsweep.sweep(BAYES, prior_runs=runs)
    assert notes_of(capsys) == [
        "Note: prior runs: 1 of 4 is left out: no parameter of this sweep is in their config.",
        "Note: prior runs: 1 of 3 is without a value of loss.",
        "Note: prior runs: lr is 3.0 or 5.0 in 2 of 3, outside of 0.001 to 1; "
        "they are taken as far as they fit.",
        'Note: prior runs: optimizer.name is "lion" in 1 of 3, which is not among its values '
        "here; they are taken as far as they fit.",
        "Note: prior runs: optimizer.name is missing in 1 of 3; they are taken as far as they fit.",
    ]
    nbsweep.agent(sweep_id, train, count=3, show=False)
    assert [run.origin["observations"] for run in nbsweep.Sweep(sweep_id).runs] == [2, 3, 4]


def test_a_constant_that_changed_is_told(capsys):
    run_id = plain_run({"lr": 0.1, "epochs": 3}, loss=0.5)
    capsys.readouterr()
    space = {"lr": SPACE["lr"], "epochs": {"value": 10}, "seed": {"value": 0}}
    nbsweep.sweep({**BAYES, "parameters": space}, prior_runs=[run_id])
    assert notes_of(capsys) == [
        "Note: prior runs: epochs is 3 in 1 of 1, and 10 here; they are taken as far as they fit."
    ]


def test_a_value_between_those_of_the_space_is_not_called_outside(capsys):
    run_id = plain_run({"layers": 2.5}, loss=0.5)
    capsys.readouterr()
    nbsweep.sweep({**BAYES, "parameters": {"layers": {"min": 1, "max": 4}}}, prior_runs=[run_id])
    assert notes_of(capsys) == [
        "Note: prior runs: layers is 2.5 in 1 of 1, which is not among its values here; "
        "they are taken as far as they fit."
    ]


def test_a_run_under_way_is_left_out(capsys):
    run = nbsweep.init(config={"lr": 0.1})
    capsys.readouterr()
    sweep_id = nbsweep.sweep(BAYES, prior_runs=[run.id])
    run.finish()
    assert prior_of(sweep_id) == []
    assert "Note: prior runs: 1 of 1 is still under way and left out." in notes_of(capsys)


def test_a_grid_leaves_out_what_prior_runs_have_tried(capsys):
    runs = [plain_run({"a": 2}), plain_run({"a": 1}, fails=True), plain_run({"a": 9})]
    capsys.readouterr()
    grid = {"method": "grid", "parameters": {"a": {"values": [1, 2, 3, 4]}}}
    sweep = nbsweep.Sweep(nbsweep.sweep(grid, prior_runs=runs))
    assert notes_of(capsys) == ["Note: prior runs: 1 of 3 is not on this grid."]
    nbsweep.agent(sweep, train, count=2, show=False)
    assert [run.params["a"] for run in sweep.runs] == [3, 4]
    assert sweep.state == "FINISHED"


def test_runs_of_a_sweep_with_the_other_goal_are_told(capsys):
    up = {"name": "loss", "goal": "maximize"}
    several = [up, {"name": "size", "goal": "minimize"}]
    runs = [plain_run({"lr": 0.1, "optimizer": {"name": "adam"}}, loss=0.5)]
    for metric in ({"metric": LOSS}, {"metric": up}, {"metrics": several}):
        config = {"method": "random", "parameters": SPACE, "seed": 1, **metric}
        sweep_id = nbsweep.sweep(config)
        nbsweep.agent(sweep_id, train, count=2, show=False)
        runs += [run.id for run in nbsweep.Sweep(sweep_id).runs]
    capsys.readouterr()
    nbsweep.sweep(BAYES, prior_runs=runs)
    assert notes_of(capsys) == [
        "Note: prior runs: 4 of 7 are from sweeps whose goal for loss is maximize, and here it is "
        "minimize. Their values are taken as they are."
    ]
    nbsweep.sweep({**BAYES, "metric": up}, prior_runs=runs[:2])
    assert notes_of(capsys) == [
        "Note: prior runs: 1 of 2 is from a sweep whose goal for loss is minimize, and here it is "
        "maximize. Their values are taken as they are."
    ]
    nbsweep.sweep({**BAYES, "method": "random"}, prior_runs=runs)
    assert not any("goal" in note for note in notes_of(capsys))


def test_random_search_says_that_it_ignores_them(capsys):
    run_id = plain_run({"lr": 0.1}, loss=0.5)
    capsys.readouterr()
    nbsweep.sweep({**BAYES, "method": "random"}, prior_runs=[run_id])
    assert notes_of(capsys) == [
        'Note: prior runs: method "random" does not learn from runs, so they change nothing.'
    ]


def test_how_the_runs_ended_is_kept():
    runs = [plain_run({"lr": 0.1}, fails=True, loss=0.5), plain_run({"lr": 0.2}, loss=0.5)]
    config = {**BAYES, "parameters": {"lr": SPACE["lr"]}}
    sweep_id = nbsweep.sweep(config, prior_runs=runs)
    assert [entry["state"] for entry in prior_of(sweep_id)] == ["failed", "finished"]


def test_an_unknown_run_is_refused_before_the_sweep_exists():
    run_id = plain_run({"lr": 0.1}, loss=0.5)
    with pytest.raises(NotFoundError, match=r"prior_runs: There is no run 'nonesuch'") as caught:
        nbsweep.sweep(BAYES, prior_runs=[run_id, "nonesuch"])
    assert caught.value.subject_id == "nonesuch"
    with pytest.raises(UsageError, match="no sweep yet"):
        nbsweep.resume(None, train)


def test_a_sweep_id_in_the_place_of_run_ids_gets_the_right_expression():
    sweep_id = nbsweep.sweep(BAYES)
    with pytest.raises(NotFoundError) as caught:
        nbsweep.sweep(BAYES, prior_runs=[sweep_id])
    assert str(caught.value) == (
        f"prior_runs: {sweep_id} is a sweep. Its runs are "
        f"prior_runs=[run.id for run in nbsweep.Sweep('{sweep_id}').runs]."
    )


@pytest.mark.parametrize("given", ["abc", [1], [None]])
def test_what_is_no_list_of_ids_is_refused(given):
    with pytest.raises(UsageError, match="a list of run ids is needed"):
        nbsweep.sweep(BAYES, prior_runs=given)


def test_a_grid_knows_dict_values_that_the_training_code_gave_more_keys(capsys):
    """As W&B's engine does; compared with it below."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic 2 deprecates how `sweeps` uses it
        sweeps = pytest.importorskip("sweeps")
    models = [{"name": "cnn", "depth": 2}, {"name": "mlp", "width": 8}]
    parameters = {"model": {"values": models}, "seed": {"values": [1, 2]}}
    config = {"method": "grid", "metric": LOSS, "parameters": parameters}
    ran = [
        {"model": {**models[0], "n_weights": 1234}, "seed": 1, "note": "x"},
        {"model": {**models[1], "inner": {"a": 1}}, "seed": 2},
        {"model": {**models[1], "depth": 2}, "seed": 1},  # a key that another value has
        {"model": {"name": "cnn"}, "seed": 2},  # one is missing
    ]
    runs = [plain_run(config_of_run, loss=1.0) for config_of_run in ran]
    capsys.readouterr()
    sweep_id = nbsweep.sweep(config, prior_runs=runs)
    assert notes_of(capsys) == ["Note: prior runs: 2 of 4 are not on this grid."]
    nbsweep.agent(sweep_id, train, show=False)
    mine = [(run.config["model"], run.config["seed"]) for run in nbsweep.Sweep(sweep_id).runs]
    known = [
        sweeps.SweepRun(config={name: {"value": value} for name, value in held.items()})
        for held in ran
    ]
    theirs = [run for run in sweeps.next_runs(config, known, n=5) if run is not None]
    assert mine == [
        tuple(run.config[name]["value"] for name in ("model", "seed")) for run in theirs
    ]
    assert mine == [(models[0], 2), (models[1], 1)]


def test_other_methods_know_such_values_as_well(capsys):
    space = {"model": {"values": [{"name": "a"}, {"name": "b"}]}, "lr": {"min": 0.0, "max": 1.0}}
    run = plain_run({"model": {"name": "a", "params": 12}, "lr": 0.5}, loss=1.0)
    capsys.readouterr()
    sweep_id = nbsweep.sweep({**BAYES, "parameters": space}, prior_runs=[run])
    assert notes_of(capsys) == []
    assert prior_of(sweep_id)[0]["params"] == {"model": {"name": "a"}, "lr": 0.5}


SEVERAL = {
    "method": "bayes",
    "parameters": {"lr": SPACE["lr"]},
    "metrics": [LOSS, {"name": "accuracy", "goal": "maximize"}, {"name": "ms", "at_most": 20}],
    "seed": 1,
}


def test_each_metric_of_prior_runs_is_kept(capsys):
    """Also one that a run logged as nan, which is none; and a best value by its mode."""
    metrics = [LOSS, {"name": "accuracy", "goal": "maximize", "mode": "best"}]
    with nbsweep.init(config={"lr": 0.1}) as run:
        run.define_metric("accuracy", summary="max")
        run.log({"loss": 0.5, "accuracy": 0.9})
        run.log({"loss": 0.4, "accuracy": 0.7})
    other = plain_run({"lr": 0.2}, loss=float("nan"), accuracy=0.6)
    sweep_id = nbsweep.sweep({**SEVERAL, "metrics": metrics}, prior_runs=[run.id, other])
    first, second = prior_of(sweep_id)
    assert (first["value"], first["values"]) == (0.4, {"loss": 0.4, "accuracy": 0.9})
    assert (second["value"], second["values"]) == (None, {"accuracy": 0.6})


def test_metrics_that_prior_runs_lack_are_told_one_by_one(capsys):
    runs = [plain_run({"lr": 0.1}, loss=0.5, accuracy=0.9), plain_run({"lr": 0.2}, loss=0.4)]
    capsys.readouterr()
    nbsweep.sweep(SEVERAL, prior_runs=runs)
    assert notes_of(capsys) == [
        "Note: prior runs: 1 of 2 is without a value of accuracy.",
        "Note: prior runs: 2 of 2 are without a value of ms.",
    ]
