"""Tables of runs: one row a run, columns for parameters and metrics.

Optuna's, MLflow's and Ray's tables name their columns so that parameters can be told
from metrics; in other tables that is guessed from the names, and the user can say it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbsweep.analysis.metric_names import likely_goal, looks_like_metric
from nbsweep.errors import UsageError
from nbsweep.importers.assembly import SHOWN, Wishes, assemble, flat, state_of
from nbsweep.importers.cells import has_decimal_commas, literal, unix_seconds, value_of, with_point
from nbsweep.importers.foreign import ForeignRun, ForeignSweep
from nbsweep.importers.wandb_run import NOT_METRICS, SUMMARY, foreign_run, is_run
from nbsweep.records import Goal, RunState
from nbsweep.sweep_config.yaml_file import read_text
from nbsweep.wording import closest, did_you_mean, joined, show, some

JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")

# Before the name of a parameter, and of anything else: Optuna, MLflow, Ray, nbsweep.
_OF_PARAMS = ("params_", "params.", "param.", "config.", "config/", "hyperparameters.", "hparams.")
_OF_NESTED = "config/"  # of Ray: what follows is joined by / where the config is nested
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
    "gpu_count cpu_count python_version os source_type source_name source_version "
    "lifecycle_stage number run index experiment_id artifact_uri "
    "experiment_tag experiment_name date pid node_ip done timestamp sweep_name",
}
_FACT_OF = {word: fact for fact, words in _FACTS.items() for word in words.split()}


def read_csv(
    path: str | Path, wishes: Wishes, *, source: str = "", nested: bool = False
) -> ForeignSweep:
    """The runs of a table.

    Args:
        path: of the file: comma, semicolon, tab or bar between its columns; or JSON, an
            object for each run, in a list or in lines.
        wishes: what the user says of it.
        source: what it is, in words; default: the file's name.
        nested: whether a dot in a name separates levels of the config.

    Raises:
        UsageError: there is no such file, it is not a table, or columns have to be named.
    """
    path = Path(path)
    notes: list[str] = []
    if path.suffix.lower() in JSON_SUFFIXES and not path.is_dir():
        rows = [row if is_run(row) else dict(flat(row)) for row in json_rows(path)]
    else:
        rows = _table(path, notes)
    source = source or f"the table {path.name}"
    return of_rows(rows, wishes, source, str(path), nested=nested, notes=notes)


def of_rows(
    rows: Sequence[Mapping[str, Any]],
    wishes: Wishes,
    source: str,
    where: str,
    *,
    nested: bool = False,
    first: int = 2,
    notes: Sequence[str] = (),
) -> ForeignSweep:
    """The runs of the rows of a table, each with the name of a column to its value.

    Args:
        rows: one for each run; all that have a config are read as W&B's runs.
        wishes: what the user says of them.
        source: what they are, in words.
        where: they are, for messages.
        nested: whether a dot in a name separates levels of the config.
        first: number of the first one, for messages.
        notes: remarks for the user so far.

    Raises:
        UsageError: columns have to be named.
    """
    notes = list(notes)
    if all(map(is_run, rows)):
        # As the snippet of W&B's documentation writes them.
        runs = [
            foreign_run(_with_summary(row, f"{where}: row {i}"))
            for i, row in enumerate(rows, first)
        ]
        return assemble(runs, wishes, source, nested=True, notes=notes)
    header = list(dict.fromkeys(name for row in rows for name in row))
    for name in (*wishes.ignored, *wishes.measured):
        if name not in header:
            guess = did_you_mean(closest(name, header))
            raise UsageError(f'No run has "{name}".{guess} There are {some(header, SHOWN)}.')
    if wishes.metric is None and (objectives := [n for n in header if n.startswith("values_")]):
        # Of Optuna's, whose table does not say which way they go.
        names = [_without(name, _OF_METRICS) for name in objectives]
        wishes = replace(wishes, metric=names[0], others=tuple((name, None) for name in names[1:]))
        goals = [Goal(wishes.goal or likely_goal(names[0])), *map(likely_goal, names[1:])]
        read = [f"{name} {goal}" for name, goal in zip(names, goals, strict=True)]
        notes.append(
            f"The table does not say which way its {len(names)} objectives go; by their names: "
            f"{joined(read, 'and')}. Say it with {_said(wishes, names[0], goals[0])}."
        )
    roles = _roles(header, wishes)
    runs = [_run(row, roles) for row in rows]
    nested = nested or any(column.startswith(_OF_NESTED) for column in header)
    return assemble(runs, wishes, source, nested=nested, notes=notes)


def _said(wishes: Wishes, name: str, goal: Goal) -> str:
    if wishes.in_python:
        return f'metric=["{name}", …], goal=["{goal}", …]'
    return f"--metric {name} --goal {goal} and so on"


def _with_summary(row: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A run with a summary: without one, its other columns are it.

    Raises:
        UsageError: its config cannot be read.
    """
    if isinstance(row["config"], str) and not isinstance(literal(row["config"]), dict):
        raise UsageError(
            f"{where}: found the config {show(row['config'])}; it has to be a dict, as JSON or as "
            "Python writes it."
        )
    if any(isinstance(row.get(word), (dict, str)) for word in SUMMARY):
        return row
    others = {k: v for k, v in row.items() if k.lower() not in _FACT_OF and k not in NOT_METRICS}
    return {**row, "summary": others}


