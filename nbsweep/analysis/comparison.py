"""Which of several sweeps, methods or versions of the code finds better values, and how sure.

Notation:
    b           budget: how many runs each of them had
    n           runs of a series: one sweep, or the part of one that belongs to a group
    cost        the metric, times -1 where it is to be maximised
    θ(b)        expected best cost of b runs

Equal budget. The best of 200 runs is better than the best of 40 for no merit of its method, so
all are judged after b runs. Of runs that were drawn independently, as random search does, every
choice of b of the n runs is as good: θ(b) is the mean over all of them,
Σ cost_(i) · C(n - i, b - 1) / C(n, b) with cost_(1) the lowest. It is the expected validation
performance of Dodge, Gururangan, Card, Schwartz & Smith, "Show your work", EMNLP 2019, in the
unbiased form of Tang, Lee, Xin, Liu, Yu & Lin, "Showing your work doesn't always work", ACL 2020.
The order of runs of an adaptive search means something: there θ(b) is the best of the first b.

Several sweeps a group (seeds of a method). Sweeps are independent, whatever their search does:
θ(b) is the mean of the sweeps' own. The error of the difference is the bootstrap's over sweeps,
which for a mean has a closed form, here with n - 1 in place of n; the chance is a permutation
test over sweeps, of all assignments where they are few.

One sweep a group. The error is the sd of the difference over bootstrap resamples of the runs
(Efron 1979), drawn from the straight lines between their costs, which go on below the lowest
for the mean of the next gaps: of 40 runs drawn as they are, the lowest of a resample is never
below the lowest seen, and an interval of two errors held the truth in 79 to 92 % of trials
rather than in 88 to 97 % (five laws of the cost, budgets of half and all of the runs). The
chance is a permutation test over runs: how often runs that are dealt out anew
differ as much in θ(b). Both treat runs as exchangeable, which those of an adaptive search are
not: two sweeps of one method may then differ by more than this test knows.

A failed or diverged run spent budget: it counts with the worst cost of all runs.

Called clear is a difference with a chance of at most 5 % that is also 2.5 times its error.
With more than two groups the chances are those of Holm (1979), as for that many looks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbsweep.records import Goal
from nbsweep.wording import joined, plural, plus_minus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEVEL = 0.05  # chance up to which a difference is called clear
N_ERRORS = (
    2.5  # so many errors it has to be as well: the 95 % of Student's t for two groups of four
)
RESAMPLES = 1000
PERMUTATIONS = 2000
GAPS = 3  # between the lowest costs
MOST_ASSIGNMENTS = 20_000  # of sweeps to groups, up to which all are gone through
CHUNK = 1 << 20  # cells of a matrix of resamples
MOST_CELLS, FEWEST = 4_000_000, 400  # of all of them together, and resamples in any case
FEWEST_SWEEPS = 2  # of each group, from which on sweeps are compared rather than runs


@dataclass(frozen=True)
class Series:
    """The runs of one sweep, or of a part of it, in the order in which they were suggested.

    Attributes:
        label: of the sweep.
        values: the metric of each run; None of one that failed or diverged.
        is_adaptive: whether later runs depend on the results of earlier ones; None if unknown.
    """

    label: str
    values: tuple[float | None, ...]
    is_adaptive: bool | None = None


@dataclass(frozen=True)
class Group:
    """What is compared: one sweep, or several of one method.

    Attributes:
        label: what it is called.
        series: its sweeps.
    """

    label: str
    series: tuple[Series, ...]

    @property
    def n_runs(self) -> int:
        """Runs of all its sweeps, failed ones included."""
        return sum(len(each.values) for each in self.series)

    @property
    def n_values(self) -> int:
        """Those with a value."""
        return sum(value is not None for each in self.series for value in each.values)


@dataclass(frozen=True)
class Standing:
    """How good one group is after the budget.

    Attributes:
        label: of the group.
        n_sweeps, n_runs: how many it has.
        best: the best value that it found, whatever the budget.
        expected: the expected best value after the budget.
        error: its standard error; None for one sweep of an unknown spread.
        median: of its runs' values.
    """

    label: str
    n_sweeps: int
    n_runs: int
    best: float
    expected: float
    error: float | None
    median: float


@dataclass(frozen=True)
class Difference:
    """How much better one group is than another after the budget.

    Attributes:
        better, worse: labels, the one that is ahead first.
        difference: of their expected best values, at least 0.
        error: its standard error.
        chance: how often a difference as large comes by chance, by permutation; with several
            pairs for that many looks.
        is_clear: whether it is told from chance.
    """

    better: str
    worse: str
    difference: float
    error: float
    chance: float
    is_clear: bool


@dataclass(frozen=True)
class Compared:
    """What a comparison found.

    Attributes:
        metric: its name.
        goal: which values are better.
        budget: runs after which all were judged; 0 when nothing could be compared.
        groups: what was compared.
        standings: of each group with a value, the best first.
        differences: of the leader to each other group, then of the others.
        sentences: the same in words.
        notes: what to know before believing it.
        by_sweeps: whether sweeps were compared with each other rather than runs.
    """

    metric: str
    goal: Goal
    budget: int
    groups: tuple[Group, ...]
    standings: tuple[Standing, ...]
    differences: tuple[Difference, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    by_sweeps: bool


def compare(
    groups: Sequence[Group],
    metric: str,
    goal: Goal,
    *,
    budget: int | None = None,
    seed: int = 0,
) -> Compared:
    """Compare the best values of groups of runs after an equal number of runs.

    Args:
        groups: two or more, with different labels.
        metric: name, for the sentences.
        goal: which values are better.
        budget: runs of each sweep; default, and at most: as many as the shortest has.
        seed: of resampling.
    """
    known = [group for group in groups if group.n_values]
    missing = [group.label for group in groups if not group.n_values]
    notes = [f"{label}: no run has ended with a value of {metric}." for label in missing]
    if len(known) < 2:
        left = f" only {known[0].label} has a value of {metric}" if known else ""
        sentence = f"There is nothing to compare:{left or f' no run has a value of {metric}'}."
        return Compared(metric, goal, 0, tuple(groups), (), (), (sentence,), tuple(notes), False)
    shortest = min(len(each.values) for group in known for each in group.series)
    b = min(budget or shortest, shortest)
    if budget is not None and budget > shortest:
        notes.append(
            f"Compared after {plural(b, 'run')} rather than {budget}: the shortest sweep has no "
            "more."
        )
    by_sweeps = all(len(group.series) >= FEWEST_SWEEPS for group in known)
    costs, scale = _costs(known, goal, b)
    rng = np.random.default_rng(seed)
    found = {
        group.label: _of_sweeps(each, b) if by_sweeps else _of_runs(each, b, rng)
        for group, each in zip(known, costs, strict=True)
    }
    ranked = sorted(known, key=lambda group: found[group.label].theta)
    by_label = dict(zip((group.label for group in known), costs, strict=True))
    test = _chance_of_sweeps if by_sweeps else _chance_of_runs
    pairs = []
    for first, second in itertools.combinations([group.label for group in ranked], 2):
        a, z = found[first], found[second]
        chance = test(by_label[first], by_label[second], b, rng)
        error = scale * math.hypot(a.error, z.error)
        pairs.append((first, second, scale * (z.theta - a.theta), error, chance))
    chances = _holm([pair[-1] for pair in pairs])
    differences = tuple(
        Difference(
            first,
            second,
            gap,
            error,
            chance,
            chance <= LEVEL and gap > N_ERRORS * error,
        )
        for (first, second, gap, error, _), chance in zip(pairs, chances, strict=True)
    )
    standings = tuple(_standing(group, goal, found[group.label], scale) for group in ranked)
    return Compared(
        metric,
        goal,
        b,
        tuple(groups),
        standings,
        differences,
        tuple(_sentence(each, b, metric) for each in differences[: len(ranked) - 1]),
        (*notes, *_cautions(known, by_sweeps=by_sweeps)),
        by_sweeps,
    )


@dataclass(frozen=True)
class _Estimate:
    """θ(b) of a group as a cost, and its standard error, in the units of `_costs`."""

    theta: float
    error: float


def _costs(groups: Sequence[Group], goal: Goal, b: int) -> tuple[list[list[Floats]], float]:
    """The costs of each series of each group, of an adaptive one the first b, lowest first.

    They are in units of the second result, so that squares of 1e300 do not overflow.
    """
    every = [v for group in groups for each in group.series for v in each.values if v is not None]
    largest = max(map(abs, every))
    scale = 2.0 ** (math.frexp(largest)[1] - 1) if largest else 1.0
    worst = max(goal.sign * value for value in every)
    costs = [
        [
            np.sort(
                [
                    worst if value is None else goal.sign * value
                    for value in (each.values[:b] if each.is_adaptive else each.values)
                ]
            )
            / scale
            for each in group.series
        ]
        for group in groups
    ]
    return costs, scale


def weights(n: int, b: int) -> Floats:
    """Shape (n,): the chance that the i-th best of n runs is the best of b that are drawn.

    C(n - i, b - 1) / C(n, b), by its recursion: for the best b / n, then each time
    (n - i - b + 1) / (n - i) of the one before.
    """
    i = np.arange(1, n)
    factors = np.maximum(n - i - b + 1, 0) / (n - i)
    return (b / n) * np.concatenate([[1.0], np.cumprod(factors)])


def _of_sweeps(series: Sequence[Floats], b: int) -> _Estimate:
    """The mean of the sweeps' own, and the standard error of that."""
    thetas = np.array([float(costs @ weights(len(costs), b)) for costs in series])
    error = float(thetas.std(ddof=1)) / math.sqrt(len(thetas))
    return _Estimate(float(thetas.mean()), error)


