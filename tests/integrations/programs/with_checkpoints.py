"""Trains, is cut off, and goes on, with each library; writes results.json."""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402

import nbsweep  # noqa: E402

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"epochs": {"value": 4}},
    "retry": {"failed": 1},
}
rng = np.random.default_rng(0)
X = rng.normal(size=(64, 3)).astype("float32")
Y = (X @ np.array([1.0, -2.0, 0.5]) + 0.1).astype("float32")
torch.set_num_threads(1)


class CutOffError(Exception):
    pass


def with_torch(cut):
    from nbsweep.integrations.torch import TrainingState

    with nbsweep.init() as run:
        torch.manual_seed(1)
        model = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Dropout(0.3), torch.nn.Linear(4, 1)
        )
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.7)
        state = TrainingState(model=model, optimizer=optimizer, scheduler=scheduler)
        for epoch in range(state.load().get("epoch", 0), run.config.epochs):
            if epoch == cut and "predecessor" not in run.as_record().origin:
                raise CutOffError
            loss = ((model(torch.tensor(X))[:, 0] - torch.tensor(Y)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            run.log({"loss": float(loss.detach())})
            state.save(epoch=epoch + 1)


def with_xgboost(cut):
    import xgboost

    from nbsweep.integrations.xgboost import CheckpointCallback, SweepCallback

    class Cut(xgboost.callback.TrainingCallback):
        def before_iteration(self, model, epoch, evals_log):
            if model.num_boosted_rounds() == cut and "predecessor" not in run.as_record().origin:
                raise CutOffError
            return False

    with nbsweep.init() as run:
        saved = CheckpointCallback()
        data = xgboost.DMatrix(X, Y)
        xgboost.train(
            {"max_depth": 2, "nthread": 1},
            data,
            saved.rounds_left(run.config.epochs),
            evals=[(data, "train")],
            verbose_eval=False,
            xgb_model=saved.xgb_model,
            callbacks=[SweepCallback(), saved, Cut()],
        )


def with_keras(cut):
    import keras

    from nbsweep.integrations.keras import CheckpointCallback, SweepCallback

    with nbsweep.init() as run:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.1), "mse")
        saved = CheckpointCallback()

        class Cut(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == cut and "predecessor" not in run.as_record().origin:
                    raise CutOffError

        model.fit(
            X,
            Y,
            batch_size=64,
            epochs=run.config.epochs,
            initial_epoch=saved.initial_epoch,
            verbose=0,
            callbacks=[SweepCallback(), saved, Cut()],
        )


def with_lightning(cut):
    from lightning.pytorch import LightningModule, Trainer

    from nbsweep.integrations.lightning import SweepCheckpoint, SweepLogger

    class Model(LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def loss(self, batch):
            x, y = batch
            return ((self.layer(x)[:, 0] - y) ** 2).mean()

        def training_step(self, batch, index):
            if self.current_epoch == cut and "predecessor" not in run.as_record().origin:
                raise CutOffError
            return self.loss(batch)

        def validation_step(self, batch, index):
            self.log("loss", self.loss(batch))

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.1)

    with nbsweep.init() as run:
        torch.manual_seed(1)
        data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
        saved = SweepCheckpoint()
        trainer = Trainer(
            max_epochs=run.config.epochs,
            logger=SweepLogger(),
            callbacks=[saved],
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            log_every_n_steps=1,
        )
        loader = torch.utils.data.DataLoader(data, batch_size=64)
        trainer.fit(Model(), loader, loader, ckpt_path=saved.ckpt_path)


def curves(train, metric):
    """The metric of a run that was cut off and went on, and of one that was not."""
    found = []
    for cut in (2, None):
        sweep_id = nbsweep.sweep({**CONFIG, "metric": {"name": metric}})
        nbsweep.agent(sweep_id, lambda cut=cut: train(cut), show=False, executor="inline")
        sweep = nbsweep.Sweep(sweep_id)
        if cut is None:
            sweep.continue_run(1, config={"epochs": 6})
            nbsweep.agent(sweep_id, lambda: train(None), show=False, executor="inline")
        run = sweep.runs[-1]
        values = [row[metric] for row in run.history() if metric in row]
        found.append({"values": values, "attempts": len(sweep.runs), "state": run.state})
    return found


results = {}
for name in sys.argv[1:]:
    metric = "train-rmse" if name == "xgboost" else "loss"
    results[name] = curves(globals()[f"with_{name}"], metric)
with Path("results.json").open("w") as file:
    json.dump(results, file)
