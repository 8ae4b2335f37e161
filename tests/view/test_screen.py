"""Control characters: what a terminal would show of printed text."""

from dataclasses import dataclass

import pytest

from nbsweep.view.screen import HEIGHT, LONGEST, Screen, overwritten, plain


@dataclass
class Row:
    text: str = ""


def shown(*pieces):
    rows = []

    def new():
        rows.append(Row())
        return rows[-1]

    screen = Screen(new, lambda row: row)
    for piece in pieces:
        screen.write(piece)
    return [row.text for row in rows]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["a\nb\n"], ["a", "b"]),
        (["a", "b", "\n", "c"], ["ab", "c"]),
        (["a\n\nb"], ["a", "", "b"]),
        (["a\n\n\n"], ["a"]),  # empty lines at the end show when more comes
        (["  0%|  |\r", " 50%|# |\r", "100%|##|\n", "done"], ["100%|##|", "done"]),
        (["\r 10%", "\r 20%", "\n"], [" 20%"]),
        (["a\r\nb\r\n"], ["a", "b"]),
        (["12/60\b\b\b\b\b13/60"], ["13/60"]),
        (["ab\b", "c"], ["ac"]),
        (["\b\b\bx"], ["x"]),
        (["\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[m"], ["red and bold"]),
        (["\x1b[3", "1mred"], ["red"]),
        (["a\x1b]8;;http://x\x07link\x1b]8;;\x07"], ["alink"]),
        (["title\x1b]0;name\x1b\\s"], ["titles"]),
        (["a\tb"], ["a    b"]),
        (["bell\x07\x00 \x7f\x0cend"], ["bell end"]),
        (["outer 0%\n\rinner 0%\x1b[A", "\n\rinner 50%\x1b[A", "\router 50%"],
         ["outer 50%", "inner 50%"]),
        (["a\nb\n\x1b[2A\x1b[2Kc\n\x1b[2Kd\n"], ["c", "d"]),
        (["working…\r\x1b[Kdone"], ["done"]),
        (["äöü 🎉 ▏█"], ["äöü 🎉 ▏█"]),
        ([""], []),
    ],
)  # fmt: skip
def test_a_screen_shows_what_a_terminal_would(pieces, lines):
    assert shown(*pieces) == lines


def test_a_line_is_bounded_and_says_so():
    (line,) = shown("x" * 700, "y" * 700, "z" * 700)
    assert len(line) == LONGEST
    assert line.endswith("y…")


def test_a_cursor_moves_within_the_last_lines_only():
    lines = shown("".join(f"{i}\n" for i in range(100)), "\x1b[99Atop")
    assert len(lines) == 100
    assert lines[100 - HEIGHT].endswith("top")


def test_many_empty_lines_are_not_all_kept():
    assert len(shown("a", "\n" * 100_000, "b")) <= HEIGHT + 2


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("a\rb", "b"),
        ("a\r", "a"),
        ("ab\b\bc", "c"),
        ("1/9\b\b\b2/9", "2/9"),
        ("x", "x"),
        ("\b" * 100_000 + "x", "x"),
    ],
)
def test_an_overwritten_line_keeps_what_came_last(line, left):
    assert overwritten(line) == left


def test_plain_text_keeps_its_lines():
    assert plain("\x1b[1mTraceback\x1b[0m\n\tline\x00 1\x1b[0;31m!\n") == "Traceback\n\tline 1!\n"
