"""Train what the tables hold: ``python -m benchmarks.budget.make_tables torch_digits``.

ROWS random configs are trained, one after the other on one thread, and measured on
held-out examples after each epoch. What is kept is what came out: NaN where a training
diverged, and the CPU seconds that each epoch took, measuring included.
"""

from __future__ import annotations

import argparse
import math
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one core, so that seconds of configs compare

import numpy as np

from benchmarks.budget.tables import FOLDER, Table, save
from benchmarks.budget.tasks import TASKS, Task
from benchmarks.search.peers import config_of
from nbsweep.sweep_config import parse

ROWS = 400
DATA = ("breast_cancer", "diabetes", "digits", "wine")
FEW = {"cnn_digits": 300, "torch_noisy_digits": 300}  # examples to train on
# How scikit-learn says that a training diverged; any other ValueError is ours.
DIVERGED = ("non-finite", "overflow", "NaN", "infinity")
Params = dict[str, Any]
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def data_of(name: str) -> Split:
    """Scaled x and y to train on, x and y to measure on."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    classes = name != "diabetes"
    x, held_x, y, held_y = train_test_split(
        x, y, test_size=0.5, random_state=0, stratify=y if classes else None
    )
    scaler = StandardScaler().fit(x)
    if not classes:
        held_y, y = (held_y - y.mean()) / y.std(), (y - y.mean()) / y.std()
    return scaler.transform(x), y, scaler.transform(held_x), held_y


def log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy of (n, classes) probabilities, NaN where they are."""
    picked = probabilities[np.arange(len(y)), y]
    return float(-np.log(np.maximum(picked, 1e-7)).mean())  # keeps NaN


def rmse(predicted: np.ndarray, y: np.ndarray) -> float:
    with np.errstate(over="ignore"):
        return float(np.sqrt(np.mean((predicted - y) ** 2)))


# --- scikit-learn: one value an epoch --------------------------------------------------


def boosting(task: Task, data: Split, p: Params) -> Iterator[float]:
    """One tree (one for each class) an epoch."""
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    x, y, held_x, held_y = data
    regression = task.metric == "rmse"
    kind = GradientBoostingRegressor if regression else GradientBoostingClassifier
    model = kind(n_estimators=1, warm_start=True, random_state=0, **p)
    for epoch in range(task.epochs):
        model.set_params(n_estimators=epoch + 1)
        model.fit(x, y)
        if regression:
            yield rmse(model.predict(held_x), held_y)
        else:
            yield log_loss(model.predict_proba(held_x), held_y)


def mlp(task: Task, data: Split, p: Params) -> Iterator[float]:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y, held_x, held_y = data
    p = dict(p)
    hidden = (p.pop("hidden"),) * p.pop("layers", 1)
    regression = task.metric == "rmse"
    model = (MLPRegressor if regression else MLPClassifier)(
        hidden_layer_sizes=hidden, random_state=0, **p
    )
    for _ in range(task.epochs):
        try:
            if regression:
                model.partial_fit(x, y)
            else:
                model.partial_fit(x, y, classes=np.unique(y))
        except ValueError as error:
            if not any(word in str(error) for word in DIVERGED):
                raise
            return
        if regression:
            yield rmse(model.predict(held_x), held_y)
        else:
            yield log_loss(model.predict_proba(held_x), held_y)


def linear(task: Task, data: Split, p: Params) -> Iterator[float]:
    """A linear classifier by stochastic gradient descent; accuracy, or the log loss."""
    from sklearn.linear_model import SGDClassifier

    x, y, held_x, held_y = data
    p = {"loss": "log_loss"} | p
    schedule = p.pop("schedule")
    rate = "constant" if schedule == "cosine" else schedule
    model = SGDClassifier(random_state=0, learning_rate=rate, **p)
    for epoch in range(task.epochs):
        if schedule == "cosine":
            share = 0.5 * (1 + math.cos(math.pi * epoch / task.epochs))
            model.set_params(eta0=max(p["eta0"] * share, 1e-6))
        try:
            model.partial_fit(x, y, classes=np.unique(y))
        except ValueError as error:
            if not any(word in str(error) for word in DIVERGED):
                raise
            return
        if task.metric == "accuracy":
            yield float(model.score(held_x, held_y))
        else:
            yield log_loss(model.predict_proba(held_x), held_y)


# --- torch -----------------------------------------------------------------------------


