"""notebooks/from_wandb.ipynb as committed: executed, small, and it keeps its promise."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def cells(repository: Path) -> dict[str, Any]:
    """The code cells by id."""
    path = repository / "notebooks" / "from_wandb.ipynb"
    assert path.stat().st_size <= 400_000  # GitHub draws no more
    notebook = json.loads(path.read_text())
    return {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}


def test_the_committed_notebook_was_executed_from_top_to_end(cells: dict[str, Any]) -> None:
    counts = [cell["execution_count"] for cell in cells.values()]
    assert counts == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells.values() for output in cell["outputs"]}
    assert "error" not in kinds


def test_nothing_but_the_import_differs_from_a_notebook_of_wandbs(cells: dict[str, Any]) -> None:
    ids = list(cells)
    wandbs = ids[ids.index("change") + 1 : ids.index("agent") + 1]
    assert "".join(cells["change"]["source"]).startswith("import nbsweep as wandb")
    assert all("nbsweep" not in "".join(cells[name]["source"]) for name in wandbs)


def test_the_imported_runs_go_on_as_a_sweep(cells: dict[str, Any]) -> None:
    printed = "".join(cells["import"]["outputs"][0]["text"])
    assert re.search(r"Read 20 runs from W&B's table wandb_runs.csv", printed)
    assert re.search(r"learning_rate: 0.0001 to 0.\d+, log", printed)
    assert "always: epochs 8" in printed
    assert "new: 3\n" in "".join(cells["gone-on"]["outputs"][0]["text"])
