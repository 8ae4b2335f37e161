"""What every view of a sweep draws: one snapshot as plain JSON values, typed.

A `Picture` is made by `nbsweep.view.picture` and drawn by `html`, `terminal` and the
panel; whoever draws reads it and nothing else, so that a late, second or reloaded view
equals the first. The TypedDicts below list every key.

- JSON values only: NaN and infinities appear as text ("nan", "inf", "-inf").
- A `text` is short and ready to be shown; it is not escaped for HTML.
- Seconds are floats, times are unix times. Only `now`, `progress.elapsed_s`,
  `progress.remaining_s` and the `duration_s` of active rows follow the clock; all else
  is the same for two snapshots of one `version`.

A page is sent the picture without what only Python draws, and after that what changed:
see `nbsweep.view.delta`.
"""

from __future__ import annotations

from typing import Any, TypedDict

from nbsweep.records import RunState

# `Row.state` of runs whose metric counts: looking into a set is cheap for many rows.
COUNTED = frozenset(state.value for state in RunState if state.counts)


class SweepHead(TypedDict):
    """The sweep itself.

    Attributes:
        id, name, method, project: as in its record; `name` is "" when it has none.
        state: upper case, as W&B's API spells it (see SweepState).
        word: the state as a person would put it: "running", "stopping", "done"….
        message: what there is to say about it, such as why it ended; may be "".
    """

    id: str
    name: str
    method: str
    project: str
    state: str
    word: str
    message: str


class Progress(TypedDict):
    """How far the sweep is.

    Attributes:
        done: suggestions whose newest attempt has ended.
        total: of these when the sweep is through, never below `done`; None = unknown.
        active: runs under way.
        counts: run state → number of runs, in order of RunState; no zeros.
        words: what is done, under way and ended otherwise, each in a few words.
        saved: how it is known what early termination saved, in a sentence; may be "".
        plan: what an agent with a deadline still fits in, in a sentence; may be "".
        workers: runs that may be under way at once.
        elapsed_s: since the agent began, or since the first run did; None before.
        remaining_s: estimate; None when there is no ground for one or nobody is at work.
    """

    done: int
    total: int | None
    active: int
    counts: dict[str, int]
    words: list[str]
    saved: str
    plan: str
    workers: int
    elapsed_s: float | None
    remaining_s: float | None


class MetricHead(TypedDict):
    """What the sweep optimises: name, goal ("minimize" or "maximize"), target or None."""

    name: str
    goal: str
    target: float | None


class SweepMetric(TypedDict):
    """One of several metrics of a sweep, or one with limits.

    Attributes:
        name, goal: as in `MetricHead`.
        at_most, at_least: limits that runs have to keep; None without.
        is_objective: False for one that only has limits.
    """

    name: str
    goal: str
    at_most: float | None
    at_least: float | None
    is_objective: bool


class BestRun(TypedDict):
    """The best run so far, of those that finished or were stopped early and keep the limits.

    Attributes:
        id, number, name: of the run.
        value, text: its metric; as text the mean and its error where it was repeated.
        config: its whole config, nested, as the training code saw it.
    """

    id: str
    number: int
    name: str
    value: float
    text: str
    config: dict[str, Any]


class SweptParameter(TypedDict):
    """A parameter that differs between runs.

    Attributes:
        name: flat name; nested ones are joined by ".".
        numeric: whether its values are ordered numbers.
        log: whether they belong on a logarithmic axis.
    """

    name: str
    numeric: bool
    log: bool


