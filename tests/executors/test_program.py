"""Programs as child processes: macros, the child's own init(), ends and stops."""

import io
import json
import re
import signal
import sys
import time
from pathlib import Path

import pytest

import nbsweep
from nbsweep.control.code_hash import code_hash
from nbsweep.control.options import AgentOptions
from nbsweep.control.stopping import StopLevel
from nbsweep.errors import UsageError
from nbsweep.executors import program as command
from nbsweep.executors.program import ending, expand, remarks
from nbsweep.executors.script import load_function
from nbsweep.handles.launch import program_of
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import session

CONFIG = {"b": True, "f": False, "n": None, "l": [1, 2], "d": {"lr": 0.1}}


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield
    nbsweep.setup(None)


def sweep_of(script, **config):
    """A sweep that runs a script with this text."""
    Path("train.py").write_text(script)
    given = {"method": "random", "parameters": {"x": {"value": 1}}, "program": "train.py", **config}
    return nbsweep.Sweep(nbsweep.sweep(given))


def run_agent(sweep, **arguments):
    nbsweep.agent(sweep, show=False, **{"count": 1, **arguments})
    return sweep.runs


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited for 20 s"
        time.sleep(0.01)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter when it goes while it is read
        return False


# Macros


@pytest.mark.parametrize(
    ("macro", "arguments"),
    [
        ("interpreter", [sys.executable]),
        ("program", ["train.py"]),
        ("args", ["--b=True", "--f=False", "--n=None", "--l=[1, 2]", "--d={'lr': 0.1}"]),
        ("args_no_boolean_flags", ["--b", "--n=None", "--l=[1, 2]", "--d={'lr': 0.1}"]),
        ("args_no_hyphens", ["b=True", "f=False", "n=None", "l=[1, 2]", "d={'lr': 0.1}"]),
        (
            "args_no_equals",
            ["--b", "True", "--f", "False", "--n", "None", "--l", "[1, 2]", "--d", "{'lr': 0.1}"],
        ),
        ("args_append_hydra", ["+b=True", "+f=False", "+n=None", "+l=[1, 2]", "+d={'lr': 0.1}"]),
        (
            "args_override_hydra",
            ["++b=True", "++f=False", "++n=None", "++l=[1, 2]", "++d={'lr': 0.1}"],
        ),
        ("args_json", [json.dumps(CONFIG)]),
        ("args_json_file", ["/folder/config.json"]),
        ("batch_size", []),
    ],
)
def test_macro_becomes_its_arguments(macro, arguments):
    assert expanded(f"${{{macro}}}") == ["begin", *arguments, "end"]


def test_env_is_the_program_env_but_on_windows(monkeypatch):
    assert expanded("${env}") == ["begin", "/usr/bin/env", "end"]
    monkeypatch.setattr(command.os, "name", "nt")
    assert expanded("${env}") == ["begin", "end"]


def test_variables_are_replaced_anywhere_and_other_macros_only_as_whole_items():
    assert expanded("--data=${envvar:DATA}/${envvar:NONE}") == ["begin", "--data=/data/NONE", "end"]
    assert expanded("${envvar:DATA}") == ["begin", "/data", "end"]
    assert expanded("--x=${x} ${args}") == ["begin", "--x=${x} ${args}", "end"]
    assert expanded(3) == ["begin", "3", "end"]


def expanded(item):
    return expand(
        ["begin", item, "end"],
        program="train.py",
        config=CONFIG,
        environ={"DATA": "/data"},
        json_file=lambda: "/folder/config.json",
    )


def test_macros_that_do_nothing_are_remarked():
    assert remarks(["${env}", "${program}", "${args}", "${envvar:HOME}/x"]) == []
    assert remarks(None) == []
    assert remarks(["${lr}", "--lr=${lr}"]) == [
        "command[0]: ${lr} is not a macro and is left out.",
        "command[1]: ${lr} stays as it is inside a longer item. Parameters come with the item "
        '"${args}".',
    ]


# What is missing


def test_says_what_is_missing_before_any_run():
    Path("learn.py").touch()
    sweep = sweep_of("")
    Path("train.py").unlink()
    with pytest.raises(UsageError, match=re.escape("no file 'train.py' in")) as caught:
        run_agent(sweep)
    assert "here are learn.py" in str(caught.value)
    for words, message in [
        (["${program}"], 'needs the key "program"'),
        (["nosuch"], "no program 'nosuch' to run"),
        (["${env}", "A=1", "nosuch"], "no program 'nosuch' to run"),
        (["./learn.py"], "may not be executed"),
        (["${nothing}"], "nothing is left of it"),
    ]:
        bare = sweep_of("", program=None, command=words)
        with pytest.raises(UsageError, match=re.escape(message)):
            run_agent(bare)
    with pytest.raises(UsageError, match="neither program nor command"):
        run_agent(sweep_of("", program=None))
    with pytest.raises(UsageError, match="child process of its own"):
        run_agent(sweep_of(""), executor="processes")
    assert sweep.runs == []
    nbsweep.setup("memory://command")
    with pytest.raises(UsageError, match="lives in this process"):
        run_agent(sweep_of(""))


