"""Any chart as static SVG, for cells without scripts: see `nbsweep.analysis.charts.chart`.

Drawn with what `drawing` has; lengths are pixels of a 960 pixel wide plot, y grows downwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbsweep.analysis.charts.chart import (
    Band,
    Bars,
    Cells,
    Chart,
    ColourBar,
    Line,
    Mark,
    Panel,
    Points,
    Role,
    Rule,
    Symbol,
    Words,
)
from nbsweep.analysis.charts.palette import DARK, LIGHT
from nbsweep.view.drawing import (
    WIDTH,
    Plot,
    document,
    fitted,
    label,
    segment,
    shade_of,
    shade_styles,
    text_width,
)
from nbsweep.wording import plural

MOST_POINTS = 400  # of one mark; more would make outputs heavy
TOP, BELOW, RIGHT, BAR_ROOM = 34.0, 44.0, 22.0, 96.0
_RADIUS = 1.4  # a dot of the figure's size looks smaller on a page of 960 pixels


class _Box(NamedTuple):
    """Where a panel is, and how its values become pixels."""

    left: float
    top: float
    right: float
    bottom: float
    x: Callable[[float], float]
    y: Callable[[float], float]


def chart_plot(chart: Chart) -> Plot:
    """The drawing of a chart with the words around it; words alone when it is empty."""
    if chart.empty or not chart.panels:
        return Plot(chart.title, chart.empty, "", "")
    n_columns = max(1, min(chart.n_columns, len(chart.panels)))
    room = WIDTH - (BAR_ROOM if chart.colours else 0.0)
    width, height = room / n_columns, float(chart.height if n_columns == 1 else chart.height * 0.8)
    names = _legend(chart)
    above = 26.0 if names else 0.0
    body, hidden = list(names), 0
    for k, panel in enumerate(chart.panels):
        top = above + TOP + (k // n_columns) * (height + BELOW + TOP)
        drawn, left_out = _panel(panel, (k % n_columns) * width, top, width, height)
        body += drawn
        hidden += left_out
    n_rows = math.ceil(len(chart.panels) / n_columns)
    total = above + n_rows * (TOP + height + BELOW) + 6
    if chart.colours is not None:
        body += _colour_bar(chart.colours, above + TOP, min(height, 260.0))
    caption = "; ".join(
        filter(
            None,
            (chart.subtitle, chart.caption, f"{plural(hidden, 'point')} not drawn" * bool(hidden)),
        )
    )
    light, dark = _styles()
    svg = document(WIDTH, total, body, light, dark)
    return Plot(chart.title, caption, chart.words, svg)


def _styles() -> tuple[str, str]:
    shades = shade_styles()
    styles = []
    for palette, shade in zip((LIGHT, DARK), shades, strict=True):
        css = [
            ".area{stroke:none;fill-opacity:.18}.path{fill:none}.open{fill:none!important}",
            f"rect.cell{{stroke:none}}.halo{{stroke:{palette.ground}}}",
        ]
        for name in (*palette.roles, *range(len(palette.series))):
            colour = palette.colour(name)
            css.append(
                f".r-{name}{{stroke:{colour};fill:{colour}}}text.r-{name}{{stroke:none}}"
                f"rect.r-{name},circle.r-{name}{{stroke:none}}.path.r-{name}{{fill:none}}"
                f"circle.open.r-{name}{{stroke:{colour}}}"
            )
        for scale in ("signed", "amount"):
            css += [f"rect.{scale[0]}{i}{{fill:{palette.shade(i / 15, scale)}}}" for i in range(16)]
        styles.append(shade + "".join(css))
    return styles[0], styles[1]


def _class(role: Role | int) -> str:
    return f"r-{role if isinstance(role, str) else role % len(LIGHT.series)}"


def _legend(chart: Chart) -> list[str]:
    """The names of the marks in a row at the top right."""
    named: dict[str, Role | int] = {}
    for panel in chart.panels:
        for mark in panel.marks:
            if isinstance(mark, Points | Line | Band | Bars) and mark.name:
                role = mark.role(0) if isinstance(mark, Bars) else mark.role
                named.setdefault(mark.name, role)
    body: list[str] = []
    x = WIDTH - RIGHT
    for name, role in reversed(named.items()):
        x -= text_width(name)
        body += [
            label(x, 20, name),
            f'<rect class="{_class(role)}" x="{x - 15:.1f}" y="11" width="10" height="10" rx="2"/>',
        ]
        x -= 32
    return body


def _panel(
    panel: Panel, x0: float, top: float, width: float, height: float
) -> tuple[list[str], int]:
    """The elements of a panel, and how many points are left out."""
    y_ticks = panel.y.shown_ticks(5)
    names = fitted([tick.label for tick in y_ticks], 26) if y_ticks else []
    left = x0 + 24 + max(map(text_width, names), default=0.0)
    right, bottom = x0 + width - RIGHT, top + height
    box = _Box(
        left,
        top,
        right,
        bottom,
        lambda value: left + 6 + (right - left - 12) * panel.x.position(value),
        lambda value: bottom - 6 - (height - 12) * panel.y.position(value),
    )
    x_name, y_name, title = fitted([panel.x.title, panel.y.title, panel.title], width / 14)
    body = [
        label(x0 + 12, top - 10, f"{title} · {y_name}" if title and y_name else title or y_name,
              "name"),
        label(right, bottom + 34, x_name, "name", "end"),
    ]  # fmt: skip
    for tick, name in zip(y_ticks, names, strict=True):
        y = box.y(tick.at)
        if panel.y.kind != "category":
            body.append(segment(left, y, right, y, "grid"))
        body.append(label(left - 7, y + 4, name, "", "end"))
    body += _x_ticks(panel, box)
    hidden = 0
    for mark in panel.marks:
        drawn, left_out = _mark(mark, box)
        body += drawn
        hidden += left_out
    return body, hidden


def _x_ticks(panel: Panel, box: _Box) -> list[str]:
    ticks = panel.x.shown_ticks(max(3, int((box.right - box.left) / 90)))
    room = (box.right - box.left) / max(len(ticks), 1) / 6.3
    names = [tick.label for tick in ticks]
    if panel.x.kind == "category" and names:
        names = fitted(names, max(room, 6))
    body = []
    free = box.left - 30.0
    for tick, name in sorted(zip(ticks, names, strict=True), key=lambda pair: box.x(pair[0].at)):
        x = box.x(tick.at)
        if panel.x.kind != "category":
            body.append(segment(x, box.top, x, box.bottom, "grid"))
        half = text_width(name) / 2
        if x - half > free:  # labels side by side need room
            body.append(label(x, box.bottom + 16, name, "", "middle"))
            free = x + half + 8
    return [*body, segment(box.left, box.bottom, box.right, box.bottom, "axis")]


def _mark(mark: Mark, box: _Box) -> tuple[list[str], int]:
    if isinstance(mark, Points):
        return _points(mark, box)
    if isinstance(mark, Line):
        return _line(mark, box), 0
    if isinstance(mark, Band):
        corners = [*zip(mark.x, mark.low, strict=True)]
        corners += reversed([*zip(mark.x, mark.high, strict=True)])
        path = " ".join(f"{box.x(x):.1f} {box.y(y):.1f}" for x, y in corners)
        return [f'<polygon class="area {_class(mark.role)}" points="{path}"/>'], 0
    if isinstance(mark, Bars):
        return _bars(mark, box), 0
    if isinstance(mark, Cells):
        return _cells(mark, box), 0
    if isinstance(mark, Rule):
        return _rule(mark, box), 0
    return [_words(mark, box)], 0


def _points(mark: Points, box: _Box) -> tuple[list[str], int]:
    stride = max(1, math.ceil(len(mark.x) / MOST_POINTS))
    body = []
    for i in range(0, len(mark.x), stride):
        colour = f"q{shade_of(mark.shades[i])}" if mark.shades else _class(mark.role)
        place = box.x(mark.x[i]), box.y(mark.y[i])
        body.append(_symbol(*place, mark.symbol, mark.size / 2 / _RADIUS + 1, colour))
    return body, len(mark.x) - len(body)


def _symbol(x: float, y: float, symbol: Symbol, radius: float, classes: str) -> str:
    if symbol == "cross":
        r = radius * 0.8
        path = f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}"
        return f'<path class="{classes}" d="{path}l{-2 * r:.1f} {2 * r:.1f}"/>'
    if symbol in ("star", "up", "down"):
        return f'<polygon class="{classes}" points="{_corners(x, y, symbol, radius * 1.5)}"/>'
    hollow = " open" if symbol == "open" else ""
    # A circle of shade q is filled by its stroke's colour.
    fill = ' stroke-width="0"' if not hollow and not classes.startswith("q") else ""
    if classes.startswith("q"):
        size = f'stroke-width="{2 * radius:.1f}" stroke-linecap="round"'
        return f'<path class="line {classes}" {size} d="M{x:.1f} {y:.1f}h0"/>'
    return f'<circle class="{classes}{hollow}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"{fill}/>'


def _corners(x: float, y: float, symbol: Symbol, radius: float) -> str:
    n, turn = (10, 0.0) if symbol == "star" else (3, 0.0 if symbol == "up" else math.pi)
    corners = []
    for k in range(n):
        r = radius * (0.42 if n == 10 and k % 2 else 1.0)
        angle = turn + 2 * math.pi * k / n
        corners.append(f"{x + r * math.sin(angle):.1f} {y - r * math.cos(angle):.1f}")
    return " ".join(corners)


def _line(mark: Line, box: _Box) -> list[str]:
    colour = _class(mark.role) if mark.shade is None else f"q{shade_of(mark.shade)}"
    path: list[str] = []
    last: tuple[float, float] | None = None
    end: tuple[float, float] | None = None
    for value, level in zip(mark.x, mark.y, strict=True):
        if level is None:
            last = None
            continue
        x, y = box.x(value), box.y(level)
        if last is None:
            path.append(f"M{x:.1f} {y:.1f}")
        elif mark.is_step:
            path.append(f"H{x:.1f}V{y:.1f}")
        else:
            path.append(f"L{x:.1f} {y:.1f}")
        last = end = (x, y)
    dash = ' stroke-dasharray="5 4"' if mark.is_dashed else ""
    body = [
        f'<path class="line path {colour}" stroke-width="{mark.width:g}"{dash} '
        f'd="{"".join(path)}"/>'
    ]
    if mark.end is not None and end is not None:
        body.append(_symbol(*end, mark.end, 4, colour))
    return body


def _bars(mark: Bars, box: _Box) -> list[str]:
    body = []
    for i, at in enumerate(mark.at):
        ends = (mark.starts[i], mark.ends[i])
        sides = (at - mark.thickness / 2, at + mark.thickness / 2)
        xs, ys = (ends, sides) if mark.is_horizontal else (sides, ends)
        body.append(_rect(xs, ys, box, _class(mark.role(i))))
        if mark.errors:
            low, high = ends[1] - mark.errors[i], ends[1] + mark.errors[i]
            middle = box.y(at) if mark.is_horizontal else box.x(at)
            body.append(
                segment(box.x(low), middle, box.x(high), middle, "err")
                if mark.is_horizontal
                else segment(middle, box.y(low), middle, box.y(high), "err")
            )
        if mark.labels and mark.labels[i]:
            beyond = ends[1] + (mark.errors[i] if mark.errors else 0.0)
            x, y = (beyond, at) if mark.is_horizontal else (at, beyond)
            shift = (5.0, 4.0) if mark.is_horizontal else (0.0, -5.0)
            body.append(
                label(box.x(x) + shift[0], box.y(y) + shift[1], mark.labels[i], "halo",
                      "start" if mark.is_horizontal else "middle")
            )  # fmt: skip
    return body


def _rect(xs: Sequence[float], ys: Sequence[float], box: _Box, classes: str) -> str:
    left, right = sorted(map(box.x, xs))
    top, bottom = sorted(map(box.y, ys))
    return (
        f'<rect class="{classes}" x="{left:.1f}" y="{top:.1f}" '
        f'width="{max(right - left, 0.6):.1f}" height="{max(bottom - top, 0.6):.1f}"/>'
    )


def _cells(mark: Cells, box: _Box) -> list[str]:
    body = []
    for row, values in enumerate(mark.values):
        for column, value in enumerate(values):
            if value is None:
                continue
            xs = mark.x_edges[column : column + 2]
            ys = mark.y_edges[row : row + 2]
            shade = shade_of(mark.share(value))
            body.append(_rect(xs, ys, box, f"cell {mark.scale[0]}{shade}"))
            if mark.labels:
                x, y = sum(map(box.x, xs)) / 2, sum(map(box.y, ys)) / 2
                body.append(label(x, y + 4, mark.labels[row][column], "halo", "middle"))
    return body


def _rule(mark: Rule, box: _Box) -> list[str]:
    dash = ' stroke-dasharray="5 4"' if mark.is_dashed else ""
    if mark.is_vertical:
        x = box.x(mark.at)
        path, text = f"M{x:.1f} {box.top:.1f}V{box.bottom:.1f}", (x + 4, box.top + 11, "start")
    else:
        y = box.y(mark.at)
        path, text = f"M{box.left:.1f} {y:.1f}H{box.right:.1f}", (box.right, y - 4, "end")
    body = [f'<path class="path {_class(mark.role)}"{dash} d="{path}"/>']
    if mark.text:
        body.append(label(text[0], text[1], mark.text, "dim halo", text[2]))
    return body


def _words(mark: Words, box: _Box) -> str:
    classes = f"halo {_class(mark.role)}"
    return label(box.x(mark.x), box.y(mark.y) + 4, mark.text, classes, mark.anchor)


def _colour_bar(bar: ColourBar, top: float, height: float) -> list[str]:
    """A column of shades at the right with its labels."""
    x, step = WIDTH - BAR_ROOM + 12, height / 16
    body = [label(WIDTH - 12, top - 10, fitted([bar.title], 14)[0], "name", "end")]
    body += [
        f'<rect class="cell {bar.scale[0]}{15 - i}" x="{x:.1f}" y="{top + i * step:.1f}" '
        f'width="12" height="{step + 0.4:.1f}"/>'
        for i in range(16)
    ]
    body += [
        label(x + 18, top + height * (1 - tick.at) + 4, fitted([tick.label], 10)[0])
        for tick in bar.ticks
    ]
    return body
