"""Guesses the range of each parameter that a table has values of.

Callers tell the user everything that was guessed, and each guess can be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbsweep.records import is_diverged, is_number
from nbsweep.space.search_space import SearchSpace
from nbsweep.space.values import value_key
from nbsweep.wording import show, some

SHOWN = 8  # constants in a line
FEW = 12  # distinct numbers that may be a list somebody wrote
REPEATED = 2  # times that each of them comes up on average then
LOG_FROM = 10.0  # ratio of the largest to the smallest from which a log axis is considered


def infer_spec(values: Iterable[Any]) -> dict[str, Any]:
    """The spec of a parameter that took these values; None among them is not a value.

    One value is a constant. Text, bools, and a few numbers that come up again and again
    are a list, and so are infinities among a few. Other whole numbers are a range from the
    smallest to the largest, floats one that reaches to the next number with one digit, on a
    logarithmic axis when that makes the values likelier.
    """
    present = [value for value in values if value is not None]
    distinct = list({value_key(value): value for value in present}.values())
    if not distinct:
        return {"value": None}
    if len(distinct) == 1:
        return {"value": distinct[0]}
    if not all(is_number(value) for value in distinct):
        finite = [value for value in distinct if not is_diverged(value)]
        if not (len(finite) > FEW and all(map(is_number, finite))):
            return {"values": distinct}
        distinct = finite
        present = [value for value in present if not is_diverged(value)]
    distinct.sort()
    if len(distinct) <= FEW and len(present) >= REPEATED * len(distinct):
        return {"values": distinct}
    whole = all(float(value).is_integer() for value in distinct)
    if _is_log(present):
        if whole:
            low, high = int(distinct[0]), int(distinct[-1])
            return {"distribution": "q_log_uniform_values", "min": low, "max": high, "q": 1}
        limits = {"min": _below(distinct[0]), "max": _above(distinct[-1])}
        return {"distribution": "log_uniform_values", **limits}
    if whole and all(isinstance(value, int) for value in distinct):
        return {"distribution": "int_uniform", "min": distinct[0], "max": distinct[-1]}
    return {"distribution": "uniform", "min": _below(distinct[0]), "max": _above(distinct[-1])}


def _is_log(values: Sequence[float]) -> bool:
    """Whether a log-uniform law makes the values likelier than a uniform one on their range.

    With L = log(high / low) their log-likelihoods are -Σ log v - n log L and
    -n log(high - low).
    """
    low, high = min(values), max(values)
    if low <= 0 or high / low < LOG_FROM:
        return False
    n = len(values)
    of_log = -math.fsum(map(math.log, values)) - n * math.log(math.log(high / low))
    return of_log > -n * math.log(high - low)


def _below(value: float) -> float:
    """The next number with one digit that is not above: 0.0012 → 0.001."""
    return -_above(-value) if value < 0 else min(value, _one_digit(value, math.floor))


def _above(value: float) -> float:
    """The next number with one digit that is not below: 0.0934 → 0.1."""
    return -_below(-value) if value < 0 else max(value, _one_digit(value, math.ceil))


def _one_digit(value: float, rounded: Callable[[float], int]) -> float:
    if value == 0:
        return 0.0
    exponent = math.floor(math.log10(value))
    # Through text: 3 · 10^-4 has to read 0.0003.
    digit = float(f"{value:.15e}".partition("e")[0])
    return float(f"{rounded(digit)}e{exponent}")


def in_words(space: SearchSpace) -> list[str]:
    """The parameters of a search space for a person: a line each, constants together."""
    constants = space.constants
    varying = [parameter for parameter in space if parameter.name not in constants]
    lines = [f"{parameter.name}: {parameter.distribution.words}" for parameter in varying]
    if constants:
        pairs = [f"{name} {show(value)}" for name, value in constants.items()]
        lines.append(f"always: {some(pairs, SHOWN)}")
    return lines
