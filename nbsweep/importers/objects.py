"""Runs that are objects of this process: lists of dicts, data frames, runs of other libraries.

Nothing of pandas, polars, Optuna, W&B, MLflow or Ray is imported: whoever has such objects
has loaded their library, and each is known by what it can do.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import numbers
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.importers.assembly import flat
from nbsweep.importers.cells import value_of
from nbsweep.importers.wandb_run import is_run
from nbsweep.wording import clip, cut, described, plural

TEXT_SHOWN = 80  # characters of an object that is no value
Rows = list[dict[str, Any]]


def is_table(runs: object) -> bool:
    """Whether this is a data frame or table: of pandas, polars or Arrow."""
    if any(hasattr(runs, name) for name in ("to_dicts", "to_pylist", "collect_schema")):
        return True
    return hasattr(runs, "to_dict") and hasattr(runs, "columns")


def rows_of(runs: object, *, curves: bool = False) -> tuple[Rows, str]:
    """One dict for each run, flat unless it has a config of its own, and what they are in words.

    Args:
        runs: a data frame; a list of dicts, dataclasses, or runs of W&B, MLflow or Ray; a dict
            of columns, or of runs by their names.
        curves: whether to ask runs of W&B's API for what they logged, a request for each.

    Raises:
        UsageError: it is none of these, or has no runs.
    """
    if is_table(runs):
        rows, what = _of_table(runs), f"a {_library(runs)} {type(runs).__name__}"
    elif isinstance(runs, Mapping):
        rows, what = _of_mapping(runs), "a dict"
    elif isinstance(runs, Iterable) and not isinstance(runs, (str, bytes)):
        items = list(runs)
        rows = [_row(item, i, curves=curves) for i, item in enumerate(items)]
        what = f"a list of {_kind(items)}" if items else "a list"
    else:
        raise UsageError(
            f"analyze({_what(runs)}): there are no runs in it. Accepted are a list of dicts, a "
            "pandas or polars DataFrame, an Optuna study, runs of W&B, MLflow or Ray, the path "
            "of a file, a sweep or its id, and lists of these."
        )
    if not rows:
        raise UsageError(f"analyze: {what} without any runs was given.")
    return _read_texts(rows), what


def _of_table(table: Any) -> Rows:
    if hasattr(table, "collect") and not hasattr(table, "to_dicts"):  # lazy, of polars
        table = table.collect()
    if hasattr(table, "to_dicts"):  # polars
        return [_plain_row(row) for row in table.to_dicts()]
    if hasattr(table, "to_pylist"):  # Arrow
        return [_plain_row(row) for row in table.to_pylist()]
    columns = [_column_name(name) for name in table.columns]
    twice = [name for i, name in enumerate(columns) if name in columns[:i]]
    if twice:
        raise UsageError(f"analyze: the column {cut(twice[0])!r} is there twice. Rename one.")
    values = {
        name: [plain(value) for value in table.iloc[:, place].tolist()]
        for place, name in enumerate(columns)
    }
    index = table.index
    levels = {
        str(name): [plain(value) for value in index.get_level_values(place).tolist()]
        for place, name in enumerate(index.names)  # as `set_index` leaves it
        if name is not None and str(name) not in values
    }
    return _of_columns({**levels, **values})


def _column_name(name: Any) -> str:
    """Of one level of names, or of several: joined by a dot."""
    return (
        ".".join(str(part) for part in name if part != "") if isinstance(name, tuple) else str(name)
    )


def _of_mapping(runs: Mapping[Any, Any]) -> Rows:
    """Columns by name, or runs by name, or one run."""
    values = list(runs.values())
    if values and all(isinstance(value, Mapping) for value in values) and not is_run(runs):
        return [{"name": str(name), **_row(run, i)} for i, (name, run) in enumerate(runs.items())]
    columns = {str(name): _listed(value) for name, value in runs.items()}
    present = {name: column for name, column in columns.items() if column is not None}
    if len(present) < len(columns) or not present:
        return [_row(runs, 0)]
    sizes = {len(column) for column in present.values()}
    if len(sizes) > 1:
        found = ", ".join(f"{name} {len(column)}" for name, column in list(present.items())[:8])
        raise UsageError(
            f"analyze: the columns of a dict need one value for each run; found {found}."
        )
    return _of_columns({name: list(map(plain, column)) for name, column in present.items()})


def _listed(value: Any) -> Sequence[Any] | None:
    """The values of a column, None for what is not one."""
    if isinstance(value, (str, bytes, Mapping)):
        return None
    if isinstance(value, Sequence):
        return value
    return list(value) if hasattr(value, "tolist") and getattr(value, "ndim", 1) == 1 else None


def _of_columns(columns: Mapping[str, Sequence[Any]]) -> Rows:
    if not columns:
        return []
    names = list(columns)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if any(isinstance(value, dict) for column in columns.values() for value in column):
        return [row if is_run(row) else dict(flat(row)) for row in rows]
    return rows


def _row(item: Any, index: int, *, curves: bool = False) -> dict[str, Any]:
    """What is known of one run.

    Raises:
        UsageError: it is not a run.
    """
    if isinstance(item, Mapping):
        return _plain_row(item)
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        if hasattr(item, "metrics") and hasattr(item, "config"):  # Ray's Result
            return _of_ray(item)
        return _plain_row(dataclasses.asdict(item))
    if hasattr(item, "_asdict"):  # a namedtuple
        return _plain_row(item._asdict())
    if getattr(getattr(item, "dtype", None), "names", None):  # of a structured array
        return _plain_row(dict(zip(item.dtype.names, item.tolist(), strict=True)))
    if hasattr(item, "config") and hasattr(item, "summary"):
        return _of_wandb(item, curves=curves)
    if hasattr(item, "data") and hasattr(item, "info"):
        return _of_mlflow(item)
    if hasattr(item, "config") and hasattr(item, "metrics"):
        return _of_ray(item)
    if hasattr(item, "params") and hasattr(item, "state") and hasattr(item, "number"):
        return _of_trial(item)
    raise UsageError(
        f"analyze: item {index} of the list is {_what(item)}; a run is a dict of its parameters "
        'and metrics, such as {"lr": 0.01, "loss": 0.3}.'
    )


def _plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    values = {str(key): plain(value) for key, value in row.items()}
    return values if is_run(values) else dict(flat(values))


def _of_wandb(run: Any, *, curves: bool) -> dict[str, Any]:
    """A run of W&B's API, or one that looks like it."""
    summary = getattr(run.summary, "_json_dict", run.summary)
    row: dict[str, Any] = {
        "config": plain(dict(run.config)),
        "summary": plain(dict(summary.items())),
        **{name: plain(getattr(run, name, None)) for name in ("id", "name", "state", "created_at")},
        **{name: plain(getattr(run, name, None)) for name in ("tags", "notes", "group")},
    }
    if curves and hasattr(run, "scan_history"):
        row["history"] = [plain(dict(logged)) for logged in run.scan_history()]
    elif curves and hasattr(run, "history"):
        row["history"] = [plain(dict(logged)) for logged in run.history(pandas=False)]
    return {key: value for key, value in row.items() if value is not None}


