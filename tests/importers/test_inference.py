"""What is guessed from names and values of a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep import sweep_config
from nbsweep.analysis.metric_names import likely_goal, looks_like_metric
from nbsweep.importers.inference import in_words, infer_spec


@pytest.mark.parametrize(
    ("values", "spec"),
    [
        ([3, 3, 3], {"value": 3}),
        ([None, None], {"value": None}),
        (["adam", "sgd", "adam"], {"values": ["adam", "sgd"]}),
        ([True, False], {"values": [True, False]}),
        ([64, 16, 32, 16, 64, 32], {"values": [16, 32, 64]}),
        ([5, 1, 9], {"distribution": "int_uniform", "min": 1, "max": 9}),
        (
            [0.00012, 0.0013, 0.011, 0.0934],
            {"distribution": "log_uniform_values", "min": 0.0001, "max": 0.1},
        ),
        ([1, 20, 35, 50, 64, 77, 90, 99], {"distribution": "int_uniform", "min": 1, "max": 99}),
        ([0.13, 0.25, 0.48], {"distribution": "uniform", "min": 0.1, "max": 0.5}),
        ([-0.13, 0.25, -0.48], {"distribution": "uniform", "min": -0.5, "max": 0.3}),
        (
            [16, 33, 129, 1024],
            {"distribution": "q_log_uniform_values", "min": 16, "max": 1024, "q": 1},
        ),
        ([[1, 2], [3]], {"values": [[1, 2], [3]]}),
    ],
)
def test_a_spec_follows_from_the_values(values, spec):
    assert infer_spec(values) == spec


numbers = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: 0.0 if abs(x) < 1e-12 else x),
)
cells = st.one_of(
    st.lists(numbers, min_size=1, max_size=40),
    st.lists(st.one_of(st.text(max_size=4), st.booleans(), numbers), min_size=1, max_size=10),
)


@given(cells)
def test_every_value_lies_in_the_space_that_was_inferred_from_it(values):
    config = sweep_config.parse({"method": "random", "parameters": {"x": infer_spec(values)}})
    (parameter,) = config.space
    assert all(parameter.distribution.contains(value) for value in values)


@pytest.mark.parametrize(
    "name",
    "loss val_loss val/acc valAccuracy accuracy best_f1 test/rmse _step epoch train/epoch "
    "gradients/fc1.weight value eval_accuracy_macro time_s trainTimeSec latency_ms "
    "p95_latency wall_time".split(),
)
def test_what_is_measured_is_told_by_its_name(name):
    assert looks_like_metric(name)


@pytest.mark.parametrize(
    "name",
    "lr learning_rate batch_size loss_function optimizer.name epochs max_depth lossy "
    "min_samples train_size dropout weight_decay seed score_function time_limit time_steps "
    "clip_duration_s s".split(),
)
def test_what_is_set_is_told_by_its_name(name):
    assert not looks_like_metric(name)


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("loss", "minimize"),
        ("val_acc", "maximize"),
        ("valAccuracy", "maximize"),
        ("top1_error", "minimize"),
        ("test/f1", "maximize"),
        ("whatever", "minimize"),
    ],
)
def test_a_goal_follows_from_the_name(name, goal):
    assert likely_goal(name) == goal


def space(parameters):
    return sweep_config.parse({"method": "random", "parameters": parameters}).space


def test_parameters_are_told_a_line_each_and_constants_together():
    parameters = {
        "lr": {"distribution": "log_uniform_values", "min": 0.001, "max": 0.1},
        "width": {"min": 8, "max": 64, "q": 8, "distribution": "q_uniform"},
        "layers": {"values": list(range(10))},
        "noise": {"distribution": "normal", "mu": 0, "sigma": 1},
        "opt": {"parameters": {"name": {"values": ["a", "b"]}, "eps": {"value": 1e-8}}},
        "epochs": {"value": 5},
    }
    assert in_words(space(parameters)) == [
        "layers: 0, 1, 2, 3, 4, 5 and 4 more",
        "lr: 0.001 to 0.1, log",
        "noise: normal, mu 0, sigma 1",
        'opt.name: "a", "b"',
        "width: 8 to 64 in steps of 8",
        "always: epochs 5, opt.eps 1e-08",
    ]
    constants = in_words(space({f"p{i}": {"value": i} for i in range(9)}))
    assert constants[0].endswith("p7 7 and 1 more")


def test_a_few_values_over_decades_are_logarithmic_though_their_median_is_high():
    values = [0.00193, 0.0105, 0.00245, 0.0122, 0.02, 0.024, 0.000154, 0.0067, 0.0257, 0.00012]
    assert infer_spec(values)["distribution"] == "log_uniform_values"
