"""What a report of a sweep says, apart from how it looks: for Markdown and LaTeX.

Pure: from a snapshot to words, tables and plots. The HTML report is the panel itself, see
`nbsweep.panel.saved`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.analysis.best_table import BestTable, best_table
from nbsweep.analysis.charts.catalogue import CHARTS, Shown, collect_chart, names_for
from nbsweep.analysis.frame import frame
from nbsweep.analysis.front import limit_text
from nbsweep.analysis.importance import Importance, importance
from nbsweep.records import Metric, Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.chart_svg import chart_plot
from nbsweep.view.drawing import Plot
from nbsweep.view.model import Failure, Picture
from nbsweep.view.picture import expected_total, picture
from nbsweep.view.svg import RANKED
from nbsweep.wording import clip, duration, number, plural, show, some

PLOTS = (
    *("front", "hypervolume", "history", "learning_curves", "parallel_coordinates"),
    *("importance", "slice", "rungs"),
)
LATEX_PARAMS, MARKDOWN_PARAMS = 6, 8  # columns of parameters that a page has room for
FOREIGN = "imported"  # the method in the origin of runs from elsewhere
VERSIONS = 3  # of the training code that are named
SPACE = 30  # parameters whose ranges are told
NAME = 80  # characters of a name in a sentence


@dataclass(frozen=True)
class Report:
    """A sweep, to be handed on.

    Attributes:
        title: name of the sweep, or its id.
        sweep_id: its id.
        summary: how it ended, in a sentence.
        best: what came out: the best run, or the front, or why there is none, in a sentence.
        config: of the best run, nested JSON values; empty without one.
        certainty: how sure it is that the best is the best, in sentences; may be "".
        table: the best runs.
        takeaways: what the runs have shown, in sentences, or why that is nothing yet.
        importances: what decides the metric; with several objectives each of the first few.
        facts: what was run, as (name, value).
        space: parameters and what they could be, as (name, words).
        n_space: how many there are.
        failures: runs that ended badly, grouped by their error.
        notes: what to know before comparing, in sentences.
        made_by: program and version.
    """

    title: str
    sweep_id: str
    summary: str
    best: str
    config: dict[str, Any]
    certainty: str
    table: BestTable
    takeaways: tuple[str, ...]
    importances: tuple[Importance, ...]
    facts: tuple[tuple[str, str], ...]
    space: tuple[tuple[str, str], ...]
    n_space: int
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    made_by: str


def collect_report(
    snapshot: Snapshot,
    config: SweepConfig,
    *,
    now: float,
    made_by: str,
    top: int,
    columns: Sequence[str] | None = None,
) -> Report:
    """All that a report says, for Markdown.

    Takes as long as the importance does, about half a second.

    Args:
        snapshot: with curves.
        config: of the sweep.
        now: unix time in seconds.
        made_by: program and version.
        top: rows of the table of the best runs.
        columns: of that table; None for those that matter.

    Raises:
        UsageError: there is no column of such a name.
    """
    drawn = picture(snapshot, config, total=expected_total(snapshot, config), now=now)
    runs = frame(snapshot, config)
    rankings = [
        importance(frame(snapshot, config, metric=metric.name))
        for metric in config.objectives[:RANKED]
    ]
    ranked = [row.name for row in rankings[0].rows if rankings[0].is_ranked] if rankings else []
    best = drawn["best"]
    space = [(each.name, each.distribution.words) for each in config.space.searched]
    space += [(name, show(value)) for name, value in config.space.constants.items()]
    return Report(
        title=runs.title,
        sweep_id=snapshot.sweep.id,
        summary=_summary(drawn, is_foreign=_is_foreign(snapshot)),
        best=_best(drawn, config),
        config=best["config"] if best else {},
        certainty=_certainty(snapshot, config, best["number"] if best else None),
        table=best_table(
            snapshot,
            config,
            runs,
            top=top,
            names=columns,
            ranking=ranked,
            room=MARKDOWN_PARAMS,
        ),
        takeaways=_takeaways(snapshot, config),
        importances=tuple(rankings),
        facts=tuple(_facts(snapshot, config, drawn)),
        space=tuple(space[:SPACE]),
        n_space=len(space),
        failures=tuple(drawn["failures"]),
        notes=tuple(drawn["notes"]),
        made_by=made_by,
    )


def table_of(
    snapshot: Snapshot,
    config: SweepConfig,
    *,
    top: int,
    columns: Sequence[str] | None = None,
) -> BestTable:
    """The table of the best runs alone, for LaTeX.

    The importance is asked only where there are more parameters than columns.

    Raises:
        UsageError: there is no column of such a name.
    """
    runs = frame(snapshot, config)
    ranked: list[str] = []
    if columns is None and len(runs.params) > LATEX_PARAMS:
        ranking = importance(runs)
        ranked = [row.name for row in ranking.rows] if ranking.is_ranked else []
    return best_table(
        snapshot, config, runs, top=top, names=columns, ranking=ranked, room=LATEX_PARAMS
    )


def _summary(drawn: Picture, *, is_foreign: bool) -> str:
    """``Sweep ab12cd34 · bayes · finished: run_cap of 30 runs reached`` as a sentence."""
    sweep, progress = drawn["sweep"], drawn["progress"]
    message = f": {clip(sweep['message'], 300)}" if sweep["message"] else ""
    words = ", ".join(progress["words"])
    method = "" if is_foreign else f"{sweep['method']} search, "
    return f"{method}{sweep['word']}{message}. {words}."


def _is_foreign(snapshot: Snapshot) -> bool:
    """Whether all runs come from elsewhere: how they were searched for is not known then."""
    runs = snapshot.runs
    return bool(runs) and all(run.origin.get("method") == FOREIGN for run in runs)


def _best(drawn: Picture, config: SweepConfig) -> str:
    best, metric = drawn["best"], config.metric
    if drawn["standing"]:
        return f"{drawn['standing']}."
    if best is not None and metric is not None:
        name = f", {clip(best['name'], NAME)}" if best["name"] else ""
        return f"{clip(metric.name, NAME)} {best['text']} in run {best['number']}{name}."
    if metric is None:
        return "The sweep has no metric, so no run is the best."
    return f"No run has ended with a value of {clip(metric.name, NAME)} yet."


def _certainty(snapshot: Snapshot, config: SweepConfig, best: int | None) -> str:
    if config.metric is None or config.has_front:
        return ""
    from nbsweep.analysis.leaders import run_number, sentence
    from nbsweep.search.leaders import ranked

    ranking = ranked(snapshot, config)
    if len(ranking) < 2:
        return ""
    # The lucky one of a sweep without repeats need not be the one that a model believes in.
    believed = "" if run_number(ranking[0]) == best else "By a model of all runs: "
    said = sentence(ranking, config.metric, snapshot.sweep.id)
    return believed + (said[:1].lower() + said[1:] if believed else said)


def _takeaways(snapshot: Snapshot, config: SweepConfig) -> tuple[str, ...]:
    from nbsweep.analysis.findings import sweep_takeaways, why_none

    told = tuple(each.text for each in sweep_takeaways(snapshot, config))
    has_result = config.metric is not None and any(
        config.metric.counted(run) is not None for run in snapshot.runs
    )
    return told or ((why_none(snapshot, config),) if has_result else ())


def _facts(snapshot: Snapshot, config: SweepConfig, drawn: Picture) -> list[tuple[str, str]]:
    sweep, progress = snapshot.sweep, drawn["progress"]
    spent = [run.duration_s for run in snapshot.runs if run.duration_s is not None]
    whole = duration(progress["elapsed_s"])
    took = f"{whole}; the runs together {duration(sum(spent))}" if whole and spent else ""
    starts = [run.started_at for run in snapshot.runs if run.started_at is not None]
    versions = list(dict.fromkeys(run.code_hash for run in snapshot.runs if run.code_hash))
    counts = ", ".join(f"{n:,} {state}" for state, n in progress["counts"].items())
    prior = len(sweep.prior_runs)
    facts = [
        ("sweep", sweep.id),
        ("project", sweep.project),
        ("method", "" if _is_foreign(snapshot) else config.method),
        ("metric" if len(config.all_metrics) == 1 else "metrics", _metrics(config)),
        ("runs", f"{plural(len(snapshot.runs), 'run')}: {counts}" if counts else "none"),
        ("early termination", _early_termination(config, progress["words"])),
        ("earlier runs", f"{plural(prior, 'run')} that the search began with" if prior else ""),
        ("begun", _day(min(starts)) if starts else ""),
        ("time", took),
        ("training code", some(versions, VERSIONS)),
        ("seed", str(sweep.seed)),
    ]
    return [(name, text) for name, text in facts if text]


def _metrics(config: SweepConfig) -> str:
    return "; ".join(map(_metric, config.all_metrics)) or "none"


def _metric(metric: Metric) -> str:
    goal = [str(metric.goal)] if metric.is_objective else []
    target = [f"target {number(metric.target)}"] if metric.target is not None else []
    limits = [limit_text(metric)] if metric.has_limit else []
    return ", ".join([metric.name, *goal, *limits, *target])


def _early_termination(config: SweepConfig, words: Sequence[str]) -> str:
    rule: Any = config.source.get("early_terminate")
    if not rule:
        return ""
    keys = ", ".join(f"{key} {show(value)}" for key, value in rule.items() if key != "type")
    saved = [each for each in words if " stopped early" in each or " paused" in each]
    parts = [f"{rule['type']} ({keys})" if keys else str(rule["type"]), *saved]
    return "; ".join(parts if saved else [*parts, "no run stopped"])


def _day(moment: float) -> str:
    """A unix time for people, the same on every machine."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))


def report_plots(snapshot: Snapshot, config: SweepConfig) -> list[tuple[str, Plot]]:
    """The plots of a report that have something to show, each with its name for a file.

    Args:
        snapshot: with curves.
        config: of the sweep.
    """
    shown = Shown(frame(snapshot, config), snapshot, config)
    suited = set(names_for(config))
    drawn = [
        (name, chart_plot(collect_chart(name, shown))._replace(title=CHARTS[name].label))
        for name in PLOTS
        if name in suited
    ]
    return [(name, plot) for name, plot in drawn if plot.svg]
