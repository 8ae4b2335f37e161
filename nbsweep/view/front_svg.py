"""The front and its hypervolume as static SVG, for cells without scripts.

Drawn with what `drawing` has; lengths are pixels of a 960 pixel wide plot, y grows downwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbsweep.analysis.front_plot import (
    Dot,
    FrontAxis,
    FrontPlot,
    HypervolumePlot,
    Place,
)
from nbsweep.analysis.ticks import linear_ticks, number_labels
from nbsweep.view.drawing import (
    WIDTH,
    Plot,
    document,
    fitted,
    label,
    segment,
    text_width,
)
from nbsweep.wording import clip, number, plural

MOST_DOTS = 250  # of the front, and of the others; more would make outputs heavy
TOLD = 8  # runs of the front that the alternative text names
COLUMNS = 3  # panels side by side
TALL, SMALL = 300.0, 200.0  # heights of the plane of one panel, and of one of several
TOP, BELOW, RIGHT = 36.0, 40.0, 26.0
NAME_ROOM = 30  # characters of an axis' name
_LIGHT = (
    ".front{fill:#d9730d;stroke:#fbfbfc;stroke-width:1}.dominated{fill:#41a6c4;opacity:.45}"
    ".beyond{fill:none;stroke:#7d848d;stroke-width:1.2}.steps{fill:none;stroke:#d9730d;"
    "stroke-width:1.6}.limit{stroke:#7d848d;stroke-dasharray:5 4}.level{fill:none;"
    "stroke:#253494;stroke-width:2}.raise{fill:#41a6c4}"
)
_DARK = (
    ".front{fill:#ee8f4f;stroke:#16191d}.dominated{fill:#53bcc4}.beyond{stroke:#8b939d}"
    ".steps{stroke:#ee8f4f}.limit{stroke:#8b939d}.level{stroke:#8ecbf0}.raise{fill:#53bcc4}"
)


def front_plot(data: FrontPlot) -> Plot:
    """The front of a sweep; words alone while no run has a value of each objective."""
    title = "Front"
    if data.empty:
        return Plot(title, data.empty, "", "")
    dots, hidden = _drawn_dots(data.dots)
    left_out = f"{len(dots)} of {plural(len(data.dots), 'run')} drawn" if hidden else ""
    places = {dot.place for dot in data.dots}
    key = "hollow: beyond a limit" if Place.BEYOND in places else ""
    caption = "; ".join(filter(None, [data.subtitle, key, data.caption, left_out]))
    on_front = [dot for dot in data.dots if dot.place is Place.FRONT]
    told = "; ".join(_told(dot, data) for dot in on_front[:TOLD])
    more = f"; and {len(on_front) - TOLD} more" if len(on_front) > TOLD else ""
    names = " against ".join(axis.column.name for axis in data.axes)
    alt = f"{names} of {plural(len(data.dots), 'run')}. On the front: {told or 'none'}{more}."
    columns = min(COLUMNS, len(data.pairs))
    height = TALL if len(data.pairs) == 1 else SMALL
    width = WIDTH / columns
    body: list[str] = []
    for k, pair in enumerate(data.pairs):
        top = TOP + (k // columns) * (height + BELOW + TOP)
        body += _panel(data, dots, pair, (k % columns) * width, top, width, height)
    rows = math.ceil(len(data.pairs) / columns)
    return Plot(
        title, caption, alt, document(WIDTH, rows * (TOP + height + BELOW) + 6, body, _LIGHT, _DARK)
    )


def _drawn_dots(dots: Sequence[Dot]) -> tuple[list[Dot], int]:
    """The dots that are drawn, those of the front last and whole, and how many are not."""
    others = [dot for dot in dots if dot.place is not Place.FRONT]
    stride = max(1, math.ceil(len(others) / MOST_DOTS))
    on_front = [dot for dot in dots if dot.place is Place.FRONT]
    front_stride = max(1, math.ceil(len(on_front) / MOST_DOTS))
    kept = [*others[::stride], *on_front[::front_stride]]
    return kept, len(dots) - len(kept)


def _told(dot: Dot, data: FrontPlot) -> str:
    values = [
        f"{clip(axis.column.name, 40)} {number(value)}"
        for axis, value in zip(data.axes, dot.values, strict=True)
    ]
    return f"run {dot.number} with {', '.join(values)}"


def _panel(
    data: FrontPlot,
    dots: Sequence[Dot],
    pair: tuple[int, int],
    x0: float,
    top: float,
    width: float,
    height: float,
) -> list[str]:
    """Two objectives against each other, with the axis of the first below."""
    x_axis, y_axis = data.axes[pair[0]], data.axes[pair[1]]
    left = x0 + 24 + max((text_width(text) for _, text in y_axis.ticks), default=0.0)
    right, bottom = x0 + width - RIGHT, top + height

    def place(x: float, y: float) -> tuple[float, float]:
        return left + 6 + (right - left - 12) * x, bottom - 6 - (height - 12) * y

    x_name, y_name = fitted([x_axis.label, y_axis.label], NAME_ROOM if width < WIDTH else 60)
    body = [
        label(x0 + 12, top - 14, y_name, "name"),
        label(right, bottom + 34, x_name, "name", "end"),
    ]
    body += _grid(x_axis, y_axis, left, right, top, bottom)
    for at, words in x_axis.limits:
        x = place(at, 0)[0]
        body += [segment(x, top, x, bottom, "limit"), label(x + 4, top + 10, words, "dim halo")]
    for at, words in y_axis.limits:
        y = place(0, at)[1]
        body += [segment(left, y, right, y, "limit"), label(right, y - 4, words, "dim halo", "end")]
    if data.steps:
        corners = " ".join(f"{x:.1f} {y:.1f}" for x, y in (place(*corner) for corner in data.steps))
        body.append(f'<polyline class="steps" points="{corners}"/>')
    for dot in dots:
        x, y = place(dot.positions[pair[0]], dot.positions[pair[1]])
        kind = dot.place.name.lower()
        radius = 5 if dot.place is Place.FRONT else 3.4
        body.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>')
    return body


def _grid(
    x_axis: FrontAxis, y_axis: FrontAxis, left: float, right: float, top: float, bottom: float
) -> list[str]:
    body = []
    for position, text in y_axis.ticks:
        y = bottom - 6 - (bottom - top - 12) * position
        body += [segment(left, y, right, y, "grid"), label(left - 7, y + 4, text, "", "end")]
    free = left - 30.0
    for position, text in x_axis.ticks:
        x = left + 6 + (right - left - 12) * position
        body.append(segment(x, top, x, bottom, "grid"))
        half = text_width(text) / 2
        if x - half > free:  # labels side by side need room
            body.append(label(x, bottom + 16, text, "", "middle"))
            free = x + half + 8
    return [*body, segment(left, bottom, right, bottom, "axis")]


def hypervolume_plot(data: HypervolumePlot) -> Plot:
    """The hypervolume after each run; words alone while no run counts."""
    title = "Hypervolume of the front"
    if data.empty:
        return Plot(title, data.empty, "", "")
    volume = number(data.volumes[-1])
    alt = f"Hypervolume {volume} after {plural(len(data.numbers), 'run')}. {data.caption}"
    caption = "; ".join(filter(None, [f"{volume} now", data.caption]))
    return Plot(title, caption, alt, _level(data))


def _level(data: HypervolumePlot) -> str:
    height, most = SMALL, data.volumes[-1]
    ticks = linear_ticks(0.0, most) if most > 0 else [0.0]
    labels = number_labels(ticks)
    left = max(50.0, 24 + max(map(text_width, labels)))
    right, bottom = WIDTH - RIGHT, TOP + height
    first, last = data.numbers[0], max(data.numbers[-1], data.numbers[0] + 1)

    def x_of(run: float) -> float:
        return left + (right - left) * (run - first) / (last - first)

    def y_of(volume: float) -> float:
        return bottom - (height - 8) * (volume / most if most > 0 else 0.0)

    body = [label(12, 22, data.label, "name")]
    for tick, text in zip(ticks, labels, strict=True):
        body += [
            segment(left, y_of(tick), right, y_of(tick), "grid"),
            label(left - 7, y_of(tick) + 4, text, "", "end"),
        ]
    body.append(segment(left, bottom, right, bottom, "axis"))
    body += [
        label(x_of(run), bottom + 17, f"{run:,.0f}", "", "middle")
        for run in linear_ticks(first, last, 8, integer=True)
        if run.is_integer()
    ]
    body.append(label(left - 7, bottom + 17, "run", "dim", "end"))
    path, level = [f"M{x_of(first):.1f} {y_of(0.0):.1f}"], None
    raised = []
    for run, volume, words in zip(data.numbers, data.volumes, data.added, strict=True):
        if volume != level:
            path.append(f"H{x_of(run):.1f}V{y_of(volume):.1f}")
            level = volume
        if words:
            raised.append(
                f'<circle class="raise" cx="{x_of(run):.1f}" cy="{y_of(volume):.1f}" r="3.2"/>'
            )
    path.append(f"H{x_of(data.numbers[-1]):.1f}")
    body.append(f'<path class="level" d="{"".join(path)}"/>')
    stride = max(1, math.ceil(len(raised) / MOST_DOTS))
    return document(WIDTH, bottom + 30, [*body, *raised[::stride]], _LIGHT, _DARK)
