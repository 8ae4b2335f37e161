"""Any chart as a PNG or PDF by matplotlib, for papers: see `nbsweep.analysis.charts.chart`.

Figures are made by themselves, without pyplot, and what they look like is said here, so that
no setting of matplotlib's is changed for good.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbsweep.analysis.charts.chart import (
    Axis,
    Band,
    Bars,
    Cells,
    Chart,
    ColourBar,
    Line,
    Mark,
    Panel,
    Points,
    Role,
    Rule,
    Scale,
    Words,
)
from nbsweep.analysis.charts.palette import LIGHT, PALE, Palette
from nbsweep.analysis.charts.tame import tamed
from nbsweep.analysis.ticks import shorten
from nbsweep.errors import MissingDependencyError
from nbsweep.wording import without_surrogates

DPI = 200
_WIDTH = 7.0  # inches: the width of two columns
_PX = 100.0  # pixels of a chart's height for an inch
_WORDS = 100  # characters of a line of the caption
_NAMES_ACROSS = 5  # of the legend
_CHARACTERS = 96.0  # side by side below the figure
_POINT = 0.72  # points for a pixel
_SYMBOLS = {
    "circle": "o",
    "open": "o",
    "cross": "x",
    "crossed": "o",
    "star": "*",
    "up": "^",
    "down": "v",
    "square": "s",
}
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
# Tried one after the other for each letter, as far as they are installed.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Arial Unicode MS",
    "Hiragino Sans",
    "Microsoft YaHei",
)


def write_chart(chart: Chart, path: Path, palette: Palette = LIGHT) -> None:
    """Write a chart as the kind of file that the path's ending says: .png, .pdf or .svg.

    Args:
        chart: what to draw; of an empty one the file says why it is.
        path: of the file; what was there is replaced.
        palette: the colours.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependencyError(
            'PNG and PDF files need an extra package: pip install "nbsweep[paper]"'
        ) from None
    import warnings

    n_columns = chart.across
    n_rows = chart.down
    lines = textwrap.wrap(chart.caption, _WORDS)
    words = 0.5 + 0.16 * (len(lines) + len(textwrap.wrap(chart.subtitle, _WORDS)))
    high = (chart.height / _PX + 0.35) * (1.0 if n_columns == 1 else 0.85)
    size = (_WIDTH, n_rows * high + words)
    if chart.empty or not chart.panels:
        size = (_WIDTH, 1.4)
    figure = Figure(figsize=size, layout="constrained", facecolor=palette.ground)
    # Many publishers refuse the Type 3 fonts that matplotlib's PDFs have by default.
    with matplotlib.rc_context({"pdf.fonttype": 42}), warnings.catch_warnings():
        # Letters that no font has are drawn as boxes; that is no news to who saves a figure.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        _Sheet(figure, chart, palette).draw()
        figure.savefig(path, dpi=DPI, facecolor=palette.ground)


def _plain(text: str) -> str:
    """A text that fonts and files can hold: without halves of letters, and without NUL."""
    return without_surrogates(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _fonts() -> list[str]:
    from matplotlib import font_manager

    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in there] or ["sans-serif"]


