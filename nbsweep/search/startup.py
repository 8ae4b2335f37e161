"""The first points, before there is enough to fit: space-filling over the mixed space.

Each call adds one point to those there are, so runs that were enqueued by hand, failed
or are still under way count. The first is the centre of the prior; every further one is
drawn, per coordinate, from the step of the range with the fewest points (a Latin
hypercube built one row at a time), and of many such draws the one farthest from its
nearest neighbour is taken. Distances wrap around, else all points would sit in corners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt

from nbsweep.search.encoding import CENTRE, Axis, Encoding

Array = npt.NDArray[np.float64]

DRAWS = 128


def startup_point(
    encoding: Encoding,
    x_seen: Array,
    planned: int,
    rng: np.random.Generator,
    weighed: Callable[[Array, Array], Array] | None = None,
) -> Array:
    """The next space-filling point, shape (d,).

    Args:
        encoding: the space.
        x_seen: shape (n, d), all points so far, pending and failed ones included.
        planned: how many start-up points there will be; sets the number of steps.
        rng: source of the draws.
        weighed: from logs of squared distances (m,) and draws (m, d) to what is maximised
            instead of the distance, shape (m,).
    """
    d = len(encoding)
    if not len(x_seen):
        centre = encoding.from_probabilities(np.full((1, d), CENTRE))
        if len(allowed := encoding.allowed(centre)):
            return cast(Array, allowed[0])
        near = encoding.sample(DRAWS, rng)
        return cast(Array, near[int(np.argmin(np.abs(near - centre).sum(axis=1)))])
    steps = max(planned, len(x_seen) + 1)
    draws = np.column_stack(
        [_draw(axis, x_seen[:, j], steps, rng) for j, axis in enumerate(encoding.axes)]
    )
    draws = encoding.allowed(draws)
    if not len(draws):  # the least used parts of the axes do not go together
        draws = encoding.sample(DRAWS, rng)
    distance = _nearest(encoding, draws, x_seen)
    if weighed is not None:
        distance = weighed(np.log(distance), draws)
    return cast(Array, draws[int(np.argmax(distance))])


def _draw(axis: Axis, seen: Array, steps: int, rng: np.random.Generator) -> Array:
    """DRAWS coordinates from the least used part of an axis."""
    if axis.is_category:
        counts = np.bincount(seen[seen >= 0].astype(int), minlength=len(axis.coordinates))
        weights = np.diff(axis.edges, prepend=0.0)
        # Uses in proportion to the probability are what is least surprising.
        owed = weights * (counts.sum() + 1) - counts
        least = np.flatnonzero(owed >= owed.max() - 1e-9)
        return cast(Array, axis.coordinates[rng.choice(least, size=DRAWS)])
    counts = np.bincount(np.minimum((seen * steps).astype(int), steps - 1), minlength=steps)
    least = np.flatnonzero(counts == counts.min())
    u = (rng.choice(least, size=DRAWS) + rng.random(DRAWS)) / steps
    return axis.from_probability(u)


def _nearest(encoding: Encoding, draws: Array, x_seen: Array) -> Array:
    """Squared toroidal distance of each draw to the nearest seen point, shape (DRAWS,)."""
    delta = np.abs(draws[:, None, :] - x_seen[None, :, :])
    wrapped = np.minimum(delta, 1.0 - delta)
    distance = np.where(encoding.is_category, 0.5 * (delta != 0.0), wrapped)
    return cast(Array, np.square(distance).sum(axis=2).min(axis=1))
