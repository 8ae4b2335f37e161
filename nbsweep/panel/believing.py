"""What is believed of a sweep: as marks on a panel's axes, and from brushes to beliefs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.analysis.frame import category_labels
from nbsweep.errors import SweepError
from nbsweep.panel.brushes import ranges_to_narrow
from nbsweep.records import RunRecord, is_number
from nbsweep.space.search_space import Distribution
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.beliefs import belief_words
from nbsweep.view.model import PanelAxis, PanelBelief

LIKELY = (0.16, 0.84)  # quantiles that are marked of a belief without ends
DIGITS = 4  # of a position


def panel_beliefs(axes: Sequence[PanelAxis], config: SweepConfig) -> list[PanelBelief]:
    """The beliefs of a sweep in the order of its axes.

    Args:
        axes: of the panel; a parameter without one has no marks.
        config: of the sweep.
    """
    if not config.beliefs:
        return []
    by_name = {axis["name"]: axis for axis in axes if not axis["is_metric"]}
    names = [name for name in by_name if name in config.beliefs]
    names += [name for name in config.beliefs if name not in by_name]
    return [
        PanelBelief(
            name=name,
            text=belief_words(config.beliefs[name]),
            ranges=_marks(by_name[name], config.beliefs[name]) if name in by_name else [],
        )
        for name in names
    ]


def beliefs_of_brushes(
    axes: Sequence[PanelAxis],
    brushes: Mapping[str, Any],
    selected: Sequence[RunRecord],
    config: SweepConfig,
) -> dict[str, Any]:
    """What somebody believes who says of their brushes that the best is there.

    Takes what `ranges_to_narrow` does.

    Raises:
        SweepError: nothing is brushed, and no runs are selected.
    """
    ranges = ranges_to_narrow(axes, brushes, selected, config)
    if not ranges:
        raise SweepError("believe: brush an axis, or select at least 2 runs.")
    return {name: list(wanted) for name, wanted in ranges.items()}


def _marks(axis: PanelAxis, belief: Distribution) -> list[tuple[float, float]]:
    """From where to where an axis is marked, in positions from 0 to 1."""
    if axis["kind"] == "category":
        return _of_categories(axis, belief)
    if belief.is_constant or belief.listed:
        values = belief.listed or [belief.quantile(0.5)]
        return [(_position(axis, value),) * 2 for value in values if is_number(value)]
    low, high = belief.bounds or (belief.quantile(LIKELY[0]), belief.quantile(LIKELY[1]))
    return [(_position(axis, low), _position(axis, high))]


def _of_categories(axis: PanelAxis, belief: Distribution) -> list[tuple[float, float]]:
    labels = set(category_labels(belief.listed or [belief.quantile(0.5)]))
    n = max(len(axis["categories"]), 1)  # drawn from the top
    return [
        (round(1 - (i + 1) / n, DIGITS), round(1 - i / n, DIGITS))
        for i, label in enumerate(axis["categories"])
        if label in labels
    ]


def _position(axis: PanelAxis, value: float) -> float:
    low, high = axis["low"], axis["high"]
    if axis["kind"] == "log":
        low, high, value = math.log(low), math.log(high), math.log(max(value, low))
    at = (value - low) / (high - low) if high > low else 0.5
    return round(min(max(at, 0.0), 1.0), DIGITS)
