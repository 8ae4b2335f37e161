"""One run as HTML: what it is, what it logged last, its media, its config."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from nbsweep.media.page import Read, is_reference, reference_html, reference_text
from nbsweep.records import RunRecord, flat

TEXT_LIMIT = 200  # characters of a value


def run_page(run: RunRecord, read: Read) -> str:
    """A run as HTML that is safe to show anywhere: no script, nothing from the network.

    Args:
        run: the run, under way or ended.
        read: gives a file of its folder by path; None when it is not there.
    """
    state = run.state.value
    facts = [f"run {run.number}" if run.number else "", run.project, f"id {run.id}", state]
    head = f"<p><b>{_e(run.name)}</b> · {_e(' · '.join(filter(None, facts)))}</p>"
    values = dict(flat(run.summary))
    media = {key: value for key, value in values.items() if is_reference(value)}
    plain = {key: value for key, value in values.items() if key not in media}
    parts = [head]
    if run.notes:
        parts.append(f"<p>{_e(run.notes)}</p>")
    if plain:
        parts.append(_pairs("Summary", plain, opened=True))
    for key, reference in media.items():
        parts.append(f"<p><b>{_e(key)}</b></p><div>{reference_html(reference, read)}</div>")
    if run.config:
        parts.append(_pairs("Config", dict(flat(run.config)), opened=False))
    if run.error:
        parts.append(f"<details><summary>Error</summary><pre>{_e(run.error)}</pre></details>")
    return f"<div>{''.join(parts)}</div>"


def _pairs(title: str, values: Mapping[str, Any], *, opened: bool) -> str:
    rows = "".join(f"<tr><td>{_e(k)}</td><td>{_e(_text(v))}</td></tr>" for k, v in values.items())
    state = " open" if opened else ""
    return f"<details{state}><summary>{title}</summary><table>{rows}</table></details>"


def _text(value: Any) -> str:
    if is_reference(value):
        return reference_text(value)
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


def _e(text: object) -> str:
    return html.escape(str(text), quote=True)
