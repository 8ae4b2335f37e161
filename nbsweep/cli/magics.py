"""The magics of ``%load_ext nbsweep``: %%sweep, %agent, %sweeps and %sweep_panel.

::

    %%sweep my_sweep --project digits     a sweep from the YAML below; its id in my_sweep
    %agent train --count 20               run train with params of the newest sweep
    %sweeps                               the sweeps of the store
    %sweep_panel my_sweep                 a live panel

Each turns its arguments into calls of `facade`. An error of nbsweep's is one line
without a traceback, with the line of the cell where the YAML is wrong. Tab completes options,
functions, sweeps, and inside %%sweep the keys and words of a sweep config.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from html import escape
from typing import Any, NoReturn

from IPython.core.error import TryNext
from IPython.core.error import UsageError as MagicUsageError
from IPython.core.magic_arguments import MagicArgumentParser

from nbsweep import facade
from nbsweep.cli.yaml_completion import CELL, yaml_matcher
from nbsweep.control.options import AgentOptions
from nbsweep.errors import ConfigError, SweepError
from nbsweep.handles.export import to_table
from nbsweep.handles.overview import overviews
from nbsweep.handles.sweep import Sweep
from nbsweep.runs import session
from nbsweep.sweep_config.prior import PRIORS
from nbsweep.sweep_config.yaml_file import YamlFile
from nbsweep.wording import closest, did_you_mean

EXAMPLE = "method: random\nparameters:\n  learning_rate: {min: 0.0001, max: 0.1}"
SWEEPS_OFFERED = 20
_ATTRIBUTE = "_nbsweep_magics"
_Parser: Any = MagicArgumentParser  # IPython has no types for it


def load(shell: Any) -> None:
    """Add the magics to an InteractiveShell; a second time changes nothing."""
    if getattr(shell, _ATTRIBUTE, None) is None:
        setattr(shell, _ATTRIBUTE, Magics(shell))
        shell.__dict__[_ATTRIBUTE].add()


def unload(shell: Any) -> None:
    """Take the magics away again."""
    magics = shell.__dict__.pop(_ATTRIBUTE, None)
    if magics is not None:
        magics.remove()


class Sweeps(list[dict[str, Any]]):
    """What %sweeps gives: one dict a sweep, shown as a table."""

    def __repr__(self) -> str:
        return to_table(self) or "There is no sweep yet. %%sweep makes one."

    def _repr_html_(self) -> str:
        if not self:
            return f"<div>{escape(repr(self))}</div>"
        head = "".join(f"<th>{escape(name)}</th>" for name in self[0])
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{escape(_shown(value))}</td>" for value in row.values())
            + "</tr>"
            for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Magics:
    """The magics of one shell.

    Args:
        shell: an InteractiveShell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._parsers: dict[str, Any] = {
            "sweep": _sweep_parser(),
            "agent": _agent_parser(),
            "sweeps": _sweeps_parser(),
            "sweep_panel": _panel_parser(),
        }
        self._magics: list[tuple[str, str, Callable[..., Any]]] = [
            ("cell", "sweep", self.sweep),
            ("line", "agent", self.agent),
            ("line", "sweeps", self.sweeps),
            ("line", "sweep_panel", self.sweep_panel),
        ]

    def add(self) -> None:
        """Register magics and completion."""
        for kind, name, method in self._magics:

            def magic(*texts: str, _method: Callable[..., Any] = method) -> Any:
                return _in_one_line(_method, *texts)

            magic.__doc__ = self._parsers[name].format_help()
            self._shell.register_magic_function(magic, kind, name)
        self._shell.set_hook("complete_command", self._complete, re_key=r"\s*%")
        self._yaml_matcher = yaml_matcher()
        if self._yaml_matcher is not None:
            self._shell.Completer.custom_matchers.append(self._yaml_matcher)

    def remove(self) -> None:
        """Take magics and completion away."""
        for kind, name, _ in self._magics:
            self._shell.magics_manager.magics[kind].pop(name, None)
        hooks = self._shell.strdispatchers.get("complete_command")
        for chain in hooks.regexs.values() if hooks is not None else ():
            chain.chain[:] = [entry for entry in chain.chain if entry[1] != self._complete]
        if self._yaml_matcher is not None:
            self._shell.Completer.custom_matchers.remove(self._yaml_matcher)

    # The magics

    def sweep(self, line: str, cell: str) -> None:
        """%%sweep: create a sweep from the YAML of the cell."""
        arguments = self._parsers["sweep"].parse_argstring(line)
        if not arguments.name.isidentifier():
            _refuse(f"{arguments.name!r} cannot be the name of a variable. {CELL} my_sweep")
        function = None if arguments.run is None else self._function(arguments.run)
        # The magic's own line is the first of the cell.
        file = YamlFile(f"{CELL} cell", "\n" + cell)
        if file.content is None:
            _refuse(f"the cell is empty. Write the sweep config below {CELL}, such as\n{EXAMPLE}")
        try:
            sweep_id = facade.sweep(
                file.content,
                project=arguments.project,
                prior_runs=arguments.prior_runs or None,
                prior=arguments.prior,
            )
        except ConfigError as error:
            raise file.locate(error) from None
        self._shell.user_ns[arguments.name] = sweep_id
        if function is not None:
            self._run(sweep_id, function, arguments)

    def agent(self, line: str) -> Any:
        """%agent: run a function with the params of a sweep."""
        arguments = self._parsers["agent"].parse_argstring(line)
        function = None if arguments.function is None else self._function(arguments.function)
        return self._run(self._sweep(arguments.sweep), function, arguments)

    def sweeps(self, line: str) -> Sweeps:
        """%sweeps: the sweeps of the store."""
        arguments = self._parsers["sweeps"].parse_argstring(line)
        return Sweeps(overviews(session.store(), arguments.project))

    def sweep_panel(self, line: str) -> Any:
        """%sweep_panel: a live panel of a sweep."""
        arguments = self._parsers["sweep_panel"].parse_argstring(line)
        return facade.show(self._sweep(arguments.sweep))

    # Inside

    def _run(self, sweep: str | Sweep, function: Callable[[], Any] | None, arguments: Any) -> Any:
        names = AgentOptions.names() - {"function"}
        options = {name: value for name, value in vars(arguments).items() if name in names}
        return facade.agent(sweep, function, **options)

    def _function(self, name: str) -> Callable[[], Any]:
        value = self._shell.user_ns.get(name)
        if callable(value):
            return value  # type: ignore[no-any-return]
        if value is not None:
            _refuse(f"{name} is a {type(value).__name__}; a training function is needed.")
        question = did_you_mean(closest(name, self._functions()), "")
        return _refuse(
            f"there is no function {name}.{question} Define it in a cell before this one."
        )

    def _sweep(self, text: str | None) -> str | Sweep:
        """A sweep by the name of a variable or by its id; the newest without either."""
        if text is None:
            sweeps = session.store().sweeps()
            if not sweeps:
                _refuse("there is no sweep yet. %%sweep makes one from YAML.")
            return sweeps[-1].id
        value = self._shell.user_ns.get(text)
        return value if isinstance(value, (str, Sweep)) else text

    def _functions(self) -> list[str]:
        names = self._shell.user_ns
        hidden = getattr(self._shell, "user_ns_hidden", {})
        return [
            name
            for name, value in names.items()
            if callable(value) and not name.startswith("_") and name not in hidden
        ]

    # Completion

    def _complete(self, _: Any, event: Any) -> list[str]:
        line, begun = str(event.line), str(event.symbol)
        words = line.split()
        name = words[0].lstrip("%") if words else ""
        if name not in self._parsers or not (len(words) > 1 or line.endswith(" ")):
            raise TryNext
        return [word for word in self._arguments(name, line) if word.startswith(begun)]

    def _arguments(self, name: str, line: str) -> list[str]:
        """What may come next on a magic's line: a value of the last option, or anything."""
        before = _words_before(line)
        last = before[-1] if len(before) > 1 else ""
        options = [
            option for action in self._parsers[name]._actions for option in action.option_strings
        ]
        if last == "--executor":
            return ["threads", "inline", "processes", "ray"]
        if last == "--run":
            return self._functions()
        if last in ("-s", "--sweep") or name == "sweep_panel":
            return [*self._sweep_names(), *(options if name == "sweep_panel" else ())]
        if last in ("-p", "--project"):
            return sorted({record.project for record in session.store().sweeps()})
        if last in ("--count", "--workers", "--minutes", "--deadline", "-R", "--prior-run"):
            return []
        return [*(self._functions() if name == "agent" else ()), *options]

    def _sweep_names(self) -> list[str]:
        """Variables that hold a sweep, and the newest ids."""
        ids = [record.id for record in session.store().sweeps()][-SWEEPS_OFFERED:]
        names = [
            name
            for name, value in self._shell.user_ns.items()
            if not name.startswith("_")
            and (isinstance(value, Sweep) or (isinstance(value, str) and value in ids))
        ]
        return [*names, *ids[::-1]]


