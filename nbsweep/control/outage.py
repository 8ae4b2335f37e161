"""Tells the user, while an agent works, that its store fails and that it works again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nbsweep.runs import session
from nbsweep.store.base import Store
from nbsweep.store.patience import worth_telling
from nbsweep.wording import plural

RECOVERED = "The store can be written again."
REPEAT_AFTER_S = 10.0  # the number of rows that wait grows all the time


class Outage:
    """Watches the store of one agent.

    Args:
        store: its store.
        say: gets the sentences.
    """

    def __init__(self, store: Store, say: Callable[[str], None]) -> None:
        self._store = store
        self._say = say
        self._thread = threading.get_ident()
        self._said: str | None = None
        self._said_at = 0.0

    def tell(self) -> None:
        """Say what ails the store, if that is news. Whoever waits for it calls this.

        Only the agent's own thread speaks: what others print belongs to their runs.
        """
        trouble = worth_telling(self._store)
        if threading.get_ident() != self._thread or (trouble is None and self._said is None):
            return
        if trouble is None:
            self._said = None
            self._say(RECOVERED)
            return
        now = time.monotonic()
        if trouble.text == self._said and now - self._said_at < REPEAT_AFTER_S:
            return
        self._said, self._said_at = trouble.text, now
        rows = session.writer().waiting_rows
        self._say(
            f"The store cannot be {trouble.verb}: {trouble.text} ({trouble.place}); trying again, "
            f"{plural(rows, 'row')} {'waits' if rows == 1 else 'wait'}."
        )
