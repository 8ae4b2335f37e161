"""Writes the files that the readers are tested on, by the packages whose files they are.

    python make.py KIND FOLDER

in an environment that has the package: see README.md. Each writes a small search over lr,
a depth and a batch size, and what is odd in it: a run that failed, one that was killed.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
POINTS = [(0.1, 2, 16), (0.01, 3, 32), (0.001, 2, 64)]


def losses(lr: float, count: int = 3) -> list[float]:
    return [round(10 * lr + 1 / (epoch + 1), 4) for epoch in range(count)]


def wandb() -> None:
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
    import wandb as package

    quiet = package.Settings(
        **dict.fromkeys(("x_disable_stats", "x_disable_meta", "x_disable_machine_info"), True),
        console="off",
        disable_git=True,
        save_code=False,
        host="host",
    )
    for number, (lr, depth, batch) in enumerate(POINTS):
        run = package.init(
            project="digits",
            id=f"run{number}",
            name=f"größe {number}",
            group="grid",
            tags=["a", "b c"],
            notes="a note",
            config={"lr": lr, "model/depth": depth, "opt": {"batch size": batch}},
            settings=quiet,
        )
        for epoch, loss in enumerate(losses(lr)):
            run.log({"loss": loss, "val": {"acc": 0.5 + epoch / 10}, "odd": float("nan")})
        run.config.update({"late": number})
        run.summary["best"] = min(losses(lr))
        run.finish(exit_code=1 if number == 2 else 0)
    # More than a block of 32 KiB, and killed while it runs.
    if os.fork() == 0:
        text = {"text": "0123456789" * 5000}
        run = package.init(
            project="digits",
            id="killed",
            config={"lr": 1.0, "model/depth": 4, "opt": {"batch size": 8}, **text},
            settings=quiet,
        )
        for loss in losses(1.0, 200):
            run.log({"loss": loss})
        import time

        time.sleep(5)  # until its service has written them
        os.killpg(0, signal.SIGKILL)
    os.wait()


def trackio() -> None:
    os.environ.update(TRACKIO_DIR=str(Path.cwd() / "trackio"), HF_HUB_OFFLINE="1")
    import trackio as package

    for number, (lr, depth, batch) in enumerate(POINTS):
        config = {"lr": lr, "model": {"depth": depth}, "batch size": batch}
        package.init(project="digits", name=f"run {number}", config=config, group="grid")
        for epoch, loss in enumerate(losses(lr)):
            package.log({"loss": loss, "val/acc": 0.5 + epoch / 10, "odd": float("nan")})
        package.finish()


def mlflow() -> None:
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "1"
    import mlflow as package

    for uri in ("sqlite:///mlflow.db", f"file://{Path.cwd()}/mlruns"):
        package.set_tracking_uri(uri)
        package.create_experiment("digits", artifact_location="mlflow-artifacts:/1")
        package.create_experiment("other", artifact_location="mlflow-artifacts:/2")
        package.set_experiment("digits")
        with package.start_run(run_name="search"):
            for number, (lr, depth, batch) in enumerate([*POINTS, (0.5, 3, 128)]):
                note = "a note" if number == 0 else None
                run = package.start_run(
                    run_name=f"run {number}", nested=True, description=note, tags={"stage": "dev"}
                )
                package.log_params({"lr": lr, "model.depth": depth, "batch size": batch})
                for epoch, loss in enumerate(losses(lr)):
                    metrics = {"loss": loss, "val/acc": 0.5 + epoch / 10}
                    package.log_metrics(metrics, step=epoch)
                if number == 1:
                    package.log_metric("odd", float("nan"), step=3)
                    package.log_metric("big", float("inf"), step=3)
                package.end_run("FAILED" if number == 3 else "FINISHED")
                if number == 3:
                    deleted = package.start_run(run_name="deleted", nested=True)
                    package.end_run()
                    package.delete_run(deleted.info.run_id)
                del run
        package.set_experiment("other")
        with package.start_run(run_name="x"):
            package.log_metric("m", 1.0)
            package.log_param("a", 1)


def tensorboard() -> None:
    from tensorboardX import SummaryWriter
    from torch.utils.tensorboard import SummaryWriter as OfTorch

    for number, (lr, depth, batch) in enumerate(POINTS):
        params = {"lr": lr, "depth": depth, "opt": "adam", "bn": True, "batch size": batch}
        for writer_class, folder in ((SummaryWriter, "tensorboardx"), (OfTorch, "torch")):
            with writer_class(f"{folder}/run{number}") as writer:
                for epoch, loss in enumerate(losses(lr)):
                    writer.add_scalar("loss", loss, epoch)
                    if folder == "torch":
                        writer.add_scalar("val/acc", 0.5 + epoch / 10, epoch, new_style=True)
                        writer.add_scalars("both", {"a": loss, "b": 2 * loss}, epoch)
                    else:
                        writer.add_scalar("val/acc", 0.5 + epoch / 10, epoch)
                writer.add_hparams(params, {"hparam/loss": losses(lr)[-1]})


def ray() -> None:
    import ray as package
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler

    package.init(num_cpus=2, include_dashboard=False, _temp_dir=str(Path.cwd() / "tmp"))

    def train(config):  # type: ignore[no-untyped-def]
        for epoch, loss in enumerate(losses(config["lr"], 4)):
            tune.report({"loss": loss, "val": {"acc": 0.5 + epoch / 10}, "odd": float("nan")})
            if config["model"]["depth"] == 4 and epoch == 1:
                raise ValueError("diverged")

    space = {
        "lr": tune.grid_search([0.1, 0.01, 0.001]),
        "model": {"depth": tune.grid_search([2, 4])},
        "batch size": 16,
    }
    scheduler = ASHAScheduler(max_t=4, grace_period=1, reduction_factor=2)
    settings = tune.TuneConfig(metric="loss", mode="min", scheduler=scheduler)
    storage = tune.RunConfig(name="digits", storage_path=str(Path.cwd()))
    tune.Tuner(train, param_space=space, tune_config=settings, run_config=storage).fit()
    for path in Path("digits").rglob("*"):
        if path.suffix == ".pkl" or path.name.startswith(("basic-variant", ".")):
            path.unlink()
        elif path.name == "error.txt":
            path.write_text(re.sub(r'File "[^"]*/', 'File "', path.read_text()))


PACKED = {
    "wandb": ["wandb"],
    "trackio": ["trackio"],
    "mlflow": ["mlflow.db", "mlruns"],
    "tensorboard": ["tensorboardx", "torch"],
    "ray": ["digits"],
}


def main(kind: str, folder: str) -> None:
    Path(folder).mkdir(parents=True)
    os.chdir(folder)
    if kind == "wandb":  # its killed run takes its whole process group along
        if (child := os.fork()) == 0:
            os.setpgid(0, 0)
            wandb()
            os._exit(0)
        os.waitpid(child, 0)
    else:
        globals()[kind]()
    with tarfile.open(HERE / f"{kind}.tar.xz", "w:xz") as archive:
        for name in PACKED[kind]:
            archive.add(name, filter=_kept)


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without logs, locks and links, and without the name of whoever made it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    dropped = ("/logs", "/latest-run", "requirements.txt", ".lock", ".log")
    return None if entry.name.endswith(dropped) else entry


if __name__ == "__main__":
    main(*sys.argv[1:])
