"""The table of the best runs: which rows, which columns, which digits."""

from dataclasses import replace

import pytest

from nbsweep.analysis.best_table import TableColumn, best_table
from nbsweep.analysis.frame import MISSING, frame
from nbsweep.errors import UsageError
from nbsweep.records import RunState
from tests.made_up_sweeps import CONFIG, FakeSweep, front_sweep

NO_METRIC = {key: value for key, value in CONFIG.items() if key != "metric"}


def table(sweep, **options):
    snapshot = sweep.snapshot()
    options = {"top": 10, "room": 8, **options}
    return best_table(snapshot, sweep.config, frame(snapshot, sweep.config), **options)


def named(made, name):
    (column,) = [column for column in made.columns if column.name == name]
    return column


def losses(values, **options):
    sweep = FakeSweep(**options)
    for value in values:
        sweep.add(summary={} if value is None else {"loss": value, "accuracy": 0.9})
    return sweep


def test_rows_are_the_best_runs_the_best_first():
    made = table(losses([0.5, 0.2, None, 0.4, float("nan"), 0.3]), top=3)
    assert named(made, "run").values == (2, 6, 4)
    assert named(made, "loss").values == (0.2, 0.3, 0.4)
    assert named(made, "loss").goal == "minimize"
    assert made.title == "The 3 best of 4 runs by loss"
    assert made.n_rows == 3


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ([0.1], "The only run by loss"),
        ([0.1, 0.2], "All 2 runs by loss"),
    ],
)
def test_the_title_says_when_all_runs_are_there(values, title):
    assert table(losses(values)).title == title


def test_one_row_of_several_is_the_best():
    assert table(losses([0.1, 0.2]), top=1).title == "The best of 2 runs by loss"


def test_a_maximised_metric_has_its_highest_value_first():
    config = {**CONFIG, "metric": {"name": "accuracy", "goal": "maximize"}}
    sweep = FakeSweep(config)
    for value in (0.7, 0.9, 0.8):
        sweep.add(summary={"accuracy": value})
    made = table(sweep)
    assert named(made, "run").values == (2, 3, 1)
    assert named(made, "accuracy").goal == "maximize"


def test_failed_and_killed_runs_are_no_rows():
    sweep = losses([0.5])
    sweep.add(RunState.KILLED, summary={"loss": 0.1})
    sweep.add(RunState.FAILED)
    assert named(table(sweep), "run").values == (1,)


def test_repeated_configurations_are_rows_with_mean_and_error():
    config = {
        "method": "grid",
        "metric": {"name": "loss"},
        "parameters": {"x": {"values": [1, 2]}, "seed": {"values": [1, 2, 3]}},
    }
    sweep = FakeSweep(config)
    for x, values in ((1, (0.1, 0.2, 0.3)), (2, (1.1, 1.2, 1.3))):
        for seed, value in enumerate(values, 1):
            sweep.add(params={"x": x, "seed": seed}, summary={"loss": value, "n": seed})
    made = table(sweep, names=["x", "n", "duration (s)"])
    assert [column.name for column in made.columns] == [
        *("run", "loss", "runs", "x", "n"),
        "duration (s)",
    ]
    assert named(made, "run").values == (2, 5)  # of the median value
    assert named(made, "loss").values == pytest.approx((0.2, 1.2))
    # Both configurations have a standard deviation of 0.1, and so has the pooled noise.
    assert named(made, "loss").errors == pytest.approx((0.1 / 3**0.5,) * 2)
    assert named(made, "loss").texts == ["0.20 ± 0.06", "1.20 ± 0.06"]
    assert named(made, "runs").values == (3, 3)
    assert named(made, "n").values == (2, 2)
    assert named(made, "n").texts == ["2.0 ± 0.6", "2.0 ± 0.6"]
    assert named(made, "duration (s)").values == (12, 12)
    assert made.title == "All 2 configurations by loss"
    assert "standard error" in made.remarks[0]


def test_a_configuration_that_was_not_repeated_has_no_error():
    config = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"x": {"max": 9, "min": 0}},
    }
    sweep = FakeSweep(config)
    for x, value in ((1, 0.5), (1, 0.7), (2, 3.0)):
        sweep.add(params={"x": x}, summary={"loss": value})
    made = table(sweep)
    assert named(made, "runs").values == (2, 1)
    assert named(made, "loss").texts == ["0.6 ± 0.1", "3.0"]


def test_the_seed_is_no_column_beside_means():
    config = {
        "method": "grid",
        "metric": {"name": "loss"},
        "parameters": {"x": {"values": [1, 2]}, "seed": {"values": [1, 2]}},
    }
    sweep = FakeSweep(config)
    for x in (1, 2):
        for seed in (1, 2):
            sweep.add(params={"x": x, "seed": seed}, summary={"loss": x + seed / 10})
    assert [column.name for column in table(sweep).columns] == ["run", "loss", "runs", "x"]


