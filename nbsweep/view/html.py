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

from nbsweep.records import Goal
from nbsweep.view.state import Row, State
from nbsweep.view.wording import (
    COLUMNS,
    FAILURES,
    GOOD,
    Share,
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
from nbsweep.wording import clip, duration, plural, sparkline, without_surrogates

if TYPE_CHECKING:
    from nbsweep.view.svg import Picture

ROWS_LIVE = 20  # the cell stays small, and so do the messages that update it
ROWS_FINAL = 200
NOTE_LIMIT = 48  # characters of an error in the table; the whole line is in its title


class _Colour(NamedTuple):
    """A colour of our own, and the variable of JupyterLab's theme that goes before it."""

    plain: str
    variable: str = ""

    def css(self, name: str = "color") -> str:
        # Twice, since JupyterLab drops declarations with var() from untrusted notebooks.
        themed = f";{name}:var({self.variable},{self.plain})" if self.variable else ""
        return f"{name}:{self.plain}{themed}"


_GREEN = _Colour("#2e9d62", "--jp-success-color1")
_BLUE = _Colour("#2f7fd6", "--jp-brand-color1")
_RED = _Colour("#d9480f", "--jp-error-color1")
_ORANGE = _Colour("#c77700", "--jp-warn-color1")
_GREY = _Colour("rgba(128,128,128,.9)")
_LINE = "rgba(128,128,128,.22)"
_COLOURS = {
    "finished": _GREEN,
    "stopped": _ORANGE,
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


def to_html(state: State, pictures: Sequence[Picture] = ()) -> str:
    """One self-contained `<div>`.

    While an agent is at work (`live`) it lists at most 20 runs: those under way, the
    best and the newest. After that all of them, or the 200 best, with details.

    Args:
        state: what `nbsweep.view.state` made of a snapshot.
        pictures: plots to put below the table.
    """
    parts = [
        _header(state),
        _bar(state),
        f"<div>{' · '.join(_e(text) for text in progress_words(state))}</div>",
        _best(state),
        *(f'<div style="{_ORANGE.css()}">⚠ {_e(note)}</div>' for note in state["notes"]),
        f"<div>{_e(state['outlook'])}</div>" if state["outlook"] else "",
        _table(state),
        *(_picture(picture) for picture in pictures),
        _failures(state),
        "" if state["live"] else _details(state),
    ]
    return _block(parts)


def picture_html(picture: Picture) -> str:
    """One plot with the words around it, as a `<div>` of its own."""
    return _block([_picture(picture)])


def _block(parts: Sequence[str]) -> str:
    # MathJax would typeset a name such as "$5 or $6".
    return without_surrogates(
        '<div class="nbsweep mathjax_ignore tex2jax_ignore" style="font-family:var('
        "--jp-ui-font-family,system-ui,-apple-system,'Segoe UI',sans-serif);font-size:13px;"
        'line-height:1.6;font-variant-numeric:tabular-nums;max-width:980px">'
        + "\n".join(part for part in parts if part)
        + "</div>"
    )


def _e(text: object) -> str:
    return html.escape(str(text), quote=True)


def _muted(text: str) -> str:
    return f'<span style="{_MUTED}">{_e(text)}</span>' if text else ""


def _header(state: State) -> str:
    sweep = state["sweep"]
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


def _bar(state: State) -> str:
    """Coloured segments; their text shows only where the style that hides it is gone."""
    if state["progress"]["total"] is None:
        return ""
    parts = shares(state)
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
    return _COLOURS.get(share.state, _GREY).css("background") if share.state else ""


def _best(state: State) -> str:
    found = best_row(state)
    metric = state["metric"]
    if found is None or metric is None:
        return ""
    best, row = found
    pairs, more = shown_values(state, row)
    values = [f"{_muted(name)} {_e(text)}" for name, text in pairs]
    values += [_muted(f"and {more} more")] if more else []
    return (
        f'<div style="margin-bottom:6px">★ Best {_e(clip(metric["name"], 60))} '
        f"<b>{_e(best['text'])}</b> in run {best['number']}"
        + (": " + " · ".join(values) if values else "")
        + "</div>"
    )


def _table(state: State) -> str:
    rows = pick(state, ROWS_LIVE if state["live"] else ROWS_FINAL)
    if not rows:
        return ""
    columns, metric = state["columns"][:COLUMNS], state["metric"]
    heads = [_head("run", right=True), _head("state")]
    heads += [_head(clip(c["name"], 24), c["name"], right=c["numeric"]) for c in columns]
    if metric:
        arrow = "↓" if Goal(metric["goal"]).is_minimized else "↑"
        title = f"{metric['name']}: {metric['goal']}"
        heads += [_head(f"{clip(metric['name'], 24)} {arrow}", title, right=True), _head("curve")]
    heads.append(_head("time", right=True))
    noted = not metric and any(row["note"] for row in rows)
    heads += [_head("note")] if noted else []
    found = best_row(state)
    body = [
        _row(state, row, is_best=found is not None and found[1] is row, noted=noted) for row in rows
    ]
    hidden = hidden_words(state, len(rows))
    scroll = ";max-height:480px;overflow-y:auto" if len(rows) > ROWS_LIVE else ""
    return "\n".join(
        [
            f'<div style="overflow-x:auto{scroll}"><table cellpadding="4" style="{_TABLE}">',
            f"<thead><tr>{''.join(heads)}</tr></thead>",
            f"<tbody>{chr(10).join(body)}</tbody></table></div>",
            *([f'<div style="{_MUTED};font-size:12px">{_e(hidden)}</div>'] if hidden else []),
        ]
    )


def _head(text: str, title: str = "", *, right: bool = False) -> str:
    title = f' title="{_e(title)}"' if title and title != text else ""
    return f'<th{title} style="text-align:{"right" if right else "left"}">{_e(text)}</th>'


def _cell(text: str, attributes: str, title: object = None) -> str:
    whole = "" if title is None else str(title)
    shown = f' title="{_e(clip(whole, 1000))}"' if whole and whole != text else ""
    return f"<td{attributes}{shown}>{_e(text)}</td>"


def _row(state: State, row: Row, *, is_best: bool, noted: bool) -> str:
    columns = state["columns"][:COLUMNS]
    colour = _COLOURS.get(row["state"], _GREY)
    dot = "○" if row["state"] == "pending" else "●"
    reason = f' title="{_e(row["note"])}"' if row["note"] else ""
    cells = [
        _cell(run_number(row, is_best=is_best), _RIGHT, row["name"]),
        f'<td{_LEFT}{reason}><span style="{colour.css()}">{dot}</span>&nbsp;{_e(row["state"])}'
        "</td>",
    ]
    for column, text, value in zip(columns, row["texts"], row["values"], strict=False):
        shortened = isinstance(value, float) or "…" in text
        cells.append(
            _cell(text, _RIGHT if column["numeric"] else _LEFT, value if shortened else None)
        )
    failed = row["note"] and row["state"] in ("failed", "crashed")
    if state["metric"] and failed:
        style = f' colspan="2" style="text-align:left;{_RED.css()}"'
        cells.append(_cell(clip(row["note"], NOTE_LIMIT), style, row["note"]))
    elif state["metric"]:
        cells += [_cell(row["metric_text"], _RIGHT), _cell(sparkline(row["curve"]), _CURVE)]
    cells.append(_cell(duration(row["duration_s"]).replace(" ", "\N{NO-BREAK SPACE}"), _RIGHT))
    if noted:
        cells.append(_cell(clip(row["note"], NOTE_LIMIT), _LEFT, row["note"]))
    style = f"border-top:1px solid {_LINE}"
    if is_best:
        style += ";font-weight:600;background:rgba(46,157,98,.13)"
    return f'<tr style="{style}">{"".join(cells)}</tr>'


def _picture(picture: Picture) -> str:
    heading = (
        f'<div style="margin-top:14px"><b>{_e(picture.title)}</b> {_muted(picture.caption)}</div>'
    )
    if not picture.svg:
        return heading
    data = base64.b64encode(without_surrogates(picture.svg).encode()).decode("ascii")
    return (
        f'{heading}<img width="{picture.width}" alt="{_e(picture.alt)}" '
        f'style="max-width:100%;height:auto" src="data:image/svg+xml;base64,{data}">'
    )


def _failures(state: State) -> str:
    """Distinct errors with one traceback each, open while nothing has worked yet."""
    groups = state["failures"]
    worked = any(row["state"] in GOOD for row in state["rows"])
    opened = " open" if state["live"] and not worked else ""
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


def _details(state: State) -> str:
    """What is wanted seldom: the best run's config to copy, and the fixed parameters."""
    parts = []
    if state["best"]:
        config = json.dumps(state["best"]["config"], indent=2, ensure_ascii=False)
        if len(config) <= 8_000:
            parts.append(
                "<details><summary>Config of the best run</summary>"
                f"<pre>{_e(config)}</pre></details>"
            )
    if state["constants"]:
        pairs = [
            f"{_muted(clip(name, 40))} {_e(text)}" for name, text in state["constants"][:COLUMNS]
        ]
        more = len(state["constants"]) - len(pairs)
        pairs += [_muted(f"and {more} more")] if more else []
        parts.append(f"<div>{_muted('Fixed:')} {' · '.join(pairs)}</div>")
    return "\n".join(parts)
