"""Early termination at work: which runs got how far, what stopped them, and what that saved.

hyperband and asha compare runs at rungs, median every few iterations, auto whenever a run may
have become worth less than a new one. Thresholds are those of all runs as they are now; when a
run was judged there were fewer. What it costs to have stopped a late bloomer nobody can tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from nbsweep.analysis.best import best_run
from nbsweep.analysis.charts.axes import caption_of
from nbsweep.analysis.charts.chart import Axis, Bars, Chart, Line, Panel, Points, Role, categories
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn, metric_column
from nbsweep.continued import with_present_curves
from nbsweep.records import Curve, EarlyTermination, Metric, RunRecord, RunState, Snapshot
from nbsweep.search.early_termination import bands, next_check, percentile
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import duration, number, plural

MOST_RUNGS = 12
MOST_RUNS = 400  # dots at a rung


@dataclass(frozen=True)
class Rung:
    """Where runs are compared; of median and auto a stretch of iterations.

    Attributes:
        iteration: of it, counted from 1.
        reached: runs that showed the metric so often.
        stopped: of these, runs that early termination stopped before the next rung.
        ended: of these, runs that ended otherwise before it.
        threshold: value that a run has to be at least as good as, of all runs as they are now;
            None where the rule has none.
    """

    iteration: int
    reached: int
    stopped: int
    ended: int
    threshold: float | None


@dataclass(frozen=True)
class Saved:
    """What early termination saved, against runs of the usual length.

    Attributes:
        iterations: that were not made.
        of: iterations that there would have been without it.
        seconds: that they would have taken, at the pace of each run; 0 when unknown.
        length: the usual one: the median of the runs that finished.
    """

    iterations: int
    of: int
    seconds: float
    length: int


def collect_rungs(frame: Frame, snapshot: Snapshot, config: SweepConfig) -> Chart:
    """The rungs with the runs that reached them, were stopped, and what that saved.

    Args:
        frame: the runs.
        snapshot: that the frame was made from, with curves.
        config: the sweep's.
    """
    title = f"{frame.title} · early termination"
    rule, metric = config.early_terminate, config.metric
    snapshot = with_present_curves(snapshot)
    curves = {id_: curve for id_, curve in snapshot.curves.items() if curve.iterations}
    if rule is None or metric is None or not curves:
        return Chart("rungs", title, empty=_nothing(rule, metric))
    runs = [run for run in snapshot.runs if run.id in curves]
    stopped = [run for run in runs if _was_stopped(run)]
    rungs = rungs_of(rule, metric, runs, curves, has_thresholds=not config.is_joint)
    if not rungs:
        return Chart(
            "rungs", title, empty=_too_early(rule, max(c.iterations for c in curves.values()))
        )
    column = _column(metric, rungs, runs, curves)
    best = best_run(snapshot, config)
    return Chart(
        "rungs",
        title,
        panels=(
            _reached(rule, rungs),
            _values(rule, column, rungs, runs, curves, best[0] if best else None),
        ),
        subtitle=_subtitle(runs, stopped, saved(runs, curves)),
        caption=_caption(rule, column, snapshot, curves, config),
        n_columns=2,
        height=320,
    )


def _nothing(rule: EarlyTermination | None, metric: Metric | None) -> str:
    if metric is None:
        return "The sweep has no metric to stop runs by."
    if rule is None:
        return (
            "The sweep stops no runs early: its config has no early_terminate. "
            'early_termination_preview(type="hyperband", min_iter=3) says what that would have '
            "saved."
        )
    return f"No run has logged {metric.name} yet."


def _too_early(rule: EarlyTermination, longest: int) -> str:
    first = next(iter(bands(rule)), None) if rule.type in ("hyperband", "asha") else rule.min_iter
    return (
        f"No run has reached the first comparison, at iteration {first or 1}: the longest has "
        f"logged {plural(longest, 'value')}."
    )


def _was_stopped(run: RunRecord) -> bool:
    """Whether early termination ended the run: not a deadline, and no person."""
    return run.state is RunState.STOPPED and bool(run.stop_requested) and not run.is_cut_off


def rungs_of(
    rule: EarlyTermination,
    metric: Metric,
    runs: Sequence[RunRecord],
    curves: dict[str, Curve],
    *,
    has_thresholds: bool = True,
) -> list[Rung]:
    """The rungs that a run has reached, the first one first, at most MOST_RUNGS.

    Args:
        rule: of the sweep.
        metric: by which runs are compared.
        runs: that showed the metric.
        curves: of these runs.
        has_thresholds: False where runs are compared by several metrics.
    """
    longest = max(curve.iterations for curve in curves.values())
    rungs = []
    places = _places(rule, longest)
    for iteration, following in zip(places, [*places[1:], None], strict=False):
        there = [run for run in runs if curves[run.id].iterations >= iteration]
        gone = [
            run
            for run in there
            if run.state.ended and (following is None or curves[run.id].iterations < following)
        ]
        stopped = sum(map(_was_stopped, gone))
        threshold = (
            _threshold(rule, metric, [curves[run.id] for run in there], iteration)
            if has_thresholds
            else None
        )
        rungs.append(Rung(iteration, len(there), stopped, len(gone) - stopped, threshold))
    return rungs


def _places(rule: EarlyTermination, longest: int) -> list[int]:
    """The iterations of the rungs up to the longest run; of many evenly chosen ones."""
    if rule.type in ("hyperband", "asha"):
        every = sorted(set(takewhile(lambda band: band <= longest, bands(rule))))
    else:
        every, check = [], next_check(rule, 0)
        while check is not None and check <= longest:
            every.append(check)
            check = next_check(rule, check)
    if len(every) <= MOST_RUNGS:
        return every
    last = len(every) - 1
    return [every[round(k * last / (MOST_RUNGS - 1))] for k in range(MOST_RUNGS)]


def _threshold(
    rule: EarlyTermination, metric: Metric, there: Sequence[Curve], iteration: int
) -> float | None:
    """What a run has to show there, by the rule's own comparison of all runs that got there."""
    sign = metric.sign
    shown = [curve for curve in there if len(curve.values) >= iteration]
    if not shown or rule.type == "auto":
        return None
    if rule.type == "median":
        ended = [curve for curve in shown if curve.state.ended]
        if len(ended) < rule.min_runs:
            return None
        means = sorted(
            math.fsum(sign * value / iteration for value in curve.values[:iteration])
            for curve in ended
        )
        return sign * percentile(means, rule.percentile)
    values = sorted(sign * curve.values[iteration - 1] for curve in shown)
    if rule.type == "asha":
        return sign * values[max(1, int(len(values) / rule.eta)) - 1]
    return sign * values[min(int(1.0 / rule.eta * len(values)), len(values) - 1)]


