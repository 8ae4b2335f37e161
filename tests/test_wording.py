import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.wording import (
    BLOCKS,
    clip,
    closest,
    described,
    did_you_mean,
    digits_of,
    duration,
    joined,
    number,
    plural,
    plus_minus,
    sampled,
    short,
    show,
    some,
    sparkline,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (0.043112345, "0.04311"),
        (1e-5, "1e-5"),
        (2.5e-7, "2.5e-7"),
        (0.0, "0"),
        (100.0, "100"),
        (12345.6, "12345.6"),
        (2.5e9, "2.5e9"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (128, "128"),
        (10**400, "1e400"),
        (True, "True"),
        (None, "None"),
        ("adam", "adam"),
        ([1, 2], "[1, 2]"),
        ({"a": None}, "{'a': None}"),
    ],
)
def test_values_read_as_people_write_them(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(-681.3, "-681"), (99.4, "99"), (100.0, "100"), (0.0512, "0.051"), (7, "7")]
)
def test_few_digits_never_cut_whole_ones(value, text):
    assert number(value, digits=2) == text


def test_aligned_numbers_keep_their_zeros():
    assert [number(v, aligned=True) for v in (0.5, 0.25131, 12.0, 1234.56)] == [
        "0.5000",
        "0.2513",
        "12.00",
        "1235",
    ]


@given(st.one_of(st.floats(), st.integers(), st.text(), st.lists(st.text())))
def test_any_value_is_one_short_line(value):
    text = short(value)
    assert len(text) <= 24
    assert len(text.splitlines()) <= 1


@given(st.floats(-1e308, 1e308))
def test_a_number_keeps_four_significant_digits(value):
    # Subnormal numbers have fewer digits of their own.
    assert float(number(value)) == pytest.approx(value, rel=5.1e-4, abs=1e-307)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ([0.99991, 0.99995, 0.99993], ["0.999910", "0.999950", "0.999930"]),
        ([-1235.0001, -1235.0005], ["-1235.00010", "-1235.00050"]),
        ([1.7e9, 1.7e9 + 7, 1.7e9 + 30], ["1700000000", "1700000007", "1700000030"]),
        ([0.31, 0.35, 0.381], ["0.3100", "0.3500", "0.3810"]),
        ([0.99991, 0.99992, 0.99993, 4e8], ["0.9999100", "0.9999200", "0.9999300", "400000000"]),
        ([0.9, 0.9, 0.9, 0.90001], ["0.9000000", "0.9000000", "0.9000000", "0.9000100"]),
        ([1e-9, None, math.nan], ["1.000e-9"]),
        ([5.0, 5.0], ["5.000", "5.000"]),
    ],
)
def test_numbers_of_a_column_have_the_digits_that_tell_them_apart(column, texts):
    digits = digits_of(column)
    assert [number(v, aligned=True, digits=digits) for v in column if v and v == v] == texts


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e3), st.integers(2, 400))
def test_evenly_spread_numbers_read_differently_by_fiftieths(low, spread, n):
    column = [low + spread * i / (n - 1) for i in range(n)]
    digits = digits_of(column)
    texts = [number(low + spread * i / 25, digits=digits) for i in range(25)]
    assert len(set(texts)) == 25


@pytest.mark.parametrize("value", [10**9, 1_700_000_030, -(10**15), 100_049])
def test_whole_numbers_are_spelt_out(value):
    assert short(value) == str(value)


def test_clip_keeps_both_ends_and_never_walks_through_a_data_set():
    assert clip("resnet50-imagenet-pretrained-v2", 16) == "resnet50-i…ed-v2"
    assert clip("a\n b\t c", 16) == "a b c"
    assert clip("x" * 10**8, 10) == "xxxxxx…xxx"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.04, "40 ms"),
        (0.0999, "0.1 s"),
        (8.23, "8.2 s"),
        (9.96, "10 s"),
        (59.7, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
        (360_000, "4 d 4 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (0.412, 0.031, "0.41 ± 0.03"),
        (0.412, 0.0131, "0.412 ± 0.013"),
        (-0.841234567, 0.0000456, "-0.84123 ± 5e-5"),
        (12345.6, 230.0, "12300 ± 200"),
        (0.0, 0.4, "0 ± 0.4"),
        (0.001, 3.0, "0 ± 3"),
        (1e-9, 2.5e-10, "1e-9 ± 3e-10"),
        (0.25, 0.0, "0.25"),
        (0.25, float("nan"), "0.25"),
        (float("inf"), 1.0, "inf"),
    ],
)
def test_a_value_has_as_many_digits_as_its_uncertainty_allows(value, sd, text):
    assert plus_minus(value, sd) == text


