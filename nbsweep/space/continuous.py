# ruff: noqa: D102  # an override is described by the method that it overrides
"""The distributions over numbers: uniform, normal and beta ones, plain, in logarithms, in steps.

Standard library at import; scipy.special for beta. For the notation see
`space.distributions`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from nbsweep.records import is_number
from nbsweep.space.distributions import Constant, Distribution, check_number
from nbsweep.space.values import STEP_TOLERANCE, Steps

# F⁻¹ of an unbounded law is infinite at 0 and 1; these are the outermost u that a
# double can tell from them on both sides, about 8.2 standard deviations from the mean.
_U_MIN, _U_MAX = 2.0**-53, 1.0 - 2.0**-53


def _ratio(x: float) -> tuple[int, int]:
    """The ratio of integers that x stands for in decimals: 0.1 and 0.3 - 0.2 are 1/10.

    15 digits: every decimal number of so many survives the way through a float, and what
    computing in floats adds to it does not.
    """
    return Decimal(x if isinstance(x, int) else f"{x:.15g}").as_integer_ratio()


def _decimal(x: float) -> float:
    """The number without the digits that computing in floats added."""
    return float(f"{x:.12g}")


class Continuous(Distribution):
    """A law on the real line, rounded to multiples of ``q`` when that is given.

    Rounded values are round(X / q) · q with ties to even, as in W&B, but stay inside
    the limits, are exact in decimals, and are ints when q is a whole number.
    """

    q: float | None
    _family: ClassVar[str]

    def _ppf(self, u: float) -> float:
        """F⁻¹ of the law before rounding."""
        raise NotImplementedError

    def _cdf(self, v: float) -> float:
        """F of the law before rounding, for v inside the limits."""
        raise NotImplementedError

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the law before rounding, possibly infinite."""
        return -math.inf, math.inf

    @property
    def kind(self) -> str:
        return self._family if self.q is None else f"q_{self._family}"

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest number that a draw gives before rounding; both finite."""
        low, high = self.limits
        return (
            low if math.isfinite(low) else self._ppf(0.0),
            high if math.isfinite(high) else self._ppf(1.0),
        )

    @property
    def spread(self) -> tuple[float, float]:
        """What half of the draws lie in; all of them where the law has two limits."""
        if all(map(math.isfinite, self.limits)):
            return self.limits
        return self._ppf(0.25), self._ppf(0.75)

    @cached_property
    def _multiples(self) -> tuple[float, float]:
        """Lowest and highest k such that k · q is inside the limits; may be infinite."""
        assert self.q is not None
        q_top, q_bottom = _ratio(self.q)
        low, high = self.limits
        if math.isfinite(low):
            top, bottom = _ratio(low)
            low = -((-top * q_bottom) // (bottom * q_top))
        if math.isfinite(high):
            top, bottom = _ratio(high)
            high = (top * q_bottom) // (bottom * q_top)
        return low, high

    @cached_property
    def _q_ratio(self) -> tuple[int, int]:
        assert self.q is not None
        return _ratio(self.q)

    def _multiple(self, k: int) -> int | float:
        top, bottom = self._q_ratio
        return k * top if bottom == 1 else k * top / bottom

    def _nearest(self, x: float) -> int:
        """The k whose multiple of q the value x is rounded to."""
        assert self.q is not None
        low, high = self._multiples
        return int(min(max(round(x / self.q), low), high))

    def quantile(self, u: float) -> Any:
        low, high = self.limits
        x = min(max(self._ppf(u), low), high)
        return float(x) if self.q is None else self._multiple(self._nearest(x))

    def _clipped_cdf(self, v: float) -> float:
        low, high = self.limits
        if v <= low:
            return 0.0
        return 1.0 if v >= high else min(max(self._cdf(v), 0.0), 1.0)

    def cdf(self, v: Any) -> float:
        check_number(v)
        if self.q is None or not self._is_multiple(v):
            return self._clipped_cdf(v)
        k = self._nearest(v)
        low, high = self._multiples
        below = 0.0 if k == low else self._clipped_cdf((k - 0.5) * self.q)
        above = 1.0 if k == high else self._clipped_cdf((k + 0.5) * self.q)
        return (below + above) / 2

    def _is_multiple(self, v: float) -> bool:
        assert self.q is not None
        if not math.isfinite(v / self.q):
            return False
        slack = STEP_TOLERANCE * max(abs(v), self.q)
        return abs(self._multiple(self._nearest(v)) - v) <= slack

    def contains(self, v: Any) -> bool:
        if not is_number(v):
            return False
        if self.q is not None:
            return self._is_multiple(v) or (self.grid is not None and v in self.grid)
        low, high = self.limits
        return bool(low <= v <= high)

    @property
    def support(self) -> Sequence[Any] | None:
        if self.q is None or not all(map(math.isfinite, self._multiples)):
            return None
        low, high = map(int, self._multiples)
        top, bottom = self._q_ratio
        return Steps(range(low * top, high * top + 1, top), bottom)

    @property
    def bounds(self) -> tuple[float, float] | None:
        if not all(map(math.isfinite, self.limits)):
            return None
        if self.q is None:
            return self.limits
        low, high = map(int, self._multiples)
        return self._multiple(low), self._multiple(high)

    @property
    def words(self) -> str:
        parameters = [field.name for field in fields(self) if field.name != "q"]
        numbers = [f"{name} {getattr(self, name):g}" for name in parameters]
        return f"{', '.join([self._family.replace('_', ' '), *numbers])}{self._in_steps}"

    @property
    def _in_steps(self) -> str:
        return "" if self.q is None else f" in steps of {self.q:g}"

    @property
    def _noun(self) -> str:
        return super()._noun if self.q is None else f"a multiple of {self.q:g}"

    def _between(self, low: float, high: float, on_grid: bool) -> Distribution | None:  # noqa: ARG002
        bottom, top = float(low), float(high)
        if self.q is not None:
            bottom = _decimal(math.ceil(low / self.q - 1e-9) * self.q)
            top = _decimal(math.floor(high / self.q + 1e-9) * self.q)
        if bottom > top:
            return None
        return Constant(bottom) if bottom == top else self._with_limits(bottom, top)

    def _with_limits(self, low: float, high: float) -> Distribution:
        """The law of this kind between two limits."""
        return Uniform(low, high, self.q)


@dataclass(frozen=True)
class _Limited(Continuous):
    """A law that is given by its limits."""

    min: float
    max: float
    q: float | None = None

    @property
    def limits(self) -> tuple[float, float]:
        return self.min, self.max

    @property
    def words(self) -> str:
        return f"{self.min:g} to {self.max:g}{self._in_steps}{', log' if self.is_log else ''}"

    def _with_limits(self, low: float, high: float) -> Distribution:
        return replace(self, min=low, max=high)


@dataclass(frozen=True)
class Uniform(_Limited):
    """Between `min` and `max`, everywhere alike."""

    _family: ClassVar[str] = "uniform"
    _grid_advice: ClassVar[str] = 'List some with "values", use "q_uniform" with a step q'

    def _ppf(self, u: float) -> float:
        span = self.max - self.min
        # Bounds such as ±1e308 are further apart than any float.
        return self.min + u * span if math.isfinite(span) else self.min * (1 - u) + self.max * u

    def _cdf(self, v: float) -> float:
        span = self.max - self.min
        if math.isfinite(span):
            return (v - self.min) / span
        return (v / 2 - self.min / 2) / (self.max / 2 - self.min / 2)

    @property
    def grid(self) -> Sequence[Any] | None:
        """With q: min, min + q, … below max, which W&B leaves out; None without q."""
        if self.q is None:
            return None
        ratios = [_ratio(self.min), _ratio(self.max), self._q_ratio]
        denominator = math.lcm(ratios[0][1], ratios[2][1])
        start = ratios[0][0] * denominator // ratios[0][1]
        stop = -(-ratios[1][0] * denominator // ratios[1][1])
        return Steps(range(start, stop, ratios[2][0] * denominator // ratios[2][1]), denominator)

    def _ends(self, on_grid: bool) -> tuple[float, float]:
        # W&B's grid starts at min, which need not be a multiple of q.
        return self.limits if on_grid else super()._ends(on_grid)

    def _between(self, low: float, high: float, on_grid: bool) -> Distribution | None:
        if not on_grid or self.q is None or self.grid is None:
            return super()._between(low, high, on_grid)
        first = next((value for value in self.grid if value >= low), None)
        last = next((value for value in reversed(self.grid) if value <= high), None)
        if first is None or last is None or first > last:
            return None
        # The grid leaves max out, so that max has to be a step beyond.
        beyond = min(_decimal(last + self.q), self.max)
        return Constant(first) if first == last else self._with_limits(first, beyond)


@dataclass(frozen=True)
class LogUniform(_Limited):
    """Between `min` and `max`, ln v everywhere alike; both > 0."""

    _family: ClassVar[str] = "log_uniform_values"

    def _ppf(self, u: float) -> float:
        low, high = math.log(self.min), math.log(self.max)
        if low == high:  # limits so close that their logarithms are one float
            return self.min + u * (self.max - self.min)
        # exp(log(max)) may round up beyond the largest float; the caller clips.
        exponent = low + u * (high - low)
        return math.exp(exponent) if exponent < high else self.max

    def _cdf(self, v: float) -> float:
        low, high = math.log(self.min), math.log(self.max)
        if low == high:
            return (v - self.min) / (self.max - self.min)
        return (math.log(v) - low) / (high - low)

    @property
    def is_log(self) -> bool:
        return True


@dataclass(frozen=True)
class InvLogUniform(LogUniform):
    """Between `min` and `max`, ln(1/v) everywhere alike: the same law as LogUniform."""

    _family: ClassVar[str] = "inv_log_uniform_values"


def _standard_normal_quantile(u: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(min(max(u, _U_MIN), _U_MAX))


def _standard_normal_cdf(z: float) -> float:
    # erfc keeps its digits in the lower tail, where 1 + erf loses all of them.
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@dataclass(frozen=True)
class Normal(Continuous):
    """Mean `mu`, standard deviation `sigma` > 0."""

    mu: float = 0.0
    sigma: float = 1.0
    q: float | None = None
    _family: ClassVar[str] = "normal"

    def _ppf(self, u: float) -> float:
        return self.mu + self.sigma * _standard_normal_quantile(u)

    def _cdf(self, v: float) -> float:
        return _standard_normal_cdf((v - self.mu) / self.sigma)


@dataclass(frozen=True)
class LogNormal(Continuous):
    """ln v is normal with mean `mu` and standard deviation `sigma` > 0."""

    mu: float = 0.0
    sigma: float = 1.0
    q: float | None = None
    _family: ClassVar[str] = "log_normal"

    @property
    def limits(self) -> tuple[float, float]:
        return 0.0, math.inf

    def _ppf(self, u: float) -> float:
        return math.exp(self.mu + self.sigma * _standard_normal_quantile(u))

    def _cdf(self, v: float) -> float:
        return _standard_normal_cdf((math.log(v) - self.mu) / self.sigma)

    def contains(self, v: Any) -> bool:
        return super().contains(v) and (v > 0 or self.q is not None)

    @property
    def spread(self) -> tuple[float, float]:
        return 0.0, self._ppf(0.5)

    @property
    def is_log(self) -> bool:
        return self.q is None  # rounding gives 0, which has no logarithm

    def _with_limits(self, low: float, high: float) -> Distribution:
        return LogUniform(low, high, self.q) if low > 0 else Uniform(low, high, self.q)


@dataclass(frozen=True)
class Beta(Continuous):
    """Between 0 and 1 with density proportional to v^(a-1) · (1-v)^(b-1); a, b > 0."""

    a: float = 1.0
    b: float = 1.0
    q: float | None = None
    _family: ClassVar[str] = "beta"

    @property
    def limits(self) -> tuple[float, float]:
        return 0.0, 1.0

    def _ppf(self, u: float) -> float:
        from scipy.special import betaincinv

        # Between 0 and about 1e-40 scipy's inverse is NaN for some a and b.
        return float(betaincinv(self.a, self.b, u if u <= 0.0 else max(u, _U_MIN)))

    def _cdf(self, v: float) -> float:
        from scipy.special import betainc

        return float(betainc(self.a, self.b, v))
