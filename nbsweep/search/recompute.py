"""Suggestions computed again: what each one had seen, and what follows from that.

A grid point and a random draw follow from the sweep's seed and the run's number. What an
adaptive method suggests follows from the runs that it knew as well: `seen` names them
in ``origin["seen"]``, and since ended runs never change, the same suggestion can be
computed at any later time. What went on after its end says what it was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from nbsweep import search, sweep_config
from nbsweep.continued import changed_curves, curve_before, run_before
from nbsweep.errors import UsageError
from nbsweep.records import Curve, Metric, RunRecord, RunState, Snapshot, Suggestion
from nbsweep.search import lookahead
from nbsweep.search.completion import complete
from nbsweep.search.custom_search import SearchFunction
from nbsweep.search.evidence import Evidence
from nbsweep.search.replicates import REPLICATE, REPLICATE_OF, VARIED
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.edits import edited


def seen(latest: Iterable[RunRecord], edits: int) -> dict[str, Any]:
    """What an adaptive suggestion knew, for its origin; a few bytes for runs in a row.

    ``{"ended": "1-7,9", "pending": "8,10", "attempts": {"4": 1}, "edits": 1}``: numbers of
    the runs that had ended and of those under way, which attempt of a number where it was
    not the first, how often the search space had been edited, and how often a run had gone on
    after an end (``"continued": {"7": 1}``); the last three only where there is something to say.

    Args:
        latest: the last attempt of each number, as it was then.
        edits: of the sweep by then.
    """
    runs = list(latest)
    names: dict[str, Any] = {
        "ended": _to_text(run.number for run in runs if run.state.ended),
        "pending": _to_text(run.number for run in runs if not run.state.ended),
    }
    attempts = {str(run.number): run.attempt for run in runs if run.attempt}
    if attempts:
        names["attempts"] = attempts
    if edits:
        names["edits"] = edits
    continued = {str(run.number): len(run.continued) for run in runs if run.continued}
    if continued:
        names["continued"] = continued
    return names


def recompute(
    run: RunRecord, snapshot: Snapshot, function: SearchFunction | None = None
) -> Suggestion:
    """Make the suggestion of a run again, from the store alone.

    Args:
        run: one of the snapshot's runs.
        snapshot: of the sweep, at any later time.
        function: the search function of a sweep with method "custom".

    Raises:
        UsageError: it is not known what the suggestion had seen.
    """
    sweep = snapshot.sweep
    names = run.origin.get("seen")
    edits = names.get("edits", 0) if isinstance(names, Mapping) else 0
    config = replace(_config_after(edits, snapshot), time_left_s=run.origin.get("time_left_s"))
    evidence = Evidence(config, replace(sweep, edits=sweep.edits[:edits]))
    point = _given_point(run)
    if run.origin.get("why") == REPLICATE and config.repeats != "auto":
        return _repeated(run, snapshot)
    if lookahead.known_ahead(config) and point is None:
        if config.method == "grid" and (config.initial_points or sweep.queue):
            raise UsageError(
                f"recompute: points were enqueued in sweep {sweep.id}, and its grid search does "
                "not keep which of its runs came before them."
            )
        if sweep.is_edited:
            raise UsageError(
                f"recompute: the search space of sweep {sweep.id} was edited, and its "
                f"{config.method} search does not keep which of its runs came before."
            )
        if config.method == "grid" and config.runs_each > 1 and _some_ended_badly(snapshot):
            raise UsageError(
                f"recompute: runs of sweep {sweep.id} did not finish, so that their points were "
                "not repeated, and its grid search does not keep which runs came before them."
            )
        numbers = range(1, run.number + 1)
        return lookahead.upcoming(config, evidence.observations, (), sweep.seed, numbers)[-1][1]
    if not isinstance(names, Mapping):
        raise UsageError(
            f"recompute: run {run.number} does not say which runs its params came from."
        )
    evidence.update(_snapshot_then(names, snapshot, config.metric))
    suggest = search.method_for(config, function)
    rng = search.generator(sweep.seed, run.number)
    if point is not None:
        return complete(config, point, evidence.observations, evidence.pending, rng, suggest)
    suggestion = suggest(config, evidence.observations, evidence.pending, rng)
    if suggestion is None:
        raise UsageError(f"recompute: the search no longer suggests anything for run {run.number}.")
    varied = {name: run.params[name] for name in run.origin.get(VARIED, ())}
    return Suggestion({**suggestion.params, **varied}, suggestion.origin)


def _repeated(run: RunRecord, snapshot: Snapshot) -> Suggestion:
    """The suggestion of a run that repeats another: its params, with the seeds of its own."""
    number = run.origin.get(REPLICATE_OF)
    first = next((other for other in snapshot.runs if other.number == number), run)
    varied = {name: run.params[name] for name in run.origin.get(VARIED, ())}
    return Suggestion({**first.params, **varied}, run.origin)


def _some_ended_badly(snapshot: Snapshot) -> bool:
    return any(run.state.ended and run.state is not RunState.FINISHED for run in snapshot.runs)


def _given_point(run: RunRecord) -> dict[str, Any] | None:
    """The point that a person gave for a run, None when the search suggested it."""
    if not {"initial_point", "enqueued"} & set(run.origin):
        return None
    names = run.origin.get("given", run.params)
    return {name: run.params[name] for name in names}


def _snapshot_then(names: Mapping[str, Any], now: Snapshot, metric: Metric | None) -> Snapshot:
    """The runs that a suggestion knew, with the states and curves that they had."""
    attempts: Mapping[str, int] = names.get("attempts", {})
    continued: Mapping[str, int] = names.get("continued", {})
    ended, pending = _from_text(names["ended"]), _from_text(names["pending"])
    runs, gone_on = [], {}
    for run in now.runs:
        number = str(run.number)
        known = run.number in ended or run.number in pending
        if not known or run.attempt != attempts.get(number, 0):
            continue
        then, count = run, continued.get(number, 0)
        if count < len(run.continued):
            then, gone_on[run.id] = run_before(run, count, metric), (run, count)
        if run.number in pending:
            then = replace(then, state=RunState.RUNNING)
        runs.append(then)

    def before(run: RunRecord, curve: Curve, name: str | None) -> Curve:
        return curve_before(run, curve, gone_on[run.id][1], name)

    then_curves = changed_curves(now, [run for run, _ in gone_on.values()], before)
    return replace(then_curves, runs=tuple(runs))


def _config_after(edits: int, snapshot: Snapshot) -> SweepConfig:
    """The config as it was when the search space had been edited so often."""
    config = sweep_config.parse(snapshot.sweep.config)
    for edit in reversed(snapshot.sweep.edits[edits:]):
        # Edits keep a belief that is not named, so that none has to be named, too.
        before = {
            n: {"belief": None, **change["before"]} for n, change in edit["parameters"].items()
        }
        config, _ = edited(config, before)
    return config


def _to_text(numbers: Iterable[int]) -> str:
    """``"1-7,9"`` for 1, 2, …, 7 and 9."""
    stretches = groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])
    parts = []
    for _, stretch in stretches:
        first, *rest = (number for _, number in stretch)
        parts.append(f"{first}-{rest[-1]}" if rest else str(first))
    return ",".join(parts)


def _from_text(text: str) -> set[int]:
    numbers: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers
