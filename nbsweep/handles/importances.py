"""Which parameters decide: `Sweep.importances`, and the figure of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbsweep.errors import UsageError

if TYPE_CHECKING:
    from nbsweep.analysis.frame import Frame
    from nbsweep.analysis.importance import Importance, Method
    from nbsweep.handles.stored import StoredSweep

TARGETS = ("failed", "duration")


class Importances:
    """What the runs of a sweep say about its parameters.

    Attributes:
        stored: what the store has of the sweep.
    """

    stored: StoredSweep

    def importances(
        self,
        method: Method = "forest",
        metric: str | None = None,
        target: str | None = None,
        *,
        goal: str | None = None,
        quantile: float = 0.1,
        seed: int = 0,
        n_bootstrap: int = 30,
    ) -> Importance:
        """How much each parameter decides, with errors and a verdict in words.

        Args:
            method: one of

                - "forest": share of what a random forest explains of runs it did not see;
                - "permutation": share of what it loses when the parameter is shuffled;
                - "fanova": share of its variance over the search space that the parameter
                  makes by itself, and the strongest pairs of parameters;
                - "ped_anova": what matters for being among the best runs;
                - "shap": sizes of the SHAP values of a forest (`pip install shap`);
                - "pearson", "spearman": correlations, with their signs;
                - "mutual_information": what each parameter tells alone, of any shape.
            metric: another one than the sweep's, such as "_runtime".
            target: in place of a metric "failed", whether a run fails, or "duration".
            goal: "minimize" or "maximize" for that metric; see `frame`.
            quantile: for "ped_anova", which share of the runs are the best.
            seed: same runs and seed, same result.
            n_bootstrap: resamples of the runs that the errors come from, at least 2.

        Returns:
            An `Importance`: prints as a table, `rows` has one entry a parameter,
            `dataframe()` is the table in pandas, `pairs` what pairs do (with "fanova").
            With too few runs, or nothing that varies, it has no rows and `verdict` says why.

        Raises:
            UsageError: there is no such method or target.
            MissingDependencyError: method "shap" without the package of that name.

        Example:
            >>> sweep.importances()
            >>> sweep.importances("fanova").pairs
            >>> sweep.importances(target="failed").verdict
        """
        return of_sweep(
            self.stored,
            method=method,
            metric=metric,
            target=target,
            goal=goal,
            quantile=quantile,
            seed=seed,
            n_bootstrap=n_bootstrap,
        )


def of_sweep(
    sweep: StoredSweep,
    *,
    method: Method = "forest",
    metric: str | None = None,
    target: str | None = None,
    goal: str | None = None,
    **options: Any,
) -> Importance:
    """See `Sweep.importances`."""
    from nbsweep.analysis.importance import importance

    found, meant = _frame(sweep, metric, target, goal)
    return importance(found, method=method, target=meant, **options)


def _frame(
    sweep: StoredSweep, metric: str | None, target: str | None, goal: str | None
) -> tuple[Frame, str | None]:
    """The frame to look at, and the target that `importance` makes of it."""
    from nbsweep.analysis.frame import RUNTIME, frame

    if target is not None and target not in TARGETS:
        raise UsageError(
            f'importances: there is no target {target!r}. Give "failed" for whether a run fails, '
            '"duration" for how long it takes, or metric="…" for a metric.'
        )
    if target is not None and metric is not None:
        raise UsageError(
            f"importances: metric {metric!r} and target {target!r} exclude each other. Give one."
        )
    if target == "duration":
        metric, target = RUNTIME, None
    return frame(sweep.snapshot(), sweep.config, metric=metric, goal=goal), target
