"""Nested config values: read and written as attributes, kept as plain dicts."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

from nbsweep.media.plain import plain
from nbsweep.wording import closest, did_you_mean

KEYS_SHOWN = 20
OLD_PROTOCOL = 2  # of pickle, the one that torch.save writes


if TYPE_CHECKING:  # where every dict is a MutableMapping already
    _Dict = dict[str, Any]
else:

    class _Dict(MutableMapping, dict):
        __slots__ = ()


class ConfigDict(_Dict):
    """A mapping that passes for a dict: with `json`, with YAML, with `isinstance`.

    What it gives comes from its own methods; the storage that it has as a dict repeats it,
    for C code that reads that.
    """

    __slots__ = ()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return {**other, **self}

    def __ior__(self, other: Mapping[str, Any]) -> ConfigDict:  # type: ignore[override]
        self.update(other)
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """One of its own, apart from any run, when it is pickled or copied.

        From what `torch.save` writes it becomes an OrderedDict: `torch.load`, which loads
        nothing but data unless it is told to, takes no other class of mappings.
        """
        kind = OrderedDict if protocol <= OLD_PROTOCOL else type(self)
        return kind, (plain(dict(self)),)


class Owner(Protocol):
    """What a node asks of the config that it is in."""

    def __getitem__(self, key: str) -> Any: ...

    def refuses(self, path: tuple[str, ...], *value: Any) -> bool:
        """Whether the sweep has set what is at `path`, so that no other value may be."""
        ...

    def settle(self) -> None:
        """Report what was changed in place."""
        ...


class Node(ConfigDict):
    """``config.model``: the dict at that key, with its keys as attributes too.

    It follows the config and writes to it. Its items are plain dicts and lists, so that
    ``dict(config.model)`` is made of nothing else.

    Args:
        values: the dict in the config, or one that belongs to none.
        owner: the config.
        path: the keys that lead to the dict there.
    """

    __slots__ = ("_held", "_owner", "_path")

    _held: dict[str, Any]
    _owner: Owner | None
    _path: tuple[str, ...]

    def __init__(
        self, values: dict[str, Any], owner: Owner | None = None, path: tuple[str, ...] = ()
    ) -> None:
        object.__setattr__(self, "_held", values)
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_path", path)
        teach_yaml()
        self._repeat()

    def __getitem__(self, key: str) -> Any:
        values = self._now()
        try:
            return values[key]
        except KeyError:
            raise KeyError(missing_name(key, values)) from None

    def __getattr__(self, name: str) -> Any:
        values = self._now()
        if name not in values:
            raise AttributeError(missing_name(name, values))
        value = values[name]
        return Node(value, self._owner, (*self._path, name)) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        key, value = str(key), plain(value)
        if self._owner is None or not self._owner.refuses((*self._path, key), value):
            self._now()[key] = value
            self._written()

    __setattr__ = __setitem__

    def __delitem__(self, key: str) -> None:
        if self._owner is None or not self._owner.refuses((*self._path, key)):
            del self._now()[key]
            self._written()

    __delattr__ = __delitem__

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def __contains__(self, key: object) -> bool:
        return key in self._now()

    def __repr__(self) -> str:
        return repr(self._now())

    def copy(self) -> dict[str, Any]:
        """A copy as plain dicts."""
        copied: dict[str, Any] = plain(self._now())
        return copied

    def _now(self) -> dict[str, Any]:
        """The dict that the config has there; the last one where it has none any more."""
        if self._owner is None:
            return self._held
        value: Any = self._owner
        for key in self._path:
            value = value.get(key)
            if not isinstance(value, dict):
                return self._held
        if value is not self._held:
            object.__setattr__(self, "_held", value)
            self._repeat()
        return self._held

    def _written(self) -> None:
        if self._owner is not None:
            self._owner.settle()
        self._repeat()

    def _repeat(self) -> None:
        dict.clear(self)
        dict.update(self, self._held)


def teach_yaml(*, load: bool = True) -> None:
    """Have YAML's dumpers write configs and nodes as the dicts that they are.

    Args:
        load: also when nobody has imported yaml yet.
    """
    if not load and "yaml" not in sys.modules:
        return
    from yaml import representer

    if ConfigDict in representer.SafeRepresenter.yaml_multi_representers:
        return
    dumpers = [representer.BaseRepresenter]
    for dumper in dumpers:
        dumpers.extend(dumper.__subclasses__())
        if hasattr(dumper, "represent_dict"):
            dumper.add_multi_representer(ConfigDict, _represent)


def _represent(dumper: Any, values: Mapping[str, Any]) -> Any:
    return dumper.represent_dict(dict(values))


def missing_name(name: str, values: Mapping[str, Any]) -> str:
    """What to say when `name` is read and is not there."""
    hint = did_you_mean(closest(name, values), "'", name)
    known = json.dumps(list(values)[:KEYS_SHOWN])[1:-1] if values else "nothing yet"
    return f"{name!r} is not set.{hint} Set: {known}."
