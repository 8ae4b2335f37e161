"""StoreContract: what every store has to do, as tests that a store inherits."""

# ruff: noqa: D102 - the name of a test says what it tests
from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nbsweep.errors import ClaimConflictError, NotFoundError, OwnershipError, StoreError
from nbsweep.records import (
    Curve,
    HistoryRow,
    RunEnd,
    RunRecord,
    RunState,
    StopRequest,
    SweepRecord,
    SweepState,
)
from nbsweep.store.base import Store

NAN = float("nan")

ODD_VALUES: dict[str, Any] = {
    "infinite": math.inf,
    "minus_infinite": -math.inf,
    "minus_zero": -0.0,
    "tiny": 5e-324,
    "tenth": 0.1,
    "none": None,
    "true": True,
    "beyond_64_bits": 2**200,
    "empty": {},
    "nested": {"layers": [{"units": 64}, {"units": 32}], "a.b": {"": []}},
    "text": "naïve 模型 🚀 \u2028 \x00 \udc80 </script>",
    "ключ": "dict keys too",
}


def a_sweep(sweep_id: str = "sweep001", **fields: Any) -> SweepRecord:
    """A sweep that minimises "loss"."""
    config = {"method": "grid", "metric": {"name": "loss", "goal": "minimize"}}
    given: dict[str, Any] = {"project": "demo", "name": None, "config": config, "seed": 7}
    return SweepRecord(id=sweep_id, **{**given, "created_at": 100.0, **fields})


def a_run(number: int = 1, sweep_id: str | None = "sweep001", **fields: Any) -> RunRecord:
    """A running run of agent "ann", by default number 1 of the sweep of `a_sweep`."""
    given: dict[str, Any] = {
        "id": f"{sweep_id or 'alone'}-{number}-{fields.get('attempt', 0)}",
        "project": "demo",
        "name": f"run-{number}",
        "state": RunState.RUNNING,
        "params": {"lr": 0.1 * number},
        "agent_id": "ann",
        "created_at": 100.0 + number,
        "heartbeat_at": 100.0 + number,
    }
    return RunRecord(sweep_id=sweep_id, number=number, **{**given, **fields})


def a_row(step: int, **values: Any) -> HistoryRow:
    """A history row of that step."""
    return HistoryRow(step, 100.0 + step, values)


def end(store: Store, run_id: str, state: RunState = RunState.FINISHED, **fields: Any) -> RunRecord:
    """Finish a run of agent "ann" at time 900."""
    fields = {"summary": {}, "config": {}, "exit_code": 0, "at": 900.0, **fields}
    return store.finish_run(run_id, "ann", RunEnd(state, **fields))


