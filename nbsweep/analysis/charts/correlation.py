"""How parameters and results of the runs go together: a matrix of correlations.

Two numbers: Spearman's or Pearson's coefficient, from -1 to 1. A category and a number: the
correlation ratio (Kelley's epsilon, "An unbiased correlation ratio measure", PNAS 21, 1935),
two categories: Cramér's V (Bergsma, "A bias-correction for Cramér's V and Tschuprow's T",
Journal of the Korean Statistical Society 42, 2013). Both go from 0 to 1 without a sign, and both
are corrected for the number of categories: plain ones come out high for any category with many
values. Numbers are ranks with Spearman's coefficient, and places on their axes with Pearson's,
so that the logarithm of a learning rate counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nbsweep.analysis.charts.axes import caption_of
from nbsweep.analysis.charts.chart import Cells, Chart, ColourBar, Panel, Tick, categories
from nbsweep.analysis.correlations import explained_by, p_of_r, ranks
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.ticks import shorten
from nbsweep.errors import UsageError
from nbsweep.wording import plural, some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Method = Literal["spearman", "pearson"]

MIN_RUNS = 3
MOST = 20  # parameters and results that are shown; the labels of more cannot be read
CHANCE = 0.05  # p-value above which a correlation may be chance
LABELLED = 16  # columns up to which cells have room for a number
CELL = 26  # pixels
_NAMED = 5  # parameters that do not vary


@dataclass(frozen=True)
class Variable:
    """A parameter or a result over the runs that count.

    Attributes:
        name: of it.
        values: shape (n,), NaN where a run has none; places of categories.
        is_category: whether its values have no order.
    """

    name: str
    values: Floats
    is_category: bool = False


@dataclass(frozen=True)
class Correlation:
    """How two variables go together.

    Attributes:
        value: from -1 to 1; from 0 to 1 when it has no sign.
        n: runs with both.
        p_value: how often chance alone gives as strong a one.
        is_signed: whether the sign means something.
        what: the name of the coefficient.
    """

    value: float
    n: int
    p_value: float
    is_signed: bool
    what: str


def collect_correlation(
    frame: Frame, method: Method = "spearman", results: Sequence[MetricColumn] = ()
) -> Chart:
    """The correlations of the parameters that vary and the results, the metric last.

    Args:
        frame: the runs; those that do not count are left out.
        method: "spearman" or "pearson".
        results: beside the frame's metrics, with one value for each of its runs.

    Raises:
        UsageError: there is no such method.
    """
    if method not in ("spearman", "pearson"):
        raise UsageError(
            f'method: found {method!r}; "spearman" or "pearson" is needed. Categories are '
            "compared by the correlation ratio with either."
        )
    title = f"{frame.title} · correlations"
    every = variables(frame, method, results)
    varying = [each for each in every if _varies(each)]
    constant = [each.name for each in every if not _varies(each)]
    remarks = frame.remarks_text()
    if len(frame.counted) < MIN_RUNS:
        ended = plural(len(frame.counted), "run")
        verb = "has" if len(frame.counted) == 1 else "have"
        value = f" with a value of {frame.metric.name}" if frame.metric else ""
        empty = f"{ended} {verb} ended{value}; {MIN_RUNS} are needed."
        return Chart("correlation", title, empty=empty, caption=remarks)
    if len(varying) < 2:
        empty = "Nothing to compare: fewer than two parameters and results vary between the runs."
        return Chart("correlation", title, empty=empty, caption=remarks)
    shown, with_metric = _strongest(frame, varying, method)
    return Chart(
        "correlation",
        title,
        panels=(_panel(shown, method),),
        subtitle=_strongest_words(frame, shown, method),
        caption=caption_of(
            remarks,
            "in brackets: may be chance",
            "|…|: strength without a sign, of categories"
            if any(each.is_category for each in shown)
            else "",
            f"of {len(varying)} the {len(shown)} that go {with_metric} most"
            if len(shown) < len(varying)
            else "",
            f"left out, since they do not vary: {some(constant, _NAMED)}" if constant else "",
        ),
        height=max(160, CELL * len(shown) + 20),
        colours=ColourBar(
            "Spearman" if method == "spearman" else "Pearson",
            tuple(Tick((value + 1) / 2, f"{value:+g}" if value else "0") for value in _MARKS),
            "signed",
        ),
    )


_MARKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def variables(frame: Frame, method: Method, results: Sequence[MetricColumn] = ()) -> list[Variable]:
    """Parameters, then results, the frame's metric last."""
    counted = frame.counted
    columns = [*results, *frame.others, *([frame.metric] if frame.metric is not None else [])]
    return [
        *(_parameter(column, counted, method) for column in frame.params),
        *(_result(column, counted, method) for column in columns),
    ]


def correlation(a: Variable, b: Variable, method: Method = "spearman") -> Correlation | None:
    """How two variables go together over the runs that have both; None for fewer than three.

    None also where one of them does not vary among these runs.
    """
    both = ~(np.isnan(a.values) | np.isnan(b.values))
    x, y = a.values[both], b.values[both]
    n = len(x)
    if n < MIN_RUNS or not (x.min() < x.max() and y.min() < y.max()):
        return None
    if a.is_category and b.is_category:
        return _cramers_v(x, y)
    if a.is_category or b.is_category:
        groups, numbers = (x, y) if a.is_category else (y, x)
        return _correlation_ratio(groups, ranks(numbers) if method == "spearman" else numbers)
    if method == "spearman":
        x, y = ranks(x), ranks(y)
    value = float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
    return Correlation(value, n, p_of_r(value, n), is_signed=True, what=method.capitalize())


