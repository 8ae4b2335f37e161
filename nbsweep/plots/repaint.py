"""A figure that was drawn in light colours, in those of the theme in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from nbsweep.analysis.charts.palette import LIGHT, Palette
from nbsweep.plots import theme


def in_theme(figure: go.Figure) -> go.Figure:
    """The figure itself in a light theme, else one like it in the theme's colours."""
    palette = theme.palette()
    if palette is LIGHT:
        return figure
    colours = _replacements(palette)
    painted = _painted(figure.to_dict(), colours, palette)
    painted["layout"].pop("template", None)
    dark = go.Figure(painted)
    dark.update_layout(template="plotly_dark", paper_bgcolor=palette.ground)
    dark.update_layout(plot_bgcolor=palette.ground)
    return dark


def _replacements(palette: Palette) -> dict[str, str]:
    """The colours that figures are drawn in to those that take their place."""
    return {
        theme.INK: palette.ink,
        theme.QUIET: palette.quiet,
        theme.FAINT: palette.grid,
        theme.GRID: palette.grid,
        theme.BLUE: palette.roles["positive"],
        theme.PALE_BLUE: palette.scales["signed"][-3],
        theme.ORANGE: palette.roles["negative"],
        theme.PALE_ORANGE: palette.scales["signed"][2],
        theme.POINT: palette.roles["run"],
        theme.DEEP: palette.roles["model"],
        "white": palette.ground,
    }


def _painted(node: Any, colours: Mapping[str, str], palette: Palette) -> Any:
    """The same tree in other colours; arrays of numbers stay as they are."""
    if isinstance(node, dict):
        return {
            key: _scale(palette, len(value))
            if key == "colorscale" and isinstance(value, (list, tuple))
            else _painted(value, colours, palette)
            for key, value in node.items()
        }
    if isinstance(node, (list, tuple)):
        if node and isinstance(node[0], (int, float)):
            return node
        return [_painted(value, colours, palette) for value in node]
    if isinstance(node, str) and "color:#" in node:  # the style of a subtitle
        for light, other in colours.items():
            node = node.replace(f"color:{light}", f"color:{other}")
        return node
    return colours.get(node, node) if isinstance(node, str) else node


def _scale(palette: Palette, n: int) -> list[tuple[float, str]]:
    """The scale of quality, as plotly takes it."""
    return [(i / (n - 1), palette.shade(i / (n - 1))) for i in range(n)]
