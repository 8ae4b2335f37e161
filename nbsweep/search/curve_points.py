"""Curves as a few points each, on one axis: how far every run is on its way to its end.

Runs are laid beside each other by iteration, the k-th value of each. Two sweeps need more:

- the number of iterations is a parameter, as `epochs` often is: every finished run has as
  many values as its param says, or a constant times as many. Then a run is on the axis by
  its share of its own length;
- runs log the metric more or less often, up to the same step: numbers of values differ,
  last steps agree. Then the axis is the step, as it is for curves that lack values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Curve, Metric, RunState, is_number

Array = npt.NDArray[np.float64]

NODES = 14
SPACING = 3.0  # nodes at H·(j/NODES)^SPACING: between logarithmic (early) and linear (late)
LOOKED_AT = 15  # values between two nodes of which the median is taken
ALIKE = 0.1  # relative; lengths that differ by less are the same
MIN_LENGTHS = 3  # finished runs, to tell that a param sets the length
NOISE_RUNS = 10.0  # that the noise common to all curves counts as
LEAST_NOISE = 1e-5  # variance, of targets
DETAILS = 200  # places at which what curves have in common is looked at
MIN_WHOLE = 3  # whole curves, for that
CAUTION = 4.0  # square of the standard errors that it has to exceed
MEDIAN_NOISE = 1.57  # π/2: variance of a median, times that of a mean


class ShownRun(NamedTuple):
    """A run and what it has shown.

    Attributes:
        params: flat parameter name to natural value.
        curve: its metric; `run_id` and `state` are looked at too.
    """

    params: Mapping[str, Any]
    curve: Curve


class CurvePoints(NamedTuple):
    """One curve in a few points, shape (p,) each, p ≤ NODES + 2.

    Attributes:
        at: place on the axis, from 1 to the horizon, ascending.
        values: targets there.
        counts: how many values each stands for.
    """

    at: Array
    values: Array
    counts: Array


@dataclass(frozen=True)
class Course:
    """How far runs are on their way.

    Attributes:
        horizon: iterations of a usual run.
        lengths: iterations of the finished runs, ascending.
        param: the parameter that sets the length, or None.
        per_param: iterations for each unit of it.
        last_step: the step at which all runs end, where that is the axis; else None.
    """

    horizon: int
    lengths: tuple[int, ...] = ()
    param: str | None = None
    per_param: float = 1.0
    last_step: int | None = None

    @classmethod
    def of(cls, runs: Sequence[ShownRun], horizon: int | None = None) -> Course | None:
        """The course of these runs; None where none has finished and no horizon is given."""
        if horizon is not None:
            return cls(horizon) if horizon > 1 else None
        finished = [run for run in runs if run.curve.state is RunState.FINISHED]
        lengths = np.sort([len(run.curve.values) for run in finished])
        if not len(lengths) or int(np.median(lengths)) < 2:
            return None
        usual, all_lengths = int(np.median(lengths)), tuple(map(int, lengths))
        steps = np.array([run.curve.steps[-1] for run in finished])
        if any(run.curve.is_sampled for run in runs):
            return cls(usual, all_lengths, last_step=int(np.median(steps)))
        if len(finished) < MIN_LENGTHS or _are_alike(lengths):
            return cls(usual, all_lengths)
        for name in sorted(finished[0].params):
            per_param = _ratio(name, finished)
            if per_param is not None:
                return cls(usual, all_lengths, name, per_param)
        last_step = int(np.median(steps)) if _are_alike(steps) else None
        return cls(usual, all_lengths, last_step=last_step)

    def end_of(self, run: ShownRun) -> int | None:
        """The iteration at which a run is expected to end; None when it is beyond all ends."""
        done = len(run.curve.values)
        if self.param is not None and is_number(run.params.get(self.param)):
            end = self.length(run.params)
        elif self.last_step is not None:
            share = (run.curve.steps[-1] + 1) / (self.last_step + 1)
            end = round(done / share)
        elif done < self.horizon:
            end = self.horizon
        else:
            longer = [length for length in self.lengths if length > done]
            end = int(np.median(longer)) if longer else 0
        return end if end > done else None

    def length(self, params: Mapping[str, Any]) -> int:
        """How many iterations a run with these params is expected to have."""
        given = params.get(self.param) if self.param is not None else None
        return round(self.per_param * given) if given and is_number(given) else self.horizon

    def places(self, run: ShownRun) -> Array:
        """Where the values of a run are on the axis, shape (k,), from 1 to the horizon."""
        done = len(run.curve.values)
        if self.last_step is not None:
            at = (np.array(run.curve.steps) + 1.0) * self.horizon / (self.last_step + 1.0)
        else:
            at = np.arange(1.0, done + 1.0)
            at *= self.horizon / max(1, self.length(run.params))
        return np.clip(at, 1.0, float(self.horizon))


def seen(metric: Metric, curve: Curve) -> Array:
    """What each value of a curve made of the metric, shape (k,), to be minimised.

    With mode "best" that is the best value so far, and so on (`Metric.of_curve`), so that
    a run ends at the last one whatever the mode.
    """
    values = np.asarray(curve.values, dtype=float)
    kind = metric.aggregate
    if kind == "min":
        values = np.minimum.accumulate(values)
    elif kind == "max":
        values = np.maximum.accumulate(values)
    elif kind == "mean":
        values = np.cumsum(values) / np.arange(1, len(values) + 1)
    elif kind == "first":
        values = np.full_like(values, values[0])
    return cast(Array, metric.sign * values)


def nodes_until(horizon: int) -> Array:
    """Places from 1 to the horizon at which curves are described, ascending, shape (t,)."""
    share = np.linspace(0.0, 1.0, NODES + 1)[1:] ** SPACING
    return np.unique(np.maximum(np.round(horizon * share), 1.0))


def common_detail(
    places: Sequence[Array], targets: Sequence[Array], nodes: Array, noise: Array
) -> tuple[Array, Array]:
    """What whole curves have in common between the nodes: where, and how much, both (g,).

    Steps of a schedule and restarts are off the lines between nodes, alike in all runs.
    The median of the runs, less what their noise may have made of it; 0 at the nodes.

    Args:
        places: of the values of each whole curve.
        targets: their values.
        nodes: shape (t,).
        noise: variance of each curve's noise, shape (n,).
    """
    grid = np.unique(np.append(nodes, np.linspace(1.0, nodes[-1], DETAILS).round()))
    if len(targets) < MIN_WHOLE:
        return grid, np.zeros(len(grid))
    lines = weights(grid, nodes)
    at_nodes = np.searchsorted(grid, nodes)
    curves = np.array([np.interp(grid, *each) for each in zip(places, targets, strict=True)])
    detail = np.median(curves - curves[:, at_nodes] @ lines.T, axis=0)
    square = np.square(detail)
    made_by_noise = 2.0 * MEDIAN_NOISE * float(np.median(noise)) / len(targets)
    share = np.clip(1.0 - CAUTION * made_by_noise / np.maximum(square, 1e-300), 0.0, 1.0)
    return grid, cast(Array, share * detail)


def thinned(at: Array, targets: Array, nodes: Array) -> CurvePoints:
    """A curve as medians between neighbouring nodes and its last value.

    Args:
        at: places of its values, shape (k,), k ≥ 1.
        targets: shape (k,).
        nodes: shape (t,).
    """
    edges = np.sqrt(nodes[1:] * nodes[:-1])
    ends = np.searchsorted(at[:-1], edges, side="right")
    places, middles, counts = [], [], []
    begin = 0
    for end in (*ends.tolist(), len(at) - 1):
        count = end - begin
        if count > 0:
            part = slice(begin, end, -(-count // LOOKED_AT))
            values = sorted(targets[part].tolist())
            places.append(math.exp(float(np.log(at[part]).mean())))
            middles.append(0.5 * (values[len(values) // 2] + values[(len(values) - 1) // 2]))
            counts.append(float(len(values)))
        begin = max(begin, end)
    return CurvePoints(
        np.array([*places, float(at[-1])]),
        np.array([*middles, float(targets[-1])]),
        np.array([*counts, 1.0]),
    )


def noise_of(targets: Sequence[Array]) -> Array:
    """Variance of the noise of each curve, shape (n,).

    From second differences, y_k − (y_{k−1} + y_{k+1})/2, whose variance is 1.5 times that
    of the noise, by their median: spikes count for little. A short curve has the noise
    that curves have in common.
    """
    variance, count = np.zeros(len(targets)), np.zeros(len(targets))
    for i, target in enumerate(targets):
        late = target[len(target) // 4 :]
        if len(late) > 2:
            bends = np.sort(np.abs(late[1:-1] - 0.5 * (late[2:] + late[:-2])))
            count[i] = len(bends)
            variance[i] = (bends[len(bends) // 2] / 0.6745) ** 2 / 1.5
    enough = count >= 3
    common = float(np.median(variance[enough])) if enough.any() else 1e-2
    own = (NOISE_RUNS * common + count * variance) / (NOISE_RUNS + count)
    return cast(Array, np.maximum(own, LEAST_NOISE))


def point_noise(points: CurvePoints, noise: float) -> Array:
    """Variance of the noise of each point of a curve whose values have this noise."""
    share = np.where(points.counts > 2, MEDIAN_NOISE, 1.0) / points.counts
    return cast(Array, noise * share)


def between(at: Array, nodes: Array) -> Array:
    """How far places (p,) are from the nodes (t,): d·(1 − d) of their gap in log k, (p,).

    Times twice its variance, that is what a process that wanders like an Ornstein-Uhlenbeck
    one may be off the line between two nodes, to first order.
    """
    log_k = np.log(nodes)
    after = np.clip(np.searchsorted(nodes, at), 1, len(nodes) - 1)
    gap = log_k[after] - log_k[after - 1]
    share = np.clip((np.log(at) - log_k[after - 1]) / gap, 0.0, 1.0)
    return cast(Array, gap * share * (1.0 - share))


def weights(at: Array, nodes: Array) -> Array:
    """What places (p,) have of the values at the nodes (t,), shape (p, t): linear in log."""
    out = np.zeros((len(at), len(nodes)))
    if len(nodes) == 1:
        out[:, 0] = 1.0
        return out
    place = np.interp(np.log(at), np.log(nodes), np.arange(len(nodes)))
    below = np.minimum(place.astype(int), len(nodes) - 2)
    row = np.arange(len(at))
    out[row, below] = 1.0 - (place - below)
    out[row, below + 1] = place - below
    return out


def _are_alike(lengths: npt.NDArray[Any]) -> bool:
    """Whether nearly all lengths are nearly the same."""
    low, middle, high = np.quantile(lengths, [0.1, 0.5, 0.9])
    return bool(high - low <= ALIKE * middle)


def _ratio(name: str, finished: Sequence[ShownRun]) -> float | None:
    """Iterations for each unit of a parameter, where it sets the length of all runs."""
    values: list[Any] = [run.params.get(name) for run in finished]
    if not all(is_number(value) and value > 0 for value in values):
        return None
    given = np.array(values, dtype=float)
    lengths = np.array([len(run.curve.values) for run in finished])
    ratio = float(np.median(lengths / given))
    return ratio if np.all(np.abs(lengths - ratio * given) <= 1.0) else None
