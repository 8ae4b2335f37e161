"""Search over an estimator of scikit-learn, scored by cross-validation."""

import re

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.integrations.sklearn import best_estimator, cross_validated, search, with_params

generator = np.random.default_rng(1)
X = generator.normal(size=(60, 3))
TARGET = X @ [1.0, -2.0, 0.0] + generator.normal(size=60) / 10
KIND = (TARGET > 0).astype(int)

GRID = {"method": "grid", "parameters": {"alpha": {"values": [0.1, 1000.0]}}}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield
    nbsweep.setup(None)


def test_each_run_is_one_cross_validation():
    sweep = search(Ridge(), X, TARGET, GRID, cv=3, show=False)
    for run, alpha in zip(sweep.runs, [0.1, 1000.0], strict=True):
        scores = cross_val_score(Ridge(alpha=alpha), X, TARGET, cv=3)
        rows = run.history()
        assert [row["fold"] for row in rows] == [0, 1, 2]
        assert [row["fold_score"] for row in rows] == pytest.approx(scores)
        assert rows[1]["score"] == pytest.approx(scores[:2].mean())
        assert run.metric == pytest.approx(scores.mean())
        assert run.summary["score_sd"] == pytest.approx(scores.std())
    assert sweep.best_run().params == {"alpha": 0.1}


def test_splitter_and_scorer_are_scikit_learns():
    splitter = ShuffleSplit(2, random_state=1)
    scoring = "neg_mean_absolute_error"
    sweep = search(Ridge(), X, TARGET, GRID, cv=splitter, scoring=scoring, count=1, show=False)
    expected = cross_val_score(Ridge(alpha=0.1), X, TARGET, cv=splitter, scoring=scoring)
    assert [run.metric for run in sweep.runs] == pytest.approx([expected.mean()])


def test_folds_are_stratified_for_classifiers():
    order = np.argsort(KIND)  # plain folds would hold one class each
    sweep = search(
        SVC(),
        X[order],
        KIND[order],
        {"method": "grid", "parameters": {"C": {"values": [1.0]}}},
        cv=2,
        show=False,
    )
    assert sweep.runs[0].metric > 0.8


def test_the_best_estimator_is_fitted_to_all_data():
    estimator = Ridge()
    sweep = search(estimator, X, TARGET, GRID, show=False)
    best = best_estimator(sweep, estimator, X, TARGET)
    assert best.alpha == 0.1
    assert best.predict(X) == pytest.approx(Ridge(alpha=0.1).fit(X, TARGET).predict(X))
    assert estimator.alpha == 1.0
    assert not hasattr(estimator, "coef_")


def test_without_a_finished_run_there_is_no_best_estimator():
    sweep = nbsweep.Sweep(nbsweep.sweep({**GRID, "metric": {"name": "score"}}))
    with pytest.raises(UsageError) as caught:
        best_estimator(sweep, Ridge(), X, TARGET)
    assert str(caught.value) == (
        f"best_estimator: no run of sweep {sweep.id} has finished with a score."
    )


def test_params_of_steps_are_named_with_two_underscores_or_nested():
    pipeline = make_pipeline(StandardScaler(), SVC())
    assert with_params(pipeline, {"svc__C": 3.0}).get_params()["svc__C"] == 3.0
    assert with_params(pipeline, {"svc": {"C": 3.0}}).get_params()["svc__C"] == 3.0
    weighted = with_params(SVC(), {"class_weight": {"a": 2}})  # a dict of its own
    assert weighted.class_weight == {"a": 2}
    swapped = with_params(pipeline, {"svc": Ridge(alpha=2)})
    assert swapped.named_steps["svc"].alpha == 2


def test_an_unknown_param_fails_the_run_with_scikit_learns_words():
    sweep = nbsweep.sweep(
        {"method": "grid", "parameters": {"alfa": {"values": [1]}}, "metric": {"name": "score"}}
    )
    nbsweep.agent(sweep, cross_validated(Ridge(), X, TARGET), show=False)
    (run,) = nbsweep.Sweep(sweep).runs
    assert run.state == "failed"
    assert "Invalid parameter 'alfa' for estimator Ridge()" in run.error


def test_early_termination_judges_after_a_fold():
    config = {
        "method": "grid",
        "parameters": {"alpha": {"values": [0.1, 0.2, 1e4]}},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    }
    runs = search(Ridge(), X, TARGET, config, cv=4, show=False).runs
    assert [run.state for run in runs] == ["finished", "finished", "stopped"]
    assert len(runs[-1].history()) == 2


def test_a_sweep_config_is_needed():
    with pytest.raises(UsageError, match=re.escape("search: a sweep config is needed, such as")):
        search(Ridge(), X, TARGET)


def test_several_metrics_take_the_place_of_the_score():
    metrics = [{"name": "score", "goal": "maximize"}, {"name": "fit_s", "at_most": 100}]
    sweep = search(Ridge(), X, TARGET, {**GRID, "metrics": metrics}, cv=2, show=False)
    assert sweep.config["metrics"] == metrics
    assert all(run.metrics["fit_s"] < 100 for run in sweep.runs)
    assert sweep.best_run().params == {"alpha": 0.1}
