"""Processes that training code starts: they log to its run, and only their parent ends it."""

import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import nbsweep
from nbsweep.runs import forks, session
from tests.runs import processes_of_runs as inside

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1]}},
}
posix = pytest.mark.skipif(os.name != "posix", reason="fork and its signals are POSIX's")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch, repository):
    monkeypatch.setenv("PYTHONPATH", str(repository))
    nbsweep.setup(f"sqlite:///{tmp_path}/a.db")
    yield session.store()
    for run in session.live_runs():
        run.end_at_exit(0)
    nbsweep.setup(None)


def swept(train, executor="threads", **more):
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, **more}))
    nbsweep.agent(sweep.id, train, executor=executor, show=False)
    assert [run for run in session.store().runs() if run.sweep_id is None] == [], "a stray run"
    return sweep


def start_ranks(method, target=inside.rank):
    context = multiprocessing.get_context(method)
    ranks = [context.Process(target=target, args=(number,)) for number in (1, 2)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(timeout=120)
    return [process.exitcode for process in ranks]


def losses(run):
    return [row["loss"] for row in run.history() if "loss" in row]


# Rows, summary and config of all of them


@pytest.mark.parametrize(
    "method", [pytest.param("fork", marks=posix), "spawn", pytest.param("forkserver", marks=posix)]
)
def test_rows_summary_and_config_of_all_ranks_reach_the_run_which_its_parent_ends(method):
    codes = []

    def train():
        with nbsweep.init() as run:
            run.log({"before": 1})
            run.summary["kept"] = 1
            codes.extend(start_ranks(method))
            run.config["of_parent"] = True
            run.log({"after": 1})

    (run,) = swept(train).runs
    assert codes == [0, 0]
    assert run.state == "finished"
    history = run.history()
    assert [list(row) for row in (history[0], history[-1])] == [
        ["before", *list(history[0])[1:]],
        ["after", *list(history[-1])[1:]],
    ]
    assert sorted(losses(run)) == [1.1, 1.2, 1.3, 2.1, 2.2, 2.3]
    summary = dict(run.summary)
    assert summary.pop("loss") in (1.1, 2.1)
    assert summary == {
        "before": 1,
        "kept": 1,
        "after": 1,
        "seen1": 0.1,
        "note1": "there",
        "seen2": 0.1,
        "note2": "there",
    }
    assert run.config == {"x": 1, "rank1": True, "rank2": True, "of_parent": True}


@posix
def test_pools_of_every_kind_work_and_lose_no_row():
    """Pools end their workers by SIGTERM, in the middle of whatever they do."""

    def train():
        with nbsweep.init():
            for _ in range(3):
                with multiprocessing.get_context("fork").Pool(2) as pool:
                    assert pool.map(inside.log_one, range(4)) == [0, 1, 2, 3]
            context = multiprocessing.get_context("fork")
            with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
                assert list(pool.map(inside.log_one, range(4))) == [0, 1, 2, 3]

    (run,) = swept(train).runs
    assert run.error is None
    assert sorted(losses(run)) == sorted([0.0, 1.0, 2.0, 3.0] * 4)


TERMINATED_AT_ONCE = """
import os, signal, sys
# Runs before nbsweep's, as for a pool whose work is done before its last worker has started.
os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
from nbsweep.runs import forks
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(number))  # as Ray's
forks.take_signal(signal.SIGTERM, lambda *_: None)  # as an agent's
pid = os.fork()
if not pid:
    signal.alarm(20)
    while True:
        signal.pause()
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
"""


@posix
def test_a_child_that_is_terminated_while_it_is_forked_ends():
    command = [sys.executable, "-W", "ignore", "-c", TERMINATED_AT_ONCE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("15\n", "")


@posix
def test_a_forked_child_ends_where_it_ends_and_never_the_run():
    """By os._exit, by the end of the function, by sys.exit, by an exception."""
    codes = []

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 9.0})
            run.log({"loss": 8.0}, commit=False)  # the parent's row: the child must not write it
            for number in range(4):
                pid = os.fork()
                if pid == 0:
                    nbsweep.log({"loss": float(number)})
                    if number == 0:
                        os._exit(7)
                    if number == 1:
                        return
                    if number == 2:
                        sys.exit(3)
                    raise ValueError("no")
                codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    sweep = swept(train)
    assert codes == [7, 0, 3, 1]
    (run,) = sweep.runs
    assert (run.state, run.error) == ("finished", None)
    assert sorted(losses(run)) == [0.0, 1.0, 2.0, 3.0, 8.0, 9.0]
    assert sweep.state == "FINISHED"


@posix
def test_a_child_that_logs_nothing_writes_nothing_and_starts_no_thread():
    def look(queue):
        queue.put((threading.active_count(), session.writer()._channels))

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            child = context.Process(target=look, args=(queue,))
            child.start()
            assert queue.get() == (1, [])
            child.join()

    (run,) = swept(train).runs
    assert run.error is None
    assert losses(run) == [1.0]


