"""`init`: the run that an agent handed to this thread, or a new one outside of sweeps."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.media.plain import plain
from nbsweep.records import WorkOrder
from nbsweep.runs import session
from nbsweep.runs.config import as_mapping
from nbsweep.runs.current import assigned_run, current_run
from nbsweep.runs.folders import run_folder
from nbsweep.runs.identity import new_id, run_name
from nbsweep.runs.joined import has_ended, joined_run
from nbsweep.runs.labels import new_record
from nbsweep.runs.lent import lent_run
from nbsweep.runs.part import part_of_open_run
from nbsweep.runs.run import Run
from nbsweep.store import open_store
from nbsweep.store.base import Store

DEFAULTS_FILE = "config-defaults.yaml"


def start_run(
    *,
    config: Any = None,
    project: str | None = None,
    run_id: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    group: str | None = None,
    job_type: str | None = None,
    exclude: Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    reinit: bool | str | None = None,
    disabled: bool = False,
    clock: Callable[[], float] = time.time,
) -> Run:
    """Return the run of this context, open; see `nbsweep.init` for the arguments."""
    labels = {"name": name, "notes": notes, "tags": tags, "group": group, "job_type": job_type}
    labels = {key: value for key, value in labels.items() if value is not None}
    values = _read_config(config, exclude, include)
    handed_out = assigned_run() or lent_run(run_folder, clock)
    if handed_out is not None and handed_out.shared and has_ended(handed_out):
        handed_out = None
    part = part_of_open_run(handed_out, labels, clock)
    its_own = disabled or part is not None or run_id is not None or reinit == "create_new"
    if handed_out is None and not its_own:
        handed_out = joined_run(clock)
    if part is not None:
        part.open()
        part.config.take_defaults(values)
        return part
    if handed_out is not None:
        run = handed_out
    else:
        previous = current_run() if session.live_runs() else None
        if previous is not None:
            stays = previous.was_asked_for or previous.shared or not _notebook()
            if reinit in ("return_previous", False) or (reinit is None and stays):
                return previous
            if reinit != "create_new":
                previous.finish()
        labels = {**_labels_from_environment(), **labels}
        store = open_store(f"memory://{new_id()}") if disabled else session.store()
        folder = tempfile.mkdtemp(prefix="nbsweep-disabled-") if disabled else None
        run = _new_run(store, session.project(project), run_id, labels, clock, folder)
        run.disabled = disabled
    run.open()
    run.config.take_defaults(values)
    if handed_out is not None:
        for key, value in labels.items():
            setattr(run, key, value)
    return run


def _new_run(
    store: Store,
    project: str,
    run_id: str | None,
    labels: Mapping[str, Any],
    clock: Callable[[], float],
    scratch: str | None,
) -> Run:
    """A run outside of sweeps; with a scratch folder it leaves nothing behind."""
    made_id = run_id or new_id()
    record = new_record(project, labels, clock(), id=made_id, name=run_name(made_id))
    folder = f"{scratch}/runs/{made_id}" if scratch else run_folder(store, made_id)
    order = WorkOrder(store.claim_run(record), store.url, folder, echo=True)
    run = Run(order, store, clock)
    if scratch:
        weakref.finalize(run, shutil.rmtree, scratch, ignore_errors=True)
    return run


def _read_config(
    config: Any, exclude: Sequence[str] | None, include: Sequence[str] | None
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if Path(DEFAULTS_FILE).is_file():
        values.update(_read_yaml(DEFAULTS_FILE))
    if isinstance(config, (str, Path)):
        values.update(_read_yaml(config))
    elif config is not None:
        values.update(as_mapping(config))
    if exclude and include:
        raise UsageError("init: give config_exclude_keys or config_include_keys, not both.")
    return {
        key: plain(value)
        for key, value in values.items()
        if key not in (exclude or ()) and (not include or key in include)
    }


def _read_yaml(path: str | Path) -> dict[str, Any]:
    """W&B's config file: ``key: {value: …}`` or plain ``key: …``."""
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise UsageError(
            f"init(config={str(path)!r}): there is no such file. Give a dict, or the path of a "
            "YAML file."
        ) from None
    if not isinstance(content, dict):
        raise UsageError(f"{path}: a mapping of names to values is needed at the top.")
    content.pop("wandb_version", None)
    return {
        str(key): value["value"] if isinstance(value, dict) and "value" in value else value
        for key, value in content.items()
    }


def _labels_from_environment() -> dict[str, Any]:
    names = {
        "WANDB_NAME": "name",
        "WANDB_NOTES": "notes",
        "WANDB_RUN_GROUP": "group",
        "WANDB_JOB_TYPE": "job_type",
    }
    labels: dict[str, Any] = {
        label: os.environ[variable] for variable, label in names.items() if os.environ.get(variable)
    }
    if os.environ.get("WANDB_TAGS"):
        labels["tags"] = os.environ["WANDB_TAGS"].split(",")
    return labels


def _notebook() -> bool:
    return "ipykernel" in sys.modules or hasattr(sys, "ps1")
