"""Frames of made-up runs."""

import pytest

from nbsweep import sweep_config
from nbsweep.analysis.frame import frame
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord
from tests.made_up_sweeps import make_mixed_sweep, make_sweep  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def make_snapshot():
    """Records of a sweep: `rows` are the params of its runs, `values` their metric."""

    def make(rows, values, states=None, *, metric="loss", name="digits", configs=None):
        runs = tuple(
            RunRecord(
                id=f"run{i:05d}",
                project="demo",
                sweep_id="ab12cd34",
                number=i + 1,
                name=f"run-{i + 1}",
                state=states[i] if states else RunState.FINISHED,
                params=params,
                config=configs[i] if configs else {},
                summary={} if value is None else {metric: value},
                started_at=100.0,
                ended_at=100.0 + 10 * (i + 1),
            )
            for i, (params, value) in enumerate(zip(rows, values, strict=True))
        )
        sweep = SweepRecord(id="ab12cd34", project="demo", name=name, config={}, seed=1)
        return Snapshot(sweep=sweep, runs=runs, curves={}, version=1, taken_at=0.0)

    return make


@pytest.fixture(scope="session")
def make_frame(make_snapshot):
    """The frame of a made-up sweep; `parameters` as in a sweep config."""

    def make(parameters, rows, values, states=None, *, goal="minimize", metric="loss", **kwargs):
        config = {"method": "random", "parameters": parameters}
        if metric is not None:
            config["metric"] = {"name": metric, "goal": goal}
        snapshot = make_snapshot(rows, values, states, metric=metric or "loss", **kwargs)
        return frame(snapshot, sweep_config.parse(config))

    return make
