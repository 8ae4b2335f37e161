"""Problems with two or three objectives, some of them with limits, all cheap to evaluate.

Objectives are minimised. Sources: ZDT (Zitzler, Deb & Thiele 2000), DTLZ2 (Deb et al. 2002) and
C2-DTLZ2 (Jain & Deb 2014), BNH and OSY (Deb 2001, section 8), Branin-Currin (Belakaria, Deshwal
& Doppa 2019), crash safety of a vehicle (Liao et al. 2008); the others are like what people
tune: error beside latency or size, in mixed spaces.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.search.problem import Params, dataset, ints, log, uniform, values

Values = tuple[float, ...]


@dataclass(frozen=True)
class FrontProblem:
    """Several things to tune at once.

    Attributes:
        name: unique.
        family: problems of one kind are averaged together.
        parameters: W&B's `parameters` block.
        value: params to the noise-free objectives and then the limited metrics; None for a run
            that crashes.
        objectives: how many of the values are objectives.
        limits: the highest value that each of the others may have.
        noise: standard deviations of what is added to each value; none when empty.
        held_out: whether nothing of the search was chosen by it.
    """

    name: str
    family: str
    parameters: dict[str, Any]
    value: Callable[[Params], Values | None]
    objectives: int = 2
    limits: Values = ()
    noise: Values = ()
    held_out: bool = False

    def evaluate(self, params: Params, rng: np.random.Generator) -> Values | None:
        """What a run with these params reports."""
        found = self.value(params)
        if found is None or not self.noise:
            return found
        return tuple(
            v + sd * float(e)
            for v, sd, e in zip(found, self.noise, rng.normal(size=len(found)), strict=True)
        )

    def keeps_limits(self, found: Values) -> bool:
        """Whether values keep all limits."""
        limited = found[self.objectives :]
        return all(v <= limit for v, limit in zip(limited, self.limits, strict=True))


def cube(d: int, low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    return {f"x{i}": uniform(low, high) for i in range(d)}


def coordinates(p: Params) -> list[float]:
    return [p[f"x{i}"] for i in range(len(p))]


def branin(a: float, b: float) -> float:
    inner = b - 5.1 / (4 * math.pi**2) * a**2 + 5 / math.pi * a - 6
    return inner**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def branin_currin(p: Params) -> Values:
    x, y = p["x0"], p["x1"]
    scale = 1.0 if y == 0.0 else 1 - math.exp(-1 / (2 * y))
    top = 2300 * x**3 + 1900 * x**2 + 2092 * x + 60
    return branin(15 * x - 5, 15 * y), scale * top / (100 * x**3 + 500 * x**2 + 4 * x + 20)


def zdt(shape: Callable[[float, float], float]) -> Callable[[Params], Values]:
    def value(p: Params) -> Values:
        first, *rest = coordinates(p)
        g = 1 + 9 * sum(rest) / len(rest)
        return first, g * shape(first, g)

    return value


def zdt3_shape(first: float, g: float) -> float:
    return 1 - math.sqrt(first / g) - first / g * math.sin(10 * math.pi * first)


def dtlz2(m: int) -> Callable[[Params], Values]:
    def value(p: Params) -> Values:
        x = coordinates(p)
        radius = 1 + sum((each - 0.5) ** 2 for each in x[m - 1 :])
        found = []
        for i in range(m):
            product = radius
            for angle in x[: m - 1 - i]:
                product *= math.cos(angle * math.pi / 2)
            if i:
                product *= math.sin(x[m - 1 - i] * math.pi / 2)
            found.append(product)
        return tuple(found)

    return value


def c2_dtlz2(p: Params) -> Values:
    """Only near three places of the front are the limits kept; more than 0 breaks them."""
    f = dtlz2(2)(p)
    r2 = 0.2**2
    ends = min((f[i] - 1) ** 2 + f[1 - i] ** 2 - r2 for i in range(2))
    middle = sum((each - 1 / math.sqrt(2)) ** 2 for each in f) - r2
    return (*f, min(ends, middle))


def bnh(p: Params) -> Values:
    x, y = p["x0"], p["x1"]
    return (
        4 * x**2 + 4 * y**2, (x - 5) ** 2 + (y - 5) ** 2,
        (x - 5) ** 2 + y**2, -((x - 8) ** 2) - (y + 3) ** 2,
    )  # fmt: skip


def osy(p: Params) -> Values:
    a, b, c, d, e, f = coordinates(p)
    first = -(25 * (a - 2) ** 2 + (b - 2) ** 2 + (c - 1) ** 2 + (d - 4) ** 2 + (e - 1) ** 2)
    return (
        first, a * a + b * b + c * c + d * d + e * e + f * f,
        2 - a - b, a + b - 6, b - a - 2, a - 3 * b - 2, (c - 3) ** 2 + d - 4, 4 - (e - 3) ** 2 - f,
    )  # fmt: skip


def vehicle_safety(p: Params) -> Values:
    a, b, c, d, e = coordinates(p)
    mass = 1640.2823 + 2.3573285 * a + 2.3220035 * b + 4.5688768 * c + 7.7213633 * d + 4.4559504 * e
    acceleration = (
        6.5856 + 1.15 * a - 1.0427 * b + 0.9738 * c + 0.8364 * d - 0.3695 * a * d + 0.0861 * a * e
        + 0.3628 * b * d - 0.1106 * a**2 - 0.3437 * c**2 + 0.1764 * d**2
    )  # fmt: skip
    intrusion = (
        -0.0551 + 0.0181 * a + 0.1024 * b + 0.0421 * c - 0.0073 * a * b + 0.024 * b * c
        - 0.0118 * b * d - 0.0204 * c * d - 0.008 * c * e - 0.0241 * b**2 + 0.0109 * d**2
    )  # fmt: skip
    return mass, acceleration, intrusion


NETWORK = {
    "kind": values("mlp", "conv", "attention"),
    "layers": ints(1, 12),
    "width": values(16, 32, 64, 128, 256, 512),
    "lr": log(1e-5, 1.0),
    "dropout": uniform(0.0, 0.6),
}


def network(p: Params) -> Values:
    """Error and milliseconds of a network: larger ones are better and slower."""
    size = p["layers"] * math.log2(p["width"])
    best_lr = {"mlp": -2.2, "conv": -2.6, "attention": -3.4}[p["kind"]] - 0.04 * p["layers"]
    off = math.log10(p["lr"]) - best_lr
    floor = {"mlp": 0.16, "conv": 0.08, "attention": 0.05}[p["kind"]]
    need = {"mlp": 6.0, "conv": 14.0, "attention": 30.0}[p["kind"]]
    error = floor + 0.6 * math.exp(-size / need) + 0.12 * math.log1p(off * off * 3)
    error += 0.3 * (p["dropout"] - 0.005 * size) ** 2
    unit = {"mlp": 0.004, "conv": 0.02, "attention": 0.05}[p["kind"]]
    return error, 1.0 + unit * p["layers"] * p["width"] ** 0.8


def memory_network(p: Params) -> Values | None:
    """The same, where the largest networks run out of memory."""
    return None if p["layers"] * p["width"] > 2500 else network(p)


def three_of_network(p: Params) -> Values:
    """Error, milliseconds and millions of parameters."""
    extra = {"mlp": 1.0, "conv": 0.4, "attention": 1.8}[p["kind"]]
    return (*network(p), 1e-6 * extra * p["layers"] * p["width"] ** 2)


def limited_network(p: Params) -> Values:
    error, ms = network(p)
    return error, ms


def limited_branin(p: Params) -> Values:
    """Branin's function in a disk (Gelbart, Snoek & Adams 2014)."""
    a, b = 15 * p["x0"] - 5, 15 * p["x1"]
    return branin(a, b), (a - 2.5) ** 2 + (b - 7.5) ** 2


