"""Mongo-style filters and sort orders of ``Api().runs``, as functions of run records."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.records import Goal, Metric, RunRecord, lookup
from nbsweep.wording import closest, did_you_mean


def _summary(run: RunRecord) -> Mapping[str, Any]:
    """The summary, with what W&B adds as far as the record has it: the last row is not read."""
    return {
        "_step": run.history_rows - 1 if run.history_rows else None,
        "_runtime": run.duration_s,
        "_timestamp": run.heartbeat_at,
        **run.summary,
    }


# What a filter or an order may name, besides config.… and summary_metrics.…; W&B's
# service has both spellings.
_FIELDS: dict[str, Callable[[RunRecord], Any]] = {
    "name": lambda run: run.id,  # W&B's: the id; the display name is display_name
    "display_name": lambda run: run.name,
    "state": lambda run: run.state.value,
    "sweep": lambda run: run.sweep_id,
    "group": lambda run: run.group,
    "job_type": lambda run: run.job_type,
    "tags": lambda run: list(run.tags),
    "notes": lambda run: run.notes,
    "host": lambda run: run.host,
    "number": lambda run: run.number,
    "duration": lambda run: run.duration_s,
    "created_at": lambda run: iso_time(run.created_at),
    "heartbeat_at": lambda run: iso_time(run.heartbeat_at),
    "project": lambda run: run.project,
    "username": lambda run: None,
}
_ALIASES = {
    "displayName": "display_name",
    "jobType": "job_type",
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "id": "name",
    "sweepName": "sweep",
    "user": "username",
}
_TREES: dict[str, Callable[[RunRecord], Mapping[str, Any]]] = {
    "config": lambda run: run.config,
    "summary_metrics": _summary,
    "summaryMetrics": _summary,
    "summary": _summary,
}
_JOINS = ("$and", "$or", "$nor")
_OPERATORS = (
    *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"),
    *("$regex", "$options", "$exists", "$contains", "$not"),
)

Test = Callable[[RunRecord], bool]


def iso_time(seconds: float) -> str:
    """A unix time as W&B writes it, in UTC; texts sort as times do."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse_filter(filters: Mapping[str, Any] | None) -> Test:
    """A test of runs from a Mongo-style filter.

    Raises:
        UsageError: a name or an operator that is not understood; the message lists
            those that are.
    """
    if not isinstance(filters or {}, Mapping):
        raise UsageError(
            f"filters={filters!r:.60}: a dict is needed, such as "
            '{"state": "finished", "config.lr": {"$lt": 0.1}}.'
        )
    tests = [_clause(str(key), wanted) for key, wanted in (filters or {}).items()]
    return lambda run: all(test(run) for test in tests)


def sort_runs(
    runs: Iterable[RunRecord], order: str, *, descending_by_default: bool = False
) -> list[RunRecord]:
    """Runs by a field; those without it come last.

    Args:
        runs: to sort.
        order: a field, "+" before it for ascending and "-" for descending; a name that
            is not a field is a metric of the summary.
        descending_by_default: what an order without a sign means.

    Raises:
        UsageError: an order without a name.
    """
    sign, name = (order[:1], order[1:]) if order[:1] in ("+", "-") else ("", order)
    if not name:
        raise UsageError(f"order={order!r}: name a field, such as '-summary_metrics.accuracy'.")
    descending = sign == "-" or (not sign and descending_by_default)
    goal = Goal.MAXIMIZE if descending else Goal.MINIMIZE  # the end that comes first
    read = _getter(name) or _getter(f"summary_metrics.{name}")
    assert read is not None
    having: list[tuple[tuple[int, Any], RunRecord]] = []
    without: list[RunRecord] = []
    for run in runs:
        value = read(run)
        if isinstance(value, Mapping):  # {"min": …} of define_metric
            value = Metric("", goal).of({"": value})
        if value is None or (isinstance(value, float) and math.isnan(value)):
            without.append(run)
        else:
            having.append((_rank(value), run))
    having.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(run for _, run in having), *without]


def _rank(value: Any) -> tuple[int, Any]:
    """Values of several kinds in one order: numbers, then texts."""
    if isinstance(value, (int, float)):
        return 0, value
    return 1, str(value)


