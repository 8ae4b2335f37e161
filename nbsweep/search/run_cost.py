"""What a run costs in time, and what that means for where the next one should be.

Notation: t(x) is the log of the seconds that a run at x is predicted to take
(`durations`), a(x) the log of what it is expected to gain (`improvement`), a* the highest
of these, α the weight of time.

- Gain per time: a(x) − α t(x) is maximised, at α = 1 the expected improvement per second
  (Snoek, Larochelle & Adams 2012, section 3.2). Alone that gets stuck where runs are cheap
  and gain little each (Lee, Perrone, Archambeau & Seeger 2020, section 1).
- So only points with a(x) ≥ a* − LEEWAY are weighed: a run that gains at least so much of
  what the best one would (as on a Pareto front of gain and cost, Guinet, Perrone &
  Archambeau 2020). A search that needs n runs then hardly needs more.
- With a deadline α falls with the share of the time that is left (cost cooling, Lee et al.
  2020, eq. 3), log P(the run ends in time) is a part of a(x), and what does not fit with
  FIT_QUANTILE is left out in the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Observation
from nbsweep.search.acquisition import log_probability_below
from nbsweep.search.durations import LEAST_S, Durations, measured
from nbsweep.search.encoding import Encoding
from nbsweep.search.maximize import Objective, maximize, mutate
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

WEIGHT = 1.0  # α without a deadline
LEAST_SHARE = 0.2  # of α, however much better dear runs are
LEEWAY = math.log(2.0)  # of the log of the gain: what may be given up for time
STEEPNESS = 5.0  # of the wall beyond it; finite, so that climbing finds its way back
FIT_QUANTILE = 0.9  # a run fits the time left when nine in ten such runs would
RANKED = 40  # best points by gain that are looked at again
MUTATED = 80  # points around the best few of them
PARENTS = 3
CLIMBS = 1
DRAWN = 200  # in search of the shortest run


@dataclass(frozen=True)
class RunCost:
    """What time says about where the next run should be.

    Attributes:
        durations: of runs.
        weight: α of the notation, 0 where time does not depend on the params.
        time_left_s: seconds in which a run has to end, None for no limit.
    """

    durations: Durations
    weight: float
    time_left_s: float | None = None

    @classmethod
    def of(
        cls,
        config: SweepConfig,
        encoding: Encoding,
        observations: Sequence[Observation],
        under_way: int = 0,
    ) -> RunCost | None:
        """None where time does not count, or where too little is known of it.

        Args:
            config: the sweep.
            encoding: of its space.
            observations: ended runs, in any order.
            under_way: how many runs are; so many share the time beside the next one.
        """
        if not counts(config):
            return None
        durations = Durations.of(encoding, observations)
        if durations is None:
            return None
        weight = WEIGHT if durations.follows_params else 0.0
        left = config.time_left_s
        if left is not None and not math.isfinite(left):
            left = None
        if left is not None:
            spent = math.fsum(filter(None, map(measured, observations))) / (1 + under_way)
            weight *= max(left, 0.0) / max(left + spent, LEAST_S)
        return cls(durations, weight, left)

    def tempered(self, x: Array, y: Array) -> RunCost:
        """The same with less weight on time where dear runs are the good ones.

        There, what is saved on a run is lost on the way to the best one. The correlation ρ of
        targets and durations tells; α is times 1 + 2 ρ, at least LEAST_SHARE and at most 1.

        Args:
            x: points with a value, shape (n, d).
            y: their targets, to be minimised, shape (n,).
        """
        t, _ = self.durations.log_seconds(x)
        spread = float(t.std() * y.std())
        if not (self.weight and spread > 0.0):
            return self
        correlation = float(((t - t.mean()) * (y - y.mean())).mean()) / spread
        share = min(max(1.0 + 2.0 * correlation, LEAST_SHARE), 1.0)
        return replace(self, weight=self.weight * share)

    def weighed(self, gain: Array, x: Array) -> Array:
        """Logs of gains (m,) at points x (m, d), less what time takes of them, (m,)."""
        if not self.weight:
            return gain
        return self.traded(gain, self.durations.log_seconds(x)[0], float(gain.max()))

    def traded(self, gain: Array, t: Array, best: float) -> Array:
        """Logs of gains less α t, and less a wall where too much of the best one is given up."""
        wall = STEEPNESS * np.maximum(best - LEEWAY - gain, 0.0)
        return cast(Array, gain - self.weight * t - wall)

    def startup_worth(self, log_distance: Array, x: Array) -> Array:
        """`weighed`, where the gain is the distance to all that was tried (m,)."""
        if self.time_left_s is not None:
            log_distance = log_distance + self.log_in_time(x)
        return self.weighed(log_distance, x)

    def ranked(
        self, objective: Objective, encoding: Encoding, x: Array, rng: np.random.Generator
    ) -> Array:
        """Points (m, d) in order of falling gain per time.

        Args:
            objective: the log of the gain.
            encoding: of the space.
            x: points in order of falling gain, shape (n, d).
            rng: source of the points around the first of them.
        """
        if not self.weight:
            return x
        points = np.vstack([x[:RANKED], mutate(encoding, x[:PARENTS], MUTATED, rng)])
        best = float(objective.value(x[:1])[0])
        return maximize(_PerTime(objective, self, best), encoding, points, CLIMBS, rng).x

    def log_in_time(self, x: Array) -> Array:
        """Log of the probability that runs at points x (m, d) end in the time left, (m,)."""
        t, sd = self.durations.log_seconds(x)
        return log_probability_below(t, sd, self._log_left)[0]

    def log_in_time_with_gradient(self, x: Array) -> tuple[Array, Array]:
        """`log_in_time` and its gradient (m, d), 0 along categories."""
        t, sd, by_x, sd_by_x = self.durations.log_seconds_with_gradient(x)
        log_p, by_t, by_sd = log_probability_below(t, sd, self._log_left)
        return log_p, by_t[:, None] * by_x + by_sd[:, None] * sd_by_x

    def in_time(self, x: Array) -> Array:
        """Those of the points x (m, d) whose runs end in the time left, in their order."""
        if self.time_left_s is None or not len(x):
            return x
        return cast(Array, x[self.durations.seconds(x, FIT_QUANTILE) <= self.time_left_s])

    def shortest_first(self, x: Array) -> Array:
        """The points x (m, d) in order of the time that they are predicted to take."""
        return cast(Array, x[np.argsort(self.durations.log_seconds(x)[0], kind="stable")])

    def shortest(self, encoding: Encoding, rng: np.random.Generator) -> Array:
        """Points (m, d) of the whole space in order of the time that they take."""
        drawn = encoding.sample(DRAWN, rng)
        return maximize(_Shortness(self.durations), encoding, drawn, CLIMBS, rng).x

    def seconds(self, x: Array) -> float:
        """The median of how long a run at x (d,) takes."""
        return float(self.durations.seconds(x[None, :])[0])

    @property
    def _log_left(self) -> float:
        return math.log(max(self.time_left_s or 0.0, 0.0) + LEAST_S)


class _PerTime:
    """Gain per time as what is maximised; see `maximize.Objective`.

    Args:
        objective: the log of the gain.
        cost: of a run.
        best: the highest gain that there is to have.
    """

    def __init__(self, objective: Objective, cost: RunCost, best: float) -> None:
        self._objective = objective
        self._cost = cost
        self._best = best

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        t, _ = self._cost.durations.log_seconds(x)
        return self._cost.traded(self._objective.value(x), t, self._best)

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        gain, by_x = self._objective.value_and_gradient(x)
        t, _, t_by_x, _ = self._cost.durations.log_seconds_with_gradient(x)
        steepness = np.where(gain < self._best - LEEWAY, 1.0 + STEEPNESS, 1.0)
        slope = steepness[:, None] * by_x - self._cost.weight * t_by_x
        return self._cost.traded(gain, t, self._best), slope


@dataclass(frozen=True)
class _Shortness:
    """−t as what is maximised; see `maximize.Objective`."""

    durations: Durations

    def value(self, x: Array) -> Array:
        return -self.durations.log_seconds(x)[0]

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        t, _, by_x, _ = self.durations.log_seconds_with_gradient(x)
        return -t, -by_x


def counts(config: SweepConfig) -> bool:
    """Whether the time that a run takes counts in the choice of its params."""
    per_time = config.metric is not None and config.metric.per == "time"
    return per_time or config.time_left_s is not None
