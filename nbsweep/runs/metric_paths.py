r"""Paths of metrics as `define_metric` spells them, which is W&B's way.

A nested metric is named by its keys joined by dots. A dot that belongs to a key is written
with a backslash: ``val.acc`` names ``{"val": {"acc": 1}}``, ``val\.acc`` names
``{"val.acc": 1}``. Slashes and all else are plain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Path = tuple[str, ...]


@lru_cache(maxsize=4096)
def spelled(path: Path) -> str:
    """The name by which `define_metric` knows a metric at this path."""
    return ".".join(key.replace(".", "\\.") for key in path)


def leaves(tree: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The path and value of each metric in a tree; a dict with a ``_type`` is one value."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and "_type" not in value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Set a leaf; the dicts on its way are copied, so that others may hold the old ones."""
    for key in path[:-1]:
        below = tree.get(key)
        tree[key] = tree = dict(below) if isinstance(below, Mapping) else {}
    tree[path[-1]] = value
