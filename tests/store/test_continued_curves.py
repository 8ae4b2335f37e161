"""Any sequence of steps, ends and continuations gives one curve, and the curves before it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbsweep.continued import (
    curve_before,
    first_step,
    mark_of,
    present_curve,
    present_rows,
    run_before,
    standing,
    with_present_curves,
)
from nbsweep.records import (
    Continuation,
    Curve,
    HistoryRow,
    Metric,
    RunEnd,
    RunRecord,
    RunResult,
    RunState,
    Snapshot,
)
from nbsweep.store.memory import MemoryStore
from nbsweep.testing.stores import a_run, a_sweep

LOSS = Metric("loss")
logged = st.lists(st.sampled_from([0.5, 0.25, float("nan"), None]), max_size=5)
legs = st.lists(
    st.tuples(logged, st.integers(0, 7), st.booleans(), st.sampled_from(["stopped", "crashed"])),
    min_size=1,
    max_size=5,
)


@given(legs, logged)
@settings(max_examples=150)
def test_a_curve_is_what_was_logged_last_of_each_step_and_the_earlier_ones_come_back(legs, last):
    store = MemoryStore("memory://legs", clock=lambda: 1.0)
    store.create_sweep(a_sweep())
    run = store.claim_run(a_run(started_at=200.0))
    snapshot, curves, records, history, marks = None, [], [], [], []
    step, at = 0, 200.0
    for values, back, looks, state in [*legs, (last, 0, True, "finished")]:
        rows = [
            HistoryRow(step + i, at, {} if value is None else {"loss": value})
            for i, value in enumerate(values)
        ]
        history += rows
        at += 10
        summary = {"loss": len(history) + 0.5}
        end = RunEnd(RunState(state), summary, {}, exit_code=0, at=at, rows=rows)
        ended = store.finish_run(run.id, "ann", end)
        if looks:
            snapshot = store.snapshot("sweep001", snapshot, curves=True)
        curve = store.snapshot("sweep001", curves=True).curves[run.id]
        if state == "finished":
            break
        curves.append(curve)
        records.append(ended)
        end = history[-1].step + 1 if history else 0
        step = max(0, end - back)
        marks.append({**mark_of(ended, curve, end, LOSS), "step": step})
        at += 5
        going_on = Continuation(ended.ended_at, {}, marks[-1], {})
        keywords = {"host": "", "pid": 1, "at": at, "continuation": going_on}
        assert store.reopen_run(run.id, "ann", **keywords)
        assert first_step(store.run(run.id)) == step
    record = snapshot.runs[0]
    assert snapshot.curves[run.id] == curve
    assert (record.duration_s, record.paused_s) == (10.0 * len(legs) + 10, 5.0 * len(legs))
    # By definition: a row stays unless the run went on, with rows, from its step or before.
    begun = [mark for mark in marks if mark["rows"] < len(history)]
    kept = [
        row
        for place, row in enumerate(history)
        if all(row.step < mark["step"] for mark in begun if place < mark["rows"])
    ]
    assert repr(present_rows(record, store.history(run.id))) == repr(kept)
    values = [(row.step, row.values.get("loss")) for row in kept]
    finite = [(s, v) for s, v in values if v is not None and v == v]
    assert list(zip(curve.steps, curve.values, strict=True)) == finite
    for count, (before, earlier) in enumerate(zip(curves, records, strict=True)):
        assert curve_before(record, curve, count) == before
        then = run_before(record, count, LOSS)
        assert LOSS.of(then.summary) == LOSS.of(earlier.summary)
        for name in ("state", "ended_at", "duration_s", "continued", "history_rows"):
            assert getattr(then, name) == getattr(earlier, name), name


def a_continued_run(*states, state=RunState.RUNNING, **mark):
    marks = [
        {"step": 3, "end": 3, "rows": 3, "iteration": 3, "state": s, "after": 5.0, "at": 9.0}
        for s in states
    ]
    for place, each in enumerate(marks):
        each.update(mark, value=0.1 * (place + 1))
    return RunRecord("r", "p", "s", 1, state=state, origin={"continued": marks})


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (a_continued_run("finished"), 0.1),
        (a_continued_run("finished", "crashed"), 0.1),
        (a_continued_run("finished", "stopped"), 0.2),
        (a_continued_run("stopped", state=RunState.KILLED), 0.1),
        (a_continued_run("crashed"), None),
        (a_continued_run(), None),
        (replace(a_continued_run("finished", state=RunState.FINISHED), summary={"loss": 7}), 7),
        (RunResult(1, 0, RunState.RUNNING, {"loss": 7}), None),
        (RunResult(1, 0, RunState.STOPPED, {"loss": 7}), 7),
    ],
)
def test_a_result_stands_until_the_run_ends_well_again(run, expected):
    assert LOSS.counted(run) == expected
    assert LOSS.best_value([run]) == expected
    if isinstance(run, RunRecord):
        assert LOSS.best_run([run]) == (None if expected is None else (run, expected))
        place = standing(run)
        if place is not None:
            assert LOSS.of(run_before(run, place, LOSS).summary) == expected


def test_what_code_began_anew_is_seen_from_there():
    run = a_continued_run("stopped", anew=True)
    curve = Curve("r", RunState.RUNNING, (0, 1, 2, 3, 4), (5.0, 4.0, 3.0, 5.0, 4.0), 5)
    seen = present_curve(run, curve)
    assert (seen.steps, seen.values) == ((3, 4), (5.0, 4.0))
    snapshot = Snapshot(a_sweep(), (run, replace(run, id="other")), {"r": curve}, 1, 1.0)
    assert with_present_curves(snapshot).curves == {"r": seen}
    plain = replace(snapshot, runs=(a_continued_run("stopped"),))
    assert with_present_curves(plain) is plain
