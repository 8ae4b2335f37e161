"""Labels of a run under way: name, notes, tags, group and job type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class Labelled(Protocol):
    """What a label asks of the run."""

    _labels: dict[str, Any]

    def _change(self, **fields: Any) -> None: ...


class StoredLabel(Generic[T]):
    """An attribute that is stored when somebody sets it.

    Args:
        read: turns what it is set to into what it is.
    """

    def __init__(self, read: Callable[[Any], T] = lambda value: value) -> None:
        self._read = read
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, run: None, owner: type) -> StoredLabel[T]: ...

    @overload
    def __get__(self, run: Labelled, owner: type) -> T: ...

    def __get__(self, run: Labelled | None, owner: type) -> StoredLabel[T] | T:
        if run is None:
            return self
        value: T = run._labels[self._name]
        return value

    def __set__(self, run: Labelled, value: Any) -> None:
        label = self._read(value)
        run._change(**{self._name: label})
        run._labels[self._name] = label
