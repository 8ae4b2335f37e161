"""Made-up runs by several metrics."""

from nbsweep.records import Curve, RunState
from nbsweep.search.joint_curves import joint_runs
from nbsweep.sweep_config import parse

METRICS = [{"name": "loss", "goal": "minimize"}, {"name": "acc", "goal": "maximize"}]


def joint_config(*metrics, **changes):
    return parse(
        {
            "method": "random",
            "metrics": list(metrics) or METRICS,
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
            "early_terminate": {"type": "median"},
            **changes,
        }
    )


def curve(run_id, values, state=RunState.RUNNING, steps=None, diverged=0):
    steps = range(len(values)) if steps is None else steps
    return Curve(run_id, state, tuple(steps), tuple(map(float, values)), 0, diverged)


def runs_of(config, runs, params=None):
    """JointRuns of {run id: (state, curve of the first metric, of the second, …)}.

    A curve is a list of values at steps 0, 1, …, or {step: value}; NaN at its end has diverged.
    """
    curves_of = {metric.name: {} for metric in config.metrics}
    for run_id, (state, *curves) in runs.items():
        for metric, logged in zip(config.metrics, curves, strict=True):
            pairs = logged if isinstance(logged, dict) else dict(enumerate(logged))
            finite = {step: value for step, value in pairs.items() if value == value}
            lost = sum(step > max(finite, default=-1) for step in pairs)
            curves_of[metric.name][run_id] = curve(
                run_id, list(finite.values()), state, finite, lost
            )
    return joint_runs(config.metrics, curves_of, params or {})