def _clause(key: str, wanted: Any) -> Test:
    if key in _JOINS:
        if not isinstance(wanted, Sequence) or isinstance(wanted, str):
            raise UsageError(f"filters: {key} takes a list of filters, not {wanted!r:.60}.")
        tests = [parse_filter(part) for part in wanted]
        if key == "$and":
            return lambda run: all(test(run) for test in tests)
        if key == "$or":
            return lambda run: any(test(run) for test in tests)
        return lambda run: not any(test(run) for test in tests)
    if key.startswith("$"):
        raise _unknown("operator", key, _JOINS, "at the top of a filter")
    read = _getter(key)
    if read is None:
        known = [*_FIELDS, "config.<key>", "summary_metrics.<key>"]
        raise _unknown("field", key, known, "")
    if isinstance(wanted, Mapping) and any(str(name).startswith("$") for name in wanted):
        tests_of_value = [_operator(key, str(op), arg, wanted) for op, arg in wanted.items()]
        return lambda run: all(test(read(run)) for test in tests_of_value)
    return lambda run: _equal(read(run), wanted)


def _getter(name: str) -> Callable[[RunRecord], Any] | None:
    top, dot, rest = name.partition(".")
    if dot and top in _TREES:
        tree = _TREES[top]

        def read(run: RunRecord) -> Any:
            value = lookup(tree(run), rest)
            if value is None and rest.endswith(".value"):  # W&B's inner form of a config
                value = lookup(tree(run), rest.removesuffix(".value"))
            return value

        return read
    return _FIELDS.get(_ALIASES.get(name, name))


def _operator(
    key: str, operator: str, wanted: Any, all_of_them: Mapping[str, Any]
) -> Callable[[Any], bool]:
    if operator not in _OPERATORS:
        raise _unknown("operator", operator, _OPERATORS, f"for {key}")
    if operator in ("$in", "$nin"):
        if isinstance(wanted, (str, Mapping)) or not isinstance(wanted, Iterable):
            raise UsageError(f"filters: {key}: {operator} takes a list, not {wanted!r:.60}.")
        several = list(wanted)
        inside = operator == "$in"
        return lambda value: any(_equal(value, item) for item in several) is inside
    if operator == "$regex":
        flags = re.IGNORECASE if "i" in str(all_of_them.get("$options", "")) else 0
        try:
            pattern = re.compile(str(wanted), flags)
        except re.error as error:
            raise UsageError(
                f"filters: {key}: $regex {wanted!r} is not a pattern: {error}."
            ) from error
        return lambda value: any(
            isinstance(item, str) and pattern.search(item) is not None for item in _several(value)
        )
    if operator == "$options":
        return lambda value: True
    if operator == "$not":
        inner = wanted if isinstance(wanted, Mapping) else {"$eq": wanted}
        tests = [_operator(key, str(op), arg, inner) for op, arg in inner.items()]
        return lambda value: not all(test(value) for test in tests)
    return _COMPARE[operator](wanted)


_COMPARE: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "$eq": lambda wanted: lambda value: _equal(value, wanted),
    "$ne": lambda wanted: lambda value: not _equal(value, wanted),
    "$gt": lambda wanted: lambda value: _comparable(value, wanted) and value > wanted,
    "$gte": lambda wanted: lambda value: _comparable(value, wanted) and value >= wanted,
    "$lt": lambda wanted: lambda value: _comparable(value, wanted) and value < wanted,
    "$lte": lambda wanted: lambda value: _comparable(value, wanted) and value <= wanted,
    "$exists": lambda wanted: lambda value: (value is not None) is bool(wanted),
    "$contains": lambda wanted: lambda value: value is not None and wanted in value,
}


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _equal(value: Any, wanted: Any) -> bool:
    """As Mongo has it: a list equals each of its members too."""
    if isinstance(value, (list, tuple)) and not isinstance(wanted, (list, tuple)):
        return wanted in value
    if isinstance(value, bool) is not isinstance(wanted, bool):
        return False
    return bool(value == wanted)


def _comparable(value: Any, wanted: Any) -> bool:
    numbers = all(isinstance(side, (int, float)) for side in (value, wanted))
    return numbers or (isinstance(value, str) and isinstance(wanted, str))


def _unknown(what: str, name: str, known: Sequence[str], where: str) -> UsageError:
    hint = did_you_mean(closest(name, known), "'")
    place = f" {where}" if where else ""
    return UsageError(
        f"filters: unknown {what} {name!r}{place}.{hint} Accepted: {', '.join(known)}."
    )
