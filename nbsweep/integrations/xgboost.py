"""XGBoost: log each boosting round to the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from nbsweep import Run

try:
    from xgboost.callback import TrainingCallback
except ModuleNotFoundError as error:
    raise missing("xgboost") from error


class SweepCallback(TrainingCallback):
    """Logs the metrics of each boosting round as ``DATA-METRIC``, with the round's number.

    A run that is stopped, by early termination or by hand, ends at its next round.

    Args:
        run: log to this one; default: the current run when training begins.

    Example:
        >>> callback = nbsweep.integrations.xgboost.SweepCallback()
        >>> xgboost.train(params, data, evals=[(held_out, "valid")], callbacks=[callback])
    """

    step_name = "iteration"

    def __init__(self, run: Run | None = None) -> None:
        super().__init__()
        self._run = run

    @property
    def run(self) -> Run:
        """The run that is logged to."""
        self._run = run_of(self._run, "integrations.xgboost.SweepCallback()")
        return self._run

    def before_training(self, model: Any) -> Any:
        """Find the run before any time is spent."""
        _ = self.run
        return model

    def after_iteration(
        self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Sequence[Any]]]
    ) -> bool:
        """Log the newest values; False lets the training go on."""
        del model
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                key, value = f"{data}-{metric}", values[-1]
                if isinstance(value, tuple):  # xgboost.cv: mean and standard deviation
                    row[key], row[f"{key}-std"] = value
                else:
                    row[key] = value
        self.run.log({**row, self.step_name: epoch})
        return False

    def after_training(self, model: Any) -> Any:
        """Note the best round in the summary, where early stopping of XGBoost knows one."""
        # The model of xgboost.cv has no attributes.
        best = model.attributes() if hasattr(model, "attributes") else {}
        if "best_score" in best:
            self.run.summary["best_score"] = float(best["best_score"])
            self.run.summary["best_iteration"] = int(best["best_iteration"])
        return model
