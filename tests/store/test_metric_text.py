"""A metric is read from the text of a row as it would be from the decoded row."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbsweep.records import HistoryRow, is_diverged, is_number, lookup
from nbsweep.store.metric_text import curve_points
from nbsweep.store.rows import history_to_rows

names = st.sampled_from(
    ["loss", "val/loss", "a.b", "a", "b", "", "l s", 'l"s', "l\\s", "é", "{", ","]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(['"loss":1', "loss", '{"loss":1}', "a,b}", "naïve"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3)
)
rows = st.lists(st.dictionaries(names, values, max_size=4), max_size=5)


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(rows, names)
@example([{"x": {"loss": 1.5}, "loss": 2.5}], "loss")
@example([{"note": '"loss":1,', "loss": 2}], "loss")
@example([{"a": {"b": 1}}, {"a.b": 2}, {"a": {"b": 1}, "a.b": 3}], "a.b")
@example([{"loss": 1e300}, {"loss": 10**400}, {"loss": -0.0}, {"loss": 123456789012345678}], "loss")
@example([{"val_loss": 1}, {"loss_": 2}, {"loss": True}, {"loss": float("nan")}], "loss")
def test_the_same_values_as_by_decoding(rows, name):
    stored = history_to_rows("r", [HistoryRow(i, 0.0, row) for i, row in enumerate(rows)])
    decoded = [(i, lookup(json.loads(row["values"]), name)) for i, row in enumerate(stored)]
    expected = [(i, float(value)) for i, value in decoded if is_number(value)]
    shown = [value for _, value in decoded if is_number(value) or is_diverged(value)]
    last = max((i for i, value in enumerate(shown) if is_number(value)), default=-1)
    steps, found, diverged = curve_points([(row["step"], row["values"]) for row in stored], name)
    assert list(zip(steps, found, strict=True)) == expected
    assert all(type(value) is float for value in found)
    assert diverged == len(shown) - 1 - last


@pytest.mark.parametrize(
    "text", ['{"loss": 0.5, "b": 1}', '{ "loss":0.5 }', '{"b":1,"loss" : 5e-1}']
)
def test_blanks_that_other_writers_leave_do_no_harm(text):
    assert curve_points([(3, text)], "loss") == ((3,), (0.5,), 0)
