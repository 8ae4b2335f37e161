"""The `repeats` of a sweep config: how often each configuration is run."""

from __future__ import annotations

from typing import Any

from nbsweep.space.search_space import SearchSpace
from nbsweep.space.seeds import is_seed
from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import closest, described, did_you_mean

AUTO = "auto"


def read_repeats(
    reader: Reader, source: dict[str, Any], method: str | None, space: SearchSpace, objectives: int
) -> int | str | None:
    """A number of runs, or "auto"; None after noting what is wrong with it.

    Args:
        reader: collects problems.
        source: the config, which has the key.
        method: None where it is wrong itself.
        space: the search space, empty where that is wrong.
        objectives: how many the config names.
    """
    value, before = source["repeats"], len(reader.problems)
    if isinstance(value, str) and not value.strip().isdecimal():
        if value != AUTO:
            guess = did_you_mean(closest(value, [AUTO]))
            reader.problem(
                ("repeats",),
                f'found {described(value)}.{guess} A whole number or "auto" is needed.',
            )
        elif method not in ("bayes", None):
            reader.problem(
                ("repeats",),
                '"auto" is for method "bayes", whose model knows what one more run would change. '
                f'Method "{method}" takes a number of runs, such as 3.',
            )
        elif objectives > 1:
            reader.problem(
                ("repeats",),
                f'"auto" repeats what may be the best run, and with {objectives} objectives no '
                "one run is. Use a number of runs, such as 3.",
            )
    else:
        value = reader.number(
            *((), source, "repeats"),
            whole=True,
            at_least=1,
            otherwise='Or "auto", with method "bayes".',
        )
    searched = [parameter.name for parameter in space.searched if is_seed(parameter, space)]
    if searched and value != 1 and len(reader.problems) == before:
        reader.problem(
            ("repeats",),
            f"parameters.{searched[0]} is searched, so that each of its values would be repeated. "
            'Give it one "value", in place of which each repetition gets its own; or leave '
            "repeats out.",
        )
    return value if len(reader.problems) == before else None
