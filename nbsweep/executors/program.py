"""Runs the sweep config's ``program`` or ``command`` as a child process, one for each run.

`expand` makes the argument list, with W&B's macros. `Command` is what an agent calls
in place of a training function: it starts the child, keeps and shows what it prints,
ends it when the run has to stop, and says how the run ended from the exit code. What
the child logs is written by the child itself; see `nbsweep.runs.lent`.
"""

from __future__ import annotations

import atexit
import codecs
import contextvars
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from nbsweep.errors import OwnershipError, RunStopped, UsageError
from nbsweep.executors.base import ThreadExecutor
from nbsweep.executors.stand_in import search_path
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import kept_code, session
from nbsweep.runs.current import assigned_run
from nbsweep.runs.run import Run
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig

DEFAULT_COMMAND = ("${env}", "${interpreter}", "${program}", "${args}")
ENV = "/usr/bin/env"
POLL_S = 0.1
STOP_GRACE_S = 1.0  # for a child that logs to end by itself, before SIGTERM
TERM_TIMEOUT_S = 10.0  # from SIGTERM to SIGKILL
LAST_OUTPUT_S = 1.0  # for the rest of the output, which processes left behind may hold open
TAIL_CHARACTERS = 20_000  # of the output, for the error of a run that failed
TAIL_LINES = 20

_MACRO = re.compile(r"\$\{(\w+)\}")
_ENVIRONMENT_MACRO = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")
_TRACEBACK = "Traceback (most recent call last):"


def expand(
    command: Sequence[Any],
    *,
    program: str | None,
    config: Mapping[str, Any],
    environ: Mapping[str, str],
    json_file: Callable[[], str],
) -> list[str]:
    """The argument list of one run.

    An item that is exactly a macro becomes the macro's arguments, possibly none. As in
    W&B an unknown macro is left out when it is the whole item, and stays as it is
    inside a longer one. ``${envvar:NAME}`` is replaced anywhere; a variable that is
    not set leaves its name.

    Args:
        command: items of the config's `command`.
        program: the config's `program`.
        config: top-level parameter name to value; nested ones are dicts.
        environ: for ``${envvar:NAME}``.
        json_file: writes `config` to a JSON file and returns its path.
    """
    macros = {**_fixed_macros(program), **_argument_macros(config)}
    arguments: list[str] = []
    for item in command:
        text = _ENVIRONMENT_MACRO.sub(lambda m: environ.get(m[1], m[1]), str(item))
        macro = _MACRO.fullmatch(text)
        if macro is None:
            arguments.append(text)
        elif macro[1] == "args_json_file":
            arguments.append(json_file())
        else:
            arguments += macros.get(macro[1], [])
    return arguments


def _fixed_macros(program: str | None) -> dict[str, list[str]]:
    return {
        "env": [] if os.name == "nt" else [ENV],
        # W&B writes "python"; nbsweep is sure to be installed where the agent runs.
        "interpreter": [sys.executable],
        "program": [] if program is None else [program],
    }


def _argument_macros(config: Mapping[str, Any]) -> dict[str, list[str]]:
    pairs = [(name, f"{name}={value}") for name, value in config.items()]
    flags: list[str] = []
    for name, pair in pairs:
        if not isinstance(config[name], bool):
            flags.append(f"--{pair}")
        elif config[name]:
            flags.append(f"--{name}")
    return {
        "args": [f"--{pair}" for _, pair in pairs],
        "args_no_boolean_flags": flags,
        "args_no_hyphens": [pair for _, pair in pairs],
        "args_no_equals": [t for name, value in config.items() for t in (f"--{name}", str(value))],
        "args_append_hydra": [f"+{pair}" for _, pair in pairs],
        "args_override_hydra": [f"++{pair}" for _, pair in pairs],
        "args_json": [json.dumps(dict(config))],
    }


MACROS = (*_fixed_macros(None), *_argument_macros({}), "args_json_file")


