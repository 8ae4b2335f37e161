"""From whatever training code logs or configures to plain JSON-like values.

Libraries are recognised by their methods, never imported: a numpy scalar has `item`,
a torch tensor `detach`, a DataFrame `to_dict`.

Nothing is refused here: a run must not end because of what it logs. `sweep_config.reader`
refuses what a sweep config cannot hold.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Refer = Callable[[Any], "dict[str, Any] | None"]

PLAIN_TYPES = frozenset({float, int, str, bool, type(None)})
MAX_LIST = 32  # longer arrays become histograms, as in W&B
HISTOGRAM_BINS = 64


MAX_DEPTH = 100  # of dicts and lists in each other; what lies deeper becomes text


def plain(value: Any, refer: Refer | None = None) -> Any:
    """`value` as float, int, str, bool, None, list or dict of such.

    0-d tensors and size-1 arrays become numbers (also when they require gradients or
    live on a GPU), as do Decimal and Fraction; arrays up to 32 elements lists, larger ones
    a histogram ``{"_type": "histogram", "bins": [...], "values": [...]}``; nested mappings
    keep their tree; bytes become text and dates ISO 8601; what nothing is known about, and
    what holds itself, becomes its `str`.

    Args:
        value: what training code logs or configures.
        refer: gives the reference that stands for media, None for all other values;
            without it media are values that nothing is known about.
    """
    return _plain(value, refer, ())


def _plain(value: Any, refer: Refer | None, above: tuple[int, ...]) -> Any:
    """See `plain`; `above` has the ids of the dicts and lists that it lies in."""
    if type(value) in PLAIN_TYPES:
        return value
    if isinstance(value, float):  # numpy.float64, most of all
        return float(value)
    if id(value) in above or len(above) > MAX_DEPTH:
        return text_of(value)
    inside = (*above, id(value))
    if isinstance(value, Mapping):
        return {key_of(key): _plain(item, refer, inside) for key, item in value.items()}
    if refer is not None and (reference := refer(value)) is not None:
        return reference
    if isinstance(value, (list, tuple)):
        return [_plain(item, refer, inside) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item, refer, inside) for item in value), key=repr)
    if isinstance(value, enum.Enum):
        return plain(value.value) if isinstance(value, (int, str)) else value.name
    if isinstance(value, (int, str)):  # their subclasses
        return int(value) if isinstance(value, int) else str(value)
    if isinstance(value, Path):
        return str(value)
    try:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return _plain(value, refer, inside)
        return _of_library(value, inside)
    except Exception as error:  # noqa: BLE001 - methods of other people's objects
        warnings.warn(
            f"A value of type {type(value).__name__} cannot be read and is kept as text: "
            f"{type(error).__name__}: {error}",
            stacklevel=1,  # once for each kind of value, wherever it is logged
        )
        return text_of(value)


def text_of(value: Any) -> str:
    """What it says of itself, else the name of its type."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a method of other people's objects
        return f"<{type(value).__name__}>"


def key_of(key: Any) -> str:
    """The key of a dict as text."""
    return str.__str__(key) if isinstance(key, str) else text_of(key)


def _of_library(value: Any, above: tuple[int, ...]) -> Any:
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if hasattr(value, "detach"):  # torch; on any device, with or without gradients
        value = value.detach().cpu()
        if value.is_floating_point():
            value = value.float()  # numpy has no bfloat16
    if hasattr(value, "numpy") and callable(value.numpy) and not hasattr(value, "to_dict"):
        value = value.numpy()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    if hasattr(value, "as_integer_ratio"):  # Decimal, Fraction, numpy's long double
        return _real(value)
    if hasattr(value, "shape") and hasattr(value, "tolist"):
        return _array(value)
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas': missing
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item") and callable(value.item):
        return _plain(value.item(), None, above)
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value)}"
    return text_of(value)


def _real(value: Any) -> float:
    """A number of any library as a float, infinite where it is beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except ValueError:  # Decimal("sNaN")
        return math.nan


def _array(array: Any) -> Any:
    size = 1
    for length in array.shape:
        size *= int(length)
    kind = getattr(array.dtype, "kind", "O")
    if kind in "mM" and array.dtype.str.endswith(("[ns]", "[ps]", "[fs]", "[as]")):
        # Python's dates end at microseconds: these would become whole numbers.
        array = array.astype("datetime64[us]" if kind == "M" else "timedelta64[us]")
    if size == 1:
        value = array.tolist()
        while isinstance(value, list):
            value = value[0]
        return plain(value)
    if size <= MAX_LIST:
        return plain(array.tolist())
    import numpy as np

    flat = np.asarray(array).reshape(-1)
    if kind not in "iuf":
        return plain(flat[:MAX_LIST].tolist())
    with np.errstate(over="ignore"):
        numbers = flat.astype(float)
    return histogram_of(numbers[np.isfinite(numbers)])


def histogram_of(finite: Any, bins: int = HISTOGRAM_BINS) -> dict[str, Any]:
    """The histogram of finite floats, whatever their range."""
    import numpy as np

    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    counts, edges = np.array([len(finite)]), np.array([low, high])
    if math.isfinite(high - low):
        with suppress(ValueError):  # 1e16 and its neighbour leave no room for so many bins
            counts, edges = np.histogram(finite, bins=bins)
    else:  # ±1e308: numpy finds no finite width
        counts, edges = np.histogram(finite / 4, bins=bins)
        edges = np.clip(edges, low / 4, high / 4) * 4
    return {"_type": "histogram", "values": counts.tolist(), "bins": edges.tolist()}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both trees in one dict; where they meet in a leaf, `over` wins.

    A dict with a ``_type`` is one value, such as a reference to a picture.
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping) and "_type" not in value:
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged
