"""What to run next where the surrogate does not predict anything.

Some metrics are ragged: neighbours do not resemble each other, a random forest on a small
data set for one. A surrogate then leads astray, and random search would do better.
`Model.is_doubted` shows when that is so, and a fifth of the runs is then chosen without it
(SMAC always interleaves random runs: Hutter, Hoos & Leyton-Brown 2011).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nbsweep.search.encoding import Encoding
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.maximize import mutate

Array = npt.NDArray[np.float64]

# Share of runs by second opinion while the surrogate does not predict. A noisy metric with
# one good place looks like that as well; more would cost too much there.
DOUBT = 0.2
POINTS = 100


def second_opinion(
    encoding: Encoding, best: Array, feasibility: Feasibility | None, rng: np.random.Generator
) -> Array:
    """Points to run, shape (m, d): steps from the best runs or draws from the whole space.

    Either, evenly by chance. A point where runs fail stays with its chance of success.

    Args:
        encoding: the space.
        best: shape (b, d), points of the best runs.
        feasibility: None while no run has failed.
        rng: source of every draw.
    """
    if rng.random() < 0.5:
        points = mutate(encoding, encoding.snap(best), POINTS, rng)
    else:
        points = encoding.sample(POINTS, rng)
    if feasibility is None:
        return points
    kept = points[np.log(rng.random(len(points))) < feasibility.log_probability(points)]
    return kept if len(kept) else points
