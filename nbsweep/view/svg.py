"""Parallel coordinates and importance as static SVG, for cells without scripts.

Drawn with what `drawing` has; lengths are pixels of a 960 pixel wide plot, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nbsweep.analysis.frame import Frame, frame
from nbsweep.analysis.front_plot import collect_front, collect_hypervolume
from nbsweep.analysis.importance import (
    WORDING,
    Importance,
    Method,
    ParameterImportance,
    importance,
)
from nbsweep.analysis.in_common import in_common
from nbsweep.analysis.parallel_coordinates import (
    Axis,
    ParallelCoordinates,
    collect,
)
from nbsweep.analysis.ticks import thin
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.curves_svg import curves_plot
from nbsweep.view.drawing import (
    CHAR,
    SHADES,
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
from nbsweep.view.front_svg import front_plot, hypervolume_plot
from nbsweep.wording import clip, plural

MAX_AXES = 12  # more would be closer together than their labels are wide
MAX_LINES = 400
MAX_BARS = 15
RANKED = 3  # objectives whose importances are drawn
ALT_NAME = 80  # characters
BOLD = 6.7  # the same of a bold one
NAME_OVER = 38  # pixels by which a name may be wider than the distance of two axes
BOLDEST = 8  # lines of a front that are drawn as bold as the best run


def plots(snapshot: Snapshot, config: SweepConfig) -> tuple[Plot, ...]:
    """Parallel coordinates and importance of a sweep; none for a sweep without a metric.

    Where runs were continued, their learning curves come first; with several objectives the
    front and its hypervolume do, and each of the first few has an importance.

    Takes about 1.5 s when scikit-learn has to be loaded for the importance.
    """
    columns = frame(snapshot, config)
    if columns.metric is None or not columns.counted:
        return ()
    fronts: list[Plot] = []
    if config.has_front:
        fronts = [
            front_plot(collect_front(snapshot, config)),
            hypervolume_plot(collect_hypervolume(snapshot, config)),
        ]
    ranking = importance(columns)
    lines = collect(columns)
    drawn = _draw_lines(lines, _leading_axes(lines, ranking), columns)
    curves = curves_plot(snapshot, columns)
    first = importance_plot(ranking, is_one_of_several=config.has_front)
    others = [
        importance_plot(
            importance(frame(snapshot, config, metric=objective.name)), is_one_of_several=True
        )
        for objective in config.objectives[1:RANKED]
    ]
    return (*fronts, *([curves] if curves else []), *drawn, first, *others)


def lines_plot(columns: Frame, data: ParallelCoordinates) -> Plot | None:
    """Parallel coordinates alone; None when there are no two axes to draw lines between."""
    crowded = len(data.axes) > MAX_AXES
    axes = _leading_axes(data, importance(columns)) if crowded else data.axes
    drawn = _draw_lines(data, axes, columns)
    return drawn[0] if drawn else None


def _leading_axes(data: ParallelCoordinates, ranking: Importance) -> tuple[Axis, ...]:
    """The axes there is room for: the most important parameters, in their usual order."""
    n_params = len(data.axes) - data.n_results
    params, results = data.axes[:n_params], data.axes[n_params:]
    room = max(1, MAX_AXES - len(results))
    if len(params) <= room:
        return data.axes
    ranked = [row.name for row in ranking.rows] if ranking.is_ranked else []
    first = [*ranked, *(axis.name for axis in params)]
    names = set(list(dict.fromkeys(first))[:room])
    return (*(axis for axis in params if axis.name in names), *results)


def _draw_lines(data: ParallelCoordinates, axes: tuple[Axis, ...], columns: Frame) -> list[Plot]:
    if len(axes) < 2 or not data.run_ids:
        return []
    n, hidden = len(data.run_ids), len(data.axes) - len(axes)
    kept = _kept_lines(data)
    limits = [f"{len(kept)} of {plural(n, 'run')} drawn"] if len(kept) < n else []
    n_params, n_drawn = (len(each) - data.n_results for each in (data.axes, axes))
    limits += [f"{n_drawn} of {n_params} parameters drawn"] if hidden else []
    caption = "; ".join(filter(None, [in_common(columns), data.caption, *limits]))
    names = ", ".join(axis.name for axis in axes[:-1])
    alt = (
        f"Parallel coordinates of {plural(n, 'run')} over {names} and {axes[-1].name}. "
        f"{_leading_runs(data)}{caption}"
    )
    return [
        Plot(
            "Parallel coordinates",
            caption,
            alt,
            parallel_coordinates(data._replace(axes=axes)),
        )
    ]


def _leading_runs(data: ParallelCoordinates) -> str:
    """A sentence about the bold lines; "" where there are none."""
    if data.subtitle and len(data.marked) != 1:
        return f"{data.subtitle}. "
    named = [clip(data.run_names[k], ALT_NAME) for k in data.marked]
    word = "Front" if data.subtitle.startswith("Front") else "Best run"
    return f"{word}: {named[0]}. " if named else ""


def _kept_lines(data: ParallelCoordinates) -> list[int]:
    """Indices of the lines that are drawn, sorted from worst to best; the bold ones are among."""
    n = len(data.run_ids)
    most = MAX_LINES if data.n_results == 1 else MAX_LINES // 2  # beside the plots of the front
    return sorted({*(n - 1 - i for i in thin(n, most)), *data.marked[-most:]})


# --- drawing ------------------------------------------------------------------------


def parallel_coordinates(data: ParallelCoordinates) -> str:
    """SVG of the lines: worst first and pale, the best (or those of the front) on top and bold.

    Args:
        data: at least two axes, the metric last; lines from the worst to the best.
    """
    axes = data.axes
    left = 22 + max((text_width(tick.label) for tick in axes[0].ticks), default=0)
    right = 26 + max((text_width(tick.label) for tick in axes[-1].ticks), default=0)
    left, right = max(left, 50), max(right, 60)
    step = (WIDTH - left - right) / (len(axes) - 1)
    names = _axis_names(axes, step)
    # Names that do not fit side by side take turns on two lines; the outer ones are wholly
    # on one side of their axis, so that they and half of the next must fit.
    stagger = max(map(text_width, names)) > min(step - 12, (step + 30) / 1.6)
    top = 52.0 if stagger else 40.0
    bottom = top + 250
    xs = [left + i * step for i in range(len(axes))]

    def y_of(position: float) -> float:
        return bottom - position * (bottom - top)

    body = _strands(data, xs, y_of)
    for i, (x, axis) in enumerate(zip(xs, axes, strict=True)):
        body.append(segment(x, top, x, bottom, "axis"))
        is_last = i == len(axes) - 1
        for tick in axis.ticks:
            y = y_of(tick.position)
            side = 1 if is_last else -1
            body.append(segment(x, y, x + 4 * side, y, "axis"))
            body.append(
                label(
                    x + (12 if is_last else -7),
                    y + 4,
                    tick.label,
                    "halo",
                    "start" if is_last else "end",
                )
            )
        anchor = "start" if i == 0 else "end" if is_last else "middle"
        x_name = {"start": 12.0, "end": WIDTH - 12.0}.get(anchor, x)
        y_name = 22 if not stagger or i % 2 else 36
        body.append(label(x_name, y_name, names[i], "name halo", anchor))
    body += _metric_strip(data, xs[-1], y_of)
    low = min((tick.position for axis in axes for tick in axis.ticks), default=0.0)
    height = y_of(min(low, 0.0)) + 18
    return document(WIDTH, height, body, *shade_styles())


def _axis_names(axes: Sequence[Axis], step: float) -> list[str]:
    """Names for which there is room on two lines, the first and the last beside the edges."""
    suffixes = [" (log)" if axis.kind == "log" else "" for axis in axes]
    room = min(WIDTH / 2 - 24, step + NAME_OVER) / BOLD - max(map(len, suffixes))
    short = fitted([axis.name for axis in axes], room)
    return [name + suffix for name, suffix in zip(short, suffixes, strict=True)]


def _strands(
    data: ParallelCoordinates, xs: Sequence[float], y_of: Callable[[float], float]
) -> list[str]:
    """One path for each shade, then the best run, or those of the front, by themselves."""
    half = (xs[1] - xs[0]) / 2
    kept, marked = _kept_lines(data), set(data.marked)
    paths: dict[int, list[str]] = {}
    bold: list[tuple[int, str]] = []
    for i in kept:
        ys = [y_of(axis.positions[i]) for axis in data.axes]
        # S mirrors the control point before it, so that lines are level at each axis.
        path = f"M{xs[0]:.0f} {ys[0]:.1f}C{xs[0] + half:.0f} {ys[0]:.1f}"
        path += "S".join(
            f" {x - half:.0f} {y:.1f} {x:.0f} {y:.1f}" for x, y in zip(xs[1:], ys[1:], strict=True)
        )
        if i in marked:
            bold.append((i, path))
        else:
            paths.setdefault(shade_of(data.colours[i]), []).append(path)
    n = len(kept)
    look = f'stroke-width="{1.8 if n <= 60 else 1.2}" opacity="{0.85 if n <= 60 else 0.6}"'
    drawn = [
        f'<path class="line q{shade}" {look} d="{"".join(parts)}"/>'
        for shade, parts in sorted(paths.items())
        if parts
    ]
    width = "3.2" if len(bold) <= BOLDEST else "2"
    for i, path in bold:
        # The best run has the best colour; on a front each keeps its own.
        shade = SHADES - 1 if len(bold) == 1 else shade_of(data.colours[i])
        drawn.append(f'<path class="line q{shade}" stroke-width="{width}" d="{path}"/>')
        drawn += [
            f'<circle class="dot q{shade}" stroke-width="2" cx="{x:.1f}" '
            f'cy="{y_of(axis.positions[i]):.1f}" r="3.4"/>'
            for x, axis in zip(xs, data.axes, strict=True)
        ]
    return drawn


def _metric_strip(data: ParallelCoordinates, x: float, y_of: Callable[[float], float]) -> list[str]:
    """The colours along the metric's axis: the legend."""
    positions = data.axes[-1].positions
    if data.colour_title != data.axes[-1].name or positions[0] == positions[-1]:
        return []
    falling = positions[0] > positions[-1]  # lines go from the worst to the best
    size = 1 / SHADES
    return [
        f'<rect class="q{i}" x="{x + 3:.1f}" width="5" '
        f'y="{y_of(1 - i * size if falling else (i + 1) * size):.1f}" '
        f'height="{y_of(0) - y_of(size) + 0.5:.1f}"/>'
        for i in range(SHADES)
    ]


