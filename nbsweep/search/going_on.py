"""What going on with a run promises, beside a new one; both in improvement per iteration.

Notation (everything is minimised, in the metric's own units):

========  =====================================================================
f*        the best value that any other run has shown so far
EI        E[max(f* − end, 0)] over the predicted end of a run: the expected improvement
r, H      iterations that a run has still to go, and those of a whole one
========  =====================================================================

A run under way is worth EI / r, a run that does not exist yet EI / H (the freeze-thaw
choice of Swersky et al. 2014, with the cost of each iteration alike). Which ends are to
be expected is said by `curve_model`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from nbsweep.records import Metric, Observation, RunState
from nbsweep.search import grid_search
from nbsweep.search.curve_model import Z80, CurveModel, PredictedEnd, ShownRun
from nbsweep.search.encoding import Encoding
from nbsweep.search.late_turns import LateTurns
from nbsweep.search.maximize import mutate
from nbsweep.search.run_length import RunLengths
from nbsweep.space.seeds import without_seeds
from nbsweep.sweep_config import SweepConfig

POOL = 64  # params that a new run may get
GRID_SEEN = 640  # points of a grid that are looked at, in its order
PARENTS = 4  # best runs, around whose params half of the pool lies


@dataclass(frozen=True)
class Prospect:
    """What going on with one run promises.

    Attributes:
        run_id: the run; None for one that does not exist yet.
        end: where it ends.
        left: iterations that it still takes.
        to_beat: the best value of all others, in the metric's own sign.
        gain: expected improvement upon it.
        chance: that it ends better; of a run under way with `late_turns`.
    """

    run_id: str | None
    end: PredictedEnd
    left: int
    to_beat: float
    gain: float
    chance: float

    @property
    def rate(self) -> float:
        """Expected improvement per iteration still to be spent."""
        return self.gain / max(self.left, 1)

    @property
    def is_beyond_half(self) -> bool:
        """Whether less than half of the run is left."""
        return 2 * self.left < self.end.horizon


class Prospects:
    """What is to be expected of the runs of a sweep, and of new ones.

    Args:
        config: the sweep, with a metric.
        metric: its metric.
        runs: all of its runs, in an order that does not depend on chance.
        lengths: how long they are.
        model: of their curves, to the usual length.
    """

    def __init__(
        self,
        config: SweepConfig,
        metric: Metric,
        runs: Sequence[ShownRun],
        lengths: RunLengths,
        model: CurveModel,
    ) -> None:
        self._config = config
        self._metric = metric
        self._runs = runs
        self._lengths = lengths
        self._models: dict[int, CurveModel | None] = {model.horizon: model}
        self._model = model
        self._reached = self._values_reached()
        self._turns = LateTurns(metric, runs)

    @classmethod
    def of(cls, config: SweepConfig, runs: Sequence[ShownRun]) -> Prospects | None:
        """None while nothing can be predicted: no run has finished, or curves are too few."""
        runs = sorted(runs, key=lambda run: run.curve.run_id)  # sums round alike in any order
        lengths = RunLengths.of(runs)
        if config.metric is None or lengths is None:
            return None
        model = CurveModel.of(config, runs, lengths.usual)
        return None if model is None else cls(config, config.metric, runs, lengths, model)

    def of_run(self, run: ShownRun) -> Prospect | None:
        """Of a run that is under way or paused; None when it cannot be predicted.

        Where its length is in doubt, the one that promises more. The chance is not below
        the share of finished runs that made up as much as late (`late_turns`).
        """
        run_id = run.curve.run_id
        best, ends = self._to_beat(run_id), self.ends(run)
        if best is None or ends is None:
            return None
        prospects = [self._prospect(run_id, end, left, best) for end, left in ends]
        likeliest = max(prospects, key=lambda prospect: prospect.chance, default=None)
        if likeliest is None or not run.curve.values:
            return likeliest
        return replace(likeliest, chance=max(likeliest.chance, self.share_of_turns(run, best)))

    def ends(self, run: ShownRun) -> list[tuple[PredictedEnd, int]] | None:
        """Where a run may end, and how many iterations it has to go; None when not to be told.

        The likeliest first; several where its length is in doubt, none where it is longer
        than all others.
        """
        ends = []
        for horizon in self._lengths.horizons(run):
            model = self._model_to(horizon)
            end = model.end(run.curve.run_id) if model else None
            if end is None:
                return None
            ends.append((end, horizon - run.curve.iterations))
        return ends

    def new_ends(self, params: Sequence[Mapping[str, Any]]) -> list[PredictedEnd]:
        """Where runs would end that have shown nothing yet."""
        return self._model.new(params)

    def share_of_turns(self, run: ShownRun, to_beat: float) -> float:
        """The share of finished runs that came to beat a value late, see `late_turns`."""
        return self._turns.share(run, to_beat)

    def share_of_returns(self, run: ShownRun, to_beat: float) -> float:
        """The share of finished runs that were thrown back as it is, and beat a value."""
        return self._turns.share_of_returns(run, to_beat)

    def of_new(self, params: Sequence[Mapping[str, Any]]) -> list[Prospect]:
        """Of runs that do not exist yet; empty when they cannot be predicted."""
        best = self._to_beat(None)
        if best is None or not params:
            return []
        return [
            self._prospect(None, end, self._lengths.of_params(each), best)
            for end, each in zip(self.new_ends(params), params, strict=True)
        ]

    @cached_property
    def new_rate(self) -> float | None:
        """Expected improvement per iteration of the next new run; None when none is left.

        A model-guided search takes the most promising of its candidates; random search
        and a grid take what comes.
        """
        candidates = self._candidates()
        if not candidates:
            return None
        rates = [prospect.rate for prospect in self.of_new(candidates)]
        if not rates:
            return 0.0
        return max(rates) if self._config.method == "bayes" else math.fsum(rates) / len(rates)

    def _model_to(self, horizon: int) -> CurveModel | None:
        if horizon not in self._models:
            self._models[horizon] = CurveModel.of(self._config, self._runs, horizon)
        return self._models[horizon]

    def _prospect(self, run_id: str | None, end: PredictedEnd, left: int, best: float) -> Prospect:
        gain = expected_improvement(end, best)
        return Prospect(run_id, end, left, best, gain, end.chance(best))

    def _values_reached(self) -> dict[str, float]:
        """Run id → the value that it amounts to by now, times the sign."""
        return {
            run.curve.run_id: self._metric.sign * self._metric.of_curve(run.curve.values)
            for run in self._runs
            if run.curve.values
            and not run.curve.state.broke
            and run.curve.state is not RunState.KILLED
        }

    def _to_beat(self, run_id: str | None) -> float | None:
        """The best value of all runs but one, in the metric's own sign."""
        others = [value for other, value in self._reached.items() if other != run_id]
        return self._metric.sign * min(others) if others else None

    def _candidates(self) -> list[Mapping[str, Any]]:
        """Params that the next run may get; the same for the same runs in any order."""
        if self._config.method == "grid":
            return self._rest_of_grid()
        encoding = Encoding(without_seeds(self._config.space))
        if not len(encoding):
            return []
        rng = np.random.default_rng(0)
        points = encoding.sample(POOL, rng)
        if self._config.method != "random" and self._reached:
            best = sorted(self._reached, key=lambda run_id: (self._reached[run_id], run_id))
            params = {run.curve.run_id: run.params for run in self._runs}
            parents = [encoding.encode(params[run_id])[0] for run_id in best[:PARENTS]]
            near = mutate(encoding, encoding.snap(np.array(parents)), POOL // 2, rng)
            points = np.vstack([points[: POOL // 2], near])
        return [encoding.decode(point) for point in points]

    def _rest_of_grid(self) -> list[Mapping[str, Any]]:
        taken = [Observation(run.params, None) for run in self._runs]
        rest = islice(grid_search.remaining(self._config, taken, ()), GRID_SEEN)
        left = [suggestion.params for suggestion in rest]
        return left[:: max(1, len(left) // POOL)]


def expected_improvement(end: PredictedEnd, best: float) -> float:
    """E[max(best − end, 0)] in units of the metric, for an end with two halves of a normal.

    The integral of P(end < v) over v below `best`, where the distribution has the median μ
    and the spread s below it and s' above it, each from the 80 % interval: s h(z) with
    z = (best − μ) / s up to the median, and s h(0) + s' (h(z') − h(0)) beyond, with
    h(z) = φ(z) + z Φ(z). Errors of most metrics are far from symmetric, and one spread
    for both sides would promise ends that do not exist.

    Args:
        end: the prediction.
        best: what to improve upon, in the metric's own sign.
    """
    reach = (end.value - end.low, end.high - end.value)
    below, above = (each / Z80 for each in (reach if end.sign > 0 else reach[::-1]))
    ahead = end.sign * (best - end.value)
    if ahead <= 0:
        return below * _h(ahead / below) if below > 0 else 0.0
    if not above > 0:
        return below * _h(0.0) + ahead
    return below * _h(0.0) + above * (_h(ahead / above) - _h(0.0))


def _h(z: float) -> float:
    """φ(z) + z Φ(z), 0 where it underflows; see `acquisition.log_h` for arrays and its log."""
    if z < -35.0:
        return 0.0
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return max(density + z * 0.5 * math.erfc(-z / math.sqrt(2.0)), 0.0)
