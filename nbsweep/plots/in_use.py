"""Which theme figures are drawn in, light or dark: one setting for the process."""

from __future__ import annotations

from types import TracebackType

from nbsweep.errors import UsageError
from nbsweep.wording import closest, did_you_mean

THEMES = ("light", "dark")

theme = "light"


class Chosen:
    """A theme that was chosen; at the end of a ``with`` block the one before is back."""

    def __init__(self, before: str) -> None:
        self._before = before

    def __enter__(self) -> Chosen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        choose(self._before)


def choose(name: str) -> Chosen:
    """Draw all figures from now on in a theme.

    Raises:
        UsageError: there is no such theme.
    """
    global theme
    check(name)
    chosen, theme = Chosen(theme), name
    return chosen


def check(name: str) -> None:
    """Raise UsageError for a theme that there is not."""
    if name not in THEMES:
        guess = closest(name, THEMES) if isinstance(name, str) else None
        raise UsageError(f'theme {name!r}: "light" or "dark" is accepted.{did_you_mean(guess)}')
