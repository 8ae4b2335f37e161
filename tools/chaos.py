"""Kill the workers of a sweep with `kill -9`, again and again, and check what is left.

    python tools/chaos.py --runs 120 --kills 8 --store sqlite
    python tools/chaos.py --runs 120 --kills 0 --faults 50 --outages 2 --store postgres

Several agent processes work on one grid sweep. The training function logs some rows
and notes, before each call of nbsweep, what it does in a journal of its own outside
the store. Whenever the sweep has come to a random point, a random agent is killed and a
new one started. With `--faults 50` one in 50 database calls of the agents fails as on a
full disk, with an error of reading or writing, a locked file or a lost connection, before
or after it took effect. An outage locks the file, or stops the server, for `--outage-s`.
Meanwhile and at the end, the store is compared with the journal:

- no ended run was lost or changed, in its record, its history or its summary;
- every grid point has a finished last attempt, none has two, and none was retried
  more often than the sweep allows;
- no kill lost more than `--lost-s` seconds of the history of the run it hit;
- the database file passes SQLite's integrity check.

Prints what it killed and what it checked; exit code 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbsweep.records import RunRecord, RunState, SweepRecord
from nbsweep.store import open_store
from nbsweep.store.base import Store

SWEEP_ID = "chaos001"
RETRIES = 3
STEPS = 6  # rows of a run
STALLED_AFTER_S = 120.0


# ------------------------------------------------------------- in the agents' processes


def work(url: str, journal: Path, seed: int, one_in: int) -> None:
    """Be an agent: train until the sweep has nothing to hand out, noting every step.

    One in `one_in` of its database calls fails, none with 0.
    """
    os.environ["NBSWEEP_STORE"] = url
    import nbsweep

    chance = random.Random(seed)
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(event: str, run: Any, **more: Any) -> None:
        line = {"pid": os.getpid(), "time": time.time(), "event": event, "run": run.id, **more}
        os.write(file, (json.dumps(line) + "\n").encode())  # one write: it survives a kill whole

    def train() -> None:
        with nbsweep.init() as run:
            note("begin", run, number=run.number, point=run.config["point"])
            for step in range(STEPS):
                time.sleep(chance.uniform(0.0, 0.03))
                loss = run.config["point"] + 1 / (1 + step)
                note("log", run, step=step, loss=loss)
                nbsweep.log({"loss": loss})
            note("return", run)

    with failing(url, chance, one_in) if one_in else nullcontext():
        nbsweep.agent(SWEEP_ID, train, show=False)


def failing(url: str, chance: random.Random, one_in: int) -> AbstractContextManager[Any]:
    """Have one in so many database calls of this process fail, in one of all ways."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests import faults

    kinds = faults.SQLITE if url.startswith("sqlite") else faults.postgres_faults()
    errors = list(kinds.values())

    def error() -> Exception:
        return chance.choice(errors)()

    after = chance.random() < 0.5
    return faults.injected(faults.Faults(error, lambda _: chance.random() < 1 / one_in, after))


# ------------------------------------------------------------------------- the journal


@dataclass
class Notes:
    """What the training function noted of one run.

    Attributes:
        run_id, number: the run and its suggestion.
        pid: the process that executed it.
        logged: time and loss of each row that it was about to log.
        returned: whether the function came to its end.
        followed: whether its agent began another run afterwards: the end is stored then.
    """

    run_id: str
    number: int
    pid: int
    logged: list[tuple[float, float]] = field(default_factory=list)
    returned: bool = False
    followed: bool = False


def read_journal(path: Path) -> dict[str, Notes]:
    """All that was noted so far, by run."""
    journal: dict[str, Notes] = {}
    latest: dict[int, Notes] = {}
    for text in path.read_text().splitlines() if path.exists() else ():
        line = json.loads(text)
        if line["event"] == "begin":
            if line["pid"] in latest:
                latest[line["pid"]].followed = True
            journal[line["run"]] = latest[line["pid"]] = Notes(
                line["run"], line["number"], line["pid"]
            )
        elif line["event"] == "log":
            journal[line["run"]].logged.append((line["time"], line["loss"]))
        else:
            journal[line["run"]].returned = True
    return journal


# -------------------------------------------------------------------------- the checks


@dataclass
class Findings:
    """What the checks found.

    Attributes:
        wrong: one sentence for each thing that must not be.
        lost_s: seconds of history that each kill lost, where it lost any.
        runs: number of runs by state.
    """

    wrong: list[str] = field(default_factory=list)
    lost_s: list[float] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)


