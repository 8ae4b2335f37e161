import numpy as np
import pytest

from nbsweep.analysis.importance import Importance, importance
from nbsweep.records import RunState

UNIT = {"min": 0.0, "max": 1.0}
FOUR = {"a": UNIT, "b": UNIT, "c": UNIT, "kind": {"values": ["x", "y", "z"]}}


def random_rows(n, seed=0):
    rng = np.random.default_rng(seed)
    return [
        {**{name: float(rng.random()) for name in "abc"}, "kind": "xyz"[rng.integers(3)]}
        for _ in range(n)
    ]


def noise(n, seed=0, scale=1.0):
    return list(np.random.default_rng([seed, 1]).normal(scale=scale, size=n))


def values_of(rows, function, scale=0.0):
    """The function of each row, with noise of that standard deviation."""
    errors = noise(len(rows), scale=scale)
    return [float(function(row) + error) for row, error in zip(rows, errors, strict=True)]


def by_name(found):
    return {row.name: row for row in found.rows}


def test_the_parameter_that_decides_ranks_first(make_frame):
    rows = random_rows(60)
    values = values_of(rows, lambda row: (row["b"] - 0.4) ** 2, 0.02)
    found = importance(make_frame(FOUR, rows, values))
    first = found.rows[0]
    assert (first.name, first.stands_out, found.is_ranked) == ("b", True, True)
    assert first.importance > 0.9
    assert found.score > 0.5
    assert found.verdict.startswith(f"b decides most, {first.importance:.2f} ± ")


def test_importances_are_shares_and_near_the_shares_of_variance(make_frame):
    # Var(2a) = 4/12, Var(1[kind = y]) = 2/9, Var(c/2) = 1/48: shares 0.58, 0.38, 0.04.
    rows = random_rows(400)
    values = values_of(rows, lambda row: 2 * row["a"] + (row["kind"] == "y") + row["c"] / 2, 0.1)
    found = importance(make_frame(FOUR, rows, values))
    shares = by_name(found)
    assert sum(row.importance for row in found.rows) == pytest.approx(1.0)
    assert shares["a"].importance == pytest.approx(0.58, abs=0.08)
    assert shares["kind"].importance == pytest.approx(0.38, abs=0.08)
    assert shares["b"].importance == pytest.approx(0.0, abs=0.02)
    assert not shares["b"].stands_out
    assert shares["c"].importance < 0.05
    assert "then kind" in found.verdict


def test_importance_of_a_category_is_summed_over_its_columns(make_frame):
    # Ten categories, each with its own level: no single column tells much.
    rng = np.random.default_rng(3)
    names = [f"model-{i}" for i in range(10)]
    levels = dict(zip(names, rng.permutation(10), strict=True))
    rows = [{"model": names[rng.integers(10)], "a": float(rng.random())} for _ in range(300)]
    values = values_of(rows, lambda row: levels[row["model"]] + 0.1 * row["a"])
    found = importance(make_frame({"model": {"values": names}, "a": UNIT}, rows, values))
    assert [row.name for row in found.rows] == ["model", "a"]
    assert found.rows[0].importance > 0.95
    assert found.rows[0].correlation is None


def test_pure_noise_is_not_ranked(make_frame):
    found = importance(make_frame(FOUR, random_rows(60), noise(60)))
    assert not found.is_ranked
    assert not any(row.stands_out for row in found.rows)
    assert [row.name for row in found.rows] == ["a", "b", "c", "kind"]
    assert found.score < 0.05
    assert found.verdict == (
        "Nothing stands out: 60 runs do not show that any parameter decides loss "
        "(predictions are no better than chance)."
    )


def test_noise_is_called_a_ranking_in_few_of_many_sweeps(make_frame):
    frames = [make_frame(FOUR, random_rows(24, seed), noise(24, seed)) for seed in range(20)]
    found = [importance(made, n_bootstrap=8) for made in frames]
    assert sum(result.is_ranked for result in found) <= 3


def test_a_fine_grained_parameter_of_no_effect_gets_no_credit(make_frame):
    # Impurity importance, which counts what trees learn by heart, prefers it to the
    # two categories that decide.
    rng = np.random.default_rng(0)
    rows = [{"a": float(rng.random()), "kind": "xy"[rng.integers(2)]} for _ in range(100)]
    values = values_of(rows, lambda row: row["kind"] == "x", 0.8)
    found = importance(make_frame({"a": UNIT, "kind": {"values": ["x", "y"]}}, rows, values))
    assert by_name(found)["kind"].importance > 0.9


