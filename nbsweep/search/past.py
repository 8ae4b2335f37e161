"""What earlier sweeps foretell: other tasks with the same parameters, as far as they resemble this.

Each earlier sweep has a surrogate of its own. How they rank this sweep's runs decides what
each has to say (RGPE: Feurer, Letham & Bakshy 2018), and their weighted mean becomes what
the surrogate of this sweep expects beforehand: it is fitted to what the runs show beyond that
(stacked residuals, as in Golovin et al. 2017, Vizier, section 3.3.3). While they foretell the
runs, few are needed; as soon as the runs contradict them, nothing of them is left.

Notation:

==========  ==============================================================================
k           earlier sweeps
μ_i(x)      posterior mean of the i-th at x, in its own standardised units
y (n,)      targets of this sweep's runs
w (k,)      weights of the sweeps, Σ w ≤ 1; the rest is this sweep's own
m(x)        a + b Σ w_i μ_i(x): what is expected beforehand, b ≥ 0
==========  ==============================================================================
"""

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Metric, Observation
from nbsweep.search.encoding import Encoding
from nbsweep.search.gp import GaussianProcess
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.surrogate import Model
from nbsweep.search.targets import representatives

Array = npt.NDArray[np.float64]

MAX_POINTS = 100  # of an earlier sweep; the best and a thinned rest
MIN_POINTS = 5  # with fewer, an earlier sweep says nothing
RANKED = 50  # runs of this sweep that are ranked
RESAMPLES = 64  # bootstraps of them
MIN_RANKED = 3  # runs; with fewer, no ranking contradicts anything
MIN_WEIGHT = 0.02  # smaller ones change nothing and cost time
BEST = 5  # runs of each earlier sweep that may be tried first
NEAR = 0.02  # of the cube: closer points count as tried
DOUBT = 1.5  # nats of evidence against the past for which it is given up; chance makes one
KINSHIP = 4.0  # how much larger the differences within a task are than those between two alike
LEAST_RATIO, MOST_RATIO = 0.3, 10.0  # of units; the metric of another task may be on any scale
REMEMBERED = 64  # models of earlier sweeps that a process keeps


@dataclass(frozen=True)
class Source:
    """An earlier sweep.

    Attributes:
        id: of the sweep.
        gp: its surrogate.
        best: shape (b, d), the points of its best runs by the surrogate, best first.
        unit: what one of its standardised units is of the metric, > 0.
    """

    id: str
    gp: GaussianProcess
    best: Array
    unit: float


@dataclass(frozen=True)
class WeightedMean:
    """m(x): what earlier sweeps make expect; a `gp.Mean`.

    Attributes:
        parts: the surrogates of earlier sweeps with their factors b·w_i.
        offset: a.
    """

    parts: tuple[tuple[float, GaussianProcess], ...]
    offset: float = 0.0

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        total = np.full(len(x), self.offset)
        for factor, gp in self.parts:
            total += factor * gp.mean(x)[0]
        return total

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        total, slope = np.full(len(x), self.offset), np.zeros(x.shape)
        for factor, gp in self.parts:
            mean, gradient = gp.mean_with_gradient(x)
            total += factor * mean[0]
            slope += factor * gradient[0]
        return total, slope


