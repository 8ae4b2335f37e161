"""Tables of runs: one row a run, columns for parameters and metrics.

Optuna's, MLflow's and Ray's tables name their columns so that parameters can be told
from metrics; in other tables that is guessed from the names, and the user can say it.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbsweep.analysis.metric_names import looks_like_metric
from nbsweep.errors import UsageError
from nbsweep.importers.assembly import Wishes, assemble, state_of
from nbsweep.importers.foreign import ForeignRun, ForeignSweep
from nbsweep.records import RunState
from nbsweep.sweep_config.yaml_file import read_text

# Before the name of a parameter, and of anything else: Optuna, MLflow, Ray, nbsweep.
_OF_PARAMS = ("params_", "params.", "param.", "config.", "config/", "hyperparameters.", "hparams.")
_OF_METRICS = ("summary_metrics.", "summary.", "metrics.", "user_attrs_", "values_")
_DROPPED = ("system_attrs_", "tags.mlflow.", "Unnamed: ")

# What a run's own facts are called, in lower case, by the field that takes them.
_FACTS = {
    "name": "name run_name tags.mlflow.runname display_name",
    "id": "id run_id trial_id",
    "state": "state status",
    "notes": "notes",
    "tags": "tags",
    "group": "group",
    "began": "created created_at start_time datetime_start started",
    "ended": "end_time datetime_complete ended heartbeat_at",
    "seconds": "runtime duration duration_s time_total_s _runtime",
    "": "user sweep job_type jobtype agent commit hostname host path command url gpu_type "
    "gpu_count cpu_count python_version os number run index experiment_id artifact_uri "
    "experiment_tag experiment_name date pid node_ip done timestamp sweep_name",
}
_FACT_OF = {word: fact for fact, words in _FACTS.items() for word in words.split()}


def read_csv(
    path: str | Path, wishes: Wishes, *, source: str = "", nested: bool = False
) -> ForeignSweep:
    """The runs of a table.

    Args:
        path: of the file; comma, semicolon, tab or bar between its columns.
        wishes: what the user says of it.
        source: what it is, in words; default: the file's name.
        nested: whether a dot in a name separates levels of the config.

    Raises:
        UsageError: there is no such file, it is not a table, or columns have to be named.
    """
    path = Path(path)
    header, rows = _table(path)
    roles = _roles(header, wishes)
    runs = [_run(dict(zip(header, row, strict=True)), roles) for row in rows]
    return assemble(runs, wishes, source or f"the table {path.name}", nested=nested)


def _table(path: Path) -> tuple[list[str], list[list[Any]]]:
    text = read_text(path, "*.csv", "*.tsv")
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [line for line in rows if any(line)]
    except csv.Error as error:
        raise UsageError(f"{path} is not a table: {error}.") from None
    if len(lines) < 2:
        raise UsageError(f"{path} has no runs: a header and a line for each run are needed.")
    header = [name.strip() or f"column {i}" for i, name in enumerate(lines[0], 1)]
    for name in header:
        if header.count(name) > 1:
            raise UsageError(f"{path}: the column {name!r} is there twice. Rename one.")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise UsageError(
                f"{path}: row {number} has {len(line)} cells, the header {len(header)}."
            )
    return header, [[value_of(cell) for cell in line] for line in lines[1:]]


def value_of(cell: str) -> Any:
    """The value that a cell's text stands for; None when it is empty."""
    text = cell.strip()
    if text == "":
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if text[0] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _roles(header: Sequence[str], wishes: Wishes) -> dict[str, tuple[str, str]]:
    """Column → (what it is, name without its prefix): param, metric, both, or a fact."""
    roles: dict[str, tuple[str, str]] = {}
    named = {*wishes.params, wishes.metric}
    known = any(column.startswith(_OF_PARAMS) for column in header)
    for column in header:
        fact = _FACT_OF.get(column.lower().replace(" ", "_"))
        if column.startswith(_OF_PARAMS):
            roles[column] = "param", _without(column, _OF_PARAMS)
        elif column.startswith(_OF_METRICS):
            roles[column] = "metric", _without(column, _OF_METRICS)
        elif column.startswith(_DROPPED):
            continue
        elif fact is not None and column not in named:
            roles[column] = "fact", fact
        elif column not in wishes.params and (
            known or column == wishes.metric or looks_like_metric(column)
        ):
            roles[column] = "metric", column
        else:
            roles[column] = "either", column
    return roles


def _without(column: str, prefixes: Sequence[str]) -> str:
    prefix = next(prefix for prefix in prefixes if column.startswith(prefix))
    return column[len(prefix) :]


def _run(cells: Mapping[str, Any], roles: Mapping[str, tuple[str, str]]) -> ForeignRun:
    params: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for column, (role, name) in roles.items():
        value = cells[column]
        if value is None:
            continue
        if role == "fact":
            facts.setdefault(name, value)
        if role in ("param", "either"):
            params[name] = value
        if role == "metric":
            summary[name] = value
    state = state_of(facts.get("state"))
    began, ended = unix_seconds(facts.get("began")), unix_seconds(facts.get("ended"))
    if ended is None and began is not None and isinstance(facts.get("seconds"), (int, float)):
        ended = began + facts["seconds"]
    return ForeignRun(
        params=params,
        summary=summary,
        state=state,
        id=_text(facts.get("id")),
        name=_text(facts.get("name")) or "",
        began_at=began,
        ended_at=ended,
        error=f"it {state.value}" if state is RunState.FAILED else None,
        notes=_text(facts.get("notes")) if facts.get("notes") != "-" else None,
        tags=[tag.strip() for tag in str(facts.get("tags") or "").split(",") if tag.strip()],
        group=_text(facts.get("group")),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def unix_seconds(value: Any) -> float | None:
    """Unix seconds of a date, or of seconds or milliseconds since 1970."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) / (1000 if value > 1e11 else 1)
    try:
        date = datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return date.timestamp()
