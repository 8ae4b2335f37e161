"""The runs of a sweep as columns: what plots, the static view and importance read.

`frame` is the one place that decides which runs count, which parameters have an axis,
and whether that axis is linear, logarithmic or a list of categories. Values stay
natural; whoever needs positions or matrices derives them from `Column.numbers`.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Final

from nbsweep.analysis.continuations import continuations, in_words
from nbsweep.analysis.front import Lead, lead, lead_text, not_kept
from nbsweep.analysis.metric_column import (
    MetricColumn,
    fit_axis,
    metric_column,
    placing,
)
from nbsweep.continued import standing
from nbsweep.records import Goal, Metric, RunRecord, RunState, Snapshot, is_number
from nbsweep.space.search_space import Distribution, value_key
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import plural


class Missing(Enum):
    """Type of MISSING; None itself may be a category."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING
"""Stands in `Column.values` for a parameter that the run does not have."""

RUNTIME: Final = "_runtime"
"""W&B's summary key for the seconds a run took; always known here."""

CHANGES_SHOWN = 5  # of the training code
NO_VALUE: Final = "no value"
"""Why a run in a counted state is left out: it never logged a finite metric."""

# A numeric parameter with at most this many values gets a tick at each of them.
MAX_MARKS = 12
# A parameter outside of the search space whose values span more decades is logarithmic.
_LOG_DECADES = 3.0


@dataclass(frozen=True)
class Column:
    """One swept parameter over all runs of a frame.

    Attributes:
        name: flat name; nested parameters are joined by ".".
        kind: "linear", "log" or "category".
        values: natural value of each run, MISSING where it has none.
        numbers: place of each run: the value itself for "linear" and "log" (> 0 there),
            the index of its category for "category"; None where the run has no value
            or one that has no place on such an axis.
        low, high: ends of the axis in the same units, low <= high: the bounds of the
            distribution, widened to hold every run.
        categories: label of each category, in the order of the search space.
        marks: the possible numbers when there are few of them, else empty.
        is_integer: all numbers are whole.
    """

    name: str
    kind: str
    values: tuple[Any, ...]
    numbers: tuple[float | None, ...]
    low: float
    high: float
    categories: tuple[str, ...] = ()
    marks: tuple[float, ...] = ()
    is_integer: bool = False

    def position(self, number: float) -> float:
        """Where a number lies between low (0) and high (1); 0.5 when there is one place.

        Categories are listed from the top, each in the middle of its share of the axis.
        """
        return self.placing()(number)

    def placing(self) -> Callable[[float], float]:
        """`position`, for one number after the other."""
        if self.kind == "category":
            n = max(len(self.categories), 1)
            return lambda number: 1.0 - (number + 0.5) / n
        return placing(self.kind, self.low, self.high)


@dataclass(frozen=True)
class Frame:
    """The runs of one snapshot as columns; all tuples have one entry a run.

    Attributes:
        sweep_id: id of the sweep.
        title: name of the sweep, or its id.
        run_ids, numbers, names, states: of each run, in order of suggestion.
        params: the swept parameters: those of the search space that can vary, then
            those that vary between runs although the space does not say so.
        metric: None when the sweep has none and none was asked for.
        left_out: why a run does not count, None when it does: its state, or NO_VALUE.
        code_changed_at: numbers of the runs that began with other training code than
            all runs before.
        continued: how each run went on after an end, in words; "" for most.
        others: the sweep's further metrics in the order of its config: objectives beside
            `metric`, and those that only have limits.
        has_front: whether no one run is the best, since there are several objectives.
        front: indices of the runs on the front, in the order of the first objective.
        beyond: why each run is not known to keep the sweep's limits, in words, "" for one
            that does; () in a sweep without limits.
        standing: what leads where no one run can be called the best, in words; else "".
    """

    sweep_id: str
    title: str
    run_ids: tuple[str, ...]
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    states: tuple[RunState, ...]
    params: tuple[Column, ...]
    metric: MetricColumn | None
    left_out: tuple[str | None, ...]
    code_changed_at: tuple[int, ...] = ()
    continued: tuple[str, ...] = ()
    others: tuple[MetricColumn, ...] = ()
    has_front: bool = False
    front: tuple[int, ...] = ()
    beyond: tuple[str, ...] = ()
    standing: str = ""

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """Indices of the runs that count."""
        return tuple(i for i, reason in enumerate(self.left_out) if reason is None)

    @cached_property
    def provisional(self) -> tuple[int, ...]:
        """Indices of the runs under way that have a last value already; they do not count."""
        if self.metric is None:
            return ()
        return tuple(
            i
            for i, state in enumerate(self.states)
            if not state.ended and self.metric.values[i] is not None and self.left_out[i]
        )

    @cached_property
    def n_left_out(self) -> dict[str, int]:
        """How many runs do not count, by reason, the most frequent first."""
        return dict(Counter(reason for reason in self.left_out if reason).most_common())

    @cached_property
    def best(self) -> int | None:
        """Index of the best run that counts and keeps the limits, the first of equals.

        None without any, and in a sweep with a front.
        """
        metric = self.metric
        if metric is None or self.has_front:
            return None
        scored = [
            (metric.goal.sign * value, i)
            for i in self.counted
            if (value := metric.values[i]) is not None and not (self.beyond and self.beyond[i])
        ]
        return min(scored)[1] if scored else None

    def left_out_text(self) -> str:
        """The runs that do not count, in words; empty when all do.

        Example: "3 runs left out: 2 failed, 1 without loss".
        """
        if not self.n_left_out:
            return ""
        total = sum(self.n_left_out.values())
        metric = self.metric.name if self.metric else "a value"
        parts = [
            f"{count} without {metric}" if reason == NO_VALUE else f"{count} {reason}"
            for reason, count in self.n_left_out.items()
        ]
        return f"{plural(total, 'run')} left out: {', '.join(parts)}"

    def remarks_text(self) -> str:
        """What to know before comparing the runs: which do not count, and other code."""
        return "; ".join(filter(None, (self.left_out_text(), self.code_text())))

    def code_text(self) -> str:
        """That the runs come from different training code; empty when they do not."""
        if not self.code_changed_at:
            return ""
        shown = ", ".join(str(number) for number in self.code_changed_at[:CHANGES_SHOWN])
        more = " and later" if len(self.code_changed_at) > CHANGES_SHOWN else ""
        return f"the training code changed from run {shown}{more} on, so runs may not compare"


