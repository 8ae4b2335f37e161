"""The Pareto front of a sweep with several objectives, and its hypervolume run by run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from nbsweep.analysis.front_plot import (
    Dot,
    FrontAxis,
    FrontPlot,
    HypervolumePlot,
    Place,
    collect_front,
    collect_hypervolume,
)
from nbsweep.analysis.ticks import shorten
from nbsweep.plots import theme
from nbsweep.wording import digits_of

__all__ = ["collect_front", "collect_hypervolume", "draw_front", "draw_hypervolume"]

_PANEL_PX, _ONE_PX, _GAP_PX = 260, 360, 70  # heights of one of several, of one, between two
_COLUMNS = 3
_NAME_WIDTH = 28  # characters
_MANY = 300  # runs, from which on dots are smaller
_LOOKS: dict[Place, dict[str, Any]] = {
    Place.DOMINATED: {"color": theme.POINT, "opacity": 0.4, "symbol": "circle"},
    Place.BEYOND: {"color": theme.QUIET, "opacity": 0.8, "symbol": "circle-open"},
    Place.FRONT: {"color": theme.ORANGE, "opacity": 1.0, "symbol": "star"},
}
_SIZES = {Place.DOMINATED: (8, 5), Place.BEYOND: (8, 5), Place.FRONT: (12, 9)}


def draw_front(data: FrontPlot) -> go.Figure:
    """The figure; words in place of the dots when no run has a value of each objective."""
    n_columns = min(_COLUMNS, len(data.pairs))
    n_rows = math.ceil(len(data.pairs) / n_columns)
    height = _ONE_PX if len(data.pairs) == 1 else n_rows * _PANEL_PX + (n_rows - 1) * _GAP_PX
    figure = theme.new_figure(
        data.title, height=height, subtitle=data.subtitle, captions=[data.caption], below_px=56
    )
    if data.empty:
        return theme.say_instead(figure, data.empty)
    make_subplots(
        rows=n_rows,
        cols=n_columns,
        figure=figure,
        horizontal_spacing=0.1 if n_columns > 1 else None,
        vertical_spacing=_GAP_PX / height if n_rows > 1 else None,
    )
    labels = shorten([axis.label for axis in data.axes], _NAME_WIDTH)
    texts = [_hover(dot, data) for dot in data.dots]
    for k, (x, y) in enumerate(data.pairs):
        row, column = k // n_columns + 1, k % n_columns + 1
        for trace in _traces(data, texts, x, y, is_first=k == 0):
            figure.add_trace(trace, row, column)
        _add_limits(figure, data.axes[x], data.axes[y], row, column)
        figure.update_xaxes(**_axis(data.axes[x], labels[x]), row=row, col=column)
        figure.update_yaxes(**_axis(data.axes[y], labels[y]), row=row, col=column)
    figure.update_layout(
        hovermode="closest",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
    )
    return figure


def _traces(
    data: FrontPlot, texts: Sequence[str], x: int, y: int, *, is_first: bool
) -> list[go.Scatter]:
    traces = []
    if data.steps:
        xs, ys = zip(*data.steps, strict=True)
        traces.append(
            go.Scatter(
                name="steps of the front",
                mode="lines",
                x=xs,
                y=ys,
                line={"color": theme.ORANGE, "width": 1.5},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for place, look in _LOOKS.items():
        chosen = [i for i, dot in enumerate(data.dots) if dot.place is place]
        if not chosen:
            continue
        dots = [data.dots[i] for i in chosen]
        traces.append(
            go.Scatter(
                name=place.value,
                legendgroup=place.value,
                showlegend=is_first,
                mode="markers",
                x=[dot.positions[x] for dot in dots],
                y=[dot.positions[y] for dot in dots],
                marker={**look, "size": _SIZES[place][len(data.dots) > _MANY]},
                customdata=[[texts[i]] for i in chosen],
                hovertemplate="%{customdata[0]}<extra></extra>",
            )
        )
    return traces


def _hover(dot: Dot, data: FrontPlot) -> str:
    lines = [f"<b>{theme.text(dot.name)}</b> · run {dot.number}"]
    for axis, value in zip(data.axes, dot.values, strict=True):
        digits = digits_of(axis.column.values, 6)
        lines.append(f"{theme.text(axis.column.name)} {value:.{digits}g}")
    return "<br>".join([*lines, *map(theme.text, dot.lines)])


def _axis(axis: FrontAxis, label: str) -> dict[str, Any]:
    return {
        "title": {"text": theme.text(label), "standoff": 6, "font": {"size": 13}},
        "tickvals": [position for position, _ in axis.ticks],
        "ticktext": [theme.text(text) for _, text in axis.ticks],
        "range": [-0.05, 1.05],
        "gridcolor": theme.GRID,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"size": 10},
    }


def _add_limits(figure: go.Figure, x: FrontAxis, y: FrontAxis, row: int, column: int) -> None:
    look = {"line": {"color": theme.QUIET, "width": 1, "dash": "dash"}}
    font = {"size": 10, "color": theme.QUIET}
    for position, words in x.limits:
        figure.add_vline(
            position, annotation_text=words, annotation_font=font, row=row, col=column, **look
        )
    for position, words in y.limits:
        figure.add_hline(
            position, annotation_text=words, annotation_font=font, row=row, col=column, **look
        )


def draw_hypervolume(data: HypervolumePlot) -> go.Figure:
    """The figure; words in place of the line when no run counts."""
    figure = theme.new_figure(
        data.title, height=300, subtitle=data.subtitle, captions=[data.caption], below_px=52
    )
    if data.empty:
        return theme.say_instead(figure, data.empty)
    raising = [i for i, words in enumerate(data.added) if words]
    figure.add_trace(
        go.Scatter(
            name="hypervolume",
            mode="lines",
            x=data.numbers,
            y=data.volumes,
            line={"color": theme.DEEP, "width": 2, "shape": "hv"},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Scatter(
            name="runs that raised it",
            mode="markers",
            x=[data.numbers[i] for i in raising],
            y=[data.volumes[i] for i in raising],
            marker={"color": theme.POINT, "size": 8 if len(raising) <= _MANY else 5},
            customdata=[[theme.text(data.names[i]), theme.text(data.added[i])] for i in raising],
            hovertemplate="<b>%{customdata[0]}</b> · run %{x}<br>%{customdata[1]}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_layout(
        xaxis={
            "title": {"text": "run"},
            "gridcolor": theme.GRID,
            "zeroline": False,
            "tickformat": "d",
            "dtick": 1 if max(data.numbers) <= 12 else None,
        },
        yaxis={
            "title": {"text": data.label},
            "exponentformat": "power",
            "gridcolor": theme.GRID,
            "zeroline": False,
            "rangemode": "tozero",
            "automargin": True,
        },
        hovermode="closest",
    )
    return figure
