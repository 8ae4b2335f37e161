"""Early termination as a chart: rungs, thresholds, and what was saved."""

import dataclasses

import pytest

from nbsweep import sweep_config
from nbsweep.analysis.charts.chart import Bars, Line, Points
from nbsweep.analysis.charts.rungs import MOST_RUNGS, collect_rungs, rungs_of, saved
from nbsweep.analysis.frame import frame
from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord
from nbsweep.search.early_termination import stops

HYPERBAND = {"type": "hyperband", "min_iter": 3}


def config_of(rule, goal="minimize"):
    block = {} if rule is None else {"early_terminate": rule}
    return sweep_config.parse(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": goal},
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
            **block,
        }
    )


def snapshot(*curves, states=None):
    """A run for each curve; those in `states` otherwise than finished."""
    runs, of = [], {}
    for k, values in enumerate(curves):
        state = (states or {}).get(k + 1, RunState.FINISHED)
        run = RunRecord(
            f"run{k + 1}", "demo", "s1", k + 1, name=f"run-{k + 1}", state=state,
            params={"x": 0.5}, summary={"loss": values[-1]} if values else {},
            started_at=100.0, ended_at=100.0 + 2.0 * len(values) if state.ended else None,
            stop_requested="band 3: worse" if state is RunState.STOPPED else None,
        )  # fmt: skip
        runs.append(run)
        of[run.id] = Curve(run.id, state, tuple(range(len(values))), tuple(values))
    return Snapshot(SweepRecord("s1", "demo", "digits", {}, 1), tuple(runs), of, 1, 1000.0)


def chart(shot, rule=HYPERBAND, goal="minimize"):
    config = config_of(rule, goal)
    return collect_rungs(frame(shot, config), shot, config)


def flat(value, n):
    return [float(value)] * n


SIX = snapshot(
    flat(1, 27), flat(2, 27), flat(3, 9), flat(4, 3), flat(5, 3), flat(6, 2),
    states={3: RunState.STOPPED, 4: RunState.STOPPED, 5: RunState.STOPPED, 6: RunState.FAILED},
)  # fmt: skip


def test_rungs_count_who_got_there_and_who_was_stopped():
    config = config_of(HYPERBAND)
    rungs = rungs_of(config.early_terminate, config.metric, SIX.runs, SIX.curves)
    assert [(r.iteration, r.reached, r.stopped, r.ended) for r in rungs] == [
        (3, 5, 2, 0),
        (9, 3, 1, 0),
        (27, 2, 0, 2),
    ]
    # The value at index int(n / 3): of 5 the second, of 3 the second, of 2 the first.
    assert [r.threshold for r in rungs] == [2.0, 2.0, 1.0]


def test_the_bars_are_piled_up_to_all_that_got_there():
    drawn = chart(SIX)
    bars = {mark.name: mark for mark in drawn.panels[0].marks if isinstance(mark, Bars)}
    assert [tick.label for tick in drawn.panels[0].x.ticks] == ["3", "9", "27"]
    assert (bars["went on"].starts, bars["went on"].ends) == ((0.0, 0.0), (3.0, 2.0))
    assert (bars["stopped early"].starts, bars["stopped early"].ends) == ((3.0, 2.0), (5.0, 3.0))
    assert (bars["ended by itself"].at, bars["ended by itself"].ends) == ((2.0,), (2.0,))
    assert drawn.panels[0].x.title == "rung (iteration)"


def test_it_says_what_that_saved():
    found = saved(SIX.runs, SIX.curves)
    # Against 27 iterations: 18 of run 3, 24 each of runs 4 and 5, at 2 s each.
    assert (found.iterations, found.of, found.seconds, found.length) == (66, 71 + 66, 132.0, 27)
    drawn = chart(SIX)
    assert drawn.subtitle == (
        "3 of 6 runs stopped early, which saved 66 of 137 iterations (48 %), about 2 min 12 s of "
        "work"
    )
    assert drawn.caption == (
        "hyperband lets the best 1/3 go on from each rung; thresholds are those of all runs as "
        "they are now; saved: against the median of the runs that finished, 27 iterations"
    )


