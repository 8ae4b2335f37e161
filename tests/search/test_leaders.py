"""Which configurations are the best, and how sure that is."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nbsweep import sweep_config
from nbsweep.analysis.best import best_run
from nbsweep.analysis.leaders import sentence
from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord
from nbsweep.search.gp import GaussianProcess, Hyperparameters
from nbsweep.search.leaders import ranked
from nbsweep.search.repeat_choice import NODES, knowledge_gradients

X = {"min": 0.0, "max": 1.0}
REPEATED = {"replicate_of": 1, "why": "confirm"}


class Made:
    """A sweep of one parameter whose runs are given as (x, loss)."""

    made = 0

    def __init__(self, *pairs, metric=None, parameters=None, **config):
        Made.made += 1
        metric = metric or {"name": "loss", "goal": "minimize"}
        metric = {} if "metrics" in config else {"metric": metric}
        parameters = parameters or {"x": X}
        self.config = sweep_config.parse(
            {"method": "bayes", "parameters": parameters, **metric, **config}
        )
        self.record = SweepRecord(f"made{Made.made}", "p", None, self.config.source, 1)
        self.runs = []
        for x, loss in pairs:
            self.add({"x": x}, loss)

    def add(self, params, loss, state=RunState.FINISHED, **fields):
        number = len(self.runs) + 1
        summary = loss if isinstance(loss, dict) else {} if loss is None else {"loss": loss}
        self.runs.append(
            RunRecord(
                f"r{number}",
                "p",
                "made",
                number,
                params=params,
                summary=summary,
                state=state,
                **fields,
            )
        )
        return self

    def repeat(self, x, *losses, of=1):
        for loss in losses:
            self.add({"x": x}, loss, origin={"replicate_of": of, "why": "confirm"})
        return self

    def snapshot(self, **fields):
        return replace(Snapshot(self.record, tuple(self.runs), {}, 1, 0.0), **fields)

    def ranked(self):
        return ranked(self.snapshot(), self.config)


def valley(count=20, lucky=0.31, by=0.3):
    """A smooth valley around 0.6, and one run on its slope that came out far too well."""
    xs = np.linspace(0.0, 1.0, count)
    pairs = [(float(x), 4.0 * (float(x) - 0.6) ** 2 + 0.02 * math.sin(40 * x)) for x in xs]
    return [*pairs, (lucky, 4.0 * (lucky - 0.6) ** 2 - by)]


def test_the_luckiest_run_is_not_the_best_once_it_was_repeated():
    made = Made(*valley(by=0.4))
    assert best_run(made.snapshot(), made.config)[0].number == 21  # as where nothing is repeated
    made.repeat(0.31, 0.30, 0.36, 0.33, of=21)
    best, value = best_run(made.snapshot(), made.config)
    assert 0.5 < best.params["x"] < 0.7
    assert value == best.summary["loss"]
    chances = [each.chance for each in made.ranked()]
    assert sum(chances) == pytest.approx(1.0, abs=1e-9)
    beaten = next(e for e in made.ranked() if e.configuration.params == {"x": 0.31})
    assert beaten.configuration.n == 4
    assert not beaten.is_like_first
    assert beaten.chance < 0.01


def test_the_best_of_a_repeated_configuration_is_its_median_run():
    made = Made(*[(x, 1.0) for x in (0.0, 0.25, 0.75, 1.0)], (0.5, 0.30))
    made.repeat(0.5, 0.10, 0.21, of=5)
    best, value = best_run(made.snapshot(), made.config)
    assert (best.number, value) == (7, 0.21)


def test_of_two_that_look_alike_the_one_leads_of_which_more_is_known():
    values = {"a": [0.5], "b": [0.50, 0.45, 0.55, 0.52, 0.48], "c": [0.9, 1.0], "d": [1.1]}
    made = Made(parameters={"x": {"values": list(values)}})
    for name, losses in values.items():
        made.repeat(name, *losses)
    assert made.ranked()[0].configuration.params == {"x": "b"}


def test_high_values_lead_where_the_metric_is_maximised():
    made = Made(
        *[(x, 1.0 - (x - 0.3) ** 2) for x in np.linspace(0, 1, 9).tolist()],
        metric={"name": "loss", "goal": "maximize"},
    )
    made.repeat(0.25, 0.99, of=3)
    first, second = made.ranked()[:2]
    assert first.configuration.params["x"] == 0.25
    assert second.expected <= first.expected
    assert first.low < first.expected < first.high
    assert best_run(made.snapshot(), made.config)[1] == pytest.approx(0.9975)


def test_equal_runs_cannot_be_told_apart_and_share_the_chance():
    made = Made(*[(x / 4, 2.0) for x in range(5)]).repeat(0.0, 2.0)
    ranking = made.ranked()
    assert all(each.is_like_first for each in ranking)
    assert max(each.chance for each in ranking) < 0.6


def test_the_answer_depends_on_the_runs_alone():
    made = Made(*valley()).repeat(0.31, 0.3, of=21)
    curve = Curve("r3", RunState.FINISHED, (0, 1), (5.0, 6.0))
    with_curves = ranked(made.snapshot(curves={"r3": curve}, version=7), made.config)
    assert with_curves == made.ranked()
    pending = Made(*valley()).repeat(0.31, 0.3, of=21)
    pending.record = made.record
    pending.add({"x": 0.6}, None, RunState.RUNNING)
    assert [e.chance for e in pending.ranked()] == [e.chance for e in made.ranked()]


def test_runs_are_those_of_the_snapshot_that_was_asked_about():
    made = Made(*valley()).repeat(0.31, 0.3, of=21)
    made.ranked()
    made.runs = [replace(run, notes="later") for run in made.runs]
    assert {run.notes for each in made.ranked() for run in each.configuration.runs} == {"later"}


def test_a_configuration_keeps_a_limit_by_the_mean_of_its_runs():
    metrics = [
        {"name": "loss", "goal": "minimize"},
        {"name": "ms", "at_most": 20},
    ]
    made = Made(metrics=metrics)
    for x, loss, ms in [(0.0, 3.0, 5), (0.5, 1.0, 19), (0.9, 2.0, 18)]:
        made.add({"x": x}, {"loss": loss, "ms": ms})
    made.add({"x": 0.5}, {"loss": 1.0, "ms": 23}, origin={"replicate_of": 2})
    made.add({"x": 0.9}, {"loss": 2.0, "ms": 21}, origin={"replicate_of": 3})
    assert {each.configuration.params["x"] for each in made.ranked()} == {0.0, 0.9}
    only_broken = Made(metrics=metrics).add({"x": 0.5}, {"loss": 1.0, "ms": 99})
    only_broken.add({"x": 0.5}, {"loss": 1.0, "ms": 99}, origin={"replicate_of": 1})
    assert only_broken.ranked() == ()
    assert best_run(only_broken.snapshot(), only_broken.config) is None


def test_runs_that_an_edit_left_outside_were_tried_all_the_same():
    made = Made(*[(x, abs(x - 0.9)) for x in (0.1, 0.3, 0.5, 0.9)], parameters={"x": X})
    made.repeat(0.9, 0.01, of=4)
    made.record = replace(made.record, edits=({"at": 0.0, "text": "", "parameters": {}},))
    made.config = sweep_config.parse(
        {**made.config.source, "parameters": {"x": {"min": 0.0, "max": 0.6}}}
    )
    assert made.ranked()[0].configuration.params == {"x": 0.9}


def test_only_a_seed_is_searched():
    made = Made(parameters={"seed": {"values": [1, 2, 3]}})
    for seed, loss in ((1, 0.4), (2, 0.5), (3, 0.6)):
        made.add({"seed": seed}, loss)
    (only,) = made.ranked()
    assert (only.configuration.n, only.configuration.mean) == (3, pytest.approx(0.5))
    assert (only.chance, only.expected) == (1.0, pytest.approx(0.5))


@pytest.mark.parametrize("losses", [[1e300, -1e300, 3.0], [1e-300, 2e-300, 3e-300], [5.0]])
def test_extreme_values_have_an_answer(losses):
    made = Made(*[(i / 3, loss) for i, loss in enumerate(losses)]).repeat(0.0, losses[0])
    assert made.ranked()[0].configuration.mean == min(losses)


# In words


def said(made):
    return sentence(made.ranked(), made.config.metric, "ab12cd34")


def test_the_sentence_names_those_that_cannot_be_told_apart():
    assert said(Made()) == "No run of sweep ab12cd34 has a value of loss yet."
    assert said(Made((0.5, 1.0)).repeat(0.5, 2.0)) == (
        "Run 1 is of the only configuration with a value of loss, from 2 runs."
    )
    clear = Made(parameters={"x": {"values": ["a", "b", "c"]}})
    for name, losses in {"a": (5, 5.1, 4.9), "b": (1, 1.1, 0.9), "c": (9, 9.1, 8.9)}.items():
        clear.repeat(name, *losses)
    assert said(clear) == (
        "Run 4 is the best, and told apart from all others; the chance of that is above 99 %."
    )
    alike = Made((0.0, 2.0), (0.5, 2.0), (1.0, 2.0))
    assert said(alike).startswith("The first 3 (runs 2, ")
    assert ") cannot be told apart; run 2 is the best with a chance of " in said(alike)
    assert said(alike).endswith(
        "None of them was repeated, so how much luck there is in a run is only guessed from its "
        "neighbours."
    )


# What another run is worth


def test_knowledge_gradients_are_those_of_brute_force():
    x = np.array([[0.1], [0.35], [0.8]])
    y = np.array([0.2, -0.4, 0.5])
    at = Hyperparameters(np.array([0.3]), 1.0, 0.2)
    gp = GaussianProcess(x, y, np.array([False]), at)
    points = np.vstack([x[1:2], x[:1], [[0.5]]])
    gains = knowledge_gradients(gp, points)
    rng = np.random.default_rng(0)
    mean, sd = gp.posterior(points)
    for i in range(3):
        afters = []
        for z in rng.standard_normal(1500):
            value = mean[0, i] + math.sqrt(sd[0, i] ** 2 + 0.2) * z
            more = GaussianProcess(
                np.vstack([x, points[i : i + 1]]), np.append(y, value), np.array([False]), at
            )
            tried = points if i == 2 else points[:2]
            afters.append(more.posterior(tried)[0].min())
        expected = mean[0, :2].min() - np.mean(afters)
        assert gains[i] == pytest.approx(expected, abs=4 * np.std(afters) / math.sqrt(1500))
    assert NODES >= 64


def test_where_runs_are_repeatable_another_one_gains_nothing():
    x = np.array([[0.1], [0.35], [0.8]])
    at = Hyperparameters(np.array([0.3]), 1.0, 1e-6)
    gp = GaussianProcess(x, np.array([0.2, -0.4, 0.5]), np.array([False]), at)
    gains = knowledge_gradients(gp, np.vstack([x, [[0.5]]]))
    assert gains[:3].max() < 1e-3 * gains[3]


def test_a_configuration_that_keeps_the_limits_in_the_mean_leads_where_runs_were_repeated():
    metrics = [{"name": "loss"}, {"name": "latency", "at_most": 20}]
    made = Made(metrics=metrics)
    for x, loss, latency in [(0.2, 0.5, 19), (0.6, 0.1, 19.5), (0.9, 0.9, 3)]:
        made.add({"x": x}, {"loss": loss, "latency": latency})
    for latency in (18, 22):  # one of them breaks the limit, their mean keeps it
        origin = {"replicate_of": 1, "why": "confirm"}
        made.add({"x": 0.2}, {"loss": 0.5, "latency": latency}, origin=origin)
    for latency in (25, 26):  # the luckiest run of it kept the limit
        origin = {"replicate_of": 2, "why": "confirm"}
        made.add({"x": 0.6}, {"loss": 0.1, "latency": latency}, origin=origin)
    snapshot = Snapshot(made.record, tuple(made.runs), {}, 1, 0.0)
    found = best_run(snapshot, made.config)
    assert found is not None
    assert (found[0].params, found[1]) == ({"x": 0.2}, 0.5)
