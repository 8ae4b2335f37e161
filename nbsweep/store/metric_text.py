"""One metric out of history rows as they are stored, without decoding the rest of them.

A curve of 100,000 rows is a tenth of a second then, and two with `json.loads`. What the
short way cannot be sure of (nested dicts, NaN, names that JSON escapes) is decoded.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbsweep.records import is_diverged, is_number, lookup

# Numbers short enough to be the same as int and as float; others are decoded.
_NUMBER = r"\s*(-?\d{1,15}(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)\s*[,}]"


def curve_points(
    rows: Iterable[Sequence[Any]], metric: str, diverged: int = 0
) -> tuple[tuple[int, ...], tuple[float, ...], int]:
    """Steps and values of the rows that hold a finite number for the metric.

    Args:
        rows: step and JSON text of each.
        metric: its name; the literal key wins over a dotted path.
        diverged: how many values before these rows were NaN or infinite since the last
            finite one.

    Returns:
        Steps, values, and `diverged` as it is after these rows.
    """
    read = _reader(metric)
    steps, values = [], []
    for step, text in rows:
        value = read(text)
        if value is None:
            continue
        if math.isfinite(value):
            steps.append(step)
            values.append(value)
            diverged = 0
        else:
            diverged += 1
    return tuple(steps), tuple(values), diverged


def _reader(metric: str) -> Callable[[str], float | None]:
    """From a row's text to the metric: NaN for whatever is not finite, None without it."""
    key = f'"{metric}"'
    find = re.compile(re.escape(key) + r"\s*:" + _NUMBER).search

    def decoded(text: str) -> float | None:
        value = lookup(json.loads(text), metric)
        if is_number(value):
            return float(value)
        return math.nan if is_diverged(value) else None

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
