"""Early termination by several metrics, from `log` to the stored end of a run."""

import json
import math

import pytest

import nbsweep
from nbsweep.continued import with_present_curves
from nbsweep.errors import ConfigError
from nbsweep.objectives import front_runs
from nbsweep.records import Metric, RunState
from nbsweep.runs import judge as stopping
from nbsweep.runs import session
from nbsweep.runs.judge import JointCounter
from nbsweep.runs.stop import stop_run
from nbsweep.search.recompute import recompute
from nbsweep.sweep_config import parse, parse_early_terminate

METRICS = [{"name": "loss", "goal": "minimize"}, {"name": "ms", "goal": "minimize"}]
RULES = {
    "asha": {"type": "asha", "min_iter": 2},
    "hyperband": {"type": "hyperband", "min_iter": 2},
    "median": {"type": "median", "min_iter": 2},
    "auto": {"type": "auto"},
}


@pytest.fixture(autouse=True, params=["memory", "sqlite"])
def store(request, tmp_path, monkeypatch):
    urls = {"memory": f"memory://{tmp_path}", "sqlite": f"sqlite:///{tmp_path}/runs.db"}
    nbsweep.setup(urls[request.param])
    # However busy the machine: a verdict is waited for, so that counts below are exact.
    monkeypatch.setattr(stopping, "LONGEST_WAIT_S", 30.0)
    monkeypatch.setattr(stopping, "FREE_WAIT_S", 300.0)
    monkeypatch.setattr(stopping, "FREE_MODEL_S", 300.0)
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


def new_sweep(points, metrics=METRICS, **changes):
    """A grid over the places of `points`, (loss, ms) each."""
    config = {
        "method": "grid",
        "metrics": metrics,
        "parameters": {"place": {"values": list(range(len(points)))}},
        **changes,
    }
    return nbsweep.Sweep(nbsweep.sweep(config, project="p"))


def training(points, n=20):
    """Falls to its loss, and takes as long as it does, each measured in a row of its own."""

    def train():
        with nbsweep.init() as run:
            loss, ms = points[run.config.place]
            for k in range(1, n + 1):
                run.log({"loss": loss + 0.8 * k**-0.8})
                run.log({"ms": ms + 0.01 * math.sin(k)})

    return train


def agent(sweep, function, **arguments):
    nbsweep.agent(sweep.id, function, **{"show": False, "executor": "inline", **arguments})


# the front, and what is behind it in both; a finished run or more come first
POINTS = [(0.1, 50.0), (0.3, 20.0), (0.9, 5.0), (0.5, 10.0)]
POINTS += [(0.95, 45.0), (0.2, 30.0), (0.9, 48.0), (0.8, 40.0), (0.7, 8.0), (0.85, 35.0)]
BEHIND = {5, 7, 8, 10}


@pytest.mark.parametrize("rule", ["asha", "hyperband", "median", "auto"])
@pytest.mark.parametrize("executor", ["inline", "threads"])
def test_runs_behind_the_front_are_stopped_and_no_run_on_it_is(rule, executor):
    sweep = new_sweep(POINTS, early_terminate=RULES[rule])
    agent(sweep, training(POINTS), executor=executor)
    states = {run.number: run.state for run in sweep.runs}
    stopped = {number for number, state in states.items() if state == "stopped"}
    snapshot = sweep.snapshot()
    front = front_runs(snapshot.runs, parse(sweep.config).metrics)
    assert {run.number for run in front} == set(states) - BEHIND
    assert all(run.state is RunState.FINISHED for run in front)
    assert stopped
    assert stopped <= BEHIND
    assert set(states.values()) == {"finished", "stopped"}
    for run in sweep.runs:
        assert bool(run.stop_reason) == (run.state == "stopped")
    assert sum(len(run.history()) for run in sweep.runs) < 40 * len(POINTS)


def test_the_reason_names_both_objectives():
    sweep = new_sweep([(0.1, 5.0), (0.5, 9.0)], early_terminate=RULES["asha"] | {"min_iter": 1})

    def both():
        with nbsweep.init() as run:
            for _ in range(3):
                run.log({"loss": 0.5 * run.config.place + 0.1, "ms": 5.0 + run.config.place})

    agent(sweep, both)
    first, second = sweep.runs
    assert (first.state, second.state, len(second.history())) == ("finished", "stopped", 1)
    assert second.stop_reason == (
        "rung 1: loss 0.6, ms 6 is number 2; only the best goes on of 2 runs"
    )


