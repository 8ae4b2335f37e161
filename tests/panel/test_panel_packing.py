"""Rows as columns with a buffer: what the page reads equals what went in."""

import math
import struct

from nbsweep.panel.packing import NUMBERS, pack


def row(number, **fields):
    base = {
        "id": f"run{number}", "number": number, "attempt": 0, "name": f"name {number}",
        "state": "finished", "active": False, "counts": True, "texts": ["adam", "0.1"],
        "places": [0.0, None], "metric": 0.5, "metric_text": "0.5", "results": [],
        "beyond": "", "curve": [3.0, 2.0], "span": [0, 9], "start_s": 1.5,
        "duration_s": 2.5, "note": "", "worker": "", "continued": [], "diverged": False,
    }  # fmt: skip
    return {**base, "word": fields.get("state", "finished"), **fields}


def test_numbers_lie_column_by_column_and_nan_stands_for_none():
    packed, buffer = pack([row(1), row(2, metric=None, curve=[], span=[], active=True)])
    n_columns = len(NUMBERS) + 2 + 3
    numbers = struct.unpack(f"<{n_columns * 2}d", buffer[: n_columns * 16])
    columns = dict(
        zip(packed["numbers"], zip(numbers[::2], numbers[1::2], strict=True), strict=False)
    )
    assert columns["number"] == (1.0, 2.0)
    assert columns["active"] == (0.0, 1.0)
    assert columns["metric"][0] == 0.5
    assert math.isnan(columns["metric"][1])
    assert struct.unpack("<2f", buffer[n_columns * 16 :]) == (3.0, 2.0)


def test_texts_are_sent_once_each():
    packed, _ = pack([row(1), row(2, state="failed", note="ValueError"), row(3)])
    assert packed["states"] == {"texts": ["finished", "failed"], "codes": [0, 1, 0]}
    assert packed["notes"] == {"texts": ["", "ValueError"], "codes": [0, 1, 0]}
    assert packed["texts"][0] == {"texts": ["adam"], "codes": [0, 0, 0]}


def test_marks_and_words_of_few_runs_cost_the_others_nothing():
    marks = [(0.5, "continued at step 1 after 3.0 s")]
    rows = [row(1), row(2, continued=marks), row(3, state="stopped", word="paused")]
    packed, _ = pack(rows)
    assert packed["continued"] == {1: marks}
    assert packed["words"] == {"finished": "finished", "stopped": "paused"}


def test_no_rows_and_huge_numbers_survive():
    assert pack([])[1] == b""
    _, buffer = pack([row(1, curve=[1e308, -1e308])])
    assert all(math.isfinite(value) for value in struct.unpack("<2f", buffer[-8:]))
