import io
import sys
import threading

from nbsweep.runs.streams import MAX_CHARACTERS, ConsoleBuffer, Streams


def written(*pieces):
    buffer = ConsoleBuffer()
    for piece in pieces:
        buffer.write(piece)
    return buffer.take(last=True)


def test_text_arrives_line_by_line_and_the_last_line_at_the_end():
    buffer = ConsoleBuffer()
    buffer.write("one\ntw")
    assert buffer.take() == "one\n"
    buffer.write("o\nthree")
    assert buffer.take() == "two\n"
    assert buffer.take() == ""
    assert buffer.take(last=True) == "three"


def test_progress_bar_leaves_its_last_state():
    assert written("\r10%", "\r50%", "\r100%", "\ndone\n") == "100%\ndone\n"
    assert written("10%\r", "50%\r", "100%\r", "\n") == "100%\n"


def test_too_much_text_is_cut_with_a_note():
    text = written("x" * (MAX_CHARACTERS + 10) + "\n")
    assert text.startswith("x" * MAX_CHARACTERS)
    assert "is not kept" in text


def test_text_goes_where_the_context_belongs(monkeypatch):
    outside = io.StringIO()
    monkeypatch.setattr(sys, "stdout", outside)
    kept: dict[str, list[str]] = {"a": [], "b": []}

    def route():
        name = threading.current_thread().name
        return (kept[name].append, name == "b") if name in kept else None

    streams = Streams(route)
    with streams:
        threads = [threading.Thread(target=print, args=(name,), name=name) for name in kept]
        for thread in threads:
            thread.start()
            thread.join()
        print("main")
    assert "".join(kept["a"]) == "a\n"
    assert "".join(kept["b"]) == "b\n"
    assert outside.getvalue() == "b\nmain\n", "b is echoed"


def test_streams_are_put_back_with_the_last_holder():
    before = sys.stdout, sys.stderr
    streams = Streams(lambda: None)
    with streams:
        with streams:
            assert sys.stdout is not before[0]
        assert sys.stdout is not before[0]
        assert sys.stdout.encoding == before[0].encoding
        assert sys.stdout.isatty() == before[0].isatty()
    assert (sys.stdout, sys.stderr) == before


def test_stream_that_somebody_else_put_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    own = io.StringIO()
    with Streams(lambda: None):
        sys.stdout = own
    assert sys.stdout is own
