"""What a sweep has shown, in sentences: each computed, with its evidence and its runs.

What is looked at: for each parameter its order, thresholds, ranges and categories (see
`claim_features`), about the metric, about runs that failed, and about how long runs took;
and whether two parameters act together (see `interactions`). All tests are of ranks (as
normal scores), so one diverged run decides nothing.

Chance. On runs whose results have nothing to do with their params a claim is made with
probability `LEVEL` at most: the families below share it, and within each the claims are
corrected for their number (see `claim_tests`). Exact for random and grid search. Searches
that look at results put more runs where they saw luck, and what they left keeps its bad
luck: with searches as greedy as one that only ever samples around its best run, up to twice
as many groundless claims were found in simulations of 300 sweeps; hence a level below 5 %.
They also settle, and then what does nothing goes along with what matters: so each claim has
to stand beside any function of all other parameters (see `claim_given_others`).

Facts that no chance is in (other training code, repeats, a best value at the end of its
range where a claim points there) have no p.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbsweep.analysis import claim_words
from nbsweep.analysis.claim_features import Features, Part, features
from nbsweep.analysis.claim_tests import Claim, Tested, claims_that_hold, explained_by, strongest
from nbsweep.analysis.frame import NO_VALUE, Column, Frame
from nbsweep.analysis.interactions import Interaction, interactions
from nbsweep.analysis.results import DURATION
from nbsweep.records import RunState
from nbsweep.search.replicates import pooled_noise
from nbsweep.space.seeds import SEED_NAMES
from nbsweep.wording import number, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# The parts of all parameters over some runs, by their indices.
PartsOver = Callable[[tuple[int, ...]], Features]

# Chance of any claim on noise, and the families that share it.
OF_METRIC, OF_PAIRS, OF_FAILURES, OF_RUNTIME = 0.015, 0.005, 0.005, 0.005
LEVEL = OF_METRIC + OF_PAIRS + OF_FAILURES + OF_RUNTIME
# Below that many runs the best split of a few is chance, and no shuffle tells otherwise.
MIN_RUNS = 8
MIN_FAILED = 3
# What takes up to a twentieth more or less time is not worth a sentence.
SAME_TIME = 0.05
# A parameter hardly matters when it explains at most this share, with a normal's one-sided
# 95 % to spare; it has to have been varied over half of its axis.
NEGLIGIBLE, SURE, VARIED = 0.05, 1.645, 0.5
OWN = 0.5  # share of the difference that a claim shows, below which a sentence says so
FREEDOM = 30  # runs less what claims were fitted with, for that to be said
MIN_FREEDOM = 2  # differences between repeats, for a spread
NAMED = 5  # parameters in one sentence


@dataclass(frozen=True)
class Takeaway:
    """One sentence about a sweep.

    Attributes:
        text: the sentence, with its evidence.
        n: runs that it rests on.
        p_value: chance of any such claim on noise, corrected for all that was looked at;
            None for a fact that no chance is in.
        effect: share of the variance of the result's normal scores that goes with it, 0 to 1; None
            for a fact.
        parameter: what it is about; "" for the sweep as a whole.
        kind: "trend", "threshold", "range", "category", "interaction", "failures",
            "runtime", "edge", "unimportant", "repeats" or "code".
        metric: the result that it is about; "" for failures and code.
        parameters: all that it is about, where it is several.
        low, high: the part of the axis that the claim is about, in the parameter's own
            units, where it is a part; else None.
        category: the one that it is about, as its label; else "".
        is_good: whether that part (or a higher value) is the better one; None for facts.
    """

    text: str
    n: int
    p_value: float | None
    effect: float | None
    parameter: str
    kind: str
    metric: str = ""
    parameters: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    category: str = ""
    is_good: bool | None = None

    def __str__(self) -> str:
        return self.text


KINDS = {"trend": "trend", "step": "threshold", "range": "range", "category": "category"}


def takeaways(
    frame: Frame, *, seconds: Sequence[float | None] = (), seed: int = 0, share: float = 1.0
) -> tuple[Takeaway, ...]:
    """What the runs show, the strongest first; () where there is no ground for a sentence.

    Args:
        frame: the runs, with the metric to speak of.
        seconds: how long each run of the frame took, None where that is not known; claims
            about the time are of those that finished.
        seed: same frame and seed, same sentences.
        share: of `LEVEL` that this frame may use up, where several metrics are looked at.

    Returns:
        Claims about the metric and failures by how sure they are, those about time, then
        facts. Takes about 0.1 s for 1,000 runs of 20 parameters on one core.
    """
    rng = np.random.default_rng(seed)
    parts = functools.cache(lambda rows: features(frame.params, rows))
    claims: list[tuple[float, Takeaway]] = []
    facts: list[Takeaway] = []
    if frame.metric is not None and len(frame.counted) >= MIN_RUNS:
        claims, facts = _about_metric(frame, parts, rng, share)
    claims += _about_failures(frame, parts, rng, share)
    times = _about_runtime(frame, seconds, parts, rng, share)
    ordered = [*_strongest_first(claims), *_strongest_first(times)]
    return (*ordered, *facts, *_repeats(frame), *_code(frame))


def _strongest_first(found: list[tuple[float, Takeaway]]) -> list[Takeaway]:
    return [takeaway for _, takeaway in sorted(found, key=lambda pair: -pair[0])]


def nothing_text(frame: Frame) -> str:
    """Why there is no takeaway, in a sentence."""
    n = len(frame.counted)
    if frame.metric is None:
        return "No takeaways: the sweep has no metric that parameters could decide."
    name = frame.metric.name
    if n < MIN_RUNS:
        have = (
            f"{plural(n, 'run')} with a value of {name}" if n else f"no run with a value of {name}"
        )
        return f"No takeaways yet: {have}, {MIN_RUNS} are needed."
    if len({frame.metric.values[i] for i in frame.counted}) == 1:
        return f"No takeaways: all {plural(n, 'run')} have the same {name}."
    if not any(len({column.numbers[i] for i in frame.counted}) > 1 for column in frame.params):
        return f"No takeaways: no parameter varied over {plural(n, 'run')}."
    return (
        f"Nothing can be told from chance: {plural(n, 'run')} show no effect of a parameter "
        f"on {name}."
    )


# The metric -------------------------------------------------------------------------


def _about_metric(
    frame: Frame, parts: PartsOver, rng: np.random.Generator, share: float
) -> tuple[list[tuple[float, Takeaway]], list[Takeaway]]:
    metric = frame.metric
    assert metric is not None
    values = _values(frame)
    numbers = parts(frame.counted).numbers
    own: dict[bytes, list[int]] = {}
    for k in range(len(frame.params)):
        own.setdefault(np.isnan(numbers[:, k]).tobytes(), []).append(k)
    whole = own.pop(np.zeros(len(values), dtype=bool).tobytes(), [])
    found = features(frame.params, frame.counted, whole) if own else parts(frame.counted)
    level = share * OF_METRIC / (2 if own else 1)
    result = -metric.goal.sign * values
    tested = claims_that_hold(found, result, level, rng, scaled=_qualities(frame, values))
    said = _metric_claims(frame, found, tested, values, level / share) if tested else []
    for ks in own.values():
        said += _of_own_runs(frame, ks, values, level / len(own), rng, tested, found, share)
    if tested is None:
        return said, []
    pairs = interactions(frame, found, share * OF_PAIRS, rng)
    said += [_pair(frame, pair) for pair in pairs]
    acting = {k for pair in pairs for k in (pair.first, pair.second)}
    return said, _unimportant(frame, found, tested, acting)


def _metric_claims(
    frame: Frame, found: Features, tested: Tested, values: Floats, level: float
) -> list[tuple[float, Takeaway]]:
    assert frame.metric is not None
    said = []
    for claim in tested.claims:
        part = found.parts[claim.j]
        both = claim_words.sides(frame.params[part.k], part, found.numbers[:, part.k])
        is_good = (claim.t > 0) == both.is_inside
        text = claim_words.metric_text(part, both, values, frame.metric, is_good=is_good)
        kind = KINDS[part.shape]
        said.append(_claim(frame, part, claim, text, kind, level, found, frame.metric.name))
    return said


def _of_own_runs(
    frame: Frame,
    ks: list[int],
    values: Floats,
    level: float,
    rng: np.random.Generator,
    before: Tested | None,
    found: Features,
    share: float,
) -> list[tuple[float, Takeaway]]:
    """Claims about parameters that only some runs have, among those runs."""
    assert frame.metric is not None
    has = ~np.isnan(found.numbers[:, ks[0]])
    if has.sum() < MIN_RUNS:
        return []
    rows = [i for i, there in zip(frame.counted, has, strict=True) if there]
    own = features(frame.params, rows, ks)
    claims = before.claims if before is not None else ()
    known = [explained_by(found, claim.j)[has] for claim in claims]
    given = np.column_stack(known) if known else None
    result = -frame.metric.goal.sign * values[has]
    scaled = _qualities(frame, values[has])
    tested = claims_that_hold(own, result, level, rng, given=given, scaled=scaled)
    return _metric_claims(frame, own, tested, values[has], level / share) if tested else []


def _pair(frame: Frame, pair: Interaction) -> tuple[float, Takeaway]:
    assert frame.metric is not None
    names = frame.params[pair.first].name, frame.params[pair.second].name
    return abs(pair.t), Takeaway(
        text=_sentence(pair.text),
        n=len(frame.counted),
        p_value=min(1.0, pair.p * LEVEL / OF_PAIRS),
        effect=pair.share,
        parameter=names[0],
        kind="interaction",
        metric=frame.metric.name,
        parameters=names,
    )


def _sentence(text: str) -> str:
    """Sentences that begin with a word of ours begin with a capital; names stay as they are."""
    starts = ("the best ", "runs with ", "higher ", "lower ")
    return f"{text[0].upper() if text.startswith(starts) else text[0]}{text[1:]}."


def _values(frame: Frame) -> Floats:
    assert frame.metric is not None
    return np.array([frame.metric.values[i] for i in frame.counted], dtype=float)


def _qualities(frame: Frame, values: Floats) -> Floats:
    """Values as the colours of plots show them, the higher the better: none is far off."""
    assert frame.metric is not None
    return np.array([frame.metric.quality(float(value)) for value in values])


def _claim(
    frame: Frame,
    part: Part,
    claim: Claim,
    text: str,
    kind: str,
    level: float,
    found: Features,
    metric: str = "",
) -> tuple[float, Takeaway]:
    column = frame.params[part.k]
    is_category = part.shape == "category"
    has_ends = part.shape in ("step", "range")
    # The figures are of all runs, which differ in other parameters too.
    due_to_others = "" if claim.own >= OWN else f"; {claim_words.DUE_TO_OTHERS}"
    return abs(claim.t), Takeaway(
        text=_sentence(text + due_to_others),
        n=int((~np.isnan(found.numbers[:, part.k])).sum()),
        p_value=min(1.0, claim.p * LEVEL / level),
        effect=claim.share,
        parameter=column.name,
        kind=kind,
        metric=metric,
        parameters=(column.name,),
        low=max(part.low, column.low) if has_ends else None,
        high=min(part.high, column.high) if has_ends else None,
        category=column.categories[int(part.low)] if is_category else "",
        is_good=claim.t > 0,
    )


def _unimportant(frame: Frame, found: Features, tested: Tested, acting: set[int]) -> list[Takeaway]:
    """The parameters of which the runs show that they hardly matter, beside some that do."""
    few = tested.freedom < FREEDOM
    if not (tested.claims or acting) or frame.metric is None or few:
        return []
    n = len(found.numbers)
    taken = acting | {found.parts[claim.j].k for claim in tested.claims}
    names, most = [], 0.0
    for k, column in enumerate(frame.params):
        present = ~np.isnan(found.numbers[:, k])
        parts = [part for part in found.parts if part.k == k]
        varied = present.all() and _is_varied(column, found.numbers[:, k], parts)
        if k in taken or not varied:
            continue
        sure = strongest(found, tested.t, k) + SURE
        share = tested.left * sure**2 / (n - 1)
        if share <= NEGLIGIBLE:
            names.append(column.name)
            most = max(most, share)
    if not names:
        return []
    each = "it explains" if len(names) == 1 else "each explains"
    text = (
        f"{claim_words.names_text(names, NAMED)} hardly mattered: {each} at most "
        f"{max(1, round(100 * most))} % of the ranking by {frame.metric.name}, {plural(n, 'run')}"
    )
    parameter = names[0] if len(names) == 1 else ""
    return [
        Takeaway(
            _sentence(text),
            n,
            None,
            most,
            parameter,
            "unimportant",
            frame.metric.name,
            tuple(names),
        )
    ]


def _is_varied(column: Column, numbers: Floats, parts: Sequence[Part]) -> bool:
    """Whether nine tenths of the runs take up half of the axis, or each category has its share."""
    if not parts:
        return False
    if column.kind == "category":
        return len(parts) == len(column.categories) or len(column.categories) == 2
    low, high = np.quantile(numbers, [0.05, 0.95])
    return column.position(float(high)) - column.position(float(low)) >= VARIED


# Failures and time ------------------------------------------------------------------


def _about_failures(
    frame: Frame, parts: PartsOver, rng: np.random.Generator, share: float
) -> list[tuple[float, Takeaway]]:
    """Where runs failed, or ended without a value."""
    failed = [
        i
        for i, reason in enumerate(frame.left_out)
        if reason == NO_VALUE or (frame.states[i].broke and reason is not None)
    ]
    rows = tuple(sorted([*failed, *frame.counted]))
    if len(failed) < MIN_FAILED or len(rows) - len(failed) < MIN_FAILED or len(rows) < MIN_RUNS:
        return []
    broke = np.isin(rows, failed)
    found = parts(rows)
    tested = claims_that_hold(found, -broke.astype(float), share * OF_FAILURES, rng)
    words = {NO_VALUE for i in failed if frame.left_out[i] == NO_VALUE}
    gave_none = f"gave no {frame.metric.name}" if frame.metric is not None else ""
    what = "failed" if not words else gave_none
    if words and any(frame.states[i].broke for i in failed):
        what = f"failed or {gave_none}"
    said = []
    for claim in tested.claims if tested else ():
        part = found.parts[claim.j]
        both = claim_words.sides(frame.params[part.k], part, found.numbers[:, part.k])
        if (claim.t < 0) != both.is_inside:
            both = claim_words.Sides(
                both.other, both.subject, both.second, both.first, not both.is_inside
            )
        text = claim_words.failure_text(part, both, broke, what)
        said.append(_claim(frame, part, claim, text, "failures", OF_FAILURES, found))
    return said


def _about_runtime(
    frame: Frame,
    seconds: Sequence[float | None],
    parts: PartsOver,
    rng: np.random.Generator,
    share: float,
) -> list[tuple[float, Takeaway]]:
    """What made runs longer or shorter."""
    rows = tuple(
        i
        for i, value in enumerate(seconds)
        if value is not None and value > 0 and frame.states[i] is RunState.FINISHED
    )
    if len(rows) < MIN_RUNS:
        return []
    took = np.array([seconds[i] for i in rows], dtype=float)
    found = parts(rows)
    level, slow = share * OF_RUNTIME, np.log(took)
    tested = claims_that_hold(found, -took, level, rng, ranges=False, scaled=-slow, drifts=True)
    said = []
    for claim in tested.claims if tested else ():
        part = found.parts[claim.j]
        both = claim_words.sides(frame.params[part.k], part, found.numbers[:, part.k])
        first, second = np.median(took[both.first]), np.median(took[both.second])
        if abs(first / second - 1) < SAME_TIME:
            continue
        text = claim_words.runtime_text(part, both, took)
        said.append(_claim(frame, part, claim, text, "runtime", OF_RUNTIME, found, DURATION))
    return said


# Facts ------------------------------------------------------------------------------


def _repeats(frame: Frame) -> list[Takeaway]:
    """How much runs of the same params differ."""
    metric = frame.metric
    if metric is None:
        return []
    columns = [
        column
        for column in frame.params
        if column.name.rpartition(".")[2].lower() not in SEED_NAMES
    ]
    groups: dict[tuple[float | None, ...], list[float]] = {}
    for i in frame.counted:
        value = metric.values[i]
        if value is not None:
            groups.setdefault(tuple(column.numbers[i] for column in columns), []).append(value)
    repeated = [values for values in groups.values() if len(values) > 1]
    noise = pooled_noise(repeated) if repeated else None
    if noise is None or noise.freedom < MIN_FREEDOM or not 0 < noise.variance < math.inf:
        return []
    sd = number(math.sqrt(noise.variance), digits=2)
    n = sum(map(len, repeated))
    text = (
        f"Runs of the same params differ by {sd} in {metric.name} "
        f"(standard deviation): {plural(n, 'run')} of "
        f"{plural(len(repeated), 'configuration')} that were repeated"
    )
    return [Takeaway(_sentence(text), n, None, None, "", "repeats", metric.name)]


def _code(frame: Frame) -> list[Takeaway]:
    text = frame.code_text()
    if not text:
        return []
    n = len(frame.numbers)
    sentence = f"{text[0].upper()}{text[1:]}, {plural(n, 'run')}."
    return [Takeaway(sentence, n, None, None, "", "code")]
