"""A sweep as its store has it: what `Sweep` and its parts read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbsweep import sweep_config
from nbsweep.errors import NotFoundError, UsageError
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.records import RunRecord, Snapshot, SweepRecord
from nbsweep.runs import session
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig


class StoredSweep:
    """Reads one sweep of a store; the only place that parses its config.

    Args:
        store: where the sweep is.
        sweep_id: the sweep.

    Raises:
        NotFoundError: there is no such sweep in the store.
    """

    def __init__(self, store: Store, sweep_id: str) -> None:
        self.store = store
        self.id = sweep_id
        self._parsed = sweep_config.parse(self.record.config)

    @property
    def record(self) -> SweepRecord:
        """The sweep, without its runs."""
        return self.store.sweep(self.id)

    @property
    def config(self) -> SweepConfig:
        """The checked config, which somebody may have edited since it was last read."""
        return self.config_of(self.record)

    def config_of(self, record: SweepRecord) -> SweepConfig:
        """The checked config of the sweep as it was read a moment ago."""
        self._parsed = sweep_config.current(self._parsed, record)
        return self._parsed

    def snapshot(self, *, curves: bool = False) -> Snapshot:
        """One consistent read of the sweep."""
        return self.store.snapshot(self.id, curves=curves)

    def snapshots(self, *, curves: bool = False) -> Callable[[], Snapshot]:
        """A function that reads the sweep again and again at the cost of what changed."""
        last: Snapshot | None = None

        def read() -> Snapshot:
            nonlocal last
            last = self.store.snapshot(self.id, last, curves=curves)
            return last

        return read

    def runs(self) -> list[SweepRun]:
        """All runs, in the order they were suggested."""
        snapshot = self.snapshot()
        config = self.config_of(snapshot.sweep)
        return [SweepRun(run, self.store, config) for run in snapshot.runs]

    def public(self, record: RunRecord) -> SweepRun:
        """A run as users see it."""
        return SweepRun(record, self.store, self._parsed)  # as last read

    def find(self, run: SweepRun | str | int) -> RunRecord:
        """The run that a person names: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run.
        """
        wanted = run.id if isinstance(run, SweepRun) else run
        for record in reversed(self.snapshot().runs):  # the last attempt of a number
            if wanted in (record.id, record.number):
                return record
        raise UsageError(f"Sweep {self.id} has no run {wanted!r}. `.runs` lists them.")


def store_with(sweep_id: str) -> Store:
    """The default store, which has to be there: a sweep is looked for in no new one."""
    if not session.store_is_there():
        raise NotFoundError(
            f"There is no sweep {sweep_id!r}: there are no sweeps in {Path.cwd()}. Go to the "
            "folder in which it was made (os.chdir), or name its store: "
            "nbsweep.setup('sqlite:///path/to/.nbsweep/nbsweep.db').",
            sweep_id,
        )
    return session.store()
