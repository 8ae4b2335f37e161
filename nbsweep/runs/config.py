"""The config of a run: what the sweep suggested and what the training code adds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from nbsweep.errors import ConfigError, Problem
from nbsweep.media.plain import merge, plain
from nbsweep.runs.nested import ConfigDict, Node, missing_name, teach_yaml
from nbsweep.wording import show

logger = logging.getLogger("nbsweep")

_NOTHING: Any = object()


class Config(ConfigDict):
    """The config of a run: ``c.lr``, ``c["lr"]``, ``dict(c)``, ``f(**c)``, ``c.opt.lr``.

    Values that the sweep suggested are locked, at every depth: setting one to another
    value is ignored with one warning, as in W&B, so that what was tried is what is
    recorded. Everything else may be set, changed and deleted while the run is open; see
    `hold` for runs outside of sweeps. All methods of a dict work (W&B's config lacks
    ``len``, ``values``, ``pop`` and others).

    A nested value is a plain dict or list. What is changed in it, at any depth, is
    recorded with the next rows, at the latest at the end of the run.

    Args:
        values: to begin with.
        locked: the keys whose values are the sweep's.
        on_change: called with the whole config after each change.
    """

    __slots__ = ("__dict__",)

    def __init__(
        self,
        values: Mapping[str, Any],
        locked: Iterable[str] = (),
        on_change: Callable[[dict[str, Any]], None] = lambda values: None,
    ) -> None:
        dict.update(self, {key: _own(value) for key, value in values.items()})
        self.__dict__.update(
            _locked={key: _own(values[key]) for key in locked if key in values},
            _on_change=on_change,
            _held=False,
            _warned=set(),
            _reporting=threading.Lock(),
            _reported=_nested(values),
            _items=self,  # W&B's name: transformers reads vars(config)["_items"]
        )
        teach_yaml(load=False)

    def __getitem__(self, key: str) -> Any:
        value = dict.get(self, key, _NOTHING)
        if value is _NOTHING:
            raise KeyError(missing_name(key, self))
        if key in self._locked and type(value) in (dict, list):
            value = self._guarded(key, value)
            dict.__setitem__(self, key, value)
        return value

    def __getattr__(self, name: str) -> Any:
        if not dict.__contains__(self, name):
            raise AttributeError(missing_name(name, self))
        value = self[name]
        return Node(value, self, (name,)) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        self._assign({key: value}, strict=self._held)

    __setattr__ = __setitem__

    def __delitem__(self, key: str) -> None:
        if self.refuses((key,)):
            return
        dict.__delitem__(self, key)
        self._report()

    __delattr__ = __delitem__

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self)

    def __len__(self) -> int:
        return dict.__len__(self)

    def __repr__(self) -> str:
        return repr(dict(self))

    def popitem(self) -> tuple[str, Any]:
        """Take out the last key that is not the sweep's, with its value."""
        for key in reversed(list(self)):
            if key not in self._locked:
                return key, self.pop(key)
        raise KeyError("popitem(): nothing is left but what the sweep has set.")

    def as_dict(self) -> dict[str, Any]:
        """A copy as plain dicts, at every depth."""
        return {key: self._plain(key, value) for key, value in list(dict.items(self))}

    def update(  # type: ignore[override]  # W&B's form, which also takes a Namespace
        self, d: Any = (), allow_val_change: bool | None = None, **values: Any
    ) -> None:
        """Set several values: a mapping, an argparse Namespace, pairs or keywords.

        A dict-valued sweep parameter is merged with what is given for its key; the
        sweep's leaves win and extra ones are kept.

        Args:
            d: the values.
            allow_val_change: whether a key may get another value than it has; default:
                what `hold` says.
            values: more of them.

        Raises:
            ConfigError: one may not; nothing is set then.
        """
        strict = self._held if allow_val_change is None else not allow_val_change
        self._assign({**as_mapping(d), **values}, strict=strict, merged=True)

    def take_defaults(self, d: Any) -> None:
        """What `init(config=...)` gives: it fills in and changes all but the sweep's values."""
        given = as_mapping(d)
        fitting = {
            key: value
            for key, value in given.items()
            if key not in self._locked
            or (isinstance(value, Mapping) and type(self._locked[key]) is dict)
        }
        self._assign(fitting, merged=True)

    def setdefaults(self, d: Any) -> None:
        """Set those of several values whose keys do not exist yet."""
        missing = {}
        for key, value in as_mapping(d).items():
            if key not in self:
                missing[key] = value
            elif key in self._locked and isinstance(value, Mapping):
                missing[key] = merge(plain(value), self[key])
        self._assign(missing, merged=True)

    def copy(self) -> dict[str, Any]:
        """A copy as plain dicts, at every depth."""
        return self.as_dict()

    def hold(self) -> None:
        """From now on a key keeps its value, but for ``update(…, allow_val_change=True)``."""
        self.__dict__["_held"] = True

    def refuses(self, path: tuple[str, ...], *value: Any) -> bool:
        """Whether the sweep has set what is at `path`; warns once of any other value.

        Args:
            path: keys from the top.
            value: what it would become; none when it would be deleted.
        """
        held: Any = self._locked
        for key in path:
            if type(held) is not dict or key not in held:
                return False
            held = held[key]
        if value and type(held) is dict and isinstance(value[0], Mapping):
            return False  # its leaves are looked at one by one, when they are read
        if not value or not _same(value[0], held):
            self._warn_locked(path, held)
        return True

    def settle(self) -> None:
        """Report what was changed in nested values since the last report; any thread may."""
        if any(self._is_news(key, before) for key, before in self._reported.items()):
            self._report()

    def _is_news(self, key: str, before: Any) -> bool:
        now = dict.get(self, key, _NOTHING)
        if now is _NOTHING or _equal(now, before):
            return False
        return repr(self._plain(key, now)) != repr(before)  # where NaN equals NaN

    def _assign(
        self, values: Mapping[str, Any], *, strict: bool = False, merged: bool = False
    ) -> None:
        """Set several values in one go.

        Args:
            values: as they come from the training code.
            strict: refuse to change those that are there.
            merged: let a dict for a locked key add to it.
        """
        new: dict[str, Any] = {}
        problems = []
        for name, given in values.items():
            key, value = str(name).strip("-"), plain(given)
            locked = self._locked.get(key)
            if merged and type(value) is dict and type(locked) is dict:
                value = merge(merge(dict.__getitem__(self, key), value), locked)
            elif self.refuses((key,), value):
                continue
            elif strict and key in self and not _same(value, dict.__getitem__(self, key)):
                problems.append(self._fixed(key, value))
            new[key] = value
        if problems:
            raise ConfigError(problems)
        changes = {
            key: value
            for key, value in new.items()
            if key not in self or not _same(value, dict.__getitem__(self, key))
        }
        if changes:
            dict.update(self, changes)
            self._report()
        elif new:  # `config["model"] |= …` has changed the dict that is there
            self.settle()

    def _fixed(self, key: str, value: Any) -> Problem:
        change = f"{{{show(key)}: {show(value)}}}"
        return Problem(
            f"config.{key}",
            f"is {show(dict.__getitem__(self, key))}, as it was recorded, and does not change to "
            f"{show(value)} by itself. Keep the other value under a name of its own, or write "
            f"config.update({change}, allow_val_change=True).",
        )

    def _guarded(self, key: str, value: Any) -> Any:
        """A locked nested value as it is read: itself, or without what the sweep had no part in.

        What the training code holds of it stays as that left it.
        """
        locked = self._locked[key]
        if _holds(value, locked):
            return value
        for path in _differing(value, locked, (key,)):
            self.refuses(path, _NOTHING)
        return merge(plain(value), locked) if type(value) is dict else _own(locked)

    def _plain(self, key: str, value: Any) -> Any:
        locked = self._locked.get(key, _NOTHING)
        if locked is _NOTHING:
            return plain(value)
        if type(locked) is dict and isinstance(value, Mapping):
            return merge(plain(value), locked)
        return _own(locked)

    def _report(self) -> None:
        with self._reporting:
            whole = self.as_dict()
            self._on_change(whole)
            self.__dict__["_reported"] = _nested(whole)

    def _warn_locked(self, path: tuple[str, ...], value: Any) -> None:
        if path not in self._warned:
            self._warned.add(path)
            logger.warning(
                "config.%s is set by the sweep to %r; the other value is ignored. "
                "Keep a derived value under a name of its own.",
                ".".join(path),
                value,
            )


