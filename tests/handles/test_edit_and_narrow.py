"""Changing the search space of a sweep, and going on in a smaller one."""

import threading

import pytest

import nbsweep
from nbsweep.errors import ConfigError, UsageError

CONFIG = {
    "method": "bayes",
    "name": "demo",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "x": {"min": 0.0, "max": 10.0},
        "kind": {"values": ["a", "b"]},
    },
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        run.log({"loss": abs(run.config.x - 3.0)})


def made(config=CONFIG, count=8, **changes):
    sweep_id = nbsweep.sweep({**config, **changes}, project="p")
    if count:
        nbsweep.agent(sweep_id, train, count=count, show=False)
    return nbsweep.Sweep(sweep_id)


def observations(sweep):
    """How many values the newest suggestion of the surrogate rested on."""
    return sweep.runs[-1].origin["observations"]


def test_an_edit_is_followed_by_the_next_suggestions_and_keeps_the_history():
    sweep = made()
    sweep.edit({"x": {"min": 2.0, "max": 4.0}})
    assert sweep.config["parameters"]["x"]["max"] == 4.0
    nbsweep.agent(sweep.id, train, count=4, show=False)
    assert len(sweep.runs) == 12
    assert all(2.0 <= run.params["x"] <= 4.0 for run in sweep.runs[8:])
    inside = sum(2.0 <= run.params["x"] <= 4.0 for run in sweep.runs[:-1])
    assert observations(sweep) == inside
    record = sweep.snapshot().sweep
    assert [edit["after_run"] for edit in record.edits] == [8]
    assert record.edits[0]["text"] == "x: 0 to 10 → 2 to 4"


def test_a_wider_range_keeps_all_runs():
    sweep = made()
    sweep.edit({"x": {"max": 20.0}})
    nbsweep.agent(sweep.id, train, count=1, show=False)
    assert observations(sweep) == 8


def test_an_agent_at_work_notices_at_its_next_suggestion():
    sweep_id = nbsweep.sweep({**CONFIG, "method": "random"})
    edited = threading.Event()

    def train_and_edit():
        with nbsweep.init() as run:
            run.log({"loss": run.config.x})
            if run.config.x < 100 and not edited.is_set():
                nbsweep.Sweep(sweep_id).edit({"x": {"min": 500.0, "max": 600.0}})
                edited.set()

    nbsweep.agent(sweep_id, train_and_edit, count=4, show=False)
    found = [run.params["x"] for run in nbsweep.Sweep(sweep_id).runs]
    assert found[0] <= 10.0
    assert all(500.0 <= x <= 600.0 for x in found[1:])


def test_an_edited_grid_hands_out_each_of_its_points_once():
    parameters = {"x": {"values": [1, 2, 3]}, "kind": {"values": ["a", "b"]}}
    sweep = made(count=3, method="grid", parameters=parameters)  # (x, kind): kind, x sorted
    first = [(run.params["kind"], run.params["x"]) for run in sweep.runs]
    assert first == [("a", 1), ("a", 2), ("a", 3)]
    sweep.edit({"x": {"values": [4, 3, 2]}})
    nbsweep.agent(sweep.id, train, show=False)
    points = [(run.params["kind"], run.params["x"]) for run in sweep.runs]
    assert points[3:] == [("a", 4), ("b", 4), ("b", 3), ("b", 2)]
    assert sweep.state == "FINISHED"


def test_the_total_of_an_edited_grid_counts_the_points_that_were_left_behind():
    from nbsweep import sweep_config
    from nbsweep.view.picture import expected_total

    parameters = {"x": {"values": [1, 2, 3]}, "kind": {"values": ["a", "b"]}}
    sweep = made(count=3, method="grid", parameters=parameters)
    sweep.edit({"x": {"values": [4, 3, 2]}})
    snapshot = sweep.snapshot()
    assert expected_total(snapshot, sweep_config.parse(sweep.config)) == 7


def test_a_crashed_run_outside_of_the_new_space_is_not_tried_again():
    sweep = made(count=0, method="random", retry={"failed": 3})

    def fail():
        with nbsweep.init():
            raise ValueError("no")

    nbsweep.agent(sweep.id, fail, count=1, show=False)
    sweep.edit({"x": {"min": 20.0, "max": 30.0}})
    nbsweep.agent(sweep.id, train, count=1, show=False)
    assert [run.number for run in sweep.runs] == [1, 2]


