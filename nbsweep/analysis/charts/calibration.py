"""What was predicted of runs against what came, and how many predictions held.

The origin of a suggestion keeps what the search said of its value before it was run, see
`nbsweep.search.calibration`: a median and the interval that is to hold it with 80 % probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.analysis.charts.axes import caption_of
from nbsweep.analysis.charts.chart import Axis, Chart, Line, Panel, Points, Rule
from nbsweep.analysis.charts.nothing import why_empty
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.records import RunState, Snapshot, is_number
from nbsweep.search.calibration import FEWEST, HELD, holds
from nbsweep.wording import number, plural

NOMINAL = HELD[1] - HELD[0]  # share of the values that the intervals are to hold
_Z = 1.2816  # half of the central 80 % of a normal law, in standard deviations
_BEYOND = 1.0  # of the length of the metric's axis, up to which predictions beyond it are shown
_CHANCE = 0.05  # on each side, of the shares that come by chance


@dataclass(frozen=True)
class Checked:
    """A prediction whose run has ended.

    Attributes:
        i: place of the run in the frame.
        mean, low, high: what was predicted.
        value: what came.
        held: whether that is between low and high.
    """

    i: int
    mean: float
    low: float
    high: float
    value: float
    held: bool


def collect_calibration(frame: Frame, snapshot: Snapshot) -> Chart:
    """Predictions with their intervals against values, and the share that held so far.

    Args:
        frame: the runs, with the metric that the predictions are about.
        snapshot: that the frame was made from.
    """
    metric = frame.metric
    title = f"{frame.title} · predictions of {metric.name if metric else 'the metric'}"
    checked = [] if metric is None else checked_predictions(metric, snapshot)
    if metric is None or not checked:
        return Chart("calibration", title, empty=_nothing(frame, metric))
    inside = sum(each.held for each in checked)
    axis, beyond = _axis(metric, checked)
    panels = (
        Panel(
            axis(f"predicted {metric.name}"),
            axis(f"{metric.name} that came"),
            _marks(frame, metric, checked, axis("")),
        ),
        Panel(
            Axis("predictions, in order of the runs", 1, max(len(checked), 2), is_integer=True),
            Axis("share within the interval so far", 0.0, 1.0),
            _record(frame, checked),
        ),
    )
    low, high = chance_range(len(checked), NOMINAL)
    return Chart(
        "calibration",
        title,
        panels=panels,
        subtitle=_verdict(inside, len(checked), low, high),
        caption=caption_of(
            "lines: 80 % intervals, which are to cross the dashed line",
            f"{plural(beyond, 'prediction')} beyond the axes shown at their ends" if beyond else "",
        ),
        n_columns=2,
        height=360,
    )


def checked_predictions(metric: MetricColumn, snapshot: Snapshot) -> list[Checked]:
    """The predictions of the runs that ended by themselves with a value, in order of number."""
    checked = []
    for i, run in enumerate(snapshot.runs):
        value = metric.values[i]
        told = _told(run.origin, metric.name)
        if run.state is not RunState.FINISHED or value is None or told is None:
            continue
        mean, low, high = told
        held = holds({"predicted_low": low, "predicted_high": high}, value)
        checked.append(Checked(i, mean, low, high, value, bool(held)))
    return checked


def _told(origin: Mapping[str, Any], name: str) -> tuple[float, float, float] | None:
    """Median and interval of a prediction of a metric; None where none was made.

    With several metrics the origin has mean and standard deviation of each, and the interval
    of the first objective alone.
    """
    several = origin.get("predicted")
    if isinstance(several, Mapping):
        told = several.get(name)
        if not isinstance(told, Mapping):
            return None
        mean, sd = _number(told, "mean"), _number(told, "sd")
        if mean is None or sd is None:
            return None
        if mean != origin.get("predicted_mean"):
            return mean, mean - _Z * sd, mean + _Z * sd
    mean, low, high = (_number(origin, f"predicted_{key}") for key in ("mean", "low", "high"))
    return None if mean is None or low is None or high is None else (mean, low, high)


def _number(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    return float(value) if value is not None and is_number(value) else None


def _nothing(frame: Frame, metric: MetricColumn | None) -> str:
    if metric is None or not frame.counted:
        return why_empty(frame)
    return (
        f"No run that ended had a prediction of {metric.name}: only method bayes makes them, "
        "after its first few runs."
    )


def _axis(metric: MetricColumn, checked: Sequence[Checked]) -> tuple[Any, int]:
    """Makes an axis over values and predictions, and how many of those are beyond it."""
    kind = metric.kind if metric.low > 0 else "linear"
    if kind == "log":
        low = metric.low * (metric.low / metric.high) ** _BEYOND
        high = metric.high * (metric.high / metric.low) ** _BEYOND
    else:
        span = (metric.high - metric.low) or abs(metric.high) or 1.0
        low, high = metric.low - _BEYOND * span, metric.high + _BEYOND * span
    shown = [each.mean for each in checked] + [each.value for each in checked]
    within = [value for value in shown if low <= value <= high]
    ends = min(within, default=metric.low), max(within, default=metric.high)
    beyond = sum(not low <= each.mean <= high for each in checked)
    return (lambda title: Axis(title, *ends, "log" if kind == "log" else "linear")), beyond


def _marks(
    frame: Frame, metric: MetricColumn, checked: Sequence[Checked], axis: Axis
) -> tuple[Line | Points, ...]:
    def clip(value: float) -> float:
        return min(max(value, axis.low), axis.high)

    marks: list[Line | Points] = [
        Line((axis.low, axis.high), (axis.low, axis.high), "quiet", is_dashed=True, width=1.2)
    ]
    for held, role, name in ((True, "run", "held"), (False, "negative", "did not hold")):
        some = [each for each in checked if each.held is held]
        if not some:
            continue
        digits = metric.digits + 1
        marks += [
            Line(
                tuple(x for e in some for x in (clip(e.low), clip(e.high), clip(e.high))),
                tuple(y for e in some for y in (clip(e.value), clip(e.value), None)),
                role,  # type: ignore[arg-type]
                width=1.0,
            ),
            Points(
                tuple(clip(each.mean) for each in some),
                tuple(clip(each.value) for each in some),
                role,  # type: ignore[arg-type]
                name,
                texts=tuple(
                    f"{frame.names[e.i]}\npredicted {number(e.mean, digits=digits)} "
                    f"({number(e.low, digits=digits)} to {number(e.high, digits=digits)})\n"
                    f"came {number(e.value, digits=digits)}"
                    for e in some
                ),
                size=6.0,
            ),
        ]
    return tuple(marks)


def _record(frame: Frame, checked: Sequence[Checked]) -> tuple[Line | Rule, ...]:
    shares, held = [], 0
    for n, each in enumerate(checked, 1):
        held += each.held
        shares.append(held / n)
    line = Line(
        tuple(float(n) for n in range(1, len(checked) + 1)),
        tuple(shares),
        "model",
        width=2.0,
        texts=tuple(
            f"after {frame.names[each.i]}\n{100 * share:.0f} % of {plural(n, 'prediction')} held"
            for n, (each, share) in enumerate(zip(checked, shares, strict=True), 1)
        ),
        end="circle",
    )
    return (Rule(NOMINAL, text=f"{100 * NOMINAL:.0f} %, as they are meant to"), line)


def chance_range(n: int, share: float) -> tuple[int, int]:
    """Fewest and most of n that come by chance, where each comes with a probability of `share`.

    Counts between them have 90 % probability: the central interval of the binomial law.
    """
    log_odds = math.log(share) - math.log1p(-share)
    term, total = n * math.log1p(-share), 0.0
    low = high = None
    for k in range(n + 1):
        total += math.exp(term)
        if low is None and total > _CHANCE:
            low = k
        if high is None and total >= 1.0 - _CHANCE:
            high = k
        term += log_odds + math.log((n - k) / (k + 1)) if k < n else 0.0
    return low or 0, n if high is None else high


def _verdict(inside: int, n: int, low: int, high: int) -> str:
    share = (
        f"{inside} of {plural(n, 'value')} ({100 * inside / n:.0f} %) came within the 80 % interval"
    )
    if n < FEWEST:
        return f"{share}, which is too few to judge by"
    if inside < low:
        return f"{share}, fewer than the {low} to {high} that are due: it was too sure of itself"
    if inside > high:
        return f"{share}, more than the {low} to {high} that are due: it was too cautious"
    return f"{share}, as is due ({low} to {high})"