def _words_before(line: str) -> list[str]:
    """The whole words of a line before the one that is being typed."""
    try:
        words = shlex.split(line)
    except ValueError:  # an open quote
        words = line.split()
    return words if line.endswith(" ") else words[:-1]


def _in_one_line(method: Callable[..., Any], *texts: str) -> Any:
    """Call a magic; an error of nbsweep's is one line without a traceback."""
    try:
        return method(*texts)
    except SweepError as error:
        raise MagicUsageError(str(error)) from error


def _refuse(text: str) -> NoReturn:
    raise MagicUsageError(text)


def _sweep_parser() -> Any:
    parser = _Parser(
        prog=CELL,
        description="Create a sweep from the YAML of this cell and keep its id in a variable.",
        epilog=f"Example:\n\n{CELL} my_sweep --project digits\n{EXAMPLE}",
    )
    parser.add_argument("name", nargs="?", default="sweep_id", help="variable for the id")
    parser.add_argument("-p", "--project", help="label to file the sweep under")
    parser.add_argument(
        "-R", "--prior-run", dest="prior_runs", action="append", help="earlier run to learn from"
    )
    parser.add_argument("--prior", choices=PRIORS, help="whether to learn from earlier sweeps")
    parser.add_argument("--run", metavar="FUNCTION", help="run this function at once, as %%agent")
    _add_agent_options(parser)
    return parser


