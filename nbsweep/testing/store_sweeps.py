"""What every store does with sweeps."""

# ruff: noqa: D102 - the name of a test says what it tests
from __future__ import annotations

import math
from dataclasses import replace

import pytest

from nbsweep.errors import NotFoundError, StoreError
from nbsweep.records import (
    SweepState,
)
from nbsweep.store.base import Store
from nbsweep.testing.store_examples import ODD_VALUES, a_sweep, race


class SweepContract:
    """Sweeps are kept whole; their states, edits and queues change one after another."""

    def test_the_queue_of_a_sweep_grows_at_its_end(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        before = store.snapshot(a_sweep().id)
        first: dict[str, object] = {"lr": 0.1, "net.width": 8}
        assert store.enqueue(a_sweep().id, [first]).queue == (first,)
        store.enqueue(a_sweep().id, [{}, {"lr": math.inf}])
        first["lr"] = 7
        snapshot = store.snapshot(a_sweep().id, before)
        assert snapshot.sweep.queue == ({"lr": 0.1, "net.width": 8}, {}, {"lr": math.inf})
        assert snapshot.version == before.version + 2
        assert store.enqueue(a_sweep().id, []) == snapshot.sweep
        assert store.snapshot(a_sweep().id).version == snapshot.version

    def test_nothing_enqueued_at_the_same_time_is_lost(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        race(8, lambda index: store.enqueue(a_sweep().id, [{"x": index}, {"y": index}]))
        queue = store.sweep(a_sweep().id).queue
        assert sorted(point["x"] for point in queue[::2]) == list(range(8))
        assert [point["y"] for point in queue[1::2]] == [point["x"] for point in queue[::2]]

    def test_a_sweep_comes_back_equal(self, store: Store) -> None:
        sweep = a_sweep(
            name="two words",
            seed=2**100,
            config={"method": "grid", "odd": ODD_VALUES},
            prior=(
                {"params": ODD_VALUES, "value": -math.inf, "run_id": "abcdefgh"},
                {"params": {}, "value": None},
            ),
        )
        store.create_sweep(sweep)
        assert store.sweep("sweep001") == sweep

    def test_a_taken_sweep_id_is_refused_and_the_first_sweep_stays(self, store: Store) -> None:
        store.create_sweep(a_sweep(name="first"))
        with pytest.raises(StoreError, match=r"'sweep001' is in .* already"):
            store.create_sweep(a_sweep(name="second"))
        assert store.sweep("sweep001").name == "first"

    def test_sweeps_are_listed_oldest_first_and_by_project(self, store: Store) -> None:
        store.create_sweep(a_sweep("young", created_at=3.0))
        store.create_sweep(a_sweep("other", created_at=2.0, project="else"))
        store.create_sweep(a_sweep("old", created_at=1.0))
        assert [sweep.id for sweep in store.sweeps()] == ["old", "other", "young"]
        assert [sweep.id for sweep in store.sweeps("demo")] == ["old", "young"]
        assert store.sweeps("none such") == []

    def test_the_newest_sweeps_are_listed_oldest_first(self, store: Store) -> None:
        for created_at in (3.0, 1.0, 2.0):
            store.create_sweep(a_sweep(f"sweep{created_at:.0f}", created_at=created_at))
        store.create_sweep(a_sweep("other", created_at=4.0, project="else"))
        assert [sweep.id for sweep in store.sweeps("demo", newest=2)] == ["sweep2", "sweep3"]
        assert [sweep.id for sweep in store.sweeps(newest=1)] == ["other"]
        assert len(store.sweeps(newest=9)) == 4

    def test_an_ended_state_keeps_reason_and_time_and_another_clears_them(
        self, store: Store
    ) -> None:
        store.create_sweep(a_sweep())
        ended = store.set_sweep_state(
            "sweep001", SweepState.FINISHED, reason="grid exhausted", at=200.0
        )
        assert (ended.state, ended.end_reason, ended.ended_at) == (
            SweepState.FINISHED,
            "grid exhausted",
            200.0,
        )
        assert store.sweep("sweep001") == ended
        resumed = store.set_sweep_state("sweep001", SweepState.RUNNING, reason="not kept")
        assert (resumed.state, resumed.end_reason, resumed.ended_at) == (
            SweepState.RUNNING,
            None,
            None,
        )
        assert store.sweep("sweep001") == resumed

    def test_an_ended_state_without_a_time_takes_the_present(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        assert store.set_sweep_state("sweep001", SweepState.CANCELED).ended_at is not None

    def test_a_state_changes_only_from_an_expected_one(self, store: Store) -> None:
        store.create_sweep(a_sweep(state=SweepState.PAUSED))
        version = store.snapshot("sweep001").version
        kept = store.set_sweep_state(
            "sweep001", SweepState.RUNNING, expected=[SweepState.PENDING, SweepState.RUNNING]
        )
        assert kept.state is SweepState.PAUSED
        assert store.snapshot("sweep001").version == version
        changed = store.set_sweep_state(
            "sweep001", SweepState.RUNNING, expected=[SweepState.PAUSED]
        )
        assert changed.state is SweepState.RUNNING
        assert store.snapshot("sweep001").version > version

    def test_an_edit_replaces_the_config_and_is_remembered(self, store: Store) -> None:
        store.create_sweep(a_sweep(state=SweepState.PAUSED))
        before = store.snapshot("sweep001", curves=True)
        config = {"method": "random", "odd": ODD_VALUES}
        edit = {"at": 150.0, "after_run": 3, "parameters": {"lr": {"before": {}, "after": {}}}}
        edited = store.edit_sweep("sweep001", config, edit, seen_edits=0)
        assert edited == replace(before.sweep, config=config, edits=(edit,))
        assert store.sweep("sweep001") == edited
        after = store.snapshot("sweep001", before, curves=True)
        assert after.sweep == edited
        assert after.version > before.version
        again = store.edit_sweep("sweep001", {"method": "grid"}, {"at": 160.0}, seen_edits=1)
        assert again is not None
        assert (again.config, again.edits) == ({"method": "grid"}, (edit, {"at": 160.0}))

    def test_an_edit_of_a_config_that_has_changed_meanwhile_is_not_written(
        self, store: Store
    ) -> None:
        store.create_sweep(a_sweep())
        first = store.edit_sweep("sweep001", {"method": "random"}, {"at": 1.0}, seen_edits=0)
        version = store.snapshot("sweep001").version
        assert store.edit_sweep("sweep001", {"lost": 1}, {"at": 2.0}, seen_edits=0) is None
        assert store.sweep("sweep001") == first
        assert store.snapshot("sweep001").version == version

    def test_one_of_several_edits_at_once_wins(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        results = race(
            6, lambda i: store.edit_sweep("sweep001", {"by": i}, {"at": float(i)}, seen_edits=0)
        )
        won = [result for result in results if result is not None]
        assert len(won) == 1
        assert won == [store.sweep("sweep001")]

    def test_an_edit_of_an_unknown_sweep_is_refused(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="There is no sweep 'unknown'"):
            store.edit_sweep("unknown", {}, {}, seen_edits=0)
