"""Studies of Optuna as sweeps."""

import math
import warnings

import pytest

import nbsweep
from nbsweep import sweep_config
from nbsweep.errors import StoreError, UsageError
from nbsweep.importers import bring_in
from nbsweep.importers.optuna_study import read_study
from nbsweep.runs import session

optuna = pytest.importorskip("optuna")
URL = "sqlite:///study.db"


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)
    nbsweep.setup(None)


def objective(trial):
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    trial.suggest_float("dropout", 0.1, 0.5, step=0.1)
    trial.suggest_int("width", 16, 256, step=16)
    trial.suggest_float("offset", 0.05, 0.35, step=0.1)
    trial.suggest_int("batch", 1, 64, log=True)
    if trial.suggest_categorical("optimizer", ["adam", "sgd", None]) == "sgd":
        trial.suggest_float("momentum", 0.0, 0.99)
    trial.suggest_categorical("fixed", [7])
    trial.set_user_attr("test_acc", 0.25)
    for step in range(3):
        trial.report(abs(math.log10(lr) + 3) + 1 / (step + 1), step)
        if trial.number == 4 and step == 1:
            raise optuna.TrialPruned
    if trial.number == 5:
        raise ValueError("no data")
    return abs(math.log10(lr) + 3) + layers / 100


def make(storage=URL, **more):
    sampler = optuna.samplers.RandomSampler(seed=3)
    study = optuna.create_study(storage=storage, study_name="digits", sampler=sampler, **more)
    study.optimize(objective, n_trials=8, catch=(ValueError,))
    return study


def test_a_study_becomes_a_sweep_with_the_same_space_and_runs():
    study = make()
    study.ask()  # a trial under way
    foreign = read_study(URL)
    assert foreign.config["parameters"] == {
        "batch": {"distribution": "q_log_uniform_values", "min": 1, "max": 64, "q": 1},
        "dropout": {"distribution": "q_uniform", "min": 0.1, "max": 0.5, "q": 0.1},
        "fixed": {"value": 7},
        "layers": {"distribution": "int_uniform", "min": 1, "max": 4},
        "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
        "momentum": {
            "distribution": "uniform",
            "min": 0.0,
            "max": 0.99,
            "when": {"optimizer": "sgd"},
        },
        "offset": {"values": [0.05, 0.15, 0.25, 0.35]},
        "optimizer": {"values": ["adam", "sgd", None]},
        "width": {"distribution": "q_uniform", "min": 16, "max": 256, "q": 16},
    }
    assert foreign.config["metric"] == {"name": "value", "goal": "minimize"}
    assert foreign.notes[0] == "1 of 9 trials had not ended: left out."
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "old"))
    assert (sweep.name, sweep.project, sweep.state) == ("digits", "old", "FINISHED")
    states = [run.state for run in sweep.runs]
    assert states == ["finished"] * 4 + ["stopped", "failed"] + ["finished"] * 2
    for run, trial in zip(sweep.runs, study.trials, strict=False):
        assert run.name == f"trial-{trial.number}"
        assert run.params == {
            name: pytest.approx(value) if isinstance(value, float) else value
            for name, value in trial.params.items()
        }
        if trial.value is not None:
            assert (run.metric, run.summary["test_acc"]) == (trial.value, 0.25)
            assert run.duration_s == pytest.approx(trial.duration.total_seconds(), abs=1e-3)
    assert [row["value"] for row in sweep.runs[4].history()] == list(
        study.trials[4].intermediate_values.values()
    )
    assert sweep.best_run().metric == study.best_value
    assert "Imported from Optuna's study 'digits'" in str(sweep.why(1))


def test_every_trial_lies_in_the_space_of_the_sweep():
    make()
    foreign = read_study(URL)
    space = sweep_config.parse(foreign.config).space
    for run in foreign.runs:
        for parameter in space:
            if parameter.name in run.params:
                assert parameter.distribution.contains(run.params[parameter.name]), parameter.name


