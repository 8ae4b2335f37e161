"""What a page is sent: the whole picture once, and after that what changed.

Two pictures of one sweep differ by a `Delta`, and `apply(before, delta(before, after))`
equals `after`. Deltas carry the number of the picture that they lead to and are useless
without the one before it: whoever finds a gap asks for a picture.

Pure: nothing here sends, waits or looks at a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from nbsweep.view.model import Picture, Row

# Keys of a row that a page is sent.
ROW_KEYS = tuple(key for key in Row.__annotations__ if key != "values")
# Keys of a picture that are sent whole when they differ.
PARTS = tuple(
    key for key in Picture.__annotations__ if key not in ("seq", "version", "now", "rows")
)


class Delta(TypedDict):
    """What leads from one picture to the next.

    Attributes:
        seq: of the picture it leads to; it applies to `seq - 1` only.
        set: parts other than rows that differ, whole.
        rows: for each run that differs its id and the keys that do; new runs in full.
        gone: ids of runs that are no longer there.
    """

    seq: int
    set: dict[str, Any]
    rows: list[dict[str, Any]]
    gone: list[str]


def sent(picture: Picture) -> dict[str, Any]:
    """The picture as a page gets it, without what only Python draws."""
    parts: Mapping[str, Any] = picture
    return {
        "seq": picture["seq"],
        **{key: parts[key] for key in PARTS},
        "rows": [_sent_row(row) for row in picture["rows"]],
    }


def _sent_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ROW_KEYS}


def delta(before: Picture, after: Picture) -> Delta:
    """What leads from `before` to `after`; rows that are the same object are not looked into."""
    parts: Mapping[str, Any] = after
    known: Mapping[str, Any] = before
    changed = {
        key: parts[key]
        for key in PARTS
        if known[key] is not parts[key] and known[key] != parts[key]
    }
    rows_before: dict[str, Any] = {row["id"]: row for row in before["rows"]}
    rows_after: Any = after["rows"]
    rows = []
    for row in rows_after:
        old = rows_before.pop(row["id"], None)
        if old is row:
            continue
        if old is None:
            rows.append(_sent_row(row))
        elif fields := {key: row[key] for key in ROW_KEYS if old[key] != row[key]}:
            rows.append({"id": row["id"], **fields})
    return Delta(seq=after["seq"], set=changed, rows=rows, gone=list(rows_before))


def is_empty(change: Delta) -> bool:
    """Whether a delta says nothing."""
    return not (change["set"] or change["rows"] or change["gone"])


def apply(before: Mapping[str, Any], change: Delta) -> dict[str, Any]:
    """The picture that `change` leads to; what the front end does, in Python.

    Raises ValueError when a picture is missing in between.
    """
    if change["seq"] != before["seq"] + 1:
        raise ValueError(f"delta {change['seq']} does not follow picture {before['seq']}")
    gone = set(change["gone"])
    rows: dict[str, Any] = {row["id"]: row for row in before["rows"] if row["id"] not in gone}
    for fields in change["rows"]:
        rows[fields["id"]] = {**rows.get(fields["id"], {}), **fields}
    ordered = sorted(rows.values(), key=lambda row: (row["number"], row["attempt"]))
    return {**before, **change["set"], "seq": change["seq"], "rows": ordered}
