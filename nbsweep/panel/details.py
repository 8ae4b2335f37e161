"""What a panel shows of one run on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.analysis.continuations import continuations
from nbsweep.continued import suggestion_origin
from nbsweep.records import RunRecord, RunState
from nbsweep.view.picture import TRACEBACK_LIMIT
from nbsweep.wording import clip, short, without_surrogates

DETAIL_PAIRS = 60  # metrics, config entries and reasons that are shown of one run
DETAIL_TEXT = 200  # characters of one of them
CONSOLE_LIMIT = 12_000  # characters of what a run printed, its end


def details(
    run: RunRecord,
    console: str = "",
    parts: Sequence[RunRecord] = (),
    metric: str = "",
    *,
    checkpoint: str = "",
    obstacle: str = "",
    iterations: int = 0,
) -> dict[str, Any]:
    """One run as texts: error, console, metrics, config, origin, parts, how it went on.

    Args:
        run: the run.
        console: what it printed.
        parts: the runs that `init(group=…)` made inside of it, folds for one.
        metric: of the sweep, which is told of each part.
        checkpoint: what it can go on from; "" for nothing.
        obstacle: why it cannot go on; "" when it can.
        iterations: how many values of the metric it logged.
    """
    origin = suggestion_origin(run)
    went_on = [(f"step {time.step:,}", time.details) for time in continuations(run)]
    return {
        "console": without_surrogates(console[-CONSOLE_LIMIT:].rstrip()),
        "error": without_surrogates((run.error or "")[-TRACEBACK_LIMIT:].rstrip()),
        "metrics": _pairs(run.summary),
        "config": _pairs(run.config or run.params),
        "origin": _pairs({k: v for k, v in origin.items() if v is not None}),
        "parts": [
            [name, text if part.state is RunState.FINISHED else f"{text} ({part.state.value})"]
            for part in parts
            for name, text in _pairs({part.name: part.summary.get(metric)})
        ],
        "continued": [
            [name, without_surrogates(clip(text, DETAIL_TEXT))]
            for name, text in [*went_on, *([("checkpoint", checkpoint)] if checkpoint else [])]
        ],
        "iterations": iterations,
        "cannot_continue": obstacle,
    }


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested values as (dotted name, short text)."""
    pairs: list[tuple[str, str]] = []

    def walk(prefix: str, node: Mapping[str, Any]) -> None:
        for key, value in node.items():
            if len(pairs) >= DETAIL_PAIRS:
                return
            name = f"{prefix}{key}"
            if isinstance(value, Mapping) and value:
                walk(f"{name}.", value)
            else:
                text = without_surrogates(short(value, DETAIL_TEXT))
                pairs.append((without_surrogates(clip(name, 80)), text))

    walk("", values)
    return pairs
