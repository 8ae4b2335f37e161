"""Maximise a function over mixed coordinates: candidates, then climbing from the best.

The function is given as values alone (many points at once, cheap) and with a gradient
along continuous coordinates. Candidates are draws from the whole space and mutations of
points known to be good; from the best few, L-BFGS-B over the continuous coordinates
alternates with best-improvement moves over the others (as in Optuna's and BoTorch's
mixed optimisers; Wan et al. 2021, CASMOPOLITAN, section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from nbsweep.search.encoding import Encoding

Array = npt.NDArray[np.float64]

CLIMB_EVALUATIONS = 20  # of the objective by one L-BFGS-B, for all starts together
ALTERNATIONS = 2  # of continuous and discrete climbing
MAX_MOVES = 24  # values of one discrete coordinate that are tried at once
MUTATION_SCALES = (0.3, 0.1, 0.03, 0.01)  # in units of the cube


class Objective(Protocol):
    """What is maximised; points are rows that `Encoding.snap` leaves alone."""

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        ...

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        ...


@dataclass(frozen=True)
class Optimum:
    """Points in order of falling value.

    Attributes:
        x: shape (m, d).
        value: shape (m,).
    """

    x: Array
    value: Array


def mutate(encoding: Encoding, parents: Array, m: int, rng: np.random.Generator) -> Array:
    """Make at most m points (m, d) that differ from a parent in one or a few coordinates.

    A mutated numeric coordinate moves by a normal step of one of MUTATION_SCALES (a
    level by at least one level), a category is drawn again.
    """
    d = len(encoding)
    out = parents[rng.integers(len(parents), size=m)].copy()
    # One coordinate for half of them, about a third of all for the others.
    chosen = (
        rng.random((m, d)) < np.where(np.arange(m) % 2, 0.0, min(1.0, max(2.0, d / 3) / d))[:, None]
    )
    chosen[np.arange(m), rng.integers(d, size=m)] = True
    scale = np.asarray(MUTATION_SCALES)[rng.integers(len(MUTATION_SCALES), size=m)]
    step = rng.normal(size=(m, d)) * scale[:, None]
    fresh = encoding.from_probabilities(rng.random((m, d)))
    for j, axis in enumerate(encoding.axes):
        rows = chosen[:, j]
        if axis.is_category:
            out[rows, j] = fresh[rows, j]
            continue
        moved = out[rows, j] + step[rows, j]
        if axis.values is None:
            out[rows, j] = np.clip(moved, axis.low, axis.high)
            continue
        before = axis.nearest(out[rows, j])
        after = axis.nearest(moved)
        after = np.where(after == before, before + np.sign(step[rows, j]).astype(int), after)
        out[rows, j] = axis.coordinates[np.clip(after, 0, len(axis.coordinates) - 1)]
    return encoding.allowed(out)


def maximize(
    objective: Objective,
    encoding: Encoding,
    candidates: Array,
    starts: int,
    rng: np.random.Generator,
) -> Optimum:
    """The best points found: every candidate, and what climbing from the best few reached.

    Args:
        objective: what is maximised.
        encoding: gives the coordinates their kinds, bounds and levels.
        candidates: shape (m, d), m ≥ 1, points that can be run.
        starts: how many climbs.
        rng: picks the levels that are tried on long discrete axes.
    """
    values = objective.value(candidates)
    order = np.argsort(-values, kind="stable")
    chosen = _spread(candidates, order, starts)
    x, value = climb(objective, encoding, candidates[chosen], values[chosen], rng)
    x, value = np.vstack([x, candidates]), np.concatenate([value, values])
    order = np.argsort(-value, kind="stable")
    return Optimum(x[order], value[order])


def climb(
    objective: Objective, encoding: Encoding, x: Array, value: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Climb from all starts x (s, d) with values (s,); what they reached, never lower."""
    for _ in range(ALTERNATIONS):
        x, value = _climb_continuous(objective, encoding, x, value)
        if encoding.is_continuous.all():
            break
        before = value
        x, value = _climb_discrete(objective, encoding, x, value, rng)
        if np.all(value <= before):
            break
    return x, value


