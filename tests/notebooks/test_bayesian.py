"""The notebook on Bayesian search as it is committed: executed, small, and true to its words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

GITHUB_DRAWS_BYTES = 400_000


@pytest.fixture(scope="module")
def path(repository: Path) -> Path:
    return repository / "notebooks" / "bayesian.ipynb"


@pytest.fixture(scope="module")
def notebook(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def outputs(notebook: dict[str, Any], cell_id: str) -> list[dict[str, Any]]:
    (cell,) = (cell for cell in notebook["cells"] if cell["id"] == cell_id)
    return list(cell["outputs"])


def printed(notebook: dict[str, Any], cell_id: str) -> str:
    return "".join("".join(each.get("text", [])) for each in outputs(notebook, cell_id))


def test_it_is_executed_in_order_and_asks_for_any_python_3(notebook: dict[str, Any]) -> None:
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    counts = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_it_is_small_enough_for_github_to_draw(path: Path) -> None:
    assert path.stat().st_size <= GITHUB_DRAWS_BYTES


def test_nothing_was_written_to_stderr(notebook: dict[str, Any]) -> None:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    streams = [output.get("name") for cell in cells for output in cell["outputs"]]
    assert "stderr" not in streams


def test_both_methods_are_in_one_figure(notebook: dict[str, Any]) -> None:
    figures = [
        output["data"]["application/vnd.plotly.v1+json"]
        for output in outputs(notebook, "figure")
        if "application/vnd.plotly.v1+json" in output.get("data", {})
    ]
    (figure,) = figures
    names = [trace["name"] for trace in figure["data"]]
    assert names == [
        *("random: runs", "random: best so far"),
        *("bayes: runs", "bayes: best so far"),
    ]


def test_what_the_text_says_of_the_two_is_what_came_out(notebook: dict[str, Any]) -> None:
    found = re.findall(
        r"digits-(\w+): best (\S+) in run \d+, median (\S+)", printed(notebook, "best")
    )
    results = {method: (float(best), float(median)) for method, best, median in found}
    assert results["bayes"][0] <= results["random"][0]
    assert results["bayes"][1] < 0.5 * results["random"][1]


def test_a_suggestion_is_explained(notebook: dict[str, Any]) -> None:
    (best,) = outputs(notebook, "why-best")
    text = "".join(best["data"]["text/plain"])
    assert "Chosen where a model of" in text
    assert "Predicted error:" in text
    assert "text/html" in best["data"]