def as_mapping(d: Any) -> dict[str, Any]:
    """A mapping, pairs, or the attributes of a Namespace (or absl FLAGS) as a dict."""
    if isinstance(d, Mapping):
        return {str(key): value for key, value in d.items()}
    if hasattr(d, "flag_values_dict"):  # absl
        return dict(d.flag_values_dict())
    if hasattr(d, "__dict__") and not isinstance(d, type):
        return {key: value for key, value in vars(d).items() if not key.startswith("_")}
    return dict(d)


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that can be changed in place."""
    return {key: _own(value) for key, value in values.items() if type(value) in (dict, list)}


def _own(value: Any) -> Any:
    """A plain value that shares no dict and no list with `value`."""
    if type(value) is dict:
        return {key: _own(item) for key, item in value.items()}
    return [_own(item) for item in value] if type(value) is list else value


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except (ValueError, RuntimeError):  # arrays do not tell
        return False


def _same(one: Any, other: Any) -> bool:
    return _equal(one, other) or repr(one) == repr(other)  # where NaN equals NaN


def _holds(value: Any, locked: Any) -> bool:
    """Whether a nested value has all of a locked one, unchanged."""
    if type(locked) is not dict or not isinstance(value, Mapping):
        return _same(value, locked)
    return all(key in value and _holds(value[key], item) for key, item in locked.items())


def _differing(value: Any, locked: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Where a nested value has another leaf than the locked one; missing ones do not count."""
    if type(locked) is not dict or not isinstance(value, Mapping):
        if not _same(value, locked):
            yield path
        return
    for key, item in locked.items():
        if key in value:
            yield from _differing(value[key], item, (*path, key))
