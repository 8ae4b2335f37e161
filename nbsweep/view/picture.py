"""The picture of a snapshot: a pure function, with what every view shows.

`nbsweep.view.model` says what each key of the result means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.analysis.continuations import continuations, judged_part, marks
from nbsweep.analysis.front import LeadFinder, not_kept
from nbsweep.analysis.metric_notes import metrics_notes
from nbsweep.continued import standing
from nbsweep.records import (
    Curve,
    RunRecord,
    RunState,
    Snapshot,
    SweepRecord,
    SweepState,
    lookup,
)
from nbsweep.search.grid_search import grid_indices
from nbsweep.search.replicates import from_queue
from nbsweep.space.search_space import SearchSpace
from nbsweep.sweep_config import Metric, SweepConfig
from nbsweep.view.leading import leading, listed_metrics, result_texts
from nbsweep.view.model import (
    COUNTED,
    Failure,
    MetricHead,
    Picture,
    Progress,
    Row,
    SweepHead,
    SweptParameter,
)
from nbsweep.view.repeated import repeated, with_mean
from nbsweep.view.savings import savings
from nbsweep.view.spelling import PAUSED, Spelling, json_value
from nbsweep.wording import clip, plural, sampled, short, some

CURVE_POINTS = 40
ERROR_LIMIT = 300  # characters of an error's last line
EDITS_TOLD = 2
WAITING_TOLD = 8  # runs that are to go on
TRACEBACK_LIMIT = 8_000  # characters of a traceback, its end

RowCache = dict[str, tuple[RunRecord, Curve | None, Spelling, Row]]


def picture(
    snapshot: Snapshot,
    config: SweepConfig,
    *,
    total: int | None,
    now: float,
    started_at: float | None = None,
    workers: int = 1,
    is_stopping: bool = False,
    live: bool = False,
    message: str | None = None,
    plan: str = "",
    rows: RowCache | None = None,
    leaders: LeadFinder | None = None,
) -> Picture:
    """The picture that views draw, without what costs too much for each call.

    That is axes, importance and outlook, which the panel adds to it.

    Args:
        snapshot: with curves, for sparklines.
        config: the sweep's config.
        total: how many suggestions the sweep will have had when it is through (those
            of earlier agents included), None when nobody knows.
        now: unix time in seconds.
        started_at: when the agent of this view began; None = count from the first run.
        workers: runs that may be under way at once.
        is_stopping: whether no new run begins.
        live: whether an agent of this process is at work.
        message: instead of the reason for which the sweep ended.
        plan: what an agent with a deadline still fits in, in a sentence.
        rows: a dict that the caller keeps between calls; rows of ended runs are kept
            in it, so that a call costs what changed.
        leaders: the same for the front of a sweep with `metrics`.
    """
    space = config.space
    metric = config.metric
    rows = {} if rows is None else rows
    names = [parameter.name for parameter in space.searched]
    made_at = snapshot.sweep.created_at or 0.0
    spelling = Spelling.of(snapshot, config)
    # The one that the kept rows know, since a row is compared by identity.
    known = next((rows[run.id][2] for run in snapshot.runs if run.id in rows), spelling)
    spelling = known if known == spelling else spelling
    table = [
        _row(run, snapshot.curves.get(run.id), names, config, spelling, now, made_at, rows)
        for run in snapshot.runs
    ]
    found = leading(snapshot, table, config, leaders)
    several = repeated(snapshot.runs, config, found.ids)
    progress = _progress(
        *(snapshot, table, total, started_at, now, workers),
        live=live,
        is_stopping=is_stopping,
        plan=plan,
    )
    return Picture(
        seq=0,
        version=snapshot.version,
        now=now,
        live=live,
        sweep=_sweep(snapshot, config, progress, live, message),
        progress=progress,
        metric=_metric(metric),
        best=with_mean(found.best, several),
        metrics=listed_metrics(config),
        front=found.front,
        standing=found.standing,
        columns=[
            SweptParameter(
                name=p.name, numeric=p.distribution.is_numeric, log=p.distribution.is_log
            )
            for p in space.searched
        ],
        constants=_constants(space),
        rows=table,
        repeated=several,
        failures=_failures(snapshot.runs),
        notes=[
            *metrics_notes(snapshot.runs, config.all_metrics),
            *_code_notes(snapshot.runs),
            *([] if live else _waiting_notes(snapshot)),
            *_edit_notes(snapshot.sweep),
        ],
        axes=[],
        beliefs=[],
        findings=[],
        importance=None,
        outlook=None,
        hypervolume=None,
        logged=[],
    )


def expected_total(snapshot: Snapshot, config: SweepConfig, left: int | None = None) -> int | None:
    """How many suggestions the sweep will have had in the end; None when nobody knows.

    Args:
        snapshot: of the sweep now.
        config: its config, for run_cap and the number of points of a grid.
        left: runs that the agent at work will still take; None for no limit.
    """
    limits = [config.run_cap]
    if config.method == "grid" and config.space.grid_size is not None:
        tried = grid_indices(config.space, (entry["params"] for entry in snapshot.sweep.prior_runs))
        left_behind = 0
        if snapshot.sweep.is_edited:  # runs that the grid of now does not have
            params = {run.number: run.params for run in snapshot.runs}
            left_behind = len(params) - len(grid_indices(config.space, params.values()))
        size = config.space.grid_size * config.runs_each
        asked_for = sum(from_queue(entry) is not None for entry in snapshot.sweep.queue)
        limits.append(size - len(tried) + left_behind + asked_for)
    if left is not None:
        limits.append(len({run.number for run in snapshot.runs}) + max(0, left))
    return min((limit for limit in limits if limit is not None), default=None)


def _metric(metric: Metric | None) -> MetricHead | None:
    if metric is None:
        return None
    return MetricHead(name=metric.name, goal=metric.goal, target=metric.target)


def _sweep(
    snapshot: Snapshot, config: SweepConfig, progress: Progress, live: bool, message: str | None
) -> SweepHead:
    record = snapshot.sweep
    return SweepHead(
        id=record.id,
        name=record.name or config.name or "",
        method=config.method,
        project=record.project,
        state=record.state.value,
        word=state_word(
            record.state,
            done=progress["done"],
            total=progress["total"],
            active=progress["active"],
            live=live,
            any_run=bool(snapshot.runs),
        ),
        message=message if message is not None else record.end_reason or "",
    )


def state_word(
    state: SweepState,
    *,
    done: int,
    total: int | None,
    active: int = 0,
    live: bool = False,
    any_run: bool = True,
) -> str:
    """The sweep's state for people: a RUNNING sweep that no agent works on is not running.

    Args:
        state: of its record.
        done: suggestions whose newest attempt has ended.
        total: of these when the sweep is through, None when nobody knows.
        active: runs under way.
        live: whether an agent of this process is at work.
        any_run: whether it has had runs.
    """
    if state is SweepState.FINISHED and active:
        return "finishing"
    if state.ended or state is SweepState.PAUSED:
        return state.value.lower()
    if active or live:
        return "running"
    if not any_run:
        return "no runs yet"
    return "done" if done == total else "idle"


def _progress(
    snapshot: Snapshot,
    rows: Sequence[Row],
    total: int | None,
    started_at: float | None,
    now: float,
    workers: int,
    *,
    live: bool,
    is_stopping: bool,
    plan: str,
) -> Progress:
    runs = snapshot.runs
    newest = {run.number: run for run in runs}  # runs are in order of (number, attempt)
    done = sum(run.state.ended for run in newest.values())
    active = [run for run in runs if not run.state.ended]
    counts = Counter(run.state for run in runs)
    total = None if total is None else max(total, done)
    remaining_s = None
    left = len(active) if is_stopping else None if total is None else total - done
    if left is not None and (live or active) and snapshot.sweep.state is SweepState.RUNNING:
        remaining_s = _remaining(rows, active, left, workers, now)
    saved = savings(snapshot)
    return Progress(
        done=done,
        total=total,
        active=len(active),
        counts={state.value: counts[state] for state in RunState if state in counts},
        words=_progress_words(saved.text, rows, done, total),
        saved=saved.basis,
        plan=plan,
        workers=workers,
        elapsed_s=_elapsed(runs, started_at, now, going_on=bool(active)),
        remaining_s=remaining_s,
    )


def _progress_words(saved: str, rows: Sequence[Row], done: int, total: int | None) -> list[str]:
    """What is done, under way and ended otherwise: ``28 of 40 runs``, ``2 running``…."""
    words = [plural(done, "run") if total is None else f"{done:,} of {plural(total, 'run')}"]
    counts = Counter(row["state"] for row in rows)
    for state in RunState:
        n = counts[state.value]
        if not n or state is RunState.FINISHED:
            continue
        if state is RunState.STOPPED:
            paused = next(row["word"] for row in rows if row["state"] == state.value)
            words.append(f"{n:,} {paused}{'' if paused == PAUSED else ' early'}{saved}")
        else:
            words.append(f"{n:,} {state.value}")
    return words


def _elapsed(
    runs: Sequence[RunRecord], started_at: float | None, now: float, *, going_on: bool
) -> float | None:
    if started_at is not None:
        return max(0.0, now - started_at)
    starts = [run.started_at for run in runs if run.started_at is not None]
    if not starts:
        return None
    end = now if going_on else max((run.ended_at or run.heartbeat_at for run in runs), default=now)
    return max(0.0, end - min(starts))


def _remaining(
    rows: Sequence[Row], active: Sequence[RunRecord], left: int, workers: int, now: float
) -> float | None:
    """Seconds until `left` more suggestions have ended, if runs go on as they did.

    The mean over the runs that came to an end by themselves, for what has not begun
    and for the rest of what has; split evenly over the workers.
    """
    past = [
        duration_s
        for row in rows
        if row["state"] in COUNTED and (duration_s := row["duration_s"]) is not None
    ]
    if not past or left <= 0:
        return None
    mean = sum(past) / len(past)
    under_way = sum(max(0.0, mean - _age(run, now)) for run in active)
    return (under_way + mean * max(0, left - len(active))) / max(1, workers)


def _age(run: RunRecord, now: float) -> float:
    return 0.0 if run.started_at is None else max(0.0, now - run.started_at - run.paused_s)


def _edit_notes(sweep: SweepRecord) -> list[str]:
    """The latest changes of the search space."""
    return [
        clip(f"{_edited(edit)} changed after run {edit['after_run']}: {edit['text']}.", ERROR_LIMIT)
        for edit in sweep.edits[-EDITS_TOLD:]
    ]


def _edited(edit: Mapping[str, Any]) -> str:
    return "Beliefs" if "beliefs" in edit else "Ranges"


def _constants(space: SearchSpace) -> list[tuple[str, str]]:
    searched = {parameter.name for parameter in space.searched}
    return [
        (parameter.name, short(value))
        for parameter in space.parameters
        if parameter.name not in searched
        for value in (parameter.distribution.support or ())
    ]


def _row(
    run: RunRecord,
    curve: Curve | None,
    names: Sequence[str],
    config: SweepConfig,
    spelling: Spelling,
    now: float,
    made_at: float,
    rows: RowCache,
) -> Row:
    known = rows.get(run.id)
    if known and known[0] is run and known[1] is curve and known[2] is spelling:
        return known[3]
    active = not run.state.ended
    value, text = _metric_of(run, curve, config.metric, spelling)
    times = continuations(run)
    drawn = judged_part(run, curve) if curve else None
    duration_s = _duration(run, now)
    row = Row(
        id=run.id,
        number=run.number,
        attempt=run.attempt,
        name=run.name,
        state=run.state.value,
        word=spelling.of_state(run.state),
        active=active,
        counts=run.state.counts or standing(run) is not None,
        values=[json_value(run.params.get(name)) for name in names],
        texts=[
            spelling.of_param(i, run.params[name]) if name in run.params else ""
            for i, name in enumerate(names)
        ],
        places=[],
        metric=value,
        metric_text=text,
        results=result_texts(run, config, spelling),
        beyond=not_kept(run, config.metrics) if config.limits else "",
        curve=spelling.of_curve(sampled(drawn.values, CURVE_POINTS)) if drawn else [],
        span=_span(drawn) if drawn and drawn.steps else [],
        diverged=bool(curve and curve.diverged),
        continued=marks(drawn, times) if drawn and times else [],
        start_s=None if run.started_at is None else round(run.started_at - made_at, 2),
        duration_s=None if duration_s is None else round(duration_s, 3),
        note=last_line(run.error) or clip(_stop_reason(run) or "", ERROR_LIMIT),
        worker=run.worker or "",
    )
    if not active:
        rows[run.id] = (run, curve, spelling, row)
    return row


def _span(curve: Curve) -> list[int]:
    """The ends of its steps, which say where all points are drawn; else the steps of these."""
    steps = curve.steps
    drawn = sampled(steps, CURVE_POINTS)
    length, n = steps[-1] - steps[0], len(drawn) - 1
    room = length / max(len(steps) - 1, 1)  # two neighbours' distance, if all are the same
    is_even = all(
        abs(steps[0] + length * i / n - step) <= room for i, step in enumerate(drawn) if n
    )
    return [steps[0], steps[-1]] if is_even else drawn


def _stop_reason(run: RunRecord) -> str | None:
    """Why a run was stopped; None when it was faster than the request."""
    return None if run.state is RunState.FINISHED else run.stop_requested


def _duration(run: RunRecord, now: float) -> float | None:
    if run.started_at is None or run.state.ended:
        return run.duration_s
    return _age(run, now)


def _metric_of(
    run: RunRecord, curve: Curve | None, metric: Metric | None, spelling: Spelling
) -> tuple[float | None, str]:
    if metric is None:
        return None, ""
    is_standing = not run.state.counts and standing(run) is not None
    value = metric.counted(run) if is_standing else metric.of(run.summary)
    if value is None and curve and curve.values and not run.state.ended:
        # Logged, but the summary of a live run comes later.
        value = metric.of_curve(curve.values)
    if value is not None:
        return value, spelling.of_metric(value)
    logged = lookup(run.summary, metric.name)
    return None, "" if logged is None or isinstance(logged, Mapping) else short(logged)


def last_line(error: str | None) -> str:
    """The line of a traceback that names the exception; "" without one.

    That is the first line after the last frame that is not indented: messages of
    several lines and notes come after it.
    """
    lines = [line for line in (error or "").splitlines() if line.strip()]
    if not lines:
        return ""
    frames = [i for i, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines
    line = next((line for line in after if not line.startswith(" ")), lines[-1])
    return clip(line, ERROR_LIMIT)


def _failures(runs: Sequence[RunRecord]) -> list[Failure]:
    failures: dict[str, Failure] = {}
    for run in runs:
        if not run.error:
            continue
        text = last_line(run.error)
        if text not in failures:
            failures[text] = Failure(
                text=text, runs=[], traceback=run.error[-TRACEBACK_LIMIT:].rstrip()
            )
        failures[text]["runs"].append(run.number)
    return list(failures.values())


def _code_notes(runs: Sequence[RunRecord]) -> list[str]:
    """Says that the runs come from different versions of the training code."""
    first_run: dict[str, int] = {}
    for run in runs:
        if run.code_hash is not None:
            first_run.setdefault(run.code_hash, run.number)
    if len(first_run) < 2:
        return []
    changes = ", ".join(str(number) for number in sorted(first_run.values())[1:6])
    more = " and later" if len(first_run) > 6 else ""
    return [
        "The training code changed during this sweep, so its runs may not compare: "
        f"new versions from run {changes}{more} on."
    ]


def _waiting_notes(snapshot: Snapshot) -> list[str]:
    """Says that runs are to go on for which somebody has to work."""
    waiting = [run.number for run in snapshot.runs if run.continue_requested and run.state.ended]
    if not waiting:
        return []
    runs, verb = ("Run", "goes") if len(waiting) == 1 else ("Runs", "go")
    return [
        f"{runs} {some([str(number) for number in waiting], WAITING_TOLD)} {verb} on as soon as an "
        f"agent works on the sweep: nbsweep.agent({snapshot.sweep.id!r}, train)."
    ]
