"""Where a view is shown in marimo: the widget in its cell, the saved page when the agent ends.

marimo takes what its own functions are given while a cell runs, on that cell's thread. An
agent in the background ends when its cell has long ended; its panel stays, with the last
picture. What pages say arrives between cells.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nbsweep.panel.saved import report_html
from nbsweep.panel.widget import Panel
from nbsweep.view.kernel import in_marimo
from nbsweep.view.model import Picture

if TYPE_CHECKING:
    from nbsweep.view.drawing import Plot

PAGE_PX = 900
BLOCKS = "none"  # see `panel.bridge.kind`: clicks wait for the end of this cell


class MarimoDisplay:
    """A display (see `nbsweep.view.live`) that shows a panel in the cell of marimo that runs.

    Args:
        panel: shows the pictures; the view must take its snapshots with `panel.read`.
        blocks: whether the agent keeps the cell, so that clicks wait for its end.
    """

    def __init__(self, panel: Panel, *, blocks: bool) -> None:
        self._panel = panel
        self._blocks = blocks
        self._at: int | None = None  # which of the cell's outputs

    def begin(self, picture: Picture) -> None:
        """Show the panel below what the cell has shown so far."""
        self._panel.show(picture)
        if self._blocks:
            self._panel.controls = {**self._panel.controls, "bridge": BLOCKS}
        marimo = sys.modules["marimo"]
        self._at = _n_outputs()
        marimo.output.append(self._panel)

    def update(self, picture: Picture) -> None:
        """Send what changed; all of it while the cell keeps the page from asking for that."""
        self._panel.show(picture)
        if self._blocks:
            self._panel.send_picture()

    def message(self, text: str) -> None:
        """Nothing: the next picture has it."""

    def end(self, picture: Picture, plots: Callable[[], Sequence[Plot]]) -> None:
        """Put the saved page in the widget's place, while its cell still runs."""
        try:
            self._panel.finish(picture)
            drawn = plots()
            if self._blocks and self._at is not None and in_marimo():
                marimo = sys.modules["marimo"]
                page = report_html(picture, self._panel.still_data(), drawn)
                framed = marimo.iframe(page, height=f"{PAGE_PX}px")  # else no script would run
                marimo.output.replace_at_index(framed, self._at)
        finally:
            self._at = None
            self._panel.retire()


def _n_outputs() -> int | None:
    """How many outputs the cell has; None where this version does not tell."""
    try:
        context = sys.modules["marimo._runtime.context"].get_context()
        return len(context.execution_context.output)
    except (AttributeError, KeyError, TypeError):
        return None
