"""Every method of importance on functions of which the answer is known, and on bad input."""

import itertools
import math
import sys

import numpy as np
import pytest

from nbsweep.analysis.frame import RUNTIME, frame
from nbsweep.analysis.importance import (
    METHODS,
    Importance,
    ParameterImportance,
    association,
    fanova,
    importance,
    matrix,
    ped_anova,
)
from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.records import RunState
from nbsweep.sweep_config import parse

UNIT = {"min": 0.0, "max": 1.0}
AT_HAND = [method for method in METHODS if method != "shap"]
OF_TREES = ["forest", "permutation", "fanova"]


def draw(parameters, n, seed=0):
    """Rows drawn from a space of uniform numbers and categories."""
    rng = np.random.default_rng(seed)
    return [
        {
            name: law["values"][rng.integers(len(law["values"]))]
            if "values" in law
            else float(rng.uniform(law["min"], law["max"]))
            for name, law in parameters.items()
        }
        for _ in range(n)
    ]


def made(make_frame, parameters, n, function, seed=0, scale=0.0, **kwargs):
    rows = draw(parameters, n, seed)
    errors = np.random.default_rng([seed, 1]).normal(scale=scale, size=n)
    values = [float(function(row) + error) for row, error in zip(rows, errors, strict=True)]
    return make_frame(parameters, rows, values, **kwargs)


def by_name(found):
    return {row.name: row for row in found.rows}


# Known Sobol indices -----------------------------------------------------------------

ISHIGAMI = {name: {"min": -math.pi, "max": math.pi} for name in ("x1", "x2", "x3", "noise")}


def ishigami(row):
    """First-order indices 0.314, 0.442, 0; x1 and x3 together 0.244 (Ishigami & Homma 1990)."""
    x1, x2, x3 = row["x1"], row["x2"], row["x3"]
    return math.sin(x1) + 7 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)


@pytest.fixture(scope="module")
def ishigami_runs(make_frame):
    return made(make_frame, ISHIGAMI, 1000, ishigami)


def test_fanova_finds_the_sobol_indices_of_ishigami(ishigami_runs):
    found = importance(ishigami_runs, method="fanova")
    rows = by_name(found)
    assert rows["x1"].importance == pytest.approx(0.314, abs=0.12)
    assert rows["x2"].importance == pytest.approx(0.442, abs=0.12)
    assert rows["x3"].importance == pytest.approx(0.0, abs=0.03)
    assert rows["noise"].importance == pytest.approx(0.0, abs=0.01)
    assert [row.name for row in found.rows if row.stands_out] == [
        row.name for row in found.rows[:2]
    ]
    first, *others = found.pairs
    assert set(first.names) == {"x1", "x3"}
    assert first.stands_out
    assert first.importance == pytest.approx(0.244, abs=0.1)
    assert not any(pair.stands_out and "noise" in pair.names for pair in others)
    single, pairs, more = found.shared
    assert single + pairs + more == pytest.approx(1.0)
    assert pairs == pytest.approx(0.244, abs=0.12)
    assert "x1 and x3 act together" in repr(found) or "x3 and x1 act together" in repr(found)


@pytest.mark.parametrize("method", ["forest", "permutation"])
def test_the_forest_credits_the_third_of_ishigami_with_its_interaction(ishigami_runs, method):
    rows = by_name(importance(ishigami_runs, method=method))
    assert all(rows[name].stands_out for name in ("x1", "x2", "x3"))
    assert not rows["noise"].stands_out
    assert rows["x3"].importance < min(rows["x1"].importance, rows["x2"].importance)


def test_only_mutual_information_sees_the_wave_that_no_line_does(ishigami_runs):
    # sin² goes up and down twice: no correlation, of values or of ranks.
    assert by_name(importance(ishigami_runs, method="mutual_information"))["x2"].stands_out
    for method in ("pearson", "spearman"):
        rows = by_name(importance(ishigami_runs, method=method))
        assert rows["x1"].stands_out
        assert not rows["x2"].stands_out


