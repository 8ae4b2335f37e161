"""The state of a sweep as static HTML.

It has to read everywhere a notebook is shown, so it is built in layers that may
go missing one after the other:

- meaning is in plain text, lists, tables and `<details>`: with every style attribute
  gone (GitHub, sanitizers) it still reads from top to bottom;
- inline style attributes add layout and colour. Colours are JupyterLab's variables, with
  our own where there are none, or transparent greys over those of the page, so that
  light and dark both work;
- plots are images with their data inside (see `svg`), since renderers that strip inline
  SVG leave its text behind;
- no scripts, no `<style>`, no ids, nothing from the network.

Everything that comes from users (names, values, errors) passes through `_e`.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from nbsweep.analysis.ticks import clipped
from nbsweep.view.content import (
    FAILURES,
    NAME,
    NOTE_LIMIT,
    PARAMETERS,
    WHOLE_LIMIT,
    Column,
    Share,
    bar_blocks,
    best_row,
    columns,
    failed_runs,
    hidden_words,
    is_failed,
    leading_ids,
    marks_text,
    pick,
    progress_words,
    shares,
    shown_values,
    values_text,
)
from nbsweep.view.model import Picture, Row
from nbsweep.wording import clip, plural, without_surrogates

if TYPE_CHECKING:
    from nbsweep.view.drawing import Plot

ROWS_LIVE = 20  # the cell stays small, and so do the messages that update it
ROWS_FINAL, CELLS_FINAL = 200, 1_200  # rows, of many params fewer
LISTED = 30  # continued runs, or repeated ones, that are told of


class _Colour(NamedTuple):
    """A colour of our own, and the variable of JupyterLab's theme that goes before it."""

    plain: str
    variable: str = ""

    def css(self, name: str = "color") -> str:
        # Twice, since JupyterLab drops declarations with var() from untrusted notebooks.
        themed = f";{name}:var({self.variable},{self.plain})" if self.variable else ""
        return f"{name}:{self.plain}{themed}"


_GREEN = _Colour("#2e9d62", "--jp-success-color1")
_PALE_GREEN = _Colour("#5d9a7a")
_HATCH = (
    "background-image:"
    "repeating-linear-gradient(135deg,rgba(255,255,255,.55) 0 2px,transparent 2px 4px)"
)
_BLUE = _Colour("#2f7fd6", "--jp-brand-color1")
_RED = _Colour("#d9480f", "--jp-error-color1")
_ORANGE = _Colour("#c77700", "--jp-warn-color1")
_GREY = _Colour("rgba(128,128,128,.9)")
_LINE = "rgba(128,128,128,.22)"
_COLOURS = {
    "finished": _GREEN,
    "stopped": _PALE_GREEN,  # a gain, not a warning
    "running": _BLUE,
    "preempting": _BLUE,
    "failed": _RED,
    "crashed": _RED,
}
_MUTED = "opacity:.68"
_LEFT = ' style="text-align:left"'
_CURVE = ' style="text-align:left;opacity:.6"'
_RIGHT = ' align="right"'
_TABLE = "table-layout:auto;margin:0;font-size:12px;border-collapse:collapse;white-space:nowrap"


def to_html(picture: Picture, plots: Sequence[Plot] = ()) -> str:
    """One self-contained `<div>`.

    While an agent is at work (`live`) it lists at most 20 runs: those under way, the
    best and the newest. After that all of them, or the 200 best, with details.

    Args:
        picture: what `nbsweep.view.picture` made of a snapshot.
        plots: what to put below the table.
    """
    outlook = picture["outlook"]
    parts = [
        _header(picture),
        _bar(picture),
        _words(picture),
        _best(picture),
        *(f'<div style="{_ORANGE.css()}">⚠ {_e(note)}</div>' for note in picture["notes"]),
        f"<div>{_e(outlook['verdict'])}</div>" if outlook else "",
        *(f"<div>{_e(found['text'])}</div>" for found in picture["findings"]),
        _table(picture),
        *(_plot(plot) for plot in plots),
        _failures(picture),
        "" if picture["live"] else _details(picture),
    ]
    return _block(parts)


def plot_html(plot: Plot) -> str:
    """One plot with the words around it, as a `<div>` of its own."""
    return _block([_plot(plot)])


def _block(parts: Sequence[str]) -> str:
    # MathJax would typeset a name such as "$5 or $6".
    return without_surrogates(
        '<div class="nbsweep mathjax_ignore tex2jax_ignore" style="font-family:var('
        "--jp-ui-font-family,system-ui,-apple-system,'Segoe UI',sans-serif);font-size:13px;"
        'line-height:1.6;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;max-width:980px">'
        + "\n".join(part for part in parts if part)
        + "</div>"
    )


def _e(text: object) -> str:
    return html.escape(str(text), quote=True)


