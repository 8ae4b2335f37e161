"""Whether the best values of one parameter depend on another.

Notation:
    y       (n,) the metric as the colours of plots show it, 0 to 1: not its ranks, which bend
            a plain sum of two effects into what looks like an interaction
    q       (n, …) an orthonormal basis of what each parameter may do by itself
    u_k     (n,) a parameter: its ranks, or whether it is a category
    T       the correlation of (u_j u_k) and y with all of q taken from both, times √(n - 1)

As in `claim_tests` the largest |T| of all pairs is compared with what shuffles give, here of
what q leaves of y (Freedman & Lane, "A nonstochastic interpretation of reported significance
levels", 1983). A pair counts only where the better side of one parameter changes with the
other: that holds on every scale of the metric, where mere "more than the sum" does not; and
where it is as strong beside any function of all parameters but the one and any of all but the
other (`claim_given_others`), which the few columns of q are not.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbsweep.analysis import claim_words
from nbsweep.analysis.claim_features import Features, Part
from nbsweep.analysis.claim_given_others import pair_given_others
from nbsweep.analysis.claim_tests import (
    MANY,
    SHUFFLES,
    SHUFFLES_OF_MANY,
    extended,
    powers,
    shuffled,
    unit,
)
from nbsweep.analysis.frame import Column, Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

MOST_PARAMETERS = 24  # with more, pairs are too many for what a sweep has of runs
MOST_CATEGORIES = 3  # of a parameter, the most frequent ones
# Runs for each column of q; with fewer, what is left of y is mostly the lack of runs.
RUNS_PER_COLUMN = 3
FEWEST = 4  # runs in each quarter
# The lesser of two opposed effects is at least such a share of the greater one.
OPPOSED = 0.25
# Of the variance of y: less than that may be what the powers in q miss of a single parameter.
WORTH = 0.02
LEFT = 0.3  # of the length of u_j u_k, that q must leave


@dataclass(frozen=True)
class Interaction:
    """Two parameters that act together.

    Attributes:
        first, second: indices of the parameters: how the first acts depends on the second.
        t, p, share: as in `claim_tests.Claim`; the share is of the variance of y.
        text: the sentence.
    """

    first: int
    second: int
    t: float
    p: float
    share: float
    text: str


@dataclass(frozen=True)
class _Unit:
    """One way to look at a parameter: u_k, and which runs are on its upper side."""

    k: int
    values: Floats
    upper: Mask
    part: Part


def interactions(
    frame: Frame, found: Features, level: float, rng: np.random.Generator
) -> list[Interaction]:
    """The pairs that act together, the strongest first, each parameter in one at most.

    Args:
        frame: the runs, with a metric.
        found: parts of the parameters over the runs that count.
        level: chance of any pair on noise.
        rng: shuffles.
    """
    n = len(frame.counted)
    whole = [k for k in range(len(frame.params)) if not np.isnan(found.numbers[:, k]).any()]
    units = [each for k in whole for each in _units(frame.params[k], k, found)]
    pairs = [(a, b) for a, b in itertools.combinations(units, 2) if a.k != b.k]
    q = _by_themselves(found, whole)
    if not pairs or len(whole) > MOST_PARAMETERS or n < RUNS_PER_COLUMN * (q.shape[1] + 1):
        return []
    metric = frame.metric
    assert metric is not None
    values = np.array([metric.values[i] for i in frame.counted], dtype=float)
    quality = np.array([metric.quality(float(value)) for value in values])
    y = unit(quality)
    if y is None:
        return []
    rest = y - q @ (q.T @ y)
    left = float(rest @ rest)
    if left < WORTH:
        return []
    rest /= math.sqrt(left)
    x, kept = _products(pairs, q)
    if not kept:
        return []
    freedom = math.sqrt(max(1, n - 1 - q.shape[1]))
    t = freedom * (x.T @ rest)
    mixed = shuffled(rest, SHUFFLES if n * len(kept) <= MANY else SHUFFLES_OF_MANY, rng)
    basis = q.astype(np.float32)
    mixed -= (mixed @ basis) @ basis.T
    mixed /= np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-12)
    highest = freedom * np.abs(mixed @ x.astype(np.float32)).max(axis=1).astype(np.float64)
    said: list[Interaction] = []
    for j in np.argsort(-np.abs(t), kind="stable"):
        p = float((1 + np.sum(highest >= abs(t[j]))) / (1 + len(highest)))
        share = float(left * t[j] ** 2 / freedom**2)
        if p > level or share < WORTH:
            break
        pair = kept[j]
        taken = {k for each in said for k in (each.first, each.second)}
        if taken & {pair[0].k, pair[1].k}:
            continue
        ordered = _opposed(pair, quality)
        if ordered is not None:
            # As for other claims: settled searches leave a few runs that others tell apart.
            alone = pair_given_others(found, (pair[0].k, pair[1].k), y, x[:, j])
            p = max(p, float((1 + np.sum(highest >= alone * np.sign(t[j]))) / (1 + len(highest))))
            if p > level:
                continue
            first, second = ordered
            text = _text(frame, found, first, second, values)
            said.append(Interaction(first.k, second.k, float(t[j]), p, share, text))
    return said


def _units(column: Column, k: int, found: Features) -> list[_Unit]:
    numbers = found.numbers[:, k]
    parts = [part for part in found.parts if part.k == k]
    if column.kind == "category":
        return [
            _Unit(k, inside - inside.mean(), inside > 0, part)
            for part in parts[:MOST_CATEGORIES]
            for inside in [part.holds(numbers) * 1.0]
        ]
    ranked = powers(numbers, 1)
    steps = [part for part in parts if part.shape == "step"]
    if not ranked or not steps:
        return []
    half = min(steps, key=lambda part: abs(part.holds(numbers).mean() - 0.5))
    return [_Unit(k, ranked[0], half.holds(numbers), half)]


def _by_themselves(found: Features, whole: list[int]) -> Floats:
    """q: a constant, the powers of every numeric parameter, all parts of the categories."""
    n = len(found.numbers)
    q = np.full((n, 1), 1 / math.sqrt(n))
    for k in whole:
        parts = [j for j, part in enumerate(found.parts) if part.k == k]
        if any(found.parts[j].shape == "category" for j in parts):
            q = extended(q, found.x[:, parts].astype(np.float64))
        elif parts:
            q = extended(q, np.column_stack(powers(found.numbers[:, k], 2)))
    return q


def _products(
    pairs: list[tuple[_Unit, _Unit]], q: Floats
) -> tuple[Floats, list[tuple[_Unit, _Unit]]]:
    """What q leaves of each u_j u_k, of length 1, and the pairs of which enough is left."""
    x = np.array([a.values * b.values for a, b in pairs]).T
    before = np.linalg.norm(x, axis=0)
    x = x - q @ (q.T @ x)
    after = np.linalg.norm(x, axis=0)
    kept = np.flatnonzero(after > LEFT * np.maximum(before, 1e-12))
    return x[:, kept] / after[kept], [pairs[j] for j in kept]


def _opposed(pair: tuple[_Unit, _Unit], y: Floats) -> tuple[_Unit, _Unit] | None:
    """The pair, so ordered that the effect of the first turns round with the second."""
    best, ordered = 0.0, None
    for first, second in (pair, pair[::-1]):
        quarters = [
            [first.upper & side, ~first.upper & side] for side in (second.upper, ~second.upper)
        ]
        if min(mask.sum() for masks in quarters for mask in masks) < FEWEST:
            return None
        above, below = (y[up].mean() - y[down].mean() for up, down in quarters)
        if above * below < 0 and min(abs(above), abs(below)) >= OPPOSED * max(
            abs(above), abs(below)
        ):
            contrast = abs(above - below)
            if contrast > best:
                best, ordered = contrast, (first, second)
    return ordered


def _text(frame: Frame, found: Features, first: _Unit, second: _Unit, values: Floats) -> str:
    metric = frame.metric
    assert metric is not None
    one, two = frame.params[first.k], frame.params[second.k]
    acting = claim_words.sides(one, first.part, found.numbers[:, first.k])
    given = claim_words.sides(two, second.part, found.numbers[:, second.k])
    centre = claim_words.centre_of(metric)
    told = []
    for side in (given.first, given.second):
        up, down = acting.first & side, acting.second & side
        a, b = claim_words.apart(*(claim_words.middle(values[m], centre) for m in (up, down)))
        told.append((a, b, f"{int(up.sum())} and {int(down.sum())} runs"))
    names = (claim_words.name_of(one), claim_words.name_of(two))
    return (
        f"the best {names[0]} depends on {names[1]}: with {given.subject}, {acting.subject} gave "
        f"{centre} {metric.name} {told[0][0]} against {told[0][1]} ({told[0][2]}); else "
        f"{told[1][0]} against {told[1][1]} ({told[1][2]})"
    )
