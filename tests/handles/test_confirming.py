"""`Sweep.leaders` and `Sweep.confirm`, with agents that do what was asked for."""

import random

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.records import RunState
from nbsweep.view.picture import expected_total

METRIC = {"name": "loss", "goal": "minimize"}
SPACE = {"x": {"values": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]}, "seed": {"value": 42}}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def new_sweep(method="grid", parameters=SPACE, **more):
    metric = {} if "metrics" in more else {"metric": METRIC}
    config = {"method": method, "parameters": parameters, **metric, **more}
    return nbsweep.Sweep(nbsweep.sweep(config))


def train():
    with nbsweep.init() as run:
        noise = random.Random(repr(run.config.as_dict())).gauss(0, 0.02)
        run.log({"loss": (run.config["x"] - 0.2) ** 2 + noise, "ms": 10.0 + run.config["x"]})


def work(sweep, **options):
    nbsweep.agent(sweep.id, train, show=False, **options)
    return sweep.runs


def replicates(sweep):
    return [run for run in sweep.runs if "replicate_of" in run.origin]


def test_an_ended_sweep_does_the_repetitions_and_no_others(capsys):
    sweep = new_sweep()
    assert len(work(sweep)) == 6
    leaders = [leader.runs[0].number for leader in sweep.leaders(2)]
    asked = sweep.confirm(top=2, repeats=3)
    assert asked.numbers == tuple(leaders)
    assert (
        str(asked)
        == asked.sentence
        == (
            f"6 runs of sweep {sweep.id} wait to repeat runs {leaders[0]} and {leaders[1]}, 3 "
            "times each. Their seed, which the config holds at 42, is 43, 44, 45; "
            "seed_parameter=None leaves it as it is. The sweep has ended; "
            f"nbsweep.agent('{sweep.id}', train) does these runs and no others."
        )
    )
    assert sweep.state == "FINISHED"
    runs = work(sweep)
    assert sweep.state == "FINISHED"
    assert [run.origin["replicate_of"] for run in runs[6:]] == leaders * 3
    assert [run.params["seed"] for run in runs[6:]] == [43, 43, 44, 44, 45, 45]
    assert [run.params["x"] for run in runs[6:]] == [runs[n - 1].params["x"] for n in leaders] * 3
    assert {run.state for run in runs} == {"finished"}
    work(sweep)
    assert "has nothing left to run: all points of the search space were tried." in (
        capsys.readouterr().out
    )
    assert len(sweep.runs) == 12


