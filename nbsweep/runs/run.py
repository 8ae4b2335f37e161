"""A run under way, as the training code sees it."""

from __future__ import annotations

import copy
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from nbsweep.continued import first_step, suggested
from nbsweep.errors import RunStopped, UsageError
from nbsweep.extension import extend
from nbsweep.media.folder import Folder
from nbsweep.media.plain import PLAIN_TYPES, key_of
from nbsweep.records import Goal, Metric, RunEnd, RunRecord, RunState, WorkOrder
from nbsweep.runs import session
from nbsweep.runs.config import Config
from nbsweep.runs.defined_metrics import DefinedMetric, DefinedMetrics
from nbsweep.runs.judge import Judge
from nbsweep.runs.labels import StoredLabel
from nbsweep.runs.resumable import Resumable, Resumption
from nbsweep.runs.settings import Settings
from nbsweep.runs.shared import Shareable
from nbsweep.runs.steady import steady_clock
from nbsweep.runs.summary import Summary, metrics_of_parts
from nbsweep.runs.watch import Watcher
from nbsweep.runs.writer import ENDED_ELSEWHERE, Channel, Row, Unwritten
from nbsweep.store.base import Store
from nbsweep.store.patience import lasting

MAX_STEP = 2**62  # leaves room below a database's 2**63 for the rows that follow

_ENDED = "the run has ended"  # the stop reason of one that nobody asked to stop


