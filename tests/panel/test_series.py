"""Curves that a page asks for: what is read, what is kept, and that it stays bounded."""

import itertools
import math
import struct
import threading

import pytest

import nbsweep
from nbsweep.analysis.logged import MOST_NAMES, logged_names
from nbsweep.errors import StoreError
from nbsweep.panel import series
from nbsweep.panel.series import MOST_CURVES, STEP, TIME, Question, SeriesReader
from nbsweep.records import HistoryRow, RunRecord, RunState, Snapshot, SweepRecord
from nbsweep.view.picture import CURVE_POINTS
from tests.panel.test_panel_widget import Page, make_panel  # noqa: F401 - a fixture

RECORD = SweepRecord("ab12cd34", "demo", None, {}, 1)


def row(step, time_s=None, **values):
    return HistoryRow(step, 1000.0 + step if time_s is None else time_s, values)


def run(number=1, rows=0, **fields):
    return RunRecord(
        f"run{number}", "demo", "ab12cd34", number, started_at=1000.0, history_rows=rows, **fields
    )


class Histories:
    """A store of histories that says what was read of it."""

    def __init__(self, **rows):
        self.rows = {name: list(of_run) for name, of_run in rows.items()}
        self.read = []

    def __call__(self, run_id, start=0):
        self.read.append((run_id, start))
        return self.rows[run_id][start:]

    def snapshot(self, **fields):
        runs = [
            run(int(name[3:]), len(rows), **fields.get(name, {}))
            for name, rows in self.rows.items()
        ]
        return Snapshot(RECORD, tuple(runs), {}, 1, 0.0)


def curves(answer):
    return dict(zip(answer.runs, map(list, answer.curves), strict=True))


def ask(x, y, *runs, rows=()):
    return Question.of({"x": x, "y": y, "runs": list(runs), "rows": list(rows)})


def test_a_metric_over_steps_time_or_another_metric_which_is_logged_less_often():
    histories = Histories(
        run1=[row(0, loss=3.0), row(1, epoch=1, loss=2.0), row(5, loss=1.0), row(9, epoch=2)]
    )
    reader, now = SeriesReader(histories), histories.snapshot()
    by_step = reader.answer(now, ask(STEP, "loss", "run1"))
    assert curves(by_step) == {"run1": [(0.0, 3.0), (1.0, 2.0), (5.0, 1.0)]}
    by_time = reader.answer(now, ask(TIME, "loss", "run1"))
    assert curves(by_time) == {"run1": [(0.0, 3.0), (1.0, 2.0), (5.0, 1.0)]}
    # Rows before the first epoch have no place; a later one has that of the last.
    by_epoch = reader.answer(now, ask("epoch", "loss", "run1"))
    assert curves(by_epoch) == {"run1": [(1.0, 2.0), (1.0, 1.0)]}
    nested = Histories(run1=[row(0, val={"loss": 3.0}), row(1, **{"val.loss": 2.0})])
    found = SeriesReader(nested).answer(nested.snapshot(), ask(STEP, "val.loss", "run1"))
    assert curves(found) == {"run1": [(0.0, 3.0), (1.0, 2.0)]}


def test_what_is_not_a_number_is_left_out_and_a_run_without_values_has_no_points():
    odd = [math.nan, math.inf, -math.inf, None, "text", True, 10**400]
    rows = [row(k, loss=value) for k, value in enumerate([*odd, 0.5])]
    histories = Histories(run1=rows, run2=[row(0, other=1.0)], run3=[])
    answer = SeriesReader(histories).answer(
        histories.snapshot(), ask(STEP, "loss", "run1", "run2", "run3")
    )
    assert curves(answer) == {"run1": [(7.0, 0.5)], "run2": [], "run3": []}


def test_time_does_not_count_pauses_and_what_was_logged_anew_takes_the_place_of_the_rest():
    rows = [row(k, 1000.0 + k, loss=float(k)) for k in range(4)]
    rows += [row(k, 2000.0 + k, loss=10.0 + k) for k in (2, 3, 4)]
    mark = {"step": 2, "end": 4, "rows": 4, "after": 1003.5, "at": 2001.5}
    histories = Histories(run1=rows)
    now = histories.snapshot(run1={"origin": {"continued": [mark]}})
    by_time = SeriesReader(histories).answer(now, ask(TIME, "loss", "run1"))
    assert curves(by_time)["run1"] == [(0, 0), (1, 1), (4, 12), (5, 13), (6, 14)]
    anew = histories.snapshot(run1={"origin": {"continued": [{**mark, "anew": True}]}})
    by_step = SeriesReader(histories).answer(anew, ask(STEP, "loss", "run1"))
    assert curves(by_step)["run1"] == [(2, 12), (3, 13), (4, 14)]


