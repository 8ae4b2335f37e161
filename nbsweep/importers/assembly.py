"""From runs with everything that is known of them to a sweep: which values are its
parameters, which one is its metric, and what the user said about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbsweep.analysis.metric_names import NEVER_SEARCHED, likely_goal, looks_like_metric
from nbsweep.errors import UsageError
from nbsweep.importers import conditions
from nbsweep.importers import names as naming
from nbsweep.importers.foreign import ForeignRun, ForeignSweep, incomplete
from nbsweep.importers.inference import infer_spec
from nbsweep.records import Goal, Metric, RunState, is_number, lookup
from nbsweep.space.values import value_key
from nbsweep.sweep_config import SweepConfig, to_dict
from nbsweep.wording import closest, did_you_mean, some

SHOWN = 12  # names in a message
TEXTS = 12  # distinct texts from which on a column that never repeats is not a parameter

_STATES = {
    RunState.FINISHED: "finished finish complete completed success succeeded done terminated ok",
    RunState.FAILED: "failed fail error errored",
    RunState.CRASHED: "crashed crash",
    RunState.KILLED: "killed canceled cancelled aborted",
    RunState.STOPPED: "stopped pruned early_stopped",
    RunState.PREEMPTED: "preempted",
    RunState.RUNNING: "running pending waiting scheduled preempting queued",
}
_BY_WORD = {word: state for state, words in _STATES.items() for word in words.split()}


@dataclass(frozen=True)
class Wishes:
    """What the user said about the runs; None and () where nothing was said.

    Attributes:
        metric: name of the metric.
        goal: "minimize" or "maximize".
        others: further objectives, each a name and its goal, or None for the likely one.
        params: names of the parameters.
        config: the sweep config that the runs were made with.
        measured: names of what is a metric, whatever it is called.
        ignored: names of what is neither.
        in_python: whether they were said in a call rather than on the command line.
    """

    metric: str | None = None
    goal: str | None = None
    params: Sequence[str] = ()
    config: SweepConfig | None = None
    others: Sequence[tuple[str, str | None]] = ()
    measured: Sequence[str] = ()
    ignored: Sequence[str] = ()
    in_python: bool = False

    @property
    def metrics(self) -> list[str]:
        """The names of all metrics that the user named."""
        named = [name for name in (self.metric, *(name for name, _ in self.others)) if name]
        return [*named, *self.measured]

    def how(self, option: str, name: str = "NAME", *, several: bool = False) -> str:
        """How the user says something: ``--metric loss``, or ``metric="loss"`` in a call."""
        if not self.in_python:
            return f"--{option} {name}"
        return f'{option}s=["{name}"]' if several else f'{option}="{name}"'


def assemble(
    runs: Sequence[ForeignRun],
    wishes: Wishes,
    source: str,
    *,
    nested: bool,
    notes: Iterable[str] = (),
    name: str = "",
) -> ForeignSweep:
    """A sweep of these runs.

    Args:
        runs: with every candidate in `params`, flat, and every metric in `summary`.
        wishes: of the user.
        source: what was read, in words.
        nested: whether a dot in a name separates levels of the config.
        notes: remarks for the user so far.
        name: of the sweep where it comes from, "" for none.

    Raises:
        UsageError: what the user named is not there, or has to be named.
    """
    remarks = list(notes)
    ended = [run for run in runs if run.state.ended]
    if not ended:
        verb = "analyze" if wishes.in_python else "import"
        raise UsageError(f"{source} has no runs that ended, so there is nothing to {verb}.")
    if len(ended) < len(runs):
        remarks.append(f"{len(runs) - len(ended)} of {len(runs)} runs had not ended: left out.")
    called = naming.usable_names(_names(ended), nested=nested)
    ended = [_with_names(run, called) for run in ended]
    wishes = replace(wishes, params=[called.get(param, param) for param in wishes.params])
    if wishes.config is not None:
        config = to_dict(wishes.config)
        names = [parameter.name for parameter in wishes.config.space]
        if not any(name in run.params for run in ended for name in names):
            raise UsageError(
                f"{source} has none of the config's parameters {_some(names)}. "
                f"Its columns are {_some(_names(ended))}."
            )
        depending: conditions.Conditions = {}
    else:
        names = _parameters(ended, wishes, remarks, {new: old for old, new in called.items()})
        metrics = _metrics(ended, wishes, source)
        flat_specs = {name: infer_spec(_column(ended, name)) for name in names}
        depending = conditions.conditions(ended, names, flat_specs.__getitem__, at_least=2)
        config = {
            **({"name": name} if name else {}),
            **metrics,
            "parameters": _nested(conditions.added(flat_specs, depending), nested=nested),
        }
        several = any("value" not in spec for spec in flat_specs.values())
        config["method"] = "bayes" if several else "random"
    kept = [
        replace(run, params={name: run.params[name] for name in names if name in run.params})
        for run in ended
    ]
    remarks += [*naming.renamed(called, names), *conditions.in_words(depending)]
    remarks += incomplete(kept, [name for name in names if name not in depending])
    return ForeignSweep(source, config, kept, remarks)


def _with_names(run: ForeignRun, called: Mapping[str, str]) -> ForeignRun:
    """The run with its params, and its whole config, under the names they have here."""
    if all(called[name] == name for name in run.params):
        return run
    config = run.config
    if config is not None:
        config = {}
        for name, value in flat(run.config or {}):
            put(config, called.get(name, name).split("."), value)
    return replace(run, params=naming.with_names(run.params, called), config=config)


def state_of(word: object) -> RunState:
    """The state that another program's word stands for; finished without a word."""
    return _BY_WORD.get(str(word or "finished").lower().rpartition(".")[2], RunState.FINISHED)


def flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a nested mapping, their names joined by dots."""
    for key, value in values.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping) and value:
            yield from flat(value, name)
        else:
            yield name, value


def put(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set a value in a nested mapping; whatever else stands in its way gives way."""
    *parents, last = keys
    for key in parents:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[last] = value


def _parameters(
    runs: Sequence[ForeignRun], wishes: Wishes, notes: list[str], original: Mapping[str, str]
) -> list[str]:
    """Names of the parameters; constants too, which code may need when the sweep goes on."""
    columns = _names(runs)
    if wishes.params:
        for name in wishes.params:
            if name not in columns:
                raise UsageError(_unknown("parameter", name, columns))
        return list(dict.fromkeys(wishes.params))
    names, texts = [], []
    for name in columns:
        present = [value for value in _column(runs, name) if value is not None]
        distinct = len({value_key(value) for value in present})
        if name in (*wishes.metrics, *wishes.ignored) or distinct == 0:
            continue
        if looks_like_metric(original[name]):
            continue
        is_text = not all(isinstance(value, (bool, int, float)) for value in present)
        if is_text and distinct == len(present) > TEXTS:
            texts.append(name)
        else:
            names.append(name)
    if texts:
        notes.append(f"{_some(texts)}: text that differs in each run, so not a parameter.")
    if not names:
        raise UsageError(
            f"Which columns are the parameters? Name them: {wishes.how('param', several=True)}. "
            f"There are {_some(columns)}."
        )
    return names


def _metrics(runs: Sequence[ForeignRun], wishes: Wishes, source: str) -> dict[str, Any]:
    """`metric`, or `metrics` where the user named several."""
    blocks = []
    for name, goal in [(wishes.metric, wishes.goal), *wishes.others]:
        found = _metric(runs, replace(wishes, metric=name, goal=goal), source)
        blocks.append({"name": found, "goal": goal or likely_goal(found).value})
    return {"metric": blocks[0]} if len(blocks) == 1 else {"metrics": blocks}


def _metric(runs: Sequence[ForeignRun], wishes: Wishes, source: str) -> str:
    measured = list(dict.fromkeys(name for run in runs for name, _ in flat(run.summary)))
    if wishes.metric is not None:
        metric = Metric(wishes.metric, Goal(wishes.goal or likely_goal(wishes.metric)))
        if any(metric.of(run.summary) is not None for run in runs):
            return metric.name
        if any(lookup(run.summary, metric.name) is not None for run in runs):
            raise UsageError(f"{source}: {metric.name} is not a number in any run.")
        raise UsageError(_unknown("metric", metric.name, _numbers(runs, measured, wishes)))
    numeric = [
        name
        for name in measured
        if not name.startswith("_")
        and name.lower() not in NEVER_SEARCHED
        and any(is_number(lookup(run.summary, name)) for run in runs)
    ]
    likely = [name for name in numeric if looks_like_metric(name)] or numeric
    if len(likely) == 1 or "value" in likely:  # what Optuna's tables call it
        return "value" if "value" in likely else likely[0]
    listed = f"There are {_some(likely)}." if likely else "No column looks like one."
    raise UsageError(
        f"{source}: which one is the metric? Name it: {wishes.how('metric')}. {listed}"
    )


def _numbers(runs: Sequence[ForeignRun], measured: Sequence[str], wishes: Wishes) -> list[str]:
    """What the user may have meant: what is measured, and columns of numbers that may be."""
    if not wishes.in_python:
        return list(measured)
    others = (name for name in _names(runs) if name not in wishes.params)
    numeric = (name for name in others if any(map(is_number, _column(runs, name))))
    return list(dict.fromkeys([*measured, *numeric]))


def _nested(flat_specs: Mapping[str, Mapping[str, Any]], *, nested: bool) -> dict[str, Any]:
    specs: dict[str, Any] = {}
    for name, spec in flat_specs.items():
        *parents, last = name.split(".") if nested and name not in specs else [name]
        if not all([*parents, last]):
            parents, last = [], name
        node = specs
        for key in parents:
            inner = node.setdefault(key, {"parameters": {}})
            if "parameters" not in inner:  # a value in some runs, a mapping in others
                node, last = specs, name
                break
            node = inner["parameters"]
        node[last] = spec
    return specs


def _names(runs: Sequence[ForeignRun]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run.params))


def _column(runs: Sequence[ForeignRun], name: str) -> list[Any]:
    return [run.params.get(name) for run in runs]


def _unknown(kind: str, name: str, known: Sequence[str]) -> str:
    question = did_you_mean(closest(name, known))
    return f'No run has the {kind} "{name}".{question} There are {_some(known)}.'


def _some(names: Sequence[str]) -> str:
    return some(names, SHOWN) or "none"
