"""Our reading of a config agrees with W&B's own engine, the PyPI package `sweeps`.

Configs are generated, good and bad ones; both sides say whether they take them, and
what the parameters become. Where we differ on purpose there is a predicate below; each
is a row of docs/wandb-compatibility.md with its reason.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbsweep.errors import ConfigError
from nbsweep.search import grid_search
from nbsweep.space.search_space import same_value, value_key
from nbsweep.sweep_config import parse

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic 2 deprecates how `sweeps` uses it
    sweeps = pytest.importorskip("sweeps")
    from sweeps.config.schema import validate_categorical_prob
    from sweeps.params import HyperParameter

COMPATIBILITY = "docs/wandb-compatibility.md"


def generated(cases):
    """The same cases every time; the engine's schema check takes milliseconds."""
    return settings(
        max_examples=cases,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


FORMS = {
    "constant": (["value"], []),
    "categorical": (["values"], []),
    "categorical_w_probabilities": (["values", "probabilities"], []),
    "int_uniform": (["min", "max"], []),
    "uniform": (["min", "max"], []),
    "q_uniform": (["min", "max"], ["q"]),
    "log_uniform": (["min", "max"], []),
    "log_uniform_values": (["min", "max"], []),
    "q_log_uniform": (["min", "max"], ["q"]),
    "q_log_uniform_values": (["min", "max"], ["q"]),
    "inv_log_uniform": (["min", "max"], []),
    "inv_log_uniform_values": (["min", "max"], []),
    "normal": ([], ["mu", "sigma"]),
    "q_normal": ([], ["mu", "sigma", "q"]),
    "log_normal": ([], ["mu", "sigma"]),
    "q_log_normal": ([], ["mu", "sigma", "q"]),
    "beta": ([], ["a", "b"]),
    "q_beta": ([], ["a", "b", "q"]),
}
EXPONENTS = ("log_uniform", "q_log_uniform", "inv_log_uniform")
NUMBER_KEYS = ("min", "max", "mu", "sigma", "a", "b", "q")

json_values = st.sampled_from(
    [1, 2, 3.5, 1.0, True, False, None, "adam", "", [2, 3], {"x": 1, "y": [2]}, {"y": [2], "x": 1}]
)
good_numbers = {
    "min": st.sampled_from([0, 1, 2, -3, 0.0, 1.0, 0.001, 0.3, 2.5, 32]),
    "max": st.sampled_from([3, 4, 9, 0.1, 2.0, 7.5, 64, 256]),
    "mu": st.sampled_from([0, 1, -2.5, 3.0]),
    "sigma": st.sampled_from([1, 0.5, 2.0]),
    "a": st.sampled_from([1, 0.5, 3.0]),
    "b": st.sampled_from([1, 0.5, 3.0]),
    "q": st.sampled_from([1, 2, 8, 0.1, 0.25, 0.3, 1.0, 2.0, 5]),
}
odd = st.sampled_from(
    [True, None, "1e-5", "12", "low", math.nan, math.inf, [], {}, 0, -1, 1e400, 800.0, 1e-30]
)


def key_values(key, *, strange):
    if key == "value":
        return json_values
    if key == "values":
        good = st.lists(json_values, min_size=1, max_size=4)
        return st.one_of(good, odd) if strange else good
    if key == "probabilities":
        good = st.sampled_from([[1], [0.5, 0.5], [0.2, 0.8, 0], [0.25, 0.25, 0.25, 0.25]])
        bad = st.sampled_from([[0.5, 0.4], [-0.5, 1.5], ["a", 1], [], None, [0.3, 0.3, 0.4]])
        return st.one_of(good, good, bad) if strange else good
    good = good_numbers[key]
    return st.one_of(good, good, good, odd) if strange else good


@st.composite
def specs(draw, kinds=tuple(FORMS), *, strange=True):
    """The spec of one parameter; with `strange`, some of them are bad in some way."""
    kind = draw(st.sampled_from(kinds))
    required, optional = FORMS[kind]
    keys = [*required, *(key for key in optional if draw(st.booleans()))]
    if strange and draw(st.integers(0, 5)) == 0:
        dropped = draw(st.sampled_from([None, *keys]))
        keys = [key for key in keys if key != dropped]
        keys.append(draw(st.sampled_from(["value", "min", "q", "mu", "probabilities"])))
    named = draw(st.integers(0, 3)) > 0
    spec = {"distribution": kind} if named else {}
    for key in dict.fromkeys(keys):
        spec[key] = draw(key_values(key, strange=strange))
    if strange and draw(st.integers(0, 20)) == 0:
        spec["distribution"] = draw(st.sampled_from(["loguniform", "choice", "Uniform", None, 1]))
    if strange and draw(st.integers(0, 20)) == 0:
        spec["step"] = 1
    return spec


@dataclass(frozen=True)
class Difference:
    """What one side takes and the other does not, on purpose.

    Attributes:
        name: first cell of its row in docs/wandb-compatibility.md.
        example: a config that shows it.
        holds: whether a config is such a case.
    """

    name: str
    example: dict[str, Any]
    holds: Callable[[dict[str, Any]], bool]


def random_sweep(spec, **others):
    return {"method": "random", "parameters": {"p": spec}, **others}


def leaf_specs(config):
    """All specs of a config, nested ones included."""
    blocks = [config.get("parameters")]
    while blocks:
        block = blocks.pop()
        for spec in block.values() if isinstance(block, dict) else ():
            if isinstance(spec, dict) and "parameters" in spec:
                blocks.append(spec["parameters"])
            elif isinstance(spec, dict):
                yield spec


def some_spec(predicate):
    return lambda config: any(predicate(spec) for spec in leaf_specs(config))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def kind_of(spec):
    return spec.get("distribution", "")


def has_number_text(spec):
    return any(isinstance(spec.get(key), str) for key in NUMBER_KEYS)


def has_infinite_number(spec):
    numbers = [spec[key] for key in NUMBER_KEYS if is_number(spec.get(key))]
    return any(not math.isfinite(number) for number in numbers)


def is_degenerate(spec):
    return 0 in [spec.get(key) for key in ("sigma", "a", "b") if is_number(spec.get(key))]


def natural_limits(spec):
    """Min and max of a spec as values, whether it gives values or exponents."""
    low, high = spec.get("min", 0), spec.get("max", 1)
    if kind_of(spec) in EXPONENTS:
        low, high = (math.exp(min(exponent, 600.0)) for exponent in (low, high))
    return low, high


def holds_no_multiple(spec):
    if kind_of(spec) not in ("q_uniform", "q_log_uniform_values", "q_log_uniform"):
        return False
    low, high = natural_limits(spec)
    q = spec.get("q", 1)
    return math.ceil(low / q - 1e-9) > math.floor(high / q + 1e-9)


def is_too_fine(spec):
    return kind_of(spec).startswith("q_") and natural_limits(spec)[1] / spec.get("q", 1) > 1e15


def is_beyond_floats(spec):
    if kind_of(spec) in EXPONENTS:
        return max(abs(spec["min"]), abs(spec["max"])) > 709
    if kind_of(spec) in ("log_normal", "q_log_normal"):
        return abs(spec.get("mu", 0)) + 8.21 * spec.get("sigma", 1) > 709
    return kind_of(spec) == "int_uniform" and spec["max"] - spec["min"] >= 2**53


def is_in_fields(config, key, *fields):
    return isinstance(config.get(key), dict) and any(field in config[key] for field in fields)


def has_nothing_to_search(config):
    specs = list(leaf_specs(config))
    return config["method"] == "bayes" and all(
        "value" in spec or len(spec.get("values", "..")) == 1 for spec in specs
    )


def has_another_stopper(config):
    block = config.get("early_terminate")
    return isinstance(block, dict) and block.get("type") in ("asha", "median", "auto")


WE_TAKE = [
    Difference(
        "early termination by `asha`, `median` or `auto`",
        random_sweep(
            {"value": 1}, metric={"name": "loss"}, early_terminate={"type": "asha", "min_iter": 1}
        ),
        has_another_stopper,
    ),
    Difference(
        "numbers written as text",
        random_sweep({"min": "1e-5", "max": 0.1}),
        some_spec(has_number_text),
    ),
    Difference(
        "limits as exponents",
        random_sweep({"distribution": "log_uniform", "min": -5, "max": 0}),
        some_spec(lambda spec: kind_of(spec) in EXPONENTS),
    ),
    Difference(
        "None for an optional key",
        random_sweep({"value": 1}, run_cap=None),
        lambda config: None in config.values(),
    ),
    Difference(
        "`impute_while_running: false`",
        random_sweep({"value": 1}, metric={"name": "loss", "impute_while_running": False}),
        lambda config: is_in_fields(config, "metric", "impute_while_running"),
    ),
    Difference(
        "`settings`",
        random_sweep({"value": 1}, settings={"quiet": True}),
        lambda config: "settings" in config,
    ),
    Difference(
        "bayes with `probabilities`",
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": {"p": {"values": ["a", "b"], "probabilities": [0.3, 0.7]}},
        },
        lambda config: (
            config["method"] == "bayes" and some_spec(lambda s: "probabilities" in s)(config)
        ),
    ),
    Difference(
        "`seed` and `retry`",
        random_sweep({"value": 1}, seed=1, retry={"failed": 1}),
        lambda config: "seed" in config or "retry" in config,
    ),
]
WE_REFUSE = [
    Difference(
        "NaN and infinity as a limit",
        random_sweep({"min": 0.0, "max": math.inf}),
        some_spec(has_infinite_number),
    ),
    Difference(
        "`sigma`, `a` or `b` of 0",
        random_sweep({"distribution": "normal", "sigma": 0}),
        some_spec(is_degenerate),
    ),
    Difference(
        "no multiple of `q` between the limits",
        random_sweep({"distribution": "q_log_uniform_values", "min": 0.001, "max": 0.1}),
        some_spec(holds_no_multiple),
    ),
    Difference(
        "steps that no draw can resolve",
        random_sweep({"distribution": "q_normal", "q": 1e-30}),
        some_spec(is_too_fine),
    ),
    Difference(
        "values beyond the range of floats",
        random_sweep({"distribution": "log_normal", "mu": 1000}),
        some_spec(is_beyond_floats),
    ),
    Difference(
        "a metric without a name, or a target that is NaN",
        random_sweep({"value": 1}, metric={"name": ""}),
        lambda config: (
            is_in_fields(config, "metric", "name")
            and (not config["metric"]["name"] or math.isnan(config["metric"].get("target", 0)))
        ),
    ),
    Difference(
        "bayes with nothing to search",
        {"method": "bayes", "metric": {"name": "loss"}, "parameters": {"p": {"values": [1]}}},
        has_nothing_to_search,
    ),
]


