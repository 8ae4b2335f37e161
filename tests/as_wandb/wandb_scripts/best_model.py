"""Keep a model a run, then find the best run and restore its model."""

import json
from pathlib import Path

import wandb

sweep_configuration = {
    "method": "bayes",
    "name": "best-model",
    "metric": {"goal": "maximize", "name": "val_acc"},
    "parameters": {"lr": {"max": 0.1, "min": 0.0001}, "units": {"values": [1, 2, 3]}},
}


def main():
    run = wandb.init(project="my-first-sweep", tags=["sweep"], job_type="train")
    wandb.config.update({"seed": 7}, allow_val_change=True)
    lr, units = wandb.config["lr"], wandb.config.get("units", 1)
    wandb.define_metric("epoch")
    wandb.define_metric("val_acc", step_metric="epoch", summary="max")
    best = 0.0
    for epoch in range(3):
        acc = 1 - abs(lr - 0.05) - 0.1 * abs(units - 2) - 0.01 * epoch
        best = max(best, acc)
        wandb.log({"epoch": epoch, "val_acc": acc, "val": {"loss": 1 - acc}})
    wandb.run.summary["best_acc"] = best
    wandb.run.own_attribute = "kept"
    Path(wandb.run.dir, "model.json").write_text(json.dumps({"lr": lr}))
    wandb.save(str(Path(wandb.run.dir, "model.json")))
    artifact = wandb.Artifact(
        wandb.util.make_artifact_name_safe(f"model {run.id}"),
        type="model",
        metadata=dict(run.config),
    )
    artifact.add_file(str(Path(wandb.run.dir, "model.json")))
    run.log_artifact(artifact, aliases=["trained"])
    table = wandb.Table(columns=["epoch", "acc"], data=[[0, best]])
    wandb.log({"table": table, "plot": wandb.plot.line(table, "epoch", "acc", title="acc")})
    wandb.alert(title="done", text="trained", level=wandb.AlertLevel.INFO)
    run.finish()


sweep_id = wandb.sweep(sweep=sweep_configuration, project="my-first-sweep")
wandb.agent(sweep_id, function=main, count=4)

api = wandb.Api()
sweep = api.sweep(f"my-first-sweep/{sweep_id}")
runs = sorted(sweep.runs, key=lambda run: run.summary.get("best_acc", 0), reverse=True)
best_run = sweep.best_run()
assert best_run.summary["val_acc"]["max"] == runs[0].summary["best_acc"]
best_run.file("model.json").download(root="best", replace=True)
assert json.loads(Path("best/model.json").read_text())["lr"] == best_run.config["lr"]
restored = wandb.restore("model.json", run_path="/".join(best_run.path), root="restored")
assert json.load(restored)["lr"] == best_run.config["lr"]
restored.close()

with wandb.init(project="my-first-sweep", job_type="evaluate") as evaluation:
    (logged,) = best_run.logged_artifacts()
    used = evaluation.use_artifact(logged.name, type="model")
    folder = used.download()
    assert (Path(folder) / "model.json").is_file()
    wandb.summary.update({"best_lr": best_run.config["lr"]})
print("best", round(best_run.summary["best_acc"], 3))
