"""Folds in one run, a report from the public API, and a sweep that is steered by hand."""

import argparse

import numpy as np
import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1.0)
parser.add_argument("--folds", type=int, default=3)


def main():
    args = parser.parse_args([])
    with wandb.init(
        config=args, settings=wandb.Settings(start_method="thread", silent=True)
    ) as run:
        scores = [np.float64(run.config.alpha) + fold for fold in range(run.config.folds)]
        for fold, score in enumerate(scores):
            run.log({f"fold_{fold}/score": score}, commit=False)
        run.log({"score": np.mean(scores), "scores": wandb.Histogram(scores)})
        run.summary.update({"score/std": np.std(scores)})


sweep = wandb.controller(project="cv")
sweep.configure_search("grid")
sweep.configure_metric("score", goal="maximize")
sweep.configure_parameter("alpha", values=[0.1, 1.0, 10.0])
sweep_id = sweep.create()
wandb.agent(sweep_id, function=main)

rows = []
for run in wandb.Api().runs("cv", filters={"sweep": sweep_id, "config.alpha": {"$gte": 1}}):
    rows.append({**run.config, **{k: v for k, v in run.summary._json_dict.items() if "/" not in k}})
assert sorted(row["alpha"] for row in rows) == [1.0, 10.0]
assert {row["folds"] for row in rows} == {3}
history = wandb.Api().sweep(sweep_id).best_run().history(keys=["score"])
assert history["score"].tolist() == [11.0]
assert sweep.done()
wandb.finish()
