"""Any chart as a plotly figure: see `nbsweep.analysis.charts.chart`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from nbsweep.analysis.charts.chart import (
    Axis,
    Chart,
    Panel,
    Points,
    Role,
    Rule,
    Tick,
    Words,
)
from nbsweep.analysis.charts.palette import Palette, pale
from nbsweep.analysis.charts.tame import tamed
from nbsweep.analysis.ticks import shorten, thin
from nbsweep.plots import theme
from nbsweep.plots.figures.traces import FIGURE_PX, MOST_POINTS, colour_bar, traces_of
from nbsweep.wording import plural

_WIDTH = 104  # characters that fit side by side below a figure of the usual width
_TICK_PX, _TICK_WIDTH = 15, 26  # of a name beside the axis, in pixels and characters
_GAP_PX = 74  # between rows of panels: ticks, the name of the axis, a title
_Ends = tuple[float, float]
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def draw_chart(chart: Chart, palette: Palette | None = None) -> go.Figure:
    """The figure; words in place of the panels when there is nothing to draw.

    Args:
        chart: what to draw.
        palette: the colours; those of the theme in use when left out.
    """
    return go.Figure(figure_dict(chart, palette))


def figure_dict(chart: Chart, palette: Palette | None = None) -> dict[str, Any]:
    """The same as plain ``{"data": …, "layout": …}``.

    Made by hand, since each change of a figure costs plotly milliseconds.
    """
    palette = palette or theme.palette()
    n_columns = chart.across
    n_rows = chart.down
    height = n_rows * chart.height + (n_rows - 1) * _GAP_PX
    layout = theme.new_layout(
        chart.title,
        height=height,
        subtitle=chart.subtitle,
        captions=[chart.caption, _left_out(chart)],
        below_px=52,
        palette=palette,
    )
    layout["template"] = "none"  # all is said below; copying one takes longer than the rest
    if chart.empty or not chart.panels:
        return {"data": [], "layout": theme.words_instead(layout, chart.empty, palette)}
    drawing = _Drawing(chart, palette, layout)
    gap = _between_columns(chart, n_columns)
    width = (1 - gap * (n_columns - 1)) / n_columns
    for k in range(len(chart.panels)):
        row, column = divmod(k, n_columns)
        left, top = column * (width + gap), 1 - row * (chart.height + _GAP_PX) / height
        drawing.add_panel(
            k, (left, min(left + width, 1.0)), (max(top - chart.height / height, 0.0), top)
        )
    if chart.colours is not None:
        drawing.traces.append(colour_bar(chart, palette, height))
    has_titles = any(panel.title for panel in chart.panels[:n_columns])
    layout |= {
        "showlegend": bool(drawing.named),
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1 + 24 * has_titles / height,
            "yanchor": "bottom",
        },
        "hovermode": "closest",
        "barmode": "overlay",  # each mark says where its bars begin and end
    }
    if drawing.named and has_titles:
        layout["margin"]["t"] += 24
        layout["height"] += 24
    return {"data": drawing.traces, "layout": layout}


class _Drawing:
    """Gathers the traces, and in the layout axes, texts and lines.

    Attributes:
        traces: so far.
        named: what is in the legend.
    """

    def __init__(self, chart: Chart, palette: Palette, layout: dict[str, Any]) -> None:
        self.traces: list[dict[str, Any]] = []
        self.named: set[str] = set()
        self._chart, self._palette, self._layout = chart, palette, layout
        self._texts: list[dict[str, Any]] = layout["annotations"]
        self._shapes: list[dict[str, Any]] = layout.setdefault("shapes", [])

    def add_panel(
        self, k: int, x_domain: tuple[float, float], y_domain: tuple[float, float]
    ) -> None:
        """A panel by its index, in its part of the figure."""
        chart, palette = self._chart, self._palette
        panel, name = tamed(chart.panels[k]), str(k + 1) if k else ""
        n_columns = chart.across
        characters = _WIDTH / n_columns
        x_axis = _axis(panel.x, palette, panel.x.ticks_across(characters), int(characters))
        y_axis = _axis(panel.y, palette, _y_ticks(panel, chart), chart.height // 8)
        if chart.shares_y and k:
            y_axis["matches"] = "y"
            if k % n_columns:
                y_axis |= {"title": None, "showticklabels": False}
        self._layout[f"xaxis{name}"] = {
            **x_axis, "tickangle": 0, "domain": x_domain, "anchor": f"y{name}"
        }  # fmt: skip
        self._layout[f"yaxis{name}"] = {
            **y_axis, "automargin": True, "domain": y_domain, "anchor": f"x{name}"
        }  # fmt: skip
        if panel.title:
            self._texts.append(
                {
                    "text": theme.text(panel.title),
                    "font": {"size": 13},
                    "showarrow": False,
                    "x": sum(x_domain) / 2,
                    "xref": "paper",
                    "xanchor": "center",
                    "y": y_domain[1],
                    "yref": "paper",
                    "yanchor": "bottom",
                }
            )
        for mark in panel.marks:
            for trace in traces_of(mark, palette, panel, chart):
                self._add_trace(trace, name)
            if isinstance(mark, Rule):
                self._add_rule(mark, panel, name)
            if isinstance(mark, Words):
                self._add_words(mark, panel, name)

    def _add_trace(self, trace: dict[str, Any], name: str) -> None:
        trace |= {"xaxis": f"x{name}", "yaxis": f"y{name}", "showlegend": False}
        if trace.get("name"):
            is_first = trace["name"] not in self.named
            trace |= {"legendgroup": trace["name"], "showlegend": is_first}
            self.named.add(trace["name"])
        else:
            trace.pop("name", None)
        self.traces.append(trace)

    def _add_rule(self, mark: Rule, panel: Panel, name: str) -> None:
        palette = self._palette
        colour = palette.colour(mark.role)
        axis = panel.x if mark.is_vertical else panel.y
        along, across = ("x", "y") if mark.is_vertical else ("y", "x")
        place = {f"{along}ref": f"{along}{name}", f"{across}ref": f"{across}{name} domain"}
        self._shapes.append(
            {
                "type": "line",
                "line": {
                    "color": colour,
                    "width": 1.2,
                    "dash": "dash" if mark.is_dashed else "solid",
                },
                f"{along}0": mark.at,
                f"{along}1": mark.at,
                f"{across}0": 0,
                f"{across}1": 1,
                **place,
            }
        )
        if not mark.text:
            return
        is_far = mark.is_vertical and axis.position(mark.at) > 0.5
        sides = (
            {
                "yanchor": "top",
                "xanchor": "right" if is_far else "left",
                "xshift": -3 if is_far else 3,
            }
            if mark.is_vertical
            else {"xanchor": "right", "yanchor": "bottom"}
        )
        self._texts.append(
            {**self._label(mark.text, mark.role), **place, **sides,
             along: _as_placed(mark.at, axis), across: 1}
        )  # fmt: skip

    def _add_words(self, mark: Words, panel: Panel, name: str) -> None:
        self._texts.append(
            {
                **self._label(mark.text, mark.role),
                "x": _as_placed(mark.x, panel.x),
                "y": _as_placed(mark.y, panel.y),
                "xref": f"x{name}",
                "yref": f"y{name}",
                "xanchor": _ANCHORS[mark.anchor],
            }
        )

    def _label(self, words: str, role: Role | int) -> dict[str, Any]:
        return {
            "text": theme.text(words).replace("\n", "<br>"),
            "showarrow": False,
            "font": {"size": 11, "color": self._palette.colour(role)},
            "bgcolor": pale(self._palette.ground, 0.75),
            "borderpad": 1,
        }


def _as_placed(value: float, axis: Axis) -> float:
    """A logarithmic axis takes the place of a text as its exponent."""
    return math.log10(value) if axis.kind == "log" else value


def _between_columns(chart: Chart, n_columns: int) -> float:
    """The share of the width between two columns: room for the names beside the axes."""
    if n_columns == 1:
        return 0.0
    if chart.shares_y:
        return 0.1 / n_columns
    longest = max(
        len(tick.label)
        for k, panel in enumerate(chart.panels)
        for tick in (*_y_ticks(panel, chart), Tick(0.0, ""))
        if k % n_columns
    )
    return min((52 + 6.8 * longest) / FIGURE_PX, 0.5 / (n_columns - 1))


def _y_ticks(panel: Panel, chart: Chart) -> tuple[Tick, ...]:
    n_columns = chart.across
    width = _TICK_WIDTH if n_columns == 1 else 30 // n_columns
    return panel.y.ticks_up(max(1, chart.height // _TICK_PX), width)


def _left_out(chart: Chart) -> str:
    """How many points of crowded marks are not drawn, in words."""
    hidden = sum(
        len(mark.x) - len(thin(len(mark.x), MOST_POINTS))
        for panel in chart.panels
        for mark in panel.marks
        if isinstance(mark, Points)
    )
    return f"{plural(hidden, 'point')} not drawn" if hidden else ""


def _axis(axis: Axis, palette: Palette, ticks: Sequence[Tick], room: int) -> dict[str, Any]:
    """The axis as plotly takes it; its name has room for so many characters."""
    name = shorten([axis.title], max(room, 8))[0]
    drawn: dict[str, Any] = {
        "title": {"text": theme.text(name), "standoff": 8, "font": {"size": 13}},
        "type": "log" if axis.kind == "log" else "linear",
        "range": _range(axis),
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zeroline": False,
        "showgrid": axis.kind != "category",
        "exponentformat": "none" if 1e-4 < max(abs(axis.low), abs(axis.high)) < 1e7 else "power",
    }
    # On a logarithmic axis plotly's own ticks say 2, 5 for 20, 50.
    if axis.ticks or axis.kind != "linear" or axis.low == axis.high:
        drawn["tickvals"] = [tick.at for tick in ticks]
        drawn["ticktext"] = [theme.text(tick.label) for tick in ticks]
    elif axis.is_integer:
        drawn["tickformat"] = "d"
        if axis.high - axis.low <= 12:
            drawn["dtick"] = 1
    return drawn


def _range(axis: Axis) -> list[float]:
    """The ends of an axis as plotly takes them, with room for marks at its ends."""
    low, high = axis.low, axis.high
    if axis.kind == "log":
        low, high = math.log10(low), math.log10(high)
    span = high - low
    if axis.kind == "category":
        margin = 0.0
    elif axis.kind == "log":
        margin = 0.03 * span or 0.5
    else:
        margin = 0.03 * span or 0.1 * abs(high) or 1.0
    ends = [low - margin, high + margin]
    if not all(map(math.isfinite, ends)):
        ends = [low, high]
    return ends[::-1] if axis.is_reversed else ends
