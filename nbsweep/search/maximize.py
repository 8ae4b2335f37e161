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
from nbsweep.search.warp import unwarp, warp, warp_slope

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


def mutate(
    encoding: Encoding,
    parents: Array,
    m: int,
    rng: np.random.Generator,
    bend: Array | None = None,
) -> Array:
    """Make at most m points (m, d) that differ from a parent in one or a few coordinates.

    A mutated numeric coordinate moves by a normal step of one of MUTATION_SCALES (a
    level by at least one level), a category is drawn again.

    Args:
        encoding: of the space.
        parents: shape (p, d), p ≥ 1.
        m: how many.
        rng: source of every draw.
        bend: shape (d,); steps are taken on axes bent by that (`warp`), so that they
            are small where little makes a difference.
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
        moved = _stepped(out[rows, j], step[rows, j], 0.0 if bend is None else float(bend[j]))
        if axis.values is None:
            out[rows, j] = np.clip(moved, axis.low, axis.high)
            continue
        before = axis.nearest(out[rows, j])
        after = axis.nearest(moved)
        after = np.where(after == before, before + np.sign(step[rows, j]).astype(int), after)
        out[rows, j] = axis.coordinates[np.clip(after, 0, len(axis.coordinates) - 1)]
    return encoding.allowed(out)


def _stepped(x: Array, step: Array, t: float) -> Array:
    """Coordinates x after steps on an axis that is bent by t, both (m,)."""
    if t == 0.0:
        return x + step
    bend = np.array(t)
    return unwarp(np.clip(warp(x, bend) + step, 0.0, 1.0), bend)


def maximize(
    objective: Objective,
    encoding: Encoding,
    candidates: Array,
    starts: int,
    rng: np.random.Generator,
    bend: Array | None = None,
) -> Optimum:
    """The best points found: every candidate, and what climbing from the best few reached.

    Args:
        objective: what is maximised.
        encoding: gives the coordinates their kinds, bounds and levels.
        candidates: shape (m, d), m ≥ 1, points that can be run.
        starts: how many climbs.
        rng: picks the levels that are tried on long discrete axes.
        bend: shape (d,), 0 for categories; climbs take place on axes bent by that (`warp`).
    """
    bend = np.zeros(len(encoding)) if bend is None else bend
    values = objective.value(candidates)
    order = np.argsort(-values, kind="stable")
    chosen = _spread(candidates, order, starts, bend)
    x, value = climb(objective, encoding, candidates[chosen], values[chosen], rng, bend)
    x, value = np.vstack([x, candidates]), np.concatenate([value, values])
    order = np.argsort(-value, kind="stable")
    return Optimum(x[order], value[order])


def climb(
    objective: Objective,
    encoding: Encoding,
    x: Array,
    value: Array,
    rng: np.random.Generator,
    bend: Array | None = None,
) -> tuple[Array, Array]:
    """Climb from all starts x (s, d) with values (s,); what they reached, never lower."""
    bend = np.zeros(len(encoding)) if bend is None else bend
    for _ in range(ALTERNATIONS):
        x, value = _climb_continuous(objective, encoding, x, value, bend)
        if encoding.is_continuous.all():
            break
        before = value
        x, value = _climb_discrete(objective, encoding, x, value, rng)
        if np.all(value <= before):
            break
    return x, value


def _climb_continuous(
    objective: Objective, encoding: Encoding, x: Array, value: Array, bend: Array
) -> tuple[Array, Array]:
    """L-BFGS-B on the sum over all starts, which share each evaluation (as in BoTorch).

    The sum separates, so that every start climbs its own hill; one call of the objective
    on s points costs little more than on one. On bent axes the hills are about as wide
    in every coordinate, and steps fit all of them: ∂/∂w = ∂/∂x · ∂x/∂w.
    """
    free = np.flatnonzero(encoding.is_continuous)
    if not len(free):
        return x, value
    shape = (len(x), len(free))

    t = bend[free]

    def negative(flat: Array) -> tuple[float, Array]:
        points = x.copy()
        points[:, free] = unwarp(flat.reshape(shape), t)
        values, gradient = objective.value_and_gradient(points)
        by_w = gradient[:, free] / warp_slope(points[:, free], t)
        return -float(values.sum()), -by_w.ravel()

    low, high = encoding.low[free], encoding.high[free]
    bounds = np.column_stack([np.tile(warp(end, t), len(x)) for end in (low, high)])
    result = minimize(
        negative,
        warp(x[:, free], t).ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxfun": CLIMB_EVALUATIONS, "ftol": 1e-7, "gtol": 1e-4},
    )
    points = x.copy()
    points[:, free] = np.clip(unwarp(result.x.reshape(shape), t), low, high)
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


def _spread(candidates: Array, order: npt.NDArray[np.intp], starts: int, bend: Array) -> list[int]:
    """Indices of the best candidates that are not all neighbours of the very best."""
    chosen = [int(order[0])]
    order = order[: 40 * starts]
    bent = np.where(bend == 0.0, candidates, warp(np.clip(candidates, 0.0, 1.0), bend))
    for index in order[1:]:
        if len(chosen) >= starts:
            break
        gap = np.abs(bent[index] - bent[chosen]).max(axis=1).min()
        if gap > 0.1:
            chosen.append(int(index))
    return chosen
