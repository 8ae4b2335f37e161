"""Early termination from `log` to the stored end of a run."""

import threading
import time

import pytest

import nbsweep
from nbsweep.control import controller
from nbsweep.errors import StoreError
from nbsweep.records import HistoryRow, Observation, RunEnd, RunRecord, RunState
from nbsweep.runs import judge as stopping
from nbsweep.runs import session
from nbsweep.runs.identity import new_id
from nbsweep.sweep_config import parse, parse_early_terminate
from nbsweep.view.picture import picture

HYPERBAND = {"type": "hyperband", "min_iter": 2, "eta": 3}


@pytest.fixture(autouse=True, params=["memory", "sqlite"])
def store(request, tmp_path, monkeypatch):
    urls = {"memory": f"memory://{tmp_path}", "sqlite": f"sqlite:///{tmp_path}/runs.db"}
    nbsweep.setup(urls[request.param])
    # However busy the machine: a verdict is waited for, so that counts below are exact.
    monkeypatch.setattr(stopping, "LONGEST_WAIT_S", 30.0)
    monkeypatch.setattr(stopping, "FREE_WAIT_S", 300.0)
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


def make(*values, **changes):
    config = {
        "method": "grid",
        "metric": {"name": "loss"},
        "parameters": {"x": {"values": list(values)}},
        "early_terminate": HYPERBAND,
        **changes,
    }
    return nbsweep.sweep(config, project="p")


def train():
    with nbsweep.init() as run:
        for _ in range(10):
            run.log({"loss": run.config.x})


def judge_of(store, sweep_id):
    config = parse(store.sweep(sweep_id).config)
    return stopping.Judge(store, sweep_id, config.metric, config.early_terminate)


def run_agent(sweep_id, function=train, **arguments):
    nbsweep.agent(sweep_id, function, show=False, **arguments)
    return nbsweep.Sweep(sweep_id)


@pytest.mark.parametrize("executor", ["threads", "inline"])
def test_a_run_that_is_worse_ends_at_the_band_with_its_metric_and_the_reason(executor, store):
    sweep = run_agent(make(1.0, 2.5, 0.5), executor=executor)
    first, second, third = sweep.runs
    assert (first.state, len(first.history())) == ("finished", 10)
    assert (second.state, len(second.history()), second.metric) == ("stopped", 2, 2.5)
    assert (third.state, len(third.history())) == ("finished", 10)
    assert second.stop_reason == "band 2: 2.5 is worse than 1, top 1/3 of 2 runs"
    assert store.run(second.id).exit_code == 0
    assert second.error is None
    assert first.stop_reason is third.stop_reason is None
    assert sweep.best_run().number == 3
    rows = picture(sweep.snapshot(curves=True), parse(sweep.config), total=3, now=0.0)["rows"]
    assert [row["note"] for row in rows] == ["", second.stop_reason, ""]


def test_what_early_termination_ended_is_no_failure_for_the_agent():
    sweep = run_agent(make(0.0, *range(1, 8)))
    assert [run.state for run in sweep.runs] == ["finished"] + 7 * ["stopped"]
    assert sweep.state == "FINISHED"


def test_a_metric_to_maximize_and_nested_keys_are_read_as_the_sweep_reads_them():
    metric = {"name": "val.acc", "goal": "maximize"}
    sweep_id = make(0.75, 0.5, 0.875, metric=metric)

    def nested():
        with nbsweep.init() as run:
            for _ in range(4):
                run.log({"other": 1})
                run.log({"val": {"acc": float("nan")}})
                run.log({"val": {"acc": run.config.x}})

    runs = run_agent(sweep_id, nested).runs
    assert [(run.state, len(run.history())) for run in runs] == [
        ("finished", 12),  # grids run in the order of the list
        ("stopped", 6),
        ("finished", 12),
    ]
    assert runs[1].stop_reason == "band 2: 0.5 is worse than 0.75, top 1/3 of 2 runs"


def test_median_ends_a_run_once_enough_others_have_ended():
    rule = {"type": "median", "min_iter": 3, "interval": 4, "min_runs": 2}
    sweep = run_agent(make(1.0, 2.0, 9.0, early_terminate=rule))
    assert [(run.state, len(run.history())) for run in sweep.runs] == [
        ("finished", 10),
        ("finished", 10),
        ("stopped", 3),
    ]


