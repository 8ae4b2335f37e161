"""``wandb.Api()``: reads sweeps, runs and artifacts of the store by W&B's paths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbsweep.artifacts.artifact import Artifact, ArtifactCollection
from nbsweep.artifacts.index import ArtifactIndex, parse_id
from nbsweep.as_wandb import filters as run_filters
from nbsweep.as_wandb.engine_runs import params_of
from nbsweep.as_wandb.names import missing_member
from nbsweep.as_wandb.public_runs import PublicRun, PublicRuns
from nbsweep.errors import NotFoundError, UsageError
from nbsweep.handles.sweep import Sweep
from nbsweep.records import RunRecord
from nbsweep.runs import session
from nbsweep.runs.folders import base_folder
from nbsweep.store import open_store
from nbsweep.store.base import Store

KINDS = ("runs", "sweeps")  # words in the middle of a path
DEFAULT_ORDER = "+created_at"


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
        """The best value of its metric, or None."""
        best = Sweep(self.id, self.store.url).best_run() if self.stored.config.metric else None
        return best.metric if best else None

    @property
    def expected_run_count(self) -> int | None:
        """How many runs it will have: of a grid, or by its run_cap; else None."""
        config = self.stored.config
        size = config.space.grid_size if config.method == "grid" else None
        known = [one for one in (size, config.run_cap) if one is not None]
        return min(known) if known else None

    def best_run(self, order: str | None = None) -> PublicRun | None:  # type: ignore[override]
        """Its best run; None when no run has the metric. Without a metric the newest one.

        Args:
            order: sort by this instead: "+" before it for the lowest value first, "-" (or
                nothing) for the highest; "config.x", "summary_metrics.x", or a metric.
        """
        if order is None and self.stored.config.metric is None:
            records = self._records()
            return PublicRun(records[-1], self.store) if records else None
        if order is None:
            best = Sweep(self.id, self.store.url).best_run()
            return PublicRun(self.store.run(best.id), self.store) if best else None
        runs = run_filters.sort_runs(self._records(), order, descending_by_default=True)
        return PublicRun(runs[0], self.store) if runs else None

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
        try:
            from IPython.display import display
        except ImportError:
            return False
        del height, hidden
        display(self)  # type: ignore[no-untyped-call]
        return True

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


@dataclass(frozen=True)
class PublicProject:
    """A project: the label of sweeps and runs.

    Attributes:
        name: the label.
        entity, url: "" and None.
    """

    name: str
    _store: Store
    entity: str = ""
    url: None = None

    @property
    def id(self) -> str:
        """Its name."""
        return self.name

    @property
    def path(self) -> list[str]:
        """Its name; W&B's has the entity before it."""
        return [self.name]

    def sweeps(self, per_page: int = 50) -> list[PublicSweep]:
        """Its sweeps, oldest first."""
        del per_page
        url = self._store.url
        return [PublicSweep(sweep.id, url) for sweep in self._store.sweeps(self.name)]


