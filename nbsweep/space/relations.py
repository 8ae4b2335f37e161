"""What the values of one parameter mean for others: conditions, and the combinations left."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbsweep.space.expressions import Expression
from nbsweep.space.values import value_key

MAX_COUNTED = 1_000_000  # combinations that hang together; counting more takes too long


@dataclass(frozen=True)
class Condition:
    """That another parameter has one of some values.

    Attributes:
        name: of the other parameter.
        values: which of its values will do.
    """

    name: str
    values: tuple[Any, ...]

    @cached_property
    def _keys(self) -> frozenset[Any]:
        return frozenset(value_key(value) for value in self.values)

    def holds(self, params: Mapping[str, Any]) -> bool:
        """Whether the params meet it; not when they lack the other parameter."""
        return self.name in params and value_key(params[self.name]) in self._keys


@dataclass(frozen=True)
class Line:
    """A finite list of values for one parameter, or for several that change together.

    Attributes:
        names: the parameters.
        values: one after the other; each a value, or a list of one for each of several names.
        when: without these the line has no value at all.
    """

    names: tuple[str, ...]
    values: Sequence[Any]
    when: tuple[Condition, ...] = ()

    def at(self, digit: int) -> dict[str, Any]:
        """The params at a place of the line."""
        value = self.values[digit]
        if len(self.names) == 1:
            return {self.names[0]: value}
        return dict(zip(self.names, value, strict=True))


_Choice = tuple[Line, int]  # a line and the place of its value


class Combinations:
    """The combinations of finite lines that conditions and constraints allow, never all at once.

    They are numbered as if all were allowed, the last line varying fastest; a line without a
    value counts as its first. So the number of one does not depend on the others.

    Args:
        lines: in order.
        constraints: each has to hold.
        fixed: parameters that have one value only.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        constraints: Sequence[Expression] = (),
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self._lines = lines
        self._fixed = fixed or {}
        self._place = {name: i for i, line in enumerate(lines) for name in line.names}
        ready = [self._ready(names_of(constraint, lines)) for constraint in constraints]
        self._checks = [
            [one for one, depth in zip(constraints, ready, strict=True) if depth == i]
            for i in range(len(lines))
        ]
        self._known_at_once = [
            self._ready({condition.name for condition in line.when}) < i
            for i, line in enumerate(lines)
        ]

    def _ready(self, names: set[str] | frozenset[str]) -> int:
        """The depth at which all of the names, and what they depend on, have been chosen."""
        return max((self._place[name] for name in ancestors(names, self._lines)), default=-1)

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Number and params of each, in the order of their numbers."""
        return self._below(0, 0, {}, ())

    def _below(
        self, depth: int, index: int, params: dict[str, Any], undecided: tuple[_Choice, ...]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The combinations that begin with the lines chosen so far.

        Args:
            depth: number of lines chosen.
            index: number of the choice.
            params: values chosen, those of `undecided` lines included.
            undecided: chosen lines of which it is not known whether they have a value.
        """
        if depth == len(self._lines):
            settled = self._settled(params, undecided)
            if settled is not None:
                yield index, settled
            return
        line, size = self._lines[depth], len(self._lines[depth].values)
        decided = self._known_at_once[depth] and not undecided
        if decided and not is_active(line.when, params):
            if self._passes(depth, params):
                yield from self._below(depth + 1, index * size, params, undecided)
            return
        for digit in range(size):
            chosen = {**params, **line.at(digit)}
            if decided:
                if self._passes(depth, chosen) and self._agrees(line, chosen):
                    yield from self._below(depth + 1, index * size + digit, chosen, undecided)
            else:
                more = (*undecided, (line, digit))
                yield from self._below(depth + 1, index * size + digit, chosen, more)

    def _passes(self, depth: int, params: Mapping[str, Any]) -> bool:
        """Whether the constraints hold of which all names are chosen at this depth."""
        return all(constraint.holds(params) for constraint in self._checks[depth])

    def _agrees(self, line: Line, params: Mapping[str, Any]) -> bool:
        return all(
            value_key(params[name]) == value_key(self._fixed[name])
            for name in line.names
            if name in self._fixed
        )

    def _settled(
        self, params: dict[str, Any], undecided: Sequence[_Choice]
    ) -> dict[str, Any] | None:
        """The params once every line is chosen; None when they are not allowed."""
        if undecided:
            lines = {name: line for line in self._lines for name in line.names}
            active = {
                name for name in params if all(_holds(c, params, lines) for c in lines[name].when)
            }
            if any(digit > 0 and line.names[0] not in active for line, digit in undecided):
                return None  # the same as with its first value
            params = {name: value for name, value in params.items() if name in active}
            if not all(self._passes(depth, params) for depth in range(len(self._lines))):
                return None
        for name, value in self._fixed.items():
            missing = name in self._place and name not in params
            if missing or (name in params and value_key(params[name]) != value_key(value)):
                return None
        return params


def is_active(when: Sequence[Condition], params: Mapping[str, Any]) -> bool:
    """Whether the conditions hold of params from which inactive ones are left out."""
    return all(condition.holds(params) for condition in when)


def _holds(condition: Condition, params: Mapping[str, Any], lines: Mapping[str, Line]) -> bool:
    """Whether a condition holds of params that may hold inactive ones."""
    return condition.holds(params) and all(
        _holds(above, params, lines) for above in lines[condition.name].when
    )


def ancestors(names: set[str] | frozenset[str], lines: Sequence[Line]) -> set[str]:
    """The names, and all that they depend on by conditions."""
    of = {name: line for line in lines for name in line.names}
    reached, todo = set(), [name for name in names if name in of]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [condition.name for condition in of[name].when if condition.name in of]
    return reached


def names_of(constraint: Expression, lines: Sequence[Line]) -> set[str]:
    """The names of a constraint that are on the lines."""
    known = {name for line in lines for name in line.names}
    return {name for name in constraint.names if name in known}


def count(lines: Sequence[Line], constraints: Sequence[Expression]) -> int | None:
    """How many combinations are allowed; None when there are too many to count.

    Lines that have nothing to do with each other are counted apart.
    """
    total = 1
    for group in _groups(lines, constraints):
        sizes = math.prod(len(line.values) for line in group)
        names = {name for line in group for name in line.names}
        own = [c for c in constraints if c.names & names]
        if not own and not any(line.when for line in group):
            total *= sizes
        elif sizes > MAX_COUNTED:
            return None
        else:
            total *= sum(1 for _ in Combinations(group, own))
    return total


def _groups(lines: Sequence[Line], constraints: Sequence[Expression]) -> list[list[Line]]:
    """The lines, those that depend on each other side by side, each group in its order."""
    group_of = list(range(len(lines)))
    place = {name: i for i, line in enumerate(lines) for name in line.names}
    links = [[line.names[0], *(c.name for c in line.when)] for line in lines]
    links += [sorted(constraint.names) for constraint in constraints]
    for link in links:
        together = {group_of[place[name]] for name in link if name in place}
        if together:
            first = min(together)
            group_of = [first if group in together else group for group in group_of]
    return [
        [line for line, group in zip(lines, group_of, strict=True) if group == wanted]
        for wanted in sorted(set(group_of))
    ]