def ours(config):
    """Our record of a config, None when we refuse it."""
    try:
        return parse(config)
    except ConfigError:
        return None


def engine_accepts(config):
    """Whether W&B's engine validates a config, makes a first suggestion and can stop a run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # What it returns has lost the nested parameters; the service uses the original.
            sweeps.SweepConfig(config)
            run = sweeps.next_run(config, [])
            if "early_terminate" in config:
                run.state, run.history = sweeps.RunState.running, [{"loss": 1.0}] * 3
                sweeps.stop_runs(config, [run])
    except Exception:  # noqa: BLE001  # whatever it raises, it does not take the config
        return False
    return run is not None


def engine_accepts_spec(spec):
    """The same for one parameter, faster; exponents pass, as with W&B's service."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            HyperParameter("p", spec).sample()
            validate_categorical_prob("p", spec)
    except Exception:  # noqa: BLE001
        return False
    return True


def check_verdicts(config, mine, theirs):
    if mine and not theirs:
        assert any(difference.holds(config) for difference in WE_TAKE), config
    if theirs and not mine:
        assert any(difference.holds(config) for difference in WE_REFUSE), config


@generated(850)
@given(specs())
def test_the_same_parameter_specs_are_taken(spec):
    config = random_sweep(spec)
    check_verdicts(config, ours(config) is not None, engine_accepts_spec(spec))


