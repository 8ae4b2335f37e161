"""Ended runs that a person wants to go on: `Sweep.continue_run`."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbsweep.continued import present_curve
from nbsweep.errors import UsageError
from nbsweep.handles.steering import open_again
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.media.plain import plain
from nbsweep.records import RunRecord, RunState, Snapshot, flat
from nbsweep.runs.checkpoint import last_checkpoint, trail
from nbsweep.runs.files import RunFiles
from nbsweep.runs.folders import run_folder
from nbsweep.wording import closest, did_you_mean

Named = SweepRun | str | int


def continue_runs(
    sweep: StoredSweep,
    run: Named | Sequence[Named],
    iterations: int | None,
    config: Mapping[str, Any] | None,
) -> None:
    """See `Sweep.continue_run`: every run is checked before any is asked to go on."""
    named: Sequence[Named] = [run] if isinstance(run, (SweepRun, str, int)) else run
    records = [sweep.find(each) for each in named]
    if not records:
        raise UsageError("continue_run([]): there is no run in the list.")
    if iterations is not None and config is not None:
        raise UsageError(
            "continue_run: give iterations=… or config=…, not both: iterations=10 is short for "
            'config={"epochs": 40} where the run was trained for 30.'
        )
    whole = isinstance(iterations, int) and not isinstance(iterations, bool)
    if iterations is not None and not (whole and iterations >= 1):
        raise UsageError(f"continue_run(iterations={iterations!r}): a whole number ≥ 1 is needed.")
    if config is not None and not isinstance(config, Mapping):
        raise UsageError(f"continue_run(config={config!r:.60}): a dict of values is needed.")
    snapshot = sweep.snapshot(curves=iterations is not None)
    changes = {}
    for record in records:
        _check(sweep, record, snapshot)
        if iterations is not None:
            changes[record.id] = {**more_iterations(record, snapshot, iterations)}
        else:
            changes[record.id] = _values(record, config or {})
    for record in records:
        if not sweep.store.request_continuation(record.id, changes[record.id]):
            raise _not_now(sweep.find(record.id))
    open_again(sweep)


def more_iterations(run: RunRecord, snapshot: Snapshot, iterations: int) -> dict[str, int]:
    """The value of the run's config that makes it train for so many iterations more.

    A key holds the number of iterations when its value is how often the run logged the metric,
    and likewise in all finished runs of the sweep, where several keys have that value.

    Raises:
        UsageError: no key does, or several do.
    """
    logged = _logged(run, snapshot)
    finished = [each for each in snapshot.runs if each.state is RunState.FINISHED]
    of_each = [_keys(each, _logged(each, snapshot)) for each in finished]
    common = set.intersection(*of_each) if of_each else set[str]()
    is_whole = run.state is RunState.FINISHED
    own = _keys(run, logged)
    keys = own if is_whole and len(own) == 1 else common & own if is_whole else common
    if len(keys) != 1:
        raise _which_key(run, logged, sorted(keys or (own if is_whole else ())), is_whole)
    key = keys.pop()
    asked = run.continue_requested.get("config", {}).get(key)
    return {key: (asked or logged) + iterations}


def _logged(run: RunRecord, snapshot: Snapshot) -> int:
    """How many iterations a run has shown."""
    curve = snapshot.curves.get(run.id)
    config = snapshot.sweep.config
    if curve is None or not (config.get("metric") or config.get("metrics")):
        return run.history_rows
    return present_curve(run, curve).iterations


def _keys(run: RunRecord, number: int) -> set[str]:
    """The keys of a run's config, nested ones joined by ".", that have this whole number."""
    return {
        name
        for name, value in flat(run.config)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == number > 0
    }


def _which_key(run: RunRecord, logged: int, keys: Sequence[str], is_whole: bool) -> UsageError:
    times = f"{logged} time" + ("" if logged == 1 else "s")
    if len(keys) > 1:
        found = f"{' and '.join(keys)} are all {logged} in its config"
    elif is_whole:
        found = f"no value of its config is {logged}"
    else:
        found = "no finished run of the sweep shows which value of its config is meant"
    return UsageError(
        f"continue_run({run.number}, iterations=…): run {run.number} logged its metric {times}, "
        f"and {found}, so it is not known where the number of iterations stands. Say it: "
        f'continue_run({run.number}, config={{"epochs": {2 * max(logged, 1)}}}).'
    )


def _values(run: RunRecord, config: Mapping[str, Any]) -> dict[str, Any]:
    """The values to change, by key; keys are those that the run's config has."""
    known = {*run.config, *(name for name, _ in flat(run.config))}
    values = {}
    for name, value in flat(config):
        meant = None if name in known else closest(name, sorted(known))
        if meant is not None:
            raise UsageError(
                f"continue_run(config={{{name!r}: …}}): the config of run {run.number} has no "
                f"{name!r}.{did_you_mean(meant)}"
            )
        values[name] = plain(value)
    return values


def obstacle(sweep: StoredSweep, run: RunRecord) -> str:
    """Why a run cannot go on, in a sentence; "" when it can, as far as that can be seen."""
    try:
        _check(sweep, run, sweep.snapshot())
    except UsageError as error:
        text = str(error).removeprefix("continue_run: ")
        return text[0].upper() + text[1:]
    return ""


def _check(sweep: StoredSweep, run: RunRecord, snapshot: Snapshot) -> None:
    """Raise UsageError when a run cannot go on, as far as that can be seen from here."""
    last = max(each.attempt for each in snapshot.runs if each.number == run.number)
    if not run.state.ended or run.attempt != last:
        raise _not_now(run)
    store = sweep.store
    shared = store.url.startswith("sqlite:")
    folders = [Path(run_folder(store, each.id)) for each in trail(store, run)]
    if not shared and run.host != socket.gethostname():
        return  # whoever works on the sweep there will see
    problems = []
    for folder in folders:
        checkpoint, problem = last_checkpoint(folder)
        if checkpoint is not None or RunFiles(folder).names():
            return
        problems += [problem] if problem else []
    if problems:
        found = f"the checkpoint of run {run.number} cannot be used: {problems[0]}."
    else:
        found = (
            f"run {run.number} left no checkpoint to go on from. Save one in the training code, "
            "after log: run.checkpoint(lambda folder: torch.save(state, folder / 'state.pt'))."
        )
    raise UsageError(f"continue_run: {found} retry({run.number}) tries its params from the start.")


def _not_now(run: RunRecord) -> UsageError:
    if not run.state.ended:
        return UsageError(
            f"continue_run: run {run.number} has not ended; it goes on as it is. "
            f"kill({run.number}) stops it."
        )
    return UsageError(
        f"continue_run: run {run.number} was tried again since. continue_run({run.number}) goes on "
        "with its last attempt."
    )
