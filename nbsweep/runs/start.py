"""`init`: the run that an agent handed to this thread, or a new one outside of sweeps."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
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
from nbsweep.runs.labels import labels_of, new_record
from nbsweep.runs.lent import lent_run
from nbsweep.runs.part import part_of_open_run
from nbsweep.runs.resumed import note_for_resume, resume_mode, resumed_run, run_to_resume
from nbsweep.runs.run import Run
from nbsweep.runs.steady import steady_clock
from nbsweep.store import open_store
from nbsweep.store.base import Store
from nbsweep.wording import closest, did_you_mean

DEFAULTS_FILE = "config-defaults.yaml"
REINIT = ("default", "return_previous", "finish_previous", "create_new")


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
    resume: bool | str | None = None,
    allow_val_change: bool = False,
    disabled: bool = False,
    clock: Callable[[], float] | None = None,
) -> Run:
    """Return the run of this context, open; see `nbsweep.init` for the arguments."""
    labels = {"name": name, "notes": notes, "tags": tags, "group": group, "job_type": job_type}
    labels = {key: value for key, value in labels.items() if value is not None}
    values = _read_config(config, exclude, include)
    clock = clock or steady_clock()
    _check_reinit(reinit)
    resume, run_id = _asked_to_resume(resume, run_id)
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
        if run.is_new:  # a later init() must not undo what was set since
            labels = {**labels_of(os.environ), **labels}
    else:
        previous = current_run() if session.live_runs() else None
        if previous is not None:
            stays = previous.was_asked_for or previous.shared or not _notebook()
            unsaid = reinit is None or reinit == "default"
            if reinit in ("return_previous", False) or (unsaid and stays):
                return previous
            if reinit != "create_new":
                previous.finish()
        store = open_store(f"memory://{new_id()}") if disabled else session.store()
        run_id, ended = run_to_resume(None if disabled else resume, run_id, store)
        if ended is not None:
            run = resumed_run(ended, store, clock)
        else:
            labels = {**labels_of(os.environ), **labels}
            folder = tempfile.mkdtemp(prefix="nbsweep-disabled-") if disabled else None
            run = _new_run(store, session.project(project), run_id, labels, clock, folder)
            run.disabled = disabled
            run.keeps_checkpoints = resume in ("allow", "must", "auto")
        if resume == "auto" and not disabled:
            note_for_resume(store, run.id)
    run.open(as_current=handed_out is not None or reinit != "create_new")
    run.config.take_defaults(values)
    if handed_out is not None or run.was_reopened:
        for key, value in labels.items():
            setattr(run, key, value)
    if handed_out is None and not allow_val_change and not _notebook():
        run.config.hold()  # W&B lets notebooks alone too, where cells are run again
    return run


def _check_reinit(reinit: bool | str | None) -> None:
    if isinstance(reinit, str) and reinit not in REINIT:
        raise UsageError(
            f"init(reinit={reinit!r}): accepted are {', '.join(map(repr, REINIT))}, True and False."
            f"{did_you_mean(closest(reinit, REINIT))}"
        )


def _asked_to_resume(
    resume: bool | str | None, run_id: str | None
) -> tuple[str | None, str | None]:
    """How to resume, and which run, from the arguments, else from W&B's variables."""
    mode = resume_mode(os.environ.get("WANDB_RESUME") if resume is None else resume)
    if mode is not None and run_id is None and not os.environ.get("WANDB_SWEEP_ID"):
        run_id = os.environ.get("WANDB_RUN_ID") or None
    return mode, run_id


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


def _notebook() -> bool:
    return "ipykernel" in sys.modules or hasattr(sys, "ps1")
