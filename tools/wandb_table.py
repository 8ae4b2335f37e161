"""Writes the table of names into docs/wandb-compatibility.md: ``python tools/wandb_table.py``.

The names come from tools/wandb_names.txt, their groups from nbsweep/as_wandb/compatibility.py. With
``--check`` nothing is written, and the exit code is 1 when the page is not what it would be.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from nbsweep.as_wandb.compatibility import GROUPS, WORKS, group_of

TOP = Path(__file__).parents[1]
NAMES = TOP / "tools" / "wandb_names.txt"
PAGE = TOP / "docs" / "wandb-compatibility.md"
BEGIN = "<!-- names: made by tools/wandb_table.py -->"
END = "<!-- end of names -->"


def read_names(path: Path = NAMES) -> dict[str, bool]:
    """Each name, and whether sweep code uses it."""
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    return {line.removeprefix("* "): line.startswith("* ") for line in lines}


def table(names: dict[str, bool]) -> str:
    """The section of the page, in Markdown."""
    grouped: dict[str, dict[str, list[str]]] = {group: defaultdict(list) for group in GROUPS}
    for name in names:
        group, note = group_of(name)
        grouped[group][note if group != WORKS else _owner(name)].append(name)
    used = [name for name, uses in names.items() if uses]
    lines = [
        BEGIN,
        "",
        f"All {len(names)} public names of wandb 0.31, members of its classes included, are in one "
        f"of four groups; {len(used)} of them are used by sweep notebooks and scripts.",
        "",
        "| group | names | used by sweep code |",
        "|---|--:|--:|",
    ]
    for group in GROUPS:
        members = [name for found in grouped[group].values() for name in found]
        of_sweeps = sum(name in members for name in used)
        share = f"{of_sweeps} ({100 * of_sweeps / len(used):.0f} %)"
        lines.append(f"| {group} | {len(members)} | {share} |")
    lines += ["", f"### {WORKS.capitalize()}", "", "| of | names |", "|---|---|"]
    for owner, found in sorted(grouped[WORKS].items()):
        short = [name.removeprefix(f"{owner}.") for name in found]
        lines.append(f"| {f'`{owner}`' if owner else 'wandb'} | {_listed(short)} |")
    for group in GROUPS[1:]:
        title = {GROUPS[1]: "what is missing", GROUPS[2]: "why"}.get(group, "what to do instead")
        lines += ["", f"### {group.capitalize()}", "", f"| names | {title} |", "|---|---|"]
        for note, found in sorted(grouped[group].items(), key=lambda item: item[1]):
            lines.append(f"| {_listed(found)} | {note.replace('|', chr(92) + '|')} |")
    return "\n".join([*lines, "", END])


def page_with(section: str, page: str) -> str:
    """The page with a new section in the place of the old one."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + section + after


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` compare it."""
    page = PAGE.read_text()
    new = page_with(table(read_names()), page)
    if "--check" in arguments:
        return int(new != page)
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
