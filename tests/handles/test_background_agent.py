"""Agents that work while the notebook goes on, and several workers."""

import asyncio
import os
import sys
import threading
import time

import pytest

import nbsweep
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError
from nbsweep.handles.launch import launch

CONFIG = {
    "method": "random",
    "seed": 3,
    "metric": {"name": "loss"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield
    nbsweep.setup(None)


@pytest.fixture
def sweep():
    return nbsweep.Sweep(nbsweep.sweep(CONFIG))


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x})


def endless():
    with nbsweep.init() as run:
        step = 0
        while True:
            run.log({"loss": step})
            step += 1
            time.sleep(0.002)


def start(sweep, function, **arguments):
    return nbsweep.agent(sweep, function, background=True, show=False, **arguments)


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for 60 s"
        time.sleep(0.005)


def states(sweep):
    return sorted(run.state for run in sweep.runs)


def test_returns_at_once_and_waits_on_request(sweep):
    go = threading.Event()

    def held():
        go.wait(60)
        train()

    agent = start(sweep, held, count=2)
    assert agent.status == "running"
    assert not agent.wait(timeout=0.01)
    go.set()
    assert agent.wait(timeout=60)
    assert agent.status == "done"
    assert agent.reason == "count of 2 runs reached"
    assert states(sweep) == ["finished", "finished"]
    assert repr(agent) == (
        f"<Agent of sweep {sweep.id}: done, 2 runs ended, count of 2 runs reached>"
    )


def test_stop_lets_the_run_under_way_finish(sweep):
    go, begun = threading.Event(), threading.Event()

    def held():
        begun.set()
        go.wait(60)
        train()

    agent = start(sweep, held)
    assert begun.wait(60)
    agent.stop()
    assert agent.status == "stopping"
    go.set()
    assert agent.wait(60)
    assert states(sweep) == ["finished"]


def test_stop_now_ends_every_run_under_way_and_leaves_the_sweep_resumable(sweep):
    agent = start(sweep, endless, workers=3)
    until(lambda: states(sweep).count("running") == 3)
    agent.stop(now=True)
    assert agent.wait(60)
    assert states(sweep) == ["killed"] * 3
    assert sweep.state == "RUNNING"


def test_workers_run_side_by_side(sweep):
    together = threading.Barrier(3, timeout=60)

    def meet():
        together.wait()
        train()

    nbsweep.agent(sweep, meet, count=6, workers=3, show=False)
    assert states(sweep) == ["finished"] * 6
    assert sorted(run.number for run in sweep.runs) == [1, 2, 3, 4, 5, 6]


def test_each_thread_logs_to_its_own_run(sweep):
    def own():
        with nbsweep.init() as run:
            for _ in range(20):
                nbsweep.log({"loss": nbsweep.config.x, "number": run.number})
                time.sleep(0.001)

    nbsweep.agent(sweep, own, count=6, workers=3, show=False)
    for run in sweep.runs:
        rows = run.history()
        assert len(rows) == 20
        assert {row["number"] for row in rows} == {run.number}
        assert {row["loss"] for row in rows} == {run.params["x"]}


def test_suggestions_do_not_depend_on_the_number_of_workers(sweep):
    alone = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    nbsweep.agent(sweep, train, count=6, workers=3, show=False)
    nbsweep.agent(alone, train, count=6, show=False)
    assert [run.params for run in sweep.runs] == [run.params for run in alone.runs]


def test_pause_and_resume_hold_and_release_the_sweep(sweep):
    agent = start(sweep, train, count=3)
    agent.pause()
    assert agent.status in ("paused", "done")
    agent.resume()
    assert agent.wait(60)
    assert states(sweep) == ["finished"] * 3


def test_extend_adds_runs_while_it_works(sweep):
    go = threading.Event()

    def held():
        go.wait(60)
        train()

    agent = start(sweep, held, count=1)
    agent.extend(2)
    go.set()
    assert agent.wait(60)
    assert len(sweep.runs) == 3
    with pytest.raises(UsageError, match="this agent is done"):
        agent.extend(1)
    with pytest.raises(UsageError, match=r"extend\(0\)"):
        agent.extend(0)


