"""Curves of any logged metric over steps, time or another metric, for a page that chose them.

They are read from the store when a page asks, at most so many points of so many runs, and
kept: of a run that goes on only its new rows are read. Not for several threads at once.
"""

from __future__ import annotations

import sys
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nbsweep.analysis.logged import by_metric, by_step, by_time, judged_rows, points
from nbsweep.records import HistoryRow, RunRecord, Snapshot
from nbsweep.view.picture import CURVE_POINTS
from nbsweep.wording import sampled

STEP, TIME = "_step", "_runtime"  # as W&B calls them; other names are those of metrics
MOST_CURVES = 400  # as many as a page draws, see frontend/src/curves.js
BUDGET_S = 0.5  # that one answer may take; what is left comes with the next
CHOICES_KEPT = 4

# Run id and index of its first row -> its rows from there on.
ReadHistory = Callable[[str, int], Sequence[HistoryRow]]


class Question(NamedTuple):
    """What a page asks for.

    Attributes:
        x, y: what is to be drawn over what: names of metrics, or STEP or TIME for x.
        runs: ids of the runs.
        rows: from how many history rows of each the page has its curve, -1 without one.
    """

    x: str
    y: str
    runs: Sequence[str]
    rows: Sequence[int]

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Question:
        """The question of a message."""
        runs = [str(run) for run in message.get("runs") or ()][:MOST_CURVES]
        rows = [int(n) for n in message.get("rows") or ()][: len(runs)]
        rows += [-1] * (len(runs) - len(rows))
        return cls(str(message.get("x") or STEP), str(message.get("y")), runs, rows)


class Answer(NamedTuple):
    """Curves that a page does not have yet.

    Attributes:
        runs: ids.
        rows: history rows that each was made from.
        curves: x and y of the points of each.
        n_left: runs that are still to be read.
        took_s: seconds that it took.
    """

    runs: Sequence[str]
    rows: Sequence[int]
    curves: Sequence[Sequence[tuple[float, float]]]
    n_left: int
    took_s: float

    def message(self) -> tuple[dict[str, Any], bytes]:
        """JSON values, and a buffer: the x of all points, then their y, little-endian float64."""
        numbers = array("d", [at for curve in self.curves for at, _ in curve])
        numbers.extend(value for curve in self.curves for _, value in curve)
        if sys.byteorder == "big":
            numbers.byteswap()
        return {
            "runs": list(self.runs),
            "rows": list(self.rows),
            "lengths": [len(curve) for curve in self.curves],
            "n_left": self.n_left,
            "took_s": round(self.took_s, 3),
        }, numbers.tobytes()


@dataclass
class _Sampler:
    """A curve that grows, of which points at even distances are kept."""

    place: Callable[[HistoryRow], float | None]
    name: str
    rows_read: int = 0
    _stride: int = 1
    _n: int = 0
    _kept: list[tuple[float, float]] = field(default_factory=list)
    _last: tuple[float, float] | None = None

    def read(self, rows: Sequence[HistoryRow]) -> None:
        """Take further rows in."""
        for _, at, value in points(rows, self.place, self.name):
            self._last = at, value
            if self._n % self._stride == 0:
                self._kept.append(self._last)
                if len(self._kept) >= 16 * CURVE_POINTS:
                    self._kept, self._stride = self._kept[::2], 2 * self._stride
            self._n += 1

    def curve(self) -> list[tuple[float, float]]:
        """At most CURVE_POINTS of the points, the first and the last among them."""
        is_whole = self._last is None or (self._n - 1) % self._stride == 0
        whole = self._kept if is_whole or self._last is None else [*self._kept, self._last]
        return [whole[i] for i in sampled(range(len(whole)), CURVE_POINTS)]


class SeriesReader:
    """Reads the curves that pages ask for.

    Args:
        history: reads rows of a run.
        clock: seconds.
    """

    def __init__(self, history: ReadHistory, clock: Callable[[], float] = time.monotonic) -> None:
        self._history = history
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], dict[str, _Sampler]] = OrderedDict()

    def answer(self, snapshot: Snapshot, question: Question) -> Answer:
        """What a page does not have of what it asks for, as far as there is time to read it.

        Args:
            snapshot: of now, says which runs have new rows.
            question: what is asked for.
        """
        began = self._clock()
        kept = self._choice(question.x, question.y)
        wanted = dict(zip(question.runs, question.rows, strict=True))
        found: list[tuple[str, _Sampler]] = []
        n_left = 0
        for run in snapshot.runs:
            if run.id not in wanted:
                continue
            known = kept.get(run.id)
            if known is None or known.rows_read < run.history_rows:
                if n_left or self._clock() - began > BUDGET_S:
                    n_left += 1
                    continue
                kept[run.id] = known = self._grown(known, run, question)
            if known.rows_read != wanted[run.id]:
                found.append((run.id, known))
        return Answer(
            [run_id for run_id, _ in found],
            [known.rows_read for _, known in found],
            [known.curve() for _, known in found],
            n_left,
            self._clock() - began,
        )

    def _choice(self, x: str, y: str) -> dict[str, _Sampler]:
        """The curves of a choice; those of the oldest one are forgotten."""
        kept = self._kept.setdefault((x, y), {})
        self._kept.move_to_end((x, y))
        while len(self._kept) > CHOICES_KEPT:
            self._kept.popitem(last=False)
        return kept

    def _grown(self, known: _Sampler | None, run: RunRecord, question: Question) -> _Sampler:
        if known is None or run.continued:  # what it logs anew takes the place of what it logged
            known = _Sampler(_place(run, question.x), question.y)
        rows = self._history(run.id, known.rows_read)
        known.read(judged_rows(run, rows) if run.continued else rows)
        known.rows_read += len(rows)
        return known


def _place(run: RunRecord, x: str) -> Callable[[HistoryRow], float | None]:
    if x == STEP:
        return by_step
    return by_time(run) if x == TIME else by_metric(x)
