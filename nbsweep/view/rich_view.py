"""The state of a sweep, and tables, for terminals: colours, and no wider than the window.

Only what prints to a terminal loads this module; files and pipes get `text_view`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbsweep.view.state import Row, State
from nbsweep.view.wording import (
    COLUMNS,
    FAILURES,
    bar_blocks,
    best_row,
    failed_runs,
    hidden_words,
    pick,
    progress_words,
    run_number,
    shares,
    shown_values,
)
from nbsweep.wording import clip, duration, short, sparkline, without_surrogates

ROWS = 30
GAP = 2  # characters between two columns
CELL = 32
STYLES = {
    "finished": "green",
    "stopped": "yellow",
    "killed": "magenta",
    "preempted": "magenta",
    "failed": "red",
    "crashed": "red",
    "running": "cyan",
    "pending": "cyan",
    "": "bright_black",
}


Column = tuple[str, list[str], bool]  # head, cells, whether numbers stand at the right


def print_rich(renderable: RenderableType) -> None:
    """Print to the terminal that standard output is."""
    Console(file=sys.stdout, highlight=False).print(renderable)


def width() -> int:
    """Characters in a line of the terminal."""
    return Console(file=sys.stdout).width


def sweep_view(state: State, width: int) -> Group:
    """Header, bar, best run, and a table of at most 30 runs."""
    sweep = state["sweep"]
    head = Text.assemble(
        ("Sweep ", ""), (sweep["id"], "bold"), f" {clip(sweep['name'], 60)}" * bool(sweep["name"])
    )
    message = f": {clip(sweep['message'], 300)}" if sweep["message"] else ""
    head.append(f" · {sweep['method']} · {sweep['word']}{message}")
    parts: list[RenderableType] = [head, _progress(state), *_best(state)]
    parts += [Text(f"Note: {_clean(note)}", style="yellow") for note in state["notes"]]
    if state["rows"]:
        parts += [Text(), *_runs(state, width)]
    for group in state["failures"][:FAILURES]:
        parts.append(
            Text.assemble((failed_runs(group["runs"]), "red"), f": {_clean(group['text'])}")
        )
    return Group(*parts)


def rows_view(
    rows: Sequence[Mapping[str, Any]], width: int, *, keep: Sequence[str] = (), options: str
) -> Group:
    """A table of rows with as many of its columns as there is room for.

    Args:
        rows: column to value; columns may be missing.
        width: characters in a line.
        keep: columns to leave out last.
        options: of the command, that print all.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column(name, rows) for name in names}
    room, shown = width, set[str]()
    for name in [*(name for name in keep if name in columns), *names]:
        room -= 0 if name in shown else _width(columns[name]) + GAP
        if room < -GAP and shown:
            break
        shown.add(name)
    table = _table()
    listed = [column for name, column in columns.items() if name in shown]
    for name, _, right in listed:
        table.add_column(_clean(name), justify="right" if right else "left")
    for index in range(len(rows)):
        cells = [(name, texts[index]) for name, texts, _ in listed]
        table.add_row(
            *(Text(text, STYLES.get(text, "") if name == "state" else "") for name, text in cells)
        )
    parts: list[RenderableType] = [table]
    if hidden := [name for name in names if name not in shown]:
        words = f"(no room for {clip(', '.join(hidden), 200)}: see {options})"
        parts.append(Text(words, "dim"))
    return Group(*parts)


def _progress(state: State) -> Text:
    text = Text()
    if state["progress"]["total"] is not None:
        parts = shares(state)
        for share, blocks in zip(parts, bar_blocks(parts), strict=True):
            text.append(blocks, STYLES.get(share.state, "cyan"))
        text.append("  ")
    return text.append(" · ".join(progress_words(state)))


def _best(state: State) -> list[RenderableType]:
    found = best_row(state)
    if found is None or state["metric"] is None:
        return []
    best, row = found
    pairs, more = shown_values(state, row)
    text = Text("Best ").append(_clean(clip(state["metric"]["name"], 60)))
    text.append(f" {best['text']}", "bold green").append(f" in run {best['number']}:")
    for name, value in pairs:
        text.append(f"  {_clean(name)} ", "dim").append(_clean(value))
    return [text.append(f"  … {more} more" if more else "")]


def _runs(state: State, width: int) -> list[RenderableType]:
    rows = pick(state, ROWS)
    best_id = state["best"]["id"] if state["best"] else None
    fixed, params = _columns(state, rows, best_id)
    head, tail = fixed[:2], fixed[2:]
    room = width - sum(_width(column) + GAP for column in fixed)
    kept = 0
    for column in params:
        room -= _width(column) + GAP
        if room < -GAP:
            break
        kept += 1
    table = _table()
    columns = [*head, *params[:kept], *tail]
    for name, _, right in columns:
        table.add_column(_clean(name), justify="right" if right else "left")
    for index, row in enumerate(rows):
        texts = [Text(_clean(cells[index])) for _, cells, _ in columns]
        texts[1].stylize(STYLES.get(row["state"], ""))
        table.add_row(*texts, style="bold" if row["id"] == best_id else None)
    words = [hidden_words(state, len(rows))] if hidden_words(state, len(rows)) else []
    if kept < len(params):
        words.append(f"room for {kept} of {len(state['columns'])} swept parameters")
    return [table, *([Text(f"({'; '.join(words)})", "dim")] if words else [])]


def _columns(
    state: State, rows: Sequence[Row], best_id: str | None
) -> tuple[list[Column], list[Column]]:
    """The columns that always stay (the first two before the parameters), and the parameters'."""
    metric = state["metric"]
    numbers = [run_number(row, is_best=row["id"] == best_id) for row in rows]
    fixed = [("run", numbers, True), ("state", [row["state"] for row in rows], False)]
    if metric:
        fixed.append((clip(metric["name"], 24), [row["metric_text"] for row in rows], True))
        fixed.append(("curve", [sparkline(row["curve"]) for row in rows], False))
    fixed.append(("time", [duration(row["duration_s"]) for row in rows], True))
    params = [
        (clip(column["name"], 24), [row["texts"][i] for row in rows], column["numeric"])
        for i, column in enumerate(state["columns"][:COLUMNS])
    ]
    return fixed, params


def _column(name: str, rows: Sequence[Mapping[str, Any]]) -> Column:
    values = [row.get(name) for row in rows]
    right = all(isinstance(value, (int, float)) for value in values if value is not None)
    return name, [_cell(value) for value in values], right


def _width(column: Column) -> int:
    name, cells, _ = column
    return max(map(len, [name, *cells]))


def _table() -> Table:
    return Table(
        box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold", show_edge=False
    )


def _cell(value: Any) -> str:
    return (
        ""
        if value is None
        else _clean(clip(value if isinstance(value, str) else short(value), CELL))
    )


def _clean(text: str) -> str:
    return without_surrogates(text)
