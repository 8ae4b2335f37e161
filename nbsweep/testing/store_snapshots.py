"""What every store shows, and what it says of what is not there."""

# ruff: noqa: D102 - the name of a test says what it tests
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nbsweep.errors import NotFoundError, StoreError
from nbsweep.records import (
    Curve,
    RunResult,
    RunState,
    SweepState,
)
from nbsweep.store.base import Store
from nbsweep.testing.store_examples import NAN, a_row, a_run, a_sweep, end, race
from nbsweep.wording import sampled


class SnapshotContract:
    """A snapshot shows one moment, and costs what changed since the one before."""

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

    def test_a_sweep_with_several_metrics_has_curves_of_each(self, store: Store) -> None:
        """Whatever rows they stand in; those of the first objective are the sweep's curves."""
        metrics = [{"name": "ms", "at_most": 20}, {"name": "loss"}, {"name": "val.acc"}]
        store.create_sweep(a_sweep(config={"metrics": metrics}))
        run_id = store.claim_run(a_run()).id
        rows = [a_row(0, loss=1), a_row(1, **{"val.acc": 0.5}), a_row(2, loss=NAN, ms=30)]
        store.append_history(run_id, "ann", rows, summary=None, at=1.0)
        snapshot = store.snapshot("sweep001", curves=True)
        loss = Curve(run_id, RunState.RUNNING, (0,), (1.0,), rows_read=3, diverged=1)
        acc = Curve(run_id, RunState.RUNNING, (1,), (0.5,), rows_read=3)
        ms = Curve(run_id, RunState.RUNNING, (2,), (30.0,), rows_read=3)
        assert snapshot.curves == {run_id: loss}
        assert snapshot.curves_of == {
            "ms": {run_id: ms},
            "loss": {run_id: loss},
            "val.acc": {run_id: acc},
        }
        assert list(snapshot.curves_of) == ["ms", "loss", "val.acc"]
        assert snapshot.curves_of["loss"] is snapshot.curves
        assert store.snapshot("sweep001").curves_of == {}
        assert store.snapshot("sweep001", snapshot).curves_of == {}
        assert store.snapshot("sweep001", curves=True, points=9).curves_of == {}
        store.create_sweep(a_sweep("sweep002"))
        assert store.snapshot("sweep002", curves=True).curves_of == {}

    def test_curves_of_several_metrics_grow_by_what_was_logged_since(self, store: Store) -> None:
        metrics = [{"name": "loss"}, {"name": "acc", "goal": "maximize"}]
        store.create_sweep(a_sweep(config={"metrics": metrics}))
        snapshot = store.snapshot("sweep001")  # without curves, and without a run
        for number in (1, 2):
            run_id = store.claim_run(a_run(number)).id
            for step in range(4):
                row = a_row(step, loss=step) if step % 2 else a_row(step, acc=step)
                store.append_history(run_id, "ann", [row], summary=None, at=1.0)
                snapshot = store.snapshot("sweep001", snapshot, curves=True)
                full = store.snapshot("sweep001", curves=True)
                assert snapshot == replace(full, taken_at=snapshot.taken_at)
        assert {name: c["sweep001-2-0"].values for name, c in snapshot.curves_of.items()} == {
            "loss": (1.0, 3.0),
            "acc": (0.0, 2.0),
        }

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


class AnswerContract:
    """Answers are values; what is not there is an error that helps."""

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

    def test_a_curve_to_be_drawn_has_few_points_of_many(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        lengths = {1: 0, 2: 1, 3: 41, 4: 100, 5: 1000}
        for number, length in lengths.items():
            run = store.claim_run(a_run(number))
            rows = [a_row(2 * i, loss=i / 7, acc={"x": i}) for i in range(length)]
            store.append_history(run.id, "ann", rows, summary=None, at=1.0)
        whole = store.snapshot("sweep001", curves=True)
        drawn = store.snapshot("sweep001", curves=True, points=10)
        assert drawn.runs == whole.runs
        for run in drawn.runs:
            full, few = whole.curves[run.id], drawn.curves[run.id]
            assert list(few.values)[:1] == list(full.values)[:1]
            assert sampled(few.values, 10) == sampled(full.values, 10)
            assert sampled(few.steps, 10) == sampled(full.steps, 10)
            assert len(few.values) <= 41
        after = store.snapshot("sweep001", drawn, curves=True)
        assert after == replace(whole, taken_at=after.taken_at)

    def test_a_metric_that_few_rows_hold_is_drawn_from_all_of_them(self, store: Store) -> None:
        store.create_sweep(a_sweep())
        run = store.claim_run(a_run())
        rows = [a_row(i, **({"loss": i} if i % 10 == 9 else {"lr": 1})) for i in range(1000)]
        store.append_history(run.id, "ann", rows, summary=None, at=1.0)
        whole = store.snapshot("sweep001", curves=True)
        drawn = store.snapshot("sweep001", curves=True, points=10)
        assert drawn.curves[run.id] == replace(whole.curves[run.id], is_sampled=True)
        assert len(whole.curves[run.id].values) == 100

    def test_lists_get_results_by_sweep(self, store: Store) -> None:
        for sweep_id, project in (("sweep001", "demo"), ("sweep002", "other"), ("sweep003", "x")):
            store.create_sweep(a_sweep(sweep_id, project=project))
        for number, attempt in [(2, 1), (10, 0), (1, 0), (2, 0)]:
            store.claim_run(a_run(number, attempt=attempt))
        store.claim_run(a_run(1, "sweep002"))
        store.claim_run(a_run(0, None))
        end(store, "sweep002-1-0", summary={"loss": NAN, "x": {"y": [1]}})
        running = [(1, 0), (2, 0), (2, 1), (10, 0)]
        expected = [RunResult(*place, RunState.RUNNING, {}) for place in running]
        assert store.results("demo") == {"sweep001": expected}
        every = store.results()
        assert every["sweep001"] == expected
        [result] = every["sweep002"]
        assert (result.state, result.summary["x"]) == (RunState.FINISHED, {"y": [1]})
        assert math.isnan(result.summary["loss"])
        assert set(every) == {"sweep001", "sweep002"}
        assert store.results("nobody's") == {}

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
            lambda: store.reopen_run("nope", "ann", host="", pid=1, at=1.0),
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
