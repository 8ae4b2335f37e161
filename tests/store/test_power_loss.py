"""What is left when the power fails: what was said to have ended is on the disk.

A process that trains is recorded call by call (`power/recorder.c`, preloaded). From the
record the disk is made as it may be after a loss of power at any moment: of what was not
synced, nothing is left, or any part.
"""

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

RUNS = 40
INSTANTS = 200
LOST_S = 0.5
HEADER = struct.Struct("8sdqqq")

# Writes into `ended`, and `logged`, which the recorder sees among the calls of SQLite.
TRAIN = """
import os, sys, time
import nbsweep
from nbsweep.store.sql import SqlStore

folder, runs, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
create = os.O_WRONLY | os.O_CREAT
notes = {name: os.open(f"{folder}/{name}", create) for name in ("ended", "logged")}
finish_run = SqlStore.finish_run

def noted(store, run_id, *arguments):
    record = finish_run(store, run_id, *arguments)
    os.write(notes["ended"], run_id.encode() + b"\\n")
    return record

SqlStore.finish_run = noted

def train():
    with nbsweep.init() as run:
        for step in range(5):
            run.log({"loss": step})
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            step += 1
            time.sleep(0.01)
            run.log({"loss": step})
            os.write(notes["logged"], f"{run.id} {step}\\n".encode())

sweep = nbsweep.sweep({"method": "grid", "parameters": {"x": {"values": list(range(runs))}}})
nbsweep.agent(sweep, train, show=False)
"""


class Call(NamedTuple):
    """One thing that the process did to a file."""

    kind: str
    at: float
    offset: int
    path: str
    data: bytes


@pytest.fixture(scope="module")
def recorder(tmp_path_factory, do_without):
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        do_without("no C compiler, or a system without LD_PRELOAD")
    library = tmp_path_factory.mktemp("power") / "recorder.so"
    source = Path(__file__).parent / "power" / "recorder.c"
    options = ["-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl", "-lpthread"]
    subprocess.run([compiler, *options], check=True)
    return library


def record(recorder, folder, runs, seconds):
    """All calls of a process that trains."""
    calls_file = folder / "calls"
    watched = folder / "disk"
    watched.mkdir()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(recorder),
        "POWER_FOLDER": str(watched),
        "POWER_RECORD": str(calls_file),
        "NBSWEEP_DIR": str(watched),
    }
    command = [sys.executable, "-c", TRAIN, str(watched), str(runs), str(seconds)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return list(read(calls_file.read_bytes()))


def read(content):
    place = 0
    while place < len(content):
        kind, at, offset, length, path_length = HEADER.unpack_from(content, place)
        place += HEADER.size
        path = content[place : place + path_length].decode()
        place += path_length
        data = content[place : place + length] if kind[:1] == b"W" else b""
        place += len(data)
        yield Call(chr(kind[0]), at, offset, Path(path).name, data)


def disk_after(calls, kept):
    """The files after these calls, when each that was not synced is left as `kept()` says."""
    files = defaultdict(bytearray)
    waiting = defaultdict(list)
    for call in calls:
        if call.kind == "S":
            for each in waiting.pop(call.path, ()):
                apply(files, each)
            files[call.path]
        elif call.kind == "U":
            files.pop(call.path, None)
            waiting.pop(call.path, None)
        else:
            waiting[call.path].append(call)
    for unsynced in waiting.values():
        for call in unsynced:
            if kept():
                apply(files, call)
    return files


def apply(files, call):
    content = files[call.path]
    if call.kind == "T":
        del content[call.offset :]
        content.extend(bytes(call.offset - len(content)))
        return
    content.extend(bytes(max(0, call.offset - len(content))))
    content[call.offset : call.offset + len(call.data)] = call.data


def opened(folder, files):
    """A connection to the database that is found after the loss."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return closing(sqlite3.connect(folder / "nbsweep.db"))


def noted(calls, name):
    """Lines that the process had written, with their times."""
    return [(call.at, call.data.decode().split()) for call in calls if call.path == name]


@pytest.mark.parametrize("kept", [lambda: False, lambda: random.random() < 0.5])
def test_no_run_that_ended_is_lost(recorder, tmp_path, kept):
    calls = record(recorder, tmp_path, RUNS, 0.0)
    assert len(noted(calls, "ended")) == RUNS
    first = next(place for place, call in enumerate(calls) if call.path == "ended")
    lost = []
    for cut in random.choices(range(first, len(calls) + 1), k=INSTANTS // 2):
        files = disk_after([c for c in calls[:cut] if c.path.startswith("nbsweep.db")], kept)
        with opened(tmp_path / "after", files) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            states = dict(connection.execute("SELECT id, state FROM runs"))
            rows = dict(connection.execute("SELECT run_id, COUNT(*) FROM history GROUP BY run_id"))
        for _, (run_id,) in noted(calls[:cut], "ended"):
            if states.get(run_id) != "finished" or rows.get(run_id) != 5:
                lost.append((cut, run_id, states.get(run_id)))
    assert lost == []


def test_ends_are_synced_at_most_twice_a_run(recorder, tmp_path):
    calls = record(recorder, tmp_path, RUNS, 0.0)
    begin = next(place for place, call in enumerate(calls) if call.path == "ended")
    syncs = [call for call in calls[begin:] if call.kind == "S"]
    assert len(syncs) <= 2 * RUNS


def test_half_a_second_of_history_is_lost_at_most(recorder, tmp_path):
    calls = record(recorder, tmp_path, 1, 1.5)
    first = next(place for place, call in enumerate(calls) if call.path == "logged")
    lost_s = []
    for cut in random.choices(range(first, len(calls)), k=INSTANTS // 5):
        now = calls[cut].at
        database = [call for call in calls[:cut] if call.path.startswith("nbsweep.db")]
        with opened(tmp_path / "after", disk_after(database, lambda: False)) as connection:
            (last,) = connection.execute("SELECT MAX(step) FROM history").fetchone()
        logged = noted(calls[:cut], "logged")
        missing = [at for at, (_, step) in logged if last is None or int(step) > last]
        lost_s.append(now - min(missing, default=now))
    # Now and then another test has the processor, or the disk.
    assert sorted(lost_s)[len(lost_s) // 2] < LOST_S
    assert max(lost_s) < 4 * LOST_S
