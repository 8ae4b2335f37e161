"""A report as Markdown: what it says, and that nothing of a user's becomes markup."""

import re

import pytest
import yaml
from markdown_it import MarkdownIt

from nbsweep.analysis.findings import sweep_takeaways, why_none
from nbsweep.records import RunState
from nbsweep.view.drawing import Plot
from nbsweep.view.markdown import Picture, block, code, text, to_markdown
from nbsweep.view.report import collect_report
from tests.made_up_sweeps import CONFIG, FakeSweep, front_sweep, mixed_sweep

NO_METRIC = {key: value for key, value in CONFIG.items() if key != "metric"}
EVIL = [
    "<script>alert(1)</script>",
    "a|b",
    "**bold** _it_ `code` ~~gone~~",
    "[link](http://x) ![img](y)",
    "$x^2$",
    "&amp; &lt;",
    "back\\slash\\|",
    "two ` ticks `` here",
    "@somebody #12 GH-3 me@example.org",
    "# heading",
    "1. item",
    "- item",
    "line\nbreak\r\n\tand tab",
    "ünï λ 中文 😀",
    "snake_case_name",
]


def report_of(sweep, **options):
    options = {"now": sweep.now, "made_by": "nbsweep 9.9", "top": 10, **options}
    return collect_report(sweep.snapshot(), sweep.config, **options)


def markdown_of(sweep, pictures=(), **options):
    return to_markdown(report_of(sweep, **options), pictures)


def parsed(markdown):
    return MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)


def plain(tokens):
    """The text that is drawn, as a reader sees it."""
    parts = []
    for token in tokens:
        if token.children is not None:
            parts += [
                child.content
                for child in token.children
                if child.type in ("text", "code_inline", "html_inline", "text_special", "softbreak")
            ]
        elif token.type in ("fence", "code_block", "html_block"):
            parts.append(token.content)
    return parts


