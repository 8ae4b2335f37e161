"""Tells from a path which program the runs there come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from nbsweep.errors import UsageError
from nbsweep.importers.event_files import PATTERN
from nbsweep.importers.ray_results import is_experiment, is_trial
from nbsweep.importers.sqlite_file import is_sqlite, tables

_TABLES = {
    "optuna": {"studies", "trials"},
    "mlflow": {"experiments", "runs", "latest_metrics"},
    "trackio": {"metrics", "configs"},
}
_WANDB_COLUMNS = {"Name", "State", "Created", "Runtime"}  # of its web app's table


def kind_of(path: str, how: str = "nbsweep import KIND {path}, where KIND is") -> str:
    """The command that reads what is there: optuna, wandb-export, csv, mlflow, ….

    Args:
        path: of a file or folder, or the URL of a storage.
        how: the user says it where it cannot be told; for a message.

    Raises:
        UsageError: it cannot be told.
    """
    place = Path(path)
    if "://" in path:
        if not path.startswith(("sqlite:///", "file://")):
            return "optuna"
        place = Path(path.removeprefix("sqlite:///").removeprefix("file://"))
    if not place.exists():
        raise UsageError(f"There is no file {path!r}.")
    kind = _of_folder(place) if place.is_dir() else _of_file(place)
    if kind is None:
        raise UsageError(
            f"{path}: it cannot be told where these runs come from. Say it: "
            f"{how.format(path=path)} csv, mlflow, optuna, ray, tensorboard, trackio or "
            "wandb-export."
        )
    return kind


def _of_file(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix == ".wandb":
        return "wandb-export"
    if ".tfevents." in path.name:
        return "tensorboard"
    if is_sqlite(path):
        known = tables(path)
        return next((kind for kind, needed in _TABLES.items() if needed <= known), None)
    if suffix in (".csv", ".tsv", ".txt"):
        header = _first_line(path).replace('"', "").split(",")
        return "wandb-export" if set(header) >= _WANDB_COLUMNS else "csv"
    if suffix in (".json", ".jsonl", ".ndjson"):
        return "wandb-export" if '"config"' in _beginning(path) else "csv"
    try:
        return "optuna" if "op_code" in json.loads(_first_line(path)) else None
    except (ValueError, TypeError):
        return None


def _of_folder(folder: Path) -> str | None:
    checks: dict[str, Callable[[], bool]] = {
        "wandb-export": lambda: any(
            any(folder.glob(pattern))
            for pattern in ("*run-*/run-*.wandb", "wandb/*run-*", "run-*.wandb", "run-*/files")
        ),
        "mlflow": lambda: any(
            any(folder.glob(pattern)) for pattern in ("meta.yaml", "*/meta.yaml", "mlruns/*")
        ),
        "ray": lambda: any(map(is_experiment, (folder, *folder.iterdir()))) or is_trial(folder),
        "trackio": lambda: any(_of_file(path) == "trackio" for path in folder.glob("*.db")),
        "tensorboard": lambda: any(folder.rglob(PATTERN)),
    }
    for kind, holds in checks.items():  # Ray writes event files too, so it comes before
        if holds():
            return kind
    return "wandb-export" if any(folder.glob("*.json")) else None


def _first_line(path: Path) -> str:
    return _beginning(path).partition("\n")[0].lstrip("\ufeff").rstrip("\r")


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(100_000).decode("utf-8", errors="replace")
