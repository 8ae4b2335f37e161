"""Is the best really the best? `Sweep.leaders` and `Sweep.confirm`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from nbsweep.control.repeating import asked
from nbsweep.errors import UsageError
from nbsweep.handles.leading import no_metric
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.objectives import front_runs
from nbsweep.records import RunRecord, Snapshot, Suggestion, SweepState
from nbsweep.search.replicates import (
    configurations,
    from_queue,
    key_of,
    replicate,
    seeds,
    to_queue,
)
from nbsweep.space.seeds import is_bound
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import (
    closest,
    did_you_mean,
    joined,
    percent,
    plural,
    plus_minus,
    short,
    show,
    without_surrogates,
)

BY_NAME = "by name"  # `seed_parameter`: what is called seed, random_seed, random_state, rng_seed
NAMED = 8  # runs that a sentence names
TOLD_PARAMS = 6
SD_OF_90 = 1 / (2 * 1.645)  # standard deviation per width of a central 90 % interval


@dataclass(frozen=True)
class Leader:
    """One of the leading configurations of a sweep: what was tried, and how good it is.

    Attributes:
        params: parameter name to value, without what only seeds random numbers.
        run: the run that stands for it: of the median value, the better of two.
        runs: all of its runs with a value, by number.
        mean: of their values.
        error: standard error of the mean, with the noise of all repeated runs; None while none
            was repeated.
        n: how many runs it has.
        chance: that it is the best of all configurations that were tried.
        expected: what another run would give without noise, by the sweep's model of its runs.
        low, high: the same is between them with 90 % probability.
        is_like_first: whether it cannot be told apart from the first leader.
    """

    params: Mapping[str, Any]
    run: SweepRun
    runs: tuple[SweepRun, ...]
    mean: float
    error: float | None
    n: int
    chance: float
    expected: float
    low: float
    high: float
    is_like_first: bool


class Leaders(list[Leader]):
    """The leading configurations, the best first; shows itself as a table with a sentence.

    Attributes:
        sentence: how sure it is that the first is the best, and what cannot be told from it.
    """

    def __init__(self, leaders: Sequence[Leader], sentence: str, metric: str) -> None:
        super().__init__(leaders)
        self.sentence = sentence
        self._metric = metric

    def _rows(self) -> list[tuple[str, ...]]:
        head: tuple[str, ...] = ("run", "runs", self._metric, "expected", "chance", "params")
        rows = [head]
        for each in self:
            names = list(each.params)[:TOLD_PARAMS]
            rows.append(
                (
                    str(each.run.number),
                    str(each.n),
                    plus_minus(each.mean, each.error or 0.0),
                    plus_minus(each.expected, SD_OF_90 * (each.high - each.low)),
                    percent(each.chance),
                    ", ".join(f"{name} = {short(each.params[name])}" for name in names),
                )
            )
        return rows

    def __repr__(self) -> str:
        if not self:
            return self.sentence
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return without_surrogates("\n".join([*lines, self.sentence]))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        head, *rows = self._rows()
        if not self:
            return without_surrogates(f"<div>{escape(self.sentence)}</div>")
        titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        lines = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
        return without_surrogates(
            f"<div><table><thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
            f"<div>{escape(self.sentence)}</div></div>"
        )


@dataclass(frozen=True)
class Confirmation:
    """What `Sweep.confirm` put into the sweep's queue; `str` of it is the sentence.

    Attributes:
        numbers: of the runs that are repeated, the first of each configuration.
        points: params of the runs that wait now, in their order.
        sentence: the same in words, with how they get to run.
    """

    numbers: tuple[int, ...]
    points: tuple[Mapping[str, Any], ...]
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    __repr__ = __str__


class Confirming:
    """What a sweep says and does of its leaders; a part of `Sweep`."""

    stored: StoredSweep

    def leaders(self, n: int = 5) -> Leaders:
        """The leading configurations, with the chance of each to be the best.

        Runs of the same params are one configuration: seeds apart, which are parameters called
        seed, random_seed, random_state or rng_seed. They are ranked by what a model of all
        runs believes of their noise-free metric, and the chance is the share of draws from
        that belief in which one is the best of all.

        Args:
            n: how many.

        Raises:
            UsageError: the sweep has no metric, or several objectives.

        Example:
            >>> print(sweep.leaders(3).sentence)
            The first 2 (runs 12 and 7) cannot be told apart; run 12 is the best with a chance of
            58 %.
        """
        return leaders(self.stored, n)

    def confirm(
        self, top: int = 5, repeats: int = 3, seed_parameter: str | None = BY_NAME
    ) -> Confirmation:
        """Have the leaders run again with new seeds, to see which one is really the best.

        The runs wait in the sweep's queue, the first repetition of each leader before the
        second of any. Whoever works on the sweep takes them next, whatever run_cap, run_time
        and target say, and early termination leaves them alone. A sweep that has ended hands
        out these runs and nothing else. Without an agent at work call `nbsweep.agent` for it.
        Each one's ``origin["replicate_of"]`` is the number of the run that it repeats. With
        several objectives the runs of the front are repeated.

        Each run seeds Python's and NumPy's random numbers differently in any case. A parameter
        that is called seed, random_seed, random_state or rng_seed gets another value for each
        repetition: one that is constant the next numbers after it, one that is searched a value
        that was not tried with these params.

        Args:
            top: how many configurations.
            repeats: how many more runs of each.
            seed_parameter: the parameter that seeds, where it has another name; None leaves
                all parameters as they are.

        Raises:
            UsageError: the sweep has no metric or no run with a value; `top` or `repeats` is no
                whole number above 0; there is no such parameter, or others hang on it.

        Example:
            >>> print(sweep.confirm(top=3, repeats=4))
            >>> nbsweep.agent(sweep, train, count=12)
        """
        return confirm(self.stored, top, repeats, seed_parameter)


def leaders(sweep: StoredSweep, n: int) -> Leaders:
    """See `Sweep.leaders`."""
    from nbsweep.analysis.leaders import sentence
    from nbsweep.search.leaders import ranked

    _check_count("leaders", "n", n)
    snapshot = sweep.snapshot()
    config = sweep.config_of(snapshot.sweep)
    metric = config.metric
    if metric is None:
        raise no_metric(sweep.id)
    if config.has_front:
        raise UsageError(
            f"leaders: sweep {sweep.id} has {len(config.objectives)} objectives, so that no one "
            "configuration is the best. best_runs() gives the front, and confirm() repeats it."
        )
    ranking = ranked(snapshot, config)
    found = [
        Leader(
            params=each.configuration.params,
            run=sweep.public(each.configuration.middle),
            runs=tuple(sweep.public(run) for run in each.configuration.runs),
            mean=each.configuration.mean,
            error=each.configuration.error,
            n=each.configuration.n,
            chance=each.chance,
            expected=each.expected,
            low=each.low,
            high=each.high,
            is_like_first=each.is_like_first,
        )
        for each in ranking[:n]
    ]
    return Leaders(found, sentence(ranking, metric, sweep.id), metric.name)


def confirm(sweep: StoredSweep, top: int, repeats: int, seed_parameter: str | None) -> Confirmation:
    """See `Sweep.confirm`."""
    _check_count("confirm", "top", top)
    _check_count("confirm", "repeats", repeats)
    snapshot = sweep.snapshot()
    config = sweep.config_of(snapshot.sweep)
    names = _seeds(sweep, config, seed_parameter)
    firsts = _to_repeat(sweep, snapshot, config, top)
    waiting = [entry for entry in map(from_queue, snapshot.sweep.queue) if entry is not None]
    apart = seeds(config.space, snapshot.runs) | names
    used: dict[int, list[Mapping[str, Any]]] = {}
    for first in firsts:
        key = key_of(first.params, apart)
        tried = (*(run.params for run in snapshot.runs), *(entry.params for entry in waiting))
        used[first.number] = [params for params in tried if key_of(params, apart) == key]
    points = []
    for _ in range(repeats):
        for first in firsts:
            point = replicate(first, used[first.number], config.space, {}, names)
            if point is not None:
                used[first.number].append(point.params)
                points.append(point)
    if not points:
        searched = joined(sorted(names), "and")
        raise UsageError(
            f"confirm: the leaders of sweep {sweep.id} were run with every value of {searched} "
            "already. confirm(seed_parameter=None) repeats them with the values that they had."
        )
    left = len(asked(snapshot.sweep, _handed_out(snapshot)))
    sweep.store.enqueue(sweep.id, [to_queue(point) for point in points])
    numbers = tuple(first.number for first in firsts)
    said = _said(sweep, snapshot, config, numbers, repeats, points, left)
    return Confirmation(numbers, tuple(point.params for point in points), said)


def _check_count(verb: str, name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"{verb}({name}={value!r:.60}): a whole number ≥ 1 is needed.")


def _handed_out(snapshot: Snapshot) -> set[tuple[str, int]]:
    origins = (run.origin for run in snapshot.runs)
    return {("enqueued", origin["enqueued"]) for origin in origins if "enqueued" in origin}


def _seeds(sweep: StoredSweep, config: SweepConfig, named: str | None) -> frozenset[str]:
    """The parameters that each repetition gets another value of."""
    if named is None:
        return frozenset()
    if named == BY_NAME:
        return seeds(config.space)
    known = [parameter.name for parameter in config.space]
    if named not in known:
        raise UsageError(
            f"confirm(seed_parameter={named!r}): sweep {sweep.id} has no such parameter."
            f"{did_you_mean(closest(str(named), known), wanted=str(named))} Its parameters: "
            f"{', '.join(known)}."
        )
    if is_bound(named, config.space):
        raise UsageError(
            f"confirm(seed_parameter={named!r}): other parameters of sweep {sweep.id} hang on it, "
            "by zip, constraints or when, so that another value of it is another configuration."
        )
    return frozenset({named})


def _to_repeat(
    sweep: StoredSweep, snapshot: Snapshot, config: SweepConfig, top: int
) -> list[RunRecord]:
    """The first runs of the leading configurations, or of those on the front."""
    metric = config.metric
    if metric is None:
        raise UsageError(
            f"Sweep {sweep.id} has no metric, so no run is best and none is to be confirmed. Name "
            'one in the config: "metric": {"name": "loss", "goal": "minimize"}.'
        )
    if config.has_front:
        latest = {run.number: run for run in snapshot.runs}
        on_front = front_runs(list(latest.values()), config.metrics)
        groups = configurations(snapshot.runs, metric, config.space)
        first_of = {run.number: group.runs[0] for group in groups for run in group.runs}
        unique = {first_of[run.number].number: first_of[run.number] for run in on_front}
        found = list(unique.values())
    else:
        from nbsweep.search.leaders import ranked

        found = [each.configuration.runs[0] for each in ranked(snapshot, config)]
    if not found:
        kept = " and keeps the limits" if config.limits else ""
        raise UsageError(
            f"confirm: no run of sweep {sweep.id} that ended well has a value of {metric.name}"
            f"{kept} yet, so there is none to repeat."
        )
    return found[:top]


def _said(
    sweep: StoredSweep,
    snapshot: Snapshot,
    config: SweepConfig,
    numbers: Sequence[int],
    repeats: int,
    points: Sequence[Suggestion],
    left: int,
) -> str:
    """What was asked for, and how it gets to run, in sentences."""
    record, count = snapshot.sweep, len(points)
    shown = [str(number) for number in numbers[:NAMED]]
    if len(numbers) > NAMED:
        shown.append(f"{len(numbers) - NAMED} more")
    which = f"run{'' if len(numbers) == 1 else 's'} {joined(shown, 'and')}"
    often = "once" if repeats == 1 else f"{repeats} times"
    often = f", {often} each" if len(numbers) > 1 else f", {often}" if repeats > 1 else ""
    waits = f"{plural(count, 'run')} of sweep {sweep.id} {_wait(count)}"
    parts = [f"{waits} to repeat {which}{often}."]
    if count < repeats * len(numbers):
        parts.append("There are no more values of the seed that these params were not run with.")
    if left:
        parts.append(f"{left} asked for before {_wait(left)} as well.")
    parts += _about_seeds(config, points)
    train = f"nbsweep.agent({sweep.id!r}, train)"
    if record.state.ended:
        parts.append(f"The sweep has ended; {train} does these runs and no others.")
    elif record.state is SweepState.PAUSED:
        parts.append(f"The sweep is paused: after resume() {train} does them first.")
    else:
        these = f"nbsweep.agent({sweep.id!r}, train, count={count + left})"
        parts.append(f"An agent at work takes them next, else {these} does.")
        if config.run_cap is not None:
            parts.append(
                f"They count for run_cap ({config.run_cap}), which does not hold them back."
            )
    return " ".join(parts)


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


def _about_seeds(config: SweepConfig, points: Sequence[Suggestion]) -> list[str]:
    """What was varied besides the seed that every run has anyway."""
    constants, said = config.space.constants, []
    for name in sorted({name for point in points for name in point.origin.get("varied", ())}):
        values = list(dict.fromkeys(show(p.params[name]) for p in points if name in p.params))
        told = ", ".join(values[:NAMED]) + (", …" if len(values) > NAMED else "")
        held = ""
        if name in constants:
            held = f", which the config holds at {show(constants[name])},"
        said.append(f"Their {name}{held} is {told}; seed_parameter=None leaves it as it is.")
    return said
