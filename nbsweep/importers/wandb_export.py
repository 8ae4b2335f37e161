"""Runs of W&B's: tables and JSON of its web app and API, and its client's local folder.

Accepted are a CSV file; a JSON file with a run or a list of runs (``name``, ``config``,
``summary`` and, if there is one, ``history``), or with a run in each line; the
``run-ID.wandb`` file of a run; and a folder with such files, with a folder for each run
that holds ``config`` and ``summary`` as files of their own, or the client's ``wandb/``.
W&B's service is not contacted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.importers.assembly import Wishes, assemble, flat
from nbsweep.importers.csv_table import json_lines, read_csv, read_rows
from nbsweep.importers.foreign import ForeignSweep
from nbsweep.importers.wandb_offline import merged, read_run
from nbsweep.importers.wandb_run import foreign_run, is_run, plain_config
from nbsweep.sweep_config.yaml_file import read_text

_CONFIG = ("config.json", "config.yaml", "config.yml")
_SUMMARY = ("summary.json", "wandb-summary.json")
_HISTORY = ("history.jsonl", "history.json", "history.csv", "wandb-history.jsonl")
_METADATA = ("metadata.json", "wandb-metadata.json")


def read_export(path: str | Path, wishes: Wishes) -> ForeignSweep:
    """The runs of an export.

    Args:
        path: a CSV, JSON or .wandb file, or a folder.
        wishes: what the user says of them.

    Raises:
        UsageError: there is nothing of the kind, or the metric has to be named.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv") and not path.is_dir():
        return read_csv(path, wishes, source=f"W&B's table {path.name}", nested=True)
    notes: list[str] = []
    if path.is_dir():
        contents = list(_of_folder(path, notes))
    elif kind == ".wandb":
        contents = [read_run(path, notes)]
    elif kind in (".jsonl", ".ndjson"):
        contents = [run for row in json_lines(path) for run in _runs_in(row, path)]
    else:
        contents = _runs_in(_json(path), path)
    if not contents:
        raise UsageError(
            f"{path} holds no runs. A folder needs a JSON file for each run (config, summary, "
            "history), or a folder for each run with config.json and summary.json; a table "
            "exported from W&B's web app is a CSV file."
        )
    runs = [foreign_run(run) for run in contents]
    if path.is_dir() and not wishes.params and wishes.config is None:
        names = {name for run in runs for name in run.params}
        wishes = replace(wishes, params=[name for name in _swept(path) if name in names])
    projects = list(dict.fromkeys(run["project"] for run in contents if run.get("project")))
    if len(projects) > 1:
        notes.append(f"The runs are of {len(projects)} projects: {', '.join(projects)}.")
    source = f"W&B's export {path.resolve().name}"
    name = str(projects[0]) if len(projects) == 1 else ""
    return assemble(runs, wishes, source, nested=True, notes=notes, name=name)


def _of_folder(folder: Path, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        yield from _runs_in(_json(path), path)
    for path in sorted(folder.glob("*.jsonl")):
        yield from (run for row in json_lines(path) for run in _runs_in(row, path))
    folder = _local(folder)
    # No symbolic link, as W&B's latest-run is.
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.is_symlink()]
    logs = [log for path in (folder, *inner) for log in sorted(path.glob("run-*.wandb"))]
    yield from merged([read_run(log, notes) for log in logs])
    local = False
    for path in inner:
        if any(log.parent == path for log in logs):
            continue
        files = path / "files" if (path / "files").is_dir() else path
        run = _of_files(files)
        if run is not None:
            local = local or files is not path
            yield {"id": path.name.rpartition("-")[2], "name": path.name, **run}
    if local:
        notes.append(
            "W&B's local folder keeps neither states nor history in a form that others can read: "
            "runs with a summary count as finished."
        )


def _local(folder: Path) -> Path:
    """The folder with W&B's runs: itself, or wandb/ in it."""
    inner = folder / "wandb"
    return inner if inner.is_dir() and not any(folder.glob("*run-*")) else folder


def _swept(folder: Path) -> list[str]:
    """What W&B's local folder says was swept: it keeps each suggestion in a file."""
    suggested = sorted(_local(folder).glob("sweep-*/config-*.yaml"))
    contents = (_content(path) for path in suggested)
    suggestions = [plain_config(content) for content in contents if isinstance(content, Mapping)]
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
            return read_rows(path)
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
        if is_run(content):
            return [{"name": path.stem, **content}]
        if isinstance(content.get("runs"), (list, dict)):
            return _runs_in(content["runs"], path)
        values = content.values()
        if content and all(is_run(run) for run in values):
            return [{"id": key, **run} for key, run in content.items()]
        return []
    if isinstance(content, list):
        return [run for run in content if is_run(run)]
    return []
