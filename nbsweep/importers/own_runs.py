"""Runs of nbsweep's own sweeps, of one or of several together, as runs of one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbsweep.continued import present_rows
from nbsweep.errors import UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.importers.assembly import Wishes, assemble
from nbsweep.importers.foreign import ForeignRun, ForeignSweep
from nbsweep.records import RunRecord
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import joined, some

SWEEP = "sweep"  # the column that says which one
SHOWN = 5
_NOT_A_RANGE = ("when", "belief")  # keys of a spec
_KEPT_ORIGIN = ("continued", "replicate_of", "varied")


@dataclass(frozen=True)
class Part:
    """Runs of one sweep, of several that are looked at together.

    Attributes:
        label: what the user calls them.
        runs: the records.
        config: of their sweep.
        store: where they are.
    """

    label: str
    runs: Sequence[RunRecord]
    config: SweepConfig
    store: Store


def part_of(sweep: StoredSweep, label: str = "") -> Part:
    """All runs of a sweep."""
    snapshot = sweep.snapshot()
    config = sweep.config_of(snapshot.sweep)
    return Part(label or snapshot.sweep.name or sweep.id, snapshot.runs, config, sweep.store)


def parts_of_runs(runs: Sequence[SweepRun]) -> list[Part]:
    """The runs, which may be of several sweeps, by their sweep and in their order."""
    wanted = {run.id: run for run in runs}
    parts: list[Part] = []
    while wanted:
        run = next(iter(wanted.values()))
        sweep_id = run._store.run(run.id).sweep_id
        assert sweep_id is not None
        snapshot = run._store.snapshot(sweep_id)
        found = [record for record in snapshot.runs if record.id in wanted]
        label = snapshot.sweep.name or sweep_id
        parts.append(Part(label, found, run._config, run._store))
        for record in found:
            del wanted[record.id]
    return parts


def of_parts(parts: Sequence[Part], wishes: Wishes) -> ForeignSweep:
    """The runs of the parts, with a column `sweep` where there are several.

    A parameter that is searched alike in all of them keeps its range; that of others is read
    off their values.

    Raises:
        UsageError: the sweeps have different metrics and none is named; there is no run.
    """
    labels = _labels(parts)
    several = len(parts) > 1
    names = dict.fromkeys(name for part in parts for run in part.runs for name in run.params)
    column = SWEEP if SWEEP not in names else f"{SWEEP}_id"
    runs = [
        _foreign(run, part.store, {column: label} if several else {})
        for part, label in zip(parts, labels, strict=True)
        for run in part.runs
    ]
    what = f"{len(parts)} sweeps ({some(labels, SHOWN)})" if several else f"sweep {labels[0]}"
    if not runs:
        raise UsageError(f"analyze: {what} has no runs yet.")
    chosen = [name for name in names if name not in wishes.ignored]
    if wishes.params:
        chosen = list(wishes.params)
    if several and column not in (*chosen, *wishes.ignored):
        chosen.append(column)
    said = _with_metric(parts, labels, wishes)
    foreign = assemble(runs, replace(said, params=chosen), what, nested=False)
    config = {**foreign.config, "parameters": _with_ranges(foreign.config["parameters"], parts)}
    if wishes.metric is None and said.metric is not None:  # with its mode, its limits, …
        for key in ("metric", "metrics"):
            config.pop(key, None)
            if key in parts[0].config.source:
                config[key] = parts[0].config.source[key]
    notes = [note for note in foreign.notes if " is missing in " not in note]
    return replace(foreign, config=config, notes=notes)


def _labels(parts: Sequence[Part]) -> list[str]:
    """A label for each part, no two alike."""
    labels: list[str] = []
    for part in parts:
        label, number = part.label, 2
        while label in labels:
            label, number = f"{part.label} ({number})", number + 1
        labels.append(label)
    return labels


def _foreign(run: RunRecord, store: Store, more: Mapping[str, Any]) -> ForeignRun:
    history = present_rows(run, store.history(run.id)) if run.history_rows else ()
    return ForeignRun(
        params={**run.params, **more},
        summary=run.summary,
        state=run.state,
        id=run.id,
        name=run.name,
        config=run.config,
        history=history,
        began_at=run.started_at,
        ended_at=run.ended_at if run.ended_at is not None else run.heartbeat_at,
        error=run.error,
        notes=run.notes,
        tags=run.tags,
        group=run.group,
        origin={name: run.origin[name] for name in _KEPT_ORIGIN if name in run.origin},
        code_hash=run.code_hash,
        console=store.console(run.id),
    )


def _with_metric(parts: Sequence[Part], labels: Sequence[str], wishes: Wishes) -> Wishes:
    """The wishes with the metric of the sweeps where none is named, and with its goal."""
    known = {m.name: m.goal.value for part in parts for m in part.config.all_metrics}
    if wishes.metric is not None:
        return replace(wishes, goal=wishes.goal or known.get(wishes.metric))
    objectives = [tuple((m.name, m.goal.value) for m in part.config.objectives) for part in parts]
    if len(set(objectives)) > 1:
        words = [
            joined([f"{name} ({goal})" for name, goal in each] or ["none"], "and")
            for each in objectives
        ]
        found = [f"{each} in {label}" for each, label in zip(words, labels, strict=True)]
        raise UsageError(
            f"The sweeps have different metrics: {some(found, SHOWN)}. Name one that they share: "
            f"{wishes.how('metric')}."
        )
    if not objectives[0]:
        return wishes
    (name, goal), *others = objectives[0]
    return replace(wishes, metric=name, goal=wishes.goal or goal, others=others)


def _with_ranges(specs: Mapping[str, Any], parts: Sequence[Part]) -> dict[str, Any]:
    """The specs with the distributions that all sweeps have alike in place of guessed ones."""
    searched = [dict(_flat_specs(part.config.source["parameters"])) for part in parts]
    result = dict(specs)
    for name, guess in specs.items():
        having = [spec[name] for spec in searched if name in spec]
        if having and "value" not in having[0] and all(spec == having[0] for spec in having):
            result[name] = {**having[0], **({"when": guess["when"]} if "when" in guess else {})}
    return result


def _flat_specs(specs: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Flat name to what the parameter can be, of a config's nested parameters."""
    for name, spec in specs.items():
        if not isinstance(spec, Mapping):
            continue
        if isinstance(spec.get("parameters"), Mapping):
            yield from _flat_specs(spec["parameters"], f"{above}{name}.")
        else:
            yield f"{above}{name}", {k: v for k, v in spec.items() if k not in _NOT_A_RANGE}
