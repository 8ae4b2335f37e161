import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.analysis.ticks import (
    linear_ticks,
    log_ticks,
    number_label,
    number_labels,
    shorten,
    thin,
)

finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 0.1, "0 0.02 0.04 0.06 0.08 0.1"),
        (0, 1, "0 0.2 0.4 0.6 0.8 1"),
        (-3.3, 8.1, "-2 0 2 4 6 8"),
        (0.3121, 0.3127, "0.3121 0.3122 0.3123 0.3124 0.3125 0.3126 0.3127"),
        (1e-9, 2e-9, "1e-9 1.2e-9 1.4e-9 1.6e-9 1.8e-9 2e-9"),
        (100_000, 100_001, "100000 100000.2 100000.4 100000.6 100000.8 100001"),
        (-1e308, 1e308, "-1e308 -5e307 0 5e307 1e308"),
        (5, 5, "5"),
    ],
)
def test_linear_ticks_are_nice_numbers(low, high, labels):
    assert " ".join(number_labels(linear_ticks(low, high))) == labels


def test_whole_numbers_have_whole_ticks():
    assert linear_ticks(1, 4, integer=True) == [1, 2, 3, 4]
    assert linear_ticks(0, 100, integer=True) == [0, 20, 40, 60, 80, 100]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1e-4, 1e-1, "1e-4 0.001 0.01 0.1"),
        (1e-6, 1, "1e-6 1e-4 0.01 1"),
        (1e-30, 1, "1e-30 1e-24 1e-18 1e-12 1e-6 1"),
        (3, 30, "5 10 20"),
        (3, 4, "3 3.2 3.4 3.6 3.8 4"),
        (32, 256, "32 64 128 256"),
        (1, 4096, "1 4 16 64 256 1024 4096"),
        (0.1, 0.1, "0.1"),
    ],
)
def test_log_ticks_are_decades_powers_of_two_or_nice_numbers(low, high, labels):
    assert " ".join(number_labels(log_ticks(low, high))) == labels


@given(finite, finite)
def test_linear_ticks_lie_within_the_axis_and_rise(a, b):
    low, high = min(a, b), max(a, b)
    ticks = linear_ticks(low, high)
    slack = 1e-6 * (high / 2 - low / 2)
    assert 1 <= len(ticks) <= 11
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    assert all(x < y for x, y in itertools.pairwise(ticks))


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**15))
def test_whole_ticks_lie_within_an_axis_of_whole_ends(low, span):
    ticks = linear_ticks(low, low + span, integer=True)
    assert 1 <= len(ticks) <= 11
    assert all(tick == int(tick) for tick in ticks)
    assert all(-1e-8 <= (tick - low) / max(span, 1) <= 1 + 1e-8 for tick in ticks)


@given(st.floats(5e-324, 1.7e308), st.floats(5e-324, 1.7e308))
def test_log_ticks_lie_within_the_axis_and_rise(a, b):
    low, high = min(a, b), max(a, b)
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 11
    assert all(low * (1 - 1e-6) <= tick <= high * (1 + 1e-6) for tick in ticks)
    assert all(x < y for x, y in itertools.pairwise(ticks))


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0.0, "0"),
        (0.1, "0.1"),
        (0.001, "0.001"),
        (1e-4, "1e-4"),
        (2.5e-5, "2.5e-5"),
        (123_456, "123456"),
        (2.5e6, "2.5e6"),
        (999_999.7, "1e6"),
        (-3e-7, "-3e-7"),
        (1 / 3, "0.333333"),
    ],
)
def test_numbers_read_as_people_write_them(value, label):
    assert number_label(value) == label


@given(finite)
def test_a_label_of_a_number_is_that_number_again(value):
    assert math.isclose(float(number_label(value, 17)), value, rel_tol=1e-15)


def test_labels_of_close_numbers_have_the_digits_that_tell_them_apart():
    assert number_labels([1000.0001, 1000.0002]) == ["1000.0001", "1000.0002"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (2019, 2024, "2019 2020 2021 2022 2023 2024"),
        (100_001, 100_049, "100010 100020 100030 100040"),
        (0.99991, 0.99995, "0.99991 0.99992 0.99993 0.99994 0.99995"),
        (-1235.0005, -1235.0001, "-1235.0005 -1235.0004 -1235.0003 -1235.0002 -1235.0001"),
        (1.7e9, 1.7e9 + 90, "1700000000 1700000020 1700000040 1700000060 1700000080"),
        (1.7e6, 1.7e6 + 2, "1700000 1700000.5 1700001 1700001.5 1700002"),
        (4e6, 8e6, "4e6 5e6 6e6 7e6 8e6"),
        (1e15, 1e15 + 4, "1000000000000000 1000000000000004"),
    ],
)
def test_ticks_of_a_narrow_axis_are_plain_numbers_that_differ(low, high, labels):
    assert " ".join(number_labels(linear_ticks(low, high))) == labels


@given(st.floats(-1e15, 1e15), st.floats(1e-9, 1e15))
def test_no_two_ticks_say_the_same(low, span):
    labels = number_labels(linear_ticks(low, low + span))
    assert len(set(labels)) == len(labels)


def test_names_that_begin_alike_keep_what_differs():
    endings = [f"{kind}_{part}_of_the_encoder_v2" for kind in "ab" for part in ("lr", "wd")]
    labels = shorten([f"optimizer_config.{ending}" for ending in endings], 16)
    assert labels == [
        "…a_lr_of_the_en…",
        "…a_wd_of_the_en…",
        "…b_lr_of_the_en…",
        "…b_wd_of_the_en…",
    ]


def test_names_that_differ_in_spaces_alone_are_numbered():
    assert shorten(["a  b", "a b", "a b (2)"]) == ["a b", "a b (2)", "a b (2) (2)"]


@given(st.lists(st.text("ab. ", max_size=30), max_size=9, unique=True), st.integers(4, 20))
def test_different_labels_never_become_the_same(labels, width):
    assert len(set(shorten(labels, width))) == len(labels)


def test_long_labels_are_cut_where_they_stay_apart():
    assert shorten(["short", "one " * 9], 9) == ["short", "one one …"]
    bert = ["google/bert-base-uncased", "google/bert-base-cased"]
    assert shorten(bert, 18) == ["google/b…e-uncased", "google/b…ase-cased"]
    middle = [f"{'a' * 20}{i}{'b' * 20}" for i in range(2)]
    assert shorten(middle, 8) == ["aaaaaaa…", "aaaaaaa… (2)"]


def test_labels_are_one_line():
    assert shorten(["two\nlines\t here"]) == ["two lines here"]


@given(st.lists(st.text(), max_size=8, unique_by=lambda text: " ".join(text.split()) or text))
def test_shortened_labels_stay_distinct_and_short(labels):
    short = shorten(labels, 10)
    assert len(set(short)) == len(labels)
    assert all(len(label) <= 10 + len(" (8)") for label in short)


@given(st.integers(0, 1000), st.integers(1, 20))
def test_thinning_keeps_the_first_and_no_more_than_allowed(n, at_most):
    kept = thin(n, at_most)
    assert len(kept) <= at_most
    assert list(kept[:1]) == [0][:n]
