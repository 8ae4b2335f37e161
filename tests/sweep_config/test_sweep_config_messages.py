"""What people read when a sweep config is wrong: the full text of every message."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.errors import ConfigError
from nbsweep.sweep_config import parse
from nbsweep.sweep_config.reader import MAX_DEPTH

LR = {"lr": {"min": 0.0001, "max": 0.1}}


def message_of(config):
    with pytest.raises(ConfigError) as caught:
        parse(config)
    return str(caught.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            5,
            'parameters.p: found 5; a parameter is a dict. Use {"value": 5} for a '
            'constant, or {"values": [5, …]}.',
        ),
        (
            "adam",
            'parameters.p: found the text "adam"; a parameter is a dict. Use {"value": '
            '"adam"} for a constant, or {"values": ["adam", …]}.',
        ),
        (
            None,
            'parameters.p: found nothing (None); a parameter is a dict. Use {"value": '
            'None} for a constant, or {"values": [None, …]}.',
        ),
        (
            True,
            'parameters.p: found True; a parameter is a dict. Use {"value": True} for '
            'a constant, or {"values": [True, …]}.',
        ),
        (
            ["adam", "sgd"],
            'parameters.p: found the list ["adam", "sgd"]; a parameter is a dict. Use '
            '{"values": ["adam", "sgd"]} to try each of them.',
        ),
        (
            [0, 0.1],
            "parameters.p: found the list [0, 0.1]; a parameter is a dict. Use "
            '{"values": [0, 0.1]} to try each of them, or {"min": 0, "max": 0.1} for a '
            "range.",
        ),
        (
            {},
            'parameters.p: nothing says which values it takes. Use {"value": …}, '
            '{"values": […]} or {"min": …, "max": …}.',
        ),
        (
            {"vals": [1]},
            'parameters.p: unknown key "vals". Did you mean "values"? Known keys: '
            "value, values, probabilities, min, max, mu, sigma, a, b, q, distribution, "
            "parameters, when, belief.",
        ),
        (
            {"mean": 0, "std": 1, "distribution": "normal"},
            'parameters.p: unknown key "mean". Did you mean "mu"? Known keys: value, '
            "values, probabilities, min, max, mu, sigma, a, b, q, distribution, parameters, when, "
            "belief.\n"
            'parameters.p: unknown key "std". Did you mean "sigma"? Known keys: value, '
            "values, probabilities, min, max, mu, sigma, a, b, q, distribution, parameters, when, "
            "belief.",
        ),
        (
            {"min": 0.1, "max": 0.1},
            'parameters.p: min 0.1 is not below max 0.1. Use {"value": 0.1} for a constant.',
        ),
        (
            {"min": 2, "max": 1},
            "parameters.p: min 2 is not below max 1. Swap them.",
        ),
        (
            {"min": 1},
            "parameters.p: min without max. Give both, or a distribution without limits.",
        ),
        (
            {"max": 1},
            "parameters.p: max without min. Give both, or a distribution without limits.",
        ),
        (
            {"min": "low", "max": 1},
            'parameters.p.min: found the text "low"; a number is needed.',
        ),
        (
            {"min": True, "max": 1},
            "parameters.p.min: found True; a number is needed.",
        ),
        (
            {"min": None, "max": 1},
            "parameters.p.min: found nothing (None); a number is needed.",
        ),
        (
            {"min": 0, "max": math.inf},
            "parameters.p.max: found inf; a finite number is needed.",
        ),
        (
            {"min": math.nan, "max": 1},
            "parameters.p.min: found nan; a finite number is needed.",
        ),
        (
            {"min": 0, "max": 1, "q": 0.1},
            'parameters.p: q needs "distribution": "q_uniform" or "q_log_uniform_values".',
        ),
        (
            {"mu": 0},
            'parameters.p: mu and sigma need "distribution": "normal" or "log_normal".',
        ),
        (
            {"a": 1},
            'parameters.p: a and b need "distribution": "beta".',
        ),
        (
            {"probabilities": [1]},
            'parameters.p: probabilities without values. Give "values" of the same length.',
        ),
        (
            {"value": 1, "values": [1]},
            'parameters.p: value and values exclude each other. Use "value" for a constant.',
        ),
        (
            {"value": 1, "min": 0},
            "parameters.p: min does not go with value. Remove one or the other.",
        ),
        (
            {"min": 0, "max": 1, "mu": 2},
            "parameters.p: mu does not go with min and max. Remove one or the other.",
        ),
        (
            {"values": [1], "min": 0},
            "parameters.p: min does not go with values. Remove one or the other.",
        ),
        (
            {"distribution": "loguniform", "min": 1, "max": 2},
            'parameters.p.distribution: found the text "loguniform". Did you mean '
            '"log_uniform_values"? Accepted: "constant", "categorical", '
            '"categorical_w_probabilities", "int_uniform", "uniform", "q_uniform", '
            '"log_uniform_values", "q_log_uniform_values", "inv_log_uniform_values", '
            '"normal", "q_normal", "log_normal", "q_log_normal", "beta", "q_beta", '
            '"log_uniform", "q_log_uniform" or "inv_log_uniform".',
        ),
        (
            {"distribution": "Uniform", "min": 1, "max": 2},
            'parameters.p.distribution: found the text "Uniform". Did you mean '
            '"uniform"? Accepted: "constant", "categorical", '
            '"categorical_w_probabilities", "int_uniform", "uniform", "q_uniform", '
            '"log_uniform_values", "q_log_uniform_values", "inv_log_uniform_values", '
            '"normal", "q_normal", "log_normal", "q_log_normal", "beta", "q_beta", '
            '"log_uniform", "q_log_uniform" or "inv_log_uniform".',
        ),
        (
            {"distribution": "zipf"},
            'parameters.p.distribution: found the text "zipf". Accepted: "constant", '
            '"categorical", "categorical_w_probabilities", "int_uniform", "uniform", '
            '"q_uniform", "log_uniform_values", "q_log_uniform_values", '
            '"inv_log_uniform_values", "normal", "q_normal", "log_normal", '
            '"q_log_normal", "beta", "q_beta", "log_uniform", "q_log_uniform" or '
            '"inv_log_uniform".',
        ),
        (
            {"distribution": 5},
            'parameters.p.distribution: found 5. Accepted: "constant", "categorical", '
            '"categorical_w_probabilities", "int_uniform", "uniform", "q_uniform", '
            '"log_uniform_values", "q_log_uniform_values", "inv_log_uniform_values", '
            '"normal", "q_normal", "log_normal", "q_log_normal", "beta", "q_beta", '
            '"log_uniform", "q_log_uniform" or "inv_log_uniform".',
        ),
        (
            {"distribution": "uniform", "min": 0},
            'parameters.p: distribution "uniform" needs "max". It takes min, max.',
        ),
        (
            {"distribution": "normal", "min": 0, "max": 1},
            'parameters.p: min and max do not go with distribution "normal". It takes '
            "mu (optional), sigma (optional).",
        ),
        (
            {"distribution": "uniform", "min": 0, "max": 1, "q": 0.1},
            'parameters.p: q does not go with distribution "uniform". Did you mean "q_uniform"?',
        ),
        (
            {"distribution": "log_uniform_values", "min": 0, "max": 1},
            "parameters.p.min: found 0; a number above 0 is needed. A logarithmic "
            'scale has no zero: use a limit such as 1e-06, or "uniform".',
        ),
        (
            {"distribution": "categorical", "values": [1, 2], "probabilities": [0.5, 0.5]},
            'parameters.p: probabilities do not go with distribution "categorical". '
            'Leave distribution out, or use "categorical_w_probabilities".',
        ),
        (
            {"distribution": "categorical_w_probabilities", "values": [1]},
            'parameters.p: distribution "categorical_w_probabilities" needs '
            '"probabilities". It takes values, probabilities.',
        ),
        (
            {"distribution": "int_uniform", "min": 1.5, "max": 3},
            'parameters.p.min: found 1.5; an int is needed. Use distribution "uniform" '
            "for the numbers between.",
        ),
        (
            {"distribution": "int_uniform", "min": 1.0, "max": 3},
            'parameters.p.min: found 1.0; an int is needed. Use distribution "uniform" '
            "for the numbers between.",
        ),
        (
            {"min": 0, "max": 2**60},
            "parameters.p: min 0 and max 1152921504606846976 are more than 2^53 apart, "
            "which no draw can resolve. Use narrower limits.",
        ),
        (
            {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0},
            "parameters.p.q: found 0; a number above 0 is needed.",
        ),
        (
            {"distribution": "q_log_uniform_values", "min": 0.0001, "max": 0.1},
            "parameters.p: no multiple of q, which is 1 where it is not given, lies "
            "between 0.0001 and 0.1. Use a smaller q, such as 0.01.",
        ),
        (
            {"distribution": "q_uniform", "min": 1, "max": 3, "q": 5},
            "parameters.p: no multiple of q 5 lies between 1 and 3. Use a smaller q, such as 1.",
        ),
        (
            {"distribution": "q_normal", "q": 1e-30},
            "parameters.p.q: 1e-30 cuts the values from -8.20954 to 8.20954 into more "
            "than 2^53 steps, which no draw can resolve.",
        ),
        (
            {"distribution": "q_log_uniform", "min": 0, "max": 64},
            "parameters.p.q: 1 cuts the values from 1 to 6.23515e+27 into more than "
            "2^53 steps, which no draw can resolve. To give the limits themselves, use "
            '"q_log_uniform_values".',
        ),
        (
            {"distribution": "normal", "sigma": 0},
            'parameters.p.sigma: found 0; a number above 0 is needed. Use "value" for a constant.',
        ),
        (
            {"distribution": "beta", "a": 0},
            "parameters.p.a: found 0; a number above 0 is needed.",
        ),
        (
            {"distribution": "log_normal", "mu": 1000},
            "parameters.p: mu 1000 and sigma 1.0 belong to the logarithm of the "
            "values, which then reach beyond the range of floats. For values around v use "
            "mu = ln(v).",
        ),
        (
            {"distribution": "normal", "mu": 1e308, "sigma": 1e308},
            "parameters.p: mu 1e+308 and sigma 1e+308 reach beyond the range of floats.",
        ),
        (
            {"distribution": "log_uniform", "min": 1, "max": 1000},
            'parameters.p.max: "log_uniform" takes exponents, and e to the power of '
            "1000 is beyond the range of floats. To give the limits themselves, use "
            '"log_uniform_values".',
        ),
        (
            {"distribution": "log_uniform", "min": 0, "max": 1e-15},
            "parameters.p: min and max are exponents of e with the same value, 1.0.",
        ),
        (
            {"distribution": "log_uniform_values", "min": 1e300, "max": 1.0000000000000002e300},
            "parameters.p: min 1e+300 and max 1.0000000000000002e+300 are too close "
            "for a logarithmic scale.",
        ),
        (
            {"values": "adam"},
            'parameters.p.values: found the text "adam"; a list is needed, such as ["adam"].',
        ),
        (
            {"values": {"a": 1, "b": 2}},
            'parameters.p.values: found the dict {"a": 1, "b": 2}; a list is needed, '
            'such as ["a", "b"].',
        ),
        (
            {"values": []},
            "parameters.p.values: the list is empty. Give at least one value.",
        ),
        (
            {"values": 5},
            "parameters.p.values: found 5; a list is needed, such as [5].",
        ),
        (
            {"values": ["a", "b"], "probabilities": [0.5, 0.4]},
            "parameters.p.probabilities: they sum to 0.9, not to 1. Divide each of them by 0.9.",
        ),
        (
            {"values": ["a", "b"], "probabilities": [1]},
            "parameters.p.probabilities: found a list of 1; one number for each of the "
            "2 values is needed.",
        ),
        (
            {"values": ["a", "b"], "probabilities": 0.5},
            "parameters.p.probabilities: found 0.5; one number for each of the 2 values is needed.",
        ),
        (
            {"values": ["a", "b"], "probabilities": [-0.5, 1.5]},
            "parameters.p.probabilities: found -0.5; a number of at least 0 is needed.",
        ),
        (
            {"values": ["a", "b"], "probabilities": [0, 0]},
            "parameters.p.probabilities: they sum to 0, not to 1.",
        ),
        (
            {"lr": {"min": 0, "max": 1}},
            'parameters.p: "lr" looks like a nested parameter. Nest with "parameters": '
            '{"parameters": {"lr": …}}.',
        ),
        (
            {"parameters": {"lr": {"min": 0, "max": 1}}, "distribution": "uniform"},
            'parameters.p: "parameters" stands alone in a nested parameter; remove "distribution".',
        ),
        (
            {"parameters": {}},
            "parameters.p.parameters: it has no parameters. Give at least one, such as "
            '{"learning_rate": {"min": 0.0001, "max": 0.1}}.',
        ),
        (
            {"parameters": [1]},
            "parameters.p.parameters: found the list [1]; a dict is needed, such as "
            '{"learning_rate": {"min": 0.0001, "max": 0.1}}.',
        ),
        (
            {"parameters": {"x": {"parameters": {"y": 5}}}},
            "parameters.p.parameters.x.parameters.y: found 5; a parameter is a dict. "
            'Use {"value": 5} for a constant, or {"values": [5, …]}.',
        ),
        (
            {"value": print},
            "parameters.p.value: found builtin_function_or_method <built-in function "
            "print>. Use its name as text, and look the object up in the training function.",
        ),
        (
            {"values": {1, 2}},
            "parameters.p.values: found set {1, 2}. A set has no order; use a list.",
        ),
        (
            {"value": 1j},
            "parameters.p.value: found complex 1j. Use numbers, text, True, False, "
            "None, lists and dicts.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value)[:60],
)
def test_message_about_a_parameter(spec, message):
    assert message_of({"method": "random", "parameters": {"p": spec}}) == message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {},
            'method: missing. Accepted: "grid", "random", "bayes" or "custom".\n'
            'parameters: missing. Name what to search, such as {"learning_rate": '
            '{"min": 0.0001, "max": 0.1}}.',
        ),
        (
            {"method": "randon", "parameters": LR},
            'method: found the text "randon". Did you mean "random"? Accepted: "grid", '
            '"random", "bayes" or "custom".',
        ),
        (
            {"metod": "random", "parameters": LR},
            'unknown key "metod". Did you mean "method"? Known keys: method, '
            "parameters, metric, metrics, early_terminate, run_cap, run_time, seed, retry, "
            "repeats, name, description, project, entity, program, command, controller, zip, "
            "constraints, initial_points, prior, scheduler, settings, job, image_uri, "
            "apiVersion, kind.",
        ),
        (
            {"method": "Bayesian", "metric": {"name": "a"}, "parameters": LR},
            'method: found the text "Bayesian". Did you mean "bayes"? Accepted: '
            '"grid", "random", "bayes" or "custom".',
        ),
        (
            {"method": 5, "parameters": LR},
            'method: found 5. Accepted: "grid", "random", "bayes" or "custom".',
        ),
        (
            {"method": "random", "params": LR},
            'unknown key "params". Did you mean "parameters"? Known keys: method, '
            "parameters, metric, metrics, early_terminate, run_cap, run_time, seed, retry, "
            "repeats, name, description, project, entity, program, command, controller, zip, "
            "constraints, initial_points, prior, scheduler, settings, job, image_uri, "
            "apiVersion, kind.",
        ),
        (
            {"method": "random", "parameters": {}},
            "parameters: it has no parameters. Give at least one, such as "
            '{"learning_rate": {"min": 0.0001, "max": 0.1}}.',
        ),
        (
            {"method": "random", "parameters": [LR]},
            'parameters: found the list [{"lr": {"min": 0.0001, "max": 0.1}}]; a dict '
            'is needed, such as {"learning_rate": {"min": 0.0001, "max": 0.1}}.',
        ),
        (
            {"method": "random", "parameters": {"learning rate": {"value": 1}}},
            'parameters: "learning rate" cannot be the name of a parameter (a letter '
            'or _ first, then letters, digits, _ . or -). Try "learning_rate".',
        ),
        (
            {"method": "random", "parameters": {"1st": {"value": 1}}},
            'parameters: "1st" cannot be the name of a parameter (a letter or _ first, '
            'then letters, digits, _ . or -). Try "_1st".',
        ),
        (
            {"method": "random", "parameters": {"": {"value": 1}}},
            'parameters: "" cannot be the name of a parameter (a letter or _ first, '
            "then letters, digits, _ . or -).",
        ),
        (
            {"method": "random", "parameters": {"lr/x": {"value": 1}}},
            'parameters: "lr/x" cannot be the name of a parameter (a letter or _ '
            'first, then letters, digits, _ . or -). Try "lr_x".',
        ),
        (
            {"method": "grid", "parameters": LR},
            'parameters.lr: method "grid" cannot run all values of distribution '
            '"uniform". List some with "values", use "q_uniform" with a step q, or use '
            'method "random".',
        ),
        (
            {"method": "grid", "parameters": {"lr": {"distribution": "normal"}}},
            'parameters.lr: method "grid" cannot run all values of distribution '
            '"normal". List some with "values", or use method "random".',
        ),
        (
            {
                "method": "grid",
                "parameters": {"o": {"values": [1, 2], "probabilities": [0.5, 0.5]}},
            },
            'parameters.o: method "grid" runs each value once, so probabilities do '
            'nothing. Leave them out, or use method "random".',
        ),
        (
            {"method": "bayes", "parameters": LR},
            'metric: missing; method "bayes" needs to know what to optimise. Add '
            '"metric": {"name": "val_loss", "goal": "minimize"}, or use method '
            '"random".',
        ),
        (
            {
                "method": "bayes",
                "metric": {"name": "loss"},
                "parameters": {"a": {"value": 1}, "b": {"values": [2]}},
            },
            'parameters: all of them are constant, so method "bayes" has nothing to '
            'search. Give one of them "values", or "min" and "max"; for a single run '
            'use method "grid".',
        ),
        (
            {"method": "random", "parameters": LR, "metric": "loss"},
            'metric: found the text "loss"; a dict is needed: {"name": "loss", "goal": '
            '"minimize"} (or "maximize").',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {}},
            'metric: needs "name", the key that is logged, such as {"name": '
            '"val_loss", "goal": "minimize"}.',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": ""}},
            'metric: needs "name", the key that is logged, such as {"name": '
            '"val_loss", "goal": "minimize"}.',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": 5}},
            "metric.name: found 5; text is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"nam": "loss"}},
            'metric: unknown key "nam". Did you mean "name"? Known keys: name, goal, mode, '
            "target, impute, impute_while_running, per.",
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "goal": "max"}},
            'metric.goal: found the text "max". Did you mean "maximize"? Accepted: '
            '"minimize" or "maximize".',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "goal": "Minimise"}},
            'metric.goal: found the text "Minimise". Did you mean "minimize"? '
            'Accepted: "minimize" or "maximize".',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "goal": "up"}},
            'metric.goal: found the text "up". Accepted: "minimize" or "maximize".',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "impute": "mean"}},
            'metric.impute: found the text "mean". Accepted: "worst", "best" or "latest".',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "target": "low"}},
            'metric.target: found the text "low"; a number is needed.',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "modus": "best"}},
            'metric: unknown key "modus". Did you mean "mode"? Known keys: name, goal, mode, '
            "target, impute, impute_while_running, per.",
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "mode": "average"}},
            'metric.mode: found the text "average". Did you mean "mean"? Accepted: "best", '
            '"last", "min", "max", "mean" or "first".',
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "l", "mode": "max"}},
            'metric.mode: "max" says which of a run\'s values counts, not which run is better. Add '
            '"goal": "maximize"; the best value alone is "mode": "best".',
        ),
        (
            {"method": "random", "parameters": LR, "goal": "maximize"},
            'goal: belongs inside "metric", such as "metric": {"name": "val_loss", '
            '"goal": "minimize"}.',
        ),
        (
            {"method": "random", "parameters": LR, "eta": 3},
            'eta: belongs inside "early_terminate", such as "early_terminate": '
            '{"type": "hyperband", "min_iter": 3}.',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "early_terminate": {"type": "hyperband", "min_iter": 3},
            },
            'early_terminate: needs a metric to compare runs by. Add "metric": '
            '{"name": "val_loss", "goal": "minimize"}.',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband"},
            },
            'early_terminate: needs "min_iter", the first iteration at which runs are '
            'compared, or both "max_iter" and "s", the last one and the number of '
            "comparisons before it.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "min_iter": 3, "max_iter": 9},
            },
            'early_terminate: max_iter needs "s" beside it, the number of bands to count '
            "down from it. Add it, or leave max_iter out to count up from min_iter.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "max_iter": 9},
            },
            'early_terminate: needs "min_iter", the first iteration at which runs are '
            'compared, or both "max_iter" and "s", the last one and the number of '
            "comparisons before it.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "min_iter": 0},
            },
            "early_terminate.min_iter: found 0; a whole number of at least 1 is needed.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "min_iter": 1.5},
            },
            "early_terminate.min_iter: found 1.5; a whole number of at least 1 is needed.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 1},
            },
            "early_terminate.eta: found 1; a number above 1 is needed.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "min_iter": 3, "strict": "yes"},
            },
            'early_terminate.strict: found the text "yes"; True or False is needed.',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "max_iter": 2, "s": 1},
            },
            "early_terminate: max_iter 2 leaves no iteration to compare runs at, since "
            "the last one is max_iter / eta. Use a larger max_iter, or min_iter.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"min_iter": 3},
            },
            'early_terminate: needs "type", such as {"type": "hyperband", "min_iter": 3}.',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "Asha", "min_iter": 3},
            },
            'early_terminate.type: found the text "Asha". Did you mean "asha"? Accepted: '
            '"hyperband", "asha", "median" or "auto".',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "asha", "grace_period": 3},
            },
            'early_terminate: unknown key "grace_period". Did you mean "min_iter"? Known keys: '
            "type, min_iter, max_iter, eta.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "hyperband", "min_itr": 3},
            },
            'early_terminate: unknown key "min_itr". Did you mean "min_iter"? Known keys: '
            "type, min_iter, max_iter, s, eta, strict.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "asha", "min_iter": 9, "max_iter": 9},
            },
            "early_terminate: max_iter 9 is not above min_iter 9, which leaves no iteration to "
            "compare runs at. Use a larger max_iter, or leave it out.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "median", "percentile": 100},
            },
            "early_terminate.percentile: found 100; a number below 100 is needed.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "median", "strict": True},
            },
            'early_terminate: unknown key "strict". Known keys: type, min_iter, interval, '
            "percentile, min_runs.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "auto", "confidence": 95},
            },
            "early_terminate.confidence: found 95; a probability of at least 0.5 and below 1 is "
            "needed, such as 0.95: how sure it has to be that a run cannot become the best.",
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": {"type": "auto", "thaw": "yes"},
            },
            'early_terminate.thaw: found the text "yes"; True or False is needed.',
        ),
        (
            {"method": "random", "parameters": LR, "run_time": "soon"},
            'run_time: found the text "soon"; a number of seconds above 0 is needed, or a text '
            'such as "20m", "1h30m" or "90s".',
        ),
        (
            {"method": "random", "parameters": LR, "run_time": 0},
            "run_time: found 0; a number of seconds above 0 is needed, or a text such as "
            '"20m", "1h30m" or "90s".',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "l"},
                "early_terminate": "hyperband",
            },
            'early_terminate: found the text "hyperband"; a dict is needed, such as '
            '{"type": "hyperband", "min_iter": 3}.',
        ),
        (
            {"method": "random", "parameters": LR, "run_cap": 0},
            "run_cap: found 0; a whole number of at least 1 is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "run_cap": 2.5},
            "run_cap: found 2.5; a whole number of at least 1 is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "run_cap": True},
            "run_cap: found True; a whole number of at least 1 is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "seed": -1},
            "seed: found -1; a whole number of at least 0 is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "seed": 2**64},
            "seed: found 18446744073709551616; it must be below 2^63.",
        ),
        (
            {"method": "random", "parameters": LR, "seed": "x"},
            'seed: found the text "x"; a whole number of at least 0 is needed.',
        ),
        (
            {"method": "random", "parameters": LR, "retry": 2},
            'retry: found 2; a dict is needed, such as {"crashed": 1, "failed": 0}.',
        ),
        (
            {"method": "random", "parameters": LR, "retry": {"crashd": 1}},
            'retry: unknown key "crashd". Did you mean "crashed"? Known keys: crashed, failed.',
        ),
        (
            {"method": "random", "parameters": LR, "retry": {"failed": -1}},
            "retry.failed: found -1; a whole number of at least 0 is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "name": 5},
            "name: found 5; text is needed.",
        ),
        (
            {"method": "random", "parameters": LR, "command": "python train.py"},
            'command: found the text "python train.py"; a list is needed, such as '
            '["python", "train.py"].',
        ),
        (
            {"method": "random", "parameters": LR, "command": 5},
            'command: found 5; a list is needed, such as ["${interpreter}", "${program}"].',
        ),
        (
            {"method": "random", "parameters": LR, "kind": "job"},
            'kind: found the text "job". Accepted: "sweep".',
        ),
        (
            {"method": "random", "parameters": LR, "controller": "local"},
            'controller: found the text "local"; a dict is needed, such as {"type": "local"}.',
        ),
        (
            {"method": "random", "parameters": LR, "controller": {}},
            'controller: needs "type", such as {"type": "local"}.',
        ),
        (
            {"method": "random", "parameters": LR, "controller": {"type": "remote"}},
            'controller.type: found the text "remote". Accepted: "local" or "cloud".',
        ),
        (
            {"method": "random", "parameters": LR, "settings": 1},
            "settings: found 1; a dict is needed, such as {}.",
        ),
        (
            {"method": "random", "parameters": LR, "metrics": [{"name": "a"}, {"name": "a"}]},
            'metrics: "a" is there 2 times. Give its goal and limits once.',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metric": {"name": "a"},
                "metrics": [{"name": "a"}, {"name": "b", "goal": "max"}],
            },
            'metrics[1].goal: found the text "max". Did you mean "maximize"? Accepted: '
            '"minimize" or "maximize".\n'
            'metrics: "metric" and "metrics" exclude each other. Keep "metric" for one '
            "objective; for several, make it one of the metrics.",
        ),
        (
            {"method": "random", "parameters": LR, "metrics": {"name": "a"}},
            'metrics: found the dict {"name": "a"}; a list of metrics is needed, such as '
            '[{"name": "accuracy", "goal": "maximize"}, {"name": "latency_ms", "at_most": 20}].',
        ),
        (
            {"method": "random", "parameters": LR, "metrics": []},
            "metrics: found an empty list; a list of metrics is needed, such as "
            '[{"name": "accuracy", "goal": "maximize"}, {"name": "latency_ms", "at_most": 20}].',
        ),
        (
            {"method": "random", "parameters": LR, "metrics": [{"name": "a", "at_most": 2}]},
            "metrics: all of them are limits, so there is nothing to optimise. Give one of them a "
            'goal, such as [{"name": "accuracy", "goal": "maximize"}, {"name": "latency_ms", '
            '"at_most": 20}].',
        ),
        (
            {
                "method": "random",
                "parameters": LR,
                "metrics": [{"name": "a"}, {"name": "b", "at_most": 2, "at_least": 3}],
            },
            "metrics[1].at_most: 2 is below at_least, 3: no run can keep both.",
        ),
        (
            {"method": "random", "parameters": LR, "metric": {"name": "a", "at_most": 2}},
            'metric.at_most: a limit stands in "metrics", such as "metrics": '
            '[{"name": "accuracy", "goal": "maximize"}, {"name": "latency_ms", "at_most": 20}].',
        ),
        (
            {
                "method": "custom",
                "metric": {"name": "l"},
                "scheduler": {"engine": "optuna", "source": "s.py", "search_space": "f"},
            },
            "scheduler.source: functions in a file are not supported. Name a sampler instead, such "
            'as "sampler": {"name": "TPESampler", "multivariate": true}, or pass a function of '
            "your own: nbsweep.agent(sweep_id, train, search=function).\n"
            "scheduler.search_space: functions in a file are not supported. Name a sampler "
            'instead, such as "sampler": {"name": "TPESampler", "multivariate": true}, or pass '
            "a function of your own: nbsweep.agent(sweep_id, train, search=function).",
        ),
        (
            {"method": "random", "parameters": LR, "scheduler": {"engin": "optuna"}},
            'scheduler: unknown key "engin". Did you mean "engine"? Known keys: '
            "engine, sampler, method, initialization_budget, initialize_with_center, source, "
            "optimizer, search_space.",
        ),
        (
            {"method": "random", "parameters": LR, "scheduler": {}},
            'scheduler: needs "engine", such as {"engine": "optuna", "sampler": "TPESampler"}.',
        ),
        (
            {"method": "random", "parameters": LR, "scheduler": "optuna"},
            'scheduler: found the text "optuna"; a dict is needed, such as '
            '{"engine": "optuna", "sampler": "TPESampler"}.',
        ),
        (
            {"method": "bayes", "metric": {"name": "l"}, "parameters": LR}
            | {"scheduler": {"engine": "optuna"}},
            'method: found "bayes"; engine "optuna" needs "custom".',
        ),
        (
            {"method": "custom", "parameters": LR, "scheduler": {"engine": "wandb"}},
            'method: found "custom"; engine "wandb" needs "grid", "random" or "bayes".',
        ),
        (
            {"method": "bayes", "metric": {"name": "l"}, "parameters": LR}
            | {"scheduler": {"engine": "ax", "sampler": "TPESampler"}},
            'scheduler.sampler: is for engine "optuna". Leave it out.\n'
            'method: found "bayes"; engine "ax" needs "custom".',
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": LR}
            | {"scheduler": {"engine": "ax", "method": "sobol", "initialize_with_center": "yes"}},
            'scheduler.method: found the text "sobol". Did you mean "random_search"? Accepted: '
            '"fast", "quality" or "random_search".\n'
            'scheduler.initialize_with_center: found the text "yes"; True or False is needed.',
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": LR}
            | {"scheduler": {"engine": "ax", "method": 3, "initialization_budget": 0}},
            'scheduler.method: found 3. Accepted: "fast", "quality" or "random_search".\n'
            "scheduler.initialization_budget: found 0; a whole number of at least 1 is needed.",
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": LR}
            | {"scheduler": {"engine": "ax", "initialization_trials": 8}},
            'scheduler: unknown key "initialization_trials". Did you mean '
            '"initialization_budget"? Known keys: engine, sampler, method, initialization_budget, '
            "initialize_with_center, source, optimizer, search_space.",
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": LR}
            | {
                "scheduler": {
                    "engine": "ax",
                    "method": "random_search",
                    "initialization_budget": 8,
                    "source": "client.py",
                }
            },
            'scheduler.initialization_budget: method "random_search" has no other phase. Leave it '
            "out.\n"
            "scheduler.source: functions in a file are not supported. Set "
            '"method" of the scheduler instead, such as "method": "quality", or pass a function '
            "of your own: nbsweep.agent(sweep_id, train, search=function).",
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": LR}
            | {"scheduler": {"engine": "optuna", "method": "fast"}},
            'scheduler.method: is for engine "ax". Leave it out.',
        ),
        (
            {"method": "custom", "parameters": LR, "scheduler": {"engine": "ax"}},
            'metric: missing; engine "ax" needs to know what to optimise. Add "metric": '
            '{"name": "val_loss", "goal": "minimize"}, or use method "random".',
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": {"a": {"value": 1}}}
            | {"scheduler": {"engine": "ax"}},
            'parameters: all of them are constant, so engine "ax" has nothing to search. Give '
            'one of them "values", or "min" and "max"; for a single run use method "grid".',
        ),
        (
            {"method": "custom", "parameters": LR, "scheduler": {"engine": "optuna"}},
            'metric: missing; engine "optuna" needs to know what to optimise. Add "metric": '
            '{"name": "val_loss", "goal": "minimize"}, or use method "random".',
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": {"a": {"value": 1}}}
            | {"scheduler": {"engine": "optuna"}},
            'parameters: all of them are constant, so engine "optuna" has nothing to search. Give '
            'one of them "values", or "min" and "max"; for a single run use method "grid".',
        ),
        (
            {"method": "custom", "metric": {"name": "l"}, "parameters": LR}
            | {
                "scheduler": {
                    "engine": "optuna",
                    "sampler": {"seed": 1},
                    "pruner": "HyperbandPruner",
                }
            },
            'scheduler.pruner: use the key "early_terminate" of the config instead, such as '
            '"early_terminate": {"type": "hyperband", "min_iter": 3}; it works with every method.\n'
            'scheduler.sampler: needs "name", the sampler\'s class, such as '
            '{"name": "TPESampler", "multivariate": true}.',
        ),
        (
            {"method": "random", "parameters": LR, "controller": {"type": "local"}}
            | {"scheduler": {"engine": "wandb", "sampler": "TPESampler"}},
            'scheduler.sampler: is for engine "optuna". Leave it out.\n'
            'controller: "local" does not go together with a scheduler. Leave it out.',
        ),
        (
            {
                "method": "randon",
                "goal": "max",
                "parameters": {"epochs": 5, "lr": {"min": "x", "max": 1}, "o": {"vals": [1]}},
            },
            'parameters.lr.min: found the text "x"; a number is needed.\n'
            'parameters.o: unknown key "vals". Did you mean "values"? Known keys: '
            "value, values, probabilities, min, max, mu, sigma, a, b, q, distribution, "
            "parameters, when, belief.\n"
            'parameters.epochs: found 5; a parameter is a dict. Use {"value": 5} for a '
            'constant, or {"values": [5, …]}.\n'
            "(2 more like these)",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value)[:60],
)
def test_message_about_a_config(config, message):
    assert message_of(config) == message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            [LR],
            'found the list [{"lr": {"min": 0.0001, "max": 0.1}}]; a sweep config is a dict, such '
            'as {"method": "random", "parameters": {"lr": {"min": 0.0001, "max": 0.1}}}.',
        ),
        (
            None,
            "found nothing (None); a sweep config is a dict, such as "
            '{"method": "random", "parameters": {"lr": {"min": 0.0001, "max": 0.1}}}.',
        ),
        (
            "sweep.yaml",
            'found the text "sweep.yaml"; a sweep config is a dict. Read the file first: '
            'yaml.safe_load(open("sweep.yaml")).',
        ),
        (
            lambda: LR,
            "found a function; a sweep config is the dict that it returns. Call it.",
        ),
    ],
)
def test_message_about_what_is_no_config(config, message):
    assert message_of(config) == message


class Model:
    def __repr__(self):
        return "Model(" + "very " * 20 + "long)"


def test_message_about_an_object_is_short():
    assert message_of({"method": "random", "parameters": {"p": {"value": Model()}}}) == (
        "parameters.p.value: found Model Model(very very very very very very very very very very "
        "ver…. Use numbers, text, True, False, None, lists and dicts."
    )


def test_problems_know_their_path():
    with pytest.raises(ConfigError) as caught:
        parse({"method": "randon", "parameters": {"a": {"parameters": {"lr": {"min": 0}}}}})
    assert caught.value.path == "parameters.a.parameters.lr"
    assert [problem.path for problem in caught.value.problems] == [
        "parameters.a.parameters.lr",
        "method",
    ]


def test_a_config_error_is_a_value_error():
    with pytest.raises(ValueError, match="method: missing"):
        parse({})


def test_three_problems_are_shown_and_all_are_kept():
    config = {"method": "random", "parameters": dict.fromkeys("abcde", 5)}
    with pytest.raises(ConfigError) as caught:
        parse(config)
    assert len(caught.value.problems) == 5
    assert str(caught.value).endswith("\n(2 more like these)")
    assert str(caught.value).count("\n") == 3


def test_a_list_that_holds_itself_is_refused():
    endless = [1]
    endless.extend([endless, endless])
    message = message_of({"method": "random", "parameters": {"p": {"value": endless}}})
    assert message.splitlines()[0] == (
        "parameters.p.value: it contains itself, so it cannot be stored."
    )


def test_a_value_nested_without_end_in_sight_is_refused():
    deep = []
    for _ in range(5000):
        deep = [deep]
    message = message_of({"method": "random", "parameters": {"p": {"value": deep}}})
    assert message == (
        f"parameters.p.value: nested more than {MAX_DEPTH} deep, so it cannot be stored."
    )


def test_the_same_list_may_stand_in_several_places():
    layers = [64, 32]
    config = parse({"method": "grid", "parameters": {"p": {"values": [layers, [layers, layers]]}}})
    assert config.space.grid_size == 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"distribution": "uniform", "min": 0, "max": 10**400},
            f"parameters.p.max: found 1{'0' * 58}…; a number in the range of floats is needed.",
        ),
        (
            {"distribution": "log_uniform", "min": "low", "max": 1},
            'parameters.p.min: found the text "low"; a number is needed.',
        ),
        (
            {"distribution": "log_normal", "sigma": -1},
            'parameters.p.sigma: found -1; a number above 0 is needed. Use "value" for a constant.',
        ),
    ],
)
def test_message_about_a_number(spec, message):
    assert message_of({"method": "random", "parameters": {"p": spec}}) == message


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from([*"pq", "loss", "1e-5", "uniform", "q_normal", "hyperband", ""]),
        st.sampled_from([10**400, b"bytes", {1, 2}, print, 1j, (1, 2), range(2)]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *("value", "values", "min", "max", "q", "mu", "sigma", "a", "b"),
                    *("probabilities", "distribution", "parameters", "lr", "name", "type"),
                    *("min_iter", "max_iter", "s", "eta", "engine", "goal", ""),
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
keys = st.sampled_from(
    [
        *("metric", "metrics", "early_terminate", "run_cap", "seed", "retry", "name", "command"),
        *("scheduler", "controller", "settings", "kind", "goal", "unknown"),
    ]
)


@given(
    st.sampled_from(["grid", "random", "bayes", "custom", "x"]),
    st.dictionaries(st.sampled_from(["lr", "a.b", "1"]), anything, max_size=3),
    st.dictionaries(keys, anything, max_size=3),
)
def test_whatever_is_given_is_read_or_refused_with_a_message(method, parameters, others):
    result = outcome({"method": method, "parameters": parameters, **others})
    if isinstance(result, ConfigError):
        assert all(problem.message for problem in result.problems)
    else:
        for parameter in result.space:
            assert parameter.distribution.contains(parameter.distribution.quantile(0.3))


def outcome(config):
    try:
        return parse(config)
    except ConfigError as error:
        return error


METRICS_EXAMPLE = (
    '[{"name": "accuracy", "goal": "maximize"}, {"name": "latency_ms", "at_most": 20}]'
)
SEVERAL = {"method": "random", "parameters": LR}


@pytest.mark.parametrize(
    "written",
    [
        {"metrics": {"acc": "maximize", "ms": "minimize"}},
        {"metrics": {"acc": {"goal": "maximize"}, "ms": {"goal": "minimize"}}},
        {"metrics": ["acc", "ms"], "goals": ["maximize", "minimize"]},
        {"metrics": ["acc", {"name": "ms"}], "goals": {"ms": "minimize", "acc": "maximize"}},
        {"goals": {"acc": "maximize", "ms": "minimize"}},
    ],
)
def test_metrics_that_are_written_otherwise_are_read_with_a_note(written):
    config = parse({**SEVERAL, **written})
    metrics = [{"name": "acc", "goal": "maximize"}, {"name": "ms", "goal": "minimize"}]
    assert config == parse({**SEVERAL, "metrics": metrics})
    assert config.source == {**SEVERAL, "metrics": metrics}
    assert config.notes == (
        'metrics: read as [{"name": "acc", "goal": "maximize"}, {"name": "ms", "goal": '
        '"minimize"}].',
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            {"metrics": [{"name": "a"}, {"name": "b"}], "goals": ["minimize"]},
            'goals: found the list ["minimize"]; each of the metrics has a goal of its own, such '
            f'as "metrics": {METRICS_EXAMPLE}.',
        ),
        (
            {"goals": "maximize"},
            'goals: found the text "maximize"; each of the metrics has a goal of its own, such as '
            f'"metrics": {METRICS_EXAMPLE}.',
        ),
        (
            {"metrics": [{"name": "a"}, {"name": "b"}], "goals": {"a": "minimize"}},
            'goals: found the dict {"a": "minimize"}; each of the metrics has a goal of its own, '
            f'such as "metrics": {METRICS_EXAMPLE}.',
        ),
        (
            {"metrics": {"a": "minimise", "b": "max"}},
            'metrics[0].goal: found the text "minimise". Did you mean "minimize"? Accepted: '
            '"minimize" or "maximize".\nmetrics[1].goal: found the text "max". Did you mean '
            '"maximize"? Accepted: "minimize" or "maximize".',
        ),
        (
            {"metrics": ["loss", {"name": "ms"}]},
            'metrics[0]: found the text "loss"; a dict is needed: {"name": "loss", "goal": '
            '"minimize"} (or "maximize").',
        ),
        (
            {"metrics": [{"name": "loss"}, {"name": "ms", "max": 20}]},
            'metrics[1]: unknown key "max". Did you mean "at_most"? Known keys: name, goal, mode, '
            "target, impute, impute_while_running, per, at_most, at_least.",
        ),
        (
            {"metrics": [{"name": "loss"}, {"name": "acc", "above": 0.9}]},
            'metrics[1]: unknown key "above". Did you mean "at_least"? Known keys: name, goal, '
            "mode, target, impute, impute_while_running, per, at_most, at_least.",
        ),
        (
            {"metrics": [{"name": "loss", "direction": "minimize"}]},
            'metrics[0]: unknown key "direction". Did you mean "goal"? Known keys: name, goal, '
            "mode, target, impute, impute_while_running, per, at_most, at_least.",
        ),
        (
            {"metrics": [{"name": "loss"}, {"name": "ms", "at_most": "20 ms"}]},
            'metrics[1].at_most: found the text "20 ms"; a number is needed.',
        ),
        (
            {"metrics": [{"name": "loss"}, {"name": "ms", "at_most": float("nan")}]},
            "metrics[1].at_most: found nan; a finite number is needed.",
        ),
        (
            {"metrics": [{"name": "loss"}, {"name": "ms"}], "constraints": ["ms <= 20"]},
            'constraints[0]: "ms <= 20", column 1: "ms" is a metric, which is known after a run '
            'only; constraints are on parameters. A limit on it stands in "metrics": {"name": '
            '"ms", "at_most": …} or "at_least".',
        ),
        (
            {"metric": {"name": "loss"}, "constraints": ["loss * lr < 1"]},
            'constraints[0]: "loss * lr < 1", column 1: "loss" is a metric, which is known after a '
            'run only; constraints are on parameters. A limit on it stands in "metrics": {"name": '
            '"loss", "at_most": …} or "at_least".',
        ),
    ],
)
def test_messages_about_several_metrics(written, message):
    with pytest.raises(ConfigError) as caught:
        parse({**SEVERAL, **written})
    assert str(caught.value) == message
