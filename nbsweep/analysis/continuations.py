"""Where a run was continued after it had ended or was paused, on its curve and in words.

A continued run stays one run: one line in each table, one curve. `RunRecord.origin` keeps
under "continued" an entry for each time it went on: "step" (the first of the continuation),
"after" (when it had ended), "at" (when it went on), and "anew" where the training code
did not go on from its checkpoint, so that the curve begins again. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbsweep.records import Curve, RunRecord
from nbsweep.wording import duration, short

ANEW = "the code did not go on from its checkpoint"


@dataclass(frozen=True)
class Continuation:
    """One time that a run went on.

    Attributes:
        step: the first step of the continuation, None when unknown.
        pause_s: seconds since it had ended, None when unknown.
        is_anew: whether its training began again from nothing.
        why: why it went on, where the sweep decided that; may be "".
        config: the values that somebody changed for it.
    """

    step: int | None
    pause_s: float | None
    is_anew: bool = False
    why: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What became of the run: ``continued at step 12 after 3 min 05 s``."""
        return " ".join(filter(None, (self._begun, self.where, self._after))) + self._because

    @property
    def where(self) -> str:
        """``at step 12``; "" when unknown."""
        return "" if self.step is None else f"at step {self.step:,}"

    @property
    def details(self) -> str:
        """All but where: ``continued after 3 min 05 s; epochs 40``."""
        changed = ", ".join(f"{name} {short(value)}" for name, value in self.config.items())
        said = " ".join(filter(None, (self._begun, self._after))) + self._because
        return "; ".join(filter(None, (said, changed, self.why)))

    @property
    def _begun(self) -> str:
        return "began anew" if self.is_anew else "continued"

    @property
    def _because(self) -> str:
        return f": {ANEW}" if self.is_anew else ""

    @property
    def _after(self) -> str:
        return "" if self.pause_s is None else f"after {duration(self.pause_s)}"


def continuations(run: RunRecord) -> tuple[Continuation, ...]:
    """The times that a run went on, the first one first; () for most runs."""
    entries = run.origin.get("continued")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return ()
    return tuple(_continuation(entry) for entry in entries if isinstance(entry, Mapping))


def _continuation(entry: Mapping[str, Any]) -> Continuation:
    step, after, at = entry.get("step"), entry.get("after"), entry.get("at")
    return Continuation(
        int(step) if step is not None else None,
        max(0.0, at - after) if at is not None and after is not None else None,
        is_anew=bool(entry.get("anew")),
        why=str(entry.get("why") or ""),
        config=entry["config"] if isinstance(entry.get("config"), Mapping) else {},
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
        (round(max(0, bisect_left(curve.steps, time.step) - 1) / last, 4), time.words)
        for time in _since_anew(times)
        if time.step is not None and curve.steps
    ]


def _since_anew(times: Sequence[Continuation]) -> Sequence[Continuation]:
    begun = [i for i, time in enumerate(times) if time.is_anew]
    return times[begun[-1] :] if begun else times


def in_words(times: Sequence[Continuation]) -> str:
    """All of them in a line: ``continued at step 12 after 3 min 05 s``; "" without one."""
    return "; ".join(time.words for time in times)
