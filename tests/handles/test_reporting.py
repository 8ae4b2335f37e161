"""`Sweep.report`: which format, where it is written, what a notebook shows."""

import os
import re
import stat
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.handles.reporting import ReportText

CONFIG = {
    "name": "demo",
    "method": "random",
    "seed": 1,
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    nbsweep.setup(f"memory://{tmp_path_factory.mktemp('store')}")
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))

    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config["x"] ** 2})

    nbsweep.agent(sweep.id, train, count=12, show=False)
    nbsweep.setup(None)  # other modules have their own
    return sweep


@pytest.fixture
def sweep(finished):
    return finished


def pictures(markdown):
    return [unquote(link) for link in re.findall(r"^!\[.*\]\(([^)]+)\)$", markdown, flags=re.M)]


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("r.html", "<!doctype html>"),
        ("r.HTM", "<!doctype html>"),
        ("r", "<!doctype html>"),
        ("r.page", "<!doctype html>"),
        ("r.md", "# demo\n"),
        ("r.markdown", "# demo\n"),
        ("r.tex", "% Made by nbsweep"),
    ],
)
def test_the_path_says_the_format(sweep, name, begin):
    assert sweep.report(name) == Path(name)
    assert Path(name).read_text(encoding="utf-8").startswith(begin)


@pytest.mark.parametrize(
    ("form", "begin"),
    [
        ("html", "<!doctype html>"),
        ("md", "# demo\n"),
        ("markdown", "# demo\n"),
        ("Markdown", "# demo\n"),
        (".md", "# demo\n"),
        ("tex", "% Made by nbsweep"),
        ("latex", "% Made by nbsweep"),
        (None, "<!doctype html>"),
    ],
)
def test_without_a_path_it_is_the_text(sweep, form, begin):
    report = sweep.report(format=form)
    assert isinstance(report, str)
    assert report.startswith(begin)
    assert list(Path().iterdir()) == []


def test_the_format_goes_before_the_path(sweep):
    sweep.report("r.txt", format="md")
    assert Path("r.txt").read_text(encoding="utf-8").startswith("# demo\n")
    assert Path("r-pictures").is_dir()


def test_markdown_links_to_pictures_beside_it(sweep):
    Path("a b").mkdir()
    path = sweep.report(Path("a b") / "my report [1].md")
    links = pictures(path.read_text(encoding="utf-8"))
    assert links
    assert "my report [1]-pictures/parallel_coordinates.svg" in links
    for link in links:
        assert ET.parse(path.parent / link).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    folder = path.parent / "my report [1]-pictures"
    assert sorted(file.name for file in folder.iterdir()) == sorted(Path(x).name for x in links)
    assert "](my%20report%20%5B1%5D-pictures/" in path.read_text(encoding="utf-8")


def test_a_report_without_pictures_makes_no_folder():
    empty = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    empty.report("r.md")
    assert sorted(path.name for path in Path().iterdir()) == [".nbsweep", "r.md"]


def test_what_was_there_is_replaced_and_other_files_stay(sweep):
    Path("r-pictures").mkdir()
    Path("r-pictures/mine.svg").write_text("mine")
    Path("r-pictures/parallel_coordinates.svg").write_text("old")
    Path("r.md").write_text("old")
    sweep.report("r.md")
    assert Path("r.md").read_text(encoding="utf-8").startswith("# demo")
    assert Path("r-pictures/mine.svg").read_text() == "mine"
    assert Path("r-pictures/parallel_coordinates.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("form", ["html", "md", "tex"])
def test_a_write_that_fails_leaves_the_old_report(sweep, form, monkeypatch):
    path = Path(f"r.{form}")
    path.write_text("old")

    def full(self, content):
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError) as caught:
        sweep.report(path)
    assert str(caught.value).endswith("cannot be written: No space left on device.")
    assert path.read_text() == "old"
    assert [file.name for file in Path().rglob("*") if file.suffix == ".part"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_is_followed(sweep):
    Path("real.tex").write_text("old")
    Path("link.tex").symlink_to("real.tex")
    sweep.report("link.tex")
    assert Path("link.tex").is_symlink()
    assert Path("real.tex").read_text().startswith("% Made by")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_written_into(sweep):
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        sweep.report("pipe", format="tex")
        assert os.read(reader, 9) == b"% Made by"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["folder", "folder.md", "folder.tex", ""])
