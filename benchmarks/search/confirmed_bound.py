"""How often the best of what was tried can be found at all: allocations that know the noise.

    python -m benchmarks.search.confirmed_bound --seeds 4

The first E of 50 runs are those of `bayes`, the rest are spent on repeating them, one by one, by
the rules of the literature on ranking and selection. They know the noise of a run, which a sweep
has to find out, and nothing of neighbours, which its model knows:

- top-two: leader and challenger are drawn from the posterior (Russo 2020);
- OCBA: in the ratios of Chen et al. (2000), recomputed after each run;
- closest pair: the leader or the one that is told apart from it least, which has fewer runs;
- halving: of the first eight the better half goes on, three times (Karnin et al. 2013);
- referee: knows the two best ones, and repeats these alone: no rule can do better by values alone
  with these configurations.

Results go to `confirmed_bound.json`, from which `confirmed` makes a table.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search.confirmed import BUDGET, CLOSE, FIRST_SEED, NOISY, QUICK, Simulated

HERE = Path(__file__).parent
EXPLORED = (8, 12, 16, 20, 25, 30, 35, 40)
DRAWS = 60  # repetitions of each allocation, with other noise
HALVED = 8
Array = Any


class Known:
    """Configurations with their runs, and what is believed of them.

    Args:
        truth: shape (k,), noise-free.
        first: shape (k,), of the first run of each.
        sd: of a run.
        rng: of the noise of further runs.
    """

    def __init__(self, truth: Array, first: Array, sd: float, rng: np.random.Generator) -> None:
        self.truth, self.sd, self.rng = truth, sd, rng
        self.sums, self.n = first.copy(), np.ones(len(first))
        self._mean = float(first.mean())
        self._variance = max(float(first.var()) - sd**2, (0.3 * sd) ** 2)

    def run(self, i: int) -> None:
        """One more run of configuration i."""
        self.sums[i] += self.truth[i] + self.sd * self.rng.normal()
        self.n[i] += 1

    @property
    def posterior(self) -> tuple[Array, Array]:
        """Mean and variance of each, from a normal law over all."""
        precision = 1.0 / self._variance + self.n / self.sd**2
        mean = (self._mean / self._variance + self.sums / self.sd**2) / precision
        return mean, 1.0 / precision


def top_two(known: Known) -> int:
    mean, variance = known.posterior
    leader = int((mean + np.sqrt(variance) * known.rng.normal(size=len(mean))).argmin())
    if known.rng.random() < 0.5:
        return leader
    for _ in range(50):
        other = int((mean + np.sqrt(variance) * known.rng.normal(size=len(mean))).argmin())
        if other != leader:
            return other
    return leader


def ocba(known: Known) -> int:
    mean, _ = known.posterior
    best = int(mean.argmin())
    weights = 1.0 / np.maximum(mean - mean[best], 1e-3 * known.sd) ** 2
    weights[best] = 0.0
    weights[best] = math.sqrt(float((weights**2).sum()))
    return int((weights / weights.sum() - known.n / known.n.sum()).argmax())


def closest_pair(known: Known) -> int:
    mean, variance = known.posterior
    best = int(mean.argmin())
    off = (mean - mean[best]) / np.sqrt(variance + variance[best])
    off[best] = np.inf
    rival = int(off.argmin())
    return best if known.n[best] <= known.n[rival] else rival


def spend_by(rule: Callable[[Known], int], known: Known, left: int) -> int:
    """The place of the configuration that is reported."""
    for _ in range(left):
        known.run(rule(known))
    return int(known.posterior[0].argmin())


def halving(known: Known, left: int) -> int:
    alive = np.argsort(known.sums / known.n)[:HALVED]
    for round_ in range(3):
        each = max(1, left // ((3 - round_) * len(alive)))
        for i in np.repeat(alive, each)[: max(left, 0)]:
            known.run(int(i))
        left -= each * len(alive)
        order = np.argsort((known.sums / known.n)[alive])
        alive = alive[order[: max(2, len(alive) // 2)]]
    return int(alive[0])


RULES: dict[str, Callable[[Known, int], int]] = {
    "top-two": lambda known, left: spend_by(top_two, known, left),
    "OCBA": lambda known, left: spend_by(ocba, known, left),
    "closest pair": lambda known, left: spend_by(closest_pair, known, left),
    "halving": halving,
}


def referee(truth: Array, sd: float, left: int) -> float:
    """The chance to tell the best from the second best, all further runs spent on these two."""
    best, second = np.sort(truth)[:2]
    each = 1.0 + left / 2.0
    return NormalDist().cdf(float(second - best) / (sd * math.sqrt(2.0 / each)))


def measured(sweeps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shares and distances for each rule and number of explored runs."""
    best: dict[str, float] = {}
    for sweep in sweeps:
        name = sweep["problem"]
        best[name] = min(best.get(name, math.inf), *sweep["truth"])
    table = []
    for explored in EXPLORED:
        left = BUDGET - explored
        parts = [
            (np.array(s["truth"][:explored]), np.array(s["seen"][:explored]), s) for s in sweeps
        ]
        for name, rule in RULES.items():
            rng = np.random.default_rng(explored)
            behind, regret = [], []
            for truth, first, sweep in parts:
                for _ in range(DRAWS):
                    found = truth[rule(Known(truth, first, sweep["noise"], rng), left)]
                    behind.append((found - truth.min()) / sweep["noise"])
                    regret.append((found - best[sweep["problem"]]) / sweep["noise"])
            off = np.array(behind)
            table.append(
                {
                    "rule": name,
                    "explored": explored,
                    "best": float((off < 1e-9).mean()),
                    "close": float((off < CLOSE).mean()),
                    "behind": float(off.mean()),
                    "regret": float(np.mean(regret)),
                }
            )
        limit = float(np.mean([referee(t, s["noise"], left) for t, _, s in parts]))
        table.append({"rule": "referee", "explored": explored, "best": limit})
    return table


def explored(problem: Any, seed: int) -> dict[str, Any]:
    """A sweep of a problem that repeats nothing."""
    sweep = Simulated(problem, seed).search(BUDGET)
    truth = [float(problem.value(dict(run.params)) or 0.0) for run in sweep.runs]
    seen = [run.summary["loss"] for run in sweep.runs]
    return {"problem": problem.name, "noise": problem.noise, "truth": truth, "seen": seen}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="3 problems, 1 seed; nothing is kept")
    options, _ = parser.parse_known_args()
    problems = [p for p in NOISY if not options.quick or p.name in QUICK]
    seeds = range(FIRST_SEED, FIRST_SEED + (1 if options.quick else options.seeds))
    table = measured([explored(problem, seed) for seed in seeds for problem in problems])
    for row in table:
        print({k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()})
    if not options.quick:
        lines = ",\n".join(json.dumps(row) for row in table)
        (HERE / "confirmed_bound.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
