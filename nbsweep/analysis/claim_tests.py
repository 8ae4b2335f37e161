"""Which of many claims hold beyond chance: permutations, and one claim after the other.

Notation:
    n       runs
    m       claims that are looked at
    x       (n, m) a column a claim, centred and of length 1 (see `claim_features`)
    z       (n,) normal scores of the result's ranks, centred and of length 1
    T       (m,) √(n - 1) · xᵀz, about standard normal for a claim without ground

All m claims are looked at, so the strongest of them looks strong by chance. How strong is
known from shuffling the result among the runs: the largest |T| of all claims, over the
shuffles, is the distribution that the largest of groundless claims has, however they hang
together (the max-T procedure of Westfall & Young, "Resampling-based multiple testing",
1993). A claim's p is the share of shuffles whose largest |T| reaches its own; below α, some
claim on noise is made with probability α at most. That is exact where params were drawn
without looking at results (random and grid search). A search that looks puts more runs
where it saw luck, and what it left has kept its bad luck; see the figures in `takeaways`.

Then one claim at a time, the strongest first: what it explains is taken from the result
*and* from the other claims, which must reach the same |T| with what is left. So a parameter
that only goes along with another, as they do where a search has settled, is not credited
with its effect. A few columns do not say all that another may do, so what was chosen has to
stand with all other parameters alike too (`claim_given_others`), or it is passed over, and
its parameter with it. That can only take claims away: α stays what it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from nbsweep.analysis.claim_features import Features, ranks
from nbsweep.analysis.claim_given_others import Given, given_others

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_CLAIMS = 8
# Shuffles: as many as tell p = 0.02 well, fewer where each takes long.
SHUFFLES, SHUFFLES_OF_MANY, MANY = 799, 399, 50_000
# As many as put so many of them beyond a level; at most.
SHUFFLES_FOR, MOST_SHUFFLES = 5, 3_999
# A claim that others say but for a tenth of its length is not looked at any more.
LEFT = 0.1
# What is left of a claim with other parameters alike says the same, by so many standard errors.
SAME_WAY = 1.645
# A range has two ends to choose where a step has one; it has to be better by so much.
SIMPLER = {"trend": 1.0, "step": 1.0, "category": 1.0, "range": 0.95}


@dataclass(frozen=True)
class Claim:
    """A claim that holds.

    Attributes:
        j: index of its part among the features.
        t: T given the claims before it, positive where the result is higher inside (or
            rises).
        p: chance that any claim on noise is as strong, of all that were looked at; with all
            other parameters alike too, the larger of both.
        share: squared correlation of it with the result's scores, 0 to 1.
        own: share of the difference that is not due to other parameters, see
            `claim_given_others.Given`.
    """

    j: int
    t: float
    p: float
    share: float
    own: float = 1.0


@dataclass(frozen=True)
class Tested:
    """What came of a test.

    Attributes:
        claims: those that hold, the strongest first.
        freedom: runs less what was fitted to them.
        left: share of the variance of the result's scores that they leave.
        t: shape (m,), T of every part given the claims.
    """

    claims: tuple[Claim, ...]
    freedom: int
    left: float
    t: Floats


def claims_that_hold(
    found: Features,
    result: Floats,
    level: float,
    rng: np.random.Generator,
    *,
    ranges: bool = True,
    given: Floats | None = None,
    scaled: Floats | None = None,
    drifts: bool = False,
) -> Tested | None:
    """The claims that hold about a result; None when there is nothing to test.

    Args:
        found: parts of the parameters over n runs.
        result: shape (n,), the higher the better; only its order counts.
        level: chance of any claim at all on noise.
        rng: shuffles.
        ranges: whether ranges inside of an axis may be claimed to be better. That one is
            worse than what lies on both sides of it is never claimed: of a parameter that
            is next to unheard of.
        given: shape (n, …), columns for what is known already and taken from the result.
        scaled: shape (n,), the result on a scale on which differences count, as in plots; for
            what is left of a claim with other parameters alike. Its ranks by default.
        drifts: whether the result may depend on when a run was, too.
    """
    z = unit(scores(result))
    if z is None or not found.parts:
        return None
    n = len(z)
    y = None if scaled is None else unit(scaled)
    is_range = np.array([part.shape == "range" for part in found.parts])
    x = found.x.astype(np.float64)
    times = _times(found, level)
    highest = _highest_by_chance(found, z, times, rng, is_range if ranges else None)
    q = np.zeros((n, 0))
    if given is not None:
        q = extended(q, given - given.mean(axis=0))
    claims: list[Claim] = []
    taken: set[int] = set()
    refused: set[int] = set()
    marginal = math.sqrt(n - 1) * (x.T @ z)
    t = _left_over(x, z, q) if q.shape[1] else marginal
    while len(claims) < MOST_CLAIMS:
        out = taken | refused
        weight = np.array([SIMPLER[part.shape] * (part.k not in out) for part in found.parts])
        # Of opposite sign to what all runs show, it would contradict the figures beside it.
        strength = np.where(marginal * t > 0, np.abs(t), 0.0)
        strength[is_range] = np.maximum(t[is_range], 0.0) * (marginal[is_range] > 0) * ranges
        j = int(np.argmax(strength * weight))
        p = float((1 + np.sum(highest >= strength[j])) / (1 + len(highest)))
        if p > level or weight[j] == 0:
            break
        part = found.parts[j]
        left = given_others(found, j, z if y is None else y, drifts=drifts)
        p = max(p, _p_given(left, float(t[j]), highest))
        if p > level:
            refused.add(part.k)
            continue
        share = float(marginal[j] ** 2 / (n - 1))
        own = 1.0 if left is None else left.share
        claims.append(Claim(j, float(t[j]), p, min(1.0, share), own))
        if part.shape != "category":
            taken.add(part.k)
        q = extended(q, explained_by(found, j))
        t = _left_over(x, z, q)
    rest = z - q @ (q.T @ z)
    freedom = max(1, n - 1 - q.shape[1])
    return Tested(tuple(claims), freedom, float(rest @ rest) * (n - 1) / freedom, t)


def scores(values: Floats) -> Floats:
    """What a normal variable would have at the rank of each value; shape as `values`.

    As deaf to how far out a diverged run is as ranks are, but the ends of the order weigh more:
    three runs that are the worst of thirty, which is what a search leaves of a bad choice, can
    be told from chance by them and not by ranks (van der Waerden, 1952).
    """
    normal = NormalDist()
    n = len(values)
    return np.array([normal.inv_cdf((rank + 0.5) / n) for rank in ranks(values)])


def _p_given(left: Given | None, t: float, highest: Floats) -> float:
    """Chance of what is left of a claim with other parameters alike; 1 where it is nothing."""
    if left is None:
        return 0.0
    if left.t * math.copysign(1.0, t) < SAME_WAY:
        return 1.0
    return float((1 + np.sum(highest >= left.most)) / (1 + len(highest)))


def unit(values: Floats) -> Floats | None:
    """Centred and of length 1; None when all are the same."""
    centred = values - values.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length > 1e-12 * max(1.0, float(np.abs(values).max())) else None


def shuffled(z: Floats, times: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The result shuffled among the runs, shape (times, n)."""
    return rng.permuted(np.tile(z.astype(np.float32), (times, 1)), axis=1)


