"""`nbsweep continue`, as a terminal sees it."""

import pytest
from click.testing import CliRunner

import nbsweep
from nbsweep.cli import main


def train():
    with nbsweep.init() as run:
        for epoch in range(run.config.epochs):
            run.log({"loss": run.config.lr / (1 + epoch)})
            run.checkpoint(lambda folder: (folder / "x").write_text("x"))


@pytest.fixture
def sweep():
    parameters = {"lr": {"values": [3, 1, 2]}, "epochs": {"value": 2}}
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": parameters}
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, train, show=False, executor="inline")
    return nbsweep.Sweep(sweep_id)


def call(*arguments, code=0):
    result = CliRunner().invoke(main, ["continue", *arguments], prog_name="nbsweep")
    assert result.exit_code == code, result.output
    return result.output


def requests(sweep):
    return {run.number: run.continue_requested.get("config") for run in sweep.snapshot().runs}


def test_the_best_are_asked_to_go_on(sweep):
    assert call(sweep.id, "--best", "2", "--iterations", "5") == (
        f"Asked for: runs 2, 3. An agent goes on with them first: nbsweep agent {sweep.id} "
        "--count 2\n"
    )
    assert requests(sweep) == {1: None, 2: {"epochs": 7}, 3: {"epochs": 7}}
    assert sweep.state == "RUNNING"


def test_values_are_read_as_yaml(sweep):
    output = call(
        *(sweep.id, "3", "--set", "epochs=9", "--set", "lr=1e-5"),
        *("--set", "name=adam w", "--set", "flag=true", "--set", "sizes=[1, 2]"),
    )
    assert output.startswith("Asked for: run 3. An agent goes on with it first: ")
    values = {"epochs": 9, "lr": 1e-5, "name": "adam w", "flag": True, "sizes": [1, 2]}
    assert requests(sweep)[3] == values


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "continue: name runs by number or id, or give --best N."),
        (["1", "--best", "2"], "continue: name runs by number or id, or give --best N."),
        (["1", "--set", "epochs"], "--set epochs: KEY=VALUE is needed, such as --set epochs=60."),
        (["7"], "has no run 7. `.runs` lists them."),
    ],
)
def test_what_makes_no_sense_is_refused(sweep, arguments, text):
    assert text in call(sweep.id, *arguments, code=2)
    assert requests(sweep) == {1: None, 2: None, 3: None}


def test_without_a_result_none_is_the_best():
    sweep_id = nbsweep.sweep(
        {"method": "random", "metric": {"name": "loss"}, "parameters": {"lr": {"value": 1}}}
    )
    assert f"continue: no run of sweep {sweep_id} has a result yet." in call(
        sweep_id, "--best", "1", code=2
    )
