import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from nbsweep.analysis.frame import frame
from nbsweep.analysis.importance import Importance, ParameterImportance
from nbsweep.analysis.parallel_coordinates import collect
from nbsweep.records import RunState, SweepState
from nbsweep.view.svg import (
    MAX_AXES,
    MAX_LINES,
    WIDTH,
    importance_bars,
    importance_plot,
    in_common,
    lines_plot,
    parallel_coordinates,
    plots,
)

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]


def lines_drawn(svg):
    paths = ET.fromstring(svg).iter(f"{SVG}path")
    return sum(path.get("d").count("M") for path in paths)


def lines_of(sweep):
    return parallel_coordinates(collect(frame(sweep.snapshot(), sweep.config)))


def space(**parameters):
    return {"method": "random", "metric": {"name": "loss"}, "parameters": parameters}


def ended(make_mixed_sweep, n):
    return make_mixed_sweep(n, sweep_state=SweepState.FINISHED)


def test_every_run_that_counts_is_a_line_and_every_parameter_an_axis(make_mixed_sweep):
    svg = lines_of(ended(make_mixed_sweep, 30))
    assert lines_drawn(svg) == 24  # 2 failed, 2 crashed, 2 killed
    shown = texts(svg)
    for name in ("batch_size (log)", "dropout", "fc_layer_size (log)", "optimizer", "loss"):
        assert name in shown
    assert {"adam", "sgd", "0.001"} <= set(shown)


def test_the_best_run_is_drawn_last_and_bold_with_a_dot_on_each_axis(make_mixed_sweep):
    root = ET.fromstring(lines_of(ended(make_mixed_sweep, 30)))
    best = list(root.iter(f"{SVG}path"))[-1]
    assert float(best.get("stroke-width")) > 3
    assert len(list(root.iter(f"{SVG}circle"))) == 6


def test_lines_start_and_end_on_the_axes(make_sweep):
    sweep = make_sweep(space(a={"min": 0.0, "max": 1.0}, b={"min": 0.0, "max": 1.0}))
    sweep.add(params={"a": 0.0, "b": 1.0}, summary={"loss": 0.0})
    sweep.add(params={"a": 1.0, "b": 0.0}, summary={"loss": 1.0})
    root = ET.fromstring(lines_of(sweep))
    axes = [line for line in root.iter(f"{SVG}line") if line.get("x1") == line.get("x2")]
    top, bottom = float(axes[0].get("y1")), float(axes[0].get("y2"))
    best = list(root.iter(f"{SVG}path"))[-1].get("d")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", best)]
    assert numbers[0] == pytest.approx(float(axes[0].get("x1")), abs=1)
    assert numbers[-2] == pytest.approx(float(axes[2].get("x1")), abs=1)
    assert [numbers[1], numbers[7], numbers[-1]] == pytest.approx([bottom, top, bottom], abs=0.1)


def test_the_colours_beside_the_metric_say_which_end_is_best(make_sweep):
    for goal, best_on_top in (("minimize", False), ("maximize", True)):
        config = {**space(a={"values": [1, 2]}), "metric": {"name": "loss", "goal": goal}}
        sweep = make_sweep(config)
        for value in (0.0, 1.0):
            sweep.add(summary={"loss": value})
        root = ET.fromstring(lines_of(sweep))
        strip = {rect.get("class"): float(rect.get("y")) for rect in root.iter(f"{SVG}rect")}
        assert (strip["q15"] < strip["q0"]) is best_on_top


def test_runs_without_a_parameter_pass_below_its_axis(make_sweep):
    sweep = make_sweep(space(a={"min": 0.0, "max": 1.0}, b={"min": 0.0, "max": 1.0}))
    sweep.add(params={"a": 0.5, "b": 0.5}, summary={"loss": 0.0})
    sweep.add(params={"a": 0.5}, summary={"loss": 1.0})
    svg = lines_of(sweep)
    assert "missing" in texts(svg)
    root = ET.fromstring(svg)
    lowest = max(float(text.get("y")) for text in root.iter(f"{SVG}text"))
    assert lowest < float(root.get("height"))


def test_odd_names_are_escaped_and_control_characters_replaced(make_sweep):
    sweep = make_sweep(space(a={"values": ["<b>&\x1b\x00", "y"]}))
    sweep.add(params={"a": "<b>&\x1b\x00"})
    sweep.add(params={"a": "y"})
    assert "<b>&\ufffd\ufffd" in texts(lines_of(sweep))


def test_one_run_is_one_line(make_sweep):
    sweep = make_sweep()
    sweep.add()
    assert lines_drawn(lines_of(sweep)) == 1


