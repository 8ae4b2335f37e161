"""Trains with Keras: W&B's three callbacks, then ours."""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import nbsweep

nbsweep.install_as_wandb()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import wandb  # noqa: E402
from wandb.integration.keras import WandbMetricsLogger, WandbModelCheckpoint  # noqa: E402
from wandb.keras import WandbCallback  # noqa: E402

torch.set_num_threads(1)

X = np.linspace(-1, 1, 64).reshape(-1, 1)


def fit(callbacks, epochs=2):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(wandb.config.learning_rate)
    model.compile(optimizer, loss="mse")
    model.fit(
        X,
        3 * X,
        epochs=epochs,
        validation_split=0.25,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def train_with_metrics_logger():
    with wandb.init() as run:
        path = Path(run.dir) / "{epoch:02d}.keras"
        fit([WandbMetricsLogger(log_freq=2), WandbModelCheckpoint(path, save_best_only=True)])


def train_with_first_callback():
    with wandb.init():
        fit([WandbCallback(log_weights=True)])


def train_with_ours():
    from nbsweep.integrations.keras import SweepCallback

    with wandb.init():
        fit([SweepCallback(every=1)])


def train_until_stopped():
    from nbsweep.integrations.keras import SweepCallback

    with wandb.init():
        fit([SweepCallback()], epochs=4)


CONFIG = {"method": "grid", "parameters": {"learning_rate": {"values": [0.3, 0.01]}}}
STOP = {
    "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    "parameters": {"learning_rate": {"values": [0.3, 0.2, 0.1, 0.001]}},
}

for name, key, function, more in [
    ("metrics_logger", "epoch/val_loss", train_with_metrics_logger, {}),
    ("first_callback", "val_loss", train_with_first_callback, {}),
    ("ours", "val_loss", train_with_ours, {}),
    ("stopped", "val_loss", train_until_stopped, STOP),
]:
    metric = {"name": key, "goal": "minimize"}
    sweep_id = wandb.sweep({**CONFIG, "name": name, "metric": metric, **more}, project="keras")
    wandb.agent(sweep_id, function)
