"""What every store does with runs, from the claim to the end."""

# ruff: noqa: D102 - the name of a test says what it tests
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nbsweep.errors import ClaimConflictError, OwnershipError, StoreError
from nbsweep.records import (
    HistoryRow,
    RunEnd,
    RunRecord,
    RunState,
    StopRequest,
)
from nbsweep.store.base import Store
from nbsweep.testing.store_examples import NAN, ODD_VALUES, a_row, a_run, a_sweep, end, race


class ClaimContract:
    """A run is claimed once, and found again."""

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


class HistoryContract:
    """Its owner alone changes a run under way, and anyone may ask it to stop."""

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

    def test_several_processes_may_change_a_summary_and_a_config(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(summary={"a": 1, "gone": 1, "nan": NAN}, config={"x": 1}))
        first = {"a": 1, "nan": NAN, "b": 2}  # "gone" is deleted, "b" is new

        def append(summary: dict[str, Any], before: dict[str, Any] | None) -> None:
            store.append_history(run.id, "ann", [], summary=summary, summary_before=before, at=1.0)

        append(first, dict(run.summary))
        append({**run.summary, "c": 3, "a": 9}, dict(run.summary))  # another, who saw none of that
        expected = {"a": 9, "nan": NAN, "b": 2, "c": 3}
        assert repr(sorted(store.run(run.id).summary.items())) == repr(sorted(expected.items()))
        append({**first, "b": 4}, first)
        assert store.run(run.id).summary["b"] == 4
        assert store.run(run.id).summary["a"] == 9
        append({"d": 5}, None)
        assert store.run(run.id).summary == {"d": 5}, "without `summary_before` it is replaced"
        changed = {"config": {"x": 1, "of_child": True}}
        store.update_run(run.id, "ann", changed, config_before={"x": 1})
        changed = {"config": {"x": 1, "of_other": True}}
        store.update_run(run.id, "ann", changed, config_before={"x": 1})
        stored = end(
            store,
            run.id,
            summary={"e": 6},
            summary_before={},
            config={"x": 2},
            config_before={"x": 1},
        )
        assert stored.summary == {"d": 5, "e": 6}
        assert stored.config == {"x": 2, "of_child": True, "of_other": True}
        assert store.run(run.id) == stored

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


class EndContract:
    """A run ends once, whole, and never changes afterwards."""

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

    def test_an_ended_run_outside_of_sweeps_goes_on_with_its_new_owner(self, store: Store) -> None:
        run = store.claim_run(a_run(0, None))
        store.append_history(run.id, "ann", [HistoryRow(0, 1.0, {})], summary={"a": 1}, at=2.0)
        assert not store.reopen_run(run.id, "bob", host="there", pid=7, at=5.0), "it is under way"
        store.request_stop(run.id, "enough")
        ended = end(store, run.id, RunState.FAILED)
        assert store.reopen_run(run.id, "bob", host="there", pid=7, at=500.0)
        assert store.run(run.id) == replace(
            ended,
            state=RunState.RUNNING,
            agent_id="bob",
            host="there",
            pid=7,
            heartbeat_at=500.0,
            ended_at=None,
            exit_code=None,
            error=None,
            stop_requested=None,
            stop_state=None,
        )
        assert not store.reopen_run(run.id, "cy", host="", pid=8, at=501.0), "bob was faster"
        with pytest.raises(OwnershipError):
            store.append_history(run.id, "ann", [], summary=None, at=501.0)
        store.append_history(run.id, "bob", [HistoryRow(1, 1.0, {})], summary=None, at=501.0)
        assert [row.step for row in store.history(run.id)] == [0, 1]

    def test_runs_of_sweeps_and_parts_are_not_opened_again(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        of_sweep = store.claim_run(a_run(1))
        part = store.claim_run(replace(a_run(0, None), parent_id=of_sweep.id))
        for run in (of_sweep, part):
            ended = end(store, run.id)
            assert not store.reopen_run(run.id, "bob", host="", pid=7, at=500.0)
            assert store.run(run.id) == ended

    def test_a_run_without_a_sweep_is_nothing_to_try_again(self, store: Store) -> None:
        alone = store.claim_run(a_run(0, None))
        end(store, alone.id)
        assert not store.request_retry(alone.id)
        assert not store.run(alone.id).retry_requested
