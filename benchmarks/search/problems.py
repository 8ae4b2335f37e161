"""What the searchers are measured on: synthetic functions and scikit-learn models.

Every problem has a W&B `parameters` block, a metric to be minimised and a noise-free
value by which it is judged. `evaluate` gives what a run would report: noisy where the
problem is noisy, None where the run crashes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.search.linear_ranges import LINEAR_RANGES
from benchmarks.search.problem import (
    Params,
    Problem,
    cross_validated,
    ints,
    log,
    steps,
    uniform,
    values,
)
from benchmarks.search.tables import predictor

# --- smooth numeric ------------------------------------------------------------------


def branin(p: Params) -> float:
    x, y = p["x"], p["y"]
    a = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return a * a + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


H6_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
H6_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann6(p: Params) -> float:
    x = np.array([p[f"x{i}"] for i in range(6)])
    return -float(np.array([1, 1.2, 3, 3.2]) @ np.exp(-(H6_A * (x - H6_P) ** 2).sum(axis=1)))


def rosenbrock(p: Params) -> float:
    """Spans five decades."""
    x = [p[f"x{i}"] for i in range(4)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:], strict=False))


def levy(p: Params) -> float:
    w = 1 + (np.array([p[f"x{i}"] for i in range(8)]) - 1) / 4
    middle = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
    end = (w[-1] - 1) ** 2 * (1 + np.sin(2 * math.pi * w[-1]) ** 2)
    return float(np.sin(math.pi * w[0]) ** 2 + middle.sum() + end)


def ackley(z: np.ndarray) -> float:
    return float(
        -20 * np.exp(-0.2 * np.sqrt((z * z).mean()))
        - np.exp(np.cos(2 * math.pi * z).mean())
        + 20
        + math.e
    )


# --- mixed ---------------------------------------------------------------------------


def mixed_ackley(p: Params) -> float:
    z = [p["x0"] - 0.7, p["x1"] + 0.4, p["x2"] - 0.1, (p["n0"] - 3) / 4, (p["n1"] - 11) / 6]
    shift = {"a": 0.0, "b": 0.5, "c": -0.8}[p["kind"]]
    return ackley(np.array([*z, shift])) + (0.0 if p["flag"] else 0.7)


def func2c(p: Params) -> float:
    """Func2C of Ru et al. 2020: the categories choose and add functions of x."""
    x = np.array([p["x0"], p["x1"]])
    r = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    c = (
        (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2
        + x[0] * x[1]
        + (4 * x[1] ** 2 - 4) * x[1] ** 2
    )
    b = 100 * ((x[1] - 0.5 * x[0]) ** 2) + (0.5 - x[0]) ** 2
    parts = {"rosen": r / 300, "camel": c / 10, "bowl": b / 50}
    extra = {
        "rosen": r / 300,
        "camel": c / 10,
        "bowl": b / 50,
        "sin": math.sin(3 * x[0]),
        "none": 0.0,
    }
    return float(parts[p["first"]] + extra[p["second"]])


NETWORK = {
    "lr": log(1e-5, 1.0),
    "batch_size": values(16, 32, 64, 128, 256),
    "optimizer": values("sgd", "adam", "rmsprop"),
    "layers": ints(1, 6),
    "dropout": steps(0.0, 0.8, 0.1),
    "weight_decay": log(1e-6, 1e-1),
}


def network(p: Params) -> float:
    """A validation loss shaped like a small network's; lr interacts with the rest."""
    best_lr = {"sgd": -1.2, "adam": -3.0, "rmsprop": -3.3}[p["optimizer"]]
    best_lr += 0.5 * math.log10(p["batch_size"] / 64)
    gap = math.log10(p["lr"]) - best_lr
    loss = 0.25 + 0.3 * (math.log1p(gap * gap) if gap < 0 else min(gap * gap * 1.5, 6.0))
    loss += 0.04 * abs(p["layers"] - 3) ** 1.5 + 0.5 * (p["dropout"] - 0.1 * p["layers"]) ** 2
    loss += 0.03 * (math.log10(p["weight_decay"]) + 3.5) ** 2
    return loss + {"sgd": 0.0, "adam": 0.03, "rmsprop": 0.08}[p["optimizer"]]


