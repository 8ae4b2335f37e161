import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from nbsweep.runs.identity import (
    AgentIdentity,
    Vital,
    new_id,
    run_name,
    run_seed,
    sweep_run_name,
    this_process,
    vital,
)


def test_ids_are_eight_letters_and_digits_and_differ():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[a-z][a-z0-9]{7}", found) for found in ids)


def test_names_look_like_those_of_wandb_and_follow_from_the_id():
    assert re.fullmatch(r"[a-z]+-sweep-7", sweep_run_name("abcdefgh", 7))
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", run_name("abcdefgh"))
    assert run_name("abcdefgh") == run_name("abcdefgh")


ASLEEP = (
    "from nbsweep.runs.identity import this_process; import time;"
    "print(this_process(), flush=True); time.sleep(600)"
)


@pytest.fixture
def sleeper():
    """Another process, and its name."""
    with subprocess.Popen([sys.executable, "-c", ASLEEP], stdout=subprocess.PIPE) as process:
        yield process, process.stdout.readline().decode().strip()
        process.kill()


def test_own_process_and_its_agents_live():
    assert vital(this_process()) is Vital.ALIVE
    assert vital(AgentIdentity.create().id) is Vital.ALIVE


@pytest.mark.skipif(os.name != "posix", reason="no signals to other processes")
def test_a_process_is_alive_stopped_or_dead(sleeper):
    process, name = sleeper
    assert vital(name) is Vital.ALIVE
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    assert vital(name) is Vital.STOPPED
    process.kill()
    while vital(name) is not Vital.DEAD:  # as a zombie already
        time.sleep(0.01)
    process.wait()
    assert vital(name) is Vital.DEAD


def test_new_process_with_the_old_number_is_not_taken_for_the_old_one():
    host, pid, start = this_process().split(":")
    ticks, namespace = start.split(".")
    assert vital(f"{host}:{pid}:{int(ticks) - 1}.{namespace}:x") is Vital.DEAD


def test_a_name_without_a_start_tells_of_death_only(sleeper):
    """As older versions stored it where there is no /proc."""
    process, name = sleeper
    host, pid, _ = name.split(":")
    assert vital(f"{host}:{pid}::x") is Vital.UNKNOWN
    process.kill()
    process.wait()
    assert vital(f"{host}:{pid}::x") is Vital.DEAD


@pytest.mark.parametrize("start", ["soon", "1.5e9", "-1", "12a", "0x1f"])
def test_a_start_in_a_form_that_is_not_known_says_nothing(start):
    host, pid, own = this_process().split(":")
    namespace = own.partition(".")[2]
    assert vital(f"{host}:{pid}:{start}:x") is Vital.UNKNOWN
    assert vital(f"{host}:{pid}:{start}.{namespace}:x") is Vital.UNKNOWN


@pytest.mark.skipif(not psutil.LINUX, reason="no /proc")
def test_the_start_is_what_older_versions_read_from_proc():
    ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    assert this_process().split(":")[2].partition(".")[0] == ticks


@pytest.mark.skipif(not psutil.LINUX, reason="psutil counts from the boot on Linux only")
def test_setting_the_clock_kills_nobody(monkeypatch):
    name, boot = this_process(), psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot + 3600.0)
    assert psutil.boot_time() == boot + 3600.0
    assert vital(name) is Vital.ALIVE


def test_elsewhere_than_on_linux_the_start_is_a_time_of_day(monkeypatch):
    monkeypatch.setattr(psutil, "LINUX", False)
    host, pid, start = this_process().split(":")
    began, _, namespace = start.partition(".")
    assert int(began) == pytest.approx(1000 * psutil.Process().create_time(), abs=1)
    assert vital(f"{host}:{pid}:{start}:x") is Vital.ALIVE
    assert vital(f"{host}:{pid}:{int(began) - 1}.{namespace}:x") is Vital.DEAD


@pytest.mark.skipif(os.name != "posix", reason="processes are not hidden")
def test_a_process_that_the_system_hides_is_not_taken_for_dead(monkeypatch):
    def look(pid):
        raise psutil.NoSuchProcess(pid)

    def kill(pid, number):
        raise PermissionError

    name = this_process()
    monkeypatch.setattr(psutil, "Process", look)
    monkeypatch.setattr(os, "kill", kill)
    assert vital(name) is Vital.UNKNOWN


def test_nothing_is_said_of_processes_elsewhere():
    """On another host, or in another container that has this host's name."""
    host, pid, start = this_process().split(":")
    assert vital("elsewhere:1:1.1:x") is Vital.UNKNOWN
    assert vital(f"{host}:{pid}:{start.partition('.')[0]}.1:x") is Vital.UNKNOWN
    assert vital("ann") is Vital.UNKNOWN


def test_run_seeds_are_fixed_for_all_time_and_differ():
    assert run_seed(7, 1) == run_seed(7, 1)
    seeds = {run_seed(sweep_seed, number) for sweep_seed in range(20) for number in range(1, 100)}
    assert len(seeds) == 20 * 99
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert run_seed(7, 1) == 1207947808
