"""What runs log, row by row: the names of their metrics, and where a row lies along an axis.

Pure: from the rows of a run's history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nbsweep.continued import present_rows
from nbsweep.records import HistoryRow, RunRecord, flat, is_number, lookup

MOST_NAMES = 200
_AGGREGATES = frozenset(("min", "max", "mean", "first", "last", "best"))  # of define_metric

Place = Callable[[HistoryRow], "float | None"]


def by_step(row: HistoryRow) -> float:
    """Its step."""
    return float(row.step)


def by_time(run: RunRecord) -> Place:
    """Seconds since the run began, without those in which it had ended and was to go on."""
    began = run.started_at if run.started_at is not None else run.created_at
    pauses = [
        (float(mark["at"]), float(mark["at"]) - float(mark["after"]))
        for mark in run.continued
        if mark.get("after") is not None
    ]

    def place(row: HistoryRow) -> float:
        paused_s = sum(length for end, length in pauses if end <= row.time_s)
        return max(0.0, row.time_s - began - paused_s)

    return place


def by_metric(name: str) -> Place:
    """The metric's value; that of an earlier row where this one has none."""
    last: float | None = None

    def place(row: HistoryRow) -> float | None:
        nonlocal last
        value = lookup(row.values, name)
        if is_number(value):
            last = float(value)
        return last

    return place


def points(
    rows: Iterable[HistoryRow], place: Place, name: str
) -> Iterable[tuple[int, float, float]]:
    """Step, place and value of each row that has both."""
    for row in rows:
        at, value = place(row), lookup(row.values, name)
        if at is not None and is_number(value):
            yield row.step, at, float(value)


def judged_rows(run: RunRecord, rows: Sequence[HistoryRow]) -> Sequence[HistoryRow]:
    """The rows of the run's curve: without what it logged anew, from where it last began anew."""
    begun = max((int(mark["step"]) for mark in run.continued if mark.get("anew")), default=None)
    present = present_rows(run, rows)
    later = present if begun is None else [row for row in present if row.step >= begun]
    return later or present


def logged_names(runs: Iterable[RunRecord]) -> list[str]:
    """The metrics that runs have logged as numbers, by name; nested ones by dotted names."""
    names: set[str] = set()
    seen: set[tuple[str, ...]] = set()
    for run in runs:
        summary = run.summary
        is_flat = not any(isinstance(value, Mapping) for value in summary.values())
        keys = tuple(summary)
        if is_flat and keys in seen:  # as the summaries of most runs are alike
            continue
        found = {name for name, value in _leaves(summary) if _is_float(value)}
        if is_flat and len(found) == len(keys):
            seen.add(keys)
        names |= {name for name in found if not name.startswith("_")}
    return sorted(names)[:MOST_NAMES]


def _leaves(summary: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in summary.items():
        if isinstance(value, Mapping) and value and _AGGREGATES.issuperset(value):
            yield name, next(iter(value.values()))
        else:
            yield from flat({name: value})


def _is_float(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
