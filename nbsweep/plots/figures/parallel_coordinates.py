"""Parallel coordinates as a plotly figure: drag along an axis to select runs."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from nbsweep.analysis.charts.nothing import still_missing
from nbsweep.analysis.parallel_coordinates import (
    MISSING_POSITION,
    Axis,
    ParallelCoordinates,
    Tick,
)
from nbsweep.analysis.parallel_coordinates import (
    collect as collect_parallel_coordinates,
)
from nbsweep.analysis.ticks import shorten
from nbsweep.plots import theme

__all__ = ["collect_parallel_coordinates", "draw_parallel_coordinates"]

# With more axes their names would touch, so they are slanted.
_MAX_LEVEL_NAMES = 6
_NAME_WIDTH = 24
# Up to so many axes fit the width of a notebook; more get a wider, scrolling figure.
_MAX_AXES, _AXIS_PX = 14, 75
_DIGITS = 5  # of positions: a thousandth of a pixel


def draw_parallel_coordinates(data: ParallelCoordinates) -> go.Figure:
    """The figure; words in place of the lines when no run has ended with a value."""
    figure = theme.new_figure(
        data.title, height=340, subtitle=data.subtitle, captions=[data.caption]
    )
    if not data.axes or not data.run_ids:
        return theme.say_instead(figure, still_missing(has_runs=bool(data.run_ids)))
    names = shorten([axis.name for axis in data.axes], _NAME_WIDTH)
    slanted = len(data.axes) > _MAX_LEVEL_NAMES
    figure.add_trace(
        go.Parcoords(
            dimensions=[
                _dimension(axis, name) for axis, name in zip(data.axes, names, strict=True)
            ],
            line={
                "color": np.round(data.colours, _DIGITS),
                "colorscale": theme.COLOUR_SCALE,
                "cmin": 0,
                "cmax": 1,
                "showscale": bool(data.colour_ticks),
                "colorbar": {
                    "title": {"text": theme.text(data.colour_title), "side": "right"},
                    "tickvals": [tick.position for tick in data.colour_ticks],
                    "ticktext": [theme.text(tick.label) for tick in data.colour_ticks],
                    "thickness": 12,
                    "outlinewidth": 0,
                },
            },
            labelangle=-20 if slanted else 0,
            labelfont={"size": 13},
            tickfont={"size": 11},
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
        )
    )
    margin = figure.layout.margin
    margin.t += 60 if slanted else 30
    # Tick labels hang to the left of the first axis and are not measured by plotly.
    widest = max(len(tick.label) for tick in data.axes[0].ticks)
    margin.l = max(30 + 7 * widest, 10 + 4 * len(names[0]))
    if len(data.axes) > _MAX_AXES:
        figure.layout.width = _AXIS_PX * len(data.axes)
    figure.layout.height += 60 if slanted else 30
    return figure


def _dimension(axis: Axis, name: str) -> dict[str, object]:
    low = MISSING_POSITION if axis.has_missing else 0.0
    # plotly draws the line of an axis from its first tick to its last, and lets a brush
    # end at ticks only: both ends get one.
    present = {round(tick.position, 6) for tick in axis.ticks}
    ends = [Tick(end, "") for end in (low, 1.0) if end not in present]
    ticks = sorted([*axis.ticks, *ends])
    return {
        # The name may hold tags, which plotly would read here, but not in tick labels.
        "label": theme.text(name),
        # Arrays: plotly looks at each number of a tuple, and writes it with all its digits.
        "values": np.round(axis.positions, _DIGITS),
        "range": [low, 1],
        "tickvals": [tick.position for tick in ticks],
        "ticktext": [tick.label for tick in ticks],
    }
