"""Runs in the form that W&B's sweep engine gives to custom search and stopping functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.records import HistoryRow, RunRecord, RunState, is_number, lookup


@dataclass
class EngineRun:
    """A run as functions for `controller()` see it; the engine's own is called SweepRun.

    Attributes:
        name: the run's id.
        state: "running", "finished", …
        config: ``{"lr": {"value": 0.1}}``.
        history: one dict a row.
        summary_metrics: the last values.
        search_info: anything that a search function wants to keep with a suggestion.
        early_terminate_info: anything that a stopping function wants to say; its "reason" is
            stored with the stopped run.
        stopped: whether it was stopped.
        should_stop: whether it was asked to stop and has not ended.
        heartbeat_at: unix time in seconds.
        exitcode: None while it runs.
    """

    name: str | None = None
    state: str = "pending"
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary_metrics: dict[str, Any] = field(default_factory=dict)
    search_info: dict[str, Any] | None = None
    early_terminate_info: dict[str, Any] | None = None
    stopped: bool = False
    should_stop: bool = False
    heartbeat_at: float | None = None
    exitcode: int | None = None

    def metric_history(self, metric_name: str, filter_invalid: bool = False) -> list[Any]:
        """The logged values of a metric, with `filter_invalid` only finite numbers."""
        values = [lookup(row, metric_name) for row in self.history]
        values = [value for value in values if value is not None]
        return [value for value in values if is_number(value)] if filter_invalid else values

    def summary_metric(self, metric_name: str) -> Any:
        """The last value of a metric; raises KeyError without one."""
        if metric_name not in self.summary_metrics:
            raise KeyError(f"{metric_name} is not a summary metric of this run.")
        return self.summary_metrics[metric_name]

    def metric_extremum(self, metric_name: str, kind: str) -> float:
        """The lowest or highest value of a metric over history and summary.

        Raises:
            UsageError: `kind` is neither "minimum" nor "maximum".
            ValueError: the run has no finite value of it.
        """
        choose = {"min": min, "max": max}.get(kind.lower()[:3])
        if choose is None:
            raise UsageError(f"metric_extremum(kind={kind!r}): minimum and maximum are there.")
        values = self.metric_history(metric_name, filter_invalid=True)
        last = self.summary_metrics.get(metric_name)
        values += [last] if is_number(last) else []
        if not values:
            raise ValueError(f"Run {self.name} has no finite value of metric {metric_name!r}.")
        return float(choose(values))


def engine_run(record: RunRecord, rows: list[HistoryRow]) -> EngineRun:
    """A stored run in the engine's form."""
    asked = record.stop_requested is not None
    state = RunState.KILLED if record.state is RunState.STOPPED else record.state  # as W&B's
    return EngineRun(
        name=record.id,
        state=state.value,
        config={key: {"value": value} for key, value in record.config.items()},
        history=[{**row.values, "_step": row.step} for row in rows],
        summary_metrics=dict(record.summary),
        search_info=record.origin.get("search_info"),
        stopped=asked and record.state.ended,
        should_stop=asked and not record.state.ended,
        heartbeat_at=record.heartbeat_at,
        exitcode=record.exit_code,
    )


def params_of(suggestion: Any) -> dict[str, Any]:
    """The params of what a search function returned: an engine's run, or a dict.

    Raises:
        UsageError: it is neither.
    """
    config = getattr(suggestion, "config", suggestion)
    if not isinstance(config, Mapping):
        raise UsageError(
            f"The search function returned {type(suggestion).__name__}; it has to return a run "
            "whose config is {'lr': {'value': 0.1}}, such a config, or None when nothing is left."
        )
    return {
        str(key): value["value"]
        if isinstance(value, Mapping) and set(value) == {"value"}
        else value
        for key, value in config.items()
        if not str(key).startswith("_")
    }
