"""Any sampler of Optuna's on our search space: ``scheduler: {engine: optuna, …}``.

Optuna's samplers live in a study that they change as they go. What a sampler leaves in
it (the generation of an evolution, the next point of a sequence) is kept in the origin
of the suggestions, see `search.foreign_trials`.

How our distributions become Optuna's:

=======================================  ================================================
constant                                 not asked for
``values``                               CategoricalDistribution
integers; q_uniform with whole q         IntDistribution, with step
uniform, q_uniform                       FloatDistribution, with step
log_uniform_values                       FloatDistribution(log=True)
q_log_uniform_values with q 1, min ≥ 1   IntDistribution(log=True)
all others                               FloatDistribution(0, 1): the probability u
=======================================  ================================================
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbsweep.errors import ConfigError, MissingDependencyError, Problem
from nbsweep.records import Observation, Suggestion
from nbsweep.search.foreign_trials import (
    ForeignAxis,
    Trial,
    is_exhausted,
    params_of,
    place,
    trials_of,
)
from nbsweep.search.random_search import draw
from nbsweep.space.search_space import (
    Categorical,
    Distribution,
    IntUniform,
    InvLogUniform,
    LogUniform,
    Parameter,
    Uniform,
)
from nbsweep.space.values import fresh
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.points import fits
from nbsweep.wording import closest, did_you_mean, joined

if TYPE_CHECKING:
    import numpy as np

DEFAULT_SAMPLER = "TPESampler"
MAX_ASKED = 100  # times, until what the sampler suggests meets the constraints
MAX_SEED = 2**31 - 1  # cmaes takes 31 bits
_PATH = "scheduler.sampler"
_CONSTRAINTS = "constraints"  # the attribute of a trial in which Optuna keeps its limits
TRIALS_KEEP_LIMITS = 5  # the version from which on samplers look at it by themselves


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Suggestion | None:
    """What the sampler of the config's scheduler asks for; None at the end of a finite space.

    Args:
        config: with ``scheduler: {"engine": "optuna"}`` and a metric, or several: a study has
            a direction for each objective, and a constraint for each limit.
        observations: ended runs; those without a value of each metric count as failed trials,
            and those that do not fit the space as its nearest point, if there is one.
        pending: runs under way are running trials, for samplers that avoid them.
        rng: seeds the sampler.

    Raises:
        MissingDependencyError: Optuna, or what the sampler needs, is not installed.
        ConfigError: there is no such sampler, or its arguments do not fit.
    """
    optuna = _optuna()
    if is_exhausted(config.space, observations, pending):
        return None
    space = config.space
    axes = [_Axis.of(axis) for axis in space.searched_axes]
    trials = trials_of(space, axes, observations, pending, config.metrics)
    with _quietly(optuna):
        sampler = _sampler(optuna, config, len(trials), rng)
        study = _study(optuna, config, sampler, trials, axes)
        if isinstance(sampler, optuna.samplers.GridSampler) and sampler.is_exhausted(study):
            return None
        laws = {axis.name: axis.to_optuna(optuna) for axis in axes}
        for _ in range(MAX_ASKED):
            trial = study.ask(laws)
            params = params_of(space, axes, trial.params)
            if space.is_plain or fits(space, params):
                break
            # As a run that failed, so that samplers turn away from there.
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            if isinstance(sampler, optuna.samplers.GridSampler) and sampler.is_exhausted(study):
                return None
        else:
            params = draw(space, rng)
        asked = study.trials[-1]
        of_study = study._storage.get_study_system_attrs(study._study_id)
    kept = {"trial": asked.system_attrs, "study": of_study}
    origin = {
        "method": "custom",
        "sampler": type(sampler).__name__,
        "observations": sum(trial.value is not None for trial in trials),
        "pending": len(pending),
        "trial": asked.number,
        "kept": json.loads(json.dumps({k: v for k, v in kept.items() if v})),
    }
    return Suggestion(params, origin)


def check(config: SweepConfig) -> None:
    """Raise what `suggest` would raise about the sampler."""
    import numpy as np

    optuna = _optuna()
    with _quietly(optuna):
        sampler = _sampler(optuna, config, 0, np.random.default_rng(0))
        if config.has_front:
            _check_front(optuna, config, sampler)


def notes(config: SweepConfig) -> list[str]:
    """What the sampler leaves aside of the config, in sentences for the user."""
    optuna = _optuna()
    kind = _kind(optuna, config)
    kinds = [kind for kind in vars(optuna.samplers).values() if inspect.isclass(kind)]
    if not config.limits or kind not in kinds or _limits_itself(kind):
        return []
    others = joined(sorted(k.__name__ for k in kinds if _limits_itself(k)), "and")
    return [
        f"{_PATH}: {kind.__name__} does not look at limits, so it may go where they are broken; "
        f"{others} keep away from there."
    ]


def _check_front(optuna: Any, config: SweepConfig, sampler: Any) -> None:
    """Have a sampler ask for a first point, which it refuses if it takes one objective only."""
    axes = [_Axis.of(axis) for axis in config.space.searched_axes]
    study = _study(optuna, config, sampler, [], axes)
    try:
        study.ask({axis.name: axis.to_optuna(optuna) for axis in axes})
    except (ValueError, RuntimeError) as error:
        name = type(sampler).__name__
        what = str(error).splitlines()[0].rstrip(".")
        raise ConfigError(
            [
                Problem(
                    _PATH,
                    f"{name} does not search for {len(config.objectives)} objectives ({what}). "
                    "Use TPESampler, GPSampler, NSGAIISampler or NSGAIIISampler, or method "
                    '"bayes".',
                )
            ]
        ) from None


def _limits_itself(kind: Any) -> bool:
    """Whether samplers of a class keep away from where limits are broken."""
    return "constraints_func" in inspect.signature(kind).parameters


@dataclass(frozen=True)
class _Axis(ForeignAxis):
    """One searched parameter as Optuna knows it.

    Attributes:
        kind: Optuna's class, with `arguments`.
        by_probability: whether Optuna sees u in [0, 1] instead of natural values.
        choices: natural values where Optuna sees their places in this list.
    """

    kind: str
    arguments: Mapping[str, Any]
    by_probability: bool = False
    choices: tuple[Any, ...] | None = None

    @classmethod
    def of(cls, parameter: Parameter) -> _Axis:
        """The axis of a parameter; see the table at the top."""
        name, law = parameter.name, parameter.distribution
        if isinstance(law, Categorical) and law.probabilities is None:
            values = tuple(law.support)
            if _are_choices(values):
                return cls(name, law, "CategoricalDistribution", {"choices": values})
            places = {"choices": tuple(range(len(values)))}
            return cls(name, law, "CategoricalDistribution", places, choices=values)
        if isinstance(law, IntUniform):
            return cls(name, law, "IntDistribution", {"low": law.min, "high": law.max})
        if isinstance(law, Uniform):
            return cls(name, law, *_uniform(law))
        if isinstance(law, LogUniform) and not isinstance(law, InvLogUniform):
            limits: dict[str, Any] = {"low": law.min, "high": law.max, "log": True}
            if law.q is None:
                return cls(name, law, "FloatDistribution", limits)
            if law.q == 1 and law.min >= 1 and law.bounds is not None:
                low, high = law.bounds
                return cls(name, law, "IntDistribution", {"low": low, "high": high, "log": True})
        return cls(name, law, "FloatDistribution", {"low": 0.0, "high": 1.0}, by_probability=True)

    def to_optuna(self, optuna: Any) -> Any:
        """Optuna's distribution object."""
        return getattr(optuna.distributions, self.kind)(**self.arguments)

    def natural(self, value: Any) -> Any:
        """The natural value of one that Optuna asked for, a plain Python value of ours."""
        law = self.distribution
        if self.by_probability:
            return law.quantile(value)
        if isinstance(law, Categorical):
            index = value if self.choices is not None else self.arguments["choices"].index(value)
            return fresh(law.support[index])
        if isinstance(law, Uniform) and law.q is None:
            return float(value)
        # Steps of ours are exact in decimals, and logarithms may round beyond a limit.
        return law.quantile(law.cdf(value)) if law.support is not None else _inside(law, value)

    def of_natural(self, value: Any) -> Any:
        """What Optuna calls a natural value, or the nearest to it that there is here."""
        value, law = self.nearest(value), self.distribution
        if self.by_probability:
            return law.cdf(value)
        if isinstance(law, Categorical):
            index = place(law.support, value)
            return index if self.choices is not None else self.arguments["choices"][index]
        return int(value) if self.kind == "IntDistribution" else float(value)


