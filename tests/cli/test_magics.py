"""%load_ext nbsweep, in a real InteractiveShell."""

import sys

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError as MagicUsageError
from IPython.core.interactiveshell import InteractiveShell

import nbsweep
from nbsweep.cli.magics import Sweeps
from nbsweep.cli.yaml_completion import yaml_words

YAML = """\
method: random
metric:
  name: loss
  goal: minimize
parameters:
  x:
    min: 0.0
    max: 1.0
  rate: {distribution: log_uniform_values, min: 1e-5, max: 0.1}
"""


@pytest.fixture(scope="module")
def only_shell():
    main = sys.modules["__main__"]
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = main  # the shell's own would be what new processes start from


@pytest.fixture
def shell(only_shell, tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    only_shell.reset(new_session=False)
    only_shell.run_line_magic("load_ext", "nbsweep")
    only_shell.user_ns["nbsweep"] = nbsweep
    yield only_shell
    only_shell.run_line_magic("unload_ext", "nbsweep")
    nbsweep.setup(None)


def run(shell, source):
    """A cell as a notebook runs it; raises what it raised."""
    result = shell.run_cell(source)
    result.raise_error()
    return result.result


TRAIN = """
def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x + run.config.rate})
"""


def refusal(shell, source):
    with pytest.raises(MagicUsageError) as caught:
        run(shell, source)
    return str(caught.value)


def test_a_cell_of_yaml_creates_a_sweep_and_names_it(shell, capsys):
    run(shell, f"%%sweep my_sweep --project digits\n{YAML}")
    sweep = nbsweep.Sweep(shell.user_ns["my_sweep"])
    assert (sweep.project, sweep.state) == ("digits", "PENDING")
    assert sweep.config["parameters"]["rate"]["min"] == 1e-5
    assert f"Create sweep with ID: {sweep.id}" in capsys.readouterr().out


def test_without_a_name_the_id_is_in_sweep_id(shell):
    run(shell, f"%%sweep\n{YAML}")
    assert nbsweep.Sweep(shell.user_ns["sweep_id"]).state == "PENDING"


def test_a_cell_can_run_the_sweep_at_once(shell, capsys):
    run(shell, TRAIN)
    run(shell, f"%%sweep s --run train --count 3 --workers 2\n{YAML}")
    runs = nbsweep.Sweep(shell.user_ns["s"]).runs
    assert [one.state for one in runs] == ["finished"] * 3
    assert "Sweep" in capsys.readouterr().out


def test_agent_takes_the_newest_sweep_or_the_named_one(shell, capsys):
    run(shell, TRAIN)
    run(shell, f"%%sweep first\n{YAML}")
    run(shell, f"%%sweep second\n{YAML}")
    run(shell, "%agent train --count 2")
    run(shell, "%agent train --count 1 -s first")
    run(shell, f"%agent train --count 1 --sweep {shell.user_ns['first']}")
    counts = [len(nbsweep.Sweep(shell.user_ns[name]).runs) for name in ("first", "second")]
    assert counts == [2, 2]
    handle = run(shell, "handle = %agent train --count 1 --background\nhandle")
    assert handle.wait(60)


def test_sweeps_lists_what_is_there(shell):
    assert repr(run(shell, "%sweeps")) == "There is no sweep yet. %%sweep makes one."
    assert "no sweep yet" in run(shell, "%sweeps")._repr_html_()
    run(shell, f"%%sweep a -p one\nname: <b>bold</b>\n{YAML}")
    run(shell, f"%%sweep b -p two\n{YAML}")
    found = run(shell, "%sweeps")
    assert [row["project"] for row in found] == ["one", "two"]
    assert "&lt;b&gt;bold&lt;/b&gt;" in found._repr_html_()
    assert isinstance(found, Sweeps)
    assert shell.user_ns["a"] in repr(found)
    assert [row["id"] for row in run(shell, "%sweeps -p two")] == [shell.user_ns["b"]]


def test_a_mistake_is_told_with_its_line_of_the_cell(shell):
    cell = "%%sweep\n" + YAML.replace("max: 1.0", "max: -1.0")
    assert refusal(shell, cell) == (
        "%%sweep cell, line 7: parameters.x: min 0.0 is not below max -1.0. Swap them."
    )


def test_several_mistakes_each_have_their_line(shell):
    text = refusal(shell, "%%sweep\nmethod: randon\nparameters:\n  x: {mim: 0, max: 1}\n")
    assert 'line 2: method: found the text "randon". Did you mean "random"?' in text
    assert 'line 4: parameters.x: unknown key "mim". Did you mean "min"?' in text


def test_broken_yaml_is_told_with_line_and_column(shell):
    text = refusal(shell, "%%sweep\nmethod: random\nparameters: {x: {min: 0\n")
    assert text.startswith("%%sweep cell, line 4, column 1: ")


def test_a_refusal_shows_no_traceback(shell, capsys):
    shell.run_cell("%%sweep\nmethod: randon\n")
    shown = capsys.readouterr()
    assert "UsageError: %%sweep cell" in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "%%sweep\n# nothing\n",
            "the cell is empty. Write the sweep config below %%sweep, such as\nmethod: random\n"
            "parameters:\n  learning_rate: {min: 0.0001, max: 0.1}",
        ),
        ("%%sweep 1x\nmethod: grid", "'1x' cannot be the name of a variable. %%sweep my_sweep"),
        ("%agent train", "there is no function train. Define it in a cell before this one."),
        ("%agent number", "number is a int; a training function is needed."),
        (
            "def train(): pass\n%agent trian",
            "there is no function trian. Did you mean train? Define it in a cell before this one.",
        ),
        ("%sweep_panel", "there is no sweep yet. %%sweep makes one from YAML."),
        ("%agent --count many", "argument --count: invalid int value: 'many'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(shell, source, text):
    shell.user_ns["number"] = 3
    assert refusal(shell, source) == text


def test_an_unknown_sweep_is_refused_with_those_that_there_are(shell):
    run(
        shell,
        TRAIN + "\nnewest = nbsweep.sweep({'method': 'random', 'parameters': {'x': "
        "{'min': 0, 'max': 1}}})",
    )
    text = refusal(shell, "%agent train -s nosuch12")
    assert text.startswith("There is no sweep 'nosuch12' in memory://")
    assert shell.user_ns["newest"] in text


def test_sweep_panel_shows_a_panel(shell):
    run(shell, f"%%sweep s\n{YAML}")
    for source in ("%sweep_panel", "%sweep_panel s"):
        panel = run(shell, f"panel = {source}\npanel")
        assert repr(panel) == f"<Panel of sweep {shell.user_ns['s']}: no runs yet>"
        panel.close()


def test_loading_twice_and_unloading_leave_nothing_behind(only_shell):
    offered = {"wandb"}  # from the import of nbsweep on, which was before there was a shell
    before = {kind: set(names) for kind, names in only_shell.magics_manager.magics.items()}
    before = {kind: names | offered for kind, names in before.items() if kind in ("line", "cell")}
    for _ in range(2):
        nbsweep.load_ipython_extension(only_shell)
    assert "sweep_panel" in only_shell.magics_manager.magics["line"]
    for _ in range(2):
        nbsweep.unload_ipython_extension(only_shell)
    after = {kind: set(only_shell.magics_manager.magics[kind]) for kind in before}
    assert after == before
    assert "method:" not in complete(only_shell, "%%sweep\nmeth")


def complete(shell, cell):
    """What Tab offers at the end of a cell, as Jupyter asks for it."""
    with provisionalcompleter():
        return [one.text for one in shell.Completer.completions(cell, len(cell))]


@pytest.mark.parametrize(
    ("cell", "offered"),
    [
        ("%agent tr", "train"),
        ("%agent train --wor", "--workers"),
        ("%agent train -s my_", "my_sweep"),
        ("%agent train --executor proc", "processes"),
        ("%%sweep --run tr", "train"),
        ("%%sweep s -p dig", "digits"),
        ("%sweep_panel my_", "my_sweep"),
        ("%%sweep\nmet", "method:"),
        ("%%sweep\nmethod: ba", "bayes"),
        ("%%sweep\nmetric:\n  go", "goal:"),
        ("%%sweep\nmetric:\n  goal: max", "maximize"),
        ("%%sweep\nparameters:\n  x:\n    dist", "distribution:"),
        ("%%sweep\nparameters:\n  x: {dist", "distribution:"),
        ("%%sweep\nearly_terminate:\n  type: hyp", "hyperband"),
    ],
)
def test_tab_completes(shell, cell, offered):
    run(shell, TRAIN)
    run(shell, f"%%sweep my_sweep -p digits\n{YAML}")
    assert offered in complete(shell, cell)


def test_tab_elsewhere_is_as_before(shell):
    run(shell, TRAIN)
    assert "train" in complete(shell, "tra")
    assert "method:" not in complete(shell, "met")


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("    distribution: ", "q_log_uniform_values"),
        ("  y: {distribution: ", "beta"),
        ("  y: {min: 0, ", "max:"),
        ("  ", None),  # names of parameters are the user's
    ],
)
def test_words_inside_of_parameters(line, some):
    found = yaml_words(["parameters:", "  x:"], line)
    assert (some in found) if some else found == []


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("  - ", "at_most:"),
        ("    at", "at_most:"),
        ("  - {name: ms, at", "at_most:"),
        ("metrics: [{", "at_most:"),
        ("metric: {", "impute:"),
        ("  - goal: ", "maximize"),
    ],
)
def test_keys_and_words_of_metrics_are_completed(line, some):
    found = yaml_words(["metrics:", "  - name: loss"], line)
    assert some in found
    assert "distribution:" not in found


