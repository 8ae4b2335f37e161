"""The best runs of a sweep as a table, with errors where configurations were repeated.

For papers and pull requests: a few rows, a few columns, numbers with the digits that their
column's spread deserves. Which run is the best says `analysis.best`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from nbsweep.analysis.best import by_configuration, leading_runs
from nbsweep.analysis.frame import MISSING, Column, Frame
from nbsweep.analysis.front import front_text, lead
from nbsweep.analysis.results import DURATION
from nbsweep.analysis.ticks import clipped
from nbsweep.errors import UsageError
from nbsweep.records import Metric, RunRecord, Snapshot, flat, is_number
from nbsweep.search.replicates import Configuration, configurations, key_of, seeds
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import (
    TEXT_LIMIT,
    closest,
    did_you_mean,
    digits_of,
    joined,
    number,
    plural,
    plus_minus,
    short,
    some,
)

KNOWN_SHOWN = 12  # columns that a message lists
LARGEST_WHOLE = 1e15  # whole numbers below it are spelt out
FIXED_DECADES = 3.0  # numbers that span more are not spelt with equally many decimals
Kind = Literal["run", "count", "metric", "param", "result"]


@dataclass(frozen=True)
class TableColumn:
    """A column of the table; all tuples have one entry a row.

    Attributes:
        name: of the parameter or the metric; "run" and "runs" for the first two.
        kind: what it holds.
        values: plain values, MISSING where the run has none.
        errors: standard errors of the values, None where there is none.
        goal: "minimize" or "maximize" for an objective, else "".
    """

    name: str
    kind: Kind
    values: tuple[Any, ...]
    errors: tuple[float | None, ...] = ()
    goal: str = ""

    @property
    def is_number(self) -> bool:
        """Whether all its values are numbers."""
        known = [value for value in self.values if value is not MISSING]
        return bool(known) and all(map(is_number, known))

    @property
    def texts(self) -> list[str]:
        """Its values as text, "" where there is none: ``0.412``, ``0.41 ± 0.03``, ``adam``."""
        errors = self.errors or (None,) * len(self.values)
        if not self.is_number:
            texts = [_word(value) for value in self.values]
            return [clipped(texts, TEXT_LIMIT)[text] for text in texts]
        numbers = [None if value is MISSING else float(value) for value in self.values]
        plain = _aligned(numbers)
        return [
            _with_error(value, error) if value is not None and error is not None else text
            for value, error, text in zip(numbers, errors, plain, strict=True)
        ]


@dataclass(frozen=True)
class BestTable:
    """The best runs, or the front, of a sweep.

    Attributes:
        columns: from left to right; each has a value for each row.
        title: what the rows are, as the start of a caption: "The 10 best of 30 runs by loss".
        remarks: what to know of the numbers, in sentences.
        empty: why there is no row, in a sentence; "" when there is one.
    """

    columns: tuple[TableColumn, ...]
    title: str
    remarks: tuple[str, ...] = ()
    empty: str = ""

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return len(self.columns[0].values) if self.columns else 0


class _Rows(NamedTuple):
    """What the rows are.

    Attributes:
        runs: one for each row, the best first.
        title, remarks: as of the table.
        are_configurations: whether a row is all runs of one configuration.
    """

    runs: list[RunRecord]
    title: str
    remarks: list[str]
    are_configurations: bool


def best_table(
    snapshot: Snapshot,
    config: SweepConfig,
    columns: Frame,
    *,
    top: int,
    names: Sequence[str] | None = None,
    ranking: Sequence[str] = (),
    room: int,
) -> BestTable:
    """The table of the best runs.

    Where configurations were repeated, on purpose or by their seeds, a row is one of them: with
    the mean of its runs, the standard error of the mean, and how many they are. With several
    objectives it is the front.

    Args:
        snapshot: of the sweep.
        config: its config.
        columns: its runs as columns.
        top: how many rows at most, at least 1.
        names: parameters or logged metrics to show beside the sweep's metrics, in this order;
            None for parameters that vary, `room` of them at most.
        ranking: parameters by importance, the highest first; these are shown first.
        room: for so many parameters.

    Raises:
        UsageError: there is no column of such a name.
    """
    rows = _rows(snapshot, config, top)
    apart = seeds(config.space, snapshot.runs) if rows.are_configurations else frozenset()
    remarks = list(rows.remarks)
    if names is None:
        params = [column for column in columns.params if column.name not in apart]
        shown = _with_room(params, ranking, room)
        if len(shown) < len(params):
            kept = {column.name for column in shown}
            which = "the most important" if kept & set(ranking) else "the first"
            remarks.append(
                f"{which.capitalize()} {len(shown)} of {len(params):,} parameters are shown."
            )
        names = [column.name for column in shown]
    table = _Cells(snapshot, config, columns, rows, apart)
    listed = [table.runs()]
    listed += [table.metric(metric) for metric in config.all_metrics]
    if rows.are_configurations:
        listed.append(table.counts())
    metrics = {metric.name for metric in config.all_metrics}
    listed += [table.named(name) for name in names if name not in metrics]
    empty = "" if rows.runs else _empty(config, snapshot)
    return BestTable(tuple(listed), rows.title, tuple(remarks), empty)


def _rows(snapshot: Snapshot, config: SweepConfig, top: int) -> _Rows:
    metric = config.metric
    if metric is None:
        return _Rows([], "No run is the best: the sweep has no metric", [], False)
    if config.has_front:
        front = lead(snapshot.runs, config).front
        runs = leading_runs(snapshot, config, top)
        title = f"The front of {front_text(config)}: {plural(len(front), 'run')}"
        if len(runs) < len(front):
            title += f", of which {len(runs)} that together cover most of its hypervolume"
        return _Rows(runs, title, [], False)
    latest = {run.number: run for run in snapshot.runs}
    groups = configurations(list(latest.values()), metric, config.space)
    is_repeated = len(groups) > 1 and any(group.n > 1 for group in groups)
    if is_repeated or by_configuration(snapshot.runs, config):
        return _by_configuration(snapshot, config, metric, groups, top)
    every = leading_runs(snapshot, config, None)
    title = f"{_best_of(min(top, len(every)), len(every), 'run')} by {metric.name}"
    return _Rows(every[:top], title, [], False)


def _by_configuration(
    snapshot: Snapshot,
    config: SweepConfig,
    metric: Metric,
    groups: Sequence[Configuration],
    top: int,
) -> _Rows:
    from nbsweep.search import leaders  # with numpy, which other tables need not load

    order = [each.configuration for each in leaders.ranked(snapshot, config)]
    remarks = [
        "Values are means over the runs of a configuration, ± standard error where it has several "
        "(with the noise of all repeated runs pooled); the order is what a model of all runs "
        "believes."
    ]
    total = len(order) if config.limits else len(groups)
    title = f"{_best_of(min(top, len(order)), total, 'configuration')} by {metric.name}"
    return _Rows([group.middle for group in order[:top]], title, remarks, True)


def _best_of(n: int, total: int, word: str) -> str:
    if n < total:
        return f"The {n} best of {plural(total, word)}" if n > 1 else f"The best of {total} {word}s"
    return f"All {plural(n, word)}" if n > 1 else f"The only {word}"


def _empty(config: SweepConfig, snapshot: Snapshot) -> str:
    metric = config.metric
    if metric is None:
        return "The sweep has no metric, so no run is the best."
    names = joined([each.name for each in config.objectives], "and")
    if any(
        all(each.counted(run) is not None for each in config.objectives) for run in snapshot.runs
    ):
        limits = joined([each.name for each in config.limits], "and")
        return f"No run with a value of {names} is known to keep the limit of {limits}."
    return f"No run has ended with a value of {names} yet."


def _with_room(params: Sequence[Column], ranking: Sequence[str], room: int) -> list[Column]:
    """The parameters there is room for: the most important ones, in their usual order."""
    if len(params) <= room:
        return list(params)
    known = [column.name for column in params]
    first = dict.fromkeys([*(name for name in ranking if name in set(known)), *known])
    kept = set(list(first)[:room])
    return [column for column in params if column.name in kept]


class _Cells:
    """Fills the columns of the rows.

    Args:
        snapshot: of the sweep.
        config: its config.
        columns: its runs as columns.
        rows: what they are.
        apart: parameters that only seed.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        config: SweepConfig,
        columns: Frame,
        rows: _Rows,
        apart: frozenset[str],
    ) -> None:
        self._snapshot = snapshot
        self._config = config
        self._rows = rows
        self._keys = [key_of(run.params, apart) for run in rows.runs]
        self._apart = apart
        self._params = {column.name: column for column in columns.params}
        self._places = {run_id: i for i, run_id in enumerate(columns.run_ids)}

    def runs(self) -> TableColumn:
        """The numbers of the runs."""
        return TableColumn("run", "run", tuple(run.number for run in self._rows.runs))

    def counts(self) -> TableColumn:
        """How many runs each configuration has."""
        metric = self._config.metric
        assert metric is not None
        groups = self._groups(metric)
        return TableColumn("runs", "count", tuple(groups[key].n for key in self._keys))

    def metric(self, metric: Metric, kind: Kind = "metric") -> TableColumn:
        """A metric of the rows: of the runs, or means with their errors."""
        goal = str(metric.goal) if kind == "metric" and metric.is_objective else ""
        if not self._rows.are_configurations:
            found = [metric.counted(run) for run in self._rows.runs]
            values = tuple(MISSING if value is None else value for value in found)
            return TableColumn(metric.name, kind, values, goal=goal)
        groups = self._groups(metric)
        members = [groups.get(key) for key in self._keys]
        return TableColumn(
            metric.name,
            kind,
            tuple(MISSING if group is None else group.mean for group in members),
            tuple(group.error if group and group.n > 1 else None for group in members),
            goal,
        )

    def named(self, name: str) -> TableColumn:
        """A parameter, a logged metric or the duration, by its name.

        Raises:
            UsageError: there is none of that name.
        """
        if name in self._params:
            column = self._params[name]
            places = [self._places[run.id] for run in self._rows.runs]
            return TableColumn(name, "param", tuple(column.values[i] for i in places))
        if name == DURATION:
            return TableColumn(name, "result", self._seconds())
        space = self._config.space
        others = [each.name for each in space if each.name not in self._params]  # do not vary
        if name in others:
            rows = [{**space.flatten(run.config), **run.params} for run in self._rows.runs]
            return TableColumn(name, "param", tuple(row.get(name, MISSING) for row in rows))
        logged = list(
            dict.fromkeys(
                key
                for run in self._snapshot.runs
                for key, value in flat(run.summary)
                if is_number(value) and not key.startswith("_")
            )
        )
        if name in logged:
            return self.metric(Metric(name), "result")
        known = [*self._params, *others, *logged, DURATION]
        raise UsageError(
            f"report: columns: there is no parameter and no metric {name!r}."
            f"{did_you_mean(closest(name, known), wanted=name)} "
            f"There are {some(known, KNOWN_SHOWN)}."
        )

    def _seconds(self) -> tuple[Any, ...]:
        """How long each run took, or those of a configuration on the average."""
        members = [[run] for run in self._rows.runs]
        if self._rows.are_configurations:
            keyed = [
                (key_of(run.params, self._apart), run)
                for run in self._snapshot.runs
                if run.state.counts
            ]
            members = [[run for key, run in keyed if key == row] for row in self._keys]
        known = [[s for run in each if (s := run.duration_s) is not None] for each in members]
        return tuple(sum(each) / len(each) if each else MISSING for each in known)

    def _groups(self, metric: Metric) -> Mapping[Any, Configuration]:
        latest = {run.number: run for run in self._snapshot.runs}
        groups = configurations(list(latest.values()), metric, self._config.space)
        return {key_of(group.params, self._apart): group for group in groups}