@posix
def test_a_stop_reaches_a_forked_child(store):
    def child():
        while True:
            nbsweep.log({"loss": 1.0})
            time.sleep(0.01)

    def train():
        with nbsweep.init() as run:
            process = multiprocessing.get_context("fork").Process(target=child)
            process.start()
            store.request_stop(run.id, "enough")
            process.join(timeout=30)
            assert process.exitcode == 1
            while True:
                run.log({"loss": 2.0})
                time.sleep(0.01)

    (run,) = swept(train).runs
    assert run.state == "killed"


@posix
def test_asked_runs_take_rows_of_forked_and_spawned_processes_and_are_told_by_their_parent():
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))

    def tell(run):
        try:
            run.tell(0.5)
        except nbsweep.UsageError as error:
            nbsweep.log({"refused": str(error)})

    with sweep.ask() as run:
        assert start_ranks("fork") == [0, 0]
        assert start_ranks("spawn") == [0, 0]
        process = multiprocessing.get_context("fork").Process(target=tell, args=(run,))
        process.start()
        process.join()
        run.tell(0.25)
    (run,) = sweep.runs
    assert (run.state, run.metric) == ("finished", 0.25)
    assert len(losses(run)) == 12 + 1, "and the one that was told"
    assert run.summary["refused"] == (
        "tell: run 1 was asked for by the process that forked this one. Tell it there; log works "
        "here."
    )


@posix
def test_a_run_outside_of_sweeps_takes_rows_of_forked_processes_once():
    with nbsweep.init() as run:
        run.log({"loss": 3.0})
        context = multiprocessing.get_context("fork")
        process = context.Process(target=inside.rank, args=(1,))
        process.start()
        process.join()
    (stored,) = session.store().runs()
    assert (stored.state.value, stored.summary["seen1"]) == ("finished", 0.1)
    rows = session.store().history(run.id)
    assert [row.values["loss"] for row in rows] == [3.0, 1.3, 1.2, 1.1]


@pytest.mark.parametrize("method", [pytest.param("fork", marks=posix), "spawn"])
@pytest.mark.parametrize(("first", "best"), [(7.0, 1.1), (0.5, 0.5)])
def test_the_mode_of_the_metric_counts_rows_of_all_processes(method, first, best):
    def train():
        with nbsweep.init() as run:
            run.log({"loss": first})
            assert session.writer().flush_soon(5.0)
            start_ranks(method)
            run.log({"loss": 5.0})

    metric = {"name": "loss", "goal": "minimize", "mode": "best"}
    (run,) = swept(train, metric=metric).runs
    assert run.metric == best


def test_programs_that_the_training_code_starts_join_the_run():
    program = "import nbsweep; nbsweep.init().log({'loss': 0.5})"

    def train():
        with nbsweep.init():
            subprocess.run([sys.executable, "-c", program], check=True)

    (run,) = swept(train).runs
    assert losses(run) == [0.5]
    assert "NBSWEEP_PARENT_RUN" not in os.environ


def test_a_child_may_have_a_run_of_its_own_by_its_id():
    program = "import nbsweep; nbsweep.init(id='mine0001').finish()"

    def train():
        with nbsweep.init():
            subprocess.run([sys.executable, "-c", program], check=True)

    monkey = {**os.environ, "NBSWEEP_STORE": session.store().url}
    os.environ["NBSWEEP_STORE"] = monkey["NBSWEEP_STORE"]
    try:
        sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
        nbsweep.agent(sweep.id, train, show=False)
    finally:
        del os.environ["NBSWEEP_STORE"]
    assert session.store().run("mine0001").sweep_id is None


# What cannot be


def test_a_child_of_a_run_that_has_ended_is_told_so(tmp_path):
    ended = tmp_path / "ended"
    children = []

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
            context = multiprocessing.get_context("spawn")
            children.append(context.Process(target=inside.open_after, args=(ended,)))
            children[0].start()

    (run,) = swept(train).runs
    ended.touch()
    children[0].join(timeout=60)
    assert children[0].exitcode == 1
    assert ended.with_suffix(".error").read_text() == (
        f"init: this process was started within run {run.name} ({run.id}), which has ended "
        "(finished), so nothing can be added to it. End processes before their run ends, or take "
        "NBSWEEP_PARENT_RUN out of their environment for runs of their own."
    )


def test_a_kept_pool_finds_the_run_that_its_parent_is_in_now():
    """joblib keeps its workers from run to run, with the environment of the first."""
    pools = []

    def train():
        with nbsweep.init():
            if not pools:
                context = multiprocessing.get_context("spawn")
                pools.append(concurrent.futures.ProcessPoolExecutor(1, mp_context=context))
            pools[0].submit(inside.rank, 1).result()

    try:
        runs = swept(train, parameters={"x": {"values": [1, 2]}}).runs
        runs += swept(train).runs
    finally:
        pools[0].shutdown()
    assert [losses(run) for run in runs] == [[1.3, 1.2, 1.1]] * 3