def test_two_agents_in_one_kernel_share_the_work(sweep):
    agents = [start(sweep, train, count=5) for _ in range(2)]
    assert all(agent.wait(60) for agent in agents)
    numbers = [run.number for run in sweep.runs]
    assert len(numbers) == len(set(numbers)) == 10
    # Agents that meet at a number step aside to one of the next: a gap is filled later.
    gaps = set(range(1, max(numbers))) - set(numbers)
    nbsweep.agent(sweep, train, count=len(gaps) + 1, show=False)
    numbers = [run.number for run in sweep.runs]
    assert numbers == list(range(1, 12 + len(gaps)))


def test_error_of_the_agent_itself_reaches_whoever_waits(sweep, monkeypatch):
    agent = launch(sweep, AgentOptions(function=train, count=1, show=False))

    def broken():
        raise RuntimeError("no store")

    monkeypatch.setattr(agent._agent.controller, "next_order", broken)
    agent.start()
    with pytest.raises(RuntimeError, match="no store"):
        agent.wait(60)
    assert isinstance(agent.exception, RuntimeError)
    assert agent.status == "done"


def test_prints_and_warnings_of_each_run_are_kept_with_it_and_not_shown(sweep, capsys):
    def talk():
        with nbsweep.init() as run:
            for _ in range(5):
                print("run", run.number)
                time.sleep(0.002)
            print("warned", run.number, file=sys.stderr)

    nbsweep.agent(sweep, talk, count=4, workers=2, show=False)
    for run in sweep.runs:
        assert run.console() == f"run {run.number}\n" * 5 + f"warned {run.number}\n"
    printed = capsys.readouterr()
    assert "run 1" not in printed.out
    assert "warned" not in printed.err


def test_prints_of_a_single_blocking_worker_are_kept_and_shown(sweep, capsys):
    nbsweep.agent(sweep, lambda: print("hello"), count=1, show=False)
    assert sweep.runs[0].console() == "hello\n"
    assert "hello\n" in capsys.readouterr().out


def test_each_run_has_a_seed_of_its_own_that_follows_from_the_sweeps(sweep):
    seeds = []

    def note():
        with nbsweep.init() as run:
            seeds.append(run.seed)

    nbsweep.agent(sweep, note, count=3, show=False)
    again = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    nbsweep.agent(again, note, count=3, show=False)
    assert len(set(seeds[:3])) == 3
    assert seeds[:3] == seeds[3:]


def test_preempted_run_is_handed_out_again_before_new_ones(sweep):
    taken = []

    def lose_the_first():
        with nbsweep.init() as run:
            taken.append(run.config.x)
            if len(taken) == 1:
                nbsweep.mark_preempting()
                raise ConnectionError("the machine went away")

    nbsweep.agent(sweep, lose_the_first, count=2, show=False)
    assert taken[0] == taken[1]
    assert [(run.number, run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "preempted"),
        (1, 1, "finished"),
    ]


def test_runs_know_their_code_version_and_memory(sweep):
    nbsweep.agent(sweep, train, count=2, show=False)
    nbsweep.agent(sweep, lambda: None, count=1, show=False)
    first, second, third = sweep.runs
    assert first.code_hash == second.code_hash != third.code_hash
    if first.peak_memory_bytes is not None:  # Linux
        assert first.peak_memory_bytes > 10_000_000


def test_runs_from_different_code_are_pointed_out_in_the_table_and_in_every_plot(sweep):
    nbsweep.agent(sweep, train, count=3, show=False)
    before = [figure.to_json() for figure in figures(sweep)]
    assert not any("code changed" in text for text in before)

    def edited():
        with nbsweep.init() as run:
            run.log({"loss": 2 * run.config.x})

    nbsweep.agent(sweep, edited, count=3, show=False)
    for figure in figures(sweep):
        assert "the training code changed from run 4 on" in figure.to_json()
    shown = sweep._repr_mimebundle_()
    for form in ("text/html", "text/plain"):
        assert "The training code changed during this sweep" in shown[form]


