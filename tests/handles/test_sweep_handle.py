import json

import pytest

import nbsweep
from nbsweep import sweep_config
from nbsweep.errors import NotFoundError, UsageError
from tests.saved_pages import script_of

CONFIG = {
    "method": "grid",
    "name": "demo",
    "metric": {"name": "acc", "goal": "maximize"},
    "parameters": {
        "x": {"values": [1, 2, 3]},
        "opt": {"parameters": {"name": {"values": ["adam"]}}},
    },
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        for step in range(3):
            run.log({"acc": run.config.x * step, "x": "same name as a parameter"})
        if run.config.x == 3:
            raise ValueError("too large")


@pytest.fixture
def sweep():
    sweep_id = nbsweep.sweep(CONFIG, project="p")
    nbsweep.agent(sweep_id, train, show=False)
    return nbsweep.Sweep(sweep_id)


def test_tells_name_project_state_and_config(sweep):
    assert (sweep.name, sweep.project, sweep.state) == ("demo", "p", "FINISHED")
    assert sweep.config["parameters"]["x"] == {"values": [1, 2, 3]}
    assert repr(sweep) == f"<Sweep p/{sweep.id} (FINISHED)>"


def test_a_handle_parses_the_config_once_until_somebody_edits_it(sweep, monkeypatch):
    parses = []

    def parse(config):
        parses.append(config)
        return parsed(config)

    parsed = sweep_config.config.parse
    monkeypatch.setattr(sweep_config.config, "parse", parse)
    monkeypatch.setattr(sweep_config, "parse", parse)
    for _ in range(2):
        assert sweep.best_run().params["x"] == 2
        assert len(sweep.rows()) == len(sweep.config["parameters"]["x"]["values"]) == 3
        sweep.why(1)
        sweep.history()
        sweep.enqueue({"x": 1})
        sweep._repr_mimebundle_()
    assert parses == []
    nbsweep.Sweep(sweep.id).edit({"x": {"values": [1, 2, 3, 4]}})
    parses.clear()
    assert sweep.config["parameters"]["x"] == {"values": [1, 2, 3, 4]}
    assert sweep.stored.config.space is sweep.stored.config.space
    assert len(parses) == 1


def test_runs_hold_params_config_summary_metric_and_history(sweep):
    run = sweep.runs[1]
    assert run.params == {"x": 2, "opt.name": "adam"}
    assert run.config == {"x": 2, "opt": {"name": "adam"}}
    assert run.summary["acc"] == run.metric == 4
    assert [row["acc"] for row in run.history()] == [0, 2, 4]
    assert [row["_step"] for row in run.history()] == [0, 1, 2]
    assert run.duration_s >= 0
    assert "finished" in repr(run)


def test_best_run_is_a_finished_one_even_if_a_failed_one_logged_better(sweep):
    assert [run.metric for run in sweep.runs] == [2, 4, 6]
    assert sweep.best_run().number == 2


def test_best_run_of_an_empty_sweep_is_none():
    assert nbsweep.Sweep(nbsweep.sweep(CONFIG)).best_run() is None


def test_best_run_without_a_metric_says_what_to_do():
    config = {key: value for key, value in CONFIG.items() if key != "metric"}
    with pytest.raises(UsageError, match="has no metric, so no run is best"):
        nbsweep.Sweep(nbsweep.sweep(config)).best_run()


def test_dataframe_has_a_row_per_run_and_keeps_equal_names_apart(sweep):
    frame = sweep.dataframe()
    assert list(frame.index) == [1, 2, 3]
    assert list(frame["config.x"]) == [1, 2, 3]
    assert list(frame["summary.x"]) == ["same name as a parameter"] * 3
    assert list(frame["acc"]) == [2, 4, 6]
    assert list(frame["state"]) == ["finished", "finished", "failed"]
    assert set(frame["opt.name"]) == {"adam"}


def test_dataframe_of_an_empty_sweep_is_empty():
    assert len(nbsweep.Sweep(nbsweep.sweep(CONFIG)).dataframe()) == 0


def test_figures_are_plain_plotly_figures(sweep):
    for figure in (
        sweep.parallel_coordinates(),
        sweep.importance(),
        sweep.history(),
        sweep.slice(),
    ):
        kinds = {kind.__name__ for kind in type(figure).__mro__}
        assert "Figure" in kinds
        assert "FigureWidget" not in kinds  # 5 MB in every saved notebook
        json.loads(figure.to_json())


def test_shows_itself_as_html_and_text(sweep):
    bundle = sweep._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "demo" in bundle["text/html"]
    assert "ValueError: too large" in bundle["text/plain"]


def test_pause_stop_and_cancel_are_refused_once_the_sweep_has_ended(sweep):
    for change in (sweep.pause, sweep.stop, sweep.cancel):
        with pytest.raises(UsageError, match="is finished"):
            change()


def test_unknown_sweep_lists_those_that_exist(sweep):
    with pytest.raises(NotFoundError, match=sweep.id):
        nbsweep.Sweep("nonesuch")


def test_why_explains_a_run_given_as_record_number_or_id(sweep):
    run = sweep.runs[1]
    told = {str(sweep.why(which)) for which in (run, run.number, run.id)}
    assert told == {f"Run 2 ({run.name}): x = 2\n  Point 2 of 3 of the grid."}


def test_why_explains_prior_runs(sweep):
    earlier = sweep.runs[1]
    later = nbsweep.Sweep(nbsweep.sweep(CONFIG, prior_runs=[earlier.id]))
    assert "A prior run" in str(later.why(earlier))
    assert "Its acc was 4." in str(later.why(earlier.id))


def test_why_of_an_unknown_run_is_refused(sweep):
    with pytest.raises(UsageError, match="has no run 99"):
        sweep.why(99)


def test_forecast_says_unknown_without_ground(sweep):
    assert sweep.forecast().suggestion == "unknown"
    assert str(sweep.forecast()) == (
        "Too early to say whether more runs are worth it: that takes 10 runs, 2 have a value of "
        "acc so far."
    )


def test_report_writes_one_file_that_needs_no_network(sweep, tmp_path):
    path = sweep.report(tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<title>demo</title>" in page
    assert "nbsweepFrozen.show(" in script_of(page)
    assert 'src="http' not in page
    assert 'href="http' not in page
    assert len(page.encode()) <= 400_000


def test_report_says_when_the_file_cannot_be_written(sweep, tmp_path):
    with pytest.raises(UsageError) as caught:
        sweep.report(tmp_path / "none" / "report.html")
    assert str(caught.value) == (
        f"report: {str(tmp_path / 'none' / 'report.html')!r} cannot be written: "
        "No such file or directory."
    )