def _of_mlflow(run: Any) -> dict[str, Any]:
    """A run of MLflow's client, whose params are text."""
    info = run.info
    row = {
        "config": {name: value_of(str(value)) for name, value in run.data.params.items()},
        "summary": plain(dict(run.data.metrics)),
        "id": getattr(info, "run_id", None),
        "name": getattr(info, "run_name", None),
        "state": str(getattr(info, "status", "finished")),
        "created_at": getattr(info, "start_time", None),
        "ended_at": getattr(info, "end_time", None),
    }
    return {key: value for key, value in row.items() if value is not None}


def _of_ray(result: Any) -> dict[str, Any]:
    """A result of Ray Tune."""
    metrics = {k: v for k, v in (result.metrics or {}).items() if k != "config"}
    state = "failed" if getattr(result, "error", None) else "finished"
    return {"config": plain(dict(result.config or {})), "summary": plain(metrics), "state": state}


def _of_trial(trial: Any) -> dict[str, Any]:
    """A trial of Optuna's, apart from its study."""
    values = list(getattr(trial, "values", None) or ())
    names = ["value"] if len(values) == 1 else [f"value_{i}" for i in range(len(values))]
    measured = {**getattr(trial, "user_attrs", {}), **dict(zip(names, values, strict=True))}
    return {
        "config": plain(dict(trial.params)),
        "summary": plain(measured),
        "state": str(getattr(trial.state, "name", trial.state)).replace("COMPLETE", "finished"),
        "id": str(trial.number),
    }


def plain(value: Any) -> Any:
    """A value as JSON could hold it, plus NaN and infinities; None for what is missing.

    numpy's and torch's scalars are numbers, arrays and sets lists, dates ISO text, spans of
    time seconds, members of an enum their value, classes and functions their name.
    """
    if value is None or isinstance(value, (str, bool)) or type(value) in (int, float):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=repr)
    if type(value).__name__ in ("NAType", "NaTType"):  # of pandas
        return None
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # numpy, torch, Arrow: a scalar or an array
        return _of_array(value)
    if isinstance(value, numbers.Real):  # Decimal is none
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    if type(value).__name__ == "Decimal":
        return float(value)
    name = getattr(value, "__name__", None) or getattr(type(value), "__qualname__", "")
    text = str(value)
    return name if " at 0x" in text or callable(value) else clip(text, TEXT_SHOWN)


def _of_array(value: Any) -> Any:
    kind = str(getattr(value, "dtype", ""))
    if kind.startswith(("datetime64", "timedelta64")):
        if str(value) == "NaT":
            return None
        return (
            str(value)
            if kind.startswith("datetime64")
            else float(value.astype("m8[ns]").astype(int)) / 1e9
        )
    values = value.tolist()
    if isinstance(values, list):
        values = [plain(item) for item in values]
        return values[0] if len(values) == 1 and not hasattr(values[0], "__len__") else values
    return plain(values)


def _read_texts(rows: Rows) -> Rows:
    """Numbers in columns that are all text, as `csv.DictReader` gives them."""
    names = dict.fromkeys(name for row in rows for name in row)
    spelled = {}
    for name in names:
        cells = [row[name] for row in rows if row.get(name) is not None]
        if not all(isinstance(cell, str) for cell in cells):
            continue
        values = {cell: value_of(cell) for cell in set(cells)}
        known = [value for value in values.values() if value is not None]
        if known and all(isinstance(value, (bool, int, float)) for value in known):
            spelled[name] = values
    if not spelled:
        return rows
    return [
        {k: spelled[k].get(v, v) if k in spelled and v is not None else v for k, v in row.items()}
        for row in rows
    ]


def _library(table: object) -> str:
    return type(table).__module__.partition(".")[0]


def _kind(items: Sequence[Any]) -> str:
    if all(isinstance(item, Mapping) for item in items):
        return "dicts"
    return f"{plural(len(items), 'run')} of type {type(items[0]).__name__}"


def _what(value: object) -> str:
    simple = isinstance(value, (str, int, float, bool, type(None)))
    return described(value) if simple else f"an object of type {type(value).__name__}"
