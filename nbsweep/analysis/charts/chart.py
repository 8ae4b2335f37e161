"""A plot as a plain description, which plotly figures, static SVGs and files are drawn from.

A `Chart` is panels, a panel two axes and marks. All numbers are in the units of the axes;
what is far beyond an axis' end is for the collector to clip and to mark. Colours are named by
what they mean (`Role`), so that each way of drawing has its own, for light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nbsweep.analysis.metric_column import position_between
from nbsweep.analysis.ticks import linear_ticks, log_ticks, number_labels, shorten, thin

AxisKind = Literal["linear", "log", "category"]
Role = Literal[
    "run", "best", "running", "stopped", "failed", "model", "quiet", "positive", "negative"
]
Symbol = Literal["circle", "open", "cross", "crossed", "star", "up", "down", "square"]
Scale = Literal["quality", "signed", "amount"]

_LEAST_LABEL = 8  # characters of a name that is cut, where names stand side by side
N_SERIES = 8  # colours for things that have no other order; the ninth is the first again


class Tick(NamedTuple):
    """Where an axis has a label, in its units."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """An axis of a panel.

    Attributes:
        title: what it shows, with the unit in brackets: "duration (s)".
        low, high: its ends, in natural units, low <= high; > 0 for "log".
        kind: "linear", "log", or "category" for places 0, 1, … with names as ticks.
        ticks: where it has labels; empty for those that `shown_ticks` finds.
        is_integer: only whole numbers are ticks.
        is_reversed: the low end is at the right or at the top.
    """

    title: str
    low: float
    high: float
    kind: AxisKind = "linear"
    ticks: tuple[Tick, ...] = ()
    is_integer: bool = False
    is_reversed: bool = False

    def position(self, value: float) -> float:
        """Where a value lies, 0 at the left or at the bottom, 1 at the other end.

        Below 0 and above 1 for what lies beyond the ends.
        """
        kind = "log" if self.kind == "log" else "linear"
        place = position_between(kind, self.low, self.high, value)
        if value < self.low < self.high:
            place = -place
        return 1.0 - place if self.is_reversed else place

    def middle(self, low: float, high: float) -> float:
        """The value that lies half-way between two others."""
        if self.kind == "log":
            return math.exp(math.log(low) / 2 + math.log(high) / 2)
        return low / 2 + high / 2

    def shown_ticks(self, n: int = 6) -> tuple[Tick, ...]:
        """The ticks, or about `n` nice ones."""
        if self.ticks or self.kind == "category":
            return self.ticks
        values = (
            log_ticks(self.low, self.high, n)
            if self.kind == "log"
            else linear_ticks(self.low, self.high, n, integer=self.is_integer)
        )
        if self.is_integer:
            values = [value for value in values if float(value).is_integer()]
        return tuple(map(Tick, values, number_labels(values)))

    def ticks_up(self, room: int, width: int) -> tuple[Tick, ...]:
        """Those for which a column has room: so many lines of so many characters."""
        ticks = self.shown_ticks(min(room, 5))
        if len(ticks) > room:
            ticks = tuple(ticks[i] for i in thin(len(ticks), max(room, 1)))
        return _cut(ticks, width)

    def ticks_across(self, characters: float) -> tuple[Tick, ...]:
        """Those for which a row of so many characters has room, side by side."""
        ticks = self.shown_ticks(max(3, int(characters / 14)))
        if self.kind != "category":
            return ticks
        n = len(ticks)
        longest = max((len(tick.label) for tick in ticks), default=0)
        while n > 1 and characters / n - 2 < min(longest, _LEAST_LABEL):
            n -= 1
        kept = tuple(ticks[i] for i in thin(len(ticks), max(n, 1)))
        return _cut(kept, max(_LEAST_LABEL, int(characters / max(len(kept), 1)) - 2))


def _cut(ticks: Sequence[Tick], width: int) -> tuple[Tick, ...]:
    labels = shorten([tick.label for tick in ticks], width)
    return tuple(Tick(tick.at, label) for tick, label in zip(ticks, labels, strict=True))


def categories(title: str, names: Sequence[str], *, is_reversed: bool = False) -> Axis:
    """An axis with a place for each name, the first at 0, half a place of room at each end."""
    ticks = tuple(Tick(float(i), name) for i, name in enumerate(names))
    return Axis(title, -0.5, max(len(names), 1) - 0.5, "category", ticks, is_reversed=is_reversed)


@dataclass(frozen=True)
class Points:
    """Dots, each with a text for the pointer.

    Attributes:
        x, y: their places.
        role: what they are; a number for one of several series.
        name: in the legend; "" for none.
        shades: a quality from 0 to 1 for each, instead of the colour of the role.
        texts: what is said of each, in lines.
        symbol: how they look.
        size: diameter in pixels.
        symbols: of each, instead of one for all.
        rings: whether each has a ring around it; empty for none.
        has_edge: each has a fine edge, for points over cells.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    role: Role | int = "run"
    name: str = ""
    shades: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    symbol: Symbol = "circle"
    size: float = 7.0
    symbols: tuple[Symbol, ...] = ()
    rings: tuple[bool, ...] = ()
    has_edge: bool = False

    def symbol_of(self, i: int) -> Symbol:
        """Of the point at an index."""
        return self.symbols[i] if self.symbols else self.symbol


def drawn_points(n: int, at_most: int) -> list[int]:
    """Indices of the points that are drawn where there are many: evenly, and the top one."""
    return [n - 1 - i for i in reversed(thin(n, at_most))]


