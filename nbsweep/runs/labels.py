"""Labels of a run: name, notes, tags, group and job type, at its start and set later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar, overload

from nbsweep.records import RunRecord, RunState
from nbsweep.runs.identity import AgentIdentity, new_id

T = TypeVar("T")


VARIABLES = {
    "WANDB_NAME": "name",
    "WANDB_NOTES": "notes",
    "WANDB_RUN_GROUP": "group",
    "WANDB_JOB_TYPE": "job_type",
}


def labels_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """The labels that W&B's environment variables give every run, of sweeps too."""
    labels: dict[str, Any] = {
        label: environment[variable]
        for variable, label in VARIABLES.items()
        if environment.get(variable)
    }
    tags = [tag for tag in environment.get("WANDB_TAGS", "").split(",") if tag.strip()]
    return {**labels, "tags": tuple(tags)} if tags else labels


def new_record(
    project: str, labels: Mapping[str, Any], now: float, *, name: str, **fields: Any
) -> RunRecord:
    """The record of a run that this process makes for itself and that is under way.

    Args:
        project: project name.
        labels: as given to `init`.
        now: unix time in seconds.
        name: when the labels have none.
        fields: others of the record; by default it gets a new id.
    """
    agent = AgentIdentity.create()
    return RunRecord(
        **{"id": new_id(), **fields},
        project=project,
        name=str(labels.get("name") or name),
        state=RunState.RUNNING,
        agent_id=agent.id,
        host=agent.host,
        pid=agent.pid,
        created_at=now,
        started_at=now,
        heartbeat_at=now,
        notes=labels.get("notes"),
        tags=tuple(labels.get("tags", ())),
        group=labels.get("group"),
        job_type=labels.get("job_type"),
    )


class Labelled(Protocol):
    """What a label asks of the run."""

    _labels: dict[str, Any]

    def _change(self, **fields: Any) -> None: ...


class StoredLabel(Generic[T]):
    """An attribute that is stored when somebody sets it.

    Args:
        read: turns what it is set to into what it is.
    """

    def __init__(self, read: Callable[[Any], T] = lambda value: value) -> None:
        self._read = read
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, run: None, owner: type) -> StoredLabel[T]: ...

    @overload
    def __get__(self, run: Labelled, owner: type) -> T: ...

    def __get__(self, run: Labelled | None, owner: type) -> StoredLabel[T] | T:
        if run is None:
            return self
        value: T = run._labels[self._name]
        return value

    def __set__(self, run: Labelled, value: Any) -> None:
        label = self._read(value)
        run._change(**{self._name: label})
        run._labels[self._name] = label
