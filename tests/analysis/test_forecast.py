"""Is it worth going on?, in words."""

import pytest

from nbsweep.analysis.forecast import _heading, _verdict, forecast
from nbsweep.analysis.learning_curves import CurveForecast, forecast_curves
from nbsweep.records import RunState
from nbsweep.search.outlook import NoOutlook, Outlook
from tests.made_up_sweeps import CONFIG, FakeSweep


@pytest.fixture
def sweep():
    made = FakeSweep()
    for _ in range(30):
        made.add()
    made.add(RunState.RUNNING)
    return made


def test_a_sweep_with_runs_gets_a_verdict_and_its_runs_a_forecast(sweep):
    found = forecast(sweep.snapshot(), sweep.config)
    assert found.suggestion in ("go on", "stop")
    assert found.gain.based_on == 30
    assert [one.run_id for one in found.runs] == [sweep.runs[-1].id]
    assert found.sentences[0].startswith("Run 31 is heading for a loss of ")
    assert str(found) == f"{found.verdict}\n  {found.sentences[0]}"
    assert found.verdict in found._repr_html_()
    assert forecast(sweep.snapshot(), sweep.config) == found


def test_without_ground_it_says_unknown():
    sweep = FakeSweep()
    sweep.add()
    found = forecast(sweep.snapshot(), sweep.config)
    assert (found.suggestion, found.gain, found.runs) == ("unknown", None, ())
    assert found.verdict == (
        "Too early to say whether more runs are worth it: that takes 10 runs, 1 has a value of "
        "loss so far."
    )


def test_prior_runs_count_as_they_do_for_the_search(sweep):
    prior = [
        {"run_id": r.id, "params": r.params, "value": r.summary["loss"], "state": r.state.value}
        for r in sweep.runs[:30]
    ]
    later = FakeSweep(prior=prior)
    assert forecast(later.snapshot(), later.config).gain.based_on == 30
    later.add()
    later.add(RunState.RUNNING)
    best = min(entry["value"] for entry in prior)
    (heading,) = forecast_curves(later.curves, best=best)
    assert forecast(later.snapshot(), later.config).runs == (heading,)


def test_the_metrics_mode_decides_which_value_counts():
    """The last loss is the same for all runs; with mode "best" the lowest one counts."""
    by_mode, plain = (
        FakeSweep({**CONFIG, "metric": {**CONFIG["metric"], **mode}})
        for mode in ({"mode": "best"}, {})
    )
    for number in range(1, 31):
        low = plain.add().summary["loss"]
        by_mode.add(number=number, summary={"loss": 5, "loss.min": low})
    expected = forecast(plain.snapshot(), plain.config)
    assert expected.gain.based_on == 30
    assert forecast(by_mode.snapshot(), by_mode.config).gain == expected.gain


@pytest.mark.parametrize(
    ("found", "suggestion", "verdict"),
    [
        (
            Outlook(10, 0.0123456, 0.0, 0.03, 0.64, little=0.001, based_on=20),
            "go on",
            "Worth going on: the next 10 runs should improve the best loss by about 0.012 (likely "
            "between 0 and 0.03); a better run comes with a chance of 64 %.",
        ),
        (
            Outlook(10, 0.0001, 0.0, 0.0, 0.003, little=0.001, based_on=20),
            "stop",
            "You may stop here: the next 10 runs should improve the best loss by less than 0.001, "
            "which is 1 % of the gap between a typical run and the best one.",
        ),
        (
            Outlook(10, 0.0001, 0.0, 0.0, 0.0, 0.001, 20, rest_runs=35, rest_gain=0.2),
            "go on",
            "Worth going on: the next 10 runs should improve the best loss by less than 0.001, "
            "which is 1 % of the gap between a typical run and the best one; but the 35 points of "
            "the grid after them by about 0.2.",
        ),
        (
            NoOutlook("Nothing is left to try: all points of the grid have a run.", is_done=True),
            "stop",
            "Nothing is left to try: all points of the grid have a run.",
        ),
    ],
)
def test_the_verdict_in_words(found, suggestion, verdict):
    assert _verdict(found, "loss") == (suggestion, verdict)


def test_a_run_without_a_chance_may_be_stopped(sweep):
    run = sweep.runs[-1]
    heading = CurveForecast(run.id, 6, 19, 0.5, 0.4, 0.6, 0.002, like_others=True)
    assert _heading(run, heading, "loss") == (
        "Run 31 is heading for a loss of 0.5 (likely between 0.4 and 0.6) at step 19, as finished "
        "runs did; its chance of becoming the best is below 1 %, so it may be stopped."
    )
