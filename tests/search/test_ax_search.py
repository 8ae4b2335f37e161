"""Ax behind our search contract; what needs no Ax is tested without it."""

import dataclasses
import json
import logging
import random
import sys
from importlib import metadata, util
from types import SimpleNamespace

import numpy as np
import pytest

import nbsweep
from nbsweep import search
from nbsweep.errors import MissingDependencyError
from nbsweep.records import Observation, RunState, Suggestion
from nbsweep.search import ax_search
from nbsweep.search.ax_search import AxAxis
from nbsweep.space.values import value_key
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract
from nbsweep.testing.searches import ended
from tests import search_spaces as spaces
from tests.search_spaces import FINITE

HAS_AX = util.find_spec("ax") is not None and util.find_spec("botorch") is not None
needs_ax = pytest.mark.skipif(not HAS_AX, reason="needs ax-platform, a heavy install")

MIXED = {**spaces.MIXED, "batch": {"values": [128, 32, 64]}}
EVERY_LAW = {
    **spaces.EVERY_LAW,
    "huge_ints": {"min": 10**17, "max": 10**17 + 5},
    "narrow": {"min": 0.5, "max": 0.5 + 1e-9},
}
SQUARE = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}


def config_of(parameters=MIXED, goal="minimize", relations=None, **settings):
    return parse(
        {
            "method": "custom",
            "scheduler": {"engine": "ax", **settings},
            "metric": {"name": "val/loss", "goal": goal},
            "parameters": parameters,
            **(relations or {}),
        }
    )


def run_sweep(config, loss, runs):
    """Observations of runs one after the other."""
    seen = []
    for number in range(1, runs + 1):
        suggestion = search.suggest(config, seen, [], search.generator(3, number))
        if suggestion is None:
            break
        value = loss(suggestion.params)
        state = RunState.FAILED if value is None else RunState.FINISHED
        seen.append(ended(suggestion, value, state))
    return seen


def generators(runs):
    return [run.origin["generator"] for run in runs]


@needs_ax
@pytest.mark.slow
class TestModel(SearchContract):
    repeats = True
    runs = 5  # the model from the fourth on

    def config(self):
        return config_of(initialization_budget=3)


@needs_ax
@pytest.mark.slow
class TestEveryLaw(SearchContract):
    repeats = True
    runs = 5

    def config(self):
        return config_of(EVERY_LAW, initialization_budget=3)


@needs_ax
class TestRandom(SearchContract):
    repeats = True

    def config(self):
        return config_of(method="random_search")


@needs_ax
class TestFinite(SearchContract):
    def config(self):
        return config_of(FINITE, initialization_budget=3)


@needs_ax
class TestFiniteByProbability(SearchContract):
    """Ax sees a probability here, so it cannot know that two points are the same."""

    def config(self):
        coin = {"values": ["a", "b"], "probabilities": [0.1, 0.9]}
        return config_of({"coin": coin, "n": {"values": [1, 2, 3]}}, method="random_search")


@needs_ax
@pytest.mark.slow
class TestRelated(SearchContract):
    repeats = True
    runs = 5

    def config(self):
        parameters = {
            "optimizer": {"values": ["adam", "sgd"]},
            "sgd": {
                "parameters": {"momentum": {"min": 0.0, "max": 0.99}},
                "when": {"optimizer": "sgd"},
            },
            "layers": {"min": 1, "max": 4},
            "model": {"values": ["small", "large"]},
            "width": {"values": [8, 64]},
        }
        relations = {"zip": ["model", "width"], "constraints": ["layers + width <= 66"]}
        return config_of(parameters, relations=relations, initialization_budget=3)


