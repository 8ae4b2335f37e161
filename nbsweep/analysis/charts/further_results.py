"""What the runs of a sweep report beside its own metrics, as columns for a matrix."""

from __future__ import annotations

from dataclasses import replace

from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.results import result_column, results
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig


def further_results(
    frame: Frame, snapshot: Snapshot, config: SweepConfig
) -> tuple[MetricColumn, ...]:
    """Logged metrics and the duration; neither the frame's own metrics nor extremes of them.

    Args:
        frame: the runs.
        snapshot: that the frame was made from.
        config: of the sweep.
    """
    own = {column.name for column in (*frame.others, *([frame.metric] if frame.metric else ()))}
    taken = [*(column.name for column in frame.params), *own]
    ends = replace(snapshot, curves={})  # without curves there are no extremes of them
    return tuple(
        result_column(each, ends)
        for each in results(ends, config, taken)
        if not each.is_objective and each.name not in own
    )