def test_a_limit_on_the_highest_value_ends_a_run_that_breaks_it_once():
    metrics = [METRICS[0], {"name": "gb", "at_most": 8, "mode": "max"}]
    sweep = new_sweep([0, 1], metrics, early_terminate=RULES["median"] | {"min_iter": 1})

    def train():
        with nbsweep.init() as run:
            for k in range(6):
                run.log({"loss": 1.0 / (k + 1), "gb": 9.0 if run.config.place and k == 2 else 4.0})

    agent(sweep, train)
    assert [(run.state, len(run.history())) for run in sweep.runs] == [
        ("finished", 6),
        ("stopped", 3),
    ]
    assert sweep.runs[1].stop_reason == "the highest gb, 9, is above at_most 8 for good"


def test_a_metric_that_is_nan_or_missing_in_some_runs_stops_no_other():
    points = [(0.1, 50.0), (0.3, 20.0), (0.9, 5.0), (0.5, 10.0), (0.4, None), (0.35, math.nan)]

    def train():
        with nbsweep.init() as run:
            loss, ms = points[run.config.place]
            for k in range(8):
                run.log({"loss": loss + 0.5 / (k + 1), **({} if ms is None else {"ms": ms})})

    sweep = new_sweep(points, early_terminate=RULES["asha"])
    agent(sweep, train)
    assert [run.state for run in sweep.runs] == 5 * ["finished"] + ["stopped"]
    assert sweep.runs[5].stop_reason == "rung 2: NaN or infinity; the best 4 go on of 4 runs"


def test_a_sweep_ends_when_a_run_reaches_all_targets_and_keeps_the_limits():
    metrics = [
        {"name": "acc", "goal": "maximize", "target": 0.9},
        {"name": "loss", "goal": "minimize", "target": 0.2},
        {"name": "ms", "at_most": 20},
    ]
    shown = [
        {"acc": 0.95, "loss": 0.5, "ms": 10},
        {"acc": 0.95, "loss": 0.1, "ms": 30},
        {"acc": 0.9, "loss": 0.2, "ms": 12},
        {"acc": 0.99, "loss": 0.0, "ms": 1},
    ]

    def train():
        with nbsweep.init() as run:
            run.log(shown[run.config.place])

    sweep = new_sweep(shown, metrics)
    agent(sweep, train)
    numbers = [run.number for run in sweep.runs]
    assert numbers == [1, 2, 3]
    assert sweep.snapshot().sweep.end_reason == (
        "target reached: acc 0.9, loss 0.2, ms 12 in run 3"
    )


def test_a_run_that_goes_on_keeps_its_values_of_all_metrics_until_it_ends_again(store):
    sweep = new_sweep([0], method="grid")
    seen = []

    def train():
        with nbsweep.init() as run:
            begin = 0
            if run.resumed_from is not None:
                begin = json.loads((run.resumed_from / "n.json").read_text())
                seen.append(store.run(run.id))
            for n in range(begin, begin + 2):
                run.log({"loss": 1.0 / (1 + n), "ms": float(n)})
                run.checkpoint(lambda f: (f / "n.json").write_text(json.dumps(n + 1)))  # noqa: B023

    agent(sweep, train)
    sweep.continue_run(1)
    agent(sweep, train)
    (record,) = seen
    assert record.continued[0]["values"] == {"loss": 0.5, "ms": 1.0}
    assert [Metric(name).counted(record) for name in ("loss", "ms")] == [0.5, 1.0]
    ms = sweep.snapshot(curves=True).curves_of["ms"][record.id]
    assert ms.values == (0.0, 1.0, 2.0, 3.0)


def test_a_preview_tells_what_the_rule_would_have_done_and_what_becomes_of_the_front():
    whole = new_sweep(POINTS)
    agent(whole, training(POINTS))
    real = new_sweep(POINTS, early_terminate=RULES["asha"])
    agent(real, training(POINTS))
    preview = whole.early_termination_preview(**RULES["asha"])
    assert [(stop.number, stop.reason) for stop in preview.stops] == [
        (run.number, run.stop_reason) for run in real.runs if run.state == "stopped"
    ]
    assert preview.stops
    assert preview.best is None
    assert preview.front == (1, 6, 2, 4, 9, 3)
    assert preview.keeps_best
    assert preview.verdict == (
        f"{len(preview.stops)} of 10 runs would have been stopped, {preview.saved} of 200 "
        f"iterations ({preview.saved / 200:.0%}) saved; none of the 6 runs on the front lost."
    )


def test_a_preview_under_limits_speaks_of_the_best_run_that_keeps_them():
    metrics = [METRICS[0], {"name": "ms", "at_most": 21}]
    sweep = new_sweep(POINTS, metrics)
    agent(sweep, training(POINTS))
    preview = sweep.early_termination_preview(type="asha", min_iter=2)
    assert (preview.best, preview.front) == (2, ())
    assert {6, 7, 8} <= {stop.number for stop in preview.stops}
    assert preview.verdict.endswith("; the best run, 2, would have gone on.")


