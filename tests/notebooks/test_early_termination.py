"""notebooks/early_termination.ipynb as committed: executed, small, and it keeps its promise."""

from __future__ import annotations

import json
import re
from pathlib import Path


def test_the_committed_notebook_reaches_the_same_loss_with_fewer_epochs(repository: Path) -> None:
    path = repository / "notebooks" / "early_termination.ipynb"
    notebook = json.loads(path.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert path.stat().st_size <= 400_000  # GitHub draws no more
    (compare,) = (cell for cell in cells if cell["id"] == "compare")
    printed = "".join(compare["outputs"][0]["text"])
    losses, epochs = re.findall(r"loss ([\d.]+)", printed), re.findall(r"(\d+) epochs", printed)
    assert losses[0] == losses[1]
    assert int(epochs[1]) < 0.6 * int(epochs[0])
