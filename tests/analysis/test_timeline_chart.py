"""Who worked when: lanes, parts, pauses, and how busy the workers were."""

import itertools

from nbsweep import sweep_config
from nbsweep.analysis.charts.chart import Bars, Rule
from nbsweep.analysis.charts.timeline import MOST_LANES, collect_timeline, lanes_of
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord

CONFIG = sweep_config.parse(
    {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
    }
)


def run(number, begin, end, *, worker="host:7:1", state=RunState.FINISHED, **fields):
    base = {
        "created_at": begin,
        "started_at": begin,
        "heartbeat_at": end,
        "ended_at": end if state.ended else None,
        "params": {"x": 0.5},
        "summary": {"loss": float(number)},
    }
    return RunRecord(
        f"run{number}", "demo", "s1", number, state=state, worker=worker, **{**base, **fields}
    )


def snapshot(*runs, at=1000.0):
    return Snapshot(SweepRecord("s1", "demo", "digits", {}, 1), runs, {}, 1, at)


def bars(chart):
    return {mark.name: mark for mark in chart.panels[0].marks if isinstance(mark, Bars)}


def test_a_lane_for_each_worker_and_a_bar_for_each_run():
    chart = collect_timeline(
        snapshot(
            run(1, 100.0, 110.0),
            run(2, 110.0, 120.0, state=RunState.FAILED),
            run(3, 105.0, 115.0, worker="host:8:2", state=RunState.STOPPED),
            run(4, 117.0, 120.0, worker="host:8:2", state=RunState.RUNNING),
        ),
        CONFIG,
    )
    (panel,) = chart.panels
    assert [tick.label for tick in panel.y.ticks] == ["host:7", "host:8"]
    assert panel.x.title == "time since the first run began (s)"
    assert (panel.x.low, panel.x.high) == (0.0, 20.0)
    drawn = bars(chart)
    assert set(drawn) == {"best run", "failed or crashed", "stopped early", "running"}
    assert (drawn["best run"].at, drawn["best run"].starts, drawn["best run"].ends) == (
        (0.0,),
        (0.0,),
        (10.0,),
    )
    assert drawn["stopped early"].starts == (5.0,)
    assert drawn["stopped early"].at == (1.0,)
    assert drawn["running"].ends == (20.0,)
    # 10 + 10 + 10 + 3 seconds of 2 x 20.
    assert chart.subtitle == "2 workers, 20 s: busy 82 % of the time"
    assert drawn["failed or crashed"].texts == ("run 2\nfailed after 10 s",)


def test_runs_of_one_process_at_a_time_have_lanes_of_their_own():
    lanes = lanes_of(
        snapshot(
            run(1, 0.0, 10.0, worker=None, host="h", pid=10),
            run(2, 2.0, 5.0, worker=None, host="h", pid=10),
            run(3, 6.0, 9.0, worker=None, host="h", pid=10),
            run(4, 11.0, 12.0, worker=None, host="h", pid=10),
        ),
        CONFIG,
    )
    assert [lane.name for lane in lanes] == ["h:10 · 1", "h:10 · 2"]
    assert [[part.begin for part in lane.parts] for lane in lanes] == [[0.0, 11.0], [2.0, 6.0]]
    for lane in lanes:
        assert all(a.end <= b.begin for a, b in itertools.pairwise(lane.parts))


def test_a_pid_that_was_used_again_is_another_worker():
    lanes = lanes_of(
        snapshot(run(1, 0.0, 1.0, worker="h:10:500"), run(2, 2.0, 3.0, worker="h:10:900")), CONFIG
    )
    assert [lane.name for lane in lanes] == ["h:10:500", "h:10:900"]


def test_what_was_handed_out_waits_from_the_end_of_the_run_before():
    chart = collect_timeline(
        snapshot(
            run(1, 100.0, 110.0), run(2, 116.0, 120.0, created_at=104.0), run(3, 120.0, 130.0)
        ),
        CONFIG,
    )
    waiting = bars(chart)["waiting"]
    assert (waiting.starts, waiting.ends) == ((10.0,), (16.0,))
    assert waiting.thickness < 0.3
    assert chart.caption == "thin bars: handed out, not begun"


