"""What a terminal shows: colours, and no line wider than the window."""

import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from nbsweep.view.picture import picture
from nbsweep.view.terminal import rows_text, rows_view, sweep_view, to_text


def printed(renderable, width, *, colours=False):
    stream, system = io.StringIO(), "truecolor" if colours else None
    console = Console(file=stream, width=width, force_terminal=colours, color_system=system)
    console.print(renderable)
    return stream.getvalue()


def drawn(sweep):
    return picture(sweep.snapshot(), sweep.config, total=40, now=sweep.now)


@pytest.mark.parametrize("width", [60, 80, 140, 300])
def test_a_sweep_fits_into_the_window(make_mixed_sweep, width):
    text = printed(sweep_view(drawn(make_mixed_sweep()), width), width)
    table = text[text.index("\nrun") if "\nrun" in text else text.index(" run ") :]
    heads, *lines = [line for line in table.splitlines() if line.strip()]
    assert max(map(len, text.splitlines())) <= width
    for name in ("run", "state", "loss", "curve", "time"):
        assert name in heads.split()
    assert "★" in text
    assert lines[0].split()[1] == "finished"  # a run is one line
    assert ("learning_rate" in heads.split()) == (width > 80)
    assert ("swept parameters" in text) == (width <= 80)


def test_a_sweep_says_in_colours_what_its_text_says_without(make_mixed_sweep):
    found = drawn(make_mixed_sweep())
    coloured = printed(sweep_view(found, 200), 200, colours=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert re.search(r"\x1b\[31mfailed", coloured)
    words = re.sub(r"\s+", " ", to_text(found))
    assert [w for w in re.sub(r"\s+", " ", plain).split() if w not in words] == []


ROWS = [
    {"run": 1, "id": "aaaaaaaa", "state": "finished", "lr": 0.001, "name": "x" * 50, "loss": 0.5},
    {"run": 2, "id": "bbbbbbbb", "state": "failed", "lr": 0.1, "name": None},
]


@pytest.mark.parametrize("width", [40, 60, 80, 140, 300])
def test_rows_leave_columns_out_rather_than_wrap(width):
    text = printed(rows_view(ROWS, width, keep=["run", "loss"], options="--csv"), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].split()[0] == "run"
    assert "loss" in lines[0]
    hidden = [name for name in ("id", "state", "lr", "name") if name not in lines[0].split()]
    assert ("no room" in text) == bool(hidden)
    assert (width < 80) == bool(hidden)


def test_a_column_of_close_numbers_tells_them_apart():
    rows = [{"run": i, "accuracy": 0.9999 + 1e-5 * i} for i in range(3)]
    assert rows_text(rows).split() == ("run accuracy 0 0.9999 1 0.99991 2 0.99992".split())


def test_states_have_colours():
    text = printed(rows_view(ROWS, 140, options="--csv"), 140, colours=True)
    assert re.search(r"\x1b\[32mfinished", text)
    assert re.search(r"\x1b\[31mfailed", text)


def test_a_terminal_gets_colours_and_a_pipe_plain_text(tmp_path):
    if os.name == "nt":
        pytest.skip("needs a pseudo-terminal")
    import pty

    (tmp_path / "results.csv").write_text("lr,opt,loss\n0.001,a,3\n0.1,b,2\n")
    command = [sys.executable, "-m", "nbsweep"]
    subprocess.run([*command, "import", "csv", "results.csv"], check=True, capture_output=True)
    plain = subprocess.run([*command, "ls"], check=True, capture_output=True, text=True).stdout
    assert "\x1b" not in plain
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "60"}
    subprocess.run([*command, "ls"], check=True, stdout=follower, env=environment)
    os.close(follower)
    seen = os.read(leader, 65536).decode()
    os.close(leader)
    assert "\x1b[32mfinished" in seen
    lines = re.sub(r"\x1b\[[0-9;]*m", "", seen).splitlines()
    assert max(map(len, lines)) <= 60
    assert "no room for" in lines[-1]
