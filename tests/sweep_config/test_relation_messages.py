"""What is said of a wrong `when`, `zip` or constraint, in full."""

import pytest

from nbsweep.errors import ConfigError
from nbsweep.space.expressions import Expression, ExpressionError
from nbsweep.sweep_config import parse

OPTIMIZER = {"values": ["adam", "sgd"]}
LR = {"min": 0.0, "max": 0.1}


def message_of(parameters, **more):
    with pytest.raises(ConfigError) as caught:
        parse({"method": "random", "parameters": parameters, **more})
    return str(caught.value)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("sgd", 'found the text "sgd"; a dict is needed, such as {"optimizer": "sgd"}.'),
        ({}, 'it has no conditions. Give one, such as {"optimizer": "sgd"}.'),
        (
            {"optimiser": "sgd"},
            '"optimiser" is not a parameter of this sweep. Did you mean "optimizer"? Parameters: '
            "lr, momentum, optimizer.",
        ),
    ],
)
def test_wrong_conditions(when, message):
    parameters = {"optimizer": OPTIMIZER, "lr": LR, "momentum": {**LR, "when": when}}
    assert message_of(parameters) == f"parameters.momentum.when: {message}"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "optimizer",
            "sdg",
            'found the text "sdg", which optimizer never is. Did you mean "sgd"? Its values: '
            '"adam", "sgd".',
        ),
        (
            "optimizer",
            ["sgd", 3],
            'found 3, which optimizer never is. Its values: "adam", "sgd".',
        ),
        ("optimizer", [], "the list is empty. Give at least one value."),
        (
            "lr",
            0.05,
            '"lr" has no listed values that could be compared (distribution "uniform"). A '
            'condition needs a parameter with "values", or with whole numbers.',
        ),
    ],
)
def test_wrong_values_of_conditions(name, value, message):
    parameters = {"optimizer": OPTIMIZER, "lr": LR, "momentum": {**LR, "when": {name: value}}}
    assert message_of(parameters) == f"parameters.momentum.when.{name}: {message}"


def test_conditions_in_a_circle():
    parameters = {
        "a": {"values": [1, 2], "when": {"b": 1}},
        "b": {"values": [1, 2], "when": {"c": 1}},
        "c": {"values": [1, 2], "when": {"a": 1}},
    }
    assert message_of(parameters) == (
        "parameters.a.when: a depends on b, which depends on c, which depends on a. One of them "
        'must always have a value: remove its "when".'
    )


def test_names_of_conditions_are_looked_for_from_the_inside():
    block = {
        "kind": {"values": ["a", "b"]},
        "size": {"values": [1, 2], "when": {"kind": "a"}},
    }
    space = parse({"method": "grid", "parameters": {"net": {"parameters": block}}}).space
    assert [dict(point) for _, point in space.combinations()] == [
        {"net.kind": "a", "net.size": 1},
        {"net.kind": "a", "net.size": 2},
        {"net.kind": "b"},
    ]


@pytest.mark.parametrize(
    ("tie", "message"),
    [
        (
            "a",
            'found the text "a"; a list of parameter names is needed, such as '
            '["model", "learning_rate"], or several such lists.',
        ),
        (["a"], '["a"] ties nothing. Name at least two parameters.'),
        (["a", "a"], '"a" is listed twice. Name each parameter once.'),
        (
            ["a", "bb"],
            '"bb" is not a parameter of this sweep. Did you mean "b"? Parameters: a, b, c, lr, p.',
        ),
        (
            ["a", "c"],
            "the lists differ in length: a 2, c 3. Tied parameters take the first of their values "
            "together, then the second, and so on.",
        ),
        (["a", "lr"], '"lr" has no list of values. Tied parameters need "values" each.'),
        (["a", "p"], '"p" has probabilities, which a tied parameter cannot have. Remove them.'),
        (["a", "w"], '"w" has conditions ("when"), which a tied parameter cannot have.'),
    ],
)
def test_wrong_ties(tie, message):
    parameters = {
        "a": {"values": [1, 2]},
        "b": {"values": [1, 2]},
        "c": {"values": [1, 2, 3]},
        "lr": LR,
        "p": {"values": [1, 2], "probabilities": [0.5, 0.5]},
    }
    if "w" in tie:
        parameters["w"] = {"values": [1, 2], "when": {"a": 1}}
    assert message_of(parameters, zip=tie).splitlines()[0] == f"zip: {message}"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            5,
            'found 5; an expression as text is needed, such as ["batch_size * grad_accum <= 512"].',
        ),
        ("a <", '"a <", column 4: it cannot be read.'),
        (
            "a * batchsize <= 5",
            '"a * batchsize <= 5", column 5: "batchsize" is not a parameter of this sweep. Did you '
            'mean "batch_size"? Parameters: a, batch_size.',
        ),
        ("1 < 2", '"1 < 2": it names no parameter.'),
        (
            "a + batch_size > 99",
            'no point of the search space satisfies "a + batch_size > 99". Loosen it, or widen '
            "its parameters.",
        ),
    ],
)
def test_wrong_constraints(expression, message):
    parameters = {"a": {"min": 1, "max": 9}, "batch_size": {"values": [1, 2]}}
    assert message_of(parameters, constraints=[expression]) == f"constraints[0]: {message}"


