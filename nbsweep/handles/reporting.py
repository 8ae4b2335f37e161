"""A sweep as a report to hand on: an HTML page, Markdown with pictures, a LaTeX table."""

from __future__ import annotations

import base64
import errno
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from nbsweep.errors import UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.media.base import write_whole
from nbsweep.wording import closest, did_you_mean, plural, show, without_surrogates

if TYPE_CHECKING:
    from nbsweep.records import Snapshot
    from nbsweep.sweep_config import SweepConfig

TOP = 10  # runs in the tables
FORMATS = {"html": ".html", "md": ".md", "tex": ".tex"}  # and how their files end
_ALIASES = {"htm": "html", "markdown": "md", "latex": "tex"}
PICTURES = "-pictures"  # what the folder of a report's pictures ends with


class ReportText(str):
    """A report as text; a notebook draws it, with its pictures inside.

    Attributes:
        form: "html", "md" or "tex".
    """

    form: str
    _draw: Callable[[], Mapping[str, str]]

    @classmethod
    def of(cls, text: str, form: str, draw: Callable[[], Mapping[str, str]]) -> ReportText:
        """A report.

        Args:
            text: of the file.
            form: its format.
            draw: gives the mime bundle that a notebook shows.
        """
        report = cls(text)
        report.form = form
        report._draw = cache(draw)  # notebooks ask several times
        return report

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        return dict(self._draw())

    def _repr_markdown_(self) -> str | None:
        return self._draw().get("text/markdown")

    def _repr_html_(self) -> str | None:
        return self._draw().get("text/html")


class Written(NamedTuple):
    """What was written.

    Attributes:
        path: of the report, as it was given.
        folder: of its pictures; None without any.
        pictures: how many they are.
    """

    path: Path
    folder: Path | None = None
    pictures: int = 0

    @property
    def sentence(self) -> str:
        """Where it is, and how large."""
        size = self.path.stat().st_size
        text = f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} kB"
        beside = (
            f", with {plural(self.pictures, 'picture')} in {self.folder}" if self.folder else ""
        )
        return f"Wrote {self.path} ({text}){beside}."


class Reporting:
    """The reports of a sweep; a part of `Sweep`."""

    stored: StoredSweep

    def report(
        self,
        path: str | os.PathLike[str] | None = None,
        format: str | None = None,  # noqa: A002 - the word that people look for
        *,
        top: int | None = None,
        columns: Sequence[str] | str | None = None,
    ) -> Path | ReportText:
        """Hand the sweep on: as an HTML page, as Markdown with pictures, or as a LaTeX table.

        "html" is the panel, to be brushed without kernel or network. "md" reads in a pull
        request: the best run with its config, a table of the best, takeaways, what decides the
        metric, plots, what was run, failures. Its pictures are SVG files in a folder beside
        it, ``report-pictures`` for ``report.md``. "tex" is the table of the best runs for a
        paper, with caption and label; it needs the package booktabs. Where configurations were
        repeated the tables of both have a mean with its standard error for each.

        Args:
            path: of the file. What was there is replaced at once, never by half, and so are
                pictures of the same names. None gives the text instead, which a notebook draws.
            format: "html", "md" or "tex"; by default what the path ends with, else "html".
            top: rows of the table of the best runs, 10 by default; for "md" and "tex".
            columns: what that table shows beside the metrics: names of parameters or of other
                logged metrics; by default the parameters that matter most, as many as a page
                has room for. For "md" and "tex".

        Returns:
            The path; without one the text.

        Raises:
            UsageError: the file cannot be written, there is no such format or no such
                column, or the format has no table to choose rows and columns of.

        Example:
            >>> sweep.report("report.md")
            >>> print(sweep.report(format="tex", top=5, columns=["learning_rate", "width"]))
        """
        made = report(self.stored, path, format, top=top, columns=columns)
        return made.path if isinstance(made, Written) else made


class _Options(NamedTuple):
    """What the tables show.

    Attributes:
        top: rows.
        columns: names; None for those that matter.
    """

    top: int = TOP
    columns: tuple[str, ...] | None = None

    @classmethod
    def of(cls, form: str, top: Any, columns: Any) -> _Options:
        """The options of a call, checked."""
        for name, value in (("top", top), ("columns", columns)):
            if value is not None and form == "html":
                raise UsageError(
                    f'report: {name} is for format "md" and "tex"; the HTML page has all runs and '
                    "all columns."
                )
        if top is None:
            top = TOP
        if not isinstance(top, int) or isinstance(top, bool) or top < 1:
            raise UsageError(f"report(top={top!r:.60}): a whole number ≥ 1 is needed.")
        if isinstance(columns, str):
            columns = [columns]
        if columns is None:
            return cls(top)
        names = list(columns) if isinstance(columns, Sequence) else None
        if names is None or not all(isinstance(name, str) for name in names):
            raise UsageError(
                f"report(columns={columns!r:.60}): a list of names of parameters or metrics is "
                'needed, such as ["learning_rate"].'
            )
        return cls(top, tuple(dict.fromkeys(names)))