def _of_runs(series: Sequence[Floats], b: int, rng: np.random.Generator) -> _Estimate:
    """Of all runs together, and the sd over resamples of them."""
    costs = np.sort(np.concatenate(series))
    n = len(costs)
    w = weights(n, b)
    gaps = (np.arange(1, n) * np.diff(costs))[:GAPS]
    knots = np.concatenate([[costs[0] - (gaps.mean() if len(gaps) else 0.0)], costs])
    thetas = []
    for count in _chunks(_affordable(RESAMPLES, n), n):
        drawn = np.interp(n * rng.random((count, n)), np.arange(n + 1), knots)
        thetas.append(np.sort(drawn, axis=1) @ w)
    return _Estimate(float(costs @ w), float(np.concatenate(thetas).std(ddof=1)))


def _chance_of_runs(
    first: Sequence[Floats], second: Sequence[Floats], b: int, rng: np.random.Generator
) -> float:
    """How often runs that are dealt out anew to two groups differ as much in θ(b)."""
    sizes = [sum(map(len, first)), sum(map(len, second))]
    pooled = np.concatenate([*first, *second])
    order = np.argsort(pooled, kind="stable")
    costs = pooled[order]
    mine = order < sizes[0]
    tables = [np.concatenate([[0.0], weights(size, b)]) for size in sizes]

    def gaps(masks: NDArray[np.bool_]) -> Floats:
        ranks = np.cumsum(masks, axis=1)
        others = np.arange(1, len(costs) + 1) - ranks
        of_mine = np.where(masks, tables[0][ranks], 0.0)
        of_others = np.where(masks, 0.0, tables[1][others])
        differences: Floats = (of_mine - of_others) @ costs
        return differences

    observed = abs(float(gaps(mine[None, :])[0]))
    as_large, total = 0, _affordable(PERMUTATIONS, len(costs))
    for count in _chunks(total, len(costs)):
        masks = rng.permuted(np.repeat(mine[None, :], count, axis=0), axis=1)
        as_large += int((np.abs(gaps(masks)) >= observed - _tolerance(costs)).sum())
    return (1 + as_large) / (1 + total)


