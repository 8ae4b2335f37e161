"""Every public name of wandb 0.31 does what docs/wandb-compatibility.md says of it."""

import subprocess
import sys

import numpy as np
import pytest

import nbsweep
from nbsweep.as_wandb.compatibility import GROUPS, REFUSED, WORKS, group_of
from nbsweep.errors import MissingNameError, UnsupportedError
from nbsweep.runs import session

SWEEP_SHARE = 0.9  # of the names that sweep code uses, in "works"


def names(repository):
    lines = (repository / "tools" / "wandb_names.txt").read_text().splitlines()
    lines = [line for line in lines if line and line[0] != "#"]
    return {line.removeprefix("* "): line.startswith("* ") for line in lines}


def test_the_page_is_what_the_code_says(repository):
    command = [sys.executable, "tools/wandb_table.py", "--check"]
    done = subprocess.run(command, cwd=repository, check=False)
    assert done.returncode == 0, "run: python tools/wandb_table.py"


def test_most_names_that_sweep_code_uses_work(repository):
    used = [name for name, uses in names(repository).items() if uses]
    working = [name for name in used if group_of(name)[0] == WORKS]
    assert len(used) > 200
    assert len(working) >= SWEEP_SHARE * len(used)


def test_every_group_but_the_first_says_something(repository):
    for name in names(repository):
        group, note = group_of(name)
        assert group in GROUPS
        assert bool(note) is (group != WORKS), name


@pytest.fixture
def owners():
    """What names such as ``Table.add_data`` are members of."""
    sweep_id = nbsweep.sweep({"method": "random", "parameters": {"x": {"value": 1}}}, project="p")
    nbsweep.agent(sweep_id, lambda: nbsweep.init().log({"a": 1}), count=1, show=False)
    api = nbsweep.Api()
    table = nbsweep.Table(columns=["a"], data=[[1]])
    controller = nbsweep.controller(sweep_id)
    with nbsweep.init(project="p") as run:
        yield {
            "": nbsweep,
            "Run": run,
            "Config": run.config,
            "Summary": run.summary,
            "Artifact": nbsweep.Artifact("a", "t"),
            "Table": table,
            "Image": nbsweep.Image(np.eye(2)),
            "Histogram": nbsweep.Histogram([1, 2]),
            "Audio": nbsweep.Audio(np.zeros(9), sample_rate=9),
            "Video": nbsweep.Video(np.zeros((2, 3, 4, 4))),
            "Html": nbsweep.Html("x"),
            "Object3D": nbsweep.Object3D(np.zeros((2, 3))),
            "Molecule": nbsweep.Molecule.__new__(nbsweep.Molecule),
            "Plotly": nbsweep.Plotly.__new__(nbsweep.Plotly),
            "Graph": nbsweep.Graph(),
            "JoinedTable": nbsweep.JoinedTable(table, table, "a"),
            "EvalTable": nbsweep.EvalTable(columns=["a"]),
            "Classes": nbsweep.Classes([]),
            "Api": api,
            "apis.public.Sweep": api.sweep(sweep_id),
            "apis.public.Run": api.sweep(sweep_id).runs[0],
            "apis.public.Runs": api.runs("p"),
            "apis.public.File": api.sweep(sweep_id).runs[0].files()[0],
            "apis.public.Files": api.sweep(sweep_id).runs[0].files(),
            "controller()": controller,
            "plot": nbsweep.plot,
            "util": nbsweep.util,
        }
    for live in session.live_runs():
        live.finish()


def verdict(owner, name):
    """What is wrong with a name and what the page says of it; None when they agree."""
    short = name.rpartition(".")[2]
    group, note = group_of(name)
    try:
        value = getattr(owner, short)
    except ImportError:  # keras and its like need not be installed
        return None if group != REFUSED else "is there"
    except MissingNameError as error:
        if group != REFUSED:
            return f"is missing: {error}"
        return None if note in str(error) else f"says {error}, not {note}"
    except AttributeError as error:
        plain = isinstance(owner, (list, nbsweep.Config))  # a config's own words are its keys
        return None if group == REFUSED and plain else f"is missing: {error}"
    if group != REFUSED:
        return None
    try:
        value()
    except UnsupportedError:
        return None
    except TypeError as error:
        return f"is there, {error}"
    return "is there"


def test_each_name_is_there_or_says_what_to_use_instead(repository, owners):
    wrong = {
        name: found
        for name in names(repository)
        if (found := verdict(owners[name.rpartition(".")[0]], name)) is not None
    }
    assert wrong == {}


def test_a_name_that_nobody_knows_is_an_attribute_error_with_a_guess():
    assert not hasattr(nbsweep, "tabel")
    with pytest.raises(AttributeError) as caught:
        nbsweep.Tabel  # noqa: B018
    assert str(caught.value) == "nbsweep has no 'Tabel'. Did you mean 'Table'?"
    with pytest.raises(AttributeError) as caught:
        nbsweep.docker  # noqa: B018
    assert str(caught.value) == (
        "nbsweep.docker is W&B's and not offered here. It starts containers for Launch. "
        "`nbsweep agent SWEEP_ID` runs a program."
    )
    with pytest.raises(AttributeError, match="has no 'qqqqqq'"):
        nbsweep.qqqqqq  # noqa: B018
    assert nbsweep.errors.CommError is nbsweep.CommError
