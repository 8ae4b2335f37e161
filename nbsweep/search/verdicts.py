"""Which runs under way to end early, by one metric or by several. Pure.

What the judge of running sweeps, the preview and `nbsweep.controller` ask, whatever the
config. `early_termination` compares curves of one metric, `joint_stops` runs by all metrics.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from nbsweep.records import Curve, RunState, Snapshot, StopDecision
from nbsweep.search import early_termination
from nbsweep.search.joint_curves import JointRun, joint_runs
from nbsweep.search.joint_stops import joint_stops
from nbsweep.sweep_config import SweepConfig

Shown = Curve | JointRun  # what a run has shown: both have run_id, state and iterations
AnyShown = TypeVar("AnyShown", Curve, JointRun, Shown)


def shown_runs(config: SweepConfig, snapshot: Snapshot) -> dict[str, Shown]:
    """Run id to what the run has shown, of a snapshot with curves."""
    if not config.is_joint:
        return dict(snapshot.curves)
    params = {run.id: run.params for run in snapshot.runs}
    return {run.run_id: run for run in joint_runs(config.metrics, snapshot.curves_of, params)}


def in_state(shown: AnyShown, state: RunState) -> AnyShown:
    """The same of a run in another state."""
    changed = shown.in_state(state) if isinstance(shown, JointRun) else replace(shown, state=state)
    return cast(AnyShown, changed)


def until(shown: Shown, iteration: int) -> Shown:
    """What a run under way had shown after so many iterations."""
    if isinstance(shown, JointRun):
        return shown.until(iteration)
    values = shown.values[:iteration]
    return replace(shown, values=values, diverged=iteration - len(values), state=RunState.RUNNING)


def stops(
    config: SweepConfig,
    shown: Sequence[Shown],
    judged: Mapping[str, int] | None = None,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    due: Container[str] | None = None,
) -> list[StopDecision]:
    """The running runs that early termination ends now, in the order of `shown`.

    The same runs give the same decisions. Without `early_terminate` and a metric in the
    config there are none.

    Args:
        config: the sweep.
        shown: of all its runs, ended ones included, as `shown_runs` gives them.
        judged: run id → number of iterations at which the run was judged before; for
            asha.
        params: run id → params of the run, for curves of one metric.
        due: ids of the runs that auto judges; by default all.
    """
    if not config.is_joint:
        curves = [each for each in shown if isinstance(each, Curve)]
        return early_termination.stops(config, curves, judged, params, due)
    runs = [each for each in shown if isinstance(each, JointRun)]
    return joint_stops(config, runs, judged or {}, due)