def test_an_imported_sweep_is_plotted_learnt_from_and_resumed():
    make()
    sweep = nbsweep.Sweep(bring_in(read_study(URL), session.store(), "old"))
    assert len(sweep.parallel_coordinates().data) > 0
    sweep.importance()

    def train():
        with nbsweep.init() as run:
            run.log({"value": abs(math.log10(run.config.lr) + 3)})

    nbsweep.resume(sweep.id, train, count=2, show=False)
    assert [run.number for run in sweep.runs] == list(range(1, 11))
    assert sweep.runs[-1].origin["method"] == "bayes"
    again = nbsweep.sweep(sweep.config, prior_runs=[run.id for run in sweep.runs])
    assert len(nbsweep.Sweep(again).store.sweep(again).prior) == 10


def test_several_objectives_become_several_metrics():
    study = optuna.create_study(storage=URL, study_name="two", directions=["maximize", "minimize"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study.set_metric_names(["accuracy", "size"])
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 3.0), n_trials=2)
    foreign = read_study(URL, "two")
    assert "metric" not in foreign.config
    assert foreign.config["metrics"] == [
        {"name": "accuracy", "goal": "maximize"},
        {"name": "size", "goal": "minimize"},
    ]
    assert foreign.notes == []
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    accuracies = [trial.values[0] for trial in study.trials]
    assert [run.metrics for run in sweep.runs] == [
        {"accuracy": accuracy, "size": 3.0} for accuracy in accuracies
    ]
    again = nbsweep.sweep(sweep.config, prior_runs=[run.id for run in sweep.runs])
    entries = nbsweep.Sweep(again).store.sweep(again).prior
    assert [entry["values"] for entry in entries] == [run.metrics for run in sweep.runs]


@pytest.mark.parametrize("directions", [["minimize"], ["minimize", "maximize"]])
def test_constraints_become_limits(directions):
    """In the forms of both `constraints_func` and `set_constraint`; one trial has none."""
    study = optuna.create_study(storage=URL, study_name="tight", directions=directions)
    law = {"x": optuna.distributions.FloatDistribution(0, 1)}
    for x, attributes in [
        (0.1, {"constraints": [-0.5, 2.0]}),
        (0.2, {"constraints:0": 1.0, "constraints:1": -1.0}),
        (0.3, {}),
    ]:
        study.add_trial(
            optuna.trial.create_trial(
                values=[x] * len(directions),
                params={"x": x},
                distributions=law,
                system_attrs=attributes,
            )
        )
    foreign = read_study(URL, "tight")
    *objectives, first, second = foreign.config["metrics"]
    assert [each["goal"] for each in objectives] == directions
    assert first == {"name": "constraint_0", "at_most": 0}
    assert second == {"name": "constraint_1", "at_most": 0}
    assert foreign.notes == [
        "constraint_0 and constraint_1 are limits: Optuna's constraints, kept where each is at "
        "most 0."
    ]
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    values = [list(run.metrics.values())[-2:] for run in sweep.runs]
    assert values == [[-0.5, 2.0], [1.0, -1.0], [None, None]]


def two_objectives(names=("accuracy", "size")):
    study = optuna.create_study(storage=URL, study_name="two", directions=["maximize", "minimize"])
    if names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            study.set_metric_names(list(names))
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 3.0), n_trials=2)


def test_the_metric_may_be_any_of_several_objectives():
    two_objectives()
    foreign = read_study(URL, "two", metric="size")
    assert foreign.config["metric"] == {"name": "size", "goal": "minimize"}
    assert set(foreign.runs[0].summary) == {"accuracy", "size"}
    assert foreign.runs[0].history[0].values == foreign.runs[0].summary
    assert foreign.notes == ["of 2 objectives size is the metric; also kept: accuracy."]
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    assert [run.metric for run in sweep.runs] == [3.0, 3.0]
    with pytest.raises(UsageError) as caught:
        read_study(URL, "two", metric="accurracy")
    assert str(caught.value) == (
        'The study has no objective "accurracy". Did you mean "accuracy"? There are accuracy, size.'
    )


