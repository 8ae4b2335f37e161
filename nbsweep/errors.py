"""Every exception that nbsweep raises on purpose.

::

    Exception
    └── SweepError                  anything nbsweep reports to its user
        ├── ConfigError             also ValueError      the sweep config is wrong
        ├── UsageError              also RuntimeError    a call that makes no sense
        ├── UnsupportedError        also NotImplementedError   known, not offered
        │   ├── MissingNameError    also AttributeError  a name that is not here
        │   └── MissingModuleError  also ImportError     a module of W&B's
        ├── MissingDependencyError  also ImportError     an extra is not installed
        └── StoreError              also RuntimeError    the store cannot do it
            ├── NotFoundError       also LookupError     nothing in the store has that id
            ├── StoreGoneError      its file was deleted or replaced while in use
            ├── ClaimConflictError  another agent has claimed that suggestion
            └── OwnershipError      the run has ended or belongs to another agent
    BaseException
    └── RunStopped                  ends the training function of one run

This module imports nothing of the package, so that all of it may import this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_PROBLEMS_SHOWN = 3


class SweepError(Exception):
    """Base of every error that nbsweep raises for its user.

    Example:
        >>> import nbsweep
        >>> try:
        ...     nbsweep.sweep({"method": "randon"})
        ... except nbsweep.SweepError as error:
        ...     print(error)
    """


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a sweep config.

    Attributes:
        path: where, in the user's own words, such as ``parameters.lr.min``.
        message: what was found, what is accepted and what to do.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(SweepError, ValueError):
    """The sweep config cannot be used as it is.

    Attributes:
        problems: all of them, the most specific first.
        path: path of the first problem.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.path = self.problems[0].path
        lines = [str(problem) for problem in self.problems[:MAX_PROBLEMS_SHOWN]]
        hidden = len(self.problems) - len(lines)
        if hidden:
            lines.append(f"({hidden} more like these)")
        super().__init__("\n".join(lines))


class UsageError(SweepError, RuntimeError):
    """A call that makes no sense, or not now, such as `log` without a run."""


class UnsupportedError(SweepError, NotImplementedError):
    """A known feature that nbsweep does not offer; the message names the alternative."""


class MissingNameError(UnsupportedError, AttributeError):
    """A name of W&B's that nbsweep does not have; the message says which one to use.

    Attributes:
        name: the name that was asked for.
    """

    def __init__(self, message: str, name: str) -> None:
        self.name = name
        super().__init__(message)


class MissingModuleError(UnsupportedError, ImportError):
    """A module of W&B's that nbsweep does not have, imported as ``wandb.…``.

    Attributes:
        name: the module that was asked for.
    """

    def __init__(self, message: str, name: str) -> None:
        self.name = name
        super().__init__(message)


class MissingDependencyError(SweepError, ImportError):
    """An optional package is missing; the message holds the pip command."""


class StoreError(SweepError, RuntimeError):
    """The store cannot do what was asked."""


class NotFoundError(StoreError, LookupError):
    """The store has no sweep, run or artifact with that id.

    Attributes:
        subject_id: the id that was looked for.
    """

    def __init__(self, message: str, subject_id: str) -> None:
        self.subject_id = subject_id
        super().__init__(message)


class StoreGoneError(StoreError):
    """What holds the store was deleted, replaced or overwritten while it was in use."""


class ClaimConflictError(StoreError):
    """Another agent has claimed the same suggestion; compute the next one."""


class OwnershipError(StoreError):
    """The run has ended, or it belongs to another agent.

    Attributes:
        run_id: the run that was not changed.
    """

    def __init__(self, message: str, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(message)


class RunStopped(BaseException):
    """Raised inside the training function when its run has to end now.

    It derives from BaseException so that a user's ``except Exception`` does not
    swallow it; ``finally`` blocks and context managers still run.

    Attributes:
        run_id: the run that ends.
        reason: why, in words for the user.
        state: the state that the run ends in, spelled as `records.RunState` does.
    """

    def __init__(self, run_id: str = "", reason: str = "stopped", state: str = "killed") -> None:
        self.run_id = run_id
        self.reason = reason
        self.state = state
        super().__init__(reason)


# W&B's names, for code that catches them: there, an unknown run or project is a CommError.
Error = SweepError
CommError = StoreError
