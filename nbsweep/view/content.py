"""What HTML and terminals show alike: the runs and columns of the table, and the words.

A new column of the run table is one entry in `columns`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from nbsweep.analysis.ticks import clipped
from nbsweep.records import Goal, RunState
from nbsweep.view.leading import Leading
from nbsweep.view.model import BestRun, Picture, Repeated, Row, SweepMetric
from nbsweep.wording import clip, duration, number, sparkline, without_surrogates

PARAMETERS = 10  # swept parameters that get a column
BAR = 30  # characters of the progress bar
FAILURES = 5  # distinct errors that are listed
GROUP_RUNS = 8  # run numbers listed for one error
HEADING = 24  # characters of a column's heading
NAME = 40  # characters of a parameter's name beside its value
NOTE_LIMIT = 48  # characters of an error in the table
BEYOND = "✗"  # a run that is not known to keep the limits
TIMES = "×"  # before how often a configuration was run
STROKE = "│"  # in a curve, where the run was continued
WHOLE_LIMIT = 1000  # characters of a whole value

# A text and how it is meant: a run's state, "best", "quiet", "warning" or "" for plain.
Span = tuple[str, str]


@dataclass(frozen=True)
class Column:
    """A column of the run table.

    Attributes:
        heading: short.
        text: of a row.
        is_right: whether it stands at the right, as numbers do.
        title: of the heading, where that does not say all; may be "".
        whole: what `text` shortens or leaves out of a row; "" where it does not.
        kind: "state", "curve" and "time" are drawn in their own way, "parameter" is left
            out first where there is no room; else "".
        is_result: whether the error of a failed run takes its place.
        if_any: whether it is left out when the texts of all rows are empty.
    """

    heading: str
    text: Callable[[Row], str]
    is_right: bool = False
    title: str = ""
    whole: Callable[[Row], str] = lambda row: ""
    kind: str = ""
    is_result: bool = False
    if_any: bool = False


def columns(picture: Picture, rows: Sequence[Row]) -> list[Column]:
    """The columns of a table of these rows, from left to right."""
    leads, means = leading_ids(picture), _means(picture)
    told = {each["id"]: values_text(picture, each) for each in means.values()}
    listed = [
        Column(
            "run",
            lambda row: (
                run_number(row, is_best=row["id"] in leads) + times_text(means.get(row["id"]))
            ),
            is_right=True,
            whole=lambda row: " · ".join(filter(None, [row["name"], row["beyond"]])),
        ),
        Column("state", lambda row: row["word"], whole=lambda row: row["note"], kind="state"),
        *(
            _parameter(picture, i, heading)
            for i, heading in enumerate(short_names(picture, HEADING)[:PARAMETERS])
        ),
    ]
    if metric := picture["metric"]:
        arrow = "↓" if Goal(metric["goal"]).is_minimized else "↑"
        signs = _limits(picture["metrics"][0], "≥", "≤") if picture["metrics"] else []
        listed += [
            Column(
                " ".join([f"{clip(metric['name'], HEADING)} {arrow}", *signs]),
                lambda row: means.get(row["id"], row)["metric_text"],
                is_right=True,
                title=f"{metric['name']}: {metric['goal']}",
                whole=lambda row: told.get(row["id"], ""),
                is_result=True,
            ),
            *(_further(picture, i) for i in range(len(picture["metrics"][1:]))),
            Column("curve", curve_text, whole=marks_text, kind="curve", is_result=True),
        ]
    listed.append(
        Column("time", lambda row: duration(row["duration_s"]), is_right=True, kind="time")
    )
    if not metric:
        listed.append(
            Column(
                "note",
                lambda row: clip(row["note"], NOTE_LIMIT),
                whole=lambda row: row["note"],
                if_any=True,
            )
        )
    return [
        column for column in listed if not column.if_any or any(column.text(row) for row in rows)
    ]


def leading_ids(picture: Picture) -> frozenset[str]:
    """Ids of the runs with a star: those of the front, or the best one."""
    return Leading(picture["best"], picture["front"], picture["standing"]).ids


def _further(picture: Picture, i: int) -> Column:
    """The column of a further metric of the sweep."""
    metric, means = picture["metrics"][i + 1], _means(picture)
    arrow = "↓" if Goal(metric["goal"]).is_minimized else "↑"
    facts = ", ".join([metric["goal"]] * metric["is_objective"] + _limits(metric))
    parts = [clip(metric["name"], HEADING), arrow * metric["is_objective"]]
    return Column(
        " ".join(filter(None, [*parts, *_limits(metric, "≥", "≤")])),
        lambda row: means.get(row["id"], row)["results"][i],
        is_right=True,
        title=f"{metric['name']}: {facts}",
        is_result=True,
    )


def _means(picture: Picture) -> dict[str, Repeated]:
    """The configurations that were run several times, by the id of the run that tells of them."""
    return {each["id"]: each for each in picture["repeated"]}


def times_text(each: Repeated | None) -> str:
    """`` ×3`` for a configuration that was run three times, "" for a run that is one."""
    return f" {TIMES}{each['n']}" if each else ""


def values_text(picture: Picture, each: Repeated) -> str:
    """What the runs of a configuration gave: ``run 3 0.412, run 9 0.398``."""
    ids = {each["id"], *each["others"]}
    rows = [row for row in picture["rows"] if row["id"] in ids]
    return ", ".join(f"run {row['number']} {row['metric_text']}" for row in rows)


def _limits(metric: SweepMetric, least: str = "at least", most: str = "at most") -> list[str]:
    """The limits of a metric in words, or with signs."""
    ends = [(least, metric["at_least"]), (most, metric["at_most"])]
    return [f"{word} {number(end)}" for word, end in ends if end is not None]


def short_names(picture: Picture, limit: int) -> list[str]:
    """The names of the swept parameters, cut where they stay apart."""
    names = [parameter["name"] for parameter in picture["columns"]]
    labels = clipped(names, limit)
    return [labels[name] for name in names]


def curve_text(row: Row) -> str:
    """The curve as blocks, with a stroke where the run went on: ``█▆▅│▃▂``."""
    blocks = sparkline(row["curve"])
    for place, _ in sorted(row["continued"], reverse=True):
        cut = round(place * (len(blocks) - 1)) + 1 if place else 0
        blocks = f"{blocks[:cut]}{STROKE}{blocks[cut:]}"
    return blocks


def marks_text(row: Row) -> str:
    """What the strokes in the curve mean."""
    return "; ".join(words for _, words in row["continued"])


def _parameter(picture: Picture, i: int, heading: str) -> Column:
    parameter = picture["columns"][i]

    def whole(row: Row) -> str:
        text, value = row["texts"][i], row["values"][i]
        return clip(str(value), WHOLE_LIMIT) if isinstance(value, float) or "…" in text else ""

    return Column(
        heading,
        lambda row: row["texts"][i],
        is_right=parameter["numeric"],
        title=parameter["name"],
        whole=whole,
        kind="parameter",
    )


def is_failed(row: Row) -> bool:
    """Whether there is an error to show where the run's result would be."""
    return bool(row["note"]) and RunState(row["state"]).broke


