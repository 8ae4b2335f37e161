"""The `repeats` of a sweep config."""

import pytest

from nbsweep.errors import ConfigError
from nbsweep.sweep_config import parse, to_dict

NUMBER = 'a whole number of at least 1 is needed. Or "auto", with method "bayes".'
SEARCHED = (
    "repeats: parameters.{} is searched, so that each of its values would be repeated. Give it one "
    '"value", in place of which each repetition gets its own; or leave repeats out.'
)


def config(repeats, method="bayes", parameters=None, **more):
    metric = {} if "metrics" in more else {"metric": {"name": "loss"}}
    space = {"x": {"values": [1, 2]}, **(parameters or {})}
    return {"method": method, "parameters": space, "repeats": repeats, **metric, **more}


@pytest.mark.parametrize("method", ["grid", "random", "bayes", "custom"])
@pytest.mark.parametrize("repeats", [1, 3, 3.0])
def test_a_number_goes_with_any_method(method, repeats):
    read = parse(config(repeats, method))
    assert (read.repeats, read.runs_each) == (repeats, repeats)
    assert parse(to_dict(read)) == read


def test_auto_and_nothing():
    assert (parse(config("auto")).repeats, parse(config("auto")).runs_each) == ("auto", 1)
    assert (parse(config(None)).repeats, parse(config(None)).runs_each) == (None, 1)
    assert parse(config("3")).repeats == 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (config(0), f"repeats: found 0; {NUMBER}"),
        (config(-2, "grid"), f"repeats: found -2; {NUMBER}"),
        (config(True), f"repeats: found True; {NUMBER}"),
        (config(2.5), f"repeats: found 2.5; {NUMBER}"),
        (config([3]), f"repeats: found the list [3]; {NUMBER}"),
        (config("0"), f'repeats: found the text "0"; {NUMBER}'),
        (
            config("Auto"),
            'repeats: found the text "Auto". Did you mean "auto"? A whole number or "auto" is '
            "needed.",
        ),
        (
            config("auto", "random"),
            'repeats: "auto" is for method "bayes", whose model knows what one more run would '
            'change. Method "random" takes a number of runs, such as 3.',
        ),
        (
            config("auto", metrics=[{"name": n, "goal": "minimize"} for n in ("loss", "ms")]),
            'repeats: "auto" repeats what may be the best run, and with 2 objectives no one run '
            "is. Use a number of runs, such as 3.",
        ),
        (config(3, "grid", {"seed": {"values": [1, 2]}}), SEARCHED.format("seed")),
        (
            config(
                "auto", "bayes", {"net": {"parameters": {"random_state": {"min": 1, "max": 9}}}}
            ),
            SEARCHED.format("net.random_state"),
        ),
    ],
)
def test_what_is_wrong_is_said(source, message):
    with pytest.raises(ConfigError) as error:
        parse(source)
    assert str(error.value) == message


def test_once_goes_with_a_searched_seed_and_any_number_with_a_constant_one():
    assert parse(config(1, "grid", {"seed": {"values": [1, 2]}})).repeats == 1
    assert parse(config(3, "grid", {"seed": {"value": 1}})).repeats == 3


def test_other_words_for_it_are_understood():
    with pytest.raises(ConfigError) as error:
        parse({**config(None), "replicates": 3})
    assert 'Did you mean "repeats"?' in str(error.value)
