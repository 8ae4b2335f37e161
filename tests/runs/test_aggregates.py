"""What `define_metric(summary=…)` keeps; the values are those of W&B's client 0.31, offline."""

import math

import pytest

import nbsweep
from nbsweep.analysis.results import results
from nbsweep.handles.export import run_record, run_text, to_csv
from nbsweep.handles.sweep_run import table_rows
from nbsweep.runs import session

NAN, INF = math.nan, math.inf
NESTED = [{"val": {"acc": 0.5}}, {"val": {"acc": 0.9}}, {"val": {"acc": 0.7}}]
DOTTED = [{"val.acc": 0.5}, {"val.acc": 0.9}, {"val.acc": 0.7}]
SLASHED = [{"val/acc": 0.5}, {"val/acc": 0.9}, {"val/acc": 0.7}]
DEEP = [{"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 3}}}, {"a": {"b": {"c": 2, "d": 5}}}]
ALL = "min,max,mean,last,first"


@pytest.fixture(autouse=True)
def _store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def summary_of(definitions, rows):
    with nbsweep.init(project="p") as run:
        for name, summary in definitions:
            run.define_metric(name, summary=summary)
        for row in rows:
            run.log(row)
    return session.store().run(run.id).summary


def acc(summary, *values):
    return summary_of([("acc", summary)], [{"acc": value} for value in values])


def test_a_dot_of_the_key_itself_is_told():
    message = (
        r"define_metric\('val.acc'\) names what is nested; the logged key has a dot of its own and "
        r"is not meant, as in W&B: define_metric\('val\\\\.acc'\)\."
    )
    with pytest.warns(UserWarning, match=message):
        assert summary_of([("val.acc", "max")], DOTTED) == {"val.acc": 0.7}


@pytest.mark.filterwarnings("ignore:define_metric")
@pytest.mark.parametrize(
    ("definitions", "rows", "expected"),
    [
        ([("val.acc", "max")], NESTED, {"val": {"acc": {"max": 0.9}}}),
        ([("val.acc", "max,last")], NESTED, {"val": {"acc": {"max": 0.9, "last": 0.7}}}),
        ([("val.*", "max")], NESTED, {"val": {"acc": {"max": 0.9}}}),
        ([("val*", "max")], NESTED, {"val": {"acc": {"max": 0.9}}}),
        ([("*", "max")], NESTED, {"val": {"acc": {"max": 0.9}}}),
        ([("val", "max")], NESTED, {"val": {"acc": 0.7}}),
        ([("val.acc", "none")], NESTED, {}),
        ([("val.acc", "copy")], NESTED, {"val": {"acc": 0.7}}),
        ([("val.acc", "max")], DOTTED, {"val.acc": 0.7}),
        ([("val\\.acc", "max")], DOTTED, {"val.acc": {"max": 0.9}}),
        ([("val.*", "max")], DOTTED, {"val.acc": 0.7}),
        ([("val/acc", "max")], SLASHED, {"val/acc": {"max": 0.9}}),
        ([("val/*", "max")], SLASHED, {"val/acc": {"max": 0.9}}),
        ([("val/*", "max"), ("val/acc", "last")], SLASHED, {"val/acc": {"last": 0.7}}),
        ([("val/acc", "min"), ("val/*", "max")], SLASHED, {"val/acc": {"min": 0.5}}),
        ([("val/*", "max"), ("val/a*", "min")], SLASHED, {"val/acc": {"max": 0.9}}),
        ([("val/a*", "min"), ("val/*", "max")], SLASHED, {"val/acc": {"min": 0.5}}),
        ([("val/*", "max"), ("val/acc", None)], SLASHED, {"val/acc": 0.7}),
        ([("a.b.c", "max")], DEEP, {"a": {"b": {"c": {"max": 3}, "d": 5}}}),
        ([("a.*", "max")], DEEP, {"a": {"b": {"c": {"max": 3}, "d": {"max": 5}}}}),
        ([("a", "max")], DEEP, {"a": {"b": {"c": 2, "d": 5}}}),
        (
            [("val.acc", "max")],
            [{"val": {"acc": 0.9}}, {"val.acc": 0.5}],
            {"val": {"acc": {"max": 0.9}}, "val.acc": 0.5},
        ),
        ([("v.a\\.b", "max")], [{"v": {"a.b": 3}}, {"v": {"a.b": 1}}], {"v": {"a.b": {"max": 3}}}),
        ([("val.a.b", "max")], [{"val": {"a.b": 3}}, {"val": {"a.b": 1}}], {"val": {"a.b": 1}}),
        ([("a\\b", "max")], [{"a\\b": 3}, {"a\\b": 1}], {"a\\b": {"max": 3}}),
        ([("acc", "max"), ("acc", "min")], [{"acc": 1}, {"acc": 2}], {"acc": {"min": 1, "max": 2}}),
        ([("l", "max")], [{"l": [1, 2]}], {}),
    ],
)  # fmt: skip
def test_paths_and_patterns(definitions, rows, expected):
    assert summary_of(definitions, rows) == expected


@pytest.mark.parametrize(
    ("summary", "values", "expected"),
    [
        ("min,max", (0.5, 0.9, 0.7), {"min": 0.5, "max": 0.9}),
        ("mean", (1, 2), {"mean": 1.5}),
        ("max,copy", (0.5, 0.9, 0.7), {"max": 0.9}),
        ("none,max", (0.5, 0.9, 0.7), None),
        (ALL, (0.5, NAN, 0.7), {"min": NAN, "max": NAN, "mean": NAN, "last": 0.7, "first": 0.5}),
        (ALL, (NAN, 0.5), {"min": NAN, "max": NAN, "mean": NAN, "last": 0.5, "first": NAN}),
        (ALL, (0.5, INF), {"min": 0.5, "max": INF, "mean": INF, "last": INF, "first": 0.5}),
        (ALL, (INF, NAN), {"min": NAN, "max": NAN, "mean": NAN, "last": NAN, "first": INF}),
        (ALL, (0.3, None), {"min": 0.3, "max": 0.3, "mean": 0.3, "last": None, "first": 0.3}),
        (ALL, (None, 3), {"min": 3, "max": 3, "mean": 3, "last": 3, "first": None}),
        (ALL, ("a", 1), {"min": 1, "max": 1, "mean": 1, "last": 1, "first": "a"}),
        ("min,max", (0.3, "bad"), {"min": 0.3, "max": 0.3}),
        (ALL, (2, True), {"min": 2, "max": 2, "mean": 2, "last": True, "first": 2}),
        ("first,last", (True, False), {"last": False, "first": True}),
        ("max", (1, 10**400), {"max": INF}),
    ],
)
def test_values(summary, values, expected):
    found = acc(summary, *values).get("acc")
    assert repr(found) == repr(expected) or sorted(found) == sorted(expected)
    for name in expected or ():
        assert found[name] == pytest.approx(expected[name], nan_ok=True) or (
            found[name] is expected[name]
        )


def test_a_definition_after_the_first_rows_counts_them():
    with nbsweep.init(project="p") as run:
        run.log({"acc": 0.9, "val": {"acc": 0.8}})
        run.define_metric("acc", summary="max")
        run.define_metric("val.*", summary="first")
        run.log({"acc": 0.7, "val": {"acc": 0.1}})
        assert run.summary.as_dict() == {"acc": {"max": 0.9}, "val": {"acc": {"first": 0.8}}}


def test_what_is_set_by_hand_ends_the_aggregate():
    with nbsweep.init(project="p") as run:
        run.define_metric("acc", summary="max")
        run.log({"acc": 0.9})
        run.summary["acc"] = 5
        assert run.summary["acc"] == 5
        run.log({"acc": 0.7})
        assert run.summary["acc"] == 0.7


def test_nested_metrics_get_their_step_metric():
    with nbsweep.init(project="p") as run:
        run.define_metric("val.*", step_metric="epoch")
        run.log({"epoch": 3})
        run.log({"val": {"acc": 0.9}})
    rows = [row.values for row in session.store().history(run.id)]
    assert rows == [{"epoch": 3}, {"val": {"acc": 0.9}, "epoch": 3}]


def test_a_hidden_nested_metric_is_left_out():
    run = nbsweep.init(project="p")
    run.define_metric("val.secret", hidden=True)
    run.log({"val": {"secret": 1, "acc": 2}, "loss": 3})
    assert run.as_record().summary == {"val": {"acc": 2}, "loss": 3}
    run.finish()


@pytest.mark.filterwarnings("ignore:define_metric")
@pytest.mark.parametrize(
    ("metric", "defined", "row"),
    [
        ("val.acc", "val.acc", lambda x: {"val": {"acc": x}}),
        ("val.acc", "val.*", lambda x: {"val": {"acc": x}}),
        ("val.acc.max", "val.acc", lambda x: {"val": {"acc": x}}),
        ("val/acc", "val/*", lambda x: {"val/acc": x}),
        ("val/acc.max", "val/acc", lambda x: {"val/acc": x}),
        ("val.acc", "val\\.acc", lambda x: {"val.acc": x}),
        ("val.acc.max", "val\\.acc", lambda x: {"val.acc": x}),
        ("a.b.c", "a.b.c", lambda x: {"a": {"b.c": 9, "b": {"c": x}}}),
    ],
)
def test_the_best_run_is_that_of_the_aggregate(metric, defined, row):
    curves = {1: [0.1, 0.9, 0.2], 2: [0.5, 0.6, 0.7]}  # by the last value the second is best

    def train():
        with nbsweep.init() as run:
            run.define_metric(defined, summary="max")
            for value in curves[run.config.x]:
                run.log(row(value))

    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": metric, "goal": "maximize"},
            "parameters": {"x": {"values": [1, 2]}},
        }
    )
    nbsweep.agent(sweep_id, train, show=False)
    best = nbsweep.Sweep(sweep_id).best_run()
    assert (best.number, best.metric) == (1, 0.9)


def test_a_table_has_a_column_for_each_aggregate():
    pandas = pytest.importorskip("pandas")

    def train():
        with nbsweep.init() as run:
            run.define_metric("acc", summary="max,last")
            run.define_metric("val.*", summary="min")
            for value in (0.2, 0.9, 0.5):
                run.log({"acc": value, "val": {"loss": {"a": value}}, "lr": 0.1})

    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "acc", "goal": "maximize"},
            "parameters": {"lr": {"values": [0.1]}},
        }
    )
    nbsweep.agent(sweep_id, train, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    row = table_rows(sweep.runs)[0]
    columns = {"acc.max": 0.9, "acc.last": 0.5, "val.loss.a.min": 0.2, "summary.lr": 0.1}
    assert {name: row[name] for name in columns} == columns
    assert row["config.lr"] == 0.1
    assert not any(isinstance(value, dict) for value in row.values())
    axes = [result.name for result in results(sweep.snapshot(curves=True), sweep.stored.config)]
    assert {"acc.max", "acc.last", "val.loss.a.min"} <= set(axes)
    header, line = to_csv(sweep.rows()).splitlines()
    assert "acc.max" in header
    assert "{" not in line
    assert "acc.max: 0.9" in run_text(sweep.runs[0])
    assert run_record(sweep.runs[0])["summary"]["acc"] == {"max": 0.9, "last": 0.5}
    frame = sweep.dataframe()
    assert frame["acc.max"].tolist() == [0.9]
    assert pandas.api.types.is_float_dtype(frame["val.loss.a.min"])
