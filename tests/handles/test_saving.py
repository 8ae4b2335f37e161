"""Plots as files: SVG by itself, PNG and PDF by matplotlib, and what is said where that fails."""

import importlib.util
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import nbsweep
from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.handles.saving import SavedFigures

CONFIG = {
    "name": "digits",
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2, 3, 4]}, "name": {"values": ["a$b$", "名前", "c"]}},
}


def train():
    with nbsweep.init() as run:
        for step in range(3):
            run.log({"loss": run.config.x / (step + 1)})


@pytest.fixture
def sweep():
    sweep_id = nbsweep.sweep(CONFIG)
    nbsweep.agent(sweep_id, train, show=False)
    return nbsweep.Sweep(sweep_id)


def texts(path):
    root = ElementTree.parse(path).getroot()
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_plot_is_an_svg_file_of_its_own_with_its_words(sweep, tmp_path):
    saved = sweep.save_figures(tmp_path / "new" / "figures")
    assert {path.parent for path in saved} == {tmp_path / "new" / "figures"}
    assert {path.suffix for path in saved} == {".svg"}
    names = {path.stem for path in saved}
    assert {"history", "learning_curves", "slice", "dependence", "contour", "rank", "edf",
            "parallel_coordinates"} <= names  # fmt: skip
    history = tmp_path / "new" / "figures" / "history.svg"
    assert {"digits · 12 runs", "loss", "run", "best so far"} <= set(texts(history))
    assert any(line.startswith("lowest loss 0.3333 in ") for line in texts(history))
    assert "prefers-color-scheme" not in history.read_text()


def test_what_is_left_out_is_said_with_its_reason(sweep, tmp_path):
    saved = sweep.save_figures(tmp_path, names=["history", "front", "contour"], metric="nothing")
    assert list(saved) == []
    assert saved.left_out == {
        "history": "No run has ended with a value of nothing yet.",
        "front": "It makes no sense for the config of this sweep.",
        "contour": "Nothing to draw yet: there has to be a finished run.",
    }
    assert repr(SavedFigures([tmp_path / "a.svg"], {"front": "It has one objective."})) == (
        f"1 file in {tmp_path}\n  a.svg\n  left out: front. It has one objective."
    )


def test_png_and_pdf_are_drawn_without_a_trace_in_matplotlib(sweep, tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    saved = sweep.save_figures(tmp_path, ("PNG", ".pdf"), ["history", "parallel_coordinates"])
    assert sorted(path.name for path in saved) == [
        "history.pdf", "history.png", "parallel_coordinates.pdf", "parallel_coordinates.png",
    ]  # fmt: skip
    assert (tmp_path / "history.png").read_bytes()[:4] == b"\x89PNG"
    pdf = (tmp_path / "history.pdf").read_bytes()
    assert pdf[:5] == b"%PDF-"
    assert b"/Type3" not in pdf
    assert b"/CIDFontType2" in pdf
    assert dict(matplotlib.rcParams) == before
    code = (
        "import sys, nbsweep.plots.paper as p, pathlib\n"
        "from nbsweep.analysis.charts.chart import Chart\n"
        "p.write_chart(Chart('a', 'b', empty='C.'), pathlib.Path('x.png'))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "False\n"


def test_without_matplotlib_the_command_that_brings_it_is_named(sweep, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "nbsweep.handles.saving.find_spec",
        lambda name: None if name in ("matplotlib", "kaleido") else find(name),
    )
    with pytest.raises(MissingDependencyError) as caught:
        sweep.save_figures(tmp_path / "figures", ("svg", "png"))
    assert str(caught.value) == (
        'save_figures() needs an extra package for PNG: pip install "nbsweep[paper]"'
    )
    assert not (tmp_path / "figures").exists()
    assert sweep.save_figures(tmp_path / "figures", names="edf")


def test_where_only_kaleido_is_installed_plotly_draws(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr("nbsweep.handles.saving.find_spec", lambda name: name == "kaleido" or None)
    drawn = []
    monkeypatch.setattr(
        "plotly.graph_objects.Figure.write_image",
        lambda figure, path, **size: drawn.append((figure.layout.xaxis.title.text, path.name)),
    )
    sweep.save_figures(tmp_path, ("png", "pdf"), "history")
    assert drawn == [("run", "history.png"), ("run", "history.pdf")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"formats": ["pgn"]},
            "save_figures: format 'pgn' is not known. Did you mean \"png\"? "
            "There are: svg, png, pdf.",
        ),
        ({"formats": []}, "save_figures: no format is given. There are: svg, png, pdf."),
        ({"theme": "drak"}, "theme 'drak': \"light\" or \"dark\" is accepted. "
                            'Did you mean "dark"?'),
    ],
)  # fmt: skip
def test_what_there_is_not_is_refused(sweep, tmp_path, arguments, message):
    with pytest.raises(UsageError) as caught:
        sweep.save_figures(tmp_path / "figures", **arguments)
    assert str(caught.value) == message
    assert not (tmp_path / "figures").exists()


def test_a_plot_that_there_is_not_is_refused_with_those_there_are(sweep, tmp_path):
    with pytest.raises(UsageError) as caught:
        sweep.save_figures(tmp_path, names=["histroy"])
    assert str(caught.value).startswith(
        "save_figures: there is no plot 'histroy'. Did you mean \"history\"? "
        "There are: parallel_coordinates, importance, "
    )


def test_a_folder_that_is_a_file_is_refused(sweep, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        sweep.save_figures(tmp_path / "file")
    assert str(caught.value) == (
        f"save_figures: '{tmp_path / 'file'}' cannot be written: File exists."
    )


def test_dark_files_are_dark_on_every_page(sweep, tmp_path):
    sweep.save_figures(tmp_path, names="edf", theme="dark")
    style = (tmp_path / "edf.svg").read_text()
    assert ".bg{fill:#16191d" in style
    assert "@media" not in style
