import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.analysis.parallel_coordinates import (
    MISSING_POSITION,
    QUALITY_COLOURS,
    Tick,
    collect,
    colour_code,
)
from nbsweep.records import RunState

PARAMETERS = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
    "optimizer": {"values": ["adam", "sgd"]},
    "width": {"values": [128, 256, 512]},
    "epochs": {"value": 3},
}
ROWS = [
    {"lr": 0.01, "optimizer": "sgd", "width": 512, "epochs": 3},
    {"lr": 1e-4, "optimizer": "adam", "width": 128, "epochs": 3},
    {"lr": 1.0, "optimizer": "adam", "width": 256, "epochs": 3},
]


def test_axes_are_the_swept_parameters_and_the_metric_last(make_frame):
    data = collect(make_frame(PARAMETERS, ROWS, [0.3, 0.2, 0.4]))
    assert [(axis.name, axis.kind) for axis in data.axes] == [
        ("lr", "log"),
        ("optimizer", "category"),
        ("width", "log"),
        ("loss", "linear"),
    ]


def test_lines_go_from_the_worst_to_the_best_run(make_frame):
    data = collect(make_frame(PARAMETERS, ROWS, [0.3, 0.2, 0.4]))
    assert data.run_names == ("run-3", "run-1", "run-2")
    assert data.colours == pytest.approx((0.0, 0.5, 1.0))
    assert data.axes[0].positions == pytest.approx((1.0, 0.5, 0.0))
    assert data.axes[1].positions == pytest.approx((0.75, 0.25, 0.75))
    assert data.axes[-1].positions == pytest.approx((1.0, 0.5, 0.0))


def test_the_best_end_of_the_colours_follows_the_goal(make_frame):
    data = collect(make_frame(PARAMETERS, ROWS, [0.3, 0.2, 0.4], goal="maximize"))
    assert data.run_names[-1] == "run-3"
    assert data.colours[-1] == 1.0
    assert data.axes[-1].positions[-1] == 1.0


@pytest.mark.parametrize(
    ("goal", "ticks"),
    [
        ("minimize", [(0.0, "0.4"), (0.5, "0.3"), (1.0, "0.2")]),
        ("maximize", [(0.0, "0.2"), (0.5, "0.3"), (1.0, "0.4")]),
    ],
)
def test_colours_say_what_values_they_stand_for(make_frame, goal, ticks):
    data = collect(make_frame(PARAMETERS, ROWS, [0.3, 0.2, 0.4], goal=goal))
    shown = {tick.label: tick.position for tick in data.colour_ticks}
    assert {label: pytest.approx(position) for position, label in ticks}.items() <= shown.items()


def test_ticks_name_decades_categories_and_listed_numbers(make_frame):
    lr, optimizer, width, _ = collect(make_frame(PARAMETERS, ROWS, [0.3, 0.2, 0.4])).axes
    assert [tick.label for tick in lr.ticks] == ["1e-4", "0.001", "0.01", "0.1", "1"]
    assert [tick.position for tick in lr.ticks] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert optimizer.ticks == (Tick(0.25, "sgd"), Tick(0.75, "adam"))
    assert [tick.label for tick in width.ticks] == ["128", "256", "512"]


def test_many_long_categories_are_thinned_and_shortened(make_frame):
    values = [f"checkpoint-number-{i:03d}" for i in range(60)]
    rows = [{"model": value} for value in values]
    (model, _) = collect(make_frame({"model": {"values": values}}, rows, [1.0] * 60)).axes
    assert 8 <= len(model.ticks) <= 16
    assert all(len(tick.label) <= 20 for tick in model.ticks)
    assert len({tick.label for tick in model.ticks}) == len(model.ticks)


def test_a_missing_parameter_has_its_own_lane(make_frame):
    parameters = {"x": {"min": 0.0, "max": 1.0}, "y": {"values": [True, False]}}
    rows = [{"x": 0.5, "y": True}, {"y": False}]
    x, y, _ = collect(make_frame(parameters, rows, [2.0, 1.0])).axes
    assert x.has_missing
    assert x.positions == (0.5, MISSING_POSITION)
    assert x.ticks[0] == Tick(MISSING_POSITION, "missing")
    assert not y.has_missing


