import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.records import Curve, RunState, SweepState
from nbsweep.view.content import columns, shown_values
from nbsweep.view.picture import CURVE_POINTS, expected_total, last_line, picture


def view_of(sweep, **options):
    options = {"total": None, "now": sweep.now, **options}
    return picture(sweep.snapshot(), sweep.config, **options)


def test_header_says_how_far_the_sweep_is(make_mixed_sweep):
    sweep = make_mixed_sweep(30)
    view = view_of(sweep, total=40, started_at=sweep.now - 100, live=True)
    assert view["sweep"] == {
        "id": "ab12cd34",
        "name": "digits",
        "method": "random",
        "project": "demo",
        "state": "RUNNING",
        "word": "running",
        "message": "",
    }
    progress = view["progress"]
    assert (progress["done"], progress["total"], progress["active"]) == (28, 40, 2)
    assert progress["counts"] == {
        "running": 2,
        "finished": 20,
        "failed": 2,
        "crashed": 2,
        "killed": 2,
        "stopped": 2,
    }
    assert progress["elapsed_s"] == 100
    assert view["metric"] == {"name": "loss", "goal": "minimize", "target": None}


def test_remaining_time_counts_what_has_begun_and_splits_over_workers(make_sweep):
    sweep = make_sweep()
    sweep.add()  # 12 s
    sweep.add(RunState.RUNNING, started_at=sweep.now - 5)
    now = sweep.runs[-1].started_at + 5
    one = view_of(sweep, total=5, now=now)["progress"]["remaining_s"]
    two = view_of(sweep, total=5, now=now, workers=2)["progress"]["remaining_s"]
    assert one == pytest.approx(7 + 3 * 12)
    assert two == pytest.approx(one / 2)


@pytest.mark.parametrize(("total", "live"), [(None, True), (1, True), (5, False)])
def test_no_guess_of_the_remaining_time_without_ground_or_agent(make_sweep, total, live):
    sweep = make_sweep()
    sweep.add()
    assert view_of(sweep, total=total, live=live)["progress"]["remaining_s"] is None


def test_a_retried_suggestion_counts_once(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.CRASHED)
    sweep.add(number=1, attempt=1, id="retry")
    progress = view_of(sweep, total=4)["progress"]
    assert progress["done"] == 1
    assert progress["counts"] == {"finished": 1, "crashed": 1}


def test_best_is_the_best_of_finished_and_stopped_runs(make_sweep):
    sweep = make_sweep()
    for value, run_state in [
        (0.5, RunState.FINISHED),
        (0.3, RunState.STOPPED),
        (0.3, RunState.FINISHED),
        (0.1, RunState.FAILED),
        (0.1, RunState.CRASHED),
        (0.1, RunState.KILLED),
        (0.1, RunState.RUNNING),
        (math.nan, RunState.FINISHED),
    ]:
        sweep.add(run_state, summary={"loss": value})
    best = view_of(sweep)["best"]
    assert (best["number"], best["value"], best["text"]) == (2, 0.3, "0.3000")
    assert best["config"] == sweep.runs[1].config


def test_rows_hold_params_metric_curve_and_time(make_sweep):
    sweep = make_sweep()
    run = sweep.add()
    view = view_of(sweep)
    assert [column["name"] for column in view["columns"]] == [
        "batch_size",
        "dropout",
        "fc_layer_size",
        "learning_rate",
        "optimizer",
    ]
    assert [column["numeric"] for column in view["columns"]] == [True, True, True, True, False]
    assert view["columns"][3]["log"]
    assert view["constants"] == [("epochs", "5")]
    row = view["rows"][0]
    assert row["values"] == [run.params[column["name"]] for column in view["columns"]]
    assert row["texts"][-1] == run.params["optimizer"]
    assert row["metric"] == run.summary["loss"]
    assert row["curve"] == [float(f"{value:.6g}") for value in sweep.curves[run.id].values]
    assert row["duration_s"] == 12
    assert not row["active"]


def test_long_curves_are_thinned(make_sweep):
    sweep = make_sweep()
    run = sweep.add()
    sweep.curves[run.id] = Curve(
        run.id, run.state, tuple(range(1000)), tuple(map(float, range(1000)))
    )
    curve = view_of(sweep)["rows"][0]["curve"]
    assert len(curve) == CURVE_POINTS
    assert (curve[0], curve[-1]) == (0.0, 999.0)


def test_a_run_under_way_shows_the_last_logged_value_and_a_running_clock(make_sweep):
    sweep = make_sweep()
    run = sweep.add(RunState.RUNNING, summary={})
    row = view_of(sweep, now=run.started_at + 3)["rows"][0]
    assert row["metric"] == sweep.curves[run.id].values[-1]
    assert row["duration_s"] == 3
    assert row["active"]


