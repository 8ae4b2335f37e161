"""Parameter values: which are the same, how they are spaced, and steps made on demand."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, overload

from nbsweep.records import is_number

# Values computed as 3 * 0.1 are still the third multiple of 0.1.
STEP_TOLERANCE = 1e-12
# Two values show no spacing; from this ratio on they belong on a log axis.
_LOG_RATIO_OF_TWO = 10.0
# Values such as 1, 2, 5, 10 count as evenly spaced in the logarithm.
_LOG_GAP_SPREAD = 2.5


def value_key(value: Any) -> Hashable:
    """A hashable stand-in for a JSON value: equal keys mean the same value.

    1 and 1.0 are the same (JSON does not tell them apart), 1 and True are not, NaN is
    NaN, the order of dict keys does not matter, and tuples are lists.
    """
    if value is None or isinstance(value, (bool, str)):
        return type(value).__name__, value
    if isinstance(value, (int, float)):
        return "number", "nan" if math.isnan(value) else value
    if isinstance(value, Mapping):
        return "dict", frozenset((str(key), value_key(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "list", tuple(value_key(item) for item in value)
    return type(value).__name__, repr(value)


def same_value(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same parameter value (see `value_key`)."""
    return value_key(a) == value_key(b)


def fresh(value: Any) -> Any:
    """The value, copied when training code could change it in place."""
    return copy.deepcopy(value) if isinstance(value, (list, dict)) else value


def are_logarithmic(numbers: Sequence[float]) -> bool:
    """Whether the numbers are spaced more evenly in the logarithm than as they are."""
    ordered = sorted(set(numbers))
    if ordered[0] <= 0:
        return False
    if len(ordered) == 2:
        return ordered[1] / ordered[0] >= _LOG_RATIO_OF_TWO
    gaps = [b - a for a, b in itertools.pairwise(ordered)]
    log_gaps = [math.log(b) - math.log(a) for a, b in itertools.pairwise(ordered)]
    if len(gaps) < 2 or min(log_gaps) <= 0:
        return False
    spread = max(log_gaps) / min(log_gaps)
    return spread <= _LOG_GAP_SPREAD and spread < max(gaps) / min(gaps)


class Steps(Sequence[Any]):
    """Evenly spaced numbers, exact in decimals and made one at a time.

    A range of integers over one denominator, so that 0.1 steps hold 0.3 and not
    0.30000000000000004, and a billion of them cost nothing. Whole numbers are ints
    when the denominator is 1, floats otherwise.

    Args:
        numerators: the numbers times `denominator`.
        denominator: at least 1.
    """

    def __init__(self, numerators: range, denominator: int = 1) -> None:
        self.numerators = numerators
        self.denominator = denominator

    def __len__(self) -> int:
        return len(self.numerators)

    @overload
    def __getitem__(self, index: int) -> int | float: ...
    @overload
    def __getitem__(self, index: slice) -> Steps: ...
    def __getitem__(self, index: int | slice) -> int | float | Steps:
        if isinstance(index, slice):
            return Steps(self.numerators[index], self.denominator)
        numerator = self.numerators[index]
        return numerator if self.denominator == 1 else numerator / self.denominator

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Position of `value`, in constant time; ValueError when it is not there."""
        if is_number(value) and self.numerators:
            step = self.numerators.step / self.denominator
            position = (value - self.numerators.start / self.denominator) / step
            if -0.5 <= position <= len(self):
                nearest: int = min(round(position), len(self) - 1)
                slack = STEP_TOLERANCE * max(abs(value), step)
                inside = nearest in range(len(self))[start:stop]
                if inside and abs(self[nearest] - value) <= slack:
                    return nearest
        raise ValueError(f"{value!r} is not one of the {len(self)} steps")

    def __contains__(self, value: object) -> bool:
        try:
            self.index(value)
        except ValueError:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Steps):
            return NotImplemented
        return (self.numerators, self.denominator) == (other.numerators, other.denominator)

    def __hash__(self) -> int:
        return hash((self.numerators, self.denominator))

    def __repr__(self) -> str:
        shown = ", ".join(str(value) for value in self[:3])
        return f"Steps({shown}{', …' if len(self) > 3 else ''}; {len(self)} values)"
