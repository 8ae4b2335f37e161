"""Values, numbers, durations and curves as short text for people."""

from __future__ import annotations

import difflib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

_Number = TypeVar("_Number", int, float)

CELL_LIMIT = 32  # characters of a cell in a table of anything
TEXT_LIMIT = 24  # characters of a parameter value in a table cell
BLOCKS = "▁▂▃▄▅▆▇█"
DIGITS = 4  # significant ones, of a number on its own
MOST_DIGITS = 17  # more say nothing about a float
WHOLE = 10**16  # below it whole numbers are spelt out where all their digits count
TOLD_APART = 25  # steps within the spread of a column
SAMPLED = 256  # numbers that tell the spread of a column
_UNITS_S = (86400.0, 3600.0, 60.0, 1.0)
_SPAN = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*d(?:ays?)?)?\s*(?:(\d+(?:\.\d+)?)\s*h(?:ours?|rs?)?)?\s*"
    r"(?:(\d+(?:\.\d+)?)\s*m(?:in(?:utes?)?)?)?\s*(?:(\d+(?:\.\d+)?)\s*s(?:ec(?:onds?)?)?)?",
    re.IGNORECASE,
)


def short(value: Any, limit: int = TEXT_LIMIT, digits: int = DIGITS) -> str:
    """A parameter's value on one line, as Python spells it, at most `limit` characters.

    Args:
        value: anything.
        limit: characters.
        digits: significant digits of a float, at most 17.
    """
    if isinstance(value, float):
        return number(value, digits=digits)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < WHOLE else number(value)
    return clip(value if isinstance(value, str) else repr(value), limit)


def cell(value: Any, digits: int = DIGITS) -> str:
    """A value in a table of anything; "" for None."""
    return "" if value is None else short(value, CELL_LIMIT, digits)


def number(value: float, *, aligned: bool = False, digits: int = DIGITS) -> str:
    """A number with a few significant digits, without the zeros that carry nothing.

    Args:
        value: any int or float; NaN and infinities too.
        aligned: keep trailing zeros, so that the numbers of a column line up.
        digits: significant digits, from 2 to 17; see `digits_of`. Whole digits are never cut.
    """
    try:
        value = float(value)
    except OverflowError:  # an int beyond 1e308
        return f"{'-' if value < 0 else ''}1e{int(math.log10(abs(value)))}"
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-4 or size >= (1e7 if digits <= DIGITS else WHOLE):
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        if not aligned:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}e{int(exponent)}"
    if size >= 1000:
        places = max(0, digits - 1 - math.floor(math.log10(size)))
        if places == 0:
            return f"{value:.0f}" if aligned or value == int(value) else f"{value:.1f}"
        text = f"{value:.{places}f}"
        return text if aligned else text.rstrip("0").rstrip(".")
    if size >= 10**digits:  # all digits before the point, though fewer were asked for
        return f"{value:.0f}"
    text = f"{value:#.{digits}g}"
    return text.rstrip(".") if aligned else text.rstrip("0").rstrip(".")