def _chance_of_sweeps(
    first: Sequence[Floats], second: Sequence[Floats], b: int, rng: np.random.Generator
) -> float:
    """How often sweeps that are assigned anew to two groups differ as much in their mean."""
    thetas = np.array([float(costs @ weights(len(costs), b)) for costs in (*first, *second)])
    k, n = len(first), len(thetas)
    observed = abs(thetas[:k].mean() - thetas[k:].mean()) - _tolerance(thetas)
    total = float(thetas.sum())

    def gap(sums: Floats) -> Floats:
        return np.abs(sums / k - (total - sums) / (n - k))

    if math.comb(n, k) <= MOST_ASSIGNMENTS:
        chosen = np.array(list(itertools.combinations(range(n), k)))
        return float((gap(thetas[chosen].sum(axis=1)) >= observed).mean())
    dealt = rng.permuted(np.repeat(thetas[None, :], PERMUTATIONS, axis=0), axis=1)
    return (1 + int((gap(dealt[:, :k].sum(axis=1)) >= observed).sum())) / (1 + PERMUTATIONS)


def _affordable(wanted: int, width: int) -> int:
    """How many resamples of so many runs are made: fewer of very many, which matter less there."""
    return max(FEWEST, min(wanted, MOST_CELLS // max(width, 1)))


def _chunks(total: int, width: int) -> list[int]:
    """How many rows of a matrix at a time."""
    most = max(1, CHUNK // max(width, 1))
    return [min(most, total - done) for done in range(0, total, most)]


def _tolerance(costs: Floats) -> float:
    """Below it differences are rounding."""
    return 1e-12 * float(np.abs(costs).max(initial=0.0))


def _holm(chances: Sequence[float]) -> list[float]:
    """The chances for that many looks, in their order (Holm 1979)."""
    ranked = sorted(range(len(chances)), key=lambda i: chances[i])
    result, highest = [0.0] * len(chances), 0.0
    for place, i in enumerate(ranked):
        highest = max(highest, min(1.0, (len(chances) - place) * chances[i]))
        result[i] = highest
    return result


def _standing(group: Group, goal: Goal, estimate: _Estimate, scale: float) -> Standing:
    values = sorted(
        (goal.sign * v for each in group.series for v in each.values if v is not None),
    )
    return Standing(
        group.label,
        len(group.series),
        group.n_runs,
        goal.sign * values[0],
        goal.sign * scale * estimate.theta,
        scale * estimate.error,
        goal.sign * float(np.median(values)),
    )


def _sentence(found: Difference, b: int, metric: str) -> str:
    after = f"after {plural(b, 'run')}"
    if found.difference == 0:
        return f"{found.better} and {found.worse} found the same best {metric} {after}."
    amount = plus_minus(found.difference, found.error)
    chance = of_100(found.chance)
    chance += f" such differences come{'s' if _count(found.chance) == 1 else ''}"
    if found.is_clear:
        return (
            f"{found.better} is better than {found.worse} by {amount} {after}; {chance} by chance."
        )
    if found.difference < found.error:
        return (
            f"{found.better} and {found.worse} cannot be told apart {after}: they differ by "
            f"{amount}, and {chance} by chance."
        )
    return (
        f"{found.better} is ahead of {found.worse} by {amount} {after}, which is not told from "
        f"chance: {chance} by it."
    )


def of_100(chance: float) -> str:
    """A chance as people count: ``3 of 100``, ``fewer than 1 of 100``."""
    count = _count(chance)
    return f"{count} of 100" if count else "fewer than 1 of 100"


def _count(chance: float) -> int:
    return round(100 * chance) if chance >= 0.005 else 0


def _cautions(groups: Sequence[Group], *, by_sweeps: bool) -> list[str]:
    """What the numbers do not know."""
    if by_sweeps:
        sizes = [len(group.series) for group in groups]
        least = min(
            (1 + (a == z)) / math.comb(a + z, a) for a, z in itertools.combinations(sizes, 2)
        )
        if least > LEVEL:
            return [
                "With so few sweeps of each no difference can be told from chance; it takes 4 of "
                "each."
            ]
        return []
    adaptive = [g.label for g in groups if any(each.is_adaptive for each in g.series)]
    unknown = [g.label for g in groups if any(each.is_adaptive is None for each in g.series)]
    cautions = []
    if adaptive:
        cautions.append(
            f"The search of {joined(adaptive, 'and')} learns from earlier runs, so the runs are "
            "not independent, and another sweep may differ by more than is said here. Give "
            "several sweeps with different seeds of each to be sure."
        )
    if unknown:
        cautions.append(
            f"It is taken that the runs of {joined(unknown, 'and')} were drawn independently, as "
            "random search does."
        )
    return cautions