def check(
    store: Store,
    count: int,
    journal: dict[str, Notes],
    seen: dict[str, RunRecord],
    killed_at: dict[int, float],
    limit_s: float,
) -> Findings:
    """Compare the store at the end with what was noted and seen meanwhile.

    Args:
        store: holds the sweep.
        count: number of grid points.
        journal: what was noted, by run.
        seen: ended runs as they were when somebody saw them first.
        killed_at: process to the time at which it was killed.
        limit_s: seconds of history that a kill may lose.
    """
    findings = Findings()
    runs = {run.id: run for run in store.snapshot(SWEEP_ID).runs}
    findings.runs.update(run.state.value for run in runs.values())
    for run_id, then in seen.items():
        now = runs.get(run_id)
        if now != then:
            findings.wrong.append(f"ended run {run_id} was {then}, is {now}")
    for notes in journal.values():
        if notes.run_id not in runs:
            findings.wrong.append(f"run {notes.run_id} of number {notes.number} is gone")
            continue
        _check_run(runs[notes.run_id], notes, store, killed_at, limit_s, findings)
    _check_numbers(list(runs.values()), count, findings)
    return findings


def _check_run(
    run: RunRecord,
    notes: Notes,
    store: Store,
    killed_at: dict[int, float],
    limit_s: float,
    findings: Findings,
) -> None:
    rows = [row.values["loss"] for row in store.history(run.id)]
    losses = [loss for _, loss in notes.logged]
    who = f"run {run.id} of number {run.number} ({run.state.value})"
    if len(rows) != run.history_rows or rows != losses[: len(rows)]:
        findings.wrong.append(f"{who} has the rows {rows} and counts {run.history_rows}")
    if notes.followed and run.state is not RunState.FINISHED:
        findings.wrong.append(f"{who} had finished: its agent began another run")
    if run.state is RunState.FINISHED:
        if not notes.returned or len(rows) != STEPS or run.summary.get("loss") != losses[-1]:
            findings.wrong.append(f"{who} has {len(rows)} rows and the summary {run.summary}")
    elif run.state is RunState.CRASHED and notes.pid in killed_at:
        lost = [at for at, _ in notes.logged[len(rows) :]]
        if lost:
            findings.lost_s.append(killed_at[notes.pid] - lost[0])
            if findings.lost_s[-1] > limit_s:
                findings.wrong.append(f"{who} lost {findings.lost_s[-1]:.2f} s of its history")
    else:
        findings.wrong.append(f"{who} neither finished nor was killed")


def _check_numbers(runs: list[RunRecord], count: int, findings: Findings) -> None:
    attempts: dict[int, list[RunRecord]] = {}
    for run in runs:  # in order of (number, attempt)
        attempts.setdefault(run.number, []).append(run)
    for number in range(1, count + 1):
        states = [run.state for run in attempts.pop(number, [])]
        if not states:
            findings.wrong.append(f"number {number} was never handed out")
        elif states[-1] is not RunState.FINISHED and len(states) <= RETRIES:
            findings.wrong.append(f"number {number} was given up as {states[-1].value}")
        if states.count(RunState.FINISHED) > 1 or len(states) > RETRIES + 1:
            findings.wrong.append(
                f"number {number} was tried as {[state.value for state in states]}"
            )
    findings.wrong += [f"number {number} is beyond the grid" for number in attempts]
    points = Counter(run.params["point"] for run in runs if run.state is RunState.FINISHED)
    findings.wrong += [f"point {point} finished {n} times" for point, n in points.items() if n > 1]


# --------------------------------------------------------------------------- the storm


