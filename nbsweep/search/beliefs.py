"""What a person believes of the optimum: a log prior over each believed axis, and when to drop it.

A belief (`SweepConfig.beliefs`) becomes a density over the coordinates of its axis, 1 where
it is highest. It has no hard ends: outside of a range it falls like a normal density whose
standard deviation is half of the range's width, and nowhere below FLOOR, so that nothing is
ruled out. The acquisition function gets β/n times its logarithm (πBO: Hvarfner et al. 2022,
"πBO: Augmenting acquisition functions with user beliefs", eq. 6).

That weight falls slowly, so a wrong belief would cost many runs. It is dropped as soon as
the runs contradict it, axis by axis: when what may be hoped for inside of it, a lower
confidence bound, is worse than what has been found outside (a test of priors against the
surrogate as in DynaBO: Fehring et al. 2025). The runs alone decide, anew each time, so that
a belief that was dropped too early comes back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import is_number
from nbsweep.search.boxes import front_of, front_places
from nbsweep.search.encoding import Axis, Encoding
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.surrogate import Model
from nbsweep.space.search_space import Distribution
from nbsweep.space.values import same_value
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number

Array = npt.NDArray[np.float64]

FLOOR = 1e-3  # of the density where a belief is strongest: what it leaves elsewhere
STRENGTH = 5.0  # β; Hvarfner et al. take a tenth of the budget; at 10 wrong beliefs cost more
POINT_SD = 0.05  # of a belief in one value, in shares of its axis
LEAST_TAIL = 0.005  # half of the width of a range that is narrower
TAIL_SDS = 4.0  # beyond this many there is only the floor
KNOTS = 129  # evenly over an axis, where its log prior is kept
LAW_KNOTS = 101  # of a distribution, by quantile
OUTERMOST = 0.002  # quantile of them
INSIDE = math.exp(-1.0)  # of the highest density: where a belief counts as followed
HOPE = 0.3  # standard deviations below the mean that may be hoped for inside
LEADERS = 3  # runs outside of a belief that are compared with what is inside of it
FRONT_LEADERS = 12  # the same of a front
WEIGHTS, INNER = 48, 2.0  # of objectives that are tried, and of the Dirichlet law they are from
PART = 0.15  # of the weights for which there has to be hope
HOPED_CHANCE = 0.1  # probability of keeping the limits from which there is hope
MOVES = 32  # places inside of it to which each of them is moved
PLAIN_EVERY = 2  # start-up points: one of them fills the space
FAILURES = 2  # after so many, start-up points fill the space
FEW = 3  # runs with a value below which nothing contradicts


@dataclass(frozen=True)
class AxisBelief:
    """The belief about one axis.

    Attributes:
        place: of the axis among those of the encoding.
        names: of the parameters that the beliefs were written for.
        is_category: whether coordinates are indices.
        knots: shape (k,), ascending coordinates.
        log_prior: shape (k,), the logarithm of the density there, at most 0; linear between.
    """

    place: int
    names: tuple[str, ...]
    is_category: bool
    knots: Array
    log_prior: Array

    def at(self, x: Array) -> tuple[Array, Array]:
        """The log prior and its slope at coordinates x (m,), both (m,)."""
        if self.is_category:
            known = x >= 0
            value = self.log_prior[np.where(known, x, 0).astype(int)]
            return np.where(known, value, 0.0), np.zeros(len(x))
        value = np.interp(x, self.knots, self.log_prior)
        slopes = np.diff(self.log_prior) / np.diff(self.knots)
        piece = np.clip(np.searchsorted(self.knots, x, side="right") - 1, 0, len(slopes) - 1)
        return value, slopes[piece]

    @property
    def mode(self) -> float:
        """Where it is strongest: the middle of all such coordinates that are neighbours."""
        top = np.flatnonzero(self.log_prior >= self.log_prior.max() - 1e-9)
        if self.is_category:
            return float(self.knots[top[0]])
        last = top[0] + int(np.argmin(np.append(np.diff(top), 0) == 1))
        return float(0.5 * (self.knots[top[0]] + self.knots[last]))

    def draw(self, m: int, rng: np.random.Generator) -> Array:
        """Coordinates (m,) with this density."""
        density = np.exp(self.log_prior)
        if self.is_category:
            return cast(Array, rng.choice(self.knots, size=m, p=density / density.sum()))
        area = 0.5 * (density[1:] + density[:-1]) * np.diff(self.knots)
        cumulative = np.append(0.0, np.cumsum(area)) / area.sum()
        return np.interp(rng.random(m), cumulative, self.knots)


@dataclass(frozen=True)
class Beliefs:
    """The beliefs about a space.

    Attributes:
        encoding: the space.
        axes: one entry for each axis with a belief, at least one.
        dropped: names of parameters to the reason why their beliefs are not followed.
    """

    encoding: Encoding
    axes: tuple[AxisBelief, ...]
    dropped: Mapping[str, str]

    @classmethod
    def of(cls, config: SweepConfig, encoding: Encoding) -> Beliefs | None:
        """The beliefs of a config; None where nothing is believed of what is searched."""
        if not config.beliefs:
            return None
        axes = []
        for place, axis in enumerate(encoding.axes):
            names = config.space.names_of_axis[axis.name]
            believed = {name: config.beliefs[name] for name in names if name in config.beliefs}
            if not believed:
                continue
            if axis.is_category:
                knots, density = axis.coordinates, _of_categories(axis, names, believed)
            else:
                knots, density = _of_numbers(axis, next(iter(believed.values())))
            top = float(density.max())
            density = density / top if top > 0 else np.ones(len(knots))
            log_prior = np.log(FLOOR + (1.0 - FLOOR) * density)
            axes.append(AxisBelief(place, tuple(believed), axis.is_category, knots, log_prior))
        return cls(encoding, tuple(axes), {}) if axes else None

    @property
    def followed(self) -> tuple[AxisBelief, ...]:
        """The axes whose beliefs nothing contradicts."""
        return tuple(axis for axis in self.axes if axis.names[0] not in self.dropped)

    def log_prior(self, x: Array) -> tuple[Array, Array]:
        """Log prior of the followed beliefs at points (m, d): (m,), and gradient (m, d)."""
        total, gradient = np.zeros(len(x)), np.zeros(x.shape)
        active = self.encoding.is_active(x)
        for axis in self.followed:
            value, slope = axis.at(x[:, axis.place])
            total += np.where(active[:, axis.place], value, 0.0)
            gradient[:, axis.place] = np.where(active[:, axis.place], slope, 0.0)
        return total, gradient

    def drawn_to(self, x: Array, rng: np.random.Generator) -> Array:
        """The points (m, d) with the believed coordinates drawn; fewer where not allowed."""
        out = x.copy()
        for axis in self.followed:
            out[:, axis.place] = axis.draw(len(x), rng)
        return self.encoding.allowed(self.encoding.snap(out))

    def at_mode(self, x: Array) -> Array:
        """The points (m, d) with believed coordinates where beliefs are strongest."""
        out = x.copy()
        for axis in self.followed:
            out[:, axis.place] = axis.mode
        return self.encoding.allowed(self.encoding.snap(out))

    def startup_points(self, points: Array, known: KnownPoints, rng: np.random.Generator) -> Array:
        """The start-up points (m, d) as they are believed in, before the points themselves.

        The first is where the beliefs are strongest; every other one fills the space, so that
        there is something to judge the beliefs by. Where runs fail, all do.

        Args:
            points: space-filling ones.
            known: what the runs say.
            rng: source of draws.
        """
        n = len(known.x_seen)
        if len(known.x_failed) >= FAILURES or n % PLAIN_EVERY == PLAIN_EVERY - 1:
            return points
        moved = self.drawn_to(points, rng) if n else self.at_mode(points)
        return np.vstack([moved, points])

    def candidates(self, drawn: Array, parents: Array, rng: np.random.Generator) -> Array:
        """Points (m, d) to look at besides others: draws and good runs, moved into the beliefs.

        Args:
            drawn: points of the space, shape (k, d).
            parents: points of the best runs, shape (b, d).
            rng: source of draws.
        """
        if not self.followed:
            return drawn[:0]
        copies = parents[rng.integers(len(parents), size=len(drawn))]
        return np.vstack([self.drawn_to(drawn, rng), self.drawn_to(copies, rng)])

    def judged(self, model: Model, known: KnownPoints, rng: np.random.Generator) -> Beliefs:
        """These without the ones that the runs contradict.

        Args:
            model: the surrogate.
            known: what it rests on.
            rng: source of the points that stand for the inside.
        """
        if len(known.x) < FEW or model.transform.is_constant:
            return self
        mean = model.gp.posterior(known.x)[0][0]
        active = self.encoding.is_active(known.x)
        dropped: dict[str, str] = {}
        for axis in self.axes:
            inside = self._is_inside(axis, known.x)
            outside = np.flatnonzero(active[:, axis.place] & ~inside)
            if not len(outside):
                continue
            leaders = outside[np.argsort(mean[outside], kind="stable")[:LEADERS]]
            moved = self._moved(axis, known.x[leaders], rng)
            if not len(moved):
                continue
            means, sds = model.gp.posterior(moved)
            found = float(mean[leaders[0]])
            hope = min(
                float((means[0] - HOPE * sds[0]).min()), float(np.min(mean[inside], initial=np.inf))
            )
            if hope > found:
                reached, at_best = known.sign * model.transform.inverse(np.array([found, hope]))
                dropped.update(dict.fromkeys(axis.names, _worse_inside(reached, at_best)))
        return Beliefs(self.encoding, self.axes, dropped)

    def judged_by_front(
        self,
        models: Sequence[Model],
        sign: float,
        x: Array,
        keeps: Callable[[Array], Array] | None,
        rng: np.random.Generator,
    ) -> Beliefs:
        """These without the ones that the runs of a sweep with `metrics` contradict.

        A belief is contradicted when for no weights of the objectives the runs inside of it, or
        what may be hoped for of moving the front of the runs outside into it (a lower confidence
        bound of each objective), come as near to the ideal point as that front does; near in the
        sense of Chebyshev, so that hollow fronts count as well (Bowman 1976). That no run
        outside dominates them would be too little: an objective that does not hang on the
        parameter is always as good. With one objective it is the rule of `judged`, over the runs
        that keep the limits.

        Args:
            models: the surrogate of each objective.
            sign: of the first objective.
            x: shape (n, d), runs that keep the limits.
            keeps: log of the probability that the limits are kept at points; None without any.
            rng: source of the points that stand for the inside.
        """
        if len(x) < FEW or all(model.transform.is_constant for model in models):
            return self
        means = np.column_stack([model.gp.posterior(x)[0][0] for model in models])
        active = self.encoding.is_active(x)
        dropped: dict[str, str] = {}
        for axis in self.axes:
            inside = self._is_inside(axis, x)
            outside = np.flatnonzero(active[:, axis.place] & ~inside)
            if not len(outside):
                continue
            moved = self._moved(axis, x[outside[_foremost(means[outside])]], rng)
            if not len(moved):
                continue
            hopes = np.column_stack([_hoped(model, moved) for model in models])
            if keeps is not None:
                hopes = hopes[keeps(moved) >= math.log(HOPED_CHANCE)]
            hopes = np.vstack([hopes, means[inside]])
            front = front_of(means[outside])
            if len(hopes) and _reaches(hopes, front, rng):
                continue
            if not len(hopes):
                reason = "no run inside of it is likely to keep the limits"
            elif len(models) > 1:
                reason = "no run inside of it is on the front, or may be hoped to be"
            else:
                ends = np.array([front.min(), hopes.min()])
                reason = _worse_inside(*(sign * models[0].transform.inverse(ends)))
            dropped.update(dict.fromkeys(axis.names, reason))
        return Beliefs(self.encoding, self.axes, dropped)

    def _moved(self, axis: AxisBelief, leaders: Array, rng: np.random.Generator) -> Array:
        """Points (k, d) inside of a belief that else are like the leaders (l, d)."""
        moved = np.repeat(leaders, MOVES, axis=0)
        moved[:, axis.place] = axis.draw(len(moved), rng)
        moved = self.encoding.allowed(self.encoding.snap(moved))
        return cast(Array, moved[self._is_inside(axis, moved)])

    @staticmethod
    def _is_inside(axis: AxisBelief, x: Array) -> npt.NDArray[np.bool_]:
        return np.asarray(axis.at(x[:, axis.place])[0] >= math.log(INSIDE))

    def weight(self, n_runs: int) -> float:
        """What the log prior is multiplied by after so many ended runs: β/n."""
        return STRENGTH / max(n_runs, 1)

    @property
    def origin(self) -> dict[str, Any]:
        """What the origin of a suggestion says of them."""
        said: dict[str, Any] = {"belief": "followed" if self.followed else "dropped"}
        return said | ({"belief_dropped": dict(self.dropped)} if self.dropped else {})


def _worse_inside(reached: float, at_best: float) -> str:
    """Why a belief about one objective is dropped."""
    return (
        f"outside of it {number(reached)} was reached, "
        f"inside {number(at_best)} is the best to hope for"
    )


def _hoped(model: Model, x: Array) -> Array:
    """What may be hoped for at points (k, d), shape (k,), in targets."""
    mean, sd = model.gp.posterior(x)
    return cast(Array, mean[0] - HOPE * sd[0])


def _reaches(hopes: Array, front: Array, rng: np.random.Generator) -> bool:
    """Whether for some weights the hopes (h, m) come as near to the ideal as the front (n, m)."""
    ideal = np.minimum(front.min(axis=0), hopes.min(axis=0))
    extent = front.max(axis=0) - ideal
    extent[extent <= 0.0] = 1.0
    weights = rng.dirichlet(np.full(front.shape[1], INNER), WEIGHTS)

    def distances(points: Array) -> Array:
        off: Array = weights[:, None, :] * ((points - ideal) / extent)
        return cast(Array, off.max(axis=2).min(axis=1))

    return bool((distances(hopes) <= distances(front)).mean() >= PART)


def _foremost(means: Array) -> npt.NDArray[np.intp]:
    """Places of the best few of n runs by the means (n, m) of their objectives, to be minimised.

    With one objective the best; with several those on the front, at even distances.
    """
    if means.shape[1] == 1:
        return np.argsort(means[:, 0], kind="stable")[:LEADERS]
    places = np.array(front_places(means))
    few = np.linspace(0, len(places) - 1, min(len(places), FRONT_LEADERS)).astype(int)
    return cast("npt.NDArray[np.intp]", places[few])


def _of_categories(axis: Axis, names: Sequence[str], believed: Mapping[str, Distribution]) -> Array:
    """The density at each value of a category, or of parameters that are tied."""
    density = np.ones(len(axis.coordinates))
    for i, value in enumerate(axis.values or ()):
        row = dict(zip(names, value if len(names) > 1 else (value,), strict=True))
        for name, belief in believed.items():
            density[i] *= _closeness(belief, row[name])
    return density


def _closeness(belief: Distribution, value: Any) -> float:
    """How strongly a value is believed in, from 0 to 1."""
    if belief.listed:
        weights = belief.weights or [1.0] * len(belief.listed)
        pairs = zip(belief.listed, weights, strict=True)
        return max((w for v, w in pairs if same_value(v, value)), default=0.0) / max(weights)
    if belief.is_constant:
        return float(same_value(belief.quantile(0.5), value))
    if not is_number(value) or not belief.contains(value):
        return 0.0
    if belief.bounds is not None:
        return 1.0
    u = belief.cdf(value)
    return 4.0 * u * (1.0 - u)  # 1 at the median


def _of_numbers(axis: Axis, belief: Distribution) -> tuple[Array, Array]:
    """Knots and density over a numeric axis, from 0 to 1."""
    if belief.is_constant:
        return _of_points(axis, [belief.quantile(0.5)], [1.0])
    if belief.listed:
        return _of_points(axis, belief.listed, belief.weights or [1.0] * len(belief.listed))
    u = np.linspace(OUTERMOST, 1.0 - OUTERMOST, LAW_KNOTS)
    x = np.array([axis.encode(belief.quantile(float(p)))[0] for p in u])
    bounds = belief.bounds
    if bounds is not None:
        low, high = (axis.encode(bound)[0] for bound in bounds)
        u, x = np.concatenate([[0.0], u, [1.0]]), np.concatenate([[low], x, [high]])
    # Of quantiles at one coordinate (beyond an end of the axis, between two levels) the last.
    x, first = np.unique(x, return_index=True)
    last = np.append(first[1:], len(u)) - 1
    if len(x) < 2:
        return _of_points(axis, [belief.quantile(0.5)], [1.0])
    steps = np.diff(u[last]) / np.diff(x)
    density = np.concatenate([[steps[0]], 0.5 * (steps[1:] + steps[:-1]), [steps[-1]]])
    knots = np.union1d(np.linspace(0.0, 1.0, KNOTS), x)
    if bounds is None:
        return knots, np.interp(knots, x, density, left=0.0, right=0.0)
    sd = max(0.5 * (x[-1] - x[0]), LEAST_TAIL)
    tails = np.concatenate([x[0] - sd * _TAIL, x[-1] + sd * _TAIL])
    knots = np.union1d(knots, tails[(tails > 0.0) & (tails < 1.0)])
    off = np.maximum(np.maximum(x[0] - knots, knots - x[-1]), 0.0) / sd
    return knots, np.interp(knots, x, density) * np.exp(-0.5 * np.square(off))


_TAIL = np.linspace(0.0, TAIL_SDS, 17)[1:]


def _of_points(axis: Axis, values: Sequence[Any], weights: Sequence[float]) -> tuple[Array, Array]:
    """Knots and density around single values: the highest of a normal one at each."""
    x = np.array([axis.encode(value)[0] for value in values])
    sd = POINT_SD
    around = (x[:, None] + sd * np.append(np.append(-_TAIL, 0.0), _TAIL)).ravel()
    knots = np.union1d(np.linspace(0.0, 1.0, KNOTS), around[(around > 0.0) & (around < 1.0)])
    bumps = np.exp(-0.5 * np.square((knots[:, None] - x) / sd)) * (np.array(weights) / max(weights))
    return knots, cast(Array, bumps.max(axis=1))
