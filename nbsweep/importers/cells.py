"""From the text in a cell of a table to a value."""

from __future__ import annotations

import ast
import datetime
import json
import math
import re
from collections.abc import Iterable
from typing import Any

# What programs write where there is no value; "none" may be a choice somebody offered.
MISSING = frozenset(
    ("", "-", "–", "—", "N/A", "n/a", "NA", "#N/A", "#NA", "<NA>", "NULL", "null", "None", "NaT")
)
# Python's int and float also take 1_000, which is an id here.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_ODD = re.compile(r"[+-]?(nan|inf(inity)?)", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")


def value_of(cell: str) -> Any:
    """The value that a cell's text stands for; None when it says that there is none."""
    text = cell.strip()
    if text in MISSING:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _NUMBER.fullmatch(text):
        return _number(text)
    if _ODD.fullmatch(text):
        return float(text)
    if text[0] in "[{(":
        return literal(text)
    return text


def _number(text: str) -> int | float | str:
    if math.isinf(float(text)):  # too many digits: an id
        return text
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def literal(text: str) -> Any:
    """The list or dict that a text spells, as JSON or as Python does; else the text.

    Python's own spelling has nan and inf in it, which `ast.literal_eval` refuses.
    """
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        value = ast.literal_eval(_Odd().visit(ast.parse(text, mode="eval")))
        return json.loads(json.dumps(value))  # tuples are lists, keys are texts
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text


class _Odd(ast.NodeTransformer):
    """Writes what is not a literal as one: nan, np.float64(0.5), array([1, 2]), np.True_."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._word(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._word(node, node.attr.rstrip("_"))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not node.args:
            return node
        inner: ast.expr = self.visit(node.args[0])
        return inner

    @staticmethod
    def _word(node: ast.expr, word: str) -> ast.expr:
        values = {"nan": math.nan, "inf": math.inf, "True": True, "False": False}
        return ast.copy_location(ast.Constant(values[word]), node) if word in values else node


def has_decimal_commas(cells: Iterable[str]) -> bool:
    """Whether numbers with a fraction are written 0,5 and none of them 0.5."""
    found = False
    for cell in cells:
        text = cell.strip()
        if _POINT.fullmatch(text) and not _GROUPED.fullmatch(text):
            return False
        found = found or bool(_COMMA.fullmatch(text))
    return found


def with_point(cell: str) -> str:
    """A number with a decimal comma as one with a point: 1.234,5 → 1234.5."""
    text = cell.strip()
    if _COMMA.fullmatch(text) or _GROUPED.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return cell


def unix_seconds(value: Any) -> float | None:
    """Unix seconds of a date, or of seconds or milliseconds since 1970."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) / (1000 if value > 1e11 else 1)
    try:
        date = datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return date.timestamp()
