"""The functions of ``wandb.util`` that sweep code uses."""

from __future__ import annotations

import secrets
import string
from typing import Any

from nbsweep.artifacts.index import safe_artifact_name as make_artifact_name_safe
from nbsweep.as_wandb.compatibility import missing
from nbsweep.media.plain import plain

__all__ = [
    "generate_id",
    "json_friendly",
    "make_artifact_name_safe",
    "to_forward_slash_path",
]

ID_CHARACTERS = string.ascii_lowercase + string.digits


def generate_id(length: int = 8) -> str:
    """A new id of lower-case letters and digits, as runs have."""
    return "".join(secrets.choice(ID_CHARACTERS) for _ in range(length))


def json_friendly(obj: Any) -> tuple[Any, bool]:
    """A value as JSON holds it, and whether it had to be changed."""
    value = plain(obj)
    return value, value is not obj


def to_forward_slash_path(path: str) -> str:
    """A path with forward slashes, on every system."""
    return path.replace("\\", "/")


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise missing(f"util.{name}", tuple(__all__), "nbsweep.util")
