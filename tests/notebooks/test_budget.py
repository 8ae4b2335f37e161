"""notebooks/budget.ipynb as committed: executed, small, and it keeps its promise."""

from __future__ import annotations

import json
import re
from pathlib import Path


def test_the_committed_notebook_is_through_in_time_and_goes_on_with_its_best_run(
    repository: Path,
) -> None:
    path = repository / "notebooks" / "budget.ipynb"
    notebook = json.loads(path.read_text())
    cells = {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}
    counts = [cell["execution_count"] for cell in cells.values()]
    assert counts == list(range(1, len(counts) + 1))
    assert path.stat().st_size <= 400_000  # GitHub draws no more

    def printed(name: str) -> str:
        return "".join(cells[name]["outputs"][0]["text"])

    assert printed("promise") == (
        "through in time: True\nruns left open: 0\nbest accuracy above 95 %: True\n"
    )
    assert printed("longer-check") == "more epochs of the same run: 10\n"
    stopped = re.findall(r"run +\d+, +\d+ epochs: ends at .* chance to beat", printed("spent"))
    assert stopped