@pytest.mark.parametrize(
    ("logged", "metric", "text"),
    [
        (math.nan, None, "nan"),
        (math.inf, None, "inf"),
        ("0.3", None, "0.3"),
        ({"min": 0.2, "last": 0.4}, 0.2, "0.2000"),
        (None, None, ""),
    ],
)
def test_odd_metric_values_are_shown_as_logged(make_sweep, logged, metric, text):
    sweep = make_sweep()
    sweep.add(summary={"loss": logged})
    row = view_of(sweep)["rows"][0]
    assert (row["metric"], row["metric_text"]) == (metric, text)


def test_missing_params_and_none_params_differ(make_sweep):
    config = {
        "method": "random",
        "parameters": {"a": {"values": [None, 1]}, "b": {"values": [1, 2]}},
    }
    sweep = make_sweep(config)
    sweep.add(params={"a": None})
    row = view_of(sweep)["rows"][0]
    assert row["texts"] == ["None", ""]
    assert row["values"] == [None, None]


def test_texts_of_categories_stay_apart(make_sweep):
    models = [f"bert-base-multilingual-{i}-cased-finetuned" for i in range(9)]
    config = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"model": {"values": models}},
    }
    sweep = make_sweep(config)
    for model in models:
        sweep.add(params={"model": model})
    texts = [row["texts"][0] for row in view_of(sweep)["rows"]]
    assert len(set(texts)) == 9
    assert texts[3] == "…ngual-3-cased-finetuned"


def test_headings_and_names_of_parameters_stay_apart(make_sweep):
    names = [f"optimizer_config.{part}_of_the_encoder_{i}.rate" for part in "ab" for i in range(6)]
    law = {"min": 0.0, "max": 1.0}
    parameters = dict.fromkeys(names, law)
    sweep = make_sweep({"method": "random", "metric": {"name": "loss"}, "parameters": parameters})
    sweep.add()
    view = view_of(sweep)
    headings = [column.heading for column in columns(view, view["rows"])]
    assert len(set(headings)) == len(headings)
    assert max(map(len, headings)) <= 24
    pairs, more = shown_values(view, view["rows"][0])
    assert len({name for name, _ in pairs}) == len(pairs) == 12 - more


def test_without_a_metric_there_is_no_best(make_sweep):
    sweep = make_sweep({"method": "grid", "parameters": {"a": {"values": [1, 2]}}})
    sweep.add()
    view = view_of(sweep)
    assert view["metric"] is None
    assert view["best"] is None
    assert view["notes"] == []


@pytest.mark.parametrize(
    ("sweep_state", "states", "live", "total", "word"),
    [
        (SweepState.PENDING, [], False, None, "no runs yet"),
        (SweepState.PENDING, [], True, None, "running"),
        (SweepState.RUNNING, [RunState.RUNNING], False, None, "running"),
        (SweepState.RUNNING, [RunState.FINISHED], False, 3, "idle"),
        (SweepState.RUNNING, [RunState.FINISHED], False, 1, "done"),
        (SweepState.PAUSED, [RunState.RUNNING], True, None, "paused"),
        (SweepState.FINISHED, [RunState.RUNNING], True, None, "finishing"),
        (SweepState.FINISHED, [RunState.FINISHED], False, None, "finished"),
        (SweepState.CANCELED, [RunState.KILLED], False, None, "canceled"),
    ],
)
def test_the_word_for_the_state(make_sweep, sweep_state, states, live, total, word):
    sweep = make_sweep(sweep_state=sweep_state)
    for run_state in states:
        sweep.add(run_state)
    assert view_of(sweep, live=live, total=total)["sweep"]["word"] == word


def test_a_message_replaces_the_reason_of_the_end(make_sweep):
    sweep = make_sweep(sweep_state=SweepState.FINISHED, end_reason="grid exhausted")
    assert view_of(sweep)["sweep"]["message"] == "grid exhausted"
    assert view_of(sweep, message="interrupted")["sweep"]["message"] == "interrupted"


def test_failures_with_one_last_line_are_one(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.FAILED)
    sweep.add(RunState.FAILED, error="KeyError: 'lr'")
    sweep.add(RunState.FAILED)
    failures = view_of(sweep)["failures"]
    assert [(failure["text"], failure["runs"]) for failure in failures] == [
        ("ValueError: loss is NaN", [1, 3]),
        ("KeyError: 'lr'", [2]),
    ]
    assert failures[0]["traceback"].startswith("Traceback (most recent call last):")
    assert view_of(sweep)["rows"][1]["note"] == "KeyError: 'lr'"


def test_the_last_line_names_the_exception_whatever_its_message_holds():
    frame = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n    ~^^\n'
    assert (
        last_line(frame + "RuntimeError: CUDA\nOut of memory.\n  at 0x1\n") == "RuntimeError: CUDA"
    )
    assert last_line(frame + "A: 1\n\nThe above …:\n\n" + frame + "B: 2\n") == "B: 2"
    assert last_line("ValueError: x") == "ValueError: x"
    assert last_line(None) == ""
    assert len(last_line("E: " + "x" * 10_000)) == 300


