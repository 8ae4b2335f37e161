"""Runs that went on after an end: what each continuation says, and the run as it was before.

``origin["continued"]`` of a run holds a mark for each time that it went on, oldest first:

- "step": the first step of the continuation. "end": the step after the last one before it;
  a lower "step" means that it went on from an earlier checkpoint and logs the steps between
  anew. What it had logged there stays in its history and leaves its curve.
- "iteration": values of the metric before it. "rows": history rows before it.
- "after": its ended_at before; "at": when it went on. Between them it was paused.
- "state": how it had ended; "value": its metric then, where it had one; "diverged": how many
  values that were not finite came last; "reason": why it had been stopped.
- "values": of a sweep with several metrics, the name of each that it had to its value then;
  "diverged_of": as "diverged", of those besides the first objective that are not 0.
- "config": the values that somebody changed for it.
- "requested": true where a person asked for it; early termination leaves it alone.
- "why": why it goes on, where the sweep decided that.
- "anew": true where the code did not take the checkpoint. Its curve, for the search and for
  forecasts, begins again at "step".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nbsweep.records import Curve, HistoryRow, Metric, RunRecord, RunState, Snapshot

CONFIRM = "confirm"  # "why" in the origin of a repetition that a person asked for

# Of the origin of a run, what its suggestion does not have.
_OF_THE_RUN = ("continued", "predecessor")


def suggestion_origin(run: RunRecord) -> Mapping[str, Any]:
    """The origin of a run's suggestion: why it has its params, not what became of it."""
    if not any(name in run.origin for name in _OF_THE_RUN):
        return run.origin
    return {name: value for name, value in run.origin.items() if name not in _OF_THE_RUN}


def mark_of(
    run: RunRecord,
    curve: Curve | None,
    end: int,
    metric: Metric | None,
    others: Mapping[Metric, Curve | None] = MappingProxyType({}),
) -> dict[str, Any]:
    """What the mark of a run's next continuation says of the run as it is now.

    Args:
        run: an ended one.
        curve: its metric, None without one.
        end: the step after its last one.
        metric: of its sweep.
        others: of a sweep with several metrics, those besides `metric`, and their curves.
    """
    value = metric.of(run.summary) if metric is not None else None
    mark: dict[str, Any] = {
        "step": end,
        "end": end,
        "iteration": 0 if curve is None else len(curve.values),
        "rows": run.history_rows,
        "state": run.state.value,
    }
    if value is not None:
        mark["value"] = value
    if curve is not None and curve.diverged:
        mark["diverged"] = curve.diverged
    if others and metric is not None:
        values = {each.name: each.of(run.summary) for each in (metric, *others)}
        mark["values"] = {name: value for name, value in values.items() if value is not None}
        lost = {m.name: c.diverged for m, c in others.items() if c is not None and c.diverged}
        mark |= {"diverged_of": lost} if lost else {}
    if run.stop_requested is not None and run.state is not RunState.FINISHED:
        mark["reason"] = run.stop_requested
    return mark


def start_changes(run: RunRecord, now: float) -> dict[str, Any]:
    """The fields of a run that change when the call that executes it begins."""
    if not run.continued:
        return {"state": RunState.RUNNING, "started_at": now}
    *marks, last = run.continued
    waited = {**last, "at": max(now, last["at"])}  # for a free worker: not a part of its time
    return {"state": RunState.RUNNING, "origin": {**run.origin, "continued": [*marks, waited]}}


def first_step(run: RunRecord) -> int:
    """The step that a run, as the store has it, writes to next."""
    if not run.continued:
        return run.history_rows
    mark = run.continued[-1]
    return int(mark["step"]) + run.history_rows - int(mark["rows"])


def suggested(run: RunRecord) -> Collection[str]:
    """The keys of a run's config whose values are not its code's to change."""
    if run.sweep_id is None:
        return ()
    if not run.continued:
        return run.config
    names = {*run.params, *(name for mark in run.continued for name in mark.get("config", ()))}
    return {key for key in run.config if key in names or any(_is_in(key, n) for n in names)}


def _is_in(key: str, name: str) -> bool:
    return name.startswith(f"{key}.")


def was_requested(run: RunRecord) -> bool:
    """Whether a person asked for what the run does now: that it goes on, or repeats another."""
    if run.origin.get("why") == CONFIRM:
        return True
    return bool(run.continued) and bool(run.continued[-1].get("requested"))


def was_thawed(run: RunRecord) -> bool:
    """Whether the run goes on because early termination wants it to."""
    return bool(run.continued) and not was_requested(run)