def saved(runs: Sequence[RunRecord], curves: dict[str, Curve]) -> Saved | None:
    """What the stopped runs would have gone on for; None before a run has finished."""
    full = sorted(curves[run.id].iterations for run in runs if run.state is RunState.FINISHED)
    if not full:
        return None
    length = full[len(full) // 2]
    iterations, seconds = 0, 0.0
    for run in runs:
        made = curves[run.id].iterations
        if _was_stopped(run) and made < length:
            iterations += length - made
            seconds += (length - made) * (run.duration_s or 0.0) / made
    made = sum(curves[run.id].iterations for run in runs)
    return Saved(iterations, made + iterations, seconds, length)


def _subtitle(runs: Sequence[RunRecord], stopped: Sequence[RunRecord], found: Saved | None) -> str:
    text = f"{len(stopped)} of {plural(len(runs), 'run')} stopped early"
    if found is None or not stopped:
        return text
    share = found.iterations / found.of if found.of else 0.0
    time = f", about {duration(found.seconds)} of work" if found.seconds > 0 else ""
    return (
        f"{text}, which saved {found.iterations:,} of {plural(found.of, 'iteration')} "
        f"({100 * share:.0f} %){time}"
    )


def _caption(
    rule: EarlyTermination,
    column: MetricColumn,
    snapshot: Snapshot,
    curves: dict[str, Curve],
    config: SweepConfig,
) -> str:
    found = saved([run for run in snapshot.runs if run.id in curves], curves)
    about = {
        "hyperband": f"hyperband lets the best 1/{rule.eta:g} go on from each rung",
        "asha": f"asha lets the best 1/{rule.eta:g} go on from each rung",
        "median": "median stops a run whose best value is worse than the "
        f"{'median' if rule.percentile == 50 else f'best {rule.percentile:g} %'} of the others' "
        "averages",
        "auto": "auto stops a run that promises less than a new one, so it has no threshold",
    }[rule.type]
    return caption_of(
        about,
        "thresholds are those of all runs as they are now"
        if rule.type != "auto" and not config.is_joint
        else "",
        "runs are compared by all metrics of the sweep" if config.is_joint else "",
        f"saved: against the median of the runs that finished, {plural(found.length, 'iteration')}"
        if found is not None
        else "",
        "what is beyond the axis is shown at its end" if column.n_beyond else "",
    )


def _reached(rule: EarlyTermination, rungs: Sequence[Rung]) -> Panel:
    """How many runs got to each rung, and what became of them there."""
    names = [f"{rung.iteration:,}" for rung in rungs]
    at = tuple(float(k) for k in range(len(rungs)))
    went_on = [rung.reached - rung.stopped - rung.ended for rung in rungs]
    last = _place_name(rule)
    groups: list[tuple[Role, str, list[int]]] = [
        ("run", "went on", went_on),
        ("quiet", "ended by itself", [rung.ended for rung in rungs]),
        ("stopped", "stopped early", [rung.stopped for rung in rungs]),
    ]
    below = [0] * len(rungs)
    marks = []
    for role, name, counts in groups:
        shown = [k for k, count in enumerate(counts) if count]
        if shown:
            marks.append(
                Bars(
                    tuple(at[k] for k in shown),
                    tuple(float(below[k]) for k in shown),
                    tuple(float(below[k] + counts[k]) for k in shown),
                    (role,),
                    is_horizontal=False,
                    texts=tuple(
                        f"iteration {names[k]}\n{counts[k]} of {rungs[k].reached} that got here "
                        f"{name}"
                        for k in shown
                    ),
                    name=name,
                )
            )
        below = [a + b for a, b in zip(below, counts, strict=True)]
    return Panel(
        categories(f"{last} (iteration)", names),
        Axis("runs", 0.0, float(max(rung.reached for rung in rungs)), is_integer=True),
        tuple(marks),
    )


def _place_name(rule: EarlyTermination) -> str:
    return "rung" if rule.type in ("hyperband", "asha") else "comparison"


def _column(
    metric: Metric, rungs: Sequence[Rung], runs: Sequence[RunRecord], curves: dict[str, Curve]
) -> MetricColumn:
    """The metric's axis over what the second panel shows but for the best run's line."""
    ends = [curves[run.id].values[-1] for run in runs if curves[run.id].values]
    there = [
        curve.values[rung.iteration - 1]
        for rung in rungs
        for curve in curves.values()
        if len(curve.values) >= rung.iteration
    ]
    shown = [*ends, *there, *(rung.threshold for rung in rungs if rung.threshold is not None)]
    return metric_column(metric.name, metric.goal, shown, range(len(shown)))


def _values(
    rule: EarlyTermination,
    column: MetricColumn,
    rungs: Sequence[Rung],
    runs: Sequence[RunRecord],
    curves: dict[str, Curve],
    best: RunRecord | None,
) -> Panel:
    """What runs showed at the rungs, where they were stopped, and the thresholds."""
    longest = max(curve.iterations for curve in curves.values())
    marks: list[Line | Points] = []
    if rule.type in ("hyperband", "asha"):
        marks += _at_rungs(column, rungs, runs, curves)
    halted = [run for run in runs if _was_stopped(run) and curves[run.id].values]
    if halted:
        marks.append(
            Points(
                tuple(float(len(curves[run.id].values)) for run in halted),
                tuple(column.clip(curves[run.id].values[-1]) for run in halted),
                "stopped",
                "stopped early",
                texts=tuple(f"run {run.number}\n{run.stop_requested}" for run in halted),
                symbol="cross",
            )
        )
    if best is not None and best.id in curves and curves[best.id].values:
        values = curves[best.id].values
        marks.append(
            Line(
                tuple(float(k) for k in range(1, len(values) + 1)),
                tuple(column.clip(value) for value in values),
                "best",
                "the best run",
                width=1.8,
            )
        )
    known = [rung for rung in rungs if rung.threshold is not None]
    if known:
        marks.append(
            Line(
                tuple(float(rung.iteration) for rung in known),
                tuple(column.clip(rung.threshold or 0.0) for rung in known),
                "model",
                "threshold",
                texts=tuple(
                    f"iteration {rung.iteration:,}\nthreshold {number(rung.threshold or 0.0)}"
                    for rung in known
                ),
                width=2.0,
                is_dashed=True,
                end="circle",
            )
        )
    kind = "log" if longest >= 50 and rule.type in ("hyperband", "asha") else "linear"
    return Panel(
        Axis("iteration", 1.0, float(max(longest, 2)), "log" if kind == "log" else "linear",
             is_integer=True),
        Axis(column.name, column.low, column.high, "log" if column.kind == "log" else "linear"),
        tuple(marks),
    )  # fmt: skip


def _at_rungs(
    column: MetricColumn,
    rungs: Sequence[Rung],
    runs: Sequence[RunRecord],
    curves: dict[str, Curve],
) -> Iterable[Points]:
    """What each run that was not stopped there showed at each rung."""
    x: list[float] = []
    y: list[float] = []
    texts: list[str] = []
    for rung in rungs:
        there = [run for run in runs if len(curves[run.id].values) >= rung.iteration]
        stride = -(-len(there) // MOST_RUNS) or 1
        for run in there[::stride]:
            value = curves[run.id].values[rung.iteration - 1]
            x.append(float(rung.iteration))
            y.append(column.clip(value))
            texts.append(f"run {run.number}\niteration {rung.iteration:,}: {number(value)}")
    return [Points(tuple(x), tuple(y), "run", "runs at a rung", texts=tuple(texts), size=5.0)]
