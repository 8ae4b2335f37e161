"""Why a run was stopped, in a sentence for people: part of what `Sweep.why` says. Pure."""

from __future__ import annotations

import re
from statistics import median

from nbsweep.records import RunRecord, RunState, Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import plural

_BEGUN = {RunState.STOPPED: "Stopped early", RunState.KILLED: "Killed"}

# What early termination gives as its reason, see `nbsweep.search.early_termination`.
_COMPARED = re.compile(
    r"(?:band|rung|iteration) (?P<at>\d+): (?P<best>the best so far, )?"
    r"(?P<value>[^\s,]+),? is worse than (?P<limit>[^\s,]+), (?P<of>.+)"
)
_PREDICTED = re.compile(r"ends at (?P<end>.+); chance to (?P<aim>.+): (?P<chance>[^:]+)")
_PLACED = re.compile(r"(?:band|rung|iteration) (?P<at>\d+): (?P<rest>.+)")


def why_stopped(run: RunRecord, snapshot: Snapshot, config: SweepConfig) -> list[str]:
    """After how much of its way a run was stopped, and why; [] where nobody stopped it.

    Args:
        run: one of the snapshot's runs.
        snapshot: of the sweep; with curves the iterations are told.
        config: the sweep's.
    """
    reason = run.stop_requested
    if not reason or run.state is RunState.FINISHED or run.error:
        return []
    told = _in_words(reason, config.metric.name if config.metric is not None else "metric")
    if not run.state.ended:
        return [f"It has been asked to stop: {told}."]
    begun = "Stopped" if run.is_cut_off else _BEGUN.get(run.state, run.state.value.capitalize())
    return [f"{begun}{_how_far(run, snapshot)}: {told}."]


def iterations(run: RunRecord, snapshot: Snapshot) -> int:
    """How many values of the metric a run logged, as far as the snapshot's curves tell."""
    curve = snapshot.curves.get(run.id)
    if curve is None:
        return 0
    return run.history_rows if curve.is_sampled else curve.iterations


def _how_far(run: RunRecord, snapshot: Snapshot) -> str:
    """`` after 3 of 27 iterations``: against the finished runs by the median."""
    done = iterations(run, snapshot)
    if not done:
        return ""
    finished = (other for other in snapshot.runs if other.state is RunState.FINISHED)
    lengths = [n for other in finished if (n := iterations(other, snapshot))]
    whole = int(median(lengths)) if lengths else 0
    if whole <= done:
        return f" after {plural(done, 'iteration')}"
    return f" after {done:,} of {plural(whole, 'iteration')}"


def _in_words(reason: str, metric: str) -> str:
    """A reason as the rest of a sentence; as it is where it has another form."""
    if found := _COMPARED.fullmatch(reason):
        best = "best " if found["best"] else ""
        of = re.sub(r"^top (1/\S+) of", r"the limit of the best \1 of", found["of"])
        return (
            f"at iteration {found['at']} its {best}{metric}, {found['value']}, was worse than "
            f"{found['limit']}, {of}"
        )
    if found := _PREDICTED.fullmatch(reason):
        return (
            f"the model expected it to end at {found['end']}, with a chance of "
            f"{found['chance']} to {found['aim']}"
        )
    if found := _PLACED.fullmatch(reason):
        return f"at iteration {found['at']}, {found['rest']}"
    return reason.rstrip(".")
