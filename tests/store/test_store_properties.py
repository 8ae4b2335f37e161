"""Properties over generated values and generated sequences of calls."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nbsweep.continued import present_rows
from nbsweep.errors import SweepError
from nbsweep.records import (
    Continuation,
    Curve,
    HistoryRow,
    RunEnd,
    RunRecord,
    RunState,
    SweepRecord,
    SweepState,
    is_number,
    lookup,
)
from nbsweep.store.memory import MemoryStore
from nbsweep.store.rows import run_from_row, run_to_row, sweep_from_row, sweep_to_row
from nbsweep.store.sql import SqlStore
from nbsweep.testing.stores import a_run, a_sweep

texts = st.text(max_size=12)
any_texts = st.text(st.characters(), max_size=12)  # lone surrogates too
numbers = st.one_of(st.integers(), st.integers(-(2**600), 2**600), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, any_texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_texts, inner, max_size=3),
    max_leaves=8,
)
dicts = st.dictionaries(any_texts, values, max_size=4)
times = st.floats(allow_nan=False)


def runs():
    whole = st.integers(0, 2**63 - 1)
    return st.builds(
        RunRecord,
        id=texts,
        project=texts,
        sweep_id=st.none() | texts,
        number=whole,
        attempt=whole,
        name=texts,
        state=st.sampled_from(RunState),
        params=dicts,
        config=dicts,
        summary=dicts,
        origin=dicts,
        error=st.none() | texts,
        heartbeat_at=times,
        tags=st.lists(any_texts, max_size=3).map(tuple),
        stop_state=st.none() | st.sampled_from(RunState),
        peak_memory_bytes=st.none() | whole,
    )


def same(value, other):
    """Whether two values are equal when a NaN equals any other, and 1 is not True or 1.0."""
    return repr(value) == repr(other)


@given(runs())
@settings(max_examples=40)
def test_a_run_is_the_same_as_a_row_and_back(run):
    assert same(run_from_row(run_to_row(run)), escaped(run))


@given(
    st.builds(
        SweepRecord,
        id=texts,
        project=texts,
        config=dicts,
        seed=st.integers(),
        prior=st.lists(dicts, max_size=3).map(tuple),
        queue=st.lists(dicts, max_size=3).map(tuple),
    )
)
def test_a_sweep_is_the_same_as_a_row_and_back(sweep):
    assert same(sweep_from_row(sweep_to_row(sweep)), escaped(sweep))


def escaped(record):
    """The record with NUL escaped in its texts, as the contract has it."""
    changed = {
        field.name: getattr(record, field.name).replace("\0", "\\x00")
        for field in fields(record)
        if type(getattr(record, field.name)) is str
    }
    return replace(record, **changed)


@pytest.fixture(scope="module")
def empty_stores(tmp_path_factory):
    stores = [
        MemoryStore("memory://properties"),
        SqlStore(f"sqlite:///{tmp_path_factory.mktemp('properties')}/a.db"),
    ]
    yield stores
    for store in stores:
        store.close()


@given(params=dicts, logged=st.lists(dicts, max_size=3))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_into_a_store_comes_out(empty_stores, params, logged):
    rows = [HistoryRow(step, 0.5 * step, row) for step, row in enumerate(logged)]
    for store in empty_stores:
        run_id = f"run-{len(store.runs())}"
        store.claim_run(a_run(0, None, id=run_id, params=params))
        store.append_history(run_id, "ann", rows, summary=params, at=1.0)
        assert same(store.history(run_id), rows)
        assert same(store.run(run_id).params, params)
        assert same(store.run(run_id).summary, params)


# A clock that stands still: both stores have to say the same.
def noon():
    return 43_200.0


agents = st.sampled_from(["ann", "bob"])
sweep_ids = st.sampled_from(["sweep001", "sweep002", "unknown0"])
metrics = st.sampled_from([0, 1.5, -2.5e300, math.nan, math.inf, None, True, "text", 10**400])
logged_rows = st.lists(
    st.one_of(
        st.builds(lambda loss: {"loss": loss}, metrics),
        st.builds(lambda acc: {"val": {"acc": acc}}, metrics),
        st.builds(lambda one, two: {"val.acc": one, "val": {"acc": two}}, metrics, metrics),
        st.just({"other": 1}),
    ),
    max_size=4,
)


class TwoStores(RuleBasedStateMachine):
    """A SQLite file and a process's memory answer every sequence of calls alike.

    After each call, a snapshot that grew out of the previous one equals a full one and
    what the runs' records and histories say.
    """

    database: SqlStore

    def __init__(self):
        super().__init__()
        self.memory = MemoryStore("memory://machine", clock=noon)
        self.run_ids = ["unknown0"]
        self.steps = 0
        self.snapshots = {}

    def teardown(self):
        self.memory.close()

    def both(self, method, *arguments, **keywords):
        """Call both stores, demand the same answer, and give it."""
        answers = []
        for store in (self.memory, self.database):
            try:
                answers.append(getattr(store, method)(*arguments, **keywords))
            except (SweepError, ValueError) as error:
                answers.append((type(error), str(error).replace(store_name(store), "STORE")))
        assert same(answers[0], answers[1])
        return answers[0]

    def time(self):
        self.steps += 1
        return float(self.steps)

    @initialize()
    def two_sweeps(self):
        with self.database._database.writing() as connection:
            for table in ("console", "history", "runs", "sweeps"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        for sweep_id, metric in [("sweep001", "loss"), ("sweep002", "val.acc")]:
            self.both("create_sweep", a_sweep(sweep_id, config={"metric": {"name": metric}}))

    @rule(
        sweep_id=st.none() | sweep_ids,
        number=st.integers(1, 3),
        attempt=st.integers(0, 1),
        by=agents,
    )
    def claim(self, sweep_id, number, attempt, by):
        run_id = f"run-{self.time():g}"
        self.run_ids.append(run_id)
        run = a_run(number, sweep_id, id=run_id, attempt=attempt, agent_id=by)
        self.both("claim_run", run)

    @rule(index=st.integers(0, 30), by=agents, state=st.sampled_from(RunState))
    def update(self, index, by, state):
        changes = {"state": state, "notes": "noted", "tags": ("a",)}
        self.both("update_run", self.pick(index), by, changes)

    @rule(index=st.integers(0, 30), by=agents, logged=logged_rows, with_summary=st.booleans())
    def append(self, index, by, logged, with_summary):
        rows = [HistoryRow(step, 1.0, row) for step, row in enumerate(logged, start=self.steps)]
        summary = logged[-1] if logged and with_summary else None
        at = self.time()
        given = {"summary": summary, "at": at, "console": f"step {self.steps}\n"}
        self.both("append_history", self.pick(index), by, rows, **given)
        self.both("console", self.pick(index))

    @rule(index=st.integers(0, 30), by=agents, logged=logged_rows, state=st.sampled_from(RunState))
    def finish(self, index, by, logged, state):
        rows = [HistoryRow(step, 1.0, row) for step, row in enumerate(logged, start=self.steps)]
        end = RunEnd(state, {}, {"a": 1}, exit_code=0, at=self.time(), rows=rows)
        self.both("finish_run", self.pick(index), by, end)

    @rule(index=st.integers(0, 30), state=st.sampled_from(RunState))
    def request_stop(self, index, state):
        self.both("request_stop", self.pick(index), f"reason {self.steps}", state)

    @rule(index=st.integers(0, 30))
    def request_retry(self, index):
        self.both("request_retry", self.pick(index))

    @rule(index=st.integers(0, 30), by=agents)
    def reopen_run(self, index, by):
        self.both("reopen_run", self.pick(index), by, host="here", pid=2, at=self.time())

    @rule(index=st.integers(0, 30), config=st.sampled_from([{}, {"epochs": 9}, {"x": math.nan}]))
    def request_continuation(self, index, config):
        self.both("request_continuation", self.pick(index), config)

    @rule(
        index=st.integers(0, 30),
        by=agents,
        back=st.integers(0, 6),
        stale=st.booleans(),
        state=st.sampled_from([RunState.PENDING, RunState.RUNNING]),
    )
    def go_on(self, index, by, back, stale, state):
        run_id = self.pick(index)
        if run_id not in self.known():
            return
        run = self.memory.run(run_id)
        rows = self.memory.history(run_id)
        end = rows[-1].step + 1 if rows else 0
        mark = {"step": end - back, "end": end, "rows": len(rows), "state": run.state.value}
        after = -1.0 if stale else run.ended_at
        going_on = Continuation(after, run.continue_requested, mark, {"now": back}, state)
        at = self.time()
        told = self.both("reopen_run", run_id, by, host="", pid=3, at=at, continuation=going_on)
        if told is True:
            now = self.memory.run(run_id)
            assert (now.agent_id, now.state, now.config) == (by, state, {"now": back})
            assert (now.continue_requested, now.ended_at, now.exit_code) == ({}, None, None)
            assert now.continued[-1] == {**mark, "after": run.ended_at, "at": at}
            assert len(now.continued) == len(run.continued) + 1

    @rule(index=st.integers(0, 30), fresh=st.booleans())
    def mark_crashed(self, index, fresh):
        run_id = self.pick(index)
        seen = self.memory.run(run_id).heartbeat_at if run_id in self.known() else 0.0
        seen = seen - 1 if fresh else seen
        self.both("mark_crashed", run_id, seen_heartbeat_at=seen, at=self.time())

    @rule(
        sweep_id=sweep_ids,
        state=st.sampled_from(SweepState),
        expected=st.none() | st.lists(st.sampled_from(SweepState), max_size=4),
        at=st.none() | st.just(7.0),
    )
    def set_state(self, sweep_id, state, expected, at):
        self.both("set_sweep_state", sweep_id, state, expected=expected, reason="why", at=at)

    @rule()
    def forget_snapshots(self):
        self.snapshots = {}

    @invariant()
    def lists_agree(self):
        for keywords in ({}, {"sweep_id": "sweep001"}, {"project": "demo"}, {"project": "none"}):
            self.both("runs", **keywords)
        self.both("sweeps")

    @invariant()
    def snapshots_grow_as_full_ones(self):
        for sweep_id in ("sweep001", "sweep002"):
            for curves in (True, False):
                grown = self.both(
                    "snapshot", sweep_id, self.snapshots.get((sweep_id, curves)), curves=curves
                )
                full = self.both("snapshot", sweep_id, curves=curves)
                assert same(replace(grown, curves={}), replace(full, curves={}))
                assert grown.curves == full.curves
                self.snapshots[sweep_id, curves] = grown
                assert list(grown.runs) == sorted(
                    self.memory.runs(sweep_id=sweep_id), key=lambda run: (run.number, run.attempt)
                )
                expected = {run.id: self.curve(grown.sweep, run) for run in grown.runs if curves}
                assert {
                    run_id: replace(curve, rewound=()) for run_id, curve in grown.curves.items()
                } == expected
                assert grown.curves == full.curves

    def pick(self, index):
        return self.run_ids[index % len(self.run_ids)]

    def known(self):
        return {run.id for run in self.memory.runs()}

    def curve(self, sweep, run):
        """The curve by its definition, from the whole history."""
        history, marks = self.both("history", run.id), list(run.continued)
        if marks and marks[-1]["rows"] == len(history):
            marks = [mark for mark in marks if mark["rows"] < len(history)]
        name = sweep.config["metric"]["name"]
        again = [  # the step that a row has to be below of to stay
            min((mark["step"] for mark in marks if mark["rows"] > place), default=math.inf)
            for place in range(len(history))
        ]
        kept = [row for row, step in zip(history, again, strict=True) if row.step < step]
        assert present_rows(run, history) == kept
        logged = [(row.step, lookup(row.values, name)) for row in kept]
        points = [(step, float(value)) for step, value in logged if is_number(value)]
        steps, curve_values = zip(*points, strict=True) if points else ((), ())
        return Curve(run.id, run.state, steps, curve_values, len(history))


def store_name(store):
    return repr(store)[1:-1].split()[1]


def test_stores_agree_and_snapshots_grow_right_under_any_sequence_of_calls(tmp_path):
    from hypothesis.stateful import run_state_machine_as_test

    TwoStores.database = SqlStore(f"sqlite:///{tmp_path}/machine.db", clock=noon)
    try:
        run_state_machine_as_test(
            TwoStores,
            settings=settings(max_examples=20, stateful_step_count=20, deadline=None),
        )
    finally:
        TwoStores.database.close()
