"""What a sweep says of its best runs: one objective, limits, and a front."""

from __future__ import annotations

import math
from typing import Any

import pytest

import nbsweep
from nbsweep.as_wandb.public_sweeps import PublicSweep
from nbsweep.errors import UsageError
from nbsweep.handles.leading import best_in_words
from nbsweep.handles.overview import overviews
from nbsweep.integrations.sklearn import best_estimator

FRONT = [{"name": "loss", "goal": "minimize"}, {"name": "latency", "goal": "minimize"}]
LIMITED = [{"name": "loss", "goal": "minimize"}, {"name": "latency", "at_most": 20}]
VALUES = [(0.5, 10.0), (0.6, 12.0), (0.3, 25.0), (0.4, 20.0), (0.4, 20.0), (0.2, math.nan)]


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def made(values=VALUES, **config: Any) -> nbsweep.Sweep:
    """A grid sweep whose i-th run logs the i-th values."""
    config = {"method": "grid", "parameters": {"i": {"values": list(range(len(values)))}}, **config}
    sweep_id = nbsweep.sweep(config)

    def train():
        with nbsweep.init() as run:
            loss, latency = values[run.config.i]
            run.log({"loss": loss, "latency": latency})

    nbsweep.agent(sweep_id, train, show=False)
    return nbsweep.Sweep(sweep_id)


def numbers(runs):
    return [run.number for run in runs]


def test_with_a_front_best_runs_is_the_front_and_no_run_is_the_best():
    sweep = made(metrics=FRONT)
    assert numbers(sweep.best_runs()) == [3, 4, 5, 1]
    assert numbers(sweep.best_runs(1)) in ([1], [3], [4])
    assert set(numbers(sweep.best_runs(3))) in ({1, 3, 4}, {1, 3, 5})
    assert numbers(sweep.best_runs(9)) == [3, 4, 5, 1]
    with pytest.raises(UsageError) as caught:
        sweep.best_run()
    assert str(caught.value) == (
        f"Sweep {sweep.id} has several objectives (loss and latency), so no one run is the best: "
        "best_runs() gives the front, the runs that no other dominates, and front() draws it."
    )
    assert best_in_words(sweep.stored) == "front of loss and latency: 4 runs"
    assert overviews(sweep.store)[0]["best"] is None


def test_with_limits_the_best_run_keeps_them():
    sweep = made(metrics=LIMITED)
    assert sweep.best_run().number == 4
    assert numbers(sweep.best_runs()) == [4, 5, 1, 2]
    assert numbers(sweep.best_runs(2)) == [4, 5]
    assert best_in_words(sweep.stored).startswith("best so far: 0.4 (run 4, ")
    assert overviews(sweep.store)[0]["best"] == 0.4


def test_where_no_run_keeps_the_limits_none_is_the_best():
    sweep = made([(0.1, 30.0), (0.3, 21.0)], metrics=LIMITED)
    assert (sweep.best_run(), sweep.best_runs()) == (None, [])
    assert best_in_words(sweep.stored) == (
        "no run keeps latency at most 20 yet. Run 2 comes nearest: latency 21 (at most 20)"
    )
    assert overviews(sweep.store)[0]["best"] is None
    with pytest.raises(UsageError, match="has finished with a score and keeps the limits"):
        best_estimator(sweep, None, None)


def test_with_one_metric_best_runs_ranks_all_that_count():
    sweep = made(metric={"name": "loss", "goal": "minimize"})
    assert numbers(sweep.best_runs()) == [6, 3, 4, 5, 1, 2]
    assert numbers(sweep.best_runs(2)) == [6, 3]
    assert best_in_words(sweep.stored).startswith("best so far: 0.2 (run 6, ")


@pytest.mark.parametrize("values", [[], [(0.5, 1.0)], [(math.nan, 1.0), (0.5, math.nan)]])
def test_few_or_no_runs_have_a_front_and_figures(values):
    sweep = made(values or [(math.nan, math.nan)], metrics=FRONT)
    n = len([row for row in values if not any(map(math.isnan, row))])
    assert len(sweep.best_runs()) == n
    for figure in (sweep.front(), sweep.hypervolume(), sweep.history(), sweep.slice()):
        assert figure.layout.title.text
    assert sweep.parallel_coordinates() is not None
    assert best_in_words(sweep.stored) == (f"front of loss and latency: {n} run" if n else "")


def test_a_sweep_without_a_front_says_how_to_have_one():
    one = made(metric={"name": "loss", "goal": "minimize"})
    tail = (
        ', so it has no front. Name several objectives in the config: "metrics": '
        '[{"name": "loss", "goal": "minimize"}, {"name": "latency", "goal": "minimize"}].'
    )
    for what in ("front", "hypervolume"):
        with pytest.raises(UsageError) as caught:
            getattr(one, what)()
        assert str(caught.value) == f"{what}: sweep {one.id} has one objective (loss)" + tail
    with pytest.raises(UsageError, match="has no metric, so it has no front"):
        made().front()


def test_the_volumes_are_in_the_first_trace():
    line = made(metrics=FRONT).hypervolume().data[0]
    assert tuple(line.x) == (1, 2, 3, 4, 5)
    assert list(line.y) == sorted(line.y)
    # To loss 0.52 and latency 26.5: two steps less what they share, and then the third.
    assert line.y[0] == pytest.approx(0.02 * 16.5)
    assert line.y[-1] == pytest.approx(0.02 * 16.5 + 0.1 * 6.5 + 0.1 * 1.5)


def test_an_agents_last_line_counts_the_front():
    sweep = made(metrics=FRONT)
    agent = nbsweep.agent(sweep.id, lambda: None, background=True, show=False)
    agent.wait()
    assert "front of loss and latency: 4 runs" in agent._repr_html_()
    assert "best" not in agent._repr_html_()


def test_wandbs_best_run_goes_by_the_first_objective():
    sweep = made(metrics=FRONT)
    public = PublicSweep(sweep.id)
    assert public.best_run().id == sweep.runs[5].id
    assert public.best_loss == 0.2
    limited = made(metrics=LIMITED)
    public = PublicSweep(limited.id)
    assert (public.best_run().id, public.best_loss) == (limited.runs[3].id, 0.4)


def test_the_static_view_stars_the_front_and_names_no_best_run():
    text = made(metrics=FRONT)._repr_mimebundle_()["text/plain"]
    assert "Front of loss and latency: 4 runs" in text
    assert "Best" not in text
    starred = [line.split()[1] for line in text.splitlines() if line.lstrip().startswith("★")]
    assert starred == ["1", "3", "4", "5"]
