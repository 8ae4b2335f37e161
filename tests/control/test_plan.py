"""What fits before a deadline: decisions from records and seconds alone."""

import heapq
import math
import random
from statistics import fmean

import pytest

from nbsweep import sweep_config
from nbsweep.control.plan import MOST_COUNTED, Lengths, Plan, ToldPlan, fitting, plan, quantile
from nbsweep.records import Observation, RunRecord, RunState

CUT = "the deadline of 17:30 came"


def ended(seconds, state=RunState.FINISHED, **fields):
    """A run that took so long."""
    fields.setdefault("id", f"{state.value}-{seconds}-{random.random()}")
    return RunRecord(
        project="p", state=state, started_at=1000.0, ended_at=1000.0 + seconds, **fields
    )


def under_way(name, age, rows=0):
    """A run whose last heartbeat came at that age."""
    return RunRecord(
        name,
        "p",
        state=RunState.RUNNING,
        started_at=1000.0,
        heartbeat_at=1000.0 + age,
        history_rows=rows,
    )


def lengths(*runs, ages=None):
    return Lengths.of(runs, ages or {})


# How long runs take


def test_only_runs_that_went_their_way_tell_a_length():
    states = [RunState.FAILED, RunState.CRASHED, RunState.KILLED, RunState.PREEMPTED]
    assert lengths(*(ended(10, state) for state in states)) == Lengths()
    known = lengths(ended(10), ended(20, RunState.STOPPED), *(ended(1, s) for s in states))
    assert known.seconds == (10.0, 20.0)
    assert lengths(RunRecord("waits", "p")).seconds == ()


def test_what_a_deadline_cut_off_is_longer_than_it_was():
    cut = {"state": RunState.STOPPED, "stop_requested": CUT}
    assert lengths(ended(10), ended(12), ended(3, **cut)).seconds == (10.0, 12.0)
    assert lengths(ended(10), ended(12), ended(50, **cut)).seconds == (10.0, 12.0, 50.0)
    assert lengths(ended(50, **cut)) == Lengths(), "nothing is known but that it is long"
    stopped = {"state": RunState.STOPPED, "stop_requested": "hyperband: 0.9 at 3"}
    assert lengths(ended(10), ended(3, **stopped)).seconds == (3.0, 10.0)


def test_a_run_under_way_counts_once_it_is_longer_than_most():
    done = [ended(10) for _ in range(4)]
    assert lengths(*done, under_way("r", 8)).mean_s == 10.0
    assert lengths(*done, under_way("r", 30)).mean_s == 14.0
    assert lengths(*done, under_way("r", 8), ages={"r": 30.0}).mean_s == 14.0, "as timed"
    assert lengths(under_way("r", 30)).mean_s is None


def test_the_length_that_has_to_fit_is_a_high_quantile_but_no_more_than_the_average():
    alike = lengths(*(ended(s) for s in (9, 10, 10, 11)))
    assert alike.fits_s == alike.mean_s == 10.0
    few_long = lengths(*(ended(s) for s in [1] * 9 + [1000]))
    assert few_long.mean_s == 100.9
    assert few_long.fits_s == 1.0, "nine in ten runs end within a second"
    mostly_long = lengths(*(ended(s) for s in [1] * 3 + [100] * 7))
    assert mostly_long.fits_s == mostly_long.mean_s == pytest.approx(70.3)


def test_quantile_holds_for_the_next_run_as_often_as_it_says():
    rng = random.Random(0)
    kept = []
    for _ in range(4000):
        *seen, new = [rng.lognormvariate(0, 1) for _ in range(10)]
        kept.append(new <= quantile(sorted(seen), 0.8))
    assert fmean(kept) == pytest.approx(0.8, abs=0.03)
    assert quantile([3.0], 0.8) == 3.0


def test_the_rest_of_a_run_follows_from_its_pace():
    known = lengths(ended(10, history_rows=50), ended(30, history_rows=50))
    slow = under_way("slow", 20, rows=10)  # 2 s a row
    assert known.remaining_s(slow, 21.0) == 79.0, "its rows are those of its last heartbeat"
    assert known.remaining_s(under_way("more", 20, rows=60), 20.0) == 0.0
    assert known.remaining_s(under_way("first", 20, rows=1), 20.0) == 10.0, "as the longer ones"
    assert known.remaining_s(under_way("oldest", 40), 40.0) == 10.0, "nobody knows: a quarter"
    assert Lengths().remaining_s(under_way("r", 5, rows=3), 5.0) is None