def _parameter(column: Column, counted: Sequence[int], method: Method) -> Variable:
    is_category = column.kind == "category"
    as_is = is_category or method == "spearman"
    numbers = [column.numbers[i] for i in counted]
    places = [
        math.nan if number is None else (number if as_is else column.position(number))
        for number in numbers
    ]
    return Variable(column.name, np.array(places, dtype=float), is_category)


def _result(column: MetricColumn, counted: Sequence[int], method: Method) -> Variable:
    """With Pearson's coefficient runs beyond the axis count as at its end: one that diverged
    would decide alone.
    """
    values = [column.values[i] for i in counted]
    places = [
        math.nan if v is None else (v if method == "spearman" else column.position(v))
        for v in values
    ]
    return Variable(column.name, np.array(places, dtype=float))


def _varies(variable: Variable) -> bool:
    known = variable.values[~np.isnan(variable.values)]
    return len(known) >= MIN_RUNS and bool(known.min() < known.max())


def _strongest(
    frame: Frame, varying: Sequence[Variable], method: Method
) -> tuple[list[Variable], str]:
    """The variables that are shown, and what they were chosen by."""
    if len(varying) <= MOST:
        return list(varying), ""
    last = varying[-1]
    of_metric = frame.metric is not None and last.name == frame.metric.name
    if not of_metric:
        return list(varying[:MOST]), "first"
    found = [(correlation(each, last, method), k) for k, each in enumerate(varying[:-1])]
    by_strength = sorted(found, key=lambda pair: (-abs(pair[0].value) if pair[0] else 1.0, pair[1]))
    kept = sorted(k for _, k in by_strength[: MOST - 1])
    return [*(varying[k] for k in kept), last], f"with {last.name}"


def _panel(shown: Sequence[Variable], method: Method) -> Panel:
    names = shorten([each.name for each in shown], 22)
    n = len(shown) - 1
    across, down = shown[:-1], shown[1:]
    # Each pair once: the corner above the diagonal says nothing new.
    rows = [
        [correlation(down[r], across[c], method) if c <= r else None for c in range(n)]
        for r in range(n)
    ]
    edges = tuple(k - 0.5 for k in range(n + 1))
    return Panel(
        categories("", names[:-1]),
        categories("", names[1:], is_reversed=True),
        (
            Cells(
                edges,
                edges,
                tuple(tuple(None if e is None else e.value for e in row) for row in rows),
                -1.0,
                1.0,
                "signed",
                texts=tuple(
                    tuple(_text(down[r].name, across[c].name, e) for c, e in enumerate(row))
                    for r, row in enumerate(rows)
                ),
                labels=tuple(tuple(map(_label, row)) for row in rows) if n <= LABELLED else (),
            ),
        ),
    )


def _label(found: Correlation | None) -> str:
    if found is None:
        return ""
    text = f"{found.value:+.2f}" if found.is_signed else f"|{found.value:.2f}|"
    return f"({text})" if found.p_value > CHANCE else text


def _text(a: str, b: str, found: Correlation | None) -> str:
    if found is None:
        return ""
    chance = "may be chance, " if found.p_value > CHANCE else ""
    p = f"p = {found.p_value:.2g}" if found.p_value >= 1e-4 else "p < 0.0001"
    value = f"{found.value:+.2f}" if found.is_signed else f"{found.value:.2f}"
    return f"{a} and {b}\n{found.what} {value}\n{chance}{p}, {plural(found.n, 'run')}"


def _strongest_words(frame: Frame, shown: Sequence[Variable], method: Method) -> str:
    """What goes with the metric most, where that is no chance even of the best of so many."""
    metric = frame.metric
    if metric is None or shown[-1].name != metric.name:
        return ""
    names = {column.name for column in frame.params}
    pairs = [
        (found, each.name)
        for each in shown[:-1]
        if each.name in names and (found := correlation(each, shown[-1], method)) is not None
    ]
    if not pairs:
        return ""
    best, name = max(pairs, key=lambda pair: abs(pair[0].value))
    if best.p_value * len(pairs) > CHANCE:
        return f"no parameter goes with {metric.name} more than by chance"
    value = f"{best.value:+.2f}" if best.is_signed else f"{best.value:.2f}"
    return f"{name} goes with {metric.name} most: {best.what} {value}"


def _correlation_ratio(groups: Floats, y: Floats) -> Correlation:
    found = explained_by(groups, y)
    value, p = (0.0, 1.0) if found is None else (found.ratio, found.p_value)  # nothing to learn
    return Correlation(value, len(y), p, is_signed=False, what="correlation ratio")


def _cramers_v(a: Floats, b: Floats) -> Correlation:
    """Bergsma's corrected V of two categories, with the p-value of χ²."""
    from scipy.special import chdtrc

    _, i = np.unique(a, return_inverse=True)
    _, j = np.unique(b, return_inverse=True)
    i, j = i.reshape(-1), j.reshape(-1)
    n, r, c = len(a), int(i.max()) + 1, int(j.max()) + 1
    table = np.bincount(i * c + j, minlength=r * c).reshape(r, c).astype(float)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    chi2 = float((np.square(table - expected) / expected).sum())
    phi2 = max(0.0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
    rows, columns = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    room = min(rows, columns) - 1
    value = min(1.0, math.sqrt(phi2 / room)) if room > 0 else 0.0
    p = float(chdtrc((r - 1) * (c - 1), chi2))
    return Correlation(value, n, p, is_signed=False, what="Cramér's V")
