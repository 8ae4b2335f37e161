"""What `Sweep.why` says of how far its predictions held, and of beliefs."""

from __future__ import annotations

import dataclasses

import pytest

from nbsweep.analysis.why import explain

CONFIG = {
    "method": "bayes",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"min": 0.0, "max": 1.0}},
}
MODEL = {
    "method": "bayes",
    "why": "model",
    "observations": 11,
    "pending": 0,
    "predicted_mean": 0.31,
    "predicted_sd": 0.04,
    "predicted_low": 0.28,
    "predicted_high": 0.4,
}


@pytest.fixture
def why(make_sweep):
    """Explains the last of some runs with these values, all predicted alike."""

    def told(*values, **origin):
        sweep = make_sweep(CONFIG)
        for value in values:
            run = sweep.add(origin={**MODEL, **origin}, summary={"loss": value})
        return explain(run, sweep.snapshot(), sweep.config)

    return told


def test_an_interval_is_told_with_the_prediction(why):
    assert "Predicted loss: 0.31 (80 % interval 0.28 to 0.4)" in str(why(0.3))


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (0.39, "It came out as 0.39, as predicted."),  # two sd off, and inside
        (0.27, "It came out as 0.27, better than predicted."),  # one sd off, and outside
        (0.45, "It came out as 0.45, far worse than predicted."),
    ],
)
def test_a_run_is_judged_by_its_interval(why, value, verdict):
    assert verdict in why(value).sentences


def test_how_many_predictions_held_so_far(why):
    explanation = why(0.3, 0.31, 0.5, 0.29, 0.2, 0.35)
    assert (explanation.predictions, explanation.held) == (6, 4)
    assert explanation.sentences[-1] == (
        "Of 6 predictions in this sweep so far, 4 held within their 80 % intervals."
    )


def test_of_few_predictions_nothing_is_said(why):
    explanation = why(0.3, 0.31, 0.5, 0.29)
    assert (explanation.predictions, explanation.held) == (4, 3)
    assert "so far" not in str(explanation)


def test_predictions_without_an_interval_are_not_counted(why):
    explanation = why(*[0.3] * 6, predicted_low=None, predicted_high=None)
    assert (explanation.predictions, explanation.held) == (0, 0)
    assert "Predicted loss: 0.31 ± 0.04." in str(explanation)
    assert "so far" not in str(explanation)


def test_runs_without_a_value_are_not_counted(make_sweep, why):
    sweep = make_sweep(CONFIG)
    for value in (0.3, 0.3, None):
        run = sweep.add(origin=MODEL, summary={} if value is None else {"loss": value})
    explanation = explain(run, sweep.snapshot(), sweep.config)
    assert (explanation.predictions, explanation.held) == (2, 2)


def test_a_drawn_seed_is_told(why):
    one, two = why(0.3, seeds=["seed"]).sentences, why(0.3, seeds=["a.seed", "b.seed"]).sentences
    said = "drawn at random: the model does not learn from the numbers of seeds."
    assert f"seed was {said}" in one
    assert f"a.seed and b.seed were {said}" in two
    assert not any("drawn" in sentence for sentence in why(0.3, seeds=[]).sentences)


def test_what_became_of_beliefs(why):
    followed = why(0.3, belief="followed").sentences
    assert followed[1] == "Beliefs about its parameters counted, the less the more runs had ended."
    reason = "outside of it 0.31 was reached, inside 0.42 is the best to hope for"
    both = why(0.3, belief="followed", belief_dropped={"lr": reason}).sentences
    assert both[1:3] == (
        f"The belief about lr was dropped: {reason}.",
        "The other beliefs counted, the less the more runs had ended.",
    )
    none = why(0.3, belief="dropped", belief_dropped={"lr": reason}).sentences
    assert none[1] == f"The belief about lr was dropped: {reason}."
    assert not any("counted" in sentence for sentence in none)


def test_an_explanation_can_be_made_without_numbers():
    from nbsweep.analysis.why import Explanation

    assert dataclasses.astuple(Explanation("Run 1", (), ()))[-2:] == (0, 0)