def explained_by(found: Features, j: int) -> Floats:
    """Columns for all that a parameter may do, so far as a claim about it says; (n, …)."""
    part = found.parts[j]
    columns = [found.x[:, j].astype(np.float64)]
    if part.shape != "category":
        columns += powers(found.numbers[:, part.k])
    return np.column_stack(columns)


def powers(numbers: Floats, upto: int = 3) -> list[Floats]:
    """The ranks of a parameter and their powers, centred over the runs that have it."""
    present = ~np.isnan(numbers)
    base = np.zeros(len(numbers))
    place = unit(ranks(numbers[present]))
    if place is None:
        return []
    columns = []
    for power in range(1, upto + 1):
        column = base.copy()
        values = (place / np.abs(place).max()) ** power
        column[present] = values - values.mean()
        columns.append(column)
    return columns


def extended(q: Floats, columns: Floats) -> Floats:
    """An orthonormal basis of q and some more columns, without those it has already."""
    for column in columns.T:
        rest = column - q @ (q.T @ column)
        rest -= q @ (q.T @ rest)
        length, whole = float(np.linalg.norm(rest)), float(np.linalg.norm(column))
        if length > 1e-6 * whole:
            q = np.column_stack([q, rest / length])
    return q


def _times(found: Features, level: float) -> int:
    """How often to shuffle: often enough for the level, less where each takes long."""
    n, m = found.x.shape
    enough = math.ceil(SHUFFLES_FOR / level)
    return min(MOST_SHUFFLES, max(SHUFFLES, enough)) if n * m <= MANY else SHUFFLES_OF_MANY


def _highest_by_chance(
    found: Features,
    z: Floats,
    times: int,
    rng: np.random.Generator,
    is_range: NDArray[np.bool_] | None,
) -> Floats:
    """The largest |T| of all claims in each shuffle, of ranges (if any) the largest T."""
    n = len(z)
    if is_range is None:
        kept = [j for j, part in enumerate(found.parts) if part.shape != "range"]
        t = shuffled(z, times, rng) @ found.x[:, kept]
        highest = np.abs(t).max(axis=1)
    else:
        t = shuffled(z, times, rng) @ found.x
        highest = np.maximum(t.max(axis=1), -np.where(is_range, 0.0, t).min(axis=1))
    return np.asarray(math.sqrt(n - 1) * highest.astype(np.float64))


def _left_over(x: Floats, z: Floats, q: Floats) -> Floats:
    """T of each claim with what q leaves of it and of the result; 0 where that is nothing."""
    n, used = q.shape
    rest = z - q @ (q.T @ z)
    length = float(np.linalg.norm(rest))
    if length < 1e-6 or n - 1 - used <= 0:
        return np.zeros(x.shape[1])
    left = x - q @ (q.T @ x)
    lengths = np.linalg.norm(left, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (left.T @ (rest / length)) / lengths
    return np.where(lengths > LEFT, r * math.sqrt(n - 1 - used), 0.0)


def strongest(found: Features, t: Floats, k: int) -> float:
    """The largest |T| of the parts of one parameter, which has some."""
    return max(abs(float(t[j])) for j, part in enumerate(found.parts) if part.k == k)
