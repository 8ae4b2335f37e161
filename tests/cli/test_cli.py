"""The command line, as a terminal sees it."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import nbsweep
from nbsweep.cli import main

CONFIG = """
method: grid
metric: {name: loss, goal: minimize}
parameters:
  x: {values: [2, 1]}
"""
SCRIPT = """
import nbsweep

def train():
    with nbsweep.init() as run:
        print("trains", run.config.x)
        run.log({"loss": run.config.x, "odd": float("nan")})

def fails():
    raise ValueError("no data")
"""


@pytest.fixture(autouse=True)
def own_process_state(monkeypatch):
    """What a terminal's own process would take with it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    nbsweep.setup(None)
    sys.modules.pop("script_of_cli", None)


def call(*arguments, code=0):
    """Output of a command that ends with this exit code."""
    result = CliRunner().invoke(main, list(arguments), prog_name="nbsweep")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def refused(*arguments):
    """The one message of a command that was called wrongly."""
    output = call(*arguments, code=2)
    assert "Traceback" not in output
    return output.partition("Error: ")[2].strip()


def create(config=CONFIG, *options):
    Path("config.yaml").write_text(config)
    return re.search(r"with ID: (\w+)", call("sweep", "config.yaml", *options))[1]


@pytest.fixture
def trained():
    """A sweep with two finished runs."""
    Path("script_of_cli.py").write_text(SCRIPT)
    sweep_id = create()
    call("agent", sweep_id, "script_of_cli.py:train")
    return sweep_id


# Create and steer


def test_sweep_prints_the_lines_that_wandb_prints():
    Path("config.yaml").write_text(CONFIG)
    lines = call("sweep", "config.yaml", "--program", "train.py", "--name", "digits").splitlines()
    sweep = nbsweep.Sweep(re.search(r"ID: (\w+)", lines[2])[1])
    assert lines == [
        "Creating sweep from: config.yaml",
        "Note: there is no file 'train.py' here; an agent needs it in its folder.",
        f"Creating sweep with ID: {sweep.id}",
        f"Run sweep agent with: nbsweep agent {sweep.id}",
    ]
    assert (sweep.name, sweep.config["program"]) == ("digits", "train.py")


def test_project_comes_from_the_option_then_the_config_then_the_environment(monkeypatch):
    monkeypatch.setenv("WANDB_PROJECT", "of-environment")
    nbsweep.facade.session.use_project(None)
    assert nbsweep.Sweep(create()).project == "of-environment"
    config = CONFIG + "project: of-config\n"
    assert nbsweep.Sweep(create(config)).project == "of-config"
    assert nbsweep.Sweep(create(config, "-p", "of-option", "-e", "me")).project == "of-option"
    nbsweep.facade.session.use_project(None)


def test_sweep_takes_settings_and_a_number_that_yaml_reads_as_text():
    config = CONFIG.replace("{values: [2, 1]}", "{values: [1e-5, 1e-3]}")
    sweep = nbsweep.Sweep(create(config, "--settings", "a=1,b=2"))
    assert sweep.config["parameters"]["x"]["values"] == [1e-5, 1e-3]
    assert sweep.config["settings"] == {"a": "1", "b": "2"}


def test_sweep_can_be_paused_resumed_stopped_and_canceled():
    sweep = nbsweep.Sweep(create())
    for verb, state in [
        ("pause", "PAUSED"),
        ("resume", "RUNNING"),
        ("stop", "FINISHED"),
        ("resume", "RUNNING"),
        ("cancel", "CANCELED"),
    ]:
        assert call("sweep", f"--{verb}", sweep.id).endswith("Done.\n")
        assert sweep.state == state
    assert "is canceled" in refused("sweep", "--pause", f"me/{sweep.project}/{sweep.id}")
    assert "exclude each other" in refused("sweep", "--pause", "--stop", sweep.id)
    assert "To steer a sweep add --stop" in refused("sweep", sweep.id)


