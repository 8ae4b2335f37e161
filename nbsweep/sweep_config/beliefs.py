"""`belief` in a parameter's spec: where its user thinks the best value is.

A range, a distribution, one value or some of the listed ones. It never limits what is
searched: `search.beliefs` begins there and lets go when runs say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.records import is_number
from nbsweep.space.search_space import (
    Categorical,
    Constant,
    Continuous,
    Distribution,
    LogUniform,
    SearchSpace,
    Uniform,
)
from nbsweep.sweep_config.parameters import Leaves, read_law
from nbsweep.sweep_config.reader import Reader, is_scientific_text
from nbsweep.wording import closest, described, did_you_mean, show

Path = tuple[str, ...]

LEAST_MASS = 1e-6  # of a distribution; with less of it in the range it believes in nothing there
_RANGE_EXAMPLE = '[0.001, 0.01] or {"min": 0.001, "max": 0.01}'
_FOREIGN_ENGINE = "engine {} takes no beliefs, so it is ignored."
_IGNORED = {
    "grid": "a grid visits all of its points in order, so it is ignored.",
    "random": "random draws follow the distribution alone, so it is ignored.",
    "custom": "the search function decides, so it is ignored.",
}


def read_beliefs(
    reader: Reader,
    source: Mapping[str, Any],
    leaves: Leaves,
    space: SearchSpace,
    method: str | None,
) -> dict[str, Distribution]:
    """The beliefs of a config by the flat name of the parameter.

    Args:
        reader: collects problems and notes.
        source: the config; numbers that were written as text are replaced.
        leaves: its parameters.
        space: of them.
        method: of the sweep, None when it is not known.
    """
    names = {parameter.path: parameter.name for parameter in space}
    beliefs = {}
    for run_path, (path, law) in leaves.items():
        spec = _at(source, path)
        if not isinstance(spec, dict) or "belief" not in spec:
            continue
        here = (*path, "belief")
        if spec["belief"] is None:
            del spec["belief"]
            continue
        belief = _Belief(reader, here, law, spec).read()
        if belief is not None and run_path in names:
            beliefs[names[run_path]] = belief
            if ignored := _why_ignored(source, method):
                reader.note(here, ignored)
    return beliefs


def belief_words(belief: Distribution | None) -> str:
    """A belief for people: "0.0001 to 0.001, log"; "none" where there is none."""
    if belief is None:
        return "none"
    return show(belief.quantile(0.5)) if belief.is_constant else belief.words


def _at(source: Mapping[str, Any], path: Path) -> Any:
    node: Any = source
    for key in path:
        node = node[key]
    return node


def _why_ignored(source: Mapping[str, Any], method: str | None) -> str:
    scheduler = source.get("scheduler")
    engine = scheduler.get("engine") if isinstance(scheduler, Mapping) else None
    if engine in ("optuna", "ax"):
        return _FOREIGN_ENGINE.format(engine)
    return _IGNORED.get(method or "", "")


class _Belief:
    """One belief on its way to a distribution, over a parameter with a known law.

    Args:
        reader: collects problems and notes.
        path: where the belief stands.
        law: of the parameter.
        spec: of the parameter, which has the belief.
    """

    def __init__(self, reader: Reader, path: Path, law: Distribution, spec: dict[str, Any]) -> None:
        self.reader = reader
        self.path = path
        self.law = law
        self.spec = spec
        self._problems_before = len(reader.problems)

    def read(self) -> Distribution | None:
        """The belief; None after a problem, or where there is nothing to believe."""
        belief = self.spec["belief"]
        if self.law.is_constant:
            self.reader.note(self.path, "the parameter is constant, so it is ignored.")
            return None
        if isinstance(belief, list):
            return self._of_list(belief)
        if isinstance(belief, dict):
            return self._of_dict(belief)
        return self._of_value(self.spec, "belief")

    def problem(self, message: str) -> None:
        self.reader.problem(self.path, message)

    @property
    def failed(self) -> bool:
        return len(self.reader.problems) > self._problems_before

    def _of_list(self, belief: list[Any]) -> Distribution | None:
        if self.law.listed:
            self._read_texts(belief)
            strangers = [item for item in belief if not self.law.contains(item)]
            if not self.law.is_numeric or not strangers or len(belief) != 2:
                return self._of_values(belief)
        if len(belief) != 2:
            self.problem(
                f"found a list of {len(belief)}; a range has two ends, such as {_RANGE_EXAMPLE}."
            )
            return None
        low, high = (self.reader.number(self.path, belief, i) for i in range(2))
        return None if self.failed else self._of_range(low, high)

    def _of_dict(self, belief: dict[str, Any]) -> Distribution | None:
        if "value" in belief and "distribution" not in belief:
            if others := [key for key in belief if key != "value"]:
                self.problem(f'"value" stands alone in a belief; remove {_quoted(others)}.')
                return None
            return self._of_value(belief, "value")
        if {"min", "max"} & belief.keys() and not {"distribution", "values"} & belief.keys():
            return self._of_limits(belief)
        return self._of_law(belief)  # which says what is missing

    def _of_limits(self, belief: dict[str, Any]) -> Distribution | None:
        if others := [key for key in belief if key not in ("min", "max")]:
            self.problem(f"{_quoted(others)} does not go with min and max. Remove it.")
            return None
        ends = self._ends()
        if ends is None:
            self.problem(f"min and max need numbers; this parameter is {self.law.words}.")
            return None
        if isinstance(self.law, Continuous):
            ends = self.law.reach  # of a law without limits too
        low, high = (
            self.reader.number(self.path, belief, key) if key in belief else end
            for key, end in zip(("min", "max"), ends, strict=True)
        )
        return None if self.failed else self._of_range(low, high)

    def _of_range(self, low: float, high: float) -> Distribution | None:
        ends = self._ends()
        if ends is None:
            self.problem(
                f"a range needs numbers; this parameter is {self.law.words}. "
                'Use {"values": […]} with some of these.'
            )
            return None
        if low >= high:
            fix = f'Use {{"value": {low!r}}} for one value' if low == high else "Swap them"
            self.problem(f"min {low!r} is not below max {high!r}. {fix}.")
            return None
        bottom, top = max(low, ends[0]), min(high, ends[1])
        if bottom > top:
            self._outside(f"{low:g} to {high:g}")
            return None
        if (bottom, top) != (low, high):
            self.reader.note(
                self.path,
                f"{low:g} to {high:g} is partly outside of {self.law.words}, and counts as "
                f"{bottom:g} to {top:g}.",
            )
        if bottom == top:
            return Constant(bottom)
        is_log = self.law.is_log and bottom > 0
        return LogUniform(bottom, top) if is_log else Uniform(bottom, top)

    def _of_value(self, holder: dict[str, Any], key: str) -> Distribution | None:
        if is_scientific_text(holder[key]):
            holder[key] = self.reader.read_text(self.path, holder[key])
        value = holder[key]
        if self.law.listed:
            return None if self._is_strange(value) else Constant(value)
        if not is_number(value):
            what = described(value)
            self.problem(f"found {what}; a number, a range or a distribution is needed.")
            return None
        if not self._is_within(value):
            self._outside(show(value))
            return None
        return Constant(value)

    def _of_values(self, values: list[Any]) -> Distribution | None:
        if not values:
            self.problem("the list is empty. Give at least one value, or leave belief out.")
            return None
        strangers = [value for value in values if self._is_strange(value)]  # all are told
        if strangers:
            return None
        return Constant(values[0]) if len(values) == 1 else Categorical(tuple(values))

    def _of_choice(self, law: Distribution) -> Distribution | None:
        """A choice of values, each of which the parameter must be able to have."""
        if self.law.listed:
            strangers = [value for value in law.listed if self._is_strange(value)]
            return None if strangers else law
        for value in law.listed:
            if not is_number(value):
                self.problem(f"found {described(value)} among the values; a number is needed.")
            elif not self._is_within(value):
                self._outside(show(value))
        return None if self.failed else law

    def _of_law(self, belief: dict[str, Any]) -> Distribution | None:
        law = read_law(self.reader, self.path, belief)
        if law is None or self.failed:
            return None
        if law.listed:
            return self._of_choice(law)
        if law.is_constant:
            return self._of_value(belief, "value")
        ends = self._ends()
        if ends is None:
            self.problem(
                f"{law.words} is a distribution over numbers; this parameter is "
                f'{self.law.words}. Use {{"values": […], "probabilities": […]}}.'
            )
            return None
        if law.cdf(ends[1]) - law.cdf(ends[0]) < LEAST_MASS:
            self._outside(law.words)
            return None
        return law

    def _ends(self) -> tuple[float, float] | None:
        """Lowest and highest value, possibly infinite; None where values have no order."""
        if not self.law.is_numeric:
            return None
        if isinstance(self.law, Continuous):
            return self.law.limits
        return self.law.bounds

    def _is_within(self, value: float) -> bool:
        ends = self._ends()
        return ends is None or ends[0] <= value <= ends[1]

    def _outside(self, what: str) -> None:
        self.problem(
            f"{what} is outside of what the parameter can be, {self.law.words}. "
            "Believe in a part of that, or widen it."
        )

    def _is_strange(self, value: Any) -> bool:
        """Whether a value is not among the listed ones, after saying so."""
        if self.law.contains(value):
            return False
        listed = [item for item in self.law.listed if isinstance(item, str)]
        guess = did_you_mean(closest(value, listed)) if isinstance(value, str) else ""
        accepted = ", ".join(show(item) for item in self.law.listed)
        self.problem(f"{show(value)} is not one of its values.{guess} Its values: {accepted}.")
        return True

    def _read_texts(self, values: list[Any]) -> None:
        for i, value in enumerate(values):
            if is_scientific_text(value) and self.law.is_numeric:
                values[i] = self.reader.read_text(self.path, value)


def _quoted(keys: Sequence[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)
