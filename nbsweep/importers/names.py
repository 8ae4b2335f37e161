"""Names of parameters from elsewhere, as a sweep config can have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbsweep.sweep_config.parameters import usable_name
from nbsweep.wording import show, some

SHOWN = 12  # names in a note


def usable_names(names: Iterable[str], *, nested: bool = False) -> dict[str, str]:
    """A name for each that a parameter can have: itself where possible, no two alike.

    Args:
        names: as they are elsewhere, each once.
        nested: whether a dot separates levels, each of which needs such a name.
    """
    names = list(names)
    usable: dict[str, str] = {}
    for name in names:  # whoever can keep its name does, whatever the others turn into
        if _usable(name, nested) == name:
            usable[name] = name
    for name in names:
        if name not in usable:
            wanted = _usable(name, nested) or "parameter"
            usable[name] = _free(wanted, set(usable.values()))
    return {name: usable[name] for name in names}


def _usable(name: str, nested: bool) -> str:
    parts = [usable_name(part) for part in name.split(".")] if nested else []
    return ".".join(parts) if all(parts) and parts else usable_name(name)


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def renamed(names: Mapping[str, str], used: Iterable[str]) -> list[str]:
    """A note about those of the used names that are not the original ones."""
    chosen = set(used)
    changed = [f"{show(old)} → {new}" for old, new in names.items() if old != new and new in chosen]
    if not changed:
        return []
    return [
        f"Parameters have other names here, as a sweep config allows: {some(changed, SHOWN)}. "
        "Training code that goes on with the sweep reads them from its config by these."
    ]


def with_names(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Flat values by their usable names."""
    return {names.get(name, name): value for name, value in values.items()}