def test_a_continued_run_has_a_bar_for_each_part_and_its_pause_is_idle():
    mark = {"step": 5, "end": 5, "iteration": 5, "rows": 5, "after": 110.0, "at": 130.0}
    origin = {"continued": [{**mark, "state": "stopped", "value": 2.0}]}
    chart = collect_timeline(
        snapshot(run(1, 100.0, 140.0, origin=origin), run(2, 110.0, 130.0)), CONFIG
    )
    drawn = bars(chart)
    assert (drawn["stopped early"].starts, drawn["stopped early"].ends) == ((0.0,), (10.0,))
    assert (drawn["best run"].starts, drawn["best run"].ends) == ((30.0,), (40.0,))
    assert drawn["best run"].texts == ("run 1, part 2 of 2\nfinished after 10 s",)
    assert chart.subtitle == "1 worker, 40 s: busy all of the time"


def test_a_night_in_which_nothing_ran_is_cut_out():
    chart = collect_timeline(
        snapshot(run(1, 0.0, 100.0), run(2, 100.0 + 12 * 3600, 200.0 + 12 * 3600)), CONFIG
    )
    (panel,) = chart.panels
    assert panel.x.title == "time since the first run began, without pauses (min)"
    (rule,) = [mark for mark in panel.marks if isinstance(mark, Rule)]
    assert (rule.text, rule.is_vertical) == ("12 h 00 min later", True)
    assert panel.x.high == 204 / 60  # a gap of 2 % stands for the night
    assert chart.subtitle == "1 worker, 3 min 20 s: busy all of the time"
    assert chart.caption == "1 pause in which nothing ran left out"
    short = collect_timeline(snapshot(run(1, 0.0, 100.0), run(2, 130.0, 200.0)), CONFIG)
    assert short.subtitle == "1 worker, 3 min 20 s: busy 85 % of the time"


def test_thousands_of_runs_are_drawn_as_as_many_bars_as_there_is_room_for():
    runs = [run(i + 1, float(i), i + 1.0, summary={"loss": -i}) for i in range(10_000)]
    chart = collect_timeline(snapshot(*runs), CONFIG)
    drawn = bars(chart)
    assert 200 < len(drawn["finished"].at) < 1500
    assert drawn["finished"].texts[0].endswith("runs\nfinished in 33 s")
    assert len(drawn["best run"].at) == 1
    assert drawn["finished"].ends[-1] == 9999 / 60


def test_the_busiest_of_very_many_workers_are_shown():
    runs = [run(i + 1, 0.0, 1.0 + i, worker=f"h:{i + 1}:1") for i in range(100)]
    chart = collect_timeline(snapshot(*runs), CONFIG)
    assert len(chart.panels[0].y.ticks) == MOST_LANES
    assert chart.panels[0].y.ticks[-1].label == "h:100"
    assert chart.caption == "the 40 busiest of 100 workers are shown"


def test_without_times_it_says_why():
    assert collect_timeline(snapshot(), CONFIG).empty == "No run has begun yet."
    waiting = run(1, 5.0, 6.0, state=RunState.PENDING, started_at=None)
    assert collect_timeline(snapshot(waiting), CONFIG).empty == "No run has begun yet."
    imported = run(1, 5.0, 6.0, started_at=None)
    assert collect_timeline(snapshot(imported), CONFIG).empty == (
        "Nothing is known of when the runs began."
    )
    one = collect_timeline(snapshot(imported, run(2, 5.0, 6.0)), CONFIG)
    assert one.caption == "1 run of unknown times left out"


def test_a_clock_that_went_back_and_runs_of_no_time_break_nothing():
    chart = collect_timeline(snapshot(run(1, 50.0, 40.0), run(2, 50.0, 50.0)), CONFIG)
    assert chart.panels[0].x.high >= 0.0
    assert chart.subtitle.startswith(("1 worker", "2 workers"))
