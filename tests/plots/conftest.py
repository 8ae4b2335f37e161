"""The frame of a made-up sweep like the tutorial's."""

import pytest

from nbsweep import sweep_config
from nbsweep.analysis.frame import frame
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord

CONFIG = {
    "name": "digits <b>&amp;</b>",
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "optimizer": {"values": ["adam", "sgd"]},
        "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
        "width": {"values": [128, 256, 512]},
        "momentum": {"min": 0.0, "max": 1.0},
        "epochs": {"value": 1},
    },
}


@pytest.fixture(scope="session")
def make_sweep():
    """A frame of `n` finished runs, then one more for each of `others`: (state, loss)."""

    def make(n, others=(), *, metric=True):
        config = sweep_config.parse(
            CONFIG if metric else {key: CONFIG[key] for key in ("name", "method", "parameters")}
        )
        runs = []
        for i, (state, loss) in enumerate([*[(RunState.FINISHED, ...)] * n, *others]):
            # Low-discrepancy points, so that a handful of runs covers the space.
            u = [((i + 0.5) * step) % 1 for step in (0.618, 0.755, 0.57, 0.88)]
            params = {
                "optimizer": "adam" if u[0] < 0.5 else "sgd",
                "learning_rate": 10 ** (4 * u[1] - 4),
                "width": (128, 256, 512)[int(3 * u[2])],
                "epochs": 1,
            }
            if params["optimizer"] == "sgd":
                params["momentum"] = u[3]
            value = 0.3 + (u[1] - 0.5) ** 2 if loss is ... else loss
            runs.append(
                RunRecord(
                    id=f"run{i:05d}",
                    project="demo",
                    sweep_id="ab12cd34",
                    number=i + 1,
                    name=f"run-{i + 1} <i>",
                    state=state,
                    params=params,
                    summary={} if value is None else {"loss": value},
                )
            )
        sweep = SweepRecord("ab12cd34", "demo", config.name, CONFIG, seed=1)
        return frame(Snapshot(sweep, tuple(runs), {}, version=1, taken_at=0.0), config)

    return make
