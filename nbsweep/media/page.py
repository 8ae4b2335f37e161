"""Media as HTML, from their references: what a run's page and a cell's output show.

No script and nothing from the network: pictures, sounds and videos carry their data
inside, pages are sandboxed frames, figures are shown as tables of what they plot.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Read = Callable[[str], "bytes | None"]

INLINE_LIMIT = 4_000_000  # bytes of a file; larger ones are named, not shown
TABLE_ROWS = 20
TABLE_COLUMNS = 30
CELL_CHARACTERS = 80
BAR_WIDTH, BAR_HEIGHT = 240, 60
TYPES = {
    "svg": "image/svg+xml",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


def is_reference(value: Any) -> bool:
    """Whether a value of a history row or summary stands for media."""
    return isinstance(value, Mapping) and isinstance(value.get("_type"), str)


def reference_html(reference: Mapping[str, Any], read: Read) -> str:
    """One medium as HTML.

    Args:
        reference: as the history row has it.
        read: gives a file of the run by its path; None when it is not there.
    """
    kind = reference["_type"]
    show = _SHOW.get(kind)
    body = show(reference, read) if show else None
    caption = reference.get("caption")
    if body is None:
        size = reference.get("size")
        facts = [kind, str(reference.get("path", "")), f"{size} bytes" if size else ""]
        body = f"<code>{_e(' · '.join(filter(None, facts)))}</code>"
    return f"{body}<br><small>{_e(caption)}</small>" if caption else body


def reference_text(reference: Mapping[str, Any]) -> str:
    """One medium in a few words: "image 28×28", "table 3×2"."""
    kind = str(reference["_type"]).removesuffix("-file").removesuffix("/separated")
    if reference.get("width") and reference.get("height"):
        kind = f"{kind} {reference['width']}×{reference['height']}"
    if "nrows" in reference:
        kind = f"{kind} {reference['nrows']}×{reference['ncols']}"
    if "count" in reference:
        kind = f"{reference['count']} {kind}"
    return kind


def table_html(columns: Sequence[Any], rows: Sequence[Sequence[Any]], read: Read) -> str:
    """Rows and columns as HTML, the first of them when there are many."""
    shown = [str(name) for name in columns[:TABLE_COLUMNS]]
    head = "".join(f"<th>{_e(name)}</th>" for name in shown)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell, read)}</td>" for cell in row[:TABLE_COLUMNS]) + "</tr>"
        for row in rows[:TABLE_ROWS]
    )
    more = len(rows) - TABLE_ROWS
    note = f"<small>{more} more rows</small>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _cell(value: Any, read: Read) -> str:
    if is_reference(value):
        return reference_html(value, read)
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return _e(text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…")


def _data_url(reference: Mapping[str, Any], read: Read, family: str) -> str | None:
    path = str(reference.get("path", ""))
    content = read(path) if reference.get("size", 0) <= INLINE_LIMIT else None
    if content is None:
        return None
    suffix = path.rpartition(".")[2].lower()
    kind = TYPES.get(suffix, f"{family}/{suffix}")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _image(reference: Mapping[str, Any], read: Read) -> str | None:
    url = _data_url(reference, read, "image")
    small = (reference.get("width") or 999) < 64  # single digits, say: with sharp pixels
    style = "width:96px;image-rendering:pixelated" if small else "max-width:320px"
    alt = _e(reference.get("caption") or reference_text(reference))
    return f'<img src="{url}" alt="{alt}" style="{style}">' if url else None


def _images(reference: Mapping[str, Any], read: Read) -> str:
    parts = [reference_html(image, read) for image in reference.get("images", ())]
    style = "display:inline-block;margin:2px;text-align:center"
    return "".join(f'<span style="{style}">{part}</span>' for part in parts)


def _audio(reference: Mapping[str, Any], read: Read) -> str | None:
    url = _data_url(reference, read, "audio")
    return f'<audio controls src="{url}"></audio>' if url else None


def _video(reference: Mapping[str, Any], read: Read) -> str | None:
    if str(reference.get("path")).endswith(".gif"):
        return _image({**reference, "width": 999}, read)
    url = _data_url(reference, read, "video")
    style = "max-width:320px"
    return f'<video controls src="{url}" style="{style}"></video>' if url else None


def _page(reference: Mapping[str, Any], read: Read) -> str | None:
    content = read(str(reference.get("path")))
    if content is None or len(content) > INLINE_LIMIT:
        return None
    page = html.escape(content.decode("utf-8", "replace"), quote=True)
    style = "width:100%;height:240px;border:1px solid rgba(128,128,128,.4)"
    return f'<iframe sandbox srcdoc="{page}" style="{style}"></iframe>'


def _table(reference: Mapping[str, Any], read: Read) -> str | None:
    content = read(str(reference.get("path")))
    if content is None:
        return None
    table = json.loads(content)
    return table_html(table["columns"], table["data"], read)


def _chart(reference: Mapping[str, Any], read: Read) -> str | None:
    title = reference.get("title") or reference.get("spec")
    rows = _table(reference["table"], read)
    return f"<details><summary>{_e(title)}</summary>{rows}</details>" if rows else None


def _histogram(reference: Mapping[str, Any], read: Read) -> str:
    del read
    counts, edges = reference["values"], reference["bins"]
    highest, width = max([*counts, 1e-12]), BAR_WIDTH / max(1, len(counts))
    bars = "".join(
        f'<rect x="{number * width:.2f}" y="{BAR_HEIGHT * (1 - count / highest):.2f}" '
        f'width="{width:.2f}" height="{BAR_HEIGHT * count / highest:.2f}" fill="#5b8def"/>'
        for number, count in enumerate(counts)
    )
    size = f'width="{BAR_WIDTH}" height="{BAR_HEIGHT}"'
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{bars}</svg>'
    url = base64.b64encode(picture.encode()).decode()
    words = f"{sum(counts):g} values from {edges[0]:.4g} to {edges[-1]:.4g}"
    return f'<img src="data:image/svg+xml;base64,{url}" alt="{words}"><br><small>{words}</small>'


def _e(text: object) -> str:
    return html.escape(str(text), quote=True)


_SHOW: dict[str, Callable[[Mapping[str, Any], Read], str | None]] = {
    "image-file": _image,
    "images/separated": _images,
    "audio-file": _audio,
    "video-file": _video,
    "html-file": _page,
    "table-file": _table,
    "joined-table": _table,
    "custom-chart": _chart,
    "histogram": _histogram,
}
