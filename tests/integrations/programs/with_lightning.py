"""Trains with Lightning: its own W&B logger, then ours, in both of its packages."""

import importlib

import nbsweep

nbsweep.install_as_wandb()

import torch  # noqa: E402
import wandb  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

torch.set_num_threads(1)
x = torch.linspace(-1, 1, 64).unsqueeze(1)
DATA = DataLoader(TensorDataset(x, 3 * x), batch_size=16)

CONFIG = {
    "method": "grid",
    "metric": {"name": "val_loss", "goal": "minimize"},
    "parameters": {"learning_rate": {"values": [0.01, 0.1]}},
}


def line_of(pl):
    """A model of one of the packages, whose classes are not the same."""

    class Line(pl.LightningModule):
        def __init__(self, learning_rate, hidden=4):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch, number):
            loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, number):
            self.log("val_loss", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=self.hparams.learning_rate)

    return Line


def fit(pl, logger):
    pl.seed_everything(1, verbose=False)
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=logger,
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(line_of(pl)(wandb.config.learning_rate), DATA, DATA)


def functions_of(pl, loggers):
    def train_as_wandb():
        wandb.init()
        logger = loggers.WandbLogger(log_model="all")
        fit(pl, logger)
        logger.log_text("notes", columns=["text"], data=[["done"]])
        assert isinstance(wandb.run, wandb.wandb_run.Run)

    def train_with_ours():
        from nbsweep.integrations.lightning import SweepLogger

        with wandb.init():
            fit(pl, SweepLogger())

    return {"as_wandb": train_as_wandb, "ours": train_with_ours}


for package, name in [
    ("pytorch_lightning", "pytorch_lightning"),
    ("lightning", "lightning.pytorch"),
]:
    pl, loggers = importlib.import_module(name), importlib.import_module(f"{name}.loggers")
    for way, function in functions_of(pl, loggers).items():
        sweep_id = wandb.sweep({**CONFIG, "name": f"{package} {way}"}, project="lightning")
        wandb.agent(sweep_id, function)
