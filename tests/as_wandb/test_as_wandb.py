"""`import wandb` gives nbsweep: in this process, in its children, and to what asks about it."""

import copy
import importlib.metadata
import importlib.util
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest

import nbsweep
from nbsweep import as_wandb
from nbsweep.as_wandb.stand_in import MISSING, SOURCES
from nbsweep.errors import MissingModuleError, UsageError


@pytest.fixture(autouse=True)
def as_before(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield
    as_wandb.uninstall_as_wandb()
    nbsweep.setup(None)


@pytest.fixture
def wandb():
    nbsweep.install_as_wandb()
    return importlib.import_module("wandb")


def python(*arguments, **environment):
    """What a Python of its own prints; it finds nbsweep where this one does."""
    path = str(Path(nbsweep.__file__).parents[1])
    before = os.environ.get("PYTHONPATH")
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": f"{before}:{path}" if before else path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# What libraries ask about an installed package


def test_wandb_is_found_as_an_installed_package_is(wandb):
    assert importlib.util.find_spec("wandb").name == "wandb"
    assert importlib.util.find_spec("wandb.sdk.lib").name == "wandb.sdk.lib"
    assert importlib.util.find_spec("wandb.nosuch") is None
    assert importlib.metadata.version("wandb") == wandb.__version__ == as_wandb.WANDB_VERSION
    assert "nbsweep" in importlib.metadata.metadata("wandb")["Summary"]
    assert Path(wandb.__file__).parent.name == "wandb"
    assert wandb.__name__ == "wandb"


def test_its_names_are_those_of_nbsweep_at_every_use(wandb):
    assert wandb.init is nbsweep.init
    assert wandb.run is None
    with wandb.init(config={"lr": 0.1}) as run:
        assert wandb.run is run
        assert wandb.config.lr == 0.1
        wandb.log({"loss": 2})
        assert wandb.summary["loss"] == 2
        wandb.summary = {"best": 1}
        assert dict(run.summary) == {"best": 1}
    assert wandb.run is None
    assert set(nbsweep.__all__) <= set(dir(wandb))
    star = {}
    exec("from wandb import *", star)
    assert star["init"] is nbsweep.init


def test_a_name_that_nobody_has_is_told_as_nbsweep_tells_it(wandb):
    with pytest.raises(AttributeError) as ours:
        _ = nbsweep.nosuch
    with pytest.raises(AttributeError) as theirs:
        _ = wandb.nosuch
    assert str(theirs.value) == str(ours.value)
    with pytest.raises(AttributeError, match=r"^wandb\.integration\.nosuch: nbsweep has no such"):
        _ = wandb.integration.nosuch


def test_what_is_set_on_it_is_set_on_nbsweep(wandb, monkeypatch):
    logged = []
    monkeypatch.setattr(wandb, "log", logged.append)
    nbsweep.log({"loss": 1})
    assert logged == [{"loss": 1}]
    monkeypatch.undo()
    assert wandb.log is nbsweep.log
    wandb.own_name = 1
    assert nbsweep.own_name == 1
    del wandb.own_name
    assert not hasattr(nbsweep, "own_name")


def test_submodules_give_the_names_that_libraries_import(wandb):
    from wandb.apis.public import Api, Runs
    from wandb.apis.public import Run as PublicRun
    from wandb.data_types import Histogram, Table
    from wandb.errors import CommError, Error
    from wandb.plot import bar
    from wandb.sdk.lib import RunDisabled, telemetry
    from wandb.sdk.lib.config_util import ConfigError
    from wandb.sdk.wandb_config import Config
    from wandb.util import generate_id
    from wandb.wandb_run import Run

    assert Run is nbsweep.Run
    assert (Histogram, Table) == (nbsweep.Histogram, nbsweep.Table)
    assert (bar, generate_id) == (nbsweep.plot.bar, nbsweep.util.generate_id)
    assert Error is nbsweep.Error
    assert issubclass(CommError, Error)
    assert ConfigError is nbsweep.ConfigError
    assert Api is wandb.Api is nbsweep.Api
    assert PublicRun is not Run
    with wandb.init(project="mine") as run:
        assert isinstance(Api().runs("mine"), Runs)
        assert isinstance(Api().run(f"mine/{run.id}"), PublicRun)
    with wandb.init(mode="disabled") as run:
        assert isinstance(run, RunDisabled)
        assert isinstance(run.config, Config)
    with wandb.init() as run:
        assert not isinstance(run, RunDisabled)
    with telemetry.context(run=run) as noted:
        noted.feature.keras = True


def test_projects_of_the_environment_module_reach_init(wandb, monkeypatch):
    import wandb.env

    monkeypatch.setenv("WANDB_PROJECT", "before")
    wandb.env.set_entity("me")
    wandb.env.set_project(None)
    assert wandb.env.get_project() == "before"
    wandb.env.set_project("after")
    with wandb.init() as run:
        assert run.project == "after"


@pytest.mark.parametrize("name", MISSING)
def test_modules_that_are_not_offered_say_so_as_an_import_error(wandb, name):
    module = importlib.import_module(f"wandb.{name}")
    with pytest.raises(ImportError) as caught:
        exec(f"from wandb.{name} import WandbCallback")
    assert isinstance(caught.value, MissingModuleError)
    assert caught.value.name == module.__name__
    assert str(caught.value) == (
        f"wandb.{name}.WandbCallback: nbsweep stands in for wandb here and does not have "
        f"wandb.{name}. Log from a callback of your own with wandb.log({{...}}); "
        "nbsweep.integrations has some to start from."
    )


def test_every_parent_of_a_submodule_is_there(wandb):
    for name in {*SOURCES, *MISSING}:
        parent, _, child = f"wandb.{name}".rpartition(".")
        assert getattr(sys.modules[parent], child) is sys.modules[f"wandb.{name}"]


def test_the_metadata_are_of_the_version_that_is_stated():
    (folder,) = Path(as_wandb.FOLDER).glob("*.dist-info")
    assert folder.name == f"wandb-{as_wandb.WANDB_VERSION}.dist-info"
    assert f"\nVersion: {as_wandb.WANDB_VERSION}\n" in (folder / "METADATA").read_text()


# Install and uninstall


def test_installing_twice_is_installing_once(wandb):
    path, variable = list(sys.path), os.environ["PYTHONPATH"]
    nbsweep.install_as_wandb()
    assert sys.path == path
    assert os.environ["PYTHONPATH"] == variable == as_wandb.FOLDER


def test_uninstall_leaves_no_trace(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    path = list(sys.path)
    nbsweep.install_as_wandb()
    assert as_wandb.is_installed()
    assert os.environ["PYTHONPATH"] == os.pathsep.join([as_wandb.FOLDER, "elsewhere"])
    importlib.import_module("wandb.sdk.lib")
    as_wandb.uninstall_as_wandb()
    assert not as_wandb.is_installed()
    assert sys.path == path
    assert os.environ["PYTHONPATH"] == "elsewhere"
    assert not [name for name in sys.modules if name.partition(".")[0] == "wandb"]


@pytest.fixture
def installed_wandb(tmp_path, monkeypatch):
    """A package that plays W&B's own."""
    folder = tmp_path / "site" / "wandb"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("__version__ = '0.30.1'\n")
    monkeypatch.syspath_prepend(folder.parent)
    yield folder
    sys.modules.pop("wandb", None)


def test_an_imported_wandb_is_left_alone(installed_wandb):
    real = importlib.import_module("wandb")
    with pytest.raises(UsageError) as caught:
        nbsweep.install_as_wandb()
    assert str(caught.value) == (
        f"install_as_wandb: wandb 0.30.1 is imported already, from {installed_wandb}/__init__.py, "
        "and what holds it would go on using it. Call nbsweep.install_as_wandb() first, before "
        "any import of wandb or of a library that imports it; in a notebook, restart the kernel."
    )
    assert sys.modules["wandb"] is real
    as_wandb.uninstall_as_wandb()
    assert sys.modules["wandb"] is real


def test_a_wandb_that_is_only_installed_is_passed_over_with_a_note(installed_wandb, capsys):
    nbsweep.install_as_wandb()
    assert importlib.import_module("wandb").__version__ == as_wandb.WANDB_VERSION
    assert capsys.readouterr().out == (
        f"Note: import wandb gives nbsweep from here on, not {installed_wandb}.\n"
    )


def test_the_note_is_left_out_on_request(installed_wandb, capsys, monkeypatch):
    monkeypatch.setenv("NBSWEEP_SILENT", "1")
    nbsweep.install_as_wandb()
    assert capsys.readouterr().out == ""


def test_a_folder_that_wandb_left_behind_is_no_package(tmp_path, capsys, monkeypatch):
    (tmp_path / "wandb" / "run-1").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    nbsweep.install_as_wandb()
    assert importlib.import_module("wandb").init is nbsweep.init
    assert capsys.readouterr().out == ""


# Other processes


@pytest.mark.parametrize(("value", "works"), [("1", True), ("true", True), ("0", False)])
def test_the_environment_variable_installs_at_import(value, works):
    done = python("-c", "import nbsweep; import wandb", NBSWEEP_AS_WANDB=value)
    assert (done.returncode == 0) == works, done.stderr


def test_processes_started_from_here_import_it_without_a_word_of_nbsweep(wandb):
    done = python("-c", "import wandb; wandb.init().log({'loss': 1}); print(wandb.__version__)")
    assert done.stdout.splitlines()[-1] == as_wandb.WANDB_VERSION, done.stderr


def test_scripts_run_unchanged_with_their_arguments_and_exit_code():
    Path("train.py").write_text(
        "import sys, wandb\nprint(wandb.__version__, __name__, sys.argv)\nsys.exit(3)\n"
    )
    done = python("-m", "nbsweep.as_wandb", "train.py", "--epochs", "3")
    assert done.returncode == 3, done.stderr
    assert done.stdout == f"{as_wandb.WANDB_VERSION} __main__ ['train.py', '--epochs', '3']\n"


def test_the_folder_for_other_programs_is_told():
    done = python("-m", "nbsweep.as_wandb", "--path")
    assert done.stdout.startswith(as_wandb.FOLDER)
    assert python("-m", "nbsweep.as_wandb").returncode == 2
    shown = python("-m", "nbsweep.as_wandb", "--help")
    assert shown.returncode == 0
    assert "python -m nbsweep.as_wandb train.py" in shown.stdout


def test_a_python_without_nbsweep_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import wandb"],
        env={**os.environ, "PYTHONPATH": as_wandb.FOLDER},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(
        r"ImportError: wandb: \S+ stands in for it, as PYTHONPATH says, but \S+ cannot import "
        r"nbsweep \(No module named 'nbsweep'\)\. Install nbsweep there, or take that folder out "
        r"of PYTHONPATH\.",
        last,
    )


def test_programs_of_an_agent_import_it():
    Path("train.py").write_text(
        "import wandb\nwith wandb.init() as run:\n    wandb.log({'loss': run.config.x ** 2})\n"
    )
    sweep_id = nbsweep.sweep(
        {
            "program": "train.py",
            "method": "grid",
            "metric": {"name": "loss"},
            "parameters": {"x": {"values": [1, 2]}},
        }
    )
    store = nbsweep.Sweep(sweep_id).store.url
    done = python("-m", "nbsweep", "agent", sweep_id, NBSWEEP_AS_WANDB="1", NBSWEEP_STORE=store)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [run.metric for run in nbsweep.Sweep(sweep_id).runs] == [1, 4]


def test_functions_that_use_it_travel_to_other_processes(wandb):
    def train():
        with wandb.init() as run:
            wandb.log({"loss": run.config.x})

    sweep_id = nbsweep.sweep(
        {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2]}}}
    )
    nbsweep.agent(sweep_id, train, executor="processes", workers=2, show=False)
    assert sorted(run.metric for run in nbsweep.Sweep(sweep_id).runs) == [1, 2]


def test_the_module_arrives_where_it_was_not_installed(wandb):
    payload = cloudpickle.dumps([wandb, wandb.sdk.lib])
    as_wandb.uninstall_as_wandb()
    arrived, lib = pickle.loads(payload)
    assert arrived is sys.modules["wandb"]
    assert lib is sys.modules["wandb.sdk.lib"]
    assert as_wandb.is_installed()
    assert copy.deepcopy({"module": arrived})["module"] is arrived