def _code_changes(runs: Sequence[RunRecord]) -> tuple[int, ...]:
    """Numbers of the runs that were the first of a new version of the code."""
    first: dict[str, int] = {}
    for run in runs:
        if run.code_hash is not None:
            first.setdefault(run.code_hash, run.number)
    return tuple(sorted(first.values())[1:])


def frame(
    snapshot: Snapshot,
    config: SweepConfig,
    *,
    metric: str | None = None,
    goal: Goal | str | None = None,
) -> Frame:
    """The runs of a snapshot as columns.

    Args:
        snapshot: one read of the sweep; its curves are not needed.
        config: the sweep's checked config: search space and metrics.
        metric: another summary key to look at, `RUNTIME` for the seconds a run took;
            the sweep's own metric when left out, with several the first objective.
        goal: "minimize" or "maximize" for that metric; by default the sweep's goal for
            its own metrics, "minimize" for any other.
    """
    runs = snapshot.runs
    found = lead(runs, config) if config.metrics else Lead()
    places = {run.id: i for i, run in enumerate(runs)} if found.front else {}
    column = _metric(runs, config, metric, goal)
    left_out = tuple(
        run.state.value
        if not run.state.counts and standing(run) is None
        else (NO_VALUE if column is not None and column.values[i] is None else None)
        for i, run in enumerate(runs)
    )
    if column is not None:
        column = fit_axis(column, [i for i, reason in enumerate(left_out) if reason is None])
    return Frame(
        sweep_id=snapshot.sweep.id,
        title=snapshot.sweep.name or config.name or snapshot.sweep.id,
        run_ids=tuple(run.id for run in runs),
        numbers=tuple(run.number for run in runs),
        names=tuple(run.name or run.id for run in runs),
        states=tuple(run.state for run in runs),
        params=_params(runs, config),
        metric=column,
        left_out=left_out,
        code_changed_at=_code_changes(runs),
        continued=tuple(in_words(continuations(run)) for run in runs),
        others=_others(runs, config, column.name if column is not None else ""),
        has_front=config.has_front,
        front=tuple(places[run.id] for run in found.front),
        beyond=tuple(not_kept(run, config.metrics) for run in runs) if config.limits else (),
        standing=lead_text(found, config),
    )


def _others(runs: Sequence[RunRecord], config: SweepConfig, taken: str) -> tuple[MetricColumn, ...]:
    """The metrics of the sweep but one, each with the axis that shows the runs that have it."""
    columns = []
    for metric in config.metrics:
        if metric.name != taken:
            values = [metric.counted(run) for run in runs]
            counted = [i for i, value in enumerate(values) if value is not None]
            columns.append(metric_column(metric.name, metric.goal, values, counted))
    return tuple(columns)


