"""Reads runs from a path or URL, whichever program they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbsweep.errors import UsageError
from nbsweep.importers.assembly import Wishes
from nbsweep.importers.foreign import ForeignSweep
from nbsweep.importers.kinds import kind_of
from nbsweep.wording import closest, did_you_mean

_HOW = 'kind="…", one of'


@dataclass(frozen=True)
class Which:
    """What the user says of a storage that holds several things; None where nothing.

    Attributes:
        study: name of a study of Optuna's.
        experiment: name of an experiment of MLflow's.
    """

    study: str | None = None
    experiment: str | None = None


def read_path(path: str, kind: str | None, wishes: Wishes, which: Which) -> ForeignSweep:
    """The runs at a path.

    Args:
        path: of a file or folder, or the URL of a storage.
        kind: "csv", "optuna", …; None to tell it from what is there.
        wishes: what the user says of the runs.
        which: of several studies or experiments there.

    Raises:
        UsageError: there is nothing of the kind, or it cannot be told.
    """
    if kind is None:
        kind = kind_of(path, _HOW)
    if kind not in _READERS:
        guess = did_you_mean(closest(kind, _READERS))
        raise UsageError(f'kind="{kind}": there is no such kind.{guess} {", ".join(_READERS)}.')
    return _READERS[kind](path, wishes, which)


def _csv(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.csv_table import read_csv

    del which
    return read_csv(path, wishes)


def _mlflow(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.mlflow_store import read_experiment

    return read_experiment(path, wishes, which.experiment)


def _optuna(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.optuna_study import read_study

    return read_study(path, which.study, wishes.metric, how=wishes.how("study"))


def _ray(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.ray_results import read_results

    del which
    return read_results(path, wishes)


def _tensorboard(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.tensorboard_logs import read_logs

    del which
    return read_logs(path, wishes)


def _trackio(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.trackio_store import read_project

    del which
    return read_project(path, wishes)


def _wandb(path: str, wishes: Wishes, which: Which) -> ForeignSweep:
    from nbsweep.importers.wandb_export import read_export

    del which
    return read_export(path, wishes)


_READERS: dict[str, Callable[[str, Wishes, Which], ForeignSweep]] = {
    "csv": _csv,
    "mlflow": _mlflow,
    "optuna": _optuna,
    "ray": _ray,
    "tensorboard": _tensorboard,
    "trackio": _trackio,
    "wandb-export": _wandb,
}
