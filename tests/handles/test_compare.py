"""Comparing sweeps, parts of one, and two runs."""

import functools
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nbsweep
from nbsweep.analysis.charts.run_curves import collect_run_curves
from nbsweep.analysis.frame import MISSING
from nbsweep.analysis.run_differences import (
    code_difference,
    config_differences,
    metric_differences,
)
from nbsweep.control.code_hash import code_hash, source
from nbsweep.errors import UsageError
from nbsweep.handles.comparing import Comparison
from nbsweep.handles.run_comparison import CONSOLE_LINES, RunComparison
from nbsweep.records import Goal, HistoryRow
from nbsweep.runs import kept_code, session

PARAMETERS = {"lr": {"min": 0.0, "max": 1.0}, "opt": {"values": ["adam", "sgd"]}}


def config(name="one", method="random", **more):
    return {
        "method": method,
        "name": name,
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": PARAMETERS,
        **more,
    }


def penalty(opt):
    return 3.0 if opt == "sgd" else 0.0


def train():
    with nbsweep.init() as run:
        for step in range(3):
            run.log({"loss": penalty(run.config.opt) + run.config.lr / (step + 1), "up": step})
        print(f"lr <{run.config.lr:.3f}>")


def made(name="one", runs=8, function=train, method="random"):
    sweep_id = nbsweep.sweep(config(name, method, seed=1))
    nbsweep.agent(sweep_id, function, count=runs, show=False)
    return nbsweep.Sweep(sweep_id)


def rows(rng, shift=0.0, n=20):
    return [{"lr": rng.random(), "loss": shift + rng.random()} for _ in range(n)]


def refusal(*things, **options):
    with pytest.raises(UsageError) as caught:
        nbsweep.compare(*things, **options)
    return str(caught.value)


# Sweeps


def test_sweeps_are_compared_by_handle_id_label_or_list():
    one, two = made("one", 6), made("two", 8)
    for things in ([one, two], [[one.id, two.id]], [{"one": one, "two": two.id}]):
        found = nbsweep.compare(*things)
        assert isinstance(found, Comparison)
        assert found.budget == 6
        assert {row["group"]: row["runs"] for row in found.table} == {"one": 6, "two": 8}
    assert nbsweep.Sweep(one.id).compare(two).table == nbsweep.compare(one, two).table
    again = nbsweep.compare(one, one)
    assert {row["group"] for row in again.table} == {"one", "one (2)"}


def test_tables_and_seeds_of_a_method_are_compared():
    rng = np.random.default_rng(0)
    found = nbsweep.compare(
        {
            "adam": [pd.DataFrame(rows(rng)) for _ in range(4)],
            "sgd": [rows(rng, shift=0.5) for _ in range(4)],
        },
        metric="loss",
    )
    assert found.found.by_sweeps
    assert [row["sweeps"] for row in found.table] == [4, 4]
    assert found.sentences[0].startswith("adam is better than sgd by 0.5")
    assert found.sentences[0].endswith("3 of 100 such differences come by chance.")


def test_files_are_compared():
    rng = np.random.default_rng(0)
    for name in ("a.csv", "b.csv"):
        pd.DataFrame(rows(rng)).to_csv(name, index=False)
    found = nbsweep.compare("a.csv", "b.csv", metric="loss")
    assert {row["group"] for row in found.table} == {"The table a.csv", "The table b.csv"}


def test_a_parameter_splits_a_sweep():
    found = nbsweep.compare(made(runs=20), by="opt")
    assert {row["group"] for row in found.table} == {"opt adam", "opt sgd"}
    assert sum(row["runs"] for row in found.table) == 20
    assert found.sentences[0].startswith("opt adam is better than opt sgd by ")
    assert found.differences[0].difference == pytest.approx(3.0, abs=0.5)


def test_versions_of_the_code_split_a_sweep():
    sweep = made(runs=5)

    def other():
        with nbsweep.init() as run:
            run.log({"loss": 9 + run.config.lr})

    nbsweep.agent(sweep.id, other, count=4, show=False)
    first, second = (sweep.runs[i].code_hash[:6] for i in (0, 5))
    found = sweep.compare(by="code")
    assert {row["group"]: row["runs"] for row in found.table} == {
        f"code {first} (from run 1)": 5,
        f"code {second} (from run 6)": 4,
    }


def test_the_search_of_a_sweep_says_whether_its_runs_are_independent():
    random, bayes = made("random", 6), made("bayes", 6, method="bayes")
    notes = nbsweep.compare(random, bayes).notes
    assert len(notes) == 1
    assert notes[0].startswith("The search of bayes learns from earlier runs")
    assert nbsweep.compare(random, made("again", 6)).notes == ()
    of_a_table = nbsweep.compare({"a": rows(np.random.default_rng(1)), "b": random}, metric="loss")
    assert of_a_table.notes == (
        "It is taken that the runs of a were drawn independently, as random search does.",
    )


