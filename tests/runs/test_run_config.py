import argparse
import json
import logging

import pytest

from nbsweep.runs.config import Config


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
