"""Runs of W&B's: a table exported from its web app, runs as JSON, or its local folder.

Accepted are a CSV file; a JSON file with a run or a list of runs (``name``, ``config``,
``summary`` and, if there is one, ``history``); and a folder with such files, with a
folder for each run that holds ``config`` and ``summary`` as files of their own, or with
W&B's own ``run-…/files``. W&B's service is not contacted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.importers.assembly import Wishes, assemble, flat, state_of
from nbsweep.importers.csv_table import read_csv, unix_seconds, value_of
from nbsweep.importers.foreign import ForeignRun, ForeignSweep
from nbsweep.records import HistoryRow, RunState, is_number
from nbsweep.sweep_config.yaml_file import read_text

_CONFIG = ("config.json", "config.yaml", "config.yml")
_SUMMARY = ("summary.json", "wandb-summary.json")
_HISTORY = ("history.jsonl", "history.json", "history.csv", "wandb-history.jsonl")
_METADATA = ("metadata.json", "wandb-metadata.json")


def read_export(path: str | Path, wishes: Wishes) -> ForeignSweep:
    """The runs of an export.

    Args:
        path: a CSV or JSON file, or a folder.
        wishes: what the user says of them.

    Raises:
        UsageError: there is nothing of the kind, or the metric has to be named.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv" or (path.is_file() and path.suffix.lower() == ".tsv"):
        return read_csv(path, wishes, source=f"W&B's table {path.name}", nested=True)
    notes: list[str] = []
    contents = list(_of_folder(path, notes)) if path.is_dir() else _runs_in(_json(path), path)
    if not contents:
        raise UsageError(
            f"{path} holds no runs. A folder needs a JSON file for each run (config, summary, "
            "history), or a folder for each run with config.json and summary.json; a table "
            "exported from W&B's web app is a CSV file."
        )
    runs = [_run(run) for run in contents]
    if path.is_dir() and not wishes.params and wishes.config is None:
        names = {name for run in runs for name in run.params}
        wishes = replace(wishes, params=[name for name in _swept(path) if name in names])
    source = f"W&B's export {path.resolve().name}"
    return assemble(runs, wishes, source, nested=True, notes=notes)


def _of_folder(folder: Path, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        yield from _runs_in(_json(path), path)
    local = False
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        if inner.is_symlink():  # W&B's latest-run
            continue
        files = inner / "files" if (inner / "files").is_dir() else inner
        run = _of_files(files)
        if run is not None:
            local = local or files is not inner
            yield {"id": inner.name.rpartition("-")[2], "name": inner.name, **run}
    if local:
        notes.append(
            "W&B's local folder keeps neither states nor history in a form that others can read: "
            "runs with a summary count as finished."
        )


def _swept(folder: Path) -> list[str]:
    """What W&B's local folder says was swept: it keeps each suggestion in a file."""
    contents = (_content(path) for path in sorted(folder.glob("sweep-*/config-*.yaml")))
    suggestions = [_plain_config(content) for content in contents if isinstance(content, Mapping)]
    return list(dict.fromkeys(name for params in suggestions for name, _ in flat(params)))


def _of_files(folder: Path) -> dict[str, Any] | None:
    """A run whose config, summary and history are files of their own."""
    parts = {
        name: next((folder / file for file in files if (folder / file).is_file()), None)
        for name, files in [
            ("config", _CONFIG),
            ("summary", _SUMMARY),
            ("history", _HISTORY),
            ("metadata", _METADATA),
        ]
    }
    if parts["config"] is None:
        return None
    run: dict[str, Any] = {
        name: _content(path)
        for name, path in parts.items()
        if path is not None and name != "metadata"
    }
    run["state"] = "finished" if run.get("summary") else "crashed"
    if parts["metadata"] is not None:
        metadata = _content(parts["metadata"])
        if isinstance(metadata, Mapping):
            known = ("id", "name", "state", "created_at", "tags", "notes", "group")
            run |= {key: metadata[key] for key in known if metadata.get(key) is not None}
    return run


def _content(path: Path) -> Any:
    text = read_text(path, f"*{path.suffix}")
    try:
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        if path.suffix == ".csv":
            import csv
            import io

            rows = csv.DictReader(io.StringIO(text))
            return [{key: value_of(value or "") for key, value in row.items()} for row in rows]
        if path.suffix in (".yaml", ".yml"):
            import yaml

            return yaml.safe_load(text)
        return json.loads(text)
    except Exception as error:
        what = str(error).splitlines()[0]
        raise UsageError(f"{path} cannot be read: {what}.") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(read_text(path, "*.json"))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from None


def _runs_in(content: Any, path: Path) -> list[Mapping[str, Any]]:
    """The runs of a JSON file: one, a list, or a mapping from id to run."""
    if isinstance(content, Mapping):
        if _is_run(content):
            return [{"name": path.stem, **content}]
        if isinstance(content.get("runs"), (list, dict)):
            return _runs_in(content["runs"], path)
        values = content.values()
        if content and all(_is_run(run) for run in values):
            return [{"id": key, **run} for key, run in content.items()]
        return []
    if isinstance(content, list):
        return [run for run in content if _is_run(run)]
    return []


def _is_run(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("config"), (dict, str))


def _run(run: Mapping[str, Any]) -> ForeignRun:
    config = _plain_config(_parsed(run.get("config")))
    summary = _parsed(run.get("summary", run.get("summary_metrics", run.get("summaryMetrics"))))
    history = _history(run.get("history"))
    last = {key: value for row in history for key, value in row.values.items()}
    metrics = {key: value for key, value in {**last, **summary}.items() if key[:1] != "_"}
    state = state_of(run.get("state"))
    began = unix_seconds(run.get("created_at", run.get("createdAt")))
    took = _parsed(summary.get("_wandb")).get("runtime", summary.get("_runtime"))
    ended = began + float(took) if began is not None and took and is_number(took) else None
    return ForeignRun(
        params=dict(flat(config)),
        summary=metrics,
        state=state,
        id=str(run["id"]) if run.get("id") is not None else None,
        name=str(run.get("display_name") or run.get("displayName") or run.get("name") or ""),
        config=config,
        history=history,
        began_at=began,
        ended_at=ended,
        error=f"it {state.value} in W&B" if state is RunState.FAILED else None,
        notes=run.get("notes") or None,
        tags=[str(tag) for tag in run.get("tags") or ()],
        group=run.get("group") or None,
    )


def _parsed(value: Any) -> dict[str, Any]:
    """A mapping, also from JSON text, as W&B's own API gives it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return dict(value) if isinstance(value, Mapping) else {}


def _plain_config(config: Mapping[str, Any]) -> dict[str, Any]:
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
    history: list[HistoryRow] = []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            continue
        step, time_s = row.get("_step", row.get("step", index)), row.get("_timestamp", 0.0)
        values = {k: v for k, v in row.items() if not k.startswith("_") and v is not None}
        history.append(
            HistoryRow(
                int(step) if is_number(step) else index,
                float(time_s) if is_number(time_s) else 0.0,
                values,
            )
        )
    return history


def _values(column: Any) -> Sequence[Any]:
    return list(column.values()) if isinstance(column, Mapping) else column
