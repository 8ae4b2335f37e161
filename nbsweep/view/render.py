"""The mime bundle of a sweep: HTML and text of one state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.html import picture_html, to_html
from nbsweep.view.state import State, expected_total, state
from nbsweep.view.text_view import to_text
from nbsweep.wording import without_surrogates

if TYPE_CHECKING:
    from nbsweep.view.svg import Picture


def bundle(state: State, pictures: Sequence[Picture] = ()) -> dict[str, str]:
    """The mime bundle of a sweep: text/html and text/plain."""
    return {"text/html": to_html(state, pictures), "text/plain": to_text(state)}


def final_bundle(snapshot: Snapshot, config: SweepConfig, *, now: float) -> dict[str, str]:
    """The mime bundle of a snapshot (with curves), plots included.

    Args:
        snapshot: the sweep.
        config: its config.
        now: unix time in seconds.
    """
    from nbsweep.view.svg import pictures  # numpy and scikit-learn: not while a view is live

    drawn = state(snapshot, config, total=expected_total(snapshot, config), now=now)
    return bundle(drawn, pictures(snapshot, config))


def picture_bundle(picture: Picture) -> dict[str, str]:
    """The mime bundle of one plot with the words around it."""
    words = f"{picture.title}: {picture.alt or picture.caption}"
    return {"text/html": picture_html(picture), "text/plain": without_surrogates(words)}
