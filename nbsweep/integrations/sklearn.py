"""scikit-learn: search over an estimator, scored by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv, cross_validate

from nbsweep import facade
from nbsweep.errors import UsageError
from nbsweep.handles import sweep as handle

if TYPE_CHECKING:
    from nbsweep import Sweep

METRIC = {"name": "score", "goal": "maximize"}


def search(
    estimator: Any,
    x: Any,
    y: Any = None,
    sweep: Mapping[str, Any] | None = None,
    *,
    count: int | None = None,
    cv: Any = 5,
    scoring: Any = None,
    groups: Any = None,
    project: str | None = None,
    **agent: Any,
) -> Sweep:
    """Search over the params of an estimator; each run is one cross-validation.

    Args:
        estimator: classifier, regressor or pipeline; it is cloned, never fitted.
        x: features, as scikit-learn takes them.
        y: target.
        sweep: the sweep config. Its parameters are named as in `set_params`
            (``svc__C``) or nested (``svc: C``). Its metric is by default the score.
        count: at most so many runs.
        cv: number of folds or a splitter of scikit-learn's.
        scoring: name of a scorer or a callable; default: the estimator's own score.
        groups: of the samples, for splitters that need them.
        project: label to file the sweep under.
        agent: more arguments of `nbsweep.agent`, such as ``workers=4``.

    Raises:
        ConfigError: with all that is wrong in the sweep config.
        UsageError: there is no sweep config.
    """
    if not sweep:
        raise UsageError(
            "search: a sweep config is needed, such as "
            '{"method": "bayes", "parameters": {"C": {"min": 0.1, "max": 10.0}}}.'
        )
    metric = {} if "metrics" in sweep else {"metric": METRIC}
    sweep_id = facade.sweep({**metric, **sweep}, project=project)
    train = cross_validated(estimator, x, y, cv=cv, scoring=scoring, groups=groups)
    facade.agent(sweep_id, train, count=count, **agent)
    return cast("Sweep", handle.Sweep(sweep_id))


def cross_validated(
    estimator: Any, x: Any, y: Any = None, *, cv: Any = 5, scoring: Any = None, groups: Any = None
) -> Callable[[], None]:
    """A training function for `nbsweep.agent`: one cross-validation with the run's config.

    After each fold it logs fold, fold_score, the mean of the folds so far as score, their
    standard deviation as score_sd, and fit_s. So `early_terminate` may judge after a fold,
    and the run's score is the mean of all folds. Takes the arguments of `search`.
    """

    def train() -> None:
        with facade.init() as run:
            model = with_params(estimator, run.config.as_dict())
            splits = check_cv(cv, y, classifier=is_classifier(estimator)).split(x, y, groups)
            scores: list[float] = []
            for fold, split in enumerate(splits):
                began = time.perf_counter()
                done = cross_validate(model, x, y, cv=[split], scoring=scoring, error_score="raise")
                scores.append(float(done["test_score"][0]))
                run.log(
                    {
                        "fold": fold,
                        "fold_score": scores[-1],
                        "score": float(np.mean(scores)),
                        "score_sd": float(np.std(scores)),
                        "fit_s": time.perf_counter() - began,
                    }
                )

    return train


def best_estimator(sweep: Sweep, estimator: Any, x: Any, y: Any = None) -> Any:
    """A clone of the estimator with the params of the sweep's best run, fitted to all data.

    Raises:
        UsageError: no run has a score yet.
    """
    best = sweep.best_run()
    if best is None:
        limits = " and keeps the limits" * bool(sweep.stored.config.limits)
        raise UsageError(
            f"best_estimator: no run of sweep {sweep.id} has finished with a score{limits}."
        )
    return with_params(estimator, best.config).fit(x, y)


def with_params(estimator: Any, config: Mapping[str, Any]) -> Any:
    """A clone of the estimator with the params of a config.

    Raises:
        ValueError: the estimator has no parameter of such a name (scikit-learn's).
    """
    names = estimator.get_params().keys()
    params: dict[str, Any] = {}
    for key, value in config.items():
        inner = {f"{key}__{name}": item for name, item in _items(value)}
        params.update(inner if inner and inner.keys() <= names else {key: value})
    return clone(estimator).set_params(**params)


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []
