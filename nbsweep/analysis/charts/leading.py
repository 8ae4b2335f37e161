"""Which parameters a chart draws when it has room for a few."""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.analysis.dependence import varying_columns
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.importance import Importance, importance
from nbsweep.errors import UsageError
from nbsweep.wording import closest, did_you_mean, joined, plural, some

NAMES_SHOWN = 8  # in a message


def ranking(frame: Frame) -> Importance:
    """The importance of the parameters, without error bars that nobody sees."""
    return importance(frame, n_bootstrap=2)


def leading(frame: Frame, n: int, found: Importance) -> list[Column]:
    """The parameters that vary, at most `n`: the most important, else the first ones."""
    columns = {column.name: column for column in varying_columns(frame)}
    order = [row.name for row in found.rows] or list(columns)
    return [columns[name] for name in order if name in columns][:n]


def named(frame: Frame, names: Sequence[str]) -> list[Column]:
    """The parameters of these names, in this order; of one, where only that is given.

    Raises:
        UsageError: the sweep has no such parameter, or it does not vary.
    """
    columns = {column.name: column for column in frame.params}
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in columns:
            known = some(list(columns), NAMES_SHOWN) or "none"
            guess = did_you_mean(closest(name, columns)) if isinstance(name, str) else ""
            raise UsageError(
                f"parameter {name!r}: {frame.title} has none of that name that varies.{guess} "
                f"There are: {known}."
            )
    return [columns[name] for name in dict.fromkeys(names)]


def still_words(frame: Frame, columns: Sequence[Column], what: str) -> str:
    """That there is nothing predicted of parameters that do not vary; "" where all do."""
    varying = varying_columns(frame)
    still = [column.name for column in columns if column not in varying]
    if not still:
        return ""
    verb = "does" if len(still) == 1 else "do"
    return f"no {what}: {joined(still, 'and')} {verb} not vary among the runs"


def hidden_words(frame: Frame, columns: Sequence[Column]) -> str:
    """How many parameters of how many are drawn; "" where all are."""
    if len(columns) == len(frame.params):
        return ""
    return f"{len(columns)} of {plural(len(frame.params), 'parameter')} drawn"


def skill_words(found: Importance) -> str:
    """How well the forest behind a drawing predicts, in words; "" when that is not known."""
    if found.score is None:
        return ""
    if not found.is_ranked:
        return "the forest does not predict runs that it did not see, so this may be chance"
    return f"by a random forest, out-of-bag R² {found.score:.2f}"
