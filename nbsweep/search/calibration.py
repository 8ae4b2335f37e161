"""Predictions that hold: of the intervals that are said to hold 80 % of the runs, 80 % do.

A surrogate is at its worst where it is asked. A suggestion goes where the model hopes for
much, so that the value to come is worse than the model's mean by half of its standard
deviation in the median (the winner's curse), and on kinked or ragged functions the intervals
are far too narrow as well. Neither can be seen from the training points. But each earlier
suggestion has kept what the model said, and its run has ended since: the standardised errors

    e = (value − model_mean) / model_sd,        for a metric to be minimised

of this sweep are a sample of the errors to come (split conformal prediction, Vovk et al. 2005;
with weights that fall with age where errors drift, Barber et al. 2023, "Conformal prediction
beyond exchangeability"). While they are few, ERRORS, the quantiles of such errors in the
benchmark, count as PRIOR_RUNS runs more. What is said are the quantiles of both together.

Only what is said changes: which point is run does not depend on it.

==============  ==============================================================================
predicted_mean  median of what the run will report
predicted_sd    half of the central 68 % interval
predicted_low   lower end of the central 80 % interval
predicted_high  its upper end
model_mean      the surrogate's own median, uncalibrated
model_sd        half of its own 68 % interval, with the noise of a run
==============  ==============================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nbsweep.records import Observation, RunState, is_number
from nbsweep.search.targets import CUT, TIED, TargetTransform

Array = npt.NDArray[np.float64]

# Quantiles (i + ½)/20 of e, in the half of `benchmarks.search` that the table was made from.
ERRORS = np.array(
    [
        *(-2.43, -1.20, -0.77, -0.51, -0.28, -0.13, -0.01, 0.12, 0.26, 0.43),
        *(0.62, 0.80, 1.03, 1.32, 1.66, 2.18, 2.95, 4.27, 6.81, 15.36),
    ]
)
PRIOR_RUNS = 5.0  # how many runs they count for
HALF_LIFE = 15.0  # runs after which an error counts half: a model errs less with more runs
RECENT = 100  # errors that are looked at
HELD = (0.1, 0.9)  # ends of the interval that is checked
SIXTY_EIGHT = (0.15866, 0.84134)
QUANTILES = 64  # for the improvement to expect
FURTHEST = 3.0 * CUT  # spreads above the median, up to which a model's median is told
FEWEST = 5  # predictions, before anything is said of how many held


@dataclass(frozen=True)
class Errors:
    """The standardised errors to reckon with, weighted.

    Attributes:
        sign: times it, low values of the metric are the good ones.
        sorted: shape (k,), ascending.
        weights: shape (k,).
    """

    sign: float
    sorted: Array
    weights: Array

    @classmethod
    def of(cls, observations: Sequence[Observation], sign: float) -> Errors:
        """Those of a sweep's ended runs, in any order, and of the benchmark."""
        known = []
        for observation in observations:
            model, value = observation.origin, observation.value
            if observation.state is not RunState.FINISHED or value is None:
                continue
            mean, sd = _number(model, "model_mean"), _number(model, "model_sd")
            if mean is not None and sd is not None and sd > 0:
                error = sign * (value - mean) / sd
                if math.isfinite(error):
                    # A suggestion that rests on more runs is a later one.
                    known.append((model.get("observations", 0), error))
        known = sorted(known)[-RECENT:]
        then = np.array([rested_on for rested_on, _ in known])
        recent = np.array([error for _, error in known])
        age = (then[:, None] < then).sum(axis=1)  # later ones; suggested together, equally old
        errors = np.concatenate([ERRORS, recent])
        prior = np.full(len(ERRORS), PRIOR_RUNS / len(ERRORS))
        weights = np.concatenate([prior, 0.5 ** (age / HALF_LIFE)])
        order = np.argsort(errors, kind="stable")
        return cls(sign, errors[order], weights[order])

    def quantiles(self, p: Array | Sequence[float]) -> Array:
        """The errors at probabilities p, in the shape of p."""
        return np.interp(p, self._probabilities, self.sorted)

    def probability_below(self, error: float) -> float:
        """The probability of a smaller error."""
        return float(np.interp(error, self.sorted, self._probabilities, left=0.0, right=1.0))

    @property
    def _probabilities(self) -> Array:
        total = np.cumsum(self.weights)
        return np.asarray((total - 0.5 * self.weights) / total[-1])


def model_prediction(transform: TargetTransform, mean: float, sd: float) -> tuple[float, float]:
    """Median and half of the 68 % interval of a metric to be minimised, from those of its target.

    Values above the cut of the transform count as they are, up to FURTHEST.
    """
    wider = replace(transform, cut=max(FURTHEST, transform.cut))
    low, middle, high = wider.inverse(mean + sd * np.array([-1.0, 0.0, 1.0]))
    return float(middle), float(high - low) / 2


def calibrated(mean: float, sd: float, best: float, errors: Errors) -> dict[str, float | None]:
    """What the origin of a suggestion says of its value, in the metric's own sign and units.

    Args:
        mean: of the model (`model_prediction`), of the metric times the sign.
        sd: of the model.
        best: the best value so far, times the sign.
        errors: to reckon with.
    """
    low, high = mean + sd * errors.quantiles(HELD)
    below, middle, above = mean + sd * errors.quantiles((SIXTY_EIGHT[0], 0.5, SIXTY_EIGHT[1]))
    outcomes = mean + sd * errors.quantiles((np.arange(QUANTILES) + 0.5) / QUANTILES)
    chance = errors.probability_below((best - mean) / sd) if sd > 0 else float(mean < best)
    ends = sorted((errors.sign * float(low), errors.sign * float(high)))
    numbers = {
        "predicted_mean": errors.sign * float(middle),
        "predicted_sd": float(above - below) / 2,
        "predicted_low": ends[0],
        "predicted_high": ends[1],
        "expected_improvement": float(np.maximum(best - outcomes, 0.0).mean()),
        "probability_of_improvement": chance,
        "model_mean": errors.sign * mean,
        "model_sd": sd,
    }
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def holds(origin: Mapping[str, Any], value: float) -> bool | None:
    """Whether a value is inside the 80 % interval that was predicted; None without one."""
    low, high = _number(origin, "predicted_low"), _number(origin, "predicted_high")
    if low is None or high is None:
        return None
    slack = TIED * max(abs(low), abs(high))
    return bool(low - slack <= value <= high + slack)


@dataclass(frozen=True)
class Record:
    """How predictions came out.

    Attributes:
        predictions: that were made before a run which ended with a value.
        held: how many of these values were inside their 80 % intervals.
    """

    predictions: int
    held: int

    @classmethod
    def of(cls, outcomes: Iterable[tuple[Mapping[str, Any], float]]) -> Record:
        """The record of some origins and the values of their runs."""
        checked = [holds(origin, value) for origin, value in outcomes]
        return cls(sum(held is not None for held in checked), sum(map(bool, checked)))

    @property
    def is_enough(self) -> bool:
        """Whether it tells anything."""
        return self.predictions >= FEWEST


def _number(origin: Mapping[str, Any], key: str) -> float | None:
    value = origin.get(key)
    return float(value) if value is not None and is_number(value) else None
