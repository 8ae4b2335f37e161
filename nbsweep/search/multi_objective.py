"""Several objectives, and limits on metrics: what bayes does under `metrics`.

Each metric has a surrogate of its own, over the runs that have a value of it: a run that lacks
one still teaches the others. Only a run with all of them, within the limits, can be on the
front; where runs end without one of them is left to the chance of success (`feasibility`).
The next run is where the front is expected to grow most (`front_improvement`), times the
probability that the limits are kept (`kept_limits`). While no run has kept the limits, that
probability alone counts. With one objective it is the expected improvement on the best run
that keeps the limits.

Pure as all search is: the same inputs give the same suggestion, whatever their order.

What was tried, as the share of the reference front's hypervolume that is missing after 30 runs
on five problems (Branin-Currin, ZDT1, DTLZ2 with three objectives, DTLZ2 with noise, error and
latency of a network), two seeds each; see benchmarks/search/fronts:

- expected hypervolume improvement, as it is here: 0.14;
- one random scalarisation a run and a surrogate of it: hypervolume scalarisations (Zhang &
  Golovin 2020) 0.28, augmented Chebyshev (Knowles 2006, ParEGO) 0.19, with the same prior;
- volume in targets instead of the metrics' units (`_log_weight`): 0.16;
- the volume ends a tenth beyond the front instead of at the worst run: on ZDT1 the front
  shrank to one corner, and 0.80 was missing instead of 0.17. At the 0.8-quantile: 0.19 over
  all five;
- the prior on where the optimum is (`optimum_prior`) at its whole weight for ever, 0.17 on ZDT1,
  whose front lies on an edge; without it 0.06 there, but 0.73 for DTLZ2, where every run then
  goes to a corner. Fading after EDGE_RUNS runs it is 0.06 and 0.24.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nbsweep.objectives import of_values, reference_point
from nbsweep.records import Curve, Metric, Observation, RunState, Suggestion, is_number
from nbsweep.search.beliefs import Beliefs
from nbsweep.search.boxes import Boxes, boxes_of, front_of, front_places, reference_of
from nbsweep.search.encoding import Encoding
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.front_improvement import FrontImprovement, Term
from nbsweep.search.gp import GaussianProcess
from nbsweep.search.improvement import CAUTION
from nbsweep.search.kept_limits import KeptLimits, ends
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.maximize import maximize, mutate
from nbsweep.search.optimum_prior import OptimumPrior
from nbsweep.search.run_cost import RunCost
from nbsweep.search.surrogate import Model
from nbsweep.search.targets import grain
from nbsweep.search.warp import unwarp
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

DRAWN = 300  # candidates from the whole space
MUTATED = 300  # candidates around the front
PARENTS = 10  # points of the front that candidates are made of
CLIMBS = 3
MAX_FRONT_POINTS = 500  # runs that are asked whether they are on the front
LIKELY = 0.5  # a run under way that keeps the limits with this probability counts as one
EDGE_RUNS = 10  # runs up to which the prior on where the optimum is has its whole weight
BELIEVED = 0.4  # of the weight that beliefs have beside one metric; at 1 wrong ones cost more
LEAST_SLOPE = 1e-6  # of a metric over its targets, beside the steepest
MODEL_DRAWS = 4  # sets of hyperparameters of each surrogate, beside the most likely one
DRAWS = 512  # of the prediction, for what a run is expected to add


@dataclass(frozen=True)
class MetricRuns:
    """What the runs say of each metric of a sweep.

    Attributes:
        metrics: of the config.
        known: of each metric, points and values to be minimised.
        joint: the runs with all metrics, by the first objective; runs that lack one failed.
        x: shape (n, d), runs with all metrics that keep the limits.
        values: shape (n, m), their objectives, to be minimised.
    """

    metrics: tuple[Metric, ...]
    known: tuple[KnownPoints, ...]
    joint: KnownPoints
    x: Array
    values: Array

    @classmethod
    def of(
        cls,
        encoding: Encoding,
        config: SweepConfig,
        observations: Sequence[Observation],
        pending: Sequence[Suggestion] = (),
    ) -> MetricRuns:
        """Sort the runs by metric.

        Args:
            encoding: of the space.
            config: with `metrics`.
            observations: ended runs, in any order.
            pending: suggestions whose runs are under way.
        """
        metrics, encoding = config.metrics, _Remembering(encoding)
        observations = [each for each in observations if each.source is None]
        runs = [(observation, _values(observation, config)) for observation in observations]
        known = [known_of(encoding, config, observations, metric.name) for metric in metrics]
        whole = [_whole(run, values) for run, values in runs]
        joint = KnownPoints.of(encoding, config.metric, whole, pending)
        kept = []
        for run, values in runs:
            judged = of_values(values, metrics)
            if judged.point is not None and judged.is_feasible and run.state.counts:
                kept.append((*encoding.encode(run.params)[0], *judged.point))
        d = len(encoding)
        rows = np.array(sorted(kept)).reshape(len(kept), d + len(config.objectives))
        return cls(metrics, tuple(known), joint, rows[:, :d], rows[:, d:])

    @property
    def objectives(self) -> list[int]:
        """Places of the objectives among the metrics."""
        return [k for k, metric in enumerate(self.metrics) if metric.is_objective]

    @cached_property
    def front(self) -> Array:
        """The front (n, m) of the runs that keep the limits, in the metrics' units."""
        return front_of(self.values)

    @cached_property
    def reference(self) -> Array:
        """The point (m,) to which its volume is measured; there is a front."""
        return np.array(reference_point([tuple(map(float, point)) for point in self.front]))


