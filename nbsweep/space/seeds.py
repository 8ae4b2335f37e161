"""Parameters that only seed random numbers: runs that differ in them alone are repetitions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nbsweep.space.search_space import Parameter, SearchSpace

SEED_NAMES = frozenset({"seed", "random_seed", "random_state", "rng_seed"})


def is_seed(parameter: Parameter, space: SearchSpace) -> bool:
    """Whether a parameter only seeds random numbers, by its own name, whatever block it is in.

    One on which others hang is a parameter like any other.
    """
    return parameter.path[-1].lower() in SEED_NAMES and not is_bound(parameter.name, space)


def is_bound(name: str, space: SearchSpace) -> bool:
    """Whether others hang on a parameter: by a tie, a constraint or a condition."""
    return (
        any(name in tie for tie in space.ties)
        or any(name in constraint.names for constraint in space.constraints)
        or any(name == condition.name for parameter in space for condition in parameter.when)
    )


def without(space: SearchSpace, names: Collection[str]) -> SearchSpace:
    """The space without some parameters, on which nothing else hangs."""
    if not names:
        return space
    kept = tuple(parameter for parameter in space if parameter.name not in names)
    return replace(space, parameters=kept)


def without_seeds(space: SearchSpace) -> SearchSpace:
    """What a model is made over: the space without the searched parameters that only seed.

    A model that took the numbers of seeds for an axis would see structure in luck, and take the
    noise of repeated runs for it.
    """
    return without(space, {p.name for p in space.searched if is_seed(p, space)})