class Row(TypedDict):
    """A run.

    Attributes:
        id, number, attempt, name: of the run.
        state: lower case, as W&B's API spells it (see RunState).
        word: the same for people: a stopped run that may go on by itself is "paused".
        active: whether it is still under way.
        counts: whether its metric does: it finished or was stopped early. One that goes on
            after such an end keeps its result until it ends so again.
        values: one per swept parameter; None where the run has no such parameter. A page
            does without: a value may be a whole data set.
        texts: the same as short text; "" where the run has no such parameter.
        places: on each axis but the metric's: the number itself, the index of its
            category, or None where the run has no value. [] in a picture without axes.
        metric: last (or final) value of the metric, None when it has no finite one. Of a
            run that counts the one that it is judged by.
        metric_text: the same as text; "nan" or "inf" when that is what was logged.
        results: texts of the sweep's further metrics, in the order of `Picture.metrics`
            without the first objective; [] where it has none.
        beyond: why it is not known to keep the sweep's limits, in words; "" for a run that
            does, or does not count.
        curve: at most 40 points of the metric as logged, at even distances, with six
            digits, or more where that would make different values the same; may be [].
            Of a run that began anew, from there on.
        span: first and last step of the curve, or the steps of all its points where these are
            not evenly spaced; [] without a curve.
        diverged: whether the last values of the metric are NaN or infinite; they are not in
            the curve.
        continued: where the run went on after an end, from 0 to 1 along the points of the
            curve, each with the words for a mark there; [] for most runs.
        start_s: when it began, in seconds after the sweep was made; None before.
        duration_s: since its start, in whole milliseconds; None before.
        note: last line of its error, or why it was stopped; may be "".
        worker: who executes it, "" when nobody said.
    """

    id: str
    number: int
    attempt: int
    name: str
    state: str
    word: str
    active: bool
    counts: bool
    values: list[Any]
    texts: list[str]
    places: list[float | None]
    metric: float | None
    metric_text: str
    results: list[str]
    beyond: str
    curve: list[float]
    span: list[int]
    diverged: bool
    continued: list[tuple[float, str]]
    start_s: float | None
    duration_s: float | None
    note: str
    worker: str


class Repeated(TypedDict):
    """A configuration that was run several times: one row in tables.

    Attributes:
        id: of the run whose row stands for all: the one with a star, else of the median value.
        others: ids of the further runs, whose rows are left out.
        n: how many runs there are with a value of the metric.
        metric: their mean.
        metric_text: the same with its standard error.
        results: the means of the sweep's further metrics likewise, as in `Row.results`.
    """

    id: str
    others: list[str]
    n: int
    metric: float
    metric_text: str
    results: list[str]


class Failure(TypedDict):
    """Runs that failed with the same last line.

    Attributes:
        text: that line.
        runs: their numbers.
        traceback: the whole traceback of the first of them.
    """

    text: str
    runs: list[int]
    traceback: str


class PanelAxis(TypedDict):
    """An axis of the parallel coordinates plot.

    Attributes:
        name: parameter, another result of the runs, or the metric (the last axis).
        kind: "linear", "log" or "category".
        low, high: its ends in natural units.
        ticks: position (0 to 1) and label, from the lowest to the highest.
        categories: label of each category; its index is a run's place.
        marks: the numbers that a parameter can be, where they are few; else empty.
        is_metric: whether it is the sweep's metric.
        is_extra: a result beside the metric, such as the duration; hidden until wanted.
        is_objective: whether such a result is one of the sweep's further metrics, which are
            always shown.
        best, poor: of the metric and of extras, the values with the best and the worst colour.
    """

    name: str
    kind: str
    low: float
    high: float
    ticks: list[tuple[float, str]]
    categories: list[str]
    marks: list[float]
    is_metric: bool
    is_extra: bool
    is_objective: bool
    best: float
    poor: float


class PanelImportance(TypedDict):
    """What the runs say about the parameters.

    Attributes:
        verdict: in a sentence.
        n_runs: how many runs it rests on.
        is_ranked: whether shares and order mean anything.
        rows: by importance; each has name, importance, error, correlation (None for
            parameters of several categories, which have a ratio and a best_value),
            high_value, stands_out, n_runs (that have the parameter) and dependence:
            (place on the parameter's axis, predicted metric) from the lowest place on.
        left_out: runs left out, in words; may be "".
        metric: what the parameters are important for.
        method: as in `analysis.importance`.
        heading: of the column of importances.
        explained: what is explained and what is left, in a sentence; may be "".
        notes: sentences on pairs of parameters and on those that only some runs have.
    """

    verdict: str
    n_runs: int
    is_ranked: bool
    rows: list[dict[str, Any]]
    left_out: str
    metric: str
    method: str
    heading: str
    explained: str
    notes: list[str]