def known_of(
    encoding: Encoding,
    config: SweepConfig,
    observations: Sequence[Observation],
    name: str | None = None,
) -> KnownPoints:
    """What the runs say of the metric of that name; of the config's `metric` without one."""
    if name is None or not config.metrics:
        return KnownPoints.of(encoding, config.metric, observations)
    k = [metric.name for metric in config.metrics].index(name)
    metric = config.metrics[k]
    shown = [
        replace(
            run,
            value=_values(run, config)[k],
            curve=_curve(run, k, metric == config.metric),
        )
        for run in observations
    ]
    return KnownPoints.of(encoding, metric, shown)


class _Remembering(Encoding):
    """An encoding that works out the point of a run once, however many metrics it has."""

    def __init__(self, encoding: Encoding) -> None:
        self.__dict__.update(encoding.__dict__)
        self._points: dict[int, tuple[Array, bool]] = {}

    def encode(self, params: Mapping[str, Any]) -> tuple[Array, bool]:
        """See `Encoding.encode`; params are told apart by identity, and live longer than this."""
        point = self._points.get(id(params))
        if point is None:
            point = self._points[id(params)] = super().encode(params)
        return point


def _curve(run: Observation, k: int, is_first: bool) -> Curve | None:
    """The curve of a run's k-th metric, None where it is not known."""
    if run.curves:
        return run.curves[k]
    return run.curve if is_first else None


def _values(observation: Observation, config: SweepConfig) -> tuple[float | None, ...]:
    """Of each metric; of a run that tells only one, that of the first objective."""
    if len(observation.values) == len(config.metrics):
        return tuple(v if is_number(v) else None for v in observation.values)
    value = observation.value if is_number(observation.value) else None
    return tuple(value if metric == config.metric else None for metric in config.metrics)


def _whole(run: Observation, values: Sequence[float | None]) -> Observation:
    """A run by all of its metrics: without a value where it lacks one.

    One from before the sweep, of which only one metric is known, says nothing of the others.
    """
    if None not in values:
        return run
    state = RunState.KILLED if run.state.counts and not run.values else run.state
    return replace(run, value=None, curve=None, state=state)


