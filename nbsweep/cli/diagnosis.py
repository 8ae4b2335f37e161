"""What `nbsweep doctor` looks at: versions, the store, and the kernels of this machine."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from nbsweep.cli.common import has_store
from nbsweep.store import default_url
from nbsweep.store.health import database_file, problem

KERNEL_TIMEOUT_S = 20.0
LIBRARIES = (
    *("numpy", "scipy", "scikit-learn", "SQLAlchemy", "plotly", "ipywidgets", "anywidget"),
    *("ipykernel", "jupyterlab", "notebook", "pandas", "torch"),
)
_ASK = (
    "import json, sys\n"
    "from importlib import metadata\n"
    "def version(name):\n"
    "    try: return metadata.version(name)\n"
    "    except metadata.PackageNotFoundError: return None\n"
    "print(json.dumps([sys.version.split()[0]] + [version(name) for name in sys.argv[1:]]))\n"
)


class Finding(NamedTuple):
    """One line of the diagnosis.

    Attributes:
        subject: what was looked at.
        text: what was found.
        advice: what to do about it; "" when it is well.
    """

    subject: str
    text: str
    advice: str = ""


def diagnose(store_url: str | None = None) -> Iterator[Finding]:
    """Everything worth knowing about this installation, in the order to read it."""
    yield Finding("nbsweep", f"{_version('nbsweep')}, {Path(__file__).parent}")
    yield Finding("Python", f"{platform.python_version()}, {sys.executable}, {platform.platform()}")
    yield from _libraries()
    yield from _store(store_url)
    yield from _kernels()


def _libraries() -> Iterator[Finding]:
    floors = _floors()
    for name in LIBRARIES:
        version, floor = _version(name), floors.get(name.lower())
        if version is None:
            if floor is not None:
                advice = "pip install --upgrade nbsweep"
                yield Finding(name, f"is missing, {floor} or newer is needed", advice)
        elif floor is not None and _numbers(version) < _numbers(floor):
            advice = f'pip install --upgrade "{name}>={floor}"'
            yield Finding(name, f"{version} is too old, {floor} is needed", advice)
        else:
            yield Finding(name, version)


def _store(url: str | None) -> Iterator[Finding]:
    if url is None and not has_store(Path.cwd()):
        here = f"none in {Path.cwd()} yet; the first sweep creates it, --store names another one"
        yield Finding("store", here)
        return
    url = url or default_url(os.environ, Path.cwd())
    shown = re.sub(r"://([^:/@]+):[^@]*@", r"://\1:…@", url)
    damage = problem(url)
    path = database_file(url)
    size = f", {path.stat().st_size / 1e6:.1f} MB" if path and path.is_file() else ""
    if damage is None:
        yield Finding("store", f"{shown}{size}, sound")
        return
    advice = "" if path is None else f"keep a copy, then: sqlite3 {path} .recover | sqlite3 new.db"
    yield Finding(
        "store", f"{shown}{size}: {damage}", advice or "check that the server can be reached"
    )


def _kernels() -> Iterator[Finding]:
    """Each Python kernel that Jupyter offers, and whether it can import this nbsweep."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        yield Finding("Jupyter", "is not installed beside nbsweep", 'pip install "jupyterlab>=4"')
        return
    specs: dict[str, Any] = KernelSpecManager().get_all_specs()
    for name, entry in sorted(specs.items()):
        spec = entry["spec"]
        if spec.get("language") == "python" and spec.get("argv"):
            python = spec["argv"][0]
            # As Jupyter does: a bare name is the Python that Jupyter itself runs in.
            bare = re.fullmatch(r"python[0-9.]*", python) is not None
            yield _kernel(f"kernel {name}", sys.executable if bare else python)


def _kernel(subject: str, python: str) -> Finding:
    try:
        answer = subprocess.run(
            [python, "-I", "-c", _ASK, "nbsweep", "ipykernel"],
            capture_output=True,
            text=True,
            timeout=KERNEL_TIMEOUT_S,
            check=True,
        )
        version, ours, ipykernel = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Finding(subject, f"{python} does not start: {error}", "jupyter kernelspec remove it")
    text = f"Python {version}, ipykernel {ipykernel or 'missing'}, nbsweep {ours or 'missing'}"
    if ipykernel is None:
        return Finding(subject, text, f"{python} -m pip install ipykernel")
    if ours != _version("nbsweep"):
        return Finding(subject, text, f"{python} -m pip install nbsweep=={_version('nbsweep')}")
    return Finding(subject, text)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _floors() -> dict[str, str]:
    """The lowest version of each library that nbsweep needs, from its own metadata."""
    floors = {}
    for requirement in metadata.requires("nbsweep") or ():
        floor = re.match(r"([A-Za-z0-9_.-]+)>=([0-9.]+)$", requirement)
        if floor:  # those of extras have a marker after the version
            floors[floor[1].lower()] = floor[2]
    return floors


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]
