"""The working folder moves (`os.chdir`, hydra, ``%cd``): the store and its files stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import NotFoundError, StoreError, UsageError
from nbsweep.runs import session

SWEEP = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": [1, 2, 3]}},
}


@pytest.fixture(autouse=True)
def folders(tmp_path):
    """The folder that the process begins in, and one that it goes to; nothing stays open."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    os.chdir("here")
    yield tmp_path / "here", tmp_path / "there"
    for run in session.live_runs():
        run.finish()
    nbsweep.setup(None)


def made(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_runs_of_a_process_are_in_the_store_of_its_first_use(folders):
    here, there = folders
    for folder in (here, there, here):
        os.chdir(folder)
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
    assert len(nbsweep.Api().runs()) == 3
    assert session.store().url == f"sqlite:///{here}/.nbsweep/nbsweep.db"
    assert (made(here), made(there)) == ([".nbsweep"], [])


def test_a_sweep_whose_function_changes_folders(folders):
    here, there = folders
    sweep = nbsweep.sweep(SWEEP)

    def train():
        with nbsweep.init() as run:
            folder = there / str(run.config.x)
            folder.mkdir()
            os.chdir(folder)  # as hydra does for each job
            Path("model.txt").write_text("weights")
            assert run.save("model.txt") == [f"{here}/.nbsweep/runs/{run.id}/files/model.txt"]
            nbsweep.log({"loss": run.config.x})

    nbsweep.agent(sweep, train, show=False)
    assert nbsweep.Sweep(sweep).best_run().metric == 1
    assert made(there) == ["1", "2", "3"]
    assert [made(folder) for folder in there.iterdir()] == [["model.txt"]] * 3


@pytest.mark.parametrize(
    "read",
    [
        lambda sweep: nbsweep.Sweep(sweep).runs,
        lambda sweep: nbsweep.Api().sweep(sweep),
        lambda sweep: nbsweep.Api().runs(),
        lambda sweep: nbsweep.show().close(),
        lambda sweep: nbsweep.agent(sweep, lambda: None, count=1, show=False),
    ],
)
def test_no_use_makes_a_second_store(read, folders):
    _, there = folders
    sweep = nbsweep.sweep(SWEEP)
    os.chdir(there)
    read(sweep)
    assert made(there) == []


@pytest.mark.parametrize(
    ("variable", "value", "file"),
    [
        ("NBSWEEP_DIR", "results", "results/nbsweep.db"),
        ("NBSWEEP_STORE", "sqlite:///mine.db", "mine.db"),
    ],
)
def test_relative_places_of_the_environment_stay_where_they_were(
    variable, value, file, folders, monkeypatch
):
    here, there = folders
    monkeypatch.setenv(variable, value)
    with nbsweep.init():
        os.chdir(there)
    with nbsweep.init() as run:
        pass
    assert session.store().url == f"sqlite:///{here}/{file}"
    script = "import nbsweep\nwith nbsweep.init() as run: pass"
    subprocess.run([sys.executable, "-c", script], cwd=there, check=True, capture_output=True)
    assert len(session.store().runs()) == 3
    assert made(there) == []
    monkeypatch.setenv(variable, value)
    assert session.store().url == f"sqlite:///{there}/{file}"  # it was set anew
    assert run.id not in [record.id for record in session.store().runs()]


def test_a_sweep_is_not_looked_for_in_a_new_store(folders):
    here, _ = folders
    message = (
        f"There is no sweep 'abcd1234': there are no sweeps in {here}. Go to the folder in which "
        "it was made (os.chdir), or name its store: "
        "nbsweep.setup('sqlite:///path/to/.nbsweep/nbsweep.db')."
    )
    uses = [nbsweep.Sweep, nbsweep.show, nbsweep.resume, lambda of: nbsweep.agent(of, print)]
    for use in uses:
        with pytest.raises(NotFoundError) as caught:
            use("p/abcd1234")
        assert str(caught.value) == message
    for use in (nbsweep.show, nbsweep.resume):
        with pytest.raises(UsageError, match="there is no sweep yet"):
            use(None)
    assert made(here) == []


def test_a_relative_url_means_the_folder_in_which_it_was_given(folders):
    here, there = folders
    nbsweep.setup("sqlite:///mine.db")
    os.chdir(there)
    with nbsweep.init():
        pass
    assert session.store().url == f"sqlite:///{here}/mine.db"
    assert made(there) == []


def test_a_store_that_is_named_later_counts(folders, monkeypatch):
    here, there = folders
    with nbsweep.init():
        pass
    os.chdir(there)
    nbsweep.setup("sqlite:///mine.db")
    assert session.store().url == f"sqlite:///{there}/mine.db"
    nbsweep.setup(None)
    assert session.store().url == f"sqlite:///{there}/.nbsweep/nbsweep.db"
    monkeypatch.setenv("NBSWEEP_STORE", f"sqlite:///{here}/third.db")
    assert session.store().url == f"sqlite:///{here}/third.db"
    monkeypatch.delenv("NBSWEEP_STORE")
    monkeypatch.setenv("NBSWEEP_DIR", str(here / "fourth"))
    assert session.store().url == f"sqlite:///{here}/fourth/nbsweep.db"


def test_a_url_that_is_not_understood_is_refused_where_it_is_given():
    with pytest.raises(StoreError) as caught:
        nbsweep.setup("results.db")
    assert str(caught.value) == (
        "The store URL 'results.db' is not understood. Write sqlite:///path/to/file.db, "
        "postgresql+psycopg://user:password@host/database, or memory://name."
    )


def test_files_of_runs_in_a_store_that_has_no_folder(folders):
    here, there = folders
    nbsweep.setup("memory://without-a-folder")
    Path("note.txt").write_text("a")
    with nbsweep.init() as first:
        first.save("note.txt")
    os.chdir(there)
    with nbsweep.init() as second:
        assert Path(second.dir) == here / ".nbsweep" / "runs" / second.id
    with nbsweep.restore("note.txt", first.id) as restored:
        assert restored.read() == "a"
    assert made(there) == ["note.txt"]


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_a_run_that_starts_after_the_folder_moved(executor, folders):
    _, there = folders
    sweep = nbsweep.sweep(SWEEP)
    os.chdir(there)

    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config.x})

    nbsweep.agent(sweep, train, show=False, executor=executor)
    assert sorted(run.metric for run in nbsweep.Sweep(sweep).runs) == [1, 2, 3]
    assert made(there) == []


def test_a_program_works_in_the_folder_in_which_its_agent_was_started(folders):
    here, there = folders
    Path("train.py").write_text(
        "import os, nbsweep\nwith nbsweep.init() as run:\n"
        "    run.log({'loss': run.config.x})\n    run.summary['folder'] = os.getcwd()\n"
    )
    sweep = nbsweep.sweep(
        {**SWEEP, "program": "train.py", "command": ["${interpreter}", "${program}"]}
    )
    agent = nbsweep.agent(sweep, count=2, show=False, background=True)
    os.chdir(there)
    agent.wait()
    assert {run.summary["folder"] for run in nbsweep.Sweep(sweep).runs} == {str(here)}
    assert made(there) == []
