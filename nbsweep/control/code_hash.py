"""Which version of the training code a run executed."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
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
    while isinstance(function, functools.partial):
        function = function.func
    inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", function)
    if not isinstance(inner, FunctionType):
        call = vars(type(function)).get("__call__")
        if not isinstance(call, FunctionType):
            return None
        inner = call
    digest = hashlib.sha256()
    seen: set[int] = set()
    _add(inner, digest.update, seen)
    return digest.hexdigest()[:16]


def _add(function: FunctionType, update: Callable[[bytes], object], seen: set[int]) -> None:
    if id(function.__code__) in seen:
        return
    seen.add(id(function.__code__))
    names: set[str] = set()
    for code in _codes(function.__code__):
        names.update(code.co_names)
        constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
        described = (code.co_name, code.co_code, code.co_names, code.co_varnames)
        update(repr((*described, _stable(constants))).encode())
    update(repr(_stable(list(function.__defaults__ or ()))).encode())
    for name in sorted(names):
        for called in _functions(function.__globals__.get(name), function.__module__):
            _add(called, update, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _functions(value: object, module: str) -> Iterator[FunctionType]:
    """The functions that a name of the same module stands for: itself, or a class's methods."""
    if getattr(value, "__module__", None) != module:
        return
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, type):
        for _, method in sorted(vars(value).items()):
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
