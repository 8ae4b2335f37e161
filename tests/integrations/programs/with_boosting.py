"""Trains with XGBoost and LightGBM: W&B's callbacks, then ours."""

import lightgbm
import numpy as np
import xgboost

import nbsweep

nbsweep.install_as_wandb()

import wandb  # noqa: E402
from wandb.integration.lightgbm import log_summary, wandb_callback  # noqa: E402
from wandb.integration.xgboost import WandbCallback  # noqa: E402

from nbsweep.integrations import lightgbm as our_lightgbm  # noqa: E402
from nbsweep.integrations import xgboost as our_xgboost  # noqa: E402

generator = np.random.default_rng(1)
X = generator.uniform(-1, 1, (200, 3))
Y = X[:, 0] + X[:, 1] ** 2


def fit_xgboost(callback, **more):
    train, held_out = xgboost.DMatrix(X[:150], Y[:150]), xgboost.DMatrix(X[150:], Y[150:])
    params = {"max_depth": wandb.config.depth, "nthread": 1}
    evals = [(train, "train"), (held_out, "valid")]
    return xgboost.train(params, train, 5, evals, verbose_eval=False, callbacks=[callback], **more)


def fit_lightgbm(callback):
    train = lightgbm.Dataset(X[:150], Y[:150])
    params = {"max_depth": wandb.config.depth, "metric": ["l2", "l1"], "verbose": -1}
    params |= {"num_threads": 1, "objective": "regression"}
    valid = train.create_valid(X[150:], Y[150:])
    return lightgbm.train(params, train, 5, valid_sets=[valid], callbacks=[callback])


def xgboost_as_wandb():
    with wandb.init():
        fit_xgboost(WandbCallback(log_model=True), early_stopping_rounds=4)


def xgboost_of_scikit_learn():
    with wandb.init():
        model = xgboost.XGBRegressor(
            n_estimators=3,
            max_depth=wandb.config.depth,
            callbacks=[WandbCallback()],
            n_jobs=1,
        )
        model.fit(X[:150], Y[:150], eval_set=[(X[150:], Y[150:])], verbose=False)


def xgboost_with_ours():
    with wandb.init():
        fit_xgboost(our_xgboost.SweepCallback(), early_stopping_rounds=4)


def xgboost_cross_validated():
    with wandb.init():
        params = {"max_depth": wandb.config.depth, "nthread": 1}
        data = xgboost.DMatrix(X, Y)
        xgboost.cv(params, data, 3, nfold=2, callbacks=[our_xgboost.SweepCallback()])


def lightgbm_as_wandb():
    with wandb.init():
        log_summary(fit_lightgbm(wandb_callback()), save_model_checkpoint=True)


def lightgbm_with_ours():
    with wandb.init():
        fit_lightgbm(our_lightgbm.SweepCallback())


def lightgbm_cross_validated():
    with wandb.init():
        params = {"max_depth": wandb.config.depth, "verbose": -1, "num_threads": 1}
        params |= {"objective": "regression"}
        data = lightgbm.Dataset(X, Y)
        lightgbm.cv(params, data, 3, nfold=2, stratified=False, callbacks=[wandb_callback()])


CONFIG = {"method": "grid", "parameters": {"depth": {"values": [1, 3]}}}

for function, key in [
    (xgboost_as_wandb, "valid-rmse"),
    (xgboost_of_scikit_learn, "validation_0-rmse"),
    (xgboost_with_ours, "valid-rmse"),
    (xgboost_cross_validated, "test-rmse"),
    (lightgbm_as_wandb, "valid_0_l2"),
    (lightgbm_with_ours, "valid_0_l2"),
    (lightgbm_cross_validated, "valid_l2-mean"),
]:
    metric = {"name": key, "goal": "minimize"}
    sweep_id = wandb.sweep({**CONFIG, "name": function.__name__, "metric": metric})
    wandb.agent(sweep_id, function)
