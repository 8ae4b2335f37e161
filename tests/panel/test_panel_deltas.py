"""Deltas lead from one picture of a sweep to the next, whatever happened in between."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbsweep.analysis.frame import frame
from nbsweep.analysis.importance import importance
from nbsweep.panel.analyses import panel_importance
from nbsweep.panel.axes import Axes, with_axes
from nbsweep.records import RunState
from nbsweep.view.delta import apply, delta, is_empty, sent
from nbsweep.view.picture import picture


class Painter:
    """Pictures of a made-up sweep, one after the other, as the panel makes them."""

    def __init__(self, sweep):
        self.sweep = sweep
        self.seq = 0
        self.axes = None
        self.rows = {}
        self.placed = {}

    def paint(self, importance=None, *, fresh_axes=True):
        snapshot = self.sweep.snapshot()
        drawn = picture(
            snapshot, self.sweep.config, total=50, now=self.sweep.now, live=True, rows=self.rows
        )
        if fresh_axes or self.axes is None:
            self.axes = Axes(frame(snapshot, self.sweep.config))
        self.seq += 1
        return with_axes(
            drawn,
            snapshot,
            self.axes,
            seq=self.seq,
            importance=importance,
            placed=self.placed,
        )


events = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(list(RunState))),
        st.tuples(st.just("end"), st.integers(0, 30)),
        st.tuples(st.just("drop"), st.integers(0, 30)),
        st.tuples(st.just("metric"), st.floats(allow_nan=True, allow_infinity=True)),
    ),
    max_size=12,
)


@given(st.lists(events, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_applying_deltas_one_after_the_other_gives_the_whole_picture(make_sweep, batches):
    sweep = make_sweep()
    painter = Painter(sweep)
    before, number = painter.paint(), 0
    shown = sent(before)
    for batch in batches:
        for event, what in batch:
            if event == "add":
                number += 1
                sweep.add(what, number=number)
            elif sweep.runs and event == "end":
                i = what % len(sweep.runs)
                sweep.replace(i, dataclasses.replace(sweep.runs[i], state=RunState.FINISHED))
            elif sweep.runs and event == "drop":
                sweep.runs.pop(what % len(sweep.runs))
            elif sweep.runs and event == "metric":
                run = dataclasses.replace(sweep.runs[-1], summary={"loss": what})
                sweep.replace(len(sweep.runs) - 1, run)
        after = painter.paint()
        # Through JSON, since that is how the front end gets it.
        shown = apply(shown, json.loads(json.dumps(delta(before, after))))
        assert json.loads(json.dumps(shown)) == json.loads(json.dumps(sent(after)))
        before = after


def test_nothing_happened_makes_an_empty_delta(make_mixed_sweep):
    painter = Painter(make_mixed_sweep(20))
    change = delta(painter.paint(), painter.paint(fresh_axes=False))
    assert is_empty(change)


def test_one_ended_run_costs_one_row_on_the_wire(make_mixed_sweep):
    sweep = make_mixed_sweep(40)
    painter = Painter(sweep)
    before = painter.paint()
    sweep.add(RunState.FINISHED, summary={"loss": 5.0})
    change = delta(before, painter.paint(fresh_axes=False))
    new = [row for row in change["rows"] if "number" in row]
    assert [row["number"] for row in new] == [41]
    # Of the runs under way only the clock has moved.
    assert all(set(row) == {"id", "duration_s"} for row in change["rows"] if row not in new)
    assert set(change["set"]) == {"progress"}


def test_a_row_that_changed_sends_only_what_differs(make_sweep):
    sweep = make_sweep()
    run = sweep.add(RunState.RUNNING)
    painter = Painter(sweep)
    before = painter.paint()
    sweep.replace(0, dataclasses.replace(run, stop_requested="stopped by hand"))
    change = delta(before, painter.paint(fresh_axes=False))
    assert change["rows"] == [{"id": run.id, "note": "stopped by hand"}]


def test_a_gap_between_pictures_is_not_bridged(make_mixed_sweep):
    painter = Painter(make_mixed_sweep(5))
    first, second, third = painter.paint(), painter.paint(), painter.paint()
    with pytest.raises(ValueError, match="delta 3 does not follow picture 1"):
        apply(first, delta(second, third))


def test_places_are_numbers_on_number_axes_and_indices_on_category_axes(make_sweep):
    sweep = make_sweep()
    sweep.add(params={"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 64})
    drawn = Painter(sweep).paint()
    names = [axis["name"] for axis in drawn["axes"]]
    places = dict(zip(names, drawn["rows"][0]["places"], strict=False))
    assert places["optimizer"] == 1.0
    assert places["learning_rate"] == 0.01
    assert places["dropout"] is None
    assert names[-1] == "loss"
    assert drawn["axes"][-1]["is_metric"]


@pytest.mark.parametrize(
    ("spec", "marks"),
    [
        ({"values": [64, 128, 256]}, [64, 128, 256]),
        ({"min": 1, "max": 20}, list(range(1, 21))),
        ({"min": 1, "max": 500}, []),
        ({"min": 0.0, "max": 1.0}, []),
        ({"values": ["adam", "sgd"]}, []),
    ],
)
def test_an_axis_lists_the_numbers_that_it_can_hold_where_they_are_few(make_sweep, spec, marks):
    sweep = make_sweep({"method": "random", "metric": {"name": "loss"}, "parameters": {"x": spec}})
    sweep.add()
    first, *_ = Axes(frame(sweep.snapshot(), sweep.config)).listed
    assert first["marks"] == marks


@pytest.mark.parametrize(("value", "outgrown"), [("adam", False), ("lion", True)])
def test_axes_notice_values_that_they_have_no_place_for(make_sweep, value, outgrown):
    sweep = make_sweep()
    sweep.add(params={"optimizer": "adam", "learning_rate": 0.01})
    sweep.add(params={"optimizer": "sgd", "learning_rate": 0.01})
    axes = Axes(frame(sweep.snapshot(), sweep.config))
    axes.places(sweep.add(params={"optimizer": value}))
    assert axes.is_outgrown is outgrown


def test_a_picture_is_strict_json(make_mixed_sweep):
    sweep = make_mixed_sweep(40)
    ranking = panel_importance(importance(frame(sweep.snapshot(), sweep.config)))
    drawn = Painter(sweep).paint(ranking)
    text = json.dumps(sent(drawn), allow_nan=False)
    assert json.loads(text)["importance"]["n_runs"] == ranking["n_runs"]
    assert len(text) < 40_000