ADDITIVE = {"a": UNIT, "b": UNIT, "c": UNIT, "kind": {"values": ["x", "y", "z"]}}


@pytest.mark.parametrize("method", OF_TREES)
def test_shares_of_an_additive_function_are_those_of_its_variance(make_frame, method):
    # Var(2a) = 4/12, Var(1[kind = y]) = 2/9, Var(c/2) = 1/48: 0.58, 0.38, 0.04.
    runs = made(
        make_frame, ADDITIVE, 400, lambda row: 2 * row["a"] + (row["kind"] == "y") + row["c"] / 2
    )
    found = importance(runs, method=method)
    rows = by_name(found)
    assert rows["a"].importance == pytest.approx(0.58, abs=0.08)
    assert rows["kind"].importance == pytest.approx(0.38, abs=0.08)
    assert rows["c"].importance == pytest.approx(0.04, abs=0.04)
    assert rows["b"].importance == pytest.approx(0.0, abs=0.02)
    low, high = rows["a"].interval
    assert low < rows["a"].importance < high
    assert found.explained + found.left == pytest.approx(1.0)


@pytest.mark.parametrize("method", OF_TREES)
def test_a_pure_interaction_is_found(make_frame, method):
    space = {"a": UNIT, "b": UNIT, "c": UNIT}
    runs = made(make_frame, space, 300, lambda row: (row["a"] > 0.5) == (row["b"] > 0.5), scale=0.1)
    found = importance(runs, method=method)
    if method != "fanova":
        assert {row.name for row in found.rows[:2]} == {"a", "b"}
        return
    assert all(row.importance < 0.2 for row in found.rows)
    assert (found.pairs[0].names, found.pairs[0].stands_out) == (("a", "b"), True)
    assert found.pairs[0].importance > 0.7
    assert found.shared[1] > 0.7


def test_fanova_measures_over_the_space_where_the_runs_crowd(make_frame):
    # Nearly all runs have a small: among them it decides little, over the space a lot.
    rng = np.random.default_rng(0)
    rows = [
        {"a": float(rng.random() ** 4 if i % 4 else rng.random()), "b": float(rng.random())}
        for i in range(600)
    ]
    runs = make_frame({"a": UNIT, "b": UNIT}, rows, [row["a"] + 0.6 * row["b"] for row in rows])
    over_space = by_name(importance(runs, method="fanova"))["a"].importance
    # Shares of the variance over the space: 1 / 1.36 and 0.36 / 1.36.
    assert over_space == pytest.approx(1 / 1.36, abs=0.08)


def test_the_parts_of_two_trees_are_what_brute_force_integration_says(make_frame):
    # Parameters lie in the order of their names: an interval, three categories, three marks.
    space = {"a": UNIT, "kind": {"values": ["x", "y", "z"]}, "marks": {"values": [1, 2, 5]}}
    runs = made(make_frame, space, 60, lambda row: row["a"] * row["marks"] + (row["kind"] == "x"))
    data = matrix.make_data(runs, runs.params, runs.counted)
    assert list(data.group) == [0, 1, 1, 1, 2]
    spaces = [fanova._Space(data, k) for k in range(3)]
    rng = np.random.RandomState(0)
    halves = np.arange(0, 60, 2), np.arange(1, 60, 2)
    trees = [fanova.regression_tree(data, half, rng) for half in halves]
    found = fanova._moments(*(fanova._leaves(tree.tree_, data, spaces) for tree in trees), spaces)
    # Both on a grid of the whole space: 3,000 places of a, every category and every mark.
    kinds = [[k == c for c in range(3)] for k in range(3)]
    marks = [(value - 1) / 4 for value in (1, 2, 5)]
    a = (np.arange(3000) + 0.5) / 3000
    grid = np.array(
        [[x, *kind, mark] for x, kind, mark in itertools.product(a, kinds, marks)], np.float32
    )
    first, second = (tree.predict(grid).reshape(3000, 3, 3) for tree in trees)
    mean = first.mean() * second.mean()
    singles = []
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        singles.append((first.mean(others) * second.mean(others)).mean() - mean)
    assert found.single == pytest.approx(singles, abs=1e-4)
    pair = (first.mean(2) * second.mean(2)).mean() - mean - singles[0] - singles[1]
    assert found.pairs[0, 1] == pytest.approx(pair, abs=1e-4)
    assert found.total == pytest.approx((first * second).mean() - mean, abs=1e-4)


