"""The summary of a run: one value per name, and the aggregates `define_metric` asks for."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.media.plain import merge, plain
from nbsweep.records import Goal, Metric, RunRecord, RunState, is_number, lookup
from nbsweep.runs.metric_paths import Path, leaves, put, spelled
from nbsweep.runs.nested import missing_name

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
        self._rule_of: dict[Path, _Rule | None] = {}
        self._aggregates = False  # whether a rule asks for any
        self._followed: dict[str, tuple[str, _Rule]] = {}  # name to aggregate
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
        self._set_by_hand(str(key))

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
        if self._followed:
            self._follow(row)

    def _take(self, row: Mapping[str, Any]) -> None:
        if not self._aggregates:
            if any(type(value) is dict for value in row.values()):
                self._values = merge(self._values, row)
            else:
                self._values.update(row)
            return
        values = dict(self._values)
        for path, value in leaves(row):
            rule = self._rule(path)
            kept = value if rule is None else rule.add(path, value)
            if kept is not NOTHING:
                put(values, path, kept)
        self._values = values

    def define(
        self,
        pattern: str,
        aggregates: Iterable[str],
        goal: Goal,
        logged: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Aggregate metrics that match `pattern` as asked, an exact name before patterns.

        Args:
            pattern: name as `metric_paths.spelled` has it, or a beginning and ``*``.
            aggregates: what to keep; none for the last value.
            goal: which one is the best.
            logged: the rows so far: aggregates are those of all rows.
        """
        self._rules[pattern] = _Rule(frozenset(aggregates), goal)
        self._rule_of.clear()
        self._aggregates = any(rule.aggregates for rule in self._rules.values())
        for row in logged:
            for path, value in leaves(row):
                rule = self._rule(path)
                if rule is not None and rule is self._rules[pattern]:
                    rule.add(path, value)

    def follow(self, name: str, aggregate: str) -> None:
        """Keep an aggregate of a metric, as ``name.aggregate`` beside its last value.

        It is what the `mode` of a metric in the sweep config asks for; `Metric.of` reads
        it. The last value has no second entry unless `define_metric` hides it.
        """
        self._followed[name] = aggregate, _Rule(frozenset((aggregate,)), Goal.MINIMIZE)

    def recount(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make the aggregates that are followed those of all these rows."""
        fresh = Summary({})
        fresh._rules = self._rules
        for name, (aggregate, _) in self._followed.items():
            fresh.follow(name, aggregate)
        for row in rows:
            fresh._follow(row)
        self._values = {**self._values, **fresh._values}

    def override(self, name: str, value: float) -> None:
        """Set a metric to a value that stands for the whole run, whatever was logged."""
        self[name] = value
        if name in self._followed:
            self[f"{name}.{self._followed[name][0]}"] = value

    def _follow(self, row: Mapping[str, Any]) -> None:
        for name, (aggregate, rule) in self._followed.items():
            value = lookup(row, name)
            if not is_number(value):
                continue
            # Where `define_metric` keeps something else, the last value has to be kept here.
            if aggregate != "last" or not is_number(lookup(self._values, name)):
                kept = rule.add((name,), value)[aggregate]
                self._values = {**self._values, f"{name}.{aggregate}": kept}

    def close(self) -> None:
        """Refuse later changes."""
        self._open = False

    def _rule(self, path: Path) -> _Rule | None:
        """What was defined for a metric; None where its last value is kept."""
        try:
            return self._rule_of[path]
        except KeyError:
            name = spelled(path)
            rule = self._rules.get(name) or next(
                (
                    rule
                    for pattern, rule in self._rules.items()
                    if pattern.endswith("*") and name.startswith(pattern[:-1])
                ),
                None,
            )
            self._rule_of[path] = rule = rule if rule and rule.aggregates else None
            if rule is None and ".".join(path) != name and ".".join(path) in self._rules:
                warnings.warn(
                    f"define_metric({'.'.join(path)!r}) names what is nested; the logged key has "
                    f"a dot of its own and is not meant, as in W&B: define_metric({name!r}).",
                    stacklevel=1,
                )
            return rule

    def _set_by_hand(self, key: str) -> None:
        """From now on the last value counts for a metric that was assigned to, as in W&B."""
        if self._rules:
            for path in list(self._rule_of):
                if path[0] == key:
                    self._rule_of[path] = None


NOTHING = object()  # leaves the summary as it is


class _Rule:
    """What `define_metric(summary=...)` keeps of the metrics it matches.

    As in W&B ``min``, ``max`` and ``mean`` are those of the numbers, NaN once one was NaN;
    ``first`` and ``last`` are of all values; "none" wins over all others and "copy", the
    value itself, over none.
    """

    def __init__(self, aggregates: frozenset[str], goal: Goal) -> None:
        self.aggregates = aggregates
        self._best = goal.extreme
        self._firsts: dict[Path, Any] = {}
        self._numbers: dict[Path, tuple[int, float, float, float]] = {}

    def add(self, path: Path, value: Any) -> Any:
        """The summary value after one more logged value, or NOTHING."""
        if "none" in self.aggregates:
            return NOTHING
        if self.aggregates == {"copy"} or isinstance(value, Mapping):
            return value
        values: dict[str, Any] = {"last": value, "first": self._firsts.setdefault(path, value)}
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self._numbers[path] = _with(self._numbers.get(path), value)
        if path in self._numbers:
            count, total, low, high = self._numbers[path]
            values.update(min=low, max=high, mean=total / count)
            values["best"] = values[self._best]
        kept = {key: values[key] for key in AGGREGATES if key in self.aggregates & values.keys()}
        return kept or NOTHING


def _with(
    numbers: tuple[int, float, float, float] | None, value: float
) -> tuple[int, float, float, float]:
    """Count, sum, least and greatest of some numbers and one more."""
    try:
        float(value)
    except OverflowError:  # an int beyond 1e308
        value = math.inf if value > 0 else -math.inf
    if numbers is None:
        return 1, value, value, value
    count, total, low, high = numbers
    if math.isnan(low) or math.isnan(value):
        return count + 1, math.nan, math.nan, math.nan
    return count + 1, total + value, min(low, value), max(high, value)


def metrics_of_parts(parts: Sequence[RunRecord], metrics: Iterable[Metric]) -> dict[str, float]:
    """The metrics of a run that are taken from its parts, see `metric_of_parts`."""
    return {
        name: value for metric in metrics for name, value in metric_of_parts(parts, metric).items()
    }


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
