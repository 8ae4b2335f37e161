"""What the plots of a front show: the plotly figures and the static pictures draw this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from itertools import combinations
from typing import NamedTuple

from nbsweep.analysis.front import (
    Growth,
    front_text,
    growth,
    lead,
    lead_text,
    not_kept,
    shares,
)
from nbsweep.analysis.metric_column import MetricColumn, metric_column
from nbsweep.analysis.parallel_coordinates import beyond_text, metric_ticks
from nbsweep.objectives import judged
from nbsweep.records import RunRecord, Snapshot
from nbsweep.sweep_config import Metric, SweepConfig
from nbsweep.wording import joined, number, percent, plural

MOST_OBJECTIVES = 4  # whose pairs are drawn: six panels; parallel coordinates show more
MOST_SHARES = 100  # runs of a front up to which each is told what it alone adds


class Place(Enum):
    """Where a run stands."""

    FRONT = "on the front"
    DOMINATED = "dominated"
    BEYOND = "beyond a limit"


class Dot(NamedTuple):
    """A run that has every objective.

    Attributes:
        number, name: of the run.
        place: where it stands.
        values: of the objectives, each in its own sign.
        positions: the same on their axes, from 0 to 1.
        lines: what there is to say of it, in words.
    """

    number: int
    name: str
    place: Place
    values: tuple[float, ...]
    positions: tuple[float, ...]
    lines: tuple[str, ...]


class FrontAxis(NamedTuple):
    """The axis of an objective.

    Attributes:
        column: its values, with the ends of the axis.
        label: its name, with an arrow to the good end.
        ticks: (position, label) from the lowest to the highest.
        limits: (position, words) of its limits that lie on the axis.
    """

    column: MetricColumn
    label: str
    ticks: tuple[tuple[float, str], ...]
    limits: tuple[tuple[float, str], ...]


class FrontPlot(NamedTuple):
    """All that a drawing of the front needs.

    Attributes:
        title, subtitle, caption: words around the drawing.
        axes: of the objectives.
        pairs: which two are drawn against each other, (x, y), one panel each.
        dots: the runs, those of the front last.
        steps: with two objectives the corners of the front's steps, from the left, as
            positions; else ().
        empty: why there is nothing to draw; "" when there is.
    """

    title: str
    subtitle: str
    caption: str
    axes: tuple[FrontAxis, ...]
    pairs: tuple[tuple[int, int], ...]
    dots: tuple[Dot, ...]
    steps: tuple[tuple[float, float], ...]
    empty: str


def collect_front(snapshot: Snapshot, config: SweepConfig) -> FrontPlot:
    """The front among the runs of a sweep with several objectives."""
    runs, metrics = snapshot.runs, config.metrics
    each = {run.id: judged(run, metrics) for run in runs}
    drawn = [run for run in runs if each[run.id].point is not None]
    found = lead(runs, config)
    axes = _axes([each[run.id].values for run in drawn], metrics)
    n_axes = min(len(axes), MOST_OBJECTIVES)
    on_front = {
        run.id: share for run, share in zip(found.front, _shares(found.front, config), strict=True)
    }
    places = [i for i, metric in enumerate(metrics) if metric.is_objective]
    dots = [
        _dot(run, [each[run.id].values[i] or 0.0 for i in places], axes, config, on_front)
        for run in drawn
    ]
    order = list(Place)
    dots.sort(key=lambda dot: (-order.index(dot.place), dot.number))
    more = f"{n_axes} of {len(axes)} objectives drawn" if n_axes < len(axes) else ""
    beyond = [beyond_text(axis.column, named=True) for axis in axes]
    return FrontPlot(
        title=f"{_title(snapshot, config)} · {plural(len(drawn), 'run')}",
        subtitle=lead_text(found, config),
        caption="; ".join(filter(None, [_left_out(runs, config), *beyond, more])),
        axes=axes,
        pairs=tuple(combinations(range(n_axes), 2)),
        dots=tuple(dots),
        steps=_steps(dots, axes) if len(axes) == 2 else (),
        empty="" if drawn else f"No run has ended with values of {front_text(config)} yet.",
    )


def _title(snapshot: Snapshot, config: SweepConfig) -> str:
    return snapshot.sweep.name or config.name or snapshot.sweep.id


def _axes(
    rows: Sequence[Sequence[float | None]], metrics: Sequence[Metric]
) -> tuple[FrontAxis, ...]:
    axes = []
    for i, metric in enumerate(metrics):
        if metric.is_objective:
            values = [row[i] for row in rows]
            column = metric_column(metric.name, metric.goal, values, range(len(values)))
            arrow = "↓" if metric.goal.is_minimized else "↑"
            ends = [("at most", metric.at_most), ("at least", metric.at_least)]
            limits = tuple(
                (column.position(end), f"{word} {number(end)}")
                for word, end in ends
                if end is not None and column.low <= end <= column.high
            )
            axes.append(FrontAxis(column, f"{metric.name} {arrow}", metric_ticks(column), limits))
    return tuple(axes)


def _shares(front: Sequence[RunRecord], config: SweepConfig) -> Sequence[float | None]:
    if len(front) > MOST_SHARES or len(config.objectives) > 3:
        return [None] * len(front)
    return shares([point for run in front if (point := judged(run, config.metrics).point)])


def _dot(
    run: RunRecord,
    values: Sequence[float],
    axes: Sequence[FrontAxis],
    config: SweepConfig,
    on_front: dict[str, float | None],
) -> Dot:
    place, lines = Place.DOMINATED, []
    if run.id in on_front:
        place, share = Place.FRONT, on_front[run.id]
        lines = [] if share is None else [f"alone covers {percent(share)} of the front's volume"]
    elif words := not_kept(run, config.metrics):
        place, lines = Place.BEYOND, [words]
    return Dot(
        number=run.number,
        name=run.name or run.id,
        place=place,
        values=tuple(values),
        positions=tuple(
            axis.column.position(value) for axis, value in zip(axes, values, strict=True)
        ),
        lines=(place.value, *lines),
    )


def _steps(dots: Sequence[Dot], axes: Sequence[FrontAxis]) -> tuple[tuple[float, float], ...]:
    """The corners of what two objectives' front dominates, to the poor ends of the axes."""
    x_axis, y_axis = (axis.column for axis in axes)
    points = {dot.positions[:2] for dot in dots if dot.place is Place.FRONT}
    if not points:
        return ()
    x_end, y_end = (1.0 if column.is_minimized else 0.0 for column in (x_axis, y_axis))
    # From the poor end of y along the front to the poor end of x.
    ordered = sorted(points, reverse=not x_axis.is_minimized)
    corners = [(ordered[0][0], y_end)]
    for x, y in ordered:
        corners += [(x, corners[-1][1]), (x, y)]
    corners.append((x_end, corners[-1][1]))
    return tuple(dict.fromkeys(corners))