def test_failed_runs_spend_budget_and_killed_ones_do_not(monkeypatch):
    monkeypatch.setenv("WANDB_AGENT_DISABLE_FLAPPING", "true")

    def failing():
        with nbsweep.init() as run:
            if run.config.opt == "sgd":
                raise ValueError("no")
            if run.config.lr < 0.3:
                nbsweep.Sweep(run.sweep_id).kill(run.id)
            run.log({"loss": run.config.lr})
            run.log({"loss": run.config.lr})

    sweep = nbsweep.Sweep(nbsweep.sweep(config("failing", seed=1)))
    nbsweep.agent(sweep.id, failing, count=12, max_consecutive_failed_runs=99, show=False)
    states = [run.state for run in sweep.runs]
    assert {"failed", "killed", "finished"} == set(states)
    found = nbsweep.compare(sweep, made("two", 12))
    spent = next(row for row in found.table if row["group"] == "failing")["runs"]
    assert spent == 12 - states.count("killed")


def test_another_metric_takes_its_likely_goal():
    def measuring():
        with nbsweep.init() as run:
            run.log({"loss": run.config.lr, "acc": run.config.lr})

    one, two = made("one", 6, measuring), made("two", 6, measuring)
    found = nbsweep.compare(one, two, metric="acc").found
    assert (found.metric, found.goal) == ("acc", Goal.MAXIMIZE)
    assert found.standings[0].best == max(run.summary["acc"] for s in (one, two) for run in s.runs)
    assert nbsweep.compare(one, two, metric="acc", goal="minimize").found.goal is Goal.MINIMIZE


