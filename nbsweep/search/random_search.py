"""Random search: every parameter drawn from its distribution, each time anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbsweep.records import Observation, Suggestion
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    import numpy as np


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
        rng: gives one number per parameter, in the order of the space.
    """
    draws = rng.random(len(config.space.parameters)).tolist()
    params = {
        parameter.name: parameter.distribution.quantile(u)
        for parameter, u in zip(config.space, draws, strict=True)
    }
    return Suggestion(params, {"method": "random"})
