"""The config of a run: what the sweep suggested and what the training code adds."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from nbsweep.media.plain import merge, plain
from nbsweep.wording import closest, did_you_mean

logger = logging.getLogger("nbsweep")


class Node(dict[str, Any]):
    """A nested config value: a plain dict whose keys can be read as attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return _node(self[name])
        except KeyError:
            raise AttributeError(missing_name(name, self)) from None


class Config(MutableMapping[str, Any]):
    """The config of a run: ``c.lr``, ``c["lr"]``, ``dict(c)``, ``f(**c)``, ``c.opt.lr``.

    Values that the sweep suggested are locked: setting one to another value is ignored
    with one warning, as in W&B, so that what was tried is what is recorded. Everything
    else may be set, changed and deleted while the run is open. All mapping methods work
    (W&B's config lacks ``len``, ``values``, ``pop`` and others).
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        locked: Iterable[str] = (),
        on_change: Callable[[dict[str, Any]], None] = lambda values: None,
    ) -> None:
        held = dict(values)
        self.__dict__.update(
            _values=held, _locked=frozenset(locked), _on_change=on_change, _warned=set()
        )
        self.__dict__["_items"] = held  # W&B's name, which transformers reads

    def __getitem__(self, key: str) -> Any:
        try:
            return _node(self._values[key])
        except KeyError:
            raise KeyError(missing_name(key, self._values)) from None

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name not in values:
            raise AttributeError(missing_name(name, values))
        return _node(values[name])

    def __setitem__(self, key: str, value: Any) -> None:
        key, value = str(key).strip("-"), plain(value)
        if key in self._locked:
            if value != self._values.get(key):
                self._warn_locked(key)
            return
        if key not in self._values or self._values[key] != value:
            self._values[key] = value
            self._on_change(self.as_dict())

    __setattr__ = __setitem__

    def __delitem__(self, key: str) -> None:
        if key in self._locked:
            self._warn_locked(key)
            return
        del self._values[key]
        self._on_change(self.as_dict())

    __delattr__ = __delitem__

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)

    def as_dict(self) -> dict[str, Any]:
        """A copy as plain dicts."""
        return dict(self._values)

    def update(  # type: ignore[override]  # W&B's form, which also takes a Namespace
        self, d: Any = (), allow_val_change: bool | None = None, **values: Any
    ) -> None:
        """Set several values: a mapping, an argparse Namespace, pairs or keywords.

        A dict-valued sweep parameter is merged with what is given for its key; the
        sweep's leaves win and extra ones are kept.
        """
        del allow_val_change  # W&B's; always allowed here
        for key, value in {**as_mapping(d), **values}.items():
            if key in self._locked and isinstance(value, Mapping):
                self._merge_locked(key, value)
            else:
                self[key] = value

    def take_defaults(self, d: Any) -> None:
        """What `init(config=...)` gives: it fills in and changes all but the sweep's values."""
        for key, value in as_mapping(d).items():
            if key not in self._locked:
                self[key] = value
            elif isinstance(value, Mapping) and isinstance(self._values[key], Mapping):
                self._merge_locked(key, value)

    def setdefaults(self, d: Any) -> None:
        """Set those of several values whose keys do not exist yet."""
        for key, value in as_mapping(d).items():
            if key in self._locked and isinstance(value, Mapping):
                self._merge_locked(key, value)
            elif key not in self._values:
                self[key] = value

    def copy(self) -> dict[str, Any]:
        """A copy as plain dicts."""
        return self.as_dict()

    def _merge_locked(self, key: str, value: Mapping[str, Any]) -> None:
        if isinstance(self._values[key], Mapping):
            self._values[key] = merge(plain(value), self._values[key])
            self._on_change(self.as_dict())
        else:
            self._warn_locked(key)

    def _warn_locked(self, key: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            logger.warning(
                "config.%s is set by the sweep to %r; the other value is ignored. "
                "Keep a derived value under a name of its own.",
                key,
                self._values[key],
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


def _node(value: Any) -> Any:
    return Node(value) if type(value) is dict else value


def missing_name(name: str, values: Mapping[str, Any]) -> str:
    """What to say when `name` is read and is not there."""
    hint = did_you_mean(closest(name, values), "'", name)
    known = json.dumps(list(values)[:20])[1:-1] if values else "nothing yet"
    return f"{name!r} is not set.{hint} Set: {known}."
