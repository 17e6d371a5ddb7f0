"""Bytes down a stream that takes a part at a time, as a raw pipe may."""

import io

from latentkit.formats.sink import Sink


class Sip(io.BytesIO):
    """Takes at most three bytes a time."""

    def write(self, data) -> int:
        return super().write(bytes(data)[:3])


def test_all_bytes_are_written_and_counted():
    stream = Sip()
    sink = Sink(stream)
    assert sink.write(b"0123456789") == 10
    assert sink.write(memoryview(b"ab")) == 2
    assert (stream.getvalue(), sink.tell()) == (b"0123456789ab", 12)


def test_nothing_is_written_once_it_is_stopped():
    stream = Sip()
    sink = Sink(stream)
    sink.write(b"half")
    sink.stop()
    assert sink.write(b"the end") == 7
    assert stream.getvalue() == b"half"
