"""Sweeps from elsewhere: Optuna's studies, W&B's exports, any table of runs.

Each reader makes a `ForeignSweep` and writes nothing; `bring_in` makes a sweep of it,
which can be shown, plotted, learnt from and resumed as one of nbsweep's own.
"""

from nbsweep.importers.foreign import ForeignRun, ForeignSweep, bring_in

__all__ = ["ForeignRun", "ForeignSweep", "bring_in"]
