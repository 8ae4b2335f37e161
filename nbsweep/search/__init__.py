"""Search methods: which params next. Pure functions of records; see `suggest`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from nbsweep.errors import UnsupportedError, UsageError
from nbsweep.records import Observation, Suggestion
from nbsweep.search import custom_search
from nbsweep.search.custom_search import SearchFunction
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    import numpy as np

# Each of these modules has a `suggest`, and is imported when it is first needed:
# bayes_search takes scipy along, half a second that a grid need not wait for.
METHODS = {
    "bayes": "nbsweep.search.bayes_search",
    "custom": "nbsweep.search.optuna_search",
    "grid": "nbsweep.search.grid_search",
    "random": "nbsweep.search.random_search",
}
# The engine of a scheduler, where method "custom" has one.
ENGINES = {
    "ax": "nbsweep.search.ax_search",
    "optuna": METHODS["custom"],
}

NEEDS_FUNCTION = (
    'Method "custom" without a scheduler needs a search function: '
    "nbsweep.agent(sweep_id, train, search=function). It gets (config, observations, pending, "
    "rng) and returns a dict of params, or None when nothing is left to try."
)


class SearchMethod(Protocol):
    """What `suggest` calls, and what a search method of your own has to look like."""

    def __call__(
        self,
        config: SweepConfig,
        observations: Sequence[Observation],
        pending: Sequence[Suggestion],
        rng: np.random.Generator,
    ) -> Suggestion | None:
        """See `suggest`."""
        ...


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Suggestion | None:
    """The params of the next run by the sweep's method, None when nothing is left to try.

    No input or output and no clock: the same arguments give the same suggestion, and
    the order of observations and of pending suggestions does not matter.

    Args:
        config: the sweep.
        observations: all runs that have ended, however they ended.
        pending: the suggestions of runs under way.
        rng: source of every random choice; the controller takes `generator`'s.

    Raises:
        UnsupportedError: the method is not one of `METHODS`.
        UsageError: method "custom" without a scheduler is searched by a function of the
            user's; see `method_for`.
    """
    if config.method not in METHODS:
        raise UnsupportedError(
            f'There is no search method "{config.method}". Use one of: {", ".join(METHODS)}.'
        )
    if needs_function(config):
        raise UsageError(NEEDS_FUNCTION)
    search: SearchMethod = import_module(_module(config)).suggest
    return search(config, observations, pending, rng)


def _module(config: SweepConfig) -> str:
    """The module that searches a sweep."""
    engine = (config.scheduler or {}).get("engine")
    return ENGINES[engine] if config.method == "custom" and engine else METHODS[config.method]


def needs_function(config: SweepConfig) -> bool:
    """Whether a sweep is searched by a function of the user's."""
    return config.method == "custom" and config.scheduler is None


def method_for(config: SweepConfig, function: SearchFunction | None = None) -> SearchMethod:
    """What suggests the runs of a sweep: `suggest`, or the user's function with its checks.

    Raises:
        UsageError: the sweep needs a function and has none, or has one and needs none.
    """
    needed = needs_function(config)
    if function is None and needed:
        raise UsageError(NEEDS_FUNCTION)
    if function is None:
        return suggest
    if not needed:
        raise UsageError(
            f'search=… is for sweeps with method "custom" and no scheduler; this one has method '
            f'"{config.method}". Leave it out, or make a sweep with method "custom".'
        )
    return custom_search.checked(function)


def check(config: SweepConfig) -> list[str]:
    """Raise what can be known of the search before the first run.

    Returns:
        What the search leaves aside of the config, in sentences for the user.

    Raises:
        MissingDependencyError: the scheduler's engine, or what it needs, is not installed.
        ConfigError: its sampler does not exist or does not take its arguments.
    """
    if config.method == "custom" and config.scheduler is not None:
        engine = import_module(_module(config))
        engine.check(config)
        notes: list[str] = engine.notes(config) if hasattr(engine, "notes") else []
        return notes
    return []


def generator(seed: int, number: int) -> np.random.Generator:
    """The random numbers of suggestion `number` in a sweep with that seed.

    Each suggestion has its own, so that a sweep can be replayed from any point and two
    agents that suggest at the same time draw independently. Without numpy they are the same.
    """
    try:
        import numpy as np
    except ImportError:
        from nbsweep.search.plain_generator import PlainGenerator

        return cast("np.random.Generator", PlainGenerator([seed, number]))
    return np.random.default_rng([seed, number])