# --- texts ----------------------------------------------------------------------------


def _word(value: Any) -> str:
    if value is MISSING:
        return ""
    return short(value, 8 * TEXT_LIMIT)


def _aligned(numbers: Sequence[float | None]) -> list[str]:
    """Numbers with the digits that tell them apart, and equally many decimals.

    Those that span decades keep their significant digits instead.
    """
    known = [value for value in numbers if value is not None]
    digits = digits_of(known)
    sizes = [abs(value) for value in known if value]
    texts = ["" if value is None else number(value, digits=digits) for value in numbers]
    if all(value.is_integer() and abs(value) < LARGEST_WHOLE for value in known):
        return ["" if value is None else f"{value:.0f}" for value in numbers]
    if not (sizes and 1e-4 <= max(sizes) < 1e7):
        return texts
    top = math.floor(math.log10(max(sizes)))
    if top - math.log10(min(sizes)) > FIXED_DECADES:
        return texts
    places = max(0, digits - 1 - top)
    return _padded(["" if value is None else f"{value:.{places}f}" for value in numbers])


def _padded(texts: Sequence[str]) -> list[str]:
    """Decimals with as many zeros at the end as the longest needs: 0.10, 0.25, 0.50."""
    cut = [text.rstrip("0").rstrip(".") if "." in text else text for text in texts]
    needed = max((len(text.partition(".")[2]) for text in cut), default=0)
    return [f"{float(text):.{needed}f}" if text else "" for text in texts]


def _with_error(value: float, error: float) -> str:
    """``0.412 ± 0.010``: a value and its error with the same decimals."""
    texts = plus_minus(value, error).split(" ± ")
    if len(texts) == 2 and not any("e" in text for text in texts):
        texts = _padded(texts)
    return " ± ".join(texts)
