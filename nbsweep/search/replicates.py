"""Replicates: runs of the same params are one configuration, with a mean and its error.

Runs belong together when their params are equal but for those that only seed random numbers:
a parameter called ``seed``, ``random_seed``, ``random_state`` or ``rng_seed``, searched or
constant, or one that `Sweep.confirm` was told to vary (``origin["varied"]``). One that
is tied to others, or that a constraint or a condition names, is a parameter like any other.

A run that was handed out as a replicate says of which run in ``origin["replicate_of"]``, by
number. Pure, and without numpy: the controller looks here for every run.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.continued import CONFIRM
from nbsweep.records import Metric, RunRecord, RunState, Suggestion, is_number
from nbsweep.space.search_space import SearchSpace
from nbsweep.space.seeds import is_seed
from nbsweep.space.values import value_key

REPLICATE_OF = "replicate_of"  # in an origin: number of the run that is repeated
VARIED = "varied"  # in an origin: names of the parameters that differ from that run's
REPLICATE = "replicate"  # "why" of one that the sweep's `repeats` asked for
MAX_SEED = 2**32 - 1  # what NumPy's and scikit-learn's seeds may be at most
MODERATION = 4  # degrees of freedom with which the noise of all counts beside a configuration's


@dataclass(frozen=True)
class Configuration:
    """The runs of the same params that have a value of the metric.

    Attributes:
        params: of the first of them, without the seeds.
        runs: by number, the last attempt of each.
        values: of the metric, one for each of `runs`.
        sd: standard deviation of one run around the true mean, see `configurations`; None
            while no configuration was repeated.
        sign: 1.0, or -1.0 where high values are the good ones.
    """

    params: Mapping[str, Any]
    runs: tuple[RunRecord, ...]
    values: tuple[float, ...]
    sd: float | None = None
    sign: float = 1.0

    @property
    def n(self) -> int:
        """How many runs it has."""
        return len(self.runs)

    @property
    def mean(self) -> float:
        """The mean of its values; exact for any that a float can hold."""
        return math.fsum(value / self.n for value in self.values)

    @property
    def error(self) -> float | None:
        """Standard error of the mean; None while no configuration was repeated."""
        return None if self.sd is None else self.sd / math.sqrt(self.n)

    @property
    def middle(self) -> RunRecord:
        """The run that stands for it: of the median value, the better of two, then the first.

        A checkpoint of it is worth what the configuration is worth; that of its luckiest run
        is not.
        """
        order = sorted(range(self.n), key=lambda i: (self.sign * self.values[i], i))
        return self.runs[order[(self.n - 1) // 2]]


@dataclass(frozen=True)
class Noise:
    """How much runs of the same params differ, all configurations together.

    Attributes:
        variance: mean square within configurations, in the metric's units squared.
        freedom: degrees of freedom, Σ (n − 1) over the configurations with n > 1; ≥ 1.
    """

    variance: float
    freedom: int


def seeds(space: SearchSpace, runs: Iterable[RunRecord] = ()) -> frozenset[str]:
    """The names of the parameters that only seed random numbers, see the module.

    Args:
        space: the search space.
        runs: whose origins may name others.
    """
    named = {name for run in runs for name in run.origin.get(VARIED, ())}
    return frozenset(p.name for p in space if is_seed(p, space) or p.name in named)


def key_of(params: Mapping[str, Any], apart: Collection[str]) -> Hashable:
    """Equal for params that are the same configuration.

    Args:
        params: flat.
        apart: the parameters that seed, see `seeds`.
    """
    return frozenset((name, value_key(v)) for name, v in params.items() if name not in apart)


def as_configured(run: RunRecord, space: SearchSpace) -> Mapping[str, Any]:
    """A run's params, with what was varied of a constant back at the value of the config."""
    varied = run.origin.get(VARIED)
    if not varied:
        return run.params
    constants = space.constants
    return {**run.params, **{name: constants[name] for name in varied if name in constants}}


