"""Where runs end, told from their curves, those of other runs, and their params.

Notation; inside, the metric is transformed (`targets`) and minimised:

======================  ==================================================================
k                       iteration: the k-th value of a run, counted from 1
H                       horizon: the iteration at which ends are predicted
g (T,)                  nodes: iterations from 1 to H, dense at first; the last one is H
f_i (T,)                the curve of run i at the nodes, less the mean curve m
W_i (p, T)              what f_i + m is at the iterations of p observed points: linear in
                        log k between the nodes
N_i (p, p)              diagonal noise of these points
B (T, T)                covariance of a curve with itself, along iterations
M (T, T)                prior covariance of the mean curve
K (n, n)                correlation of runs by their params, 1 on the diagonal
======================  ==================================================================

The model is y_i = W_i (m + f_i) + noise, with m ~ N(0, M) and cov(f_i, f_j) = K_ij B: a
Gaussian process over (params, iteration) with a product kernel (Swersky, Snoek & Adams
2014 use a sum; a product lets similar params share the shape of their curves as well).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from nbsweep.records import LASTING, Curve, Metric, RunState
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Encoding
from nbsweep.search.gp import Distances, cholesky, fit, matern52
from nbsweep.search.targets import TargetTransform
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

NODES = 12
SPACING = 2.5  # nodes at H·(j/T)^SPACING: between logarithmic (early) and linear (late)
MIN_OTHERS = 3  # runs that came near the horizon, below which only long curves are predicted
MIN_POINTS = 6  # values of a run's own curve, where few others are known
MAX_RUNS = 100  # that the model is made of
MAX_FIT_RUNS = 40  # for the length scales
EM_STEPS = 12
PRIOR_CURVES = 12.0  # that the prior of B is worth
Z80 = NormalDist().inv_cdf(0.9)
_NORMAL = NormalDist()


class ShownRun(NamedTuple):
    """A run and what it has shown.

    Attributes:
        params: flat parameter name to natural value.
        curve: its metric; `run_id` and `state` are looked at too.
    """

    params: Mapping[str, Any]
    curve: Curve


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
        """Probability that the run ends better than `value`."""
        ahead = self.sign * (value - self.value)
        reach = self.high - self.value if value > self.value else self.value - self.low
        if not reach > 0.0:
            return float(ahead > 0.0)
        return _NORMAL.cdf(ahead / reach * Z80)


class _Points(NamedTuple):
    """What one curve is to the model: shape (p,) each, p ≤ NODES + 1."""

    iterations: Array
    values: Array
    counts: Array


class CurveModel:
    """Predictive distributions of where runs end; see the module.

    Attributes:
        horizon: the iteration that ends are predicted for.
    """

    def __init__(
        self,
        config: SweepConfig,
        metric: Metric,
        runs: Sequence[ShownRun],
        horizon: int,
    ) -> None:
        self.horizon = horizon
        self._metric = metric
        self._encoding = Encoding(config.space)
        self._runs = {run.curve.run_id: run for run in runs}
        self._curves = {run.curve.run_id: seen(metric, run.curve) for run in runs}
        chosen = [run for run in runs if run.curve.diverged < LASTING]
        self._place = {run.curve.run_id: i for i, run in enumerate(chosen)}
        curves = [self._curves[run.curve.run_id] for run in chosen]
        self._transform = TargetTransform.of(_reference(curves))
        targets = [self._transform.forward(curve) for curve in curves]
        self._noise = _noise(targets)
        self._nodes = _nodes(horizon)
        points = [_points(target, self._nodes, horizon) for target in targets]
        self._w, self._y, self._n = _padded(points, self._nodes, self._noise)
        self._reached = np.array([len(target) for target in targets])
        self._learn(np.array([self._encoding.encode(run.params)[0] for run in chosen]))

    @classmethod
    def of(
        cls, config: SweepConfig, runs: Sequence[ShownRun], horizon: int | None = None
    ) -> CurveModel | None:
        """The model of some runs, in any order; None where too little is known.

        Args:
            config: the sweep; without a metric there is no model.
            runs: running, stopped and finished ones.
            horizon: iteration to predict ends for; by default where finished runs ended,
                by the median.
        """
        shown = [run for run in runs if run.curve.values]
        if config.metric is None or not shown:
            return None
        if horizon is None:
            lengths = [
                len(run.curve.values) for run in shown if run.curve.state is RunState.FINISHED
            ]
            if not lengths:
                return None
            horizon = int(np.median(lengths))
        if horizon < 2:
            return None
        shown.sort(key=lambda run: (run.curve.run_id, run.curve.values))
        try:
            with np.errstate(all="ignore"), one_blas_thread():
                return cls(config, config.metric, shown, horizon)
        except (ArithmeticError, np.linalg.LinAlgError):
            return None

    def end(self, run_id: str) -> PredictedEnd | None:
        """Where a run ends; None where that cannot be told.

        The end of a finished run is known. A run that has diverged, or gone beyond the
        horizon without an end, has no prediction.
        """
        run = self._runs.get(run_id)
        if run is None:
            return None
        curve = self._curves[run_id]
        if run.curve.state is RunState.FINISHED:
            value = self._metric.sign * float(curve[-1])
            return PredictedEnd(run_id, len(curve), value, value, value, 0.0, self._metric.sign)
        if run_id not in self._place or len(curve) >= self.horizon:
            return None
        i = self._place[run_id]
        if np.count_nonzero(self._reached >= 0.9 * self.horizon) < MIN_OTHERS and (
            len(curve) < MIN_POINTS or not np.ptp(curve) > 0.0
        ):
            return None
        return self._told(run_id, float(self._end_mean[i]), float(self._end_variance[i]))

    def new(self, params: Sequence[Mapping[str, Any]]) -> list[PredictedEnd]:
        """Where runs with these params would end."""
        x = np.array([self._encoding.encode(each)[0] for each in params])
        with np.errstate(all="ignore"), one_blas_thread():
            between = self._correlation(x.reshape(len(params), len(self._encoding)), self._x)
            mean, variance = self._posterior(between, np.ones(len(params)))
        noise = float(np.median(self._noise))
        return [
            self._told(None, float(a), float(v) + noise)
            for a, v in zip(mean, variance, strict=True)
        ]

    def _told(self, run_id: str | None, mean: float, variance: float) -> PredictedEnd:
        """A prediction in the metric's own units and sign."""
        sd, sign = math.sqrt(max(variance, 0.0)), self._metric.sign
        at = self._transform.inverse(mean + sd * np.array([0.0, -Z80, Z80, -1.0, 1.0]))
        value, low, high, minus, plus = (sign * float(each) for each in at)
        return PredictedEnd(
            run_id,
            self.horizon,
            value,
            min(low, high),
            max(low, high),
            abs(plus - minus) / 2,
            sign,
        )

    def _learn(self, x: Array) -> None:
        """Estimate B, then the correlation by params, and solve for all runs."""
        n, t = len(x), len(self._nodes)
        log_k = np.log(self._nodes)
        self._m_prior = _mean_prior(log_k)
        self._b = _curve_prior(log_k)
        prior, w, y = self._b, self._w, self._y
        noise = self._n[:, :, None] * np.eye(w.shape[1])
        mean = np.zeros(t)
        inverse_m = np.linalg.inv(self._m_prior + 1e-9 * np.eye(t))
        for _ in range(EM_STEPS):
            gain, covariance = _gain(w, self._b, noise)
            solved = np.swapaxes(
                np.linalg.solve(w @ self._b @ np.swapaxes(w, 1, 2) + noise, w), 1, 2
            )
            precision = inverse_m + (solved @ w).sum(axis=0)
            mean = np.linalg.solve(precision, (solved @ y[:, :, None])[:, :, 0].sum(axis=0))
            residual = (gain @ (y - w @ mean)[:, :, None])[:, :, 0]
            second = residual.T @ residual + covariance.sum(axis=0)
            self._b = (PRIOR_CURVES * prior + second) / (PRIOR_CURVES + n)
        gain, covariance = _gain(w, self._b, noise)
        residual = (gain @ (y - w @ mean)[:, :, None])[:, :, 0]
        self._x = x
        self._share, self._lengthscale = self._fitted(
            residual[:, -1], covariance[:, -1, -1], float(self._b[-1, -1])
        )
        self._solve()

    def _fitted(self, end: Array, variance: Array, prior: float) -> tuple[float, Array]:
        """The share of B that params explain, and their length scales (d,)."""
        d = self._x.shape[1]
        known = np.flatnonzero(variance < 0.7 * prior)
        if not d or len(known) < 2:
            return 0.5, np.full(d, 0.35 * math.sqrt(max(d, 1)))
        known = np.sort(known[np.argsort(variance[known], kind="stable")[:MAX_FIT_RUNS]])
        # What the curves say without the prior: posterior precision less prior precision.
        own = 1.0 / (1.0 / np.maximum(variance[known], 1e-9) - 1.0 / prior)
        y = end[known] * own / np.maximum(variance[known], 1e-9)
        scale = math.sqrt(prior)
        found, _ = fit(self._x[known], y / scale, self._encoding.is_category, own / prior)
        share = found.signal_variance / (found.signal_variance + found.noise_variance)
        return float(np.clip(share, 0.0, 0.98)), found.lengthscale

    def _correlation(self, a: Array, b: Array) -> Array:
        """Correlation by params of points a (m, d) and b (n, d), shape (m, n)."""
        if not a.shape[1]:
            return np.full((len(a), len(b)), 0.0)
        distances = Distances(b, self._encoding.is_category, self._lengthscale[None, :])
        return cast(Array, self._share * matern52(distances(a))[0][0])

    def _solve(self) -> None:
        n, p, t = self._w.shape
        correlation = self._correlation(self._x, self._x)
        correlation[np.diag_indices(n)] = 1.0
        used = self._used = np.flatnonzero(self._n.ravel() < UNUSED)
        w = self._w.reshape(n * p, t)[used]
        run = self._run = used // p
        covariance = (w @ self._m_prior) @ w.T
        covariance += correlation[run][:, run] * ((w @ self._b) @ w.T)
        covariance[np.diag_indices(len(used))] += self._n.ravel()[used]
        self._factor = cholesky(covariance)
        self._flat_w = w
        y = self._y.ravel()[used]
        self._half = solve_triangular(self._factor, y, lower=True, check_finite=False)
        mean, variance = self._posterior(correlation, np.ones(n))
        self._end_mean = mean
        self._end_variance = variance + self._noise

    def _posterior(self, correlation: Array, own: Array) -> tuple[Array, Array]:
        """Mean and variance of the ends of runs with a correlation (m, n) to those known."""
        shared = self._flat_w @ self._m_prior[:, -1]
        single = self._flat_w @ self._b[:, -1]
        cross = shared + correlation[:, self._run] * single
        half = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        mean = half.T @ self._half
        variance = self._m_prior[-1, -1] + self._b[-1, -1] * own - np.square(half).sum(axis=0)
        return mean, np.maximum(variance, 1e-12)


