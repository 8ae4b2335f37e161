"""The door to the stores: URLs, the default place, one store per process and URL."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nbsweep import store as store_package
from nbsweep.errors import MissingDependencyError, NotFoundError, StoreError, StoreGoneError
from nbsweep.store import default_url, open_store
from nbsweep.testing.stores import a_sweep, race


@pytest.fixture(autouse=True)
def no_store_stays_open(monkeypatch):
    """Tests open stores of their own, and each is closed at the end."""
    stores = {}
    monkeypatch.setattr(store_package, "_stores", stores)
    yield
    for store in stores.values():
        store.close()


def python(script: str, *arguments: object, **given) -> str:
    """What a new interpreter prints for a script that must succeed."""
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **given)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# --- the default place ---


def test_results_go_to_a_folder_of_the_working_folder_that_git_ignores(tmp_path):
    assert default_url({}, tmp_path) == f"sqlite:///{tmp_path}/.nbsweep/nbsweep.db"
    assert (tmp_path / ".nbsweep" / ".gitignore").read_text().splitlines()[-1] == "*"


@pytest.mark.parametrize("name", ["results", "deep/er/results"])
def test_nbsweep_dir_names_the_folder(tmp_path, name):
    url = default_url({"NBSWEEP_DIR": name}, tmp_path)
    assert url == f"sqlite:///{tmp_path}/{name}/nbsweep.db"
    absolute = tmp_path / "elsewhere" / name
    url = default_url({"NBSWEEP_DIR": str(absolute)}, tmp_path)
    assert url == f"sqlite:///{absolute}/nbsweep.db"
    assert absolute.is_dir()


def test_a_folder_that_was_there_is_not_hidden_from_git(tmp_path):
    (tmp_path / "mine").mkdir()
    default_url({"NBSWEEP_DIR": "mine"}, tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


def test_nbsweep_store_names_the_url_and_no_folder_is_made(tmp_path):
    environ = {"NBSWEEP_STORE": "memory://from-environment", "NBSWEEP_DIR": "unused"}
    assert default_url(environ, tmp_path) == "memory://from-environment"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    message = (
        f"The folder {tmp_path}/file/results for results cannot be made (Not a directory). "
        "Name a folder that can be written in NBSWEEP_DIR."
    )
    with pytest.raises(StoreError, match=f"^{re.escape(message)}$"):
        default_url({"NBSWEEP_DIR": "file/results"}, tmp_path)


def test_without_a_url_the_default_place_is_opened(tmp_path, monkeypatch):
    open_store().create_sweep(a_sweep())
    assert (tmp_path / ".nbsweep" / "nbsweep.db").is_file()
    monkeypatch.setenv("NBSWEEP_STORE", "memory://other")
    assert open_store().sweeps() == []
    message = (
        "There is no sweep 'nope' in ./.nbsweep/nbsweep.db. Sweeps there: sweep001. "
        "nbsweep.sweep(config) makes one."
    )
    monkeypatch.delenv("NBSWEEP_STORE")
    with pytest.raises(NotFoundError, match=f"^{re.escape(message)}$"):
        open_store().sweep("nope")


# --- one store per URL ---


def test_a_process_keeps_one_store_per_url(tmp_path, monkeypatch):
    store = open_store("sqlite:///here/a.db")
    assert store.url == f"sqlite:///{tmp_path}/here/a.db"
    assert open_store(store.url) is store
    assert open_store("sqlite:///here/b.db") is not store
    assert open_store("memory://a") is open_store("memory://a")
    assert open_store("memory://a") is not open_store("memory://b")
    monkeypatch.chdir(tmp_path / "here")
    assert open_store("sqlite:///a.db") is store


def test_threads_that_open_a_new_store_together_get_the_same():
    stores = race(4, lambda _: open_store("sqlite:///a.db"))
    assert {id(store) for store in stores} == {id(open_store("sqlite:///a.db"))}


def test_a_closed_store_is_opened_anew():
    store = open_store("sqlite:///a.db")
    store.create_sweep(a_sweep())
    store.close()
    assert open_store("sqlite:///a.db").sweep("sweep001") == a_sweep()
    memory = open_store("memory://a")
    memory.create_sweep(a_sweep())
    memory.close()
    assert open_store("memory://a").sweeps() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from deletion")
def test_a_store_whose_file_was_deleted_is_made_anew(tmp_path):
    """Else a kernel would go on writing to a file that nobody can read any more."""
    old = open_store("sqlite:///a.db")
    old.create_sweep(a_sweep())
    for path in tmp_path.glob("a.db*"):
        path.unlink()
    new = open_store("sqlite:///a.db")
    assert new.sweeps() == []
    assert (tmp_path / "a.db").is_file()
    with pytest.raises(
        StoreGoneError, match=r"^The store \./a\.db was deleted or moved away while it was in use:"
    ):
        old.sweeps()


def test_a_name_with_special_characters_is_a_file_like_any_other(tmp_path):
    for name in ("50% off", "what?", "a#b", "ключ", "a b", "memory:"):
        store = open_store(f"sqlite:///{name}/{name}.db")
        store.create_sweep(a_sweep())
        assert (tmp_path / name / f"{name}.db").is_file()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_uses_connections_of_its_own(tmp_path):
    """Even when a thread of the parent was writing at the moment of the fork."""
    script = """