@dataclass(frozen=True)
class Line:
    """A line through points, with gaps where y is None.

    Attributes:
        x, y: its points.
        role, name, texts: as of `Points`.
        shade: a quality from 0 to 1, instead of the colour of the role.
        width: in pixels.
        is_dashed: whether it is.
        is_step: y stays until the next x.
        end: a symbol at its last point; None for none.
    """

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    role: Role | int = "run"
    name: str = ""
    texts: tuple[str, ...] = ()
    shade: float | None = None
    width: float = 1.6
    is_dashed: bool = False
    is_step: bool = False
    end: Symbol | None = None

    @property
    def last(self) -> int | None:
        """Index of its last point that is drawn; None without one."""
        return max((i for i, y in enumerate(self.y) if y is not None), default=None)


@dataclass(frozen=True)
class Band:
    """An area between two lines over the same x, with pale colour."""

    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    role: Role | int = "model"
    name: str = ""


@dataclass(frozen=True)
class Bars:
    """Bars from `starts` to `ends` at places of the other axis.

    Attributes:
        at: middle of each, on the axis across.
        starts, ends: along the axis that they measure.
        roles: of each, or one for all.
        is_horizontal: they measure x.
        thickness: in units of the axis across.
        errors: half the length of an error bar at each end; empty for none.
        texts: what is said of each.
        labels: a short text beside each; empty for none.
        name: in the legend; only with one role.
        is_pale: they let through what is below, as bands do.
    """

    at: tuple[float, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    roles: tuple[Role | int, ...] = ("run",)
    is_horizontal: bool = True
    thickness: float = 0.65
    errors: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    name: str = ""
    is_pale: bool = False

    def role(self, i: int) -> Role | int:
        """Of the bar at an index."""
        return self.roles[i] if len(self.roles) > 1 else self.roles[0]

    def is_back(self, i: int) -> bool:
        """Whether the bar at an index ends at the low side of its start."""
        return self.ends[i] < self.starts[i]

    def beyond(self, i: int) -> float:
        """Where the bar at an index ends together with its error."""
        error = self.errors[i] if self.errors else 0.0
        return self.ends[i] - error if self.is_back(i) else self.ends[i] + error


@dataclass(frozen=True)
class Cells:
    """A grid of coloured cells.

    Attributes:
        x_edges, y_edges: n + 1 and m + 1 ends of the cells, rising.
        values: m rows of n, the first at the low end of y; None for an empty cell.
        low, high: values with the first and the last colour.
        scale: "quality" from poor (low) to good, "signed" around the middle, "amount" from pale.
        texts: what is said of each, like `values`; empty for none.
        labels: a short text in each, like `values`; empty for none.
    """

    x_edges: tuple[float, ...]
    y_edges: tuple[float, ...]
    values: tuple[tuple[float | None, ...], ...]
    low: float
    high: float
    scale: Scale = "quality"
    texts: tuple[tuple[str, ...], ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()

    def share(self, value: float) -> float:
        """Where a value lies on the colours, 0 to 1."""
        span = self.high - self.low
        return min(max((value - self.low) / span, 0.0), 1.0) if span > 0 else 0.5


@dataclass(frozen=True)
class Rule:
    """A straight line across the panel at a value, with a text at its end.

    The text stands on the side of the line that has more room.
    """

    at: float
    is_vertical: bool = False
    text: str = ""
    role: Role | int = "quiet"
    is_dashed: bool = True


@dataclass(frozen=True)
class Words:
    """A text at a place."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    role: Role | int = "quiet"


Mark = Points | Line | Band | Bars | Cells | Rule | Words


@dataclass(frozen=True)
class ColourBar:
    """What shades mean: the scale, what it measures, and labels along it (0 to 1)."""

    title: str
    ticks: tuple[Tick, ...]
    scale: Scale = "quality"


@dataclass(frozen=True)
class Panel:
    """Two axes and what is between them, the first mark at the bottom."""

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    title: str = ""


@dataclass(frozen=True)
class Chart:
    """A plot.

    Attributes:
        name: of the kind, as a file is called: "learning_curves".
        title: what it shows, of which sweep.
        panels: in reading order; none when there is nothing to draw.
        empty: why there is nothing to draw, in a sentence; "" when there is.
        subtitle: what it says, in a sentence; may be empty.
        caption: what to know: runs left out, what bands are; may be empty.
        alt: the same for people who do not see it; by default title and subtitle.
        n_columns: panels side by side at most.
        height: of a panel in pixels.
        colours: what shades mean.
        shares_y: all panels have the y axis of the first, named once.
    """

    name: str
    title: str
    panels: tuple[Panel, ...] = ()
    empty: str = ""
    subtitle: str = ""
    caption: str = ""
    alt: str = ""
    n_columns: int = 1
    height: int = 300
    colours: ColourBar | None = None
    shares_y: bool = False

    @property
    def across(self) -> int:
        """How many panels stand side by side, at least 1."""
        return max(1, min(self.n_columns, len(self.panels)))

    @property
    def down(self) -> int:
        """How many rows of panels there are, at least 1."""
        return max(1, math.ceil(len(self.panels) / self.across))

    @property
    def words(self) -> str:
        """What it shows, in words."""
        return self.alt or ". ".join(
            filter(None, (self.title, self.empty, self.subtitle, self.caption))
        )
