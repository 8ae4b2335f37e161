"""A search function of the user's: ``nbsweep.agent(sweep_id, train, search=function)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbsweep.errors import UsageError
from nbsweep.records import Observation, Suggestion
from nbsweep.space.search_space import SearchSpace
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.reader import Reader, plain_value
from nbsweep.wording import closest, did_you_mean, show

if TYPE_CHECKING:
    import numpy as np

SearchFunction = Callable[..., "Suggestion | Mapping[str, Any] | None"]


def checked(function: SearchFunction) -> Callable[..., Suggestion | None]:
    """A search method from a user's function, whose answers are checked.

    The function gets what every search method gets, `(config, observations, pending,
    rng)`, and returns params as a dict (flat or nested, constants may be left out), a
    Suggestion with an origin of its own, or None when there is nothing left to try.
    """

    def suggest(
        config: SweepConfig,
        observations: Sequence[Observation],
        pending: Sequence[Suggestion],
        rng: np.random.Generator,
    ) -> Suggestion | None:
        answer = function(config, observations, pending, rng)
        if answer is None:
            return None
        params = answer.params if isinstance(answer, Suggestion) else answer
        origin = answer.origin if isinstance(answer, Suggestion) else {}
        if not isinstance(params, Mapping):
            raise UsageError(
                f"The search function returned {type(params).__name__} {params!r:.60}; it has to "
                "return a dict of params, a Suggestion, or None when nothing is left to try."
            )
        fitting = _params(config.space, _plain(params, "params"))
        return Suggestion(fitting, {"method": "custom", **_plain(origin, "origin")})

    return suggest


def _plain(values: Mapping[str, Any], what: str) -> dict[str, Any]:
    """A copy with JSON values only: numpy numbers become Python's."""
    reader = Reader()
    plain: dict[str, Any] = plain_value(values, (), reader)
    if reader.problems:
        problems = "; ".join(map(str, reader.problems[:3]))
        raise UsageError(f"The search function returned {what} that cannot be stored. {problems}")
    return plain


def _params(space: SearchSpace, values: Mapping[str, Any]) -> dict[str, Any]:
    """The params in the order of the space, each checked against its distribution."""
    names = {parameter.name for parameter in space}
    flat = {**space.constants, **space.flatten_point(values)}
    tops = names | {parameter.path[0] for parameter in space}
    problems = []
    for key in values:
        if key not in tops:
            question = did_you_mean(closest(key, sorted(names)))
            problems.append(f'"{key}" is not a parameter of this sweep.{question}')
    params = {}
    active = space.active(flat)
    for parameter in space:
        name, law = parameter.name, parameter.distribution
        if name not in active:
            continue  # whatever the function says of it has no effect
        if name in flat:
            params[name] = flat[name]
            if not law.contains(flat[name]):
                problems.append(f"{name} = {show(flat[name])} is not in the search space.")
        else:
            problems.append(f"{name} is missing.")
    if not problems and (broken := space.violated(params)) is not None:
        problems.append(f'they do not meet the constraint "{broken.text}".')
    if not problems and not space.contains(params):
        problems.append("values of parameters that zip ties do not go together.")
    if problems:
        raise UsageError(
            f"The search function returned params that do not fit: {' '.join(problems[:3])}"
        )
    return params
