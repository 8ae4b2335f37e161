"""What is said of runs: true claims with their figures, and nothing where there is no ground."""

import math
import re

import numpy as np
import pytest

from nbsweep.analysis.claim_features import CUTS, features
from nbsweep.analysis.takeaways import LEVEL, nothing_text, takeaways
from nbsweep.records import RunState
from tests.drawn_runs import SPACE, drawn, settled_sweep


def noise(n, seed=0, scale=0.1):
    return scale * np.random.default_rng([seed, 1]).normal(size=n)


def values_of(rows, function, seed=0, scale=0.1):
    errors = noise(len(rows), seed, scale)
    return [float(function(row) + error) for row, error in zip(rows, errors, strict=True)]


def claims(told):
    return [each for each in told if each.p_value is not None]


def figures(text):
    """The two centres and the two numbers of runs of a sentence."""
    first, second, n, m = re.search(
        r"(?:mean|median) loss (\S+) against (\S+), ([\d,]+) and ([\d,]+) runs", text
    ).groups()
    return float(first), float(second), int(n), int(m)


def test_a_threshold_is_found_with_its_evidence(make_frame):
    rows = drawn(40)
    values = values_of(rows, lambda row: 0.4 * (row["batch_size"] > 128))
    (told,) = claims(takeaways(make_frame(SPACE, rows, values)))
    big = [v for row, v in zip(rows, values, strict=True) if row["batch_size"] == 256]
    small = [v for row, v in zip(rows, values, strict=True) if row["batch_size"] < 256]
    first, second, n, m = figures(told.text)
    assert told.text.startswith("batch_size 256 hurt: mean loss ")
    assert (n, m) == (len(big), len(small))
    assert first == pytest.approx(np.mean(big), rel=0.05)
    assert second == pytest.approx(np.mean(small), abs=0.005)
    assert (told.kind, told.parameter, told.n, told.is_good) == (
        "threshold",
        "batch_size",
        40,
        False,
    )
    assert told.p_value <= LEVEL
    assert 0.3 < told.effect < 1


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_which_side_is_better_follows_the_goal(make_frame, goal):
    rows = drawn(40)
    values = values_of(rows, lambda row: float(row["optimizer"] == "sgd"))
    (told,) = claims(takeaways(make_frame(SPACE, rows, values, goal=goal)))
    word = "worse" if goal == "minimize" else "better"
    assert told.text.startswith(f"optimizer sgd did {word} than the others: mean loss ")
    assert (told.category, told.is_good) == ("sgd", goal == "maximize")


def test_of_two_categories_one_is_compared_with_the_other(make_frame):
    rows = [{"act": ["relu", "tanh"][i % 2], "x": float(i % 7)} for i in range(30)]
    values = values_of(rows, lambda row: float(row["act"] == "tanh"))
    space = {"act": {"values": ["relu", "tanh"]}, "x": {"min": 0.0, "max": 7.0}}
    (told,) = claims(takeaways(make_frame(space, rows, values)))
    assert told.text.startswith(
        ("act relu did better than tanh: ", "act tanh did worse than relu: ")
    )


def test_a_trend_is_told_by_its_thirds(make_frame):
    rows = drawn(60)
    values = values_of(rows, lambda row: 2 * row["dropout"])
    (told,) = claims(takeaways(make_frame(SPACE, rows, values)))
    assert told.text.startswith("Higher dropout did worse: mean loss ")
    assert told.text.endswith("20 and 20 runs (the highest and the lowest third).")
    order = np.argsort([row["dropout"] for row in rows])
    first, second, *_ = figures(told.text)
    assert first == pytest.approx(np.mean(np.array(values)[order[-20:]]), abs=0.01)
    assert second == pytest.approx(np.mean(np.array(values)[order[:20]]), abs=0.01)


def test_the_best_range_of_a_logarithmic_axis_is_found(make_frame):
    rows = drawn(80)
    values = values_of(rows, lambda row: 0.2 * (math.log10(row["lr"]) + 2.5) ** 2)
    (told,) = claims(takeaways(make_frame(SPACE, rows, values)))
    assert told.kind == "range"
    assert told.is_good
    assert 1e-5 < told.low < 10**-2.5 < told.high < 0.3
    assert re.match(r"lr from \S+ to \S+ helped: mean loss ", told.text)


