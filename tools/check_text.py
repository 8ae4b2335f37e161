"""Mend the ends of lines and of files, and refuse merge markers: `check_text.py FILE…`.

Exit code 1 when something was mended or refused, as a pre-commit hook does.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MERGE_MARKER = re.compile(r"^(<{7} |>{7} |={7}$)", flags=re.MULTILINE)


def mended(text: str) -> str:
    """The text with no spaces before line ends and exactly one newline at its end."""
    body = re.sub(r"[ \t]+$", "", text.replace("\r\n", "\n"), flags=re.MULTILINE).rstrip("\n")
    return f"{body}\n" if body else ""


def main(paths: list[str]) -> int:
    """Check each file; 1 when one was changed or holds a merge marker."""
    status = 0
    for path in map(Path, paths):
        text = path.read_bytes().decode("utf-8")
        if MERGE_MARKER.search(text):
            print(f"{path}: holds a merge marker")
            status = 1
        # A notebook's trailing spaces are inside JSON strings and stay.
        if mended(text) != text:
            path.write_bytes(mended(text).encode("utf-8"))
            print(f"{path}: line ends mended")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
