"""Where a view is shown as a panel: one output of a cell, frozen when the agent ends.

Whether a front end shows widgets is not known before one of its pages answers, which takes
fractions of a second where it does. Without an answer the static view takes the widget's
place, and is kept fresh: some hosts have no widgets, others say "model not found", and
programs that execute notebooks have no page. A page that answers later has the widget
again, and one that has answered keeps it, closed or hidden as it may be.
"""

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

# For a page to answer: with the pause of the view, of a second at most, within three seconds
# of the output. A page that is slower gets its widget all the same, only later.
ANSWER_S = 2.0
TWIN_S = 10.0  # between two refreshes of what stands beside a widget that nobody has answered from

_log = logging.getLogger(__name__)


class PanelDisplay:
    """A display (see `nbsweep.view.live`) that shows a panel.

    The output is the widget, with static HTML and text beside it for what shows no
    widgets. At the end it becomes self-contained HTML (see `frozen`), so that it reads the
    same after a kernel restart.

    Args:
        panel: shows the pictures; the view must take its snapshots with `panel.read`.
        publish: sends (mime bundle, display id, whether it is an update).
        clock: monotonic, in seconds.
        insists: shows the widget, whether a page answers or not.
        has_widget: whether to show one at all, before the end.
        listened_at: when the kernel last took what pages say, by the same clock: a cell may
            keep it from that.
    """

    def __init__(
        self,
        panel: Panel,
        publish: Publish | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        insists: bool = False,
        has_widget: bool = True,
        listened_at: Callable[[], float] = bridge.listened_at,
    ) -> None:
        self._panel = panel
        self._publish = publish or partial(publish_output, metadata=panel.display_metadata())
        self._clock = clock
        self._id = f"nbsweep-{secrets.token_hex(8)}"
        self._insists = insists
        self._is_static = not has_widget
        self._listened_at = listened_at
        self._begun_at = self._twin_at = 0.0
        self._is_open = True
        self._frozen: dict[str, str] | None = None

    def begin(self, picture: Picture) -> None:
        """Make the output."""
        self._panel.show(picture)
        bridge.attach(self._panel, self._panel.inbox.jobs_for)
        self._begun_at = self._clock()
        self._send_anew(picture, update=False)

    def update(self, picture: Picture) -> None:
        """Send what changed."""
        self._panel.show(picture)
        if self._is_deaf():  # the page may have missed what the change is a change of
            self._panel.send_picture()
        was_static = self._is_static
        self._is_static = self._is_best_static()
        # A page that listens would lose its brushes with every new output; where none has
        # answered, the static twin is all that is left of a crash.
        is_unseen = not self._panel.is_seen and self._clock() - self._twin_at >= TWIN_S
        if self._is_static or was_static or is_unseen:
            self._send_anew(picture, update=True)

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

    def _is_deaf(self) -> bool:
        """Whether a page may be there, and cannot be heard."""
        until = self._begun_at + ANSWER_S
        unheard = self._clock() >= until > self._listened_at()
        return unheard and not (self._panel.is_seen or self._is_static)

    def _is_best_static(self) -> bool:
        if self._panel.is_seen:
            return False
        until = self._begun_at + ANSWER_S
        no_answer = self._clock() >= until and self._listened_at() >= until
        return self._is_static or (no_answer and not self._insists)

    def _send_anew(self, picture: Picture, *, update: bool) -> None:
        self._twin_at = self._clock()
        view = {"version_major": 2, "version_minor": 0, "model_id": self._panel.model_id}
        widget = {} if self._is_static else {WIDGET: view}
        self._send({**widget, **bundle(picture)}, update=update)

    def _send(self, data: dict[str, Any], *, update: bool) -> None:
        if not self._is_open:
            return
        try:
            self._publish(data, self._id, update)
        except closing_errors() as error:
            _log.debug("panel: the kernel is closing: %s", error)
            self._is_open = False
