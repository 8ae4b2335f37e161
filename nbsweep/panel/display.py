"""Where a view is shown as a panel: one output of a cell, frozen when the agent ends."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from nbsweep.panel import bridge
from nbsweep.panel.saved import frozen_bundle
from nbsweep.panel.widget import WIDGET, Panel
from nbsweep.view.live import Publish, closing_errors, publish_output
from nbsweep.view.model import Picture
from nbsweep.view.render import bundle

if TYPE_CHECKING:
    from nbsweep.view.drawing import Plot

TWIN_S = 10.0  # between two refreshes of the static twin while no page listens

_log = logging.getLogger(__name__)


class PanelDisplay:
    """A display (see `nbsweep.view.live`) that shows a panel.

    The output is the widget, with static HTML and text beside it for what shows no
    widgets. At the end it becomes self-contained HTML (see `frozen`), so that it reads the
    same after a kernel restart.

    Args:
        panel: shows the pictures; the view must take its snapshots with `panel.read`.
        publish: sends (mime bundle, display id, whether it is an update).
        clock: seconds.
    """

    def __init__(
        self,
        panel: Panel,
        publish: Publish | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._panel = panel
        self._publish = publish or partial(publish_output, metadata=panel.display_metadata())
        self._clock = clock
        self._id = f"nbsweep-{secrets.token_hex(8)}"
        self._twin_at = 0.0
        self._is_open = True
        self._frozen: dict[str, str] | None = None

    def begin(self, picture: Picture) -> None:
        """Make the output."""
        self._panel.show(picture)
        bridge.attach(self._panel, self._panel.inbox.jobs)
        self._send_live(picture, update=False)

    def update(self, picture: Picture) -> None:
        """Send what changed."""
        self._panel.show(picture)
        # A page that listens would lose its brushes with every new output; without one
        # (nbclient, a closed tab) the static twin is all that is left of a crash.
        if not self._panel.is_seen and self._clock() - self._twin_at >= TWIN_S:
            self._send_live(picture, update=True)

    def message(self, text: str) -> None:
        """Nothing: the next picture has it."""

    def end(self, picture: Picture, plots: Callable[[], Sequence[Plot]]) -> None:
        """Put the frozen panel in the widget's place; once more sends the same again."""
        if self._frozen is not None:
            self._send(self._frozen, update=True)
            return
        drawn: Sequence[Plot] = ()
        try:
            self._panel.finish(picture)
            drawn = plots()
        finally:  # an interrupt among the plots still leaves a complete output
            self._frozen = frozen_bundle(picture, self._panel.still_data(), drawn)
            self._send(self._frozen, update=True)
            bridge.detach(self._panel)
            self._panel.retire()

    def _send_live(self, picture: Picture, *, update: bool) -> None:
        self._twin_at = self._clock()
        view = {"version_major": 2, "version_minor": 0, "model_id": self._panel.model_id}
        self._send({WIDGET: view, **bundle(picture)}, update=update)

    def _send(self, data: dict[str, Any], *, update: bool) -> None:
        if not self._is_open:
            return
        try:
            self._publish(data, self._id, update)
        except closing_errors() as error:
            _log.debug("panel: the kernel is closing: %s", error)
            self._is_open = False
