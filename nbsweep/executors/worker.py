"""Executes one work order: the same code in the kernel, a thread or another process."""

from __future__ import annotations

import os
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbsweep.continued import start_changes
from nbsweep.errors import NotFoundError, OwnershipError, RunStopped
from nbsweep.executors import coroutines
from nbsweep.executors.coroutines import complete, is_uncalled
from nbsweep.executors.offspring import hint
from nbsweep.records import RunOutcome, RunState, WorkOrder
from nbsweep.runs import forks, memory, session
from nbsweep.runs.identity import this_process
from nbsweep.runs.joined import named_in_environment
from nbsweep.runs.kernel import KERNEL_ENDED, interrupted_by_its_end
from nbsweep.runs.run import Run
from nbsweep.store import open_store
from nbsweep.store.base import Store
from nbsweep.store.patience import lasting

_INSIDE = (__file__, coroutines.__file__)


@lasting()
def execute(order: WorkOrder, function: Callable[[], Any]) -> RunOutcome:
    """Run `function` for a claimed run and store how it ended.

    Whatever the function raises ends up on the run, with the full traceback; only a
    store that cannot be written raises out of here. Called on the thread that trains.
    """
    store = open_store(order.store_url, existing=True)
    began_at = time.monotonic()
    record = order.run
    if record.state is RunState.PENDING:
        changes = start_changes(record, time.time())
        if (socket.gethostname(), os.getpid()) != (record.host, record.pid):
            changes["worker"] = this_process()
        try:
            record = store.update_run(record.id, record.agent_id, changes)
        except (OwnershipError, NotFoundError):  # ended by somebody before it began
            return RunOutcome(record.id, RunState.KILLED)
    run = Run(replace(order, run=record), store)
    run.start()
    with session.streams(), session.assigned(run), named_in_environment(run):
        outcome = _call(run, store, function)
    memory.give_back(time.monotonic() - began_at, certainly=memory.ran_out(outcome.error or ""))
    return outcome


def _call(run: Run, store: Store, function: Callable[[], Any]) -> RunOutcome:
    state, text, last_line, interrupted = RunState.FINISHED, None, None, False
    try:
        result = _completed(function)
    except RunStopped as stop:
        asked = _asked(run, store) if not stop.run_id else None  # raised from outside
        state, last_line = asked or (RunState(stop.state), stop.reason)
        text = last_line if state is RunState.FAILED else None
    except KeyboardInterrupt:
        state, last_line, interrupted = RunState.KILLED, "interrupted", True
        if interrupted_by_its_end():
            state, last_line = RunState.PREEMPTED, KERNEL_ENDED
    except SystemExit as request:
        if request.code not in (None, 0):
            state, last_line = RunState.FAILED, f"SystemExit: {request.code}"
            text = traceback.format_exc()
    except BaseException as error:  # noqa: BLE001 - the user's training function
        state, text = RunState.FAILED, _text(error)
        last_line = traceback.format_exception_only(type(error), error)[-1].strip()
        _let_go(error)
    else:
        if is_uncalled(result) and run.is_new:
            state = RunState.FAILED
            text = last_line = (
                "The training function returned a function and executed nothing of it. Pass that "
                "one to agent: agent(sweep_id, make_train())."
            )
        if run.exit_code:
            state, last_line = RunState.FAILED, f"finish(exit_code={run.exit_code})"
    try:
        run.end(state, error=text)
    except OwnershipError:  # it was ended elsewhere meanwhile; that end stands
        return RunOutcome(run.id, store.run(run.id).state, last_line, interrupted)
    return RunOutcome(run.id, run.ended_as or state, last_line, interrupted)


def _completed(function: Callable[[], Any]) -> Any:
    """What the training function gives; a child that it forked ends where it ends."""
    pid, error = os.getpid(), None
    try:
        return complete(function)
    except BaseException as raised:
        error = raised
        raise
    finally:
        if os.getpid() != pid:
            forks.leave(error)


def _let_go(error: BaseException) -> None:
    """Free what the frames of an exception hold, models and tensors; its text is kept.

    Those of the exceptions that it came from too: libraries wrap the one that counts.
    """
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        chain += [link.__cause__, link.__context__]
        traceback.clear_frames(link.__traceback__)
        link.__traceback__ = None


def _asked(run: Run, store: Store) -> tuple[RunState, str] | None:
    """How a run is to end that was interrupted before a `log` told it so."""
    if run.stop_reason is None:
        stored = store.run(run.id)
        if stored.stop_requested is not None:
            run.request_stop(stored.stop_requested, stored.stop_state or RunState.KILLED)
    return None if run.stop_reason is None else (run.stop_state, run.stop_reason)


def _text(error: BaseException) -> str:
    """The traceback from the user's function on, without the frames in here."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in _INSIDE:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace))
    return text + hint(text)
