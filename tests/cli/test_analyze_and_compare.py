"""`nbsweep analyze` and `nbsweep compare`."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

import nbsweep
from nbsweep.cli import main


def call(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def table():
    with Path("runs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["lr", "opt", "val_loss"])
        writer.writerows([[i / 10, "ab"[i % 2], 1 / i] for i in range(1, 9)])
    return "runs.csv"


@pytest.fixture
def sweep_id():
    made = nbsweep.sweep(
        {
            "method": "random",
            "name": "one",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"lr": {"min": 0.0, "max": 1.0}, "opt": {"values": ["a", "b"]}},
        }
    )

    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config.lr})
            print("ended")

    nbsweep.agent(made, train, count=12, show=False)
    return made


def test_analyze_prints_what_show_prints_and_stores_nothing(table):
    result = call("analyze", table)
    assert result.exit_code == 0
    for words in (
        "Read 8 runs from the table runs.csv.",
        "Metric: val_loss (minimize).",
        'Parameters: lr: 0.1 to 0.8; opt: "b", "a".',
        "Best val_loss 0.1250 in run 8",
    ):
        assert words in result.stdout
    assert [path.name for path in Path().iterdir()] == [table]


def test_analyze_writes_the_report_where_it_is_told_to(table):
    result = call("analyze", table, "--metric", "val_loss", "-o", "page.html")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("Wrote page.html (")
    assert "val_loss" in Path("page.html").read_text()


def test_analyze_writes_markdown_with_pictures_and_tables_for_papers(table):
    result = call("analyze", table, "--metric", "val_loss", "-o", "page.md")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith(" pictures in page-pictures.")
    page = Path("page.md").read_text(encoding="utf-8")
    assert page.startswith(
        "# The table runs.csv\n\nFinished: read from the table runs.csv. 8 runs."
    )
    assert "| method |" not in page
    assert Path("page-pictures/history.svg").is_file()
    assert call("analyze", table, "--metric", "val_loss", "-o", "page.tex").exit_code == 0
    assert r"\toprule" in Path("page.tex").read_text()


def test_analyze_takes_options_of_columns(table):
    result = call(
        *("analyze", table, "--metric", "val_loss", "--goal", "maximize"),
        *("--ignore", "opt", "--kind", "csv"),
    )
    assert result.exit_code == 0
    assert "Best val_loss 1.000 in run 1" in result.stdout
    assert "opt" not in result.stdout


def test_analyze_takes_several_sweeps(sweep_id):
    result = call("analyze", sweep_id, sweep_id, "--metric", "loss", "--goal", "minimize")
    assert result.exit_code == 0
    assert "24 runs" in result.stdout
    assert "one (2)" in result.stdout


def test_analyze_says_what_is_wrong(table):
    result = call("analyze", table, "--metric", "acc")
    assert (result.exit_code, result.stderr) == (
        2,
        'Error: No run has the metric "acc". There are val_loss, lr.\n',
    )
    assert call("analyze", "nosuch.csv").exit_code == 2
    both = call("analyze", table, table)
    assert both.stderr == (
        "Error: analyze: 'runs.csv' is a path among 2 things; it takes one path, or the ids of "
        "sweeps. nbsweep.compare takes several paths.\n"
    )


def test_compare_puts_two_runs_side_by_side(sweep_id):
    runs = nbsweep.Sweep(sweep_id).runs
    by_number = call("compare", sweep_id, "1", "2")
    assert by_number.exit_code == 0
    assert "Config, what differs" in by_number.stdout
    assert "Both executed the same code." in by_number.stdout
    assert "Output of run 2" in by_number.stdout
    assert call("compare", sweep_id, runs[0].id, runs[1].id).stdout == by_number.stdout
    assert call("compare", sweep_id, "1", runs[1].id).stdout == by_number.stdout


def test_compare_judges_sweeps_files_and_parts(sweep_id, table):
    sweeps = call("compare", sweep_id, sweep_id)
    assert sweeps.stdout.startswith("one and one (2) found the same best loss after 12 runs.\n")
    files = call("compare", table, table, "--metric", "val_loss", "--budget", "4")
    assert "after 4 runs" in files.stdout
    assert call("compare", sweep_id, "--by", "opt").stdout.startswith("opt ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1",), "and 1 runs; two runs are put side by side."),
        (("1", "2", "3"), "and 3 runs; two runs are put side by side."),
        (("1", "2", "--by", "opt"), "compare: --by is for sweeps; these are two runs."),
        (("1", "99"), "has no run 99."),
        ((), "compare: there is only one group, one."),
    ],
)
def test_compare_says_what_is_wrong(sweep_id, arguments, message):
    result = call("compare", sweep_id, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
