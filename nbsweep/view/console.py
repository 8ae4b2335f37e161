"""Lines for people on standard output; the one place of nbsweep that prints."""

from __future__ import annotations

import errno
import sys


def say(text: str) -> None:
    """Print a line at once, also where the terminal lacks some of its characters."""
    stream = sys.stdout
    if stream is None:  # pythonw and some services have none
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    # In one piece: other threads write to the same terminal.
    line = f"{text}\n".encode(encoding, "replace").decode(encoding)
    try:
        stream.write(line)
        stream.flush()
    except OSError as error:
        if error.errno != errno.EIO:  # the terminal was closed; the work goes on
            raise


def is_terminal() -> bool:
    """Whether standard output is a terminal that can show colours and every character."""
    stream = sys.stdout
    encoding = (getattr(stream, "encoding", None) or "").lower()
    return stream is not None and stream.isatty() and encoding.startswith("utf")
