"""A sweep that goes on in a smaller space: what `Sweep.narrow` proposes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbsweep import sweep_config
from nbsweep.control.creation import create_sweep
from nbsweep.errors import UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.edits import without_initial_points
from nbsweep.sweep_config.narrowing import FEWEST_AROUND, Range, narrowed, ranges_around

WIDTH = 88  # of the code, as formatters wrap it
INDENT = "    "


@dataclass(frozen=True)
class ChildSweep:
    """A narrower sweep that is not there yet: look at it, paste its code, or `create` it.

    Attributes:
        parent_id: the sweep that it goes on from.
        project: what it will be filed under.
        config: its config.
        changes: what is narrower, one sentence a parameter.
        prior_runs: ids of the parent's ended runs inside the new space, which it learns
            from; none for method "random", which learns nothing.
    """

    parent_id: str
    project: str
    config: Mapping[str, Any]
    changes: tuple[str, ...]
    prior_runs: tuple[str, ...]
    _store: Store = field(repr=False)

    @property
    def code(self) -> str:
        """Python that creates the same sweep, to be pasted into a cell."""
        lines = [f"sweep_config = {_literal(self.config)}", ""]
        call = [f"sweep_config, project={_text(self.project)}"]
        if self.prior_runs:
            lines.insert(1, f"parent = nbsweep.Sweep({_text(self.parent_id)})")
            call.append("prior_runs=parent.run_ids_inside(sweep_config)")
        one_line = f"sweep_id = nbsweep.sweep({', '.join(call)})"
        if len(one_line) > WIDTH:
            inner = "".join(f"\n{INDENT}{part}," for part in ", ".join(call).split(", "))
            one_line = f"sweep_id = nbsweep.sweep({inner}\n)"
        return "\n".join([*lines[:-1], one_line])

    def create(self) -> str:
        """Create the sweep and return its id."""
        sweep_id, _ = create_sweep(
            self._store, sweep_config.parse(self.config), self.project, self.prior_runs
        )
        return sweep_id

    @property
    def summary(self) -> str:
        """What is narrower and what is reused, in a few lines."""
        lines = [f"A narrower sweep than {self.parent_id}:", *(f"  {c}" for c in self.changes)]
        return "\n".join([*lines, *self.reused_lines])

    @property
    def reused_lines(self) -> list[str]:
        """What is reused, as the end of `summary`."""
        reused = len(self.prior_runs)
        if reused:
            return [f"  {reused} of its runs {'is' if reused == 1 else 'are'} inside and count"]
        if self.config["method"] == "random":
            return ["  earlier runs do not count: random draws learn nothing"]
        return []

    def __repr__(self) -> str:
        return f"{self.summary}\n\n{self.code}"

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(line.strip())}</li>" for line in self.summary.split("\n")[1:])
        return (
            f"<div><div><b>{escape(self.summary.partition(chr(10))[0])}</b></div>"
            f'<ul style="margin:.4em 0">{items}</ul><pre>{escape(self.code)}</pre></div>'
        )


def propose(
    sweep: StoredSweep,
    ranges: Mapping[str, Range] | None,
    runs: Sequence[SweepRun | str | int] | None,
) -> ChildSweep:
    """See `Sweep.narrow`."""
    before = sweep.config
    around: Mapping[str, Range] = {}
    if runs is not None:
        params = [sweep.find(run).params for run in runs]
        if len(params) < FEWEST_AROUND:
            raise UsageError(
                f"narrow: {len(params)} runs show no range. Give at least {FEWEST_AROUND}."
            )
        around = ranges_around(before, params)
    config, changes = narrowed(without_initial_points(before), {**around, **(ranges or {})})
    if not changes:
        raise UsageError(
            "narrow: nothing would be narrower. Give ranges, such as "
            'narrow({"learning_rate": (0.001, 0.01)}), or runs=panel.selected.'
        )
    source, record = sweep_config.to_dict(config), sweep.record
    if record.name:
        source["name"] = f"{record.name}, narrowed"
    return ChildSweep(
        parent_id=sweep.id,
        project=record.project,
        config=source,
        changes=tuple(f"{name}: {change['text']}" for name, change in changes.items()),
        prior_runs=tuple(run_ids_inside(sweep, config)),
        _store=sweep.store,
    )


def run_ids_inside(sweep: StoredSweep, other: SweepConfig) -> list[str]:
    """See `Sweep.run_ids_inside`."""
    if other.method == "random":
        return []
    snapshot = sweep.snapshot()
    ended = [(run.id, run.params) for run in snapshot.runs if run.state.ended]
    prior = [(entry["run_id"], entry["params"]) for entry in snapshot.sweep.prior_runs]
    ids = [run_id for run_id, params in [*prior, *ended] if other.space.contains(params)]
    return list(dict.fromkeys(ids))


def _literal(value: Any, indent: str = "", before: int = 15) -> str:
    """A plain value as Python source, an item a line where it does not fit into one.

    Args:
        value: of a sweep config.
        indent: of the line that it begins on.
        before: characters before it on that line, a comma after it included.
    """
    if not isinstance(value, (Mapping, list)) or not value:
        return _text(value)
    one_line = _one_line(value)
    if indent and len(indent) + before + len(one_line) <= WIDTH:
        return one_line
    deeper = indent + INDENT
    if isinstance(value, Mapping):
        keys: Sequence[str] = [f"{_text(key)}: " for key in value]
        lines = [
            f"{deeper}{key}{_literal(item, deeper, len(key) + 1)},"
            for key, item in zip(keys, value.values(), strict=True)
        ]
        return "\n".join(["{", *lines, f"{indent}}}"])
    lines = [f"{deeper}{_literal(item, deeper, 1)}," for item in value]
    return "\n".join(["[", *lines, f"{indent}]"])


def _one_line(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(k)}: {_one_line(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_one_line, value))}]"
    return _text(value)


def _text(value: Any) -> str:
    """A plain value as source; text in double quotes, as formatters write it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
