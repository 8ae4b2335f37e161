"""A checkpoint is there whole or not at all, and costs nothing where nobody could use it."""

import errno
import json
import logging
import os
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import RunStopped, UsageError
from nbsweep.records import RunState, WorkOrder
from nbsweep.runs import checkpoint, session
from nbsweep.runs.checkpoint import Keeper, last_checkpoint
from nbsweep.runs.identity import this_process
from nbsweep.runs.run import Run
from nbsweep.runs.start import start_run
from nbsweep.testing.clock import FakeClock
from nbsweep.testing.stores import a_run, a_sweep


@pytest.fixture
def run():
    """A run of a sweep, open, as an agent would have it."""
    store = session.store()
    store.create_sweep(a_sweep())
    record = store.claim_run(a_run(code_hash="c0de"))
    folder = str(Path("runs") / record.id)
    run = Run(WorkOrder(record, store.url, folder), store)
    run.open()
    yield run
    if run.ended_as is None:
        run.end(RunState.FINISHED)


def write(text="x", name="model.pt"):
    return lambda folder: (folder / name).write_text(text)


def text_of(found, name="model.pt"):
    return (found.folder / name).read_text()


def test_the_last_one_is_kept_with_step_code_and_time(run, tmp_path):
    for number in range(3):
        run.log({"loss": number})
        assert run.checkpoint(write(str(number)))
    found, problem = last_checkpoint(Path(run.dir))
    assert (problem, text_of(found), found.step, found.code_hash) == ("", "2", 3, "c0de")
    assert found.saved_at == pytest.approx(run.store.run(run.id).heartbeat_at, abs=60)
    (only,) = (Path(run.dir) / "checkpoint").iterdir()
    note = json.loads((only / "checkpoint.json").read_text())
    assert note["files"] == {"model.pt": 1}


def test_what_was_logged_before_it_is_in_the_store_when_it_is_there(run):
    def save(folder):
        assert run.store.history(run.id) == []
        write()(folder)

    run.log({"loss": 1.0})
    run.checkpoint(save)
    assert [row.values for row in run.store.history(run.id)] == [{"loss": 1.0}]


def test_a_row_that_is_open_belongs_to_it(run):
    run.log({"loss": 1.0}, commit=False)
    run.checkpoint(write())
    assert last_checkpoint(Path(run.dir))[0].step == 1


def test_folders_within_are_kept(run):
    def save(folder):
        (folder / "optimizer" / "state").mkdir(parents=True)
        write(name="optimizer/state/a.bin")(folder)
        write(name="b.bin")(folder)

    assert run.checkpoint(save)
    found, _ = last_checkpoint(Path(run.dir))
    assert text_of(found, "optimizer/state/a.bin") == "x"


@pytest.mark.parametrize("place", ["save", "rename"])
def test_one_that_fails_leaves_the_one_before_and_nothing_half(run, place, monkeypatch):
    run.checkpoint(write("first"))

    def fail(folder):
        write("half")(folder)
        raise RuntimeError("interrupted")

    if place == "save":
        with pytest.raises(RuntimeError, match="interrupted"):
            run.checkpoint(fail)
    else:

        def refuse(self, target):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", refuse)
            assert not run.checkpoint(write("second"))
    found, _ = last_checkpoint(Path(run.dir))
    assert text_of(found) == "first"
    assert len(list((Path(run.dir) / "checkpoint").iterdir())) == 1


def test_a_full_disk_is_a_warning_and_the_training_goes_on(run, caplog):
    run.checkpoint(write("first"))

    def full(folder):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with caplog.at_level(logging.WARNING):
        assert not run.checkpoint(full)
    top = Path(run.dir) / "checkpoint"
    assert caplog.messages == [
        f"checkpoint: {top} cannot be written (No space left on device). The training goes on, "
        "with the checkpoint before, if there is one."
    ]
    run.log({"loss": 1.0})
    assert text_of(last_checkpoint(Path(run.dir))[0]) == "first"