def test_a_cell_that_runs_a_second_time_says_that_nothing_is_left(shell, capsys):
    run(shell, TRAIN)
    run(shell, f"%%sweep my_sweep\n{YAML}run_cap: 1\n")
    run(shell, "%agent train --static")
    capsys.readouterr()
    run(shell, "%agent train")
    said = capsys.readouterr().out
    assert said.startswith(f"Sweep {shell.user_ns['my_sweep']} has nothing left to run: ")
    assert said.count("\n") == 1


def test_help_says_what_each_magic_takes(shell):
    for kind, name in (("cell", "sweep"), ("line", "agent"), ("line", "sweeps")):
        assert "--project" in shell.magics_manager.magics[kind][name].__doc__ or name == "agent"


# W&B's magic


@pytest.fixture
def shown(monkeypatch):
    values = []
    monkeypatch.setattr("nbsweep.cli.wandb_magic.show", values.append)
    return values


def test_a_cell_below_wandb_runs_and_shows_its_run(shell, shown):
    run(
        shell, "%%wandb -h 720\nwith nbsweep.init(project='p') as r:\n    r.log({'loss': 1})\nz = 5"
    )
    assert shell.user_ns["z"] == 5
    [made] = shown
    assert (made.id, made.state) == (shell.user_ns["r"].id, "finished")
    assert "loss" in made.to_html()


