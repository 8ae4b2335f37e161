"""A training function by its place: ``train.py:train`` or ``package.module:train``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from nbsweep.errors import UsageError


def load_function(place: str) -> Callable[[], Any]:
    """Import the script or module of `place` and return the function.

    The script's folder can be imported from, as when Python runs it; what stands under
    ``if __name__ == "__main__"`` does not run.

    Args:
        place: ``path/to/script.py:function`` or ``package.module:function``.

    Raises:
        UsageError: there is no such file or function, or the import fails.
    """
    source, separator, name = place.rpartition(":")
    if not separator or not source or not name:
        raise UsageError(
            f"{place!r}: name the file and the function in it, such as train.py:train."
        )
    module = _load(source)
    function = getattr(module, name, None)
    if callable(function):
        loaded: Callable[[], Any] = function
        return loaded
    if function is not None:
        raise UsageError(f"{place}: {name} is not a function, but {type(function).__name__}.")
    own = [
        key
        for key, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    ]
    here = f" It has {', '.join(own)}." if own else ""
    raise UsageError(f"{place}: {source} has no function {name!r}.{here}")


def _load(source: str) -> ModuleType:
    sys.path.insert(0, str(Path(source).resolve().parent) if source.endswith(".py") else "")
    try:
        if not source.endswith(".py"):
            return importlib.import_module(source)
        return _load_file(Path(source))
    except UsageError:
        raise
    except (Exception, SystemExit) as error:  # the user's script may raise anything
        # The frames of the import machinery say nothing to its author.
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if "importlib" not in f.filename and f.filename != __file__]
        where = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
        raise UsageError(
            f"{source} cannot be imported: {type(error).__name__}: {error}{where}"
        ) from error


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        near = sorted(script.name for script in path.parent.glob("*.py"))[:5]
        here = f" Here are {', '.join(near)}." if near else ""
        raise UsageError(f"There is no file {str(path)!r}.{here}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
