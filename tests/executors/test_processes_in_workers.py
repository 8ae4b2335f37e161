"""Processes that training code starts in a worker process: as in a script."""

import concurrent.futures
import multiprocessing
import os
import sys

import pytest

import nbsweep
from nbsweep.executors import offspring
from nbsweep.runs import session
from tests.runs import processes_of_runs as inside

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1]}},
}
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="fork is POSIX's"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch, repository):
    monkeypatch.setenv("PYTHONPATH", str(repository))
    nbsweep.setup(f"sqlite:///{tmp_path}/a.db")
    yield
    nbsweep.setup(None)


def one_run(train, executor="processes", **more):
    sweep = nbsweep.Sweep(nbsweep.sweep({**CONFIG, **more}))
    nbsweep.agent(sweep.id, train, executor=executor, show=False)
    assert [run for run in session.store().runs() if run.sweep_id is None] == [], "a stray run"
    (run,) = sweep.runs
    assert run.error is None
    return run


def losses(run):
    return sorted(row["loss"] for row in run.history() if "loss" in row)


def test_processes_and_pools_of_every_start_method():
    def train():
        with nbsweep.init() as run:
            run.log({"default": multiprocessing.get_start_method()})
            process = multiprocessing.Process(target=inside.rank, args=(1,))
            process.start()
            process.join()
            assert process.exitcode == 0
            for method in ("fork", "spawn", "forkserver"):
                with multiprocessing.get_context(method).Pool(1) as pool:
                    assert pool.map(inside.log_one if method == "fork" else inside.square, [3])

    run = one_run(train)
    default = multiprocessing.get_context().get_start_method()
    assert run.summary["default"] == default
    assert losses(run) == [1.1, 1.2, 1.3, 3.0]


def test_what_the_notebook_defines_travels_on_to_spawned_processes():
    """It came to the worker by value, so a child could not find it by its name."""

    class Squares:
        def __getitem__(self, index):
            return index * index

    def third(squares):
        return squares[3]

    def train():
        with nbsweep.init() as run:
            context = multiprocessing.get_context("spawn")
            with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
                run.log({"loss": pool.submit(third, Squares()).result()})

    assert losses(one_run(train)) == [9]


def test_joblib_and_pools_that_are_left_open_let_the_worker_end():
    joblib = pytest.importorskip("joblib", reason="comes with scikit-learn")
    del joblib

    def train():
        from joblib import Parallel, delayed

        with nbsweep.init():
            assert Parallel(n_jobs=2)(delayed(inside.square)(i) for i in range(3)) == [0, 1, 4]
            Parallel(n_jobs=2)(delayed(inside.rank)(i) for i in (1, 2))

    assert losses(one_run(train)) == [1.1, 1.2, 1.3, 2.1, 2.2, 2.3]


def test_a_start_method_that_the_notebook_chose_is_the_workers_too(monkeypatch):
    monkeypatch.setattr("nbsweep.executors.processes.chosen_start_method", lambda: "spawn")

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0, "default": multiprocessing.get_start_method()})

    assert one_run(train).summary["default"] == "spawn"


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["processes", "threads"])
def test_loaders_with_workers(executor):
    pytest.importorskip("torch", reason='pip install "nbsweep[tutorial]"')

    def train():
        from torch.utils.data import DataLoader

        with nbsweep.init() as run:
            for values in DataLoader(range(8), batch_size=4, num_workers=2):
                run.log({"loss": float(values.sum())})

    assert losses(one_run(train, executor)) == [6.0, 22.0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # theirs and torch's
def test_notebook_launcher_of_accelerate_logs_from_all_ranks_or_the_main_one(monkeypatch):
    pytest.importorskip("accelerate", reason="pip install accelerate")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def train():
        from accelerate import Accelerator, notebook_launcher

        def on_each():
            accelerator = Accelerator(cpu=True)
            nbsweep.log({"rank": accelerator.process_index})
            if accelerator.is_main_process:
                nbsweep.log({"loss": 0.5})

        with nbsweep.init():
            notebook_launcher(on_each, num_processes=2)

    run = one_run(train, "threads")
    assert losses(run) == [0.5]
    assert sorted(row["rank"] for row in run.history() if "rank" in row) == [0, 1]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # theirs and torch's
def test_lightnings_strategy_for_notebooks_logs_from_the_first_rank():
    pytest.importorskip("lightning", reason="pip install lightning")

    def train():
        import lightning
        import torch

        class Module(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(1, 1)

            def training_step(self, batch, _):
                loss = self.layer(batch).square().mean()
                if self.global_rank == 0:
                    nbsweep.log({"loss": float(loss)})
                return loss

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.1)

        with nbsweep.init():
            trainer = lightning.Trainer(
                accelerator="cpu",
                devices=2,
                strategy="ddp_notebook",
                max_epochs=1,
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
            trainer.fit(Module(), torch.utils.data.DataLoader(torch.ones(6, 1), batch_size=1))

    assert len(losses(one_run(train, "threads"))) == 3


# Daemonic workers, as Dask's are


def test_a_daemonic_worker_may_have_children_while_a_run_is_under_way(monkeypatch):
    config = multiprocessing.current_process()._config
    monkeypatch.setitem(config, "daemon", True)
    with offspring.may_have_children():
        assert not multiprocessing.current_process().daemon
    assert multiprocessing.current_process().daemon


def test_an_error_of_a_daemonic_worker_names_the_setting():
    assert offspring.hint("ValueError: no") == ""
    text = "AssertionError: daemonic processes are not allowed to have children\n"
    assert offspring.hint(text) == (
        "\nThis worker is a daemonic process, which may not start others. On Dask set "
        "distributed.worker.daemon: False before the cluster starts, or load data with "
        "num_workers=0."
    )


def test_classes_of_modules_travel_by_their_name():
    assert offspring._reduce(None, dict) is NotImplemented
    assert offspring._reduce(None, inside.square) is NotImplemented
    assert offspring._reduce(None, 3) is NotImplemented
    load, (payload,) = offspring._reduce(None, lambda: 3)
    assert load(payload)() == 3
    assert "__main__" in sys.modules
