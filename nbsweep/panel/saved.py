"""The panel in a saved notebook: static HTML that a script replaces where scripts run.

Where they do not (GitHub, untrusted notebooks) the table and the pictures stay, which read
without it. The script holds the panel's whole front end and its data, and needs nothing
from a network or a kernel.
"""

from __future__ import annotations

import base64
import functools
import gzip
import json
import re
import secrets
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbsweep.panel import analyses
from nbsweep.panel.axes import with_axes
from nbsweep.panel.believing import panel_beliefs
from nbsweep.panel.details import Details, details
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.content import pick
from nbsweep.view.delta import sent
from nbsweep.view.findings import findings
from nbsweep.view.html import to_html
from nbsweep.view.model import Picture
from nbsweep.view.picture import expected_total, picture
from nbsweep.view.render import bundle, drawn_plots
from nbsweep.view.spelling import FINER, bounded, rounded, shortened
from nbsweep.wording import MOST_DIGITS, clip, digits_of, sampled, without_surrogates

if TYPE_CHECKING:
    from nbsweep.view.drawing import Plot

# Runs that a saved output holds (the best ones), and those of them with curves: the first
# pair with which it does not exceed LARGEST, the last one in any case.
ROWS_AND_CURVES = (
    (2_000, 500),
    (2_000, 250),
    (2_000, 100),
    (1_500, 100),
    (1_000, 100),
    (600, 100),
    (300, 100),
)
LARGEST = 385_000  # bytes
CURVE_POINTS = 18
MANY, CURVE_POINTS_OF_MANY = 100, 12
# Longer values of a config or a name are said to be longer; all of it stays in the store.
TEXT_KEPT = 8_000  # characters, as of a traceback
NAME_KEPT = 200
PLACE_DIGITS = 5  # finer than a pixel
MANY_PLACES = 300  # runs, from which on places are no finer than that
DETAILS, DETAILS_OF_MANY = 60_000, 30_000  # characters of all runs' together, the best first
JSON_KEPT = 400  # characters of a config, as JSON, of one of them
# Front end and data are half as large compressed, and browsers without the means to read them
# (before 2023) keep the static page. The script that is made stands beside what it replaces.
_UNPACK = (
    "async(n,d)=>{const s=document.currentScript,"
    "b=s&&s.parentElement||document.querySelector(`[data-nbsweep=${n}]`).parentElement,"
    "e=document.createElement('script'),u=Uint8Array.from(d,c=>c.charCodeAt(0));"
    "e.textContent=await new Response(new Blob([u]).stream()"
    ".pipeThrough(new DecompressionStream('gzip'))).text();b.append(e);e.remove()}"
)
_STATIC = Path(__file__).parent / "static"


def frozen_bundle(
    picture: Picture, data: Mapping[str, Any], plots: Sequence[Plot] = ()
) -> dict[str, str]:
    """The mime bundle of a panel that nothing will change any more.

    Args:
        picture: the last one.
        data: what `Panel.still_data` gave for it.
        plots: for where scripts do not run.
    """
    return {**bundle(picture), "text/html": frozen_html(picture, data, plots)}


def frozen_html(picture: Picture, data: Mapping[str, Any], plots: Sequence[Plot] = ()) -> str:
    """The panel as a self-contained piece of HTML."""
    name = f"nbsweep-{secrets.token_hex(6)}"
    shown = data["picture"]
    picture = {**picture, "outlook": shown["outlook"], "findings": shown["findings"]}
    still = _light_html(to_html(picture, plots))
    several = sum(metric["is_objective"] for metric in picture["metrics"]) > 1
    script = _front_end("frozen_front.min.js" if several else "frozen.min.js")
    left = LARGEST - len(still.encode()) - len(_UNPACK)
    for rows, curves in ROWS_AND_CURVES:
        values = _script_json(_fitted(picture, data, rows, curves))
        call = f'{script}\nnbsweepFrozen.show(document.currentScript,"{name}",{values});'
        packed = base64.b64encode(gzip.compress(call.encode(), mtime=0)).decode()
        if len(packed) <= left:
            break
    return (
        f'<div><div data-nbsweep="{name}">{still}</div>'
        f'<script>({_UNPACK})("{name}",atob("{packed}"))</script></div>'
    )


def still_bundle(snapshot: Snapshot, config: SweepConfig, *, now: float) -> dict[str, str]:
    """The mime bundle of a snapshot (with curves) as a frozen panel.

    Args:
        snapshot: the sweep.
        config: its config.
        now: unix time in seconds.
    """
    return frozen_bundle(*_still(snapshot, config, now))


def report(snapshot: Snapshot, config: SweepConfig, *, now: float) -> str:
    """A whole HTML page of a snapshot (with curves) that needs no network; see `still_bundle`."""
    return report_html(*_still(snapshot, config, now))


def _still(
    snapshot: Snapshot, config: SweepConfig, now: float
) -> tuple[Picture, dict[str, Any], Sequence[Plot]]:
    axes = analyses.axes(snapshot, config)
    drawn = with_axes(
        picture(snapshot, config, total=expected_total(snapshot, config), now=now),
        snapshot,
        axes,
        seq=1,
        importance=analyses.ranking_or_why(snapshot, config),
        outlook=analyses.where_possible(analyses.outlook, snapshot, config),
        beliefs=panel_beliefs(axes.listed, config),
        hypervolume=analyses.where_possible(analyses.volume, snapshot, config),
        findings=findings(snapshot, config),
    )
    data = {
        "picture": sent(drawn),
        "details": Details(snapshot.runs, lambda run: details(run, snapshot, config)),
        "brushes": {},
    }
    return drawn, data, drawn_plots(snapshot, config)


