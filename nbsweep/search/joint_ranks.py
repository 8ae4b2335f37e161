"""Runs in an order by several objectives and limits, as MO-ASHA ranks them. Pure.

Runs that keep the limits come before those that break them, and these by how far they are
beyond (constrained domination, Deb et al. 2002, NSGA-II). Runs that break them alike are
ranked by their front: the points that no other dominates, then those that no other of the
rest does, and so on. Of a front that is cut, the best of the first objective goes on first,
then always the point that is farthest from those already taken, so that what goes on is
spread over the whole of it: the epsilon-net of MO-ASHA (Schmucker et al. 2021, section 4).
Distances are in units of the front's extent in each objective, so that no scale counts more
than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import dist

from nbsweep.objectives import Point, dominates, front
from nbsweep.search.joint_curves import Standing


def ranked(standings: Sequence[Standing], kept: int) -> list[int]:
    """Places of standings, the best first; those without a finite point are not in it.

    The same standings give the same order but for equal ones, whatever order they come in.

    Args:
        standings: of the runs.
        kept: how many of them go on: a front that is wholly before or beyond that is in the
            order of its points.
    """
    usable = [i for i, each in enumerate(standings) if each.is_finite]
    usable.sort(key=lambda i: (standings[i].violation, standings[i].point))
    order: list[int] = []
    for _, alike in groupby(usable, key=lambda i: standings[i].violation):
        places = list(alike)
        points = [standings[i].point or () for i in places]
        for layer in _layers(points):
            is_cut = len(order) < kept < len(order) + len(layer)
            order += [places[i] for i in (_spread(points, layer) if is_cut else layer)]
    return order


def front_size(standings: Sequence[Standing]) -> int:
    """How many of some finite standings, at least one, no other is better than."""
    least = min(each.violation for each in standings)
    return len(front([each.point or () for each in standings if each.violation == least]))


def _layers(points: Sequence[Point]) -> list[list[int]]:
    """Places of ascending points, front by front, each ascending.

    Whatever dominates a point comes before it, and if no point of a front does, none of a
    later front does: so its front is found by bisection (Zhang et al. 2015, ENS-BS).
    """
    layers: list[list[int]] = []
    for i, point in enumerate(points):
        low, high = 0, len(layers)
        while low < high:
            middle = (low + high) // 2
            if _is_dominated(point, points, layers[middle]):
                low = middle + 1
            else:
                high = middle
        if low == len(layers):
            layers.append([])
        layers[low].append(i)
    return layers


def _is_dominated(point: Point, points: Sequence[Point], layer: Sequence[int]) -> bool:
    """Whether a point of a layer dominates one that comes after all of them."""
    if len(point) <= 2:  # the last has the lowest second value
        return dominates(points[layer[-1]], point)
    return any(dominates(points[i], point) for i in reversed(layer))


def _spread(points: Sequence[Point], layer: Sequence[int]) -> list[int]:
    """The places of a front's points, so that its first k are spread over it."""
    columns = list(zip(*(points[i] for i in layer), strict=True))
    extents = [(min(values), max(values)) for values in columns]
    scaled = {
        i: [
            (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.0  # may overflow
            for value, (low, high) in zip(points[i], extents, strict=True)
        ]
        for i in layer
    }
    first, *rest = layer
    order, away = [first], {i: dist(scaled[i], scaled[first]) for i in rest}
    while away:
        # Among equally far ones the first by their points: the order of runs does not count.
        following = max(away, key=lambda i: away[i])
        order.append(following)
        del away[following]
        away = {i: min(far, dist(scaled[i], scaled[following])) for i, far in away.items()}
    return order
