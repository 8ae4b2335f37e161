"""Lets clicks in the page reach Python while a cell is running.

A kernel executes one message of its shell channel at a time, so a click waits for the end
of the cell. Upstream's answer, subshells, exists on ipykernel 7 only, is not offered by
every front end, and loses the clicks on widgets that were made in a cell on 7.4. So this
module takes the messages of our own widgets out of the channel, and nothing else:

push  (ipykernel 7) A thread of the kernel receives the shell channel and hands the messages
      to the main thread. Its receiver is wrapped: messages for our widgets go into the
      queue of their panel, all others their usual way.
pull  (ipykernel 5, 6) The main thread receives the channel itself. It calls `poll` while it
      waits for runs, which reads what has arrived and takes out what is ours; the rest stays
      in order.
none  Neither was found, as in other kernels: clicks wait for the end of the cell.

All of this is found by feature, since the names are ipykernel's own; whatever goes wrong
leaves the kernel as it was. In push mode a page that is reloaded while a cell runs is
answered too, or it would wait for the cell's end with "Loading widget…".
"""

from __future__ import annotations

import contextvars
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nbsweep.panel.jobs import Jobs
from nbsweep.view.kernel import in_marimo

POLL_S = 0.05  # between two looks at the channel in pull mode
CONTROL = "jupyter.widget.control"  # comm by which a page asks for all widgets

JobsFor = Callable[[object], Jobs]

_log = logging.getLogger(__name__)


def kind() -> str:
    """How clicks reach this process: "push", "pull" or "none".

    "between" in marimo: between cells as well, but a panel there need not be in one that blocks.
    """
    if in_marimo():
        return "between"
    kernel = _kernel()
    if kernel is None:
        return "none"
    stream = getattr(kernel, "shell_stream", None)
    if not hasattr(stream, "on_recv") or not hasattr(kernel, "session"):
        return "none"
    if getattr(kernel, "shell_channel_thread", None) is not None:
        usable = hasattr(kernel, "shell_channel_thread_main") and hasattr(stream, "io_loop")
        return "push" if usable else "none"
    usable = hasattr(getattr(kernel, "msg_queue", None), "_queue") and hasattr(stream, "flush")
    return "pull" if usable else "none"


def attach(widget: Any, jobs_for: JobsFor) -> None:
    """Let a widget's messages through while cells run, until `detach`.

    Args:
        widget: whose messages.
        jobs_for: the queue that each of them goes into, from what the page said; None for
            messages that are the widget's own.
    """
    _state.attach(widget, jobs_for)


def detach(widget: Any) -> None:
    """Leave a widget's messages to the kernel again."""
    _state.detach(widget)


def poll() -> None:
    """Handle what has arrived for our widgets; for the main thread while it waits.

    Costs a microsecond when there is nothing to do, so it may be called often.
    """
    _state.poll()


def listened_at() -> float:
    """When the kernel last took messages of pages, by the monotonic clock.

    A cell keeps it from that where they are pulled, until the next `poll`, and where the main
    thread takes them otherwise. In doubt it is now.
    """
    return _state.listened_at()


