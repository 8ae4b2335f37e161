"""Writes a new sweep into a store."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from nbsweep import sweep_config
from nbsweep.control.prior_auto import read_prior_sweeps
from nbsweep.control.prior_runs import read_prior_runs
from nbsweep.records import SweepRecord
from nbsweep.runs.identity import new_id
from nbsweep.search import check
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig

SEED_BITS = 32


def create_sweep(
    store: Store, config: SweepConfig, project: str, prior_runs: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """Write a new sweep; its id, and in sentences what it learns from and what is left aside.

    Args:
        store: where to.
        config: checked.
        project: to file it under.
        prior_runs: ids of earlier runs to learn from.

    Raises:
        MissingDependencyError: the scheduler's engine is not installed.
        ConfigError: its sampler does not exist or does not take its arguments.
        NotFoundError: there is no run with such an id, or no sweep that its `prior` names.
    """
    notes = check(config)
    prior = read_prior_runs(store, config, prior_runs)
    own = {entry["run_id"] for entry in prior.entries}
    earlier = read_prior_sweeps(store, config, project, own)
    record = SweepRecord(
        id=new_id(),
        project=project,
        name=config.name,
        config=sweep_config.to_dict(config),
        seed=secrets.randbits(SEED_BITS) if config.seed is None else config.seed,
        created_at=time.time(),
        prior=[*prior.entries, *earlier.entries],
    )
    store.create_sweep(record)
    return record.id, [*notes, *prior.notes, *earlier.notes]