def test_constraints_that_only_together_allow_nothing():
    parameters = {"a": {"min": 0.0, "max": 1.0}, "b": {"values": [1, 2]}}
    assert message_of(parameters, constraints=["a < 0.4", "a > 0.6"]) == (
        "constraints: none of 4,096 points tried satisfies all of them together. Loosen some of "
        "them."
    )
    assert message_of(parameters, constraints="a < 0.4") == (
        'constraints: found the text "a < 0.4"; a list is needed, such as ["a < 0.4"].'
    )


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') == 0",
        "a.__class__ == 1",
        "(lambda: a)() == 1",
        "[x for x in [a]] == [1]",
        "a if a else 2",
        "open('x') or a",
        "f'{a}' == '1'",
        "a[0] == 1",
        "(b := a) == 1",
        "max(a, key=abs) == 1",
        "~a == 1",
        "a is 1",
        "a == 1j",
        "a @ a == 1",
    ],
)
def test_what_python_could_do_is_not_offered(text):
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(text, ["a"])
    assert (
        "is not supported. An expression may hold numbers" in str(caught.value)
        or caught.value.unknown
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a * 2 <= 6", True),
        ("1 < a < 3", False),
        ("a in [1, 3] and not b == 'x'", True),
        ("b in ('x', 'z')", False),
        ("max(a, 5) == 5 and abs(-a) == 3 and min(a, 1) == 1", True),
        ("a ** 2 // 2 == 4 and a % 2 == 1", True),
        ("n.width >= 8 or missing_is_no_name_here == 1", None),
        ("n.width == 8", True),
        ("`d-e` + 1 == 2", True),
        ("`d-e` > a", False),
        ("off == true", True),
        ("off == False", False),
        ("gone > 1 and a == 4", True),  # it hangs on a parameter that has no value
        ("a == 4 and gone > 1", False),  # it does not
        ("a / (a - 3) > 0", False),  # cannot be computed
        ("b * 1000000000 == b", False),
        ("b < 1", False),
        ("10 ** 10 ** 10 > a", False),
        ("  a == 3", True),
        ("a\n== 3", True),
    ],
)
def test_truth(text, expected):
    params = {"a": 3, "b": "y", "n.width": 8, "d-e": 1, "off": True}
    names = [*params, "gone"]
    if expected is None:
        with pytest.raises(ExpressionError, match="missing_is_no_name_here"):
            Expression.parse(text, names)
    else:
        assert Expression.parse(text, names).holds(params) is expected


def test_columns_stay_true_beside_quoted_names():
    with pytest.raises(ExpressionError) as caught:
        Expression.parse("`d-e` + x", ["d-e"])
    assert (caught.value.column, caught.value.unknown) == (9, "x")


def test_an_endless_expression_is_refused():
    with pytest.raises(ExpressionError, match=r"it has 1001 characters"):
        Expression.parse("a" * 1001, ["a"])
    with pytest.raises(ExpressionError):
        Expression.parse("(" * 400 + "a" + ")" * 400, ["a"])
