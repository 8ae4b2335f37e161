"""`repeats: auto`: when one more run of a leading configuration is worth more than a new one.

In the end one of the configurations that were tried is used, the one whose posterior mean is
the best. A run is worth what it is expected to gain in that: the knowledge gradient for
correlated beliefs (Frazier, Powell & Dayanik 2009), over the leaders that were tried, and the
new point where that is the one to be run. A new point can be better than all of them; another
run of a leader can show that it is not the one to use. While runs are nearly repeatable the
second gains nothing, and none is repeated.

The search takes runs for nearly repeatable unless they show otherwise, and before any was
repeated they hardly can. Here some one to ten percent of the variance of all runs are expected
to be luck (DOUBTFUL): with the search's own prior hardly any run was repeated in six dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nbsweep.records import Observation, Suggestion
from nbsweep.search.encoding import Encoding
from nbsweep.search.gp import GaussianProcess, fit
from nbsweep.search.known_points import KnownPoints, distinct
from nbsweep.search.surrogate import MAX_FIT_POINTS, Model
from nbsweep.search.targets import TIED, per_point, representatives
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

LEADERS = 8  # of the configurations that were tried: those of the best posterior means
ENOUGH = 2  # repetitions with equal results; one may be a tie
# Median variance of the noise and the spread of its logarithm, targets standardised.
DOUBTFUL = (3e-2, 1.4)
NODES = 64  # quantiles of a normal law, for the expectation


class Again(NamedTuple):
    """A configuration to run once more.

    Attributes:
        params: of one of its runs.
        x: its point, shape (d,).
        model: that speaks for it.
    """

    params: Mapping[str, Any]
    x: Array
    model: Model


def instead_of(
    new: Suggestion,
    config: SweepConfig,
    encoding: Encoding,
    known: KnownPoints,
    observations: Sequence[Observation],
    model: Model | None,
) -> Again | None:
    """The leader of which another run gains more than the run that is suggested; None without.

    None as well where the config does not leave repeating to the search.

    Args:
        new: the run that is suggested.
        config: of the sweep.
        encoding: of its space.
        known: what its runs say.
        observations: the runs.
        model: of `known` alone, where it has been fitted.
    """
    if config.repeats != "auto" or _is_repeatable(known):
        return None
    model = model or Model.of(known, encoding.is_category, encoding.may_bend)
    surrogate = _doubtful(model, known.x_pending)
    leaders = _leaders(surrogate, known)
    gains = knowledge_gradients(surrogate, np.vstack([leaders, encoding.encode(new.params)[0]]))
    best = int(np.argmax(gains[:-1]))
    if not gains[best] > gains[-1]:
        return None
    return Again(_params_at(leaders[best], encoding, observations), leaders[best], model)


def when_exhausted(
    config: SweepConfig,
    encoding: Encoding,
    known: KnownPoints,
    observations: Sequence[Observation],
) -> Again | None:
    """The leader of which another run gains most, where all of a finite space was tried.

    None where nothing would end that: without `run_cap`.
    """
    if config.repeats != "auto" or config.run_cap is None or not len(known.values):
        return None
    if _is_repeatable(known):
        return None
    model = Model.of(known, encoding.is_category, encoding.may_bend)
    surrogate = _doubtful(model, known.x_pending)
    leaders = _leaders(surrogate, known)
    # The first stands in for the new point that there is not.
    gains = knowledge_gradients(surrogate, np.vstack([leaders, leaders[:1]]))[:-1]
    best = leaders[int(np.argmax(gains))]
    return Again(_params_at(best, encoding, observations), best, model)


def knowledge_gradients(gp: GaussianProcess, x: Array) -> Array:
    """What a run at each point is expected to gain in the best posterior mean, shape (m,).

    E[min_a μ_a − min_a (μ_a + σ̃_a Z)] with σ̃_a = Σ_ai / √(Σ_ii + σ²), Z ~ N(0, 1), and a over
    the points tried, and i itself (Frazier et al. 2009, section 2). Averaged over the sets of
    hyperparameters; ≥ 0, in the units of the targets.

    Args:
        gp: the posterior.
        x: shape (m, d), m ≥ 2; all but the last were tried.
    """
    mean, covariance = gp.joint(x)
    variance = np.einsum("hmm->hm", covariance)
    z = ndtri((np.arange(NODES) + 0.5) / NODES)
    gains = np.zeros(len(x))
    for m, c, v, noise in zip(mean, covariance, variance, gp.noise_variance, strict=True):
        step = c / np.sqrt(np.maximum(v, 0.0) + noise)[None, :]  # column i: a run at point i
        after = (m[:-1, None, None] + step[:-1, :, None] * z).min(axis=0)  # (m, NODES)
        after[-1] = np.minimum(after[-1], m[-1] + step[-1, -1] * z)
        gains += m[:-1].min() - after.mean(axis=1)
    return cast(Array, np.maximum(gains / len(mean), 0.0))


def _is_repeatable(known: KnownPoints) -> bool:
    """Whether ENOUGH repetitions have shown that a run always gives the same."""
    off = np.abs(known.values - per_point(known.x, known.values))
    pairs = len(known.values) - len(np.unique(known.x, axis=0))
    return pairs >= ENOUGH and bool(np.all(off <= TIED * np.abs(known.values)))


def _doubtful(model: Model, x_pending: Array) -> GaussianProcess:
    """The surrogate, fitted with more doubt that runs are repeatable; see the module."""
    x, y, extra = model.x, model.y, model.extra_noise
    few = representatives(per_point(x, y), MAX_FIT_POINTS)
    variance, log_sd = DOUBTFUL
    prior = replace(model.prior, noise_variance=variance, noise_log_sd=log_sd)
    start = model.gp.hyperparameters[0]
    likely, _ = fit(x[few], y[few], model.gp.is_category, extra[few], start, prior)
    gp = GaussianProcess(x, y, model.gp.is_category, likely, extra)
    return model.with_pending(gp, x_pending)


def _leaders(surrogate: GaussianProcess, known: KnownPoints) -> Array:
    """The points with a value of which most is expected, each once, shape (m, d)."""
    mean, _ = surrogate.posterior(known.x)
    return distinct(known.x, mean.mean(axis=0), LEADERS)


def _params_at(
    x: Array, encoding: Encoding, observations: Sequence[Observation]
) -> Mapping[str, Any]:
    """The params of the runs at a point, whatever the order of the runs."""
    own = (o.params for o in observations if o.source is None)  # others have other constants
    found = [params for params in own if np.array_equal(encoding.encode(params)[0], x)]
    return min(found, key=repr)
