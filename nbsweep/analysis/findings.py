"""What is said first of a sweep: a few sentences for panels, pages and terminals.

They are takeaways (see there): what the best runs share, as far as claims hold of it, ranges
that may be too narrow, and the strongest claims. All say how many runs they rest on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbsweep.analysis.frame import Frame, frame
from nbsweep.analysis.in_common import in_common
from nbsweep.records import Snapshot
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    from nbsweep.analysis.edges import Edge
    from nbsweep.analysis.takeaways import Takeaway

MOST = 4  # sentences
FEWEST_RUNS = 8  # with a value, before anything is computed; see `takeaways.MIN_RUNS`


@dataclass(frozen=True)
class Finding:
    """A sentence, and what could be done about it.

    Attributes:
        text: the sentence.
        parameters: parameter to keys of its spec that would change; {} for most.
    """

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def findings(snapshot: Snapshot, config: SweepConfig) -> list[Finding]:
    """The first things to say of a sweep; [] where there is no ground for any.

    Takes about 0.1 s for 1,000 runs of 20 parameters on one core; numpy is loaded only when
    there are runs enough.
    """
    if config.metric is None or sum(run.state.counts for run in snapshot.runs) < FEWEST_RUNS:
        return []
    told, ends, columns = analysed(snapshot, config, seed=0)
    claimed = {
        name
        for each in told
        if each.p_value is not None and each.metric == config.metric.name
        for name in each.parameters
    }
    shared = in_common(columns, claimed)
    texts = [Finding(f"{shared}.")] if shared else []
    texts += [Finding(edge.text, {edge.name: dict(edge.spec)}) for edge in ends]
    first = [each for each in told if each.p_value is not None]
    return [*texts, *(Finding(each.text) for each in first)][:MOST]


def sweep_takeaways(
    snapshot: Snapshot, config: SweepConfig, *, metric: str | None = None, seed: int = 0
) -> tuple[Takeaway, ...]:
    """All takeaways of a sweep, of each objective where there are several.

    Args:
        snapshot: of the sweep.
        config: of the sweep.
        metric: another result to look at; then of that alone.
        seed: same runs and seed, same sentences.
    """
    told, ends, _ = analysed(snapshot, config, metric=metric, seed=seed)
    return _with_edges(told, ends)


def analysed(
    snapshot: Snapshot, config: SweepConfig, *, metric: str | None = None, seed: int
) -> tuple[tuple[Takeaway, ...], list[Edge], Frame]:
    """The takeaways, the ranges that may be too narrow, and the frame of the first metric."""
    from nbsweep.analysis.edges import edges
    from nbsweep.analysis.takeaways import takeaways

    first = frame(snapshot, config, metric=metric)
    seconds = [run.duration_s for run in snapshot.runs]
    others = config.objectives[1:] if metric is None else ()
    share = 1 / (1 + len(others))
    told = takeaways(first, seconds=seconds, seed=seed, share=share)
    for objective in others:
        columns = frame(snapshot, config, metric=objective.name)
        told += tuple(
            each
            for each in takeaways(columns, seed=seed, share=share)
            if each.metric == objective.name  # failures and code were told already
        )
    return told, edges(first, config, told) if metric is None else [], first


def _with_edges(told: tuple[Takeaway, ...], ends: list[Edge]) -> tuple[Takeaway, ...]:
    """The takeaways with the edges after the claims."""
    claims = tuple(each for each in told if each.p_value is not None)
    return (*claims, *map(_edge_takeaway, ends), *(each for each in told if each.p_value is None))


def _edge_takeaway(edge: Edge) -> Takeaway:
    from nbsweep.analysis.takeaways import Takeaway

    return Takeaway(edge.text, edge.n, None, None, edge.name, "edge", parameters=(edge.name,))


def why_none(snapshot: Snapshot, config: SweepConfig, metric: str | None = None) -> str:
    """Why a sweep has no takeaways, in a sentence."""
    from nbsweep.analysis.takeaways import nothing_text

    return nothing_text(frame(snapshot, config, metric=metric))
