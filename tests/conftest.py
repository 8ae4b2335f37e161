"""What every test gets: a clean environment, its own folder, no thread left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest

from nbsweep import store as store_registry
from nbsweep.runs import session
from tests.postgres import PostgresServer, missing_postgres

THREAD_GRACE_S = 30.0  # a thread may be importing scikit-learn on a busy machine

# The first example of a test may import scipy, and machines may be busy.
hypothesis.settings.register_profile("nbsweep", deadline=None)
hypothesis.settings.load_profile("nbsweep")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's shell reaches a test, and no test writes beside another."""
    for name in os.environ:
        if name.startswith(("NBSWEEP_", "WANDB_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for name in ("_chosen", "_home", "_project"):
        monkeypatch.setattr(session, name, None)


@pytest.fixture(autouse=True)
def closed_stores(tmp_path: Path) -> Iterator[None]:
    """Leave no database of a test's own folder open: thousands of tests run in one process."""
    yield
    for url, opened in list(store_registry._stores.items()):
        if str(tmp_path) in url:
            opened.retire()
            del store_registry._stores[url]


SIGNALS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)
]


@pytest.fixture(scope="module", autouse=True)
def signals_as_before() -> Iterator[None]:
    """Leave no handler behind: Ray sets one for SIGTERM, and modules come in any order."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves one of our threads running (all are named nbsweep…)."""
    before = set(threading.enumerate())
    yield
    ours = [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread.name.startswith("nbsweep")
    ]
    deadline = time.monotonic() + THREAD_GRACE_S
    for thread in ours:
        thread.join(max(0.0, deadline - time.monotonic()))
    alive = sorted(thread.name for thread in ours if thread.is_alive())
    if alive:
        pytest.fail(f"threads left running: {', '.join(alive)}")


AGAIN_S = 30.0
TIMEOUT: pytest.StashKey[Any] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Generator[None, bool, bool]:
    """Keep the time limit of a test for its next tries, and repeat its alarm.

    The first one may only get a test as far as the next wait, for a thread say.
    """
    item.stash[TIMEOUT] = settings
    is_set = yield
    if settings.method == "signal":
        signal.setitimer(signal.ITIMER_REAL, settings.timeout, AGAIN_S)
    return is_set


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each new try of a test its whole time again.

    pytest-timeout sets one alarm for all tries: a second one that hangs would hang for ever.
    """
    if getattr(item, "execution_count", 1) > 1 and TIMEOUT in item.stash:
        item.ihook.pytest_timeout_set_timer(item=item, settings=item.stash[TIMEOUT])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notebooks come last and in the order of their cells, whatever pytest-randomly did."""
    items.sort(key=_notebook_order)


def _notebook_order(item: pytest.Item) -> tuple[str, int]:
    cell = getattr(item, "cell_num", None)
    return ("", 0) if cell is None else (str(item.path), cell)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top folder of the sources."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def do_without() -> Callable[[str], NoReturn]:
    """Ends a test whose tool the machine lacks: skipped, but in CI, which skips nothing, failed."""

    def end(reason: str) -> NoReturn:
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; CI skips nothing")
        pytest.skip(reason)

    return end


@pytest.fixture(scope="session")
def postgres_server(do_without: Callable[[str], NoReturn]) -> Iterator[PostgresServer]:
    """A private PostgreSQL server, for tests that do without where none can be started."""
    missing = missing_postgres()
    if missing:
        do_without(missing)
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def demo(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make demo` leaves; what it printed is in printed.txt there."""
    pytest.importorskip("torchvision", reason='pip install "nbsweep[tutorial]"')
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "tools/demo.py", "notebooks/tutorial.ipynb", str(folder)]
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "printed.txt").write_text(done.stdout)
    return folder
