import dataclasses

from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord
from nbsweep.search.evidence import Evidence
from nbsweep.sweep_config import parse

CONFIG = parse(
    {
        "method": "random",
        "metric": {"name": "loss", "goal": "minimize", "target": 0.1},
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
        "retry": {"crashed": 1, "failed": 1},
    }
)

SWEEP = SweepRecord("s", "p", None, {}, 0)


def run(number, state=RunState.FINISHED, loss=None, attempt=0):
    summary = {} if loss is None else {"loss": loss}
    return RunRecord(
        id=f"{number}-{attempt}",
        project="p",
        sweep_id="s",
        number=number,
        attempt=attempt,
        state=state,
        params={"x": number},
        summary=summary,
    )


def evidence(*snapshots):
    known = Evidence(CONFIG, SWEEP)
    for version, runs in enumerate(snapshots):
        known.update(Snapshot(SWEEP, tuple(runs), {}, version, 0.0))
    return known


def test_runs_under_way_are_pending_and_become_observations_when_they_end():
    first = evidence([run(1, RunState.RUNNING)])
    assert [s.params["x"] for s in first.pending] == [1]
    assert first.observations == []
    then = evidence([run(1, RunState.RUNNING)], [run(1, loss=0.5), run(2, RunState.PENDING)])
    assert [(o.params["x"], o.value, o.state) for o in then.observations] == [(1, 0.5, "finished")]
    assert [s.params["x"] for s in then.pending] == [2]


def test_only_the_last_attempt_counts():
    crashed, again = run(1, RunState.CRASHED), run(1, RunState.RUNNING, attempt=1)
    known = evidence([crashed], [crashed, again])
    assert known.observations == []
    assert len(known.pending) == 1
    assert known.latest[1].attempt == 1


def test_a_run_that_somebody_wants_again_is_requested_until_its_next_attempt_is_there():
    ended = dataclasses.replace(run(1, loss=0.5), retry_requested=True)
    asked = evidence([run(1, loss=0.5)], [ended])
    assert set(asked.requested) == {1}
    assert not asked.retryable
    assert [o.value for o in asked.observations] == [0.5], "it counts until it is tried again"
    again = evidence([ended], [ended, run(1, RunState.RUNNING, attempt=1)])
    assert not again.requested


def test_retryable_until_the_allowed_attempts_are_used():
    crashed = run(1, RunState.CRASHED)
    assert set(evidence([crashed]).retryable) == {1}
    assert not evidence([crashed, run(1, RunState.CRASHED, attempt=1)]).retryable
    assert not evidence([run(1, RunState.KILLED)]).retryable
    assert set(evidence([run(1, RunState.FAILED)]).retryable) == {1}


def test_preempted_runs_are_always_handed_out_again():
    assert set(evidence([run(1, RunState.PREEMPTED, attempt=5)]).retryable) == {1}


def test_run_at_the_target_is_named_even_while_it_runs():
    assert evidence([run(1, loss=0.5)]).target_run is None
    known = evidence([run(1, loss=0.5), run(2, RunState.RUNNING, loss=0.1)])
    assert known.target_run.number == 2
    assert known.value_at_target == 0.1


def test_incremental_reading_equals_reading_at_once():
    runs = [run(n, RunState.RUNNING) for n in range(1, 6)]
    ended = [dataclasses.replace(r, state=RunState.FINISHED, summary={"loss": 1.0}) for r in runs]
    mixed = [*ended[:3], *runs[3:]]
    stepwise, at_once = evidence(runs[:2], runs, mixed), evidence(mixed)
    assert stepwise.observations == at_once.observations
    assert stepwise.pending == at_once.pending


def test_prior_runs_come_first_and_are_no_runs_of_the_sweep():
    prior = [
        {"run_id": "a", "params": {"x": 1}, "value": 0.05, "state": "finished"},
        {"run_id": "b", "params": {"x": 2}, "value": 0.4, "state": "failed"},
        {"run_id": "c", "params": {"x": 3}, "value": 0.3},
    ]
    sweep = dataclasses.replace(SWEEP, prior=prior)
    known = Evidence.of(Snapshot(sweep, (run(1, loss=0.5),), {}, 1, 0.0), CONFIG)
    assert [(o.params["x"], o.value, o.state) for o in known.observations] == [
        (1, 0.05, "finished"),
        (2, 0.4, "failed"),
        (3, 0.3, "finished"),
        (1, 0.5, "finished"),
    ]
    assert known.observations[0].origin == {"method": "prior", "run_id": "a"}
    assert set(known.latest) == {1}
    assert known.target_run is None


def test_a_prior_run_that_logged_another_metric_is_no_failure():
    prior = [{"run_id": "a", "params": {"x": 1}, "value": None, "state": "stopped"}]
    known = Evidence(CONFIG, dataclasses.replace(SWEEP, prior=prior))
    assert known.observations[0].state is RunState.KILLED


def test_the_best_value_is_that_of_the_runs_that_count():
    prior = [{"run_id": "a", "params": {"x": 1}, "value": 0.4, "state": "failed"}]
    sweep = dataclasses.replace(SWEEP, prior=prior)
    runs = (run(1, loss=0.5), run(2, RunState.STOPPED, loss=0.7), run(3, RunState.KILLED, loss=0.2))
    assert Evidence.of(Snapshot(sweep, runs, {}, 1, 0.0), CONFIG).best == 0.5
    earlier = dataclasses.replace(sweep, prior=[{**prior[0], "state": "finished"}])
    assert Evidence.of(Snapshot(earlier, runs, {}, 1, 0.0), CONFIG).best == 0.4
    assert Evidence(CONFIG, SWEEP).best is None


def test_in_an_edited_sweep_only_runs_inside_of_the_space_are_evidence():
    edited = dataclasses.replace(SWEEP, edits=[{"at": 0.0}])
    runs = (run(1, loss=0.5), run(2, loss=0.2), run(3, RunState.RUNNING))
    known = Evidence.of(Snapshot(edited, runs, {}, 1, 0.0), CONFIG)  # x ends at 1
    assert [o.params["x"] for o in known.observations] == [1]
    assert (known.best, known.pending, known.is_busy) == (0.5, [], True)


def test_prior_runs_have_the_values_of_all_metrics_in_their_order():
    several = [{"name": "ms", "at_most": 20}, {"name": "acc", "goal": "maximize"}, {"name": "loss"}]
    config = parse(
        {"method": "bayes", "metrics": several, "parameters": {"x": {"min": 0.0, "max": 9.0}}}
    )
    entry = {"run_id": "a", "params": {"x": 1.0}, "value": 0.9, "values": {"acc": 0.9, "ms": 3.0}}
    old = {"run_id": "b", "params": {"x": 1.0}, "value": 0.9}
    known = Evidence(config, dataclasses.replace(SWEEP, prior=[entry, old]))
    assert [o.values for o in known.observations] == [(3.0, 0.9, None), (None, 0.9, None)]
    assert Evidence(CONFIG, dataclasses.replace(SWEEP, prior=[entry])).observations[0].values == ()
