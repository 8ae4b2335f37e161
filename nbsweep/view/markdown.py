"""A report as Markdown, as GitHub, GitLab and Jupyter draw it.

Names, values and messages come from users: what Markdown, HTML, MathJax or GitHub would take
for markup is escaped, and what would call a person (@name) or an issue (#1) is code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nbsweep.analysis.importance import Importance, association_text
from nbsweep.view.content import failed_runs
from nbsweep.view.drawing import Plot
from nbsweep.view.model import Failure
from nbsweep.view.report import Report
from nbsweep.view.spelling import bounded
from nbsweep.wording import clip, plural, without_surrogates

BARS = 15  # parameters in the table of importance
FAILURES = 10  # distinct errors
CELL = 60  # characters of a name or a fact in a table
_MARKUP = re.compile(r"[\\`*\[\]<>|~$]|(?<!\w)_|_(?!\w)")
_CALLS = re.compile(r"[@#]\w|\bGH-\d|\w@\w")
_STARTS = re.compile(r"^(\d*)([#+.)=-])(?=[\s#=-]|$)")


class Picture(NamedTuple):
    """A plot and where it is.

    Attributes:
        plot: with the words around it.
        link: to the drawing, ready for Markdown: without blanks and brackets.
    """

    plot: Plot
    link: str


def to_markdown(report: Report, pictures: Sequence[Picture] = ()) -> str:
    """The report, with links to the pictures."""
    parts = [
        f"# {text(report.title)}",
        text(report.summary[:1].upper() + report.summary[1:]),
        f"**{text(report.best)}**",
        *(f"> **Note:** {text(note)}" for note in report.notes),
        *_best_run(report),
        *_table(report),
        *_takeaways(report),
        *(part for ranking in report.importances for part in _importance(ranking)),
        *_pictures(pictures),
        *_what_was_run(report),
        *_failures(report.failures),
        f"<sub>Made by {report.made_by}.</sub>",
    ]
    return without_surrogates("\n\n".join(part for part in parts if part) + "\n")


def text(words: str) -> str:
    """Words that users may have chosen, in one line, so that they are drawn as they are."""
    line = " ".join(words.split())
    if _CALLS.search(line):
        line = _CODE_WORD.sub(
            lambda match: code(match[0]) if _CALLS.search(match[0]) else _escaped(match[0]), line
        )
    else:
        line = _escaped(line)
    return _STARTS.sub(r"\1\\\2", line)  # a heading, an item of a list, a rule


_CODE_WORD = re.compile(r"\S+|\s+")


def _escaped(words: str) -> str:
    words = words.replace("&", "&amp;")
    return _MARKUP.sub(lambda match: "&lt;" if match[0] == "<" else f"\\{match[0]}", words)


def code(words: str) -> str:
    """Words as code in a line."""
    line = " ".join(words.split())
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(content: str, language: str = "") -> str:
    """Lines of code."""
    longest = max(map(len, re.findall("`{3,}", content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{content.rstrip()}\n{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> str:
    """A table of texts that are Markdown already."""
    aligned = right or [False] * len(head)
    ruler = ["---:" if is_right else "---" for is_right in aligned]
    lines = [head, ruler, *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(words: str) -> str:
    # Also inside of code a bar would end the cell; elsewhere it is escaped already.
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", words)


def _best_run(report: Report) -> list[str]:
    if not report.config:
        return []
    return ["## Best run", block(_yaml(report.config), "yaml"), text(report.certainty)]


def _yaml(config: dict[str, object]) -> str:
    import yaml

    def written(kept: object) -> str:
        dumped: str = yaml.safe_dump(
            kept, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
        )
        return dumped

    return written(bounded(config, written))


def _table(report: Report) -> list[str]:
    best = report.table
    if best.empty:
        return [] if best.empty == report.best else [text(best.empty)]
    arrows = {"minimize": " ↓", "maximize": " ↑", "": ""}
    head = [f"{text(clip(column.name, CELL))}{arrows[column.goal]}" for column in best.columns]
    cells = [list(map(text, column.texts)) for column in best.columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    is_front = "hypervolume" in best.title or best.title.startswith("The front")
    return [
        "## The front" if is_front else "## Best runs",
        f"{text(best.title)}.",
        table(head, rows, [column.is_number for column in best.columns]),
        text(" ".join(best.remarks)),
    ]


def _takeaways(report: Report) -> list[str]:
    if not report.takeaways:
        return []
    return ["## Takeaways", "\n".join(f"- {text(each)}" for each in report.takeaways)]


def _importance(ranking: Importance) -> list[str]:
    parts = [f"## What decides {text(clip(ranking.metric or 'the metric', CELL))}"]
    parts.append(text(" ".join(ranking.sentences())))
    if ranking.is_ranked:
        rows = [
            [
                text(clip(row.name, CELL)),
                f"{row.importance:.2f} ± {row.error:.2f}",
                text(clip(association_text(row), CELL)),
                "" if row.stands_out else "not told from zero",
            ]
            for row in ranking.rows[:BARS]
        ]
        head = ["parameter", "importance", "correlation", ""]
        parts.append(table(head, rows, [False, True, True, False]))
        if len(ranking.rows) > BARS:
            parts.append(f"{BARS} of {plural(len(ranking.rows), 'parameter')} are shown.")
    return parts


def _pictures(pictures: Sequence[Picture]) -> list[str]:
    if not pictures:
        return []
    parts = ["## Plots"]
    for plot, link in pictures:
        parts.append(f"### {text(plot.title)}")
        parts.append(f"![{text(plot.alt or plot.title)}]({link})")
        parts.append(text(plot.caption))
    return parts


def _what_was_run(report: Report) -> list[str]:
    facts = [[name, text(clip(words, 4 * CELL))] for name, words in report.facts]
    space = [[text(clip(name, CELL)), text(clip(words, 2 * CELL))] for name, words in report.space]
    more = report.n_space - len(space)
    return [
        "## What was run",
        table(["", ""], [*facts, ["version", report.made_by]]),
        table(["parameter", "values"], space) if space else "",
        f"And {plural(more, 'more parameter')}." if more > 0 else "",
    ]


def _failures(failures: Sequence[Failure]) -> list[str]:
    if not failures:
        return []
    lines = [
        f"- {failed_runs(each['runs']).capitalize()}: {code(each['text'])}"
        for each in failures[:FAILURES]
    ]
    if len(failures) > FAILURES:
        lines.append(f"- {plural(len(failures) - FAILURES, 'more error')}")
    return ["## Failures", "\n".join(lines)]
