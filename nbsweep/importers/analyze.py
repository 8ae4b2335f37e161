"""`nbsweep.analyze`: plots, importance, panel and report of runs of any origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.handles.analyzed import AnalyzedRuns, RunsToRead, refusal
from nbsweep.handles.sweep import Sweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.importers.assembly import Wishes
from nbsweep.importers.csv_table import of_rows
from nbsweep.importers.foreign import ForeignSweep, bring_in, record_of, sweep_of
from nbsweep.importers.inference import in_words
from nbsweep.importers.objects import rows_of
from nbsweep.importers.own_runs import Part, of_parts, part_of, parts_of_runs
from nbsweep.importers.paths import Which, read_path
from nbsweep.records import Goal, SweepState
from nbsweep.runs import session
from nbsweep.view.console import say
from nbsweep.wording import closest, described, did_you_mean, plural, some

PROJECT = "analyzed"
GOALS = tuple(goal.value for goal in Goal)
SHOWN = 12  # names in a message
_GOAL_WORDS = {
    **dict.fromkeys(("min", "minimise", "minimum", "low", "lower", "down"), "minimize"),
    **dict.fromkeys(("max", "maximise", "maximum", "high", "higher", "up"), "maximize"),
}


def analyze(
    runs: Any,
    metric: str | Sequence[str] | None = None,
    goal: str | Sequence[str] | None = None,
    *,
    params: Sequence[str] | None = None,
    metrics: Sequence[str] = (),
    ignore: Sequence[str] = (),
    kind: str | None = None,
    study: str | None = None,
    experiment: str | None = None,
    curves: bool = False,
    name: str | None = None,
) -> AnalyzedRuns:
    """Runs of any origin as a sweep to look at: its plots, importance, findings, panel, report.

    Nothing is written: the runs are kept in memory, and go with the object. What would hand
    out, change or continue runs is refused.

    Args:
        runs: a list of dicts, of dataclasses or of runs of W&B, MLflow or Ray; a pandas or
            polars DataFrame; a dict of columns; an Optuna study; the path of a CSV or JSON
            file, or of what W&B, MLflow, Ray, TensorBoard, trackio or Optuna wrote; a `Sweep`
            or its id, or several in a list or as ``{"label": sweep}``; a list of SweepRun.
        metric: its name, or several objectives; default: the sweep's own, or found by name.
        goal: "minimize" or "maximize", or one for each metric; default: by the metric's name.
        params: names of the parameters; default: what is neither a metric nor a fact such as
            an id or a date.
        metrics: names of further metrics that are not called as metrics usually are.
        ignore: names of columns that are neither parameters nor metrics.
        kind: of a path: "csv", "mlflow", "optuna", "ray", "tensorboard", "trackio" or
            "wandb-export"; default: told from what is there.
        study: of an Optuna storage with several.
        experiment: of an MLflow store with several.
        curves: whether to ask W&B's API for what the runs logged, a request for each run.
        name: to show; default: where the runs come from.

    Returns:
        An object with the methods of `Sweep`. Its `notes` say what was guessed.

    Raises:
        UsageError: there are no runs that ended, none has the metric, or what is a metric or a
            parameter has to be named.

    Example:
        >>> runs = nbsweep.analyze("results.csv", metric="val_loss", goal="minimize")
        >>> runs.importance()
    """
    wishes = _wishes(metric, goal, params, metrics, ignore)
    foreign = _read(runs, wishes, kind, Which(study, experiment), curves=curves)
    result = _looked_at(foreign, wishes, name)
    result.notes += _notes(result, foreign, wishes)
    if result.notes and not session.silent():
        say("\n".join(result.notes))
    return result


def read_quietly(runs: Any, metric: str | None = None, goal: str | None = None) -> AnalyzedRuns:
    """As `analyze`, without a word about what was guessed."""
    wishes = _wishes(metric, goal, None, (), ())
    return _looked_at(_read(runs, wishes, None, Which(), curves=False), wishes, None)


def _looked_at(foreign: ForeignSweep, wishes: Wishes, name: str | None) -> AnalyzedRuns:
    """The runs in a store of their own, with a handle."""
    foreign = _in_order(_as_wished(foreign, wishes))
    config = dict(foreign.config)
    config["name"] = name or config.get("name") or _title(foreign.source)
    foreign = replace(foreign, config=config)
    store = RunsToRead()
    sweep_id = _fill(store, foreign)
    store.seal(refusal(foreign.source))

    def keep(project: str | None) -> str:
        return bring_in(foreign, session.store(), session.project(project))

    return AnalyzedRuns(store, sweep_id, foreign.source, (), keep)


def _read(
    runs: Any, wishes: Wishes, kind: str | None, which: Which, *, curves: bool
) -> ForeignSweep:
    """The runs, wherever they are."""
    parts = parts_of(runs)
    if parts:
        return of_parts(parts, wishes)
    if isinstance(runs, (str, PathLike)):
        return _at(fspath(runs), kind, wishes, which)
    if hasattr(runs, "get_trials") and hasattr(runs, "directions"):
        return _of_study(runs, wishes)
    rows, what = rows_of(runs, curves=curves)
    return of_rows(rows, wishes, what, what, first=0)


def parts_of(runs: Any) -> list[Part]:
    """The runs of nbsweep's own sweeps, sweep by sweep; [] where it is something else.

    Raises:
        NotFoundError: an id of a list is not that of a sweep.
    """
    if isinstance(runs, Sweep):
        return [part_of(runs.stored)]
    if isinstance(runs, str) and is_sweep_id(runs):
        return [part_of(Sweep(runs).stored)]
    if isinstance(runs, Mapping):
        if not runs or not all(map(_is_own, runs.values())):
            return []
        return [part for label, value in runs.items() for part in _labelled(str(label), value)]
    if isinstance(runs, (list, tuple)) and runs:
        if all(isinstance(run, SweepRun) for run in runs):
            return parts_of_runs(runs)
        if all(isinstance(run, (Sweep, str)) for run in runs):
            paths = [run for run in runs if isinstance(run, str) and Path(run).exists()]
            if paths:
                raise UsageError(
                    f"analyze: {paths[0]!r} is a path among {plural(len(runs), 'thing')}; it takes "
                    "one path, or the ids of sweeps. nbsweep.compare takes several paths."
                )
            return [part_of((run if isinstance(run, Sweep) else Sweep(run)).stored) for run in runs]
    return []


def _labelled(label: str, runs: Any) -> list[Part]:
    parts = parts_of(runs)
    if len(parts) == 1:
        return [replace(parts[0], label=label)]
    return [replace(part, label=f"{label}: {part.label}") for part in parts]


def _is_own(value: Any) -> bool:
    """Whether this is a sweep of nbsweep's, its id, or runs or sweeps in a list."""
    if isinstance(value, (Sweep, SweepRun)):
        return True
    if isinstance(value, str):
        return is_sweep_id(value)
    return isinstance(value, (list, tuple)) and bool(value) and all(map(_is_own, value))


