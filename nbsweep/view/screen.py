"""What a terminal would show of printed text: the one place that knows control characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

HEIGHT = 12  # lines that a cursor may go back to, as nested progress bars do
LONGEST = 1_000  # characters of a line
TAB = "    "

_CSI = r"\x1b\[([0-9;?]*)[ -/]*([@-~])"
_OTHER_ESCAPES = r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|\x1b[ -/]+[0-~]"
_TOKEN = re.compile(rf"{_CSI}|{_OTHER_ESCAPES}|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+")
_NOT_SHOWN = re.compile(rf"{_CSI}|{_OTHER_ESCAPES}|[\x00-\x08\x0b-\x1f\x7f]")
# The beginning of an escape sequence whose end comes with the next piece of text.
_CUT_OFF = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*|\][^\x07\x1b]{0,200}|[ -/]*)$")


def overwritten(line: str, *, keep_return: bool = False) -> str:
    """What is left of a line with carriage returns and backspaces in it.

    Text after a carriage return takes the line's place, as progress bars mean it.

    Args:
        line: without its end.
        keep_return: keep a return at the end, since more may follow.
    """
    if "\r" in line:
        parts = line.split("\r")
        if keep_return and not parts[-1]:  # a bar that ends each state with the return
            line = parts[-2] + "\r" if parts[-2] else line[-1:]
        else:
            line = next((part for part in reversed(parts) if part), "")
    return _erased(line) if "\b" in line else line


def _erased(line: str) -> str:
    shown: list[str] = []
    for character in line:
        if character != "\b":
            shown.append(character)
        elif shown:
            shown.pop()
    return "".join(shown)


def plain(text: str) -> str:
    """Text without colours, moves of the cursor and other control characters."""
    return _NOT_SHOWN.sub("", text)


class ScreenLine(Protocol):
    """A line that may still change."""

    text: str


Line = TypeVar("Line", bound=ScreenLine)


class Screen(Generic[Line]):
    """The last lines of what somebody prints, with the cursor in them.

    Carriage returns, backspaces, moves up and down and erased lines do what they do in a
    terminal; colours are left out. Not thread-safe.

    Args:
        new: makes a line below all others.
        changed: told of each line whose text is another now; gives the line to go on with.
    """

    def __init__(self, new: Callable[[], Line], changed: Callable[[Line], Line]) -> None:
        self._new = new
        self._changed = changed
        self._lines: list[Line] = []
        self._row = 0
        self._is_at_start = True  # of the line: what comes takes its place
        self._cut_off = ""

    def write(self, text: str) -> None:
        """Show text as it was printed."""
        text = self._cut_off + text
        cut = _CUT_OFF.search(text)
        self._cut_off = cut[0] if cut else ""
        for token in _TOKEN.finditer(text[: cut.start()] if cut else text):
            piece = token[0]
            if piece == "\n":
                self._row, self._is_at_start = self._row + 1, True
            elif piece == "\r":
                self._is_at_start = True
            elif piece == "\b":
                self._erase_last()
            elif token[2]:
                self._move(token[1], token[2])
            elif piece == "\t":
                self._add(TAB)
            elif piece >= " " and piece != "\x7f":
                self._add(piece)

    def _move(self, amount: str, command: str) -> None:
        n = int(amount) if amount.isdigit() else 1
        if command == "A":
            self._row = max(0, self._row - n)
        elif command == "B":
            self._row += n
        elif command == "K" and (amount == "2" or self._is_at_start) and self._is_there():
            self._put("")

    def _is_there(self) -> bool:
        return self._row < len(self._lines)

    def _erase_last(self) -> None:
        if not self._is_at_start and self._is_there():
            self._put(self._lines[self._row].text[:-1])

    def _add(self, piece: str) -> None:
        self._row = min(self._row, len(self._lines) + HEIGHT)  # of many empty lines, the last
        while not self._is_there():
            self._lines.append(self._new())
        before = "" if self._is_at_start else self._lines[self._row].text
        self._is_at_start = False
        if len(before) < LONGEST:
            text = before + piece
            self._put(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
        over = len(self._lines) - HEIGHT
        if over > 0:
            del self._lines[:over]
            self._row -= over

    def _put(self, text: str) -> None:
        line = self._lines[self._row]
        if line.text != text:
            line.text = text
            self._lines[self._row] = self._changed(line)
