"""From whatever training code logs or configures to plain JSON-like values.

Libraries are recognised by their methods, never imported: a numpy scalar has `item`,
a torch tensor `detach`, a DataFrame `to_dict`.

Nothing is refused here: a run must not end because of what it logs. `sweep_config.reader`
refuses what a sweep config cannot hold.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Refer = Callable[[Any], "dict[str, Any] | None"]

PLAIN_TYPES = frozenset({float, int, str, bool, type(None)})
MAX_LIST = 32  # longer arrays become histograms, as in W&B
HISTOGRAM_BINS = 64


def plain(value: Any, refer: Refer | None = None) -> Any:
    """`value` as float, int, str, bool, None, list or dict of such.

    0-d tensors and size-1 arrays become numbers (also when they require gradients or
    live on a GPU), arrays up to 32 elements lists, larger ones a histogram
    ``{"_type": "histogram", "bins": [...], "values": [...]}``; nested mappings keep
    their tree; what nothing is known about becomes its `str`.

    Args:
        value: what training code logs or configures.
        refer: gives the reference that stands for media, None for all other values;
            without it media are values that nothing is known about.
    """
    if type(value) in PLAIN_TYPES:
        return value
    if isinstance(value, float):  # numpy.float64, most of all
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, refer) for key, item in value.items()}
    if refer is not None and (reference := refer(value)) is not None:
        return reference
    if isinstance(value, (list, tuple)):
        return [plain(item, refer) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item, refer) for item in value), key=repr)
    if isinstance(value, enum.Enum):
        return plain(value.value) if isinstance(value, (int, str)) else value.name
    if isinstance(value, (int, str)):  # their subclasses
        return int(value) if isinstance(value, int) else str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(dataclasses.asdict(value), refer)
    if isinstance(value, Path):
        return str(value)
    return _of_library(value)


def _of_library(value: Any) -> Any:
    if hasattr(value, "detach"):  # torch; on any device, with or without gradients
        value = value.detach().cpu()
        if value.is_floating_point():
            value = value.float()  # numpy has no bfloat16
    if hasattr(value, "numpy") and callable(value.numpy) and not hasattr(value, "to_dict"):
        value = value.numpy()
    if hasattr(value, "shape") and hasattr(value, "tolist"):
        return _array(value)
    if hasattr(value, "item") and callable(value.item):
        return plain(value.item())
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value)}"
    return str(value)


def _array(array: Any) -> Any:
    size = 1
    for length in array.shape:
        size *= int(length)
    if size == 1:
        return plain(array.reshape(-1)[0].item())
    if size <= MAX_LIST:
        return plain(array.tolist())
    import numpy as np

    flat = np.asarray(array).reshape(-1)
    if not np.issubdtype(flat.dtype, np.number):
        return plain(flat[:MAX_LIST].tolist())
    finite = flat[np.isfinite(flat)].astype(float)
    counts, edges = np.histogram(finite, bins=HISTOGRAM_BINS)
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
