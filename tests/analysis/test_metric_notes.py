"""That a metric is never logged, and which one may be meant."""

import pytest

from nbsweep.analysis.metric_notes import closest_names, metric_notes, metrics_notes
from nbsweep.records import RunRecord, RunState
from nbsweep.sweep_config import Metric


def run(state=RunState.FINISHED, **summary):
    return RunRecord(id="a", project="p", state=state, summary=summary)


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        ("loss", ["val_loss", "acc", "epoch"], ["val_loss"]),
        ("validation/epoch_acc", ["val/acc", "val/loss", "epoch"], ["val/acc", "epoch"]),
        ("val_los", ["val_acc", "val_loss"], ["val_loss", "val_acc"]),
        ("Loss", ["loss", "acc"], ["loss"]),
        ("x", ["b", "a"], ["a", "b"]),
    ],
)
def test_names_are_close_by_their_letters_or_their_words(wanted, there, found):
    assert closest_names(wanted, there) == found


def test_a_metric_inside_of_a_dict_is_named_by_its_path():
    notes = metric_notes([run(val={"loss": 1.0, "acc": 0.5}, text="x", _step=3)], Metric("loss"))
    assert notes == [
        'No run has logged "loss", the metric of this sweep. Logged were: "val.loss". '
        "Log it under the name of the metric, or name one of these in the config."
    ]


def test_a_metric_that_is_no_number_is_told_with_what_it_is():
    assert metric_notes([run(loss="0.5")], Metric("loss")) == [
        'No run has logged a number for "loss", the metric of this sweep, but "0.5".'
    ]
    assert metric_notes([run(loss=[1, 2])], Metric("loss"))[0].endswith("but [1, 2].")


def test_nothing_is_said_before_a_run_has_finished_or_where_training_diverged():
    assert metric_notes([run(RunState.RUNNING, acc=1.0)], Metric("loss")) == []
    assert metric_notes([run(RunState.FAILED)], Metric("loss")) == []
    assert metric_notes([run(loss=float("nan"))], Metric("loss")) == []
    assert metric_notes([run(acc=1.0), run(RunState.KILLED, loss=1.0)], Metric("loss")) == []
    assert metric_notes([run(acc=1.0)], None) == []


def test_the_metrics_mode_decides_which_value_counts():
    runs = [run(**{"loss": "none", "loss.min": 1.0})]
    assert metric_notes(runs, Metric("loss", mode="best")) == []
    assert len(metric_notes(runs, Metric("loss", mode="last"))) == 1


@pytest.mark.parametrize(
    ("logged", "metric", "shown", "how"),
    [
        ("loss ", "loss", '"loss "', "blanks"),
        ("loss", " loss", '"loss"', "blanks"),
        ("val\tloss", "val loss", '"val\\tloss"', "blanks"),
        ("cafe\u0301", "caf\u00e9", '"cafe\u0301"', "how characters are encoded"),
    ],
)
def test_names_that_look_alike_are_told_apart(logged, metric, shown, how):
    assert metric_notes([run(**{logged: 1.0})], Metric(metric)) == [
        f'No run has logged "{metric}", the metric of this sweep. Logged were: {shown}. The names '
        f"differ in {how}. Log it under the name of the metric, or name one of these in the config."
    ]


def test_aggregates_of_a_diverged_run_are_no_mistake():
    values = {"max": float("nan"), "first": "x"}
    assert metric_notes([run(loss=values)], Metric("loss")) == []


def test_each_of_several_metrics_that_is_never_logged_is_named():
    metrics = [Metric("loss"), Metric("ms", at_most=20.0, is_objective=False), Metric("size")]
    runs = [run(loss=0.5, latency_ms=3.0), run(loss=float("nan"), size="big")]
    assert metrics_notes(runs, metrics) == [
        'No run has logged "ms", a metric of this sweep. Logged were: "latency_ms". Log it under '
        "the name of the metric, or name one of these in the config.",
        'No run has logged a number for "size", a metric of this sweep, but "big".',
    ]
    assert metrics_notes(runs, []) == []
