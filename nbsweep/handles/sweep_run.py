"""The runs of a sweep as the store has them, one by one and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbsweep.continued import present_rows
from nbsweep.errors import MissingDependencyError
from nbsweep.records import Goal, HistoryRow, RunRecord, RunState, flat
from nbsweep.runs import kept_code
from nbsweep.runs.checkpoint import last_checkpoint
from nbsweep.runs.folders import run_folder
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    import pandas as pd


class SweepRun:
    """One run of a sweep as the store has it; a value, it does not change by itself.

    Attributes:
        id, name, number, attempt, notes, group, job_type: as stored.
        state: "finished", "failed", … as W&B spells them.
        params: flat parameter name to value, as suggested.
        config: the whole config, nested.
        summary: last value of each metric.
        metric: value of the sweep's metric, None when the run has none; where the sweep has
            several, of the first objective.
        metrics: the name of each metric of the sweep to its value, None when the run has none.
        error: full traceback of the exception that ended it, or None.
        stop_reason: why it was stopped, early or by a person; None when it was not.
        origin: why the search suggested these params.
        continued: how it went on after an end, oldest first: ``{"step": first step of that,
            "after": unix time of the end before, "at": when it went on, …}``; [] for most.
        duration_s: seconds it ran, without pauses, or None.
        code_hash: version of the training code, or None.
        peak_memory_bytes: most memory its process was seen to use, or None.
    """

    def __init__(self, record: RunRecord, store: Store, config: SweepConfig) -> None:
        self._store = store
        self._config = config
        self.id = record.id
        self.name = record.name
        self.number = record.number
        self.attempt = record.attempt
        self.state = record.state.value
        self.params = dict(record.params)
        self.config = dict(record.config)
        self.summary = dict(record.summary)
        self.metric = config.metric.of(record.summary) if config.metric else None
        self.metrics = {metric.name: metric.of(record.summary) for metric in config.all_metrics}
        self.error = record.error
        finished = record.state is RunState.FINISHED  # it was faster than the request
        self.stop_reason = None if finished else record.stop_requested
        self.origin = dict(record.origin)
        self.continued = [dict(mark) for mark in record.continued]
        self.duration_s = record.duration_s
        self.code_hash = record.code_hash
        self.peak_memory_bytes = record.peak_memory_bytes
        self.tags = list(record.tags)
        self.notes = record.notes
        self.group = record.group
        self.job_type = record.job_type

    @property
    def children(self) -> list[SweepRun]:
        """Its parts, such as the folds that `init(group=…)` made inside it, oldest first."""
        return [
            SweepRun(record, self._store, self._config)
            for record in self._store.runs(parent_id=self.id)
        ]

    @property
    def checkpoint(self) -> Path | None:
        """The folder of its last whole checkpoint on this machine; None without one."""
        found, _ = last_checkpoint(Path(run_folder(self._store, self.id)))
        return found.folder if found else None

    @property
    def code(self) -> str | None:
        """The text of the training code that it executed; None where it is not kept."""
        return kept_code.kept(self._store, self.code_hash)

    @property
    def goals(self) -> dict[str, Goal]:
        """The name of each metric of the sweep to its goal."""
        return {metric.name: metric.goal for metric in self._config.all_metrics}

    def logged(self) -> list[HistoryRow]:
        """All rows it logged; of a run that went on the last of each step."""
        return list(present_rows(self._store.run(self.id), self._store.history(self.id)))

    def history(self) -> list[dict[str, Any]]:
        """All rows it logged, each with W&B's `_step` and `_timestamp` (unix seconds).

        Of a run that went on from an earlier checkpoint: the last row of each step.
        """
        return [
            {**row.values, "_step": row.step, "_timestamp": row.time_s} for row in self.logged()
        ]

    def console(self) -> str:
        """What it printed, warnings and progress bars' last states included."""
        return self._store.console(self.id)

    def __repr__(self) -> str:
        known = {name: value for name, value in self.metrics.items() if value is not None}
        if len(self.metrics) > 1:
            values = "".join(f", {name} {value:.6g}" for name, value in known.items())
        else:
            values = "".join(f", metric {value:.6g}" for value in known.values())
        return f"<SweepRun {self.name} ({self.state}{values})>"


def table_rows(runs: Sequence[SweepRun]) -> list[dict[str, Any]]:
    """One dict per run: number, name, state, params, metrics of the summary, duration_s.

    Nested metrics and aggregates have a column each: ``val.loss``, ``acc.max``. A parameter
    and a metric of one name keep apart as ``config.x`` and ``summary.x``.
    """
    summaries = [dict(flat(run.summary)) for run in runs]
    names = {name for run in runs for name in run.params}
    both = names & {name for summary in summaries for name in summary}
    return [
        {
            "run": run.number,
            "id": run.id,
            "name": run.name,
            "state": run.state,
            **{f"config.{k}" if k in both else k: v for k, v in run.params.items()},
            **{f"summary.{k}" if k in both else k: v for k, v in summary.items()},
            "duration_s": run.duration_s,
        }
        for run, summary in zip(runs, summaries, strict=True)
    ]


def dataframe(runs: Sequence[SweepRun]) -> pd.DataFrame:
    """The table of `table_rows`, indexed by the runs' numbers."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingDependencyError(
            'dataframe() needs an extra package: pip install "nbsweep[pandas]"'
        ) from None
    rows = table_rows(runs)
    frame = pd.DataFrame(rows)
    return frame.set_index("run") if rows else frame
