"""What each of several groups of runs found, side by side: best so far, and all its values."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbsweep.analysis.charts.chart import Axis, Band, Bars, Chart, Line, Mark, Panel, Rule
from nbsweep.analysis.charts.nothing import no_value
from nbsweep.analysis.comparison import Compared, Group, Series, weights
from nbsweep.analysis.metric_column import MetricColumn, metric_column
from nbsweep.wording import number, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

SIDE_BY_SIDE = 4  # groups in one row; of more each has a row of its own
POINTS = 80  # of an expected curve
BINS = 16
SPREAD = 0.9  # of the orders that a band holds


def collect_comparison(found: Compared) -> Chart:
    """Best so far over the runs of each group, above the distribution of its values.

    Lines are sweeps. Where a group has several, the bold line is their mean and the band spans
    them; of one whose runs were drawn independently it is what to expect of so many of its
    runs, with 90 % of the orders in which they could have come.
    """
    values = [value for group in found.groups for each in group.series for value in each.values]
    counted = [i for i, value in enumerate(values) if value is not None]
    title = f"{found.metric}: {' · '.join(group.label for group in found.groups)}"
    if not counted:
        empty = no_value(found.metric)
        return Chart("comparison", title, empty=empty)
    column = metric_column(found.metric, found.goal, values, counted)
    groups = [group for group in found.groups if group.n_values]
    longest = max(len(each.values) for group in groups for each in group.series)
    reached = _reached(groups, column)
    curves = [
        _best_so_far(group, i, groups, reached, found, longest) for i, group in enumerate(groups)
    ]
    binned = [_binned(group, _axis(column, column.name)) for group in groups]
    top = max(float(shares.max()) for shares, _ in binned)
    shares = [
        _distribution(group, i, column, counts, top)
        for i, (group, (_, counts)) in enumerate(zip(groups, binned, strict=True))
    ]
    wide = len(groups) <= SIDE_BY_SIDE
    pairs = zip(curves, shares, strict=True)
    panels = [*curves, *shares] if wide else [panel for pair in pairs for panel in pair]
    beyond = f"{plural(column.n_beyond, 'run')} beyond the axis" if column.n_beyond else ""
    return Chart(
        "comparison",
        title,
        panels=tuple(panels),
        subtitle=found.sentences[0] if found.sentences else "",
        caption=" ".join(filter(None, [*found.notes, beyond])),
        alt=f"{title}. {' '.join(found.sentences)}",
        n_columns=len(groups) if wide else 2,
        height=240,
    )


def _reached(groups: Sequence[Group], column: MetricColumn) -> MetricColumn:
    """The column with an axis for best values only, from the second run of each sweep on."""
    bests = [
        value
        for group in groups
        for each in group.series
        for value in (best_so_far(each, column)[1:] or best_so_far(each, column))
        if value is not None
    ]
    if not bests:
        return column
    return metric_column(column.name, column.goal, bests, range(len(bests)))


def _axis(column: MetricColumn, title: str) -> Axis:
    low, high = column.low, column.high
    if low == high:
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    return Axis(title, low, high, "log" if column.kind == "log" else "linear")


def _best_so_far(
    group: Group,
    place: int,
    groups: Sequence[Group],
    column: MetricColumn,
    found: Compared,
    longest: int,
) -> Panel:
    """The panel of one group, with the best curves of the others pale behind it."""
    marks: list[Mark] = []
    for other in groups:
        if other is not group:
            marks += [_line(each, column, "quiet", width=0.7) for each in other.series]
    several = len(group.series) > 1
    if several:
        marks += _of_repeats(group, place, column)
    elif not group.series[0].is_adaptive:
        marks += _expected(group.series[0], place, column)
    marks += [_line(each, column, place, width=1.0 if several else 1.4) for each in group.series]
    if found.budget:
        marks.append(Rule(float(found.budget), is_vertical=True, text="budget"))
    standing = next((each for each in found.standings if each.label == group.label), None)
    best = "" if standing is None else f", best {number(standing.best)}"
    title = f"{group.label}: {plural(group.n_runs, 'run')}{best}"
    x = Axis("runs", 1.0, float(max(longest, 2)), is_integer=True)
    return Panel(x, _axis(column, f"best {column.name} so far"), tuple(marks), title)


def best_so_far(series: Series, column: MetricColumn) -> list[float | None]:
    """The best value among the first 1, 2, … runs; None before the first value."""
    best: float | None = None
    curve: list[float | None] = []
    for value in series.values:
        if value is not None and (best is None or column.goal.better(value, best)):
            best = value
        curve.append(best)
    return curve


def _line(series: Series, column: MetricColumn, role: int | str, width: float) -> Line:
    curve = [None if value is None else column.clip(value) for value in best_so_far(series, column)]
    return Line(
        tuple(float(i) for i in range(1, len(curve) + 1)),
        tuple(curve),
        role=role,  # type: ignore[arg-type]
        width=width,
        is_step=True,
    )


def _of_repeats(group: Group, place: int, column: MetricColumn) -> list[Mark]:
    """The mean over the sweeps of a group as far as all go, and the band that they span."""
    curves = [best_so_far(each, column) for each in group.series]
    x, low, middle, high = [], [], [], []
    for i, values in enumerate(zip(*curves, strict=False), start=1):
        known = [value for value in values if value is not None]
        if len(known) == len(curves):
            x.append(float(i))
            low.append(column.clip(min(known)))
            high.append(column.clip(max(known)))
            middle.append(column.clip(float(np.mean(known))))
    if not x:
        return []
    return [
        Band(tuple(x), tuple(low), tuple(high), role=place),
        Line(tuple(x), tuple(middle), role=place, width=3.0),
    ]


def _expected(series: Series, place: int, column: MetricColumn) -> list[Mark]:
    """What to expect of 1, 2, … runs of a sweep whose runs were drawn independently."""
    sign = column.goal.sign
    present = [sign * value for value in series.values if value is not None]
    costs = np.sort([*present, *[max(present)] * (len(series.values) - len(present))])
    n = len(costs)
    counts = sorted({round(k) for k in np.linspace(1, n, min(n, POINTS))})
    low, middle, high = [], [], []
    for count in counts:
        w = weights(n, count)
        passed = np.cumsum(w)
        ends = [costs[min(int(np.searchsorted(passed, q)), n - 1)] for q in _ENDS]
        a, z = sorted(column.clip(float(sign * cost)) for cost in ends)
        low.append(a)
        high.append(z)
        middle.append(column.clip(float(sign * (costs @ w))))
    x = tuple(map(float, counts))
    return [
        Band(x, tuple(low), tuple(high), role=place),
        Line(x, tuple(middle), role=place, width=3.0),
    ]


_ENDS = ((1 - SPREAD) / 2, (1 + SPREAD) / 2)


def _binned(group: Group, axis: Axis) -> tuple[Floats, Ints]:
    """The share of a group's runs in each of some equal parts of an axis, and how many."""
    values = [value for each in group.series for value in each.values if value is not None]
    places = [min(int(max(axis.position(value), 0.0) * BINS), BINS - 1) for value in values]
    counts = np.bincount(places, minlength=BINS)
    return counts / len(values), counts