@needs_ax
@pytest.mark.slow
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_the_model_comes_closer_to_the_optimum_than_its_start(goal):
    sign = 1 if goal == "minimize" else -1
    config = config_of(SQUARE, goal)
    runs = run_sweep(config, lambda p: sign * ((p["x"] - 0.7) ** 2 + (p["y"] - 0.2) ** 2), 12)
    assert generators(runs) == ["CenterOfSearchSpace"] + ["Sobol"] * 4 + ["MBM"] * 7
    values = [sign * run.value for run in runs]
    assert min(values[5:]) < 0.1 * min(values[:5])


@needs_ax
def test_the_sequence_goes_on_and_another_sweep_has_another():
    config = config_of({"x": {"min": 0.0, "max": 1.0}}, method="random_search")
    runs = run_sweep(config, lambda params: 0.0, 17)
    assert runs[0].params["x"] == 0.5  # the middle
    assert [run.origin["kept"]["position"] for run in runs] == list(range(17))
    # 16 points of a scrambled sequence: one in each sixteenth.
    assert sorted(int(run.params["x"] * 16) for run in runs[1:]) == list(range(16))
    middle = runs[0]
    del middle.origin["kept"]["seed"]
    other = search.suggest(config, [middle], [], search.generator(4, 2))
    assert other.params != runs[1].params


@needs_ax
def test_the_start_has_as_many_points_as_the_budget_says():
    config = config_of(SQUARE, initialization_budget=2, initialize_with_center=False)
    runs = run_sweep(config, lambda params: params["x"], 3)
    assert generators(runs) == ["Sobol", "Sobol", "MBM"]


@needs_ax
def test_many_runs_at_once_start_though_none_has_ended():
    config, waiting = config_of(SQUARE), []
    for number in range(1, 9):
        waiting.append(search.suggest(config, [], waiting, search.generator(0, number)))
    assert len({suggestion.params["x"] for suggestion in waiting}) == 8
    assert [suggestion.origin["pending"] for suggestion in waiting] == list(range(8))
    assert set(generators(waiting[1:])) == {"Sobol"}


@needs_ax
def test_the_model_keeps_away_from_runs_under_way():
    config = config_of({"x": {"min": 0.0, "max": 1.0}})
    seen = run_sweep(config, lambda params: (params["x"] - 0.35) ** 2, 7)
    waiting = []
    for _ in range(3):  # the same random numbers each time
        waiting.append(search.suggest(config, seen, waiting, search.generator(0, 8)))
    assert set(generators(waiting)) == {"MBM"}
    assert len({round(suggestion.params["x"], 3) for suggestion in waiting}) == 3


@needs_ax
def test_points_that_fail_are_not_asked_for_again():
    """Ax may ask again for trials that it calls failed, and then does so for ever."""
    config = config_of(SQUARE)
    runs = run_sweep(
        config, lambda p: None if p["x"] > 0.6 else (p["x"] - 0.65) ** 2 + (p["y"] - 0.3) ** 2, 12
    )
    assert len({run.params["x"] for run in runs}) == 12
    assert sum(run.value is not None for run in runs) >= 4


@needs_ax
def test_a_point_that_is_given_in_part_keeps_what_is_given():
    config = config_of(SQUARE)
    seen = run_sweep(config, lambda p: (p["x"] - 0.7) ** 2 + (p["y"] - 0.2) ** 2, 7)
    for observations in ([], seen):
        space = config.space.fixing({"x": 0.125})
        fixed = parse(config.source)
        object.__setattr__(fixed, "space", space)
        suggestion = search.suggest(fixed, observations, [], search.generator(0, 8))
        assert suggestion.params["x"] == 0.125
        assert 0 <= suggestion.params["y"] <= 1


@needs_ax
@pytest.mark.slow
def test_what_breaks_a_constraint_is_not_handed_out():
    config = config_of(SQUARE, relations={"constraints": ["x + y <= 0.4"]})
    runs = run_sweep(config, lambda params: -params["x"] - params["y"], 7)
    assert all(run.params["x"] + run.params["y"] <= 0.4 for run in runs)
    assert runs[0].origin["generator"] != "CenterOfSearchSpace"
    assert len({run.params["x"] for run in runs}) == 7