def test_trees_that_split_on_nothing_in_common_have_no_covariance(make_frame):
    # Ten runs of three parameters that do nothing: most halves agree on none.
    space = {"a": UNIT, "b": UNIT, "c": UNIT}
    for seed in range(3):
        found = importance(made(make_frame, space, 10, lambda _: 0.0, seed, 1.0), method="fanova")
        assert all(0 <= row.importance <= 1 for row in found.rows)


# Noise -------------------------------------------------------------------------------

NOISY = {"a": UNIT, "b": UNIT, "noise": UNIT, "kind": {"values": ["x", "y", "z", "w"]}}


@pytest.mark.parametrize("method", AT_HAND)
def test_noise_beside_what_decides_is_not_told_from_zero(make_frame, method):
    false = seen = 0
    for seed in range(12):
        runs = made(make_frame, NOISY, 60, lambda row: 2 * row["a"] + row["b"], seed, 0.2)
        rows = by_name(importance(runs, method=method, n_bootstrap=12))
        false += rows["noise"].stands_out + rows["kind"].stands_out
        seen += rows["a"].stands_out
    assert false <= 1
    assert seen >= 9


@pytest.mark.parametrize("method", AT_HAND)
def test_pure_noise_is_not_ranked(make_frame, method):
    runs = [made(make_frame, NOISY, 60, lambda _: 0.0, seed, 1.0) for seed in range(10, 18)]
    found = [importance(each, method=method, n_bootstrap=12) for each in runs]
    assert sum(result.is_ranked for result in found) <= 2
    assert sum(row.stands_out for result in found for row in result.rows) <= 1
    words = next(result.verdict for result in found if not result.is_ranked)
    assert words.startswith("Nothing stands out: 60 runs do not show that any parameter decides")


# Near the top ------------------------------------------------------------------------


def test_ped_anova_tells_what_matters_near_the_top(make_frame):
    # b decides the bulk, a only whether a run gets into the best tenth.
    def loss(row):
        return row["b"] - 3.0 * (row["a"] > 0.85) * (row["b"] > 0.0)

    runs = made(make_frame, {"a": UNIT, "b": UNIT, "c": UNIT}, 300, loss)
    found = importance(runs, method="ped_anova")
    assert found.rows[0].name == "a"
    assert found.rows[0].importance > 0.8
    assert found.verdict.startswith("Among the best 30 of 300 runs, a decides most, ")
    assert (found.score, found.explained, found.explained_text()) == (None, None, "")


def test_the_quantile_of_ped_anova_says_which_runs_are_the_top(make_frame):
    runs = made(make_frame, {"a": UNIT, "b": UNIT}, 200, lambda row: row["a"])
    found = importance(runs, method="ped_anova", quantile=0.25)
    assert found.verdict.startswith("Among the best 50 of 200 runs, a decides most, ")


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_the_top_is_where_the_goal_is(make_frame, goal):
    sign = 1 if goal == "minimize" else -1
    runs = made(
        make_frame, {"a": UNIT, "b": UNIT}, 200,
        lambda row: sign * (row["a"] if row["a"] < 0.3 else 0.3 + row["b"]), goal=goal,
    )  # fmt: skip
    assert importance(runs, method="ped_anova").rows[0].name == "a"


@pytest.mark.parametrize("quantile", [0.0, 1.0, -0.1, 2.0])
def test_a_quantile_lies_between_0_and_1(make_frame, quantile):
    runs = made(make_frame, {"a": UNIT}, 20, lambda row: row["a"])
    with pytest.raises(UsageError) as raised:
        importance(runs, method="ped_anova", quantile=quantile)
    assert str(raised.value) == (
        f"importance: quantile {quantile!r} is not between 0 and 1. Give the share of the runs "
        "that are the best ones, such as 0.1."
    )


