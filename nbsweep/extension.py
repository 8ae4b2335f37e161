"""How the top of the package adds members to classes further down.

`nbsweep/__init__.py` notes which module adds to the classes of which. A module whose
classes may be added to calls `extend` at its end, when they are defined, so that nobody
ever holds one of them without its members. The modules below import nothing from above.
What adds to a module's classes is loaded in the middle of whatever imports that module:
it imports others that do so only inside of its functions.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import FunctionType
from typing import TypeVar

Members = TypeVar("Members", bound=type)

ADDS_TO: dict[str, str] = {}  # module -> the module that adds members to its classes

_OF_EVERY_CLASS = frozenset(vars(type("_", (), {"__annotations__": {}}))) | {
    "__annotate_func__",
    "__annotations_cache__",
    "__firstlineno__",
    "__static_attributes__",
}


def extend(module: str) -> None:
    """Load what adds members to the classes of `module`, if anything does."""
    if module in ADDS_TO:
        importlib.import_module(ADDS_TO[module])


def mixed_into(target: type) -> Callable[[Members], Members]:
    """A class decorator that sets the members of a subclass of `target` on `target` itself.

    The name of the decorated class then means `target`; a type checker sees the subclass.

    Raises:
        TypeError: `target` defines a member of that name itself.
    """

    def add(members: Members) -> Members:
        for name, member in vars(members).items():
            if name in _OF_EVERY_CLASS:
                continue
            if name in vars(target):
                raise TypeError(f"{target.__qualname__}.{name} is there already.")
            if isinstance(member, FunctionType):
                member.__qualname__ = f"{target.__qualname__}.{name}"
            setattr(target, name, member)
        return target  # type: ignore[return-value]

    return add
