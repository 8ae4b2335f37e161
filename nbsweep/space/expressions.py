"""Expressions over parameter names, such as ``batch_size * grad_accum <= 512``.

They are read by Python's own parser and built up again from a few kinds of nodes as
functions of the params; whatever else Python could say is refused, and nothing is ever
handed to `eval`. A name may be dotted (``optimizer.lr``); one that is not a Python name
stands in backquotes: ```batch-size` * 2 <= 64``.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbsweep.records import is_number

Params = Mapping[str, Any]
Node = Callable[[Params], Any]

MAX_POWER = 1024  # 10 ** 10 ** 10 would never end
MAX_CHARS = 1000
_QUOTED = re.compile(r"`([^`]+)`")

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "len": len,
    "max": max,
    "min": min,
    "round": round,
}
_WORDS = {"true": True, "false": False, "null": None}
SUPPORTED = (
    "numbers, text, parameter names, + - * / // % **, == != < <= > >=, in, and, or, not, "
    f"{', '.join(_FUNCTIONS)}"
)


class ExpressionError(ValueError):
    """The text is not an expression, or not one that is supported.

    Attributes:
        column: where in the text, from 1; None when it is the text as a whole.
        unknown: the name that is not a parameter, or None.
    """

    def __init__(self, message: str, column: int | None = None, unknown: str | None = None) -> None:
        self.column = column
        self.unknown = unknown
        super().__init__(message)


class MissingParameterError(LookupError):
    """The expression needs a parameter that the params do not have."""


@dataclass(frozen=True)
class Expression:
    """A condition on params.

    Attributes:
        text: as it was written.
        names: the parameters that it looks at.
    """

    text: str
    names: frozenset[str]
    _node: Node = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, names: Collection[str]) -> Expression:
        """Read an expression over some names.

        Raises:
            ExpressionError: it is not one, or uses a name or an operation that is not supported.
        """
        if len(text) > MAX_CHARS:
            raise ExpressionError(f"it has {len(text)} characters, more than {MAX_CHARS}.")
        builder = _Builder(text, names)
        node = builder.build()
        if not builder.used:
            raise ExpressionError("it names no parameter.")
        return cls(text, frozenset(builder.used), node)

    def holds(self, params: Params) -> bool:
        """Whether it is true of the params.

        True as well when the truth depends on a parameter that they do not have: it is
        not active there. False when it cannot be computed, as by a division by 0.
        """
        try:
            return bool(self._node(params))
        except MissingParameterError:
            return True
        except (TypeError, ValueError, ArithmeticError):
            return False


class _Builder:
    """Makes a function of params from a text.

    Args:
        text: the expression.
        names: of parameters.

    Attributes:
        used: names that were met.
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.used: set[str] = set()
        self._text = text
        self._names = names
        self._quoted: dict[str, str] = {}

    def build(self) -> Node:
        """The whole expression."""
        # A placeholder is as long as what it stands for, so that columns stay true.
        text = _QUOTED.sub(self._placeholder, self._text)
        try:
            # Whatever comes first, the parentheses allow it to begin with blanks.
            tree = ast.parse(f"({text}\n)", mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError("it cannot be read.", _column(error, text)) from None
        try:
            return self._node(tree.body)
        except RecursionError:
            raise ExpressionError("it is nested too deeply.") from None

    def _placeholder(self, match: re.Match[str]) -> str:
        name = f"_{len(self._quoted)}"
        self._quoted[name] = match[1]
        return name.ljust(len(match[0]))

    def _node(self, node: ast.expr) -> Node:
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._parameter(node)
        if isinstance(node, ast.BoolOp):
            return self._bool(node)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [self._node(item) for item in node.elts]
            return lambda params: [item(params) for item in items]
        if isinstance(node, ast.Call):
            return self._call(node)
        raise self._refused(node)

    def _refused(self, node: ast.AST, what: str | None = None) -> ExpressionError:
        column = getattr(node, "col_offset", None)
        shown = what or ast.unparse(node)
        return ExpressionError(
            f'"{shown}" is not supported. An expression may hold {SUPPORTED}.', column
        )

    def _constant(self, node: ast.Constant) -> Node:
        value = node.value
        if value is not None and not isinstance(value, (bool, int, float, str)):
            raise self._refused(node)
        return lambda params: value

    def _parameter(self, node: ast.Name | ast.Attribute) -> Node:
        name = self._dotted(node)
        if name is None:
            raise self._refused(node)
        name = self._quoted.get(name, name)
        if name not in self._names:
            if name in _WORDS:
                word = _WORDS[name]
                return lambda params: word
            raise ExpressionError(
                f'"{name}" is not a parameter of this sweep.', node.col_offset, unknown=name
            )
        self.used.add(name)

        def value(params: Params) -> Any:
            try:
                return params[name]
            except KeyError:
                raise MissingParameterError(name) from None

        return value

    def _dotted(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            above = self._dotted(node.value)
            return None if above is None else f"{above}.{node.attr}"
        return None

    def _bool(self, node: ast.BoolOp) -> Node:
        parts = [self._node(value) for value in node.values]
        if isinstance(node.op, ast.And):
            return lambda params: all(part(params) for part in parts)
        return lambda params: any(part(params) for part in parts)

    def _unary(self, node: ast.UnaryOp) -> Node:
        operand = self._node(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda params: not operand(params)
        if isinstance(node.op, (ast.USub, ast.UAdd)):
            sign = -1 if isinstance(node.op, ast.USub) else 1
            return lambda params: sign * _number(operand(params))
        raise self._refused(node)

    def _binary(self, node: ast.BinOp) -> Node:
        apply = _ARITHMETIC.get(type(node.op))
        if apply is None:
            raise self._refused(node)
        left, right = self._node(node.left), self._node(node.right)
        if isinstance(node.op, ast.Pow):
            return lambda params: _power(left(params), right(params))
        return lambda params: apply(_number(left(params)), _number(right(params)))

    def _compare(self, node: ast.Compare) -> Node:
        steps = []
        for op, item in zip(node.ops, node.comparators, strict=True):
            compare = _COMPARISONS.get(type(op))
            if compare is None:
                raise self._refused(node)
            steps.append((compare, self._node(item)))
        first = self._node(node.left)

        def holds(params: Params) -> bool:
            left = first(params)
            for compare, item in steps:
                right = item(params)
                if not compare(left, right):
                    return False
                left = right
            return True

        return holds

    def _call(self, node: ast.Call) -> Node:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in _FUNCTIONS or node.keywords:
            raise self._refused(node, None if name is None else f"{name}()")
        function, arguments = _FUNCTIONS[name], [self._node(item) for item in node.args]
        return lambda params: function(*(argument(params) for argument in arguments))


def _column(error: Exception, text: str) -> int | None:
    """Where in a text of one line it stopped making sense."""
    line, offset = getattr(error, "lineno", None), getattr(error, "offset", None)
    if not line or not offset or "\n" in text:
        return None
    return min(max(offset - 1, 1), len(text) + 1) if line == 1 else len(text) + 1


def _number(value: Any) -> Any:
    """`value` when one can compute with it: text times a number is a mistake here."""
    if not is_number(value) and not isinstance(value, bool):
        raise TypeError(f"{value!r} is not a number")
    return value


def _power(base: Any, exponent: Any) -> Any:
    if abs(_number(exponent)) > MAX_POWER:
        raise OverflowError("the exponent is too large")
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() > MAX_POWER:
        base = float(base)
    return _number(base) ** exponent
