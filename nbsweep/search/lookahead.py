"""Several suggestions ahead, by methods that learn nothing from results.

Agents that ask for the same next suggestion at the same moment stand in each other's
way: one claims it, the others begin again. A grid and random draws are known in
advance, so that an agent in a crowd can take one of the next few instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.records import Observation, Suggestion
from nbsweep.search import generator, grid_search, random_search
from nbsweep.sweep_config import SweepConfig


def known_ahead(config: SweepConfig) -> bool:
    """Whether suggestions follow from their number alone, whatever the runs gave."""
    return config.method in ("grid", "random")


def upcoming(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    seed: int,
    numbers: Sequence[int],
) -> list[tuple[int, Suggestion]]:
    """The suggestions of the next numbers, fewer when the grid has fewer points left.

    The k-th lowest free number belongs to the k-th free point of a grid. Whoever claims
    a pair takes both out, so that this stays true of the rest, in whatever order they
    are claimed and however old the runs are that an agent knows of.

    Args:
        config: a sweep of which `known_ahead` is true.
        observations: all runs that have ended.
        pending: the suggestions of runs under way.
        seed: of the sweep.
        numbers: the lowest free numbers of the sweep, in order.
    """
    if config.method == "random":
        draws = (random_search.suggest(config, (), (), generator(seed, n)) for n in numbers)
        return [(n, draw) for n, draw in zip(numbers, draws, strict=True) if draw is not None]
    return list(zip(numbers, grid_search.remaining(config, observations, pending), strict=False))
