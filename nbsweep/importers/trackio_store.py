"""Projects of trackio: a SQLite file for each, with the config and the rows of its runs."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbsweep.errors import StoreError, UsageError
from nbsweep.importers.assembly import Wishes, assemble
from nbsweep.importers.cells import unix_seconds
from nbsweep.importers.foreign import ForeignSweep
from nbsweep.importers.sqlite_file import columns, reading
from nbsweep.importers.wandb_run import foreign_run
from nbsweep.wording import some

SHOWN = 8  # projects in a message


def read_project(path: str | Path | None, wishes: Wishes) -> ForeignSweep:
    """The runs of a project.

    Args:
        path: of its SQLite file, of a folder with one, or a project's name; None for
            trackio's own folder.
        wishes: what the user says of them.

    Raises:
        UsageError: there is no such project, or there are several.
        StoreError: the file cannot be read.
    """
    file = _file(path)
    with reading(file) as connection:
        runs = _runs(connection, file)
    if not runs:
        raise UsageError(f"{file} has no runs.")
    notes = ["trackio does not keep how a run ended: all count as finished."]
    foreign = [foreign_run(run, "trackio") for run in runs]
    source = f"trackio's project {file.stem}"
    return assemble(foreign, wishes, source, nested=True, notes=notes, name=file.stem)


def home() -> Path:
    """The folder in which trackio keeps its projects."""
    named = os.environ.get("TRACKIO_DIR")
    if named:
        return Path(named).expanduser()
    cache = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    return Path(cache).expanduser() / "trackio"


def _file(path: str | Path | None) -> Path:
    folder = home() if path is None else Path(path)
    if path is None and not folder.is_dir():
        raise UsageError(
            f"trackio has no projects in {folder}. Name the project's file, or set TRACKIO_DIR."
        )
    if not folder.is_dir():
        named = home() / (re.sub(r"[^A-Za-z0-9_-]", "", str(path)) + ".db")  # as trackio names it
        return named if not folder.exists() and named.is_file() else folder
    files = sorted(folder.glob("*.db"))
    if len(files) == 1:
        return files[0]
    if not files:
        raise UsageError(f"{folder} has no project of trackio's: such a file is PROJECT.db.")
    names = some([file.stem for file in files], SHOWN)
    one = files[0].stem if folder == home() else files[0]
    raise UsageError(
        f"{folder} has {len(files)} projects: {names}. Name one: nbsweep import trackio {one}."
    )


def _runs(connection: sqlite3.Connection, file: Path) -> list[dict[str, Any]]:
    known = columns(connection, "metrics")
    if not {"run_name", "step", "metrics"} <= known:
        raise StoreError(f"{file} is not a project of trackio's: it has no table of metrics.")
    key = "run_id" if "run_id" in known else "run_name"  # of versions before 0.20
    runs: dict[str, dict[str, Any]] = {}
    rows = connection.execute("SELECT * FROM metrics ORDER BY id")
    for row in rows:
        run = runs.setdefault(row[key], _new(row["run_name"], row[key]))
        time_s = unix_seconds(row["timestamp"])
        values = _parsed(row["metrics"])
        run["history"].append({**values, "_step": row["step"], "_timestamp": time_s})
        run.setdefault("created_at", time_s)
    if columns(connection, "configs"):
        for row in connection.execute("SELECT * FROM configs ORDER BY id"):
            run = runs.setdefault(row[key], _new(row["run_name"], row[key]))
            config = _parsed(row["config"])
            run["created_at"] = unix_seconds(config.get("_Created", row["created_at"]))
            run["group"] = config.get("_Group")
            run["config"] = {k: v for k, v in config.items() if not k.startswith("_")}
    return sorted(runs.values(), key=lambda run: run.get("created_at") or 0.0)


def _new(name: str, key: str) -> dict[str, Any]:
    return {"name": name, "id": key, "config": {}, "history": [], "state": "finished"}


def _parsed(text: str | bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
