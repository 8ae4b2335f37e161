import io
import sys
import threading

import pytest

from nbsweep.runs.streams import MAX_AT_END, MAX_CHARACTERS, ConsoleBuffer, Streams


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


def printed(total, size=100):
    """Numbered lines of `size` characters."""
    return [f"{i:0{size - 1}}\n" for i in range(total // size)]


@pytest.mark.parametrize("flushed", [True, False])
def test_the_beginning_and_the_end_of_too_much_text_are_kept(flushed):
    lines = printed(450_000)
    buffer, text = ConsoleBuffer(), ""
    for line in lines:
        buffer.write(line)
        if flushed:
            text += buffer.take()
    buffer.write("ValueError: why")
    text += buffer.take(last=True)
    start, end = text[:MAX_CHARACTERS], text[-MAX_AT_END:]
    assert start == "".join(lines)[:MAX_CHARACTERS]
    assert end == ("".join(lines) + "ValueError: why")[-MAX_AT_END:]
    assert text[MAX_CHARACTERS:-MAX_AT_END] == (
        "\n… only the last 100,000 characters of what follows are kept …\n"
        "\n… 150,015 characters are left out here …\n"
    )


def test_one_long_line_is_cut_too():
    text = written("x" * (MAX_CHARACTERS + MAX_AT_END + 10) + "\n")
    assert text.startswith("x" * MAX_CHARACTERS)
    assert "… 11 characters are left out here …" in text
    assert text.endswith("x\n")


def test_an_end_that_fits_is_kept_whole():
    text = written("x" * MAX_CHARACTERS, "y" * MAX_AT_END)
    assert text.endswith("are kept …\n" + "y" * MAX_AT_END)
    assert "left out" not in text


def test_a_flood_of_text_needs_no_memory():
    buffer = ConsoleBuffer()
    for _ in range(200):
        buffer.write("z" * 99_999 + "\n")
        buffer.take()
    assert sum(map(len, buffer._end)) <= 2 * MAX_AT_END


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