def test_a_stopped_sweep_can_be_canceled_while_a_run_is_under_way():
    sweep = nbsweep.Sweep(create())
    run = sweep.ask()
    assert call("sweep", "--stop", sweep.id).endswith("Done.\n")
    assert call("sweep", "--cancel", sweep.id).endswith("Done.\n")
    with pytest.raises(nbsweep.RunStopped, match="the sweep was canceled"):
        run.log({"loss": 1})
    run.tell(state="killed")
    assert sweep.state == "CANCELED"
    assert "is canceled" in refused("sweep", "--cancel", sweep.id)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method: random\nparameters:\n  lr: {min: 0, mx: 1}\n", "line 3: parameters.lr: unknown"),
        ("method: random\nparameters:\n  lr: {min: 0\n", "line 4, column 1: expected ',' or '}'"),
        ("method: random\nparameters:\n\tlr: 1\n", "YAML takes no tabs"),
        ("method: grid\nmethod: random\n", "line 2: 'method' is in line 1 already"),
        ("a: !!python/object/apply:os.getpid []", "line 1: !!python/object/apply:os.getpid would"),
        ("a: &b [*b]", "line 1: a: it contains itself"),
        ("- a\n", 'config.yaml: found the list ["a"]'),
        ("", "config.yaml: found nothing (None)"),
        ("a: \udc80", "is not a text file"),
    ],
)
def test_yaml_that_is_wrong_is_refused_with_its_line(text, message):
    Path("config.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert message in refused("sweep", "config.yaml")
    assert not Path(".nbsweep").exists()


def test_file_that_is_not_there_is_told_with_those_that_are():
    Path("other.yaml").touch()
    assert refused("sweep", "config.yaml") == (
        "There is no file 'config.yaml'. Here are other.yaml."
    )


def test_sweep_takes_earlier_sweeps_from_an_option():
    text = CONFIG.replace("method: grid", "method: bayes")
    for options, prior in (
        (["--prior", "auto"], "auto"),
        (["--prior", "none"], "none"),
        ([], None),
    ):
        sweep = nbsweep.Sweep(create(text, *options))
        assert sweep.config.get("prior") == prior
    first, second = sweep.id, create(text)
    both = ["--prior", first, "--prior", second]
    assert nbsweep.Sweep(create(text, *both)).config["prior"] == [first, second]
    output = call("sweep", "config.yaml", "--prior", "auto")
    assert "Note: prior: no earlier sweep of project " in output
    assert "no sweep 'gone'" in refused("sweep", "config.yaml", "--prior", "gone")


def test_sweep_without_runs_takes_any_other_config():
    sweep = nbsweep.Sweep(create())
    Path("other.yaml").write_text("method: random\nparameters:\n  y: {min: 0, max: 1}\n")
    output = call("sweep", "--update", f"me/{sweep.project}/{sweep.id}", "other.yaml")
    assert output.splitlines() == [
        f"Updating sweep {sweep.project}/{sweep.id} from: other.yaml",
        "Done.",
    ]
    assert sweep.config["method"] == "random"
    assert list(sweep.config["parameters"]) == ["y"]
    assert "no sweep 'nonesuch'" in refused("sweep", "--update", "nonesuch", "other.yaml")


def test_sweep_with_runs_takes_other_ranges_only(trained):
    Path("other.yaml").write_text(CONFIG.replace("[2, 1]", "[2, 1, 7]"))
    call("sweep", "--update", trained, "other.yaml")
    sweep = nbsweep.Sweep(trained)
    assert sweep.config["parameters"]["x"]["values"] == [2, 1, 7]
    Path("other.yaml").write_text(CONFIG.replace("grid", "random") + "  y: {value: 1}\n")
    assert refused("sweep", "--update", trained, "other.yaml") == (
        f"Sweep {trained} has 2 runs, so only the ranges of its parameters can change; method, "
        "parameters.y would too. Create a new sweep that learns from it: nbsweep sweep other.yaml "
        "--prior-run RUN_ID …"
    )


def test_controller_follows_a_sweep_until_it_ends(trained):
    output = call("controller", trained, "--verbose").splitlines()
    assert output == [
        f"Agents decide by themselves. Run one with: nbsweep agent {trained}",
        f"Sweep: {trained} (grid) | Runs: 2 (Finished: 2)",
    ]


# Run


def test_agent_runs_a_function_and_shows_runs_and_prints(trained):
    assert [run.state for run in nbsweep.Sweep(trained).runs] == ["finished", "finished"]
    again = call("agent", trained, "script_of_cli.py:train")
    reason = "all points of the search space were tried"
    assert again == f"Sweep {trained} has nothing left to run: {reason}.\n"


def test_an_agent_that_arrives_too_late_says_so_and_is_no_failure():
    Path("train.py").write_text("raise SystemExit('it was run')\n")
    sweep_id = create(CONFIG + "program: train.py\n")
    call("sweep", "--cancel", sweep_id)
    assert call("agent", sweep_id, "--workers", "3") == (
        f"Sweep {sweep_id} was canceled and hands out no more runs; nbsweep.resume({sweep_id!r}, "
        f"train) opens it again (in a terminal: nbsweep sweep --resume {sweep_id}).\n"
    )
    call("sweep", "--resume", sweep_id)
    assert "it was run" in call("agent", sweep_id, "--count", "1", code=1)
    assert "There is no sweep 'nothere1'" in refused("agent", "nothere1")


def test_agent_runs_the_program_of_the_config():
    Path("train.py").write_text("import sys\nprint('got', sys.argv[1])\n")
    sweep_id = create(CONFIG + "program: train.py\n")
    project = nbsweep.Sweep(sweep_id).project
    output = call("agent", f"me/{project}/{sweep_id}", "--count", "1", "-p", project, "-e", "me")
    assert "got --x=2\n" in output
    assert "count of 1 run reached" in output


def test_agent_says_with_its_exit_code_how_it_went():
    Path("script_of_cli.py").write_text(SCRIPT)
    sweep_id = create(CONFIG.replace("[2, 1]", "[1, 2, 3, 4, 5]"))
    assert "ValueError: no data" in call(
        "agent", sweep_id, "script_of_cli.py:fails", "--count", "1", code=1
    )
    output = call("agent", sweep_id, "script_of_cli.py:fails", code=2)
    assert output.rstrip().endswith("Error: no run succeeded: ValueError: no data")
    call("agent", sweep_id, "script_of_cli.py:train", "--count", "1")


def test_agent_refuses_what_cannot_run():
    sweep_id = create()
    assert "neither program nor command" in refused("agent", sweep_id)
    assert "no file 'train.py'" in refused("agent", sweep_id, "train.py:train")
    assert "no sweep 'nonesuch'" in refused("agent", "nonesuch")
    assert "Invalid value for '--count'" in refused("agent", sweep_id, "--count", "many")
    missing = create(CONFIG + "program: train.py\n")
    assert "no file 'train.py' in" in refused("agent", missing)
    assert nbsweep.Sweep(sweep_id).runs == nbsweep.Sweep(missing).runs == []


def test_agent_checks_its_options_as_in_python(trained, monkeypatch):
    sweep_id = create()
    train = "script_of_cli.py:train"
    for option, value, message in (
        ("--count", "-1", "agent(count=-1): a whole number of at least 1 is needed."),
        ("--workers", "0", "agent(workers=0): a whole number of at least 1 is needed."),
        ("--timeout", "0", "timeout_s=0.0: a number of seconds above 0 is needed."),
    ):
        assert refused("agent", sweep_id, train, option, value) == message
    monkeypatch.setenv("NBSWEEP_TIMEOUT_S", "soon")
    assert refused("agent", sweep_id, train).startswith("timeout_s='soon'")
    assert nbsweep.Sweep(sweep_id).runs == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_agent_of_a_terminal_ends_in_order_on_ctrl_c(number):
    Path("train.py").write_text(
        "import time\nopen('begun', 'w').close()\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    raise SystemExit(3)\n"
    )
    sweep_id = create(CONFIG + "program: train.py\n")
    agent = subprocess.Popen(
        [sys.executable, "-m", "nbsweep", "agent", sweep_id, "--forward-signals"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not Path("begun").is_file():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    agent.send_signal(signal.SIGTERM)  # as Ctrl-C, but the params are handed out again
    output, _ = agent.communicate(timeout=60)
    assert agent.returncode == 130, output
    assert output.count("Terminated: ") == 1
    assert "Traceback" not in output
    assert [run.state for run in nbsweep.Sweep(sweep_id).runs] == ["preempted"]


def test_runs_whose_agent_was_killed_are_not_shown_as_running():
    Path("train.py").write_text(
        "import os, time\nopen('begun', 'w').close()\n"
        "while os.path.exists('begun'):\n    time.sleep(0.05)\n"
    )
    sweep_id = create(CONFIG + "program: train.py\n")
    agent = subprocess.Popen(
        [sys.executable, "-m", "nbsweep", "agent", sweep_id],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not Path("begun").is_file():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert json.loads(call("ls", "--json"))[0]["state"] == "running"
    agent.kill()
    agent.wait()
    assert json.loads(call("ls", "--json"))[0]["state"] == "idle"
    assert "1 crashed" in call("show", sweep_id)
    Path("begun").unlink()  # ends the program, which nobody else ends any more


# Look


def test_ls_lists_sweeps_and_filters_by_project(trained):
    other = create(CONFIG, "-p", "other")
    lines = call("ls").splitlines()
    assert re.split(r"\s{2,}", lines[0].strip())[:3] == ["id", "name", "project"]
    assert [line.split()[0] for line in lines[1:]] == [trained, other]
    (row,) = json.loads(call("ls", "--json", "-p", "other"))
    assert (row["id"], row["state"], row["runs"], row["best"]) == (other, "no runs yet", 0, None)
    assert json.loads(call("ls", "--json"))[0]["best"] == 1
    assert "front" not in lines[0]
    assert call("ls", "-p", "nobody's").startswith("There is no sweep yet.")


def test_ls_counts_the_runs_on_a_front():
    one = "metric: {name: loss, goal: minimize}"
    create(CONFIG.replace(one, "metrics: [{name: loss}, {name: size}]"))
    header, row = call("ls").splitlines()
    assert header.split()[-3:] == ["best", "front", "created"]
    assert " loss, size " in row


def test_show_gives_progress_best_run_and_table(trained):
    output = call("show", trained)
    assert f"Sweep {trained} · grid · finished" in output
    assert "Best loss 1.000 in run 2: x 1" in output
    followed = call("show", trained, "--follow")
    assert followed.splitlines()[0] == f"Sweep {trained} · grid · 2 of 2 runs done"
    assert followed.partition("\nrun ")[2] == output.partition("\nrun ")[2]


def test_show_gives_one_run_with_what_it_printed(trained):
    output = call("show", trained, "--run", "2")
    assert re.match(r"Run 2 \w+-sweep-2 \(\w{8}\): finished after ", output)
    assert "\nConfig\n  x: 1\n" in output
    assert output.endswith("\nOutput\ntrains 1\n")
    assert refused("show", trained, "--run", "9").endswith("It has runs 1 to 2.")


def test_runs_come_as_table_csv_and_strict_json(trained):
    table = call("runs", trained).splitlines()
    assert table[0].split() == ["run", "id", "name", "state", "x", "loss", "odd", "duration_s"]
    rows = list(csv.DictReader(io.StringIO(call("runs", trained, "--csv"))))
    assert [(row["x"], row["loss"], row["state"]) for row in rows] == [
        ("2", "2", "finished"),
        ("1", "1", "finished"),
    ]
    first = json.loads(call("runs", trained, "--json"))[0]
    assert (first["config"], first["metric"], first["summary"]["odd"]) == ({"x": 2}, 2, "NaN")
    assert call("runs", create()) == "It has no runs yet.\n"


def test_unknown_sweep_is_told_with_those_that_are_there(trained):
    for command in ("show", "runs", "agent"):
        message = refused(command, "nonesuch")
        assert "no sweep 'nonesuch'" in message
        assert trained in message


def test_sweep_of_another_project_is_refused():
    sweep_id = create(CONFIG, "-p", "digits")
    message = (
        f"Sweep {sweep_id} is in project 'digits', not in 'letters'. Write digits/{sweep_id}, or "
        "the id alone."
    )
    assert refused("show", f"letters/{sweep_id}") == message
    assert refused("agent", sweep_id, "-p", "letters") == message
    assert refused("sweep", "--stop", f"me/letters/{sweep_id}") == message
    assert sweep_id in call("show", f"me/digits/{sweep_id}")


def test_looking_makes_no_store(monkeypatch):
    monkeypatch.setattr("nbsweep.cli.diagnosis._kernels", lambda: iter(()))
    assert refused("ls").startswith(f"There are no sweeps in {Path.cwd()}.")
    assert "ok  store: none in" in call("doctor")
    assert not Path(".nbsweep").exists()


def test_store_may_be_named(tmp_path):
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    Path("config.yaml").write_text(CONFIG)
    call("--store", url, "sweep", "config.yaml")
    assert len(json.loads(call("--store", url, "ls", "--json"))) == 1
    nbsweep.setup(None)
    assert "no sweeps in" in refused("ls")
    assert "is not understood" in call("--store", "nonsense", "ls", code=1)


def test_doctor_finds_a_sound_store_and_a_damaged_one(trained, monkeypatch):
    monkeypatch.setattr("nbsweep.cli.diagnosis._kernels", lambda: iter(()))
    sound = call("doctor")
    assert f"ok  nbsweep: {nbsweep.__version__}" in sound
    assert re.search(r"ok  store: sqlite:///.*nbsweep.db, [\d.]+ MB, sound\n", sound)
    Path("damaged.db").write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    damaged = call("--store", f"sqlite:///{Path.cwd()}/damaged.db", "doctor", code=1)
    assert "!!  store: " in damaged
    assert "→ keep a copy" in damaged


def test_doctor_hides_the_password_of_a_store():
    from nbsweep.cli.diagnosis import diagnose

    url = "postgresql+psycopg://me:secret@localhost:1/none"
    (found,) = [finding for finding in diagnose(url) if finding.subject == "store"]
    assert "secret" not in str(found)
    assert found.advice


def test_doctor_asks_each_kernel_for_its_nbsweep():
    from nbsweep.cli.diagnosis import _kernel

    here = _kernel("kernel python3", sys.executable)
    assert (here.advice, f"nbsweep {nbsweep.__version__}" in here.text) == ("", True)
    assert "does not start" in _kernel("kernel old", "/nonesuch/python").text


def test_report_is_one_page_that_needs_no_network(trained):
    assert re.match(rf"Wrote sweep-{trained}.html \([\d.]+ [kM]B\).\n", call("report", trained))
    page = Path(f"sweep-{trained}.html").read_text()
    assert page.startswith(("<!DOCTYPE html>", "<!doctype html>"))
    assert trained in page
    assert re.findall(r'(?:src|href)="https?:', page) == []
    assert call("report", trained, "-o", "-").startswith(page[:15])
    assert refused("report", trained, "-o", "no/such/folder.html") == (
        "report: 'no/such/folder.html' cannot be written: No such file or directory."
    )


def test_figures_writes_plots_as_files_and_says_which_it_left_out(trained):
    output = call("figures", trained, "out", "--name", "history", "--name", "front", "--dark")
    assert output.splitlines() == [
        f"Wrote {Path('out/history.svg')}",
        "Left out front: It makes no sense for the config of this sweep.",
    ]
    assert "#16191d" in Path("out/history.svg").read_text()
    assert refused("figures", trained, "out", "--format", "jpg") == (
        "save_figures: format 'jpg' is not known. Did you mean \"png\"? There are: svg, png, pdf."
    )


# Import


def test_import_says_what_it_took_for_what_and_makes_a_sweep():
    Path("results.csv").write_text("lr,opt,loss\n0.001,a,3\n0.1,b,2\n0.01,a,\n")
    output = call("import", "csv", "results.csv", "-p", "old", "--method", "random")
    (row,) = json.loads(call("ls", "--json"))
    assert output.splitlines() == [
        "Read 3 runs from the table results.csv.",
        "Metric: loss, minimize",
        "Parameters:",
        "  lr: 0.001 to 0.1, log",
        '  opt: "a", "b"',
        f"Creating sweep with ID: {row['id']}",
        f"Look at it with: nbsweep show {row['id']}",
    ]
    assert (row["name"], row["project"], row["best"]) == ("results", "old", 2)
    assert "imported from the table results.csv" in call("show", row["id"])
    assert nbsweep.Sweep(row["id"]).config["method"] == "random"


def test_import_of_several_objectives_says_each():
    Path("results.csv").write_text("lr,acc,cost\n0.001,0.3,9\n0.1,0.2,8\n")
    metrics = ["--metric", "acc", "--metric", "cost", "--goal", "maximize"]
    output = call("import", "csv", "results.csv", *metrics, "-p", "old")
    (row,) = json.loads(call("ls", "--json"))
    assert output.splitlines()[1:5] == [
        "Metrics:",
        "  acc, maximize",
        "  cost, minimize",
        "Parameters:",
    ]
    assert (row["metric"], row["best"]) == ("acc, cost", None)
    (first, _) = json.loads(call("runs", row["id"], "--json"))
    assert first["metrics"] == {"acc": 0.3, "cost": 9}
    assert refused("import", "csv", "results.csv", "--goal", "maximize", "--goal", "minimize") == (
        "--goal stands 2 times for 0 --metric."
    )


def test_import_takes_the_config_of_the_runs():
    Path("config.yaml").write_text(CONFIG)
    Path("runs.json").write_text(json.dumps([{"config": {"x": 2}, "summary": {"loss": 3}}]))
    call("import", "wandb-export", "runs.json", "--config", "config.yaml", "--name", "mine")
    (row,) = json.loads(call("ls", "--json"))
    assert (row["name"], row["method"], row["best"]) == ("mine", "grid", 3)
    Path("config.yaml").write_text("method: randon\nparameters: {}\n")
    message = refused("import", "csv", "runs.json", "--config", "config.yaml")
    assert message.startswith("config.yaml, line ")


def test_import_that_fails_makes_no_sweep():
    Path("results.csv").write_text("lr,a_loss,b_loss\n0.001,1,3\n")
    assert "Name it: --metric NAME" in refused("import", "csv", "results.csv")
    assert "no file 'none.db'" in refused("import", "optuna", "none.db")
    assert "Missing argument 'PATH'" in refused("import", "wandb-export")
    assert not Path(".nbsweep").exists()


# The whole


def commands():
    """Every command, those of a group after it, by the name that is typed."""
    found = dict(main.commands)
    for name, group in main.commands.items():
        if isinstance(group, click.Group):
            found |= {f"{name} {inner}": command for inner, command in group.commands.items()}
    return sorted(found.items())


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_has_help_an_example_and_its_place_in_the_docs(name, command, repository):
    output = call(*name.split(), "--help")
    assert f"Example:\n    nbsweep {name}" in output
    docs = (repository / "docs/command-line.md").read_text()
    top = name.partition(" ")[0]
    assert f"\n## nbsweep {top}\n```bash\nnbsweep {top}" in docs
    section = docs.partition(f"\n## nbsweep {top}\n")[2].partition("\n## ")[0]
    assert f"nbsweep {name}" in section
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert f"`{parameter.opts[-1]}`" in section or f"`{parameter.opts[0]}`" in section
            assert parameter.help


def test_a_command_that_is_not_there_names_the_one_that_does_its_work():
    assert refused("exort").startswith("No such command 'exort'.")
    assert "There are sweep, agent" in refused("foo")
    assert refused("login") == "No such command 'login'. nbsweep needs no account."
    assert "nbsweep sweep config.yaml creates a sweep from it." in refused("config.yaml")


def test_python_m_nbsweep_is_the_command_line_and_help_loads_nothing_heavy():
    code = (
        "import runpy, sys\nsys.argv = ['nbsweep', '--help']\n"
        "try:\n    runpy.run_module('nbsweep', run_name='__main__')\n"
        "finally:\n    print('LOADED', *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: nbsweep [OPTIONS] COMMAND")
    loaded = set(done.stdout.partition("LOADED")[2].split())
    assert loaded & {"numpy", "sqlalchemy", "yaml", "sklearn", "plotly", "rich"} == set()


def test_a_store_that_is_no_database_is_an_error_of_the_store(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("no database at all, " * 100)
    output = call("--store", f"sqlite:///{path}", "ls", code=1)
    assert output.startswith("Error: ")
    assert "Traceback" not in output
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("select 1 from sqlite_master")
