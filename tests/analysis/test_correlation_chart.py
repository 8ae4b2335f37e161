"""The matrix of correlations: right coefficients, what may be chance, what is shown."""

import math

import numpy as np
import pytest

from nbsweep.analysis.charts.chart import Cells
from nbsweep.analysis.charts.correlation import (
    MOST,
    Variable,
    collect_correlation,
    correlation,
)
from nbsweep.errors import UsageError
from nbsweep.records import RunState


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def numbers(values):
    return Variable("x", np.array(values, dtype=float))


def groups(values):
    return Variable("c", np.array(values, dtype=float), is_category=True)


def cells(chart):
    """Row and column name to label."""
    (panel,) = chart.panels
    (grid,) = [mark for mark in panel.marks if isinstance(mark, Cells)]
    return {
        (row.label, column.label): grid.labels[r][c]
        for r, row in enumerate(panel.y.ticks)
        for c, column in enumerate(panel.x.ticks)
        if grid.values[r][c] is not None
    }


def test_two_numbers_by_rank_and_by_place():
    x, y = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 4.0, 2.0, 8.0, 1000.0]
    found = correlation(numbers(x), numbers(y))
    # scipy.stats.spearmanr(x, y): 0.9, p = 0.0373861
    assert found.value == pytest.approx(0.9)
    assert found.p_value == pytest.approx(0.0373861, rel=1e-4)
    assert (found.n, found.is_signed, found.what) == (5, True, "Spearman")
    found = correlation(numbers(x), numbers(y), "pearson")
    # scipy.stats.pearsonr(x, y): 0.7104653, p = 0.1786736
    assert found.value == pytest.approx(0.7104653, rel=1e-6)
    assert found.p_value == pytest.approx(0.1786736, rel=1e-4)


def test_equal_numbers_share_their_rank():
    # scipy.stats.spearmanr([1, 1, 2, 3], [2, 1, 3, 3]): 0.8888889
    found = correlation(numbers([1, 1, 2, 3]), numbers([2, 1, 3, 3]))
    assert found.value == pytest.approx(0.8888889, rel=1e-6)


def test_a_category_and_a_number_by_the_corrected_correlation_ratio():
    y = [1.0, 2.0, 3.0, 11.0, 12.0, 13.0]
    found = correlation(groups([0, 0, 0, 1, 1, 1]), numbers(y), "pearson")
    # eta² = 150/154; epsilon² = 1 - (4/154) * 5/4; F = 150 on 1 and 4 degrees of freedom.
    assert found.value == pytest.approx(math.sqrt(1 - (4 / 154) * 5 / 4))
    assert found.p_value == pytest.approx(0.0002552, rel=1e-3)
    assert not found.is_signed
    both = correlation(numbers(y), groups([0, 0, 0, 1, 1, 1]), "pearson")
    assert both == found


def test_two_categories_by_the_corrected_v():
    # A table [[10, 2], [3, 9]]: chi² = 8.2237 without Yates' correction, V = 0.5466 corrected.
    a = [0] * 12 + [1] * 12
    b = [0] * 10 + [1] * 2 + [0] * 3 + [1] * 9
    found = correlation(groups(a), groups(b))
    chi2 = 24 * (10 * 9 - 2 * 3) ** 2 / (12 * 12 * 13 * 11)
    phi2 = chi2 / 24 - 1 / 23
    assert found.value == pytest.approx(math.sqrt(phi2 / (2 - 1 / 23 - 1)))
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(chi2 / 2)))
    assert found.what == "Cramér's V"


def test_a_category_with_500_values_does_not_explain_noise(rng):
    noise = numbers(rng.normal(size=600))
    found = correlation(groups(rng.integers(0, 500, 600)), noise)
    assert found.value < 0.35
    assert found.p_value > 0.05
    own = correlation(groups(range(600)), noise)  # each run its own
    assert (own.value, own.p_value) == (0.0, 1.0)
    assert correlation(groups(range(50)), groups(range(50))).value < 1e-6


def test_noise_is_seldom_taken_for_more(rng):
    found = [
        correlation(numbers(rng.normal(size=30)), other)
        for _ in range(100)
        for other in (numbers(rng.normal(size=30)), groups(rng.integers(0, 5, 30)))
    ]
    assert sum(each.p_value <= 0.05 for each in found) <= 20  # 10 are due


def test_what_does_not_vary_among_the_runs_of_both_has_none():
    nan = math.nan
    assert correlation(numbers([1, 2, 3, nan]), numbers([nan, 1, 1, 1])) is None
    assert correlation(numbers([1, 2, nan, nan]), numbers([1, 2, 3, 4])) is None