def test_asha_judges_a_run_once_at_each_rung_among_runs_side_by_side():
    """The first run is let past rung 2; the better second one does not bring it down there."""
    rule = {"type": "asha", "min_iter": 2, "eta": 2, "max_iter": 4}
    first_is_past, second_is_past = threading.Event(), threading.Event()

    def in_turns():
        with nbsweep.init() as run:
            if run.config.x == 1.0:
                first_is_past.wait(20)
            for i in range(6):
                run.log({"loss": run.config.x})
                if i == 2 and run.config.x == 2.0:
                    first_is_past.set()
                    second_is_past.wait(20)
            second_is_past.set()

    sweep = run_agent(make(2.0, 1.0, early_terminate=rule), in_turns, workers=2)
    assert [run.state for run in sweep.runs] == ["finished", "finished"]
    again = run_agent(make(1.0, 2.0, early_terminate=rule))
    assert [(run.state, len(run.history())) for run in again.runs] == [
        ("finished", 10),
        ("stopped", 2),
    ]
    assert again.runs[1].stop_reason == "rung 2: 2 is worse than 1, the best of 2 runs"


def test_a_run_that_was_let_past_is_ended_when_later_ones_tighten_the_threshold():
    """The second look at the same band is W&B's, and needs no further value at a band."""
    let_past, judged = threading.Event(), threading.Event()

    def in_turns():
        with nbsweep.init() as run:
            if run.config.x == 1.0:
                let_past.wait(20)
            run.log({"loss": run.config.x})
            run.log({"loss": run.config.x})
            if run.config.x == 2.0:
                let_past.set()
                judged.wait(20)
                run.log({"loss": run.config.x})
            judged.set()

    sweep = run_agent(make(2.0, 1.0), in_turns, workers=2)
    first = sweep.runs[0]
    assert (first.state, first.metric) == ("stopped", 2.0)
    assert sweep.runs[1].state == "finished"


def test_bayes_learns_from_what_a_stopped_run_showed(monkeypatch):
    seen = []
    suggest = controller.search.suggest

    def spy(config, observations, pending, rng):
        seen.append(list(observations))
        return suggest(config, observations, pending, rng)

    monkeypatch.setattr(controller.search, "suggest", spy)
    sweep_id = make(method="bayes", seed=1, parameters={"x": {"min": 0.0, "max": 1.0}}, run_cap=3)
    values = iter([1.0, 2.5, 0.5])

    def worse_in_the_second():
        with nbsweep.init() as run:
            value = next(values)
            for _ in range(5):
                run.log({"loss": value})

    sweep = run_agent(sweep_id, worse_in_the_second)
    second = sweep.runs[1]
    stopped = [o for o in seen[-1] if o.state is RunState.STOPPED]
    assert stopped == [Observation(second.params, 2.5, RunState.STOPPED, second.origin)]


def test_a_run_elsewhere_is_asked_to_stop_through_the_store_once(store):
    """Whoever looks may decide: neither run belongs to this process."""
    sweep_id = make(1.0, 2.0)
    for number in (1, 2):
        run = RunRecord(
            id=new_id(),
            project="p",
            sweep_id=sweep_id,
            number=number,
            state=RunState.RUNNING,
            params={"x": float(number)},
            agent_id="elsewhere",
        )
        store.claim_run(run)
        rows = [HistoryRow(step, 0.0, {"loss": float(number)}) for step in range(2)]
        store.append_history(run.id, "elsewhere", rows, summary=None, at=1.0)
    judge = judge_of(store, sweep_id)
    judge.decide()
    first, second = store.snapshot(sweep_id).runs
    assert first.stop_requested is None
    assert second.stop_requested == "band 2: 2 is worse than 1, top 1/3 of 2 runs"
    assert second.stop_state is RunState.STOPPED
    version = store.snapshot(sweep_id).version
    judge.decide()
    judge_of(store, sweep_id).decide()
    assert store.snapshot(sweep_id).version == version


def test_a_store_that_fails_is_asked_again_later(store, monkeypatch, caplog):
    sweep_id = make(1.0)
    judge = judge_of(store, sweep_id)

    def fail(*args, **kwargs):
        raise StoreError("disk full")

    monkeypatch.setattr(store, "snapshot", fail)
    judge.decide()
    assert "early termination waits: disk full" in caplog.text


def test_waiting_for_verdicts_takes_a_small_share_of_a_runs_time(monkeypatch):
    now, waits = [0.0], []

    class SlowWriter:
        def flush_soon(self, wait_s):
            waits.append(len(rows))
            now[0] += 0.06

    monkeypatch.setattr(stopping.session, "writer", SlowWriter)
    monkeypatch.setattr(stopping, "FREE_WAIT_S", 0.1)
    rule = parse_early_terminate({"type": "median"})
    rows = []
    counter = stopping.Counter(rows.append, rule, "loss", clock=lambda: now[0])
    for step in range(4):
        counter((step, 0.0, {"loss": 1.0}))
    assert waits == [1, 2]
    now[0] += 10.0  # of training allow for another wait
    counter((4, 0.0, {"loss": 1.0}))
    counter((5, 0.0, {"other": 1.0}))
    assert waits == [1, 2, 5]
    assert len(rows) == 6


