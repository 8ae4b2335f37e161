"""Which parameters decide the metric: one analysis by any method, beside correlation.

Each method is a module of its own, a function of the matrices of `matrix`. A parameter that
some runs lack is judged by those that have it: the method is applied once more, to these
runs alone, and says its importance among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbsweep.analysis.frame import NO_VALUE, Column, Frame
from nbsweep.analysis.importance.association import (
    Association,
    associations,
    mutual_information,
    pearson,
    spearman,
)
from nbsweep.analysis.importance.fanova import fanova
from nbsweep.analysis.importance.forest import forest, permutation
from nbsweep.analysis.importance.matrix import (
    Measured,
    filled,
    make_data,
    targets,
    varies,
)
from nbsweep.analysis.importance.ped_anova import QUANTILE, n_best, ped_anova
from nbsweep.analysis.importance.result import (
    METHODS,
    Importance,
    Method,
    PairImportance,
    ParameterImportance,
)
from nbsweep.analysis.importance.shap_values import shap
from nbsweep.analysis.importance.verdict import Subject, too_few, verdict
from nbsweep.analysis.results import FAILURE, about_failure
from nbsweep.errors import UsageError
from nbsweep.wording import closest, did_you_mean, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

# Below ten runs a tree splits two or three times and any ranking is chance; and a
# forest needs to have seen each parameter high and low, hence two runs for each.
MIN_RUNS = 10
MIN_RUNS_PER_PARAMETER = 2

_FUNCTIONS: dict[Method, Callable[..., Measured]] = {
    "forest": forest,
    "permutation": permutation,
    "fanova": fanova,
    "ped_anova": ped_anova,
    "shap": shap,
    "pearson": pearson,
    "spearman": spearman,
    "mutual_information": mutual_information,
}
_ALIASES = {"mdi": "forest", "random_forest": "forest", "mi": "mutual_information"}
_TWO_SIDED_95 = 1.96
# What becomes of runs that say nothing of the metric.
LOST = {end: end for end in ("failed", "crashed", "killed")} | {NO_VALUE: "ended without one"}


def importance(
    frame: Frame,
    *,
    seed: int = 0,
    n_bootstrap: int = 30,
    method: Method = "forest",
    quantile: float = QUANTILE,
    target: str | None = None,
) -> Importance:
    """How much each parameter decides the metric, with error bars and a verdict.

    For another metric make the frame of that metric. Importance is of the region that
    the runs lie in: a search that settled on good values of a parameter sees it vary
    little, and finds it unimportant. A parameter that only some runs have is judged by
    those runs; its importance is a share of what is explained among them.

    Args:
        frame: the runs; those that do not count are ignored.
        seed: same frame and seed, same result.
        n_bootstrap: resamples for the error bars, at least 2.
        method: "forest" for shares of what the forest explains, "permutation" for shares
            of what it loses when a parameter is shuffled, "fanova" for main effects and
            pairs over the search space, "ped_anova" for what matters near the top, "shap"
            for sizes of SHAP values (takes the package `shap`), "pearson" and "spearman"
            for correlations, "mutual_information" for what each parameter tells alone.
        quantile: for "ped_anova": which share of the runs is the top.
        target: "failed" for whether a run fails, in place of the frame's metric.

    Returns:
        No rows when there is no metric, when nothing varies, or when there are fewer
        runs than 10 or two for each parameter that varies: the verdict says so. Takes
        about half a second for 1,000 runs of 20 parameters on one core.

    Raises:
        UsageError: there is no such method or target, or `quantile` is not between 0 and 1.
        MissingDependencyError: method "shap" without the package of that name.
    """
    _check(method, quantile, target)
    if target == "failed":
        frame = about_failure(frame)
    counted = frame.counted
    varying = [column for column in frame.params if varies(column, counted)]
    constants = tuple(column.name for column in frame.params if column not in varying)
    reason, n_missing_runs = _why_none(frame, varying)
    if reason:
        return Importance(
            rows=(),
            verdict=reason,
            metric=frame.metric.name if frame.metric else None,
            n_runs=len(counted),
            n_missing_runs=n_missing_runs,
            constants=constants,
            title=frame.title,
            left_out=frame.remarks_text(),
            method=method,
        )
    assert frame.metric is not None
    rng = np.random.default_rng(seed)
    parts = _parts(frame, varying, method, quantile, n_bootstrap, rng)
    rows, is_known, repeated, notes = _rows(frame, varying, parts, method, n_bootstrap, seed)
    whole = parts[0].measured
    is_ranked = any(part.measured.is_ranked for part in parts)
    order = list(range(len(rows)))
    if is_ranked:  # what nothing is known of comes last
        order.sort(key=lambda k: (not is_known[k], -rows[k].importance))
    ranked = [rows[k] for k in order]
    among = ""
    if method == "ped_anova":
        best = n_best(len(counted), quantile)
        among = f"Among the best {best} of {plural(len(counted), 'run')}"
    subject = Subject(method, frame.metric.name, plural(len(counted), "run"), among, whole.score)
    names = [column.name for column in varying]
    return Importance(
        rows=tuple(ranked),
        verdict=verdict(subject, ranked, repeated[:, order], is_ranked),
        metric=frame.metric.name,
        n_runs=len(counted),
        score=whole.score,
        is_ranked=is_ranked,
        constants=constants,
        title=frame.title,
        left_out=frame.remarks_text(),
        method=method,
        pairs=tuple(
            PairImportance((names[a], names[b]), share, error, is_sure)
            for a, b, share, error, is_sure in whole.pairs
        ),
        shared=whole.shared,
        notes=tuple(notes),
    )


def needed_runs(n_parameters: int) -> int:
    """Runs that an importance of some parameters takes."""
    return max(MIN_RUNS, MIN_RUNS_PER_PARAMETER * n_parameters)


def _check(method: str, quantile: float, target: str | None) -> None:
    if method not in METHODS:
        guess = did_you_mean(closest(method, METHODS, _ALIASES))
        raise UsageError(
            f'importance: there is no method "{method}".{guess} Methods: {", ".join(METHODS)}.'
        )
    if not 0 < quantile < 1:
        raise UsageError(
            f"importance: quantile {quantile!r} is not between 0 and 1. Give the share of the "
            "runs that are the best ones, such as 0.1."
        )
    if target not in (None, "failed"):
        raise UsageError(
            f'importance: there is no target {target!r}. Give "failed" for whether a run fails, '
            "or leave it out for the metric."
        )


def _why_none(frame: Frame, varying: Sequence[Column]) -> tuple[str, int]:
    """Why there is no importance, "" when there is, and how many more runs it takes."""
    counted, metric = frame.counted, frame.metric
    if metric is None:
        return "The sweep has no metric that parameters could be important for.", 0
    needed = needed_runs(len(varying or frame.params))
    ended = sum(reason == NO_VALUE for reason in frame.left_out)
    if not counted and ended:
        have = "The one finished run has" if ended == 1 else f"None of {ended:,} finished runs has"
        return f"{have} {'no' if ended == 1 else 'a'} value of {metric.name}.", needed
    if len(counted) < needed:
        lost = [f"{n:,} {LOST[why]}" for why, n in frame.n_left_out.items() if why in LOST]
        return too_few(metric.name, len(counted), needed, ", ".join(lost)), needed - len(counted)
    if not varying:
        return f"No parameter varied over {plural(len(counted), 'run')}.", 0
    if np.ptp(targets(frame)) == 0:
        if metric.name == FAILURE:
            did = "failed" if metric.values[counted[0]] else "ended without a failure"
            return f"All {plural(len(counted), 'run')} {did}.", 0
        return f"All {plural(len(counted), 'run')} have the same {metric.name}.", 0
    return "", 0


# Parts ------------------------------------------------------------------------------


class _Part(NamedTuple):
    """What a method says of the runs that have some parameters."""

    runs: tuple[int, ...]
    columns: list[Column]
    measured: Measured


def _parts(
    frame: Frame,
    varying: list[Column],
    method: Method,
    quantile: float,
    n_bootstrap: int,
    rng: np.random.Generator,
) -> list[_Part]:
    """Of all runs, then of the runs of each set of parameters that some lack."""
    groups: list[tuple[int, ...]] = [frame.counted]
    for column in varying:
        runs = _with(column, frame.counted)
        if runs not in groups:
            groups.append(runs)
    parts = []
    extra = {"quantile": quantile} if method == "ped_anova" else {}
    for runs in groups:
        columns = varying if runs == frame.counted else [c for c in varying if varies(c, runs)]
        if len(runs) >= needed_runs(len(columns)) and columns:
            data = filled(make_data(frame, columns, runs), rng)
            if np.ptp(data.y) > 0:
                measured = _FUNCTIONS[method](data, rng, n_bootstrap, **extra)
                parts.append(_Part(runs, columns, measured))
    return parts


def _with(column: Column, counted: Sequence[int]) -> tuple[int, ...]:
    """The runs that have the parameter."""
    return tuple(i for i in counted if column.numbers[i] is not None)


def _rows(
    frame: Frame,
    varying: list[Column],
    parts: list[_Part],
    method: Method,
    n_bootstrap: int,
    seed: int,
) -> tuple[list[ParameterImportance], list[bool], Floats, list[str]]:
    """A row for each parameter, whether it is of runs that tell something, its importances
    over the resamples (B, p), and notes.
    """
    n = len(frame.counted)
    resamples = np.random.default_rng([seed, 1]).integers(0, n, (n_bootstrap, n))
    data = make_data(frame, varying, frame.counted)
    beside, _ = associations(data, resamples, of_ranks=method == "spearman")
    by_runs = {part.runs: part for part in parts}
    rows, is_known, notes = [], [], []
    repeated = np.zeros((n_bootstrap, len(varying)))
    for k, column in enumerate(varying):
        runs = _with(column, frame.counted)
        part = by_runs.get(runs)
        is_known.append(part is not None and part.measured.is_ranked)
        is_conditional = len(runs) < n
        if is_conditional:
            notes.append(_note(column, part, len(runs), n))
        if part is None:
            rows.append(_row(column, 0.0, 0.0, False, beside[k], method, len(runs)))
            continue
        place = part.columns.index(column)
        value, error = part.measured.importance[place], part.measured.error[place]
        is_sure = bool(part.measured.stands_out[place])
        repeated[:, k] = part.measured.repeated[:, place]
        row = _row(column, float(value), float(error), is_sure, beside[k], method, len(runs))
        rows.append(row._replace(is_conditional=is_conditional))
    return rows, is_known, repeated, notes


def _note(column: Column, part: _Part | None, n_own: int, n: int) -> str:
    """What to know of a parameter that some runs lack."""
    have = f"{column.name} is in {n_own:,} of {plural(n, 'run')}"
    if part is None:
        return f"{have}, too few to judge it by."
    return f"{have} and is judged by these alone."


def _row(
    column: Column,
    value: float,
    error: float,
    is_sure: bool,
    beside: Association,
    method: Method,
    n_runs: int,
) -> ParameterImportance:
    is_signed = method in ("pearson", "spearman") and beside.correlation is not None
    middle = beside.correlation if is_signed and beside.correlation is not None else value
    reach = _TWO_SIDED_95 * error
    return ParameterImportance(
        name=column.name,
        importance=value,
        error=error,
        correlation=beside.correlation,
        correlation_error=beside.correlation_error,
        high_value=beside.high_value,
        stands_out=is_sure,
        n_runs=n_runs,
        interval=(max(middle - reach, -1.0 if is_signed else 0.0), min(middle + reach, 1.0)),
        correlation_ratio=beside.ratio,
        correlation_ratio_error=beside.ratio_error,
        best_value=beside.best_value,
    )