def test_the_matrix_has_parameters_and_results_each_pair_once(make_frame):
    n = 40
    x, z = np.arange(n) * 0.618034 % 1, np.arange(n) * 0.754878 % 1
    kinds = ["a", "b", "c"]
    rows = [{"x": float(x[i]), "kind": kinds[i % 3], "z": float(z[i])} for i in range(n)]
    parameters = {
        "x": {"min": 0.0, "max": 1.0},
        "kind": {"values": kinds},
        "z": {"min": 0.0, "max": 1.0},
    }
    values = [float(x[i] + (i % 3 == 1) + 0.01 * z[i]) for i in range(n)]
    chart = collect_correlation(make_frame(parameters, rows, values))
    labels = cells(chart)
    assert len(labels) == 6
    assert labels["loss", "kind"] == "|0.80|"
    assert labels["loss", "x"].startswith("+0.")
    assert labels["z", "x"].startswith("(")
    assert chart.subtitle == "kind goes with loss most: correlation ratio 0.80"
    assert (
        chart.caption == "in brackets: may be chance; |…|: strength without a sign, of categories"
    )
    assert chart.colours.title == "Spearman"


def test_pearson_takes_the_logarithm_where_the_axis_does_and_cuts_what_diverged(make_frame):
    rates = [10.0 ** (-k / 4) for k in range(17)]
    parameters = {"lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}}
    values = [1.0 + k / 4 for k in range(16)] + [1e12]
    frame = make_frame(parameters, [{"lr": rate} for rate in rates], values)
    # Of the logarithms and the values as they are it is -0.41.
    assert cells(collect_correlation(frame, "pearson"))["loss", "lr"] == "-0.76"


def test_of_very_many_parameters_those_are_shown_that_go_with_the_metric_most(make_frame, rng):
    n = 60
    columns = {f"p{k:03d}": rng.random(n) for k in range(200)}
    rows = [{name: float(column[i]) for name, column in columns.items()} for i in range(n)]
    values = [rows[i]["p077"] - rows[i]["p123"] for i in range(n)]
    parameters = {name: {"min": 0.0, "max": 1.0} for name in columns}
    chart = collect_correlation(make_frame(parameters, rows, values))
    (panel,) = chart.panels
    names = [tick.label for tick in panel.x.ticks]
    assert len(names) == MOST - 1
    assert {"p077", "p123"} <= set(names)
    assert names == sorted(names)
    assert panel.y.ticks[-1].label == "loss"
    assert "of 201 the 20 that go with loss most" in chart.caption


def test_nothing_is_claimed_of_noise(make_frame, rng):
    rows = [{f"p{k}": float(v) for k, v in enumerate(rng.random(10))} for _ in range(25)]
    values = [float(v) for v in rng.random(25)]
    parameters = {f"p{k}": {"min": 0.0, "max": 1.0} for k in range(10)}
    chart = collect_correlation(make_frame(parameters, rows, values))
    assert chart.subtitle == "no parameter goes with loss more than by chance"


def test_it_says_what_is_missing(make_frame):
    parameters = {"x": {"min": 0.0, "max": 1.0}, "k": {"values": [1, 2]}}
    rows = [{"x": k / 10, "k": 1} for k in range(5)]

    def empty(values, rows=rows, **more):
        return collect_correlation(make_frame(parameters, rows[: len(values)], values, **more))

    assert empty([]).empty == "0 runs have ended with a value of loss; 3 are needed."
    assert empty([1.0]).empty == "1 run has ended with a value of loss; 3 are needed."
    constant = empty([1.0] * 5)
    assert constant.empty == (
        "Nothing to compare: fewer than two parameters and results vary between the runs."
    )
    two = empty([1.0, 2.0, 3.0, 4.0, 5.0])
    assert "left out, since they do not vary: k" in two.caption
    assert cells(two) == {("loss", "x"): "+1.00"}
    failed = empty([None] * 5, states=[RunState.FAILED] * 5, metric=None)
    assert failed.empty == "0 runs have ended; 3 are needed."


def test_an_unknown_method_is_refused(make_frame):
    frame = make_frame({"x": {"min": 0.0, "max": 1.0}}, [], [])
    with pytest.raises(UsageError) as error:
        collect_correlation(frame, "kendall")
    assert str(error.value) == (
        'method: found \'kendall\'; "spearman" or "pearson" is needed. Categories are compared '
        "by the correlation ratio with either."
    )