@dataclass(frozen=True)
class Past:
    """The earlier sweeps that a sweep knows of.

    Attributes:
        sources: at least one, by id.
    """

    sources: tuple[Source, ...]

    @classmethod
    def of(
        cls, encoding: Encoding, metric: Metric | None, observations: Sequence[Observation]
    ) -> Past | None:
        """None where no observation has a `source`, or none has enough runs.

        Args:
            encoding: of this sweep's space; what does not fit is taken as far as it does.
            metric: of this sweep, and with the same goal of the earlier ones.
            observations: of this sweep and the earlier ones, in any order.
        """
        by_source: dict[str, list[Observation]] = {}
        for observation in observations:
            if observation.source is not None:
                by_source.setdefault(observation.source, []).append(observation)
        found = (_source(key, encoding, metric, by_source[key]) for key in sorted(by_source))
        sources = tuple(source for source in found if source is not None)
        return cls(sources) if sources else None

    def first(self, x_seen: Array, is_category: npt.NDArray[np.bool_]) -> Array | None:
        """The next of the earlier sweeps' best points, shape (d,); None once all were tried.

        By the mean of the ranks that the earlier sweeps give it among all their best points.
        Where their mean is lowest, between these points, came out behind.

        Args:
            x_seen: shape (s, d), points that were tried, or are being tried.
            is_category: shape (d,).
        """
        points = np.vstack([source.best for source in self.sources])
        if not len(points):  # this sweep's constraints allow none of them
            return None
        points = points[np.lexsort(points.T)]
        means = np.array([source.gp.mean(points)[0] for source in self.sources])
        ranks = means.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable").mean(axis=0)
        for point in points[np.lexsort((means.mean(axis=0), ranks))]:
            delta = np.abs(x_seen - point)
            near = np.where(is_category, delta == 0.0, delta < NEAR)
            if not near.all(axis=1).any():
                return cast(Array, point)
        return None

    def shares(self, of: float = 1.0) -> dict[str, float]:
        """The weights before any run: all alike, together `of`."""
        return {source.id: round(of / len(self.sources), 3) for source in self.sources}

    def weights(self, model: Model) -> Array:
        """w, shape (k,): how often each ranks the runs best of all, over bootstraps of them.

        This sweep's own rank is by leave-one-out predictions; in a tie it wins. A sweep
        whose usual loss is above nearly all of this sweep's own gets nothing, so that many
        strangers cannot outvote it by chance.

        Args:
            model: of this sweep's runs alone.
        """
        k = len(self.sources)
        kept = representatives(model.y, RANKED)
        x, y = model.x[kept], model.y[kept]
        if len(np.unique(y)) < MIN_RANKED:
            return np.full(k, 1.0 / k)
        below = y[:, None] < y[None, :]
        counted = (y[:, None] != y[None, :]).astype(float)
        said = [model.gp.leave_one_out()[0][kept], *(s.gp.mean(x)[0] for s in self.sources)]
        wrong = [(each[:, None] < each[None, :]) != below for each in said]
        drawn = np.random.default_rng(len(y)).integers(len(y), size=(RESAMPLES, len(y)))
        times = np.array([np.bincount(row, minlength=len(y)) for row in drawn], dtype=float)
        loss = np.array([((times @ (each * counted)) * times).sum(axis=1) for each in wrong])
        loss[1:][np.median(loss[1:], axis=1) > np.quantile(loss[0], 0.95)] = np.inf
        least = loss == loss.min(axis=0)
        least[1:] &= ~least[0]
        return cast(Array, (least / least.sum(axis=0))[1:].mean(axis=1))

    def informed(
        self, model: Model, may_bend: npt.NDArray[np.bool_] | None
    ) -> tuple[Model, dict[str, float]]:
        """The model with what the past makes expect, and the weight of each earlier sweep.

        The model itself where the past has nothing to say: none ranks the runs well, or they
        speak against what it makes expect by more than DOUBT nats. What this sweep's own rank
        has for a weight is no part of the mean: the process around it learns that.

        Args:
            model: of this sweep's runs alone.
            may_bend: shape (d,), see `Model.of`.
        """
        weights = self.weights(model)
        weights = np.where(weights < MIN_WEIGHT, 0.0, weights)
        parts = [
            (s, float(w))
            for s, w in zip(self.sources, weights / (weights.sum() or 1.0), strict=True)
            if w > 0.0
        ]
        if parts:
            informed = model.expecting(_expected(parts, model), may_bend)
            if informed.cost <= model.cost + DOUBT:
                return informed, {
                    s.id: round(float(w), 3) for s, w in zip(self.sources, weights, strict=True)
                }
        return model, self.shares(0.0)


def with_past(
    model: Model, encoding: Encoding, metric: Metric | None, observations: Sequence[Observation]
) -> tuple[Model, dict[str, float] | None]:
    """The model with what earlier sweeps make expect, and their weights; None where none are.

    Args:
        model: of this sweep's runs alone.
        encoding: of its space.
        metric: what the model is of.
        observations: of this sweep and the earlier ones, in any order.
    """
    past = Past.of(encoding, metric, observations)
    return (model, None) if past is None else past.informed(model, encoding.may_bend)