class _Sheet:
    """Draws a chart on a matplotlib figure."""

    def __init__(self, figure: Any, chart: Chart, palette: Palette) -> None:
        self._figure, self._chart, self._palette = figure, chart, palette
        # Names are literal: a $ begins no formula, and no LaTeX is asked.
        self._font: dict[str, Any] = {
            "fontfamily": _fonts(), "parse_math": False, "usetex": False
        }  # fmt: skip

    def draw(self) -> None:
        """All of it."""
        chart, palette = self._chart, self._palette
        heading = [chart.title, *textwrap.wrap(chart.subtitle, _WORDS)]
        self._figure.suptitle(
            _plain("\n".join(heading)),
            x=0.01,
            ha="left",
            fontsize=9,
            color=palette.ink,
            **self._font,
        )
        if chart.empty or not chart.panels:
            self._figure.text(
                0.5, 0.4, _plain("\n".join(textwrap.wrap(chart.empty, 80))),
                ha="center", va="center", fontsize=9, color=palette.quiet, **self._font,
            )  # fmt: skip
            return
        n_columns = chart.across
        n_rows = chart.down
        grid = self._figure.subplots(n_rows, n_columns, squeeze=False)
        handles: dict[str, Any] = {}
        for k, axes in enumerate(grid.flat):
            if k >= len(chart.panels):
                axes.set_visible(False)
                continue
            self._panel(axes, tamed(chart.panels[k]), k, n_columns, handles)
        if chart.colours is not None:
            self._colour_bar(chart.colours, grid)
        caption = _plain("\n".join(textwrap.wrap(chart.caption, _WORDS)))
        look = {"fontsize": 7, "color": palette.quiet, **self._font}
        if handles:
            # The caption is the legend's title, so that none lies over the other.
            legend = self._figure.legend(
                handles.values(), handles.keys(), loc="outside lower left", ncols=_NAMES_ACROSS,
                fontsize=7, frameon=False, labelcolor=palette.ink, title=caption or None,
                alignment="left", borderpad=0.1,
            )  # fmt: skip
            for text in legend.get_texts():
                text.set(**self._font)
            legend.get_title().set(**look)
        elif caption:
            self._figure.supxlabel(caption, x=0.01, ha="left", **look)

    def _panel(
        self, axes: Any, panel: Panel, k: int, n_columns: int, handles: dict[str, Any]
    ) -> None:
        palette, chart = self._palette, self._chart
        axes.set_facecolor(palette.ground)
        axes.set_axisbelow(True)
        axes.grid(visible=False)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set(color=palette.quiet, linewidth=0.6)
        axes.tick_params(
            colors=palette.quiet, labelcolor=palette.ink, labelsize=7, width=0.6, length=2.5,
            which="both", direction="out",
        )  # fmt: skip
        is_inner = chart.shares_y and k % n_columns > 0
        room = max(1, int(chart.height / 16))
        self._axis(axes, panel.x, panel.x.ticks_across(_CHARACTERS / n_columns), is_x=True)
        self._axis(axes, panel.y, panel.y.ticks_up(room, 26 if n_columns == 1 else 14), is_x=False)
        titles = map(_plain, (panel.x.title, panel.y.title, panel.title))
        names = shorten(list(titles), 90 // n_columns)
        look = {"fontsize": 8, "color": palette.ink, **self._font}
        axes.set_xlabel(names[0], **look)
        if is_inner:
            axes.tick_params(axis="y", labelleft=False)
        else:
            axes.set_ylabel(names[1], **look)
        if panel.title:
            axes.set_title(names[2], **look)
        for mark in panel.marks:
            handle = self._mark(axes, mark, panel)
            name = getattr(mark, "name", "")
            if name and handle is not None:
                handles.setdefault(shorten([_plain(name)], 40)[0], handle)

    def _axis(self, axes: Any, axis: Axis, ticks: Sequence[Any], *, is_x: bool) -> None:
        from matplotlib.ticker import NullLocator

        low, high = _ends(axis)
        if axis.kind == "log":
            (axes.set_xscale if is_x else axes.set_yscale)("log")
        shown = axes.xaxis if is_x else axes.yaxis
        shown.set_minor_locator(NullLocator())
        shown.set_ticks(
            [tick.at for tick in ticks], [_plain(tick.label) for tick in ticks], **self._font
        )
        # Ticks may widen an axis, so its ends come last.
        ends = (high, low) if axis.is_reversed else (low, high)
        (axes.set_xlim if is_x else axes.set_ylim)(*ends)
        if axis.kind != "category":
            shown.grid(visible=True, color=self._palette.grid, linewidth=0.6, linestyle="-")

    def _mark(self, axes: Any, mark: Mark, panel: Panel) -> Any:
        """What the legend shows of it."""
        if isinstance(mark, Points):
            return self._points(axes, mark)
        if isinstance(mark, Line):
            return self._line(axes, mark)
        if isinstance(mark, Band):
            return axes.fill_between(
                mark.x, mark.low, mark.high, color=self._colour(mark.role), alpha=PALE, linewidth=0
            )
        if isinstance(mark, Bars):
            return self._bars(axes, mark, panel)
        if isinstance(mark, Cells):
            self._cells(axes, mark, panel)
        elif isinstance(mark, Rule):
            self._rule(axes, mark, panel)
        else:
            self._words(axes, mark)
        return None

    def _colour(self, role: Role | int) -> str:
        return self._palette.colour(role)

    def _points(self, axes: Any, mark: Points) -> Any:
        palette, first = self._palette, None
        for symbol in dict.fromkeys(mark.symbols or (mark.symbol,)):
            kept = [i for i in range(len(mark.x)) if mark.symbol_of(i) == symbol]
            colours: Any = self._colour(mark.role)
            if mark.shades:
                colours = [palette.shade(mark.shades[i]) for i in kept]
            edges = palette.ground if mark.has_edge else "none"
            width = (mark.size * _POINT) ** 2 * (1.8 if symbol == "star" else 1.0)
            is_hollow = symbol in ("open", "crossed")
            xs, ys = [mark.x[i] for i in kept], [mark.y[i] for i in kept]
            look: dict[str, Any] = {"s": width, "marker": _SYMBOLS[symbol], "zorder": 3}
            if symbol == "cross":
                look |= {"c": colours, "linewidths": 1.2}
            elif is_hollow:
                look |= {"facecolors": "none", "edgecolors": colours, "linewidths": 1.0}
            else:
                rings = [palette.ink if mark.rings and mark.rings[i] else edges for i in kept]
                look |= {"c": colours, "edgecolors": rings, "linewidths": 0.8}
            drawn = axes.scatter(xs, ys, **look)
            if symbol == "crossed":
                axes.scatter(xs, ys, s=width / 2, marker="x", c=colours, linewidths=0.9, zorder=3)
            first = first or drawn
        return first

    def _line(self, axes: Any, mark: Line) -> Any:
        palette = self._palette
        colour = self._colour(mark.role) if mark.shade is None else palette.shade(mark.shade)
        ys = [math.nan if y is None else y for y in mark.y]
        (line,) = axes.plot(
            mark.x, ys, color=colour, linewidth=mark.width * _POINT, marker="",
            linestyle="--" if mark.is_dashed else "-",
            drawstyle="steps-post" if mark.is_step else "default", zorder=2,
        )  # fmt: skip
        last = mark.last
        if mark.end is not None and last is not None:
            fill = "none" if mark.end == "open" else colour
            edge = {"edgecolors": colour} if mark.end != "cross" else {}
            axes.scatter(
                [mark.x[last]], [ys[last]], s=22, marker=_SYMBOLS[mark.end],
                c=fill if mark.end != "cross" else colour, zorder=3, **edge,
            )  # fmt: skip
        return line

    def _bars(self, axes: Any, mark: Bars, panel: Panel) -> Any:
        if not mark.at:
            return None
        lengths = [end - start for start, end in zip(mark.starts, mark.ends, strict=True)]
        colours = [self._colour(mark.role(i)) for i in range(len(mark.at))]
        draw = axes.barh if mark.is_horizontal else axes.bar
        along, start = ("height", "left") if mark.is_horizontal else ("width", "bottom")
        drawn = draw(
            mark.at, lengths, **{along: mark.thickness, start: mark.starts}, color=colours,
            linewidth=0, alpha=PALE if mark.is_pale else 1.0, zorder=2,
        )  # fmt: skip
        if mark.errors:
            xs, ys = (mark.ends, mark.at) if mark.is_horizontal else (mark.at, mark.ends)
            error = {"xerr" if mark.is_horizontal else "yerr": mark.errors}
            axes.errorbar(
                xs, ys, **error, fmt="none", ecolor=self._palette.ink, elinewidth=0.8, capsize=2,
                zorder=3,
            )  # fmt: skip
        for i, words in enumerate(mark.labels):
            self._bar_label(axes, mark, panel, i, words)
        return drawn

    def _bar_label(self, axes: Any, mark: Bars, panel: Panel, i: int, words: str) -> None:
        is_back, beyond = mark.is_back(i), mark.beyond(i)
        axis = panel.x if mark.is_horizontal else panel.y
        is_over = not 0.0 <= axis.position(beyond) <= 1.0
        at = mark.starts[i] if is_over else beyond
        colour = self._palette.ink
        if is_over:
            colour = self._palette.on(self._colour(mark.role(i)))
        shift = -3 if is_back else 3
        axes.annotate(
            _plain(words),
            (at, mark.at[i]) if mark.is_horizontal else (mark.at[i], at),
            xytext=(shift, 0) if mark.is_horizontal else (0, shift),
            textcoords="offset points",
            ha=("right" if is_back else "left") if mark.is_horizontal else "center",
            va="center" if mark.is_horizontal else ("top" if is_back else "bottom"),
            fontsize=6.5,
            color=colour,
            zorder=4,
            **self._font,
        )

    def _cells(self, axes: Any, mark: Cells, panel: Panel) -> None:
        from matplotlib.collections import PolyCollection

        palette = self._palette
        corners, colours = [], []
        for row, values in enumerate(mark.values):
            for column, value in enumerate(values):
                if value is None:
                    continue
                left, right = mark.x_edges[column : column + 2]
                low, high = mark.y_edges[row : row + 2]
                corners.append([(left, low), (right, low), (right, high), (left, high)])
                colour = palette.shade(mark.share(value), mark.scale)
                colours.append(colour)
                if mark.labels and mark.labels[row][column]:
                    axes.text(
                        panel.x.middle(left, right), panel.y.middle(low, high),
                        _plain(mark.labels[row][column]), ha="center", va="center", fontsize=6.5,
                        color=palette.on(colour), zorder=4, **self._font,
                    )  # fmt: skip
        # Edges of the same colour close the hairlines that viewers show between cells.
        cells = PolyCollection(
            corners, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=1
        )
        axes.add_collection(cells, autolim=False)

    def _rule(self, axes: Any, mark: Rule, panel: Panel) -> None:
        colour = self._colour(mark.role)
        look = {"color": colour, "linewidth": 0.8, "linestyle": "--" if mark.is_dashed else "-"}
        (axes.axvline if mark.is_vertical else axes.axhline)(mark.at, zorder=2, **look)
        if not mark.text:
            return
        is_far = mark.is_vertical and panel.x.position(mark.at) > 0.5
        if mark.is_vertical:
            place, where = (mark.at, 1.0), axes.get_xaxis_transform()
            shift, ha, va = (-3 if is_far else 3, -2), "right" if is_far else "left", "top"
        else:
            place, where = (1.0, mark.at), axes.get_yaxis_transform()
            shift, ha, va = (-2, 2), "right", "bottom"
        axes.annotate(
            _plain(mark.text), place, xycoords=where, xytext=shift, textcoords="offset points",
            ha=ha, va=va, fontsize=6.5, color=colour, zorder=4, path_effects=self._halo(),
            **self._font,
        )  # fmt: skip

    def _words(self, axes: Any, mark: Words) -> None:
        axes.text(
            mark.x, mark.y, _plain(mark.text), ha=_ANCHORS[mark.anchor], va="center", fontsize=6.5,
            color=self._colour(mark.role), zorder=4, clip_on=False, **self._font,
            path_effects=self._halo(),
        )  # fmt: skip

    def _halo(self) -> list[Any]:
        """Keeps a text apart from the lines that it lies on."""
        from matplotlib.patheffects import withStroke

        return [withStroke(linewidth=1.6, foreground=self._palette.ground)]

    def _colour_bar(self, bar: ColourBar, grid: Any) -> None:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import LinearSegmentedColormap

        palette = self._palette
        colours = LinearSegmentedColormap.from_list("nbsweep", _scale(palette, bar.scale))
        drawn = self._figure.colorbar(
            ScalarMappable(cmap=colours), ax=list(grid.flat), aspect=30, fraction=0.03, pad=0.02
        )
        drawn.outline.set_visible(False)
        drawn.ax.tick_params(labelsize=7, labelcolor=palette.ink, length=0)
        drawn.ax.yaxis.set_ticks(
            [tick.at for tick in bar.ticks],
            [_plain(tick.label) for tick in bar.ticks],
            **self._font,
        )
        drawn.ax.set_ylabel(
            shorten([_plain(bar.title)], 40)[0], fontsize=8, color=palette.ink, **self._font
        )
        drawn.ax.set_ylim(0, 1)


def _scale(palette: Palette, scale: Scale) -> list[str]:
    return list(palette.scales[scale])


def _ends(axis: Axis) -> tuple[float, float]:
    """The ends of an axis with room for marks at its ends, never the same."""
    low, high = axis.low, axis.high
    if axis.kind == "log":
        span = math.log(high) - math.log(low)
        margin = 0.03 * span or 0.5
        low, high = math.log(low) - margin, math.log(high) + margin
        return math.exp(max(low, -700.0)), math.exp(min(high, 700.0))
    margin = 0.0 if axis.kind == "category" else 0.03 * (high / 2 - low / 2) * 2
    if low == high:
        margin = 0.1 * abs(high) or 1.0
    ends = low - margin, high + margin
    return ends if all(map(math.isfinite, ends)) else (low, high)