class Run(Shareable, Resumable):
    """One execution of the training function, as the training code sees it.

    Made by `init()`. May be used from any thread. Attributes that W&B's Run has keep
    their names; others may be set freely, as notebooks do. What only W&B needs of it is
    added from the top of the package.

    Args:
        order: the claimed run, its folder, seed and echo, and what the sweep optimises.
        store: where the run is.
        clock: unix time in seconds; default: one that nobody sets while it runs.

    Attributes:
        id, project, sweep_id: as stored.
        name, notes, tags, group, job_type: labels; setting one stores it.
        config: see Config.
        seed: for this run's random generators; follows from the sweep's seed.
        number: number of the run within its sweep, from 1; 0 outside of one.
        parent: the run of this process of which it is a part, or None.
        shared: whether another process has it too, which started this one and ends the run.
        was_asked_for: whether a loop asked for it, see `Sweep.ask`; such a run is open
            until it is told.
        settings: what `init(settings=…)` was given.
        watcher: adds histograms of watched models to its rows.
        ended_as: the state that `finish`, an exception or a stop gave it, or None.
    """

    was_asked_for: ClassVar[bool] = False

    name = StoredLabel[str](str)
    notes = StoredLabel[str | None]()
    tags = StoredLabel[tuple[str, ...]](tuple)
    group = StoredLabel[str | None]()
    job_type = StoredLabel[str | None]()

    def __init__(
        self, order: WorkOrder, store: Store, clock: Callable[[], float] | None = None
    ) -> None:
        record = order.run
        clock = clock or steady_clock()
        self.id = record.id
        self.seed = order.seed
        self.project = record.project
        self.entity = ""
        self.sweep_id = record.sweep_id
        self.number = record.number
        self.parent: Run | None = None
        self.start_time = record.started_at or clock()
        self.offline = True
        self.disabled = False
        self.ended_as: RunState | None = None
        self.exit_code: int | None = None
        self.error: str | None = None
        self._order = order
        self._record = record
        self._store = store
        self._folder = Path(order.folder)
        self._clock = clock
        self._labels: dict[str, Any] = {
            "name": record.name,
            "notes": record.notes,
            "tags": tuple(record.tags),
            "group": record.group,
            "job_type": record.job_type,
        }
        self._lock = threading.Lock()
        self._started = False
        self._opened = self._entered = False
        self._preempting = False
        self._lent = False
        self._first_step = self._step = first_step(record)
        self._row: dict[str, Any] | None = None
        self._row_time_s = 0.0
        self._metric = order.metric
        self.watcher = Watcher()
        self.settings = Settings()
        self._metrics = DefinedMetrics()
        self._summary = Summary(record.summary, self._plain)
        for metric in order.all_metrics:
            if metric.aggregate is not None:
                self._summary.follow(metric.name, metric.aggregate)
        self._channel = Channel(store, record.id, record.agent_id, self._to_write, clock)
        self._channel.summary_before = copy.deepcopy(record.summary)
        self._channel.config_before = copy.deepcopy(record.config)
        self._append: Callable[[Row], None] = self._channel.append
        self.config = Config(
            record.config, suggested(record), lambda values: self._change(config=values)
        )
        self._find_resumption()

    @property
    def metric(self) -> Metric | None:
        """The metric of its sweep, the first objective where it has several metrics."""
        return self._metric

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics of its sweep, where the config has several; else empty."""
        return self._order.metrics

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
    def is_new(self) -> bool:
        """Whether `init` has not opened it yet."""
        return not (self._entered or self._opened)

    @property
    def step(self) -> int:
        """The step that the next `log` writes."""
        return self._step

    @property
    def dir(self) -> str:
        """The run's own folder for files; made at first use."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return str(self._folder)

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
            self.raise_stop()
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
            if step is not None:
                step = self._readable(step)
            if step is not None and not self._move_to(step):
                return
            row = self._row
            if row is None:
                row = self._row = {}
                self._row_time_s = self._clock()
            for key, value in items:
                if type(key) is not str:
                    if not isinstance(key, str):
                        raise TypeError(f"log: keys are text, but {key!r} is {type(key).__name__}.")
                    key = key_of(key)  # noqa: PLW2901 - numpy.str_, or an enum of texts
                row[key] = value if type(value) in PLAIN_TYPES else self._plain(key, value)
            if commit or (commit is None and step is None):
                self._commit(row)
        if self._channel.is_long:
            session.writer().make_room(self._channel)

    def raise_stop(self) -> None:
        """Raise RunStopped when somebody asked this run to stop, not when it just ended."""
        reason = self._channel.stop_reason
        if reason is not None and reason is not _ENDED:
            raise RunStopped(self.id, reason, self._channel.stop_state)

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
        r"""Say what the summary keeps of a metric, and over which other it is plotted.

        Args:
            name: metric, or a pattern that ends in ``*`` such as ``val/*``. ``val.acc`` is the
                nested one of ``{"val": {"acc": 0.9}}``; a dot of the logged key itself is
                written with a backslash, as in W&B: ``val\.acc``.
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
        metric = self._metrics.define(
            name, step_metric, step_sync, hidden, summary, goal, overwrite
        )
        goal = Goal(metric.goal or Goal.MINIMIZE)
        rows = self._channel.logged() if metric.summary and self._step else ()
        self._summary.define(name, metric.summary, goal, rows)
        return metric

    # Begin and end

    def start(self) -> None:
        """Write what it logs from now on, and have it judged; called once."""
        self._started = True
        metric, rule = self._metric, self._order.early_terminate
        if self.sweep_id is not None and metric is not None and rule is not None:
            metrics = self._order.metrics
            judge = Judge.of(self._store, self.sweep_id, metric, rule, metrics)
            self._append = judge.watch(self._channel)
        self._watch_resumption()
        session.writer().add(self._channel)

    def go_on(self, step: int) -> None:
        """Be one that was resumed, and write to `step` next; before it is opened."""
        self._was_resumed = self.keeps_checkpoints = True
        self._resumption = Resumption(self)
        self._first_step = self._step = step

    def open(self, *, as_current: bool = True) -> Run:
        """Start it, if that was not done, and make it the current run; `init` calls it."""
        if not self._started:
            self.start()
        self._opened = self._entered = True
        (session.enter if as_current else session.keep)(self)
        return self

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: exit code 0 (default) gives finished, any other failed.

        A sweep's run is written as ended when the training function returns; until
        then `init()` continues it.
        """
        del quiet
        if not self._opened:
            return
        with self._lock:
            if self.watcher.noted and self._row is None:
                self._row = {}
            if self._row is not None:
                self._commit(self._row)
        self._opened = False
        self.watcher.unwatch()
        code = exit_code or 0
        if self.exit_code is None or code:
            self.exit_code = code
        session.leave(self)
        if self.shared or (session.assigned_run() is not self and not self._lent):
            self.end(RunState.FAILED if self.exit_code else RunState.FINISHED)

    def end_at_exit(self, exit_code: int) -> None:
        """The process ends: finish the run when nobody else does."""
        if self._opened:
            self.finish(exit_code)

    def end(self, state: RunState, error: str | None = None) -> None:
        """Write the end of the run: last rows, summary, config and state, in one go.

        A store that fails for a while is waited for.
        """
        if self.ended_as is not None:
            return
        with self._lock:
            if self._row is not None:
                self._commit(self._row)
            self._opened = False
        if self.shared:
            self._hand_over(state)
            return
        with lasting():
            self._wait_for_children()
            self._take_parts(state)
            if self._preempting and state is not RunState.FINISHED:
                state = RunState.PREEMPTED
            self.ended_as, self.error = state, error
            session.leave(self)
            unwritten = self._channel.close()
            session.writer().remove(self._channel)
            self._channel.request_stop(_ENDED)
            self._write_end(state, error, unwritten)

    def _write_end(self, state: RunState, error: str | None, unwritten: Unwritten) -> None:
        changes = unwritten.changes
        changes.pop("config", None)  # finish_run writes it
        if changes:
            self._store.update_run(self.id, self._record.agent_id, changes, **self._channel.since)
        stored = self._store.run(self.id) if self._lent else None
        if not stored:
            self._count_rows_of_others(unwritten.rows)
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
            summary_before=None if stored else self._channel.summary_before,
            config_before=None if stored else self._channel.config_before,
        )
        self.summary.close()
        self._store.finish_run(self.id, self._record.agent_id, end)

    def _take_parts(self, state: RunState) -> None:
        """End parts that were left open; a metric that it does not have is taken from them."""
        for live in session.live_runs():
            if live.parent is self:
                live.end(state)
        if not state.counts or self._record.parent_id is not None:
            return
        summary = self._summary.as_dict()
        without = [metric for metric in self._order.all_metrics if metric.of(summary) is None]
        if without:
            values = metrics_of_parts(self.children, without)
            if values:
                self._row_time_s = self._clock()
                self._commit(dict(values))

    def request_stop(self, reason: str, state: RunState = RunState.KILLED) -> None:
        """Make the next `log` of this run raise RunStopped; it then ends in `state`."""
        self._channel.request_stop(reason, state)

    def check_ours(self) -> None:
        """Raise RunStopped when another process ended this run, taking it for lost.

        Whoever slept for minutes finds that out before it writes what is not the run's alone.
        """
        if self.ended_as is None and self._store.run(self.id).state.ended:
            self.request_stop(ENDED_ELSEWHERE)
            raise RunStopped(self.id, self.stop_reason or ENDED_ELSEWHERE, self.stop_state)

    @property
    def stop_reason(self) -> str | None:
        """Why the run has to stop, or None."""
        return self._channel.stop_reason

    @property
    def stop_state(self) -> RunState:
        """The state in which that stop is to end it."""
        return self._channel.stop_state

    def lend(self, code_hash: str | None = None) -> None:
        """Share the run with a program that logs to it, see `nbsweep.runs.lent`.

        Both processes call it. The program leaves the end to the agent, whose `end` keeps
        the summary and config that the program stored.
        """
        self._lent = True
        if code_hash is not None:
            self._change(code_hash=code_hash)

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
        return replace(
            self._record,
            **self._labels,
            state=self.ended_as or RunState.RUNNING,
            summary=self._metrics.shown(self._summary.as_dict()),
            config=self.config.as_dict(),
            error=self.error,
        )

    def write_console(self, text: str) -> None:
        """Keep printed text with the run."""
        if self._reachable:
            self._channel.print(text)
        session.tell_listeners(self, text)

    @property
    def echo(self) -> bool:
        """Whether what it prints is also shown where it runs."""
        return self._order.echo and not session.is_taken(self.sweep_id)

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

    def _move_to(self, step: int) -> bool:
        if self._resumption is not None:
            step = self._resumption.shifted(step)
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
            self._step = step
        return True

    def _readable(self, step: Any) -> int | None:
        """A step as a whole number that stores can hold; None for any other."""
        try:
            number = None if isinstance(step, bool) else int(step)
            if number is not None and number == step and abs(number) <= MAX_STEP:
                return number
        except (TypeError, ValueError, OverflowError):
            pass
        warnings.warn(
            f"log(step={step!r:.40}) is not a whole number below 2**62. The values are logged as "
            f"without `step`, at step {self._step}.",
            stacklevel=3,
        )
        return None

    def _plain(self, key: str, value: Any) -> Any:
        self._channel.use()
        return Folder(self._folder, key, self._step).plain(value)

    def _commit(self, row: dict[str, Any]) -> None:
        if self.watcher.noted:
            row.update(self.watcher.take())
        if self._metrics.with_steps:
            self._metrics.complete(row, self._summary)
        self._append((self._step, self._row_time_s, row))
        self._summary.record(row)
        self._step += 1
        self._row = None

    def _to_write(self) -> dict[str, Any]:
        """The summary, for the writer's thread; it looks at the config at the same time."""
        with suppress(RuntimeError):  # the training code is in the middle of a change
            self.config.settle()
        return self._summary.as_dict()

    def _change(self, **fields: Any) -> None:
        if self.ended_as is not None:
            field = next(iter(fields))
            raise UsageError(f"run.{field}: run {self.name} has ended and is final.")
        self._channel.change(**fields)


def _is_stop(value: BaseException) -> bool:
    return isinstance(value, (RunStopped, KeyboardInterrupt))


def _exit_code(state: RunState) -> int:
    return 0 if state.counts else 1


extend(__name__)
