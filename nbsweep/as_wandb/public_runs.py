"""Runs and their files as W&B's public API shows them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, overload

from nbsweep.as_wandb import filters as run_filters
from nbsweep.as_wandb.names import missing_member
from nbsweep.errors import MissingDependencyError, OwnershipError, UsageError
from nbsweep.media.run_page import flat, run_page
from nbsweep.records import RunRecord
from nbsweep.runs import files as run_files
from nbsweep.runs.folders import run_folder
from nbsweep.runs.stop import stop_run
from nbsweep.runs.summary import Summary
from nbsweep.runs.surface import noted_artifacts, reader
from nbsweep.store.base import Store

if TYPE_CHECKING:
    from nbsweep.artifacts.artifact import Artifact
    from nbsweep.as_wandb.api import PublicSweep

POLL_S = 0.25
SAMPLES = 500  # rows of `history`, as W&B gives


class PublicRun:
    """A run of the store, as ``wandb.Api().run(path)`` gives it.

    A value: `load(force=True)` reads it again.

    Attributes:
        id, name, project, group, job_type, notes: as stored.
        tags: a list.
        state: "running", "finished", "failed", "crashed", "killed", "stopped", …
        config: a dict.
        summary: its last values; read-only.
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
        self.summary = Summary(record.summary)
        self.summary.close()
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
    def summary_metrics(self) -> dict[str, Any]:
        """The summary as a plain dict."""
        return dict(self._record.summary)

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
        from nbsweep.as_wandb.api import PublicSweep

        wanted = self._record.sweep_id
        return None if wanted is None else PublicSweep(wanted, self._store.url)

    @property
    def sweep_name(self) -> str | None:
        """The id of its sweep, or None."""
        return self._record.sweep_id

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 - W&B's name
        """The step of its last row; -1 without any."""
        rows = self._store.history(self.id, max(0, self._record.history_rows - 1))
        return rows[-1].step if rows else -1

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
        for row in self._store.history(self.id):
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
        found = [
            PublicFile(name, folder / run_files.FOLDER / name) for name in run_files.names(folder)
        ]
        media = [path for path in (folder / "media").rglob("*") if path.is_file()]
        found += [PublicFile(path.relative_to(folder).as_posix(), path) for path in sorted(media)]
        found += [
            PublicFile("output.log", self.console_logs().encode()),
            PublicFile("config.yaml", self.json_config.encode()),  # JSON is YAML
            PublicFile("wandb-summary.json", json.dumps(self.summary_metrics).encode()),
        ]
        return [file for file in found if names is None or file.name in names]

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
        return noted_artifacts(self._store, self.id, "logged")

    def used_artifacts(self, per_page: int = 100) -> list[Artifact]:
        """The artifacts that it used."""
        del per_page
        return noted_artifacts(self._store, self.id, "used")

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
        return run_page(self._record, reader(Path(run_folder(self._store, self.id))))

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the run in the cell; False where nothing can be shown."""
        try:
            from IPython.display import HTML, display
        except ImportError:
            return False
        display(HTML(self.to_html(height, hidden)))  # type: ignore[no-untyped-call]
        return True

    def _repr_html_(self) -> str:
        return self.to_html()


class PublicFile:
    """A file of a run.

    Attributes:
        name: as W&B names it.
        size: in bytes.
        url: None.
    """

    def __init__(self, name: str, content: Path | bytes) -> None:
        self.name = name
        self.url = None
        self._content = content

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "apis.public.File")

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.size} bytes)>"

    @property
    def size(self) -> int:
        """In bytes."""
        if isinstance(self._content, bytes):
            return len(self._content)
        return self._content.stat().st_size

    @property
    def path_uri(self) -> str:
        """Where it lies; empty for what is kept in the store."""
        return "" if isinstance(self._content, bytes) else self._content.as_uri()

    def download(
        self, root: str | Path = ".", replace: bool = False, exist_ok: bool = False, **ignored: Any
    ) -> IO[Any]:
        """Copy it below `root` and open the copy.

        Args:
            root: the folder.
            replace: overwrite a file that is there.
            exist_ok: leave a file that is there as it is.
            ignored: W&B's remaining arguments.

        Raises:
            UsageError: there is such a file, and neither of the two is set.
        """
        del ignored
        run_files.inside(Path(root), self.name, "download")
        target = Path(root) / self.name
        if target.exists() and not (replace or exist_ok):
            raise UsageError(
                f"download: {target} is there already. replace=True overwrites it, exist_ok=True "
                "leaves it."
            )
        if replace or not target.exists():
            content = self._content
            content = content if isinstance(content, bytes) else content.read_bytes()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return target.open(encoding="utf-8", errors="surrogateescape")

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show its beginning in the cell; False where nothing can be shown."""
        try:
            from IPython.display import HTML, display
        except ImportError:
            return False
        display(HTML(self.to_html(height, hidden)))  # type: ignore[no-untyped-call]
        return True

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Its beginning as HTML."""
        from html import escape

        del height, hidden
        content = self._content
        content = content if isinstance(content, bytes) else content.read_bytes()
        return f"<pre>{escape(content[:4000].decode('utf-8', 'replace'))}</pre>"


class PublicRuns(Sequence[PublicRun]):
    """The runs that a query finds; read at first use.

    Args:
        read: gives their records.
        store: where they are.
    """

    def __init__(self, read: Callable[[], list[RunRecord]], store: Store) -> None:
        self._read = read
        self._store = store
        self._found: list[PublicRun] | None = None

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "apis.public.Runs")

    @property
    def _runs(self) -> list[PublicRun]:
        if self._found is None:
            self._found = [PublicRun(record, self._store) for record in self._read()]
        return self._found

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
