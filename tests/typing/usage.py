"""The public names as a type checker sees them in a user's code; never run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import nbsweep


def train() -> None:
    with nbsweep.init(config={"epochs": 3}, tags=["demo"]) as run:
        rate: float = run.config.learning_rate
        run.log({"loss": rate}, step=1)
        folder: Path | None = run.resumed_from
        saved: bool = run.checkpoint(lambda fresh: (fresh / "x").write_text("x"), every_s=60)
        again: bool = run.resumed and saved and folder is not None
        run.summary["best"] = 0.1 if again else 0.2
        run.define_metric("loss", summary="min")
        paths: list[str] = run.save("model.pt")
        artifact: nbsweep.Artifact = run.log_artifact(paths[0], type="model", aliases=["best"])
        linked: nbsweep.Artifact = run.use_artifact(artifact).link("best-models")
        linked.delete(delete_aliases=True)
    nbsweep.log({"loss": 0.1})
    nbsweep.checkpoint(lambda fresh: (fresh / "x").write_text("x"))
    nbsweep.save("model.pt", base_path=".")
    nbsweep.attach(run=run).watch(None, log_freq=10)
    nbsweep.install_as_wandb()
    nbsweep.finish(exit_code=0)


def tune() -> dict[str, object]:
    sweep_id: str = nbsweep.sweep(
        {"method": "random", "parameters": {"learning_rate": {"min": 0.0, "max": 0.1}}},
        project="demo",
    )
    nbsweep.agent(sweep_id, train, count=5)
    nbsweep.agent(sweep_id, train, minutes=20)
    nbsweep.agent(sweep_id, train, deadline=datetime(2026, 11, 28, 17, 30))
    until = nbsweep.agent(sweep_id, train, deadline="17:30", background=True).plan
    left: int | None = None if until is None else until.more
    print(left, nbsweep.Sweep(sweep_id).plan(workers=2))
    nbsweep.agent(sweep_id, function=train, executor="inline", show=False)
    handle: nbsweep.AgentHandle = nbsweep.agent(sweep_id, train, workers=2, background=True)
    handle.wait(timeout=60.0)
    sweep = nbsweep.Sweep(sweep_id)
    sweep.enqueue({"lr": 0.1})
    sweep.continue_run(sweep.best_runs(3), iterations=20)
    sweep.continue_run(1, config={"epochs": 60})
    sure: list[float] = [leader.chance for leader in sweep.leaders(3)]
    waiting: str = sweep.confirm(top=3, repeats=2, seed_parameter=None).sentence
    print(sure, waiting, sweep.leaders().sentence)
    asked = sweep.ask()
    if asked is not None:
        with asked as block:
            block.log_artifact("model.pt", type="model")
        asked.tell(0.3)
    best = sweep.best_run()
    if best is None or best.metric is None:
        raise nbsweep.SweepError("nothing finished")
    losses: list[float | None] = [run.metric for run in sweep.runs]
    print(losses, best.error, nbsweep.run, nbsweep.config, nbsweep.summary)
    beside: str = str(nbsweep.compare(losses, {"b": sweep}, by="code", budget=3).table[0])
    changed: str | None = nbsweep.compare(best, sweep.runs[0]).code_diff
    print(beside, changed, sweep.compare(sweep).sentences, sweep.compare_runs(1, 2).config_diff)
    looked_at = nbsweep.analyze("runs.csv", metric="loss", goal="minimize", ignore=["date"])
    kept: str = looked_at.keep("old").id
    print(looked_at.importance(), kept)
    return best.config


def catch() -> None:
    try:
        nbsweep.sweep(lambda: {"method": "randon"})
    except nbsweep.ConfigError as error:
        print(error.path, [problem.message for problem in error.problems])


def show_media() -> None:
    table = nbsweep.Table(columns=["x"], data=[[1]])
    nbsweep.log({"bars": nbsweep.plot.bar(table, "x", "x"), "image": nbsweep.Image})
    print(nbsweep.data_types, nbsweep.util, nbsweep.Api, nbsweep.controller)
