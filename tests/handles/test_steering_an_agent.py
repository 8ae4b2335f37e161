"""What a person asks of an agent at work: shown at once, and meaning one thing everywhere."""

import dataclasses
import threading
import time

import pytest

import nbsweep
from nbsweep.control.count import Count
from nbsweep.errors import UsageError
from nbsweep.handles.at_work import ahead
from nbsweep.view.live import LiveView

CONFIG = {
    "method": "random",
    "metric": {"name": "loss"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
    "retry": {"crashed": 0},
}
AT_ONCE_S = 0.3
WAIT_S = 60


class Seen:
    """A display that keeps how far each picture says that the sweep is."""

    def __init__(self):
        self.news = threading.Condition()
        self.pictures = []

    def begin(self, picture):
        with self.news:
            self.pictures.append(picture)
            self.news.notify_all()

    def update(self, picture):
        self.begin(picture)

    def message(self, text):
        pass

    def end(self, picture, plots):
        self.begin(picture)

    def wait_for(self, found, timeout=WAIT_S):
        with self.news:
            return self.news.wait_for(lambda: found(self.pictures[-1]), timeout)

    @property
    def totals(self):
        return [picture["progress"]["total"] for picture in self.pictures]


class Training:
    """Runs that end when the test says so; those named fail the first time."""

    def __init__(self, *failing):
        self.failing = set(failing)
        self.turns = threading.Semaphore(0)

    def __call__(self):
        with nbsweep.init() as run:
            run.log({"loss": run.config.x})
            while not self.turns.acquire(timeout=0.02):
                run.log({"loss": run.config.x})
            if run.number in self.failing:
                self.failing.remove(run.number)
                raise ValueError("no")


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


@pytest.fixture
def started(monkeypatch):
    """Starts a background agent whose pictures are kept; it ends with the test."""
    agents = []

    def start(sweep, train, **options):
        seen = Seen()
        real = LiveView.__init__
        with monkeypatch.context() as patch:
            patch.setattr(
                LiveView, "__init__", lambda view, *a, **k: real(view, *a, **{**k, "display": seen})
            )
            agent = nbsweep.agent(sweep, train, background=True, **options)
        agents.append((agent, train))
        return agent, seen

    yield start
    for agent, train in agents:
        agent.stop(now=True)
        for _ in range(50):
            train.turns.release()
        agent.wait(WAIT_S)


def made(**config):
    return nbsweep.Sweep(nbsweep.sweep({**CONFIG, **config}))


def runs_done(n):
    return lambda picture: picture["progress"]["done"] == n


def under_way(picture):
    return picture["progress"]["active"] > 0


def test_runs_that_are_added_are_shown_at_once(started):
    sweep = made()
    train = Training()
    agent, seen = started(sweep, train, count=3)
    train.turns.release()
    assert seen.wait_for(lambda picture: runs_done(1)(picture) and under_way(picture))
    assert seen.totals[-1] == 3
    left_s = seen.pictures[-1]["progress"]["remaining_s"]
    agent.extend(40)
    assert seen.wait_for(lambda picture: picture["progress"]["total"] == 43, AT_ONCE_S)
    assert seen.pictures[-1]["progress"]["words"][0] == "1 of 43 runs"
    assert seen.pictures[-1]["progress"]["remaining_s"] > left_s


def test_a_second_panel_in_the_kernel_shows_what_the_agent_has_left(started):
    pytest.importorskip("anywidget")
    sweep = made()
    train = Training()
    agent, seen = started(sweep, train, count=3)
    assert seen.wait_for(under_way)
    panel = sweep.panel
    try:
        assert panel.picture["progress"]["total"] == 3
        shown = threading.Event()
        panel.tell = lambda message, buffers=None: (
            shown.set() if panel.picture["progress"]["total"] == 8 else None
        )
        agent.extend(5)
        assert shown.wait(AT_ONCE_S + 0.2)
    finally:
        panel.close()


def test_two_agents_of_a_kernel_count_together(started):
    sweep = made()
    train = Training()
    _, seen = started(sweep, train, count=3)
    assert seen.wait_for(under_way)
    started(sweep, train, count=4)
    assert seen.wait_for(lambda picture: picture["progress"]["active"] == 2)
    assert seen.totals[-1] == 7


@pytest.mark.parametrize("through", ["the agent", "the sweep"])
def test_a_retry_by_hand_takes_no_share_and_leaves_the_total_as_it_is(started, through):
    sweep = made()
    train = Training(1)
    agent, seen = started(sweep, train, count=3, max_consecutive_failed_runs=9)
    train.turns.release()
    assert seen.wait_for(lambda picture: runs_done(1)(picture) and under_way(picture))
    before = len(seen.totals)
    (agent if through == "the agent" else sweep).retry(sweep.runs[0].id)
    for _ in range(9):
        train.turns.release()
    assert agent.wait(WAIT_S)
    assert [(run.number, run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "failed"),
        (1, 1, "finished"),
        (2, 0, "finished"),
        (3, 0, "finished"),
    ]
    assert set(seen.totals[before:]) == {3}


def test_a_retry_of_all_failed_runs_is_taken_after_the_count_as_well(started):
    sweep = made()
    train = Training(1, 2)
    agent, seen = started(sweep, train, count=3, max_consecutive_failed_runs=9)
    for n in (1, 2):
        train.turns.release()
        assert seen.wait_for(lambda picture, n=n: runs_done(n)(picture) and under_way(picture))
    for run in sweep.runs[:2]:  # the last of the three is under way
        sweep.retry(run.id)
    for _ in range(9):
        train.turns.release()
    assert agent.wait(WAIT_S)
    assert [(run.number, run.attempt) for run in sweep.runs] == [
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 1),
        (3, 0),
    ]
    assert set(seen.totals) == {3}
    assert agent.reason == "count of 3 runs reached"