def test_parameters_that_act_together_are_found(make_frame):
    rows = drawn(80)
    values = values_of(rows, lambda row: float((row["dropout"] > 0.25) == (row["lr"] > 10**-2.5)))
    frame = make_frame(SPACE, rows, values)
    (told,) = claims(takeaways(frame))
    assert told.kind == "interaction"
    assert set(told.parameters) == {"dropout", "lr"}
    assert re.match(
        r"The best (lr|dropout) depends on (lr|dropout): with .* gave mean loss \S+ against \S+ "
        r"\(\d+ and \d+ runs\); else \S+ against \S+ \(\d+ and \d+ runs\)\.$",
        told.text,
    )
    numbers = [int(n) for n in re.findall(r"(\d+) and (\d+) runs", told.text) for n in n]
    assert sum(numbers) == 80
    assert not any(
        each.kind == "unimportant" and "lr" in each.parameters for each in takeaways(frame)
    )


def test_a_sum_of_effects_is_no_interaction(make_frame):
    # On ranks, and on a logarithm, a plain product of two effects bends.
    found = 0
    for seed in range(20):
        rows = drawn(80, seed)
        values = values_of(rows, lambda r: math.exp(4 * r["dropout"] - math.log10(r["lr"])), seed)
        told = takeaways(make_frame(SPACE, rows, values))
        found += any(each.kind == "interaction" for each in told)
    assert found <= 1


def test_where_runs_failed_is_said_with_its_counts(make_frame):
    rows = drawn(60)
    states = [RunState.FAILED if row["lr"] > 0.1 else RunState.FINISHED for row in rows]
    states[0] = RunState.FAILED
    values = [
        None if state is RunState.FAILED else float(value)
        for state, value in zip(states, noise(60), strict=True)
    ]
    told = [
        each for each in takeaways(make_frame(SPACE, rows, values, states)) if "failed" in each.text
    ]
    assert len(told) == 1
    match = re.match(
        r"Runs with lr above (\S+) failed: (\d+) of (\d+), against (\d+) of (\d+)\.$", told[0].text
    )
    cut, *counts = map(float, match.groups())
    above = [s for row, s in zip(rows, states, strict=True) if row["lr"] > cut]
    below = [s for row, s in zip(rows, states, strict=True) if row["lr"] <= cut]
    assert counts == [
        above.count(RunState.FAILED),
        len(above),
        below.count(RunState.FAILED),
        len(below),
    ]
    assert (told[0].kind, told[0].n, told[0].is_good) == ("failures", 60, False)


def test_runs_without_a_finite_value_count_as_failures(make_frame):
    rows = drawn(60)
    values = [
        math.nan if row["lr"] > 0.05 else float(v) for row, v in zip(rows, noise(60), strict=True)
    ]
    told = [each for each in takeaways(make_frame(SPACE, rows, values)) if each.kind == "failures"]
    assert len(told) == 1
    assert " gave no loss: " in told[0].text


def test_what_took_longer_is_said(make_frame):
    rows = drawn(40)
    seconds = [20.0 + 0.1 * i if row["batch_size"] <= 64 else 10.0 for i, row in enumerate(rows)]
    values = list(noise(40))
    (told,) = claims(takeaways(make_frame(SPACE, rows, values), seconds=seconds))
    n = sum(row["batch_size"] > 64 for row in rows)
    assert told.kind == "runtime"
    assert re.match(
        r"batch_size (above 64 took (half the time|\d\d % of the time)|up to 64 took (twice|2\.\d)"
        r".*): .* \(median\), \d+ and \d+ runs\.$",
        told.text,
    )
    assert {n, 40 - n} == set(map(int, re.search(r"(\d+) and (\d+) runs", told.text).groups()))


def test_durations_that_drift_are_not_a_parameters(make_frame):
    # Runs got slower by and by, while the search turned from one half of dropout to the other.
    rows = drawn(60)
    seconds = [10.0 + 0.15 * i + 8.0 * (row["batch_size"] > 64) for i, row in enumerate(rows)]
    for i, row in enumerate(rows):
        row["dropout"] = 0.5 * row["dropout"] + (0.25 if i >= 30 else 0.0)
    told = claims(takeaways(make_frame(SPACE, rows, list(noise(60))), seconds=seconds))
    assert [(each.kind, each.parameter) for each in told] == [("runtime", "batch_size")]


def test_a_diverged_run_decides_nothing(make_frame):
    rows = drawn(60)
    values = values_of(rows, lambda row: 0.4 * (row["batch_size"] > 128))
    before = claims(takeaways(make_frame(SPACE, rows, values)))
    values[3] = 1e30
    after = claims(takeaways(make_frame(SPACE, rows, values)))
    assert [each.parameter for each in after] == [each.parameter for each in before]
    assert "median loss" in after[0].text
    assert max(figures(after[0].text)[:2]) < 2


