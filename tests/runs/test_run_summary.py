import pytest

from nbsweep.errors import UsageError
from nbsweep.records import Goal
from nbsweep.runs.summary import Summary


def logged(*values, name="loss", **rule):
    summary = Summary({})
    if rule:
        summary.define(name, rule["aggregates"], Goal(rule.get("goal", "minimize")))
    for value in values:
        summary.record({name: value})
    return summary


def test_keeps_the_last_value():
    assert logged(3.0, 1.0, 2.0).loss == 2.0


def test_nested_metrics_merge():
    summary = Summary({})
    summary.record({"val": {"acc": 0.1, "loss": 2.0}})
    summary.record({"val": {"acc": 0.2}, "train": 1})
    assert summary.as_dict() == {"val": {"acc": 0.2, "loss": 2.0}, "train": 1}


@pytest.mark.parametrize(
    ("aggregates", "expected"),
    [
        (["min"], {"min": 1.0}),
        (["max", "last"], {"max": 3.0, "last": 2.0}),
        (["mean", "first"], {"mean": 2.0, "first": 3.0}),
        (["best"], {"best": 1.0}),
    ],
)
def test_define_metric_aggregates(aggregates, expected):
    assert logged(3.0, 1.0, 2.0, aggregates=aggregates).loss == expected


def test_best_follows_the_goal():
    assert logged(3.0, 1.0, aggregates=["best"], goal="maximize").loss == {"best": 3.0}


def test_none_keeps_a_metric_out_and_copy_keeps_it_plain():
    assert "loss" not in logged(1.0, aggregates=["none"])
    assert logged(1.0, aggregates=["copy"]).loss == 1.0


def test_pattern_applies_to_matching_metrics_only():
    summary = Summary({})
    summary.define("val/*", ["max"], Goal.MINIMIZE)
    summary.record({"val/acc": 0.3, "loss": 1.0})
    summary.record({"val/acc": 0.2, "loss": 2.0})
    assert summary.as_dict() == {"val/acc": {"max": 0.3}, "loss": 2.0}


def test_own_values_hold_until_the_next_log_of_that_name():
    summary = Summary({})
    summary["best_acc"] = 0.9
    summary.update({"note": "x"})
    summary.loss = 5
    summary.record({"loss": 1.0})
    assert summary.as_dict() == {"best_acc": 0.9, "note": "x", "loss": 1.0}


def test_stays_readable_but_not_writable_after_the_end():
    summary = logged(1.0)
    summary.close()
    assert summary["loss"] == 1.0
    with pytest.raises(UsageError, match=r"summary\.loss: the run has ended"):
        summary["loss"] = 2.0
