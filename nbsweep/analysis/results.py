"""What can be looked at beside the sweep's metric: other metrics, extremes, the duration.

Pure: from a snapshot to one value a run, and frames in which such a value takes the
metric's place.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.analysis.frame import NO_VALUE, Frame
from nbsweep.analysis.metric_column import MetricColumn, metric_column
from nbsweep.analysis.metric_names import likely_goal
from nbsweep.records import Curve, Goal, RunRecord, Snapshot, flat, is_number
from nbsweep.sweep_config import Metric, SweepConfig

DURATION = "duration (s)"
FAILURE = "failure"  # 1 of a run that failed or crashed, 0 of one that came to a good end
NOT_SELECTED = "not selected"
MOST_METRICS = 8  # beside the sweep's own; the most frequent ones
_EXTREMES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "max": max,
    "last": lambda values: values[-1],
}


Read = Callable[[RunRecord, Curve | None], float | None]


@dataclass(frozen=True)
class Result:
    """A number that runs have when they have ended.

    Attributes:
        name: unlike that of any parameter and of the metric.
        goal: what is better: "minimize" or "maximize".
        read: its value of an ended run with its curve, None without one.
        is_objective: whether it is one of the sweep's further metrics.
    """

    name: str
    goal: Goal
    read: Read
    is_objective: bool = False

    def value(self, run: RunRecord, curve: Curve | None) -> float | None:
        """Its value of a run, None while that is under way."""
        return self.read(run, curve) if run.state.ended else None


def results(snapshot: Snapshot, config: SweepConfig, taken: Collection[str] = ()) -> list[Result]:
    """The results of a sweep's runs: extremes of the metric, other metrics, the duration.

    The sweep's further metrics, where it has several, come last.

    Args:
        snapshot: with curves, where extremes are wanted.
        config: of the sweep.
        taken: names that axes have already; a metric of such a name is "… (logged)".
    """
    metric = config.metric
    taken = {*taken, metric.name} if metric else set(taken)
    ended = [run for run in snapshot.runs if run.state.ended]
    curves = (snapshot.curves.get(run.id) for run in ended)
    columns = []
    if metric is not None and any(curve and len(curve.values) > 1 for curve in curves):
        columns = [
            Result(f"{metric.name} {word}", metric.goal, _extreme(choose))
            for word, choose in _EXTREMES.items()
        ]
    often = Counter(name for run in ended for name in _numbers(run.summary))
    known = {each.name for each in ([metric] if metric else [])} | {
        each.name for each in config.further_metrics
    }
    names = [name for name, _ in often.most_common() if name not in known]
    for name in sorted(names[:MOST_METRICS]):
        label = f"{name} (logged)" if name in taken else name
        columns.append(Result(label, likely_goal(name), _logged(name)))
    if any(run.duration_s is not None for run in ended):
        columns.append(Result(DURATION, Goal.MINIMIZE, lambda run, _: run.duration_s))
    for each in config.further_metrics:  # last: beside the metric's axis, whose place is the last
        label = f"{each.name} (logged)" if each.name in taken else each.name
        columns.append(Result(label, each.goal, _counted(each), is_objective=True))
    return columns


def result_column(result: Result, snapshot: Snapshot) -> MetricColumn:
    """The result as a column with the axis that shows the runs that count best."""
    runs = snapshot.runs
    values = [result.value(run, snapshot.curves.get(run.id)) for run in runs]
    counted = [i for i, run in enumerate(runs) if run.state.counts and values[i] is not None]
    return metric_column(result.name, result.goal, values, counted)


def about(frame: Frame, column: MetricColumn) -> Frame:
    """The frame with another result in the metric's place; see `result_column`."""
    left_out = [
        reason
        if reason is not None and reason != NO_VALUE
        else (NO_VALUE if value is None else None)
        for reason, value in zip(frame.left_out, column.values, strict=True)
    ]
    return dataclasses.replace(frame, metric=column, left_out=tuple(left_out))


def about_failure(frame: Frame) -> Frame:
    """The frame with whether a run fails in the metric's place: 1 if so, else 0.

    Runs that finished, failed or crashed count, and those that early termination stopped; not
    those under way, or ended by a person or by preemption.
    """
    values = [float(state.broke) if state.counts or state.broke else None for state in frame.states]
    counted = [i for i, value in enumerate(values) if value is not None]
    left_out = tuple(
        None if value is not None else state.value
        for value, state in zip(values, frame.states, strict=True)
    )
    column = metric_column(FAILURE, Goal.MINIMIZE, values, counted)
    return dataclasses.replace(frame, metric=column, left_out=left_out)


def among(frame: Frame, run_ids: Collection[str]) -> Frame:
    """The frame in which only these runs count, of those that do."""
    left_out = [
        reason if reason is not None or run_id in run_ids else NOT_SELECTED
        for reason, run_id in zip(frame.left_out, frame.run_ids, strict=True)
    ]
    return dataclasses.replace(frame, left_out=tuple(left_out))


def _extreme(choose: Callable[[Sequence[float]], float]) -> Read:
    return lambda _, curve: float(choose(curve.values)) if curve and curve.values else None


def _counted(metric: Metric) -> Read:
    return lambda run, _: metric.counted(run)


def _logged(name: str) -> Read:
    return lambda run, _: _numbers(run.summary).get(name)


def _numbers(summary: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a summary; nested ones and aggregates by dotted names."""
    return {
        name: float(value)
        for name, value in flat(summary)
        if is_number(value) and not name.startswith("_")
    }
