"""The surrogate of a sweep's metric: which runs it rests on, at which hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nbsweep.search.gp import (
    DEFAULT_PRIOR,
    GaussianProcess,
    Hyperparameters,
    Mean,
    Prior,
    fit,
    sample_hyperparameters,
)
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.targets import TargetTransform, per_point, representatives

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MAX_FIT_POINTS = 80  # hyperparameters change little beyond
MAX_MODEL_POINTS = 300  # of the posterior; the best and a thinned rest
MAX_SAMPLED_POINTS = 40  # with more, the best hyperparameters are the only likely ones
DRAWS = 6  # sets of hyperparameters beside the most likely one
BEND_SD = 2.0  # of t, for axes that may bend; at t = 2 the lower quarter takes half of the axis
BEND_EVIDENCE = 1.0  # gain of the log posterior for which axes bend; at 0 other problems lose
MIN_SKILL = 0.05  # share of the variance; with less a model predicts nothing
MIN_JUDGED = 24  # runs before the search doubts the model; with fewer, skill is chance


@dataclass(frozen=True)
class Model:
    """The surrogate of the metric, and what it was made of.

    Attributes:
        transform: from metric values to targets.
        x: shape (n, d), the points it rests on.
        y: shape (n,), their targets.
        extra_noise: shape (n,).
        gp: at the most likely hyperparameters.
        prior: of them.
        cost: minus the log of their posterior density.
        prior_mean: what is expected of the targets beforehand; None for 0.
    """

    transform: TargetTransform
    x: Array
    y: Array
    extra_noise: Array
    gp: GaussianProcess
    prior: Prior = DEFAULT_PRIOR
    cost: float = 0.0
    prior_mean: Mean | None = None

    @classmethod
    def of(
        cls,
        known: KnownPoints,
        is_category: Mask,
        may_bend: Mask | None = None,
        transform: TargetTransform | None = None,
    ) -> Model:
        """Fit to the points with a value, of which there is at least one.

        Args:
            known: what the runs say.
            is_category: shape (d,).
            may_bend: shape (d,), the axes whose scale is learned too (`warp`); none when omitted.
            transform: to targets; the one that suits the values when omitted.
        """
        transform = transform or TargetTransform.of(known.values)
        kept = representatives(per_point(known.x, known.values), MAX_MODEL_POINTS)
        x, extra = known.x[kept], known.extra_noise[kept]
        y = transform.forward(known.values[kept])
        few = representatives(per_point(x, y), MAX_FIT_POINTS)
        found, prior, cost = _fitted(x[few], y[few], is_category, extra[few], may_bend)
        gp = GaussianProcess(x, y, is_category, found, extra)
        return cls(transform, x, y, extra, gp, prior, cost)

    def expecting(self, mean: Mean, may_bend: Mask | None = None) -> Model:
        """The model of the same runs, fitted to how far they lie from what was expected."""
        few = representatives(per_point(self.x, self.y), MAX_FIT_POINTS)
        x, extra, is_category = self.x[few], self.extra_noise[few], self.gp.is_category
        above = self.y[few] - mean.value(x)
        found, prior, cost = _fitted(x, above, is_category, extra, may_bend)
        gp = GaussianProcess(self.x, self.y, is_category, found, self.extra_noise, mean)
        return replace(self, gp=gp, prior=prior, cost=cost, prior_mean=mean)

    @cached_property
    def skill(self) -> float:
        """Q²: the share of the variance that leave-one-out predictions explain, at most 1.

        0 is the skill of the mean of all runs. A constant metric is predicted by anything.
        """
        if not self.y.any():
            return 1.0
        error = float(np.square(self.gp.leave_one_out()[0] - self.y).mean())
        return 1.0 - error / float(self.y.var())

    @property
    def bend(self) -> Array:
        """The t of each axis (`warp`) that is most likely, shape (d,); 0 where it is straight."""
        bend = self.gp.hyperparameters[0].bend
        return np.zeros(self.x.shape[1]) if bend is None else bend

    @property
    def predicts(self) -> bool:
        """Whether it predicts a run from the others better than the mean of all would."""
        return self.skill > MIN_SKILL

    @property
    def is_doubted(self) -> bool:
        """Whether enough runs are known to tell that it does not predict."""
        return len(self.y) >= MIN_JUDGED and not self.predicts

    def with_draws(self, rng: np.random.Generator, count: int = DRAWS) -> GaussianProcess:
        """The surrogate, and while points are few others that are about as likely beside it."""
        if len(self.x) > MAX_SAMPLED_POINTS:
            return self.gp
        x, y, is_category = self.x, self.y, self.gp.is_category
        likely, mean = self.gp.hyperparameters[0], self.prior_mean
        above = y if mean is None else y - mean.value(x)
        drawn = sample_hyperparameters(
            x, above, is_category, likely, count, rng, self.extra_noise, self.prior
        )
        return GaussianProcess(x, y, is_category, [likely, *drawn], self.extra_noise, mean)

    def with_pending(self, gp: GaussianProcess, x_pending: Array) -> GaussianProcess:
        """The surrogate as if each pending run gave what is expected of it.

        Kriging believer (Ginsbourger, Le Riche & Carraro 2010): the mean stays as it is
        and the uncertainty around pending points goes, so that the next run goes
        elsewhere. Averaging over samples of what they may give came out behind it in the
        benchmark.

        Args:
            gp: `gp` or that of `with_draws`; each set of hyperparameters believes its own mean.
            x_pending: shape (p, d).
        """
        if not len(x_pending):
            return gp
        believed, _ = gp.posterior(x_pending)
        known = np.broadcast_to(self.y, (len(believed), len(self.y)))
        return GaussianProcess(
            np.vstack([self.x, x_pending]),
            np.hstack([known, believed]),
            gp.is_category,
            gp.hyperparameters,
            np.append(self.extra_noise, np.zeros(len(x_pending))),
            self.prior_mean,
        )


def _fitted(
    x: Array, y: Array, is_category: Mask, extra: Array, may_bend: Mask | None
) -> tuple[Hyperparameters, Prior, float]:
    """The most likely hyperparameters, their prior, and minus the log of their density.

    Axes bend where runs speak for it. Straight axes are given up for BEND_EVIDENCE: with few
    runs some bend always fits a little better, and the search would follow it.
    """
    known = (x, y, is_category, extra)
    straight, cost = fit(*known)
    if may_bend is None or not may_bend.any():
        return straight, DEFAULT_PRIOR, cost
    prior = Prior(bend_sd=tuple(BEND_SD * may_bend))
    start = replace(straight, bend=np.zeros(x.shape[1]))
    bent, bent_cost = fit(*known, start=start, prior=prior)
    if cost - bent_cost > BEND_EVIDENCE:
        return bent, prior, bent_cost
    return straight, DEFAULT_PRIOR, cost
