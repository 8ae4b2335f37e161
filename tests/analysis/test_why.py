"""What `Sweep.why` says of a run, for each way in which a run comes to its params."""

import dataclasses

import pytest

from nbsweep.analysis.why import explain, explain_prior
from nbsweep.records import Observation, RunState, Suggestion
from nbsweep.search import generator
from nbsweep.search.bayes_search import suggest

SPACE = {"lr": {"min": 0.0, "max": 1.0}, "opt": {"values": ["adam", "sgd"]}, "epochs": {"value": 5}}
LOSS = {"name": "loss", "goal": "minimize"}
MODEL = {
    "method": "bayes",
    "why": "model",
    "observations": 11,
    "pending": 2,
    "predicted_mean": 0.31,
    "predicted_sd": 0.04,
    "expected_improvement": 0.0213,
    "probability_of_improvement": 0.62,
    "probability_of_success": None,
}


@pytest.fixture
def why(make_sweep):
    """Explains a run of that origin and those fields, the 3rd of a sweep."""

    def told(origin, *, method="bayes", state=RunState.FINISHED, value=0.3, prior=(), **fields):
        metric = fields.pop("metric", LOSS)
        sweep = make_sweep({"method": method, "metric": metric, "parameters": SPACE})
        for earlier in (0.5, 0.33):
            sweep.add(summary={"loss": earlier})
        summary = {} if value is None else {"loss": value}
        fields = {"created_at": sweep.runs[-1].ended_at + 1, **fields}
        params = {"lr": 0.25, "opt": "adam", "epochs": 5}
        run = sweep.add(state, origin=origin, summary=summary, params=params, **fields)
        snapshot = sweep.snapshot()
        record = dataclasses.replace(snapshot.sweep, prior=prior)
        return explain(run, dataclasses.replace(snapshot, sweep=record), sweep.config)

    return told


def test_a_run_that_the_model_chose(why):
    assert str(why(MODEL)) == (
        "Run 3 (brisk-sweep-3): lr = 0.25, opt = adam\n"
        "  Chosen where a model of 11 runs (and 2 under way) expected the largest improvement of "
        "loss.\n"
        "  Predicted loss: 0.31 ± 0.04; the best until then was 0.33.\n"
        "  Chance to beat the best: 62 %; improvement to expect, all chances weighed: 0.0213.\n"
        "  It came out as 0.3, as predicted."
    )


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (
            {"predicted_seconds": 40.2},
            "Time counted, too: a run there takes about 40 s; it took 38 s.",
        ),
        (
            {"predicted_seconds": 40.2, "time_left_s": 305.0},
            "Time counted, too: a run there takes about 40 s; it took 38 s. 5 min 05 s were left.",
        ),
        (
            {"predicted_seconds": None},
            "Time counted, too, but too few runs had ended to tell how long one takes.",
        ),
    ],
)
def test_how_long_a_run_was_to_take_where_that_counted(why, origin, said):
    sentences = why({**MODEL, **origin}, started_at=100.0, ended_at=138.0).sentences
    assert sentences[1] == said
    assert len(sentences) == 5


def test_of_a_run_that_broke_it_is_not_told_how_long_it_took(why):
    origin = {**MODEL, "predicted_seconds": 40.2}
    sentences = why(origin, state=RunState.CRASHED, started_at=100.0, ended_at=138.0).sentences
    assert sentences[1] == "Time counted, too: a run there takes about 40 s."


def test_prior_runs_and_only_runs_that_had_ended_count_for_the_best_until_then(why):
    prior = [
        {"run_id": "a", "params": {"lr": 0.1}, "value": 0.2, "state": "finished"},
        {"run_id": "b", "params": {"lr": 0.1}, "value": 0.1, "state": "failed"},
    ]
    assert "the best until then was 0.2." in why(MODEL, prior=prior).sentences[1]
    assert why(MODEL, created_at=0.0).sentences[1] == "Predicted loss: 0.31 ± 0.04."


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        ("minimize", 0.26, "better than predicted"),
        ("minimize", 0.36, "worse than predicted"),
        ("minimize", 0.1, "far better than predicted"),
        ("maximize", 0.1, "far worse than predicted"),
        ("maximize", 0.36, "better than predicted"),
    ],
)
def test_how_it_came_out_is_told_by_the_goal(why, goal, value, verdict):
    told = why(MODEL, value=value, metric={"name": "loss", "goal": goal})
    assert told.sentences[-1] == f"It came out as {value}, {verdict}."


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (RunState.FAILED, "It failed."),
        (RunState.KILLED, "It was killed."),
        (RunState.FINISHED, "It ended without a value of loss."),
    ],
)
def test_a_run_without_a_value_is_no_surprise_to_the_model(why, state, said):
    assert why(MODEL, state=state, value=None).sentences[-1] == said


