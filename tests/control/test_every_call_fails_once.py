"""Each database call of a sweep fails once, in each way: the sweep completes all the same."""

import random
import shutil
from collections import Counter

import pytest

import nbsweep
from nbsweep import store as store_package
from nbsweep.runs import session
from nbsweep.store import open_store
from tests import faults

POINTS = 10
CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": list(range(POINTS))}},
}
SQLITE_SAMPLE = 30
POSTGRES_SAMPLE = 10


@pytest.fixture(autouse=True)
def own_stores(monkeypatch):
    stores = {}
    monkeypatch.setattr(store_package, "_stores", stores)
    yield
    for store in stores.values():
        store.close()


def train():
    with nbsweep.init() as run:
        print("x is", run.config["x"])
        for step in range(3):
            run.log({"loss": run.config["x"] + step})


def sweep_to_its_end(url, injected):
    """Do all of it with a store that was never opened before; returns what was stored."""
    session.use_store(url)
    try:
        with faults.injected(injected):
            sweep_id = nbsweep.sweep(CONFIG)
            nbsweep.agent(sweep_id, train, show=False)
        return open_store(url), sweep_id
    finally:
        session.use_store(None)


def check(store, sweep_id, case):
    snapshot = store.snapshot(sweep_id)
    assert snapshot.sweep.state.value == "FINISHED", case
    ends = Counter((run.number, run.attempt, run.state.value) for run in snapshot.runs)
    assert ends == {(number, 0, "finished"): 1 for number in range(1, POINTS + 1)}, case
    for run in snapshot.runs:
        x = run.params["x"]
        rows = [(row.step, row.values) for row in store.history(run.id)]
        assert rows == [(step, {"loss": x + step}) for step in range(3)], case
        assert store.console(run.id) == f"x is {x}\n", case
        assert run.summary == {"loss": x + 2}, case


class Files:
    """Copies of an empty store; opening one takes no migration."""

    def __init__(self, folder):
        self._folder, self._count = folder, 0
        store = open_store(f"sqlite:///{folder}/empty.db")
        store.close()

    def new(self):
        self._count += 1
        path = f"{self._folder}/{self._count}.db"
        shutil.copyfile(f"{self._folder}/empty.db", path)
        return f"sqlite:///{path}"


def cases(count, kinds):
    return [
        (number, kind, after)
        for number in range(1, count + 1)
        for kind in kinds
        for after in (False, True)
    ]


def run_cases(kinds, new_url, sample):
    counted = faults.Faults(RuntimeError, lambda call: False)
    check(*sweep_to_its_end(new_url(), counted), "without a fault")
    assert counted.calls > 100
    every_case = cases(counted.calls, kinds)
    chosen = every_case if sample is None else random.sample(every_case, sample)
    for number, kind, after in chosen:
        injected = faults.Faults(kinds[kind], faults.nth(number), after=after)
        store, sweep_id = sweep_to_its_end(new_url(), injected)
        check(store, sweep_id, (number, kind, "after" if after else "before"))


def test_on_sqlite_a_sample(tmp_path):
    run_cases(faults.SQLITE, Files(tmp_path).new, SQLITE_SAMPLE)


def test_on_postgres_a_sample(postgres_server):
    url = postgres_server.new_database()
    run_cases(faults.postgres_faults(), lambda: url, POSTGRES_SAMPLE)


def test_making_the_tables_of_a_new_file(tmp_path):
    counted = faults.Faults(RuntimeError, lambda call: False)
    sweep_to_its_end(f"sqlite:///{tmp_path}/counted.db", counted)
    for place, number in enumerate(random.sample(range(1, 60), 4)):
        kind = random.choice(list(faults.SQLITE.values()))
        injected = faults.Faults(kind, faults.nth(number))
        url = f"sqlite:///{tmp_path}/{place}.db"
        check(*sweep_to_its_end(url, injected), number)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_on_sqlite_an_eighth_of_all(tmp_path, part):
    files = Files(tmp_path)
    counted = faults.Faults(RuntimeError, lambda call: False)
    sweep_to_its_end(files.new(), counted)
    for number, kind, after in cases(counted.calls, faults.SQLITE)[part::8]:
        injected = faults.Faults(faults.SQLITE[kind], faults.nth(number), after=after)
        check(*sweep_to_its_end(files.new(), injected), (number, kind, after))


def test_every_eleventh_call_fails(tmp_path):
    """One after another, for as long as the sweep takes; no transaction has so many calls."""
    injected = faults.Faults(faults.SQLITE["EIO"], faults.every(11))
    check(*sweep_to_its_end(Files(tmp_path).new(), injected), "every eleventh")
    assert injected.failed > 10
