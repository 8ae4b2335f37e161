"""Execute the tutorial and say what it found: `demo.py NOTEBOOK FOLDER`.

The folder holds the executed notebook, its HTML, the data and the store. The best run is
read from that store, as anybody would read it the next day.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import nbsweep
from nbsweep.runs import session

CELL_TIMEOUT_S = 600


def execute(source: Path, folder: Path) -> tuple[Path, Path]:
    """Run a notebook in its own kernel; the paths of the executed notebook and of its HTML."""
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,  # the panel's program once more; its output needs none
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    executed = folder / source.name
    try:
        client.execute()
    finally:  # a notebook that failed shows where
        nbformat.write(notebook, executed)
    html, _ = HTMLExporter().from_notebook_node(notebook)
    page = executed.with_suffix(".html")
    page.write_text(html, encoding="utf-8")
    return executed, page


def main(source: Path, folder: Path) -> None:
    """Execute the notebook in the folder and print the best run and where to look."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["NBSWEEP_DIR"] = str(folder / ".nbsweep")
    print(f"==> Running {source} from start to end: a sweep of fifty short trainings", flush=True)
    started = time.monotonic()
    executed, page = execute(source, folder)
    print(f"==> Done in {time.monotonic() - started:.0f} s")
    sweep = nbsweep.Sweep(session.store().sweeps()[-1].id)
    best = sweep.best_run()
    assert best is not None
    print(f"\nBest of {len(sweep.runs)} runs: {best.name}, loss {best.metric:.4f}")
    for name, value in best.params.items():
        print(f"  {name:<14} {value}")
    print(f"\nExecuted notebook: {executed}\nThe same as HTML:   {page}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
