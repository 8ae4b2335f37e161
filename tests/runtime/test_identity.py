import re
import subprocess
import sys

from nbsweep.runtime.identity import (
    AgentIdentity,
    is_dead,
    new_id,
    run_name,
    run_seed,
    sweep_run_name,
)


def test_ids_are_eight_letters_and_digits_and_differ():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[a-z][a-z0-9]{7}", found) for found in ids)


def test_names_look_like_those_of_wandb_and_follow_from_the_id():
    assert re.fullmatch(r"[a-z]+-sweep-7", sweep_run_name("abcdefgh", 7))
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", run_name("abcdefgh"))
    assert run_name("abcdefgh") == run_name("abcdefgh")


def test_own_process_lives():
    own = AgentIdentity.create()
    assert not is_dead(own.id, own.host, own.pid)


def test_ended_process_is_dead():
    code = (
        "from nbsweep.runtime.identity import AgentIdentity as A; a = A.create();"
        "print(a.id, a.host, a.pid)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    agent_id, host, pid = said.stdout.split()
    assert is_dead(agent_id, host, int(pid))


def test_new_process_with_the_old_pid_is_not_taken_for_the_old_one():
    own = AgentIdentity.create()
    host, pid, started, rest = own.id.split(":")
    if started:  # Linux
        assert is_dead(f"{host}:{pid}:{int(started) - 1}:{rest}", own.host, own.pid)


def test_nothing_is_said_of_processes_on_other_hosts():
    assert not is_dead("elsewhere:1:1:x", "elsewhere", 1)


def test_run_seeds_are_fixed_for_all_time_and_differ():
    assert run_seed(7, 1) == run_seed(7, 1)
    seeds = {run_seed(sweep_seed, number) for sweep_seed in range(20) for number in range(1, 100)}
    assert len(seeds) == 20 * 99
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert run_seed(7, 1) == 1207947808
