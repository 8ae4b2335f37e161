"""The colours of the charts, by what they mean, on light and on dark ground.

Series are those of Okabe & Ito, "Color Universal Design", 2008, which are told apart with
every kind of colour vision; on dark ground they are lighter.
"""

from __future__ import annotations

from typing import NamedTuple

from nbsweep.analysis.charts.chart import N_SERIES, Role, Scale
from nbsweep.analysis.parallel_coordinates import QUALITY_COLOURS


class Palette(NamedTuple):
    """Colours as #rrggbb.

    Attributes:
        ground, ink, quiet, grid: of the paper, texts, small texts, and lines of the grid.
        roles: by what is drawn.
        series: for things without an order.
        scales: colours from low to high.
    """

    ground: str
    ink: str
    quiet: str
    grid: str
    roles: dict[str, str]
    series: tuple[str, ...]
    scales: dict[str, tuple[str, ...]]

    def colour(self, role: Role | int) -> str:
        """Of a role, or of one of several series."""
        return self.roles[role] if isinstance(role, str) else self.series[role % N_SERIES]

    def shade(self, share: float, scale: Scale = "quality") -> str:
        """The colour at a share from 0 to 1 of a scale, between two of its colours."""
        colours = self.scales[scale]
        place = min(max(share, 0.0), 1.0) * (len(colours) - 1)
        i = min(int(place), len(colours) - 2)
        return _between(colours[i], colours[i + 1], place - i)

    def on(self, colour: str) -> str:
        """Ink or ground, whichever is read on a colour."""
        inks = (self.ink, self.ground)
        return max(inks, key=lambda ink: contrast(ink, colour))


LIGHT = Palette(
    ground="#ffffff",
    ink="#22303c",
    quiet="#5f6b76",
    grid="#e9edf0",
    roles={
        "run": "#41a6c4",
        "best": "#d9730d",
        "running": "#7d5fb2",
        "stopped": "#b08a1e",
        "failed": "#b3261e",
        "model": "#225ea8",
        "quiet": "#5f6b76",
        "positive": "#225ea8",
        "negative": "#d9730d",
    },
    series=(
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
        "#56b4e9",
        "#e69f00",
        "#6b6f76",
        "#b8a800",
    ),
    scales={
        "quality": QUALITY_COLOURS,
        "signed": ("#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#6baed6", "#08519c"),
        "amount": ("#f4f6f8", "#c6dbef", "#6baed6", "#2171b5", "#08306b"),
    },
)

DARK = Palette(
    ground="#16191d",
    ink="#eef1f4",
    quiet="#a2abb5",
    grid="#2b3036",
    roles={
        "run": "#53bcc4",
        "best": "#ee8f4f",
        "running": "#b79be8",
        "stopped": "#d8b44a",
        "failed": "#f2756b",
        "model": "#7db4ee",
        "quiet": "#a2abb5",
        "positive": "#7db4ee",
        "negative": "#ee8f4f",
    },
    series=(
        "#5aa9e6",
        "#f0884a",
        "#3fc79a",
        "#e3a1c6",
        "#8fd0f5",
        "#f2bd4b",
        "#b0b6bf",
        "#e3d651",
    ),
    # The same scales the other way round where they end dark: the best is brightest.
    scales={
        "quality": tuple(reversed(QUALITY_COLOURS[:-1])),
        "signed": ("#ee8f4f", "#b8672f", "#6b4528", "#2b3036", "#284a6b", "#3f7fb8", "#7db4ee"),
        "amount": ("#20262c", "#1f4468", "#2b6ca3", "#5aa9e6", "#c6e2fb"),
    },
)


PALETTES = {"light": LIGHT, "dark": DARK}


def contrast(one: str, other: str) -> float:
    """From 1 for the same colour to 21 for black on white: WCAG 2.1's contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PALE = 0.18  # opacity of bands


def pale(colour: str, opacity: float = PALE) -> str:
    """The colour let through, as plotly and CSS write it: ``rgba(…)``."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _between(low: str, high: str, share: float) -> str:
    """A mix of two colours."""
    pairs = ((int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
