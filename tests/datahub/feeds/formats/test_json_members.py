import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.formats import json_members
from datahub.feeds.formats.json_members import members_of
from datahub.rows.base import FeedStructureError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(json_members, "_PIECE", 64)
    monkeypatch.setattr(json_members, "_MOST_OF_A_VALUE", 512)


@given(st.lists(PLAIN, max_size=40), st.sampled_from([None, 1]))
def test_a_file_read_in_pieces_says_what_it_says_as_a_whole(values, indent):
    text = json.dumps({"as_of": 1, "rows": values}, ensure_ascii=False, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_members, "_PIECE", 64)
        patch.setattr(json_members, "_MOST_OF_A_VALUE", 2_048)
        members = list(members_of(io.BytesIO(text.encode())))

    assert [member.value for member in members] == [1, *values]
    assert [json.loads(member.text) for member in members] == [1, *values]


def test_lines_are_those_of_the_file_wherever_its_pieces_end(small):
    text = (
        '{"rows": [\n' + ",\n".join('{"a": "%s"}' % ("x" * (number % 50)) for number in range(200)) + "\n]}"
    )

    assert [member.line for member in members_of(io.BytesIO(text.encode()))] == list(range(2, 202))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"rows": [\n' + "1,\n" * 300 + "2 3]}", "line 302, column 3: expected ','"),
        ('{"rows": [' + "1," * 300 + "x]}", "line 1, column 611: Expecting value"),
        ('{"rows": [\n1,\n"' + "x" * 600 + '"]}', "line 3: a value of more than"),
        ('{"rows": [\n1,\n' + "[" + "7," * 400 + "7]]}", "line 3: a value of more than"),
        ('{"rows": [\n' + "1,\n" * 300 + '"a\\u0000"]}', "line 302: a character 0"),
        ('{"rows": [NaN]}', "NaN is no number of JSON"),
        ('{"rows": [' + "9" * 5_000 + "]}", "a value of more than"),
    ],
)
def test_a_fault_is_named_with_its_place_in_the_file(small, text, words):
    with pytest.raises(FeedStructureError, match=re.escape(words)):
        list(members_of(io.BytesIO(text.encode())))
