"""Why a chart is empty, in sentences that several charts share."""

from __future__ import annotations

from nbsweep.analysis.frame import Frame

NO_METRIC = "The sweep has no metric to draw."


def no_value(name: str) -> str:
    """That a metric has no value yet."""
    return f"No run has ended with a value of {name} yet."


def why_empty(frame: Frame) -> str:
    """Why there is nothing to draw of the metric; "" where there is something."""
    if frame.metric is None:
        return NO_METRIC
    return "" if frame.counted else no_value(frame.metric.name)


def still_missing(*, has_runs: bool, parameters: str = "a parameter that varies") -> str:
    """What a chart of parameters waits for: a run first, then what there has to be of these.

    Args:
        has_runs: whether a run counts.
        parameters: what is missing then; several are told by their number.
    """
    what = parameters if has_runs else "a finished run"
    verb = "has" if what.startswith("a ") else "have"
    return f"Nothing to draw yet: there {verb} to be {what}."
