"""What early termination saved, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import median
from typing import NamedTuple

from nbsweep.records import RunRecord, RunState, Snapshot
from nbsweep.wording import plural

LOOKED_AT = 20  # finished runs, to know what an iteration is; this is asked four times a second
LEAST = 0.005  # of all work: less is not worth a word
# What is counted by these names is counted in epochs.
_EPOCHS = re.compile(r"(?:^|[/.])(?:n(?:um)?_?|max_|total_|train_)*epochs?$", re.IGNORECASE)


class Savings(NamedTuple):
    """What early termination saved.

    Attributes:
        text: ``, 63 % of epochs saved``; "" where it is not known or next to nothing.
        basis: how that is known, in a sentence; "" likewise.
    """

    text: str = ""
    basis: str = ""


def savings(snapshot: Snapshot) -> Savings:
    """The share of all work that early termination spared.

    All work is what the finished runs did, and what the stopped ones would have done had
    they become as long as finished runs are by the median.
    """
    if not any(run.state is RunState.STOPPED for run in snapshot.runs):
        return Savings()
    lengths = _lengths(snapshot)
    whole = [n for run, n in lengths if run.state is RunState.FINISHED]
    stopped = [n for run, n in lengths if run.state is RunState.STOPPED]
    if not whole or not stopped:
        return Savings()
    length = median(whole)
    spared = sum(length - min(n, length) for n in stopped)
    work = sum(whole) + length * len(stopped)
    if spared / work < LEAST:
        return Savings()
    unit = "epochs" if _are_epochs(lengths) else "iterations"
    runs = plural(len(stopped), "stopped run")
    return Savings(
        f", {100 * spared / work:.0f} % of {unit} saved",
        f"Without early termination the {plural(len(lengths), 'run')} would have taken "
        f"{work:,.0f} {unit}: finished runs have {length:,.0f} (the median), and {runs} would "
        f"have had {spared:,.0f} more.",
    )


def _lengths(snapshot: Snapshot) -> list[tuple[RunRecord, int]]:
    """The runs that came to a good end or were stopped, with the iterations that they did."""
    curves = snapshot.curves
    pairs = [
        (run, curves[run.id])
        for run in snapshot.runs
        if run.state in (RunState.FINISHED, RunState.STOPPED) and run.id in curves
    ]
    is_sampled = any(curve.is_sampled for _, curve in pairs)
    lengths = [(run, run.history_rows if is_sampled else curve.iterations) for run, curve in pairs]
    return [(run, n) for run, n in lengths if n]


def _are_epochs(lengths: Sequence[tuple[RunRecord, int]]) -> bool:
    """Whether an iteration is an epoch: what runs log or are given as epochs counts them."""
    finished = ((run, n) for run, n in lengths if run.state is RunState.FINISHED)
    return all(
        _counts(run.summary, (n - 1, n)) or _counts({**run.params, **run.config}, (n,))
        for run, n in islice(finished, LOOKED_AT)
    )


def _counts(values: Mapping[str, object], numbers: Sequence[int]) -> bool:
    return any(_EPOCHS.search(name) and value in numbers for name, value in values.items())
