"""The mime bundles of a sweep and of a plot: HTML and text of one picture."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.content import brief
from nbsweep.view.findings import with_findings
from nbsweep.view.html import plot_html, to_html
from nbsweep.view.model import Picture
from nbsweep.view.picture import expected_total, picture
from nbsweep.wording import without_surrogates

if TYPE_CHECKING:
    from nbsweep.view.drawing import Plot

_log = logging.getLogger("nbsweep")


def bundle(picture: Picture, plots: Sequence[Plot] = ()) -> dict[str, str]:
    """The mime bundle of a sweep: text/html and text/plain.

    While an agent is at work the text has no table: it would be drawn several times a
    second, for the few programs that show no HTML.
    """
    return {
        "text/html": to_html(picture, plots),
        "text/plain": brief(picture) if picture["live"] else _text(picture),
    }


def _text(picture: Picture) -> str:
    from nbsweep.view.terminal import to_text  # loads rich

    return to_text(picture)


def final_bundle(snapshot: Snapshot, config: SweepConfig, *, now: float) -> dict[str, str]:
    """The mime bundle of a snapshot (with curves), plots included.

    Args:
        snapshot: the sweep.
        config: its config.
        now: unix time in seconds.
    """
    drawn = picture(snapshot, config, total=expected_total(snapshot, config), now=now)
    return bundle(with_findings(drawn, snapshot, config), drawn_plots(snapshot, config))


def drawn_plots(snapshot: Snapshot, config: SweepConfig) -> Sequence[Plot]:
    """The plots below a sweep; none, and a warning, where what they need is not installed."""
    try:
        from nbsweep.view.svg import plots  # numpy and scikit-learn: not while a view is live

        return plots(snapshot, config)
    except ImportError as error:  # as in a browser
        _log.warning("The plots of sweep %s are left out: %s", snapshot.sweep.id, error)
        return ()


def plot_bundle(plot: Plot) -> dict[str, str]:
    """The mime bundle of one plot with the words around it."""
    words = f"{plot.title}: {plot.alt or plot.caption}"
    return {"text/html": plot_html(plot), "text/plain": without_surrogates(words)}