def _expected(sources: Sequence[tuple[Source, float]], model: Model) -> WeightedMean:
    """m(x) in the units of the model's targets: a and b by least squares.

    Beforehand b is what makes a step of the metric as large here as it was there, times
    KINSHIP, since the process around m(x) has a variance of about 1; as if one observation
    had said so. Runs near the best points alone span little, and without that
    all their differences would count as much as those of the whole space. Never below 0: a
    past that is the wrong way round tells nothing.

    Args:
        sources: with their weights, Σ w = 1.
        model: of this sweep's runs alone.
    """
    at = WeightedMean(tuple((weight, source.gp) for source, weight in sources)).value(model.x)
    off = at - at.mean()
    own = _unit(model)
    ratio = KINSHIP
    if 0.0 < own < math.inf:
        theirs = math.exp(sum(weight * math.log(source.unit) for source, weight in sources))
        ratio = min(max(KINSHIP * theirs / own, LEAST_RATIO), MOST_RATIO)
    slope = (float(off @ model.y) + 1.0 / ratio) / (float(off @ off) + 1.0 / ratio**2)
    slope = min(max(slope, 0.0), MOST_RATIO)
    parts = tuple((slope * weight, source.gp) for source, weight in sources)
    return WeightedMean(parts, float(model.y.mean() - slope * at.mean()))


def _unit(model: Model) -> float:
    """What one standardised unit is of the metric, around the middle; 0 for a constant one."""
    low, high = model.transform.inverse(np.array([-0.5, 0.5]))
    return float(high - low)


# Observations are by value and an agent keeps the same ones, so that looking who they are is
# enough; the entry holds them, so that their ids stay theirs.
_models: OrderedDict[object, tuple[object, Source | None]] = OrderedDict()


def _source(
    key: str, encoding: Encoding, metric: Metric | None, runs: Sequence[Observation]
) -> Source | None:
    """The earlier sweep of some runs; fitted once as long as a process remembers."""
    which = (key, id(encoding.space), metric, frozenset(map(id, runs)))
    known = _models.get(which)
    if known is not None:
        return known[1]
    source = _fitted(key, encoding, metric, runs)
    _models[which] = ((encoding.space, tuple(runs)), source)
    while len(_models) > REMEMBERED:
        _models.popitem(last=False)
    return source


def _fitted(
    key: str, encoding: Encoding, metric: Metric | None, runs: Sequence[Observation]
) -> Source | None:
    known = KnownPoints.of(encoding, metric, [replace(run, source=None) for run in runs])
    if len(known.values) < MIN_POINTS:
        return None
    kept = representatives(known.values, MAX_POINTS)
    arrays = (known.x[kept], known.values[kept], known.extra_noise[kept])
    model = _model(*(each.tobytes() for each in (*arrays, encoding.is_category, encoding.may_bend)))
    unit = _unit(model)
    if not (0.0 < unit < math.inf and model.predicts):
        return None
    order = np.argsort(model.gp.mean(model.x)[0], kind="stable")
    x = encoding.allowed(encoding.snap(model.x[order]))
    _, first = np.unique(x, axis=0, return_index=True)
    return Source(key, model.gp, x[np.sort(first)[:BEST]], unit)


@functools.lru_cache(maxsize=REMEMBERED)
def _model(x: bytes, values: bytes, noise: bytes, is_category: bytes, may_bend: bytes) -> Model:
    """The surrogate of an earlier sweep, from its arrays; the same for other records of it."""
    mask = np.frombuffer(is_category, dtype=bool)
    points = np.frombuffer(x).reshape(-1, len(mask))
    none = np.empty((0, len(mask)))
    known = KnownPoints(
        1.0, points, np.frombuffer(values), np.frombuffer(noise), none, none, points
    )
    return Model.of(known, mask, np.frombuffer(may_bend, dtype=bool))
