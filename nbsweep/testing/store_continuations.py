"""What every store does with ended runs of sweeps that go on."""

# ruff: noqa: D102 - the name of a test says what it tests
from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from nbsweep.errors import OwnershipError
from nbsweep.records import Continuation, Curve, RunRecord, RunState
from nbsweep.store.base import Store
from nbsweep.testing.store_examples import NAN, a_row, a_run, a_sweep, end, race


def go_on(
    store: Store, run: RunRecord, agent_id: str = "bob", at: float = 1000.0, **fields: Any
) -> bool:
    """Ask for a run to go on as it was read; `fields` are those of its Continuation."""
    step = run.history_rows
    mark = {"step": step, "end": step, "rows": run.history_rows, "state": run.state.value}
    mark |= fields.pop("mark", {})
    fields = {"after": run.ended_at, "request": run.continue_requested, "config": {}, **fields}
    continuation = Continuation(mark=mark, **fields)
    return store.reopen_run(run.id, agent_id, host="there", pid=7, at=at, continuation=continuation)


class ContinuationContract:
    """The last attempt of a number goes on as the same run, with one owner."""

    def test_an_ended_run_of_a_sweep_goes_on_with_its_new_owner(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run(started_at=101.0, origin={"method": "random", "odd": NAN}))
        store.append_history(run.id, "ann", [a_row(0, loss=2)], summary={"loss": 2}, at=102.0)
        assert not go_on(store, run), "it is under way"
        store.request_stop(run.id, "enough", RunState.STOPPED)
        ended = end(store, run.id, RunState.STOPPED, summary={"loss": 2}, config={"epochs": 3})
        version = store.snapshot("sweep001").version
        assert go_on(store, ended, config={"epochs": 9}, mark={"iteration": 1})
        now = store.run(run.id)
        begin = {"step": 1, "end": 1, "rows": 1, "state": "stopped", "iteration": 1}
        mark = {**begin, "after": 900.0, "at": 1000.0}
        assert repr(now.origin) == repr({"method": "random", "odd": NAN, "continued": [mark]})
        assert replace(now, origin={}) == replace(
            ended,
            state=RunState.RUNNING,
            config={"epochs": 9},
            origin={},
            agent_id="bob",
            host="there",
            pid=7,
            heartbeat_at=1000.0,
            ended_at=None,
            exit_code=None,
            stop_requested=None,
            stop_state=None,
        )
        assert store.snapshot("sweep001").version == version + 1
        with pytest.raises(OwnershipError):
            store.append_history(run.id, "ann", [], summary=None, at=1001.0)
        store.append_history(run.id, "bob", [a_row(1, loss=1)], summary=None, at=1001.0)
        assert [row.step for row in store.history(run.id)] == [0, 1]

    def test_it_may_wait_for_a_worker(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        assert go_on(store, end(store, "sweep001-1-0"), state=RunState.PENDING)
        assert store.run("sweep001-1-0").state is RunState.PENDING

    def test_it_does_not_go_on_from_what_it_no_longer_is(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        first = end(store, "sweep001-1-0")
        assert not go_on(store, first, after=899.0), "it ended again since it was read"
        assert not go_on(store, first, request={"config": {"a": 1}}), "nobody asked for that"
        assert store.request_continuation(first.id, {"epochs": 40})
        assert not go_on(store, first), "somebody asked for more since it was read"
        assert store.run(first.id).state is RunState.FINISHED
        assert go_on(store, store.run(first.id))
        assert store.run(first.id).continue_requested == {}, "the request was heard"

    def test_parts_earlier_attempts_and_runs_outside_of_sweeps_do_not_go_on(
        self, store: Store
    ) -> None:
        store.create_sweep(a_sweep())
        first = store.claim_run(a_run(1))
        part = store.claim_run(replace(a_run(0, None), parent_id=first.id))
        alone = store.claim_run(a_run(0, None, id="alone"))
        ended = [end(store, run.id) for run in (first, part, alone)]
        store.claim_run(a_run(1, attempt=1))
        for run in ended:
            assert not go_on(store, run)
            assert not store.request_continuation(run.id, {})
            assert store.run(run.id) == run

    def test_one_of_several_threads_goes_on_with_it(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        ended = end(store, "sweep001-1-0")
        won = race(4, lambda index: go_on(store, ended, f"agent{index}"))
        assert sorted(won) == [False, False, False, True]  # type: ignore[type-var]
        assert store.run(ended.id).agent_id == f"agent{won.index(True)}"
        assert len(store.run(ended.id).continued) == 1

    def test_requests_add_up_until_they_are_heard(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        assert not store.request_continuation(run.id, {"epochs": 40}), "it has not ended"
        ended = end(store, run.id)
        assert ended.continue_requested == {}
        assert store.request_continuation(run.id, {"epochs": 40, "lr": NAN})
        version = store.snapshot("sweep001").version
        assert store.request_continuation(run.id, {"epochs": 40, "lr": NAN})
        assert store.snapshot("sweep001").version == version, "asked once is enough"
        assert store.request_continuation(run.id, {"epochs": 50})
        asked = store.run(run.id)
        assert repr(asked.continue_requested) == "{'config': {'epochs': 50, 'lr': nan}}"
        assert replace(asked, continue_requested={}) == ended
        assert go_on(store, asked)

    def test_its_owner_says_more_in_its_mark(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run(origin={"method": "grid"}))
        assert go_on(store, end(store, "sweep001-1-0"))
        origin = {**store.run("sweep001-1-0").origin, "more": True}
        assert store.update_run("sweep001-1-0", "bob", {"origin": origin}).origin == origin

    def test_pauses_are_no_part_of_its_time(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run(started_at=800.0))
        assert go_on(store, end(store, "sweep001-1-0"), at=5000.0)
        assert store.run("sweep001-1-0").duration_s == 100.0
        store.append_history("sweep001-1-0", "bob", [], summary=None, at=5007.0)
        assert store.run("sweep001-1-0").duration_s == 107.0

    def test_a_clock_behind_the_end_makes_no_time_out_of_a_pause(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        store.claim_run(a_run(started_at=800.0))
        assert go_on(store, end(store, "sweep001-1-0"), at=10.0)
        assert store.run("sweep001-1-0").continued[0]["at"] == 900.0

    @pytest.mark.parametrize("looks", ["at every step", "at the end"])
    def test_steps_that_are_logged_anew_leave_the_curve_and_stay_in_the_history(
        self, store: Store, looks: str
    ) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        snapshot = None

        def look() -> None:
            nonlocal snapshot
            snapshot = store.snapshot("sweep001", snapshot, curves=True)
            assert snapshot == replace(
                store.snapshot("sweep001", curves=True), taken_at=snapshot.taken_at
            )

        rows = [a_row(step, loss=step) for step in range(4)]
        store.append_history(run.id, "ann", [*rows, a_row(4, loss=NAN)], summary={}, at=1.0)
        if looks == "at every step":
            look()
        mark = {"step": 2, "end": 5}
        assert go_on(store, end(store, run.id), mark=mark)
        look()
        assert snapshot is not None
        assert snapshot.curves[run.id].values == (0, 1, 2, 3), "nothing was logged anew yet"
        store.append_history(run.id, "bob", [a_row(2, loss=20)], summary={}, at=1001.0)
        look()
        store.append_history(run.id, "bob", [a_row(3, loss=math.inf)], summary={}, at=1002.0)
        look()
        assert snapshot.curves[run.id] == Curve(
            *(run.id, RunState.RUNNING, (0, 1, 2), (0.0, 1.0, 20.0), 7),
            diverged=1,
            rewound=((2, (2, 3), (2.0, 3.0)),),
        )
        drawn = store.snapshot("sweep001", curves=True, points=2).curves[run.id]
        assert drawn == replace(snapshot.curves[run.id], is_sampled=True)
        assert [row.step for row in store.history(run.id)] == [0, 1, 2, 3, 4, 2, 3]