def _climb_continuous(
    objective: Objective, encoding: Encoding, x: Array, value: Array
) -> tuple[Array, Array]:
    """L-BFGS-B on the sum over all starts, which share each evaluation (as in BoTorch).

    The sum separates, so that every start climbs its own hill; one call of the objective
    on s points costs little more than on one.
    """
    free = np.flatnonzero(encoding.is_continuous)
    if not len(free):
        return x, value
    shape = (len(x), len(free))

    def negative(flat: Array) -> tuple[float, Array]:
        points = x.copy()
        points[:, free] = flat.reshape(shape)
        values, gradient = objective.value_and_gradient(points)
        return -float(values.sum()), -gradient[:, free].ravel()

    low, high = encoding.low[free], encoding.high[free]
    result = minimize(
        negative,
        x[:, free].ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=np.column_stack([np.tile(low, len(x)), np.tile(high, len(x))]),
        options={"maxfun": CLIMB_EVALUATIONS, "ftol": 1e-7, "gtol": 1e-4},
    )
    points = x.copy()
    points[:, free] = np.clip(result.x.reshape(shape), low, high)
    if encoding.relations is not None:
        points = encoding.relations.pulled_back(x, points)
    reached = objective.value(points)
    better = reached > value  # False for NaN
    return np.where(better[:, None], points, x), np.where(better, reached, value)


def _climb_discrete(
    objective: Objective, encoding: Encoding, x: Array, value: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Take the best change of a single discrete coordinate while there is one that gains."""
    x, value = x.copy(), value.copy()
    climbing = list(range(len(x)))
    for _ in range(2 * len(encoding)):
        blocks = [_single_moves(encoding, x[i], rng) for i in climbing]
        reached = objective.value(np.vstack(blocks))
        offset, gaining = 0, []
        for i, block in zip(climbing, blocks, strict=True):
            best = offset + int(np.argmax(reached[offset : offset + len(block)]))
            if reached[best] > value[i] + 1e-9:
                x[i], value[i] = block[best - offset], reached[best]
                gaining.append(i)
            offset += len(block)
        climbing = gaining
        if not climbing:
            break
    return x, value


def _single_moves(encoding: Encoding, x: Array, rng: np.random.Generator) -> Array:
    """All points (m, d) that differ from x in one discrete coordinate, and what follows from it.

    Long axes give the two neighbours on either side and a random sample.
    """
    moves: list[Array] = []
    for j, axis in enumerate(encoding.axes):
        if axis.values is None:
            continue
        count = len(axis.coordinates)
        here = int(axis.nearest(x[j : j + 1])[0])
        if count <= MAX_MOVES:
            places = np.arange(count)
        else:
            near = np.clip(here + np.array([-2, -1, 1, 2]), 0, count - 1)
            places = np.unique(np.append(near, rng.integers(count, size=MAX_MOVES - 4)))
        places = places[places != here]
        block = np.repeat(x[None, :], len(places), axis=0)
        block[:, j] = axis.coordinates[places]
        moves.append(block)
    if encoding.relations is None:
        return np.vstack(moves)
    return np.vstack([x[None, :], encoding.allowed(np.vstack(moves))])  # x: never empty


def _spread(candidates: Array, order: npt.NDArray[np.intp], starts: int) -> list[int]:
    """Indices of the best candidates that are not all neighbours of the very best."""
    chosen = [int(order[0])]
    for index in order[1 : 40 * starts]:
        if len(chosen) >= starts:
            break
        gap = np.abs(candidates[index] - candidates[chosen]).max(axis=1).min()
        if gap > 0.1:
            chosen.append(int(index))
    return chosen
