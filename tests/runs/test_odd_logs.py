"""Odd steps, names and values in `log`: handled, said, and never the end of the agent."""

import enum
import math
import warnings

import numpy as np
import pytest

import nbsweep
from nbsweep.runs import session
from tests.saved_pages import script_of


@pytest.fixture(autouse=True, params=["memory", "sqlite"])
def _store(request, tmp_path):
    urls = {"memory": f"memory://{tmp_path}", "sqlite": f"sqlite:///{tmp_path}/runs.db"}
    nbsweep.setup(urls[request.param])
    store = session.store()
    yield
    nbsweep.setup(None)
    store.close()


def rows_of(run):
    return [(row.step, row.values) for row in session.store().history(run.id)]


def swept(train):
    config = {
        "method": "grid",
        "metric": {"name": "loss"},
        "parameters": {"x": {"values": [1, 2]}},
    }
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, train, show=False)
    return nbsweep.Sweep(sweep_id)


@pytest.mark.parametrize("step", [2**63, 2**70, 2.5, math.nan, math.inf, 1e300, "3", True, [1]])
def test_a_step_that_is_none_keeps_the_values_and_is_said(step):
    with nbsweep.init() as run:
        run.log({"a": 0})
        with pytest.warns(UserWarning, match="is not a whole number") as caught:
            run.log({"a": 1}, step=step)
        run.log({"a": 2})
    assert rows_of(run) == [(0, {"a": 0}), (1, {"a": 1}), (2, {"a": 2})]
    assert str(caught[0].message) == (
        f"log(step={step!r:.40}) is not a whole number below 2**62. The values are logged as "
        "without `step`, at step 1."
    )
    assert caught[0].filename == __file__


@pytest.mark.parametrize("step", [3, 3.0, np.int64(3), np.float32(3), np.array(3)])
def test_whole_numbers_of_any_type_are_steps(step):
    with warnings.catch_warnings(), nbsweep.init() as run:
        warnings.simplefilter("error")
        run.log({"a": 1}, step=step)
        run.log({"a": 2}, step=2**62)
        run.log({"a": 3}, commit=True)
        run.log({"a": 4})
    assert [step for step, _ in rows_of(run)] == [3, 2**62, 2**62 + 1]


def test_a_negative_step_is_dropped_and_said():
    with nbsweep.init() as run:
        with pytest.warns(UserWarning, match=r"log\(step=-1\) is dropped"):
            run.log({"a": 1}, step=-1)
        run.log({"a": 2})
    assert rows_of(run) == [(0, {"a": 2})]


def test_an_odd_step_does_not_end_the_agent():
    def train():
        with nbsweep.init() as run, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for i in range(3):
                run.log({"loss": run.config.x + i}, step=2**63 + i)

    sweep = swept(train)
    assert [(run.state, run.metric, len(run.history())) for run in sweep.runs] == [
        ("finished", 3.0, 3),
        ("finished", 4.0, 3),
    ]


class Name(str, enum.Enum):
    LOSS = "loss"


NAMES = [
    "",
    " ",
    "loss ",
    " loss",
    "Loss",
    "caf\u00e9",
    "cafe\u0301",
    ".",
    "a.",
    "a/b",
    "a" * 100_000,
]
NAMES += ["a\nb", "a\0b", "\ud800", "_step", "-a-", "\u202eabc"]


def test_names_are_kept_as_they_are(tmp_path):
    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0, **{name: i for i, name in enumerate(NAMES)}})

    sweep = swept(train)
    assert [run.state for run in sweep.runs] == ["finished"] * 2
    summary = sweep.runs[0].summary
    assert [summary[name] for name in NAMES] == list(range(len(NAMES)))
    assert len(sweep.report(tmp_path / "report.html").read_bytes()) < 400_000


def test_names_of_other_text_types():
    with nbsweep.init() as run:
        run.log({np.str_("acc"): 1, Name.LOSS: 2})
    assert rows_of(run) == [(0, {"acc": 1, "loss": 2})]
    assert all(type(key) is str for key in run.summary)


@pytest.mark.parametrize("key", [1, None, ("a",), b"a"])
def test_other_names_fail_the_run_not_the_agent(key):
    sweep = swept(lambda: nbsweep.init().log({key: 1}))
    assert [run.state for run in sweep.runs] == ["failed"] * 2
    assert f"TypeError: log: keys are text, but {key!r} is {type(key).__name__}." in (
        sweep.runs[0].error
    )


HUGE = {
    "400 digits": 10**400,
    "5,000 digits": 10**5000,
    "negative": -(10**5000),
    "in a list": [10**5000],
    "in a dict": {"a": 10**5000},
}


@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE)
def test_whole_numbers_of_any_size(value):
    def train():
        with nbsweep.init() as run:
            run.config["huge"] = value
            run.log({"loss": 1.0, "huge": value})
            run.summary["other"] = value

    sweep = swept(train)
    assert [(run.state, run.metric) for run in sweep.runs] == [("finished", 1.0)] * 2
    run = sweep.runs[0]
    assert run.summary["huge"] == run.summary["other"] == run.config["huge"]
    if isinstance(value, int):
        assert run.summary["huge"] in (value, math.inf, -math.inf)
        assert (run.summary["huge"] > 0) is (value > 0)
    assert str(sweep)


def test_a_row_of_ten_thousand_names(tmp_path):
    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0, **{f"layer.{i}.norm": float(i) for i in range(10_000)}})

    sweep = swept(train)
    assert [run.state for run in sweep.runs] == ["finished"] * 2
    assert len(sweep.runs[0].history()[0]) == 10_003
    assert len(sweep.report(tmp_path / "report.html").read_bytes()) < 400_000


def test_a_report_holds_no_value_of_two_megabytes(tmp_path):
    text = "".join(chr(97 + i * 7 % 26) for i in range(2_000_000))

    def train():
        with nbsweep.init() as run:
            run.config.update({"note": text, "nested": {"deep": [text]}, "rows": [1.5] * 300_000})
            run.log({"loss": 1.0, "said": text})
            run.summary["tree"] = {"text": text}

    sweep = swept(train)
    page = sweep.report(tmp_path / "report.html").read_text()
    assert len(page.encode()) < 400_000
    script = script_of(page)
    assert "…" in script
    assert len(script) < 600_000
    assert sweep.runs[0].config["note"] == text, "the store keeps all of it"


def test_the_last_words_of_a_run_that_prints_much_are_kept():
    def train():
        nbsweep.init()
        for i in range(4_500):
            print(f"{i:99}")
        print("the disk is full")
        raise OSError("no space")

    run = swept(train).runs[0]
    text = run.console()
    assert text.startswith(f"{0:99}\n{1:99}\n")
    assert "characters are left out here …\n" in text
    assert "4499\nthe disk is full\n" in text[-1_000:]
    assert "OSError: no space" in run.error
