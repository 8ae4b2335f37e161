"""W&B's members are on our classes however somebody comes by them."""

import subprocess
import sys

import pytest

import nbsweep
from nbsweep.extension import mixed_into
from nbsweep.runs import session


def test_whatever_is_imported_first_the_classes_are_whole():
    code = """
import importlib, pkgutil, sys
import nbsweep

folders = "artifacts as_wandb control handles media runs".split()
modules = ["facade", *(f"{folder}.{module.name}" for folder in folders
           for module in pkgutil.iter_modules([f"{nbsweep.__path__[0]}/{folder}"]))]
libraries = {"as_wandb." + name for name in ("keras", "lightgbm", "sklearn", "xgboost")}
for first in modules:
    if first in libraries or first.endswith("__main__"):
        continue
    for name in [name for name in sys.modules if name.partition(".")[0] == "nbsweep"]:
        del sys.modules[name]
    importlib.import_module(f"nbsweep.{first}")
    from nbsweep.artifacts.artifact import Artifact
    from nbsweep.media.base import Media
    from nbsweep.runs.run import Run
    import nbsweep
    assert (Run, Artifact) == (nbsweep.Run, nbsweep.Artifact), first
    Run.log_artifact, Artifact.link, Media._repr_html_
print(len(modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    assert int(done.stdout) > 50


def test_members_are_attributes_that_tab_completion_shows():
    with nbsweep.init(project="p") as run:
        assert isinstance(run, nbsweep.Run)
        assert {"log", "log_artifact", "save", "to_html", "get_url"} <= set(dir(run))
        assert type(run).save.__qualname__ == "Run.save"
        with pytest.raises(TypeError, match=r"^Run.save\(\) got an unexpected"):
            run.save(file="x")


def test_functions_imported_by_name_give_whole_runs_to_other_processes():
    namespace = {"init": nbsweep.init}  # pickled as a name of the module that defines it
    exec("def train():\n    init().alert('title', 'text')", namespace)
    sweep_id = nbsweep.sweep({"method": "random", "parameters": {"x": {"value": 1}}}, project="p")
    nbsweep.agent(sweep_id, namespace["train"], count=1, executor="processes", show=False)
    (run,) = session.store().runs(sweep_id=sweep_id)
    assert (run.state, run.error) == ("finished", None)


def test_a_member_that_is_there_already_is_not_replaced():
    class Below:
        def log(self):
            """Ours."""

    with pytest.raises(TypeError, match=r"Below.log is there already"):

        @mixed_into(Below)
        class Added(Below):
            def log(self):
                """W&B's."""


def test_functions_of_the_current_run_have_the_arguments_of_its_methods():
    import inspect

    for name in ("save", "log_artifact", "watch", "use_model"):
        function, method = getattr(nbsweep, name), getattr(nbsweep.Run, name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        assert list(inspect.signature(function).parameters.values()) == parameters
        assert (function.__name__, function.__doc__) == (name, method.__doc__)
