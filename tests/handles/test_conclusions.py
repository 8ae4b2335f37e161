"""`Sweep.takeaways` and `Sweep.next_space`, on sweeps that were run."""

import math
import re

import pytest

import nbsweep
from nbsweep.errors import UsageError

CONFIG = {
    "method": "random",
    "name": "demo",
    "seed": 7,
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-3},
        "optimizer": {"values": ["adam", "<sgd>"]},
    },
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        off = 0.3 * (math.log10(run.config.lr) + 1.5) ** 2
        run.log({"loss": off, "size": 1.0 + (run.config.optimizer == "adam")})


def swept(count=30, **changes):
    sweep_id = nbsweep.sweep({**CONFIG, **changes}, project="p")
    if count:
        nbsweep.agent(sweep_id, train, count=count, show=False)
    return nbsweep.Sweep(sweep_id)


def test_takeaways_print_as_sentences_and_have_records():
    told = swept().takeaways()
    assert told[0].text.startswith("Higher lr did better: ")
    assert str(told) == repr(told) == "\n".join(f"- {each.text}" for each in told)
    assert told.sentence == ""
    assert told.records[0] == {
        "text": told[0].text,
        "n": 30,
        "p_value": told[0].p_value,
        "effect": told[0].effect,
        "parameter": "lr",
        "kind": "trend",
        "metric": "loss",
    }
    assert f"<li>{told[0].text}</li>" in told._repr_html_()


def test_takeaways_of_another_metric_and_text_of_users_is_escaped():
    told = swept().takeaways(metric="size")
    assert [each.parameter for each in told if each.p_value is not None] == ["optimizer"]
    assert "optimizer <sgd> did better than adam" in str(told) or "<sgd>" in str(told)
    assert "&lt;sgd&gt;" in told._repr_html_()
    assert "<sgd>" not in told._repr_html_()


def test_no_takeaways_are_a_sentence():
    told = swept(count=0).takeaways()
    assert list(told) == []
    assert str(told) == "No takeaways yet: no run with a value of loss, 8 are needed."
    assert told._repr_html_() == f"<div><div>{told}</div></div>"


def test_the_next_space_is_a_sweep_to_look_at_then_to_create():
    sweep = swept(method="bayes")
    after = sweep.next_space()
    assert after.config["name"] == "demo, next"
    spec = after.config["parameters"]["lr"]
    assert spec["max"] > 1e-3
    assert spec["distribution"] == "log_uniform_values"
    assert after.reasons == after.changes
    assert re.match(
        r"lr: 1e-06 to 0\.001, log → \S+ to \S+, log\. .* sit at lr's upper end, 0\.001",
        after.reasons[0],
    )
    assert after.summary.startswith(f"Where to search after {sweep.id}:\n  lr: ")
    assert "prior_runs=parent.run_ids_inside(sweep_config)" in after.code
    inside = [r.id for r in sweep.runs if spec["min"] <= r.params["lr"] <= spec["max"]]
    assert sorted(after.prior_runs) == sorted(inside)
    assert inside
    child = nbsweep.Sweep(after.create())
    assert child.config == after.config
    assert {entry["run_id"] for entry in child.snapshot().sweep.prior_runs} == set(inside)


def test_the_best_beyond_the_range_is_found_after_two_steps():
    sweep = swept(method="bayes", count=15)
    for _ in range(2):
        sweep = nbsweep.Sweep(sweep.next_space().create())
        nbsweep.agent(sweep.id, train, count=15, show=False)
    assert sweep.best_run().metric < 0.02
    assert sweep.best_run().params["lr"] == pytest.approx(10**-1.5, rel=0.8)


def test_nothing_to_change_is_said_and_not_created():
    after = swept(count=3).next_space()
    reason = "Nothing to change. No takeaways yet: 3 runs with a value of loss, 8 are needed."
    assert after.reasons == (reason,)
    assert after.changes == ()
    assert after.config["parameters"] == CONFIG["parameters"]
    assert str(after) == f"The space of {after.parent_id} stays as it is:\n  {reason}"
    assert reason in after._repr_html_()
    with pytest.raises(UsageError) as error:
        after.create()
    assert str(error.value) == (
        f"next_space: the space would be that of sweep {after.parent_id}, so there is no sweep "
        f"to create. {reason}"
    )


def test_without_a_metric_both_are_sentences():
    config = {key: value for key, value in CONFIG.items() if key != "metric"}
    sweep_id = nbsweep.sweep(config, project="p")
    nbsweep.agent(sweep_id, train, count=9, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    sentence = "No takeaways: the sweep has no metric that parameters could decide."
    assert str(sweep.takeaways()) == sentence
    assert sweep.next_space().reasons == (f"Nothing to change. {sentence}",)


def test_narrow_reads_as_before():
    text = str(swept(method="bayes").narrow({"lr": (1e-5, 1e-4)}))
    assert text.startswith("A narrower sweep than ")
    assert "of its runs are inside and count" in text
