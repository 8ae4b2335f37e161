"""Reading a config: values that are checked, problems that are collected, notes."""

from __future__ import annotations

import json
import math
import numbers
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from nbsweep.errors import ConfigError, Problem
from nbsweep.wording import closest, cut, described, did_you_mean, joined

# Deeper than any config that a person writes, and well below Python's recursion limit.
MAX_DEPTH = 50

# Not \d+\.?\d*, which takes minutes for a text of 100,000 digits.
_NUMBER_TEXT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SCIENTIFIC_TEXT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)[eE][+-]?\d+")


class Reader:
    """Reads one config: hands out checked values and remembers what was wrong.

    Methods that check a value return None after noting its problem, so that reading
    goes on and all problems of a config are reported together.

    Attributes:
        problems: what is wrong so far, in the order found.
        guessed: path of every key that an unknown key was taken for: it is misspelt
            rather than missing.
        notes: what was read in a lenient way, in sentences for the user.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.guessed: set[tuple[str, ...]] = set()
        self._depths: list[int] = []

    def problem(self, path: Sequence[str], message: str, *, depth: int | None = None) -> None:
        """Remember that something at `path` is wrong, or `depth` keys deep if that is given."""
        self.problems.append(Problem(".".join(path), message))
        self._depths.append(len(path) if depth is None else depth)

    def problems_below(self, key: str) -> bool:
        """Whether something is wrong at the top-level `key` or inside of it."""
        return any(f"{problem.path}.".startswith(f"{key}.") for problem in self.problems)

    def raise_problems(self) -> None:
        """Raise ConfigError if there were problems, the deepest in the config first."""
        if self.problems:
            order = sorted(range(len(self.problems)), key=lambda i: -self._depths[i])
            raise ConfigError([self.problems[i] for i in order])

    def mapping(self, path: Sequence[str], value: Any, example: str) -> dict[str, Any] | None:
        """`value` when it is a dict; `example` shows what is needed otherwise."""
        if isinstance(value, dict):
            return value
        self.problem(path, f"found {described(value)}; a dict is needed, such as {example}.")
        return None

    def known_keys(
        self,
        path: Sequence[str],
        spec: Mapping[str, Any],
        known: Sequence[str],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """Note the keys that are not among `known`; for `aliases` see `choice`."""
        for key in spec:
            if key not in known:
                meant = closest(key, known, aliases)
                if meant is not None:
                    self.guessed.add((*path, meant))
                message = f'unknown key "{key}".{did_you_mean(meant, wanted=key)}'
                self.problem(
                    path, f"{message} Known keys: {', '.join(known)}.", depth=len(path) + 1
                )

    def choice(
        self,
        path: Sequence[str],
        value: Any,
        options: Sequence[str],
        aliases: Mapping[str, str] | None = None,
    ) -> str | None:
        """`value` when it is one of `options`.

        Args:
            path: where it stands.
            value: what was found.
            options: what is accepted.
            aliases: other people's words (in lower case) for some of the options, only
                to guess what was meant.
        """
        if isinstance(value, str) and value in options:
            return value
        guess = did_you_mean(closest(value, options, aliases)) if isinstance(value, str) else ""
        accepted = joined([f'"{option}"' for option in options], "or")
        self.problem(path, f"found {described(value)}.{guess} Accepted: {accepted}.")
        return None

    def text(self, path: Sequence[str], value: Any) -> str | None:
        """`value` when it is text."""
        if isinstance(value, str):
            return value
        self.problem(path, f"found {described(value)}; text is needed.")
        return None

    def number(
        self,
        path: Sequence[str],
        holder: Any,
        key: Any,
        *,
        above: float = -math.inf,
        at_least: float = -math.inf,
        whole: bool = False,
        typed: bool = False,
        otherwise: str = "",
    ) -> Any:
        """``holder[key]`` as a finite int or float, None after noting what is wrong with it.

        The text of a number is read, with a note, and replaced in `holder`.

        Args:
            path: where `holder` stands.
            holder: a dict, or a list of numbers.
            key: key or index.
            above: the number must be higher.
            at_least: the number must not be lower.
            whole: a whole number is needed, and returned as an int (10.0 is 10 in JSON).
            typed: 10.0 is not an int, since W&B tells int from float here.
            otherwise: what the user can do instead, a sentence.
        """
        value = holder[key]
        here = (*path, key) if isinstance(key, str) else tuple(path)
        from_text = isinstance(value, str) and _NUMBER_TEXT.fullmatch(value.strip())
        if from_text:
            value = self.read_text(here, value)
        if whole and isinstance(value, float) and value.is_integer() and (from_text or not typed):
            value = int(value)
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fits or not _is_finite(value) or value <= above or value < at_least:
            wanted = _wanted(value, whole=whole, typed=typed)
            wanted += f" above {above:g}" if above > -math.inf else ""
            wanted += f" of at least {at_least:g}" if at_least > -math.inf else ""
            message = f"found {described(holder[key])}; {wanted} is needed."
            self.problem(here, f"{message} {otherwise}" if otherwise else message)
            return None
        holder[key] = value
        return value

    def read_text(self, path: Sequence[str], text: str) -> int | float:
        """The number that `text` spells, as Python would read it, with a note."""
        value: int | float
        try:
            value = int(text)
        except ValueError:
            value = float(text)
        why = " (YAML reads 1e-5 as text, 1.0e-5 as a number)" if is_scientific_text(text) else ""
        self.note(path, f"the text {json.dumps(text)} was read as the number {value!r}{why}.")
        return value

    def note(self, path: Sequence[str], message: str) -> None:
        """Remember what the user should know of how `path` was read."""
        self.notes.append(f"{'.'.join(path)}: {message}")


def is_scientific_text(value: Any) -> bool:
    """Whether `value` is text such as "1e-5", which YAML does not read as a number."""
    return isinstance(value, str) and _SCIENTIFIC_TEXT.fullmatch(value) is not None


def _wanted(value: Any, *, whole: bool, typed: bool) -> str:
    """What would be accepted in the place of `value`."""
    if isinstance(value, int) and not _is_finite(value):
        return "a number in the range of floats"
    if isinstance(value, float) and not whole and not _is_finite(value):
        return "a finite number"
    if typed:
        return "an int"
    return "a whole number" if whole else "a number"


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float can hold
        return False


def plain_value(
    value: Any, path: Sequence[str], reader: Reader, inside: tuple[int, ...] = ()
) -> Any:
    """A copy of `value` that holds JSON values only; what has none becomes a problem.

    Tuples, ranges and arrays become lists; numpy scalars, 0-d tensors and enum members
    their values; keys text. Libraries are recognised by their methods, never imported.

    Args:
        value: what the user wrote.
        path: where it stands.
        reader: collects problems.
        inside: the ids of the containers around it.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if id(value) in inside or len(inside) > MAX_DEPTH:
        how = "it contains itself" if id(value) in inside else f"nested more than {MAX_DEPTH} deep"
        reader.problem(path[:3], f"{how}, so it cannot be stored.")
        return None
    inside = (*inside, id(value))
    if isinstance(value, Mapping):
        return {
            (text := _key_text(key)): plain_value(item, (*path, text), reader, inside)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, range)):
        return [plain_value(item, path, reader, inside) for item in value]
    if isinstance(value, Enum):
        return plain_value(value.value, path, reader, inside)
    if callable(getattr(value, "tolist", None)):  # numpy, torch, pandas
        converted = value.tolist()
        if type(converted) is not type(value):
            return plain_value(converted, path, reader, inside)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Real):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    reader.problem(path, f"found {type(value).__name__} {cut(repr(value))}. {_instead(value)}")
    return None


def _key_text(key: Any) -> str:
    """A dict key as JSON writes it."""
    if isinstance(key, str):
        return str(key)
    return json.dumps(key) if key is None or isinstance(key, (bool, int, float)) else str(key)


def _instead(value: Any) -> str:
    if isinstance(value, (set, frozenset)):
        return "A set has no order; use a list."
    if callable(value):
        return "Use its name as text, and look the object up in the training function."
    return "Use numbers, text, True, False, None, lists and dicts."
