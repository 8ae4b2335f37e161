"""What a comparison of sweeps, methods or versions of the code shows: `nbsweep.compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from nbsweep.analysis.comparison import Compared, Difference, Group, Series, compare, of_100
from nbsweep.analysis.frame import MISSING, NO_VALUE, RUNTIME, Frame, frame
from nbsweep.analysis.metric_names import likely_goal
from nbsweep.errors import UsageError
from nbsweep.handles.figures import chart_figure
from nbsweep.handles.stored import StoredSweep
from nbsweep.records import Metric, RunState, Snapshot, flat
from nbsweep.space.values import value_key
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import (
    closest,
    did_you_mean,
    number,
    plural,
    plus_minus,
    short,
    some,
    without_surrogates,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from nbsweep.analysis.charts.chart import Chart

BY_CODE = "code"
MOST_GROUPS = 12  # values of a parameter that are compared
SHOWN = 12
_INDEPENDENT = ("random", "grid")
IMPORTED = "imported"


@dataclass(frozen=True)
class Comparison:
    """Groups of runs compared after an equal number of runs; prints as sentences.

    Attributes:
        found: the numbers.
    """

    found: Compared

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, the leader against each other group."""
        return self.found.sentences

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before believing it."""
        return self.found.notes

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Of each pair of groups, with error and chance."""
        return self.found.differences

    @property
    def budget(self) -> int:
        """Runs after which all were judged."""
        return self.found.budget

    @property
    def table(self) -> list[dict[str, Any]]:
        """One dict for each group, the best first, as `pandas.DataFrame` takes it."""
        return [
            {
                "group": each.label,
                "sweeps": each.n_sweeps,
                "runs": each.n_runs,
                f"best {self.found.metric}": each.best,
                f"expected after {plural(self.found.budget, 'run')}": each.expected,
                "error": each.error,
                "median": each.median,
                "chance": self._chance(each.label),
            }
            for each in self.found.standings
        ]

    def _chance(self, label: str) -> float | None:
        """Of the difference to the leader."""
        leader = self.found.standings[0].label
        return next(
            (d.chance for d in self.differences if (d.better, d.worse) == (leader, label)), None
        )

    @property
    def chart(self) -> Chart:
        """The plot as a plain description."""
        from nbsweep.analysis.charts.comparison import collect_comparison

        return collect_comparison(self.found)

    def plot(self) -> go.Figure:
        """A plotly figure: best so far over the runs, and the distribution, group by group."""
        return chart_figure(self.chart)

    def _rows(self) -> list[tuple[str, ...]]:
        head = ("", "sweeps", "runs", f"best {self.found.metric}")
        rows: list[tuple[str, ...]] = [
            (*head, f"after {plural(self.found.budget, 'run')}", "median", "by chance")
        ]
        for each in self.found.standings:
            chance = self._chance(each.label)
            rows.append(
                (
                    each.label,
                    str(each.n_sweeps),
                    str(each.n_runs),
                    number(each.best),
                    plus_minus(each.expected, each.error or 0.0),
                    number(each.median),
                    "" if chance is None else of_100(chance),
                )
            )
        return rows

    def __str__(self) -> str:
        lines = list(self.sentences)
        if self.found.standings:
            rows = self._rows()
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [""]
            lines += [
                "  ".join(
                    cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                ).rstrip()
                for row in rows
            ]
        lines += ["", *self.notes] if self.notes else []
        return without_surrogates("\n".join(lines))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from nbsweep.view.chart_svg import chart_plot
        from nbsweep.view.html import plot_html

        parts = [f"<p>{escape(sentence)}</p>" for sentence in self.sentences]
        if self.found.standings:
            head, *rows = self._rows()
            titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            lines = [
                f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
            ]
            parts.append(
                f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
            )
            parts.append(plot_html(chart_plot(self.chart)))
        else:
            parts += [f"<p>{escape(note)}</p>" for note in self.notes]
        return without_surrogates(f"<div>{''.join(parts)}</div>")