# Beside Optuna -----------------------------------------------------------------------

MIXED = {
    "a": UNIT,
    "b": UNIT,
    "kind": {"values": ["x", "y", "z"]},
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
}


def mixed_loss(row):
    return 2 * row["a"] + (row["kind"] == "y") - 0.3 * math.log10(row["lr"]) + 0.3 * row["b"]


@pytest.fixture(scope="module")
def both_ways(make_frame):
    """The same runs as our frame and as Optuna's study."""
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = np.random.default_rng(5)
    rows = [
        {
            "a": float(rng.random()),
            "b": float(rng.random()),
            "kind": "xyz"[rng.integers(3)],
            "lr": float(10 ** rng.uniform(-5, 0)),
        }
        for _ in range(200)
    ]
    values = [mixed_loss(row) for row in rows]
    laws = {
        "a": optuna.distributions.FloatDistribution(0, 1),
        "b": optuna.distributions.FloatDistribution(0, 1),
        "kind": optuna.distributions.CategoricalDistribution(["x", "y", "z"]),
        "lr": optuna.distributions.FloatDistribution(1e-5, 1, log=True),
    }
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.create_trial(params=row, distributions=laws, value=value)
            for row, value in zip(rows, values, strict=True)
        ]
    )
    return make_frame(MIXED, rows, values), study


def test_fanova_agrees_with_optunas_on_the_same_runs(make_frame):
    # On linear axes: Optuna's takes logarithmic ones for linear, and so finds no effect there.
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    names = ("a", "b", "c", "d")
    rows = draw(dict.fromkeys(names, UNIT), 200)
    values = [2 * row["a"] + 1.2 * (row["b"] - 0.3) ** 2 + row["c"] for row in rows]
    law = optuna.distributions.FloatDistribution(0, 1)
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.create_trial(params=row, distributions=dict.fromkeys(names, law), value=value)
            for row, value in zip(rows, values, strict=True)
        ]
    )
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=24, seed=0)
    theirs = optuna.importance.get_param_importances(study, evaluator=evaluator)
    found = importance(make_frame(dict.fromkeys(names, UNIT), rows, values), method="fanova")
    whole = sum(row.importance for row in found.rows)
    assert [row.name for row in found.rows] == list(theirs) == ["a", "c", "b", "d"]
    for row in found.rows:
        assert row.importance / whole == pytest.approx(theirs[row.name], abs=0.05)


def test_fanova_is_right_about_logarithms_and_categories(both_ways):
    rows = by_name(importance(both_ways[0], method="fanova"))
    # The shares of the variance: 4/12, 2/9, 1.5²/12 and 0.3²/12.
    assert rows["a"].importance == pytest.approx(0.444, abs=0.05)
    assert rows["kind"].importance == pytest.approx(0.296, abs=0.05)
    assert rows["lr"].importance == pytest.approx(0.25, abs=0.05)
    assert rows["b"].importance == pytest.approx(0.01, abs=0.02)


def test_ped_anova_computes_optunas_divergences_on_the_same_runs(both_ways):
    from optuna.importance import PedAnovaImportanceEvaluator

    runs, study = both_ways
    evaluator = PedAnovaImportanceEvaluator()
    # They multiply by the square of the top's share, which all parameters have in common.
    theirs = {name: 100 * value for name, value in evaluator.evaluate(study).items()}
    data = matrix.make_data(runs, runs.params, runs.counted)
    badness = data.y
    best = (badness <= np.sort(badness)[ped_anova.n_best(200) - 1]).astype(float)[None, :]
    for column in data.columns:
        grid = ped_anova._grid(column, data)
        ours = ped_anova.divergence(grid, best, np.ones((1, 200)))[0]
        assert ours == pytest.approx(theirs[column.name], rel=1e-6)


# Correlations ------------------------------------------------------------------------