def json_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON file with a list of them, or with one in each line.

    Raises:
        UsageError: there is no such file, or it holds something else.
    """
    if path.suffix.lower() != ".json":
        return json_lines(path)
    try:
        content = json.loads(read_text(path, "*.json"))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from None
    rows = content if isinstance(content, list) else [content]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path} has no runs: a list with an object for each run is needed.")
    return rows


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that has one in each line.

    Raises:
        UsageError: there is no such file, or a line that is not an object.
    """
    rows = []
    for number, line in enumerate(read_text(path, "*.jsonl").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{path}, line {number} is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}: found {show(row)}; a run is an object.")
        rows.append(row)
    if not rows:
        raise UsageError(f"{path} has no runs: a line for each run is needed.")
    return rows


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a table of values, such as the history of a run; empty without any.

    Raises:
        UsageError: it cannot be read.
    """
    rows = csv.DictReader(io.StringIO(read_text(path, "*.csv"), newline=""))
    return [{key: value_of(value or "") for key, value in row.items() if key} for row in rows]


def _table(path: Path, notes: list[str]) -> list[dict[str, Any]]:
    """The rows of a table: name of the column → value."""
    text = _text_of(path, notes)
    said = re.match(r"sep=(.)\r?\n", text)  # by Excel, to itself
    text = text[said.end() :] if said else text
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    delimiter = said[1] if said else max(",;\t|", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [line for line in reader if any(line)]
    except csv.Error as error:
        raise UsageError(f"{path} is not a table: {error}.") from None
    if len(lines) < 2:
        raise UsageError(f"{path} has no runs: a header and a line for each run are needed.")
    header, *rows = lines
    for number, line in enumerate(rows, 2):
        if len(line) != len(header):
            raise UsageError(
                f"{path}: row {number} has {len(line)} cells, the header {len(header)}."
            )
    header = _named(header, rows)
    for name in header:
        if header.count(name) > 1:
            raise UsageError(f"{path}: the column {name!r} is there twice. Rename one.")
    if delimiter != "," and has_decimal_commas(cell for line in rows for cell in line):
        rows = [[with_point(cell) for cell in line] for line in rows]
        notes.append("Its numbers have decimal commas: 0,5 is read as 0.5.")
    return [dict(zip(header, map(value_of, line), strict=True)) for line in rows]


def _text_of(path: Path, notes: list[str]) -> str:
    """The text of a table, also as Excel saves it outside of English-speaking countries."""
    data = path.read_bytes() if path.is_file() else b""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-16")
    if b"\0" not in data:
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError:
            with contextlib.suppress(UnicodeDecodeError):
                text = data.decode("cp1252")
                notes.append(f"{path.name} is not UTF-8: read as Windows-1252.")
                return text
    return read_text(path, "*.csv", "*.tsv")


def _named(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A name for each column; pandas leaves the one of its index without."""
    names = []
    for place, name in enumerate(map(str.strip, header)):
        if not name:
            cells = [row[place] for row in rows]
            counted = cells in ([str(i + k) for i in range(len(cells))] for k in (0, 1))
            text = all(isinstance(value_of(cell), str) for cell in cells)
            is_name = text and "name" not in [other.strip().lower() for other in header]
            index = "Unnamed: 0" if counted or not any(cells) else "name" if is_name else ""
            names.append(index if index and place == 0 else f"column {place + 1}")
            continue
        names.append(name)
    return names


def _roles(header: Sequence[str], wishes: Wishes) -> dict[str, tuple[str, str]]:
    """Column → (what it is, name without its prefix): param, metric, both, or a fact."""
    roles: dict[str, tuple[str, str]] = {}
    named = {*wishes.params, *wishes.metrics}
    known = any(column.startswith(_OF_PARAMS) for column in header)
    for column in header:
        fact = _FACT_OF.get(column.lower().replace(" ", "_"))
        if column in wishes.ignored:
            continue
        if column.startswith(_OF_NESTED):
            roles[column] = "param", column.removeprefix(_OF_NESTED).replace("/", ".")
        elif column.startswith(_OF_PARAMS):
            roles[column] = "param", _without(column, _OF_PARAMS)
        elif column.startswith(_OF_METRICS):
            roles[column] = "metric", _without(column, _OF_METRICS)
        elif column.startswith(_DROPPED):
            continue
        elif fact is not None and column not in named:
            roles[column] = "fact", fact
        elif column not in wishes.params and (
            known or column in wishes.metrics or looks_like_metric(column)
        ):
            roles[column] = "metric", column
        else:
            roles[column] = "either", column
    return roles


def _without(column: str, prefixes: Sequence[str]) -> str:
    prefix = next(prefix for prefix in prefixes if column.startswith(prefix))
    name = column[len(prefix) :]
    return f"value_{name}" if prefix == "values_" and name.isdigit() else name


def _run(cells: Mapping[str, Any], roles: Mapping[str, tuple[str, str]]) -> ForeignRun:
    params: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for column, (role, name) in roles.items():
        value = cells.get(column)
        if value is None or (role != "metric" and _is_nan(value)):
            continue  # a metric may be NaN, anything else is missing then
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


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
