"""Ranges that people get wrong: linear, with a response on a log scale near one end.

A learning rate of 0 to 0.1, a weight decay of 0 to 0.1, a momentum of 0 to 1: that is how
first sweeps are written, W&B's tutorial among them. What such a value does depends on its
decade, or on that of its distance to the other end, and the best decade takes a few
per cent of the axis.
"""

from __future__ import annotations

import math

from benchmarks.search.problem import (
    Params,
    Problem,
    cross_validated,
    ints,
    log,
    uniform,
    values,
)


def decade(value: float) -> float:
    """log10 of a value that may be 0."""
    return math.log10(value + 1e-6)


def slope_of_lr(gap: float) -> float:
    """Loss by decades from the best learning rate: too low is slow, too high diverges."""
    return 0.3 * (math.log1p(gap * gap) if gap < 0 else min(1.5 * gap * gap, 4.0))


def tutorial_lr(p: Params) -> float:
    """W&B's tutorial: the learning rate alone is on a linear axis, its best at 0.0008 to 0.004."""
    best = {"adam": -3.1, "sgd": -2.4}[p["optimizer"]] + 0.4 * math.log10(p["batch_size"] / 64)
    loss = 0.3 + slope_of_lr(decade(p["learning_rate"]) - best)
    loss += 0.4 * (p["dropout"] - 0.25) ** 2 + 0.02 * abs(math.log2(p["fc_layer_size"] / 256))
    return loss + {"adam": 0.0, "sgd": 0.05}[p["optimizer"]]


def decay(p: Params) -> float:
    """Weight decay; its best falls with the learning rate, from 0.003 to 0.0003."""
    gap = math.log10(p["lr"]) + 2.7
    loss = 0.25 + slope_of_lr(gap) + 0.08 * (decade(p["weight_decay"]) + 3.0 + 0.4 * gap) ** 2
    return (
        loss
        + 0.03 * abs(p["layers"] - 4)
        + {"cosine": 0.0, "step": 0.03, "none": 0.08}[p["schedule"]]
    )


def momentum(p: Params) -> float:
    """Momentum, best at 0.99; what counts is lr / (1 − momentum)."""
    memory = -decade(1.0 - p["momentum"])  # 2 at 0.99
    loss = 0.2 + slope_of_lr(math.log10(p["lr"]) + memory + 0.8) + 0.09 * (memory - 2.0) ** 2
    return (
        loss + {"plain": 0.04, "nesterov": 0.0}[p["kind"]] + 0.02 * abs(math.log2(p["batch"] / 32))
    )


def all_linear(p: Params) -> float:
    """Nothing on a log axis: learning rate, weight decay and two decays of Adam's moments."""
    loss = 0.3 + slope_of_lr(decade(p["lr"]) + 2.6) + 0.06 * (decade(p["weight_decay"]) + 3.2) ** 2
    loss += 0.05 * (-decade(1.0 - p["beta1"]) - 1.1) ** 2
    loss += 0.04 * (-decade(1.0 - p["beta2"]) - 2.6) ** 2
    return loss + 0.5 * (p["dropout"] - 0.3) ** 2


TUTORIAL = {
    "learning_rate": uniform(0.0, 0.1),
    "batch_size": values(32, 64, 128, 256),
    "fc_layer_size": values(64, 128, 256, 512),
    "dropout": uniform(0.0, 0.6),
    "optimizer": values("adam", "sgd"),
}


def sgd_digits(p: Params) -> float | None:
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(
        loss="log_loss", penalty=p["penalty"], alpha=p["alpha"], learning_rate=p["schedule"],
        eta0=max(p["eta0"], 1e-9), max_iter=p["epochs"], tol=None, random_state=0,
    )  # fmt: skip
    return cross_validated("digits", model, "neg_log_loss")


def svm_linear(p: Params) -> float | None:
    from sklearn.svm import SVC

    model = SVC(C=max(p["C"], 1e-6), gamma=max(p["gamma"], 1e-9), kernel=p["kernel"], max_iter=3000)
    return cross_validated("digits", model, "accuracy")


LINEAR_RANGES: tuple[Problem, ...] = (
    Problem("tutorial_lr", "linear ranges", TUTORIAL, tutorial_lr),
    Problem("noisy_tutorial_lr", "linear ranges", TUTORIAL, tutorial_lr, noise=0.05),
    Problem(
        "linear_decay",
        "linear ranges",
        {
            "weight_decay": uniform(0.0, 0.1),
            "lr": log(1e-5, 1.0),
            "layers": ints(1, 8),
            "schedule": values("cosine", "step", "none"),
        },
        decay,
    ),
    Problem(
        "linear_momentum",
        "linear ranges",
        {
            "momentum": uniform(0.0, 1.0),
            "lr": log(1e-5, 1.0),
            "kind": values("plain", "nesterov"),
            "batch": values(8, 16, 32, 64, 128),
        },
        momentum,
    ),
    Problem(
        "all_linear",
        "linear ranges",
        {
            "lr": uniform(0.0, 0.1),
            "weight_decay": uniform(0.0, 0.1),
            "beta1": uniform(0.0, 1.0),
            "beta2": uniform(0.0, 1.0),
            "dropout": uniform(0.0, 0.8),
        },
        all_linear,
    ),
    Problem(
        "sgd_digits",
        "linear ranges",
        {
            "eta0": uniform(0.0, 1.0),
            "alpha": uniform(0.0, 0.1),
            "penalty": values("l2", "l1", "elasticnet"),
            "schedule": values("constant", "invscaling", "adaptive"),
            "epochs": ints(2, 10),
        },
        sgd_digits,
    ),
    Problem(
        "svm_linear_digits",
        "linear ranges",
        {"C": uniform(0.0, 1000.0), "gamma": uniform(0.0, 1.0), "kernel": values("rbf", "sigmoid", "poly")},
        svm_linear,
    ),
)  # fmt: skip
