"""Two runs side by side: `Sweep.compare_runs` and `nbsweep.compare(run, run)`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from nbsweep.analysis.frame import MISSING
from nbsweep.analysis.run_differences import (
    MetricDifference,
    code_difference,
    config_differences,
    metric_differences,
)
from nbsweep.errors import UsageError
from nbsweep.handles.figures import chart_figure
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.wording import duration, number, plural, short, without_surrogates

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from nbsweep.analysis.charts.chart import Chart

CONSOLE_LINES = 15  # from the end
VALUE = 48  # characters
NOT_SET = "(not set)"


@dataclass(frozen=True)
class RunComparison:
    """Two runs side by side; prints what differs.

    Attributes:
        first, second: the runs.
        first_metric: name of the metric that counts, or None.
    """

    first: SweepRun
    second: SweepRun
    first_metric: str | None = None

    @property
    def labels(self) -> tuple[str, str]:
        """What the runs are called: number and name, with the id where these are the same."""
        labels = [f"run {run.number} {run.name}" for run in (self.first, self.second)]
        if labels[0] == labels[1]:
            labels = [f"{label} ({run.id})" for label, run in zip(labels, self._runs, strict=True)]
        return labels[0], labels[1]

    @property
    def _runs(self) -> tuple[SweepRun, SweepRun]:
        return self.first, self.second

    @cached_property
    def config_diff(self) -> dict[str, tuple[Any, Any]]:
        """Flat name to the two values, of what differs only; MISSING where a config lacks it."""
        return config_differences(self.first.config, self.second.config)

    @cached_property
    def metrics(self) -> list[MetricDifference]:
        """What either run measured, and the difference; the sweep's own metrics first."""
        goals = {name: goal for run in reversed(self._runs) for name, goal in run.goals.items()}
        if self.first_metric is not None:
            names = [self.first_metric, *(name for name in goals if name != self.first_metric)]
            goals = {name: goals[name] for name in names if name in goals}
        return metric_differences(self.first.summary, self.second.summary, goals)

    @cached_property
    def code_diff(self) -> str | None:
        """The unified diff of the training code; "" for the same, None where it is not kept."""
        hashes = [run.code_hash for run in self._runs]
        if hashes[0] is not None and hashes[0] == hashes[1]:
            return ""
        texts = [run.code for run in self._runs]
        if texts[0] is None or texts[1] is None:
            return None
        return code_difference(texts[0], texts[1], self.labels)

    @property
    def code_words(self) -> str:
        """What there is to know of the code, in a sentence; "" where the diff says it."""
        hashes = [run.code_hash for run in self._runs]
        if None in hashes:
            which = [label for label, code in zip(self.labels, hashes, strict=True) if code is None]
            return f"Which version of the code {' and '.join(which)} executed is not known."
        if self.code_diff == "":
            return "Both executed the same code."
        if self.code_diff is None:
            return (
                f"They executed different code ({hashes[0]} and {hashes[1]}), whose text is not "
                "kept here: it lies beside the store of the machine whose agent began the run."
            )
        return ""

    @cached_property
    def consoles(self) -> tuple[str, str]:
        """The last lines that each printed."""
        return _end(self.first.console()), _end(self.second.console())

    @property
    def chart(self) -> Chart:
        """The curves as a plain description."""
        from nbsweep.analysis.charts.run_curves import collect_run_curves

        logged = [(label, run.logged()) for label, run in zip(self.labels, self._runs, strict=True)]
        first = [name for run in self._runs for name in run.goals]
        title = f"{self.labels[0]} and {self.labels[1]}"
        return collect_run_curves(logged, title=title, first=first)

    def plot(self) -> go.Figure:
        """A plotly figure: the curves of both runs over each other, a panel for each metric."""
        return chart_figure(self.chart)

    def _facts(self) -> list[tuple[str, str, str]]:
        return [
            ("state", self.first.state, self.second.state),
            ("duration", duration(self.first.duration_s), duration(self.second.duration_s)),
        ]

    def _config_rows(self) -> list[tuple[str, ...]]:
        return [(name, _cell(one), _cell(two)) for name, (one, two) in self.config_diff.items()]

    def _metric_rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = []
        for each in self.metrics:
            sign = "+" if each.difference is not None and each.difference > 0 else ""
            gap = "" if each.difference is None else f"{sign}{number(each.difference)}"
            better = (
                "" if each.better is None else f"{('first', 'second')[each.better - 1]} is better"
            )
            rows.append((each.name, _cell(each.first), _cell(each.second), gap, better))
        return rows

    def __str__(self) -> str:
        one, two = self.labels
        lines = _table([("", one, two), *self._facts()])
        lines += ["", "Config, what differs"]
        lines += [f"  {line}" for line in _table(self._config_rows())] or ["  nothing"]
        lines += ["", "Metrics"]
        lines += [f"  {line}" for line in _table(self._metric_rows())] or ["  none"]
        lines += ["", "Code"]
        code = self.code_words or self.code_diff or ""
        lines += [f"  {line}" for line in code.splitlines()]
        for label, text in zip(self.labels, self.consoles, strict=True):
            if text:
                lines += ["", f"Output of {label}, the end", *(f"  {x}" for x in text.splitlines())]
        return without_surrogates("\n".join(lines))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from nbsweep.view.chart_svg import chart_plot
        from nbsweep.view.html import plot_html

        head = ("", *self.labels)
        parts = [_html_table([head, *self._facts()])]
        parts.append("<h4>Config, what differs</h4>")
        config = self._config_rows()
        parts.append(_html_table([head, *config]) if config else "<p>nothing</p>")
        parts.append("<h4>Metrics</h4>")
        metrics = self._metric_rows()
        parts.append(
            _html_table([(*head, "difference", ""), *metrics]) if metrics else "<p>none</p>"
        )
        if self.chart.panels:
            parts.append(plot_html(chart_plot(self.chart)))
        parts.append("<h4>Code</h4>")
        parts.append(
            f"<p>{escape(self.code_words)}</p>"
            if self.code_words
            else f"<pre>{escape(self.code_diff or '')}</pre>"
        )
        if any(self.consoles):
            cells = "".join(
                '<td style="vertical-align:top;text-align:left"><pre>'
                f"{escape(text) or 'nothing'}</pre></td>"
                for text in self.consoles
            )
            titles = "".join(f"<th>{escape(label)}</th>" for label in self.labels)
            parts.append(
                f"<h4>Output, the end</h4><table><tr>{titles}</tr><tr>{cells}</tr></table>"
            )
        return without_surrogates(f"<div>{''.join(parts)}</div>")


def compare_two(first: SweepRun, second: SweepRun, metric: str | None = None) -> RunComparison:
    """Two runs side by side.

    Raises:
        UsageError: both are the same run.
    """
    if first.id == second.id:
        raise UsageError(f"compare: run {first.number} was given twice. Give two different runs.")
    return RunComparison(first, second, metric)


def _end(text: str) -> str:
    lines = text.rstrip().splitlines()
    left = len(lines) - CONSOLE_LINES
    kept = lines[-CONSOLE_LINES:]
    return "\n".join([f"… {plural(left, 'line')} before", *kept] if left > 0 else kept)


def _cell(value: Any) -> str:
    if value is MISSING:
        return NOT_SET
    return "" if value is None else short(value, VALUE)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body]
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
