"""Any chart as static SVG, for cells without scripts: see `nbsweep.analysis.charts.chart`.

Drawn with what `drawing` has; lengths are pixels of a 960 pixel wide plot, y grows downwards.
"""

from __future__ import annotations

import math
import textwrap
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
    drawn_points,
)
from nbsweep.analysis.charts.palette import DARK, LIGHT, PALE, Palette
from nbsweep.analysis.parallel_coordinates import colour_code
from nbsweep.view.drawing import (
    CHAR,
    WIDTH,
    Plot,
    document,
    fitted,
    label,
    segment,
    shade_of,
    shade_styles,
    text_width,
    themed,
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
    body, height, hidden = _drawing(chart, 0.0)
    words = [words.rstrip(".") for words in (chart.subtitle, chart.caption, hidden) if words]
    svg = document(WIDTH, height, body, *_styles())
    return Plot(chart.title, "; ".join(words), chart.words, svg)


def chart_file(chart: Chart, palette: Palette = LIGHT) -> str:
    """A chart as an SVG document that stands alone: with its words, in one theme.

    Args:
        chart: what to draw; of an empty one the document says why it is.
        palette: LIGHT or DARK.
    """
    room = WIDTH / CHAR - 4
    y = 26.0
    head = [label(12, y, fitted([chart.title], room * 0.8)[0], "name head")]
    for line in textwrap.wrap(chart.subtitle, int(room)):
        y += 17
        head.append(label(12, y, line))
    if chart.empty or not chart.panels:
        body, height, hidden = [], y + 60, ""
        for line in textwrap.wrap(chart.empty, int(room)):
            y += 24
            body.append(label(12, y, line))
    else:
        body, height, hidden = _drawing(chart, y + 4)
    for line in textwrap.wrap("; ".join(filter(None, (chart.caption, hidden))), int(room)):
        height += 16
        body.append(label(12, height - 8, line, "dim"))
    light, dark = _styles()
    look = "text.head{font-size:14px}" + light + (themed(dark) if palette is DARK else "")
    return document(WIDTH, height + 4, [*head, *body], look, None)


def _drawing(chart: Chart, top: float) -> tuple[list[str], float, str]:
    """The elements from a y on, the y where they end, and what is not drawn, in words."""
    n_columns = chart.across
    room = WIDTH - (BAR_ROOM if chart.colours else 0.0)
    width, height = room / n_columns, float(chart.height if n_columns == 1 else chart.height * 0.8)
    body, start = _legend(chart, top)
    hidden = 0
    for k, panel in enumerate(chart.panels):
        upper = start + TOP + (k // n_columns) * (height + BELOW + TOP)
        is_inner = chart.shares_y and k % n_columns > 0
        drawn, left_out = _panel(
            panel, (k % n_columns) * width, upper, width, height, is_inner=is_inner
        )
        body += drawn
        hidden += left_out
    n_rows = chart.down
    if chart.colours is not None:
        body += _colour_bar(chart.colours, start + TOP, min(height, 260.0))
    total = start + n_rows * (TOP + height + BELOW) + 6
    return body, total, f"{plural(hidden, 'point')} not drawn" if hidden else ""


def _styles() -> tuple[str, str]:
    shades = shade_styles()
    styles = []
    for palette, shade in zip((LIGHT, DARK), shades, strict=True):
        css = [
            f"rect.cell{{stroke:none;shape-rendering:crispEdges}}.halo{{stroke:{palette.ground}}}"
        ]
        for name in (*palette.roles, *range(len(palette.series))):
            colour = palette.colour(name)
            css.append(
                f".r-{name}{{stroke:{colour};fill:{colour}}}text.r-{name}{{stroke:none}}"
                f"rect.r-{name},circle.r-{name}{{stroke:none}}.path.r-{name}{{fill:none}}"
                f"circle.open.r-{name}{{stroke:{colour}}}.halo.r-{name}{{stroke:{palette.ground}}}"
            )
        for scale in ("signed", "amount"):
            css += [f"rect.{scale[0]}{i}{{fill:{palette.shade(i / 15, scale)}}}" for i in range(16)]
        css += _cell_texts(palette, is_dark=palette is DARK)
        css += [
            f".area{{stroke:none!important;fill-opacity:{PALE}}}.path{{fill:none}}",
            ".open{fill:none!important}.thick{stroke-width:2}.s{fill:none}",
            f".ring{{fill:none;stroke:{palette.ink};stroke-width:1.6}}",
            f".edge{{fill:none;stroke:{palette.ground};stroke-width:1}}",
        ]
        styles.append(shade + "".join(css))
    return styles[0], styles[1]


def _cell_texts(palette: Palette, *, is_dark: bool) -> list[str]:
    """A text in a cell is light or dark, whichever is read on the cell; so are symbols filled."""
    css = []
    for scale in ("quality", "signed", "amount"):
        for i in range(16):
            # The quality's shades are those of `shade_styles`, short of the darkest end.
            share = i / 15
            cell = palette.shade(share, scale)
            if scale == "quality":
                cell = colour_code(0.8 * (1 - share)) if is_dark else colour_code(share)
                css.append(f"circle.q{i},polygon.q{i}{{fill:{cell};stroke:none}}")
            css.append(f".t{scale[0]}{i}{{fill:{palette.on(cell)}}}")
    css += [
        f".o-{name}{{fill:{palette.on(palette.colour(name))}}}"
        for name in (*palette.roles, *range(len(palette.series)))
    ]
    return css


def _class(role: Role | int) -> str:
    return f"r-{role if isinstance(role, str) else role % len(LIGHT.series)}"


def _legend(chart: Chart, top: float) -> tuple[list[str], float]:
    """The names of the marks in rows from the left, and where they end."""
    named: dict[str, Mark] = {}
    for panel in chart.panels:
        for mark in panel.marks:
            if isinstance(mark, Points | Line | Band | Bars) and mark.name:
                named.setdefault(mark.name, mark)
    if not named:
        return [], top
    body: list[str] = []
    x, y = 12.0, top + 20
    for name, mark in zip(fitted(list(named), 40), named.values(), strict=True):
        width = text_width(name) + 40
        if x > 12 and x + width > WIDTH - RIGHT:
            x, y = 12.0, y + 18
        body += [*_sample(mark, x + 8, y - 4), label(x + 20, y, name)]
        x += width
    return body, y + 6


def _sample(mark: Mark, x: float, y: float) -> list[str]:
    """What a mark looks like, in the legend."""
    if isinstance(mark, Points):
        colour = f"q{shade_of(mark.shades[-1])}" if mark.shades else _class(mark.role)
        return _symbol(x, y, mark.symbol, min(mark.size / 2 / _RADIUS + 1, 5.0), colour)
    if isinstance(mark, Line):
        return _stroke(mark, f"M{x - 8:.1f} {y:.1f}h16")
    role: Role | int = "run"
    if isinstance(mark, Bars | Band):
        role = mark.role(0) if isinstance(mark, Bars) else mark.role
    area = "area " if isinstance(mark, Band) or getattr(mark, "is_pale", False) else ""
    return [
        f'<rect class="{area}{_class(role)}" x="{x - 6:.1f}" y="{y - 5:.1f}" '
        'width="12" height="10" rx="2"/>'
    ]


def _panel(
    panel: Panel, x0: float, top: float, width: float, height: float, *, is_inner: bool
) -> tuple[list[str], int]:
    """The elements of a panel, and how many points are left out.

    Args:
        panel: what to draw.
        x0: its left end.
        top: of the drawing; its words are above.
        width: the room it has.
        height: of the drawing.
        is_inner: it has the y axis of the panel at its left, which is not named again.
    """
    y_ticks = panel.y.ticks_up(max(1, int(height / 13)), min(26, int(width / 3 / CHAR)))
    names = [] if is_inner else [tick.label for tick in y_ticks]
    left = x0 + (8 if is_inner else 24) + max(map(text_width, names), default=0.0)
    right, bottom = x0 + width - (6 if is_inner else RIGHT), top + height
    if is_inner:
        right = x0 + width - RIGHT / 2
    box = _Box(
        left,
        top,
        right,
        bottom,
        lambda value: left + 6 + (right - left - 12) * panel.x.position(value),
        lambda value: bottom - 6 - (height - 12) * panel.y.position(value),
    )
    heading = " · ".join(filter(None, (panel.title, "" if is_inner else panel.y.title)))
    body = [
        label(x0 + (8 if is_inner else 12), top - 10, _fit(heading, width - 20), "name"),
        label(right, bottom + 34, _fit(panel.x.title, width - 20), "name", "end"),
    ]
    for tick in y_ticks:
        y = box.y(tick.at)
        if panel.y.kind != "category":
            body.append(segment(left, y, right, y, "grid"))
        if not is_inner:
            body.append(label(left - 7, y + 4, tick.label, "", "end"))
    body += _x_ticks(panel, box)
    hidden = 0
    for mark in panel.marks:
        drawn, left_out = _mark(mark, box)
        body += drawn
        hidden += left_out
    return body, hidden


def _fit(text: str, pixels: float) -> str:
    """A bold text cut to a width."""
    return fitted([text], pixels / CHAR / 1.08)[0] if text else ""


def _x_ticks(panel: Panel, box: _Box) -> list[str]:
    ticks = panel.x.ticks_across((box.right - box.left) / CHAR)
    body = []
    free = box.left - 30.0
    for tick in sorted(ticks, key=lambda tick: box.x(tick.at)):
        x = box.x(tick.at)
        if panel.x.kind != "category":
            body.append(segment(x, box.top, x, box.bottom, "grid"))
        half = text_width(tick.label) / 2
        if x - half > free:  # labels side by side need room
            middle = min(x, WIDTH - half - 4)
            body.append(label(middle, box.bottom + 16, tick.label, "", "middle"))
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
    kept = drawn_points(len(mark.x), MOST_POINTS)
    radius = mark.size / 2 / _RADIUS + 1
    body = []
    for i in kept:
        colour = f"q{shade_of(mark.shades[i])}" if mark.shades else _class(mark.role)
        x, y = box.x(mark.x[i]), box.y(mark.y[i])
        body += _symbol(x, y, mark.symbol_of(i), radius, colour)
        if mark.has_edge or (mark.rings and mark.rings[i]):
            kind = "edge" if mark.has_edge else "ring"
            around = radius if mark.has_edge else radius + 0.8
            body.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{around:.1f}"/>')
    return body, len(mark.x) - len(kept)


def _symbol(x: float, y: float, symbol: Symbol, radius: float, classes: str) -> list[str]:
    if symbol in ("cross", "crossed"):
        r = radius * (1.0 if symbol == "cross" else 0.7)
        path = f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}"
        cross = f'<path class="{classes} thick" d="{path}l{-2 * r:.1f} {2 * r:.1f}"/>'
        return [cross] if symbol == "cross" else [cross, *_symbol(x, y, "open", radius, classes)]
    if symbol in ("star", "up", "down", "square"):
        corners = _corners(x, y, symbol, radius * 1.5)
        return [f'<polygon class="{classes}" points="{corners}"/>']
    if symbol == "open":
        circle = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
        return [f'<circle class="{classes} open" stroke-width="1.6" {circle}/>']
    return [f'<circle class="{classes}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>']


def _corners(x: float, y: float, symbol: Symbol, radius: float) -> str:
    n = {"star": 10, "square": 4}.get(symbol, 3)
    turn = {"down": math.pi, "square": math.pi / 4}.get(symbol, 0.0)
    corners = []
    for k in range(n):
        r = radius * (0.42 if n == 10 and k % 2 else 0.8 if n == 4 else 1.0)
        angle = turn + 2 * math.pi * k / n
        corners.append(f"{x + r * math.sin(angle):.1f} {y - r * math.cos(angle):.1f}")
    return " ".join(corners)


def _stroke(mark: Line, path: str) -> list[str]:
    """The path in the look of a line."""
    colour = _class(mark.role) if mark.shade is None else f"q{shade_of(mark.shade)}"
    dash = ' stroke-dasharray="5 4"' if mark.is_dashed else ""
    return [f'<path class="line path {colour}" stroke-width="{mark.width:g}"{dash} d="{path}"/>']


def _line(mark: Line, box: _Box) -> list[str]:
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
    body = _stroke(mark, "".join(path))
    if mark.end is not None and end is not None:
        colour = _class(mark.role) if mark.shade is None else f"q{shade_of(mark.shade)}"
        body += _symbol(*end, mark.end, 4, colour)
    return body


def _bars(mark: Bars, box: _Box) -> list[str]:
    body = []
    for i, at in enumerate(mark.at):
        ends = (mark.starts[i], mark.ends[i])
        sides = (at - mark.thickness / 2, at + mark.thickness / 2)
        xs, ys = (ends, sides) if mark.is_horizontal else (sides, ends)
        body.append(_rect(xs, ys, box, "area " * mark.is_pale + _class(mark.role(i))))
        if mark.errors:
            body.append(_error_bar(mark, i, box))
        if mark.labels and mark.labels[i]:
            body.append(_bar_label(mark, i, box))
    return body


def _error_bar(mark: Bars, i: int, box: _Box) -> str:
    """The error of a bar, as far as it is inside the panel."""
    ends = (mark.ends[i] - mark.errors[i], mark.ends[i] + mark.errors[i])
    if mark.is_horizontal:
        y = box.y(mark.at[i])
        low, high = (min(max(box.x(end), box.left), box.right) for end in ends)
        return segment(low, y, high, y, "err")
    x = box.x(mark.at[i])
    low, high = (min(max(box.y(end), box.top), box.bottom) for end in ends)
    return segment(x, low, x, high, "err")


def _bar_label(mark: Bars, i: int, box: _Box) -> str:
    """The text beyond a bar and its error; over the bar where there is no room beyond."""
    is_back, beyond = mark.is_back(i), mark.beyond(i)
    words, width = mark.labels[i], text_width(mark.labels[i])
    if not mark.is_horizontal:
        y = box.y(beyond) + (14 if is_back else -5)
        return label(box.x(mark.at[i]), max(y, box.top + 11), words, "halo", "middle")
    y, x = box.y(mark.at[i]) + 4, box.x(beyond) + (-5 if is_back else 5)
    has_room = x - width >= box.left if is_back else x + width <= box.right + RIGHT - 4
    classes = "halo"
    if not has_room:
        x, classes = box.x(mark.starts[i]) + (-5 if is_back else 5), f"o{_class(mark.role(i))[1:]}"
    return label(x, y, words, classes, "end" if is_back else "start")


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
                words = fitted([mark.labels[row][column]], (box.x(xs[1]) - box.x(xs[0])) / CHAR)[0]
                body.append(label(x, y + 4, words, f"t{mark.scale[0]}{shade}", "middle"))
    return body


def _rule(mark: Rule, box: _Box) -> list[str]:
    dash = ' stroke-dasharray="5 4"' if mark.is_dashed else ""
    if mark.is_vertical:
        x = box.x(mark.at)
        path = f"M{x:.1f} {box.top:.1f}V{box.bottom:.1f}"
        is_right = x > (box.left + box.right) / 2
        text = (x - 4, box.top + 11, "end") if is_right else (x + 4, box.top + 11, "start")
    else:
        y = box.y(mark.at)
        path, text = f"M{box.left:.1f} {y:.1f}H{box.right:.1f}", (box.right - 2, y - 4, "end")
    body = [f'<path class="path {_class(mark.role)}"{dash} d="{path}"/>']
    if mark.text:
        body.append(label(text[0], text[1], mark.text, "dim halo", text[2]))
    return body


def _words(mark: Words, box: _Box) -> str:
    classes = f"halo {_class(mark.role)}"
    x, y = box.x(mark.x), box.y(mark.y) + 4
    lines = mark.text.split("\n")
    return "".join(
        label(x, y + 14 * (k - (len(lines) - 1) / 2), line, classes, mark.anchor)
        for k, line in enumerate(lines)
    )


def _colour_bar(bar: ColourBar, top: float, height: float) -> list[str]:
    """A column of shades at the right with its labels."""
    x, step = WIDTH - BAR_ROOM + 12, height / 16
    body = [label(WIDTH - 12, top - 10, fitted([bar.title], 13)[0], "name", "end")]
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