def test_with_several_objectives_rows_are_the_front():
    made = table(front_sweep())
    assert named(made, "run").values == (3, 6, 1)
    assert [column.name for column in made.columns][:4] == ["run", "loss", "accuracy", "latency"]
    assert [column.goal for column in made.columns][:4] == ["", "minimize", "maximize", ""]
    assert made.title == "The front of loss and accuracy: 3 runs"


def test_fewer_rows_than_the_front_cover_most_of_it():
    made = table(front_sweep(), top=2)
    assert made.n_rows == 2
    assert made.title == (
        "The front of loss and accuracy: 3 runs, of which 2 that together cover most of its "
        "hypervolume"
    )


@pytest.mark.parametrize(
    ("sweep", "empty"),
    [
        (FakeSweep(NO_METRIC), "The sweep has no metric, so no run is the best."),
        (FakeSweep(), "No run has ended with a value of loss yet."),
        (losses([None, float("nan"), float("inf")]), "No run has ended with a value of loss yet."),
        (
            front_sweep([(0.1, 0.9, 30.0)]),
            "No run with a value of loss and accuracy is known to keep the limit of latency.",
        ),
        (front_sweep([]), "No run has ended with a value of loss and accuracy yet."),
    ],
)
def test_without_a_row_it_says_why(sweep, empty):
    made = table(sweep)
    assert (made.empty, made.n_rows) == (empty, 0)


def test_the_most_important_parameters_are_shown_in_their_usual_order():
    made = table(losses([0.1, 0.2]), room=2, ranking=["learning_rate", "batch_size", "dropout"])
    assert [column.name for column in made.columns] == [
        *("run", "loss", "batch_size", "learning_rate")
    ]
    assert made.remarks == ("The most important 2 of 5 parameters are shown.",)


def test_without_a_ranking_the_first_parameters_are_shown():
    made = table(losses([0.1, 0.2]), room=2)
    assert [column.name for column in made.columns][2:] == [
        p.name for p in losses([]).config.space.searched
    ][:2]
    assert made.remarks == ("The first 2 of 5 parameters are shown.",)


def test_columns_are_parameters_constants_metrics_and_the_duration():
    made = table(
        losses([0.1, 0.2]), names=["epochs", "accuracy", "duration (s)", "dropout", "loss"]
    )
    assert [column.name for column in made.columns] == [
        *("run", "loss", "epochs", "accuracy", "duration (s)", "dropout")
    ]
    assert named(made, "epochs").values == (5, 5)
    assert named(made, "accuracy").texts == ["0.9", "0.9"]
    assert named(made, "duration (s)").texts == ["12", "12"]


def test_an_unknown_column_is_refused():
    with pytest.raises(UsageError) as caught:
        table(losses([0.1]), names=["droput"])
    assert str(caught.value) == (
        "report: columns: there is no parameter and no metric 'droput'. Did you mean \"dropout\"? "
        "There are batch_size, dropout, fc_layer_size, learning_rate, optimizer, epochs, loss, "
        "accuracy, duration (s)."
    )


def test_a_run_without_the_parameter_has_an_empty_cell():
    sweep = losses([0.1, 0.2])
    run = sweep.runs[0]
    kept = {name: value for name, value in run.params.items() if name != "dropout"}
    config = {name: value for name, value in run.config.items() if name != "dropout"}
    sweep.runs[0] = replace(run, params=kept, config=config)
    assert named(table(sweep), "dropout").texts[0] == ""


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.5, 0.25, 0.125), ["0.500", "0.250", "0.125"]),
        ((0.51684, 0.565), ["0.5168", "0.5650"]),
        ((0.99991, 0.99995, 0.99993), ["0.99991", "0.99995", "0.99993"]),
        ((1e-7, 2.5e-7), ["1e-7", "2.5e-7"]),
        ((0.0001, 0.1), ["0.0001", "0.1000"]),
        ((0.00001, 1000.0), ["1e-5", "1000"]),
        ((64, 128.0, MISSING), ["64", "128", ""]),
        ((2**60, 0.5), ["1.153e18", "0.5"]),
        ((-0.5, -12.25), ["-0.50", "-12.25"]),
        ((0.0, 0.0), ["0", "0"]),
        (("adam", None, True, [1, 2], MISSING), ["adam", "None", "True", "[1, 2]", ""]),
        ((1, "1"), ["1", "1"]),
        (("a" * 100 + "x", "a" * 100 + "y"), None),
    ],
)
def test_numbers_have_the_digits_that_tell_them_apart(values, texts):
    made = TableColumn("x", "param", values).texts
    if texts is None:
        assert len(set(made)) == 2
        assert max(map(len, made)) <= 24
    else:
        assert made == texts


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.41234, 0.0312, "0.41 ± 0.03"),
        (400.0, 0.7, "400.0 ± 0.7"),
        (100.81, 1.04, "100.8 ± 1.0"),
        (1.234e-5, 3e-7, "1.23e-5 ± 3e-7"),
        (0.5, 0.0, "0.5"),
        (0.5, None, "0.5"),
    ],
)
def test_errors_decide_the_digits_of_their_value(value, error, text):
    assert TableColumn("x", "metric", (value,), (error,)).texts == [text]
