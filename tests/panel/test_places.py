"""What is drawn has the order and the ties of the values, however narrow their spread is.

In rows as Python has them, in columns as the page unpacks them, in saved outputs, and in the
static picture as far as its pixels go.
"""

import itertools
import json
import re
import struct
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbsweep.analysis.frame import frame
from nbsweep.analysis.parallel_coordinates import collect
from nbsweep.panel import analyses
from nbsweep.panel.axes import with_axes
from nbsweep.panel.packing import NUMBERS, pack
from nbsweep.panel.saved import report
from nbsweep.records import Curve, RunState
from nbsweep.view.picture import picture
from nbsweep.view.svg import parallel_coordinates
from tests.made_up_sweeps import FakeSweep
from tests.saved_pages import script_of

CENTRES = [0.0, 0.9999, -1235.0, 100_001.0, 2019.0, 1.7e9]
columns = st.lists(
    st.tuples(st.integers(-200, 200), st.integers(-200, 200), st.integers(-200, 200)),
    min_size=2,
    max_size=12,
)


def sweep_of(xs, metrics, scores, curves=None):
    """A sweep with these values of a parameter, of the metric and of another result."""
    low, high = min(xs), max(xs)
    sweep = FakeSweep(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"x": {"min": low, "max": high if high > low else low + 1.0}},
        }
    )
    for i, (x, loss, score) in enumerate(zip(xs, metrics, scores, strict=True)):
        run = sweep.add(params={"x": x}, summary={"loss": loss, "score": score})
        values = curves[i] if curves else (loss + 1e-3, loss)
        sweep.curves[run.id] = Curve(run.id, RunState.FINISHED, tuple(range(len(values))), values)
    return sweep


def drawn(sweep):
    shot = sweep.snapshot()
    bare = picture(shot, sweep.config, total=None, now=sweep.now)
    return with_axes(bare, shot, analyses.axes(shot, sweep.config), seq=1)


def order(values):
    """Rank of each value; equal ones share it."""
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    return [ranks[value] for value in values]


def unpacked(rows):
    """The places and the curves of packed rows, as the page reads them."""
    packed, buffer = pack(rows)
    n, first = packed["n"], len(NUMBERS)
    doubles = struct.unpack_from(f"<{n * (first + packed['n_axes'] + 3)}d", buffer)
    names = [*NUMBERS, *range(packed["n_axes"]), "from", "to", "length"]
    table = {name: doubles[k * n : (k + 1) * n] for k, name in enumerate(names)}
    kind = {4: "f", 8: "d"}[packed["curve_bytes"]]
    values = iter(struct.iter_unpack(f"<{kind}", buffer[8 * len(doubles) :]))
    curves = [[next(values)[0] for _ in range(int(length))] for length in table["length"]]
    return table, curves


def saved_rows(page):
    data = json.loads(
        re.search(r'nbsweepFrozen\.show\(.*?,"nbsweep-\w+",(.*)\);', script_of(page)).group(1)
    )
    packed = data["picture"]["rows"]
    return data, [dict(zip(packed["keys"], row, strict=True)) for row in packed["values"]]


@settings(max_examples=40, deadline=None)
@given(columns, st.sampled_from(CENTRES), st.sampled_from([1e-5, 1e-3, 1.0]))
def test_places_have_the_order_and_ties_of_the_values(rows, centre, step):
    xs, metrics, scores = (
        [centre + step * k for k in column] for column in zip(*rows, strict=True)
    )
    view = drawn(sweep_of(xs, metrics, scores))
    names = [axis["name"] for axis in view["axes"]]
    places = list(zip(*(row["places"] for row in view["rows"]), strict=True))
    table, _ = unpacked(view["rows"])
    for name, values in (("x", xs), ("score", scores)):
        i = names.index(name)
        assert order(places[i]) == order(values)
        assert order(table[i]) == order(values)
    assert order([row["metric"] for row in view["rows"]]) == order(metrics)
    assert order(table["metric"]) == order(metrics)


@settings(max_examples=40, deadline=None)
@given(columns, st.sampled_from(CENTRES), st.sampled_from([1e-5, 1e-3, 1.0]))
def test_the_static_picture_has_the_order_of_the_values(rows, centre, step):
    xs, metrics, scores = (
        [centre + step * k for k in column] for column in zip(*rows, strict=True)
    )
    sweep = sweep_of(xs, metrics, scores)
    data = collect(frame(sweep.snapshot(), sweep.config))
    by_id = {run.id: i for i, run in enumerate(sweep.runs)}
    lines = [by_id[run_id] for run_id in data.run_ids]
    for axis, values in zip(data.axes, (xs, metrics), strict=True):
        shown = [values[i] for i in lines]
        if axis.name == "x":
            assert order(axis.positions) == order(shown)
        # The metric's axis may end before the worst runs, which are drawn at its end.
        pairs = itertools.combinations(zip(shown, axis.positions, strict=True), 2)
        assert all((a <= b) <= (p <= q) for (a, p), (b, q) in pairs)
    for axis in data.axes:
        labels = [tick.label for tick in axis.ticks]
        assert len(set(labels)) == len(labels)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-200, 200), min_size=2, max_size=2), st.sampled_from(CENTRES))
