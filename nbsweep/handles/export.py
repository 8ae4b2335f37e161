"""A sweep as text, CSV, JSON and an HTML page, for terminals and other programs."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.analysis.continuations import read
from nbsweep.control.lost_runs import mark_crashed
from nbsweep.errors import UsageError
from nbsweep.handles.sweep import Sweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.records import flat
from nbsweep.view.findings import with_findings
from nbsweep.view.model import Picture
from nbsweep.view.picture import CURVE_POINTS, expected_total, picture
from nbsweep.wording import cell, duration


def print_sweep(sweep: Sweep) -> None:
    """Print progress, best run and table: in colours to a terminal, else as plain text."""
    from nbsweep.view import terminal

    terminal.print_picture(_picture(sweep))


def print_rows(
    rows: Sequence[Mapping[str, Any]], *, keep: Sequence[str] = (), options: str
) -> None:
    """Print a table of rows: to a terminal what fits, else as plain text.

    Args:
        rows: column to value.
        keep: columns to leave out last.
        options: of the command, that print all.
    """
    from nbsweep.view import terminal

    terminal.print_rows(rows, keep=keep, options=options)


def page(sweep: Sweep) -> str:
    """A whole HTML page of the sweep that needs no network."""
    from nbsweep.panel.saved import report

    return report(sweep.snapshot(curves=True), sweep.stored.config, now=time.time())


def run_of(sweep: Sweep, number: int) -> SweepRun:
    """The last attempt at a run's number; raises UsageError when there is none."""
    runs = {run.number: run for run in sweep.runs}
    if number not in runs:
        there = f"It has runs 1 to {max(runs)}." if runs else "It has no runs yet."
        raise UsageError(f"Sweep {sweep.id} has no run {number}. {there}")
    return runs[number]


def run_text(run: SweepRun) -> str:
    """Everything about one run: state, config, metrics, error and what it printed."""
    took = f" after {duration(run.duration_s)}" if run.duration_s is not None else ""
    lines = [f"Run {run.number} {run.name} ({run.id}): {run.state}{took}"]
    for title, values in (("Config", run.config), ("Metrics", dict(flat(run.summary)))):
        lines += ["", title, *(f"  {name}: {cell(value)}" for name, value in values.items())]
    if run.continued:
        lines += ["", "Continued", *(f"  {time.words}" for time in read(run.continued))]
    if run.checkpoint:
        lines += ["", "Checkpoint", f"  {run.checkpoint}"]
    if run.error:
        lines += ["", "Error", run.error.rstrip()]
    if console := run.console():
        lines += ["", "Output", console.rstrip()]
    return "\n".join(lines)


def run_record(run: SweepRun) -> dict[str, Any]:
    """One run as JSON values, config and summary nested as they are."""
    names = ("id", "name", "number", "attempt", "state", "params", "config", "summary", "metric")
    more = ("duration_s", "error", "origin", "tags", "notes", "group", "code_hash")
    several = ("metrics",) if len(run.metrics) > 1 else ()
    return {name: getattr(run, name) for name in (*names, *several, *more)}


def to_json(rows: Any) -> str:
    """Strict JSON; NaN and infinities become text, as in W&B's API."""
    return json.dumps(_strict(rows), indent=2, default=str)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Comma-separated with a header; the columns of all rows, in the order of their first use."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _flat(value) for name, value in row.items()})
    return text.getvalue()


def to_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Aligned columns; numbers to the right. Empty without rows."""
    from nbsweep.view import terminal

    return terminal.rows_text(rows)


def _picture(sweep: Sweep) -> Picture:
    now = time.time()
    mark_crashed(sweep.store, sweep.snapshot().runs)  # those of this host, as an agent would
    snapshot = sweep.store.snapshot(sweep.id, curves=True, points=CURVE_POINTS)
    config = sweep.stored.config_of(snapshot.sweep)
    total = expected_total(snapshot, config)
    drawn = picture(snapshot, config, total=total, now=now)
    return with_findings(drawn, snapshot, config)


def _flat(value: Any) -> Any:
    return json.dumps(_strict(value)) if isinstance(value, (dict, list)) else value


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
