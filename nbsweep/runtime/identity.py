"""Who acts: ids, names, and whether the process of another agent still lives."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import string
from dataclasses import dataclass
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
        host, pid = socket.gethostname(), os.getpid()
        return cls(f"{host}:{pid}:{_started(pid) or ''}:{new_id()}", host, pid)


def is_dead(agent_id: str, host: str, pid: int) -> bool:
    """Whether that agent's process is known to have ended.

    False when it lives or when nobody here can tell: it runs on another host, or on
    Windows, where only a missing heartbeat shows it. The start time in the id keeps a
    new process with a recycled pid from passing for the old one (Linux).
    """
    if host != socket.gethostname() or pid <= 0 or os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and belongs to somebody else
        return False
    known, now = agent_id.split(":")[2:3], _started(pid)
    return bool(known and known[0] and now and known[0] != now)


def _started(pid: int) -> str | None:
    """Start time of a process in clock ticks since boot (Linux), else None."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    # Field 22; the command in parentheses before it may hold spaces. A zombie is dead.
    fields = stat.rpartition(")")[2].split()
    return "zombie" if fields[0] in "ZX" else fields[19]
