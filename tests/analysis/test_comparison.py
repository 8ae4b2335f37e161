"""Which of several groups of runs found better values after equally many runs."""

import itertools
import math

import numpy as np
import pytest

from nbsweep.analysis.charts.comparison import best_so_far, collect_comparison
from nbsweep.analysis.comparison import (
    LEVEL,
    Group,
    Series,
    compare,
    of_100,
    weights,
)
from nbsweep.analysis.metric_column import metric_column
from nbsweep.records import Goal

MINIMIZE, MAXIMIZE = Goal.MINIMIZE, Goal.MAXIMIZE


def group(label, *sweeps, adaptive=False):
    """A group whose sweeps have these values."""
    return Group(label, tuple(Series(label, tuple(values), adaptive) for values in sweeps))


def compared(*groups, goal=MINIMIZE, **options):
    return compare(groups, "loss", goal, **options)


# The estimate


@pytest.mark.parametrize(("n", "b"), [(1, 1), (5, 1), (5, 3), (7, 7), (9, 4)])
def test_weights_are_the_mean_over_all_choices_of_the_budget(n, b):
    costs = np.sort(np.random.default_rng(n * b).random(n))
    choices = [min(chosen) for chosen in itertools.combinations(costs, b)]
    assert float(costs @ weights(n, b)) == pytest.approx(np.mean(choices))
    assert weights(n, b).sum() == pytest.approx(1.0)


def test_weights_of_many_runs_are_finite():
    w = weights(20_000, 5_000)
    assert np.isfinite(w).all()
    assert w.sum() == pytest.approx(1.0)


def test_the_longer_sweep_is_judged_by_as_many_runs_as_the_shorter_has():
    found = compared(group("A", [3.0, 1.0, 2.0, 4.0]), group("B", [2.0, 3.0]))
    assert found.budget == 2
    expected = {each.label: each.expected for each in found.standings}
    pairs = [min(pair) for pair in itertools.combinations([3.0, 1.0, 2.0, 4.0], 2)]
    assert expected == {"A": pytest.approx(np.mean(pairs)), "B": 2.0}
    assert {each.label: each.best for each in found.standings} == {"A": 1.0, "B": 2.0}


def test_of_an_adaptive_search_the_first_runs_count_in_their_order():
    found = compared(group("A", [3.0, 2.0, 1.0], adaptive=True), group("B", [2.5, 2.5]))
    assert {each.label: each.expected for each in found.standings} == {"A": 2.0, "B": 2.5}


@pytest.mark.parametrize("goal", [MINIMIZE, MAXIMIZE])
def test_the_goal_says_who_is_better(goal):
    found = compared(group("low", [1.0, 1.1, 1.2]), group("high", [2.0, 2.1, 2.2]), goal=goal)
    assert found.standings[0].label == ("low" if goal is MINIMIZE else "high")
    assert found.differences[0].difference == pytest.approx(1.0)


def test_a_failed_run_spends_budget():
    without = compared(group("A", [1.0, 2.0]), group("B", [5.0, 5.0]))
    failing = compared(group("A", [1.0, 2.0, None, None]), group("B", [5.0, 5.0]))
    assert without.standings[0].expected == 1.0
    # Of the six pairs of 1, 2 and two of the worst cost, 5: 1 three times, 2 twice, 5 once.
    assert failing.standings[0].expected == pytest.approx((3 * 1 + 2 * 2 + 5) / 6)


def test_several_sweeps_of_a_group_count_with_the_mean_of_their_bests():
    found = compared(
        group("A", [1.0, 9.0], [2.0, 9.0], [3.0, 9.0]), group("B", [5.0, 9.0], [7.0, 9.0])
    )
    a, b = found.standings
    assert found.by_sweeps
    assert (a.expected, b.expected) == (2.0, 6.0)
    assert a.error == pytest.approx(1.0 / math.sqrt(3))
    assert found.differences[0].error == pytest.approx(math.hypot(1 / math.sqrt(3), 1.0))
    # Of the 10 ways to deal five sweeps out, one differs as much.
    assert found.differences[0].chance == pytest.approx(1 / 10)


def test_the_same_seed_gives_the_same_numbers():
    rng = np.random.default_rng(1)
    groups = [group("A", rng.random(30)), group("B", rng.random(30))]
    assert compared(*groups, seed=3) == compared(*groups, seed=3)


