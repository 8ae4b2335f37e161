"""What every view shows of runs that went on after an end, were stopped early, or are paused."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from nbsweep.records import Curve, RunState, SweepState
from nbsweep.view.content import curve_text, run_line
from nbsweep.view.curves_svg import MOST_CURVES, TOLD
from nbsweep.view.delta import apply, delta, sent
from nbsweep.view.html import LISTED, to_html
from nbsweep.view.picture import picture
from nbsweep.view.svg import plots
from nbsweep.view.terminal import to_text
from tests.made_up_sweeps import CONFIG

SVG = "{http://www.w3.org/2000/svg}"
THAW = {**CONFIG, "early_terminate": {"type": "auto", "thaw": True}}
LOW = [0.2, 0.19, 0.18]


def view_of(sweep, **options):
    return picture(sweep.snapshot(), sweep.config, **{"total": None, "now": sweep.now, **options})


def row_of(sweep, number, **options):
    return view_of(sweep, **options)["rows"][number - 1]


def rings(svg):
    return [
        (float(ring.get("cx")), float(ring.get("cy")))
        for ring in ET.fromstring(svg).iter(f"{SVG}circle")
    ]


# --- one row, one line ------------------------------------------------------------------


def test_a_run_that_went_on_is_one_row_with_one_curve_and_a_mark(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.go_on(1, LOW)
    (row,) = view_of(sweep)["rows"]
    assert (len(row["curve"]), row["span"]) == (23, [0, 22])
    assert row["continued"] == [(round(19 / 22, 4), "continued at step 20 after 3 min 05 s")]
    assert row["metric"] == 0.18
    assert row["duration_s"] == 12 + 6  # without the pause


def test_a_curve_that_began_anew_is_drawn_from_there(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.go_on(1, [2.0, 1.0, 0.5], anew=True)
    row = row_of(sweep, 1)
    assert (row["curve"], row["span"]) == ([2.0, 1.0, 0.5], [20, 22])
    assert [place for place, _ in row["continued"]] == [0.0]


def test_a_long_curve_keeps_its_mark_at_the_right_place(make_sweep):
    sweep = make_sweep()
    run = sweep.add()
    values = tuple(1 / (1 + i) for i in range(1000))
    sweep.curves[run.id] = Curve(run.id, run.state, tuple(range(1000)), values)
    sweep.go_on(1, [0.0] * 1000)
    row = row_of(sweep, 1)
    ((place, _),) = row["continued"]
    at = place * (len(row["curve"]) - 1)
    assert row["curve"][int(at)] > 0 == row["curve"][int(at) + 1]


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ([], "█▆▃▁"),
        ([(0.0, "x")], "│█▆▃▁"),
        ([(1 / 3, "x")], "█▆│▃▁"),
        ([(1.0, "x")], "█▆▃▁│"),
        ([(1 / 3, "x"), (2 / 3, "y")], "█▆│▃│▁"),
    ],
)
def test_a_curve_of_blocks_has_a_stroke_where_the_run_went_on(make_sweep, marks, text):
    sweep = make_sweep()
    sweep.add()
    row = {**row_of(sweep, 1), "curve": [4.0, 3.0, 2.0, 1.0], "continued": marks}
    assert curve_text(row) == text


def test_html_and_text_tell_where_a_run_went_on(make_sweep):
    sweep = make_sweep(sweep_state=SweepState.FINISHED)
    for _ in range(LISTED + 3):
        sweep.add()
    for number in range(1, LISTED + 3):
        sweep.go_on(number, LOW)
    view = view_of(sweep)
    page = to_html(view)
    assert page.count('title="continued at step 20 after 3 min 05 s"') == LISTED + 2
    assert f"<summary>{LISTED + 2} runs went on after an end</summary>" in page
    assert f"<div>run {LISTED}: continued at step 20 after 3 min 05 s</div>" in page
    assert f"<div>run {LISTED + 1}:" not in page
    assert "<div>and 2 more runs</div>" in page
    lines = to_text(view).splitlines()
    assert sum("│" in line for line in lines) == 30  # of all that are shown


def test_a_live_page_and_one_without_such_runs_say_nothing_of_them(make_sweep):
    sweep = make_sweep()
    sweep.add()
    assert "went on" not in to_html(view_of(sweep))
    sweep.go_on(1, LOW)
    assert "went on after" not in to_html(view_of(sweep, live=True))


def test_a_terminal_says_that_a_run_goes_on_not_that_it_starts(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.go_on(1, [], state=RunState.RUNNING)
    view = view_of(sweep)
    assert run_line(view, view["rows"][0]).startswith("run 1  continued  ")


def test_what_a_page_is_sent_when_a_run_goes_on_leads_to_the_same_picture(make_sweep):
    sweep = make_sweep()
    sweep.add()
    before = view_of(sweep)
    sweep.go_on(1, LOW, state=RunState.RUNNING)
    after = {**view_of(sweep), "seq": 1}
    assert apply(sent(before), delta(before, after)) == sent(after)
    (fields,) = delta(before, after)["rows"]
    assert {"state", "active", "curve", "span", "continued"} <= set(fields)


# --- what counts while a run goes on ------------------------------------------------------


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.KILLED, RunState.CRASHED])
def test_the_best_run_stays_the_best_while_it_goes_on(make_sweep, state):
    sweep = make_sweep()
    sweep.add(summary={"loss": 0.1})
    sweep.add(summary={"loss": 0.3})
    sweep.go_on(1, [0.9], state=state)
    view = view_of(sweep)
    row = view["rows"][0]
    assert (view["best"]["number"], view["best"]["value"]) == (1, 0.1)
    assert (row["counts"], row["metric"]) == (True, 0.1)


def test_a_run_that_had_failed_does_not_count_while_it_goes_on(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.CRASHED, summary={"loss": 0.1})
    sweep.go_on(1, LOW, state=RunState.RUNNING)
    view = view_of(sweep)
    assert view["rows"][0]["counts"] is False
    assert view["best"] is None


def test_the_pause_counts_neither_in_the_time_of_a_run_nor_in_what_is_left(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.add()
    sweep.go_on(2, [], pause_s=3600.0, state=RunState.RUNNING)
    now = sweep.runs[1].started_at + 12 + 3600 + 4
    view = view_of(sweep, total=2, now=now)
    assert view["rows"][1]["duration_s"] == pytest.approx(16)


# --- early termination ---------------------------------------------------------------------


def stopped_at(sweep, n, **fields):
    run = sweep.add(RunState.STOPPED, history_rows=n, **fields)
    curve = sweep.curves[run.id]
    sweep.curves[run.id] = replace(curve, steps=curve.steps[:n], values=curve.values[:n])
    return run


def words_of(sweep, **options):
    return view_of(sweep, **options)["progress"]["words"]


def test_what_early_termination_saved_is_told(make_sweep):
    sweep = make_sweep()
    for _ in range(3):
        sweep.add()  # 20 values each
    stopped_at(sweep, 5)
    stopped_at(sweep, 10)
    assert words_of(sweep, total=9) == [
        "5 of 9 runs",
        "2 stopped early, 25 % of iterations saved",  # 25 of 100
    ]


def test_nothing_is_said_to_be_saved_without_a_measure_for_it(make_sweep):
    sweep = make_sweep()
    stopped_at(sweep, 5)
    assert words_of(sweep) == ["1 run", "1 stopped early"]  # nothing has finished
    sweep.add(RunState.FAILED)
    assert words_of(sweep)[1:] == ["1 failed", "1 stopped early"]


def test_runs_stopped_at_their_end_saved_nothing_and_longer_ones_less_than_nothing(make_sweep):
    sweep = make_sweep()
    sweep.add()
    stopped_at(sweep, 20)
    sweep.go_on(2, LOW)
    assert words_of(sweep) == ["2 runs", "1 stopped early"]


def test_curves_that_are_only_samples_are_not_counted(make_sweep):
    sweep = make_sweep()
    whole = sweep.add(history_rows=1000)
    part = stopped_at(sweep, 20)
    sweep.replace(1, replace(part, history_rows=100))
    for run in (whole, part):
        sweep.curves[run.id] = replace(sweep.curves[run.id], is_sampled=True)
    assert words_of(sweep)[1] == "1 stopped early, 45 % of iterations saved"


@pytest.mark.parametrize("state", [SweepState.RUNNING, SweepState.PENDING, SweepState.PAUSED])
def test_a_stopped_run_that_may_go_on_by_itself_is_called_paused(make_sweep, state):
    sweep = make_sweep(THAW, sweep_state=state)
    sweep.add()
    stopped_at(sweep, 5, stop_requested="ends at 0.41 ± 0.03")
    view = view_of(sweep)
    row = view["rows"][1]
    assert (row["state"], row["word"], row["note"]) == ("stopped", "paused", "ends at 0.41 ± 0.03")
    assert view["progress"]["words"][1] == "1 paused, 38 % of iterations saved"
    assert view["progress"]["counts"] == {"finished": 1, "stopped": 1}
    assert re.search(r"^ +2  paused ", to_text(view), re.MULTILINE)
    assert "●</span>&nbsp;paused" in to_html(view)
    assert run_line(view, row).startswith("run 2  paused")


@pytest.mark.parametrize(
    ("config", "state"),
    [
        (THAW, SweepState.FINISHED),  # nothing goes on by itself any more
        (CONFIG, SweepState.RUNNING),
        ({**CONFIG, "early_terminate": {"type": "auto"}}, SweepState.RUNNING),
    ],
)
def test_other_stopped_runs_are_called_stopped(make_sweep, config, state):
    sweep = make_sweep(config, sweep_state=state)
    stopped_at(sweep, 5)
    assert row_of(sweep, 1)["word"] == "stopped"


def test_the_word_follows_the_end_of_the_sweep_although_the_run_is_the_same(make_sweep):
    sweep, rows = make_sweep(THAW), {}
    stopped_at(sweep, 5)
    assert row_of(sweep, 1, rows=rows)["word"] == "paused"
    sweep.record = replace(sweep.record, state=SweepState.FINISHED)
    assert row_of(sweep, 1, rows=rows)["word"] == "stopped"


# --- what is to come ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        (
            [2],
            "Run 2 goes on as soon as an agent works on the sweep: "
            "nbsweep.agent('ab12cd34', train).",
        ),
        (
            [1, 3],
            "Runs 1, 3 go on as soon as an agent works on the sweep: "
            "nbsweep.agent('ab12cd34', train).",
        ),
    ],
)
def test_runs_that_wait_to_go_on_are_told_of(make_sweep, numbers, note):
    sweep = make_sweep()
    for _ in range(3):
        sweep.add()
    for number in numbers:
        wanted = replace(sweep.runs[number - 1], continue_requested={"config": {}})
        sweep.replace(number - 1, wanted)
    assert view_of(sweep)["notes"] == [note]
    assert view_of(sweep, live=True)["notes"] == []  # it happens at once


def test_the_plan_stands_beside_the_progress(make_sweep):
    sweep = make_sweep()
    sweep.add()
    plan = "7 more runs fit until 14:32, about 12 s each"
    view = view_of(sweep, total=3, live=True, plan=plan)
    assert view["progress"]["plan"] == plan
    assert f"1 of 3 runs · 12 s · about 24 s left · {plan}" in to_text(view)
    assert plan in to_html(view)


# --- the curves as a picture ---------------------------------------------------------------------


def test_the_curves_are_drawn_where_a_run_went_on(make_mixed_sweep):
    sweep = make_mixed_sweep(12, sweep_state=SweepState.FINISHED)
    titles = [plot.title for plot in plots(sweep.snapshot(), sweep.config)]
    assert titles == ["Parallel coordinates", "Parameter importance"]
    sweep.go_on(2, LOW)
    curves, *_ = plots(sweep.snapshot(), sweep.config)
    assert (curves.title, curves.caption) == (
        "Learning curves",
        "A ring where a run was continued",
    )
    assert curves.alt == (
        "Learning curves of 11 runs: run 2 continued at step 20 after 3 min 05 s."
    )
    root = ET.fromstring(curves.svg)
    assert len([p for p in root.iter(f"{SVG}path") if p.get("class").startswith("line")]) == 11
    assert len(rings(curves.svg)) == 1


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_a_ring_lies_on_the_line_of_its_run(make_sweep, goal):
    config = {**CONFIG, "metric": {"name": "loss", "goal": goal}}
    sweep = make_sweep(config, sweep_state=SweepState.FINISHED)
    for _ in range(4):
        sweep.add()
    if goal == "maximize":
        for run_id, curve in sweep.curves.items():
            sweep.curves[run_id] = replace(curve, values=tuple(-value for value in curve.values))
    sweep.go_on(3, [0.5, 0.6, 0.4])
    curves, *_ = plots(sweep.snapshot(), sweep.config)
    ((x, y),) = rings(curves.svg)
    line = list(ET.fromstring(curves.svg).iter(f"{SVG}path"))[-1]
    points = re.findall(r"([\d.]+) (-?[\d.]+)", line.get("d"))
    near = [(a, b) for a, b in points if abs(float(a) - x) <= 0.5]  # whole pixels
    assert [float(b) for _, b in near] == [y]


def test_the_picture_of_very_many_curves_is_bounded_and_holds_the_continued_ones(make_sweep):
    sweep = make_sweep(sweep_state=SweepState.FINISHED)
    for _ in range(MOST_CURVES + 40):
        sweep.add()
    for number in range(1, TOLD + 4):
        sweep.go_on(number, LOW)
    curves, *_ = plots(sweep.snapshot(), sweep.config)
    assert curves.caption.endswith(f"; {MOST_CURVES} of {MOST_CURVES + 40} runs drawn")
    assert len(rings(curves.svg)) == TOLD + 3
    assert curves.alt.endswith("; and 3 more.")
    assert len(curves.svg) < 40_000


def test_values_of_any_size_and_sign_are_drawn(make_sweep):
    sweep = make_sweep(sweep_state=SweepState.FINISHED)
    for _ in range(3):
        sweep.add()
    for number, values in ((1, [1e308, -1e308]), (2, [0.0, -5.0]), (3, [1e-300])):
        sweep.go_on(number, values)
    curves, *_ = plots(sweep.snapshot(), sweep.config)
    assert "nan" not in curves.svg
    assert "inf" not in curves.svg
    assert all(0 <= y <= 260 for _, y in rings(curves.svg))


def test_equal_values_and_names_of_users_do_no_harm(make_sweep):
    name = "<b>&\x00loss"
    config = {**CONFIG, "metric": {"name": name, "goal": "minimize"}}
    sweep = make_sweep(config, sweep_state=SweepState.FINISHED)
    run = sweep.add(summary={name: 1.0, "loss": 1.0})
    sweep.curves[run.id] = Curve(run.id, run.state, (0, 1), (1.0, 1.0))
    sweep.go_on(1, [1.0], value=1.0)
    curves, *_ = plots(sweep.snapshot(), sweep.config)
    assert "<b>&\ufffdloss" in [t.text for t in ET.fromstring(curves.svg).iter(f"{SVG}text")]
