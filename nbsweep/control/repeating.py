"""Which run of a sweep repeats another: what a person asked for, and what `repeats` wants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nbsweep.continued import CONFIRM
from nbsweep.records import RunRecord, Suggestion, SweepRecord
from nbsweep.search.replicates import (
    REPLICATE,
    REPLICATE_OF,
    Repeats,
    from_queue,
    is_repeated,
    replicate,
    seeds,
)
from nbsweep.sweep_config import SweepConfig


class Repeating:
    """Makes the replicates of one sweep for a controller.

    Args:
        config: of the sweep; one with `repeats`.
    """

    def __init__(self, config: SweepConfig) -> None:
        self._config = config
        # A grid hands out its own repetitions: its numbers stand for points, and for places.
        wanted = 1 if config.method == "grid" else config.runs_each
        self._known = Repeats(wanted, seeds(config.space))

    def update(self, runs: Sequence[RunRecord]) -> bool:
        """Take in runs that are new or changed; whether one of them is not to be repeated."""
        self._known.update(runs)
        return not all(map(is_repeated, runs))

    def due(self) -> Suggestion | None:
        """The replicate that a number of `repeats` wants next."""
        runs = self._known.next()
        return self._of(runs, {"method": self._config.method}) if runs else None

    def chosen(self, suggestion: Suggestion) -> Suggestion:
        """What the search suggests, as a replicate where it says that it is one."""
        if suggestion.origin.get("why") != REPLICATE:
            return suggestion
        runs = self._known.like(suggestion.params)
        return (self._of(runs, suggestion.origin) if runs else None) or suggestion

    def of_grid(self, pairs: Sequence[tuple[int, Suggestion]]) -> list[tuple[int, Suggestion]]:
        """Numbers and points of a grid, those that come again as replicates.

        The first run of a point is known, or comes before it among the pairs.
        """
        firsts: dict[int, int] = {}
        found = []
        for number, suggestion in pairs:
            index, place = suggestion.origin["grid_index"], suggestion.origin.get("repeat", 0)
            runs = self._known.like(suggestion.params)
            first = firsts.setdefault(index, runs[0].number if runs else number)
            if not place:
                found.append((number, suggestion))
                continue
            params = suggestion.params
            stand_in, made = RunRecord("", "", number=first, params=params), suggestion
            before: list[Mapping[str, Any]] = [params]  # the seeds go by place, whoever is first
            for _ in range(place):
                again = replicate(stand_in, before, self._config.space, suggestion.origin)
                assert again is not None  # `repeats` does not go with a seed that is searched
                made = again
                before.append(made.params)
            if first == number:  # a run from before the sweep was the first of the point
                origin = {k: v for k, v in made.origin.items() if k not in ("why", REPLICATE_OF)}
                made = Suggestion(made.params, origin)
            found.append((number, made))
        return found

    def _of(self, runs: Sequence[RunRecord], origin: Mapping[str, Any]) -> Suggestion | None:
        params = [run.params for run in runs]
        said = {**origin, "why": REPLICATE}
        return replicate(runs[0], params, self._config.space, said)


def asked(
    sweep: SweepRecord, handed_out: Collection[tuple[str, int]]
) -> list[tuple[int, Suggestion]]:
    """The replicates that a person asked for and that have had no run, with places in the queue."""
    waiting = []
    for place, entry in enumerate(sweep.queue):
        suggestion = from_queue(entry)
        if suggestion is not None and ("enqueued", place) not in handed_out:
            origin = {"method": "enqueued", "enqueued": place, **suggestion.origin}
            waiting.append((place, Suggestion(suggestion.params, origin)))
    return waiting


def was_asked_for(run: RunRecord) -> bool:
    """Whether a run is a replicate that a person asked for."""
    return REPLICATE_OF in run.origin and run.origin.get("why") == CONFIRM
