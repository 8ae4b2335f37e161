"""`init(group=…)` inside a sweep's run: folds whose mean is the objective."""

import multiprocessing
import statistics
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

import nbsweep
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import session
from nbsweep.runs.summary import metric_of_parts
from nbsweep.sweep_config import Metric

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [10, 20]}},
}
FOLDS = (1.0, 2.0, 6.0)


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/a.db")
    yield
    for run in session.live_runs():
        run.end_at_exit(0)
    nbsweep.setup(None)


def fold(value, wrong=False):
    with nbsweep.init(group="cv", name=f"fold-{value:g}", config={"fold": value}) as run:
        run.log({"loss": 99.0})
        if wrong:
            raise ValueError("no")
        run.log({"loss": run.config.x + value})


def swept(train, **more):
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, **more}))
    nbsweep.agent(sweep.id, train, show=False)
    return sweep


def test_mean_and_sd_of_the_folds_are_the_objective():
    def train():
        with nbsweep.init() as run:
            for value in FOLDS:
                fold(value)
            assert nbsweep.run is run

    sweep = swept(train)
    assert [run.metric for run in sweep.runs] == [13.0, 23.0]
    sd = pytest.approx(statistics.stdev(FOLDS))
    assert sweep.runs[0].summary == {"loss": 13.0, "loss.sd": sd}
    assert sweep.best_run().number == 1
    assert sweep.runs[0].history()[-1]["loss"] == 13.0
    parts = sweep.runs[1].children
    assert [part.name for part in parts] == ["fold-1", "fold-2", "fold-6"]
    assert [part.config for part in parts] == [{"x": 20, "fold": value} for value in FOLDS]
    assert [part.metric for part in parts] == [21.0, 22.0, 26.0]
    assert {part.group for part in parts} == {"cv"}
    assert [len(part.history()) for part in parts] == [2, 2, 2]


def test_children_are_neither_suggestions_nor_observations():
    def train():
        with nbsweep.init():
            fold(1.0)

    sweep = swept(train)
    assert [run.number for run in sweep.runs] == [1, 2]
    assert len(sweep.dataframe()) == 2
    assert sweep.state == "FINISHED"
    assert "loss.sd" not in sweep.runs[0].summary


def test_a_metric_of_the_parent_itself_wins():
    def train():
        with nbsweep.init() as run:
            fold(1.0)
            run.log({"loss": 0.5})

    assert [run.metric for run in swept(train).runs] == [0.5, 0.5]


def test_the_mode_of_the_metric_holds_for_each_fold():
    def train():
        with nbsweep.init():
            for value in FOLDS:
                fold(value)

    sweep = swept(train, metric={"name": "loss", "goal": "minimize", "mode": "first"})
    assert [run.metric for run in sweep.runs] == [99.0, 99.0]


def test_a_group_without_an_open_run_is_a_label():
    def train():
        with nbsweep.init(group="first") as run:
            run.log({"loss": 1.0})

    sweep = swept(train)
    assert [(run.group, run.metric, run.children) for run in sweep.runs] == [("first", 1.0, [])] * 2


def test_folds_that_nobody_finished_end_when_the_next_begins_or_the_parent_ends():
    def train():
        nbsweep.init()
        for value in FOLDS:
            nbsweep.init(group="cv").log({"loss": value})

    sweep = swept(train)
    assert [run.metric for run in sweep.runs] == [3.0, 3.0]
    parts = sweep.runs[0].children
    assert [part.state for part in parts] == ["finished"] * 3
    assert parts[2].name == f"{sweep.runs[0].name}-part-3"


def test_a_fold_that_fails_fails_alone_when_the_parent_goes_on():
    def train():
        with nbsweep.init():
            fold(1.0)
            with pytest.raises(ValueError, match="no"):
                fold(2.0, wrong=True)
            fold(3.0)

    sweep = swept(train)
    assert [part.state for part in sweep.runs[0].children] == ["finished", "failed", "finished"]
    assert sweep.runs[0].metric == 12.0
    assert "ValueError: no" in sweep.runs[0].children[1].error


def test_folds_may_run_in_threads_at_once():
    def train():
        with nbsweep.init():
            together = threading.Barrier(len(FOLDS))

            def in_step(value):
                together.wait(timeout=60)
                fold(value)

            with ThreadPoolExecutor(len(FOLDS)) as pool:
                waiting = [pool.submit(copy_context().run, in_step, value) for value in FOLDS]
                for one in waiting:
                    one.result()

    sweep = swept(train)
    assert [run.metric for run in sweep.runs] == [13.0, 23.0]
    assert [len(run.children) for run in sweep.runs] == [3, 3]


def test_stopping_the_parent_stops_its_folds():
    def train():
        with nbsweep.init() as run, nbsweep.init(group="cv") as part:
            nbsweep.Sweep(run.sweep_id).kill(run.number)
            while True:
                part.log({"loss": 1.0})

    sweep = swept(train, run_cap=1)
    assert [run.state for run in sweep.runs] == ["killed"]
    assert [part.state for part in sweep.runs[0].children] == ["killed"]


def test_ask_and_tell_with_folds():
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    while (run := sweep.ask()) is not None:
        with run:
            for value in FOLDS:
                fold(value)
    assert [r.metric for r in sweep.runs] == [13.0, 23.0]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_folds_may_run_in_forked_processes():
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, "run_cap": 1}))
    with sweep.ask():
        context = multiprocessing.get_context("fork")
        parts = [context.Process(target=fold, args=(value,)) for value in FOLDS]
        for part in parts:
            part.start()
        for part in parts:
            part.join(timeout=120)
    assert [part.exitcode for part in parts] == [0, 0, 0]
    assert sorted(part.metric for part in sweep.runs[0].children) == [11.0, 12.0, 16.0]
    assert sweep.runs[0].metric == 13.0


def test_folds_may_run_in_spawned_processes():
    def train():
        with nbsweep.init():
            context = multiprocessing.get_context("spawn")
            parts = [context.Process(target=fold, args=(value,)) for value in FOLDS[:2]]
            for part in parts:
                part.start()
            for part in parts:
                part.join(timeout=120)

    sweep = swept(train, run_cap=1)
    assert sorted(part.metric for part in sweep.runs[0].children) == [11.0, 12.0]
    assert sweep.runs[0].metric == 11.5


def part(value, state=RunState.FINISHED):
    return RunRecord("a", "p", state=state, summary={} if value is None else {"loss": value})


def test_metric_of_parts():
    metric = Metric("loss")
    assert metric_of_parts([], metric) == {}
    assert metric_of_parts([part(None), part(3.0, RunState.FAILED)], metric) == {}
    assert metric_of_parts([part(2.0), part(None)], metric) == {"loss": 2.0}
    assert metric_of_parts([part(1e200), part(3e200)], metric) == {
        "loss": 2e200,
        "loss.sd": pytest.approx(2**0.5 * 1e200),
    }
    assert metric_of_parts([part(4.0)] * 3, metric) == {"loss": 4.0, "loss.sd": 0.0}
