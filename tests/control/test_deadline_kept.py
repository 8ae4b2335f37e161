"""Agents with a deadline: what they hand out, and that all has ended when it comes."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

import nbsweep
from nbsweep.control.agent import Agent
from nbsweep.control.controller import Controller, Halt
from nbsweep.control.deadline import Deadline
from nbsweep.control.options import AgentOptions
from nbsweep.control.schedule import Schedule
from nbsweep.handles.launch import launch
from nbsweep.records import RunEnd, RunState, SweepState
from nbsweep.runs import session
from nbsweep.runs.identity import AgentIdentity
from nbsweep.testing import FakeClock

LATE_S = 3.0  # on a machine that has much to do
RANDOM = {
    "method": "random",
    "seed": 3,
    "metric": {"name": "loss"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}
GRID = {**RANDOM, "method": "grid", "parameters": {"x": {"values": [1, 2, 4, 8, 16, 32]}}}
NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


def make(config=RANDOM, **changes):
    return nbsweep.Sweep(nbsweep.sweep({**config, **changes}))


def training(seconds, steps=10):
    def train():
        with nbsweep.init() as run:
            for step in range(steps):
                time.sleep(seconds / steps)
                run.log({"loss": run.config.x + 1.0 / (1 + step)})

    return train


def timed(sweep, train, **options):
    """Run an agent; its report and how long it took."""
    handle = launch(sweep, AgentOptions(function=train, show=False, **options))
    began = time.monotonic()
    return handle.run(), time.monotonic() - began


# With a clock of the test's: what is handed out


class NothingToRunError(Exception):
    """There was no run to hand out."""


class Agenda:
    """A sweep with an agent whose runs take as long as the test says.

    Args:
        config: of the sweep.
        minutes: that the agent has, None for no deadline of its own.
    """

    def __init__(self, config, minutes=None, name="me", passed=None, **arguments):
        self.sweep = make(config) if isinstance(config, dict) else config
        self.store, self.passed = self.sweep.store, passed or FakeClock(0.0)
        own = None
        if minutes is not None:
            own = Deadline(
                self.passed() + 60 * minutes, 60 * minutes, "12:20", "time is over", "so near"
            )
        self.schedule = Schedule(own, self.now, self.passed, needed_s=0.0)
        self.controller = Controller(
            self.store,
            self.sweep.id,
            AgentIdentity.create(),
            str,
            self.now,
            elapsed=self.passed,
            schedule=self.schedule,
            **arguments,
        )
        self.controller.starts_at_once = True

    def now(self):
        return NOW + self.passed()

    def order(self):
        return self.controller.next_order()

    def run_all(self, seconds):
        """Runs until there is none to hand out; these, and why there are no more."""
        runs = []
        while True:
            try:
                runs.append(self.run(seconds))
            except NothingToRunError as error:
                return runs, str(error)

    def run(self, seconds, state=RunState.FINISHED):
        """Hand out a run and end it after so long (a number, or a function of its params)."""
        order = self.order()
        if isinstance(order, Halt):
            raise NothingToRunError(order.reason)
        run = order.run
        self.passed.advance(seconds(run.params) if callable(seconds) else seconds)
        end = RunEnd(state, {"loss": 1.0}, run.config, 0, self.now())
        self.store.finish_run(run.id, run.agent_id, end)
        return run


def test_no_run_is_handed_out_that_would_not_end_in_time():
    agenda = Agenda(RANDOM, minutes=20)
    for _ in range(3):
        agenda.run(390.0)
    assert agenda.order() == Halt("so near: no further run fits in the 30 s that are left")
    assert agenda.sweep.state == "RUNNING", "it is this agent's deadline alone"
    agenda.passed.advance(30.0)
    assert agenda.order() == Halt("time is over")


def test_the_first_run_is_handed_out_whatever_it_may_take_but_not_after_the_deadline():
    agenda = Agenda(RANDOM, minutes=20)
    agenda.passed.advance(1160.0)
    agenda.run(40.0, RunState.FAILED)
    assert agenda.order() == Halt("time is over")
    few = Agenda(RANDOM, minutes=20)
    few.passed.advance(1171.0)
    assert few.order() == Halt("so near: no run is known to fit in the 29 s that are left")
    late = Agenda(RANDOM, minutes=20)
    late.passed.advance(1200.0)
    assert late.order() == Halt("time is over")
    assert late.sweep.runs == []


def test_failed_runs_say_nothing_of_how_long_others_take():
    agenda = Agenda({**RANDOM, "retry": {"failed": 0}}, minutes=20)
    for _ in range(4):
        agenda.run(280.0, RunState.FAILED)
    agenda.run(1.0)
    agenda.run(1.0)


def test_a_grid_goes_on_with_the_points_that_fit():
    agenda = Agenda(GRID, minutes=1.5)
    seconds = [agenda.run(lambda params: params["x"]).params["x"] for _ in range(5)]
    assert seconds == [1, 2, 4, 8, 16]
    agenda.passed.advance(20.0)  # 39 s are left
    assert agenda.run(lambda params: params["x"]).params["x"] == 32
    other = Agenda(
        {**GRID, "parameters": {"x": {"values": [25, 4, 20, 3, 30, 2, 28, 5]}}}, minutes=1
    )
    runs, why = other.run_all(lambda params: params["x"])
    assert "no further run fits in the" in why
    taken = [run.params["x"] for run in runs]
    assert taken[:3] == [25, 4, 20], "nothing is known, then little"
    assert 60 - sum(taken) >= 0, "no run went over"
    assert set(taken[3:]) <= {2, 3, 5}
    rest = Agenda(other.sweep, minutes=10, passed=other.passed)
    assert rest.run(1.0).params["x"] in (2, 3, 5, 28, 30)


def test_random_search_draws_until_a_run_fits_and_leaves_the_numbers_between():
    config = {**RANDOM, "parameters": {"x": {"min": 0.0, "max": 100.0}}}
    agenda = Agenda(config, minutes=8)
    for _ in range(7):
        agenda.run(lambda params: params["x"])
    agenda.passed.advance(480.0 - agenda.passed() - 12.0)
    run = agenda.run(lambda params: params["x"])
    assert run.params["x"] < 14.0
    numbers = [run.number for run in agenda.sweep.runs]
    assert numbers[:7] == list(range(1, 8))
    assert run.number > 8, "the draws between take too long"
    assert agenda.sweep.recompute(run.number) == run.params
    later = Agenda(agenda.sweep, minutes=60, passed=agenda.passed)
    assert later.run(1.0).number == 8, "an agent with more time takes them"


def test_bayes_is_told_what_is_left_and_can_be_computed_again():
    config = {
        **RANDOM,
        "method": "bayes",
        "parameters": {"x": {"min": 1.0, "max": 100.0}, "y": {"min": 0.0, "max": 1.0}},
    }
    agenda = Agenda(config, minutes=10)
    runs, why = agenda.run_all(lambda params: params["x"])
    assert why.startswith("so near")
    left = [598.75, *(598.75 - s for s in itertools.accumulate(r.params["x"] for r in runs))]
    assert [run.origin["time_left_s"] for run in runs] == pytest.approx(left[:-1], abs=1e-3)
    assert all(left_s >= 0 for left_s in left[4:]), "no run that was planned went over"
    for number in (1, len(runs) // 2, len(runs)):
        assert agenda.sweep.recompute(number) == runs[number - 1].params


def test_without_a_deadline_nothing_is_said_of_time():
    agenda = Agenda({**RANDOM, "method": "bayes"})
    assert "time_left_s" not in agenda.run(1.0).origin
    assert agenda.schedule.plan() is None
    assert agenda.schedule.time_is_up() is None


def test_a_search_function_is_told_what_is_left():
    seen = []

    def search(config, observations, pending, rng):
        seen.append(config.time_left_s)
        return {"x": 0.5}

    agenda = Agenda({**RANDOM, "method": "custom"}, minutes=1, search_function=search)
    agenda.run(25.0)
    agenda.run(25.0)
    assert agenda.order() == Halt("so near: no further run fits in the 10 s that are left")
    assert seen == [58.75, 33.75, 8.75]
    assert agenda.order().reason.startswith("so near")
    assert len(seen) == 3, "asked again only when something was learnt"


def test_points_of_people_wait_for_an_agent_with_more_time():
    agenda = Agenda(GRID, minutes=1)
    for _ in range(4):
        agenda.run(lambda params: params["x"])
    agenda.sweep.enqueue([{"x": 32}, {"x": 1}])
    agenda.passed.advance(60 - agenda.passed() - 5)
    assert agenda.run(1.0).params["x"] == 1
    later = Agenda(agenda.sweep, minutes=20, passed=agenda.passed)
    assert later.run(1.0).params["x"] == 32


def test_a_crashed_run_is_tried_again_where_it_fits():
    agenda = Agenda({**RANDOM, "retry": {"crashed": 3}}, minutes=1)
    agenda.run(20.0)
    agenda.run(10.0, RunState.CRASHED)
    assert agenda.run(0.0, RunState.CRASHED).attempt == 1
    agenda.passed.advance(15.0)
    assert isinstance(agenda.order(), Halt)
    assert Agenda(agenda.sweep, minutes=1, passed=agenda.passed).run(1.0).attempt == 2


def test_what_ended_sooner_makes_room_again():
    agenda = Agenda(RANDOM, minutes=1)
    agenda.run(30.0)
    other = Agenda(agenda.sweep, passed=agenda.passed).order().run
    agenda.passed.advance(12.0)
    assert isinstance(agenda.order(), Halt)
    end = RunEnd(RunState.FINISHED, {"loss": 1.0}, other.config, 0, agenda.now())
    agenda.store.finish_run(other.id, other.agent_id, end)
    assert isinstance(agenda.order(), Halt), "18 s are left, 21 s are the average"
    third = Agenda(agenda.sweep, passed=agenda.passed)
    third.run(1.0)
    assert not isinstance(agenda.order(), Halt), "17 s are left, and 14.3 s the average"


# run_time


def test_run_time_ends_the_sweep_for_all_agents():
    agenda = Agenda({**RANDOM, "run_time": "10m"})
    agenda.passed.advance(1000.0)  # before the first run no time runs
    agenda.run(200.0)
    other = Agenda(agenda.sweep, passed=agenda.passed)
    other.run(250.0)
    reason = "run_time of 10 min 00 s is over: no further run fits in the 2 min 30 s that are left"
    assert other.order() == Halt(reason)
    record = agenda.store.sweep(agenda.sweep.id)
    assert (record.state, record.end_reason) == (SweepState.FINISHED, reason)
    assert agenda.order() == Halt(reason)


def test_run_time_is_over_in_a_new_kernel_too_and_resume_gives_another():
    agenda = Agenda({**RANDOM, "run_time": 600})
    agenda.run(250.0)
    agenda.passed.advance(360.0)
    late = Agenda(agenda.sweep, passed=agenda.passed)
    assert late.controller.nothing_left() == Halt("run_time of 10 min 00 s is over")
    assert agenda.sweep.state == "FINISHED"
    agenda.sweep.resume()
    assert agenda.sweep.state == "PENDING"
    agenda.passed.advance(5000.0)  # it counts from the next run
    again = Agenda(agenda.sweep, passed=agenda.passed)
    first = again.run(250.0)
    assert first.origin["run_time_from"] == NOW + 5610.0
    assert "run_time_from" not in again.run(250.0).origin
    assert "no further run fits in the 1 min 40 s" in again.order().reason
    assert agenda.sweep.state == "FINISHED"
    assert agenda.sweep.recompute(first.number) == first.params


def test_resume_of_a_sweep_whose_time_goes_on_gives_it_no_more(monkeypatch):
    agenda = Agenda({**RANDOM, "run_time": 600})
    agenda.run(10.0)
    monkeypatch.setattr(time, "time", agenda.now)
    agenda.sweep.pause()
    agenda.passed.advance(300.0)
    agenda.sweep.resume()
    assert agenda.sweep.state == "RUNNING"
    assert agenda.sweep.plan().left_s == pytest.approx(288.25)
    agenda.passed.advance(300.0)  # nobody was there to end it
    agenda.sweep.resume()
    assert agenda.sweep.state == "PENDING"


def test_a_paused_sweep_keeps_no_agent_beyond_the_deadline():
    agenda = Agenda({**RANDOM, "run_time": 600})
    agenda.run(10.0)
    agenda.sweep.pause()
    assert agenda.order() == Halt("the sweep is paused", paused=True)
    agenda.passed.advance(600.0)
    assert agenda.order() == Halt("run_time of 10 min 00 s is over")


def test_a_run_that_a_person_asks_for_comes_before_run_time_but_not_before_minutes():
    agenda = Agenda({**RANDOM, "run_time": 600})
    run = agenda.run(10.0)
    agenda.passed.advance(700.0)
    assert isinstance(agenda.order(), Halt)
    agenda.sweep.retry(run.number)
    short = Agenda(agenda.sweep, minutes=0.1, passed=agenda.passed)
    assert isinstance(short.order(), Halt), "6 s, and 10 s are needed"
    asked = agenda.run(20.0)
    assert (asked.number, asked.attempt) == (run.number, 1)
    agenda.schedule.handed_out_at[asked.id] = agenda.passed()
    assert agenda.schedule.cut(asked.id) is None, "no run_time stops it"
    assert isinstance(agenda.order(), Halt)
    assert agenda.sweep.state == "FINISHED"


def test_loops_that_ask_get_no_more_runs_when_run_time_is_over(monkeypatch):
    sweep = make({**RANDOM, "run_time": 0.5})
    run = sweep.ask()
    run.tell(1.0)
    time.sleep(0.6)
    assert sweep.ask() is None
    assert sweep.state == "FINISHED"
    assert sweep.stored.record.end_reason == "run_time of 0.5 s is over"


# The clock is set


@pytest.mark.parametrize("jump_s", [36_000.0, -36_000.0])
@pytest.mark.parametrize("own", [True, False])
def test_a_clock_that_is_set_moves_no_deadline(jump_s, own):
    agenda = Agenda(RANDOM if own else {**RANDOM, "run_time": 1200}, minutes=20 if own else None)
    agenda.run(400.0)
    agenda.order()
    before = agenda.schedule.left_s
    clock = agenda.now
    agenda.schedule._clock = agenda.controller._clock = lambda: clock() + jump_s
    agenda.passed.advance(10.0)
    agenda.order()
    assert agenda.schedule.left_s == before - 10.0


# With real clocks: that it is kept


def test_what_fits_is_run_and_the_rest_is_not_begun():
    sweep = make()
    report, took = timed(sweep, training(0.4), minutes=0.05)
    assert took <= 3.0 + LATE_S
    assert len(report.outcomes) >= 3
    assert {outcome.state for outcome in report.outcomes} <= {RunState.FINISHED, RunState.STOPPED}
    assert report.reason.startswith("0.05 minutes are over")
    assert sweep.state == "RUNNING"


HOW = {
    "logs": lambda enough: training(1000.0, steps=20_000)(),
    "never logs": lambda enough: [time.sleep(0.01) for _ in range(100_000)],
    "hangs": lambda enough: enough.wait(60),
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("executor", ["threads", "inline", "pool"])
def test_a_run_longer_than_all_minutes_is_stopped_in_order(how, executor):
    if how == "hangs" and executor == "inline":
        pytest.skip("what hangs on the agent's own thread cannot be left")
    if how == "never logs" and executor == "pool":
        pytest.skip("a pool of the user's cannot be interrupted: it is left, as one that hangs")
    enough, cleaned = threading.Event(), []

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 0.5})
            try:
                HOW[how](enough)
            finally:
                cleaned.append(how)

    sweep = make()
    with ThreadPoolExecutor(1) as pool:
        place = pool if executor == "pool" else executor
        _, took = timed(sweep, train, minutes=0.03, executor=place)
        (run,) = sweep.store.runs()
        assert (cleaned == [how]) == (how != "hangs")
        enough.set()
    assert took <= 1.8 + LATE_S
    assert run.state is RunState.STOPPED
    assert run.is_cut_off
    assert run.stop_requested.startswith("the deadline of ")
    assert run.stop_requested.endswith(" came")
    assert sweep.best_run().metric == run.summary["loss"], "what it reached counts"


@pytest.mark.slow  # the workers have to be there before the deadline
@pytest.mark.parametrize("log", [True, False])
def test_runs_in_worker_processes_are_stopped_too(log):
    def train():
        with nbsweep.init() as run:
            for _ in range(100_000):
                time.sleep(0.01)
                if log:
                    run.log({"loss": 0.5})

    sweep = make()
    _, took = timed(sweep, train, minutes=0.15, executor="processes", workers=2)
    assert took <= 9.0 + LATE_S
    assert {run.state for run in sweep.runs} == {"stopped"}
    assert len(sweep.runs) == 2, "none is begun when these are stopped"


def test_a_program_is_stopped_too(tmp_path):
    program = tmp_path / "train.py"
    program.write_text("import time\ntime.sleep(60)\n")
    sweep = make({**RANDOM, "program": str(program)})
    _, took = timed(sweep, None, minutes=0.1)
    assert took <= 6.0 + LATE_S
    (run,) = sweep.store.runs()
    assert run.is_cut_off


def test_runs_that_wait_for_a_worker_at_the_deadline_are_handed_out_again(tmp_path):
    enough = threading.Event()

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 0.5})
            enough.wait(60)

    sweep = make()
    with ThreadPoolExecutor(1) as pool:
        timed(sweep, train, minutes=0.02, executor=pool, workers=2)
        enough.set()
    assert [run.state for run in sweep.runs] == ["stopped", "preempted"]


def test_a_run_that_is_about_to_end_is_let_go_on():
    """It would be asked to stop seconds before, but is known to end before the deadline."""
    sweep = make()
    report, took = timed(sweep, training(0.9, steps=3), minutes=0.05, count=3)
    assert took <= 3.0 + LATE_S
    assert [outcome.state for outcome in report.outcomes][:2] == [RunState.FINISHED] * 2


def test_a_deadline_that_has_passed_runs_nothing_and_says_so(capsys):
    sweep = make()
    moment = datetime.now().replace(microsecond=0) - timedelta(hours=30)
    nbsweep.agent(sweep, training(0.1), deadline=moment)
    assert sweep.runs == []
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"The deadline of {moment:%Y-%m-%d %H:%M} passed 30 h 00 min ago, so no run is started. "
        "minutes=20 means 20 minutes from now."
    )
    handle = nbsweep.agent(sweep, training(0.1), deadline=1.0, background=True, show=False)
    assert handle.wait(30)
    assert handle.reason == "the deadline has passed"


def test_count_ends_an_agent_before_its_deadline():
    sweep = make()
    report, took = timed(sweep, training(0.05), minutes=20, count=2)
    assert (len(report.outcomes), report.reason) == (2, "count of 2 runs reached")
    assert took < 60


def test_an_agent_of_a_paused_sweep_ends_at_its_deadline():
    sweep = make()
    sweep.pause()
    report, took = timed(sweep, training(0.05), minutes=0.01)
    assert took <= 0.6 + LATE_S
    assert report.outcomes == []
    assert report.reason.startswith("0.01 minutes are over")


def test_an_interrupt_comes_before_a_deadline():
    sweep = make()

    def train():
        with nbsweep.init() as run:
            while True:
                time.sleep(0.01)
                run.log({"loss": 0.5})

    handle = nbsweep.agent(sweep, train, minutes=20, background=True, show=False)
    while not sweep.runs:
        time.sleep(0.01)
    handle.stop(now=True)
    assert handle.wait(30)
    assert [run.state for run in sweep.runs] == ["killed"]


def test_run_time_is_kept_by_agents_beside_each_other():
    sweep = make({**RANDOM, "run_time": 2.5})
    began = time.monotonic()
    agents = [
        nbsweep.agent(sweep, training(0.3), background=True, show=False, workers=2)
        for _ in range(2)
    ]
    assert all(agent.wait(60) for agent in agents)
    assert time.monotonic() - began <= 3.0 + LATE_S
    assert len(sweep.runs) >= 8
    assert {run.state for run in sweep.runs} <= {"finished", "stopped"}
    assert sweep.state == "FINISHED"
    assert sweep.stored.record.end_reason.startswith("run_time of 2.5 s is over")


def test_who_comes_when_run_time_is_over_hears_how_to_go_on(capsys):
    sweep = make({**RANDOM, "run_time": 0.4})
    timed(sweep, training(0.05))
    time.sleep(0.4)
    n_runs = len(sweep.runs)
    nbsweep.agent(sweep, training(0.05))
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"Sweep {sweep.id} has nothing left to run: run_time of 0.4 s is over")
    assert said.endswith(f"nbsweep.resume('{sweep.id}', train) gives it another run_time.")
    nbsweep.resume(sweep.id, training(0.05), show=False)
    assert len(sweep.runs) > n_runs


def test_the_plan_is_said_and_can_be_asked_for():
    sweep = make()
    said, plans, kept = [], [], []
    handle = launch(sweep, AgentOptions(function=training(0.3), minutes=0.05, show=False))
    handle._agent.on_message = said.append
    handle._agent.on_plan = plans.append
    handle.while_waiting(lambda: kept.append(handle.plan))
    handle.run()
    assert said[0].startswith("Until ")
    assert said[0].endswith(": how many runs fit is known when the first one has ended.")
    assert said[1].split(" more run")[0].isdigit()
    assert " until " in said[1]
    assert said[1].endswith(" each.")
    known = [plan.more for plan in kept if plan is not None and plan.more is not None]
    assert known[0] >= known[-1]
    assert plans
    assert handle.plan is None, "it is done"
    assert len(said) <= 5


def test_the_plan_of_a_sweep_is_that_of_its_run_time():
    sweep = make({**RANDOM, "run_time": "1h"})
    assert sweep.plan() is None
    timed(sweep, training(0.05), count=2)
    plan = sweep.plan(workers=2)
    assert plan.more > 100
    assert plan.sentence.startswith(f"{plan.more:,}".replace("9,999", "9,999+"))
    assert make().plan() is None
    sweep.stop()
    assert sweep.plan() is None


def test_the_agent_takes_its_minutes_from_when_it_was_made():
    clock, passed = FakeClock(NOW), FakeClock(50.0)
    sweep = make()
    options = AgentOptions(function=training(0.1), minutes=20)
    agent = Agent(sweep.store, sweep.id, options, folder=str, clock=clock, elapsed=passed)
    passed.advance(100.0)
    assert agent.plan.left_s == pytest.approx(1200.0 - 100.0 - 0.5 - 1.25)


def test_a_run_that_is_begun_last_is_not_cut_off_at_once():
    sweep = make()
    report, took = timed(sweep, training(0.9, steps=3), minutes=0.1, workers=2)
    assert took <= 6.0 + LATE_S
    assert sum(outcome.state is RunState.STOPPED for outcome in report.outcomes) <= 2
