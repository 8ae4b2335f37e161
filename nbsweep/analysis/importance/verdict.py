"""An importance analysis in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbsweep.analysis.importance.forest import LEVEL
from nbsweep.analysis.importance.result import WORDING, Method, ParameterImportance
from nbsweep.wording import joined, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# A share up to which a parameter is said to hardly matter.
NEGLIGIBLE = 0.05


class Subject(NamedTuple):
    """What a verdict is about.

    Attributes:
        method: of the importances.
        metric: its name.
        runs: how many there are, in words.
        among: what the method looks at, in words, to begin the sentence with; may be "".
        score: R² for unseen runs, None where the method has none.
    """

    method: Method
    metric: str
    runs: str
    among: str
    score: float | None


def too_few(metric: str, n: int, needed: int, others: str = "") -> str:
    """That there are fewer runs than importance takes; `others` is what became of the rest."""
    have = (
        f"{plural(n, 'run')} {'has' if n == 1 else 'have'} a value" if n else "no run has a value"
    )
    rest = f" ({others})" if others else ""
    return f"Too few runs to tell what matters: {have} of {metric}{rest}, {needed} are needed."


def verdict(
    subject: Subject, rows: Sequence[ParameterImportance], repeated: Floats, is_ranked: bool
) -> str:
    """The sentence.

    Args:
        subject: what it is about.
        rows: the highest first.
        repeated: importances of each resample, shape (B, p), in the order of `rows`.
        is_ranked: see `Importance`.
    """
    wording, metric, runs = WORDING[subject.method], subject.metric, subject.runs
    if not is_ranked:
        return (
            f"Nothing stands out: {runs} do not show that any parameter decides {metric} "
            f"({wording.nothing})."
        )
    if wording.adds_up and len(rows) == 1:
        alone = f"{rows[0].name} alone varied; it"
        if subject.score is not None:
            share = f"{subject.score:.0%} of {metric} in runs not seen before (R²)"
            return f"{alone} explains {share}, {runs}."
        return f"{alone} matters for {metric}, {runs}."
    leading = [row for row in rows if row.stands_out and row.importance > NEGLIGIBLE]
    if not leading:
        return (
            f"The parameters together predict {metric} (R² {subject.score or 0:.2f} in runs not "
            "seen before), "
            f"but {runs} are too few to say which of them does."
        )
    text = _leaders(leading, rows, repeated, subject)
    text = f"{subject.among}, {text}" if subject.among else text
    rest = [row for row in rows if row not in leading]
    if not rest:
        return f"{text}."
    if not wording.adds_up:
        return f"{text}; nothing else is beyond chance."
    if all(row.importance + row.error <= NEGLIGIBLE for row in rest):
        what = rest[0].name if len(rest) == 1 else f"the other {len(rest)}"
        return f"{text}; {what} hardly matter{'s' if len(rest) == 1 else ''}."
    return f"{text}; too few runs to rank the rest."


def _leaders(
    leading: Sequence[ParameterImportance],
    rows: Sequence[ParameterImportance],
    repeated: Floats,
    subject: Subject,
) -> str:
    """Which parameters are first, and which come then."""
    first, *others = leading
    place = rows.index(first)
    level = [row for row in others if not _differ(repeated, place, rows.index(row))]
    one, several, plain = _VERBS.get(subject.method, ("decides", "matter", "matters"))
    if level:
        names = _listed([first, *level], subject)
        text = f"{names} {several} most, in no clear order, {subject.runs}"
    else:
        verb = one if first.importance >= 0.5 else plain
        text = f"{first.name} {verb} most, {_shown(first, subject)}, {subject.runs}"
    behind = [row for row in others if row not in level]
    if behind:
        text += f"; then {_listed(behind[:3], subject)}"
    return text


# Of one parameter with half of the whole, of several, of one.
_VERBS: dict[Method, tuple[str, str, str]] = {
    "pearson": ("correlates", "correlate", "correlates"),
    "spearman": ("correlates", "correlate", "correlates"),
    "mutual_information": ("tells", "tell", "tells"),
}


def _differ(repeated: Floats, a: int, b: int) -> bool:
    """Whether the importance of a is above that of b in all but a few resamples."""
    return float(np.mean(repeated[:, a] <= repeated[:, b])) <= LEVEL


def _shown(row: ParameterImportance, subject: Subject) -> str:
    """The importance with its error; of a correlation with its sign."""
    if subject.method in ("pearson", "spearman") and row.correlation is not None:
        sign = f"{row.correlation:+.2f}".replace("-", "\N{MINUS SIGN}")
        return f"{sign} ± {row.error:.2f}"
    own = f" of {plural(row.n_runs, 'run')} with it" if row.is_conditional else ""
    return f"{row.importance:.2f} ± {row.error:.2f}{own}"


def _listed(rows: Sequence[ParameterImportance], subject: Subject) -> str:
    return joined([f"{row.name} ({_shown(row, subject)})" for row in rows], "and")
