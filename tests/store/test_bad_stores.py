"""A store that cannot be used is a clear error of `sweep` and `agent`, before any run starts."""

import re
import sys
from pathlib import Path

import pytest

import nbsweep
from nbsweep import store as store_package

CONFIG = {"method": "grid", "parameters": {"x": {"values": [1, 2]}}}


@pytest.fixture(autouse=True)
def own_stores(monkeypatch):
    stores = {}
    monkeypatch.setattr(store_package, "_stores", stores)
    yield
    for store in stores.values():
        store.close()


def refused(kind, message):
    """Both functions raise that, and the training function is never called."""

    def train():
        raise AssertionError("a run was started")

    for call in (
        lambda: nbsweep.sweep(CONFIG),
        lambda: nbsweep.agent("abcdefgh", train, show=False),
    ):
        with pytest.raises(kind, match=re.escape(message)):
            call()


def test_a_corrupted_file(monkeypatch):
    Path("results").mkdir()
    Path("results/nbsweep.db").write_text("learning_rate,loss\n" * 100)
    monkeypatch.setenv("NBSWEEP_DIR", "results")
    refused(
        nbsweep.SweepError,
        "./results/nbsweep.db is not a database that SQLite can read (file is not a database). It "
        "was left as it is. Move it away and a new one is made in its place, or name another",
    )
    assert Path("results/nbsweep.db").read_text() == "learning_rate,loss\n" * 100


def test_a_folder_that_cannot_be_made(monkeypatch):
    Path("file").write_text("in the way")
    monkeypatch.setenv("NBSWEEP_DIR", "file/results")
    with pytest.raises(nbsweep.SweepError) as caught:
        nbsweep.sweep(CONFIG)
    assert "cannot be made (Not a directory). Name a folder that can be" in str(caught.value)
    with pytest.raises(nbsweep.SweepError, match="There is no sweep 'abcdefgh'"):
        nbsweep.Sweep("abcdefgh")


def test_a_store_url_without_its_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("NBSWEEP_STORE", "postgresql://ann:secret@localhost/db")
    refused(ImportError, 'PostgreSQL stores need an extra package: pip install "nbsweep[postgres]"')


def test_a_server_that_does_not_answer(monkeypatch):
    pytest.importorskip("psycopg", reason='pip install "nbsweep[postgres]"')
    monkeypatch.setenv("NBSWEEP_STORE", "postgresql://ann:secret@127.0.0.1:1/db")
    refused(
        nbsweep.SweepError,
        "The PostgreSQL store postgresql+psycopg://ann:***@127.0.0.1:1/db failed",
    )


def test_a_full_disk_keeps_the_sweep_and_says_so():
    sweep_id = nbsweep.sweep(CONFIG)
    (store,) = store_package._stores.values()
    with store._database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # no fewer than it has
    config = {"method": "grid", "parameters": {"x": {"values": list(range(20_000))}}}
    with pytest.raises(nbsweep.SweepError, match=r"The disk that holds .* is full"):
        nbsweep.sweep(config)
    assert [sweep.id for sweep in store.sweeps()] == [sweep_id]
