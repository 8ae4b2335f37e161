"""The calls that give a person the live panel."""

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.panel.widget import Panel

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": [1, 2, 3]}},
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x})


def test_show_gives_the_panel_of_the_newest_sweep_or_of_the_named_one():
    first, second = nbsweep.sweep(CONFIG), nbsweep.sweep(CONFIG)
    for asked, shown in ((None, second), (first, first), (nbsweep.Sweep(second), second)):
        panel = nbsweep.show(asked)
        assert isinstance(panel, Panel)
        assert panel.picture["sweep"]["id"] == shown
        panel.close()


def test_show_without_any_sweep_says_so():
    with pytest.raises(UsageError, match="show: there is no sweep yet"):
        nbsweep.show()


def test_panel_of_a_sweep_has_its_runs_and_its_buttons():
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    nbsweep.agent(sweep, train, show=False)
    panel = sweep.panel
    assert len(panel.selected_dataframe()) == 3
    panel.selected = [sweep.runs[1].id]
    assert list(panel.selected_dataframe()["x"]) == [2]
    assert {"pause", "resume", "end", "kill"} <= set(panel.controls["actions"])
    assert not {"stop", "stop_now", "extend"} & set(panel.controls["actions"]), "no agent is here"
    panel.close()


def test_agent_asked_for_a_panel_outside_of_a_kernel_prints_as_ever(capsys):
    sweep_id = nbsweep.sweep(CONFIG)
    nbsweep.agent(sweep_id, train, show="panel")
    assert "3 of 3 runs" in capsys.readouterr().out


def test_agent_refuses_a_display_that_there_is_not():
    sweep_id = nbsweep.sweep(CONFIG)
    with pytest.raises(UsageError) as caught:
        nbsweep.agent(sweep_id, train, show="plot")
    assert str(caught.value) == (
        'agent(show=\'plot\'): use True or "panel" for a live panel, "static" for plain HTML, '
        "False for nothing."
    )
    assert nbsweep.Sweep(sweep_id).runs == []


def test_the_panel_of_a_sweep_with_a_run_time_says_what_still_fits():
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, "method": "random", "run_time": "1h"}))
    nbsweep.agent(sweep, train, count=2, show=False)
    panel = sweep.panel
    told = panel.picture["progress"]["plan"]
    assert " runs fit until " in told or " run fits until " in told
    panel.close()
    other = nbsweep.Sweep(nbsweep.sweep(CONFIG)).panel
    assert other.picture["progress"]["plan"] == ""
    other.close()