class Surrogates:
    """The surrogates of a sweep's metrics, and the choice that follows from them.

    Args:
        runs: every metric has a value in some run.
        encoding: of the space.

    Attributes:
        models: of each objective, in the order of the config.
        limits: the probability of keeping the limits; None without any that an objective's
            own surrogate does not answer for.
    """

    def __init__(self, runs: MetricRuns, encoding: Encoding) -> None:
        self._runs = runs
        self._encoding = encoding
        fit = (encoding.is_category, encoding.may_bend)
        self.models = [Model.of(runs.known[k], *fit) for k in runs.objectives]
        asked = self._asked = [k for k, m in enumerate(runs.metrics) if self._is_asked(m)]
        limits, known = [runs.metrics[k] for k in asked], [runs.known[k] for k in asked]
        self.limits = KeptLimits(limits, known, encoding) if asked else None

    def _is_asked(self, metric: Metric) -> bool:
        """Whether a limit needs a surrogate of its own.

        Where a run keeps the limits, a limit on the bad values of an objective bounds what an
        improvement is.
        """
        if not metric.has_limit:
            return False
        one_sided = math.isinf(ends(metric)[0])
        return not (metric.is_objective and one_sided and len(self._runs.x))

    @property
    def _bounds(self) -> Array:
        """The worst value (m,) that each objective may have, where `limits` does not ask for it."""
        metrics = [self._runs.metrics[k] for k in self._runs.objectives]
        return np.array([math.inf if self._is_asked(m) else ends(m)[1] for m in metrics])

    @property
    def by_metric(self) -> list[tuple[str, Model, KnownPoints]]:
        """Name, surrogate and runs of each metric that has a surrogate, in the config's order."""
        runs = self._runs
        found = dict(zip(self._asked, self.limits.models if self.limits else (), strict=True))
        found |= dict(zip(runs.objectives, self.models, strict=True))
        return [(runs.metrics[k].name, found[k], runs.known[k]) for k in sorted(found)]

    @property
    def why(self) -> str:
        """By what the next run is chosen, see `bayes_search`."""
        if self.limits is not None and not len(self._runs.x):
            return "limits"
        flat = all(model.transform.is_constant for model in self.models)
        return "exploration" if flat else "model"

    @property
    def is_doubted(self) -> bool:
        """Whether no objective is predicted."""
        return all(model.is_doubted for model in self.models)

    def judged(self, beliefs: Beliefs, rng: np.random.Generator) -> Beliefs:
        """The beliefs, with those dropped that the runs contradict."""
        runs = self._runs
        keeps = None if self.limits is None else self.limits.log_probability
        sign = runs.known[runs.objectives[0]].sign
        return beliefs.judged_by_front(self.models, sign, runs.x, keeps, rng)

    @cached_property
    def parents(self) -> Array:
        """Points (p, d) that good ones are looked for around: of the front."""
        runs = self._runs
        if not len(runs.x):
            x = runs.joint.x
            if self.limits is not None:
                x = x[np.argsort(-self.limits.log_probability(x), kind="stable")]
            return x[:PARENTS]
        fitted = [model.gp.posterior(runs.x)[0][0] for model in self.models]
        places = front_places(np.column_stack(fitted))
        few = np.linspace(0, len(places) - 1, min(len(places), PARENTS)).astype(int)
        return cast(Array, runs.x[[places[i] for i in few]])

    def ranked(
        self,
        feasibility: Feasibility | None,
        cost: RunCost | None,
        unseen: Array | None,
        rng: np.random.Generator,
        beliefs: Beliefs | None = None,
    ) -> Array:
        """Points (n, d) in order of falling acquisition function.

        Args:
            feasibility: None while every run has had all metrics.
            cost: of runs; None where time does not count.
            unseen: the points to choose from; None for the whole space.
            rng: every random choice follows from it.
            beliefs: as `judged`; None without any.
        """
        encoding, first = self._encoding, self.models[0]
        x_pending = self._runs.joint.x_pending
        # What is the same everywhere cannot be improved, and its doubt is none.
        varying = [j for j, m in enumerate(self.models) if not m.transform.is_constant]
        active = varying or list(range(len(self.models)))
        models = [self.models[j] for j in active]
        gps = [
            model.with_pending(model.with_draws(rng, MODEL_DRAWS), x_pending) for model in models
        ]
        cost = None if cost is None else cost.tempered(first.x, first.y)
        boxes = self._boxes(active, gps)
        weight = 0.0 if boxes is None else _log_weight(boxes, models)
        objective = FrontImprovement(
            gps, boxes, self._terms(models, feasibility, cost, beliefs), weight
        )
        if unseen is not None:
            value = objective.value(unseen)
            value = value if cost is None else cost.weighed(value, unseen)
            return cast(Array, unseen[np.argsort(-value, kind="stable")])
        bends = [model.bend for model in models]
        bend = np.mean(bends, axis=0)
        parents = encoding.snap(self.parents)
        share = DRAWN // (1 + len(bends))
        even = [unwarp(rng.random((share, len(encoding))), each) for each in bends]
        candidates = np.vstack(
            [
                encoding.sample(share, rng),
                *(encoding.allowed(encoding.from_probabilities(u)) for u in even),
                mutate(encoding, parents, MUTATED, rng, bend),
            ]
        )
        if beliefs is not None:
            moved = beliefs.candidates(candidates[: DRAWN // 2], parents, rng)
            candidates = np.vstack([candidates, moved])
        x = maximize(objective, encoding, candidates, CLIMBS, rng, bend).x
        return x if cost is None else cost.ranked(objective, encoding, x, rng)

    def _boxes(self, active: Sequence[int], gps: Sequence[GaussianProcess]) -> Boxes | None:
        """What is to be improved upon, in targets; None while no run keeps the limits.

        Args:
            active: which of the objectives count.
            gps: the posterior of each of them, pending runs included.
        """
        runs = self._runs
        if not len(runs.x):
            return None
        x = np.vstack([runs.x[_foremost(runs.values, MAX_FRONT_POINTS)], self._likely_pending()])
        means = np.column_stack([gp.posterior(x)[0].mean(axis=0) for gp in gps])
        front = front_of(means)
        if len(active) == 1:
            front = front - self._least_gain(active[0])
        # As bad as the worst run: what is no worse than any run counts (see the module).
        reference = np.maximum(reference_of(front), means.max(axis=0))
        for i, j in enumerate(active):
            if math.isfinite(bound := self._bounds[j]):
                target = float(self.models[j].transform.forward(np.array([bound]))[0])
                reference[i] = min(reference[i], target)
        return boxes_of(front, reference)

    def _likely_pending(self) -> Array:
        """The points of runs under way that will probably keep the limits."""
        x = self._runs.joint.x_pending
        if self.limits is None or not len(x):
            return x
        return cast(Array, x[self.limits.log_probability(x) >= math.log(LIKELY)])

    def _least_gain(self, j: int) -> float:
        """See `targets.grain`, in targets of objective j."""
        _, first = np.unique(self._runs.x, axis=0, return_index=True)
        values = self._runs.values[first, j]
        best = float(values.min())
        step = np.array([best, best - grain(values)])
        high, low = self.models[j].transform.forward(step)
        return float(high - low)

    def _terms(
        self,
        models: Sequence[Model],
        feasibility: Feasibility | None,
        cost: RunCost | None,
        beliefs: Beliefs | None,
    ) -> list[Term]:
        terms, has_ends = [], ~self._encoding.is_category
        if beliefs is not None and beliefs.followed:
            joint, nowhere = self._runs.joint, np.zeros(len(has_ends), dtype=bool)
            n_runs = len(joint.values) + len(joint.x_failed)
            believed = OptimumPrior(nowhere, beliefs=beliefs, n_runs=n_runs)
            terms.append(Term(believed.log_prior, believed.log_prior_and_gradient, BELIEVED))
            has_ends[[axis.place for axis in beliefs.followed]] = False
        for model in models:
            prior = OptimumPrior(has_ends, np.where(has_ends, model.bend, 0.0))
            weight = min(1.0, EDGE_RUNS / len(self._runs.joint.x)) / len(models)
            terms.append(Term(prior.log_prior, prior.log_prior_and_gradient, weight))
        if self.limits is not None:
            keeps = (self.limits.log_probability, self.limits.log_probability_and_gradient)
            terms.append(Term(*keeps, CAUTION))
        if feasibility is not None:
            terms.append(
                Term(
                    feasibility.log_probability,
                    feasibility.log_probability_and_gradient,
                    CAUTION,
                )
            )
        if cost is not None and cost.time_left_s is not None:
            terms.append(Term(cost.log_in_time, cost.log_in_time_with_gradient))
        return terms

    def expected(self, x: Array) -> dict[str, float | None]:
        """What a run at x (d,) is expected to add, for the origin; see `bayes_search`."""
        runs = self._runs
        keeps = 1.0 if self.limits is None else math.exp(self.limits.log_probability(x[None])[0])
        numbers: dict[str, float | None] = {}
        if any(metric.has_limit for metric in runs.metrics):
            numbers["probability_of_limits"] = keeps
        if not len(runs.x):
            return numbers
        y = self._drawn(x)
        within = np.all(y <= self._bounds, axis=1)
        if "probability_of_limits" in numbers:
            numbers["probability_of_limits"] = keeps * float(within.mean())
        enters = ~np.all(runs.front[None] <= y[:, None], axis=2).any(axis=1)
        numbers["probability_of_improvement"] = keeps * float((within & enters).mean())
        if y.shape[1] == 1:
            gains = within * np.maximum(runs.front[0, 0] - y[:, 0], 0.0)
            gain = keeps * float(gains.mean())
            return numbers | {"expected_improvement": gain if math.isfinite(gain) else None}
        boxes, ideal = boxes_of(runs.front, runs.reference), runs.front.min(axis=0)
        gains = within * boxes.added_volume(y)
        numbers["expected_hypervolume_improvement"] = keeps * float(gains.mean())
        whole = float(np.prod(runs.reference - ideal))
        numbers["hypervolume"] = whole - float(boxes.added_volume(ideal[None])[0])
        return {k: v if v is not None and math.isfinite(v) else None for k, v in numbers.items()}

    def _drawn(self, x: Array) -> Array:
        """Objectives (DRAWS, m) that a run at x (d,) may give, spread as the surrogates expect."""
        m = len(self.models)
        u = (0.5 + np.outer(np.arange(1, DRAWS + 1), _steps(m))) % 1.0
        columns = []
        for j, model in enumerate(self.models):
            mean, sd = model.gp.posterior(x[None])
            columns.append(model.transform.inverse(mean[0, 0] + sd[0, 0] * ndtri(u[:, j])))
        return np.column_stack(columns)


def _log_weight(boxes: Boxes, models: Sequence[Model]) -> Array:
    """Log (K,) of the volume of each box in the metrics' units for one of it in targets.

    Targets are a monotone function of the metric, which the boxes cut into short stretches;
    within each it is taken for linear. Where a box has no lower end, by its slope there.
    """
    total = np.zeros(len(boxes.upper))
    for j, model in enumerate(models):
        upper = boxes.upper[:, j]
        lower = np.where(np.isfinite(boxes.lower[:, j]), boxes.lower[:, j], upper - 1.0)
        high, low = (model.transform.inverse(each) for each in (upper, lower))
        slope = (high - low) / (upper - lower)
        total += np.log(np.maximum(slope / slope.max(), LEAST_SLOPE))
    return total


def _steps(m: int) -> Array:
    """Steps (m,) of a sequence that fills the unit cube evenly.

    Powers of 1/φ with φ^(m + 1) = φ + 1 (the R sequence, Roberts 2018).
    """
    phi = 2.0
    for _ in range(40):
        phi = (1.0 + phi) ** (1.0 / (m + 1))
    return cast(Array, phi ** -np.arange(1.0, m + 1.0))


def _foremost(values: Array, most: int) -> npt.NDArray[np.intp]:
    """Places of at most so many of the values (n, m), those that rank high in some objective."""
    if len(values) <= most:
        return np.arange(len(values))
    ranks = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").min(axis=1)
    return np.sort(np.argsort(ranks, kind="stable")[:most])