def test_a_parameter_that_only_goes_along_is_not_credited(make_frame):
    rng = np.random.default_rng(0)
    rows = drawn(80)
    for row in rows:  # what a search does that has settled: dropout follows lr
        row["dropout"] = float(
            np.clip((math.log10(row["lr"]) + 5) / 10 + 0.02 * rng.normal(), 0, 0.5)
        )
    values = values_of(rows, lambda row: math.log10(row["lr"]), scale=0.3)
    told = claims(takeaways(make_frame(SPACE, rows, values)))
    assert len({each.parameter for each in told} & {"lr", "dropout"}) == 1
    assert {each.parameter for each in told} <= {"lr", "dropout"}


def test_what_a_search_settled_on_beside_what_matters_is_not_credited(make_frame):
    # Without a look at the other parameters 6 of these 24 sweeps claim something of dropout.
    about = []
    for seed in range(24):
        told = claims(takeaways(make_frame(SPACE, *settled_sweep(seed))))
        about += {name for each in told for name in each.parameters}
    assert about.count("dropout") <= 1
    assert about.count("batch_size") >= 16
    assert about.count("lr") >= 15


def test_what_goes_with_other_parameters_is_said_where_it_is_most_of_a_difference(make_frame):
    rng = np.random.default_rng(1)
    rows = drawn(120)
    for row in rows:  # most of what one sees of dropout is lr's
        row["dropout"] = float(np.clip(0.1 * (math.log10(row["lr"]) + 5), 0, 0.5))
        row["dropout"] = float(np.clip(row["dropout"] + 0.1 * rng.normal(), 0, 0.5))
    values = values_of(rows, lambda row: math.log10(row["lr"]) + 2.5 * row["dropout"], scale=0.05)
    told = {
        each.parameter: each.text for each in claims(takeaways(make_frame(SPACE, rows, values)))
    }
    words = "; more than half of that goes with other parameters."
    assert told["dropout"].endswith(words)
    assert not told["lr"].endswith(words)


def test_conditional_parameters_are_judged_by_their_own_runs(make_frame):
    rows = drawn(90)
    for row in rows:
        if row["optimizer"] != "sgd":
            del row["dropout"]
    values = values_of(rows, lambda row: 5.0 * ("dropout" not in row) + 2 * row.get("dropout", 0.0))
    told = claims(takeaways(make_frame(SPACE, rows, values)))
    own = [each for each in told if each.parameter == "dropout"]
    n = sum("dropout" in row for row in rows)
    assert len(own) == 1
    assert own[0].n == n
    assert sum(figures(own[0].text)[2:]) <= n
    assert max(figures(own[0].text)[:2]) < 2  # the others have 5


def test_what_hardly_matters_is_said_only_beside_what_does(make_frame):
    rows = drawn(150)
    quiet = takeaways(make_frame(SPACE, rows, list(noise(150))))
    assert quiet == ()
    values = values_of(rows, lambda row: float(row["optimizer"] == "sgd"))
    told = [
        each for each in takeaways(make_frame(SPACE, rows, values)) if each.kind == "unimportant"
    ]
    assert len(told) == 1
    assert set(told[0].parameters) == {"lr", "dropout", "batch_size"}
    assert re.match(
        r"batch_size, dropout and lr hardly mattered: each explains at most \d % of the ranking by "
        r"loss, 150 runs\.$",
        told[0].text,
    )
    few = takeaways(make_frame(SPACE, rows[:25], values[:25]))
    assert not any(each.kind == "unimportant" for each in few)


def test_a_category_that_was_hardly_tried_is_not_called_unimportant(make_frame):
    rows = drawn(150)
    for row in rows[2:]:
        row["optimizer"] = "adam" if row["optimizer"] == "sgd" else row["optimizer"]
    values = values_of(rows, lambda row: 0.5 * (row["batch_size"] > 64))
    told = takeaways(make_frame(SPACE, rows, values))
    assert not any("optimizer" in each.parameters for each in told)


