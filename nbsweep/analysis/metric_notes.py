"""Remarks about the sweep's metric: that runs end without it, and which one may be meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbsweep.records import Metric, RunRecord, RunState, flat, is_number, lookup
from nbsweep.wording import names_differ, seen, show

SHOWN = 5  # names of metrics
NAME_LENGTH = 40  # characters of one
CLOSE = 0.5  # similarity from which a name may be the one that was meant


def metrics_notes(runs: Sequence[RunRecord], metrics: Sequence[Metric]) -> list[str]:
    """What `metric_notes` says of each metric of a sweep."""
    which = "the metric" if len(metrics) == 1 else "a metric"
    return [note for metric in metrics for note in metric_notes(runs, metric, which)]


def metric_notes(
    runs: Sequence[RunRecord], metric: Metric | None, which: str = "the metric"
) -> list[str]:
    """Says so as soon as the first run has finished and none has a number for the metric.

    Args:
        runs: of the sweep.
        metric: of its config.
        which: of the sweep's metrics it is, in words.
    """
    finished = [run for run in runs if run.state is RunState.FINISHED]
    if metric is None or not finished:
        return []
    values = [lookup(run.summary, metric.name) for run in runs]
    if any(metric.of(run.summary) is not None for run in runs):
        return []
    what = f'"{_cut(metric.name)}", {which} of this sweep'
    values = [item for value in values for _, item in flat({"": value})]  # and aggregates
    others = [value for value in values if value is not None]
    if others:
        if any(isinstance(value, float) for value in others):  # training that diverges logs nan
            return []
        return [f"No run has logged a number for {what}, but {show(others[-1])}."]
    logged = list(dict.fromkeys(name for run in finished for name in _names(run.summary)))
    if not logged:
        return [f"No run has logged {what}: they logged nothing at all."]
    close = closest_names(metric.name, logged)
    names = ", ".join(f'"{_cut(name)}"' for name in close)
    differ = names_differ(close[0], metric.name)
    return [
        f"No run has logged {what}. Logged were: {names}.{differ} Log it under the name of the "
        "metric, or name one of these in the config."
    ]


def closest_names(wanted: str, there: Sequence[str]) -> list[str]:
    """Those of the names that may be meant by `wanted`, the likeliest first, else the first few.

    ``val/acc`` is close to ``validation/epoch_acc``, which differs in most of its letters:
    the last words count as much as the whole.
    """

    def likeness(name: str) -> float:
        whole = difflib.SequenceMatcher(None, wanted.lower(), name.lower()).ratio()
        same = set(_words(wanted)) & set(_words(name))
        return max(whole, 0.6 if _words(wanted)[-1:] == _words(name)[-1:] else 0, 0.5 * bool(same))

    ordered = sorted(there, key=lambda name: -likeness(name))
    close = [name for name in ordered if likeness(name) >= CLOSE]
    return (close or sorted(there))[:SHOWN]


def _cut(name: str) -> str:
    """A name with all its blanks, without its middle where it is long."""
    half = NAME_LENGTH // 2
    return seen(name if len(name) <= NAME_LENGTH else f"{name[:half]}…{name[-half:]}")


def _words(name: str) -> list[str]:
    plain = "".join(letter if letter.isalnum() else " " for letter in name.lower())
    return plain.split()


def _names(summary: Mapping[str, Any], above: str = "") -> Iterable[str]:
    """Names of the numbers in a summary, nested ones with dots, without W&B's own."""
    for key, value in summary.items():
        name = f"{above}{key}"
        if key.startswith("_"):
            continue
        if isinstance(value, Mapping):
            yield from _names(value, f"{name}.")
        elif is_number(value):
            yield name
