"""`Sweep.believe`: a belief that comes while the sweep goes, and one that is withdrawn."""

from __future__ import annotations

import pytest

import nbsweep
from nbsweep.errors import ConfigError
from nbsweep.handles.update import update_config
from nbsweep.sweep_config import parse

LR = {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0}
CONFIG = {
    "method": "bayes",
    "metric": {"name": "loss", "goal": "minimize"},
    "seed": 7,
    "parameters": {
        "lr": LR,
        "optimizer": {"values": ["adam", "sgd"]},
        "net": {"parameters": {"width": {"min": 1, "max": 64}}},
    },
}


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.lr + (run.config.optimizer == "sgd")})


def made(count, **changes):
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, **changes}))
    if count:
        nbsweep.agent(sweep.id, train, count=count, show=False)
    return sweep


def test_a_belief_is_followed_from_the_next_suggestion_on_and_keeps_all_runs():
    sweep = made(6)
    sweep.believe({"lr": [1e-4, 1e-3], "optimizer": ["adam"], "net.width": [16, 32]})
    assert sweep.config["parameters"]["lr"] == {**LR, "belief": [1e-4, 1e-3]}
    assert sweep.config["parameters"]["net"]["parameters"]["width"]["belief"] == [16, 32]
    nbsweep.agent(sweep.id, train, count=2, show=False)
    assert "belief" not in sweep.runs[5].origin
    assert sweep.runs[6].origin["belief"] in ("followed", "dropped")
    assert sweep.runs[7].origin["observations"] == 7
    record = sweep.snapshot().sweep
    assert record.edits[0]["text"] == (
        'lr: belief none → 0.0001 to 0.001, log; optimizer: belief none → "adam"; '
        "net.width: belief none → 16 to 32"
    )
    assert not record.is_edited


def test_a_run_outside_of_the_range_still_counts_after_a_belief():
    sweep = made(0)
    sweep.enqueue({"lr": 1e-3, "optimizer": "sgd"})
    nbsweep.agent(sweep.id, train, count=4, show=False)
    sweep.believe({"lr": [1e-5, 1e-4]})
    nbsweep.agent(sweep.id, train, count=1, show=False)
    assert sweep.runs[4].origin["observations"] == 4


def test_none_withdraws_a_belief():
    sweep = made(0)
    sweep.believe({"lr": [1e-4, 1e-3], "optimizer": "adam"})
    sweep.believe({"lr": None})
    assert sweep.config["parameters"]["lr"] == LR
    assert sweep.config["parameters"]["optimizer"]["belief"] == "adam"
    sweep.believe({"lr": None})  # nothing to withdraw
    assert len(sweep.snapshot().sweep.edits) == 2


def test_runs_before_and_after_a_belief_are_recomputed_from_what_they_knew():
    sweep = made(6)
    sweep.believe({"lr": [1e-4, 1e-3]})
    nbsweep.agent(sweep.id, train, count=2, show=False)
    sweep.believe({"lr": None})
    nbsweep.agent(sweep.id, train, count=1, show=False)
    for run in sweep.runs[4:]:
        assert sweep.recompute(run) == run.params


def test_a_belief_about_nothing_or_outside_is_refused_and_changes_nothing():
    sweep = made(0)
    with pytest.raises(ConfigError) as unknown:
        sweep.believe({"learning_rate": [1e-4, 1e-3]})
    assert str(unknown.value).strip() == (
        "parameters.learning_rate: the sweep has no such parameter. "
        "Its parameters: lr, net.width, optimizer. A new parameter needs a new sweep."
    )
    with pytest.raises(ConfigError) as outside:
        sweep.believe({"optimizer": ["adam"], "lr": [2, 3]})
    assert str(outside.value).strip() == (
        "parameters.lr.belief: 2 to 3 is outside of what the parameter can be, 1e-05 to 1, log. "
        "Believe in a part of that, or widen it."
    )
    assert sweep.config == made(0).config
    assert sweep.snapshot().sweep.edits == ()


def test_an_updated_config_brings_its_beliefs_along():
    sweep = made(2)
    sweep.believe({"optimizer": ["adam"]})
    parameters = {**CONFIG["parameters"], "lr": {**LR, "belief": [1e-4, 1e-3]}}
    update_config(sweep.stored, parse({**CONFIG, "parameters": parameters}), "sweep.yaml")
    assert sweep.config["parameters"]["lr"]["belief"] == [1e-4, 1e-3]
    assert "belief" not in sweep.config["parameters"]["optimizer"]


def test_a_narrower_sweep_takes_the_beliefs_that_fit():
    sweep = made(0)
    sweep.believe({"lr": [1e-4, 1e-3]})
    parameters = sweep.narrow({"lr": (1e-5, 1e-2)}).config["parameters"]
    assert parameters["lr"]["belief"] == [1e-4, 1e-3]
    parameters = sweep.narrow({"lr": (1e-2, 1e-1)}).config["parameters"]
    assert "belief" not in parameters["lr"]


def test_an_agent_at_work_passes_beliefs_on():
    sweep = made(0)
    agent = nbsweep.agent(sweep.id, train, count=1, show=False, background=True)
    agent.believe({"lr": [1e-4, 1e-3]})
    agent.wait()
    assert sweep.config["parameters"]["lr"]["belief"] == [1e-4, 1e-3]


def test_what_changed_is_said_in_the_notes_and_by_why():
    sweep = made(6)
    sweep.believe({"lr": [0.5, 1.0]})
    nbsweep.agent(sweep.id, train, count=1, show=False)
    shown = " ".join(sweep._repr_mimebundle_()["text/plain"].split())
    assert "Beliefs changed after run 6: lr: belief none → 0.5 to 1, log." in shown
    said = [s for s in sweep.why(7).sentences if "elief" in s]
    origin = sweep.runs[6].origin
    if origin["belief"] == "dropped":
        assert said == [f"The belief about lr was dropped: {origin['belief_dropped']['lr']}."]
    else:
        assert said == ["Beliefs about its parameters counted, the less the more runs had ended."]