UNUSED = 1e5  # noise of what only fills up an array


def seen(metric: Metric, curve: Curve) -> Array:
    """What each value of a curve made of the metric, shape (k,), to be minimised.

    With mode "best" that is the best value so far, and so on (`Metric.of_curve`), so that
    a run ends at the last one whatever the mode.
    """
    values = np.asarray(curve.values, dtype=float)
    kind = metric.aggregate
    if kind == "min":
        values = np.minimum.accumulate(values)
    elif kind == "max":
        values = np.maximum.accumulate(values)
    elif kind == "mean":
        values = np.cumsum(values / 1.0) / np.arange(1, len(values) + 1)
    elif kind == "first":
        values = np.full_like(values, values[0])
    return cast(Array, metric.sign * values)


def _reference(curves: Sequence[Array]) -> Array:
    """The values that the transformation is made for: the later half of each curve."""
    parts = [curve[len(curve) // 2 :] for curve in curves]
    return np.concatenate([part[np.linspace(0, len(part) - 1, 6).astype(int)] for part in parts])


def _nodes(horizon: int) -> Array:
    share = np.linspace(0.0, 1.0, NODES + 1)[1:] ** SPACING
    return np.unique(np.maximum(np.round(horizon * share), 1.0))


def _points(values: Array, nodes: Array, horizon: int) -> _Points:
    """A curve as its last value and medians of the others between neighbouring nodes."""
    values = values[:horizon]
    k = np.arange(1, len(values) + 1)
    edges = np.append(0.0, np.floor(np.sqrt(nodes[1:] * nodes[:-1])))
    which = np.searchsorted(edges, k, side="left")
    iterations, middles, counts = [], [], []
    for group in np.unique(which[:-1]):
        members = np.flatnonzero(which[:-1] == group)
        iterations.append(math.exp(float(np.log(k[members]).mean())))
        middles.append(float(np.median(values[members])))
        counts.append(float(len(members)))
    return _Points(
        np.append(iterations, float(k[-1])),
        np.append(middles, values[-1]),
        np.append(counts, 1.0),
    )


def _noise(targets: Sequence[Array]) -> Array:
    """Variance of the noise of each curve, shape (n,): from second differences, robustly."""
    found, counts = [], []
    for target in targets:
        late = target[len(target) // 4 :]
        bend = late[1:-1] - 0.5 * (late[2:] + late[:-2]) if len(late) > 2 else np.empty(0)
        counts.append(len(bend))
        mad = float(np.median(np.abs(bend))) / 0.6745 if len(bend) else 0.0
        found.append(mad * mad / 1.5)
    variance, count = np.array(found), np.array(counts, dtype=float)
    enough = count >= 3
    pooled = float(np.median(variance[enough])) if enough.any() else 1e-2
    own = (10.0 * pooled + count * variance) / (10.0 + count)
    return np.maximum(own, 1e-5)


def _padded(points: Sequence[_Points], nodes: Array, noise: Array) -> tuple[Array, Array, Array]:
    """W (n, p, T), values (n, p) and noise (n, p) of all curves."""
    p, log_k = max(len(each.values) for each in points), np.log(nodes)
    w = np.zeros((len(points), p, len(nodes)))
    y = np.zeros((len(points), p))
    n = np.full((len(points), p), 1e6)
    for i, each in enumerate(points):
        at = np.interp(np.log(each.iterations), log_k, np.arange(len(nodes)))
        below = np.minimum(at.astype(int), len(nodes) - 2)
        row = np.arange(len(at))
        w[i, row, below] = 1.0 - (at - below)
        w[i, row, below + 1] = at - below
        y[i, row] = each.values
        n[i, row] = noise[i] * np.where(each.counts > 2, 1.57 / each.counts, 1.0 / each.counts)
    return w, y, n


def _gain(w: Array, b: Array, noise: Array) -> tuple[Array, Array]:
    """Gain (n, T, p) and covariance (n, T, T) of each curve by itself."""
    cross = w @ b
    gain = np.swapaxes(np.linalg.solve(cross @ np.swapaxes(w, 1, 2) + noise, cross), 1, 2)
    return gain, b - gain @ cross


def _parts(log_k: Array) -> tuple[Array, Array, Array]:
    """Correlations along iterations: of a level, of what decays, of what wanders."""
    k = np.exp(log_k)
    decay = (1.0 / (1.0 + 0.25 * (k[:, None] + k[None, :]))) ** 0.7
    gap = np.abs(log_k[:, None] - log_k[None, :])
    return np.ones_like(gap), decay, np.exp(-gap)


def _curve_prior(log_k: Array) -> Array:
    level, decay, wander = _parts(log_k)
    return 0.7 * level + 1.0 * decay + 0.15 * wander


def _mean_prior(log_k: Array) -> Array:
    level, decay, wander = _parts(log_k)
    return 2.0 * level + 9.0 * decay + 0.3 * wander
