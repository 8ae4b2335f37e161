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
    Prior,
    fit,
    sample_hyperparameters,
)
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.targets import TargetTransform, representatives

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
    """

    transform: TargetTransform
    x: Array
    y: Array
    extra_noise: Array
    gp: GaussianProcess
    prior: Prior = DEFAULT_PRIOR

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
        kept = representatives(known.values, MAX_MODEL_POINTS)
        x, extra = known.x[kept], known.extra_noise[kept]
        y = transform.forward(known.values[kept])
        few = representatives(y, MAX_FIT_POINTS)
        hyperparameters, prior = _fitted(x[few], y[few], is_category, extra[few], may_bend)
        return cls(
            transform,
            x,
            y,
            extra,
            GaussianProcess(x, y, is_category, hyperparameters, extra),
            prior,
        )

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
        known = (self.x, self.y, self.gp.is_category)
        likely = self.gp.hyperparameters[0]
        drawn = sample_hyperparameters(*known, likely, count, rng, self.extra_noise, self.prior)
        return GaussianProcess(*known, [likely, *drawn], self.extra_noise)

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
        )


def _fitted(
    x: Array, y: Array, is_category: Mask, extra: Array, may_bend: Mask | None
) -> tuple[Hyperparameters, Prior]:
    """The most likely hyperparameters, and their prior: axes bend where runs speak for it.

    Straight axes are given up for BEND_EVIDENCE: with few runs some bend always fits a
    little better, and the search would follow it.
    """
    known = (x, y, is_category, extra)
    straight, cost = fit(*known)
    if may_bend is None or not may_bend.any():
        return straight, DEFAULT_PRIOR
    prior = Prior(bend_sd=tuple(BEND_SD * may_bend))
    start = replace(straight, bend=np.zeros(x.shape[1]))
    bent, bent_cost = fit(*known, start=start, prior=prior)
    return (bent, prior) if cost - bent_cost > BEND_EVIDENCE else (straight, DEFAULT_PRIOR)
