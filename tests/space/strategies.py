"""Every distribution, for all tests that go through them: a new one is added here."""

import math

from hypothesis import strategies as st

from nbsweep.space.search_space import (
    Beta,
    Categorical,
    Constant,
    IntUniform,
    InvLogUniform,
    LogNormal,
    LogUniform,
    Normal,
    Uniform,
)

CONSTANTS = (Constant("adam"), Constant(3))
# One of each kind at least, with the odd ones among them.
SEARCHED = (
    Uniform(-3.0, 7.0),
    Uniform(-1.5, 1e6),
    Uniform(0, 1),
    Uniform(0.0, 1.0, q=0.1),
    LogUniform(1e-6, 1e2),
    LogUniform(1.0, 1000.0, q=1.0),
    LogUniform(16, 256, 8),
    InvLogUniform(1e-3, 1.0),
    Normal(2.0, 3.0),
    Normal(0.0, 1.0, q=0.5),
    Normal(0.0, 30.0, q=5.0),
    LogNormal(0.0, 2.0),
    LogNormal(-3.0, 1.0),
    LogNormal(0.0, 2.0, q=1.0),
    Beta(2.0, 5.0),
    Beta(0.5, 0.5, q=0.05),
    IntUniform(-4, 9),
    IntUniform(0, 10**15),
    Categorical((512, 128, 256)),
    Categorical((1, 2, 3), (0.2, 0.0, 0.8)),
    Categorical((1, 2.5), (0.25, 0.75)),
    Categorical((True, False)),
    Categorical(("adam", "sgd", None)),
    Categorical(("a", None, 3, [1, 2], {"k": 1}, math.nan)),
    Categorical(("a", "b", "c"), (0.1, 0.7, 0.2)),
)

steps_of = st.sampled_from([1, 2, 8, 0.1, 0.25, 0.3, 1.0, 0.001, 1e-05, 7])
values = st.lists(
    st.sampled_from([None, True, False, 0, 1, 1.0, 0.5, math.nan, "adam", "", [1], {"a": [2]}]),
    min_size=1,
    max_size=6,
)
probabilities = st.lists(st.sampled_from([0.0, 0.25, 1.0, 3.0]), min_size=6, max_size=6)


def limits(low, high):
    return (
        st.tuples(st.floats(low, high), st.floats(low, high))
        .map(sorted)
        .filter(lambda pair: pair[0] < pair[1])
    )


@st.composite
def weighted(draw):
    listed = draw(values)
    weights = draw(probabilities)[: len(listed)]
    total = sum(weights)
    if total == 0:
        weights, total = [1.0] * len(listed), len(listed)
    return Categorical(tuple(listed), tuple(weight / total for weight in weights))


@st.composite
def stepped(draw):
    """A quantised law with finite limits that hold a multiple of q, up to 10^9 of them."""
    q = draw(steps_of)
    first = draw(st.integers(1, 1000))
    count = draw(st.sampled_from([0, 1, 2, 5, 100, 10**9]))
    low = (first - draw(st.sampled_from([0, 0.3, 0.9]))) * q
    high = (first + count + draw(st.sampled_from([0.01, 0.4, 0.8]))) * q
    law = draw(st.sampled_from([Uniform, LogUniform]))
    return law(low, high, q)


discrete = st.one_of(
    values.map(lambda listed: Categorical(tuple(listed))),
    weighted(),
    st.tuples(st.integers(-(10**9), 10**9), st.sampled_from([1, 2, 255, 10**9])).map(
        lambda pair: IntUniform(pair[0], pair[0] + pair[1])
    ),
    stepped(),
    st.builds(Beta, st.floats(0.3, 5), st.floats(0.3, 5), st.sampled_from([0.1, 0.25, 1, 0.03])),
)
continuous = st.one_of(
    limits(-1e6, 1e6).map(lambda pair: Uniform(*pair)),
    limits(1e-9, 1e9).map(lambda pair: LogUniform(*pair)),
    limits(1e-9, 1e9).map(lambda pair: InvLogUniform(*pair)),
    st.builds(Normal, st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)),
    st.builds(LogNormal, st.floats(-5, 5), st.floats(0.01, 3)),
    st.builds(Beta, st.floats(0.5, 5), st.floats(0.5, 5)),
)
unbounded_steps = st.one_of(
    st.builds(Normal, st.floats(-100, 100), st.floats(0.5, 100), steps_of),
    st.builds(LogNormal, st.floats(-2, 5), st.floats(0.1, 1.5), steps_of),
)
constants = st.sampled_from([None, 1, math.nan, "x", [1, 2], {"a": 1}]).map(Constant)
distributions = st.one_of(discrete, continuous, unbounded_steps, constants)
