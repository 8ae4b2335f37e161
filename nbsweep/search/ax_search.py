"""Ax on our search space: ``scheduler: {engine: ax, …}``.

Ax starts with the middle of the space and a few points of a Sobol sequence, then asks a
Gaussian process for the best point. The seed of the sequence and the place in it are
kept in the origin of the suggestions, see `search.foreign_trials`.

How our distributions become Ax's:

=======================================  ================================================
constant                                 not asked for
``values``                               choice; ordered, in order of size, where all are
                                         numbers
integers; q_uniform                      range of int: which of the steps it is
q_log_uniform_values with q 1, min ≥ 1   range of int, log
all others                               range of float, 0 to 1: the probability u
=======================================  ================================================

Ax maps ranges to 0 to 1 itself, in the logarithm where they are log, so to its model a
uniform or log_uniform_values law is the same by its probability as by its values, and
Ax's refusal of ranges narrower than 1e-6 does not matter.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from nbsweep.errors import MissingDependencyError
from nbsweep.objectives import excesses
from nbsweep.records import Goal, Observation, Suggestion
from nbsweep.search.foreign_trials import (
    ForeignAxis,
    Trial,
    is_exhausted,
    params_of,
    place,
    trials_of,
    tried,
)
from nbsweep.search.random_search import draw
from nbsweep.space.search_space import (
    Categorical,
    IntUniform,
    InvLogUniform,
    LogUniform,
    Parameter,
    SearchSpace,
    Uniform,
    value_key,
)
from nbsweep.space.values import fresh
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.points import fits, spread_points

if TYPE_CHECKING:
    import numpy as np

OLDEST = (1, 3)  # the version of Ax from which on its nodes and data look as they do here
DEFAULT_METHOD = "fast"
MAX_ASKED = 5  # times, a model fit each, until what Ax suggests can be run
MAX_SEED = 2**31 - 1
MAX_TOLD = 200  # characters of an error
# Squares of standardised values overflow from here on.
_LARGEST = 1e100
_METRIC = "objective"  # Ax reads an objective as an expression, where val/loss is a quotient
_LIMIT = "excess"  # over a limit; "limit" itself would be a function to Ax
_PACKAGE = "ax-platform"
_SEQUENCE = "Sobol"  # the name of Ax's node that starts a sweep


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Suggestion | None:
    """What Ax asks for; None at the end of a finite space.

    Args:
        config: with ``scheduler: {"engine": "ax"}`` and a metric, or several: each limit is
            an outcome constraint.
        observations: ended runs; those without a value of each metric become abandoned
            trials, and those that do not fit the space count as its nearest point, if there
            is one.
        pending: runs under way are running trials, which Ax keeps away from.
        rng: seeds Ax.

    Raises:
        MissingDependencyError: Ax, or what its method needs, is not installed.
    """
    check(config)
    ax = _ax()
    space = config.space
    if is_exhausted(space, observations, pending):
        return None
    axes = [AxAxis.of(axis) for axis in space.searched_axes]
    trials = trials_of(space, axes, observations, pending, config.metrics)
    taken = tried(space, observations, pending) if space.size is not None else set()
    drawn = int(rng.integers(MAX_SEED))
    own = [trial for trial in trials if "seed" in trial.kept]
    seed = own[0].kept["seed"] if own else drawn
    position = max((trial.kept["position"] for trial in own), default=0)
    problem: Exception | None = None
    with _quietly(), _seeded(drawn):
        client = _client(ax, config, axes, trials, bool(own))
        _start_sequence_at(client, seed, position)
        fixed = _fixed(space, axes)
        for _ in range(MAX_ASKED):
            try:
                index, generator, values = _ask(client, fixed)
            except ax.errors as error:
                # The same inputs would raise it for ever, so the sweep goes on without Ax.
                params, generator, problem = _elsewhere(space, taken, rng), "draw", error
                break
            position += generator == _SEQUENCE
            params = params_of(space, axes, {axis.name: values[axis.name] for axis in axes})
            if value_key(params) not in taken and (space.is_plain or fits(space, params)):
                break
            client.mark_trial_abandoned(index)
        else:
            params, generator = _elsewhere(space, taken, rng), "draw"
    origin = {
        "method": "custom",
        "engine": "ax",
        "generator": generator,
        "observations": sum(trial.value is not None for trial in trials),
        "pending": len(pending),
        "trial": len(trials),
        "kept": {"seed": seed, "position": position},
    }
    if problem is not None:
        origin["error"] = f"{type(problem).__name__}: {problem}".splitlines()[0][:MAX_TOLD]
    return Suggestion(params, origin)


def check(config: SweepConfig) -> None:
    """Raise what can be known before Ax is imported, which takes seconds.

    Raises:
        MissingDependencyError: Ax, or what its method needs, is not installed.
    """
    try:
        version = metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        raise _missing() from None
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise MissingDependencyError(
            f'scheduler.engine "ax" needs {_PACKAGE} {oldest} or later, which needs Python 3.11 '
            f'or later; {version} is installed: pip install --upgrade "nbsweep[ax]"'
        )
    absent = [name for name in ("jax", "numpyro") if importlib.util.find_spec(name) is None]
    if absent and _setting(config, "method", DEFAULT_METHOD) == "quality":
        raise MissingDependencyError(
            'scheduler.method "quality" needs extra packages: pip install jax numpyro'
        )


def _setting(config: SweepConfig, key: str, default: Any) -> Any:
    return (config.scheduler or {}).get(key, default)


def _missing() -> MissingDependencyError:
    return MissingDependencyError(
        'scheduler.engine "ax" needs an extra package: pip install "nbsweep[ax]"'
    )


@dataclass(frozen=True)
class AxAxis(ForeignAxis):
    """One searched parameter as Ax knows it.

    Attributes:
        kind: Ax's config class, with `arguments`.
        choices: the natural values of a choice, in order of size where that is known.
        counts: whether Ax sees which of the steps of the law a value is.
    """

    kind: str
    arguments: Mapping[str, Any]
    choices: tuple[Any, ...] | None = None
    counts: bool = False

    @classmethod
    def of(cls, parameter: Parameter) -> AxAxis:
        """The axis of a parameter; see the table at the top."""
        name, law = parameter.name, parameter.distribution
        if isinstance(law, Categorical) and law.probabilities is None:
            values = tuple(sorted(law.support) if law.is_numeric else law.support)
            arguments = {
                "values": list(range(len(values))),
                "parameter_type": "int",
                "is_ordered": law.is_numeric,
            }
            return cls(name, law, "ChoiceParameterConfig", arguments, choices=values)
        if isinstance(law, (IntUniform, Uniform)) and law.support is not None:
            steps = {"bounds": (0, len(law.support) - 1), "parameter_type": "int"}
            return cls(name, law, "RangeParameterConfig", steps, counts=True)
        is_log = isinstance(law, LogUniform) and not isinstance(law, InvLogUniform)
        if isinstance(law, LogUniform) and is_log and law.q == 1 and law.min >= 1:
            whole = {"bounds": law.bounds, "parameter_type": "int", "scaling": "log"}
            return cls(name, law, "RangeParameterConfig", whole)
        unit = {"bounds": (0.0, 1.0), "parameter_type": "float"}
        return cls(name, law, "RangeParameterConfig", unit)

    def to_ax(self, configs: Any) -> Any:
        """Ax's config of it, from its module of them."""
        return getattr(configs, self.kind)(name=self.name, **self.arguments)

    def natural(self, value: Any) -> Any:
        """The natural value of one that Ax asked for, a plain Python value of ours."""
        law = self.distribution
        if self.choices is not None:
            return fresh(self.choices[int(value)])
        if self.counts:
            assert law.support is not None
            return law.support[int(value)]
        return int(value) if self.arguments["parameter_type"] == "int" else law.quantile(value)

    def of_natural(self, value: Any) -> Any:
        """What Ax calls a natural value, or the nearest to it that there is here."""
        value, law = self.nearest(value), self.distribution
        if self.choices is not None:
            return place(self.choices, value)
        if self.counts:
            assert law.support is not None
            return law.support.index(value)
        return int(value) if self.arguments["parameter_type"] == "int" else law.cdf(value)


