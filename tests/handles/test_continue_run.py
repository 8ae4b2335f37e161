"""What `Sweep.continue_run` takes, and what it says where it cannot."""

from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.handles.continuing import more_iterations
from nbsweep.records import Curve, RunRecord, RunState, Snapshot
from nbsweep.testing.stores import a_sweep


def train():
    with nbsweep.init() as run:
        for epoch in range(run.config.get("epochs", 3)):
            run.log({"loss": 1.0 / (1 + epoch)})
            run.checkpoint(lambda folder: (folder / "x").write_text("x"))


def a_finished_sweep(**values):
    parameters = {name: {"value": value} for name, value in values.items()}
    parameters = {"lr": {"values": [1, 2]}, **parameters}
    sweep_id = nbsweep.sweep(
        {"method": "grid", "metric": {"name": "loss"}, "parameters": parameters}
    )
    nbsweep.agent(sweep_id, train, show=False, executor="inline")
    return nbsweep.Sweep(sweep_id)


def refusal(sweep, *arguments, **keywords):
    with pytest.raises(UsageError) as caught:
        sweep.continue_run(*arguments, **keywords)
    assert all(not run.continue_requested for run in sweep.snapshot().runs)
    assert sweep.state == "FINISHED"
    return str(caught.value)


@pytest.mark.parametrize(
    ("run", "keywords", "text"),
    [
        ([], {}, "continue_run([]): there is no run in the list."),
        (
            1,
            {"iterations": 3, "config": {"epochs": 9}},
            "continue_run: give iterations=… or config=…, not both: iterations=10 is short for "
            'config={"epochs": 40} where the run was trained for 30.',
        ),
        (1, {"iterations": 0}, "continue_run(iterations=0): a whole number ≥ 1 is needed."),
        (1, {"iterations": True}, "continue_run(iterations=True): a whole number ≥ 1 is needed."),
        (1, {"config": [1]}, "continue_run(config=[1]): a dict of values is needed."),
        (
            [2, 1],
            {"config": {"epoch": 9}},
            "continue_run(config={'epoch': …}): the config of run 2 has no 'epoch'. Did you mean "
            '"epochs"?',
        ),
    ],
)
def test_what_makes_no_sense_is_refused(run, keywords, text):
    assert refusal(a_finished_sweep(epochs=3), run, **keywords) == text


def test_a_run_without_a_checkpoint_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(nbsweep.Run, "keeps_checkpoints", False, raising=False)
    monkeypatch.setattr("nbsweep.runs.resumable.Resumable.checkpoint", lambda *a, **k: False)
    sweep = a_finished_sweep(epochs=3)
    assert refusal(sweep, [1, 2]) == (
        "continue_run: run 1 left no checkpoint to go on from. Save one in the training code, "
        "after log: run.checkpoint(lambda folder: torch.save(state, folder / 'state.pt')). "
        "retry(1) tries its params from the start."
    )


def test_a_damaged_checkpoint_is_refused_with_the_way_out():
    sweep = a_finished_sweep(epochs=3)
    folder = Path(".nbsweep/runs").absolute() / sweep.runs[0].id / "checkpoint" / "3"
    (folder / "files" / "x").write_text("longer")
    assert refusal(sweep, 1) == (
        f"continue_run: the checkpoint of run 1 cannot be used: {folder} is not whole (x has 6 "
        "bytes in place of 1). retry(1) tries its params from the start."
    )


def test_one_that_has_not_ended_or_was_tried_again_is_refused():
    sweep = a_finished_sweep(epochs=3)
    first = sweep.runs[0]
    sweep.retry(1)
    run = sweep.ask()
    with pytest.raises(UsageError) as caught:
        sweep.continue_run(1)
    assert str(caught.value) == (
        "continue_run: run 1 has not ended; it goes on as it is. kill(1) stops it."
    )
    with pytest.raises(UsageError) as caught:
        sweep.continue_run(first)
    assert str(caught.value) == (
        "continue_run: run 1 was tried again since. continue_run(1) goes on with its last attempt."
    )
    run.tell(0.5)