def test_sparkline_spans_the_range_of_the_curve():
    assert sparkline([8, 7, 6, 5, 4, 3, 2, 1]) == BLOCKS[::-1]
    assert sparkline([]) == ""
    assert sparkline([3.0]) == sparkline([3.0, 3.0])[0]
    assert sparkline([1e308, -1e308]) == BLOCKS[-1] + BLOCKS[0]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.integers(2, 40))
def test_sampled_curves_keep_their_ends(values, limit):
    points = sampled(values, limit)
    assert len(points) == min(limit, len(values))
    assert points[:1] == values[:1]
    assert points[-1:] == values[-1:]
    assert len(sparkline(values)) == min(16, len(values))


def test_plural_counts_with_separators():
    assert [plural(n, "run") for n in (0, 1, 2, 1000)] == [
        "0 runs",
        "1 run",
        "2 runs",
        "1,000 runs",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("adam", '"adam"'),
        ([1, "a", {"b": None}], '[1, "a", {"b": None}]'),
        ("x" * 99, '"' + "x" * 58 + "…"),
        (1e-05, "1e-05"),
    ],
)
def test_values_are_shown_as_python_spells_them_cut_where_they_are_long(value, text):
    assert show(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing (None)"),
        ("", 'the empty text ""'),
        ("1", 'the text "1"'),
        ([1], "the list [1]"),
        ({"a": 1}, 'the dict {"a": 1}'),
        (True, "True"),
    ],
)
def test_a_described_value_tells_its_type(value, text):
    assert described(value) == text


def test_words_in_a_sentence():
    assert [joined(["a", "b", "c"][:n], "or") for n in (1, 2, 3)] == ["a", "a or b", "a, b or c"]
    assert some(["a", "b"], 2) == "a, b"
    assert some(["a", "b", "c"], 1) == "a and 2 more"


@pytest.mark.parametrize(
    ("word", "guess"),
    [
        ("learning_rat", "learning_rate"),
        ("Learning Rate", "learning_rate"),
        ("tpesampler", "TPESampler"),
        ("tpe", "TPESampler"),
        ("zzz", None),
    ],
)
def test_a_misspelt_word_is_guessed(word, guess):
    assert closest(word, ["learning_rate", "TPESampler"], {"tpe": "TPESampler"}) == guess


def test_a_guess_is_asked_about():
    assert did_you_mean("lr") == ' Did you mean "lr"?'
    assert did_you_mean("lr", "'") == " Did you mean 'lr'?"
    assert did_you_mean(None) == ""


@pytest.mark.parametrize(
    ("guess", "wanted", "text"),
    [
        ("loss ", "loss", ' Did you mean "loss " (blanks)?'),
        ("val loss", "val  loss", ' Did you mean "val loss" (blanks)?'),
        ("val\u00a0loss", "val loss", ' Did you mean "val\\xa0loss" (blanks)?'),
        ("loss\n", "loss", ' Did you mean "loss\\n" (blanks)?'),
        ("cafe\u0301", "caf\u00e9", ' Did you mean "cafe\u0301" (how characters are encoded)?'),
        ("lo\u200bss", "loss", ' Did you mean "lo\\u200bss" (how characters are encoded)?'),
        ("\uff4coss", "loss", ' Did you mean "\uff4coss" (how characters are encoded)?'),
        ("Loss", "loss", ' Did you mean "Loss"?'),
        ("lr", "lrs", ' Did you mean "lr"?'),
    ],
)
def test_names_that_look_alike_are_told_apart(guess, wanted, text):
    assert did_you_mean(guess, wanted=wanted) == text