def test_repetitions_are_one_configuration_that_best_run_and_the_view_agree_on():
    sweep = new_sweep()
    work(sweep)
    sweep.confirm(top=3, repeats=4)
    work(sweep)
    leaders = sweep.leaders()
    assert [leader.n for leader in leaders].count(5) == 3
    best = sweep.best_run()
    assert best.id == leaders[0].run.id == sweep.best_runs(2)[0].id
    assert sweep.best_runs(2)[1].id == leaders[1].run.id
    values = sorted(run.metric for run in leaders[0].runs)
    assert best.metric == values[(len(values) - 1) // 2]
    text = sweep._repr_mimebundle_()["text/plain"]
    assert f"in run {best.number}:" in text
    assert f"★ {best.number}" in text
    assert leaders[0].params == {"x": best.params["x"]}
    assert leaders[0].error == pytest.approx(0.02 / 5**0.5, rel=0.7)
    assert leaders[0].low < leaders[0].expected < leaders[0].high
    head, first = repr(leaders).splitlines()[:2]
    assert head.split() == ["run", "runs", "loss", "expected", "chance", "params"]
    assert first.split()[:2] == [str(best.number), "5"]
    assert repr(leaders).splitlines()[-1] == leaders.sentence
    assert leaders._repr_html_().count("<tr>") == 1 + len(leaders)


def test_a_running_sweep_does_them_next_and_goes_on():
    sweep = new_sweep("random", {"x": {"min": 0.0, "max": 1.0}}, run_cap=8)
    work(sweep, count=4)
    assert sweep.confirm(1, 2).sentence.endswith(
        f"An agent at work takes them next, else nbsweep.agent('{sweep.id}', train, count=2) does. "
        "They count for run_cap (8), which does not hold them back."
    )
    runs = work(sweep)
    assert ["replicate_of" in run.origin for run in runs] == [False] * 4 + [True] * 2 + [False] * 2
    sweep.confirm(1, 3)
    assert len(work(sweep)) == 11


def test_neither_run_cap_nor_target_holds_them_back():
    target = {**METRIC, "target": 10.0}
    for config in ({"run_cap": 2}, {"metric": target}, {"run_cap": 2, "metric": target}):
        sweep = nbsweep.Sweep(
            nbsweep.sweep({"method": "grid", "metric": METRIC, "parameters": SPACE, **config})
        )
        before = len(work(sweep))
        sweep.confirm(top=1, repeats=2)
        assert (len(work(sweep)), sweep.state) == (before + 2, "FINISHED")


def test_a_stopped_and_a_canceled_sweep_stay_so():
    for end, state in (("stop", "FINISHED"), ("cancel", "CANCELED")):
        sweep = new_sweep("random")
        work(sweep, count=3)
        getattr(sweep, end)()
        sweep.confirm(1, 2)
        assert (len(work(sweep)), sweep.state) == (5, state)
        sweep.resume()
        assert len(work(sweep, count=2)) == 7


def test_a_paused_sweep_waits():
    sweep = new_sweep("random")
    work(sweep, count=3)
    sweep.pause()
    assert sweep.confirm(1, 1).sentence.endswith(
        f"The sweep is paused: after resume() nbsweep.agent('{sweep.id}', train) does them first."
    )
    sweep.resume()
    assert "replicate_of" in work(sweep, count=1)[3].origin


def test_ask_hands_them_out_as_well():
    sweep = new_sweep()
    work(sweep)
    sweep.confirm(1, 2)
    told = 0
    while (run := sweep.ask()) is not None:
        run.tell(0.5)
        told += 1
    assert (told, sweep.state) == (2, "FINISHED")


def test_early_termination_leaves_them_alone():
    def long():
        with nbsweep.init() as run:
            for _ in range(6):
                run.log({"loss": run.config["x"] + 10.0 * (run.config["seed"] > 42)})

    sweep = new_sweep("random", early_terminate={"type": "median", "min_runs": 2})
    nbsweep.agent(sweep.id, long, count=6, show=False)
    sweep.stop()
    sweep.confirm(1, 2)
    nbsweep.agent(sweep.id, long, show=False)
    assert [(run.state, len(run.history())) for run in replicates(sweep)] == [("finished", 6)] * 2


def test_one_whose_process_died_is_tried_again_though_the_sweep_has_ended():
    sweep = new_sweep()
    work(sweep)
    sweep.confirm(1, 1)
    run = sweep.ask()
    run.tell(state="crashed")
    again = work(sweep)[-1]
    assert (again.number, again.attempt, again.state) == (7, 1, "finished")
    assert again.origin["replicate_of"] == sweep.runs[6].origin["replicate_of"]
    assert again.params == sweep.runs[6].params


def test_a_second_confirmation_takes_other_seeds_and_tells_of_those_that_wait():
    sweep = new_sweep()
    work(sweep)
    sweep.confirm(1, 2)
    again = sweep.confirm(1, 2)
    assert " 2 asked for before wait as well. " in again.sentence
    work(sweep)
    assert [run.params["seed"] for run in replicates(sweep)] == [43, 44, 45, 46]


def test_a_searched_seed_takes_values_that_are_left():
    sweep = new_sweep(parameters={**SPACE, "seed": {"values": [1, 2, 3]}}, method="random")
    sweep.enqueue([{"x": x, "seed": 1} for x in (0.2, 0.5)])
    work(sweep, count=2)
    said = sweep.confirm(1, 5).sentence
    assert said.startswith(f"2 runs of sweep {sweep.id} wait to repeat run 1, 5 times. ")
    assert " There are no more values of the seed that these params were not run with. " in said
    assert " Their seed is 2, 3; " in said
    assert [run.params["seed"] for run in work(sweep, count=2)[2:]] == [2, 3]
    assert sweep.leaders(1)[0].n == 3
    with pytest.raises(UsageError) as error:
        sweep.confirm(1, 1)
    assert str(error.value) == (
        f"confirm: the leaders of sweep {sweep.id} were run with every value of seed already. "
        "confirm(seed_parameter=None) repeats them with the values that they had."
    )


def test_a_seed_of_another_name_and_none():
    sweep = new_sweep(parameters={"x": SPACE["x"], "data_seed": {"value": 7}, "seed": {"value": 1}})
    work(sweep)
    sweep.confirm(1, 2, seed_parameter="data_seed")
    sweep.confirm(1, 1, seed_parameter=None)
    work(sweep)
    assert [(r.params["data_seed"], r.params["seed"]) for r in replicates(sweep)] == [
        (8, 1),
        (9, 1),
        (7, 1),
    ]
    assert sweep.leaders()[0].n == 4 or max(leader.n for leader in sweep.leaders()) == 4
    assert all(sweep.recompute(run) == run.params for run in replicates(sweep))


def test_without_a_seed_nothing_is_said_of_it():
    sweep = new_sweep(parameters={"x": SPACE["x"]})
    work(sweep)
    asked = sweep.confirm(1, 1)
    assert asked.sentence == (
        f"1 run of sweep {sweep.id} waits to repeat run {asked.numbers[0]}. The sweep has ended; "
        f"nbsweep.agent('{sweep.id}', train) does these runs and no others."
    )


def test_conditional_parameters_ties_and_constraints_are_repeated_as_they_were():
    parameters = {
        "x": {"values": [0.1, 0.2, 0.3, 0.4]},
        "opt": {"values": ["adam", "sgd"]},
        "momentum": {"min": 0.0, "max": 0.9, "when": {"opt": "sgd"}},
        "model": {"values": ["s", "l"]},
        "width": {"values": [8, 16]},
    }
    sweep = new_sweep("bayes", parameters, zip=["model", "width"], constraints=["x != 0.4"])
    work(sweep, count=8)
    sweep.confirm(3, 1)
    work(sweep, count=3)
    by_number = {run.number: run for run in sweep.runs}
    assert len(replicates(sweep)) == 3
    for run in replicates(sweep):
        assert run.params == by_number[run.origin["replicate_of"]].params


def test_runs_of_the_front_are_repeated():
    sweep = new_sweep(
        metrics=[{"name": "loss", "goal": "minimize"}, {"name": "ms", "goal": "minimize"}]
    )
    work(sweep)
    asked = sweep.confirm(top=2, repeats=1)
    x = {run.number: run.params["x"] for run in sweep.runs}
    assert all(x[number] <= 0.3 for number in asked.numbers)
    work(sweep)
    assert sorted(run.origin["replicate_of"] for run in replicates(sweep)) == sorted(asked.numbers)
    with pytest.raises(UsageError) as error:
        sweep.leaders()
    assert str(error.value) == (
        f"leaders: sweep {sweep.id} has 2 objectives, so that no one configuration is the best. "
        "best_runs() gives the front, and confirm() repeats it."
    )


def test_failed_runs_are_no_leaders():
    def fails():
        with nbsweep.init() as run:
            run.log({"loss": -run.config["x"]})
            if run.config["x"] > 0.25:
                raise ValueError

    sweep = new_sweep()
    nbsweep.agent(sweep.id, fails, show=False)
    assert sweep.confirm(top=9, repeats=1).numbers == (3, 2, 1)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None])