def test_two_handles_that_edit_other_parameters_both_count():
    sweep = made(count=0)
    other = nbsweep.Sweep(sweep.id)
    sweep.edit({"x": {"max": 5.0}})
    other.edit({"kind": {"value": "a"}})
    assert sweep.config["parameters"] == other.config["parameters"]
    assert sweep.config["parameters"]["x"]["max"] == 5.0
    assert sweep.config["parameters"]["kind"] == {"value": "a"}


def test_an_edit_that_loses_a_race_begins_again(monkeypatch):
    sweep = made(count=0)
    store, edit = sweep.store, sweep.store.edit_sweep
    rival = iter([lambda: edit(sweep.id, {**CONFIG, "run_cap": 9}, {"text": ""}, seen_edits=0)])

    def late(*args, **given):
        next(rival, lambda: None)()
        return edit(*args, **given)

    monkeypatch.setattr(store, "edit_sweep", late)
    sweep.edit({"x": {"max": 5.0}})
    assert sweep.config["run_cap"] == 9
    assert sweep.config["parameters"]["x"]["max"] == 5.0
    assert len(store.sweep(sweep.id).edits) == 2


def test_an_edit_that_changes_nothing_is_not_written():
    sweep = made(count=0)
    version = sweep.snapshot().version
    sweep.edit({"x": {"max": 10.0}})
    assert sweep.snapshot().version == version


def test_a_wrong_edit_is_refused_and_nothing_is_written():
    sweep = made(count=0)
    with pytest.raises(ConfigError, match=r"parameters\.x: min 0\.0 is not below max -1"):
        sweep.edit({"x": {"max": -1}})
    assert sweep.config["parameters"]["x"]["max"] == 10.0


def test_views_follow_an_edit():
    from nbsweep.view.live import LiveView

    sweep = made()
    from nbsweep import sweep_config

    class Seen:
        states = ()

        def begin(self, state):
            self.states = [state]

        def update(self, state):
            self.states.append(state)

        def end(self, state, plots):
            self.states.append(state)

        def message(self, text):
            pass

    seen = Seen()
    view = LiveView(
        sweep.stored.snapshots(curves=True), sweep_config.parse(sweep.config), display=seen
    )
    view.start()
    sweep.edit({"kind": {"value": "a"}})
    view.stop()
    first, last = seen.states[0], seen.states[-1]
    assert [column["name"] for column in first["columns"]] == ["kind", "x"]
    assert [column["name"] for column in last["columns"]] == ["x"]
    assert {len(row["texts"]) for row in last["rows"]} == {1}
    assert last["notes"] == ['Ranges changed after run 8: kind: "a", "b" → always "a".']


def test_a_narrower_sweep_reuses_the_runs_inside():
    sweep = made()
    child = sweep.narrow({"x": (0.0, 6.0), "kind": ["a"]})
    assert child.changes == ("x: 0 to 10 → 0 to 6", 'kind: "a", "b" → always "a"')
    inside = [r.id for r in sweep.runs if r.params["x"] <= 6.0 and r.params["kind"] == "a"]
    assert list(child.prior_runs) == inside
    assert len(nbsweep.Sweep(sweep.id).runs) == 8
    new = nbsweep.Sweep(child.create())
    assert (new.name, new.project) == ("demo, narrowed", "p")
    assert [entry["run_id"] for entry in new.snapshot().sweep.prior] == inside
    nbsweep.agent(new.id, train, count=3, show=False)
    assert all(run.params["x"] <= 6.0 and run.params["kind"] == "a" for run in new.runs)
    assert observations(new) == len(inside) + 2


def test_the_code_of_a_narrower_sweep_makes_an_equal_one():
    sweep = made()
    child = sweep.narrow({"x": (0.0, 6.0)})
    names = {"nbsweep": nbsweep}
    exec(child.code, names)
    twin, new = nbsweep.Sweep(names["sweep_id"]), nbsweep.Sweep(child.create())
    assert twin.config == new.config
    assert twin.project == new.project
    assert twin.snapshot().sweep.prior == new.snapshot().sweep.prior


