"""Lists of numbers, pasted or uploaded."""

import pytest

from consent.pages.request.number_lists import MAX_BYTES, UnreadableList, pasted_numbers, uploaded_numbers


def test_pasted_numbers_are_apart_by_lines_commas_semicolons_or_tabs():
    assert pasted_numbers(" 1001-1\r\n1002-1, 1003-1;\t1001-1\n\n") == ("1001-1", "1002-1", "1003-1")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_gives_its_first_column_without_its_heading(separator):
    lines = ["number,store", '1001-1,"Riverton, Main Street"', "1002-1,Lakeside", "", "1001-1,again"]
    content = "\ufeff" + "\r\n".join(line.replace(",", separator, 1) for line in lines)

    assert uploaded_numbers(content.encode()) == ("1001-1", "1002-1")


def test_a_first_line_with_a_number_is_no_heading():
    assert uploaded_numbers(b"1001-1\n1002-1\n") == ("1001-1", "1002-1")


@pytest.mark.parametrize("content", [b"\xff\xfe1\x00", b"1\n" * MAX_BYTES])
def test_what_is_no_short_text_is_refused(content):
    with pytest.raises(UnreadableList):
        uploaded_numbers(content)
