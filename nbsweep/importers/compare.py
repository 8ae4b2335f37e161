"""`nbsweep.compare`: sweeps, methods, versions of the code, or two runs, of any origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from nbsweep.errors import UsageError
from nbsweep.handles.comparing import Comparison, compare_groups
from nbsweep.handles.run_comparison import RunComparison, compare_two
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep import Sweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.importers.analyze import checked_goals, is_sweep_id, read_quietly
from nbsweep.importers.objects import is_table


@overload
def compare(
    first: SweepRun, second: SweepRun, /, *, metric: str | None = None
) -> RunComparison: ...


@overload
def compare(
    *runs: Any,
    metric: str | None = None,
    goal: str | None = None,
    budget: int | None = None,
    by: str | None = None,
    seed: int = 0,
) -> Comparison: ...


def compare(
    *runs: Any,
    metric: str | None = None,
    goal: str | None = None,
    budget: int | None = None,
    by: str | None = None,
    seed: int = 0,
) -> Comparison | RunComparison:
    """Which sweep, method or version of the code is better, and how sure that is.

    All are judged by their best value after an equal number of runs, with the error of the
    difference by bootstrap and the chance of one as large by permutation
    (`nbsweep.analysis.comparison` has the formulas). Two runs are put side by side instead.

    Args:
        runs: two or more sweeps, ids of sweeps, or anything that `analyze` reads; one list of
            these; or a dict of label to one of these, or to a list of sweeps, which then are the
            seeds of one method. Two runs of sweeps. With `by` one sweep is enough.
        metric: its name; default: the sweeps' own.
        goal: "minimize" or "maximize"; default: the sweeps' own.
        budget: runs after which they are judged; default: as many as the shortest has.
        by: "code" to compare versions of the training code, or a parameter's name to compare its
            values.
        seed: of resampling; the same gives the same numbers.

    Returns:
        An object that prints as sentences, with `.table`, `.differences` and `.plot()`; of two
        runs one with `.config_diff`, `.metrics`, `.code_diff`, `.consoles` and `.plot()`.

    Raises:
        UsageError: there is nothing to compare, or the sweeps share no metric.

    Example:
        >>> nbsweep.compare({"adam": [a1, a2, a3, a4], "sgd": [s1, s2, s3, s4]})
        >>> nbsweep.compare(sweep, by="code")
    """
    checked_goals(goal)
    given = _given(runs)
    if len(given) == 2 and all(isinstance(run, SweepRun) for _, run in given):
        return compare_two(given[0][1], given[1][1], metric=metric)
    if any(isinstance(run, SweepRun) for _, run in given):
        raise UsageError(
            f"compare: {len(given)} single runs, or runs among sweeps, were given. Two runs are "
            "put side by side; lists of runs are compared as groups."
        )
    groups: dict[str, list[StoredSweep]] = {}
    for label, value in given:
        sweeps = [_stored(each, metric, goal, label) for each in _seeds(value)]
        wanted = label or sweeps[0].record.name or sweeps[0].id
        groups[_free(wanted, groups)] = sweeps
    if not groups:
        raise UsageError("compare: nothing was given. Give two sweeps or more, or one with by=….")
    return compare_groups(groups, metric, goal, budget=budget, by=by, seed=seed)


def _given(runs: Sequence[Any]) -> list[tuple[str, Any]]:
    """What is compared, each with a label or ""."""
    if len(runs) != 1:
        return [("", each) for each in runs]
    (only,) = runs
    if isinstance(only, Mapping):
        return [(str(label), each) for label, each in only.items()]
    if isinstance(only, (list, tuple)) and not _is_rows(only):
        return [("", each) for each in only]
    return [("", only)]


def _is_rows(items: Sequence[Any]) -> bool:
    """Whether a list is the runs of one thing rather than several things."""
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _seeds(value: Any) -> list[Any]:
    """The sweeps of one label."""
    is_several = (
        isinstance(value, (list, tuple)) and bool(value) and all(_is_whole(each) for each in value)
    )
    return list(value) if is_several else [value]


def _is_whole(value: Any) -> bool:
    """Whether this is all the runs of a sweep, rather than one run."""
    if isinstance(value, Sweep) or is_table(value) or hasattr(value, "get_trials"):
        return True
    return isinstance(value, (str, list, tuple))


def _stored(value: Any, metric: str | None, goal: str | None, label: str) -> StoredSweep:
    if isinstance(value, Sweep):
        return value.stored
    if isinstance(value, str) and is_sweep_id(value):
        return Sweep(value).stored
    try:
        return read_quietly(value, metric, goal).stored
    except UsageError as error:
        raise UsageError(f"{label}: {error}" if label else str(error)) from None


def _free(wanted: str, taken: Mapping[str, Any]) -> str:
    label, number = wanted, 2
    while label in taken:
        label, number = f"{wanted} ({number})", number + 1
    return label
