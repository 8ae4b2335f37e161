"""The `metric` block of a sweep config, and `metrics`: several objectives, and limits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.objectives import LIMITS, is_objective
from nbsweep.records import Goal, Metric
from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import described, show

GOALS = tuple(goal.value for goal in Goal)
MODES = ("best", "last", "min", "max", "mean", "first")
METRIC_KEYS = ("name", "goal", "mode", "target", "impute", "impute_while_running", "per")
METRICS_KEYS = (*METRIC_KEYS, *LIMITS)
METRIC_EXAMPLE = '{"name": "val_loss", "goal": "minimize"}'
METRICS_EXAMPLE = (
    '[{"name": "accuracy", "goal": "maximize"}, {"name": "latency_ms", "at_most": 20}]'
)
_GOAL_ALIASES = {
    "ascending": "maximize",
    "descending": "minimize",
    "higher": "maximize",
    "lower": "minimize",
    "max": "maximize",
    "min": "minimize",
}
_MODE_ALIASES = {
    "average": "mean",
    "avg": "mean",
    "final": "last",
    "latest": "last",
    "maximum": "max",
    "minimum": "min",
}
_KEY_ALIASES = {
    "direction": "goal",
    "metric": "name",
    "key": "name",
    **dict.fromkeys(
        ("max", "maximum", "upper", "upper_bound", "below", "under", "limit", "threshold", "le"),
        "at_most",
    ),
    **dict.fromkeys(("min", "minimum", "lower", "lower_bound", "above", "over", "ge"), "at_least"),
}
_METRIC_ALIASES = {"goal": _GOAL_ALIASES, "mode": _MODE_ALIASES}


def read_metric(
    reader: Reader, path: tuple[str, ...], spec: Any, method: str | None = None
) -> Metric | None:
    """The metric of one block; None after noting what is wrong with it.

    Args:
        reader: collects problems and notes.
        path: ("metric",), or ("metrics[0]",) and so on, where limits may stand as well.
        spec: the block, plain; what is read in a lenient way is replaced.
        method: of the sweep, None when it is not known.
    """
    before = len(reader.problems)
    may_limit = path[0] != "metric"
    if isinstance(spec, str):
        reader.problem(
            path,
            f"found {described(spec)}; a dict is needed: "
            f'{{"name": {show(spec)}, "goal": "minimize"}} (or "maximize").',
        )
        return None
    if reader.mapping(path, spec, METRIC_EXAMPLE) is None:
        return None
    limits = [key for key in LIMITS if key in spec]
    if limits and not may_limit:
        reader.problem(
            (*path, limits[0]),
            f'a limit stands in "metrics", such as "metrics": {METRICS_EXAMPLE}.',
        )
        return None
    keys, aliases = (METRICS_KEYS, _KEY_ALIASES) if may_limit else (METRIC_KEYS, None)
    reader.known_keys(path, spec, keys, aliases)
    if not spec.get("name") and (*path, "name") not in reader.guessed:
        reader.problem(path, f'needs "name", the key that is logged, such as {METRIC_EXAMPLE}.')
    elif "name" in spec:
        reader.text((*path, "name"), spec["name"])
    if spec.get("impute_while_running") is False:
        spec["impute_while_running"] = "false"  # YAML reads an unquoted false so
    for key, options in (
        ("goal", GOALS),
        ("mode", MODES),
        ("impute", ("worst", "best", "latest")),
        ("per", ("time",)),
        ("impute_while_running", ("false", "latest", "best", "worst")),
    ):
        if key in spec:
            reader.choice((*path, key), spec[key], options, _METRIC_ALIASES.get(key))
    if spec.get("mode") in ("min", "max") and "goal" not in spec and not limits:
        reader.problem(
            (*path, "mode"),
            f"{show(spec['mode'])} says which of a run's values counts, not which run is better. "
            f'Add "goal": "{_GOAL_ALIASES[spec["mode"]]}"; the best value alone is '
            '"mode": "best".',
        )
    for key in ("target", *LIMITS):
        if key in spec:
            reader.number(path, spec, key)
    if spec.get("per") == "time" and method not in ("bayes", None):
        reader.note(
            (*path, "per"),
            f'"time" is ignored: method {show(method)} does not weigh a gain by the time that a '
            'run takes; "bayes" does.',
        )
        del spec["per"]
    return _metric(reader, path, spec, limits) if len(reader.problems) == before else None


def _metric(
    reader: Reader, path: tuple[str, ...], spec: dict[str, Any], limits: Sequence[str]
) -> Metric | None:
    if len(limits) == 2 and spec["at_most"] < spec["at_least"]:
        reader.problem(
            (*path, "at_most"),
            f"{spec['at_most']!r} is below at_least, {spec['at_least']!r}: no run can keep both.",
        )
        return None
    if not is_objective(spec):  # nothing to optimise: less of what is limited is better
        goal = Goal.MAXIMIZE if limits == ["at_least"] else Goal.MINIMIZE
        return Metric(**spec, goal=goal, is_objective=False)
    return Metric(**spec)


def names_in(source: Mapping[str, Any]) -> list[str]:
    """The names of the metrics of a config that is not checked yet."""
    several = source.get("metrics")
    blocks = [source.get("metric"), *(several if isinstance(several, list) else ())]
    names = [block.get("name") for block in blocks if isinstance(block, dict)]
    return [name for name in names if isinstance(name, str)]


def spell_out(reader: Reader, source: dict[str, Any]) -> None:
    """Write `metrics` as a list, with a note, where it is a dict by name or has `goals` beside it.

    What cannot be read so stays, for `read_metrics` to refuse; `goals` go in any case.
    """
    goals = source.pop("goals", None)
    if goals is None:
        blocks = _by_name(source.get("metrics"))
    else:
        blocks = _with_goals(source.get("metrics"), goals)
        if blocks is None:
            reader.problem(
                ("goals",),
                f"found {described(goals)}; each of the metrics has a goal of its own, such as "
                f'"metrics": {METRICS_EXAMPLE}.',
            )
    if blocks is not None:
        source["metrics"] = blocks
        reader.note(("metrics",), f"read as {json.dumps(blocks, ensure_ascii=False)}.")


def _by_name(blocks: Any) -> list[dict[str, Any]] | None:
    """The list that a dict from name to goal, or to a whole block, stands for; else None."""
    if not isinstance(blocks, dict) or not blocks or "name" in blocks:
        return None
    if all(isinstance(block, dict) for block in blocks.values()):
        return [{"name": name, **block} for name, block in blocks.items()]
    if all(isinstance(goal, str) for goal in blocks.values()):
        return [{"name": name, "goal": goal} for name, goal in blocks.items()]
    return None


def _with_goals(blocks: Any, goals: Any) -> list[dict[str, Any]] | None:
    """Names, or blocks, and their goals as one list; None where they do not go together."""
    if blocks is None:
        return _by_name(goals)
    if not isinstance(blocks, list):
        return None
    named = [block if isinstance(block, dict) else {"name": block} for block in blocks]
    names = [block.get("name") for block in named]
    if isinstance(goals, dict) and all(name in goals for name in names if isinstance(name, str)):
        goals = [goals[name] for name in names if name in goals]
    if not isinstance(goals, list) or len(goals) != len(named):
        return None
    return [{**block, "goal": goal} for block, goal in zip(named, goals, strict=True)]


def read_metrics(reader: Reader, source: dict[str, Any], method: str | None) -> tuple[Metric, ...]:
    """The objectives and limits of `metrics`; empty after noting what is wrong with it.

    One with a limit and without a goal is a limit alone.
    """
    path, specs = ("metrics",), source["metrics"]
    before = len(reader.problems)
    if not isinstance(specs, list) or not specs:
        found = "an empty list" if specs == [] else described(specs)
        reader.problem(
            path, f"found {found}; a list of metrics is needed, such as {METRICS_EXAMPLE}."
        )
        return ()
    if "metric" in source:
        reader.problem(
            path,
            '"metric" and "metrics" exclude each other. Keep "metric" for one objective; for '
            "several, make it one of the metrics.",
        )
    read = [read_metric(reader, (f"metrics[{i}]",), spec, method) for i, spec in enumerate(specs)]
    metrics = tuple(metric for metric in read if metric is not None)
    for name, times in Counter(metric.name for metric in metrics).items():
        if times > 1:
            reader.problem(
                path, f"{show(name)} is there {times} times. Give its goal and limits once."
            )
    if len(reader.problems) == before and not any(metric.is_objective for metric in metrics):
        reader.problem(
            path,
            "all of them are limits, so there is nothing to optimise. Give one of them a goal, "
            f"such as {METRICS_EXAMPLE}.",
        )
    return metrics if len(reader.problems) == before else ()
