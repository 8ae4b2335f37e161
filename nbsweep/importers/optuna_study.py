"""Studies of Optuna: each trial becomes a run, each distribution a spec of the sweep config."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbsweep.analysis.metric_names import likely_goal
from nbsweep.errors import MissingDependencyError, StoreError, UsageError
from nbsweep.importers import conditions
from nbsweep.importers import names as naming
from nbsweep.importers.foreign import ForeignRun, ForeignSweep, incomplete
from nbsweep.records import HistoryRow, RunState, is_number
from nbsweep.sweep_config.yaml_file import no_such_file
from nbsweep.wording import closest, did_you_mean, joined

LISTED_STEPS = 1000  # values of a stepped range that has no spec of its own
_CONSTRAINTS = "constraints"  # the attribute of a trial that has them
_STATES = {
    "COMPLETE": RunState.FINISHED,
    "PRUNED": RunState.STOPPED,
    "FAIL": RunState.FAILED,
}


def read_study(
    storage: str,
    study_name: str | None = None,
    metric: str | None = None,
    *,
    how: str = "--study NAME",
) -> ForeignSweep:
    """The trials of a study.

    Args:
        storage: Optuna's URL, such as ``sqlite:///study.db``; the path of a SQLite file
            or of a journal file works too.
        study_name: may be left out where the storage has one study only.
        metric: what to call the objective; default: the study's name for it, or "value".
            Of several objectives, the name of the one that alone is the metric; default: all
            of them become `metrics`.
        how: the user names a study, for a message.

    Raises:
        MissingDependencyError: Optuna is not installed.
        UsageError: there is no such file or study.
        StoreError: the storage cannot be read.
    """
    optuna = _optuna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of experimental and old storages
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            opened = _open(storage)
            name = _study_name(optuna, opened, storage, study_name, how)
            study = optuna.load_study(study_name=name, storage=opened)
            return of_study(study, metric)
        except (StoreError, UsageError):
            raise
        except Exception as error:
            raise StoreError(
                f"{storage} cannot be read by Optuna {optuna.__version__}: "
                f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
            ) from error
        finally:
            optuna.logging.set_verbosity(before)


def of_study(study: Any, metric: str | None = None) -> ForeignSweep:
    """The trials of an open study; see `read_study`.

    A metric that is a user attribute of trials, and no objective, is the metric then.
    """
    trials = study.get_trials(deepcopy=False)
    own = list(study.metric_names or [])
    if metric not in own and any(is_number(t.user_attrs.get(metric)) for t in trials):
        assert metric is not None
        foreign = of_study(study)
        kept_config = {k: v for k, v in foreign.config.items() if k not in ("metric", "metrics")}
        block = {"name": metric, "goal": likely_goal(metric).value}
        note = f"{metric} is an attribute of the trials; their objectives are kept as metrics."
        return replace(
            foreign, config={**kept_config, "metric": block}, notes=[*foreign.notes, note]
        )
    metrics, chosen = _metrics(study, metric)
    ended = [trial for trial in trials if trial.state.name in _STATES]
    limits = _limits(ended, metrics)
    laws: dict[str, list[Any]] = {}
    for trial in ended:
        for name, law in trial.distributions.items():
            laws.setdefault(name, []).append(law)
    called = naming.usable_names(laws)
    notes: list[str] = []
    specs = {called[name]: _spec(name, several, notes) for name, several in sorted(laws.items())}
    runs = [_run(trial, metrics, metrics[chosen or 0], called, limits) for trial in ended]
    if len(ended) < len(trials):
        notes.append(f"{len(trials) - len(ended)} of {len(trials)} trials had not ended: left out.")
    if len(metrics) > 1 and chosen is not None:
        others = ", ".join(name for name in metrics if name != metrics[chosen])
        which = "the first" if chosen == 0 else f"{metrics[chosen]}"
        notes.append(f"of {len(metrics)} objectives {which} is the metric; also kept: {others}.")
    if limits:
        names = joined(list(limits.values()), "and")
        verb, kept = ("is a limit", "it") if len(limits) == 1 else ("are limits", "each")
        notes.append(f"{names} {verb}: Optuna's constraints, kept where {kept} is at most 0.")
    depending = conditions.conditions(runs, specs, specs.__getitem__)
    notes += [*naming.renamed(called, specs), *conditions.in_words(depending)]
    notes += incomplete(runs, [name for name in specs if name not in depending])
    config: dict[str, Any] = {
        "method": "bayes" if any("value" not in spec for spec in specs.values()) else "random",
        "name": study.study_name,
        **_blocks(study, metrics, chosen, list(limits.values())),
        "parameters": conditions.added(specs, depending),
    }
    return ForeignSweep(f"Optuna's study {study.study_name!r}", config, runs, notes)


def _blocks(
    study: Any, names: Sequence[str], chosen: int | None, limits: Sequence[str]
) -> dict[str, Any]:
    """`metric`, or `metrics` where there are several."""
    goals = [direction.name.lower() for direction in study.directions]
    blocks: list[dict[str, Any]] = [
        {"name": name, "goal": goal}
        for i, (name, goal) in enumerate(zip(names, goals, strict=True))
        if chosen in (None, i)
    ]
    if len(blocks) == 1 and not limits:
        return {"metric": blocks[0]}
    return {"metrics": [*blocks, *({"name": name, "at_most": 0} for name in limits)]}


def _limits(trials: Sequence[Any], taken: Sequence[str]) -> dict[str, str]:
    """The constraints of the trials: Optuna's key of each to a name of its own as a metric."""
    keys = dict.fromkeys(key for trial in trials for key in _constraints(trial))
    names = {key: f"constraint_{key}" if key.isdigit() else key for key in keys}
    return {key: f"constraint_{name}" if name in taken else name for key, name in names.items()}


