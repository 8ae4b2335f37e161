"""W&B's environment variables label the runs of a sweep as they label others."""

import sys

import pytest

import nbsweep
from nbsweep.runs import session

VARIABLES = {
    "WANDB_NAME": "night",
    "WANDB_NOTES": "on the new data",
    "WANDB_TAGS": "a,b,,",
    "WANDB_RUN_GROUP": "server",
    "WANDB_JOB_TYPE": "train",
}
CONFIG = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": [1, 2]}},
}


@pytest.fixture
def variables(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def store_file(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield tmp_path
    session.store().close()
    nbsweep.setup(None)


def labels(run):
    return (run.name, run.notes, tuple(run.tags), run.group, run.job_type)


def train(**given):
    with nbsweep.init(**given) as run:
        run.log({"loss": 1.0})


def runs_of(function, **options):
    sweep_id = nbsweep.sweep(CONFIG)
    nbsweep.agent(sweep_id, function, show=False, **options)
    runs = nbsweep.Sweep(sweep_id).runs
    assert [run.state for run in runs] == ["finished"] * 2
    return runs


EXPECTED = ("night", "on the new data", ("a", "b"), "server", "train")


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"executor": "processes"}])
def test_every_run_of_a_sweep_has_them(variables, options, store_file):
    assert [labels(run) for run in runs_of(train, **options)] == [EXPECTED] * 2


def test_so_has_a_run_outside(variables):
    with nbsweep.init(project="p") as run:
        pass
    assert labels(session.store().run(run.id)) == EXPECTED


def test_a_function_without_init_has_them_too(variables):
    assert [labels(run) for run in runs_of(lambda: None)] == [EXPECTED] * 2


def test_a_run_that_was_asked_for_has_them(variables):
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    with sweep.ask() as run:
        nbsweep.init().log({"loss": 1.0})
    assert labels(run) == labels(sweep.runs[0]) == EXPECTED


def test_what_init_is_given_wins(variables):
    given = {"name": "own", "tags": ["c"], "group": "mine"}
    expected = ("own", "on the new data", ("c",), "mine", "train")
    assert [labels(run) for run in runs_of(lambda: train(**given))] == [expected] * 2


def test_what_the_training_code_sets_before_init_counts(monkeypatch):
    def own():
        monkeypatch.setenv("WANDB_TAGS", "late")
        train()

    assert [tuple(run.tags) for run in runs_of(own)] == [("late",)] * 2


def test_a_later_init_leaves_what_was_set_since(variables):
    def renaming():
        nbsweep.init().name = "renamed"
        nbsweep.finish()
        train()

    assert [run.name for run in runs_of(renaming)] == ["renamed"] * 2


def test_a_program_has_them(variables, store_file, monkeypatch):
    monkeypatch.chdir(store_file)
    (store_file / "train.py").write_text(
        "import nbsweep\nwith nbsweep.init() as run:\n    run.log({'loss': 1.0})\n"
    )
    command = [sys.executable, "${program}"]
    sweep_id = nbsweep.sweep({**CONFIG, "program": "train.py", "command": command})
    nbsweep.agent(sweep_id, show=False)
    runs = nbsweep.Sweep(sweep_id).runs
    assert [(run.state, labels(run)) for run in runs] == [("finished", EXPECTED)] * 2


def test_without_variables_names_are_made_up():
    assert [labels(run)[1:] for run in runs_of(train)] == [(None, (), None, None)] * 2
    assert runs_of(train)[0].name.endswith("-1")
