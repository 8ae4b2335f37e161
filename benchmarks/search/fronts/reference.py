"""The front that a problem is measured by: `python -m benchmarks.search.fronts.reference`.

An archive of points that no other dominates, from random draws and then from steps of one or
several parameters, for far more evaluations than any searcher has. `references.json` keeps for
each problem the reference point (a tenth of the front's range beyond its worst values) and the
hypervolume of that front; a searcher that finds more counts with its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.fronts.problems import FRONT_PROBLEMS, FrontProblem
from nbsweep.objectives import hypervolume, reference_point
from nbsweep.search.boxes import front_places
from nbsweep.search.encoding import Encoding
from nbsweep.search.maximize import mutate
from nbsweep.sweep_config import parse

HERE = Path(__file__).parent
REFERENCES = HERE / "references.json"
DRAWN = 2000
STEPS = 60
POINTS = 100  # a step
ARCHIVE = 300
REST = {"zdt1": 0.0, "zdt2": 0.0, "zdt3": 0.0, "dtlz2_3": 0.5, "noisy_dtlz2": 0.5, "c2_dtlz2": 0.5}
DEAR = {"tree_digits": (300, 8)}  # draws and steps where an evaluation takes milliseconds


def config_of(problem: FrontProblem, method: str = "bayes") -> dict[str, Any]:
    """The problem as a sweep config."""
    metrics: list[dict[str, Any]] = [
        {"name": f"f{i}", "goal": "minimize"} for i in range(problem.objectives)
    ]
    metrics += [{"name": f"g{i}", "at_most": limit} for i, limit in enumerate(problem.limits)]
    return {"method": method, "metrics": metrics, "parameters": problem.parameters}


def reference(problem: FrontProblem) -> dict[str, Any]:
    """Its reference point and the hypervolume of its front."""
    _, values, middle = archive(problem)
    points = [tuple(map(float, point)) for point in values]
    at = reference_point(points) if problem.objectives > 1 else (middle,)
    assert at is not None
    return {"reference": at, "hypervolume": hypervolume(points, at), "points": len(points)}


def archive(problem: FrontProblem) -> tuple[Any, Any, float]:
    """Points of its front, their values, and the median of the first objective over draws."""
    rng = np.random.default_rng(0)
    encoding = Encoding(parse(config_of(problem)).space)
    drawn, steps = DEAR.get(problem.name, (DRAWN, STEPS))
    x, values = _kept(problem, encoding, np.vstack([_known(problem), encoding.sample(drawn, rng)]))
    middle = float(np.median(values[:, 0]))  # of draws: far enough from the best to tell apart
    for _ in range(steps):
        new_x, new_values = _kept(problem, encoding, mutate(encoding, x, POINTS, rng))
        x, values = np.vstack([x, new_x]), np.vstack([values, new_values])
        places = np.array(front_places(values))
        if len(places) > ARCHIVE:
            places = places[np.sort(rng.permutation(len(places))[:ARCHIVE])]
        x, values = x[places], values[places]
    return x, values, middle


def _known(problem: FrontProblem) -> Any:
    """Points of the front where that is known: only the first m − 1 parameters vary on it."""
    d, free = len(problem.parameters), problem.objectives - 1
    if problem.name not in REST:
        return np.empty((0, d))
    sides = np.meshgrid(*[np.linspace(0.0, 1.0, ARCHIVE if free == 1 else 20)] * free)
    first = np.column_stack([side.ravel() for side in sides])
    return np.hstack([first, np.full((len(first), d - free), REST[problem.name])])


def _kept(problem: FrontProblem, encoding: Encoding, x: Any) -> tuple[Any, Any]:
    """The points that keep the limits, and their objectives."""
    found = [problem.value(encoding.decode(each)) for each in x]
    kept = [i for i, v in enumerate(found) if v is not None and problem.keeps_limits(v)]
    values = [(found[i] or ())[: problem.objectives] for i in kept]
    return x[kept], np.array(values).reshape(len(kept), problem.objectives)


def main() -> None:
    known = json.loads(REFERENCES.read_text()) if REFERENCES.exists() else {}
    for problem in FRONT_PROBLEMS:
        if problem.name in known and problem.name not in sys.argv[1:]:
            continue
        known[problem.name] = reference(problem)
        print(problem.name, known[problem.name], flush=True)
        lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in known.items())
        REFERENCES.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
