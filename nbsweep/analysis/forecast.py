"""Is it worth going on? What the next runs may gain and where runs under way are heading."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from nbsweep.records import Observation, RunRecord, Snapshot, Suggestion
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number, without_surrogates

if TYPE_CHECKING:
    from nbsweep.analysis.learning_curves import CurveForecast
    from nbsweep.search.outlook import Outlook

HOPELESS = 0.05  # chance to become the best run, below which a run may be stopped
RUNS_TOLD = 8


@dataclass(frozen=True)
class Forecast:
    """Whether a sweep is worth going on with; shows itself as text and as HTML.

    Attributes:
        suggestion: "go on", "stop", or "unknown" where there is no ground to say.
        verdict: the same in a sentence, with its reason.
        gain: what the next runs may gain; None when unknown.
        runs: where runs under way are heading; empty where nobody can say.
        sentences: one for each of these.
    """

    suggestion: str
    verdict: str
    gain: Outlook | None
    runs: tuple[CurveForecast, ...] = ()
    sentences: tuple[str, ...] = ()

    def __str__(self) -> str:
        return without_surrogates("\n".join([self.verdict, *(f"  {s}" for s in self.sentences)]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        listed = f'<ul style="margin:.4em 0">{items}</ul>' if items else ""
        return without_surrogates(f"<div><div><b>{escape(self.verdict)}</b></div>{listed}</div>")


def forecast(snapshot: Snapshot, config: SweepConfig) -> Forecast:
    """The forecast of a snapshot with curves; pure, and the same for the same snapshot."""
    from nbsweep.analysis.learning_curves import forecast_curves
    from nbsweep.search import generator
    from nbsweep.search.outlook import outlook

    observations, pending = _evidence(snapshot, config)
    found = outlook(config, observations, pending, generator(snapshot.sweep.seed, 0))
    metric = config.metric
    heading: list[CurveForecast] = []
    if metric is not None:
        best = metric.best_run(snapshot.runs)
        heading = forecast_curves(snapshot.curves, metric.goal, best[1] if best else None)
    by_id = {run.id: run for run in snapshot.runs}
    sentences = tuple(_heading(by_id[one.run_id], one, config) for one in heading[:RUNS_TOLD])
    suggestion, verdict = _verdict(found, config)
    gain = None if isinstance(found, str) else found
    return Forecast(suggestion, verdict, gain, tuple(heading), sentences)


def _evidence(
    snapshot: Snapshot, config: SweepConfig
) -> tuple[list[Observation], list[Suggestion]]:
    """What the search knows: the last attempt of each number inside of the present space."""
    metric = config.metric
    newest = {run.number: run for run in snapshot.runs}.values()
    inside = [run for run in newest if config.space.contains(run.params)]
    observations = [
        Observation(
            run.params,
            metric.of(run.summary) if metric else None,
            run.state,
            {} if snapshot.sweep.edits else run.origin,  # an edit gives grid points new numbers
        )
        for run in inside
        if run.state.ended
    ]
    pending = [Suggestion(run.params, run.origin) for run in inside if not run.state.ended]
    return observations, pending


def _verdict(found: Outlook | str, config: SweepConfig) -> tuple[str, str]:
    if isinstance(found, str):
        if found == "nothing is left to try":
            return "stop", "Nothing is left to try: the sweep is through."
        return "unknown", f"Unknown whether it is worth going on: {found}."
    assert config.metric is not None
    runs = f"the next {found.next_runs} runs" if found.next_runs > 1 else "the last run"
    if found.gain > found.little:
        return "go on", (
            f"Worth going on: {runs} may improve {config.metric.name} by {_rounded(found.gain)} on "
            f"average ({_rounded(found.low)} to {_rounded(found.high)}); chance of a better run "
            f"{_percent(found.chance)}."
        )
    little = (
        f"{runs} may improve {config.metric.name} by less than {_rounded(found.little)} on "
        "average, 1 % of what the best run is ahead of a middling one"
    )
    if found.is_worth_it:
        return "go on", (
            f"Worth going on: {little}, but the {found.rest_runs} points of the grid after them "
            f"by {_rounded(found.rest_gain)}."
        )
    return "stop", f"You may stop here: {little}."


def _heading(run: RunRecord, one: CurveForecast, config: SweepConfig) -> str:
    assert config.metric is not None
    basis = "as finished runs went on from there" if one.like_others else "by its own curve"
    text = (
        f"Run {run.number}: {config.metric.name} about {_rounded(one.value, 3)} "
        f"({_rounded(one.low, 3)} to {_rounded(one.high, 3)}) at step {one.horizon}, {basis}"
    )
    if one.chance is None:
        return f"{text}."
    text += f"; chance to become the best {_percent(one.chance)}"
    return f"{text}: it may be stopped." if one.chance < HOPELESS else f"{text}."


def _rounded(value: float, digits: int = 2) -> str:
    """With few digits: more would promise more than a forecast can hold."""
    return number(float(f"{value:.{digits}g}"))


def _percent(probability: float) -> str:
    if probability < 0.01:
        return "below 1 %"
    if probability > 0.99:
        return "above 99 %"
    return f"{100 * probability:.0f} %"