def _muted(text: str) -> str:
    return f'<span style="{_MUTED}">{_e(text)}</span>' if text else ""


def _header(picture: Picture) -> str:
    sweep = picture["sweep"]
    title = clip(sweep["name"], 80) or f"Sweep {sweep['id']}"
    facts = [sweep["method"], sweep["id"] if sweep["name"] else "", clip(sweep["project"], 40)]
    colour = {
        "running": _BLUE,
        "finishing": _BLUE,
        "paused": _ORANGE,
        "canceled": _RED,
        "crashed": _RED,
        "failed": _RED,
    }.get(sweep["word"], _GREEN if sweep["word"] in ("finished", "done") else _GREY)
    message = f": {clip(sweep['message'], 300)}" if sweep["message"] else ""
    return (
        f'<div><b style="font-size:14px">{_e(title)}</b> '
        f"{_muted(' · '.join(fact for fact in facts if fact))} &nbsp;"
        f'<span style="{colour.css()}">●</span> {_e(sweep["word"])}{_muted(message)}</div>'
    )


def _bar(picture: Picture) -> str:
    """Coloured segments; their text shows only where the style that hides it is gone."""
    if picture["progress"]["total"] is None:
        return ""
    parts = shares(picture)
    total = sum(share.n for share in parts) or 1
    segments = [
        f'<span style="width:{100 * share.n / total:.4g}%;{_share_colour(share)}">{blocks}</span>'
        for share, blocks in zip(parts, bar_blocks(parts), strict=True)
        if share.n
    ]
    return (
        '<div aria-hidden="true" style="display:flex;height:6px;margin:5px 0;overflow:hidden;'
        f'border-radius:3px;font-size:0;line-height:0;background:{_LINE}">{"".join(segments)}</div>'
    )


def _share_colour(share: Share) -> str:
    if not share.state:
        return ""
    colour = _COLOURS.get(share.state, _GREY).css("background")
    return f"{colour};{_HATCH}" if share.state == "stopped" else colour


def _words(picture: Picture) -> str:
    basis = picture["progress"]["saved"]
    title = f' title="{_e(basis)}"' if basis else ""
    return f"<div{title}>{' · '.join(_e(text) for text in progress_words(picture))}</div>"


def _best(picture: Picture) -> str:
    best_and_row = best_row(picture)
    metric = picture["metric"]
    if picture["standing"]:
        text, is_front = _e(picture["standing"]), bool(picture["front"])
        style = "margin-bottom:6px" if is_front else f"margin-bottom:6px;{_ORANGE.css()}"
        return f'<div style="{style}">{"★ " if is_front else "⚠ "}{text}</div>'
    if best_and_row is None or metric is None:
        return ""
    best, row = best_and_row
    pairs, more = shown_values(picture, row)
    values = [f"{_muted(name)} {_e(text)}" for name, text in pairs]
    values += [_muted(f"and {more} more")] if more else []
    return (
        f'<div style="margin-bottom:6px">★ Best {_e(clip(metric["name"], 60))} '
        f"<b>{_e(best['text'])}</b> in run {best['number']}"
        + (": " + " · ".join(values) if values else "")
        + "</div>"
    )


