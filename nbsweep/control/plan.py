"""What still fits before a deadline: from how long runs took to what may be handed out.

Pure: records and seconds in, records out. What is known of lengths:

=====================================  ====================================================
run                                    its length
=====================================  ====================================================
finished, or stopped early             as it took: who ends runs early plans with that
stopped by a deadline, or under way    longer than so far: counts where that is already
                                       longer than most
under way, with rows                   goes on at its pace to as many rows as finished
                                       runs have (`Lengths.remaining_s`)
failed, crashed, killed, preempted     not at all: it ended for reasons of its own
=====================================  ====================================================

A run fits where a length that most runs keep is not longer than what is left. "Most" is a
choice between two losses: a run that is handed out and does not end in time is cut off
(its value so far counts), and time in which none is handed out is lost. Four in five keep
the LONG length; but where lengths differ much that is several times the average, and more
than an average run's length is never left unused: `Lengths.fits_s` is the shorter of both.
Where params tell how long their run takes (`search.durations`), two in three runs with such
params have to keep the time (LIKELY).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from nbsweep.records import Observation, RunRecord, RunState
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import duration, plural

LONG = 0.8
LIKELY = 0.65  # the average of a skewed law is where 0.6 to 0.7 of it lie below
FAR = 30.0  # so many times the longest run: what is left is enough for any params
LEAST_S = 1e-3  # a run cannot be shorter, for counting how many fit
MOST_COUNTED = 9999  # runs that fit; beyond it nobody plans
MUCH = 0.25  # of the number of runs that was said: a change by more is said again
ALIKE = 1.2  # ratio of the most to the fewest rows of finished runs that count as one number
MIN_KNOWN = 3  # lengths; params tell nothing of fewer, and loading scipy takes a second
OVERTIME = 0.25  # of its age: what a run that is older than all before it may still take
UNKNOWN = "how many runs fit is known when the first one has ended"


@dataclass(frozen=True)
class Lengths:
    """How long runs take, from those that were seen.

    Attributes:
        seconds: of runs that ended by themselves or early, in ascending order, with lower
            bounds of others that are longer than most.
        rows: history rows of a finished run; None when unknown, or when they differ much.
        share: how much of a finished run's rows runs get to, on average or four in five at
            most, whichever is less; below 1 where runs are stopped early.
    """

    seconds: tuple[float, ...] = ()
    rows: float | None = None
    share: float = 1.0

    @classmethod
    def of(cls, runs: Iterable[RunRecord], ages: Mapping[str, float]) -> Lengths:
        """The lengths that a sweep's runs tell.

        Args:
            runs: all of them.
            ages: run id to seconds since it was handed out, for runs under way that the
                caller has timed; others count as old as their last heartbeat.
        """
        whole, whole_runs, bounds, rows, finished_rows = [], [], [], [], []
        for run in runs:
            age = age_of(run, ages)
            if age is None:
                continue
            if not run.state.ended or run.is_cut_off:
                bounds.append(age)
            elif run.state.counts:
                whole.append(age)
                whole_runs.append(run)
                rows.append(run.history_rows)
                if run.state is RunState.FINISHED:
                    finished_rows.append(run.history_rows)
        if not whole:
            return cls()
        most = quantile(sorted(whole), LONG)
        seconds = sorted([*whole, *(bound for bound in bounds if bound > most)])
        alike = bool(finished_rows) and max(finished_rows) <= ALIKE * min(finished_rows)
        full = median(finished_rows) if finished_rows else max(rows)
        share = _share_done(whole_runs, full) if full else 1.0
        return cls(tuple(seconds), (full or None) if alike else None, share or 1.0)

    @property
    def mean_s(self) -> float | None:
        """How long a run takes on average; None when no length is known."""
        return fmean(self.seconds) if self.seconds else None

    @property
    def fits_s(self) -> float | None:
        """With less than that left no run is handed out; None when no length is known."""
        mean_s = self.mean_s
        return None if mean_s is None else min(quantile(self.seconds, LONG), mean_s)

    def remaining_s(self, run: RunRecord, age: float) -> float | None:
        """How much longer a run under way is expected to take; None when nobody knows.

        Args:
            run: it, with the rows that it has stored.
            age: seconds since it was handed out.
        """
        pace_s = row_s(run)
        if self.rows and pace_s is not None:
            return max(0.0, self.rows * pace_s - age)
        longer = [seconds for seconds in self.seconds if seconds > age]
        if longer:
            return fmean(longer) - age
        return OVERTIME * age if self.seconds else None


@dataclass(frozen=True)
class Plan:
    """What still fits before a deadline; `str` of it is a sentence.

    Attributes:
        left_s: seconds in which runs have to end.
        until: the deadline, in words.
        run_s: how long a run takes on average; None while no run has ended.
        fits_s: with less than that left none is handed out.
        more: runs that fit besides those under way; None while no run has ended.
        under_way: runs under way.
        is_all: whether that is all there is to run: the deadline ends nothing.
    """

    left_s: float
    until: str
    run_s: float | None = None
    fits_s: float | None = None
    more: int | None = None
    under_way: int = 0
    is_all: bool = False

    @property
    def sentence(self) -> str:
        """Such as "7 more runs fit until 14:32, about 2 min 10 s each"."""
        if self.more is None or self.run_s is None:
            return f"until {self.until}: {UNKNOWN}"
        if not self.more:
            text = f"no further run fits until {self.until}"
            return f"{text}; {self.under_way} under way" if self.under_way else text
        each = " each" if self.more > 1 else ""
        length = f"about {duration(self.run_s)}{each}"
        if self.is_all:
            which = f"all {self.more} runs that are left fit" if each else "the last run fits"
            return f"{which} until {self.until}, {length}"
        verb = "fit" if each else "fits"
        over = "+" if self.more >= MOST_COUNTED else ""
        runs = plural(self.more, "more run")
        return f"{runs.replace(' ', f'{over} ', 1)} {verb} until {self.until}, {length}"

    def __str__(self) -> str:
        return self.sentence

    @property
    def said(self) -> str:
        """The sentence, as one that stands alone."""
        return f"{self.sentence[0].upper()}{self.sentence[1:]}."


class ToldPlan:
    """What was said of a plan, so that only news are said."""

    def __init__(self) -> None:
        self._sentence = ""
        self._first = True
        self._total: int | None = None

    def is_news(self, plan: Plan) -> bool:
        """Whether its sentence is another one than before."""
        before, self._sentence = self._sentence, plan.sentence
        return before != plan.sentence

    def is_much(self, plan: Plan, taken: int) -> bool:
        """Whether it is worth a line: said first, known first, or quite another number of runs.

        Args:
            plan: what still fits.
            taken: runs handed out so far; with those that fit they are what is planned.
        """
        first, known = self._first, self._total
        self._first = False
        total = None if plan.more is None else taken + plan.more
        changed = total is not None and (
            known is None or abs(total - known) > max(1.0, MUCH * known)
        )
        if changed:
            self._total = total
        return first or changed


def plan(
    runs: Sequence[RunRecord],
    left_s: float,
    *,
    until: str = "",
    workers: int = 1,
    ages: Mapping[str, float] | None = None,
    wanted: int | None = None,
) -> Plan:
    """What still fits.

    Runs follow each other on each worker, each as long as they are on average; one begins
    where it fits.

    Args:
        runs: of the sweep, all agents' ones.
        left_s: seconds in which runs have to end.
        until: the deadline, in words.
        workers: runs under way at once.
        ages: run id to seconds since it was handed out, of the runs that occupy these
            workers; None: all runs under way do, and are as old as their last heartbeat.
        wanted: runs that are handed out at most, None for no limit.
    """
    known = {} if ages is None else ages
    lengths = Lengths.of(runs, known)
    busy = [run for run in runs if not run.state.ended and (ages is None or run.id in ages)]
    mean_s, fits_s = lengths.mean_s, lengths.fits_s
    if mean_s is None or fits_s is None:
        return Plan(left_s, until, under_way=len(busy))
    ends = [lengths.remaining_s(run, age_of(run, known) or 0.0) or 0.0 for run in busy]
    free = sorted([*ends, *[0.0] * max(0, workers - len(busy))])[: max(1, workers)]
    most = MOST_COUNTED if wanted is None else min(wanted, MOST_COUNTED)
    more = _count(free, mean_s, fits_s, left_s, most)
    is_all = wanted is not None and more == wanted
    return Plan(left_s, until, mean_s, fits_s, more, len(busy), is_all)


def _count(free: list[float], mean_s: float, fits_s: float, left_s: float, most: int) -> int:
    """How many runs begin on workers that become free at these times, at most `most`."""
    step, count = max(mean_s, LEAST_S), 0
    heapq.heapify(free)
    while count < most and free[0] + fits_s <= left_s:
        heapq.heapreplace(free, free[0] + step)
        count += 1
    return count


def fitting(
    config: SweepConfig,
    observations: Sequence[Observation],
    params: Sequence[Mapping[str, object]],
    lengths: Lengths,
    left_s: float,
) -> list[bool]:
    """Which of several runs that do not exist yet would end in time, shape (n,).

    While no length is known all do: the first runs cannot be planned.

    Args:
        config: the sweep.
        observations: its ended runs.
        params: of the runs in question, n of them.
        lengths: of the runs seen so far.
        left_s: seconds in which they have to end.
    """
    fits_s = lengths.fits_s
    if fits_s is None or left_s >= FAR * lengths.seconds[-1]:
        return [True] * len(params)
    if left_s <= 0:
        return [False] * len(params)
    if len(lengths.seconds) < MIN_KNOWN:
        return [fits_s <= left_s] * len(params)
    from nbsweep.search.durations import predicted_seconds  # takes scipy along

    seconds = predicted_seconds(config, observations, params, LIKELY)
    if seconds is None:
        return [fits_s <= left_s] * len(params)
    return [bool(each * lengths.share <= left_s) for each in seconds]


def _share_done(runs: Sequence[RunRecord], full: float) -> float:
    """How much of a finished run's rows runs get to; 1.0 where none was stopped early.

    On average or four in five at most, whichever is less: as with `Lengths.fits_s`, more
    time than an average run takes is never left unused.
    """
    shares = [
        1.0 if run.state is RunState.FINISHED else min(1.0, run.history_rows / full) for run in runs
    ]
    return min(quantile(sorted(shares), LONG), fmean(shares))


def quantile(ascending: Sequence[float], share: float) -> float:
    """The length that the next run keeps with this probability, from those before it.

    The k-th of n numbers in order is below the next one with probability k / (n + 1),
    whatever they come from; the longest stands for what lies beyond.
    """
    k = math.ceil(share * (len(ascending) + 1))
    return ascending[min(k, len(ascending)) - 1]


def row_s(run: RunRecord) -> float | None:
    """Seconds that a run under way needs for a row; None when it has stored too few to tell.

    Its rows were counted at its last heartbeat, so that is how old it counts here.
    """
    if run.history_rows < 2 or run.duration_s is None:  # the first comes after all preparations
        return None
    return run.duration_s / run.history_rows


def age_of(run: RunRecord, ages: Mapping[str, float]) -> float | None:
    """How long a run took, or has been under way; None when it has not begun."""
    return ages[run.id] if run.id in ages and not run.state.ended else run.duration_s
