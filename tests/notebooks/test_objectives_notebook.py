"""notebooks/objectives.ipynb as committed: executed, small, and it shows a real front."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_committed_notebook_shows_a_front_and_a_best_run_within_the_limits(
    repository: Path,
) -> None:
    path = repository / "notebooks" / "objectives.ipynb"
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert path.stat().st_size <= 400_000  # GitHub draws no more
    outputs = {cell["id"]: cell["outputs"] for cell in cells}
    _, *lines = "".join(outputs["front"][0]["text"]).splitlines()
    rows = [[float(number) for number in line.split()[:4]] for line in lines]
    accuracies, sizes = [row[1] for row in rows], [row[2] for row in rows]
    assert len(rows) >= 5
    assert accuracies == sorted(accuracies, reverse=True)
    assert sizes == sorted(sizes, reverse=True)
    assert min(row[3] for row in rows) >= 0.8
    for plot in ("front-plot", "volume"):
        (output,) = outputs[plot]
        assert {"application/vnd.plotly.v1+json", "text/html"} <= set(output["data"])
    best = "".join(outputs["best"][0]["text"])
    assert float(best.partition("size_kb ")[2].partition(",")[0]) <= 8
