"""What all figures share: colours, fonts, title with subtitle, caption below, light or dark."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from nbsweep.analysis.charts.palette import LIGHT, PALETTES, Palette
from nbsweep.analysis.parallel_coordinates import QUALITY_COLOURS
from nbsweep.plots import in_use

COLOUR_SCALE = [
    (i / (len(QUALITY_COLOURS) - 1), colour) for i, colour in enumerate(QUALITY_COLOURS)
]
INK, QUIET, FAINT, GRID = "#22303c", "#5f6b76", "#c9d0d6", "#e9edf0"
# Blue and orange are told apart with every kind of colour vision.
BLUE, PALE_BLUE = "#225ea8", "#b9cde4"
ORANGE, PALE_ORANGE = "#d9730d", "#f3cfa9"
POINT, DEEP = "#41a6c4", "#253494"

_FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_SUBTITLE_WIDTH, _CAPTION_WIDTH = 110, 135  # characters
_LINE_PX = 17


def text(value: str) -> str:
    """The value as a figure shows it literally: plotly reads tags and entities in text."""
    return html.escape(value, quote=False)


def palette() -> Palette:
    """The colours of the theme in use, see `nbsweep.plots.use_theme`."""
    return PALETTES[in_use.theme]


def new_figure(
    title: str,
    *,
    height: int,
    subtitle: str = "",
    captions: Sequence[str] = (),
    below_px: int = 16,
) -> go.Figure:
    """An empty figure with its words in place, see `new_layout`."""
    layout = new_layout(
        title, height=height, subtitle=subtitle, captions=captions, below_px=below_px
    )
    return go.Figure(layout=layout)


def new_layout(
    title: str,
    *,
    height: int,
    subtitle: str = "",
    captions: Sequence[str] = (),
    below_px: int = 16,
    palette: Palette = LIGHT,
) -> dict[str, Any]:
    """The layout of an empty figure with its words in place.

    Args:
        title: bold first line, plain text.
        height: of the drawing in pixels, without title and captions.
        subtitle: below the title, plain text, wrapped.
        captions: below the drawing, plain text, each begins a line; empty ones are
            left out.
        below_px: room for the axis between the drawing and the captions.
        palette: the colours.
    """
    heading = [f"<b>{text(title)}</b>"]
    heading += [
        f'<span style="font-size:13px;color:{palette.quiet}">{text(line)}</span>'
        for line in textwrap.wrap(subtitle, _SUBTITLE_WIDTH)
    ]
    lines = [text(line) for words in captions for line in textwrap.wrap(words, _CAPTION_WIDTH)]
    top, bottom = 46 + 20 * len(heading), 16 + below_px + _LINE_PX * len(lines)
    caption = {
        "text": "<br>".join(lines),
        "showarrow": False,
        "align": "left",
        "font": {"size": 11, "color": palette.quiet},
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 0,
        "yref": "paper",
        "yanchor": "top",
        "yshift": -below_px,
    }
    return {
        "template": "plotly_white" if palette is LIGHT else "plotly_dark",
        "paper_bgcolor": palette.ground,
        "plot_bgcolor": palette.ground,
        "font": {"family": _FONT, "size": 12, "color": palette.ink},
        "title": {
            "text": "<br>".join(heading),
            "font": {"size": 16},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            # plotly centres the first line on the anchor when more lines follow.
            "pad": {"t": 14 if len(heading) == 1 else 24},
        },
        "height": height + top + bottom,
        "margin": {"t": top, "b": bottom, "l": 60, "r": 30},
        "annotations": [caption] if lines else [],
    }


def say_instead(figure: go.Figure, words: str) -> go.Figure:
    """The figure with words where the drawing would be, and no higher than they need."""
    figure.layout = words_instead(figure.to_dict()["layout"], words)
    return figure


def words_instead(layout: dict[str, Any], words: str, palette: Palette = LIGHT) -> dict[str, Any]:
    """The layout with words where the drawing would be, and no higher than they need."""
    said = {
        "text": "<br>".join(text(line) for line in textwrap.wrap(words, 80)),
        "showarrow": False,
        "font": {"size": 14, "color": palette.quiet},
        "x": 0.5,
        "xref": "paper",
        "y": 0.5,
        "yref": "paper",
    }
    return {
        **layout,
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "height": layout["margin"]["t"] + layout["margin"]["b"] + 80,
        "annotations": [*layout.get("annotations", []), said],
    }
