"""PyTorch Lightning: a logger that writes to the run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from lightning.pytorch import Callback
    from lightning.pytorch.loggers import Logger
    from lightning_utilities.core.rank_zero import rank_zero_only

    from nbsweep import Run
else:
    try:  # two packages of the same content, whose classes are not the same
        if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules:
            from pytorch_lightning import Callback
            from pytorch_lightning.loggers import Logger
        else:
            from lightning.pytorch import Callback
            from lightning.pytorch.loggers import Logger
    except ModuleNotFoundError:
        try:
            from pytorch_lightning import Callback
            from pytorch_lightning.loggers import Logger
        except ModuleNotFoundError as error:
            raise missing("lightning") from error
    from lightning_utilities.core.rank_zero import rank_zero_only


class SweepLogger(Logger):
    """Writes what ``self.log(...)`` logs to the run, and hyperparameters to its config.

    Checkpoints go to the run's folder. A run that is stopped, by early termination or by
    hand, ends when the next metrics are written.

    Args:
        run: log to this one; default: the current run when training begins.

    Example:
        >>> logger = nbsweep.integrations.lightning.SweepLogger()
        >>> Trainer(max_epochs=10, logger=logger).fit(model, data)
    """

    def __init__(self, run: Run | None = None) -> None:
        super().__init__()
        self._run = run

    @property
    def experiment(self) -> Run:
        """The run that is logged to."""
        self._run = run_of(self._run, "integrations.lightning.SweepLogger()")
        return self._run

    # Checkpoints are kept in save_dir/name/version: in the run's own folder.

    @property
    def save_dir(self) -> str:
        """Folder of all runs."""
        return str(Path(self.experiment.dir).parent)

    @property
    def name(self) -> str:
        """Empty: runs have no folder for their project."""
        return ""

    @property
    def version(self) -> str:
        """Id of the run."""
        return self.experiment.id

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log metrics, with the trainer's step."""
        if rank_zero_only.rank == 0:
            self.experiment.log({**metrics, **({} if step is None else {"step": step})})

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Add what the module's `save_hyperparameters` kept to the config."""
        del args, kwargs
        if rank_zero_only.rank == 0:
            self.experiment.config.update(params or {}, allow_val_change=True)


class SweepCheckpoint(Callback):
    """Saves the trainer's state as the run's checkpoint after each epoch; see `Run.checkpoint`.

    Args:
        run: the run; default: the current one.
        every_s: save again only after so many seconds; default: each epoch.

    Example:
        >>> saved = nbsweep.integrations.lightning.SweepCheckpoint()
        >>> trainer = Trainer(max_epochs=10, logger=SweepLogger(), callbacks=[saved])
        >>> trainer.fit(model, data, ckpt_path=saved.ckpt_path)
    """

    file = "trainer.ckpt"

    def __init__(self, run: Run | None = None, every_s: float | None = None) -> None:
        super().__init__()
        self._run = run_of(run, "integrations.lightning.SweepCheckpoint()")
        self._every_s = every_s

    @property
    def ckpt_path(self) -> str | None:
        """What `Trainer.fit` goes on from, None to begin anew."""
        folder = self._run.resumed_from
        return None if folder is None else str(folder / self.file)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Save, once the epoch was validated."""
        del pl_module
        if not trainer.sanity_checking:
            self._save(trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Save, where nothing is validated."""
        del pl_module
        if not trainer.val_dataloaders:
            self._save(trainer)

    def _save(self, trainer: Any) -> None:
        if trainer.world_size == 1:
            self._run.checkpoint(
                lambda folder: trainer.save_checkpoint(folder / self.file), self._every_s
            )