# The words


def test_a_clear_difference_is_said_with_its_error_and_its_chance():
    rng = np.random.default_rng(0)
    found = compared(group("adam", rng.random(40)), group("sgd", 1 + rng.random(40)))
    (difference,) = found.differences
    assert difference.is_clear
    assert found.sentences == (
        "adam is better than sgd by 1.05 ± 0.02 after 40 runs; fewer than 1 of 100 such "
        "differences come by chance.",
    )
    assert found.notes == ()


def test_a_difference_that_may_be_chance_is_not_called_better():
    found = compared(group("A", [0.30, 0.35, 0.5]), group("B", [0.34, 0.36, 0.4]))
    (sentence,) = found.sentences
    assert not found.differences[0].is_clear
    assert "better" not in sentence
    assert "which is not told from chance" in sentence or "cannot be told apart" in sentence


def test_equal_bests_are_said_to_be_equal():
    found = compared(group("A", [1.0, 1.0]), group("B", [1.0, 1.0, 1.0]))
    assert found.sentences == ("A and B found the same best loss after 2 runs.",)
    assert found.differences[0].chance == 1.0


def test_runs_that_depend_on_each_other_are_said_to():
    found = compared(group("A", [1.0, 2.0], adaptive=True), group("B", [1.0, 2.0], adaptive=None))
    assert found.notes == (
        "The search of A learns from earlier runs, so the runs are not independent, and another "
        "sweep may differ by more than is said here. Give several sweeps with different seeds of "
        "each to be sure.",
        "It is taken that the runs of B were drawn independently, as random search does.",
    )


def test_three_sweeps_each_cannot_show_a_difference_and_four_can():
    def with_sweeps(k):
        return compared(
            group("A", *[[0.1 + i / 100] for i in range(k)]),
            group("B", *[[0.9 + i / 100] for i in range(k)]),
        )

    assert with_sweeps(3).notes == (
        "With so few sweeps of each no difference can be told from chance; it takes 4 of each.",
    )
    assert with_sweeps(3).differences[0].chance == pytest.approx(2 / 20)
    assert with_sweeps(4).notes == ()
    assert with_sweeps(4).differences[0].is_clear
    assert with_sweeps(4).sentences[0].endswith("3 of 100 such differences come by chance.")


def test_a_budget_beyond_the_shortest_sweep_is_lowered_and_said():
    found = compared(group("A", [1.0] * 9), group("B", [2.0] * 4), budget=6)
    assert found.budget == 4
    assert found.notes == ("Compared after 4 runs rather than 6: the shortest sweep has no more.",)


@pytest.mark.parametrize(
    ("groups", "sentence", "notes"),
    [
        (
            [group("A", [1.0]), group("B", [None, None])],
            "There is nothing to compare: only A has a value of loss.",
            ("B: no run has ended with a value of loss.",),
        ),
        (
            [group("A", []), group("B", [])],
            "There is nothing to compare: no run has a value of loss.",
            (
                "A: no run has ended with a value of loss.",
                "B: no run has ended with a value of loss.",
            ),
        ),
    ],
)
def test_groups_without_a_value_are_said_to_have_none(groups, sentence, notes):
    found = compared(*groups)
    assert (found.sentences, found.notes, found.differences) == ((sentence,), notes, ())


def test_a_group_without_a_value_is_left_out_beside_two_that_have_one():
    found = compared(group("A", [1.0]), group("B", [2.0]), group("C", [None]))
    assert [each.label for each in found.standings] == ["A", "B"]
    assert found.notes == ("C: no run has ended with a value of loss.",)


def test_with_three_groups_chances_are_those_of_three_looks():
    rng = np.random.default_rng(5)
    values = [rng.random(25) for _ in range(3)]
    pair = compared(group("A", values[0]), group("B", values[1]), seed=1).differences[0]
    three = compared(*[group(name, v) for name, v in zip("ABC", values, strict=True)], seed=1)
    again = next(d for d in three.differences if {d.better, d.worse} == {pair.better, pair.worse})
    assert len(three.differences) == 3
    assert again.chance >= pair.chance - 0.03


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.031, "3 of 100"),
        (0.0004, "fewer than 1 of 100"),
        (0.006, "1 of 100"),
        (1.0, "100 of 100"),
    ],
)
def test_a_chance_is_said_as_people_count(chance, words):
    assert of_100(chance) == words


