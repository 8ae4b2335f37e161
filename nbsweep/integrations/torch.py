"""PyTorch: what a training goes on from, in two lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbsweep.errors import UsageError
from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from nbsweep import Run

try:
    import torch
except ModuleNotFoundError as error:
    raise missing("torch") from error

FILE = "state.pt"


class TrainingState:
    """Saves modules, optimizers and schedulers as the run's checkpoint, and loads them again.

    With them the state of torch's random generators, so that a training that goes on draws what
    it would have drawn.

    Args:
        run: the run; default: the current one.
        every_s: save again only after so many seconds; default: each time.
        parts: by name what has a `state_dict` and a `load_state_dict`.

    Raises:
        TypeError: a part has no state.

    Example:
        >>> state = TrainingState(model=model, optimizer=optimizer, scheduler=scheduler)
        >>> for epoch in range(state.load().get("epoch", 0), run.config.epochs):
        ...     run.log({"loss": train_epoch()})
        ...     state.save(epoch=epoch + 1)
    """

    def __init__(self, run: Run | None = None, every_s: float | None = None, **parts: Any) -> None:
        for name, part in parts.items():
            if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
                raise TypeError(
                    f"TrainingState({name}=…): {type(part).__name__} has no state_dict and "
                    "load_state_dict. Give numbers and texts to save(): state.save(epoch=3)."
                )
        self._run, self._every_s, self._parts = run, every_s, parts

    @property
    def run(self) -> Run:
        """The run whose checkpoint it is."""
        self._run = run_of(self._run, "integrations.torch.TrainingState()")
        return self._run

    def save(self, **values: Any) -> bool:
        """Save the state of all parts, and values such as the next epoch; call it after `log`.

        Returns:
            Whether it was saved, see `Run.checkpoint`.
        """

        def write(folder: Path) -> None:
            state = {
                "parts": {name: part.state_dict() for name, part in self._parts.items()},
                "values": values,
                "random": torch.get_rng_state(),
                "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            }
            try:
                torch.save(state, folder / FILE)
            except RuntimeError as error:  # as torch words a disk that is full
                raise OSError(str(error)) from error

        return self.run.checkpoint(write, self._every_s)

    def load(self) -> dict[str, Any]:
        """Load what the run goes on from into all parts; call it before the first `log`.

        Returns:
            The values that `save` was given; empty when the run begins anew.

        Raises:
            UsageError: the checkpoint does not fit the parts.
        """
        folder = self.run.resumed_from
        if folder is None:
            return {}
        try:
            # Into the memory of the CPU: it may have been saved on another GPU.
            state = torch.load(folder / FILE, map_location="cpu", weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(state["parts"][name])
        except (RuntimeError, ValueError, KeyError, OSError) as error:
            run = self.run
            again = (
                f"; nbsweep.Sweep({run.sweep_id!r}).retry({run.number}) begins anew"
                if run.sweep_id
                else ""
            )
            raise UsageError(
                f"The checkpoint of run {run.name} does not fit this code ({error}). Load what "
                f"fits from run.resumed_from by hand{again}."
            ) from error
        torch.set_rng_state(state["random"])
        if state["cuda"] and torch.cuda.device_count() == len(state["cuda"]):
            torch.cuda.set_rng_state_all(state["cuda"])
        values: dict[str, Any] = state["values"]
        return values
