"""Who worked when: a lane for each worker, a bar for each run, and how busy they were.

A worker is the process that executes a run. Runs of one process that were under way at the
same time, in threads, have lanes of their own. Times in which nothing ran at all, such as the
night between two agents, are cut out of the axis.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nbsweep.analysis.best import best_run
from nbsweep.analysis.charts.axes import TimeUnit, caption_of, time_unit
from nbsweep.analysis.charts.chart import Axis, Bars, Chart, Panel, Role, Rule, categories
from nbsweep.analysis.ticks import shorten
from nbsweep.records import RunRecord, RunState, Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import duration, percent, plural

MOST_LANES = 40
IDLE_SHARE = 0.25  # of the time in which something ran: a longer pause is cut out
IDLE_S = 60.0  # a shorter one never is
CUT_SHARE = 0.02  # of the axis, that stands for a pause which is cut out
DRAWN = 1200  # parts of the axis below which bars of one kind are drawn as one
ROOM = 80  # pixels beside the lanes
LANE = 24  # pixels

_NAMES: dict[Role, str] = {
    "run": "finished",
    "best": "best run",
    "stopped": "stopped early",
    "failed": "failed or crashed",
    "running": "running",
    "quiet": "ended from outside",
}
_ROLES: dict[RunState, Role] = {
    RunState.FINISHED: "run",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "failed",
    RunState.CRASHED: "failed",
    RunState.RUNNING: "running",
    RunState.PREEMPTING: "running",
}


@dataclass(frozen=True)
class Part:
    """A stretch of time in which a run was executed, in unix seconds.

    Attributes:
        begin, end: of it.
        waited_from: when the run was handed to its worker, at most `begin`.
        role: how the run came out of it.
        text: what is said of it.
        n_runs: how many neighbours are drawn as one.
        is_begun: False for a run that still waits.
    """

    begin: float
    end: float
    waited_from: float
    role: Role
    text: str
    n_runs: int = 1
    is_begun: bool = True


@dataclass(frozen=True)
class Lane:
    """A worker, or one of several things that it did at a time.

    Attributes:
        name: of the worker.
        parts: in order of time, one after the other.
    """

    name: str
    parts: tuple[Part, ...]

    @property
    def busy_s(self) -> float:
        """Seconds in which it executed something."""
        return sum(part.end - part.begin for part in self.parts)


def collect_timeline(snapshot: Snapshot, config: SweepConfig) -> Chart:
    """The runs of each worker over time, waiting, running, ended.

    Args:
        snapshot: of the sweep; curves are not needed.
        config: the sweep's.
    """
    title = f"{snapshot.sweep.name or config.name or snapshot.sweep.id} · workers"
    lanes = lanes_of(snapshot, config)
    parts = [part for lane in lanes for part in lane.parts]
    if not any(part.is_begun for part in parts):
        empty = "No run has begun yet." if not snapshot.runs else _no_times(snapshot.runs)
        return Chart("timeline", title, empty=empty)
    axis = _Working(parts)
    unit = time_unit(axis.length)
    shown = sorted(lanes, key=lambda lane: -lane.busy_s)[:MOST_LANES]
    shown = [lane for lane in lanes if lane in shown]
    names = shorten([lane.name for lane in shown], 26)
    utilisation = sum(lane.busy_s for lane in lanes) / (len(lanes) * axis.working_s or 1.0)
    pauses = [
        Rule(at / unit.seconds, is_vertical=True, text=f"{duration(pause)} later")
        for at, pause in axis.cuts
    ]
    x = Axis(
        f"time since the first run began{', without pauses' * bool(pauses)} ({unit.sign})",
        0.0,
        axis.length / unit.seconds,
    )
    untold = sum(run.started_at is None and run.state.ended for run in snapshot.runs)
    return Chart(
        "timeline",
        title,
        panels=(
            Panel(
                x,
                categories("worker", names, is_reversed=True),
                (*pauses, *_bars(shown, axis, unit)),
            ),
        ),
        subtitle=f"{plural(len(lanes), 'worker')}, {duration(axis.working_s)}: busy "
        f"{_share(utilisation)} of the time",
        caption=caption_of(
            f"the {MOST_LANES} busiest of {len(lanes)} workers are shown"
            if len(lanes) > MOST_LANES
            else "",
            f"{plural(len(pauses), 'pause')} in which nothing ran left out" if pauses else "",
            f"{plural(untold, 'run')} of unknown times left out" if untold else "",
            "thin bars: handed out, not begun" if _waits(shown) else "",
        ),
        height=ROOM + LANE * len(shown),
    )


def _share(utilisation: float) -> str:
    return "all" if utilisation > 0.995 else percent(utilisation)


def _no_times(runs: Sequence[RunRecord]) -> str:
    if any(not run.state.ended for run in runs):
        return "No run has begun yet."
    return "Nothing is known of when the runs began."


def lanes_of(snapshot: Snapshot, config: SweepConfig) -> tuple[Lane, ...]:
    """The lanes of the workers, in the order in which they began."""
    best = best_run(snapshot, config)
    best_id = best[0].id if best is not None else None
    of_worker: dict[str, list[Part]] = {}
    for run in snapshot.runs:
        process = f"{run.host}:{run.pid}" if run.host or run.pid else ""
        worker = run.worker or process or run.agent_id or "worker"
        of_worker.setdefault(worker, []).extend(
            _parts(run, snapshot.taken_at, is_best=run.id == best_id)
        )
    lanes = []
    labels = _labels(list(of_worker))
    for worker, parts in of_worker.items():
        rows = _side_by_side(parts)
        for k, row in enumerate(rows):
            name = f"{labels[worker]} · {k + 1}" if len(rows) > 1 else labels[worker]
            lanes.append(Lane(name, tuple(row)))
    return tuple(sorted(lanes, key=lambda lane: lane.parts[0].begin))


def _labels(workers: Sequence[str]) -> dict[str, str]:
    """host:pid of a process, whose start is told only where a pid was used again."""
    short = {worker: ":".join(worker.split(":")[:2]) for worker in workers}
    taken = [*short.values()]
    return {w: name if taken.count(name) == 1 else w for w, name in short.items()}


def _parts(run: RunRecord, now: float, *, is_best: bool) -> list[Part]:
    """The times in which a run was executed, those before each continuation apart."""
    if run.started_at is None:
        if run.state.ended or not run.created_at:
            return []
        waiting = f"run {run.number}\nwaiting for {duration(max(0.0, now - run.created_at))}"
        return [Part(now, now, min(run.created_at, now), "running", waiting, is_begun=False)]
    marks = [mark for mark in run.continued if mark.get("after") is not None]
    begins = [run.started_at, *(float(mark["at"]) for mark in marks)]
    ends = [*(float(mark["after"]) for mark in marks), _end(run)]
    states = [*(RunState(mark["state"]) for mark in marks), run.state]
    waited = [run.created_at or run.started_at, *begins[1:]]
    parts = []
    for k, (begin, last, state) in enumerate(zip(begins, ends, states, strict=True)):
        end = max(begin, last)
        which = f", part {k + 1} of {len(begins)}" if len(begins) > 1 else ""
        lines = [f"run {run.number}{which}", f"{state.value} after {duration(end - begin)}"]
        is_last = k == len(begins) - 1
        role: Role = "best" if is_best and is_last else _ROLES.get(state, "quiet")
        if is_last and state is not RunState.FINISHED and run.stop_requested:
            lines.append(run.stop_requested)
        if not state.ended:
            lines[1] = f"{state.value} for {duration(end - begin)}"
        parts.append(Part(begin, end, min(waited[k], begin), role, "\n".join(lines)))
    return parts


def _end(run: RunRecord) -> float:
    return run.ended_at if run.ended_at is not None else run.heartbeat_at


def _side_by_side(parts: Iterable[Part]) -> list[list[Part]]:
    """The parts in as few rows as hold them without overlaps, each in the first that is free."""
    rows: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: (part.begin, part.end)):
        # A clock that jumps by a moment makes no worker of its own.
        slack = min(0.05, 0.1 * (part.end - part.begin))
        free = (row for row in rows if row[-1].end <= part.begin + slack)
        row = next(free, None)
        if row is None:
            rows.append([part])
        else:
            row.append(replace(part, waited_from=max(part.waited_from, row[-1].end)))
    return rows


class _Working:
    """The axis of time without long pauses.

    Attributes:
        length: of the axis in seconds.
        working_s: seconds in which something ran or was about to.
        cuts: where a pause was cut out, in seconds of the axis, and how long it was.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        spans: list[tuple[float, float]] = []
        for begin, end in sorted((part.begin, part.end) for part in parts):
            if spans and begin <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], end)
            else:
                spans.append((begin, end))
        covered = sum(end - begin for begin, end in spans)
        least = max(IDLE_S, IDLE_SHARE * covered)
        gap = CUT_SHARE * covered
        self._begins, self._offsets = [spans[0][0]], [0.0]
        self.cuts: list[tuple[float, float]] = []
        self.working_s, self.length = spans[0][1] - spans[0][0], spans[0][1] - spans[0][0]
        for (_, before), (begin, end) in itertools.pairwise(spans):
            pause = begin - before
            if pause > least:
                self.cuts.append((self.length + gap / 2, pause))
                self.length += gap
            else:
                self.length += pause
                self.working_s += pause
            self._begins.append(begin)
            self._offsets.append(self.length)
            self.length += end - begin
            self.working_s += end - begin

    def place(self, at: float) -> float:
        """Where a moment lies, in seconds of the axis; one within a cut at its end."""
        k = max(0, bisect_right(self._begins, at) - 1)
        following = self._offsets[k + 1] if k + 1 < len(self._offsets) else self.length
        return min(max(self._offsets[k] + at - self._begins[k], 0.0), following)


