import argparse
import copy
import io
import json
import logging
import math
import pickle

import cloudpickle
import numpy as np
import pytest
import yaml

import nbsweep
from nbsweep.errors import ConfigError
from nbsweep.runs import session
from nbsweep.runs.config import Config
from nbsweep.runs.nested import Node


def test_values_read_as_attribute_item_and_mapping():
    config = Config({"lr": 0.1, "opt": {"name": "adam", "betas": {"one": 0.9}}})
    assert config.lr == config["lr"] == config.get("lr") == 0.1
    assert config.opt.betas.one == config.opt["betas"]["one"] == 0.9
    assert dict(config) == {**config} == config.as_dict()
    assert json.loads(json.dumps(dict(config))) == dict(config)
    assert len(config) == 2
    assert list(config) == ["lr", "opt"]
    assert config.get("missing", 3) == 3


def test_works_as_keyword_arguments():
    def build(lr, units):
        return lr, units

    assert build(**Config({"lr": 0.1, "units": 8})) == (0.1, 8)


def test_missing_name_says_what_is_set_and_proposes_the_nearest():
    config = Config({"learning_rate": 0.1})
    with pytest.raises(AttributeError) as caught:
        _ = config.learning_rte
    assert str(caught.value) == (
        "'learning_rte' is not set. Did you mean 'learning_rate'? Set: \"learning_rate\"."
    )
    with pytest.raises(KeyError):
        _ = config["lr"]
    assert not hasattr(config, "lr")


def test_sweep_values_stay_what_was_suggested_and_warn_once(caplog):
    config = Config({"lr": 0.1}, locked=["lr"])
    with caplog.at_level(logging.WARNING, logger="nbsweep"):
        config.lr = 0.5
        config["lr"] = 0.7
        config.update({"lr": 0.9})
        del config["lr"]
    assert config.lr == 0.1
    assert len(caplog.records) == 1
    assert "config.lr is set by the sweep to 0.1" in caplog.text


def test_setting_a_sweep_value_to_itself_is_silent(caplog):
    config = Config({"lr": 0.1}, locked=["lr"])
    config.lr = 0.1
    assert not caplog.records


def test_own_keys_may_be_set_changed_and_deleted():
    config = Config({"lr": 0.1}, locked=["lr"])
    config.units = 8
    config["units"] = 16
    config.update(depth=3)
    config.setdefaults({"depth": 9, "width": 2})
    assert dict(config) == {"lr": 0.1, "units": 16, "depth": 3, "width": 2}
    assert config.pop("depth") == 3
    del config.width
    assert dict(config) == {"lr": 0.1, "units": 16}


def test_namespace_is_taken_as_values():
    config = Config({})
    config.update(argparse.Namespace(lr=0.1, layers=[1, 2]))
    assert dict(config) == {"lr": 0.1, "layers": [1, 2]}


def test_init_defaults_give_way_to_the_sweep_without_a_warning(caplog):
    config = Config({"lr": 0.1, "opt": {"name": "adam"}}, locked=["lr", "opt"])
    config.take_defaults({"lr": 1.0, "epochs": 3, "opt": {"name": "sgd", "momentum": 0.9}})
    assert dict(config) == {"lr": 0.1, "opt": {"name": "adam", "momentum": 0.9}, "epochs": 3}
    assert not caplog.records


def test_changes_are_reported_and_equal_values_are_not():
    seen = []
    config = Config({"lr": 0.1}, on_change=seen.append)
    config.lr = 0.1
    config.lr = 0.2
    assert seen == [{"lr": 0.2}]


# --- nested values ---

NESTED = {"lr": 0.1, "model": {"dim": 32, "enc": {"n": 2}}, "blocks": [{"units": 8}, {"units": 4}]}


@pytest.fixture
def reported():
    return []


@pytest.fixture
def nested(reported):
    return Config(NESTED, on_change=reported.append)