def boosting(p: Params) -> float:
    """Learning rate × number of trees has to match; deep trees overfit."""
    effort = math.log10(p["learning_rate"] * p["n_estimators"])
    loss = 0.4 + 0.25 * (effort - 1.2) ** 2 + 0.08 * math.log10(p["learning_rate"] * 100) ** 2
    loss += 0.015 * (p["max_depth"] - 5 + 3 * (p["subsample"] < 0.7)) ** 2
    loss += 0.3 * (p["subsample"] - 0.75) ** 2 + 0.02 * abs(math.log2(p["min_child_weight"] / 4))
    return loss + {"gbtree": 0.0, "dart": 0.02, "gblinear": 0.3}[p["booster"]]


def categories(p: Params) -> float:
    """Categories alone: additive effects and two interactions."""
    effect = [(ord(str(p[f"c{i}"])[0]) * (7 + 3 * i)) % 11 / 10 for i in range(5)]
    pair = ((ord(p["c0"]) * 5 + ord(p["c1"]) * 3) % 7) / 7 + (
        (ord(p["c2"]) + 2 * ord(p["c3"])) % 5
    ) / 8
    return sum(effect) + pair


def ordered(p: Params) -> float:
    """Lists of numbers, as people write them; finite, with plateaus."""
    z = abs(math.log2(p["width"] / 256)) + abs(math.log10(p["lr"] / 3e-3)) * 1.5
    z += (
        abs(p["depth"] - 3) * 0.6
        + 3 * abs(p["dropout"] - 0.2)
        + 0.4 * abs(math.log2(p["batch"] / 64))
    )
    return round(z + 0.3 * math.sin(3 * z), 1)


def embedded(p: Params) -> float:
    """Twenty dimensions of which five matter."""
    z = (p["x00"] - 0.3) ** 2 * 4 + abs(p["x07"] - 0.8) + (math.log10(p["lr"]) + 2) ** 2 * 0.3
    z += {"a": 0.0, "b": 0.4, "c": 0.2, "d": 0.6}[p["kind"]] + (p["x00"] - p["x11"]) ** 2
    return z + 0.01 * sum(p[f"x{i:02d}"] for i in range(16))


# --- crashes and plateaus ------------------------------------------------------------


def diverging(p: Params) -> float | None:
    """The network, which crashes where lr is a little above the best."""
    limit = {"sgd": -0.7, "adam": -2.4, "rmsprop": -2.8}[p["optimizer"]]
    return None if math.log10(p["lr"]) > limit + 0.1 * p["dropout"] else network(p)


def out_of_memory(p: Params) -> float | None:
    """Wide and deep is better until it does not fit."""
    size = p["batch"] * p["width"] * p["layers"]
    if size > 300_000:
        return None
    return (
        2.0
        - 0.12 * math.log2(p["width"])
        - 0.1 * math.log2(p["layers"])
        + 0.05 * (math.log10(p["lr"]) + 3) ** 2
        + 0.03 * abs(math.log2(p["batch"] / 64))
    )


def fenced_branin(p: Params) -> float | None:
    """Branin whose runs crash in about 40 % of the square, close to two of three optima."""
    return None if p["y"] > 11 or (p["x"] > 4 and p["y"] < 4) or p["x"] + p["y"] < 1 else branin(p)


def chance_level(p: Params) -> float:
    """Accuracy on 200 examples: chance for most settings, a ragged hill in one corner."""
    z = (math.log10(p["C"]) - 1.2) ** 2 / 2 + (math.log10(p["gamma"]) + 2.2) ** 2
    z += {"rbf": 0.0, "poly": 0.8, "sigmoid": 1.5}[p["kernel"]]
    accuracy = 0.1 + 0.87 * math.exp(-z) if z < 2.5 else 0.1
    return -round(accuracy * 200) / 200


