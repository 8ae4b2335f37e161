"""The state of a sweep as text, for terminals and text/plain."""

from __future__ import annotations

from nbsweep.view.state import Row, State
from nbsweep.view.wording import (
    COLUMNS,
    FAILURES,
    bar_blocks,
    best_row,
    failed_runs,
    hidden_words,
    pick,
    progress_words,
    run_number,
    shares,
    shown_values,
)
from nbsweep.wording import clip, duration, sparkline, without_surrogates

ROWS_TEXT = 30


def to_text(state: State) -> str:
    """The same for terminals: header, bar, best run, and a table of at most 30 runs."""
    sweep = state["sweep"]
    title = " ".join(f"Sweep {sweep['id']} {clip(sweep['name'], 60)}".split())
    message = f": {clip(sweep['message'], 300)}" if sweep["message"] else ""
    shown = state["progress"]["total"] is not None
    bar = "".join(bar_blocks(shares(state))) + "  " if shown else ""
    lines = [
        f"{title} · {sweep['method']} · {sweep['word']}{message}",
        bar + " · ".join(progress_words(state)),
        *_best_text(state),
        *(f"Note: {note}" for note in state["notes"]),
        *([state["outlook"]] if state["outlook"] else []),
    ]
    lines += ["", *_table_text(state)] if state["rows"] else []
    lines += [
        f"{failed_runs(group['runs'])}: {group['text']}" for group in state["failures"][:FAILURES]
    ]
    return without_surrogates("\n".join(lines))


def _best_text(state: State) -> list[str]:
    found = best_row(state)
    if found is None or state["metric"] is None:
        return []
    best, row = found
    pairs, more = shown_values(state, row)
    values = "  ".join(f"{name} {text}" for name, text in pairs) + (f"  … {more} more" * bool(more))
    return [
        f"Best {clip(state['metric']['name'], 60)} {best['text']} in run {best['number']}: {values}"
    ]


def _table_text(state: State) -> list[str]:
    columns, metric = state["columns"][:COLUMNS], state["metric"]
    heads = ["run", "state", *(clip(column["name"], 24) for column in columns)]
    right = [True, False, *(column["numeric"] for column in columns)]
    heads += [clip(metric["name"], 24), "curve"] if metric else []
    right += [True, False] if metric else []
    heads, right = [*heads, "time"], [*right, True]
    best_id = state["best"]["id"] if state["best"] else None
    table = [heads]
    rows = pick(state, ROWS_TEXT)
    for row in rows:
        cells = [run_number(row, is_best=row["id"] == best_id), row["state"]]
        cells += row["texts"][: len(columns)]
        cells += [row["metric_text"], sparkline(row["curve"])] if metric else []
        table.append([*cells, duration(row["duration_s"])])
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(cells, widths, right, strict=True)
        ).rstrip()
        for cells in table
    ]
    hidden = hidden_words(state, len(rows))
    return lines + ([f"({hidden})"] if hidden else [])


def run_line(state: State, row: Row) -> str:
    """One run in one line, for terminals: ``run 3  finished  loss 0.412  best so far  lr 0.01``."""
    metric, best = state["metric"], state["best"]
    words = [f"run {row['number']}", "started" if row["active"] else row["state"]]
    if not row["active"]:
        if metric and row["metric_text"]:
            words.append(f"{clip(metric['name'], 40)} {row['metric_text']}")
        if best and row["id"] == best["id"]:
            words.append("best so far")
    words += [row["note"]] if row["note"] else []
    pairs, more = shown_values(state, row)
    words += [f"{name} {text}" for name, text in pairs] + ([f"… {more} more"] if more else [])
    if not row["active"] and row["duration_s"] is not None:
        words.append(duration(row["duration_s"]))
    return without_surrogates("  ".join(words))
