"""Earlier runs that a new sweep learns from: `sweep(config, prior_runs=[…])`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nbsweep import sweep_config
from nbsweep.errors import ConfigError, NotFoundError, UsageError
from nbsweep.records import Goal, RunRecord, is_number
from nbsweep.space.relations import is_active
from nbsweep.space.search_space import Distribution, Parameter
from nbsweep.space.values import value_key
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import joined, show

VALUES_SHOWN = 3


class PriorRuns(NamedTuple):
    """Earlier runs as a sweep takes them.

    Attributes:
        entries: for `SweepRecord.prior`, in the order given, each run once.
        notes: what of them cannot be used, in sentences for the user.
    """

    entries: list[dict[str, Any]]
    notes: list[str]


def read_prior_runs(store: Store, config: SweepConfig, run_ids: Sequence[str]) -> PriorRuns:
    """Read runs of any sweep of the store, or of none, for a new sweep to learn from.

    Values that do not fit the new space are kept: each search method takes them as far
    as it can. Runs under way and runs without a searched parameter are left out.

    Args:
        store: where the runs are.
        config: of the new sweep.
        run_ids: ids; ``project/id`` and ``entity/project/id`` work too.

    Raises:
        NotFoundError: there is no run with such an id.
        UsageError: `run_ids` is not a list of ids.
    """
    if isinstance(run_ids, str) or not all(isinstance(run_id, str) for run_id in run_ids):
        raise UsageError(
            f"prior_runs={run_ids!r}: a list of run ids is needed, such as "
            "[run.id for run in nbsweep.Sweep(sweep_id).runs]."
        )
    ids = dict.fromkeys(run_id.rpartition("/")[2] for run_id in run_ids)
    runs = [_run(store, run_id) for run_id in ids]
    ended = [run for run in runs if run.state.ended]
    searched = {parameter.name for parameter in config.space.searched}
    found = (entry_of(run, config) for run in ended)
    entries = [entry for entry in found if searched & entry["params"].keys()]
    notes = []
    if len(ended) < len(runs):
        notes.append(_sentence(len(runs) - len(ended), runs, "still under way and left out"))
    if len(entries) < len(ended):
        left_out = "left out: no parameter of this sweep is in their config"
        notes.append(_sentence(len(ended) - len(entries), runs, left_out))
    notes += _effects(entries, config)
    if entries and config.method not in ("random", "grid"):
        kept = {entry["run_id"] for entry in entries}
        notes += _other_goals(store, [run for run in ended if run.id in kept], config)
    return PriorRuns(entries, notes)


def _run(store: Store, run_id: str) -> RunRecord:
    try:
        return store.run(run_id)
    except NotFoundError as error:
        message = str(error)
        if any(sweep.id == run_id for sweep in store.sweeps()):
            message = (
                f"{run_id} is a sweep. Its runs are "
                f"prior_runs=[run.id for run in nbsweep.Sweep({run_id!r}).runs]."
            )
        raise NotFoundError(f"prior_runs: {message}", run_id) from None


def entry_of(run: RunRecord, config: SweepConfig) -> dict[str, Any]:
    """The run in the form that `SweepRecord.prior` keeps."""
    suggested = {p.name: run.params[p.name] for p in config.space if p.name in run.params}
    params = {**suggested, **config.space.flatten(run.config)}
    entry = {
        "run_id": run.id,
        "params": {
            parameter.name: _without_added_keys(parameter, params[parameter.name])
            for parameter in config.space
            if parameter.name in params
        },
        "value": config.metric.of(run.summary) if config.metric else None,
        "state": run.state.value,
    }
    if config.metrics:
        values = {metric.name: metric.of(run.summary) for metric in config.metrics}
        entry["values"] = {name: value for name, value in values.items() if value is not None}
    return entry


def _without_added_keys(parameter: Parameter, value: Any) -> Any:
    """The value without keys that training code gave to a dict, as W&B's grid compares it.

    Keys are known that any of the parameter's values has.
    """
    listed = parameter.distribution.support
    if not isinstance(value, Mapping) or not isinstance(listed, tuple):
        return value
    known = {key for item in listed if isinstance(item, Mapping) for key in item}
    return {key: item for key, item in value.items() if key in known} if known else value


def _effects(entries: Sequence[Mapping[str, Any]], config: SweepConfig) -> list[str]:
    """What the method cannot use of the entries, in sentences."""
    if not entries:
        return []
    if config.method == "random":
        return ['prior runs: method "random" does not learn from runs, so they change nothing.']
    if config.method == "grid":
        strange = sum(not config.space.contains(entry["params"]) for entry in entries)
        return [_sentence(strange, entries, "not on this grid")] if strange else []
    notes = []
    for metric in config.all_metrics:
        values = [entry.get("values", {metric.name: entry["value"]}) for entry in entries]
        without = sum(known.get(metric.name) is None for known in values)
        if without:
            notes.append(_sentence(without, entries, f"without a value of {metric.name}"))
    for parameter in config.space:
        notes += _misfits(parameter, [entry["params"] for entry in entries])
    return notes


def _other_goals(store: Store, runs: Sequence[RunRecord], config: SweepConfig) -> list[str]:
    """Sentences about runs of sweeps that went for the other end of an objective."""
    goals = {sweep_id: _goals(store, sweep_id) for sweep_id in {run.sweep_id for run in runs}}
    notes = []
    for metric in config.objectives:
        theirs = [goals[run.sweep_id].get(metric.name, metric.goal) for run in runs]
        if n := sum(goal is not metric.goal for goal in theirs):
            other = "maximize" if metric.goal.is_minimized else "minimize"
            what = "from a sweep" if n == 1 else "from sweeps"
            what += f" whose goal for {metric.name} is {other}, and here it is {metric.goal.value}"
            notes.append(f"{_sentence(n, runs, what)} Their values are taken as they are.")
    return notes


def _goals(store: Store, sweep_id: str | None) -> dict[str, Goal]:
    """The goal of each objective of a sweep, by name; {} for a run of none."""
    try:
        config = sweep_config.parse(store.sweep(sweep_id).config) if sweep_id else None
    except (NotFoundError, ConfigError):  # it was deleted; it is of another version, or imported
        return {}
    return {} if config is None else {each.name: each.goal for each in config.objectives}


def _misfits(parameter: Parameter, params: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences about what `parameter` cannot be here and was, or was not, in prior runs."""
    name, law = parameter.name, parameter.distribution
    params = [values for values in params if is_active(parameter.when, values)]
    tried = [values[name] for values in params if name in values]
    strange = [value for value in tried if not law.contains(value)]
    notes = []
    if strange:
        which = f"{name} is {_some(strange)} in {len(strange)} of {len(params)}"
        notes.append(
            f"prior runs: {which}, {_here(law, strange)}; they are taken as far as they fit."
        )
    if len(tried) < len(params) and not law.is_constant:
        which = f"{name} is missing in {len(params) - len(tried)} of {len(params)}"
        notes.append(f"prior runs: {which}; they are taken as far as they fit.")
    return notes


def _here(law: Distribution, strange: Sequence[Any]) -> str:
    """What a parameter can be in the new sweep, set against what it was."""
    if law.is_constant:
        return f"and {show(law.quantile(0.5))} here"
    if law.bounds is not None:
        low, high = law.bounds
        if all(is_number(value) and not low <= value <= high for value in strange):
            return f"outside of {low:g} to {high:g}"
    return "which is not among its values here"


def _some(values: Iterable[Any]) -> str:
    """Distinct values as text, the first few of them."""
    texts = list({value_key(value): _short(value) for value in values}.values())
    more = [f"{len(texts) - VALUES_SHOWN} more"] if len(texts) > VALUES_SHOWN else []
    return joined([*texts[:VALUES_SHOWN], *more], "or")


def _short(value: Any) -> str:
    rounded = float(f"{value:.4g}") if isinstance(value, float) and is_number(value) else value
    return show(rounded)


def _sentence(n: int, all_of: Sequence[object], what: str) -> str:
    verb = "is" if n == 1 else "are"
    return f"prior runs: {n} of {len(all_of)} {verb} {what}."