WRITES = {
    "item": lambda c: c["model"].__setitem__("dim", 64),
    "update": lambda c: c["model"].update(dim=64),
    "attribute": lambda c: setattr(c.model, "dim", 64),
    "item of attribute": lambda c: c.model.__setitem__("dim", 64),
    "update of attribute": lambda c: c.model.update({"dim": 64}),
    "or": lambda c: c.__setitem__("model", c["model"].__ior__({"dim": 64})),
    "deep item": lambda c: c["model"]["enc"].__setitem__("n", 64),
    "deep attribute": lambda c: setattr(c.model.enc, "n", 64),
    "item of deep attribute": lambda c: c.model["enc"].__setitem__("n", 64),
    "new key": lambda c: setattr(c.model, "depth", 64),
    "setdefault": lambda c: c["model"].setdefault("depth", 64),
    "setdefault of attribute": lambda c: c.model.setdefault("depth", 64),
    "pop": lambda c: c["model"].pop("dim"),
    "delete": lambda c: delattr(c.model, "dim"),
    "clear": lambda c: c["model"].clear(),
    "clear of attribute": lambda c: c.model.clear(),
    "list of dicts": lambda c: c["blocks"][0].__setitem__("units", 64),
    "append": lambda c: c.blocks.append({"units": 64}),
    "values": lambda c: [block.update(units=64) for block in c.blocks],
    "from items()": lambda c: dict(c.items())["model"].update(dim=64),
    "from dict()": lambda c: dict(c)["model"].update(dim=64),
    "from get()": lambda c: c.get("model").update(dim=64),
    "setdefault of config": lambda c: c.setdefault("model", {}).update(dim=64),
}


@pytest.mark.parametrize("write", WRITES)
def test_nested_writes_are_read_back_and_reported(write, nested, reported):
    WRITES[write](nested)
    nested.settle()
    assert nested.as_dict() == dict(nested) == reported[-1] != NESTED
    assert "64" in repr(nested) or write in ("pop", "delete", "clear", "clear of attribute")
    count = len(reported)
    nested.settle()
    assert len(reported) == count


def test_nested_values_are_the_configs_own(nested, reported):
    mine = {"dim": 1}
    nested["other"] = mine
    mine["dim"] = 2
    assert nested.other.dim == 1
    copied = nested.as_dict()
    copied["model"]["dim"] = 5
    reported[-1]["model"]["dim"] = 6
    nested.settle()
    assert nested["model"]["dim"] == NESTED["model"]["dim"] == 32


def test_what_is_put_into_nested_values_is_reported_plain(nested, reported):
    nested["model"]["scale"] = np.float32(2)
    nested["model"]["shape"] = (1, 2)
    nested["model"]["bias"] = np.array([1.0, 2.0])
    nested["model"]["nan"] = math.nan
    nested.settle()
    assert reported[-1]["model"]["scale"] == 2.0
    assert reported[-1]["model"]["shape"] == [1, 2]
    assert reported[-1]["model"]["bias"] == [1.0, 2.0]
    count = len(reported)
    nested.settle()
    assert len(reported) == count


def test_nodes_follow_the_config(nested):
    model = nested.model
    nested["model"]["dim"] = 64
    assert (model.dim, model["dim"], dict(model)["dim"], len(model)) == (64, 64, 64, 2)
    nested.model = {"dim": 7}
    assert model == nested.model == {"dim": 7}
    model.dim = 8
    assert nested["model"] == {"dim": 8}
    del nested["model"]
    assert model == {"dim": 8}
    with pytest.raises(AttributeError, match="'deep' is not set"):
        _ = model.deep
    with pytest.raises(KeyError):
        _ = model["deep"]
    assert model | {"a": 1} == {"a": 1} | model == {"dim": 8, "a": 1}
    assert model != {}


@pytest.fixture
def tried():
    """Of a sweep that suggests a dict and a list."""
    return Config(
        {"opt": {"lr": 0.1, "adam": {"beta": 0.9}}, "layers": [64, 32], "own": {"a": 1}},
        locked=["opt", "layers"],
    )


