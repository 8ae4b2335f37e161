"""Gives a sweep another config: ``nbsweep sweep --update``."""

from __future__ import annotations

import time

from nbsweep import search, sweep_config
from nbsweep.errors import UsageError
from nbsweep.handles import steering
from nbsweep.handles.stored import StoredSweep
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.edits import specs
from nbsweep.wording import plural


def update_config(sweep: StoredSweep, config: SweepConfig, path: str) -> None:
    """Give a sweep another config: any before its first run, other ranges later.

    Args:
        sweep: the sweep.
        config: what it is to have.
        path: of the file that it comes from.

    Raises:
        UsageError: it has runs and more than ranges would change, or somebody else
            changed it at the same time.
    """
    search.check(config)
    snapshot = sweep.snapshot()
    if snapshot.runs:
        _check_only_ranges_change(sweep, config, len(snapshot.runs), path)
        beliefs = {name: spec.get("belief") for name, spec in specs(config).items()}
        steering.edit(
            sweep,
            {p.name: {**p.distribution.spec, "belief": beliefs[p.name]} for p in config.space},
        )
        return
    if config.prior != sweep.config.prior:
        raise UsageError(
            f"Sweep {sweep.id} found the earlier sweeps that it learns from when it was made, so "
            f"its prior cannot change. Create a new sweep: nbsweep sweep {path}"
        )
    entry = {"at": time.time(), "after_run": 0, "text": f"all of {path}", "parameters": {}}
    seen, source = len(snapshot.sweep.edits), sweep_config.to_dict(config)
    if sweep.store.edit_sweep(sweep.id, source, entry, seen_edits=seen) is None:
        raise UsageError(f"Sweep {sweep.id} was changed elsewhere at the same time. Try again.")


def _check_only_ranges_change(
    sweep: StoredSweep, config: SweepConfig, n_runs: int, path: str
) -> None:
    before = sweep.config
    old, new = before.source, config.source
    fixed = [
        key
        for key in dict.fromkeys([*old, *new])
        if key not in ("parameters", "project", "entity") and old.get(key) != new.get(key)
    ]
    names, new_names = ({p.name for p in space} for space in (before.space, config.space))
    fixed += [f"parameters.{name}" for name in sorted(names ^ new_names)]
    if fixed:
        raise UsageError(
            f"Sweep {sweep.id} has {plural(n_runs, 'run')}, so only the ranges of its parameters "
            f"can change; {', '.join(fixed)} would too. Create a new sweep that learns from it: "
            f"nbsweep sweep {path} --prior-run RUN_ID …"
        )