def _table(picture: Picture) -> str:
    most = max(ROWS_LIVE, CELLS_FINAL // max(1, len(picture["columns"])))
    rows = pick(picture, ROWS_LIVE if picture["live"] else min(ROWS_FINAL, most))
    if not rows:
        return ""
    drawn = columns(picture, rows)
    heads = [_head(column) for column in drawn]
    leads = leading_ids(picture)
    body = [_row(row, drawn, is_best=row["id"] in leads) for row in rows]
    hidden = hidden_words(picture, len(rows))
    scroll = ";max-height:480px;overflow-y:auto" if len(rows) > ROWS_LIVE else ""
    return "\n".join(
        [
            f'<div style="overflow-x:auto{scroll}"><table cellpadding="4" style="{_TABLE}">',
            f"<thead><tr>{''.join(heads)}</tr></thead>",
            f"<tbody>{chr(10).join(body)}</tbody></table></div>",
            *([f'<div style="{_MUTED};font-size:12px">{_e(hidden)}</div>'] if hidden else []),
        ]
    )


def _head(column: Column) -> str:
    whole = column.title if column.title != column.heading else ""
    title = f' title="{_e(whole)}"' if whole else ""
    side = "right" if column.is_right else "left"
    return f'<th{title} style="text-align:{side}">{_e(column.heading)}</th>'


def _cell(text: str, attributes: str, whole: str = "") -> str:
    title = f' title="{_e(clip(whole, WHOLE_LIMIT))}"' if whole and whole != text else ""
    return f"<td{attributes}{title}>{_e(text)}</td>"


def _row(row: Row, drawn: Sequence[Column], *, is_best: bool) -> str:
    cells = []
    results = [column for column in drawn if column.is_result]
    for column in drawn:
        if not (column.is_result and is_failed(row)):
            cells.append(_drawn_cell(column, row))
        elif column is results[0]:  # the error takes the place of all metrics and the curve
            style = f' colspan="{len(results)}" style="text-align:left;{_RED.css()}"'
            cells.append(_cell(clip(row["note"], NOTE_LIMIT), style, row["note"]))
    style = f"border-top:1px solid {_LINE}"
    if is_best:
        style += ";font-weight:600;background:rgba(46,157,98,.13)"
    return f'<tr style="{style}">{"".join(cells)}</tr>'


def _drawn_cell(column: Column, row: Row) -> str:
    text = column.text(row)
    if column.kind == "state":
        title = f' title="{_e(column.whole(row))}"' if column.whole(row) else ""
        dot = "○" if text == "pending" else "●"
        colour = _COLOURS.get(row["state"], _GREY)
        return f'<td{_LEFT}{title}><span style="{colour.css()}">{dot}</span>&nbsp;{_e(text)}</td>'
    if column.kind == "curve":
        return _cell(text, _CURVE, column.whole(row))
    if column.kind == "time":
        text = text.replace(" ", "\N{NO-BREAK SPACE}")
    return _cell(text, _RIGHT if column.is_right else _LEFT, column.whole(row))


def _plot(plot: Plot) -> str:
    heading = f'<div style="margin-top:14px"><b>{_e(plot.title)}</b> {_muted(plot.caption)}</div>'
    if not plot.svg:
        return heading
    data = base64.b64encode(without_surrogates(plot.svg).encode()).decode("ascii")
    return (
        f'{heading}<img width="{plot.width}" alt="{_e(plot.alt)}" '
        f'style="max-width:100%;height:auto" src="data:image/svg+xml;base64,{data}">'
    )


def _failures(picture: Picture) -> str:
    """Distinct errors with one traceback each, open while nothing has worked yet."""
    groups = picture["failures"]
    worked = any(row["counts"] for row in picture["rows"])
    opened = " open" if picture["live"] and not worked else ""
    parts = [
        f"<details{opened if i == 0 else ''}><summary>"
        f'<span style="{_RED.css()}">✕</span> {_e(failed_runs(group["runs"]))}: '
        f"{_e(clip(group['text'], 120))}</summary>"
        f'<pre style="max-height:260px;overflow:auto">{_e(group["traceback"])}</pre></details>'
        for i, group in enumerate(groups[:FAILURES])
    ]
    if len(groups) > FAILURES:
        parts.append(f"<div>and {plural(len(groups) - FAILURES, 'other error')}</div>")
    return "\n".join(parts)


def _details(picture: Picture) -> str:
    """What is wanted seldom: the best run's config to copy, and the fixed parameters."""
    parts = []
    if picture["best"]:
        config = json.dumps(picture["best"]["config"], indent=2, ensure_ascii=False)
        if len(config) <= 8_000:
            parts.append(
                "<details><summary>Config of the best run</summary>"
                f"<pre>{_e(config)}</pre></details>"
            )
    parts += _went_on(picture["rows"])
    parts += _repeated(picture)
    if picture["constants"]:
        labels = clipped([name for name, _ in picture["constants"]], NAME)
        pairs = [
            f"{_muted(labels[name])} {_e(text)}" for name, text in picture["constants"][:PARAMETERS]
        ]
        more = len(picture["constants"]) - len(pairs)
        pairs += [_muted(f"and {more} more")] if more else []
        parts.append(f"<div>{_muted('Fixed:')} {' · '.join(pairs)}</div>")
    return "\n".join(parts)


def _went_on(rows: Sequence[Row]) -> list[str]:
    """The continued runs, each with when it went on; for who sees no titles."""
    told = [f"run {row['number']}: {marks_text(row)}" for row in rows if row["continued"]]
    return _folded(f"{plural(len(told), 'run')} went on after an end", told, "run")


def _repeated(picture: Picture) -> list[str]:
    """The configurations that were run several times, each with its values."""
    told = [f"{each['metric_text']}: {values_text(picture, each)}" for each in picture["repeated"]]
    head = f"{plural(len(told), 'configuration')} run several times"
    return _folded(head, told, "configuration")


def _folded(head: str, told: Sequence[str], noun: str) -> list[str]:
    """A list that is opened by a click; nothing where it is empty."""
    if not told:
        return []
    hidden = len(told) - LISTED
    more = f"<div>and {plural(hidden, f'more {noun}')}</div>" if hidden > 0 else ""
    lines = "".join(f"<div>{_e(clip(line, WHOLE_LIMIT))}</div>" for line in told[:LISTED])
    return [f"<details><summary>{head}</summary>{lines}{more}</details>"]