ATTEMPTS = {
    "item": lambda c: c["opt"].__setitem__("lr", 5),
    "update": lambda c: c["opt"].update(lr=5),
    "attribute": lambda c: setattr(c.opt, "lr", 5),
    "deep attribute": lambda c: setattr(c.opt.adam, "beta", 5),
    "deep item": lambda c: c["opt"]["adam"].__setitem__("beta", 5),
    "dict over a leaf": lambda c: setattr(c.opt, "lr", {"a": 5}),
    "leaf over a dict": lambda c: setattr(c.opt, "adam", 5),
    "dict over a dict": lambda c: setattr(c.opt, "adam", {"beta": 5}),
    "merge": lambda c: c.update({"opt": {"lr": 5}}, allow_val_change=True),
    "pop": lambda c: c["opt"].pop("lr"),
    "pop of attribute": lambda c: c.opt.pop("lr"),
    "clear": lambda c: c["opt"].clear(),
    "list": lambda c: c["layers"].append(5),
    "list item": lambda c: c.layers.__setitem__(0, 5),
    "whole": lambda c: setattr(c, "opt", 5),
    "clear all": lambda c: c.clear(),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_the_sweep_suggested_stays_at_every_depth(attempt, tried):
    ATTEMPTS[attempt](tried)
    for values in (tried, tried.as_dict(), dict(tried)):
        assert values["opt"] == {"lr": 0.1, "adam": {"beta": 0.9}}
        assert values["layers"] == [64, 32]
    assert (tried.opt.lr, tried.opt.adam.beta, tried.layers) == (0.1, 0.9, [64, 32])


def test_keys_beside_those_of_the_sweep_may_be_set_at_every_depth(tried):
    tried["opt"]["momentum"] = 0.5
    tried.opt.adam.eps = 1e-8
    tried.update({"opt": {"momentum": 0.6}})
    expected = {"lr": 0.1, "adam": {"beta": 0.9, "eps": 1e-8}, "momentum": 0.6}
    assert tried.opt == tried.as_dict()["opt"] == expected
    del tried.opt.momentum
    assert "momentum" not in tried["opt"]


def test_a_nested_value_of_the_sweep_warns_once_by_its_path(tried, caplog):
    tried.opt.lr = 5
    tried["opt"]["lr"] = 6
    _ = tried.opt
    assert [record.getMessage() for record in caplog.records] == [
        "config.opt.lr is set by the sweep to 0.1; the other value is ignored. Keep a derived "
        "value under a name of its own."
    ]


def test_what_is_taken_out_of_a_value_of_the_sweep_stays_out_for_whoever_took_it(tried, caplog):
    opt = tried["opt"]
    assert opt.pop("lr") == 0.1
    assert tried["opt"]["lr"] == tried.as_dict()["opt"]["lr"] == 0.1
    assert "lr" not in opt
    assert not caplog.records


# --- as data ---


@pytest.mark.parametrize(
    "take",
    [lambda c: c, dict, lambda c: c.model, lambda c: c["model"], lambda c: dict(c.model)],
    ids=["config", "dict", "node", "item", "dict of node"],
)
def test_it_is_data_at_every_depth(take, nested):
    torch = pytest.importorskip("torch")
    values = take(nested)
    plain = NESTED if "lr" in values else NESTED["model"]
    assert json.loads(json.dumps(values)) == plain
    assert yaml.safe_load(yaml.safe_dump(values)) == plain
    assert yaml.safe_load(yaml.dump(values)) == plain
    for dumper in (getattr(yaml, "CSafeDumper", yaml.SafeDumper), yaml.Dumper):
        assert yaml.safe_load(yaml.dump(values, Dumper=dumper)) == plain
    assert copy.deepcopy(values) == copy.copy(values) == plain
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(values, protocol)) == plain
    assert pickle.loads(cloudpickle.dumps(values)) == plain
    assert vars(argparse.Namespace(**values)) == plain
    file = io.BytesIO()
    torch.save({"config": values}, file)
    file.seek(0)
    assert torch.load(file)["config"] == plain


