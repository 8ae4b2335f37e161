"""Runs that are only looked at: a `Sweep` without a place in any store of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from nbsweep.errors import UsageError
from nbsweep.handles.conclusions import NextSweep
from nbsweep.handles.narrower import ChildSweep
from nbsweep.handles.panels import new_panel
from nbsweep.handles.sweep import Sweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.records import RunEnd, RunRecord, Snapshot, SweepRecord
from nbsweep.runs import session
from nbsweep.store import rules
from nbsweep.store.memory import MemoryStore
from nbsweep.store.row_store import ChangeRun, ChangeSweep
from nbsweep.store.rows import history_to_rows, run_to_row, storable
from nbsweep.wording import plural

if TYPE_CHECKING:
    from nbsweep.panel.widget import Panel
    from nbsweep.sweep_config.narrowing import Range

Child = TypeVar("Child", bound=ChildSweep)


class RunsToRead(MemoryStore):
    """Runs in memory that never change once `seal` was called.

    No registry knows it: it goes with the handle that holds it. What a snapshot costs is paid
    once, since nothing changes.
    """

    def __init__(self) -> None:
        super().__init__("memory://analyzed")
        self._refusal = ""
        self._snapshots: dict[bool, Snapshot] = {}

    def fill(self, sweep: SweepRecord, runs: Iterable[tuple[RunRecord, RunEnd]]) -> None:
        """Put an ended sweep down with its runs, each as it was under way and how it ended."""
        super().create_sweep(sweep)
        for record, end in runs:
            row = run_to_row(replace(record, **rules.changes_at_end(end)))
            history = history_to_rows(record.id, end.rows)
            self._runs[record.id] = {**row, "history_rows": len(history), "version": 1}
            self._history[record.id] = list(history)
            self._console[record.id] = storable(end.console)

    def seal(self, refusal: str) -> None:
        """Let nothing change from now on; `refusal` is the message for who tries."""
        self._refusal = refusal

    def snapshot(
        self,
        sweep_id: str,
        previous: Snapshot | None = None,
        *,
        curves: bool = False,
        points: int | None = None,
    ) -> Snapshot:
        """See `Store.snapshot`."""
        if points is not None:
            return super().snapshot(sweep_id, curves=curves, points=points)
        known = previous or self._snapshots.get(curves) or self._snapshots.get(False)
        found = super().snapshot(sweep_id, known, curves=curves)
        self._snapshots[curves] = found
        return found

    def create_sweep(self, sweep: SweepRecord) -> None:
        """A new sweep, as `next_space().create()` makes it, goes where the user's sweeps are."""
        session.store().create_sweep(sweep)

    def claim_run(self, run: RunRecord) -> RunRecord:
        """See `Store.claim_run`."""
        self._check_open()
        return super().claim_run(run)

    def _change_sweep(
        self, sweep_id: str, change: ChangeSweep, grows: str | None = None
    ) -> SweepRecord | None:
        self._check_open()
        return super()._change_sweep(sweep_id, change, grows)

    def _change_run(self, run_id: str, change: ChangeRun) -> bool:
        self._check_open()
        return super()._change_run(run_id, change)

    def _check_open(self) -> None:
        if self._refusal:
            raise UsageError(self._refusal)


class AnalyzedRuns(Sweep):
    """Runs of any origin, with all that a `Sweep` says and draws of its own: `nbsweep.analyze`.

    Everything that reads works as with a sweep. What would hand out, change or continue runs
    is refused; `keep` makes a sweep of them, which can.

    Args:
        store: holds them.
        sweep_id: by which.
        source: what they were read from, in words.
        notes: how they were read, in sentences.
        keep: makes a sweep of the user's store, filed under a project, and gives its id.

    Attributes:
        source, notes: as given.
    """

    def __init__(
        self,
        store: RunsToRead,
        sweep_id: str,
        source: str,
        notes: Sequence[str],
        keep: Callable[[str | None], str],
    ) -> None:
        super().__init__(sweep_id, store)
        self.source = source
        self.notes = list(notes)
        self._keep = keep

    def keep(self, project: str | None = None) -> Sweep:
        """Make a finished sweep of the runs, as ``nbsweep import`` does, and return it.

        It is in the store in which `nbsweep.sweep` writes; it can be resumed and learnt from.

        Args:
            project: label to file it under.
        """
        return Sweep(self._keep(project))

    def narrow(
        self,
        ranges: Mapping[str, Range] | None = None,
        *,
        runs: Sequence[SweepRun | str | int] | None = None,
    ) -> ChildSweep:
        """See `Sweep.narrow`; the new sweep is in the user's store, without these runs."""
        return self._apart(super().narrow(ranges, runs=runs))

    def next_space(self, *, fix: bool = False) -> NextSweep:
        """See `Sweep.next_space`; the new sweep is in the user's store, without these runs."""
        return self._apart(super().next_space(fix=fix))

    @staticmethod
    def _apart(child: Child) -> Child:
        return replace(child, prior_runs=(), project=session.project(None))

    @property
    def name(self) -> str:
        """What the runs were read from."""
        return self.stored.record.name or self.source

    @property
    def panel(self) -> Panel:
        """A panel of the runs, without the buttons that steer a sweep."""
        return new_panel(self.stored, None)

    def __repr__(self) -> str:
        snapshot = self.snapshot()
        metrics = [f"{m.name}, {m.goal}" for m in self.stored.config_of(snapshot.sweep).all_metrics]
        return f"<{plural(len(snapshot.runs), 'run')} from {self.source} ({'; '.join(metrics)})>"

    def refuse(self, verb: str) -> NoReturn:
        """Say why that is not possible, and what to do."""
        raise UsageError(refusal(self.source, verb))


def refusal(source: str, verb: str = "") -> str:
    """Why runs that are only looked at are not steered, and what to do."""
    return (
        f"{verb + ': ' if verb else ''}the runs from {source} are here only to be looked at: none "
        "can be handed out, changed or continued. keep() makes a sweep of them in your store, "
        "which can."
    )


# What changes, hands out or continues runs, or asks how they were suggested.
STEERING = (
    "ask tell enqueue pause resume stop cancel kill edit believe retry continue_run confirm "
    "run_ids_inside recompute"
).split()


def _refused(verb: str) -> Callable[..., NoReturn]:
    def refused(self: AnalyzedRuns, *args: Any, **kwargs: Any) -> NoReturn:
        del args, kwargs
        self.refuse(verb)

    refused.__name__, refused.__qualname__ = verb, f"AnalyzedRuns.{verb}"
    refused.__doc__ = f"Refused: see `Sweep.{verb}`."
    return refused


for _verb in STEERING:
    setattr(AnalyzedRuns, _verb, _refused(_verb))
