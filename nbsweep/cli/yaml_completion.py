"""Tab completion of the sweep config in a %%sweep cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nbsweep import sweep_config
from nbsweep.sweep_config.parameters import DISTRIBUTIONS, SPEC_KEYS

CELL = "%%sweep"

# What may stand after a key of the YAML.
_WORDS = {**sweep_config.WORDS_BY_KEY, "distribution": DISTRIBUTIONS}
_KEY = re.compile(r"(?P<indent>\s*(?:-\s+)?)(?P<key>[\w.-]+):\s*(?P<rest>.*)")


def yaml_matcher() -> Any:
    """Completes inside a %%sweep cell; None before IPython 8.6, which shows only a line."""
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
        completions = [SimpleCompletion(text=word[max(cut, 0) :], type="keyword") for word in words]
        return {"completions": completions, "suppress": True, "ordered": True}

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
    pair = _KEY.fullmatch(last)
    if pair is not None:
        return list(_WORDS.get(pair["key"], ()))
    if is_flow:
        return [f"{key}:" for key in _keys_in_flow(above, line.partition("{")[0])]
    return [f"{key}:" for key in _keys_at(above, line)]


def _keys_in_flow(above: Sequence[str], before: str) -> Sequence[str]:
    """The keys that fit inside of braces: those of the block that `before` them is named.

    An item of a list, ``- {``, is of the block above it.
    """
    pair = _KEY.fullmatch(before.removesuffix("["))
    if pair is not None:
        return sweep_config.KEYS_BY_BLOCK.get(pair["key"], SPEC_KEYS)
    return (_keys_at(above, before) if before.strip() == "-" else ()) or SPEC_KEYS


def _keys_at(above: Sequence[str], line: str) -> Sequence[str]:
    """The keys that fit where `line` is indented: its parents tell."""
    indent = len(line) - len(line.lstrip())
    if not indent:
        return sweep_config.KEYS_BY_BLOCK[""]
    parents = []
    for earlier in reversed(above):
        pair = _KEY.fullmatch(earlier)
        if pair is not None and len(pair["indent"]) < indent:
            parents.append(pair["key"])
            indent = len(pair["indent"])
    if not parents or parents[0] == "parameters":
        return ()  # names of parameters are the user's
    below = sweep_config.KEYS_BY_BLOCK.get(parents[0])
    return below or (SPEC_KEYS if "parameters" in parents else ())
