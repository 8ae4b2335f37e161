"""A search function of the user's: its answers are checked and may be written freely."""

import numpy as np
import pytest

import nbsweep
from nbsweep import search
from nbsweep.errors import ConfigError, UsageError
from nbsweep.records import Observation, Suggestion
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract

SPACE = {
    "lr": {"min": 0.0, "max": 1.0},
    "optimizer": {"parameters": {"name": {"values": ["adam", "sgd"]}}},
    "epochs": {"value": 5},
}
LOSS = {"name": "loss", "goal": "minimize"}
CONFIG = {"method": "custom", "metric": LOSS, "parameters": SPACE}


def halving(config, observations, pending, rng):
    """Draws around the best run so far, more closely with each run."""
    usable = [run for run in observations if run.value is not None and "lr" in run.params]
    usable = [run for run in usable if isinstance(run.params["lr"], float)]
    best = min(usable, key=lambda run: (abs(run.value), run.params["lr"]), default=None)
    centre = 0.5 if best is None else best.params["lr"]
    lr = centre + rng.normal() * 0.5 ** len(observations)
    return {"lr": np.float64(np.clip(lr, 0, 1)), "optimizer": {"name": "sgd"}}


class TestFunction(SearchContract):
    repeats = True

    def config(self):
        return parse(CONFIG)

    def suggest(self, config, observations, pending, rng):
        return search.method_for(config, halving)(config, observations, pending, rng)


@pytest.fixture
def ask():
    """The suggestion that comes of an answer."""

    def asked(answer):
        config = parse(CONFIG)
        method = search.method_for(config, lambda *_: answer)
        return method(config, [], [], search.generator(0, 1))

    return asked


@pytest.mark.parametrize(
    "answer",
    [
        {"lr": 0.5, "optimizer": {"name": "adam"}},
        {"optimizer.name": "adam", "lr": np.float32(0.5), "epochs": 5},
        Suggestion({"lr": 0.5, "optimizer.name": "adam"}),
    ],
)
def test_params_may_be_nested_flat_or_a_suggestion(ask, answer):
    suggestion = ask(answer)
    assert suggestion.params == {"epochs": 5, "lr": 0.5, "optimizer.name": "adam"}
    assert suggestion.origin == {"method": "custom"}
    assert type(suggestion.params["lr"]) is float


def test_an_origin_of_its_own_is_kept_as_plain_values(ask):
    origin = {"temperature": np.float64(0.5), "method": "annealing"}
    answer = Suggestion({"lr": 0.5, "optimizer.name": "adam"}, origin)
    assert ask(answer).origin == {"method": "annealing", "temperature": 0.5}


def test_none_ends_the_sweep(ask):
    assert ask(None) is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"lr": 2.0, "optimizer.name": "adam"},
            "The search function returned params that do not fit: lr = 2.0 is not in the search "
            "space.",
        ),
        (
            {"lr": 0.5},
            "The search function returned params that do not fit: optimizer.name is missing.",
        ),
        (
            {"lrr": 0.5, "optimizer.name": "lion", "epochs": 6},
            'The search function returned params that do not fit: "lrr" is not a parameter of this '
            'sweep. Did you mean "lr"? epochs = 6 is not in the search space. lr is missing.',
        ),
        (
            [0.5],
            "The search function returned list [0.5]; it has to return a dict of params, a "
            "Suggestion, or None when nothing is left to try.",
        ),
        (
            {"lr": {0.5}},
            "The search function returned params that cannot be stored. lr: found set {0.5}. "
            "A set has no order; use a list.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(ask, answer, message):
    with pytest.raises(UsageError) as caught:
        ask(answer)
    assert str(caught.value) == message


@pytest.fixture
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        run.log({"loss": (run.config.lr - 0.3) ** 2, "name": run.config.optimizer["name"]})


@pytest.mark.usefixtures("store")
def test_an_agent_searches_with_it_until_it_returns_none():
    seen = []

    def three(config, observations, pending, rng):
        seen.append([run.value for run in observations])
        return halving(config, observations, pending, rng) if len(observations) < 3 else None

    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    nbsweep.agent(sweep, train, search=three, show=False)
    runs = sweep.runs
    assert sweep.state == "FINISHED"
    assert seen == [[run.metric for run in runs[:n]] for n in range(4)]
    assert {run.summary["name"] for run in runs} == {"sgd"}
    assert "search function" in str(sweep.why(1))


@pytest.mark.usefixtures("store")
def test_prior_runs_and_runs_under_way_reach_the_function():
    with nbsweep.init(config={"lr": 0.1}) as run:
        run.log({"loss": 0.5})
    given = []

    def once(config, observations, pending, rng):
        given.extend(observations)

    sweep = nbsweep.sweep(CONFIG, prior_runs=[run.id])
    nbsweep.agent(sweep, train, search=once, show=False)
    origin = {"method": "prior", "run_id": run.id}
    assert given == [Observation({"lr": 0.1}, 0.5, origin=origin)]


@pytest.mark.usefixtures("store")
def test_an_exception_of_the_function_reaches_the_user():
    def broken(config, observations, pending, rng):
        return 1 / 0

    sweep_id = nbsweep.sweep(CONFIG)
    with pytest.raises(ZeroDivisionError):
        nbsweep.agent(sweep_id, train, search=broken, show=False)
    assert nbsweep.Sweep(sweep_id).runs == []


@pytest.mark.usefixtures("store")
def test_without_the_function_the_agent_says_what_is_needed():
    sweep_id = nbsweep.sweep(CONFIG)
    with pytest.raises(UsageError) as caught:
        nbsweep.agent(sweep_id, train, show=False)
    assert str(caught.value) == (
        'Method "custom" without a scheduler needs a search function: '
        "nbsweep.agent(sweep_id, train, search=function). It gets (config, observations, "
        "pending, rng) and returns a dict of params, or None when nothing is left to try."
    )


@pytest.mark.usefixtures("store")
def test_a_function_for_a_sweep_that_needs_none_is_refused():
    sweep_id = nbsweep.sweep({**CONFIG, "method": "random"})
    with pytest.raises(UsageError) as caught:
        nbsweep.agent(sweep_id, train, search=halving, show=False)
    assert str(caught.value) == (
        'search=… is for sweeps with method "custom" and no scheduler; this one has method '
        '"random". Leave it out, or make a sweep with method "custom".'
    )


def test_the_config_may_lack_a_metric_for_a_function_and_not_for_optuna():
    parse({"method": "custom", "parameters": SPACE})
    with pytest.raises(ConfigError, match='engine "optuna" needs to know what to optimise'):
        parse({"method": "custom", "parameters": SPACE, "scheduler": {"engine": "optuna"}})