def test_dicts_made_of_it_are_made_of_plain_dicts(nested):
    def types(value):
        below = value.values() if isinstance(value, dict) else value
        inner = [types(item) for item in below] if isinstance(value, (dict, list)) else []
        return {type(value)}.union(*inner)

    for values in (dict(nested), {**nested}, nested.as_dict(), nested.copy(), dict(nested.model)):
        assert types(values) <= {dict, list, int, float}
    assert types(vars(argparse.Namespace(**nested))) <= {dict, list, int, float}


def test_a_copy_is_apart_from_the_run(nested, reported):
    for copied in (copy.deepcopy(nested), copy.copy(nested), pickle.loads(pickle.dumps(nested))):
        assert type(copied) is Config
        copied.model.dim = 1
        copied.lr = 1
    node = copy.deepcopy(nested.model)
    assert type(node) is Node
    node.dim = node.enc.n = 1
    assert (node, node.enc.n) == ({"dim": 1, "enc": {"n": 1}}, 1)
    nested.settle()
    assert nested == NESTED
    assert reported == []


def test_all_that_a_dict_does_leaves_the_sweeps_values(tried):
    tried |= {"a": 1}
    tried.setdefault("b", 2)
    assert (tried.a, tried.b) == (1, 2)
    assert tried.popitem() == ("b", 2)
    assert tried | {"c": 3} == {**tried, "c": 3}
    assert {"c": 3} | tried == {"c": 3, **tried}
    tried.clear()
    assert list(tried) == ["opt", "layers"]
    with pytest.raises(KeyError):
        tried.popitem()


def test_values_changed_in_place_reach_the_store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    with nbsweep.init(config=NESTED) as run:
        run.config["model"]["dim"] = 64
        run.log({"loss": 1.0})
        for _ in range(2):  # what a flush finds is written with the next one
            run.log({"loss": 1.0})
            assert session.writer().flush_soon(10)
        assert session.store().run(run.id).config["model"]["dim"] == 64
        run.config.model.dim = 65
        assert session.writer().flush_soon(10)
        assert session.store().run(run.id).config["model"]["dim"] == 65
        run.config["blocks"][0]["units"] = 1
    assert session.store().run(run.id).config == {
        "lr": 0.1,
        "model": {"dim": 65, "enc": {"n": 2}},
        "blocks": [{"units": 1}, {"units": 4}],
    }
    nbsweep.setup(None)


# --- keys that keep their values ---


@pytest.fixture
def held():
    config = Config({"lr": 0.1, "model": {"dim": 32}, "nan": math.nan})
    config.hold()
    return config


@pytest.mark.parametrize(
    "change",
    [
        lambda c: setattr(c, "lr", 0.2),
        lambda c: c.__setitem__("lr", 0.2),
        lambda c: c.update({"new": 1, "lr": 0.2}),
        lambda c: c.update(lr=0.2),
        lambda c: c.update({"lr": 0.2}, allow_val_change=False),
    ],
)
def test_a_key_of_a_run_outside_of_sweeps_keeps_its_value(change, held):
    with pytest.raises(ConfigError) as caught:
        change(held)
    assert str(caught.value) == (
        "config.lr: is 0.1, as it was recorded, and does not change to 0.2 by itself. Keep the "
        'other value under a name of its own, or write config.update({"lr": 0.2}, '
        "allow_val_change=True)."
    )
    assert (held.lr, "new" in held) == (0.1, False)


def test_all_that_is_no_change_of_a_key_is_free(held):
    held.lr = 0.1
    held.update({"lr": 0.1, "new": 2, "nan": math.nan, "model": {"dim": 32}})
    held.setdefaults({"lr": 9, "newer": 3})
    held["model"]["dim"] = 64
    held.model.depth = 3
    held.update({"lr": 0.2, "new": 3}, allow_val_change=True)
    assert held.as_dict() | {"nan": 0} == {
        "lr": 0.2,
        "model": {"dim": 64, "depth": 3},
        "nan": 0,
        "new": 3,
        "newer": 3,
    }
