"""Importance by the trees of a random forest: shares of what it explains, or loses.

Notation: X, y and group as in `nbsweep.analysis.importance.matrix`;
    gain        (p,) covariance of y with what a tree says through each parameter

Importance. A tree's prediction is the mean of y at its root plus, for every split on
the way down, the step to the mean of the child. The steps of the splits on parameter k
add up to f_k(x), and the covariance of f_k(x) with y over the runs that the tree was
*not* grown on is the gain of k: "MDI-oob" of Li, Wang, Basu, Kumbier & Yu, "A debiased
MDI feature importance measure for random forests", NeurIPS 2019. Over the runs that it
was grown on, the same sum is scikit-learn's `feature_importances_`, which credits every
parameter with what the tree learned by heart, the more the finer its values. Here noise
gains 0 on average. Shares of the positive gains are shown; they add up to 1.

Few runs. y varies mostly by what the other parameters do, which is noise to the covariance of
f_k with y. So what the forest says of each other parameter by itself, M_j(x_j), the mean of
f_j over the runs near x_j, is taken off y first. With parameters drawn independently of each
other f_k and M_j do not covary, not even where k and j interact, so that the gain is the same
on average, with a standard deviation of about half (a control variate).

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
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbsweep.analysis.importance.matrix import Data, Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

# Runs that M_j is a mean of, roughly, and most such groups.
_RUNS_OF_A_MEAN, _MOST_MEANS = 10, 12
# Chance of a false "stands out" over all parameters together, and of a false order.
LEVEL = 0.05

_N_TREES = 64
_N_TREES_RESAMPLED = 5
# With few runs the drawing of the trees decides an order as much as the runs do, and trees
# cost little: together they have this many rows at most, and are as many at most.
_ROWS_OF_TREES, _MOST_TREES = 16_000, 256
# Such trees look at a random part of the columns at each split, so that the ones that matter
# a little get a turn (Breiman 2001); many runs show them anyway, and with all columns a tree
# follows interactions better.
_PART_OF_FEW = 0.5
# Rows drawn for one tree at most: with more, trees get slower but shares no better.
MAX_ROWS = 200
# Below this many runs, leaves of one run still say more than they invent.
_FEW_RUNS = 100
_MIN_LEAF = 3


class Tree(NamedTuple):
    """A tree and the rows of X it was not grown on, with what it says of them.

    Attributes:
        tree: scikit-learn's regressor.
        out: (m,) rows.
        steps: (m, p) f_k(x) of each.
        mean: y at the root.
    """

    tree: Any
    out: Ints
    steps: Floats
    mean: float


# Of a grown tree: what each parameter contributes to the gain of each row of `out`, (m, p).
Gain = Callable[[Data, Tree], "Floats"]


def forest(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """Shares of what the forest explains of runs it did not see."""
    return _measure(data, rng, n_bootstrap, explained, _neighbours(data))


def permutation(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """Shares of what the forest loses when one parameter is shuffled."""
    return _measure(data, rng, n_bootstrap, lambda data, tree: _loss(data, tree, rng))


def _measure(
    data: Data,
    rng: np.random.Generator,
    n_bootstrap: int,
    gain: Gain,
    near: Ints | None = None,
) -> Measured:
    rows = np.arange(len(data.y))
    resamples = [rng.integers(0, len(data.y), len(data.y)) for _ in range(n_bootstrap)]
    n_trees = min(max(_N_TREES, _ROWS_OF_TREES // len(rows)), _MOST_TREES)
    grown, predicted = grow(data, rows, n_trees, rng, gain, near)
    repeated = np.array(
        [
            shares(grow(data, resample, _N_TREES_RESAMPLED, rng, gain, near)[0])
            for resample in resamples
        ]
    )
    score, is_ranked = r_squared(predicted, data.y)
    return judged(shares(grown), repeated, score, is_ranked)


def judged(importance: Floats, repeated: Floats, score: float | None, is_ranked: bool) -> Measured:
    """Importances with the errors that their resamples, (B, p), give."""
    error = repeated.std(axis=0, ddof=1)
    critical = NormalDist().inv_cdf(1 - LEVEL / len(importance))
    # Where most resamples give nothing at all, their spread says nothing either.
    is_usual = np.median(repeated, axis=0) > 0
    stands_out = (importance > critical * error) & is_usual & is_ranked
    return Measured(importance, error, stands_out, repeated, is_ranked, score)


def grow(
    data: Data,
    sample: Ints,
    n_trees: int,
    rng: np.random.Generator,
    gain: Gain,
    near: Ints | None = None,
) -> tuple[Floats, Floats]:
    """A forest on a sample of the rows: gain of each parameter, out-of-bag predictions.

    Args:
        data: X, group and y of all runs.
        sample: shape (n,), row indices, repeated ones in a bootstrap resample.
        n_trees: number of trees.
        rng: draws the rows of each tree.
        gain: see `Gain`.
        near: see `_neighbours`; with it what other parameters do by themselves is taken off
            y, for gains that are a product with it.

    Returns:
        (p,) gains; (n,) mean out-of-bag predictions, NaN where there is none.
    """
    n, p = len(data.y), data.p
    copies = np.bincount(sample, minlength=n)
    through = np.zeros((n, p))  # sum over trees of the gains, where out of bag
    said = np.zeros((n, p))  # of f_k
    predicted, votes = np.zeros(n), np.zeros(n)
    for tree in _trees(data, sample, copies, n_trees, rng):
        through[tree.out] += gain(data, tree)
        predicted[tree.out] += tree.mean + tree.steps.sum(axis=1)
        said[tree.out] += tree.steps
        votes[tree.out] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        predicted = predicted / votes
        contribution = np.where(votes[:, None] > 0, through / votes[:, None], 0.0)
        said = np.where(votes[:, None] > 0, said / votes[:, None], 0.0)
    if near is not None:
        alone = _means(said, near, copies * (votes > 0))
        contribution -= said * (alone.sum(axis=1, keepdims=True) - alone)
    return copies @ contribution / n, predicted


def _trees(
    data: Data, sample: Ints, copies: Ints, n_trees: int, rng: np.random.Generator
) -> Iterator[Tree]:
    n = len(data.y)
    # One generator of the kind scikit-learn wants, since making one a tree takes longer
    # than some trees do. It decides between equally good splits only.
    ties = np.random.RandomState(int(rng.integers(2**31)))
    for _ in range(n_trees):
        bag = sample[rng.integers(0, n, min(n, MAX_ROWS))]
        is_out = copies > 0
        is_out[bag] = False
        out = np.flatnonzero(is_out)
        if not out.size:
            continue
        tree = regression_tree(data, bag, ties, _PART_OF_FEW if n < _FEW_RUNS else None)
        mean, steps = _steps(tree.tree_, data.group, data.p)
        yield Tree(tree, out, tree.decision_path(data.x[out], check_input=False) @ steps, mean)


def _neighbours(data: Data) -> Ints:
    """For each parameter a group of runs near each other in it, (n, p), from 0 on.

    Those of one category, or of one of some bins that hold as many runs each.
    """
    n = len(data.y)
    most = min(max(n // _RUNS_OF_A_MEAN, 2), _MOST_MEANS)
    near = np.zeros((n, data.p), dtype=np.intp)
    for k in range(data.p):
        columns = data.x[:, data.group == k]
        # A category's columns as one number each; one column as it is.
        values = columns @ np.arange(1.0, columns.shape[1] + 1)
        distinct, place = np.unique(values, return_inverse=True)
        is_many = columns.shape[1] == 1 and len(distinct) > most
        near[:, k] = np.searchsorted(np.sort(values), values) * most // n if is_many else place
    return near


def _means(values: Floats, near: Ints, weight: Ints) -> Floats:
    """The weighted mean of each column over the rows of the same group, (n, p)."""
    p = near.shape[1]
    size = int(near.max()) + 1
    cells = (near + size * np.arange(p)).ravel()
    repeated = np.repeat(weight.astype(float), p)
    sums = np.bincount(cells, weights=values.ravel() * repeated, minlength=p * size)
    weights = np.bincount(cells, weights=repeated, minlength=p * size)
    return np.asarray((sums / np.maximum(weights, 1e-12))[cells].reshape(values.shape))


def regression_tree(
    data: Data, rows: Ints, ties: np.random.RandomState, part: float | None = None
) -> Any:
    """A tree that scikit-learn grew on rows of X, repeated ones counting as often.

    Args:
        data: X and y.
        rows: of them.
        ties: decides between equally good splits, and draws the columns.
        part: of the columns that each split looks at, all by default.
    """
    from sklearn.tree import DecisionTreeRegressor

    min_leaf = 1 if len(data.y) < _FEW_RUNS else _MIN_LEAF
    tree = DecisionTreeRegressor(min_samples_leaf=min_leaf, max_features=part, random_state=ties)
    return tree.fit(data.x[rows], data.y[rows], check_input=False)


def explained(data: Data, tree: Tree) -> Floats:
    """f_k(x) · (y - mean) of each row that the tree was not grown on; (m, p)."""
    return tree.steps * (data.y[tree.out] - tree.mean)[:, None]


def _loss(data: Data, tree: Tree, rng: np.random.Generator) -> Floats:
    """How much worse each run of `out` is predicted with a parameter shuffled; (m, p)."""
    y, x = data.y[tree.out], data.x[tree.out]
    said = tree.mean + tree.steps.sum(axis=1)
    worse = np.empty((len(y), data.p))
    for k in range(data.p):
        shuffled = x.copy()
        mask = data.group == k
        shuffled[:, mask] = x[rng.permutation(len(y))][:, mask]
        guessed = tree.tree.predict(shuffled, check_input=False)
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


def shares(gain: Floats) -> Floats:
    """The gains as shares of all positive ones; 0 for each when none is."""
    positive = np.maximum(gain, 0.0)
    total = positive.sum()
    return np.asarray(positive / total if total > 0 else positive)


def r_squared(predicted: Floats, y: Floats) -> tuple[float, bool]:
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
    beyond_chance = math.atanh(r) * math.sqrt(len(y) - 3) > NormalDist().inv_cdf(1 - LEVEL)
    return float(score), bool(score > 0 and beyond_chance)
