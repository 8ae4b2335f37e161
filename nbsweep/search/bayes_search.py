"""Bayesian search: a start-up design, then surrogate and acquisition function.

The way of a suggestion: observations → points and targets (`known_points`, `targets`)
→ surrogate (`surrogate`, `gp`) and chance of success (`feasibility`) → log expected improvement
(`acquisition`), where time counts per predicted time (`durations`, `run_cost`), maximised
over the mixed space (`maximize`) → natural values. A pure
function: the same inputs give the same suggestion, whatever the order of observations.

`Suggestion.origin` says why, in JSON values and in the metric's own units:

==========================  ==============================================================
method                      "bayes"
why                         "start-up": space-filling, too little is known to fit;
                            "model": maximises the expected improvement;
                            "limits": goes where the limits are likely kept, since no
                            run has kept them yet;
                            "exploration": the model cannot tell points apart, or does
                            not predict the runs it knows (`second_opinion`);
                            "replicate": once more what may be the best (`repeat_choice`)
observations                ended runs with a value that the suggestion rests on
pending                     runs under way that it reckons with
predicted_mean              median of the prediction, None at start-up
predicted_sd                half of the central 68 % interval, None at start-up
predicted_low               lower end of the central 80 % interval; not at start-up
predicted_high              its upper end
model_mean                  the median before it was calibrated (`calibration`)
model_sd                    half of the 68 % interval before that
expected_improvement        over the best value so far, ≥ 0, None at start-up
probability_of_improvement  over the best value so far, None at start-up
probability_of_success      that a run there gives a value, None while no run has failed
predicted_seconds           median of how long it takes, None while too little is known;
                            only where time counts: `per: time`, or a deadline
time_left_s                 seconds in which it was to end; only under a deadline
belief                      "followed", or "dropped": the runs contradict all that is
                            believed; only with beliefs (`beliefs`)
belief_dropped              why, by parameter; only where some are
seeds                       searched parameters that only seed, drawn at random (`seed_draws`)
past                        weight of each earlier sweep in what was expected beforehand, by
                            its id, all 0 where they had no part; only where there are some
==========================  ==============================================================

Under `metrics` (`multi_objective`) these are about the first objective, but for
`probability_of_improvement`: that the run joins the front, or beats the best run that keeps
the limits. `expected_improvement` is None with several objectives. There are besides

================================  ========================================================
predicted                         {metric: {"mean": …, "sd": …}}, as predicted_mean and _sd
probability_of_limits             that the run keeps the limits, where there are any
expected_hypervolume_improvement  how much the front's hypervolume is expected to grow
hypervolume                       that of the front so far, in the metrics' units
================================  ========================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Observation, Suggestion
from nbsweep.search import repeat_choice
from nbsweep.search.beliefs import Beliefs
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.calibration import Errors, calibrated, model_prediction
from nbsweep.search.encoding import Encoding
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.improvement import LogImprovement
from nbsweep.search.known_points import KnownPoints, distinct
from nbsweep.search.maximize import maximize, mutate
from nbsweep.search.multi_objective import MetricRuns, Surrogates, known_of
from nbsweep.search.optimum_prior import OptimumPrior
from nbsweep.search.past import Past, with_past
from nbsweep.search.repeat_choice import Again
from nbsweep.search.replicates import REPLICATE
from nbsweep.search.run_cost import RunCost, counts
from nbsweep.search.second_opinion import DOUBT, second_opinion
from nbsweep.search.seed_draws import seeds_drawn
from nbsweep.search.startup import startup_point
from nbsweep.search.surrogate import Model
from nbsweep.search.targets import TargetTransform, grain, representatives
from nbsweep.search.warp import unwarp
from nbsweep.space.seeds import without_seeds
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

MAX_STARTUP = 8
MAX_FAILURE_POINTS = 200
DRAWN = 400  # candidates from the whole space
MUTATED = 400  # candidates around the best points
PARENTS = 6
CLIMBS = 3
ENUMERABLE = 2000  # finite spaces up to this size are searched whole
COUNTABLE = 200_000  # and up to this one their end is found by enumeration
NEAR = 1e-3  # of the cube: closer continuous points count as one


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Suggestion | None:
    """The params of the next run, or None when a finite space is exhausted.

    Args:
        config: with a metric; see `sweep_config`.
        observations: ended runs, in any order; without a value when they gave none.
        pending: suggestions whose runs are under way.
        rng: every random choice follows from it.
    """
    with np.errstate(all="ignore"), one_blas_thread():
        return seeds_drawn(config, lambda of: _suggest(of, observations, pending, rng), rng)


def _suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Suggestion | None:
    """As `suggest`, over the parameters of the config alone."""
    encoding = Encoding(config.space)
    runs = MetricRuns.of(encoding, config, observations, pending) if config.metrics else None
    known = runs.joint if runs else KnownPoints.of(encoding, config.metric, observations, pending)
    if not len(encoding):
        done = bool(len(known.x_seen))
        return None if done else Suggestion(encoding.decode(np.empty(0)), _origin(known))
    unseen = _unseen(encoding, known.x_seen)
    if unseen is not None and not len(unseen):
        again = repeat_choice.when_exhausted(config, encoding, known, observations)
        return None if again is None else _repeated(again, known, observations)
    cost = RunCost.of(config, encoding, observations, len(pending))
    unseen = _unseen_in_time(unseen, cost)
    if runs is not None and len(known.values) >= _planned(encoding, known):
        return _from_models(config, encoding, runs, cost, unseen, rng, observations)
    past = Past.of(encoding, config.metric, observations)
    if runs is not None:
        return _start(config, encoding, known, cost, unseen, rng, past)
    model, said = _model(encoding, known, past)
    if model is None:
        suggestion = _start(config, encoding, known, cost, unseen, rng, past)
        return replace(suggestion, origin={**said, **suggestion.origin})
    new = _from_model(config, encoding, known, model, cost, unseen, rng, observations)
    plain = model if past is None else None
    again = repeat_choice.instead_of(new, config, encoding, known, observations, plain)
    suggestion = new if again is None else _repeated(again, known, observations)
    return replace(suggestion, origin={**said, **suggestion.origin})


class Prediction(NamedTuple):
    """What the surrogate expects, in the metric's own units.

    Attributes:
        median: shape (m,).
        low: shape (m,), lower end of the central 68 % interval of the noise-free metric.
        high: shape (m,), its upper end.
    """

    median: Array
    low: Array
    high: Array


def predict(
    config: SweepConfig,
    observations: Sequence[Observation],
    params: Sequence[Mapping[str, Any]],
    metric: str | None = None,
) -> Prediction | None:
    """What the surrogate behind the next suggestion expects of some params.

    For slices and maps of it; None while no run has given a value.

    Args:
        config: the sweep.
        observations: ended runs, in any order.
        params: one flat mapping for each of m points.
        metric: name of one of the config's `metrics`; the first objective when omitted.
    """
    with np.errstate(all="ignore"), one_blas_thread():
        encoding = Encoding(without_seeds(config.space))
        known = known_of(encoding, config, observations, metric)
        if not len(known.values) or not len(encoding):
            return None
        model, sign = Model.of(known, encoding.is_category, encoding.may_bend), known.sign
        model, _ = with_past(model, encoding, config.metric, observations)
        mean, sd = model.gp.posterior(np.array([encoding.encode(each)[0] for each in params]))
        bounds = [model.transform.inverse(mean[0] + z * sd[0]) for z in (0.0, -sign, sign)]
        return Prediction(*(sign * bound for bound in bounds))


def _planned(encoding: Encoding, known: KnownPoints) -> int:
    """How many values are wanted before the first fit.

    d/2 + 3, at most MAX_STARTUP: every start-up run is a run not guided. Where most runs
    fail, two values are enough once twice as many runs have been spent.
    """
    wanted = min(3 + len(encoding) // 2, MAX_STARTUP)
    if len(known.values) >= 2 and len(known.values) + len(known.x_failed) >= 2 * wanted:
        return 2
    return wanted


def _model(
    encoding: Encoding, known: KnownPoints, past: Past | None
) -> tuple[Model | None, dict[str, Any]]:
    """The surrogate, None while too little is known for one; what the origin says of the past.

    Where earlier sweeps foretell the runs, the first one is enough.
    """
    is_early = len(known.values) < _planned(encoding, known)
    if is_early and (past is None or not len(known.values)):
        return None, {} if past is None else {"past": past.shares(0.0)}
    model = Model.of(known, encoding.is_category, encoding.may_bend)
    if past is None:
        return model, {}
    informed, shares = past.informed(model, encoding.may_bend)
    return None if is_early and informed is model else informed, {"past": shares}


def _start(
    config: SweepConfig,
    encoding: Encoding,
    known: KnownPoints,
    cost: RunCost | None,
    unseen: Array | None,
    rng: np.random.Generator,
    past: Past | None,
) -> Suggestion:
    planned = _planned(encoding, known)
    weighed = None if cost is None else cost.startup_worth
    beliefs, said = Beliefs.of(config, encoding), {}
    points: Array | None = None
    # Of several at once every second one, in case the past is of no use.
    if past is not None and not len(known.values) and len(known.x_seen) % 2 == 0:
        point = past.first(known.x_seen, encoding.is_category)
        if point is not None:
            points, said = point[None, :], {"past": past.shares()}
    if points is None:
        points = startup_point(encoding, known.x_seen, planned, rng, weighed)[None, :]
        if beliefs is not None:
            said, points = beliefs.origin, beliefs.startup_points(points, known, rng)
    chosen = _chosen(encoding, points, known.x_seen, cost, unseen, rng)
    return Suggestion(encoding.decode(chosen), _origin(known) | _time(config, cost, chosen) | said)


def _from_model(
    config: SweepConfig,
    encoding: Encoding,
    known: KnownPoints,
    model: Model,
    cost: RunCost | None,
    unseen: Array | None,
    rng: np.random.Generator,
    observations: Sequence[Observation],
) -> Suggestion:
    feasibility = _feasibility(encoding, known)
    why = "exploration" if model.transform.is_constant else "model"
    beliefs = Beliefs.of(config, encoding)
    if beliefs is not None:
        beliefs = beliefs.judged(model, known, rng)
    if model.is_doubted and rng.random() < DOUBT:
        why = "exploration"
        ranked = second_opinion(encoding, known.best(PARENTS), feasibility, rng)
    else:
        ranked = _ranked(encoding, known, model, feasibility, cost, unseen, rng, beliefs)
    chosen = _chosen(encoding, ranked, known.x_seen, cost, unseen, rng)
    params = encoding.decode(chosen)
    origin = _origin(known) | {"why": why} | _time(config, cost, chosen)
    origin |= {} if beliefs is None else beliefs.origin
    errors = Errors.of(observations, known.sign)
    origin |= _prediction(model, encoding.encode(params)[0], known, errors)
    return Suggestion(params, origin | _success(feasibility, chosen))


def _repeated(again: Again, known: KnownPoints, observations: Sequence[Observation]) -> Suggestion:
    """The suggestion of one more run of a configuration."""
    errors = Errors.of(observations, known.sign)
    origin = _origin(known) | {"why": REPLICATE}
    origin |= _prediction(again.model, again.x, known, errors)
    return Suggestion(again.params, origin)


def _from_models(
    config: SweepConfig,
    encoding: Encoding,
    runs: MetricRuns,
    cost: RunCost | None,
    unseen: Array | None,
    rng: np.random.Generator,
    observations: Sequence[Observation],
) -> Suggestion:
    """As `_from_model`, under `metrics`; see `multi_objective`."""
    known, feasibility = runs.joint, _feasibility(encoding, runs.joint)
    surrogates = Surrogates(runs, encoding)
    why, beliefs = surrogates.why, Beliefs.of(config, encoding)
    if beliefs is not None:
        beliefs = surrogates.judged(beliefs, rng)
    if surrogates.is_doubted and rng.random() < DOUBT:
        why = "exploration"
        ranked = second_opinion(encoding, surrogates.parents, feasibility, rng)
    else:
        few = unseen if unseen is not None and len(unseen) <= ENUMERABLE else None
        ranked = surrogates.ranked(feasibility, cost, few, rng, beliefs)
    chosen = _chosen(encoding, ranked, known.x_seen, cost, unseen, rng)
    params = encoding.decode(chosen)
    x = encoding.encode(params)[0]
    objective = runs.metrics[runs.objectives[0]].name
    told = {}
    for name, model, k in surrogates.by_metric:
        # Origins keep what was predicted of the first objective, by which it is calibrated.
        errors = Errors.of(observations if name == objective else (), k.sign)
        told[name] = _prediction(model, x, k, errors)
    first = told[objective]
    origin = _origin(known) | {"why": why} | _time(config, cost, chosen) | first
    origin |= {} if beliefs is None else beliefs.origin
    origin |= {"expected_improvement": None, "probability_of_improvement": None}
    origin |= surrogates.expected(x)
    origin["predicted"] = {
        name: {"mean": each["predicted_mean"], "sd": each["predicted_sd"]}
        for name, each in told.items()
    }
    return Suggestion(params, origin | _success(feasibility, chosen))


def _ranked(
    encoding: Encoding,
    known: KnownPoints,
    model: Model,
    feasibility: Feasibility | None,
    cost: RunCost | None,
    unseen: Array | None,
    rng: np.random.Generator,
    beliefs: Beliefs | None = None,
) -> Array:
    """Points (m, d) in order of falling acquisition function."""
    surrogate = model.with_pending(model.with_draws(rng), known.x_pending)
    # To improve upon: the posterior mean, since a lucky draw of noise is not an optimum.
    step = _least_gain(model.transform, known)
    best_f = surrogate.posterior(surrogate.x_train)[0].min(axis=1) - step
    cost = None if cost is None else cost.tempered(model.x, model.y)
    limit = cost if cost is not None and cost.time_left_s is not None else None
    n_runs = len(known.values) + len(known.x_failed)
    prior = OptimumPrior(~encoding.is_category, model.bend, beliefs, n_runs)
    objective = LogImprovement(surrogate, best_f, feasibility, limit, prior=prior)
    if unseen is not None and len(unseen) <= ENUMERABLE:
        value = objective.value(unseen)
        if cost is not None:
            value = cost.weighed(value, unseen)
        return cast(Array, unseen[np.argsort(-value, kind="stable")])
    fitted, _ = model.gp.posterior(model.x)
    parents = encoding.snap(distinct(model.x, fitted[0], PARENTS))
    bend = model.bend
    even = encoding.from_probabilities(unwarp(rng.random((DRAWN // 2, len(encoding))), bend))
    candidates = np.vstack(
        [
            encoding.sample(DRAWN // 2, rng),
            encoding.allowed(even),
            mutate(encoding, parents, MUTATED, rng, bend),
        ]
    )
    if beliefs is not None:
        candidates = np.vstack(
            [candidates, beliefs.candidates(candidates[: DRAWN // 2], parents, rng)]
        )
    x = maximize(objective, encoding, candidates, CLIMBS, rng, bend).x
    return x if cost is None else cost.ranked(objective, encoding, x, rng)


def _least_gain(transform: TargetTransform, known: KnownPoints) -> float:
    """How far below the best value an improvement begins, in standardised units."""
    _, first = np.unique(known.x, axis=0, return_index=True)  # a repeated run is not a tie
    best = float(known.values.min())
    below = best - grain(known.values[first])
    high, low = transform.forward(np.array([best, below]))
    return float(high - low)


def _feasibility(encoding: Encoding, known: KnownPoints) -> Feasibility | None:
    if not len(known.x_failed):
        return None
    # Runs with a value are many and alike; failures carry the information.
    failed = known.x_failed[-MAX_FAILURE_POINTS // 2 :]
    good = known.x[representatives(known.values, MAX_FAILURE_POINTS - len(failed))]
    x = np.vstack([good, failed])
    return Feasibility(x, np.arange(len(x)) < len(good), encoding.is_category)


def _prediction(model: Model, x: Array, known: KnownPoints, errors: Errors) -> dict[str, Any]:
    """The origin's numbers, in the metric's own sign and units."""
    mean, sd = model.gp.posterior(x[None, :])
    spread = math.sqrt(float(sd[0, 0]) ** 2 + float(model.gp.noise_variance[0]))
    told = model_prediction(model.transform, float(mean[0, 0]), spread)
    return calibrated(*told, float(known.values.min()), errors)


def _origin(known: KnownPoints) -> dict[str, Any]:
    return {
        "method": "bayes",
        "why": "start-up",
        "observations": len(known.values),
        "pending": len(known.x_pending),
        "predicted_mean": None,
        "predicted_sd": None,
        "expected_improvement": None,
        "probability_of_improvement": None,
        "probability_of_success": None,
    }


def _success(feasibility: Feasibility | None, x: Array) -> dict[str, Any]:
    """What the origin says of the chance that a run at x (d,) gives a value."""
    if feasibility is None:
        return {}
    return {"probability_of_success": math.exp(float(feasibility.log_probability(x[None, :])[0]))}


def _unseen(encoding: Encoding, x_seen: Array) -> Array | None:
    """The points of a finite space that no run has tried; None while that is not in doubt."""
    if encoding.size is None or encoding.size > COUNTABLE:
        return None
    if encoding.size > ENUMERABLE and 4 * len(x_seen) < encoding.size:
        return None
    seen = {row.tobytes() for row in x_seen}
    points = encoding.enumerate()
    return points[[row.tobytes() not in seen for row in points]]


def _time(config: SweepConfig, cost: RunCost | None, x: Array) -> dict[str, Any]:
    """What the origin says of time; nothing where time does not count."""
    if not counts(config):
        return {}
    said: dict[str, Any] = {"predicted_seconds": None if cost is None else cost.seconds(x)}
    return said if config.time_left_s is None else said | {"time_left_s": config.time_left_s}


def _chosen(
    encoding: Encoding,
    ranked: Array,
    x_seen: Array,
    cost: RunCost | None,
    unseen: Array | None,
    rng: np.random.Generator,
) -> Array:
    """The point (d,) to run: the best of the ranked (m, d) that is new and ends in time.

    Where none does, the shortest new one.
    """
    in_time = ranked if cost is None else cost.in_time(ranked)
    chosen = _first_new(encoding, in_time, x_seen)
    if chosen is None and cost is not None and cost.time_left_s is not None and unseen is None:
        chosen = _first_new(encoding, cost.shortest(encoding, rng), x_seen)
    return _any_new(encoding, x_seen, unseen, rng) if chosen is None else chosen


def _unseen_in_time(unseen: Array | None, cost: RunCost | None) -> Array | None:
    """The unseen points whose runs end in the time left; the shortest where none does."""
    if unseen is None or cost is None:
        return unseen
    in_time = cost.in_time(unseen)
    return in_time if len(in_time) else cost.shortest_first(unseen)[:1]


def _first_new(encoding: Encoding, ranked: Array, x_seen: Array) -> Array | None:
    """The first of the ranked points (m, d) that no run has tried; None if all have been."""
    for x in ranked:
        point = encoding.encode(encoding.decode(x))[0]  # what would really be run
        delta = np.abs(x_seen - point)
        near = np.where(encoding.is_continuous, delta < NEAR, delta < 1e-12)
        if not near.all(axis=1).any():
            return point
    return None


def _any_new(
    encoding: Encoding, x_seen: Array, unseen: Array | None, rng: np.random.Generator
) -> Array:
    """A random point that no run has tried; in the last resort one that has been."""
    if unseen is not None:
        return cast(Array, unseen[int(rng.integers(len(unseen)))])
    points = encoding.sample(DRAWN, rng)
    chosen = _first_new(encoding, points, x_seen)
    return points[0] if chosen is None else chosen