def _inside(law: Distribution, value: float) -> float:
    assert law.bounds is not None
    low, high = law.bounds
    return min(max(float(value), low), high)


def _are_choices(values: Sequence[Any]) -> bool:
    """Whether Optuna can tell these values apart: plain ones, all different.

    True and 1 are equal to Python, and Optuna does not take lists and dicts.
    """
    return all(v is None or isinstance(v, (bool, int, float, str)) for v in values) and not any(
        a == b for i, a in enumerate(values) for b in values[:i]
    )


def _uniform(law: Uniform) -> tuple[str, dict[str, Any]]:
    if law.q is None:
        return "FloatDistribution", {"low": law.min, "high": law.max}
    low, high = law.bounds or (law.min, law.max)
    whole = isinstance(low, int) and isinstance(high, int) and float(law.q).is_integer()
    kind, step = ("IntDistribution", int(law.q)) if whole else ("FloatDistribution", law.q)
    return kind, {"low": low, "high": high, "step": step}


def _study(
    optuna: Any, config: SweepConfig, sampler: Any, trials: Sequence[Trial], axes: Sequence[_Axis]
) -> Any:
    """A study in memory that has had these trials."""
    goals = [metric.goal for metric in config.objectives]
    study = optuna.create_study(sampler=sampler, directions=goals)
    states = optuna.trial.TrialState
    # The grid sampler gives the grid's points under way to others once no free one is left.
    waiting = states.FAIL if isinstance(sampler, optuna.samplers.GridSampler) else states.RUNNING
    laws = {axis.name: axis.to_optuna(optuna) for axis in axes}
    for trial in trials:
        done = states.FAIL if trial.value is None else states.COMPLETE
        study.add_trial(
            optuna.trial.create_trial(
                state=waiting if trial.running else done,
                values=trial.values or None,
                params=trial.params,
                distributions=laws,
                system_attrs=_attributes(trial),
            )
        )
        for key, value in trial.kept.get("study", {}).items():
            study._storage.set_study_system_attr(study._study_id, key, value)
    return study