def rewound(curve: Curve, mark: Mapping[str, Any]) -> Curve:
    """The curve without the values that the run logs anew after it went on at `mark`."""
    kept = bisect_left(curve.steps, mark["step"])
    lost = (kept, curve.steps[kept:], curve.values[kept:])
    return replace(
        curve,
        steps=curve.steps[:kept],
        values=curve.values[:kept],
        diverged=0 if mark["step"] < mark["end"] else curve.diverged,
        rewound=(*curve.rewound, lost),
    )


def present_rows(run: RunRecord, rows: Sequence[HistoryRow]) -> list[HistoryRow]:
    """The history of a run, without the rows that it logged anew from an earlier checkpoint."""
    if not run.continued:
        return list(rows)
    present: list[HistoryRow] = []
    begin = 0
    for mark in run.continued:
        if mark["rows"] >= len(rows):
            break
        present += rows[begin : mark["rows"]]
        present = [row for row in present if row.step < mark["step"]]
        begin = mark["rows"]
    return [*present, *rows[begin:]]


def present_curve(run: RunRecord, curve: Curve) -> Curve:
    """What the search and forecasts see of a curve: from where the code last began anew."""
    begin = max((mark["step"] for mark in run.continued if mark.get("anew")), default=None)
    if begin is None:
        return curve
    place = bisect_left(curve.steps, begin)
    return replace(curve, steps=curve.steps[place:], values=curve.values[place:], rewound=())


def with_present_curves(snapshot: Snapshot) -> Snapshot:
    """A snapshot whose curves begin where the code of their run last began anew."""
    anew = [run for run in snapshot.runs if any(mark.get("anew") for mark in run.continued)]
    if not anew:
        return snapshot
    return changed_curves(snapshot, anew, lambda run, curve, _: present_curve(run, curve))


def changed_curves(
    snapshot: Snapshot,
    runs: Collection[RunRecord],
    change: Callable[[RunRecord, Curve, str | None], Curve],
) -> Snapshot:
    """A snapshot in which the curves of some runs are others, those of every metric.

    Args:
        snapshot: with curves or without.
        runs: whose curves change.
        change: from a run, a curve and the name of its metric, None where that is the sweep's
            only one or its first objective, to the new curve.
    """

    def changed(curves: Mapping[str, Curve], name: str | None) -> Mapping[str, Curve]:
        new = {run.id: change(run, curves[run.id], name) for run in runs if run.id in curves}
        return {**curves, **new}

    curves = changed(snapshot.curves, None)
    curves_of = {
        name: curves if of_runs is snapshot.curves else changed(of_runs, name)
        for name, of_runs in snapshot.curves_of.items()
    }
    return replace(snapshot, curves=curves, curves_of=curves_of)


def run_before(run: RunRecord, count: int, metric: Metric | None) -> RunRecord:
    """A run as it was before its continuation number `count`, counted from 0.

    Its summary has the metric alone, or the metrics where there are several; its state, end
    and marks are those of that time.
    """
    mark = run.continued[count]
    marks = list(run.continued[:count])
    origin = {**run.origin, "continued": marks}
    if not marks:
        del origin["continued"]
    value = mark.get("value")
    known = {} if value is None or metric is None else {metric.name: value}
    return replace(
        run,
        state=RunState(mark["state"]),
        origin=origin,
        summary=mark.get("values", known),
        ended_at=mark["after"],
        history_rows=mark["rows"],
        stop_requested=mark.get("reason"),
    )


def curve_before(run: RunRecord, curve: Curve, count: int, name: str | None = None) -> Curve:
    """The curve of a run as it was before its continuation number `count`, counted from 0.

    Args:
        run: the run.
        curve: of it.
        count: which of its continuations.
        name: of the curve's metric, where it is not the sweep's first objective.
    """
    mark = run.continued[count]
    lost = mark.get("diverged", 0) if name is None else mark.get("diverged_of", {}).get(name, 0)
    # Those that had brought no row by then had taken nothing back yet.
    done = sum(earlier["rows"] < mark["rows"] for earlier in run.continued[:count])
    steps, values = curve.steps, curve.values
    for kept, lost_steps, lost_values in reversed(curve.rewound[done:]):
        steps, values = (*steps[:kept], *lost_steps), (*values[:kept], *lost_values)
    return replace(
        curve,
        state=RunState(mark["state"]),
        steps=steps,
        values=values,
        rows_read=mark["rows"],
        diverged=lost,
        rewound=curve.rewound[:done],
    )


def standing(run: RunRecord) -> int | None:
    """The continuation before which a run had come to an end that still counts.

    None for a run that counts as it is now, or never did. A run that goes on keeps its result
    until it ends well again, so that a continuation that is cut off costs nothing.
    """
    if run.state.counts:
        return None
    places = range(len(run.continued) - 1, -1, -1)
    return next((i for i in places if RunState(run.continued[i]["state"]).counts), None)
