"""What `Sweep.why` says under `metrics`: of several objectives, and of limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbsweep.records import Metric, RunRecord, is_number
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import digits_between, number, percent

TOLD_METRICS = 8


def guided(origin: Mapping[str, Any], config: SweepConfig, seen: str) -> str | None:
    """By what a model chose the params; None where one objective without limits did.

    Args:
        origin: of the suggestion.
        config: of the sweep.
        seen: the runs that the model had, in words.
    """
    limited = " and the limits would be kept" if config.limits else ""
    if origin.get("why") == "limits":
        names = ", ".join(metric.name for metric in config.limits[:TOLD_METRICS])
        return (
            f"Chosen where models of {seen} expected that the limits are most likely kept "
            f"({names}): no run had kept them yet."
        )
    if config.has_front:
        names = " and ".join(metric.name for metric in config.objectives[:TOLD_METRICS])
        return f"Chosen where models of {seen} expected the front of {names} to grow most{limited}."
    if config.limits and config.metric is not None:
        return (
            f"Chosen where models of {seen} expected the largest improvement of "
            f"{config.metric.name}{limited}."
        )
    return None


def several_metrics(run: RunRecord, config: SweepConfig) -> list[str]:
    """What was predicted of each metric, how each came out, and what the run was to add."""
    predicted: Mapping[str, Any] = run.origin["predicted"]
    parts = []
    for metric in config.metrics[:TOLD_METRICS]:
        each = predicted.get(metric.name)
        if isinstance(each, Mapping) and is_number(each.get("mean")):
            parts.append(_predicted(metric, each["mean"], each.get("sd"), run))
    sentences = [f"Predicted: {'; '.join(parts)}."] if parts else []
    sentences += _chances(run.origin, config)
    lacking = [each.name for each in config.metrics if each.counted(run) is None]
    if run.state.counts and lacking:
        sentences.append(f"It ended without a value of {', '.join(lacking[:TOLD_METRICS])}.")
    return sentences


def _predicted(metric: Metric, mean: float, sd: Any, run: RunRecord) -> str:
    width = float(sd) if is_number(sd) else 0.0
    digits = digits_between(mean - width, mean + width)
    text = f"{metric.name} {number(mean, digits=digits)}"
    text += f" ± {number(width)}" if width > 0.0 else ""
    value = metric.counted(run)
    return text if value is None else f"{text}, and it was {number(value, digits=digits)}"


def _chances(origin: Mapping[str, Any], config: SweepConfig) -> list[str]:
    numbers = {key: float(value) for key, value in origin.items() if is_number(value)}
    chance, keeps = numbers.get("probability_of_improvement"), numbers.get("probability_of_limits")
    gain, whole = numbers.get("expected_hypervolume_improvement"), numbers.get("hypervolume")
    success = numbers.get("probability_of_success")
    sentences = []
    if config.has_front and chance is not None:
        grows = (
            f"; growth of its hypervolume to expect: {number(100 * gain / whole)} %"
            if (gain is not None and whole)
            else ""
        )
        sentences.append(f"Chance to be on the front: {percent(chance)}{grows}.")
    elif chance is not None:
        sentences.append(f"Chance to beat the best that keeps the limits: {percent(chance)}.")
    if keeps is not None:
        sentences.append(f"Chance that a run there keeps the limits: {percent(keeps)}.")
    if success is not None:
        sentences.append(f"Chance that a run there gives all metrics: {percent(success)}.")
    return sentences
