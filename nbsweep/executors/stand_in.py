"""Whether a program needs nbsweep under the name wandb, told from its source alone.

A program that says ``import wandb`` would fail where wandb is not installed; where it is,
W&B's client would log elsewhere and the run would end with nothing. The source is parsed,
never run, and so are the modules beside it that it imports.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

# Its package `wandb` hands out nbsweep's names: `nbsweep.as_wandb`.
FOLDER = str(Path(__file__).parents[1] / "as_wandb" / "path")
VARIABLE = "NBSWEEP_AS_WANDB"
MOST_FILES = 200  # of a program; who has more is told by those
MOST_BYTES = 1_000_000  # of a file that a person wrote

_SCRIPT = re.compile(r"[\w./-]+\.py\b")


class Need(NamedTuple):
    """A program that needs the stand-in.

    Attributes:
        file: where wandb is used, relative to the program's folder.
    """

    file: str


def search_path(before: str | None) -> str:
    """PYTHONPATH for a process in which ``import wandb`` is to give nbsweep.

    Args:
        before: the PYTHONPATH that it would have otherwise.
    """
    entries = [entry for entry in (before or "").split(os.pathsep) if entry not in ("", FOLDER)]
    return os.pathsep.join([FOLDER, *entries])


def is_switched_off(value: str | None) -> bool:
    """Whether the variable NBSWEEP_AS_WANDB, with this value, says no."""
    return (value or "").strip().lower() in ("0", "false", "no")


def need_of(words: Sequence[str]) -> Need | None:
    """Why the program of a command needs the stand-in; None when it does not.

    It does when it, or a module beside it, uses wandb and none of them imports nbsweep.

    Args:
        words: the command, such as ``["python", "train.py"]`` or ``["python", "-m", "pkg"]``.
    """
    first: Path | None = None
    for path, names in _files_of(words):
        if "nbsweep" in names:
            return None
        if "wandb" in names and first is None:
            first = path
    if first is None:
        return None
    here = Path.cwd()
    return Need(str(first.relative_to(here) if first.is_relative_to(here) else first))


def _files_of(words: Sequence[str]) -> Iterator[tuple[Path, set[str]]]:
    """The program's files and those of the modules beside them, with what they import."""
    waiting = list(_scripts(words))
    known = set(waiting)
    tops = {path.parent for path in waiting} | ({Path.cwd()} if "-m" in words else set())
    for _ in range(MOST_FILES):
        if not waiting:
            return
        path = waiting.pop(0)
        names = _names(path)
        yield path, names
        # From its own folder up to the program's: relative imports, and those from the top.
        folders = [folder for folder in path.parents if any(map(folder.is_relative_to, tops))]
        for folder, name in itertools.product(folders, names):
            found = [file for file in _modules_beside(folder, name) if file not in known]
            known.update(found)
            waiting += found


def _scripts(words: Sequence[str]) -> Iterator[Path]:
    for place, word in enumerate(words):
        path = Path(word)
        if place and words[place - 1] == "-m":
            yield from (p.resolve() for p in _modules_beside(Path.cwd(), word))
        elif word.endswith(".py") and path.is_file():
            yield path.resolve()
        elif path.suffix in (".sh", ".bash") and path.is_file():
            named = map(Path, _SCRIPT.findall(_text(path)))
            yield from (p.resolve() for p in named if p.is_file())


def _modules_beside(folder: Path, name: str) -> Iterator[Path]:
    """The files of a module, and of the packages that it is in."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return
    for length in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:length])
        for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if path.is_file():
                yield path
    main = folder.joinpath(*parts, "__main__.py")
    if main.is_file():
        yield main


def _names(path: Path) -> set[str]:
    """What a file imports, by full name and by first part; "wandb" also for hints of it.

    Hints are names such as WandbLogger and the text "wandb" (``report_to="wandb"``): the
    libraries import it then.
    """
    import ast

    try:
        tree = ast.parse(_text(path))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names.update([module] if module else [])
            prefix = f"{module}." if module else ""
            names.update(f"{prefix}{alias.name}" for alias in node.names)
            if any(alias.name.startswith("Wandb") for alias in node.names):
                names.add("wandb")
        elif isinstance(node, ast.Constant) and node.value == "wandb":
            names.add("wandb")
    return names | {name.partition(".")[0] for name in names}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