def test_correlations_are_signed_and_ranked_by_size(make_frame):
    runs = made(make_frame, {"a": UNIT, "b": UNIT}, 80, lambda row: row["b"] - 3 * row["a"])
    found = importance(runs, method="pearson")
    first = found.rows[0]
    assert (first.name, first.importance) == ("a", pytest.approx(-first.correlation))
    assert first.correlation < -0.9
    assert first.interval[0] < first.correlation < first.interval[1] < 0
    assert found.score == pytest.approx(1.0)
    sign = f"\N{MINUS SIGN}{-first.correlation:.2f}"
    assert found.verdict.startswith(f"a correlates most, {sign} ± {first.error:.2f}, 80 runs; then")


def test_ranks_see_a_curve_as_straight(make_frame):
    runs = made(make_frame, {"a": UNIT, "b": UNIT}, 60, lambda row: math.exp(6 * row["a"]))
    rho = by_name(importance(runs, method="spearman"))["a"].correlation
    assert rho == pytest.approx(1.0, abs=0.02)
    assert rho > by_name(importance(runs, method="pearson"))["a"].correlation


def test_spearmans_rho_is_that_of_scipys_formula(make_frame):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 8, 50).astype(float), rng.random(50)
    # With ties: Pearson's r of the mean ranks, here by counting.
    rank = [np.mean([*range((x < a).sum() + 1, (x <= a).sum() + 1)]) for a in x]
    assert association.ranks(x) == pytest.approx(rank)
    assert association.pearson_r(association.ranks(x), association.ranks(y)) == pytest.approx(
        np.corrcoef(rank, np.argsort(np.argsort(y)))[0, 1]
    )


def test_a_category_has_a_correlation_ratio_and_its_best_value(make_frame):
    levels = {"x": 0.0, "y": 1.0, "z": 3.0}
    space = {"kind": {"values": ["x", "y", "z"]}, "a": UNIT, "none": {"values": list("pqrs")}}
    runs = made(make_frame, space, 120, lambda row: levels[row["kind"]] + row["a"])
    rows = by_name(importance(runs))
    kind, none = rows["kind"], rows["none"]
    assert (kind.correlation, kind.best_value) == (None, "x")
    # Between the levels lie 14/9 of 14/9 + 1/12 of the variance.
    assert kind.correlation_ratio**2 == pytest.approx(14 / 9 / (14 / 9 + 1 / 12), abs=0.04)
    assert none.correlation_ratio < 0.25
    assert none.best_value is None
    assert rows["a"].correlation_ratio is None


def test_mutual_information_is_the_share_of_what_there_is_to_know(make_frame):
    space = {"kind": {"values": ["p", "q", "r", "s"]}, "a": UNIT}
    runs = made(make_frame, space, 400, lambda row: float("pqrs".index(row["kind"])))
    found = importance(runs, method="mutual_information")
    assert found.rows[0].importance == pytest.approx(1.0)
    assert by_name(found)["a"].importance < 0.02
    assert found.verdict.startswith("kind tells most, 1.00 ± 0.00, 400 runs; nothing else is")


# Conditional parameters --------------------------------------------------------------


def conditional(n=160, seed=0):
    """Momentum only with sgd, where it decides; adam is better by a constant."""
    rng = np.random.default_rng(seed)
    rows, values = [], []
    for _ in range(n):
        row = {"optimizer": ["adam", "sgd"][rng.integers(2)], "a": float(rng.random())}
        if row["optimizer"] == "sgd":
            row["momentum"] = float(rng.random())
        rows.append(row)
        values.append(
            (2.0 if "momentum" in row else 0.0) + row.get("momentum", 0.0) + 0.1 * row["a"]
        )
    return rows, values


CONDITIONAL = {"optimizer": {"values": ["adam", "sgd"]}, "a": UNIT, "momentum": UNIT}


