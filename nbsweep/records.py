"""The values that every module speaks: frozen records and state enums.

Records carry no behaviour beyond what follows from their own fields, and no
reference to a store, a thread or a widget. Whoever has one may keep it for ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class SweepState(str, Enum):
    """State of a sweep, spelled as W&B's API spells it."""

    PENDING = "PENDING"  # created, no agent yet
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"  # no new runs, runs under way continue
    FINISHED = "FINISHED"  # exhausted, run_cap, target or stopped: no new runs
    CANCELED = "CANCELED"  # runs under way were killed
    CRASHED = "CRASHED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        """Whether agents get no more runs from such a sweep (until it is resumed)."""
        return self in _ENDED_SWEEP


class RunState(str, Enum):
    """State of a run, spelled as W&B's API spells it; `stopped` is ours."""

    PENDING = "pending"  # handed out, function not entered yet
    RUNNING = "running"
    FINISHED = "finished"  # the function returned, exit code 0
    FAILED = "failed"  # the function raised, or finish(exit_code != 0)
    CRASHED = "crashed"  # its process died without a word
    KILLED = "killed"  # a person stopped it
    STOPPED = "stopped"  # early termination ended it; its metric counts
    PREEMPTING = "preempting"  # mark_preempting was called, still running
    PREEMPTED = "preempted"  # ended by preemption, to be handed out again

    @property
    def ended(self) -> bool:
        """Whether the run has reached a state that never changes again."""
        return self in _ENDED_RUN

    @property
    def counts(self) -> bool:
        """Whether the run came to an end that its metric can be judged by.

        It finished, or early termination stopped it. The value of a run that is under way,
        failed, crashed or was killed is that of a training cut off.
        """
        return self is RunState.FINISHED or self is RunState.STOPPED

    @property
    def broke(self) -> bool:
        """Whether the run's own code or process ended it badly."""
        return self is RunState.FAILED or self is RunState.CRASHED


