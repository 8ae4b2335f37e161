# ruff: noqa: D102  # an override is described by the method that it overrides
"""What a distribution is, and those with finitely many values.

Everything that is known of a distribution is said by its class, here or in
`space.continuous`: its quantiles, cdf, support and grid, its spec in a sweep config, how
it reads in a sentence, what is left of it when it is narrowed, and its axis in a plot.
A new one is one class, one entry in `sweep_config.parameters` and one strategy in the
tests (`tests/space/strategies.py`).

Natural values only: what the training function sees. Points of the unit cube exist
in `search.encoding` alone.

Notation: u in [0, 1] is a probability, v a natural value; F is the cdf, F⁻¹ the
quantile function of a distribution.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

from nbsweep.records import is_number
from nbsweep.space.values import are_logarithmic, fresh, same_value, value_key
from nbsweep.wording import show, some

Range = tuple[float, float] | Sequence[Any]
"""What to narrow a parameter to: ``(low, high)``, or a list of values."""

VALUES_SHOWN = 6


class NarrowingError(ValueError):
    """A distribution cannot be narrowed like that; the text is a message for the user."""


@dataclass(frozen=True)
class Distribution:
    """The law that one parameter is drawn from.

    Subclasses: Constant, Categorical (with optional probabilities), IntUniform,
    Uniform, LogUniform (natural bounds; the exponent spellings are converted by
    `sweep_config`), InvLogUniform, Normal, LogNormal, Beta. All but the first three
    and InvLogUniform take ``q``: None, or the step to which drawn values are rounded.

    The parameters of a law are its dataclass fields, named as the keys of a spec.
    Nothing is checked here: `sweep_config.parse` does, with messages for the user.
    """

    _grid_advice: ClassVar[str] = 'List some with "values"'

    @property
    def kind(self) -> str:
        """W&B's name of the distribution, such as ``q_log_uniform_values``."""
        raise NotImplementedError

    def quantile(self, u: float) -> Any:
        """F⁻¹(u), the natural value at probability u; a plain Python value."""
        raise NotImplementedError

    def cdf(self, v: Any) -> float:
        """F(v) in [0, 1]; for values in a finite support the middle of their step.

        Hence quantile(cdf(v)) is v. Numbers outside the bounds give 0 or 1; what a
        distribution cannot place at all (an unknown category, text) is a ValueError.
        """
        raise NotImplementedError

    def contains(self, v: Any) -> bool:
        """Whether the distribution can produce v, by a draw or on its grid."""
        raise NotImplementedError

    @property
    def support(self) -> Sequence[Any] | None:
        """All values it can draw, lazily and in order; None when they are infinitely many."""
        return None

    @property
    def grid(self) -> Sequence[Any] | None:
        """The values that grid search visits, as W&B does; None when it cannot."""
        return None

    @property
    def is_numeric(self) -> bool:
        """Whether values are ordered numbers (numeric `values` lists included)."""
        return True

    @property
    def is_log(self) -> bool:
        """Whether values belong on a logarithmic axis; all of them are > 0 then."""
        return False

    @property
    def bounds(self) -> tuple[float, float] | None:
        """(lowest, highest) value it can produce; None when unbounded or not numeric."""
        return None

    @property
    def axis_kind(self) -> str:
        """Kind of its axis in a plot: "linear", "log" or "category".

        The axis ends at `bounds`; where `support` is short each of its values has a tick.
        """
        if not self.is_numeric:
            return "category"
        return "log" if self.is_log else "linear"

    @property
    def is_constant(self) -> bool:
        """Whether it is one value, always."""
        return False

    @property
    def listed(self) -> Sequence[Any]:
        """The values as a person listed them; empty when they are not a list."""
        return ()

    @property
    def weights(self) -> Sequence[float]:
        """How likely each value of `support` is, not normalised; empty unless `listed`."""
        return ()

    @property
    def spec(self) -> dict[str, Any]:
        """The spec of a sweep config that is read into an equal distribution."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        numbers = {name: value for name, value in values.items() if value is not None}
        return {"distribution": self.kind, **numbers}

    @property
    def words(self) -> str:
        """What a parameter can be, for people: "0.0001 to 0.1, log"."""
        raise NotImplementedError

    @property
    def requirement(self) -> str:
        """What a value has to be, as the end of a message: "a number from 0 to 1 is needed"."""
        if self.bounds is None:
            return f"{self._noun} is needed"
        low, high = self.bounds
        return f"{self._noun} from {low:g} to {high:g} is needed"

    @property
    def _noun(self) -> str:
        return "a number"

    @property
    def why_no_grid(self) -> str:
        """Why grid search cannot run it, and what to do; for one whose `grid` is None."""
        return (
            f'method "grid" cannot run all values of distribution "{self.kind}". '
            f'{self._grid_advice}, or use method "random".'
        )

    def narrowed(self, wanted: Range, *, on_grid: bool = False) -> Distribution:
        """What is left of it inside of a range, or of some values.

        Limits beyond the present ones stay as they are. A law that has limits keeps its
        kind; any other becomes uniform (`log_uniform_values` for a log-normal one).

        Args:
            wanted: ``(low, high)``, or a list of values.
            on_grid: keep points of `grid` rather than of `support`.

        Raises:
            NarrowingError: `wanted` is not a range of this distribution, or nothing is left.
        """
        low, high = self._limits_of(wanted)
        present = self._ends(on_grid)
        inside = max(low, present[0]), min(high, present[1])
        if inside[0] > inside[1]:
            raise NarrowingError(
                f"no value lies between {low:g} and {high:g}; "
                f"the range is {present[0]:g} to {present[1]:g}."
            )
        if inside == present:
            return self
        left = self._between(*inside, on_grid)
        if left is None:
            raise NarrowingError(f"no value lies between {low:g} and {high:g}. Use wider limits.")
        return left

    def _limits_of(self, wanted: Range) -> tuple[float, float]:
        """The lowest and the highest of the numbers wanted."""
        is_pair = isinstance(wanted, tuple)
        numbers = isinstance(wanted, (tuple, list)) and all(map(is_number, wanted))
        if not numbers or not wanted or (is_pair and len(wanted) != 2):
            low, high = self.quantile(0.25), self.quantile(0.75)
            raise NarrowingError(
                f"found {wanted!r}; a pair of numbers is needed, such as ({low:.3g}, {high:.3g})."
            )
        if is_pair and wanted[0] > wanted[1]:
            raise NarrowingError(
                f"found {wanted!r}; {wanted[0]!r} is above {wanted[1]!r}. Swap them."
            )
        return min(wanted), max(wanted)

    def _ends(self, on_grid: bool) -> tuple[float, float]:  # noqa: ARG002  # of Uniform alone
        """The lowest and the highest number that narrowing can leave."""
        return self.bounds if self.bounds is not None else (self.quantile(0.0), self.quantile(1.0))

    def _between(self, low: float, high: float, on_grid: bool) -> Distribution | None:
        """What is left between two numbers inside of `_ends`; None when nothing is."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Constant(Distribution):
    """One value, always; any JSON value."""

    value: Any

    @property
    def kind(self) -> str:
        return "constant"

    def quantile(self, u: float) -> Any:  # noqa: ARG002  # one value at every u
        return fresh(self.value)

    def cdf(self, v: Any) -> float:
        if not self.contains(v):
            raise ValueError(f"{v!r} is not the constant {self.value!r}")
        return 0.5

    def contains(self, v: Any) -> bool:
        return same_value(v, self.value)

    @property
    def support(self) -> Sequence[Any]:
        return (self.value,)

    @property
    def grid(self) -> Sequence[Any]:
        return (self.value,)

    @property
    def is_numeric(self) -> bool:
        return is_number(self.value)

    @property
    def bounds(self) -> tuple[float, float] | None:
        return (self.value, self.value) if self.is_numeric else None

    @property
    def is_constant(self) -> bool:
        return True

    @property
    def spec(self) -> dict[str, Any]:
        return {"value": self.value}

    @property
    def words(self) -> str:
        return f"always {show(self.value)}"

    @property
    def requirement(self) -> str:
        return f"it is always {show(self.value)}"

    def narrowed(self, wanted: Range, *, on_grid: bool = False) -> Distribution:  # noqa: ARG002
        raise NarrowingError(f"it is always {self.value!r}, so there is nothing to narrow.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and same_value(self.value, other.value)

    def __hash__(self) -> int:
        return hash(value_key(self.value))


@dataclass(frozen=True, eq=False)
class Categorical(Distribution):
    """One of the listed values, drawn with equal or with given probabilities.

    Attributes:
        values: any JSON values, in the order listed; `support` keeps that order for
            numbers too. A value listed twice counts twice in draws and once elsewhere.
        probabilities: one for each value, or None for equal ones.
    """

    values: tuple[Any, ...]
    probabilities: tuple[float, ...] | None = None

    @property
    def kind(self) -> str:
        return "categorical" if self.probabilities is None else "categorical_w_probabilities"

    @cached_property
    def _step_ends(self) -> list[float]:
        """Upper end of each value's step of u, shape (len(values),); the last is 1."""
        if self.probabilities is None:
            return [(i + 1) / len(self.values) for i in range(len(self.values))]
        ends = list(itertools.accumulate(self.probabilities))
        return [end / ends[-1] for end in ends]

    @cached_property
    def _index(self) -> dict[Hashable, int]:
        """First place of each value that can be drawn."""
        index: dict[Hashable, int] = {}
        for i, value in enumerate(self.values):
            if self.probabilities is None or self.probabilities[i] > 0:
                index.setdefault(value_key(value), i)
        return index

    def quantile(self, u: float) -> Any:
        if self.probabilities is None:
            i = min(max(math.ceil(u * len(self.values)) - 1, 0), len(self.values) - 1)
        else:
            # First i with u < ends[i]: values of probability 0 have empty steps. The
            # cap at u = 1 is the last value whose step is not empty.
            i = min(
                bisect.bisect_right(self._step_ends, u), bisect.bisect_left(self._step_ends, 1.0)
            )
        return fresh(self.values[i])

    def cdf(self, v: Any) -> float:
        i = self._index.get(value_key(v))
        if i is None:
            raise ValueError(f"{v!r} is not one of {list(self.values)!r}")
        return ((self._step_ends[i - 1] if i else 0.0) + self._step_ends[i]) / 2

    def contains(self, v: Any) -> bool:
        return value_key(v) in self._index

    @cached_property
    def support(self) -> Sequence[Any]:
        return tuple(self.values[i] for i in self._index.values())

    @property
    def grid(self) -> Sequence[Any] | None:
        return self.support if self.probabilities is None else None

    @cached_property
    def is_numeric(self) -> bool:
        return all(is_number(value) for value in self.values)

    @cached_property
    def is_log(self) -> bool:
        return self.is_numeric and are_logarithmic(self.values)

    @property
    def bounds(self) -> tuple[float, float] | None:
        return (min(self.support), max(self.support)) if self.is_numeric else None

    @property
    def listed(self) -> Sequence[Any]:
        return self.values

    @cached_property
    def weights(self) -> Sequence[float]:
        weights = dict.fromkeys(self._index, 0.0)
        probabilities = self.probabilities or [1.0] * len(self.values)
        for value, probability in zip(self.values, probabilities, strict=True):
            key = value_key(value)
            if key in weights:
                weights[key] += probability
        return tuple(weights.values())

    @property
    def spec(self) -> dict[str, Any]:
        if self.probabilities is None:
            return {"values": list(self.values)}
        return {"values": list(self.values), "probabilities": list(self.probabilities)}

    @property
    def words(self) -> str:
        return some(list(map(show, self.support)), VALUES_SHOWN)

    @property
    def requirement(self) -> str:
        return f"one of {show(list(self.support))} is needed"

    @property
    def why_no_grid(self) -> str:
        return (
            'method "grid" runs each value once, so probabilities do nothing. '
            'Leave them out, or use method "random".'
        )

    def narrowed(self, wanted: Range, *, on_grid: bool = False) -> Distribution:  # noqa: ARG002
        kept = self._kept(wanted)
        values = tuple(value for value, stays in zip(self.values, kept, strict=True) if stays)
        if len({value_key(value) for value in values}) == 1:
            return Constant(values[0])
        if self.probabilities is None:
            return Categorical(values)
        weights = [p for p, stays in zip(self.probabilities, kept, strict=True) if stays]
        total = math.fsum(weights)
        if not total > 0:
            raise NarrowingError(
                "the values that are left have probability 0. Keep another one too."
            )
        return Categorical(values, tuple(weight / total for weight in weights))

    def _kept(self, wanted: Range) -> list[bool]:
        """Whether each of `values` is named, or lies between two numbers."""
        its_values = ", ".join(map(repr, self.support))
        if isinstance(wanted, list):
            names = {value_key(value) for value in wanted}
            strange = [value for value in wanted if not self.contains(value)]
            if strange:
                raise NarrowingError(
                    f"{strange[0]!r} is not among its values, which are {its_values}."
                )
            if not wanted:
                raise NarrowingError(f"the list is empty; the values are {its_values}.")
            return [value_key(value) in names for value in self.values]
        is_pair = isinstance(wanted, tuple) and len(wanted) == 2 and all(map(is_number, wanted))
        if not is_pair or not self.is_numeric:
            raise NarrowingError(
                f"found {wanted!r}; a list of its values is needed, such as "
                f"{list(self.support[:2])!r}."
            )
        low, high = wanted
        kept = [low <= value <= high for value in self.values]
        if not any(kept):
            raise NarrowingError(
                f"no value lies between {low:g} and {high:g}; the values are {its_values}."
            )
        return kept

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Categorical):
            return NotImplemented
        return value_key(self.values) == value_key(other.values) and (
            self.probabilities == other.probabilities
        )

    def __hash__(self) -> int:
        return hash((value_key(self.values), self.probabilities))