def test_only_new_rows_are_read_and_only_what_a_page_lacks_is_sent():
    histories = Histories(run1=[row(0, loss=3.0)], run2=[row(0, loss=4.0)])
    reader = SeriesReader(histories)
    first = reader.answer(histories.snapshot(), ask(STEP, "loss", "run1", "run2"))
    assert list(first.rows) == [1, 1]
    histories.read.clear()
    again = ask(STEP, "loss", "run1", "run2", rows=first.rows)
    assert reader.answer(histories.snapshot(), again).runs == []
    assert histories.read == []
    histories.rows["run2"].append(row(1, loss=2.0))
    later = reader.answer(histories.snapshot(), again)
    assert histories.read == [("run2", 1)]
    assert curves(later) == {"run2": [(0.0, 4.0), (1.0, 2.0)]}
    # Another page has nothing yet, and nothing is read for it.
    histories.read.clear()
    other = reader.answer(histories.snapshot(), ask(STEP, "loss", "run1", "run2"))
    assert list(other.runs) == ["run1", "run2"]
    assert histories.read == []


def test_long_curves_are_sent_at_even_distances_with_their_ends_however_they_grow():
    n = 5_003
    rows = [row(k, loss=float(k)) for k in range(n)]
    histories = Histories(run1=[])
    reader = SeriesReader(histories)
    for at in range(0, n, 97):
        histories.rows["run1"] = rows[: at + 97]
        found = reader.answer(histories.snapshot(), ask(STEP, "loss", "run1"))
    points = curves(found)["run1"]
    assert len(points) == CURVE_POINTS
    assert (points[0], points[-1]) == ((0.0, 0.0), (n - 1.0, n - 1.0))
    gaps = [b[0] - a[0] for a, b in itertools.pairwise(points)]
    assert max(gaps) < 1.3 * n / CURVE_POINTS
    assert len(reader._kept[STEP, "loss"]["run1"]._kept) <= 16 * CURVE_POINTS


def test_an_answer_takes_a_part_of_a_second_and_says_what_is_left():
    histories = Histories(**{f"run{k}": [row(0, loss=1.0)] for k in range(1, 21)})
    now = [0.0]

    def slow(run_id, start):
        now[0] += 0.2
        return histories(run_id, start)

    reader = SeriesReader(slow, clock=lambda: now[0])
    question = ask(STEP, "loss", *histories.rows)
    seen = {}
    lefts = []
    for _ in range(20):
        rows = [1 if name in seen else -1 for name in histories.rows]
        answer = reader.answer(histories.snapshot(), question._replace(rows=rows))
        assert answer.took_s < series.BUDGET_S + 0.3
        seen |= curves(answer)
        lefts.append(answer.n_left)
        if not answer.n_left:
            break
    assert set(seen) == set(histories.rows)
    assert lefts == sorted(lefts, reverse=True)
    assert len(lefts) > 2


def test_a_question_is_bounded_and_old_choices_are_forgotten():
    many = [f"run{k}" for k in range(1, 1000)]
    question = Question.of({"x": None, "y": "loss", "runs": many, "rows": [1]})
    assert (question.x, len(question.runs), len(question.rows)) == (STEP, MOST_CURVES, MOST_CURVES)
    assert question.rows[:2] == [1, -1]
    histories = Histories(run1=[row(0, loss=1.0)])
    reader = SeriesReader(histories)
    for k in range(10):
        reader.answer(histories.snapshot(), ask(STEP, f"metric{k}", "run1", "gone"))
    assert list(reader._kept) == [(STEP, f"metric{k}") for k in range(6, 10)]


