"""Runs that made up late what they were behind, as a model does not foresee it. Pure.

Models of curves tell well that runs turn late, once one has, and badly when: a run that
turns later than those before it looks lost. So a finished run that stood as badly, about
as late, and then made up as much as this run would have to counts with its share of the
finished runs, whatever the model says (Laplace's rule of succession without a head start).

A Student's t in place of the normal law, for chances that rest on few ends, kept no more
of the best runs on recorded and synthetic curves, and stopped the bad ones later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbsweep.records import Metric, RunState
from nbsweep.search.curve_points import Array, ShownRun, seen

LATE = 0.5  # of a whole run: before it no turn is a late one
MOST = 0.8  # of what has to be made up: after LATE, where a run that is not there yet is judged
ABOUT = 0.75  # of the way that the run has come: as early others may have stood as it does


class LateTurns:
    """The finished runs, to look up which of them turned late.

    Args:
        metric: of the sweep.
        runs: all of its runs.
    """

    def __init__(self, metric: Metric, runs: Sequence[ShownRun]) -> None:
        self._metric = metric
        self._courses: list[tuple[str, Array]] = [
            (run.curve.run_id, seen(metric, run.curve))
            for run in runs
            if run.curve.state is RunState.FINISHED and run.curve.values
        ]

    def share(self, run: ShownRun, to_beat: float) -> float:
        """The share of finished runs that would have beaten a value from where a run stands.

        Those that, not much earlier than this run is now, stood no better than it does,
        and made up as much as it has to in as many iterations as are left; of a run that
        is not yet half through, those that made up most of it in the second half. 0 while
        no run has done so.

        Args:
            run: with at least one value.
            to_beat: in the metric's own sign.
        """
        own = seen(self._metric, run.curve)
        reached, value = len(own), float(own[-1])
        missing = value - self._metric.sign * to_beat
        longer, turned = 0, 0
        for run_id, course in self._courses:
            if run_id != run.curve.run_id and reached < len(course):
                longer += 1
                turned += _has_turned(course, reached, value, missing)
        return turned / (longer + 1)

    def share_of_returns(self, run: ShownRun, to_beat: float) -> float:
        """The share of finished runs that stood as badly about there and beat a value in the end.

        For a run that stood better before: restarts of a schedule throw curves back for a
        while, alike in all runs.

        Args:
            run: with at least one value.
            to_beat: in the metric's own sign.
        """
        own = seen(self._metric, run.curve)
        reached, value, aim = len(own), float(own[-1]), self._metric.sign * to_beat
        first, until = math.ceil(ABOUT * reached) - 1, math.ceil(reached / ABOUT)
        longer, returned = 0, 0
        for run_id, course in self._courses:
            if run_id != run.curve.run_id and reached < len(course):
                longer += 1
                stood_so = bool((course[max(0, first) : until] >= value).any())
                returned += stood_so and bool(course[-1] < aim)
        return returned / (longer + 1)


def _has_turned(course: Array, reached: int, value: float, missing: float) -> bool:
    """Whether a finished run made up late what a run misses that has reached an iteration."""
    first = max(0, math.ceil(ABOUT * reached) - 1)
    before = course[first:reached]
    half = math.ceil(LATE * len(course))
    if reached >= half:
        after = course[first + len(course) - reached :]
    else:
        after = course[-1:]
        if not course[half - 1] - course[-1] >= MOST * missing:
            return False
    return bool(((before >= value) & (before - after >= missing)).any())