good_specs = specs(strange=False)
names = st.sampled_from(["lr", "b", "optimizer.lr", "_x-1", "Z"])
parameter_blocks = st.dictionaries(names, good_specs, min_size=1, max_size=2)
nested_blocks = st.dictionaries(
    names,
    st.one_of(good_specs, st.fixed_dictionaries({"parameters": parameter_blocks})),
    min_size=1,
    max_size=2,
)
METRICS = [
    {"name": "loss"},
    {"name": "val/acc %", "goal": "maximize", "target": 0.9},
    {"name": "loss", "impute": "best", "impute_while_running": "latest"},
    {"name": "loss", "impute_while_running": False},
    {"name": "loss", "goal": "max"},
    {"name": "loss", "impute": "mean"},
    {"name": "loss", "target": "low"},
    {"name": "loss", "target": math.nan},
    {"name": "loss", "mode": "best"},
    {"name": ""},
    {"name": 1},
    {"goal": "minimize"},
    "loss",
    [],
    None,
]
STOPPERS = [
    {"type": "hyperband", "min_iter": 3},
    {"type": "hyperband", "min_iter": 3.0, "eta": 1.5, "strict": False},
    {"type": "hyperband", "max_iter": 27, "s": 2},
    {"type": "hyperband", "max_iter": 2, "s": 2},
    {"type": "hyperband", "max_iter": 27},
    {"type": "hyperband", "max_iter": 27, "s": 0},
    {"type": "hyperband", "max_iter": 27, "s": 2, "min_iter": 3},
    {"type": "hyperband", "max_iter": 27, "min_iter": 3},
    {"type": "hyperband", "min_iter": 3, "s": 2},
    {"type": "hyperband", "min_iter": 3, "s": -0.5},
    {"type": "hyperband", "min_iter": 3, "s": "2"},
    {"type": "hyperband", "min_iter": 0},
    {"type": "hyperband", "min_iter": "low"},
    {"type": "hyperband", "min_iter": 3, "eta": 1},
    {"type": "hyperband", "min_iter": 3, "strict": "yes"},
    {"type": "hyperband", "min_iter": 3, "patience": 2},
    {"type": "median", "min_iter": 3},
    {"type": "auto", "thaw": True},
    {"min_iter": 3},
    {},
    "hyperband",
    None,
]
OTHER_KEYS = {
    "run_cap": [1, 10, 10.0, 1.5, 0, -1, "many", True, None],
    "name": ["demo", "", 3, None],
    "project": ["demo", ["demo"]],
    "program": ["train.py", False],
    "command": [["${env}", "python", 1, None], "python train.py", {}],
    "controller": [{"type": "local"}, {"type": "cloud", "x": 1}, {"type": "lokal"}, {}, "local"],
    "kind": ["sweep", "job", 1],
    "apiVersion": ["1", 1],
    "settings": [{"quiet": True}],
    "seed": [0, 12],
    "metod": ["grid"],
}


