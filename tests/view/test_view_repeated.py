"""Repeated runs are one row in tables: how often, their mean and its error."""

import re
from dataclasses import replace

from nbsweep.panel.saved import frozen_html
from nbsweep.panel.widget import Panel
from nbsweep.records import RunState
from nbsweep.view.content import pick
from nbsweep.view.delta import sent
from nbsweep.view.html import LISTED, to_html
from nbsweep.view.picture import picture
from nbsweep.view.terminal import to_text
from tests.made_up_sweeps import CONFIG, FakeSweep, front_sweep
from tests.saved_pages import script_of

WORDS = "× tells how often the same params were run, ± the error of the mean"


def repeated_sweep(losses, config=None):
    """A finished run for each loss; `losses` of one list are runs of the same params."""
    sweep = FakeSweep(config)
    for group in losses:
        first = None
        for loss in group:
            fields = {} if first is None else {"origin": {"replicate_of": first.number}}
            summary = loss if isinstance(loss, dict) else {"loss": loss}
            run = sweep.add(params=first.params if first else None, summary=summary, **fields)
            first = first or run
    return sweep


def drawn(sweep, **options):
    return picture(sweep.snapshot(), sweep.config, total=40, now=sweep.now, **options)


def first_cells(text):
    """The cells of the column "run", without the star's line above the table."""
    lines = text.split("\n\n")[-1].splitlines()[1:]
    return [re.split(r"\s{2,}", line.strip())[0] for line in lines if not line.startswith("(")]


def test_the_picture_has_one_entry_for_each_repeated_configuration():
    shown = drawn(repeated_sweep([[0.5, 0.7, 0.6], [0.9], [0.1, 0.3]]))
    assert len(shown["rows"]) == 6
    first, second = shown["repeated"]
    assert (first["id"], first["others"], first["n"]) == ("run00003", ["run00001", "run00002"], 3)
    assert first["metric"] == 0.6
    assert first["metric_text"] == "0.6 ± 0.06"
    assert first["results"] == []
    assert (second["id"], second["n"]) == ("run00005", 2)  # the better of two stands for them
    assert second["metric"] == 0.2
    assert (shown["best"]["id"], shown["best"]["value"]) == ("run00005", 0.1)
    assert shown["best"]["text"] == second["metric_text"] == "0.2 ± 0.09"


def test_what_was_not_repeated_on_purpose_keeps_its_rows():
    sweep = FakeSweep()
    params = sweep.add().params
    sweep.add(params=params)
    shown = drawn(sweep)
    assert shown["repeated"] == []
    assert WORDS not in to_text(shown)
    assert "×" not in to_text(shown)


def test_repetitions_under_way_or_broken_have_rows_of_their_own():
    sweep = repeated_sweep([[0.5, 0.7]])
    again = {"params": sweep.runs[0].params, "origin": {"replicate_of": 1}}
    sweep.add(RunState.RUNNING, **again)
    sweep.add(RunState.FAILED, **again)
    assert [row["number"] for row in pick(drawn(sweep), 10)] == [1, 3, 4]


def test_tables_say_how_often_and_the_mean_with_its_error():
    shown = drawn(repeated_sweep([[0.5, 0.7, 0.6], [0.9], [0.1, 0.3]]))
    text = to_text(shown)
    assert first_cells(text) == ["3 ×3", "4", "★ 5 ×2"]
    assert "0.6 ± 0.06" in text
    assert "0.2 ± 0.09" in text
    assert "Best loss 0.2 ± 0.09 in run 5:" in text
    assert f"({WORDS})" in text
    page = to_html(shown)
    assert page.count("<tr") == 4  # with the head
    assert ">★ 5 ×2<" in page
    assert ' title="run 1 0.5000, run 2 0.7000, run 3 0.6000">0.6 ± 0.06<' in page
    assert f">{WORDS}<" in page


def test_the_values_of_each_run_can_be_read_where_no_titles_are_shown():
    page = to_html(drawn(repeated_sweep([[0.5, 0.7, 0.6], [0.9]])))
    assert "<summary>1 configuration run several times</summary>" in page
    assert "<div>0.6 ± 0.06: run 1 0.5000, run 2 0.7000, run 3 0.6000</div>" in page
    page = to_html(drawn(repeated_sweep([[0.5, 0.7]] * (LISTED + 2))))
    assert "<div>and 2 more configurations</div>" in page


def test_a_long_table_holds_the_best_by_the_mean():
    groups = [[0.4 + 0.01 * i] for i in range(40)]
    shown = drawn(repeated_sweep([[0.1, 1.2, 1.2], *groups, [0.2, 0.2]]))
    listed = pick(shown, 30)
    numbers = [row["number"] for row in listed]
    assert numbers[-1] == 44  # the mean of run 1's configuration is 0.83, its first value 0.1
    assert not {1, 2, 3} & set(numbers)
    assert "(× tells how often" in to_text(shown)
    assert "30 of 42 runs shown: the best" in to_text(shown)


def test_a_star_of_the_front_is_not_hidden_and_further_metrics_are_means():
    sweep = front_sweep([(0.5, 0.9, 10.0), (0.6, 0.8, 12.0), (0.55, 0.85, 11.0), (0.2, 0.1, 5.0)])
    params = sweep.runs[0].params
    for i in (1, 2):
        origin = {"replicate_of": 1}
        sweep.replace(i, replace(sweep.runs[i], params=params, origin=origin))
    shown = drawn(sweep)
    assert shown["front"] == ["run00004", "run00001"]
    (each,) = shown["repeated"]
    assert (each["id"], each["n"]) == ("run00001", 3)  # that of the median is run 3
    assert (each["metric_text"], each["results"]) == ("0.55 ± 0.03", ["0.85 ± 0.03", "11 ± 0.6"])
    assert "0.85 ± 0.03" in to_text(shown)


def test_saved_outputs_hold_every_run():
    sweep = repeated_sweep([[0.5, 0.7, 0.6], [0.9]])
    panel = Panel(sweep.snapshot, sweep.config, clock=lambda: sweep.now)
    shown = drawn(sweep)
    panel.finish(shown)
    page = script_of(frozen_html(shown, panel.still_data()))
    panel.close()
    assert sent(shown)["repeated"] == shown["repeated"]
    for number in range(1, 5):
        assert f'"run0000{number}"' in page


def test_a_repetition_changes_no_row_of_the_picture():
    config = {**CONFIG, "repeats": 3}
    sweep = repeated_sweep([[0.5, 0.7]], config)
    rows = {}
    before = drawn(sweep, rows=rows)
    sweep.add(params=sweep.runs[0].params, origin={"replicate_of": 1}, summary={"loss": 0.6})
    after = drawn(sweep, rows=rows)
    assert all(a is b for a, b in zip(before["rows"], after["rows"], strict=False))
    assert (before["repeated"][0]["n"], after["repeated"][0]["n"]) == (2, 3)
