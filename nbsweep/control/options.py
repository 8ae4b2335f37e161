"""What `nbsweep.agent` can be asked for, checked in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from nbsweep.control import deadline as deadlines
from nbsweep.control.deadline import Deadline
from nbsweep.errors import UsageError
from nbsweep.executors.coroutines import refuse_generators
from nbsweep.search.custom_search import SearchFunction

SHOWS = (True, False, "panel", "static")
CONSOLES = ("panel", "cell")
TIMEOUT_VARIABLE = "NBSWEEP_TIMEOUT_S"
_WITHOUT_EFFECT = ("entity", "project")  # W&B's: the sweep knows its project


@dataclass(frozen=True, kw_only=True)
class AgentOptions:
    """The arguments of `nbsweep.agent`, which says what each is for.

    Attributes are named as the arguments are and have the same defaults.

    Raises:
        TypeError: `function` is not a function.
        UsageError: an option makes no sense.
    """

    function: Callable[[], Any] | None = None
    count: int | None = None
    forward_signals: bool = False
    term_timeout: float | None = None
    max_consecutive_failed_runs: int | None = None
    workers: int = 1
    executor: object = "threads"
    workers_per_gpu: int | None = None
    timeout_s: float | None = None
    minutes: float | None = None
    deadline: datetime | str | float | None = None
    search: SearchFunction | None = None
    background: bool = False
    show: bool | str = True
    console: str = "panel"

    def __post_init__(self) -> None:
        if self.function is not None and not callable(self.function):
            raise TypeError(
                f"agent: function must be callable, not {type(self.function).__name__}. Pass the "
                "training function itself, train, not its result, train()."
            )
        if self.function is not None:
            refuse_generators(self.function)
        for name, least in (("count", 0), ("workers", 1), ("max_consecutive_failed_runs", 1)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and value >= least):
                raise UsageError(
                    f"agent({name}={value!r}): a whole number of at least 1 is needed."
                )
        if self.timeout_s is not None:
            _seconds(self.timeout_s)
        deadlines.check(self.minutes, self.deadline)
        if self.show not in SHOWS:
            raise UsageError(
                f'agent(show={self.show!r}): use True or "panel" for a live panel, "static" for '
                "plain HTML, False for nothing."
            )
        if self.console not in CONSOLES:
            raise UsageError(
                f'agent(console={self.console!r}): use "panel" to have what runs print in the '
                'live panel, "cell" to have it in the output of the cell as well.'
            )

    @classmethod
    def of(cls, **arguments: Any) -> AgentOptions:
        """The options among keyword arguments of `agent`.

        Raises:
            TypeError: `agent` has no such argument.
        """
        options = {k: value for k, value in arguments.items() if k not in _WITHOUT_EFFECT}
        for name in options.keys() - cls.names():
            raise TypeError(f"agent() got an unexpected keyword argument {name!r}")
        return cls(**options)

    @classmethod
    def names(cls) -> set[str]:
        """The names of all options."""
        return {field.name for field in fields(cls)}

    @property
    def echo(self) -> bool:
        """Whether what runs print is also shown in the cell."""
        return not self.background and self.workers == 1

    def ends(self, now: float, elapsed: float) -> Deadline | None:
        """When the agent's runs have to have ended; None when it has no deadline.

        Args:
            now: unix time in seconds, from which `minutes` count.
            elapsed: the same moment on the agent's monotonic clock.
        """
        return deadlines.asked(self.minutes, self.deadline, now, elapsed)

    def too_late(self, now: float) -> str | None:
        """The sentence for whoever gave a deadline that has passed; None otherwise."""
        return None if self.deadline is None else deadlines.passed(self.deadline, now)

    def time_limit_s(self, environment: Mapping[str, str]) -> float | None:
        """Seconds that a run may take; the variable NBSWEEP_TIMEOUT_S is the default."""
        if self.timeout_s is not None:
            return _seconds(self.timeout_s)
        default = environment.get(TIMEOUT_VARIABLE)
        return _seconds(default) if default else None


def _seconds(timeout_s: float | str) -> float:
    try:
        seconds = float(timeout_s)
    except (TypeError, ValueError):
        seconds = 0.0
    if not seconds > 0:
        raise UsageError(f"timeout_s={timeout_s!r}: a number of seconds above 0 is needed.")
    return seconds