# One run


def test_child_gets_arguments_environment_an_empty_input_and_its_own_group():
    sweep = sweep_of(
        "import json, os, sys\n"
        "names = ('WANDB_RUN_ID', 'WANDB_SWEEP_ID', 'NBSWEEP_RUN_ID', 'NBSWEEP_STORE')\n"
        "params = json.load(open(os.environ['WANDB_SWEEP_PARAM_PATH']))\n"
        "config = json.load(open(sys.argv[2]))\n"
        "print(json.dumps([sys.argv[1], config, params, [os.environ[n] for n in names],\n"
        "    sys.stdin.read(), os.getpgid(0) == os.getpid()]))\n",
        command=["${interpreter}", "${program}", "${args}", "${args_json_file}"],
    )
    (run,) = run_agent(sweep)
    assert (run.state, run.error, run.code_hash is not None) == ("finished", None, True)
    head, printed = run.console().splitlines()
    assert head.startswith(f"$ {sys.executable} train.py --x=1 ")
    assert json.loads(printed) == [
        "--x=1",
        {"x": 1},
        {"x": {"value": 1}},
        [run.id, sweep.id, run.id, sweep.store.url],
        "",
        True,
    ]


def test_code_hash_follows_the_file():
    sweep = sweep_of("")
    run_agent(sweep)
    Path("train.py").write_text("pass")
    first, second = run_agent(sweep)
    assert first.code_hash != second.code_hash
    program, _ = program_of(sweep, AgentOptions())
    assert code_hash(program) == second.code_hash  # known before the run begins


CASES = """
import sys, nbsweep as wandb
case = sys.argv[1].partition("=")[2]
if case == "finish":
    run = wandb.init(config={"mine": 1, "case": "not mine"}, tags=["child"])
    for step in range(3):
        run.log({"loss": step})
    wandb.summary["extra"] = [run.seed, wandb.run.number]
    wandb.finish()
    again = wandb.init()
    assert again is run
    again.config.late = 2
elif case == "raise":
    with wandb.init() as run:
        wandb.log({"loss": 7})
        raise ValueError("in the child")
elif case == "exit_code":
    wandb.init().log({"loss": 8})
    wandb.finish(exit_code=3)
elif case == "exit_0":
    with wandb.init():
        sys.exit()
elif case == "terminate":
    import os, signal
    with wandb.init() as run:
        wandb.log({"loss": 9})
        if not os.path.exists("terminated"):  # the second attempt ends well
            open("terminated", "w").close()
            os.kill(os.getpid(), signal.SIGTERM)
elif case == "preempt":
    wandb.init().mark_preempting()
    sys.exit(1)
print("the end of", case)
"""


def test_child_takes_its_run_over_with_init_and_the_parent_ends_it():
    cases = ("finish", "raise", "exit_code", "exit_0", "terminate", "preempt")
    sweep = sweep_of(
        CASES,
        method="grid",
        metric={"name": "loss"},
        parameters={"case": {"values": list(cases)}},
    )
    run_agent(sweep, count=len(cases) + 1, workers=2)
    runs = {run.config["case"]: run for run in sweep.runs if not run.attempt}
    finished = runs["finish"]
    assert (finished.state, finished.metric, finished.tags) == ("finished", 2, ["child"])
    assert finished.config == {"case": "finish", "mine": 1, "late": 2}
    assert finished.summary["extra"][1] == finished.number
    assert finished.summary["extra"][0] > 0
    assert [row["loss"] for row in finished.history()] == [0, 1, 2]
    assert finished.console().endswith("the end of finish\n")
    assert finished.peak_memory_bytes is None or finished.peak_memory_bytes > 1e6
    failed = runs["raise"]
    assert (failed.state, failed.metric) == ("failed", 7)
    assert failed.error.startswith("Traceback")
    assert failed.error.endswith("\nValueError: in the child")
    assert (runs["exit_code"].state, runs["exit_code"].error) == ("failed", "finish(exit_code=3)")
    assert runs["exit_code"].console().endswith("the end of exit_code\n")
    assert runs["exit_0"].state == "finished"
    terminated = runs["terminate"]
    assert (terminated.state, terminated.error, terminated.metric) == ("preempted", None, 9)
    assert terminated.console().endswith(f"Run {terminated.name} stopped: terminated\n")
    assert runs["preempt"].state == "preempted"


