"""The agents of this process that work on a sweep: what they still take, and how to steer them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from nbsweep.errors import UsageError
from nbsweep.records import Snapshot
from nbsweep.runs import session
from nbsweep.view.live import Ahead


class Steered(Protocol):
    """A sweep; its methods are called by the buttons that concern it as a whole."""

    id: str


def ahead(sweep_id: str, snapshot: Snapshot) -> Ahead:
    """What the agents of this process will still do, beside the runs of a snapshot."""
    agents = session.agents_at_work(sweep_id)
    left: int | None = 0 if agents else None
    for agent in agents:
        more = agent.new_runs_left(snapshot)
        left = None if left is None or more is None else left + more
    workers = sum(agent.workers for agent in agents)
    return Ahead(left, workers, bool(agents) and all(agent.is_stopping for agent in agents))


def figures(sweep_id: str) -> list[tuple[int | None, bool]]:
    """What tells of a change of `ahead` that the store does not show; costs next to nothing."""
    return [(agent.left, agent.is_stopping) for agent in session.agents_at_work(sweep_id)]


class NoAgent(NamedTuple):
    """What the buttons of a panel steer while no agent of this process works on its sweep."""

    sweep: Steered


class AgentsHere:
    """The agents of this process that work on a sweep, steered as one.

    Attributes:
        sweep: for what concerns it as a whole.
    """

    def __init__(self, sweep: Steered, agents: tuple[session.WorkingAgent, ...]) -> None:
        self.sweep = sweep
        self._agents = agents

    @property
    def left(self) -> int | None:
        """How many runs they will still take; None for no limit."""
        each = [agent.left for agent in self._agents]
        return None if None in each else sum(n for n in each if n is not None)

    @property
    def unavailable(self) -> frozenset[str]:
        """The buttons that would do nothing for any of them."""
        return frozenset.intersection(*(agent.unavailable for agent in self._agents))

    def stop(self, now: bool = False) -> None:
        """End all of them; see `AgentHandle.stop`."""
        for agent in self._agents:
            agent.stop(now)

    def extend(self, count: int) -> None:
        """Have the first that can take so many runs more; see `AgentHandle.extend`."""
        for agent in self._agents:
            if "extend" not in agent.unavailable:
                agent.extend(count)
                return
        raise UsageError("extend: no agent here takes further runs.")


def steered(sweep: Steered) -> AgentsHere | NoAgent:
    """What the buttons of a sweep's panel steer now."""
    agents = session.agents_at_work(sweep.id)
    return AgentsHere(sweep, agents) if agents else NoAgent(sweep)