def test_thaw_does_not_go_with_several_metrics():
    with pytest.raises(ConfigError) as caught:
        new_sweep([0], early_terminate={"type": "auto", "thaw": True})
    assert (
        str(caught.value)
        .strip()
        .endswith(
            "early_terminate.thaw: does not go with several metrics or limits: what going on with "
            "a paused run promises is known in one metric only. Leave it out; a run that was "
            "stopped goes on by hand, with Sweep.continue_run(number)."
        )
    )
    new_sweep([0], METRICS[:1], early_terminate={"type": "auto", "thaw": True})


def test_one_metric_in_the_list_is_judged_as_by_itself():
    points = [(0.1, 0), (0.5, 0), (0.05, 0)]
    reasons = []
    for spec in ({"metrics": METRICS[:1]}, {"metrics": None, "metric": METRICS[0]}):
        sweep = new_sweep(points, early_terminate=RULES["hyperband"], **spec)
        agent(sweep, training(points))
        reasons.append([run.stop_reason for run in sweep.runs])
    assert reasons[0] == reasons[1]
    assert reasons[0][1] == "band 2: 0.959 is worse than 0.559, top 1/3 of 2 runs"


def test_a_suggestion_is_computed_again_after_a_run_went_on():
    sweep = new_sweep(
        [],
        method="bayes",
        parameters={"x": {"min": 0.0, "max": 1.0}},
        early_terminate=RULES["auto"],
    )

    def train():
        with nbsweep.init() as run:
            for k in range(4):
                run.log({"loss": run.config.x + 1 / (k + 1), "ms": 1 - run.config.x})
            run.checkpoint(lambda folder: (folder / "n.json").write_text("4"))

    agent(sweep, train, count=6)
    sweep.continue_run(2)
    agent(sweep, train, count=2)
    snapshot = sweep.snapshot(curves=True)
    assert len(snapshot.runs) >= 7
    for run in snapshot.runs:
        assert recompute(run, snapshot).params == run.params
    assert with_present_curves(snapshot).curves_of.keys() == {"loss", "ms"}


def test_the_count_of_each_metric_asks_for_a_verdict_once_a_row(monkeypatch):
    asked, rows = [], []
    monkeypatch.setattr(JointCounter, "_await_verdict", lambda self: asked.append(len(rows)))
    rule = parse_early_terminate({"type": "median", "min_iter": 2, "interval": 2})
    counter = JointCounter(rows.append, rule, ["loss", "acc"])
    for step, values in enumerate(
        [{"loss": 1}, {"loss": 1, "acc": 1}, {"acc": 1}, {"lr": 1}, {"loss": 1}, {"loss": 1}]
    ):
        counter((step, 0.0, values))
    assert asked == [2, 3, 6]
    both = JointCounter(rows.append, rule, ["loss", "acc"])
    both.count_from(3)
    asked.clear()
    both((9, 0.0, {"loss": 1, "acc": 1}))
    assert len(asked) == 1


def test_a_person_stops_a_run_of_such_a_sweep_as_any_other(store):
    sweep = new_sweep([0], early_terminate=RULES["auto"])

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0, "ms": 1.0})
            stop_run(run.store, run.id, "enough", RunState.KILLED)
            run.log({"loss": 1.0, "ms": 1.0})

    agent(sweep, train)
    assert [run.state for run in sweep.runs] == ["killed"]


def test_comparing_many_runs_takes_a_share_of_the_time_at_most(store, monkeypatch):
    sweep = new_sweep([(0.1, 1.0)], early_terminate=RULES["hyperband"])
    agent(sweep, training([(0.1, 1.0)], 3))
    now, asked = [0.0], []

    def slow_stops(config, shown, judged, params, due):
        asked.append([each.iterations for each in shown])
        now[0] += 0.6
        return []

    monkeypatch.setattr(stopping, "stops", slow_stops)
    monkeypatch.setattr(stopping, "FREE_MODEL_S", 1.0)
    config = parse(sweep.config)
    clocks = {"clock": lambda: now[0], "cpu_clock": lambda: now[0]}
    metric, rule = config.metric, config.early_terminate
    judge = stopping.Judge(store, sweep.id, metric, rule, **clocks, metrics=config.metrics)
    for _ in range(5):
        judge.decide()
    assert asked == 3 * [[3]]  # the first is free, the others took 1.2 s
    now[0] += 60.0
    judge.decide()
    assert len(asked) == 4
