"""Early termination without parameters: ends runs that are worth less than a new one. Pure.

A run is stopped when going on promises less per iteration than a new run would
(`going_on`), and its chance to become the best is below 1 − confidence. What cannot be
predicted is not judged: before the first run has finished, while curves are few, before
`min_iter`.

A model learns where runs end only from those that were let go to their end, and would
never notice that runs which it takes for bad ones bloom late. So for each run that
finished, STOPS are stopped at most; then one goes on that would have been stopped. And
while fewer than FEW have finished, a run beyond its half shows its end: that costs
less than half a run, and what a model says of late stages rests on one or two ends then.

With `thaw` a run is paused by the same rule. To pause whatever promises less than a new
run, as freeze-thaw optimisation does (Swersky et al. 2014), came out behind on recorded
curves: a model promises more of runs that do not exist yet than they keep.

A run that has shown only NaN or infinity lately (`records.iterations`) is stopped as soon
as another run got as far with finite values.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from nbsweep.records import Curve, EarlyTermination, RunState, StopDecision
from nbsweep.search.curve_model import ShownRun
from nbsweep.search.going_on import Prospect, Prospects
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number, percent, plural, plus_minus

STOPS = 2  # at most, for each run that finished
FEW = 3  # finished runs, below which a run beyond its half is let go to its end


def auto_stops(
    config: SweepConfig, runs: Sequence[ShownRun], due: Container[str] | None = None
) -> list[StopDecision]:
    """The running runs that are stopped now, in the order of `runs`.

    The same curves give the same decisions, in whatever order they come.

    Args:
        config: the sweep, with a metric and `early_terminate` of type "auto".
        runs: all of its runs, ended ones included.
        due: ids of the runs that are judged; by default all.
    """
    rule = config.early_terminate
    if rule is None or config.metric is None:
        return []
    first = rule.min_iter or 1
    judged = [
        run
        for run in runs
        if run.curve.state is RunState.RUNNING
        and run.curve.iterations >= first
        and (due is None or run.curve.run_id in due)
    ]
    curves = [run.curve for run in runs]
    reasons = {
        run.curve.run_id: reason
        for run in judged
        if (reason := reason_of_divergence(run.curve, curves))
    }
    rest = [run for run in judged if run.curve.run_id not in reasons and run.curve.values]
    if is_to_be_checked([run.curve.state for run in runs]):
        rest = []
    prospects = Prospects.of(config, runs) if rest else None
    if prospects is not None:
        ahead = [prospect for run in rest if (prospect := prospects.of_run(run))]
        is_early = sum(run.curve.state is RunState.FINISHED for run in runs) < FEW
        reasons |= {
            prospect.run_id or "": reason
            for prospect in ahead
            if not (is_early and prospect.is_beyond_half)
            and (reason := _reason_to_stop(prospect, prospects, rule))
        }
    return [
        StopDecision(run.curve.run_id, reasons[run.curve.run_id])
        for run in judged
        if run.curve.run_id in reasons
    ]


def _reason_to_stop(prospect: Prospect, prospects: Prospects, rule: EarlyTermination) -> str | None:
    """Why a run is stopped or paused, in words; None when it goes on."""
    if prospect.chance >= 1 - rule.confidence:
        return None
    new = prospects.new_rate  # after the chance: it takes longer
    return reason_of(prospect) if new is None or prospect.rate < new else None


def reason_of(prospect: Prospect) -> str:
    """What is expected of a run, in words."""
    end, to_beat = prospect.end, number(prospect.to_beat)
    chance = percent(prospect.chance)
    return f"ends at {plus_minus(end.value, end.sd)}; chance to beat {to_beat}: {chance}"


def is_to_be_checked(states: Sequence[RunState]) -> bool:
    """Whether a run has to finish before another is stopped; by the states of all runs."""
    return states.count(RunState.STOPPED) >= STOPS * states.count(RunState.FINISHED)


def reason_of_divergence(curve: Curve, others: Iterable[Curve]) -> str | None:
    """That a run has diverged, where another got as far; None when it has not."""
    lost = curve.iterations - len(curve.values)
    if not lost:
        return None
    if all(len(other.values) < curve.iterations for other in others):
        return None
    return f"NaN or infinity for {plural(lost, 'iteration')}"
