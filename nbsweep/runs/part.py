"""Runs that are a part of another one, as the folds of a cross-validation are.

`init(group=…)` inside a sweep's open run makes one, in its thread, in another one or in a
process that the training code started. It is neither a suggestion nor an observation; when
the parent ends without a value of a metric of the sweep, it takes the mean over its parts,
and their standard deviation as ``metric.sd``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nbsweep import sweep_config
from nbsweep.records import Metric, RunRecord, WorkOrder
from nbsweep.runs import session
from nbsweep.runs.folders import run_folder
from nbsweep.runs.joined import run_of_parent
from nbsweep.runs.labels import new_record
from nbsweep.runs.run import Run
from nbsweep.store.base import Store


class PartRun(Run):
    """A part of a sweep's run.

    Args:
        order: the claimed run, with its parent's id, and the metrics of the parent's sweep.
        store: where both are.
        parent: the parent, when it lives in this process.
        clock: unix time in seconds.
    """

    def __init__(
        self,
        order: WorkOrder,
        store: Store,
        parent: Run | None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(order, store, clock)
        self.parent = parent
        if parent is not None:
            self._channel.follow(parent._channel)

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Add metrics to the run's history, see `Run.log`; a stop of its parent ends it too."""
        if self.parent is not None:
            self.parent.raise_stop()
        super().log(data, step, commit, sync)


def part_of_open_run(
    handed_out: Run | None, labels: Mapping[str, Any], clock: Callable[[], float]
) -> PartRun | None:
    """A new part of the open run in which `init` was called; None outside of one.

    Args:
        handed_out: the run that an agent or `ask` gave to this context.
        labels: name, group, … as given to `init`; without a group there is no part.
        clock: unix time in seconds.
    """
    if labels.get("group") is None:
        return None
    if handed_out is not None:
        if not handed_out.is_open:
            return None
        handed_out.check_ours()
        previous = session.current_run()
        if isinstance(previous, PartRun) and previous.parent is handed_out:
            previous.finish()
        record, store = handed_out.as_record(), handed_out.store
        metric, metrics = handed_out.metric, handed_out.metrics
    else:
        found = run_of_parent()
        if found is None:
            return None
        record, store = found
        metric, metrics = _metrics_of(record, store)
    parts = len(store.runs(parent_id=record.id))
    part = new_record(
        record.project,
        labels,
        clock(),
        name=f"{record.name}-part-{parts + 1}",
        parent_id=record.id,
        config=dict(record.config),
    )
    folder = run_folder(store, part.id)
    claimed = store.claim_run(part)
    order = WorkOrder(claimed, store.url, folder, echo=True, metric=metric, metrics=metrics)
    return PartRun(order, store, handed_out, clock)


def _metrics_of(record: RunRecord, store: Store) -> tuple[Metric | None, tuple[Metric, ...]]:
    if record.sweep_id is None:
        return None, ()
    config = sweep_config.parse(store.sweep(record.sweep_id).config)
    return config.metric, config.metrics