def test_every_file_is_on_the_disk_before_it_is_there(run, monkeypatch):
    synced = []
    sync = checkpoint._sync

    def note(path):
        synced.append(path.name)
        sync(path)

    monkeypatch.setattr(checkpoint, "_sync", note)
    renamed = Path.rename

    def rename(self, target):
        synced.append("renamed")
        return renamed(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    run.checkpoint(write())
    place = synced.index("renamed")
    assert {"model.pt", "checkpoint.json", "files"} <= set(synced[:place])
    assert synced[place + 1 :] == ["checkpoint"]


def test_what_a_dead_process_left_is_removed_and_what_a_live_one_writes_stays(tmp_path):
    me = this_process().replace(":", "+")
    host, _, rest = me.partition("+")
    dead = f"{host}+{2**22 - 1}+{rest.partition('+')[2]}"
    other = "elsewhere+1+2.3"
    for name in (dead, other):
        (tmp_path / "checkpoint" / f"writing+{name}" / "files").mkdir(parents=True)
    Keeper(tmp_path).save(write(), 0, None)
    left = sorted(path.name for path in (tmp_path / "checkpoint").iterdir())
    assert left == ["1", f"writing+{other}"]


def test_two_processes_of_a_run_do_not_take_each_others_number(tmp_path, monkeypatch):
    first, second = Keeper(tmp_path), Keeper(tmp_path)
    first.save(write("a"), 1, None)
    numbered = iter([[], [1], [1]])  # it was looked at before the first one was there
    monkeypatch.setattr(checkpoint, "_numbered", lambda top: next(numbered))
    (tmp_path / "checkpoint" / "1" / "full").write_text("")
    assert second.save(write("b"), 2, None)
    monkeypatch.undo()
    assert text_of(last_checkpoint(tmp_path)[0]) == "b"


def test_every_s_spares_the_disk(tmp_path):
    clock = FakeClock()
    keeper = Keeper(tmp_path, elapsed=clock)
    assert keeper.is_due(60)
    keeper.save(write(), 0, None)
    assert (keeper.is_due(60), keeper.is_due(None), keeper.is_due(0)) == (False, True, True)
    clock.advance(59)
    assert not keeper.is_due(60)
    clock.advance(1)
    assert keeper.is_due(60)


def test_a_run_that_is_to_stop_saves_whatever_every_s_says_and_once(run):
    run.log({"loss": 1.0})
    assert run.checkpoint(write("a"), every_s=600)
    run.log({"loss": 0.5})
    assert not run.checkpoint(write("b"), every_s=600)
    run.request_stop("band 2", RunState.STOPPED)
    assert run.checkpoint(write("c"), every_s=600)
    assert not run.checkpoint(write("d"), every_s=600), "it is saved at that step already"
    found, _ = last_checkpoint(Path(run.dir))
    assert (text_of(found), found.step) == ("c", 2)
    with pytest.raises(RunStopped):
        run.log({"loss": 0.1})


def test_a_machine_that_is_taken_away_saves_at_once(run):
    run.checkpoint(write("a"), every_s=600)
    run.log({"loss": 1.0})
    run.mark_preempting()
    assert run.checkpoint(write("b"), every_s=600)


def test_whoever_lost_the_run_writes_over_no_checkpoint(run):
    run.checkpoint(write("mine"))
    record = run.store.run(run.id)
    assert run.store.mark_crashed(run.id, seen_heartbeat_at=record.heartbeat_at, at=1.0)
    with pytest.raises(RunStopped, match="ended by another process"):
        run.checkpoint(write("late"))
    assert text_of(last_checkpoint(Path(run.dir))[0]) == "mine"
    run.ended_as = RunState.CRASHED
    session.leave(run)
    session.writer().remove(run._channel)


def test_outside_of_sweeps_nothing_is_saved_and_save_is_not_called():
    def never(folder):
        raise AssertionError

    with nbsweep.init() as run:
        assert nbsweep.checkpoint(never) is False
        assert (run.resumed_from, run.resumed) == (None, False)
        assert not (Path(run.dir) / "checkpoint").exists()
    with nbsweep.init(mode="disabled") as run:
        assert run.checkpoint(never) is False


def test_a_run_that_can_be_resumed_by_its_id_finds_its_checkpoint_again(caplog):
    with nbsweep.init(id="mine", resume="allow") as run:
        assert not run.resumed
        run.log({"loss": 1.0})
        assert run.checkpoint(write("state"))
    with caplog.at_level(logging.WARNING), nbsweep.init(id="mine", resume="allow") as run:
        assert run.resumed
        assert (run.resumed_from / "model.pt").read_text() == "state"
        with run.restore("model.pt") as file:
            assert file.read() == "state"
        run.log({"loss": 0.5})
    assert caplog.messages == []
    assert [row.step for row in session.store().history("mine")] == [0, 1]


def test_one_without_a_checkpoint_is_resumed_without_a_word(caplog):
    with nbsweep.init(id="mine", resume="allow") as run:
        run.log({"loss": 1.0})
    with caplog.at_level(logging.WARNING):
        run = start_run(run_id="mine", resume="must")
        assert (run.resumed, run.resumed_from) == (True, None)
        run.finish()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        (
            ("model.pt",),
            TypeError,
            "checkpoint(save='model.pt'): a function is needed. It gets a folder and writes there: "
            "run.checkpoint(lambda folder: torch.save(state, folder / 'state.pt')).",
        ),
        (
            (write(), "often"),
            UsageError,
            "checkpoint(every_s='often'): a number of seconds is needed.",
        ),
        ((write(), -1), UsageError, "checkpoint(every_s=-1): a number of seconds is needed."),
        (
            (lambda folder: None,),
            UsageError,
            "checkpoint: save wrote no file into the folder that it was given. Write the state "
            'there: run.checkpoint(lambda folder: torch.save(state, folder / "state.pt")).',
        ),
    ],
)
def test_what_makes_no_checkpoint_is_refused(run, arguments, kind, text):
    with pytest.raises(kind) as caught:
        run.checkpoint(*arguments)
    assert str(caught.value) == text


def test_after_the_end_there_is_nothing_to_save(run):
    run.end(RunState.FINISHED)
    with pytest.raises(UsageError, match=f"checkpoint: run {run.name} has ended."):
        run.checkpoint(write())
