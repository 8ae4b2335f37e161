"""The magics of ``%load_ext nbsweep``: %%sweep, %agent, %sweeps and %sweep_panel.

::

    %%sweep my_sweep --project digits     a sweep from the YAML below; its id in my_sweep
    %agent train --count 20               run train with params of the newest sweep
    %sweeps                               the sweeps of the store
    %sweep_panel my_sweep                 a live panel

Each turns its arguments into calls of `facade`. What nbsweep refuses is one line without
traceback, with the line of the cell where the YAML is wrong. Tab completes options,
functions, sweeps, and inside %%sweep the keys and words of a sweep config.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from html import escape
from typing import Any, NoReturn

from IPython.core.error import TryNext
from IPython.core.error import UsageError as MagicUsageError
from IPython.core.magic_arguments import MagicArgumentParser

from nbsweep import facade, sweep_config
from nbsweep.control.options import AgentOptions
from nbsweep.errors import ConfigError, SweepError
from nbsweep.handles.export import overview, to_table
from nbsweep.handles.sweep import Sweep
from nbsweep.runs import session
from nbsweep.sweep_config.parameters import DISTRIBUTIONS, SPEC_KEYS
from nbsweep.sweep_config.yaml_file import YamlFile

CELL = "%%sweep"
EXAMPLE = "method: random\nparameters:\n  learning_rate: {min: 0.0001, max: 0.1}"
SWEEPS_OFFERED = 20
_ATTRIBUTE = "_nbsweep_magics"
_Parser: Any = MagicArgumentParser  # IPython has no types for it

# What may stand after a key of the YAML.
_WORDS = {**sweep_config.WORDS_BY_KEY, "distribution": DISTRIBUTIONS}
_KEY = re.compile(r"(?P<indent>\s*)(?P<key>[\w.-]+):\s*(?P<rest>.*)")


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
        self._found: list[tuple[str, str, Callable[..., Any]]] = [
            ("cell", "sweep", self.sweep),
            ("line", "agent", self.agent),
            ("line", "sweeps", self.sweeps),
            ("line", "sweep_panel", self.sweep_panel),
        ]

    def add(self) -> None:
        """Register magics and completion."""
        for kind, name, method in self._found:

            def magic(*given: str, _method: Callable[..., Any] = method) -> Any:
                return _in_one_line(_method, *given)

            magic.__doc__ = self._parsers[name].format_help()
            self._shell.register_magic_function(magic, kind, name)
        self._shell.set_hook("complete_command", self._complete, re_key=r"\s*%")
        self._yaml_matcher = _yaml_matcher()
        if self._yaml_matcher is not None:
            self._shell.Completer.custom_matchers.append(self._yaml_matcher)

    def remove(self) -> None:
        """Take magics and completion away."""
        for kind, name, _ in self._found:
            self._shell.magics_manager.magics[kind].pop(name, None)
        hooks = self._shell.strdispatchers.get("complete_command")
        for chain in hooks.regexs.values() if hooks is not None else ():
            chain.chain[:] = [entry for entry in chain.chain if entry[1] != self._complete]
        if self._yaml_matcher is not None:
            self._shell.Completer.custom_matchers.remove(self._yaml_matcher)

    # The magics

    def sweep(self, line: str, cell: str) -> None:
        """%%sweep: create a sweep from the YAML of the cell."""
        given = self._parsers["sweep"].parse_argstring(line)
        if not given.name.isidentifier():
            _refuse(f"{given.name!r} cannot be the name of a variable. {CELL} my_sweep")
        function = None if given.run is None else self._function(given.run)
        # The magic's own line is the first of the cell.
        file = YamlFile(f"{CELL} cell", "\n" + cell)
        if file.content is None:
            _refuse(f"the cell is empty. Write the sweep config below {CELL}, such as\n{EXAMPLE}")
        try:
            sweep_id = facade.sweep(
                file.content, project=given.project, prior_runs=given.prior_runs or None
            )
        except ConfigError as error:
            raise file.locate(error) from None
        self._shell.user_ns[given.name] = sweep_id
        if function is not None:
            self._run(sweep_id, function, given)

    def agent(self, line: str) -> Any:
        """%agent: run a function with the params of a sweep."""
        given = self._parsers["agent"].parse_argstring(line)
        function = None if given.function is None else self._function(given.function)
        return self._run(self._sweep(given.sweep), function, given)

    def sweeps(self, line: str) -> Sweeps:
        """%sweeps: the sweeps of the store."""
        given = self._parsers["sweeps"].parse_argstring(line)
        records = session.store().sweeps(given.project)
        return Sweeps(overview(Sweep(record.id)) for record in records)

    def sweep_panel(self, line: str) -> Any:
        """%sweep_panel: a live panel of a sweep."""
        given = self._parsers["sweep_panel"].parse_argstring(line)
        return facade.show(self._sweep(given.sweep))

    # Inside

    def _run(self, sweep: str | Sweep, function: Callable[[], Any] | None, given: Any) -> Any:
        names = AgentOptions.names() - {"function"}
        options = {name: value for name, value in vars(given).items() if name in names}
        return facade.agent(sweep, function, **options)

    def _function(self, name: str) -> Callable[[], Any]:
        found = self._shell.user_ns.get(name)
        if callable(found):
            return found  # type: ignore[no-any-return]
        if found is not None:
            _refuse(f"{name} is a {type(found).__name__}; a training function is needed.")
        near = get_close_matches(name, self._functions(), n=1)
        question = f" Did you mean {near[0]}?" if near else ""
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
        found = self._shell.user_ns.get(text)
        return found if isinstance(found, (str, Sweep)) else text

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
        if last in ("--count", "--workers", "-R", "--prior-run"):
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


def _yaml_matcher() -> Any:
    """Completes inside of a %%sweep cell; None before IPython 8.6, which shows only a line."""
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:
        return None

    def nbsweep_yaml_matcher(context: Any) -> Any:
        cell = str(context.full_text)
        if not cell.startswith(CELL) or not context.cursor_line:
            return {"completions": []}
        before = context.line_with_cursor[: context.cursor_position]
        begun = re.split(r"[\s{,:]", before)[-1]
        above = cell.split("\n")[1 : context.cursor_line]
        words = [word for word in yaml_words(above, before) if word.startswith(begun)]
        # The matcher may see only the end of what was typed as the token to replace.
        cut = len(begun) - len(context.token)
        found = [SimpleCompletion(text=word[max(cut, 0) :], type="keyword") for word in words]
        return {"completions": found, "suppress": True, "ordered": True}

    as_matcher: Any = context_matcher()
    return as_matcher(nbsweep_yaml_matcher)


def yaml_words(above: Sequence[str], line: str) -> list[str]:
    """Keys or words that may come next in a line of a %%sweep cell.

    Args:
        above: the YAML's lines before it.
        line: the one to complete, up to the cursor.
    """
    # In flow style, {min: 0, distribution: uni…, the last key decides.
    is_flow = "{" in line
    last = line.rpartition("{")[2].rpartition(",")[2].lstrip() if is_flow else line
    found = _KEY.fullmatch(last)
    if found is not None:
        return list(_WORDS.get(found["key"], ()))
    if is_flow:
        return [f"{key}:" for key in SPEC_KEYS]
    return [f"{key}:" for key in _keys_at(above, line)]


def _keys_at(above: Sequence[str], line: str) -> Sequence[str]:
    """The keys that fit where `line` is indented: its parents tell."""
    indent = len(line) - len(line.lstrip())
    if not indent:
        return sweep_config.KEYS_BY_BLOCK[""]
    parents = []
    for earlier in reversed(above):
        found = _KEY.fullmatch(earlier)
        if found is not None and len(found["indent"]) < indent:
            parents.append(found["key"])
            indent = len(found["indent"])
    if not parents or parents[0] == "parameters":
        return ()  # names of parameters are the user's
    below = sweep_config.KEYS_BY_BLOCK.get(parents[0])
    return below or (SPEC_KEYS if "parameters" in parents else ())


def _words_before(line: str) -> list[str]:
    """The whole words of a line before the one that is being typed."""
    try:
        words = shlex.split(line)
    except ValueError:  # an open quote
        words = line.split()
    return words if line.endswith(" ") else words[:-1]


def _in_one_line(method: Callable[..., Any], *given: str) -> Any:
    """Call a magic; what nbsweep refuses is told without a traceback."""
    try:
        return method(*given)
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
