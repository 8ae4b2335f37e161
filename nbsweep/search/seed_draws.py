"""Seeds that are searched: drawn at random, since there is nothing to learn from their numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nbsweep.records import Suggestion
from nbsweep.space.relations import is_active
from nbsweep.space.seeds import is_seed, without_seeds
from nbsweep.sweep_config import SweepConfig

SEEDS = "seeds"  # in an origin: names of the parameters that were drawn


def seeds_drawn(
    config: SweepConfig,
    suggest: Callable[[SweepConfig], Suggestion | None],
    rng: np.random.Generator,
) -> Suggestion | None:
    """What a search suggests that does not see searched seeds, with values of them.

    Runs that differ in their seed alone are then repetitions of one point, and how they differ is
    noise. Where all else of a finite space was tried, the points that are left differ in their
    seeds, and the search sees these.

    Args:
        config: of the sweep.
        suggest: the search; None when a finite space is exhausted.
        rng: source of the values.
    """
    space = config.space
    others = without_seeds(space)
    found = suggest(config if others is space else replace(config, space=others))
    if others is space:
        return found
    if found is None:
        return suggest(config)
    drawn = {
        p.name: p.distribution.quantile(float(rng.random()))
        for p in space.searched
        if is_seed(p, space) and is_active(p.when, found.params)
    }
    params = {**found.params, **drawn}
    ordered = {p.name: params[p.name] for p in space if p.name in params}
    return Suggestion(ordered, {**found.origin, SEEDS: sorted(drawn)})
