"""What W&B's media offer besides being logged: they show themselves in a cell."""

from __future__ import annotations

from typing import Any

from nbsweep.as_wandb.compatibility import missing_member
from nbsweep.extension import mixed_into
from nbsweep.media import base


@mixed_into(base.Media)
class Media(base.Media):
    """The members that are added to all media."""

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name)

    def _repr_html_(self) -> str:
        from nbsweep.media.folder import InMemory
        from nbsweep.media.page import reference_html

        memory = InMemory()
        return reference_html(self.keep(memory), memory.files.get)
