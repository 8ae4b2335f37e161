"""The Pareto front and its hypervolume, from what `front_plot` collects."""

from __future__ import annotations

from nbsweep.analysis.charts.axes import caption_of
from nbsweep.analysis.charts.chart import (
    Axis,
    Chart,
    Line,
    Mark,
    Panel,
    Points,
    Role,
    Rule,
    Symbol,
    Tick,
)
from nbsweep.analysis.front_plot import Dot, FrontAxis, FrontPlot, HypervolumePlot, Place
from nbsweep.wording import number

_LOOKS: dict[Place, tuple[Role, Symbol, float]] = {
    Place.BEYOND: ("quiet", "open", 7.0),
    Place.DOMINATED: ("run", "circle", 6.0),
    Place.FRONT: ("best", "circle", 9.0),
}


def collect_front_chart(data: FrontPlot) -> Chart:
    """Each pair of objectives; places are from 0 to 1, as `front_plot` has them."""
    title = f"{data.title} · front"
    if data.empty:
        return Chart("front", title, empty=data.empty, caption=data.caption)
    n = len(data.pairs)
    return Chart(
        "front",
        title,
        panels=tuple(_panel(data, x, y) for x, y in data.pairs),
        subtitle=data.subtitle,
        caption=data.caption,
        n_columns=1 if n == 1 else 3,
        height=360 if n == 1 else 240,
    )


def _panel(data: FrontPlot, x: int, y: int) -> Panel:
    marks: list[Mark] = []
    for axis, is_vertical in ((data.axes[x], True), (data.axes[y], False)):
        marks += [Rule(at, is_vertical, words) for at, words in axis.limits]
    if data.steps:
        corners = tuple(zip(*data.steps, strict=True))
        marks.append(Line(corners[0], corners[1], "best"))
    for place, (role, symbol, size) in _LOOKS.items():
        dots = [dot for dot in data.dots if dot.place is place]
        if dots:
            marks.append(
                Points(
                    tuple(dot.positions[x] for dot in dots),
                    tuple(dot.positions[y] for dot in dots),
                    role,
                    place.value,
                    texts=tuple(_text(dot, data) for dot in dots),
                    symbol=symbol,
                    size=size,
                )
            )
    return Panel(_axis(data.axes[x]), _axis(data.axes[y]), tuple(marks))


def _axis(axis: FrontAxis) -> Axis:
    return Axis(axis.label, 0.0, 1.0, ticks=tuple(Tick(*tick) for tick in axis.ticks))


def _text(dot: Dot, data: FrontPlot) -> str:
    values = [
        f"{axis.column.name} {number(value)}"
        for axis, value in zip(data.axes, dot.values, strict=True)
    ]
    return "\n".join((f"{dot.name} · run {dot.number}", *values, *dot.lines))


def collect_hypervolume_chart(data: HypervolumePlot) -> Chart:
    """The volume after each run, with a dot for each run that raised it."""
    title = f"{data.title} · hypervolume"
    if data.empty:
        return Chart("hypervolume", title, empty=data.empty, caption=data.caption)
    xs = tuple(map(float, data.numbers))
    raised = [k for k, words in enumerate(data.added) if words]
    return Chart(
        "hypervolume",
        title,
        panels=(
            Panel(
                Axis("run", min(xs), max(xs), is_integer=True),
                Axis(data.label, min(0.0, *data.volumes), max(data.volumes)),
                (
                    Line(xs, data.volumes, "model", width=2.0, is_step=True),
                    Points(
                        tuple(xs[k] for k in raised),
                        tuple(data.volumes[k] for k in raised),
                        name="raised it",
                        texts=tuple(f"{data.names[k]}\n{data.added[k]}" for k in raised),
                    ),
                ),
            ),
        ),
        subtitle=data.subtitle,
        caption=caption_of(data.caption),
    )