def _constraints(trial: Any) -> dict[str, float]:
    """What `constraints_func` or `set_constraint` said of a trial, by Optuna's key of each."""
    found = {str(i): value for i, value in enumerate(trial.system_attrs.get(_CONSTRAINTS) or ())}
    prefix = f"{_CONSTRAINTS}:"
    named = {k.removeprefix(prefix): v for k, v in trial.system_attrs.items() if prefix in k}
    return {**found, **named}


def _metrics(study: Any, metric: str | None) -> tuple[list[str], int | None]:
    """A name for each objective of the study, and the place of the one that alone is the metric."""
    count = len(study.directions)
    own = list(study.metric_names or [])
    names = own or (["value"] if count == 1 else [f"value_{i}" for i in range(count)])
    if metric is None or metric in names:
        return names, names.index(metric) if metric else None
    if own and count > 1:
        raise UsageError(
            f'The study has no objective "{metric}".{did_you_mean(closest(metric, names))} '
            f"There are {', '.join(names)}."
        )
    return [metric, *names[1:]], 0


def _run(
    trial: Any,
    metrics: Sequence[str],
    metric: str,
    called: Mapping[str, str],
    limits: Mapping[str, str],
) -> ForeignRun:
    state = _STATES[trial.state.name]
    began = trial.datetime_start.timestamp() if trial.datetime_start else None
    ended = trial.datetime_complete.timestamp() if trial.datetime_complete else None
    steps = sorted(trial.intermediate_values.items())
    history = [
        HistoryRow(step, _time_of(i, len(steps), began, ended), {metric: value})
        for i, (step, value) in enumerate(steps)
    ]
    attributes = {key: value for key, value in trial.user_attrs.items() if key not in metrics}
    summary = {**attributes, **dict(zip(metrics, trial.values or (), strict=False))}
    summary |= {limits[key]: value for key, value in _constraints(trial).items()}
    if metric not in summary and steps:
        summary[metric] = steps[-1][1]
    if not history and is_number(summary.get(metric)):
        names = (*metrics, *limits.values())
        measured = {name: summary[name] for name in names if name in summary}
        history = [HistoryRow(0, ended or 0.0, measured)]
    reason = trial.system_attrs.get("fail_reason") if state is RunState.FAILED else None
    return ForeignRun(
        params={
            called[name]: _value(value, trial.distributions[name])
            for name, value in trial.params.items()
        },
        summary=summary,
        state=state,
        id=str(trial.number),
        name=f"trial-{trial.number}",
        history=history,
        began_at=began,
        ended_at=ended,
        error=str(reason) if reason else "the trial failed" if state is RunState.FAILED else None,
    )