def compare_groups(
    groups: Mapping[str, Sequence[StoredSweep]],
    metric: str | None = None,
    goal: str | None = None,
    *,
    budget: int | None = None,
    by: str | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare sweeps, or groups of them, by the best value after an equal number of runs.

    Args:
        groups: label to the sweeps of that label.
        metric: name; default: the one that all sweeps have.
        goal: "minimize" or "maximize"; default: the sweeps'.
        budget: runs of each; default: as many as the shortest has.
        by: "code" to compare versions of the training code, or the name of a parameter to compare
            its values, in all sweeps together; default: by label.
        seed: of resampling.

    Raises:
        UsageError: the sweeps share no metric; there is only one group; an argument makes no
            sense.
    """
    if budget is not None and (
        isinstance(budget, bool) or not isinstance(budget, int) or budget < 1
    ):
        raise UsageError(f"budget: found {budget!r}; it is a number of runs, 1 or more.")
    snapshots = {label: [each.snapshot() for each in sweeps] for label, sweeps in groups.items()}
    frames = {
        label: [
            _frame(snapshot, sweep.config_of(snapshot.sweep), metric, goal)
            for sweep, snapshot in zip(groups[label], several, strict=True)
        ]
        for label, several in snapshots.items()
    }
    name, direction = _shared_metric(frames)
    if metric is not None:
        _check_there(metric, [each for several in snapshots.values() for each in several])
    if by is None:
        made = [
            Group(
                label,
                tuple(
                    _series(each, snapshot, range(len(each.run_ids)))
                    for each, snapshot in zip(several, snapshots[label], strict=True)
                ),
            )
            for label, several in frames.items()
        ]
    else:
        pairs = [
            pair
            for label, several in frames.items()
            for pair in zip(several, snapshots[label], strict=True)
        ]
        made = _split(pairs, by)
    if len(made) < 2:
        only = f" {made[0].label}" if made else ""
        raise UsageError(f"compare: there is only one group,{only}. Give two or more to compare.")
    found = compare(made, name, direction, budget=budget, seed=seed)
    if metric is None and any(each.others for several in frames.values() for each in several):
        note = f'Judged by {name}, the first of several metrics; metric="…" names another.'
        found = replace(found, notes=(*found.notes, note))
    return Comparison(found)


def _frame(snapshot: Snapshot, config: SweepConfig, metric: str | None, goal: str | None) -> Frame:
    """The runs by the metric that was named, with the goal that is known or likely."""
    if metric is not None and goal is None:
        known = {each.name: each.goal for each in config.all_metrics}
        goal = known.get(metric, likely_goal(metric)).value
    return frame(snapshot, config, metric=metric, goal=goal)


def _check_there(metric: str, snapshots: Sequence[Snapshot]) -> None:
    """Raise UsageError when no run of any sweep has a value of the metric."""
    runs = [run for snapshot in snapshots for run in snapshot.runs]
    if metric == RUNTIME or any(Metric(metric).of(run.summary) is not None for run in runs):
        return
    names = list(dict.fromkeys(name for run in runs for name, _ in flat(run.summary)))
    raise UsageError(
        f'compare: no run has the metric "{metric}".{did_you_mean(closest(metric, names))} There '
        f"are {some(names, SHOWN) or 'none'}."
    )


def _shared_metric(frames: Mapping[str, Sequence[Frame]]) -> tuple[str, Any]:
    """The metric that all have, and its goal.

    Raises:
        UsageError: they have different ones, or one has none.
    """
    found: dict[tuple[str, Any] | None, str] = {}
    for label, several in frames.items():
        for each in several:
            key = (each.metric.name, each.metric.goal) if each.metric is not None else None
            found.setdefault(key, label)
    if len(found) > 1 or None in found:
        words = [
            f"{label} has {'no metric' if key is None else f'{key[0]} ({key[1]})'}"
            for key, label in found.items()
        ]
        raise UsageError(
            f"compare: the sweeps have no metric in common: {some(words, SHOWN)}. Name one that "
            'all runs have: metric="loss", goal="minimize".'
        )
    (key,) = found
    assert key is not None
    return key


def _series(frame: Frame, snapshot: Snapshot, places: Sequence[int]) -> Series:
    """The runs at some places of a frame: those that count, and those that failed by themselves."""
    metric = frame.metric
    assert metric is not None
    values = [
        metric.values[i] if frame.left_out[i] is None else None
        for i in places
        if frame.left_out[i] in (None, NO_VALUE) or frame.states[i] is RunState.FAILED
    ]
    origins = {snapshot.runs[i].origin.get("method") for i in places}
    method = snapshot.sweep.config.get("method")
    adaptive = None if IMPORTED in origins else method not in _INDEPENDENT
    return Series(frame.title, tuple(values), adaptive)


def _split(pairs: Sequence[tuple[Frame, Snapshot]], by: str) -> list[Group]:
    """Groups of the runs by their code, or by the value of a parameter.

    Raises:
        UsageError: no run has it, or it took too many values.
    """
    parts: dict[Any, tuple[str, list[Series]]] = {}
    for each, snapshot in pairs:
        keys = _keys(each, snapshot, by)
        for key in dict.fromkeys(key for key, _ in keys):
            places = [i for i, (other, _) in enumerate(keys) if other == key]
            label = next(label for other, label in keys if other == key)
            series = _series(each, snapshot, places)
            parts.setdefault(key, (label, []))[1].append(series)
    return [Group(label, tuple(series)) for label, series in parts.values()]


def _keys(frame: Frame, snapshot: Snapshot, by: str) -> list[tuple[Any, str]]:
    """For each run what it is grouped by, and what the group is called."""
    if by == BY_CODE:
        first: dict[str | None, int] = {}
        for run in snapshot.runs:
            first.setdefault(run.code_hash, run.number)
        return [(run.code_hash, _code_label(run.code_hash, first)) for run in snapshot.runs]
    column = next((column for column in frame.params if column.name == by), None)
    if column is None:
        names = [BY_CODE, *(column.name for column in frame.params)]
        guess = did_you_mean(closest(by, names))
        raise UsageError(
            f'by="{by}": {frame.title} has no such parameter that varies.{guess} There are '
            f"{some(names, SHOWN)}."
        )
    keys = [None if value is MISSING else value_key(value) for value in column.values]
    distinct = len(set(keys))
    if distinct > MOST_GROUPS:
        raise UsageError(
            f'by="{by}": it took {distinct} values, more than {MOST_GROUPS} groups. Name a '
            "parameter that takes few; the slice plot shows how the metric depends on this one."
        )
    return [
        (key, f"{by} {'missing' if value is MISSING else short(value)}")
        for key, value in zip(keys, column.values, strict=True)
    ]


def _code_label(code: str | None, first: Mapping[str | None, int]) -> str:
    if code is None:
        return "unknown code"
    return f"code {code[:6]} (from run {first[code]})"