JUDGED = """
import time
import nbsweep

with nbsweep.init() as run:
    for step in range(40):
        run.log({"loss": run.config.x + (step == 0)})
        time.sleep(0.02)
"""


@pytest.mark.parametrize("launcher_has_it", [True, False])
def test_processes_that_a_program_starts_log_to_its_run(launcher_has_it, monkeypatch, repository):
    """Ranks of torchrun, which does not call init itself, and of programs that do."""
    monkeypatch.setenv("PYTHONPATH", str(repository))
    sweep = sweep_of(
        "import subprocess, sys\n"
        "rank = 'import sys, nbsweep; run = nbsweep.init(); n = int(sys.argv[1]);'\n"
        'rank += \'run.log({"loss": 1.0 + n, f"rank{n}": n}); run.config[f"c{n}"] = n\'\n'
        + ("import nbsweep; nbsweep.init().log({'own': 1})\n" if launcher_has_it else "")
        + "ranks = [subprocess.Popen([sys.executable, '-c', rank, str(n)]) for n in (1, 2)]\n"
        "sys.exit(max(rank.wait() for rank in ranks))\n",
        metric={"name": "loss", "goal": "minimize", "mode": "best"},
    )
    (run,) = run_agent(sweep)
    assert (run.state, run.error) == ("finished", None)
    assert [record.sweep_id for record in session.store().runs()] == [sweep.id]
    assert sorted(row["loss"] for row in run.history() if "loss" in row) == [2.0, 3.0]
    assert (run.summary["rank1"], run.summary["rank2"]) == (1, 2)
    assert run.metric == 2.0
    assert run.config == {"x": 1, "c1": 1, "c2": 2}


def test_child_is_judged_by_the_sweeps_rule_and_keeps_what_the_metrics_mode_asks_for():
    sweep = sweep_of(
        JUDGED,
        method="grid",
        metric={"name": "loss", "goal": "minimize", "mode": "first"},
        parameters={"x": {"values": [1.0, 2.0]}},
        early_terminate={"type": "hyperband", "min_iter": 2},
    )
    first, second = run_agent(sweep, count=2)
    assert (first.state, first.metric, first.summary["loss"]) == ("finished", 2.0, 1.0)
    assert (second.state, second.metric) == ("stopped", 3.0)
    assert second.stop_reason == "band 2: 2 is worse than 1, top 1/3 of 2 runs"
    assert len(second.history()) < 40


# Ends


@pytest.mark.parametrize(
    ("code", "tail", "state", "error"),
    [
        (0, "Traceback (most recent call last):\nhandled", "finished", None),
        (2, "usage: train.py\nunknown --x\n", "failed", "exit code 2: unknown --x"),
        (1, "", "failed", "exit code 1"),
        (-signal.SIGSEGV, "begun", "crashed", "ended by SIGSEGV"),
        (-99, "", "crashed", "ended by signal 99"),
        (-signal.SIGINT, "", "killed", None),
    ],
)
def test_exit_code_decides_how_a_run_ends(code, tail, state, error):
    found_state, found_error = ending(code, RunRecord("r", "p"), tail)
    assert (found_state.value, found_error and found_error.splitlines()[0]) == (state, error)


@pytest.mark.parametrize("state", ["killed", "stopped"])
def test_a_stop_decides_unless_the_child_ended_well(state):
    asked = RunRecord("r", "p", stop_requested="by hand", stop_state=RunState(state))
    assert ending(1, asked, "Traceback (most recent call last):\n") == (RunState(state), None)
    assert ending(-15, asked, "") == (RunState(state), None)
    assert ending(0, asked, "") == (RunState.FINISHED, None)


def test_a_run_that_took_too_long_fails_with_that_reason():
    asked = RunRecord("r", "p", stop_requested="too long", stop_state=RunState.FAILED)
    assert ending(-9, asked, "") == (RunState.FAILED, "too long")


def test_program_that_dies_by_a_signal_is_crashed_and_told_so():
    (run,) = run_agent(sweep_of("import os\nprint('begun')\nos.kill(os.getpid(), 11)\n"))
    assert (run.state, run.error) == ("crashed", "ended by SIGSEGV\nbegun")


def test_agent_gives_up_on_a_program_that_fails_at_once(capsys):
    sweep = sweep_of("raise SystemExit('no data')")
    assert len(run_agent(sweep, count=9)) == 3
    assert sweep.runs[0].error == "exit code 1: no data\nno data"


def test_output_of_several_runs_at_once_is_shown_with_their_numbers(capsys):
    sweep = sweep_of("print('ö', end='')\nprint(' done', end='')")
    program, children = program_of(sweep, AgentOptions(), labelled=True)
    nbsweep.agent(sweep, program, count=2, workers=2, executor=children, show=False)
    shown = capsys.readouterr().out.splitlines()
    assert {"run 1 │ ö done", "run 2 │ ö done"} < set(shown)
    assert sweep.runs[0].console().endswith("ö done")


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


