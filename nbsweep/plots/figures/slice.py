"""The metric against each swept parameter: small multiples that share the metric's axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from nbsweep.analysis.frame import MISSING, Column, Frame, category_label
from nbsweep.analysis.parallel_coordinates import MISSING_POSITION, Axis, Tick, collect
from nbsweep.analysis.ticks import number_label, shorten, thin
from nbsweep.plots import theme
from nbsweep.records import is_number
from nbsweep.wording import digits_of

_MAX_COLUMNS = 4
_PANEL_PX, _GAP_PX = 190, 66
_NAME_WIDTH = 28
# What fits below a panel side by side; of more categories only a few are named.
_MAX_CATEGORIES, _FEW_CATEGORIES, _PANEL_CHARACTERS = 5, 3, 30
# Runs of one category are spread over this share of its place, so that they show.
_SPREAD = 0.5
_GOLDEN_RATIO = 0.618034


class Slice(NamedTuple):
    """All that the drawing needs; runs are sorted from the worst to the best.

    Attributes:
        title, subtitle, caption: words around the drawing.
        panels: one axis a parameter, with the position of each run.
        values: for each panel the parameter's value of each run, as text.
        metric: axis of the metric, None when the sweep has none.
        metric_values: of each run, as text.
        names: of each run.
        numbers: of each run.
    """

    title: str
    subtitle: str
    caption: str
    panels: tuple[Axis, ...]
    values: tuple[tuple[str, ...], ...]
    metric: Axis | None
    metric_values: tuple[str, ...]
    names: tuple[str, ...]
    numbers: tuple[int, ...]


def collect_slice(frame: Frame) -> Slice:
    """Axes and positions as in parallel coordinates, with the values as text."""
    drawn = collect(frame)
    place = {run_id: i for i, run_id in enumerate(frame.run_ids)}
    runs = [place[run_id] for run_id in drawn.run_ids]
    metric = frame.metric
    return Slice(
        title=drawn.title,
        subtitle=drawn.subtitle,
        caption=drawn.caption,
        panels=tuple(
            _spread(axis, column)
            for axis, column in zip(drawn.axes[: len(frame.params)], frame.params, strict=True)
        ),
        values=tuple(_texts(column.values, runs) for column in frame.params),
        metric=drawn.axes[-1] if metric is not None else None,
        metric_values=_texts(metric.values, runs) if metric is not None else (),
        names=tuple(frame.names[i] for i in runs),
        numbers=tuple(frame.numbers[i] for i in runs),
    )


def _texts(values: Sequence[Any], runs: Sequence[int]) -> tuple[str, ...]:
    """The values of some runs, with the digits that tell them apart."""
    digits = digits_of([float(v) if is_number(v) else None for v in values], 6)
    return tuple(_text(values[i], digits) for i in runs)


def _text(value: Any, digits: int) -> str:
    if value is MISSING:
        return "missing"
    is_plain = is_number(value) and not isinstance(value, bool)
    return number_label(value, digits) if is_plain else category_label(value)


def _spread(axis: Axis, column: Column) -> Axis:
    """The axis with the runs of one category side by side; the first category on the left."""
    if column.kind != "category":
        return axis
    n = max(len(column.categories), 1)
    shown = thin(n, _FEW_CATEGORIES if n > _MAX_CATEGORIES else n)
    labels = shorten(column.categories, _PANEL_CHARACTERS // len(shown))
    ticks = [Tick(1 - column.position(i), labels[i]) for i in shown] if column.categories else []
    return axis._replace(
        positions=tuple(
            position
            if position == MISSING_POSITION
            # Multiples of the golden ratio fill an interval evenly, without chance.
            else 1 - position + _SPREAD / n * ((i * _GOLDEN_RATIO) % 1 - 0.5)
            for i, position in enumerate(axis.positions)
        ),
        ticks=(*(axis.ticks[:1] if axis.has_missing else ()), *ticks),
    )


def draw_slice(data: Slice) -> go.Figure:
    """The figure; words in place of the panels when there is nothing to draw."""
    n_panels = max(len(data.panels), 1)
    # Five or six look better as rows of three.
    n_columns = 3 if n_panels in {5, 6} else min(_MAX_COLUMNS, n_panels)
    n_rows = math.ceil(n_panels / n_columns)
    height = n_rows * _PANEL_PX + (n_rows - 1) * _GAP_PX
    figure = theme.new_figure(
        data.title, height=height, subtitle=data.subtitle, captions=[data.caption], below_px=56
    )
    if data.metric is None:
        return theme.say_instead(figure, "The sweep has no metric to draw.")
    if not data.names or not data.panels:
        what = "a parameter that varies" if data.names else "a finished run"
        return theme.say_instead(figure, f"Nothing to draw yet: there has to be {what}.")
    make_subplots(
        rows=n_rows,
        cols=n_columns,
        figure=figure,
        shared_yaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=_GAP_PX / height if n_rows > 1 else None,
    )
    names = shorten([axis.name for axis in data.panels], _NAME_WIDTH)
    for k, (axis, values) in enumerate(zip(data.panels, data.values, strict=True)):
        row, column = k // n_columns + 1, k % n_columns + 1
        figure.add_trace(_points(data, data.metric, axis, values, is_first=k == 0), row, column)
        figure.update_xaxes(
            title={"text": theme.text(names[k]), "standoff": 6, "font": {"size": 13}},
            tickvals=[tick.position for tick in axis.ticks],
            ticktext=[theme.text(tick.label) for tick in axis.ticks],
            tickangle=0,
            range=[MISSING_POSITION - 0.05 if axis.has_missing else -0.05, 1.05],
            row=row,
            col=column,
        )
    figure.update_xaxes(gridcolor=theme.GRID, zeroline=False, tickfont={"size": 10})
    figure.update_yaxes(
        tickvals=[tick.position for tick in data.metric.ticks],
        ticktext=[theme.text(tick.label) for tick in data.metric.ticks],
        range=[-0.05, 1.05],
        gridcolor=theme.GRID,
        zeroline=False,
        tickfont={"size": 10},
    )
    figure.update_yaxes(
        title={"text": theme.text(shorten([data.metric.name], _NAME_WIDTH)[0])},
        automargin=True,
        col=1,
    )
    figure.update_layout(showlegend=False)
    return figure


def _points(
    data: Slice, metric: Axis, axis: Axis, values: tuple[str, ...], *, is_first: bool
) -> go.Scatter:
    return go.Scatter(
        mode="markers",
        x=axis.positions,
        y=metric.positions,
        marker={
            "size": 7 if len(data.names) <= 200 else 4,
            "opacity": 0.8,
            "color": data.numbers,
            "colorscale": theme.COLOUR_SCALE,
            "showscale": is_first and len(data.names) > 1,
            "colorbar": {
                "title": {"text": "run", "side": "right"},
                "thickness": 12,
                "outlinewidth": 0,
                "tickformat": "d",
            },
        },
        customdata=[
            [theme.text(name), theme.text(value), theme.text(result)]
            for name, value, result in zip(data.names, values, data.metric_values, strict=True)
        ],
        hovertemplate=(
            "<b>%{customdata[0]}</b><br>"
            f"{theme.text(axis.name)} %{{customdata[1]}}<br>"
            f"{theme.text(metric.name)} %{{customdata[2]}}<extra></extra>"
        ),
    )
