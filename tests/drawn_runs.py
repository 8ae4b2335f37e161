"""Params drawn at random, and as a search hands them out that has settled."""

import math

import numpy as np

SPACE = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
    "dropout": {"min": 0.0, "max": 0.5},
    "batch_size": {"values": [32, 64, 128, 256]},
    "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
}


def drawn(n, seed=0):
    rng = np.random.default_rng(seed)
    return [
        {
            "lr": float(10 ** rng.uniform(-5, 0)),
            "dropout": float(rng.uniform(0, 0.5)),
            "batch_size": int(rng.choice([32, 64, 128, 256])),
            "optimizer": str(rng.choice(["adam", "sgd", "rmsprop"])),
        }
        for _ in range(n)
    ]


def settled_sweep(seed, n=40):
    """Params and losses of a search that has found what is best, and some dropout with it.

    The loss depends on lr, optimizer and batch_size.
    """
    rows = drawn(n, seed)
    rng = np.random.default_rng([seed, 5])
    some = rng.uniform(0, 0.5)
    for row in rows[2 * len(rows) // 5 :]:
        if rng.random() < 0.9:
            row["lr"] = float(10 ** np.clip(-2 + 0.3 * rng.normal(), -5, 0))
            row["dropout"] = float(np.clip(some + 0.01 * rng.normal(), 0, 0.5))
            if rng.random() < 0.8:
                row["optimizer"] = "adam"
            if rng.random() < 0.8:
                row["batch_size"] = 64
    noise = 0.02 * np.random.default_rng([seed, 1]).normal(size=len(rows))
    losses = [
        0.3 * (math.log10(row["lr"]) + 2) ** 2
        + abs(row["batch_size"] - 64) / 200
        + 0.3 * (row["optimizer"] == "sgd")
        for row in rows
    ]
    return rows, [float(loss + error) for loss, error in zip(losses, noise, strict=True)]
