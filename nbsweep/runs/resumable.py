"""What a run goes on from: its own checkpoint, or that of the attempt before it.

A run of a sweep that was stopped or finished may go on as the same run; one that was cut off is
tried again as a new attempt. Both find what was saved before. Code that takes it goes on with
the steps and the curve from there; code that does not look begins anew, and its curve with it.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbsweep.continued import present_rows
from nbsweep.errors import OwnershipError, RunStopped, StoreError, UsageError
from nbsweep.records import (
    HistoryRow,
    Metric,
    RunRecord,
    RunState,
    WorkOrder,
    is_diverged,
    is_number,
    lookup,
)
from nbsweep.runs.checkpoint import Checkpoint, Keeper, last_checkpoint, trail
from nbsweep.runs.files import RunFiles
from nbsweep.runs.summary import Summary
from nbsweep.runs.writer import ENDED_ELSEWHERE, Channel, Row
from nbsweep.store.base import Store
from nbsweep.store.patience import lasting

MEDIA = "media"  # of a run's own folder: the files that its rows name

logger = logging.getLogger("nbsweep")


class Resumable:
    """What `Run` does with checkpoints.

    Attributes:
        keeps_checkpoints: whether anything could go on from one: runs of sweeps, and those that
            `init(resume=…)` finds again.
    """

    id: str
    number: int
    sweep_id: str | None
    disabled: bool
    ended_as: RunState | None
    shared: bool
    _append: Callable[[Row], None]
    _channel: Channel
    _clock: Callable[[], float]
    _first_step: int
    _folder: Path
    _lock: threading.Lock
    _metric: Metric | None
    _order: WorkOrder
    _preempting: bool
    _record: RunRecord
    _row: dict[str, Any] | None
    _step: int
    _store: Store
    _summary: Summary

    keeps_checkpoints = False
    _keeper: Keeper | None = None
    _saved_at_step: int | None = None
    _was_resumed = False
    _resumption: Resumption | None = None

    def checkpoint(self, save: Callable[[Path], Any], every_s: float | None = None) -> bool:
        """Save what the training can go on from; the last checkpoint is kept.

        Call it after `log`. The run, or a new attempt at it, finds the folder as `resumed_from`.
        Whatever ends the process, the last whole checkpoint is there. A run that is to stop
        saves at once, whatever `every_s` says. Outside of sweeps, but for runs that
        `init(resume=…)` can go on with, nothing is saved and `save` is not called.

        Args:
            save: gets a fresh folder, a pathlib.Path, and writes files there.
            every_s: save again only after so many seconds; default: each time.

        Returns:
            Whether it was saved. A disk that is full is a warning: the training goes on, and
            the checkpoint before stays.

        Raises:
            UsageError: `save` wrote nothing, `every_s` is not a number of seconds, or the run
                has ended.
            RunStopped: another process ended this run, taking it for lost.

        Example:
            >>> run.checkpoint(lambda folder: torch.save(model.state_dict(), folder / "model.pt"))
        """
        if not callable(save):
            raise TypeError(
                f"checkpoint(save={save!r:.60}): a function is needed. It gets a folder and writes "
                "there: run.checkpoint(lambda folder: torch.save(state, folder / 'state.pt'))."
            )
        if every_s is not None and not (is_number(every_s) and every_s >= 0):
            raise UsageError(f"checkpoint(every_s={every_s!r}): a number of seconds is needed.")
        if not self.keeps_checkpoints or self.disabled:
            return False
        if self.ended_as is not None:
            raise UsageError(f"checkpoint: run {self._record.name} has ended.")
        keeper = self._keeper = self._keeper or Keeper(self._folder, self._clock)
        step = self._step + (self._row is not None)
        leaves = self._channel.stop_reason is not None or self._preempting
        wanted = self._saved_at_step != step if leaves else keeper.is_due(every_s)
        if not wanted:
            return False

        def write(folder: Path) -> None:
            save(folder)
            self._channel.flush()  # what it comes after is not to be lost before it
            self._check_owner()

        self._check_owner()
        saved = keeper.save(write, step, self._code_version())
        if saved:
            self._saved_at_step = step
        return saved

    @property
    def resumed_from(self) -> Path | None:
        """The folder that `checkpoint` filled before, to begin from; None to begin anew.

        Of this run, where it goes on, or of the attempt before, which was cut off. Looking at
        it is what makes steps and curve go on from there: load it before the first `log`.
        """
        resumption = self._resumption
        if resumption is None:
            return None
        resumption.take()
        return resumption.checkpoint.folder if resumption.checkpoint is not None else None

    @property
    def resumed(self) -> bool:
        """Whether there is something to go on from: a checkpoint, or files that were saved."""
        resumption = self._resumption
        if resumption is not None:
            resumption.take()
        return self._was_resumed or (resumption is not None and resumption.is_there)

    @property
    def was_reopened(self) -> bool:
        """Whether `init(resume=…)` goes on with it."""
        return self._was_resumed

    def file_to_restore(self, name: str) -> RunFiles:
        """The files of this run, or of what it goes on from, that hold `name`."""
        own = RunFiles(self._folder)
        resumption = self._resumption
        if resumption is None:
            return own
        for files in (own, *resumption.files):
            if files.holds(name):
                if files is not own or resumption.is_same_run:
                    resumption.take()
                return files
        return own

    def _find_resumption(self) -> None:
        """See what the run may go on from, by its record alone."""
        record = self._record
        self.keeps_checkpoints = record.sweep_id is not None
        if record.continued or "predecessor" in record.origin:
            self._resumption = Resumption(self)

    def _watch_resumption(self) -> None:
        """Notice when the code begins anew; called when the run starts."""
        if self._resumption is not None:
            self._resumption.watch()

    def _check_owner(self) -> None:
        stored = self._store.run(self.id)
        if stored.state.ended or stored.agent_id != self._record.agent_id:
            self._channel.request_stop(ENDED_ELSEWHERE)
            raise RunStopped(self.id, ENDED_ELSEWHERE, self._channel.stop_state)

    def _code_version(self) -> str | None:
        if self._record.code_hash is None:  # of a program: its agent knows it
            with suppress(StoreError):
                return self._store.run(self.id).code_hash
        return self._record.code_hash


class Resumption:
    """What one run goes on from, and whether its code took it.

    Args:
        run: one that was continued, or an attempt that has a predecessor, or one that
            `init(resume=…)` opened again.

    Attributes:
        is_same_run: whether it is the run itself that goes on.
    """

    def __init__(self, run: Resumable) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._sources: list[RunRecord] | None = None
        self._checkpoint: Checkpoint | None = None
        self._source: RunRecord | None = None
        self._problem = ""
        self._was_taken = self._began_anew = self._said = False
        self._append: Callable[[Row], None] | None = None
        self._shift = 0
        self.is_same_run = bool(run._record.continued) or run.was_reopened

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last whole one of the run itself or of an attempt before."""
        self._look()
        return self._checkpoint

    @property
    def files(self) -> list[RunFiles]:
        """What attempts before saved, and what the checkpoint holds; the latest first."""
        self._look()
        folders = [self._folder(source) for source in self._sources or ()]
        if self._checkpoint is not None:
            folders.append(self._checkpoint.folder.parent)
        return [RunFiles(folder) for folder in folders]

    @property
    def is_there(self) -> bool:
        """Whether there is anything to go on from."""
        return self.checkpoint is not None or any(files.names() for files in self.files)

    def take(self) -> None:
        """Have the run's steps and curve go on from what is there; its code looked at it."""
        with self._lock:
            run = self._run
            if self._was_taken or run.shared:
                return
            if not self.is_there:
                self._say_what_is_missing()
                return
            self._was_taken = True
            if self._began_anew:
                return
            self._compare_versions()
            with lasting(), suppress(OwnershipError), run._lock:
                if not self.is_same_run:
                    self._copy_rows()
                elif run._record.continued:
                    self._go_back()

    def watch(self) -> None:
        """Look at what the run logs until it is known whether its code begins anew."""
        run = self._run
        self._append = run._append
        if run._record.continued:
            run._append = self._first_rows

    def shifted(self, step: int) -> int:
        """A step that the code named, after those that the run has, where it begins anew."""
        run = self._run
        if self.is_same_run and run._record.continued and not self._was_taken and not run.shared:
            if step + self._shift < run._step:
                self._shift = run._step - step
            return step + self._shift
        return step

    def _look(self) -> None:
        """Find the last checkpoint, once."""
        if self._sources is not None:
            return
        sources = trail(self._run._store, self._run._record)
        if not self.is_same_run:
            del sources[0]
        for source in sources:
            found, problem = last_checkpoint(self._folder(source))
            self._problem = self._problem or problem
            if found is not None:
                self._checkpoint, self._source = found, source
                break
        self._sources = sources

    def _folder(self, record: RunRecord) -> Path:
        return self._run._folder.parent / record.id

    def _go_back(self) -> None:
        """Go on with this run's own steps from its checkpoint."""
        run, record, checkpoint = self._run, self._run._record, self._checkpoint
        mark = record.continued[-1]
        rows = run._store.history(run.id)[: mark["rows"]]
        earlier = replace(record, origin={"continued": record.continued[:-1]})
        rows = present_rows(earlier, rows)
        logged = run._channel.written + run._channel.waiting
        if checkpoint is not None and checkpoint.step != mark["step"]:
            rows = [row for row in rows if row.step < checkpoint.step]
            if not logged and run._row is None:
                run._first_step = run._step = checkpoint.step
            values = self._values(rows)
            self._amend(
                step=checkpoint.step, iteration=len(values), rows=int(mark["rows"]) + logged
            )
        run._summary.recount([row.values for row in rows])
        self._count_from(rows)

    def _copy_rows(self) -> None:
        """Begin with the history of the attempt before, up to its checkpoint."""
        run, checkpoint = self._run, self._checkpoint
        source = self._source or next(s for s in self._sources or () if self._has_files(s))
        if run._store.run(run.id).history_rows != run._record.history_rows:
            return  # another process of the run did, or logged already
        if self._values([HistoryRow(0, 0.0, run._summary.as_dict())]):
            return  # its curve has begun
        rows = present_rows(source, run._store.history(source.id))
        end = rows[-1].step + 1 if rows else 0
        if checkpoint is not None:
            end = checkpoint.step
            rows = [row for row in rows if row.step < end]
        _share_media(self._folder(source), run._folder)
        shift = run._step
        for row in rows:
            run._channel.append((row.step + shift, row.time_s, row.values))
            run._summary.record(row.values)
        run._first_step = run._step = end + shift
        self._count_from(rows)

    def _has_files(self, source: RunRecord) -> bool:
        return bool(RunFiles(self._folder(source)).names())

    def _values(self, rows: Sequence[HistoryRow]) -> list[float]:
        metric = self._run._metric
        if metric is None:
            return []
        values = (lookup(row.values, metric.name) for row in rows)
        return [value for value in values if is_number(value)]

    def _count_from(self, rows: Sequence[HistoryRow]) -> None:
        """Have early termination know how far the run has come."""
        count_from = getattr(self._append, "count_from", None)
        if count_from is not None:
            count_from(len(self._values(rows)))

    def _first_rows(self, row: Row) -> None:
        """Take a row of a run that goes on; its first metric shows whether it began anew."""
        run, append = self._run, self._append
        assert append is not None
        metrics = run._order.all_metrics
        values = [lookup(row[2], metric.name) for metric in metrics] or [0]
        shows = any(is_number(value) or is_diverged(value) for value in values)
        if self._was_taken or run.shared:
            run._append = append
        elif shows:
            run._append = append
            self._begin_anew(row[0])
        append(row)

    def _begin_anew(self, step: int) -> None:
        self._began_anew = True
        run = self._run
        with suppress(StoreError):
            self._amend(anew=True, step=step)
        if self.is_there:
            logger.warning(
                "Run %s goes on, but its code did not look at run.resumed_from: it begins anew, "
                "and so does its curve. What it logged before is kept.",
                run._record.name,
            )
        else:
            self._say_what_is_missing()

    def _say_what_is_missing(self) -> None:
        """Say once why there is nothing to go on from, where something is expected."""
        if self._said or not (self._run._record.continued or self._problem):
            return
        self._said = True
        what = self._problem or "it is missing"
        whose = "Its checkpoint" if self.is_same_run else "The checkpoint of the attempt before"
        logger.warning(
            "Run %s begins anew. %s cannot be used: %s.", self._run._record.name, whose, what
        )

    def _compare_versions(self) -> None:
        saved = self._checkpoint.code_hash if self._checkpoint is not None else None
        present = self._run._code_version()
        if saved is not None and present is not None and saved != present:
            logger.warning(
                "Run %s goes on from a checkpoint that another version of the training code wrote. "
                "Where that does not fit any more, nbsweep.Sweep(%r).retry(%d) begins anew.",
                *(self._run._record.name, self._run.sweep_id, self._run.number),
            )

    def _amend(self, **changes: Any) -> None:
        """Say more in the run's last mark; before the rows that it is about."""
        run = self._run
        *marks, last = run._record.continued
        origin: Mapping[str, Any] = {
            **run._record.origin,
            "continued": [*marks, {**last, **changes}],
        }
        run._record = replace(run._record, origin=origin)
        try:
            run._store.update_run(run.id, run._record.agent_id, {"origin": origin})
        except OwnershipError:
            raise
        except StoreError:
            run._channel.change(origin=origin)


def _share_media(source: Path, target: Path) -> None:
    """Have the pictures and tables that another run's rows name in this run's folder as well."""

    def link(old: str, new: str) -> None:
        try:
            os.link(old, new)
        except OSError:  # another file system
            shutil.copy2(old, new)

    if (source / MEDIA).is_dir():
        with suppress(OSError):  # shutil.Error is one: they are missed on the run's page
            shutil.copytree(source / MEDIA, target / MEDIA, copy_function=link, dirs_exist_ok=True)
