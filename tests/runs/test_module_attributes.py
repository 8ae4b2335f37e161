"""`nbsweep.config` and `nbsweep.summary`: one object each, which follows the current run."""

import argparse
import copy
import io
import json
import pickle
import threading

import cloudpickle
import pytest
import yaml

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.runs import session

CONFIG = {"lr": 0.1, "model": {"dim": 32, "blocks": [{"units": 8}]}}
BEFORE = (
    "You must call nbsweep.init() before nbsweep.{}. Inside a sweep, call it at the start of the "
    "training function; after a run has ended, keep the object: `with nbsweep.init() as run: "
    "...`, then `run.summary`."
)


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    for run in session.live_runs():
        run.finish()
    nbsweep.setup(None)


def test_names_bound_before_there_is_a_run_mean_the_run_that_comes(store):
    from nbsweep import config, summary

    as_attribute = nbsweep.config
    for number in range(2):
        with nbsweep.init(config={**CONFIG, "number": number}) as run:
            assert config.number == as_attribute["number"] == number
            config.units = 8
            as_attribute["depth"] = 3
            config.update(width=2)
            nbsweep.log({"loss": 2.0})
            assert (summary.loss, summary["loss"]) == (2.0, 2.0)
            summary["best"] = number
        record = store.run(run.id)
        assert record.config == {**CONFIG, "number": number, "units": 8, "depth": 3, "width": 2}
        assert record.summary == {"loss": 2.0, "best": number}


def test_a_name_bound_during_a_run_means_the_next_one_afterwards():
    with nbsweep.init(config={"lr": 1}) as first:
        config = nbsweep.config
    with nbsweep.init(config={"lr": 2}):
        assert config.lr == 2
    assert first.config.lr == 1


def test_names_bound_before_the_runs_of_a_sweep(store):
    from nbsweep import config

    barrier = threading.Barrier(2)

    def train():
        with nbsweep.init():
            barrier.wait(10)
            nbsweep.log({"loss": config.x + config["x"]})
            config.doubled = 2 * config.x
            barrier.wait(10)

    sweep = nbsweep.sweep({"method": "grid", "parameters": {"x": {"values": [1, 2]}}})
    nbsweep.agent(sweep, train, show=False, workers=2)
    runs = store.runs(sweep_id=sweep)
    assert sorted(run.summary["loss"] for run in runs) == [2, 4]
    assert sorted(run.config["doubled"] for run in runs) == [2, 4]


def test_the_config_is_all_that_a_config_is():
    config = nbsweep.config
    with nbsweep.init(config=CONFIG) as run:
        assert isinstance(config, nbsweep.Config)
        assert dict(config) == {**config} == CONFIG == config
        assert type(dict(config)["model"]) is dict
        assert not config != CONFIG  # noqa: SIM202 - it is what is tested
        assert config | {"a": 1} == {"a": 1} | config == {**CONFIG, "a": 1}
        assert "lr" in config
        assert "nothing" not in config
        assert (len(config), list(config), bool(config)) == (2, ["lr", "model"], True)
        assert config.get("nothing", 5) == 5
        assert [*config.keys()] == ["lr", "model"]
        assert repr(config) == repr(CONFIG)
        assert json.loads(json.dumps(config)) == CONFIG
        assert json.loads(json.dumps(config, indent=2, sort_keys=True)) == CONFIG
        assert yaml.safe_load(yaml.safe_dump(dict(config))) == CONFIG
        assert yaml.safe_load(yaml.safe_dump(config)) == CONFIG
        assert vars(argparse.Namespace(**config)) == CONFIG
        assert vars(config)["_items"] == vars(run.config)["_items"] == CONFIG  # as transformers
        assert hasattr(config, "lr")
        assert not hasattr(config, "nothing")
        assert not hasattr(config, "_repr_html_")
        config.model.dim = 64
        config["model"]["blocks"][0]["units"] = 9
        config |= {"extra": 1}
        del config["lr"]
        changed = {"model": {"dim": 64, "blocks": [{"units": 9}]}, "extra": 1}
        assert run.config.as_dict() == changed
        for copied in (copy.copy(config), copy.deepcopy(config)):
            assert copied == changed
            copied.extra = 2
        assert run.config.extra == 1


def test_the_summary_is_all_that_a_summary_is():
    summary = nbsweep.summary
    with nbsweep.init() as run:
        run.log({"loss": 1.0})
        assert isinstance(summary, type(run.summary))
        assert dict(summary) == {**summary} == {"loss": 1.0} == summary
        assert ("loss" in summary, len(summary), list(summary)) == (True, 1, ["loss"])
        summary.update({"acc": 0.5})
        summary.best = 3
        assert json.loads(json.dumps(dict(summary))) == {"loss": 1.0, "acc": 0.5, "best": 3}
        assert repr(summary) == "{'loss': 1.0, 'acc': 0.5, 'best': 3}"
        del summary["best"]
    assert run.summary == {"loss": 1.0, "acc": 0.5}


USES = {
    "attribute": lambda thing: thing.lr,
    "item": lambda thing: thing["lr"],
    "get": lambda thing: thing.get("lr"),
    "set attribute": lambda thing: setattr(thing, "lr", 1),
    "set item": lambda thing: thing.__setitem__("lr", 1),
    "delete": lambda thing: thing.__delitem__("lr"),
    "update": lambda thing: thing.update(lr=1),
    "in": lambda thing: "lr" in thing,
    "len": len,
    "list": list,
    "dict": dict,
    "keywords": lambda thing: argparse.Namespace(**thing),
    "or": lambda thing: thing | {},
    "copy": copy.deepcopy,
}


@pytest.mark.parametrize("name", ["config", "summary"])
@pytest.mark.parametrize("use", USES)
def test_use_outside_of_any_run_says_to_call_init(name, use):
    bound = getattr(nbsweep, name)
    with nbsweep.init():
        pass
    with pytest.raises(UsageError) as caught:
        USES[use](bound)
    assert str(caught.value) == BEFORE.format(name)
    assert repr(bound) == f"<nbsweep.{name}: no run; call nbsweep.init() first>"


def test_json_of_the_config_outside_of_any_run_is_not_an_empty_dict():
    with pytest.raises(UsageError):
        json.dumps(nbsweep.config)


@pytest.mark.parametrize("name", ["config", "summary"])
def test_it_travels_by_name(name):
    bound = getattr(nbsweep, name)
    assert pickle.loads(pickle.dumps(bound)) is bound
    assert pickle.loads(cloudpickle.dumps({"bound": bound}))["bound"] is bound
    with nbsweep.init(config=CONFIG):
        assert pickle.loads(pickle.dumps(bound)) is bound


def test_torch_saves_the_config_as_data():
    torch = pytest.importorskip("torch")
    config = nbsweep.config
    with nbsweep.init(config=CONFIG) as run:
        for saved in (config, dict(config), config.as_dict(), run.config, config.model):
            file = io.BytesIO()
            torch.save({"config": saved}, file)
            file.seek(0)
            assert torch.load(file)["config"] == dict(saved)


def test_assigning_changes_the_current_run():
    with nbsweep.init(config={"lr": 1}) as run:
        nbsweep.config = {"units": 8}
        nbsweep.config |= {"depth": 2}
        nbsweep.summary = {"best": 1}
    assert run.config == {"lr": 1, "units": 8, "depth": 2}
    assert run.summary == {"best": 1}


def test_the_run_itself_is_none_before_there_is_one():
    assert nbsweep.run is None
    with nbsweep.init() as run:
        assert nbsweep.run is run