def fresh_seeds(
    space: SearchSpace,
    names: Collection[str],
    first: Mapping[str, Any],
    used: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Other values for the parameters that seed, for one more run of a configuration.

    A constant number goes up by one for each run (down where that would exceed MAX_SEED), so
    that the same repetition of several configurations has the same seed, and what a seed does
    to all of them alike cancels out. Of a searched parameter the next value that no run had. A
    constant that is no number stays as it is.

    Args:
        space: the search space.
        names: the parameters that seed.
        first: params of the configuration's first run.
        used: params of all of its runs, those that wait included.

    Returns:
        Name to value; None where a searched one has no values left.
    """
    values = {}
    for parameter in space:
        name, law = parameter.name, parameter.distribution
        if name not in names or name not in first:
            continue
        taken = {value_key(params[name]) for params in used if name in params}
        if law.is_constant:
            choices: Iterable[Any] = _counted_on(first[name])
        elif law.support is not None:
            choices = law.support
        else:
            choices = (law.quantile((0.5 + i * _GOLDEN) % 1.0) for i in range(_TRIED))
        value = next((each for each in choices if value_key(each) not in taken), None)
        if value is None and not law.is_constant:
            return None
        if value is not None:
            values[name] = value
    return values


_GOLDEN = (5**0.5 - 1) / 2
_TRIED = 10_000


def _counted_on(value: Any) -> Iterator[Any]:
    """The numbers after a seed; none where it is no number."""
    if is_number(value):
        step = 1 if value < MAX_SEED else -1
        while True:
            if value == MAX_SEED:
                step = -1
            value += step
            yield value


def replicate(
    first: RunRecord,
    runs: Sequence[Mapping[str, Any]],
    space: SearchSpace,
    origin: Mapping[str, Any],
    names: Collection[str] | None = None,
) -> Suggestion | None:
    """One more run of a configuration, with seeds of its own; None where no seed is left.

    Args:
        first: its first run.
        runs: params of all of its runs so far.
        space: the search space.
        origin: what the suggestion's origin says besides.
        names: the parameters that seed; None for those of `seeds`.
    """
    names = seeds(space) if names is None else names
    values = fresh_seeds(space, names, first.params, runs)
    if values is None:
        return None
    varied = {VARIED: sorted(values)} if values else {}
    return Suggestion({**first.params, **values}, {**origin, REPLICATE_OF: first.number, **varied})


# Points in a sweep's queue that repeat a run have these beside their params; no parameter of a
# config is likely to have such a name.
_QUEUED_OF = "nbsweep.replicate_of"
_QUEUED_VARIED = "nbsweep.varied"


def to_queue(suggestion: Suggestion) -> dict[str, Any]:
    """A replicate that a person asks for, as the sweep's queue keeps it."""
    origin = suggestion.origin
    entry = {**suggestion.params, _QUEUED_OF: origin[REPLICATE_OF]}
    return {**entry, _QUEUED_VARIED: origin[VARIED]} if VARIED in origin else entry


def from_queue(entry: Mapping[str, Any]) -> Suggestion | None:
    """The replicate that an entry of the queue is; None for a point that was enqueued."""
    if _QUEUED_OF not in entry:
        return None
    params = {name: v for name, v in entry.items() if name not in (_QUEUED_OF, _QUEUED_VARIED)}
    varied = {VARIED: entry[_QUEUED_VARIED]} if _QUEUED_VARIED in entry else {}
    return Suggestion(params, {"why": CONFIRM, REPLICATE_OF: entry[_QUEUED_OF], **varied})


def has_replicates(runs: Iterable[RunRecord]) -> bool:
    """Whether a run that counts was handed out as a repetition of another one.

    Points that a method happened to try twice, and a grid over seeds, do not make it so: what
    `best_run` says of such sweeps stays as it was.
    """
    return any(REPLICATE_OF in run.origin and run.state.counts for run in runs)


def configurations(
    runs: Sequence[RunRecord], metric: Metric, space: SearchSpace
) -> list[Configuration]:
    """The configurations with a value, in the order of their first runs.

    Each has the noise of its own runs, moderated by that of all (Smyth 2004, limma): the
    variance is (d₀ s₀² + (n − 1) s²) / (d₀ + n − 1), with the pooled s₀² and d₀ its degrees of
    freedom, at most MODERATION. The spread of two runs alone says nothing: it may be 0 by
    luck. One with a single run has the pooled noise.

    Args:
        runs: of the sweep, in order of (number, attempt); the last attempt of a number counts.
        metric: what is compared, see `Metric.counted`.
        space: the sweep's.
    """
    apart = seeds(space, runs)
    groups: dict[Hashable, list[tuple[RunRecord, float]]] = defaultdict(list)
    for run in {run.number: run for run in runs}.values():
        value = metric.counted(run)
        if value is not None:
            groups[key_of(run.params, apart)].append((run, value))
    noise = pooled_noise([[value for _, value in group] for group in groups.values()])
    found = []
    for group in groups.values():
        values = tuple(value for _, value in group)
        params = {name: v for name, v in group[0][0].params.items() if name not in apart}
        sd = None if noise is None else _moderated_sd(values, noise)
        members = tuple(run for run, _ in group)
        found.append(Configuration(params, members, values, sd, metric.sign))
    return found


def pooled_noise(groups: Iterable[Sequence[float]]) -> Noise | None:
    """The noise of repeated runs; None where none was repeated.

    Args:
        groups: the values of each configuration, at least one.
    """
    total, freedom = 0.0, 0
    for values in groups:
        if len(values) > 1:
            total += _squares(values)
            freedom += len(values) - 1
    return Noise(total / freedom, freedom) if freedom else None


def _moderated_sd(values: Sequence[float], noise: Noise) -> float:
    prior = min(noise.freedom, MODERATION)
    total = prior * noise.variance + _squares(values)
    return math.sqrt(total / (prior + len(values) - 1))


def _squares(values: Sequence[float]) -> float:
    """Sum of the squared distances from the mean; infinite where a float does not hold it."""
    mean = math.fsum(value / len(values) for value in values)
    try:
        return math.fsum((value - mean) ** 2 for value in values)
    except OverflowError:
        return math.inf


class Repeats:
    """Which configuration is to be run once more, where each one is to be run several times.

    Fed with the runs that changed, so that it costs nothing for each of those that did not.
    What was stopped early, failed or was killed is not repeated: the first run said enough.

    Args:
        wanted: runs of each configuration.
        apart: the parameters that seed, see `seeds`.
    """

    def __init__(self, wanted: int, apart: Collection[str]) -> None:
        self._wanted = wanted
        self._apart = apart
        self._numbers: dict[Hashable, dict[int, RunRecord]] = {}
        self._keys: dict[int, Hashable] = {}
        self._open: dict[Hashable, None] = {}

    def update(self, runs: Iterable[RunRecord]) -> None:
        """Take in runs that are new or changed; of a number the last attempt counts."""
        for run in runs:
            known = self._keys.get(run.number)
            if known is not None:
                before = self._numbers[known].get(run.number)
                if before is not None and before.attempt > run.attempt:
                    continue
            key = self._keys.setdefault(run.number, key_of(run.params, self._apart))
            group = self._numbers.setdefault(key, {})
            group[run.number] = run
            if len(group) < self._wanted and all(map(is_repeated, group.values())):
                self._open[key] = None
            else:
                self._open.pop(key, None)

    def next(self) -> list[RunRecord]:
        """The runs of the configuration with the lowest number that lacks some; [] for none."""
        groups = (self._numbers[key] for key in self._open)
        group = min(groups, key=min, default={})
        return [group[number] for number in sorted(group)]

    def like(self, params: Mapping[str, Any]) -> list[RunRecord]:
        """The runs of the configuration that has these params, by number."""
        group = self._numbers.get(key_of(params, self._apart), {})
        return [group[number] for number in sorted(group)]


def is_repeated(run: RunRecord) -> bool:
    """Whether a run speaks for more runs of its configuration, as far as it has come."""
    return not run.state.ended or run.state in (RunState.FINISHED, RunState.PREEMPTED)