def test_the_spread_of_repeats_is_said(make_frame):
    rows = [row for row in drawn(10) for _ in range(3)]
    values = [float(i // 3) + [-0.1, 0.0, 0.1][i % 3] for i in range(30)]
    told = [each for each in takeaways(make_frame(SPACE, rows, values)) if each.kind == "repeats"]
    assert [each.text for each in told] == [
        "Runs of the same params differ by 0.1 in loss (standard deviation): 30 runs of 10 "
        "configurations that were repeated."
    ]
    assert told[0].p_value is None


def test_the_same_frame_and_seed_give_the_same_sentences(make_frame):
    rows = drawn(40)
    values = values_of(rows, lambda row: 0.4 * (row["batch_size"] > 128))
    frame = make_frame(SPACE, rows, values)
    assert takeaways(frame, seed=3) == takeaways(frame, seed=3)


def test_nothing_is_claimed_on_noise(make_frame):
    # 40 sweeps, each with at most LEVEL = 3 % by design: more than 5 come by chance in
    # fewer than 1 of 100 such tests. benchmarks/bench_takeaways.py has 200 of each kind.
    n = 0
    for seed in range(40):
        rows = drawn(40, seed)
        rng = np.random.default_rng([seed, 2])
        states = [RunState.FAILED if rng.random() < 0.1 else RunState.FINISHED for _ in rows]
        values = [
            None if s is RunState.FAILED else float(v)
            for s, v in zip(states, noise(40, seed), strict=True)
        ]
        seconds = list(rng.lognormal(size=40))
        n += bool(claims(takeaways(make_frame(SPACE, rows, values, states), seconds=seconds)))
    assert n <= 5


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "No takeaways yet: no run with a value of loss, 8 are needed."),
        ([1.0], "No takeaways yet: 1 run with a value of loss, 8 are needed."),
        ([math.nan] * 9, "No takeaways yet: no run with a value of loss, 8 are needed."),
        ([math.inf, *[1.0] * 6], "No takeaways yet: 6 runs with a value of loss, 8 are needed."),
        ([2.0] * 20, "No takeaways: all 20 runs have the same loss."),
        (
            [0.3, 0.1] * 10,
            "Nothing can be told from chance: 20 runs show no effect of a parameter on loss.",
        ),
    ],
)
def test_bad_input_is_a_sentence(make_frame, values, sentence):
    frame = make_frame(SPACE, drawn(len(values)), values)
    assert takeaways(frame) == ()
    assert nothing_text(frame) == sentence


def test_no_metric_and_nothing_varied_are_sentences(make_frame):
    frame = make_frame(SPACE, drawn(20), [1.0] * 20, metric=None)
    assert takeaways(frame) == ()
    assert nothing_text(frame) == (
        "No takeaways: the sweep has no metric that parameters could decide."
    )
    same = make_frame(SPACE, [drawn(1)[0]] * 20, list(noise(20)))
    assert claims(takeaways(same)) == []
    assert nothing_text(same) == "No takeaways: no parameter varied over 20 runs."


@pytest.mark.parametrize("size", [1e308, 1e-300])
def test_huge_and_tiny_values_have_finite_figures(make_frame, size):
    rows = drawn(40)
    values = [size * (1.0 if row["batch_size"] > 128 else -1.0) for row in rows]
    told = claims(takeaways(make_frame(SPACE, rows, values)))
    assert [each.parameter for each in told] == ["batch_size"]
    assert "inf" not in told[0].text
    assert "nan" not in told[0].text


def test_many_parameters_and_categories_are_taken(make_frame):
    rng = np.random.default_rng(0)
    space = {f"p{k}": {"min": 0.0, "max": 1.0} for k in range(200)}
    space["model"] = {"values": [f"model-{k}" for k in range(500)]}
    rows = [
        {
            **{f"p{k}": float(rng.random()) for k in range(200)},
            "model": f"model-{rng.integers(500)}",
        }
        for _ in range(80)
    ]
    values = values_of(rows, lambda row: 3.0 * (row["p7"] > 0.5))
    assert {each.parameter for each in claims(takeaways(make_frame(space, rows, values)))} == {"p7"}


def test_parts_do_not_depend_on_results_and_have_runs_on_both_sides(make_frame):
    rows = drawn(100)
    frame = make_frame(SPACE, rows, list(noise(100)))
    found = features(frame.params, frame.counted)
    assert found.x.shape == (100, len(found.parts))
    np.testing.assert_allclose((found.x.astype(float) ** 2).sum(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(found.x.sum(axis=0), 0, atol=1e-4)
    for part in found.parts:
        if part.shape != "trend":
            inside = int(part.holds(found.numbers[:, part.k]).sum())
            assert 5 <= inside <= 95
    steps = [part for part in found.parts if part.k == 0 and part.shape == "step"]
    assert len(steps) <= CUTS
    assert all(len(f"{part.low:.17g}") <= 8 for part in steps)  # few digits