def _left_out(runs: Sequence[RunRecord], config: SweepConfig) -> str:
    """The runs that have no place on the front, in words: "3 runs left out: 2 failed, …"."""
    reasons: Counter[str] = Counter()
    for run in runs:
        values = [metric.counted(run) for metric in config.objectives]
        missing = [m.name for m, v in zip(config.objectives, values, strict=True) if v is None]
        if len(missing) == len(values) and not run.state.counts:
            reasons[run.state.value] += 1
        elif missing:
            reasons[f"without {joined(missing, 'and')}"] += 1
    if not reasons:
        return ""
    parts = [f"{n} {reason}" for reason, n in reasons.most_common()]
    return f"{plural(reasons.total(), 'run')} left out: {', '.join(parts)}"


class HypervolumePlot(NamedTuple):
    """All that a drawing of the hypervolume over runs needs.

    Attributes:
        title, subtitle, caption: words around the drawing.
        numbers, names: of the runs that count.
        volumes: after each of them.
        added: by how much each raised it, as text; "" for runs that did not.
        label: of the axis.
        empty: why there is nothing to draw; "" when there is.
    """

    title: str
    subtitle: str
    caption: str
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    volumes: tuple[float, ...]
    added: tuple[str, ...]
    label: str
    empty: str


def collect_hypervolume(snapshot: Snapshot, config: SweepConfig) -> HypervolumePlot:
    """The hypervolume after each run of a sweep with several objectives."""
    grown = growth(snapshot.runs, config.metrics)
    last = grown.volumes[-1] if grown.volumes else 0.0
    n_beyond = sum(bool(not_kept(run, config.metrics)) for run in snapshot.runs)
    caption = [
        reference_text(grown, config),
        _left_out(snapshot.runs, config),
        f"{plural(n_beyond, 'run')} beyond a limit" if n_beyond else "",
    ]
    if not grown.is_exact:
        caption.append("volumes are estimates, off by half a per cent or so")
    return HypervolumePlot(
        title=f"{_title(snapshot, config)} · {plural(len(grown.runs), 'run')}",
        subtitle=lead_text(lead(snapshot.runs, config), config),
        caption="; ".join(filter(None, caption)),
        numbers=tuple(run.number for run in grown.runs),
        names=tuple(run.name or run.id for run in grown.runs),
        volumes=grown.volumes,
        added=tuple(
            f"adds {number(value)} ({percent(value / last)} of the volume now)" if value else ""
            for value in grown.added
        ),
        label="hypervolume",
        empty=""
        if grown.runs
        else f"No run has ended with values of {front_text(config)}"
        f"{' within the limits' * bool(config.limits)} yet.",
    )


def reference_text(grown: Growth, config: SweepConfig) -> str:
    """Where volumes are measured to: "measured to loss 0.95 and latency 32"; "" without runs."""
    if grown.reference is None:
        return ""
    pairs = zip(config.objectives, grown.reference, strict=True)
    words = [f"{metric.name} {number(value)}" for metric, value in pairs]
    return f"measured to {joined(words, 'and')}"