@functools.cache
def _tree(criterion: str, depth: int, leaf: int, alpha: float, share: float) -> Values:
    from sklearn.model_selection import StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier

    x, y = dataset("digits")
    errors, leaves = [], []
    for train, test in StratifiedKFold(3).split(x, y):
        tree = DecisionTreeClassifier(
            criterion=criterion, max_depth=depth, min_samples_leaf=leaf, ccp_alpha=alpha,
            max_features=share, random_state=0,
        ).fit(x[train], y[train])  # fmt: skip
        errors.append(1.0 - tree.score(x[test], y[test]))
        leaves.append(tree.get_n_leaves())
    return float(np.mean(errors)), float(np.mean(leaves))


def tree_digits(p: Params) -> Values:
    """Error of a decision tree on digits and how many leaves it has."""
    return _tree(p["criterion"], p["depth"], p["leaf"], p["alpha"], p["share"])


TREE = {
    "criterion": values("gini", "entropy"),
    "depth": ints(1, 15),
    "leaf": ints(1, 30),
    "alpha": log(1e-5, 0.1),
    "share": uniform(0.1, 1.0),
}

FRONT_PROBLEMS: tuple[FrontProblem, ...] = (
    FrontProblem("branin_currin", "smooth", cube(2), branin_currin),
    FrontProblem("zdt1", "smooth", cube(5), zdt(lambda f, g: 1 - math.sqrt(f / g))),
    FrontProblem("zdt2", "smooth", cube(5), zdt(lambda f, g: 1 - (f / g) ** 2), held_out=True),
    FrontProblem("zdt3", "smooth", cube(5), zdt(zdt3_shape)),
    FrontProblem("dtlz2_3", "three objectives", cube(6), dtlz2(3), 3),
    FrontProblem("vehicle_safety", "three objectives", cube(5, 1.0, 3.0), vehicle_safety, 3, held_out=True),
    FrontProblem("network_size", "three objectives", NETWORK, three_of_network, 3),
    FrontProblem("network_latency", "mixed", NETWORK, network),
    FrontProblem("network_memory", "mixed", NETWORK, memory_network),
    FrontProblem("tree_digits", "mixed", TREE, tree_digits, held_out=True),
    FrontProblem("noisy_dtlz2", "noisy", cube(4), dtlz2(2), noise=(0.05, 0.05)),
    FrontProblem("noisy_network", "noisy", NETWORK, network, noise=(0.02, 0.5)),
    FrontProblem("bnh", "limits", {"x0": uniform(0.0, 5.0), "x1": uniform(0.0, 3.0)}, bnh, limits=(25.0, -7.7)),
    FrontProblem(
        "osy", "limits",
        {"x0": uniform(0, 10), "x1": uniform(0, 10), "x2": uniform(1, 5), "x3": uniform(0, 6),
         "x4": uniform(1, 5), "x5": uniform(0, 10)},
        osy, limits=(0.0,) * 6,
    ),
    FrontProblem("c2_dtlz2", "limits", cube(4), c2_dtlz2, limits=(0.0,), held_out=True),
    FrontProblem("limited_branin", "one objective within limits", cube(2), limited_branin, 1, (50.0,)),
    FrontProblem("limited_network", "one objective within limits", NETWORK, limited_network, 1, (4.0,)),
)  # fmt: skip