@st.composite
def sweep_configs(draw):
    config = {
        "method": draw(st.sampled_from(["grid", "random", "random", "bayes", "bayes", "Grid", 1])),
        "parameters": draw(nested_blocks),
    }
    if draw(st.integers(0, 3)) > 0:
        config["metric"] = draw(st.sampled_from(METRICS[:3] * 3 + METRICS))
    if draw(st.integers(0, 2)) == 0:
        config["early_terminate"] = draw(st.sampled_from(STOPPERS))
    for key in draw(st.lists(st.sampled_from(sorted(OTHER_KEYS)), max_size=2)):
        config[key] = draw(st.sampled_from(OTHER_KEYS[key]))
    if draw(st.integers(0, 15)) == 0:
        del config[draw(st.sampled_from(["method", "parameters"]))]
    if draw(st.integers(0, 15)) == 0:
        bad_name = draw(st.sampled_from(["1a", "a b", "", "a/b", "lr "]))
        config["parameters"] = {bad_name: {"value": 1}}
    return config


@generated(300)
@given(sweep_configs())
def test_the_same_sweep_configs_are_taken(config):
    check_verdicts(config, ours(config) is not None, engine_accepts(config))


@pytest.mark.parametrize("difference", WE_TAKE, ids=lambda difference: difference.name)
def test_differences_that_we_take_are_real_and_documented(difference, repository):
    assert ours(difference.example) is not None
    assert not engine_accepts(difference.example)
    assert difference.holds(difference.example)
    assert f"| {difference.name} |" in (repository / COMPATIBILITY).read_text("utf-8")


@pytest.mark.parametrize("difference", WE_REFUSE, ids=lambda difference: difference.name)
def test_differences_that_we_refuse_are_real_and_documented(difference, repository):
    assert ours(difference.example) is None
    assert engine_accepts(difference.example)
    assert difference.holds(difference.example)
    assert f"| {difference.name} |" in (repository / COMPATIBILITY).read_text("utf-8")


def plain(value):
    """A value of the engine's as Python's own type."""
    return value.item() if hasattr(value, "item") else value


def close(a, b):
    if is_number(a) and is_number(b):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return same_value(a, b)


def nearly(u, spec):
    """u, and its neighbours on both sides that rounding may take it for."""
    # Exponents within a thousandth of a multiple of q are taken for that multiple.
    slack = 2e-3 if kind_of(spec) == "q_log_uniform" else 1e-9
    return [max(u - slack, 0.0), u, min(u + slack, 1.0)]


