"""Comparisons of a sweep with others and of its runs, as methods of `Sweep`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun

if TYPE_CHECKING:
    from nbsweep.handles.comparing import Comparison
    from nbsweep.handles.run_comparison import RunComparison


class Comparing:
    """Comparisons, as methods of `Sweep`.

    Attributes:
        stored: what the store has of the sweep.
    """

    stored: StoredSweep

    def compare_runs(
        self, first: SweepRun | str | int, second: SweepRun | str | int
    ) -> RunComparison:
        """Two runs side by side: what differs in config, metrics and code; curves; output.

        The last line of a cell shows it; ``.plot()`` draws the curves over each other.

        Args:
            first: a run of `runs`, its id, or its number.
            second: another one.

        Raises:
            UsageError: there is no such run, or both are the same.
        """
        from nbsweep.handles.run_comparison import compare_two

        runs = [
            run if isinstance(run, SweepRun) else self.stored.public(self.stored.find(run))
            for run in (first, second)
        ]
        return compare_two(runs[0], runs[1])

    def compare(
        self,
        *others: Comparing,
        metric: str | None = None,
        goal: str | None = None,
        budget: int | None = None,
        by: str | None = None,
        seed: int = 0,
    ) -> Comparison:
        """This sweep beside others, or parts of it beside each other; see `nbsweep.compare`.

        Args:
            others: other sweeps; none with `by`.
            metric: its name; default: the sweeps' own.
            goal: "minimize" or "maximize"; default: the sweeps' own.
            budget: runs after which they are judged; default: as many as the shortest has.
            by: "code" for versions of the training code, or a parameter's name for its values.
            seed: of resampling.

        Raises:
            UsageError: there is nothing to compare, or the sweeps share no metric.
        """
        from nbsweep.handles.comparing import compare_groups  # with numpy

        groups: dict[str, list[StoredSweep]] = {}
        for each in (self, *others):
            name = each.stored.record.name or each.stored.id
            label = name if name not in groups else f"{name} ({each.stored.id})"
            groups[label] = [each.stored]
        return compare_groups(groups, metric, goal, budget=budget, by=by, seed=seed)
