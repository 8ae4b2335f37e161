"""A sweep as W&B's PyTorch notebook has it."""

import math

import torch
import wandb
from torch import nn

wandb.login()

sweep_config = {"method": "random"}
metric = {"name": "loss", "goal": "minimize"}
sweep_config["metric"] = metric
parameters_dict = {
    "optimizer": {"values": ["adam", "sgd"]},
    "fc_layer_size": {"values": [8, 16]},
    "dropout": {"values": [0.1, 0.2]},
}
sweep_config["parameters"] = parameters_dict
parameters_dict.update({"epochs": {"value": 2}})
parameters_dict.update(
    {
        "learning_rate": {"distribution": "uniform", "min": 0, "max": 0.1},
        "batch_size": {"distribution": "q_log_uniform_values", "q": 8, "min": 16, "max": 64},
    }
)

sweep_id = wandb.sweep(sweep_config, project="pytorch-sweeps-demo")

torch.manual_seed(0)
inputs = torch.randn(128, 4)
targets = (inputs.sum(dim=1) > 0).float()


def build_network(fc_layer_size, dropout):
    return nn.Sequential(
        nn.Linear(4, fc_layer_size), nn.ReLU(), nn.Dropout(dropout), nn.Linear(fc_layer_size, 1)
    )


def build_optimizer(network, optimizer, learning_rate):
    if optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=0.9)
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


def train_epoch(network, optimizer, batch_size):
    cumu_loss, batches = 0.0, math.ceil(len(inputs) / batch_size)
    for at in range(0, len(inputs), batch_size):
        optimizer.zero_grad()
        output = network(inputs[at : at + batch_size]).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(output, targets[at : at + batch_size])
        cumu_loss += loss.item()
        loss.backward()
        optimizer.step()
        wandb.log({"batch loss": loss.item()})
    return cumu_loss / batches


def train(config=None):
    with wandb.init(config=config):
        config = wandb.config
        network = build_network(config.fc_layer_size, config.dropout)
        wandb.watch(network, log="all", log_freq=2)
        optimizer = build_optimizer(network, config.optimizer, config.learning_rate)
        for epoch in range(config.epochs):
            avg_loss = train_epoch(network, optimizer, config.batch_size)
            wandb.log({"loss": avg_loss, "epoch": epoch})


wandb.agent(sweep_id, train, count=2)