@posix
def test_a_kept_forked_pool_loses_no_row():
    pools = []

    def train():
        with nbsweep.init():
            pools.append(multiprocessing.get_context("fork").Pool(1))
            assert pools[0].map(inside.log_one, range(3)) == [0, 1, 2]

    try:
        (run,) = swept(train).runs
    finally:
        pools[0].terminate()
        pools[0].join()
    assert losses(run) == [0.0, 1.0, 2.0]


def test_a_child_that_cannot_tell_its_run_is_told_so(monkeypatch):
    monkeypatch.setenv("NBSWEEP_PARENT_RUN", "aaaaaaaa,bbbbbbbb")
    with pytest.raises(nbsweep.UsageError) as caught:
        nbsweep.init()
    assert str(caught.value) == (
        "init: 2 runs (aaaaaaaa, bbbbbbbb) were under way in the process that started this one, "
        "and it cannot be told which of them is meant. Use executor='processes', where each run "
        "has a process of its own, or set NBSWEEP_PARENT_RUN to run.id in this process."
    )


def test_runs_side_by_side_leave_the_environment_as_it_was():
    both = threading.Barrier(2)
    seen = []

    def train():
        with nbsweep.init():
            both.wait(timeout=30)
            seen.append(os.environ["NBSWEEP_PARENT_RUN"].split(","))

    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, "parameters": {"x": {"values": [1, 2]}}}))
    nbsweep.agent(sweep.id, train, workers=2, show=False)
    assert sorted(seen[0]) == sorted(run.id for run in sweep.runs)
    names = ("WANDB_RUN_ID", "WANDB_SWEEP_ID", "NBSWEEP_PARENT_RUN", "NBSWEEP_PARENT_STORE")
    assert not any(name in os.environ for name in names)


def test_a_store_in_memory_cannot_be_reached_by_a_started_process(monkeypatch):
    monkeypatch.setenv("NBSWEEP_PARENT_RUN", "aaaaaaaa")
    monkeypatch.setenv("NBSWEEP_PARENT_STORE", "memory://here")
    with pytest.raises(nbsweep.UsageError) as caught:
        nbsweep.init()
    assert str(caught.value) == (
        "init: this process was started within run aaaaaaaa, whose store memory://here lives in "
        "the process that started it and cannot be reached from here. Use a SQLite file: "
        "nbsweep.setup(store=None) goes back to the default."
    )


@posix
def test_a_store_in_memory_cannot_be_reached_by_a_forked_process():
    nbsweep.setup("memory://forked")

    def child(queue):
        print("prints are no use of the store")
        try:
            nbsweep.log({"loss": 1.0})
        except nbsweep.UsageError as error:
            queue.put(str(error))

    def train():
        with nbsweep.init() as run:
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            run.log({"loss": 2.0, "said": queue.get()})
            process.join()

    (run,) = swept(train).runs
    assert run.summary["said"] == (
        f"Run {run.id}: its store memory://forked lives in the process that forked this one and "
        "cannot be reached from here. Use a SQLite file: nbsweep.setup(store=None) goes back to "
        "the default."
    )


def test_a_run_in_a_cell_beside_a_background_agent_stays_its_own(tmp_path):
    """The environment names the agent's run for children; this process is none."""
    goes_on = threading.Event()

    def train():
        with nbsweep.init() as run:
            goes_on.wait(30)
            run.log({"loss": 1.0})

    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    handle = nbsweep.agent(sweep.id, train, background=True, show=False)
    try:
        deadline = time.monotonic() + 30
        while "NBSWEEP_PARENT_RUN" not in os.environ:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with nbsweep.init() as mine:
            assert mine.sweep_id is None
    finally:
        goes_on.set()
        handle.wait()
    assert [run.state for run in sweep.runs] == ["finished"]


# Signals and the end


@posix
def test_signals_that_are_taken_are_not_taken_in_forked_processes():
    took = []
    came_with = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    before = forks.take_signal(signal.SIGTERM, lambda *_: took.append(os.getpid()))
    try:
        inner = forks.take_signal(signal.SIGTERM, lambda *_: took.append(-os.getpid()))
        pid = os.fork()
        if pid == 0:
            time.sleep(30)
            os._exit(0)
        os.kill(pid, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
        os.kill(os.getpid(), signal.SIGTERM)
        assert took == [-os.getpid()]
        forks.give_back_signal(signal.SIGTERM, inner)
        assert signal.getsignal(signal.SIGTERM) is inner
    finally:
        forks.give_back_signal(signal.SIGTERM, before)
        signal.signal(signal.SIGTERM, came_with)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


@posix
def test_prints_of_a_forked_child_are_kept_with_the_run():
    def child():
        print("from the child")
        nbsweep.log({"loss": 1.0})

    def train():
        with nbsweep.init():
            print("from the parent")
            process = multiprocessing.get_context("fork").Process(target=child)
            process.start()
            process.join()

    (run,) = swept(train).runs
    assert sorted(run.console().splitlines()) == ["from the child", "from the parent"]
