"""A run under way, as the training code sees it."""

from __future__ import annotations

import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from nbsweep.errors import OwnershipError, RunStopped, UsageError
from nbsweep.media.folder import Folder, plain_value
from nbsweep.media.plain import PLAIN_TYPES
from nbsweep.records import Goal, Metric, RunEnd, RunRecord, RunState
from nbsweep.runs import session
from nbsweep.runs.config import Config
from nbsweep.runs.defined_metrics import DefinedMetric, DefinedMetrics
from nbsweep.runs.summary import Summary
from nbsweep.runs.surface import RunSurface
from nbsweep.runs.writer import Channel
from nbsweep.store.base import Store


class Run(RunSurface):
    """One execution of the training function, as the training code sees it.

    Made by `init()`. May be used from any thread. Attributes that W&B's Run has keep
    their names; others may be set freely, as notebooks do.

    Attributes:
        id, project, sweep_id, group, job_type: as stored.
        config: see Config.
        summary: see Summary.
        seed: for this run's random generators; follows from the sweep's seed.
        echo: whether what it prints is also shown where it runs.
        number: number of the run within its sweep, from 1; 0 outside of one.
        ended_as: the state that `finish`, an exception or a stop gave it, or None.
    """

    def __init__(
        self,
        record: RunRecord,
        store: Store,
        folder: Path | str,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        echo: bool = True,
    ) -> None:
        self.id = record.id
        self.seed = seed
        self.echo = echo
        self.project = record.project
        self.entity = ""
        self.sweep_id = record.sweep_id
        self.number = record.number
        self.group = record.group
        self.job_type = record.job_type
        self.start_time = record.started_at or clock()
        self.resumed = False
        self.offline = True
        self.disabled = False
        self.ended_as: RunState | None = None
        self.exit_code: int | None = None
        self.error: str | None = None
        self._record = record
        self._store = store
        self._folder = Path(folder)
        self._clock = clock
        self._name = record.name
        self._notes = record.notes
        self._tags = tuple(record.tags)
        self._lock = threading.Lock()
        self._opened = False
        self._preempting = False
        self._lent = False
        self._step = record.history_rows
        self._row: dict[str, Any] | None = None
        self._row_time_s = 0.0
        self.parent: Run | None = None
        self._metric: Metric | None = None  # the sweep's
        self._watched: dict[str, Any] = {}
        self._alerted: dict[str, float] = {}
        self._metrics = DefinedMetrics()
        self._summary = Summary(record.summary, self._plain)
        self._channel = Channel(store, record.id, record.agent_id, self._summary.as_dict, clock)
        locked = record.config if record.sweep_id is not None else ()
        self.config = Config(record.config, locked, lambda values: self._change(config=values))
        if record.sweep_id is not None:
            judge = session.judge(store, record.sweep_id)
            judge.watch(self._channel)
            self._follow(judge.metric)
        session.writer().add(self._channel)

    def _follow(self, metric: Metric | None) -> None:
        """Keep what the metric's mode asks for."""
        self._metric = metric
        aggregate = metric.aggregate if metric else None
        if metric is not None and aggregate is not None:
            self._summary.follow(metric.name, aggregate)

    def label(self, labels: Mapping[str, Any]) -> None:
        """Set name, notes, tags, group and job_type, those that are given."""
        for key, value in labels.items():
            setattr(self, key, value)
        stored = {key: labels[key] for key in ("group", "job_type") if key in labels}
        if stored:  # the others store themselves
            self._change(**stored)

    @property
    def metric(self) -> Metric | None:
        """The metric of its sweep."""
        return self._metric

    @property
    def store(self) -> Store:
        """Where it is kept."""
        return self._store

    @property
    def children(self) -> list[RunRecord]:
        """Its parts, as the store has them: what `init(group=…)` made inside of it."""
        return self._store.runs(parent_id=self.id)

    # What W&B's Run tells of itself

    @property
    def summary(self) -> Summary:
        """See Summary; assigning a dict replaces what is in it."""
        return self._summary

    @summary.setter
    def summary(self, values: Mapping[str, Any]) -> None:
        self._summary.assign(values)

    @property
    def is_open(self) -> bool:
        """Whether `log` works: init was called and the run was not finished."""
        return self._opened

    @property
    def name(self) -> str:
        """Display name; may be set."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = str(name)
        self._change(name=self._name)

    @property
    def notes(self) -> str | None:
        """Free text; may be set."""
        return self._notes

    @notes.setter
    def notes(self, notes: str | None) -> None:
        self._notes = notes
        self._change(notes=notes)

    @property
    def tags(self) -> tuple[str, ...]:
        """Labels; may be set."""
        return self._tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        self._tags = tuple(tags)
        self._change(tags=list(self._tags))

    @property
    def step(self) -> int:
        """The step that the next `log` writes."""
        return self._step

    @property
    def dir(self) -> str:
        """The run's own folder for files; made at first use."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return str(self._folder)

    @property
    def path(self) -> str:
        """``project/id``."""
        return f"{self.project}/{self.id}"

    @property
    def url(self) -> None:
        """None: nothing is sent anywhere, so there is no page to link to."""
        return

    def __repr__(self) -> str:
        state = self.ended_as.value if self.ended_as else "running" if self._opened else "pending"
        return f"<Run {self.name} ({self.id}, {state})>"

    # Logging

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Add metrics to the run's history; costs microseconds, writes in the background.

        A loop that logs without doing anything else is held back to what the store takes
        (about 100,000 rows a second) once 50,000 rows are waiting.

        Args:
            data: metric name to value: numbers, numpy and torch scalars or 0-d tensors,
                nested dicts, text, None, NaN and infinity; Table, Image and other media,
                matplotlib and plotly figures, data frames: these become files of the run.
            step: write to this step; a higher one than the present closes the present
                row, a lower one is dropped with a warning. Default: the next step.
            commit: False keeps the row open for the next call; default True without
                `step`, False with it.
            sync: W&B's, ignored.

        Raises:
            RunStopped: somebody, or early termination, asked this run to stop.
            TypeError: `data` is not a mapping with text keys.
            UsageError: the run has ended.
        """
        del sync
        if self._channel.stop_reason is not None:
            raise RunStopped(self.id, self._channel.stop_reason, self._channel.stop_state)
        if not self._opened:
            raise UsageError(
                f"log: run {self.name} has ended. Log inside the `with nbsweep.init()` block, "
                "before finish()."
            )
        try:
            items = data.items()
        except AttributeError:
            raise TypeError(
                f"log takes a dict such as {{'loss': 0.3}}, not {type(data).__name__}."
            ) from None
        with self._lock:
            if step is not None and not self._move_to(step):
                return
            row = self._row
            if row is None:
                row = self._row = {}
                self._row_time_s = self._clock()
            for key, value in items:
                if type(key) is not str:
                    raise TypeError(f"log: keys are text, but {key!r} is {type(key).__name__}.")
                row[key] = value if type(value) in PLAIN_TYPES else self._plain(key, value)
            if commit or (commit is None and step is None):
                self._commit(row)
        if self._channel.is_full:
            session.writer().make_room(self._channel)

    def define_metric(
        self,
        name: str,
        step_metric: str | DefinedMetric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> DefinedMetric:
        """Say what the summary keeps of a metric, and over which other it is plotted.

        Args:
            name: metric, or a pattern that ends in ``*`` such as ``val/*``.
            step_metric: the metric on its x axis.
            step_sync: rows that hold the metric without its step metric get that one's
                last value; default True.
            hidden: leave it out of the run's page.
            summary: comma list of min, max, mean, last, first, best, copy, none; the
                summary value becomes a dict of them.
            goal: "minimize" (default) or "maximize", for summary="best".
            overwrite: forget what was said of `name` before; default: add to it.

        Raises:
            UsageError: a name, summary or goal that is not understood.
        """
        found = self._metrics.define(name, step_metric, step_sync, hidden, summary, goal, overwrite)
        if found.summary:
            self._summary.define(name, found.summary, Goal(found.goal or Goal.MINIMIZE))
        return found

    # Begin and end

    def open(self) -> Run:
        """Make this the current run (again); `init` calls it."""
        self._opened = True
        session.enter(self)
        return self

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: exit code 0 (default) gives finished, another one failed.

        A sweep's run is written as ended when the training function returns; until
        then `init()` continues it.
        """
        del quiet
        if not self._opened:
            return
        with self._lock:
            if self._watched and self._row is None:
                self._row = {}
            if self._row is not None:
                self._commit(self._row)
        self._opened = False
        self.unwatch()
        code = exit_code or 0
        if self.exit_code is None or code:
            self.exit_code = code
        session.leave(self)
        if session.assigned_run() is not self and not self._lent:
            self.end(RunState.FAILED if self.exit_code else RunState.FINISHED)

    def end_at_exit(self, exit_code: int) -> None:
        """The process ends: finish the run when nobody else does."""
        if self._opened:
            self.finish(exit_code)

    def end(self, state: RunState, error: str | None = None) -> None:
        """Write the end of the run: last rows, summary, config and state, in one go."""
        if self.ended_as is not None:
            return
        with self._lock:
            if self._row is not None:
                self._commit(self._row)
            self._opened = False
        self._take_parts(state)
        if self._preempting and state is not RunState.FINISHED:
            state = RunState.PREEMPTED
        self.ended_as, self.error = state, error
        session.leave(self)
        unwritten = self._channel.close()
        changes = unwritten.changes
        session.writer().remove(self._channel)
        self.summary.close()
        self._channel.request_stop("the run has ended")
        changes.pop("config", None)  # finish_run writes it
        if changes:
            self._store.update_run(self.id, self._record.agent_id, changes)
        stored = self._store.run(self.id) if self._lent else None
        end = RunEnd(
            state,
            summary=stored.summary if stored else self.summary.as_dict(),
            config=stored.config if stored else self.config.as_dict(),
            exit_code=self.exit_code if self.exit_code is not None else _exit_code(state),
            at=self._clock(),
            rows=unwritten.rows,
            console=unwritten.console,
            error=error,
            peak_memory_bytes=None if stored else self._channel.peak_memory_bytes,
        )
        self._store.finish_run(self.id, self._record.agent_id, end)

    def _take_parts(self, state: RunState) -> None:
        """End parts that were left open; without a metric of its own take theirs."""
        from nbsweep.runs.part import ChildRun, metric_of_parts

        for live in session.live_runs():
            if isinstance(live, ChildRun) and live.parent is self:
                live.end(state)
        metric = self._metric
        if metric is None or not state.counts:
            return
        summary = self._summary.as_dict()
        if metric.of(summary) is None:
            values = metric_of_parts(self.children, metric)
            if values:
                self._row_time_s = self._clock()
                self._commit(dict(values))

    def request_stop(self, reason: str, state: RunState = RunState.KILLED) -> None:
        """Make the next `log` of this run raise RunStopped; it then ends in `state`."""
        self._channel.request_stop(reason, state)

    @property
    def stop_reason(self) -> str | None:
        """Why the run has to stop, or None."""
        return self._channel.stop_reason

    @property
    def stop_state(self) -> RunState:
        """The state in which that stop is to end it."""
        return self._channel.stop_state

    def lend(self, code_hash: str | None = None) -> None:
        """Share the run with a child process; both sides call it.

        The child logs, and leaves the end to its parent; the parent's `end` keeps the
        summary and config that the child stored.
        """
        self._lent = True
        if code_hash is not None:
            self._change(code_hash=code_hash)

    def hand_back(self) -> None:
        """At the end of the child process: write what is not written yet."""
        with self._lock:
            if self._row is not None:
                self._commit(self._row)
            self._opened = False
        if not self.exit_code:
            self._take_parts(RunState.FINISHED)
        session.leave(self)
        unwritten = self._channel.close()
        session.writer().remove(self._channel)
        changes = {**unwritten.changes, "config": self.config.as_dict()}
        if self._channel.peak_memory_bytes is not None:
            changes["peak_memory_bytes"] = self._channel.peak_memory_bytes
        with suppress(OwnershipError):  # the parent gave it up
            self._store.update_run(self.id, self._record.agent_id, changes)
            self._store.append_history(
                self.id,
                self._record.agent_id,
                unwritten.rows,
                summary=self.summary.as_dict(),
                at=self._clock(),
            )
            stop = self._channel
            if stop.stop_reason is not None:
                self._store.request_stop(self.id, stop.stop_reason, stop.stop_state)
            elif self.exit_code:  # the process may end well all the same
                reason = f"finish(exit_code={self.exit_code})"
                self._store.request_stop(self.id, reason, RunState.FAILED)

    def mark_preempting(self) -> None:
        """Say that the machine is about to be taken away.

        Unless the run finishes all the same, its params are handed out again before
        any new ones.
        """
        if self.ended_as is None and not self._preempting:
            self._preempting = True
            self._change(state=RunState.PREEMPTING)

    def as_record(self) -> RunRecord:
        """It as the store has it, with what is not written yet; hidden metrics left out."""
        shown = {k: v for k, v in self._summary.as_dict().items() if not self._metrics.hidden(k)}
        return replace(
            self._record,
            name=self._name,
            notes=self._notes,
            state=self.ended_as or RunState.RUNNING,
            summary=shown,
            config=self.config.as_dict(),
            error=self.error,
        )

    def write_console(self, text: str) -> None:
        """Keep printed text with the run."""
        self._channel.console.write(text)

    def join(self, exit_code: int | None = None) -> None:
        """Old name of `finish`."""
        self.finish(exit_code)

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        kept = self._lent or session.assigned_run() is self
        if value is not None and not kept and self._opened:
            # Outside an agent nobody else keeps the traceback.
            text = "".join(traceback.format_exception(kind, value, trace))
            self.exit_code = 1
            self.end(RunState.KILLED if _is_stop(value) else RunState.FAILED, error=text)
            return
        # sys.exit() and sys.exit(0) are a good end, as they are for the process.
        # So is an early end: the run did as it was told.
        well = value is None or (isinstance(value, SystemExit) and not value.code)
        well = well or (isinstance(value, RunStopped) and value.state == RunState.STOPPED)
        self.finish(0 if well else 1)

    # Inside

    def _label(self, *_: Any, **__: Any) -> None:
        """W&B's telemetry, which libraries call; it goes nowhere."""

    def _move_to(self, step: int) -> bool:
        if step < self._step:
            warnings.warn(
                f"log(step={step}) is dropped: the run is at step {self._step} already, and "
                "history only moves forward. Leave `step` out, or log it as a metric.",
                stacklevel=3,
            )
            return False
        if step > self._step:
            if self._row is not None:
                self._commit(self._row)
            self._step = int(step)
        return True

    def _plain(self, key: str, value: Any) -> Any:
        return plain_value(value, Folder(self._folder, key, self._step))

    def _commit(self, row: dict[str, Any]) -> None:
        if self._watched:
            row.update(self._watched)
            self._watched = {}
        if self._metrics.with_steps:
            self._metrics.complete(row, self._summary)
        self._channel.append((self._step, self._row_time_s, row))
        self._summary.record(row)
        self._step += 1
        self._row = None

    def _change(self, **fields: Any) -> None:
        if self.ended_as is not None:
            field = next(iter(fields))
            raise UsageError(f"run.{field}: run {self.name} has ended and is final.")
        self._channel.change(**fields)


def _is_stop(value: BaseException) -> bool:
    return isinstance(value, (RunStopped, KeyboardInterrupt))


def _exit_code(state: RunState) -> int:
    return 0 if state.counts else 1
