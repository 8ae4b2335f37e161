"""TensorBoard's event files: TFRecords of protobuf messages, read without TensorFlow.

A record is its length (8 bytes), a checksum of that (4), the data, a checksum of it (4). A
program that was killed leaves a record that is cut off: the file is read up to there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.importers.wire import Message, WireError, numbers

PATTERN = "*.tfevents.*"
_LENGTH, _CHECKSUM = struct.Struct("<Q"), 4
# Numbers of the fields of event.proto, summary.proto, tensor.proto and of the hparams
# plugin's plugin_data.proto and api.proto.
_TIME, _STEP, _SUMMARY, _VALUE = 1, 2, 5, 1
_TAG, _SIMPLE, _TENSOR, _METADATA, _PLUGIN, _CONTENT = 1, 2, 8, 9, 1, 2
_DTYPE, _SHAPE, _RAW, _FLOATS, _DOUBLES, _INTS, _LONGS = 1, 2, 4, 5, 6, 7, 10
_FLOAT, _DOUBLE, _INT32, _INT64 = 1, 2, 3, 9
_EXPERIMENT, _START, _END = 2, 3, 4
_STATUS = {1: "finished", 2: "failed", 3: "running"}


@dataclass(frozen=True)
class Scalar:
    """A number that was logged."""

    tag: str
    step: int
    time_s: float
    value: float


@dataclass(frozen=True)
class Session:
    """What the hparams plugin says of a run.

    Attributes:
        params: hyperparameters, None where the record does not tell them.
        status: "finished", "failed" or "running", None where it does not tell.
        name: of the group that the run belongs to, "" for none.
        metrics: tags that the experiment is judged by.
    """

    params: dict[str, Any] | None = None
    status: str | None = None
    name: str = ""
    metrics: tuple[str, ...] = ()


def read_events(path: Path, notes: list[str]) -> Iterator[Scalar | Session]:
    """The scalars and hyperparameters of a file, in order.

    Args:
        path: of the file.
        notes: gets a remark when the file is cut off.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    at = 0
    kinds: dict[str, str] = {}  # tag → plugin, which only the first record of a tag names
    while at < len(data):
        start = at + _LENGTH.size + _CHECKSUM
        size = _LENGTH.unpack_from(data, at)[0] if start <= len(data) else len(data)
        try:
            if start + size + _CHECKSUM > len(data):
                raise WireError("a record is cut off")
            yield from list(_of_event(Message(data[start : start + size]), kinds))
        except WireError:
            notes.append(
                f"{path.name} is damaged after {at:,} of {len(data):,} bytes, as a run that was "
                "killed leaves it: read up to there."
            )
            return
        at = start + size + _CHECKSUM


def _of_event(event: Message, kinds: dict[str, str]) -> Iterator[Scalar | Session]:
    for value in event.message(_SUMMARY).messages(_VALUE):
        tag = value.text(_TAG)
        plugin = value.message(_METADATA).message(_PLUGIN)
        kind = kinds.setdefault(tag, plugin.text(1))
        if kind == "hparams":
            yield _session(Message(b"".join(plugin.blobs(_CONTENT))))
        elif _SIMPLE in value:
            yield Scalar(tag, event.whole(_STEP), event.number(_TIME), value.number(_SIMPLE))
        elif _TENSOR in value and kind in ("scalars", ""):
            number = _number(value.message(_TENSOR))
            if number is not None:
                yield Scalar(tag, event.whole(_STEP), event.number(_TIME), number)


def _number(tensor: Message) -> float | None:
    """The number in a tensor without dimensions, None for any other tensor."""
    if any(size.whole(1) != 1 for size in tensor.message(_SHAPE).messages(2)):
        return None
    kind = tensor.whole(_DTYPE)
    raw = b"".join(tensor.blobs(_RAW))
    forms = {_FLOAT: ("<f", 4), _DOUBLE: ("<d", 8), _INT32: ("<i", 4), _INT64: ("<q", 8)}
    if kind in forms and len(raw) == forms[kind][1]:
        return float(struct.unpack(forms[kind][0], raw)[0])
    if kind in (_FLOAT, _DOUBLE):
        field, size = (_FLOATS, 4) if kind == _FLOAT else (_DOUBLES, 8)
        values = numbers(b"".join(tensor.blobs(field)), size)
        return values[0] if len(values) == 1 else None
    return None


def _session(content: Message) -> Session:
    if _START in content:
        start = content.message(_START)
        params = {item.text(1): _value(item.message(2)) for item in start.messages(1)}
        return Session(params=params, name=start.text(4))
    if _END in content:
        return Session(status=_STATUS.get(content.message(_END).whole(1)))
    infos = content.message(_EXPERIMENT).messages(5)
    return Session(metrics=tuple(info.message(1).text(2) for info in infos))


def _value(value: Message) -> Any:
    """The value of google.protobuf.Value, which keeps every number as a double."""
    if 2 in value:
        number = value.number(2)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if 3 in value:
        return value.text(3)
    if 4 in value:
        return bool(value.whole(4))
    if 6 in value:
        return [_value(item) for item in value.message(6).messages(1)]
    return None
