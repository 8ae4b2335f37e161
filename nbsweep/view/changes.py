"""What a live panel is sent: the whole picture once, and after that what changed.

A `Picture` is a `State` made ready for a front end that draws axes: each row has its
place on each axis, so that the front end needs no knowledge of search spaces. Two
pictures of one sweep differ by a `Delta`, and `apply(before, delta(before, after))`
equals `after`. Deltas carry the number of the picture that they lead to and are useless
without the one before it: whoever finds a gap asks for a picture.

Pure: nothing here sends, waits or looks at a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

from nbsweep.records import Curve, RunRecord, RunState, Snapshot, is_number
from nbsweep.space.values import value_key
from nbsweep.view.state import (
    TRACEBACK_LIMIT,
    Best,
    Column,
    Failure,
    Metric,
    Progress,
    Row,
    State,
    Sweep,
)
from nbsweep.wording import clip, short, without_surrogates

if TYPE_CHECKING:
    from nbsweep.analysis.frame import Column as FrameColumn
    from nbsweep.analysis.frame import Frame, MetricColumn
    from nbsweep.analysis.importance import Importance
    from nbsweep.analysis.results import Result

DETAIL_PAIRS = 60  # metrics, config entries and reasons that are shown of one run
DETAIL_TEXT = 200  # characters of one of them
CONSOLE_LIMIT = 12_000  # characters of what a run printed, its end

# Keys of a picture that are sent whole when they differ.
_PARTS = (
    "live",
    "sweep",
    "progress",
    "metric",
    "best",
    "columns",
    "constants",
    "failures",
    "notes",
    "axes",
    "importance",
    "outlook",
)


class PanelAxis(TypedDict):
    """An axis of the parallel coordinates plot.

    Attributes:
        name: parameter, another result of the runs, or the metric (the last axis).
        kind: "linear", "log" or "category".
        low, high: its ends in natural units.
        ticks: position (0 to 1) and label, from the lowest to the highest.
        categories: label of each category; its index is a run's place.
        is_metric: whether it is the sweep's metric.
        is_extra: a result beside the metric, such as the duration; hidden until wanted.
        best, poor: of the metric and of extras, the values with the best and the worst colour.
    """

    name: str
    kind: str
    low: float
    high: float
    ticks: list[tuple[float, str]]
    categories: list[str]
    is_metric: bool
    is_extra: bool
    best: float
    poor: float


class PanelRow(TypedDict):
    """A run: the keys of `Row` that are drawn, and these.

    Attributes:
        places: on each axis but the metric's: the number itself, the index of its
            category, or None where the run has no value.
        span: first and last step of the curve; [] without one.
        start_s: when it began, in seconds after the sweep was made; None before.
        worker: who executes it, "" when nobody said.
    """

    id: str
    number: int
    attempt: int
    name: str
    state: str
    active: bool
    texts: list[str]
    places: list[float | None]
    metric: float | None
    metric_text: str
    curve: list[float]
    span: list[int]
    start_s: float | None
    duration_s: float | None
    note: str
    worker: str


class PanelImportance(TypedDict):
    """What the runs say about the parameters.

    Attributes:
        verdict: in a sentence.
        n_runs: how many runs it rests on.
        is_ranked: whether shares and order mean anything.
        rows: by importance; each has name, importance, error, correlation (None for
            parameters of several categories), high_value, stands_out and dependence:
            (place on the parameter's axis, predicted metric) from the lowest place on.
        left_out: runs left out, in words; may be "".
        metric: what the parameters are important for.
        method: "forest" or "permutation".
    """

    verdict: str
    n_runs: int
    is_ranked: bool
    rows: list[dict[str, Any]]
    left_out: str
    metric: str
    method: str


class PanelOutlook(TypedDict):
    """Whether the sweep is worth going on with.

    Attributes:
        suggestion: "go on", "stop" or "unknown".
        verdict: the same in a sentence.
        sentences: one for each run under way whose end can be foreseen.
    """

    suggestion: str
    verdict: str
    sentences: list[str]


class Picture(TypedDict):
    """All that a panel draws; `seq` counts the pictures of one panel."""

    seq: int
    live: bool
    sweep: Sweep
    progress: Progress
    metric: Metric | None
    best: Best | None
    columns: list[Column]
    constants: list[tuple[str, str]]
    failures: list[Failure]
    notes: list[str]
    axes: list[PanelAxis]
    importance: PanelImportance | None
    outlook: PanelOutlook | None
    rows: list[PanelRow]


class Delta(TypedDict):
    """What leads from one picture to the next.

    Attributes:
        seq: of the picture it leads to; it applies to `seq - 1` only.
        set: parts other than rows that differ, whole.
        rows: for each run that differs its id and the keys that do; new runs in full.
        gone: ids of runs that are no longer there.
    """

    seq: int
    set: dict[str, Any]
    rows: list[dict[str, Any]]
    gone: list[str]


class Axes:
    """The axes of a sweep and where values lie on them.

    Made from a frame, so they fit the runs of one moment. A later run may hold a value
    that has no place on them: `place` says None then and `is_outgrown` is True.

    Args:
        frame: the runs as columns.
        extras: other results of the runs, with their axes.
    """

    def __init__(self, frame: Frame, extras: Sequence[tuple[Result, MetricColumn]] = ()) -> None:
        from nbsweep.analysis.parallel_coordinates import collect

        drawn = {axis.name: axis for axis in collect(frame).axes[: len(frame.params)]}
        self.names = [column.name for column in frame.params]
        self.listed = [
            *(_param_axis(column, drawn[column.name].ticks) for column in frame.params),
            *(_extra_axis(frame, column) for _, column in extras),
            *_metric_axis(frame),
        ]
        self._extras = [result for result, _ in extras]
        self.is_outgrown = False
        self._find = [_finder(column) for column in frame.params]

    def places(self, run: RunRecord, curve: Curve | None = None) -> list[float | None]:
        """Place of a run on each axis but the metric's."""
        values = run.params
        places = [
            self._place(i, values[name]) if name in values else None
            for i, name in enumerate(self.names)
        ]
        for result in self._extras:
            value = result.value(run, curve)
            places.append(None if value is None else _rounded(value))
        return places

    def _place(self, i: int, value: Any) -> float | None:
        place = self._find[i](value)
        axis = self.listed[i]
        beyond = place is not None and not axis["low"] <= place <= axis["high"]
        if beyond or (place is None and axis["kind"] == "category"):
            self.is_outgrown = True
        return place


RowMemory = dict[str, tuple[Row, Axes, PanelRow]]


def picture(
    state: State,
    snapshot: Snapshot,
    axes: Axes,
    importance: PanelImportance | None,
    seq: int,
    memory: RowMemory | None = None,
    outlook: PanelOutlook | None = None,
) -> Picture:
    """The picture of a state.

    Args:
        state: what `nbsweep.view.state` made of `snapshot`.
        snapshot: the same moment, with curves.
        axes: made from a frame of this sweep.
        importance: the newest there is.
        seq: its number.
        memory: a dict that the caller keeps between calls, so that a call costs what
            changed.
        outlook: the newest there is.
    """
    memory = {} if memory is None else memory
    made_at = snapshot.sweep.created_at or 0.0
    rows = []
    for row, run in zip(state["rows"], snapshot.runs, strict=True):
        known = memory.get(row["id"])
        if known and known[0] is row and known[1] is axes:
            rows.append(known[2])
            continue
        curve = snapshot.curves.get(run.id)
        made = PanelRow(
            id=row["id"],
            number=row["number"],
            attempt=row["attempt"],
            name=row["name"],
            state=row["state"],
            active=row["active"],
            texts=row["texts"],
            places=axes.places(run, curve),
            metric=row["metric"],
            metric_text=row["metric_text"],
            curve=[_rounded(value) for value in row["curve"]],
            span=[curve.steps[0], curve.steps[-1]] if curve and curve.steps else [],
            start_s=None if run.started_at is None else round(run.started_at - made_at, 2),
            duration_s=None if row["duration_s"] is None else round(row["duration_s"], 2),
            note=row["note"],
            worker=run.worker or "",
        )
        if not row["active"]:
            memory[row["id"]] = row, axes, made
        rows.append(made)
    return Picture(
        seq=seq,
        live=state["live"],
        sweep=state["sweep"],
        progress=state["progress"],
        metric=state["metric"],
        best=state["best"],
        columns=state["columns"],
        constants=state["constants"],
        failures=state["failures"],
        notes=state["notes"],
        axes=axes.listed,
        importance=importance,
        outlook=outlook,
        rows=rows,
    )


def delta(before: Picture, after: Picture) -> Delta:
    """What leads from `before` to `after`; rows that are the same object are not looked into."""
    parts: Mapping[str, Any] = after
    known: Mapping[str, Any] = before
    changed = {
        key: parts[key]
        for key in _PARTS
        if known[key] is not parts[key] and known[key] != parts[key]
    }
    rows_before = {row["id"]: row for row in before["rows"]}
    rows = []
    for row in after["rows"]:
        old = rows_before.pop(row["id"], None)
        if old is row:
            continue
        if old is None:
            rows.append(dict(row))
        elif fields := {key: value for key, value in row.items() if old[key] != value}:  # type: ignore[literal-required]
            rows.append({"id": row["id"], **fields})
    return Delta(seq=after["seq"], set=changed, rows=rows, gone=list(rows_before))


def is_empty(change: Delta) -> bool:
    """Whether a delta says nothing."""
    return not (change["set"] or change["rows"] or change["gone"])


def apply(before: Picture, change: Delta) -> Picture:
    """The picture that `change` leads to; what the front end does, in Python.

    Raises ValueError when a picture is missing in between.
    """
    if change["seq"] != before["seq"] + 1:
        raise ValueError(f"delta {change['seq']} does not follow picture {before['seq']}")
    gone = set(change["gone"])
    rows: dict[str, Any] = {row["id"]: row for row in before["rows"] if row["id"] not in gone}
    for fields in change["rows"]:
        rows[fields["id"]] = {**rows.get(fields["id"], {}), **fields}
    after: Any = {**before, **change["set"], "seq": change["seq"]}
    after["rows"] = sorted(rows.values(), key=lambda row: (row["number"], row["attempt"]))
    return after  # type: ignore[no-any-return]


def panel_importance(
    found: Importance, dependence: Mapping[str, Sequence[tuple[float, float]]] | None = None
) -> PanelImportance:
    """The importance analysis and the partial dependences as JSON values."""
    curves = dependence or {}
    return PanelImportance(
        verdict=found.verdict,
        n_runs=found.n_runs,
        is_ranked=found.is_ranked,
        rows=[
            {
                "name": row.name,
                "importance": round(row.importance, 4),
                "error": round(row.error, 4),
                "correlation": None if row.correlation is None else round(row.correlation, 3),
                "high_value": row.high_value,
                "stands_out": row.stands_out,
                "dependence": [
                    [_rounded(place), _rounded(value)] for place, value in curves.get(row.name, ())
                ],
            }
            for row in found.rows
        ],
        left_out=found.left_out,
        metric=found.metric or "",
        method=found.method,
    )


def details(
    run: RunRecord, console: str = "", parts: Sequence[RunRecord] = (), metric: str = ""
) -> dict[str, Any]:
    """What is shown of one run on demand, as texts: error, console, metrics, config, origin, parts.

    Args:
        run: the run.
        console: what it printed.
        parts: the runs that `init(group=…)` made inside of it, folds for one.
        metric: of the sweep, which is told of each part.
    """
    return {
        "console": without_surrogates(console[-CONSOLE_LIMIT:].rstrip()),
        "error": without_surrogates((run.error or "")[-TRACEBACK_LIMIT:].rstrip()),
        "metrics": _pairs(run.summary),
        "config": _pairs(run.config or run.params),
        "origin": _pairs({k: v for k, v in run.origin.items() if v is not None}),
        "parts": [
            [name, text if part.state is RunState.FINISHED else f"{text} ({part.state.value})"]
            for part in parts
            for name, text in _pairs({part.name: part.summary.get(metric)})
        ],
    }


def _rounded(value: float) -> float:
    """Six digits are finer than any screen and a third as long on the wire."""
    return float(f"{value:.6g}")


def _param_axis(column: FrameColumn, ticks: Sequence[tuple[float, str]]) -> PanelAxis:
    return PanelAxis(
        name=column.name,
        kind=column.kind,
        low=column.low,
        high=column.high,
        ticks=[(round(position, 4), label) for position, label in ticks if position >= 0],
        categories=list(column.categories),
        is_metric=False,
        is_extra=False,
        best=0.0,
        poor=0.0,
    )


def _metric_axis(frame: Frame) -> list[PanelAxis]:
    from nbsweep.analysis.parallel_coordinates import collect

    metric = frame.metric
    if metric is None:
        return []
    ticks = collect(frame).axes[-1].ticks if frame.counted else ()
    return [_result_axis(metric, ticks, is_metric=True)]


def _extra_axis(frame: Frame, column: MetricColumn) -> PanelAxis:
    from nbsweep.analysis.parallel_coordinates import collect
    from nbsweep.analysis.results import about

    bare = about(replace(frame, params=()), column)
    ticks = collect(bare).axes[-1].ticks if bare.counted else ()
    return _result_axis(column, ticks, is_metric=False)


def _result_axis(
    column: MetricColumn, ticks: Sequence[tuple[float, str]], *, is_metric: bool
) -> PanelAxis:
    return PanelAxis(
        name=column.name,
        kind=column.kind,
        low=column.low,
        high=column.high,
        ticks=[(round(position, 4), label) for position, label in ticks],
        categories=[],
        is_metric=is_metric,
        is_extra=not is_metric,
        best=column.best,
        poor=column.poor,
    )


def _finder(column: FrameColumn) -> Callable[[Any], float | None]:
    if column.kind != "category":
        is_log = column.kind == "log"

        def number(value: Any) -> float | None:
            if not is_number(value) or (is_log and value <= 0):
                return None
            return float(value)

        return number
    # Labels follow the order of the search space; runs show which value has which.
    order: dict[Hashable, float] = {
        value_key(value): place
        for value, place in zip(column.values, column.numbers, strict=True)
        if place is not None
    }
    return lambda value: order.get(value_key(value))


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested values as (dotted name, short text)."""
    found: list[tuple[str, str]] = []

    def walk(prefix: str, node: Mapping[str, Any]) -> None:
        for key, value in node.items():
            if len(found) >= DETAIL_PAIRS:
                return
            name = f"{prefix}{key}"
            if isinstance(value, Mapping) and value:
                walk(f"{name}.", value)
            else:
                text = without_surrogates(short(value, DETAIL_TEXT))
                found.append((without_surrogates(clip(name, 80)), text))

    walk("", values)
    return found
