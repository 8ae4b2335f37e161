"""Which paused run to go on with instead of starting a new one. Pure; see `next_thaw`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nbsweep.search.auto_stop import PAUSED, reason_of
from nbsweep.search.curve_model import ShownRun
from nbsweep.search.going_on import Prospects
from nbsweep.sweep_config import SweepConfig


class ThawDecision(NamedTuple):
    """A paused run that goes on.

    Attributes:
        run_id: the run.
        reason: why, in words.
    """

    run_id: str
    reason: str


def next_thaw(
    config: SweepConfig,
    paused: Sequence[ShownRun],
    runs: Sequence[ShownRun],
    suggestion_params: Mapping[str, Any] | None,
) -> ThawDecision | None:
    """The paused run whose going on promises most, None when a new run promises more.

    Compared is the expected improvement over the best run per iteration still to be spent.
    The same runs give the same decision, in whatever order they come.

    Args:
        config: the sweep, with a metric and `early_terminate` of type "auto".
        paused: runs that were stopped and can go on.
        runs: all runs of the sweep, these included.
        suggestion_params: of the new run that would be handed out instead. None when no
            new run may be handed out: then only what may still become the best goes on,
            with a chance of at least 1 − confidence.
    """
    rule = config.early_terminate
    if rule is None or not paused:
        return None
    prospects = Prospects.of(config, runs)
    if prospects is None:
        return None
    ahead = [prospect for run in paused if (prospect := prospects.of_run(run))]
    ahead = [prospect for prospect in ahead if prospect.left > 0]
    if suggestion_params is None:
        ahead = [prospect for prospect in ahead if prospect.chance >= 1 - rule.confidence]
        than = "no paused run promises more for its time"
    else:
        # What promises less than a share of the usual new run would be paused again at once.
        usual = PAUSED * (prospects.new_rate or 0.0)
        new = max([usual, *(new.rate for new in prospects.of_new([suggestion_params]))])
        ahead = [prospect for prospect in ahead if prospect.rate > new]
        than = "promises more for its time than a new run"
    if not ahead:
        return None
    best = min(ahead, key=lambda prospect: (-prospect.rate, prospect.run_id or ""))
    return ThawDecision(best.run_id or "", f"{reason_of(best)}; {than}")
