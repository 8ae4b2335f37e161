"""wandb.integration.xgboost: W&B's callbacks for XGBoost."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbsweep
from nbsweep.as_wandb.boosting import keep_best, keep_file, log_importance
from nbsweep.integrations.xgboost import SweepCallback

__all__ = ["WandbCallback", "wandb_callback"]

MINIMIZED = set("rmse rmsle mae mape mphe logloss error error@t merror".split())
MAXIMIZED = set("auc aucpr ndcg map ndcg@n map@n".split())


class WandbCallback(SweepCallback):
    """Logs each boosting round, and importance and model when the training ends.

    Args:
        log_model: keep the booster as an artifact.
        log_feature_importance: log a bar chart of it.
        importance_type: weight, gain, cover, total_gain or total_cover.
        define_metric: let the summary keep the best value of a metric.
    """

    step_name = "epoch"

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        super().__init__()
        self.log_model = log_model
        self.log_feature_importance = log_feature_importance
        self.importance_type = importance_type
        self.define_metric = define_metric
        _ = self.run  # as W&B's, it is made after init

    def before_training(self, model: Any) -> Any:
        """Add the booster's own configuration to the run's."""
        self.run.config.update(json.loads(model.save_config()), allow_val_change=True)
        return super().before_training(model)

    def after_iteration(
        self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Sequence[Any]]]
    ) -> bool:
        """Log the newest values."""
        if self.define_metric:
            self.define_metric = False
            for data, metrics in evals_log.items():
                for metric in metrics:
                    keep_best(self.run, f"{data}-{metric}", metric, MINIMIZED, MAXIMIZED)
        return super().after_iteration(model, epoch, evals_log)

    def after_training(self, model: Any) -> Any:
        """Keep model, importance and the best round."""
        if self.log_model:
            name = f"{self.run.id}_model.json"
            path = Path(self.run.dir) / name
            model.save_model(str(path))
            keep_file(name, path)
        if self.log_feature_importance:
            scores = model.get_score(importance_type=self.importance_type)
            log_importance(self.run, scores.items())
        if model.attr("best_score") is not None:
            best = float(model.attr("best_score")), int(model.attr("best_iteration"))
            self.run.log(dict(zip(("best_score", "best_iteration"), best, strict=True)))
        return model


def wandb_callback() -> Callable[[Any], None]:
    """W&B's old callback, which XGBoost 1.3 and later do not take."""
    warnings.warn(
        "wandb_callback: XGBoost takes no functions as callbacks since 1.3; use WandbCallback().",
        UserWarning,
        stacklevel=2,
    )

    def callback(env: Any) -> None:
        nbsweep.log(dict(env.evaluation_result_list))

    return callback