def race(count: int, contender: Callable[[int], object]) -> list[object]:
    """What `contender(0)` … `contender(count - 1)` give when threads start them together.

    An exception counts as the result of its contender.
    """
    results: list[object] = [None] * count
    gate = threading.Barrier(count)

    def enter(index: int) -> None:
        gate.wait()
        try:
            results[index] = contender(index)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[index] = error

    threads = [threading.Thread(target=enter, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class StoreContract:
    """Tests that every `nbsweep.store.base.Store` passes.

    Inherit from it and give it a pytest fixture ``store``: a store that is empty, and
    closed after the test.

    Example::

        class TestMyStore(StoreContract):
            @pytest.fixture
            def store(self):
                store = MyStore()
                yield store
                store.close()
    """

    # --- sweeps ---

    def test_the_queue_of_a_sweep_grows_at_its_end(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        before = store.snapshot(a_sweep().id)
        first: dict[str, object] = {"lr": 0.1, "net.width": 8}
        assert store.enqueue(a_sweep().id, [first]).queue == (first,)
        store.enqueue(a_sweep().id, [{}, {"lr": math.inf}])
        first["lr"] = 7
        found = store.snapshot(a_sweep().id, before)
        assert found.sweep.queue == ({"lr": 0.1, "net.width": 8}, {}, {"lr": math.inf})
        assert found.version == before.version + 2
        assert store.enqueue(a_sweep().id, []) == found.sweep
        assert store.snapshot(a_sweep().id).version == found.version

    def test_nothing_enqueued_at_the_same_time_is_lost(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        race(8, lambda index: store.enqueue(a_sweep().id, [{"x": index}, {"y": index}]))
        queue = store.sweep(a_sweep().id).queue
        assert sorted(point["x"] for point in queue[::2]) == list(range(8))
        assert [point["y"] for point in queue[1::2]] == [point["x"] for point in queue[::2]]

    def test_runs_that_are_parts_of_a_run_are_found_by_it(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        parent = store.claim_run(a_run(1))
        before = store.snapshot(a_sweep().id)
        parts = [
            store.claim_run(a_run(0, id=f"part{i}", sweep_id=None, parent_id=parent.id))
            for i in range(2)
        ]
        assert store.runs(parent_id=parent.id) == parts
        assert store.runs(sweep_id=a_sweep().id) == [parent]
        assert store.snapshot(a_sweep().id).version == before.version

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

    # --- claims ---

    def test_a_run_comes_back_equal(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = a_run(
            params=ODD_VALUES,
            config=ODD_VALUES,
            summary=ODD_VALUES,
            origin={"method": "grid", "odd": ODD_VALUES},
            attempt=2,
            host="localhost",
            pid=4_000_000_000,
            started_at=0.1 + 0.2,
            stop_requested="please",
            stop_state=RunState.STOPPED,
            notes="line\nline",
            tags=("a", "ü"),
            group="g",
            job_type="train",
            code_hash="0123456789abcdef",
            peak_memory_bytes=2**40,
            worker="node7:123:456",
            retry_requested=True,
        )
        assert store.claim_run(run) == run
        assert store.run(run.id) == run
        assert store.snapshot("sweep001").runs == (run,)

    def test_a_number_is_claimed_once_per_attempt(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.create_sweep(a_sweep("sweep002"))
        store.claim_run(a_run(3))
        version = store.snapshot("sweep001").version
        with pytest.raises(ClaimConflictError, match="number 3 of sweep 'sweep001'"):
            store.claim_run(a_run(3, id="another", agent_id="bob"))
        assert store.snapshot("sweep001").version == version
        store.claim_run(a_run(3, attempt=1))
        store.claim_run(a_run(3, "sweep002"))
        assert {run.id for run in store.runs()} == {"sweep001-3-0", "sweep001-3-1", "sweep002-3-0"}

    def test_runs_without_a_sweep_never_conflict(self, store: Store) -> None:
        store.claim_run(a_run(0, None, id="one"))
        store.claim_run(a_run(0, None, id="two"))
        assert [run.id for run in store.runs()] == ["one", "two"]

    def test_a_taken_run_id_is_refused_and_the_first_run_stays(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run(1, id="same"))
        with pytest.raises(StoreError, match=r"'same' is in .* already") as caught:
            store.claim_run(a_run(2, id="same"))
        assert not isinstance(caught.value, ClaimConflictError)
        assert store.run("same").number == 1
        store.claim_run(a_run(2))

    def test_one_of_several_threads_wins_each_claim(self, store: Store) -> None:
        store.create_sweep(a_sweep())

        def claim_all(agent: int) -> list[int]:
            won = []
            for number in range(1, 11):
                run = a_run(number, id=f"run-{number}-of-{agent}", agent_id=str(agent))
                try:
                    won.append(store.claim_run(run).number)
                except ClaimConflictError:
                    continue
            return won

        won = race(4, claim_all)
        assert sorted(number for numbers in won for number in numbers) == list(range(1, 11))  # type: ignore[attr-defined]
        for run in store.runs(sweep_id="sweep001"):
            assert run.number in won[int(run.agent_id)]  # type: ignore[operator]

    def test_runs_are_listed_by_creation_and_by_sweep_and_project(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run(2))
        store.claim_run(a_run(1))
        store.claim_run(a_run(0, None, id="alone", project="else", created_at=500.0))
        assert [run.id for run in store.runs()] == ["sweep001-1-0", "sweep001-2-0", "alone"]
        assert [run.id for run in store.runs(sweep_id="sweep001")] == [
            "sweep001-1-0",
            "sweep001-2-0",
        ]
        assert [run.id for run in store.runs(project="else")] == ["alone"]
        assert store.runs(sweep_id="sweep001", project="else") == []

    # --- a run under way ---

    def test_its_owner_changes_a_run(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(state=RunState.PENDING))
        changes: dict[str, Any] = {
            "state": RunState.RUNNING,
            "name": "new name",
            "config": {"lr": NAN},
            "notes": "noted",
            "tags": ("x", "y"),
            "group": "g",
            "job_type": "eval",
            "started_at": 150.0,
            "heartbeat_at": 151.0,
            "code_hash": "0123456789abcdef",
            "peak_memory_bytes": 2**40,
            "worker": "process 2",
        }
        changed = store.update_run(run.id, "ann", changes)
        assert math.isnan(changed.config["lr"])
        assert replace(changed, config={}) == replace(run, **{**changes, "config": {}})
        assert repr(store.run(run.id)) == repr(changed)

    @pytest.mark.parametrize(
        "changes",
        [{"params": {}}, {"summary": {}}, {"agent_id": "bob"}, {"state": RunState.FINISHED}],
    )
    def test_fields_that_an_update_may_not_change_are_refused(
        self, store: Store, changes: dict[str, Any]
    ) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        with pytest.raises(ValueError, match="update_run cannot"):
            store.update_run(run.id, "ann", {"notes": "not kept", **changes})
        assert store.run(run.id) == run

    def test_another_agent_changes_nothing(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        attempts: list[Callable[[], object]] = [
            lambda: store.update_run(run.id, "bob", {"notes": "mine"}),
            lambda: store.append_history(
                run.id, "bob", [a_row(0, loss=1)], summary={}, at=1.0, console="printed"
            ),
            lambda: store.finish_run(
                run.id, "bob", RunEnd(RunState.FAILED, {}, {}, exit_code=1, at=1.0)
            ),
        ]
        for attempt in attempts:
            with pytest.raises(OwnershipError, match="belongs to agent 'ann', not to 'bob'") as got:
                attempt()
            assert got.value.run_id == run.id
        assert store.run(run.id) == run
        assert store.history(run.id) == []
        assert store.console(run.id) == ""

    def test_history_comes_back_in_order_and_from_an_index(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        rows = [a_row(step, loss=1 / (step + 1), odd=ODD_VALUES) for step in range(5)]
        store.append_history(run.id, "ann", rows[:2], summary={"loss": 0.5}, at=200.0)
        store.append_history(run.id, "ann", rows[2:], summary=None, at=201.0)
        assert store.history(run.id) == rows
        assert store.history(run.id, 3) == rows[3:]
        assert store.history(run.id, 99) == []
        stored = store.run(run.id)
        assert (stored.summary, stored.heartbeat_at, stored.history_rows) == (
            {"loss": 0.5},
            201.0,
            5,
        )

    def test_not_a_number_survives(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(params={"x": [NAN, {"y": NAN}]}))
        store.append_history(run.id, "ann", [a_row(0, loss=NAN)], summary={"loss": NAN}, at=1.0)
        assert repr(store.run(run.id).params) == "{'x': [nan, {'y': nan}]}"
        assert repr(store.run(run.id).summary) == "{'loss': nan}"
        assert repr(store.history(run.id)[0].values) == "{'loss': nan}"

    def test_tuples_come_back_as_lists_and_keys_as_text(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(params={"sizes": (1, 2)}, config={3: "three"}))
        assert run.params == {"sizes": [1, 2]}
        assert run.config == {"3": "three"}

    def test_a_value_that_cannot_be_stored_is_named_and_nothing_is_written(
        self, store: Store
    ) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        with pytest.raises(StoreError, match=r"history of run .*a value of type set"):
            store.append_history(
                run.id, "ann", [a_row(0, loss=1), a_row(1, bad={1, 2})], summary={"a": 1}, at=900.0
            )
        with pytest.raises(StoreError, match=r"summary cannot be stored .*type object"):
            store.append_history(
                run.id, "ann", [a_row(0, loss=1)], summary={"bad": object()}, at=900.0
            )
        assert store.run(run.id) == run
        assert store.history(run.id) == []

    def test_text_that_is_not_valid_unicode_is_kept_escaped(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        ended = end(store, "sweep001-1-0", RunState.FAILED, error="caf\udce9 \x00 é")
        assert ended.error == "caf\\udce9 \\x00 é"
        assert store.run("sweep001-1-0") == ended

    def test_no_rows_are_a_heartbeat(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(summary={"loss": 1.0}))
        assert store.append_history(run.id, "ann", [], summary=None, at=555.0) is None
        assert store.run(run.id) == replace(run, heartbeat_at=555.0)

    def test_what_a_run_prints_is_kept_in_order(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run, silent = store.claim_run(a_run(1)), store.claim_run(a_run(2))
        assert store.console(run.id) == ""
        for text in ("epoch 1\n", "", "  50 %\r 100 %\n", "caf\udce9 \x00 é\n"):
            store.append_history(run.id, "ann", [], summary=None, at=1.0, console=text)
        end(store, run.id, console="done")
        printed = "epoch 1\n  50 %\r 100 %\ncaf\\udce9 \\x00 é\ndone"
        assert store.console(run.id) == printed
        assert store.console(silent.id) == ""

    def test_a_stop_request_reaches_the_owner_as_it_was_first_made(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        assert store.request_stop(run.id, "band 9: worse than 0.33", RunState.STOPPED)
        version = store.snapshot("sweep001").version
        assert store.request_stop(run.id, "another reason", RunState.KILLED)
        assert store.snapshot("sweep001").version == version
        reply = store.append_history(run.id, "ann", [a_row(0, loss=1)], summary=None, at=1.0)
        assert reply == StopRequest("band 9: worse than 0.33", RunState.STOPPED)
        kept = store.run(run.id)
        assert kept.stop_requested == "band 9: worse than 0.33"
        assert kept.stop_state is RunState.STOPPED

    def test_a_stop_request_kills_unless_it_says_how_to_end(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        assert store.request_stop(run.id, "enough")
        reply = store.append_history(run.id, "ann", [], summary=None, at=1.0)
        assert reply == StopRequest("enough", RunState.KILLED)

    def test_a_stop_request_asks_for_an_end(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        with pytest.raises(ValueError, match="request_stop cannot ask for 'running'; accepted"):
            store.request_stop(run.id, "enough", RunState.RUNNING)
        assert store.run(run.id) == run

    # --- the end of a run ---

    def test_the_end_is_written_whole(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(started_at=102.0))
        store.append_history(run.id, "ann", [a_row(0, loss=2)], summary=None, at=103.0)
        ended = end(
            store,
            run.id,
            RunState.FAILED,
            rows=[a_row(1, loss=1), a_row(2, loss=math.inf)],
            summary={"loss": math.inf},
            config={"lr": 0.1},
            exit_code=1,
            error="Traceback …",
            peak_memory_bytes=2**33,
        )
        assert ended == replace(
            run,
            state=RunState.FAILED,
            summary={"loss": math.inf},
            config={"lr": 0.1},
            exit_code=1,
            error="Traceback …",
            heartbeat_at=900.0,
            ended_at=900.0,
            history_rows=3,
            peak_memory_bytes=2**33,
        )
        assert store.run(run.id) == ended
        assert [row.step for row in store.history(run.id)] == [0, 1, 2]

    def test_the_end_keeps_the_memory_that_was_noted_before(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        store.update_run(run.id, "ann", {"peak_memory_bytes": 5})
        assert end(store, run.id).peak_memory_bytes == 5

    @pytest.mark.parametrize("state", [state for state in RunState if state.ended])
    def test_an_ended_run_never_changes(self, store: Store, state: RunState) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        ended = end(store, "sweep001-1-0", state)
        version = store.snapshot("sweep001").version
        attempts: list[Callable[[], object]] = [
            lambda: store.update_run(ended.id, "ann", {"notes": "late"}),
            lambda: store.append_history(
                ended.id, "ann", [a_row(9)], summary={}, at=999.0, console="late"
            ),
            lambda: end(store, ended.id, console="late"),
        ]
        for attempt in attempts:
            with pytest.raises(OwnershipError, match=f"has ended .{state.value}."):
                attempt()
        assert not store.request_stop(ended.id, "too late")
        assert not store.mark_crashed(ended.id, seen_heartbeat_at=900.0, at=999.0)
        assert store.run(ended.id) == ended
        assert store.history(ended.id) == []
        assert store.console(ended.id) == ""
        assert store.snapshot("sweep001").version == version

    @pytest.mark.parametrize("state", [state for state in RunState if not state.ended])
    def test_a_run_cannot_end_in_an_open_state(self, store: Store, state: RunState) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        with pytest.raises(ValueError, match=f"cannot set '{state.value}'"):
            end(store, run.id, state)
        assert store.run(run.id) == run

    def test_a_run_ends_once_when_threads_race(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        results = race(4, lambda index: end(store, "sweep001-1-0", summary={"winner": index}))
        winners = [result for result in results if isinstance(result, RunRecord)]
        losers = [result for result in results if isinstance(result, OwnershipError)]
        assert (len(winners), len(losers)) == (1, 3)
        assert store.run("sweep001-1-0") == winners[0]

    def test_crashed_is_said_only_of_the_heartbeat_that_was_seen(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(heartbeat_at=0.1 + 0.2))
        assert not store.mark_crashed(run.id, seen_heartbeat_at=0.3, at=500.0)
        assert store.run(run.id) == run
        assert store.mark_crashed(run.id, seen_heartbeat_at=0.1 + 0.2, at=500.0)
        assert store.run(run.id) == replace(run, state=RunState.CRASHED, ended_at=500.0)
        with pytest.raises(OwnershipError, match="has ended"):
            store.append_history(run.id, "ann", [], summary=None, at=501.0)

    def test_the_last_attempt_that_ended_may_be_asked_for_again(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        first = store.claim_run(a_run(1))
        assert not store.request_retry(first.id), "it has not ended"
        ended = end(store, first.id)
        version = store.snapshot("sweep001").version
        assert store.request_retry(first.id)
        asked = store.snapshot("sweep001")
        assert (asked.runs, asked.version) == ((replace(ended, retry_requested=True),), version + 1)
        assert store.request_retry(first.id)
        assert store.snapshot("sweep001").version == asked.version, "asked once is enough"
        second = store.claim_run(a_run(1, attempt=1))
        assert not second.retry_requested
        end(store, second.id)
        assert not store.request_retry(first.id), "another attempt came after it"
        assert store.request_retry(second.id)

    def test_a_run_without_a_sweep_is_nothing_to_try_again(self, store: Store) -> None:
        alone = store.claim_run(a_run(0, None))
        end(store, alone.id)
        assert not store.request_retry(alone.id)
        assert not store.run(alone.id).retry_requested

    # --- snapshots ---

    def test_a_snapshot_holds_the_sweep_and_its_runs_by_number_and_attempt(
        self, store: Store
    ) -> None:
        store.create_sweep(a_sweep())
        store.create_sweep(a_sweep("sweep002"))
        store.claim_run(a_run(1, "sweep002"))
        for number, attempt in [(2, 1), (10, 0), (1, 0), (2, 0)]:
            store.claim_run(a_run(number, attempt=attempt))
        snapshot = store.snapshot("sweep001")
        assert snapshot.sweep == store.sweep("sweep001")
        assert [(run.number, run.attempt) for run in snapshot.runs] == [
            (1, 0),
            (2, 0),
            (2, 1),
            (10, 0),
        ]
        assert snapshot.curves == {}

    def test_every_change_raises_the_version(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        changes: list[Callable[[], object]] = [
            lambda: store.set_sweep_state("sweep001", SweepState.RUNNING),
            lambda: store.claim_run(a_run(1)),
            lambda: store.claim_run(a_run(2)),
            lambda: store.update_run("sweep001-1-0", "ann", {"notes": "n"}),
            lambda: store.append_history("sweep001-1-0", "ann", [], summary=None, at=1.0),
            lambda: store.append_history("sweep001-1-0", "ann", [a_row(0)], summary=None, at=1.0),
            lambda: store.request_stop("sweep001-1-0", "stop"),
            lambda: end(store, "sweep001-1-0"),
            lambda: store.mark_crashed("sweep001-2-0", seen_heartbeat_at=102.0, at=9.0),
        ]
        for change in changes:
            before = store.snapshot("sweep001", curves=True)
            change()
            after = store.snapshot("sweep001", before, curves=True)
            assert after.version > before.version
            assert after == replace(
                store.snapshot("sweep001", curves=True), taken_at=after.taken_at
            )

    def test_other_sweeps_and_runs_leave_the_version(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        version = store.snapshot("sweep001").version
        store.create_sweep(a_sweep("sweep002"))
        store.claim_run(a_run(1, "sweep002"))
        store.claim_run(a_run(0, None))
        assert store.snapshot("sweep001").version == version

    def test_an_unchanged_snapshot_is_the_previous_one(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        first = store.snapshot("sweep001", curves=True)
        second = store.snapshot("sweep001", first, curves=True)
        assert second == replace(first, taken_at=second.taken_at)
        assert second.taken_at >= first.taken_at
        assert second.runs is first.runs
        assert store.snapshot("sweep001", first).curves == {}

    def test_a_snapshot_keeps_what_did_not_change(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        for number in (1, 2, 3):
            store.claim_run(a_run(number))
        first = store.snapshot("sweep001", curves=True)
        store.append_history("sweep001-2-0", "ann", [a_row(0, loss=1)], summary=None, at=7.0)
        second = store.snapshot("sweep001", first, curves=True)
        assert second.runs[0] is first.runs[0]
        assert second.runs[2] is first.runs[2]
        assert second.runs[1] == store.run("sweep001-2-0")
        assert first.curves["sweep001-2-0"].values == ()
        assert second.curves["sweep001-2-0"].values == (1.0,)

    def test_a_previous_snapshot_of_no_use_is_not_used(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.create_sweep(a_sweep("sweep002"))
        store.claim_run(a_run(1, "sweep002"))
        run = store.claim_run(a_run())
        store.append_history(run.id, "ann", [a_row(0, loss=0.5)], summary=None, at=1.0)
        for useless in (store.snapshot("sweep002", curves=True), store.snapshot("sweep001")):
            snapshot = store.snapshot("sweep001", useless, curves=True)
            assert [run.id for run in snapshot.runs] == ["sweep001-1-0"]
            assert snapshot.curves[run.id].values == (0.5,)

    def test_a_curve_holds_the_finite_values_of_the_metric(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        logged: list[Any] = [3, NAN, 2.5, math.inf, None, "1", True, 10**400, [1], -1e300]
        rows = [a_row(step, loss=value) for step, value in enumerate(logged)]
        end(store, "sweep001-1-0", rows=[*rows, a_row(99, other=1)])
        assert store.snapshot("sweep001", curves=True).curves == {
            "sweep001-1-0": Curve(
                "sweep001-1-0",
                RunState.FINISHED,
                steps=(0, 2, 9),
                values=(3.0, 2.5, -1e300),
                rows_read=11,
            )
        }

    def test_a_curve_reads_a_literal_key_before_a_dotted_path(self, store: Store) -> None:
        store.create_sweep(a_sweep(config={"metric": {"name": "val.loss"}}))
        rows = [a_row(0, val={"loss": 1.0}), a_row(1, **{"val.loss": 2.0, "val": {"loss": 3.0}})]
        store.claim_run(a_run())
        store.append_history("sweep001-1-0", "ann", rows, summary=None, at=1.0)
        curve = store.snapshot("sweep001", curves=True).curves["sweep001-1-0"]
        assert curve.values == (1.0, 2.0)

    def test_curves_grow_by_what_was_logged_since(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        snapshot = None
        for step in range(4):
            row = a_row(step, loss=step) if step % 2 else a_row(step, other=step)
            store.append_history("sweep001-1-0", "ann", [row], summary=None, at=1.0)
            snapshot = store.snapshot("sweep001", snapshot, curves=True)
        assert snapshot is not None
        assert snapshot.curves["sweep001-1-0"] == Curve(
            "sweep001-1-0", RunState.RUNNING, steps=(1, 3), values=(1.0, 3.0), rows_read=4
        )

    def test_a_sweep_without_a_metric_has_empty_curves(self, store: Store) -> None:
        store.create_sweep(a_sweep(config={"method": "random"}))
        store.claim_run(a_run())
        store.append_history("sweep001-1-0", "ann", [a_row(0, loss=1)], summary=None, at=1.0)
        curve = store.snapshot("sweep001", curves=True).curves["sweep001-1-0"]
        assert curve == Curve("sweep001-1-0", RunState.RUNNING, rows_read=1)

    def test_snapshots_taken_while_others_write_are_consistent(self, store: Store) -> None:
        """Each run is finished with as many rows as its number; none is ever seen half."""
        store.create_sweep(a_sweep())
        numbers = range(1, 16)

        def write() -> None:
            for number in numbers:
                store.claim_run(a_run(number))
                rows = [a_row(step, loss=step) for step in range(number)]
                end(store, f"sweep001-{number}-0", rows=rows)

        def read() -> None:
            snapshot = None
            while snapshot is None or not (
                len(snapshot.runs) == len(numbers) and snapshot.runs[-1].state.ended
            ):
                snapshot = store.snapshot("sweep001", snapshot, curves=True)
                for run in snapshot.runs:
                    rows = run.number if run.state.ended else 0
                    assert run.history_rows == rows
                    assert len(snapshot.curves[run.id].values) == rows
                    assert snapshot.curves[run.id].state is run.state

        assert race(2, lambda index: read() if index else write()) == [None, None]

    # --- values ---

    def test_records_are_values(self, store: Store) -> None:
        """Neither later writes nor a caller who changes a dict reach the other side."""
        config: dict[str, Any] = {"metric": {"name": "loss"}}
        store.create_sweep(a_sweep(config=config))
        params: dict[str, Any] = {"nested": {"lr": 1}}
        claimed = store.claim_run(a_run(params=params))
        config["metric"]["name"] = params["nested"]["lr"] = "changed by its maker"
        assert claimed.params == {"nested": {"lr": 1}}
        snapshot = store.snapshot("sweep001")
        copy = repr((claimed, snapshot))
        store.append_history(claimed.id, "ann", [a_row(0, x={"y": 1})], summary={"a": 1}, at=9.0)
        end(store, claimed.id)
        assert repr((claimed, snapshot)) == copy
        history = store.history(claimed.id)
        for record in (store.run(claimed.id), store.runs()[0], claimed, snapshot.runs[0]):
            record.params["nested"]["lr"] = "changed by its reader"
        history[0].values["x"]["y"] = "changed by its reader"
        assert store.sweep("sweep001").config == {"metric": {"name": "loss"}}
        assert store.run(claimed.id).params == {"nested": {"lr": 1}}
        assert store.history(claimed.id)[0].values == {"x": {"y": 1}}

    # --- errors ---

    def test_an_unknown_id_is_answered_with_those_that_there_are(self, store: Store) -> None:
        unknown: list[Callable[[], object]] = [
            lambda: store.sweep("sweep1"),
            lambda: store.set_sweep_state("sweep1", SweepState.RUNNING),
            lambda: store.snapshot("sweep1"),
            lambda: store.runs(sweep_id="sweep1"),
            lambda: store.claim_run(a_run(sweep_id="sweep1")),
        ]
        for call in unknown:
            with pytest.raises(NotFoundError, match="There are no sweeps there yet") as caught:
                call()
            assert caught.value.subject_id == "sweep1"
        store.create_sweep(a_sweep(created_at=1.0))
        store.create_sweep(a_sweep("b" * 8, created_at=2.0))
        for call in unknown:
            with pytest.raises(
                NotFoundError,
                match=r"There is no sweep 'sweep1' in .* Did you mean 'sweep001'\? "
                r"Sweeps there: bbbbbbbb, sweep001\. nbsweep\.sweep\(config\) makes one\.",
            ):
                call()
        assert store.runs() == []

    def test_an_unknown_run_is_answered_with_those_that_there_are(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        for number in range(1, 8):
            store.claim_run(a_run(number, id=f"{number}" * 8))
        unknown: list[Callable[[], object]] = [
            lambda: store.run("nope"),
            lambda: store.history("nope"),
            lambda: store.console("nope"),
            lambda: store.update_run("nope", "ann", {}),
            lambda: store.append_history("nope", "ann", [], summary=None, at=1.0),
            lambda: end(store, "nope"),
            lambda: store.request_stop("nope", "stop"),
            lambda: store.request_retry("nope"),
            lambda: store.mark_crashed("nope", seen_heartbeat_at=1.0, at=2.0),
        ]
        for call in unknown:
            with pytest.raises(
                NotFoundError,
                match=r"There is no run 'nope' in .* Runs there: 77777777, 66666666, 55555555, "
                r"44444444, 33333333 and 2 older\.",
            ) as caught:
                call()
            assert caught.value.subject_id == "nope"

    def test_a_closed_store_says_so(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.close()
        store.close()
        for call in (store.sweeps, store.runs, lambda: store.request_stop("x", "y")):
            with pytest.raises(StoreError, match="was closed"):
                call()