def test_two_lines_of_the_static_picture_lie_as_their_values_do(pair, centre):
    losses = [centre + 1e-5 * k for k in pair]
    sweep = sweep_of([0.0, 1.0], losses, [0.0, 1.0])
    root = ET.fromstring(parallel_coordinates(collect(frame(sweep.snapshot(), sweep.config))))
    paths = [path.get("d") for path in root.iter("{http://www.w3.org/2000/svg}path")]
    # Where each line begins (on the axis of x) and ends (on that of the loss).
    ends = {}
    for path in paths:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
        ends[numbers[1]] = numbers[-1]
    second, first = (ends[y] for y in sorted(ends))  # y grows downwards
    assert (first > second, first == second) == (losses[0] < losses[1], losses[0] == losses[1])


@settings(max_examples=15, deadline=None)
@given(columns, st.sampled_from(CENTRES), st.sampled_from([1e-5, 1e-3, 1.0]))
def test_a_saved_output_keeps_order_and_ties(rows, centre, step):
    xs, metrics, scores = (
        [centre + step * k for k in column] for column in zip(*rows, strict=True)
    )
    sweep = sweep_of(xs, metrics, scores)
    data, kept = saved_rows(report(sweep.snapshot(), sweep.config, now=sweep.now))
    names = [axis["name"] for axis in data["picture"]["axes"]]
    assert order([row["places"][names.index("x")] for row in kept]) == order(xs)
    assert order([row["places"][names.index("score")] for row in kept]) == order(scores)
    assert order([row["metric"] for row in kept]) == order(metrics)


@pytest.mark.parametrize(
    ("level", "size"), [(0.9999, 1e-5), (-1235.0, 1e-4), (1.7e9, 10.0), (0.3, 0.1), (1e-9, 1e-10)]
)
def test_curves_are_no_flat_lines(level, size):
    curves = [[level + size * (i + 1) / (k + 1) for k in range(20)] for i in range(6)]
    ends = [curve[-1] for curve in curves]
    sweep = sweep_of([float(i) for i in range(6)], ends, ends, curves)
    view = drawn(sweep)
    _, packed = unpacked(view["rows"])
    _, kept = saved_rows(report(sweep.snapshot(), sweep.config, now=sweep.now))
    for i, curve in enumerate(curves):
        for shown in (view["rows"][i]["curve"], packed[i]):
            assert shown == pytest.approx(curve, abs=size / 500, rel=1e-15)
        assert len(set(kept[i]["curve"])) >= 10
    assert order([row["curve"][-1] for row in view["rows"]]) == order(ends)


def test_a_diverged_curve_takes_no_digits_from_the_others():
    curves = [[-1235 + 1e-4 * (i + k) for k in range(20)] for i in range(6)]
    curves.append([0.5 * 4**k for k in range(15)])
    ends = [curve[-1] for curve in curves]
    view = drawn(sweep_of([float(i) for i in range(7)], ends, ends, curves))
    for row, packed, curve in zip(view["rows"], unpacked(view["rows"])[1], curves, strict=True):
        assert row["curve"] == pytest.approx(curve, abs=1e-6, rel=1e-9)
        assert packed == row["curve"]
    assert [row["metric_text"] for row in view["rows"][:2]] == ["-1234.99810", "-1234.99800"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.99991, 0.99992, 0.99995], ["0.99991", "0.99992", "0.99995"]),
        ([1.7e9, 1.7e9 + 30, 1.7e9 + 60], ["1700000000", "1700000030", "1700000060"]),
        ([100_001, 100_025, 100_049], ["100001", "100025", "100049"]),
        ([1_700_000_000, 1_700_000_030, 1_700_000_060], ["1700000000", "1700000030", "1700000060"]),
    ],
)
def test_cells_say_what_tells_runs_apart(values, texts):
    sweep = FakeSweep(
        {
            "method": "random",
            "metric": {"name": "loss"},
            "parameters": {"x": {"min": min(values), "max": max(values)}},
        }
    )
    for value in values:
        sweep.add(params={"x": value}, summary={"loss": float(value)})
    view = drawn(sweep)
    assert [row["texts"] for row in view["rows"]] == [[text] for text in texts]
    assert view["best"]["text"] == view["rows"][0]["metric_text"]
    assert len({row["metric_text"] for row in view["rows"]}) == 3


def test_more_runs_change_the_digits_of_earlier_rows_too():
    sweep = FakeSweep(
        {
            "method": "random",
            "metric": {"name": "loss"},
            "parameters": {"x": {"max": 1.0, "min": 0.0}},
        }
    )
    kept = {}

    def rows():
        shot = sweep.snapshot()
        return picture(shot, sweep.config, total=None, now=sweep.now, rows=kept)["rows"]

    sweep.add(params={"x": 0.5}, summary={"loss": 0.99991})
    assert rows()[0]["metric_text"] == "0.9999"
    sweep.add(params={"x": 0.5}, summary={"loss": 0.99994})
    assert [row["metric_text"] for row in rows()] == ["0.999910", "0.999940"]
    before = rows()
    assert all(a is b for a, b in zip(before, rows(), strict=True))