def _attributes(trial: Trial) -> dict[str, Any]:
    """What Optuna keeps of a trial beside its values: what samplers left, and its limits."""
    limits = {_CONSTRAINTS: list(trial.beyond)} if trial.beyond else {}
    return {**trial.kept.get("trial", {}), **limits}


def _kept_limits(trial: Any) -> Sequence[float]:
    """For samplers that look at limits only where they were given a function."""
    return list(trial.system_attrs.get(_CONSTRAINTS, ()))


def _kind(optuna: Any, config: SweepConfig) -> Any:
    """The class of the config's sampler."""
    spec = (config.scheduler or {}).get("sampler", DEFAULT_SAMPLER)
    return _class_of(optuna, spec if isinstance(spec, str) else spec["name"])


def _sampler(optuna: Any, config: SweepConfig, trials: int, rng: np.random.Generator) -> Any:
    """The config's sampler, seeded for the next of so many trials."""
    spec = (config.scheduler or {}).get("sampler", DEFAULT_SAMPLER)
    return _build(optuna, spec, trials, int(rng.integers(MAX_SEED)), bool(config.limits))


def _build(optuna: Any, spec: Any, trials: int, drawn: int, limited: bool) -> Any:
    """A sampler from its name, or from its name and arguments; those may be samplers too."""
    import numpy as np

    settings = {"name": spec} if isinstance(spec, str) else dict(spec)
    name = settings.pop("name")
    kind = _class_of(optuna, name)
    arguments = {
        key: _build(optuna, value, trials, drawn, limited)
        if key.endswith("_sampler") and isinstance(value, (str, dict))
        else value
        for key, value in settings.items()
    }
    if limited and _limits_itself(kind) and _major(optuna) < TRIALS_KEEP_LIMITS:
        arguments.setdefault("constraints_func", _kept_limits)
    if "seed" in inspect.signature(kind).parameters:
        seed = arguments.get("seed")
        if kind in (optuna.samplers.QMCSampler, optuna.samplers.GridSampler):
            # These go through one shuffled sequence: the same one at each suggestion.
            arguments["seed"] = 0 if seed is None else seed
        elif isinstance(seed, int):
            # One seed for all would make them all alike.
            mixed = np.random.SeedSequence([abs(seed), trials])
            arguments["seed"] = int(mixed.generate_state(1)[0]) % MAX_SEED
        else:
            arguments["seed"] = drawn
    try:
        return kind(**arguments)
    except ImportError as error:
        missing = str(error).splitlines()[0]
        raise MissingDependencyError(
            f"{_PATH}: {name} needs a package that is not installed. {missing}"
        ) from None
    except (TypeError, ValueError) as error:
        raise ConfigError([Problem(_PATH, f"{name} does not take this: {error}")]) from None


def _class_of(optuna: Any, name: str) -> Any:
    """A sampler's class: one of Optuna's by its name, any other by its dotted path."""
    module, _, attribute = name.rpartition(".")
    if module:
        try:
            kind = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ConfigError([Problem(_PATH, f"{name} cannot be imported: {error}.")]) from None
    else:
        kind = getattr(optuna.samplers, name, None)
    base = optuna.samplers.BaseSampler
    if inspect.isclass(kind) and issubclass(kind, base) and not inspect.isabstract(kind):
        return kind
    classes = optuna.samplers.__all__
    known = [c for c in classes if c.endswith("Sampler") and not c.startswith("Base")]
    question = did_you_mean(closest(name, known, {"tpe": "TPESampler", "gp": "GPSampler"}))
    message = f'Optuna has no sampler "{name}".{question} It has: {", ".join(known)}.'
    raise ConfigError([Problem(_PATH, message)])


@contextmanager
def _quietly(optuna: Any) -> Iterator[None]:
    """Keep Optuna's log lines and experimental warnings out of the user's cell."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _major(optuna: Any) -> int:
    """The first number of Optuna's version."""
    return int(optuna.__version__.partition(".")[0])


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingDependencyError(
            'scheduler.engine "optuna" needs an extra package: pip install "nbsweep[optuna]"'
        ) from None
    return optuna
