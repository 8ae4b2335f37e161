"""Where a run was continued after it had ended or was paused, on its curve and in words.

A continued run stays one run: one line in each table, one curve. What its record holds of
that is told in `nbsweep.continued`. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbsweep.continued import present_curve
from nbsweep.records import Curve, RunRecord
from nbsweep.wording import duration, short

ANEW = "the code did not go on from its checkpoint"


@dataclass(frozen=True)
class Continuation:
    """One time that a run went on.

    Attributes:
        step: the first step of the continuation.
        pause_s: seconds since it had ended, None when unknown.
        is_anew: whether its training began again from nothing.
        why: why it went on, where the sweep decided that; may be "".
        config: the values that somebody changed for it.
    """

    step: int
    pause_s: float | None
    is_anew: bool = False
    why: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What became of the run: ``continued at step 12 after 3 min 05 s``."""
        where = f"at step {self.step:,}"
        return " ".join(filter(None, (self._begun, where, self._after))) + self._because

    @property
    def details(self) -> str:
        """All but the step: ``continued after 3 min 05 s; epochs 40``."""
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
    return read(run.continued)


def read(marks: Sequence[Mapping[str, Any]]) -> tuple[Continuation, ...]:
    """The same from the marks of its record."""
    return tuple(
        Continuation(
            int(mark["step"]),
            None if mark.get("after") is None else max(0.0, mark["at"] - mark["after"]),
            is_anew=bool(mark.get("anew")),
            why=mark.get("why") or "",
            config=mark.get("config") or {},
        )
        for mark in marks
    )


def judged_part(run: RunRecord, curve: Curve) -> Curve:
    """The curve since the run last began anew; the whole of it for one that never did.

    What came before belongs to a training that was thrown away: beside the rest it would
    look as though the metric had leapt. It is drawn as long as there is nothing else.
    """
    present = present_curve(run, curve)
    return present if present.values else curve


def marks(part: Curve, times: Sequence[Continuation]) -> list[tuple[float, str]]:
    """Where a run went on, from 0 to 1 along the values of its judged part, and words for it.

    That is the last value before it went on; of a part that began anew its first value.
    """
    begun = [i for i, time in enumerate(times) if time.is_anew]
    last = max(1, len(part.steps) - 1)
    return [
        (round(max(0, bisect_left(part.steps, time.step) - 1) / last, 4), time.words)
        for time in times[begun[-1] if begun else 0 :]
        if part.steps
    ]


def in_words(times: Sequence[Continuation]) -> str:
    """All of them in a line: ``continued at step 12 after 3 min 05 s``; "" without one."""
    return "; ".join(time.words for time in times)
