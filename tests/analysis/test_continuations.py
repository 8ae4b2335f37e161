"""Where a run went on: on its curve, and in words."""

import dataclasses

import pytest

from nbsweep.analysis.continuations import continuations, in_words, judged_part, marks
from nbsweep.records import Curve, RunRecord, RunState


def mark(step, pause_s=185.0, **fields):
    return {"step": step, "end": step, "after": 1000.0, "at": 1000.0 + pause_s, **fields}


def went_on(*entries):
    return RunRecord("r", "demo", origin={"continued": list(entries)})


def curve(n, first=0):
    return Curve("r", RunState.RUNNING, tuple(range(first, first + n)), tuple(map(float, range(n))))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (mark(12), "continued at step 12 after 3 min 05 s"),
        (mark(12_345, 0.04), "continued at step 12,345 after 40 ms"),
        (mark(12, -3.0), "continued at step 12 after 0 ms"),  # the clock was set
        ({**mark(12), "after": None}, "continued at step 12"),
        (
            mark(12, anew=True),
            "began anew at step 12 after 3 min 05 s: the code did not go on from its checkpoint",
        ),
    ],
)
def test_words_say_where_and_after_how_long(entry, words):
    assert in_words(continuations(went_on(entry))) == words


def test_details_say_what_was_changed_and_why():
    (time,) = continuations(went_on(mark(9, config={"epochs": 40, "a.b": "x"}, why="promising")))
    assert time.details == "continued after 3 min 05 s; epochs 40, a.b x; promising"


def test_a_run_that_never_went_on_has_neither_marks_nor_words():
    run = RunRecord("r", "demo")
    assert (continuations(run), in_words(())) == ((), "")
    assert marks(curve(5), ()) == []
    assert judged_part(run, curve(5)) == curve(5)


@pytest.mark.parametrize(
    ("steps", "places"),
    [
        ([5], [0.4]),  # the last value before step 5, the fifth of eleven
        ([5, 10], [0.4, 0.9]),
        ([11], [1.0]),  # nothing has come since
        ([0], [0.0]),
    ],
)
def test_a_mark_lies_on_the_last_value_before_the_run_went_on(steps, places):
    times = continuations(went_on(*map(mark, steps)))
    assert [place for place, _ in marks(curve(11), times)] == places


def test_marks_fit_curves_with_gaps_of_a_single_value_and_none():
    sparse = Curve("r", RunState.RUNNING, (0, 10, 20, 30), (4.0, 3.0, 2.0, 1.0))
    times = continuations(went_on(mark(21)))
    assert [place for place, _ in marks(sparse, times)] == [0.6667]
    assert [place for place, _ in marks(curve(1), times)] == [0.0]
    assert marks(curve(0), times) == []


def test_a_curve_is_drawn_from_where_the_run_last_began_anew():
    run = went_on(mark(3), mark(5, anew=True), mark(8))
    part = judged_part(run, curve(12))
    assert (part.steps[0], part.values[0], part.steps[-1]) == (5, 5.0, 11)
    places = marks(part, continuations(run))
    assert [place for place, _ in places] == [0.0, round(2 / 6, 4)]  # that at step 3 is gone
    assert [words.split(" at ")[0] for _, words in places] == ["began anew", "continued"]


def test_the_old_part_stays_until_there_is_a_new_one():
    run = went_on(mark(12, anew=True))
    assert judged_part(run, curve(12)).values == curve(12).values


def test_a_pause_is_no_part_of_how_long_a_run_took():
    run = dataclasses.replace(went_on(mark(5, 600.0)), started_at=900.0, ended_at=1700.0)
    assert run.duration_s == 200.0