def is_sweep_id(text: str) -> bool:
    """Whether the store has a sweep of that id; looking makes no store."""
    if Path(text).exists() or "://" in text or not session.store_is_there():
        return False
    wanted = text.rpartition("/")[2]
    return any(sweep.id == wanted for sweep in session.store().sweeps())


def _at(path: str, kind: str | None, wishes: Wishes, which: Which) -> ForeignSweep:
    if kind is None and "://" not in path and not Path(path).exists():
        raise UsageError(
            f"analyze({path!r}): there is no such file or folder in {Path.cwd()}, and no sweep of "
            "that id in the store. nbsweep ls lists the sweeps."
        )
    return read_path(path, kind, wishes, which)


def _of_study(study: Any, wishes: Wishes) -> ForeignSweep:
    from nbsweep.importers.optuna_study import of_study

    return of_study(study, wishes.metric)


def _as_wished(foreign: ForeignSweep, wishes: Wishes) -> ForeignSweep:
    """A study with the goals and parameters that the user named; tables have them already.

    Raises:
        UsageError: there are no runs, or a parameter is not there.
    """
    if not foreign.runs:
        raise UsageError(f"{foreign.source} has no runs that ended: nothing to analyze.")
    config = dict(foreign.config)
    goals = {name: goal for name, goal in [(wishes.metric, wishes.goal), *wishes.others] if goal}
    if wishes.metric is None and wishes.goal is not None and "metric" in config:
        goals[config["metric"]["name"]] = wishes.goal
    if "metric" in config:
        config["metric"] = _with_goal(config["metric"], goals)
    else:
        config["metrics"] = [_with_goal(block, goals) for block in config["metrics"]]
    names = list(dict.fromkeys(name for run in foreign.runs for name in run.params))
    for name in wishes.params:
        if name not in names and not any(name in called for called in foreign.notes):
            guess = did_you_mean(closest(name, names))
            raise UsageError(f'No run has the parameter "{name}".{guess} There are {_some(names)}.')
    gone = {name for name in names if _is_dropped(name, wishes)}
    if not gone & set(config["parameters"]):
        return replace(foreign, config=config)
    specs = {
        name: {key: value for key, value in spec.items() if key != "when" or not gone & set(value)}
        for name, spec in config["parameters"].items()
        if name not in gone
    }
    runs = [
        replace(run, params={k: v for k, v in run.params.items() if k not in gone})
        for run in foreign.runs
    ]
    return replace(foreign, runs=runs, config={**config, "parameters": specs})


