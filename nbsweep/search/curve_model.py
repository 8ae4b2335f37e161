"""Where runs end, told from their curves, those of other runs, and their params.

Notation; inside, the metric is transformed (`targets`) and minimised:

======================  ==================================================================
H                       horizon: iterations of a usual run; see `curve_points` for others
nodes (t,)              places from 1 to H at which curves are described, and the end
f_i (t,)                the curve of run i at the nodes, less the mean curve m
W_i (p, t)              what the p points of a curve have of m + f_i
N_i (p,)                variance of the noise of these points
B (t, t)                covariance of a curve with itself along its way
M (t, t)                prior covariance of the mean curve
K (n, n)                correlation of runs by their params, 1 on the diagonal
======================  ==================================================================

y_i = W_i (m + f_i) + noise, with m ~ N(0, M) and cov(f_i, f_j) = K_ij B: a Gaussian
process over (params, iteration) as in freeze-thaw optimisation (Swersky, Snoek & Adams
2014), with choices of its own:

- A product of kernels in place of their sum. Similar params share the shape of their
  curves, not only where they end.
- B starts from a level, a part that decays (Swersky et al.'s kernel of exponential
  decays) and one that wanders along log k, as power laws do not (Domhan et al. 2015; Kadra
  et al. 2023), and is then estimated from all curves, finished or not, by expectation
  maximisation. So warm restarts, double descent and late bloomers are expected of a run
  once other runs have shown them.
- The end is a node of its own beside the horizon: where finished runs ended, be it earlier
  than others.
- K is `gp`'s kernel, with length scales fitted to the ends that the curves point to; what
  params do not explain is each run's own.
- Intervals are widened or narrowed until those of finished runs, told from their first
  iterations and all other runs, hold 80 % (as in split conformal prediction).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from nbsweep.records import Metric, RunState
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.curve_points import (
    Course,
    ShownRun,
    between,
    common_detail,
    has_diverged,
    nodes_until,
    noise_of,
    point_noise,
    seen,
    thinned,
    weights,
)
from nbsweep.search.curve_prior import BRIDGE, LEVEL, WANDER, curve_prior, mean_prior, steps
from nbsweep.search.encoding import Encoding
from nbsweep.search.gp import DEFAULT_PRIOR, fit
from nbsweep.search.kernel import Distances, cholesky, matern52
from nbsweep.search.targets import TargetTransform, representatives
from nbsweep.space.seeds import without_seeds
from nbsweep.sweep_config import SweepConfig

__all__ = ["CurveModel", "PredictedEnd", "ShownRun"]

Array = npt.NDArray[np.float64]

MIN_OTHERS = 3  # runs that came near the horizon, below which only long curves are predicted
NEAR = 0.9  # of the horizon
MIN_POINTS = 6  # values of a run's own curve, where few others are known
MAX_RUNS = 64  # that the model is made of
MAX_PARTIAL = 24  # of these, that have not finished
MAX_FIT_RUNS = 40  # for the length scales
EM_STEPS = 6
PRIOR_CURVES = 10.0  # that the prior of B is worth
TRUST = 5.0  # finished runs, at which its scale is half theirs and half its own
MAX_SHARE = 0.95  # of B that params explain
TELLING = 0.7  # of the prior variance of an end; what leaves more says little of it
MIN_TELLING = 3  # runs, below which nothing is known of what params do
WIDENED = 1.5  # what intervals are widened by before any run has finished
PRIOR_RUNS = 8  # that this counts as
WILD = 0.3  # of what a value is beyond the cut: how far it may be from the end
STEP = 1e-3  # of a target, for a slope
REFERENCES = 6  # values of each curve that the transformation is made for
Z80 = NormalDist().inv_cdf(0.9)
UNUSED = 1e6  # variance of what only fills up an array
LEAST_VARIANCE = 1e-9
_NORMAL = NormalDist()


@dataclass(frozen=True)
class PredictedEnd:
    """Where a run ends, in the metric's own units and sign.

    Attributes:
        run_id: the run; None for one that does not exist yet.
        horizon: the iteration that the prediction is for.
        value: median.
        low, high: ends of an interval that holds 80 %.
        sd: half of the central 68 %.
        sign: times it, low values are the good ones.
    """

    run_id: str | None
    horizon: int
    value: float
    low: float
    high: float
    sd: float
    sign: float = 1.0

    def chance(self, value: float) -> float:
        """Probability that the run ends better than `value`.

        By a normal law on either side of the median, each as wide as its part of the
        interval says.
        """
        ahead = self.sign * (value - self.value)
        reach = self.high - self.value if value > self.value else self.value - self.low
        if not reach > 0.0:
            return float(ahead > 0.0)
        return _NORMAL.cdf(ahead / reach * Z80)


class CurveModel:
    """Predictive distributions of where runs end; see the module.

    Attributes:
        horizon: the iteration that ends are predicted for, of a usual run.
        knows_others: whether enough runs have come near it to tell how curves go on.
    """

    def __init__(
        self, encoding: Encoding, metric: Metric, runs: Sequence[ShownRun], course: Course
    ) -> None:
        self.horizon = course.horizon
        self._metric = metric
        self._course = course
        self._encoding = encoding
        self._runs = {run.curve.run_id: run for run in runs}
        near = NEAR * course.horizon
        self.knows_others = (
            sum(self._has_end(run) or len(run.curve.values) >= near for run in runs) >= MIN_OTHERS
        )
        chosen = self._chosen(runs)
        self._place = {run.curve.run_id: i for i, run in enumerate(chosen)}
        curves = [self._seen(run) for run in chosen]
        self._transform = TargetTransform.of(_references(curves))
        targets = [self._transform.forward(curve) for curve in curves]
        self._nodes = nodes_until(course.horizon)
        log_k = np.log(np.append(self._nodes, course.horizon))
        self._b, self._m = curve_prior(log_k), mean_prior(log_k)
        self._noise = noise_of(targets)
        self._is_ended = np.array([self._has_end(run) for run in chosen])
        whole = np.flatnonzero(self._is_ended)
        self._detail = common_detail(
            [course.places(chosen[i]) for i in whole],
            [targets[i] for i in whole],
            self._nodes,
            self._noise[whole],
        )
        parts = [
            self._points(run, target, noise)
            for run, target, noise in zip(chosen, targets, self._noise, strict=True)
        ]
        w, y, n, at = zip(*parts, strict=True)
        self._w, self._y, self._at = _padded(w), _padded(y), _padded(at)
        self._n = _padded(n, UNUSED)
        self._x = np.array([self._encoding.encode(run.params)[0] for run in chosen])
        self._learn()
        self._solve()
        self._calibrate()

    @classmethod
    def of(
        cls, config: SweepConfig, runs: Sequence[ShownRun], horizon: int | None = None
    ) -> CurveModel | None:
        """The model of some runs, in any order; None where too little is known.

        Args:
            config: the sweep; without a metric there is no model.
            runs: running, stopped and finished ones.
            horizon: iteration to predict ends for; by default where finished runs ended,
                by the median. Without either there is no model.
        """
        return cls.fitted(Encoding(without_seeds(config.space)), config.metric, runs, horizon)

    @classmethod
    def fitted(
        cls,
        encoding: Encoding,
        metric: Metric | None,
        runs: Sequence[ShownRun],
        horizon: int | None = None,
    ) -> CurveModel | None:
        """See `of`; for those who have the encoding of the search space already."""
        shown = [run for run in runs if run.curve.values]
        course = Course.of(shown, horizon)
        if metric is None or course is None or all(map(has_diverged, shown)):
            return None
        # By what they are, not by their ids: those of a repeated sweep are others.
        shown.sort(key=lambda run: (run.curve.values, run.curve.state, repr(run.params)))
        try:
            with np.errstate(all="ignore"), one_blas_thread():
                return cls(encoding, metric, shown, course)
        except (ArithmeticError, np.linalg.LinAlgError):  # a matrix that cannot be factored
            return None

    def end(self, run_id: str) -> PredictedEnd | None:
        """Where a run ends; None where that cannot be told.

        The end of a finished run is known. There is no prediction of a run that has
        diverged, that is longer than all finished ones, or, while fewer than MIN_OTHERS
        runs have come near the horizon, that has shown fewer than MIN_POINTS values or
        always the same one.
        """
        run = self._runs.get(run_id)
        if run is None:
            return None
        curve = self._seen(run)
        if self._has_end(run) and run.curve.state is RunState.FINISHED:
            value = self._metric.of_curve(run.curve.values[: len(curve)])
            return PredictedEnd(run_id, len(curve), value, value, value, 0.0, self._metric.sign)
        horizon = self._course.end_of(run)
        if horizon is None or has_diverged(run):
            return None
        if not self.knows_others and (len(curve) < MIN_POINTS or not np.ptp(curve) > 0.0):
            return None
        with np.errstate(all="ignore"), one_blas_thread():
            i = self._place.get(run_id)
            if i is None:
                mean, variance = self._end_of_other(run, self._transform.forward(curve))
            else:
                mean, variance = float(self._ends[0][i]), float(self._ends[1][i])
            at = float(self._course.places(run)[-1])
            variance *= float(np.interp(at, self._levels, self._factors)) ** 2
            return self._told(run_id, horizon, mean, variance, float(curve[-1]))

    def new(self, params: Sequence[Mapping[str, Any]]) -> list[PredictedEnd]:
        """Where runs with these params would end."""
        if not params:
            return []
        with np.errstate(all="ignore"), one_blas_thread():
            x = np.array([self._encoding.encode(each)[0] for each in params])
            mean, variance = self._posterior(self._correlation(x, self._x))
            variance = (variance + float(np.median(self._noise))) * self._factors[0] ** 2
            return [
                self._told(None, self._course.length(each), float(a), float(v))
                for each, a, v in zip(params, mean, variance, strict=True)
            ]

    def _has_end(self, run: ShownRun) -> bool:
        """Whether it is known where the run ended, or what it had at a horizon that is given."""
        if self._course.is_given:
            return len(run.curve.values) >= self.horizon
        return run.curve.state is RunState.FINISHED and not has_diverged(run)

    def _seen(self, run: ShownRun) -> Array:
        """What the values of a run made of the metric, up to a horizon that is given."""
        values = seen(self._metric, run.curve)
        return values[: self.horizon] if self._course.is_given else values

    def _chosen(self, runs: Sequence[ShownRun]) -> list[ShownRun]:
        """The runs that the model is made of: of many the best, and others spread evenly."""
        usable = [run for run in runs if not has_diverged(run)]
        if len(usable) <= MAX_RUNS:
            return usable
        sign = self._metric.sign
        ended = [run for run in usable if self._has_end(run)]
        partial = [run for run in usable if not self._has_end(run)]
        most = max(MAX_RUNS - len(ended), min(MAX_PARTIAL, len(partial)))
        chosen = []
        for group, count in ((ended, MAX_RUNS - most), (partial, most)):
            last = [sign * self._metric.of_curve(run.curve.values) for run in group]
            chosen += [group[i] for i in representatives(np.array(last), count)]
        return chosen

    def _points(self, run: ShownRun, target: Array, noise: float) -> tuple[Array, ...]:
        """W, values, noise and places of a run's points: (p, t), (p,), (p,), (p,)."""
        places = self._course.places(run)
        points = thinned(places, target - np.interp(places, *self._detail), self._nodes)
        w = np.hstack([weights(points.at, self._nodes), np.zeros((len(points.at), 1))])
        at = points.at.copy()
        if self._has_end(run):
            w[-1] = 0.0
            w[-1, -1] = 1.0
            at[-1] = np.inf
        off = BRIDGE * WANDER * between(points.at, self._nodes)
        return w, points.values, point_noise(points, noise) + off, at

    def _told(
        self,
        run_id: str | None,
        horizon: int,
        mean: float,
        variance: float,
        last: float | None = None,
    ) -> PredictedEnd:
        """A prediction in the metric's own units and sign."""
        sd, sign = math.sqrt(max(variance, 0.0)), self._metric.sign
        at = self._inverse(mean + sd * np.array([0.0, -Z80, Z80, -1.0, 1.0]))
        value, low, high, minus, plus = map(float, at)
        worst = self._transform.worst
        value = min(value, worst)
        last = value if last is None else max(value, last)
        if last >= worst and not self._transform.is_constant:
            # Beyond what the transformation tells apart: it ends about there, and not well. The
            # model's own doubt is the least there is.
            reach = max(WILD * (last - worst), 0.5 * Z80 * (plus - minus))
            value, low, high, minus, plus = last, last - reach, last + reach, 0.0, 2 * reach / Z80
        ends = sorted((sign * low, sign * high))
        return PredictedEnd(
            run_id, horizon, sign * value, ends[0], ends[1], abs(plus - minus) / 2.0, sign
        )

    def _inverse(self, targets: Array) -> Array:
        """Metric values of targets (n,); those beyond the cut go on as they do just below it.

        The transformation's own inverse ends at the cut, where intervals would have no width.
        """
        transform = self._transform
        found = transform.inverse(targets)
        cut = float(transform.forward(np.array([transform.worst]))[0])
        over = np.maximum(targets - cut, 0.0)
        if transform.is_constant or not over.any():
            return found
        below = float(transform.inverse(np.array([cut - STEP]))[0])
        return cast(Array, found + over * (transform.worst - below) / STEP)

    def _learn(self) -> None:
        """Estimate B and K: the first by expectation maximisation, runs taken one by one.

        B goes from its prior, worth PRIOR_CURVES, to what curves show. How much curves move
        at all is learned sooner: the parts of the prior that move are scaled to it.
        """
        w, y = self._w, self._y
        n, p, t = w.shape
        level, moves = LEVEL, self._b - LEVEL
        trust = self._is_ended.sum() / (self._is_ended.sum() + TRUST)
        noise = np.zeros((n, p, p))
        noise[:, np.arange(p), np.arange(p)] = self._n
        w_t = np.swapaxes(w, 1, 2)
        of_m = np.linalg.inv(self._m + 1e-9 * np.eye(t))
        for _ in range(EM_STEPS):
            cross = w @ self._b
            inverse = np.linalg.inv(cross @ w_t + noise)
            solved = w_t @ inverse
            mean = np.linalg.solve(
                of_m + (solved @ w).sum(axis=0), np.einsum("ntp,np->t", solved, y)
            )
            gain = np.swapaxes(cross, 1, 2) @ inverse
            f = np.einsum("ntp,np->nt", gain, y - w @ mean)
            covariance = self._b - gain @ cross
            second = f.T @ f + covariance.sum(axis=0)
            ratios = steps(second) / (n * steps(moves))
            scale = math.exp(trust * float(np.log(np.maximum(ratios, 1e-6)).mean()))
            self._b = PRIOR_CURVES * (level + scale * moves) + second
            self._b /= PRIOR_CURVES + n
        self._share, self._lengthscale = self._explained(f[:, -1], covariance[:, -1, -1])

    def _explained(self, end: Array, variance: Array) -> tuple[float, Array]:
        """The share of B that params explain, and their length scales (d,).

        Args:
            end: of f, by each run's own curve, shape (n,).
            variance: of that, shape (n,).
        """
        d, prior = len(self._encoding), float(self._b[-1, -1])
        telling = np.flatnonzero(variance < TELLING * prior)
        if not d or len(telling) < MIN_TELLING:
            return 0.0, DEFAULT_PRIOR.mode(d).lengthscale
        order = np.argsort(variance[telling], kind="stable")
        telling = np.sort(telling[order[:MAX_FIT_RUNS]])
        # What the curve says without the prior: precisions and their means subtract.
        posterior = np.maximum(variance[telling], 1e-9)
        own = 1.0 / (1.0 / posterior - 1.0 / prior)
        y = end[telling] * own / posterior / math.sqrt(prior)
        law, _ = fit(self._x[telling], y, self._encoding.is_category, own / prior)
        share = law.signal_variance / (law.signal_variance + law.noise_variance)
        return min(share, MAX_SHARE), law.lengthscale

    def _correlation(self, a: Array, b: Array) -> Array:
        """Correlation by params of points a (m, d) and b (n, d), shape (m, n)."""
        if not a.shape[1]:
            return np.zeros((len(a), len(b)))
        distances = Distances(b, self._encoding.is_category, self._lengthscale[None, :])
        return cast(Array, self._share * matern52(distances(a))[0][0])

    def _solve(self) -> None:
        """Factor the covariance of all points; the ends of all runs follow."""
        n, p, t = self._w.shape
        correlation = self._correlation(self._x, self._x)
        correlation[np.diag_indices(n)] = 1.0
        self._used = np.flatnonzero(self._n.ravel() < UNUSED)
        self._run = self._used // p
        w = self._w.reshape(n * p, t)[self._used]
        self._of_f, self._of_m = w @ self._b, w @ self._m
        covariance = correlation[self._run][:, self._run]
        covariance *= self._of_f @ w.T
        covariance += self._of_m @ w.T
        covariance[np.diag_indices(len(w))] += self._n.ravel()[self._used]
        self._inverse_factor, _ = lapack.dtrtri(cholesky(covariance), lower=1)
        self._half = self._inverse_factor @ self._y.ravel()[self._used]
        mean, variance = self._posterior(correlation)
        self._ends = mean, variance + self._noise

    def _posterior(self, correlation: Array) -> tuple[Array, Array]:
        """Mean and variance of ends of runs with a correlation (m, n) to those known."""
        cross = correlation[:, self._run] * self._of_f[:, -1] + self._of_m[:, -1]
        half = self._inverse_factor @ cross.T
        variance = self._m[-1, -1] + self._b[-1, -1] - np.square(half).sum(axis=0)
        return half.T @ self._half, np.maximum(variance, LEAST_VARIANCE)

    def _end_of_other(self, run: ShownRun, target: Array) -> tuple[float, float]:
        """Mean and variance of the end of a run that the model is not made of."""
        noise = float(noise_of([target])[0]) if len(target) > 4 else float(np.median(self._noise))
        w, y, n, _ = self._points(run, target, noise)
        correlation = self._correlation(self._encoding.encode(run.params)[0][None, :], self._x)[0]
        cross = self._of_f * correlation[self._run, None] + self._of_m
        half = self._inverse_factor @ cross
        mean = half.T @ self._half
        covariance = self._b + self._m - half.T @ half
        shown = w @ covariance
        gain = np.linalg.solve(shown @ w.T + np.diag(n), shown[:, -1])
        end = float(mean[-1] + gain @ (y - w @ mean))
        variance = float(covariance[-1, -1] - gain @ shown[:, -1])
        return end, max(variance, LEAST_VARIANCE) + noise

    def _calibrate(self) -> None:
        """How much wider or narrower than they say intervals have to be, by place.

        Each run whose end is known is told from what it showed up to a place and from all
        other runs, by the inverse of a covariance without its later points S: the error is
        (Q_SS)⁻¹ α_S and its covariance (Q_SS)⁻¹, for Q the inverse of the covariance of
        all points and α = Q y (Rasmussen & Williams 2006, section 5.4.2).
        """
        self._levels = np.append(0.0, self._nodes[:-1])
        self._factors = np.full(len(self._levels), WIDENED)
        ended = np.flatnonzero(self._is_ended)
        if not len(ended):
            return
        n, p, _ = self._w.shape
        at = np.full(n * p, len(self._used))
        at[self._used] = np.arange(len(self._used))
        at = at.reshape(n, p)[ended]
        columns = np.hstack([self._inverse_factor, np.zeros((len(self._used), 1))])
        alpha = np.append(self._half @ self._inverse_factor, 0.0)[at]
        blocks = np.array([columns[:, each].T @ columns[:, each] for each in at])
        is_point = at < len(self._used)
        last = is_point.sum(axis=1) - 1
        rows = np.arange(len(ended))
        for j, level in enumerate(self._levels):
            out = is_point & (self._at[ended] > level)
            block = np.where(out[:, :, None] & out[:, None, :], blocks, np.eye(p))
            covariance = np.linalg.inv(block)
            error = np.einsum("np,np->n", covariance[rows, last], np.where(out, alpha, 0.0))
            self._factors[j] = _widening(error / np.sqrt(covariance[rows, last, last]))


def _widening(errors: Array) -> float:
    """What intervals are to be multiplied by, given errors in standard deviations (n,).

    So that they hold 80 % of these errors and of PRIOR_RUNS others, as large as WIDENED
    lets expect.
    """
    share = (np.arange(PRIOR_RUNS) + 0.5) / PRIOR_RUNS
    expected = [WIDENED * _NORMAL.inv_cdf(0.5 + 0.5 * q) for q in share]
    errors = np.append(np.abs(errors), expected)
    share_held = min(0.8 * (1.0 + 1.0 / len(errors)), 1.0)
    return float(np.quantile(errors, share_held)) / Z80


def _references(curves: Sequence[Array]) -> Array:
    """The values that the transformation is made for: a few of each curve, evenly."""
    return np.concatenate(
        [curve[np.linspace(0, len(curve) - 1, REFERENCES).astype(int)] for curve in curves]
    )


def _padded(arrays: Sequence[Array], filling: float = 0.0) -> Array:
    """Arrays (p_i, …) as one, (n, max p, …)."""
    most = max(len(each) for each in arrays)
    out = np.full((len(arrays), most, *arrays[0].shape[1:]), filling)
    for row, each in zip(out, arrays, strict=True):
        row[: len(each)] = each
    return out