def test_the_code_can_be_read():
    child = made(count=0).narrow({"x": (1, 6)})
    assert repr(child) == (
        f"A narrower sweep than {child.parent_id}:\n"
        "  x: 0 to 10 → 1 to 6\n"
        "\n"
        "sweep_config = {\n"
        '    "method": "bayes",\n'
        '    "name": "demo, narrowed",\n'
        '    "metric": {"name": "loss", "goal": "minimize"},\n'
        '    "parameters": {\n'
        '        "x": {"distribution": "uniform", "min": 1.0, "max": 6.0},\n'
        '        "kind": {"values": ["a", "b"]},\n'
        "    },\n"
        "}\n"
        'sweep_id = nbsweep.sweep(sweep_config, project="p")'
    )
    assert "<li>x: 0 to 10 → 1 to 6</li>" in child._repr_html_()


def test_narrow_goes_by_runs():
    sweep = made(count=10)
    best = sorted(sweep.runs, key=lambda run: run.metric)[:3]
    child = sweep.narrow(runs=best)
    low, high = (child.config["parameters"]["x"][key] for key in ("min", "max"))
    found = sorted(run.params["x"] for run in best)
    assert 0.0 <= low <= found[0] < found[-1] <= high <= 10.0
    assert {run.id for run in best} <= set(child.prior_runs)
    given = sweep.narrow({"x": (2.0, 4.0)}, runs=[run.id for run in best])
    assert given.config["parameters"]["x"]["min"] == 2.0


def test_random_sweeps_learn_nothing_and_say_so():
    child = made(method="random").narrow({"x": (1, 6)})
    assert child.prior_runs == ()
    assert "earlier runs do not count: random draws learn nothing" in child.summary


def test_narrow_says_what_is_missing():
    sweep = made(count=1)
    with pytest.raises(UsageError) as caught:
        sweep.narrow()
    assert str(caught.value) == (
        'narrow: nothing would be narrower. Give ranges, such as narrow({"learning_rate": '
        "(0.001, 0.01)}), or runs=panel.selected."
    )
    with pytest.raises(UsageError, match=r"narrow: 1 runs show no range\. Give at least 2\."):
        sweep.narrow(runs=[1])


RELATED = {
    "parameters": {
        "optimizer": {"values": ["adam", "sgd"]},
        "momentum": {"min": 0.0, "max": 0.9, "when": {"optimizer": "sgd"}},
        "model": {"values": ["small", "medium", "large"]},
        "width": {"values": [64, 128, 256]},
        "x": {"min": 0.0, "max": 10.0},
    },
    "zip": ["model", "width"],
    "initial_points": [{"x": 9.5}],
}


def test_relations_survive_an_edit_and_a_narrower_sweep():
    sweep = made(**RELATED)
    assert sweep.runs[0].params["x"] == 9.5
    child = sweep.narrow({"x": (0.0, 5.0), "momentum": (0.2, 0.4), "width": [64, 128]})
    assert child.config["parameters"]["momentum"]["when"] == {"optimizer": "sgd"}
    assert child.config["parameters"]["model"] == {"values": ["small", "medium"]}
    assert "initial_points" not in child.config  # it had its run, and lies outside
    new = nbsweep.Sweep(child.create())
    nbsweep.agent(new.id, train, count=4, show=False)
    for run in new.runs:
        assert ("momentum" in run.params) == (run.params["optimizer"] == "sgd")
        assert run.params["width"] == {"small": 64, "medium": 128}[run.params["model"]]
    sweep.edit({"momentum": {"values": [0.1, 0.5]}, "x": {"max": 5.0}})
    assert sweep.config["parameters"]["momentum"] == {
        "when": {"optimizer": "sgd"},
        "values": [0.1, 0.5],
    }
    nbsweep.agent(sweep.id, train, count=2, show=False)
    assert all(run.params["x"] <= 5.0 for run in sweep.runs[8:])


def test_a_zip_of_which_nothing_is_left_is_refused():
    sweep = made(count=0, **RELATED)
    with pytest.raises(ConfigError) as caught:
        sweep.narrow({"model": ["small"], "width": [256]})
    assert str(caught.value) == (
        "parameters.model: no row of the zip model, width is left. Keep more values."
    )
