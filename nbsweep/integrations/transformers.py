"""Hugging Face's Trainer: log what it logs to the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from nbsweep import Run

try:
    from transformers import TrainerCallback
except ModuleNotFoundError as error:
    raise missing("transformers") from error

# What the Trainer reports once, at the end of the training.
_TOTALS = (
    "train_runtime train_samples_per_second train_steps_per_second train_loss total_flos".split()
)


class SweepCallback(TrainerCallback):
    """Logs the Trainer's metrics as ``train/NAME`` and ``eval/NAME``, with epoch and step.

    Totals of the training (train_runtime, …) go to the summary. A run that is stopped, by
    early termination or by hand, ends at its next log. With ``report_to="none"`` the
    Trainer tells nobody else.

    Args:
        run: log to this one; default: the current run when training begins.

    Example:
        >>> callback = nbsweep.integrations.transformers.SweepCallback()
        >>> Trainer(model, TrainingArguments(report_to="none"), callbacks=[callback])
    """

    def __init__(self, run: Run | None = None) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        """The run that is logged to."""
        self._run = run_of(self._run, "integrations.transformers.SweepCallback()")
        return self._run

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Find the run before any time is spent."""
        del args, control, kwargs
        if state.is_world_process_zero:
            _ = self.run

    def on_log(
        self,
        args: Any,
        state: Any,
        control: Any,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Log what the Trainer logs."""
        del args, control, kwargs
        if not state.is_world_process_zero:
            return
        logs = dict(logs or {})
        self.run.summary.update({name: logs.pop(name) for name in _TOTALS if name in logs})
        if logs.keys() - {"epoch"}:
            row = {_key(name): value for name, value in logs.items()}
            self.run.log({**row, "step": state.global_step})


def _key(name: str) -> str:
    """W&B's names, so that a sweep config fits both: eval_loss is eval/loss, loss train/loss."""
    if name == "epoch":
        return name
    part, _, rest = name.partition("_")
    return f"{part}/{rest}" if part in ("eval", "test") and rest else f"train/{name}"