# Is it right?


def noise(rng, n):
    return rng.normal(size=n)


def quadratic(rng, n):
    return (rng.random((n, 2)) ** 2).sum(axis=1) + 0.05 * rng.normal(size=n)


@pytest.mark.slow
@pytest.mark.parametrize("law", [noise, quadratic])
@pytest.mark.parametrize(("sizes", "sweeps"), [((40, 40), 1), ((60, 20), 1), ((20, 20), 5)])
def test_on_noise_a_difference_is_called_clear_in_at_most_1_of_20(law, sizes, sweeps):
    clear = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        groups = [
            group(name, *[law(rng, n) for _ in range(sweeps)])
            for name, n in zip("AB", sizes, strict=True)
        ]
        clear += compared(*groups, seed=seed).differences[0].is_clear
    assert clear <= 200 * LEVEL


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "sweeps", "at_least"), [(0.2, 1, 0.9), (0.08, 5, 0.9)])
def test_a_difference_that_is_there_is_found(shift, sweeps, at_least):
    found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a = group("A", *[rng.random(40) for _ in range(sweeps)])
        b = group("B", *[shift + rng.random(40) for _ in range(sweeps)])
        (difference,) = compared(a, b, seed=seed).differences
        found += difference.is_clear and difference.better == "A"
    assert found / 60 >= at_least


@pytest.mark.slow
@pytest.mark.parametrize("law", [noise, quadratic])
def test_two_errors_hold_the_truth_in_most_trials(law):
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        groups = [group("A", law(rng, 40)), group("B", 3 + law(rng, 40))]
        (difference,) = compared(*groups, budget=20, seed=seed).differences
        inside += abs(difference.difference - 3) <= 2 * difference.error
    assert inside / 200 >= 0.88


# The plot


def test_best_so_far_goes_down_and_waits_for_the_first_value():
    series = Series("A", (None, 3.0, 4.0, None, 1.0))
    column = metric_column("loss", MINIMIZE, [3.0, 4.0, 1.0], [0, 1, 2])
    assert best_so_far(series, column) == [None, 3.0, 3.0, 3.0, 1.0]


def test_each_group_has_its_curves_above_the_distribution_of_its_values():
    rng = np.random.default_rng(0)
    found = compared(group("A", *rng.random((2, 9))), group("B", rng.random(5)))
    chart = collect_comparison(found)
    assert chart.n_columns == 2
    assert [panel.title for panel in chart.panels[:2]] == [
        f"{label}: {n} runs, best {best}"
        for label, n, best in [
            (s.label, s.n_runs, f"{s.best:.4g}")
            for s in sorted(found.standings, key=lambda s: s.label)
        ]
    ]
    assert [panel.y.title for panel in chart.panels] == ["best loss so far"] * 2 + [
        "share of runs"
    ] * 2
    assert chart.panels[0].y == chart.panels[1].y
    assert chart.panels[2].y == chart.panels[3].y
    bars = next(mark for mark in chart.panels[3].marks if hasattr(mark, "ends"))
    assert sum(bars.ends) == pytest.approx(1.0)
    assert chart.subtitle == found.sentences[0]


def test_five_groups_have_a_row_each():
    chart = collect_comparison(compared(*[group(name, [1.0, 2.0]) for name in "ABCDE"]))
    assert (len(chart.panels), chart.n_columns) == (10, 2)
    assert [panel.title.partition(":")[0] for panel in chart.panels[::2]] == list("ABCDE")


def test_without_a_value_the_plot_says_so():
    chart = collect_comparison(compared(group("A", [None]), group("B", [])))
    assert (chart.panels, chart.empty) == ((), "No run has ended with a value of loss yet.")


@pytest.mark.parametrize("values", [[1.0] * 4, [1.0], [1e-9, 1.0, 1e9], [0.0, -1e300, 1e300]])
def test_odd_values_are_drawn(values):
    chart = collect_comparison(compared(group("A", values), group("B", values)))
    for panel in chart.panels:
        assert panel.x.low < panel.x.high
        assert panel.y.low < panel.y.high