class Api:
    """Reads the store by W&B's paths: ``id``, ``project/id``, ``entity/project/id``.

    Args:
        overrides: W&B's; "project" becomes the default project.
        timeout: W&B's, ignored.
        api_key: W&B's, ignored.
        store: URL of the store; default: where `nbsweep.sweep` writes.
    """

    def __init__(
        self,
        overrides: Mapping[str, Any] | None = None,
        timeout: int | None = None,
        api_key: str | None = None,
        store: str | None = None,
    ) -> None:
        del timeout, api_key
        self._project = (overrides or {}).get("project")
        self._store = session.store() if store is None else open_store(store)
        self.default_entity = ""
        self.settings = {"entity": "", "project": session.project(self._project), "base_url": ""}

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name)

    # Sweeps and runs

    def sweep(self, path: str = "") -> PublicSweep:
        """A sweep.

        Raises:
            NotFoundError: there is none, or it is in another project.
        """
        project, sweep_id = _split(path, "sweep")
        found = PublicSweep(sweep_id, self._store.url)
        _check_project("sweep", sweep_id, found.project, project)
        return found

    def run(self, path: str = "") -> PublicRun:
        """A run.

        Raises:
            NotFoundError: there is none, or it is in another project.
        """
        project, run_id = _split(path, "run")
        record = self._store.run(run_id)
        _check_project("run", run_id, record.project, project)
        return PublicRun(record, self._store)

    def runs(
        self,
        path: str | None = None,
        filters: Mapping[str, Any] | None = None,
        order: str = DEFAULT_ORDER,
        per_page: int = 50,
        include_sweeps: bool = True,
        **ignored: Any,
    ) -> PublicRuns:
        """The runs of a project.

        Args:
            path: ``project`` or ``entity/project``; default: the project of this process.
            filters: Mongo-style, over config.x, summary_metrics.x, state, tags, sweep,
                display_name, group, job_type, created_at and more, with $and, $or, $nor, $not,
                $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $regex, $exists and $contains.
            order: "+" or "-", and what to sort by; those without it come last.
            per_page: W&B's, ignored.
            include_sweeps: W&B's, ignored.
            ignored: W&B's remaining arguments.

        Raises:
            UsageError: a filter or an order that is not understood.
        """
        del per_page, include_sweeps, ignored
        project = path.strip("/").rpartition("/")[2] if path else None
        project = session.project(project or self._project)
        test, store = run_filters.parse_filter(filters), self._store
        run_filters.sort_runs((), order)  # says at once what is wrong

        def read() -> list[RunRecord]:
            found = [record for record in store.runs(project=project) if test(record)]
            return run_filters.sort_runs(found, order)

        return PublicRuns(read, store)

    def project(self, name: str, entity: str | None = None) -> PublicProject:
        """A project; one without sweeps and runs is empty."""
        del entity
        return PublicProject(name, self._store)

    def projects(self, entity: str | None = None, per_page: int = 200) -> list[PublicProject]:
        """All projects of the store, by name."""
        del entity, per_page
        named = {sweep.project for sweep in self._store.sweeps()}
        named |= {run.project for run in self._store.runs()}
        return [PublicProject(name, self._store) for name in sorted(named)]

    def from_path(self, path: str) -> Any:
        """A run, sweep or project by its path, ``project/runs/id`` and so on."""
        parts = _parts(path)
        if "sweeps" in parts[:-1]:
            return self.sweep(path)
        if len(parts) == 1 and parts[0] in {project.name for project in self.projects()}:
            return self.project(parts[0])
        return self.run(path)

    # Artifacts

    def artifact(self, name: str, type: str | None = None) -> Artifact:  # noqa: A002
        """A version of an artifact: ``name:version`` or ``project/name:version``.

        Raises:
            NotFoundError: there is none; the message lists those there are.
            UsageError: it has another type.
        """
        wanted = parse_id(name, "artifact")
        index = self._index()
        manifest = index.find(wanted, session.project(self._project), "artifact")
        if type is not None and manifest["type"] != type:
            raise UsageError(f"artifact: {name} has type {manifest['type']!r}, not {type!r}.")
        return Artifact.from_manifest(index, manifest)

    def artifact_exists(self, name: str, type: str | None = None) -> bool:  # noqa: A002
        """Whether there is such a version, of that type."""
        try:
            self.artifact(name, type)
        except (NotFoundError, UsageError):
            return False
        return True

    def artifacts(
        self,
        type_name: str,
        name: str,
        per_page: int = 50,
        tags: list[str] | None = None,
        **ignored: Any,
    ) -> list[Artifact]:
        """All versions of an artifact, the newest first."""
        del per_page, ignored
        wanted, index = parse_id(name, "artifacts"), self._index()
        project = wanted.project or session.project(self._project)
        found = [
            Artifact.from_manifest(index, manifest)
            for manifest in reversed(index.versions(project, wanted.name))
            if manifest["type"] == type_name
        ]
        return [one for one in found if not tags or set(tags) <= set(one.tags)]

    def artifact_versions(self, type_name: str, name: str, per_page: int = 50) -> list[Artifact]:
        """Old name of `artifacts`."""
        return self.artifacts(type_name, name, per_page)

    def artifact_collection(self, type_name: str, name: str) -> ArtifactCollection:
        """Name and type of an artifact.

        Raises NotFoundError when it has no version of that type.
        """
        if not self.artifacts(type_name, name):
            raise NotFoundError(f"There is no artifact {name!r} of type {type_name!r}.", name)
        return ArtifactCollection(parse_id(name, "artifact_collection").name, type_name)

    def artifact_collection_exists(self, name: str, type: str) -> bool:  # noqa: A002
        """Whether an artifact has a version of that type."""
        return bool(self.artifacts(type, name))

    def artifact_collections(
        self, project_name: str, type_name: str, per_page: int = 50
    ) -> list[ArtifactCollection]:
        """The project's artifacts of a type."""
        del per_page
        index, project = self._index(), project_name.rpartition("/")[2]
        return [
            ArtifactCollection(name, type_name)
            for name in index.names(project)
            if any(one["type"] == type_name for one in index.versions(project, name))
        ]

    def flush(self) -> None:
        """W&B's: forget what was read. Everything is read anew here."""

    def _index(self) -> ArtifactIndex:
        return ArtifactIndex(base_folder(self._store))


def _parts(path: str) -> list[str]:
    if not isinstance(path, str) or not path.strip("/"):
        raise UsageError(f"path {path!r}: give 'id', 'project/id' or 'entity/project/id'.")
    return path.partition("://")[2].split("/")[1:] if "://" in path else path.strip("/").split("/")


def _split(path: str, what: str) -> tuple[str | None, str]:
    """Project (or None) and id of a path."""
    parts = [part for part in _parts(path) if part not in KINDS]
    if not 1 <= len(parts) <= 3:
        raise UsageError(f"{what} path {path!r}: give 'id', 'project/id' or 'entity/project/id'.")
    return (parts[-2] if len(parts) > 1 else None), parts[-1]


def _check_project(what: str, subject_id: str, found: str, asked: str | None) -> None:
    if asked is not None and asked != found:
        raise NotFoundError(
            f"{what.capitalize()} {subject_id} is in project {found!r}, not {asked!r}: "
            f"{what}('{found}/{subject_id}'), or the id alone, finds it.",
            subject_id,
        )
