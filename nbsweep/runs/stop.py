"""The one way to stop a run, whoever asks: a person, an agent or early termination."""

from __future__ import annotations

from nbsweep.records import RunState
from nbsweep.runs import session
from nbsweep.store.base import Store


def stop_run(store: Store, run_id: str, reason: str, state: RunState = RunState.KILLED) -> bool:
    """Have the next `log` of a run end it, wherever it executes; any thread may call it.

    The request is a row in the store, which the reply to the run's next flush brings to it;
    a run of this process is told at once. The first request stays.

    Args:
        store: where the run is.
        run_id: the run.
        reason: why, in words for the user.
        state: how the run is to end.

    Returns:
        False when the run has ended already.

    Raises:
        NotFoundError: there is no such run.
        StoreError: the store cannot be written.
    """
    requested = store.request_stop(run_id, reason, state)
    live = session.live_run(run_id)
    if live is not None:
        live.request_stop(reason, state)
    return requested
