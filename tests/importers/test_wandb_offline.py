"""The run-ID.wandb files of W&B's client, read without it."""

import math
import struct
import zlib
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.importers import bring_in
from nbsweep.importers.assembly import Wishes
from nbsweep.importers.wandb_export import read_export
from nbsweep.importers.wandb_offline import BLOCK, read_run
from nbsweep.importers.wire import Message, WireError
from nbsweep.runs import session


def log_of(folder, run):
    (path,) = folder.glob(f"wandb/*/run-{run}.wandb")
    return path


def test_offline_runs_become_a_sweep_with_configs_curves_and_states(written_by):
    foreign = read_export(written_by("wandb"), Wishes(metric="loss"))
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    first, second, third, killed = sweep.runs
    assert (sweep.name, sweep.state) == ("digits", "FINISHED")
    assert first.params == {"lr": 0.1, "model_depth": 2, "opt.batch_size": 16, "late": 0}
    assert first.config["opt"] == {"batch_size": 16}
    assert (first.name, first.group, first.tags) == ("größe 0", "grid", ["a", "b c"])
    assert first.notes == "a note"
    assert [row["loss"] for row in first.history()] == [2.0, 1.5, 1.3333]
    assert [row["val"]["acc"] for row in second.history()] == [0.5, 0.6, 0.7]
    assert math.isnan(first.summary["odd"])
    assert (first.summary["best"], first.metric) == (1.3333, 1.3333)
    assert [run.state for run in sweep.runs] == ["finished", "finished", "failed", "crashed"]
    assert third.error == "it failed in W&B"
    assert len(killed.history()) == 175
    assert foreign.notes[0] == (
        "run-killed.wandb is damaged after 98,222 of 98,304 bytes, as a run that was killed "
        "leaves it: read up to there."
    )
    assert '"model/depth" → model_depth, "opt.batch size" → opt.batch_size' in foreign.notes[1]


def test_one_file_and_one_folder_of_a_run_are_enough(written_by):
    path = log_of(written_by("wandb"), "run1")
    for place in (path, path.parent, path.parent.parent):
        foreign = read_export(place, Wishes(metric="loss"))
        assert any(run.id == "run1" and run.params["lr"] == 0.01 for run in foreign.runs)


def test_a_file_is_read_as_far_as_it_goes_wherever_it_was_cut(written_by, tmp_path):
    data = log_of(written_by("wandb"), "run1").read_bytes()
    lengths = []
    for size in range(7, len(data), 3):
        path = tmp_path / "run-cut.wandb"
        path.write_bytes(data[:size])
        notes = []
        run = read_run(path, notes)
        lengths.append(len(run["history"]))
        assert run["state"] in ("crashed", "finished")
        assert len(notes) <= 1
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (0, 3)


def test_a_byte_that_flipped_ends_the_reading_there(written_by, tmp_path):
    data = bytearray(log_of(written_by("wandb"), "run1").read_bytes())
    data[-40] ^= 1
    path = tmp_path / "run-bad.wandb"
    path.write_bytes(data)
    notes = []
    run = read_run(path, notes)
    assert run["config"]["lr"] == 0.01
    assert notes[0].startswith("run-bad.wandb is damaged after ")


def test_what_is_not_such_a_file_is_refused(tmp_path):
    path = tmp_path / "run-x.wandb"
    path.write_bytes(b"PK\3\4 something else")
    with pytest.raises(UsageError) as caught:
        read_export(path, Wishes())
    assert str(caught.value) == f"{path} is not a run of W&B's: such a file begins with :W&B."


# Files made by hand, for what the real one does not show


def varint(number):
    out = bytearray()
    number &= (1 << 64) - 1
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def item(key, value_json):
    return field(1, key) + field(16, value_json)


def wandb_log(*records):
    out = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for rest in records:
        record, kind = rest, 1
        while True:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                continue
            part, record = record[: left - 7], record[left - 7 :]
            if record:
                kind = 2 if kind == 1 else 3
            elif kind != 1:
                kind = 4
            checksum = zlib.crc32(part, zlib.crc32(bytes([kind])))
            out += struct.pack("<IHB", checksum, len(part), kind) + part
            if not record:
                break
    return bytes(out)


def run_record(run_id, *configs, start=1_700_000_000):
    config = b"".join(field(1, item(*each)) for each in configs)
    about = field(1, run_id) + field(3, "digits") + field(4, config)
    return field(17, about + field(17, field(1, start) + field(2, 500_000_000)))


def history_record(step, *items):
    return field(2, b"".join(field(1, each) for each in items) + field(2, field(1, step)))