def _value(value: Any, law: Any) -> Any:
    """A parameter's value; 0.15 where counting steps in floats gave 0.15000000000000002."""
    stepped = isinstance(value, float) and getattr(law, "step", None)
    return float(f"{value:.12g}") if stepped else value


def _time_of(index: int, count: int, began: float | None, ended: float | None) -> float:
    """A time for a step that has none: evenly between the trial's begin and end."""
    if began is None or ended is None:
        return ended or began or 0.0
    return began + (ended - began) * (index + 1) / count


def _spec(name: str, laws: Sequence[Any], notes: list[str]) -> dict[str, Any]:
    """The spec of a parameter from the distributions that its trials had."""
    first = laws[0]
    if hasattr(first, "choices"):
        choices = list(first.choices)
        return {"value": choices[0]} if len(choices) == 1 else {"values": choices}
    low, high = min(law.low for law in laws), max(law.high for law in laws)
    if len({(law.low, law.high) for law in laws}) > 1:
        notes.append(f"{name} had several ranges; {low} to {high} holds all of them.")
    if low == high:
        return {"value": low}
    whole = isinstance(low, int) and isinstance(high, int)
    step = getattr(first, "step", None)
    if first.log:
        law = {"distribution": "q_log_uniform_values" if whole else "log_uniform_values"}
        return {**law, "min": low, "max": high, **({"q": 1} if whole else {})}
    if whole and step in (None, 1):
        return {"distribution": "int_uniform", "min": low, "max": high}
    if step is None:
        return {"distribution": "uniform", "min": low, "max": high}
    return _stepped(name, low, high, step, notes)


def _stepped(name: str, low: float, high: float, step: float, notes: list[str]) -> dict[str, Any]:
    """Optuna counts its steps from the lower end, W&B's `q` from 0."""
    if abs(low / step - round(low / step)) < 1e-9:
        return {"distribution": "q_uniform", "min": low, "max": high, "q": step}
    count = int((high - low) / step + 1e-9) + 1
    if count <= LISTED_STEPS:
        values = [low + i * step for i in range(count)]
        return {"values": [float(f"{v:.12g}") if isinstance(v, float) else v for v in values]}
    notes.append(f"{name}: its {count} steps of {step} are left out; it is continuous here.")
    return {"distribution": "uniform", "min": low, "max": high}


def _open(storage: str) -> Any:
    """The storage, if the file exists: opening a SQLite URL would create an empty one."""
    path = Path(storage.removeprefix("sqlite:///") if "://" in storage else storage)
    if ("://" not in storage or storage.startswith("sqlite:///")) and not path.is_file():
        raise no_such_file(path, "*.db", "*.sqlite3", "*.log")
    if "://" in storage:
        return storage
    with path.open("rb") as file:
        is_sqlite = file.read(15) == b"SQLite format 3"
    if is_sqlite:
        return f"sqlite:///{path.as_posix()}"
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(str(path)))


def _study_name(optuna: Any, opened: Any, storage: str, wanted: str | None, how: str) -> str:
    names = sorted(str(name) for name in optuna.get_all_study_names(opened))
    if wanted in names:
        return str(wanted)
    if wanted is None and len(names) == 1:
        return names[0]
    listed = f"It has {', '.join(map(repr, names[:10]))}." if names else "It has none."
    if wanted is None:
        what = f"has several studies. {listed}" if names else "has no study."
        raise UsageError(f"{storage} {what} Name one: {how}.")
    raise UsageError(f"{storage} has no study {wanted!r}. {listed}")


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingDependencyError(
            'Reading a study needs an extra package: pip install "nbsweep[optuna]"'
        ) from None
    return optuna
