"""Keras: log epochs, or batches too, to the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nbsweep.errors import UsageError
from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from nbsweep import Run

try:
    import keras
except ModuleNotFoundError as error:
    raise missing("keras") from error


class SweepCallback(keras.callbacks.Callback):
    """Logs what Keras reports at the end of each epoch, with epoch and learning rate.

    Keys are Keras' own: loss, val_loss, accuracy, …; those of batches begin with
    ``batch/``. A run that is stopped, by early termination or by hand, ends at its next
    epoch.

    Args:
        run: log to this one; default: the current run when training begins.
        every: "epoch", or also every so many batches.

    Example:
        >>> callback = nbsweep.integrations.keras.SweepCallback()
        >>> model.fit(x, y, validation_split=0.2, epochs=10, callbacks=[callback])
    """

    def __init__(self, run: Run | None = None, every: Literal["epoch"] | int = "epoch") -> None:
        super().__init__()
        if every != "epoch" and not (isinstance(every, int) and every >= 1):
            raise UsageError(f'SweepCallback(every={every!r}): "epoch" or a number of batches.')
        self._run, self._every, self._batches = run, every, 0

    @property
    def run(self) -> Run:
        """The run that is logged to."""
        self._run = run_of(self._run, "integrations.keras.SweepCallback()")
        return self._run

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Find the run before any time is spent."""
        del logs
        _ = self.run

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log an epoch."""
        row = {"epoch": epoch, **(logs or {})}
        rate = learning_rate(self.model)
        if rate is not None:
            row.setdefault("learning_rate", rate)
        self.run.log(row)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log a batch, when it is its turn."""
        del batch
        self._batches += 1
        if isinstance(self._every, int) and self._batches % self._every == 0:
            row = {f"batch/{name}": value for name, value in (logs or {}).items()}
            self.run.log({**row, "batch/step": self._batches})


class CheckpointCallback(keras.callbacks.Callback):
    """Saves weights and optimizer as the run's checkpoint after each epoch.

    Place it after `SweepCallback`, so that an epoch is logged before it is saved.

    Args:
        run: the run; default: the current one.
        every_s: save again only after so many seconds; default: each epoch.

    Attributes:
        initial_epoch: the epoch to begin with, 0 when the run begins anew.

    Example:
        >>> saved = nbsweep.integrations.keras.CheckpointCallback()
        >>> model.fit(
        ...     x, y, epochs=10, initial_epoch=saved.initial_epoch,
        ...     callbacks=[SweepCallback(), saved],
        ... )
    """

    file, note = "model.weights.h5", "epoch.txt"

    def __init__(self, run: Run | None = None, every_s: float | None = None) -> None:
        super().__init__()
        self._run = run_of(run, "integrations.keras.CheckpointCallback()")
        self._every_s = every_s
        self._folder = self._run.resumed_from
        self.initial_epoch = 0
        if self._folder is not None:
            self.initial_epoch = int((self._folder / self.note).read_text(encoding="utf-8"))

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Load what the run goes on from."""
        del logs
        if self._folder is not None:
            optimizer = self.model.optimizer
            if not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            self.model.load_weights(str(self._folder / self.file))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save the weights, with those of the optimizer."""
        del logs

        def write(folder: Path) -> None:
            self.model.save_weights(str(folder / self.file))
            (folder / self.note).write_text(str(epoch + 1), encoding="utf-8")

        self._run.checkpoint(write, self._every_s)


def learning_rate(model: Any) -> float | None:
    """The learning rate of a model at this moment, None where it has none."""
    optimizer = getattr(model, "optimizer", None)
    rate = getattr(optimizer, "learning_rate", None)  # Keras evaluates a schedule
    return None if rate is None else float(keras.ops.convert_to_numpy(rate))
