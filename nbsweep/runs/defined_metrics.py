"""What `define_metric` defined for the metrics of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.records import Goal, lookup
from nbsweep.runs.metric_paths import Path, leaves, spelled
from nbsweep.runs.summary import AGGREGATES

GOALS = tuple(goal.value for goal in Goal)


@dataclass(frozen=True)
class DefinedMetric:
    """One definition; what `define_metric` returns.

    Attributes:
        name: of the metric as `metric_paths.spelled` has it, or a beginning and ``*``.
        step_metric: metric that it is plotted over, or None.
        step_sync: whether rows with the metric get the step metric's last value.
        hidden: whether views leave it out.
        summary: what the summary keeps of it.
        goal: "minimize", "maximize" or None.
    """

    name: str
    step_metric: str | None = None
    step_sync: bool | None = None
    hidden: bool | None = None
    summary: tuple[str, ...] = ()
    goal: str | None = None

    def matches(self, path: Path) -> bool:
        """Whether it applies to the metric at `path`."""
        name = spelled(path)
        return name.startswith(self.name[:-1]) if self.name.endswith("*") else name == self.name


class DefinedMetrics:
    """The definitions of one run by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, DefinedMetric] = {}
        self.with_steps = False  # whether rows have to be completed

    def define(
        self,
        name: str,
        step_metric: Any = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> DefinedMetric:
        """Add to the definition of `name`, or with `overwrite` replace it.

        Raises:
            UsageError: a name, summary or goal that is not understood.
        """
        if not isinstance(name, str) or not name or "*" in name[:-1]:
            raise UsageError(
                f"define_metric({name!r}): a metric's name, or a pattern with one '*' at its end, "
                "such as 'val/*'."
            )
        if isinstance(step_metric, DefinedMetric):
            step_metric = step_metric.name
        if goal is not None and goal not in GOALS:
            raise UsageError(
                f"define_metric({name!r}): unknown goal {goal!r}. Accepted: {', '.join(GOALS)}."
            )
        wanted = [part.strip() for part in (summary or "").split(",") if part.strip()]
        unknown = [part for part in wanted if part not in AGGREGATES]
        if unknown:
            raise UsageError(
                f"define_metric({name!r}): unknown summary {unknown[0]!r}. "
                f"Accepted, joined by commas: {', '.join(AGGREGATES)}."
            )
        before = None if overwrite else self._by_name.get(name)
        if before is not None and wanted:
            wanted = [part for part in AGGREGATES if part in {*before.summary, *wanted}]
        fields = {
            "step_metric": step_metric,
            "step_sync": step_sync,
            "hidden": hidden,
            "summary": tuple(wanted) or None,
            "goal": goal,
        }
        fields = {key: value for key, value in fields.items() if value is not None}
        metric = replace(before or DefinedMetric(name), **fields)
        self._by_name[name] = metric
        self.with_steps = any(metric.step_metric for metric in self._by_name.values())
        return metric

    def shown(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """A summary without the metrics that views leave out."""
        hiding = [metric for metric in self._by_name.values() if metric.hidden]
        return _without(summary, hiding, ()) if hiding else dict(summary)

    def complete(self, row: dict[str, Any], last: Mapping[str, Any]) -> None:
        """Add to a row the step metrics of what it holds, at their last values."""
        paths: list[Path] | None = None
        for metric in self._by_name.values():
            step = metric.step_metric
            if step is None or metric.step_sync is False or lookup(row, step) is not None:
                continue
            value = last[step] if step in last else lookup(last, step)
            if isinstance(value, Mapping):  # its own aggregates
                value = value.get("last")
            if value is None:
                continue
            if paths is None:
                paths = [path for path, _ in leaves(row)]
            if any(metric.matches(path) for path in paths if spelled(path) != step):
                row[step] = value


def _without(
    tree: Mapping[str, Any], hiding: Sequence[DefinedMetric], above: Path
) -> dict[str, Any]:
    kept = {}
    for key, value in tree.items():
        path = (*above, key)
        if any(metric.matches(path) for metric in hiding):
            continue
        if isinstance(value, Mapping) and "_type" not in value:
            below = _without(value, hiding, path)
            if below or not value:
                kept[key] = below
        else:
            kept[key] = value
    return kept
