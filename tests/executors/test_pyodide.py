"""Sweeps in a real pyodide, which has no threads and no processes; Node.js runs it."""

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PYODIDE = os.environ.get("NBSWEEP_PYODIDE", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYODIDE or shutil.which("node") is None,
        reason="pyodide is not here (NBSWEEP_PYODIDE); `make test-hosts` fetches it",
    ),
]
# Plain Python, of the packages that a store and its messages need. numpy is not among them.
PURE = [
    "alembic", "click", "cloudpickle", "mako", "markdown_it", "markupsafe", "mdurl", "pygments",
    "rich", "sqlalchemy", "typing_extensions", "yaml",
]  # fmt: skip
LOADER = """
import {{ loadPyodide }} from {pyodide};
const python = await loadPyodide();
for (const [at, path] of {folders}) python.mountNodeFS(at, path);
console.log(await python.runPythonAsync({code}));
"""
CODE = """
import sys
sys.path[:0] = ["/sources", *PLACES]
import json, nbsweep

def train():
    with nbsweep.init() as run:
        for step in range(3):
            run.log({"loss": run.config.a + 1 / (step + 1)})

def sweep(method):
    values = {"values": [1, 2, 3]} if method == "grid" else {"min": 0.0, "max": 1.0}
    sweep = nbsweep.Sweep(nbsweep.sweep({
        "method": method, "metric": {"name": "loss"}, "seed": 3, "parameters": {"a": values}}))
    nbsweep.agent(sweep, train, count=3)
    html = sweep._repr_mimebundle_()["text/html"]
    return [[run.state, run.config["a"]] for run in sweep.runs], "3 runs" in html

print("Threads and processes are missing:", sys.platform)
json.dumps([sweep("grid"), sweep("random")])
"""


def test_grid_and_random_run_in_pyodide_and_suggest_what_they_do_elsewhere(
    repository: Path, tmp_path: Path
) -> None:
    folders = [["/sources", str(repository)]]
    for name in PURE:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        place = tmp_path / "site" / name
        source = Path(spec.origin)
        if source.name == "__init__.py":
            shutil.copytree(
                source.parent, place, ignore=shutil.ignore_patterns("*.so", "__pycache__")
            )
        else:
            place.parent.mkdir(exist_ok=True)
            shutil.copy(source, place.parent)
    folders.append(["/site", str(tmp_path / "site")])
    script = tmp_path / "run.mjs"
    code = CODE.replace("PLACES", repr(["/site"]))
    script.write_text(
        LOADER.format(
            pyodide=json.dumps(str(Path(PYODIDE) / "pyodide.mjs")),
            folders=json.dumps(folders),
            code=json.dumps(code),
        )
    )
    done = subprocess.run(
        ["node", str(script)], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (grid, _), (drawn, is_shown) = json.loads(done.stdout.splitlines()[-1])
    assert grid == [["finished", value] for value in (1, 2, 3)]
    assert is_shown

    from nbsweep.search import generator

    assert [value for _, value in drawn] == [float(generator(3, n).random(1)[0]) for n in (1, 2, 3)]
