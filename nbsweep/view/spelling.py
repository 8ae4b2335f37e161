"""How the values of a sweep's rows are spelt: so that different ones look different.

Numbers get the digits that their column needs (0.99991 and 0.99995, not 0.9999 twice),
long texts of one parameter are cut where they stay apart. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.analysis.ticks import clipped
from nbsweep.records import RunState, Snapshot, is_number
from nbsweep.space.search_space import Parameter
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import (
    DIGITS,
    MOST_DIGITS,
    SAMPLED,
    TEXT_LIMIT,
    digits_between,
    digits_of,
    number,
    sampled,
    short,
)

CURVE_DIGITS = 6  # of a curve's values, finer than any screen; more where its spread is small
FINER = 2  # digits by which a drawing is finer than a text
POINTS_ASKED = 4  # of a curve, for the spread of all
CATEGORIES = 200  # of a parameter, that are compared
PAUSED = "paused"
CONFIG_KEPT = 20_000  # characters of the best run's config, which can be copied
LONG_CONFIG = ((1_000, 100), (200, 50), (60, 15), (20, 4))  # else characters of texts, items
LONGEST = 400  # characters of a text that is compared: some are whole data sets


@dataclass(frozen=True)
class Spelling:
    """The digits and labels of one moment.

    Attributes:
        params: of each swept parameter, significant digits.
        labels: of each swept parameter, its long texts and what they are cut to.
        metric: significant digits of the metric.
        results: the same of each further metric of the sweep.
        curve: significant digits of the values of curves, at least.
        stopped: what a run is that early termination ended: one that may go on is paused.
    """

    params: tuple[int, ...]
    labels: tuple[dict[str, str], ...]
    metric: int
    curve: int
    stopped: str = RunState.STOPPED.value
    results: tuple[int, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot, config: SweepConfig) -> Spelling:
        """The spelling that suits the runs of a snapshot, by SAMPLED of them."""
        searched, metric = config.space.searched, config.metric
        runs = snapshot.runs[:: -(-len(snapshot.runs) // SAMPLED) or 1]
        curves = [curve for run in runs if (curve := snapshot.curves.get(run.id))]
        rule, is_open = config.early_terminate, not snapshot.sweep.state.ended
        points = [value for curve in curves for value in sampled(curve.values, POINTS_ASKED)]
        return cls(
            params=tuple(_digits([run.params.get(p.name) for run in runs]) for p in searched),
            labels=tuple(_labels(parameter) for parameter in searched),
            metric=_digits([metric.of(run.summary) for run in runs]) if metric else DIGITS,
            curve=max(CURVE_DIGITS, digits_of(points) + FINER),
            results=tuple(
                _digits([further.of(run.summary) for run in runs])
                for further in config.further_metrics
            ),
            stopped=PAUSED if rule and rule.thaw and is_open else RunState.STOPPED.value,
        )

    def of_param(self, i: int, value: Any) -> str:
        """A value of the i-th swept parameter."""
        if isinstance(value, str) and value in self.labels[i]:
            return self.labels[i][value]
        return short(value, digits=self.params[i])

    def of_state(self, state: RunState) -> str:
        """The state of a run, for people."""
        return self.stopped if state is RunState.STOPPED else state.value

    def of_metric(self, value: float) -> str:
        """A value of the metric."""
        return number(value, aligned=True, digits=self.metric)

    def of_result(self, i: int, value: float) -> str:
        """A value of the i-th further metric."""
        return number(value, aligned=True, digits=self.results[i])

    def of_curve(self, points: Sequence[float]) -> list[float]:
        """Points of a curve, with digits finer than any screen."""
        if not points:
            return []
        digits = max(self.curve, digits_between(min(points), max(points)) + FINER)
        return [rounded(value, digits) for value in points]


def json_value(value: Any) -> Any:
    """`value` as strict JSON values: NaN and infinities as text, unknown objects by repr."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if is_number(value) else number(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    return repr(value)


def bounded(config: Any, written: Callable[[Any], str]) -> Any:
    """A run's config with shorter texts, lists and dicts where it is very long when written."""
    kept = config
    for characters, items in LONG_CONFIG:
        if len(written(kept)) <= CONFIG_KEPT:
            break
        kept = shortened(config, characters, items)
    return kept


def shortened(value: Any, characters: int, items: int | None = None) -> Any:
    """A tree with short texts, and with `items` short lists and dicts; says what is left out."""
    if isinstance(value, str) and len(value) > characters:
        half = characters // 2
        return f"{value[:half]} … {len(value):,} characters in all … {value[-half:]}"
    if isinstance(value, Mapping):
        tree = {
            shortened(key, characters): shortened(item, characters, items)
            for key, item in [*value.items()][:items]
        }
        return {**tree, "…": f"{len(value):,} in all"} if len(tree) < len(value) else tree
    if isinstance(value, (list, tuple)):
        listed = [shortened(item, characters, items) for item in value[:items]]
        return [*listed, f"… {len(value):,} in all"] if len(listed) < len(value) else listed
    return value


def rounded(value: float, digits: int) -> float:
    """The value with so many significant digits."""
    return value if digits >= MOST_DIGITS else float(f"{value:.{digits}g}")


def _digits(values: Sequence[Any]) -> int:
    return digits_of([float(value) if is_number(value) else None for value in values])


def _labels(parameter: Parameter) -> dict[str, str]:
    law = parameter.distribution
    if law.is_numeric or law.support is None:
        return {}
    texts = [v for v in law.support[:CATEGORIES] if isinstance(v, str) and len(v) <= LONGEST]
    if all(len(text) <= TEXT_LIMIT for text in texts):
        return {}
    return clipped(texts, TEXT_LIMIT)
