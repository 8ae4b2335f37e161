"""One metric out of history rows as they are stored, without decoding the rest of them.

A curve of 100,000 rows is a tenth of a second then, and two with `json.loads`. What the
short way cannot be sure of (nested dicts, NaN, names that JSON escapes) is decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbsweep.records import is_number, lookup

# Numbers short enough to be the same as int and as float; others are decoded.
_NUMBER = r"\s*(-?\d{1,15}(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)\s*[,}]"


def curve_points(
    rows: Iterable[Sequence[Any]], metric: str
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Steps and values of the rows that hold a finite number for the metric.

    Args:
        rows: step and JSON text of each.
        metric: its name; the literal key wins over a dotted path.
    """
    read = _reader(metric)
    steps, values = [], []
    for step, text in rows:
        value = read(text)
        if value is not None:
            steps.append(step)
            values.append(value)
    return tuple(steps), tuple(values)


def _reader(metric: str) -> Callable[[str], float | None]:
    key = f'"{metric}"'
    find = re.compile(re.escape(key) + r"\s*:" + _NUMBER).search

    def decoded(text: str) -> float | None:
        value = lookup(json.loads(text), metric)
        return float(value) if is_number(value) else None

    def read(text: str) -> float | None:
        # A quote inside of a text is escaped, so the key is one; without an inner dict it
        # is the row's own.
        if text.find("{", 1) < 0:
            number = find(text)
            if number is not None:
                return float(number[1])
            if key not in text:
                return None
        return decoded(text)

    return read if json.dumps(metric) == f'"{metric}"' else decoded
