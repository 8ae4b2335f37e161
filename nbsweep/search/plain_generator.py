"""numpy's random numbers without numpy, for grid and random search where it is missing.

The same numbers bit for bit, so that a sweep that began in a browser goes on elsewhere and can
be replayed: O'Neill's PCG64 (XSL-RR), seeded as numpy's SeedSequence does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from nbsweep.errors import MissingDependencyError

_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_POOL = 4  # words of 32 bits
_MASK_32, _MASK_64, _MASK_128 = (2**bits - 1 for bits in (32, 64, 128))


class Draws(list[float]):
    """Numbers as an array gives them."""

    def tolist(self) -> list[float]:
        """A plain list."""
        return list(self)


class PlainGenerator:
    """Draws what ``numpy.random.default_rng(seed).random(…)`` does.

    Args:
        seed: whole numbers of at least 0.
    """

    def __init__(self, seed: Sequence[int]) -> None:
        words = list(_state(_pool(seed), 8))
        high_state, low_state, high_stream, low_stream = (
            words[i] | words[i + 1] << 32 for i in range(0, 8, 2)
        )
        self._increment = ((high_stream << 64 | low_stream) << 1 | 1) & _MASK_128
        self._state = 0
        self._step()
        self._state = (self._state + (high_state << 64 | low_state)) & _MASK_128
        self._step()

    def random(self, size: int | None = None) -> Any:
        """A number from 0 up to 1, or `size` of them."""
        return self._draw() if size is None else Draws(self._draw() for _ in range(size))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingDependencyError(
            f"rng.{name}: numpy is not installed here, and without it there is only rng.random. "
            "pip install numpy"
        )

    def _step(self) -> None:
        self._state = (self._state * _MULTIPLIER + self._increment) & _MASK_128

    def _draw(self) -> float:
        self._step()
        word = (self._state >> 64) ^ (self._state & _MASK_64)
        turn = self._state >> 122
        word = (word >> turn | word << (64 - turn)) & _MASK_64
        return float((word >> 11) * 2.0**-53)


class _Hash:
    """SeedSequence's hash of one word, whose constant changes with each."""

    def __init__(self, constant: int, multiplier: int) -> None:
        self._constant = constant
        self._multiplier = multiplier

    def __call__(self, word: int) -> int:
        word ^= self._constant
        self._constant = self._constant * self._multiplier & _MASK_32
        word = word * self._constant & _MASK_32
        return word ^ word >> 16


def _pool(seed: Sequence[int]) -> list[int]:
    entropy = [word for number in seed for word in _words(number)]
    hashed = _Hash(0x43B0D7E5, 0x931E8875)
    padded = [*entropy, *[0] * (_POOL - len(entropy))]
    pool = [hashed(word) for word in padded[:_POOL]]
    for source in range(_POOL):
        for target in range(_POOL):
            if source != target:
                pool[target] = _mix(pool[target], hashed(pool[source]))
    for word in padded[_POOL:]:
        for target in range(_POOL):
            pool[target] = _mix(pool[target], hashed(word))
    return pool


def _state(pool: Sequence[int], n_words: int) -> Iterator[int]:
    hashed = _Hash(0x8B51F9DD, 0x58F38DED)
    for _, word in zip(range(n_words), cycle(pool), strict=False):
        yield hashed(word)


def _mix(x: int, y: int) -> int:
    mixed: int = (0xCA01F9DD * x - 0x4973F715 * y) & _MASK_32
    return mixed ^ mixed >> 16


def _words(number: int) -> list[int]:
    """A number as words of 32 bits, the lowest first; at least one."""
    words = [number & _MASK_32]
    while number := number >> 32:
        words.append(number & _MASK_32)
    return words