import os, sys
from nbsweep.store import open_store
from nbsweep.testing.stores import a_run, a_sweep
store = open_store(sys.argv[1])
memory = open_store("memory://a")
store.create_sweep(a_sweep())
engine = store._database._engine
store._database._write_turn.acquire()
memory._lock.acquire()
pid = os.fork()
if pid == 0:
    assert open_store(sys.argv[1]) is store
    assert store._database._engine is not engine
    assert memory.sweeps() == []
    for number in range(1, 11):
        store.claim_run(a_run(number, id=f"child-{number}"))
    os._exit(0)
store._database._write_turn.release()
for number in range(11, 21):
    store.claim_run(a_run(number))
assert store._database._engine is engine
assert os.waitpid(pid, 0)[1] == 0
print(len(store.runs()))
"""
    assert python(script, f"sqlite:///{tmp_path}/a.db") == "20\n"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc to see open files in")
def test_nothing_is_left_open_at_exit_and_what_comes_later_is_still_stored(tmp_path):
    """Handlers run in reverse order: first the store's own, then `late`, then `look`."""
    script = """
import atexit, os, sys
from nbsweep.store import open_store
from nbsweep.testing.stores import a_sweep
def look():
    files = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    print([file for file in files if "a.db" in file])
def late():
    store.create_sweep(a_sweep("late0001"))
    print([sweep.id for sweep in store.sweeps()])
atexit.register(look)
atexit.register(late)
store = open_store(sys.argv[1])
store.create_sweep(a_sweep())
"""
    printed = python(script, f"sqlite:///{tmp_path}/a.db").splitlines()
    assert printed == ["['late0001', 'sweep001']", "[]"]


# --- what it costs ---


def test_sqlalchemy_is_imported_for_a_database_only_and_alembic_for_a_new_one(tmp_path):
    script = """
import sys
def loaded(): return [name for name in ("sqlalchemy", "alembic", "sqlite3") if name in sys.modules]
import nbsweep.store
from nbsweep.store import base
print(loaded())
nbsweep.store.open_store("memory://a")
print(loaded())
nbsweep.store.open_store(sys.argv[1])
print(loaded())
"""
    url = f"sqlite:///{tmp_path}/a.db"
    assert python(script, url).splitlines() == ["[]", "[]", "['sqlalchemy', 'alembic', 'sqlite3']"]
    assert python(script, url).splitlines() == ["[]", "[]", "['sqlalchemy', 'sqlite3']"]


# --- what is refused ---


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "mysql://user:secret@host/db",
            "The store URL mysql://… is not understood. Write sqlite:///path/to/file.db, "
            "postgresql+psycopg://user:password@host/database, or memory://name.",
        ),
        (
            "results.db",
            "The store URL 'results.db' is not understood. Write sqlite:///path/to/file.db, "
            "postgresql+psycopg://user:password@host/database, or memory://name.",
        ),
        (
            "sqlite://",
            "The store URL 'sqlite://' names no file. Write sqlite:///path/to/file.db, or "
            "memory://name for a store that ends with the process.",
        ),
        (
            "sqlite:///:memory:",
            "The store URL 'sqlite:///:memory:' names no file. Write sqlite:///path/to/file.db, "
            "or memory://name for a store that ends with the process.",
        ),
        (
            "postgresql://user:secret@host:port/db",
            "The store URL postgresql+psycopg://… cannot be read. Write "
            "postgresql+psycopg://user:password@host:5432/database.",
        ),
    ],
)
def test_a_url_that_is_not_understood_is_refused_with_those_that_are(url, message):
    with pytest.raises(StoreError, match=f"^{re.escape(message)}$"):
        open_store(url)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
def test_postgresql_without_its_driver_names_the_pip_command(monkeypatch, scheme):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    message = 'PostgreSQL stores need an extra package: pip install "nbsweep[postgres]"'
    with pytest.raises(MissingDependencyError, match=f"^{re.escape(message)}$"):
        open_store(f"{scheme}://user@localhost/db")


def test_a_failed_opening_can_be_repeated(tmp_path):
    Path("a.db").write_text("no database" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="not a database"):
            open_store("sqlite:///a.db")
    Path("a.db").unlink()
    assert open_store("sqlite:///a.db").sweeps() == []
