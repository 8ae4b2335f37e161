"""`watch`: histograms of a torch model's gradients and parameters beside what is logged.

Hooks only note the tensor; every `log_freq` batches its histogram is computed where the
tensor lives, and goes into the history row that the training code logs next.
"""

from __future__ import annotations

import threading
from typing import Any

from nbsweep.errors import UsageError

WHAT = ("gradients", "parameters", "all", None)
BINS = 64


class Watcher:
    """Watches models for one run.

    Attributes:
        noted: metrics for the history row that is logged next.
    """

    def __init__(self) -> None:
        self.noted: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._hooks: list[tuple[Any, Any]] = []  # model, hook handle
        self._count = 0  # of models so far

    def watch(
        self,
        models: Any,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
    ) -> int:
        """Begin to watch; returns the number of the first model.

        Args:
            models: a torch module, or several.
            log: "gradients", "parameters", "all", or None for nothing.
            log_freq: every so many batches (backward or forward passes).
            idx: number of the first model in the names of several.

        Raises:
            UsageError: `log` or `log_freq` is not accepted, or a model is watched already.
            TypeError: a model is not a torch module.
        """
        if log not in WHAT:
            raise UsageError(f"watch(log={log!r}): accepted are {', '.join(map(repr, WHAT))}.")
        if isinstance(log_freq, bool) or not isinstance(log_freq, int) or log_freq < 1:
            raise UsageError(f"watch(log_freq={log_freq!r}): a whole number of at least 1.")
        models = list(models) if isinstance(models, (list, tuple)) else [models]
        for model in models:
            if not hasattr(model, "named_parameters"):
                raise TypeError(
                    f"watch takes torch modules, not {type(model).__name__}. For other libraries "
                    "log nbsweep.Histogram(values) yourself."
                )
            if any(watched is model for watched, _ in self._hooks):
                raise UsageError("watch: this model is watched already. unwatch(model) first.")
        first = self._count if idx is None else idx
        self._count += len(models)
        for number, model in enumerate(models, start=first):
            prefix = f"graph_{number}" if number else ""
            if log in ("gradients", "all"):
                self._watch_gradients(model, prefix, log_freq)
            if log in ("parameters", "all"):
                self._watch_parameters(model, prefix, log_freq)
        return first

    def unwatch(self, models: Any = None) -> None:
        """Watch these models no longer; without any, none."""
        chosen = models if isinstance(models, (list, tuple)) else [models]
        left = []
        for model, hook in self._hooks:
            if models is None or any(model is other for other in chosen):
                hook.remove()
            else:
                left.append((model, hook))
        self._hooks = left

    def take(self) -> dict[str, Any]:
        """What is noted; it is noted no longer."""
        with self._lock:
            noted, self.noted = self.noted, {}
        return noted

    def _note(self, metrics: dict[str, Any]) -> None:
        """Called from backward passes, on torch's threads too."""
        with self._lock:
            self.noted.update(metrics)

    def _watch_gradients(self, model: Any, prefix: str, every: int) -> None:
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                key = f"gradients/{prefix}{name}"
                due = _Every(every)
                hook = parameter.register_hook(
                    lambda gradient, key=key, due=due: (
                        self._note({key: histogram(gradient)}) if due() else None
                    )
                )
                self._hooks.append((model, hook))

    def _watch_parameters(self, model: Any, prefix: str, every: int) -> None:
        due = _Every(every)

        def after_forward(module: Any, *_: Any) -> None:
            if module.training and due():
                self._note(
                    {
                        f"parameters/{prefix}{name}": histogram(parameter)
                        for name, parameter in module.named_parameters()
                    }
                )

        self._hooks.append((model, model.register_forward_hook(after_forward)))


class _Every:
    """True at every n-th call, the n-th being the first."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._calls = 0

    def __call__(self) -> bool:
        self._calls += 1
        return self._calls % self._every == 0


def histogram(tensor: Any) -> dict[str, Any]:
    """The histogram of a tensor, computed on its device; what is not finite is left out."""
    import torch

    with torch.no_grad():
        flat = tensor.detach()
        if flat.is_sparse:
            flat = flat.coalesce().values()
        flat = flat.reshape(-1).float()
        flat = flat[torch.isfinite(flat)]
        if not flat.numel():
            return {"_type": "histogram", "values": [0], "bins": [0.0, 0.0]}
        low, high = (float(value) for value in torch.aminmax(flat))
        if low == high or high - low > torch.finfo(flat.dtype).max:
            return {"_type": "histogram", "values": [flat.numel()], "bins": [low, high]}
        counts = torch.histc(flat, bins=BINS, min=low, max=high)
        width = (high - low) / BINS
        edges = [low + width * number for number in range(BINS)]
        return {
            "_type": "histogram",
            "values": counts.to(torch.int64).tolist(),
            "bins": [*edges, high],
        }
