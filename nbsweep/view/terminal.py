"""Pictures and tables as text, by rich: in colours to a terminal, plain everywhere else.

A terminal gets no line wider than its window; files, pipes and text/plain get every
column and whole lines. Loads rich, so import this module where something is drawn.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbsweep.view.console import is_terminal, say
from nbsweep.view.content import (
    Span,
    columns,
    hidden_words,
    leading_ids,
    lines_above,
    lines_below,
    pick,
)
from nbsweep.view.model import Picture
from nbsweep.wording import cell, clip, digits_of, without_surrogates

ROWS = 30
GAP = 2  # characters between two columns
UNLIMITED = 1_000_000  # characters in a line of plain text
STYLES = {
    "finished": "green",
    "stopped": "green",  # a gain, not a warning; its blocks are hatched
    "paused": "yellow",
    "killed": "magenta",
    "preempted": "magenta",
    "failed": "red",
    "crashed": "red",
    "running": "cyan",
    "pending": "cyan",
    "preempting": "cyan",
    "to come": "bright_black",
    "name": "bold",
    "best": "bold green",
    "quiet": "dim",
    "warning": "yellow",
}


class _Cells(NamedTuple):
    """A column: heading, the text of each row, how both are drawn."""

    heading: str
    texts: Sequence[str]
    is_right: bool
    kind: str = ""

    @property
    def width(self) -> int:
        return max(map(cell_len, [self.heading, *self.texts]))


def print_picture(picture: Picture) -> None:
    """Print header, bar, best run, a table of at most 30 runs, and errors."""
    if is_terminal():
        console = _terminal()
        console.print(sweep_view(picture, console.width))
    else:
        say(to_text(picture))


def print_rows(
    rows: Sequence[Mapping[str, Any]], *, keep: Sequence[str] = (), options: str
) -> None:
    """Print a table of rows: to a terminal as many columns as there is room for.

    Args:
        rows: column to value; columns may be missing.
        keep: columns to leave out last.
        options: of the command, that print all.
    """
    if is_terminal():
        console = _terminal()
        console.print(rows_view(rows, console.width, keep=keep, options=options))
    else:
        say(rows_text(rows))


def to_text(picture: Picture) -> str:
    """The same as plain text, with all columns."""
    return _plain(sweep_view(picture))


def rows_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table of rows as plain text, with all columns; empty without rows."""
    return _plain(rows_view(rows)) if rows else ""


def sweep_view(picture: Picture, width: int | None = None) -> Group:
    """Header, bar, best run, a table of at most 30 runs, and errors.

    Args:
        picture: of the sweep.
        width: characters in a line; None for no limit.
    """
    above = [_text(line) for line in lines_above(picture)]
    table = [Text(), *_runs(picture, width)] if picture["rows"] else []
    return Group(*above, *table, *(_text(line) for line in lines_below(picture)))


def rows_view(
    rows: Sequence[Mapping[str, Any]],
    width: int | None = None,
    *,
    keep: Sequence[str] = (),
    options: str = "",
) -> Group:
    """A table of rows with as many of its columns as there is room for."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [_cells_of(name, rows) for name in names]
    wanted = dict.fromkeys([*(name for name in keep if name in names), *names])
    shown = _fitting(cells, [names.index(name) for name in wanted], 1, width)
    parts: list[RenderableType] = [_table([cells[i] for i in shown])]
    if hidden := [name for i, name in enumerate(names) if i not in shown]:
        parts.append(_clean(f"(no room for {clip(', '.join(hidden), 200)}: see {options})", "dim"))
    return Group(*parts)


def _terminal() -> Console:
    return Console(file=sys.stdout, highlight=False, force_jupyter=False)


def _plain(view: Group) -> str:
    """Every line whole, however long it is, without blanks at its end."""
    console = Console(
        file=io.StringIO(),
        width=UNLIMITED,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        console.print(view, soft_wrap=True)
    return "\n".join(line.rstrip() for line in capture.get().rstrip("\n").split("\n"))


def _text(line: Sequence[Span]) -> Text:
    return Text.assemble(*(_clean(text, STYLES.get(kind, "")) for text, kind in line))


def _runs(picture: Picture, width: int | None) -> list[RenderableType]:
    rows = pick(picture, ROWS)
    cells = [
        _Cells(
            (c.heading),
            [(c.text(row)) for row in rows],
            c.is_right,
            c.kind,
        )
        for c in columns(picture, rows)
    ]
    params = [i for i, column in enumerate(cells) if column.kind == "parameter"]
    fixed = [i for i in range(len(cells)) if i not in params]
    shown = _fitting(cells, [*fixed, *params], len(fixed), width)
    leads = leading_ids(picture)
    words = [hidden_words(picture, len(rows))]
    if (kept := len(shown) - len(fixed)) < len(params):
        words.append(f"room for {kept} of {len(picture['columns'])} swept parameters")
    text = "; ".join(filter(None, words))
    table = _table([cells[i] for i in shown], ["bold" * (row["id"] in leads) for row in rows])
    return [table, *([_clean(f"({text})", "dim")] if text else [])]


def _cells_of(name: str, rows: Sequence[Mapping[str, Any]]) -> _Cells:
    values = [row.get(name) for row in rows]
    is_right = all(isinstance(value, (int, float)) for value in values if value is not None)
    kind = "state" if name == "state" else ""
    digits = digits_of([value if isinstance(value, float) else None for value in values])
    return _Cells(
        (name),
        [(cell(value, digits)) for value in values],
        is_right,
        kind,
    )


def _fitting(
    cells: Sequence[_Cells], order: Sequence[int], always: int, width: int | None
) -> list[int]:
    """Indices of the columns that there is room for, from left to right.

    Args:
        cells: all columns.
        order: their indices, the one to leave out first last.
        always: how many of these are shown in any case.
        width: characters in a line; None for no limit.
    """
    shown: list[int] = []
    room = width
    for i in order:
        if room is not None:
            room -= cells[i].width + GAP
            if room < -GAP and len(shown) >= always:
                break
        shown.append(i)
    return sorted(shown)


def _table(cells: Sequence[_Cells], styles: Sequence[str] = ()) -> Table:
    """The one table layout.

    Args:
        cells: the columns.
        styles: of each row.
    """
    table = Table(
        box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold", show_edge=False
    )
    for column in cells:
        # With the width at hand rich need not measure each cell.
        table.add_column(
            _clean(column.heading),
            justify="right" if column.is_right else "left",
            no_wrap=True,
            width=column.width or 1,
        )
    for i in range(len(cells[0].texts) if cells else 0):
        texts = [
            _clean(text, STYLES.get(text, "") if column.kind == "state" else "")
            for column in cells
            for text in column.texts[i : i + 1]
        ]
        table.add_row(*texts, style=styles[i] if styles else None)
    return table


def _clean(text: str, style: str = "") -> Text:
    return Text(without_surrogates(text), style)
