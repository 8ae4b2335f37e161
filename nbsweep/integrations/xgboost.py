"""XGBoost: log each boosting round to the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from nbsweep import Run

try:
    from xgboost import Booster
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


class CheckpointCallback(TrainingCallback):
    """Saves the booster as the run's checkpoint after each round; see `Run.checkpoint`.

    Place it after `SweepCallback`, so that a round is logged before it is saved.

    Args:
        run: the run; default: the current one.
        every_s: save again only after so many seconds; default: each round.

    Example:
        >>> saved = CheckpointCallback()
        >>> xgboost.train(
        ...     *(params, data, saved.rounds_left(100)), evals=[(held_out, "valid")],
        ...     xgb_model=saved.xgb_model, callbacks=[SweepCallback(), saved],
        ... )
    """

    file = "model.ubj"

    def __init__(self, run: Run | None = None, every_s: float | None = None) -> None:
        super().__init__()
        self._run = run_of(run, "integrations.xgboost.CheckpointCallback()")
        self._every_s = every_s

    @property
    def xgb_model(self) -> str | None:
        """The booster to go on with, None to begin anew."""
        folder = self._run.resumed_from
        return None if folder is None else str(folder / self.file)

    def rounds_left(self, rounds: int) -> int:
        """How many of so many rounds are left to train."""
        if self.xgb_model is None:
            return rounds
        done = Booster(model_file=self.xgb_model).num_boosted_rounds()
        return max(0, rounds - int(done))

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        """Save the booster; False lets the training go on."""
        del epoch, evals_log
        if hasattr(model, "save_model"):  # xgboost.cv has none
            self._run.checkpoint(lambda folder: model.save_model(folder / self.file), self._every_s)
        return False
