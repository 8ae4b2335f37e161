"""Is it worth going on? What the next runs may gain and where runs under way are heading."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from nbsweep.analysis.front import lead
from nbsweep.analysis.learning_curves import CurveForecast, forecast_curves
from nbsweep.continued import with_present_curves
from nbsweep.records import RunRecord, Snapshot
from nbsweep.search import generator
from nbsweep.search.evidence import Evidence
from nbsweep.search.outlook import NoOutlook, Outlook, outlook
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import DIGITS, digits_between, number, percent, without_surrogates

HOPELESS = 0.05  # chance to become the best run, below which a run may be stopped
RUNS_TOLD = 8


@dataclass(frozen=True)
class Forecast:
    """Whether a sweep is worth going on with; shows itself as text and as HTML.

    Attributes:
        suggestion: "go on", "stop", or "unknown" where too little is known to say.
        verdict: the same in a sentence, with its reason.
        gain: what the next runs may gain; None when unknown.
        runs: where runs under way are heading, those of which that can be said.
        sentences: one for each of the first few of these.
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
    evidence, metric = Evidence.of(snapshot, config), config.metric
    rng = generator(snapshot.sweep.seed, 0)
    gain = outlook(config, evidence.observations, evidence.pending, rng)
    if config.has_front and isinstance(gain, Outlook):  # it is of the first objective alone
        gain = NoOutlook(
            "No forecast with several objectives. While the hypervolume of the front still grows, "
            "further runs help."
        )
    # To become the best is no aim of a run where none can be.
    best = None if config.has_front else evidence.best
    if config.limits and best is not None:
        kept = lead(snapshot.runs, config).best
        best = metric.counted(kept) if metric is not None and kept is not None else None
    suggestion, verdict = _verdict(gain, metric.name if metric else "")
    runs: list[CurveForecast] = []
    sentences: list[str] = []
    if metric is not None:
        snapshot = with_present_curves(snapshot)
        params = {run.id: run.params for run in snapshot.runs}
        runs = forecast_curves(snapshot.curves, metric.goal, best, config, params)
        by_id = {run.id: run for run in snapshot.runs}
        sentences = [_heading(by_id[run.run_id], run, metric.name) for run in runs[:RUNS_TOLD]]
    return Forecast(
        suggestion,
        verdict,
        None if isinstance(gain, NoOutlook) else gain,
        tuple(runs),
        tuple(sentences),
    )


def _verdict(gain: Outlook | NoOutlook, metric: str) -> tuple[str, str]:
    """The suggestion, and the sentence with its reason."""
    if isinstance(gain, NoOutlook):
        return "stop" if gain.is_done else "unknown", gain.reason
    runs = f"the next {gain.next_runs} runs" if gain.next_runs > 1 else "the last run"
    if gain.gain > gain.little:
        return "go on", (
            f"Worth going on: {runs} should improve the best {metric} by about "
            f"{_rounded(gain.gain)} (likely between {_rounded(gain.low)} and "
            f"{_rounded(gain.high)}); a better run comes with a chance of {percent(gain.chance)}."
        )
    little = (
        f"{runs} should improve the best {metric} by less than {_rounded(gain.little)}, which is "
        "1 % of the gap between a typical run and the best one"
    )
    if gain.is_worth_it:
        return "go on", (
            f"Worth going on: {little}; but the {gain.rest_runs} points of the grid after them by "
            f"about {_rounded(gain.rest_gain)}."
        )
    return "stop", f"You may stop here: {little}."


def _heading(run: RunRecord, ahead: CurveForecast, metric: str) -> str:
    basis = "as finished runs did" if ahead.like_others else "by its own curve"
    digits = digits_between(ahead.low, ahead.high, 3)
    value, low, high = (_rounded(end, digits) for end in (ahead.value, ahead.low, ahead.high))
    text = (
        f"Run {run.number} is heading for a {metric} of {value} (likely between {low} and {high}) "
        f"at step {ahead.horizon}, {basis}"
    )
    if ahead.chance is None:
        return f"{text}."
    text += f"; its chance of becoming the best is {percent(ahead.chance)}"
    return f"{text}, so it may be stopped." if ahead.chance < HOPELESS else f"{text}."


def _rounded(value: float, digits: int = 2) -> str:
    """With few digits: more would promise more than a forecast can hold."""
    return number(float(f"{value:.{digits}g}"), digits=max(DIGITS, digits))
