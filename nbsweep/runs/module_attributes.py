"""The module attributes `nbsweep.run`, `config` and `summary`, which follow the current run.

`config` and `summary` are one object each for the whole process, so that a name bound to
one before there is a run (``from nbsweep import config``), or during an earlier run,
means the run that is the current one when it is used. `run` is the run itself or None:
code asks whether it is None.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, cast

from nbsweep.runs.config import Config
from nbsweep.runs.current import current_run, require_run
from nbsweep.runs.nested import OLD_PROTOCOL
from nbsweep.runs.summary import Summary


class _OfCurrentRun:
    """Hands all that is asked of it to the object of the current run.

    Attributes:
        _name: the attribute of the run, and of the module.
    """

    __slots__ = ()
    _name: str

    def __init__(self) -> None:
        """It has no values of its own, unlike what it passes for."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__dict__" and current_run() is not None:
            return vars(_of_current_run(self))
        if name.startswith("__") and name.endswith("__"):
            return object.__getattribute__(self, name)
        if name.startswith("_") and current_run() is None:  # introspection is not use
            raise AttributeError(name)
        return getattr(_of_current_run(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_of_current_run(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_of_current_run(self), name)

    def __getitem__(self, key: str) -> Any:
        return _of_current_run(self)[key]

    def __setitem__(self, key: str, value: Any) -> None:
        _of_current_run(self)[key] = value

    def __delitem__(self, key: str) -> None:
        del _of_current_run(self)[key]

    def __contains__(self, key: object) -> bool:
        return key in _of_current_run(self)

    def __iter__(self) -> Iterator[str]:
        return iter(_of_current_run(self))

    def __len__(self) -> int:
        return len(_of_current_run(self))

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        return current_run() is not None and bool(_of_current_run(self) == other)

    __hash__ = None  # type: ignore[assignment]  # like the classes that it passes for

    def __or__(self, other: Mapping[str, Any]) -> Any:
        return {**_of_current_run(self), **other}

    def __ror__(self, other: Mapping[str, Any]) -> Any:
        return {**other, **_of_current_run(self)}

    def __ior__(self, other: Mapping[str, Any]) -> Any:
        _of_current_run(self).update(other)
        return self

    def __repr__(self) -> str:
        if current_run() is None:
            return f"<nbsweep.{type(self)._name}: no run; call nbsweep.init() first>"
        return repr(_of_current_run(self))

    def __dir__(self) -> list[str]:
        names = set(object.__dir__(self))
        return sorted(names if current_run() is None else {*names, *_of_current_run(self)})

    def __copy__(self) -> Any:
        return copy.copy(_of_current_run(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(_of_current_run(self), memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """By its name: in another process it follows the run there."""
        return current, (type(self)._name,)


class _CurrentConfig(_OfCurrentRun, Config):  # type: ignore[misc]
    """What `nbsweep.config` is."""

    __slots__ = ()
    _name = "config"

    def __init__(self) -> None:
        # C code that takes it for a dict looks whether it is empty before it asks for items.
        dict.__setitem__(cast("dict[None, None]", self), None, None)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if protocol <= OLD_PROTOCOL and current_run() is not None:  # torch.save
            return _of_current_run(self).__reduce_ex__(protocol)
        return super().__reduce_ex__(protocol)


class _CurrentSummary(_OfCurrentRun, Summary):
    """What `nbsweep.summary` is."""

    _name = "summary"


def _of_current_run(of: _OfCurrentRun) -> Any:
    name = type(of)._name
    return getattr(require_run(name), name)


_FOLLOWING = {"config": _CurrentConfig(), "summary": _CurrentSummary()}


def current(name: str) -> Any:
    """What the module attributes `run`, `config` and `summary` are."""
    return current_run() if name == "run" else _FOLLOWING[name]


def assign(name: str, value: Any) -> None:
    """``wandb.summary = {...}`` and ``wandb.config = {...}``, for the current run.

    In W&B the module's attribute becomes a dict that is recorded nowhere; here the run
    takes the values, and what the sweep suggested stays.
    """
    if name == "run":
        return  # `wandb.run = None` of old notebooks; finish() ends a run
    if value is _FOLLOWING[name]:
        return  # `wandb.config |= {...}` has changed it already
    run = require_run(name)
    if name == "summary":
        run.summary = value
    else:
        run.config.update(value)