def _client(
    ax: _Modules, config: SweepConfig, axes: Sequence[AxAxis], trials: Sequence[Trial], begun: bool
) -> Any:
    """A client in memory that has had these trials.

    Args:
        ax: Ax's modules.
        config: the sweep.
        axes: the searched ones.
        trials: in order.
        begun: whether any of them was suggested by Ax, so that the middle of the space was.
    """
    client = ax.client.Client()
    client.configure_experiment(parameters=[axis.to_ax(ax.configs) for axis in axes])
    signs = ["-" if metric.goal == Goal.MINIMIZE else "" for metric in config.objectives]
    names = _names(_METRIC, len(signs))
    objectives = [f"{sign}{name}" for sign, name in zip(signs, names, strict=True)]
    # Not of the objectives' names: Ax takes limits on those for a reference point.
    limits = _names(_LIMIT, len(excesses([0.0] * len(config.metrics), config.metrics) or ()))
    client.configure_optimization(
        objective=", ".join(objectives), outcome_constraints=[f"{name} <= 0" for name in limits]
    )
    # Ax's middle of the space does not look at what is fixed.
    center = _setting(config, "initialize_with_center", True) and not config.space.fixed
    client.configure_generation_strategy(
        method=_setting(config, "method", DEFAULT_METHOD),
        initialization_budget=_setting(config, "initialization_budget", None),
        initialize_with_center=center and not begun,
        # Agents with many runs at once get more points before the first have ended.
        allow_exceeding_initialization_budget=True,
    )
    _attach(client, trials)
    return client


