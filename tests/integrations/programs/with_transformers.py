"""Trains with Hugging Face's Trainer: report_to="wandb", its sweeps of W&B, then our callback."""

import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import nbsweep

nbsweep.install_as_wandb()

import torch  # noqa: E402
import wandb  # noqa: E402
from accelerate import Accelerator  # noqa: E402
from transformers import (  # noqa: E402
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

MODEL = BertConfig(
    vocab_size=20,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=8,
    max_position_embeddings=8,
)


torch.set_num_threads(1)


class Parity(torch.utils.data.Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, number):
        return {"input_ids": torch.tensor([number % 20, 1]), "labels": number % 2}


def new_model(trial=None):
    set_seed(1)
    return BertForSequenceClassification(MODEL)


def arguments(report_to, **more):
    return TrainingArguments(
        output_dir=f"out-{report_to}",
        num_train_epochs=1,
        per_device_train_batch_size=4,
        per_device_eval_batch_size=16,
        eval_strategy="epoch",
        logging_steps=2,
        report_to=report_to,
        disable_tqdm=True,
        use_cpu=True,
        **{"save_strategy": "no", **more},
    )


def train_as_wandb():
    os.environ["WANDB_LOG_MODEL"] = "end"
    with wandb.init() as run:
        Trainer(
            model=new_model(),
            args=arguments("wandb", learning_rate=run.config.learning_rate),
            train_dataset=Parity(),
            eval_dataset=Parity(),
        ).train()
    del os.environ["WANDB_LOG_MODEL"]


def train_with_accelerate():
    wandb.init()
    accelerator = Accelerator(log_with="wandb", cpu=True)
    accelerator.init_trackers("transformers", {"own": 1})
    for step in range(3):
        accelerator.log({"eval/loss": wandb.config.learning_rate / (step + 1)}, step=step)
    accelerator.end_training()


def train_with_ours():
    from nbsweep.integrations.transformers import SweepCallback

    with wandb.init() as run:
        Trainer(
            model=new_model(),
            args=arguments("none", learning_rate=run.config.learning_rate),
            train_dataset=Parity(),
            eval_dataset=Parity(),
            callbacks=[SweepCallback()],
        ).train()


CONFIG = {
    "method": "grid",
    "metric": {"name": "eval/loss", "goal": "minimize"},
    "parameters": {"learning_rate": {"values": [0.001, 0.1]}},
}

for name, function in {
    "as_wandb": train_as_wandb,
    "accelerate": train_with_accelerate,
    "ours": train_with_ours,
}.items():
    sweep_id = wandb.sweep({**CONFIG, "name": name}, project="transformers")
    wandb.agent(sweep_id, function)

trainer = Trainer(
    model_init=new_model, args=arguments("wandb"), train_dataset=Parity(), eval_dataset=Parity()
)
best = trainer.hyperparameter_search(
    backend="wandb",
    hp_space=lambda trial: {**CONFIG, "metric": {}},
    n_trials=2,
    direction="minimize",
    name="of_transformers",
)
sys.stdout.write(json.dumps({"run_id": best.run_id, "objective": best.objective}) + "\n")
