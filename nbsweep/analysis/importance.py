"""Which parameters decide the metric: random forest importance beside correlation.

Notation:
    n           runs that count
    X           (n, c) one column a numeric parameter (its position on the axis, so the
                logarithm for logarithmic ones), one a category otherwise
    y           (n,) the metric as the colours of the plots show it: its logarithm when
                its axis is logarithmic, and no worse than `MetricColumn.poor`
    group       (c,) which parameter a column of X belongs to, 0 … p - 1
    gain        (p,) covariance of y with what a tree says through each parameter

Importance. A tree's prediction is the mean of y at its root plus, for every split on
the way down, the step to the mean of the child. The steps of the splits on parameter k
add up to f_k(x), and the covariance of f_k(x) with y over the runs that the tree was
*not* grown on is the gain of k: "MDI-oob" of Li, Wang, Basu, Kumbier & Yu, "A debiased
MDI feature importance measure for random forests", NeurIPS 2019. Over the runs that it
was grown on, the same sum is scikit-learn's `feature_importances_`, which credits every
parameter with what the tree learned by heart, the more the finer its values. Here noise
gains 0 on average. Shares of the positive gains are shown; they add up to 1.

Error bars. The whole procedure is repeated on bootstrap resamples of the runs (Efron
1979), out-of-bag there meaning: no copy of the run was in the tree. Errors are standard
deviations over the resamples, that is, bootstrap standard errors; the truth lies within
one of them in about 68 % of cases, rather more often with few runs.

Permutation importance. On request the gain of k is instead how much worse, in squared
error, a tree predicts the runs it was not grown on once their values of k are shuffled
among them (Breiman, "Random forests", 2001). It credits k with all interactions that k
takes part in, where the shares above divide them.

The trees are grown here one by one, since scikit-learn's forest tells which runs a tree
was grown on only from 1.4 on, and starts a thread pool for work of half a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nbsweep.analysis.frame import Column, Frame
from nbsweep.wording import joined, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

# Below ten runs a tree splits two or three times and any ranking is chance; and a
# forest needs to have seen each parameter high and low, hence two runs for each.
MIN_RUNS = 10
MIN_RUNS_PER_PARAMETER = 2

Method = Literal["forest", "permutation"]

_N_TREES = 64
_N_TREES_RESAMPLED = 5
# Rows drawn for one tree at most: with more, trees get slower but shares no better.
_MAX_ROWS = 200
# Below this many runs, leaves of one run still say more than they invent.
_FEW_RUNS = 50
_MIN_LEAF = 3
# Chance of a false "stands out" over all parameters together, and of a false order.
_LEVEL = 0.05
# A share up to which a parameter is said to hardly matter.
_NEGLIGIBLE = 0.05


class ParameterImportance(NamedTuple):
    """One parameter.

    Attributes:
        name: the parameter.
        importance: its share of what the forest explains, 0 to 1.
        error: bootstrap standard error of the share.
        correlation: Pearson's r with the metric, on a log scale where their axes are
            and bounded on the bad side as y above; None for parameters of three or
            more categories.
        correlation_error: bootstrap standard error of it, None likewise.
        high_value: of a parameter with two categories, the one that counts as high in
            the correlation; else None.
        stands_out: its share is above 0 beyond chance.
    """

    name: str
    importance: float
    error: float
    correlation: float | None
    correlation_error: float | None
    high_value: str | None
    stands_out: bool


@dataclass(frozen=True)
class Importance:
    """What the runs say about the parameters.

    Attributes:
        rows: by importance, the highest first; in the order of the search space when
            `is_ranked` is False; empty when there is nothing to compute from.
        verdict: the result, or why there is none, in a sentence.
        metric: name of the metric, None when the sweep has none.
        n_runs: runs that count.
        n_missing_runs: how many more runs it takes to begin, 0 when there are enough.
        score: out-of-bag R² of the forest: 1 when it predicts every run it did not
            see, 0 or less when it knows nothing. None without rows.
        is_ranked: the forest predicts runs that it did not see better than chance
            would. When it does not, shares and order of the rows mean nothing.
        constants: parameters left out since they did not vary among the runs.
        title: name of the sweep.
        left_out: runs left out, in words; may be empty.
        method: what the shares are: "forest" or "permutation".
    """

    rows: tuple[ParameterImportance, ...]
    verdict: str
    metric: str | None
    n_runs: int
    n_missing_runs: int = 0
    score: float | None = None
    is_ranked: bool = False
    constants: tuple[str, ...] = ()
    title: str = ""
    left_out: str = ""
    method: Method = "forest"


def importance(
    frame: Frame, *, seed: int = 0, n_bootstrap: int = 30, method: Method = "forest"
) -> Importance:
    """How much each parameter decides the metric, with error bars and a verdict.

    For another target make the frame of that metric. Importance is of the region that
    the runs lie in: a search that settled on good values of a parameter sees it vary
    little, and finds it unimportant.

    Args:
        frame: the runs; those that do not count are ignored.
        seed: same frame and seed, same result.
        n_bootstrap: resamples for the error bars, at least 2.
        method: "forest" for shares of what the forest explains, "permutation" for shares
            of what it loses when a parameter is shuffled.

    Returns:
        No rows when there is no metric, when nothing varies, or when there are fewer
        runs than 10 or two for each parameter that varies: the verdict says so. Takes
        about half a second for 1,000 runs of 20 parameters on one core.
    """
    counted = frame.counted
    varying = [column for column in frame.params if len({column.numbers[i] for i in counted}) > 1]
    constants = tuple(column.name for column in frame.params if column not in varying)

    def nothing(verdict: str, n_missing_runs: int = 0) -> Importance:
        return Importance(
            rows=(),
            verdict=verdict,
            metric=frame.metric.name if frame.metric else None,
            n_runs=len(counted),
            n_missing_runs=n_missing_runs,
            constants=constants,
            title=frame.title,
            left_out=frame.remarks_text(),
            method=method,
        )

    if frame.metric is None:
        return nothing("The sweep has no metric that parameters could be important for.")
    needed = max(MIN_RUNS, MIN_RUNS_PER_PARAMETER * len(varying or frame.params))
    if len(counted) < needed:
        return nothing(_too_few(frame, needed), needed - len(counted))
    if not varying:
        return nothing(f"No parameter varied over {plural(len(counted), 'run')}.")
    y = targets(frame)
    if np.ptp(y) == 0:
        return nothing(f"All {plural(len(counted), 'run')} have the same {frame.metric.name}.")

    data = _Data(*feature_matrix(varying, counted), y)
    rng = np.random.default_rng(seed)
    rows = np.arange(len(y))
    resamples = [rng.integers(0, len(y), len(y)) for _ in range(n_bootstrap)]
    grown = _grow(data, rows, _N_TREES, rng, method)
    shares = _shares(grown.gain)
    repeated = np.array(
        [
            _shares(_grow(data, resample, _N_TREES_RESAMPLED, rng, method).gain)
            for resample in resamples
        ]
    )
    errors = repeated.std(axis=0, ddof=1)
    score, is_ranked = _score(grown.predicted, y)

    critical = NormalDist().inv_cdf(1 - _LEVEL / len(varying))
    measured = []
    for k, column in enumerate(varying):
        x, high_value = _ordinal(column, counted)
        r, r_error = (None, None) if x is None else _correlation(x, y, resamples)
        stands_out = is_ranked and shares[k] > critical * errors[k]
        measured.append(
            ParameterImportance(
                name=column.name,
                importance=float(shares[k]),
                error=float(errors[k]),
                correlation=r,
                correlation_error=r_error,
                high_value=high_value,
                stands_out=bool(stands_out),
            )
        )
    order = np.argsort(-shares, kind="stable") if is_ranked else np.arange(len(varying))
    ranked = [measured[k] for k in order]
    return Importance(
        rows=tuple(ranked),
        verdict=_verdict(frame, ranked, repeated[:, order], score, is_ranked),
        metric=frame.metric.name,
        n_runs=len(counted),
        score=score,
        is_ranked=is_ranked,
        constants=constants,
        title=frame.title,
        left_out=frame.remarks_text(),
        method=method,
    )


# Matrices ---------------------------------------------------------------------------


class _Data(NamedTuple):
    x: NDArray[np.float32]  # (n, c)
    group: Ints  # (c,)
    y: Floats  # (n,)


def targets(frame: Frame) -> Floats:
    """Shape (n,), y of the runs that count, from 0 to 1 and rising with the metric.

    Runs worse than `poor` count as that poor: whether a run diverged to 1e3 or to 1e10
    is nothing that anybody tunes for, but it would decide every variance.
    """
    metric = frame.metric
    assert metric is not None
    values = [metric.values[i] for i in frame.counted]
    quality = np.array([metric.quality(value) for value in values if value is not None])
    return 1.0 - quality if metric.is_minimized else quality


def _places(column: Column, counted: Sequence[int]) -> Floats:
    """Positions of a number column on its axis, 0 to 1, NaN where missing; shape (n,)."""
    numbers = np.array([column.numbers[i] for i in counted], dtype=float)  # None becomes NaN
    low, high = column.low, column.high
    if column.kind == "log":
        numbers, low, high = np.log(numbers), math.log(low), math.log(high)
    # Halves, since ±1e308 are further apart than any float.
    span = high / 2 - low / 2
    return (numbers / 2 - low / 2) / span if span > 0 else numbers * 0.0


def category_codes(column: Column, counted: Sequence[int]) -> tuple[Floats, list[float]]:
    """Category of each run, NaN where missing, shape (n,), and those that occur."""
    codes = np.array([column.numbers[i] for i in counted], dtype=float)
    return codes, [float(code) for code in np.unique(codes[~np.isnan(codes)])]


def feature_matrix(
    columns: Sequence[Column], counted: Sequence[int]
) -> tuple[NDArray[np.float32], Ints]:
    """X and group. A missing number lies one axis below the lowest, a missing category
    in none of its columns: a split can tell them from all others.
    """
    parts: list[Any] = []
    group: list[int] = []
    for k, column in enumerate(columns):
        if column.kind == "category":
            codes, seen = category_codes(column, counted)
            if len(seen) == 2 and not np.isnan(codes).any():
                seen = seen[1:]  # a second column would say the same
            parts += [codes == code for code in seen]
            group += [k] * len(seen)
        else:
            parts.append(np.nan_to_num(_places(column, counted), nan=-1.0))
            group.append(k)
    return np.ascontiguousarray(np.column_stack(parts), dtype=np.float32), np.array(group, np.intp)


def _ordinal(column: Column, counted: Sequence[int]) -> tuple[Floats | None, str | None]:
    """The parameter as numbers for a correlation, NaN where missing, and the category
    that counts as 1 when it has two; None when its categories have no order.
    """
    if column.kind != "category":
        return _places(column, counted), None
    codes, seen = category_codes(column, counted)
    if len(seen) != 2:
        return None, None
    # True counts as high wherever it stands in the list.
    high = seen[0] if column.categories[int(seen[0])] == "True" else seen[1]
    coded = np.where(np.isnan(codes), np.nan, codes == high)
    return coded, column.categories[int(high)]


# Forest -----------------------------------------------------------------------------


class _Grown(NamedTuple):
    gain: Floats  # (p,)
    predicted: Floats  # (n,) mean out-of-bag prediction, NaN where there is none


def _grow(
    data: _Data, sample: Ints, n_trees: int, rng: np.random.Generator, method: Method
) -> _Grown:
    """A forest on a sample of the rows: gain of each parameter, out-of-bag predictions.

    Args:
        data: X, group and y of all runs.
        sample: shape (n,), row indices, repeated ones in a bootstrap resample.
        n_trees: number of trees.
        rng: draws the rows of each tree, and shuffles.
        method: what counts as gain.
    """
    from sklearn.tree import DecisionTreeRegressor

    n, p = len(data.y), int(data.group[-1]) + 1
    copies = np.bincount(sample, minlength=n)
    min_leaf = 1 if n < _FEW_RUNS else _MIN_LEAF
    through = np.zeros((n, p))  # sum over trees of f_k(x) · (y - mean), where out of bag
    predicted, votes = np.zeros(n), np.zeros(n)
    # One generator of the kind scikit-learn wants, since making one a tree takes longer
    # than some trees do. It decides between equally good splits only.
    ties = np.random.RandomState(int(rng.integers(2**31)))
    for _ in range(n_trees):
        bag = sample[rng.integers(0, n, min(n, _MAX_ROWS))]
        is_out = copies > 0
        is_out[bag] = False
        out = np.flatnonzero(is_out)
        if not out.size:
            continue
        tree = DecisionTreeRegressor(min_samples_leaf=min_leaf, random_state=ties)
        tree.fit(data.x[bag], data.y[bag], check_input=False)
        mean, steps = _steps(tree.tree_, data.group, p)
        f = tree.decision_path(data.x[out], check_input=False) @ steps  # (len(out), p)
        said = mean + f.sum(axis=1)
        if method == "permutation":
            through[out] += _loss_when_shuffled(tree, data, out, said, p, rng)
        else:
            through[out] += f * (data.y[out] - mean)[:, None]
        predicted[out] += said
        votes[out] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        predicted = predicted / votes
        contribution = np.where(votes[:, None] > 0, through / votes[:, None], 0.0)
    return _Grown(copies @ contribution / n, predicted)


def _loss_when_shuffled(
    tree: Any, data: _Data, out: Ints, said: Floats, p: int, rng: np.random.Generator
) -> Floats:
    """How much worse each run of `out` is predicted with a parameter shuffled; (len(out), p)."""
    y, x = data.y[out], data.x[out]
    worse = np.empty((len(out), p))
    for k in range(p):
        shuffled = x.copy()
        mask = data.group == k
        shuffled[:, mask] = x[rng.permutation(len(out))][:, mask]
        guessed = tree.predict(shuffled, check_input=False)
        worse[:, k] = (y - guessed) ** 2 - (y - said) ** 2
    return worse


def _steps(tree: Any, group: Ints, p: int) -> tuple[float, Floats]:
    """Mean at the root, and for each node (rows) the step from its parent's mean to its
    own in the column of the parameter that was split on, shape (nodes, p).
    """
    value = tree.value[:, 0, 0]
    inner = np.flatnonzero(tree.children_left >= 0)
    steps = np.zeros((tree.node_count, p))
    for children in (tree.children_left[inner], tree.children_right[inner]):
        steps[children, group[tree.feature[inner]]] = value[children] - value[inner]
    return float(value[0]), steps


def _shares(gain: Floats) -> Floats:
    """The gains as shares of all positive ones; 0 for each when none is."""
    positive = np.maximum(gain, 0.0)
    total = positive.sum()
    return np.asarray(positive / total if total > 0 else positive)


def _score(predicted: Floats, y: Floats) -> tuple[float, bool]:
    """Out-of-bag R², and whether predictions follow y beyond chance.

    The test is one-sided for r(predicted, y) > 0 at 5 % by Fisher's z = atanh(r),
    which has standard error 1/√(n - 3).
    """
    seen = ~np.isnan(predicted)
    predicted, y = predicted[seen], y[seen]
    if len(y) <= 3 or np.ptp(predicted) == 0 or np.ptp(y) == 0:
        return 0.0, False
    score = 1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2)
    r = np.clip(np.corrcoef(predicted, y)[0, 1], -1 + 1e-12, 1 - 1e-12)
    beyond_chance = math.atanh(r) * math.sqrt(len(y) - 3) > NormalDist().inv_cdf(1 - _LEVEL)
    return float(score), bool(score > 0 and beyond_chance)


# Correlation ------------------------------------------------------------------------


def _correlation(
    x: Floats, y: Floats, resamples: Sequence[Ints]
) -> tuple[float | None, float | None]:
    """Pearson's r over the runs that have the parameter, and its standard error."""
    r = _pearson(x, y)
    if r is None:
        return None, None
    repeated = [value for rows in resamples if (value := _pearson(x[rows], y[rows])) is not None]
    return r, float(np.std(repeated, ddof=1)) if len(repeated) > 1 else None


