"""What the static plots are drawn with: texts, lines, colours, a document around them.

Each plot is a document of its own that ends up in an `<img>`: no fonts, styles or
colours come from the page. It brings its own background, light, or dark where the page
says so by `color-scheme` (and the browser hands that on), and reads on both.

Lengths are pixels of a 960 pixel wide plot; y grows downwards.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import east_asian_width

from nbsweep.analysis.parallel_coordinates import colour_code
from nbsweep.analysis.ticks import shorten

WIDTH = 960
SHADES = 16  # lines of one shade share one <path>, which keeps the file small
CHAR = 6.3  # mean width of a character of the 11 px system font

_STYLE = """
text{font:11px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#41464d}
.bg{fill:#fbfbfc;stroke:#e3e5e8}.name{font-weight:600;fill:#1f2328}.dim{fill:#7d848d}
.halo{paint-order:stroke;stroke:#fbfbfc;stroke-width:3px;stroke-linejoin:round}
.axis{stroke:#8b929b}.grid{stroke:#dfe2e6}.line{fill:none;stroke-linecap:round}
.dot{fill:#fbfbfc}.bar{fill:#3b7fc4}.plus{fill:#3b7fc4}.minus{fill:#d9722e}
.err{stroke:#1f2328;stroke-width:1.2}
"""
_DARK = """
text{fill:#c3c9d1}.bg{fill:#16191d;stroke:#2b3036}.name{fill:#eef1f4}.dim{fill:#8b939d}
.halo{stroke:#16191d}.axis{stroke:#737b85}.grid{stroke:#2b3036}.dot{fill:#16191d}
.bar{fill:#5a9fe0}.plus{fill:#5a9fe0}.minus{fill:#ee8f4f}.err{stroke:#eef1f4}
"""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Plot(NamedTuple):
    """A plot and the words around it.

    Attributes:
        title: what it is.
        caption: what it says, in a sentence; may be empty.
        alt: the same for people who do not see it.
        svg: the drawing, "" when there is nothing to draw and the caption says why.
        width: in pixels.
    """

    title: str
    caption: str
    alt: str
    svg: str
    width: int = WIDTH


def themed(dark: str) -> str:
    """The styles of dark pages with further ones, for a document that is always dark."""
    return _DARK + dark


def document(
    width: int,
    height: float,
    body: Sequence[str],
    light: str = "",
    dark: str | None = "",
) -> str:
    """A whole SVG with its background; `light` and `dark` are further styles.

    Args:
        width: in pixels.
        height: in pixels.
        body: its elements.
        light: styles beside the usual ones.
        dark: the same on dark pages; None for a document that looks alike on all pages.
    """
    style = _STYLE + light
    if dark is not None:
        style += f"@media(prefers-color-scheme:dark){{{_DARK}{dark}}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}">'
        f"<style>{style}</style>"
        f'<rect class="bg" x=".5" y=".5" width="{width - 1}" height="{height - 1:.0f}" rx="6"/>'
        + "".join(body)
        + "</svg>"
    )


def label(x: float, y: float, text: str, classes: str = "", anchor: str = "start") -> str:
    """A text; characters that no XML can hold are replaced."""
    escaped = html.escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text), quote=False)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}"'
        + (f' class="{classes}"' if classes else "")
        + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        + f">{escaped}</text>"
    )


def segment(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """A straight line."""
    return f'<line class="{classes}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def fitted(names: Sequence[str], room: float) -> list[str]:
    """The names cut to so many letters' room; those of East Asia are twice as wide."""
    letters = max(6, int(room))
    while True:
        short = shorten(names, letters)
        if letters <= 6 or max(map(text_width, short)) <= room * CHAR:
            return short
        letters -= 1


def text_width(text: str) -> float:
    """About how wide a text is, in pixels."""
    return CHAR * sum(1.8 if east_asian_width(letter) in "WF" else 1 for letter in text)


def shade_styles() -> tuple[str, str]:
    """Classes q0 to q15 of lines and bars, from poor to the best, for light and for dark pages."""
    light, dark = (
        "".join(
            f".q{i}{{stroke:{colour(i)}}}rect.q{i}{{fill:{colour(i)};stroke:none}}"
            for i in range(SHADES)
        )
        for colour in (_light_shade, _dark_shade)
    )
    return light, dark


def _light_shade(i: int) -> str:
    return colour_code(i / (SHADES - 1))


def _dark_shade(i: int) -> str:
    # The same scale the other way round, short of its darkest end: the best is brightest.
    return colour_code(0.8 * (1 - i / (SHADES - 1)))


def shade_of(colour: float) -> int:
    """The class of a quality from 0 to 1."""
    return min(SHADES - 1, max(0, round(colour * (SHADES - 1))))
