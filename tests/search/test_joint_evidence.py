"""What the search of a sweep with several metrics is told of its runs."""

from dataclasses import replace

import pytest
from joint_examples import joint_config

from nbsweep.continued import curve_before, mark_of, run_before, with_present_curves
from nbsweep.records import Curve, Metric, RunRecord, RunState, Snapshot, SweepRecord
from nbsweep.search.evidence import Evidence

LOSS = {"name": "loss", "goal": "minimize"}
ACC = {"name": "acc", "goal": "maximize"}
SWEEP = SweepRecord("s", "p", None, {}, 0)


def run(number, state=RunState.FINISHED, **summary):
    return RunRecord(
        id=f"r{number}",
        project="p",
        sweep_id="s",
        number=number,
        attempt=0,
        state=state,
        params={"x": 0.5},
        summary=summary,
        history_rows=4,
    )


def curve(run_id, *values, steps=None, diverged=0, **fields):
    steps = tuple(range(len(values)) if steps is None else steps)
    return Curve(run_id, RunState.FINISHED, steps, values, 4, diverged, **fields)


def evidence(config, *runs, curves_of=None):
    curves_of = curves_of or {}
    first = curves_of.get("loss", {})
    return Evidence.of(Snapshot(SWEEP, tuple(runs), first, 1, 0.0, curves_of), config)


def target_run(runs, *metrics):
    return evidence(joint_config(*metrics), *runs).target_run


def test_the_target_is_reached_by_a_run_that_reaches_those_of_all_metrics():
    metrics = [{**LOSS, "target": 0.2}, {**ACC, "target": 0.9}, {"name": "ms", "goal": "minimize"}]
    half = run(1, loss=0.1, acc=0.5), run(2, loss=0.9, acc=0.95), run(3, loss=0.1)
    assert target_run(half, *metrics) is None
    assert target_run([*half, run(4, loss=0.2, acc=0.9)], *metrics).number == 4


def test_metrics_without_a_target_say_nothing():
    assert target_run([run(1, loss=0.0, acc=1.0)], LOSS, ACC) is None
    assert target_run([run(1, loss=0.1)], {**LOSS, "target": 0.2}, ACC).number == 1


def test_a_run_at_the_target_has_to_keep_the_limits():
    metrics = [{**LOSS, "target": 0.2}, {"name": "ms", "at_most": 20}]
    beyond = run(1, loss=0.1, ms=21), run(2, loss=0.1), run(3, loss=0.1, ms=float("nan"))
    assert target_run(beyond, *metrics) is None
    config = joint_config(*metrics)
    known = evidence(config, *beyond, run(4, loss=0.2, ms=20))
    assert known.target_run.number == 4
    assert known.values_at_target == {"loss": 0.2, "ms": 20.0}
    assert evidence(config, *beyond).values_at_target == {}


def test_an_observation_has_the_values_and_curves_of_all_metrics():
    config = joint_config(LOSS, ACC, method="bayes")
    curves_of = {
        "loss": {"r1": curve("r1", 0.5, 0.4)},
        "acc": {"r1": curve("r1", 0.6, steps=[1])},
    }
    (seen,) = evidence(config, run(1, loss=0.4, acc=0.6), curves_of=curves_of).observations
    assert (seen.value, seen.values) == (0.4, (0.4, 0.6))
    assert seen.curve == curves_of["loss"]["r1"]
    assert seen.curves == (curves_of["loss"]["r1"], curves_of["acc"]["r1"])
    config = joint_config(LOSS, ACC)  # a random search does not look at curves
    (seen,) = evidence(config, run(1, loss=0.4, acc=0.6), curves_of=curves_of).observations
    assert (seen.curve, seen.curves) == (None, ())


def went_on(config, before, later, curves, marks=()):
    """A run that ended as `before`, and has gone on; its curves until then are `curves`."""
    others = {m: curves[m.name] for m in config.metrics if m != config.metric}
    mark = mark_of(before, curves["loss"], 4, config.metric, others)
    mark |= {"after": 9.0, "at": 10.0, "rows": 4}
    return replace(
        before,
        state=RunState.RUNNING,
        summary=later,
        origin={"continued": [*marks, mark]},
        history_rows=6,
    )


def test_a_run_that_goes_on_counts_with_all_values_that_it_had():
    config = joint_config(LOSS, ACC, {"name": "ms", "at_most": 20}, method="bayes")
    early = {"loss": curve("r1", 0.5, 0.4), "acc": curve("r1", 0.6, diverged=2), "ms": curve("r1")}
    ended = run(1, loss=0.4, acc=0.6)
    later = {
        "loss": {"r1": replace(curve("r1", 0.5, 0.4, 0.3), rewound=())},
        "acc": {"r1": replace(curve("r1", 0.6, 0.1, 0.0), rewound=((1, (), ()),))},
        "ms": {"r1": curve("r1", 30.0)},
    }
    going_on = went_on(config, ended, {"loss": 0.3, "acc": 0.0, "ms": 30.0}, early)
    assert going_on.continued[0]["values"] == {"loss": 0.4, "acc": 0.6}
    (seen,) = evidence(config, going_on, curves_of=later).observations
    assert (seen.value, seen.values) == (0.4, (0.4, 0.6, None))
    assert seen.state is RunState.FINISHED
    assert seen.curves[1].diverged == 2
    assert [metric.counted(going_on) for metric in config.metrics] == [0.4, 0.6, None]
    assert run_before(going_on, 0, config.metric).summary == {"loss": 0.4, "acc": 0.6}


def test_a_mark_of_a_sweep_with_one_metric_is_as_it_was():
    metric, ended = Metric("loss"), run(1, loss=0.4, acc=0.6)
    mark = mark_of(ended, curve("r1", 0.4), 4, metric)
    assert mark == {
        "step": 4,
        "end": 4,
        "iteration": 1,
        "rows": 4,
        "state": "finished",
        "value": 0.4,
    }
    going_on = replace(
        ended, state=RunState.RUNNING, origin={"continued": [{**mark, "after": 1.0}]}
    )
    assert metric.counted(going_on) == 0.4


@pytest.mark.parametrize("name", [None, "acc"])
def test_each_curve_has_the_divergence_of_its_own_metric_before(name):
    mark = {"step": 2, "end": 2, "rows": 2, "state": "finished", "diverged": 1}
    mark |= {"diverged_of": {"acc": 3}}
    going_on = replace(run(1), origin={"continued": [mark]})
    found = curve_before(going_on, curve("r1", 0.4), 0, name)
    assert found.diverged == (1 if name is None else 3)


def test_the_curves_of_all_metrics_begin_where_the_code_began_anew():
    mark = {"step": 2, "end": 2, "rows": 2, "state": "finished", "anew": True}
    anew = replace(run(1), origin={"continued": [mark]})
    curves_of = {
        "loss": {"r1": curve("r1", 0.5, 0.4, 0.9, 0.8)},
        "acc": {"r1": curve("r1", 0.6, 0.1, steps=[1, 3])},
    }
    snapshot = Snapshot(SWEEP, (anew,), curves_of["loss"], 1, 0.0, curves_of)
    present = with_present_curves(snapshot)
    assert present.curves["r1"].values == (0.9, 0.8)
    assert present.curves_of["loss"] is present.curves
    assert present.curves_of["acc"]["r1"].values == (0.1,)