def report(
    sweep: StoredSweep,
    path: str | os.PathLike[str] | None,
    form: str | None,
    *,
    top: int | None = None,
    columns: Sequence[str] | str | None = None,
) -> Written | ReportText:
    """What `Sweep.report` writes, or gives as text; see there."""
    form = format_of(path, form)
    asked = _Options.of(form, top, columns)
    place = None if path is None else Path(path)
    make = {"html": _html, "md": _markdown, "tex": _latex}[form]
    return make(sweep, place, asked)


def format_of(path: Any, form: Any) -> str:
    """The format of a report: as asked for, else by how the path ends, else "html".

    Raises:
        UsageError: there is no such format, or the path is none.
    """
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise UsageError(
            f"report(path={path!r:.60}): the path of a file is needed, such as "
            '"report.md"; without a path report() gives the text.'
        )
    if form is None:
        ending = "" if path is None else Path(path).suffix[1:].lower()
        return _ALIASES.get(ending, ending if ending in FORMATS else "html")
    word = form.lower().removeprefix(".") if isinstance(form, str) else ""
    word = _ALIASES.get(word, word)
    if word not in FORMATS:
        guess = did_you_mean(closest(word, FORMATS)) if word else ""
        raise UsageError(
            f"report(format={show(form)}): there is no such format.{guess} Formats: "
            '"html", "md" and "tex".'
        )
    return word


def _html(sweep: StoredSweep, path: Path | None, asked: _Options) -> Written | ReportText:
    from nbsweep.panel import saved

    del asked
    snapshot, config = _read(sweep, curves=True)
    now = time.time()
    page = saved.report(snapshot, config, now=now)
    if path is not None:
        _write(path, page)
        return Written(path)

    def draw() -> Mapping[str, str]:
        return saved.still_bundle(snapshot, config, now=now)

    return ReportText.of(page, "html", draw)


def _latex(sweep: StoredSweep, path: Path | None, asked: _Options) -> Written | ReportText:
    from nbsweep.view.latex import to_latex
    from nbsweep.view.report import table_of

    snapshot, config = _read(sweep)
    text = to_latex(
        table_of(snapshot, config, top=asked.top, columns=asked.columns),
        title=snapshot.sweep.name or config.name or sweep.id,
        sweep_id=sweep.id,
        made_by=_made_by(),
    )
    if path is not None:
        _write(path, text)
        return Written(path)
    return ReportText.of(text, "tex", lambda: {"text/plain": text})


def _markdown(sweep: StoredSweep, path: Path | None, asked: _Options) -> Written | ReportText:
    from nbsweep.view.markdown import Picture, to_markdown
    from nbsweep.view.report import collect_report, report_plots

    snapshot, config = _read(sweep, curves=True)
    content = collect_report(
        snapshot,
        config,
        now=time.time(),
        made_by=_made_by(),
        top=asked.top,
        columns=asked.columns,
    )

    if path is None:
        plain = to_markdown(content)

        def draw() -> Mapping[str, str]:
            inside = [
                Picture(plot, _data_uri(plot.svg)) for _, plot in report_plots(snapshot, config)
            ]
            return {"text/markdown": to_markdown(content, inside), "text/plain": plain}

        return ReportText.of(plain, "md", draw)
    drawn = report_plots(snapshot, config)
    folder = path.with_name(path.stem + PICTURES) if path.name else path
    links = [Picture(plot, quote(f"{folder.name}/{name}.svg")) for name, plot in drawn]
    text = to_markdown(content, links)
    if (
        drawn and path.parent.is_dir() and not path.is_dir()
    ):  # else the report itself cannot be written
        _make_folder(folder)
        for name, plot in drawn:
            _write(folder / f"{name}.svg", plot.svg)
    _write(path, text)  # last: it links to nothing that is not there
    return Written(path, folder if drawn else None, len(drawn))


def _read(sweep: StoredSweep, *, curves: bool = False) -> tuple[Snapshot, SweepConfig]:
    snapshot = sweep.snapshot(curves=curves)
    return snapshot, sweep.config_of(snapshot.sweep)


def _made_by() -> str:
    # Not imported, since the package's own module leads to everything above this one.
    return f"nbsweep {sys.modules['nbsweep'].__version__}"


def _data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def _write(path: Path, text: str) -> None:
    """Write a file, so that nobody sees half of it; what was there is replaced.

    What a link leads to is written, not the link; and into a pipe or a device, such as
    /dev/stdout, as into any.
    """
    content = without_surrogates(text).encode("utf-8")
    try:
        place = path.resolve()
        if place.exists() and not place.is_file() and not place.is_dir():
            place.write_bytes(content)
        elif place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        else:
            write_whole(place, content)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> UsageError:
    return UsageError(f"report: {str(path)!r} cannot be written: {error.strerror or error}.")
