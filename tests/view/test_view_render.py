import base64
import re
from html.parser import HTMLParser

import pytest

from nbsweep.records import Curve, RunState, SweepState
from nbsweep.view.content import columns, pick, run_line
from nbsweep.view.drawing import Plot
from nbsweep.view.html import CELLS_FINAL, ROWS_FINAL, ROWS_LIVE, to_html
from nbsweep.view.picture import picture
from nbsweep.view.render import bundle, final_bundle
from nbsweep.view.terminal import to_text

VOID = {"img", "br", "hr"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>&amp;"
ALLOWED = {
    *("div", "span", "b", "table", "thead", "tbody", "tr", "th", "td"),
    *("img", "details", "summary", "pre"),
}


class Page(HTMLParser):
    """Parses a fragment and keeps what the tests ask for."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.rows, self.text, self._open = [], [], [], "", []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def values(self, tag, name):
        return [value for at, attribute, value in self.attributes if (at, attribute) == (tag, name)]


def view_of(sweep, **options):
    options = {"total": None, "now": sweep.now, **options}
    return picture(sweep.snapshot(), sweep.config, **options)


def page_of(sweep, plots=(), **options):
    return Page(to_html(view_of(sweep, **options), plots))


def test_the_header_names_sweep_progress_and_best_run(make_mixed_sweep):
    text = page_of(make_mixed_sweep(30), total=40, live=True).text
    assert "digits random · ab12cd34 · demo" in text
    assert "● running" in text
    assert "28 of 40 runs · 2 running · 2 failed · 2 crashed · 2 killed · 2 stopped" in text
    assert "about 2 min" in text
    assert "★ Best loss 0.1966 in run 7: batch_size 64 · dropout 0.3" in text


def test_a_row_a_run_with_params_metric_curve_and_time(make_sweep):
    sweep = make_sweep()
    sweep.add(name="mine")
    rows = page_of(sweep).rows
    assert rows[0] == [
        *("run", "state", "batch_size", "dropout", "fc_layer_size", "learning_rate", "optimizer"),
        *("loss ↓", "curve", "time"),
    ]
    assert rows[1][:7] == ["★ 1", "●\xa0finished", "40", "0.5", "128", "0.003064", "adam"]
    assert rows[1][7:] == ["0.2380", "█▆▄▄▃▃▂▂▂▁▁▁▁▁▁▁", "12\xa0s"]


def test_shortened_values_and_names_are_whole_in_the_title(make_sweep):
    config = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"backbone": {"values": ["x" * 60, "y"]}},
    }
    sweep = make_sweep(config)
    sweep.add(params={"backbone": "x" * 60}, name="mine")
    page = page_of(sweep)
    assert "x" * 60 not in page.text.split("Config of the best run")[0]
    assert page.values("td", "title")[:2] == ["mine", "x" * 60]


def test_a_failed_run_shows_its_error_in_the_row_and_its_traceback_below(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.add(RunState.FAILED)
    page = page_of(sweep)
    assert page.rows[2][7] == "ValueError: loss is NaN"
    assert "run 2: ValueError: loss is NaN" in page.text
    assert 'File "model.py", line 70, in fit' in page.text
    assert page.values("details", "open") == []


def test_while_nothing_has_worked_the_first_traceback_is_open(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.FAILED)
    sweep.add(RunState.FAILED, error="KeyError: 'lr'")
    assert len(page_of(sweep, live=True).values("details", "open")) == 1
    sweep.add()
    assert page_of(sweep, live=True).values("details", "open") == []


def test_without_a_metric_errors_have_a_column_of_their_own(make_sweep):
    sweep = make_sweep({"method": "grid", "parameters": {"a": {"values": [1, 2]}}})
    sweep.add()
    assert page_of(sweep).rows[0] == ["run", "state", "a", "time"]
    sweep.add(RunState.FAILED)
    rows = page_of(sweep).rows
    assert rows[0][-1] == "note"
    assert [row[-1] for row in rows[1:]] == ["", "ValueError: loss is NaN"]


def test_the_reason_of_an_early_stop_is_the_title_of_its_state(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.STOPPED, stop_requested="band 9: 0.41 is worse than 0.33")
    assert "band 9: 0.41 is worse than 0.33" in page_of(sweep).values("td", "title")


def evil_sweep(make_sweep):
    config = {
        "name": EVIL,
        "method": "random",
        "metric": {"name": EVIL},
        "parameters": {
            "a": {"values": [EVIL, "b"]},
            "b": {"values": [1, 2]},
            "c": {"value": EVIL},
        },
    }
    sweep = make_sweep(config, project=EVIL, end_reason=EVIL)
    for i in range(14):
        sweep.add(
            name=EVIL,
            params={"a": EVIL if i % 2 else "b", "b": i % 3, "c": EVIL},
            summary={EVIL: float(i % 2)},
        )
    sweep.add(RunState.FAILED, error=f"{EVIL}\n{EVIL}", params={"a": EVIL, "b": EVIL})
    sweep.add(RunState.STOPPED, stop_requested=EVIL)
    return sweep


@pytest.mark.parametrize("live", [True, False])
def test_no_user_text_becomes_markup(make_sweep, live):
    sweep = evil_sweep(make_sweep)
    html = bundle(view_of(sweep, live=live, message=EVIL))["text/html"]
    check_markup(html)


def test_no_user_text_becomes_markup_in_the_plots(make_sweep):
    sweep = evil_sweep(make_sweep)
    html = final_bundle(sweep.snapshot(), sweep.config, now=sweep.now)["text/html"]
    check_markup(html)
    sources = Page(html).values("img", "src")
    assert len(sources) == 2
    for source in sources:
        svg = base64.b64decode(source.partition("base64,")[2]).decode()
        assert "<script" not in svg
        assert "<img" not in svg


def check_markup(html):
    page = Page(html)
    assert set(page.tags) <= ALLOWED
    names = {name for _, name, _ in page.attributes}
    assert names <= {
        *("style", "class", "title", "align", "colspan", "cellpadding", "aria-hidden", "open"),
        *("src", "alt", "width"),
    }
    assert all(
        source.startswith("data:image/svg+xml;base64,") for source in page.values("img", "src")
    )
    assert "alert(1)" in page.text


def test_nothing_is_loaded_and_nothing_needs_style_or_ids(make_mixed_sweep):
    sweep = make_mixed_sweep(30, sweep_state=SweepState.FINISHED)
    html = final_bundle(sweep.snapshot(), sweep.config, now=sweep.now)["text/html"]
    for needle in ("http:", "https:", "//", "<script", "<style", " id=", "url(", "<svg"):
        assert needle not in re.sub(r"base64,[^\"]*", "", html)


def test_the_progress_bar_is_there_in_text_when_styles_are_gone(make_mixed_sweep):
    text = page_of(make_mixed_sweep(30), total=40).text
    bar = re.search("[█▚▒▓░]+", text).group()
    assert len(bar) == 30
    assert [bar.count(block) for block in "█▚▒▓░"] == [15, 1, 5, 1, 8]


def test_an_unknown_total_has_no_bar(make_sweep):
    sweep = make_sweep()
    sweep.add()
    assert not re.search("[░▒▓]", page_of(sweep).text)


def test_while_live_only_active_best_and_newest_runs_are_listed(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.RUNNING)
    for i in range(60):
        sweep.add(summary={"loss": 0.0 if i == 5 else 1.0})
    page = page_of(sweep, live=True)
    numbers = [row[0] for row in page.rows[1:]]
    assert numbers == ["1", "★ 7", *map(str, range(62 - ROWS_LIVE + 2, 62))]
    assert f"{ROWS_LIVE} of 61 runs shown: under way, the best and the newest" in page.text


def test_a_long_final_table_keeps_the_best_runs(make_sweep):
    sweep = make_sweep()
    for i in range(ROWS_FINAL + 50):
        sweep.add(summary={"loss": float(i)})
    for _ in range(5):
        sweep.add(RunState.KILLED, summary={"loss": -1.0})
    page = page_of(sweep)
    assert len(page.rows) == ROWS_FINAL + 1
    assert [row[0] for row in page.rows[1:4]] == ["★ 1", "2", "3"]
    assert f"{ROWS_FINAL} of 255 runs shown: the best" in page.text


def test_a_table_of_many_params_has_fewer_rows(make_sweep):
    params = {f"p{i:02}": {"min": 0.0, "max": 1.0} for i in range(12)}
    sweep = make_sweep({"method": "random", "metric": {"name": "loss"}, "parameters": params})
    for _ in range(200):
        sweep.add()
    page = page_of(sweep)
    assert len(page.rows) == CELLS_FINAL // 12 + 1
    assert "100 of 200 runs shown: the best" in page.text


def test_a_long_table_of_a_maximised_metric_keeps_the_highest(make_sweep):
    sweep = make_sweep(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": "maximize"},
            "parameters": {"a": {"values": [1, 2]}},
        }
    )
    for i in range(10):
        sweep.add(summary={"loss": float(i)})
    assert [row["number"] for row in pick(view_of(sweep), 3)] == [8, 9, 10]


def test_500_parameters_leave_a_table_one_can_read(make_sweep):
    config = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {f"p{i:03d}": {"min": 0.0, "max": 1.0} for i in range(500)},
    }
    sweep = make_sweep(config)
    for _ in range(3):
        sweep.add()
    page = page_of(sweep)
    assert len(page.rows[0]) == 15
    assert "10 of 500 swept parameters shown" in page.text
    assert "and 490 more" in page.text
    assert "… 490 more" in to_text(view_of(sweep))


def test_an_empty_sweep_is_a_header(make_sweep):
    page = page_of(make_sweep(), total=10)
    assert "0 of 10 runs" in page.text
    assert "● no runs yet" in page.text
    assert page.rows == []


def test_odd_values_are_shown_as_they_are(make_sweep):
    config = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"a": {"values": [None, 1]}, "b": {"values": [[1, 2], {"x": 1}]}},
    }
    sweep = make_sweep(config)
    sweep.add(params={"a": None, "b": [1, 2]}, summary={"loss": float("nan")})
    sweep.add(params={"a": 10**400, "b": {"x": float("inf")}}, summary={"loss": float("inf")})
    rows = page_of(sweep).rows
    assert rows[1][2:5] == ["None", "[1, 2]", "nan"]
    assert rows[2][2:5] == ["1e400", "{'x': inf}", "inf"]
    sweep.curves[sweep.runs[0].id] = Curve(sweep.runs[0].id, RunState.FINISHED, (0,), (1e308,))
    assert "▄" in page_of(sweep).rows[1][5]


def test_lone_surrogates_do_not_break_the_message_or_the_notebook(make_sweep):
    sweep = make_sweep()
    sweep.add(name="\ud800", params={"optimizer": "\udfff"})
    for text in bundle(view_of(sweep)).values():
        text.encode()


def test_a_metric_that_is_never_logged_is_said_in_the_cell(make_sweep):
    sweep = make_sweep()
    sweep.add(summary={"val_loss": 1.0})
    assert 'No run has logged "loss"' in page_of(sweep, live=True).text
    assert 'Note: No run has logged "loss"' in to_text(view_of(sweep))


def test_many_different_errors_are_counted_not_listed(make_sweep):
    sweep = make_sweep()
    for i in range(9):
        sweep.add(RunState.FAILED, error=f"KeyError: {i}")
    page = page_of(sweep)
    assert page.tags.count("details") == 5
    assert "and 4 other errors" in page.text


def test_plots_come_with_words_and_words_come_without_plots(make_sweep):
    sweep = make_sweep()
    sweep.add()
    plots = [
        Plot("A plot", "It says this.", "A plot that says this.", "<svg/>", 960),
        Plot("Another", "Too few runs.", "", "", 960),
    ]
    page = page_of(sweep, plots)
    assert page.values("img", "alt") == ["A plot that says this."]
    assert page.values("img", "src") == ["data:image/svg+xml;base64,PHN2Zy8+"]
    assert "A plot It says this." in page.text
    assert "Another Too few runs." in page.text


@pytest.mark.parametrize(("n", "limit"), [(50, 150_000), (200, 300_000)])
def test_saved_html_stays_small(make_mixed_sweep, n, limit):
    sweep = make_mixed_sweep(n, sweep_state=SweepState.FINISHED)
    saved = final_bundle(sweep.snapshot(), sweep.config, now=sweep.now)
    assert sum(len(text.encode()) for text in saved.values()) < limit


def test_the_best_config_and_the_fixed_parameters_end_the_page(make_sweep):
    sweep = make_sweep()
    sweep.add()
    text = page_of(sweep).text
    assert '"optimizer": "adam"' in text
    assert text.rstrip().endswith("Fixed: epochs 5")
    assert "Fixed:" not in page_of(sweep, live=True).text


def test_html_and_text_draw_the_columns_that_one_table_lists(make_mixed_sweep):
    view = view_of(make_mixed_sweep(12))
    headings = [column.heading for column in columns(view, view["rows"])]
    assert Page(to_html(view)).rows[0] == headings
    heads = next(line for line in to_text(view).splitlines() if line.startswith("run  "))
    assert re.split("  +", heads) == headings


def test_while_an_agent_is_at_work_the_text_of_an_output_has_no_table(make_mixed_sweep):
    sweep = make_mixed_sweep(12)
    brief = bundle(view_of(sweep, total=40, live=True))["text/plain"].splitlines()
    whole = bundle(view_of(sweep, total=40))["text/plain"].splitlines()
    assert brief[0] == "Sweep ab12cd34 digits · random · running"
    assert "10 of 40 runs" in brief[1]
    assert set(brief) < set(whole)
    assert any(line.startswith("run  ") for line in whole)
    assert not any(line.startswith("run  ") for line in brief)


def test_text_is_a_table_of_aligned_columns(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.add(RunState.FAILED)
    sweep.add(RunState.RUNNING)
    lines = to_text(view_of(sweep, total=5, live=True)).splitlines()
    assert lines[0] == "Sweep ab12cd34 digits · random · running"
    assert lines[1].startswith(
        "██████▒▒▒▒▒▒▓▓▓▓▓▓░░░░░░░░░░░░  2 of 5 runs · 1 running · 1 failed · 38 s"
    )
    assert lines[2].startswith("Best loss 0.2380 in run 1: batch_size 40  dropout 0.5  ")
    assert lines[3:] == [
        "",
        "run  state     batch_size  dropout  fc_layer_size  learning_rate  optimizer  loss ↓  "
        "curve             time",
        "★ 1  finished          40      0.5            128       0.003064  adam       0.2380  "
        "█▆▄▄▃▃▂▂▂▁▁▁▁▁▁▁  12 s",
        "  2  failed           232      0.5            128         0.0321  sgd"
        "                                  12 s",
        "  3  running           56      0.4            256       0.007536  adam       0.6266  "
        "█▆▄▃▂▂▁           12 s",
        "run 2: ValueError: loss is NaN",
    ]


def test_run_lines_say_what_happened(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.add(RunState.FAILED)
    sweep.add(RunState.RUNNING)
    view = view_of(sweep)
    params = "batch_size {}  dropout {}  fc_layer_size {}  learning_rate {}  optimizer {}"
    assert [run_line(view, row) for row in view["rows"]] == [
        "run 1  finished  loss 0.2380  best so far  "
        + params.format(40, 0.5, 128, 0.003064, "adam")
        + "  12 s",
        "run 2  failed  ValueError: loss is NaN  "
        + params.format(232, 0.5, 128, 0.0321, "sgd")
        + "  12 s",
        "run 3  started  " + params.format(56, 0.4, 256, 0.007536, "adam"),
    ]
