"""What `agent` can be asked for: one record, whoever asks."""

import ast
import inspect
from dataclasses import fields

import pytest

import nbsweep
from nbsweep import cli, facade
from nbsweep.cli.magics import Magics
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError

DEFAULTS = {field.name: field.default for field in fields(AgentOptions)}
OF_WANDB_ONLY = {"entity", "project"}


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x})


@pytest.fixture
def sweep(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    config = {"method": "random", "metric": {"name": "loss"}, "parameters": {"x": {"max": 1.0}}}
    config["parameters"]["x"]["min"] = 0.0
    yield nbsweep.Sweep(nbsweep.sweep(config))
    nbsweep.setup(None)


def test_the_arguments_of_agent_are_the_options_with_their_defaults():
    parameters = dict(inspect.signature(nbsweep.agent).parameters)
    del parameters["sweep_id"]
    assert parameters.keys() > OF_WANDB_ONLY
    arguments = {n: p.default for n, p in parameters.items() if n not in OF_WANDB_ONLY}
    assert arguments == DEFAULTS


def test_agent_as_type_checkers_see_it_has_the_same_arguments():
    tree = ast.parse(inspect.getsource(facade))
    written = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "agent"]
    *overloads, real = [
        [ast.unparse(argument) for argument in (*node.args.args, *node.args.kwonlyargs)]
        for node in written
    ]
    assert len(overloads) == 2
    for arguments in overloads:
        as_real = ["background: bool" if "background" in text else text for text in arguments]
        assert as_real == real


def test_the_command_line_and_the_magics_offer_only_options_of_agent():
    command = {parameter.name for parameter in cli.main.commands["agent"].params}
    own = {"sweep_id", "entity", "project", "help", "stands_in"}  # of the command alone
    assert command - own <= DEFAULTS.keys()
    line = {action.dest for action in Magics(None)._parsers["agent"]._actions}
    assert line - {"sweep", "help"} <= DEFAULTS.keys()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": -1}, "agent(count=-1): a whole number of at least 1 is needed."),
        ({"workers": True}, "agent(workers=True): a whole number of at least 1 is needed."),
        (
            {"max_consecutive_failed_runs": 0},
            "agent(max_consecutive_failed_runs=0): a whole number of at least 1 is needed.",
        ),
        ({"timeout_s": "soon"}, "timeout_s='soon': a number of seconds above 0 is needed."),
        (
            {"show": "html"},
            'agent(show=\'html\'): use True or "panel" for a live panel, "static" for plain '
            "HTML, False for nothing.",
        ),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(UsageError) as caught:
        AgentOptions(**options)
    assert str(caught.value) == message


def test_wrong_options_of_resume_leave_an_ended_sweep_ended(sweep):
    sweep.stop()
    with pytest.raises(UsageError, match="workers=0"):
        nbsweep.resume(sweep, train, workers=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'wrokers'"):
        nbsweep.resume(sweep, train, wrokers=2)
    assert sweep.state == "FINISHED"
    nbsweep.resume(sweep, train, count=1, entity="me", project="mine", show=False)
    assert [run.state for run in sweep.runs] == ["finished"]


@pytest.mark.parametrize(("timeout_s", "limit_s"), [(None, 60.0), (5, 5.0)])
def test_the_environment_has_the_default_time_limit(timeout_s, limit_s):
    options = AgentOptions(timeout_s=timeout_s)
    assert options.time_limit_s({"NBSWEEP_TIMEOUT_S": "60"}) == limit_s
    assert AgentOptions().time_limit_s({"NBSWEEP_TIMEOUT_S": ""}) is None
    with pytest.raises(UsageError, match=r"timeout_s='soon': a number of seconds above 0"):
        AgentOptions().time_limit_s({"NBSWEEP_TIMEOUT_S": "soon"})