class Goal(str, Enum):
    """Which of two values of a metric is better; equal to its name as text."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    __str__ = str.__str__

    @property
    def is_minimized(self) -> bool:
        """Whether low values are the good ones."""
        return self is Goal.MINIMIZE

    @property
    def sign(self) -> float:
        """1.0, or -1.0 for "maximize": times it, low values are the good ones."""
        return 1.0 if self.is_minimized else -1.0

    @property
    def extreme(self) -> str:
        """The aggregate that is the best of several values: "min" or "max"."""
        return "min" if self.is_minimized else "max"

    def better(self, value: float, other: float) -> bool:
        """Whether `value` is better than `other`, and not its equal."""
        return value < other if self.is_minimized else value > other

    def best(self, values: Iterable[float]) -> float:
        """The best of at least one value."""
        return min(values) if self.is_minimized else max(values)

    def worst(self, values: Iterable[float]) -> float:
        """The worst of at least one value."""
        return max(values) if self.is_minimized else min(values)


_ENDED_SWEEP = frozenset(
    {SweepState.FINISHED, SweepState.CANCELED, SweepState.CRASHED, SweepState.FAILED}
)
_ENDED_RUN = frozenset(
    {
        RunState.FINISHED,
        RunState.FAILED,
        RunState.CRASHED,
        RunState.KILLED,
        RunState.STOPPED,
        RunState.PREEMPTED,
    }
)


@dataclass(frozen=True)
class SweepRecord:
    """A sweep as the store keeps it.

    Attributes:
        id: 8 lower-case letters and digits.
        project: project name; only a label.
        name: display name, or None.
        config: the checked sweep config as `sweep_config.to_dict` writes it.
        seed: every random decision of the sweep follows from it.
        state: see SweepState.
        created_at: unix time in seconds.
        ended_at: unix time in seconds, None until the sweep ends.
        end_reason: why it ended, in words ("grid exhausted"), or None.
        prior: observations from before this sweep, each ``{"params": {…}, "value": number
            or None, "run_id": …, "state": …}``, with `metrics` also ``"values": {name:
            number}``; the search learns from them. With ``"sweep": id`` they are runs of an
            earlier sweep (`prior: auto`), which tell what to expect and count as none of this
            sweep's.
        edits: changes of its search space since it was made, oldest first, each ``{"at": unix
            time in seconds, "after_run": highest number handed out by then, "text": in
            words, "parameters": {name: {"before": spec, "after": spec}}}``; `config` has
            all of them. One with ``"beliefs": True`` changed only what is believed.
        queue: points that people enqueued, in order, as flat params that may be partial; run
            origins name the taken ones ("enqueued": index). They never leave it.
    """

    id: str
    project: str
    name: str | None
    config: Mapping[str, Any]
    seed: int
    state: SweepState = SweepState.PENDING
    created_at: float = 0.0
    ended_at: float | None = None
    end_reason: str | None = None
    prior: Sequence[Mapping[str, Any]] = ()
    edits: Sequence[Mapping[str, Any]] = ()
    queue: Sequence[Mapping[str, Any]] = ()

    @property
    def is_edited(self) -> bool:
        """Whether its search space was changed, which a belief does not do."""
        return any("beliefs" not in edit for edit in self.edits)

    @property
    def prior_runs(self) -> list[Mapping[str, Any]]:
        """The entries of `prior` that count as runs of this sweep: not those of earlier ones."""
        return [entry for entry in self.prior if "sweep" not in entry]


OUT_OF_TIME = "the deadline of "  # how the reason begins for which a deadline stops a run


@dataclass(frozen=True)
class RunRecord:
    """A run as the store keeps it.

    Attributes:
        id: 8 lower-case letters and digits.
        project: project name.
        sweep_id: its sweep, None for a run started outside of one.
        number: suggestion number within the sweep, from 1; 0 outside of one.
        attempt: 0, or how often this suggestion was handed out before.
        name: display name.
        state: see RunState.
        params: the suggestion, flat: parameter name (nested ones joined by ".") to value.
        config: the whole config of the run, nested as the training code sees it.
        summary: last value of each metric, or what `define_metric` asks for.
        origin: why these params ("grid_index": 3; predicted mean and so on).
        agent_id: the agent that claimed the run and alone may change it.
        host: name of the host that the agent runs on.
        pid: process id of the agent on that host, 0 when unknown.
        created_at, started_at, heartbeat_at, ended_at: unix times in seconds.
        exit_code: of `finish`, None while it runs.
        error: full traceback of the exception that ended it, or None.
        stop_requested: reason for which somebody asked it to stop, or None.
        stop_state: the state in which that stop is to end it, None without one.
        history_rows: number of history rows stored so far.
        notes, tags, group, job_type: labels, as in W&B.
        code_hash: tells the training function's source from another; None when unknown.
        peak_memory_bytes: most memory that the run used, None when unknown.
        worker: the process that executes it, as ``host:pid:start``, where that is another
            one than the agent's; None otherwise.
        retry_requested: whether somebody asked for the params of this ended run to be
            handed out once more; whoever works on the sweep does so next.
        parent_id: the run of which this one is a part (a fold), or None. Such a run has no
            sweep_id: it is neither a suggestion nor an observation.
        continue_requested: what somebody asked for who wants this ended run to go on:
            ``{"config": {…}}`` with the values to change, which may be none; empty when nobody
            did. Whoever works on the sweep goes on with it next.
    """

    id: str
    project: str
    sweep_id: str | None = None
    number: int = 0
    attempt: int = 0
    name: str = ""
    state: RunState = RunState.PENDING
    params: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)
    agent_id: str = ""
    host: str = ""
    pid: int = 0
    created_at: float = 0.0
    started_at: float | None = None
    heartbeat_at: float = 0.0
    ended_at: float | None = None
    exit_code: int | None = None
    error: str | None = None
    stop_requested: str | None = None
    stop_state: RunState | None = None
    history_rows: int = 0
    notes: str | None = None
    tags: Sequence[str] = ()
    group: str | None = None
    job_type: str | None = None
    code_hash: str | None = None
    peak_memory_bytes: int | None = None
    worker: str | None = None
    retry_requested: bool = False
    parent_id: str | None = None
    continue_requested: Mapping[str, Any] = field(default_factory=dict)

    @property
    def continued(self) -> Sequence[Mapping[str, Any]]:
        """A mark for each time that it went on after an end, see `nbsweep.continued`."""
        marks: Sequence[Mapping[str, Any]] = self.origin.get("continued", ())
        return marks

    @property
    def paused_s(self) -> float:
        """Seconds between its ends and when it went on."""
        ends = ((mark["at"], mark["after"]) for mark in self.continued)
        return float(sum(at - after for at, after in ends if after is not None))

    @property
    def duration_s(self) -> float | None:
        """Seconds from start to end, or to the last heartbeat, without pauses; None before."""
        if self.started_at is None:
            return None
        end = self.ended_at if self.ended_at is not None else self.heartbeat_at
        return max(0.0, end - self.started_at - self.paused_s)

    @property
    def is_cut_off(self) -> bool:
        """Whether a deadline stopped it: its value counts, but it would have taken longer."""
        stopped = self.state is RunState.STOPPED
        return stopped and (self.stop_requested or "").startswith(OUT_OF_TIME)


@dataclass(frozen=True)
class HistoryRow:
    """What one committed `log` step wrote.

    Attributes:
        step: W&B's `_step`, increasing within a run.
        time_s: unix time in seconds of the first `log` into this row.
        values: metric name to value; nested dicts are kept as trees.
    """

    step: int
    time_s: float
    values: Mapping[str, Any]


LASTING = 3  # values in a row that are not finite; fewer may be a bad batch


def iterations(finite: int, diverged: int) -> int:
    """How many values of its metric a run has shown that it can be judged by.

    Those that are not finite count when the run has no other, or has shown none for long:
    then training has diverged. W&B's engine counts the finite ones.

    Args:
        finite: number of finite values.
        diverged: number of values after the last finite one.
    """
    return finite + (diverged if not finite or diverged >= LASTING else 0)


@dataclass(frozen=True)
class Curve:
    """The sweep's metric as one run logged it.

    Attributes:
        run_id: the run.
        state: state of the run when the snapshot was taken.
        steps: shape (n,), the `_step` of each value.
        values: shape (n,), finite numbers only, in the metric's own sign.
        rows_read: history rows seen so far, including those without the metric.
        diverged: how many values came after the last finite one that were NaN or infinite.
        is_sampled: whether it may lack values, as one that is only to be drawn.
        rewound: for each time that the run went on, how many values stayed, and the steps and
            values after them, which it logged anew from an earlier checkpoint.
    """

    run_id: str
    state: RunState
    steps: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    rows_read: int = 0
    diverged: int = 0
    is_sampled: bool = False
    rewound: tuple[tuple[int, tuple[int, ...], tuple[float, ...]], ...] = ()

    @property
    def iterations(self) -> int:
        """How often the run showed the metric, see `iterations`."""
        return iterations(len(self.values), self.diverged)


@dataclass(frozen=True)
class RunResult:
    """What a list of sweeps says of a run; see RunRecord."""

    number: int
    attempt: int
    state: RunState
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """One consistent read of a sweep.

    Attributes:
        sweep: the sweep.
        runs: its runs in order of (number, attempt).
        curves: run id to Curve; empty unless curves were asked for.
        version: grows with every change of the sweep or one of its runs.
        taken_at: unix time in seconds.
        curves_of: where the config has `metrics` and curves were asked for, the name of each
            of them to its curves, as in `curves`; else empty. Those of the first objective
            are `curves`.
    """

    sweep: SweepRecord
    runs: tuple[RunRecord, ...]
    curves: Mapping[str, Curve]
    version: int
    taken_at: float
    curves_of: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """Params proposed for a run that does not exist yet.

    Attributes:
        params: flat parameter name to natural value, constants included.
        origin: why this point; JSON values only. `method` is always there.
    """

    params: Mapping[str, Any]
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """What the search knows of one ended run.

    Attributes:
        params: flat parameter name to natural value.
        value: the metric in its own sign, or None when the run has no finite value.
        state: how the run ended.
        origin: the origin of its suggestion.
        curve: the metric as the run logged it, where the sweep ends runs early; else None.
        duration_s: seconds that the run took, None when unknown.
        values: of each of the config's `metrics`, in their order and own sign, None where the
            run has no finite one; empty where the config names one `metric`.
        curves: of each of the config's `metrics`, as `curve`; empty where that is None.
        source: id of the earlier sweep that the run is of, whose task was another one; None
            where it counts as a run of this sweep.
    """

    params: Mapping[str, Any]
    value: float | None
    state: RunState = RunState.FINISHED
    origin: Mapping[str, Any] = field(default_factory=dict)
    curve: Curve | None = None
    duration_s: float | None = None
    values: tuple[float | None, ...] = ()
    curves: tuple[Curve, ...] = ()
    source: str | None = None


@dataclass(frozen=True)
class StopDecision:
    """A run that early termination ends.

    Attributes:
        run_id: the run.
        reason: why, in words; never empty.
    """

    run_id: str
    reason: str


@dataclass(frozen=True)
class StopRequest:
    """That somebody asked a run to stop; the reply to a flush of its history.

    Attributes:
        reason: why, in words for the user.
        state: how the run is to end: killed by a person, stopped early, preempted.
    """

    reason: str
    state: RunState = RunState.KILLED


@dataclass(frozen=True)
class RunEnd:
    """How a run ended, and what it leaves; `Store.finish_run` writes it.

    Attributes:
        state: an ended one.
        summary, config: of the run, whole.
        exit_code: 0 for success, None when unknown.
        at: unix time in seconds.
        rows: history rows that are not stored yet.
        console: what it printed that is not stored yet.
        error: full traceback of the exception that ended it, or None.
        peak_memory_bytes: most memory that it used; None keeps what was stored before.
        summary_before, config_before: what `summary` and `config` were made from: what
            another process has changed in the store since then is kept. None replaces them.
    """

    state: RunState
    summary: Mapping[str, Any]
    config: Mapping[str, Any]
    exit_code: int | None
    at: float
    rows: Sequence[HistoryRow] = ()
    console: str = ""
    error: str | None = None
    peak_memory_bytes: int | None = None
    summary_before: Mapping[str, Any] | None = None
    config_before: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Continuation:
    """How an ended run of a sweep goes on; `Store.reopen_run` writes it.

    Attributes:
        after: its ended_at, as it was read. With another one, or another request, somebody
            was faster, and it does not go on.
        request: its continue_requested, as it was read; the store forgets it then.
        mark: what ``origin["continued"]`` is to say of it besides "after" and "at".
        config: the whole config that it goes on with.
        state: pending or running.
        code_hash: version of the training code that it goes on with; None keeps what is known.
    """

    after: float | None
    request: Mapping[str, Any]
    mark: Mapping[str, Any]
    config: Mapping[str, Any]
    state: RunState = RunState.RUNNING
    code_hash: str | None = None


@dataclass(frozen=True)
class WorkOrder:
    """All that a worker needs to execute one run, anywhere; picklable.

    Attributes:
        run: the claimed run.
        store_url: where to write; the worker opens the store itself.
        folder: the run's own folder for files.
        seed: for the random generators of the run; follows from the sweep's seed.
        echo: whether what the run prints is also shown where it runs.
        metric: the sweep's, None for a run outside of one.
        early_terminate: the sweep's rule, or None.
        metrics: of the sweep, where its config has `metrics`; else empty.
    """

    run: RunRecord
    store_url: str
    folder: str
    seed: int = 0
    echo: bool = False
    metric: Metric | None = None
    early_terminate: EarlyTermination | None = None
    metrics: tuple[Metric, ...] = ()

    @property
    def all_metrics(self) -> tuple[Metric, ...]:
        """`metrics`, or the one `metric`, or none."""
        return self.metrics or (() if self.metric is None else (self.metric,))


@dataclass(frozen=True)
class RunOutcome:
    """How the execution of a work order ended.

    Attributes:
        run_id: the run.
        state: the ended state that was stored.
        error: last line of the traceback for messages, or None.
        interrupted: True when the function raised KeyboardInterrupt itself.
    """

    run_id: str
    state: RunState
    error: str | None = None
    interrupted: bool = False


def is_number(value: object) -> bool:
    """Whether `value` is an int or float that is finite as a float (bools are not numbers)."""
    if type(value) is float:  # most are
        return math.isfinite(value)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond 1e308
        return False


def lookup(values: Mapping[str, Any], name: str) -> Any:
    """The value under the literal key `name`, else along the dotted path; None if neither.

    Keys on the way may hold dots themselves: ``val.acc.max`` finds what is nested, else
    ``{"val.acc": {"max": 1}}``.
    """
    if name in values:
        return values[name]
    node: Any = values
    for part in name.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return _lookup_below(values, name)
        node = node[part]
    return node


def _lookup_below(values: Mapping[str, Any], name: str) -> Any:
    dot = name.find(".")
    while dot >= 0:
        below = values.get(name[:dot])
        if isinstance(below, Mapping):
            value = lookup(below, name[dot + 1 :])
            if value is not None:
                return value
        dot = name.find(".", dot + 1)
    return None


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf of a tree with its dotted path.

    A dict with a ``_type``, such as a reference to a picture, is one value; so is an empty one.
    """
    for key, value in values.items():
        if isinstance(value, Mapping) and value and not isinstance(value.get("_type"), str):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def is_diverged(value: object) -> bool:
    """Whether `value` is a number that is not finite as a float: NaN, an infinity, 10**400."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not is_number(value)


def aggregated(values: Sequence[float], aggregate: str | None) -> float:
    """One value for a curve of at least one: its min, max, mean or first, else its last."""
    if aggregate in ("min", "max"):
        return min(values) if aggregate == "min" else max(values)
    if aggregate == "mean":
        return math.fsum(value / len(values) for value in values)
    return values[0] if aggregate == "first" else values[-1]


@dataclass(frozen=True)
class Metric:
    """What a sweep optimises, and every rule about it.

    The one meaning of "metric of a run" in nbsweep: the search, `best_run`, the tables and
    the plots all ask `of`.

    Attributes:
        name: history key; the literal key wins over a dotted path.
        goal: "minimize" or "maximize".
        target: a run that reaches it ends the sweep, or None.
        impute: "worst", "best" or "latest".
        impute_while_running: "false", "latest", "best" or "worst".
        mode: which of the values that a run logged counts: "best" by the goal, "last", "min",
            "max", "mean" or "first". None: the value in the run's summary, as in W&B.
        per: "time" when a gain is to be weighed by the time that the run takes; else None.
        at_most, at_least: limits that a run has to keep, or None.
        is_objective: False for one that only has limits.

    Example:
        >>> Metric("loss").of({"loss": 0.3})
        0.3
        >>> Metric("acc", "maximize", mode="best").of({"acc": 0.7, "acc.max": 0.8})
        0.8
    """

    name: str
    goal: Goal = Goal.MINIMIZE
    target: float | None = None
    impute: str = "worst"
    impute_while_running: str = "false"
    mode: str | None = None
    per: str | None = None
    at_most: float | None = None
    at_least: float | None = None
    is_objective: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "goal", Goal(self.goal))

    @property
    def has_limit(self) -> bool:
        """Whether a run may break it."""
        return self.at_most is not None or self.at_least is not None

    def beyond(self, value: float) -> float:
        """How far a value is beyond a limit, in units of the limit (of 1 for one below 1)."""
        over = 0.0
        if self.at_most is not None and value > self.at_most:
            over += (value - self.at_most) / max(abs(self.at_most), 1.0)
        if self.at_least is not None and value < self.at_least:
            over += (self.at_least - value) / max(abs(self.at_least), 1.0)
        return over

    @property
    def sign(self) -> float:
        """1.0, or -1.0 for "maximize": times it, low values are the good ones."""
        return self.goal.sign

    @property
    def aggregate(self) -> str | None:
        """The aggregate that the mode asks for: "best" is "min" or "max" by the goal."""
        return self.goal.extreme if self.mode == "best" else self.mode

    def better(self, value: float, other: float) -> bool:
        """Whether `value` is better than `other`, and not its equal."""
        return self.goal.better(value, other)

    def reaches_target(self, value: float) -> bool:
        """Whether `value` is as good as the target or better; False without one."""
        return self.target is not None and not self.better(self.target, value)

    def of(self, summary: Mapping[str, Any]) -> float | None:
        """The run's value of the metric, read from its summary; None when it has none.

        With a mode it is the aggregate that the run kept as ``name.min`` and so on (or
        `define_metric` as ``{"min": …}``). Where the run kept none, and without a mode, it
        is the summary's value; of one that `define_metric` turned into
        ``{"min": …, "last": …}`` the aggregate that fits the goal, else the only or the
        last one.
        """
        if self.aggregate is not None:
            kept = lookup(summary, f"{self.name}.{self.aggregate}")
            if is_number(kept):
                return float(kept)
        value = lookup(summary, self.name)
        if isinstance(value, Mapping):
            for key in ("best", self.goal.extreme, "last", *value):
                if key in value and is_number(value[key]):
                    value = value[key]
                    break
        return float(value) if is_number(value) else None

    def counted(self, run: RunRecord | RunResult) -> float | None:
        """The value that a run is judged by; None when it has none, or did not end well.

        One that goes on after an end that counts, or was cut off in doing so, has the value
        that it had then.
        """
        if run.state.counts:
            return self.of(run.summary)
        for mark in reversed(run.continued if isinstance(run, RunRecord) else ()):
            if RunState(mark["state"]).counts:
                others = mark.get("values")  # only of a sweep with several metrics
                value: float | None = mark.get("value") if others is None else others.get(self.name)
                return value
        return None

    def of_curve(self, values: Sequence[float]) -> float:
        """The value that a curve of at least one value amounts to."""
        return aggregated(values, self.aggregate)

    def best_value(self, runs: Iterable[RunRecord | RunResult]) -> float | None:
        """The best value of the runs that count, see `counted`; None when none has one."""
        values = map(self.counted, runs)
        signed = [self.sign * value for value in values if value is not None]
        return self.sign * min(signed) if signed else None

    def best_run(self, runs: Iterable[RunRecord]) -> tuple[RunRecord, float] | None:
        """The run with the best value and that value; None when none has one.

        Only runs that count do, see `counted`. Among equals the earlier run is the best.
        """
        best: tuple[RunRecord, float] | None = None
        for run in runs:
            value = self.counted(run)
            if value is not None and (best is None or self.better(value, best[1])):
                best = run, value
        return best


@dataclass(frozen=True)
class EarlyTermination:
    """The `early_terminate` block; `search.early_termination` says what its rules do.

    Attributes:
        type: "hyperband", "asha", "median" or "auto".
        min_iter: first iteration at which runs are judged; None with `s`, and for 1 in
            asha and median.
        max_iter: hyperband with `s`: bands are counted down from it. asha: no rung there
            or beyond.
        s: hyperband: number of bands below `max_iter`.
        eta: hyperband and asha: one in `eta` goes on from a band to the next, which is
            `eta` times as far.
        strict: hyperband: compare the value at the band rather than the best so far.
        interval: median: iterations from one judgement to the next.
        percentile: median: which share of the runs, in percent, is good enough.
        min_runs: median: so many others must have got as far before a run is judged.
        confidence: auto: how sure it has to be that a run cannot become the best.
        thaw: auto: a stopped run is paused, and goes on where that promises more than a new one.
    """

    type: str
    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3.0
    strict: bool = True
    interval: int = 1
    percentile: float = 50.0
    min_runs: int = 3
    confidence: float = 0.95
    thaw: bool = False
