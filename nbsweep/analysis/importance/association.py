"""How the metric goes with one parameter at a time, as numbers from 0 to 1 or -1 to 1.

    Pearson's r     how well a straight line describes it, with the line's direction
    Spearman's ρ    r of the ranks: how well any rising or falling curve does
    correlation     of categories: η with η² = 1 - (n - 1) / (n - g) · (variance left within
    ratio           the g categories / whole variance), 0 where that is negative: r² of the
                    best step function less what chance gives it (Kelley 1935, "ε²")
    mutual          I / H(y) of numbers in bins that hold as many runs each: the share of what
    information     there is to know of y that the parameter tells, less what chance gives it

Parameters count over the runs that have them. Errors are bootstrap standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbsweep.analysis.correlations import Explained, explained_by, p_of_r, ranks
from nbsweep.analysis.frame import Column
from nbsweep.analysis.importance.forest import LEVEL
from nbsweep.analysis.importance.matrix import Data, Measured, category_codes, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

_DRAWN = 100  # shuffles that show what chance gives
_FEWEST = 3  # runs for a correlation
_MOST_BINS = 8


class Association(NamedTuple):
    """A parameter's correlation, or its correlation ratio where its categories have no order.

    Attributes:
        correlation, correlation_error: None where the categories have no order.
        high_value: the category that counts as high, of two.
        ratio, ratio_error: η of three or more categories, else None.
        best_value: of three or more that differ beyond chance, the one with the best mean.
        p_value: of a correlation or ratio as large by chance; None without either.
    """

    correlation: float | None = None
    correlation_error: float | None = None
    high_value: str | None = None
    ratio: float | None = None
    ratio_error: float | None = None
    best_value: str | None = None
    p_value: float | None = None


def associations(
    data: Data, resamples: Ints, *, of_ranks: bool = False
) -> tuple[list[Association], Floats]:
    """The association of each parameter with y, over the runs that have it.

    Args:
        data: the runs.
        resamples: (B, n) of the rows, for the errors.
        of_ranks: of the ranks of numbers and of y (Spearman).

    Returns:
        p associations; (B, p) what the resamples give, NaN where nothing.
    """
    found = []
    repeated = np.full((len(resamples), data.p), np.nan)
    for k, column in enumerate(data.columns):
        x, high_value = ordinal(column, data.counted)
        measure = _of_categories if x is None else _of_numbers
        one, repeated[:, k] = measure(column, data, resamples, of_ranks)
        found.append(one._replace(high_value=high_value))
    return found, repeated


def _of_numbers(
    column: Column, data: Data, resamples: Ints, of_ranks: bool
) -> tuple[Association, Floats]:
    x, _ = ordinal(column, data.counted)
    assert x is not None
    y = np.where(np.isnan(x), np.nan, data.y)
    xs, ys = x[resamples], y[resamples]
    if of_ranks:
        x, y = ranks(x), ranks(y)
        xs, ys = np.array([ranks(row) for row in xs]), np.array([ranks(row) for row in ys])
    repeated = pearson_r(xs, ys)
    r = float(pearson_r(x, y))
    if math.isnan(r):
        return Association(), repeated
    p_value = p_of_r(r, int((~np.isnan(x)).sum()))
    return Association(r, _spread(repeated), p_value=p_value), repeated


def _of_categories(
    column: Column, data: Data, resamples: Ints, of_ranks: bool
) -> tuple[Association, Floats]:
    codes, _ = category_codes(column, data.counted)
    y = np.where(np.isnan(codes), np.nan, data.y)
    y = ranks(y) if of_ranks else y
    repeated = np.array([_ratio_or_nan(_explained(codes[i], y[i])) for i in resamples])
    explained = _explained(codes, y)
    if explained is None:
        return Association(), repeated
    p_value = explained.p_value
    best = _best_category(column, codes, data) if p_value < LEVEL else None
    return Association(
        ratio=explained.ratio, ratio_error=_spread(repeated), best_value=best, p_value=p_value
    ), repeated


def _ratio_or_nan(explained: Explained | None) -> float:
    return math.nan if explained is None else explained.ratio


def _spread(repeated: Floats) -> float | None:
    """Standard deviation of those that are numbers."""
    known = repeated[~np.isnan(repeated)]
    return float(known.std(ddof=1)) if len(known) > 1 else None


def pearson_r(x: Floats, y: Floats) -> Floats:
    """Pearson's r along the last axis over the places where both are numbers.

    NaN with fewer than three of them, or where one does not vary.
    """
    known = ~np.isnan(x)
    n = known.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
        x = np.where(known, x - x.sum(axis=-1, keepdims=True) / n[..., None], 0.0)
        y = np.where(known, y - y.sum(axis=-1, keepdims=True) / n[..., None], 0.0)
        sizes = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
        r = (x * y).sum(axis=-1) / sizes
    # What is left of a constant after its mean is taken off is rounding.
    return np.where((n >= _FEWEST) & (sizes > 1e-12 * n), np.clip(r, -1.0, 1.0), np.nan)


def ordinal(column: Column, counted: Sequence[int]) -> tuple[Floats | None, str | None]:
    """The parameter as numbers for a correlation, NaN where missing, and the category
    that counts as 1 when it has two; None when its categories have no order.
    """
    if column.kind != "category":
        return places(column, counted), None
    codes, seen = category_codes(column, counted)
    if len(seen) != 2:
        return None, None
    # True counts as high wherever it stands in the list.
    high = seen[0] if column.categories[int(seen[0])] == "True" else seen[1]
    coded = np.where(np.isnan(codes), np.nan, codes == high)
    return coded, column.categories[int(high)]


def _explained(codes: Floats, y: Floats) -> Explained | None:
    """What the categories of the runs that have one explain of y."""
    present = ~np.isnan(codes)
    return explained_by(codes[present], y[present]) if present.sum() >= _FEWEST else None


def _best_category(column: Column, codes: Floats, data: Data) -> str | None:
    """The category with the best mean of those with two runs or more."""
    seen, inverse, counts = np.unique(
        codes[~np.isnan(codes)], return_inverse=True, return_counts=True
    )
    means = np.bincount(inverse, weights=data.y[~np.isnan(codes)]) / counts
    badness = np.where(counts > 1, means if data.is_minimized else -means, np.inf)
    return column.categories[int(seen[np.argmin(badness)])]


# Methods ----------------------------------------------------------------------------


def pearson(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """|r| of numbers, η of categories; the score is that of all of them in one line."""
    return _correlations(data, rng, n_bootstrap, of_ranks=False)


def spearman(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """|ρ| of numbers, η of the ranks of y of categories."""
    return _correlations(data, rng, n_bootstrap, of_ranks=True)


def _correlations(
    data: Data, rng: np.random.Generator, n_bootstrap: int, *, of_ranks: bool
) -> Measured:
    n = len(data.y)
    found, repeated = associations(data, rng.integers(0, n, (n_bootstrap, n)), of_ranks=of_ranks)
    is_sure = np.array([each.p_value is not None for each in found]) & np.array(
        [(each.p_value or 0.0) < LEVEL / data.p for each in found]
    )
    return Measured(
        importance=np.array([abs(each.correlation or each.ratio or 0.0) for each in found]),
        error=np.array([each.correlation_error or each.ratio_error or 0.0 for each in found]),
        stands_out=is_sure,
        repeated=np.abs(np.nan_to_num(repeated)),
        is_ranked=bool(is_sure.any()),
        score=_linear_score(data, of_ranks),
    )


def _linear_score(data: Data, of_ranks: bool) -> float | None:
    """R² of a linear fit of all parameters for runs that it leaves out one by one (Allen 1974).

    None with fewer than two runs a column of X.
    """
    n, c = data.x.shape
    if n < 2 * (c + 1):
        return None
    x, y = data.x.astype(float), data.y
    if of_ranks:
        x, y = np.column_stack([ranks(column) for column in x.T]), ranks(y)
    centred = x - x.mean(axis=0)
    u, sizes, _ = np.linalg.svd(
        centred / (np.abs(centred).max(axis=0) + 1e-300), full_matrices=False
    )
    u = u[:, sizes > 1e-9 * sizes[0]]
    left = y - y.mean() - u @ (u.T @ y)
    leverage = 1 / n + (u**2).sum(axis=1)
    left = left / np.maximum(1 - leverage, 1e-9)
    return float(1 - np.sum(left**2) / np.sum((y - y.mean()) ** 2))


def mutual_information(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """Share of the entropy of y that each parameter tells, beyond what chance would."""
    n = len(data.y)
    bins = min(_MOST_BINS, max(2, round(n ** (1 / 3))))
    y = _binned(data.y, bins)
    resamples = [rng.integers(0, n, n) for _ in range(n_bootstrap)]
    shuffles = [rng.permutation(n) for _ in range(_DRAWN)]
    importance, p_values = np.zeros(data.p), np.ones(data.p)
    repeated = np.zeros((n_bootstrap, data.p))
    for k, column in enumerate(data.columns):
        x = _levels(column, data.counted, bins)
        told = _told(x, y)
        by_chance = np.array([_told(x, y[rows]) for rows in shuffles])
        importance[k] = max(0.0, told - by_chance.mean()) / max(1 - by_chance.mean(), 1e-9)
        p_values[k] = beyond_chance(told, by_chance)
        repeated[:, k] = [_told(x[rows], y[rows]) for rows in resamples]
    is_sure = p_values < LEVEL / data.p
    return Measured(
        importance, repeated.std(axis=0, ddof=1), is_sure, repeated, bool(is_sure.any())
    )


def _levels(column: Column, counted: Sequence[int], bins: int) -> Ints:
    """In which category or bin each run lies, -1 for one without the parameter; (n,)."""
    numbers = np.array([column.numbers[i] for i in counted], dtype=float)
    present = ~np.isnan(numbers)
    levels = np.full(len(numbers), -1, dtype=np.intp)
    values = numbers[present]
    if column.kind == "category" or len(np.unique(values)) <= bins:
        levels[present] = np.unique(values, return_inverse=True)[1]
    else:
        levels[present] = _binned(values, bins)
    return levels


def _binned(values: Floats, bins: int) -> Ints:
    """The bin of each value: as many values in each as equal ones allow."""
    place = (ranks(values) - 0.5) / len(values) * bins
    return np.unique(np.floor(place).astype(np.intp), return_inverse=True)[1]


def _told(x: Ints, y: Ints) -> float:
    """I(x, y) / H(y) over the rows where x is not -1; 0 where y does not vary there."""
    present = x >= 0
    x, y = x[present], y[present]
    if not len(x):
        return 0.0
    table = np.bincount(x * (y.max() + 1) + y, minlength=(x.max() + 1) * (y.max() + 1))
    joint = table.reshape(x.max() + 1, y.max() + 1) / len(x)
    of_y = _entropy(joint.sum(axis=0))
    if of_y <= 0:
        return 0.0
    return (of_y + _entropy(joint.sum(axis=1)) - _entropy(joint.ravel())) / of_y


def _entropy(shares: Floats) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def beyond_chance(value: float, by_chance: Floats) -> float:
    """Chance of a value as large, by a gamma distribution with the mean and variance of some.

    Args:
        value: > 0.
        by_chance: such values of shuffled runs.
    """
    from scipy.special import gammaincc

    mean, variance = float(by_chance.mean()), float(by_chance.var(ddof=1))
    if mean <= 0 or variance <= 0:
        return 0.0 if value > mean else 1.0
    return float(gammaincc(mean**2 / variance, max(value, 0.0) * mean / variance))
