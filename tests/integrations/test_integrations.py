"""What all integrations share: a clear word where the library or the run is missing."""

import importlib
import sys

import pytest

import nbsweep
from nbsweep.errors import MissingDependencyError, UsageError

LIBRARIES = {
    "keras": "keras",
    "lightgbm": "lightgbm",
    "lightning": "lightning",
    "transformers": "transformers",
    "xgboost": "xgboost",
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_missing_library_is_told_with_the_pip_command(name, monkeypatch):
    for module in list(sys.modules):
        if module == f"nbsweep.integrations.{name}":
            monkeypatch.delitem(sys.modules, module)

    class Nothing:
        @staticmethod
        def find_spec(full, path=None, target=None):
            if full.partition(".")[0] in (name, "pytorch_lightning"):
                raise ModuleNotFoundError(f"No module named {full!r}", name=full)

    for module in list(sys.modules):
        if module.partition(".")[0] in (name, "pytorch_lightning"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Nothing, *sys.meta_path])
    with pytest.raises(MissingDependencyError) as caught:
        importlib.import_module(f"nbsweep.integrations.{name}")
    assert str(caught.value) == f"This integration needs {name}: pip install {name}"


def test_a_module_of_ours_does_not_hide_the_library_of_its_name():
    pytest.importorskip("lightgbm", reason='pip install "nbsweep[test-integrations]"')
    import lightgbm

    from nbsweep.integrations import lightgbm as ours

    assert hasattr(lightgbm, "train")
    assert not hasattr(ours, "train")


def test_a_callback_without_a_run_says_so(tmp_path):
    pytest.importorskip("lightgbm", reason='pip install "nbsweep[test-integrations]"')
    from nbsweep.integrations.lightgbm import SweepCallback

    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    with pytest.raises(UsageError, match=r"before nbsweep\.integrations\.lightgbm\.SweepCallback"):
        _ = SweepCallback().run
    with nbsweep.init() as run:
        assert SweepCallback().run is run
        assert SweepCallback(run).run is run
    nbsweep.setup(None)