@dataclass(frozen=True)
class Block:
    """A `scheduler` block with its method, and how it fares.

    Attributes:
        config: what is added to a config with a metric and parameters.
        theirs: whether W&B's engine takes it.
        mine: whether we do.
        row: first cell of its row in docs/wandb-compatibility.md, where the two differ.
    """

    config: dict[str, Any]
    theirs: bool
    mine: bool
    row: str = ""


OPTUNA = {"engine": "optuna"}
AX = {"engine": "ax"}
SAMPLER = {**OPTUNA, "sampler": {"name": "TPESampler", "seed": 1}}
HYPERBAND = {"type": "hyperband", "min_iter": 3}
SCHEDULERS = [
    Block({"method": "custom"}, True, True),
    Block({"method": "custom", "scheduler": OPTUNA}, True, True),
    Block({"method": "bayes", "scheduler": {"engine": "wandb"}}, True, True),
    Block({"method": "custom", "scheduler": {"engine": "wandb"}}, False, False),
    Block({"method": "bayes", "scheduler": OPTUNA}, False, False),
    Block({"method": "custom", "scheduler": {}}, False, False),
    Block({"method": "custom", "scheduler": {"engine": "optuna", "study": "f"}}, False, False),
    Block({"method": "custom", "scheduler": OPTUNA, "controller": {"type": "local"}}, False, False),
    Block({"method": "custom", "scheduler": SAMPLER}, False, True, "`scheduler.sampler`"),
    Block(
        {"method": "custom", "scheduler": OPTUNA, "early_terminate": HYPERBAND},
        False,
        True,
        "`early_terminate` beside a scheduler",
    ),
    Block({"method": "custom", "scheduler": AX}, True, True),
    Block({"method": "bayes", "scheduler": AX}, False, False),
    Block(
        {"method": "custom", "scheduler": {**AX, "method": "quality"}},
        False,
        True,
        "`scheduler.method`, `initialization_budget`, `initialize_with_center`",
    ),
    Block(
        {"method": "custom", "scheduler": {**OPTUNA, "source": "s.py", "optimizer": "study"}},
        True,
        False,
        "`scheduler.source`, `optimizer`, `search_space`",
    ),
    Block(
        {"method": "custom", "scheduler": OPTUNA, "metric": None},
        True,
        False,
        "engine optuna or ax without a metric",
    ),
    Block(
        {"method": "custom", "scheduler": AX, "metric": None},
        True,
        False,
        "engine optuna or ax without a metric",
    ),
]


@pytest.mark.parametrize("block", SCHEDULERS, ids=lambda block: str(block.config)[:70])
def test_the_same_schedulers_are_taken(block, repository):
    """Against W&B's schema: its engine runs none of them, W&B's command line does."""
    config = {
        "metric": {"name": "loss"},
        "parameters": {"p": {"min": 0.0, "max": 1.0}},
        **block.config,
    }
    config = {key: value for key, value in config.items() if value is not None}
    assert (ours(config) is not None) == block.mine
    assert schema_accepts(config) == block.theirs
    if block.mine != block.theirs:
        assert f"| {block.row} |" in (repository / COMPATIBILITY).read_text("utf-8")


def schema_accepts(config):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sweeps.SweepConfig(config)
    except Exception:  # noqa: BLE001  # whatever it raises, it does not take the config
        return False
    return True


@generated(500)
@given(specs(strange=False), st.integers(0, 10**6))
def test_quantiles_and_their_types_are_the_same(spec, millionths):
    config = ours(random_sweep(spec))
    assume(config is not None and engine_accepts_spec(spec))
    distribution = config.space.parameters[0].distribution
    theirs = HyperParameter("p", spec)
    # The very ends are edge bugs of the engine: min - 1, the last category, ±inf.
    for u in [0.5, 1e-6 + millionths / 10**6 * (1 - 2e-6)]:
        value = plain(theirs.ppf(u))
        inside = inside_the_limits(distribution, value)
        mine = [distribution.quantile(near) for near in nearly(u, spec)]
        assert any(close(candidate, inside) for candidate in mine), (u, value, mine)
        if type(mine[1]) is not type(value):
            assert_whole_step(spec, mine[1])


