"""A sweep with several objectives, or limits, in the picture and in what is drawn of it."""

import re
from xml.etree import ElementTree

import pytest

from nbsweep.analysis.frame import frame
from nbsweep.analysis.front import LeadFinder
from nbsweep.analysis.front_plot import collect_front, collect_hypervolume
from nbsweep.records import RunState
from nbsweep.view.content import lines_above, pick, run_line
from nbsweep.view.front_svg import MOST_DOTS, front_plot, hypervolume_plot
from nbsweep.view.html import to_html
from nbsweep.view.picture import picture
from nbsweep.view.svg import in_common, plots
from nbsweep.view.terminal import to_text
from tests.made_up_sweeps import OBJECTIVES, VALUES, front_sweep

LIMITED = [{"name": "loss", "goal": "minimize"}, {"name": "latency", "at_most": 20}]


def drawn(sweep, **options):
    return picture(sweep.snapshot(), sweep.config, total=40, now=sweep.now, **options)


def test_the_picture_lists_the_metrics_the_front_and_no_best_run():
    shown = drawn(front_sweep())
    assert [metric["name"] for metric in shown["metrics"]] == ["loss", "accuracy", "latency"]
    assert shown["metrics"][2] == {
        "name": "latency", "goal": "minimize", "at_most": 20, "at_least": None,
        "is_objective": False,
    }  # fmt: skip
    assert shown["front"] == ["run00003", "run00006", "run00001"]
    assert shown["best"] is None
    assert shown["standing"] == "Front of loss and accuracy: 3 runs"
    rows = shown["rows"]
    assert rows[0]["results"] == ["0.9000", "10.00"]
    assert rows[6]["results"] == ["", "1.000"]
    assert [row["beyond"] for row in rows] == [""] * 4 + ["latency 20.5 (at most 20)", "", ""]


def test_a_sweep_with_one_metric_has_none_of_it(make_mixed_sweep):
    shown = drawn(make_mixed_sweep(10))
    assert (shown["metrics"], shown["front"], shown["standing"]) == ([], [], "")
    assert shown["best"] is not None
    assert all(row["results"] == [] and row["beyond"] == "" for row in shown["rows"])


def test_with_limits_the_best_run_keeps_them_and_where_none_does_it_is_said():
    sweep = front_sweep([(0.3, 25.0), (0.5, 19.0), (0.4, 20.0)], LIMITED)
    shown = drawn(sweep)
    assert (shown["best"]["number"], shown["front"], shown["standing"]) == (3, [], "")
    shown = drawn(front_sweep([(0.3, 25.0)], LIMITED))
    words = "No run keeps latency at most 20 yet. Run 1 comes nearest: latency 25 (at most 20)"
    assert (shown["best"], shown["standing"]) == (None, words)
    for text in (to_text(shown), re.sub("<[^>]*>", "", to_html(shown))):
        assert words in text
        assert "Best" not in text
        assert "★" not in text
        assert "✗ 1" in text


def test_html_and_text_star_the_front_and_cross_what_breaks_a_limit():
    shown = drawn(front_sweep())
    text = to_text(shown)
    assert "Front of loss and accuracy: 3 runs" in text
    assert "loss ↓  accuracy ↑  latency ≤ 20" in text
    assert [line[:3].strip() for line in text.splitlines() if line.startswith(("★", "✗"))] == [
        "★ 1", "★ 3", "✗ 5", "★ 6",
    ]  # fmt: skip
    page = to_html(shown)
    assert page.count("font-weight:600;background:rgba(46,157,98,.13)") == 3
    assert "★ Front of loss and accuracy: 3 runs" in page
    assert 'title="brisk-sweep-5 · latency 20.5 (at most 20)"' in page
    assert "Best" not in page


def test_an_error_takes_the_place_of_all_metrics():
    sweep = front_sweep()
    sweep.add(RunState.FAILED)
    page = to_html(drawn(sweep))
    assert page.count('colspan="4"') == 1  # loss, accuracy, latency and the curve
    heads, cells = page.count("<th "), page.split("<tr")[-1].count("<td")
    assert cells + 3 == heads


def test_lines_of_runs_tell_all_metrics_and_what_is_on_the_front():
    shown = drawn(front_sweep())
    assert "loss 0.3000  accuracy 0.8000  latency 20.00  on the front" in run_line(
        shown, shown["rows"][2]
    )
    assert "✗ latency 20.5 (at most 20)" in run_line(shown, shown["rows"][4])
    assert "best" not in "".join(run_line(shown, row) for row in shown["rows"])
    assert lines_above(shown)[2] == [("Front of loss and accuracy: 3 runs", "best")]


def test_the_runs_of_the_front_are_shown_first_but_leave_room_while_an_agent_works():
    values = [(0.01 * i, 0.01 * i, 1.0) for i in range(60)]  # all of them on the front
    sweep = front_sweep([*values, *[(5.0, 0.0, 1.0)] * 5])
    sweep.add(RunState.RUNNING)
    final = [row["number"] for row in pick(drawn(sweep), 20)]
    assert set(final) <= set(range(1, 61))
    live = [row["number"] for row in pick(drawn(sweep, live=True), 20)]
    assert len(live) == 20
    assert 66 in live  # under way
    assert {61, 62, 63, 64, 65} < set(live)  # the newest
    assert min(live) == 1
    assert max(number for number in live if number < 61) > 50


