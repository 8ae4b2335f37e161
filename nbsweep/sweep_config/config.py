"""From the user's sweep config dict to a checked record, with all its messages."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbsweep.records import EarlyTermination, Metric, SweepRecord
from nbsweep.space.search_space import Distribution, SearchSpace
from nbsweep.sweep_config.beliefs import read_beliefs
from nbsweep.sweep_config.early_termination import (
    EARLY_TERMINATE_EXAMPLE,
    EARLY_TERMINATE_KEYS,
    EARLY_TERMINATE_TYPES,
    NO_THAW,
    read_early_terminate,
)
from nbsweep.sweep_config.metrics import (
    GOALS,
    METRIC_EXAMPLE,
    METRIC_KEYS,
    METRICS_KEYS,
    read_metric,
    read_metrics,
    spell_out,
)
from nbsweep.sweep_config.parameters import Leaves, Whens, read_parameters
from nbsweep.sweep_config.points import read_point
from nbsweep.sweep_config.prior import PRIORS, read_prior
from nbsweep.sweep_config.reader import Reader, plain_value
from nbsweep.sweep_config.relations import read_space
from nbsweep.sweep_config.repeats import read_repeats
from nbsweep.sweep_config.scheduler import ENGINES, SEARCHERS, read_scheduler
from nbsweep.wording import described, seconds_of, show

METHODS = ("grid", "random", "bayes", "custom")

# Seeds are stored in a 64-bit column.
MAX_SEED = 2**63 - 1

_TEXT_KEYS = (
    *("name", "description", "project", "entity", "program"),
    *("job", "image_uri", "apiVersion", "kind"),
)
_KEYS = (
    *(
        "method",
        "parameters",
        "metric",
        "metrics",
        "early_terminate",
        "run_cap",
        "run_time",
        "seed",
    ),
    *("retry", "repeats"),
    *("name", "description", "project", "entity", "program", "command", "controller"),
    *("zip", "constraints", "initial_points", "prior", "scheduler", "settings"),
    *("job", "image_uri", "apiVersion", "kind"),
)
_KEY_ALIASES = {
    "algorithm": "method",
    "count": "run_cap",
    "conditions": "constraints",
    "early_stopping": "early_terminate",
    "forbidden": "constraints",
    "hyperparameters": "parameters",
    "deadline": "run_time",
    "max_runs": "run_cap",
    "max_time": "run_time",
    "n_trials": "run_cap",
    "objective": "metric",
    "params": "parameters",
    "points_to_evaluate": "initial_points",
    "random_state": "seed",
    "repetitions": "repeats",
    "replicates": "repeats",
    "strategy": "method",
    "time_budget": "run_time",
    "timeout": "run_time",
}
_METHOD_ALIASES = {
    "bayesian": "bayes",
    "bo": "bayes",
    "exhaustive": "grid",
    "gp": "bayes",
    "tpe": "bayes",
}
_CONFIG_EXAMPLE = '{"method": "random", "parameters": {"lr": {"min": 0.0001, "max": 0.1}}}'


@dataclass(frozen=True)
class Retry:
    """How often a suggestion is handed out again after a run of it ended badly."""

    crashed: int = 1
    failed: int = 0


@dataclass(frozen=True)
class SweepConfig:
    """A sweep config in which every key is known and every value fits.

    Two of them are equal when they mean the same, however they were written.

    Attributes:
        method: "grid", "random", "bayes" or "custom".
        space: the search space.
        metric: None for grid and random sweeps without one; with `metrics` their first objective.
        metrics: several objectives and limits, in the order of the config; empty where it names
            one `metric`.
        run_time_s: seconds from the start of its first run in which all of its runs are to
            end, None for no limit.
        initial_points: flat params, whole or in part, that are handed out first.
        beliefs: where the best value of some parameters is thought to be, by flat name.
        repeats: how often each configuration is run; "auto" where the search decides that;
            None for once.
        prior: which earlier sweeps tell what to expect: "auto" for those alike, ids of sweeps,
            or None.
        time_left_s: seconds in which the next run has to end; no key of a config: whoever keeps
            a deadline sets it for one suggestion, with `dataclasses.replace`.
        notes: remarks for the user about what was read in a lenient way.
        source: the config as plain JSON values, notes applied; `to_dict` returns it.
    """

    method: str
    space: SearchSpace
    metric: Metric | None = None
    metrics: tuple[Metric, ...] = ()
    early_terminate: EarlyTermination | None = None
    run_cap: int | None = None
    run_time_s: float | None = None
    seed: int | None = None
    retry: Retry = field(default_factory=Retry)
    name: str | None = None
    description: str | None = None
    project: str | None = None
    program: str | None = None
    command: tuple[Any, ...] | None = None
    scheduler: Mapping[str, Any] | None = None
    initial_points: tuple[Mapping[str, Any], ...] = ()
    beliefs: Mapping[str, Distribution] = field(default_factory=dict)
    repeats: int | str | None = None
    prior: str | tuple[str, ...] | None = None
    time_left_s: float | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)
    source: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def objectives(self) -> tuple[Metric, ...]:
        """What is to be minimised or maximised: `metric`, or the objectives of `metrics`."""
        if self.metrics:
            return tuple(metric for metric in self.metrics if metric.is_objective)
        return () if self.metric is None else (self.metric,)

    @property
    def all_metrics(self) -> tuple[Metric, ...]:
        """Objectives and limits, in the order of the config."""
        return self.metrics or self.objectives

    @property
    def further_metrics(self) -> tuple[Metric, ...]:
        """Those of `metrics` beside `metric`: further objectives, and what only has limits."""
        return tuple(metric for metric in self.metrics if metric != self.metric)

    @property
    def limits(self) -> tuple[Metric, ...]:
        """The metrics with a limit that runs have to keep."""
        return tuple(metric for metric in self.metrics if metric.has_limit)

    @property
    def has_front(self) -> bool:
        """Whether no one run is the best, because there are several objectives."""
        return len(self.objectives) > 1

    @property
    def is_joint(self) -> bool:
        """Whether more than the value of `metric` decides which run is better."""
        return self.has_front or bool(self.limits)

    @property
    def runs_each(self) -> int:
        """How often each configuration is run, as far as the config says."""
        return self.repeats if isinstance(self.repeats, int) else 1

    @property
    def learns_from_curves(self) -> bool:
        """Whether the search looks at what runs logged on their way, not just at their ends."""
        return self.method == "bayes" and self.early_terminate is not None


def parse(config: Mapping[str, Any]) -> SweepConfig:
    """Check a sweep config and return it as a record; the config itself is not changed.

    Args:
        config: a W&B sweep config; besides JSON values it may hold tuples, ranges, enum
            members, numpy scalars and arrays. None stands for an optional key left out.

    Raises:
        ConfigError: with everything that is wrong, the most specific first.
    """
    reader = Reader()
    if not isinstance(config, Mapping):
        reader.problem((), _not_a_config(config))
        reader.raise_problems()
    source = plain_value(config, (), reader)
    reader.raise_problems()  # nothing can be said of a config that is only read in part
    for key in [key for key, value in source.items() if value is None]:
        del source[key]
    # What is read in a lenient way is replaced in `source`, which is our own copy.
    read = _read(reader, source)
    reader.raise_problems()
    assert read is not None
    return read


def current(config: SweepConfig, record: SweepRecord) -> SweepConfig:
    """The config that a sweep has by now: `config` itself unless it was edited since."""
    if not record.edits or config.source == record.config:
        return config
    return parse(record.config)


def to_dict(config: SweepConfig) -> dict[str, Any]:
    """The plain dict that `parse` reads back into an equal record."""
    return copy.deepcopy(dict(config.source))


def _not_a_config(config: Any) -> str:
    if isinstance(config, str):
        how = (
            f"yaml.safe_load(open({show(config)}))" if config.endswith((".yaml", ".yml")) else "it"
        )
        return f"found {described(config)}; a sweep config is a dict. Read the file first: {how}."
    if callable(config):
        return "found a function; a sweep config is the dict that it returns. Call it."
    return f"found {described(config)}; a sweep config is a dict, such as {_CONFIG_EXAMPLE}."


def _read(reader: Reader, source: dict[str, Any]) -> SweepConfig | None:
    """The record of a plain config, None after a problem; reads all of it in any case."""
    spell_out(reader, source)
    _check_keys(reader, source)
    method = _read_method(reader, source)
    whens: Whens = {}
    leaves = _read_parameters(reader, source, whens)
    space = SearchSpace(())
    if not reader.problems_below("parameters"):  # else names would be missing
        space = read_space(reader, source, leaves, whens)
    beliefs = read_beliefs(reader, source, leaves, space, method)
    metric = None
    metrics: tuple[Metric, ...] = ()
    if "metric" in source:
        metric = read_metric(reader, ("metric",), source["metric"], method)
    if "metrics" in source:
        metrics = read_metrics(reader, source, method)
        metric = metric or next((each for each in metrics if each.is_objective), None)
    early_terminate = None
    if "early_terminate" in source:
        early_terminate = read_early_terminate(reader, source["early_terminate"])
    run_cap = seed = None
    if "run_cap" in source:
        run_cap = reader.number((), source, "run_cap", whole=True, at_least=1)
    if "seed" in source:
        seed = reader.number((), source, "seed", whole=True, at_least=0)
        if seed is not None and seed > MAX_SEED:
            reader.problem(("seed",), f"found {seed}; it must be below 2^63.")
    run_time_s = _read_run_time(reader, source["run_time"]) if "run_time" in source else None
    retry = _read_retry(reader, source.get("retry", {}))
    _check_texts(reader, source)
    command = _read_command(reader, source)
    scheduler = None
    if "scheduler" in source:
        scheduler = read_scheduler(reader, source, method)
    _check_method_fits(reader, source, method, leaves)
    initial_points = _read_initial_points(reader, source.get("initial_points", []), space)
    is_joint = len(metrics) > 1 or any(each.has_limit for each in metrics)
    if early_terminate is not None and early_terminate.thaw and is_joint:
        reader.problem(("early_terminate", "thaw"), NO_THAW)
    repeats = None
    if "repeats" in source:
        several = sum(metric.is_objective for metric in metrics)
        repeats = read_repeats(reader, source, method, space, several)
    prior = read_prior(reader, source["prior"]) if "prior" in source else None
    if reader.problems or method is None:
        return None
    return SweepConfig(
        method=method,
        space=space,
        metric=metric,
        metrics=metrics,
        early_terminate=early_terminate,
        run_cap=run_cap,
        run_time_s=run_time_s,
        seed=seed,
        retry=retry,
        name=source.get("name"),
        description=source.get("description"),
        project=source.get("project"),
        program=source.get("program"),
        command=command,
        scheduler=scheduler,
        initial_points=initial_points,
        beliefs=beliefs,
        repeats=repeats,
        prior=prior,
        notes=tuple(reader.notes),
        source=source,
    )


def _check_keys(reader: Reader, source: dict[str, Any]) -> None:
    for block, keys, example in (
        ("metric", METRIC_KEYS, METRIC_EXAMPLE),
        ("early_terminate", EARLY_TERMINATE_KEYS, EARLY_TERMINATE_EXAMPLE),
    ):
        for key in source:
            if key in keys and key not in _KEYS:
                reader.problem((key,), f'belongs inside "{block}", such as "{block}": {example}.')
    misplaced = {*METRIC_KEYS, *EARLY_TERMINATE_KEYS}
    others = {key: value for key, value in source.items() if key not in misplaced or key in _KEYS}
    reader.known_keys((), others, _KEYS, _KEY_ALIASES)


def _read_method(reader: Reader, source: dict[str, Any]) -> str | None:
    accepted = '"grid", "random", "bayes" or "custom"'
    if "method" not in source:
        if ("method",) not in reader.guessed:
            reader.problem(("method",), f"missing. Accepted: {accepted}.")
        return None
    return reader.choice(("method",), source["method"], METHODS, _METHOD_ALIASES)


def _read_parameters(reader: Reader, source: dict[str, Any], whens: Whens) -> Leaves:
    if "parameters" in source:
        return read_parameters(reader, ("parameters",), source["parameters"], whens)
    scheduler = source.get("scheduler")
    has_its_own = isinstance(scheduler, dict) and scheduler.get("search_space")
    if not has_its_own and ("parameters",) not in reader.guessed:
        reader.problem(
            ("parameters",),
            'missing. Name what to search, such as {"learning_rate": {"min": 0.0001, "max": 0.1}}.',
        )
    return {}


def _read_initial_points(
    reader: Reader, value: Any, space: SearchSpace
) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list):
        reader.problem(
            ("initial_points",),
            f"found {described(value)}; a list of points is needed, such as "
            '[{"learning_rate": 0.01}].',
        )
        return ()
    if reader.problems:  # the space may lack parameters
        return ()
    points = [
        read_point(reader, (f"initial_points[{i}]",), space, point) for i, point in enumerate(value)
    ]
    return tuple(point for point in points if point is not None)


def _read_run_time(reader: Reader, value: Any) -> float | None:
    """The seconds of a `run_time`; None after noting what is wrong with it."""
    seconds = seconds_of(value)
    if seconds is None or seconds <= 0:
        reader.problem(
            ("run_time",),
            f"found {described(value)}; a number of seconds above 0 is needed, or a text such as "
            '"20m", "1h30m" or "90s".',
        )
        return None
    return seconds


def _read_retry(reader: Reader, spec: Any) -> Retry:
    keys = ("crashed", "failed")
    if reader.mapping(("retry",), spec, '{"crashed": 1, "failed": 0}') is None:
        return Retry()
    reader.known_keys(("retry",), spec, keys)
    counts = {
        key: reader.number(("retry",), spec, key, whole=True, at_least=0)
        for key in keys
        if key in spec
    }
    return Retry(**counts)


def _check_texts(reader: Reader, source: dict[str, Any]) -> None:
    for key in _TEXT_KEYS:
        if key in source:
            reader.text((key,), source[key])
    if isinstance(source.get("kind"), str):
        reader.choice(("kind",), source["kind"], ("sweep",))
    if "settings" in source:
        reader.mapping(("settings",), source["settings"], "{}")
    if "controller" in source:
        _check_controller(reader, source["controller"])


def _check_controller(reader: Reader, spec: Any) -> None:
    path = ("controller",)
    if reader.mapping(path, spec, '{"type": "local"}') is None:
        return
    if "type" in spec:
        reader.choice((*path, "type"), spec["type"], ("local", "cloud"))
    else:
        reader.problem(path, 'needs "type", such as {"type": "local"}.')


def _read_command(reader: Reader, source: dict[str, Any]) -> tuple[Any, ...] | None:
    if "command" not in source:
        return None
    command = source["command"]
    if isinstance(command, list):
        return tuple(command)
    words = command.split() if isinstance(command, str) else ["${interpreter}", "${program}"]
    reader.problem(
        ("command",), f"found {described(command)}; a list is needed, such as {show(words)}."
    )
    return None


def _check_method_fits(
    reader: Reader, source: dict[str, Any], method: str | None, leaves: Leaves
) -> None:
    """Note what the method, or early termination, needs and does not get."""
    if method == "grid":
        for path, distribution in leaves.values():
            if distribution.grid is None:
                reader.problem(path, distribution.why_no_grid)
    names_metric = "metric" in source or "metrics" in source or ("metric",) in reader.guessed
    scheduler = source.get("scheduler")
    engine = scheduler.get("engine") if isinstance(scheduler, dict) else None
    if method == "bayes" or engine in SEARCHERS:
        searcher = f'engine "{engine}"' if engine in SEARCHERS else 'method "bayes"'
        if not names_metric:
            reader.problem(
                ("metric",),
                f"missing; {searcher} needs to know what to optimise. "
                f'Add "metric": {METRIC_EXAMPLE}, or use method "random".',
            )
        if leaves and not reader.problems_below("parameters"):
            space = SearchSpace.of({path: law for path, (_, law) in leaves.items()})
            if not space.searched:
                reader.problem(
                    ("parameters",),
                    f"all of them are constant, so {searcher} has nothing to search. Give one "
                    'of them "values", or "min" and "max"; for a single run use method "grid".',
                )
    if "early_terminate" in source and not names_metric:
        reader.problem(
            ("early_terminate",),
            f'needs a metric to compare runs by. Add "metric": {METRIC_EXAMPLE}.',
        )


# What editors may complete: the keys of each block ("" is the whole config), and the words
# that a key takes.
KEYS_BY_BLOCK = {
    "": _KEYS,
    "metric": METRIC_KEYS,
    "metrics": METRICS_KEYS,
    "early_terminate": EARLY_TERMINATE_KEYS,
}
WORDS_BY_KEY = {
    "method": METHODS,
    "goal": GOALS,
    "type": tuple(EARLY_TERMINATE_TYPES),
    "engine": ENGINES,
    "prior": PRIORS,
}