def test_counts_are_whole_numbers(value):
    sweep = new_sweep()
    work(sweep)
    for call, name in (
        (lambda: sweep.confirm(top=value), "confirm(top="),
        (lambda: sweep.confirm(repeats=value), "confirm(repeats="),
        (lambda: sweep.leaders(value), "leaders(n="),
    ):
        with pytest.raises(UsageError) as error:
            call()
        assert str(error.value) == f"{name}{value!r}): a whole number ≥ 1 is needed."
    assert sweep.stored.record.queue == ()


def test_messages_for_sweeps_that_have_nothing_to_confirm():
    sweep = new_sweep()
    with pytest.raises(UsageError) as error:
        sweep.confirm()
    assert str(error.value) == (
        f"confirm: no run of sweep {sweep.id} that ended well has a value of loss yet, so there "
        "is none to repeat."
    )
    assert repr(sweep.leaders()) == f"No run of sweep {sweep.id} has a value of loss yet."
    bare = nbsweep.Sweep(nbsweep.sweep({"method": "grid", "parameters": SPACE}))
    with pytest.raises(UsageError) as error:
        bare.confirm()
    assert str(error.value) == (
        f"Sweep {bare.id} has no metric, so no run is best and none is to be confirmed. Name one "
        'in the config: "metric": {"name": "loss", "goal": "minimize"}.'
    )
    with pytest.raises(UsageError) as error:
        bare.leaders()
    assert str(error.value) == (
        f"Sweep {bare.id} has no metric, so no run is best. Name one in the config: "
        '"metric": {"name": "loss", "goal": "minimize"}.'
    )


def test_messages_for_seed_parameters():
    sweep = new_sweep(
        parameters={"x": SPACE["x"], "fold": {"values": [1, 2]}, "part": {"values": [3, 4]}},
        zip=["fold", "part"],
    )
    work(sweep, count=2)
    with pytest.raises(UsageError) as error:
        sweep.confirm(seed_parameter="flod")
    assert str(error.value) == (
        f"confirm(seed_parameter='flod'): sweep {sweep.id} has no such parameter. Did you mean "
        '"fold"? Its parameters: fold, part, x.'
    )
    with pytest.raises(UsageError) as error:
        sweep.confirm(seed_parameter="fold")
    assert str(error.value) == (
        f"confirm(seed_parameter='fold'): other parameters of sweep {sweep.id} hang on it, by zip, "
        "constraints or when, so that another value of it is another configuration."
    )


def test_why_says_whom_a_run_repeats():
    sweep = new_sweep()
    work(sweep)
    (number,) = sweep.confirm(1, 1).numbers
    work(sweep)
    assert sweep.why(7).sentences == (
        f"It repeats run {number} with another seed: confirm() asked for it, to see which of the "
        "leaders is the best.",
    )


def test_after_an_edit_repetitions_still_count(monkeypatch):
    sweep = new_sweep("bayes", {"x": {"min": 0.0, "max": 1.0}, "seed": {"value": 42}})
    work(sweep, count=3)
    sweep.confirm(1, 2)
    work(sweep, count=2)
    sweep.edit({"x": {"max": 1.5}})
    assert work(sweep, count=1)[5].origin["observations"] == 5
    assert {RunState(run.state) for run in sweep.runs} == {RunState.FINISHED}


def test_how_many_runs_there_will_be():
    sweep = new_sweep(repeats=2)
    assert expected_total(sweep.snapshot(), sweep.stored.config) == 12
    work(sweep, count=4)
    sweep.confirm(1, 3)
    assert expected_total(sweep.snapshot(), sweep.stored.config) == 15
    assert (len(work(sweep)), sweep.state) == (15, "FINISHED")
