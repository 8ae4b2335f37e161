"""Any chart as a plotly figure: see `nbsweep.analysis.charts.chart`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from nbsweep.analysis.charts.chart import (
    Axis,
    Band,
    Bars,
    Cells,
    Chart,
    Line,
    Mark,
    Panel,
    Points,
    Rule,
    Scale,
    Words,
)
from nbsweep.analysis.charts.palette import LIGHT, Palette
from nbsweep.plots import theme

_GAP_PX = 74  # between rows of panels: ticks, the name of the axis, a title
_SYMBOLS = {
    "circle": "circle",
    "open": "circle-open",
    "cross": "x-thin-open",
    "star": "star",
    "up": "triangle-up",
    "down": "triangle-down",
}
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def draw_chart(chart: Chart, palette: Palette = LIGHT) -> go.Figure:
    """The figure; words in place of the panels when there is nothing to draw.

    Args:
        chart: what to draw.
        palette: the colours.
    """
    n_columns = max(1, min(chart.n_columns, len(chart.panels)))
    n_rows = max(1, math.ceil(len(chart.panels) / n_columns))
    height = n_rows * chart.height + (n_rows - 1) * _GAP_PX
    figure = theme.new_figure(
        chart.title, height=height, subtitle=chart.subtitle, captions=[chart.caption], below_px=52
    )
    if chart.empty or not chart.panels:
        return theme.say_instead(figure, chart.empty)
    make_subplots(
        rows=n_rows,
        cols=n_columns,
        figure=figure,
        subplot_titles=[theme.text(panel.title) for panel in chart.panels]
        if any(panel.title for panel in chart.panels)
        else None,
        horizontal_spacing=0.22 / n_columns if n_columns > 1 else 0,
        vertical_spacing=_GAP_PX / height if n_rows > 1 else 0,
        shared_yaxes="all" if chart.shares_y else False,
    )
    named: set[str] = set()
    for k, panel in enumerate(chart.panels):
        _draw_panel(figure, panel, (k // n_columns + 1, k % n_columns + 1), palette, named, chart)
    if chart.colours is not None:
        _add_colour_bar(figure, chart, palette)
    figure.update_layout(
        showlegend=bool(named),
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        hovermode="closest",
    )
    return figure


def colour_scale(palette: Palette, scale: Scale) -> list[tuple[float, str]]:
    """A scale of the palette as plotly takes it."""
    colours = palette.scales[scale]
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]


def _draw_panel(
    figure: go.Figure,
    panel: Panel,
    place: tuple[int, int],
    palette: Palette,
    named: set[str],
    chart: Chart,
) -> None:
    for mark in panel.marks:
        for trace in _traces(mark, palette):
            if trace.name:
                trace.update(legendgroup=trace.name, showlegend=trace.name not in named)
                named.add(trace.name)
            else:
                trace.update(showlegend=False)
            figure.add_trace(trace, *place)
        if isinstance(mark, Rule):
            _add_rule(figure, mark, place, palette)
        if isinstance(mark, Words):
            _add_words(figure, mark, panel, place, palette)
    row, column = place
    figure.update_xaxes(**_axis(panel.x), row=row, col=column)
    y_axis = _axis(panel.y)
    if chart.shares_y and column > 1:
        del y_axis["title"]
    figure.update_yaxes(**y_axis, automargin=True, row=row, col=column)


def _axis(axis: Axis) -> dict[str, Any]:
    ends = [axis.low, axis.high]
    if axis.kind == "log":
        ends = [math.log10(end) for end in ends]
    margin = 0.0 if axis.kind == "category" else 0.03 * (ends[1] - ends[0]) or 0.5
    ends = [ends[0] - margin, ends[1] + margin]
    drawn: dict[str, Any] = {
        "title": {"text": theme.text(axis.title), "standoff": 8},
        "type": "log" if axis.kind == "log" else "linear",
        "range": ends[::-1] if axis.is_reversed else ends,
        "gridcolor": theme.GRID,
        "zeroline": False,
        "exponentformat": "power",
        "showgrid": axis.kind != "category",
    }
    if axis.ticks or axis.kind == "category":
        drawn["tickvals"] = [tick.at for tick in axis.ticks]
        drawn["ticktext"] = [theme.text(tick.label) for tick in axis.ticks]
    elif axis.is_integer:
        drawn["tickformat"] = "d"
        if axis.high - axis.low <= 12:
            drawn["dtick"] = 1
    return drawn


def _traces(mark: Mark, palette: Palette) -> list[Any]:
    if isinstance(mark, Points):
        return [_points(mark, palette)]
    if isinstance(mark, Line):
        return _line(mark, palette)
    if isinstance(mark, Band):
        return [_band(mark, palette)]
    if isinstance(mark, Bars):
        return [_bars(mark, palette)]
    if isinstance(mark, Cells):
        return [_cells(mark, palette)]
    return []


def _hover(texts: Sequence[str]) -> dict[str, Any]:
    if not texts:
        return {"hoverinfo": "skip"}
    return {
        "hovertext": [theme.text(words).replace("\n", "<br>") for words in texts],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _points(mark: Points, palette: Palette) -> go.Scatter:
    marker: dict[str, Any] = {
        "color": palette.colour(mark.role),
        "size": mark.size,
        "symbol": _SYMBOLS[mark.symbol],
    }
    if mark.symbol == "cross":
        marker["line"] = {"width": 1.5, "color": marker["color"]}
    if mark.shades:
        marker.update(
            color=mark.shades, colorscale=colour_scale(palette, "quality"), cmin=0, cmax=1
        )
    return go.Scatter(
        mode="markers", x=mark.x, y=mark.y, name=mark.name, marker=marker, **_hover(mark.texts)
    )


def _line(mark: Line, palette: Palette) -> list[go.Scatter]:
    colour = palette.colour(mark.role) if mark.shade is None else palette.shade(mark.shade)
    traces = [
        go.Scatter(
            mode="lines",
            x=mark.x,
            y=mark.y,
            name=mark.name,
            line={
                "color": colour,
                "width": mark.width,
                "dash": "dash" if mark.is_dashed else "solid",
                "shape": "hv" if mark.is_step else "linear",
            },
            **_hover(mark.texts),
        )
    ]
    if mark.end is not None and mark.x:
        last = max((i for i, y in enumerate(mark.y) if y is not None), default=None)
        if last is not None:
            end = Points((mark.x[last],), (mark.y[last] or 0.0,), mark.role, symbol=mark.end)
            traces.append(_points(end, palette).update(marker_color=colour, mode="markers"))
    return traces


def _band(mark: Band, palette: Palette) -> go.Scatter:
    return go.Scatter(
        mode="lines",
        x=[*mark.x, *reversed(mark.x)],
        y=[*mark.low, *reversed(mark.high)],
        name=mark.name,
        fill="toself",
        fillcolor=_pale(palette.colour(mark.role)),
        line={"width": 0},
        hoverinfo="skip",
    )


def _pale(colour: str, opacity: float = 0.18) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _bars(mark: Bars, palette: Palette) -> go.Bar:
    lengths = [end - start for start, end in zip(mark.starts, mark.ends, strict=True)]
    along, across = ("x", "y") if mark.is_horizontal else ("y", "x")
    error = {"type": "data", "array": mark.errors, "color": palette.ink, "thickness": 1.2}
    return go.Bar(
        orientation="h" if mark.is_horizontal else "v",
        base=mark.starts,
        width=mark.thickness,
        name=mark.name,
        marker={"color": [palette.colour(mark.role(i)) for i in range(len(mark.at))]},
        text=[theme.text(words) for words in mark.labels] or None,
        textposition="auto",
        **{along: lengths, across: mark.at},
        **({f"error_{along}": error} if mark.errors else {}),
        **_hover(mark.texts),
    )


def _cells(mark: Cells, palette: Palette) -> go.Heatmap:
    hover = (
        {
            "hovertext": [
                [theme.text(words).replace("\n", "<br>") for words in row] for row in mark.texts
            ],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        if mark.texts
        else {"hoverinfo": "skip"}
    )
    labels = (
        {
            "text": [[theme.text(words) for words in row] for row in mark.labels],
            "texttemplate": "%{text}",
        }
        if mark.labels
        else {}
    )
    return go.Heatmap(
        x=mark.x_edges,
        y=mark.y_edges,
        z=mark.values,
        zmin=mark.low,
        zmax=mark.high,
        colorscale=colour_scale(palette, mark.scale),
        showscale=False,
        **hover,
        **labels,
    )


def _add_rule(figure: go.Figure, mark: Rule, place: tuple[int, int], palette: Palette) -> None:
    colour = palette.colour(mark.role)
    add = figure.add_vline if mark.is_vertical else figure.add_hline
    add(
        mark.at,
        line={"color": colour, "width": 1.2, "dash": "dash" if mark.is_dashed else "solid"},
        annotation_text=theme.text(mark.text),
        annotation_font={"size": 11, "color": colour},
        annotation_position="top right",
        row=place[0],
        col=place[1],
    )


def _add_words(
    figure: go.Figure, mark: Words, panel: Panel, place: tuple[int, int], palette: Palette
) -> None:
    figure.add_annotation(
        # A logarithmic axis takes the place of a text as its exponent.
        x=math.log10(mark.x) if panel.x.kind == "log" else mark.x,
        y=math.log10(mark.y) if panel.y.kind == "log" else mark.y,
        text=theme.text(mark.text).replace("\n", "<br>"),
        showarrow=False,
        xanchor=_ANCHORS[mark.anchor],
        font={"size": 11, "color": palette.colour(mark.role)},
        row=place[0],
        col=place[1],
    )


def _add_colour_bar(figure: go.Figure, chart: Chart, palette: Palette) -> None:
    """By a trace without points: each mark has its own colours, and all mean the same."""
    bar = chart.colours
    assert bar is not None
    figure.add_trace(
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            marker={
                "color": [0.0],
                "cmin": 0,
                "cmax": 1,
                "colorscale": colour_scale(palette, bar.scale),
                "showscale": True,
                "colorbar": {
                    "title": {"text": theme.text(bar.title), "side": "right"},
                    "tickvals": [tick.at for tick in bar.ticks],
                    "ticktext": [theme.text(tick.label) for tick in bar.ticks],
                    "thickness": 12,
                    "outlinewidth": 0,
                },
            },
        )
    )
