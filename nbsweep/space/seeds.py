"""Parameters that only seed random numbers: runs that differ in them alone are repetitions."""

from __future__ import annotations

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