def test_runs_that_are_stopped_early_say_how_far_most_get():
    done = [ended(100, history_rows=50)]
    stopped = [ended(10, RunState.STOPPED, history_rows=5) for _ in range(9)]
    known = lengths(*done, *stopped)
    assert (known.rows, known.share) == (50, 0.1)
    assert lengths(*done, ended(9, history_rows=50)).share == 1.0
    assert lengths(ended(10), ended(12)).share == 1.0, "runs that never log"


def test_where_some_are_stopped_early_a_run_counts_as_the_average_gets_to():
    done = [ended(100, history_rows=50) for _ in range(3)]
    stopped = [ended(20, RunState.STOPPED, history_rows=10) for _ in range(5)]
    assert lengths(*done, *stopped).share == pytest.approx((3 * 1.0 + 5 * 0.2) / 8)
    assert lengths(ended(9, history_rows=9), *done, ended(99, history_rows=99)).share == 1.0


# The plan


@pytest.mark.parametrize(
    ("left_s", "workers", "more"),
    [
        (9.9, 1, 0),
        (10.0, 1, 1),
        (29.9, 1, 2),
        (30.0, 1, 3),
        (30.0, 4, 12),
        (0.0, 4, 0),
        (-5.0, 1, 0),
    ],
)
def test_so_many_runs_fit(left_s, workers, more):
    assert plan([ended(10), ended(10)], left_s, workers=workers).more == more


def test_runs_under_way_come_first():
    done = [ended(10), ended(10)]
    busy = [under_way("a", 4), under_way("b", 9)]
    assert plan([*done, *busy], 15.9, workers=2).more == 0 + 1
    assert plan([*done, *busy], 16.0, workers=2).more == 2
    mine = plan([*done, *busy], 16.0, workers=1, ages={"a": 4.0})
    assert (mine.more, mine.under_way) == (1, 1), "b occupies the worker of another agent"
    idle = plan([*done, *busy], 20.0, workers=2, ages={})
    assert (idle.more, idle.under_way) == (4, 0)


def test_nothing_is_known_before_a_run_has_ended():
    unknown = plan([under_way("a", 4)], 60.0, until="14:32")
    assert (unknown.more, unknown.run_s, unknown.under_way) == (None, None, 1)
    assert str(unknown) == "until 14:32: how many runs fit is known when the first one has ended"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"run_s": 130.0, "more": 7}, "7 more runs fit until 14:32, about 2 min 10 s each"),
        ({"run_s": 130.0, "more": 1}, "1 more run fits until 14:32, about 2 min 10 s"),
        ({"run_s": 130.0, "more": 0}, "no further run fits until 14:32"),
        (
            {"run_s": 130.0, "more": 0, "under_way": 2},
            "no further run fits until 14:32; 2 under way",
        ),
        (
            {"run_s": 0.004, "more": 5, "is_all": True},
            "all 5 runs that are left fit until 14:32, about 4 ms each",
        ),
        ({"run_s": 8.2, "more": 1, "is_all": True}, "the last run fits until 14:32, about 8.2 s"),
        ({"run_s": 0.0, "more": 9999}, "9,999+ more runs fit until 14:32, about 0 ms each"),
    ],
)
def test_a_plan_is_a_sentence(fields, sentence):
    made = Plan(60.0, "14:32", **fields)
    assert made.sentence == str(made) == sentence
    assert made.said == f"{sentence[0].upper()}{sentence[1:]}."


def test_no_more_is_planned_than_is_left_to_run():
    done = [ended(10)]
    limited = plan(done, 100.0, wanted=3)
    assert (limited.more, limited.is_all) == (3, True)
    assert plan(done, 20.0, wanted=3).more == 2
    assert not plan(done, 20.0, wanted=3).is_all
    assert plan([ended(0)], 1e9).more == MOST_COUNTED
    nothing = plan(done, 100.0, wanted=0)
    assert nothing.more == 0