@needs_ax
def test_a_sweep_goes_on_where_ax_cannot_suggest(monkeypatch):
    from ax.api.client import Client

    def get_next_trials(self, **given):
        raise RuntimeError("linalg.cholesky: not positive-definite\nmore")

    monkeypatch.setattr(Client, "get_next_trials", get_next_trials)
    config = config_of(FINITE)
    runs = run_sweep(config, lambda params: 0.0, 20)
    assert len({value_key(run.params) for run in runs}) == len(runs) == 6
    assert {run.origin["error"] for run in runs} == {
        "RuntimeError: linalg.cholesky: not positive-definite"
    }


@needs_ax
def test_prior_runs_count_whole_or_at_the_nearest_point_and_not_in_part():
    prior = {"method": "prior"}
    params = {"lr": 5.0, "momentum": 0.1, "layers": 9, "batch": 32, "optimizer": None, "epochs": 5}
    fits = Observation(params, 0.5, RunState.FINISHED, prior)
    unknown = Observation({**params, "optimizer": "lion"}, 0.4, RunState.FINISHED, prior)
    partial = Observation({"lr": 0.1}, 0.4, RunState.FINISHED, prior)
    found = search.suggest(config_of(), [fits, unknown, partial], [], search.generator(0, 1))
    assert found.origin["observations"] == 1
    assert found.origin["trial"] == 1