def test_an_interaction_without_main_effects_is_found(make_frame):
    rows = random_rows(300)
    values = values_of(rows, lambda row: (row["a"] > 0.5) == (row["b"] > 0.5), 0.1)
    found = importance(make_frame(FOUR, rows, values))
    assert {row.name for row in found.rows[:2]} == {"a", "b"}
    assert all(row.stands_out and abs(row.correlation) < 0.2 for row in found.rows[:2])


def test_a_diverged_run_changes_little(make_frame):
    rows = random_rows(60)
    values = values_of(rows, lambda row: row["a"], 0.05)
    before = importance(make_frame(FOUR, rows, values))
    diverged = values.copy()
    diverged[int(np.argmin(values))] = 1e10
    after = importance(make_frame(FOUR, rows, diverged))
    assert before.rows[0].name == after.rows[0].name == "a"
    assert after.rows[0].stands_out
    assert after.rows[0].importance > 0.8
    assert after.rows[0].correlation > 0.6


def test_a_third_of_diverged_runs_leaves_the_rest_readable(make_frame):
    rows = random_rows(120)
    values = values_of(rows, lambda row: row["a"] if row["b"] < 2 / 3 else 1e10, 0.02)
    found = importance(make_frame(FOUR, rows, values))
    assert {row.name for row in found.rows if row.stands_out} == {"a", "b"}


