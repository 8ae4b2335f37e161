import dataclasses
import datetime
import enum
import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.media.histogram import Histogram
from nbsweep.media.plain import merge, plain


class Color(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Point:
    x: int
    y: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.25), 0.25),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(1.5), 1.5),
        (np.array([[2]]), 2),
        (np.arange(3), [0, 1, 2]),
        ((1, 2.0, "x"), [1, 2.0, "x"]),
        ({"a": (1,)}, {"a": [1]}),
        ({3, 1}, [1, 3]),
        (Color.RED, "RED"),
        (Point(1, (2,)), {"x": 1, "y": [2]}),
        (Path("a/b"), "a/b"),
        (None, None),
    ],
)
def test_becomes_a_plain_value(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found)


def test_large_array_becomes_a_histogram_of_its_finite_values():
    values = np.concatenate([np.zeros(50), np.ones(50), [np.nan]])
    found = plain(values)
    assert found["_type"] == "histogram"
    assert sum(found["values"]) == 100
    assert found["bins"][0] == 0.0
    assert found["bins"][-1] == 1.0


def test_function_becomes_its_dotted_name():
    assert plain(math.sqrt) == "math.sqrt"


def test_tensors_become_numbers_even_with_gradients():
    torch = pytest.importorskip("torch")
    assert plain(torch.tensor(0.5, requires_grad=True)) == 0.5
    assert plain(torch.tensor([2], dtype=torch.int64)) == 2
    assert plain(torch.tensor(1.5, dtype=torch.bfloat16)) == 1.5
    assert plain(torch.tensor([1.0, 2.0])) == [1.0, 2.0]
    assert plain(torch.tensor(True)) is True


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(
    LEAVES, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=10
)


@given(TREES)
def test_plain_leaves_plain_trees_alone(tree):
    assert plain(tree) == tree


@given(st.dictionaries(st.text(max_size=2), TREES), st.dictionaries(st.text(max_size=2), TREES))
def test_merge_keeps_all_keys_and_the_second_wins(base, over):
    merged = merge(base, over)
    assert set(merged) == set(base) | set(over)
    for key, value in over.items():
        if not isinstance(value, dict) or not isinstance(base.get(key), dict):
            assert merged[key] == value


class Kind(str, enum.Enum):
    LOSS = "loss"


class Mute:
    def __str__(self):
        raise RuntimeError("no")


class Lost:
    def item(self):
        raise RuntimeError("the device is lost")

    def __str__(self):
        return "lost"


class Text(str):
    pass


ODD = {
    "long double": (np.longdouble(0.5), 0.5),
    "long doubles": (np.array([0.5, 1], dtype=np.longdouble), [0.5, 1.0]),
    "long double beyond floats": (np.longdouble("1e4000"), math.inf),
    "half": (np.float16(0.5), 0.5),
    "decimal": (Decimal("0.5"), 0.5),
    "decimal beyond floats": (Decimal("-1e400"), -math.inf),
    "fraction": (Fraction(1, 4), 0.25),
    "fraction beyond floats": (Fraction(10**500, 3), math.inf),
    "complex": (1 + 2j, "(1+2j)"),
    "numpy complex": (np.complex64(1j), "1j"),
    "complex array": (np.arange(2) * 1j, ["0j", "1j"]),
    "bytes": (b"ab\xff", "ab\\xff"),
    "bytearray": (bytearray(b"ab"), "ab"),
    "memoryview": (memoryview(b"ab"), "ab"),
    "datetime": (datetime.datetime(2020, 1, 2, 3), "2020-01-02T03:00:00"),
    "date": (datetime.date(2020, 1, 2), "2020-01-02"),
    "timedelta": (datetime.timedelta(seconds=1.5), "0:00:01.500000"),
    "numpy date": (np.datetime64("2020-01-02"), "2020-01-02"),
    "nanoseconds": (np.array(["2020-01-02"] * 2, dtype="M8[ns]"), ["2020-01-02T00:00:00"] * 2),
    "masked": (np.ma.masked, None),
    "mixed set": ({2, "a"}, ["a", 2]),
    "enum key": ({Kind.LOSS: 1, 2: 3, Text("t"): 4}, {"loss": 1, "2": 3, "t": 4}),
    "mute": (Mute(), "<Mute>"),
    "mute key": ({Mute(): 1}, {"<Mute>": 1}),
    "type": (int, "builtins.int"),
    "range": (range(3), "range(0, 3)"),
}


@pytest.mark.parametrize(("value", "expected"), ODD.values(), ids=ODD)
def test_odd_values_become_plain_ones(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_pandas_values_become_plain_ones():
    pd = pytest.importorskip("pandas")
    assert plain([pd.NA, pd.NaT]) == [None, None]
    assert plain(pd.Timestamp("2020-01-02")) == "2020-01-02T00:00:00"
    assert plain(pd.Categorical(["a"])) == "a"
    assert plain(pd.Series([1, 2])) == [1, 2]


def test_a_signalling_nan_is_nan():
    assert math.isnan(plain(Decimal("sNaN")))


def test_what_cannot_be_read_is_kept_as_text_and_said():
    message = "A value of type Lost cannot be read and is kept as text: RuntimeError: the device"
    with pytest.warns(UserWarning, match=message):
        assert plain({"a": Lost()}) == {"a": "lost"}


def test_what_holds_itself_ends_as_text():
    tree: dict = {"x": 1}
    tree["a"], tree["b"] = tree, [tree]
    found = plain(tree)
    assert found["x"] == 1
    assert isinstance(found["a"], str)
    assert isinstance(found["b"][0], str)
    items: list = []
    items.append(items)
    assert plain(items) == ["[[...]]"]


def test_very_deep_trees_end_as_text():
    tree = node = {}
    for _ in range(5000):
        node["x"] = {}
        node = node["x"]
    json.dumps(plain(tree))


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (np.array([-1.7e308, 1.7e308] * 50), -1.7e308, 1.7e308),
        (np.array([1e16, 1e16 + 2] * 50), 1e16, 1e16 + 2),
        (np.array([1, "1e4000"] * 50, dtype=np.longdouble), 0.5, 1.5),
        (np.array([60000, -60000] * 50, dtype=np.float16), -60000, 60000),
        (np.full(50, np.nan), 0.0, 1.0),
        (np.array([2**63, 1] * 50, dtype=np.uint64), 1, 2.0**63),
    ],
)
def test_histograms_of_any_range(values, low, high):
    with np.errstate(over="ignore"):
        finite = int(np.isfinite(values.astype(float)).sum())
    for found in (plain(values), Histogram(values).keep(None)):
        assert (found["bins"][0], found["bins"][-1]) == (low, high)
        assert found["bins"] == sorted(found["bins"])
        assert sum(found["values"]) == finite
        assert len(found["bins"]) == len(found["values"]) + 1
