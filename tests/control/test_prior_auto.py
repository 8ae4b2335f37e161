"""`prior: auto`: which earlier sweeps tell a new one what to expect, and what is said of it."""

import time

import pytest

import nbsweep
from nbsweep.errors import ConfigError, NotFoundError
from nbsweep.records import RunRecord, RunState, SweepRecord
from nbsweep.runs import session
from nbsweep.testing.store_examples import end

LR = {"distribution": "log_uniform_values", "min": 0.001, "max": 1.0}
OPTIMIZER = {"values": ["adam", "sgd"]}
LOSS = {"name": "loss", "goal": "minimize"}
SPACE = {"lr": LR, "optimizer": OPTIMIZER, "dataset": {"value": "cifar"}}
NEW = {"method": "bayes", "metric": LOSS, "parameters": SPACE, "seed": 1, "prior": "auto"}
USED = "They guide the first runs, and later ones as far as they foretell them."


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    nbsweep.setup(None)


@pytest.fixture
def earlier(store):
    """Writes a sweep with ended runs and returns its id."""
    made = iter(range(1000))

    def write(values=range(8), project="digits", states=None, log=None, name=None, **config):
        number = next(made)
        config = {
            key: value
            for key, value in {
                "method": "random",
                "metric": LOSS,
                "parameters": SPACE,
                **config,
            }.items()
            if value is not None
        }
        sweep_id = f"old{number:05d}"
        store.create_sweep(
            SweepRecord(sweep_id, project, name, config, 1, created_at=100.0 + number)
        )
        for i, value in enumerate(values, 1):
            run = RunRecord(
                id=f"{sweep_id}-{i}",
                project=project,
                sweep_id=sweep_id,
                number=i,
                name=f"run-{i}",
                state=RunState.RUNNING,
                params={"lr": 0.001 * 2 ** (i % 9), "optimizer": "adam", "dataset": "mnist"},
                agent_id="ann",
                created_at=100.0 + i,
                heartbeat_at=100.0 + i,
            )
            store.claim_run(run)
            state = RunState.FINISHED if states is None else states[i - 1]
            summary = {} if value is None else {log or "loss": value}
            if state.ended:
                end(store, run.id, state, summary=summary)
        return sweep_id

    return write


def made(config=NEW, **arguments):
    """The record of a new sweep, and what was said when it was made."""
    sweep_id, notes = nbsweep.facade.new_sweep(config, "digits", arguments.get("prior_runs"))
    return session.store().sweep(sweep_id), notes


def sources(record):
    return list(dict.fromkeys(entry["sweep"] for entry in record.prior))


def test_runs_of_a_sweep_like_this_are_kept_with_where_they_are_from(earlier):
    old = earlier(name="mnist")
    record, notes = made()
    assert notes == [f"prior: 1 earlier sweep tells something: mnist ({old}), 8 runs. {USED}"]
    assert record.prior[0] == {
        "run_id": f"{old}-1",
        "params": {"dataset": "mnist", "lr": 0.002, "optimizer": "adam"},
        "value": 0,
        "state": "finished",
        "sweep": old,
    }
    assert len(record.prior) == 8
    assert record.prior_runs == []


def test_a_sweep_without_the_key_is_made_as_before(earlier):
    earlier()
    for config in ({**NEW, "prior": "none"}, {k: v for k, v in NEW.items() if k != "prior"}):
        record, notes = made(config)
        assert (list(record.prior), notes) == ([], [])


def test_the_argument_takes_the_place_of_the_key(earlier, store, capsys):
    old = earlier()
    plain = {key: value for key, value in NEW.items() if key != "prior"}
    record = store.sweep(nbsweep.sweep(plain, project="digits", prior="auto"))
    assert sources(record) == [old]
    assert record.config["prior"] == "auto"
    assert f"Note: prior: 1 earlier sweep tells something: {old}, 8 runs. {USED}\n" in (
        capsys.readouterr().out
    )
    assert not store.sweep(nbsweep.sweep(NEW, project="digits", prior="none")).prior


def test_the_five_most_alike_are_taken_and_the_newer_of_those_equally_alike(earlier):
    narrow = {**SPACE, "lr": {**LR, "max": 0.03}}
    half = earlier(parameters=narrow)
    whole = [earlier() for _ in range(6)]
    record, notes = made()
    assert sources(record) == whole[:0:-1]
    assert half not in sources(record)
    assert notes[0].startswith("prior: 5 earlier sweeps tell something: ")


