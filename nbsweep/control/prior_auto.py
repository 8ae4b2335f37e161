"""Earlier sweeps that a new one learns from: the config's `prior: auto`, or a list of sweeps.

They are other tasks, whose runs tell what to expect (`nbsweep.search.past`) and count as none of
the new sweep's. Which they are is decided once, when the sweep is made, and kept in its record,
so that its suggestions follow from the record alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nbsweep import sweep_config
from nbsweep.control.prior_runs import PriorRuns, entry_of
from nbsweep.errors import ConfigError, NotFoundError
from nbsweep.records import Metric, RunRecord, SweepRecord, is_number
from nbsweep.space.search_space import Distribution
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import joined, plural, some

NEWEST = 200  # sweeps of the project that are looked at
MOST_READ = 12  # of those with runs, whose runs are read
MOST_USED = 5
FEWEST_RUNS = 5  # with a value; fewer do not show where the good ones are
MOST_RUNS = 60  # of each that are kept: the best and a thinned rest
LEAST_OVERLAP = 0.25  # of the new search space, a mean over its parameters
ENDS = (1e-3, 1.0 - 1e-3)  # quantiles between which a parameter lies
STEPS = 32  # of a range, of which those are counted that another covers
NAMED = 5  # sweeps in a sentence


class _Earlier(NamedTuple):
    """A sweep whose runs may tell something of the new one's."""

    record: SweepRecord
    overlap: float
    same_program: bool


def read_prior_sweeps(
    store: Store, config: SweepConfig, project: str, own_runs: Collection[str] = ()
) -> PriorRuns:
    """The runs of earlier sweeps as `SweepRecord.prior` keeps them, and notes for the user.

    "auto" takes the sweeps of the project, and those elsewhere that run the same program, that
    have the same metric with the same goal, search some of the same parameters over ranges that
    overlap, and have FEWEST_RUNS runs with a value: the MOST_USED most alike, newer ones first.
    What runs logged on their way is not read.

    Args:
        store: where they are.
        config: of the new sweep.
        project: of the new sweep.
        own_runs: ids of runs that count as the new sweep's; no sweep of theirs is taken.

    Raises:
        NotFoundError: the config names a sweep that is not there.
    """
    if config.prior is None:
        return PriorRuns([], [])
    if config.method != "bayes" or config.metric is None:
        note = f'prior: method "{config.method}" does not learn from earlier sweeps; '
        return PriorRuns([], [note + "it changes nothing."])
    is_auto = isinstance(config.prior, str)
    records = _around(store, config, project) if is_auto else _named(store, config.prior)
    candidates, notes = _alike(records, config, config.metric, told=not is_auto)
    entries: list[dict[str, Any]] = []
    used: list[str] = []
    few: list[str] = []
    for earlier in candidates:
        if is_auto and (len(used) == MOST_USED or len(used) + len(few) == MOST_READ):
            break
        runs = [run for run in store.runs(sweep_id=earlier.record.id) if run.state.ended]
        if any(run.id in own_runs for run in runs):
            continue
        found = _entries(runs, config, earlier.record.id)
        if len(found) < FEWEST_RUNS:
            few += [earlier.record.id] if runs or not is_auto else []
            continue
        entries += found
        used.append(f"{_title(earlier.record)}, {plural(len(found), 'run')}")
    if few:
        notes.append(
            f"prior: {_left_out(few)}: fewer than {FEWEST_RUNS} of their ended runs have a value "
            f"of {config.metric.name}."
        )
    where = f"of project {project}" if is_auto else "of those named"
    return PriorRuns(entries, [_told(used, where, config), *notes])


def _told(used: Sequence[str], where: str, config: SweepConfig) -> str:
    """What was found, for the user."""
    if not used:
        return f"prior: no earlier sweep {where} tells anything about this one."
    guide = "They guide the first runs, and later ones as far as they foretell them."
    if config.metrics:
        first = config.objectives[0].name
        guide = f"Under several metrics they choose the first run alone, by {first}."
    count = "1 earlier sweep tells" if len(used) == 1 else f"{len(used)} earlier sweeps tell"
    return f"prior: {count} something: {'; '.join(used)}. {guide}"


def _around(store: Store, config: SweepConfig, project: str) -> list[SweepRecord]:
    """Sweeps of the project, and those elsewhere that run the same program, newest first."""
    here = store.sweeps(project, newest=NEWEST)
    known = {record.id for record in here}
    if config.program is not None:
        everywhere = store.sweeps(newest=NEWEST)
        here += [
            record
            for record in everywhere
            if record.id not in known and record.config.get("program") == config.program
        ]
    return sorted(here, key=lambda record: (-record.created_at, record.id))


def _named(store: Store, ids: Iterable[str]) -> list[SweepRecord]:
    """The sweeps of some ids, each once."""
    records = []
    for sweep_id in dict.fromkeys(each.rpartition("/")[2] for each in ids):
        try:
            records.append(store.sweep(sweep_id))
        except NotFoundError as error:
            raise NotFoundError(f"prior: {error}", sweep_id) from None
    return records


