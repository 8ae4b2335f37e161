"""A short storm over both stores, and that its checks see what they are for."""

import importlib.util
import subprocess
import sys
from dataclasses import replace

import pytest

from nbsweep.records import HistoryRow, RunEnd, RunState
from nbsweep.store.memory import MemoryStore
from nbsweep.testing.stores import a_run, a_sweep
from tests.postgres import missing_postgres


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_sweep_survives_its_workers_being_killed(store, repository, do_without):
    """The long form is `make chaos`. Beside other tests a flush may come late, hence --lost-s."""
    missing = missing_postgres() if store == "postgres" else None
    if missing:
        do_without(missing)
    numbers = {"--runs": 60, "--kills": 4, "--agents": 3, "--lost-s": 3.0}
    command = [sys.executable, "-W", "error", repository / "tools" / "chaos.py", "--store", store]
    for option, number in numbers.items():
        command += [option, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("kill -9") == 4
    assert "60 finished" in done.stdout
    assert done.stdout.endswith("Nothing was lost, skipped or done twice.\n")


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_sweep_survives_faults_of_its_machine(store, repository, do_without):
    """The long form is `make chaos`: one database call in 40 fails, and the store goes away."""
    missing = missing_postgres() if store == "postgres" else None
    if missing:
        do_without(missing)
    numbers = {"--runs": 30, "--kills": 1, "--agents": 2, "--lost-s": 6.0}
    numbers |= {"--faults": 40, "--outages": 1, "--outage-s": 1.0}
    command = [sys.executable, repository / "tools" / "chaos.py", "--store", store]
    for option, number in numbers.items():
        command += [option, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("outage") == 1
    assert "30 finished" in done.stdout
    assert done.stdout.endswith("Nothing was lost, skipped or done twice.\n")


# --- the checks themselves ---


@pytest.fixture(scope="module")
def chaos(repository):
    spec = importlib.util.spec_from_file_location("chaos", repository / "tools" / "chaos.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["chaos"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["chaos"]


class Scene:
    """Two grid points: the first crashed with process 10 and finished with 11, as the second."""

    def __init__(self, chaos):
        self.chaos = chaos
        self.store = MemoryStore("memory://chaos")
        self.store.create_sweep(a_sweep(chaos.SWEEP_ID))
        self.journal, self.killed_at = {}, {10: 5.1}
        self.losses = [float(step) for step in range(chaos.STEPS)]
        self.add(1, 0, pid=10, logged=3, stored=2, state=RunState.CRASHED)
        self.add(1, 1, followed=True)
        self.add(2, 0)
        self.seen = {run.id: run for run in self.runs()}

    def add(self, number, attempt, pid=11, logged=None, stored=None, state=None, followed=False):
        logged = len(self.losses) if logged is None else logged
        run = a_run(number, self.chaos.SWEEP_ID, attempt=attempt, params={"point": number - 1})
        run = self.store.claim_run(run)
        rows = [HistoryRow(step, 5.0, {"loss": step}) for step in self.losses[:stored]]
        if state is not RunState.RUNNING:
            summary = {"loss": self.losses[-1]}
            end = RunEnd(state or RunState.FINISHED, summary, {}, exit_code=0, at=6.0, rows=rows)
            self.store.finish_run(run.id, "ann", end)
        self.journal[run.id] = self.chaos.Notes(
            run.id,
            number,
            pid,
            logged=[(5.0, loss) for loss in self.losses[:logged]],
            returned=logged == len(self.losses),
            followed=followed,
        )

    def runs(self):
        return self.store.snapshot(self.chaos.SWEEP_ID).runs

    def check(self, count=2, limit_s=0.5):
        return self.chaos.check(self.store, count, self.journal, self.seen, self.killed_at, limit_s)


@pytest.fixture
def scene(chaos):
    return Scene(chaos)


def test_a_sweep_that_lost_nothing_passes(scene):
    findings = scene.check()
    assert findings.wrong == []
    assert findings.lost_s == [pytest.approx(0.1)]
    assert findings.runs == {"crashed": 1, "finished": 2}


def test_more_lost_history_than_allowed_is_found(scene):
    assert ["lost 0.10 s" in sentence for sentence in scene.check(limit_s=0.05).wrong] == [True]


def test_a_changed_and_a_vanished_run_are_found(scene):
    first, *_, last = scene.seen
    scene.seen[first] = replace(scene.seen[first], notes="as it was")
    scene.seen["gone"] = scene.seen[last]
    wrong = scene.check().wrong
    assert [sentence.split(" was ")[0] for sentence in wrong] == [
        f"ended run {first}",
        "ended run gone",
    ]


def test_a_run_that_the_store_does_not_know_is_found(scene, chaos):
    scene.journal["gone"] = chaos.Notes("gone", 2, 11)
    assert scene.check().wrong == ["run gone of number 2 is gone"]


def test_rows_missing_from_a_finished_run_are_found(scene):
    scene.add(3, 0, stored=4)
    assert "has 4 rows" in scene.check(count=3).wrong[0]


def test_an_end_that_was_not_stored_is_found(scene):
    scene.add(3, 0, pid=10, stored=6, state=RunState.CRASHED, followed=True)
    wrong = scene.check(count=3).wrong
    assert "had finished: its agent began another run" in wrong[0]
    assert wrong[1] == "number 3 was given up as crashed"


def test_a_run_that_nobody_ended_is_found(scene):
    scene.add(3, 0, logged=0, state=RunState.RUNNING)
    wrong = scene.check(count=3).wrong
    assert "neither finished nor was killed" in wrong[0]
    assert wrong[1] == "number 3 was given up as running"


def test_skipped_surplus_and_repeated_numbers_are_found(scene):
    scene.add(2, 1)
    scene.add(4, 0)
    assert scene.check(count=3).wrong == [
        "number 2 was tried as ['finished', 'finished']",
        "number 3 was never handed out",
        "number 4 is beyond the grid",
        "point 1 finished 2 times",
    ]
