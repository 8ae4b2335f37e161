"""Runs as arrays: where the metric is known, where runs failed, and where they are under way.

A run that was stopped early counts with the end that its curve points to and with the
variance of that prediction, up to PARTIAL_NOISE (`curve_model`; freeze-thaw optimisation,
Swersky, Snoek & Adams 2014). Where nothing can be predicted it counts with its last value
and PARTIAL_NOISE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbsweep.records import Metric, Observation, RunState, Suggestion, is_number
from nbsweep.search.curve_model import CurveModel, PredictedEnd, ShownRun
from nbsweep.search.encoding import Encoding
from nbsweep.search.targets import TargetTransform, per_point

Array = npt.NDArray[np.float64]

PARTIAL_NOISE = 0.1  # variance, standardised: stopped early, or params no longer in the space
MAX_PREDICTED = 100  # stopped runs of which the end is predicted


@dataclass(frozen=True)
class KnownPoints:
    """What the surrogate learns from, as points and values to be minimised.

    Attributes:
        sign: times it, low values of the metric are the good ones.
        x: shape (n, d), points with a value, in an order that depends on them alone.
        values: shape (n,), of the metric times `sign`.
        extra_noise: shape (n,), for runs that count less; of targets, so standardised.
        x_failed: shape (f, d), points of runs that gave no value.
        x_pending: shape (p, d), points of runs under way.
        x_seen: shape (s, d), all of these and those that say nothing (killed).
    """

    sign: float
    x: Array
    values: Array
    extra_noise: Array
    x_failed: Array
    x_pending: Array
    x_seen: Array

    @classmethod
    def of(
        cls,
        encoding: Encoding,
        metric: Metric | None,
        observations: Sequence[Observation],
        pending: Sequence[Suggestion] = (),
    ) -> KnownPoints:
        """Sort the runs into those with a value, those that failed, and those under way.

        A run that failed or crashed counts as a failure even when it logged values before
        (unless the metric's `impute` is W&B's "best" or "latest"); a finished one without
        a finite value does too. Killed and preempted runs without a value say nothing: a
        person or a machine ended them. Stopped ones count with their predicted ends, see the
        module. Runs of earlier sweeps (`source`) are left out.
        """
        d = len(encoding)
        sign = metric.sign if metric else 1.0
        keep_failed = metric is not None and metric.impute in ("best", "latest")
        ends = _predicted_ends(encoding, metric, observations)
        valued: list[tuple[Array, float, float, float]] = []
        failed: list[Array] = []
        silent: list[Array] = []
        for observation in observations:
            if observation.source is not None:
                continue  # of another task: `past`
            x, fits = encoding.encode(observation.params)
            value, state = observation.value, observation.state
            if value is not None and is_number(value) and not (state.broke and not keep_failed):
                partial = not fits or state is not RunState.FINISHED
                end = ends.get(id(observation)) if fits else None
                if end is not None:
                    valued.append((x, sign * end.value, 0.0, end.sd))
                else:
                    valued.append((x, sign * float(value), PARTIAL_NOISE if partial else 0.0, 0.0))
            elif state.broke or state.counts:
                failed.append(x)
            else:
                silent.append(x)
        x = _rows([x for x, *_ in valued], d)
        values = np.array([value for _, value, _, _ in valued])
        extra = np.array([noise for _, _, noise, _ in valued])
        sd = np.array([sd for *_, sd in valued])
        order = np.lexsort((sd, extra, values, *x.T)) if len(x) else np.empty(0, dtype=int)
        x, values, extra = x[order], values[order], extra[order]
        if ends:
            extra = extra + _variance(values, sd[order])
        x_failed = _sorted_rows(_rows(failed, d))
        x_pending = _sorted_rows(_rows([encoding.encode(p.params)[0] for p in pending], d))
        x_seen = np.vstack([x, x_failed, x_pending, _sorted_rows(_rows(silent, d))])
        return cls(sign, x, values, extra, x_failed, x_pending, x_seen)

    def best(self, most: int) -> Array:
        """The points of the best values, at most so many, shape (m, d)."""
        return distinct(self.x, per_point(self.x, self.values), most)


def distinct(x: Array, values: Array, most: int) -> Array:
    """The points (m, d) of the lowest values, at most so many, each of them once.

    Args:
        x: shape (n, d).
        values: shape (n,).
        most: of the points.
    """
    order = np.argsort(values, kind="stable")
    _, first = np.unique(x[order], axis=0, return_index=True)
    return x[order[np.sort(first)[:most]]]


def _predicted_ends(
    encoding: Encoding, metric: Metric | None, observations: Sequence[Observation]
) -> dict[int, PredictedEnd]:
    """Where stopped runs would have ended, by the id of the observation; the best of them.

    Of very many only the best are asked about: where the others end matters little.
    """
    runs = {id(o): ShownRun(o.params, o.curve) for o in observations if o.curve is not None}
    stopped = [
        (metric.sign * o.value, run.curve.values, repr(o.params), id(o))
        for o in observations
        if metric is not None
        and o.state is RunState.STOPPED
        and o.value is not None
        and (run := runs.get(id(o))) is not None
        and run.curve.values
    ]
    model = CurveModel.fitted(encoding, metric, list(runs.values())) if stopped else None
    if model is None:
        return {}
    asked = sorted(stopped)[:MAX_PREDICTED]
    ends = {key: model.end(runs[key].curve.run_id) for *_, key in asked}
    return {key: end for key, end in ends.items() if end is not None}


def _variance(values: Array, sd: Array) -> Array:
    """Variances of targets for standard deviations of values, both (n,).

    PARTIAL_NOISE at most: predictions of similar runs err alike, so that they tell good
    from bad better than their intervals let expect. Without the limit, asha's many runs of
    few iterations took a quarter more epochs to the same result.
    """
    transform = TargetTransform.of(values)
    half = 0.5 * (transform.forward(values + sd) - transform.forward(values - sd))
    return np.minimum(np.square(half), PARTIAL_NOISE)


def _rows(points: Sequence[Array], d: int) -> Array:
    return np.array(points, dtype=float).reshape(len(points), d)


def _sorted_rows(x: Array) -> Array:
    return x[np.lexsort(x.T)] if x.size else x