class _Bridge:
    """The one bridge of this process; a kernel has one shell channel."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._comms: dict[str, tuple[Any, JobsFor]] = {}  # comm id → comm, queues of its panel
        self._control: set[str] = set()  # ids of control comms that were opened through us
        self._push: _Push | None = None
        self._polled_at = 0.0
        self._taken_at = 0.0  # when messages were taken last, or could have been

    def attach(self, widget: Any, jobs_for: JobsFor) -> None:
        comm: Any = getattr(widget, "comm", None)
        kernel = _kernel()
        if kernel is None or not hasattr(comm, "comm_id"):
            return
        with self._lock, _guarded():
            self._comms[comm.comm_id] = comm, jobs_for
            if self._push is None and kind() == "push":
                self._push = _Push(kernel, self)

    def detach(self, widget: Any) -> None:
        comm = getattr(widget, "comm", None)
        with self._lock, _guarded():
            self._comms.pop(getattr(comm, "comm_id", ""), None)
            if not self._comms and self._push is not None:
                push, self._push = self._push, None
                push.remove()

    def queue(self, message: dict[str, Any], handle: Callable[[], None]) -> None:
        """Have a message handled by the thread of its panel; of the control comm, by any."""

        def job() -> None:
            with _guarded():
                handle()

        panels = list(self._comms.values())
        content = message["content"]
        _, jobs_for = self._comms.get(content["comm_id"]) or panels[-1]
        data = content.get("data") or {}
        said = data.get("content") if data.get("method") == "custom" else None
        jobs_for(said).put(job)

    def is_ours(self, session: Any, frames: list[Any]) -> bool:
        """Whether these frames (after the identities) are a message for one of our widgets.

        Looks into the parts without checking the signature: a session refuses to check one
        twice, and the messages of others are checked by the kernel.
        """
        header = session.unpack(_bytes(frames[1]))
        if header.get("msg_type") != "comm_msg":
            return False
        comm_id = session.unpack(_bytes(frames[4])).get("comm_id")
        return comm_id in self._comms or comm_id in self._control

    def opens_control(self, session: Any, frames: list[Any]) -> bool:
        """Whether a page asks for all widgets, as it does after a reload."""
        content = session.unpack(_bytes(frames[4]))
        return bool(content.get("target_name") == CONTROL)

    def handle(self, kernel: Any, message: dict[str, Any]) -> None:
        """Give a checked message to its comm, as the kernel would."""
        comm_id = message["content"]["comm_id"]
        comm, _ = self._comms.get(comm_id) or (kernel.comm_manager.get_comm(comm_id), None)
        # Not comm.handle_msg, which also fires the hooks of a cell's begin and end: there
        # matplotlib draws its figures (ipykernel#1564).
        callback = getattr(comm, "_msg_callback", None)
        if callback is not None:
            with _reporting(kernel, message):
                callback(message)

    def expect(self, message: dict[str, Any]) -> None:
        """Take messages to the control comm that `message` opens for ours."""
        self._control.add(message["content"]["comm_id"])

    def open_control(self, kernel: Any, message: dict[str, Any]) -> None:
        """Open the comm that a page asks for all widgets with."""
        with _reporting(kernel, message):
            kernel.comm_manager.comm_open(None, None, message)

    def poll(self) -> None:
        if not self._comms or self._push is not None:
            return
        now = time.monotonic()
        if now - self._polled_at < POLL_S:
            return
        self._polled_at = now
        if threading.current_thread() is not threading.main_thread() or kind() != "pull":
            return
        kernel = _kernel()
        with _guarded():
            kernel.shell_stream.flush()  # what has arrived goes into the kernel's queue
            for message in self._take(kernel):
                with _guarded():
                    self.handle(kernel, message)
        self._mark()

    def listened_at(self) -> float:
        loop: Any = getattr(_kernel(), "io_loop", None)
        if kind() == "push" or not hasattr(loop, "add_callback"):
            return time.monotonic()
        with _guarded():  # tells of the next time that no cell keeps the main thread
            loop.add_callback(self._mark)
        return self._taken_at

    def _mark(self) -> None:
        self._taken_at = time.monotonic()

    def _take(self, kernel: Any) -> list[dict[str, Any]]:
        """Our messages out of the kernel's queue; the others keep their order."""
        waiting = kernel.msg_queue._queue
        ours = []
        for _ in range(len(waiting)):
            entry = waiting.popleft()
            message = None
            with _guarded():
                frames = entry[-1][0]
                _, rest = kernel.session.feed_identities(frames, copy=False)
                if self.is_ours(kernel.session, rest):
                    message = kernel.session.deserialize(rest, content=True, copy=False)
            if message is None:
                waiting.append(entry)
            else:
                ours.append(message)
        return ours


