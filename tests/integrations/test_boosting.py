"""W&B's callbacks for XGBoost and LightGBM, and ours."""

import pytest

import nbsweep
from nbsweep.as_wandb.boosting import keep_best


def logged_artifacts(run):
    return nbsweep.Api().run(f"uncategorized/{run.id}").logged_artifacts()


@pytest.fixture
def sweeps(sweeps_of):
    return sweeps_of("boosting", needs="xgboost lightgbm")


def test_xgboost_logs_each_round(sweeps):
    flat, deep = sweeps["xgboost_as_wandb"].runs
    rows = [row for row in deep.history() if "epoch" in row]
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4]
    losses = [row["valid-rmse"] for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert deep.summary["valid-rmse"] == {"min": losses[-1]}
    assert deep.metric == losses[-1] < flat.metric
    assert deep.summary["best_score"] == pytest.approx(losses[-1], abs=1e-4)
    assert deep.summary["best_iteration"] == 4
    assert deep.config["depth"] == 3
    assert "learner" in deep.config  # the booster's own configuration
    assert "Feature Importance" in deep.summary
    (model,) = logged_artifacts(deep)
    assert model.type == "model"
    assert [entry.path for entry in model.files()] == [f"{deep.id}_model.json"]


def test_xgboost_logs_by_way_of_its_estimators(sweeps):
    flat, deep = sweeps["xgboost_of_scikit_learn"].runs
    assert [row["epoch"] for row in flat.history() if "epoch" in row] == [0, 1, 2]
    assert deep.metric < flat.metric


def test_our_xgboost_callback_logs_the_same(sweeps):
    theirs, ours = sweeps["xgboost_as_wandb"].runs[1], sweeps["xgboost_with_ours"].runs[1]
    assert [row["iteration"] for row in ours.history()] == [0, 1, 2, 3, 4]
    assert ours.metric == theirs.metric
    assert ours.summary["best_iteration"] == 4
    assert ours.config == {"depth": 3}


def test_xgboost_cross_validation_logs_mean_and_deviation(sweeps):
    (row, *_, last) = sweeps["xgboost_cross_validated"].runs[0].history()
    assert row["test-rmse"] > last["test-rmse"] > 0
    assert last["test-rmse-std"] >= 0


def test_lightgbm_logs_each_round(sweeps):
    flat, deep = sweeps["lightgbm_as_wandb"].runs
    rows = [row for row in deep.history() if "iteration" in row]
    assert [row["iteration"] for row in rows] == [0, 1, 2, 3, 4]
    assert deep.summary["valid_0_l2"] == {"min": rows[-1]["valid_0_l2"]}
    assert deep.metric < flat.metric
    assert deep.config["objective"] == "regression"  # of the training's params
    assert set(deep.summary["best_score"]["valid_0"]) == {"l1", "l2"}
    assert "best_iteration" in deep.summary
    assert "Feature Importance" in deep.summary
    (model,) = logged_artifacts(deep)
    assert "best" in model.aliases


def test_our_lightgbm_callback_logs_the_same(sweeps):
    theirs, ours = sweeps["lightgbm_as_wandb"].runs[1], sweeps["lightgbm_with_ours"].runs[1]
    assert ours.metric == theirs.metric
    assert ours.config == {"depth": 3}


def test_lightgbm_cross_validation_logs_mean_and_deviation(sweeps):
    (row, *_, last) = sweeps["lightgbm_cross_validated"].runs[0].history()
    assert row["valid_l2-mean"] > last["valid_l2-mean"] > 0
    assert last["valid_l2-stdv"] >= 0


@pytest.mark.parametrize(
    ("metric", "kept"),
    [("rmse", "min"), ("mlogloss", "min"), ("AUC", "max"), ("ndcg", "max"), ("own", None)],
)
def test_the_summary_keeps_the_best_of_metrics_whose_direction_is_known(metric, kept):
    class Run:
        defined = None

        def define_metric(self, key, summary):
            self.defined = key, summary

    run = Run()
    keep_best(run, f"valid-{metric}", metric, {"rmse"}, {"auc", "ndcg"})
    assert run.defined == (None if kept is None else (f"valid-{metric}", kept))