def pick(picture: Picture, limit: int, *, each_run: bool = False) -> list[Row]:
    """The rows to show when there is room for `limit`, in order of their number.

    Of runs that repeat each other the one that stands for them, unless `each_run`.

    While an agent is at work: those under way, the best, then the newest. Otherwise
    the best by metric, since that is what a long table is read for. In place of the best run
    stand those of the front, while an agent is at work for half of the room at most.
    """
    rows, means = picture["rows"], _means(picture)
    if means and not each_run:
        others = {run_id for each in means.values() for run_id in each["others"]}
        rows = [row for row in rows if row["id"] not in others]
    if len(rows) <= limit:
        return rows
    leads, metric = leading_ids(picture), picture["metric"]
    if picture["live"] and len(leads) > limit // 2:
        leads = frozenset(picture["front"][:: -(-len(leads) // max(1, limit // 2))])
    sign = Goal(metric["goal"]).sign if metric else 1.0

    def urgency(index: int) -> tuple[bool, bool, bool, float, int]:
        row = rows[index]
        is_best = row["id"] in leads
        if picture["live"]:
            return not is_best, not row["active"], False, 0.0, -index
        value = means.get(row["id"], row)["metric"] if row["counts"] else None
        signed = 0.0 if value is None else sign * value
        return not is_best, value is None, bool(row["beyond"]), signed, -index

    return [rows[index] for index in sorted(sorted(range(len(rows)), key=urgency)[:limit])]


def hidden_words(picture: Picture, shown: int) -> str:
    """What the table leaves out, in words; "" when it is complete."""
    others = sum(len(each["others"]) for each in picture["repeated"])
    rows, parameters = len(picture["rows"]) - others, len(picture["columns"])
    parts = []
    if others:
        parts.append(f"{TIMES} tells how often the same params were run, ± the error of the mean")
    if shown < rows:
        best = "the front" if picture["front"] else "the best"
        kept = f"under way, {best} and the newest" if picture["live"] else best
        if picture["front"] and picture["metric"] and not picture["live"]:
            kept += f", then the best by {clip(picture['metric']['name'], NAME)}"
        parts.append(f"{shown} of {rows:,} runs shown: {kept}")
    if parameters > PARAMETERS:
        parts.append(f"{PARAMETERS} of {parameters:,} swept parameters shown")
    return "; ".join(parts)


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


def shares(picture: Picture) -> list[Share]:
    """The segments of the progress bar in order, empty ones included."""
    newest = {row["number"]: row["state"] for row in picture["rows"]}
    n = Counter(newest.values())
    parts = [
        Share("finished", n.pop("finished", 0), "█"),
        Share("stopped", n.pop("stopped", 0), "▚"),
        Share("killed", n.pop("killed", 0) + n.pop("preempted", 0), "▒"),
        Share("failed", n.pop("failed", 0) + n.pop("crashed", 0), "▒"),
        Share("running", sum(n.values()), "▓"),
    ]
    return [*parts, Share("", max(0, (picture["progress"]["total"] or 0) - len(newest)), "░")]


def bar_blocks(parts: Sequence[Share]) -> list[str]:
    """A text for each share, BAR characters together."""
    total = sum(share.n for share in parts) or 1
    ends = [round(BAR * n / total) for n in accumulate(share.n for share in parts)]
    return [
        share.block * (end - start)
        for share, start, end in zip(parts, [0, *ends], ends, strict=False)
    ]


def progress_words(picture: Picture) -> list[str]:
    """The words beside the bar: runs done, under way, ended badly; time gone and left; plan."""
    progress = picture["progress"]
    words = list(progress["words"])
    if progress["elapsed_s"] is not None:
        words.append(duration(progress["elapsed_s"]))
    if progress["remaining_s"] is not None:
        words.append(f"about {duration(progress['remaining_s'])} left")
    return [*words, *filter(None, [progress["plan"]])]


def best_row(picture: Picture) -> tuple[BestRun, Row] | None:
    """The best run and its row."""
    best = picture["best"]
    row = next((row for row in picture["rows"] if best and row["id"] == best["id"]), None)
    return (best, row) if best and row else None


def shown_values(picture: Picture, row: Row) -> tuple[list[tuple[str, str]], int]:
    """Swept parameters of a run that has them, as (name, text), and how many are left out."""
    pairs = [
        (name, text)
        for name, text in zip(short_names(picture, NAME), row["texts"], strict=True)
        if text
    ]
    return pairs[:PARAMETERS], max(0, len(pairs) - PARAMETERS)


def failed_runs(numbers: Sequence[int]) -> str:
    """``run 3``, ``runs 3, 5``, ``runs 1, 2, 3, 4, 5, 6, 7, 8 and 12 more``."""
    listed = ", ".join(str(number) for number in numbers[:GROUP_RUNS])
    more = f" and {len(numbers) - GROUP_RUNS} more" if len(numbers) > GROUP_RUNS else ""
    return f"{'run' if len(numbers) == 1 else 'runs'} {listed}{more}"


def run_number(row: Row, *, is_best: bool) -> str:
    """``7``, ``7.1`` for its second attempt, ``★ 7`` for the best run or one of the front.

    ``✗ 7`` for one that is not known to keep the limits.
    """
    label = f"{row['number']}.{row['attempt']}" if row["attempt"] else f"{row['number']}"
    return f"★ {label}" if is_best else f"{BEYOND} {label}" if row["beyond"] else label


# --- lines of text --------------------------------------------------------------------


def lines_above(picture: Picture) -> list[list[Span]]:
    """What a text says above its table: header, bar, best run, notes, outlook, findings."""
    sweep, outlook = picture["sweep"], picture["outlook"]
    name = f" {clip(sweep['name'], 60)}" if sweep["name"] else ""
    message = f": {clip(sweep['message'], 300)}" if sweep["message"] else ""
    facts = f"{name} · {sweep['method']} · {sweep['word']}{message}"
    bar: list[Span] = []
    if picture["progress"]["total"] is not None:
        parts = shares(picture)
        blocks = bar_blocks(parts)
        bar = [(text, share.state or "to come") for share, text in zip(parts, blocks, strict=True)]
        bar.append(("  ", ""))
    return [
        [("Sweep ", ""), (sweep["id"], "name"), (facts, "")],
        [*bar, (" · ".join(progress_words(picture)), "")],
        *_best_line(picture),
        *([(f"Note: {note}", "warning")] for note in picture["notes"]),
        *([[(outlook["verdict"], "")]] if outlook else []),
        *([(found["text"], "")] for found in picture["findings"]),
    ]


def _best_line(picture: Picture) -> list[list[Span]]:
    best_and_row, metric = best_row(picture), picture["metric"]
    if picture["standing"]:
        return [[(picture["standing"], "best" if picture["front"] else "warning")]]
    if best_and_row is None or metric is None:
        return []
    best, row = best_and_row
    pairs, more = shown_values(picture, row)
    line = [
        (f"Best {clip(metric['name'], 60)} ", ""),
        (best["text"], "best"),
        (f" in run {best['number']}:", ""),
    ]
    for i, (name, text) in enumerate(pairs):
        line += [(f"{'  ' if i else ' '}{name} ", "quiet"), (text, "")]
    return [[*line, (f"  … {more} more" if more else "", "")]]


def lines_below(picture: Picture) -> list[list[Span]]:
    """What a text says below its table: the distinct errors."""
    return [
        [(failed_runs(group["runs"]), "failed"), (f": {group['text']}", "")]
        for group in picture["failures"][:FAILURES]
    ]


def brief(picture: Picture) -> str:
    """All that a text says but its table."""
    lines = [*lines_above(picture), *lines_below(picture)]
    return without_surrogates("\n".join("".join(text for text, _ in line) for line in lines))


def run_line(picture: Picture, row: Row) -> str:
    """One run in one line, for terminals: ``run 3  finished  loss 0.412  best so far  lr 0.01``."""
    metric, best = picture["metric"], picture["best"]
    further = picture["metrics"][1:]
    begun = "continued" if row["continued"] else "started"
    words = [f"run {row['number']}", begun if row["active"] else row["word"]]
    if not row["active"]:
        if metric and row["metric_text"]:
            words.append(f"{clip(metric['name'], 40)} {row['metric_text']}")
        words += [
            f"{clip(each['name'], 40)} {text}"
            for each, text in zip(further, row["results"], strict=True)
            if text
        ]
        if row["id"] in picture["front"]:
            words.append("on the front")
        words += [f"{BEYOND} {row['beyond']}"] if row["beyond"] else []
        if best and row["id"] == best["id"]:
            words.append("best so far")
    words += [row["note"]] if row["note"] else []
    pairs, more = shown_values(picture, row)
    words += [f"{name} {text}" for name, text in pairs] + ([f"… {more} more"] if more else [])
    if not row["active"] and row["duration_s"] is not None:
        words.append(duration(row["duration_s"]))
    return without_surrogates("  ".join(words))
