"""`nbsweep confirm`, as a terminal sees it."""

import pytest
from click.testing import CliRunner

import nbsweep
from nbsweep.cli import main


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x + 0.01 * run.config.seed})


@pytest.fixture
def sweep():
    parameters = {"x": {"values": [3, 1, 2]}, "seed": {"value": 5}}
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": parameters}
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, train, show=False, executor="inline")
    return nbsweep.Sweep(sweep_id)


def call(*arguments, code=0):
    result = CliRunner().invoke(main, ["confirm", *arguments], prog_name="nbsweep")
    assert result.exit_code == code, result.output
    return result.output


def test_the_leaders_are_asked_for_and_told(sweep):
    output = call(sweep.id, "--top", "1", "--repeats", "2")
    assert output.startswith(
        f"2 runs of sweep {sweep.id} wait to repeat run 2, 2 times. Their seed, which the config "
        "holds at 5, is 6, 7; "
    )
    assert output.splitlines()[1] == sweep.leaders().sentence
    assert len(sweep.stored.record.queue) == 2


def test_seeds_stay_or_have_another_name(sweep):
    call(sweep.id, "--top", "1", "--repeats", "1", "--keep-seeds")
    call(sweep.id, "--top", "1", "--repeats", "1", "--seed-parameter", "seed")
    assert [entry["seed"] for entry in sweep.stored.record.queue] == [5, 6]
    assert "confirm: give --seed-parameter NAME or --keep-seeds, not both." in call(
        *(sweep.id, "--keep-seeds", "--seed-parameter", "seed"), code=2
    )


@pytest.mark.parametrize("option", ["--top", "--repeats"])
def test_none_is_refused(sweep, option):
    assert "0 is not in the range x>=1" in call(sweep.id, option, "0", code=2)