def _alike(
    records: Iterable[SweepRecord], config: SweepConfig, metric: Metric, *, told: bool
) -> tuple[list[_Earlier], list[str]]:
    """Those that may tell something, the most alike first, and why others do not.

    Args:
        records: newest first.
        config: of the new sweep.
        metric: its first one.
        told: whether to say of each that is left out why; else only of goals, since those of
            another metric or other parameters are not meant.
    """
    found: list[_Earlier] = []
    other_goal: list[str] = []
    other_metric: list[str] = []
    other_space: list[str] = []
    for record in records:
        try:
            before = sweep_config.parse(record.config) if _may_fit(record.config, metric) else None
        except ConfigError:  # of another version, or imported
            before = None
        theirs = None if before is None else _same_metric(before, metric)
        if before is None or (theirs is None and before.metric is not None):
            other_metric.append(record.id)
        elif theirs is not None and theirs.goal is not metric.goal:
            other_goal.append(record.id)
        elif (overlap := _overlap(config, before)) < LEAST_OVERLAP:
            other_space.append(record.id)
        else:
            same = config.program is not None and before.program == config.program
            found.append(_Earlier(record, overlap, same))
    found.sort(key=lambda each: (-round(each.overlap, 1), not each.same_program))  # stable
    notes = []
    if other_goal:
        other = "maximize" if metric.goal.is_minimized else "minimize"
        notes.append(f"prior: {_left_out(other_goal)}: their goal for {metric.name} is {other}.")
    if told and other_metric:
        notes.append(f"prior: {_left_out(other_metric)}: {metric.name} is not their metric.")
    if told and other_space:
        notes.append(
            f"prior: {_left_out(other_space)}: their parameters and ranges have too little in "
            "common with these."
        )
    return found, notes


def _may_fit(config: Mapping[str, Any], metric: Metric) -> bool:
    """Whether a stored config names the metric or none; quick, since most sweeps do not."""
    named = [config.get("metric"), *(config.get("metrics") or ())]
    names = [each.get("name") for each in named if isinstance(each, Mapping)]
    return not names or metric.name in names


def _same_metric(config: SweepConfig, metric: Metric) -> Metric | None:
    """The objective of that name."""
    return next((each for each in config.objectives if each.name == metric.name), None)


def _overlap(config: SweepConfig, before: SweepConfig) -> float:
    """The share of the new search space that an earlier one covers: a mean over parameters.

    A parameter that was constant covers nothing, so that spaces which share only constants
    have nothing in common.
    """
    theirs = {parameter.name: parameter.distribution for parameter in before.space.searched}
    laws = [(parameter.name, parameter.distribution) for parameter in config.space.searched]
    shares = [_covered(law, theirs[name]) if name in theirs else 0.0 for name, law in laws]
    return sum(shares) / len(shares) if shares else 0.0


def _covered(law: Distribution, by: Distribution) -> float:
    """The share of a law's values, as it draws them, that another law has or spans."""
    if not law.is_numeric:
        values = list(law.support or ())
        return sum(map(by.contains, values)) / len(values)
    if not by.is_numeric:
        return 0.0
    spanned = by.listed or [by.quantile(end) for end in ENDS]
    low, high = min(spanned), max(spanned)
    drawn = [law.quantile((step + 0.5) / STEPS) for step in range(STEPS)]
    return sum(bool(low <= value <= high) for value in drawn) / STEPS


def _entries(runs: Iterable[RunRecord], config: SweepConfig, sweep_id: str) -> list[dict[str, Any]]:
    """The entries of a sweep's runs that have a value, last attempts only, at most MOST_RUNS."""
    last: dict[int, RunRecord] = {}
    for run in runs:
        known = last.get(run.number)
        if known is None or known.attempt < run.attempt:
            last[run.number] = run
    searched = {parameter.name for parameter in config.space.searched}
    entries = []
    for run in last.values():
        entry = {**entry_of(run, config), "sweep": sweep_id}
        told = is_number(entry["value"]) and not run.state.broke
        if told and searched & entry["params"].keys():
            entries.append(entry)
    return _thinned(entries, config)


def _thinned(entries: list[dict[str, Any]], config: SweepConfig) -> list[dict[str, Any]]:
    """At most MOST_RUNS: the best half, and of the others every so many by value."""
    if len(entries) <= MOST_RUNS:
        return entries
    sign = 1.0 if config.metric is None else config.metric.sign
    ranked = sorted(entries, key=lambda entry: (sign * entry["value"], entry["run_id"]))
    best, rest = ranked[: MOST_RUNS // 2], ranked[MOST_RUNS // 2 :]
    wanted = MOST_RUNS - len(best)
    return [*best, *(rest[i * (len(rest) - 1) // (wanted - 1)] for i in range(wanted))]


def _left_out(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"sweep {ids[0]} is left out"
    which = some(ids, NAMED) if len(ids) > NAMED else joined(ids, "and")
    return f"sweeps {which} are left out"


def _title(record: SweepRecord) -> str:
    return f"{record.name} ({record.id})" if record.name else record.id
