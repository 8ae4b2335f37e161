"""Where a run was continued after it had ended or was paused, on its curve and in words.

A continued run stays one run: one line in each table, one curve. `RunRecord.origin` keeps
under "continued" an entry for each time it went on: "step" (the first of the continuation),
"after" (when it had ended), "at" (when it went on), and "anew" where the training code
did not go on from its checkpoint, so that the curve begins again. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nbsweep.records import Curve, RunRecord, is_number
from nbsweep.wording import duration

ANEW = "the code did not go on from its checkpoint"


@dataclass(frozen=True)
class Continuation:
    """One time that a run went on.

    Attributes:
        step: the first step of the continuation, None when unknown.
        pause_s: seconds since it had ended, None when unknown.
        is_anew: whether its training began again from nothing.
    """

    step: int | None
    pause_s: float | None
    is_anew: bool = False

    def words(self, where: str = "") -> str:
        """What became of the run: ``continued here after 3 min 05 s``, where `where` is "here"."""
        begun, why = ("began anew", f": {ANEW}") if self.is_anew else ("continued", "")
        after = None if self.pause_s is None else f"after {duration(self.pause_s)}"
        return " ".join(filter(None, (begun, where, after))) + why


def continuations(run: RunRecord) -> tuple[Continuation, ...]:
    """The times that a run went on, the first one first; () for most runs."""
    entries = run.origin.get("continued")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return ()
    return tuple(_continuation(entry) for entry in entries if isinstance(entry, Mapping))


def _continuation(entry: Mapping[str, object]) -> Continuation:
    step, after, at = entry.get("step"), entry.get("after"), entry.get("at")
    is_timed = is_number(after) and is_number(at)
    return Continuation(
        int(step) if is_number(step) else None,  # type: ignore[call-overload]
        max(0.0, at - after) if is_timed else None,  # type: ignore[operator]
        is_anew=bool(entry.get("anew")),
    )


def judged_part(curve: Curve, times: Sequence[Continuation]) -> Curve:
    """The curve since the run last began anew; the whole of it for one that never did.

    What came before belongs to a training that was thrown away: beside the rest it would
    look as though the metric had leapt.
    """
    times = _since_anew(times)
    begun = times[0].step if times and times[0].is_anew else None
    i = 0 if begun is None else bisect_left(curve.steps, begun)
    if i == 0 or i == len(curve.steps):  # as long as nothing has come, the old part stays
        return curve
    return replace(curve, steps=curve.steps[i:], values=curve.values[i:])


def marks(curve: Curve, times: Sequence[Continuation]) -> list[tuple[float, str]]:
    """Where a run went on, from 0 to 1 along the values of its judged part, and words for it.

    That is the last value before it went on; of a part that began anew its first value.
    """
    last = max(1, len(curve.steps) - 1)
    return [
        (round(max(0, bisect_left(curve.steps, time.step) - 1) / last, 4), time.words("here"))
        for time in _since_anew(times)
        if time.step is not None and curve.steps
    ]


def _since_anew(times: Sequence[Continuation]) -> Sequence[Continuation]:
    begun = [i for i, time in enumerate(times) if time.is_anew]
    return times[begun[-1] :] if begun else times


def in_words(times: Sequence[Continuation]) -> str:
    """All of them in a line: ``continued at step 12 after 3 min 05 s``; "" without one."""
    return "; ".join(
        time.words("" if time.step is None else f"at step {time.step:,}") for time in times
    )
