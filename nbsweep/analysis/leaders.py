"""Whether the best is really the best, in a sentence: for `Sweep.leaders`."""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.records import Metric
from nbsweep.search.leaders import Ranked
from nbsweep.wording import joined, percent, plural

NAMED = 6  # runs that a sentence names


def sentence(ranking: Sequence[Ranked], metric: Metric, sweep_id: str) -> str:
    """How sure it is that the first of a ranking is the best, and what cannot be told from it."""
    if not ranking:
        return f"No run of sweep {sweep_id} has a value of {metric.name} yet."
    first = run_number(ranking[0])
    if len(ranking) == 1:
        of = plural(ranking[0].configuration.n, "run")
        return f"Run {first} is of the only configuration with a value of {metric.name}, from {of}."
    like = [place for place, each in enumerate(ranking) if each.is_like_first]
    chance = percent(ranking[0].chance)
    if len(like) == 1:
        text = f"Run {first} is the best, and told apart from all others; the chance of that is"
        return f"{text} {chance}.{_unrepeated(ranking)}"
    numbers = [str(run_number(ranking[place])) for place in like]
    few = len(numbers) <= NAMED
    if like == list(range(len(like))):
        which = f" (runs {joined(numbers, 'and')})" if few else ""
        text = f"The first {len(like)}{which} cannot be told apart"
    else:
        others = joined(numbers[1:], "and") if few else f"{len(like) - 1} others"
        runs = "run " if len(like) == 2 else "runs " if few else ""
        text = f"Run {first} cannot be told apart from {runs}{others}"
    return f"{text}; run {first} is the best with a chance of {chance}.{_unrepeated(ranking)}"


def run_number(ranked: Ranked) -> int:
    """The number of the run that stands for a configuration."""
    return ranked.configuration.middle.number


def _unrepeated(ranking: Sequence[Ranked]) -> str:
    """That nothing is known of how much runs of the same params differ."""
    if any(each.configuration.n > 1 for each in ranking):
        return ""
    return (
        " None of them was repeated, so how much luck there is in a run is only guessed from its "
        "neighbours."
    )
