"""Which bytes a request asks for, and a file that holds only those."""

import io

import pytest
from waitress.buffers import ReadOnlyFileBasedBuffer

from hub.problems import Refused
from hub.ranges import Slice, asked


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ("bytes=0-9", (0, 9)),
        ("bytes=90-", (90, 99)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes= 0 - 9", (0, 9)),
        ("bytes=0-9,20-29", None),
        ("bytes=9-0", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("lines=0-9", None),
    ],
)
def test_a_range_names_its_bytes_or_the_whole(header, found):
    assert asked(header, 100) == found


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=-00"])
def test_a_range_beyond_the_end_is_refused(header):
    with pytest.raises(Refused) as refused:
        asked(header, 100)
    assert (refused.value.code, refused.value.status) == ("bad_range", 416)


def test_a_slice_is_a_file_of_its_own():
    part = Slice(io.BytesIO(b"0123456789"), 3, 4)
    assert part.seek(0, io.SEEK_END) == 4
    assert part.seek(0) == 0
    assert [part.read(3), part.read(3), part.read(3)] == [b"345", b"6", b""]
    assert part.seek(1) == 1
    assert part.read() == b"456"
    part.close()
    assert part.file.closed


def test_the_server_sends_a_part_by_itself():
    part = ReadOnlyFileBasedBuffer(Slice(io.BytesIO(b"0123456789"), 3, 4))
    assert part.prepare(4) == 4
    assert [part.get(3, skip=True), part.get(3, skip=True)] == [b"345", b"6"]
    assert len(part) == 0