def digits_of(values: Sequence[float | None], least: int = DIGITS) -> int:
    """Significant digits that tell the numbers of a column apart: 7 for 0.99991 … 0.99995.

    That is a twenty-fifth of their spread, the distance of the quartiles, so that one
    diverged run takes no digits from the others. Evenly chosen numbers stand for a long
    column.

    Args:
        values: of the column; what is None, NaN or infinite does not count.
        least: digits in any case.
    """
    stride = -(-len(values) // SAMPLED) or 1
    finite = sorted(v for v in values[::stride] if v is not None and math.isfinite(v))
    n = len(finite)
    for cut in (n // 4, n // 10, 0):  # wider where most are equal
        if n > 1 and finite[cut] < finite[n - 1 - cut]:
            return digits_between(finite[cut], finite[n - 1 - cut], least)
    return least


def digits_between(low: float, high: float, least: int = DIGITS) -> int:
    """Significant digits that tell apart numbers from `low` to `high`, `least` or more."""
    spread, size = high / 2 - low / 2, max(abs(low), abs(high))
    if not spread > 0:
        return least
    step = math.floor(math.log10(spread) - math.log10(TOLD_APART / 2))
    return min(MOST_DIGITS, max(least, math.floor(math.log10(size)) + 1 - step))


def plus_minus(value: float, sd: float) -> str:
    """A value with its uncertainty, in as many digits as that allows: ``0.41 ± 0.03``."""
    if not (math.isfinite(value) and math.isfinite(sd) and sd > 0):
        return number(value)
    size = math.floor(math.log10(sd))
    places = -size + (sd < 2 * 10.0**size)  # 0.013, but 0.03
    value, sd = round(value, places), round(sd, places)
    needed = math.floor(math.log10(abs(value))) + 1 + places if value else DIGITS
    digits = min(MOST_DIGITS, max(DIGITS, needed))
    return f"{number(value, digits=digits)} ± {number(sd)}"


def clip(text: str, limit: int) -> str:
    """`text` on one line; what is longer than `limit` loses its middle."""
    if len(text) > 8 * limit:  # a whole data set in a parameter: do not walk through it
        text = text[: 4 * limit] + "…" + text[-4 * limit :]
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def duration(seconds: float | None) -> str:
    """Seconds as people say them: ``40 ms``, ``8.2 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds is None:
        return ""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60:02d} s"
    if total < 48 * 3600:
        return f"{total // 3600} h {total % 3600 // 60:02d} min"
    return f"{total // 86400} d {total % 86400 // 3600} h"


def seconds_of(span: Any) -> float | None:
    """The seconds of a span of time: a number of them, or a text such as "1h30m" or "90 s".

    None for what is neither.
    """
    if isinstance(span, (int, float)) and not isinstance(span, bool):
        return float(span) if math.isfinite(span) else None
    text = span.strip() if isinstance(span, str) else ""
    match = _SPAN.fullmatch(text) if text else None
    if match is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), _UNITS_S, strict=True))


def sparkline(values: Sequence[float], width: int = 16) -> str:
    """A curve as at most `width` block characters, scaled to its own range."""
    if not values:
        return ""
    points = sampled(values, width)
    low, high = min(points), max(points)
    if not math.isfinite(high - low):  # ±1e308 in one curve
        points = [value / 4 for value in points]
        low, high = low / 4, high / 4
    if high == low:
        return BLOCKS[3] * len(points)
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[round((value - low) / (high - low) * top)] for value in points)


def sampled(values: Sequence[_Number], limit: int) -> list[_Number]:
    """At most `limit` of the values at even distances, the first and the last among them."""
    n = len(values)
    if n <= limit:
        return list(values)
    return [values[round(i * (n - 1) / (limit - 1))] for i in range(limit)]


def plural(n: int, word: str) -> str:
    """``1 run``, ``2 runs``, ``1,000 runs``."""
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def percent(probability: float) -> str:
    """A probability as whole percent, never as certain."""
    if probability < 0.01:
        return "below 1 %"
    if probability > 0.99:
        return "above 99 %"
    return f"{100 * probability:.0f} %"


def without_surrogates(text: str) -> str:
    """Without lone surrogates, which no notebook file and no message can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


VALUE_LIMIT = 60  # characters of a value in a message


def show(value: Any) -> str:
    """A plain value as Python spells it, with double quotes, cut where it is long."""
    return cut(_spelled(value))


def cut(text: str) -> str:
    """The text of a value in a message, cut where it is long."""
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        items = (f"{_spelled(key)}: {_spelled(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return repr(value)


def described(value: Any) -> str:
    """A value with its type where that is not plain to see: ``the text "1e-5"``."""
    if value is None:
        return "nothing (None)"
    if isinstance(value, str):
        return f"the text {show(value)}" if value else 'the empty text ""'
    if isinstance(value, list):
        return f"the list {show(value)}"
    if isinstance(value, dict):
        return f"the dict {show(value)}"
    return show(value)


def joined(words: Sequence[str], last: str) -> str:
    """``a``, ``a or b``, ``a, b or c``, where `last` is "or"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def some(words: Sequence[str], limit: int) -> str:
    """The first of some words: ``a, b and 3 more``."""
    more = f" and {len(words) - limit} more" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more


def closest(
    word: str, options: Iterable[str], aliases: Mapping[str, str] | None = None
) -> str | None:
    """The option that a misspelt word was probably meant to be, None without a likely one.

    Args:
        word: as it was written.
        options: what it can be.
        aliases: other people's words (in lower case) for some of the options.
    """
    folded = _folded(word)
    if aliases and folded in aliases:
        return aliases[folded]
    by_fold = {_folded(option): option for option in options}
    near = difflib.get_close_matches(folded, by_fold, n=1)
    return by_fold[near[0]] if near else None


def _folded(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def did_you_mean(guess: str | None, quote: str = '"', wanted: str = "") -> str:
    """The question after a misspelt word, with a space before it; empty without a guess.

    Args:
        guess: what was probably meant.
        quote: around it.
        wanted: what was written; how the two differ is said where it is hard to see.
    """
    if not guess:
        return ""
    return f" Did you mean {quote}{seen(guess)}{quote}{_unlike(guess, wanted, ' ({})')}?"


def names_differ(name: str, wanted: str) -> str:
    """A sentence on how two names differ that look alike; empty for others."""
    return _unlike(name, wanted, " The names differ in {}.")


def _unlike(name: str, wanted: str, sentence: str) -> str:
    if name == wanted or not wanted:
        return ""
    if name.split() == wanted.split():
        return sentence.format("blanks")
    if _alike(name) == _alike(wanted):
        return sentence.format("how characters are encoded")
    return ""


def _alike(name: str) -> str:
    """The same text for names that look the same."""
    composed = unicodedata.normalize("NFKC", name)
    return "".join(character for character in composed if character.isprintable())


def seen(name: str) -> str:
    """A name with escapes for what cannot be seen: line ends, tabs, odd blanks."""
    if name.isascii() and name.isprintable():
        return name
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in name
    )
