"""LightGBM: log each boosting round to the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbsweep.integrations import missing, run_of

if TYPE_CHECKING:
    from nbsweep import Run

try:
    import lightgbm  # noqa: F401 - to say at once that it is missing
except ModuleNotFoundError as error:
    raise missing("lightgbm") from error


class SweepCallback:
    """Logs the metrics of each boosting round as ``DATA_METRIC``, with the round's number.

    A run that is stopped, by early termination or by hand, ends at its next round.

    Args:
        run: log to this one; default: the current run when training begins.

    Example:
        >>> callback = nbsweep.integrations.lightgbm.SweepCallback()
        >>> lightgbm.train(params, data, valid_sets=[held_out], callbacks=[callback])
    """

    order = 20  # LightGBM's: after its own recording, before its early stopping
    before_iteration = False

    def __init__(self, run: Run | None = None) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        """The run that is logged to."""
        self._run = run_of(self._run, "integrations.lightgbm.SweepCallback()")
        return self._run

    def __call__(self, env: Any) -> None:
        """Log the newest values; LightGBM calls it after each round."""
        self.run.log({**values_of(env), "iteration": env.iteration})


def values_of(env: Any) -> dict[str, float]:
    """What was evaluated in a round, as ``DATA_METRIC``; of lightgbm.cv mean and deviation."""
    row: dict[str, float] = {}
    # LightGBM 4.7 has a deviation of None where older versions have none.
    for data, metric, value, _, *deviation in env.evaluation_result_list or ():
        # Before 4 the name of the data was in that of the metric.
        key = "_".join(metric.split()) if data == "cv_agg" else f"{data}_{metric}"
        if deviation and deviation[0] is not None:
            row[f"{key}-mean"], row[f"{key}-stdv"] = value, deviation[0]
        else:
            row[key] = value
    return row
