"""A picture that the disk does not take costs neither the run nor the rest of its row."""

import errno
import re
from pathlib import Path

import pytest

import nbsweep


def full(times):
    """`Path.write_bytes` that fails so many times, with half of the content written."""
    write_bytes, left = Path.write_bytes, [times]

    def write(path, content):
        if left[0]:
            left[0] -= 1
            write_bytes(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    return write


def test_the_row_is_stored_and_a_warning_says_what_is_missing(monkeypatch):
    with nbsweep.init() as run:
        monkeypatch.setattr(Path, "write_bytes", full(times=99))
        message = (
            r"log: 'page' of step 0 is stored without its file: .*page_0_.*\.html cannot be "
            r"written \(No space left on device\)\."
        )
        with pytest.warns(UserWarning, match=message):
            run.log({"loss": 0.5, "page": nbsweep.Html("<p>hello</p>")})
        monkeypatch.undo()
        run.log({"loss": 0.25})
    stored = run.store.run(run.id)
    assert stored.state.value == "finished"
    assert [row.values["loss"] for row in run.store.history(run.id)] == [0.5, 0.25]
    assert not [path for path in Path(run.dir).rglob("*") if path.is_file()]


def test_one_failed_write_is_repeated(monkeypatch):
    with nbsweep.init() as run:
        monkeypatch.setattr(Path, "write_bytes", full(times=1))
        run.log({"page": nbsweep.Html("<p>hello</p>")})
    (path,) = [path for path in Path(run.dir).rglob("*") if path.is_file()]
    assert re.search("hello", path.read_text())
