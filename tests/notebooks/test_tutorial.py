"""`make demo`: the tutorial from start to end, its messages and what it leaves behind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

pytestmark = pytest.mark.slow

GITHUB_DRAWS_BYTES = 400_000


@pytest.fixture(scope="module")
def executed(demo: Path) -> NotebookNode:
    return nbformat.read(demo / "tutorial.ipynb", as_version=4)


def outputs(notebook: NotebookNode, cell_id: str) -> list[NotebookNode]:
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    return list(cell.outputs)


def test_the_demo_names_the_best_run_and_the_files(demo: Path) -> None:
    printed = (demo / "printed.txt").read_text()
    assert re.search(r"^Best of 50 runs: \S+, loss \d+\.\d+$", printed, flags=re.MULTILINE)
    for name in ("optimizer", "learning_rate", "batch_size", "fc_layer_size", "dropout"):
        assert re.search(rf"^  {name} +\S+$", printed, flags=re.MULTILINE), name
    for path in (demo / "tutorial.ipynb", demo / "tutorial.html"):
        assert str(path) in printed
        assert path.is_file()


def test_the_agent_cells_end_as_static_html_with_text_beside_it(executed: NotebookNode) -> None:
    for cell_id in ("agent", "agent-more"):
        bundles = [out.data for out in outputs(executed, cell_id) if "data" in out]
        assert bundles, cell_id
        for data in bundles:
            assert "application/vnd.jupyter.widget-view+json" not in data
            assert data["text/html"]
            assert data["text/plain"]


def test_no_cell_wrote_to_stderr(executed: NotebookNode) -> None:
    written = [
        output.text
        for cell in executed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert written == []


def test_the_executed_notebook_is_small_enough_for_github_to_draw(demo: Path) -> None:
    assert (demo / "tutorial.ipynb").stat().st_size <= GITHUB_DRAWS_BYTES


def test_the_committed_notebook_is_executed_and_asks_for_any_python_3(repository: Path) -> None:
    path = repository / "notebooks" / "tutorial.ipynb"
    notebook = json.loads(path.read_text())
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    counts = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert path.stat().st_size <= GITHUB_DRAWS_BYTES
