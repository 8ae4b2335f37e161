"""Where to search next: wider where the best lie at the end of a range, else narrower.

Pure: from the runs and what was concluded from them to changes of the config, each with its
reason. Nothing changes without a claim behind it (see `takeaways`): the best few of some runs
lie close together in some parameters by chance.

Per parameter, the first that holds:

- the best runs sit at an end that is no hard limit: wider there by half of the range, and the
  other end drawn in behind the best runs;
- a claim says that it decides: around the best runs. That runs fail in a part of it: without
  that part;
- a claim says that a category is worse than the others, or that runs with it fail, and the
  best tenth of the runs do without it: that category goes.

A parameter that hardly matters could be fixed at the value of the best run. That is only
suggested: it is the one change that takes something away for no gain but speed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.analysis.claim_words import in_words, name_of
from nbsweep.analysis.edges import Edge
from nbsweep.analysis.findings import analysed
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.in_common import best_tenth
from nbsweep.analysis.takeaways import Takeaway, nothing_text
from nbsweep.errors import ConfigError
from nbsweep.records import Snapshot
from nbsweep.space.values import value_key
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.edits import edited, without_initial_points
from nbsweep.sweep_config.narrowing import narrowed, outwards
from nbsweep.wording import show

AROUND = 5  # the best fifth of the runs, that a narrower range is drawn around
FEWEST = 5
MARGIN = 0.15  # of the range as it was, left on either side of them
WORTH = 0.9  # a range that stays longer than that share of the old one is left as it is


@dataclass(frozen=True)
class NextSpace:
    """Changes of a search space.

    Attributes:
        config: with the changes; the sweep's own where there is none.
        reasons: of each change, in a sentence; why there is none where there is none.
        suggestions: changes that were not made, in sentences.
        is_changed: whether there is any change.
    """

    config: SweepConfig
    reasons: tuple[str, ...]
    suggestions: tuple[str, ...]
    is_changed: bool


def next_space(
    snapshot: Snapshot, config: SweepConfig, *, fix: bool = False, seed: int = 0
) -> NextSpace:
    """What the space of the next sweep should be.

    Args:
        snapshot: of the sweep.
        config: of the sweep.
        fix: also fix the parameters that hardly matter, at the values of the best run.
        seed: same runs and seed, same changes.
    """
    told, ends, columns = analysed(snapshot, config, seed=seed)
    after = without_initial_points(config)
    if columns.has_front:
        reason = (
            "With several objectives no one place is best, so nothing is proposed. "
            "narrow(runs=sweep.best_runs()) keeps what lies around the front."
        )
        return NextSpace(after, (reason,), (), is_changed=False)
    plan = _Plan(after)
    for edge in ends:
        plan.widen(edge, columns)
    for claim in told:
        if claim.parameter not in plan.changed:
            plan.follow(claim, columns)
    suggestions = _fixed(told, columns, plan, fix=fix)
    if plan.reasons:
        return NextSpace(plan.config, tuple(plan.reasons), tuple(suggestions), is_changed=True)
    claims = [each for each in told if each.p_value is not None]
    reason = (
        "Nothing to change: the runs show no part of a range that is worth leaving, and the "
        "best of them do not sit at the end of one."
        if claims
        else f"Nothing to change. {nothing_text(columns)}"
    )
    return NextSpace(after, (reason,), tuple(suggestions), is_changed=False)


class _Plan:
    """A config that changes step by step; a change that the config does not allow is dropped."""

    def __init__(self, config: SweepConfig) -> None:
        self.config = config
        self.reasons: list[str] = []
        self.changed: set[str] = set()

    def widen(self, edge: Edge, columns: Frame) -> None:
        """Widen a range at one end, and draw the other one in behind the best runs."""
        column = _column(columns, edge.name)
        spec = dict(edge.spec)
        wider = _edited(self.config, {edge.name: spec})
        if wider is None:
            return
        around = _around(column, columns)
        if around is not None and "values" not in spec:
            low, high = around
            tight = {"min": low} if edge.is_upper else {"max": high}
            wanted = (low, math.inf) if edge.is_upper else (-math.inf, high)
            law = _law(self.config, edge.name)
            if _is_shorter(column, law.bounds, *wanted):
                whole = {key: _as_before(law, value) for key, value in tight.items()}
                wider = _edited(self.config, {edge.name: {**spec, **whole}}) or wider
        self._take(edge.name, wider, edge.text)

    def follow(self, claim: Takeaway, columns: Frame) -> None:
        """Leave what a claim calls worse."""
        if claim.p_value is None or claim.kind in ("interaction", "runtime"):
            return
        names = {parameter.name for parameter in self.config.space.searched}
        if claim.parameter not in names:
            return
        column = _column(columns, claim.parameter)
        wanted = (
            _values(claim, column, columns) if claim.category else _range(claim, column, columns)
        )
        if wanted is None:
            return
        try:
            after, changes = narrowed(self.config, {claim.parameter: wanted})
        except ConfigError:
            return
        if changes:
            self._take(claim.parameter, after, claim.text)

    def fix(self, column: Column, value: Any, text: str) -> None:
        """Give a parameter one value."""
        after = _edited(self.config, {column.name: {"value": value}})
        if after is not None:
            self._take(column.name, after, text)

    def _take(self, name: str, after: SweepConfig, why: str) -> None:
        before, now = _law(self.config, name), _law(after, name)
        if before == now:
            return
        self.config = after
        self.changed.add(name)
        self.reasons.append(f"{name}: {before.words} → {now.words}. {why}")


def _edited(config: SweepConfig, specs: Mapping[str, Any]) -> SweepConfig | None:
    """The config with other specs; None where they break a rule of it, such as a constraint."""
    try:
        after, changes = edited(config, specs)
    except ConfigError:
        return None
    return after if changes else None


def _law(config: SweepConfig, name: str) -> Any:
    return next(p.distribution for p in config.space if p.name == name)


def _column(columns: Frame, name: str) -> Column:
    return next(column for column in columns.params if column.name == name)


def _best_numbers(column: Column, columns: Frame) -> list[float]:
    """Places of the best fifth of the runs on a parameter's axis."""
    metric = columns.metric
    if metric is None:
        return []
    sign = metric.goal.sign
    kept = [
        i
        for i in columns.counted
        if column.numbers[i] is not None and not (columns.beyond and columns.beyond[i])
    ]
    kept.sort(key=lambda i: sign * (metric.values[i] or 0.0))
    best = kept[: max(FEWEST, len(kept) // AROUND)]
    return [number for i in best if (number := column.numbers[i]) is not None]


def _around(column: Column, columns: Frame) -> tuple[float, float] | None:
    """The best runs with a margin, in few digits."""
    numbers = _best_numbers(column, columns)
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    if column.kind == "log":
        factor = (column.high / column.low) ** MARGIN
        low, high = low / factor, high * factor
    else:
        margin = (column.high / 2 - column.low / 2) * 2 * MARGIN
        low, high = low - margin, high + margin
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return outwards(low, high, column.kind == "log")


def _range(claim: Takeaway, column: Column, columns: Frame) -> tuple[float, float] | None:
    """What is left of a numeric parameter: around the best runs, without what is worse."""
    around = _around(column, columns)
    if around is None:
        return None
    low, high = around
    if claim.kind == "failures":  # cut what fails, and nothing else
        low, high = _without(claim, column)
    if not low < high or not _is_shorter(column, (column.low, column.high), low, high):
        return None
    return low, high


def _without(claim: Takeaway, column: Column) -> tuple[float, float]:
    """An axis without the part in which runs failed; as it is where that lies inside."""
    low, high = column.low, column.high
    if claim.low is None or claim.high is None:
        return low, high
    if claim.is_good:  # runs fail outside of it
        return max(low, claim.low), min(high, claim.high)
    if claim.high >= high:
        return low, claim.low
    return (claim.high, high) if claim.low <= low else (low, high)


def _values(claim: Takeaway, column: Column, columns: Frame) -> list[Any] | None:
    """The categories without the one that is worse, unless one of the best runs has it."""
    if claim.is_good is not False:
        return None
    code = float(column.categories.index(claim.category))
    top = best_tenth(columns)
    if any(column.numbers[i] == code for i in top):
        return None
    worse = {
        value_key(value)
        for value, number in zip(column.values, column.numbers, strict=True)
        if number == code
    }
    kept: dict[Any, Any] = {}
    for value, number in zip(column.values, column.numbers, strict=True):
        if number is not None and value_key(value) not in worse:
            kept.setdefault(value_key(value), value)
    return list(kept.values()) or None


def _is_shorter(
    column: Column, bounds: tuple[float, float] | None, low: float, high: float
) -> bool:
    """Whether a range is shorter than the old one by as much as is worth a change."""
    if bounds is None:
        return True
    first, last = max(low, float(bounds[0])), min(high, float(bounds[1]))
    if not first < last:
        return False
    if column.kind == "log":
        whole = math.log(bounds[1]) - math.log(bounds[0])
        return (math.log(last) - math.log(first)) < WORTH * whole
    return (last - first) < WORTH * (float(bounds[1]) - float(bounds[0]))


def _as_before(law: Any, value: float) -> float:
    """A limit as an int where the limits are ints."""
    return round(value) if isinstance(law.max, int) and isinstance(law.min, int) else value


def _fixed(told: Sequence[Takeaway], columns: Frame, plan: _Plan, *, fix: bool) -> list[str]:
    """Parameters that hardly matter, at the values of the best run: done, or only said."""
    best = columns.best
    said: list[str] = []
    if best is None:
        return said
    searched = {parameter.name for parameter in plan.config.space.searched}
    for claim in told:
        if claim.kind != "unimportant":
            continue
        for name in claim.parameters:
            column = _column(columns, name)
            place = column.numbers[best]
            if name not in searched or place is None or name in plan.changed:
                continue
            value = column.values[best]
            shown = show(value) if column.kind == "category" else in_words(column, place)
            text = (
                f"{name_of(column)} hardly mattered in {claim.n:,} runs; the best run has {shown}"
            )
            if fix:
                plan.fix(column, value, f"{text}.")
            else:
                said.append(
                    f"{name_of(column)} could be fixed at {shown}: it hardly mattered in "
                    f"{claim.n:,} runs."
                )
    return said
