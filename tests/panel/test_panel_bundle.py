"""The committed bundle is what its sources give, and the front end passes its own tests."""

import shutil
import subprocess
from pathlib import Path

import pytest

from nbsweep.panel.widget import STATIC

FRONTEND = Path(__file__).parents[2] / "frontend"

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def node(do_without):
    if shutil.which("node") is None:
        do_without("no Node.js on this machine: apt-get install nodejs npm")
    if not (FRONTEND / "node_modules").is_dir():
        do_without("the front end's packages are missing: cd frontend && npm ci")


def run(*command):
    done = subprocess.run(
        command, cwd=FRONTEND, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_committed_bundle_equals_a_fresh_build(tmp_path):
    run("node", "build.js", str(tmp_path))
    for file in sorted(tmp_path.iterdir()):
        assert file.read_bytes() == (STATIC / file.name).read_bytes(), (
            f"run `make frontend`: {file.name}"
        )
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in STATIC.iterdir()}


def test_the_front_end_passes_its_own_tests():
    assert "passed" in run("node", "node_modules/vitest/vitest.mjs", "run")
