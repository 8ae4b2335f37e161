"""The marks of charts as plotly's traces: see `nbsweep.analysis.charts.chart`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbsweep.analysis.charts.chart import (
    Band,
    Bars,
    Cells,
    Chart,
    Line,
    Mark,
    Panel,
    Points,
    Scale,
    drawn_points,
)
from nbsweep.analysis.charts.palette import PALE, Palette, pale
from nbsweep.plots import theme

MOST_POINTS = 4000  # of one mark; more would make outputs heavy
FIGURE_PX = 760  # about how wide the panels are together
_SYMBOLS = {
    "circle": "circle",
    "open": "circle-open",
    "cross": "x-thin-open",
    "crossed": "circle-x-open",
    "square": "square",
    "star": "star",
    "up": "triangle-up",
    "down": "triangle-down",
}


def colour_scale(palette: Palette, scale: Scale) -> list[tuple[float, str]]:
    """A scale of the palette as plotly takes it."""
    colours = palette.scales[scale]
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]


def traces_of(mark: Mark, palette: Palette, panel: Panel, chart: Chart) -> list[dict[str, Any]]:
    """The traces of one mark, the texts of bars and cells by themselves; none for texts."""
    if isinstance(mark, Points):
        return [_points(mark, palette)]
    if isinstance(mark, Line):
        return _line(mark, palette)
    if isinstance(mark, Band):
        return [_band(mark, palette)]
    if isinstance(mark, Bars):
        return [_bars(mark, palette), *_bar_labels(mark, palette, panel, chart)]
    if isinstance(mark, Cells):
        return [_cells(mark, palette), *_cell_labels(mark, palette, panel)]
    return []


def _trace(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


def _hover(texts: Sequence[str]) -> dict[str, Any]:
    if not texts:
        return {"hoverinfo": "skip"}
    return {
        "hovertext": [theme.text(words).replace("\n", "<br>") for words in texts],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _points(mark: Points, palette: Palette) -> dict[str, Any]:
    kept = drawn_points(len(mark.x), MOST_POINTS)

    def of(values: Sequence[Any]) -> Sequence[Any]:
        return values if len(kept) == len(values) else [values[i] for i in kept if values]

    marker: dict[str, Any] = {
        "color": palette.colour(mark.role),
        "size": mark.size,
        "symbol": [_SYMBOLS[symbol] for symbol in of(mark.symbols)] or _SYMBOLS[mark.symbol],
    }
    if mark.shades:
        scale = colour_scale(palette, "quality")
        marker.update(color=of(mark.shades), colorscale=scale, cmin=0, cmax=1)
    if mark.symbol == "cross":
        # A cross is nothing but lines, in one colour.
        is_shaded = bool(mark.shades)
        colours = [palette.shade(share) for share in of(mark.shades)] if is_shaded else None
        marker["line"] = {"width": 2, "color": colours or marker["color"]}
    elif mark.rings:
        # Symbols of lines get theirs from here, too.
        widths = [1.8 * ringed for ringed in of(mark.rings)]
        marker["line"] = {"width": widths, "color": palette.ink}
    elif mark.has_edge:
        marker["line"] = {"width": 1, "color": palette.ground}
    return _trace(
        "scatter",
        mode="markers",
        x=of(mark.x),
        y=of(mark.y),
        name=mark.name,
        marker=marker,
        **_hover(of(mark.texts)),
    )


def _line(mark: Line, palette: Palette) -> list[dict[str, Any]]:
    colour = palette.colour(mark.role) if mark.shade is None else palette.shade(mark.shade)
    line = {
        "color": colour,
        "width": mark.width,
        "dash": "dash" if mark.is_dashed else "solid",
        "shape": "hv" if mark.is_step else "linear",
    }
    traces = [
        _trace(
            "scatter",
            mode="lines",
            x=mark.x,
            y=mark.y,
            name=mark.name,
            line=line,
            **_hover(mark.texts),
        )
    ]
    last = mark.last
    if mark.end is not None and last is not None:
        end = Points((mark.x[last],), (mark.y[last] or 0.0,), mark.role, symbol=mark.end)
        dot = _points(end, palette)
        dot["marker"] |= {"color": colour, "line": {"width": 2, "color": colour}}
        traces.append(dot)
    return traces


def _band(mark: Band, palette: Palette) -> dict[str, Any]:
    return _trace(
        "scatter",
        mode="lines",
        x=[*mark.x, *reversed(mark.x)],
        y=[*mark.low, *reversed(mark.high)],
        name=mark.name,
        fill="toself",
        fillcolor=pale(palette.colour(mark.role)),
        line={"width": 0},
        hoverinfo="skip",
    )


def _bars(mark: Bars, palette: Palette) -> dict[str, Any]:
    lengths = [end - start for start, end in zip(mark.starts, mark.ends, strict=True)]
    along, across = ("x", "y") if mark.is_horizontal else ("y", "x")
    error = {"type": "data", "array": mark.errors, "color": palette.ink, "thickness": 1.2}
    return _trace(
        "bar",
        orientation="h" if mark.is_horizontal else "v",
        base=mark.starts,
        width=mark.thickness,
        name=mark.name,
        marker={
            "color": [palette.colour(mark.role(i)) for i in range(len(mark.at))],
            "line": {"width": 0},
            "opacity": PALE if mark.is_pale else 1,
        },
        **{along: lengths, across: mark.at},
        **({f"error_{along}": {**error, "width": 4}} if mark.errors else {}),
        **_hover(mark.texts),
    )


def _bar_labels(mark: Bars, palette: Palette, panel: Panel, chart: Chart) -> list[dict[str, Any]]:
    """The texts beyond the bars and their errors; over the bar where there is no room beyond."""
    if not mark.labels:
        return []
    n_columns = chart.across
    room = FIGURE_PX / n_columns if mark.is_horizontal else chart.height
    axis = panel.x if mark.is_horizontal else panel.y
    places, sides, colours = [], [], []
    for i, words in enumerate(mark.labels):
        is_back, beyond = mark.is_back(i), mark.beyond(i)
        length = 7.0 * len(words) if mark.is_horizontal else 16.0
        share = axis.position(min(max(beyond, axis.low), axis.high))
        is_over = (share * room < length) if is_back else ((1 - share) * room < length)
        places.append(mark.starts[i] if is_over else beyond)
        sides.append(_side(mark.is_horizontal, is_back))
        colours.append(palette.on(palette.colour(mark.role(i))) if is_over else palette.ink)
    xs, ys = (places, mark.at) if mark.is_horizontal else (mark.at, places)
    return [
        _trace(
            "scatter",
            mode="text",
            x=xs,
            y=ys,
            text=[f"\u00a0{theme.text(words)}\u00a0" for words in mark.labels],
            textposition=sides,
            textfont={"size": 11, "color": colours},
            hoverinfo="skip",
            cliponaxis=False,
        )
    ]


def _side(is_horizontal: bool, is_back: bool) -> str:
    if is_horizontal:
        return "middle left" if is_back else "middle right"
    return "bottom center" if is_back else "top center"


def _cells(mark: Cells, palette: Palette) -> dict[str, Any]:
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
    return _trace(
        "heatmap",
        x=mark.x_edges,
        y=mark.y_edges,
        z=mark.values,
        zmin=mark.low,
        zmax=mark.high,
        colorscale=colour_scale(palette, mark.scale),
        showscale=False,
        hoverongaps=False,
        **hover,
    )


def _cell_labels(mark: Cells, palette: Palette, panel: Panel) -> list[dict[str, Any]]:
    """The texts in the cells, each light or dark, whichever is read on its cell."""
    xs, ys, texts, colours = [], [], [], []
    for row, labels in enumerate(mark.labels):
        for column, words in enumerate(labels):
            value = mark.values[row][column]
            if words and value is not None:
                xs.append(panel.x.middle(*mark.x_edges[column : column + 2]))
                ys.append(panel.y.middle(*mark.y_edges[row : row + 2]))
                texts.append(theme.text(words))
                colours.append(palette.on(palette.shade(mark.share(value), mark.scale)))
    look = {"size": 11, "color": colours}
    return [
        _trace("scatter", mode="text", x=xs, y=ys, text=texts, textfont=look, hoverinfo="skip")
    ] * bool(texts)


def colour_bar(chart: Chart, palette: Palette, height: int) -> dict[str, Any]:
    """By a trace without points: each mark has its own colours, and all mean the same."""
    bar = chart.colours
    assert bar is not None
    return {
        "type": "scatter",
        "x": [None],
        "y": [None],
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
        "marker": {
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
                "len": min(1.0, max(200.0, chart.height) / height),
                "y": 1,
                "yanchor": "top",
            },
        },
    }