def importance_plot(ranking: Importance, *, is_one_of_several: bool = False) -> Plot:
    """Importance and correlation as bars; words alone when the runs do not tell."""
    title, caption = "Parameter importance", ranking.verdict
    if is_one_of_several:
        title = f"{title} for {clip(ranking.metric or '', ALT_NAME)}"
    if not ranking.is_ranked:
        return Plot(title, caption, "", "")
    rows = ranking.rows[:MAX_BARS]
    more = (
        f" {len(rows)} of {len(ranking.rows)} parameters drawn."
        if len(rows) < len(ranking.rows)
        else ""
    )
    values = "; ".join(f"{row.name} {row.importance:.2f}{_signed(row)}" for row in rows[:5])
    alt = f"Importance for {ranking.metric} of {plural(ranking.n_runs, 'run')}: {values}. {caption}"
    caption = " ".join(filter(None, [caption + more, ranking.explained_text(), *ranking.notes]))
    return Plot(title, caption, alt, importance_bars(rows, ranking.metric or "", ranking.method))


def _signed(row: ParameterImportance) -> str:
    if row.correlation is None:
        return ""
    return f" (correlation {row.correlation:+.2f})"


def importance_bars(
    rows: Sequence[ParameterImportance], metric: str, method: Method = "forest"
) -> str:
    """SVG: a row a parameter, importance with its error on the left, correlation right.

    Args:
        rows: the most important first.
        metric: what the parameters are important for.
        method: of the importances.
    """
    names = fitted([row.name for row in rows], 28)
    left = 24 + 1.05 * max(map(text_width, names))
    middle, right = 0.6 * WIDTH, WIDTH - 165.0  # ends of the left and of the right part
    reach = max(min(1.0, max(row.importance + row.error for row in rows)), 0.05)
    scale = (middle - left - 110) / reach
    centre = (middle + 40 + right) / 2
    half = (right - middle - 40) / 2
    top, pitch = 48.0, 24.0
    bottom = top + pitch * len(rows)
    brief = WORDING[method].brief
    start = left + CHAR * 12.5
    room = (centre - 8 * CHAR - start) / CHAR - len(brief.format(metric=""))
    metric = fitted([metric], min(24, room))[0]
    body = [
        label(left, 24, "importance", "name"),
        label(start, 24, brief.format(metric=metric), "dim"),
        label(centre, 24, "correlation", "name", "middle"),
        segment(left, top - 8, left, bottom - 8, "axis"),
        segment(centre, top - 8, centre, bottom - 8, "axis"),
    ]
    for i, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = top + pitch * i + 4
        body.append(label(left - 8, y + 4, name, "name" if row.stands_out else "", "end"))
        width = scale * row.importance
        body.append(
            f'<rect class="bar" x="{left:.1f}" y="{y - 6:.1f}" width="{max(width, 0.5):.1f}" '
            f'height="12" rx="2" opacity="{1 if row.stands_out else 0.45}"/>'
        )
        low, high = (
            scale * max(0.0, row.importance - row.error),
            scale * min(1.0, row.importance + row.error),
        )
        body.append(segment(left + low, y, left + high, y, "err"))
        shown = f"{row.importance:.2f} ± {row.error:.2f}"
        body.append(label(left + max(high, width) + 8, y + 4, shown))
        body += _correlation_bar(row, centre, half, y)
    return document(WIDTH, bottom + 4, body)


def _correlation_bar(row: ParameterImportance, centre: float, half: float, y: float) -> list[str]:
    r = row.correlation
    if r is None and row.correlation_ratio is not None:
        width = half * row.correlation_ratio
        best = f", best {clip(row.best_value, 14)}" if row.best_value else ""
        bar = (
            f'<rect class="bar" x="{centre:.1f}" y="{y - 6:.1f}" width="{max(width, 0.5):.1f}" '
            'height="12" rx="2" opacity="0.45"/>'
        )
        shown = f"{row.correlation_ratio:.2f}{best}"
        return [bar, label(centre + width + 6, y + 4, shown)]
    if r is None:
        return [label(centre + 6, y + 4, "categories have no order", "dim")]
    width = half * abs(r)
    start, sign = (centre, "plus") if r >= 0 else (centre - width, "minus")
    shown = f"{r:+.2f}".replace("-", "−") + (
        f" for {clip(row.high_value, 14)}" if row.high_value else ""
    )
    bar = (
        f'<rect class="{sign}" x="{start:.1f}" y="{y - 6:.1f}" width="{max(width, 0.5):.1f}" '
        'height="12" rx="2"/>'
    )
    return [bar, label(max(centre, start + width) + 6, y + 4, shown)]
