"""`nbsweep report`: one command for each format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import nbsweep
from nbsweep.cli import main


def call(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(arguments), prog_name="nbsweep")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def sweep_id() -> str:
    config = {
        "method": "grid",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"x": {"values": [3, 1, 2]}, "y": {"values": [1]}},
    }
    made: str = nbsweep.sweep(config)

    def train() -> None:
        with nbsweep.init() as run:
            run.log({"loss": run.config["x"] / 10, "acc": 0.5})

    nbsweep.agent(made, train, show=False)
    return made


@pytest.mark.parametrize(
    ("options", "name", "begin"),
    [
        ([], "sweep-{}.html", "<!doctype html>"),
        (["--format", "html"], "sweep-{}.html", "<!doctype html>"),
        (["--format", "md"], "sweep-{}.md", "# "),
        (["-f", "tex"], "sweep-{}.tex", "% Made by"),
        (["-o", "here.md"], "here.md", "# "),
        (["-o", "here.tex"], "here.tex", "% Made by"),
        (["-o", "here.txt", "-f", "latex"], "here.txt", "% Made by"),
    ],
)
def test_it_writes_the_format_and_says_where(
    sweep_id: str, options: list[str], name: str, begin: str
) -> None:
    said = call("report", sweep_id, *options)
    path = Path(name.format(sweep_id))
    assert path.read_text(encoding="utf-8").startswith(begin)
    beside = f", with 4 pictures in {path.stem}-pictures" if begin == "# " else ""
    assert re.fullmatch(
        rf"Wrote {re.escape(str(path))} \([\d.]+ [kM]B\){re.escape(beside)}\.\n", said
    )
    assert Path(f"{path.stem}-pictures").exists() == bool(beside)


@pytest.mark.parametrize(
    ("form", "begin"), [("html", "<!doctype html>"), ("md", "# "), ("tex", "% Made by")]
)
def test_a_hyphen_prints_the_text(sweep_id: str, form: str, begin: str) -> None:
    printed = call("report", sweep_id, "--format", form, "-o", "-")
    assert printed.startswith(begin)
    assert not printed.endswith("\n\n")
    assert "-pictures" not in printed
    assert [path.name for path in Path().iterdir() if path.name != ".nbsweep"] == []


def test_rows_and_columns_are_chosen(sweep_id: str) -> None:
    printed = call(
        *("report", sweep_id, "-f", "tex", "-o", "-", "--top", "2"),
        *("--column", "acc", "--column", "x", "--column", "y"),
    )
    rows = [line.strip() for line in printed.splitlines() if line.endswith(r" \\")]
    assert rows == [
        r"run & loss $\downarrow$ & acc & x & y \\",
        r"2 & 0.1 & 0.5 & 1 & 1 \\",
        r"3 & 0.2 & 0.5 & 2 & 1 \\",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--format", "pdf"],
            'report(format="pdf"): there is no such format. Formats: "html", "md" and "tex".',
        ),
        (
            ["--top", "3"],
            'report: top is for format "md" and "tex"; the HTML page has all runs and all columns.',
        ),
        (
            ["-f", "md", "--column", "w"],
            "report: columns: there is no parameter and no metric 'w'. There are x, y, loss, acc, "
            "duration (s).",
        ),
        (
            ["-o", "none/here.md"],
            "report: 'none/here.md' cannot be written: No such file or directory.",
        ),
    ],
)
def test_bad_input_is_one_message(sweep_id: str, options: list[str], message: str) -> None:
    output = call("report", sweep_id, *options, code=2)
    assert output.partition("Error: ")[2].strip() == message