@pytest.mark.parametrize(
    "terminal", [io.TextIOWrapper(io.BytesIO(), encoding="ascii"), Gone()], ids=["ascii", "gone"]
)
def test_terminal_that_cannot_show_the_output_does_not_hold_up_the_child(terminal, monkeypatch):
    sweep = sweep_of("for _ in range(20): print('ö' * 9999)")
    monkeypatch.setattr(sys, "stdout", terminal)
    (run,) = run_agent(sweep)
    assert run.state == "finished"
    assert run.console().count("ö") > 150_000


# Stops


STUBBORN = """
import os, signal, subprocess, sys, time
if "deaf" in sys.argv[1]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open("pids", "w") as file:
    file.write(f"{os.getpid()} {helper.pid}\\n")
time.sleep(60)
"""


def begin_stubborn(kind, **arguments):
    sweep = sweep_of(STUBBORN, parameters={"kind": {"value": kind}})
    agent = nbsweep.agent(sweep, background=True, show=False, **arguments)
    until(lambda: Path("pids").is_file() and Path("pids").read_text().endswith("\n"))
    return sweep, agent, [int(pid) for pid in Path("pids").read_text().split()]


@pytest.mark.parametrize("kind", ["plain", "deaf"])
def test_child_that_does_not_log_is_terminated_then_killed_with_all_it_started(kind, monkeypatch):
    monkeypatch.setattr(command, "STOP_GRACE_S", 0.1)
    sweep, agent, pids = begin_stubborn(kind, term_timeout=0.2)
    agent.stop(now=True)
    assert agent.wait(20)
    assert [run.state for run in sweep.runs] == ["killed"]
    until(lambda: not any(map(is_alive, pids)))


def test_agent_that_leaves_a_run_kills_its_child():
    sweep, agent, pids = begin_stubborn("deaf")
    agent._agent.stop(StopLevel.LEAVE)
    assert agent.wait(20)
    assert [run.state for run in sweep.runs] == ["killed"]
    until(lambda: not any(map(is_alive, pids)))


def test_signals_are_forwarded_on_request():
    sweep = sweep_of(
        "import signal, time\n"
        # Whoever runs the tests in the background may have it ignored, which is inherited.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n    open('begun', 'w').close()\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('saved')\n"
    )
    agent = nbsweep.agent(sweep, background=True, show=False, forward_signals=True)
    until(Path("begun").is_file)
    agent.stop(now=True)
    assert agent.wait(20)
    (run,) = sweep.runs
    assert run.console().endswith("saved\n")
    assert run.state == "finished"  # it ended well


def test_stop_from_elsewhere_ends_a_child_in_order_at_its_next_log():
    sweep = sweep_of(
        "import nbsweep, time\n"
        "try:\n"
        "    with nbsweep.init() as run:\n"
        "        for step in range(2000):\n"
        "            run.log({'loss': step})\n"
        "            time.sleep(0.01)\n"
        "finally:\n"
        "    print('cleaned up')\n"
    )
    agent = nbsweep.agent(sweep, background=True, show=False)
    until(lambda: sweep.runs and sweep.runs[0].summary)
    sweep.cancel()
    assert agent.wait(20)
    (run,) = sweep.runs
    assert (run.state, run.error) == ("killed", None)
    assert run.console().splitlines()[1:] == [
        "cleaned up",
        f"Run {run.name} stopped: the sweep was canceled",
    ]
    assert [row["loss"] for row in run.history()] == list(range(run.summary["loss"] + 1))


# Functions by their place


def test_function_is_loaded_from_a_script_without_running_its_main_part():
    Path("helper_beside.py").write_text("VALUE = 4")
    Path("scripted.py").write_text(
        "from helper_beside import VALUE\n"
        "def train(): return VALUE\n"
        "if __name__ == '__main__': raise SystemExit(1)\n"
    )
    assert load_function("scripted.py:train")() == 4
    with pytest.raises(UsageError, match=re.escape("has no function 'trian'. It has train.")):
        load_function("scripted.py:trian")
    with pytest.raises(UsageError, match="VALUE is not a function, but int"):
        load_function("scripted.py:VALUE")
    with pytest.raises(UsageError, match=r"no file 'nope.py'. Here are helper_beside.py, scripted"):
        load_function("nope.py:train")
    with pytest.raises(UsageError, match="name the file and the function"):
        load_function("scripted.py")
    assert load_function("json:dumps") is json.dumps


def test_script_that_cannot_be_imported_says_where():
    Path("broken_script.py").write_text("x = 1\ny = 1 / 0\n")
    with pytest.raises(UsageError, match=r"ZeroDivisionError: division by zero \(.*line 2\)"):
        load_function("broken_script.py:train")