def test_many_runs_are_thinned_and_the_best_stays(make_sweep):
    sweep = make_sweep(space(a={"min": 0.0, "max": 1.0}))
    for i in range(2 * MAX_LINES + 1):
        sweep.add(summary={"loss": float(i)}, params={"a": 0.5})
    drawn = plots(sweep.snapshot(), sweep.config)[0]
    assert lines_drawn(drawn.svg) <= MAX_LINES
    assert f"of {2 * MAX_LINES + 1} runs drawn" in drawn.caption
    assert "Best run: brisk-sweep-1." in drawn.alt


def test_of_many_parameters_the_most_important_have_axes(make_sweep):
    sweep = make_sweep(space(**{f"p{i:02d}": {"min": 0.0, "max": 1.0} for i in range(30)}))
    for _ in range(80):
        run = sweep.add()
        sweep.replace(-1, type(run)(**{**vars(run), "summary": {"loss": run.params["p29"]}}))
    lines, bars = plots(sweep.snapshot(), sweep.config)
    assert f"{MAX_AXES - 1} of 30 parameters drawn" in lines.caption
    assert "p29" in texts(lines.svg)
    assert "15 of 30 parameters drawn." in bars.caption


def test_nothing_is_drawn_without_a_metric_or_without_a_value(make_sweep):
    plain = make_sweep({"method": "grid", "parameters": {"a": {"values": [1, 2]}}})
    plain.add()
    assert plots(plain.snapshot(), plain.config) == ()
    failed = make_sweep()
    failed.add(RunState.FAILED)
    assert plots(failed.snapshot(), failed.config) == ()
    assert plots(make_sweep().snapshot(), make_sweep().config) == ()


def test_lines_alone_need_a_run_and_two_axes(make_sweep):
    def picture_of(sweep):
        columns = frame(sweep.snapshot(), sweep.config)
        return lines_plot(columns, collect(columns))

    assert picture_of(make_sweep()) is None
    one = make_sweep({"method": "grid", "parameters": {"a": {"values": [1, 2]}}})
    one.add()
    assert picture_of(one) is None


def test_without_a_metric_colours_stand_for_run_numbers_and_have_no_scale(make_sweep):
    config = {"method": "grid", "parameters": {"a": {"values": [1, 2]}, "b": {"values": [1, 2]}}}
    sweep = make_sweep(config)
    for i in (1, 2):
        sweep.add(params={"a": i, "b": i})
    svg = lines_of(sweep)
    assert lines_drawn(svg) == 2
    assert [rect.get("class") for rect in ET.fromstring(svg).iter(f"{SVG}rect")] == ["bg"]


def test_few_runs_get_words_instead_of_bars(make_sweep):
    sweep = make_sweep()
    for _ in range(5):
        sweep.add()
    lines, bars = plots(sweep.snapshot(), sweep.config)
    assert lines.svg
    assert bars.svg == ""
    assert bars.caption.startswith(
        "Too few runs to tell what matters: 5 runs have a value of loss, 10"
    )


def test_only_constants_leave_the_importance_sentence(make_sweep):
    sweep = make_sweep(space(a={"value": 1}))
    sweep.add()
    (plot,) = plots(sweep.snapshot(), sweep.config)
    assert plot.title == "Parameter importance"


def row(name, importance, correlation=None, high_value=None, stands_out=True):
    return ParameterImportance(name, importance, 0.05, correlation, 0.1, high_value, stands_out)


def test_bars_show_importance_error_and_signed_correlation():
    rows = [row("lr", 0.7, -0.5), row("opt", 0.25, 0.25, "sgd"), row("act", 0.05, None)]
    svg = importance_bars(rows, "loss")
    shown = texts(svg)
    for text in ("lr", "0.70 ± 0.05", "−0.50", "+0.25 for sgd", "categories have no order"):
        assert text in shown
    root = ET.fromstring(svg)
    widths = {
        kind: [
            float(rect.get("width"))
            for rect in root.iter(f"{SVG}rect")
            if rect.get("class") == kind
        ]
        for kind in ("bar", "plus", "minus")
    }
    assert widths["bar"][0] / widths["bar"][1] == pytest.approx(0.7 / 0.25, rel=0.01)
    assert widths["minus"][0] / widths["plus"][0] == pytest.approx(2, rel=0.01)


def test_categories_show_their_correlation_ratio_and_the_best():
    kind = row("act", 0.6)._replace(correlation_ratio=0.5, best_value="relu")
    svg = importance_bars([kind, row("lr", 0.4, 0.5)], "loss", "permutation")
    assert {"0.50, best relu", "share of the loss if shuffled, for loss, ±"} <= set(texts(svg))
    widths = [
        float(rect.get("width"))
        for rect in ET.fromstring(svg).iter(f"{SVG}rect")
        if rect.get("height") == "12"
    ]
    _, ratio, _, correlation = widths
    assert ratio == pytest.approx(correlation)


