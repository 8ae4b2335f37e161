"""The region that no point of a front dominates, cut into boxes; everything is minimised.

Notation: a front of n points in m objectives, low values good, and a reference point r that
all of them lie below. A box is [l, u) with l possibly −∞. The boxes are disjoint, and together
they are what lies below r and is not dominated. So the volume that a new point y adds is a sum
of products (Couckuyt, Deschrijver & Dhaene 2014)

    Σ_k Π_j max(0, u_kj − max(l_kj, y_j)),

and where the objectives of a run are independent, so is its expectation.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nbsweep.objectives import MARGIN

Array = npt.NDArray[np.float64]

MAX_FRONT = {1: 1, 2: 100, 3: 60}  # points of a front that are told apart, by objectives
MAX_WIDE_FRONT = 20  # with four objectives or more, where boxes are many

Box = tuple[tuple[float, float], ...]  # (l_j, u_j) for each objective


class Boxes(NamedTuple):
    """Disjoint boxes, each of shape (K, m): `lower` may hold −∞, `upper` is finite."""

    lower: Array
    upper: Array

    def added_volume(self, y: Array) -> Array:
        """The volume (p,) that each of the points y (p, m) would add to the front."""
        sides = self.upper - np.maximum(self.lower, y[:, None, :])
        return cast(Array, np.maximum(sides, 0.0).prod(axis=2).sum(axis=1))


def front_places(points: Array) -> list[int]:
    """Places of the points (n, m) that none dominates, of equals one, in lexical order.

    As `nbsweep.objectives.front`, which works without numpy and keeps equals.
    """
    kept: list[int] = []
    for i in np.lexsort(points.T[::-1]):  # whatever dominates a point comes before it
        if not kept or not np.all(points[kept] <= points[i], axis=1).any():
            kept.append(int(i))
    return kept


def front_of(points: Array) -> Array:
    """The points (n, m) that none dominates, each once, in lexical order."""
    return cast(Array, points[front_places(points)])


def reference_of(front: Array, least: Array | float = MARGIN) -> Array:
    """The point (m,) to which the volume of a front (n, m) is measured.

    Its worst values and a margin of its range, as in BoTorch's `infer_reference_point`; at
    least `least` beyond, so that one point alone has room at its sides.
    """
    worst = front.max(axis=0)
    return cast(Array, worst + np.maximum(MARGIN * (worst - front.min(axis=0)), least))


def boxes_of(front: Array, reference: Array) -> Boxes:
    """What lies below the reference point (m,) and is not dominated by the front (n, m).

    Slices along the last objective, of which each is cut by the others alone; a box that the
    next slice has as well is one box. That gives n + 1 boxes for two objectives, about 2n for
    three.
    """
    m = len(reference)
    inside = front_of(front[np.all(front < reference, axis=1)])
    boxes = _cut([tuple(map(float, point)) for point in _few(inside, m)], tuple(reference))
    bounds = np.array(boxes, dtype=float).reshape(len(boxes), m, 2)
    return Boxes(bounds[:, :, 0], bounds[:, :, 1])


def _few(front: Array, m: int) -> Array:
    """At most as many points of the front as boxes are made for, far from each other."""
    most = MAX_FRONT.get(m, MAX_WIDE_FRONT)
    if len(front) <= most:
        return front
    extent = np.ptp(front, axis=0)
    scaled = front / np.where(extent > 0.0, extent, 1.0)
    chosen = list(dict.fromkeys(int(i) for i in scaled.argmin(axis=0)))[:most]
    distance = np.min([np.square(scaled - scaled[i]).sum(axis=1) for i in chosen], axis=0)
    while len(chosen) < most:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.square(scaled - scaled[chosen[-1]]).sum(axis=1))
    return cast(Array, front[sorted(chosen)])


def _cut(points: list[tuple[float, ...]], reference: tuple[float, ...]) -> list[Box]:
    last = reference[-1]
    if len(reference) == 1:
        return [((-np.inf, min([last, *(point[0] for point in points)])),)]
    by_last = sorted(points, key=lambda point: point[-1])
    open_since = dict.fromkeys(_cut([], reference[:-1]), -np.inf)
    boxes: list[Box] = []
    for i, point in enumerate(by_last):
        if i + 1 < len(by_last) and by_last[i + 1][-1] == point[-1]:
            continue  # of the same slice
        here = dict.fromkeys(_cut([each[:-1] for each in by_last[: i + 1]], reference[:-1]))
        boxes += [
            (*box, (since, point[-1])) for box, since in open_since.items() if box not in here
        ]
        open_since = {box: open_since.get(box, point[-1]) for box in here}
    boxes += [(*box, (since, last)) for box, since in open_since.items()]
    return [box for box in boxes if all(low < high for low, high in box)]
