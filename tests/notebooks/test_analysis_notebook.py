"""notebooks/analysis.ipynb as committed: executed, small, and true to its words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def cells(repository: Path) -> dict[str, Any]:
    """The code cells by id."""
    path = repository / "notebooks" / "analysis.ipynb"
    assert path.stat().st_size <= 400_000  # GitHub draws no more
    notebook = json.loads(path.read_text("utf-8"))
    return {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}


def shown(cells: dict[str, Any], name: str) -> str:
    """What a cell printed, and the text of what it showed."""
    outputs = cells[name]["outputs"]
    texts = [each.get("text") or each["data"]["text/plain"] for each in outputs]
    return "".join("".join(text) for text in texts)


def test_it_was_executed_from_top_to_end(cells: dict[str, Any]) -> None:
    counts = [cell["execution_count"] for cell in cells.values()]
    assert counts == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells.values() for output in cell["outputs"]]
    assert "error" not in {output["output_type"] for output in outputs}
    assert "stderr" not in {output.get("name") for output in outputs}


def test_what_decides_is_said_with_its_evidence(cells: dict[str, Any]) -> None:
    assert re.search(
        r"Higher learning_rate did better: .*\d+ and \d+ runs", shown(cells, "takeaways")
    )
    assert shown(cells, "check-importance") == "learning_rate comes first: True\n"
    assert "learning_rate" in shown(cells, "next").split("width")[0]


def test_methods_are_compared_with_the_chance_of_the_difference(cells: dict[str, Any]) -> None:
    assert re.search(
        r"they differ by .* ± .*such differences come by chance|better by .* ± .*by chance",
        shown(cells, "bayes"),
    )


def test_the_foreign_table_is_told_of_like_a_sweep(cells: dict[str, Any]) -> None:
    assert "optimizer adam did better than sgd" in shown(cells, "foreign-takeaways")
    assert shown(cells, "check-foreign").startswith("decides most: dropout\n")


def test_figures_bring_a_still_picture_for_pages_without_scripts(cells: dict[str, Any]) -> None:
    for name in ("importance", "dependence", "contour", "foreign-importance"):
        (output,) = cells[name]["outputs"]
        assert "application/vnd.plotly.v1+json" in output["data"]
        assert "data:image/svg+xml" in "".join(output["data"]["text/html"])


def test_the_table_for_a_paper_is_whole(cells: dict[str, Any]) -> None:
    table = shown(cells, "table")
    assert r"\begin{tabular}{rrrrl}" in table
    assert len(re.findall(r"\\\\$", table, flags=re.MULTILINE)) == 1 + 5


def test_no_path_of_a_machine_is_shown(cells: dict[str, Any]) -> None:
    assert "/tmp" not in json.dumps(list(cells.values()))
