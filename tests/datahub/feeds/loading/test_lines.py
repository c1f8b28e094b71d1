"""Any line of a file is found by its number, wherever pieces are cut."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.loading import lines as file_lines
from datahub.feeds.loading.lines import FileLines, records

PIECES = st.lists(st.sampled_from([b"a", b"bcd", b"\n", b"\r\n", b"\n\n"]), max_size=40).map(b"".join)


@given(PIECES, st.integers(1, 9), st.randoms())
def test_each_line_is_what_stands_there(content, piece, order):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_lines, "_PIECE", piece)
        lines = FileLines(lambda: BytesIO(content))
        numbers = list(range(1, content.count(b"\n") + 3))
        order.shuffle(numbers)
        lines_read = {number: lines.raw(number) for number in numbers}

    assert [lines_read[number] for number in sorted(numbers)] == (
        content.splitlines(keepends=True) + [b"", b"", b""]
    )[: len(numbers)]


def test_a_line_is_text_without_mark_and_break():
    lines = FileLines(lambda: BytesIO("\ufeffmeter\r\nZähler\n".encode() + b"\xff\n"))

    assert [lines.text(number) for number in (0, 1, 2, 3, 4)] == [
        "",
        "meter",
        "Zähler",
        "\N{REPLACEMENT CHARACTER}",
        "",
    ]


@pytest.mark.parametrize("content", [b"PK\x03\x04\nfoo\n", "\ufeffa\nb\n".encode("utf-16-le")])
def test_what_is_packed_or_of_wide_letters_has_no_lines(content):
    lines = FileLines(lambda: BytesIO(content))

    assert [lines.raw(1), lines.raw(2)] == [b"", b""]


def test_a_record_goes_on_inside_quotes_and_the_last_is_ended():
    lines = FileLines(lambda: BytesIO(b'a,"1\n2\n3"\nb\nc'))

    assert list(records(lines, [5, 1, 2, 1])) == [b'a,"1\n2\n3"\n', b"c\n"]


def test_a_quote_that_never_ends_takes_no_other_line_with_it():
    lines = FileLines(lambda: BytesIO(b'12",5\nb\nc\n'))

    assert list(records(lines, [1, 3])) == [b'12",5\n', b"c\n"]