def figures(sweep):
    return [sweep.parallel_coordinates(), sweep.importance(), sweep.history(), sweep.slice()]


def test_await_leaves_the_event_loop_free(sweep):
    ticks = 0

    async def cell():
        nonlocal ticks
        agent = asyncio.ensure_future(nbsweep.agent_async(sweep, train, count=3, show=False))
        while not agent.done():
            ticks += 1
            await asyncio.sleep(0.01)
        await agent

    asyncio.run(cell())
    assert states(sweep) == ["finished"] * 3
    assert ticks > 1


def test_await_takes_what_agent_takes(sweep):
    async def cell():
        await nbsweep.agent_async(
            sweep,
            train,
            count=2,
            workers=2,
            executor="processes",
            workers_per_gpu=2,
            timeout_s=300,
            max_consecutive_failed_runs=2,
            show=False,
        )
        with pytest.raises(UsageError, match="neither program nor command"):
            await nbsweep.agent_async(sweep, term_timeout=3.0, forward_signals=True)
        with pytest.raises(UsageError, match=r"agent_async\(background=\.\.\.\): it always works"):
            await nbsweep.agent_async(sweep, train, background=False)

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0, "pid": os.getpid()})

    asyncio.run(cell())
    pids = {run.summary["pid"] for run in sweep.runs}
    assert states(sweep) == ["finished"] * 2
    assert os.getpid() not in pids


def test_a_handle_shows_what_it_does_and_what_can_be_done_with_it(sweep):
    go = threading.Event()

    def held():
        with nbsweep.init() as run:
            if run.number == 2:
                go.wait(60)
            run.log({"loss": 0.5})

    agent = start(sweep, held, count=2)
    until(lambda: "1 run ended · 1 under way" in agent._repr_html_())
    shown = agent._repr_html_()
    assert "<b>running</b> · 1 run ended · 1 under way · best so far: 0.5 (run 1, " in shown
    assert "<code>.stop(now=True)</code>" in shown
    go.set()
    assert agent.wait(60)
    assert "<b>done</b> · 2 runs ended · count of 2 runs reached" in agent._repr_html_()
    assert "stop(" not in agent._repr_html_()


def test_cancelled_await_stops_the_runs(sweep):
    async def cell():
        agent = asyncio.ensure_future(nbsweep.agent_async(sweep, endless, show=False))
        while "running" not in states(sweep):
            await asyncio.sleep(0.01)
        agent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await agent

    asyncio.run(cell())
    until(lambda: states(sweep) == ["killed"])


def test_number_of_workers_is_checked(sweep):
    with pytest.raises(UsageError, match="workers=0"):
        nbsweep.agent(sweep, train, workers=0)


def test_run_beyond_the_time_limit_fails_and_the_sweep_goes_on(sweep):
    def slow_first():
        with nbsweep.init() as run:
            while run.number == 1:
                run.log({"loss": 1.0})
                time.sleep(0.005)

    nbsweep.agent(sweep, slow_first, count=2, timeout_s=0.1, show=False)
    first, second = sweep.runs
    assert (first.state, second.state) == ("failed", "finished")
    assert first.error == "longer than timeout_s=0.1"


@pytest.mark.parametrize("timeout_s", [0, -1, "soon"])
def test_time_limit_is_checked(sweep, timeout_s):
    with pytest.raises(UsageError, match="a number of seconds above 0"):
        nbsweep.agent(sweep, train, timeout_s=timeout_s)


def test_one_run_is_killed_while_the_others_go_on(sweep):
    def until_killed():
        with nbsweep.init() as run:
            while run.number == 1:
                run.log({"loss": 1.0})
                time.sleep(0.005)

    agent = start(sweep, until_killed, count=3, workers=2)
    until(lambda: states(sweep).count("finished") == 2)
    sweep.kill(1)
    assert agent.wait(60)
    assert [run.state for run in sweep.runs] == ["killed", "finished", "finished"]
    with pytest.raises(UsageError, match="run 1 has ended"):
        sweep.kill(sweep.runs[0])
    with pytest.raises(UsageError, match="has no run 99"):
        sweep.kill(99)


