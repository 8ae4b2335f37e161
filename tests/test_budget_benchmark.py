"""What `make bench-budget` measures with: simulated time, recorded curves, and its page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.budget import measures, report
from benchmarks.budget.families import SHAPES, synthetic
from benchmarks.budget.ours import Ours
from benchmarks.budget.simulator import Run, Trace, simulate
from benchmarks.budget.sources import LONGER, NEAREST, Params, Source, Training, of_table
from benchmarks.budget.tables import FOLDER, Table, load, save
from benchmarks.budget.tasks import DESIGN, TASKS
from benchmarks.budget.two_objectives import SECOND, measured
from nbsweep.sweep_config import parse


def _trainings(params: Any) -> list[Training]:
    """Four epochs of `s` seconds, from 4·end down to the end."""
    found = []
    for p in params:
        values = p["end"] * np.array([4.0, 3.0, 2.0, 1.0])
        found.append(Training(values, values, np.full(4, p["s"]), p["end"]))
    return found


SOURCE = Source("made up", "synthetic", {}, 4, "minimize", _trainings, 0.0)


class Script:
    """Hands out what it was given; stops runs by id when some run shows its n-th value."""

    def __init__(
        self,
        work: list[Params | str],
        stops: dict[tuple[str, int], list[str]] | None = None,
        cut: tuple[float, float] | None = None,
    ) -> None:
        self.work, self.stops, self.limit = list(work), stops or {}, cut
        self.runs: dict[str, Run] = {}
        self.log: list[tuple[str, float]] = []

    def next(self, now: float) -> Run | Params | None:
        if not self.work:
            return None
        found = self.work.pop(0)
        return self.runs[found] if isinstance(found, str) else found

    def started(self, run: Run, now: float) -> None:
        self.runs[run.id] = run

    def showed(self, run: Run, now: float) -> list[str]:
        return self.stops.get((run.id, len(run.shown)), [])

    def ended(self, run: Run, now: float) -> None:
        self.log.append((f"{run.id} {run.state}", now))

    def cut(self, run: Run, now: float) -> tuple[float, float] | None:
        return self.limit


def test_every_epoch_is_counted_at_its_time() -> None:
    trace = simulate(SOURCE, Script([{"end": 2.0, "s": 1.0}, {"end": 1.0, "s": 10.0}]))
    assert trace.at.tolist() == [1, 2, 3, 4, 14, 24, 34, 44]
    assert trace.best.tolist() == [8, 6, 4, 2, 2, 2, 2, 1]
    assert (trace.epochs_to(2.0), trace.seconds_to(1.0), trace.epochs_to(0.5)) == (4, 44.0, None)
    assert (trace.best_after(2), trace.best_after(99), trace.busy_s) == (6.0, 1.0, 44.0)


def test_workers_train_side_by_side_and_a_budget_of_epochs_ends_all() -> None:
    work: list[Params | str] = [{"end": 1.0, "s": 1.0}, {"end": 2.0, "s": 1.5}]
    trace = simulate(SOURCE, Script(work), workers=2, epochs=5)
    assert trace.at.tolist() == [1, 1.5, 2, 3, 3]
    assert [len(run.shown) for run in trace.runs] == [3, 2]


def test_the_run_that_shows_its_value_stops_at_once_and_others_at_their_next() -> None:
    script = Script(
        [{"end": 1.0, "s": 1.0}, {"end": 2.0, "s": 1.5}], {("r0000", 1): ["r0000", "r0001"]}
    )
    trace = simulate(SOURCE, script, workers=2)
    assert script.log == [("r0000 stopped", 1.0), ("r0001 stopped", 1.5)]
    assert len(trace.at) == 2


def test_a_stopped_run_goes_on_where_it_was() -> None:
    work: list[Params | str] = [{"end": 1.0, "s": 1.0}, "r0000"]
    trace = simulate(SOURCE, Script(work, {("r0000", 3): ["r0000"]}))
    (run,) = trace.runs
    assert (run.continued, run.shown, run.state) == ([3], [4.0, 3.0, 2.0, 1.0], "finished")


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (None, [("r0000 finished", 12.0)]),  # who has no cut trains on beyond the deadline
        ((5.5, 8.0), [("r0000 cut", 6.0)]),  # asked: ends at its next value
        ((7.0, 7.5), [("r0000 cut", 7.5)]),  # no value comes in time: interrupted
    ],
)
def test_a_deadline_begins_nothing_and_ends_what_is_cut(
    cut: tuple[float, float] | None, expected: list[tuple[str, float]]
) -> None:
    script = Script([{"end": 1.0, "s": 3.0}, {"end": 1.0, "s": 3.0}], cut=cut)
    trace = simulate(SOURCE, script, seconds=5.0)
    assert script.log[0] == expected[0]
    assert trace.runs[0].ended_s == expected[0][1]
    assert len(trace.runs) == (1 if expected[0][1] >= 5.0 else 2)


@pytest.mark.parametrize(
    ("method", "rule", "trainings"),
    [("random", {"type": "asha", "eta": 3}, 3), ("bayes", {"type": "auto", "thaw": True}, 2)],
)
def test_ours_stops_runs_keeps_the_budget_and_repeats_itself(
    method: str, rule: dict[str, Any], trainings: int
) -> None:
    (source,) = synthetic(["crossing"])
    traces: list[Trace] = []
    for _ in range(2):
        config = source.config(method, early_terminate=rule)
        traces.append(simulate(source, Ours(source, config, 3), epochs=trainings * source.epochs))
    first, second = traces
    assert len(first.at) == trainings * source.epochs == sum(len(run.shown) for run in first.runs)
    assert len(first.runs) > trainings
    assert "stopped" in {run.state for run in first.runs}
    assert [run.params for run in first.runs] == [run.params for run in second.runs]
    assert [run.shown for run in first.runs] == [run.shown for run in second.runs]


def test_ours_shows_the_product_what_a_store_would() -> None:
    (source,) = synthetic(["diverging"])
    ours = Ours(source, source.config("bayes", early_terminate={"type": "auto"}), 0)
    params = ours.next(0.0)
    assert isinstance(params, dict)
    run = Run("r0000", params, source.trainings([params])[0], [1.0, 0.5, np.nan, np.nan])
    run.seconds, run.state = 7.0, "stopped"
    ours.started(run, 0.0)
    observation = ours._observation(run)
    assert (observation.value, observation.state.value, observation.duration_s) == (
        None,
        "stopped",
        7.0,
    )
    assert observation.curve is not None
    assert (observation.curve.values, observation.curve.diverged) == ((1.0, 0.5), 2)


@pytest.mark.parametrize("name", SHAPES)
def test_families_end_where_their_params_say_and_repeat_themselves(name: str) -> None:
    (source,) = synthetic([name])
    best = {"lr": 10**-2.2, "size": 48, "decay": 10**-3.5, "kind": "a"}
    first, again, poor = source.trainings([best, best, best | {"lr": 1e-4}])
    assert np.array_equal(first.shown, again.shown)
    assert first.true[-1] == pytest.approx(source.optimum, abs=0.05)
    assert poor.true[-1] > first.true[-1] + 0.2
    assert first.seconds.sum() == pytest.approx(50 * 4.0)


def test_warm_restarts_jump_up_and_come_back() -> None:
    (source,) = synthetic(["warm_restarts"])
    for kind, restarts in (("a", [7, 21]), ("b", [12, 25, 38])):
        (training,) = source.trainings([{"lr": 0.01, "size": 48, "decay": 1e-3, "kind": kind}])
        rises = np.flatnonzero(np.diff(training.true) > 0.2) + 1
        assert rises.tolist() == restarts
        assert all(training.true[at - 1] <= training.true[: at - 1].min() for at in restarts)


def test_late_bloomers_look_bad_until_half_of_their_time_is_over() -> None:
    (source,) = synthetic(["late_bloomers"])
    best = {"lr": 10**-2.2, "size": 48, "decay": 10**-3.5, "kind": "a"}
    bloomer, other = source.trainings([best, best | {"lr": 1e-1}])
    assert (bloomer.true[5:25] > other.true[5:25]).all()
    assert bloomer.true[-1] < other.true[-1]


def test_tables_are_whole_and_small() -> None:
    recorded = sorted(path.stem for path in FOLDER.glob("*.npz"))
    assert recorded == sorted(task.name for task in TASKS)
    assert set(DESIGN) < set(recorded)
    assert len(recorded) - len(DESIGN) >= 3
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 3_000_000
    for task in TASKS:
        table = load(task)
        assert table.values.shape == table.seconds.shape == (len(table.params), task.epochs)
        assert len(table.params) >= 400
        assert task.epochs >= 50
        trained = np.isfinite(table.values)
        assert (table.seconds[trained] > 0).all()
        assert trained[:, 0].mean() > 0.9
        space = parse({"method": "random", "parameters": task.parameters}).space
        for params in table.params[:20]:
            assert all(p.distribution.contains(params[p.name]) for p in space)


def test_a_table_answers_with_the_nearest_recorded_curves() -> None:
    pytest.importorskip("sklearn")
    task = next(task for task in TASKS if task.name == "sgd_wine")
    table = load(task)
    source = of_table(table)
    found = source.trainings(table.params[:50])
    assert [training.key[0] for training in found] == list(range(50))  # itself is the nearest
    near = table.values[list(found[7].key)]
    assert len(near) == NEAREST
    assert ((near.min(axis=0) <= found[7].shown) & (found[7].shown <= near.max(axis=0))).all()
    assert np.abs(found[7].shown - near[0]).mean() < np.abs(found[8].shown - near[0]).mean()
    assert (found[7].seconds <= LONGER * table.seconds[list(found[7].key)].max(axis=0) + 1e-9).all()
    assert source.optimum <= source.level(30) < source.level(10)
    assert (source.regret(source.optimum), source.regret(99.0)) == (0.0, 1.0)


def test_a_config_beside_one_that_diverged_diverges() -> None:
    pytest.importorskip("sklearn")
    table = load(next(task for task in TASKS if task.name == "mlp_diabetes"))
    (row, *_) = np.flatnonzero(np.isnan(table.values).any(axis=1))
    (training,) = of_table(table).trainings([table.params[row]])
    assert training.key == (row,)
    assert np.array_equal(training.shown, table.values[row], equal_nan=True)
    assert np.isfinite(training.seconds).all()


def test_a_run_comes_to_its_best_value_where_the_mode_says_so() -> None:
    assert SOURCE.value([3.0, 1.0, 2.0]) == 2.0
    assert replace(SOURCE, mode="best").value([3.0, 1.0, np.nan]) == 1.0
    assert replace(SOURCE, mode="best", goal="maximize").value([3.0, 4.0, 2.0]) == 4.0


def test_what_is_saved_is_loaded(tmp_path: Any) -> None:
    task = TASKS[0]
    values = np.array([[0.123456, 1e9, np.nan], [2.0, np.inf, 3.0]])
    save(Table(task, [{"a": 1}, {"a": None}], values, np.ones((2, 3))), tmp_path)
    back = load(task, tmp_path)
    assert back.params == [{"a": 1}, {"a": None}]
    assert np.allclose(back.values, values, rtol=3e-4, equal_nan=True)
    assert np.array_equal(back.seconds, np.ones((2, 3)))


def test_a_best_run_that_was_stopped_is_noticed() -> None:
    runs = []
    for number, (end, state) in enumerate([(1.0, "stopped"), (2.0, "finished")]):
        training = _trainings([{"end": end, "s": 1.0}])[0]
        runs.append(Run(f"r{number}", {}, training, state=state))
    trace = Trace(SOURCE, runs, np.array([]), np.array([]))
    assert measures.best_kept(trace) is False
    runs[0].state = "running"
    assert measures.best_kept(trace) is True


def _line(searcher: str, seed: int, to30: float | None, regret: float) -> dict[str, Any]:
    return {
        "measure": "search", "searcher": searcher, "source": "sgd_wine", "seed": seed, "budget": 10,
        "to10": 1.0, "to30": to30, "time_to10": 1.0, "time_to30": to30, "best_kept": True,
        "cpu_s": 1.0, "regret5": regret, "regret10": regret,
    }  # fmt: skip


def test_the_page_says_what_was_met_and_what_was_not() -> None:
    found = [_line("bayes", 0, 9.0, 0.1), _line("bayes + auto", 0, 4.0, 0.15)]
    found += [_line("bayes", 1, None, 0.1), _line("bayes + auto, thaw", 0, 2.0, 0.1)]
    rows = report.targets(report.Results(found))
    assert rows[2] == (
        "| epochs to random search's level after 30 trainings (a training counts 50) | ≤ 250 | "
        "bayes + auto, thaw 100 (100% there); bayes + auto 200 (100% there); "
        "bayes ≥ 475 (50% there) | met |"
    )
    assert (
        "| +0.050 on sgd_wine after 5 trainings; behind on sgd_wine | **not met** |"
        in "\n".join(rows)
    )
    assert "| 50% fewer (100 to 200) | met |" in "\n".join(rows)
    assert rows[3] == (
        "| regret after 5 trainings' worth of epochs | ≤ 0.83 of bayes' (0.35 / 0.42) | "
        "1.50: bayes + auto 0.150, bayes + auto, thaw 0.100, bayes 0.100 | **not met** |"
    )
    page = report.page(report.Results(found), {"SMAC multi-fidelity": "No module named smac"})
    assert "SMAC multi-fidelity was skipped: No module named smac." in page


@pytest.mark.parametrize("second", SECOND)
def test_two_objectives_are_measured_against_letting_all_runs_go_on(second):
    whole = measured("none", "crossing", second, 0, 12)
    assert (whole.saved, whole.volume, whole.lost) == (0.0, 1.0, 0)
    asha = measured("asha", "crossing", second, 0, 12)
    assert asha == measured("asha", "crossing", second, 0, 12)
    assert 0.4 < asha.saved < 0.95
    assert 0.0 < asha.volume <= 1.0
    assert asha.front == whole.front >= 1
    assert asha.lost or asha.volume == 1.0
