"""Scripts as people have them for W&B, with the one line changed that has to be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbsweep
from nbsweep.runs import session

SCRIPTS = sorted((Path(__file__).parent / "wandb_scripts").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs_with_one_line_changed(script, tmp_path):
    text = script.read_text()
    assert text.count("\nimport wandb\n") == 1
    changed = tmp_path / script.name
    changed.write_text(text.replace("\nimport wandb\n", "\nimport nbsweep as wandb\n"))
    python_path = str(Path(nbsweep.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", changed],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": python_path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    runs = session.store().runs()
    assert len(runs) >= 2
    assert {run.state for run in runs} == {"finished"}