class _Push:
    """The wrapped receiver of ipykernel 7's shell channel."""

    def __init__(self, kernel: Any, bridge: _Bridge) -> None:
        self._kernel = kernel
        self._bridge = bridge
        self._original = kernel.shell_channel_thread_main
        self._set_receiver(self._receive)

    def remove(self) -> None:
        self._set_receiver(self._original)

    def _set_receiver(self, receiver: Callable[[list[Any]], Any]) -> None:
        stream = self._kernel.shell_stream
        # A stream may be touched on its own thread only.
        stream.io_loop.add_callback(lambda: stream.on_recv(receiver, copy=False))

    def _receive(self, frames: list[Any]) -> Any:
        """On the kernel's shell channel thread; what is not ours goes its usual way."""
        with _guarded():
            answer = self._answer(frames)
            if answer is not None:
                return None if answer is True else answer
        return self._original(frames)

    def _answer(self, frames: list[Any]) -> Any:
        """None for what is not ours, True for what is queued, or a coroutine to await."""
        kernel, bridge = self._kernel, self._bridge
        session = kernel.session
        idents, rest = session.feed_identities(frames, copy=False)
        if bridge.is_ours(session, rest):
            message = session.deserialize(rest, content=True, copy=False)
            bridge.queue(message, lambda: bridge.handle(kernel, message))
            return True
        kind = session.unpack(_bytes(rest[1])).get("msg_type")
        if not _is_busy(kernel):
            return None
        if kind == "comm_open" and bridge.opens_control(session, rest):
            message = session.deserialize(rest, content=True, copy=False)
            bridge.expect(message)  # at once: the page's next message is close behind
            bridge.queue(message, lambda: bridge.open_control(kernel, message))
            return True
        if kind in ("kernel_info_request", "comm_info_request"):
            message = session.deserialize(rest, content=True, copy=False)
            return self._inform(idents, message)
        return None

    async def _inform(self, idents: Any, message: dict[str, Any]) -> None:
        """Answer a page that connects, from this thread, which owns the stream."""
        kernel = self._kernel
        handler = kernel.shell_handlers[message["header"]["msg_type"]]
        with _guarded(), _reporting(kernel, message):
            answer = handler(kernel.shell_stream, idents, message)
            if answer is not None:
                await answer


@contextmanager
def _reporting(kernel: Any, message: dict[str, Any]) -> Iterator[None]:
    """As the answer to `message`: what is sent inside names it as parent.

    ipywidgets' page sends its next change only after an "idle" for the last one.
    """
    parent: Any = getattr(kernel, "_shell_parent", None)
    parents: Any = getattr(kernel, "_parents", None)
    token: Any = None
    before: Any = None
    if isinstance(parent, contextvars.ContextVar):  # ipykernel 7; of this thread alone
        before = parent.get({})
        token = parent.set(message)
    elif isinstance(parents, dict):  # ipykernel 6, where this is the main thread
        before, parents["shell"] = parents.get("shell", {}), message
    _publish_status(kernel, "busy", message)
    try:
        yield
    finally:
        _publish_status(kernel, "idle", message)
        if token is not None:
            parent.reset(token)
        elif before is not None:
            parents["shell"] = before
        # The cell goes on: without this the status bar would say "idle".
        if before and (token is None or _is_busy(kernel)):
            _publish_status(kernel, "busy", before)


def _publish_status(kernel: Any, status: str, parent: dict[str, Any]) -> None:
    topic = kernel._topic("status") if hasattr(kernel, "_topic") else None
    kernel.session.send(
        kernel.iopub_socket, "status", {"execution_state": status}, parent=parent, ident=topic
    )


def _is_busy(kernel: Any) -> bool:
    """Whether the main thread executes a cell."""
    lock = getattr(kernel, "_main_asyncio_lock", None)
    return bool(lock.locked()) if lock is not None else False


@contextmanager
def _guarded() -> Iterator[None]:
    """Whatever a private interface of the kernel does, the sweep goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - private code of ipykernel, any version
        _log.warning("bridge: %s: %s", type(error).__name__, error)


def _bytes(frame: Any) -> bytes:
    return bytes(getattr(frame, "buffer", frame))


def _kernel() -> Any:
    """This process's ipykernel, or None; never imports anything."""
    ipython = sys.modules.get("IPython")
    shell = getattr(ipython, "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None)


_state = _Bridge()
