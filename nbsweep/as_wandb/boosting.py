"""What W&B's callbacks for XGBoost and LightGBM have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nbsweep
from nbsweep.runs.run import Run


def keep_best(run: Run, key: str, metric: str, minimized: set[str], maximized: set[str]) -> None:
    """Let the summary keep the best value of a metric whose direction is known."""
    name = metric.lower()
    if "loss" in name or name in minimized:
        run.define_metric(key, summary="min")
    elif name in maximized:
        run.define_metric(key, summary="max")


def keep_file(name: str, path: Path, aliases: Sequence[str] = ()) -> None:
    """Keep a file as an artifact of type model."""
    artifact = nbsweep.Artifact(name=name, type="model")
    artifact.add_file(str(path))
    nbsweep.log_artifact(artifact, aliases=list(aliases) or None)


def log_importance(run: Run, scores: Iterable[tuple[Any, Any]], commit: bool | None = None) -> None:
    """Log feature importance as a bar chart; `scores` are pairs of feature and value."""
    rows = [[feature, float(score)] for feature, score in scores]
    table = nbsweep.Table(data=rows, columns=["Feature", "Importance"])
    title = "Feature Importance"
    chart = nbsweep.plot.bar(table, "Feature", "Importance", title=title)
    run.log({title: chart}, commit=commit)
