"""PED-ANOVA: which parameters a run among the best ones depends on.

Watanabe, Bansal & Hutter, "PED-ANOVA: efficiently quantifying hyperparameter importance in
arbitrary subspaces", IJCAI 2023. The importance of a parameter for getting into the best
share γ' of the runs is the Pearson divergence of its density among those, p', from that
among all, p (their eq. 12, without the factors that all parameters share):

    D = Σ_g p(g) (p'(g) / p(g) - 1)²

over the cells g of a grid. Densities are Parzen estimates with Scott's bandwidth and one
kernel as wide as the grid for what was never seen, as in the authors' code and in Optuna.

With few runs D is large whatever the parameter does. So the same is computed for sets of as
many runs drawn at random, and their mean is taken off. Shares of what remains are shown;
whether D is beyond chance is judged by a gamma distribution with the mean and the variance
of those sets, errors are bootstrap standard errors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbsweep.analysis.frame import Column
from nbsweep.analysis.importance.association import beyond_chance
from nbsweep.analysis.importance.forest import LEVEL, shares
from nbsweep.analysis.importance.matrix import Data, Measured, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

QUANTILE = 0.1
"""Share of the runs that are the best ones."""
MIN_BEST = 5
"""Runs among the best at least: a density of fewer says nothing."""

_CELLS = 50
_DRAWN = 100  # sets of runs at random
# So wide that 90 % of a kernel fit into its cell (0.5 / 1.64).
_LEAST_BANDWIDTH = 0.5 / 1.64
_TINY = 1e-12


class _Grid(NamedTuple):
    cells: Ints  # (n,) of each run
    size: int
    is_category: bool


def n_best(n: int, quantile: float = QUANTILE) -> int:
    """How many of n runs are the best ones."""
    return min(max(math.ceil(quantile * n), MIN_BEST), n)


def ped_anova(
    data: Data, rng: np.random.Generator, n_bootstrap: int, quantile: float = QUANTILE
) -> Measured:
    """Shares of the divergences, of the best runs from all, beyond chance."""
    n = len(data.y)
    grids = [_grid(column, data) for column in data.columns]
    badness = data.y if data.is_minimized else -data.y
    ordered = np.argsort(badness, kind="stable")
    count = n_best(n, quantile)
    # Runs as good as the last of the best are among them.
    best = np.flatnonzero(badness <= badness[ordered[count - 1]])
    everything = np.ones((1, n))
    drawn = np.zeros((_DRAWN, n))
    for row in drawn:
        row[rng.permutation(n)[: len(best)]] = 1.0
    resampled = [rng.integers(0, n, n) for _ in range(n_bootstrap)]
    copies = np.array([np.bincount(rows, minlength=n) for rows in resampled], dtype=float)
    copies_best = np.array([_best_of(badness, each, count) for each in copies])

    found, surprise, repeated = np.zeros(data.p), np.ones(data.p), np.zeros((n_bootstrap, data.p))
    for k, grid in enumerate(grids):
        is_best = np.isin(np.arange(n), best)[None, :].astype(float)
        found[k] = divergence(grid, is_best, everything)[0]
        by_chance = divergence(grid, drawn, everything)
        surprise[k] = beyond_chance(found[k], by_chance)
        repeated[:, k] = divergence(grid, copies_best, copies) - by_chance.mean()
        found[k] -= by_chance.mean()
    is_sure = surprise < LEVEL / data.p
    again = np.array([shares(row) for row in repeated])
    return Measured(shares(found), again.std(axis=0, ddof=1), is_sure, again, bool(is_sure.any()))


def _best_of(badness: Floats, copies: Floats, count: int) -> Floats:
    """The copies of the runs in a resample that are its best `count`, and those equal to them."""
    order = np.argsort(badness, kind="stable")
    last = order[np.searchsorted(np.cumsum(copies[order]), count)]
    return np.asarray(copies * (badness <= badness[last]))


def divergence(grid: _Grid, best: Floats, all_runs: Floats) -> Floats:
    """D of sets of runs, (s,), from how often each run is in them, (s, n) or (1, n)."""
    part, whole = _density(grid, best) + _TINY, _density(grid, all_runs) + _TINY
    return np.asarray((whole * (part / whole - 1) ** 2).sum(axis=1))


def _grid(column: Column, data: Data) -> _Grid:
    """In which cell of a grid each run lies."""
    numbers = np.array([column.numbers[i] for i in data.counted], dtype=float)
    if column.kind == "category":
        seen, cells = np.unique(numbers, return_inverse=True)
        return _Grid(cells, len(seen), True)
    position = places(column, data.counted)
    is_even = column.marks and column.kind != "log"
    size = min(len(column.marks), _CELLS) if is_even else _CELLS
    cells = np.ceil(position * (size - 1) - 0.5).astype(int)
    return _Grid(np.clip(cells, 0, size - 1), size, False)


def _density(grid: _Grid, weight: Floats) -> Floats:
    """Parzen estimates over the cells of a grid, (s, cells), from the runs' weights, (s, n)."""
    counts = np.zeros((len(weight), grid.size))
    for cell in range(grid.size):
        counts[:, cell] = weight[:, grid.cells == cell].sum(axis=1)
    total = counts.sum(axis=1, keepdims=True)
    if grid.is_category:
        # Each run spreads a little over the others, by the weight of the kernel for the unseen.
        kernels = (counts > 0).sum(axis=1, keepdims=True) + 1
        spread = 1.0 / kernels
        own = (counts + total * spread) / (1 + grid.size * spread)
        return np.asarray((own + 1.0 / grid.size) / (total + 1))
    from scipy.special import ndtr

    sigma = _bandwidth(counts)[:, None]
    edges = np.arange(-grid.size, grid.size + 1) + 0.5  # less a kernel's middle
    below = ndtr(edges / sigma)  # (s, 2 · cells + 1)
    at = np.arange(grid.size)
    start = grid.size - 1 - at  # the place in `edges` of the lower end, for each middle
    reached = below[:, start[:, None] + np.arange(grid.size + 1)]  # (s, middles, cells + 1)
    mass = np.diff(reached, axis=2) / (reached[:, :, -1:] - reached[:, :, :1])
    density = np.einsum("sm,smc->sc", counts, mass)
    middle = (grid.size - 1) / 2
    wide = ndtr((np.arange(grid.size + 1) - 0.5 - middle) / grid.size)
    return np.asarray((density + np.diff(wide) / (wide[-1] - wide[0])) / (total + 1))


def _bandwidth(counts: Floats) -> Floats:
    """Scott's rule by the smaller of standard deviation and interquartile range, (s,)."""
    at = np.arange(counts.shape[1])
    total = counts.sum(axis=1)
    mean = counts @ at / total
    variance = (counts * (at - mean[:, None]) ** 2).sum(axis=1) / np.maximum(1, total - 1)
    up_to = np.cumsum(counts, axis=1)
    first = (up_to < np.maximum(total // 4, 1)[:, None]).sum(axis=1)
    third = (up_to <= (total * 3 // 4)[:, None]).sum(axis=1)
    sigma = np.minimum((third - first) / 1.34, np.sqrt(variance))
    return np.asarray(np.maximum(1.059 * sigma * total**-0.2, _LEAST_BANDWIDTH))