def test_of_several_objectives_the_first_counts_and_that_is_said():
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "up", "goal": "maximize"}]
    several = {key: value for key, value in config("several").items() if key != "metric"}
    sweep_id = nbsweep.sweep({**several, "metrics": metrics})
    nbsweep.agent(sweep_id, train, count=3, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    note = 'Judged by loss, the first of several metrics; metric="…" names another.'
    assert note in sweep.compare(sweep).notes
    assert note not in sweep.compare(sweep, metric="up").notes


def test_a_comparison_prints_and_draws_itself():
    rng = np.random.default_rng(2)
    found = nbsweep.compare({"<b>": rows(rng), "plain": rows(rng, shift=2.0)}, metric="loss")
    text = str(found)
    assert text.startswith(found.sentences[0])
    assert "after 20 runs" in text
    assert repr(found) == text
    page = found._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>:" not in page
    assert "data:image/svg+xml" in page
    assert found.plot().data
    one = made(runs=3)
    assert nbsweep.plots.comparison(one, one).data
    assert found.chart.subtitle == found.sentences[0]


def test_what_cannot_be_compared_is_said():
    one = made(runs=6)
    assert refusal(one) == ("compare: there is only one group, one. Give two or more to compare.")
    assert refusal() == ("compare: nothing was given. Give two sweeps or more, or one with by=….")
    assert refusal(one, one, metric="lose") == (
        'compare: no run has the metric "lose". Did you mean "loss"? There are loss, up.'
    )
    assert refusal(one, one, budget=0) == "budget: found 0; it is a number of runs, 1 or more."
    assert refusal(one, one, goal="best") == (
        'goal: found the text "best". Write "minimize" or "maximize".'
    )
    assert refusal(one, by="optt") == (
        'by="optt": one has no such parameter that varies. Did you mean "opt"? There are code, lr, '
        "opt."
    )
    many = made("many", 20)
    assert refusal(many, by="lr") == (
        'by="lr": it took 20 values, more than 12 groups. Name a parameter that takes few; the '
        "slice plot shows how the metric depends on this one."
    )
    accuracy = [{"lr": 0.1, "acc": 0.5}]
    assert refusal({"one": one, "table": accuracy}) == (
        "compare: the sweeps have no metric in common: one has loss (minimize), table has acc "
        '(maximize). Name one that all runs have: metric="loss", goal="minimize".'
    )
    assert refusal({"one": one, "table": accuracy}, metric="loss") == (
        'table: No run has the metric "loss". There are acc, lr.'
    )
    assert refusal(*one.runs[:3]) == (
        "compare: 3 single runs, or runs among sweeps, were given. Two runs are put side by side; "
        "lists of runs are compared as groups."
    )


def test_lists_of_runs_are_groups():
    runs = made(runs=8).runs
    found = nbsweep.compare({"first": runs[:4], "last": runs[4:]})
    assert {row["group"]: row["runs"] for row in found.table} == {"first": 4, "last": 4}


def test_sweeps_without_a_value_give_a_sentence():
    empty = nbsweep.Sweep(nbsweep.sweep(config("empty")))
    found = nbsweep.compare(empty, made(runs=3))
    assert found.sentences == ("There is nothing to compare: only one has a value of loss.",)
    assert "empty: no run has ended with a value of loss." in str(found)
    assert "nothing to compare" in found._repr_html_()
    assert found.table == []


# Two runs: the parts


def test_config_differences_are_flat_and_only_what_differs():
    one = {"a": 1, "b": {"c": [1, 2], "d": 3}, "only": None, "same": float("nan")}
    two = {"a": 1.0, "b": {"c": [2, 1], "d": 3}, "other": True, "same": float("nan")}
    assert config_differences(one, two) == {
        "b.c": ([1, 2], [2, 1]),
        "only": (None, MISSING),
        "other": (MISSING, True),
    }


def test_metric_differences_say_who_is_better_where_the_goal_is_known():
    found = metric_differences(
        {"loss": 0.5, "acc": 0.25, "text": "x", "one": 1},
        {"loss": 0.25, "acc": 0.25, "text": "y", "nan": float("nan")},
        {"loss": Goal.MINIMIZE, "acc": Goal.MAXIMIZE},
    )
    assert [(m.name, m.difference, m.better) for m in found] == [
        ("loss", -0.25, 2),
        ("acc", 0.0, None),
        ("text", None, None),
        ("one", None, None),
        ("nan", None, None),
    ]


def test_the_code_difference_is_a_unified_diff():
    assert code_difference("a\nb\n", "a\nc\n", ("run 1", "run 2")) == (
        "--- run 1\n+++ run 2\n@@ -1,2 +1,2 @@\n a\n-b\n+c"
    )
    assert code_difference("a", "a\n", ("x", "y")) == ""


def test_curves_of_two_runs_are_over_each_other():
    def logged(*values):
        return [HistoryRow(i, 0.0, {"loss": v, "_x": 1, "once": 1}) for i, v in enumerate(values)]

    chart = collect_run_curves([("one", logged(3.0, 2.0)), ("two", logged(1.0, 0.5, 0.25))])
    assert [panel.y.title for panel in chart.panels] == ["loss", "once"]
    lines = chart.panels[0].marks
    assert [(line.name, line.x, line.y) for line in lines] == [
        ("one", (0.0, 1.0), (3.0, 2.0)),
        ("two", (0.0, 1.0, 2.0), (1.0, 0.5, 0.25)),
    ]
    none = collect_run_curves([("one", logged(3.0)), ("two", [])])
    assert none.empty == "None of the runs logged a number more than once."


# Two runs: the whole


def two_versions():
    """A sweep whose last run executed other code."""
    sweep = made(runs=2)

    def other():
        with nbsweep.init() as run:
            run.log({"loss": 9 + run.config.lr})

    nbsweep.agent(sweep.id, other, count=1, show=False)
    return sweep


def test_two_runs_are_put_side_by_side():
    sweep = two_versions()
    found = sweep.compare_runs(1, 3)
    assert isinstance(found, RunComparison)
    one, three = sweep.runs[0], sweep.runs[2]
    assert found.config_diff["lr"] == (one.config["lr"], three.config["lr"])
    assert found.metrics[0].name == "loss"
    assert found.metrics[0].difference == three.summary["loss"] - one.summary["loss"]
    assert '-            run.log({"loss": penalty(run.config.opt)' in found.code_diff
    assert '+        run.log({"loss": 9 + run.config.lr})' in found.code_diff
    assert found.consoles == (f"lr <{one.config['lr']:.3f}>", "")
    assert found.plot().data
    text = str(found)
    for words in ("Config, what differs", "Metrics", "Code", "is better", "Output of run 1"):
        assert words in text
    page = found._repr_html_()
    assert "lr &lt;" in page
    assert "lr <0" not in page
    assert str(nbsweep.compare(one, three)) == text
    assert str(sweep.compare_runs(one.id, three)) == text


def test_runs_of_the_same_code_and_config_differ_in_nothing():
    sweep = nbsweep.Sweep(
        nbsweep.sweep({**config(), "parameters": {"lr": {"value": 0.5}, "opt": {"value": "adam"}}})
    )
    nbsweep.agent(sweep.id, train, count=2, show=False)
    found = sweep.compare_runs(1, 2)
    assert found.config_diff == {}
    assert found.code_diff == ""
    text = str(found)
    assert "Config, what differs\n  nothing\n" in text
    assert "Both executed the same code." in text


def test_code_that_is_not_kept_is_said_not_to_be():
    sweep = two_versions()
    one, three = (sweep.runs[i] for i in (0, 2))
    for path in Path(".nbsweep/code").iterdir():
        path.unlink()
    found = sweep.compare_runs(1, 3)
    assert found.code_diff is None
    assert found.code_words == (
        f"They executed different code ({one.code_hash} and {three.code_hash}), whose text is not "
        "kept here: it lies beside the store of the machine whose agent began the run."
    )
    assert found.code_words in str(found)


def test_runs_of_unknown_code_are_said_to_be():
    runs = nbsweep.analyze([{"lr": 0.1, "loss": 1.0}, {"lr": 0.2, "loss": 2.0}])
    found = runs.compare_runs(1, 2)
    assert found.code_diff is None
    assert found.code_words == (
        "Which version of the code run 1 imported-1 and run 2 imported-2 executed is not known."
    )
    assert found.config_diff == {"lr": (0.1, 0.2)}
    assert found._repr_html_()


def test_one_run_twice_and_runs_that_are_not_there_are_refused():
    sweep = made(runs=2)
    with pytest.raises(UsageError) as caught:
        sweep.compare_runs(1, 1)
    assert str(caught.value) == "compare: run 1 was given twice. Give two different runs."
    with pytest.raises(UsageError, match="has no run 7"):
        sweep.compare_runs(1, 7)


def test_of_a_long_output_the_end_is_shown():
    def chatty():
        with nbsweep.init() as run:
            for line in range(40):
                print("line", line)
            run.log({"loss": 1.0})

    found = made("chatty", 2, chatty).compare_runs(1, 2)
    lines = found.consoles[0].splitlines()
    assert lines[0] == f"… {40 - CONSOLE_LINES} lines before"
    assert lines[-1] == "line 39"
    assert len(lines) == CONSOLE_LINES + 1


def test_odd_names_and_values_are_escaped():
    runs = nbsweep.analyze(
        [{"<i>": "<script>", "loss": 1.0, "name": "<a>"}, {"<i>": 'b"&', "loss": 2.0, "name": "b"}]
    )
    page = runs.compare_runs(1, 2)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    body = page[: page.index("<h4>Metrics")] + "</div>"
    ElementTree.fromstring(body)


# The code that is kept


def below(value):
    return value * 2


class Model:
    def fit(self):
        return below(1)


def uses_both():
    return Model().fit()


def test_the_source_has_what_the_hash_covers():
    text = source(uses_both)
    assert text.startswith("def uses_both():")
    assert "class Model:" in text
    assert "def below(value):" in text
    assert "def train" not in text
    assert source(functools.partial(below, 1)) == "def below(value):\n    return value * 2"
    assert source(len) is None


def test_code_typed_where_no_text_is_kept_has_no_source():
    space = {}
    exec("def typed():\n    return 1", space)
    assert code_hash(space["typed"]) is not None
    assert source(space["typed"]) is None


def test_each_version_of_the_code_is_kept_once_beside_the_store():
    sweep = made(runs=2)
    version = sweep.runs[0].code_hash
    place = Path(".nbsweep/code") / f"{version}.py"
    assert place.read_text().startswith("def train():")
    assert "def penalty(opt):" in place.read_text()
    assert sweep.runs[0].code == place.read_text()
    place.write_text("kept")
    nbsweep.agent(sweep.id, train, count=1, show=False)
    assert place.read_text() == "kept"
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_nothing_is_kept_for_a_store_in_memory_nor_under_an_odd_name(tmp_path):
    nbsweep.setup("memory://no-code")
    sweep = made(runs=1)
    assert sweep.runs[0].code is None
    assert not (tmp_path / ".nbsweep" / "code").exists()
    nbsweep.setup()
    store = session.store()
    kept_code.keep(store, "../../outside", lambda: "text")
    assert kept_code.kept(store, "../../outside") is None
    assert not list(tmp_path.rglob("outside*"))


def test_a_place_that_cannot_be_written_does_not_stop_the_agent():
    sweep_id = nbsweep.sweep(config())
    Path(".nbsweep/code").write_text("in the way")
    nbsweep.agent(sweep_id, train, count=1, show=False)
    assert nbsweep.Sweep(sweep_id).runs[0].state == "finished"


def test_the_file_of_a_program_is_kept():
    Path("train.py").write_text(
        "import nbsweep\nwith nbsweep.init() as run:\n    run.log({'loss': run.config.lr})\n"
    )
    sweep_id = nbsweep.sweep({**config(), "program": "train.py"})
    nbsweep.agent(sweep_id, count=1, show=False)
    run = nbsweep.Sweep(sweep_id).runs[0]
    assert run.state == "finished"
    assert run.code == Path("train.py").read_text()