def remarks(command: Sequence[Any] | None) -> list[str]:
    """What to tell a person about macros of a config's `command` that do nothing."""
    notes = []
    for number, item in enumerate(command or ()):
        names = [name for name in _MACRO.findall(str(item)) if name not in MACROS]
        inside = [name for name in _MACRO.findall(str(item)) if name in MACROS]
        alone = _MACRO.fullmatch(str(item)) is not None
        if names and alone:
            notes.append(f"command[{number}]: ${{{names[0]}}} is not a macro and is left out.")
        elif (names or inside) and not alone:
            name = (names or inside)[0]
            notes.append(
                f"command[{number}]: ${{{name}}} stays as it is inside a longer item. Parameters "
                'come with the item "${args}".'
            )
    return notes


def check(config: SweepConfig, sweep_id: str, store_url: str) -> tuple[Any, ...]:
    """The items of the config's command, when they can be run.

    Raises:
        UsageError: there is neither a program nor a command, what it names is not
            there, or the child could not reach the store.
    """
    command, program = config.command, config.program
    if command is None and program is None:
        raise UsageError(
            f"Sweep {sweep_id}: its config has neither program nor command, so there is nothing "
            "to run. Pass the training function, nbsweep.agent(sweep_id, train) (in a terminal: "
            f"nbsweep agent {sweep_id} train.py:train), or create the sweep with "
            '"program": "train.py".'
        )
    if store_url.startswith("memory:"):
        raise UsageError(
            f"The store {store_url} lives in this process, where a program could not write. Use a "
            "SQLite file: nbsweep.setup(store=None) goes back to the default."
        )
    items = DEFAULT_COMMAND if command is None else command
    if "${program}" in items:
        if program is None:
            raise UsageError('command: "${program}" needs the key "program", such as "train.py".')
        _check_program(program)
    words = expand(
        items, program=program, config={}, environ=os.environ, json_file=lambda: "config.json"
    )
    if words[:1] == [ENV]:
        words = list(itertools.dropwhile(lambda word: "=" in word, words[1:]))
    first = next(iter(words), None)
    if first is None:
        raise UsageError(
            f"command: nothing is left of it. Write {json.dumps(DEFAULT_COMMAND)}, or "
            'leave it out and give "program".'
        )
    is_option_of_env = first.startswith("-")
    if not is_option_of_env and shutil.which(first) is None:
        raise UsageError(
            f"command: there is no program {first!r} to run"
            + (" (it is a file that may not be executed)." if Path(first).is_file() else ".")
            + ' A Python script is run by "${interpreter}", "train.py".'
        )
    return items


def _check_program(program: str) -> None:
    if not Path(program).is_file() and shutil.which(program) is None:
        near = sorted(path.name for path in Path().glob("*.py"))[:5]
        here = f"; here are {', '.join(near)}" if near else ""
        raise UsageError(
            f"program: there is no file {program!r} in {Path.cwd()}{here}. Start the agent in the "
            "folder of the program."
        )


class CommandExecutor(ThreadExecutor):
    """A thread for each child process; ending a call ends its process.

    Children that are left when the interpreter exits are killed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._children: dict[threading.Thread, subprocess.Popen[bytes]] = {}
        atexit.register(self._kill_all)

    def interrupt(self, future: Future[Any]) -> None:
        """Nothing: `Command` sees by itself that its run has to stop."""

    def kill(self, future: Future[Any]) -> None:
        """Kill the process of a call, and those that it started."""
        thread = self._threads.get(future)
        with self._lock:
            child = self._children.get(thread) if thread else None
        if child is not None:
            send(child, KILL)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Kill the processes that are left."""
        del wait, cancel_futures
        self._kill_all()
        atexit.unregister(self._kill_all)

    def enter(self, child: subprocess.Popen[bytes]) -> None:
        """Know the child of the calling thread."""
        with self._lock:
            self._children[threading.current_thread()] = child

    def leave(self) -> None:
        """Forget the child of the calling thread, which has ended."""
        with self._lock:
            self._children.pop(threading.current_thread(), None)

    def _kill_all(self) -> None:
        if os.getpid() != self._pid:  # a forked process, whose children they are not
            return
        with self._lock:
            for child in self._children.values():
                send(child, KILL)


KILL: int = getattr(signal, "SIGKILL", 9)  # Windows has no name for it


