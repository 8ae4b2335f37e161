"""What HTML and text say alike: which rows to show, and the words for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from nbsweep.records import Goal
from nbsweep.view.state import Best, Row, State
from nbsweep.wording import clip, duration, plural

COLUMNS = 10  # swept parameters that get a column
BAR = 30  # characters of the progress bar
FAILURES = 5  # distinct errors that are listed
GROUP_RUNS = 8  # run numbers listed for one error

GOOD = ("finished", "stopped")


class Share(NamedTuple):
    """A segment of the progress bar: suggestions whose newest attempt is alike.

    Attributes:
        state: one of the run states it stands for, "" for those that are to come.
        n: how many.
        block: the character it is drawn with.
    """

    state: str
    n: int
    block: str


def shares(state: State) -> list[Share]:
    """The segments of the progress bar in order, empty ones included."""
    newest = {row["number"]: row["state"] for row in state["rows"]}
    counts = Counter(newest.values())
    parts = [
        Share("finished", counts.pop("finished", 0), "█"),
        Share("stopped", counts.pop("stopped", 0), "█"),
        Share("killed", counts.pop("killed", 0) + counts.pop("preempted", 0), "▒"),
        Share("failed", counts.pop("failed", 0) + counts.pop("crashed", 0), "▒"),
        Share("running", sum(counts.values()), "▓"),
    ]
    return [*parts, Share("", max(0, (state["progress"]["total"] or 0) - len(newest)), "░")]


def bar_blocks(parts: Sequence[Share]) -> list[str]:
    """A text for each share, BAR characters together."""
    total = sum(share.n for share in parts) or 1
    ends = [round(BAR * n / total) for n in accumulate(share.n for share in parts)]
    return [
        share.block * (end - start)
        for share, start, end in zip(parts, [0, *ends], ends, strict=False)
    ]


def progress_words(state: State) -> list[str]:
    """The words beside the bar: runs done, under way, ended badly; time gone and left."""
    progress = state["progress"]
    done, total = progress["done"], progress["total"]
    words = [plural(done, "run") if total is None else f"{done:,} of {plural(total, 'run')}"]
    words += [f"{n:,} {name}" for name, n in progress["counts"].items() if name != "finished"]
    if progress["elapsed_s"] is not None:
        words.append(duration(progress["elapsed_s"]))
    if progress["remaining_s"] is not None:
        words.append(f"about {duration(progress['remaining_s'])} left")
    return words


def best_row(state: State) -> tuple[Best, Row] | None:
    """The best run and its row."""
    best = state["best"]
    row = next((row for row in state["rows"] if best and row["id"] == best["id"]), None)
    return (best, row) if best and row else None


def shown_values(state: State, row: Row) -> tuple[list[tuple[str, str]], int]:
    """Swept parameters of a run that has them, as (name, text), and how many are left out."""
    pairs = [
        (clip(column["name"], 40), text)
        for column, text in zip(state["columns"], row["texts"], strict=True)
        if text
    ]
    return pairs[:COLUMNS], max(0, len(pairs) - COLUMNS)


def pick(state: State, limit: int) -> list[Row]:
    """The rows to show when there is room for `limit`, in order of their number.

    While an agent is at work: those under way, the best, then the newest. Otherwise
    the best by metric, since that is what a long table is read for.
    """
    rows = state["rows"]
    if len(rows) <= limit:
        return rows
    best, metric = state["best"], state["metric"]
    sign = Goal(metric["goal"]).sign if metric else 1.0

    def urgency(index: int) -> tuple[bool, bool, float, int]:
        row = rows[index]
        is_best = best is not None and row["id"] == best["id"]
        if state["live"]:
            return not is_best, not row["active"], 0.0, -index
        value = row["metric"]
        counts = value is not None and row["state"] in GOOD
        return not is_best, not counts, sign * value if counts and value is not None else 0, -index

    return [rows[index] for index in sorted(sorted(range(len(rows)), key=urgency)[:limit])]


def hidden_words(state: State, shown: int) -> str:
    """What the table leaves out, in words; "" when it is complete."""
    rows, columns = len(state["rows"]), len(state["columns"])
    parts = []
    if shown < rows:
        kept = "under way, the best and the newest" if state["live"] else "the best"
        parts.append(f"{shown} of {rows:,} runs shown: {kept}")
    if columns > COLUMNS:
        parts.append(f"{COLUMNS} of {columns:,} swept parameters shown")
    return "; ".join(parts)


def failed_runs(numbers: Sequence[int]) -> str:
    """``run 3``, ``runs 3, 5``, ``runs 1, 2, 3, 4, 5, 6, 7, 8 and 12 more``."""
    listed = ", ".join(str(number) for number in numbers[:GROUP_RUNS])
    more = f" and {len(numbers) - GROUP_RUNS} more" if len(numbers) > GROUP_RUNS else ""
    return f"{'run' if len(numbers) == 1 else 'runs'} {listed}{more}"


def run_number(row: Row, *, is_best: bool) -> str:
    """``7``, ``7.1`` for its second attempt, ``★ 7`` for the best run."""
    number = f"{row['number']}.{row['attempt']}" if row["attempt"] else f"{row['number']}"
    return f"★ {number}" if is_best else number