def test_stop_now_of_the_sweep_reaches_every_agent(sweep):
    agents = [start(sweep, endless) for _ in range(2)]
    until(lambda: states(sweep).count("running") == 2)
    sweep.stop(now=True)
    assert all(agent.wait(60) for agent in agents)
    assert states(sweep) == ["killed", "killed"]
    assert sweep.state == "FINISHED"


@pytest.mark.parametrize(
    ("how", "state"),
    [
        (lambda sweep, agent: sweep.cancel(), "CANCELED"),
        (lambda sweep, agent: sweep.stop(now=True), "FINISHED"),
        (lambda sweep, agent: agent.stop(now=True), "FINISHED"),
        (lambda sweep, agent: (agent.stop(), agent.stop(now=True)), "FINISHED"),
        (lambda sweep, agent: (agent.stop(), sweep.cancel(), sweep.cancel()), "CANCELED"),
    ],
)
def test_a_stopped_sweep_can_still_end_its_runs_under_way(sweep, how, state):
    agent = start(sweep, endless, workers=2)
    until(lambda: states(sweep).count("running") == 2)
    sweep.stop()
    assert sweep.state == "FINISHED"
    with pytest.raises(UsageError) as caught:
        sweep.stop()
    assert str(caught.value) == (
        f"stop: sweep {sweep.id} is finished. cancel() stops the runs still under way: 1, 2. "
        "resume() opens it again."
    )
    how(sweep, agent)
    assert agent.wait(60)
    assert states(sweep) == ["killed", "killed"]
    assert sweep.state == state
    for change in (sweep.cancel, lambda: sweep.stop(now=True)):
        with pytest.raises(UsageError, match=f"is {state.lower()}. resume"):
            change()


def test_a_run_is_tried_again_by_hand_while_the_agent_works(sweep):
    go = threading.Event()

    def second_waits():
        with nbsweep.init() as run:
            if run.number == 2:
                go.wait(60)
            run.log({"loss": run.config.x})

    agent = start(sweep, second_waits, count=2)
    until(lambda: states(sweep) == ["finished", "running"])
    with pytest.raises(UsageError) as caught:
        agent.retry(2)
    assert str(caught.value) == "retry: run 2 has not ended; kill(2) stops it."
    agent.retry(sweep.runs[0].id)
    go.set()
    assert agent.wait(60)
    assert [(run.number, run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "finished"),
        (1, 1, "finished"),
        (2, 0, "finished"),
    ]
    first, again, _ = sweep.runs
    assert again.params == first.params
    assert sweep.why(again).sentences[0] == (
        "Attempt 2: the one before finished, and somebody asked for its parameters to be tried "
        "again."
    )
    with pytest.raises(UsageError, match="retry: run 1 was tried again already"):
        sweep.retry(first)
    with pytest.raises(UsageError, match="retry: this agent is done"):
        agent.retry(again.id)


def test_retry_opens_an_ended_sweep_and_the_next_agent_takes_it_first(sweep):
    nbsweep.agent(sweep, train, count=2, show=False)
    sweep.stop()
    sweep.retry(2)
    assert sweep.state == "RUNNING"
    nbsweep.agent(sweep, train, count=1, show=False)
    assert [(run.number, run.attempt) for run in sweep.runs] == [(1, 0), (2, 0), (2, 1)]


def test_prints_can_be_read_while_the_run_is_under_way(sweep):
    go = threading.Event()

    def talk():
        with nbsweep.init():
            print("half way")
            go.wait(60)

    agent = start(sweep, talk, count=1)
    try:
        until(lambda: sweep.runs and agent.console(sweep.runs[0].id) == "half way\n")
        assert sweep.console(1) == "half way\n"
    finally:
        go.set()
    assert agent.wait(60)