def send(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a child and all processes of its group; none when it has ended."""
    with suppress(ProcessLookupError, PermissionError):  # macOS: the latter for zombies
        if os.name != "nt":
            os.killpg(child.pid, number)
        elif number == KILL:
            child.kill()
        else:  # the one signal that reaches another process group there
            child.send_signal(getattr(signal, "CTRL_BREAK_EVENT", KILL))


@dataclass(frozen=True)
class Command:
    """Called by an agent for each run, in place of a training function.

    Attributes:
        items: of the config's `command`.
        program: the config's `program`.
        store: where the child writes.
        executor: ends the child when the agent says so.
        forward_signals: pass an interrupt on to the child at once.
        term_timeout_s: from SIGTERM to SIGKILL.
        labelled: show the lines of all runs, each with the run's number before it.
        stands_in: whether ``import wandb`` gives the child nbsweep.
        folder: where the children work, wherever this process goes meanwhile.
    """

    items: tuple[Any, ...]
    program: str | None
    store: Store
    executor: CommandExecutor
    forward_signals: bool = False
    term_timeout_s: float = TERM_TIMEOUT_S
    labelled: bool = False
    stands_in: bool = False
    folder: Path = field(default_factory=Path.cwd)

    def __call__(self) -> None:
        """Run the child of the calling context's run to its end, and end the run."""
        run = assigned_run()
        assert run is not None
        version = self.code_hash()
        run.lend(version)
        kept_code.keep(self.store, version, self.source)
        config = dict(self.store.run(run.id).config)
        arguments = expand(
            self.items,
            program=self.program,
            config=config,
            environ=os.environ,
            json_file=lambda: _write_json(run, config),
        )
        output = _Output(run, labelled=self.labelled)
        output.show(f"$ {_shown(arguments)}\n")
        code = self._execute(run, arguments, self._environment(run, config), output)
        run.exit_code = code
        state, error = ending(code, self.store.run(run.id), output.tail)
        with suppress(OwnershipError):  # it was ended elsewhere meanwhile; that end stands
            run.end(state, error)
        if state is not RunState.FINISHED:
            raise RunStopped(run.id, _headline(error) or state.value, state)

    def _execute(
        self, run: Run, arguments: list[str], environment: dict[str, str], output: _Output
    ) -> int:
        """Start the child and wait for it; returns its exit code, negative for a signal."""
        try:
            child = subprocess.Popen(
                arguments,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            output.write(f"{error}\n")
            return 126 if isinstance(error, PermissionError) else 127
        assert child.stdout is not None
        reader = threading.Thread(
            # In this context the standard output is the run's.
            target=contextvars.copy_context().run,
            args=(output.read, child.stdout),
            name="nbsweep-output",
            daemon=True,
        )
        reader.start()
        self.executor.enter(child)
        try:
            code = self._wait(run, child)
        except BaseException:
            send(child, KILL)
            child.wait()
            raise
        finally:
            self.executor.leave()
            reader.join(LAST_OUTPUT_S)
            output.end()
        return code

    def _wait(self, run: Run, child: subprocess.Popen[bytes]) -> int:
        """Wait for the end; when the run has to stop: wait, terminate, kill."""
        stopping_since: float | None = None
        tiers = [(STOP_GRACE_S, signal.SIGTERM), (STOP_GRACE_S + self.term_timeout_s, KILL)]
        while True:
            with suppress(subprocess.TimeoutExpired):
                code = child.wait(POLL_S)
                if code != 0:
                    send(child, KILL)  # what it left behind would keep its GPU
                return code
            if run.ended_as is not None:  # the agent left it
                send(child, KILL)
            elif run.stop_reason is not None:
                now = time.monotonic()
                if stopping_since is None:
                    stopping_since = now
                    if self.forward_signals:
                        send(child, signal.SIGINT)
                while tiers and now - stopping_since >= tiers[0][0]:
                    send(child, tiers.pop(0)[1])

    def _environment(self, run: Run, config: Mapping[str, Any]) -> dict[str, str]:
        path = search_path(os.environ.get("PYTHONPATH")) if self.stands_in else None
        return {
            # Lines are to appear when they are printed; into a pipe Python keeps them back.
            "PYTHONUNBUFFERED": "1",
            **os.environ,
            **({} if path is None else {"PYTHONPATH": path}),
            "NBSWEEP_STORE": self.store.url,
            "NBSWEEP_RUN_ID": run.id,
            "WANDB_RUN_ID": run.id,
            "WANDB_SWEEP_ID": run.sweep_id or "",
            "WANDB_SWEEP_PARAM_PATH": _write_param_file(run, config),
        }

    def code_hash(self) -> str | None:
        """16 hex digits that change with the program's file; None without one."""
        with suppress(OSError):
            if self.program is not None:
                return hashlib.sha256((self.folder / self.program).read_bytes()).hexdigest()[:16]
        return None

    def source(self) -> str | None:
        """The text of the program's file; None without one."""
        with suppress(OSError):
            if self.program is not None:
                return (self.folder / self.program).read_text(encoding="utf-8", errors="replace")
        return None


def ending(code: int, stored: RunRecord, tail: str) -> tuple[RunState, str | None]:
    """How a run ended, and its error.

    A child that was asked to stop and then did not end well ends as the request says;
    a child that did end well is finished.

    Args:
        code: exit code; negative when a signal ended the child.
        stored: the run as the child left it.
        tail: the end of what it printed.
    """
    asked = stored.stop_state if stored.stop_requested is not None else None
    traceback = tail[tail.rindex(_TRACEBACK) :].strip() if _TRACEBACK in tail else None
    if asked is RunState.FAILED:
        return asked, traceback or stored.stop_requested
    if code == 0:
        return RunState.FINISHED, None
    if asked is not None:
        return asked, None
    if stored.state is RunState.PREEMPTING:
        return RunState.PREEMPTED, None
    if code == -signal.SIGINT:
        return RunState.KILLED, None
    lines = [line for line in tail.splitlines() if line.strip()][-TAIL_LINES:]
    if code > 0 and traceback is not None:
        return RunState.FAILED, traceback
    # The words come first, alike for alike runs, so that views group them.
    words = f"exit code {code}" if code > 0 else f"ended by {_signal_name(-code)}"
    last = f": {lines[-1].strip()}" if lines and code > 0 else ""
    state = RunState.FAILED if code > 0 else RunState.CRASHED
    return state, "\n".join([f"{words}{last}", *lines])


def _headline(error: str | None) -> str:
    """The line of an error that says what happened."""
    lines = (error or "").splitlines()
    return lines[-1 if lines[0] == _TRACEBACK else 0] if lines else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Output:
    """What a child prints: kept with the run, shown, and its end kept for the error."""

    def __init__(self, run: Run, *, labelled: bool) -> None:
        self._run = run
        self._label = f"run {run.number} │ " if labelled and not run.echo else None
        self._line = ""
        self.tail = ""

    def read(self, pipe: IO[bytes]) -> None:
        """Take everything from a pipe until its other end is closed."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                self.write(decoder.decode(chunk))

    def write(self, text: str) -> None:
        """Take a piece of what the child printed."""
        self.tail = (self.tail + text)[-TAIL_CHARACTERS:]
        self.show(text)

    def show(self, text: str) -> None:
        """Keep and show a piece of text; the calling context has to be that of the run."""
        self._run.write_console(text)
        if self._run.echo:
            _print(text)
        elif self._label is not None:
            *lines, self._line = (self._line + text).split("\n")
            _print("".join(f"{self._label}{line}\n" for line in lines))

    def end(self) -> None:
        """Show what stands in a last line without an end."""
        if self._line:
            _print(f"{self._label}{self._line}\n")


def _print(text: str) -> None:
    """Print where prints went before runs were under way.

    A terminal that lacks characters, or that is gone, must not hold up the child, which
    waits when nobody reads what it prints.
    """
    stream = getattr(sys.stdout, "original", sys.stdout)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    with suppress(OSError, ValueError):
        session.held.write(stream, text.encode(encoding, "replace").decode(encoding))
        stream.flush()


def _shown(arguments: Sequence[str]) -> str:
    """The arguments as a person would type them, without /usr/bin/env."""
    import shlex

    return shlex.join(arguments[1:] if arguments[:1] == [ENV] else arguments)


def _write_json(run: Run, config: Mapping[str, Any]) -> str:
    path = Path(run.dir) / "config.json"
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")
    return str(path)


def _write_param_file(run: Run, config: Mapping[str, Any]) -> str:
    """W&B's file of a run's params; JSON, which is YAML too."""
    path = Path(run.dir) / "sweep-params.yaml"
    values = {name: {"value": value} for name, value in config.items()}
    path.write_text(json.dumps(values, indent=2), encoding="utf-8")
    return str(path)
