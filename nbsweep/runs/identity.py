"""Who acts: ids, names, and whether a process still lives."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import string
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_ALPHABET = string.ascii_lowercase + string.digits
_ADJECTIVES = (
    "amber azure bold brisk calm clear cool crisp daring deft eager earnest fair fancy "
    "fleet fresh gentle glad golden good grand happy honest jolly keen kind lively lucid "
    "lunar mellow merry misty neat noble olive pleasant polar prime proud quick quiet "
    "rare rosy royal rural scarlet serene sharp silver smooth solar spring stellar still "
    "sunny swift tidy true vital vivid warm wild wise worthy young zesty"
).split()
_NOUNS = (
    "aspen bay birch brook canyon cedar cliff cloud coast comet coral creek dawn delta dune "
    "elm ember fern field fjord forest garden glacier glade grove harbor hill island lake "
    "leaf maple meadow mesa moon moss oak ocean orchid peak pine planet pond rain reef "
    "ridge river sea shore sky snow star stone stream sun surf tide tree valley violet "
    "water wave willow wind wood"
).split()


# When this process began, where nothing tells: told from what psutil says by its letter.
_IMPORTED_AT = f"i{time.time_ns() // 1_000_000}"


def new_id() -> str:
    """8 random lower-case letters and digits, starting with a letter, as W&B's ids look."""
    head = secrets.choice(string.ascii_lowercase)
    return head + "".join(secrets.choice(_ALPHABET) for _ in range(7))


def sweep_run_name(run_id: str, number: int) -> str:
    """Display name of a sweep's run, such as ``brisk-sweep-7``; follows from the id."""
    return f"{_pick(_ADJECTIVES, run_id)}-sweep-{number}"


def run_name(run_id: str) -> str:
    """Display name of a run outside a sweep, such as ``calm-river-41``."""
    return f"{_pick(_ADJECTIVES, run_id)}-{_pick(_NOUNS, run_id[::-1])}-{_digest(run_id) % 100}"


def run_seed(sweep_seed: int, number: int) -> int:
    """The seed of a sweep's run: 0 ≤ seed < 2**32, as numpy's and torch's generators take.

    The first 4 bytes of BLAKE2b over the text ``sweep_seed:number``: all attempts of a
    suggestion share it, neighbouring numbers have nothing in common, and it is the same
    on every machine and Python.
    """
    text = f"{sweep_seed}:{number}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")


def _digest(text: str) -> int:
    value = 0
    for character in text:
        value = value * 131 + ord(character)
    return value


def _pick(words: list[str], text: str) -> str:
    return words[_digest(text) % len(words)]


class Vital(Enum):
    """What is known of a process."""

    DEAD = "dead"
    ALIVE = "alive"
    STOPPED = "stopped"  # by SIGSTOP or a debugger: it may never go on
    UNKNOWN = "unknown"  # on another host, or the system does not tell


@dataclass(frozen=True)
class AgentIdentity:
    """Names one agent: host, process and a random part, so that no two are equal.

    Attributes:
        id: stored as `agent_id` of the runs it claims.
        host: host name.
        pid: process id on that host.
    """

    id: str
    host: str
    pid: int

    @classmethod
    def create(cls) -> AgentIdentity:
        """A new identity for an agent of this process."""
        return cls(f"{this_process()}:{new_id()}", socket.gethostname(), os.getpid())


def this_process() -> str:
    """``host:pid:start`` of this process, which no other one ever has.

    The start is `_start`, with the number of the process namespace: containers may share
    a host name, but not their process ids. Without psutil, as in a browser, where each page is
    process 42, it is the moment at which this module was imported.
    """
    pid = os.getpid()
    if not _psutil_is_there():
        return f"{socket.gethostname()}:{pid}:{_IMPORTED_AT}.{_namespace()}"
    import psutil

    try:
        start = f"{_start(pid)}.{_namespace()}"
    except psutil.Error:
        start = ""
    return f"{socket.gethostname()}:{pid}:{start}"


def vital(process: str) -> Vital:
    """Whether a process lives, by its name from `this_process` or the id of its agent.

    Only a process of this host can be looked at. One whose start is not known, as older
    versions stored it on macOS and Windows, is seen to be dead, but never known to be
    alive: its number may be another's by now.
    """
    host, _, rest = process.partition(":")
    number, _, rest = rest.partition(":")
    start, _, namespace = rest.partition(":")[0].partition(".")
    if host != socket.gethostname() or not number.isdecimal():
        return Vital.UNKNOWN
    if namespace and namespace != _namespace():
        return Vital.UNKNOWN
    if not _psutil_is_there():
        return _vital_by_number(int(number), start)
    import psutil

    try:
        status = psutil.Process(int(number)).status()
        present_start = _start(int(number))
    except psutil.NoSuchProcess:
        return Vital.UNKNOWN if _is_hidden(int(number)) else Vital.DEAD
    except psutil.Error:
        return Vital.UNKNOWN
    if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
        return Vital.DEAD
    if not start.isdecimal():
        return Vital.UNKNOWN
    if start != present_start:  # a new process with an old number
        return Vital.DEAD
    stopped = status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    return Vital.STOPPED if stopped else Vital.ALIVE


def pids_above() -> list[int]:
    """The processes that started this one, the nearest first; that one alone without psutil."""
    if not _psutil_is_there():
        return [os.getppid()]
    import psutil

    return [process.pid for process in psutil.Process().parents()]


def _psutil_is_there() -> bool:
    try:
        import psutil  # noqa: F401
    except ImportError:
        return False
    return True


def _vital_by_number(pid: int, start: str) -> Vital:
    """What can be known of a process of this host without psutil."""
    if pid == os.getpid():  # another with its number ended before this one began
        return Vital.ALIVE if start == _IMPORTED_AT else Vital.DEAD
    if os.name != "posix":
        return Vital.UNKNOWN
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return Vital.DEAD
    except OSError:  # another user's, or there is no telling
        return Vital.UNKNOWN
    return Vital.UNKNOWN  # its number may be another's by now


def _start(pid: int) -> str:
    """When a process began, as the system counts it: nobody setting the clock changes it.

    Linux counts clock ticks since boot, others the time of day, here in milliseconds.
    """
    import psutil

    if not psutil.LINUX:
        return str(round(psutil.Process(pid).create_time() * 1000))
    # psutil adds the time of the boot, which moves with the clock. Asked for it first, its
    # older versions add the present one, not that of their first call.
    boot = psutil.boot_time()
    return str(round((psutil.Process(pid).create_time() - boot) * os.sysconf("SC_CLK_TCK")))


def _is_hidden(pid: int) -> bool:
    """Whether there is such a process though the system does not show it: another user's."""
    if os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def _namespace() -> str:
    """Number of the process namespace (Linux); "0" where the system does not tell."""
    try:
        return re.sub(r"\D", "", str(Path("/proc/self/ns/pid").readlink())) or "0"
    except OSError:
        return "0"
