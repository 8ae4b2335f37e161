"""W&B's `Settings`: taken whole, a few of them mean something here."""

from __future__ import annotations

from typing import Any

# Setting → the argument of init that it stands for.
MEANT = {
    "entity": "entity",
    "mode": "mode",
    "project": "project",
    "run_group": "group",
    "run_id": "id",
    "run_job_type": "job_type",
    "run_name": "name",
    "run_notes": "notes",
    "run_tags": "tags",
    "reinit": "reinit",
    "resume": "resume",
}


class Settings:
    """W&B's settings by name; any are taken.

    What `init` has an argument for counts as that argument: mode, project, run_name,
    run_id, run_group, run_tags, run_notes, run_job_type, reinit, resume. The rest is about W&B's
    service and is ignored.
    """

    def __init__(self, **data: Any) -> None:
        self.__dict__.update(data)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return None  # as W&B's settings that were not set

    def update(self, **data: Any) -> None:
        """Set several."""
        self.__dict__.update(data)

    def arguments(self) -> dict[str, Any]:
        """What they mean as arguments of init."""
        return {
            argument: self.__dict__[name]
            for name, argument in MEANT.items()
            if self.__dict__.get(name) is not None
        }

    def __repr__(self) -> str:
        texts = ", ".join(f"{key}={value!r}" for key, value in self.__dict__.items())
        return f"Settings({texts})"


def as_settings(settings: Any) -> Settings:
    """Settings from what init takes: Settings, a dict, or nothing."""
    if isinstance(settings, Settings):
        return settings
    return Settings(**dict(settings or {}))
