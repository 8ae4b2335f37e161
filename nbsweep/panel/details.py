"""What a panel shows of one run on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nbsweep.analysis.continuations import continuations
from nbsweep.analysis.why import why_chosen
from nbsweep.analysis.why_stopped import iterations, why_stopped
from nbsweep.records import RunRecord, RunState, Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.picture import TRACEBACK_LIMIT
from nbsweep.view.spelling import bounded, json_value
from nbsweep.wording import clip, short, without_surrogates

DETAIL_PAIRS = 60  # metrics, config entries and reasons that are shown of one run
DETAIL_TEXT = 200  # characters of one of them
DETAIL_DIGITS = 6
SENTENCE = 400  # characters of one of them
CONSOLE_LIMIT = 12_000  # characters of what a run printed, its end
CODE_LETTERS = 8  # of the hash of its training code


def details(
    run: RunRecord,
    snapshot: Snapshot,
    config: SweepConfig,
    console: str = "",
    parts: Sequence[RunRecord] = (),
    *,
    checkpoint: str = "",
    obstacle: str = "",
) -> dict[str, Any]:
    """One run as texts: what went wrong, why it is as it is, its config, how it went on.

    Args:
        run: one of the snapshot's runs.
        snapshot: of the sweep, with curves.
        config: the sweep's.
        console: what it printed.
        parts: the runs that `init(group=…)` made inside of it, folds for one.
        checkpoint: what it can go on from; "" for nothing.
        obstacle: why it cannot go on; "" when it can.
    """
    metric = config.metric.name if config.metric else ""
    went_on = [(f"step {time.step:,}", time.details) for time in continuations(run)]
    why, stopped = [
        [without_surrogates(clip(sentence, SENTENCE)) for sentence in tell(run, snapshot, config)]
        for tell in (why_chosen, why_stopped)
    ]
    values = run.config or run.params
    return {
        "console": without_surrogates(console[-CONSOLE_LIMIT:].rstrip()),
        "error": without_surrogates((run.error or "")[-TRACEBACK_LIMIT:].rstrip()),
        "stopped": stopped,
        "why": why,
        "metrics": _pairs(run.summary),
        "config": _pairs(values),
        "json": without_surrogates(_json(bounded(json_value(values), _json))),
        "parts": [
            [name, text if part.state is RunState.FINISHED else f"{text} ({part.state.value})"]
            for part in parts
            for name, text in _pairs({part.name: part.summary.get(metric)})
        ],
        "continued": [
            [name, without_surrogates(clip(text, DETAIL_TEXT))]
            for name, text in [*went_on, *([("checkpoint", checkpoint)] if checkpoint else [])]
        ],
        "facts": _facts(run),
        "started": run.started_at,
        "iterations": iterations(run, snapshot),
        "cannot_continue": obstacle,
    }


class Details(Mapping[str, dict[str, Any]]):
    """The details of many runs by id, each made when it is asked for.

    Args:
        runs: whose details.
        make: gives those of one.
    """

    def __init__(
        self, runs: Sequence[RunRecord], make: Callable[[RunRecord], dict[str, Any]]
    ) -> None:
        self._runs = {run.id: run for run in runs}
        self._make = make
        self._made: dict[str, dict[str, Any]] = {}

    def __getitem__(self, run_id: str) -> dict[str, Any]:
        if run_id not in self._made:
            self._made[run_id] = self._make(self._runs[run_id])
        return self._made[run_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)


def _facts(run: RunRecord) -> list[tuple[str, str]]:
    """What else is known of it: labels, where it ran, with how much memory and which code."""
    memory = run.peak_memory_bytes
    facts = {
        "notes": run.notes,
        "tags": ", ".join(run.tags),
        "host": run.host,
        "memory": f"{memory / 2**20:,.0f} MiB" if memory else "",
        "code": (run.code_hash or "")[:CODE_LETTERS],
    }
    return [
        (name, without_surrogates(clip(text, DETAIL_TEXT))) for name, text in facts.items() if text
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


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
                text = without_surrogates(short(value, DETAIL_TEXT, DETAIL_DIGITS))
                pairs.append((without_surrogates(clip(name, 80)), text))

    walk("", values)
    return pairs
