"""The metric against each swept parameter: small multiples that share the metric's axis."""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.analysis.charts.axes import (
    caption_of,
    clipped_symbol,
    metric_axis,
    placed,
    result_texts,
    value_texts,
)
from nbsweep.analysis.charts.chart import Chart, ColourBar, Panel, Points, Tick
from nbsweep.analysis.charts.leading import named
from nbsweep.analysis.charts.nothing import NO_METRIC, still_missing
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.parallel_coordinates import best_text, beyond_text
from nbsweep.wording import plural

MAX_COLUMNS = 4
MAX_PANELS = 16  # more would be too heavy to open, and nobody looks at 200
_MANY = 200  # runs from which on points are smaller


def collect_slice(frame: Frame, names: Sequence[str] | None = None) -> Chart:
    """A panel for each parameter, the runs in it coloured by their number.

    Args:
        frame: the runs; those that do not count are left out.
        names: of the parameters to draw, in this order; all when left out, or the first
            `MAX_PANELS` of them.

    Raises:
        UsageError: there is no parameter of that name.
    """
    metric = frame.metric
    title = f"{frame.title} · {plural(len(frame.counted), 'run')}"
    columns = list(frame.params) if names is None else named(frame, names)
    shown = columns[:MAX_PANELS]
    hidden = len(columns) - len(shown)
    more = f"{len(shown)} of {len(columns)} parameters drawn" if hidden else ""
    caption = caption_of(frame.remarks_text(), beyond_text(metric), more)
    if metric is None:
        return Chart("slice", title, empty=NO_METRIC)
    if not frame.counted or not shown:
        empty = still_missing(has_runs=bool(frame.counted))
        return Chart("slice", title, empty=empty, caption=caption)
    # Later runs lie above earlier ones: a search finds its way to the good side.
    runs = sorted(frame.counted, key=lambda i: frame.numbers[i])
    values = [value for i in runs if (value := metric.values[i]) is not None]
    results = result_texts(metric, runs)
    first, last = frame.numbers[runs[0]], frame.numbers[runs[-1]]
    shades = tuple((frame.numbers[i] - first) / max(last - first, 1) for i in runs)
    y = metric_axis(metric)
    panels = []
    for column in shown:
        axis, places = placed(column, runs, spread=True)
        lines = zip(runs, value_texts(column, runs), results, strict=True)
        points = Points(
            x=places,
            y=tuple(map(metric.clip, values)),
            shades=shades,
            texts=tuple(
                f"{frame.names[i]}\n{column.name} {value}\n{metric.name} {result}"
                for i, value, result in lines
            ),
            symbols=tuple(clipped_symbol(metric, value) for value in values)
            if metric.n_beyond
            else (),
            size=7.0 if len(runs) <= _MANY else 4.0,
        )
        panels.append(Panel(axis, y, (points,)))
    n = len(panels)
    return Chart(
        "slice",
        title,
        panels=tuple(panels),
        subtitle=best_text(frame),
        caption=caption,
        # Five or six look better as rows of three.
        n_columns=3 if n in {5, 6} else min(MAX_COLUMNS, n),
        height=190 if n > 1 else 300,
        colours=ColourBar("run", (Tick(0.0, str(first)), Tick(1.0, str(last))))
        if len(runs) > 1
        else None,
        shares_y=True,
    )
