"""The global random generators of a worker process, seeded for each run."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


def seed_generators(seed: int | None) -> None:
    """Seed Python's, numpy's and torch's global generators; None leaves them alone.

    Libraries that are imported later are seeded then.
    """
    if seed is None:
        return
    random.seed(seed)
    for name, sow in _SOWERS.items():
        if name in sys.modules:
            sow(sys.modules[name], seed)
    # The training function may import them itself; here that would cost each worker seconds.
    _SeedWhenImported.wait(seed)


_SOWERS: dict[str, Callable[[ModuleType, int], object]] = {
    "numpy": lambda numpy, seed: numpy.random.seed(seed),
    "torch": lambda torch, seed: torch.manual_seed(seed),
}


class _SeedWhenImported(MetaPathFinder):
    """Seeds the generators of libraries that something imports later."""

    seed = 0

    @classmethod
    def wait(cls, seed: int) -> None:
        """Seed with this what is imported from now on."""
        cls.seed = seed
        missing = not any(isinstance(finder, cls) for finder in sys.meta_path)
        if missing and any(name not in sys.modules for name in _SOWERS):
            sys.meta_path.insert(0, cls())

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, which seeds when the module has been executed."""
        if fullname not in _SOWERS:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            execute, sow = spec.loader.exec_module, _SOWERS[fullname]

            def execute_and_seed(module: ModuleType) -> None:
                execute(module)
                sow(module, self.seed)

            spec.loader.exec_module = execute_and_seed  # type: ignore[method-assign]
        return spec