def test_runs_left_out_and_beyond_the_axis_are_in_the_caption(make_frame):
    states = [RunState.FINISHED] * 6 + [RunState.FAILED]
    values = [0.30, 0.32, 0.34, 0.36, None, 1e10, None]
    data = collect(make_frame({"x": {"min": 0.0, "max": 1.0}}, [{"x": 0.5}] * 7, values, states))
    assert data.caption == (
        "2 runs left out: 1 without loss, 1 failed; 1 run above 0.54 shown at that value"
    )
    assert data.title == "digits · 5 runs"
    assert data.subtitle == "lowest loss 0.3 in run-1"
    assert data.axes[-1].ticks[-1] == Tick(1.0, "≥ 0.54")
    assert data.colour_ticks[0] == Tick(0.0, "≥ 0.42")


def test_one_run_is_the_best_in_the_middle(make_frame):
    data = collect(make_frame(PARAMETERS, ROWS[:1], [0.3]))
    assert (data.colours, data.colour_ticks) == ((1.0,), ())
    assert data.axes[-1].positions == (0.5,)
    assert data.axes[-1].ticks == (Tick(0.5, "0.3"),)


def test_no_runs_have_axes_without_lines(make_frame):
    data = collect(make_frame(PARAMETERS, [], []))
    assert (data.run_ids, data.colours, data.subtitle) == ((), (), "")
    assert [len(axis.positions) for axis in data.axes] == [0, 0, 0, 0]


def test_without_a_metric_runs_are_coloured_by_their_order(make_frame):
    data = collect(make_frame(PARAMETERS, ROWS, [1, 2, 3], metric=None))
    assert [axis.name for axis in data.axes] == ["lr", "optimizer", "width"]
    assert (data.colour_title, data.colours) == ("run", (0.0, 0.5, 1.0))
    assert data.colour_ticks == (Tick(0.0, "1"), Tick(1.0, "3"))


@given(data=st.data())
def test_every_line_has_a_place_on_every_axis(make_frame, data):
    value = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.lists(st.integers(), max_size=2),
        st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    )
    names = st.sampled_from(["lr", "optimizer", "width", "extra"])
    rows = data.draw(st.lists(st.dictionaries(names, value), max_size=12))
    metric = st.one_of(st.none(), st.floats())
    values = data.draw(st.lists(metric, min_size=len(rows), max_size=len(rows)))
    goal = data.draw(st.sampled_from(["minimize", "maximize"]))
    drawn = collect(make_frame(PARAMETERS, rows, values, goal=goal))
    n = len(drawn.run_ids)
    assert len(drawn.colours) == n
    assert all(0 <= colour <= 1 for colour in drawn.colours)
    assert list(drawn.colours) == sorted(drawn.colours)
    for axis in drawn.axes:
        assert len(axis.positions) == n
        assert all(place == MISSING_POSITION or 0 <= place <= 1 for place in axis.positions)
        assert all(
            -1e-6 <= tick.position <= 1 + 1e-6 for tick in axis.ticks if tick.label != "missing"
        )
        assert all(a.position < b.position for a, b in itertools.pairwise(axis.ticks))


def test_the_colour_of_a_quality_is_between_its_neighbours():
    assert colour_code(0.0) == QUALITY_COLOURS[0]
    assert colour_code(1.0) == QUALITY_COLOURS[-1]
    assert colour_code(3 / 7) == QUALITY_COLOURS[3]
    assert colour_code(0.5 / 7) == "#d3e8ac"


def test_the_colours_darken_steadily_so_that_they_read_without_colour_vision():
    def luminance(code):
        red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    shades = [luminance(code) for code in QUALITY_COLOURS]
    assert shades == sorted(shades, reverse=True)