def _agent_parser() -> Any:
    parser = _Parser(
        prog="%agent",
        description="Run a training function with params that a sweep suggests, until it is done.",
        epilog="Example:\n\n%agent train --count 20 --workers 2",
    )
    parser.add_argument("function", nargs="?", help="its name; else the config's program")
    parser.add_argument("-s", "--sweep", help="variable or id; default: the newest sweep")
    _add_agent_options(parser)
    return parser


def _add_agent_options(parser: Any) -> None:
    parser.add_argument("--count", type=int, help="runs to take; default: no limit")
    parser.add_argument("--workers", type=int, default=1, help="runs under way at once")
    parser.add_argument("--executor", default="threads", help="threads, inline, processes, ray")
    parser.add_argument("--minutes", type=float, help="all runs have ended after so many minutes")
    parser.add_argument("--deadline", help="the same until a time: 17:30, 2026-11-29T17:30")
    parser.add_argument("--background", action="store_true", help="return at once, with a handle")
    parser.add_argument(
        "--static",
        dest="show",
        action="store_const",
        const="static",
        default=True,
        help="plain HTML, no live panel",
    )


def _sweeps_parser() -> Any:
    parser = _Parser(prog="%sweeps", description="List the sweeps of the store.")
    parser.add_argument("-p", "--project", help="only those of this project")
    return parser


def _panel_parser() -> Any:
    parser = _Parser(prog="%sweep_panel", description="A live panel of a sweep.")
    parser.add_argument("sweep", nargs="?", help="variable or id; default: the newest sweep")
    return parser
