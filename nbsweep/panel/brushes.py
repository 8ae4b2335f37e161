"""What the brushes of a panel mean in natural values: the ranges to narrow a sweep to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.analysis.frame import category_labels
from nbsweep.records import RunRecord
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.narrowing import FEWEST_AROUND, Range, outwards, ranges_around
from nbsweep.view.model import PanelAxis


def ranges_to_narrow(
    axes: Sequence[PanelAxis],
    brushes: Mapping[str, Any],
    selected: Sequence[RunRecord],
    config: SweepConfig,
) -> dict[str, Range]:
    """The ranges that a brush asks for, as `sweep_config.narrowing` takes them.

    A brushed parameter gets the range of its brushes, from the lowest to the highest (of
    categories, those inside). Where the metric is brushed, the brushes are inverted, or
    runs were selected by other means, the other parameters get what lies around the
    selected runs, if these are at least two.

    Args:
        axes: of the picture that the brushes were drawn on.
        brushes: ``{"ranges": {axis: [[low, high], …]}, "invert": bool}`` in positions.
        selected: the runs inside.
        config: of the sweep.

    Returns:
        Parameter to range; empty when there is nothing to go by.
    """
    drawn: Mapping[str, Any] = brushes.get("ranges") or {}
    by_hand = not any(drawn.values())
    if brushes.get("invert"):
        drawn = {}
    ranges: dict[str, Range] = {}
    by_metric = bool(brushes.get("invert"))
    laws = {parameter.name: parameter.distribution for parameter in config.space.searched}
    for axis in axes:
        intervals = [(a, b) for a, b in drawn.get(axis["name"], ()) if b >= 0]
        if not intervals:
            continue
        if axis["is_metric"] or axis["is_extra"]:
            by_metric = True
        elif axis["name"] in laws:
            law = laws[axis["name"]]
            if axis["kind"] != "category":
                ranges[axis["name"]] = _limits(axis, intervals)
            elif law.listed:
                ranges[axis["name"]] = _values(axis, intervals, law.support or ())
    if (by_metric or by_hand) and len(selected) >= FEWEST_AROUND:
        around = ranges_around(config, [run.params for run in selected])
        return {**around, **ranges}
    return ranges


def _limits(axis: PanelAxis, intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    bottom, top = min(a for a, _ in intervals), max(b for _, b in intervals)
    low, high = outwards(_natural(axis, bottom), _natural(axis, top), axis["kind"] == "log")
    return max(low, axis["low"]), min(high, axis["high"])


def _natural(axis: PanelAxis, position: float) -> float:
    at, low, high = min(max(position, 0.0), 1.0), axis["low"], axis["high"]
    if axis["kind"] == "log":
        return math.exp(math.log(low) * (1 - at) + math.log(high) * at)
    return low * (1 - at) + high * at


def _values(
    axis: PanelAxis, intervals: Sequence[tuple[float, float]], listed: Sequence[Any]
) -> list[Any]:
    """The listed values whose category is inside; categories are drawn from the top."""
    n = max(len(axis["categories"]), 1)
    inside = {
        label
        for i, label in enumerate(axis["categories"])
        if any(a <= 1 - (i + 0.5) / n <= b for a, b in intervals)
    }
    labels = category_labels(listed)
    return [value for value, label in zip(listed, labels, strict=True) if label in inside]
