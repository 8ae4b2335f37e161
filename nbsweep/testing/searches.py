# ruff: noqa: D102  # the name of a test says what it holds
"""SearchContract: what every search method has to do, as tests that a method inherits."""

from __future__ import annotations

import copy
import json
import math
import zlib
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from nbsweep import search
from nbsweep.records import Observation, RunState, Suggestion
from nbsweep.space.search_space import value_key
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    import numpy as np

SEED = 7
PLAIN_TYPES = (type(None), bool, int, float, str, list, dict)

# The metric of runs that went wrong, or too well, in the order they are met below.
ODD_OUTCOMES: tuple[tuple[float | None, RunState], ...] = (
    (None, RunState.FAILED),
    (math.nan, RunState.FINISHED),
    (math.inf, RunState.FINISHED),
    (-math.inf, RunState.STOPPED),
    (1e308, RunState.FINISHED),
    (0.0, RunState.KILLED),
    (None, RunState.CRASHED),
    (-1e308, RunState.FINISHED),
    (0.5, RunState.PREEMPTED),
)


class SearchContract:
    """Tests for one search method on one sweep config.

    Inherit, name the subclass ``Test…`` and give `config`; pytest runs the rest.
    A method that is not in `nbsweep.search.METHODS` overrides `suggest` as well.

    Attributes:
        repeats: whether the method may suggest a point twice while others are left.
            One that does not has to end a finite space with None.
        runs: how many runs most tests simulate.

    Example:
        >>> class TestGrid(SearchContract):
        ...     def config(self):
        ...         space = {"batch_size": {"values": [32, 64]}}
        ...         return parse({"method": "grid", "parameters": space})
    """

    repeats = False
    runs = 8

    def config(self) -> SweepConfig:
        """The sweep config that the tests use."""
        raise NotImplementedError

    def suggest(
        self,
        config: SweepConfig,
        observations: Sequence[Observation],
        pending: Sequence[Suggestion],
        rng: np.random.Generator,
    ) -> Suggestion | None:
        """The method under test."""
        return search.suggest(config, observations, pending, rng)

    def next_of(
        self,
        observations: Sequence[Observation] = (),
        pending: Sequence[Suggestion] = (),
        config: SweepConfig | None = None,
    ) -> Suggestion | None:
        """The suggestion that a controller would get after these runs."""
        rng = search.generator(SEED, len(observations) + len(pending) + 1)
        return self.suggest(config or self.config(), observations, pending, rng)

    def simulate(self, runs: int) -> list[Observation]:
        """That many ended runs, one after the other; fewer when the space ends before."""
        config = self.config()
        observations: list[Observation] = []
        while len(observations) < runs:
            suggestion = self.next_of(observations, config=config)
            if suggestion is None:
                break
            observations.append(ended(suggestion, metric_of(suggestion.params)))
        return observations

    def test_suggests_a_value_of_its_space_for_every_parameter(self) -> None:
        config = self.config()
        for observation in self.simulate(self.runs):
            active = config.space.active(observation.params)
            names = [parameter.name for parameter in config.space if parameter.name in active]
            assert list(observation.params) == names
            assert config.space.contains(observation.params)
            for parameter in config.space:
                if parameter.name not in active:
                    continue
                value = observation.params[parameter.name]
                assert parameter.distribution.contains(value), f"{parameter.name} = {value!r}"

    def test_params_are_plain_python_values(self) -> None:
        for observation in self.simulate(self.runs):
            for name, value in observation.params.items():
                assert type(value) in PLAIN_TYPES, f"{name} is a {type(value)}"

    def test_origin_is_json_and_names_the_method(self) -> None:
        for observation in self.simulate(self.runs):
            assert observation.origin["method"] == self.config().method
            assert json.loads(json.dumps(observation.origin, allow_nan=False)) == observation.origin

    def test_same_inputs_give_the_same_suggestion(self) -> None:
        observations = self.simulate(self.runs - 1)
        for count in range(len(observations) + 1):
            first = self.next_of(observations[:count])
            assert same_suggestion(first, self.next_of(observations[:count]))

    def test_order_of_the_runs_does_not_matter(self) -> None:
        observations = self.simulate(self.runs - 1)
        half = len(observations) // 2
        ran, waiting = observations[:half], [pending_of(run) for run in observations[half:-1]]
        straight = self.next_of(ran, waiting)
        assert same_suggestion(straight, self.next_of(ran[::-1], waiting[::-1]))
        assert same_suggestion(straight, self.next_of([*ran[1:], *ran[:1]], waiting))

    def test_leaves_what_it_is_given_alone(self) -> None:
        config = self.config()
        observations = self.simulate(3)
        ran, waiting = observations[:-1], [pending_of(run) for run in observations[-1:]]
        before = copy.deepcopy((config.source, ran, waiting))
        suggestion = self.next_of(ran, waiting, config)
        for value in suggestion.params.values() if suggestion else ():
            if isinstance(value, (list, dict)):
                value.clear()  # training code may do as it likes with its config
        assert (config.source, ran, waiting) == before

    def test_runs_without_a_usable_value_do_not_stop_it(self) -> None:
        config = self.config()
        observations: list[Observation] = []
        for value, state in ODD_OUTCOMES * 2:
            suggestion = self.next_of(observations, config=config)
            if suggestion is None:
                assert not self.repeats
                break
            assert config.space.contains(suggestion.params)
            observations.append(ended(suggestion, value, state))

    def test_runs_from_elsewhere_do_not_stop_it(self) -> None:
        """Earlier and enqueued runs may lack parameters, or have values of another space."""
        config = self.config()
        names = [parameter.name for parameter in config.space]
        strangers = [
            Observation({}, 0.3),
            Observation({names[0]: "a value of another sweep"}, 0.2),
            Observation(dict.fromkeys(names), 0.1),
            Observation({**dict.fromkeys(names, 10**6), "not a parameter": 1}, 0.4),
        ]
        waiting = [Suggestion(run.params) for run in strangers]
        suggestion = self.next_of(strangers, waiting, config)
        assert suggestion is not None
        assert config.space.contains(suggestion.params)

    def test_runs_under_way_count_as_taken(self) -> None:
        if self.repeats:
            return
        config = self.config()
        pending: list[Suggestion] = []
        for _ in range(self.runs):
            suggestion = self.next_of((), pending, config)
            if suggestion is None:
                break
            assert point(suggestion.params) not in {point(other.params) for other in pending}
            pending.append(suggestion)

    def test_a_finite_space_ends_when_every_point_had_its_run(self) -> None:
        config = self.config()
        size = config.space.grid_size if config.method == "grid" else config.space.size
        if self.repeats or size is None:
            return
        observations: list[Observation] = []
        pending: list[Suggestion] = []
        while (suggestion := self.next_of(observations, pending, config)) is not None:
            pending.append(suggestion)
            assert len(observations) + len(pending) <= size
            if len(pending) == 3:  # the youngest ends first
                run = pending.pop()
                observations.append(ended(run, metric_of(run.params)))
        tried = [run.params for run in observations] + [run.params for run in pending]
        assert len({point(params) for params in tried}) == len(tried) == size


def ended(
    suggestion: Suggestion, value: float | None, state: RunState = RunState.FINISHED
) -> Observation:
    """The observation that a run of `suggestion` leaves."""
    return Observation(suggestion.params, value, state, suggestion.origin)


def pending_of(observation: Observation) -> Suggestion:
    """The suggestion of a run, as if it were still under way."""
    return Suggestion(observation.params, observation.origin)


def metric_of(params: Any) -> float:
    """A metric in [0, 1) that follows from the params and from nothing else."""
    return zlib.crc32(repr(sorted(params.items())).encode()) / 2**32


def point(params: Any) -> Hashable:
    """A hashable form of params, equal for equal points."""
    return value_key(params)


def same_suggestion(a: Suggestion | None, b: Suggestion | None) -> bool:
    """Whether two suggestions are equal; NaN equals NaN."""
    if a is None or b is None:
        return a is b
    return point(a.params) == point(b.params) and point(a.origin) == point(b.origin)