@pytest.mark.parametrize("method", AT_HAND)
def test_a_conditional_parameter_is_judged_by_its_own_runs(make_frame, method):
    rows, values = conditional()
    own = sum("momentum" in row for row in rows)
    found = importance(make_frame(CONDITIONAL, rows, values), method=method)
    momentum, optimizer = by_name(found)["momentum"], by_name(found)["optimizer"]
    assert (momentum.n_runs, momentum.is_conditional) == (own, True)
    assert (optimizer.n_runs, optimizer.is_conditional) == (160, False)
    assert f"momentum is in {own} of 160 runs and is judged by these alone." in found.notes
    assert momentum.stands_out
    # Among its own runs nothing else does much; that it is there is the optimizer's merit.
    only = make_frame(
        {"a": UNIT, "momentum": UNIT},
        [{"a": row["a"], "momentum": row["momentum"]} for row in rows if "momentum" in row],
        [value for row, value in zip(rows, values, strict=True) if "momentum" in row],
    )
    alone = by_name(importance(only, method=method))["momentum"].importance
    assert momentum.importance == pytest.approx(alone, abs=0.1)


@pytest.mark.parametrize("method", OF_TREES)
def test_what_decides_which_runs_have_a_parameter_keeps_its_credit(make_frame, method):
    rows, values = conditional()
    found = by_name(importance(make_frame(CONDITIONAL, rows, values), method=method))
    assert found["optimizer"].importance > 0.85


def test_a_parameter_of_few_runs_is_left_unjudged(make_frame):
    rows, values = conditional()
    for row in [row for row in rows if "momentum" in row][6:]:
        del row["momentum"]
    found = importance(make_frame(CONDITIONAL, rows, values))
    momentum = by_name(found)["momentum"]
    assert (momentum.importance, momentum.stands_out, momentum.n_runs) == (0.0, False, 6)
    assert "momentum is in 6 of 160 runs, too few to judge it by." in found.notes


# Targets -----------------------------------------------------------------------------


def failing(make_frame, n=120):
    rows = draw({"a": UNIT, "b": UNIT}, n, seed=1)
    states = [RunState.FAILED if row["a"] > 0.7 else RunState.FINISHED for row in rows]
    values = [None if row["a"] > 0.7 else row["b"] for row in rows]
    return make_frame({"a": UNIT, "b": UNIT}, rows, values, states)


@pytest.mark.parametrize("method", AT_HAND)
def test_what_makes_runs_fail_is_found(make_frame, method):
    found = importance(failing(make_frame), method=method, target="failed")
    assert (found.metric, found.n_runs, found.left_out) == ("failure", 120, "")
    assert found.rows[0].name == "a"
    assert found.rows[0].stands_out
    assert not by_name(found)["b"].stands_out


def test_runs_under_way_and_stopped_by_hand_are_no_failures(make_frame):
    rows = draw({"a": UNIT}, 40)
    states = [RunState.FINISHED, RunState.CRASHED, RunState.RUNNING, RunState.KILLED] * 10
    runs = make_frame({"a": UNIT}, rows, [1.0] * 40, states)
    found = importance(runs, target="failed")
    assert found.n_runs == 20
    assert found.left_out == "20 runs left out: 10 running, 10 killed"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.FINISHED, "All 20 runs ended without a failure."),
        (RunState.FAILED, "All 20 runs failed."),
    ],
)
def test_a_sweep_where_all_or_none_failed_says_so(make_frame, state, words):
    runs = make_frame({"a": UNIT}, draw({"a": UNIT}, 20), [1.0] * 20, [state] * 20)
    assert importance(runs, target="failed").verdict == words


def test_the_duration_is_a_target(make_snapshot):
    rows = draw({"a": UNIT, "b": UNIT}, 60)
    rows.sort(key=lambda row: row["a"])  # the made-up runs take 10 s longer each
    config = parse(
        {"method": "random", "metric": {"name": "loss"}, "parameters": {"a": UNIT, "b": UNIT}}
    )
    found = importance(frame(make_snapshot(rows, [1.0] * 60), config, metric=RUNTIME))
    assert found.rows[0].name == "a"
    assert found.rows[0].correlation > 0.9


# Bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", AT_HAND)
@pytest.mark.parametrize(
    ("n", "value", "words"),
    [
        (0, 1.0, "Too few runs to tell what matters: no run has a value of loss, 10 are needed."),
        (1, 1.0, "Too few runs to tell what matters: 1 run has a value of loss, 10 are needed."),
        (30, 1.0, "All 30 runs have the same loss."),
        (30, None, "None of 30 finished runs has a value of loss."),
        (1, None, "The one finished run has no value of loss."),
        (30, math.nan, "None of 30 finished runs has a value of loss."),
        (30, math.inf, "None of 30 finished runs has a value of loss."),
    ],
)
def test_what_is_missing_is_a_sentence(make_frame, method, n, value, words):
    runs = make_frame(NOISY, draw(NOISY, n), [value] * n)
    found = importance(runs, method=method)
    assert (found.rows, found.verdict) == ((), words)
    assert words in repr(found)
    assert words in found._repr_html_()
    assert len(found.dataframe()) == 0


@pytest.mark.parametrize("method", AT_HAND)
def test_nan_and_infinite_values_are_left_out_of_the_rest(make_frame, method):
    rows = draw(NOISY, 80)
    values = [row["a"] + 0.01 * row["b"] for row in rows]
    values[3], values[7], values[11] = math.nan, math.inf, -math.inf
    found = importance(make_frame(NOISY, rows, values), method=method)
    assert (found.n_runs, found.rows[0].name) == (77, "a")
    assert found.left_out == "3 runs left out: 3 without loss"


@pytest.mark.parametrize("method", AT_HAND)
def test_a_metric_of_two_scales_still_has_the_parameter_that_sets_it(make_frame, method):
    runs = made(
        make_frame, NOISY, 120,
        lambda row: row["b"] * (1e-3 if row["a"] < 0.5 else 1e6) + 1e-6,
    )  # fmt: skip
    found = importance(runs, method=method)
    assert by_name(found)["a"].stands_out
    assert all(math.isfinite(row.importance + row.error) for row in found.rows)


@pytest.mark.parametrize("method", AT_HAND)
def test_two_hundred_parameters_need_their_runs_and_then_work(make_frame, method):
    space = {f"p{i:03d}": UNIT for i in range(200)}
    few = made(make_frame, space, 300, lambda row: row["p007"])
    assert importance(few, method=method).verdict == (
        "Too few runs to tell what matters: 300 runs have a value of loss, 400 are needed."
    )
    enough = made(make_frame, space, 400, lambda row: row["p007"] + 0.1 * row["p001"])
    found = importance(enough, method=method, n_bootstrap=4)
    assert found.rows[0].name == "p007"
    assert len(found.rows) == 200


@pytest.mark.parametrize("method", AT_HAND)
def test_a_category_with_five_hundred_values_does_no_harm(make_frame, method):
    space = {
        "seed": {"values": list(range(500))},
        "name": {"values": [f"m{i}" for i in range(500)]},
    }
    runs = made(make_frame, {**space, "a": UNIT}, 300, lambda row: row["a"], scale=0.05)
    found = importance(runs, method=method, n_bootstrap=4)
    assert found.rows[0].name == "a"
    assert not by_name(found)["name"].stands_out
    assert all(0 <= row.importance <= 1 for row in found.rows)


@pytest.mark.parametrize("method", AT_HAND)
def test_a_category_of_its_own_for_each_run_tells_nothing(make_frame, method):
    rows = [{"name": f"m{i}", "a": row["a"]} for i, row in enumerate(draw({"a": UNIT}, 40))]
    space = {"name": {"values": [row["name"] for row in rows]}, "a": UNIT}
    found = importance(make_frame(space, rows, [row["a"] for row in rows]), method=method)
    assert by_name(found)["name"].correlation_ratio is None
    assert not by_name(found)["name"].stands_out


def test_a_method_that_is_not_there_is_named_with_those_that_are(make_frame):
    with pytest.raises(UsageError) as raised:
        importance(failing(make_frame), method="fanvoa")
    assert str(raised.value) == (
        'importance: there is no method "fanvoa". Did you mean "fanova"? Methods: forest, '
        "permutation, fanova, ped_anova, shap, pearson, spearman, mutual_information."
    )