def _attach(client: Any, trials: Sequence[Trial]) -> None:
    """Give a client its trials.

    Runs without a value are "abandoned". Those that are "failed" Ax may ask for again: on a
    square of which two fifths fail, next to the optimum, 30 runs then found nothing better
    than the middle (0.0625), and 0.0039 with abandoned ones. Values are attached in one
    table: `complete_trial` takes 150 times as long for 300.
    """
    import pandas as pd

    experiment = client._experiment
    measured = [_by_name(trial) for trial in trials if trial.value is not None]
    largest = {
        name: max(abs(values[name]) for values in measured) for name in (measured or [{}])[0]
    }
    rows = []
    for trial in trials:
        index = client.attach_trial(trial.params)
        if trial.value is not None:
            arm = experiment.trials[index].arm.name
            for name, value in _by_name(trial).items():
                scaled = value / largest[name] if largest[name] > _LARGEST else value
                rows.append((index, arm, name, name, scaled, None))
            experiment.trials[index].mark_completed()
        elif not trial.running:
            client.mark_trial_abandoned(index)
    if rows:
        names = ["trial_index", "arm_name", "metric_name", "metric_signature", "mean", "sem"]
        table = pd.DataFrame(rows, columns=names).astype({"mean": float, "sem": float})
        experiment.attach_data(import_module("ax.core.data").Data(df=table))


def _names(stem: str, count: int) -> list[str]:
    """Names of Ax's metrics: the stem itself for one."""
    return [stem] if count == 1 else [f"{stem}_{i}" for i in range(count)]


def _by_name(trial: Trial) -> dict[str, float]:
    """Objectives and limits of a trial by the names that Ax has for them."""
    names = [*_names(_METRIC, len(trial.values)), *_names(_LIMIT, len(trial.beyond))]
    return dict(zip(names, (*trial.values, *trial.beyond), strict=True))


def _start_sequence_at(client: Any, seed: int, position: int) -> None:
    """Let the Sobol sequence of a new client go on where the one before it stopped."""
    for node in client._generation_strategy.nodes_by_name.values():
        if node.name == _SEQUENCE:
            node.generator_spec.generator_kwargs |= {"seed": seed, "init_position": position}


def _fixed(space: SearchSpace, axes: Sequence[AxAxis]) -> dict[str, Any]:
    """What Ax calls the values of the axes that are fixed whole."""
    fixed = {}
    for axis in axes:
        names = space.names_of_axis[axis.name]
        if all(name in space.fixed for name in names):
            row = [space.fixed[name] for name in names]
            fixed[axis.name] = axis.of_natural(row if len(row) > 1 else row[0])
    return fixed


def _ask(client: Any, fixed: Mapping[str, Any]) -> tuple[int, str, Mapping[str, Any]]:
    """A trial's index, the node of Ax's that made it, and its values."""
    ((index, values),) = client.get_next_trials(
        max_trials=1, fixed_parameters=fixed or None
    ).items()
    run = client._experiment.trials[index].generator_runs[0]
    return index, run._generation_node_name, values


def _elsewhere(space: SearchSpace, taken: set[Any], rng: np.random.Generator) -> dict[str, Any]:
    """A random point that meets the constraints, and is not taken if there is one left."""
    for _ in range(MAX_ASKED):
        params = draw(space, rng)
        if value_key(params) not in taken:
            return params
    free = (p for p in spread_points(space) if fits(space, p) and value_key(p) not in taken)
    return next(free, params)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generators of the process that Ax draws from, and put them back afterwards.

    Ax's own `with_rng_seed` would start CUDA on every GPU of the agent's process.
    """
    import random

    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Ax's log lines and warnings out of the user's cell.

    Each of its loggers has a level of its own, but their lines all go to the handlers of one.
    """
    logger = logging.getLogger("ax")
    before = logger.handlers[:], logger.propagate
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.handlers, logger.propagate = before


class _Modules:
    """Those of Ax's modules that are used here, and what they raise where Ax cannot suggest."""

    def __init__(self) -> None:
        self.client = import_module("ax.api.client")
        self.configs = import_module("ax.api.configs")
        # No point is left; the model cannot be fitted; a matrix is singular.
        self.errors: tuple[type[Exception], ...] = (
            import_module("ax.exceptions.core").AxError,
            import_module("botorch.exceptions.errors").BotorchError,
            RuntimeError,
        )


def _ax() -> _Modules:
    disabled = logging.root.manager.disable
    logging.disable(logging.INFO)  # Ax makes its loggers, and logs with them, as it is imported
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Modules()
    except ImportError:
        raise _missing() from None
    finally:
        logging.disable(disabled)
