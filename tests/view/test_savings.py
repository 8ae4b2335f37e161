"""What early termination saved: of all work, in the unit that people use."""

from dataclasses import replace

import pytest

from nbsweep.records import RunState
from nbsweep.view.html import to_html
from nbsweep.view.picture import picture
from nbsweep.view.savings import Savings, savings


def stopped_at(sweep, n, **fields):
    run = sweep.add(RunState.STOPPED, history_rows=n, **fields)
    curve = sweep.curves[run.id]
    sweep.curves[run.id] = replace(curve, steps=curve.steps[:n], values=curve.values[:n])
    return run


def counted(sweep, **values):
    """The sweep's runs with further values in their summaries or configs."""
    for i, run in enumerate(sweep.runs):
        changes = {field: {**getattr(run, field), **more} for field, more in values.items()}
        sweep.replace(i, replace(run, **changes))


@pytest.fixture
def sweep(make_sweep):
    made = make_sweep()
    for _ in range(3):
        made.add()  # 20 values each
    stopped_at(made, 5)
    stopped_at(made, 10)
    return made


def test_the_share_is_of_all_work_and_says_what_it_rests_on(sweep):
    assert savings(sweep.snapshot()) == Savings(
        ", 25 % of iterations saved",
        "Without early termination the 5 runs would have taken 100 iterations: finished runs "
        "have 20 (the median), and 2 stopped runs would have had 25 more.",
    )


@pytest.mark.parametrize(
    "values",
    [
        {"summary": {"epoch": 19}},  # counted from 0
        {"summary": {"epoch": 20}},
        {"summary": {"epoch": 20.0}},
        {"summary": {"train/epoch": 20}},
        {"config": {"epochs": 20}},
        {"config": {"num_epochs": 20}},
        {"config": {"num_train_epochs": 20}},
        {"config": {"max_epochs": 20}},
        {"params": {"n_epochs": 20}},
    ],
)
def test_an_iteration_is_called_an_epoch_where_it_is_one(sweep, values):
    counted(sweep, **values)
    saved = savings(sweep.snapshot())
    assert saved.text == ", 25 % of epochs saved"
    assert "100 epochs:" in saved.basis


@pytest.mark.parametrize(
    "values",
    [
        {"summary": {"epoch": 4}},  # several values an epoch
        {"config": {"epochs": 100}},
        {"config": {"warmup_epochs": 20}},
        {"summary": {"step": 20}},
        {"config": {"epochs": [20]}},
    ],
)
def test_it_is_not_called_an_epoch_on_a_guess(sweep, values):
    counted(sweep, **values)
    assert savings(sweep.snapshot()).text == ", 25 % of iterations saved"


def test_nothing_saved_has_no_basis(make_sweep):
    sweep = make_sweep()
    stopped_at(sweep, 5)
    assert savings(sweep.snapshot()) == Savings()
    assert "title=" not in header(sweep)


def test_the_basis_is_the_title_of_the_words(sweep):
    assert 'title="Without early termination the 5 runs would have taken' in header(sweep)


def header(sweep):
    snapshot = sweep.snapshot()
    page = to_html(picture(snapshot, sweep.config, total=9, now=1e6))
    return page[: page.index("<table")]


def test_stopped_runs_are_hatched_in_the_bar(sweep):
    assert "repeating-linear-gradient" in header(sweep)
