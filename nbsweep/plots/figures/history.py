"""The metric of each run in the order the runs were suggested, with the best so far."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import plotly.graph_objects as go

from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import best_text, beyond_text
from nbsweep.analysis.progress import best_so_far
from nbsweep.plots import theme
from nbsweep.records import Goal
from nbsweep.wording import digits_of, plural


class History(NamedTuple):
    """All that the drawing needs.

    Attributes:
        title, subtitle, caption: words around the drawing.
        metric: its name, None when the sweep has none.
        is_log: whether the metric belongs on a logarithmic axis.
        low, high: ends of the metric's axis.
        numbers, values, names: number, metric and name of each run that counts.
        best: the best value up to each of them, of runs that keep the sweep's limits; None
            before the first.
        provisional: (number, last value, name) of each run under way that has one.
        others: (number, why it does not count, name) of each run that ended without.
        continued: number of each run that went on after an end → how, in words.
        stars: places in `numbers` of the runs with a star: the first of the best ones; with a
            front those that are on it, since no run is the best.
        has_front: whether there are several objectives, of which this is one.
        beyond: number of each run that is not known to keep the limits → why, in words.
    """

    title: str
    subtitle: str
    caption: str
    metric: str | None
    is_log: bool
    low: float
    high: float
    numbers: tuple[int, ...]
    values: tuple[float, ...]
    names: tuple[str, ...]
    best: tuple[float | None, ...]
    provisional: tuple[tuple[int, float, str], ...]
    others: tuple[tuple[int, str, str], ...]
    continued: Mapping[int, str] = MappingProxyType({})
    stars: tuple[int, ...] = ()
    has_front: bool = False
    beyond: Mapping[int, str] = MappingProxyType({})


def collect_history(frame: Frame) -> History:
    """The runs that count, those under way, and those without a value."""
    metric = frame.metric or MetricColumn("", Goal.MINIMIZE, "linear", (), 0.0, 1.0, 0.0, 1.0)
    counted = frame.counted if frame.metric else ()
    values = [value for i in counted if (value := metric.values[i]) is not None]
    provisional = [
        (frame.numbers[i], value, frame.names[i])
        for i in frame.provisional
        if (value := metric.values[i]) is not None
    ]
    others = [
        (frame.numbers[i], reason, frame.names[i])
        for i, reason in enumerate(frame.left_out)
        if reason is not None and frame.states[i].ended and frame.metric
    ]
    beyond = {
        frame.numbers[i]: words for i in counted if frame.beyond and (words := frame.beyond[i])
    }
    good = frame.front if frame.has_front else (() if frame.best is None else (frame.best,))
    return History(
        title=f"{frame.title} · {plural(len(frame.counted), 'run')}",
        subtitle=best_text(frame),
        caption="; ".join(
            filter(None, (frame.remarks_text(), beyond_text(frame.metric), _beyond_words(beyond)))
        ),
        metric=frame.metric.name if frame.metric else None,
        is_log=metric.kind == "log",
        low=metric.low,
        high=metric.high,
        numbers=tuple(frame.numbers[i] for i in counted),
        values=tuple(values),
        names=tuple(frame.names[i] for i in counted),
        best=tuple(
            best_so_far(
                [
                    None if frame.beyond and frame.beyond[i] else value
                    for i, value in zip(counted, values, strict=True)
                ],
                metric.goal,
            )
        ),
        provisional=tuple(provisional),
        others=tuple(others),
        continued={
            number: words
            for number, words in zip(frame.numbers, frame.continued, strict=False)  # may be ()
            if words
        },
        stars=tuple(k for k, i in enumerate(counted) if i in good),
        has_front=frame.has_front,
        beyond=beyond,
    )


def _beyond_words(beyond: Mapping[int, str]) -> str:
    """That runs do not count for the best values; "" where all do."""
    n = len(beyond)
    return f"{plural(n, 'run')} beyond the limits, crossed out" if n else ""


def draw_history(data: History) -> go.Figure:
    """The figure; words in place of the points when no run has a value."""
    figure = theme.new_figure(
        data.title, height=300, subtitle=data.subtitle, captions=[data.caption], below_px=52
    )
    if data.metric is None:
        return theme.say_instead(figure, "The sweep has no metric to draw.")
    if not data.values and not data.provisional:
        return theme.say_instead(figure, f"No run has ended with a value of {data.metric} yet.")
    shown = [min(max(value, data.low), data.high) for value in data.values]
    _add_points(figure, data, shown)
    if data.values:
        _add_best(figure, data)
    if data.others:
        _add_others(figure, data)
    figure.update_layout(
        xaxis={
            "title": {"text": "run"},
            "gridcolor": theme.GRID,
            "zeroline": False,
            "tickformat": "d",
            "dtick": 1 if max([*data.numbers, 0]) <= 12 else None,
        },
        yaxis={
            "title": {"text": theme.text(data.metric)},
            "type": "log" if data.is_log else "linear",
            "exponentformat": "power",
            "gridcolor": theme.GRID,
            "zeroline": False,
            "automargin": True,
        },
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        hovermode="closest",
    )
    return figure


def _add_points(figure: go.Figure, data: History, shown: list[float]) -> None:
    digits = digits_of([*data.values, *(value for _, value, _ in data.provisional)], 6)
    hover = "<b>%{customdata[0]}</b> · run %{x}<br>%{customdata[1]}<extra></extra>"
    if data.values:
        beyond = [a != b for a, b in zip(shown, data.values, strict=True)]
        figure.add_trace(
            go.Scatter(
                name="run",
                mode="markers",
                x=data.numbers,
                y=shown,
                marker={
                    "color": theme.POINT,
                    "size": 8 if len(shown) <= 200 else 5,
                    "symbol": [
                        ("triangle-up" if value > data.high else "triangle-down")
                        if out
                        else ("circle-x-open" if number in data.beyond else "circle")
                        for out, value, number in zip(
                            beyond, data.values, data.numbers, strict=True
                        )
                    ],
                    # A ring around the runs that were continued.
                    "line": {
                        "color": theme.INK,
                        "width": [1.8 * (number in data.continued) for number in data.numbers],
                    },
                },
                customdata=[
                    [theme.text(name), f"{value:.{digits}g}{_more_lines(data, number)}"]
                    for name, value, number in zip(
                        data.names, data.values, data.numbers, strict=True
                    )
                ],
                hovertemplate=hover,
            )
        )
    if data.provisional:
        numbers, values, names = zip(*data.provisional, strict=True)
        figure.add_trace(
            go.Scatter(
                name="running",
                mode="markers",
                x=numbers,
                y=values,
                marker={"color": theme.POINT, "size": 8, "symbol": "circle-open"},
                customdata=[
                    [theme.text(name), f"{value:.{digits}g} so far{_more_lines(data, number)}"]
                    for name, value, number in zip(names, values, numbers, strict=True)
                ],
                hovertemplate=hover,
            )
        )


def _more_lines(data: History, number: int) -> str:
    """Further lines of a hover text."""
    words = (data.continued.get(number), data.beyond.get(number))
    return "".join(f"<br>{theme.text(line)}" for line in words if line)


def _add_best(figure: go.Figure, data: History) -> None:
    figure.add_trace(
        go.Scatter(
            name="best value so far" if data.has_front else "best so far",
            mode="lines",
            # The best stays the best up to the last run that counts.
            x=data.numbers,
            y=data.best,
            line={"color": theme.DEEP, "width": 2, "shape": "hv"},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            name="front" if data.has_front else "best",
            mode="markers",
            x=[data.numbers[k] for k in data.stars],
            y=[min(max(data.values[k], data.low), data.high) for k in data.stars],
            marker={
                "color": theme.ORANGE,
                "size": 10 if data.has_front else 13,
                "symbol": "star",
            },
            hoverinfo="skip",
            showlegend=data.has_front,
        )
    )


def _add_others(figure: go.Figure, data: History) -> None:
    """Runs without a value as crosses along the lower edge."""
    numbers, reasons, names = zip(*data.others, strict=True)
    figure.add_trace(
        go.Scatter(
            name="without a value",
            mode="markers",
            x=numbers,
            y=[0.0] * len(numbers),
            yaxis="y2",
            marker={
                "color": theme.QUIET,
                "size": 7,
                "symbol": "x-thin-open",
                "line": {"width": 1.5},
            },
            customdata=[
                [theme.text(name), theme.text(reason)]
                for name, reason in zip(names, reasons, strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}</b> · run %{x}<br>%{customdata[1]}<extra></extra>",
        )
    )
    figure.update_layout(
        yaxis2={"overlaying": "y", "range": [-0.02, 1], "visible": False, "fixedrange": True}
    )
