"""Experiments of MLflow, from its SQLite file or its folder ``mlruns/``; MLflow is not needed.

Every active run of an experiment becomes a run. A parent that only holds others together
(no params and no metrics of its own) is left out.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nbsweep.errors import StoreError, UsageError
from nbsweep.importers.assembly import Wishes, assemble, state_of
from nbsweep.importers.cells import value_of
from nbsweep.importers.foreign import ForeignRun, ForeignSweep, by_step
from nbsweep.importers.sqlite_file import columns, is_sqlite, reading
from nbsweep.records import RunState
from nbsweep.sweep_config.yaml_file import no_such_file
from nbsweep.wording import closest, did_you_mean, some

SHOWN = 8  # experiments in a message
# How MLflow's database spells infinity, which is not a number there.
_INFINITE = 1.7976931348623157e308
# Of meta.yaml, where older versions write a number.
_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_NAME, _NOTE, _PARENT = "mlflow.runName", "mlflow.note.content", "mlflow.parentRunId"


@dataclass
class _Run:
    """What a store says of a run; times in milliseconds."""

    id: str
    name: str
    status: str
    began: int | None
    ended: int | None
    params: dict[str, str] = field(default_factory=dict)
    points: list[tuple[int, int, str, float]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


def read_experiment(
    path: str | Path, wishes: Wishes, experiment: str | None = None
) -> ForeignSweep:
    """The runs of an experiment.

    Args:
        path: of the SQLite file or of the folder ``mlruns``; MLflow's ``sqlite:///…`` and
            ``file:///…`` are fine.
        wishes: what the user says of them.
        experiment: its name or id; may be left out when only one has runs.

    Raises:
        UsageError: there is nothing of the kind, or the experiment has to be named.
        StoreError: it cannot be read.
    """
    place = _place(str(path))
    experiments = _of_file(place) if place.is_file() else _of_folder(place)
    having = {key: runs for key, runs in experiments if runs}
    name, runs = _chosen(having, place, experiment, wishes.how("experiment"))
    parents = {run.tags.get(_PARENT) for run in runs}
    runs = [run for run in runs if run.id not in parents or run.params or run.points]
    foreign = [_foreign(run) for run in sorted(runs, key=lambda run: run.began or 0)]
    source = f"MLflow's experiment {name}"
    return assemble(foreign, wishes, source, nested=True, name=name)


def _place(path: str) -> Path:
    if "://" in path and not path.startswith(("sqlite:///", "file://")):
        raise UsageError(
            f"{path}: only MLflow's SQLite files and its folder mlruns can be read. Export the "
            "runs: mlflow.search_runs().to_csv(…), then nbsweep import csv."
        )
    if path.startswith("sqlite:///"):
        path = path.removeprefix("sqlite:///")
    elif path.startswith("file:"):
        path = unquote(urlsplit(path).path)
        path = path.lstrip("/") if sys.platform == "win32" else path
    place = Path(path)
    if place.is_dir() and not _meta(place):  # the folder in which MLflow was used
        if any((place / "mlruns").glob("*/*/meta.yaml")):
            return place / "mlruns"
        if (place / "mlflow.db").is_file():
            return place / "mlflow.db"
    if not place.exists():
        raise no_such_file(place, "*.db", "mlruns")
    return place


def _chosen(
    experiments: Mapping[tuple[str, str], list[_Run]], place: Path, wanted: str | None, how: str
) -> tuple[str, list[_Run]]:
    names = sorted(name for _, name in experiments)
    matching = [key for key in experiments if wanted is None or wanted in key]
    if len(matching) == 1:
        return matching[0][1], experiments[matching[0]]
    if not experiments:
        raise UsageError(f"{place} has no runs of MLflow's.")
    listed = f"It has {some([repr(name) for name in names], SHOWN)}."
    if wanted is None:
        raise UsageError(f"{place} has runs of several experiments. {listed} Name one: {how}.")
    guess = did_you_mean(closest(wanted, names))
    raise UsageError(f"{place} has no experiment {wanted!r} with runs.{guess} {listed}")


def _foreign(run: _Run) -> ForeignRun:
    state = state_of(run.status)
    rows = [(step, time_ms / 1000, {name: value}) for step, time_ms, name, value in run.points]
    values = {name: value_of(text) for name, text in run.params.items()}
    latest = sorted(run.points, key=lambda point: point[:2])
    return ForeignRun(
        params={name: value for name, value in values.items() if _is_there(value)},
        summary={name: value for _, _, name, value in latest},
        state=state,
        id=run.id,
        name=run.name or run.tags.get(_NAME, ""),
        history=by_step(rows),
        began_at=None if run.began is None else run.began / 1000,
        ended_at=None if run.ended is None else run.ended / 1000,
        error="it failed in MLflow" if state is RunState.FAILED else None,
        notes=run.tags.get(_NOTE) or None,
        tags=[f"{key}:{value}" for key, value in run.tags.items() if not key.startswith("mlflow.")],
    )


def _is_there(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


# The SQLite file


def _of_file(path: Path) -> Iterator[tuple[tuple[str, str], list[_Run]]]:
    if not is_sqlite(path):
        raise StoreError(f"{path} is not a SQLite file.")
    with reading(path) as connection:
        if not {"run_uuid", "lifecycle_stage"} <= columns(connection, "runs"):
            raise StoreError(f"{path} is not MLflow's: it has no table of runs.")
        for experiment in connection.execute(
            "SELECT experiment_id, name FROM experiments WHERE lifecycle_stage = 'active'"
        ):
            key = experiment["experiment_id"]
            runs = {
                row["run_uuid"]: _Run(
                    row["run_uuid"], row["name"], row["status"], row["start_time"], row["end_time"]
                )
                for row in connection.execute(
                    "SELECT * FROM runs WHERE experiment_id = ? AND lifecycle_stage = 'active'",
                    (key,),
                )
            }
            of_runs = "WHERE run_uuid IN (SELECT run_uuid FROM runs WHERE experiment_id = ?)"
            for row in connection.execute(f"SELECT * FROM params {of_runs}", (key,)):
                if run := runs.get(row["run_uuid"]):
                    run.params[row["key"]] = row["value"]
            for row in connection.execute(f"SELECT * FROM tags {of_runs}", (key,)):
                if run := runs.get(row["run_uuid"]):
                    run.tags[row["key"]] = row["value"] or ""
            for row in connection.execute(f"SELECT * FROM metrics {of_runs}", (key,)):
                if run := runs.get(row["run_uuid"]):
                    value = math.nan if row["is_nan"] else _finite(row["value"])
                    run.points.append((row["step"], row["timestamp"], row["key"], value))
            yield (str(key), experiment["name"]), list(runs.values())


def _finite(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) >= _INFINITE else value


# The folder


def _of_folder(folder: Path) -> Iterator[tuple[tuple[str, str], list[_Run]]]:
    meta = _meta(folder)
    if "run_id" in meta or "run_uuid" in meta:
        raise UsageError(f"{folder} is a single run. Name the folder of its experiment.")
    inside = [folder] if "experiment_id" in meta else _folders(folder)
    for experiment in inside:
        meta = _meta(experiment)
        if "name" not in meta or meta.get("lifecycle_stage", "active") != "active":
            continue
        runs = [run for path in _folders(experiment) if (run := _of_run(path)) is not None]
        yield (str(meta.get("experiment_id", experiment.name)), str(meta["name"])), runs


def _of_run(folder: Path) -> _Run | None:
    meta = _meta(folder)
    if not meta or meta.get("lifecycle_stage", "active") != "active":
        return None
    status = meta.get("status", "FINISHED")
    run = _Run(
        str(meta.get("run_id") or meta.get("run_uuid") or folder.name),
        str(meta.get("run_name") or ""),
        _STATUS.get(status, "FINISHED") if isinstance(status, int) else str(status),
        meta.get("start_time"),
        meta.get("end_time"),
        params=dict(_texts(folder / "params")),
        tags=dict(_texts(folder / "tags")),
    )
    for name, text in _texts(folder / "metrics"):
        for line in text.splitlines():  # timestamp value step, of old versions without step
            parts = line.split()
            if len(parts) >= 2:
                step = int(parts[2]) if len(parts) > 2 else 0
                run.points.append((step, int(parts[0]), name, float(parts[1])))
    return run


def _texts(folder: Path) -> Iterable[tuple[str, str]]:
    """Name, which may hold slashes, and text of each file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            yield path.relative_to(folder).as_posix(), text


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name != ".trash"]


def _meta(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / "meta.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise StoreError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error
    return content if isinstance(content, dict) else {}
