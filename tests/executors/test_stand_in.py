"""Programs that say ``import wandb`` reach the sweep, and it is said before the first run."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import nbsweep
from nbsweep.as_wandb import uninstall_as_wandb
from nbsweep.cli import main
from nbsweep.executors.stand_in import FOLDER, need_of

LOGS = "with wandb.init() as run:\n    run.log({'loss': run.config.x})\n"
NOTE = (
    "Note: train.py uses wandb and gets nbsweep under that name, so that what it logs reaches "
    "this sweep. NBSWEEP_AS_WANDB=0, or --no-stand-in, leaves it W&B's own."
)


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBSWEEP_AS_WANDB", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    url = f"sqlite:///{tmp_path}/runs.db"
    nbsweep.setup(url)
    yield url
    nbsweep.setup(None)


def sweep_of(files, **config):
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    base = {"method": "grid", "parameters": {"x": {"values": [3]}}, "program": "train.py"}
    return nbsweep.sweep({**base, **config})


def a_fake_client(folder):
    """A wandb that is installed and logs elsewhere."""
    (folder / "site" / "wandb").mkdir(parents=True)
    (folder / "site" / "wandb" / "__init__.py").write_text(
        "class init:\n    def __enter__(self): return self\n    def __exit__(self, *_): pass\n"
        "    config = type('C', (), {'x': 1})\n    def log(self, row): pass\n"
    )
    return str(folder / "site")


@pytest.mark.parametrize("is_installed", [False, True])
def test_a_program_that_imports_wandb_logs_to_its_sweep(
    is_installed, tmp_path, monkeypatch, capsys
):
    if is_installed:
        monkeypatch.setenv("PYTHONPATH", a_fake_client(tmp_path), prepend=os.pathsep)
    sweep_id = sweep_of({"train.py": "import wandb\n" + LOGS})
    capsys.readouterr()
    nbsweep.agent(sweep_id)
    assert capsys.readouterr().out.splitlines()[0] == NOTE
    [run] = nbsweep.Sweep(sweep_id).runs
    assert (run.state, run.summary["loss"]) == ("finished", 3)


def test_the_command_line_does_so_too_and_can_be_told_not_to(store, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", a_fake_client(tmp_path), prepend=os.pathsep)
    sweep_id = sweep_of({"train.py": "import wandb\n" + LOGS}, parameters={"x": {"values": [1, 2]}})
    call = ["--store", store, "agent", sweep_id, "--count", "1"]
    assert NOTE in CliRunner().invoke(main, call).output
    output = CliRunner().invoke(main, [*call, "--no-stand-in"]).output
    assert (
        "Note: train.py uses wandb, and what it logs there does not reach this sweep. Without "
        "NBSWEEP_AS_WANDB=0 and --no-stand-in it gets nbsweep under that name." in output
    )
    first, second = nbsweep.Sweep(sweep_id).runs
    assert (first.summary.get("loss"), second.summary.get("loss")) == (1, None)


def test_the_variable_switches_it_off(monkeypatch, capsys):
    monkeypatch.setenv("NBSWEEP_AS_WANDB", "0")
    sweep_id = sweep_of({"train.py": "import os\nprint(os.environ.get('PYTHONPATH'), '<-')\n"})
    Path("other.py").write_text("import wandb\n")
    Path("train.py").write_text(Path("train.py").read_text() + "if 0: import other\n")
    capsys.readouterr()
    nbsweep.agent(sweep_id)
    assert "Note: other.py uses wandb, and what it logs" in capsys.readouterr().out
    assert FOLDER not in nbsweep.Sweep(sweep_id).runs[0].console()


def test_a_function_of_a_script_that_imports_wandb(store, monkeypatch):
    text = "import wandb\ndef train():\n    with wandb.init() as run: run.log({'loss': 7})\n"
    sweep_id = sweep_of({"stood_in.py": text, "train.py": ""})
    before = dict(os.environ)
    try:
        call = ["--store", store, "agent", sweep_id, "stood_in.py:train"]
        output = CliRunner().invoke(main, call).output
    finally:
        uninstall_as_wandb()
        os.environ.clear()
        os.environ.update(before)
    assert "Note: stood_in.py uses wandb and gets nbsweep under that name.\n" in output
    assert nbsweep.Sweep(sweep_id).runs[0].summary["loss"] == 7


@pytest.mark.parametrize(
    ("files", "words", "where"),
    [
        ({"train.py": "import wandb as w"}, ["python", "train.py"], "train.py"),
        ({"train.py": "def f():\n    from wandb.keras import X"}, ["train.py"], "train.py"),
        ({"train.py": "import os.path\nimport json"}, ["train.py"], None),
        ({"train.py": "# import wandb\nx = 'import wandb'"}, ["train.py"], None),
        ({"train.py": "import mylib", "mylib.py": "import wandb"}, ["train.py"], "mylib.py"),
        (
            {"train.py": "from lib.a import b", "lib/__init__.py": "", "lib/a.py": "import wandb"},
            ["train.py"],
            "lib/a.py",
        ),
        (
            {"pkg/__init__.py": "", "pkg/go.py": "from . import log", "pkg/log.py": "import wandb"},
            ["python", "-m", "pkg.go"],
            "pkg/log.py",
        ),
        (
            {"pkg/__init__.py": "", "pkg/__main__.py": "import wandb"},
            ["python", "-m", "pkg"],
            "pkg/__main__.py",
        ),
        ({"train.py": "T(report_to='wandb')"}, ["train.py"], "train.py"),
        ({"train.py": "from lightning import WandbLogger"}, ["train.py"], "train.py"),
        ({"train.py": "import nbsweep as wandb"}, ["train.py"], None),
        (
            {"train.py": "try:\n import nbsweep as wandb\nexcept E:\n import wandb"},
            ["train.py"],
            None,
        ),
        ({"train.py": "import a", "a.py": "import wandb, nbsweep"}, ["train.py"], None),
        ({"train.py": "import a", "a.py": "import train, wandb"}, ["train.py"], "a.py"),
        ({"train.py": "import wandb\nthis is no Python"}, ["train.py"], None),
        (
            {"go.sh": "cd .\npython src/train.py $@", "src/train.py": "import wandb"},
            ["bash", "go.sh"],
            "src/train.py",
        ),
        (
            {
                "train.py": "import lib.a",
                "lib/a.py": "from lib.deep import b",
                "lib/deep/b.py": "from ..c import x",
                "lib/c.py": "import wandb",
            },
            ["train.py"],
            "lib/c.py",
        ),
        ({}, ["python", "missing.py"], None),
        ({}, ["/bin/ls"], None),
    ],
)
def test_what_a_program_needs_is_read_from_its_source(files, words, where):
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    need = need_of(words)
    assert (need and need.file) == where