@dataclass
class Storm:
    """A sweep under fire.

    Attributes:
        url: the store.
        folder: for the journal and what the agents print.
        count: number of grid points.
        kills: how many agents to kill.
        agents: how many work at once.
        chance: decides when whom.
        one_in: so many database calls of an agent, one fails; 0 for none.
        outages: how often the store goes away.
        outage: makes it go away for a while.
        killed_at: process to the time at which it was killed.
        seen: ended runs as they were first seen.
    """

    url: str
    folder: Path
    count: int
    kills: int
    agents: int
    chance: random.Random
    one_in: int = 0
    outages: int = 0
    outage: Callable[[], None] = lambda: None
    killed_at: dict[int, float] = field(default_factory=dict)
    seen: dict[str, RunRecord] = field(default_factory=dict)
    _working: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        """Where the training functions note what they do."""
        return self.folder / "journal.jsonl"

    def rage(self) -> None:
        """Run the sweep to its end, killing as many agents as asked for on the way."""
        store = open_store(self.url)
        config = {
            "method": "grid",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"point": {"values": list(range(self.count))}},
            "retry": {"crashed": RETRIES},
        }
        store.create_sweep(SweepRecord(SWEEP_ID, "chaos", None, config, 1, created_at=time.time()))
        when = sorted(self.chance.sample(range(1, self.count), self.kills))
        away = sorted(self.chance.sample(range(1, self.count), self.outages))
        snapshot, moved_at, version = None, time.monotonic(), -1
        try:
            while True:
                snapshot = store.snapshot(SWEEP_ID, snapshot)
                for run in snapshot.runs:
                    if run.state.ended:
                        self.seen.setdefault(run.id, run)
                if snapshot.version != version:
                    version, moved_at = snapshot.version, time.monotonic()
                elif time.monotonic() - moved_at > STALLED_AFTER_S:
                    raise SystemExit(f"The sweep does not move any more; see {self.folder}")
                if snapshot.sweep.state.ended:
                    break
                while away and len(snapshot.runs) >= away[0]:
                    away.pop(0)
                    print("outage", end="  ", flush=True)
                    self.outage()
                while when and len(snapshot.runs) >= when[0]:
                    when.pop(0)
                    self._keep_agents()
                    time.sleep(self.chance.uniform(0.0, 0.15))
                    self._kill(self._pick())
                self._keep_agents()
                time.sleep(0.05)
        finally:
            for process in self._working:
                if snapshot is None or not snapshot.sweep.state.ended:
                    process.kill()
                process.wait()

    def _keep_agents(self) -> None:
        self._working = [process for process in self._working if process.poll() is None]
        while len(self._working) < self.agents:
            command = [sys.executable, __file__, "--work", self.url, str(self.journal)]
            command += [str(self.chance.getrandbits(32)), str(self.one_in)]
            with (self.folder / "printed.txt").open("ab") as printed:
                self._working.append(subprocess.Popen(command, stdout=printed, stderr=printed))

    def _pick(self) -> subprocess.Popen[bytes]:
        """An agent, rather one that trains than one that is still importing."""
        training = {notes.pid for notes in read_journal(self.journal).values()}
        busy = [process for process in self._working if process.pid in training]
        return self.chance.choice(busy or self._working)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        self.killed_at[process.pid] = time.time()
        process.send_signal(signal.SIGKILL)
        process.wait()  # a zombie would still look alive
        print(f"kill -9 {process.pid}", end="  ", flush=True)


@contextmanager
def fresh_store(
    kind: str, folder: Path, outage_s: float
) -> Iterator[tuple[str, Callable[[], None]]]:
    """The URL of an empty store of that kind, and what makes it go away for so long."""
    if kind == "sqlite":
        path = folder / "nbsweep.db"

        def lock() -> None:
            with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                time.sleep(outage_s)
                connection.execute("ROLLBACK")

        yield f"sqlite:///{path}", lock
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.postgres import PostgresServer, missing_postgres

    missing = missing_postgres()
    if missing:
        raise SystemExit(f"chaos: {missing}")
    with PostgresServer() as server:

        def restart() -> None:
            server.stop()
            time.sleep(outage_s)
            server.start()

        yield server.new_database(), restart


def main(arguments: list[str] | None = None) -> int:
    """The command; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=120)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="repeats who is killed when")
    parser.add_argument("--faults", type=int, default=0, help="one in so many database calls fails")
    parser.add_argument("--outages", type=int, default=0, help="how often the store goes away")
    parser.add_argument("--outage-s", type=float, default=2.0, help="for how long")
    parser.add_argument("--lost-s", type=float, default=0.5)
    options = parser.parse_args(arguments)
    seed = random.SystemRandom().getrandbits(32) if options.seed is None else options.seed
    begin = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nbsweep-chaos-")))
        url, outage = stack.enter_context(fresh_store(options.store, folder, options.outage_s))
        print(f"{options.runs} runs, {options.agents} agents, {options.store}, --seed {seed}")
        storm = Storm(
            *(url, folder, options.runs, options.kills, options.agents, random.Random(seed)),
            one_in=options.faults,
            outages=options.outages,
            outage=outage,
        )
        storm.rage()
        print()
        store = open_store(url)
        stack.callback(store.close)
        journal = read_journal(storm.journal)
        findings = check(store, options.runs, journal, storm.seen, storm.killed_at, options.lost_s)
        integrity = ""
        if options.store == "sqlite":
            with closing(sqlite3.connect(folder / "nbsweep.db")) as connection:
                (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
            integrity = f", integrity check {answer}"
            if answer != "ok":
                findings.wrong.append(f"integrity check: {answer}")
        runs = ", ".join(f"{count} {state}" for state, count in sorted(findings.runs.items()))
        print(
            f"{len(storm.killed_at)} kills in {time.monotonic() - begin:.0f} s; runs: {runs}; "
            f"{len(storm.seen)} ended runs compared with what they were{integrity}.\n"
            f"History lost by {len(findings.lost_s)} of the kills, at most "
            f"{max(findings.lost_s, default=0.0):.2f} s (allowed: {options.lost_s:g} s)."
        )
        for sentence in findings.wrong:
            print(f"WRONG: {sentence}")
        if findings.wrong:
            print((folder / "printed.txt").read_text()[-4000:])
    print("FAILED" if findings.wrong else "Nothing was lost, skipped or done twice.")
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    else:
        sys.exit(main())