def ties(p: Params) -> float:
    """A model that depends on thresholds, so that neighbours tie."""
    error = 0.30 - 0.04 * min(int(p["max_depth"]), 6) + 0.02 * max(0, int(p["max_depth"]) - 9)
    error += 0.02 * (p["min_samples_leaf"] // 8) + (0.03 if p["max_features"] > 0.65 else 0.0)
    return round(error + (0.02 if p["criterion"] == "gini" and p["max_depth"] > 5 else 0.0), 2)


# --- scikit-learn, live --------------------------------------------------------------


def svm(name: str, p: Params) -> float | None:
    from sklearn.svm import SVC

    model = SVC(
        C=p["C"], gamma=p["gamma"], kernel=p["kernel"], degree=p["degree"], coef0=p["coef0"],
        max_iter=3000,
    )  # fmt: skip
    return cross_validated(name, model, "accuracy")


SVM = {
    "C": log(1e-4, 1e4),
    "gamma": log(1e-6, 10.0),
    "kernel": values("rbf", "poly", "sigmoid", "linear"),
    "degree": ints(2, 5),
    "coef0": uniform(-1.0, 1.0),
}


def knn(name: str, p: Params) -> float | None:
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(p["k"], weights=p["weights"], metric=p["metric"])
    return cross_validated(name, model, "accuracy", p["scale"])


KNN = {
    "k": ints(1, 40),
    "weights": values("uniform", "distance"),
    "metric": values("euclidean", "manhattan", "chebyshev", "cosine"),
    "scale": values(True, False),
}


def tree(name: str, p: Params) -> float | None:
    from sklearn.tree import DecisionTreeClassifier

    model = DecisionTreeClassifier(
        max_depth=p["max_depth"], min_samples_leaf=p["min_samples_leaf"], criterion=p["criterion"],
        max_features=p["max_features"], ccp_alpha=p["ccp_alpha"], random_state=0,
    )  # fmt: skip
    return cross_validated(name, model, "accuracy", scale=False)


TREE = {
    "max_depth": ints(1, 20),
    "min_samples_leaf": ints(1, 40),
    "criterion": values("gini", "entropy"),
    "max_features": uniform(0.05, 1.0),
    "ccp_alpha": log(1e-5, 0.1),
}


def elastic(p: Params) -> float | None:
    from sklearn.linear_model import Lasso, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    model = Ridge(p["alpha"]) if p["penalty"] == "ridge" else Lasso(p["alpha"], max_iter=300)
    return cross_validated(
        "diabetes", make_pipeline(PolynomialFeatures(p["degree"]), model), "r2", p["scale"]
    )


ELASTIC = {
    "alpha": log(1e-4, 1e4),
    "penalty": values("ridge", "lasso"),
    "degree": values(1, 2),
    "scale": values(True, False),
}


def sgd(p: Params) -> float | None:
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(
        loss=p["loss"], penalty=p["penalty"], alpha=p["alpha"], learning_rate=p["schedule"],
        eta0=p["eta0"], l1_ratio=p["l1_ratio"], max_iter=p["epochs"], tol=None, random_state=0,
    )  # fmt: skip
    return cross_validated("breast_cancer", model, "accuracy")


SGD = {
    "loss": values("hinge", "log_loss", "modified_huber", "perceptron"),
    "penalty": values("l2", "l1", "elasticnet"),
    "alpha": log(1e-7, 1.0),
    "schedule": values("constant", "optimal", "invscaling", "adaptive"),
    "eta0": log(1e-5, 10.0),
    "l1_ratio": uniform(0.0, 1.0),
    "epochs": ints(2, 15),
}


# --- scikit-learn, from tables -------------------------------------------------------


def tabulated(name: str, parameters: dict[str, Any]) -> Callable[[Params], float | None]:
    """A model too slow to be trained here, from the table that `make_tables` wrote."""

    @functools.cache
    def predict() -> Callable[[Params], float]:  # where there is no table, nobody asks
        return predictor(name, parameters)

    def value(params: Params) -> float:
        return predict()(params)

    return value


GB = {
    "learning_rate": log(1e-3, 1.0),
    "n_estimators": ints(10, 200),
    "max_depth": ints(1, 8),
    "subsample": uniform(0.3, 1.0),
    "min_samples_leaf": ints(1, 30),
    "max_features": values("sqrt", "log2", None),
}
MLP = {
    "learning_rate_init": log(1e-5, 1.0),
    "alpha": log(1e-6, 10.0),
    "hidden": values(8, 16, 32, 64),
    "layers": ints(1, 3),
    "activation": values("relu", "tanh", "logistic"),
    "solver": values("adam", "sgd"),
    "batch_size": values(16, 32, 64, 128),
}


def cube(d: int, low: float = 0.0, high: float = 1.0, name: str = "x{}") -> dict[str, Any]:
    return {name.format(i): uniform(low, high) for i in range(d)}


BRANIN = {"x": uniform(-5.0, 10.0), "y": uniform(0.0, 15.0)}

PROBLEMS: tuple[Problem, ...] = (
    Problem("branin", "smooth", BRANIN, branin),
    Problem("hartmann6", "smooth", cube(6), hartmann6),
    Problem("rosenbrock4", "smooth", cube(4, -2.0, 2.0), rosenbrock),
    Problem("levy8", "smooth", cube(8, -5.0, 5.0), levy),
    Problem(
        "mixed_ackley",
        "mixed",
        cube(3, -2.0, 2.0)
        | {"n0": ints(0, 12), "n1": ints(0, 24), "kind": values("a", "b", "c"), "flag": values(True, False)},
        mixed_ackley,
    ),
    Problem(
        "func2c",
        "mixed",
        cube(2, -1.0, 1.0)
        | {"first": values("rosen", "camel", "bowl"), "second": values("rosen", "camel", "bowl", "sin", "none")},
        func2c,
    ),
    Problem("network", "mixed", NETWORK, network),
    Problem(
        "boosting",
        "mixed",
        {
            "learning_rate": log(1e-3, 1.0),
            "n_estimators": ints(10, 500),
            "max_depth": ints(1, 15),
            "subsample": steps(0.3, 1.0, 0.05),
            "min_child_weight": values(1, 2, 4, 8, 16, 32),
            "booster": values("gbtree", "dart", "gblinear"),
        },
        boosting,
    ),
    Problem(
        "embedded20",
        "mixed",
        cube(16, 0.0, 1.0, "x{:02d}") | {"lr": log(1e-5, 1.0), "kind": values("a", "b", "c", "d"), "n": ints(1, 9), "m": values(1, 2, 4)},
        embedded,
    ),
    Problem("categories", "discrete", {f"c{i}": values(*"abcdefg"[: 4 + i % 3]) for i in range(5)}, categories),
    Problem(
        "ordered",
        "discrete",
        {
            "width": values(32, 64, 128, 256, 512),
            "lr": values(1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
            "depth": values(1, 2, 3, 4, 5, 6),
            "dropout": values(0, 0.1, 0.2, 0.3, 0.5),
            "batch": values(16, 32, 64, 128),
        },
        ordered,
    ),
    Problem("noisy_hartmann6", "noisy", cube(6), hartmann6, noise=0.2),
    Problem("noisy_network", "noisy", NETWORK, network, noise=0.1),
    Problem("spiky_boosting", "noisy", {
        "learning_rate": log(1e-3, 1.0),
        "n_estimators": ints(10, 500),
        "max_depth": ints(1, 15),
        "subsample": uniform(0.3, 1.0),
        "min_child_weight": ints(1, 32),
        "booster": values("gbtree", "dart", "gblinear"),
    }, boosting, noise=0.01, spikes=0.08),
    Problem("diverging", "crashes", NETWORK, diverging),
    Problem(
        "out_of_memory",
        "crashes",
        {
            "batch": values(16, 32, 64, 128, 256),
            "width": values(32, 64, 128, 256, 512, 1024),
            "layers": ints(1, 12),
            "lr": log(1e-5, 1e-1),
        },
        out_of_memory,
    ),
    Problem("fenced_branin", "crashes", BRANIN, fenced_branin),
    Problem(
        "chance_level",
        "plateaus",
        {"C": log(1e-4, 1e4), "gamma": log(1e-6, 10.0), "kernel": values("rbf", "poly", "sigmoid")},
        chance_level,
    ),
    Problem(
        "ties",
        "plateaus",
        {
            "max_depth": ints(1, 20),
            "min_samples_leaf": ints(1, 40),
            "max_features": uniform(0.1, 1.0),
            "criterion": values("gini", "entropy"),
        },
        ties,
    ),
    Problem("svm_wine", "scikit-learn", SVM, functools.partial(svm, "wine")),
    Problem("svm_digits", "scikit-learn", SVM, functools.partial(svm, "digits")),
    Problem("svm_breast_cancer", "scikit-learn", SVM, functools.partial(svm, "breast_cancer")),
    Problem("knn_digits", "scikit-learn", KNN, functools.partial(knn, "digits")),
    Problem("knn_wine", "scikit-learn", KNN, functools.partial(knn, "wine")),
    Problem("tree_breast_cancer", "scikit-learn", TREE, functools.partial(tree, "breast_cancer")),
    Problem("linear_diabetes", "scikit-learn", ELASTIC, elastic),
    Problem("sgd_breast_cancer", "scikit-learn", SGD, sgd),
    Problem("gb_diabetes", "scikit-learn", GB, tabulated("gb_diabetes", GB), table=True),
    Problem("gb_breast_cancer", "scikit-learn", GB, tabulated("gb_breast_cancer", GB), table=True),
    Problem("mlp_digits", "scikit-learn", MLP, tabulated("mlp_digits", MLP), table=True),
    *LINEAR_RANGES,
)  # fmt: skip
