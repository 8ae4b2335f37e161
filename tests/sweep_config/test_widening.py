"""How ranges grow at one end, and which limits hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep import sweep_config
from nbsweep.sweep_config.widening import is_share, widened


def wider(spec, name="x", *, is_upper=True):
    config = sweep_config.parse({"method": "random", "parameters": {name: spec}})
    (parameter,) = config.space.parameters
    change = widened(parameter, is_upper=is_upper)
    if change is not None:  # what is proposed can be edited into the config
        sweep_config.parse({"method": "random", "parameters": {name: {**spec, **change}}})
    return change


LOG = {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1}


@pytest.mark.parametrize(
    ("spec", "upper", "lower"),
    [
        (LOG, {"max": 3.0}, {"min": 3e-6}),
        ({"min": 0.5, "max": 2.5}, {"max": 3.5}, {"min": 0.25}),
        ({"min": -1.0, "max": 1.0}, {"max": 2.0}, {"min": -2.0}),
        ({"min": 0.0, "max": 10.0}, {"max": 15.0}, None),
        ({"min": 0.0, "max": 1.0}, None, None),
        ({"min": 0.2, "max": 0.8}, {"max": 1.0}, {"min": 0.1}),
        ({"min": 1, "max": 8}, {"max": 11}, None),
        ({"min": 8, "max": 64}, {"max": 92}, {"min": 4}),
        ({"min": 0, "max": 3}, {"max": 4}, None),
        ({"distribution": "q_uniform", "min": 2, "max": 10, "q": 2}, {"max": 14}, None),
        ({"distribution": "normal", "mu": 0.0, "sigma": 1.0}, None, None),
        ({"distribution": "beta", "a": 2.0, "b": 2.0}, None, None),
        ({"values": [16, 32, 64]}, {"values": [16, 32, 64, 128]}, {"values": [8, 16, 32, 64]}),
        ({"values": [64, 32, 16]}, {"values": [128, 64, 32, 16]}, {"values": [64, 32, 16, 8]}),
        ({"values": [1, 2, 3]}, {"values": [1, 2, 3, 4]}, None),
        ({"values": [0.1, 0.2, 0.3]}, {"values": [0.1, 0.2, 0.3, 0.4]}, None),
        ({"values": [0.5, 0.7, 0.9]}, None, {"values": [0.3, 0.5, 0.7, 0.9]}),
        ({"values": [3, 9]}, None, None),
        ({"values": ["a", "b", "c"]}, None, None),
        ({"values": [1, 2, 3], "probabilities": [0.5, 0.25, 0.25]}, None, None),
    ],
)
def test_a_range_grows_by_half_and_keeps_to_hard_limits(spec, upper, lower):
    assert wider(spec) == upper
    assert wider(spec, is_upper=False) == lower


def test_a_share_stays_below_one():
    assert wider({"min": 0.0, "max": 0.5}, "dropout") == {"max": 0.75}
    assert wider({"min": 0.0, "max": 0.9}, "dropout") == {"max": 0.95}
    assert wider({"min": 0.5, "max": 0.99}, "sgd_momentum") == {"max": 0.995}
    assert is_share("model.attention_dropout")
    assert not is_share("dropout.rate")
    assert not is_share("weight_decay")


def test_whole_numbers_stay_whole():
    change = wider({"min": 1, "max": 4})
    assert change == {"max": 5}
    assert isinstance(change["max"], int)
    assert all(isinstance(v, int) for v in wider({"values": [4, 8, 16]})["values"])


@given(
    low=st.floats(1e-300, 1e300),
    factor=st.floats(1 + 1e-9, 1e9),
    is_upper=st.booleans(),
    kind=st.sampled_from(["uniform", "log_uniform_values"]),
)
def test_no_range_crosses_zero_and_all_grow_outwards(low, factor, is_upper, kind):
    high = low * factor
    if not low < high < 1e305:
        return
    change = wider({"distribution": kind, "min": low, "max": high}, is_upper=is_upper)
    if change is None:
        return
    (value,) = change.values()
    assert value > high if is_upper else 0 < value < low


@given(low=st.integers(-(10**6), 10**6), span=st.integers(1, 10**6), is_upper=st.booleans())
def test_no_range_of_whole_numbers_crosses_zero(low, span, is_upper):
    change = wider({"min": low, "max": low + span}, is_upper=is_upper)
    if change is None:
        assert (low, span) == (0, 1) if is_upper else low in (0, 1)
        return
    (value,) = change.values()
    assert isinstance(value, int)
    assert value > low + span if is_upper else value < low
    assert (value > 0) if low > 0 else True
