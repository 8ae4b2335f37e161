"""Which earlier sweeps a config lets its own learn from: the key `prior`."""

from __future__ import annotations

from typing import Any

from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import described

PRIORS = ("auto", "none")


def read_prior(reader: Reader, value: Any) -> str | tuple[str, ...] | None:
    """Either "auto", or the ids of sweeps, or None for "none" and after noting what is wrong."""
    path = ("prior",)
    if isinstance(value, str):
        word = reader.choice(path, value, PRIORS)
        return None if word == "none" else word
    if isinstance(value, list) and all(isinstance(each, str) and each for each in value):
        return tuple(value) or None
    reader.problem(
        path,
        f'found {described(value)}; "auto", "none" or a list of sweep ids is needed, such as '
        '["k3w9x2ab"].',
    )
    return None