class PanelVolume(TypedDict):
    """How the hypervolume of the front grew.

    Attributes:
        steps: (run number, volume) of each run that raised it.
        text: the volume now, and where it is measured to.
    """

    steps: list[tuple[int, float]]
    text: str


class PanelChart(TypedDict):
    """A further chart of the sweep, as a still picture.

    Attributes:
        title: what it shows.
        caption: what it says and what to know, in sentences.
        alt: the same for people who do not see it.
        svg: the picture, for light and dark pages; "" when the caption says why there is none.
        n_runs: runs that it was drawn from, those that did not count included.
        n_ended: how many of them had ended.
        took_s: seconds that it took to draw.
    """

    title: str
    caption: str
    alt: str
    svg: str
    n_runs: int
    n_ended: int
    took_s: float


class PanelOutlook(TypedDict):
    """Whether the sweep is worth going on with.

    Attributes:
        suggestion: "go on", "stop" or "unknown".
        verdict: the same in a sentence.
        sentences: one for each run under way whose end can be predicted.
    """

    suggestion: str
    verdict: str
    sentences: list[str]


class PanelFinding(TypedDict):
    """A sentence that was computed from the runs, with how many they are.

    Attributes:
        text: the sentence.
        parameters: parameter to the keys of its spec that would make a range wider at whose
            end the best runs sit; {} for other sentences.
    """

    text: str
    parameters: dict[str, dict[str, Any]]


class PanelBelief(TypedDict):
    """Where the best value of a parameter is thought to be.

    Attributes:
        name: of the parameter.
        text: the belief in words.
        ranges: the parts of its axis, in positions from 0 to 1; [] where it has none.
    """

    name: str
    text: str
    ranges: list[tuple[float, float]]


class Picture(TypedDict):
    """One snapshot of a sweep, ready to be drawn.

    Attributes:
        seq: counts the pictures of one panel; 0 outside of one.
        version: of the snapshot; two pictures of one version differ by the clock only.
        now: unix time the picture was made for.
        live: whether an agent of this process is at work on the sweep.
        sweep, progress, metric, best: the header; metric and best may be None. With several
            objectives metric is the first one, and no run is the best.
        metrics: all metrics of a sweep that has several, or limits; [] for others.
        front: with several objectives ids of the runs on the front, in the order of the
            first objective, its best value first; else [].
        standing: what leads where no one run can be called the best; else "".
        columns: the swept parameters, in the order of `Row.values`.
        constants: names and short texts of the parameters that are not swept.
        rows: all runs in order of (number, attempt).
        repeated: where runs were repeated on purpose, the configurations with several; else [].
        failures: distinct errors, in order of their first run.
        notes: remarks a person should read, such as a metric that is never logged.
        axes: of the parallel coordinates, with those of other results; [] where nobody
            draws them.
        beliefs: where the best values are thought to be; [] where nobody draws axes.
        findings: what the runs have shown, the first things to say; [] where nobody computed
            any or there is no ground.
        importance, outlook, hypervolume: the newest there are; None where nobody computed
            them. Only a sweep with a front has a hypervolume.
        logged: names of the metrics whose curves a page can ask for; [] where nobody answers.
    """

    seq: int
    version: int
    now: float
    live: bool
    sweep: SweepHead
    progress: Progress
    metric: MetricHead | None
    best: BestRun | None
    metrics: list[SweepMetric]
    front: list[str]
    standing: str
    columns: list[SweptParameter]
    constants: list[tuple[str, str]]
    rows: list[Row]
    repeated: list[Repeated]
    failures: list[Failure]
    notes: list[str]
    axes: list[PanelAxis]
    beliefs: list[PanelBelief]
    findings: list[PanelFinding]
    importance: PanelImportance | None
    outlook: PanelOutlook | None
    hypervolume: PanelVolume | None
    logged: list[str]
