"""Points that people hand to a sweep: what they leave open, the search method chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbsweep.records import Observation, Suggestion
from nbsweep.search import SearchMethod
from nbsweep.search.random_search import draw
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.points import missing

if TYPE_CHECKING:
    import numpy as np


def complete(
    config: SweepConfig,
    point: Mapping[str, Any],
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
    method: SearchMethod,
) -> Suggestion:
    """The suggestion that a point given by a person becomes.

    Args:
        config: the sweep.
        point: flat params that `points.read_point` has checked; some may be missing.
        observations: ended runs.
        pending: runs under way.
        rng: as for `method`.
        method: what suggests the sweep's runs.
    """
    space = config.space
    if not missing(space, point):
        return Suggestion(space.prune({**space.constants, **point}), {"method": "enqueued"})
    part = replace(config, space=space.fixing(point))
    # A function of the user's knows nothing of parts, and need not.
    whole = config.method == "custom" and config.scheduler is None
    suggestion = method(config if whole else part, observations, pending, rng)
    params = space.prune({**suggestion.params, **point}) if suggestion else {}
    origin = dict(suggestion.origin) if suggestion else {"method": config.method}
    if not part.space.contains(params):  # all of the part was tried, or it does not fit
        params, origin = draw(part.space, rng), {"method": "random"}
    return Suggestion(params, {**origin, "given": sorted(point)})