def test_objectives_without_names_are_numbered_and_the_first_can_be_given_one():
    two_objectives(names=None)
    assert read_study(URL, "two").config["metrics"] == [
        {"name": "value_0", "goal": "maximize"},
        {"name": "value_1", "goal": "minimize"},
    ]
    assert read_study(URL, "two", metric="value_1").config["metric"]["goal"] == "minimize"
    foreign = read_study(URL, "two", metric="accuracy")
    assert foreign.config["metric"] == {"name": "accuracy", "goal": "maximize"}
    assert set(foreign.runs[0].summary) == {"accuracy", "value_1"}


def test_names_that_a_config_cannot_have_are_changed_with_a_note():
    study = optuna.create_study(storage=URL, study_name="names")

    def objective(trial):
        kind = trial.suggest_categorical("the kind", ["a", "b"])
        if kind == "a":
            trial.suggest_float("größe/a", 0, 1, step=0.25)
        return 1.0

    for kind in ("a", "b", "a", "b"):
        study.enqueue_trial({"the kind": kind})
    study.optimize(objective, n_trials=4)
    foreign = read_study(URL)
    assert foreign.config["parameters"]["groesse_a"]["when"] == {"the_kind": "a"}
    assert set(foreign.runs[0].params) == {"the_kind", "groesse_a"}
    assert foreign.notes == [
        "Parameters have other names here, as a sweep config allows: "
        '"the kind" → the_kind, "größe/a" → groesse_a. Training code that goes on with the '
        "sweep reads them from its config by these.",
        'groesse_a has a value only when the_kind is "a", as the runs show.',
    ]
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    assert [run.params for run in sweep.runs][1] == {"the_kind": "b"}


def test_a_conditional_study_goes_on_in_its_branches():
    study = optuna.create_study(
        storage=URL, study_name="layers", sampler=optuna.samplers.RandomSampler(seed=1)
    )

    def objective(trial):
        layers = trial.suggest_int("layers", 1, 3)
        return sum(trial.suggest_int(f"units_{i}", 4, 64) for i in range(layers)) / layers

    study.optimize(objective, n_trials=20)
    foreign = read_study(URL)
    specs = foreign.config["parameters"]
    assert "when" not in specs["units_0"]
    assert specs["units_1"]["when"] == {"layers": [2, 3]}
    assert specs["units_2"]["when"] == {"layers": 3}
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))

    def train():
        with nbsweep.init() as run:
            units = [run.config[f"units_{i}"] for i in range(run.config["layers"])]
            assert f"units_{len(units)}" not in run.config
            run.log({"value": sum(units)})

    nbsweep.resume(sweep.id, train, count=3, show=False)
    assert [run.state for run in sweep.runs[-3:]] == ["finished"] * 3


def test_a_file_is_enough_also_a_journal(tmp_path):
    make()
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    make(JournalStorage(JournalFileBackend("journal.log")))
    for path in ("study.db", str(tmp_path / "journal.log")):
        assert len(read_study(path, metric="loss").runs) == 8


def test_a_study_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(UsageError) as caught:
        read_study("sqlite:///nonesuch.db")
    assert str(caught.value) == "There is no file 'nonesuch.db'."
    assert list(tmp_path.iterdir()) == []
    for name in ("b", "a"):
        optuna.create_study(storage=URL, study_name=name)
    with pytest.raises(UsageError) as caught:
        read_study(URL, "c")
    assert str(caught.value) == "sqlite:///study.db has no study 'c'. It has 'a', 'b'."
    with pytest.raises(UsageError) as caught:
        read_study("study.db")
    assert (
        str(caught.value)
        == "study.db has several studies. It has 'a', 'b'. Name one: --study NAME."
    )
    with pytest.raises(UsageError) as caught:
        bring_in(read_study(URL, "a"), session.store(), "p")
    assert str(caught.value) == "Optuna's study 'a' has no runs to import."


def test_a_file_that_is_no_storage_is_an_error_of_the_store(tmp_path):
    (tmp_path / "study.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(StoreError, match=r"study\.db cannot be read by Optuna"):
        read_study("study.db")
