"""A run in the words of W&B's API (config, summary, history, state) as a run of a sweep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.importers.assembly import flat, state_of
from nbsweep.importers.cells import literal, unix_seconds
from nbsweep.importers.foreign import ForeignRun, by_step
from nbsweep.records import HistoryRow, RunState, is_number

SUMMARY = ("summary", "summary_metrics", "summaryMetrics", "metrics")
NOT_METRICS = ("config", "history", "params")  # of the other things a run may have
# How JSON that knows no such numbers spells them.
_ODD = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def is_run(value: Any) -> bool:
    """Whether this is a run: a mapping with a config, which may be JSON text."""
    return isinstance(value, Mapping) and isinstance(value.get("config"), (dict, str))


def foreign_run(run: Mapping[str, Any], of: str = "W&B") -> ForeignRun:
    """The run as one that can be imported, with all of its config as candidates.

    Args:
        run: what is known: config, summary, history, state, id, name, created_at, ….
        of: the program that kept it, in words.
    """
    config = plain_config(_parsed(run.get("config")))
    summaries = (run.get(word) for word in SUMMARY)
    summary = _parsed(next((summary for summary in summaries if summary is not None), None))
    history = _history(run.get("history"))
    last = {key: value for row in history for key, value in row.values.items()}
    state = state_of(run.get("state"))
    began = unix_seconds(run.get("created_at", run.get("createdAt")))
    return ForeignRun(
        params=dict(flat(config)),
        summary={**last, **_measured(summary)},
        state=state,
        id=str(run["id"]) if run.get("id") is not None else None,
        name=str(run.get("display_name") or run.get("displayName") or run.get("name") or ""),
        config=config,
        history=history,
        began_at=began,
        ended_at=_ended(run, began, summary, history),
        error=f"it {state.value} in {of}" if state is RunState.FAILED else None,
        notes=run.get("notes") or None,
        tags=[str(tag) for tag in run.get("tags") or ()],
        group=run.get("group") or None,
    )


def _ended(
    run: Mapping[str, Any],
    began: float | None,
    summary: Mapping[str, Any],
    history: Sequence[HistoryRow],
) -> float | None:
    if began is None:
        return None
    took = _parsed(summary.get("_wandb")).get("runtime") or summary.get("_runtime")
    if is_number(took) and took:
        return began + float(took)
    logged = [row.time_s for row in history if row.time_s >= began]
    return unix_seconds(run.get("ended_at")) or (logged[-1] if logged else None)


def _measured(row: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of a row: without W&B's own and the descriptions of pictures and files."""
    return {
        key: _plain(value)
        for key, value in row.items()
        if key[:1] != "_" and value is not None and not _is_media(value)
    }


def _is_media(value: Any) -> bool:
    return isinstance(value, Mapping) and "_type" in value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if not _is_media(item)}
    return _ODD.get(value, value) if isinstance(value, str) else value


def _parsed(value: Any) -> dict[str, Any]:
    """A mapping, also from JSON text, as W&B's own API gives it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = literal(value)
    return dict(value) if isinstance(value, Mapping) else {}


def plain_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Without W&B's own entries, and without its ``{"value": …}`` around each value."""
    return {
        key: value["value"]
        if isinstance(value, Mapping) and "value" in value and set(value) <= {"value", "desc"}
        else value
        for key, value in config.items()
        if key not in ("_wandb", "wandb_version")
    }


def _history(rows: Any) -> list[HistoryRow]:
    """The logged rows: a list of dicts, or a dict of columns as pandas writes it."""
    if isinstance(rows, Mapping):
        columns = {key: list(_values(column)) for key, column in rows.items()}
        count = max(map(len, columns.values()), default=0)
        rows = [
            {key: column[i] for key, column in columns.items() if i < len(column)}
            for i in range(count)
        ]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return []
    history = []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            continue
        step, time_s = row.get("_step", row.get("step", index)), row.get("_timestamp", 0.0)
        history.append(
            (
                int(step) if is_number(step) else index,
                float(time_s) if is_number(time_s) else 0.0,
                _measured(row),
            )
        )
    return by_step(history)


def _values(column: Any) -> Sequence[Any]:
    return list(column.values()) if isinstance(column, Mapping) else column