def test_listed_numbers_span_what_lies_between_them_in_any_order(earlier):
    batch = {"values": [128, 16, 64]}
    old = earlier(parameters={"batch": batch})
    record, _ = made({**NEW, "parameters": {"batch": {"min": 16, "max": 128}}})
    assert list(record.prior) == []  # no run of it has a batch
    record, notes = made({**NEW, "parameters": {"batch": batch, **SPACE}, "prior": [old]})
    assert len(record.prior) == 8, notes


@pytest.mark.parametrize(
    "other",
    [
        {"metric": {"name": "accuracy", "goal": "minimize"}},
        {"parameters": {"depth": {"min": 1, "max": 9}}},
        {"parameters": {"dataset": {"value": "cifar"}, "depth": {"min": 1, "max": 9}}},
        {"parameters": {**SPACE, "lr": {"value": 0.1}, "optimizer": {"value": "adam"}}},
        {"parameters": {"lr": {"min": 5.0, "max": 9.0}, "optimizer": {"values": ["lion"]}}},
        {"project": "else"},
        {"parameters": {"lr": {"nonsense": 1}}},
        {"values": []},
    ],
    ids=[
        *("other metric", "other parameters", "only a constant in common", "all constant there"),
        *("no overlap", "other project", "unreadable", "no runs"),
    ],
)
def test_a_sweep_that_is_not_alike_is_not_taken(earlier, other):
    earlier(**other)
    record, notes = made()
    assert list(record.prior) == []
    assert notes[0] == "prior: no earlier sweep of project digits tells anything about this one."
    assert notes[1:] == []


def test_the_other_goal_is_told_and_left_out(earlier):
    old = earlier(metric={"name": "loss", "goal": "maximize"})
    record, notes = made()
    assert list(record.prior) == []
    assert notes == [
        "prior: no earlier sweep of project digits tells anything about this one.",
        f"prior: sweep {old} is left out: their goal for loss is maximize.",
    ]


def test_a_sweep_without_a_metric_counts_where_its_runs_logged_it(earlier):
    logged = earlier(metric=None)
    earlier(metric=None, log="accuracy")
    record, _ = made()
    assert sources(record) == [logged]


def test_failed_runs_those_under_way_and_first_attempts_say_nothing(earlier, store):
    finished, failed, running = RunState.FINISHED, RunState.FAILED, RunState.RUNNING
    states = [*[finished] * 6, failed, running, RunState.STOPPED]
    old = earlier(range(9), states=states)
    record, _ = made()
    assert [entry["run_id"][-1] for entry in record.prior] == ["1", "2", "3", "4", "5", "6", "9"]
    nothing = earlier(range(9), states=[failed] * 9, project="crashes")
    config = {**NEW, "prior": [nothing, old]}
    record, notes = made(config)
    assert sources(record) == [old]
    assert notes[1] == (
        f"prior: sweep {nothing} is left out: fewer than 5 of their ended runs have a value of "
        "loss."
    )


def test_values_that_are_no_numbers_do_not_count(earlier):
    earlier([float("nan"), float("inf"), None, "low", 1, 2, 3, 4])
    assert list(made()[0].prior) == []


def test_the_same_program_counts_in_other_projects(earlier):
    old = earlier(project="else", program="train.py")
    earlier(project="else", program="other.py")
    assert sources(made({**NEW, "program": "train.py"})[0]) == [old]
    assert sources(made()[0]) == []


def test_named_sweeps_are_taken_from_any_project_and_what_keeps_them_out_is_said(earlier):
    old = earlier(project="else")
    metric = earlier(metric={"name": "accuracy", "goal": "maximize"}, log="accuracy")
    space = earlier(parameters={"depth": {"min": 1, "max": 9}})
    record, notes = made({**NEW, "prior": [f"me/else/{old}", old, metric, space]})
    assert sources(record) == [old]
    assert notes == [
        f"prior: 1 earlier sweep tells something: {old}, 8 runs. {USED}",
        f"prior: sweep {metric} is left out: loss is not their metric.",
        f"prior: sweep {space} is left out: their parameters and ranges have too little in common "
        "with these.",
    ]


def test_a_sweep_that_is_not_there_is_refused_before_the_new_one_exists(store):
    with pytest.raises(NotFoundError, match=r"^prior: .*no sweep 'gone0000'"):
        made({**NEW, "prior": ["gone0000"]})
    assert store.sweeps() == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "automatic",
            'prior: found the text "automatic". Did you mean "auto"? Accepted: "auto" or "none".',
        ),
        (
            5,
            'prior: found 5; "auto", "none" or a list of sweep ids is needed, such as '
            '["k3w9x2ab"].',
        ),
        (
            ["a", 3],
            'prior: found the list ["a", 3]; "auto", "none" or a list of sweep ids is needed, '
            'such as ["k3w9x2ab"].',
        ),
    ],
)
def test_what_prior_cannot_be(value, message):
    with pytest.raises(ConfigError) as caught:
        made({**NEW, "prior": value})
    assert str(caught.value) == message