def test_a_retry_that_waited_for_the_agent_counts(started):
    sweep = made()
    nbsweep.agent(sweep, lambda: nbsweep.init().finish(), count=2, show=False)
    sweep.retry(2)
    train = Training()
    agent, seen = started(sweep, train, count=2)
    assert seen.wait_for(under_way)
    for _ in range(9):
        train.turns.release()
    assert agent.wait(WAIT_S)
    assert [(run.number, run.attempt) for run in sweep.runs] == [(1, 0), (2, 0), (2, 1), (3, 0)]
    assert set(seen.totals) == {3}, "known from the first picture on"


def test_runs_can_be_added_until_the_agent_has_ended():
    count = Count(2)
    count.taken = 2
    assert count.extend(1)
    assert not count.close(2), "it was extended since somebody looked"
    assert count.close(3)
    assert not count.extend(1)
    assert count.limit == 3


def test_a_run_that_the_snapshot_does_not_show_yet_is_still_to_come():
    count, sweep = Count(5), made()
    nbsweep.agent(sweep, lambda: nbsweep.init().finish(), count=2, show=False)
    now = sweep.snapshot()
    for run in now.runs:
        count.take(run)
    before = dataclasses.replace(now, runs=now.runs[:1])
    assert [count.new_left(each, ()) for each in (now, before)] == [3, 4]
    assert Count(None).new_left(now, ()) is None


def test_an_agent_that_stops_takes_no_more_runs_and_its_sweep_goes_on(started):
    sweep = made()
    train = Training()
    agent, seen = started(sweep, train, count=9)
    assert seen.wait_for(under_way)
    assert agent.unavailable == frozenset()
    agent.stop()
    assert seen.wait_for(
        lambda picture: (
            picture["sweep"]["message"]
            == "Stopping: no new runs; waiting for 1 run under way to end."
        ),
        AT_ONCE_S,
    )
    assert agent.unavailable == {"stop", "extend"}
    with pytest.raises(UsageError) as caught:
        agent.extend(4)
    assert str(caught.value) == (
        "extend: this agent is ending and takes no more runs. When it has, continue with "
        f"nbsweep.agent({sweep.id!r}, train, count=4)."
    )
    agent.stop(now=True)
    assert agent.wait(WAIT_S)
    assert [run.state for run in sweep.runs] == ["killed"]
    assert sweep.state == "RUNNING"
    nbsweep.agent(sweep, train_at_once, count=1, show=False)
    assert [run.state for run in sweep.runs] == ["killed", "finished"]


def train_at_once():
    with nbsweep.init() as run:
        run.log({"loss": 1.0})


def test_a_panel_of_the_sweep_stops_the_agents_and_not_the_sweep(started):
    pytest.importorskip("anywidget")
    sweep = made()
    train = Training()
    agent, seen = started(sweep, train, count=9)
    assert seen.wait_for(under_way)
    panel = sweep.panel
    answers, answered = [], threading.Event()

    def tell(message, buffers=None):
        if message["kind"] == "answer":
            answers.append(message)
            answered.set()

    panel.tell = tell
    try:
        assert {"stop", "stop_now", "extend", "end", "end_now"} <= set(panel.controls["actions"])
        panel._receive(None, {"kind": "steer", "action": "stop_now"}, None)
        assert answered.wait(WAIT_S)
        assert (answers[0]["ok"], answers[0]["text"]) == (True, "stopping now")
        assert agent.wait(WAIT_S)
        assert sweep.state == "RUNNING"
        deadline = time.monotonic() + WAIT_S
        while "stop_now" in panel.controls["actions"] and time.monotonic() < deadline:
            time.sleep(0.02)
        gone = {"stop", "stop_now", "extend"} & set(panel.controls["actions"])
        assert not gone, "no agent is there to stop"
        answered.clear()
        panel._receive(None, {"kind": "steer", "action": "end"}, None)
        assert answered.wait(WAIT_S)
        assert sweep.state == "FINISHED"
    finally:
        panel.close()


def test_what_agents_of_other_kernels_take_is_not_made_up():
    sweep = made()
    assert ahead(sweep.id, sweep.snapshot()) == (None, 0, False)