@needs_ax
def test_random_numbers_of_the_process_are_put_back():
    import torch

    config = config_of(SQUARE, initialization_budget=2)
    seen = run_sweep(config, lambda params: params["x"], 3)
    drawn = []
    for asks in (False, True):
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)
        if asks:
            search.suggest(config, seen, [], search.generator(0, 4))
        drawn.append((random.random(), np.random.random(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]


@needs_ax
def test_nothing_is_printed_nothing_logged_and_loggers_stay_as_they_were(capfd, caplog):
    config = config_of(SQUARE, initialization_budget=2)
    logger = logging.getLogger("ax")
    with caplog.at_level(logging.DEBUG):
        run_sweep(config, lambda params: 1.0, 2)
        before = logger.handlers[:], logger.propagate, logging.root.manager.disable
        run_sweep(config, lambda params: 1.0, 4)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("ax")]
    assert before == (logger.handlers, logger.propagate, logging.root.manager.disable)
    assert before[0]


@needs_ax
def test_an_agent_searches_with_it_and_another_goes_on(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")

    def train():
        with nbsweep.init() as run:
            run.log({"val/loss": (run.config.x - 0.5) ** 2})

    sweep_id = nbsweep.sweep({**config_of(SQUARE).source, "seed": 1})
    nbsweep.agent(sweep_id, train, count=3, show=False)
    nbsweep.agent(sweep_id, train, count=4, workers=2, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    assert [run.origin["trial"] for run in sweep.runs] == list(range(7))
    assert generators(sweep.runs)[-1] == "MBM"
    assert json.loads(json.dumps(sweep.runs[-1].origin)) == sweep.runs[-1].origin
    assert len({json.dumps(run.origin["kept"]["seed"]) for run in sweep.runs}) == 1
    assert "The middle of the search space, where Ax starts." in str(sweep.why(1))
    assert "Suggested by Ax, whose model had seen" in str(sweep.why(7))
    nbsweep.setup(None)


@needs_ax
def test_ax_takes_every_axis_as_it_is_described():
    from ax.api import configs
    from ax.api.utils.instantiation.from_config import parameter_from_config

    for axis in axes_of(EVERY_LAW | MIXED):
        parameter = parameter_from_config(axis.to_ax(configs))
        for i in range(41):
            there = axis.of_natural(axis.distribution.quantile(i / 40))
            assert parameter.validate(there), (axis.name, there)


@needs_ax
@pytest.mark.slow
@pytest.mark.skipif(util.find_spec("numpyro") is None, reason="needs jax and numpyro")
def test_the_fully_bayesian_model_suggests_a_point():
    config = config_of(SQUARE, method="quality", initialization_budget=2)
    runs = run_sweep(config, lambda params: params["x"], 3)
    assert generators(runs)[-1] == "MBM"


# What follows needs no Ax.


def axes_of(parameters):
    return [AxAxis.of(axis) for axis in config_of(parameters).space.searched_axes]


def test_every_natural_value_survives_the_way_to_ax_and_back():
    for axis in axes_of(EVERY_LAW | MIXED):
        for i in range(41):
            value = axis.distribution.quantile(i / 40)
            there = axis.of_natural(value)
            assert type(there) in (int, float)
            back = axis.natural(there)
            assert type(back) is type(value)
            assert back == pytest.approx(value) if isinstance(value, float) else back == value


@pytest.mark.parametrize(
    ("name", "kind", "arguments"),
    [
        ("lr", "Range", {"bounds": (0.0, 1.0), "parameter_type": "float"}),
        ("momentum", "Range", {"bounds": (0.0, 1.0), "parameter_type": "float"}),
        ("layers", "Range", {"bounds": (0, 3), "parameter_type": "int"}),
        ("q_whole", "Range", {"bounds": (0, 1), "parameter_type": "int"}),
        ("q_uniform", "Range", {"bounds": (0, 6), "parameter_type": "int"}),
        ("huge_ints", "Range", {"bounds": (0, 5), "parameter_type": "int"}),
        ("q_log_ints", "Range", {"bounds": (1, 64), "parameter_type": "int", "scaling": "log"}),
        ("q_log", "Range", {"bounds": (0.0, 1.0), "parameter_type": "float"}),
        ("inverse", "Range", {"bounds": (0.0, 1.0), "parameter_type": "float"}),
        ("q_normal", "Range", {"bounds": (0.0, 1.0), "parameter_type": "float"}),
        ("weighted", "Range", {"bounds": (0.0, 1.0), "parameter_type": "float"}),
        ("batch", "Choice", {"values": [0, 1, 2], "parameter_type": "int", "is_ordered": True}),
        (
            "optimizer",
            "Choice",
            {"values": [0, 1, 2], "parameter_type": "int", "is_ordered": False},
        ),
        ("alike", "Choice", {"values": [0, 1, 2], "parameter_type": "int", "is_ordered": False}),
    ],
)
def test_each_law_is_an_axis_that_ax_has(name, kind, arguments):
    axis = next(axis for axis in axes_of(EVERY_LAW | MIXED) if axis.name == name)
    assert axis.kind == f"{kind}ParameterConfig"
    assert axis.arguments == arguments
    made = axis.to_ax(SimpleNamespace(**{axis.kind: lambda **given: given}))
    assert made == {"name": name, **arguments}


def test_numbers_are_a_choice_in_the_order_of_their_size():
    batch = next(axis for axis in axes_of(MIXED) if axis.name == "batch")
    assert [batch.natural(i) for i in range(3)] == [32, 64, 128]
    assert [batch.of_natural(value) for value in (128, 32, 64)] == [2, 0, 1]


def test_lists_are_handed_out_as_copies():
    lists = next(axis for axis in axes_of(EVERY_LAW) if axis.name == "lists")
    lists.natural(0).clear()
    assert lists.natural(0) == [1, 2]


def test_a_random_point_is_one_that_is_left():
    space = config_of(FINITE, relations={"constraints": ["a < 3 or b == 'x'"]}).space
    points = [{"a": a, "b": b} for a in (1, 2, 3) for b in "xy" if a < 3 or b == "x"]
    for point in points:
        taken = {value_key(other) for other in points if other != point}
        assert ax_search._elsewhere(space, taken, search.generator(0, 1)) == point


def test_values_of_fixed_parameters_are_those_of_ax():
    config = config_of(
        {**MIXED, "model": {"values": ["s", "l"]}, "width": {"values": [8, 9]}},
        relations={"zip": ["model", "width"]},
    )
    axes = [AxAxis.of(axis) for axis in config.space.searched_axes]
    space = config.space.fixing({"batch": 64, "momentum": 0.495, "model": "s"})
    assert ax_search._fixed(space, axes) == {"batch": 1, "momentum": 0.5}
    space = config.space.fixing({"model": "l", "width": 9, "epochs": 5})
    assert ax_search._fixed(space, axes) == {"model+width": 1}


def test_without_ax_the_extra_is_named(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    message = 'scheduler.engine "ax" needs an extra package: pip install "nbsweep[ax]"'
    for refused in (
        lambda: search.check(config_of()),
        lambda: search.suggest(config_of(), [], [], search.generator(0, 1)),
    ):
        with pytest.raises(MissingDependencyError) as caught:
            refused()
        assert str(caught.value) == message


@pytest.mark.parametrize(("version", "taken"), [("0.5.0", False), ("1.2.4", False), ("1.3.0", True),
                                                ("2.0", True), ("1.10.1rc1", True)])  # fmt: skip
def test_an_old_ax_is_refused_with_the_command_to_renew_it(monkeypatch, version, taken):
    monkeypatch.setattr(metadata, "version", lambda name: version)
    if taken:
        search.check(config_of())
        return
    with pytest.raises(MissingDependencyError) as caught:
        search.check(config_of())
    assert str(caught.value) == (
        'scheduler.engine "ax" needs ax-platform 1.3 or later, which needs Python 3.11 or later; '
        f'{version} is installed: pip install --upgrade "nbsweep[ax]"'
    )


def test_without_what_the_method_needs_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(metadata, "version", lambda name: "1.3.1")
    monkeypatch.setattr(ax_search.importlib.util, "find_spec", lambda name: None)
    search.check(config_of(method="fast"))
    nbsweep.setup(f"memory://{tmp_path}")
    with pytest.raises(MissingDependencyError) as caught:
        nbsweep.sweep(dict(config_of(method="quality").source))
    assert str(caught.value) == (
        'scheduler.method "quality" needs extra packages: pip install jax numpyro'
    )
    nbsweep.setup(None)


def test_making_a_sweep_does_not_import_ax(monkeypatch, tmp_path):
    """It takes seconds, and the agent that needs it may be another process."""
    monkeypatch.setattr(metadata, "version", lambda name: "1.3.1")
    monkeypatch.setitem(sys.modules, "ax.api.client", None)
    nbsweep.setup(f"memory://{tmp_path}")
    assert nbsweep.sweep(dict(config_of().source))
    nbsweep.setup(None)


class FakeClient:
    """Notes what a client of Ax's is told."""

    def __init__(self):
        self.told = []
        self._experiment = self
        self.trials = {}

    def attach_trial(self, params):
        index = len(self.trials)
        self.trials[index] = SimpleNamespace(
            arm=SimpleNamespace(name=f"{index}_0"),
            mark_completed=lambda: self.told.append(("completed", index)),
        )
        return index

    def mark_trial_abandoned(self, index):
        self.told.append(("abandoned", index))

    def attach_data(self, data):
        self.told.append([(row.trial_index, row.arm_name, row.mean) for row in data.itertuples()])


def test_ended_runs_are_completed_or_abandoned_and_others_stay_under_way(monkeypatch):
    pytest.importorskip("pandas")
    fake = SimpleNamespace(Data=lambda df: df)
    monkeypatch.setattr(ax_search, "import_module", {"ax.core.data": fake}.__getitem__)
    config = config_of(SQUARE)
    axes = [AxAxis.of(axis) for axis in config.space.searched_axes]
    runs = [
        Observation({"x": 0.1, "y": 0.5}, 2.0, RunState.FINISHED, {"trial": 0}),
        Observation({"x": 0.2, "y": 0.5}, None, RunState.FAILED, {"trial": 1}),
        Observation({"x": 0.3, "y": 0.5}, 1e308, RunState.STOPPED, {"trial": 2}),
        Observation({"x": 0.4, "y": 0.5}, float("nan"), RunState.FINISHED, {"trial": 3}),
    ]
    waiting = [Suggestion({"x": 0.5, "y": 0.5}, {"trial": 4})]
    client = FakeClient()
    ax_search._attach(client, ax_search.trials_of(config.space, axes, runs[::-1], waiting))
    assert client.told == [
        *[("completed", 0), ("abandoned", 1), ("completed", 2), ("abandoned", 3)],
        [(0, "0_0", 2e-308), (2, "2_0", 1.0)],  # squares of 1e308 are infinite
    ]
    assert len(client.trials) == 5


# Several objectives, and limits

FRONT = [{"name": "val/loss"}, {"name": "acc", "goal": "maximize"}]
LIMITED = [{"name": "ms", "at_most": 0.5, "at_least": -10}, *FRONT]


def config_with(metrics, parameters=SQUARE):
    config = {"method": "custom", "scheduler": {"engine": "ax", "initialization_budget": 3}}
    return parse({**config, "metrics": metrics, "parameters": parameters})


def test_each_objective_and_each_limit_is_a_metric_of_ax(monkeypatch):
    """A run without one of them is abandoned, and huge values are scaled one by one."""
    pytest.importorskip("pandas")
    fake = SimpleNamespace(Data=lambda df: df)
    monkeypatch.setattr(ax_search, "import_module", {"ax.core.data": fake}.__getitem__)
    config = config_with(LIMITED)
    axes = [AxAxis.of(axis) for axis in config.space.searched_axes]
    point = {"x": 0.1, "y": 0.5}
    values = [(0.7, 1e308, 0.5), (None, 2.0, 0.5), (0.2, 2.0, float("nan")), (0.2, 5e307, 3.0)]
    runs = [
        Observation(point, each[1], RunState.FINISHED, {"trial": i}, values=each)
        for i, each in enumerate(values)
    ]
    told = []
    client = FakeClient()
    client.attach_data = lambda data: told.extend(data.itertuples())
    trials = ax_search.trials_of(config.space, axes, runs, [], config.metrics)
    ax_search._attach(client, trials)
    assert client.told == [("completed", 0), ("abandoned", 1), ("abandoned", 2), ("completed", 3)]
    assert [(row.trial_index, row.metric_name, row.mean) for row in told] == [
        (0, "objective_0", 1.0),
        (0, "objective_1", 0.5),
        (0, "excess_0", pytest.approx(0.2)),
        (0, "excess_1", pytest.approx(-1.07)),
        (3, "objective_0", 0.5),
        (3, "objective_1", 3.0),
        (3, "excess_0", pytest.approx(-0.3)),
        (3, "excess_1", pytest.approx(-1.02)),
    ]


@needs_ax
@pytest.mark.slow
@pytest.mark.parametrize(
    "metrics", [FRONT, LIMITED, LIMITED[:2], [{**FRONT[0], "goal": "minimize", "at_most": 3}]]
)
def test_ax_models_several_metrics(metrics):
    """Also of scales far apart, and an objective that has a limit of its own."""
    config = config_with(metrics)
    values = {"val/loss": lambda p: p["x"] * 1e9, "acc": lambda p: p["y"], "ms": lambda p: p["x"]}
    seen = []
    for number in range(1, 5):
        suggestion = search.suggest(config, seen, [], search.generator(3, number))
        told = tuple(values[metric.name](suggestion.params) for metric in config.metrics)
        first = told[config.metrics.index(config.metric)]
        seen.append(dataclasses.replace(ended(suggestion, first), values=told))
    assert "error" not in seen[-1].origin
    assert generators(seen)[-1] == "MBM"
    assert seen[-1].origin["observations"] == 3
