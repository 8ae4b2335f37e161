"""Which runs lead in a picture: the best one, or the front of a sweep with several objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nbsweep.analysis.best import best_run, by_configuration
from nbsweep.analysis.front import LeadFinder, lead_text
from nbsweep.records import RunRecord, Snapshot, lookup
from nbsweep.sweep_config import Metric, SweepConfig
from nbsweep.view.model import BestRun, Row, SweepMetric
from nbsweep.view.spelling import Spelling, json_value
from nbsweep.wording import short


class Leading(NamedTuple):
    """What a picture says of the leading runs, see `Picture`."""

    best: BestRun | None
    front: list[str]
    standing: str

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the runs with a star: those of the front, or the best one."""
        return frozenset(self.front or ([self.best["id"]] if self.best else []))


def leading(
    snapshot: Snapshot, rows: Sequence[Row], config: SweepConfig, leaders: LeadFinder | None
) -> Leading:
    """The leading runs of a picture.

    Args:
        snapshot: of the sweep.
        rows: its runs as the picture has them.
        config: of the sweep.
        leaders: what the caller keeps between two pictures; None for nothing.
    """
    metric, runs = config.metric, snapshot.runs
    if by_configuration(runs, config):
        best_one = best_run(snapshot, config)
        return Leading(
            None if best_one is None else _best_run(*best_one, _row(rows, best_one[0])), [], ""
        )
    if not config.metrics or metric is None:
        return Leading(_best(runs, rows, metric), [], "")
    found = (leaders or LeadFinder(config.metrics)).of(runs)
    best = None
    if found.best is not None:
        best = _best_run(found.best, metric.counted(found.best) or 0.0, _row(rows, found.best))
    return Leading(best, [run.id for run in found.front], lead_text(found, config))


def listed_metrics(config: SweepConfig) -> list[SweepMetric]:
    """The metrics of a sweep that has several, or limits; the first objective first."""
    if config.metric is None or not config.metrics:
        return []
    return [
        SweepMetric(
            name=metric.name,
            goal=metric.goal,
            at_most=metric.at_most,
            at_least=metric.at_least,
            is_objective=metric.is_objective,
        )
        for metric in (config.metric, *config.further_metrics)
    ]


def result_texts(run: RunRecord, config: SweepConfig, spelling: Spelling) -> list[str]:
    """What a run has of the sweep's further metrics, as texts."""
    texts = []
    for i, metric in enumerate(config.further_metrics):
        value = metric.counted(run) if run.state.ended else metric.of(run.summary)
        if value is None and not run.state.counts:
            value = metric.of(run.summary)
        if value is not None:
            texts.append(spelling.of_result(i, value))
            continue
        logged = lookup(run.summary, metric.name)  # such as nan
        texts.append("" if logged is None or isinstance(logged, Mapping) else short(logged))
    return texts


def _best(runs: Sequence[RunRecord], rows: Sequence[Row], metric: Metric | None) -> BestRun | None:
    """What `Metric.best_run` gives, from values that the rows hold already."""
    if metric is None:
        return None
    sign = metric.sign
    values = [
        (sign * value, i)
        for i, row in enumerate(rows)
        if (value := row["metric"]) is not None and row["counts"]
    ]
    if not values:
        return None
    signed, place = min(values)
    return _best_run(runs[place], sign * signed, rows[place])


def _row(rows: Sequence[Row], run: RunRecord) -> Row:
    return next(row for row in rows if row["id"] == run.id)


def _best_run(run: RunRecord, value: float, row: Row) -> BestRun:
    return BestRun(
        id=run.id,
        number=run.number,
        name=run.name,
        value=value,
        text=row["metric_text"],
        config=json_value(run.config or run.params),
    )
