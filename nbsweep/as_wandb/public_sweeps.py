"""Sweeps, their runs and agents as W&B's public API shows them."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, overload

from nbsweep.analysis.front import lead
from nbsweep.artifacts.run_artifacts import RunArtifacts
from nbsweep.as_wandb import filters as run_filters
from nbsweep.as_wandb.artifact_members import Artifact
from nbsweep.as_wandb.cells import ShownAsHtml, show
from nbsweep.as_wandb.compatibility import missing_member
from nbsweep.as_wandb.engine_runs import params_of
from nbsweep.as_wandb.public_files import PublicFile
from nbsweep.continued import present_rows
from nbsweep.errors import MissingDependencyError, NotFoundError, OwnershipError, UsageError
from nbsweep.handles.sweep import Sweep
from nbsweep.media.run_page import run_page
from nbsweep.records import HistoryRow, RunRecord, flat
from nbsweep.runs.files import FOLDER, RunFiles
from nbsweep.runs.folders import run_folder
from nbsweep.runs.stop import stop_run
from nbsweep.runs.summary import Summary
from nbsweep.store.base import Store

POLL_S = 0.25
SAMPLES = 500  # rows of `history`, as W&B gives


class PublicRun(ShownAsHtml):
    """A run of the store, as ``wandb.Api().run(path)`` gives it.

    A value: `load(force=True)` reads it again.

    Attributes:
        id, name, project, group, job_type, notes: as stored.
        tags: a list.
        state: "running", "finished", "failed", "crashed", "killed", "stopped", …
        config: a dict.
        summary: its last values, with `_step`, `_runtime` and `_timestamp` of its last row;
            read-only.
        entity, url: "" and None: nothing is on a server.
    """

    def __init__(self, record: RunRecord, store: Store) -> None:
        self._store = store
        self.entity = ""
        self.url = None
        self._take(record)

    def _take(self, record: RunRecord) -> None:
        self._record = record
        self.id = record.id
        self.name = record.name
        self.project = record.project
        self.state = record.state.value
        self.config: dict[str, Any] = dict(record.config)
        self._summary: Summary | None = None
        self.tags = list(record.tags)
        self.notes = record.notes
        self.group = record.group
        self.job_type = record.job_type
        self.created_at = run_filters.iso_time(record.created_at)
        self.heartbeat_at = run_filters.iso_time(record.heartbeat_at)

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "apis.public.Run")

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"

    # Read

    @property
    def display_name(self) -> str:
        """Its name."""
        return self.name

    @property
    def path(self) -> list[str]:
        """Project and id; W&B's has the entity before them."""
        return [self.project, self.id]

    @property
    def summary(self) -> Summary:
        """Its last values; the last row is read at the first use."""
        if self._summary is None:
            self._summary = Summary({**self._progress(), **self._record.summary})
            self._summary.close()
        return self._summary

    def _progress(self) -> dict[str, Any]:
        """What W&B adds to every summary."""
        row = self._last_row()
        if row is None:
            return {}
        seconds = max(0.0, row.time_s - (self._record.started_at or self._record.created_at))
        return {"_step": row.step, "_runtime": seconds, "_timestamp": row.time_s}

    def _last_row(self) -> HistoryRow | None:
        rows = self._record.history_rows
        return self._store.history(self.id, rows - 1)[-1] if rows else None

    @property
    def summary_metrics(self) -> dict[str, Any]:
        """The summary as a plain dict."""
        return self.summary.as_dict()

    @property
    def rawconfig(self) -> dict[str, Any]:
        """The config."""
        return dict(self._record.config)

    @property
    def json_config(self) -> str:
        """The config as W&B stores it: ``{"lr": {"value": 0.1}}`` as JSON."""
        return json.dumps({key: {"value": value} for key, value in self.config.items()})

    @property
    def metadata(self) -> dict[str, Any]:
        """Where and when it ran."""
        record = self._record
        return {
            "host": record.host,
            "pid": record.pid,
            "startedAt": run_filters.iso_time(record.started_at or record.created_at),
            "codeHash": record.code_hash,
            "worker": record.worker,
            "peakMemoryBytes": record.peak_memory_bytes,
        }

    @property
    def sweep(self) -> PublicSweep | None:
        """Its sweep, or None."""
        sweep_id = self._record.sweep_id
        return None if sweep_id is None else PublicSweep(sweep_id, self._store.url)

    @property
    def sweep_name(self) -> str | None:
        """The id of its sweep, or None."""
        return self._record.sweep_id

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 - W&B's name
        """The step of its last row; -1 without any."""
        row = self._last_row()
        return -1 if row is None else row.step

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Its rows one by one, nested names joined by dots.

        Args:
            keys: only these, and only rows that have all of them.
            page_size: W&B's, ignored.
            min_step: leave out rows of lower steps.
            max_step: leave out rows from this step on.
        """
        del page_size
        began = self._record.started_at or self._record.created_at
        for row in present_rows(self._record, self._store.history(self.id)):
            if (min_step or 0) > row.step or (max_step is not None and row.step >= max_step):
                continue
            values = {
                **dict(flat(row.values)),
                "_step": row.step,
                "_timestamp": row.time_s,
                "_runtime": max(0.0, row.time_s - began),
            }
            if keys is None:
                yield values
            elif all(key in values for key in keys):
                yield {key: values[key] for key in keys}

    beta_scan_history = scan_history

    def history(
        self,
        samples: int | None = SAMPLES,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """Its rows as a data frame, or as a list of dicts without `pandas`.

        Args:
            samples: at most so many rows, evenly chosen; None for all.
            keys: only these, and only rows that have all of them.
            x_axis: always among the keys.
            pandas: False for a list of dicts.
            stream: W&B's; "system" gives no rows.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        wanted = None if keys is None else list(dict.fromkeys([x_axis, *keys]))
        rows = [] if stream == "system" else list(self.scan_history(wanted))
        if samples is not None and len(rows) > samples:
            last = len(rows) - 1
            rows = [rows[round(n * last / max(1, samples - 1))] for n in range(samples)]
        return data_frame(rows, "history()") if pandas else rows

    def console_logs(self) -> str:
        """What it printed."""
        return self._store.console(self.id)

    # Files and artifacts

    def files(
        self, names: Sequence[str] | None = None, per_page: int = 50, **ignored: Any
    ) -> list[PublicFile]:
        """Its files: what it saved, its media, its output, config and summary."""
        del per_page, ignored
        folder = Path(run_folder(self._store, self.id))
        saved = RunFiles(folder).names()
        files = [PublicFile(name, folder / FOLDER / name) for name in saved]
        media = [path for path in (folder / "media").rglob("*") if path.is_file()]
        files += [PublicFile(path.relative_to(folder).as_posix(), path) for path in sorted(media)]
        files += [
            PublicFile("output.log", self.console_logs().encode()),
            PublicFile("config.yaml", self.json_config.encode()),  # JSON is YAML
            PublicFile("wandb-summary.json", json.dumps(self.summary_metrics).encode()),
        ]
        return [file for file in files if names is None or file.name in names]

    def file(self, name: str) -> PublicFile:
        """One of its files.

        Raises UsageError when it has none of that name.
        """
        for file in self.files():
            if file.name == name:
                return file
        there = ", ".join(file.name for file in self.files()[:10])
        raise UsageError(f"file({name!r}): run {self.name} has no such file. It has: {there}.")

    def logged_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """The artifacts that it logged."""
        del per_page
        return self._noted("logged")

    def used_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """The artifacts that it used."""
        del per_page
        return self._noted("used")

    def _noted(self, kind: str) -> list[Artifact]:
        folder = Path(run_folder(self._store, self.id))
        artifacts = RunArtifacts(self.id, self.project, folder).noted(kind)
        return cast("list[Artifact]", artifacts)

    # Steer

    def load(self, force: bool = False) -> RunRecord:
        """Read it again."""
        del force
        self._take(self._store.run(self.id))
        return self._record

    def wait_until_finished(self) -> None:
        """Wait until it has ended."""
        while not self.load().state.ended:
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop it at its next `log`.

        Raises UsageError when it has ended.
        """
        if not stop_run(self._store, self.id, "stopped by hand"):
            raise UsageError(f"stop: run {self.name} has ended ({self.load().state.value}).")

    def update(self) -> None:
        """Store changed name, notes and tags of a run under way.

        Raises UsageError when something of it changed and it has ended: ended runs are
        what the search has learnt from, and do not change.
        """
        record = self._record
        now = {"name": self.name, "notes": self.notes, "tags": self.tags}
        before = {"name": record.name, "notes": record.notes, "tags": list(record.tags)}
        changes = {key: value for key, value in now.items() if value != before[key]}
        if not changes and self.config == dict(record.config):
            return
        try:
            if not changes:
                raise OwnershipError("config", self.id)
            self._take(self._store.update_run(self.id, record.agent_id, changes))
        except OwnershipError:
            raise UsageError(
                f"update: run {self.name} ({self.state}) keeps what it has: ended runs never "
                "change, and a config only by its own run. Keep a table of your own beside them: "
                "Sweep(sweep_id).dataframe()."
            ) from None

    save = update

    def update_state(self, state: str) -> bool:
        """Whether the run is in that state; it cannot be put into another one."""
        return self.load().state.value == state

    # Show

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """The run as HTML: summary, media, config."""
        del height, hidden
        return run_page(self._record, RunFiles(Path(run_folder(self._store, self.id))).read)

    def _repr_html_(self) -> str:
        return self.to_html()


class PublicRuns(Sequence[PublicRun]):
    """The runs that a query finds; read at first use.

    Args:
        read: gives their records.
        store: where they are.
    """

    def __init__(self, read: Callable[[], list[RunRecord]], store: Store) -> None:
        self._read = read
        self._store = store
        self._loaded: list[PublicRun] | None = None

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "apis.public.Runs")

    @property
    def _runs(self) -> list[PublicRun]:
        if self._loaded is None:
            self._loaded = [PublicRun(record, self._store) for record in self._read()]
        return self._loaded

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, at: int) -> PublicRun: ...

    @overload
    def __getitem__(self, at: slice) -> list[PublicRun]: ...

    def __getitem__(self, at: int | slice) -> PublicRun | list[PublicRun]:
        return self._runs[at]

    def histories(
        self,
        samples: int | None = SAMPLES,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: str = "default",  # noqa: A002 - W&B's name
        stream: str = "default",
    ) -> Any:
        """The rows of all of them, each with its `run_id`.

        Args:
            samples: at most so many rows of a run; None for all.
            keys: only these, and only rows that have all of them.
            x_axis: always among the keys.
            format: "default" for a list of dicts, "pandas" or "polars" for a data frame.
            stream: see PublicRun.history.

        Raises:
            UsageError: another format.
            MissingDependencyError: pandas or polars is not installed.
        """
        if format not in ("default", "pandas", "polars"):
            raise UsageError(f"histories(format={format!r}): default, pandas and polars are there.")
        rows = [
            {"run_id": run.id, **row}
            for run in self._runs
            for row in run.history(samples, keys, x_axis, False, stream)
        ]
        if format == "pandas":
            return data_frame(rows, "histories()")
        if format == "polars":
            try:
                import polars
            except ImportError:
                raise MissingDependencyError(
                    "histories(format='polars') needs an extra package: pip install polars"
                ) from None
            return polars.DataFrame(rows)
        return rows

    def __repr__(self) -> str:
        return f"<Runs {len(self)}>"


class PublicSweep(Sweep):
    """A `Sweep` whose runs and methods are those of W&B's public API.

    Attributes:
        entity, url: "" and None: nothing is on a server.
    """

    entity = ""
    url = None

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "apis.public.Sweep")

    @property
    def runs(self) -> PublicRuns:  # type: ignore[override] # W&B's kind of run
        """All its runs, in the order they were suggested."""
        return PublicRuns(self._records, self.store)

    @property
    def path(self) -> list[str]:
        """Project and id; W&B's has the entity before them."""
        return [self.project, self.id]

    @property
    def order(self) -> str | None:
        """How its runs are sorted from best to worst; None without a metric."""
        metric = self.stored.config.metric
        if metric is None:
            return None
        return f"{'+' if metric.goal.is_minimized else '-'}summary_metrics.{metric.name}"

    @property
    def best_loss(self) -> float | None:
        """The best value of its metric, with several objectives of the first; or None."""
        best = self._best_record()
        return self.stored.public(best).metric if best else None

    @property
    def expected_run_count(self) -> int | None:
        """How many runs it will have: of a grid, or by its run_cap; else None."""
        config = self.stored.config
        size = config.space.grid_size if config.method == "grid" else None
        size = None if size is None else size * config.runs_each
        known = [bound for bound in (size, config.run_cap) if bound is not None]
        return min(known) if known else None

    def best_run(self, order: str | None = None) -> PublicRun | None:  # type: ignore[override]
        """Its best run; None when no run has the metric. Without a metric the newest one.

        With several objectives the best by the first of them; `best_runs` gives the front.

        Args:
            order: sort by this instead: "+" before it for the lowest value first, "-" (or
                nothing) for the highest; "config.x", "summary_metrics.x", or a metric.
        """
        if order is None and self.stored.config.metric is None:
            records = self._records()
            return PublicRun(records[-1], self.store) if records else None
        if order is None:
            best = self._best_record()
            return PublicRun(best, self.store) if best else None
        runs = run_filters.sort_runs(self._records(), order, descending_by_default=True)
        return PublicRun(runs[0], self.store) if runs else None

    def _best_record(self) -> RunRecord | None:
        config, runs = self.stored.config, self.stored.snapshot().runs
        if not config.has_front or config.metric is None:
            return lead(runs, config).best
        best = config.metric.best_run(runs)
        return best[0] if best else None

    def agents(self, per_page: int = 50) -> list[PublicAgent]:
        """The agents that have run it."""
        del per_page
        runs: dict[str, list[RunRecord]] = defaultdict(list)
        for record in self._records():
            runs[record.agent_id].append(record)
        return [PublicAgent(name, self, tuple(of)) for name, of in runs.items()]

    def agent(self, agent_id: str) -> PublicAgent:
        """One of them.

        Raises NotFoundError when no such agent has run it.
        """
        for agent in self.agents():
            if agent.id == agent_id:
                return agent
        raise NotFoundError(f"Sweep {self.id} has no agent {agent_id!r}.", agent_id)

    def enqueue_run(self, config: Mapping[str, Any], display_name: str | None = None) -> None:
        """Hand out these params before anything that the search suggests; see Sweep.enqueue.

        Args:
            config: parameter names and values, or W&B's ``{"lr": {"value": 0.1}}``.
            display_name: W&B's, ignored.

        Raises:
            ConfigError: they are not in the search space.
        """
        del display_name
        self.enqueue(params_of(config))

    def load(self, force: bool = False, **ignored: Any) -> dict[str, Any]:
        """Its config; there is nothing to load, as every property reads the store."""
        del force, ignored
        return self.config

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """The sweep as HTML: its runs and plots."""
        del height, hidden
        return self._repr_mimebundle_()["text/html"]

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the sweep in the cell; False where nothing can be shown."""
        del height, hidden
        return show(self)

    def _records(self) -> list[RunRecord]:
        return list(self.snapshot().runs)


@dataclass(frozen=True)
class PublicAgent:
    """An agent that has run a sweep.

    Attributes:
        id, name: as the store has it.
        sweep: the sweep.
        records: the runs that it took.
    """

    id: str
    sweep: PublicSweep
    records: tuple[RunRecord, ...]

    @property
    def name(self) -> str:
        """Its id."""
        return self.id

    @property
    def state(self) -> str:
        """RUNNING while one of its runs is under way, else FINISHED."""
        return "FINISHED" if all(run.state.ended for run in self.records) else "RUNNING"

    @property
    def runs(self) -> list[PublicRun]:
        """The runs that it took."""
        return [PublicRun(record, self.sweep.store) for record in self.records]


def data_frame(rows: Sequence[dict[str, Any]], what: str) -> Any:
    """Rows as a pandas data frame.

    Raises MissingDependencyError when pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingDependencyError(
            f'{what} needs an extra package: pip install "nbsweep[pandas]". Without it: '
            "scan_history()."
        ) from None
    return pd.DataFrame(rows)