@pytest.mark.parametrize("mu", [-5, 0, 3.0, 20])
@pytest.mark.parametrize("sigma", [3, 6.0, 10, 40])
@pytest.mark.parametrize("q", [0.001, 0.1, 1, 8, 2.0, None])
@pytest.mark.parametrize("kind", ["q_log_normal", "q_normal"])
def test_wide_tails_are_drawn_as_the_engine_draws_them(kind, mu, sigma, q):
    spec = {"distribution": kind, "mu": mu, "sigma": sigma, **({} if q is None else {"q": q})}
    distribution = parse(random_sweep(spec)).space.parameters[0].distribution
    theirs = HyperParameter("p", spec)
    for u in (0.001, 0.02, 0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 0.97, 0.999):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = plain(theirs.ppf(u))
        mine = [distribution.quantile(near) for near in nearly(u, spec)]
        if value == -(2**63):  # W&B's whole numbers overflow; ours have any size
            assert mine[1] >= 2**63 - 1
        else:  # far out the two differ in the last of 53 bits
            assert any(math.isclose(value, near, rel_tol=1e-9, abs_tol=1e-9) for near in mine)


def inside_the_limits(distribution, value):
    """The engine's value, moved to our nearest multiple where it lies outside the limits."""
    bounds = distribution.bounds if is_number(value) and "q_" in distribution.kind else None
    return value if bounds is None else min(max(value, bounds[0]), bounds[1])


def assert_whole_step(spec, mine):
    """Types differ only where q is a whole number but not an int: we give ints."""
    q = spec.get("q", 1.0)
    assert kind_of(spec).startswith("q_")
    assert isinstance(q, float)
    assert q.is_integer()
    assert type(mine) is int


@generated(200)
@given(specs(kinds=[kind for kind in FORMS if kind.startswith(("int", "cat"))], strange=False))
def test_finite_supports_are_the_same(spec):
    config = ours(random_sweep(spec))
    assume(config is not None and engine_accepts_spec(spec))
    support = config.space.parameters[0].distribution.support
    assume(support is not None and len(support) <= 8)
    theirs = HyperParameter("p", spec)
    drawn = {value_key(plain(theirs.ppf((i + 0.5) / 40))) for i in range(40)}
    assert drawn == {value_key(value) for value in support}


CONTINUOUS = [
    kind for kind in FORMS if FORMS[kind][1][-1:] != ["q"] and kind[:3] not in ("cat", "con", "int")
]


@generated(200)
@given(specs(kinds=CONTINUOUS, strange=False), st.floats(0.01, 0.99))
def test_cdfs_are_the_same(spec, u):
    config = ours(random_sweep(spec))
    assume(config is not None and kind_of(spec) and engine_accepts_spec(spec))
    distribution = config.space.parameters[0].distribution
    value = distribution.quantile(u)
    assert math.isclose(distribution.cdf(value), HyperParameter("p", spec).cdf(value), abs_tol=1e-9)


grid_specs = st.one_of(
    specs(kinds=["constant", "categorical", "int_uniform"], strange=False),
    st.builds(
        lambda low, q, steps: {
            "distribution": "q_uniform",
            "min": low,
            "max": low + q * steps,
            "q": q,
        },
        st.sampled_from([0, 1, -2, 0.5, 3.0]),
        st.sampled_from([1, 2, 0.5, 0.25, 4.0]),
        st.sampled_from([1, 2.5, 3]),
    ),
)
grid_blocks = st.dictionaries(
    names,
    st.one_of(
        grid_specs,
        st.fixed_dictionaries(
            {"parameters": st.dictionaries(names, grid_specs, min_size=1, max_size=2)}
        ),
    ),
    min_size=1,
    max_size=3,
)


@generated(250)
@given(grid_blocks)
def test_grids_have_the_same_points_in_the_same_order(parameters):
    config = {"method": "grid", "parameters": parameters}
    mine = ours(config)
    assume(mine is not None and mine.space.grid_size <= 40)
    runs = sweeps.next_runs(config, [], n=mine.space.grid_size + 1)
    theirs = [None if run is None else unwrapped(run.config) for run in runs]
    points = []
    while (suggestion := grid_search.suggest(mine, [], points, rng=None)) is not None:
        points.append(suggestion)
    nested = [mine.space.nest(suggestion.params) for suggestion in points]
    assert theirs[-1] is None
    assert value_key(nested) == value_key(theirs[:-1])


def unwrapped(config):
    """A run config of the engine without the {"value": …} around each top-level key."""
    return {name: held["value"] for name, held in config.items()}
