"""wandb.integration.lightgbm: W&B's callback and summary for LightGBM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbsweep.as_wandb.boosting import keep_best, keep_file, log_importance
from nbsweep.errors import UsageError
from nbsweep.integrations import run_of
from nbsweep.integrations.lightgbm import SweepCallback, values_of

__all__ = ["log_summary", "wandb_callback"]

MINIMIZED = set("l1 l2 rmse mape huber fair poisson gamma binary_logloss".split())
MAXIMIZED = set("map auc average_precision".split())


class _WandbCallback(SweepCallback):
    """Logs each boosting round, and params when the first has ended."""

    def __init__(self, log_params: bool, define_metric: bool) -> None:
        super().__init__()
        self._log_params, self._define_metric = log_params, define_metric

    def __call__(self, env: Any) -> None:
        if env.iteration == env.begin_iteration:
            if self._log_params:
                self.run.config.update(env.params, allow_val_change=True)
            if self._define_metric:
                self._keep_best(env)
        super().__call__(env)

    def _keep_best(self, env: Any) -> None:
        metrics = {item[1].split()[-1] for item in env.evaluation_result_list or ()}
        for key in values_of(env):
            for metric in metrics:
                if key.removesuffix("-mean").endswith(f"_{metric}"):
                    keep_best(self.run, key, metric, MINIMIZED, MAXIMIZED)


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> SweepCallback:
    """A callback that logs each boosting round.

    Args:
        log_params: add the params of the training to the run's config.
        define_metric: let the summary keep the best value of a metric.
    """
    return _WandbCallback(log_params, define_metric)


def log_summary(
    model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False
) -> None:
    """Note a booster's best round in the summary of the current run.

    Args:
        model: booster, after its training.
        feature_importance: log a bar chart of it.
        save_model_checkpoint: keep the booster as an artifact.
    """
    if not hasattr(model, "best_iteration"):
        raise UsageError(
            f"log_summary: a lightgbm.Booster is needed, not {type(model).__name__}. An "
            "LGBMClassifier or LGBMRegressor has it as booster_."
        )
    run = run_of(None, "lightgbm.log_summary()")
    run.summary["best_iteration"] = model.best_iteration
    run.summary["best_score"] = {data: dict(scores) for data, scores in model.best_score.items()}
    if feature_importance:
        names, scores = model.feature_name(), model.feature_importance()
        log_importance(run, zip(names, scores, strict=True), commit=False)
    if save_model_checkpoint:
        path = Path(run.dir) / f"model_ckpt_{model.best_iteration}.txt"
        model.save_model(str(path), num_iteration=model.best_iteration)
        keep_file(f"model_{run.id}", path, aliases=["best"])