def test_runs_in_worker_processes_are_ended_where_they_are_judged(store):
    if store.url.startswith("memory"):
        pytest.skip("other processes see no memory store")

    def slowly():
        with nbsweep.init() as run:
            for _ in range(10):
                run.log({"loss": run.config.x})
                time.sleep(0.02)  # the verdict takes milliseconds; a busy machine some more

    sweep = run_agent(make(1.0, 2.0), slowly, executor="processes")
    assert [run.state for run in sweep.runs] == ["finished", "stopped"]
    assert sweep.runs[1].stop_reason == "band 2: 2 is worse than 1, top 1/3 of 2 runs"
    assert sweep.runs[1].metric == 2.0


@pytest.mark.parametrize(
    "block",
    [
        HYPERBAND,
        {"type": "asha", "min_iter": 2, "max_iter": 20},
        {"type": "median", "min_iter": 2, "min_runs": 2},
    ],
    ids=["hyperband", "asha", "median"],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 10**400])
def test_a_run_that_shows_no_finite_value_is_ended(block, value):
    def train():
        with nbsweep.init() as run:
            for _ in range(10):
                run.log({"loss": value if run.config.x == 3 else 1.0})

    sweep = run_agent(make(1, 2, 3, early_terminate=block), train)
    assert [(run.state, len(run.history())) for run in sweep.runs] == [
        ("finished", 10),
        ("finished", 10),
        ("stopped", 2),
    ]
    assert "NaN or infinity" in sweep.runs[2].stop_reason
    assert sweep.best_run().number == 1


def test_a_run_that_recovers_is_judged_by_its_finite_values():
    logged = {1: [1.0] * 6, 2: [float("nan"), 0.5, float("nan"), 0.5, 0.5, 0.5]}

    def train():
        with nbsweep.init() as run:
            for value in logged[run.config.x]:
                run.log({"loss": value})

    sweep = run_agent(make(1, 2, early_terminate={**HYPERBAND, "min_iter": 3}), train)
    assert [run.state for run in sweep.runs] == ["finished", "finished"]
    curve = sweep.snapshot(curves=True).curves[sweep.runs[1].id]
    assert (curve.values, curve.diverged) == ((0.5,) * 4, 0)


def test_the_preview_ends_diverged_runs_too():
    def train():
        with nbsweep.init() as run:
            for _ in range(10):
                run.log({"loss": float("nan") if run.config.x == 2 else 1.0})

    sweep = run_agent(make(1, 2, early_terminate={**HYPERBAND, "min_iter": 100}), train)
    found = sweep.early_termination_preview(**HYPERBAND)
    assert [(stop.number, stop.iteration, stop.saved) for stop in found.stops] == [(2, 2, 8)]
    assert (found.runs, found.iterations) == (2, 20)


AUTO = {"type": "auto"}
ENDS = (0.9, 0.2, 0.5, 0.35, 0.7, 0.8)


def falls_to_its_x(seconds=0.0):
    with nbsweep.init() as run:
        for k in range(1, 41):
            run.log({"loss": run.config.x + 0.8 * k**-0.8})
            time.sleep(seconds)


@pytest.fixture
def unhurried(monkeypatch):
    monkeypatch.setattr(stopping, "FREE_MODEL_S", 300.0)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("method", ["grid", "custom"])
def test_auto_ends_what_cannot_become_the_best_and_says_why(method):
    ends = iter(ENDS)
    search = (
        (lambda *_: {"x": x} if (x := next(ends, None)) else None) if method == "custom" else None
    )
    sweep_id = make(*ENDS, early_terminate=AUTO, method=method)
    sweep = run_agent(sweep_id, falls_to_its_x, search=search, count=6)
    states = [run.state for run in sweep.runs]
    assert states[:2] == ["finished", "finished"]
    assert states[2:] == 4 * ["stopped"]
    assert sweep.best_run().number == 2
    for run in sweep.runs[2:]:
        assert len(run.history()) < 35
        assert run.stop_reason.startswith("ends at ")
        assert "; chance to beat 0.2418: " in run.stop_reason


@pytest.mark.usefixtures("unhurried")
def test_auto_works_with_bayes_and_with_runs_side_by_side():
    sweep_id = make(
        early_terminate=AUTO, method="bayes", seed=1, parameters={"x": {"min": 0.0, "max": 1.0}}
    )
    sweep = run_agent(sweep_id, falls_to_its_x, count=8, workers=2)
    states = [run.state for run in sweep.runs]
    assert "stopped" in states
    assert sweep.best_run().state == "finished"
    best = min(run.config["x"] for run in sweep.runs)
    assert sweep.best_run().config["x"] == best


