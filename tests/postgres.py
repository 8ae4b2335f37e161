"""A private PostgreSQL server for tests: in a folder of its own, on loopback, thrown away.

It needs PostgreSQL's programs (Debian: ``apt-get install postgresql``), no running
server, and no rights: where the tests run as root, which PostgreSQL refuses to be
started by, the server runs as another user.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

START_TIMEOUT_S = 30.0
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
# Where there is setpriv, the server ends with this process, however that ends.
_TIED_TO_US = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
# A test's data need not survive the machine, only the server's end.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "logging_collector": "off",
}


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL programs on this machine, None without any."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    folders = [folder for place in _PLACES for folder in Path("/").glob(place.lstrip("/"))]
    folders = [folder for folder in folders if (folder / "initdb").exists()]
    return max(folders, key=_major_version, default=None)


def missing_postgres() -> str | None:
    """Why no server can be started here, in words; None when one can."""
    if sys.platform == "win32":
        return "the private PostgreSQL server is not made for Windows"
    if find_postgres() is None:
        return "no PostgreSQL programs on this machine (Debian: apt-get install postgresql)"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return 'no PostgreSQL driver: pip install "nbsweep[postgres]"'
    return None


class PostgresServer:
    """A server of its own, running from ``with`` to its end.

    Only this machine can reach it, and anybody on this machine without a password.
    Not for threads.

    Attributes:
        url: of its database ``postgres``, as `nbsweep.store.open_store` takes it.

    Example::

        with PostgresServer() as server:
            store = open_store(server.new_database())
    """

    def __init__(self) -> None:
        programs = find_postgres()
        if programs is None:
            raise RuntimeError(missing_postgres())
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="nbsweep-postgres-"))
        self._identity = _unprivileged()
        if self._identity:
            os.chown(self._folder, self._identity["user"], self._identity["group"])
        self._port = _free_port()
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.url = self._url("postgres")

    def __enter__(self) -> PostgresServer:
        data = self._folder / "data"
        command = ["-D", str(data), "-U", "nbsweep", "-A", "trust", "-E", "UTF8", "--no-sync"]
        try:
            self._run("initdb", *command, "--locale=C")
            settings = "".join(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
            with (data / "postgresql.conf").open("a") as file:
                file.write(settings)
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._remove()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [
                    *_TIED_TO_US,
                    self._programs / "postgres",
                    *("-D", self._folder / "data", "-p", str(self._port)),
                ],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal is not for the server
                **self._identity,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"PostgreSQL did not start: {self._log_tail()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server at once, dropping every connection; what was committed stays."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
        try:
            process.wait(START_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()

    def new_database(self) -> str:
        """The URL of a new, empty database of this server."""
        self._databases += 1
        name = f"test{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement as the server's owner; its rows, if any."""
        import psycopg

        address = self.url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def drop_connections(self) -> int:
        """End all connections of clients, as a restart or a network would; how many."""
        return len(
            self.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://nbsweep@127.0.0.1:{self._port}/{database}"

    def _answers(self) -> bool:
        import psycopg

        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._identity,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")

    def _log_tail(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2000:]

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _unprivileged() -> dict[str, Any]:
    """Arguments of Popen that start a program as somebody else than root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _major_version(folder: Path) -> float:
    digits = "".join(letter for letter in folder.parent.name if letter.isdigit() or letter == ".")
    try:
        return float(digits)
    except ValueError:
        return 0.0
