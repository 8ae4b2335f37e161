"""A sweep with several objectives and limits: what each of its runs keeps of every metric."""

from __future__ import annotations

import multiprocessing
import sys

import pytest

import nbsweep
from nbsweep.runs import session

LOSS = {"name": "loss", "goal": "minimize", "mode": "best"}
ACCURACY = {"name": "val.acc", "goal": "maximize", "mode": "best"}
MS = {"name": "ms", "at_most": 20, "mode": "mean"}
CONFIG = {
    "method": "grid",
    "metrics": [LOSS, ACCURACY, MS],
    "parameters": {"x": {"values": [10, 20]}},
}
ROWS = [
    {"loss": 3.0, "val": {"acc": 0.5}, "ms": 10.0},
    {"loss": 1.0, "val": {"acc": 0.9}, "ms": 30.0},
    {"loss": 2.0, "val": {"acc": 0.7}},
]


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/a.db")
    yield
    for run in session.live_runs():
        run.end_at_exit(0)
    nbsweep.setup(None)


def swept(train, **more):
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, **more}))
    nbsweep.agent(sweep.id, train, show=False)
    return sweep


def train():
    with nbsweep.init() as run:
        for row in ROWS:
            run.log(row)


def test_each_metric_counts_by_its_own_mode():
    run = swept(train).runs[0]
    assert run.metrics == {"loss": 1.0, "val.acc": 0.9, "ms": 20.0}
    assert run.metric == 1.0
    assert run.summary["loss"] == 2.0


def test_one_metric_is_there_by_its_name_as_well():
    config = {key: value for key, value in CONFIG.items() if key != "metrics"}
    sweep = nbsweep.Sweep(nbsweep.sweep({**config, "metric": LOSS}))
    nbsweep.agent(sweep.id, train, show=False)
    assert [run.metrics for run in sweep.runs] == [{"loss": 1.0}] * 2
    bare = nbsweep.Sweep(nbsweep.sweep(config))
    nbsweep.agent(bare.id, train, show=False)
    assert [run.metrics for run in bare.runs] == [{}] * 2


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), None, "fast", True])
def test_what_is_no_finite_number_is_no_value_of_its_metric_only(odd):
    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0, "ms": odd})

    assert swept(train).runs[0].metrics == {"loss": 1.0, "val.acc": None, "ms": None}


def test_metrics_that_the_run_does_not_have_are_taken_from_its_parts():
    """The run measures its speed itself; its folds measure the rest."""

    def folds():
        with nbsweep.init() as run:
            for loss in (1.0, 3.0):
                with nbsweep.init(group="cv") as fold:
                    for worse in (9.0, 0.0):
                        fold.log({"loss": loss + worse, "val": {"acc": 1 - (loss + worse) / 100}})
            run.log({"ms": 5.0})

    run = swept(folds).runs[0]
    assert run.metrics == {"loss": 2.0, "val.acc": pytest.approx(0.98), "ms": 5.0}
    assert run.summary["loss.sd"] == pytest.approx(2**0.5)
    assert [part.metrics["loss"] for part in run.children] == [1.0, 3.0]


def _rank():
    nbsweep.init().log({"loss": 0.5, "val": {"acc": 0.95}, "ms": 50.0})


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
def test_rows_of_other_processes_count_for_each_metric():
    def train():
        with nbsweep.init() as run:
            run.log({"loss": 3.0, "val": {"acc": 0.5}, "ms": 10.0})
            assert session.writer().flush_soon(5.0)
            process = multiprocessing.get_context("fork").Process(target=_rank)
            process.start()
            process.join()
            run.log({"loss": 5.0, "val": {"acc": 0.4}, "ms": 30.0})

    run = swept(train, parameters={"x": {"values": [1]}}).runs[0]
    assert run.metrics == {"loss": 0.5, "val.acc": 0.95, "ms": 30.0}
