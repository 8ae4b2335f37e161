"""Functional ANOVA of a random forest: main effects, pairs, and what is left.

After Hutter, Hoos & Leyton-Brown, "An efficient approach for assessing hyperparameter
importance", ICML 2014. A tree is constant on boxes, so that for parameters drawn evenly
from the search space the variance of each of its components is a finite sum.

Notation:
    p           parameters
    l, l'       leaves of two trees, L and L' of them
    v_l         mean of y in a leaf
    μ_k(l)      share of parameter k's values, evenly weighted, that lie in the leaf
    c_l         v_l · Π_k μ_k(l)
    O_k(l, l')  μ_k(l ∩ l') / (μ_k(l) μ_k(l')), which is 1 for what k does not split

For a set S of parameters the mean of the product of two trees' marginals, functions of the
parameters in S alone, is

    E_S = Σ_l Σ_l' c_l c_l' Π_{k ∈ S} O_k(l, l'),

so E_k - E_∅ is the main effect's part of the variance, E_jk - E_j - E_k + E_∅ that of the
pair, and E_all - E_∅ all of it. With the numbers O_k as rows of a matrix, one product of
matrices gives all pairs.

Hutter et al. take the two trees to be the same one, which credits every parameter with what
the tree learned by heart: noise then has a main effect, the larger the finer its values.
Here they are grown on two halves of the runs that share none, drawn anew for each pair of
trees. A half drawn without replacement grows as good a tree as a bootstrap sample does
(Friedman & Hall, "On bagging and nonlinear estimation", 2007), and noise has no effect on
average. Errors are bootstrap standard errors, as in `forest`.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbsweep.analysis.frame import Column
from nbsweep.analysis.importance.forest import LEVEL, judged, r_squared, regression_tree
from nbsweep.analysis.importance.matrix import (
    Data,
    Measured,
    category_codes,
    listed_codes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

_PAIRS_OF_TREES = 32
_PAIRS_OF_TREES_RESAMPLED = 2
# Rows that a tree is grown on at most.
_MAX_ROWS = 250
# Pairs of parameters that are told, the strongest.
_STRONGEST = 10


class _Moments(NamedTuple):
    single: Floats  # (p,) parts of the variance
    pairs: Floats  # (p, p) symmetric, 0 on the diagonal
    total: float


def fanova(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """Main effects as shares of the variance of the forest over the search space."""
    n = len(data.y)
    spaces = [_Space(data, k) for k in range(data.p)]
    resamples = [rng.integers(0, n, n) for _ in range(n_bootstrap)]
    moments, predicted = _grow(data, spaces, np.arange(n), _PAIRS_OF_TREES, rng)
    repeated = [_grow(data, spaces, rows, _PAIRS_OF_TREES_RESAMPLED, rng)[0] for rows in resamples]
    score, is_ranked = r_squared(predicted, data.y)
    single = _share(moments.single, moments)
    measured = judged(
        single, np.array([_share(each.single, each) for each in repeated]), score, is_ranked
    )
    return measured._replace(pairs=_strongest(moments, repeated, is_ranked), shared=_sums(moments))


def _share(parts: Floats, moments: _Moments) -> Floats:
    """Parts of the variance as shares of it; 0 where chance made them negative."""
    parts = np.maximum(parts, 0.0)
    # Never less than what the parts add up to, which chance may make more than the whole.
    whole = max(moments.total, float(np.maximum(moments.single, 0.0).sum()))
    return np.asarray(parts / whole if whole > 0 else parts * 0.0)


def _sums(moments: _Moments) -> tuple[float, float, float]:
    """Shares of single parameters, of pairs, and of three and more at once."""
    single = float(_share(moments.single, moments).sum())
    pairs = float(np.clip(np.triu(_share(moments.pairs, moments)).sum(), 0.0, 1.0 - single))
    return single, pairs, 1.0 - single - pairs


def _strongest(
    moments: _Moments, repeated: list[_Moments], is_ranked: bool
) -> tuple[tuple[int, int, float, float, bool], ...]:
    """The pairs with the largest shares, the largest first."""
    p = len(moments.single)
    share = np.triu(_share(moments.pairs, moments), 1)
    errors = np.array([_share(each.pairs, each) for each in repeated]).std(axis=0, ddof=1)
    critical = NormalDist().inv_cdf(1 - LEVEL / max(p * (p - 1) // 2, 1))
    found = []
    for place in np.argsort(-share, axis=None, kind="stable")[:_STRONGEST]:
        a, b = divmod(int(place), p)
        if share[a, b] > 0:
            is_sure = is_ranked and share[a, b] > critical * errors[a, b]
            found.append((a, b, float(share[a, b]), float(errors[a, b]), bool(is_sure)))
    return tuple(found)


def _grow(
    data: Data, spaces: list[_Space], sample: Ints, n_pairs: int, rng: np.random.Generator
) -> tuple[_Moments, Floats]:
    """Mean moments of pairs of trees, and predictions of runs by the trees that did not see them.

    Args:
        data: X, group and y of all runs.
        spaces: of each parameter.
        sample: shape (n,), row indices; copies of a run go into the same half.
        n_pairs: of trees.
        rng: halves the runs.
    """
    n, p = len(data.y), data.p
    ties = np.random.RandomState(int(rng.integers(2**31)))
    copies = np.bincount(sample, minlength=n)
    runs = np.flatnonzero(copies)
    predicted, votes = np.zeros(n), np.zeros(n)
    single, pairs, total = np.zeros(p), np.zeros((p, p)), 0.0
    for _ in range(n_pairs):
        mixed = rng.permutation(runs)
        grown = []
        for half in (mixed[: len(runs) // 2], mixed[len(runs) // 2 :]):
            rows = np.repeat(half, copies[half])
            rows = rows if len(rows) <= _MAX_ROWS else rng.choice(rows, _MAX_ROWS, replace=False)
            tree = regression_tree(data, rows, ties)
            grown.append(_leaves(tree.tree_, data, spaces))
            unseen = np.ones(n, dtype=bool)
            unseen[rows] = False
            predicted[unseen] += tree.predict(data.x[unseen], check_input=False)
            votes[unseen] += 1
        found = _moments(grown[0], grown[1], spaces)
        single += found.single
        pairs += found.pairs
        total += found.total
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Moments(single / n_pairs, pairs / n_pairs, total / n_pairs), predicted / votes


def _moments(first: _Leaves, second: _Leaves, spaces: list[_Space]) -> _Moments:
    """Parts of the covariance of two trees over the search space."""
    p = len(spaces)
    # What one of the trees does not split on has O_k = 1 and no part in their covariance.
    both = np.flatnonzero(first.is_split & second.is_split)
    if not both.size:
        return _Moments(np.zeros(p), np.zeros((p, p)), 0.0)
    overlap = np.empty((len(both), len(first.value), len(second.value)))
    for place, k in enumerate(both.tolist()):
        sizes = np.outer(first.size[:, k], second.size[:, k])
        overlap[place] = spaces[k].overlap(first, second, int(k)) / sizes
    weight = np.outer(
        first.value * first.size.prod(axis=1), second.value * second.size.prod(axis=1)
    )
    mean = float(weight.sum())
    total = float((weight * overlap.prod(axis=0)).sum()) - mean
    rows = overlap.reshape(len(both), -1)
    weighted = rows * weight.ravel()
    single, pairs = np.zeros(p), np.zeros((p, p))
    single[both] = weighted.sum(axis=1) - mean
    pairs[np.ix_(both, both)] = (
        weighted @ rows.T - single[both][:, None] - single[both][None, :] - mean
    )
    np.fill_diagonal(pairs, 0.0)
    return _Moments(single, pairs, total)


# Leaves -----------------------------------------------------------------------------


class _Leaves(NamedTuple):
    """The leaves of a tree.

    Attributes:
        value: (L,) mean of y, less that of all runs.
        is_split: (p,) whether the tree splits on a parameter.
        low, high: (L, c) ends of each column of X.
        size: (L, p) μ_k.
        inside: for each parameter with values that are listed, which of them lie in a leaf,
            (L, values); None for one that is an interval, or that is not split.
    """

    value: Floats
    is_split: NDArray[np.bool_]
    low: Floats
    high: Floats
    size: Floats
    inside: list[Floats | None]


class _Space:
    """The values of one parameter: an interval, or a list of evenly weighted ones.

    Attributes:
        columns: of X.
        listed: (values, columns) X at each of the listed values; None for an interval.
    """

    def __init__(self, data: Data, k: int) -> None:
        column = data.columns[k]
        self.columns = np.flatnonzero(data.group == k)
        self.listed = _listed(column, data)

    def inside(self, low: Floats, high: Floats) -> Floats | None:
        """Which of the listed values lie in each leaf, (L, values)."""
        if self.listed is None:
            return None
        low, high = low[:, None, self.columns], high[:, None, self.columns]
        return ((self.listed > low) & (self.listed <= high)).all(axis=2).astype(float)

    def size(self, low: Floats, high: Floats, inside: Floats | None) -> Floats:
        """Share of the values that lie in each leaf, (L,)."""
        if inside is not None:
            return np.asarray(inside.mean(axis=1))
        column = self.columns[0]
        return np.asarray(np.minimum(high[:, column], 1.0) - np.maximum(low[:, column], 0.0))

    def overlap(self, first: _Leaves, second: _Leaves, k: int) -> Floats:
        """Share of the values that lie in a leaf of each, (L, L')."""
        a, b = first.inside[k], second.inside[k]
        if a is not None and b is not None:
            return np.asarray(a @ b.T / a.shape[1])
        column = self.columns[0]
        high = np.minimum.outer(first.high[:, column], second.high[:, column])
        low = np.maximum.outer(first.low[:, column], second.low[:, column])
        return np.asarray(np.maximum(np.minimum(high, 1.0) - np.maximum(low, 0.0), 0.0))


def _listed(column: Column, data: Data) -> Floats | None:
    """X at each value of a parameter that has few of them; None for an interval."""
    if column.kind == "category":
        # As in X, where a run without the parameter has one of the others' values.
        codes, seen = category_codes(column, data.counted)
        codes = codes[~np.isnan(codes)]
        listed = listed_codes(codes, seen)
        return np.array([[float(code == other) for other in listed] for code in seen])
    if column.marks:
        return np.array([[column.position(mark)] for mark in column.marks], dtype=np.float32)
    return None


def _leaves(tree: Any, data: Data, spaces: list[_Space]) -> _Leaves:
    """The boxes of a scikit-learn tree's leaves, found level by level from the root."""
    nodes, c = tree.node_count, data.x.shape[1]
    low, high = np.full((nodes, c), -np.inf), np.full((nodes, c), np.inf)
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    level = np.array([0])
    while level.size:
        level = level[left[level] >= 0]
        at, threshold = feature[level], tree.threshold[level]
        for child in (left[level], right[level]):
            low[child], high[child] = low[level], high[level]
        high[left[level], at] = threshold
        low[right[level], at] = threshold
        level = np.concatenate([left[level], right[level]])
    leaves = np.flatnonzero(left < 0)
    low, high = low[leaves], high[leaves]
    value = tree.value[leaves, 0, 0] - data.y.mean()
    is_split = np.zeros(len(spaces), dtype=bool)
    is_split[data.group[feature[left >= 0]]] = True
    inside: list[Floats | None] = [None] * len(spaces)
    size = np.ones((len(leaves), len(spaces)))
    for k in np.flatnonzero(is_split):
        inside[k] = part = spaces[k].inside(low, high)
        size[:, k] = spaces[k].size(low, high, part)
    # A threshold between two places that differ by a rounding error leaves no room.
    return _Leaves(value, is_split, low, high, np.maximum(size, 1e-9), inside)