@pytest.mark.parametrize("method", ["random", "grid", "custom"])
def test_methods_that_do_not_learn_say_so(earlier, method):
    earlier()
    space = {"optimizer": OPTIMIZER}
    record, notes = made({**NEW, "method": method, "parameters": space})
    assert list(record.prior) == []
    assert notes == [
        f'prior: method "{method}" does not learn from earlier sweeps; it changes nothing.'
    ]


def test_a_sweep_whose_runs_are_prior_runs_is_not_taken_as_well(earlier):
    old, other = earlier(), earlier()
    record, _ = made(prior_runs=[f"{old}-1", f"{old}-2"])
    assert [entry["run_id"] for entry in record.prior_runs] == [f"{old}-1", f"{old}-2"]
    assert {entry["sweep"] for entry in record.prior if "sweep" in entry} == {other}


def test_of_thousands_of_runs_the_best_and_a_thinned_rest_are_kept(earlier):
    earlier(range(1000))
    values = [entry["value"] for entry in made()[0].prior]
    assert len(values) == 60
    assert values[:30] == list(range(30))
    assert (values[30], values[-1]) == (30, 999)
    maximize = {"name": "loss", "goal": "maximize"}
    earlier(range(1000), metric=maximize)
    best = [entry["value"] for entry in made({**NEW, "metric": maximize})[0].prior]
    assert best[:30] == list(range(999, 969, -1))


def test_several_objectives_take_the_first_one_and_keep_the_values_of_all(earlier):
    old = earlier()
    metrics = [LOSS, {"name": "latency", "goal": "minimize"}]
    config = {key: value for key, value in NEW.items() if key != "metric"}
    record, notes = made({**config, "metrics": metrics})
    assert notes == [
        f"prior: 1 earlier sweep tells something: {old}, 8 runs. Under several metrics they "
        "choose the first run alone, by loss."
    ]
    assert record.prior[3]["values"] == {"loss": 3}


def test_a_thousand_sweeps_are_no_burden(earlier, store, monkeypatch):
    for number in range(1000):
        config = {"method": "random", "metric": LOSS, "parameters": SPACE}
        project = "digits" if number % 2 else "else"
        store.create_sweep(
            SweepRecord(f"many{number:04d}", project, None, config, 1, created_at=number / 100)
        )
    old = earlier()
    read = []
    runs = store.runs
    monkeypatch.setattr(type(store), "runs", lambda _, **by: read.append(by) or runs(**by))
    began = time.process_time()
    record, _ = made()
    assert time.process_time() - began < 2.0
    assert sources(record) == [old]
    assert len(read) <= 200


def test_a_sweep_made_again_learns_from_the_first(earlier):
    first, _ = made()
    again, _ = made()
    assert list(first.prior) == list(again.prior) == []
    train = iter(range(100))

    def run():
        with nbsweep.init() as run:
            run.log({"loss": next(train)})

    nbsweep.agent(first.id, run, count=6, show=False)
    clone, _ = made()
    assert sources(clone) == [first.id]


def test_runs_of_earlier_sweeps_are_none_of_this_ones(earlier):
    old = earlier([-5.0, *range(1, 8)])
    sweep = nbsweep.Sweep(nbsweep.sweep(NEW, project="digits"))

    def run():
        with nbsweep.init() as run:
            run.log({"loss": 2.0})

    nbsweep.agent(sweep, run, count=2, show=False)
    assert sweep.best_run().summary["loss"] == 2.0
    assert len(sweep.runs) == 2
    assert [each.origin["observations"] for each in sweep.runs] == [0, 1]
    assert set(sweep.runs[0].origin["past"]) <= {old}
    assert sweep.run_ids_inside(NEW) == [each.id for each in sweep.runs]
    assert "A run of the earlier sweep" in str(sweep.why(f"{old}-1"))
    for each in sweep.runs:
        assert sweep.recompute(each) == each.params


def test_the_config_of_a_sweep_cannot_get_another_prior(earlier):
    from nbsweep.errors import UsageError
    from nbsweep.handles.update import update_config
    from nbsweep.sweep_config import parse

    earlier()
    sweep = nbsweep.Sweep(nbsweep.sweep(NEW, project="digits"))
    with pytest.raises(UsageError) as caught:
        update_config(sweep.stored, parse({**NEW, "prior": "none"}), "new.yaml")
    assert str(caught.value) == (
        f"Sweep {sweep.id} found the earlier sweeps that it learns from when it was made, so its "
        "prior cannot change. Create a new sweep: nbsweep sweep new.yaml"
    )
