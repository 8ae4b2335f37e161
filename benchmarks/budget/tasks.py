"""What was trained for the tables: a search space, a length and a goal for each task.

`DESIGN` names the tasks that parameters of the search were chosen on, by hand or by
measuring; every other task only judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.search.problems import ints, log, uniform, values

DESIGN = ("torch_digits", "gb_diabetes", "mlp_breast_cancer")


@dataclass(frozen=True)
class Task:
    """One thing to train.

    Attributes:
        name: unique: the model, then the data.
        parameters: W&B's `parameters` block.
        epochs: iterations of a whole training; the metric is measured after each.
        metric: what is measured on held-out examples.
        goal: "minimize" or "maximize".
    """

    name: str
    parameters: dict[str, Any]
    epochs: int = 50
    metric: str = "loss"
    goal: str = "minimize"

    @property
    def judges(self) -> bool:
        """Whether no choice was made on it."""
        return self.name not in DESIGN


_BOOSTING = {
    "learning_rate": log(0.005, 1.0),
    "max_depth": ints(1, 7),
    "subsample": uniform(0.2, 1.0),
    "min_samples_leaf": ints(1, 30),
    "max_features": values(None, "sqrt", 0.5),
}

TASKS = (
    Task(
        "torch_digits",
        {
            "lr": log(1e-4, 1.0),
            "optimizer": values("sgd", "momentum", "adam"),
            "width": {"distribution": "q_log_uniform_values", "q": 8, "min": 8, "max": 256},
            "batch": values(32, 64, 128, 256),
            "dropout": uniform(0.0, 0.6),
            "schedule": values("constant", "cosine", "step"),
        },
    ),
    Task(
        "gb_diabetes",
        _BOOSTING | {"loss": values("squared_error", "huber", "absolute_error")},
        epochs=80,
        metric="rmse",
    ),
    Task(
        "mlp_breast_cancer",
        {
            "learning_rate_init": log(1e-4, 0.3),
            "alpha": log(1e-6, 1.0),
            "hidden": ints(2, 96),
            "batch_size": values(16, 32, 64, 128),
            "activation": values("relu", "tanh", "logistic"),
            "solver": values("adam", "sgd"),
        },
    ),
    Task(
        "sgd_digits",
        {
            "eta0": log(1e-4, 3.0),
            "schedule": values("constant", "invscaling", "optimal", "cosine"),
            "alpha": log(1e-7, 0.1),
            "loss": values("log_loss", "hinge", "modified_huber"),
            "penalty": values("l2", "l1", "elasticnet"),
        },
        metric="accuracy",
        goal="maximize",
    ),
    Task(
        "mlp_diabetes",
        {
            "learning_rate_init": log(1e-4, 0.3),
            "alpha": log(1e-5, 10.0),
            "hidden": ints(2, 128),
            "layers": ints(1, 3),
            "batch_size": values(16, 32, 64),
            "solver": values("adam", "sgd"),
        },
        epochs=60,
        metric="rmse",
    ),
    Task("gb_breast_cancer", dict(_BOOSTING), epochs=60),
    Task(
        "cnn_digits",
        {
            "lr": log(1e-4, 0.3),
            "channels": values(2, 4, 8, 16),
            "kernel": values(3, 5),
            "batch": values(32, 64, 128),
            "weight_decay": log(1e-6, 0.1),
            "schedule": values("constant", "one_cycle", "restarts"),
        },
        metric="error",
    ),
    Task(
        "torch_noisy_digits",
        {
            "lr": log(1e-3, 1.0),
            "momentum": uniform(0.0, 0.97),
            "width": {"distribution": "q_log_uniform_values", "q": 8, "min": 8, "max": 512},
            "weight_decay": log(1e-6, 0.1),
            "schedule": values("constant", "restarts", "warmup"),
        },
        epochs=100,
    ),
    Task(
        "sgd_wine",
        {
            "eta0": log(1e-4, 3.0),
            "schedule": values("constant", "invscaling", "optimal", "cosine"),
            "alpha": log(1e-6, 1.0),
            "average": values(False, True),
        },
        epochs=60,
    ),
)