def test_values_may_be_nested_and_new_and_the_other_ones_stay():
    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "loss"},
            "parameters": {
                "epochs": {"value": 2},
                "optimizer": {"parameters": {"lr": {"value": 1}, "momentum": {"value": 0.5}}},
            },
        }
    )
    nbsweep.agent(sweep_id, train, show=False, executor="inline")
    sweep = nbsweep.Sweep(sweep_id)
    sweep.continue_run(1, config={"optimizer": {"lr": 0.1}, "warm": True})
    run = sweep.ask()
    assert dict(run.config) == {
        "epochs": 2,
        "optimizer": {"lr": 0.1, "momentum": 0.5},
        "warm": True,
    }
    run.config["optimizer"]["lr"] = 7  # what was asked for is locked, as a suggestion is
    run.config["noted"] = 1
    run.tell(0.5)
    assert sweep.runs[0].config["optimizer"] == {"lr": 0.1, "momentum": 0.5}
    assert sweep.runs[0].config["noted"] == 1


def a_snapshot(*runs):
    """Runs as (config, values logged, state)."""
    records = [
        RunRecord(f"r{n}", "p", "s", n, config=config, state=state)
        for n, (config, _, state) in enumerate(runs, start=1)
    ]
    curves = {
        record.id: Curve(record.id, record.state, tuple(range(n)), tuple(map(float, range(n))), n)
        for record, (_, n, _) in zip(records, runs, strict=True)
    }
    return Snapshot(a_sweep(), tuple(records), curves, 1, 1.0)


FINISHED, STOPPED = RunState.FINISHED, RunState.STOPPED


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([({"epochs": 30, "lr": 0.1}, 30, FINISHED)], {"epochs": 40}),
        ([({"train": {"epochs": 30.0}}, 30, FINISHED)], {"train.epochs": 40}),
        ([({"epochs": 30, "flag": True}, 30, FINISHED)], {"epochs": 40}),
        ([({"epochs": 8, "hidden": 8}, 8, FINISHED), ({"epochs": 8, "hidden": 4}, 8, FINISHED)],
         {"epochs": 18}),
        ([({"epochs": 30}, 9, STOPPED), ({"epochs": 20}, 20, FINISHED)], {"epochs": 19}),
    ],
)  # fmt: skip
def test_the_key_that_holds_the_number_of_iterations_is_found(runs, expected):
    snapshot = a_snapshot(*runs)
    assert more_iterations(snapshot.runs[0], snapshot, 10) == expected


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        (
            [({"epochs": 8, "hidden": 8}, 8, FINISHED)],
            "run 1 logged its metric 8 times, and epochs and hidden are all 8 in its config, so "
            "it is not known where the number of iterations stands. Say it: "
            'continue_run(1, config={"epochs": 16}).',
        ),
        (
            [({"lr": 0.1}, 1, FINISHED)],
            "run 1 logged its metric 1 time, and no value of its config is 1, so it is not known "
            "where the number of iterations stands. Say it: "
            'continue_run(1, config={"epochs": 2}).',
        ),
        (
            [({"epochs": 30}, 9, STOPPED)],
            "run 1 logged its metric 9 times, and no finished run of the sweep shows which value "
            "of its config is meant, so it is not known where the number of iterations stands. "
            'Say it: continue_run(1, config={"epochs": 18}).',
        ),
    ],
)
def test_where_no_key_or_several_may_hold_it_the_way_out_is_named(runs, found):
    snapshot = a_snapshot(*runs)
    with pytest.raises(UsageError) as caught:
        more_iterations(snapshot.runs[0], snapshot, 10)
    assert str(caught.value) == f"continue_run(1, iterations=…): {found}"


def test_the_best_runs_need_a_metric():
    sweep_id = nbsweep.sweep({"method": "random", "parameters": {"lr": {"value": 1}}})
    with pytest.raises(UsageError, match="has no metric, so no run is best"):
        nbsweep.Sweep(sweep_id).best_runs(3)