def test_names_are_those_of_numbers_and_of_what_define_metric_sums_up():
    summaries = [
        {"loss": 0.5, "epoch": 3, "text": "a", "ok": True, "_wandb": 3, "picture": {"_type": "x"}},
        {"loss": math.nan, "val": {"acc": 0.9}, "top": {"max": 1.0, "min": 0.0}},
        {"late": math.inf, "loss": None},
    ]
    found = logged_names([run(k, summary=one) for k, one in enumerate(summaries)])
    assert found == ["epoch", "late", "loss", "top", "val.acc"]
    many = [run(1, summary={f"m{k}": 1.0 for k in range(999)})]
    assert len(logged_names(many)) == MOST_NAMES


@pytest.fixture
def trained(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    sweep_id = nbsweep.sweep(
        {
            "method": "random",
            "metric": {"name": "val/loss", "goal": "minimize"},
            "parameters": {"lr": {"min": 0.0, "max": 1.0}},
        }
    )

    def train():
        with nbsweep.init() as trained_run:
            for epoch in range(6):
                trained_run.log({"train/loss": 1 / (1 + epoch), "epoch": epoch})
                trained_run.log({"val/loss": 2 / (1 + epoch), "epoch": epoch})

    nbsweep.agent(sweep_id, train, count=3, show=False)
    panel = nbsweep.Sweep(sweep_id).panel
    yield panel
    panel.close()


def test_a_page_is_answered_from_the_store_on_the_analysts_thread(trained, monkeypatch):
    on, buffers = [], []
    plain = SeriesReader.answer

    def watched(*what):
        on.append(threading.current_thread().name)
        return plain(*what)

    monkeypatch.setattr(SeriesReader, "answer", watched)
    assert trained.picture["logged"] == ["epoch", "train/loss", "val/loss"]
    page = Page(trained)
    receive = page.receive

    def keep(message, sent=None):
        buffers.append(sent)
        receive(message, sent)

    trained.send = keep
    runs = [row["id"] for row in trained.picture["rows"]]
    said = page.say(kind="series", x="epoch", y="train/loss", runs=runs, rows=[])
    assert {key: said[key] for key in ("x", "y", "runs", "rows", "lengths", "n_left", "error")} == {
        "x": "epoch", "y": "train/loss", "runs": runs, "rows": [12] * 3, "lengths": [6] * 3,
        "n_left": 0, "error": "",
    }  # fmt: skip
    numbers = struct.unpack("<36d", buffers[-1][0])
    assert numbers[:6] == (0, 1, 2, 3, 4, 5)
    assert numbers[18:24] == tuple(1 / (1 + epoch) for epoch in range(6))
    assert on == ["nbsweep-analyst"]


def test_a_store_that_cannot_be_read_is_said(trained):
    def broken(*_):
        raise StoreError("The file is gone.")

    trained.analyst._series._history = broken
    runs = [row["id"] for row in trained.picture["rows"]]
    said = Page(trained).say(kind="series", x=STEP, y="train/loss", runs=runs, rows=[])
    assert (said["error"], said["runs"], said["lengths"]) == ("The file is gone.", [], [])


def test_where_nobody_reads_histories_nothing_is_offered(make_panel, make_mixed_sweep):  # noqa: F811
    panel = make_panel(make_mixed_sweep(3))
    assert panel.picture["logged"] == []
    said = Page(panel).say(kind="series", x=STEP, y="loss", runs=["run00001"], rows=[])
    assert said["error"] == "Nothing here reads what runs have logged."


def test_a_run_that_ends_as_not_a_number_says_so_to_the_page(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    sweep_id = nbsweep.sweep(
        {"method": "random", "metric": {"name": "loss"}, "parameters": {"x": {"min": 0, "max": 1}}}
    )

    def train():
        with nbsweep.init() as one:
            for value in (1.0, 0.5, math.nan):
                one.log({"loss": value})

    def fine():
        with nbsweep.init() as one:
            one.log({"loss": 0.4})

    nbsweep.agent(sweep_id, train, count=1, show=False)
    nbsweep.agent(sweep_id, fine, count=1, show=False)
    panel = nbsweep.Sweep(sweep_id).panel
    rows = panel.picture["rows"]
    panel.close()
    assert [(row["diverged"], row["curve"], row["state"]) for row in rows] == [
        (True, [1.0, 0.5], RunState.FINISHED.value),
        (False, [0.4], RunState.FINISHED.value),
    ]
