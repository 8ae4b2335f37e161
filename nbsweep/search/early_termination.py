"""Which runs under way to end early: by hyperband, asha, median or auto. Pure; see `stops`.

Notation: the values of a curve are counted from 1, whatever `step` they were logged at;
the k-th value of a run is its iteration k. Values are minimised in here: those of a
metric to maximise are negated on the way in and shown in their own sign in reasons.

A run that has diverged shows NaN or infinity from its first value on, or lately several
times in a row (`nbsweep.records.iterations`). These values are worse than any other for
judging that run, and set nobody else's threshold. Of all other runs only finite values are
looked at, as in W&B's engine.

- hyperband: successive halving with bands as W&B's engine does it, which is one bracket
  of Hyperband (Li et al. 2018, JMLR 18-185) decided again at each look.
- asha: asynchronous successive halving (Li et al. 2020, MLSys, algorithm 2) in its
  stopping form: a run is judged once at each rung, at the moment it arrives.
- median: the median stopping rule of Vizier (Golovin et al. 2017, KDD, section 3.2.2),
  with the percentile free to choose.
- auto: by a model of curves, see `auto_stop`, which is imported for it alone: it brings
  numpy and scipy.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from nbsweep.records import Curve, EarlyTermination, Metric, RunState, StopDecision
from nbsweep.sweep_config import SweepConfig

MAX_BANDS = 100  # as in W&B's engine; with eta = 1.01 the last is at 2.7 times min_iter
AUTO_SHARE = 10  # auto: judged again after a tenth more, so that a long run costs few looks
ENOUGH_DIGITS = 17  # tell any two floats apart

_Values = Sequence[float]


def stops(
    config: SweepConfig,
    curves: Sequence[Curve],
    judged: Mapping[str, int] | None = None,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    due: Container[str] | None = None,
) -> list[StopDecision]:
    """The running runs that early termination ends now, in the order of `curves`.

    The same curves give the same decisions. Without `early_terminate` and a metric in
    the config there are none.

    Args:
        config: the sweep.
        curves: of all its runs, ended ones included: they set the thresholds.
        judged: run id → number of iterations at which the run was judged before. Only
            asha looks at it, and judges a run at the last rung that it reached since;
            by default no run was judged before.
        params: run id → params of the run. Only auto looks at them.
        due: ids of the runs that auto judges; by default all.
    """
    if config.early_terminate is None or config.metric is None:
        return []
    if needs_config(config.early_terminate):
        from nbsweep.search.auto_stop import auto_stops
        from nbsweep.search.curve_model import ShownRun

        known = params or {}
        return auto_stops(config, [ShownRun(known.get(c.run_id, {}), c) for c in curves], due)
    return stops_by(config.early_terminate, config.metric, curves, judged)


def needs_config(rule: EarlyTermination) -> bool:
    """Whether a rule looks at the params of runs and at the search space, beside curves."""
    return rule.type == "auto"


def stops_by(
    rule: EarlyTermination,
    metric: Metric,
    curves: Sequence[Curve],
    judged: Mapping[str, int] | None = None,
) -> list[StopDecision]:
    """The runs that a rule ends now, see `stops`; for a rule that needs no whole config."""
    sign = metric.sign
    values = {c.run_id: [sign * value for value in c.values] for c in curves if c.values}
    running = {
        c.run_id: [*values.get(c.run_id, ()), *[math.inf] * (c.iterations - len(c.values))]
        for c in curves
        if c.state is RunState.RUNNING and c.iterations
    }
    if rule.type == "median":
        return _median(rule, values, running, {c.run_id for c in curves if c.state.ended}, sign)
    if rule.type == "asha":
        return _asha(rule, values, running, judged or {}, sign)
    return _hyperband(rule, values, running, sign)


def next_check(rule: EarlyTermination, iterations: int) -> int | None:
    """The first iteration after `iterations` at which a run is judged, None if there is none."""
    if rule.type == "median":
        first = rule.min_iter or 1
        past = max(0, iterations - first + rule.interval) // rule.interval
        return first + past * rule.interval
    if rule.type == "auto":
        check = rule.min_iter or 1
        while check <= iterations:
            check += max(1, check // AUTO_SHARE)
        return check
    return next((band for band in bands(rule) if band > iterations), None)


def bands(rule: EarlyTermination) -> Iterator[int]:
    """The iterations at which hyperband and asha compare runs, never decreasing.

    With `max_iter` and `s`: max_iter / eta^k for k = s, …, 1, those below 1 left out.
    Else min_iter · eta^k for k = 0, 1, …, and for asha below `max_iter` where given.
    """
    if rule.s is not None and rule.max_iter is not None:
        yield from _bands_below(rule.max_iter, rule.s, rule.eta)
        return
    band = float(rule.min_iter or 1)
    for _ in range(MAX_BANDS):
        if math.isinf(band) or (rule.max_iter is not None and band >= rule.max_iter):
            return
        yield int(band)
        band *= rule.eta


def _bands_below(max_iter: int, count: int, eta: float) -> list[int]:
    falling: list[int] = []
    band = float(max_iter)
    while len(falling) < count and (band := band / eta) >= 1:
        falling.append(int(band))
    return falling[::-1]


def last_band(rule: EarlyTermination, iterations: int) -> int | None:
    """The largest band that a run of so many iterations has reached."""
    last = None
    for last in takewhile(lambda band: band <= iterations, bands(rule)):  # noqa: B007
        pass
    return last


def _hyperband(
    rule: EarlyTermination,
    values: Mapping[str, _Values],
    running: Mapping[str, _Values],
    sign: float,
) -> list[StopDecision]:
    """Stop what is worse than the band's threshold, the value at index int(n / eta) of n.

    A run is compared at the largest band that it has reached, again at each look: later
    runs may tighten the threshold.
    """
    decisions = []
    of_band: dict[int, list[float]] = {}
    for run_id, own in running.items():
        band = last_band(rule, len(own))
        if band is None:
            continue
        if band not in of_band:
            of_band[band] = _at(values, band)
        there = of_band[band]
        if not there:  # all that got there show no number
            continue
        # (1 / eta) · n and not n / eta, which rounds differently: as W&B's engine has it.
        threshold = there[min(int(1.0 / rule.eta * len(there)), len(there) - 1)]
        shown = own[band - 1] if rule.strict else min(own)
        if shown > threshold:
            best = "" if rule.strict else "the best so far, "
            pair = _pair(sign, shown, threshold)
            decisions.append(
                StopDecision(
                    run_id,
                    f"band {band}: {best}{pair[0]} is worse than {pair[1]}, "
                    f"top 1/{rule.eta:g} of {len(there)} runs",
                )
            )
    return decisions


def _asha(
    rule: EarlyTermination,
    values: Mapping[str, _Values],
    running: Mapping[str, _Values],
    judged: Mapping[str, int],
    sign: float,
) -> list[StopDecision]:
    """Let the best floor(n / eta) of the n runs that reached a rung go on, at least one.

    As in the paper the n counts the run itself. A run that went on is not looked at
    again before its next rung, so that what it is promised stays.
    """
    decisions = []
    for run_id, own in running.items():
        rung = last_band(rule, len(own))
        if rung is None or rung <= judged.get(run_id, 0):
            continue
        there = _at(values, rung)
        if not there:
            continue
        promoted = max(1, int(len(there) / rule.eta))
        shown, threshold = own[rung - 1], there[promoted - 1]
        if shown > threshold:
            pair = _pair(sign, shown, threshold)
            which = "the best" if promoted == 1 else f"the last of the best {promoted}"
            decisions.append(
                StopDecision(
                    run_id,
                    f"rung {rung}: {pair[0]} is worse than {pair[1]}, {which} of {len(there)} runs",
                )
            )
    return decisions


def _median(
    rule: EarlyTermination,
    values: Mapping[str, _Values],
    running: Mapping[str, _Values],
    ended: set[str],
    sign: float,
) -> list[StopDecision]:
    """Stop a run whose best value is worse than the median of the others' averages.

    The averages are over iterations 1 to k of the ended runs that got to k, the last
    iteration at which the run is to be judged. Runs that were stopped at k or later
    count as well: without them the median would be that of the survivors.
    """
    decisions = []
    of_check: dict[int, list[float]] = {}
    first = rule.min_iter or 1
    for run_id, own in running.items():
        if len(own) < first:
            continue
        check = len(own) - (len(own) - first) % rule.interval
        if check not in of_check:
            others = (values[other] for other in values if other in ended)
            of_check[check] = sorted(
                math.fsum(v / check for v in other[:check])
                for other in others
                if len(other) >= check
            )
        averages = of_check[check]
        if len(averages) < rule.min_runs:
            continue
        shown, threshold = min(own[:check]), percentile(averages, rule.percentile)
        if shown > threshold:
            what = "median" if rule.percentile == 50 else f"best {rule.percentile:g} %"
            pair = _pair(sign, shown, threshold)
            decisions.append(
                StopDecision(
                    run_id,
                    f"iteration {check}: the best so far, {pair[0]}, is worse than {pair[1]}, "
                    f"{what} of the averages of {len(averages)} runs",
                )
            )
    return decisions


def _at(values: Mapping[str, _Values], iteration: int) -> list[float]:
    """What all runs that got to `iteration` showed there, best first."""
    return sorted(own[iteration - 1] for own in values.values() if len(own) >= iteration)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Between the two nearest of the ordered values, as numpy's default has it."""
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    share = place - below
    return ordered[below] * (1 - share) + ordered[above] * share


def _pair(sign: float, shown: float, threshold: float) -> tuple[str, str]:
    """Two different values in the metric's sign, in as many digits as tell them apart."""
    a, b = sign * shown, sign * threshold
    if math.isinf(shown):
        return "NaN or infinity", f"{b:.3g}"
    for digits in range(3, ENOUGH_DIGITS):
        pair = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if pair[0] != pair[1]:
            return pair
    return f"{a:.{ENOUGH_DIGITS}g}", f"{b:.{ENOUGH_DIGITS}g}"
