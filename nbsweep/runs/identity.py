"""Who acts: ids, names, and whether a process still lives."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import string
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
    """``host:pid:start`` of this process, which no other one ever has (on Linux).

    The start is in clock ticks since boot, with the number of the process namespace:
    containers may share a host name, but not their process ids.
    """
    pid = os.getpid()
    stat = _stat(pid)
    start = f"{stat[1]}.{_namespace()}" if stat else ""
    return f"{socket.gethostname()}:{pid}:{start}"


def vital(process: str) -> Vital:
    """Whether a process lives, by its name from `this_process` or the id of its agent.

    Only a process of this host can be looked at. Where there is no ``/proc`` (macOS) it is
    seen to be dead, but never known to be alive: its number may be another's by now.
    """
    host, _, rest = process.partition(":")
    number, _, rest = rest.partition(":")
    start = rest.partition(":")[0]
    if host != socket.gethostname() or os.name != "posix" or not number.isdigit():
        return Vital.UNKNOWN
    ticks, _, namespace = start.partition(".")
    if namespace and namespace != _namespace():
        return Vital.UNKNOWN
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return Vital.DEAD
    except PermissionError:  # it lives, and belongs to somebody else
        pass
    stat = _stat(int(number))
    if stat is None or not ticks:
        return Vital.UNKNOWN
    state, now = stat
    if state in "ZX" or now != ticks:  # a zombie; a new process with an old number
        return Vital.DEAD
    return Vital.STOPPED if state in "Tt" else Vital.ALIVE


def _stat(pid: int) -> tuple[str, str] | None:
    """State letter of a process and its start in clock ticks since boot (Linux), else None."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    # Fields 3 and 22; the command in parentheses before them may hold spaces.
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]


def _namespace() -> str:
    """Number of the process namespace (Linux); "0" where the system does not tell."""
    try:
        return re.sub(r"\D", "", str(Path("/proc/self/ns/pid").readlink())) or "0"
    except OSError:
        return "0"
