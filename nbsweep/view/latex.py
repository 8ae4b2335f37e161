r"""The best runs as a LaTeX table that plain pdflatex compiles; needs the package booktabs.

Names and values come from users: what LaTeX would take for commands is escaped, accents and
Greek letters become commands, and what plain pdflatex has no letter for is written as [U+4E2D].
Only ASCII comes out.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from nbsweep.analysis.best_table import BestTable, TableColumn
from nbsweep.wording import clip

NAME = 40  # characters of a name in a heading
TITLE = 80
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_MEASURED = re.compile(rf"({_NUMBER})(?: ± ({_NUMBER}))?")
_ARROWS = {"minimize": r" $\downarrow$", "maximize": r" $\uparrow$", "": ""}
_BETTER = {"minimize": "lower is better", "maximize": "higher is better"}
_COMMANDS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{each: f"\\{each}" for each in "#$%&_{}"},
    # In the fonts that LaTeX begins with these are other letters.
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "×": r"$\times$",
    "÷": r"$\div$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "•": r"$\bullet$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "→": r"$\to$",
    "←": r"$\leftarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "°": r"$^{\circ}$",
    "∂": r"$\partial$",
    "∇": r"$\nabla$",
    "√": r"$\surd$",
    "∑": r"$\sum$",
    "∏": r"$\prod$",
    "∈": r"$\in$",
    "−": "$-$",
    "\u00a0": "~",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "£": r"\pounds{}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0323": "d",
    "\u0327": "c",
    "\u0331": "b",
}
_GREEK = {  # the capitals that LaTeX has no command for are those of the Latin alphabet
    **dict(zip("αβγδεζηθικλμ", "alpha beta gamma delta varepsilon zeta eta theta iota kappa "
               "lambda mu".split(), strict=True)),
    **dict(zip("νξπρςστυφχψω", "nu xi pi rho varsigma sigma tau upsilon varphi chi psi "
               "omega".split(), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi "
               "Omega".split(), strict=True)),
}  # fmt: skip
_AS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))


def to_latex(table: BestTable, *, title: str, sweep_id: str, made_by: str) -> str:
    """The table as a `table` environment with caption and label.

    Args:
        table: the best runs.
        title: of the sweep.
        sweep_id: its id, for the label.
        made_by: program and version, for a comment.
    """
    columns = table.columns
    alignment = "".join("r" if column.is_number else "l" for column in columns)
    head = " & ".join(_heading(column) for column in columns)
    cells = [
        [measured(text) if column.is_number else escaped(text) for text in column.texts]
        for column in columns
    ]
    rows = [" & ".join(row) for row in zip(*cells, strict=True)]
    if table.empty:
        rows = [rf"\multicolumn{{{len(columns)}}}{{c}}{{{escaped(table.empty)}}}"]
    better = [_BETTER[column.goal] for column in columns if column.goal]
    sign = f" ({better[0]})" if len(better) == 1 and not table.empty else ""
    what = f"{table.title}{sign}; sweep" if not table.empty else "Sweep"
    caption = " ".join([f"{what} {clip(title, TITLE)}.", *table.remarks])
    lines = [
        f"% Made by {_comment(made_by)}; needs \\usepackage{{booktabs}}.",
        r"\begin{table}[htbp]",
        r"  \centering",
        rf"  \caption{{{escaped(caption)}}}",
        rf"  \label{{tab:sweep-{re.sub(r'[^A-Za-z0-9-]', '', sweep_id)}}}",
        rf"  \begin{{tabular}}{{{alignment}}}",
        r"    \toprule",
        rf"    {head} \\",
        r"    \midrule",
        *(rf"    {row} \\" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _heading(column: TableColumn) -> str:
    return f"{escaped(clip(column.name, NAME))}{_ARROWS[column.goal]}"


def measured(text: str) -> str:
    r"""A number, with or without an error, in math where that looks other than text.

    ``1.2e-5 ± 3e-6`` is ``$(1.2 \pm 0.3) \times 10^{-5}$``.
    """
    match = _MEASURED.fullmatch(text)
    if match is None:  # an empty cell
        return escaped(text)
    value, error = match.groups()
    mantissa, _, power = value.partition("e")
    if error is None:
        return text if text[0] != "-" and not power else f"${mantissa}{_times(power)}$"
    if not power:
        return rf"${mantissa} \pm {_plain(Decimal(error))}$"
    scaled = _plain(Decimal(error).scaleb(-int(power)))
    return rf"$({mantissa} \pm {scaled}){_times(power)}$"


def _times(power: str) -> str:
    return rf" \times 10^{{{int(power)}}}" if power else ""


def _plain(value: Decimal) -> str:
    return format(value, "f")


def escaped(text: str) -> str:
    """Text of users as LaTeX, in one line."""
    line = unicodedata.normalize("NFC", " ".join(text.split()))
    letters, before = [], ""
    for letter in line:
        if letter == before and letter in "-'`":
            letters.append("{}")  # two of them would be a dash or a quote
        letters.append(_letter(letter))
        before = letter
    return "".join(letters)


def _letter(letter: str) -> str:
    if letter in _COMMANDS:
        return _COMMANDS[letter]
    if unicodedata.category(letter) in ("Cc", "Cf"):
        return ""
    if letter.isascii():
        return letter
    if letter in _GREEK:
        return rf"$\{_GREEK[letter]}$"
    if letter in _AS_LATIN:
        return _AS_LATIN[letter]
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS:
        return rf"\{_ACCENTS[parts[1]]}{{{_dotless(parts[0])}}}"
    alike = unicodedata.normalize("NFKC", letter)
    if alike != letter:  # such as a superscript, or the micro sign
        small = "".join(map(_letter, alike))
        if "SUPERSCRIPT" in unicodedata.name(letter, ""):
            return rf"\textsuperscript{{{small}}}"
        return small
    return f"[U+{ord(letter):04X}]"


def _dotless(base: str) -> str:
    return rf"\{base}" if base in "ij" else base


def _comment(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", text)
