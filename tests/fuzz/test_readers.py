"""Readers against files made to break them: refused in words or rejected row by row, in bounded time and memory."""

import io
import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datahub.feeds.formats.registry import formats
from datahub.feeds.loading.attachments import unpack
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import FOLDER, content_of
from tests.fuzz.hostile import CORPUS, bills_zip_of_one_byte, zip_of
from tests.support.child import MOST_MEMORY, in_a_child
from tests.support.feed_files import FORMAT_OF

ZONE = ZoneInfo("America/New_York")
LONGEST = timedelta(seconds=10)  # of a small file, on a machine that does other things too
# in all, for each format; `make fuzz` gives more and other examples each time
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))


def read_whole(name: str, content: bytes) -> int:
    """How many rows were rejected, -1 where the file is refused; any other end is a fault of the reader."""
    try:
        parts = formats()[name].read(io.BytesIO(content), zone=ZONE, settings={})
        return sum(len(part.rejected) for part in parts)
    except FeedStructureError as error:
        assert str(error)
        return -1


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_a_hostile_file_is_refused_or_rejected_in_little_memory(name):
    format_name, make = CORPUS[name]
    content = make()

    outcome, took, seconds = in_a_child(lambda: read_whole(format_name, content))

    assert outcome == -1 or outcome > 0
    assert took < MOST_MEMORY
    assert seconds < 30


def test_a_zip_of_bills_that_unpacks_out_of_proportion_is_refused():
    with pytest.raises(FeedStructureError, match="packed more than 500 to one"):
        unpack(io.BytesIO(bills_zip_of_one_byte()))


def test_a_zip_of_bills_whose_packed_bytes_are_damaged_is_refused():
    packed = bytearray(zip_of("bills.json", content_of("bills.json") * 50))
    packed[60:90] = b"\xff" * 30

    with pytest.raises(FeedStructureError, match="cannot be read"):
        unpack(io.BytesIO(bytes(packed)))


FILLINGS = [b"", b"\0", b"-", b"9" * 400, b"1e999999", b"\xff\xfe", b'"', b"'", b"<", b"{", b"[[[", b"\n"]


@st.composite
def broken(draw, content: bytes) -> bytes:
    """A file of the shape, cut, doubled or overwritten in a few places."""
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, max(len(content) - 1, 0)))
        past = min(len(content), first + draw(st.integers(0, 40)))
        filling = draw(st.sampled_from(FILLINGS) | st.binary(max_size=8) | st.just(content[first:past] * 3))
        content = content[:first] + filling + content[past:]
    return content


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.iterdir()))
def test_no_broken_file_ends_a_reader_in_anything_but_words(file):
    whole = (FOLDER / file).read_bytes()

    @given(broken(whole))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=LONGEST)
    def tried(content):
        read_whole(FORMAT_OF[file], content)

    tried()