@pytest.mark.usefixtures("unhurried")
def test_auto_ends_runs_in_worker_processes(store):
    if store.url.startswith("memory"):
        pytest.skip("other processes see no memory store")

    def waits_for_the_verdict():
        with nbsweep.init() as run:
            for k in range(1, 31):
                run.log({"loss": run.config.x + 0.8 * k**-0.8})
                for _ in range(1000 if run.config.x > 0.2 and k == 20 else 0):
                    if run.stop_reason is None:
                        time.sleep(0.02)

    sweep = run_agent(
        make(0.2, 0.8, early_terminate=AUTO), waits_for_the_verdict, executor="processes"
    )
    assert [run.state for run in sweep.runs] == ["finished", "stopped"]
    assert sweep.runs[1].stop_reason.startswith("ends at ")


def under_way(store, sweep_id, number, end, iterations, agent_id="elsewhere"):
    run = RunRecord(
        id=new_id(),
        project="p",
        sweep_id=sweep_id,
        number=number,
        state=RunState.RUNNING,
        params={"x": end},
        agent_id=agent_id,
    )
    store.claim_run(run)
    show(store, run, range(iterations))
    return run


def show(store, run, steps):
    rows = [HistoryRow(k, 0.0, {"loss": run.params["x"] + 0.8 * (k + 1) ** -0.8}) for k in steps]
    store.append_history(run.id, run.agent_id, rows, summary=None, at=1.0)


def test_auto_ends_a_run_elsewhere_once(store):
    sweep_id = make(*ENDS, early_terminate=AUTO)
    run_agent(sweep_id, falls_to_its_x, count=2)
    run = under_way(store, sweep_id, 3, 0.9, 20)
    judge = judge_of(store, sweep_id)
    judge.decide()
    asked = store.run(run.id)
    assert asked.stop_state is RunState.STOPPED
    assert asked.stop_requested.startswith("ends at ")
    version = store.snapshot(sweep_id).version
    judge_of(store, sweep_id).decide()
    assert store.snapshot(sweep_id).version == version


def test_a_model_is_asked_when_a_run_is_due_and_for_a_share_of_the_time(store, monkeypatch):
    sweep_id = make(*ENDS, early_terminate=AUTO)
    run_agent(sweep_id, falls_to_its_x, count=1)
    run = under_way(store, sweep_id, 2, 0.1, 40)
    now, asked = [0.0], []

    def slow_stops(config, curves, judged, params, due):
        asked.append((set(due), params[run.id], len(curves), config.early_terminate.type))
        now[0] += 0.6
        return []

    monkeypatch.setattr(stopping, "stops", slow_stops)
    monkeypatch.setattr(stopping, "FREE_MODEL_S", 1.0)
    config = parse(store.sweep(sweep_id).config)
    clocks = {"clock": lambda: now[0], "cpu_clock": lambda: now[0]}
    judge = stopping.Judge(store, sweep_id, config.metric, config.early_terminate, **clocks)
    judge.decide()
    assert asked == [({run.id}, {"x": 0.1}, 2, "auto")]
    judge.decide()
    show(store, run, range(40, 41))
    judge.decide()
    assert len(asked) == 1  # it is due at 42 again
    show(store, run, range(41, 42))
    judge.decide()
    assert len(asked) == 2
    show(store, run, range(42, 60))
    judge.decide()
    assert len(asked) == 3
    show(store, run, range(60, 80))
    judge.decide()
    assert len(asked) == 3  # 1.2 s after the first, of 1.0 s and a twentieth of the time
    now[0] += 60.0
    judge.decide()
    assert len(asked) == 4


def test_a_model_is_asked_again_when_another_run_has_ended(store, monkeypatch):
    sweep_id = make(*ENDS, early_terminate=AUTO)
    run = under_way(store, sweep_id, 1, 0.9, 20)
    other = under_way(store, sweep_id, 2, 0.1, 40)
    asked = []
    monkeypatch.setattr(stopping, "stops", lambda *arguments: asked.append(arguments[-1]) or [])
    judge = judge_of(store, sweep_id)
    judge.decide()
    judge.decide()
    assert asked == [{run.id, other.id}]
    store.finish_run(other.id, "elsewhere", RunEnd(RunState.FINISHED, {}, {}, 0, 2.0))
    judge.decide()
    assert asked[1:] == [{run.id}]


@pytest.mark.usefixtures("unhurried")
def test_the_preview_tells_what_auto_would_have_stopped():
    sweep = run_agent(make(*ENDS), falls_to_its_x)
    preview = sweep.early_termination_preview(**AUTO)
    assert [stop.number for stop in preview.stops] != []
    assert preview.keeps_best
    assert preview.saved > 40
    assert all(stop.reason.startswith("ends at ") for stop in preview.stops)