LONG = "optimizer_config.scheduler.warmup_and_cosine_decay_{:02d}_rate"


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 11, 24])
@pytest.mark.parametrize("name", [LONG, "p{}"])
@pytest.mark.parametrize(
    "metric", ["validation.epoch_mean.macro_f1_of_the_dev_set", "検証損失" * 12]
)
def test_names_of_axes_stay_inside_and_apart(make_sweep, n, name, metric):
    law = {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1}
    config = {**space(**{name.format(i): law for i in range(n)}), "metric": {"name": metric}}
    sweep = make_sweep(config)
    for i in range(4):
        params = {name.format(k): 10 ** -(1 + (i * k) % 4) for k in range(n)}
        sweep.add(params=params, summary={metric: -1235 + 1e-4 * i})
    root = ET.fromstring(lines_plot(*both(sweep)).svg)
    titles = [text for text in root.iter(f"{SVG}text") if "name" in (text.get("class") or "")]
    assert len({text.text for text in titles}) == min(n, MAX_AXES - 1) + 1
    rows = {}
    for text in titles:
        width = sum(11 if ord(letter) > 0x3000 else 6.7 for letter in text.text)
        start = float(text.get("x"))
        start -= {"end": width, "middle": width / 2}.get(text.get("text-anchor"), 0)
        assert start >= 0
        assert start + width <= WIDTH
        rows.setdefault(text.get("y"), []).append((start, start + width))
    for spans in rows.values():
        spans.sort()
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def both(sweep):
    columns = frame(sweep.snapshot(), sweep.config)
    return columns, collect(columns)


def test_every_label_stays_inside_the_picture():
    rows = [row("x" * 60, 1.0, 1.0, "y" * 60), row("b", 0.0, -1.0)]
    root = ET.fromstring(importance_bars(rows, "z" * 80))
    for text in root.iter(f"{SVG}text"):
        width = 6.3 * len(text.text)
        start = float(text.get("x")) - {"end": width, "middle": width / 2}.get(
            text.get("text-anchor"), 0
        )
        assert start >= 0
        assert start + width <= WIDTH


def test_the_importance_plot_says_its_finding_to_those_who_do_not_see_it():
    found = Importance(
        rows=(row("lr", 0.7, -0.5), row("opt", 0.3)),
        verdict="lr decides most, 0.70 ± 0.05, 40 runs.",
        metric="loss",
        n_runs=40,
        is_ranked=True,
    )
    plot = importance_plot(found)
    assert plot.alt == (
        "Importance for loss of 40 runs: lr 0.70 (correlation -0.50); opt 0.30. "
        "lr decides most, 0.70 ± 0.05, 40 runs."
    )


def test_what_the_best_runs_have_in_common_is_named(make_sweep):
    sweep = make_sweep(
        space(
            opt={"values": ["adam", "sgd"]},
            lr={"min": 0.0, "max": 1.0},
            other={"min": 0.0, "max": 1.0},
        )
    )
    for i in range(40):
        lr = i / 40
        params = {"opt": "adam" if i < 20 else "sgd", "lr": lr, "other": (i * 0.37) % 1}
        sweep.add(params=params, summary={"loss": lr})
    columns = frame(sweep.snapshot(), sweep.config)
    assert in_common(columns) == "The best 4 runs have lr 0 to 0.075, opt adam"


def test_what_is_in_common_is_said_in_plain_numbers(make_sweep):
    sweep = make_sweep(space(size={"min": 0, "max": 2000}, scale={"min": 0.0, "max": 2e3}))
    for i in range(40):
        params = {"size": 1441 + i, "scale": 1441.3 + i}
        sweep.add(params=params, summary={"loss": float(i)})
    columns = frame(sweep.snapshot(), sweep.config)
    assert in_common(columns) == "The best 4 runs have scale 1400, size 1441 to 1444"


def test_few_runs_have_nothing_in_common_beyond_chance(make_sweep):
    sweep = make_sweep()
    for _ in range(9):
        sweep.add()
    assert in_common(frame(sweep.snapshot(), sweep.config)) == ""


def test_the_importance_plot_says_what_is_explained_and_what_is_left():
    found = Importance(
        (row("lr", 1.0, -0.5),), "lr decides.", "loss", 40, score=0.4, is_ranked=True
    )
    assert importance_plot(found).caption == (
        "lr decides. The forest explains 40 % of loss in runs it did not see; the other 60 % is "
        "chance, or lies in what the parameters do not tell."
    )
