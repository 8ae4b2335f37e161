"""Runs the programs of this folder, each once and in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import nbsweep

Programs = Callable[..., dict[str, nbsweep.Sweep]]


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, str]]:
    """Runs a program at its first use; its folder and what it printed."""
    finished: dict[str, tuple[Path, str]] = {}

    def run(library: str) -> tuple[Path, str]:
        if library not in finished:
            folder = tmp_path_factory.mktemp(library)
            program = Path(__file__).parent / "programs" / f"with_{library}.py"
            path = str(Path(nbsweep.__file__).parents[1])
            ended = subprocess.run(
                [sys.executable, str(program)],
                cwd=folder,
                env={**os.environ, "NBSWEEP_DIR": str(folder), "PYTHONPATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            finished[library] = folder, ended.stdout
        return finished[library]

    return run


@pytest.fixture
def sweeps_of(done: Callable[..., tuple[Path, str]]) -> Iterator[Programs]:
    """The sweeps that a program left, by name; skips where its library is not installed."""

    def read(library: str, needs: str = "") -> dict[str, nbsweep.Sweep]:
        for module in (needs or library).split():
            if find_spec(module) is None and os.environ.get("CI"):
                pytest.fail(f"{module} is not installed; CI skips nothing")
            elif find_spec(module) is None:
                pytest.skip(f'{module} is missing: pip install "nbsweep[test-integrations]"')
        folder, printed = done(library)
        url = f"sqlite:///{folder}/nbsweep.db"
        nbsweep.setup(url)
        found = [nbsweep.Sweep(record.id) for record in nbsweep.runs.session.store().sweeps()]
        sweeps = {sweep.name: sweep for sweep in found}
        for name, sweep in sweeps.items():
            states = {run.state for run in sweep.runs}
            assert states <= {"finished", "stopped"}, f"{name}: {printed}"
        return sweeps

    yield read
    nbsweep.setup(None)