def _distribution(
    group: Group, place: int, column: MetricColumn, counts: Ints, top: float
) -> Panel:
    """How the values of a group are spread, on axes that all groups have alike."""
    axis = _axis(column, column.name)
    values = [value for each in group.series for value in each.values if value is not None]
    shares = counts / len(values)
    edges = [_value_at(axis, i / BINS) for i in range(BINS + 1)]
    # Bars have one thickness in units of the axis: on a logarithmic one they are lines then.
    marks: list[Mark] = []
    if axis.kind == "log":
        outline_x = tuple(edge for i in range(BINS) for edge in (edges[i], edges[i + 1]))
        outline_y = tuple(float(share) for share in shares for _ in range(2))
        marks.append(Band(outline_x, tuple(0.0 for _ in outline_y), outline_y, role=place))
        marks.append(Line(outline_x, outline_y, role=place))
    else:
        middles = tuple((a + z) / 2 for a, z in itertools.pairwise(edges))
        marks.append(
            Bars(
                middles,
                tuple(0.0 for _ in middles),
                tuple(map(float, shares)),
                roles=(place,),
                is_horizontal=False,
                thickness=0.92 * (axis.high - axis.low) / BINS,
                texts=tuple(
                    f"{number(edges[i])} to {number(edges[i + 1])}\n{plural(int(counts[i]), 'run')}"
                    for i in range(BINS)
                ),
            )
        )
    middle = float(np.median(values))
    marks.append(Rule(column.clip(middle), is_vertical=True, text=f"median {number(middle)}"))
    return Panel(axis, Axis("share of runs", 0.0, top * 1.15), tuple(marks))


def _value_at(axis: Axis, position: float) -> float:
    """The value at a place of the axis, 0 at its low end."""
    if axis.kind == "log":
        return float(axis.low * (axis.high / axis.low) ** position)
    return axis.low + position * (axis.high - axis.low)
