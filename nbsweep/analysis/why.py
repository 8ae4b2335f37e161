"""Why a run has the params that it has, in plain words: `Sweep.why(run)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from nbsweep.analysis.front import lead
from nbsweep.analysis.ticks import clipped
from nbsweep.analysis.why_several import guided, several_metrics
from nbsweep.analysis.why_stopped import why_stopped
from nbsweep.continued import CONFIRM
from nbsweep.records import Metric, RunRecord, RunState, Snapshot, is_number
from nbsweep.search.calibration import Record, holds
from nbsweep.search.evidence import Evidence
from nbsweep.search.replicates import REPLICATE_OF, VARIED
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import (
    clip,
    digits_between,
    duration,
    joined,
    number,
    percent,
    plural,
    short,
    without_surrogates,
)

TOLD_PARAMS = 12
NAME_LIMIT = 40  # characters of a parameter's name
TOLD_EXTRAS = 8

SURPRISING_SD = 2.0  # from the prediction


@dataclass(frozen=True)
class Explanation:
    """Why a run has the params that it has; shows itself as text and as HTML.

    Attributes:
        title: which run.
        params: its swept parameters as (name, text).
        sentences: why these, and how it came out.
        predictions: of this sweep that can be checked by now: made before a run that ended with
            a value.
        held: how many of these values were inside the 80 % interval that was predicted.
    """

    title: str
    params: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    predictions: int = 0
    held: int = 0

    def __str__(self) -> str:
        params = ", ".join(f"{name} = {text}" for name, text in self.params)
        lines = [f"{self.title}: {params}" if params else self.title]
        return without_surrogates("\n".join([*lines, *(f"  {line}" for line in self.sentences)]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        params = " · ".join(f"{escape(name)} <b>{escape(text)}</b>" for name, text in self.params)
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return without_surrogates(
            f'<div><div><b>{escape(self.title)}</b></div><div style="opacity:.8">{params}</div>'
            f'<ul style="margin:.4em 0">{items}</ul></div>'
        )


def explain(run: RunRecord, snapshot: Snapshot, config: SweepConfig) -> Explanation:
    """Explain the suggestion that a run of the snapshot was made from.

    Args:
        run: one of the snapshot's runs.
        snapshot: of the sweep.
        config: the sweep's.
    """
    sentences = [*_went_on(run), *why_chosen(run, snapshot, config)]
    record = Record.of(())
    if config.metric is not None and _is_predicted(run, config):
        record = _record(snapshot, config.metric)
        if record.is_enough and holds(run.origin, 0.0) is not None:
            sentences.append(
                f"Of {record.predictions} predictions in this sweep so far, {record.held} held "
                "within their 80 % intervals."
            )
    sentences += why_stopped(run, snapshot, config)
    names = [p.name for p in config.space.searched if p.name in run.params]
    labels = clipped(names, NAME_LIMIT)
    texts = [(labels[name], short(run.params[name])) for name in names]
    return Explanation(
        _title(run), tuple(texts[:TOLD_PARAMS]), tuple(sentences), record.predictions, record.held
    )


def why_chosen(run: RunRecord, snapshot: Snapshot, config: SweepConfig) -> list[str]:
    """How a run came to its params, what was expected of it, and how it came out.

    Args:
        run: one of the snapshot's runs.
        snapshot: of the sweep.
        config: the sweep's.
    """
    earlier = [other for other in snapshot.runs if other.number == run.number]
    first = min(earlier, key=lambda attempt: attempt.attempt, default=run)
    sentences = _retry(run, earlier)
    sentences += [*_suggested(run.origin, snapshot, config), *_beliefs(run), *_time(run)]
    sentences += _seeds(run)
    if config.metrics and isinstance(run.origin.get("predicted"), Mapping):
        sentences += several_metrics(run, config)
        sentences += [] if run.state.counts else _outcome(run, config)
    elif config.metric is not None and _is_predicted(run, config):
        best = _best_until(first.created_at, snapshot, config)
        aim = "improve on the front" if config.has_front else "beat the best"
        sentences += _prediction(run.origin, config.metric.name, best, aim)
        sentences += _outcome(run, config)
    return sentences


def _is_predicted(run: RunRecord, config: SweepConfig) -> bool:
    """Whether one number was predicted of it, and not one of each metric."""
    several = config.metrics and isinstance(run.origin.get("predicted"), Mapping)
    return not several and is_number(run.origin.get("predicted_mean"))


def explain_prior(entry: Mapping[str, Any], config: SweepConfig) -> Explanation:
    """The same for a run from before the sweep, from `SweepRecord.prior`."""
    sentences = ["A prior run: given to the sweep when it was made, not suggested by it."]
    if "sweep" in entry:
        sentences = [f"A run of the earlier sweep {entry['sweep']}, which tells what to expect."]
    if config.metric is not None and is_number(entry["value"]):
        sentences.append(f"Its {config.metric.name} was {number(entry['value'])}.")
    labels = clipped(list(entry["params"]), NAME_LIMIT)
    texts = [(labels[name], short(value)) for name, value in entry["params"].items()]
    title = f"Run {entry['run_id']}"
    return Explanation(title, tuple(texts[:TOLD_PARAMS]), tuple(sentences))


def _title(run: RunRecord) -> str:
    return f"Run {run.number}" + (f" ({run.name})" if run.name else "")


def _retry(run: RunRecord, attempts: Sequence[RunRecord]) -> list[str]:
    """That the params are those of an attempt that ended badly, if so."""
    before = [other for other in attempts if other.attempt < run.attempt]
    if not before:
        return []
    last = max(before, key=lambda other: other.attempt)
    if last.retry_requested:
        return [
            f"Attempt {run.attempt + 1}: the one before {_ended(last.state)}, "
            "and somebody asked for its parameters to be tried again."
        ]
    return [
        f"Attempt {run.attempt + 1}: the one before {_ended(last.state)}, "
        "so its parameters were handed out again."
    ]


def _went_on(run: RunRecord) -> list[str]:
    """That the run ended before and went on, each time, and why."""
    sentences = []
    for mark in run.continued:
        changes = ", ".join(f"{name} = {short(v)}" for name, v in mark.get("config", {}).items())
        cause = "somebody asked for it" if mark.get("requested") else "it had been cut off"
        cause = mark.get("why", cause) + (f", with {changes}" if changes else "")
        anew = " Its code began anew." if mark.get("anew") else ""
        sentences.append(
            f"It {_ended(RunState(mark['state']))} after {plural(mark['iteration'], 'iteration')} "
            f"and went on: {cause}.{anew}"
        )
    return sentences


def _ended(state: RunState) -> str:
    by_itself = (RunState.FINISHED, RunState.FAILED, RunState.CRASHED)
    return state.value if state in by_itself else f"was {state.value}"


def _suggested(origin: Mapping[str, Any], snapshot: Snapshot, config: SweepConfig) -> list[str]:
    """Who chose the params, from what and how."""
    method = origin.get("method")
    if REPLICATE_OF in origin:
        return [_repetition(origin, config)]
    if any(key in origin for key in ("enqueued", "initial_point")):
        return _given(origin, config)
    if method == "grid":
        return _grid(origin, snapshot, config)
    if method == "imported":
        return [f"Imported from {clip(str(origin.get('source')), 80)}: it was chosen there."]
    if method == "random":
        return ["Drawn at random from the distributions of the config; earlier runs play no part."]
    if method == "bayes":
        return [_bayes(origin, config), *_past(origin)]
    if method is None:
        return ["Nothing is known of how its parameters were chosen."]
    sampler = origin.get("sampler")
    if sampler is not None:
        seen = plural(origin.get("observations", 0), "run")
        return [f"Suggested by Optuna's {sampler}, which had seen {seen}{_pending(origin)}."]
    if origin.get("engine") == "ax":
        return [_ax(origin)]
    extras = [
        f"{key}: {short(value, 60)}"
        for key, value in origin.items()
        if key not in ("method", "seen")
    ]
    said = f" It says: {', '.join(extras[:TOLD_EXTRAS])}." if extras else ""
    return [f"Suggested by the search function that was given to the agent.{said}"]


def _repetition(origin: Mapping[str, Any], config: SweepConfig) -> str:
    """That it repeats another run, for whom, and what differs."""
    varied = origin.get(VARIED, ())
    text = f"It repeats run {origin[REPLICATE_OF]}"
    if varied:
        text += f" with another {joined(list(clipped(varied, NAME_LIMIT).values()), 'and')}"
    if origin["why"] == CONFIRM:
        return f"{text}: confirm() asked for it, to see which of the leaders is the best."
    if config.runs_each > 1:
        return f"{text}: the config wants each configuration to be run {config.runs_each} times."
    metric = config.metric.name if config.metric else "the metric"
    return (
        f"{text}: a model of {plural(origin.get('observations', 0), 'run')}{_pending(origin)} "
        f"expected more of that than of a new point, since runs of the same parameters differ in "
        f"{metric}."
    )


def _given(origin: Mapping[str, Any], config: SweepConfig) -> list[str]:
    """That a person gave the point, or what of it."""
    where = "Enqueued by hand" if "enqueued" in origin else "One of the config's initial_points"
    if "given" not in origin:
        return [f"{where}: handed out before anything that the search suggests."]
    labels = clipped(origin["given"], NAME_LIMIT)
    names = ", ".join(labels[name] for name in origin["given"][:TOLD_PARAMS])
    if not names:
        return [f"{where}, which gives no parameter: all were left to method {config.method}."]
    return [f"{where}, which gives {names}; the rest was left to method {config.method}."]


def _grid(origin: Mapping[str, Any], snapshot: Snapshot, config: SweepConfig) -> list[str]:
    index, size = _told(origin, "grid_index"), config.space.grid_size
    if index is None or snapshot.sweep.is_edited:  # which give the points other numbers
        return ["A point of the grid."]
    if not config.space.is_plain:
        left = "" if size is None else f" of {size:,} points that its relations leave"
        return [f"A point of the grid{left}."]
    searched = config.space.searched
    last = f", {searched[-1].name} varying fastest" if len(searched) > 1 else ""
    sentences = [f"Point {index + 1:,.0f} of {size or 0:,} of the grid{last}."]
    if snapshot.sweep.prior_runs:
        sentences.append("Points that prior runs have tried are left out.")
    return sentences


def _bayes(origin: Mapping[str, Any], config: SweepConfig) -> str:
    metric = config.metric.name if config.metric else "the metric"
    seen = plural(origin.get("observations", 0), "run")
    if origin.get("why") == "start-up" and any((origin.get("past") or {}).values()):
        return "One of the best points of earlier sweeps, which the first runs try."
    if origin.get("why") == "start-up":
        return (
            f"One of the first runs, which are spread over the search space until there is enough "
            f"to learn from: {metric} was known of {seen}{_pending(origin)}."
        )
    if origin.get("why") == "exploration":
        return (
            f"Chosen to explore: a model of {seen}{_pending(origin)} could not tell which points "
            f"are better, because {metric} was the same everywhere or does not follow from the "
            "parameters."
        )
    return guided(origin, config, f"{seen}{_pending(origin)}") or (
        f"Chosen where a model of {seen}{_pending(origin)} expected the largest improvement "
        f"of {metric}."
    )


def _past(origin: Mapping[str, Any]) -> list[str]:
    """What earlier sweeps had to do with it (`prior: auto`)."""
    weights = origin.get("past")
    if not isinstance(weights, Mapping) or not weights:
        return []
    told = {name: w for name, w in weights.items() if is_number(w) and w > 0.0}
    if not told:
        return ["Earlier sweeps do not foretell the runs so far, and had no part in it."]
    shares = joined([f"{name} ({100 * w:.0f} %)" for name, w in told.items()], "and")
    if origin.get("why") == "start-up":
        return [f"These were: {shares}."]
    return [f"What to expect beforehand came from earlier sweeps, by what they foretell: {shares}."]


def _ax(origin: Mapping[str, Any]) -> str:
    generator = origin.get("generator")
    if generator == "CenterOfSearchSpace":
        return "The middle of the search space, where Ax starts."
    if generator == "Sobol":
        return "A point of the Sobol sequence by which Ax spreads runs over the search space."
    if generator == "draw":
        if "error" in origin:
            return f"Drawn at random, since Ax suggested nothing: {clip(str(origin['error']), 80)}"
        return "Drawn at random: what Ax suggested broke a constraint, or had been tried."
    seen = plural(origin.get("observations", 0), "run")
    return f"Suggested by Ax, whose model had seen {seen}{_pending(origin)}."


def _pending(origin: Mapping[str, Any]) -> str:
    pending = origin.get("pending")
    return f" (and {pending:,} under way)" if pending else ""


def _best_until(at: float, snapshot: Snapshot, config: SweepConfig) -> float | None:
    """The best value that was known when a suggestion was made; None with several objectives.

    With limits of the runs that kept them.
    """
    if config.has_front:
        return None
    ended = [run for run in snapshot.runs if run.ended_at is not None and run.ended_at <= at]
    edits = [edit for edit in snapshot.sweep.edits if edit["at"] <= at]
    then = replace(snapshot, runs=tuple(ended), sweep=replace(snapshot.sweep, edits=edits))
    if config.limits and config.metric is not None:
        best = lead(then.runs, config).best
        return None if best is None else config.metric.counted(best)
    return Evidence.of(then, config).best


def _prediction(origin: Mapping[str, Any], metric: str, best: float | None, aim: str) -> list[str]:
    sd = _told(origin, "predicted_sd")
    digits = _digits(origin)
    low, high = _told(origin, "predicted_low"), _told(origin, "predicted_high")
    spread = "" if sd is None else f" ± {number(sd)}"
    if low is not None and high is not None:
        ends = f"{number(low, digits=digits)} to {number(high, digits=digits)}"
        spread = f" (80 % interval {ends})"
    until = "" if best is None else f"; the best until then was {number(best, digits=digits)}"
    mean = number(origin["predicted_mean"], digits=digits)
    sentences = [f"Predicted {metric}: {mean}{spread}{until}."]
    chance = _told(origin, "probability_of_improvement")
    gain = _told(origin, "expected_improvement")
    if chance is not None and gain is not None:
        sentences.append(
            f"Chance to {aim}: {percent(chance)}; improvement to expect, all chances "
            f"weighed: {number(gain)}."
        )
    success = _told(origin, "probability_of_success")
    if success is not None:
        sentences.append(
            f"Chance that a run there does not fail, after those that did: {percent(success)}."
        )
    return sentences


def _record(snapshot: Snapshot, metric: Metric) -> Record:
    """How the predictions of a sweep came out, of runs that ended by themselves."""
    finished = (run for run in snapshot.runs if run.state is RunState.FINISHED)
    outcomes = ((run.origin, metric.of(run.summary)) for run in finished)
    return Record.of((origin, value) for origin, value in outcomes if value is not None)


def _beliefs(run: RunRecord) -> list[str]:
    """Whether what people believe counted, and what the runs contradicted."""
    if "belief" not in run.origin:
        return []
    dropped: Mapping[str, str] = run.origin.get("belief_dropped", {})
    labels = clipped(list(dropped), NAME_LIMIT)
    sentences = [
        f"The belief about {labels[name]} was dropped: {reason}."
        for name, reason in list(dropped.items())[:TOLD_PARAMS]
    ]
    if run.origin["belief"] == "followed":
        which = "The other beliefs" if dropped else "Beliefs about its parameters"
        sentences.append(f"{which} counted, the less the more runs had ended.")
    return sentences


def _seeds(run: RunRecord) -> list[str]:
    """That a searched seed was drawn."""
    names = run.origin.get("seeds")
    if not names:
        return []
    were = "was" if len(names) == 1 else "were"
    told = clip(joined(names, "and"), NAME_LIMIT * TOLD_PARAMS)
    return [f"{told} {were} drawn at random: the model does not learn from the numbers of seeds."]


def _time(run: RunRecord) -> list[str]:
    """How long the run was to take, where that counted in the choice of its params."""
    seconds, left = _told(run.origin, "predicted_seconds"), _told(run.origin, "time_left_s")
    if "predicted_seconds" not in run.origin:
        return []
    until = "" if left is None else f" {duration(left)} were left."
    if seconds is None:
        return [f"Time counted, too, but too few runs had ended to tell how long one takes.{until}"]
    took = ""
    if run.state.counts and run.duration_s is not None:
        took = f"; it took {duration(run.duration_s)}"
    return [f"Time counted, too: a run there takes about {duration(seconds)}{took}.{until}"]


def _digits(origin: Mapping[str, Any]) -> int:
    """Significant digits that tell apart values within what was predicted."""
    mean, sd = float(origin["predicted_mean"]), _told(origin, "predicted_sd") or 0.0
    return digits_between(mean - sd, mean + sd)


def _told(origin: Mapping[str, Any], key: str) -> float | None:
    """A number of the origin, None where it has none."""
    value = origin.get(key)
    return float(value) if value is not None and is_number(value) else None


def _outcome(run: RunRecord, config: SweepConfig) -> list[str]:
    """How the run came out beside its prediction."""
    assert config.metric is not None
    metric = config.metric
    if not run.state.ended:
        return []
    value = metric.of(run.summary)
    if not run.state.counts:
        return [f"It {_ended(run.state)}."]
    if value is None:
        return [f"It ended without a value of {metric.name}."]
    off, sd = value - run.origin["predicted_mean"], _told(run.origin, "predicted_sd")
    if sd is None or sd <= 0:
        verdict = ""
    elif _is_as_predicted(run.origin, value, sd):
        verdict = ", as predicted"
    else:
        better = metric.better(off, 0.0)
        far = "far " if abs(off) > SURPRISING_SD * sd else ""
        verdict = f", {far}{'better' if better else 'worse'} than predicted"
    return [f"It came out as {number(value, digits=_digits(run.origin))}{verdict}."]


def _is_as_predicted(origin: Mapping[str, Any], value: float, sd: float) -> bool:
    """Within the interval that was predicted, of runs before there was one within its sd."""
    held = holds(origin, value)
    return abs(value - origin["predicted_mean"]) <= sd if held is None else held