def test_a_run_that_is_still_open_is_shown_too(shell, shown):
    run(shell, "%%wandb\nr = nbsweep.init()\nr.log({'loss': 1})")
    assert shown == [shell.user_ns["r"]]
    run(shell, "%wandb")
    assert shown == [shell.user_ns["r"]] * 2
    shell.user_ns["r"].finish()


def test_a_cell_with_a_sweep_shows_it_once(shell, shown):
    run(shell, TRAIN)
    source = {"method": "grid", "parameters": {"x": {"value": 1}, "rate": {"value": 1}}}
    run(shell, f"%%wandb\nnbsweep.agent(nbsweep.sweep({source!r}), train, show=False)")
    assert shown == []


def test_a_path_is_shown_by_the_line_magic(shell, shown):
    run(shell, f"%%sweep my_sweep -p digits\n{YAML}")
    sweep_id = shell.user_ns["my_sweep"]
    for line in (f"%wandb me/digits/sweeps/{sweep_id} -h 1024", f"%wandb {sweep_id}", "%wandb"):
        run(shell, line)
        panel = shown.pop()
        assert panel.picture["sweep"]["id"] == sweep_id
        panel.close()
    run(shell, "with nbsweep.init(project='digits') as r: r.log({'loss': 1})")
    run(shell, "%wandb digits/runs/" + shell.user_ns["r"].id)
    assert shown.pop().id == shell.user_ns["r"].id


def test_a_failing_cell_shows_no_run(shell, shown, capsys):
    run(shell, "%%wandb\nr = nbsweep.init()\nr.finish()\nraise ValueError('of the cell')")
    assert shown == []
    assert "of the cell" in capsys.readouterr().out


def test_a_path_that_is_not_there_is_one_line(shell, shown):
    assert refusal(shell, "%wandb") == "%wandb: there is no run and no sweep yet to show."
    assert "There is no run 'nothere1'" in refusal(shell, "%wandb me/p/nothere1")
    assert "one path of a run or a sweep is taken" in refusal(shell, "%wandb a b")
