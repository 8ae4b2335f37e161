"""`nbsweep report`: a sweep as an HTML page, as Markdown with pictures, as a LaTeX table."""

from __future__ import annotations

import click

from nbsweep.cli.common import open_sweep, say


@click.command(
    "report",
    short_help="Write a sweep as an HTML page, as Markdown or as a LaTeX table.",
    epilog="\b\nExample:\n  nbsweep report k3w9x2ab -o report.html\n"
    "  nbsweep report k3w9x2ab --format md\n"
    "  nbsweep report k3w9x2ab --format tex --top 5 --column lr --column width",
)
@click.argument("sweep_id")
@click.option(
    *("-f", "--format", "form"),
    metavar="[html|md|tex]",
    help="A page to brush, Markdown with pictures, or a LaTeX table of the best runs; default: "
    "what FILE ends with, else html.",
)
@click.option(
    *("-o", "--output"),
    metavar="FILE",
    help="Where to write it; - for standard output; default: sweep-ID.html, .md or .tex.",
)
@click.option(
    "--top", type=click.IntRange(min=1), metavar="N", help="Rows of the table; default: 10."
)
@click.option(
    *("--column", "columns"),
    multiple=True,
    metavar="NAME",
    help="A parameter or metric to show in the table; may be given several times.",
)
def report_command(
    sweep_id: str, form: str | None, output: str | None, top: int | None, columns: tuple[str, ...]
) -> None:
    """Write a sweep as an HTML page, as Markdown with pictures, or as a LaTeX table.

    The page needs no network and no kernel, so it can be mailed or put on a server. Markdown
    is for pull requests; its pictures are in a folder beside it. A file that is there already
    is replaced.
    """
    from nbsweep.handles import reporting

    sweep = open_sweep(sweep_id).stored
    is_printed = output == "-"
    form = reporting.format_of(None if is_printed else output, form)
    path = None if is_printed else output or f"sweep-{sweep.id}{reporting.FORMATS[form]}"
    made = reporting.report(sweep, path, form, top=top, columns=columns or None)
    if isinstance(made, reporting.Written):
        say(made.sentence)
    else:
        click.echo(made, nl=not made.endswith("\n"))
