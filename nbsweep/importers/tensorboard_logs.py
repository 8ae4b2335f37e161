"""Folders of TensorBoard logs: a folder of event files for each run.

What was set comes from the hparams plugin (``add_hparams`` writes it into the run's folder
or into one below it), or from the ``hparams.yaml`` that Lightning's logger leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.importers.assembly import Wishes, assemble, flat, state_of
from nbsweep.importers.event_files import PATTERN, Scalar, Session, read_events
from nbsweep.importers.foreign import ForeignRun, ForeignSweep, by_step
from nbsweep.records import RunState
from nbsweep.sweep_config.yaml_file import no_such_file

_LIGHTNING = "hparams.yaml"


@dataclass
class _Run:
    params: dict[str, Any] = field(default_factory=dict)
    scalars: list[Scalar] = field(default_factory=list)
    status: str | None = None
    metrics: list[str] = field(default_factory=list)


def read_logs(path: str | Path, wishes: Wishes) -> ForeignSweep:
    """The runs below a folder.

    Args:
        path: of the folder, or of one event file.
        wishes: what the user says of them.

    Raises:
        UsageError: there are no event files, or none tells what was set.
    """
    path = Path(path)
    if not path.exists():
        raise no_such_file(path, PATTERN)
    files = sorted(path.rglob(PATTERN)) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path} has no event files of TensorBoard's ({PATTERN}).")
    notes: list[str] = []
    folders: dict[Path, _Run] = {}
    for file in files:
        _take(file, folders.setdefault(file.parent, _Run()), notes)
    for folder, run in folders.items():
        run.params = {**_of_lightning(folder), **run.params}
    runs = {folder: run for folder, run in _joined(folders).items() if run.scalars or run.params}
    known = {folder: run for folder, run in runs.items() if run.params}
    if not known:
        raise UsageError(
            f"{path} has {len(runs)} runs, but none says what was set: neither add_hparams nor "
            f"{_LIGHTNING}. Write a table of parameters and metrics and use nbsweep import csv."
        )
    if len(known) < len(runs):
        notes.append(
            f"{len(runs) - len(known)} of {len(runs)} runs do not say what was set: left out."
        )
    metrics = list(dict.fromkeys(tag for run in known.values() for tag in run.metrics))
    if wishes.metric is None and len(metrics) == 1:
        wishes = replace(wishes, metric=metrics[0])
    top = path if path.is_dir() else path.parent
    foreign = [_foreign(run, folder, top) for folder, run in known.items()]
    foreign.sort(key=lambda run: run.began_at or 0.0)
    source = f"TensorBoard's logs {top.resolve().name}"
    return assemble(foreign, wishes, source, nested=True, notes=notes)


def _take(file: Path, run: _Run, notes: list[str]) -> None:
    for event in read_events(file, notes):
        if isinstance(event, Session):
            run.params.update(event.params or {})
            run.status = event.status or run.status
            run.metrics += event.metrics
        else:
            run.scalars.append(event)


def _joined(folders: Mapping[Path, _Run]) -> dict[Path, _Run]:
    """The runs, with what PyTorch and Keras write into folders below a run's.

    `add_hparams` makes one for the hyperparameters; `add_scalars`, and Keras for training
    and validation, make one for each curve.
    """
    runs = {folder: run for folder, run in folders.items() if run.params}
    above: dict[Path, list[Path]] = {}
    for folder in runs:
        if folder.parent in folders:
            above.setdefault(folder.parent, []).append(folder)
    for parent, inner in above.items():
        if len(inner) == 1:
            run, outer = runs.pop(inner[0]), folders[parent]
            run.scalars = [*outer.scalars, *run.scalars]
            run.params = {**outer.params, **run.params}
            run.metrics = [*outer.metrics, *run.metrics]
            run.status = run.status or outer.status
            runs[parent] = run
    taken = {*runs, *(folder for inner in above.values() for folder in inner)}
    for folder, run in sorted(folders.items()):
        if folder in taken:
            continue
        if folder.parent in runs:
            named = [replace(s, tag=f"{folder.name}/{s.tag}") for s in run.scalars]
            runs[folder.parent].scalars += named
        elif folder not in above:
            runs[folder] = run
    return runs


def _foreign(run: _Run, folder: Path, top: Path) -> ForeignRun:
    state = state_of(run.status)
    scalars = sorted(run.scalars, key=lambda scalar: (scalar.step, scalar.time_s))
    times = [scalar.time_s for scalar in scalars]
    name = folder.relative_to(top).as_posix()
    return ForeignRun(
        params=dict(flat(run.params)),
        summary={scalar.tag: scalar.value for scalar in scalars},
        state=state,
        name=top.resolve().name if name == "." else name,
        history=by_step((s.step, s.time_s, {s.tag: s.value}) for s in scalars),
        began_at=min(times, default=None),
        ended_at=max(times, default=None),
        error="it failed in TensorBoard's words" if state is RunState.FAILED else None,
    )


def _of_lightning(folder: Path) -> dict[str, Any]:
    """The hyperparameters that Lightning's logger wrote; {} where it did not."""
    import yaml

    class Lenient(yaml.SafeLoader):
        """Takes a Python object for the plain values that it is made of."""

    def plain(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
        del suffix
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None

    Lenient.add_multi_constructor("tag:yaml.org,2002:python/", plain)
    try:
        text = (folder / _LIGHTNING).read_text(encoding="utf-8")
        content = yaml.load(text, Lenient)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return dict(flat(content)) if isinstance(content, dict) else {}
