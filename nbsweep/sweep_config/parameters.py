"""From one entry of a config's ``parameters`` to a distribution, with its messages."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.space.search_space import (
    Beta,
    Categorical,
    Constant,
    Continuous,
    Distribution,
    IntUniform,
    InvLogUniform,
    LogNormal,
    LogUniform,
    Normal,
    Uniform,
)
from nbsweep.sweep_config.reader import Reader, is_scientific_text
from nbsweep.wording import described, show

Path = tuple[str, ...]
Leaves = dict[Path, tuple[Path, Distribution]]
Whens = dict[Path, list[tuple[Path, Any]]]

SPEC_KEYS = (
    *("value", "values", "probabilities", "min", "max", "mu", "sigma", "a", "b", "q"),
    *("distribution", "parameters", "when", "belief"),
)
_SPEC_EXAMPLES = '{"value": …}, {"values": […]} or {"min": …, "max": …}'
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NAME_RULE = "a letter or _ first, then letters, digits, _ . or -"

_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"} | {
    "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "μ": "mu", "µ": "mu", "λ": "lambda", "Λ": "lambda",
}  # fmt: skip

# Draws come from 53 random bits: a finer support has values that none can reach.
MAX_STEPS = 2**53
# |z| of the outermost draw from a normal law, see continuous._U_MIN.
_OUTERMOST_Z = 8.21
_MAX_EXPONENT = math.log(1.79e308)
# Exponents of e are seldom written in full: 5.545 for ln 256 is 255.95.
_EXPONENT_SLACK = 1e-3
# As far as W&B lets a sum of probabilities be from 1.
_PROBABILITY_SLACK = 1e-5

# What other libraries call these keys and distributions.
_KEY_ALIASES = {
    "alpha": "a",
    "beta": "b",
    "choices": "values",
    "dist": "distribution",
    "high": "max",
    "low": "min",
    "lower": "min",
    "mean": "mu",
    "options": "values",
    "probs": "probabilities",
    "std": "sigma",
    "stddev": "sigma",
    "step": "q",
    "type": "distribution",
    "upper": "max",
    "weights": "probabilities",
}
_DISTRIBUTION_ALIASES = {
    "choice": "categorical",
    "choices": "categorical",
    "discrete": "categorical",
    "fixed": "constant",
    "float": "uniform",
    "gaussian": "normal",
    "int": "int_uniform",
    "integer": "int_uniform",
    "log": "log_uniform_values",
    "log_float": "log_uniform_values",
    "log_gaussian": "log_normal",
    "loguniform": "log_uniform_values",
    "loguniform_values": "log_uniform_values",
    "lognormal": "log_normal",
    "q_loguniform": "q_log_uniform_values",
    "qlog_uniform": "q_log_uniform_values",
    "qloguniform": "q_log_uniform_values",
    "randint": "int_uniform",
    "range": "int_uniform",
    "reciprocal": "log_uniform_values",
    "uniform_int": "int_uniform",
}


def read_parameters(
    reader: Reader,
    path: Path,
    value: Any,
    whens: Whens,
    parents: Path = (),
    above: Sequence[tuple[Path, Any]] = (),
) -> Leaves:
    """The leaves below one ``parameters`` block: run-config path → (config path, law).

    Args:
        reader: collects problems and notes.
        path: where the block stands in the sweep config.
        value: the block, plain.
        whens: gets the conditions of each leaf, as they are written: run-config path →
            (config path, condition) of it and of the blocks around it.
        parents: keys of the run's config above it.
        above: conditions of the blocks around it.
    """
    leaves: Leaves = {}
    specs = reader.mapping(path, value, '{"learning_rate": {"min": 0.0001, "max": 0.1}}')
    if specs is None:
        return leaves
    if not specs:
        reader.problem(
            path,
            "it has no parameters. Give at least one, such as "
            '{"learning_rate": {"min": 0.0001, "max": 0.1}}.',
        )
    for name, spec in specs.items():
        if not _NAME.fullmatch(name):
            reader.problem(path, _bad_name(name))
        here, run_path = (*path, name), (*parents, name)
        conditions = list(above)
        if isinstance(spec, dict) and "when" in spec:
            conditions.append(((*here, "when"), spec["when"]))
        if isinstance(spec, dict) and "parameters" in spec:
            if others := [key for key in spec if key not in ("parameters", "when")]:
                rest = ", ".join(f'"{key}"' for key in others)
                reader.problem(
                    here, f'"parameters" stands alone in a nested parameter; remove {rest}.'
                )
            below = (*here, "parameters")
            leaves |= read_parameters(
                reader, below, spec["parameters"], whens, run_path, conditions
            )
        elif (distribution := read_law(reader, here, spec)) is not None:
            leaves[run_path] = (here, distribution)
            if conditions:
                whens[run_path] = conditions
    return leaves


def usable_name(name: str) -> str:
    """The name itself where a parameter can be called so, else the nearest that can be.

    "batch size" → "batch_size", "größe" → "groesse", "λ" → "lambda"; "" when nothing of it
    can be kept.
    """
    if _NAME.fullmatch(name):
        return name
    plain = "".join(map(_ascii, unicodedata.normalize("NFC", name)))
    better = re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("_")
    if not any(map(str.isalnum, better)):
        return ""
    return better if _NAME.fullmatch(better) else f"_{better}"


def _ascii(character: str) -> str:
    """A letter as it is spelt without its accent, in the Latin alphabet."""
    if character.isascii():
        return character
    if character in _SPELT:
        return _SPELT[character]
    named = unicodedata.name(character, "").split(" WITH ")[0].split()
    if named[:1] == ["GREEK"]:
        return named[-1].lower()
    return "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii()) or " "


def _bad_name(name: str) -> str:
    better = usable_name(name)
    hint = f' Try "{better}".' if better else ""
    return f"{show(name)} cannot be the name of a parameter ({_NAME_RULE}).{hint}"


def read_law(reader: Reader, path: Path, spec: Any) -> Distribution | None:
    """The distribution of one parameter; None after noting what is wrong with it."""
    if not isinstance(spec, dict):
        reader.problem(path, _not_a_dict(spec))
        return None
    nested = [key for key, item in spec.items() if key not in SPEC_KEYS and isinstance(item, dict)]
    if nested and len(nested) == len(spec):
        reader.problem(
            path,
            f'"{nested[0]}" looks like a nested parameter. Nest with "parameters": '
            f'{{"parameters": {{"{nested[0]}": …}}}}.',
        )
        return None
    reader.known_keys(path, spec, SPEC_KEYS, _KEY_ALIASES)
    if "distribution" in spec:
        here = (*path, "distribution")
        kind = reader.choice(here, spec["distribution"], tuple(_FORMS), _DISTRIBUTION_ALIASES)
    else:
        kind = _inferred(spec)
        # A misspelt key, noted above, explains why nothing can be inferred.
        if kind is None and all(key in SPEC_KEYS for key in spec):
            reader.problem(path, _cannot_infer(spec))
    return None if kind is None else _Spec(reader, path, spec, kind).distribution()


def _not_a_dict(spec: Any) -> str:
    shown = show(spec)
    if isinstance(spec, list):
        proposal = f'Use {{"values": {shown}}} to try each of them'
        if len(spec) == 2 and all(type(item) in (int, float) for item in spec):
            proposal += f', or {{"min": {spec[0]!r}, "max": {spec[1]!r}}} for a range'
    else:
        proposal = f'Use {{"value": {shown}}} for a constant, or {{"values": [{shown}, …]}}'
    return f"found {described(spec)}; a parameter is a dict. {proposal}."


def _inferred(spec: dict[str, Any]) -> str | None:
    """The distribution that W&B reads into a spec without one."""
    if "value" in spec:
        return "constant"
    if "values" in spec:
        return "categorical_w_probabilities" if "probabilities" in spec else "categorical"
    if "min" in spec and "max" in spec and "q" not in spec:
        whole = all(type(spec[key]) is int for key in ("min", "max"))
        return "int_uniform" if whole else "uniform"
    return None


def _cannot_infer(spec: dict[str, Any]) -> str:
    if "q" in spec and "min" in spec and "max" in spec:
        return 'q needs "distribution": "q_uniform" or "q_log_uniform_values".'
    if "mu" in spec or "sigma" in spec:
        return 'mu and sigma need "distribution": "normal" or "log_normal".'
    if "a" in spec or "b" in spec:
        return 'a and b need "distribution": "beta".'
    if "min" in spec or "max" in spec:
        present, absent = ("min", "max") if "min" in spec else ("max", "min")
        return f"{present} without {absent}. Give both, or a distribution without limits."
    if "probabilities" in spec:
        return 'probabilities without values. Give "values" of the same length.'
    return f"nothing says which values it takes. Use {_SPEC_EXAMPLES}."


class _Spec:
    """One parameter's spec whose distribution is known by name, on its way to a record.

    Args:
        reader: collects problems and notes.
        path: where the spec stands in the sweep config.
        spec: the spec, plain.
        kind: W&B's name of the distribution, one of `_FORMS`.
    """

    def __init__(self, reader: Reader, path: Path, spec: dict[str, Any], kind: str) -> None:
        self.reader = reader
        self.path = path
        self.spec = spec
        self.kind = kind
        self._problems_before = len(reader.problems)

    @property
    def failed(self) -> bool:
        """Whether a problem of this spec was noted."""
        return len(self.reader.problems) > self._problems_before

    def problem(self, message: str, *key: str) -> None:
        self.reader.problem((*self.path, *key), message)

    def number(self, key: str, default: float = math.nan, **limits: Any) -> Any:
        """The number under `key`; meaningless after a problem."""
        if key not in self.spec:
            return default
        return self.reader.number(self.path, self.spec, key, **limits)

    def distribution(self) -> Distribution | None:
        """The distribution, None after a problem."""
        form = _FORMS[self.kind]
        accepted = ("distribution", "when", "belief", *form.required, *form.optional)
        if misfits := [key for key in self.spec if key in SPEC_KEYS and key not in accepted]:
            self.problem(self._misfit(misfits))
        if missing := [f'"{key}"' for key in form.required if key not in self.spec]:
            words = " and ".join(missing)
            self.problem(f'distribution "{self.kind}" needs {words}. {self._takes()}')
        if self.failed:
            return None
        built = form.build(self)
        if isinstance(built, Continuous) and built.q is not None:
            self.check_steps(built)
        return None if self.failed else built

    @property
    def _exponents(self) -> bool:
        """Whether min and max are exponents."""
        return f"{self.kind}_values" in _FORMS

    def _misfit(self, keys: list[str]) -> str:
        """Why the keys have no place in the spec."""
        if keys == ["q"] and f"q_{self.kind}" in _FORMS:
            return f'q does not go with distribution "{self.kind}". Did you mean "q_{self.kind}"?'
        if "value" in self.spec and "values" in self.spec:
            return 'value and values exclude each other. Use "value" for a constant.'
        if keys == ["probabilities"] and self.kind == "categorical":
            return (
                'probabilities do not go with distribution "categorical". Leave distribution '
                'out, or use "categorical_w_probabilities".'
            )
        words = f"{' and '.join(keys)} {'does' if len(keys) == 1 else 'do'} not go with"
        if "distribution" in self.spec:
            return f'{words} distribution "{self.kind}". {self._takes()}'
        present = next((key for key in ("value", "values") if key in self.spec), "min and max")
        return f"{words} {present}. Remove one or the other."

    def _takes(self) -> str:
        form = _FORMS[self.kind]
        words = [*form.required, *(f"{key} (optional)" for key in form.optional)]
        return f"It takes {', '.join(words)}."

    def constant(self) -> Distribution:
        if is_scientific_text(self.spec["value"]):
            self.spec["value"] = self.reader.read_text((*self.path, "value"), self.spec["value"])
        return Constant(self.spec["value"])

    def categorical(self) -> Distribution | None:
        values = self.spec["values"]
        if not isinstance(values, list):
            example = show(list(values) if isinstance(values, dict) else [values])
            self.problem(
                f"found {described(values)}; a list is needed, such as {example}.", "values"
            )
            return None
        if not values:
            self.problem("the list is empty. Give at least one value.", "values")
            return None
        if all(type(value) in (int, float) or is_scientific_text(value) for value in values):
            for i, value in enumerate(values):
                if isinstance(value, str):
                    values[i] = self.reader.read_text((*self.path, "values"), value)
        if self.kind == "categorical":
            return Categorical(tuple(values))
        return Categorical(tuple(values), self._probabilities(len(values)))

    def _probabilities(self, n: int) -> tuple[float, ...]:
        """The probabilities of n values; meaningless after a problem."""
        listed = self.spec["probabilities"]
        if not isinstance(listed, list) or len(listed) != n:
            what = f"a list of {len(listed)}" if isinstance(listed, list) else described(listed)
            self.problem(
                f"found {what}; one number for each of the {n} values is needed.", "probabilities"
            )
            return ()
        path = (*self.path, "probabilities")
        numbers = [self.reader.number(path, listed, i, at_least=0) for i in range(n)]
        if self.failed:
            return ()
        total = math.fsum(numbers)
        if abs(total - 1.0) > _PROBABILITY_SLACK:
            advice = f" Divide each of them by {total:.6g}." if total > 0 else ""
            self.problem(f"they sum to {total:.6g}, not to 1.{advice}", "probabilities")
        return tuple(float(number) for number in numbers)

    def _limits(self, **limits: Any) -> tuple[Any, Any]:
        """The numbers min < max; meaningless after a problem."""
        low, high = self.number("min", **limits), self.number("max", **limits)
        if not self.failed and low >= high:
            fix = f'Use {{"value": {low!r}}} for a constant' if low == high else "Swap them"
            self.problem(f"min {low!r} is not below max {high!r}. {fix}.")
        return low, high

    def int_uniform(self) -> Distribution | None:
        low, high = self._limits(
            whole=True, typed=True, otherwise='Use distribution "uniform" for the numbers between.'
        )
        if not self.failed and high - low >= MAX_STEPS:
            self.problem(
                f"min {low} and max {high} are more than 2^53 apart, which no draw can resolve. "
                "Use narrower limits."
            )
        return None if self.failed else IntUniform(low, high)

    def uniform(self) -> Distribution | None:
        low, high = self._limits()
        q = self._q()
        return None if self.failed else Uniform(low, high, q)

    def log_uniform(self) -> Distribution | None:
        low, high = self._limits(
            above=0.0,
            otherwise='A logarithmic scale has no zero: use a limit such as 1e-06, or "uniform".',
        )
        q = self._q()
        if not self.failed and math.log(low) >= math.log(high):
            self.problem(f"min {low!r} and max {high!r} are too close for a logarithmic scale.")
        if self.failed:
            return None
        return InvLogUniform(low, high) if "inv" in self.kind else LogUniform(low, high, q)

    def log_uniform_exponents(self) -> Distribution | None:
        """W&B's older spelling: min and max are exponents of e, or of 1/e (``inv_``)."""
        low, high = self._limits()
        q = self._q()
        if self.failed:
            return None
        inverse = "inv" in self.kind
        base = "1/e" if inverse else "e"
        for key, exponent in (("min", low), ("max", high)):
            if abs(exponent) > _MAX_EXPONENT:
                self.problem(
                    f'"{self.kind}" takes exponents, and {base} to the power of {exponent} is '
                    "beyond the range of floats. To give the limits themselves, use "
                    f'"{self.kind}_values".',
                    key,
                )
        if self.failed:
            return None
        exponents = (-high, -low) if inverse else (low, high)
        low, high = (_limit_of_exponent(exponent, q) for exponent in exponents)
        if low >= high:
            self.problem(f"min and max are exponents of {base} with the same value, {low!r}.")
            return None
        self.reader.note(
            self.path,
            f'"{self.kind}" takes exponents of {base}, so values run from {low:.6g} to '
            f'{high:.6g}; to give the limits themselves, use "{self.kind}_values".',
        )
        return InvLogUniform(low, high) if inverse else LogUniform(low, high, q)

    def normal(self) -> Distribution | None:
        mu = self.number("mu", 0.0)
        q = self._q()
        sigma = self.number("sigma", 1.0, above=0, otherwise='Use "value" for a constant.')
        if self.failed:
            return None
        if not math.isfinite(abs(mu) + _OUTERMOST_Z * sigma):
            self.problem(f"mu {mu!r} and sigma {sigma!r} reach beyond the range of floats.")
        return Normal(mu, sigma, q)

    def log_normal(self) -> Distribution | None:
        mu = self.number("mu", 0.0)
        q = self._q()
        sigma = self.number("sigma", 1.0, above=0, otherwise='Use "value" for a constant.')
        if self.failed:
            return None
        if abs(mu) + _OUTERMOST_Z * sigma > _MAX_EXPONENT:
            self.problem(
                f"mu {mu!r} and sigma {sigma!r} belong to the logarithm of the values, which "
                "then reach beyond the range of floats. For values around v use mu = ln(v)."
            )
            return None
        return LogNormal(mu, sigma, q)

    def beta(self) -> Distribution | None:
        a, b = self.number("a", 1.0, above=0), self.number("b", 1.0, above=0)
        q = self._q()
        return None if self.failed else Beta(a, b, q)

    def _q(self) -> float | None:
        """Q of a quantised distribution, None for the others; meaningless after a problem."""
        if not self.kind.startswith("q_"):
            return None
        q: float | None = self.number("q", 1, above=0)
        return q

    def check_steps(self, distribution: Continuous) -> None:
        """Note it when no multiple of q lies inside the limits, or too many do."""
        q = distribution.q
        assert q is not None
        low, high = distribution.reach
        first, last = distribution.spread  # a far tail may be coarser than q: it is W&B's, too
        if last / q - first / q > MAX_STEPS:
            hint = (
                f' To give the limits themselves, use "{self.kind}_values".'
                if self._exponents
                else ""
            )
            self.problem(
                f"{q!r} cuts the values from {low:.6g} to {high:.6g} into more than 2^53 steps, "
                f"which no draw can resolve.{hint}",
                "q",
            )
        elif distribution.support is not None and not distribution.support:
            given = f"q {q!r}" if "q" in self.spec else "q, which is 1 where it is not given,"
            step = 10.0 ** math.floor(math.log10((high - low) / 2))
            self.problem(
                f"no multiple of {given} lies between {low:.6g} and {high:.6g}. "
                f"Use a smaller q, such as {step:g}."
            )


