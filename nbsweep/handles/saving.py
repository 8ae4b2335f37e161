"""The charts of a sweep as files: SVG without anything installed, PNG and PDF for papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.plots import in_use
from nbsweep.wording import closest, did_you_mean, joined, plural

if TYPE_CHECKING:
    from nbsweep.analysis.charts.chart import Chart

FORMATS = ("svg", "png", "pdf")


class SavedFigures(list[Path]):
    """The paths of the files that were written; printed, also what was left out and why.

    Attributes:
        left_out: name of each plot that was not drawn to the reason, in a sentence.
    """

    def __init__(self, paths: Sequence[Path], left_out: Mapping[str, str]) -> None:
        super().__init__(paths)
        self.left_out = dict(left_out)

    def __repr__(self) -> str:
        folder = f" in {self[0].parent}" if self else ""
        lines = [f"{plural(len(self), 'file')}{folder}", *(f"  {path.name}" for path in self)]
        lines += [f"  left out: {name}. {why}" for name, why in self.left_out.items()]
        return "\n".join(lines)


def save_figures(
    sweep: StoredSweep,
    folder: str | Path,
    formats: Sequence[str] | str = ("svg",),
    names: Sequence[str] | str | None = None,
    metric: str | None = None,
    theme: str = "light",
) -> SavedFigures:
    """See `Sweep.save_figures`."""
    from nbsweep.analysis.charts.catalogue import CHARTS, Shown, collect_chart, names_for
    from nbsweep.analysis.frame import frame

    in_use.check(theme)
    endings = _endings(formats)
    snapshot, config = sweep.snapshot(curves=True), sweep.config
    suited = names_for(config)
    wanted = suited if names is None else _names(names, list(CHARTS))
    write = {ending: _writer(ending, theme) for ending in endings}
    place = _folder(folder)
    shown = Shown(frame(snapshot, config, metric=metric), snapshot, config)
    paths: list[Path] = []
    left_out: dict[str, str] = {}
    for name in wanted:
        if name not in suited:
            left_out[name] = "It makes no sense for the config of this sweep."
            continue
        chart = collect_chart(name, shown)
        if chart.empty:
            left_out[name] = chart.empty
            continue
        for ending in endings:
            path = place / f"{name}.{ending}"
            try:
                write[ending](chart, path)
            except OSError as error:
                raise _unwritable(path, error) from error
            paths.append(path)
    return SavedFigures(paths, left_out)


def _endings(formats: Sequence[str] | str) -> list[str]:
    given = [formats] if isinstance(formats, str) else list(formats)
    endings = [str(each).lower().lstrip(".") for each in given]
    for ending, written in zip(endings, given, strict=True):
        if ending not in FORMATS:
            raise UsageError(
                f"save_figures: format {written!r} is not known."
                f"{did_you_mean(closest(ending, FORMATS))} There are: {', '.join(FORMATS)}."
            )
    if not endings:
        raise UsageError(f"save_figures: no format is given. There are: {', '.join(FORMATS)}.")
    return list(dict.fromkeys(endings))


def _names(names: Sequence[str] | str, known: Sequence[str]) -> list[str]:
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"save_figures: there is no plot {name!r}."
                f"{did_you_mean(closest(str(name), known))} There are: {joined(known, 'and')}."
            )
    return list(dict.fromkeys(wanted))


def _folder(folder: str | Path) -> Path:
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(place, error) from error
    return place


def _unwritable(path: Path, error: OSError) -> UsageError:
    reason = error.strerror or error
    return UsageError(f"save_figures: {str(path)!r} cannot be written: {reason}.")


def _writer(ending: str, theme: str) -> Callable[[Chart, Path], None]:
    """What writes a chart as a file.

    Raises:
        MissingDependencyError: nothing that writes such files is installed.
    """
    from nbsweep.analysis.charts.palette import PALETTES

    palette = PALETTES[theme]

    def as_svg(chart: Chart, path: Path) -> None:
        from nbsweep.view.chart_svg import chart_file

        path.write_text(chart_file(chart, palette), encoding="utf-8")

    def by_matplotlib(chart: Chart, path: Path) -> None:
        from nbsweep.plots.paper import write_chart

        write_chart(chart, path, palette)

    def by_kaleido(chart: Chart, path: Path) -> None:
        from nbsweep.plots.figures.chart import draw_chart

        draw_chart(chart, palette).write_image(path, width=900, scale=2)

    if ending == "svg":
        return as_svg
    if find_spec("matplotlib") is not None:
        return by_matplotlib
    if find_spec("kaleido") is not None:
        return by_kaleido
    raise MissingDependencyError(
        f'save_figures() needs an extra package for {ending.upper()}: pip install "nbsweep[paper]"'
    )