def test_runs_beyond_a_limit_come_after_those_that_keep_it():
    sweep = front_sweep([(0.1 + 0.01 * i, 30.0 if i < 5 else 1.0) for i in range(10)], LIMITED)
    assert [row["number"] for row in pick(drawn(sweep), 5)] == [6, 7, 8, 9, 10]


def test_a_second_look_costs_what_changed_and_says_the_same():
    sweep = front_sweep()
    rows, leaders = {}, LeadFinder(sweep.config.metrics)
    first = drawn(sweep, rows=rows, leaders=leaders)
    sweep.add(summary={"loss": 0.1, "accuracy": 0.99, "latency": 1.0})
    second = drawn(sweep, rows=rows, leaders=leaders)
    assert second["front"] == ["run00008"]
    assert all(a is b for a, b in zip(first["rows"], second["rows"], strict=False))
    assert {**second, "now": 0} == {**drawn(sweep), "now": 0}


# --- static plots


def test_the_static_front_has_a_mark_for_each_run_and_the_steps():
    sweep = front_sweep([*VALUES, (0.45, 0.8, 1.0)])
    plot = front_plot(collect_front(sweep.snapshot(), sweep.config))
    root = ElementTree.fromstring(plot.svg)
    marks = [each.get("class") for each in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert sorted(marks) == ["beyond"] + ["dominated"] * 3 + ["front"] * 3
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 1
    assert plot.caption == (
        "Front of loss and accuracy: 3 runs; hollow: beyond a limit; "
        "1 run left out: 1 without accuracy"
    )
    assert plot.alt == (
        "loss against accuracy of 7 runs. On the front: run 1 with loss 0.5, accuracy 0.9; "
        "run 3 with loss 0.3, accuracy 0.8; run 6 with loss 0.4, accuracy 0.85."
    )


@pytest.mark.parametrize(("n", "panels"), [(3, 3), (4, 6), (6, 6)])
def test_more_objectives_are_drawn_in_pairs(n, panels):
    metrics = [{"name": f"m{k}", "goal": "minimize"} for k in range(n)]
    sweep = front_sweep([[(i * (k + 3)) % 7 for k in range(n)] for i in range(7)], metrics)
    data = collect_front(sweep.snapshot(), sweep.config)
    assert (len(data.pairs), data.steps) == (panels, ())
    assert ("4 of 6 objectives drawn" in data.caption) is (n == 6)
    marks = front_plot(data).svg.count("<circle")
    assert marks == panels * 7


def test_the_static_plots_stay_small_with_many_runs():
    metrics = [OBJECTIVES[0], {"name": "size", "goal": "minimize"}, OBJECTIVES[2]]
    sweep = front_sweep([(i, -i, 1.0) for i in range(2000)], metrics)
    plot = front_plot(collect_front(sweep.snapshot(), sweep.config))
    assert plot.svg.count("<circle") <= MOST_DOTS
    assert "250 of 2,000 runs drawn" in plot.caption
    volume = hypervolume_plot(collect_hypervolume(sweep.snapshot(), sweep.config))
    assert volume.svg.count("<circle") <= MOST_DOTS
    assert len(volume.svg) < 100_000


@pytest.mark.parametrize(
    "values",
    [
        [(1.0, 1.0, 1.0)],
        [(1e9, 1e-9, 1.0), (2e9, 2e-9, 1.0)],
        [(1e308, -1e308, 1.0), (-1e308, 1e308, 1.0)],
        [(0.5, 0.5, 1.0)] * 3,
        [(0.1, 0.3, 1.0), (0.2, 0.3, 1.0)],
        [(float("nan"), 0.5, 1.0), (0.5, float("inf"), 1.0)],
    ],
)
def test_odd_values_leave_whole_plots(values):
    sweep = front_sweep(values)
    for plot in plots(sweep.snapshot(), sweep.config):
        if plot.svg:
            ElementTree.fromstring(plot.svg)
            assert not re.search(r'="[^"]*\b(nan|inf)\b', plot.svg)


def test_a_sweep_with_a_front_has_plots_for_each_objective():
    sweep = front_sweep([(i % 5, (i * 7) % 11, i % 3) for i in range(24)])
    titles = [plot.title for plot in plots(sweep.snapshot(), sweep.config)]
    assert titles == [
        "Front",
        "Hypervolume of the front",
        "Parallel coordinates",
        "Parameter importance for loss",
        "Parameter importance for accuracy",
    ]


def test_what_the_front_has_in_common_is_said_of_it():
    params = [{"optimizer": "adam" if i < 4 else "sgd", "dropout": 0.3} for i in range(16)]
    sweep = front_sweep([])
    for i, each in enumerate(params):
        summary = {"loss": float(i), "accuracy": float(i if i < 4 else -i), "latency": 1.0}
        sweep.add(params=each, summary=summary)
    columns = frame(sweep.snapshot(), sweep.config)
    assert columns.has_front
    assert columns.best is None
    assert in_common(columns) == "The 4 runs of the front have optimizer adam"
    lines = next(p for p in plots(sweep.snapshot(), sweep.config) if p.title.startswith("Parallel"))
    assert "Best run" not in lines.alt
    assert columns.standing in lines.alt
    assert "accuracy ↑" in lines.svg
