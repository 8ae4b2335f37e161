"""Runs in the ``run-ID.wandb`` file that W&B's client writes as it goes, offline or not.

The file is a log as LevelDB's: after a header of 7 bytes (":W&B", 0xBEE1, version), blocks
of 32 KiB hold chunks of records, each with checksum, length and type; a record is a
protobuf message of ``wandb_internal.proto``. A run that was killed leaves a file whose
last record is cut off: it is read up to there. Neither wandb nor protobuf is needed.
"""

from __future__ import annotations

import contextlib
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.importers.assembly import put
from nbsweep.importers.wire import Message, WireError

BLOCK = 32 * 1024
_HEADER = struct.Struct("<4sHB")
_IDENT, _MAGIC = b":W&B", 0xBEE1
_CHUNK = struct.Struct("<IHB")  # checksum of type and data, length of data, type
_PADDING, _FULL, _FIRST, _MIDDLE, _LAST = range(5)

# Numbers of the fields of wandb_internal.proto.
_HISTORY, _SUMMARY, _CONFIG, _RUN, _EXIT, _PREEMPTING = 2, 3, 5, 17, 18, 23
_RUN_TEXTS = {1: "id", 3: "project", 6: "group", 8: "name", 9: "notes", 12: "sweep"}
_RUN_CONFIG, _RUN_SUMMARY, _RUN_TAGS, _RUN_START = 4, 5, 10, 17
_KEY, _NESTED_KEY, _VALUE_JSON = 1, 2, 16
_UPDATE, _REMOVE = 1, 2
# What HistoryItem may have instead of value_json.
_BOOL, _INT, _NUMBER, _TEXT, _JSON = 4, 5, 6, 7, 8


def read_run(path: Path, notes: list[str]) -> dict[str, Any]:
    """What the file says of its run, in the words of W&B's API.

    Args:
        path: of the file.
        notes: gets a remark when the file cannot be read to its end.

    Returns:
        id, name, state, config, summary, history, created_at, and what else is known.

    Raises:
        UsageError: it is not such a file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) < _HEADER.size or _HEADER.unpack_from(data)[:2] != (_IDENT, _MAGIC):
        raise UsageError(f"{path} is not a run of W&B's: such a file begins with :W&B.")
    log = _Log(data)
    run: dict[str, Any] = {"config": {}, "summary": {}, "history": []}
    for record in log.records():
        with contextlib.suppress(WireError):  # of a later version
            _take(record, run)
    if log.damaged_at is not None:
        notes.append(
            f"{path.name} is damaged after {log.damaged_at:,} of {len(data):,} bytes, as a run "
            "that was killed leaves it: read up to there."
        )
    run.setdefault("id", path.stem.removeprefix("run-"))
    run.setdefault("state", "crashed")
    run["name"] = run.get("name") or run["id"]  # W&B's service gives names
    return run


class _Log:
    """The records of a log file.

    Attributes:
        damaged_at: the place from which on it cannot be read, None when it ends well.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.damaged_at: int | None = None

    def records(self) -> Iterator[Message]:
        parts: list[bytes] = []
        began = _HEADER.size
        for at, kind, chunk in self._chunks():
            if kind in (_FULL, _FIRST):
                parts, began = [], at
            parts.append(chunk)
            if kind not in (_FULL, _LAST):
                continue
            try:
                yield Message(b"".join(parts))
            except WireError:
                self.damaged_at = began
                return
            parts = []
        if parts:
            self.damaged_at = began

    def _chunks(self) -> Iterator[tuple[int, int, bytes]]:
        data, at = self._data, _HEADER.size
        while at < len(data):
            left = BLOCK - at % BLOCK
            if left < _CHUNK.size:  # too little for a chunk: zeros up to the next block
                at += left
                continue
            if at + _CHUNK.size > len(data):
                break
            checksum, size, kind = _CHUNK.unpack_from(data, at)
            if kind == _PADDING and checksum == size == 0:
                at += left
                continue
            start = at + _CHUNK.size
            chunk = data[start : start + size]
            if len(chunk) < size or zlib.crc32(chunk, zlib.crc32(bytes([kind]))) != checksum:
                break
            yield at, kind, chunk
            at = start + size
        if at < len(data):
            self.damaged_at = at


def _take(record: Message, run: dict[str, Any]) -> None:
    """Enter a record into what is known of the run."""
    if _RUN in record:
        about = record.message(_RUN)
        run |= {word: about.text(number) for number, word in _RUN_TEXTS.items() if number in about}
        _change(run["config"], about.message(_RUN_CONFIG))
        _change(run["summary"], about.message(_RUN_SUMMARY))
        run["tags"] = about.texts(_RUN_TAGS)
        start = about.message(_RUN_START)
        run["created_at"] = start.whole(1) + start.whole(2) / 1e9
    elif _CONFIG in record:
        _change(run["config"], record.message(_CONFIG))
    elif _SUMMARY in record:
        _change(run["summary"], record.message(_SUMMARY))
    elif _HISTORY in record:
        history = record.message(_HISTORY)
        row: dict[str, Any] = {"_step": history.message(2).whole(1)}
        for item in history.messages(1):
            put(row, _keys(item), _value(item))
        run["history"].append(row)
    elif _EXIT in record:
        run["exit_code"] = record.message(_EXIT).whole(1)
        run["state"] = "finished" if run["exit_code"] == 0 else "failed"
    elif _PREEMPTING in record:
        run["state"] = "preempted"


def _change(values: dict[str, Any], record: Message) -> None:
    """Apply what a record sets and removes."""
    for item in record.messages(_UPDATE):
        put(values, _keys(item), _value(item))
    for item in record.messages(_REMOVE):
        *parents, last = _keys(item)
        node: Any = values
        for key in parents:
            node = node.get(key) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(last, None)


def _keys(item: Message) -> list[str]:
    return item.texts(_NESTED_KEY) or [item.text(_KEY)]


def _value(item: Message) -> Any:
    if _BOOL in item:
        return bool(item.whole(_BOOL))
    if _INT in item:
        return item.whole(_INT)
    if _NUMBER in item:
        return item.number(_NUMBER)
    if _TEXT in item:
        return item.text(_TEXT)
    text = item.text(_VALUE_JSON) or item.text(_JSON)
    try:
        return json.loads(text)
    except ValueError:
        return text or None


def merged(runs: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One run for each id: a run that was resumed has a file for each time it ran."""
    by_id: dict[str, dict[str, Any]] = {}
    for run in sorted(runs, key=lambda run: run.get("created_at") or 0.0):
        before = by_id.get(run["id"])
        if before is None:
            by_id[run["id"]] = dict(run)
            continue
        began, history = before["created_at"], [*before["history"], *run["history"]]
        config, summary = before["config"] | run["config"], before["summary"] | run["summary"]
        before.update(run)
        before.update(created_at=began, history=history, config=config, summary=summary)
    return list(by_id.values())