@dataclass(frozen=True)
class IntUniform(Distribution):
    """Integers from `min` to `max`, both included, all equally likely."""

    min: int
    max: int

    @property
    def kind(self) -> str:
        return "int_uniform"

    def quantile(self, u: float) -> int:
        count = self.max - self.min + 1
        return self.min + min(max(math.ceil(u * count) - 1, 0), count - 1)

    def cdf(self, v: Any) -> float:
        check_number(v)
        middle: float = (v - self.min + 0.5) / (self.max - self.min + 1)
        return min(max(middle, 0.0), 1.0)

    def contains(self, v: Any) -> bool:
        return is_number(v) and v == int(v) and self.min <= v <= self.max

    @property
    def support(self) -> Sequence[int]:
        return range(self.min, self.max + 1)

    @property
    def grid(self) -> Sequence[int]:
        return range(self.min, self.max + 1)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.min, self.max

    @property
    def words(self) -> str:
        return f"{self.min:g} to {self.max:g}"

    @property
    def _noun(self) -> str:
        return "a whole number"

    def _between(self, low: float, high: float, on_grid: bool) -> Distribution | None:  # noqa: ARG002
        bottom, top = math.ceil(low), math.floor(high)
        if bottom > top:
            return None
        return Constant(bottom) if bottom == top else IntUniform(bottom, top)


def check_number(v: Any) -> None:
    """Raise ValueError for what has no place among numbers."""
    if isinstance(v, bool) or not isinstance(v, (int, float)) or math.isnan(v):
        raise ValueError(f"{v!r} is not a number")
