"""The best runs of a sweep: `Sweep.best_run` and `Sweep.best_runs`, and what is said of them."""

from __future__ import annotations

from nbsweep.analysis import best
from nbsweep.analysis.front import front_text, lead, lead_text
from nbsweep.errors import UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun


def best_run(sweep: StoredSweep) -> SweepRun | None:
    """See `Sweep.best_run`."""
    snapshot = sweep.snapshot()
    config = sweep.config_of(snapshot.sweep)
    if config.metric is None:
        raise no_metric(sweep.id)
    if config.has_front:
        raise UsageError(
            f"Sweep {sweep.id} has several objectives ({front_text(config)}), so no one run is "
            "the best: best_runs() gives the front, the runs that no other dominates, and "
            "front() draws it."
        )
    found = best.best_run(snapshot, config)
    return None if found is None else sweep.public(found[0])


def best_runs(sweep: StoredSweep, count: int | None) -> list[SweepRun]:
    """See `Sweep.best_runs`."""
    snapshot = sweep.snapshot()
    config = sweep.config_of(snapshot.sweep)
    if config.metric is None:
        raise no_metric(sweep.id)
    return [sweep.public(run) for run in best.leading_runs(snapshot, config, count)]


def best_in_words(sweep: StoredSweep) -> str:
    """The best run so far, or the front, in a few words; "" where there is neither."""
    snapshot = sweep.snapshot()
    config = sweep.config_of(snapshot.sweep)
    found = best.best_run(snapshot, config)
    if found is None:
        text = lead_text(lead(snapshot.runs, config), config)
        return text[:1].lower() + text[1:]
    run, value = found
    return f"best so far: {value:.6g} (run {run.number}, {run.name})"


def no_metric(sweep_id: str) -> UsageError:
    """What is raised where the best run of a sweep without a metric is asked for."""
    return UsageError(
        f"Sweep {sweep_id} has no metric, so no run is best. Name one in the config: "
        '"metric": {"name": "loss", "goal": "minimize"}.'
    )
