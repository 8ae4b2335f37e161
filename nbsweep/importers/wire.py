"""Reads protobuf messages without protobuf and without their schemas.

A message is a row of fields: a key (number of the field, kind of its value), then the
value. Whoever reads one knows the numbers that it wants; others are passed over, so files
of later versions can be read. https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_MAX_VARINT = 10  # bytes, for 64 bits
_SIGN_64 = 1 << 63


class WireError(ValueError):
    """These bytes are not a protobuf message."""


class Message:
    r"""The fields of one message.

    Args:
        data: the message.

    Raises:
        WireError: it is not one.

    Example:
        >>> message = Message(b"\x0a\x02lr\x10\x03")
        >>> message.text(1), message.whole(2), message.text(3)
        ('lr', 3, '')
    """

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[int | bytes]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def blobs(self, number: int) -> list[bytes]:
        """Every value of a field of bytes, in order."""
        return [value for value in self._fields.get(number, ()) if isinstance(value, bytes)]

    def messages(self, number: int) -> list[Message]:
        """Every value of a field of messages, in order."""
        return [Message(value) for value in self.blobs(number)]

    def message(self, number: int) -> Message:
        """A field that holds one message; an empty one where it is missing."""
        return Message(b"".join(self.blobs(number)))  # as protobuf merges them

    def texts(self, number: int) -> list[str]:
        """Every value of a field of texts, in order."""
        return [value.decode(errors="replace") for value in self.blobs(number)]

    def text(self, number: int) -> str:
        """The value of a text field; "" where it is missing."""
        return (self.texts(number) or [""])[-1]

    def whole(self, number: int) -> int:
        """The value of an int field of up to 64 bits, bool and enum; 0 where it is missing."""
        values = [value for value in self._fields.get(number, ()) if isinstance(value, int)]
        value = values[-1] if values else 0
        return value - 2 * _SIGN_64 if value >= _SIGN_64 else value

    def number(self, number: int) -> float:
        """The value of a float or double field; 0.0 where it is missing."""
        values = self.blobs(number)
        return _float(values[-1]) if values else 0.0


def _float(value: bytes) -> float:
    if len(value) not in (4, 8):
        raise WireError("a number has 4 or 8 bytes")
    (number,) = struct.unpack("<f" if len(value) == 4 else "<d", value)
    return float(number)


def numbers(packed: bytes, size: int) -> list[float]:
    """The floats (size 4) or doubles (size 8) of a packed field."""
    return [_float(packed[i : i + size]) for i in range(0, len(packed), size)]


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED_32, _FIXED_64):
            size = 4 if kind == _FIXED_32 else 8
        else:
            raise WireError(f"a field of kind {kind}")
        if number == 0 or at + size > len(data):
            raise WireError("a field reaches beyond its message")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_MAX_VARINT):
        if at + place >= len(data):
            break
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise WireError("a number without an end")
