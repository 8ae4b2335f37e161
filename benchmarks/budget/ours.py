"""nbsweep in the simulation: its search and its early termination as the product calls them.

A suggestion comes from `search.suggest` with what `search.evidence` would give it; a run
is judged at the iterations at which `runs.judge.Counter` asks for a verdict, by
`search.early_termination.stops`; a stopped run goes on where `search.thaw` says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.budget.simulator import Run
from benchmarks.budget.sources import Params, Source
from nbsweep import search
from nbsweep.records import (
    Curve,
    Observation,
    RunState,
    StopDecision,
    Suggestion,
    is_number,
)
from nbsweep.search.early_termination import next_check, stops
from nbsweep.sweep_config import SweepConfig, parse

STATES = {
    "running": RunState.RUNNING,
    "stopped": RunState.STOPPED,
    "finished": RunState.FINISHED,
    "cut": RunState.STOPPED,
}


class Ours:
    """A sweep with that config.

    Args:
        source: what is trained.
        config: as a user writes it.
        seed: of the sweep.
    """

    def __init__(self, source: Source, config: dict[str, Any], seed: int) -> None:
        self._source = source
        self._config = parse(config)
        self._rule = self._config.early_terminate
        self._seed = seed
        self._runs: list[Run] = []
        self._suggested: Suggestion | None = None
        self._due: dict[str, int | None] = {}  # iteration of the next verdict
        self._judged: dict[str, int] = {}
        self._curves: dict[str, Curve] = {}
        self.reasons: dict[str, str] = {}

    @property
    def thaws(self) -> bool:
        return self._rule is not None and self._rule.type == "auto" and bool(self._rule.thaw)

    def next(self, now: float) -> Run | Params | None:
        observations = [self._observation(run) for run in self._runs if run.state != "running"]
        pending = [run.extra for run in self._runs if run.state == "running"]
        config = self._config_at(now)
        rng = search.generator(self._seed, len(self._runs) + 1)
        suggestion = search.suggest(config, observations, pending, rng)
        if self.thaws:
            thawed = self._thawed(suggestion)
            if thawed is not None:
                return thawed
        self._suggested = suggestion
        return None if suggestion is None else dict(suggestion.params)

    def started(self, run: Run, now: float) -> None:
        run.extra = self._suggested
        self._runs.append(run)
        self._due[run.id] = None if self._rule is None else next_check(self._rule, 0)

    def showed(self, run: Run, now: float) -> list[str]:
        due = self._due[run.id]
        self._curves.pop(run.id, None)
        if self._rule is None or due is None:
            return []
        shown = self._curve(run).iterations
        if shown < due:
            return []
        self._due[run.id] = next_check(self._rule, shown)
        return [stop.run_id for stop in self._verdicts()]

    def ended(self, run: Run, now: float) -> None:
        self._curves.pop(run.id, None)
        self._judged.pop(run.id, None)

    def cut(self, run: Run, now: float) -> tuple[float, float] | None:
        return None

    def _config_at(self, now: float) -> SweepConfig:
        return self._config

    def _verdicts(self) -> list[StopDecision]:
        curves = [self._curve(run) for run in self._runs]
        params = {run.id: run.params for run in self._runs}
        found = stops(self._config, curves, dict(self._judged), params)
        for curve in curves:
            if curve.state is RunState.RUNNING:
                self._judged[curve.run_id] = curve.iterations
        self.reasons.update({stop.run_id: stop.reason for stop in found})
        return found

    def _thawed(self, suggestion: Suggestion | None) -> Run | None:
        from nbsweep.search.curve_model import ShownRun
        from nbsweep.search.thaw import next_thaw

        runs = [ShownRun(run.params, self._curve(run)) for run in self._runs]
        paused = [run for run in runs if run.curve.state is RunState.STOPPED]
        params = None if suggestion is None else suggestion.params
        found = next_thaw(self._config, paused, runs, params)
        if found is None:
            return None
        run = next(run for run in self._runs if run.id == found.run_id)
        self._curves.pop(run.id, None)
        assert self._rule is not None
        self._due[run.id] = next_check(self._rule, self._curve(run).iterations)
        return run

    def _curve(self, run: Run) -> Curve:
        """As the store would read it; kept until the run shows more."""
        known = self._curves.get(run.id)
        state = STATES[run.state]
        if known is None:
            finite = [(step, value) for step, value in enumerate(run.shown) if is_number(value)]
            last = finite[-1][0] if finite else -1
            known = Curve(
                run.id,
                state,
                tuple(step for step, _ in finite),
                tuple(value for _, value in finite),
                len(run.shown),
                len(run.shown) - 1 - last,
            )
            self._curves[run.id] = known
        elif known.state is not state:
            known = self._curves[run.id] = replace(known, state=state)
        return known

    def _observation(self, run: Run) -> Observation:
        metric = self._config.metric
        assert metric is not None
        curve = self._curve(run)
        value = metric.of({metric.name: run.shown[-1]}) if run.shown else None
        if metric.aggregate is not None:
            value = metric.of_curve(curve.values) if curve.values else None
        return Observation(
            *(run.params, value, STATES[run.state], run.extra.origin),
            curve if self._config.learns_from_curves else None,
            run.seconds,
        )