def test_a_resumed_run_is_one_run_with_all_of_its_history(tmp_path):
    for part, start in ((1, 100), (2, 200)):
        folder = tmp_path / f"wandb/offline-run-2024010{part}_000000-abc"
        folder.mkdir(parents=True)
        records = [
            run_record("abc", ("lr", "0.1"), (f"part{part}", "1"), start=1_700_000_000 + start),
            *(history_record(start + i, item("loss", str(start + i))) for i in range(2)),
        ]
        if part == 2:
            records.append(field(18, field(1, 0)))
        (folder / "run-abc.wandb").write_bytes(wandb_log(*records))
    foreign = read_export(tmp_path, Wishes(metric="loss"))
    (run,) = foreign.runs
    assert [row.step for row in run.history] == [100, 101, 200, 201]
    assert run.config == {"lr": 0.1, "part1": 1, "part2": 1}
    assert (run.state, run.began_at) == ("finished", 1_700_000_100.5)


def test_typed_values_removals_media_and_preemption_are_understood(tmp_path):
    path = tmp_path / "run-abc.wandb"
    typed = [
        field(1, "flag") + field(4, 1),
        field(1, "count") + field(5, -3),
        field(1, "loss") + field(6, 0.25),
        field(1, "word") + field(7, "text"),
        field(1, "nothing") + field(3, b""),
        field(1, "picture") + field(16, '{"_type": "image-file", "width": 28}'),
        field(2, "val") + field(2, "acc") + field(16, "0.5"),
    ]
    removed = field(2, field(1, "gone")) + field(2, field(2, "opt") + field(2, "b"))
    path.write_bytes(
        wandb_log(
            run_record("abc", ("lr", "1"), ("gone", "1"), ("opt", '{"a": 1, "b": 2}')),
            field(5, removed),
            history_record(0, *typed),
            field(999, "of a later version"),
            field(23, b""),
        )
    )
    notes = []
    run = read_run(path, notes)
    assert (run["config"], run["state"], notes) == ({"lr": 1, "opt": {"a": 1}}, "preempted", [])
    (imported,) = read_export(path, Wishes(metric="loss")).runs
    assert imported.summary == {
        "flag": True,
        "count": -3,
        "loss": 0.25,
        "word": "text",
        "val": {"acc": 0.5},
    }


def test_records_of_every_length_around_the_end_of_a_block_are_read(tmp_path):
    path = tmp_path / "run-abc.wandb"
    for length in range(BLOCK - 80, BLOCK + 20):
        filler = field(999, "x" * length)
        path.write_bytes(wandb_log(run_record("abc", ("lr", "1")), filler, field(18, b"")))
        notes = []
        assert (read_run(path, notes)["state"], notes) == ("finished", [])


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x0b", b"\x80", b"\xff" * 11, b"\x09\0\0"])
def test_bytes_that_are_no_message_are_told(data):
    with pytest.raises(WireError):
        Message(data)


def test_a_metric_that_define_metric_turned_into_its_minimum_counts(tmp_path):
    path = tmp_path / "run-abc.wandb"
    summary = field(1, field(2, "loss") + field(2, "min") + field(16, "0.25"))
    rows = [history_record(i, item("loss", str(1 / (i + 1)))) for i in range(2)]
    odd = field(1, item("odd", "NaN"))
    path.write_bytes(
        wandb_log(run_record("abc", ("lr", "1")), *rows, field(3, summary), field(3, odd))
    )
    foreign = read_export(path, Wishes(metric="loss"))
    sweep = nbsweep.Sweep(bring_in(foreign, session.store(), "p"))
    assert (sweep.runs[0].name, sweep.runs[0].state) == ("abc", "crashed")
    assert foreign.config["metric"]["name"] == "loss"
    assert foreign.runs[0].summary["loss"] == {"min": 0.25}
    with pytest.raises(UsageError) as caught:
        read_export(path, Wishes(metric="odd"))
    assert str(caught.value) == "W&B's export run-abc.wandb: odd is not a number in any run."


def test_several_projects_in_one_folder_are_told():
    for project in ("a", "b"):
        folder = Path(f"wandb/offline-run-20240101_000000-{project}")
        folder.mkdir(parents=True)
        about = field(1, project) + field(3, project) + field(4, field(1, item("lr", "1")))
        record = history_record(0, item("loss", "1"))
        (folder / f"run-{project}.wandb").write_bytes(wandb_log(field(17, about), record))
    foreign = read_export("wandb", Wishes())
    assert foreign.notes == ["The runs are of 2 projects: a, b."]
