"""The LaTeX table: right numbers, and nothing of a user's becomes a command."""

import re

import pytest

from nbsweep.analysis.best_table import BestTable, TableColumn
from nbsweep.view.latex import escaped, measured, to_latex
from nbsweep.view.report import table_of
from tests.made_up_sweeps import CONFIG, FakeSweep, front_sweep, mixed_sweep

NO_METRIC = {key: value for key, value in CONFIG.items() if key != "metric"}
ACTIVE = re.compile(r"(?<!\\)[#%&~^]")


def latex_of(sweep, **options):
    table = table_of(sweep.snapshot(), sweep.config, **{"top": 10, **options})
    return to_latex(table, title="digits", sweep_id="ab12cd34", made_by="nbsweep 9.9")


def check(latex):
    """That TeX would read it: braces, maths, environments and cells fit, and all is ASCII."""
    assert latex.isascii()
    first, *lines = latex.splitlines()
    assert first.startswith("%")
    body = "\n".join(lines)
    assert "%" not in body.replace(r"\%", "")
    depth, maths = 0, False
    for token in re.findall(r"\\\\|\\[A-Za-z]+|\\.|.", body, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token, 0)
        assert depth >= 0
        maths ^= token == "$"
        assert not (token in "_^" and not maths), f"{token} outside of maths"
        assert token not in ("#", "~")
    assert (depth, maths) == (0, False)
    opened = re.findall(r"\\(begin|end)\{(\w+)\}", body)
    assert opened == [
        ("begin", "table"),
        ("begin", "tabular"),
        ("end", "tabular"),
        ("end", "table"),
    ]
    alignment = re.search(r"\\begin\{tabular\}\{([lr]+)\}", body)[1]
    rows = [line for line in lines if line.endswith(r" \\")]
    for row in rows:
        if r"\multicolumn" not in row:
            assert len(re.findall(r"(?<!\\)&", row)) == len(alignment) - 1
    return rows


def test_it_is_a_booktabs_table_with_caption_and_label():
    sweep = mixed_sweep(30)
    latex = latex_of(sweep, top=2, columns=["optimizer", "learning_rate"])
    (first, second) = [line.split(" & ") for line in check(latex)[1:]]
    assert latex == "\n".join(
        [
            r"% Made by nbsweep 9.9; needs \usepackage{booktabs}.",
            r"\begin{table}[htbp]",
            r"  \centering",
            r"  \caption{The 2 best of 22 runs by loss (lower is better); sweep digits.}",
            r"  \label{tab:sweep-ab12cd34}",
            r"  \begin{tabular}{rrlr}",
            r"    \toprule",
            r"    run & loss $\downarrow$ & optimizer & learning\_rate \\",
            r"    \midrule",
            " & ".join(first),
            " & ".join(second),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )
    best = sweep.config.metric.best_run(sweep.runs)[0]
    assert first[0].strip() == str(best.number)
    assert float(first[1]) == pytest.approx(best.summary["loss"], rel=1e-3)
    assert first[2] == best.params["optimizer"]


@pytest.mark.parametrize(
    "sweep",
    [
        FakeSweep(),
        FakeSweep(NO_METRIC),
        front_sweep(),
        front_sweep([]),
        front_sweep([(0.1, 0.9, 30.0)]),
        mixed_sweep(30),
    ],
)
def test_any_sweep_gives_a_table_that_compiles(sweep):
    check(latex_of(sweep))


def test_without_a_run_the_table_says_why():
    rows = check(latex_of(FakeSweep()))
    assert rows[1:] == [r"    \multicolumn{7}{c}{No run has ended with a value of loss yet.} \\"]
    assert r"\caption{Sweep digits.}" in latex_of(FakeSweep())


def test_of_200_parameters_six_are_columns_and_the_caption_says_so():
    space = {f"p{i:03d}": {"min": 0.0, "max": 1.0} for i in range(200)}
    sweep = FakeSweep({**CONFIG, "parameters": space})
    sweep.add()
    latex = latex_of(sweep)
    assert r"\begin{tabular}{rrrrrrrr}" in latex
    assert "The first 6 of 200 parameters are shown." in latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("0.412", "0.412"),
        ("-0.5", "$-0.5$"),
        ("1.2e-5", r"$1.2 \times 10^{-5}$"),
        ("3e12", r"$3 \times 10^{12}$"),
        ("0.41 ± 0.03", r"$0.41 \pm 0.03$"),
        ("-0.41 ± 0.03", r"$-0.41 \pm 0.03$"),
        ("1.23e-5 ± 3e-7", r"$(1.23 \pm 0.03) \times 10^{-5}$"),
        ("0.0002 ± 3e-5", r"$0.0002 \pm 0.00003$"),
        ("", ""),
    ],
)
def test_numbers_are_set_as_people_write_them(text, latex):
    assert measured(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & 50% #1 $x$ {y}", r"a\_b \& 50\% \#1 \$x\$ \{y\}"),
        ("~^\\", r"\textasciitilde{}\textasciicircum{}\textbackslash{}"),
        ("<a|b>", "$<$a$|$b$>$"),
        ("x--y", "x-{}-y"),
        ("–", "--"),
        ("\\input{evil}", r"\textbackslash{}input\{evil\}"),
        ("größe λ", r"gr\"{o}\ss{}e $\lambda$"),
        ("naïve Ω", r"na\"{\i}ve $\Omega$"),
        ("µs 10² x₂", r"$\mu$s 10\textsuperscript{2} x2"),
        ("中", "[U+4E2D]"),
        ("ą", "[U+0105]"),
        ("two\nlines\x00\u200b", "two lines"),
        ("% comment", r"\% comment"),
    ],
)
def test_text_of_users_is_no_command(text, latex):
    assert escaped(text) == latex


def test_names_and_categories_are_escaped_everywhere():
    evil = 'a_b & 50% #1 $x$ {y} \\z ~^ λ <|> "'
    config = {
        **CONFIG,
        "metric": {"name": evil, "goal": "maximize"},
        "parameters": {"c_d": {"values": [evil, "other"]}},
    }
    sweep = FakeSweep(config)
    for value in (evil, "other"):
        sweep.add(params={"c_d": value}, summary={evil: 0.5})
    table = table_of(sweep.snapshot(), sweep.config, top=10)
    latex = to_latex(table, title=evil, sweep_id="x_y%z", made_by="nbsweep 9.9\n\\evil")
    rows = check(latex)
    assert len(rows) == 3
    assert r"\label{tab:sweep-xyz}" in latex
    assert "c\\_d" in rows[0]


@pytest.mark.parametrize("code", range(0x20, 0x2100, 0x40))
def test_every_letter_comes_out_as_ascii(code):
    text = "".join(map(chr, range(code, code + 0x40)))
    latex = escaped(text)
    assert latex.isascii()
    column = TableColumn(text, "param", (1,))
    check(to_latex(BestTable((column,), text), title=text, sweep_id="a", made_by="b"))


def test_the_arrow_says_which_way_is_better():
    latex = latex_of(front_sweep())
    assert r"loss $\downarrow$ & accuracy $\uparrow$ & latency" in latex
    assert "is better" not in latex  # two ways at once
