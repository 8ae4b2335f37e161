"""`Sweep.early_termination_preview`: what would have been stopped, and what that saves."""

import pytest

import nbsweep
from nbsweep.errors import ConfigError, UsageError
from nbsweep.runs import judge as stopping
from nbsweep.runs import session

HYPERBAND = {"type": "hyperband", "min_iter": 2, "eta": 3}


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(stopping, "LONGEST_WAIT_S", 30.0)
    monkeypatch.setattr(stopping, "FREE_WAIT_S", 300.0)
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    nbsweep.setup(None)


def ran(*values, **changes):
    config = {
        "method": "grid",
        "metric": {"name": "loss"},
        "parameters": {"x": {"values": list(values)}},
        **changes,
    }

    def train():
        with nbsweep.init() as run:
            for _ in range(9):
                run.log({"loss": run.config.x})

    sweep_id = nbsweep.sweep(config, project="p")
    nbsweep.agent(sweep_id, train, show=False)
    return nbsweep.Sweep(sweep_id)


def test_it_tells_which_runs_would_have_been_stopped_where_and_why():
    preview = ran(1.0, 2.0, 0.5, 3.0).early_termination_preview(**HYPERBAND)
    assert [(stop.number, stop.iteration, stop.saved) for stop in preview.stops] == [
        (2, 2, 7),
        (4, 2, 7),
    ]
    assert (preview.saved, preview.keeps_best) == (14, True)
    assert str(preview).splitlines() == [
        "2 of 4 runs would have been stopped, 14 of 36 iterations (39%) saved; "
        "the best run, 3, would have gone on.",
        "  run 2 at iteration 2, 7 saved: band 2: 2 is worse than 1, top 1/3 of 2 runs",
        "  run 4 at iteration 2, 7 saved: band 2: 3 is worse than 1, top 1/3 of 4 runs",
    ]
    html = preview._repr_html_()
    assert html.count("<tr>") == 3
    assert "band 2: 3 is worse than 1, top 1/3 of 4 runs" in html


@pytest.mark.parametrize(
    "rule", [HYPERBAND, {"type": "asha", "min_iter": 2}, {"type": "median", "min_runs": 1}]
)
def test_the_preview_agrees_with_what_early_termination_then_does(rule):
    values = (1.0, 2.0, 0.5, 3.0, 0.75, 0.25, 4.0)
    preview = ran(*values).early_termination_preview(**rule)
    real = ran(*values, early_terminate=rule)
    assert [(stop.number, stop.reason) for stop in preview.stops] == [
        (run.number, run.stop_reason) for run in real.runs if run.state == "stopped"
    ]
    assert preview.stops
    assert preview.saved == 63 - sum(len(run.history()) for run in real.runs)


def test_without_arguments_it_takes_the_block_of_the_config():
    sweep = ran(1.0, 0.5, early_terminate=HYPERBAND)
    assert str(sweep.early_termination_preview()) == (
        "0 of 2 runs would have been stopped, 0 of 18 iterations (0%) saved."
    )


def test_what_cannot_be_previewed_is_said():
    with pytest.raises(UsageError, match="has no early_terminate block"):
        ran(1.0).early_termination_preview()
    with pytest.raises(ConfigError, match=r'"min_itr"\. Did you mean "min_iter"\?'):
        ran(1.0).early_termination_preview(type="hyperband", min_itr=3)
    with pytest.raises(UsageError, match="has no metric to compare runs by"):
        ran(1.0, metric=None).early_termination_preview(**HYPERBAND)
