"""The first sentences to say of a sweep, as JSON values for a picture."""

from __future__ import annotations

from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.model import PanelFinding, Picture


def findings(snapshot: Snapshot, config: SweepConfig) -> list[PanelFinding]:
    """See `analysis.findings`; loads numpy where there are runs enough, and none without it."""
    from nbsweep.analysis.findings import findings

    try:
        found = findings(snapshot, config)
    except ImportError:  # as in a browser
        return []
    return [
        PanelFinding(text=each.text, parameters={k: dict(v) for k, v in each.parameters.items()})
        for each in found
    ]


def with_findings(picture: Picture, snapshot: Snapshot, config: SweepConfig) -> Picture:
    """A picture of the snapshot with them."""
    return {**picture, "findings": findings(snapshot, config)}