def test_a_folder_is_not_replaced(sweep, name):
    if name:
        Path(name).mkdir()
    with pytest.raises(UsageError) as caught:
        sweep.report(name)
    shown = name or "."
    assert str(caught.value) == f"report: {shown!r} cannot be written: Is a directory."
    assert [path.name for path in Path().iterdir()] == [name] * bool(name)


def test_a_file_where_the_pictures_would_go_is_not_replaced(sweep):
    Path("r-pictures").write_text("mine")
    with pytest.raises(UsageError) as caught:
        sweep.report("r.md")
    assert str(caught.value) == "report: 'r-pictures' cannot be written: File exists."
    assert not Path("r.md").exists()


def test_a_folder_that_is_not_there_is_said(sweep):
    with pytest.raises(UsageError) as caught:
        sweep.report("none/r.md")
    assert str(caught.value) == "report: 'none/r.md' cannot be written: No such file or directory."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"format": "pdf"},
            'report(format="pdf"): there is no such format. Formats: "html", "md" and "tex".',
        ),
        (
            {"format": "htlm"},
            'report(format="htlm"): there is no such format. Did you mean "html"? Formats: "html", '
            '"md" and "tex".',
        ),
        (
            {"format": 3},
            'report(format=3): there is no such format. Formats: "html", "md" and "tex".',
        ),
        (
            {"path": 3},
            'report(path=3): the path of a file is needed, such as "report.md"; without a path '
            "report() gives the text.",
        ),
        ({"format": "md", "top": 0}, "report(top=0): a whole number ≥ 1 is needed."),
        ({"format": "md", "top": True}, "report(top=True): a whole number ≥ 1 is needed."),
        ({"format": "tex", "top": 2.5}, "report(top=2.5): a whole number ≥ 1 is needed."),
        (
            {"format": "html", "top": 3},
            'report: top is for format "md" and "tex"; the HTML page has all runs and all columns.',
        ),
        (
            {"columns": ["x"]},
            'report: columns is for format "md" and "tex"; the HTML page has all runs and all '
            "columns.",
        ),
        (
            {"format": "tex", "columns": [1]},
            "report(columns=[1]): a list of names of parameters or metrics is needed, such as "
            '["learning_rate"].',
        ),
        (
            {"format": "tex", "columns": 7},
            "report(columns=7): a list of names of parameters or metrics is needed, such as "
            '["learning_rate"].',
        ),
        (
            {"format": "tex", "columns": ["z"]},
            "report: columns: there is no parameter and no metric 'z'. There are x, y, loss, "
            "duration (s).",
        ),
    ],
)
def test_bad_input_is_one_sentence(sweep, arguments, message):
    with pytest.raises(UsageError) as caught:
        sweep.report(**arguments)
    assert str(caught.value) == message


def test_one_column_may_be_given_by_its_name(sweep):
    report = sweep.report(format="tex", columns="y", top=3)
    assert r"run & loss $\downarrow$ & y \\" in report
    assert report.count(r" \\") == 4


def test_a_notebook_draws_markdown_with_its_pictures_inside(sweep):
    report = sweep.report(format="md")
    assert isinstance(report, ReportText)
    assert pictures(report) == []
    drawn = report._repr_mimebundle_()
    assert drawn["text/plain"] == str(report)
    links = pictures(drawn["text/markdown"])
    assert links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in links)
    assert report._repr_markdown_() == drawn["text/markdown"]
    assert report._repr_html_() is None


def test_a_notebook_draws_a_page_as_the_panel_and_a_table_as_text(sweep):
    page = sweep.report()
    drawn = page._repr_mimebundle_()
    assert '<div data-nbsweep="nbsweep-' in drawn["text/html"]
    assert "<!doctype" not in drawn["text/html"]
    assert page._repr_markdown_() is None
    table = sweep.report(format="tex")
    assert table._repr_mimebundle_() == {"text/plain": str(table)}
    assert table._repr_html_() is None


def test_a_report_is_text_like_any_other(sweep):
    report = sweep.report(format="tex")
    assert f"{report:.3}" == report[:3]
    assert type(report + "") is str
    assert report.form == "tex"
