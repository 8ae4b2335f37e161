"""The module attributes `nbsweep.run`, `config` and `summary`, which follow the current run."""

from __future__ import annotations

from typing import Any

from nbsweep.runs.current import current_run, require_run


class _BeforeInit:
    """Stands for `config` and `summary` while there is no run; says so when used."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, *_: object) -> Any:
        # An empty session raises the one message that says what to do.
        require_run(self.__dict__["_name"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # introspection is not use
            raise AttributeError(name)
        return self._refuse()

    __setattr__ = __getitem__ = __setitem__ = __contains__ = __len__ = __iter__ = _refuse

    def __repr__(self) -> str:
        return f"<nbsweep.{self.__dict__['_name']}: no run; call nbsweep.init() first>"


def current(name: str) -> Any:
    """What the module attributes `run`, `config` and `summary` stand for right now."""
    run = current_run()
    if name == "run":
        return run
    return getattr(run, name) if run is not None else _BeforeInit(name)


def assign(name: str, value: Any) -> None:
    """``wandb.summary = {...}`` and ``wandb.config = {...}``, for the current run.

    In W&B the module's attribute becomes a dict that is recorded nowhere; here the run
    takes the values, and what the sweep suggested stays.
    """
    if name == "run":
        return  # `wandb.run = None` of old notebooks; finish() ends a run
    run = require_run(name)
    if name == "summary":
        run.summary = value
    else:
        run.config.update(value)