def test_a_metric_that_nobody_logs_is_pointed_out_with_the_closest_names(make_sweep):
    sweep = make_sweep()
    sweep.add(RunState.RUNNING, summary={"val_loss": 1.0})
    assert view_of(sweep)["notes"] == []  # it may still come
    sweep.add(summary={"val_loss": 1.0, "acc": 0.5, "_step": 3})
    assert view_of(sweep)["notes"] == [
        'No run has logged "loss", the metric of this sweep. Logged were: "val_loss". '
        "Log it under the name of the metric, or name one of these in the config."
    ]
    sweep.add(summary={"loss": 1.0})
    assert view_of(sweep)["notes"] == []


def test_a_sweep_whose_runs_log_nothing_says_so(make_sweep):
    sweep = make_sweep()
    sweep.add(summary={})
    assert view_of(sweep)["notes"] == [
        'No run has logged "loss", the metric of this sweep: they logged nothing at all.'
    ]


def test_rows_of_ended_runs_are_made_once(make_sweep):
    sweep = make_sweep()
    sweep.add()
    sweep.add(RunState.RUNNING)
    rows = {}
    first = view_of(sweep, rows=rows)
    second = view_of(sweep, rows=rows)
    assert second["rows"][0] is first["rows"][0]
    assert second["rows"][1] is not first["rows"][1]
    sweep.replace(0, dataclasses.replace(sweep.runs[0], notes="changed"))
    assert view_of(sweep, rows=rows)["rows"][0] is not first["rows"][0]


def test_one_version_gives_one_state_but_for_the_clock(make_mixed_sweep):
    sweep = make_mixed_sweep(30)
    early, late = view_of(sweep, total=40), view_of(sweep, total=40, now=sweep.now + 60)

    def timeless(view):
        rows = [
            {**row, "duration_s": 0 if row["active"] else row["duration_s"]} for row in view["rows"]
        ]
        progress = {**view["progress"], "elapsed_s": 0, "remaining_s": 0}
        return {**view, "now": 0, "rows": rows, "progress": progress}

    assert timeless(early) == timeless(late)


PARAM_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(values=st.lists(PARAM_VALUES, min_size=2, max_size=4), metric=PARAM_VALUES)
def test_the_state_is_strict_json_whatever_the_values(make_sweep, values, metric):
    config = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"a": {"values": [1, 2]}, "b": {"values": [1, 2]}},
    }
    sweep = make_sweep(config)
    sweep.add(params=dict(zip("ab", values, strict=False)), summary={"loss": metric, "x": metric})
    view = view_of(sweep)
    assert json.loads(json.dumps(view, allow_nan=False)) == json.loads(json.dumps(view))


def test_expected_total_of_a_grid_leaves_out_what_prior_runs_have_tried(make_sweep):
    sweep = make_sweep({"method": "grid", "parameters": {"a": {"values": [1, 2, 3]}}})
    snapshot = sweep.snapshot()
    prior = [{"run_id": "r", "params": {"a": a}, "value": None} for a in (2, 2, 7)]
    record = dataclasses.replace(snapshot.sweep, prior=prior)
    assert expected_total(dataclasses.replace(snapshot, sweep=record), sweep.config) == 2


def test_expected_total_is_the_tightest_limit(make_sweep):
    grid = {"method": "grid", "parameters": {"a": {"values": [1, 2, 3]}}}
    assert expected_total(make_sweep(grid).snapshot(), make_sweep(grid).config) == 3
    assert expected_total(make_sweep(grid).snapshot(), make_sweep(grid).config, 2) == 2
    sweep = make_sweep()
    assert expected_total(sweep.snapshot(), sweep.config) is None
    sweep.add()
    assert expected_total(sweep.snapshot(), sweep.config, 4) == 5
    capped = make_sweep({**sweep.config.source, "run_cap": 3})
    assert expected_total(capped.snapshot(), capped.config, 10) == 3


def test_a_change_of_the_training_code_is_said_with_the_run_it_begins_at(make_sweep):
    sweep = make_sweep()
    for version in ("a", "a", "b", "b", "c"):
        sweep.add(code_hash=version, summary={"loss": 1.0})
    assert view_of(sweep)["notes"] == [
        "The training code changed during this sweep, so its runs may not compare: "
        "new versions from run 3, 5 on."
    ]


def test_runs_of_one_code_version_need_no_note(make_sweep):
    sweep = make_sweep()
    for version in (None, "a", "a"):
        sweep.add(code_hash=version, summary={"loss": 1.0})
    assert view_of(sweep)["notes"] == []
