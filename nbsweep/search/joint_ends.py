"""Where a run ends in each of several metrics, by a model of that metric's curves. Pure.

A metric that finished runs have shown once each (the number of weights, a latency measured
at the end) ends where it is; of a run that has not shown it, it is told from the params.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from nbsweep.records import Metric, RunState
from nbsweep.search.curve_model import PredictedEnd, ShownRun
from nbsweep.search.curve_points import seen
from nbsweep.search.going_on import Prospects
from nbsweep.search.joint_curves import JointRun
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number, plus_minus


@dataclass(frozen=True)
class End:
    """Where one run ends in one metric.

    Attributes:
        metric: which.
        ends: the prediction, the likeliest first where its length is in doubt; at least one.
        is_beyond_half: whether less than half of its values are left; None when not known.
        run: what it has shown of the metric.
        prospects: of the metric; None where it is shown once only.
    """

    metric: Metric
    ends: tuple[PredictedEnd, ...]
    is_beyond_half: bool | None
    run: ShownRun
    prospects: Prospects | None

    def beats(self, value: float) -> float:
        """The chance that it is better than a value, in the metric's own sign."""
        return max(end.chance(value) for end in self.ends)

    def turns(self, value: float) -> float:
        """The share of finished runs that came to beat that late, see `late_turns`.

        Of a run that stood better before, by more than the prediction is sure of, those count
        that were thrown back as it is and came back.
        """
        if self.prospects is None or not self.run.curve.values:
            return 0.0
        share = self.prospects.share_of_turns(self.run, value)
        own = seen(self.metric, self.run.curve)
        if not own[-1] - own.min() > self.ends[0].sd:
            return share
        return max(share, self.prospects.share_of_returns(self.run, value))

    @property
    def keeps(self) -> float:
        """The chance that it keeps the metric's limits."""
        metric = self.metric
        chance = max(_chance_within(end, metric.at_least, metric.at_most) for end in self.ends)
        limit = metric.at_most if metric.sign > 0 else metric.at_least
        return max(chance, self.turns(limit)) if limit is not None else chance

    def __str__(self) -> str:
        end = self.ends[0]
        return f"{self.metric.name} {plus_minus(end.value, end.sd)}"


class MetricEnds:
    """Where the runs of a sweep end in one metric.

    Args:
        config: the sweep.
        place: of the metric among the config's `metrics`.
        runs: all of its runs.
    """

    def __init__(self, config: SweepConfig, place: int, runs: Sequence[JointRun]) -> None:
        self.metric = config.metrics[place]
        self._place = place
        shown = [self._shown(run) for run in runs]
        lengths = [len(run.curve.values) for run in shown if run.curve.state is RunState.FINISHED]
        self._is_shown_once = any(lengths) and median_low(lengths) <= 1
        if self._is_shown_once:
            shown = [_flat(run) for run in shown if run.curve.values]
        self._prospects = Prospects.of(replace(config, metric=self.metric), shown)

    def of(self, run: JointRun) -> End | None:
        """Where one of the runs ends that is under way; None where that cannot be told."""
        shown, model = self._shown(run), self._prospects
        if not shown.curve.values:  # it may come late, or at the end
            if model is None or shown.curve.diverged:
                return None
            return End(self.metric, tuple(model.new_ends([run.params])), None, shown, None)
        if self._is_shown_once:
            value = self.metric.of_curve(shown.curve.values)
            sign = self.metric.sign
            known = PredictedEnd(run.run_id, 1, value, value, value, 0.0, sign)
            return End(self.metric, (known,), None, shown, None)
        ends = model.ends(shown) if model is not None else None
        if not ends:
            return None
        end, left = ends[0]
        is_late = 2 * left < end.horizon
        return End(self.metric, tuple(end for end, _ in ends), is_late, shown, model)

    def _shown(self, run: JointRun) -> ShownRun:
        return ShownRun(run.params, run.curves[self._place])


def _flat(run: ShownRun) -> ShownRun:
    """What was shown once, as a curve of two values: what models of curves are made of."""
    value = run.curve.values[-1]
    return ShownRun(run.params, replace(run.curve, steps=(0, 1), values=(value, value)))


def _chance_within(end: PredictedEnd, low: float | None, high: float | None) -> float:
    """The chance that a run ends between two values, either of which may be missing."""
    if end.low == end.high:
        is_below = high is None or end.value <= high
        return float(is_below and (low is None or end.value >= low))
    below_high = 1.0 if high is None else _chance_below(end, high)
    below_low = 0.0 if low is None else _chance_below(end, low)
    return max(0.0, below_high - below_low)


def _chance_below(end: PredictedEnd, value: float) -> float:
    better = end.chance(value)
    return better if end.sign > 0 else 1.0 - better


def limits_of(metric: Metric) -> str:
    """The limits of a metric in words."""
    limits = [("at_least", metric.at_least), ("at_most", metric.at_most)]
    return " and ".join(f"{name} {number(value)}" for name, value in limits if value is not None)
