"""Records to flat rows and back: what a database column can hold.

A row is a dict of column name to text, number or None. Mappings and tags become JSON
text as Python writes it: ``NaN`` and ``Infinity`` are allowed, whole numbers have any
size, tuples come back as lists, keys as text. The seed is JSON too, since it may
exceed 64 bits. Both stores keep these rows, hence both give back the same values.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from nbsweep.errors import StoreError
from nbsweep.records import (
    HistoryRow,
    RunRecord,
    RunResult,
    RunState,
    StopRequest,
    SweepRecord,
    SweepState,
)

logger = logging.getLogger("nbsweep")

Row = dict[str, Any]

SWEEP_COLUMNS = tuple(field.name for field in fields(SweepRecord))
RUN_COLUMNS = tuple(field.name for field in fields(RunRecord))

_SWEEP_JSON = frozenset({"config", "seed", "prior", "edits", "queue"})
_RUN_JSON = frozenset({"params", "config", "summary", "origin", "tags", "continue_requested"})
_RUN_JSON_PLACES = [place for place, name in enumerate(RUN_COLUMNS) if name in _RUN_JSON]
_TAGS, _STATE, _STOP_STATE = map(RUN_COLUMNS.index, ("tags", "state", "stop_state"))
LONG_BITS = 4096  # beyond all floats, and below what Python refuses to write by default
_STEP_LIMIT = 2**63  # a database's widest whole number


def sweep_to_row(sweep: SweepRecord) -> Row:
    """The columns of a sweep. Raises StoreError when a value cannot be stored."""
    return _to_row(sweep, SWEEP_COLUMNS, _SWEEP_JSON, f"sweep {sweep.id!r}")


def sweep_from_row(row: Mapping[str, Any]) -> SweepRecord:
    """The sweep whose columns these are; further columns are ignored."""
    values = {name: row[name] for name in SWEEP_COLUMNS}
    for name in _SWEEP_JSON:
        values[name] = _loads(values[name])
    values["prior"] = tuple(values["prior"])
    values["edits"] = tuple(values["edits"])
    values["queue"] = tuple(values["queue"])
    values["state"] = SweepState(values["state"])
    return SweepRecord(**values)


def run_to_row(run: RunRecord) -> Row:
    """The columns of a run. Raises StoreError when a value cannot be stored."""
    return _to_row(run, RUN_COLUMNS, _RUN_JSON, f"run {run.id!r}")


def run_from_row(row: Mapping[str, Any]) -> RunRecord:
    """The run whose columns these are; further columns are ignored."""
    return run_from_values([row[name] for name in RUN_COLUMNS])


def run_from_values(values: Sequence[Any]) -> RunRecord:
    """The run with these values of RUN_COLUMNS, which are the fields of a RunRecord in order."""
    record = list(values)
    for place in _RUN_JSON_PLACES:
        record[place] = _loads(record[place])
    record[_TAGS] = tuple(record[_TAGS])
    record[_STATE] = RunState(record[_STATE])
    if record[_STOP_STATE] is not None:
        record[_STOP_STATE] = RunState(record[_STOP_STATE])
    return RunRecord(*record)


def results_by_sweep(rows: Iterable[Sequence[Any]]) -> dict[str, list[RunResult]]:
    """The results that the columns sweep_id, number, attempt, state and summary are, in order."""
    results: dict[str, list[RunResult]] = {}
    for sweep_id, number, attempt, state, summary in rows:
        result = RunResult(number, attempt, RunState(state), _loads(summary))
        results.setdefault(sweep_id, []).append(result)
    return results


def run_columns(run_id: str, changes: Mapping[str, Any]) -> Row:
    """The columns that some fields of a run become.

    Raises:
        StoreError: a value cannot be stored.
    """
    subject = f"run {run_id!r}"
    return {
        name: _encode_lenient(value, subject, name)
        if name in _RUN_JSON
        else _column(value, False, subject, name)
        for name, value in changes.items()
    }


def history_to_rows(run_id: str, rows: Sequence[HistoryRow]) -> list[Row]:
    """The columns of history rows, but for their place in the run, in the same order.

    Raises:
        StoreError: a value cannot be stored.
    """
    if not rows:
        return []
    subject = f"history of run {run_id!r}"
    encoded = []
    for row in rows:
        step = int(row.step)
        if not -_STEP_LIMIT <= step < _STEP_LIMIT:
            raise StoreError(f"{subject}: step {step} is beyond 64 bits; use a smaller step")
        encoded.append(
            {
                "run_id": run_id,
                "step": step,
                "time_s": float(row.time_s),
                "values": _encode_lenient(row.values, subject, "the logged dict"),
            }
        )
    return encoded


def merged(columns: Row, before: Mapping[str, str], row: Mapping[str, Any]) -> Row:
    """The columns to write where others may have written to the same row.

    Of the columns in `before`, objects in JSON, only the names that differ from there are
    written; what others changed in `row` since then stays.
    """
    result = dict(columns)
    for name, text in before.items():
        if row[name] not in (text, columns[name]):
            result[name] = _dumps(_with_changes(row[name], text, columns[name]))
    return result


def _with_changes(stored: str, before: str, after: str) -> dict[str, Any]:
    values, old, new = _loads(stored), _loads(before), _loads(after)
    for name in old.keys() - new.keys():
        values.pop(name, None)
    for name, value in new.items():
        if name not in old or _dumps(old[name]) != _dumps(value):  # NaN is not equal to itself
            values[name] = value
    return dict(values)


def decoded(text: str) -> Any:
    """The value of a column that holds JSON."""
    return _loads(text)


def stop_request(row: Mapping[str, Any]) -> StopRequest | None:
    """The stop request that the columns of a run hold."""
    if row["stop_requested"] is None:
        return None
    return StopRequest(row["stop_requested"], RunState(row["stop_state"] or RunState.KILLED))


def history_row(step: int, time_s: float, values: str) -> HistoryRow:
    """The history row whose columns these are."""
    return HistoryRow(step, time_s, json.loads(values))


def _to_row(record: object, names: Sequence[str], as_json: frozenset[str], subject: str) -> Row:
    return {name: _column(getattr(record, name), name in as_json, subject, name) for name in names}


def _column(value: Any, as_json: bool, subject: str, name: str) -> Any:
    if as_json:
        return _encode(value, subject, name)
    if isinstance(value, (SweepState, RunState)):
        return value.value
    return storable(value) if isinstance(value, str) else value


def storable(text: str) -> str:
    """Text that every database takes: NUL and lone surrogates as backslash escapes.

    Tracebacks hold them when a file name or a message is not valid text.
    """
    if "\0" not in text and text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _plain(value: object) -> Any:
    """What the JSON encoder falls back to: any mapping is as good as a dict."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value of type {type(value).__name__}")


def _loads(text: str) -> Any:
    """What `_dumps` encoded; most columns of most runs are empty."""
    if text == "{}":
        return {}
    return [] if text == "[]" else _decode(text)


_decode: Callable[[str], Any] = json.JSONDecoder().decode

# Pure ASCII, so that neither NUL nor a lone surrogate in a value troubles a database.
_dumps: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def _encode(value: Any, subject: str, name: str) -> str:
    try:
        return _dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{subject}: {name} cannot be stored ({error}). Text, numbers, True, False, None, "
            "and lists and dicts of these can."
        ) from error


def _encode_lenient(value: Any, subject: str, name: str) -> str:
    """As `_encode`, but a run does not end because a whole number has too many digits."""
    try:
        return _encode(value, subject, name)
    except StoreError as error:
        if not isinstance(error.__cause__, ValueError):
            raise
        text = _encode(_without_long_numbers(value), subject, name)
        logger.warning(
            "%s: %s holds a whole number with more digits than Python writes; infinity is stored.",
            *(subject, name),
        )
        return text


def _without_long_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_long_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_long_numbers(item) for item in value]
    if isinstance(value, int) and value.bit_length() > LONG_BITS:
        return math.inf if value > 0 else -math.inf
    return value