def test_a_run_under_way_has_a_prediction_and_no_outcome(why):
    told = why(MODEL, state=RunState.RUNNING, value=None)
    assert told.sentences[-1].startswith("Chance to beat the best")


def test_failures_are_told_with_the_chance_of_another(why):
    told = why({**MODEL, "probability_of_success": 0.004})
    assert "Chance that a run there does not fail, after those that did: below 1 %." in (
        told.sentences
    )


def test_startup_exploration_grid_and_random(why):
    none = dict.fromkeys(["predicted_mean", "predicted_sd"])
    first = {"method": "bayes", "why": "start-up", "observations": 1, "pending": 0, **none}
    assert why(first).sentences == (
        "One of the first runs, which are spread over the search space until there is enough to "
        "learn from: loss was known of 1 run.",
    )
    assert why({**first, "why": "exploration"}).sentences == (
        "Chosen to explore: a model of 1 run could not tell which points are better, because loss "
        "was the same everywhere or does not follow from the parameters.",
    )
    assert why({"method": "random"}, method="random").sentences == (
        "Drawn at random from the distributions of the config; earlier runs play no part.",
    )
    assert why({}).sentences == ("Nothing is known of how its parameters were chosen.",)


def test_a_point_of_a_grid(make_sweep):
    space = {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}}
    sweep = make_sweep({"method": "grid", "parameters": space})
    run = sweep.add(origin={"method": "grid", "grid_index": 3}, params={"a": 2, "b": "y"})
    snapshot = sweep.snapshot()
    point = "Point 4 of 6 of the grid, b varying fastest."
    assert explain(run, snapshot, sweep.config).sentences == (point,)
    prior = [{"run_id": "r", "params": {"a": 1, "b": "x"}, "value": None}]
    snapshot = dataclasses.replace(snapshot, sweep=dataclasses.replace(snapshot.sweep, prior=prior))
    left_out = "Points that prior runs have tried are left out."
    assert explain(run, snapshot, sweep.config).sentences == (point, left_out)


def test_searchers_of_others(why):
    optuna = {"method": "custom", "sampler": "TPESampler", "observations": 7, "pending": 1}
    assert why(optuna, method="random").sentences == (
        "Suggested by Optuna's TPESampler, which had seen 7 runs (and 1 under way).",
    )
    ax = {"method": "custom", "engine": "ax", "observations": 7, "pending": 1}
    for node, sentence in {
        "MBM": "Suggested by Ax, whose model had seen 7 runs (and 1 under way).",
        "CenterOfSearchSpace": "The middle of the search space, where Ax starts.",
        "Sobol": "A point of the Sobol sequence by which Ax spreads runs over the search space.",
        "draw": "Drawn at random: what Ax suggested broke a constraint, or had been tried.",
    }.items():
        assert why({**ax, "generator": node}, method="random").sentences == (sentence,)
    failed = {**ax, "generator": "draw", "error": "NotPSDError: Matrix not positive definite."}
    assert why(failed, method="random").sentences == (
        "Drawn at random, since Ax suggested nothing: NotPSDError: Matrix not positive definite.",
    )
    mine = {"method": "custom", "temperature": 0.5}
    assert why(mine, method="random").sentences == (
        "Suggested by the search function that was given to the agent. It says: temperature: 0.5.",
    )


def test_a_retried_run_says_what_became_of_the_attempt_before(make_sweep):
    sweep = make_sweep()
    origin = {"method": "random"}
    sweep.add(RunState.CRASHED, origin=origin)
    again = sweep.add(number=1, attempt=1, id="again", origin=origin)
    assert explain(again, sweep.snapshot(), sweep.config).sentences[0] == (
        "Attempt 2: the one before crashed, so its parameters were handed out again."
    )


def test_a_prior_run(make_sweep):
    entry = {"run_id": "abc", "params": {"lr": 0.1}, "value": 0.25, "state": "finished"}
    assert str(explain_prior(entry, make_sweep().config)) == (
        "Run abc: lr = 0.1\n"
        "  A prior run: given to the sweep when it was made, not suggested by it.\n"
        "  Its loss was 0.25."
    )


def test_html_is_escaped_and_says_the_same(make_sweep):
    sweep = make_sweep({"method": "random", "parameters": {"p": {"values": ["<b>", "c"]}}})
    run = sweep.add(origin={"method": "random"}, params={"p": "<b>"}, name="<i>&")
    html = explain(run, sweep.snapshot(), sweep.config)._repr_html_()
    assert "Run 1 (&lt;i&gt;&amp;)" in html
    assert "p <b>&lt;b&gt;</b>" in html
    assert "<li>Drawn at random" in html


