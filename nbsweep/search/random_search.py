"""Random search: every parameter drawn from its distribution, whatever came before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbsweep.errors import UsageError
from nbsweep.records import Observation, Suggestion
from nbsweep.space.search_space import SearchSpace
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.points import fits

if TYPE_CHECKING:
    import numpy as np

MAX_DRAWS = 10_000


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],  # noqa: ARG001  # draws are independent
    pending: Sequence[Suggestion],  # noqa: ARG001
    rng: np.random.Generator,
) -> Suggestion | None:
    """A draw from the distributions. As in W&B it never ends, and it may repeat itself.

    Args:
        config: the sweep.
        observations: not used.
        pending: not used.
        rng: gives one number per parameter, or tied group, in the order of the space; as
            many again for each draw that does not meet the constraints.

    Raises:
        UsageError: none of MAX_DRAWS draws met the constraints.
    """
    return Suggestion(draw(config.space, rng), {"method": "random"})


def draw(space: SearchSpace, rng: np.random.Generator) -> dict[str, Any]:
    """A point from the distributions that meets the constraints; arguments as of `suggest`."""
    for _ in range(MAX_DRAWS):
        draws = rng.random(len(space.axes)).tolist()
        params = space.spread(
            {
                axis.name: axis.distribution.quantile(u)
                for axis, u in zip(space.axes, draws, strict=True)
            }
        )
        if space.is_plain or fits(space, params):
            return params
    raise no_point(space, MAX_DRAWS)


def no_point(space: SearchSpace, draws: int) -> UsageError:
    """The error of a space in which nothing that can be run was found."""
    texts = ", ".join(f'"{constraint.text}"' for constraint in space.constraints)
    return UsageError(
        f"None of {draws:,} draws from the search space meets constraints ({texts}). Narrow the "
        "parameters to where they hold, or loosen them."
    )