def test_a_target_that_is_not_there_is_named(make_frame):
    with pytest.raises(UsageError) as raised:
        importance(failing(make_frame), target="crashed")
    assert str(raised.value) == (
        "importance: there is no target 'crashed'. Give \"failed\" for whether a run fails, or "
        "leave it out for the metric."
    )


# SHAP --------------------------------------------------------------------------------


def test_shap_without_its_package_says_how_to_get_it(make_frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(MissingDependencyError) as raised:
        importance(made(make_frame, NOISY, 40, lambda row: row["a"]), method="shap")
    assert str(raised.value) == (
        'Importance by method "shap" needs an extra package: pip install shap'
    )


class LinearExplainer:
    """Stands for shap's: as if a tree were 3 · a - b, the columns of X in that order."""

    def __init__(self, tree):
        self.tree = tree

    def shap_values(self, x, check_additivity):
        assert check_additivity is False
        values = np.zeros_like(x, dtype=float)
        a, b, kind, _ = range(4)  # in the order of their names, a category in four columns
        values[:, a], values[:, b] = 3 * (x[:, a] - 0.5), -(x[:, b] - 0.5)
        values[:, kind : kind + 4] = [1.0, -1.0, 0.5, -0.5]  # cancel out: no size
        return values


def test_shares_of_shap_are_sizes_summed_over_the_columns_of_a_category(make_frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", type(sys)("shap"))
    sys.modules["shap"].TreeExplainer = LinearExplainer
    runs = made(make_frame, NOISY, 80, lambda row: 3 * row["a"] - row["b"])
    rows = by_name(importance(runs, method="shap"))
    assert rows["a"].importance == pytest.approx(0.75, abs=0.06)
    assert rows["b"].importance == pytest.approx(0.25, abs=0.06)
    assert rows["kind"].importance == pytest.approx(0.0, abs=1e-9)
    assert (rows["a"].stands_out, rows["noise"].stands_out) == (True, False)


def test_shap_itself_finds_what_decides(make_frame):
    pytest.importorskip("shap")
    runs = made(make_frame, NOISY, 80, lambda row: 2 * row["a"] + (row["kind"] == "x"), scale=0.1)
    found = importance(runs, method="shap")
    assert {row.name for row in found.rows[:2]} == {"a", "kind"}
    assert {row.name for row in found.rows if row.stands_out} == {"a", "kind"}


# What users see ----------------------------------------------------------------------


def test_a_result_prints_as_a_table_and_is_one_in_pandas(make_frame):
    runs = made(make_frame, NOISY, 80, lambda row: 2 * row["a"] + row["b"], scale=0.05)
    found = importance(runs)
    text = repr(found)
    assert text.startswith(
        f"{found.verdict}\nThe forest explains {100 * found.score:.0f} % of loss"
    )
    assert "parameter  importance (share)  correlation" in text
    assert "not told from zero" in text
    table = found.dataframe()
    assert list(table.index) == [row.name for row in found.rows]
    assert table.loc["a", "importance"] == found.rows[0].importance
    assert (table["low"] <= table["importance"]).all()
    assert (table["importance"] <= table["high"]).all()
    assert table.loc["a", "n_runs"] == 80
    html = found._repr_html_()
    assert html.count("<tr>") == 5


def test_names_are_escaped_in_html():
    row = ParameterImportance("<b>", 0.5, 0.1, 0.5, 0.1, "<i>", stands_out=True)
    html = Importance((row,), "<b> decides.", "loss", 40, is_ranked=True)._repr_html_()
    assert "<td>&lt;b&gt;</td>" in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_what_is_left_is_said_beside_a_share_of_one(make_frame):
    # a has all of what is explained, and that is little.
    runs = made(make_frame, {"a": UNIT, "b": UNIT}, 300, lambda row: row["a"], scale=0.4)
    found = importance(runs)
    assert found.rows[0].importance > 0.85
    assert found.explained < 0.5
    explained = round(100 * found.explained)
    assert found.explained_text() == (
        f"The forest explains {explained} % of loss in runs it did not see; "
        f"the other {100 - explained} % is chance, or lies in what the parameters do not tell."
    )
