"""How many iterations a run takes: told by one of its params, else by how far others went.

Where all finished runs took alike, a run takes as many. Where they did not, one of the
params may say it: that which stands in one ratio to the length of every finished run (the
number of epochs, of trees, of steps a tenth of which is logged). Where none does, because
the training ends itself when it no longer improves, a run at iteration k goes as far as
those finished runs did that went further than k, by the median; to be on the safe side
its end is looked at where the longest of them ended, too. A run that is longer than all of
them cannot be judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from nbsweep.records import Curve, RunState, is_number
from nbsweep.search.curve_model import ShownRun

ALIKE = 0.1  # lengths that differ by less, of the median, are one length
_LENGTH_WORDS = re.compile(
    r"(epochs?|iterations?|n_?iters?|max_?iters?|steps?|rounds?|n_?estimators|trees|budget|length)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class RunLengths:
    """How long the runs of a sweep are, in iterations.

    Attributes:
        finished: of the finished runs, shortest first; at least one.
        param: the parameter that tells the length of a run; None without one.
        ratio: iterations per unit of it.
    """

    finished: tuple[int, ...]
    param: str | None = None
    ratio: float = 1.0

    @classmethod
    def of(cls, runs: Sequence[ShownRun]) -> RunLengths | None:
        """As far as the finished ones of some runs tell; None when none has finished."""
        ended = [
            (length, run.params)
            for run in runs
            if run.curve.state is RunState.FINISHED and (length := _length(run.curve))
        ]
        if not ended:
            return None
        lengths = tuple(sorted(length for length, _ in ended))
        names = set.intersection(*({*params} for _, params in ended))
        differ = {name for name in names if len({repr(run.params.get(name)) for run in runs}) > 1}
        for name in sorted(differ, key=lambda name: (not _is_length_word(name), name)):
            ratio = _ratio(name, ended)
            if ratio is not None:
                return cls(lengths, name, ratio)
        return cls(lengths)

    @property
    def usual(self) -> int:
        """Of a run of which nothing else is known: the median of the finished runs."""
        return median_low(self.finished)

    def of_params(self, params: Mapping[str, Any]) -> int:
        """Of a run that does not exist yet."""
        value = _units(params.get(self.param)) if self.param else None
        return self.usual if value is None else max(1, round(self.ratio * value))

    def horizons(self, run: ShownRun) -> tuple[int, ...]:
        """Where a run may end, the likeliest first; empty when it is longer than all others."""
        reached = run.curve.iterations
        if self.param is not None:
            told = self.of_params(run.params)
            return (told,) if told > reached else ()
        if self.finished[-1] - self.finished[0] <= ALIKE * self.usual:
            return (self.usual,) if self.usual > reached else ()
        longer = [length for length in self.finished if length > reached]
        return tuple(dict.fromkeys((median_low(longer), longer[-1]))) if longer else ()


def _length(curve: Curve) -> int:
    return curve.iterations if curve.values else 0


def _is_length_word(name: str) -> bool:
    return _LENGTH_WORDS.search(name.rsplit(".", 1)[-1]) is not None


def _ratio(name: str, ended: Sequence[tuple[int, Mapping[str, Any]]]) -> float | None:
    """Iterations per unit of a parameter, where it tells the length of every finished run.

    Two lengths that fit are chance for anything but equal numbers, and one is chance
    for anything that is not called a length.
    """
    units = [_units(params[name]) for _, params in ended]
    pairs = [(length, unit) for (length, _), unit in zip(ended, units, strict=True) if unit]
    if len(pairs) < len(ended):
        return None
    different = len({unit for _, unit in pairs})
    if all(abs(length - unit) <= 1 for length, unit in pairs):
        return 1.0 if different > 1 or _is_length_word(name) else None
    longest, most = max(pairs, key=lambda pair: pair[1])
    ratio = longest / most
    if different < 3 or any(abs(length - ratio * unit) > 1 for length, unit in pairs):
        return None
    return ratio


def _units(value: Any) -> float | None:
    """The value of a parameter that may count something, None for any other."""
    return float(value) if is_number(value) and value > 0 else None