def test_where_runs_were_stopped_and_the_best_runs_curve_are_drawn():
    values = chart(SIX).panels[1]
    points = {mark.name: mark for mark in values.marks if isinstance(mark, Points)}
    lines = {mark.name: mark for mark in values.marks if isinstance(mark, Line)}
    assert points["stopped early"].x == (9.0, 3.0, 3.0)
    assert points["stopped early"].texts[0] == "run 3\nband 3: worse"
    assert len(points["runs at a rung"].x) == 5 + 3 + 2
    assert lines["the best run"].y == (1.0,) * 27
    assert (lines["threshold"].x, lines["threshold"].y) == ((3.0, 9.0, 27.0), (2.0, 2.0, 1.0))
    assert values.x.title == "iteration"


@pytest.mark.parametrize("kind", ["hyperband", "asha"])
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_the_threshold_is_that_of_the_rule(kind, goal):
    """A run under way that shows it goes on, one that is a little worse is stopped."""
    sign = 1 if goal == "minimize" else -1
    config = config_of({"type": kind, "min_iter": 3}, goal)
    curves = [flat(sign * v, 3) for v in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)]
    shot = snapshot(*curves)
    (rung,) = rungs_of(config.early_terminate, config.metric, shot.runs, shot.curves)

    def is_stopped(value):
        others = [shot.curves[run.id] for run in shot.runs[:-1]]
        own = Curve("own", RunState.RUNNING, (0, 1, 2), (value,) * 3)
        return bool(stops(config, [*others, own]))

    assert not is_stopped(rung.threshold - sign * 1e-6)
    assert is_stopped(rung.threshold + sign * 1.5)


def test_the_threshold_of_median_is_that_of_the_averages_of_ended_runs():
    rule = {"type": "median", "min_iter": 2, "interval": 2, "min_runs": 3}
    config = config_of(rule)
    shot = snapshot([4.0, 2.0], [6.0, 4.0], [9.0, 9.0], [1.0])
    (rung,) = rungs_of(config.early_terminate, config.metric, shot.runs, shot.curves)
    assert (rung.iteration, rung.reached, rung.threshold) == (2, 3, 5.0)
    drawn = chart(shot, rule)
    assert drawn.panels[0].x.title == "comparison (iteration)"
    assert drawn.caption.startswith(
        "median stops a run whose best value is worse than the median of the others' averages; "
    )


def test_of_a_rule_that_compares_very_often_a_dozen_places_are_shown():
    rule = {"type": "median", "min_iter": 1, "interval": 1}
    drawn = chart(snapshot(*[flat(k, 500) for k in range(5)]), rule)
    labels = [tick.label for tick in drawn.panels[0].x.ticks]
    assert len(labels) == MOST_RUNGS
    assert (labels[0], labels[-1]) == ("1", "500")


def test_auto_has_no_threshold():
    drawn = chart(SIX, {"type": "auto"})
    assert not [m for m in drawn.panels[1].marks if getattr(m, "name", "") == "threshold"]
    assert drawn.caption.startswith(
        "auto stops a run that promises less than a new one, so it has no threshold; "
    )


def test_a_deadline_and_a_person_are_no_early_termination():
    odd = dataclasses.replace(SIX.runs[2], stop_requested="the deadline of the agent came")
    killed = dataclasses.replace(SIX.runs[3], state=RunState.KILLED)
    shot = dataclasses.replace(SIX, runs=(*SIX.runs[:2], odd, killed, *SIX.runs[4:]))
    assert chart(shot).subtitle.startswith("1 of 6 runs stopped early")


def test_it_says_what_is_missing():
    assert chart(SIX, None).empty == (
        "The sweep stops no runs early: its config has no early_terminate. "
        'early_termination_preview(type="hyperband", min_iter=3) says what that would have saved.'
    )
    assert chart(snapshot()).empty == "No run has logged loss yet."
    assert chart(snapshot([1.0, 2.0])).empty == (
        "No run has reached the first comparison, at iteration 3: the longest has logged 2 values."
    )
    running = chart(snapshot(flat(1, 5), states={1: RunState.RUNNING}))
    assert running.subtitle == "0 of 1 run stopped early"


def test_a_curve_that_diverged_counts_as_far_as_it_got():
    shot = snapshot(flat(1, 9), [1.0])
    lost = dataclasses.replace(shot.curves["run2"], values=(), steps=(), diverged=5)
    shot = dataclasses.replace(shot, curves={**shot.curves, "run2": lost})
    config = config_of(HYPERBAND)
    rungs = rungs_of(config.early_terminate, config.metric, shot.runs, shot.curves)
    assert [rung.reached for rung in rungs] == [2, 1]
    assert chart(shot).panels
