"""What early termination would have saved, to be shown: `Sweep.early_termination_preview`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from nbsweep.records import Snapshot
from nbsweep.search.stop_replay import replay
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import plural

ROWS_SHOWN = 50


@dataclass(frozen=True)
class StopPreview:
    """A run that would have been stopped.

    Attributes:
        number: of the run.
        name: of the run.
        iteration: number of values of the metric that it would have logged.
        saved: number of values that it logged after that.
        reason: why, in words.
    """

    number: int
    name: str
    iteration: int
    saved: int
    reason: str


@dataclass(frozen=True)
class EarlyTerminationPreview:
    """Which ended runs early termination would have stopped; shows itself as text and HTML.

    Attributes:
        stops: one for each run that would have been stopped, the earliest first.
        runs: number of runs that ended and logged the metric.
        iterations: number of values of the metric that they logged.
        best: number of the best run, None without one.
    """

    stops: tuple[StopPreview, ...]
    runs: int
    iterations: int
    best: int | None

    @property
    def saved(self) -> int:
        """Number of iterations that would not have been made."""
        return sum(stop.saved for stop in self.stops)

    @property
    def keeps_best(self) -> bool:
        """Whether the best run would have gone on to its end."""
        return all(stop.number != self.best for stop in self.stops)

    @property
    def verdict(self) -> str:
        """The preview in one sentence."""
        share = self.saved / self.iterations if self.iterations else 0.0
        text = (
            f"{len(self.stops)} of {plural(self.runs, 'run')} would have been stopped, "
            f"{self.saved} of {plural(self.iterations, 'iteration')} ({share:.0%}) saved"
        )
        if self.best is None or not self.stops:
            return f"{text}."
        fate = "would have gone on" if self.keeps_best else "would have been lost"
        return f"{text}; the best run, {self.best}, {fate}."

    def __str__(self) -> str:
        lines = [
            f"  run {stop.number} at iteration {stop.iteration}, {stop.saved} saved: {stop.reason}"
            for stop in self.stops[:ROWS_SHOWN]
        ]
        return "\n".join([self.verdict, *lines, *self._more()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th style="text-align:left">{word}</th>'
            for word in ("run", "stopped at", "saved", "why")
        )
        rows = "".join(
            f"<tr><td>{stop.number} {escape(stop.name)}</td><td>{stop.iteration}</td>"
            f'<td>{stop.saved}</td><td style="text-align:left">{escape(stop.reason)}</td></tr>'
            for stop in self.stops[:ROWS_SHOWN]
        )
        table = f"<table><tr>{head}</tr>{rows}</table>" if rows else ""
        more = "".join(f"<div>{line.strip()}</div>" for line in self._more())
        return f"<div><b>{escape(self.verdict)}</b>{table}{more}</div>"

    def _more(self) -> list[str]:
        hidden = len(self.stops) - ROWS_SHOWN
        return [f"  … and {hidden} more, see .stops"] if hidden > 0 else []


def preview(snapshot: Snapshot, config: SweepConfig) -> EarlyTerminationPreview:
    """Replay the ended runs of a snapshot that has curves under `config.early_terminate`."""
    ended = [run for run in snapshot.runs if run.state.counts and snapshot.curves[run.id].values]
    by_id = {run.id: run for run in ended}
    metric = config.metric
    best = metric.best_run(ended) if metric else None
    return EarlyTerminationPreview(
        stops=tuple(
            StopPreview(
                by_id[stop.run_id].number,
                by_id[stop.run_id].name,
                stop.iteration,
                stop.iterations - stop.iteration,
                stop.reason,
            )
            for stop in replay(config, ended, snapshot.curves)
        ),
        runs=len(ended),
        iterations=sum(len(snapshot.curves[run.id].values) for run in ended),
        best=best[0].number if best else None,
    )
