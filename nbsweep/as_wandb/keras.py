"""wandb.integration.keras: W&B's callbacks for Keras."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

import nbsweep
from nbsweep.errors import UnsupportedError
from nbsweep.integrations import run_of
from nbsweep.integrations.keras import learning_rate

__all__ = ["WandbCallback", "WandbEvalCallback", "WandbMetricsLogger", "WandbModelCheckpoint"]


class WandbMetricsLogger(keras.callbacks.Callback):
    """Logs ``epoch/NAME`` after each epoch, or ``batch/NAME`` too.

    Args:
        log_freq: "epoch", "batch", or every so many batches.
        initial_global_step: of the first batch, for a training that goes on.
    """

    def __init__(
        self, log_freq: str | int = "epoch", initial_global_step: int = 0, **ignored: Any
    ) -> None:
        super().__init__()
        del ignored
        self._run = run_of(None, "keras.WandbMetricsLogger()")
        self._every = 1 if log_freq == "batch" else log_freq
        self._step = initial_global_step

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log an epoch."""
        self._log("epoch", {**(logs or {}), "epoch": epoch})

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log a batch, when it is its turn."""
        if isinstance(self._every, int) and batch % self._every == 0:
            self._log("batch", {**(logs or {}), "batch_step": self._step})
        self._step += 1

    def _log(self, part: str, values: dict[str, Any]) -> None:
        rate = learning_rate(self.model)
        row = values if rate is None else {**values, "learning_rate": rate}
        self._run.log({f"{part}/{name}": value for name, value in row.items()})


class WandbModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Keras' ModelCheckpoint, whose files are kept as artifacts of the run as well.

    Takes the arguments of Keras' own.
    """

    def __init__(self, filepath: str | Path, *args: Any, **kwargs: Any) -> None:
        super().__init__(str(filepath), *args, **kwargs)
        self._run = run_of(None, "keras.WandbModelCheckpoint()")

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save, when it is the batch's turn."""
        if self.save_freq != "epoch":
            path = self._path(self._current_epoch, batch, logs)
            before = _modified(path)
            super().on_train_batch_end(batch, logs)
            self._keep_if_new(path, before, f"epoch_{self._current_epoch}_batch_{batch}")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save, when it is the epoch's turn."""
        path = self._path(epoch, None, logs)
        before = _modified(path)
        super().on_epoch_end(epoch, logs)
        self._keep_if_new(path, before, f"epoch_{epoch}")

    def _path(self, epoch: int, batch: int | None, logs: Mapping[str, Any] | None) -> Path:
        return Path(self._get_file_path(epoch, batch, logs))

    def _keep_if_new(self, path: Path, before: int | None, alias: str) -> None:
        if _modified(path) != before:  # with save_best_only not every call saves
            artifact = nbsweep.Artifact(f"run_{self._run.id}_model", type="model")
            artifact.add_file(str(path))
            nbsweep.log_artifact(artifact, aliases=["latest", alias])


class WandbCallback(keras.callbacks.Callback):
    """W&B's first callback: logs epochs, keeps the best epoch in the summary, saves the model.

    Args:
        monitor: metric that says which epoch is the best.
        mode: "min", "max", or "auto": by the metric's name, as Keras does.
        save_model: keep the model of the best epoch in the run's folder.
        save_weights_only: its weights alone.
        log_weights: log histograms of the weights after each epoch.
        log_batch_frequency: also log every so many batches.
        log_best_prefix: of the summary's best values; None for no such values.
        ignored: W&B's remaining arguments, about predictions and gradients.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        verbose: int = 0,
        mode: str = "auto",
        save_weights_only: bool = False,
        log_weights: bool = False,
        log_gradients: bool = False,
        save_model: bool = True,
        log_batch_frequency: int | None = None,
        log_best_prefix: str | None = "best_",
        **ignored: Any,
    ) -> None:
        super().__init__()
        del verbose
        self._run = run_of(None, "keras.WandbCallback()")
        self._monitor, self._prefix = monitor, log_best_prefix
        self._best: float | None = None
        rising = any(word in monitor for word in ("acc", "auc", "fmeasure", "f1", "precision"))
        self._maximize = mode == "max" or (mode == "auto" and rising)
        self._save, self._weights_only = save_model, save_weights_only
        self._weights, self._every = log_weights, log_batch_frequency
        if log_gradients or ignored:
            left_out = sorted([*ignored, *(["log_gradients"] if log_gradients else [])])
            warnings.warn(
                f"WandbCallback: ignored here: {', '.join(left_out)}. Log what they showed "
                "with wandb.log in a callback of your own.",
                stacklevel=2,
            )

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log a batch, when it is its turn."""
        if self._every and batch % self._every == 0:
            self._run.log(dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log an epoch; note it, and save the model, when it is the best so far."""
        row = {"epoch": epoch, **(logs or {})}
        if self._weights:
            row.update({f"parameters/{w.path}": w.numpy() for w in self.model.trainable_weights})
        self._run.log(row)
        value = row.get(self._monitor)
        if value is None or not self._is_better(float(value)):
            return
        self._best = float(value)
        if self._prefix:
            self._run.summary[f"{self._prefix}{self._monitor}"] = self._best
            self._run.summary[f"{self._prefix}epoch"] = epoch
        if self._save:
            self._save_best()

    def _is_better(self, value: float) -> bool:
        return self._best is None or (value > self._best if self._maximize else value < self._best)

    def _save_best(self) -> None:
        if self._weights_only:
            self.model.save_weights(str(Path(self._run.dir) / "model-best.weights.h5"))
        else:
            self.model.save(str(Path(self._run.dir) / "model-best.keras"))


class WandbEvalCallback(keras.callbacks.Callback):
    """W&B's base class for tables of predictions; not offered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs
        raise UnsupportedError(
            "WandbEvalCallback is not offered by nbsweep. In a keras.callbacks.Callback of your "
            "own, log a wandb.Table of predictions in on_epoch_end."
        )


def _modified(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None