def section(markdown, title):
    """The text below a heading."""
    return re.split(r"^#+ .*$", markdown.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def rows(markdown, title):
    """The cells of the table in a section."""
    lines = [line for line in section(markdown, title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_it_says_what_came_out_and_what_was_run():
    sweep = mixed_sweep(30, name="digits")
    markdown = markdown_of(sweep)
    headings = re.findall("^#+ .*$", markdown, flags=re.M)
    assert headings == [
        "# digits",
        "## Best run",
        "## Best runs",
        "## Takeaways",
        "## What decides loss",
        "## What was run",
        "## Failures",
    ]
    facts = dict(rows(markdown, "What was run")[2:13])
    assert facts["sweep"] == "ab12cd34"
    assert facts["method"] == "random"
    assert facts["metric"] == "loss, minimize"
    assert facts["runs"] == (
        "30 runs: 2 running, 20 finished, 2 failed, 2 crashed, 2 killed, 2 stopped"
    )
    assert facts["begun"] == "1970-01-12 13:46 UTC"
    assert facts["seed"] == "1"
    assert facts["version"] == "nbsweep 9.9"
    assert "- Runs 4, 19: `ValueError: loss is NaN`" in section(markdown, "Failures")


def test_the_best_run_is_named_with_the_config_that_it_had():
    sweep = mixed_sweep(30)
    markdown = markdown_of(sweep)
    best = sweep.config.metric.best_run(sweep.runs)[0]
    assert f"in run {best.number}, {best.name}.**" in markdown
    (fence,) = [token for token in parsed(markdown) if token.type == "fence"]
    assert fence.info == "yaml"
    assert yaml.safe_load(fence.content) == best.config


def test_the_table_has_the_best_runs():
    sweep = mixed_sweep(30)
    head, ruler, *lines = rows(markdown_of(sweep, top=3), "Best runs")
    assert head[:2] == ["run", "loss ↓"]
    assert ruler[:2] == ["---:", "---:"]
    assert len(lines) == 3
    assert [float(line[1]) for line in lines] == sorted(float(line[1]) for line in lines)


def test_early_termination_says_what_it_saved():
    config = {**CONFIG, "early_terminate": {"type": "hyperband", "min_iter": 3}}
    sweep = FakeSweep(config)
    for _ in range(8):
        sweep.add()
    stopped = sweep.add(RunState.STOPPED)
    curve = sweep.curves[stopped.id]
    sweep.curves[stopped.id] = type(curve)(curve.run_id, curve.state, (0, 1), curve.values[:2])
    facts = dict(rows(markdown_of(sweep), "What was run")[2:13])
    assert facts["early termination"] == (
        "hyperband (min_iter 3); 1 stopped early, 10 % of iterations saved"
    )


def test_early_termination_that_stopped_nothing_says_so():
    sweep = FakeSweep({**CONFIG, "early_terminate": {"type": "median"}})
    sweep.add()
    facts = dict(rows(markdown_of(sweep), "What was run")[2:13])
    assert facts["early termination"] == "median; no run stopped"


def test_takeaways_are_a_list_of_what_the_sweep_has_shown():
    sweep = FakeSweep()
    for i in range(40):
        params = {
            "optimizer": "adam",
            "fc_layer_size": 128,
            "dropout": 0.3,
            "epochs": 5,
            "learning_rate": 0.01,
            "batch_size": 32 + 8 * (i % 20),
        }
        sweep.add(params=params, summary={"loss": 0.1 + 0.3 * (i % 20 > 9) + 0.001 * i})
    told = [each.text for each in sweep_takeaways(sweep.snapshot(), sweep.config)]
    assert any("batch_size" in sentence for sentence in told)
    listed = section(markdown_of(sweep), "Takeaways").strip().split("\n")
    assert listed == [f"- {text(sentence)}" for sentence in told]


def test_without_takeaways_it_says_why():
    sweep = FakeSweep()
    sweep.add()
    why = why_none(sweep.snapshot(), sweep.config)
    assert section(markdown_of(sweep), "Takeaways").strip() == f"- {text(why)}"


def test_pictures_are_linked_with_words_for_who_does_not_see_them():
    plot = Plot("Parallel [x]", "What | it says", "Alt ] text", "<svg/>")
    markdown = markdown_of(mixed_sweep(5), [Picture(plot, "r-pictures/p.svg")])
    (image,) = [
        child
        for token in parsed(markdown)
        for child in token.children or ()
        if child.type == "image"
    ]
    assert image.attrs["src"] == "r-pictures/p.svg"
    assert image.content == "Alt \\] text"
    assert "What | it says" in plain(parsed(markdown))


def test_a_sweep_without_a_metric_says_so():
    sweep = FakeSweep(NO_METRIC)
    sweep.add()
    markdown = markdown_of(sweep)
    assert "**The sweep has no metric, so no run is the best.**" in markdown
    assert "## Best" not in markdown
    assert "## What decides" not in markdown
    assert ["metrics", "none"] in rows(markdown, "What was run")


def test_a_sweep_without_runs_says_so():
    markdown = markdown_of(FakeSweep())
    assert "Random search, no runs yet. 0 runs." in markdown
    assert "**No run has ended with a value of loss yet.**" in markdown
    assert ["runs", "none"] in rows(markdown, "What was run")


def test_a_front_is_a_table_of_all_its_objectives():
    head, _, *lines = rows(markdown_of(front_sweep()), "The front")
    assert head[:4] == ["run", "loss ↓", "accuracy ↑", "latency"]
    assert [line[0] for line in lines] == ["3", "6", "1"]
    assert "**Front of loss and accuracy: 3 runs.**" in markdown_of(front_sweep())


def test_limits_that_no_run_keeps_are_told():
    markdown = markdown_of(front_sweep([(0.1, 0.9, 30.0)]))
    assert (
        "**No run keeps latency at most 20 yet. Run 1 comes nearest: latency 30 (at most 20).**"
        in markdown
    )


def test_of_200_parameters_a_few_are_shown_and_that_is_said():
    space = {f"p{i:03d}": {"min": 0.0, "max": 1.0} for i in range(200)}
    sweep = FakeSweep({**CONFIG, "parameters": space})
    sweep.add()
    sweep.add()
    markdown = markdown_of(sweep)
    assert len(rows(markdown, "Best runs")[0]) == 10
    assert "The first 8 of 200 parameters are shown." in markdown
    assert "And 170 more parameters." in markdown


def test_the_important_ones_of_many_parameters_are_shown():
    space = {f"p{i:02d}": {"min": 0.0, "max": 1.0} for i in range(20)}
    sweep = FakeSweep({**CONFIG, "parameters": space})
    for i in range(60):
        params = {name: ((i * (k + 3)) % 61) / 61 for k, name in enumerate(space)}
        sweep.add(params=params, summary={"loss": params["p17"]})
    markdown = markdown_of(sweep)
    assert "p17" in rows(markdown, "Best runs")[0]
    assert "The most important 8 of 20 parameters are shown." in markdown
    assert rows(markdown, "What decides loss")[2][0] == "p17"
    assert len(rows(markdown, "What decides loss")) == 2 + 15
    assert "15 of 20 parameters are shown." in markdown


def test_importance_says_what_is_explained_and_what_is_not_told_from_zero():
    sweep = FakeSweep(
        {**CONFIG, "parameters": {"x": {"min": 0.0, "max": 1.0}, "c": {"values": ["a", "b", "d"]}}}
    )
    for i in range(60):
        params = {"x": (i * 7 % 61) / 61, "c": "abd"[i * 5 % 3]}
        sweep.add(params=params, summary={"loss": params["x"]})
    found = section(markdown_of(sweep), "What decides loss")
    assert re.search(
        r"The forest explains \d+ % of loss in runs it did not see; the other \d+ % is chance",
        found,
    )
    lines = rows(markdown_of(sweep), "What decides loss")
    assert lines[0] == ["parameter", "importance", "correlation", ""]
    assert [line[0] for line in lines[2:]] == ["x", "c"]
    assert [line[3] for line in lines[2:]] == ["", "not told from zero"]
    assert lines[2][2] == "+1.00"
    assert lines[3][2].startswith("ratio ")


@pytest.mark.parametrize("words", EVIL)
def test_words_of_users_are_drawn_as_they_are(words):
    tokens = parsed(text(words) + "\n")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(plain(tokens)) == " ".join(words.split())
    kinds = {child.type for child in tokens[1].children}
    assert kinds <= {"text", "code_inline", "text_special"}


@pytest.mark.parametrize("words", ["ask @somebody", "fixes #12", "see GH-3", "a@b.org"])
def test_nobody_is_called_by_a_name_in_a_sweep(words):
    (inline,) = [token for token in parsed(text(words)) if token.type == "inline"]
    loose = "".join(child.content for child in inline.children if child.type == "text")
    assert not re.search(r"@|#\d|GH-", loose)


@pytest.mark.parametrize("words", EVIL)
def test_names_and_values_stay_in_their_cells(words):
    config = {
        **CONFIG,
        "metric": {"name": words, "goal": "minimize"},
        "parameters": {"c": {"values": [words, "other"]}},
    }
    sweep = FakeSweep(config, name=words)
    for value in (words, "other"):
        sweep.add(
            name=words,
            params={"c": value},
            summary={words: 0.5},
            error=f"ValueError: {words}",
            state=RunState.FINISHED,
        )
    tokens = parsed(markdown_of(sweep))
    assert {token.type for token in tokens if token.type.startswith("html")} == set()
    inside = [
        child.type for token in tokens for child in token.children or () if token.type == "inline"
    ]
    assert set(inside) <= {
        "text",
        "text_special",
        "code_inline",
        "strong_open",
        "strong_close",
        "html_inline",
    }
    sub = [
        child.content
        for token in tokens
        for child in token.children or ()
        if child.type == "html_inline"
    ]
    assert sub == ["<sub>", "</sub>"]
    row_lengths, count = [], 0
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            count += 1
        if token.type == "tr_close":
            row_lengths.append(count)
            count = 0
        if token.type == "table_close":
            assert len(set(row_lengths)) == 1
            row_lengths = []
    assert len([token for token in tokens if token.type == "heading_open"]) == 7


@pytest.mark.parametrize("content", ["plain", "has ``` fence", "````` five", ""])
def test_code_blocks_hold_any_fence(content):
    (fence,) = parsed(block(content, "yaml"))
    assert fence.content.rstrip("\n") == content


@pytest.mark.parametrize("content", ["x", "a `b` c", "``", "`start", "end`"])
def test_code_in_a_line_holds_any_tick(content):
    (inline,) = [token for token in parsed(code(content)) if token.type == "inline"]
    assert [(child.type, child.content) for child in inline.children] == [("code_inline", content)]


def test_a_huge_config_is_cut_and_says_so():
    sweep = FakeSweep({**CONFIG, "parameters": {"data": {"values": [[0.5] * 9000, [1.0]]}}})
    sweep.add(params={"data": [0.5] * 9000}, summary={"loss": 0.1})
    markdown = markdown_of(sweep)
    assert len(markdown) < 30_000
    assert "9,000 in all" in markdown


def test_lone_surrogates_do_not_break_the_file():
    sweep = FakeSweep(name="broken \ud800 name")
    sweep.add(name="\udfff")
    markdown_of(sweep).encode("utf-8")
