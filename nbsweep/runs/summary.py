"""The summary of a run: one value per name, and the aggregates `define_metric` asks for."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.media.plain import merge, plain
from nbsweep.records import Goal, Metric, RunRecord, RunState, is_number, lookup
from nbsweep.runs.config import missing_name

AGGREGATES = ("min", "max", "mean", "last", "first", "best", "copy", "none")


class Summary(MutableMapping[str, Any]):
    """One value per name at the end of a run: the last logged, or what was set here.

    Readable for ever, also after the run has ended; set while it is open.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        plain: Callable[[str, Any], Any] = lambda key, value: plain(value),
    ) -> None:
        self._values: dict[str, Any] = dict(values)
        self._plain = plain
        self._rules: dict[str, _Rule] = {}
        self._followed: tuple[str, str, _Rule] | None = None
        self._open = True

    def __getitem__(self, key: str) -> Any:
        try:
            return self._values[key]
        except KeyError:
            raise KeyError(missing_name(key, self._values)) from None

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name not in values:
            raise AttributeError(missing_name(name, values))
        return values[name]

    def __setitem__(self, key: str, value: Any) -> None:
        if not self._open:
            raise UsageError(
                f"summary.{key}: the run has ended and its summary is final. Set it before "
                "finish(), or inside the `with nbsweep.init()` block."
            )
        self._values = {**self._values, str(key): self._plain(str(key), value)}

    def assign(self, values: Mapping[str, Any]) -> None:
        """Replace all values: ``run.summary = {...}``."""
        for name in set(self._values) - set(map(str, values)):
            del self[name]
        self.update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            self.__dict__[name] = value
        else:
            self[name] = value

    def __delitem__(self, key: str) -> None:
        self._values = {name: value for name, value in self._values.items() if name != key}

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)

    def as_dict(self) -> dict[str, Any]:
        """A copy as plain dicts."""
        return dict(self._values)

    @property
    def _json_dict(self) -> dict[str, Any]:  # W&B notebooks read it
        return self.as_dict()

    def record(self, row: Mapping[str, Any]) -> None:
        """Take in one committed history row."""
        self._take(row)
        if self._followed is not None:
            self._follow(row)

    def _take(self, row: Mapping[str, Any]) -> None:
        if not self._rules and not any(type(value) is dict for value in row.values()):
            self._values.update(row)
            return
        values = merge(self._values, {k: v for k, v in row.items() if self._rule(k) is None})
        for name, value in row.items():
            rule = self._rule(name)
            if rule is not None:
                aggregated = rule.add(name, value)
                if aggregated is not None:
                    values[name] = aggregated
        self._values = values

    def define(self, pattern: str, aggregates: Iterable[str], goal: Goal) -> None:
        """Aggregate metrics that match `pattern` as asked from now on."""
        self._rules[pattern] = _Rule(frozenset(aggregates), goal)

    def follow(self, name: str, aggregate: str) -> None:
        """Keep an aggregate of a metric, as ``name.aggregate`` beside its last value.

        It is what the sweep config's `metric.mode` asks for; `Metric.of` reads
        it. The last value has no second entry unless `define_metric` hides it.
        """
        self._followed = (name, aggregate, _Rule(frozenset((aggregate,)), Goal.MINIMIZE))

    def recount(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make the aggregate that is followed one of all these rows."""
        if self._followed is None:
            return
        name, aggregate, _ = self._followed
        fresh = Summary({})
        fresh._rules = self._rules
        fresh.follow(name, aggregate)
        for row in rows:
            fresh._follow(row)
        self._values = {**self._values, **fresh._values}

    def override(self, name: str, value: float) -> None:
        """Set a metric to a value that stands for the whole run, whatever was logged."""
        self[name] = value
        if self._followed is not None and self._followed[0] == name:
            self[f"{name}.{self._followed[1]}"] = value

    def _follow(self, row: Mapping[str, Any]) -> None:
        assert self._followed is not None
        name, aggregate, rule = self._followed
        value = lookup(row, name)
        if is_number(value) and (aggregate != "last" or self._rule(name) is not None):
            kept = rule.add(name, value)[aggregate]
            self._values = {**self._values, f"{name}.{aggregate}": kept}

    def close(self) -> None:
        """Refuse later changes."""
        self._open = False

    def _rule(self, name: str) -> _Rule | None:
        if name in self._rules:
            return self._rules[name]
        for pattern, rule in self._rules.items():
            if "*" in pattern and fnmatch.fnmatchcase(name, pattern):
                return rule
        return None


class _Rule:
    """What `define_metric(summary=...)` keeps of the metrics it matches."""

    def __init__(self, aggregates: frozenset[str], goal: Goal) -> None:
        self._aggregates = aggregates
        self._best = goal.extreme
        self._seen: dict[str, tuple[int, float, float, float, Any]] = {}

    def add(self, name: str, value: Any) -> Any:
        """The summary value after one more logged value; None leaves it as it is."""
        if "none" in self._aggregates:
            return None
        if "copy" in self._aggregates or not is_number(value):
            return value
        count, total, low, high, first = self._seen.get(name, (0, 0.0, value, value, value))
        low, high = min(low, value), max(high, value)
        count, total = count + 1, total + value
        self._seen[name] = (count, total, low, high, first)
        values = {"min": low, "max": high, "mean": total / count, "last": value, "first": first}
        values["best"] = values[self._best]
        return {key: values[key] for key in AGGREGATES if key in self._aggregates}


def metric_of_parts(parts: Sequence[RunRecord], metric: Metric) -> dict[str, float]:
    """The metric of a run from its finished parts: their mean, and ``name.sd`` for two or more.

    The standard deviation is that of a sample (n − 1).
    """
    finished = [metric.of(part.summary) for part in parts if part.state is RunState.FINISHED]
    values = [value for value in finished if value is not None]
    if not values:
        return {}
    mean = math.fsum(value / len(values) for value in values)
    result = {metric.name: mean}
    if len(values) > 1:
        # Scaled, so that squares of huge values do not overflow.
        largest = max(abs(value - mean) for value in values) or 1.0
        squares = math.fsum(((value - mean) / largest) ** 2 for value in values)
        result[f"{metric.name}.sd"] = largest * math.sqrt(squares / (len(values) - 1))
    return {name: value for name, value in result.items() if is_number(value)}