def test_whatever_bayes_writes_into_its_origin_is_told(make_sweep):
    """The real thing: no sentence is missing, whichever state the search is in."""
    sweep = make_sweep({"method": "bayes", "metric": LOSS, "parameters": SPACE})
    for number in range(1, 9):
        pending = [Suggestion({"lr": 0.5, "opt": "sgd", "epochs": 5})] if number == 8 else []
        suggestion = suggest(sweep.config, observed(sweep), pending, generator(1, number))
        state = RunState.FAILED if number == 5 else RunState.FINISHED
        summary = {} if number == 5 else {"loss": (suggestion.params["lr"] - 0.3) ** 2}
        run = sweep.add(state, origin=suggestion.origin, params=suggestion.params, summary=summary)
        told = explain(run, sweep.snapshot(), sweep.config)
        assert "None" not in str(told)
        expected = 4 if number <= 5 else 5  # from the first failure on, the chance of another
        if suggestion.origin["why"] == "start-up":
            expected = 1
        assert len(told.sentences) == expected
    assert told.sentences[0] == (
        "Chosen where a model of 6 runs (and 1 under way) expected the largest improvement of loss."
    )


def observed(sweep):
    return [
        Observation(run.params, run.summary.get("loss"), run.state, run.origin)
        for run in sweep.runs
    ]


@pytest.mark.parametrize(("edited_at", "best"), [(0.0, 0.5), (1e12, 0.2)])
def test_the_best_until_then_is_that_of_the_search_space_as_it_was(make_sweep, edited_at, best):
    sweep = make_sweep({"method": "bayes", "metric": LOSS, "parameters": SPACE})
    sweep.add(summary={"loss": 0.5})
    outside = {"lr": 3.0, "opt": "adam", "epochs": 5}
    sweep.add(summary={"loss": 0.2}, params=outside)
    run = sweep.add(origin=MODEL, created_at=sweep.runs[-1].ended_at + 1)
    snapshot = sweep.snapshot()
    record = dataclasses.replace(snapshot.sweep, edits=[{"at": edited_at}])
    told = explain(run, dataclasses.replace(snapshot, sweep=record), sweep.config)
    assert told.sentences[1].endswith(f"the best until then was {best}.")


def test_that_a_run_went_on_is_told_each_time_and_why(why):
    def mark(state, iteration, **more):
        return {"state": state, "iteration": iteration, "after": 1.0, "at": 2.0, **more}

    marks = [
        mark("stopped", 1, why="ends at 0.1; chance 90 %"),
        mark("crashed", 4),
        mark("finished", 5, requested=True, config={"epochs": 9}, anew=True),
    ]
    told = why({"method": "random", "continued": marks}, method="random").sentences
    assert told[:3] == (
        "It was stopped after 1 iteration and went on: ends at 0.1; chance 90 %.",
        "It crashed after 4 iterations and went on: it had been cut off.",
        "It finished after 5 iterations and went on: somebody asked for it, with epochs = 9. Its "
        "code began anew.",
    )


def test_what_earlier_sweeps_had_to_do_with_a_run(why):
    said = str(why({**MODEL, "past": {"k3w9x2ab": 0.62, "p7d2m4qx": 0.1, "z1z1z1z1": 0.0}}))
    assert (
        "  What to expect beforehand came from earlier sweeps, by what they foretell: "
        "k3w9x2ab (62 %) and p7d2m4qx (10 %).\n"
    ) in said
    said = str(why({**MODEL, "past": {"k3w9x2ab": 0.0}}))
    assert "  Earlier sweeps do not foretell the runs so far, and had no part in it.\n" in said
    first = {**MODEL, "why": "start-up", "observations": 0, "past": {"k3w9x2ab": 1.0}}
    assert str(why({**first, "predicted_mean": None})).splitlines()[1:] == [
        "  One of the best points of earlier sweeps, which the first runs try.",
        "  These were: k3w9x2ab (100 %).",
    ]


def test_a_run_of_an_earlier_sweep(make_sweep):
    config = make_sweep({"method": "bayes", "metric": LOSS, "parameters": SPACE}).config
    entry = {"run_id": "abc", "params": {"lr": 0.5}, "value": 0.2, "sweep": "k3w9x2ab"}
    assert str(explain_prior(entry, config)) == (
        "Run abc: lr = 0.5\n"
        "  A run of the earlier sweep k3w9x2ab, which tells what to expect.\n"
        "  Its loss was 0.2."
    )