def test_log_parameters_correlate_on_their_log_axis(make_frame):
    parameters = {"lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1.0}}
    rng = np.random.default_rng(0)
    rows = [{"lr": float(10 ** rng.uniform(-6, 0))} for _ in range(30)]
    row = importance(
        make_frame(parameters, rows, values_of(rows, lambda row: -np.log10(row["lr"])))
    )
    assert row.rows[0].correlation == pytest.approx(-1.0)
    assert row.rows[0].correlation_error == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_a_correlation_has_the_sign_of_the_metric_whatever_the_goal(make_frame, goal):
    rows = random_rows(20)
    made = make_frame(FOUR, rows, values_of(rows, lambda row: row["a"]), goal=goal)
    assert by_name(importance(made))["a"].correlation == pytest.approx(1.0)


def test_correlation_equals_numpys_and_its_error_is_in_the_right_range(make_frame):
    rows = random_rows(50)
    values = values_of(rows, lambda row: row["a"], 0.3)
    row = by_name(importance(make_frame(FOUR, rows, values)))["a"]
    r = np.corrcoef([row["a"] for row in rows], values)[0, 1]
    assert row.correlation == pytest.approx(r)
    # The large-sample standard error of r is (1 - r²)/√(n - 1).
    assert 0.5 < row.correlation_error / ((1 - r**2) / 7) < 1.6


@pytest.mark.parametrize("listed", [[True, False], [False, True]])
def test_true_is_the_high_value_of_a_switch(make_frame, listed):
    rng = np.random.default_rng(0)
    rows = [{"on": bool(rng.integers(2)), "a": float(rng.random())} for _ in range(40)]
    values = values_of(rows, lambda row: row["on"] + 0.1 * row["a"])
    on = by_name(importance(make_frame({"on": {"values": listed}, "a": UNIT}, rows, values)))["on"]
    assert on.correlation > 0.9
    assert on.high_value == "True"


def test_a_parameter_that_some_runs_lack_is_used_where_it_is(make_frame):
    rng = np.random.default_rng(0)
    with_it = [{"optimizer": "b", "momentum": float(rng.random())} for _ in range(40)]
    rows = [*with_it, *({"optimizer": "a"} for _ in range(40))]
    values = values_of(rows, lambda row: row.get("momentum", 0.5), 0.02)
    parameters = {"optimizer": {"values": ["a", "b"]}, "momentum": UNIT}
    found = importance(make_frame(parameters, rows, values))
    assert found.rows[0].name == "momentum"
    assert found.rows[0].correlation > 0.95


@pytest.mark.parametrize(
    ("n", "have", "missing"),
    [
        (0, "no run has", 10),
        (1, "1 run has", 9),
        (9, "9 runs have", 1),
    ],
)
def test_too_few_runs_give_words_instead_of_a_ranking(make_frame, n, have, missing):
    found = importance(make_frame(FOUR, random_rows(n), noise(n)))
    assert (found.rows, found.score, found.n_missing_runs) == ((), None, missing)
    assert found.verdict == (
        f"Too few runs to tell what matters: {have} a value of loss, 10 are needed."
    )


def test_many_parameters_take_two_runs_each(make_frame):
    parameters = {f"p{i:02d}": UNIT for i in range(8)}
    rng = np.random.default_rng(0)
    rows = [{name: float(rng.random()) for name in parameters} for _ in range(15)]
    assert importance(make_frame(parameters, rows, noise(15))).n_missing_runs == 1


def test_runs_that_do_not_count_are_ignored_and_named(make_frame):
    rows = random_rows(40)
    values = values_of(rows, lambda row: row["a"])
    states = [RunState.FINISHED] * 40
    plain = importance(make_frame(FOUR, rows, values, states))
    more = [*rows, rows[0]], [*values, 1e6], [*states, RunState.FAILED]
    found = importance(make_frame(FOUR, *more))
    assert found.rows == plain.rows
    assert found.left_out == "1 run left out: 1 failed"
    assert found.n_runs == 40


def test_what_did_not_vary_is_named_as_constant(make_frame):
    rows = [{**row, "kind": "x"} for row in random_rows(20)]
    found = importance(make_frame(FOUR, rows, values_of(rows, lambda row: row["a"])))
    assert found.constants == ("kind",)
    assert {row.name for row in found.rows} == {"a", "b", "c"}


def test_a_single_parameter_says_how_much_it_explains(make_frame):
    rows = random_rows(40)
    found = importance(make_frame({"a": UNIT}, [{"a": row["a"]} for row in rows], noise(40)))
    assert found.verdict.startswith("Nothing stands out")
    values = values_of(rows, lambda row: row["a"])
    found = importance(make_frame({"a": UNIT}, [{"a": row["a"]} for row in rows], values))
    explained = f"{found.score:.0%} of loss in runs not seen before (R²)"
    assert found.verdict == f"a alone varied; it explains {explained}, 40 runs."


def test_equal_values_have_nothing_to_explain(make_frame):
    found = importance(make_frame(FOUR, random_rows(12), [1.0] * 12))
    assert found.verdict == "All 12 runs have the same loss."


def test_equal_params_explain_nothing(make_frame):
    found = importance(make_frame({"a": UNIT}, [{"a": 0.5}] * 12, noise(12)))
    assert found.verdict == "No parameter varied over 12 runs."
    assert found.constants == ("a",)


def test_a_sweep_without_metric_says_so(make_frame):
    found = importance(make_frame(FOUR, random_rows(12), noise(12), metric=None))
    assert found.verdict == "The sweep has no metric that parameters could be important for."


def test_two_equals_are_not_put_in_order(make_frame):
    rows = random_rows(80)
    found = importance(make_frame(FOUR, rows, values_of(rows, lambda row: row["a"] + row["b"])))
    assert " matter most, in no clear order, 80 runs" in found.verdict
    assert {row.name for row in found.rows[:2]} == {"a", "b"}


def test_few_runs_do_not_rank_the_rest(make_frame):
    rows = random_rows(20)
    values = values_of(rows, lambda row: row["a"] + 0.4 * row["b"], 0.1)
    found = importance(make_frame(FOUR, rows, values))
    assert found.verdict.startswith("a decides most, ")
    assert found.verdict.endswith("20 runs; too few runs to rank the rest.")


def test_the_same_frame_and_seed_give_the_same_result(make_frame):
    rows = random_rows(30)
    made = make_frame(FOUR, rows, values_of(rows, lambda row: row["a"]))
    global_state = np.random.get_state()[1].copy()
    first = importance(made, seed=7)
    assert isinstance(first, Importance)
    assert importance(made, seed=7) == first
    assert importance(made, seed=8).rows != first.rows
    assert (np.random.get_state()[1] == global_state).all()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_huge_and_tiny_numbers_pass(make_frame, scale):
    rows = [{"x": row["a"] * scale} for row in random_rows(30)]
    made = make_frame({"x": {"min": 0.0, "max": scale}}, rows, [row["x"] for row in rows])
    assert importance(made).rows[0].correlation == pytest.approx(1.0)