def test_only_news_are_said():
    told = ToldPlan()

    def much(more, taken):
        return told.is_much(Plan(60.0, "", 1.0, 1.0, more), taken)

    assert much(None, 0)
    assert not much(None, 1)
    assert much(7, 1), "known first: 8 in all"
    assert not much(6, 2)
    assert not much(8, 2), "10 in place of 8 is within a quarter"
    assert much(9, 2)
    assert not much(9, 2)
    assert told.is_news(Plan(60.0, "14:32", 1.0, 1.0, 3))
    assert not told.is_news(Plan(50.0, "14:32", 1.0, 1.0, 3))
    assert told.is_news(Plan(50.0, "14:32", 1.0, 1.0, 2))


# What is handed out

CONFIG = sweep_config.parse(
    {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"epochs": {"min": 1, "max": 100}, "x": {"min": 0.0, "max": 1.0}},
    }
)


def observed(epochs, seconds, state=RunState.FINISHED):
    return Observation({"epochs": epochs, "x": epochs % 7 / 7}, 0.5, state, duration_s=seconds)


def test_params_that_take_long_do_not_fit_where_others_do():
    epochs = [5, 90, 20, 60, 40, 75, 10, 100, 30, 50]
    observations = [observed(e, 1.0 * e) for e in epochs]
    known = lengths(*(ended(1.0 * e) for e in epochs))
    params = [{"epochs": e, "x": 0.5} for e in (3, 15, 25, 60, 95)]
    assert fitting(CONFIG, observations, params, known, 40.0) == [True] * 3 + [False] * 2
    assert fitting(CONFIG, observations, params, known, 0.0) == [False] * 5
    assert fitting(CONFIG, observations, params, known, 150.0) == [True] * 5
    stopped_early = Lengths(known.seconds, 50.0, share=0.1)
    assert fitting(CONFIG, observations, params, stopped_early, 15.0) == [True] * 5


def test_the_first_runs_are_handed_out_whatever_is_left():
    assert fitting(CONFIG, [], [{"epochs": 3, "x": 0.5}], Lengths(), 0.1) == [True]


def test_with_two_runs_known_their_average_decides():
    known = lengths(ended(10), ended(20))
    observations = [observed(10, 10.0), observed(20, 20.0)]
    one = [{"epochs": 1, "x": 0.5}]
    assert fitting(CONFIG, observations, one, known, 14.9) == [False]
    assert fitting(CONFIG, observations, one, known, 15.0) == [True]


# Simulated agents


def simulated(sigma, workers, seed, total_s=1200.0, mean_s=60.0):
    """Runs of log-normal length under a deadline.

    Returns:
        Seconds from the last run's end to the deadline; mean seconds that a worker was idle
        before it; number of runs that were cut off.
    """
    rng = random.Random(f"{sigma} {workers} {seed}")
    now, active, done, idle_from = 0.0, [], [], [0.0] * workers
    while True:
        while len(active) < workers:
            busy = [
                RunRecord(str(n), "p", state=RunState.RUNNING, started_at=s, heartbeat_at=now)
                for _, n, s in active
            ]
            fits_s = lengths(*done, *busy).fits_s
            if now >= total_s or (fits_s is not None and fits_s > total_s - now):
                break
            length = rng.lognormvariate(math.log(mean_s) - sigma**2 / 2, sigma)
            heapq.heappush(active, (now + length, len(done) + len(active), now))
            idle_from.remove(min(idle_from))
        if not active or active[0][0] > total_s:
            break
        now, _, since = heapq.heappop(active)
        done.append(ended(now - since))
        idle_from.append(now)
    cut = len(active)
    last = total_s if cut else now
    return total_s - last, fmean([total_s - at for at in idle_from] + [0.0] * cut), cut


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0])
def test_at_most_one_run_is_left_unused(sigma, workers):
    unused, idle, cut = zip(*(simulated(sigma, workers, seed) for seed in range(150)), strict=True)
    assert fmean(unused) <= 0.6 * 60.0
    assert sorted(unused)[int(0.9 * len(unused))] <= 60.0 * (1.0 if sigma < 1 else 1.2)
    assert fmean(idle) <= 60.0
    assert fmean(cut) / workers <= 0.5, "most runs that are handed out last end in time"