def report_html(picture: Picture, data: Mapping[str, Any], plots: Sequence[Plot] = ()) -> str:
    """The panel as a whole page, for a file."""
    import html

    sweep = picture["sweep"]
    title = html.escape(clip(sweep["name"] or f"Sweep {sweep['id']}", 200))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>"
        "<style>:root{color-scheme:light dark}"
        "body{margin:24px auto;max-width:2400px;padding:0 16px;background:#fff;color:#1f2328}"
        "@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#e6e6e6}}</style>"
        f'</head><body><main><h1 style="position:absolute;left:-9999px">{title}</h1>'
        f"{frozen_html(picture, data, plots)}</main></body></html>\n"
    )


@functools.cache
def _front_end(file: str) -> str:
    # Nothing in a script may look like its end.
    return (_STATIC / file).read_text(encoding="utf-8").replace("</", "<\\/").strip()


def _light_html(page: str) -> str:
    """The static twin without what a saved notebook need not carry for each run.

    Where scripts run it is replaced at once, and GitHub strips styles anyway.
    """
    page = re.sub(r'(<td[^>]*) title="[^"]*"', r"\1", page)  # all digits of a number
    page = re.sub(r'<tr style="[^"]*">', "<tr>", page)
    return re.sub(r'(<td[^>]*>)<span style="color:[^"]*">●</span>', r"\1●", page)


def _script_json(value: object) -> str:
    """JSON that is safe inside a script element, whatever its texts hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return without_surrogates(text)


def _fitted(
    picture: Picture, data: Mapping[str, Any], n_rows: int, n_curves: int
) -> dict[str, Any]:
    """The data without what would make a notebook heavy; rows as one list a run."""
    shown = _without_long_values(data["picture"])
    kept = {row["id"] for row in pick(picture, n_rows, each_run=True)}
    curved = {row["id"] for row in pick(picture, n_curves, each_run=True)}
    points = CURVE_POINTS if len(kept) <= MANY else CURVE_POINTS_OF_MANY
    listed = [row for row in shown["rows"] if row["id"] in kept]
    axes = range(len(listed[0]["places"]) if listed else 0)
    places = [_light_places([row["places"][k] for row in listed]) for k in axes]
    curves = [sampled(row["curve"], points) if row["id"] in curved else [] for row in listed]
    digits = _digits_drawn([value for curve in curves for value in curve])
    rows = [
        {
            **row,
            "name": clip(row["name"], NAME_KEPT),
            "places": [column[i] for column in places],
            "curve": _light_curve(curves[i], digits),
            "span": _light_span(row["span"], curves[i], points),
        }
        for i, row in enumerate(listed)
    ]
    columns = {column["name"] for column in picture["columns"]}  # the table has their values
    details: dict[str, Any] = {}
    left = DETAILS if len(kept) <= MANY else DETAILS_OF_MANY
    best = [row["id"] for row in pick(picture, 50, each_run=True)]
    for run_id in dict.fromkeys([*best, *(row["id"] for row in rows)]):
        detail = _light_detail(data["details"].get(run_id) or {}, columns)
        left -= len(json.dumps(detail))
        if left < 0:
            break
        details[run_id] = detail
    packed = {"keys": list(rows[0]) if rows else [], "values": [[*row.values()] for row in rows]}
    return {
        **data,
        "picture": {**shortened(shown, TEXT_KEPT), "rows": packed, "logged": []},
        "details": details,
    }


def _light_detail(detail: Mapping[str, Any], columns: Container[str]) -> dict[str, Any]:
    """What is there of a run's details, without the params that its row has."""
    text = detail.get("json")
    config = json.dumps(json.loads(text), separators=(",", ":")) if text else ""
    light = {
        **detail,
        "config": [pair for pair in detail.get("config", ()) if pair[0] not in columns],
        "json": config if len(config) <= JSON_KEPT else "",
    }
    return {key: value for key, value in light.items() if value}


def _without_long_values(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The picture with the best run's config and the names of categories at a bounded length."""
    best, axes = shown["best"], shown.get("axes") or []
    if best:
        written = functools.partial(json.dumps, default=str)
        best = {**best, "config": bounded(best["config"], written)}
    return {
        **shown,
        "best": best,
        "axes": [
            {**axis, "categories": [clip(name, NAME_KEPT) for name in axis["categories"]]}
            for axis in axes
        ],
    }


def _digits_drawn(values: Sequence[float | None]) -> int:
    """Significant digits of places whose spread is that of the values, finer than a pixel."""
    return digits_of(values, 2) + FINER


def _light_curve(curve: Sequence[float], digits: int) -> list[float]:
    digits = max(digits, _digits_drawn(curve))
    return [_whole(rounded(value, digits)) for value in curve]


def _light_span(span: Sequence[int], curve: Sequence[float], points: int) -> list[int]:
    """The steps of the points that are left of a curve, or its first and last one."""
    if not curve or len(span) <= 2:
        return [*span[:1], *span[1:][-1:]]
    return sampled(span, points)


def _light_places(places: Sequence[float | None]) -> list[float | None]:
    """The places on one axis, with as few digits as keep different ones apart.

    The table is sorted by them; its texts say the same with the digits of a text. Of many runs
    a place is as fine as a text, and equal texts may have equal places.
    """
    is_many = len(places) > MANY_PLACES
    n = len(set(places))
    fewest = max(PLACE_DIGITS - is_many, _digits_drawn(places))
    for digits in range(fewest, MOST_DIGITS):
        light = [None if place is None else rounded(place, digits) for place in places]
        if is_many or len(set(light)) == n:
            break
    else:
        light = list(places)
    return [None if place is None else _whole(place) for place in light]


def _whole(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < 1e15 else value  # 2, not 2.0
