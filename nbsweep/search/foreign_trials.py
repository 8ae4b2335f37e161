"""Our axes and runs as searchers of other libraries know them, and the way back.

Such a library keeps a study (Optuna) or an experiment (Ax) that it changes as it goes.
Here that is built in memory, from the observations, for each suggestion, and thrown
away: what a searcher has to know of its own past is kept in the origin of the
suggestions and given back. So a sweep that is searched by another library survives its
kernel and is shared by agents like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nbsweep.objectives import excesses
from nbsweep.records import Metric, Observation, Suggestion, is_number
from nbsweep.space.search_space import Categorical, Distribution, SearchSpace, value_key


@dataclass(frozen=True)
class ForeignAxis:
    """One searched parameter as another library knows it.

    Attributes:
        name: flat parameter name, or that of a tied group.
        distribution: ours.
    """

    name: str
    distribution: Distribution

    def natural(self, value: Any) -> Any:
        """The natural value of one that the library asked for, a plain Python value of ours."""
        raise NotImplementedError

    def of_natural(self, value: Any) -> Any:
        """What the library calls a natural value, or the nearest to it that there is here."""
        raise NotImplementedError

    def has_place_for(self, params: Mapping[str, Any]) -> bool:
        """Whether params have a value here that the space has, or one near it."""
        if self.name not in params:
            return False
        value, law = params[self.name], self.distribution
        return law.contains(value) or (not isinstance(law, Categorical) and is_number(value))

    def nearest(self, value: Any) -> Any:
        """The natural value itself, or the nearest to it that there is here."""
        law = self.distribution
        return value if law.contains(value) else law.quantile(law.cdf(value))


def place(values: Sequence[Any], value: Any) -> int:
    """Where in a list of values one stands."""
    return [value_key(other) for other in values].index(value_key(value))


class Trial(NamedTuple):
    """A run as another library is told of it.

    Attributes:
        number: which it was when it was asked for; -1 for runs from elsewhere.
        params: by name, as the library sees them.
        value: the first objective; None for runs under way, for those that failed, and for
            those without a value of each objective and each metric with a limit.
        running: whether it is under way.
        kept: what the searcher left in its origin, see the module's docstring.
        values: all objectives, in their own sign; empty where `value` is None.
        beyond: for each limit how far it is exceeded, negative where it is kept.
    """

    number: int
    params: dict[str, Any]
    value: float | None
    running: bool
    kept: Mapping[str, Any]
    values: tuple[float, ...] = ()
    beyond: tuple[float, ...] = ()


def trials_of(
    space: SearchSpace,
    axes: Sequence[ForeignAxis],
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    metrics: Sequence[Metric] = (),
) -> list[Trial]:
    """All runs that have a place in the space, in the order in which they were asked for.

    Args:
        space: of the sweep.
        axes: the searched ones.
        observations: ended runs.
        pending: runs under way.
        metrics: of a sweep with several; else empty.
    """
    trials = []
    runs: list[Observation | Suggestion] = [*observations, *pending]
    for run in runs:
        # A partial trial would shrink the joint space of searchers that infer it from trials.
        values = dict(run.params) if space.is_plain else space.gather(run.params)
        if any(parameter.when for parameter in space.axes):
            active = space.active(run.params)
            for axis in axes:  # the joint space of a searcher needs some value
                if space.names_of_axis[axis.name][0] not in active:
                    values.setdefault(axis.name, axis.distribution.quantile(0.5))
        if not all(axis.has_place_for(values) for axis in axes):
            continue
        params = {axis.name: axis.of_natural(values[axis.name]) for axis in axes}
        number, kept = run.origin.get("trial", -1), run.origin.get("kept", {})
        found, beyond = _measured(run, metrics) if isinstance(run, Observation) else ((), ())
        value, running = found[0] if found else None, isinstance(run, Suggestion)
        trials.append(Trial(number, params, value, running, kept, found, beyond))
    return sorted(trials, key=lambda trial: (trial.number, repr(trial)))


def _measured(
    run: Observation, metrics: Sequence[Metric]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Objectives and excesses over limits of a run that counts; both empty if one is unknown."""
    if not run.state.counts:
        return (), ()
    if not metrics:
        return (() if run.value is None or not is_number(run.value) else (run.value,)), ()
    known = [value if is_number(value) else None for value in run.values]
    pairs = zip(metrics, known, strict=True)
    objectives = [value for metric, value in pairs if metric.is_objective]
    values, beyond = [v for v in objectives if v is not None], excesses(known, metrics)
    if beyond is None or len(values) < len(objectives):
        return (), ()
    return tuple(values), beyond


def params_of(
    space: SearchSpace, axes: Sequence[ForeignAxis], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """The params of what the library asked for."""
    values = {axis.name: axis.distribution.quantile(0.5) for axis in space.axes}
    values |= {axis.name: axis.natural(asked[axis.name]) for axis in axes}
    return space.spread(values)


def is_exhausted(
    space: SearchSpace, observations: Sequence[Observation], pending: Sequence[Suggestion]
) -> bool:
    """Whether every point of a finite space has had its run."""
    if space.size is None or len(observations) + len(pending) < space.size:
        return False
    return len(tried(space, observations, pending)) >= space.size


def tried(
    space: SearchSpace, observations: Sequence[Observation], pending: Sequence[Suggestion]
) -> set[Any]:
    """The keys (see `value_key`) of the points of the space that have had a run."""
    runs = [run.params for run in observations] + [run.params for run in pending]
    return {value_key(space.prune(params)) for params in runs if space.contains(params)}
