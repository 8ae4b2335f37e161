import dataclasses
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep import sweep_config
from nbsweep.analysis.frame import MISSING, RUNTIME, frame
from nbsweep.analysis.metric_column import MetricColumn, fit_axis
from nbsweep.records import Goal, RunState
from nbsweep.wording import plural

ONE = {"x": {"min": 0.0, "max": 1.0}}


def column(made, name):
    return next(column for column in made.params if column.name == name)


def test_swept_parameters_have_a_column_and_constants_have_none(make_frame):
    parameters = {"lr": {"min": 0.0, "max": 0.1}, "epochs": {"value": 5}, "depth": {"values": [3]}}
    made = make_frame(parameters, [{"lr": 0.05, "epochs": 5, "depth": 3}], [1.0])
    assert [column.name for column in made.params] == ["lr"]


def test_a_linear_axis_spans_the_bounds_of_the_distribution(make_frame):
    lr = make_frame({"lr": {"min": 0.0, "max": 0.1}}, [{"lr": 0.05}], [1.0]).params[0]
    assert (lr.kind, lr.low, lr.high, lr.numbers) == ("linear", 0.0, 0.1, (0.05,))
    assert lr.position(0.05) == pytest.approx(0.5)


def test_a_log_distribution_has_a_log_axis(make_frame):
    parameters = {"lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}}
    lr = make_frame(parameters, [{"lr": 0.01}], [1.0]).params[0]
    assert lr.kind == "log"
    assert lr.position(0.01) == pytest.approx(0.5)


def test_an_unbounded_distribution_spans_what_occurred(make_frame):
    parameters = {"x": {"distribution": "normal", "mu": 0.0, "sigma": 1.0}}
    made = make_frame(parameters, [{"x": -1.5}, {"x": 2.5}], [1.0, 2.0])
    assert (made.params[0].low, made.params[0].high) == (-1.5, 2.5)


def test_a_run_outside_of_the_bounds_widens_the_axis(make_frame):
    made = make_frame(ONE, [{"x": 0.5}, {"x": 3.0}], [1.0, 2.0])
    assert (made.params[0].low, made.params[0].high) == (0.0, 3.0)


def test_a_value_without_a_logarithm_makes_the_axis_linear(make_frame):
    parameters = {"lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}}
    made = make_frame(parameters, [{"lr": 0.0}, {"lr": 0.1}], [1.0, 2.0])
    assert (made.params[0].kind, made.params[0].low) == ("linear", 0.0)


def test_listed_numbers_stay_numbers_and_are_marked(make_frame):
    parameters = {"width": {"values": [512, 128, 256]}}
    width = make_frame(parameters, [{"width": 256}], [1.0]).params[0]
    assert (width.kind, width.marks, width.is_integer) == ("log", (128.0, 256.0, 512.0), True)


def test_a_long_range_of_integers_has_no_marks(make_frame):
    made = make_frame({"n": {"min": 1, "max": 10**12}}, [{"n": 7}], [1.0])
    assert made.params[0].marks == ()


def test_categories_keep_the_order_of_the_config(make_frame):
    parameters = {"optimizer": {"values": ["sgd", "adam", "lion"]}}
    optimizer = make_frame(
        parameters, [{"optimizer": "lion"}, {"optimizer": "sgd"}], [1, 2]
    ).params[0]
    assert optimizer.categories == ("sgd", "adam", "lion")
    assert optimizer.numbers == (2.0, 0.0)
    assert [optimizer.position(i) for i in range(3)] == pytest.approx([5 / 6, 3 / 6, 1 / 6])


def test_a_category_that_the_config_no_longer_has_is_added_at_the_end(make_frame):
    made = make_frame({"o": {"values": ["a", "b"]}}, [{"o": "gone"}, {"o": "a"}], [1, 2])
    assert made.params[0].categories == ("a", "b", "gone")


def test_none_true_dicts_and_lists_are_categories(make_frame):
    values = [None, True, 1, "1", {"flip": True, "size": [2, 3]}, [1, 2]]
    made = make_frame({"x": {"values": values}}, [{"x": value} for value in values], [1.0] * 6)
    assert made.params[0].categories == (
        "None",
        "True",
        "1",
        "'1'",
        '{"flip": true, "size": [2, 3]}',
        "[1, 2]",
    )
    assert made.params[0].numbers == (0, 1, 2, 3, 4, 5)


def test_a_value_that_is_no_number_has_no_place_among_numbers(make_frame):
    made = make_frame(ONE, [{"x": "auto"}, {"x": 0.5}, {"x": math.nan}], [1, 2, 3])
    assert made.params[0].values[:2] == ("auto", 0.5)
    assert made.params[0].numbers == (None, 0.5, None)


def test_a_run_without_the_parameter_is_missing_there(make_frame):
    made = make_frame({"x": {"values": [None, "a"]}}, [{"x": None}, {}], [1, 2])
    assert made.params[0].values == (None, MISSING)
    assert made.params[0].numbers == (0.0, None)


def test_nested_parameters_are_flattened_and_read_from_the_config_of_prior_runs(make_frame):
    parameters = {"optimizer": {"parameters": {"lr": {"min": 0.0, "max": 1.0}}}}
    made = make_frame(
        parameters,
        [{"optimizer.lr": 0.25}, {}],
        [1, 2],
        configs=[{}, {"optimizer": {"lr": 0.75, "other": 1}}],
    )
    assert [(c.name, c.numbers) for c in made.params] == [("optimizer.lr", (0.25, 0.75))]


def test_what_varies_beyond_the_search_space_gets_a_column_too(make_frame):
    rows = [{"x": 0.1, "lr": 1e-5, "o": "a", "fixed": 1}, {"x": 0.2, "lr": 0.1, "o": 2, "fixed": 1}]
    made = make_frame(ONE, rows, [1, 2])
    assert [(c.name, c.kind) for c in made.params] == [
        ("x", "linear"),
        ("lr", "log"),
        ("o", "category"),
    ]


def test_a_constant_of_the_space_that_varied_once_gets_a_column(make_frame):
    made = make_frame({"x": {"value": 3}}, [{"x": 3}, {"x": 5}], [1, 2])
    assert column(made, "x").numbers == (3.0, 5.0)


@pytest.mark.parametrize("state", list(RunState))
def test_only_finished_and_stopped_runs_count(make_frame, state):
    made = make_frame(ONE, [{"x": 0.5}], [1.0], [state])
    counts = state in {RunState.FINISHED, RunState.STOPPED}
    assert made.counted == ((0,) if counts else ())
    assert made.n_left_out == ({} if counts else {state.value: 1})


def test_runs_left_out_are_counted_by_reason_in_words(make_frame):
    F, C, R = RunState.FINISHED, RunState.CRASHED, RunState.RUNNING
    made = make_frame(
        ONE, [{"x": 0.5}] * 6, [1.0, None, math.nan, math.inf, None, 0.2], [F, F, F, F, C, R]
    )
    assert made.left_out == (None, "no value", "no value", "no value", "crashed", "running")
    assert made.left_out_text() == "5 runs left out: 3 without loss, 1 crashed, 1 running"
    assert made.provisional == (5,)


def test_nothing_left_out_says_nothing(make_frame):
    assert make_frame(ONE, [{"x": 0.5}], [1.0]).left_out_text() == ""


@pytest.mark.parametrize(("goal", "best"), [("minimize", 1), ("maximize", 2)])
def test_the_best_run_follows_the_goal_and_the_first_of_equals_wins(make_frame, goal, best):
    made = make_frame(ONE, [{"x": 0.5}] * 5, [2.0, 1.0, 3.0, 1.0, 3.0], goal=goal)
    assert made.best == best


def test_an_empty_sweep_has_columns_and_no_best_run(make_frame):
    made = make_frame(ONE, [], [])
    assert (made.best, made.counted, made.params[0].numbers) == (None, (), ())
    assert (made.params[0].low, made.params[0].high) == (0.0, 1.0)


def test_a_sweep_without_metric_counts_its_finished_runs(make_frame):
    made = make_frame(ONE, [{"x": 0.5}], [1.0], metric=None)
    assert (made.metric, made.best, made.counted) == (None, None, (0,))


def test_another_metric_can_be_looked_at(make_snapshot):
    config = sweep_config.parse(
        {"method": "bayes", "metric": {"name": "acc", "goal": "maximize"}, "parameters": ONE}
    )
    snapshot = make_snapshot([{"x": 0.5}], [0.25])
    assert frame(snapshot, config).left_out == ("no value",)
    other = frame(snapshot, config, metric="loss")
    assert (other.metric.values, other.metric.goal) == ((0.25,), "minimize")
    assert frame(snapshot, config, metric="loss", goal="maximize").metric.goal == "maximize"


def test_the_runtime_is_known_without_being_logged(make_snapshot):
    config = sweep_config.parse({"method": "random", "parameters": ONE})
    made = frame(make_snapshot([{"x": 0.5}] * 2, [1, 2]), config, metric=RUNTIME)
    assert made.metric.values == (10.0, 20.0)


def test_the_title_is_the_name_or_the_id(make_frame):
    assert make_frame(ONE, [], []).title == "digits"
    assert make_frame(ONE, [], [], name=None).title == "ab12cd34"


def fitted(values, goal="minimize"):
    column = MetricColumn("loss", Goal(goal), "linear", tuple(values), 0.0, 1.0, 0.0, 1.0)
    return fit_axis(column, [i for i, value in enumerate(values) if value is not None])


def test_a_diverged_run_does_not_flatten_the_others():
    metric = fitted([0.30, 0.32, 0.35, 0.38, 0.41, 1e10])
    assert metric.low == 0.30
    assert metric.high < 1
    assert metric.n_beyond == 1
    assert metric.position(1e10) == 1.0
    assert metric.quality(1e10) == 0.0
    assert metric.quality(0.30) == 1.0


def test_a_failed_maximised_run_does_not_either():
    metric = fitted([0.95, 0.93, 0.9, 0.88, -1e10], "maximize")
    assert metric.high == 0.95
    assert metric.low > -1
    assert (metric.position(-1e10), metric.n_beyond) == (0.0, 1)


def test_a_good_outlier_is_never_cut():
    metric = fitted([5.0, 5.1, 5.2, 5.3, -1e6])
    assert (metric.low, metric.high, metric.n_beyond) == (-1e6, 5.3, 0)


def test_a_loss_over_decades_has_a_log_axis():
    metric = fitted([1e-6, 1e-5, 1e-3, 0.1, 1.0])
    assert (metric.kind, metric.low, metric.high) == ("log", 1e-6, 1.0)
    assert metric.position(1e-3) == pytest.approx(0.5)


def test_an_accuracy_over_decades_keeps_its_linear_axis():
    assert fitted([0.001, 0.01, 0.5, 0.98], "maximize").kind == "linear"


def test_equal_values_share_the_middle_and_are_all_best():
    metric = fitted([2.0, 2.0])
    assert (metric.position(2.0), metric.quality(2.0)) == (0.5, 1.0)


def test_the_better_half_has_a_third_of_the_colours_however_long_the_tail_is():
    metric = fitted([5000 + i**2 for i in range(1, 101)] + [40_000.0])
    assert metric.quality(5000 + 51**2) == pytest.approx(2 / 3)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.sampled_from(["minimize", "maximize"]),
)
def test_positions_and_qualities_are_in_range_and_in_order(values, goal):
    metric = fitted(values, goal)
    in_order = sorted(values)
    positions = [metric.position(value) for value in in_order]
    qualities = [metric.quality(value) for value in in_order]
    assert all(0 <= value <= 1 for value in positions + qualities)
    assert positions == sorted(positions)
    assert qualities == sorted(qualities, reverse=goal == "minimize")
    best = min(values) if goal == "minimize" else max(values)
    assert metric.quality(best) == 1.0


def test_records_are_left_as_they_were(make_snapshot):
    config = sweep_config.parse({"method": "random", "parameters": ONE})
    snapshot = make_snapshot([{"x": 0.5}], [1.0])
    before = dataclasses.asdict(snapshot)
    frame(snapshot, config)
    assert dataclasses.asdict(snapshot) == before


@pytest.mark.parametrize(("n", "words"), [(0, "0 runs"), (1, "1 run"), (1200, "1,200 runs")])
def test_runs_are_counted_in_words(n, words):
    assert plural(n, "run") == words


def test_other_training_code_is_said_beside_the_runs_that_do_not_count(make_snapshot):
    config = sweep_config.parse({"method": "random", "metric": {"name": "loss"}, "parameters": ONE})
    snapshot = make_snapshot([{"x": 0.1}] * 8, [1.0] * 7 + [None])
    hashes = ["a", "a", None, "b", "a", "c", "c", "c"]
    runs = tuple(
        replace(run, code_hash=code) for run, code in zip(snapshot.runs, hashes, strict=True)
    )
    made = frame(replace(snapshot, runs=runs), config)
    assert made.code_changed_at == (4, 6)
    assert made.remarks_text() == (
        "1 run left out: 1 without loss; the training code changed from run 4, 6 on, so runs may "
        "not compare"
    )
    assert frame(snapshot, config).remarks_text() == "1 run left out: 1 without loss"


def test_many_changes_of_the_code_are_cut(make_snapshot):
    snapshot = make_snapshot([{"x": 0.1}] * 9, [1.0] * 9)
    runs = tuple(replace(run, code_hash=str(run.number)) for run in snapshot.runs)
    config = sweep_config.parse({"method": "random", "parameters": ONE})
    text = frame(replace(snapshot, runs=runs), config).remarks_text()
    assert text.startswith("the training code changed from run 2, 3, 4, 5, 6 and later on")