def _with_goal(block: Mapping[str, Any], goals: Mapping[Any, str]) -> dict[str, Any]:
    return {**block, "goal": goals[block["name"]]} if block["name"] in goals else dict(block)


def _is_dropped(name: str, wishes: Wishes) -> bool:
    return name in wishes.ignored or bool(wishes.params and name not in wishes.params)


def _in_order(foreign: ForeignSweep) -> ForeignSweep:
    """The runs in the order in which they began, where that is known of all of them."""
    began = [run.began_at for run in foreign.runs]
    if None in began:
        return foreign
    runs = sorted(foreign.runs, key=lambda run: run.began_at or 0.0)
    return replace(foreign, runs=runs)


def _fill(store: RunsToRead, foreign: ForeignSweep) -> str:
    """Put the runs into the store, with their own ids where each has one; the sweep's id."""
    sweep, config = sweep_of(foreign, PROJECT)
    sweep = replace(
        sweep,
        state=SweepState.FINISHED,
        ended_at=sweep.created_at,
        end_reason=f"read from {foreign.source}",
    )
    ids = [run.id for run in foreign.runs]
    own = None not in ids and len(set(ids)) == len(ids)
    store.fill(
        sweep,
        (
            record_of(
                *(run, run.id if own and run.id else f"run{number:05}", number),
                *(sweep, config, foreign.source),
            )
            for number, run in enumerate(foreign.runs, start=1)
        ),
    )
    return sweep.id


def _title(source: str) -> str:
    return source[0].upper() + source[1:]


def _wishes(
    metric: str | Sequence[str] | None,
    goal: str | Sequence[str] | None,
    params: Sequence[str] | None,
    metrics: Sequence[str],
    ignore: Sequence[str],
) -> Wishes:
    """What the user said, checked.

    Raises:
        UsageError: a goal is not one, or there are more goals than metrics.
    """
    names = _texts("metric", metric)
    goals = checked_goals(goal)
    if len(goals) > max(1, len(names)):
        raise UsageError(f"goal: {len(goals)} goals for {plural(len(names), 'metric')}.")
    padded = [*goals, *[None] * (len(names) - len(goals))]
    pairs = list(zip(names, padded, strict=False))
    return Wishes(
        metric=names[0] if names else None,
        goal=goals[0] if goals else None,
        params=_texts("params", params),
        others=pairs[1:],
        measured=_texts("metrics", metrics),
        ignored=_texts("ignore", ignore),
        in_python=True,
    )


def checked_goals(goal: str | Sequence[str] | None) -> list[str]:
    """The goals that the user named.

    Raises:
        UsageError: one is not a goal.
    """
    goals = _texts("goal", goal)
    for each in goals:
        if each not in GOALS:
            guess = did_you_mean(_GOAL_WORDS.get(each.lower()) or closest(each, GOALS))
            raise UsageError(
                f'goal: found {described(each)}.{guess} Write "minimize" or "maximize".'
            )
    return goals


def _texts(argument: str, value: Any) -> list[str]:
    """A name, or several, as a list.

    Raises:
        UsageError: it is neither.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable) or not all(isinstance(name, str) for name in value):
        raise UsageError(
            f"{argument}: found {described(value)}; a name or a list of names is needed."
        )
    return list(value)


def _notes(handle: AnalyzedRuns, foreign: ForeignSweep, wishes: Wishes) -> list[str]:
    """What was taken for what, in sentences; what the user said himself is not repeated."""
    config = handle.stored.config
    notes = [f"Read {plural(len(foreign.runs), 'run')} from {foreign.source}."]
    names = [f"{metric.name} ({metric.goal})" for metric in config.all_metrics]
    if wishes.metric is None or wishes.goal is None:
        notes.append(f"{'Metrics' if len(names) > 1 else 'Metric'}: {', '.join(names)}.")
    if not wishes.params:
        lines = in_words(config.space)
        more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
        told = "; ".join(lines[:SHOWN])
        notes.append(f"Parameters: {told}{more}." if lines else "It has no parameters.")
    notes += foreign.notes
    return notes if len(notes) > 1 else []


def _some(names: Sequence[str]) -> str:
    return some(names, SHOWN) or "none"
