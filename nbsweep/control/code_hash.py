"""Which version of the training code a run executed."""

from __future__ import annotations

import functools
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any


def code_hash(function: Callable[[], Any]) -> str | None:
    """16 hex digits that change when the function, or one it calls beside it, changes.

    Covers the bytecode and constants of the function, of its nested functions, and of
    the functions and classes of the same module (the notebook) that it names, and those
    that they name. Comments, formatting and other modules do not count. None where
    there is no Python code to look at. Equal only within one Python version.
    What runs other code than its own, such as a program, tells it by a method `code_hash`.
    """
    if hasattr(function, "code_hash"):
        version: str | None = function.code_hash()
        return version
    inner = _python_function(function)
    if inner is None:
        return None
    digest = hashlib.sha256()
    seen: set[int] = set()
    _add(inner, digest.update, seen)
    return digest.hexdigest()[:16]


def source(function: Callable[[], Any]) -> str | None:
    """The text of what `code_hash` covers, the function first; None where it is not known.

    What runs other code than its own tells it by a method `source`.
    """
    if hasattr(function, "code_hash"):
        return function.source() if hasattr(function, "source") else None
    inner = _python_function(function)
    if inner is None:
        return None
    parts: dict[object, str] = {}
    waiting: list[FunctionType | type] = [inner]
    while waiting:
        part = waiting.pop(0)
        if part in parts:
            continue
        try:
            parts[part] = textwrap.dedent(inspect.getsource(part)).strip()
        except (OSError, TypeError):  # typed into a plain interpreter, or made by exec
            parts[part] = ""
        waiting += _named(list(_functions(part)))
    return "\n\n\n".join(filter(None, parts.values())) or None


def _python_function(function: Callable[[], Any]) -> FunctionType | None:
    """The function of Python that a callable comes down to."""
    while isinstance(function, functools.partial):
        function = function.func
    inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", function)
    if isinstance(inner, FunctionType):
        return inner
    call = vars(type(function)).get("__call__")
    return call if isinstance(call, FunctionType) else None


def _add(function: FunctionType, update: Callable[[bytes], object], seen: set[int]) -> None:
    if id(function.__code__) in seen:
        return
    seen.add(id(function.__code__))
    for code in _codes(function.__code__):
        constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
        described = (code.co_name, code.co_code, code.co_names, code.co_varnames)
        update(repr((*described, _stable(constants))).encode())
    update(repr(_stable(list(function.__defaults__ or ()))).encode())
    for part in _named([function]):
        for called in _functions(part):
            _add(called, update, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _named(functions: Sequence[FunctionType]) -> list[FunctionType | type]:
    """The functions and classes of the same module that functions of one module name."""
    names = {name for each in functions for code in _codes(each.__code__) for name in code.co_names}
    found = [functions[0].__globals__.get(name) for name in sorted(names)]
    return [
        value
        for value in found
        if isinstance(value, (FunctionType, type))
        and getattr(value, "__module__", None) == functions[0].__module__
    ]


def _functions(part: FunctionType | type) -> Iterator[FunctionType]:
    """The function itself, or the methods of a class."""
    if isinstance(part, FunctionType):
        yield part
        return
    for _, method in sorted(vars(part).items()):
        if isinstance(method, FunctionType):
            yield method


def _stable(values: list[Any]) -> list[str]:
    """Representations without addresses and without the order of sets."""
    plain = (int, float, complex, str, bytes, bool, type(None), tuple)
    return [
        repr(sorted(value, key=repr))
        if isinstance(value, frozenset)
        else repr(value)
        if isinstance(value, plain)
        else type(value).__name__
        for value in values
    ]
