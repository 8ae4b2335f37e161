"""What a run costs in time, as a term of the acquisition function, and whether it ends in time.

Notation: t(x) is the log of the seconds that a run at x is predicted to take
(`durations`), α the weight of time.

- Gain per time: log EI(x) − α t(x), so that α = 1 is the expected improvement per second
  (Snoek, Larochelle & Adams 2012, section 3.2) and α = 0 does not look at time.
- Cooling (Lee, Perrone, Archambeau & Seeger 2020, eq. 3): with a deadline α falls with the
  share of the time that is left, so that dear runs have their turn, too.
- In time: with a deadline, log P(the run ends in the time left) is added, and what does not
  fit with FIT_QUANTILE is left out in the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Observation
from nbsweep.search.acquisition import log_probability_below
from nbsweep.search.durations import LEAST_S, Durations, measured
from nbsweep.search.encoding import Encoding
from nbsweep.search.maximize import maximize
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

WEIGHT = 1.0
START_WEIGHT = 0.3
FIT_QUANTILE = 0.9  # a run fits the time left when nine in ten such runs would
CLIMBS = 2  # in search of the shortest run
DRAWN = 200


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
        if left is not None:
            spent = math.fsum(filter(None, map(measured, observations))) / (1 + under_way)
            weight *= max(left, 0.0) / max(left + spent, LEAST_S)
        return cls(durations, weight, left)

    @property
    def ranks(self) -> bool:
        """Whether it makes a difference between points that end in time."""
        return self.weight > 0.0 or self.time_left_s is not None

    def log_factor(self, x: Array) -> Array:
        """What is added to the log of the expected improvement at points x (m, d), (m,)."""
        return self._log_factor(x, self.weight)

    def log_start_factor(self, x: Array) -> Array:
        """The same for start-up points, whose gain nobody knows yet: time counts less."""
        return self._log_factor(x, START_WEIGHT * self.weight)

    def log_factor_with_gradient(self, x: Array) -> tuple[Array, Array]:
        """`log_factor` and its gradient (m, d), 0 along categories."""
        t, sd, by_x, sd_by_x = self.durations.log_seconds_with_gradient(x)
        total, gradient = -self.weight * t, -self.weight * by_x
        if self.time_left_s is not None:
            log_p, by_t, by_sd = log_probability_below(t, sd, self._log_left)
            total = total + log_p
            gradient = gradient + by_t[:, None] * by_x + by_sd[:, None] * sd_by_x
        return total, gradient

    def in_time(self, x: Array) -> Array:
        """Those of the points x (m, d) whose runs end in the time left, in their order."""
        if self.time_left_s is None or not len(x):
            return x
        return cast(Array, x[self.durations.seconds(x, FIT_QUANTILE) <= self.time_left_s])

    def shortest_first(self, x: Array) -> Array:
        """The points x (m, d) in order of the time that they are predicted to take."""
        return cast(Array, x[np.argsort(self.durations.log_seconds(x)[0], kind="stable")])

    def shortest(self, encoding: Encoding, rng: np.random.Generator) -> Array:
        """Points (m, d) of the whole space in order of the time that they take, shortest first."""
        return maximize(
            _Shortness(self.durations), encoding, encoding.sample(DRAWN, rng), CLIMBS, rng
        ).x

    def seconds(self, x: Array) -> float:
        """The median of how long a run at x (d,) takes."""
        return float(self.durations.seconds(x[None, :])[0])

    def _log_factor(self, x: Array, weight: float) -> Array:
        t, sd = self.durations.log_seconds(x)
        total = -weight * t
        if self.time_left_s is not None:
            total = total + log_probability_below(t, sd, self._log_left)[0]
        return cast(Array, total)

    @property
    def _log_left(self) -> float:
        assert self.time_left_s is not None
        return math.log(max(self.time_left_s, 0.0) + LEAST_S)


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
