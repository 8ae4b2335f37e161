"""Reads sweep configs from YAML files, with the line of whatever is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbsweep.errors import ConfigError, Problem, UsageError
from nbsweep.sweep_config.config import parse

if TYPE_CHECKING:
    import yaml

FILES_SHOWN = 5


class YamlFile:
    """A YAML (or JSON) file that holds a sweep config.

    Only plain values are made: a tag that would construct a Python object is refused.

    Args:
        path: of the file, or what to call a text in messages.
        text: the text, instead of what the file holds.

    Attributes:
        path: as given.
        content: what the file holds; for a sweep config a dict.

    Raises:
        UsageError: the file is not there, is not text, or is not YAML; names the line.
    """

    def __init__(self, path: str | Path, text: str | None = None) -> None:
        import yaml

        self.path = Path(path)
        text = read_text(self.path, "*.yaml", "*.yml") if text is None else text
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            self._lines = {} if root is None else dict(_lines(root, "", set()))
            self.content: Any = yaml.safe_load(text)
        except _RepeatedKeyError as error:
            raise UsageError(f"{self.path}, {error}") from None
        except yaml.YAMLError as error:
            raise UsageError(f"{self.path}{_words(error, text)}") from None

    def line(self, path: str) -> int | None:
        """The line of a dotted path such as ``parameters.lr.min``, or of what holds it."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None

    def locate(self, error: ConfigError) -> ConfigError:
        """The same error with file and line before each problem."""
        return ConfigError([self._located(problem) for problem in error.problems])

    def _located(self, problem: Problem) -> Problem:
        line = self.line(problem.path)
        where = f"{self.path}" if line is None else f"{self.path}, line {line}"
        return Problem(f"{where}: {problem.path}" if problem.path else where, problem.message)


class _RepeatedKeyError(Exception):
    """The text says where and which."""


def read_text(path: Path, *patterns: str) -> str:
    """The text of a file that the user named.

    Args:
        path: of the file.
        patterns: of the names of such files; some are named if this one is not there.

    Raises:
        UsageError: it cannot be read, or is not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise no_such_file(path, *patterns) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a text file (UTF-8 is needed).") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def no_such_file(path: Path, *patterns: str) -> UsageError:
    """The error about a file that is not there, which names some that are."""
    near = sorted({file for pattern in patterns for file in Path().glob(pattern)})[:FILES_SHOWN]
    here = f" Here are {', '.join(map(str, near))}." if near else ""
    return UsageError(f"There is no file {str(path)!r}.{here}")


def _lines(node: yaml.Node, path: str, visited: set[int]) -> Iterator[tuple[str, int]]:
    """Each dotted path below a node and its line, from 1."""
    import yaml

    if id(node) in visited:  # an alias, which may stand for what holds it
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen and name != "<<":
                raise _RepeatedKeyError(
                    f"line {line}: {name!r} is in line {seen[name]} already; only one of the two "
                    "would count. Remove the other."
                )
            seen[name] = line
            inner = f"{path}.{name}" if path else name
            yield inner, line
            yield from _lines(value, inner, visited)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield f"{path}[{number}]", value.start_mark.line + 1
            yield from _lines(value, f"{path}[{number}]", visited)


def _words(error: yaml.YAMLError, text: str) -> str:
    """What is wrong, with its line and the text there."""
    import yaml

    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f" is not YAML: {error}"
    number = error.problem_mark.line
    problem = error.problem or "not YAML"
    if isinstance(error, yaml.constructor.ConstructorError):
        tag = problem.rpartition("tag ")[2].strip("'").replace("tag:yaml.org,2002:", "!!")
        return (
            f", line {number + 1}: {tag} would create a Python object, which a sweep config may "
            "not. Write plain values: text, numbers, lists, mappings."
        )
    lines = text.splitlines()
    shown = f"\n  {lines[number].strip()}" if number < len(lines) and lines[number].strip() else ""
    if "\t" in (lines[number] if number < len(lines) else ""):
        problem += " (YAML takes no tabs, only spaces)"
    begun = error.context_mark
    since = f", {error.context} that begins in line {begun.line + 1}" if begun else ""
    return f", line {number + 1}, column {error.problem_mark.column + 1}: {problem}{since}.{shown}"


def read(path: str | Path, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The config in a file with some of its keys replaced, checked.

    Args:
        path: of the file.
        changes: top-level key to value; None leaves the file's.

    Raises:
        UsageError: see YamlFile.
        ConfigError: with file and line of everything that is wrong in the config.
    """
    file = YamlFile(path)
    config = file.content
    if isinstance(config, dict):
        config = {**config, **{key: value for key, value in changes.items() if value is not None}}
    try:
        parse(config)
    except ConfigError as error:
        raise file.locate(error) from None
    checked: dict[str, Any] = config
    return checked