def _metric(
    runs: Sequence[RunRecord], config: SweepConfig, name: str | None, goal: Goal | str | None
) -> MetricColumn | None:
    """The metric's values; the axis is fitted once it is known which runs count."""
    own = config.metric
    own_name = own.name if own is not None else None
    if name is None:
        if own is None:
            return None
        name = own.name
    known = {each.name: each for each in (*config.metrics, *([own] if own else []))}
    meant = known.get(name) or Metric(name)
    if goal is not None:
        meant = dataclasses.replace(meant, goal=Goal(goal))
    values = tuple(_value(run, meant, is_own=meant.name == own_name) for run in runs)
    return MetricColumn(name, meant.goal, "linear", values, low=0.0, high=1.0, best=0.0, poor=1.0)


def _value(run: RunRecord, metric: Metric, *, is_own: bool) -> float | None:
    """The value of a run; of one that goes on the sweep's metric as of its last good end."""
    kept = is_own and not run.state.counts and standing(run) is not None
    value = metric.counted(run) if kept else metric.of(run.summary)
    if value is None and metric.name == RUNTIME:
        return run.duration_s
    return value


def _params(runs: Sequence[RunRecord], config: SweepConfig) -> tuple[Column, ...]:
    """A column for each parameter that can vary or does."""
    # The suggestion is what the search asked for; runs that came from elsewhere, such
    # as prior runs, may have the parameter in their config only.
    known = {parameter.name for parameter in config.space}
    rows = [
        run.params
        if known <= run.params.keys()
        else {**config.space.flatten(run.config), **run.params}
        for run in runs
    ]
    searched = {parameter.name: parameter.distribution for parameter in config.space.searched}
    others = sorted(set().union(*rows) - known) if rows else []
    columns = []
    for name in [*(parameter.name for parameter in config.space), *others]:
        values = tuple(row.get(name, MISSING) for row in rows)
        if name in searched or _varies(values):
            columns.append(_column(name, values, searched.get(name)))
    return tuple(columns)


def _varies(values: Iterable[Any]) -> bool:
    keys = {value_key(value) for value in values if value is not MISSING}
    return len(keys) > 1


def _column(name: str, values: tuple[Any, ...], distribution: Distribution | None) -> Column:
    """The column of a parameter, of one outside of the search space without a distribution."""
    support = bounds = None
    if distribution is not None:
        kind, bounds, support = distribution.axis_kind, distribution.bounds, distribution.support
    else:
        kind = _kind_of([value for value in values if value is not MISSING])
    if kind == "category":
        return _category_column(name, values, support or ())
    numbers = tuple(float(value) if is_number(value) else None for value in values)
    present = [number for number in numbers if number is not None]
    marks: tuple[float, ...] = ()
    # A slice, since len() cannot count the integers between ±1e30.
    if support is not None and len(few := support[: MAX_MARKS + 1]) <= MAX_MARKS:
        marks = tuple(sorted({float(mark) for mark in (*few, *present)}))
        marks = marks if len(marks) <= MAX_MARKS else ()
    ends = [*present, *map(float, bounds or ())]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    whole = (*marks, *present)
    return Column(
        name=name,
        # A run from outside of the space may hold what no logarithm has a place for.
        kind="log" if kind == "log" and low > 0 else "linear",
        values=values,
        numbers=numbers,
        low=low,
        high=high,
        marks=marks,
        is_integer=bool(whole) and all(number.is_integer() for number in whole),
    )


def _kind_of(values: Sequence[Any]) -> str:
    """The kind of axis that shows values of which nothing is known."""
    if not values or not all(map(is_number, values)):
        return "category"
    low, high = float(min(values)), float(max(values))
    is_log = low > 0 and math.log10(high) - math.log10(low) >= _LOG_DECADES
    return "log" if is_log else "linear"


def _category_column(name: str, values: tuple[Any, ...], listed: Sequence[Any]) -> Column:
    categories: dict[Hashable, Any] = {}
    for value in itertools.chain(listed, values):
        if value is not MISSING:
            categories.setdefault(value_key(value), value)
    order = {key: float(i) for i, key in enumerate(categories)}
    return Column(
        name=name,
        kind="category",
        values=values,
        numbers=tuple(None if value is MISSING else order[value_key(value)] for value in values),
        low=0.0,
        high=float(max(len(order) - 1, 0)),
        categories=tuple(category_labels(list(categories.values()))),
    )


def category_labels(values: Sequence[Any]) -> list[str]:
    """A label for each of some values; 1 and "1" are told apart by their quotes."""
    labels = list(map(category_label, values))
    shared = Counter(labels)
    pairs = zip(labels, values, strict=True)
    return [label if shared[label] == 1 else repr(value) for label, value in pairs]


def category_label(value: Any) -> str:
    """The value as a tick label: text as it is, dicts and lists as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)  # without asking Mapping, which takes long once other types are known
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)
