import dataclasses
import enum
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