def _waits(lanes: Iterable[Lane]) -> bool:
    return any(part.begin > part.waited_from for lane in lanes for part in lane.parts)


def _bars(lanes: Sequence[Lane], axis: _Working, unit: TimeUnit) -> list[Bars]:
    """A mark for the time that runs waited, and one for each way in which they came out."""
    step = axis.length / DRAWN
    drawn: dict[Role, list[tuple[float, Part]]] = {}
    waiting: list[tuple[float, float, float]] = []
    for k, lane in enumerate(lanes):
        for part in _merged(lane.parts, step):
            if part.is_begun:
                drawn.setdefault(part.role, []).append((float(k), part))
            begin, end = axis.place(part.waited_from), axis.place(part.begin)
            if end - begin > step:
                waiting.append((float(k), begin, end))
    marks = []
    if waiting:
        at, begins, ends = zip(*waiting, strict=True)
        marks.append(
            Bars(
                at,
                tuple(begin / unit.seconds for begin in begins),
                tuple(end / unit.seconds for end in ends),
                ("quiet",),
                thickness=0.16,
                name="waiting",
            )
        )
    for role, name in _NAMES.items():
        bars = drawn.get(role, [])
        if bars:
            marks.append(
                Bars(
                    tuple(at for at, _ in bars),
                    tuple(axis.place(part.begin) / unit.seconds for _, part in bars),
                    tuple(axis.place(part.end) / unit.seconds for _, part in bars),
                    (role,),
                    texts=tuple(_text(part) for _, part in bars),
                    name=name,
                )
            )
    return marks


def _merged(parts: Sequence[Part], step: float) -> list[Part]:
    """The parts of a lane; neighbours of one kind that nobody could tell apart are one."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if (
            last is not None
            and last.role == part.role != "best"
            and part.begin - last.end < step
            and part.end - last.begin < 4 * step
        ):
            merged[-1] = replace(last, end=part.end, n_runs=last.n_runs + 1)
        else:
            merged.append(part)
    return merged


def _text(part: Part) -> str:
    if part.n_runs == 1:
        return part.text
    return f"{part.n_runs} runs\n{_NAMES[part.role]} in {duration(part.end - part.begin)}"