def _limit_of_exponent(exponent: float, q: float | None) -> float:
    """e^exponent, without the digits that come from writing it as an exponent."""
    value = float(f"{math.exp(exponent):.12g}")
    if q is not None:
        multiple = max(round(value / q), 1) * q
        if math.isclose(multiple, value, rel_tol=_EXPONENT_SLACK):
            return multiple
    return value


@dataclass(frozen=True)
class _Form:
    """The keys of one distribution, and what builds it from them."""

    build: Callable[[_Spec], Distribution | None]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_FORMS: dict[str, _Form] = {
    "constant": _Form(_Spec.constant, ("value",)),
    "categorical": _Form(_Spec.categorical, ("values",)),
    "categorical_w_probabilities": _Form(_Spec.categorical, ("values", "probabilities")),
    "int_uniform": _Form(_Spec.int_uniform, ("min", "max")),
    "uniform": _Form(_Spec.uniform, ("min", "max")),
    "q_uniform": _Form(_Spec.uniform, ("min", "max"), ("q",)),
    "log_uniform_values": _Form(_Spec.log_uniform, ("min", "max")),
    "q_log_uniform_values": _Form(_Spec.log_uniform, ("min", "max"), ("q",)),
    "inv_log_uniform_values": _Form(_Spec.log_uniform, ("min", "max")),
    "normal": _Form(_Spec.normal, (), ("mu", "sigma")),
    "q_normal": _Form(_Spec.normal, (), ("mu", "sigma", "q")),
    "log_normal": _Form(_Spec.log_normal, (), ("mu", "sigma")),
    "q_log_normal": _Form(_Spec.log_normal, (), ("mu", "sigma", "q")),
    "beta": _Form(_Spec.beta, (), ("a", "b")),
    "q_beta": _Form(_Spec.beta, (), ("a", "b", "q")),
    "log_uniform": _Form(_Spec.log_uniform_exponents, ("min", "max")),
    "q_log_uniform": _Form(_Spec.log_uniform_exponents, ("min", "max"), ("q",)),
    "inv_log_uniform": _Form(_Spec.log_uniform_exponents, ("min", "max")),
}

DISTRIBUTIONS = tuple(_FORMS)