def _pearson(x: Floats, y: Floats) -> float | None:
    present = ~np.isnan(x)
    x, y = x[present], y[present]
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


# Words ------------------------------------------------------------------------------


def _too_few(frame: Frame, needed: int) -> str:
    n, metric = len(frame.counted), frame.metric
    assert metric is not None
    have = f"{plural(n, 'run')} with a value of" if n else "no run with"
    more = f"importance takes {needed}; {needed - n} more to go"
    return f"Too few runs: {have} {metric.name}, {more}."


def _verdict(
    frame: Frame,
    rows: Sequence[ParameterImportance],
    repeated: Floats,
    score: float,
    is_ranked: bool,
) -> str:
    """The sentence; `repeated` holds the shares of each resample, shape (B, p), as `rows`."""
    assert frame.metric is not None
    metric, runs = frame.metric.name, plural(len(frame.counted), "run")
    if not is_ranked:
        return (
            f"Nothing stands out: {runs} do not show that any parameter decides {metric} "
            "(predictions are no better than chance)."
        )
    if len(rows) == 1:
        return (
            f"{rows[0].name} alone varied; it explains {score:.0%} of {metric} "
            f"(out-of-bag R²), {runs}."
        )
    leading = [row for row in rows if row.stands_out and row.importance > _NEGLIGIBLE]
    if not leading:
        return (
            f"The parameters together predict {metric} (out-of-bag R² {score:.2f}), "
            f"but {runs} are too few to say which of them does."
        )
    first, *others = leading
    place = rows.index(first)
    level = [row for row in others if not _differ(repeated, place, rows.index(row))]
    if level:
        names = _listed([first, *level])
        text = f"{names} matter most, in no clear order, {runs}"
    else:
        verb = "decides" if first.importance >= 0.5 else "matters"
        text = f"{first.name} {verb} most, {_plus_minus(first)}, {runs}"
    behind = [row for row in others if row not in level]
    if behind:
        text += f"; then {_listed(behind[:3])}"
    rest = [row for row in rows if row not in leading]
    if not rest:
        return f"{text}."
    if all(row.importance + row.error <= _NEGLIGIBLE for row in rest):
        what = rest[0].name if len(rest) == 1 else f"the other {len(rest)}"
        return f"{text}; {what} hardly matter{'s' if len(rest) == 1 else ''}."
    return f"{text}; too few runs to rank the rest."


def _differ(repeated: Floats, a: int, b: int) -> bool:
    """Whether the share of a is above that of b in all but a few resamples."""
    return float(np.mean(repeated[:, a] <= repeated[:, b])) <= _LEVEL


def _plus_minus(row: ParameterImportance) -> str:
    return f"{row.importance:.2f} ± {row.error:.2f}"


def _listed(rows: Sequence[ParameterImportance]) -> str:
    return joined([f"{row.name} ({_plus_minus(row)})" for row in rows], "and")