def rate_at(schedule: str, share: float) -> float:
    """The factor on the learning rate when `share` of the training is done."""
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * share))
    if schedule == "step":
        return 0.1 ** int(share * 3)
    if schedule == "one_cycle":
        return share / 0.3 if share < 0.3 else 0.5 * (1 + math.cos(math.pi * (share - 0.3) / 0.7))
    if schedule == "restarts":  # cosine, begun anew every quarter
        return 0.5 * (1 + math.cos(math.pi * (share * 4 % 1)))
    if schedule == "warmup":
        return min(share / 0.4, 1.0)
    return 1.0


def torch_net(task: Task, data: Split, p: Params) -> Iterator[float]:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y, held_x, held_y = (torch.tensor(a) for a in data)
    x, held_x = x.float(), held_x.float()
    if task.name == "torch_noisy_digits":
        # Few examples, a quarter of them with a wrong label: long trainings overfit.
        noise = torch.Generator().manual_seed(1)
        y = y.clone()
        wrong = torch.rand(len(y), generator=noise) < 0.25
        y[wrong] = torch.randint(10, (int(wrong.sum()),), generator=noise)
    if task.name == "cnn_digits":
        x, held_x = x.reshape(-1, 1, 8, 8), held_x.reshape(-1, 1, 8, 8)
        net = nn.Sequential(
            nn.Conv2d(1, p["channels"], p["kernel"], padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * p["channels"], 10),
        )
    else:
        width = int(p["width"])
        net = nn.Sequential(
            nn.Linear(64, width), nn.ReLU(), nn.Dropout(p.get("dropout", 0.0)), nn.Linear(width, 10)
        )
    kind = p.get("optimizer", "momentum" if "momentum" in p else "adam")
    decay = p.get("weight_decay", 0.0)
    if kind == "adam":
        optimizer: Any = torch.optim.Adam(net.parameters(), p["lr"], weight_decay=decay)
    else:
        momentum = 0.0 if kind == "sgd" else p.get("momentum", 0.9)
        optimizer = torch.optim.SGD(net.parameters(), p["lr"], momentum, weight_decay=decay)
    batch = p.get("batch", 64)
    for epoch in range(task.epochs):
        for group in optimizer.param_groups:
            group["lr"] = p["lr"] * max(rate_at(p["schedule"], (epoch + 0.5) / task.epochs), 1e-3)
        net.train()
        order = torch.randperm(len(x))
        for at in range(0, len(x), batch):
            picked = order[at : at + batch]
            loss = nn.functional.cross_entropy(net(x[picked]), y[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            found = net(held_x)
            if task.metric == "error":
                wrong = float((found.argmax(1) != held_y).float().mean())
                yield wrong if bool(torch.isfinite(found).all()) else math.nan
            else:
                yield float(nn.functional.cross_entropy(found, held_y))


TRAINERS: dict[str, Callable[[Task, Split, Params], Iterator[float]]] = {
    "torch": torch_net,
    "cnn": torch_net,
    "gb": boosting,
    "mlp": mlp,
    "sgd": linear,
}


def train(task: Task, data: Split, p: Params) -> tuple[np.ndarray, np.ndarray]:
    """Values and CPU seconds by epoch; NaN from the epoch on in which it diverged."""
    values = np.full(task.epochs, math.nan)
    seconds = np.full(task.epochs, math.nan)
    last = time.process_time()
    for epoch, value in enumerate(TRAINERS[task.name.split("_")[0]](task, data, p)):
        now = time.process_time()
        values[epoch], seconds[epoch] = value, now - last
        if not math.isfinite(value):
            break
        last = now
    return values, seconds


def record(task: Task, rows: int, folder: Path, show: bool = True) -> None:
    space = parse(config_of(task.parameters, "random")).space
    data = data_of(next(name for name in DATA if name in task.name))
    few = FEW.get(task.name, len(data[0]))
    data = (data[0][:few], data[1][:few], data[2][: 2 * few], data[3][: 2 * few])
    rng = np.random.default_rng(0)
    begun = time.process_time()
    params, values, seconds = [], [], []
    for row in range(rows):
        p = {q.name: q.distribution.quantile(float(rng.random())) for q in space}
        p = {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in p.items()}
        if not row:
            train(task, data, p)  # imports take seconds that are no epoch's
        value, second = train(task, data, p)
        params.append(p)
        values.append(value)
        seconds.append(second)
    folder.mkdir(parents=True, exist_ok=True)
    size = save(Table(task, params, np.array(values), np.array(seconds)), folder)
    if show:
        print(f"{task.name}: {time.process_time() - begun:.0f} s, {size / 1e3:.0f} kB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", help="all by default")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for task in TASKS:
        if not options.tasks or task.name in options.tasks:
            record(task, options.rows, options.folder)


if __name__ == "__main__":
    main()
